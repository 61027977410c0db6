//! Everything a member may ask of a case: one command of the core is one command here.

use super::instant::Instant;
use super::words::{Effort, FixKind, Justification, Need, Plan, Severity, Step, VerificationResult};
use candor_core::command::Command;
use candor_core::event::{self, FileRef, VerificationFacts};
use candor_core::id::{CaseId, MemberId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ApiCommand {
    /// First answer to the reporter.
    Acknowledge {
        /// Words to the reporter.
        text: String,
    },
    /// Give the case to a member, or to nobody.
    Assign {
        /// Id of the member; null for nobody.
        to: Option<String>,
    },
    /// Write to the reporter. Files come as parts of a multipart request.
    Answer {
        /// Words to the reporter.
        text: String,
        /// Whether this says what the next steps are.
        #[serde(default)]
        next_steps: bool,
    },
    /// Ask the reporter something; clocks that wait for the reporter stand still.
    Ask {
        /// The question.
        text: String,
    },
    /// Write a note for the team alone.
    Note {
        /// The note.
        text: String,
    },
    /// Set working title, product, component and identifiers.
    Describe {
        /// Working title.
        title: String,
        /// Product.
        #[serde(default)]
        product: Option<String>,
        /// Component.
        #[serde(default)]
        component: Option<String>,
        /// CVE and other identifiers.
        #[serde(default)]
        aliases: Vec<String>,
    },
    /// Put a verification on record.
    Verify {
        /// Where it was tried: version, system, configuration.
        environment: String,
        /// What came of it.
        result: VerificationResult,
        /// What exploitation needs.
        #[serde(default)]
        conditions: String,
        /// What it leads to.
        #[serde(default)]
        impact: String,
    },
    /// Put on record that you discussed the next steps.
    Discuss {
        /// What was said.
        text: String,
    },
    /// Confirm the report.
    Confirm {
        /// Words to the reporter.
        text: String,
    },
    /// Reject the report.
    Reject {
        /// The reason, to the reporter.
        text: String,
    },
    /// End it as not covered by the policy.
    OutOfScope {
        /// The clause of the policy.
        clause: String,
        /// Where to go instead; without it what the clause says.
        #[serde(default)]
        instead: String,
        /// The reason, to the reporter.
        text: String,
    },
    /// Send the reporter on to where it can be mended.
    Redirect {
        /// Where: an address for mail or of the web. Without it, the one of the clause.
        #[serde(default)]
        to: String,
        /// The clause of the policy, if it is one.
        #[serde(default)]
        clause: Option<String>,
        /// The reason, to the reporter.
        text: String,
    },
    /// End it as known to be no vulnerability here.
    NotAVulnerability {
        /// The clause of the policy.
        clause: String,
        /// The reason, to the reporter.
        text: String,
    },
    /// End it as known already.
    Duplicate {
        /// The case that has it, if it is one of yours.
        #[serde(default)]
        of: Option<String>,
        /// The reason, to the reporter.
        text: String,
    },
    /// End it as scanner output without a proof.
    ScannerOutput {
        /// The reason, to the reporter.
        text: String,
    },
    /// Rate the severity, by vectors or by hand.
    Rate {
        /// CVSS vectors, 3.1 or 4.0.
        #[serde(default)]
        vectors: Vec<String>,
        /// The band, when there is no vector.
        #[serde(default)]
        severity: Option<Severity>,
        /// A level of the program's own, where its policy names levels.
        #[serde(default)]
        level: Option<String>,
    },
    /// Estimate how much work a fix is.
    EstimateEffort {
        /// How much.
        effort: Effort,
        /// On what ground.
        text: String,
    },
    /// Decide when, or whether, the problem is mended. What the policy proposes is confirmed or overruled.
    Decide {
        /// What.
        plan: Plan,
        /// The date of the regular update; without it, as the policy's cycle says.
        #[serde(default)]
        on: Option<Instant>,
        /// Why, to the reporter. May be left out when it is what the policy proposes.
        #[serde(default)]
        reason: String,
    },
    /// Assess what a vulnerability of a package means here.
    AssessDependency {
        /// The package, as a package URL or by name.
        package: String,
        /// Whether it makes the product vulnerable.
        affected: bool,
        /// Why not.
        #[serde(default)]
        justification: Option<Justification>,
        /// In words.
        text: String,
    },
    /// Name the weakness.
    SetWeakness {
        /// CWE number.
        cwe: u32,
    },
    /// Propose a date before which nobody publishes.
    ProposeEmbargo {
        /// The date.
        until: Instant,
        /// Words to the reporter.
        #[serde(default)]
        text: String,
    },
    /// Record a remediation, or the decision about a version.
    RecordFix {
        /// The branch; empty when there is one line of releases.
        #[serde(default)]
        branch: String,
        /// What it is.
        kind: FixKind,
        /// The version that has it.
        #[serde(default)]
        version: Option<String>,
        /// Where it can be had.
        #[serde(default)]
        url: Option<String>,
        /// In words.
        #[serde(default)]
        details: String,
    },
    /// Record the audit for similar problems.
    RecordAudit {
        /// Where you looked.
        looked: String,
        /// What you found.
        found: String,
    },
    /// Give a missed target a reason and a new date.
    Estimate {
        /// Name of the promise.
        promise: String,
        /// The new date.
        until: Instant,
        /// Why, to the reporter.
        reason: String,
    },
    /// Put on record that the vulnerability is being exploited.
    KnowExploitation {
        /// On what ground.
        ground: String,
        /// Since when the team is aware of it; null for now.
        #[serde(default)]
        aware_at: Option<Instant>,
    },
    /// Put on record that the team is aware of a severe incident that touches the security of the product.
    KnowIncident {
        /// What happened, and on what ground it is known.
        ground: String,
        /// Since when the team is aware of it; null for now.
        #[serde(default)]
        aware_at: Option<Instant>,
    },
    /// Put the proof on record that what a promise asks for was submitted outside.
    RecordSubmission {
        /// Name of the promise, one that a submission keeps.
        promise: String,
        /// To whom; empty for whom the policy names.
        #[serde(default)]
        to: String,
        /// When; null for now.
        #[serde(default)]
        at: Option<Instant>,
        /// What the other side answered: a number, an address.
        reference: String,
        /// What was said.
        #[serde(default)]
        text: String,
    },
    /// Ask the reporter how they wish to be credited.
    AskCredit {},
    /// Write or edit the advisory.
    DraftAdvisory {
        /// The whole draft; it replaces the one before.
        draft: Draft,
    },
    /// Approve the advisory.
    ApproveAdvisory {
        /// The revision you read.
        revision: u32,
    },
    /// Publish: now, at an instant, or with the fix, as the policy says.
    Publish {
        /// The instant; null for what the policy says.
        #[serde(default)]
        at: Option<Instant>,
    },
    /// Run the case under a newer version of the policy; its clocks follow that from then on.
    MovePolicy {
        /// The version, as `candor program list` shows it.
        version: u32,
        /// Why, to the reporter.
        reason: String,
    },
    /// Give the agreed embargo up.
    BreakEmbargo {
        /// Why, to the reporter.
        reason: String,
    },
    /// Take a step without what a gate asks for, where the policy allows it. It opens the step once.
    OverrideGate {
        /// The step.
        step: Step,
        /// The gate, by what it asks for.
        gate: Need,
        /// Why. It stays on record.
        reason: String,
    },
    /// Take the order to publish back.
    HoldPublication {
        /// Why.
        reason: String,
    },
    /// Tick a step of the publication's schedule off.
    TickStep {
        /// Name of the step in the policy.
        step: String,
        /// What was done, in words.
        #[serde(default)]
        text: String,
    },
    /// Put on record that a reporter broke a condition; the policy's rule decides about the credit, and they are told.
    RecordBreach {
        /// Number of the report, from 0.
        #[serde(default)]
        report: u32,
        /// What was published or given away, where and when. The reporter sees it.
        evidence: String,
    },
    /// Take that record back.
    ClearBreach {
        /// Number of the report, from 0.
        #[serde(default)]
        report: u32,
        /// Why. The reporter sees it.
        reason: String,
    },
    /// Make a text about a closed report public, where the policy does so; the reporter is asked first where it says so.
    PublishSummary {
        /// Heading.
        title: String,
        /// The text, as everybody will read it.
        text: String,
    },
    /// Take that text off the public page, or take the proposal back.
    WithdrawSummary {
        /// Why. The reporter sees it.
        reason: String,
    },
    /// Put the case to rest.
    Close {
        /// Why.
        reason: String,
    },
    /// Take it up again.
    Reopen {
        /// Why.
        reason: String,
    },
}

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
        let Draft { title, summary, details, impact, conditions, workaround, products, references, aliases } = outside;
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
        Self { title, summary, details, impact, conditions, workaround, products, references, aliases }
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
        Self { title, summary, details, impact, conditions, workaround, products, references, aliases }
    }
}

