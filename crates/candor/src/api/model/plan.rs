//! What the policy says of a report, how much work a fix is, and when it is mended.

use super::instant::Instant;
use super::people::{Member, Names};
use super::words::{Effort, Justification, Plan};
use candor_core::case;
use candor_core::event::ReportFacts;
use candor_core::planning;
use candor_core::policy::Policy;
use candor_core::{scope, versions};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// Something the policy says that may concern a report. It helps, and decides nothing.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Hint {
    /// `product`, `covered`, `out-of-scope`, `known` or `version`.
    pub about: &'static str,
    /// The clause, where it is one.
    pub clause: Option<String>,
    /// In words.
    pub text: String,
    /// Where to go instead, where the policy names an address.
    pub to: Option<String>,
}

impl From<scope::Hint> for Hint {
    fn from(core: scope::Hint) -> Self {
        Self { about: core.about.name(), clause: core.clause, text: core.text, to: core.to }
    }
}

/// The version reported, against what the policy supports on the day it was reported.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Support {
    /// `supported`, `ended`, `older`, `not-listed` or `unknown`.
    pub state: &'static str,
    /// In a sentence; empty when nothing is known.
    pub words: String,
}

/// What the policy says of the version in a report.
pub fn support(facts: &ReportFacts, policy: &Policy, at: Timestamp) -> Support {
    let product = Some(facts.product.trim()).filter(|name| !name.is_empty());
    let support = versions::support(policy, product, &facts.version, at);
    Support { state: support.name(), words: support.words() }
}

/// How much work a fix is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct EffortOf {
    pub at: Instant,
    pub by: Member,
    pub effort: Effort,
    pub text: String,
}

/// What the policy's rule proposes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Proposal {
    /// What.
    pub plan: Plan,
    /// The date of the regular update.
    pub on: Option<Instant>,
    /// Why.
    pub because: String,
}

/// What was decided.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Decided {
    /// When it was decided.
    pub at: Instant,
    /// Who.
    pub by: Member,
    /// What.
    pub plan: Plan,
    /// The date of the regular update it goes with.
    pub on: Option<Instant>,
    /// Why.
    pub reason: String,
    /// What the policy's rule proposed then.
    pub proposed: Option<Plan>,
}

/// What a vulnerability of a package means here.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Assessment {
    pub at: Instant,
    pub by: Member,
    pub package: String,
    pub affected: bool,
    pub justification: Option<Justification>,
    pub text: String,
    /// The public identifier under which everybody may read it, but for the words.
    pub public_as: Option<String>,
}

/// Effort, proposal, decision and assessments of a case.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Planning {
    /// How much work a fix is.
    pub effort: Option<EffortOf>,
    /// What the policy's rule proposes now.
    pub proposal: Option<Proposal>,
    /// What was decided.
    pub decided: Option<Decided>,
    /// Packages whose vulnerabilities were assessed.
    pub dependencies: Vec<Assessment>,
}

impl Planning {
    /// As the team sees it at `now`.
    pub fn of(core: &case::Case, policy: &Policy, names: &Names, now: Timestamp) -> Self {
        Self {
            effort: core.effort.as_ref().map(|known| EffortOf {
                at: known.at.into(),
                by: names.member(&known.by),
                effort: known.effort.into(),
                text: known.text.clone(),
            }),
            proposal: planning::proposal(core, policy, now).map(|proposal| Proposal {
                plan: proposal.plan.into(),
                on: proposal.on.map(Into::into),
                because: proposal.because,
            }),
            decided: core.plan.as_ref().map(|known| Decided {
                at: known.at.into(),
                by: names.member(&known.by),
                plan: known.plan.into(),
                on: known.on.map(Into::into),
                reason: known.reason.clone(),
                proposed: known.proposed.map(Into::into),
            }),
            dependencies: core
                .dependencies
                .iter()
                .map(|known| Assessment {
                    at: known.at.into(),
                    by: names.member(&known.by),
                    package: known.package.clone(),
                    affected: known.affected,
                    justification: known.justification.map(Into::into),
                    text: known.text.clone(),
                    public_as: known.public_as.clone(),
                })
                .collect(),
        }
    }
}
