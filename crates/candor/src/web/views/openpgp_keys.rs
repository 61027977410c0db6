//! `/desk/settings/openpgp`: the OpenPGP keys of programs.

use super::parts::{Field, Problem, Shell, TimeView};
use askama::Template;

/// The page.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/openpgp_keys.html")]
pub struct KeysPage {
    /// Around the page.
    pub shell: Shell,
    /// Every key, the newest of a program first.
    pub rows: Vec<KeyRowView>,
    /// What was done with the keys, the newest first.
    pub acts: Vec<KeyActView>,
    /// What making one needs.
    pub make: Vec<Field>,
    /// What taking one over needs.
    pub import: Vec<Field>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
}

/// A key.
#[derive(Debug, Clone, Default)]
pub struct KeyRowView {
    /// Slug of the program.
    pub program: String,
    /// In groups of four.
    pub fingerprint: String,
    /// Where it stands, in words.
    pub state: String,
    /// Who made or imported it.
    pub by: String,
    /// Since when it is here.
    pub since: TimeView,
    /// The day it ends, or `never`.
    pub ends: String,
    /// Whether it is in use.
    pub in_use: bool,
    /// Whether it waits to take the place of the one in use.
    pub waits: bool,
}

/// What was done with a key.
#[derive(Debug, Clone, Default)]
pub struct KeyActView {
    /// When.
    pub at: TimeView,
    /// Slug of the program.
    pub program: String,
    /// What, in words.
    pub what: &'static str,
    /// Who did it.
    pub by: String,
    /// Of which key, in groups of four.
    pub fingerprint: String,
    /// The end that it was given, or empty.
    pub ends: String,
}

/// `/desk/settings/key`: a member's own key.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/own_key.html")]
pub struct OwnKeyPage {
    /// Around the page.
    pub shell: Shell,
    /// The key that is there.
    pub own: Option<OwnKeyView>,
    /// The member's address.
    pub address: String,
    /// Where a key is pasted.
    pub field: Field,
    /// What has to be mended.
    pub problems: Vec<Problem>,
}

/// The key of a member.
#[derive(Debug, Clone, Default)]
pub struct OwnKeyView {
    /// In groups of four.
    pub fingerprint: String,
    /// Since when it is here.
    pub since: TimeView,
    /// The day it ends, or `never`.
    pub ends: String,
    /// Names on it.
    pub names: Vec<String>,
    /// Why mail signed with it does not count now.
    pub problem: Option<String>,
}
