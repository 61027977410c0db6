//! Every document of an advisory at once, each checked by its own standard and all compared with the record.

use serde_json::Value;

use super::{Difference, Format, Record, agreement, text_differences, to_markdown, to_text};
use crate::csaf::{self, Edition, Profile};
use crate::cve::{self, Assigner};
use crate::{cyclonedx, ghsa, openvex, osv};

/// One printed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What stands behind the number of the advisory in the name of its file: `csaf.json`.
    pub suffix: &'static str,
    /// What people call it: `CSAF 2.0`.
    pub name: &'static str,
    /// The file: UTF-8, ending with a line feed.
    pub text: String,
}

/// The documents of an advisory, or why they cannot go out.
///
/// Everything that is printed is also read back. What a checker finds in any document, and every fact that a document
/// says otherwise than the record, stops all of them: versions of an advisory that disagree are worse than none.
///
/// What is not for everybody is printed where its mark can stand: CSAF, Markdown, text and JSON. The other formats have no
/// place for it, and belong to public databases.
///
/// There is a CVE record where the advisory has a number. The organisation in it is a stand-in: which one assigned the
/// number is known to whoever sends it.
///
/// # Errors
///
/// What is wrong, each line with the document, the test and the place in it.
pub fn documents(record: &Record, engine_version: &str) -> Result<Vec<Document>, Vec<String>> {
    let printed = Printed::new(record, engine_version);
    let wrong = printed.wrong(record);
    if wrong.is_empty() { printed.documents(record) } else { Err(wrong) }
}

/// The documents of an advisory that [`documents`] gave before with the same version: printed, and not checked again.
///
/// # Errors
///
/// Where the record cannot be written as JSON, which every record can.
pub fn documents_again(record: &Record, engine_version: &str) -> Result<Vec<Document>, Vec<String>> {
    Printed::new(record, engine_version).documents(record)
}

/// Documents as values, before they are checked.
struct Printed {
    all: Vec<(&'static str, &'static str, Value)>,
    numbered: Option<Value>,
}

impl Printed {
    fn new(record: &Record, engine_version: &str) -> Self {
        let vex = csaf::print_as(record, Edition::V2_0, Profile::Vex, engine_version);
        let next = csaf::print_as(&in_2_1(record), Edition::V2_1, Profile::SecurityAdvisory, engine_version);
        let mut all = vec![
            ("csaf.json", "CSAF 2.0", csaf::print(record, engine_version)),
            ("vex.json", "CSAF 2.0 VEX", vex),
            ("csaf-2.1.json", "CSAF 2.1 (draft)", next),
        ];
        if !record.tlp.is_public() {
            return Self { all, numbered: None };
        }
        all.extend([
            ("osv.json", "OSV", osv::print(record)),
            ("openvex.json", "OpenVEX", openvex::print(record, engine_version)),
            ("cdx.json", "CycloneDX VEX", cyclonedx::print(record, engine_version)),
            ("ghsa.json", "GitHub advisory", ghsa::print(record)),
        ]);
        Self { all, numbered: cve::print(record, &Assigner::nobody(), engine_version) }
    }

    /// What any checker finds, and every fact that a document says otherwise than the record.
    fn wrong(&self, record: &Record) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut compared = Vec::new();
        for (_, name, document) in &self.all {
            // An advisory that GitHub gave no number cannot be read back from its shape; it is printed all the same.
            match Format::of(document) {
                Some(Format::Ghsa) if record.cve().is_none() && document["ghsa_id"].is_null() => continue,
                Some(format) => {
                    wrong.extend(format.validate(document).into_iter().map(|found| format!("{name} {found}")));
                }
                None => wrong.push(format!("{name}: the document does not say what it is")),
            }
            compared.push(((*name).to_owned(), document.clone()));
        }
        if let Some(document) = &self.numbered {
            wrong.extend(cve::validate(document).into_iter().map(|found| format!("CVE record {found}")));
            compared.push(("CVE record".to_owned(), document.clone()));
        }
        wrong.extend(agreement(record, &compared).iter().map(Difference::to_string));
        wrong.extend(text_differences(record, &to_text(record)).iter().map(Difference::to_string));
        wrong
    }

    fn documents(self, record: &Record) -> Result<Vec<Document>, Vec<String>> {
        let text = |document: Value| format!("{document:#}\n");
        let mut all: Vec<Document> = self
            .all
            .into_iter()
            .map(|(suffix, name, document)| Document { suffix, name, text: text(document) })
            .collect();
        all.extend(self.numbered.map(|document| Document {
            suffix: "cve.json",
            name: "CVE record",
            text: text(document),
        }));
        let own = serde_json::to_value(record).map_err(|why| vec![format!("JSON: {why}")])?;
        all.extend([
            Document { suffix: "md", name: "Markdown", text: to_markdown(record) },
            Document { suffix: "txt", name: "Text", text: to_text(record) },
            Document { suffix: "json", name: "JSON", text: text(own) },
        ]);
        Ok(all)
    }
}

/// The record with the address of its CSAF 2.1 document in place of the other one: they lie in folders of their own.
fn in_2_1(record: &Record) -> Record {
    let mut record = record.clone();
    record.links.csaf = record.links.csaf.map(|link| link.replacen("/csaf/", "/csaf-2.1/", 1));
    record
}
