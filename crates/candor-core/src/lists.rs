//! What events carry: closed lists of words, a record of verification, a date that moved.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a reporter is to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Works for it.
    Staff,
    /// A customer or partner of it.
    Partner,
    /// Anybody else.
    Outside,
}

impl Standing {
    /// Name in forms and the API.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Staff => "staff",
            Standing::Partner => "partner",
            Standing::Outside => "outside",
        }
    }

    /// The standing of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Standing::Staff, Standing::Partner, Standing::Outside].into_iter().find(|one| one.name() == name)
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Standing::Staff => "own staff",
            Standing::Partner => "customer or partner",
            Standing::Outside => "from outside",
        }
    }
}

/// Why a vulnerability of a package does not make a product vulnerable. A closed list.
///
/// Source: CISA, Minimum Requirements for VEX (2023), status justifications; the names are those of OpenVEX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Justification {
    /// The package is not in the product.
    ComponentNotPresent,
    /// The package is in it, the vulnerable code is not.
    VulnerableCodeNotPresent,
    /// The vulnerable code is never run.
    VulnerableCodeNotInExecutePath,
    /// An attacker cannot get at the vulnerable code.
    VulnerableCodeCannotBeControlledByAdversary,
    /// The product protects itself against it already.
    InlineMitigationsAlreadyExist,
}

impl Justification {
    /// Every one.
    pub const ALL: [Justification; 5] = [
        Justification::ComponentNotPresent,
        Justification::VulnerableCodeNotPresent,
        Justification::VulnerableCodeNotInExecutePath,
        Justification::VulnerableCodeCannotBeControlledByAdversary,
        Justification::InlineMitigationsAlreadyExist,
    ];

    /// Name as VEX documents have it.
    pub fn name(self) -> &'static str {
        match self {
            Justification::ComponentNotPresent => "component_not_present",
            Justification::VulnerableCodeNotPresent => "vulnerable_code_not_present",
            Justification::VulnerableCodeNotInExecutePath => "vulnerable_code_not_in_execute_path",
            Justification::VulnerableCodeCannotBeControlledByAdversary => {
                "vulnerable_code_cannot_be_controlled_by_adversary"
            }
            Justification::InlineMitigationsAlreadyExist => "inline_mitigations_already_exist",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Justification::ComponentNotPresent => "the package is not in the product",
            Justification::VulnerableCodeNotPresent => "the vulnerable code is not in the product",
            Justification::VulnerableCodeNotInExecutePath => "the vulnerable code is never run",
            Justification::VulnerableCodeCannotBeControlledByAdversary => {
                "an attacker cannot get at the vulnerable code"
            }
            Justification::InlineMitigationsAlreadyExist => "the product protects itself against it already",
        }
    }
}

/// A promised date that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedDate {
    /// Name of the promise.
    pub promise: String,
    /// Which run of it.
    pub cycle: u32,
    /// The date told before.
    pub was: Timestamp,
    /// The date now.
    pub is: Timestamp,
}

/// Kinds of remediation and of decisions about a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FixKind {
    /// A released fix.
    Patch,
    /// The broken feature is switched off.
    Disable,
    /// Another change makes exploitation impossible.
    Countermeasure,
    /// Users can protect themselves.
    Workaround,
    /// This version is not affected.
    NotAffected,
    /// This version will not be fixed.
    WillNotFix,
}

impl FixKind {
    /// Whether it protects users.
    pub fn is_remedy(self) -> bool {
        matches!(self, FixKind::Patch | FixKind::Disable | FixKind::Countermeasure | FixKind::Workaround)
    }

    /// Name in words.
    pub fn label(self) -> &'static str {
        match self {
            FixKind::Patch => "fix released",
            FixKind::Disable => "feature switched off",
            FixKind::Countermeasure => "countermeasure",
            FixKind::Workaround => "workaround",
            FixKind::NotAffected => "not affected",
            FixKind::WillNotFix => "will not be fixed",
        }
    }
}

/// What a member found when they tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationFacts {
    /// Where they tried: version, system, configuration.
    pub environment: String,
    /// What came of it.
    pub result: VerificationResult,
    /// What exploitation needs.
    pub conditions: String,
    /// What it leads to.
    pub impact: String,
}

/// What came of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerificationResult {
    /// It happens as told.
    Reproduced,
    /// It happens in part, or otherwise than told.
    Partly,
    /// It could not be made to happen.
    NotReproduced,
}

/// One item of a checklist, ticked off or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemTick {
    /// Name of the checklist.
    pub checklist: String,
    /// The item, as the policy has it.
    pub item: String,
    /// Whether it is done.
    pub done: bool,
}
