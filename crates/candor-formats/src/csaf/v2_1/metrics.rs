//! Mandatory tests about metrics: 6.1.7 to 6.1.10, 6.1.46 to 6.1.49, 6.1.51, 6.1.56.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value;

use super::super::scores;
use super::super::walk::{items, text, texts, vulnerabilities};
use super::newest_release;
use crate::cvss::{Version, all_metrics};
use crate::finding::Findings;
use crate::ssvc;

const CVSS: [&str; 3] = ["cvss_v2", "cvss_v3", "cvss_v4"];

pub fn check(document: &Value, findings: &mut Findings) {
    let newest = newest_release(document);
    let id = document.get("document").and_then(|head| text(head.get("tracking")?, "id"));
    let count = vulnerabilities(document).count();
    for (path, vulnerability) in vulnerabilities(document) {
        one_score_per_version_and_source(&path, vulnerability, findings);
        no_rating_beside_a_score(&path, vulnerability, findings);
        for (place, metric) in items(vulnerability, "metrics") {
            let Some(content) = metric.get("content") else { continue };
            let path = format!("{path}/metrics/{place}/content");
            for key in CVSS {
                if let Some(object) = content.get(key) {
                    scores::check_object(&format!("{path}/{key}"), key, object, findings);
                }
            }
            if let Some(list) = content.get("ssvc_v2") {
                let path = format!("{path}/ssvc_v2");
                is_dated_before("6.1.49", &path, list, newest, findings);
                targets_are_named(&path, list, vulnerability, id.filter(|_| count > 1), findings);
                for (place, selection) in items(list, "selections") {
                    selects_what_exists(&format!("{path}/selections/{place}"), selection, findings);
                }
            }
            if let Some(epss) = content.get("epss") {
                is_dated_before("6.1.51", &format!("{path}/epss"), epss, newest, findings);
            }
        }
    }
}

/// 6.1.7.
fn one_score_per_version_and_source(path: &str, vulnerability: &Value, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (place, metric) in items(vulnerability, "metrics") {
        for key in CVSS {
            let version = metric.get("content").and_then(|content| text(content.get(key)?, "version"));
            let Some(version) = version else { continue };
            for (item, product) in texts(metric, "products") {
                if !seen.insert((version, product, text(metric, "source"))) {
                    let path = format!("{path}/metrics/{place}/products/{item}");
                    let message = format!("The product {product} has more than one CVSS {version} score of one source");
                    findings.add("6.1.7", path, message);
                }
            }
        }
    }
}

/// 6.1.56.
fn no_rating_beside_a_score(path: &str, vulnerability: &Value, findings: &mut Findings) {
    let has = |metric: &Value, key: &str| metric.get("content").is_some_and(|content| content.get(key).is_some());
    let mut scored = HashSet::new();
    for (_, metric) in items(vulnerability, "metrics").filter(|(_, metric)| CVSS.iter().any(|key| has(metric, key))) {
        scored.extend(texts(metric, "products").map(|(_, product)| (product, text(metric, "source"))));
    }
    for (place, metric) in items(vulnerability, "metrics") {
        if !has(metric, "qualitative_severity_rating") {
            continue;
        }
        for (item, product) in texts(metric, "products") {
            if scored.contains(&(product, text(metric, "source"))) {
                let path = format!("{path}/metrics/{place}/products/{item}");
                let message = format!("The product {product} has a CVSS score of this source; remove the rating");
                findings.add("6.1.56", path, message);
            }
        }
    }
}

/// 6.1.49 and 6.1.51.
fn is_dated_before(test: &'static str, path: &str, object: &Value, newest: Option<Timestamp>, findings: &mut Findings) {
    let at = text(object, "timestamp").and_then(|at| at.parse::<Timestamp>().ok());
    if let (Some(at), Some(newest)) = (at, newest)
        && at > newest
    {
        findings.add(test, format!("{path}/timestamp"), "This is dated after the newest revision of the document");
    }
}

/// 6.1.47. `foreign` is the id of the document where it cannot stand for one vulnerability.
fn targets_are_named(path: &str, list: &Value, vulnerability: &Value, foreign: Option<&str>, findings: &mut Findings) {
    let mut names: Vec<&str> = items(vulnerability, "ids").filter_map(|(_, id)| text(id, "text")).collect();
    names.extend(text(vulnerability, "cve"));
    for (place, target) in texts(list, "target_ids") {
        let path = format!("{path}/target_ids/{place}");
        if Some(target) == foreign {
            findings.add("6.1.47", path, "The document has several vulnerabilities; its own id names none of them");
        } else if !names.contains(&target) {
            findings.add("6.1.47", path, format!("{target} is neither the CVE number nor an id of this vulnerability"));
        }
    }
}

/// 6.1.46 (keys are checked by the schema) and 6.1.48.
fn selects_what_exists(path: &str, selection: &Value, findings: &mut Findings) {
    let (Some(namespace), Some(key), Some(version)) =
        (text(selection, "namespace"), text(selection, "key"), text(selection, "version"))
    else {
        return;
    };
    let base = ssvc::base(namespace);
    if base == "invalid" {
        let message = format!("The namespace {base} is reserved and stands for no decision point");
        return findings.add("6.1.48", format!("{path}/namespace"), message);
    }
    if !ssvc::REGISTERED.contains(&base) {
        return;
    }
    let given: Vec<(&str, Option<&str>)> =
        items(selection, "values").filter_map(|(_, value)| Some((text(value, "key")?, text(value, "name")))).collect();
    let known: Vec<(&str, &str)> = match ssvc::point(base, key, version) {
        Some(point) => {
            let is_plain = base == namespace;
            if is_plain && text(selection, "name").is_some_and(|name| name != point.name) {
                findings.add("6.1.48", format!("{path}/name"), format!("The name of {key} is \"{}\"", point.name));
            }
            point.values.clone()
        }
        None if base == "cvss" => cvss_values(key),
        None => Vec::new(),
    };
    if known.is_empty() {
        let message = format!("There is no decision point {key} in version {version} of the namespace {base}");
        return findings.add("6.1.48", path, message);
    }
    // A translation may name the values as it likes and order them by its own words; only their keys can be judged.
    let english = !namespace.contains('$') || namespace.contains("$en");
    let mut last = None;
    for (key, name) in given {
        let Some(place) = known.iter().position(|(code, _)| *code == key) else {
            let message = format!("This decision point has no value {key}");
            findings.add("6.1.48", format!("{path}/values"), message);
            continue;
        };
        let label = known[place].1;
        if english && !label.is_empty() && name.is_some_and(|name| name != label) {
            findings.add("6.1.48", format!("{path}/values"), format!("The value {key} is called \"{label}\""));
        }
        if english && last.is_some_and(|last| last > place) {
            findings.add("6.1.48", format!("{path}/values"), format!("The value {key} does not stand in its order"));
        }
        last = Some(place);
    }
}

/// The values of a metric of CVSS as a decision point, the least severe first where that is known.
fn cvss_values(key: &str) -> Vec<(&'static str, &'static str)> {
    if key == "E" {
        return vec![("U", ""), ("P", ""), ("POC", ""), ("F", ""), ("H", ""), ("A", ""), ("X", ""), ("ND", "")];
    }
    let metrics = [Version::V4_0, Version::V3_1, Version::V2_0].into_iter().flat_map(all_metrics);
    let found = metrics.filter(|metric| metric.code == key);
    found.flat_map(|metric| metric.choices.iter().rev().map(|choice| (choice.code, ""))).collect()
}
