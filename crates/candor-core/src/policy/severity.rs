//! The scale of severities, and what it means for the work: bands of a score or named levels, and decisions proposed from
//! severity and effort.

use candor_formats::cvss::{CvssVector, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is promised per severity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeverityRules {
    /// The rule in words.
    #[serde(default)]
    pub statement: String,
    /// The program's own levels, the most severe first, at most five. With them no score is used, and wherever the file
    /// names a severity it names a level.
    #[serde(default)]
    pub levels: Vec<String>,
    /// Where the bands of a score begin, when they are not those of CVSS.
    #[serde(default)]
    pub bands: Option<Bands>,
    /// Severities that are addressed whatever the effort.
    #[serde(default)]
    #[schemars(schema_with = "super::severities")]
    pub always: Vec<Severity>,
    /// Severities that are addressed when the effort is small.
    #[serde(default)]
    #[schemars(schema_with = "super::severities")]
    pub when_small: Vec<Severity>,
    /// Decisions proposed from severity and effort; the first line that fits counts, before `always` and `when_small`.
    #[serde(default)]
    pub decide: Vec<DecisionRule>,
}

/// Where the bands of a score begin, from 0 to 10.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bands {
    /// Least score of Low.
    pub low: f64,
    /// Least score of Medium.
    pub medium: f64,
    /// Least score of High.
    pub high: f64,
    /// Least score of Critical.
    pub critical: f64,
}

/// One line of the table of decisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRule {
    /// For these severities; empty means for all.
    #[serde(default)]
    #[schemars(schema_with = "super::severities")]
    pub severities: Vec<Severity>,
    /// For these efforts; empty means for all, also before one is estimated.
    #[serde(default)]
    pub efforts: Vec<Effort>,
    /// What is proposed.
    pub then: Plan,
}

/// How much work a fix is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    /// Little: it is done beside other work.
    Small,
    /// Some: it has to be planned.
    Medium,
    /// Much: it moves other work.
    Large,
}

impl Effort {
    /// Every one, the least first.
    pub const ALL: [Effort; 3] = [Effort::Small, Effort::Medium, Effort::Large];

    /// Name in the policy and the API.
    pub fn name(self) -> &'static str {
        match self {
            Effort::Small => "small",
            Effort::Medium => "medium",
            Effort::Large => "large",
        }
    }
}

/// When a problem is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Plan {
    /// Now, before other work.
    FixNow,
    /// With the next regular update.
    NextUpdate,
    /// Not at all.
    WillNotFix,
}

impl Plan {
    /// Every one.
    pub const ALL: [Plan; 3] = [Plan::FixNow, Plan::NextUpdate, Plan::WillNotFix];

    /// Name in the policy and the API.
    pub fn name(self) -> &'static str {
        match self {
            Plan::FixNow => "fix-now",
            Plan::NextUpdate => "next-update",
            Plan::WillNotFix => "will-not-fix",
        }
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Plan::FixNow => "fix now",
            Plan::NextUpdate => "fix with the next regular update",
            Plan::WillNotFix => "will not be fixed",
        }
    }
}

/// Ranks of named levels, the most severe first.
pub const RANKS: [Severity; 5] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::None];

impl SeverityRules {
    /// The severity of a vector on this scale.
    pub fn of(&self, vector: &CvssVector) -> Severity {
        let Some(bands) = &self.bands else { return vector.severity() };
        let score = vector.score();
        match score {
            _ if score >= bands.critical => Severity::Critical,
            _ if score >= bands.high => Severity::High,
            _ if score >= bands.medium => Severity::Medium,
            _ if score >= bands.low => Severity::Low,
            _ => Severity::None,
        }
    }

    /// The program's word for a severity.
    pub fn label(&self, severity: Severity) -> String {
        let place = RANKS.iter().position(|rank| *rank == severity).unwrap_or_default();
        self.levels.get(place).cloned().unwrap_or_else(|| severity.label().to_owned())
    }

    /// The name of a severity as the file has it, to stand in a sentence: a level of the program, or `critical`.
    pub fn name(&self, severity: Severity) -> String {
        if self.levels.is_empty() { super::levels::standard(severity).to_owned() } else { self.label(severity) }
    }

    /// The nearest severity that the scale has, for a draw from the standard one.
    pub(crate) fn nearest(&self, severity: Severity) -> Severity {
        let place = RANKS.iter().position(|rank| *rank == severity).unwrap_or_default();
        match self.levels.len() {
            0 => severity,
            levels => RANKS[place.min(levels - 1).min(RANKS.len() - 1)],
        }
    }

    /// Severities in the program's words: `Critical or High`.
    pub fn any_of(&self, severities: &[Severity]) -> String {
        let names: Vec<String> = severities.iter().map(|severity| self.label(*severity)).collect();
        super::document::or(&names)
    }

    /// The severity that a level of the program stands at.
    pub fn level(&self, name: &str) -> Option<Severity> {
        let place = self.levels.iter().position(|level| level.eq_ignore_ascii_case(name.trim()))?;
        RANKS.get(place).copied()
    }
}
