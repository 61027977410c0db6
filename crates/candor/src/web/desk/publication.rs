//! How a matter becomes public, on the case page: the schedule as a checklist, broken conditions, the text about a
//! closed report, the text for the release notes.

use super::acts::Kind;
use super::{Names, Opened, history, html, opened, shell};
use crate::app::App;
use crate::error::Error;
use crate::follow::steps;
use crate::web::clocks::capital;
use crate::web::forms::Form;
use crate::web::session::{Member, Rejection};
use crate::web::views::parts::{Choice, Control, Field, SafeHtml};
use crate::web::views::publication::{Breach, PublicationFacts, ReleaseNotesPage, StepRow, SummaryFacts};
use crate::web::views::{Group, Problem, Row, TimeView};
use axum::extract::{Path, State};
use axum::response::Response;
use candor_core::case::{Author, Case, State as CaseState, SummaryState};
use candor_core::closed;
use candor_core::command::Command;
use candor_core::policy::{ClosedReports, DoneBy, OnBreach, Policy};
use candor_core::schedule::{self, StepStatus};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What the case page shows of it.
pub fn facts(case: &Case, policy: &Policy, names: &Names, zone: &TimeZone, now: Timestamp) -> PublicationFacts {
    let plan = schedule::plan(case);
    PublicationFacts {
        plan: match plan {
            None => "No date is planned.".into(),
            Some(plan) if plan.is_past => String::new(),
            Some(plan) if plan.is_firm => "Counted from the planned publication,".into(),
            Some(_) => "The date is proposed, not agreed; nothing leaves before it is. Counted from".into(),
        },
        plan_at: plan.filter(|plan| !plan.is_past).map(|plan| TimeView::new(plan.at, zone, now)),
        steps: schedule::views(case, policy, now)
            .into_iter()
            .map(|view| {
                let (status, word, note) = match &view.status {
                    StepStatus::NoDate => ("ended", "No date yet", String::new()),
                    StepStatus::Ahead => ("running", "To come", String::new()),
                    StepStatus::Late => ("broken", "Late", String::new()),
                    StepStatus::Missed => ("broken", "Not done before the publication", String::new()),
                    StepStatus::Done { at, by, text } => {
                        let who = match by {
                            Author::Member(member) => names.of(member),
                            _ => "Candor".to_owned(),
                        };
                        let mut note = format!("{who}, {}", TimeView::fixed(*at, zone).absolute);
                        if !text.is_empty() {
                            note += &format!(": {text}");
                        }
                        ("kept", "Done", note)
                    }
                };
                StepRow {
                    what: capital(&view.step.what),
                    offset: view.step.at.words(),
                    due: view.due.map(|due| TimeView::new(due, zone, now)),
                    status: status.into(),
                    status_word: word.into(),
                    note,
                    by: match view.step.done_by {
                        DoneBy::Candor => "Candor does it".into(),
                        DoneBy::Person => view.step.who.clone().unwrap_or_default(),
                    },
                }
            })
            .collect(),
        breaches: case
            .breaches
            .iter()
            .map(|breach| Breach {
                who: history::reporter(case, breach.report),
                words: format!(
                    "{}, {}. {}",
                    history::who(case, &breach.by, names),
                    TimeView::fixed(breach.at, zone).absolute,
                    if breach.credit_denied { "No credit is given." } else { "The credit stays." }
                ),
                evidence: breach.evidence.clone(),
            })
            .collect(),
        summary: case.summary.as_ref().map(|summary| SummaryFacts {
            title: summary.title.clone(),
            text: summary.text.clone(),
            state: match summary.state {
                SummaryState::Proposed => "Proposed; the reporter has not answered",
                SummaryState::Declined => "The reporter would rather not have it published",
                SummaryState::Public => "Public",
                SummaryState::Withdrawn => "Taken back",
            }
            .into(),
            at: TimeView::new(summary.at, zone, now),
        }),
        release_notes: match case.state {
            CaseState::Confirmed | CaseState::Fixed | CaseState::Published if case.advisory.draft.is_some() => {
                format!("/desk/cases/{}/release-notes", case.id)
            }
            _ => String::new(),
        },
        cve: format!("/desk/cases/{}/cve", case.id),
        after: Vec::new(),
    }
}

