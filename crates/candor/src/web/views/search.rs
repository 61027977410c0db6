//! Search at the desk, and what a report holds.

use super::desk::QueueRow;
use super::parts::{Link, Paging, Row, Shell};
use askama::Template;
use askama::filters::HtmlSafe;

/// `/desk/search`: cases by their words.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/search.html")]
pub struct Search {
    /// Around the page.
    pub shell: Shell,
    /// What was typed.
    pub q: String,
    /// What has to be known of the answer: words taken instead, fields that are none, cases still being read.
    pub notes: Vec<String>,
    /// The cases.
    pub rows: Vec<QueueRow>,
    /// Older and newer rows.
    pub paging: Paging,
    /// What to do when nothing was found.
    pub empty: String,
    /// Questions that the member keeps.
    pub saved: Vec<SavedRow>,
    /// What can be typed.
    pub help: Vec<Row>,
}

/// A question that a member keeps.
#[derive(Debug, Clone, Default)]
pub struct SavedRow {
    /// Its name.
    pub name: String,
    /// What it asks.
    pub q: String,
    /// Where it leads.
    pub href: String,
}

/// What a report holds, and which cases are like it.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "parts/evidence.html")]
pub struct EvidenceView {
    /// Where all reports with the same text are listed; empty where there are none.
    pub fold: String,
    /// The lane in words; empty for the normal one.
    pub lane: String,
    /// How much it holds, of 100.
    pub score: u8,
    /// What it holds.
    pub holds: Vec<String>,
    /// What it lacks.
    pub missing: Vec<String>,
    /// What speaks for a tool or a template.
    pub against: Vec<String>,
    /// What the program knows of the sender; empty for nothing.
    pub sender: String,
    /// What was decided about the dependency, where the report is only about one.
    pub decided: Vec<DecidedRow>,
    /// Cases that are likely about the same.
    pub likely: Vec<LikelyRow>,
    /// Whether cases are still being read.
    pub warming: bool,
}

impl HtmlSafe for EvidenceView {}

/// A case that is likely about the same.
#[derive(Debug, Clone, Default)]
pub struct LikelyRow {
    /// Its name.
    pub id: String,
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: String,
    /// Why, the strongest first.
    pub reasons: Vec<String>,
    /// What can be done about it.
    pub acts: Vec<Link>,
}

/// A recorded decision about a dependency.
#[derive(Debug, Clone, Default)]
pub struct DecidedRow {
    /// The case it was made in.
    pub id: String,
    /// Its page.
    pub href: String,
    /// The package and the decision.
    pub words: String,
    /// The way to answer with it; empty where that is not possible now.
    pub answer: String,
}
