//! One case: at the left what happened, at the right what is so.

use super::acts::{self, Kind};
use super::{Names, Opened, People, history, html, may_write, opened, shell};
use crate::app::App;
use crate::error::Error;
use crate::execute::files;
use crate::openpgp::{Certificate, words::grouped};
use crate::throttle::places::{Heavy, Place};
use crate::web::clocks;
use crate::web::guard;
use crate::web::session::{Member, Rejection};
use crate::web::views::case::{
    AdvisoryState, CaseHead, CasePage, FixRow, PersonRow, RatingView, Record, ReportView, VectorView,
};
use crate::web::views::publication::PublicationFacts;
use crate::web::views::report::EmbargoView;
use crate::web::views::{Act, Link, Problem, Row, SeverityView, StateView, TimeView, fmt};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use candor_core::case::{Case, Report, State as CaseState};
use candor_core::event::{Channel, Event, Standing};
use candor_core::id::MemberId;
use candor_core::policy::{Moment, Policy, ReportField};
use candor_core::promises::Status;
use candor_core::scope::{self, HintKind};
use candor_core::{gates, intake, planning, standing, versions};
use candor_formats::cvss::CvssVector;
use candor_formats::cwe::Cwe;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// `GET /desk/cases/{case}`
pub async fn page(State(app): State<App>, member: Member, Path(case): Path<String>) -> Result<Response, Rejection> {
    let opened = match opened(&app, &member, &case).await {
        Err(Error::NotOn) => return super::people::door(&app, &member, &case),
        other => other?,
    };
    html(&view(&app, &member, &opened, Typed::default()).await?)
}

/// What was typed into the boxes of the case page, when it has to be shown again.
#[derive(Debug, Default)]
pub struct Typed {
    /// The message to the reporter.
    pub reply: String,
    /// The note.
    pub note: String,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// The entry after which others changed the case.
    pub changed_since: Option<u64>,
}