/// What follows a publication, and how far it is.
///
/// # Errors
/// When the store cannot be read.
pub async fn after(app: &App, case: &Case, zone: &TimeZone, now: Timestamp) -> Result<Vec<StepRow>, Error> {
    let public = case.advisory.published.last().filter(|edition| edition.tlp.is_public());
    let Some(record) = public else { return Ok(Vec::new()) };
    let states = steps::states(app, case.id.as_str(), steps::revision(record)).await?;
    let row = |state: steps::State| {
        let (status, word) = match (state.has_failed, state.is_open) {
            (true, _) => ("broken", "Given up"),
            (false, true) => ("running", "Open"),
            (false, false) => ("kept", "Done"),
        };
        StepRow {
            what: state.step.label().into(),
            status: status.into(),
            status_word: word.into(),
            due: state.at.map(|at| TimeView::new(at, zone, now)),
            by: state.count.map_or_else(String::new, |(done, all)| format!("{done} of {all}")),
            note: capital(&state.detail),
            ..StepRow::default()
        }
    };
    Ok(states.into_iter().map(row).collect())
}

/// Acts on all this: likely ones and rare ones.
pub fn acts(case: &Case, policy: &Policy) -> (Vec<Kind>, Vec<Kind>) {
    let (mut likely, mut rare) = (Vec::new(), Vec::new());
    if !open_steps(case, policy).is_empty() {
        rare.push(Kind::TickStep);
    }
    if !policy.disclosure.conditions.is_empty() {
        rare.push(Kind::RecordBreach);
        if !case.breaches.is_empty() {
            rare.push(Kind::ClearBreach);
        }
    }
    let is_without_advisory = case.state == CaseState::Closed && !case.advisory.is_public();
    if is_without_advisory && policy.disclosure.closed_reports != ClosedReports::Never {
        match case.summary.as_ref().map(|summary| summary.state) {
            Some(SummaryState::Public | SummaryState::Proposed) => rare.push(Kind::WithdrawSummary),
            Some(SummaryState::Declined | SummaryState::Withdrawn) => rare.push(Kind::PublishSummary),
            None => likely.push(Kind::PublishSummary),
        }
    }
    (likely, rare)
}

/// Steps that a person can tick off now: name and words.
fn open_steps(case: &Case, policy: &Policy) -> Vec<(String, String)> {
    schedule::views(case, policy, case.updated_at)
        .into_iter()
        .filter(|view| view.step.done_by == DoneBy::Person && !matches!(view.status, StepStatus::Done { .. }))
        .filter(|_| matches!(case.state, CaseState::Confirmed | CaseState::Fixed | CaseState::Published))
        .map(|view| {
            (view.step.name.clone(), format!("{}, {} the publication", capital(&view.step.what), view.step.at.words()))
        })
        .collect()
}

/// What an approval is for, in short.
fn to_approve(case: &Case) -> String {
    let Some(draft) = &case.advisory.draft else { return String::new() };
    let products = draft.products.iter().map(|product| match product.fixed.as_str() {
        "" => format!("{}, without a fix", product.name),
        fixed => format!("{}, fixed in {fixed}", product.name),
    });
    let mut said = vec![
        format!("You approve draft {}, “{}”.", case.advisory.revision, draft.title.trim_end_matches('.')),
        draft.summary.clone(),
        format!("{}.", products.collect::<Vec<_>>().join("; ")),
        "Read it whole in the editor of the advisory first: it goes out as it stands there.".into(),
    ];
    said.extend(candor_core::comments::warning(case).map(|open| format!("{open} They stand at their sections there.")));
    said.retain(|words| words.len() > 1);
    said.join(" ")
}

/// What stands above the form of an act.
pub fn lead(kind: Kind, opened: &Opened) -> String {
    match kind {
        Kind::TickStep => "It stays inside the team.".into(),
        Kind::ApproveAdvisory => to_approve(&opened.case),
        Kind::RecordBreach => {
            let rule = match opened.policy.disclosure.on_breach {
                OnBreach::CreditDenied => "The policy denies the credit then.",
                OnBreach::CreditKept => "The policy keeps the credit all the same.",
            };
            let agreed = opened.case.reports.iter().all(|report| report.facts.agreed);
            let agreed = if agreed { "" } else { " Not every reporter of this case has agreed to the conditions." };
            format!("The conditions: {} {rule}{agreed}", opened.policy.disclosure.conditions.join(" "))
        }
        Kind::PublishSummary => {
            match (opened.policy.disclosure.closed_reports, closed::asks_first(&opened.case, &opened.policy)) {
                (_, true) => "The reporter sees the text first. It becomes public when they agree.".into(),
                (_, false) => "The policy makes it public without asking. The reporter is told.".into(),
            }
        }
        _ => String::new(),
    }
}

