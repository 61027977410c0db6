//! CSAF 2.1: checks documents.
//!
//! Source: OASIS, Common Security Advisory Framework Version 2.1, draft towards Committee Specification Draft 03
//! (29 July 2026). Not a standard yet; the tests may change.

mod document; // tests about language, sharing, licence and extensions
mod metrics; // tests about CVSS, SSVC, EPSS and severity ratings
mod profiles; // tests about the category and the profile it promises
mod shape; // the JSON schema, as a table
mod tree; // tests about the product tree
mod vulnerabilities; // tests about remediations, weaknesses, dates and flags

use jiff::Timestamp;
use serde_json::Value;

use super::walk::{items, text};
use super::{mandatory, products, tracking};
use crate::finding::{Finding, Findings};

/// Every test that is run besides the schema, in the order of the standard: all 81 mandatory ones.
///
/// What the extensions of a document must look like beyond the standard (6.1.60.2 and 6.1.60.3) stands in schemas that
/// others publish. They are not fetched; see [`UNKNOWN_EXTENSIONS`].
pub const MANDATORY_TESTS: [&str; 81] = [
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
    "6.1.27.12",
    "6.1.27.13",
    "6.1.27.14",
    "6.1.27.15",
    "6.1.27.16",
    "6.1.27.17",
    "6.1.27.18",
    "6.1.27.19",
    "6.1.28",
    "6.1.29",
    "6.1.30",
    "6.1.31",
    "6.1.32",
    "6.1.33",
    "6.1.34",
    "6.1.35",
    "6.1.36",
    "6.1.37",
    "6.1.38",
    "6.1.39",
    "6.1.40",
    "6.1.41",
    "6.1.42",
    "6.1.43",
    "6.1.44",
    "6.1.45",
    "6.1.46",
    "6.1.47",
    "6.1.48",
    "6.1.49",
    "6.1.50",
    "6.1.51",
    "6.1.52",
    "6.1.53",
    "6.1.54",
    "6.1.55",
    "6.1.56",
    "6.1.57",
    "6.1.58",
    "6.1.59",
    "6.1.60.1",
    "6.1.60.2",
    "6.1.60.3",
    "6.1.61",
];

/// The tests whose verdict needs the schema of an extension. Such schemas are published by others and are not built in:
/// documents pass these two, as the standard allows for extensions that a checker does not know.
pub const UNKNOWN_EXTENSIONS: [&str; 2] = ["6.1.60.2", "6.1.60.3"];

/// Checks `document` against the schema and the mandatory tests of CSAF 2.1. Empty means valid.
pub fn validate(document: &Value) -> Vec<Finding> {
    let mut findings = Findings::default();
    shape::check(document, &mut findings);
    tree::check(document, &mut findings);
    metrics::check(document, &mut findings);
    document::check(document, &mut findings);
    vulnerabilities::check(document, &mut findings);
    tracking::check(document, &mut findings);
    profiles::check(document, &mut findings);
    let order = |finding: &Finding| MANDATORY_TESTS.iter().position(|test| *test == finding.test);
    findings.0.sort_by_key(|finding| order(finding).map_or(0, |place| place + 1));
    findings.0
}

/// When the newest revision is dated, if the document is out: `final` or `interim`.
pub(super) fn newest_release(document: &Value) -> Option<Timestamp> {
    let tracking = document.get("document")?.get("tracking")?;
    matches!(text(tracking, "status")?, "final" | "interim").then_some(())?;
    newest_revision(tracking)
}

fn newest_revision(tracking: &Value) -> Option<Timestamp> {
    items(tracking, "revision_history").filter_map(|(_, revision)| text(revision, "date")?.parse().ok()).max()
}

/// Whether the texts of the document are English, or of no language it names.
pub(super) fn is_english(document: &Value) -> bool {
    let language = document.get("document").and_then(|head| text(head, "lang"));
    language.is_none_or(|tag| tag.split('-').next().is_some_and(|first| first.eq_ignore_ascii_case("en")))
}
