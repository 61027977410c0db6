//! What changed between two versions of a policy, in words: `acknowledge: was within 48 hours, is within 3 working days`.
//!
//! Goes by the keys of the file, so that every key of the language is told. Entries of lists are known by their names.

use super::Policy;
use serde_json::{Map, Value};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Key in the file, like `promises.acknowledge.within`.
    pub key: String,
    /// What changed, as a sentence without its point.
    pub text: String,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Everything that differs, in the order of the language.
pub fn changes(old: &Policy, new: &Policy) -> Vec<Change> {
    let value = |policy: &Policy| {
        let mut value = serde_json::to_value(policy).unwrap_or_default();
        super::levels::to_own(&mut value, &policy.severity.levels);
        value
    };
    let mut out = Vec::new();
    let (old, new) = (value(old), value(new));
    for section in ORDER {
        walk(&[section.to_owned()], old.get(section), new.get(section), &mut out);
    }
    let empty = Map::new();
    let keys = |value: &Value| value.as_object().unwrap_or(&empty).keys().cloned().collect::<Vec<_>>();
    let mut others: Vec<String> =
        keys(&old).into_iter().chain(keys(&new)).filter(|key| !ORDER.contains(&key.as_str())).collect();
    others.sort();
    others.dedup();
    for section in others {
        walk(std::slice::from_ref(&section), old.get(&section), new.get(&section), &mut out);
    }
    out
}

/// Sections, what people look for first.
const ORDER: [&str; 15] = [
    "promises",
    "contacts",
    "channels",
    "gates",
    "disclosure",
    "credit",
    "severity",
    "scope",
    "versions",
    "report",
    "calendar",
    "dependencies",
    "advisories",
    "publish",
    "program",
];

fn walk(path: &[String], old: Option<&Value>, new: Option<&Value>, out: &mut Vec<Change>) {
    match (old, new) {
        (old, new) if old == new || is_empty(old) && is_empty(new) => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort();
            keys.dedup();
            // How long comes before how firm, and both before the rest.
            keys.sort_by_key(|key| match key.as_str() {
                "within" => 0,
                "kind" => 1,
                _ => 2,
            });
            for key in keys {
                let path = [path, std::slice::from_ref(key)].concat();
                walk(&path, old.get(key), new.get(key), out);
            }
        }
        (old, new) if is_tables(old) && is_tables(new) => {
            entries(path, old, new, out);
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            let gone: Vec<String> = old.iter().filter(|item| !new.contains(item)).map(shown).collect();
            let come: Vec<String> = new.iter().filter(|item| !old.contains(item)).map(shown).collect();
            let mut said = Vec::new();
            if !come.is_empty() {
                said.push(format!("now has {}", come.join(", ")));
            }
            if !gone.is_empty() {
                said.push(format!("no longer has {}", gone.join(", ")));
            }
            if said.is_empty() {
                said.push("is in another order".into());
            }
            tell(path, &said.join(" and "), out);
        }
        (old, new) => tell(path, &was_is(path, old, new), out),
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        _ => false,
    }
}

/// Whether it is a list of tables, or nothing. Two empty ones are equal and were told before.
fn is_tables(value: Option<&Value>) -> bool {
    match value {
        None => true,
        Some(Value::Array(items)) => items.iter().all(Value::is_object),
        _ => false,
    }
}

/// The name of an entry of a list.
fn name(entry: &Value) -> String {
    let text = |key: &str| entry.get(key).filter(|value| !value.is_null()).map(plain);
    if let (Some(before), Some(needs)) = (text("before"), text("needs")) {
        return format!("{needs} before {before}");
    }
    if let Some(to) = text("to") {
        let when = text("before").map(|length| format!("{length} before"));
        let after = text("after")
            .map(|length| if length == "0 hours" { "when it falls due".into() } else { format!("{length} after") });
        return format!("{to}, {}", when.or(after).unwrap_or_default());
    }
    ["name", "role", "clause", "branch", "field", "id", "on", "url", "text"]
        .iter()
        .find_map(|key| text(key))
        .unwrap_or_else(|| plain(entry))
}

