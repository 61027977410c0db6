//! Checklists: what a team wants looked at, item by item, in cases of a stage or of a kind.

use crate::case::State;
use candor_formats::cvss::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A list of things that members tick off in a case. It is the team's and is not published with the policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    /// Short name, by which a gate and the API know it.
    pub name: String,
    /// Heading on the case page; the name when it is empty.
    #[serde(default)]
    pub label: String,
    /// In which stages it is shown; empty for every stage.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// Only for these severities; empty for all and for a case that is not rated.
    #[serde(default)]
    #[schemars(schema_with = "super::severities")]
    pub severities: Vec<Severity>,
    /// Only for these weaknesses, by CWE number; empty for all and for a case without one.
    #[serde(default)]
    pub weaknesses: Vec<u32>,
    /// What is looked at, each a short sentence.
    pub items: Vec<String>,
}

impl Checklist {
    /// The heading.
    pub fn heading(&self) -> &str {
        if self.label.trim().is_empty() { &self.name } else { self.label.trim() }
    }
}

/// Where a case stands, as a policy says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Nobody has answered.
    New,
    /// It is looked into.
    Triage,
    /// It is confirmed, and a fix is made.
    Confirmed,
    /// A fix is out.
    Fixed,
    /// The advisory is public.
    Published,
}

impl Stage {
    /// Whether a case in this state is in this stage.
    pub fn is(self, state: State) -> bool {
        match self {
            Stage::New => state == State::New,
            Stage::Triage => state == State::Triage,
            Stage::Confirmed => state == State::Confirmed,
            Stage::Fixed => state == State::Fixed,
            Stage::Published => state == State::Published,
        }
    }
}
