//! Pages of one case at the desk: history and facts, the acts, the advisory editor, the check before what cannot
//! be undone.

use super::parts::{
    Act, ClockView, Field, FileView, Group, Link, Problem, Row, SafeHtml, SeverityView, Shell, StateView, TimeView,
};
use askama::Template;

/// What stands at the top of every page about a case.
#[derive(Debug, Clone, Default)]
pub struct CaseHead {
    /// Public name, like `7K3M9-QXT4B`.
    pub id: String,
    /// Address of the case page, like `/desk/cases/7K3M9-QXT4B`; acts are below it.
    pub href: String,
    /// Working title.
    pub title: String,
    /// Program, product and component, as far as known.
    pub product: String,
    /// State.
    pub state: StateView,
    /// Severity.
    pub severity: SeverityView,
    /// Who holds it; empty for nobody.
    pub holder: String,
    /// Number of the last journal entry that this page shows; sent back as `seen`.
    pub seen: u64,
}

/// `/desk/cases/{id}`: at the left what happened, at the right what is so.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/case.html")]
pub struct CasePage {
    /// What the policy wants looked at, as far as it is ticked off.
    pub checklists: Vec<ChecklistView>,
    /// Around the page.
    pub shell: Shell,
    /// Its head.
    pub head: CaseHead,
    /// What is expected next, in a sentence; empty when nothing is.
    pub next: String,
    /// Until when.
    pub next_due: Option<TimeView>,
    /// How the next clock stands: `running soon paused broken`; empty for none.
    pub next_status: String,
    /// What else is owed or matters first, in sentences.
    pub owed: Vec<String>,
    /// What the report holds, and which cases are like it.
    pub evidence: super::search::EvidenceView,
    /// What can be done now, the likely one first.
    pub acts: Vec<Act>,
    /// What can be done but rarely is.
    pub rare_acts: Vec<Act>,
    /// What a gate of the policy forbids for now.
    pub gated_acts: Vec<GatedAct>,
    /// What others did while the asker was typing; the typed text is in `reply` or `note`.
    pub changed: Vec<Entry>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// What happened, oldest first.
    pub history: Vec<Entry>,
    /// The reports as they came.
    pub reports: Vec<ReportView>,
    /// Whether the member may write.
    pub may_write: bool,
    /// Whether there is a reporter who can be written to.
    pub has_reporter: bool,
    /// Typed text of the reply.
    pub reply: String,
    /// Typed text of the note.
    pub note: String,
    /// How many files, how large.
    pub file_limit: String,
    /// What a question does to the clocks, in a sentence.
    pub asking: String,
    /// Drawn for each fresh form.
    pub once: String,
    /// Every clock and how it stands.
    pub clocks: Vec<ClockView>,
    /// The rating in words; `None` when nobody rated.
    pub rating: Option<RatingView>,
    /// The weakness, like `CWE-22: Path traversal`.
    pub weakness: Option<Link>,
    /// Reporter, holder, who verified, who discussed, who approved.
    pub people: Vec<PersonRow>,
    /// Whether outside parties get copies.
    pub has_parties: bool,
    /// Who opened it, and on which days.
    pub readers: Vec<Row>,
    /// The agreed or proposed date.
    pub embargo: Option<super::report::EmbargoView>,
    /// CVE and other identifiers, linked to public records.
    pub identifiers: Vec<Link>,
    /// Fixes and decisions per branch.
    pub fixes: Vec<FixRow>,
    /// Effort, what the policy proposes, and what was decided.
    pub planning: Vec<Row>,
    /// Packages whose vulnerabilities were assessed.
    pub assessments: Vec<Record>,
    /// Records of verification.
    pub verifications: Vec<Record>,
    /// Audits for similar problems.
    pub audits: Vec<Record>,
    /// Steps taken without what a gate asks for.
    pub overrides: Vec<Record>,
    /// Decisions by SSVC, tasks of the fix, tries of the reporter.
    pub work: Vec<Record>,
    /// The decision on exploitation, and what was submitted outside.
    pub duties: Vec<Record>,
    /// The advisory.
    pub advisory: AdvisoryState,
    /// Schedule, broken conditions, the text about a closed report.
    pub publication: super::publication::PublicationFacts,
    /// What hangs together with it.
    pub cluster: super::cluster::ClusterFacts,
    /// Every file of the case.
    pub files: Vec<FileView>,
}

