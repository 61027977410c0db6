//! The program's own names of severities: wherever a file names a severity, a level of the program stands as well.
//!
//! Inside, levels are ranks of the standard scale ([`RANKS`]), so that promises, gates and the queue compare them alike.

use super::RANKS;
use candor_formats::cvss::Severity;
use serde_json::Value;
use std::borrow::Cow;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys whose values are lists of severities.
const LISTS: [&str; 3] = ["severities", "always", "when_small"];
/// The key whose own keys are severities.
const BY_SEVERITY: &str = "within_by_severity";

/// Name of a severity in a file that has no levels of its own.
pub(super) fn standard(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::None => "none",
    }
}

/// The levels that a file gives itself, as they stand there.
fn of_file(table: &DeTable<'_>) -> Vec<String> {
    let levels = table.get("severity").and_then(|severity| severity.get_ref().get("levels"));
    let levels = levels.and_then(|levels| levels.get_ref().as_array()).into_iter().flatten();
    levels.filter_map(|level| level.get_ref().as_str().map(ToOwned::to_owned)).collect()
}

/// The standard name that stands for a level of the program.
fn stands_for(levels: &[String], name: &str) -> Option<&'static str> {
    let place = levels.iter().position(|level| level.trim().eq_ignore_ascii_case(name.trim()))?;
    RANKS.get(place).map(|rank| standard(*rank))
}

/// Puts the standard name for each level of the program, in its place. Gives the levels.
pub(super) fn to_standard(table: &mut DeTable<'_>) -> Vec<String> {
    let levels = of_file(table);
    if !levels.is_empty() {
        walk(table, &levels);
    }
    levels
}

fn walk(table: &mut DeTable<'_>, levels: &[String]) {
    for (key, value) in table.iter_mut() {
        let key = key.get_ref().as_ref();
        match value.get_mut() {
            DeValue::Array(items) if LISTS.contains(&key) => {
                for item in items.iter_mut() {
                    if let DeValue::String(name) = item.get_mut()
                        && let Some(standard) = stands_for(levels, name)
                    {
                        *name = Cow::Borrowed(standard);
                    }
                }
            }
            DeValue::Array(items) => {
                for item in items.iter_mut() {
                    if let DeValue::Table(inner) = item.get_mut() {
                        walk(inner, levels);
                    }
                }
            }
            DeValue::Table(inner) if key == BY_SEVERITY => rename(inner, levels),
            DeValue::Table(inner) => walk(inner, levels),
            _ => {}
        }
    }
}

/// Keys of a table of lengths. One that would stand twice stays as it is, and is told as unknown.
fn rename(table: &mut DeTable<'_>, levels: &[String]) {
    let old = std::mem::take(table);
    for (key, value) in old {
        let name = stands_for(levels, key.get_ref()).map(|standard| Spanned::new(key.span(), Cow::Borrowed(standard)));
        match name {
            Some(name) if !table.contains_key(name.get_ref().as_ref()) => table.insert(name, value),
            _ => table.insert(key, value),
        };
    }
}

/// The same the other way round, for what people and programs outside read.
pub(super) fn to_own(value: &mut Value, levels: &[String]) {
    if levels.is_empty() {
        return;
    }
    let own = |name: &str| {
        let place = RANKS.iter().position(|rank| standard(*rank) == name)?;
        levels.get(place).cloned()
    };
    match value {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value {
                    Value::Array(items) if LISTS.contains(&key.as_str()) => {
                        for item in items {
                            if let Some(level) = item.as_str().and_then(own) {
                                *item = level.into();
                            }
                        }
                    }
                    Value::Object(lengths) if key == BY_SEVERITY => {
                        let named = std::mem::take(lengths);
                        lengths.extend(named.into_iter().map(|(name, length)| (own(&name).unwrap_or(name), length)));
                    }
                    other => to_own(other, levels),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| to_own(item, levels)),
        _ => {}
    }
}