fn entries(path: &[String], old: Option<&Value>, new: Option<&Value>, out: &mut Vec<Change>) {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let (old, new) = (list(old), list(new));
    for entry in &new {
        let name = name(entry);
        let at = [path, std::slice::from_ref(&name)].concat();
        match old.iter().find(|other| self::name(other) == name) {
            Some(before) => walk(&at, Some(before), Some(entry), out),
            None => tell(&at, &format!("is new{}", summary(entry)), out),
        }
    }
    for entry in &old {
        let name = name(entry);
        if !new.iter().any(|other| self::name(other) == name) {
            tell(&[path, &[name]].concat(), &format!("is gone{}", summary(entry)), out);
        }
    }
    let order = |list: &[Value], other: &[Value]| {
        list.iter().map(name).filter(|name| other.iter().any(|entry| self::name(entry) == *name)).collect::<Vec<_>>()
    };
    // Contacts are turned to in their order; elsewhere it says nothing.
    if path == ["contacts"] && order(&old, &new) != order(&new, &old) {
        tell(path, "are in another order", out);
    }
}

/// What an entry is, in a few words.
fn summary(entry: &Value) -> String {
    let text = |key: &str| entry.get(key).filter(|value| !value.is_null()).map(plain).filter(|text| !text.is_empty());
    match (text("within"), text("kind"), text("email"), text("what"), text("until")) {
        (Some(within), Some(kind), ..) => format!(": within {within}, a {kind}"),
        (_, _, Some(email), ..) => format!(": {email}"),
        (_, _, _, Some(what), _) => format!(": {what}"),
        (.., Some(until)) => format!(": until {until}"),
        _ => String::new(),
    }
}

fn was_is(path: &[String], old: Option<&Value>, new: Option<&Value>) -> String {
    let article = |text: String| if path.last().is_some_and(|key| key == "kind") { format!("a {text}") } else { text };
    let words = |value: Option<&Value>| {
        if is_empty(value) { "nothing".to_owned() } else { article(value.map(shown).unwrap_or_default()) }
    };
    format!("was {}, is {}", words(old), words(new))
}

/// A value as people read it, long texts shortened.
fn shown(value: &Value) -> String {
    let text = plain(value);
    if text.chars().count() <= 120 {
        return if value.is_string() && text.contains(' ') && text.split(' ').count() > 3 {
            format!("\"{text}\"")
        } else {
            text
        };
    }
    let cut: String = text.chars().take(120).collect();
    format!("\"{}…\"", cut.trim_end())
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Null => "nothing".into(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(table) => {
            let parts: Vec<String> = table
                .iter()
                .filter(|(_, value)| !is_empty(Some(value)))
                .map(|(key, value)| format!("{} {}", key.replace('_', " "), plain(value)))
                .collect();
            parts.join(", ")
        }
        other => other.to_string(),
    }
}

/// The thing that a path names, in words: `promise acknowledge`, `escalation of acknowledge to lead`.
fn tell(path: &[String], what: &str, out: &mut Vec<Change>) {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let key = |key: &str| key.replace('_', " ");
    let thing = match parts.as_slice() {
        ["promises", name, "within" | "kind"] => format!("promise {name}"),
        ["promises", name, "escalate", rest @ ..] => {
            format!("escalation of {name} to {}", rest.iter().map(|part| key(part)).collect::<Vec<_>>().join(": "))
        }
        ["promises", name, rest @ ..] => join(&format!("promise {name}"), rest),
        ["contacts", role, "email"] => format!("address of the contact {role}"),
        ["contacts", role, rest @ ..] => join(&format!("contact {role}"), rest),
        ["gates", name, rest @ ..] => join(&format!("gate {name}"), rest),
        ["scope", "products", name, rest @ ..] => join(&format!("product {name}"), rest),
        ["scope", "out", name, rest @ ..] => join(&format!("clause {name} of what is not covered"), rest),
        ["versions", "supported", name, "until"] => format!("end of support of {name}"),
        ["versions", "supported", name, rest @ ..] => join(&format!("supported version {name}"), rest),
        ["report", "asks", name, rest @ ..] => join(&format!("question about {name}"), rest),
        ["report", "questions", name, rest @ ..] => join(&format!("question {name}"), rest),
        ["calendar", "holidays", name, rest @ ..] => join(&format!("holiday {name}"), rest),
        [section, rest @ ..] => join(section, rest),
        [] => String::new(),
    };
    out.push(Change { key: path.join("."), text: format!("{thing} {what}") });
}

fn join(thing: &str, rest: &[&str]) -> String {
    match rest {
        [] => thing.replace('_', " "),
        rest => format!(
            "{}, {}",
            thing.replace('_', " "),
            rest.iter().map(|part| part.replace('_', " ")).collect::<Vec<_>>().join(", ")
        ),
    }
}
