//! SARIF 2.1.0: results of any tool, with rules, places and fingerprints.

use super::{FINDINGS_LIMIT, Found, Level, Output};
use crate::identifiers;
use serde_json::Value;

/// The findings of all runs; `None` when it is no SARIF.
pub(super) fn read(root: &Value) -> Option<Output> {
    let runs = root.get("runs")?.as_array()?;
    let version = root.get("version").and_then(Value::as_str).unwrap_or_default();
    let schema = root.get("$schema").and_then(Value::as_str).unwrap_or_default();
    if !version.starts_with("2.1") && !schema.contains("sarif") {
        return None;
    }
    let mut output = Output::default();
    for run in runs {
        let driver = &run["tool"]["driver"];
        if output.name.is_empty() {
            output.name = text(driver, "name");
            output.version = [text(driver, "semanticVersion"), text(driver, "version")]
                .into_iter()
                .find(|it| !it.is_empty())
                .unwrap_or_default();
        }
        let rules = driver["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
        let by_id: std::collections::BTreeMap<&str, &Value> =
            rules.iter().filter_map(|rule| Some((rule.get("id")?.as_str()?, rule))).collect();
        for result in run["results"].as_array().map(Vec::as_slice).unwrap_or_default() {
            if output.findings.len() > FINDINGS_LIMIT {
                return Some(named(output));
            }
            // What the tool itself calls settled is no finding.
            let suppressed = result["suppressions"].as_array().is_some_and(|list| !list.is_empty());
            if suppressed || matches!(result["kind"].as_str(), Some("pass" | "notApplicable" | "informational")) {
                continue;
            }
            let index = result["ruleIndex"].as_u64().and_then(|at| usize::try_from(at).ok());
            let id = result["ruleId"].as_str().or_else(|| result["rule"]["id"].as_str());
            let rule = id
                .and_then(|id| by_id.get(id).copied().or_else(|| by_id.get(id.split('/').next()?).copied()))
                .or_else(|| rules.get(index?));
            output.findings.push(one(result, id, rule));
        }
    }
    Some(named(output))
}

fn named(mut output: Output) -> Output {
    if output.name.is_empty() {
        output.name = "SARIF".into();
    }
    output.tool = output.name.to_ascii_lowercase().replace(' ', "-");
    output
}

fn one(result: &Value, id: Option<&str>, rule: Option<&Value>) -> Found {
    let nothing = Value::Null;
    let rule = rule.unwrap_or(&nothing);
    let place = &result["locations"][0]["physicalLocation"];
    let mut found = Found {
        rule: id.or_else(|| rule["id"].as_str()).unwrap_or_default().to_owned(),
        text: text(&result["message"], "text"),
        title: [text(&rule["shortDescription"], "text"), text(rule, "name")]
            .into_iter()
            .find(|it| !it.is_empty())
            .unwrap_or_else(|| first_line(&text(&result["message"], "text"))),
        place: text(&place["artifactLocation"], "uri").trim_start_matches("file://").to_owned(),
        line: place["region"]["startLine"].as_u64().and_then(|line| u32::try_from(line).ok()),
        level: level(result, rule),
        ..Found::default()
    };
    if let Some(prints) =
        result["partialFingerprints"].as_object().filter(|map| !map.is_empty()).or(result["fingerprints"].as_object())
    {
        found.fingerprints = prints
            .iter()
            .take(20)
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.chars().take(200).collect())))
            .collect();
    }
    let tags = rule["properties"]["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    for tag in tags.iter().filter_map(Value::as_str) {
        if let Some(known) = identifiers::recognise(tag.rsplit('/').next().unwrap_or(tag)) {
            found.identifiers.push(known.id);
        }
    }
    for text in [&found.rule, &found.title] {
        found.identifiers.extend(identifiers::find(text).into_iter().map(|known| known.id));
    }
    found
}

fn level(result: &Value, rule: &Value) -> Level {
    let score = &rule["properties"]["security-severity"];
    if let Some(score) = score.as_f64().or_else(|| score.as_str()?.parse().ok()) {
        return Level::of_score(score);
    }
    let word = result["level"].as_str().or_else(|| rule["defaultConfiguration"]["level"].as_str());
    // SARIF: a result without a level is a warning.
    Level::of(word.unwrap_or("warning"))
}

pub(super) fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(super) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}
