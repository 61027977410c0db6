//! Questions, answers, notes: what the team and the reporter say to each other, and what the team says among itself.

use crate::case::Case;
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, optional, text as required};
use crate::event::{Credit, Event, FileRef, Outcome};
use crate::id::MemberId;
use crate::policy::{Moment, Policy};
use crate::promises::{self, Status};
use crate::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};

/// Time between two requests for news of one reporter.
pub const NUDGE_EVERY: SignedDuration = SignedDuration::from_hours(24);

pub(crate) fn acknowledge(case: &Case, text: &str) -> Result<Vec<Event>, Refusal> {
    let before = case.history.iter().find(|entry| matches!(entry.what, Event::Acknowledged { .. }));
    if let Some(entry) = before {
        return Err(Refusal::AcknowledgedBefore { at: entry.at });
    }
    Ok(vec![Event::Acknowledged { text: required("text", text, MESSAGE_LIMIT)? }])
}

pub(crate) fn answer(text: &str, files: &[FileRef], next_steps: bool) -> Result<Vec<Event>, Refusal> {
    Ok(vec![Event::Answered { text: said(text, files)?, files: files.to_vec(), next_steps }])
}

pub(crate) fn ask(text: &str, files: &[FileRef]) -> Result<Vec<Event>, Refusal> {
    Ok(vec![Event::Asked { text: required("text", text, MESSAGE_LIMIT)?, files: files.to_vec() }])
}

/// A note for the team. Whom it names, and who may see the case, is told that there is one; naming gives nobody anything.
pub(crate) fn note(
    text: &str,
    files: &[FileRef],
    named: &[MemberId],
    may_see: &[MemberId],
) -> Result<Vec<Event>, Refusal> {
    let mut mentions: Vec<MemberId> = Vec::new();
    for member in named.iter().filter(|member| may_see.contains(member)) {
        if !mentions.contains(member) {
            mentions.push(member.clone());
        }
    }
    Ok(vec![Event::Noted { text: said(text, files)?, files: files.to_vec(), mentions }])
}

/// Members whom a text names as `@Ines Ruiz`, or as `@Ines` where one member alone is called so. Letters of either case.
pub fn mentioned(text: &str, team: &[(MemberId, String)]) -> Vec<MemberId> {
    let text = text.to_lowercase();
    let first = |name: &str| name.split_whitespace().next().unwrap_or_default().to_lowercase();
    let mut found: Vec<MemberId> = Vec::new();
    for (at, _) in text.match_indices('@') {
        // An address is nobody's mention.
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "._+-".contains(c)) {
            continue;
        }
        let rest = &text[at + 1..];
        let starts = |name: &str| {
            !name.is_empty()
                && rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        };
        let whole = team.iter().filter(|(_, name)| starts(&name.trim().to_lowercase()));
        let whole = whole.max_by_key(|(_, name)| name.len());
        let mut called = team.iter().filter(|(_, name)| starts(&first(name)));
        let called = match (called.next(), called.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        };
        if let Some((id, _)) = whole.or(called)
            && !found.contains(id)
        {
            found.push(id.clone());
        }
    }
    found
}

pub(crate) fn write(case: &Case, report: u32, text: &str, files: &[FileRef]) -> Result<Vec<Event>, Refusal> {
    let mut events = vec![Event::ReporterWrote { report, text: said(text, files)?, files: files.to_vec() }];
    // What was closed for their silence is open again when they speak.
    if case.is_closed() && case.outcome == Some(Outcome::NoAnswer) {
        events.push(Event::Reopened { reason: "The reporter answered after all".into() });
    }
    Ok(events)
}

/// A mail that is not known to be the reporter's: kept for the team, whatever it says.
pub(crate) fn take_mail(
    case: &Case,
    report: u32,
    text: &str,
    files: &[FileRef],
    noticed: &[String],
    returned: bool,
) -> Result<Vec<Event>, Refusal> {
    let text = optional("text", text, MESSAGE_LIMIT)?;
    let noticed = noticed.iter().take(50).map(|words| words.chars().take(LINE_LIMIT).collect()).collect();
    let mut events = vec![Event::MailUnverified { report, text, files: files.to_vec(), noticed }];
    if returned && case.reports.iter().any(|it| it.number == report && it.contact.is_some()) {
        events.push(Event::LetterReturned { report });
    }
    Ok(events)
}

