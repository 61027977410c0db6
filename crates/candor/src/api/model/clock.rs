//! Promises with their dates.

use super::instant::Instant;
use super::words::PromiseKind;
use candor_core::promises::{Clock as CoreClock, Status as CoreStatus};
use schemars::JsonSchema;
use serde::Serialize;

/// One run of one promise.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Clock {
    /// Name of the promise.
    pub promise: String,
    /// What is promised, for people.
    pub what: String,
    /// Commitment or target.
    pub kind: PromiseKind,
    /// Which run of a repeating promise, from 0.
    pub cycle: u32,
    /// What started it: a moment like `report`, or an event of the journal by its name.
    pub started_by: String,
    /// When it started.
    pub started_at: Instant,
    /// When it falls due; for a paused clock, when it would if it ran on from now.
    pub due: Instant,
    /// How it stands.
    #[serde(flatten)]
    pub status: Status,
    /// Why this date, step by step.
    pub why: Vec<String>,
    /// Spells in which it stood still, or will.
    pub pauses: Vec<Pause>,
    /// To whom it is owed, when not to the reporter.
    pub owed_to: Option<String>,
    /// When somebody is told, and who: bells that have not rung yet.
    pub bells: Vec<Bell>,
}

/// A spell in which a clock stands still.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Pause {
    /// From when.
    pub from: Instant,
    /// Until when; null while nobody knows.
    pub to: Option<Instant>,
    /// Why.
    pub why: String,
}

/// When somebody is told.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Bell {
    /// When.
    pub at: Instant,
    /// Role of a contact, or `holder`, or `team`.
    pub to: String,
}

/// How a clock stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Status {
    /// It runs.
    Running,
    /// It stands still: the reporter's answer is awaited, or the intake is paused.
    Paused {
        /// Since when.
        since: Instant,
    },
    /// Kept in time.
    Kept {
        /// When.
        kept_at: Instant,
    },
    /// Kept, but after it fell due.
    KeptLate {
        /// When.
        kept_at: Instant,
    },
    /// It fell due unkept and still is.
    Broken {
        /// Since when.
        since: Instant,
    },
    /// The case ended before it mattered.
    Ended {
        /// When.
        ended_at: Instant,
    },
}

impl From<CoreClock> for Clock {
    fn from(core: CoreClock) -> Self {
        Self {
            promise: core.promise,
            what: core.what,
            kind: core.kind.into(),
            cycle: core.cycle,
            started_by: core.started_by.name().to_owned(),
            started_at: core.started_at.into(),
            due: core.due.into(),
            status: match core.status {
                CoreStatus::Running => Status::Running,
                CoreStatus::Paused { since } => Status::Paused { since: since.into() },
                CoreStatus::Kept { at, .. } => Status::Kept { kept_at: at.into() },
                CoreStatus::KeptLate { at } => Status::KeptLate { kept_at: at.into() },
                CoreStatus::Broken { since } => Status::Broken { since: since.into() },
                CoreStatus::Ended { at } => Status::Ended { ended_at: at.into() },
            },
            why: core.why,
            pauses: core
                .pauses
                .into_iter()
                .map(|(from, to, why)| Pause { from: from.into(), to: to.map(Into::into), why })
                .collect(),
            owed_to: core.owed_to,
            bells: core.bells.into_iter().map(|(at, _, to)| Bell { at: at.into(), to }).collect(),
        }
    }
}
