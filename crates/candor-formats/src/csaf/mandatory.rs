//! Mandatory tests that look at one thing at a time: 6.1.11, 6.1.12, 6.1.15, 6.1.23, 6.1.24, 6.1.28, 6.1.29, 6.1.32, 6.1.33.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value;

use super::walk::{covered, items, text, vulnerabilities};
use super::{Findings, language};
use crate::cwe::Cwe;

pub fn check(document: &Value, findings: &mut Findings) {
    languages(document, findings);
    weaknesses(document, findings);
    cve_numbers(document, findings);
    for (path, vulnerability) in vulnerabilities(document) {
        involvements(&path, vulnerability, findings);
        remediations(&path, vulnerability, findings);
        flags(document, &path, vulnerability, findings);
    }
}

/// 6.1.12, 6.1.15 and 6.1.28.
pub fn languages(document: &Value, findings: &mut Findings) {
    let Some(head) = document.get("document") else {
        return;
    };
    for key in ["lang", "source_lang"] {
        if let Some(tag) = text(head, key)
            && !language::exists(tag)
        {
            findings.add("6.1.12", format!("/document/{key}"), format!("There is no language {tag}"));
        }
    }
    let source = text(head, "source_lang");
    if head.get("publisher").and_then(|publisher| text(publisher, "category")) == Some("translator") && source.is_none()
    {
        findings.add("6.1.15", "/document/source_lang", "A translator must say from which language");
    }
    if source.is_some() && source == text(head, "lang") {
        findings.add("6.1.28", "/document/lang", "A translation cannot be in the language it was made from");
    }
}

/// 6.1.11.
fn weaknesses(document: &Value, findings: &mut Findings) {
    for (path, vulnerability) in vulnerabilities(document) {
        let Some(cwe) = vulnerability.get("cwe") else {
            continue;
        };
        let (Some(id), Some(name)) = (text(cwe, "id"), text(cwe, "name")) else {
            continue;
        };
        match id.strip_prefix("CWE-").and_then(Cwe::parse) {
            None => {
                findings.add("6.1.11", format!("{path}/cwe/id"), format!("There is no {id} in the list of weaknesses"))
            }
            Some(known) if known.name != name => {
                findings.add("6.1.11", format!("{path}/cwe/name"), format!("The name of {id} is \"{}\"", known.name));
            }
            Some(_) => {}
        }
    }
}

/// 6.1.23.
pub fn cve_numbers(document: &Value, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (path, vulnerability) in vulnerabilities(document) {
        if let Some(cve) = text(vulnerability, "cve")
            && !seen.insert(cve)
        {
            findings.add("6.1.23", format!("{path}/cve"), format!("{cve} is used by more than one vulnerability"));
        }
    }
}

/// 6.1.24. Without a date there is none to collide with.
pub fn involvements(path: &str, vulnerability: &Value, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (place, involvement) in items(vulnerability, "involvements") {
        let (Some(party), Some(date)) = (text(involvement, "party"), text(involvement, "date")) else {
            continue;
        };
        let Ok(at) = date.parse::<Timestamp>() else {
            continue;
        };
        if !seen.insert((party, at)) {
            let path = format!("{path}/involvements/{place}");
            findings.add("6.1.24", path, format!("The {party} is listed twice for the same instant"));
        }
    }
}

/// 6.1.29.
pub fn remediations(path: &str, vulnerability: &Value, findings: &mut Findings) {
    for (place, remediation) in items(vulnerability, "remediations") {
        if names_no_product(remediation) {
            findings.add(
                "6.1.29",
                format!("{path}/remediations/{place}"),
                "The remediation names no product and no product group",
            );
        }
    }
}

/// 6.1.32 and 6.1.33. Every label of the schema is a justification.
pub fn flags(document: &Value, path: &str, vulnerability: &Value, findings: &mut Findings) {
    let mut flagged = HashSet::new();
    for (place, flag) in items(vulnerability, "flags") {
        if names_no_product(flag) {
            findings.add("6.1.32", format!("{path}/flags/{place}"), "The flag names no product and no product group");
        }
        let products: HashSet<&str> = covered(document, flag).into_iter().collect();
        let mut again: Vec<&str> = products.into_iter().filter(|id| !flagged.insert(*id)).collect();
        again.sort_unstable();
        if let Some(id) = again.first() {
            findings.add("6.1.33", format!("{path}/flags/{place}"), format!("The product {id} has more than one flag"));
        }
    }
}

fn names_no_product(subject: &Value) -> bool {
    subject.get("product_ids").is_none() && subject.get("group_ids").is_none()
}
