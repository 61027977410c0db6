//! Who is who. Members are shown by name; reporters only to the team.

use candor_core::case::Author as CoreAuthor;
use candor_core::event::{Contact, Credit as CoreCredit};
use candor_core::id::MemberId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names of members by their ids.
#[derive(Debug, Clone, Default)]
pub struct Names(pub BTreeMap<MemberId, String>);

impl Names {
    /// The member as the API shows one.
    pub fn member(&self, id: &MemberId) -> Member {
        Member { id: id.0.clone(), name: self.0.get(id).cloned().unwrap_or_default() }
    }
}

/// A member of the team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Member {
    /// Name for programs; commands take it.
    pub id: String,
    /// Name for people; empty for somebody who has left.
    pub name: String,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Author {
    /// A member of the team.
    Member {
        /// Who.
        member: Member,
    },
    /// The team, to a reporter.
    Team,
    /// The reporter of a report.
    Reporter {
        /// Number of the report within the case, from 0.
        report: u32,
    },
    /// An outside party of the case.
    Party {
        /// Number of the party within the case, from 0.
        party: u32,
    },
    /// A clock of the policy.
    Clock,
    /// Candor, on a standing order.
    Candor,
}

impl Author {
    /// As the team sees it.
    pub fn of(author: &CoreAuthor, names: &Names) -> Self {
        match author {
            CoreAuthor::Member(id) => Self::Member { member: names.member(id) },
            CoreAuthor::Reporter(report) => Self::Reporter { report: *report },
            CoreAuthor::Party(party) => Self::Party { party: *party },
            CoreAuthor::Clock => Self::Clock,
            CoreAuthor::Candor => Self::Candor,
        }
    }

    /// As a reporter sees it: members are the team.
    pub fn for_reporter(author: &CoreAuthor) -> Self {
        match author {
            CoreAuthor::Member(_) => Self::Team,
            other => Self::of(other, &Names::default()),
        }
    }
}

/// Name and address of a reporter. All may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Reporter {
    /// Name.
    pub name: String,
    /// Address for letters that say when there is something new.
    pub email: String,
    /// Organisation.
    pub organisation: String,
    /// A page about them.
    pub link: String,
    /// OpenPGP certificate, armored.
    pub pgp_key: String,
}

impl From<Reporter> for Contact {
    fn from(outside: Reporter) -> Self {
        let Reporter { name, email, organisation, link, pgp_key } = outside;
        Self { name, email, organisation, link, pgp_key }
    }
}

impl From<&Contact> for Reporter {
    fn from(core: &Contact) -> Self {
        let Contact { name, email, organisation, link, pgp_key } = core.clone();
        Self { name, email, organisation, link, pgp_key }
    }
}

/// How a reporter wishes to be credited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "wish", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Credit {
    /// Nothing about them is published.
    Anonymous {},
    /// These words are published, and no others.
    Named {
        /// Name.
        name: String,
        /// Organisation.
        #[serde(default)]
        organisation: String,
        /// Link, from https://.
        #[serde(default)]
        link: String,
        /// A short description.
        #[serde(default)]
        about: String,
    },
}

impl From<Credit> for CoreCredit {
    fn from(outside: Credit) -> Self {
        match outside {
            Credit::Anonymous {} => Self::Anonymous,
            Credit::Named { name, organisation, link, about } => Self::Named { name, organisation, link, about },
        }
    }
}

impl From<&CoreCredit> for Credit {
    fn from(core: &CoreCredit) -> Self {
        match core.clone() {
            CoreCredit::Anonymous => Self::Anonymous {},
            CoreCredit::Named { name, organisation, link, about } => Self::Named { name, organisation, link, about },
        }
    }
}
