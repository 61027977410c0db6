//! Is it true, how bad is it, and what does the team say: verification, verdict, rating.

use crate::case::Case;
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, looks_like_address, optional, text as required};
use crate::event::{Event, KnownBefore, Outcome, VerificationFacts};
use crate::gates;
use crate::id::{CaseId, MemberId};
use crate::policy::{Clause, Policy, Step};
use crate::refusal::Refusal;
use candor_formats::cwe::{Cwe, Usage};
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
    if let Some(cited) = cited(&policy.out_clauses(), &clause)?
        && instead.is_empty()
    {
        instead = match &cited.to {
            Some(to) if !cited.more.contains(to.as_str()) => format!("{} {to}", cited.more).trim().to_owned(),
            _ => cited.more,
        };
    }
    dismiss(case, policy, member, Outcome::OutOfScope { clause, instead }, text)
}

/// The clause of this name among those that can be cited; `None` when the policy has none at all.
fn cited(clauses: &[Clause], name: &str) -> Result<Option<Clause>, Refusal> {
    if clauses.is_empty() {
        return Ok(None);
    }
    let found = clauses.iter().find(|clause| clause.name == name).cloned();
    found.map(Some).ok_or_else(|| {
        let known: Vec<_> = clauses.iter().map(|clause| clause.name.as_str()).collect();
        Refusal::Field {
            field: "clause",
            problem: format!("the policy has no clause `{name}` for this; it has {}", known.join(", ")),
        }
    })
}

/// Sends the reporter on to where it can be mended.
pub(crate) fn redirect(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    to: &str,
    clause: &Option<String>,
    text: &str,
) -> Result<Vec<Event>, Refusal> {
    let clause = clause.as_deref().map(str::trim).filter(|clause| !clause.is_empty());
    let mut to = optional("to", to, 2_000)?;
    if let Some(name) = clause {
        let cited = cited(&policy.out_clauses(), name)?;
        if to.is_empty() {
            to = cited.and_then(|clause| clause.to).unwrap_or_default();
        }
    }
    if !(candor_formats::uri::is_web(&to) || looks_like_address(&to)) {
        return Err(Refusal::Field {
            field: "to",
            problem: "say where to go instead: an address for mail, or a web address from https://".into(),
        });
    }
    dismiss(case, policy, member, Outcome::Redirected { to, clause: clause.map(ToOwned::to_owned) }, text)
}

/// Ends the case by a clause about what is no vulnerability here.
pub(crate) fn not_a_vulnerability(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    clause: &str,
    text: &str,
) -> Result<Vec<Event>, Refusal> {
    let clause = required("clause", clause, LINE_LIMIT)?;
    if cited(&policy.known_clauses(), &clause)?.is_none() {
        return Err(Refusal::Field {
            field: "clause",
            problem: "the policy lists nothing that is known to be no vulnerability; reject the report with a reason"
                .into(),
        });
    }
    dismiss(case, policy, member, Outcome::NotAVulnerability { clause }, text)
}

pub(crate) fn duplicate(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    of: &Option<CaseId>,
    known: &Option<KnownBefore>,
    text: &str,
) -> Result<Vec<Event>, Refusal> {
    if of.as_ref() == Some(&case.id) {
        return Err(Refusal::Field { field: "of", problem: "this is the same case; name the other one".into() });
    }
    dismiss(case, policy, member, Outcome::Duplicate { of: of.clone(), known: known.clone() }, text)
}

