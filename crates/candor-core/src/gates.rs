//! What must be on record before a step.

use crate::case::Case;
use crate::id::MemberId;
use crate::policy::{Gate, Need, Policy, Step, VersionRule};
use crate::refusal::{GateRefusal, Missing, Refusal};

/// Asks every gate of the policy before `step`.
///
/// # Errors
/// [`Refusal::Gate`] with everything that is missing.
pub fn pass(case: &Case, policy: &Policy, step: Step, actor: Option<&MemberId>) -> Result<(), Refusal> {
    match missing(case, policy, step, actor) {
        Some(refusal) => Err(Refusal::Gate(refusal)),
        None => Ok(()),
    }
}

/// What is missing before `step`; `None` when nothing is. Pages show it beside the act.
pub fn missing(case: &Case, policy: &Policy, step: Step, actor: Option<&MemberId>) -> Option<GateRefusal> {
    let mut missing: Vec<Missing> = Vec::new();
    for gate in policy.gates.iter().filter(|gate| gate.before == step) {
        if let Some((what, mend)) = lacks(case, policy, gate, actor) {
            // Two gates can lack the same thing; it is told once.
            if missing.iter().all(|told| told.what != what) {
                missing.push(Missing { what, mend, because: gate.because.clone() });
            }
        }
    }
    (!missing.is_empty()).then(|| GateRefusal { step: verb(step), missing })
}

/// Whether what one gate asks for is on record, for `actor` as the one who takes the step.
pub fn is_passed(case: &Case, policy: &Policy, gate: &Gate, actor: Option<&MemberId>) -> bool {
    lacks(case, policy, gate, actor).is_none()
}

/// A step as a verb.
pub fn verb(step: Step) -> &'static str {
    match step {
        Step::Confirm => "confirm",
        Step::Reject => "reject",
        Step::Approve => "approve",
        Step::Publish => "publish",
        Step::Close => "close",
    }
}

/// What one gate lacks, and who could mend it.
fn lacks(case: &Case, policy: &Policy, gate: &Gate, actor: Option<&MemberId>) -> Option<(String, String)> {
    let say = |what: &str, mend: &str| Some((what.to_owned(), mend.to_owned()));
    match gate.needs {
        Need::Verification if case.verifications.is_empty() => {
            say("Nobody has recorded a verification", "Any member of the team can try it and record what they found")
        }
        Need::AnotherMember if case.verifications.is_empty() => say(
            "Nobody has recorded a verification",
            "Any other member of the team can record one; then this step is open to those who did not verify",
        ),
        Need::AnotherMember if !case.verifications.iter().any(|record| Some(&record.by) != actor) => Some((
            format!("Another member than the one who verified has to {}", verb(gate.before)),
            "Any other member of the team can do it".into(),
        )),
        Need::TwoMembersDiscussed if case.discussed_by.len() < 2 => {
            let (what, mend) = match case.discussed_by.len() {
                0 => ("No member is on record as having discussed the next steps", "Two members have to record it"),
                _ => (
                    "Only one member is on record as having discussed the next steps",
                    "Any other member of the team can record it",
                ),
            };
            say(what, mend)
        }
        Need::SimilarProblemsAudit if case.audits.is_empty() => say(
            "The code has not been audited for similar problems",
            "Any member of the team can record where they looked and what they found",
        ),
        Need::DecisionPerVersion => undecided(case, policy),
        Need::Remediation if !case.is_remedied() => say(
            "No fix, countermeasure or workaround is in force",
            "Any member of the team can record it once it is released",
        ),
        Need::Severity if case.rating.is_none() => {
            say("The severity is not rated", "Any member of the team can rate it with a CVSS vector")
        }
        Need::SecondApprover => {
            let author = case.advisory.author.as_ref();
            let approver = if gate.before == Step::Approve { actor } else { case.advisory.approved_by.as_ref() };
            if author.is_some() && approver.is_some() && approver != author {
                return None;
            }
            say(
                "Somebody other than its last author has to approve the advisory",
                "Any other member of the team can do it",
            )
        }
        Need::CreditAsked if !case.credit_asked && !case.reports.iter().all(|report| report.erased) => say(
            "The reporter has not been asked how they wish to be credited",
            "Any member of the team can ask; the reporter need not have answered",
        ),
        Need::Timeline if case.embargo.is_none() => {
            say("No disclosure timeline is on record", "A coordinator can propose a date to the reporter")
        }
        _ => None,
    }
}

/// Supported versions without a fix or a decision. Branches whose support had ended when the case was opened need none.
fn undecided(case: &Case, policy: &Policy) -> Option<(String, String)> {
    let mend = "Any member of the team can record a fix, or that the version is not affected or will not be fixed";
    if policy.versions.rule == VersionRule::Latest {
        return case
            .fixes
            .is_empty()
            .then(|| ("The latest release has no fix and no decision on record".to_owned(), mend.to_owned()));
    }
    let opened = case.opened_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let open: Vec<_> = policy
        .versions
        .supported
        .iter()
        .filter(|supported| supported.until.is_none_or(|until| until >= opened))
        .filter(|supported| !case.fixes.iter().any(|fix| fix.branch.trim() == supported.branch.trim()))
        .map(|supported| supported.branch.as_str())
        .collect();
    (!open.is_empty())
        .then(|| (format!("These versions have no fix and no decision: {}", open.join(", ")), mend.into()))
}
