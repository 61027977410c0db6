//! How a case ended, as its team sees it.

use super::instant::Instant;
use super::report::SignedProof;
use candor_core::event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The proof that the team knew before, without anything of the earlier report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownBefore {
    /// When the earlier report came in.
    pub at: Instant,
    /// Hash of its sealed journal entry, as hexadecimal digits.
    pub hash: String,
    /// Its signed proof of receipt, without the report and what opens it; `candor report verify-proof` checks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<SignedProof>,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Outcome {
    Confirmed,
    Rejected,
    OutOfScope {
        /// The clause of the policy.
        clause: String,
        /// Where to go instead.
        instead: String,
    },
    Redirected {
        /// Where to go.
        to: String,
        /// The clause of the policy, if it is one.
        clause: Option<String>,
    },
    NotAVulnerability {
        /// The clause of the policy.
        clause: String,
    },
    Duplicate {
        /// The case that has it.
        #[serde(default)]
        of: Option<String>,
        /// The proof that the team knew before.
        #[serde(default)]
        known: Option<KnownBefore>,
    },
    ScannerOutput,
    CannotReproduce,
    InDependency {
        /// The package, as a package URL or by name.
        package: String,
        /// Where it is mended; empty when that is not known.
        #[serde(default)]
        to: String,
    },
    AlreadyFixed {
        /// The version that has the fix.
        version: String,
    },
    Accepted {
        /// The clause of the policy, if it is one.
        #[serde(default)]
        clause: Option<String>,
    },
    NotSecurity,
    Spam,
    Withdrawn,
    NoAnswer,
}

impl From<&event::Outcome> for Outcome {
    fn from(core: &event::Outcome) -> Self {
        match core.clone() {
            event::Outcome::Confirmed => Self::Confirmed,
            event::Outcome::Rejected => Self::Rejected,
            event::Outcome::OutOfScope { clause, instead } => Self::OutOfScope { clause, instead },
            event::Outcome::Redirected { to, clause } => Self::Redirected { to, clause },
            event::Outcome::NotAVulnerability { clause } => Self::NotAVulnerability { clause },
            event::Outcome::Duplicate { of, known } => Self::Duplicate {
                of: of.map(|of| of.0),
                known: known.map(|known| KnownBefore {
                    at: known.at.into(),
                    hash: known.hash,
                    proof: known
                        .proof
                        .and_then(|text| serde_json::from_str::<crate::proof::Proof>(&text).ok())
                        .map(Into::into),
                }),
            },
            event::Outcome::ScannerOutput => Self::ScannerOutput,
            event::Outcome::CannotReproduce => Self::CannotReproduce,
            event::Outcome::InDependency { package, to } => Self::InDependency { package, to },
            event::Outcome::AlreadyFixed { version } => Self::AlreadyFixed { version },
            event::Outcome::Accepted { clause } => Self::Accepted { clause },
            event::Outcome::NotSecurity => Self::NotSecurity,
            event::Outcome::Spam => Self::Spam,
            event::Outcome::Withdrawn => Self::Withdrawn,
            event::Outcome::NoAnswer => Self::NoAnswer,
        }
    }
}

impl From<Outcome> for event::Outcome {
    fn from(outside: Outcome) -> Self {
        match outside {
            Outcome::Confirmed => Self::Confirmed,
            Outcome::Rejected => Self::Rejected,
            Outcome::OutOfScope { clause, instead } => Self::OutOfScope { clause, instead },
            Outcome::Redirected { to, clause } => Self::Redirected { to, clause },
            Outcome::NotAVulnerability { clause } => Self::NotAVulnerability { clause },
            // The proof is Candor's to make.
            Outcome::Duplicate { of, .. } => Self::Duplicate { of: of.map(Into::into), known: None },
            Outcome::ScannerOutput => Self::ScannerOutput,
            Outcome::CannotReproduce => Self::CannotReproduce,
            Outcome::InDependency { package, to } => Self::InDependency { package, to },
            Outcome::AlreadyFixed { version } => Self::AlreadyFixed { version },
            Outcome::Accepted { clause } => Self::Accepted { clause },
            Outcome::NotSecurity => Self::NotSecurity,
            Outcome::Spam => Self::Spam,
            Outcome::Withdrawn => Self::Withdrawn,
            Outcome::NoAnswer => Self::NoAnswer,
        }
    }
}