/// The page of a case.
pub async fn view(app: &App, member: &Member, opened: &Opened, typed: Typed) -> Result<CasePage, Error> {
    let Opened { case, policy, zone, .. } = opened;
    let names = Names::load(app).await?;
    let now = app.now();
    let team = People::load(app).await?;
    let mut offered = acts::offered(case, policy, member, &team, now);
    if acts::may_move(opened, member) {
        offered.rare.push(acts::Kind::MovePolicy);
    }
    let waits = clocks::views(case, policy, zone, now);
    let (next, next_due, next_status) = next(case, policy, zone, now);
    let since = typed.changed_since.map(|seq| crate::execute::since(case, seq)).unwrap_or_default();
    Ok(CasePage {
        shell: shell(app, member, "case"),
        head: head(case, policy, &names),
        next,
        next_due,
        next_status,
        owed: owed(case, policy, zone, now),
        acts: with_verdict(case, member, offered.likely.iter().map(|kind| act(case, *kind)).collect()),
        rare_acts: offered.rare.iter().map(|kind| act(case, *kind)).collect(),
        gated_acts: offered.gated,
        changed: history::lines(case, &since, policy, &names, zone, now),
        problems: typed.problems,
        history: history::lines(case, &case.history, policy, &names, zone, now),
        reports: case.reports.iter().map(|report| report_view(case, report, policy, zone, now, &names)).collect(),
        may_write: may_write(member, &case.program),
        has_reporter: true,
        reply: typed.reply,
        note: typed.note,
        file_limit: file_limit(app),
        asking: match policy.promises.iter().any(|promise| promise.waits_for_reporter) {
            true => "While the answer is awaited, the promises that wait for the reporter stand still.".into(),
            false => {
                "The case is marked as waiting for the reporter. No promise of this policy waits for an answer.".into()
            }
        },
        once: String::new(),
        clocks: waits,
        rating: case.rating.as_ref().map(|rating| RatingView {
            by: format!("{}, {}", names.of(&rating.by), TimeView::new(rating.at, zone, now).absolute),
            why: rating.why.clone(),
            vectors: rating.vectors.iter().filter_map(|vector| vector_view(vector)).collect(),
        }),
        weakness: case.cwe.map(|cwe| Link::new(weakness(cwe), Cwe::get(cwe).map(Cwe::url).unwrap_or_default())),
        has_parties: !case.parties.is_empty(),
        people: people(case, &names, zone, now).into_iter().chain(outside(app, case, zone, now)?).collect(),
        readers: readers(case, &names, zone),
        embargo: case.embargo.as_ref().map(|embargo| EmbargoView {
            until: TimeView::new(embargo.until, zone, now),
            state: if embargo.agreed { "Agreed" } else { "Proposed" }.into(),
            words: embargo_words(case, embargo, zone, now),
            ..EmbargoView::default()
        }),
        identifiers: identifiers(app, case),
        fixes: fixes(case, policy, &names, zone, now),
        verifications: case
            .verifications
            .iter()
            .map(|record| Record {
                who: names.of(&record.by),
                at: TimeView::new(record.at, zone, now),
                result: history::result_words(record.facts.result).into(),
                rows: filled([
                    ("Where", record.facts.environment.as_str()),
                    ("What it needs", &record.facts.conditions),
                    ("What it leads to", &record.facts.impact),
                ]),
            })
            .collect(),
        audits: case
            .audits
            .iter()
            .map(|audit| Record {
                who: names.of(&audit.by),
                at: TimeView::new(audit.at, zone, now),
                result: "done".into(),
                rows: filled([("Where", audit.looked.as_str()), ("Found", &audit.found)]),
            })
            .collect(),
        planning: planned(case, policy, &names, zone, now),
        assessments: assessments(case, &names, zone, now),
        overrides: overrides(case, &names, zone, now),
        work: super::rating::work(opened, &names, now),
        checklists: super::matrix::lists(opened, &names, now),
        duties: duties(case, &names, zone, now),
        evidence: super::evidence::view(app, member, opened).await?,
        publication: PublicationFacts {
            after: super::publication::after(app, case, zone, now).await?,
            ..super::publication::facts(case, policy, &names, zone, now)
        },
        cluster: super::cluster::facts(app, member, case).await?,
        advisory: advisory_state(app, case, &names, zone, now, may_write(member, &case.program)),
        files: case.files.iter().map(|known| history::file_view(case, &known.file, &seen_by(case, known))).collect(),
    })
}

/// Since when a date is proposed or agreed, and an older agreement that holds until there is a new one.
fn embargo_words(case: &Case, embargo: &candor_core::case::Embargo, zone: &TimeZone, now: Timestamp) -> String {
    let since = format!("Since {}.", TimeView::new(embargo.at, zone, now).absolute);
    match case.embargo_agreed.filter(|agreed| *agreed != embargo.until) {
        Some(agreed) => {
            format!("{since} Until the reporter agrees, {} holds.", TimeView::new(agreed, zone, now).absolute)
        }
        None => since,
    }
}

/// Effort, what the policy proposes, and what was decided.
fn planned(case: &Case, policy: &Policy, names: &Names, zone: &TimeZone, now: Timestamp) -> Vec<Row> {
    let day = |at: Timestamp| TimeView::new(at, zone, now).absolute;
    let mut rows = Vec::new();
    if let Some(estimate) = &case.effort {
        let words = format!("{}, by {}: {}", estimate.effort.name(), names.of(&estimate.by), estimate.text);
        rows.push(Row::new("Effort", clocks::capital(&words)));
    }
    if let Some(known) = &case.plan {
        let date = known.on.map(|on| format!(", {}", day(on))).unwrap_or_default();
        let words =
            format!("{}{date}. {}, {}.", clocks::capital(known.plan.label()), names.of(&known.by), day(known.at));
        rows.push(Row::new("Decided", words));
        rows.push(Row::new("Reason", known.reason.clone()));
    }
    if let Some(proposal) = planning::proposal(case, policy, now)
        && case.state.is_open()
        && case.plan.as_ref().is_none_or(|known| known.plan != proposal.plan)
    {
        let words = format!("{} ({}). A member decides.", clocks::capital(proposal.plan.label()), proposal.because);
        rows.push(Row::new("The policy proposes", words));
    }
    rows
}

