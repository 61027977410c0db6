//! The Common Security Advisory Framework 2.0: prints advisories and checks documents.
//!
//! Source: OASIS, Common Security Advisory Framework Version 2.0, OASIS Standard, with Errata 01.

use serde_json::Value;

use crate::advisory::Record;

/// One reason why a document is not a valid CSAF 2.0 document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The test that failed: `6.1.8` for a mandatory test, `schema` for the shape of the document.
    pub test: &'static str,
    /// Where, as a JSON pointer: `/vulnerabilities/0/scores/1`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// Prints `record` as a CSAF 2.0 document of the profile `csaf_security_advisory`.
///
/// `engine_version` is the version of the program that prints, for `/document/tracking/generator`.
pub fn print(record: &Record, engine_version: &str) -> Value {
    let _ = (record, engine_version);
    Value::Null
}

/// Checks `document` against the schema and all mandatory tests of CSAF 2.0. Empty means valid.
pub fn validate(document: &Value) -> Vec<Finding> {
    let _ = document;
    Vec::new()
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

/// Whether the language of a tag exists.
pub fn language_exists(tag: &str) -> bool {
    !tag.is_empty()
}

/// Whether `text` is a CPE name, 2.2 or 2.3.
pub fn is_cpe(text: &str) -> bool {
    text.starts_with("cpe:")
}
