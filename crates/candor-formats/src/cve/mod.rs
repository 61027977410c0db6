//! CVE records: prints the container of a numbering authority, checks records and reads them back.
//!
//! Source: CVE Record Format 5.2.0; CVE Numbering Authority Operational Rules 4.2.

mod print; // an advisory as a container
mod read; // a record as an advisory
mod rules; // what the rules ask for beyond the schema
mod shape; // the JSON schema, as a table

use serde_json::{Value, json};

use crate::advisory::Record;
use crate::finding::{Finding, Findings};
pub(crate) use print::{cut, distinct};
pub use read::{looks_like, read};

/// The version of the format that is printed.
pub const DATA_VERSION: &str = "5.2.0";

/// Who assigns the number, as the CVE programme knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigner {
    /// The UUID of the organisation.
    pub org_id: String,
    /// Its short name.
    pub short_name: Option<String>,
}

impl Assigner {
    /// Nobody in particular: fits the format, for checks before an organisation is known.
    pub fn nobody() -> Self {
        Self { org_id: "00000000-0000-4000-8000-000000000000".to_owned(), short_name: None }
    }
}

/// Prints the container that the CVE Services take: the body is `{"cnaContainer": …}`.
///
/// A record without [`problems`](Record::problems) gives a container without findings of [`validate`]. Longer texts than
/// the format takes are cut at the last word that fits. `engine_version` is the version of the program that prints.
pub fn print_container(record: &Record, assigner: &Assigner, engine_version: &str) -> Value {
    print::container(record, assigner, engine_version)
}

/// Prints the whole record as it is published, or `None` where the advisory has no CVE number.
pub fn print(record: &Record, assigner: &Assigner, engine_version: &str) -> Option<Value> {
    let mut metadata = json!({
        "cveId": record.cve()?,
        "assignerOrgId": assigner.org_id,
        "state": "PUBLISHED",
        "datePublished": record.published,
        "dateUpdated": record.modified,
    });
    if let Some(name) = &assigner.short_name {
        metadata["assignerShortName"] = json!(name);
    }
    Some(json!({
        "dataType": "CVE_RECORD",
        "dataVersion": DATA_VERSION,
        "cveMetadata": metadata,
        "containers": { "cna": print_container(record, assigner, engine_version) },
    }))
}

/// Prints the container that takes a number back: the reason in English, at most 4,096 characters.
pub fn print_rejection(assigner: &Assigner, reason: &str) -> Value {
    json!({
        "providerMetadata": print::provider(assigner, None),
        "rejectedReasons": [{ "lang": "en", "value": print::cut(reason, 4096) }],
    })
}

/// Checks a whole record, a container, or the body `{"cnaContainer": …}`: the schema, the scores, and the rules of the
/// programme that a document can show. Empty means fit to be sent.
///
/// Findings of the rules are named by their section, such as `CNA 5.1.8`.
pub fn validate(document: &Value) -> Vec<Finding> {
    let mut findings = Findings::default();
    match container(document) {
        Some((path, container)) => {
            shape::check(document, &path, container, &mut findings);
            if container.get("rejectedReasons").is_none() {
                rules::check(document, &path, container, &mut findings);
            }
        }
        None => shape::check_record(document, &mut findings),
    }
    findings.0
}

/// What the rules of the programme advise, as far as a document shows it. Nothing of it keeps a record from being sent.
pub fn advise(document: &Value) -> Vec<Finding> {
    let mut findings = Findings::default();
    if let Some((path, container)) = container(document) {
        rules::description(&path, container, &mut findings);
    }
    findings.0
}

/// The container of the authority and where it stands.
fn container(document: &Value) -> Option<(String, &Value)> {
    let places =
        [("/containers/cna", document.pointer("/containers/cna")), ("/cnaContainer", document.get("cnaContainer"))];
    for (path, found) in places {
        if let Some(found) = found {
            return Some((path.to_owned(), found));
        }
    }
    document.get("providerMetadata").map(|_| (String::new(), document))
}
