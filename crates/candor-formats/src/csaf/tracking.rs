//! Mandatory tests about versions and revisions: 6.1.14, 6.1.16 to 6.1.22, 6.1.30.

use jiff::Timestamp;
use serde_json::Value;

use super::Findings;
use super::walk::{items, text};

/// A version of a document: integer or semantic, never both in one document.
///
/// Source: CSAF 2.0 section 3.1.11.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Number {
    version: semver::Version,
    is_integer: bool,
}

impl Number {
    fn parse(text: &str) -> Option<Self> {
        let is_integer = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let version = if is_integer {
            semver::Version::new(text.parse().ok()?, 0, 0)
        } else {
            semver::Version::parse(text).ok()?
        };
        Some(Self { version, is_integer })
    }

    fn is_initial(&self) -> bool {
        self.version.major == 0
    }

    fn is_pre_release(&self) -> bool {
        !self.version.pre.is_empty()
    }

    /// What two versions are compared by: never build metadata, and for drafts no pre-release either.
    fn plain(&self, draft: bool) -> semver::Version {
        let mut plain = self.version.clone();
        plain.build = semver::BuildMetadata::EMPTY;
        if draft {
            plain.pre = semver::Prerelease::EMPTY;
        }
        plain
    }
}

struct Revision<'a> {
    place: usize,
    at: Timestamp,
    text: &'a str,
    number: Number,
}

pub fn check(document: &Value, findings: &mut Findings) {
    let Some(tracking) = document.get("document").and_then(|head| head.get("tracking")) else {
        return;
    };
    let status = text(tracking, "status").unwrap_or_default();
    let version = text(tracking, "version").and_then(Number::parse);
    let read = |(place, item)| read_revision(place, item);
    let Some(mut history) = items(tracking, "revision_history").map(read).collect::<Option<Vec<_>>>() else {
        return; // the schema check has said what cannot be read
    };
    numbers_differ(&history, findings);
    numbers_share_one_scheme(&history, version.as_ref(), findings);
    history.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.number.version.cmp_precedence(&b.number.version)));
    history_rises(&history, findings);
    history_has_no_gap(&history, findings);
    history_fits_status(&history, status, findings);
    if let Some(version) = version {
        version_fits(&history, &version, status, findings);
    }
}

fn read_revision(place: usize, item: &Value) -> Option<Revision<'_>> {
    let number = text(item, "number")?;
    Some(Revision { place, at: text(item, "date")?.parse().ok()?, text: number, number: Number::parse(number)? })
}

fn at(revision: &Revision<'_>) -> String {
    format!("/document/tracking/revision_history/{}/number", revision.place)
}

/// 6.1.22.
fn numbers_differ(history: &[Revision<'_>], findings: &mut Findings) {
    let mut seen = std::collections::HashSet::new();
    for revision in history {
        if !seen.insert(revision.text) {
            findings.add("6.1.22", at(revision), format!("There is more than one revision {}", revision.text));
        }
    }
}

/// 6.1.30.
fn numbers_share_one_scheme(history: &[Revision<'_>], version: Option<&Number>, findings: &mut Findings) {
    let scheme = version.map(|version| version.is_integer).or_else(|| Some(history.first()?.number.is_integer));
    if let Some(other) = history.iter().find(|revision| Some(revision.number.is_integer) != scheme) {
        findings.add("6.1.30", at(other), "Integer and semantic versions are mixed; use one of them throughout");
    }
}

/// 6.1.14.
fn history_rises(sorted: &[Revision<'_>], findings: &mut Findings) {
    for pair in sorted.windows(2) {
        if pair[1].number.version.cmp_precedence(&pair[0].number.version).is_lt() {
            let message = format!("Revision {} is dated after revision {}", pair[1].text, pair[0].text);
            findings.add("6.1.14", at(&pair[1]), message);
        }
    }
}

/// 6.1.21.
fn history_has_no_gap(sorted: &[Revision<'_>], findings: &mut Findings) {
    let Some(first) = sorted.first() else { return };
    if first.number.version.major > 1 {
        findings.add("6.1.21", at(first), "The oldest revision must have the version 0 or 1");
    }
    let mut highest = first.number.version.major;
    for revision in &sorted[1..] {
        let major = revision.number.version.major;
        if major > highest.saturating_add(1) {
            findings.add("6.1.21", at(revision), format!("Version {} is missing before this revision", highest + 1));
        }
        highest = highest.max(major);
    }
}

/// 6.1.18 and 6.1.19.
fn history_fits_status(history: &[Revision<'_>], status: &str, findings: &mut Findings) {
    for revision in history {
        if is_released(status) && revision.number.is_initial() {
            findings.add(
                "6.1.18",
                at(revision),
                format!("A document that is {status} has no revision {}", revision.text),
            );
        }
        if revision.number.is_pre_release() {
            findings.add("6.1.19", at(revision), "A revision must not be a pre-release");
        }
    }
}

/// 6.1.16, 6.1.17 and 6.1.20.
fn version_fits(sorted: &[Revision<'_>], version: &Number, status: &str, findings: &mut Findings) {
    let draft = status == "draft";
    if let Some(newest) = sorted.last()
        && (newest.number.plain(draft), newest.number.is_integer) != (version.plain(draft), version.is_integer)
    {
        findings.add(
            "6.1.16",
            "/document/tracking/version",
            format!("The version must be the newest revision, {}", newest.text),
        );
    }
    if !draft && (version.is_initial() || version.is_pre_release()) {
        findings.add("6.1.17", "/document/tracking/status", "With such a version the status must be draft");
    }
    if is_released(status) && version.is_pre_release() {
        findings.add(
            "6.1.20",
            "/document/tracking/version",
            format!("A document that is {status} cannot be a pre-release"),
        );
    }
}

fn is_released(status: &str) -> bool {
    matches!(status, "final" | "interim")
}
