//! Everything that can have happened to a case, as its team sees it.

use super::choices::{ItemTick, PriorityChoice};
use super::command::Draft;
use super::instant::Instant;
pub use super::outcome::{KnownBefore, Outcome};
use super::party::PartyWhat;
use super::people::{Author, Credit, Member, Names, Reporter};
use super::words::{
    Channel, Effort, FixKind, Justification, Need, Plan, Section, Severity, Standing, Step, VerificationResult,
};
use candor_core::case;
use candor_core::event::{self, Event};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A line of the journal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Entry {
    /// Its number within the case, from 1.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// Who.
    pub by: Author,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

impl Entry {
    /// As the team sees it.
    pub fn of(entry: &case::Entry, names: &Names) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.into(),
            by: Author::of(&entry.by, names),
            what: What::of(&entry.what, names),
        }
    }

    /// As the reporter of one of the case's reports sees it; `None` for what is not theirs to see.
    pub fn for_reporter(entry: &case::Entry, report: u32) -> Option<Self> {
        if !entry.what.is_shown_to_reporter() {
            return None;
        }
        let of = match &entry.what {
            Event::Reported { number, .. } => Some(*number),
            Event::CreditChosen { report, .. }
            | Event::KeyGiven { report, .. }
            | Event::ReporterWrote { report, .. }
            | Event::Nudged { report, .. }
            | Event::BreachRecorded { report, .. }
            | Event::BreachCleared { report, .. }
            | Event::SummaryDeclined { report, .. }
            | Event::Appealed { report, .. }
            | Event::Retested { report, .. }
            | Event::IssueAnswered { report, .. }
            | Event::Withdrawn { report, .. } => Some(*report),
            _ => None,
        };
        if of.is_some_and(|of| of != report) {
            return None;
        }
        let mut what = What::of(&entry.what, &Names::default());
        match &mut what {
            // Another case is another reporter's.
            What::Dismissed { outcome: Outcome::Duplicate { of, .. }, .. } => *of = None,
            What::MergedInto { into, .. } => *into = None,
            What::Separated { from, .. } => *from = None,
            What::SplitOff { part, .. } | What::PartNews { part, .. } => *part = None,
            What::PublishedWith { lead, .. } => *lead = None,
            What::Reported { filed_by, facts, .. } => {
                *filed_by = None;
                facts.noticed.clear();
            }
            // Words that the team wrote for itself.
            What::ExploitationKnown { ground, .. } => ground.clear(),
            What::Rated { why, .. } => why.clear(),
            What::FixRecorded { details, .. } => details.clear(),
            What::Decided { proposed, .. } => *proposed = None,
            _ => {}
        }
        Some(Self { seq: entry.seq, at: entry.at.into(), by: Author::for_reporter(&entry.by), what })
    }
}

/// A file of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct File {
    /// Name for programs; `…/files/{id}` gives the content.
    pub id: String,
    /// Name as sent.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content, as hexadecimal digits.
    pub sha256: String,
}

impl From<&event::FileRef> for File {
    fn from(core: &event::FileRef) -> Self {
        Self { id: core.id.0.clone(), name: core.name.clone(), size: core.size, sha256: core.sha256.clone() }
    }
}

pub(super) fn files(core: &[event::FileRef]) -> Vec<File> {
    core.iter().map(Into::into).collect()
}

/// What a report says.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Facts {
    pub title: String,
    pub description: String,
    pub product: String,
    pub component: String,
    pub version: String,
    pub steps: String,
    pub expected: String,
    pub actual: String,
    pub weakness: String,
    pub impact: String,
    pub preconditions: String,
    /// The package of others that it is in; empty for none.
    pub dependency: String,
    pub identifiers: Vec<String>,
    pub found_by: String,
    pub exploited: bool,
    pub disclosure_plans: String,
    pub answers: BTreeMap<String, String>,
    pub files: Vec<File>,
    pub agreed: bool,
    /// What the door noticed about the message; for the team.
    pub noticed: Vec<String>,
    /// What the reporter is to the program; null for what came before this was asked.
    pub standing: Option<Standing>,
}

impl From<&event::ReportFacts> for Facts {
    fn from(core: &event::ReportFacts) -> Self {
        let core = core.clone();
        Self {
            title: core.title,
            description: core.description,
            product: core.product,
            component: core.component,
            version: core.version,
            steps: core.steps,
            expected: core.expected,
            actual: core.actual,
            weakness: core.weakness,
            impact: core.impact,
            preconditions: core.preconditions,
            dependency: core.dependency,
            identifiers: core.identifiers,
            found_by: core.found_by,
            exploited: core.exploited,
            disclosure_plans: core.disclosure_plans,
            answers: core.answers,
            files: files(&core.files),
            agreed: core.agreed,
            noticed: core.noticed,
            standing: core.standing.map(Into::into),
        }
    }
}