/// An act that a gate forbids, and what the gate waits for.
#[derive(Debug, Clone, Default)]
pub struct GatedAct {
    /// What it would do.
    pub label: String,
    /// The gate, in the policy's words.
    pub gate: String,
    /// What is missing, each with the act that brings it where there is one.
    pub missing: Vec<Link>,
}

/// One line of the history.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// Number of its journal entry; its anchor is `entry-` and this number.
    pub seq: u64,
    /// When.
    pub at: TimeView,
    /// Who.
    pub who: String,
    /// What they did, like `asked the reporter`.
    pub did: String,
    /// Class name: `reporter` (they wrote), `team` (the reporter sees it), `note` (only the team), `step` (a fact put on
    /// record), `clock` (a clock did it).
    pub side: String,
    /// The text; line breaks are kept.
    pub text: String,
    /// Facts put on record.
    pub rows: Vec<Row>,
    /// Files with it.
    pub files: Vec<FileView>,
    /// For a step: whether the reporter sees it.
    pub shown: bool,
}

/// A report as it came.
#[derive(Debug, Clone, Default)]
pub struct ReportView {
    /// Heading, like `Report 1, by web form`.
    pub title: String,
    /// When.
    pub at: TimeView,
    /// Who, in words.
    pub who: String,
    /// What it says, question by question.
    pub rows: Vec<Row>,
    /// Files with it.
    pub files: Vec<FileView>,
    /// What the policy asks for and it lacks.
    pub missing: Vec<String>,
    /// What the policy says that may concern it, with its clause.
    pub hints: Vec<Row>,
    /// The product proposed by the repository named, with the act that takes it over.
    pub proposed: Option<Link>,
}

/// The rating in force.
#[derive(Debug, Clone, Default)]
pub struct RatingView {
    /// Who rated and when, in words.
    pub by: String,
    /// Why so; empty for none.
    pub why: String,
    /// The vectors.
    pub vectors: Vec<VectorView>,
}

/// A CVSS vector in words.
#[derive(Debug, Clone, Default)]
pub struct VectorView {
    /// Like `CVSS 3.1`.
    pub version: String,
    /// The vector as it is written.
    pub vector: String,
    /// Word and score.
    pub severity: SeverityView,
    /// Metric and value in words.
    pub words: Vec<Row>,
}

/// A person and their part in the case.
#[derive(Debug, Clone, Default)]
pub struct PersonRow {
    /// Their part, like `Reporter`.
    pub part: String,
    /// Their name.
    pub name: String,
    /// More, like an address or a credit wish; empty for none.
    pub note: String,
}

/// A fix or a decision for a branch.
#[derive(Debug, Clone, Default)]
pub struct FixRow {
    /// The branch.
    pub branch: String,
    /// What was decided, like `Fix released`, or `Not decided`.
    pub what: String,
    /// The version it came with; empty for none.
    pub version: String,
    /// Where it is; `None` for nowhere public.
    pub link: Option<Link>,
    /// When and by whom; empty when not decided.
    pub by: String,
}

/// Something put on record.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Who.
    pub who: String,
    /// When.
    pub at: TimeView,
    /// What they found in a word or two, like `Reproduced`.
    pub result: String,
    /// The facts.
    pub rows: Vec<Row>,
}

/// Where the advisory stands.
#[derive(Debug, Clone, Default)]
pub struct AdvisoryState {
    /// Its identifier once it has one; empty before.
    pub id: String,
    /// In a sentence, like `Draft 3, approved by Ana Ruiz.`
    pub words: String,
    /// When it will be, or was, published.
    pub at: Option<TimeView>,
    /// What can be done with it.
    pub acts: Vec<Act>,
    /// The public page once it is there.
    pub public: Option<Link>,
}

/// The form of one act, on a page of its own.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/act.html")]
pub struct ActForm {
    /// Around the page.
    pub shell: Shell,
    /// The case.
    pub head: CaseHead,
    /// The heading, like `Confirm the report`.
    pub title: String,
    /// What it does, to whom, and what the policy says about it.
    pub lead: String,
    /// Where the form is sent.
    pub action: String,
    /// The questions.
    pub groups: Vec<Group>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// What others did meanwhile; what was typed is in the fields.
    pub changed: Vec<Entry>,
    /// The button, like `Confirm the report`.
    pub submit: String,
    /// Whether the reporter sees the text: said beside the button.
    pub seen_by_reporter: bool,
    /// Where scores are asked for while something is chosen; empty for none.
    pub live: String,
    /// Whether files can be sent.
    pub takes_files: bool,
    /// Drawn for each fresh form; empty for none.
    pub once: String,
}

