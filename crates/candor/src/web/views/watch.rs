//! What Candor sees of itself: how each channel stands, who was told of each broken promise.

use super::parts::{Shell, TimeView};
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
