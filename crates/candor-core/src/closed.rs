//! Reports that ended without an advisory, where the policy makes them public: a text that a member writes, and that
//! the reporter agrees to where the policy asks for it.

use crate::case::{Case, State, SummaryState};
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, optional, text as required};
use crate::event::{Event, Outcome};
use crate::policy::{ClosedReports, Policy};
use crate::refusal::Refusal;
use jiff::Timestamp;

pub(crate) fn publish(case: &Case, policy: &Policy, title: &str, text: &str) -> Result<Vec<Event>, Refusal> {
    if case.drill {
        return Err(Refusal::Drill);
    }
    if policy.disclosure.closed_reports == ClosedReports::Never {
        return Err(Refusal::ClosedStaysPrivate);
    }
    if case.state != State::Closed {
        return Err(Refusal::WrongState {
            state: case.state.name(),
            next: "Only what is closed gets an entry; close the case first.",
        });
    }
    if case.advisory.is_public() {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Its advisory is public already." });
    }
    let title = required("title", title, LINE_LIMIT)?;
    let text = required("text", text, MESSAGE_LIMIT)?;
    let same = case.summary.as_ref().filter(|summary| summary.title == title && summary.text == text);
    if same.is_some_and(|summary| matches!(summary.state, SummaryState::Public | SummaryState::Proposed)) {
        return Ok(Vec::new());
    }
    Ok(vec![if asks_first(case, policy) {
        Event::SummaryProposed { title, text }
    } else {
        Event::SummaryPublished { title, text }
    }])
}

/// Whether the reporter has to agree to the text first. Nobody is asked whose name was erased, or who is the team itself.
pub fn asks_first(case: &Case, policy: &Policy) -> bool {
    !policy.disclosure.closed_without_asking && case.reports.iter().any(|report| !report.erased)
}

/// Whether an answer is to the question that stands: nobody agrees to a date or a text that they have not seen. Who answers
/// says when the question was put; where they cannot know it, what stands is answered.
pub(crate) fn is_of(asked: Option<Timestamp>, put: Timestamp) -> Result<(), Refusal> {
    if asked.is_none_or(|asked| asked == put) { Ok(()) } else { Err(Refusal::AskedAnew) }
}

pub(crate) fn answer(
    case: &Case,
    report: u32,
    agree: bool,
    text: &str,
    asked: Option<Timestamp>,
) -> Result<Vec<Event>, Refusal> {
    // What was taken up again is no closed report: nothing of it goes out by an answer to an old question.
    let stands = case.state == State::Closed && !case.advisory.is_public();
    let Some(summary) = case.summary.as_ref().filter(|summary| stands && summary.state == SummaryState::Proposed)
    else {
        return Err(Refusal::NoSummary);
    };
    is_of(asked, summary.at)?;
    Ok(vec![if agree {
        Event::SummaryPublished { title: summary.title.clone(), text: summary.text.clone() }
    } else {
        Event::SummaryDeclined { report, text: optional("text", text, MESSAGE_LIMIT)? }
    }])
}

pub(crate) fn withdraw(case: &Case, reason: &str) -> Result<Vec<Event>, Refusal> {
    let Some(summary) = &case.summary else { return Err(Refusal::NoSummary) };
    if !matches!(summary.state, SummaryState::Public | SummaryState::Proposed) {
        return Err(Refusal::NoSummary);
    }
    Ok(vec![Event::SummaryWithdrawn { reason: required("reason", reason, MESSAGE_LIMIT)? }])
}

/// A closed report that is taken up again is not public any more, and nobody is asked about its text.
pub(crate) fn with_reopening(case: &Case, mut events: Vec<Event>) -> Vec<Event> {
    let stands =
        case.summary.as_ref().is_some_and(|it| matches!(it.state, SummaryState::Public | SummaryState::Proposed));
    if stands && events.iter().any(|event| matches!(event, Event::Reopened { .. } | Event::VerdictUndone { .. })) {
        events.push(Event::SummaryWithdrawn { reason: "The case was taken up again.".into() });
    }
    events
}

/// Proposes a text for the project's public issues: of what was closed as a mistake that is none of security. The reporter is
/// asked first, whoever they are; a text that nobody can be asked about waits for a member to open it on their own account.
pub(crate) fn propose_issue(case: &Case, title: &str, text: &str) -> Result<Vec<Event>, Refusal> {
    if case.drill {
        return Err(Refusal::Drill);
    }
    if !(case.state == State::Closed && case.outcome == Some(Outcome::NotSecurity)) {
        return Err(Refusal::WrongState {
            state: case.state.name(),
            next: "Only what was closed as no security matter becomes a public issue.",
        });
    }
    if case.issue.as_ref().is_some_and(|issue| issue.url.is_some()) {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Its issue is public already." });
    }
    Ok(vec![Event::IssueProposed {
        title: required("title", title, LINE_LIMIT)?,
        text: required("text", text, MESSAGE_LIMIT)?,
    }])
}

pub(crate) fn answer_issue(
    case: &Case,
    report: u32,
    agree: bool,
    text: &str,
    asked: Option<Timestamp>,
) -> Result<Vec<Event>, Refusal> {
    let waits = case.issue.as_ref().filter(|issue| issue.agreed.is_none() && issue.url.is_none());
    let Some(issue) = waits.filter(|_| case.state == State::Closed) else { return Err(Refusal::NoSummary) };
    is_of(asked, issue.at)?;
    Ok(vec![Event::IssueAnswered { report, agree, text: optional("text", text, MESSAGE_LIMIT)? }])
}

/// The public issue is open. Only with the reporter's yes, unless their name was erased and nobody can be asked.
pub(crate) fn open_issue(case: &Case, url: &str) -> Result<Vec<Event>, Refusal> {
    let Some(issue) = &case.issue else { return Err(Refusal::NoSummary) };
    let nobody = case.reports.iter().all(|report| report.erased);
    if issue.agreed != Some(true) && !nobody {
        return Err(Refusal::Field {
            field: "url",
            problem: "the reporter has not agreed to the text; nothing of the report becomes public before".into(),
        });
    }
    let url = required("url", url, 2_000)?;
    if !candor_formats::uri::is_web(&url) {
        return Err(Refusal::Field { field: "url", problem: "write the whole address, from https://".into() });
    }
    Ok(vec![Event::IssueOpened { url }])
}

/// What a member starts from: for full accounts the report as it came, for summaries what the team decided.
pub fn draft(case: &Case, policy: &Policy) -> (String, String) {
    let outcome = case.outcome.as_ref().map_or("closed", |outcome| outcome.label());
    let opened = case.opened_at.strftime("%-d %B %Y");
    let mut text = format!("Reported {opened}. Outcome: {outcome}.");
    if policy.disclosure.closed_reports == ClosedReports::Full {
        for report in &case.reports {
            for part in [&report.facts.description, &report.facts.steps, &report.facts.impact] {
                if !part.trim().is_empty() {
                    text += &format!("\n\n{}", part.trim());
                }
            }
        }
        for entry in &case.history {
            if let Event::Dismissed { text: said, .. } | Event::Closed { reason: said } = &entry.what {
                text += &format!("\n\nThe team's answer: {}", said.trim());
            }
        }
    }
    (case.title.clone(), text)
}
