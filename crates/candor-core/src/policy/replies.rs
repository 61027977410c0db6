//! The reply library: letters to reporters by verdict, with variables.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A letter to a reporter, ready to be sent with a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Short name that members choose it by, like `headers`.
    pub name: String,
    /// The verdict it goes with.
    pub verdict: VerdictKind,
    /// The clause it is for; without one it is for any.
    #[serde(default)]
    pub clause: Option<String>,
    /// The letter. `{reporter}`, `{clause}` and the like are filled in; a line whose variable has no value is left out.
    pub text: String,
}

/// What a team can say of a report.
///
/// Source: ISO/IEC 30111:2019, 7.1.4 (verification) and 7.1.5 (remediation decision), with what policies of projects add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// It is right.
    Confirmed,
    /// The team needs to know more.
    NeedsInformation,
    /// The team could not make it happen.
    CannotReproduce,
    /// It is no vulnerability.
    Rejected,
    /// Not covered by the policy, by a clause.
    OutOfScope,
    /// Somebody else has to mend it.
    Redirected,
    /// It is in a package that others mend.
    InDependency,
    /// It was mended before.
    AlreadyFixed,
    /// It is known, and the team lives with it.
    Accepted,
    /// Known to be no vulnerability, by a clause.
    NotAVulnerability,
    /// A mistake, but none of security.
    NotSecurity,
    /// Known already.
    Duplicate,
    /// Scanner output without a proof.
    ScannerOutput,
    /// No report at all.
    Spam,
}

impl VerdictKind {
    /// Every verdict, in the order in which they are offered.
    pub const ALL: [VerdictKind; 14] = [
        VerdictKind::Confirmed,
        VerdictKind::NeedsInformation,
        VerdictKind::CannotReproduce,
        VerdictKind::Rejected,
        VerdictKind::OutOfScope,
        VerdictKind::Redirected,
        VerdictKind::InDependency,
        VerdictKind::AlreadyFixed,
        VerdictKind::Accepted,
        VerdictKind::NotAVulnerability,
        VerdictKind::NotSecurity,
        VerdictKind::Duplicate,
        VerdictKind::ScannerOutput,
        VerdictKind::Spam,
    ];

    /// Name in the policy file, in forms and in the API.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// The verdict of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// In a few words.
    pub fn label(self) -> &'static str {
        self.words().1
    }

    /// The key that chooses it, where keys are offered.
    pub fn key(self) -> char {
        self.words().2
    }

    /// Whether it cites a clause of the policy.
    pub fn cites(self) -> bool {
        matches!(self, VerdictKind::OutOfScope | VerdictKind::NotAVulnerability)
    }

    fn words(self) -> (&'static str, &'static str, char) {
        match self {
            VerdictKind::Confirmed => ("confirmed", "Confirmed", 'c'),
            VerdictKind::NeedsInformation => ("needs-information", "Needs information", 'i'),
            VerdictKind::CannotReproduce => ("cannot-reproduce", "Cannot be reproduced", 'n'),
            VerdictKind::Rejected => ("rejected", "No vulnerability", 'x'),
            VerdictKind::OutOfScope => ("out-of-scope", "Out of scope", 'o'),
            VerdictKind::Redirected => ("redirected", "Has to be mended elsewhere", 'e'),
            VerdictKind::InDependency => ("in-dependency", "In a dependency", 'p'),
            VerdictKind::AlreadyFixed => ("already-fixed", "Fixed already", 'f'),
            VerdictKind::Accepted => ("accepted", "Known and accepted", 'a'),
            VerdictKind::NotAVulnerability => ("not-a-vulnerability", "Known to be no vulnerability", 'w'),
            VerdictKind::NotSecurity => ("not-security", "Not a security matter", 'b'),
            VerdictKind::Duplicate => ("duplicate", "Known already", 'd'),
            VerdictKind::ScannerOutput => ("scanner-output", "Scanner output without proof", 's'),
            VerdictKind::Spam => ("spam", "No report at all", 'm'),
        }
    }
}

impl super::Policy {
    /// Letters of the library for a verdict, those for this clause first.
    pub fn replies_for(&self, kind: VerdictKind, clause: Option<&str>) -> Vec<&Reply> {
        let fits = |reply: &&Reply| {
            reply.verdict == kind && reply.clause.as_deref().is_none_or(|own| clause.is_none_or(|cited| cited == own))
        };
        let mut found: Vec<&Reply> = self.replies.iter().filter(fits).collect();
        found.sort_by_key(|reply| reply.clause.is_none() || reply.clause.as_deref() != clause);
        found
    }
}
