//! What events carry: a report's words, a contact, a file, a verdict, a fix, the draft of an advisory.

use crate::id::{BlobId, CaseId};
use crate::lists::Standing;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The door a report came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The private web form.
    Form,
    /// The API or the command line.
    Api,
    /// Mail.
    Mail,
    /// Filed by a member for somebody.
    Member,
    /// A public place, such as an issue tracker; the case notes that it was public.
    PublicIssue,
}

/// What a report says. Every text may be empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct ReportFacts {
    pub title: String,
    pub description: String,
    pub product: String,
    pub component: String,
    pub version: String,
    pub steps: String,
    pub expected: String,
    pub actual: String,
    /// What kind of problem, in the reporter's words or as a CWE name.
    pub weakness: String,
    pub impact: String,
    pub preconditions: String,
    /// Known identifiers, such as a CVE number.
    pub identifiers: Vec<String>,
    pub found_by: String,
    /// The package of others that the problem is in, by name or package URL, where the reporter says so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dependency: String,
    /// Whether the reporter knows of active exploitation.
    pub exploited: bool,
    pub disclosure_plans: String,
    /// Answers to the program's own questions, by their ids.
    pub answers: BTreeMap<String, String>,
    pub files: Vec<FileRef>,
    /// Whether the reporter agreed to the policy's conditions.
    pub agreed: bool,
    /// What the door noticed about the message it came in, for the team.
    pub noticed: Vec<String>,
    /// What the reporter is to the program, as they say or as the member who filed it does.
    pub standing: Option<Standing>,
    /// Findings of a tool that a pipeline filed with it, by the keys under which they are known again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
}

/// Name and address of a person outside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Contact {
    pub name: String,
    pub email: String,
    pub organisation: String,
    pub link: String,
    /// Armored OpenPGP certificate, if they gave one.
    pub pgp_key: String,
}

impl Contact {
    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// How a reporter wishes to be credited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "kebab-case")]
pub enum Credit {
    /// Nothing about them is published.
    Anonymous,
    /// These words are published, and no others.
    Named {
        /// Name.
        name: String,
        /// Organisation.
        #[serde(default)]
        organisation: String,
        /// Link.
        #[serde(default)]
        link: String,
        /// A short description.
        #[serde(default)]
        about: String,
    },
}

/// A file in the sealed store, with the key that opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    /// Its name in the store.
    pub id: BlobId,
    /// Its name as sent, for people.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content, as hexadecimal digits.
    pub sha256: String,
    /// SHA-256 of the sealed file as it lies in the store, as hexadecimal digits.
    pub sealed_sha256: String,
    /// Key that opens it, as hexadecimal digits.
    pub key: String,
    /// The tool whose output it looks like, by its name; empty for any other file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub looks: String,
}

/// The answer to a decision point of SSVC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorityChoice {
    /// Key of the point, such as `E`.
    pub point: String,
    /// Key of the value, such as `A`.
    pub value: String,
    /// Why, in words.
    #[serde(default)]
    pub reason: String,
}

/// The proof that a team knew of something before a report told of it.
///
/// It commits to the earlier report without telling anything of it: whoever is shown that report's sealed journal later
/// can compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownBefore {
    /// When the earlier report came in.
    pub at: Timestamp,
    /// Hash of the earlier report's journal entry, as hexadecimal digits (SHA-256 over its sealed bytes).
    pub hash: String,
    /// The signed proof of receipt of the earlier report as JSON, without the report and the salt that open it. None for one
    /// that came before there were proofs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

