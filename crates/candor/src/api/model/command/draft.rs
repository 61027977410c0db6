//! The draft of an advisory, as a request brings it.

use candor_core::event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The advisory as the team writes it. Credits, rating, fixes and dates are added from the case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Draft {
    /// Title.
    pub title: String,
    /// One paragraph: who is affected and what to do first.
    pub summary: String,
    /// What is wrong, as Markdown.
    pub details: String,
    /// What an attacker gains.
    pub impact: String,
    /// What exploitation needs.
    pub conditions: String,
    /// How users can protect themselves.
    pub workaround: String,
    /// Why it could happen, as Markdown: the mistake behind it.
    pub cause: String,
    /// What changed since the last publication and why, in one line: the reason of the new revision.
    pub change: String,
    /// What is affected.
    pub products: Vec<Affected>,
    /// Web addresses.
    pub references: Vec<String>,
    /// CVE and other identifiers.
    pub aliases: Vec<String>,
}

/// What is affected, since and until when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Affected {
    /// Name, as the policy has it.
    pub name: String,
    /// Package URL without version.
    pub purl: Option<String>,
    /// First affected version; empty for all from the beginning.
    pub introduced: String,
    /// First version with the fix; empty when there is none.
    pub fixed: String,
    /// Last affected version, when no fixed one is known.
    pub last_affected: String,
}

impl From<Draft> for event::AdvisoryDraft {
    fn from(outside: Draft) -> Self {
        let Draft {
            title,
            summary,
            details,
            impact,
            conditions,
            workaround,
            cause,
            change,
            products,
            references,
            aliases,
        } = outside;
        let products = products
            .into_iter()
            .map(|Affected { name, purl, introduced, fixed, last_affected }| event::AffectedProduct {
                name,
                purl,
                introduced,
                fixed,
                last_affected,
            })
            .collect();
        Self { title, summary, details, impact, conditions, workaround, cause, change, products, references, aliases }
    }
}

impl From<&event::AdvisoryDraft> for Draft {
    fn from(core: &event::AdvisoryDraft) -> Self {
        let event::AdvisoryDraft {
            title,
            summary,
            details,
            impact,
            conditions,
            workaround,
            cause,
            change,
            products,
            references,
            aliases,
        } = core.clone();
        let products = products
            .into_iter()
            .map(|event::AffectedProduct { name, purl, introduced, fixed, last_affected }| Affected {
                name,
                purl,
                introduced,
                fixed,
                last_affected,
            })
            .collect();
        Self { title, summary, details, impact, conditions, workaround, cause, change, products, references, aliases }
    }
}
