//! The calculators: CVSS 3.1 and 4.0 with every answer in words, what the reporter's words propose, the decision tables of
//! SSVC, and what is known of the identifiers of a case. The server computes; script only asks it sooner.

use super::Opened;
use crate::app::App;
use crate::error::Error;
use crate::web::forms::Form;
use crate::web::session::{Member, Rejection};
use crate::web::views::parts::{Choice, Control, Field, Group};
use crate::web::views::{Problem, fmt};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use candor_core::case::Case;
use candor_core::command::Command;
use candor_core::event::PriorityChoice;
use candor_core::rating::{self, Proposed, proposal};
use candor_formats::cvss::{CvssVector, Severity, Version, meaning, metrics, question};
use candor_formats::cwe::{Cwe, Usage};
use candor_formats::ssvc::Table;

const VERSIONS: [(Version, &str, &str); 2] = [(Version::V3_1, "v3", "CVSS 3.1"), (Version::V4_0, "v4", "CVSS 4.0")];

/// The pages of a calculator may ask this server for a score, and nobody else for anything.
const ALIVE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
);

/// A page whose script may ask for scores.
pub fn alive(view: &impl askama::Template) -> Result<Response, Rejection> {
    let mut answer = super::html(view)?;
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, ALIVE);
    Ok(answer)
}

/// The metrics of both versions with their answers in words, and room for pasted vectors.
pub fn groups(form: &Form, opened: &Opened) -> Vec<Group> {
    let case = &opened.case;
    let vectors: Vec<CvssVector> =
        case.rating.iter().flat_map(|rating| &rating.vectors).filter_map(|vector| vector.parse().ok()).collect();
    let mut groups = Vec::new();
    for (version, prefix, title) in VERSIONS {
        let old = vectors.iter().find(|vector| vector.version() == version);
        // The reporter's words propose only where nobody has rated.
        let proposed: Vec<Proposed> = match case.reports.first() {
            Some(report) if vectors.is_empty() || form.ticked("propose") => proposal(&report.facts, version),
            _ => Vec::new(),
        };
        let pasted = format!("{prefix}-vector");
        let mut fields = vec![
            Field::line(&pasted, format!("{title} vector"))
                .note("optional")
                .hint("Pasted here, it wins over the answers below.")
                .value(form.get(&pasted)),
        ];
        for metric in metrics(version) {
            let name = format!("{prefix}-{}", metric.code);
            let known = old.and_then(|vector| vector.value(metric.code)).unwrap_or_default();
            let own = proposed.iter().find(|one| one.metric == metric.code);
            let now = match (form.has(&name), own) {
                // Nothing is filled in unasked.
                (_, Some(own)) if form.ticked("propose") && form.get(&name).is_empty() => own.value.to_owned(),
                (true, _) => form.get(&name).to_owned(),
                (false, _) => known.to_owned(),
            };
            let mut choices = vec![Choice::new("", "Not chosen")];
            choices.extend(
                metric.choices.iter().map(|choice| {
                    Choice::new(choice.code, choice.label).hint(meaning(version, metric.code, choice.code))
                }),
            );
            let hint = match own {
                Some(own) => {
                    format!(
                        "{} The report speaks of “{}”, which proposes {}.",
                        question(version, metric.code),
                        own.because,
                        own.value
                    )
                }
                None => question(version, metric.code).to_owned(),
            };
            fields.push(
                Field::new(name, format!("{} ({})", metric.name, metric.code), Control::Radio(choices))
                    .hint(hint)
                    .value(now),
            );
        }
        let mut group = Group::new(prefix, title, fields).columns();
        let computed = score(|name| form.get(name).to_owned(), version, prefix);
        if form.ticked("compute") && !computed.is_empty() {
            group = group.lead(computed);
        }
        groups.push(if version == Version::V4_0 && old.is_none() { group.folded() } else { group });
    }
    let bands = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::None];
    let mut choices = vec![Choice::new("", "Computed from the vector")];
    choices.extend(bands.into_iter().map(|band| Choice::new(fmt::severity_class(Some(band)), fmt::severity(band))));
    groups.push(
        Group::new(
            "band",
            "Without a vector",
            vec![Field::new("severity", "Severity by hand", Control::Select(choices)).value(form.get("severity"))],
        )
        .folded(),
    );
    let why = Field::area("why", "Why so", 3).note("optional").hint("For the team: what the answers rest on.");
    groups.push(Group::new("reason", "", vec![why.value(form.get("why"))]));
    groups
}

