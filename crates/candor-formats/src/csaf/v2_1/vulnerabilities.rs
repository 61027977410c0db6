//! Mandatory tests about single vulnerabilities: 6.1.11, 6.1.23, 6.1.24, 6.1.29, 6.1.32, 6.1.33, 6.1.35, 6.1.36,
//! 6.1.45, 6.1.52, 6.1.53.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::super::walk::{covered, items, text, texts, vulnerabilities};
use super::{mandatory, newest_release};
use crate::cwe;
use crate::finding::Findings;

pub fn check(document: &Value, findings: &mut Findings) {
    mandatory::cve_numbers(document, findings);
    for (path, vulnerability) in vulnerabilities(document) {
        mandatory::involvements(&path, vulnerability, findings);
        mandatory::remediations(&path, vulnerability, findings);
        mandatory::flags(document, &path, vulnerability, findings);
        weaknesses(&path, vulnerability, findings);
        remediations_agree(document, &path, vulnerability, findings);
        remediations_fit_the_status(document, &path, vulnerability, findings);
        dates(document, &path, vulnerability, findings);
    }
}

/// 6.1.11.
fn weaknesses(path: &str, vulnerability: &Value, findings: &mut Findings) {
    for (place, given) in items(vulnerability, "cwes") {
        let (Some(id), Some(name), Some(version)) = (text(given, "id"), text(given, "name"), text(given, "version"))
        else {
            continue;
        };
        let path = format!("{path}/cwes/{place}");
        if !cwe::is_list_version(version) {
            let message = format!("There is no edition {version} of the list of weaknesses");
            findings.add("6.1.11", format!("{path}/version"), message);
            continue;
        }
        let number = id.strip_prefix("CWE-").and_then(|number| number.parse().ok());
        match number.and_then(|number| cwe::in_edition(number, version)) {
            None => {
                let message = format!("{id} is no weakness of the list in version {version}");
                findings.add("6.1.11", format!("{path}/id"), message);
            }
            Some(known) if known.name != name => {
                let message = format!("The name of {id} in version {version} is \"{}\"", known.name);
                findings.add("6.1.11", format!("{path}/name"), message);
            }
            Some(_) => {}
        }
    }
}

/// Whether two kinds of remediation for one product contradict each other.
///
/// Source: CSAF 2.1 section 3.2.4.17.1, table 1.
fn contradict(one: &str, other: &str) -> bool {
    let exclusive = ["none_available", "optional_patch"];
    let plan = ["fix_planned", "no_fix_planned", "vendor_fix"];
    one != other
        && (exclusive.contains(&one) || exclusive.contains(&other) || (plan.contains(&one) && plan.contains(&other)))
}

/// 6.1.35.
fn remediations_agree(document: &Value, path: &str, vulnerability: &Value, findings: &mut Findings) {
    let mut said: HashMap<&str, Vec<&str>> = HashMap::new();
    for (place, remediation) in items(vulnerability, "remediations") {
        let Some(category) = text(remediation, "category") else { continue };
        let mut clash = None;
        for product in covered(document, remediation) {
            let before = said.entry(product).or_default();
            clash = clash.or_else(|| Some((product, *before.iter().find(|kind| contradict(kind, category))?)));
            before.push(category);
        }
        if let Some((product, kind)) = clash {
            let message = format!("For the product {product} there is a {kind}, too; the two contradict each other");
            findings.add("6.1.35", format!("{path}/remediations/{place}"), message);
        }
    }
}

/// 6.1.36. Source: CSAF 2.1 section 3.2.4.17.1, table 2.
fn remediations_fit_the_status(document: &Value, path: &str, vulnerability: &Value, findings: &mut Findings) {
    let Some(status) = vulnerability.get("product_status") else { return };
    let listed =
        |lists: &[&str]| -> Vec<&str> { lists.iter().flat_map(|list| texts(status, list).map(|(_, id)| id)).collect() };
    let affected = listed(&["first_affected", "known_affected", "last_affected"]);
    let unaffected = listed(&["known_not_affected"]);
    let fixed = listed(&["first_fixed", "fixed"]);
    for (place, remediation) in items(vulnerability, "remediations") {
        let category = text(remediation, "category").unwrap_or_default();
        let refused: [(&str, &[&str]); 3] = match category {
            "workaround" | "mitigation" | "vendor_fix" | "none_available" => {
                [("not affected", &unaffected), ("fixed", &fixed), ("affected", &[])]
            }
            "fix_planned" | "no_fix_planned" => [("not affected", &[]), ("fixed", &fixed), ("affected", &[])],
            "optional_patch" => [("not affected", &[]), ("fixed", &[]), ("affected", &affected)],
            _ => continue,
        };
        let products = covered(document, remediation);
        for (state, ids) in refused {
            if let Some(product) = products.iter().find(|product| ids.contains(product)) {
                let message = format!("The product {product} is {state}; a {category} does not go with that");
                findings.add("6.1.36", format!("{path}/remediations/{place}"), message);
            }
        }
    }
}

/// 6.1.45, 6.1.52 and 6.1.53.
fn dates(document: &Value, path: &str, vulnerability: &Value, findings: &mut Findings) {
    let at = |holder: &Value, key: &str| text(holder, key).and_then(|at| at.parse::<Timestamp>().ok());
    let newest = newest_release(document);
    let label = document.pointer("/document/distribution/tlp/label").and_then(Value::as_str);
    if label == Some("CLEAR")
        && let (Some(disclosed), Some(newest)) = (at(vulnerability, "disclosure_date"), newest)
        && disclosed > newest
    {
        let message = "The document is public and older than this date; correct the date or add a revision";
        findings.add("6.1.45", format!("{path}/disclosure_date"), message);
    }
    for (place, exploited) in items(vulnerability, "first_known_exploitation_dates") {
        let path = format!("{path}/first_known_exploitation_dates/{place}");
        let (date, since) = (at(exploited, "date"), at(exploited, "exploitation_date"));
        if let Some(newest) = newest {
            for (key, date) in [("date", date), ("exploitation_date", since)] {
                if date.is_some_and(|date| date > newest) {
                    let message = "This is dated after the newest revision of the document";
                    findings.add("6.1.52", format!("{path}/{key}"), message);
                }
            }
        }
        if let (Some(date), Some(since)) = (date, since)
            && since > date
        {
            let message = "Nobody can have known of it before it happened; this must not be after date";
            findings.add("6.1.53", format!("{path}/exploitation_date"), message);
        }
    }
}
