//! Mandatory tests about CVSS: 6.1.7 to 6.1.10. CSAF 2.0 knows CVSS 2.0, 3.0 and 3.1; CSAF 2.1 knows 4.0, too.

use std::collections::HashSet;

use serde_json::Value;

use super::Findings;
use super::walk::{items, text, texts, vulnerabilities};
use crate::cvss::{CvssVector, Metric, Severity, Version, all_metrics};

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

pub fn check_object(path: &str, key: &str, object: &Value, findings: &mut Findings) {
    let version = match (key, text(object, "version")) {
        ("cvss_v2", Some("2.0")) => Version::V2_0,
        ("cvss_v3", Some("3.0")) => Version::V3_0,
        ("cvss_v3", Some("3.1")) => Version::V3_1,
        ("cvss_v4", Some("4.0")) => Version::V4_0,
        _ => {
            let known = match key {
                "cvss_v2" => "2.0",
                "cvss_v3" => "3.0 or 3.1",
                _ => "4.0",
            };
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
    if version == Version::V4_0 {
        refuse_foreign_scores(path, object, findings);
    }
    for metric in all_metrics(version) {
        let key = field(version, metric);
        if let Some(value) = object.get(&key)
            && !metric.choices.iter().any(|choice| value.as_str() == Some(&value_name(version, metric, choice.label)))
        {
            let choices: Vec<String> =
                metric.choices.iter().map(|choice| value_name(version, metric, choice.label)).collect();
            findings.add("6.1.8", format!("{path}/{key}"), format!("{key} must be one of {}", choices.join(", ")));
        }
    }
}

/// CVSS 4.0 has one score; its schema takes no other.
fn refuse_foreign_scores(path: &str, object: &Value, findings: &mut Findings) {
    for key in object.as_object().into_iter().flat_map(|members| members.keys()) {
        if !key.starts_with("base") && (key.ends_with("Score") || key.ends_with("Severity")) {
            let message = "CVSS 4.0 has one score, baseScore, with one severity; remove this";
            findings.add("6.1.8", format!("{path}/{key}"), message);
        }
    }
}

/// 6.1.9.
fn computed(path: &str, vector: &CvssVector, object: &Value, findings: &mut Findings) {
    if vector.version() == Version::V4_0 {
        return computed_4(path, vector, object, findings);
    }
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

/// 6.1.9 for CVSS 4.0: `baseScore` holds the score of the vector as it stands, whatever its groups.
///
/// Source: FIRST, `cvss-v4.0.json`. The score of the base metrics alone is taken, too: the name says no less.
fn computed_4(path: &str, vector: &CvssVector, object: &Value, findings: &mut Findings) {
    let Some(given) = object.get("baseScore").and_then(Value::as_f64) else { return };
    let known = [vector.score(), vector.base_score()];
    if !known.iter().any(|score| (given - score).abs() < 1e-9) {
        findings.add("6.1.9", format!("{path}/baseScore"), format!("The vector gives {:.1}, not {given}", known[0]));
        return;
    }
    let severity = Severity::of(Version::V4_0, given).label().to_uppercase();
    if let Some(said) = text(object, "baseSeverity")
        && said != severity
    {
        findings.add("6.1.9", format!("{path}/baseSeverity"), format!("The score {given} is {severity}, not {said}"));
    }
}

/// 6.1.10. A metric the vector leaves out contradicts nothing: official documents add modified metrics that way.
fn consistent(path: &str, vector: &CvssVector, object: &Value, findings: &mut Findings) {
    for metric in all_metrics(vector.version()) {
        let key = field(vector.version(), metric);
        let (Some(given), Some(code)) = (text(object, &key), vector.value(metric.code)) else {
            continue;
        };
        let Some(choice) = metric.choices.iter().find(|choice| choice.code == code) else {
            continue;
        };
        let expected = value_name(vector.version(), metric, choice.label);
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
fn field(version: Version, metric: &Metric) -> String {
    if version == Version::V4_0
        && let Some(name) = field_4(metric.code)
    {
        return name.to_owned();
    }
    let mut words = metric.name.split(' ');
    let mut name = words.next().unwrap_or_default().to_lowercase();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(letters.as_str());
    }
    name
}

/// Names of CVSS 4.0 that are shorter than those for people, or written in another way.
fn field_4(code: &str) -> Option<&'static str> {
    Some(match code {
        "VC" => "vulnConfidentialityImpact",
        "VI" => "vulnIntegrityImpact",
        "VA" => "vulnAvailabilityImpact",
        "SC" => "subConfidentialityImpact",
        "SI" => "subIntegrityImpact",
        "SA" => "subAvailabilityImpact",
        "MVC" => "modifiedVulnConfidentialityImpact",
        "MVI" => "modifiedVulnIntegrityImpact",
        "MVA" => "modifiedVulnAvailabilityImpact",
        "MSC" => "modifiedSubConfidentialityImpact",
        "MSI" => "modifiedSubIntegrityImpact",
        "MSA" => "modifiedSubAvailabilityImpact",
        "S" => "Safety",
        "AU" => "Automatable",
        "R" => "Recovery",
        _ => return None,
    })
}

/// The name of a value of a metric in the JSON of FIRST: `ADJACENT_NETWORK`.
fn value_name(version: Version, metric: &Metric, label: &str) -> String {
    let of_subsequent_system = matches!(metric.code, "MSC" | "MSI" | "MSA");
    if version == Version::V4_0 && of_subsequent_system && label == "None" {
        return "NEGLIGIBLE".to_owned();
    }
    constant(label)
}

/// A word for people as a constant.
fn constant(label: &str) -> String {
    label.to_uppercase().replace(" TO ", "_").replace(' ', "_")
}
