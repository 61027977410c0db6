//! Rows that a command brings several of: answers to decision points, ticks, decisions about versions.

use super::words::FixKind;
use candor_core::{command, event};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer to a decision point of SSVC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriorityChoice {
    /// Key of the point, such as `E`.
    pub point: String,
    /// Key of the value, such as `A`.
    pub value: String,
    /// Why, in words.
    #[serde(default)]
    pub reason: String,
}

impl From<PriorityChoice> for event::PriorityChoice {
    fn from(outside: PriorityChoice) -> Self {
        let PriorityChoice { point, value, reason } = outside;
        Self { point, value, reason }
    }
}

impl From<event::PriorityChoice> for PriorityChoice {
    fn from(core: event::PriorityChoice) -> Self {
        let event::PriorityChoice { point, value, reason } = core;
        Self { point, value, reason }
    }
}

/// One item of a checklist, ticked off or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemTick {
    /// Name of the checklist.
    pub checklist: String,
    /// The item, as the policy has it.
    pub item: String,
    /// Whether it is done; false takes a tick back.
    pub done: bool,
}

impl From<ItemTick> for event::ItemTick {
    fn from(outside: ItemTick) -> Self {
        let ItemTick { checklist, item, done } = outside;
        Self { checklist, item, done }
    }
}

impl From<event::ItemTick> for ItemTick {
    fn from(core: event::ItemTick) -> Self {
        let event::ItemTick { checklist, item, done } = core;
        Self { checklist, item, done }
    }
}

/// What is so about one supported version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionDecision {
    /// The branch; empty when there is one line of releases.
    #[serde(default)]
    pub branch: String,
    /// What it is.
    pub kind: FixKind,
    /// The version that has it.
    #[serde(default)]
    pub version: Option<String>,
    /// Where it can be had.
    #[serde(default)]
    pub url: Option<String>,
    /// In words; needed for everything but a fix.
    #[serde(default)]
    pub details: String,
}

impl From<VersionDecision> for command::VersionDecision {
    fn from(outside: VersionDecision) -> Self {
        let VersionDecision { branch, kind, version, url, details } = outside;
        Self { branch, kind: kind.into(), version, url, details }
    }
}

impl From<command::VersionDecision> for VersionDecision {
    fn from(core: command::VersionDecision) -> Self {
        let command::VersionDecision { branch, kind, version, url, details } = core;
        Self { branch, kind: kind.into(), version, url, details }
    }
}