/// What was chosen of a version, as a sentence: vector and score, or what is missing; empty when nothing is chosen.
fn score(given: impl Fn(&str) -> String, version: Version, prefix: &str) -> String {
    let vector = match given(&format!("{prefix}-vector")).trim() {
        "" => {
            let chosen: Vec<(&str, String)> = metrics(version)
                .iter()
                .map(|metric| (metric.code, given(&format!("{prefix}-{}", metric.code))))
                .filter(|(_, value)| !value.is_empty())
                .collect();
            if chosen.is_empty() {
                return String::new();
            }
            let missing: Vec<&str> = metrics(version)
                .iter()
                .filter(|metric| !chosen.iter().any(|(code, _)| *code == metric.code))
                .map(|metric| metric.code)
                .collect();
            if !missing.is_empty() {
                return format!("CVSS {}: still to choose: {}.", number(version), missing.join(", "));
            }
            let value = |code: &str| chosen.iter().find(|(known, _)| *known == code).map(|(_, value)| value.as_str());
            CvssVector::from_choices(version, value).map_err(|wrong| wrong.to_string())
        }
        pasted => pasted.parse::<CvssVector>().map_err(|wrong| wrong.to_string()),
    };
    match vector {
        Ok(vector) => {
            format!("CVSS {}: {:.1}, {}. {vector}", number(version), vector.score(), fmt::severity(vector.severity()))
        }
        Err(wrong) => format!("CVSS {}: {wrong}.", number(version)),
    }
}

fn number(version: Version) -> &'static str {
    match version {
        Version::V4_0 => "4.0",
        _ => "3.1",
    }
}

/// `GET /desk/score?v3-AV=N&…`: what the answers come to, a line for each version.
pub async fn scores(State(_): State<App>, _: Member, RawQuery(query): RawQuery) -> Result<Response, Rejection> {
    let query = query.unwrap_or_default();
    // Codes of metrics and vectors need no decoding but for the colon and the slash of a pasted one.
    let given = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.filter(|(of, _)| *of == name).map(|(_, value)| value).next().unwrap_or_default();
        value.replace("%3A", ":").replace("%2F", "/").chars().take(400).collect::<String>()
    };
    let lines: Vec<String> = VERSIONS
        .into_iter()
        .map(|(version, prefix, _)| score(given, version, prefix))
        .filter(|line| !line.is_empty())
        .collect();
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, lines.join("\n")).into_response())
}

/// The severity of this class name.
pub fn band(name: &str) -> Option<Severity> {
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::None]
        .into_iter()
        .find(|band| fmt::severity_class(Some(*band)) == name)
}

/// Vectors as pasted, else as chosen.
///
/// # Errors
/// The field that has to be mended.
pub fn vectors(form: &Form) -> Result<Vec<String>, Problem> {
    let mut vectors = Vec::new();
    for (version, prefix, _) in VERSIONS {
        let pasted = format!("{prefix}-vector");
        if let Some(vector) = form.some(&pasted) {
            let parsed: CvssVector =
                vector.parse().map_err(|cause| Problem { field: pasted.clone(), text: format!("{cause}") })?;
            vectors.push(parsed.to_string());
            continue;
        }
        let names: Vec<(&str, String)> =
            metrics(version).iter().map(|metric| (metric.code, format!("{prefix}-{}", metric.code))).collect();
        let chosen: Vec<(&str, &str)> =
            names.iter().map(|(code, name)| (*code, form.get(name))).filter(|(_, value)| !value.is_empty()).collect();
        if chosen.is_empty() {
            continue;
        }
        let vector = CvssVector::from_choices(version, |code| {
            chosen.iter().find(|(known, _)| *known == code).map(|(_, value)| *value)
        })
        .map_err(|cause| {
            let missing = names.iter().find(|(_, name)| form.get(name).is_empty());
            Problem {
                field: missing.map_or_else(|| pasted.clone(), |(_, name)| name.clone()),
                text: format!("{cause}"),
            }
        })?;
        vectors.push(vector.to_string());
    }
    Ok(vectors)
}

