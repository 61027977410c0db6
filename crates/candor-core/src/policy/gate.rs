//! Gates: which step waits for what, and who may pass one without it.

use crate::access::Role;
use candor_formats::cvss::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What must be on record before a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The step that waits.
    pub before: Step,
    /// What it waits for.
    pub needs: Need,
    /// How many different members, for a need that counts them; without it two.
    #[serde(default)]
    pub members: Option<u8>,
    /// Which parts of the case, for `needs = "fields"`.
    #[serde(default)]
    pub fields: Vec<CaseField>,
    /// Which checklist, for `needs = "checklist"`; without it every one of the case's stage and kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checklist: Option<String>,
    /// Only for these severities, and for a case that is not rated yet; empty means for all.
    #[serde(default)]
    #[schemars(schema_with = "super::severities")]
    pub severities: Vec<Severity>,
    /// Who may take the step without it, for a reason on record: `false` (nobody), `true` (whoever may take the step) or
    /// `"coordinator"`.
    #[serde(default, rename = "override")]
    pub may_override: MayOverride,
    /// The sentence of the policy it rests on.
    #[serde(default)]
    pub because: String,
}

impl Gate {
    /// How many different members it asks for.
    pub fn quorum(&self) -> usize {
        usize::from(self.members.unwrap_or(2))
    }

    /// The least role that may pass it without what it asks for.
    pub fn override_role(&self) -> Option<Role> {
        match self.may_override {
            MayOverride::Nobody => None,
            MayOverride::WhoeverTakesTheStep => Some(self.before.role()),
            MayOverride::Coordinator => Some(Role::Coordinator),
        }
    }
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$one:meta])* $variant:ident $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$one])* $variant),* }

        impl $name {
            /// Every one.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// Name in the policy, the journal and the API.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            /// The one of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

named! {
    /// Steps that a gate can guard.
    Step {
        /// The first answer to the reporter.
        Acknowledge "acknowledge",
        /// Confirming the report.
        Confirm "confirm",
        /// Rejecting it, or ending the case with another verdict against it.
        Reject "reject",
        /// Rating the severity.
        Rate "rate",
        /// Proposing a disclosure date.
        Embargo "embargo",
        /// Recording a fix or the decision about a version.
        Fix "fix",
        /// Approving the advisory.
        Approve "approve",
        /// Ordering its publication, also one that waits for the fix or for a date.
        Order "order",
        /// Publishing the advisory.
        Publish "publish",
        /// Closing the case.
        Close "close",
        /// Taking it up again.
        Reopen "reopen",
    }
}

impl Step {
    /// The least role that takes it.
    pub fn role(self) -> Role {
        match self {
            Step::Embargo | Step::Order | Step::Publish | Step::Close | Step::Reopen => Role::Coordinator,
            Step::Acknowledge | Step::Confirm | Step::Reject | Step::Rate => Role::Analyst,
            Step::Fix => Role::Developer,
            Step::Approve => Role::Approver,
        }
    }

    /// The command that takes it.
    pub fn command(self) -> &'static str {
        match self {
            Step::Acknowledge => "acknowledge",
            Step::Confirm => "confirm",
            Step::Reject => "reject",
            Step::Rate => "rate",
            Step::Embargo => "propose-embargo",
            Step::Fix => "record-fix",
            Step::Approve => "approve-advisory",
            Step::Order | Step::Publish => "publish",
            Step::Close => "close",
            Step::Reopen => "reopen",
        }
    }
}

named! {
    /// What a gate asks for.
    Need {
        /// A verification record.
        Verification "verification",
        /// Somebody else than the member who verified.
        AnotherMember "another-member",
        /// Members on record as having discussed the next steps: two, or as many as `members` says.
        TwoMembersDiscussed "two-members-discussed",
        /// Members who approved the advisory as it stands: two, or as many as `members` says.
        Approvals "approvals",
        /// The audit for similar problems.
        SimilarProblemsAudit "similar-problems-audit",
        /// A fix or a decision for every supported version.
        DecisionPerVersion "decision-per-version",
        /// At least one remediation in force.
        Remediation "remediation",
        /// A severity rating.
        Severity "severity",
        /// The parts of the case that `fields` names.
        Fields "fields",
        /// The advisory approved by somebody other than its last author.
        SecondApprover "second-approver",
        /// The reporter was asked how they wish to be credited.
        CreditAsked "credit-asked",
        /// The reporter has said how they wish to be credited.
        CreditAnswered "credit-answered",
        /// A disclosure timeline on record.
        Timeline "timeline",
        /// A disclosure date that the reporter agreed to.
        EmbargoAgreed "embargo-agreed",
        /// Every item of a checklist ticked off.
        Checklist "checklist",
    }
}

named! {
    /// A part of a case that a gate can ask for.
    CaseField {
        /// The member who holds the case.
        Holder "holder",
        /// The product.
        Product "product",
        /// The component.
        Component "component",
        /// The severity.
        Severity "severity",
        /// The weakness.
        Weakness "weakness",
        /// A CVE identifier.
        Cve "cve",
        /// The advisory's text about what is wrong.
        Details "details",
        /// The advisory's text about what an attacker gains.
        Impact "impact",
        /// The advisory's text about what exploitation needs.
        Conditions "conditions",
        /// How users protect themselves without the fix: in the advisory or as a remediation.
        Workaround "workaround",
        /// Which versions are affected, in the advisory.
        AffectedVersions "affected-versions",
        /// An address to read more, in the advisory.
        References "references",
    }
}

/// Who may take a step without what a gate asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MayOverride {
    /// Nobody: `false`.
    #[default]
    Nobody,
    /// Whoever may take the step: `true`.
    WhoeverTakesTheStep,
    /// A coordinator: `"coordinator"`.
    Coordinator,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Said(bool),
    Role(String),
}

impl Serialize for MayOverride {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            MayOverride::Nobody => out.serialize_bool(false),
            MayOverride::WhoeverTakesTheStep => out.serialize_bool(true),
            MayOverride::Coordinator => out.serialize_str("coordinator"),
        }
    }
}

impl<'de> Deserialize<'de> for MayOverride {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Written::deserialize(from)? {
            Written::Said(false) => Ok(MayOverride::Nobody),
            Written::Said(true) => Ok(MayOverride::WhoeverTakesTheStep),
            Written::Role(role) if role == "coordinator" => Ok(MayOverride::Coordinator),
            Written::Role(role) => Err(serde::de::Error::custom(format!(
                "`{role}` is not known here; write true, false or \"coordinator\""
            ))),
        }
    }
}

impl JsonSchema for MayOverride {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Override".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "enum": [false, true, "coordinator"],
            "description": "Who may take the step without it, for a reason on record."
        })
    }
}
