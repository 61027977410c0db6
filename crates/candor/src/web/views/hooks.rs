//! `/desk/settings/hooks`: who is called when something is published.

use super::parts::{Field, Problem, Shell, TimeView};
use askama::Template;

/// The page.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/hooks.html")]
pub struct HooksPage {
    /// Around the page.
    pub shell: Shell,
    /// Every hook.
    pub rows: Vec<HookRowView>,
    /// Secret and fingerprint of a hook that was asked for just now.
    pub fresh: Option<(String, String)>,
    /// What a new one needs.
    pub fields: Vec<Field>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
}

/// A hook.
#[derive(Debug, Clone, Default)]
pub struct HookRowView {
    /// Its id.
    pub id: String,
    /// Slug of the program.
    pub program: String,
    /// Host that is called.
    pub host: String,
    /// Hash of the address, in short.
    pub fingerprint: String,
    /// Where it stands, in words.
    pub state: String,
    /// Who asked for it, and who confirmed it.
    pub people: String,
    /// When it last changed.
    pub at: TimeView,
    /// Whether the reader may confirm it.
    pub can_confirm: bool,
    /// Whether it can be ended.
    pub can_end: bool,
}
