//! Everything a person, a letter or a clock may ask. A command is a wish: [`crate::access`] says whether
//! the asker may have it, [`crate::decide`] whether the case allows it.

use crate::comments::Section;
use crate::event::{
    AdvisoryDraft, Channel, Contact, Credit, FileRef, FixKind, ItemTick, Justification, Origin, Outcome,
    PriorityChoice, ReportFacts, VerificationFacts,
};
use crate::id::{CaseId, MemberId, PersonId};
use crate::parties::{Invitation, PartyWish, Sharing};
use crate::policy::{Effort, Need, Plan, Step};
use candor_formats::cvss::Severity;
use jiff::Timestamp;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Command {
    /// File a report. Opens a case.
    Report(Box<Filing>),
    /// First answer to the reporter.
    Acknowledge { text: String },
    /// Give the case to a member, or to nobody.
    Assign { to: Option<MemberId> },
    /// Write to the reporter.
    Answer { text: String, files: Vec<FileRef>, next_steps: bool },
    /// Ask the reporter something; clocks that wait for the reporter stand still.
    Ask { text: String, files: Vec<FileRef> },
    /// Write a note for the team alone.
    Note { text: String, files: Vec<FileRef>, mentions: Vec<MemberId> },
    /// Set working title, product, component and aliases.
    Describe { title: String, product: Option<String>, component: Option<String>, aliases: Vec<String> },
    /// Put a verification on record.
    Verify { facts: VerificationFacts },
    /// Put on record that the asker discussed the next steps.
    Discuss { text: String },
    /// Confirm the report.
    Confirm { text: String },
    /// Reject it; the text is the reason.
    Reject { text: String },
    /// It is not covered: cite the clause.
    OutOfScope { clause: String, instead: String, text: String },
    /// Somebody else has to mend it: send the reporter on. Without an address, the one of the clause.
    Redirect { to: String, clause: Option<String>, text: String },
    /// It is known to be no vulnerability here: cite the clause.
    NotAVulnerability { clause: String, text: String },
    /// It is known already.
    Duplicate { of: Option<CaseId>, text: String },
    /// It is scanner output without a proof.
    ScannerOutput { text: String },
    /// End the case by any other verdict of the closed list than a confirmation.
    Dismiss { outcome: Outcome, text: String },
    /// Take back the verdict that ended the case.
    UndoVerdict { reason: String },
    /// Answer the reporter's appeal: the verdict stands, or the case is taken up again.
    AnswerAppeal { stands: bool, text: String },
    /// Handle the report together with others about the same problem, in another case.
    Merge { into: CaseId, text: String },
    /// Handle it on its own again.
    Separate { reason: String },
    /// Put on record that another case, perhaps of another program, has to do with this one.
    Relate { to: CaseId, text: String },
    /// Take that back.
    Unrelate { to: CaseId },
    /// Write to every reporter whose report this case gathers, each in their own thread.
    AnswerAll { text: String, next_steps: bool },
    /// Make findings of a report into cases of their own. The reporter keeps one thread.
    Split { parts: Vec<Part>, text: String },
    /// Rate the severity, by vectors or by hand.
    Rate { vectors: Vec<String>, severity: Option<Severity>, level: Option<String>, why: String },
    /// Weigh it by a decision table of SSVC.
    Prioritise { table: String, choices: Vec<PriorityChoice> },
    /// Set up a task of the fix, or change one.
    SetTask { task: Option<u32>, title: String, pointers: Vec<String>, evidence: String, done: bool },
    /// Ask the reporter to try whether the fix holds.
    AskRetest { text: String },
    /// Estimate how much work a fix is.
    EstimateEffort { effort: Effort, text: String },
    /// Decide when, or whether, the problem is mended; what the policy proposes is confirmed or overruled.
    Decide { plan: Plan, on: Option<Timestamp>, reason: String },
    /// Assess what a vulnerability of a package means here.
    AssessDependency {
        package: String,
        affected: bool,
        justification: Option<Justification>,
        text: String,
        public_as: Option<String>,
    },
    /// Name the weakness.
    SetWeakness { cwe: u32 },
    /// Propose a date before which nobody publishes.
    ProposeEmbargo { until: Timestamp, text: String },
    /// Record a remediation or the decision about a version.
    RecordFix { branch: String, kind: FixKind, version: Option<String>, url: Option<String>, details: String },
    /// Record the decisions about several versions at once: all of them or none.
    DecideVersions { decisions: Vec<VersionDecision> },
    /// Tick items of checklists off, or take ticks back.
    TickItems { items: Vec<ItemTick>, text: String },
    /// Record the audit for similar problems.
    RecordAudit { looked: String, found: String },
    /// Give a missed target a reason and a new date.
    Estimate { promise: String, until: Timestamp, reason: String },
    /// Put on record that the vulnerability is being exploited.
    KnowExploitation { ground: String, aware_at: Option<Timestamp> },
    /// Puts on record that the team is aware of a severe incident.
    KnowIncident { ground: String, aware_at: Option<Timestamp> },
    /// Put the proof on record that what a promise asks for was submitted.
    RecordSubmission { promise: String, to: String, at: Option<Timestamp>, reference: String, text: String },
    /// Ask the reporter how they wish to be credited.
    AskCredit,
    /// Write or edit the advisory.
    DraftAdvisory { draft: Box<AdvisoryDraft> },
    /// Comment a section of the draft, for the members on the case alone.
    CommentAdvisory { section: Section, text: String },
    /// Settle a comment, by the number of its entry.
    ResolveComment { comment: u64 },
    /// Approve the draft of this number.
    ApproveAdvisory { revision: u32 },
    /// Publish: now, at an instant, or with the fix, as the policy says.
    Publish { at: Option<Timestamp> },
    /// Give the agreed embargo up, for a reason that the reporter is told.
    BreakEmbargo { reason: String },
    /// It is public elsewhere: publish this little at once, without order, date or approval, for a reason that the reporter
    /// is told. Everything else follows as a correction.
    GoPublic { title: String, summary: String, reason: String },
    /// Take a step without what a gate asks for, where the policy allows it.
    OverrideGate { step: Step, gate: Need, reason: String },
    /// Take the order to publish back.
    HoldPublication { reason: String },
    /// Tick a step of the publication's schedule off.
    TickStep { step: String, text: String },
    /// Put on record that a reporter broke a condition they agreed to.
    RecordBreach { report: u32, evidence: String },
    /// Take that record back.
    ClearBreach { report: u32, reason: String },
    /// Make a text about a closed report public, where the policy does so; the reporter is asked first where it says so.
    PublishSummary { title: String, text: String },
    /// Take that text off the public page.
    WithdrawSummary { reason: String },
    /// Propose a text for the project's public issues to the reporter of what is only a bug.
    ProposeIssue { title: String, text: String },
    /// Put on record where the public issue is.
    OpenIssue { url: String },
    /// Put the case to rest.
    Close { reason: String },
    /// Take it up again.
    Reopen { reason: String },
    /// Run the case under a newer version of the policy.
    MovePolicy { version: u32, reason: String },
    /// The reporter writes.
    Write { text: String, files: Vec<FileRef> },
    /// A mail came to the reporter's secret address that is not known to be theirs.
    /// `returned` when a server says in it that a letter to the reporter did not arrive.
    TakeMail { text: String, files: Vec<FileRef>, noticed: Vec<String>, returned: bool },
    /// Put on record who sent the mail that made an entry, as far as mail can tell.
    RecordOrigin { entry: u64, origin: Box<Origin> },
    /// The reporter asks for news.
    Nudge,
    /// The reporter chooses how to be credited.
    ChooseCredit { credit: Credit },
    /// The reporter gives the OpenPGP key that letters to them are encrypted to, or none for letters in the clear. The
    /// door has looked at the key.
    GiveKey { pgp_key: String },
    /// The reporter answers the date that was proposed at the instant `asked`; whatever stands there when it is `None`.
    AnswerEmbargo { agree: bool, text: String, asked: Option<Timestamp> },
    /// The reporter answers the text for the public page that was proposed at the instant `asked`.
    AnswerSummary { agree: bool, text: String, asked: Option<Timestamp> },
    /// The reporter answers the text for a public issue that was proposed at the instant `asked`.
    AnswerIssue { agree: bool, text: String, asked: Option<Timestamp> },
    /// The reporter tried whether the fix holds.
    Retest { holds: bool, text: String },
    /// The reporter asks that somebody else look at the verdict again.
    Appeal { text: String },
    /// The reporter takes the report back.
    Withdraw { text: String },
    /// A clock asks what is due.
    Tick,
    /// A member opens the case; kept once a day.
    See,
    /// Invite an outside party.
    InviteParty { invitation: Box<Invitation> },
    /// Write to an outside party.
    TellParty { party: u32, text: String },
    /// Give an outside party the newest edition of the advisory, under whatever label it has.
    GiveAdvisory { party: u32 },
    /// Share a file of the case with an outside party.
    ShareFile { sharing: Sharing },
    /// End it with an outside party: they see nothing from then on.
    EndParty { party: u32, reason: String },
    /// What an outside party asks.
    AsParty { wish: PartyWish },
    /// Put a member on the case, so that they read it and work on it.
    PutOn { member: MemberId, reason: String },
    /// Take a member off the case.
    TakeOff { member: MemberId, reason: String },
    /// Get on a case without being put on it, for a reason that the team is told at once.
    BreakGlass { reason: String },
    /// A member opened more cases than the reading budget has: those named are told.
    NoticeReading { member: MemberId, cases: u32, told: Vec<MemberId> },
}

