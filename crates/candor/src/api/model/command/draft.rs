//! The draft of an advisory, as a request brings it.

use super::super::instant::Instant;
use super::super::words::Tlp;
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
    /// What is said otherwise of the journal's lines than the usual choice for the public timeline.
    pub lines: Vec<Line>,
    /// Lines of the public timeline that the journal does not have.
    pub own_lines: Vec<OwnLine>,
    /// Whom to thank besides the reporters, each with a statement that they agreed.
    pub acknowledgements: Vec<Acknowledgement>,
    /// Who may read it. What is not `clear` is never public; once it was published for everybody, it stays so.
    pub tlp: Tlp,
    /// What readers may do with it, in words beside the label.
    pub distribution: String,
    /// Why the published advisory is withdrawn; empty while it stands.
    pub withdrawal: String,
    /// Who disputes that it is a vulnerability, and why; empty while nobody does.
    pub dispute: String,
}

/// Whether a line of the journal stands in the public timeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Line {
    /// Number of the entry in the journal; 0 for the first publication.
    pub line: u64,
    /// Whether it stands there.
    pub shown: bool,
    /// Other words than the usual ones; empty for those.
    pub text: String,
}

/// A line that the journal does not have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnLine {
    /// When it happened.
    pub at: Instant,
    /// What happened.
    pub text: String,
}

/// Somebody to thank who is no reporter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Acknowledgement {
    /// Name of a person.
    pub name: String,
    /// Name of an organisation.
    pub organisation: String,
    /// Web address.
    pub link: String,
    /// For what, in a few words.
    pub text: String,
    /// Your statement that they agreed to be named so. Without it nobody is named.
    pub consent: bool,
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
    /// Where the repository is, for the commits.
    pub repository: String,
    /// The commit that brought it in, as its whole hash.
    pub introduced_commit: String,
    /// The commit that mends it, as its whole hash.
    pub fixed_commit: String,
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
            lines,
            own_lines,
            acknowledgements,
            tlp,
            distribution,
            withdrawal,
            dispute,
        } = outside;
        Self {
            title,
            summary,
            details,
            impact,
            conditions,
            workaround,
            cause,
            change,
            products: products.into_iter().map(Into::into).collect(),
            references,
            aliases,
            lines: lines
                .into_iter()
                .map(|Line { line, shown, text }| event::LineChoice { line, shown, text })
                .collect(),
            own_lines: own_lines.into_iter().map(|OwnLine { at, text }| event::OwnLine { at: at.0, text }).collect(),
            acknowledgements: acknowledgements
                .into_iter()
                .map(|Acknowledgement { name, organisation, link, text, consent }| event::Acknowledgement {
                    name,
                    organisation,
                    link,
                    text,
                    consent,
                })
                .collect(),
            tlp: tlp.into(),
            distribution,
            withdrawal,
            dispute,
        }
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
            lines,
            own_lines,
            acknowledgements,
            tlp,
            distribution,
            withdrawal,
            dispute,
        } = core.clone();
        Self {
            title,
            summary,
            details,
            impact,
            conditions,
            workaround,
            cause,
            change,
            products: products.into_iter().map(Into::into).collect(),
            references,
            aliases,
            lines: lines
                .into_iter()
                .map(|event::LineChoice { line, shown, text }| Line { line, shown, text })
                .collect(),
            own_lines: own_lines
                .into_iter()
                .map(|event::OwnLine { at, text }| OwnLine { at: at.into(), text })
                .collect(),
            acknowledgements: acknowledgements
                .into_iter()
                .map(|event::Acknowledgement { name, organisation, link, text, consent }| Acknowledgement {
                    name,
                    organisation,
                    link,
                    text,
                    consent,
                })
                .collect(),
            tlp: tlp.into(),
            distribution,
            withdrawal,
            dispute,
        }
    }
}

impl From<Affected> for event::AffectedProduct {
    fn from(outside: Affected) -> Self {
        let Affected { name, purl, introduced, fixed, last_affected, repository, introduced_commit, fixed_commit } =
            outside;
        Self { name, purl, introduced, fixed, last_affected, repository, introduced_commit, fixed_commit }
    }
}

impl From<event::AffectedProduct> for Affected {
    fn from(core: event::AffectedProduct) -> Self {
        let event::AffectedProduct {
            name,
            purl,
            introduced,
            fixed,
            last_affected,
            repository,
            introduced_commit,
            fixed_commit,
        } = core;
        Self { name, purl, introduced, fixed, last_affected, repository, introduced_commit, fixed_commit }
    }
}
