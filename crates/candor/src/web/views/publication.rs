//! How a matter becomes public, as parts of the case page.

use super::case::CaseHead;
use super::parts::{Field, Link, Problem, Row, Shell, TimeView};
use askama::Template;
use askama::filters::HtmlSafe;

/// Schedule, broken conditions, the text about a closed report.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "parts/publication.html")]
pub struct PublicationFacts {
    /// What the times are counted from, in words; empty once it is published.
    pub plan: String,
    /// The planned instant.
    pub plan_at: Option<TimeView>,
    /// The steps, in the order of the policy.
    pub steps: Vec<StepRow>,
    /// Conditions that were broken.
    pub breaches: Vec<Breach>,
    /// The text about the closed report.
    pub summary: Option<SummaryFacts>,
    /// Address of the text for the release notes; empty for none.
    pub release_notes: String,
    /// Address of the page about the CVE number; shown where there is a text for the release notes.
    pub cve: String,
    /// What follows the publication, and how far it is.
    pub after: Vec<StepRow>,
}

impl HtmlSafe for PublicationFacts {}

/// A step of the schedule.
#[derive(Debug, Clone, Default)]
pub struct StepRow {
    /// What is done.
    pub what: String,
    /// When, counted from the publication.
    pub offset: String,
    /// When.
    pub due: Option<TimeView>,
    /// Class name: `kept running broken ended`.
    pub status: String,
    /// The state as words.
    pub status_word: String,
    /// Who did it and when; empty when nobody has.
    pub note: String,
    /// Who does it; empty for the first contact.
    pub by: String,
}

/// A condition that was broken.
#[derive(Debug, Clone, Default)]
pub struct Breach {
    /// Whose.
    pub who: String,
    /// By whom it was put on record, when, and what it means.
    pub words: String,
    /// The evidence.
    pub evidence: String,
}

/// The text about a closed report.
#[derive(Debug, Clone, Default)]
pub struct SummaryFacts {
    /// Heading.
    pub title: String,
    /// The text.
    pub text: String,
    /// How it stands.
    pub state: String,
    /// Since when.
    pub at: TimeView,
}

/// Asking for a CVE number: the text, and what came of it.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/cve.html")]
pub struct CvePage {
    /// Around the page.
    pub shell: Shell,
    /// The case.
    pub head: CaseHead,
    /// Whether the reader may keep requests.
    pub may_write: bool,
    /// Numbers reserved for the case: number and state.
    pub numbers: Vec<Row>,
    /// Requests, the oldest first.
    pub rows: Vec<CveRequestRow>,
    /// Whether one of them is open.
    pub open: bool,
    /// The text; empty when there is none.
    pub text: String,
    /// Why there is none.
    pub missing: String,
    /// After how long a new request warns.
    pub days: Field,
    /// After how long the open one warns again.
    pub again: Field,
    /// The number that came.
    pub number: Field,
    /// What has to be mended.
    pub problems: Vec<Problem>,
}

/// A request for a CVE number.
#[derive(Debug, Clone)]
pub struct CveRequestRow {
    /// Its id.
    pub id: String,
    /// Who sent it.
    pub by: String,
    /// When.
    pub at: TimeView,
    /// When the desk warns.
    pub remind_at: TimeView,
    /// State: `running`, `broken`, `kept`, `ended`.
    pub status: String,
    /// The same in words.
    pub status_word: String,
    /// Whether it waits for an answer.
    pub is_open: bool,
    /// The number that came; empty when none did.
    pub number: String,
}

/// The text for the release notes of the fix, to be copied.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/release_notes.html")]
pub struct ReleaseNotesPage {
    /// Around the page.
    pub shell: Shell,
    /// The case.
    pub head: CaseHead,
    /// Whether all of it is public.
    pub is_public: bool,
    /// The text.
    pub text: String,
    /// Why there is none; empty when there is.
    pub problem: String,
}

/// CVE numbers of a program that are reserved and not published.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/cve_reserved.html")]
pub struct ReservedPage {
    /// Around the page.
    pub shell: Shell,
    /// Name of the program.
    pub name: String,
    /// The program's page.
    pub href: String,
    /// The numbers, the oldest first.
    pub rows: Vec<ReservedRow>,
    /// Why CVE Services could not be asked; empty when it was.
    pub unasked: String,
}

/// One reserved number.
#[derive(Debug, Clone, Default)]
pub struct ReservedRow {
    /// The number.
    pub number: String,
    /// Since when, as far as anybody says.
    pub since: Option<TimeView>,
    /// Who it is for, in words.
    pub holder: String,
    /// The case, where the reader may open it.
    pub case: Option<Link>,
    /// Where it is rejected; empty where it is not.
    pub reject: String,
}

/// The page before a number is rejected.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/cve_reject.html")]
pub struct RejectPage {
    /// Around the page.
    pub shell: Shell,
    /// The number.
    pub number: String,
    /// Back to the list.
    pub href: String,
    /// Where the form goes.
    pub action: String,
    /// Why.
    pub reason: Field,
    /// What has to be mended.
    pub problems: Vec<Problem>,
}