/// Packages whose vulnerabilities were assessed.
fn assessments(case: &Case, names: &Names, zone: &TimeZone, now: Timestamp) -> Vec<Record> {
    case.dependencies
        .iter()
        .map(|known| Record {
            who: names.of(&known.by),
            at: TimeView::new(known.at, zone, now),
            result: format!("{}: {}", known.package, if known.affected { "affected" } else { "not affected" }),
            rows: filled([
                ("Why not", known.justification.map_or("", |why| why.label())),
                ("VEX", known.justification.map_or("", |why| why.name())),
                ("Ground", &known.text),
                ("Public as", known.public_as.as_deref().unwrap_or_default()),
            ]),
        })
        .collect()
}

/// The product of a case, or the one proposed by the repository its report names.
pub fn product(opened: &Opened) -> String {
    let Opened { case, policy, .. } = opened;
    let proposed = || {
        let facts = &case.reports.first()?.facts;
        scope::proposed_product(policy, facts).map(|(product, _)| product.name.clone())
    };
    let known = case.product.clone().unwrap_or_default();
    if policy.scope.products.iter().any(|product| product.name == known) {
        return known;
    }
    proposed().unwrap_or(known)
}

/// What the policy says that may concern a report, under the clause.
fn hints(case: &Case, report: &Report, policy: &Policy) -> (Vec<Row>, Option<Link>) {
    let mut rows = Vec::new();
    let mut proposed = None;
    for hint in scope::hints(&report.facts, policy, report.at) {
        let label = match (hint.about, &hint.clause) {
            (HintKind::Product, _) => {
                let href = if case.state.is_open() { format!("{}/describe", href(case)) } else { String::new() };
                proposed = Some(Link::new(hint.text, href));
                continue;
            }
            (HintKind::Covered, clause) => format!("Covered: {}", clause.clone().unwrap_or_default()),
            (HintKind::OutOfScope, clause) => format!("Out of scope? {}", clause.clone().unwrap_or_default()),
            (HintKind::Known, clause) => format!("Known? {}", clause.clone().unwrap_or_default()),
            (HintKind::Version, _) => "Version".to_owned(),
            (HintKind::Dependency, _) => "A dependency?".to_owned(),
            (HintKind::Published, _) => "Public already?".to_owned(),
        };
        let to = hint.to.map(|to| format!(" {to}")).unwrap_or_default();
        rows.push(Row::new(label, format!("{}{to}", hint.text)));
    }
    let product = Some(report.facts.product.trim()).filter(|name| !name.is_empty());
    let support = versions::support(policy, product, &report.facts.version, report.at);
    if !support.is_over() && !support.words().is_empty() {
        rows.push(Row::new("Version", support.words()));
    }
    (rows, proposed)
}

/// Steps taken without what a gate asks for, in words.
fn overrides(case: &Case, names: &Names, zone: &TimeZone, now: Timestamp) -> Vec<Record> {
    case.overrides
        .iter()
        .map(|known| Record {
            who: names.of(&known.by),
            at: TimeView::new(known.at, zone, now),
            result: if known.used { "step taken" } else { "the step is open" }.into(),
            rows: filled([
                ("Step", gates::verb(known.step)),
                ("Without", gates::words(known.gate)),
                ("Reason", &known.reason),
            ]),
        })
        .collect()
}

/// What stands at the top of every page about a case.
pub fn head(case: &Case, policy: &Policy, names: &Names) -> CaseHead {
    let score = case
        .rating
        .as_ref()
        .and_then(|rating| {
            rating.vectors.iter().filter_map(|v| v.parse::<CvssVector>().ok()).max_by_key(CvssVector::version)
        })
        .map(|vector| format!("{:.1}", vector.score()));
    let mut product = vec![policy.program.name.clone()];
    for part in [&case.product, &case.component].into_iter().flatten() {
        if !product.contains(part) {
            product.push(part.clone());
        }
    }
    CaseHead {
        id: case.id.to_string(),
        href: href(case),
        title: case.title.clone(),
        product: product.join(", "),
        state: StateView::new(case.state),
        severity: SeverityView::new(case.severity(), score)
            .named(case.severity().map(|severity| policy.severity.label(severity))),
        holder: case.assignee.as_ref().map(|member| names.of(member)).unwrap_or_default(),
        seen: case.seq,
    }
}

