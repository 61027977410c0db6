//! A report on its way in, and the answer to it.

use super::instant::Instant;
use super::people::{Credit, Reporter};
use super::words::{Channel, PromiseKind, Standing};
use crate::execute::report::{Filed, NewReport};
use candor_core::event::{self, FileRef, ReportFacts};
use schemars::JsonSchema;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A report. Only `title` and `description`, or one known identifier, are needed; everything else helps.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// What was found, in one sentence.
    pub title: String,
    /// What is wrong.
    pub description: String,
    /// Which product.
    pub product: String,
    /// Which part of it.
    pub component: String,
    /// Which version.
    pub version: String,
    /// How to see it happen.
    pub steps: String,
    /// What should happen.
    pub expected: String,
    /// What happens instead.
    pub actual: String,
    /// What kind of problem it is, in words or as a CWE name.
    pub weakness: String,
    /// What an attacker gains.
    pub impact: String,
    /// What an attacker needs first, such as credentials.
    pub preconditions: String,
    /// The package of others that it is in, by name or package URL, if it is in one.
    pub dependency: String,
    /// Known identifiers, such as a CVE number.
    pub identifiers: Vec<String>,
    /// How it was found.
    pub found_by: String,
    /// Whether it is known to be exploited.
    pub exploited: bool,
    /// What the reporter plans to publish, and when.
    pub disclosure_plans: String,
    /// Answers to the program's own questions, by their ids.
    #[serde(deserialize_with = "no_key_twice")]
    pub answers: BTreeMap<String, String>,
    /// Whether the reporter agrees to the policy's conditions.
    pub agreed: bool,
    /// What the reporter is to the program; without it `outside`, or `staff` for what a member files as their own.
    pub standing: Option<Standing>,
    /// Name and address, if the reporter wishes to give them.
    pub reporter: Reporter,
    /// How the reporter wishes to be credited, if they know already.
    pub credit: Option<Credit>,
}

fn no_key_twice<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Unique;
    impl<'de> Visitor<'de> for Unique {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("answers by the ids of their questions")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut answers = BTreeMap::new();
            while let Some((id, answer)) = map.next_entry::<String, String>()? {
                if answers.insert(id, answer).is_some() {
                    return Err(A::Error::custom("a question is answered twice"));
                }
            }
            Ok(answers)
        }
    }
    from.deserialize_map(Unique)
}

impl Report {
    /// As the house takes it.
    pub fn into_filing(self, channel: event::Channel, files: Vec<FileRef>) -> NewReport {
        NewReport {
            channel,
            facts: ReportFacts {
                title: self.title,
                description: self.description,
                product: self.product,
                component: self.component,
                version: self.version,
                steps: self.steps,
                expected: self.expected,
                actual: self.actual,
                weakness: self.weakness,
                impact: self.impact,
                preconditions: self.preconditions,
                dependency: self.dependency,
                identifiers: self.identifiers,
                found_by: self.found_by,
                exploited: self.exploited,
                disclosure_plans: self.disclosure_plans,
                answers: self.answers,
                files,
                agreed: self.agreed,
                noticed: Vec::new(),
                standing: self.standing.map(Into::into),
                findings: Vec::new(),
            },
            contact: self.reporter.into(),
            credit: self.credit.map(Into::into),
            received_at: None,
        }
    }
}

/// A report that a member files for somebody.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnBehalf {
    /// The program.
    pub program: String,
    /// The report.
    pub report: Report,
    /// How it really came; without it, `member`.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// When it really came; clocks count from then. Without it, now.
    #[serde(default)]
    pub received_at: Option<Instant>,
    /// Whether it is a drill: the clocks run, letters reach the team alone, nothing is published.
    #[serde(default)]
    pub drill: bool,
}

/// The answer to a report. The same request with the same key gets the same answer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Receipt {
    /// Name of the case.
    pub case: String,
    /// The receipt: the only way back to this report. It is shown here and nowhere else.
    pub receipt: String,
    /// When the report was taken in.
    pub received_at: Instant,
    /// What is promised, with dates.
    pub promises: Vec<Promised>,
    /// Commitment to the report: SHA-256 over a salt and the report as text, as hexadecimal digits.
    pub proof: String,
    /// The proof of receipt, to keep; `candor report verify-proof` checks it, and anybody can with the published key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_proof: Option<SignedProof>,
    /// What the policy says that may concern it: scope, what is known, support of the version. The report is taken in
    /// all the same. Then what is public already and may answer it, with its address.
    pub hints: Vec<String>,
    /// What the policy asks for besides and the report lacks. Without it the answer may take longer; it can be sent later.
    pub missing: Vec<String>,
}

/// A statement that a report was received, signed with the program's key (Ed25519).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedProof {
    /// What is signed, one fact a line: program, instant, commitment to the report, promised dates.
    pub statement: String,
    /// Signature over the statement, as hexadecimal digits.
    pub signature: String,
    /// The program's public key, as hexadecimal digits; compare it with `/.well-known/candor-keys.json`.
    pub key: String,
    /// Opens the commitment together with the report, as hexadecimal digits. Only the reporter gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The report as text, as the commitment is made of it. Only the reporter gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
}

impl From<crate::proof::Proof> for SignedProof {
    fn from(proof: crate::proof::Proof) -> Self {
        let crate::proof::Proof { statement, signature, key, salt, report } = proof;
        Self { statement, signature, key, salt, report }
    }
}

/// A promise with its date.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Promised {
    /// Short name.
    pub name: String,
    /// What is promised, for people.
    pub what: String,
    /// Commitment or target.
    pub kind: PromiseKind,
    /// When it falls due.
    pub due: Instant,
}

impl From<Filed> for Receipt {
    fn from(filed: Filed) -> Self {
        Self {
            case: filed.case.0,
            receipt: filed.receipt,
            received_at: filed.received_at.into(),
            promises: filed
                .promises
                .into_iter()
                .map(|one| Promised { name: one.name, what: one.what, kind: one.kind.into(), due: one.due.into() })
                .collect(),
            proof: filed.proof,
            signed_proof: filed.signed.map(Into::into),
            hints: filed.hints,
            missing: filed.missing,
        }
    }
}
