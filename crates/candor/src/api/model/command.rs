//! Everything a member may ask of a case: one command of the core is one command here.

mod asked;
mod draft;
mod strict;

use super::choices::{ItemTick, PriorityChoice, VersionDecision};
use super::entry::Outcome;
use super::instant::Instant;
use super::words::{
    Effort, FixKind, Justification, Need, PartyKind, Plan, Section, Severity, Step, VerificationResult,
};
pub use asked::Asked;
use candor_core::command::{Command, Part};
use candor_core::event::{self, FileRef, VerificationFacts};
use candor_core::id::{CaseId, MemberId};
use candor_core::parties::{Invitation, Sharing};
pub use draft::{Affected, Draft};
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
        /// Ids of members who are told that there is a note; whoever may not see the case is left out.
        #[serde(default)]
        mentions: Vec<String>,
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
    /// End it by any other verdict of the closed list than a confirmation.
    Dismiss {
        /// The verdict, like `{"outcome": "in-dependency", "package": "pkg:npm/lodash"}`.
        outcome: Outcome,
        /// The reason, to the reporter.
        text: String,
    },
    /// Take back the verdict that ended it.
    UndoVerdict {
        /// Why, to the reporter.
        reason: String,
    },
    /// Answer the reporter's appeal. Not for the member who gave the verdict.
    AnswerAppeal {
        /// Whether the verdict stands; otherwise the case is taken up again.
        stands: bool,
        /// Your words to the reporter.
        text: String,
    },
    /// Handle it together with other reports of the same problem. It keeps its thread, receipt, credit and clocks.
    Merge {
        /// The case that gathers them.
        into: String,
        /// Words to the reporter; empty for a short standard sentence.
        #[serde(default)]
        text: String,
    },
    /// Handle it on its own again.
    Separate {
        /// Why, to the reporter.
        reason: String,
    },
    /// Link it with another case that has to do with it, perhaps of another program. Whoever may see both sees the link;
    /// nothing else passes between them.
    Relate {
        /// The other case.
        to: String,
        /// How they hang together, in a line.
        #[serde(default)]
        text: String,
    },
    /// Take such a link back.
    Unrelate {
        /// The other case.
        to: String,
    },
    /// Write to every reporter whose report the case gathers, each in their own thread.
    AnswerAll {
        /// Words to the reporters.
        text: String,
        /// Whether this says what the next steps are.
        #[serde(default)]
        next_steps: bool,
    },
    /// Make findings of the report into cases of their own. The reporter keeps one thread.
    Split {
        /// The findings.
        parts: Vec<Finding>,
        /// Words to the reporter; empty for none.
        #[serde(default)]
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
        /// Why so, in words.
        #[serde(default)]
        why: String,
    },
    /// Weigh it by a decision table of SSVC; the outcome is the table's.
    Prioritise {
        /// `supplier` or `coordinator`.
        table: String,
        /// One answer to each decision point.
        choices: Vec<PriorityChoice>,
    },
    /// Set up a task of the fix, or change one.
    SetTask {
        /// Number of the task; null for a new one.
        #[serde(default)]
        task: Option<u32>,
        /// What is to be done.
        title: String,
        /// Where the work is: a commit, a branch, a pull request, a patch file.
        #[serde(default)]
        pointers: Vec<String>,
        /// What shows that it is done.
        #[serde(default)]
        evidence: String,
        /// Whether it is done.
        #[serde(default)]
        done: bool,
    },
    /// Ask the reporter to try whether the fix holds.
    AskRetest {
        /// What to try, and where to get it.
        text: String,
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
        /// The public identifier of the vulnerability, such as CVE-2021-23337, under which everybody may read package and
        /// reason (not the words). Only for what is not affected; left out, the decision stays inside the team.
        #[serde(default)]
        public_as: Option<String>,
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
    /// Record the decisions about several supported versions at once: all of them, or none when one is refused.
    DecideVersions {
        /// One for each version.
        decisions: Vec<VersionDecision>,
    },
    /// Tick items of the policy's checklists off, or take ticks back.
    TickItems {
        /// Which items.
        items: Vec<ItemTick>,
        /// In words, for the team.
        #[serde(default)]
        text: String,
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
        draft: Box<Draft>,
    },
    /// Comment a section of the advisory's draft. Members on the case see it; it is part of no document.
    CommentAdvisory {
        /// The section.
        section: Section,
        /// The words.
        text: String,
    },
    /// Settle a comment on the draft.
    ResolveComment {
        /// The comment, by the number in `advisory.comments` of the case.
        comment: u64,
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
    /// It is public elsewhere: publish this little at once, without order, date or approval.
    GoPublic {
        /// One line, as everybody will read it.
        title: String,
        /// What people have to know now.
        summary: String,
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
    /// Propose a text for the project's public issues to the reporter of what was closed as no security matter.
    ProposeIssue {
        /// Heading.
        title: String,
        /// The text, as everybody will read it.
        text: String,
    },
    /// Put on record where the public issue is. Only with the reporter's yes.
    OpenIssue {
        /// Its address.
        url: String,
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
    /// Invite an outside party: they get a link by mail, and need the code that the case page shows as well.
    InviteParty {
        /// What they are.
        kind: PartyKind,
        /// Name.
        #[serde(default)]
        name: String,
        /// Organisation.
        #[serde(default)]
        organisation: String,
        /// Where the link goes.
        email: String,
        /// Until when they see what is shared with them.
        until: Instant,
        /// What they are asked to accept; empty for the usual terms.
        #[serde(default)]
        terms: String,
    },
    /// Write to an outside party. Nobody else sees it but the team.
    TellParty {
        /// Number of the party.
        party: u32,
        /// The words.
        text: String,
    },
    /// Give an outside party the newest edition of the advisory, as text with its label.
    GiveAdvisory {
        /// Number of the party.
        party: u32,
    },
    /// Share a file of the case with an outside party. Without a name they get it under one that tells nothing of the
    /// reporter. Refused when name or address of the reporter stand in it, unless the reporter agreed to that.
    ShareFile {
        /// Number of the party.
        party: u32,
        /// Id of the file.
        file: String,
        /// The name under which they get it.
        #[serde(default)]
        name: String,
        /// Whether their copy carries their mark; only plain text can.
        #[serde(default)]
        marked: bool,
        /// Whether the reporter agreed that it names them.
        #[serde(default)]
        names_reporter: bool,
    },
    /// End it with an outside party: they see nothing from then on.
    EndParty {
        /// Number of the party.
        party: u32,
        /// Why, for the team.
        #[serde(default)]
        reason: String,
    },
    /// Put a member on the case, so that they read it. Who coordinates the program may put themselves and others on it.
    PutOn {
        /// The member's id.
        member: String,
        /// Why, for those who are on it.
        #[serde(default)]
        reason: String,
    },
    /// Take a member off the case.
    TakeOff {
        /// The member's id.
        member: String,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Get on a case for a day without being put on it. The team is told at once, with your name.
    BreakGlass {
        /// Why.
        reason: String,
    },
}

/// A finding that becomes a case of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What it is about.
    pub title: String,
    /// What the report says of it.
    pub text: String,
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
            Self::Note { text, mentions } => {
                Command::Note { text, files, mentions: mentions.into_iter().map(MemberId).collect() }
            }
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
            Self::AssessDependency { package, affected, justification, text, public_as } => {
                let justification = justification.map(Into::into);
                Command::AssessDependency { package, affected, justification, text, public_as }
            }
            Self::Dismiss { outcome, text } => Command::Dismiss { outcome: outcome.into(), text },
            Self::Merge { into, text } => Command::Merge { into: case("into", &into)?, text },
            Self::Relate { to, text } => Command::Relate { to: case("to", &to)?, text },
            Self::Unrelate { to } => Command::Unrelate { to: case("to", &to)? },
            Self::Separate { reason } => Command::Separate { reason },
            Self::AnswerAll { text, next_steps } => Command::AnswerAll { text, next_steps },
            // The cases are drawn by whoever sends it on.
            Self::Split { parts, text } => Command::Split {
                parts: parts
                    .into_iter()
                    .map(|Finding { title, text }| Part { case: CaseId(String::new()), title, text })
                    .collect(),
                text,
            },
            Self::UndoVerdict { reason } => Command::UndoVerdict { reason },
            Self::AnswerAppeal { stands, text } => Command::AnswerAppeal { stands, text },
            Self::Rate { vectors, severity, level, why } => {
                Command::Rate { vectors, severity: severity.map(Into::into), level, why }
            }
            Self::Prioritise { table, choices } => {
                Command::Prioritise { table, choices: choices.into_iter().map(Into::into).collect() }
            }
            Self::SetTask { task, title, pointers, evidence, done } => {
                Command::SetTask { task, title, pointers, evidence, done }
            }
            Self::AskRetest { text } => Command::AskRetest { text },
            Self::SetWeakness { cwe } => Command::SetWeakness { cwe },
            Self::ProposeEmbargo { until, text } => Command::ProposeEmbargo { until: until.0, text },
            Self::RecordFix { branch, kind, version, url, details } => {
                Command::RecordFix { branch, kind: kind.into(), version, url, details }
            }
            Self::DecideVersions { decisions } => {
                Command::DecideVersions { decisions: decisions.into_iter().map(Into::into).collect() }
            }
            Self::TickItems { items, text } => {
                Command::TickItems { items: items.into_iter().map(Into::into).collect(), text }
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
            Self::DraftAdvisory { draft } => Command::DraftAdvisory { draft: Box::new((*draft).into()) },
            Self::CommentAdvisory { section, text } => Command::CommentAdvisory { section: section.into(), text },
            Self::ResolveComment { comment } => Command::ResolveComment { comment },
            Self::ApproveAdvisory { revision } => Command::ApproveAdvisory { revision },
            Self::Publish { at } => Command::Publish { at: at.map(|at| at.0) },
            Self::MovePolicy { version, reason } => Command::MovePolicy { version, reason },
            Self::GoPublic { title, summary, reason } => Command::GoPublic { title, summary, reason },
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
            Self::ProposeIssue { title, text } => Command::ProposeIssue { title, text },
            Self::OpenIssue { url } => Command::OpenIssue { url },
            Self::Close { reason } => Command::Close { reason },
            Self::Reopen { reason } => Command::Reopen { reason },
            Self::InviteParty { kind, name, organisation, email, until, terms } => {
                let contact = event::Contact { name, organisation, email, ..event::Contact::default() };
                let (kind, until) = (kind.into(), until.0);
                let (person, link) = (String::new().into(), String::new());
                let invitation = Box::new(Invitation { person, contact, kind, until, terms, link });
                Command::InviteParty { invitation }
            }
            Self::TellParty { party, text } => Command::TellParty { party, text },
            Self::GiveAdvisory { party } => Command::GiveAdvisory { party },
            Self::ShareFile { party, file, name, marked, names_reporter } => {
                let file = file.into();
                Command::ShareFile { sharing: Sharing { party, file, name, marked, names_reporter } }
            }
            Self::EndParty { party, reason } => Command::EndParty { party, reason },
            Self::PutOn { member, reason } => Command::PutOn { member: MemberId(member), reason },
            Self::TakeOff { member, reason } => Command::TakeOff { member: MemberId(member), reason },
            Self::BreakGlass { reason } => Command::BreakGlass { reason },
        })
    }

    /// The command a member gives, as the outside writes it; `None` for what only reporters, doors and clocks ask.
    pub fn of(core: &Command) -> Option<Self> {
        Some(match core.clone() {
            Command::Acknowledge { text } => Self::Acknowledge { text },
            Command::Assign { to } => Self::Assign { to: to.map(|to| to.0) },
            Command::Answer { text, next_steps, .. } => Self::Answer { text, next_steps },
            Command::Ask { text, .. } => Self::Ask { text },
            Command::Note { text, mentions, .. } => {
                Self::Note { text, mentions: mentions.into_iter().map(|id| id.0).collect() }
            }
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
            Command::AssessDependency { package, affected, justification, text, public_as } => {
                let justification = justification.map(Into::into);
                Self::AssessDependency { package, affected, justification, text, public_as }
            }
            Command::Dismiss { outcome, text } => Self::Dismiss { outcome: (&outcome).into(), text },
            Command::Merge { into, text } => Self::Merge { into: into.0, text },
            Command::Relate { to, text } => Self::Relate { to: to.0, text },
            Command::Unrelate { to } => Self::Unrelate { to: to.0 },
            Command::Separate { reason } => Self::Separate { reason },
            Command::AnswerAll { text, next_steps } => Self::AnswerAll { text, next_steps },
            Command::Split { parts, text } => Self::Split {
                parts: parts.into_iter().map(|Part { title, text, .. }| Finding { title, text }).collect(),
                text,
            },
            Command::UndoVerdict { reason } => Self::UndoVerdict { reason },
            Command::AnswerAppeal { stands, text } => Self::AnswerAppeal { stands, text },
            Command::Rate { vectors, severity, level, why } => {
                Self::Rate { vectors, severity: severity.map(Into::into), level, why }
            }
            Command::Prioritise { table, choices } => {
                Self::Prioritise { table, choices: choices.into_iter().map(Into::into).collect() }
            }
            Command::SetTask { task, title, pointers, evidence, done } => {
                Self::SetTask { task, title, pointers, evidence, done }
            }
            Command::AskRetest { text } => Self::AskRetest { text },
            Command::SetWeakness { cwe } => Self::SetWeakness { cwe },
            Command::ProposeEmbargo { until, text } => Self::ProposeEmbargo { until: until.into(), text },
            Command::RecordFix { branch, kind, version, url, details } => {
                Self::RecordFix { branch, kind: kind.into(), version, url, details }
            }
            Command::DecideVersions { decisions } => {
                Self::DecideVersions { decisions: decisions.into_iter().map(Into::into).collect() }
            }
            Command::TickItems { items, text } => {
                Self::TickItems { items: items.into_iter().map(Into::into).collect(), text }
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
            Command::DraftAdvisory { draft } => Self::DraftAdvisory { draft: Box::new(draft.as_ref().into()) },
            Command::CommentAdvisory { section, text } => Self::CommentAdvisory { section: section.into(), text },
            Command::ResolveComment { comment } => Self::ResolveComment { comment },
            Command::ApproveAdvisory { revision } => Self::ApproveAdvisory { revision },
            Command::Publish { at } => Self::Publish { at: at.map(Into::into) },
            Command::MovePolicy { version, reason } => Self::MovePolicy { version, reason },
            Command::GoPublic { title, summary, reason } => Self::GoPublic { title, summary, reason },
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
            Command::ProposeIssue { title, text } => Self::ProposeIssue { title, text },
            Command::OpenIssue { url } => Self::OpenIssue { url },
            Command::Close { reason } => Self::Close { reason },
            Command::InviteParty { invitation } => {
                let Invitation { contact, kind, until, terms, .. } = *invitation;
                let event::Contact { name, organisation, email, .. } = contact;
                Self::InviteParty { kind: kind.into(), name, organisation, email, until: until.into(), terms }
            }
            Command::TellParty { party, text } => Self::TellParty { party, text },
            Command::GiveAdvisory { party } => Self::GiveAdvisory { party },
            Command::ShareFile { sharing: Sharing { party, file, name, marked, names_reporter } } => {
                Self::ShareFile { party, file: file.0, name, marked, names_reporter }
            }
            Command::EndParty { party, reason } => Self::EndParty { party, reason },
            Command::PutOn { member, reason } => Self::PutOn { member: member.0, reason },
            Command::TakeOff { member, reason } => Self::TakeOff { member: member.0, reason },
            Command::BreakGlass { reason } => Self::BreakGlass { reason },
            Command::Reopen { reason } => Self::Reopen { reason },
            Command::Report(_)
            | Command::Write { .. }
            | Command::Nudge
            | Command::ChooseCredit { .. }
            | Command::GiveKey { .. }
            | Command::AnswerEmbargo { .. }
            | Command::AnswerSummary { .. }
            | Command::Appeal { .. }
            | Command::Retest { .. }
            | Command::AnswerIssue { .. }
            | Command::Withdraw { .. }
            | Command::TakeMail { .. }
            | Command::RecordOrigin { .. }
            | Command::See
            | Command::AsParty { .. }
            | Command::NoticeReading { .. }
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
mod tests;