/// Address of a case's page.
pub fn href(case: &Case) -> String {
    format!("/desk/cases/{}", case.id)
}

/// The verdict beside the likely acts, while one is open.
fn with_verdict(case: &Case, member: &Member, mut acts: Vec<Act>) -> Vec<Act> {
    if matches!(case.state, CaseState::New | CaseState::Triage) && may_write(member, &case.program) {
        let href = format!("{}/verdict", href(case));
        let hint = "Key v: every verdict, with its letter".to_owned();
        acts.insert(acts.len().min(1), Act { label: "Give the verdict".into(), href, hint });
    }
    acts
}

fn act(case: &Case, kind: Kind) -> Act {
    Act { label: kind.label().into(), href: format!("{}/{}", href(case), kind.name()), hint: String::new() }
}

/// How many files, how large.
pub fn file_limit(app: &App) -> String {
    format!("Up to {} files of {} each.", app.config.files_limit, fmt::size(app.config.file_limit))
}

/// What else is owed, in sentences: reasons and new dates for missed targets, a decision on exploitation.
fn owed(case: &Case, policy: &Policy, zone: &TimeZone, now: Timestamp) -> Vec<String> {
    let mut owed: Vec<String> = candor_core::promises::owed(case, policy, now)
        .into_iter()
        .map(|owed| {
            let since = TimeView::new(owed.since, zone, now).absolute;
            format!("The reporter is owed a reason and a new date since {since}: {}.", owed.what)
        })
        .collect();
    if case.drill {
        owed.push("This is a drill. Letters reach the team alone, and nothing can be published.".into());
    }
    let counts =
        |promise: &candor_core::policy::Promise| promise.starts == Moment::Exploitation || promise.when_exploited;
    if case.exploited && case.aware.is_none() && policy.promises.iter().any(counts) {
        owed.push(
            "The reporter says that it is being exploited. Decide whether the team is aware of it; duties count from then."
                .into(),
        );
    }
    owed
}

/// The decision on exploitation and what was submitted outside, with the proof.
fn duties(case: &Case, names: &Names, zone: &TimeZone, now: Timestamp) -> Vec<Record> {
    let by = |member: &Option<MemberId>| member.as_ref().map(|member| names.of(member)).unwrap_or_default();
    let aware = case.aware.iter().map(|aware| Record {
        who: by(&aware.by),
        at: TimeView::new(aware.at, zone, now),
        result: "Aware of active exploitation".into(),
        rows: filled([("Ground", aware.ground.as_str())]),
    });
    let incident = case.incident.iter().map(|known| Record {
        who: by(&known.by),
        at: TimeView::new(known.at, zone, now),
        result: "Aware of a severe incident".into(),
        rows: filled([("What happened", known.ground.as_str())]),
    });
    let sent = case.submissions.iter().map(|sent| Record {
        who: by(&sent.by),
        at: TimeView::new(sent.at, zone, now),
        result: format!("Submitted: {}", sent.promise),
        rows: filled([("To", sent.to.as_str()), ("Reference", &sent.reference), ("Text", &sent.text)]),
    });
    aware.chain(incident).chain(sent).collect()
}

/// What a proposed public issue waits for; empty for none.
fn issue(case: &Case) -> &'static str {
    match case.issue.as_ref().filter(|issue| issue.url.is_none()).map(|issue| issue.agreed) {
        Some(None) => "The reporter is asked whether the text may become a public issue",
        Some(Some(true)) => "The public issue has to be opened, and its address put on record",
        Some(Some(false)) | None => "",
    }
}

