//! The Common Security Advisory Framework 2.0: prints advisories and checks documents.
//!
//! Source: OASIS, Common Security Advisory Framework Version 2.0, OASIS Standard (18 November 2022), with Errata 01.

mod language; // which language tags exist (test 6.1.12)
mod mandatory; // tests of section 6.1 that look at one thing at a time
mod print; // an advisory as a document
mod products; // tests of section 6.1 about product ids and groups
mod profiles; // tests of section 6.1 about the category and its profile
mod scores; // tests of section 6.1 about CVSS
mod shape; // the JSON schema, as a table
mod tracking; // tests of section 6.1 about versions and revisions
mod walk; // small ways through a JSON document

use serde_json::Value;

use crate::advisory::Record;
pub use language::exists as language_exists;
pub use shape::is_cpe;

/// One reason why a document is not a valid CSAF 2.0 document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The test that failed: `6.1.8` for a mandatory test, `schema` for the shape of the document.
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

/// Every test [`validate`] runs besides the schema, in the order of the standard: all 43 mandatory ones.
pub const MANDATORY_TESTS: [&str; 43] = [
    "6.1.1",
    "6.1.2",
    "6.1.3",
    "6.1.4",
    "6.1.5",
    "6.1.6",
    "6.1.7",
    "6.1.8",
    "6.1.9",
    "6.1.10",
    "6.1.11",
    "6.1.12",
    "6.1.13",
    "6.1.14",
    "6.1.15",
    "6.1.16",
    "6.1.17",
    "6.1.18",
    "6.1.19",
    "6.1.20",
    "6.1.21",
    "6.1.22",
    "6.1.23",
    "6.1.24",
    "6.1.25",
    "6.1.26",
    "6.1.27.1",
    "6.1.27.2",
    "6.1.27.3",
    "6.1.27.4",
    "6.1.27.5",
    "6.1.27.6",
    "6.1.27.7",
    "6.1.27.8",
    "6.1.27.9",
    "6.1.27.10",
    "6.1.27.11",
    "6.1.28",
    "6.1.29",
    "6.1.30",
    "6.1.31",
    "6.1.32",
    "6.1.33",
];

/// What a document was found guilty of, in the order of the tests.
#[derive(Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, test: &'static str, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Finding { test, path: path.into(), message: message.into() });
    }
}

/// Prints `record` as a CSAF 2.0 document of the profile `csaf_security_advisory`.
///
/// A record without [`problems`](Record::problems) gives a document without findings of [`validate`]. CSAF 2.0
/// cannot carry CVSS 4.0, so such a vector stands in a note. `engine_version` is the version of the program that
/// prints, for `/document/tracking/generator`.
pub fn print(record: &Record, engine_version: &str) -> Value {
    print::document(record, engine_version)
}

/// Prints `record` as the text of a CSAF 2.0 file: indented JSON, UTF-8, with a final line feed.
pub fn print_text(record: &Record, engine_version: &str) -> String {
    format!("{:#}\n", print(record, engine_version))
}

/// Checks `document` against the schema and all mandatory tests of CSAF 2.0. Empty means valid.
pub fn validate(document: &Value) -> Vec<Finding> {
    let mut findings = Findings::default();
    shape::check(document, &mut findings);
    products::check(document, &mut findings);
    scores::check(document, &mut findings);
    mandatory::check(document, &mut findings);
    tracking::check(document, &mut findings);
    profiles::check(document, &mut findings);
    findings.0.sort_by_key(|finding| {
        MANDATORY_TESTS.iter().position(|test| *test == finding.test).map_or(0, |place| place + 1)
    });
    findings.0
}

/// The file name a document with this tracking id must have: `minio-2026-1.json`.
///
/// Source: CSAF 2.0 section 5.1.
pub fn file_name(tracking_id: &str) -> String {
    let mut name = String::new();
    for c in tracking_id.to_lowercase().chars() {
        if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '+' || c == '-' {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    name + ".json"
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_file_is_named_after_its_tracking_id() {
        assert_eq!(file_name("MINIO-2026-1"), "minio-2026-1.json");
        assert_eq!(file_name("Example Company - 2019-YH3234"), "example_company_-_2019-yh3234.json");
        assert_eq!(file_name("RHBA-2019:0024"), "rhba-2019_0024.json");
        assert_eq!(file_name("a._é_b+C"), "a_b+c.json");
    }
}
