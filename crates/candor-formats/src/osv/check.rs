//! Whether an OSV record fits the schema, and the rules of its linter that a document can show.
//!
//! Source: OSV schema 1.7.5; rules RNG and PKG of osv-linter.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::Value;

use super::is_ecosystem;
use crate::csaf::walk::{items, text, texts};
use crate::cvss::{CvssVector, Version};
use crate::finding::{Finding, Findings};
use crate::purl::Purl;
use crate::shape::Shape::{self, Any, Free, Items, Like, List, OneOf, Uri};
use crate::shape::{self, Object, closed, object};
use crate::version::{Ecosystem, compare};

const TIME: Shape = Like(is_time, "a date and time in UTC such as 2026-01-31T12:00:00Z");

static ANYTHING: Object = object(&[], &[]);
static FREE: Shape = Free;
static SEVERITY: Object =
    object(&["score", "type"], &[("score", Free), ("type", OneOf(&["CVSS_V2", "CVSS_V3", "CVSS_V4", "Ubuntu"]))]);
static SEVERITIES: Shape = Shape::Object(&SEVERITY);
static EVENT: Object = object(&[], &[("fixed", Free), ("introduced", Free), ("last_affected", Free), ("limit", Free)]);
static EVENTS: Shape = Shape::Object(&EVENT);
static RANGE: Object = object(
    &["events", "type"],
    &[
        ("database_specific", Shape::Object(&ANYTHING)),
        ("events", List(&EVENTS)),
        ("repo", Free),
        ("type", OneOf(&["ECOSYSTEM", "GIT", "SEMVER"])),
    ],
);
static RANGES: Shape = Shape::Object(&RANGE);
static PACKAGE: Object = object(
    &["ecosystem", "name"],
    &[
        ("ecosystem", Like(is_known_ecosystem, "an ecosystem of the list such as npm or Debian:12")),
        ("name", Free),
        ("purl", Free),
    ],
);
static AFFECTED: Object = object(
    &[],
    &[
        ("database_specific", Shape::Object(&ANYTHING)),
        ("ecosystem_specific", Shape::Object(&ANYTHING)),
        ("package", Shape::Object(&PACKAGE)),
        ("ranges", Items(&RANGES)),
        ("severity", Any),
        ("versions", Items(&FREE)),
    ],
);
static AFFECTEDS: Shape = Shape::Object(&AFFECTED);
static REFERENCE: Object = object(
    &["type", "url"],
    &[
        (
            "type",
            OneOf(&[
                "ADVISORY",
                "ARTICLE",
                "DETECTION",
                "DISCUSSION",
                "EVIDENCE",
                "FIX",
                "GIT",
                "INTRODUCED",
                "PACKAGE",
                "REPORT",
                "WEB",
            ]),
        ),
        ("url", Uri),
    ],
);
static REFERENCES: Shape = Shape::Object(&REFERENCE);
static CREDIT: Object = object(
    &["name"],
    &[
        ("contact", Items(&FREE)),
        ("name", Free),
        (
            "type",
            OneOf(&[
                "ANALYST",
                "COORDINATOR",
                "FINDER",
                "OTHER",
                "REMEDIATION_DEVELOPER",
                "REMEDIATION_REVIEWER",
                "REMEDIATION_VERIFIER",
                "REPORTER",
                "SPONSOR",
                "TOOL",
            ]),
        ),
    ],
);
static CREDITS: Shape = Shape::Object(&CREDIT);
static ROOT: Object = closed(
    &["id", "modified"],
    &[
        ("affected", Any),
        ("aliases", Any),
        ("credits", Items(&CREDITS)),
        ("database_specific", Shape::Object(&ANYTHING)),
        ("details", Free),
        ("id", Like(has_known_prefix, "a number with a registered prefix, or with x_ before it")),
        ("modified", TIME),
        ("published", TIME),
        ("references", Any),
        ("related", Items(&FREE)),
        ("schema_version", Free),
        ("severity", Any),
        ("summary", Free),
        ("upstream", Items(&FREE)),
        ("withdrawn", TIME),
    ],
);
/// Lists that may be `null`.
static LISTS: Object = object(
    &[],
    &[
        ("affected", Items(&AFFECTEDS)),
        ("aliases", Items(&FREE)),
        ("references", Items(&REFERENCES)),
        ("severity", Items(&SEVERITIES)),
    ],
);

/// Checks a record. Empty means valid.
///
/// Findings are named `schema`, `cvss`, by the rule of the linter such as `RNG:002`, or `osv` for what the text of the schema says.
pub fn validate(document: &Value) -> Vec<Finding> {
    let mut findings = Findings::default();
    shape::check(document, &ROOT, "", &mut findings);
    let mut lists = document.as_object().cloned().unwrap_or_default();
    lists.retain(|_, value| !value.is_null());
    shape::check(&Value::Object(lists), &LISTS, "", &mut findings);
    severities("", document, &mut findings);
    let mut seen = HashSet::new();
    for (place, affected) in items(document, "affected") {
        let path = format!("/affected/{place}");
        if document.get("severity").is_some() && affected.get("severity").is_some_and(|severity| !severity.is_null()) {
            let message = "The severity stands at the record already; keep it in one place";
            findings.add("schema", format!("{path}/severity"), message);
        }
        severities(&path, affected, &mut findings);
        check_affected(&path, affected, &mut findings);
        let key = affected.get("package").map(ToString::to_string).unwrap_or_default();
        if !seen.insert(format!("{key}{}{}", affected["ranges"], affected["versions"])) {
            findings.add("osv", path, "This package with these versions is listed twice");
        }
    }
    if texts(document, "aliases").any(|(_, alias)| Some(alias) == text(document, "id")) {
        findings.add("osv", "/aliases", "A record is no alias of itself");
    }
    findings.0
}

