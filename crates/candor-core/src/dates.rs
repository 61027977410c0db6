//! Promised dates move: by a pause, a rating, a newer version of the policy. Those who know the old date are told the new one.
//!
//! What was told is on record ([`Event::DatesMoved`]), so that each move is told once, whoever looks and however late.

use crate::access::Allowed;
use crate::case::Case;
use crate::decide::Facts;
use crate::disclosure;
use crate::event::{Event, MovedDate};
use crate::policy::Policy;
use crate::promises::{runs, same_date};
use jiff::Timestamp;

/// The dates of all open promises as those know them who were told: promise, run, date.
fn told(case: &Case, policy: &Policy) -> Vec<(String, u32, Timestamp)> {
    let known = |run: &crate::promises::Run<'_>| Some((run.promise.name.clone(), run.cycle, run.told()?));
    runs(case, policy).iter().filter_map(known).collect()
}

/// The date of a run that was told last when it had moved.
fn last(case: &Case, promise: &str, cycle: u32) -> Option<Timestamp> {
    let of = |date: &&MovedDate| date.promise == promise && date.cycle == cycle;
    case.moved_dates.iter().rev().find(of).map(|date| date.is)
}

/// Which of `now` differ from what was told of the same promises before.
fn moved(case: &Case, before: &[(String, u32, Timestamp)], now: Vec<(String, u32, Timestamp)>) -> Vec<MovedDate> {
    let mut dates = Vec::new();
    for (promise, cycle, is) in now {
        let known = before.iter().find(|(name, run, _)| *name == promise && *run == cycle);
        let Some((_, _, known)) = known else { continue };
        let was = last(case, &promise, cycle).unwrap_or(*known);
        if !same_date(was, is) {
            dates.push(MovedDate { promise, cycle, was, is });
        }
    }
    dates
}

/// Puts on record which dates `events` move.
pub(crate) fn with_moved(
    case: &Case,
    mut events: Vec<Event>,
    policy: &Policy,
    allowed: &Allowed<'_>,
    facts: &Facts,
) -> Vec<Event> {
    let moves = |event: &Event| {
        matches!(
            event,
            Event::Rated { .. }
                | Event::PolicyMoved { .. }
                | Event::ReporterWrote { .. }
                | Event::WaitEnded
                | Event::ExploitationKnown { .. }
        )
    };
    let by_events = events.iter().any(moves);
    if !by_events && policy.later.is_empty() {
        return events;
    }
    let after = disclosure::after(case, &events, allowed, facts);
    let newer = facts.moving_to.as_deref().filter(|_| after.policy_version != case.policy_version).unwrap_or(policy);
    let now = told(&after, newer);
    let mut dates = Vec::new();
    if by_events {
        dates = moved(&after, &told(case, policy), now.clone());
    }
    if !newer.later.is_empty() {
        // What a later version pauses, beside what this one alone would say.
        let own = told(&after, &newer.with_later(&[]));
        let of = |dates: &[MovedDate], one: &MovedDate| {
            dates.iter().any(|known| known.promise == one.promise && known.cycle == one.cycle)
        };
        let more: Vec<MovedDate> = moved(&after, &own, now).into_iter().filter(|one| !of(&dates, one)).collect();
        dates.extend(more);
    }
    if !dates.is_empty() {
        events.push(Event::DatesMoved { dates });
    }
    events
}