/// The decision tables, each with a reason beside every answer.
pub fn tables(form: &Form, opened: &Opened) -> Vec<Group> {
    let mut groups = Vec::new();
    for table in Table::ALL {
        let known = opened.case.priorities.iter().find(|known| known.table == table.name());
        let mut fields = Vec::new();
        for point in table.points() {
            let name = format!("{}-{}", table.name(), point.key);
            let old = known.and_then(|known| known.choices.iter().find(|choice| choice.point == point.key));
            let value = if form.has(&name) {
                form.get(&name).to_owned()
            } else {
                old.map(|choice| choice.value.clone()).unwrap_or_default()
            };
            let mut choices = vec![Choice::new("", "Not chosen")];
            choices.extend(point.values.iter().map(|(key, label)| Choice::new(*key, *label)));
            fields.push(Field::new(&name, point.name, Control::Radio(choices)).hint(point.question()).value(value));
            let reason = format!("{name}-why");
            let value = if form.has(&reason) {
                form.get(&reason).to_owned()
            } else {
                old.map(|choice| choice.reason.clone()).unwrap_or_default()
            };
            fields
                .push(Field::line(reason, format!("Why: {}", point.name.to_lowercase())).note("optional").value(value));
        }
        let group = Group::new(table.name(), table.label(), fields);
        groups.push(if table == Table::Coordinator && known.is_none() { group.folded() } else { group });
    }
    groups
}

/// The command that the answers to one of the tables make.
///
/// # Errors
/// The point that is not answered.
pub fn prioritise(form: &Form) -> Result<Command, Problem> {
    let mut begun = None;
    for table in Table::ALL {
        let mut choices = Vec::new();
        let mut missing = None;
        for point in table.points() {
            let name = format!("{}-{}", table.name(), point.key);
            match form.some(&name) {
                Some(value) => choices.push(PriorityChoice {
                    point: point.key.to_owned(),
                    value,
                    reason: form.get(&format!("{name}-why")).to_owned(),
                }),
                None => missing = missing.or(Some((name, point.name))),
            }
        }
        match missing {
            None => return Ok(Command::Prioritise { table: table.name().into(), choices }),
            Some((field, name)) if !choices.is_empty() => begun = begun.or(Some((field, name))),
            Some(_) => {}
        }
    }
    let (field, text) = match begun {
        Some((field, name)) => (field, format!("{name}: choose an answer; the table decides by all of them")),
        None => (String::new(), "Answer every question of one of the tables".to_owned()),
    };
    Err(Problem { field, text })
}

/// The outcome of a table, in words.
pub fn outcome(table: &str, decision: &str) -> String {
    let point = Table::from_name(table).and_then(Table::outcome);
    let named = point.and_then(|point| point.values.iter().find(|(key, _)| *key == decision));
    named.map_or(decision, |(_, name)| name).to_lowercase()
}

/// Where the same mistake could be, from other cases that the member may see: said beside the audit's questions.
pub async fn places(app: &App, member: &Member, opened: &Opened) -> Result<Option<Group>, Error> {
    let places = crate::search::places(app, &member.actor, &opened.case, &opened.policy).await?;
    if places.is_empty() {
        return Ok(None);
    }
    let lines: Vec<String> = places
        .iter()
        .map(|place| match &place.case {
            Some(case) => format!("{} ({}, {case})", place.place, place.because),
            None => format!("{} ({})", place.place, place.because),
        })
        .collect();
    Ok(Some(Group::new("places", "Where it could be, too", Vec::new()).lead(lines.join(" · "))))
}

/// What the files of EPSS and KEV say of an identifier, in words; empty when they do not know it.
pub fn known_of(app: &App, id: &str) -> String {
    let feeds = crate::watch::feeds::current(app);
    let mut words = Vec::new();
    if let Some(known) = feeds.kev.of(id) {
        let ransomware = if known.ransomware { ", with ransomware" } else { "" };
        words.push(format!("known to be exploited since {}{ransomware}", known.added));
    }
    if let Some(epss) = feeds.epss.of(id) {
        let date = if feeds.epss.date.is_empty() { String::new() } else { format!(" on {}", feeds.epss.date) };
        words.push(format!(
            "EPSS {:.1} %, higher than {:.0} % of all{date}",
            epss.score * 100.0,
            epss.percentile * 100.0
        ));
    }
    words.join("; ")
}

