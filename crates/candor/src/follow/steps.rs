//! What is to be done after a publication, and what came of it.

use candor_formats::advisory::Record;
use jiff::Timestamp;

use crate::app::App;
use crate::error::Error;
use crate::store::steps;

/// A step of every publication, in the order in which the page shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The public tree with it is in place.
    Pages,
    /// Subscribers are written to.
    Subscribers,
    /// Hooks are called.
    Hooks,
    /// The record is at the CVE program.
    Cve,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pages, Self::Subscribers, Self::Hooks, Self::Cve];

    /// Name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Subscribers => "subscribers",
            Self::Hooks => "hooks",
            Self::Cve => "cve",
        }
    }

    /// Name of what it is made of, where it is many: a mail, a call.
    pub fn single(self) -> &'static str {
        match self {
            Self::Subscribers => "subscriber",
            Self::Hooks => "hook",
            Self::Pages | Self::Cve => "",
        }
    }

    /// In words, for the page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pages => "Public pages, feeds and documents",
            Self::Subscribers => "Mails to subscribers",
            Self::Hooks => "Calls to hooks",
            Self::Cve => "Record at the CVE program",
        }
    }

    /// The step of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name || step.single() == name && !name.is_empty())
    }
}

/// Number of the edition.
pub fn revision(record: &Record) -> i64 {
    record.revisions.last().map_or(1, |last| i64::from(last.number))
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Which.
    pub step: Step,
    /// Whether something of it is still to be done.
    pub is_open: bool,
    /// Whether something of it was given up.
    pub has_failed: bool,
    /// Mails or calls: done, of so many.
    pub count: Option<(i64, i64)>,
    /// When it was last tried or done.
    pub at: Option<Timestamp>,
    /// What came of it, in words; empty where there is nothing to say.
    pub detail: String,
}

/// The steps of the newest edition of a case's advisory; none before the publication.
///
/// # Errors
/// When the store cannot be read.
pub async fn states(app: &App, stream: &str, revision: i64) -> Result<Vec<State>, Error> {
    let rows = steps::of_stream(&app.store, stream, 200).await?;
    let counts = steps::counts(&app.store, stream, revision).await?;
    let mut states = Vec::new();
    for step in Step::ALL {
        let Some(row) = rows.iter().find(|row| row.revision == revision && row.kind == step.name()) else { continue };
        let singles: Vec<_> =
            counts.iter().filter(|(kind, ..)| !step.single().is_empty() && kind == step.single()).collect();
        let sum = |state: &str| {
            singles.iter().filter(|(_, found, ..)| found == state).map(|(_, _, count, _)| count).sum::<i64>()
        };
        let (waiting, failed, done) = (sum("waiting"), sum("failed"), sum("done"));
        let all = waiting + failed + done;
        let at = singles.iter().filter_map(|(.., at)| *at).chain(row.done_at).max();
        states.push(State {
            step,
            is_open: row.state == "waiting" || waiting > 0,
            has_failed: row.state == "failed" || failed > 0,
            count: (all > 0).then_some((done, all)),
            at: at.and_then(|at| Timestamp::from_microsecond(at).ok()),
            detail: row.detail.clone().unwrap_or_default(),
        });
    }
    Ok(states)
}