/// Ends the case by a verdict of the closed list that has no command of its own, or by one that has.
pub(crate) fn end(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    outcome: &Outcome,
    text: &str,
) -> Result<Vec<Event>, Refusal> {
    let wrong = |problem: &str| Err(Refusal::Field { field: "outcome", problem: problem.into() });
    let outcome = match outcome {
        Outcome::Confirmed => return wrong("confirming is a step of its own; use `confirm`"),
        Outcome::Withdrawn => return wrong("only the reporter takes a report back"),
        Outcome::NoAnswer => return wrong("only the policy closes a case for silence; reject it with your reason"),
        Outcome::Duplicate { .. } => return wrong("use `duplicate`, which can carry the proof that you knew before"),
        Outcome::OutOfScope { clause, instead } => return out_of_scope(case, policy, member, clause, instead, text),
        Outcome::Redirected { to, clause } => return redirect(case, policy, member, to, clause, text),
        Outcome::NotAVulnerability { clause } => return not_a_vulnerability(case, policy, member, clause, text),
        Outcome::InDependency { package, to } => {
            let package = required("package", package, LINE_LIMIT)?;
            if package.starts_with("pkg:") {
                candor_formats::purl::Purl::parse(&package)
                    .map_err(|cause| Refusal::Field { field: "package", problem: cause.to_string() })?;
            }
            let to = optional("to", to, 2_000)?;
            if !(to.is_empty() || candor_formats::uri::is_web(&to) || looks_like_address(&to)) {
                return Err(Refusal::Field {
                    field: "to",
                    problem: "write an address for mail, or a web address from https://, or leave it empty".into(),
                });
            }
            Outcome::InDependency { package, to }
        }
        Outcome::AlreadyFixed { version } => {
            Outcome::AlreadyFixed { version: required("version", version, LINE_LIMIT)? }
        }
        Outcome::Accepted { clause } => {
            let clause = clause.as_deref().map(str::trim).filter(|clause| !clause.is_empty());
            if let Some(name) = clause {
                cited(&policy.known_clauses(), name)?;
            }
            Outcome::Accepted { clause: clause.map(ToOwned::to_owned) }
        }
        plain @ (Outcome::Rejected
        | Outcome::ScannerOutput
        | Outcome::CannotReproduce
        | Outcome::NotSecurity
        | Outcome::Spam) => plain.clone(),
    };
    dismiss(case, policy, member, outcome, text)
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

pub(crate) fn set_weakness(cwe: u32) -> Result<Vec<Event>, Refusal> {
    let wrong = |problem: String| Err(Refusal::Field { field: "cwe", problem });
    match Cwe::get(cwe) {
        None => wrong(format!("CWE-{cwe} is not in the list; look it up by its name")),
        Some(known) if known.usage == Usage::Prohibited => wrong(format!(
            "CWE-{cwe} ({}) must not name the cause of a vulnerability; {}",
            known.name,
            suggestion(known)
        )),
        Some(_) => Ok(vec![Event::WeaknessSet { cwe }]),
    }
}

/// Weaknesses that may be used, with words of the name of one that may not.
fn suggestion(prohibited: Cwe) -> String {
    const COMMON: [&str; 12] = [
        "deprecated",
        "duplicate",
        "issues",
        "errors",
        "improper",
        "incorrect",
        "weakness",
        "with",
        "from",
        "during",
        "when",
        "category",
    ];
    let words = prohibited.name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let words: Vec<String> = words.filter(|word| word.len() > 3 && !COMMON.contains(&word.as_str())).collect();
    let mut found: Vec<(usize, Cwe)> = Cwe::all()
        .filter(|cwe| matches!(cwe.usage, Usage::Allowed))
        .map(|cwe| {
            let name = cwe.name.to_lowercase();
            (words.iter().filter(|word| name.contains(word.as_str())).count(), cwe)
        })
        .filter(|(shared, _)| *shared > 0)
        .collect();
    found.sort_by_key(|(shared, cwe)| (usize::MAX - shared, cwe.id));
    let names: Vec<String> = found.iter().take(3).map(|(_, cwe)| format!("{cwe} ({})", cwe.name)).collect();
    match names.is_empty() {
        true => "choose a more precise one by its name".into(),
        false => format!("choose a more precise one, such as {}", names.join("; ")),
    }
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
