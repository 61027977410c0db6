//! Second thoughts about a verdict: the reporter's one appeal, which another member answers, and a verdict taken back.

use crate::access::Allowed;
use crate::case::Case;
use crate::decide::{MESSAGE_LIMIT, text as required};
use crate::event::{Event, Outcome};
use crate::gates;
use crate::id::MemberId;
use crate::policy::{Policy, Step};
use crate::refusal::Refusal;

/// Whether the reporter of this number can appeal now: once for each report, against a verdict of a member.
pub fn may_appeal(case: &Case, report: u32) -> bool {
    refused(case, report).is_none()
}

fn refused(case: &Case, report: u32) -> Option<Refusal> {
    let appealed =
        case.history.iter().find(|entry| matches!(entry.what, Event::Appealed { report: of, .. } if of == report));
    if let Some(entry) = appealed {
        return Some(Refusal::AppealedBefore { at: entry.at });
    }
    let verdict = case.verdict.as_ref().filter(|verdict| verdict.outcome != Outcome::Confirmed);
    match (verdict, &case.outcome) {
        (Some(verdict), Some(outcome)) if case.is_closed() && verdict.outcome == *outcome => None,
        _ => Some(Refusal::NoVerdict),
    }
}

pub(crate) fn appeal(case: &Case, report: u32, text: &str) -> Result<Vec<Event>, Refusal> {
    match refused(case, report) {
        Some(refusal) => Err(refusal),
        None => Ok(vec![Event::Appealed { report, text: required("text", text, MESSAGE_LIMIT)? }]),
    }
}

/// Answers the appeal that waits. Never by the member who gave the verdict.
pub(crate) fn answer(case: &Case, member: Option<&MemberId>, stands: bool, text: &str) -> Result<Vec<Event>, Refusal> {
    let Some(appeal) = case.appeal.as_ref().filter(|appeal| appeal.is_open()) else { return Err(Refusal::NoAppeal) };
    if member.is_none() || appeal.against.as_ref() == member {
        return Err(Refusal::OwnVerdict);
    }
    let text = required("text", text, MESSAGE_LIMIT)?;
    let mut events = vec![Event::AppealAnswered { stands, text }];
    if !stands {
        events.push(Event::Reopened { reason: "The reporter's appeal was granted".into() });
    }
    Ok(events)
}

/// Takes back the verdict that ended the case; the case stands where it stood before.
pub(crate) fn undo(case: &Case, policy: &Policy, allowed: &Allowed<'_>, reason: &str) -> Result<Vec<Event>, Refusal> {
    if !case.is_closed() || !case.verdict.as_ref().is_some_and(|verdict| verdict.outcome != Outcome::Confirmed) {
        return Err(Refusal::NoVerdict);
    }
    gates::pass(case, policy, Step::Reopen, allowed.member())?;
    Ok(vec![Event::VerdictUndone { reason: required("reason", reason, MESSAGE_LIMIT)? }])
}
