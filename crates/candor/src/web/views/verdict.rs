//! The verdict on one case, and one verdict on many.

use super::case::{CaseHead, Entry};
use super::parts::{Group, Link, Problem, Shell};
use askama::Template;

/// `/desk/cases/{id}/verdict`: which verdict, then its letter.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/verdict.html")]
pub struct VerdictPage {
    /// Around the page.
    pub shell: Shell,
    /// The case.
    pub head: CaseHead,
    /// The verdict chosen, in words; empty while none is.
    pub chosen: String,
    /// What the policy's clauses propose; nothing is decided by it.
    pub proposed: Vec<Offer>,
    /// Every verdict.
    pub offers: Vec<Offer>,
    /// Other letters of the library for the chosen verdict.
    pub letters: Vec<Link>,
    /// What a gate of the policy waits for, in words; empty when it is open.
    pub gate: String,
    /// Where the form is sent.
    pub action: String,
    /// The questions of the chosen verdict.
    pub groups: Vec<Group>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// What others did meanwhile.
    pub changed: Vec<Entry>,
    /// The button.
    pub submit: String,
}

/// A verdict to choose.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// In words.
    pub label: String,
    /// Why it is proposed; empty for none.
    pub hint: String,
    /// Where its letter is.
    pub href: String,
    /// The key that chooses it.
    pub key: String,
}

/// `/desk/verdicts`: one verdict on many cases; first which, then what it will say to each reporter.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/verdicts.html")]
pub struct VerdictsPage {
    /// Around the page.
    pub shell: Shell,
    /// The heading.
    pub title: String,
    /// A sentence under it.
    pub lead: String,
    /// The cases, each with what it would be told, or what became of it.
    pub cases: Vec<VerdictRow>,
    /// Where the form is sent; empty for none.
    pub action: String,
    /// How it is sent: `get` or `post`.
    pub method: String,
    /// The questions.
    pub groups: Vec<Group>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// The button; empty for none.
    pub submit: String,
}

/// One of many cases.
#[derive(Debug, Clone, Default)]
pub struct VerdictRow {
    /// Public name.
    pub id: String,
    /// Where its page is.
    pub href: String,
    /// Working title.
    pub title: String,
    /// What its reporter will be told; empty where nothing will be.
    pub letter: String,
    /// What became of it, or why it cannot be done; empty before.
    pub words: String,
    /// Whether it is sent with the form.
    pub chosen: bool,
}
