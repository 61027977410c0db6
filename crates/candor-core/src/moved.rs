//! A case moves to a newer version of its policy, by a named act with a reason.

use crate::case::{Author, Case};
use crate::decide::{Facts, MESSAGE_LIMIT, text as required};
use crate::event::Event;
use crate::evolve::{Stamp, evolve};
use crate::policy::{Policy, diff};
use crate::promises;
use crate::refusal::Refusal;
use jiff::Timestamp;

/// Moves the case to a newer version. What changes is put on record in words, so that the reporter can be told.
pub(crate) fn to_newer(
    case: &Case,
    policy: &Policy,
    version: u32,
    reason: &str,
    facts: &Facts,
) -> Result<Vec<Event>, Refusal> {
    if version <= case.policy_version {
        return Err(Refusal::Field {
            field: "version",
            problem: format!("the case runs under version {}; name a newer one", case.policy_version),
        });
    }
    let Some(newer) = &facts.moving_to else {
        return Err(Refusal::Field {
            field: "version",
            problem: format!(
                "version {version} of the policy is not in service; the program's page lists those that are"
            ),
        });
    };
    let reason = required("reason", reason, MESSAGE_LIMIT)?;
    let changes = diff::changes(policy, newer).iter().map(ToString::to_string).collect();
    Ok(vec![Event::PolicyMoved { from: case.policy_version, to: version, reason, changes }])
}

/// A promise whose date another version of the policy would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WouldChange {
    /// Name of the promise.
    pub promise: String,
    /// What is promised, for people.
    pub what: String,
    /// When it is due; `None` when it is not promised so far.
    pub was: Option<Timestamp>,
    /// When it would be due; `None` when it would not be promised any more.
    pub would: Option<Timestamp>,
}

/// What would change of the open promises of a case, were it moved to `newer` at `now`. What was kept, broken or over before
/// stays so and is not told.
pub fn would_change(case: &Case, policy: &Policy, newer: &Policy, version: u32, now: Timestamp) -> Vec<WouldChange> {
    let mut after = case.clone();
    let stamp = Stamp { seq: case.seq + 1, at: now, by: Author::Clock, decided_in: None };
    let (reason, changes) = (String::new(), Vec::new());
    evolve(&mut after, &stamp, Event::PolicyMoved { from: case.policy_version, to: version, reason, changes });
    let (old, new) = (promises::open(case, policy, now), promises::open(&after, newer, now));
    let same = |a: &promises::Clock, b: &promises::Clock| a.promise == b.promise && a.cycle == b.cycle;
    let change = |clock: &promises::Clock, was, would| WouldChange {
        promise: clock.promise.clone(),
        what: clock.what.clone(),
        was,
        would,
    };
    let mut changes = Vec::new();
    for clock in &old {
        match new.iter().find(|other| same(other, clock)) {
            Some(other) if promises::same_date(other.due, clock.due) => {}
            Some(other) => changes.push(change(clock, Some(clock.due), Some(other.due))),
            None => changes.push(change(clock, Some(clock.due), None)),
        }
    }
    let fresh = new.iter().filter(|clock| !old.iter().any(|other| same(other, clock)));
    changes.extend(fresh.map(|clock| change(clock, None, Some(clock.due))));
    changes
}

/// What a newer version that comes into service at once changes of the open promises of a case, though the case stays under
/// its own: `after` is that version with the planned pauses of the newer one as well.
pub fn reached(case: &Case, before: &Policy, after: &Policy, now: Timestamp) -> Vec<WouldChange> {
    let (old, new) = (promises::open(case, before, now), promises::open(case, after, now));
    let of = |clock: &promises::Clock| {
        old.iter().find(|other| other.promise == clock.promise && other.cycle == clock.cycle).map(|other| other.due)
    };
    let moved = new.iter().filter(|clock| of(clock).is_some_and(|was| !promises::same_date(was, clock.due)));
    moved
        .map(|clock| WouldChange {
            promise: clock.promise.clone(),
            what: clock.what.clone(),
            was: of(clock),
            would: Some(clock.due),
        })
        .collect()
}
