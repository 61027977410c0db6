//! `/desk/settings/letters`: the words of a program's letters.

use super::parts::{Field, Link, Problem, Row, Shell};
use askama::Template;

/// Every kind of letter of every program.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/letters.html")]
pub struct LettersPage {
    /// Around the page.
    pub shell: Shell,
    /// Programs.
    pub programs: Vec<LettersOf>,
}

/// The letters of one program.
#[derive(Debug, Clone, Default)]
pub struct LettersOf {
    /// Name of the program.
    pub name: String,
    /// Each kind with the way to its page, and whether its words are the program's own.
    pub rows: Vec<(Link, bool)>,
}

/// The words of one kind of letter.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/letter_text.html")]
pub struct LetterPage {
    /// Around the page.
    pub shell: Shell,
    /// What the letter says, and to whom.
    pub title: String,
    /// Name of the program.
    pub program: String,
    /// The language, as a tag such as `en`.
    pub language: String,
    /// Where the form is sent.
    pub action: String,
    /// The text.
    pub field: Field,
    /// What may stand in double braces.
    pub places: Vec<Row>,
    /// Subject and text, filled with an example.
    pub preview: Option<(String, String)>,
    /// Whether the program has words of its own for it.
    pub is_own: bool,
    /// What has to be mended.
    pub problems: Vec<Problem>,
}