/// Whether a reporter's message can be taken: it says something, and not too much.
///
/// # Errors
/// [`Refusal::Field`] with what is wrong.
pub fn check_message(text: &str, files: &[FileRef]) -> Result<(), Refusal> {
    said(text, files).map(drop)
}

/// A message is words, files, or both.
fn said(text: &str, files: &[FileRef]) -> Result<String, Refusal> {
    if files.is_empty() { required("text", text, MESSAGE_LIMIT) } else { optional("text", text, MESSAGE_LIMIT) }
}

/// Turns to the next contact of the policy: the one that the escalation of a broken promise has reached, or the first.
pub(crate) fn nudge(case: &Case, report: u32, policy: &Policy, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let last =
        case.history.iter().rev().find(|entry| matches!(entry.what, Event::Nudged { report: of, .. } if of == report));
    if let Some(entry) = last
        && now < entry.at + NUDGE_EVERY
    {
        return Err(Refusal::NudgedBefore { at: entry.at, next: entry.at + NUDGE_EVERY });
    }
    Ok(vec![Event::Nudged { report, to: next_contact(case, policy, now) }])
}

/// The role of the contact whom a reporter without an answer turns to next.
pub fn next_contact(case: &Case, policy: &Policy, now: Timestamp) -> String {
    // Each request since the team last wrote moves one contact on.
    let last_word = case
        .marks
        .iter()
        .filter(|mark| mark.moment == Moment::Message)
        .map(|mark| mark.at)
        .next_back()
        .unwrap_or(case.opened_at);
    let asked_since =
        case.history.iter().filter(|entry| entry.at >= last_word && matches!(entry.what, Event::Nudged { .. })).count();
    let broken = promises::clocks(case, policy, now).iter().any(|clock| matches!(clock.status, Status::Broken { .. }));
    let step = if broken { asked_since } else { asked_since.saturating_sub(1) };
    let last = policy.contacts.len().saturating_sub(1);
    policy.contacts.get(step.min(last)).map(|contact| contact.role.clone()).unwrap_or_default()
}

pub(crate) fn choose_credit(case: &Case, report: u32, credit: &Credit) -> Result<Vec<Event>, Refusal> {
    if let Credit::Named { name, organisation, link, about } = credit {
        for (field, value) in [("name", name), ("organisation", organisation), ("link", link)] {
            optional(field, value, LINE_LIMIT)?;
        }
        optional("about", about, 2_000)?;
        if name.trim().is_empty() && organisation.trim().is_empty() {
            return Err(Refusal::Field {
                field: "name",
                problem: "give a name or an organisation to be credited".into(),
            });
        }
        if !(link.is_empty() || link.starts_with("https://") || link.starts_with("http://")) {
            return Err(Refusal::Field { field: "link", problem: "write the whole address, from https://".into() });
        }
    }
    if case.reports.iter().any(|r| r.number == report && r.erased) {
        return Err(Refusal::Field {
            field: "credit",
            problem: "your name was erased; nothing about you is published".into(),
        });
    }
    if case.reports.iter().any(|r| r.number == report && r.credit.as_ref() == Some(credit)) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::CreditChosen { report, credit: credit.clone() }])
}

/// Letters to the reporter are encrypted to this key from now on; with none they go in the clear, as the reporter wishes.
pub(crate) fn give_key(case: &Case, report: u32, pgp_key: &str) -> Result<Vec<Event>, Refusal> {
    let pgp_key = optional("pgp_key", pgp_key, MESSAGE_LIMIT)?;
    let found = case.reports.iter().find(|it| it.number == report);
    let contact = found.and_then(|report| report.contact.as_ref()).filter(|contact| !contact.email.is_empty());
    let (Some(contact), Some(person)) = (contact, found.and_then(|report| report.person.clone())) else {
        return Err(Refusal::Field {
            field: "pgp_key",
            problem: "no address was left with the report, so that no letters are written to encrypt".into(),
        });
    };
    if contact.pgp_key == pgp_key {
        return Ok(Vec::new());
    }
    Ok(vec![Event::KeyGiven { report, person, pgp_key }])
}

pub(crate) fn withdraw(case: &Case, report: u32, text: &str) -> Result<Vec<Event>, Refusal> {
    if !case.state.is_open() {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Write a message instead." });
    }
    Ok(vec![Event::Withdrawn { report, text: optional("text", text, MESSAGE_LIMIT)? }])
}