/// A command as a request brings it: the command, and the number of the last entry the asker looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    /// What is asked.
    #[serde(flatten)]
    pub command: ApiCommand,
    /// Number of the last entry you looked at: when somebody else wrote since, nothing is done and you are told what.
    /// Left out, the command is decided on the case as it is.
    pub seen: Option<u64>,
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let Strict(serde_json::Value::Object(mut object)) = Strict::deserialize(from)? else {
            return Err(D::Error::custom("a command is an object"));
        };
        let seen = match object.remove("seen") {
            None | Some(serde_json::Value::Null) => None,
            Some(seen) => {
                Some(seen.as_u64().ok_or_else(|| D::Error::custom("`seen` is the number of an entry, from 1"))?)
            }
        };
        let command = serde_json::from_value(serde_json::Value::Object(object)).map_err(D::Error::custom)?;
        Ok(Self { command, seen })
    }
}

impl JsonSchema for Asked {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Command".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = ApiCommand::json_schema(generator);
        let seen = serde_json::json!({
            "type": ["integer", "null"],
            "minimum": 0,
            "description": "Number of the last entry you looked at: when somebody else wrote since, nothing is done and \
                you are told what. Left out, the command is decided on the case as it is."
        });
        if let Some(serde_json::Value::Array(variants)) = schema.get_mut("oneOf") {
            for variant in variants {
                if let Some(properties) = variant.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
                    properties.insert("seen".into(), seen.clone());
                }
            }
        }
        schema
    }
}