fn severities(path: &str, holder: &Value, findings: &mut Findings) {
    for (place, severity) in items(holder, "severity") {
        let path = format!("{path}/severity/{place}/score");
        let (Some(kind), Some(score)) = (text(severity, "type"), text(severity, "score")) else { continue };
        let expected: &[Version] = match kind {
            "CVSS_V2" => &[Version::V2_0],
            "CVSS_V3" => &[Version::V3_0, Version::V3_1],
            "CVSS_V4" => &[Version::V4_0],
            "Ubuntu" if !["negligible", "low", "medium", "high", "critical"].contains(&score) => {
                findings.add("schema", path, "This must be one of negligible, low, medium, high, critical");
                continue;
            }
            _ => continue,
        };
        match CvssVector::parse(score) {
            Ok(vector) if expected.contains(&vector.version()) => {}
            Ok(vector) => findings.add("cvss", path, format!("This is a CVSS {} vector, not {kind}", vector.version())),
            Err(why) => findings.add("cvss", path, why.to_string()),
        }
    }
}

fn check_affected(path: &str, affected: &Value, findings: &mut Findings) {
    let package = affected.get("package");
    if let Some(purl) = package.and_then(|package| text(package, "purl")) {
        match Purl::parse(purl) {
            Err(why) => findings.add("PKG:003", format!("{path}/package/purl"), why.to_string()),
            Ok(purl) if purl.version().is_some() => {
                let message = "The package URL must carry no version; versions belong to ranges and versions";
                findings.add("PKG:003", format!("{path}/package/purl"), message);
            }
            Ok(_) => {}
        }
    }
    let has_commits = items(affected, "ranges").any(|(_, range)| text(range, "type") == Some("GIT"));
    if package.is_none() && !has_commits {
        findings.add("osv", path, "An affected entry needs a package, or a range of commits");
    }
    let order = package.and_then(|package| text(package, "ecosystem")).map_or(Ecosystem::Other, Ecosystem::of_osv);
    for (place, range) in items(affected, "ranges") {
        check_range(&format!("{path}/ranges/{place}"), range, order, findings);
    }
}

fn check_range(path: &str, range: &Value, order: Ecosystem, findings: &mut Findings) {
    let events: Vec<&Value> = items(range, "events").map(|(_, event)| event).collect();
    let with = |key: &str| events.iter().filter(|event| event.get(key).is_some()).count();
    let kind = text(range, "type").unwrap_or_default();
    if with("introduced") == 0 {
        let message = "A range has an event introduced; write 0 where it holds from the beginning";
        findings.add("RNG:001", format!("{path}/events"), message);
    }
    if with("fixed") > 0 && with("last_affected") > 0 {
        findings.add(
            "schema",
            format!("{path}/events"),
            "A range ends with fixed or with last_affected, not with both",
        );
    }
    if kind == "GIT" && range.get("repo").is_none() {
        findings.add("schema", format!("{path}/repo"), "A range of commits names its repository");
    }
    let is_commit = |id: &str| {
        id == "0" || (matches!(id.len(), 40 | 64) && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
    };
    let mut seen = HashSet::new();
    let mut last: Option<&str> = None;
    for (place, event) in events.iter().enumerate() {
        let path = format!("{path}/events/{place}");
        let members = event.as_object().map(|members| members.iter().collect::<Vec<_>>()).unwrap_or_default();
        let [(_, version)] = &members[..] else {
            findings.add("schema", path, "An event has exactly one of introduced, fixed, last_affected, limit");
            continue;
        };
        let Some(version) = version.as_str() else { continue };
        if kind == "GIT" && !is_commit(version) {
            findings.add("schema", path.clone(), "A commit is named by its whole hash of 40 or 64 digits");
        }
        if !seen.insert(event.to_string())
            || (version != "0"
                && events
                    .iter()
                    .filter(|other| other.as_object().is_some_and(|all| all.values().any(|value| value == version)))
                    .count()
                    > 1)
        {
            findings.add("RNG:002", path.clone(), format!("{version} stands in more than one event of this range"));
        }
        if kind == "SEMVER" && version != "0" && crate::version::semantic(version).is_none() {
            findings.add("osv", path.clone(), format!("{version} is no semantic version"));
        }
        if kind != "GIT"
            && let Some(before) = last.filter(|before| *before != "0")
            && compare(order, before, version) == Some(Ordering::Greater)
            && event.get("introduced").is_none()
        {
            findings.add("osv", path, format!("{version} comes before {before}; events stand in order"));
        }
        last = Some(version);
    }
}

fn is_known_ecosystem(name: &str) -> bool {
    is_ecosystem(name) || name == "GIT" || name.starts_with("GIT:")
}

fn has_known_prefix(id: &str) -> bool {
    id.starts_with("x_") || super::id_for(id) == id
}

fn is_time(text: &str) -> bool {
    shape::is_instant(text) && text.ends_with('Z') && text.contains('T')
}
