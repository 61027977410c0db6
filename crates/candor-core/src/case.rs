//! The noun: one root cause, the reports that told of it, and all that became of it.

use crate::event::{Channel, Contact, Credit, FileRef, FixKind, Justification, Outcome, ReportFacts};
use crate::id::{CaseId, MemberId, PersonId, ProgramSlug};
use crate::policy::{Effort, Moment, Need, Plan, Step};
use candor_formats::advisory::Record;
use candor_formats::cvss::Severity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The handling of one root cause. Only [`crate::evolve::evolve`] writes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name.
    pub id: CaseId,
    /// The program it belongs to.
    pub program: ProgramSlug,
    /// The version of the policy it runs under: the one in force when it came, or a newer one to which it was moved.
    pub policy_version: u32,
    /// Moves to newer versions of the policy, in order.
    pub moves: Vec<PolicyMove>,
    /// Instant of the first report as the clocks count it.
    pub opened_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Number of the last journal entry, from 1.
    pub seq: u64,
    /// Instant of the last journal entry.
    pub updated_at: Timestamp,
    /// Working title, at first the report's.
    pub title: String,
    /// Product, at first the report's.
    pub product: Option<String>,
    /// Component, at first the report's.
    pub component: Option<String>,
    /// The reports it gathers.
    pub reports: Vec<Report>,
    /// The member who holds it.
    pub assignee: Option<MemberId>,
    /// Who is on it by name, and until when, where that has an end.
    pub on: BTreeMap<MemberId, Option<Timestamp>>,
    /// Who looked at it before somebody took it up, and until when they may still read it.
    pub looked: BTreeMap<MemberId, Timestamp>,
    /// Who was taken off it and not put on again. Having filed its report opens it to them no more.
    pub off: BTreeSet<MemberId>,
    /// Who opened it, by day, in order.
    pub seen: Vec<Seen>,
    /// Outside parties, in the order of their invitations.
    pub parties: Vec<crate::parties::Party>,
    /// What was said and done, in order; the page shows this.
    pub history: Vec<Entry>,
    /// Every file, in order of arrival.
    pub files: Vec<CaseFile>,
    /// Whether an answer of the reporter is awaited, and since when.
    pub waiting_since: Option<Timestamp>,
    /// When the last question was asked to which the reporter has not answered.
    pub asked_at: Option<Timestamp>,
    /// Reminders of that question: which, and when.
    pub reminded: Vec<(u32, Timestamp)>,
    /// Waits for the reporter that are over.
    pub waits: Vec<(Timestamp, Timestamp)>,
    /// Instants that start and keep promises, in order.
    pub marks: Vec<Mark>,
    /// Bells of clocks that have rung: promise, cycle, bell.
    pub rung: BTreeSet<Bell>,
    /// The dates for which bells rang; `None` for those of which the journal does not say it.
    pub rang_for: Vec<(Bell, Option<Timestamp>)>,
    /// Promised dates that moved and were told, in order.
    pub moved_dates: Vec<crate::event::MovedDate>,
    /// Promises whose breach is on record: promise and cycle, with the instant.
    pub broken: Vec<(String, u32, Timestamp)>,
    /// New estimates given for missed targets: promise, new date, reason.
    pub estimates: Vec<Estimate>,
    /// Records of verification, in order.
    pub verifications: Vec<Verification>,
    /// The verdict, once there is one.
    pub verdict: Option<Verdict>,
    /// Cases whose reports this one gathers, in the order in which they joined.
    pub gathered: Vec<CaseId>,
    /// The case that gathers this one's report.
    pub gathered_into: Option<CaseId>,
    /// Cases that were made of findings of this report: which, and what each is about.
    pub parts: Vec<(CaseId, String)>,
    /// The case of the report that this one is a finding of.
    pub part_of: Option<CaseId>,
    /// The advisory that went out with another case.
    pub published_with: Option<String>,
    /// The verdict before the one that ended the case, for when that is taken back.
    pub verdict_before: Option<Verdict>,
    /// The reporter's appeal against a verdict, once there is one.
    pub appeal: Option<Appeal>,
    /// The rating.
    pub rating: Option<Rating>,
    /// What decision tables of SSVC say, the newest of each table.
    pub priorities: Vec<Priority>,
    /// Tasks of the fix, by number.
    pub tasks: Vec<Task>,
    /// Whether the fix holds, as reporters tried: report, when, and what they found. `None` while one is asked.
    pub retests: Vec<Retest>,
    /// The weakness by its CWE number.
    pub cwe: Option<u32>,
    /// How much work a fix is, as estimated last.
    pub effort: Option<EffortEstimate>,
    /// When, or whether, it is mended, as decided last.
    pub plan: Option<Planned>,
    /// Packages whose vulnerabilities were assessed for what they mean here, the newest assessment of each.
    pub dependencies: Vec<Assessment>,
    /// Members on record as having discussed the next steps.
    pub discussed_by: BTreeSet<MemberId>,
    /// Audits for similar problems.
    pub audits: Vec<Audit>,
    /// Remediations and decisions per version.
    pub fixes: Vec<Fix>,
    /// Agreed or proposed embargo.
    pub embargo: Option<Embargo>,
    /// The end of the embargo that the reporter agreed to last; a newer proposal does not end it.
    pub embargo_agreed: Option<Timestamp>,
    /// Steps taken without what a gate asks for.
    pub overrides: Vec<Override>,
    /// Whether the reporter was asked about credit.
    pub credit_asked: bool,
    /// The advisory.
    pub advisory: Advisory,
    /// CVE and other identifiers given to it.
    pub aliases: Vec<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The reporter knew of active exploitation, or the team does.
    pub exploited: bool,
    /// When the team became aware of active exploitation, by whom, on what ground.
    pub aware: Option<Awareness>,
    /// When the team became aware of a severe incident, by whom, on what ground.
    pub incident: Option<Awareness>,
    /// What was submitted outside, in order.
    pub submissions: Vec<Submission>,
    /// Whether it is a drill.
    pub drill: bool,
    /// Steps of the publication's schedule that are done, in order.
    pub steps_done: Vec<StepDone>,
    /// Cases that have to do with it, perhaps of other programs, with how. Told only to those who may see both.
    pub related: Vec<(CaseId, String)>,
    /// Items of checklists that are ticked off.
    pub ticked: Vec<crate::checklists::Ticked>,
    /// Conditions that a reporter broke, by report.
    pub breaches: Vec<ConditionBreach>,
    /// The text about the closed report, once somebody wrote one.
    pub summary: Option<Summary>,
    /// The text for a public issue, once one was proposed.
    pub issue: Option<Issue>,
}

