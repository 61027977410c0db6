//! Mandatory tests about CVSS: 6.1.7 to 6.1.10. CSAF 2.0 knows CVSS 2.0, 3.0 and 3.1.

use std::collections::HashSet;

use serde_json::Value;

use super::Findings;
use super::walk::{items, text, texts, vulnerabilities};
use crate::cvss::{CvssVector, Group, Metric, Severity, Version, all_metrics};

/// The fields of a score object that hold a score, and the rating beside each.
const SCORES: [(&str, &str); 3] = [
    ("baseScore", "baseSeverity"),
    ("temporalScore", "temporalSeverity"),
    ("environmentalScore", "environmentalSeverity"),
];

pub fn check(document: &Value, findings: &mut Findings) {
    for (path, vulnerability) in vulnerabilities(document) {
        one_score_per_version(&path, vulnerability, findings);
        for (place, score) in items(vulnerability, "scores") {
            for key in ["cvss_v2", "cvss_v3"] {
                if let Some(object) = score.get(key) {
                    check_object(&format!("{path}/scores/{place}/{key}"), key, object, findings);
                }
            }
        }
    }
}

/// 6.1.7.
fn one_score_per_version(path: &str, vulnerability: &Value, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (place, score) in items(vulnerability, "scores") {
        for key in ["cvss_v2", "cvss_v3"] {
            let Some(version) = score.get(key).and_then(|object| text(object, "version")) else {
                continue;
            };
            for (item, product) in texts(score, "products") {
                if !seen.insert((version, product)) {
                    let path = format!("{path}/scores/{place}/products/{item}");
                    findings.add(
                        "6.1.7",
                        path,
                        format!("The product {product} has more than one CVSS {version} score"),
                    );
                }
            }
        }
    }
}

fn check_object(path: &str, key: &str, object: &Value, findings: &mut Findings) {
    let version = match (key, text(object, "version")) {
        ("cvss_v2", Some("2.0")) => Version::V2_0,
        ("cvss_v3", Some("3.0")) => Version::V3_0,
        ("cvss_v3", Some("3.1")) => Version::V3_1,
        _ => {
            let known = if key == "cvss_v2" { "2.0" } else { "3.0 or 3.1" };
            findings.add("6.1.8", format!("{path}/version"), format!("The version must be {known}"));
            return;
        }
    };
    shape(path, version, object, findings);
    let Some(vector) = text(object, "vectorString") else {
        return;
    };
    // The schema takes repeated and missing metrics, but nothing can be computed from them.
    match CvssVector::parse(vector) {
        Ok(vector) if vector.version() == version => {
            computed(path, &vector, object, findings);
            consistent(path, &vector, object, findings);
        }
        Ok(_) => findings.add("6.1.8", format!("{path}/vectorString"), format!("This is no CVSS {version} vector")),
        Err(why) if fits_schema(version, vector) => {
            findings.add("6.1.9", format!("{path}/vectorString"), why.to_string())
        }
        Err(why) => findings.add("6.1.8", format!("{path}/vectorString"), why.to_string()),
    }
}

/// 6.1.8: the schemas of FIRST.
fn shape(path: &str, version: Version, object: &Value, findings: &mut Findings) {
    let required: &[&str] = if version == Version::V2_0 {
        &["vectorString", "baseScore"]
    } else {
        &["vectorString", "baseScore", "baseSeverity"]
    };
    for key in required {
        if object.get(key).is_none() {
            findings.add("6.1.8", format!("{path}/{key}"), format!("{key} is missing"));
        }
    }
    if object.get("vectorString").is_some_and(|vector| !vector.is_string()) {
        findings.add("6.1.8", format!("{path}/vectorString"), "The vector must be text");
    }
    for (score, severity) in SCORES {
        if object.get(score).is_some_and(|value| !value.as_f64().is_some_and(|score| (0.0..=10.0).contains(&score))) {
            findings.add("6.1.8", format!("{path}/{score}"), "A score is a number from 0 to 10");
        }
        let known = |value: &Value| {
            Severity::ALL.iter().any(|severity| value.as_str() == Some(&severity.label().to_uppercase()))
        };
        if version != Version::V2_0 && object.get(severity).is_some_and(|value| !known(value)) {
            findings.add("6.1.8", format!("{path}/{severity}"), "A severity is NONE, LOW, MEDIUM, HIGH or CRITICAL");
        }
    }
    for metric in all_metrics(version) {
        let key = field(metric);
        if let Some(value) = object.get(&key)
            && !metric.choices.iter().any(|choice| value.as_str() == Some(&constant(choice.label)))
        {
            let choices: Vec<String> = metric.choices.iter().map(|choice| constant(choice.label)).collect();
            findings.add("6.1.8", format!("{path}/{key}"), format!("{key} must be one of {}", choices.join(", ")));
        }
    }
}

/// 6.1.9.
fn computed(path: &str, vector: &CvssVector, object: &Value, findings: &mut Findings) {
    let expected = [vector.base_score(), vector.full_temporal_score(), vector.full_environmental_score()];
    for ((score_key, severity_key), expected) in SCORES.into_iter().zip(expected) {
        if let Some(given) = object.get(score_key).and_then(Value::as_f64)
            && (given - expected).abs() > 1e-9
        {
            findings.add(
                "6.1.9",
                format!("{path}/{score_key}"),
                format!("The vector gives {expected:.1}, not {given}"),
            );
        }
        let severity = Severity::of(vector.version(), expected).label().to_uppercase();
        if vector.version() != Version::V2_0
            && let Some(given) = text(object, severity_key)
            && given != severity
        {
            findings.add(
                "6.1.9",
                format!("{path}/{severity_key}"),
                format!("The vector gives {severity}, not {given}"),
            );
        }
    }
}

/// 6.1.10. A metric the vector leaves out contradicts nothing: official documents add modified metrics that way.
fn consistent(path: &str, vector: &CvssVector, object: &Value, findings: &mut Findings) {
    for metric in all_metrics(vector.version()) {
        let key = field(metric);
        let (Some(given), Some(code)) = (text(object, &key), vector.value(metric.code)) else {
            continue;
        };
        let Some(choice) = metric.choices.iter().find(|choice| choice.code == code) else {
            continue;
        };
        let expected = constant(choice.label);
        if given != expected {
            findings.add("6.1.10", format!("{path}/{key}"), format!("The vector says {expected}, not {given}"));
        }
    }
}

/// Whether the pattern of the schema takes `vector`: known metrics with known values, in any order and number.
fn fits_schema(version: Version, vector: &str) -> bool {
    let Some(body) = vector.strip_prefix(version.prefix()) else {
        return false;
    };
    body.split('/').all(|part| {
        part.split_once(':').is_some_and(|(code, value)| {
            let metric = all_metrics(version).iter().find(|metric| metric.code == code);
            metric.is_some_and(|metric| metric.choices.iter().any(|choice| choice.code == value))
        })
    })
}

/// The name of a metric in the JSON of FIRST: `attackVector`.
fn field(metric: &Metric) -> String {
    debug_assert!(metric.group != Group::Supplemental, "CSAF 2.0 knows no CVSS 4.0");
    let mut words = metric.name.split(' ');
    let mut name = words.next().unwrap_or_default().to_lowercase();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(letters.as_str());
    }
    name
}

/// The name of a value in the JSON of FIRST: `ADJACENT_NETWORK`.
fn constant(label: &str) -> String {
    label.to_uppercase().replace(" TO ", "_").replace(' ', "_")
}
