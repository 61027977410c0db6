//! The page of an outside party: the invitation, and what is shared with them.

use super::parts::{Field, Group, Problem, Row, Shell};
use super::report::Message;
use askama::Template;

/// A page with one form: the invitation, or where a key is entered.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "report/party_form.html")]
pub struct PartyForm {
    /// Around the page.
    pub shell: Shell,
    /// The heading.
    pub title: String,
    /// A sentence under it.
    pub lead: String,
    /// A text to be accepted; empty for none.
    pub terms: String,
    /// That copies are marked; empty when they are not.
    pub marked: &'static str,
    /// A key that is shown once; empty for none.
    pub key: String,
    /// Where the form is sent.
    pub action: String,
    /// The questions.
    pub groups: Vec<Group>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// The button.
    pub submit: String,
}

/// `/party`: an outside party's own page.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "report/party.html")]
pub struct PartyPage {
    /// Around the page.
    pub shell: Shell,
    /// Number of the case.
    pub case: String,
    /// Who they are.
    pub name: String,
    /// Until when, what they accepted, what they stated.
    pub facts: Vec<Row>,
    /// What passed between them and the team, oldest first, each with the line that marks whose copy it is; empty for none.
    pub thread: Vec<(Message, String)>,
    /// That copies are marked; empty when they are not.
    pub marked: &'static str,
    /// Their words to the team.
    pub write: Vec<Field>,
    /// How their product stands.
    pub state: Vec<Field>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
}
