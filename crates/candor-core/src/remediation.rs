//! Fixes, decisions per version, and the audit for similar problems.

use crate::case::Case;
use crate::command::VersionDecision;
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, optional, text as required};
use crate::event::{Event, FixKind};
use crate::policy::{Policy, VersionRule};
use crate::refusal::Refusal;
use crate::versions;
use candor_formats::identifiers::{Named, mentions};

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

/// Decisions about several versions: each as if recorded alone, and none when one cannot be.
pub(crate) fn versions(case: &Case, policy: &Policy, decisions: &[VersionDecision]) -> Result<Vec<Event>, Refusal> {
    let supported = crate::versions::supported(policy, case.opened_at);
    if decisions.is_empty() {
        return Err(Refusal::Field { field: "decisions", problem: "decide about at least one version".into() });
    }
    let mut events = Vec::new();
    for (at, decision) in decisions.iter().enumerate() {
        let VersionDecision { branch, kind, version, url, details } = decision;
        let of = if branch.trim().is_empty() { "the latest release".to_owned() } else { branch.trim().to_owned() };
        if decisions[..at].iter().any(|other| other.branch.trim() == branch.trim()) {
            return Err(Refusal::Field {
                field: "decisions",
                problem: format!("{of} stands there twice; decide it once"),
            });
        }
        if !supported.is_empty() && !supported.iter().any(|known| known.branch == branch.trim()) {
            let known: Vec<&str> = supported.iter().map(|known| known.branch.as_str()).collect();
            let problem = format!("{of} is not supported by the policy; supported are {}", known.join(", "));
            return Err(Refusal::Field { field: "decisions", problem });
        }
        match fix(case, branch, *kind, version, url, details) {
            Ok(one) => events.extend(one),
            Err(Refusal::Field { field, problem }) => {
                return Err(Refusal::Field { field, problem: format!("for {of}, {problem}") });
            }
            Err(other) => return Err(other),
        }
    }
    Ok(events)
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

/// Tasks of one case.
const TASKS: u32 = 200;

/// Sets up a task of the fix, or changes one. What is done says what shows it.
pub(crate) fn task(
    case: &Case,
    number: Option<u32>,
    title: &str,
    pointers: &[String],
    evidence: &str,
    done: bool,
) -> Result<Vec<Event>, Refusal> {
    let last = case.tasks.iter().map(|task| task.number).max().unwrap_or_default();
    let task = match number {
        None if last >= TASKS => {
            return Err(Refusal::Field { field: "task", problem: format!("a case has at most {TASKS} tasks") });
        }
        None => last + 1,
        Some(number) if case.tasks.iter().any(|task| task.number == number) => number,
        Some(number) => {
            return Err(Refusal::Field { field: "task", problem: format!("there is no task {number} in this case") });
        }
    };
    let mut kept = Vec::new();
    for pointer in pointers.iter().take(50) {
        let pointer = optional("pointers", pointer, 2_000)?;
        if !pointer.is_empty() {
            kept.push(pointer);
        }
    }
    let evidence = optional("evidence", evidence, MESSAGE_LIMIT)?;
    if done && kept.is_empty() && evidence.is_empty() {
        return Err(Refusal::Field {
            field: "evidence",
            problem: "say what shows that it is done: a commit, a pull request, a test that failed before".into(),
        });
    }
    Ok(vec![Event::TaskSet { task, title: required("title", title, LINE_LIMIT)?, pointers: kept, evidence, done }])
}

/// Asks the reporter to try whether the fix holds.
pub(crate) fn ask_retest(case: &Case, text: &str) -> Result<Vec<Event>, Refusal> {
    use crate::case::State;
    if !matches!(case.state, State::Confirmed | State::Fixed | State::Published) {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Confirm the report first." });
    }
    Ok(vec![Event::RetestAsked { text: required("text", text, MESSAGE_LIMIT)? }])
}

/// What the reporter found when they tried it. They can say so unasked, once there is something to try.
pub(crate) fn retest(case: &Case, report: u32, holds: bool, text: &str) -> Result<Vec<Event>, Refusal> {
    let text = if holds { optional("text", text, MESSAGE_LIMIT)? } else { required("text", text, MESSAGE_LIMIT)? };
    if case.retests.iter().all(|known| known.found.is_some()) && !case.is_remedied() {
        return Err(Refusal::WrongState {
            state: case.state.name(),
            next: "There is no fix to try yet; write a message.",
        });
    }
    Ok(vec![Event::Retested { report, holds, text }])
}

/// A place where the same mistake could be: what an earlier case looked at, and why it is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where: a component, or what an earlier audit looked at.
    pub place: String,
    /// Why it is proposed.
    pub because: String,
    /// The case it comes from.
    pub case: Option<crate::id::CaseId>,
}

/// Functions that the reports of a case name.
fn functions(case: &Case) -> Vec<String> {
    let texts = case.reports.iter().map(|report| format!("{}\n{}", report.facts.description, report.facts.steps));
    let named = texts.flat_map(|text| mentions(&text));
    let mut names: Vec<String> = named.filter(|one| one.named == Named::Function).map(|one| one.text).collect();
    names.dedup();
    names
}

/// Places where the same mistake could be: the components of the product, and where earlier cases of the same component, the
/// same weakness or the same function looked. `others` are cases that the asker may see.
pub fn places<'c>(case: &Case, policy: &Policy, others: impl IntoIterator<Item = &'c Case>) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let same = |one: &Option<String>, other: &Option<String>| matches!((one, other), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other));
    let own = functions(case);
    for other in others.into_iter().filter(|other| other.id != case.id && other.program == case.program) {
        let because = match (same(&case.component, &other.component), case.cwe.is_some() && case.cwe == other.cwe) {
            (true, true) => "the same component and the same weakness",
            (true, false) => "the same component",
            (false, true) => "the same weakness",
            (false, false) if own.is_empty() => continue,
            (false, false) => match functions(other).into_iter().find(|name| own.contains(name)) {
                Some(name) => {
                    let place = other.component.clone().unwrap_or_else(|| name.clone());
                    let because = format!("the same function, {name}");
                    places.push(Place { place, because, case: Some(other.id.clone()) });
                    continue;
                }
                None => continue,
            },
        };
        let audited = other.audits.iter().map(|audit| audit.looked.clone());
        let component = other.component.clone().filter(|_| other.audits.is_empty());
        for place in audited.chain(component) {
            if !places.iter().any(|known| known.place == place) {
                places.push(Place { place, because: because.into(), case: Some(other.id.clone()) });
            }
        }
    }
    let product = policy.scope.products.iter().find(|product| Some(&product.name) == case.product.as_ref());
    for component in product.into_iter().flat_map(|product| &product.components) {
        let own = case.component.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(component));
        if !places.iter().any(|known| known.place == *component) {
            let because = if own { "where it was found" } else { "another part of the product" };
            places.push(Place { place: component.clone(), because: because.into(), case: None });
        }
    }
    places.truncate(12);
    places
}
