//! Is it true, how bad is it, and what does the team say: verification, verdict, rating.

use crate::case::Case;
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, optional, text as required};
use crate::event::{Event, Outcome, VerificationFacts};
use crate::gates;
use crate::id::{CaseId, MemberId};
use crate::policy::{Policy, Step};
use crate::refusal::Refusal;
use candor_formats::cvss::{CvssVector, Severity};
use jiff::Timestamp;

pub(crate) fn describe(
    title: &str,
    product: &Option<String>,
    component: &Option<String>,
    aliases: &[String],
) -> Result<Vec<Event>, Refusal> {
    let line = |field, value: &Option<String>| -> Result<Option<String>, Refusal> {
        Ok(match value {
            Some(value) => Some(optional(field, value, LINE_LIMIT)?).filter(|value| !value.is_empty()),
            None => None,
        })
    };
    let mut kept: Vec<String> = Vec::new();
    for alias in aliases {
        let alias = optional("aliases", alias, LINE_LIMIT)?;
        if !alias.is_empty() && !kept.contains(&alias) {
            kept.push(alias);
        }
    }
    Ok(vec![Event::Described {
        title: required("title", title, LINE_LIMIT)?,
        product: line("product", product)?,
        component: line("component", component)?,
        aliases: kept,
    }])
}

/// Gives the case to a member, or to nobody. Whether the member may work on it, the shell has looked up.
pub(crate) fn assign(case: &Case, to: &Option<MemberId>, may_hold: bool) -> Result<Vec<Event>, Refusal> {
    if let Some(member) = to {
        if member.as_str().chars().count() > MEMBER_LIMIT {
            return Err(Refusal::TooLong { field: "to", limit: MEMBER_LIMIT });
        }
        if !may_hold {
            return Err(Refusal::Field {
                field: "to",
                problem: "nobody who works on cases of this program has this id; name one of its members".into(),
            });
        }
    }
    if case.assignee == *to {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Assigned { to: to.clone() }])
}

/// Characters of a member's id.
const MEMBER_LIMIT: usize = 64;

pub(crate) fn verify(facts: &VerificationFacts) -> Result<Vec<Event>, Refusal> {
    Ok(vec![Event::Verified {
        facts: VerificationFacts {
            environment: required("environment", &facts.environment, MESSAGE_LIMIT)?,
            result: facts.result,
            conditions: optional("conditions", &facts.conditions, MESSAGE_LIMIT)?,
            impact: optional("impact", &facts.impact, MESSAGE_LIMIT)?,
        },
    }])
}

pub(crate) fn discuss(text: &str) -> Result<Vec<Event>, Refusal> {
    Ok(vec![Event::Discussed { text: required("text", text, MESSAGE_LIMIT)? }])
}

pub(crate) fn confirm(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    text: &str,
) -> Result<Vec<Event>, Refusal> {
    undecided(case)?;
    let text = required("text", text, MESSAGE_LIMIT)?;
    gates::pass(case, policy, Step::Confirm, member)?;
    Ok(vec![Event::Confirmed { text }])
}

fn dismiss(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    outcome: Outcome,
    text: &str,
) -> Result<Vec<Event>, Refusal> {
    if !case.state.is_open() {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Reopen it first." });
    }
    let text = optional("text", text, MESSAGE_LIMIT)?;
    if text.is_empty() {
        return Err(Refusal::Field {
            field: "text",
            problem: "tell the reporter the reason; a verdict without one is not given".into(),
        });
    }
    gates::pass(case, policy, Step::Reject, member)?;
    Ok(vec![Event::Dismissed { outcome, text }])
}

pub(crate) fn reject(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    text: &str,
) -> Result<Vec<Event>, Refusal> {
    dismiss(case, policy, member, Outcome::Rejected, text)
}

pub(crate) fn out_of_scope(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    clause: &str,
    instead: &str,
    text: &str,
) -> Result<Vec<Event>, Refusal> {
    let clause = required("clause", clause, LINE_LIMIT)?;
    let mut instead = optional("instead", instead, 2_000)?;
    match policy.scope.out.iter().find(|out| out.clause == clause) {
        Some(out) if instead.is_empty() => instead = out.instead.clone().unwrap_or_default(),
        Some(_) => {}
        None if policy.scope.out.is_empty() => {}
        None => {
            let known: Vec<_> = policy.scope.out.iter().map(|out| out.clause.as_str()).collect();
            return Err(Refusal::Field {
                field: "clause",
                problem: format!("the policy has no clause `{clause}`; it has {}", known.join(", ")),
            });
        }
    }
    dismiss(case, policy, member, Outcome::OutOfScope { clause, instead }, text)
}

pub(crate) fn duplicate(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    of: &Option<CaseId>,
    text: &str,
) -> Result<Vec<Event>, Refusal> {
    if of.as_ref() == Some(&case.id) {
        return Err(Refusal::Field { field: "of", problem: "this is the same case; name the other one".into() });
    }
    dismiss(case, policy, member, Outcome::Duplicate { of: of.clone() }, text)
}

pub(crate) fn scanner_output(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    text: &str,
) -> Result<Vec<Event>, Refusal> {
    dismiss(case, policy, member, Outcome::ScannerOutput, text)
}

fn undecided(case: &Case) -> Result<(), Refusal> {
    match case.state {
        crate::case::State::New | crate::case::State::Triage => Ok(()),
        state => {
            Err(Refusal::WrongState { state: state.name(), next: "Its verdict stands; reopen the case to change it." })
        }
    }
}

pub(crate) fn rate(vectors: &[String], severity: Option<Severity>) -> Result<Vec<Event>, Refusal> {
    let mut kept = Vec::new();
    let mut newest: Option<(u8, Severity)> = None;
    for vector in vectors.iter().map(|vector| vector.trim()).filter(|vector| !vector.is_empty()) {
        let parsed: CvssVector = vector
            .parse()
            .map_err(|cause| Refusal::Field { field: "vectors", problem: format!("`{vector}`: {cause}") })?;
        let rank = if vector.starts_with("CVSS:4") { 4 } else { 3 };
        if newest.is_none_or(|(seen, _)| rank >= seen) {
            newest = Some((rank, parsed.severity()));
        }
        kept.push(parsed.to_string());
    }
    let severity = match (severity, newest) {
        (Some(named), None) => named,
        (_, Some((_, computed))) => computed,
        (None, None) => {
            return Err(Refusal::Field { field: "vectors", problem: "give a CVSS vector, or name a severity".into() });
        }
    };
    Ok(vec![Event::Rated { vectors: kept, severity }])
}

pub(crate) fn set_weakness(cwe: u32) -> Result<Vec<Event>, Refusal> {
    if candor_formats::cwe::Cwe::get(cwe).is_none() {
        return Err(Refusal::Field {
            field: "cwe",
            problem: format!("CWE-{cwe} is not in the list; look it up by its name"),
        });
    }
    Ok(vec![Event::WeaknessSet { cwe }])
}

pub(crate) fn estimate(
    policy: &Policy,
    promise: &str,
    until: Timestamp,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    if policy.promise(promise).is_none() {
        return Err(Refusal::NoPromise(promise.to_owned()));
    }
    if until <= now {
        return Err(Refusal::InThePast);
    }
    let reason = required("reason", reason, MESSAGE_LIMIT)?;
    Ok(vec![Event::Estimated { promise: promise.to_owned(), until, reason }])
}
