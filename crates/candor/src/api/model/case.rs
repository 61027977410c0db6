//! A case as the team sees it, and the queue.

use super::clock::Clock;
use super::command::Draft;
use super::entry::{Entry, Facts, File, Outcome};
use super::instant::Instant;
use super::people::{Author, Credit, Member, Names, Reporter};
use super::schedule::{ConditionBreach, Step, Summary};
use super::words::{Channel, FixKind, Section, Severity, State, VerificationResult};
use super::{gate, plan};
use crate::execute::queue::{QueuePage, QueueRow};
use candor_core::case;
use candor_core::event::Event;
use candor_core::policy::Policy;
use candor_core::{promises, scope};
use candor_formats::cvss::CvssVector;
use candor_formats::cwe::Cwe;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// A case, whole.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Case {
    /// Its name.
    pub case: String,
    /// Its program.
    pub program: String,
    /// Version of the policy it runs under.
    pub policy_version: u32,
    /// Where it stands.
    pub state: State,
    /// Number of the last entry; give it back as `seen` with a command.
    pub seq: u64,
    /// When the first report came.
    pub opened_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// Working title.
    pub title: String,
    /// Product.
    pub product: Option<String>,
    /// Component.
    pub component: Option<String>,
    /// CVE and other identifiers.
    pub aliases: Vec<String>,
    /// The member who holds it.
    pub assignee: Option<Member>,
    /// Severity, once rated.
    pub severity: Option<Severity>,
    /// The program's own word for it.
    pub level: Option<String>,
    /// CVSS vectors with their scores.
    pub vectors: Vec<Vector>,
    /// The weakness.
    pub weakness: Option<Weakness>,
    /// Whether it is known to be exploited.
    pub exploited: bool,
    /// Since when the team is aware of active exploitation, as a decision on record.
    pub aware_since: Option<Instant>,
    /// Since when the team is aware of a severe incident, as a decision on record.
    pub incident_since: Option<Instant>,
    /// Whether it is a drill.
    pub drill: bool,
    /// What was submitted outside, in order.
    pub submissions: Vec<Submission>,
    /// Missed targets for which the reporter is owed a reason and a new date.
    pub owed: Vec<Owed>,
    /// When the case is closed if the reporter stays silent.
    pub closes_for_silence: Option<Instant>,
    /// Since when an answer of the reporter is awaited.
    pub waiting_since: Option<Instant>,
    /// How it ended, or the verdict.
    pub outcome: Option<Outcome>,
    /// The reporter's appeal against the verdict, newest only.
    pub appeal: Option<Appeal>,
    /// Cases whose reports are decided with this one.
    pub gathered: Vec<String>,
    /// The case in which this report is decided.
    pub gathered_into: Option<String>,
    /// Cases that have to do with this one, perhaps of other programs; of those you may see.
    pub related: Vec<String>,
    /// Cases made of findings of this report.
    pub parts: Vec<String>,
    /// The case of the report that this one is a finding of.
    pub part_of: Option<String>,
    /// The embargo, proposed or agreed.
    pub embargo: Option<Embargo>,
    /// Whether the reporter was asked about credit.
    pub credit_asked: bool,
    /// The reports it gathers.
    pub reports: Vec<ReportOf>,
    /// What the reports hold and lack; no verdict.
    pub evidence: super::search::Evidence,
    /// The promises, each with its date and why.
    pub clocks: Vec<Clock>,
    /// Verifications.
    pub verifications: Vec<Verification>,
    /// How much work a fix is, what the policy proposes, and what was decided.
    pub planning: plan::Planning,
    /// Members on record as having discussed the next steps.
    pub discussed_by: Vec<Member>,
    /// Audits for similar problems.
    pub audits: Vec<Audit>,
    /// Steps that gates of the policy hold back for now.
    pub gates: Vec<gate::Closed>,
    /// Steps taken without what a gate asks for.
    pub overrides: Vec<gate::Override>,
    /// Remediations and decisions per version.
    pub fixes: Vec<Fix>,
    /// The advisory.
    pub advisory: Advisory,
    /// Steps before and after the publication.
    pub schedule: Vec<Step>,
    /// Conditions that reporters broke.
    pub condition_breaches: Vec<ConditionBreach>,
    /// The text about the closed report, once somebody wrote one.
    pub summary: Option<Summary>,
    /// Files, in the order they came.
    pub files: Vec<CaseFile>,
    /// What team and reporter said to each other.
    pub thread: Vec<Message>,
    /// Everything that happened.
    pub journal: Vec<Entry>,
}

/// A reporter's appeal against a verdict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Appeal {
    /// Number of the report.
    pub report: u32,
    /// When.
    pub at: Instant,
    /// Why.
    pub text: String,
    /// When it was answered; null while it waits.
    pub answered: Option<Instant>,
}