/// A member opened the case on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Who.
    pub by: MemberId,
    /// The first time of that day, UTC.
    pub at: Timestamp,
}

/// A step of the schedule that is done.
#[derive(Debug, Clone, PartialEq)]
pub struct StepDone {
    /// Name of the step.
    pub step: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Author,
    /// What was done, in words; empty for what Candor does.
    pub text: String,
}

/// A condition that a reporter broke.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionBreach {
    /// Number of the report.
    pub report: u32,
    /// When it was put on record.
    pub at: Timestamp,
    /// By whom.
    pub by: Author,
    /// What was published or given away, where and when.
    pub evidence: String,
    /// Whether the policy denies the credit for it.
    pub credit_denied: bool,
}

/// A text about a closed report, for the public page.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Heading.
    pub title: String,
    /// The text.
    pub text: String,
    /// When it was written, proposed or published.
    pub at: Timestamp,
    /// How it stands.
    pub state: SummaryState,
}

/// A text for the project's public issues.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    /// Heading.
    pub title: String,
    /// The text.
    pub text: String,
    /// When it was proposed, answered or opened last.
    pub at: Timestamp,
    /// Whether the reporter agreed; `None` while they have not answered.
    pub agreed: Option<bool>,
    /// Where the issue is, once it is public.
    pub url: Option<String>,
}

/// How a text about a closed report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryState {
    /// The reporter was asked and has not agreed.
    Proposed,
    /// The reporter would rather not.
    Declined,
    /// It is public.
    Public,
    /// It was public and is not any more.
    Withdrawn,
}

/// A move to a newer version of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyMove {
    /// When.
    pub at: Timestamp,
    /// The version before.
    pub from: u32,
    /// The version from then on.
    pub to: u32,
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nobody of the team has answered.
    New,
    /// A member has answered; it is being looked into.
    Triage,
    /// Confirmed; a fix is being made.
    Confirmed,
    /// A fix is out or another remediation is in force.
    Fixed,
    /// The advisory is public.
    Published,
    /// Ended without an advisory, or put to rest after one.
    Closed,
}

impl State {
    /// All states in the order of a case's life.
    pub const ALL: [State; 6] =
        [State::New, State::Triage, State::Confirmed, State::Fixed, State::Published, State::Closed];

    /// Whether somebody still has something to do.
    pub fn is_open(self) -> bool {
        !matches!(self, State::Closed | State::Published)
    }

