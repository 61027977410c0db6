//! The Common Security Advisory Framework, 2.0 and 2.1: prints advisories and checks documents.
//!
//! Source: OASIS, Common Security Advisory Framework Version 2.0, OASIS Standard (18 November 2022), with Errata 01.

mod advice; // what would make a valid document better (6.2 and 6.3)
mod advice_2_1; // the same, as CSAF 2.1 added it
mod clauses; // what a test rests on, and where validators disagree
mod language; // which language tags exist (test 6.1.12)
mod mandatory; // tests of section 6.1 that look at one thing at a time
mod print; // an advisory as a document
mod print_tree; // its product tree
mod products; // tests of section 6.1 about product ids and groups
mod read; // a document as an advisory
pub mod provider; // how documents are handed out
mod profiles; // tests of section 6.1 about the category and its profile
mod scores; // tests of section 6.1 about CVSS
mod shape; // the JSON schema, as a table
mod syntax; // the patterns of the schema, as functions
mod tracking; // tests of section 6.1 about versions and revisions
mod v2_1; // the checker of the next edition
pub(crate) mod walk; // small ways through a JSON document

use serde_json::Value;

use crate::advisory::Record;
pub use advice::{INFORMATIVE_TESTS, OPTIONAL_TESTS, advice, is_informative, unsorted};
pub use advice_2_1::{INFORMATIVE_TESTS_2_1, LEFT_OUT_2_1, RECOMMENDED_TESTS_2_1};
pub use clauses::clause;
pub use language::exists as language_exists;
pub use read::{looks_like, read, read_all};
pub use syntax::is_cpe;
pub use v2_1::{MANDATORY_TESTS as MANDATORY_TESTS_2_1, UNKNOWN_EXTENSIONS};

pub use crate::finding::Finding;
use crate::finding::Findings;
pub(crate) use print::cvss_object;
pub(crate) use print_tree::{fixed_versions, quoted, vers};

/// Every test [`validate`] runs on a CSAF 2.0 document besides the schema, in the order of the standard: all 43 mandatory ones.
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

/// What a printed document promises by its category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// `csaf_security_advisory`: the whole story.
    SecurityAdvisory,
    /// `csaf_vex`: which products are affected, for machines that match them.
    Vex,
}

/// Prints `record` as a CSAF 2.0 document of the profile `csaf_security_advisory`.
///
/// A record without [`problems`](Record::problems) gives a document without findings of [`validate`]. CSAF 2.0
/// cannot carry CVSS 4.0, so such a vector stands in a note. `engine_version` is the version of the program that
/// prints, for `/document/tracking/generator`.
pub fn print(record: &Record, engine_version: &str) -> Value {
    print_as(record, Edition::V2_0, Profile::SecurityAdvisory, engine_version)
}

/// Prints `record` as a document of any edition and profile.
///
/// A withdrawn record becomes a document of the profile `csaf_withdrawn` in CSAF 2.1, which holds its reason and little
/// else.
pub fn print_as(record: &Record, edition: Edition, profile: Profile, engine_version: &str) -> Value {
    print::document(record, edition, profile, engine_version)
}

/// The tracking id of the document: the number of the advisory, with `-VEX` behind it for that profile, because two
/// documents of one publisher cannot share an id.
pub fn tracking_id(record: &Record, profile: Profile) -> String {
    match profile {
        Profile::SecurityAdvisory => record.id.clone(),
        Profile::Vex => format!("{}-VEX", record.id),
    }
}

/// Prints `record` as the text of a CSAF 2.0 file: indented JSON, UTF-8, with a final line feed.
pub fn print_text(record: &Record, engine_version: &str) -> String {
    format!("{:#}\n", print(record, engine_version))
}

/// An edition of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// CSAF 2.0, the OASIS Standard of 2022.
    V2_0,
    /// CSAF 2.1, a draft.
    V2_1,
}

impl Edition {
    /// The edition a document says it follows; 2.0 where it says nothing that is known.
    pub fn of(document: &Value) -> Self {
        let said = document.get("document").and_then(|head| walk::text(head, "csaf_version"));
        if said == Some("2.1") { Self::V2_1 } else { Self::V2_0 }
    }

    /// The edition as a document writes it: `2.0`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2_0 => "2.0",
            Self::V2_1 => "2.1",
        }
    }

    /// Every test of [`validate`] besides the schema, in the order of the standard.
    pub fn mandatory_tests(self) -> &'static [&'static str] {
        match self {
            Self::V2_0 => &MANDATORY_TESTS,
            Self::V2_1 => &v2_1::MANDATORY_TESTS,
        }
    }
}

/// Checks `document` against the schema and all mandatory tests of the edition it follows. Empty means valid.
pub fn validate(document: &Value) -> Vec<Finding> {
    if Edition::of(document) == Edition::V2_1 {
        return v2_1::validate(document);
    }
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

/// Checks one CVSS object as the tests 6.1.8 to 6.1.10 do; `key` is `cvss_v2`, `cvss_v3` or `cvss_v4`.
pub(crate) fn cvss_object_findings(path: &str, key: &str, object: &Value) -> Vec<Finding> {
    let mut findings = Findings::default();
    scores::check_object(path, key, object, &mut findings);
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
