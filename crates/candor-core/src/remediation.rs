//! Fixes, decisions per version, and the audit for similar problems.

use crate::case::Case;
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, optional, text as required};
use crate::event::{Event, FixKind};
use crate::policy::{Policy, VersionRule};
use crate::refusal::Refusal;
use crate::versions;

pub(crate) fn fix(
    case: &Case,
    branch: &str,
    kind: FixKind,
    version: &Option<String>,
    url: &Option<String>,
    details: &str,
) -> Result<Vec<Event>, Refusal> {
    use crate::case::State;
    if !matches!(case.state, State::Confirmed | State::Fixed | State::Published) {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Confirm the report first." });
    }
    let version = version.as_deref().map(|v| optional("version", v, LINE_LIMIT)).transpose()?.filter(|v| !v.is_empty());
    let url = url.as_deref().map(|u| optional("url", u, 2_000)).transpose()?.filter(|u| !u.is_empty());
    if kind == FixKind::Patch && version.is_none() {
        return Err(Refusal::Field { field: "version", problem: "name the version that has the fix".into() });
    }
    if let Some(url) = &url
        && !(url.starts_with("https://") || url.starts_with("http://"))
    {
        return Err(Refusal::Field { field: "url", problem: "write the whole address, from https://".into() });
    }
    let details = if kind == FixKind::Patch {
        optional("details", details, MESSAGE_LIMIT)?
    } else {
        required("details", details, MESSAGE_LIMIT)?
    };
    Ok(vec![Event::FixRecorded { branch: optional("branch", branch, LINE_LIMIT)?, kind, version, url, details }])
}

/// Branches that still need a fix or a decision: `None` when nothing does, empty when it is the latest release of a policy
/// without branches. Branches whose support had ended when the case was opened need none.
pub fn undecided(case: &Case, policy: &Policy) -> Option<Vec<String>> {
    if policy.versions.rule == VersionRule::Latest {
        return case.fixes.is_empty().then(Vec::new);
    }
    let open: Vec<String> = versions::supported(policy, case.opened_at)
        .into_iter()
        .filter(|supported| !case.fixes.iter().any(|fix| versions::is_about(policy, case, fix, &supported.branch)))
        .map(|supported| supported.branch.clone())
        .collect();
    (!open.is_empty()).then_some(open)
}

pub(crate) fn audit(looked: &str, found: &str) -> Result<Vec<Event>, Refusal> {
    Ok(vec![Event::Audited {
        looked: required("looked", looked, MESSAGE_LIMIT)?,
        found: required("found", found, MESSAGE_LIMIT)?,
    }])
}
