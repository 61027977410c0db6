//! How much work a fix is, and when a problem is mended: the policy's rule proposes, a person decides.

use crate::case::Case;
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, optional, text as required};
use crate::event::{Event, Justification};
use crate::policy::{Effort, Plan, Policy};
use crate::refusal::Refusal;
use candor_formats::identifiers::{self, Kind};
use jiff::Timestamp;

/// What the policy's rule proposes for a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What.
    pub plan: Plan,
    /// The date of the regular update, when the policy has a cycle.
    pub on: Option<Timestamp>,
    /// Why, in words.
    pub because: String,
}

/// What the policy's rule proposes from severity, effort and the assessments of packages; `None` while it does not say.
pub fn proposal(case: &Case, policy: &Policy, now: Timestamp) -> Option<Proposal> {
    let rules = &policy.severity;
    let propose = |plan: Plan, because: String| {
        let cycle = policy.dependencies.cycle.filter(|_| plan == Plan::NextUpdate);
        let on = cycle.and_then(|cycle| Some(policy.calendar().ok()?.due(now, cycle, &[])));
        Some(Proposal { plan, on, because })
    };
    if !case.dependencies.is_empty() && case.dependencies.iter().all(|known| !known.affected) {
        return propose(Plan::NextUpdate, "no package assessed makes the product vulnerable".into());
    }
    let severity = case.severity()?;
    let effort = case.effort.as_ref().map(|estimate| estimate.effort);
    let name = rules.label(severity);
    let with_effort = |name: &str| match effort {
        Some(effort) => format!("severity {name}, effort {}", effort.name()),
        None => format!("severity {name}"),
    };
    let fits = |rule: &&crate::policy::DecisionRule| {
        (rule.severities.is_empty() || rule.severities.contains(&severity))
            && (rule.efforts.is_empty() || effort.is_some_and(|effort| rule.efforts.contains(&effort)))
    };
    if let Some(rule) = rules.decide.iter().find(fits) {
        return propose(rule.then, with_effort(&name));
    }
    if rules.always.contains(&severity) {
        return propose(Plan::FixNow, format!("severity {name} is addressed whatever the effort"));
    }
    if rules.when_small.contains(&severity) {
        return match effort? {
            Effort::Small => propose(Plan::FixNow, format!("severity {name} is addressed when the effort is small")),
            _ => {
                propose(Plan::NextUpdate, format!("severity {name} is addressed at once only when the effort is small"))
            }
        };
    }
    None
}

pub(crate) fn estimate_effort(effort: Effort, text: &str) -> Result<Vec<Event>, Refusal> {
    Ok(vec![Event::EffortEstimated { effort, text: required("text", text, MESSAGE_LIMIT)? }])
}

/// Puts the decision on record. What agrees with the proposal needs no further reason; what overrules it, or leaves the
/// problem as it is, does.
pub(crate) fn decide(
    case: &Case,
    policy: &Policy,
    plan: Plan,
    on: Option<Timestamp>,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    if !case.state.is_open() {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Reopen it first." });
    }
    let proposal = proposal(case, policy, now);
    let proposed = proposal.as_ref().map(|proposal| proposal.plan);
    let mut reason = optional("reason", reason, MESSAGE_LIMIT)?;
    if reason.is_empty() {
        match &proposal {
            Some(proposal) if proposal.plan == plan && plan != Plan::WillNotFix => {
                reason = format!("As the policy proposes: {}.", proposal.because);
            }
            _ => {
                let problem = match (plan, &proposal) {
                    (Plan::WillNotFix, _) => "say why it will not be fixed; the reporter is told".to_owned(),
                    (_, Some(proposal)) => {
                        format!("the policy proposes to {}; say why you decide otherwise", proposal.plan.label())
                    }
                    (_, None) => "say why; the policy proposes nothing here".to_owned(),
                };
                return Err(Refusal::Field { field: "reason", problem });
            }
        }
    }
    let on = match (plan, on) {
        (Plan::NextUpdate, Some(on)) if on <= now => return Err(Refusal::InThePast),
        (Plan::NextUpdate, Some(on)) => Some(on),
        (Plan::NextUpdate, None) => match proposal.and_then(|proposal| proposal.on).or_else(|| cycle(policy, now)) {
            Some(on) => Some(on),
            None => {
                let problem = "name the date of the regular update; the policy has no cycle".into();
                return Err(Refusal::Field { field: "on", problem });
            }
        },
        (_, Some(_)) => {
            let problem = "a date belongs to the next regular update only; leave it out".into();
            return Err(Refusal::Field { field: "on", problem });
        }
        (_, None) => None,
    };
    Ok(vec![Event::Decided { plan, on, reason, proposed }])
}

fn cycle(policy: &Policy, now: Timestamp) -> Option<Timestamp> {
    Some(policy.calendar().ok()?.due(now, policy.dependencies.cycle?, &[]))
}

/// What a vulnerability of a package was found to mean here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// Whether it makes the product vulnerable.
    pub(crate) affected: bool,
    /// Why not, from the closed list.
    pub(crate) justification: Option<Justification>,
}

/// Puts on record what a vulnerability of a package means here. With `public_as` everybody may read it under that public
/// identifier; only what does not make the product vulnerable, and nothing while an agreed embargo runs.
pub(crate) fn assess(
    case: &Case,
    package: &str,
    found: Found,
    text: &str,
    public_as: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let package = required("package", package, LINE_LIMIT)?;
    if package.starts_with("pkg:") {
        candor_formats::purl::Purl::parse(&package)
            .map_err(|cause| Refusal::Field { field: "package", problem: cause.to_string() })?;
    }
    let wrong = |problem: &str| Err(Refusal::Field { field: "justification", problem: problem.into() });
    let Found { affected, justification } = found;
    match (affected, justification) {
        (true, Some(_)) => return wrong("a package that makes the product vulnerable has none; leave it out"),
        (false, None) => return wrong("say why the product is not affected, from the list"),
        _ => {}
    }
    let text = required("text", text, MESSAGE_LIMIT)?;
    let public_as = match public_as.map(str::trim).filter(|id| !id.is_empty()) {
        Some(_) if package.contains(char::is_whitespace) => {
            let problem = "what everybody reads is the package alone; write its package URL, or its name".into();
            return Err(Refusal::Field { field: "package", problem });
        }
        Some(id) => Some(public_name(case, id, affected, now)?),
        None => None,
    };
    Ok(vec![Event::DependencyAssessed { package, affected, justification, text, public_as }])
}

/// The identifier under which a decision becomes public, in its usual form.
fn public_name(case: &Case, id: &str, affected: bool, now: Timestamp) -> Result<String, Refusal> {
    let wrong = |problem: String| Err(Refusal::Field { field: "public_as", problem });
    if case.drill {
        return Err(Refusal::Drill);
    }
    if affected {
        return wrong("what makes the product vulnerable becomes public with an advisory; leave it empty".into());
    }
    if let Some(until) = case.embargoed_until(now) {
        return wrong(format!("an embargo is agreed until {until}; leave it empty until then"));
    }
    // A kind of weakness names no vulnerability.
    match identifiers::recognise(id).filter(|known| !matches!(known.kind, Kind::Cwe | Kind::Capec)) {
        Some(known) => Ok(known.id),
        None => wrong("write the one public identifier of the vulnerability, such as CVE-2021-23337".into()),
    }
}
