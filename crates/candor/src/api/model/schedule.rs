//! Steps before and after a publication, conditions that were broken, texts about closed reports.

use super::instant::Instant;
use super::people::{Author, Names};
use candor_core::case;
use candor_core::policy::{self, Policy};
use candor_core::schedule::{StepStatus, views};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

mirror! {
    /// Who does a step.
    DoneBy = policy::DoneBy { Candor, Person }
}

mirror! {
    /// How a text about a closed report stands.
    SummaryState = case::SummaryState { Proposed, Declined, Public, Withdrawn }
}

/// A step of the schedule of a publication.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Step {
    /// Name in the policy.
    pub step: String,
    /// What is done.
    pub what: String,
    /// When, counted from the publication, like `-7 days`.
    pub offset: String,
    /// When, once a date is planned.
    pub due: Option<Instant>,
    /// Who does it.
    pub done_by: DoneBy,
    /// How it stands.
    pub status: StepState,
    /// When it was done.
    pub done_at: Option<Instant>,
    /// Who did it.
    pub by: Option<Author>,
    /// What was done, in words.
    pub text: String,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// No date is settled.
    NoDate,
    /// It is due later.
    Ahead,
    /// It is due and not done.
    Late,
    /// The publication came before it was done.
    Missed,
    /// It is done.
    Done,
}

impl Step {
    /// Every step that applies to the case, as it stands at `now`.
    pub fn all(core: &case::Case, policy: &Policy, names: &Names, now: Timestamp) -> Vec<Self> {
        views(core, policy, now)
            .into_iter()
            .map(|view| {
                let (status, done) = match view.status {
                    StepStatus::NoDate => (StepState::NoDate, None),
                    StepStatus::Ahead => (StepState::Ahead, None),
                    StepStatus::Late => (StepState::Late, None),
                    StepStatus::Missed => (StepState::Missed, None),
                    StepStatus::Done { at, by, text } => (StepState::Done, Some((at, by, text))),
                };
                Self {
                    step: view.step.name.clone(),
                    what: view.step.what.clone(),
                    offset: view.step.at.to_string(),
                    due: view.due.map(Into::into),
                    done_by: view.step.done_by.into(),
                    status,
                    done_at: done.as_ref().map(|(at, ..)| (*at).into()),
                    by: done.as_ref().map(|(_, by, _)| Author::of(by, names)),
                    text: done.map(|(.., text)| text).unwrap_or_default(),
                }
            })
            .collect()
    }
}

/// A condition that a reporter broke.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConditionBreach {
    /// Number of the report.
    pub report: u32,
    /// When it was put on record.
    pub at: Instant,
    /// By whom.
    pub by: Author,
    /// What was published or given away, where and when.
    pub evidence: String,
    /// Whether the policy denies the credit for it.
    pub credit_denied: bool,
}

impl ConditionBreach {
    /// As the team sees it.
    pub fn of(core: &case::ConditionBreach, names: &Names) -> Self {
        Self {
            report: core.report,
            at: core.at.into(),
            by: Author::of(&core.by, names),
            evidence: core.evidence.clone(),
            credit_denied: core.credit_denied,
        }
    }
}

/// A text about a closed report, for the public page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Summary {
    /// Heading.
    pub title: String,
    /// The text.
    pub text: String,
    /// When it was written, proposed or published. An answer says it as `asked`.
    pub at: Instant,
    /// How it stands.
    pub state: SummaryState,
}

/// A text for the project's public issues.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Issue {
    /// Heading.
    pub title: String,
    /// The text.
    pub text: String,
    /// When it was proposed, answered or opened last. An answer says it as `asked`.
    pub at: Instant,
    /// Whether the reporter agreed; none while they have not answered.
    pub agreed: Option<bool>,
    /// Where the issue is, once it is public.
    pub url: Option<String>,
}

impl From<&case::Issue> for Issue {
    fn from(core: &case::Issue) -> Self {
        let case::Issue { title, text, at, agreed, url } = core.clone();
        Self { title, text, at: at.into(), agreed, url }
    }
}

impl From<&case::Summary> for Summary {
    fn from(core: &case::Summary) -> Self {
        Self { title: core.title.clone(), text: core.text.clone(), at: core.at.into(), state: core.state.into() }
    }
}