/// Proof that something was submitted outside.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Submission {
    pub promise: String,
    pub to: String,
    pub at: Instant,
    pub by: Option<Member>,
    pub reference: String,
    pub text: String,
}

/// A reason and a new date that the reporter is owed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Owed {
    /// Name of the promise.
    pub promise: String,
    /// Since when.
    pub since: Instant,
}

/// A CVSS vector with its score.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Vector {
    /// The vector.
    pub vector: String,
    /// Score from 0 to 10.
    pub score: f64,
    /// The band of the score.
    pub severity: Severity,
}

/// A weakness.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Weakness {
    /// CWE number.
    pub cwe: u32,
    /// Its name in the list.
    pub name: String,
}

/// An embargo.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Embargo {
    /// The date before which nobody publishes.
    pub until: Instant,
    /// When it was proposed or agreed. An answer says it as `asked`.
    pub at: Instant,
    /// Whether the reporter agreed.
    pub agreed: bool,
}

impl From<&case::Embargo> for Embargo {
    fn from(core: &case::Embargo) -> Self {
        Self { until: core.until.into(), at: core.at.into(), agreed: core.agreed }
    }
}

/// A report of a case.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReportOf {
    /// Number within the case, from 0.
    pub number: u32,
    /// When it came.
    pub at: Instant,
    /// Through which door.
    pub channel: Channel,
    /// What it says.
    pub facts: Facts,
    /// Name and address; null when none were given or they were erased.
    pub reporter: Option<Reporter>,
    /// Whether they were erased.
    pub erased: bool,
    /// The credit they chose.
    pub credit: Option<Credit>,
    /// The member who filed it for them.
    pub filed_by: Option<Member>,
    /// The version reported, against what the policy supported then.
    pub support: plan::Support,
    /// What the policy says that may concern it.
    pub hints: Vec<plan::Hint>,
}

/// A record of verification.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Verification {
    pub at: Instant,
    pub by: Member,
    pub environment: String,
    pub result: VerificationResult,
    pub conditions: String,
    pub impact: String,
}

/// An audit for similar problems.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Audit {
    pub at: Instant,
    pub by: Member,
    pub looked: String,
    pub found: String,
}

/// A remediation, or the decision about a version.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Fix {
    pub at: Instant,
    pub by: Member,
    pub branch: String,
    pub kind: FixKind,
    pub version: Option<String>,
    pub url: Option<String>,
    pub details: String,
}

/// The advisory of a case.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Advisory {
    /// The draft.
    pub draft: Option<Draft>,
    /// Its number; an approval is for one number.
    pub revision: u32,
    /// Who wrote it last.
    pub author: Option<Member>,
    /// Who approved it first as it stands.
    pub approved_by: Option<Member>,
    /// Everybody who approved it as it stands.
    pub approvals: Vec<Member>,
    /// Why the last approval no longer stands; null when it does, or there was none.
    pub withdrawn: Option<String>,
    /// Whether it is ordered to be published.
    pub ordered: bool,
    /// At this instant; null when it goes out with the fix.
    pub publish_at: Option<Instant>,
    /// Its public id, once published.
    pub id: Option<String>,
    /// When it was published first.
    pub published_at: Option<Instant>,
    /// What members said of sections of the draft, the oldest first. No document carries it.
    pub comments: Vec<DraftComment>,
}

/// A comment on a section of the draft.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DraftComment {
    /// Its number, to settle it by.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// By whom.
    pub by: Option<Member>,
    /// The section.
    pub section: Section,
    /// The number of the draft it was written to; 0 when there was none yet.
    pub revision: u32,
    /// The words.
    pub text: String,
    /// When it was settled; null while it is open.
    pub resolved_at: Option<Instant>,
    /// By whom it was settled.
    pub resolved_by: Option<Member>,
}

/// A file of a case and who may see it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CaseFile {
    /// The file.
    #[serde(flatten)]
    pub file: File,
    /// When it came.
    pub at: Instant,
    /// Who sent it.
    pub by: Author,
    /// Whether only the team sees it.
    pub internal: bool,
}

/// Something that was said.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Message {
    /// Number of its entry.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// Who.
    pub by: Author,
    /// The words.
    pub text: String,
    /// The files.
    pub files: Vec<File>,
}