/// The next thing that is expected of the team.
fn next(case: &Case, policy: &Policy, zone: &TimeZone, now: Timestamp) -> (String, Option<TimeView>, String) {
    match candor_core::promises::next(case, policy, now) {
        Some(clock) => {
            let status = match &clock.status {
                Status::Paused { .. } => "paused",
                Status::Broken { .. } => "broken",
                _ if clock.due.duration_since(now) < SignedDuration::from_hours(24) => "soon",
                _ => "running",
            };
            (clocks::capital(&clock.what), Some(TimeView::new(clock.due, zone, now)), status.into())
        }
        None if case.appeal.as_ref().is_some_and(|appeal| appeal.is_open()) => (
            "The appeal has to be answered, by another member than the one who gave the verdict".into(),
            None,
            String::new(),
        ),
        None if case.waiting_since.is_some() => ("An answer of the reporter is awaited".into(), None, "paused".into()),
        None => match case.state {
            CaseState::New => ("Somebody has to answer the reporter".into(), None, String::new()),
            CaseState::Triage => ("The report has to be verified and judged".into(), None, String::new()),
            CaseState::Confirmed => ("A fix has to be made and released".into(), None, String::new()),
            CaseState::Fixed => ("The advisory has to go out".into(), None, String::new()),
            CaseState::Published | CaseState::Closed => (issue(case).into(), None, String::new()),
        },
    }
}

/// How letters to a reporter are encrypted, where they gave a key.
fn key_row(pgp_key: &str, now: Timestamp) -> Option<Row> {
    if pgp_key.is_empty() {
        return None;
    }
    let held = "letters to the reporter are held; they were asked for another key, or may choose letters in the clear on their page";
    let words = match Certificate::read(pgp_key.as_bytes(), &Default::default()) {
        Err(why) => format!("{why}: {held}"),
        Ok(key) => {
            let print = grouped(&key.fingerprint());
            match key.can_encrypt(now) {
                Ok(()) => format!("{print}; letters to the reporter are encrypted to it"),
                Err(why) => format!("{print}: {why}; {held}"),
            }
        }
    };
    Some(Row::new("OpenPGP key", words))
}

fn report_view(
    case: &Case,
    report: &Report,
    policy: &Policy,
    zone: &TimeZone,
    now: Timestamp,
    names: &Names,
) -> ReportView {
    let facts = &report.facts;
    let label = intake::label;
    let identifiers = facts.identifiers.join(", ");
    let mut rows = filled([
        (label(ReportField::Title), facts.title.as_str()),
        (label(ReportField::Description), &facts.description),
        (label(ReportField::Product), &facts.product),
        (label(ReportField::Component), &facts.component),
        (label(ReportField::Version), &facts.version),
        (label(ReportField::Steps), &facts.steps),
        (label(ReportField::Expected), &facts.expected),
        (label(ReportField::Actual), &facts.actual),
        (label(ReportField::Weakness), &facts.weakness),
        (label(ReportField::Impact), &facts.impact),
        (label(ReportField::Preconditions), &facts.preconditions),
        (label(ReportField::Dependency), &facts.dependency),
        (label(ReportField::Identifiers), &identifiers),
        (label(ReportField::FoundBy), &facts.found_by),
        (label(ReportField::DisclosurePlans), &facts.disclosure_plans),
    ]);
    if facts.exploited {
        rows.push(Row::new(label(ReportField::Exploited), "Yes"));
    }
    if !policy.disclosure.conditions.is_empty() {
        rows.push(Row::new("Agreed to the conditions", if facts.agreed { "Yes" } else { "No" }));
    }
    for question in &policy.report.questions {
        if let Some(answer) = facts.answers.get(&question.id).filter(|answer| !answer.is_empty()) {
            rows.push(Row::new(question.label.clone(), answer.clone()));
        }
    }
    rows.extend(facts.noticed.iter().map(|words| Row::new("Noticed", words.clone())));
    let door = match report.channel {
        Channel::Form => "by web form",
        Channel::Api => "through the API",
        Channel::Mail => "by mail",
        Channel::Member => "filed by a member",
        Channel::PublicIssue => "in public",
    };
    let mut who = history::reporter(case, report.number);
    if let Some(contact) = &report.contact {
        for part in [&contact.organisation, &contact.email, &contact.link] {
            if !part.is_empty() {
                who = format!("{who}, {part}");
            }
        }
        rows.extend(key_row(&contact.pgp_key, now));
    } else if report.erased {
        who = "name and address erased".into();
    } else {
        who = "no name or address given".into();
    }
    if let Some(at) = report.returned_at {
        who = format!("{who}; a letter to this address came back {}, check it", TimeView::fixed(at, zone).absolute);
    }
    if let Some(member) = &report.filed_by {
        who = format!("{who}; filed by {}", names.of(member));
    }
    let (hints, proposed) = hints(case, report, policy);
    if let Some(standing) = facts.standing.filter(|standing| *standing != Standing::Outside) {
        who = format!("{who}; {}", standing.label());
    }
    ReportView {
        hints,
        proposed,
        title: format!("Report {}, {door}", report.number + 1),
        at: TimeView::new(report.at, zone, now),
        who,
        rows,
        files: facts.files.iter().map(|file| history::file_view(case, file, "")).collect(),
        missing: intake::lacking(facts, policy),
    }
}

