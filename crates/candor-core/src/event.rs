//! Everything that can have happened to a case. Events are written to the journal, sealed, and never change.

use crate::case::Bell;
use crate::comments::Section;
use crate::id::{CaseId, MemberId, PersonId, ProgramSlug};
pub use crate::lists::{FixKind, ItemTick, Justification, MovedDate, Standing, VerificationFacts, VerificationResult};
pub use crate::origin::Origin;
use crate::parties::PartyAct;
pub use crate::parts::{
    Acknowledgement, AdvisoryDraft, AffectedProduct, Channel, Contact, Credit, FileRef, KnownBefore, LineChoice,
    Outcome, OwnLine, PriorityChoice, ReportFacts,
};
use crate::policy::{Effort, Moment, Need, Plan, Step};
use candor_formats::advisory::Record;
use candor_formats::cvss::Severity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

mod told; // who is told of an event

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A report came in. The first of a case opens it.
    Reported {
        /// The program.
        program: ProgramSlug,
        /// The version of its policy in force.
        policy_version: u32,
        /// Number of the report within the case, from 0.
        number: u32,
        /// Instant from which clocks count; earlier than the entry when the report came by another way before.
        received_at: Timestamp,
        /// Through which door.
        channel: Channel,
        /// What it says.
        facts: Box<ReportFacts>,
        /// Who told it, if they left a name or an address.
        person: Option<PersonId>,
        /// The member who filed it for them.
        filed_by: Option<MemberId>,
        /// Hash of the receipt, as hexadecimal digits; the receipt itself is kept nowhere.
        receipt: String,
    },
    /// Name and address of the reporter. Sealed under the person's own key.
    ContactGiven {
        /// Number of the report.
        report: u32,
        /// Whose.
        person: PersonId,
        /// Name and address.
        contact: Contact,
    },
    /// Stands for a [`Event::ContactGiven`] or [`Event::CreditChosen`] whose key was destroyed.
    Forgotten {
        /// Whose it was.
        person: PersonId,
    },
    /// How the reporter wishes to be credited. Sealed under the person's key where there is one.
    CreditChosen {
        /// Number of the report.
        report: u32,
        /// The wish.
        credit: Credit,
    },
    /// The reporter gave another OpenPGP key for letters to them, or chose letters without encryption. Sealed under the
    /// person's key.
    KeyGiven {
        /// Number of the report.
        report: u32,
        /// Whose.
        person: PersonId,
        /// Armored certificate; empty for letters that are not encrypted.
        pgp_key: String,
    },
    /// The reporter was asked how they wish to be credited.
    CreditAsked,
    /// A member acknowledged the report.
    Acknowledged {
        /// Their words to the reporter.
        text: String,
    },
    /// The case was given to a member, or to nobody.
    Assigned {
        /// To whom.
        to: Option<MemberId>,
    },
    /// A member wrote to the reporter.
    Answered {
        /// Their words.
        text: String,
        /// Files for the reporter.
        files: Vec<FileRef>,
        /// Whether it says what the next steps are.
        next_steps: bool,
    },
    /// A member asked the reporter something; clocks that wait for the reporter stand still.
    Asked {
        /// The question.
        text: String,
        /// Files for the reporter.
        files: Vec<FileRef>,
    },
    /// The reporter wrote.
    ReporterWrote {
        /// Number of the report.
        report: u32,
        /// Their words.
        text: String,
        /// Their files.
        files: Vec<FileRef>,
    },
    /// A mail came to the reporter's secret address that is not known to be theirs: from another sender, from a program,
    /// or with the marks of a forgery. For the team alone; it starts and ends nothing.
    MailUnverified {
        /// Number of the report whose address it came to.
        report: u32,
        /// Its text.
        text: String,
        /// Its files.
        files: Vec<FileRef>,
        /// What was noticed about it: whom it says it is from, and what is odd.
        noticed: Vec<String>,
    },
    /// A letter to the reporter came back: it may not have arrived, and the address needs a look.
    LetterReturned {
        /// Number of the report whose reporter it was for.
        report: u32,
    },
    /// It was worked out who sent a mail, as far as mail can tell. For the team alone; it grants nothing.
    MailChecked {
        /// Place of the entry that the mail made.
        entry: u64,
        /// What was found.
        origin: Box<Origin>,
    },
    /// The reporter asked for news.
    Nudged {
        /// Number of the report.
        report: u32,
        /// The contact that was turned to: its role.
        to: String,
    },
    /// A note for the team alone.
    Noted {
        /// The note.
        text: String,
        /// Files for the team.
        files: Vec<FileRef>,
        /// Members who are named in it and told that there is a note.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<MemberId>,
    },
    /// Working title, product, component or aliases were set.
    Described {
        /// Working title.
        title: String,
        /// Product.
        product: Option<String>,
        /// Component.
        component: Option<String>,
        /// CVE and other identifiers.
        aliases: Vec<String>,
    },
    /// A member tried to see it happen.
    Verified {
        /// What they found.
        facts: VerificationFacts,
    },
    /// A member put on record that they discussed the next steps.
    Discussed {
        /// What was said.
        text: String,
    },
    /// The report is right.
    Confirmed {
        /// Words to the reporter.
        text: String,
    },
    /// The case ends without an advisory.
    Dismissed {
        /// Why.
        outcome: Outcome,
        /// Words to the reporter.
        text: String,
    },
    /// The reporter asked that somebody else look at the verdict again.
    Appealed {
        /// Number of the report.
        report: u32,
        /// Why.
        text: String,
    },
    /// Another member than the one who gave the verdict answered that.
    AppealAnswered {
        /// Whether the verdict stands.
        stands: bool,
        /// Words to the reporter.
        text: String,
    },
    /// The verdict that ended the case was taken back; it stands where it stood before.
    VerdictUndone {
        /// Why.
        reason: String,
    },
    /// The report is handled together with others about the same problem. It keeps its thread, receipt, credit and clocks.
    MergedInto {
        /// The case that gathers them; the reporter does not see which.
        into: CaseId,
        /// Words to the reporter.
        text: String,
    },
    /// It is handled on its own again.
    Separated {
        /// The case that gathered it.
        from: CaseId,
        /// Why, for the reporter too.
        reason: String,
    },
    /// This case gathers the report of another one.
    Gathered {
        /// The other case.
        case: CaseId,
        /// When that report came.
        reported_at: Timestamp,
    },
    /// It does not any more.
    Released {
        /// The other case.
        case: CaseId,
        /// Why.
        reason: String,
    },
    /// A finding of this report became a case of its own.
    SplitOff {
        /// The new case; the reporter does not see it.
        case: CaseId,
        /// What it is about.
        title: String,
        /// The paragraphs it was made of.
        text: String,
    },
    /// This case is a finding of a report that told of several.
    PartOf {
        /// The case of that report, in which its reporter is written to.
        case: CaseId,
    },
    /// Something happened to a finding that has a case of its own.
    PartNews {
        /// That case.
        case: CaseId,
        /// What it is about.
        title: String,
        /// What happened, in words for the reporter.
        what: String,
        /// Words of the team.
        text: String,
    },
    /// The advisory about the problem went out; another case carries it.
    PublishedWith {
        /// That case.
        case: CaseId,
        /// The advisory.
        advisory: String,
    },
    /// The severity was rated.
    Rated {
        /// CVSS vectors.
        vectors: Vec<String>,
        /// The band.
        severity: Severity,
        /// Why so, in words; empty for what was rated before this was asked.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// It was weighed by a decision table of SSVC.
    Prioritised {
        /// Name of the table: `supplier` or `coordinator`.
        table: String,
        /// The answer to each decision point, with its reason.
        choices: Vec<PriorityChoice>,
        /// Key of the outcome.
        decision: String,
    },
    /// A task of the fix was set up or changed.
    TaskSet {
        /// Number of the task within the case, from 1.
        task: u32,
        /// What is to be done.
        title: String,
        /// Where the work is: a commit, a branch, a pull request, a patch file.
        pointers: Vec<String>,
        /// What shows that it is done, such as a test that failed before.
        evidence: String,
        /// Whether it is done.
        done: bool,
    },
    /// The reporter was asked to try whether the fix holds.
    RetestAsked {
        /// What to try, and where to get it.
        text: String,
    },
    /// The reporter tried it.
    Retested {
        /// Number of the report.
        report: u32,
        /// Whether the problem is gone.
        holds: bool,
        /// What they saw.
        text: String,
    },
    /// The weakness was named.
    WeaknessSet {
        /// CWE number.
        cwe: u32,
    },
    /// The work of a fix was estimated.
    EffortEstimated {
        /// How much.
        effort: Effort,
        /// On what ground.
        text: String,
    },
    /// It was decided when, or whether, the problem is mended.
    Decided {
        /// When.
        plan: Plan,
        /// The date of the regular update, when it goes with one.
        #[serde(default)]
        on: Option<Timestamp>,
        /// Why.
        reason: String,
        /// What the policy's rule proposed then.
        #[serde(default)]
        proposed: Option<Plan>,
    },
    /// A vulnerability of a package was assessed for what it means here.
    DependencyAssessed {
        /// The package, as a package URL or by name.
        package: String,
        /// Whether it makes the product vulnerable.
        affected: bool,
        /// Why not, from the closed list.
        #[serde(default)]
        justification: Option<Justification>,
        /// In words.
        text: String,
        /// The public identifier under which everybody may read package, finding and justification; the words never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        public_as: Option<String>,
    },
    /// A date before which nobody publishes was proposed.
    EmbargoProposed {
        /// The date.
        until: Timestamp,
        /// Words to the reporter.
        text: String,
    },
    /// The reporter agreed to it.
    EmbargoAgreed {
        /// The date.
        until: Timestamp,
    },
    /// The reporter would rather have another date.
    EmbargoDeclined {
        /// Their words.
        text: String,
    },
    /// A remediation, or the decision about a version, was recorded.
    FixRecorded {
        /// The branch.
        branch: String,
        /// What it is.
        kind: FixKind,
        /// The version.
        version: Option<String>,
        /// Where it can be had.
        url: Option<String>,
        /// In words.
        details: String,
    },
    /// The code was audited for similar problems.
    Audited {
        /// Where they looked.
        looked: String,
        /// What they found.
        found: String,
    },
    /// A missed target was given a new date.
    Estimated {
        /// Name of the promise.
        promise: String,
        /// The new date.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// The team became aware of active exploitation.
    ExploitationKnown {
        /// On what ground.
        ground: String,
        /// When it became aware, if that was before the entry.
        #[serde(default)]
        aware_at: Option<Timestamp>,
    },
    /// The team became aware of a severe incident that touches the security of the product.
    IncidentKnown {
        /// What happened, and on what ground it is known.
        ground: String,
        /// When it became aware, if that was before the entry.
        #[serde(default)]
        aware_at: Option<Timestamp>,
    },
    /// What a promise asks for was submitted outside; the proof of it.
    Submitted {
        /// Name of the promise.
        promise: String,
        /// To whom.
        to: String,
        /// When.
        at: Timestamp,
        /// What the other side answered: a number, an address.
        reference: String,
        /// What was said.
        text: String,
    },
    /// The reporter was reminded of a question; without an answer the case will be closed.
    SilenceReminded {
        /// Index into the policy's reminders.
        step: u32,
        /// When the case will be closed.
        closes: Timestamp,
        /// Whether it went out after its time.
        late: bool,
    },
    /// The reporter did not answer, and the policy closed the case.
    ClosedForSilence {
        /// When the question was asked.
        since: Timestamp,
        /// Words to the reporter, from the policy.
        text: String,
    },
    /// The case is a drill: the clocks run, letters reach the team alone, nothing is published.
    DrillDeclared,
    /// The advisory was drafted or edited.
    AdvisoryDrafted {
        /// The draft.
        draft: Box<AdvisoryDraft>,
    },
    /// A member commented a section of the draft. It is part of no document.
    AdvisoryCommented {
        /// The section.
        section: Section,
        /// The words.
        text: String,
    },
    /// A comment was settled.
    CommentResolved {
        /// The number of the comment's entry.
        comment: u64,
    },
    /// The draft was approved.
    AdvisoryApproved {
        /// Number of the draft.
        revision: u32,
    },
    /// The approved advisory is to be published.
    PublicationOrdered {
        /// At this instant, or with the fix when `None`.
        at: Option<Timestamp>,
    },
    /// The standing order got a date: nothing is published before the agreed end of the embargo.
    PublicationDated {
        /// The date.
        at: Timestamp,
    },
    /// The approval no longer stands: what the advisory says changed after it.
    ApprovalWithdrawn {
        /// What changed.
        because: String,
    },
    /// The agreed embargo is given up.
    EmbargoBroken {
        /// Why, for the reporter too.
        reason: String,
    },
    /// A member took a step without what a gate asks for, as the policy allows.
    GateOverridden {
        /// The step.
        step: Step,
        /// The gate, by what it asks for.
        gate: Need,
        /// Why.
        reason: String,
    },
    /// The order was taken back.
    PublicationHeld {
        /// Why.
        reason: String,
    },
    /// A step of the publication's schedule was ticked off by a person.
    StepTicked {
        /// Name of the step.
        step: String,
        /// What was done, in words.
        text: String,
    },
    /// Another case, perhaps of another program, has to do with this one. Told only to those who may see both.
    Related {
        /// The other case.
        case: CaseId,
        /// How they hang together.
        text: String,
    },
    /// That was taken back.
    Unrelated {
        /// The other case.
        case: CaseId,
    },
    /// Items of checklists were ticked off, or ticks taken back.
    Ticked {
        /// Which.
        items: Vec<ItemTick>,
        /// What was said.
        text: String,
    },
    /// Candor wrote to recipients, as a step of the schedule asks.
    StepDone {
        /// Name of the step.
        step: String,
        /// When it was due.
        due: Timestamp,
        /// Whether it came after its time.
        late: bool,
    },
    /// A member put on record that a reporter broke a condition they agreed to.
    BreachRecorded {
        /// Number of the report.
        report: u32,
        /// What was published or given away, where and when.
        evidence: String,
        /// Whether the policy denies the credit for it.
        credit_denied: bool,
    },
    /// The record of a breach was taken back.
    BreachCleared {
        /// Number of the report.
        report: u32,
        /// Why.
        reason: String,
    },
    /// A text about a closed report is to become public once the reporter agrees.
    SummaryProposed {
        /// Heading.
        title: String,
        /// The text.
        text: String,
    },
    /// The reporter would rather not have it published, or not so.
    SummaryDeclined {
        /// Number of the report.
        report: u32,
        /// Their words.
        text: String,
    },
    /// A text about a closed report became public.
    SummaryPublished {
        /// Heading.
        title: String,
        /// The text.
        text: String,
    },
    /// It was taken off the public page.
    SummaryWithdrawn {
        /// Why.
        reason: String,
    },
    /// The report is only a bug: a text for the project's public issues was proposed to the reporter.
    IssueProposed {
        /// Heading.
        title: String,
        /// The text.
        text: String,
    },
    /// The reporter answered that.
    IssueAnswered {
        /// Number of the report.
        report: u32,
        /// Whether the text may become public.
        agree: bool,
        /// Their words.
        text: String,
    },
    /// A member opened the public issue.
    IssueOpened {
        /// Where it is.
        url: String,
    },
    /// The advisory went out.
    Published {
        /// The public record, whole.
        record: Box<Record>,
    },
    /// A bell of a promise rang.
    BellRung {
        /// Which.
        bell: Bell,
        /// When it was due to ring.
        due: Timestamp,
        /// Who is told: the role.
        to: String,
        /// Whether it rang after its time, as when the program was stopped.
        late: bool,
        /// The promised date that it rang for; a date that moves rings anew. Older entries do not say it.
        #[serde(default)]
        date: Option<Timestamp>,
    },
    /// A promise fell due unkept.
    PromiseBroken {
        /// Name of the promise.
        promise: String,
        /// Which run of it.
        cycle: u32,
        /// When it fell due.
        due: Timestamp,
        /// Whether it was noticed after its time.
        late: bool,
    },
    /// Promised dates moved, and those who knew the old ones are told.
    DatesMoved {
        /// Which, from when to when.
        dates: Vec<MovedDate>,
    },
    /// The wait for the reporter reached the policy's limit; clocks run again.
    WaitEnded,
    /// The case runs under a newer version of the policy from now on.
    PolicyMoved {
        /// The version before.
        from: u32,
        /// The version now.
        to: u32,
        /// Why.
        reason: String,
        /// What the newer version changes, in words.
        changes: Vec<String>,
    },
    /// The reporter took the report back.
    Withdrawn {
        /// Number of the report.
        report: u32,
        /// Why, if they said.
        text: String,
    },
    /// The case was put to rest.
    Closed {
        /// Why.
        reason: String,
    },
    /// The case was taken up again.
    Reopened {
        /// Why.
        reason: String,
    },
    /// Something between the team and an outside party.
    Party {
        /// Number of the party within the case, from 0.
        party: u32,
        /// What.
        #[serde(flatten)]
        act: PartyAct,
    },
    /// A member opened the case; the first time of a day, UTC.
    Seen,
    /// A member was put on the case.
    PutOn {
        /// Who.
        member: MemberId,
        /// Why, if it was said.
        #[serde(default)]
        reason: String,
    },
    /// A member was taken off the case, or their time on it ended.
    TakenOff {
        /// Who.
        member: MemberId,
        /// Why, if it was said.
        #[serde(default)]
        reason: String,
    },
    /// A member got on the case without being put on it.
    GlassBroken {
        /// Why.
        reason: String,
        /// Until when they are on it.
        until: Timestamp,
    },
    /// A member opened more cases than the reading budget has; this one was over it.
    ReadingNoticed {
        /// Who.
        member: MemberId,
        /// How many different cases within the budget's time.
        cases: u32,
        /// Members who are told.
        told: Vec<MemberId>,
    },
}

impl Event {
    /// Name in the journal's clear part, in filters and in the API.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Reported { .. } => "reported",
            Event::ContactGiven { .. } => "contact-given",
            Event::Forgotten { .. } => "forgotten",
            Event::CreditChosen { .. } => "credit-chosen",
            Event::KeyGiven { .. } => "key-given",
            Event::CreditAsked => "credit-asked",
            Event::Acknowledged { .. } => "acknowledged",
            Event::Assigned { .. } => "assigned",
            Event::Answered { .. } => "answered",
            Event::Asked { .. } => "asked",
            Event::ReporterWrote { .. } => "reporter-wrote",
            Event::MailUnverified { .. } => "mail-unverified",
            Event::LetterReturned { .. } => "letter-returned",
            Event::MailChecked { .. } => "mail-checked",
            Event::Nudged { .. } => "nudged",
            Event::Noted { .. } => "noted",
            Event::Described { .. } => "described",
            Event::Verified { .. } => "verified",
            Event::Discussed { .. } => "discussed",
            Event::Confirmed { .. } => "confirmed",
            Event::Dismissed { .. } => "dismissed",
            Event::Appealed { .. } => "appealed",
            Event::AppealAnswered { .. } => "appeal-answered",
            Event::VerdictUndone { .. } => "verdict-undone",
            Event::MergedInto { .. } => "merged-into",
            Event::Separated { .. } => "separated",
            Event::Gathered { .. } => "gathered",
            Event::Released { .. } => "released",
            Event::SplitOff { .. } => "split-off",
            Event::PartOf { .. } => "part-of",
            Event::PartNews { .. } => "part-news",
            Event::PublishedWith { .. } => "published-with",
            Event::Rated { .. } => "rated",
            Event::Prioritised { .. } => "prioritised",
            Event::TaskSet { .. } => "task-set",
            Event::RetestAsked { .. } => "retest-asked",
            Event::Retested { .. } => "retested",
            Event::WeaknessSet { .. } => "weakness-set",
            Event::EffortEstimated { .. } => "effort-estimated",
            Event::Decided { .. } => "decided",
            Event::DependencyAssessed { .. } => "dependency-assessed",
            Event::EmbargoProposed { .. } => "embargo-proposed",
            Event::EmbargoAgreed { .. } => "embargo-agreed",
            Event::EmbargoDeclined { .. } => "embargo-declined",
            Event::FixRecorded { .. } => "fix-recorded",
            Event::Audited { .. } => "audited",
            Event::Estimated { .. } => "estimated",
            Event::ExploitationKnown { .. } => "exploitation-known",
            Event::IncidentKnown { .. } => "incident-known",
            Event::Submitted { .. } => "submitted",
            Event::SilenceReminded { .. } => "silence-reminded",
            Event::ClosedForSilence { .. } => "closed-for-silence",
            Event::DrillDeclared => "drill-declared",
            Event::AdvisoryDrafted { .. } => "advisory-drafted",
            Event::AdvisoryCommented { .. } => "advisory-commented",
            Event::CommentResolved { .. } => "comment-resolved",
            Event::AdvisoryApproved { .. } => "advisory-approved",
            Event::PublicationOrdered { .. } => "publication-ordered",
            Event::PublicationDated { .. } => "publication-dated",
            Event::ApprovalWithdrawn { .. } => "approval-withdrawn",
            Event::EmbargoBroken { .. } => "embargo-broken",
            Event::GateOverridden { .. } => "gate-overridden",
            Event::PublicationHeld { .. } => "publication-held",
            Event::StepTicked { .. } => "step-ticked",
            Event::Related { .. } => "related",
            Event::Unrelated { .. } => "unrelated",
            Event::Ticked { .. } => "ticked",
            Event::StepDone { .. } => "step-done",
            Event::BreachRecorded { .. } => "breach-recorded",
            Event::BreachCleared { .. } => "breach-cleared",
            Event::SummaryProposed { .. } => "summary-proposed",
            Event::SummaryDeclined { .. } => "summary-declined",
            Event::SummaryPublished { .. } => "summary-published",
            Event::SummaryWithdrawn { .. } => "summary-withdrawn",
            Event::IssueProposed { .. } => "issue-proposed",
            Event::IssueAnswered { .. } => "issue-answered",
            Event::IssueOpened { .. } => "issue-opened",
            Event::Published { .. } => "published",
            Event::BellRung { .. } => "bell-rung",
            Event::PromiseBroken { .. } => "promise-broken",
            Event::DatesMoved { .. } => "dates-moved",
            Event::WaitEnded => "wait-ended",
            Event::PolicyMoved { .. } => "policy-moved",
            Event::Withdrawn { .. } => "withdrawn",
            Event::Closed { .. } => "closed",
            Event::Reopened { .. } => "reopened",
            Event::Party { .. } => "party",
            Event::Seen => "seen",
            Event::PutOn { .. } => "put-on",
            Event::TakenOff { .. } => "taken-off",
            Event::GlassBroken { .. } => "glass-broken",
            Event::ReadingNoticed { .. } => "reading-noticed",
        }
    }

    /// The person under whose key it is sealed; `None` for the case's own key.
    pub fn sealed_for(&self, person_of: impl Fn(u32) -> Option<PersonId>) -> Option<PersonId> {
        match self {
            Event::ContactGiven { person, .. } | Event::KeyGiven { person, .. } => Some(person.clone()),
            Event::CreditChosen { report, .. } => person_of(*report),
            Event::Party { act: PartyAct::Invited(invitation), .. } => Some(invitation.person.clone()),
            _ => None,
        }
    }

    /// What it starts and keeps among the promises.
    pub fn moments(&self) -> &'static [Moment] {
        match self {
            Event::Reported { .. } => &[Moment::Report],
            Event::Acknowledged { .. } => &[Moment::Acknowledgement, Moment::Message],
            Event::Answered { next_steps: true, .. } => &[Moment::Acknowledgement, Moment::Message, Moment::NextSteps],
            Event::Answered { .. } | Event::Asked { .. } => &[Moment::Acknowledgement, Moment::Message],
            Event::Verified { .. } => &[Moment::Verification],
            Event::Discussed { .. } => &[Moment::Discussion],
            Event::Confirmed { .. } => {
                &[Moment::Acknowledgement, Moment::Message, Moment::NextSteps, Moment::Verdict, Moment::Confirmation]
            }
            Event::Dismissed { .. } => {
                &[Moment::Acknowledgement, Moment::Message, Moment::NextSteps, Moment::Verdict, Moment::Resolution]
            }
            Event::EmbargoProposed { .. } => {
                &[Moment::Acknowledgement, Moment::Message, Moment::NextSteps, Moment::Timeline]
            }
            Event::FixRecorded { kind, .. } if kind.is_remedy() => &[Moment::Fix],
            Event::EmbargoBroken { .. } => &[Moment::Acknowledgement, Moment::Message],
            Event::Estimated { .. }
            | Event::Decided { .. }
            | Event::AppealAnswered { .. }
            | Event::Separated { .. }
            | Event::RetestAsked { .. }
            | Event::PartNews { .. } => &[Moment::Message],
            Event::MergedInto { .. } => &[Moment::Acknowledgement, Moment::Message],
            Event::PublishedWith { .. } => &[Moment::Publication, Moment::Resolution],
            Event::Published { record } if record.tlp.is_public() => &[Moment::Publication, Moment::Resolution],
            Event::Closed { .. } | Event::Withdrawn { .. } | Event::ClosedForSilence { .. } => &[Moment::Resolution],
            Event::Submitted { .. } => &[Moment::Submission],
            Event::ExploitationKnown { .. } => &[Moment::Exploitation],
            Event::IncidentKnown { .. } => &[Moment::Incident],
            _ => &[],
        }
    }
}

/// The names of all kinds of events, as the journal has them.
pub fn kinds() -> &'static [&'static str] {
    static KINDS: std::sync::OnceLock<&[&str]> = std::sync::OnceLock::new();
    KINDS.get_or_init(names_of_kinds)
}

fn names_of_kinds() -> &'static [&'static str] {
    // The reading of an entry knows every name; an unknown one makes it tell them.
    #[derive(Debug, Default)]
    struct Names(&'static [&'static str]);
    impl std::fmt::Display for Names {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.0.join(", "))
        }
    }
    impl std::error::Error for Names {}
    impl serde::de::Error for Names {
        fn custom<T: std::fmt::Display>(_: T) -> Self {
            Self::default()
        }
        fn unknown_variant(_: &str, names: &'static [&'static str]) -> Self {
            Self(names)
        }
    }
    let unknown = serde::de::value::MapDeserializer::<_, Names>::new([("event", "?")].into_iter());
    Event::deserialize(unknown).err().unwrap_or_default().0
}