/// The advisory: its form at the left, how it will look at the right.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/advisory.html")]
pub struct AdvisoryEditor {
    /// Around the page.
    pub shell: Shell,
    /// The case.
    pub head: CaseHead,
    /// Number of the draft that the form began with; 0 for none.
    pub revision: u32,
    /// Where the form is sent; the button `preview` shows it without saving.
    pub action: String,
    /// The questions.
    pub groups: Vec<Group>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// What others did meanwhile.
    pub changed: Vec<Entry>,
    /// What the draft still lacks before it can be approved.
    pub lacks: Vec<String>,
    /// What stands in it and should perhaps not become public.
    pub warnings: Vec<String>,
    /// How it will look; `None` when it cannot be drawn yet.
    pub preview: Option<super::public::AdvisoryBody>,
    /// Words on where it stands, like `Draft 3, saved by Ana Ruiz`.
    pub words: String,
    /// Further acts, such as approving.
    pub acts: Vec<Act>,
}

/// Before what cannot be undone: what becomes visible, to whom, at which instant.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/check.html")]
pub struct CheckPage {
    /// Around the page.
    pub shell: Shell,
    /// The case.
    pub head: CaseHead,
    /// What is about to happen, like `Publish MINIO-2026-0004`.
    pub title: String,
    /// A sentence under it; empty for none.
    pub lead: String,
    /// What becomes visible, to whom, when.
    pub visible: Vec<Becomes>,
    /// What stays hidden.
    pub stays: Vec<String>,
    /// Gates of the policy and what passed each.
    pub gates: Vec<Row>,
    /// Where the form is sent.
    pub action: String,
    /// Fields, such as a reason; answers given on the page before come back as hidden ones.
    pub groups: Vec<Group>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// What others did meanwhile.
    pub changed: Vec<Entry>,
    /// The button.
    pub submit: String,
    /// Words that should perhaps not become public, and why.
    pub scrub: Vec<Row>,
    /// The document as it will be; `None` for none.
    pub preview: Option<SafeHtml>,
}

/// Something that becomes visible.
#[derive(Debug, Clone, Default)]
pub struct Becomes {
    /// What.
    pub what: String,
    /// To whom.
    pub whom: String,
    /// When, in words or as an instant.
    pub when: String,
    /// The instant, where it is known.
    pub at: Option<TimeView>,
}

/// A checklist of the policy as it stands in a case.
#[derive(Debug, Clone, Default)]
pub struct ChecklistView {
    /// Its heading.
    pub heading: String,
    /// How much is done, like `2 of 5 done`.
    pub words: String,
    /// Whether nothing is left.
    pub is_done: bool,
    /// Each item, with who ticked it off.
    pub rows: Vec<Row>,
}

/// `/desk/cases/{case}/files/{file}/opened`: a file of OpenPGP, as what it is.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/openpgp_file.html")]
pub struct OpenPgpFilePage {
    /// Around the page.
    pub shell: Shell,
    /// Name of the case.
    pub case: String,
    /// Name of the file.
    pub name: String,
    /// What it is, in a few words.
    pub kind: String,
    /// What is known of it.
    pub lead: String,
    /// Facts.
    pub rows: Vec<Row>,
    /// Where its content is downloaded; empty where it stays shut.
    pub download: String,
    /// What it says; empty where that is no text.
    pub text: String,
}

/// `/desk/cases/{case}/whose-mark`: whose copy a text is that turned up elsewhere.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/whose_mark.html")]
pub struct WhoseMarkPage {
    /// Around the page.
    pub shell: Shell,
    /// The case.
    pub head: CaseHead,
    /// Whether something was looked at.
    pub looked: bool,
    /// For whom something speaks, the likeliest first.
    pub rows: Vec<BearerRow>,
    /// Whether the policy wants no marks.
    pub unmarked: bool,
    /// Where the text is put.
    pub text: Field,
}

/// An outside party for whom something speaks.
#[derive(Debug, Clone, Default)]
pub struct BearerRow {
    /// Who they are.
    pub name: String,
    /// How much, in words.
    pub how: &'static str,
    /// What speaks for them.
    pub evidence: Vec<String>,
}