/// How a case ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The report is right.
    Confirmed,
    /// It is not.
    Rejected,
    /// Not covered by the policy; cites the clause and says where to go.
    OutOfScope {
        /// The clause of the policy.
        clause: String,
        /// Where to go instead.
        instead: String,
    },
    /// Sent on to somebody who can mend it.
    Redirected {
        /// Where: an address for mail or of the web.
        to: String,
        /// The clause of the policy, if it is one.
        clause: Option<String>,
    },
    /// Known to be no vulnerability here; cites the clause of the policy.
    NotAVulnerability {
        /// The clause.
        clause: String,
    },
    /// Known already.
    Duplicate {
        /// The case that has it, if it is one of ours.
        of: Option<CaseId>,
        /// The proof that the team knew before, without anything of that report.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<KnownBefore>,
    },
    /// The output of a scanner without a proof.
    ScannerOutput,
    /// The team could not make it happen.
    CannotReproduce,
    /// The problem is in a package that others mend.
    InDependency {
        /// The package, as a package URL or by name.
        package: String,
        /// Where it is mended: an address for mail or of the web; empty when that is not known.
        #[serde(default)]
        to: String,
    },
    /// It was mended before the report came.
    AlreadyFixed {
        /// The version that has the fix.
        version: String,
    },
    /// It is known, and the team lives with it.
    Accepted {
        /// The clause of the policy, if it is one.
        #[serde(default)]
        clause: Option<String>,
    },
    /// A mistake, but none of security.
    NotSecurity,
    /// It is no report at all: advertising, or a mass mail.
    Spam,
    /// The reporter took it back.
    Withdrawn,
    /// The reporter did not answer the team's question.
    NoAnswer,
}

impl Outcome {
    /// Name in words.
    pub fn label(&self) -> &'static str {
        match self {
            Outcome::Confirmed => "confirmed",
            Outcome::Rejected => "rejected",
            Outcome::OutOfScope { .. } => "out of scope",
            Outcome::Redirected { .. } => "redirected",
            Outcome::NotAVulnerability { .. } => "known to be no vulnerability",
            Outcome::Duplicate { .. } => "duplicate",
            Outcome::ScannerOutput => "scanner output without proof",
            Outcome::CannotReproduce => "cannot be reproduced",
            Outcome::InDependency { .. } => "in a dependency",
            Outcome::AlreadyFixed { .. } => "fixed already",
            Outcome::Accepted { .. } => "known and accepted",
            Outcome::NotSecurity => "not a security matter",
            Outcome::Spam => "no report",
            Outcome::Withdrawn => "withdrawn",
            Outcome::NoAnswer => "no answer",
        }
    }
}

/// The advisory as the team writes it; credits, rating and dates are added from the case when it goes out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct AdvisoryDraft {
    pub title: String,
    /// One paragraph: who is affected and what to do first.
    pub summary: String,
    /// What is wrong, as Markdown.
    pub details: String,
    /// What an attacker gains.
    pub impact: String,
    /// What exploitation needs.
    pub conditions: String,
    pub workaround: String,
    /// Why it could happen, as Markdown: the mistake behind it.
    pub cause: String,
    /// What changed since the last publication and why, in one line; empty before the first.
    pub change: String,
    pub products: Vec<AffectedProduct>,
    pub references: Vec<String>,
    pub aliases: Vec<String>,
    /// What is said otherwise of the journal's lines than the usual choice; see [`crate::timeline`].
    pub lines: Vec<LineChoice>,
    /// Lines of the timeline that the journal does not have.
    pub own_lines: Vec<OwnLine>,
    /// Whom to thank besides the reporters.
    pub acknowledgements: Vec<Acknowledgement>,
    /// Who may read it.
    pub tlp: candor_formats::advisory::Tlp,
    /// What readers may do with it, in words beside the label.
    pub distribution: String,
    /// Why the advisory is withdrawn; empty while it stands.
    pub withdrawal: String,
    /// Who disputes that it is a vulnerability, and why; empty while nobody does.
    pub dispute: String,
}

/// Whether a line of the journal stands in the public timeline, and in which words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineChoice {
    /// The number of the journal's entry; 0 for the first publication, which has none before it happened.
    pub line: u64,
    /// Whether it stands there.
    pub shown: bool,
    /// Other words than the usual ones; empty for those.
    pub text: String,
}

/// A line of the public timeline that the journal does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnLine {
    /// When it happened.
    pub at: jiff::Timestamp,
    /// What happened, one line.
    pub text: String,
}

/// Somebody to thank who is no reporter, as a member typed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Acknowledgement {
    /// Name of a person.
    pub name: String,
    /// Name of an organisation.
    pub organisation: String,
    /// Web address.
    pub link: String,
    /// For what, in a few words.
    pub text: String,
    /// Whether the member states that they agreed to be named so.
    pub consent: bool,
}

/// What is affected, and since and until when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AffectedProduct {
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
    /// Where the repository is, for the commits; empty without any.
    pub repository: String,
    /// The commit that brought it in, as its whole hash.
    pub introduced_commit: String,
    /// The commit that mends it, as its whole hash.
    pub fixed_commit: String,
}