fn people(case: &Case, names: &Names, zone: &TimeZone, now: Timestamp) -> Vec<PersonRow> {
    let mut people = Vec::new();
    let mut add = |part: &str, name: String, note: String| people.push(PersonRow { part: part.into(), name, note });
    for report in &case.reports {
        let note = match &report.credit {
            Some(credit) => format!("credit: {}", history::credit_words(credit)),
            None if case.credit_asked => "credit: asked, no answer yet".into(),
            None => "credit: not asked".into(),
        };
        add("Reporter", history::reporter(case, report.number), note);
    }
    if let Some(member) = &case.assignee {
        add("Holds it", names.of(member), String::new());
    }
    for record in &case.verifications {
        add("Verified", names.of(&record.by), String::new());
    }
    if let Some(verdict) = &case.verdict {
        add("Verdict", names.of(&verdict.by), verdict.outcome.label().into());
    }
    for member in &case.discussed_by {
        add("Discussed the next steps", names.of(member), String::new());
    }
    if let Some(member) = &case.advisory.approved_by {
        add("Approved the advisory", names.of(member), String::new());
    }
    for (member, until) in &case.on {
        let note = until.map(|until| format!("until {}", TimeView::new(until, zone, now).absolute)).unwrap_or_default();
        add("On the case", names.of(member), note);
    }
    let filers: BTreeSet<&MemberId> = standing::filers(case).collect();
    for member in filers {
        add("On the case", names.of(member), "filed a report of it".into());
    }
    people
}

/// Who sees a file besides the team, as a remark beside it.
fn seen_by(case: &Case, known: &candor_core::case::CaseFile) -> String {
    let mut others: Vec<String> =
        candor_core::parties::shared_with(case, &known.file.id).map(|party| party.name()).collect();
    if let candor_core::case::Author::Party(number) = known.by {
        others.insert(0, history::party(case, number));
    }
    match (known.internal, others.is_empty()) {
        (true, true) => "only the team sees this".into(),
        (true, false) => format!("only the team sees this, and {}", others.join(", ")),
        (false, true) => String::new(),
        (false, false) => format!("shared with {}", others.join(", ")),
    }
}

/// Outside parties: how they stand, and the code of an invitation that waits.
fn outside(app: &App, case: &Case, zone: &TimeZone, now: Timestamp) -> Result<Vec<PersonRow>, Error> {
    let day = |at| TimeView::new(at, zone, now).absolute;
    let mut rows = Vec::new();
    for party in &case.parties {
        let until = day(party.invitation.until);
        let note = match (&party.ended, &party.joined, &party.statement) {
            (Some(at), ..) => format!("ended {}", day(*at)),
            (None, ..) if !party.is_open(now) => format!("their time was over {until}"),
            (None, None, _) if !party.may_join(case, now) => {
                "invited; the link was not used and is too old: end it, and invite them again".into()
            }
            (None, None, _) => {
                let until = day(party.link_until());
                let code = crate::execute::parties::code(app.keys()?, &case.id, &party.invitation);
                format!("invited, with a link until {until}; tell them this code by another way than mail: {code}")
            }
            (None, Some(_), None) => format!("accepted the terms; until {until}"),
            (None, Some(_), Some((_, status, fix_on, _))) => {
                let fix = fix_on.map(|on| format!(", a fix on {}", day(on))).unwrap_or_default();
                format!("{}{fix}; until {until}", status.label())
            }
        };
        rows.push(PersonRow { part: "Outside party".into(), name: party.name(), note });
    }
    Ok(rows)
}

