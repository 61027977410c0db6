//! Clocks, derived from a case and its policy: when each promise falls due, and why.

use crate::case::{Bell, Case};
use crate::event::Event;
use crate::id::MemberId;
use crate::policy::{Moment, Policy, Promise, PromiseKind};
use jiff::Timestamp;

/// One run of one promise.
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    /// Name of the promise.
    pub promise: String,
    /// What is promised, for people.
    pub what: String,
    /// Commitment or target.
    pub kind: PromiseKind,
    /// Which run of a repeating promise, from 0.
    pub cycle: u32,
    /// What started it.
    pub started_by: Moment,
    /// When it started.
    pub started_at: Timestamp,
    /// When it falls due. For a paused clock: when it would if it ran on from now.
    pub due: Timestamp,
    /// How it stands.
    pub status: Status,
    /// Why this date, step by step.
    pub why: Vec<String>,
    /// Bells still to ring: when, which, who is told.
    pub bells: Vec<(Timestamp, Bell, String)>,
}

/// How a clock stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It runs.
    Running,
    /// It stands still while the reporter's answer is awaited.
    Paused {
        /// Since when.
        since: Timestamp,
    },
    /// Kept in time.
    Kept {
        /// When.
        at: Timestamp,
        /// By whom.
        by: Option<MemberId>,
    },
    /// Kept, but after it fell due.
    KeptLate {
        /// When.
        at: Timestamp,
    },
    /// It fell due unkept and still is.
    Broken {
        /// Since when.
        since: Timestamp,
    },
    /// The case ended before it mattered.
    Ended {
        /// When.
        at: Timestamp,
    },
}

/// Every clock of a case, in the order in which they fall due; runs that are over come first.
/// `now` only tells running from broken.
pub fn clocks(case: &Case, policy: &Policy, now: Timestamp) -> Vec<Clock> {
    let _ = (case, policy, now);
    Vec::new()
}

/// The earliest instant at which a clock, a wait, or a standing order to publish asks for a [`crate::command::Command::Tick`].
pub fn wake_at(case: &Case, policy: &Policy) -> Option<Timestamp> {
    let _ = (case, policy);
    None
}

/// What is due at `now` and not yet on record, in the order in which it fell due: bells, breaches, the end of a wait
/// that reached its limit. Each is given once, however late.
pub fn due(case: &Case, policy: &Policy, now: Timestamp) -> Vec<Event> {
    let _ = (case, policy, now);
    Vec::new()
}

/// The promises a report filed at `at` would start, with their dates: what the form shows beside its questions.
pub fn forecast(policy: &Policy, at: Timestamp) -> Vec<(Promise, Timestamp)> {
    let _ = (policy, at);
    Vec::new()
}