    /// Name in the API, the database and filters.
    pub fn name(self) -> &'static str {
        match self {
            State::New => "new",
            State::Triage => "triage",
            State::Confirmed => "confirmed",
            State::Fixed => "fixed",
            State::Published => "published",
            State::Closed => "closed",
        }
    }

    /// The state of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What someone told us through one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Number within the case, from 0.
    pub number: u32,
    /// When it came.
    pub at: Timestamp,
    /// Through which door.
    pub channel: Channel,
    /// What it says.
    pub facts: ReportFacts,
    /// The reporter, if they left a name or an address.
    pub person: Option<PersonId>,
    /// Name and address; `None` when none were given or when they were erased.
    pub contact: Option<Contact>,
    /// Whether name and address were erased on request.
    pub erased: bool,
    /// The credit they chose; `None` while they have not said.
    pub credit: Option<Credit>,
    /// The member who filed it on the reporter's behalf.
    pub filed_by: Option<MemberId>,
    /// When a letter to the reporter came back last; `None` when none did since they gave an address or wrote.
    pub returned_at: Option<Timestamp>,
}

/// A file of the case and who may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFile {
    /// The file.
    pub file: FileRef,
    /// When it came.
    pub at: Timestamp,
    /// Who sent it.
    pub by: Author,
    /// Whether only the team sees it.
    pub internal: bool,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A member of the team.
    Member(MemberId),
    /// The reporter of this report.
    Reporter(u32),
    /// An outside party, by its number.
    Party(u32),
    /// A clock of the policy.
    Clock,
    /// Candor itself, on a standing order.
    Candor,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Number of its journal entry.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Author,
    /// What happened.
    pub what: crate::event::Event,
}

/// An instant that starts or keeps promises.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// When it counts; for a back-dated report earlier than its entry.
    pub at: Timestamp,
    /// What happened.
    pub moment: Moment,
    /// The member who did it, if one did.
    pub by: Option<MemberId>,
    /// The promise it is for, where it is for one alone.
    pub of: Option<String>,
}

/// The decision that the team is aware of active exploitation, or of a severe incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Awareness {
    /// Since when.
    pub at: Timestamp,
    /// Who put it on record.
    pub by: Option<MemberId>,
    /// On what ground.
    pub ground: String,
}

/// Proof that something was submitted outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// Name of the promise.
    pub promise: String,
    /// To whom.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// What the other side answered.
    pub reference: String,
    /// What was said.
    pub text: String,
    /// Who put it on record.
    pub by: Option<MemberId>,
}

/// A bell of a clock: an escalation of a promise in one of its cycles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bell {
    /// Name of the promise.
    pub promise: String,
    /// Which run of a repeating promise, from 0.
    pub cycle: u32,
    /// Index into the promise's `escalate`.
    pub step: u32,
}

/// A new estimate for a missed target.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// When it was given.
    pub at: Timestamp,
    /// Name of the promise.
    pub promise: String,
    /// The new date.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
}

/// A record of verification.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: MemberId,
    /// What they found.
    pub facts: crate::event::VerificationFacts,
}

/// The team's verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: MemberId,
    /// What.
    pub outcome: Outcome,
}

/// A reporter's appeal against a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Appeal {
    /// Number of the report.
    pub report: u32,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub text: String,
    /// Who gave the verdict; somebody else answers. `None` when a clock did.
    pub against: Option<MemberId>,
    /// When it was answered.
    pub answered: Option<Timestamp>,
}

impl Appeal {
    /// Whether it waits for an answer.
    pub fn is_open(&self) -> bool {
        self.answered.is_none()
    }
}

/// What a decision table of SSVC says.
#[derive(Debug, Clone, PartialEq)]
pub struct Priority {
    /// Name of the table.
    pub table: String,
    /// The answers, with their reasons.
    pub choices: Vec<crate::event::PriorityChoice>,
    /// Key of the outcome.
    pub decision: String,
    /// Who weighed it.
    pub by: MemberId,
    /// When.
    pub at: Timestamp,
}

/// A task of the fix.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Number within the case, from 1.
    pub number: u32,
    /// What is to be done.
    pub title: String,
    /// Where the work is.
    pub pointers: Vec<String>,
    /// What shows that it is done.
    pub evidence: String,
    /// Whether it is done.
    pub done: bool,
    /// Who changed it last.
    pub by: MemberId,
    /// When.
    pub at: Timestamp,
}

/// A reporter's try whether the fix holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Retest {
    /// When it was asked or answered last.
    pub at: Timestamp,
    /// What was asked.
    pub asked: String,
    /// Who answered, whether the problem is gone, and what they saw; `None` while nobody has.
    pub found: Option<(u32, bool, String)>,
}