/// One check of who sent a mail.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MailCheck {
    /// `spf`, `dkim`, `dmarc` or `arc`.
    pub check: String,
    /// What it came to, in words.
    pub words: String,
}

/// What happened.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum What {
    Reported {
        policy_version: u32,
        report: u32,
        received_at: Instant,
        channel: Channel,
        facts: Box<Facts>,
        filed_by: Option<Member>,
    },
    ContactGiven {
        report: u32,
        reporter: Reporter,
    },
    /// Name and address were erased on request.
    Forgotten,
    CreditChosen {
        report: u32,
        credit: Credit,
    },
    /// The OpenPGP key for letters was changed.
    KeyGiven {
        report: u32,
        /// Armored certificate; empty for letters that are not encrypted.
        pgp_key: String,
    },
    CreditAsked,
    Acknowledged {
        text: String,
    },
    Assigned {
        to: Option<Member>,
    },
    Answered {
        text: String,
        files: Vec<File>,
        next_steps: bool,
    },
    Asked {
        text: String,
        files: Vec<File>,
    },
    ReporterWrote {
        report: u32,
        text: String,
        files: Vec<File>,
    },
    /// A mail to the reporter's secret address that is not known to be theirs.
    MailUnverified {
        report: u32,
        text: String,
        files: Vec<File>,
        /// Whom it says it is from, and what is odd about it.
        noticed: Vec<String>,
    },
    /// A letter to the reporter came back.
    LetterReturned {
        report: u32,
    },
    /// Who sent the mail of an entry, as far as mail can tell.
    MailChecked {
        /// Place of the entry.
        entry: u64,
        /// Domain of the sender that is shown.
        from: String,
        /// In one sentence.
        summary: String,
        /// Each check in words: `spf`, `dkim`, `dmarc` and `arc`.
        checks: Vec<MailCheck>,
    },
    Nudged {
        report: u32,
        to: String,
    },
    Noted {
        text: String,
        files: Vec<File>,
        /// Members who were told of it.
        mentions: Vec<Member>,
    },
    Described {
        title: String,
        product: Option<String>,
        component: Option<String>,
        aliases: Vec<String>,
    },
    Verified {
        environment: String,
        result: VerificationResult,
        conditions: String,
        impact: String,
    },
    Discussed {
        text: String,
    },
    Confirmed {
        text: String,
    },
    Dismissed {
        #[serde(flatten)]
        outcome: Outcome,
        text: String,
    },
    /// The reporter asked that somebody else look at the verdict again.
    Appealed {
        report: u32,
        text: String,
    },
    AppealAnswered {
        stands: bool,
        text: String,
    },
    VerdictUndone {
        reason: String,
    },
    MergedInto {
        into: Option<String>,
        text: String,
    },
    Separated {
        from: Option<String>,
        reason: String,
    },
    Gathered {
        joined: String,
        reported_at: Instant,
    },
    Released {
        left: String,
        reason: String,
    },
    SplitOff {
        part: Option<String>,
        title: String,
        text: String,
    },
    PartOf {
        whole: String,
    },
    PartNews {
        part: Option<String>,
        title: String,
        what: String,
        text: String,
    },
    PublishedWith {
        lead: Option<String>,
        advisory: String,
    },
    Rated {
        vectors: Vec<String>,
        severity: Severity,
        why: String,
    },
    Prioritised {
        table: String,
        choices: Vec<PriorityChoice>,
        decision: String,
    },
    TaskSet {
        task: u32,
        title: String,
        pointers: Vec<String>,
        evidence: String,
        done: bool,
    },
    RetestAsked {
        text: String,
    },
    Retested {
        report: u32,
        holds: bool,
        text: String,
    },
    WeaknessSet {
        cwe: u32,
    },
    EffortEstimated {
        effort: Effort,
        text: String,
    },
    Decided {
        plan: Plan,
        on: Option<Instant>,
        reason: String,
        proposed: Option<Plan>,
    },
    DependencyAssessed {
        package: String,
        affected: bool,
        justification: Option<Justification>,
        text: String,
        public_as: Option<String>,
    },
    EmbargoProposed {
        until: Instant,
        text: String,
    },
    EmbargoAgreed {
        until: Instant,
    },
    EmbargoDeclined {
        text: String,
    },
    FixRecorded {
        branch: String,
        kind: FixKind,
        version: Option<String>,
        url: Option<String>,
        details: String,
    },
    Audited {
        looked: String,
        found: String,
    },
    Estimated {
        promise: String,
        until: Instant,
        reason: String,
    },
    ExploitationKnown {
        ground: String,
        aware_at: Option<Instant>,
    },
    IncidentKnown {
        ground: String,
        aware_at: Option<Instant>,
    },
    Submitted {
        promise: String,
        to: String,
        submitted_at: Instant,
        reference: String,
        text: String,
    },
    SilenceReminded {
        closes: Instant,
        late: bool,
    },
    ClosedForSilence {
        since: Instant,
        text: String,
    },
    DrillDeclared,
    AdvisoryDrafted {
        draft: Box<Draft>,
    },
    AdvisoryCommented {
        section: Section,
        text: String,
    },
    CommentResolved {
        comment: u64,
    },
    AdvisoryApproved {
        revision: u32,
    },
    PublicationOrdered {
        publish_at: Option<Instant>,
    },
    PublicationDated {
        publish_at: Instant,
    },
    ApprovalWithdrawn {
        because: String,
    },
    PolicyMoved {
        from: u32,
        to: u32,
        reason: String,
        changes: Vec<String>,
    },
    EmbargoBroken {
        reason: String,
    },
    GateOverridden {
        step: Step,
        gate: Need,
        reason: String,
    },
    PublicationHeld {
        reason: String,
    },
    StepTicked {
        step: String,
        text: String,
    },
    /// A link with another case, told in `related` to those who may see both.
    Related,
    /// Such a link was taken back.
    Unrelated,
    Ticked {
        items: Vec<ItemTick>,
        text: String,
    },
    StepDone {
        step: String,
        due: Instant,
        late: bool,
    },
    BreachRecorded {
        report: u32,
        evidence: String,
        credit_denied: bool,
    },
    BreachCleared {
        report: u32,
        reason: String,
    },
    SummaryProposed {
        title: String,
        text: String,
    },
    SummaryDeclined {
        report: u32,
        text: String,
    },
    SummaryPublished {
        title: String,
        text: String,
    },
    SummaryWithdrawn {
        reason: String,
    },
    IssueProposed {
        title: String,
        text: String,
    },
    IssueAnswered {
        report: u32,
        agree: bool,
        text: String,
    },
    IssueOpened {
        url: String,
    },
    Published {
        advisory: String,
        revision: usize,
    },
    BellRung {
        promise: String,
        cycle: u32,
        due: Instant,
        to: String,
        late: bool,
        date: Option<Instant>,
    },
    DatesMoved {
        dates: Vec<MovedDate>,
    },
    PromiseBroken {
        promise: String,
        cycle: u32,
        due: Instant,
        late: bool,
    },
    WaitEnded,
    Withdrawn {
        report: u32,
        text: String,
    },
    Closed {
        reason: String,
    },
    Reopened {
        reason: String,
    },
    Party {
        /// Number of the party within the case, from 0.
        party: u32,
        /// What.
        #[serde(flatten)]
        what: PartyWhat,
    },
    Seen,
    PutOn {
        member: Member,
        reason: String,
    },
    TakenOff {
        member: Member,
        reason: String,
    },
    GlassBroken {
        reason: String,
        until: Instant,
    },
    ReadingNoticed {
        member: Member,
        cases: u32,
        told: Vec<Member>,
    },
}