impl Case {
    /// A case as the team sees it at `now`.
    pub fn of(core: &case::Case, policy: &Policy, names: &Names, now: Timestamp) -> Self {
        let member = |id: &candor_core::id::MemberId| names.member(id);
        Self {
            case: core.id.0.clone(),
            program: core.program.0.clone(),
            evidence: candor_core::evidence::of(core, policy).into(),
            policy_version: core.policy_version,
            state: core.state.into(),
            seq: core.seq,
            opened_at: core.opened_at.into(),
            updated_at: core.updated_at.into(),
            title: core.title.clone(),
            product: core.product.clone(),
            component: core.component.clone(),
            aliases: core.aliases.clone(),
            assignee: core.assignee.as_ref().map(member),
            severity: core.severity().map(Into::into),
            level: core.severity().map(|severity| policy.severity.label(severity)),
            vectors: core.rating.iter().flat_map(|rating| &rating.vectors).filter_map(|text| vector(text)).collect(),
            weakness: core
                .cwe
                .map(|cwe| Weakness { cwe, name: Cwe::get(cwe).map_or_else(String::new, |cwe| cwe.name.to_owned()) }),
            exploited: core.exploited,
            aware_since: core.aware.as_ref().map(|aware| aware.at.into()),
            incident_since: core.incident.as_ref().map(|known| known.at.into()),
            drill: core.drill,
            submissions: core
                .submissions
                .iter()
                .map(|one| Submission {
                    promise: one.promise.clone(),
                    to: one.to.clone(),
                    at: one.at.into(),
                    by: one.by.as_ref().map(member),
                    reference: one.reference.clone(),
                    text: one.text.clone(),
                })
                .collect(),
            owed: promises::owed(core, policy, now)
                .into_iter()
                .map(|owed| Owed { promise: owed.promise, since: owed.since.into() })
                .collect(),
            closes_for_silence: promises::silence_ends(core, policy).map(Into::into),
            waiting_since: core.waiting_since.map(Into::into),
            outcome: core.outcome.as_ref().or(core.verdict.as_ref().map(|verdict| &verdict.outcome)).map(Into::into),
            appeal: core.appeal.as_ref().map(|appeal| Appeal {
                report: appeal.report,
                at: appeal.at.into(),
                text: appeal.text.clone(),
                answered: appeal.answered.map(Into::into),
            }),
            gathered: core.gathered.iter().map(|id| id.0.clone()).collect(),
            related: Vec::new(),
            gathered_into: core.gathered_into.as_ref().map(|id| id.0.clone()),
            parts: core.parts.iter().map(|(id, _)| id.0.clone()).collect(),
            part_of: core.part_of.as_ref().map(|id| id.0.clone()),
            embargo: core.embargo.as_ref().map(Into::into),
            credit_asked: core.credit_asked,
            reports: core
                .reports
                .iter()
                .map(|report| ReportOf {
                    number: report.number,
                    at: report.at.into(),
                    channel: report.channel.into(),
                    facts: (&report.facts).into(),
                    reporter: report.contact.as_ref().map(Into::into),
                    erased: report.erased,
                    credit: report.credit.as_ref().map(Into::into),
                    filed_by: report.filed_by.as_ref().map(member),
                    support: plan::support(&report.facts, policy, report.at),
                    hints: scope::hints(&report.facts, policy, report.at).into_iter().map(Into::into).collect(),
                })
                .collect(),
            clocks: promises::clocks(core, policy, now).into_iter().map(Into::into).collect(),
            verifications: core
                .verifications
                .iter()
                .map(|one| Verification {
                    at: one.at.into(),
                    by: member(&one.by),
                    environment: one.facts.environment.clone(),
                    result: one.facts.result.into(),
                    conditions: one.facts.conditions.clone(),
                    impact: one.facts.impact.clone(),
                })
                .collect(),
            planning: plan::Planning::of(core, policy, names, now),
            discussed_by: core.discussed_by.iter().map(member).collect(),
            audits: core
                .audits
                .iter()
                .map(|one| Audit {
                    at: one.at.into(),
                    by: member(&one.by),
                    looked: one.looked.clone(),
                    found: one.found.clone(),
                })
                .collect(),
            gates: gate::closed(core, policy),
            overrides: core.overrides.iter().map(|one| gate::Override::of(one, names)).collect(),
            fixes: core
                .fixes
                .iter()
                .map(|one| Fix {
                    at: one.at.into(),
                    by: member(&one.by),
                    branch: one.branch.clone(),
                    kind: one.kind.into(),
                    version: one.version.clone(),
                    url: one.url.clone(),
                    details: one.details.clone(),
                })
                .collect(),
            advisory: Advisory {
                draft: core.advisory.draft.as_ref().map(Into::into),
                revision: core.advisory.revision,
                author: core.advisory.author.as_ref().map(member),
                approved_by: core.advisory.approved_by.as_ref().map(member),
                approvals: core.advisory.approvals.iter().map(member).collect(),
                withdrawn: core.advisory.withdrawn.clone(),
                ordered: core.advisory.order.is_some(),
                publish_at: core.advisory.order.as_ref().and_then(|order| order.at).map(Into::into),
                id: core.advisory.id.clone(),
                published_at: core.advisory.published.first().map(|record| record.published.into()),
                comments: core
                    .advisory
                    .comments
                    .iter()
                    .map(|one| DraftComment {
                        number: one.number,
                        at: one.at.into(),
                        by: one.by.as_ref().map(member),
                        section: one.section.into(),
                        revision: one.revision,
                        text: one.text.clone(),
                        resolved_at: one.resolved.as_ref().map(|(at, _)| (*at).into()),
                        resolved_by: one.resolved.as_ref().and_then(|(_, by)| by.as_ref()).map(member),
                    })
                    .collect(),
            },
            schedule: Step::all(core, policy, names, now),
            condition_breaches: core.breaches.iter().map(|breach| ConditionBreach::of(breach, names)).collect(),
            summary: core.summary.as_ref().map(Into::into),
            files: core
                .files
                .iter()
                .map(|one| CaseFile {
                    file: (&one.file).into(),
                    at: one.at.into(),
                    by: Author::of(&one.by, names),
                    internal: one.internal,
                })
                .collect(),
            thread: core.history.iter().filter_map(|entry| message(entry, Author::of(&entry.by, names))).collect(),
            journal: core
                .history
                .iter()
                .filter(|entry| !entry.what.is_between_cases())
                .map(|entry| Entry::of(entry, names))
                .collect(),
        }
    }
}