/// Who opened the case, the newest day first; a member once, with the days.
fn readers(case: &Case, names: &Names, zone: &TimeZone) -> Vec<Row> {
    let mut rows: Vec<(&MemberId, Vec<String>)> = Vec::new();
    for seen in case.seen.iter().rev() {
        let day = seen.at.to_zoned(zone.clone()).strftime("%-d %b %Y").to_string();
        match rows.iter_mut().find(|(member, _)| **member == seen.by) {
            Some((_, days)) => days.push(day),
            None => rows.push((&seen.by, vec![day])),
        }
    }
    rows.into_iter().map(|(member, days)| Row::new(names.of(member), days.join(", "))).collect()
}

fn identifiers(app: &App, case: &Case) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut add = |text: String, href: String| {
        if !links.iter().any(|link| link.href == href && !href.is_empty() || link.text == text) {
            let known = super::rating::known_of(app, &text);
            links.push(Link::new(if known.is_empty() { text } else { format!("{text}: {known}") }, href));
        }
    };
    for alias in &case.aliases {
        match candor_formats::identifiers::recognise(alias) {
            Some(found) => add(found.id, found.url),
            None => add(format!("{alias} (scheme not known)"), String::new()),
        }
    }
    for report in &case.reports {
        let facts = &report.facts;
        for text in [&facts.title, &facts.description, &facts.steps] {
            for found in candor_formats::identifiers::find(text) {
                add(found.id, found.url);
            }
        }
    }
    links
}

fn fixes(case: &Case, policy: &Policy, names: &Names, zone: &TimeZone, now: Timestamp) -> Vec<FixRow> {
    let mut rows: Vec<FixRow> = case
        .fixes
        .iter()
        .map(|fix| FixRow {
            branch: if fix.branch.is_empty() { "All".into() } else { fix.branch.clone() },
            what: clocks::capital(fix.kind.label()),
            version: fix.version.clone().unwrap_or_default(),
            link: fix.url.as_ref().map(|url| Link::new(fix.version.clone().unwrap_or_else(|| "link".into()), url)),
            by: format!("{}, {}", names.of(&fix.by), TimeView::new(fix.at, zone, now).absolute),
        })
        .collect();
    let open = candor_core::remediation::undecided(case, policy).unwrap_or_default();
    for supported in &policy.versions.supported {
        if rows.iter().any(|row| row.branch == supported.branch) {
            continue;
        }
        let what = match supported.until {
            _ if open.contains(&supported.branch) => "Not decided".to_owned(),
            Some(until) if !supported.is_supported(case.opened_at.to_zoned(zone.clone()).date()) => {
                format!("No support since {}", until.strftime("%-d %B %Y"))
            }
            _ => continue,
        };
        rows.push(FixRow { branch: supported.branch.clone(), what, ..FixRow::default() });
    }
    rows
}

