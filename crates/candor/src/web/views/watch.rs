//! What Candor sees of itself: how each channel stands, who was told of each broken promise.

use super::desk::FilterGroup;
use super::parts::{Link, Paging, Shell, TimeView};
use askama::Template;

/// `/desk/channels`: how each channel stands.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/channels.html")]
pub struct Channels {
    /// Around the page.
    pub shell: Shell,
    /// One row per program and channel.
    pub rows: Vec<ChannelRow>,
}

/// A channel of a program.
#[derive(Debug, Clone, Default)]
pub struct ChannelRow {
    /// Name of the program.
    pub program: String,
    /// Which channel.
    pub channel: String,
    /// Class name: `kept broken ended`.
    pub status: String,
    /// The state as words.
    pub status_word: String,
    /// Since when.
    pub since: TimeView,
    /// When it was looked at last.
    pub checked: TimeView,
    /// What was found.
    pub detail: String,
}

/// `/desk/breaches`: each broken promise, with who was told and when.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/breaches.html")]
pub struct Breaches {
    /// Around the page.
    pub shell: Shell,
    /// Filters by program.
    pub filters: Vec<FilterGroup>,
    /// Older and newer rows.
    pub paging: Paging,
    /// The newest first.
    pub rows: Vec<BreachRow>,
}

/// A broken promise.
#[derive(Debug, Clone, Default)]
pub struct BreachRow {
    /// Name of the case.
    pub case: String,
    /// Its page.
    pub href: String,
    /// What was promised.
    pub promise: String,
    /// When it fell due.
    pub due: TimeView,
    /// Whether it was noticed late; empty when it was not.
    pub noticed: String,
    /// Who was told, and when.
    pub told: Vec<Told>,
}

/// Somebody who was told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Who.
    pub who: String,
    /// When.
    pub when: String,
}

/// `/desk/programs/{program}`: the versions of a policy, what changed between two, and what the newer would change in open
/// cases.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/program.html")]
pub struct ProgramPage {
    /// Around the page.
    pub shell: Shell,
    /// Name of the program.
    pub name: String,
    /// Its public page.
    pub href: String,
    /// Whether the reader coordinates the program.
    pub coordinates: bool,
    /// Where the choice of two versions is sent.
    pub action: String,
    /// The newest first.
    pub versions: Vec<VersionRow>,
    /// The older of the two that are compared; 0 when there is only one.
    pub from: u32,
    /// The newer of the two.
    pub to: u32,
    /// What changed between them, in words.
    pub changes: Vec<String>,
    /// Promises of open cases that run under an earlier version than `to`, whose dates it would change.
    pub moves: Vec<MovesRow>,
    /// How many open cases run under an earlier version, in words.
    pub older: String,
}

/// A version of a policy.
#[derive(Debug, Clone, Default)]
pub struct VersionRow {
    /// Its number.
    pub version: u32,
    /// When it was taken into service.
    pub since: TimeView,
    /// By whom, in words.
    pub by: String,
    /// How many changes it made, in words, with where they are shown.
    pub changes: Option<Link>,
    /// Whether it is compared as the older one.
    pub is_from: bool,
    /// Whether it is compared as the newer one.
    pub is_to: bool,
}

/// A promise of an open case whose date another version would change.
#[derive(Debug, Clone, Default)]
pub struct MovesRow {
    /// Name of the case.
    pub case: String,
    /// Its page.
    pub href: String,
    /// The version it runs under.
    pub version: u32,
    /// What is promised.
    pub promise: String,
    /// When it is due; `None` when it is not promised so far.
    pub was: Option<TimeView>,
    /// When it would be due; `None` when it would not be promised any more.
    pub would: Option<TimeView>,
}