/// Tasks of the fix and tries of the reporter, for the page of the case.
pub fn work(opened: &Opened, names: &super::Names, now: jiff::Timestamp) -> Vec<crate::web::views::case::Record> {
    use crate::web::views::case::Record;
    use crate::web::views::{Row, TimeView};
    let zone = &opened.zone;
    let case = &opened.case;
    let tasks = case.tasks.iter().map(|task| Record {
        who: names.of(&task.by),
        at: TimeView::new(task.at, zone, now),
        result: format!("Task {}, {}: {}", task.number, if task.done { "done" } else { "to do" }, task.title),
        rows: task
            .pointers
            .iter()
            .map(|pointer| Row::new("Where", pointer.clone()))
            .chain((!task.evidence.is_empty()).then(|| Row::new("Shown by", task.evidence.clone())))
            .collect(),
    });
    let tries = case.retests.iter().map(|retest| Record {
        who: match &retest.found {
            Some((report, ..)) => super::history::reporter(case, *report),
            None => "Asked".into(),
        },
        at: TimeView::new(retest.at, zone, now),
        result: match &retest.found {
            Some((_, true, _)) => "The reporter tried the fix: it holds".into(),
            Some((_, false, _)) => "The reporter tried the fix: it does not hold".into(),
            None => "The reporter is asked to try the fix".into(),
        },
        rows: retest
            .found
            .iter()
            .filter(|(_, _, text)| !text.is_empty())
            .map(|(_, _, text)| Row::new("Saw", text.clone()))
            .collect(),
    });
    let priorities = case.priorities.iter().map(|known| Record {
        who: names.of(&known.by),
        at: TimeView::new(known.at, zone, now),
        result: format!("SSVC, {}: {}", known.table, outcome(&known.table, &known.decision)),
        rows: known
            .choices
            .iter()
            .map(|choice| {
                let reason = if choice.reason.is_empty() { String::new() } else { format!(": {}", choice.reason) };
                Row::new(&choice.point, format!("{}{reason}", choice.value))
            })
            .collect(),
    });
    priorities.chain(tasks).chain(tries).collect()
}

/// Weaknesses that one search shows.
const FOUND: usize = 20;

/// The weakness: a number or words, and what was found by them to choose from. The whole list is offered while typing.
pub fn weakness(form: &Form, case: &Case) -> Vec<Field> {
    let told = case.reports.first().and_then(|report| rating::weakness_of(&report.facts)).map(|cwe| cwe.id);
    let now = case.cwe.or(told);
    let typed = form.get("cwe");
    let value =
        if form.has("cwe") { typed.to_owned() } else { now.map(|cwe| format!("CWE-{cwe}")).unwrap_or_default() };
    let mut fields = vec![
        Field::line("cwe", "Weakness")
            .hint(match (case.cwe, told) {
                (None, Some(_)) => {
                    "As the report says. A number like 79, or words of its name; sent once, words show what fits."
                }
                _ => "A number like 79, or words of its name; sent once, words show what fits.",
            })
            .value(value)
            .suggestions(Cwe::all().map(|cwe| format!("CWE-{}: {}", cwe.id, cwe.name)).collect())
            .required(),
    ];
    let found = if number_of(typed).is_none() { Cwe::search(typed, FOUND) } else { Vec::new() };
    if !found.is_empty() {
        let choices = found.iter().map(|cwe| {
            Choice::new(cwe.id.to_string(), format!("CWE-{}: {}", cwe.id, cwe.name)).hint(match cwe.usage {
                Usage::Allowed => "",
                Usage::AllowedWithReview => "Look whether a more precise one fits.",
                Usage::Discouraged => "Better choose a more precise one.",
                Usage::Prohibited => "Names no cause; cannot be used.",
            })
        });
        fields.push(
            Field::new("chosen", "What fits these words", Control::Radio(choices.collect())).value(form.get("chosen")),
        );
    }
    fields
}

/// The number in `79`, `CWE-79` or `CWE-79: Cross-site scripting`.
fn number_of(typed: &str) -> Option<u32> {
    let number = typed.trim().trim_start_matches(['C', 'W', 'E', 'c', 'w', 'e']).trim_start_matches('-');
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The command that the answer makes.
///
/// # Errors
/// What has to be chosen, when words fit several.
pub fn set_weakness(form: &Form) -> Result<Command, Problem> {
    let typed = form.get("cwe");
    if let Some(cwe) = number_of(typed) {
        return Ok(Command::SetWeakness { cwe });
    }
    if let Some(cwe) = form.some("chosen").and_then(|chosen| chosen.parse().ok()) {
        return Ok(Command::SetWeakness { cwe });
    }
    let wrong = |field: &str, text: &str| Err(Problem { field: field.into(), text: text.into() });
    match Cwe::search(typed, FOUND).as_slice() {
        [only] => Ok(Command::SetWeakness { cwe: only.id }),
        [] => wrong("cwe", "No name has these words; try others, or a number like 79"),
        _ => wrong("chosen", "Several fit these words; choose one, or type more words"),
    }
}
