//! Clocks in words, for the reporter's page and the desk alike.

use super::views::{ClockView, TimeView};
use candor_core::case::Case;
use candor_core::event::Event;
use candor_core::policy::{Policy, PromiseKind};
use candor_core::promises::{Clock, Status, clocks};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Every clock of a case that matters to a reader, in the order in which they fall due.
pub fn views(case: &Case, policy: &Policy, zone: &TimeZone, now: Timestamp) -> Vec<ClockView> {
    clocks(case, policy, now).iter().map(|clock| view(case, clock, zone, now)).collect()
}

/// The clocks of promises that are owed to the reporter.
pub fn to_reporter(case: &Case, policy: &Policy, zone: &TimeZone, now: Timestamp) -> Vec<ClockView> {
    let clocks = clocks(case, policy, now);
    clocks.iter().filter(|clock| clock.is_to_reporter()).map(|clock| view(case, clock, zone, now)).collect()
}

/// One clock in words.
pub fn view(case: &Case, clock: &Clock, zone: &TimeZone, now: Timestamp) -> ClockView {
    let (status, word, at, when_is) = match &clock.status {
        Status::Running => ("running", "Running", clock.due, "due"),
        // A planned pause has an end, so that the date is known.
        Status::Paused { since } if clock.pauses.iter().any(|(from, to, _)| from == since && to.is_some()) => {
            ("paused", "Paused", clock.due, "due")
        }
        Status::Paused { .. } => ("paused", "Paused", clock.due, "would be due"),
        Status::Kept { at, .. } => ("kept", "Kept", *at, "kept"),
        Status::KeptLate { at } => ("late", "Kept late", *at, "kept"),
        Status::Broken { since } => ("broken", "Broken", *since, "was due"),
        Status::Ended { at } => ("ended", "Ended", *at, "ended"),
    };
    ClockView {
        what: capital(&clock.what),
        kind: match clock.kind {
            PromiseKind::Commitment => "commitment",
            PromiseKind::Target => "target",
        }
        .into(),
        status: status.into(),
        status_word: word.into(),
        when: TimeView::new(at, zone, now),
        when_is: when_is.into(),
        note: note(case, clock, zone, now),
        why: clock.why.clone(),
    }
}

fn note(case: &Case, clock: &Clock, zone: &TimeZone, now: Timestamp) -> String {
    let day = |at: Timestamp| TimeView::new(at, zone, now).absolute;
    let mut notes = Vec::new();
    if let Status::Paused { since } = &clock.status {
        let why = clock.pauses.iter().find(|(from, _, _)| from == since).map(|(_, _, why)| why.as_str());
        let why = why.unwrap_or("while an answer of the reporter is awaited");
        notes.push(format!("Stands still since {} {why}.", day(*since)));
    }
    if let Some(to) = &clock.owed_to {
        notes.push(format!("Owed to {to}."));
    }
    let told: Vec<&str> = case
        .history
        .iter()
        .filter_map(|entry| match &entry.what {
            Event::BellRung { bell, to, .. } if bell.promise == clock.promise && bell.cycle == clock.cycle => {
                Some(to.as_str())
            }
            _ => None,
        })
        .collect();
    if !told.is_empty() {
        notes.push(format!("Told: {}.", told.join(", ")));
    }
    let newest = case.estimates.iter().rev().find(|estimate| estimate.promise == clock.promise);
    if clock.kind == PromiseKind::Target
        && matches!(clock.status, Status::Broken { .. })
        && newest.is_none_or(|estimate| estimate.until <= now)
    {
        notes.push("A reason and a new date are owed to the reporter.".into());
    }
    if let Some(estimate) = case.estimates.iter().rev().find(|estimate| estimate.promise == clock.promise) {
        notes.push(format!("New estimate: {}. {}", day(estimate.until), estimate.reason));
    }
    notes.join(" ")
}

/// A sentence's first letter as a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
