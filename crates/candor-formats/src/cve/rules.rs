//! What the rules of the CVE programme ask for beyond the schema, as far as a document shows it.
//!
//! Source: CVE Numbering Authority (CNA) Operational Rules 4.2.

use std::cmp::Ordering;

use serde_json::Value;

use crate::csaf::walk::{items, text};
use crate::cwe::{Cwe, Usage};
use crate::finding::Findings;
use crate::version::{Ecosystem, compare};

pub fn check(document: &Value, path: &str, container: &Value, findings: &mut Findings) {
    products(path, container, findings);
    problem_types(path, container, findings);
    references(document, path, container, findings);
}

/// 5.1.8, and ranges that hold nothing or everything by mistake.
fn products(path: &str, container: &Value, findings: &mut Findings) {
    let may_be_affected = |value: &Value, key: &str| matches!(text(value, key), Some("affected" | "unknown"));
    let affected = items(container, "affected").any(|(_, product)| {
        may_be_affected(product, "defaultStatus")
            || items(product, "versions").any(|(_, range)| {
                may_be_affected(range, "status")
                    || items(range, "changes").any(|(_, change)| may_be_affected(change, "status"))
            })
    });
    if !affected {
        findings.add("CNA 5.1.8", format!("{path}/affected"), "A record names at least one affected product");
    }
    for (place, product) in items(container, "affected") {
        if text(product, "packageURL")
            .is_some_and(|purl| crate::purl::Purl::parse(purl).map_or(true, |purl| purl.version().is_some()))
        {
            let message = "The packageURL must be a package URL without version; versions belong to versions";
            findings.add("format 5.2.0", format!("{path}/affected/{place}/packageURL"), message);
        }
        for (item, range) in items(product, "versions") {
            let path = format!("{path}/affected/{place}/versions/{item}");
            let version = text(range, "version").unwrap_or_default();
            if version == "*" {
                let message = "* is no version here; write 0 for \"from the beginning\"";
                findings.add("format 5.2.0", format!("{path}/version"), message);
            }
            let order = match text(range, "versionType") {
                Some("semver") => Ecosystem::Semver,
                Some("maven") => Ecosystem::Maven,
                Some("python") => Ecosystem::PyPi,
                _ => continue,
            };
            let end = text(range, "lessThan").or(text(range, "lessThanOrEqual")).filter(|end| !end.contains('*'));
            if end.is_some_and(|end| version != "0" && compare(order, version, end) == Some(Ordering::Greater)) {
                findings.add("format 5.2.0", path, "This range is empty: it ends before it begins");
            }
        }
    }
}

/// 5.1.7.
fn problem_types(path: &str, container: &Value, findings: &mut Findings) {
    if items(container, "problemTypes").next().is_none() {
        let message = "A record says what sort of problem it is, best by a weakness of the CWE list";
        return findings.add("CNA 5.1.7", format!("{path}/problemTypes"), message);
    }
    for (place, kind) in items(container, "problemTypes") {
        for (item, description) in items(kind, "descriptions") {
            let Some(id) = text(description, "cweId") else { continue };
            let path = format!("{path}/problemTypes/{place}/descriptions/{item}/cweId");
            match Cwe::parse(id) {
                None => findings.add("CNA 5.1.7", path, format!("{id} is not on the list of weaknesses")),
                Some(cwe) if cwe.usage == Usage::Prohibited => {
                    let message = format!("{id} must not be used for a vulnerability; choose a more precise one");
                    findings.add("CNA 5.1.7", path, message);
                }
                Some(_) => {}
            }
        }
    }
}

/// 5.1.10 and 5.3: something public must say more than the record itself.
fn references(document: &Value, path: &str, container: &Value, findings: &mut Findings) {
    let number = document.pointer("/cveMetadata/cveId").and_then(Value::as_str).unwrap_or("CVE-");
    let is_record = |url: &str| {
        let places = [
            "https://www.cve.org/CVERecord",
            "https://cve.org/CVERecord",
            "https://cveawg.mitre.org/",
            "https://nvd.nist.gov/vuln/detail/",
        ];
        places.iter().any(|place| url.starts_with(place)) && url.contains(number)
    };
    let urls: Vec<&str> = items(container, "references").filter_map(|(_, reference)| text(reference, "url")).collect();
    if !urls.is_empty() && urls.iter().all(|url| is_record(url)) {
        let message = "At least one reference leads to something other than the record itself";
        findings.add("CNA 5.1.10", format!("{path}/references"), message);
    }
}

/// 5.2.4: people are thanked in `credits`. A name can stand in a text for other reasons, so this is advice.
pub fn description(path: &str, container: &Value, findings: &mut Findings) {
    let names: Vec<&str> = items(container, "credits")
        .filter_map(|(_, credit)| text(credit, "value"))
        .filter(|name| name.chars().count() > 3)
        .collect();
    for (place, description) in items(container, "descriptions") {
        let Some(told) = text(description, "value") else { continue };
        if let Some(name) = names.iter().find(|name| told.contains(**name)) {
            let message = format!("The description names \"{name}\"; thanks belong to credits alone");
            findings.add("CNA 5.2.4", format!("{path}/descriptions/{place}/value"), message);
        }
    }
}