/// Any JSON without a key that stands twice in one object.
struct Strict(serde_json::Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> serde::de::Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Strict, E> {
        Ok(Strict(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Strict, E> {
        Ok(Strict(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Strict, E> {
        Ok(Strict(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Strict, E> {
        Ok(Strict(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Strict, E> {
        Ok(Strict(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Strict, E> {
        Ok(Strict(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict(serde_json::Value::Null))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Strict, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            list.push(value);
        }
        Ok(Strict(list.into()))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Strict, A::Error> {
        use serde::de::Error as _;
        let mut object = serde_json::Map::new();
        while let Some((key, Strict(value))) = map.next_entry::<String, Strict>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom("a key stands twice in one object"));
            }
            object.insert(key, value);
        }
        Ok(Strict(object.into()))
    }
}

/// Why a command cannot be one of the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoCommand {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl ApiCommand {
    /// The command of the core, with the files that came with it.
    ///
    /// # Errors
    /// A case or files where there can be none.
    pub fn into_core(self, files: Vec<FileRef>) -> Result<Command, NoCommand> {
        let takes_files = matches!(self, Self::Answer { .. } | Self::Ask { .. } | Self::Note { .. });
        if !takes_files && !files.is_empty() {
            let problem = "this command takes no files; send them with `answer`, `ask` or `note`".into();
            return Err(NoCommand { field: "files", problem });
        }
        Ok(match self {
            Self::Acknowledge { text } => Command::Acknowledge { text },
            Self::Assign { to } => Command::Assign { to: to.map(MemberId) },
            Self::Answer { text, next_steps } => Command::Answer { text, files, next_steps },
            Self::Ask { text } => Command::Ask { text, files },
            Self::Note { text } => Command::Note { text, files },
            Self::Describe { title, product, component, aliases } => {
                Command::Describe { title, product, component, aliases }
            }
            Self::Verify { environment, result, conditions, impact } => {
                Command::Verify { facts: VerificationFacts { environment, result: result.into(), conditions, impact } }
            }
            Self::Discuss { text } => Command::Discuss { text },
            Self::Confirm { text } => Command::Confirm { text },
            Self::Reject { text } => Command::Reject { text },
            Self::OutOfScope { clause, instead, text } => Command::OutOfScope { clause, instead, text },
            Self::Duplicate { of, text } => Command::Duplicate { of: of.map(|of| case("of", &of)).transpose()?, text },
            Self::ScannerOutput { text } => Command::ScannerOutput { text },
            Self::Redirect { to, clause, text } => Command::Redirect { to, clause, text },
            Self::NotAVulnerability { clause, text } => Command::NotAVulnerability { clause, text },
            Self::EstimateEffort { effort, text } => Command::EstimateEffort { effort: effort.into(), text },
            Self::Decide { plan, on, reason } => Command::Decide { plan: plan.into(), on: on.map(|on| on.0), reason },
            Self::AssessDependency { package, affected, justification, text } => {
                Command::AssessDependency { package, affected, justification: justification.map(Into::into), text }
            }
            Self::Rate { vectors, severity, level } => {
                Command::Rate { vectors, severity: severity.map(Into::into), level }
            }
            Self::SetWeakness { cwe } => Command::SetWeakness { cwe },
            Self::ProposeEmbargo { until, text } => Command::ProposeEmbargo { until: until.0, text },
            Self::RecordFix { branch, kind, version, url, details } => {
                Command::RecordFix { branch, kind: kind.into(), version, url, details }
            }
            Self::RecordAudit { looked, found } => Command::RecordAudit { looked, found },
            Self::Estimate { promise, until, reason } => Command::Estimate { promise, until: until.0, reason },
            Self::KnowExploitation { ground, aware_at } => {
                Command::KnowExploitation { ground, aware_at: aware_at.map(|at| at.0) }
            }
            Self::KnowIncident { ground, aware_at } => {
                Command::KnowIncident { ground, aware_at: aware_at.map(|at| at.0) }
            }
            Self::RecordSubmission { promise, to, at, reference, text } => {
                Command::RecordSubmission { promise, to, at: at.map(|at| at.0), reference, text }
            }
            Self::AskCredit {} => Command::AskCredit,
            Self::DraftAdvisory { draft } => Command::DraftAdvisory { draft: Box::new(draft.into()) },
            Self::ApproveAdvisory { revision } => Command::ApproveAdvisory { revision },
            Self::Publish { at } => Command::Publish { at: at.map(|at| at.0) },
            Self::MovePolicy { version, reason } => Command::MovePolicy { version, reason },
            Self::BreakEmbargo { reason } => Command::BreakEmbargo { reason },
            Self::OverrideGate { step, gate, reason } => {
                Command::OverrideGate { step: step.into(), gate: gate.into(), reason }
            }
            Self::HoldPublication { reason } => Command::HoldPublication { reason },
            Self::TickStep { step, text } => Command::TickStep { step, text },
            Self::RecordBreach { report, evidence } => Command::RecordBreach { report, evidence },
            Self::ClearBreach { report, reason } => Command::ClearBreach { report, reason },
            Self::PublishSummary { title, text } => Command::PublishSummary { title, text },
            Self::WithdrawSummary { reason } => Command::WithdrawSummary { reason },
            Self::Close { reason } => Command::Close { reason },
            Self::Reopen { reason } => Command::Reopen { reason },
        })
    }

    /// The command a member gives, as the outside writes it; `None` for what only reporters, doors and clocks ask.
    pub fn of(core: &Command) -> Option<Self> {
        Some(match core.clone() {
            Command::Acknowledge { text } => Self::Acknowledge { text },
            Command::Assign { to } => Self::Assign { to: to.map(|to| to.0) },
            Command::Answer { text, next_steps, .. } => Self::Answer { text, next_steps },
            Command::Ask { text, .. } => Self::Ask { text },
            Command::Note { text, .. } => Self::Note { text },
            Command::Describe { title, product, component, aliases } => {
                Self::Describe { title, product, component, aliases }
            }
            Command::Verify { facts: VerificationFacts { environment, result, conditions, impact } } => {
                Self::Verify { environment, result: result.into(), conditions, impact }
            }
            Command::Discuss { text } => Self::Discuss { text },
            Command::Confirm { text } => Self::Confirm { text },
            Command::Reject { text } => Self::Reject { text },
            Command::OutOfScope { clause, instead, text } => Self::OutOfScope { clause, instead, text },
            Command::Duplicate { of, text } => Self::Duplicate { of: of.map(|of| of.0), text },
            Command::ScannerOutput { text } => Self::ScannerOutput { text },
            Command::Redirect { to, clause, text } => Self::Redirect { to, clause, text },
            Command::NotAVulnerability { clause, text } => Self::NotAVulnerability { clause, text },
            Command::EstimateEffort { effort, text } => Self::EstimateEffort { effort: effort.into(), text },
            Command::Decide { plan, on, reason } => Self::Decide { plan: plan.into(), on: on.map(Into::into), reason },
            Command::AssessDependency { package, affected, justification, text } => {
                Self::AssessDependency { package, affected, justification: justification.map(Into::into), text }
            }
            Command::Rate { vectors, severity, level } => {
                Self::Rate { vectors, severity: severity.map(Into::into), level }
            }
            Command::SetWeakness { cwe } => Self::SetWeakness { cwe },
            Command::ProposeEmbargo { until, text } => Self::ProposeEmbargo { until: until.into(), text },
            Command::RecordFix { branch, kind, version, url, details } => {
                Self::RecordFix { branch, kind: kind.into(), version, url, details }
            }
            Command::RecordAudit { looked, found } => Self::RecordAudit { looked, found },
            Command::Estimate { promise, until, reason } => Self::Estimate { promise, until: until.into(), reason },
            Command::KnowExploitation { ground, aware_at } => {
                Self::KnowExploitation { ground, aware_at: aware_at.map(Into::into) }
            }
            Command::KnowIncident { ground, aware_at } => {
                Self::KnowIncident { ground, aware_at: aware_at.map(Into::into) }
            }
            Command::RecordSubmission { promise, to, at, reference, text } => {
                Self::RecordSubmission { promise, to, at: at.map(Into::into), reference, text }
            }
            Command::AskCredit => Self::AskCredit {},
            Command::DraftAdvisory { draft } => Self::DraftAdvisory { draft: draft.as_ref().into() },
            Command::ApproveAdvisory { revision } => Self::ApproveAdvisory { revision },
            Command::Publish { at } => Self::Publish { at: at.map(Into::into) },
            Command::MovePolicy { version, reason } => Self::MovePolicy { version, reason },
            Command::BreakEmbargo { reason } => Self::BreakEmbargo { reason },
            Command::OverrideGate { step, gate, reason } => {
                Self::OverrideGate { step: step.into(), gate: gate.into(), reason }
            }
            Command::HoldPublication { reason } => Self::HoldPublication { reason },
            Command::TickStep { step, text } => Self::TickStep { step, text },
            Command::RecordBreach { report, evidence } => Self::RecordBreach { report, evidence },
            Command::ClearBreach { report, reason } => Self::ClearBreach { report, reason },
            Command::PublishSummary { title, text } => Self::PublishSummary { title, text },
            Command::WithdrawSummary { reason } => Self::WithdrawSummary { reason },
            Command::Close { reason } => Self::Close { reason },
            Command::Reopen { reason } => Self::Reopen { reason },
            Command::Report(_)
            | Command::Write { .. }
            | Command::Nudge
            | Command::ChooseCredit { .. }
            | Command::GiveKey { .. }
            | Command::AnswerEmbargo { .. }
            | Command::AnswerSummary { .. }
            | Command::Withdraw { .. }
            | Command::TakeMail { .. }
            | Command::RecordOrigin { .. }
            | Command::Tick => return None,
        })
    }
}

fn case(field: &'static str, typed: &str) -> Result<CaseId, NoCommand> {
    CaseId::parse(typed).ok_or_else(|| NoCommand {
        field,
        problem: format!("`{typed}` is no name of a case; write it like 7K3M9-QXT4B"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use candor_core::access::least_role;
    use candor_core::command::Filing;
    use candor_core::event::{Channel, Contact, Credit, ReportFacts};
    use jiff::Timestamp;

    /// One of each. [`ApiCommand::of`] does not compile when the core gets a command that has no place here.
    fn one_of_each() -> Vec<Command> {
        let text = || "words".to_owned();
        let until = Timestamp::UNIX_EPOCH;
        let all = vec![
            Command::Report(Box::new(Filing {
                channel: Channel::Api,
                facts: ReportFacts::default(),
                contact: Contact::default(),
                person: "P".into(),
                credit: None,
                received_at: None,
                receipt: String::new(),
                drill: false,
            })),
            Command::Acknowledge { text: text() },
            Command::Assign { to: Some("M".into()) },
            Command::Answer { text: text(), files: Vec::new(), next_steps: true },
            Command::Ask { text: text(), files: Vec::new() },
            Command::Note { text: text(), files: Vec::new() },
            Command::Describe { title: text(), product: Some(text()), component: None, aliases: vec![text()] },
            Command::Verify {
                facts: VerificationFacts {
                    environment: text(),
                    result: event::VerificationResult::Partly,
                    conditions: text(),
                    impact: text(),
                },
            },
            Command::Discuss { text: text() },
            Command::Confirm { text: text() },
            Command::Reject { text: text() },
            Command::OutOfScope { clause: text(), instead: text(), text: text() },
            Command::Duplicate { of: CaseId::parse("7K3M9-QXT4B"), text: text() },
            Command::ScannerOutput { text: text() },
            Command::Rate {
                vectors: vec![text()],
                severity: Some(candor_formats::cvss::Severity::High),
                level: Some(text()),
            },
            Command::Redirect { to: text(), clause: Some(text()), text: text() },
            Command::NotAVulnerability { clause: text(), text: text() },
            Command::EstimateEffort { effort: candor_core::policy::Effort::Large, text: text() },
            Command::Decide { plan: candor_core::policy::Plan::NextUpdate, on: Some(until), reason: text() },
            Command::AssessDependency {
                package: text(),
                affected: false,
                justification: Some(event::Justification::ComponentNotPresent),
                text: text(),
            },
            Command::SetWeakness { cwe: 79 },
            Command::ProposeEmbargo { until, text: text() },
            Command::RecordFix {
                branch: text(),
                kind: event::FixKind::WillNotFix,
                version: Some(text()),
                url: Some(text()),
                details: text(),
            },
            Command::RecordAudit { looked: text(), found: text() },
            Command::Estimate { promise: text(), until, reason: text() },
            Command::KnowExploitation { ground: text(), aware_at: Some(until) },
            Command::KnowIncident { ground: text(), aware_at: Some(until) },
            Command::RecordSubmission { promise: text(), to: text(), at: Some(until), reference: text(), text: text() },
            Command::AskCredit,
            Command::DraftAdvisory {
                draft: Box::new(event::AdvisoryDraft {
                    title: text(),
                    products: vec![event::AffectedProduct { name: text(), ..Default::default() }],
                    ..Default::default()
                }),
            },
            Command::ApproveAdvisory { revision: 3 },
            Command::Publish { at: Some(until) },
            Command::MovePolicy { version: 2, reason: text() },
            Command::BreakEmbargo { reason: text() },
            Command::OverrideGate {
                step: candor_core::policy::Step::Publish,
                gate: candor_core::policy::Need::SimilarProblemsAudit,
                reason: text(),
            },
            Command::HoldPublication { reason: text() },
            Command::TickStep { step: text(), text: text() },
            Command::RecordBreach { report: 0, evidence: text() },
            Command::ClearBreach { report: 0, reason: text() },
            Command::PublishSummary { title: text(), text: text() },
            Command::WithdrawSummary { reason: text() },
            Command::AnswerSummary { agree: true, text: text() },
            Command::Close { reason: text() },
            Command::Reopen { reason: text() },
            Command::Write { text: text(), files: Vec::new() },
            Command::Nudge,
            Command::ChooseCredit { credit: Credit::Anonymous },
            Command::GiveKey { pgp_key: text() },
            Command::AnswerEmbargo { agree: true, text: text() },
            Command::Withdraw { text: text() },
            Command::TakeMail { text: text(), files: Vec::new(), noticed: Vec::new(), returned: true },
            Command::RecordOrigin { entry: 1, origin: Box::default() },
            Command::Tick,
        ];
        let mut names: Vec<_> = all.iter().map(Command::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len(), "a command stands twice, and another is missing");
        all
    }

    #[test]
    fn every_command_that_a_member_gives_is_there_under_its_name_and_comes_back_unchanged() {
        for core in one_of_each() {
            let given = least_role(&core).is_some() && !matches!(core, Command::Report(_));
            let outside = ApiCommand::of(&core);
            assert_eq!(outside.is_some(), given, "{}", core.name());
            let Some(outside) = outside else { continue };
            let sent = serde_json::to_value(&outside).expect("it is JSON");
            assert_eq!(sent["command"], core.name());
            let read: Asked = serde_json::from_value(sent).expect("what is sent can be read");
            assert_eq!(read, Asked { command: outside.clone(), seen: None });
            assert_eq!(read.command.into_core(Vec::new()), Ok(core));
        }
    }

    #[test]
    fn files_come_only_with_what_can_carry_them() {
        let file = FileRef {
            id: "F".into(),
            name: "a".into(),
            size: 1,
            sha256: String::new(),
            sealed_sha256: String::new(),
            key: String::new(),
            looks: String::new(),
        };
        let refused = ApiCommand::Close { reason: "done".into() }.into_core(vec![file.clone()]);
        assert_eq!(refused.map_err(|why| why.field), Err("files"));
        assert!(ApiCommand::Note { text: String::new() }.into_core(vec![file]).is_ok());
    }
}