fn advisory_state(
    app: &App,
    case: &Case,
    names: &Names,
    zone: &TimeZone,
    now: Timestamp,
    may_write: bool,
) -> AdvisoryState {
    let advisory = &case.advisory;
    let words = if let Some(last) = advisory.published.last() {
        let revision = last.revisions.last().map_or(1, |revision| revision.number);
        match (last.tlp.is_public(), last.withdrawn) {
            (true, None) => format!("Published, revision {revision}."),
            (true, Some(_)) => format!("Withdrawn, revision {revision}."),
            (false, _) => format!("Given to those who may read {}, revision {revision}.", last.tlp.label()),
        }
    } else if let Some(order) = &advisory.order {
        match order.at {
            Some(_) => format!("Draft {} goes out at", advisory.revision),
            None => format!("Draft {} goes out with the fix.", advisory.revision),
        }
    } else if let Some(member) = &advisory.approved_by {
        format!("Draft {}, approved by {}.", advisory.revision, names.of(member))
    } else if let Some(because) = &advisory.withdrawn {
        format!(
            "Draft {}: its approval no longer stands; {because}. Read it again, then approve it.",
            advisory.revision
        )
    } else if let Some(author) = &advisory.author {
        format!("Draft {} by {}, not approved.", advisory.revision, names.of(author))
    } else {
        "Not written yet.".into()
    };
    let at = match (&advisory.published.last(), &advisory.order) {
        (Some(last), _) => Some(last.modified),
        (None, Some(order)) => order.at,
        _ => None,
    };
    let confirmed = matches!(case.state, CaseState::Confirmed | CaseState::Fixed | CaseState::Published);
    let mut acts = Vec::new();
    if confirmed && may_write {
        let label = if advisory.draft.is_some() { "Edit the advisory" } else { "Write the advisory" };
        acts.push(Act { label: label.into(), href: format!("{}/advisory", href(case)), hint: String::new() });
    }
    AdvisoryState {
        id: advisory.id.clone().unwrap_or_default(),
        words,
        at: at.map(|at| TimeView::new(at, zone, now)),
        acts,
        public: advisory
            .id
            .as_ref()
            .filter(|_| advisory.is_public())
            .map(|id| Link::new("Public page", format!("{}/advisories/{id}", app.program_url(&case.program))))
            .or_else(|| {
                let edition = advisory.published.last()?;
                let label = edition.tlp.label();
                Some(Link::new(format!("Newest edition, {label}, as text"), format!("{}/advisory/txt", href(case))))
            }),
    }
}

/// A vector with its words.
pub fn vector_view(text: &str) -> Option<VectorView> {
    text.parse().ok().as_ref().map(crate::web::advisory::vector)
}

/// A weakness with its name.
pub fn weakness(cwe: u32) -> String {
    Cwe::get(cwe).map_or_else(|| format!("CWE-{cwe}"), |known| format!("CWE-{cwe}: {}", known.name))
}

fn filled<const N: usize>(pairs: [(&str, &str); N]) -> Vec<Row> {
    pairs.into_iter().filter(|(_, text)| !text.trim().is_empty()).map(|(label, text)| Row::new(label, text)).collect()
}

/// `GET /desk/cases/{case}/files/{file}`: always a download, in a response that can run nothing.
pub async fn file(
    State(app): State<App>,
    member: Member,
    Path((case, id)): Path<(String, String)>,
) -> Result<Response, Rejection> {
    let case = candor_core::id::CaseId::parse(&case).ok_or(Error::NotFound)?;
    let place = guard::place(&app, Heavy::Export, &member.actor.name())?;
    let (file, reader) = files::open_file(&app, &member.actor, &case, &id).await?;
    Ok(download(&file.name, file.size, reader, place))
}

/// A sealed file as a download; the place is free again when it is sent.
pub fn download(name: &str, size: u64, reader: crate::store::blobs::BlobReader, place: Place) -> Response {
    let stream = futures_util::stream::unfold(Some((reader, place)), |open| async move {
        let (mut reader, place) = open?;
        match reader.next().await {
            Ok(Some(chunk)) => Some((Ok(axum::body::Bytes::from(chunk)), Some((reader, place)))),
            Ok(None) => None,
            Err(why) => Some((Err(std::io::Error::other(why)), None)),
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::CONTENT_DISPOSITION, disposition(name)),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::from_stream(stream)).into_response()
}

/// `Content-Disposition` for a name of any letters (RFC 6266, RFC 8187).
fn disposition(name: &str) -> String {
    use std::fmt::Write as _;
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_ ".contains(c) { c } else { '_' }).collect();
    let mut coded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            let _ = write!(coded, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{coded}")
}

/// Whether the reporter wrote last.
pub fn reporter_wrote_last(case: &Case) -> bool {
    case.history
        .iter()
        .rev()
        .find_map(|entry| match entry.what {
            Event::ReporterWrote { .. } => Some(true),
            Event::Answered { .. } | Event::Asked { .. } | Event::Acknowledged { .. } => Some(false),
            _ => None,
        })
        .unwrap_or(false)
}
