//! What a checker has to say about a document.

/// One reason why a document is not valid.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The test that failed: a number of the standard such as `6.1.8`, or `schema` for the shape of the document.
    pub test: &'static str,
    /// Where, as a JSON pointer: `/vulnerabilities/0/scores/1`.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}: {}", self.test, if self.path.is_empty() { "/" } else { &self.path }, self.message)
    }
}

/// What a document was found guilty of, in the order of the tests.
#[derive(Default)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    pub(crate) fn add(&mut self, test: &'static str, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Finding { test, path: path.into(), message: message.into() });
    }
}
