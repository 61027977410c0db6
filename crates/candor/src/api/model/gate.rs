//! What the gates of the policy hold back, what they wait for, and what was done without.

use super::instant::Instant;
use super::people::{Member, Names};
use super::words::{Need, Role, Step};
use candor_core::case;
use candor_core::gates;
use candor_core::policy::{self, Policy};
use candor_core::refusal;
use schemars::JsonSchema;
use serde::Serialize;

/// Something that is missing before a step.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Missing {
    /// The gate, by what it asks for.
    pub gate: Need,
    /// What is missing.
    pub what: String,
    /// Who could mend it, and how.
    pub mend: String,
    /// The command that brings it; empty when only the reporter can.
    pub command: &'static str,
    /// The least role of those who could mend it; null when only the reporter can.
    pub role: Option<Role>,
    /// Ids of members whose act would not mend it, such as the one who verified.
    pub except: Vec<String>,
    /// The sentence of the policy it rests on.
    pub because: String,
    /// The least role that may take the step without it, with `override-gate`; null when nobody may.
    pub may_override: Option<Role>,
}

impl From<&refusal::Missing> for Missing {
    fn from(core: &refusal::Missing) -> Self {
        Self {
            gate: core.gate.into(),
            what: core.what.clone(),
            mend: core.mend.clone(),
            command: core.command,
            role: core.role.map(Into::into),
            except: core.except.iter().map(|member| member.0.clone()).collect(),
            because: core.because.clone(),
            may_override: core.may_override.map(Into::into),
        }
    }
}

/// A step that gates of the policy hold back.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Closed {
    /// The step.
    pub step: Step,
    /// Everything that is missing, for a member who has no part in the case yet.
    pub missing: Vec<Missing>,
}

/// The steps that the gates of a policy hold back for now.
pub fn closed(case: &case::Case, policy: &Policy) -> Vec<Closed> {
    let held = |step: &policy::Step| {
        let refusal = gates::missing(case, policy, *step, None)?;
        Some(Closed { step: (*step).into(), missing: refusal.missing.iter().map(Into::into).collect() })
    };
    policy::Step::ALL.iter().filter_map(held).collect()
}

/// A step taken without what a gate asks for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Override {
    /// When.
    pub at: Instant,
    /// Who.
    pub by: Member,
    /// The step.
    pub step: Step,
    /// The gate, by what it asks for.
    pub gate: Need,
    /// Why.
    pub reason: String,
    /// Whether the step was taken since.
    pub used: bool,
}

impl Override {
    /// As the team sees it.
    pub fn of(core: &case::Override, names: &Names) -> Self {
        Self {
            at: core.at.into(),
            by: names.member(&core.by),
            step: core.step.into(),
            gate: core.gate.into(),
            reason: core.reason.clone(),
            used: core.used,
        }
    }
}
