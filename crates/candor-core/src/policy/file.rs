//! Reading a policy file, and saying what is wrong where.

use super::Policy;

/// Something wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// Where in the file's structure, like `promises[1].within`.
    pub path: String,
    /// What is wrong and what was expected.
    pub message: String,
}

/// Reads and checks a policy file.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn read(text: &str) -> Result<Policy, Vec<Finding>> {
    toml::from_str(text)
        .map_err(|cause| vec![Finding { line: 1, column: 1, path: String::new(), message: cause.message().to_owned() }])
}