/// The rating in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Rating {
    /// CVSS vectors, as given; 3.1 and 4.0 may stand side by side.
    pub vectors: Vec<String>,
    /// The band: of the newest vector, or named by hand.
    pub severity: Severity,
    /// Why so, in words.
    pub why: String,
    /// Who rated.
    pub by: MemberId,
    /// When.
    pub at: Timestamp,
}

/// An audit for similar problems.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: MemberId,
    /// Where they looked.
    pub looked: String,
    /// What they found.
    pub found: String,
}

/// A remediation, or the decision about a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// When it was recorded.
    pub at: Timestamp,
    /// Who recorded it.
    pub by: MemberId,
    /// The branch it is for; empty when there is one line of releases.
    pub branch: String,
    /// What it is.
    pub kind: FixKind,
    /// Version in which it is, or instant it took effect.
    pub version: Option<String>,
    /// Where it can be had.
    pub url: Option<String>,
    /// In words.
    pub details: String,
}

/// An embargo.
#[derive(Debug, Clone, PartialEq)]
pub struct Embargo {
    /// The date before which nobody publishes.
    pub until: Timestamp,
    /// When it was proposed or agreed.
    pub at: Timestamp,
    /// Whether the reporter agreed.
    pub agreed: bool,
}

/// How much work a fix is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffortEstimate {
    /// When it was estimated.
    pub at: Timestamp,
    /// Who.
    pub by: MemberId,
    /// How much.
    pub effort: Effort,
    /// On what ground.
    pub text: String,
}

/// When, or whether, a problem is mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// When it was decided.
    pub at: Timestamp,
    /// Who.
    pub by: MemberId,
    /// What.
    pub plan: Plan,
    /// The date of the regular update it goes with.
    pub on: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// What the policy's rule proposed then.
    pub proposed: Option<Plan>,
}

/// What a vulnerability of a package means here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: MemberId,
    /// The package.
    pub package: String,
    /// Whether it makes the product vulnerable.
    pub affected: bool,
    /// Why not, from the closed list.
    pub justification: Option<Justification>,
    /// In words.
    pub text: String,
    /// The public identifier under which everybody may read it, but for the words.
    pub public_as: Option<String>,
}

/// A gate that a member passed without what it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: MemberId,
    /// The step it opens.
    pub step: Step,
    /// The gate, by what it asks for.
    pub gate: Need,
    /// Why.
    pub reason: String,
    /// Whether the step was taken since: an override opens it once.
    pub used: bool,
}

/// The case's advisory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Advisory {
    /// The draft, once somebody wrote one.
    pub draft: Option<crate::event::AdvisoryDraft>,
    /// Who wrote it last.
    pub author: Option<MemberId>,
    /// Number of the draft, from 1; an approval is for one number.
    pub revision: u32,
    /// The first approval of the draft as it stands.
    pub approved_by: Option<MemberId>,
    /// Everybody who approved the draft as it stands, in order.
    pub approvals: Vec<MemberId>,
    /// Why the last approval no longer stands, until there is a new one.
    pub withdrawn: Option<String>,
    /// The standing order to publish.
    pub order: Option<Order>,
    /// What was published, newest last.
    pub published: Vec<Record>,
    /// Its public id, once published.
    pub id: Option<String>,
    /// What members said of its sections, the oldest first.
    pub comments: Vec<crate::comments::Comment>,
}

/// A standing order to publish.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Who gave it.
    pub by: MemberId,
    /// The instant, when it hangs on a date; `None` when it hangs on the fix.
    pub at: Option<Timestamp>,
}

impl Advisory {
    /// Whether everybody can read an edition of it.
    pub fn is_public(&self) -> bool {
        self.published.iter().any(|edition| edition.tlp.is_public())
    }
}

impl Case {
    /// Whether the case ended.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// The severity in force.
    pub fn severity(&self) -> Option<Severity> {
        self.rating.as_ref().map(|rating| rating.severity)
    }

    /// The date before which nobody publishes, while one is agreed, lies ahead of `now`, and holds: not after a first
    /// publication, and not when the problem is known to be exploited.
    pub fn embargoed_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.embargo_agreed.filter(|until| *until > now && !self.exploited && !self.advisory.is_public())
    }

    /// Whether a fix is out or another remediation is in force.
    pub fn is_remedied(&self) -> bool {
        self.fixes.iter().any(|fix| fix.kind.is_remedy())
    }
}
