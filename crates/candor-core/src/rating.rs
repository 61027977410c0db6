//! How bad is it: the rating, what the reporter's words propose for it, and the decision tables of SSVC.

use crate::decide::{MESSAGE_LIMIT, optional};
use crate::event::{Event, PriorityChoice, ReportFacts};
use crate::policy::{Policy, RANKS};
use crate::refusal::Refusal;
use candor_formats::cvss::{CvssVector, Severity, Version};
use candor_formats::cwe::Cwe;
use candor_formats::ssvc::Table;

/// Rates by vectors, by hand, or by a level of the program's own; on the policy's scale.
pub(crate) fn rate(
    policy: &Policy,
    vectors: &[String],
    severity: Option<Severity>,
    level: Option<&str>,
    why: &str,
) -> Result<Vec<Event>, Refusal> {
    let scale = &policy.severity;
    let wrong = |field: &'static str, problem: String| Err(Refusal::Field { field, problem });
    let level = level.map(str::trim).filter(|level| !level.is_empty());
    let mut severity = severity;
    if let Some(name) = level {
        severity = scale.level(name);
        if severity.is_none() {
            return match scale.levels.as_slice() {
                [] => wrong("level", "the policy has no levels of its own; give a vector or a severity".into()),
                levels => wrong("level", format!("the policy has no level `{name}`; it has {}", levels.join(", "))),
            };
        }
    }
    let mut kept = Vec::new();
    let mut newest: Option<(u8, Severity)> = None;
    for vector in vectors.iter().map(|vector| vector.trim()).filter(|vector| !vector.is_empty()) {
        let parsed: CvssVector = vector
            .parse()
            .map_err(|cause| Refusal::Field { field: "vectors", problem: format!("`{vector}`: {cause}") })?;
        let rank = if vector.starts_with("CVSS:4") { 4 } else { 3 };
        if newest.is_none_or(|(seen, _)| rank >= seen) {
            newest = Some((rank, scale.of(&parsed)));
        }
        kept.push(parsed.to_string());
    }
    if !scale.levels.is_empty() {
        if !kept.is_empty() {
            let levels = scale.levels.join(", ");
            return wrong("vectors", format!("this policy rates without a score; name a level: {levels}"));
        }
        let place = RANKS.iter().position(|rank| Some(*rank) == severity);
        if place.is_some_and(|place| place >= scale.levels.len()) {
            return wrong("severity", format!("this policy has the levels {}", scale.levels.join(", ")));
        }
    }
    let severity = match (severity, newest) {
        (Some(named), None) => named,
        (_, Some((_, computed))) => computed,
        (None, None) if scale.levels.is_empty() => {
            return wrong("vectors", "give a CVSS vector, or name a severity".into());
        }
        (None, None) => return wrong("level", format!("name a level: {}", scale.levels.join(", "))),
    };
    let why = optional("why", why, MESSAGE_LIMIT)?;
    Ok(vec![Event::Rated { vectors: kept, severity, why }])
}

/// Weighs a case by a decision table. Every point is answered; the outcome is the table's.
pub(crate) fn prioritise(table: &str, choices: &[PriorityChoice]) -> Result<Vec<Event>, Refusal> {
    let wrong = |field: &'static str, problem: String| Refusal::Field { field, problem };
    let known = Table::from_name(table)
        .ok_or_else(|| wrong("table", format!("there is no table `{table}`; there are supplier and coordinator")))?;
    let mut kept = Vec::new();
    for point in known.points() {
        let given = choices.iter().find(|choice| choice.point == point.key);
        let given = given.ok_or_else(|| wrong("choices", format!("{} ({}) is not answered", point.name, point.key)))?;
        if !point.values.iter().any(|(key, _)| *key == given.value) {
            let values: Vec<String> = point.values.iter().map(|(key, name)| format!("{key} ({name})")).collect();
            let problem = format!("`{}` is no value of {}; it has {}", given.value, point.name, values.join(", "));
            return Err(wrong("choices", problem));
        }
        kept.push(PriorityChoice {
            point: point.key.to_owned(),
            value: given.value.clone(),
            reason: optional("choices", &given.reason, MESSAGE_LIMIT)?,
        });
    }
    let values: Vec<&str> = kept.iter().map(|choice| choice.value.as_str()).collect();
    let Some((decision, _)) = known.decide(&values) else {
        return Err(wrong("choices", "the table has no outcome for these answers".into()));
    };
    Ok(vec![Event::Prioritised { table: known.name().into(), choices: kept, decision: decision.into() }])
}