/// The questions of these acts.
pub fn fields(kind: Kind, form: &Form, opened: &Opened) -> Vec<Field> {
    let case = &opened.case;
    let known = |name: &str, known: String| if form.has(name) { form.get(name).to_owned() } else { known };
    let reports = || -> Field {
        let choices: Vec<Choice> = case
            .reports
            .iter()
            .map(|report| Choice::new(report.number.to_string(), history::reporter(case, report.number)))
            .collect();
        match choices.len() {
            0 | 1 => Field::hidden("report", known("report", "0".into())),
            _ => Field::new("report", "Whose report", Control::Radio(choices)).value(known("report", "0".into())),
        }
    };
    match kind {
        Kind::TickStep => {
            let steps = open_steps(case, &opened.policy);
            let first = steps.first().map(|(name, _)| name.clone()).unwrap_or_default();
            let choices = steps.into_iter().map(|(name, words)| Choice::new(name, words)).collect();
            vec![
                Field::new("step", "Which step is done", Control::Radio(choices)).value(known("step", first)),
                Field::area("text", "What was done", 3).note("optional").value(form.get("text")),
            ]
        }
        Kind::RecordBreach => vec![
            reports(),
            Field::area("evidence", "What was published or given away, where and when", 5)
                .hint("The reporter sees these words.")
                .value(form.get("evidence"))
                .required(),
        ],
        Kind::ClearBreach => vec![
            reports(),
            Field::area("reason", "The reason", 4)
                .hint("The reporter sees these words.")
                .value(form.get("reason"))
                .required(),
        ],
        Kind::PublishSummary => {
            let (title, text) = match &case.summary {
                Some(summary) => (summary.title.clone(), summary.text.clone()),
                None => closed::draft(case, &opened.policy),
            };
            vec![
                Field::line("title", "Heading").value(known("title", title)).required(),
                Field::area("text", "The text, as everybody will read it", 10)
                    .hint("Markdown. Leave out what tells who somebody is, unless they agreed to it.")
                    .value(known("text", text))
                    .required(),
            ]
        }
        _ => Vec::new(),
    }
}

/// The command that the answers make.
///
/// # Errors
/// The field that has to be mended.
pub fn command(kind: Kind, form: &Form) -> Result<Command, Problem> {
    let text = |name: &str| form.get(name).to_owned();
    let report = || {
        let words = || Problem { field: "report".into(), text: "Choose whose report it is".into() };
        form.get("report").parse::<u32>().map_err(|_| words())
    };
    Ok(match kind {
        Kind::TickStep => Command::TickStep { step: text("step"), text: text("text") },
        Kind::RecordBreach => Command::RecordBreach { report: report()?, evidence: text("evidence") },
        Kind::ClearBreach => Command::ClearBreach { report: report()?, reason: text("reason") },
        Kind::PublishSummary => Command::PublishSummary { title: text("title"), text: text("text") },
        _ => Command::WithdrawSummary { reason: text("reason") },
    })
}

/// The text about a closed report as everybody will see it.
pub fn summary_preview(form: &Form) -> SafeHtml {
    let heading = form.get("title").replace('\n', " ");
    SafeHtml(crate::web::markdown::to_html(&format!("### {}\n\n{}", heading.trim(), form.get("text"))))
}

/// Words of the text that should perhaps not become public, each once, with the reason.
pub fn scrub(opened: &Opened, form: &Form, names: &Names) -> Vec<Row> {
    let members = members(names);
    let mut rows: Vec<Row> = Vec::new();
    for text in [form.get("title"), form.get("text")] {
        for hit in candor_core::scrub::hits(text, &opened.case, &members) {
            if rows.iter().all(|row| row.label != hit.word) {
                rows.push(Row::new(hit.word, format!("It is {}.", hit.why)));
            }
        }
    }
    rows
}

/// Takes those words out of what was typed.
pub fn remove(opened: &Opened, names: &Names, groups: &mut [Group]) {
    let members = members(names);
    for field in groups.iter_mut().flat_map(|group| &mut group.fields) {
        if matches!(field.name.as_str(), "title" | "text") {
            field.value = candor_core::scrub::scrubbed(&field.value, &opened.case, &members);
        }
    }
}

fn members(names: &Names) -> Vec<String> {
    names.all().map(|(_, name)| name.to_owned()).collect()
}

/// `GET /desk/cases/{case}/release-notes`: the text for the release notes of the fix, to be copied.
pub async fn release_notes(
    State(app): State<App>,
    member: Member,
    Path(case): Path<String>,
) -> Result<Response, Rejection> {
    let opened = opened(&app, &member, &case).await?;
    let names = Names::load(&app).await?;
    let (text, problem) = match crate::execute::release_notes(&app, &opened.case) {
        Ok(text) => (text, String::new()),
        Err(Error::Refused(refusal)) => (String::new(), refusal.to_string()),
        Err(other) => return Err(other.into()),
    };
    html(&ReleaseNotesPage {
        shell: shell(&app, &member, "case"),
        head: super::case::head(&opened.case, &opened.policy, &names),
        is_public: opened.case.advisory.is_public(),
        text,
        problem,
    })
}