/// What is so about one supported version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionDecision {
    /// The branch; empty when there is one line of releases.
    pub branch: String,
    /// What it is.
    pub kind: FixKind,
    /// The version that has it.
    pub version: Option<String>,
    /// Where it can be had.
    pub url: Option<String>,
    /// In words.
    pub details: String,
}

/// A finding that becomes a case of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The case it will be; drawn beforehand.
    pub case: CaseId,
    /// What it is about.
    pub title: String,
    /// What the report says of it.
    pub text: String,
}

/// A report on its way in.
#[derive(Debug, Clone, PartialEq)]
pub struct Filing {
    /// Through which door.
    pub channel: Channel,
    /// What it says.
    pub facts: ReportFacts,
    /// Name and address, if given; the person they will be filed under is drawn beforehand.
    pub contact: Contact,
    /// Name for the person's key.
    pub person: PersonId,
    /// The credit they chose already.
    pub credit: Option<Credit>,
    /// When it really came, if it came by another way before; `None` for now.
    pub received_at: Option<Timestamp>,
    /// Hash of the receipt, as hexadecimal digits.
    pub receipt: String,
    /// Whether it is a drill; only members file one.
    pub drill: bool,
}

impl Command {
    /// Name in the API and in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Report(_) => "report",
            Command::Acknowledge { .. } => "acknowledge",
            Command::Assign { .. } => "assign",
            Command::Answer { .. } => "answer",
            Command::Ask { .. } => "ask",
            Command::Note { .. } => "note",
            Command::Describe { .. } => "describe",
            Command::Verify { .. } => "verify",
            Command::Discuss { .. } => "discuss",
            Command::Confirm { .. } => "confirm",
            Command::Reject { .. } => "reject",
            Command::OutOfScope { .. } => "out-of-scope",
            Command::Redirect { .. } => "redirect",
            Command::NotAVulnerability { .. } => "not-a-vulnerability",
            Command::EstimateEffort { .. } => "estimate-effort",
            Command::Decide { .. } => "decide",
            Command::AssessDependency { .. } => "assess-dependency",
            Command::Duplicate { .. } => "duplicate",
            Command::ScannerOutput { .. } => "scanner-output",
            Command::Dismiss { .. } => "dismiss",
            Command::UndoVerdict { .. } => "undo-verdict",
            Command::AnswerAppeal { .. } => "answer-appeal",
            Command::Appeal { .. } => "appeal",
            Command::Merge { .. } => "merge",
            Command::Separate { .. } => "separate",
            Command::Relate { .. } => "relate",
            Command::Unrelate { .. } => "unrelate",
            Command::AnswerAll { .. } => "answer-all",
            Command::Split { .. } => "split",
            Command::Rate { .. } => "rate",
            Command::Prioritise { .. } => "prioritise",
            Command::SetTask { .. } => "set-task",
            Command::AskRetest { .. } => "ask-retest",
            Command::Retest { .. } => "retest",
            Command::SetWeakness { .. } => "set-weakness",
            Command::ProposeEmbargo { .. } => "propose-embargo",
            Command::RecordFix { .. } => "record-fix",
            Command::DecideVersions { .. } => "decide-versions",
            Command::TickItems { .. } => "tick-items",
            Command::RecordAudit { .. } => "record-audit",
            Command::Estimate { .. } => "estimate",
            Command::KnowExploitation { .. } => "know-exploitation",
            Command::KnowIncident { .. } => "know-incident",
            Command::RecordSubmission { .. } => "record-submission",
            Command::AskCredit => "ask-credit",
            Command::DraftAdvisory { .. } => "draft-advisory",
            Command::CommentAdvisory { .. } => "comment-advisory",
            Command::ResolveComment { .. } => "resolve-comment",
            Command::ApproveAdvisory { .. } => "approve-advisory",
            Command::Publish { .. } => "publish",
            Command::BreakEmbargo { .. } => "break-embargo",
            Command::GoPublic { .. } => "go-public",
            Command::OverrideGate { .. } => "override-gate",
            Command::HoldPublication { .. } => "hold-publication",
            Command::TickStep { .. } => "tick-step",
            Command::RecordBreach { .. } => "record-breach",
            Command::ClearBreach { .. } => "clear-breach",
            Command::PublishSummary { .. } => "publish-summary",
            Command::WithdrawSummary { .. } => "withdraw-summary",
            Command::AnswerSummary { .. } => "answer-summary",
            Command::ProposeIssue { .. } => "propose-issue",
            Command::OpenIssue { .. } => "open-issue",
            Command::AnswerIssue { .. } => "answer-issue",
            Command::Close { .. } => "close",
            Command::Reopen { .. } => "reopen",
            Command::MovePolicy { .. } => "move-policy",
            Command::Write { .. } => "write",
            Command::TakeMail { .. } => "take-mail",
            Command::RecordOrigin { .. } => "record-origin",
            Command::Nudge => "nudge",
            Command::ChooseCredit { .. } => "choose-credit",
            Command::GiveKey { .. } => "give-key",
            Command::AnswerEmbargo { .. } => "answer-embargo",
            Command::Withdraw { .. } => "withdraw",
            Command::Tick => "tick",
            Command::See => "see",
            Command::InviteParty { .. } => "invite-party",
            Command::TellParty { .. } => "tell-party",
            Command::GiveAdvisory { .. } => "give-advisory",
            Command::ShareFile { .. } => "share-file",
            Command::EndParty { .. } => "end-party",
            Command::AsParty { .. } => "as-party",
            Command::PutOn { .. } => "put-on",
            Command::TakeOff { .. } => "take-off",
            Command::BreakGlass { .. } => "break-glass",
            Command::NoticeReading { .. } => "notice-reading",
        }
    }
}