impl What {
    /// As the team sees it.
    pub fn of(event: &Event, names: &Names) -> Self {
        match event.clone() {
            Event::Reported { policy_version, number, received_at, channel, facts, filed_by, .. } => Self::Reported {
                policy_version,
                report: number,
                received_at: received_at.into(),
                channel: channel.into(),
                facts: Box::new(facts.as_ref().into()),
                filed_by: filed_by.map(|id| names.member(&id)),
            },
            Event::ContactGiven { report, contact, .. } => Self::ContactGiven { report, reporter: (&contact).into() },
            Event::Forgotten { .. } => Self::Forgotten,
            Event::CreditChosen { report, credit } => Self::CreditChosen { report, credit: (&credit).into() },
            Event::KeyGiven { report, pgp_key, .. } => Self::KeyGiven { report, pgp_key },
            Event::CreditAsked => Self::CreditAsked,
            Event::Acknowledged { text } => Self::Acknowledged { text },
            Event::Assigned { to } => Self::Assigned { to: to.map(|id| names.member(&id)) },
            Event::Answered { text, files: sent, next_steps } => {
                Self::Answered { text, files: files(&sent), next_steps }
            }
            Event::Asked { text, files: sent } => Self::Asked { text, files: files(&sent) },
            Event::ReporterWrote { report, text, files: sent } => {
                Self::ReporterWrote { report, text, files: files(&sent) }
            }
            Event::MailUnverified { report, text, files: sent, noticed } => {
                Self::MailUnverified { report, text, files: files(&sent), noticed }
            }
            Event::LetterReturned { report } => Self::LetterReturned { report },
            Event::MailChecked { entry, origin } => Self::MailChecked {
                entry,
                summary: origin.summary(),
                checks: origin
                    .lines()
                    .into_iter()
                    .map(|(name, words)| MailCheck { check: name.to_ascii_lowercase(), words })
                    .collect(),
                from: origin.from,
            },
            Event::Nudged { report, to } => Self::Nudged { report, to },
            Event::Noted { text, files: sent, mentions } => Self::Noted {
                text,
                files: files(&sent),
                mentions: mentions.iter().map(|id| names.member(id)).collect(),
            },
            Event::Described { title, product, component, aliases } => {
                Self::Described { title, product, component, aliases }
            }
            Event::Verified { facts: event::VerificationFacts { environment, result, conditions, impact } } => {
                Self::Verified { environment, result: result.into(), conditions, impact }
            }
            Event::Discussed { text } => Self::Discussed { text },
            Event::Confirmed { text } => Self::Confirmed { text },
            Event::Dismissed { outcome, text } => Self::Dismissed { outcome: (&outcome).into(), text },
            Event::Appealed { report, text } => Self::Appealed { report, text },
            Event::AppealAnswered { stands, text } => Self::AppealAnswered { stands, text },
            Event::VerdictUndone { reason } => Self::VerdictUndone { reason },
            Event::MergedInto { into, text } => Self::MergedInto { into: Some(into.0), text },
            Event::Separated { from, reason } => Self::Separated { from: Some(from.0), reason },
            Event::Gathered { case, reported_at } => Self::Gathered { joined: case.0, reported_at: reported_at.into() },
            Event::Released { case, reason } => Self::Released { left: case.0, reason },
            Event::SplitOff { case, title, text } => Self::SplitOff { part: Some(case.0), title, text },
            Event::PartOf { case } => Self::PartOf { whole: case.0 },
            Event::PartNews { case, title, what, text } => Self::PartNews { part: Some(case.0), title, what, text },
            Event::PublishedWith { case, advisory } => Self::PublishedWith { lead: Some(case.0), advisory },
            Event::Rated { vectors, severity, why } => Self::Rated { vectors, severity: severity.into(), why },
            Event::Prioritised { table, choices, decision } => {
                Self::Prioritised { table, choices: choices.into_iter().map(Into::into).collect(), decision }
            }
            Event::TaskSet { task, title, pointers, evidence, done } => {
                Self::TaskSet { task, title, pointers, evidence, done }
            }
            Event::RetestAsked { text } => Self::RetestAsked { text },
            Event::Retested { report, holds, text } => Self::Retested { report, holds, text },
            Event::WeaknessSet { cwe } => Self::WeaknessSet { cwe },
            Event::EffortEstimated { effort, text } => Self::EffortEstimated { effort: effort.into(), text },
            Event::Decided { plan, on, reason, proposed } => {
                Self::Decided { plan: plan.into(), on: on.map(Into::into), reason, proposed: proposed.map(Into::into) }
            }
            Event::DependencyAssessed { package, affected, justification, text, public_as } => {
                let justification = justification.map(Into::into);
                Self::DependencyAssessed { package, affected, justification, text, public_as }
            }
            Event::EmbargoProposed { until, text } => Self::EmbargoProposed { until: until.into(), text },
            Event::EmbargoAgreed { until } => Self::EmbargoAgreed { until: until.into() },
            Event::EmbargoDeclined { text } => Self::EmbargoDeclined { text },
            Event::FixRecorded { branch, kind, version, url, details } => {
                Self::FixRecorded { branch, kind: kind.into(), version, url, details }
            }
            Event::Audited { looked, found } => Self::Audited { looked, found },
            Event::Estimated { promise, until, reason } => Self::Estimated { promise, until: until.into(), reason },
            Event::IncidentKnown { ground, aware_at } => {
                Self::IncidentKnown { ground, aware_at: aware_at.map(Into::into) }
            }
            Event::ExploitationKnown { ground, aware_at } => {
                Self::ExploitationKnown { ground, aware_at: aware_at.map(Into::into) }
            }
            Event::Submitted { promise, to, at, reference, text } => {
                Self::Submitted { promise, to, submitted_at: at.into(), reference, text }
            }
            Event::SilenceReminded { closes, late, .. } => Self::SilenceReminded { closes: closes.into(), late },
            Event::ClosedForSilence { since, text } => Self::ClosedForSilence { since: since.into(), text },
            Event::DrillDeclared => Self::DrillDeclared,
            Event::AdvisoryDrafted { draft } => Self::AdvisoryDrafted { draft: Box::new(draft.as_ref().into()) },
            Event::AdvisoryCommented { section, text } => Self::AdvisoryCommented { section: section.into(), text },
            Event::CommentResolved { comment } => Self::CommentResolved { comment },
            Event::AdvisoryApproved { revision } => Self::AdvisoryApproved { revision },
            Event::PublicationOrdered { at } => Self::PublicationOrdered { publish_at: at.map(Into::into) },
            Event::PublicationDated { at } => Self::PublicationDated { publish_at: at.into() },
            Event::ApprovalWithdrawn { because } => Self::ApprovalWithdrawn { because },
            Event::PolicyMoved { from, to, reason, changes } => Self::PolicyMoved { from, to, reason, changes },
            Event::EmbargoBroken { reason } => Self::EmbargoBroken { reason },
            Event::GateOverridden { step, gate, reason } => {
                Self::GateOverridden { step: step.into(), gate: gate.into(), reason }
            }
            Event::PublicationHeld { reason } => Self::PublicationHeld { reason },
            Event::StepTicked { step, text } => Self::StepTicked { step, text },
            Event::Related { .. } => Self::Related,
            Event::Unrelated { .. } => Self::Unrelated,
            Event::Ticked { items, text } => Self::Ticked { items: items.into_iter().map(Into::into).collect(), text },
            Event::StepDone { step, due, late } => Self::StepDone { step, due: due.into(), late },
            Event::BreachRecorded { report, evidence, credit_denied } => {
                Self::BreachRecorded { report, evidence, credit_denied }
            }
            Event::BreachCleared { report, reason } => Self::BreachCleared { report, reason },
            Event::SummaryProposed { title, text } => Self::SummaryProposed { title, text },
            Event::SummaryDeclined { report, text } => Self::SummaryDeclined { report, text },
            Event::SummaryPublished { title, text } => Self::SummaryPublished { title, text },
            Event::SummaryWithdrawn { reason } => Self::SummaryWithdrawn { reason },
            Event::IssueProposed { title, text } => Self::IssueProposed { title, text },
            Event::IssueAnswered { report, agree, text } => Self::IssueAnswered { report, agree, text },
            Event::IssueOpened { url } => Self::IssueOpened { url },
            Event::Published { record } => Self::Published { revision: record.revisions.len(), advisory: record.id },
            Event::BellRung { bell, due, to, late, date } => Self::BellRung {
                promise: bell.promise,
                cycle: bell.cycle,
                due: due.into(),
                to,
                late,
                date: date.map(Into::into),
            },
            Event::DatesMoved { dates } => Self::DatesMoved { dates: dates.into_iter().map(Into::into).collect() },
            Event::PromiseBroken { promise, cycle, due, late } => {
                Self::PromiseBroken { promise, cycle, due: due.into(), late }
            }
            Event::WaitEnded => Self::WaitEnded,
            Event::Withdrawn { report, text } => Self::Withdrawn { report, text },
            Event::Closed { reason } => Self::Closed { reason },
            Event::Reopened { reason } => Self::Reopened { reason },
            Event::Party { party, act } => Self::Party { party, what: act.into() },
            Event::Seen => Self::Seen,
            Event::PutOn { member, reason } => Self::PutOn { member: names.member(&member), reason },
            Event::TakenOff { member, reason } => Self::TakenOff { member: names.member(&member), reason },
            Event::GlassBroken { reason, until } => Self::GlassBroken { reason, until: until.into() },
            Event::ReadingNoticed { member, cases, told } => Self::ReadingNoticed {
                member: names.member(&member),
                cases,
                told: told.iter().map(|id| names.member(id)).collect(),
            },
        }
    }
}

/// A promised date that moved.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MovedDate {
    /// Name of the promise.
    pub promise: String,
    /// Which run of it.
    pub cycle: u32,
    /// The date told before.
    pub was: Instant,
    /// The date now.
    pub is: Instant,
}

impl From<candor_core::event::MovedDate> for MovedDate {
    fn from(date: candor_core::event::MovedDate) -> Self {
        Self { promise: date.promise, cycle: date.cycle, was: date.was.into(), is: date.is.into() }
    }
}
