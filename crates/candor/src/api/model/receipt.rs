//! A case as the reporter of one of its reports sees it.

use super::case::{Embargo, Message, message};
use super::clock::Clock;
use super::entry::{Entry, Facts, File, Outcome};
use super::instant::Instant;
use super::people::{Author, Credit};
use super::schedule::{Issue, Summary};
use super::words::{Channel, Severity, State};
use candor_core::case::{Author as CoreAuthor, Bell, Case, Entry as CoreEntry};
use candor_core::dialogue;
use candor_core::event::Event;
use candor_core::policy::Policy;
use candor_core::promises;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// A report and all that became of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReporterView {
    /// Name of the case.
    pub case: String,
    /// The program.
    pub program: String,
    /// Where it stands.
    pub state: State,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// When it was taken in.
    pub received_at: Instant,
    /// Through which door it came.
    pub channel: Channel,
    /// What the report says.
    pub report: Facts,
    /// Severity, once rated.
    pub severity: Option<Severity>,
    /// The policy's own word for it.
    pub level: Option<String>,
    /// The promises, each with its date and why.
    pub promises: Vec<Clock>,
    /// Since when your answer is awaited.
    pub waiting_since: Option<Instant>,
    /// The date before which nobody publishes, proposed or agreed.
    pub embargo: Option<Embargo>,
    /// Whether you were asked how you wish to be credited.
    pub credit_asked: bool,
    /// How you wish to be credited.
    pub credit: Option<Credit>,
    /// Whether the policy denies the credit, because a condition you agreed to was broken.
    pub credit_denied: bool,
    /// The text about your closed report that is to become public, or is.
    pub summary: Option<Summary>,
    /// The text for the project's public issues that you are asked about.
    pub issue: Option<Issue>,
    /// Whom to turn to when no answer comes: the role of a contact.
    pub next_contact: String,
    /// Public id of the advisory, once it is out.
    pub advisory: Option<String>,
    /// What you and the team said to each other.
    pub thread: Vec<Message>,
    /// Files that you may open.
    pub files: Vec<File>,
    /// What happened, as far as it is yours to see.
    pub history: Vec<Entry>,
}

impl ReporterView {
    /// The case as the reporter of `number` sees it at `now`; `None` when there is no such report.
    pub fn of(case: &Case, number: u32, policy: &Policy, now: Timestamp) -> Option<Self> {
        let report = case.reports.iter().find(|report| report.number == number)?;
        let history: Vec<Entry> =
            case.history.iter().filter_map(|entry| shown_to_reporter(entry, number, policy)).collect();
        let thread = case
            .history
            .iter()
            .filter(|entry| history.iter().any(|shown| shown.seq == entry.seq))
            .filter_map(|entry| message(entry, Author::for_reporter(&entry.by)))
            .collect();
        let outcome = case.outcome.as_ref().map(|outcome| match outcome.into() {
            // Another case is another reporter's.
            Outcome::Duplicate { known, .. } => Outcome::Duplicate { of: None, known },
            other => other,
        });
        Some(Self {
            case: case.id.0.clone(),
            program: case.program.0.clone(),
            state: case.state.into(),
            outcome,
            received_at: report.at.into(),
            channel: report.channel.into(),
            report: (&report.facts).into(),
            severity: case.severity().map(Into::into),
            level: case.severity().map(|severity| policy.severity.label(severity)),
            promises: promises::clocks(case, policy, now)
                .into_iter()
                .filter(promises::Clock::is_to_reporter)
                .map(Into::into)
                .collect(),
            waiting_since: case.waiting_since.map(Into::into),
            embargo: case.embargo.as_ref().map(Into::into),
            credit_asked: case.credit_asked,
            credit: report.credit.as_ref().map(Into::into),
            credit_denied: candor_core::conditions::is_credit_denied(case, number),
            summary: case.summary.as_ref().map(Into::into),
            issue: case.issue.as_ref().map(Into::into),
            next_contact: dialogue::next_contact(case, policy, now),
            advisory: case
                .advisory
                .id
                .clone()
                .filter(|_| case.advisory.is_public())
                .or_else(|| case.published_with.clone()),
            thread,
            files: case.files.iter().filter(|file| may_open(file, number)).map(|file| (&file.file).into()).collect(),
            history,
        })
    }
}

/// An entry as the reporter of `number` reads it; `None` for what is not theirs to see.
pub fn shown_to_reporter(entry: &CoreEntry, number: u32, policy: &Policy) -> Option<Entry> {
    if !is_to_reporter(&entry.what, policy) {
        return None;
    }
    Entry::for_reporter(&own_dates(entry, policy), number)
}

/// Whether what a clock did is about a promise to the reporter; what is owed to others is not theirs to see.
pub fn is_to_reporter(event: &Event, policy: &Policy) -> bool {
    match event {
        Event::BellRung { bell: Bell { promise, .. }, .. } | Event::PromiseBroken { promise, .. } => {
            policy.promise(promise).is_none_or(|promise| promise.is_to_reporter())
        }
        Event::DatesMoved { dates } => {
            dates.iter().any(|date| policy.promise(&date.promise).is_none_or(|promise| promise.is_to_reporter()))
        }
        _ => true,
    }
}

/// An entry without the dates that are owed to others.
fn own_dates<'e>(entry: &'e CoreEntry, policy: &Policy) -> Cow<'e, CoreEntry> {
    let Event::DatesMoved { dates } = &entry.what else { return Cow::Borrowed(entry) };
    let theirs = |name: &str| policy.promise(name).is_none_or(|promise| promise.is_to_reporter());
    let dates = dates.iter().filter(|date| theirs(&date.promise)).cloned().collect();
    Cow::Owned(CoreEntry { what: Event::DatesMoved { dates }, ..entry.clone() })
}

/// Whether a file is the reporter's to open: what the team sent to reporters, and what they sent themselves.
fn may_open(file: &candor_core::case::CaseFile, number: u32) -> bool {
    !file.internal
        && match &file.by {
            CoreAuthor::Reporter(by) => *by == number,
            _ => true,
        }
}
