//! Comments on the sections of an advisory draft: among the members on the case, settled one by one, and part of no
//! document.

use crate::case::{Case, State};
use crate::decide::{MESSAGE_LIMIT, text as required};
use crate::event::Event;
use crate::id::MemberId;
use crate::refusal::Refusal;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most comments of one case.
const MOST: usize = 1_000;

/// A section of an advisory, as its form shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// The title.
    Title,
    /// The summary.
    Summary,
    /// Products with their ranges and commits.
    Products,
    /// The severity and its vectors.
    Severity,
    /// The details.
    Details,
    /// What an attacker gains.
    Impact,
    /// What exploitation needs.
    Conditions,
    /// The root cause.
    Cause,
    /// Workarounds and countermeasures.
    Workaround,
    /// Where to read more.
    References,
    /// Other names, such as a CVE number.
    Aliases,
    /// Credits and acknowledgements.
    Credits,
    /// The timeline.
    Timeline,
    /// Who may read it.
    Distribution,
    /// The reason of the new edition, of a withdrawal or of a dispute.
    Change,
}

impl Section {
    /// Every section, in the order of the form.
    pub const ALL: [Section; 15] = [
        Section::Title,
        Section::Summary,
        Section::Products,
        Section::Severity,
        Section::Details,
        Section::Impact,
        Section::Conditions,
        Section::Cause,
        Section::Workaround,
        Section::References,
        Section::Aliases,
        Section::Credits,
        Section::Timeline,
        Section::Distribution,
        Section::Change,
    ];

    /// Name in forms and the API.
    pub fn name(self) -> &'static str {
        match self {
            Section::Title => "title",
            Section::Summary => "summary",
            Section::Products => "products",
            Section::Severity => "severity",
            Section::Details => "details",
            Section::Impact => "impact",
            Section::Conditions => "conditions",
            Section::Cause => "cause",
            Section::Workaround => "workaround",
            Section::References => "references",
            Section::Aliases => "aliases",
            Section::Credits => "credits",
            Section::Timeline => "timeline",
            Section::Distribution => "distribution",
            Section::Change => "change",
        }
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Section::Title => "Title",
            Section::Summary => "Summary",
            Section::Products => "Affected products",
            Section::Severity => "Severity",
            Section::Details => "Details",
            Section::Impact => "What an attacker gains",
            Section::Conditions => "What exploitation needs",
            Section::Cause => "Root cause",
            Section::Workaround => "Workarounds",
            Section::References => "References",
            Section::Aliases => "Other names",
            Section::Credits => "Credits and acknowledgements",
            Section::Timeline => "Timeline",
            Section::Distribution => "Distribution",
            Section::Change => "This edition",
        }
    }

    /// The section of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }
}

/// A comment on a section of the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The number of its entry in the journal, by which it is named.
    pub number: u64,
    /// When it was written.
    pub at: Timestamp,
    /// By whom.
    pub by: Option<MemberId>,
    /// What it is about.
    pub section: Section,
    /// The number of the draft that it was written to; 0 when there was none yet.
    pub revision: u32,
    /// The words.
    pub text: String,
    /// When it was settled and by whom.
    pub resolved: Option<(Timestamp, Option<MemberId>)>,
}

/// The comments that nobody has settled yet, the oldest first.
pub fn open(case: &Case) -> impl Iterator<Item = &Comment> {
    case.advisory.comments.iter().filter(|comment| comment.resolved.is_none())
}

/// How many comments are open, in words for whoever approves; `None` for none.
pub fn warning(case: &Case) -> Option<String> {
    match open(case).count() {
        0 => None,
        1 => Some("One comment on the draft is open.".into()),
        count => Some(format!("{count} comments on the draft are open.")),
    }
}

pub(crate) fn comment(case: &Case, section: Section, text: &str) -> Result<Vec<Event>, Refusal> {
    if matches!(case.state, State::New | State::Triage) {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Confirm the report first." });
    }
    if case.advisory.comments.len() >= MOST {
        let problem = format!("the draft has {MOST} comments, the most there can be; write a note instead");
        return Err(Refusal::Field { field: "text", problem });
    }
    Ok(vec![Event::AdvisoryCommented { section, text: required("text", text, MESSAGE_LIMIT)? }])
}

pub(crate) fn resolve(case: &Case, number: u64) -> Result<Vec<Event>, Refusal> {
    match case.advisory.comments.iter().find(|comment| comment.number == number) {
        None => {
            let problem = format!("there is no comment {number} on this draft; look at the draft again");
            Err(Refusal::Field { field: "comment", problem })
        }
        // Settling it twice changes nothing.
        Some(comment) if comment.resolved.is_some() => Ok(Vec::new()),
        Some(_) => Ok(vec![Event::CommentResolved { comment: number }]),
    }
}