/// What a report's words propose for one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// Code of the metric.
    pub metric: &'static str,
    /// Code of the value.
    pub value: &'static str,
    /// The word of the report it rests on.
    pub because: String,
}

/// Words that propose a value, for the field they are looked for in.
struct Rule {
    metric: (&'static str, &'static str),
    v3: &'static str,
    v4: &'static str,
    words: &'static [&'static str],
}

const fn rule(
    metric: (&'static str, &'static str),
    v3: &'static str,
    v4: &'static str,
    words: &'static [&'static str],
) -> Rule {
    Rule { metric, v3, v4, words }
}

/// The first rule of a metric that fits counts, so the rarer comes first.
const RULES: &[Rule] = &[
    rule(("AV", "AV"), "P", "P", &["physical access", "usb", "hardware access"]),
    rule(("AV", "AV"), "A", "A", &["bluetooth", "same network", "local network", "adjacent"]),
    rule(("AV", "AV"), "L", "L", &["local user", "local attacker", "shell access", "local access", "command line"]),
    rule(
        ("AV", "AV"),
        "N",
        "N",
        &["remote", "network", "http", "https", "url", "request", "web", "api", "server", "browser", "internet"],
    ),
    rule(("AC", "AT"), "H", "P", &["race condition", "race", "man in the middle", "timing"]),
    rule(
        ("PR", "PR"),
        "N",
        "N",
        &[
            "no account",
            "unauthenticated",
            "without authentication",
            "no authentication",
            "anonymous",
            "without an account",
        ],
    ),
    rule(("PR", "PR"), "H", "H", &["administrator", "admin", "superuser", "root"]),
    rule(
        ("PR", "PR"),
        "L",
        "L",
        &["account", "login", "logged in", "authenticated", "signed in", "credentials", "user role"],
    ),
    rule(("UI", "UI"), "R", "A", &["import", "opens a file", "open a file", "accept", "installs"]),
    rule(
        ("UI", "UI"),
        "R",
        "P",
        &["click", "clicks", "visits", "visit", "victim", "opens a link", "user interaction", "phishing"],
    ),
    rule(("S", ""), "C", "", &["cross site scripting", "xss", "sandbox escape", "container escape", "ssrf"]),
    rule(
        ("C", "VC"),
        "H",
        "H",
        &[
            "code execution",
            "rce",
            "command injection",
            "sql injection",
            "passwords",
            "private key",
            "secrets",
            "any file",
            "arbitrary file",
        ],
    ),
    rule(
        ("C", "VC"),
        "L",
        "L",
        &["read", "leak", "leaks", "disclosure", "disclose", "exposes", "xss", "cross site scripting"],
    ),
    rule(
        ("I", "VI"),
        "H",
        "H",
        &["code execution", "rce", "command injection", "sql injection", "overwrite", "takeover", "take over"],
    ),
    rule(
        ("I", "VI"),
        "L",
        "L",
        &["modify", "change", "write", "forge", "tamper", "delete", "xss", "cross site scripting"],
    ),
    rule(
        ("A", "VA"),
        "H",
        "H",
        &[
            "denial of service",
            "dos",
            "crash",
            "crashes",
            "out of memory",
            "code execution",
            "rce",
            "command injection",
        ],
    ),
    rule(("A", "VA"), "L", "L", &["slow", "slows", "hang", "hangs"]),
];

/// The weakness that a report names by its number.
pub fn weakness_of(facts: &ReportFacts) -> Option<Cwe> {
    Cwe::parse(facts.weakness.split(':').next().unwrap_or_default().trim())
}

/// What the words of a report propose for a rating. A person decides; what no word speaks of is not proposed.
pub fn proposal(facts: &ReportFacts, version: Version) -> Vec<Proposed> {
    let texts = [&facts.title, &facts.weakness, &facts.preconditions, &facts.impact, &facts.description];
    let mut text = String::from(" ");
    for part in texts {
        for word in part.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            text.push_str(&word.to_lowercase());
            text.push(' ');
        }
    }
    let mut found: Vec<Proposed> = Vec::new();
    for rule in RULES {
        let (metric, value) = match version {
            Version::V4_0 => (rule.metric.1, rule.v4),
            _ => (rule.metric.0, rule.v3),
        };
        if metric.is_empty() || value.is_empty() || found.iter().any(|known| known.metric == metric) {
            continue;
        }
        if let Some(word) = rule.words.iter().find(|word| text.contains(&format!(" {word} "))) {
            found.push(Proposed { metric, value, because: (*word).to_owned() });
        }
    }
    found
}