fn vector(text: &str) -> Option<Vector> {
    let parsed: CvssVector = text.parse().ok()?;
    Some(Vector { vector: text.to_owned(), score: parsed.score(), severity: parsed.severity().into() })
}

/// What was said in an entry, when something was.
pub fn message(entry: &case::Entry, by: Author) -> Option<Message> {
    let none: &[candor_core::event::FileRef] = &[];
    let (text, files) = match &entry.what {
        Event::Acknowledged { text }
        | Event::Confirmed { text }
        | Event::Dismissed { text, .. }
        | Event::EmbargoProposed { text, .. }
        | Event::EmbargoDeclined { text }
        | Event::SummaryDeclined { text, .. }
        | Event::Appealed { text, .. }
        | Event::RetestAsked { text }
        | Event::Retested { text, .. }
        | Event::AppealAnswered { text, .. }
        | Event::MergedInto { text, .. }
        | Event::Withdrawn { text, .. } => (text, none),
        Event::PartNews { text, .. } if !text.is_empty() => (text, none),
        Event::Estimated { reason, .. } => (reason, none),
        Event::Answered { text, files, .. }
        | Event::Asked { text, files }
        | Event::ReporterWrote { text, files, .. } => (text, files.as_slice()),
        _ => return None,
    };
    Some(Message {
        seq: entry.seq,
        at: entry.at.into(),
        by,
        text: text.clone(),
        files: files.iter().map(Into::into).collect(),
    })
}

/// A page of the queue, the most urgent first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Queue {
    /// The cases.
    pub cases: Vec<Row>,
    /// Give it as `cursor` to get the next page; null on the last.
    pub next: Option<String>,
    /// Cases per program and state.
    pub counts: Vec<Count>,
}

/// How many cases of a program stand where.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Count {
    /// The program.
    pub program: String,
    /// The state.
    pub state: State,
    /// How many.
    pub cases: u64,
}

/// A line of the queue.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Row {
    /// Name of the case.
    pub case: String,
    /// Its program.
    pub program: String,
    /// Working title.
    pub title: String,
    /// Product.
    pub product: String,
    /// Where it stands.
    pub state: State,
    /// Severity, once rated.
    pub severity: Option<Severity>,
    /// The member who holds it.
    pub assignee: Option<Member>,
    /// When it came.
    pub opened_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// The promise that falls due next.
    pub due: Option<Due>,
    /// Whether an answer of the reporter is awaited.
    pub waiting: bool,
}

/// What falls due next.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Due {
    /// Name of the promise.
    pub promise: String,
    /// When.
    pub at: Instant,
    /// Whether it stands still.
    pub paused: bool,
}

impl Queue {
    /// As the API shows it.
    pub fn of(page: QueuePage, names: &Names) -> Self {
        Self {
            cases: page.rows.into_iter().map(|row| Row::of(row, names)).collect(),
            next: page.next,
            counts: page
                .counts
                .into_iter()
                .map(|(program, state, cases)| Count { program: program.0, state: state.into(), cases })
                .collect(),
        }
    }
}

impl Row {
    /// As the API shows it.
    pub fn of(row: QueueRow, names: &Names) -> Self {
        Self {
            case: row.id.0,
            program: row.program.0,
            title: row.card.title,
            product: row.card.product,
            state: row.state.into(),
            severity: row.severity.map(Into::into),
            assignee: row.assignee.as_ref().map(|id| names.member(id)),
            opened_at: row.opened_at.into(),
            updated_at: row.updated_at.into(),
            due: row.clock.map(|(promise, at, paused)| Due { promise, at: at.into(), paused }),
            waiting: row.waiting,
        }
    }
}
