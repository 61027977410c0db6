//! Why the answer was no, in words fit to show.

use crate::access::Role;
use crate::id::{CaseId, MemberId};
use crate::policy::Need;
use jiff::Timestamp;

/// An expected no. Worded for the person who asked; the code is for programs and stays stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Refusal {
    #[error("{field}: {problem}")]
    Field { field: &'static str, problem: String },
    #[error("{field} is longer than {limit} characters; shorten it or attach it as a file")]
    TooLong { field: &'static str, limit: usize },
    #[error("A report needs a title and a description, or one known identifier such as a CVE number")]
    Empty,
    #[error("The case is closed; reopen it first")]
    Closed,
    #[error("The case is {state}; this step belongs to another stage. {next}")]
    WrongState { state: &'static str, next: &'static str },
    #[error("{0}")]
    Gate(GateRefusal),
    #[error("This was acknowledged on {at}")]
    AcknowledgedBefore { at: Timestamp },
    #[error(
        "The embargo must end by {latest}: the policy's clause `embargo_limit` allows {limit} from the report at most"
    )]
    EmbargoTooLong { latest: Timestamp, limit: String },
    #[error(
        "An embargo until {until} is agreed with the reporter, and nothing is published before. Leave the instant empty to \
         publish on that date, agree another date, or give the embargo up with a reason"
    )]
    EmbargoAgreed { until: Timestamp },
    #[error("No embargo is agreed that could be given up")]
    NoEmbargo,
    #[error("The policy lets nobody {step} without this: {gate}")]
    NoOverride { step: &'static str, gate: &'static str },
    #[error("This instant has passed; choose a later one")]
    InThePast,
    #[error(
        "The clock of this machine cannot be trusted: it was set while the service ran, or it is behind what is on record. \
         Nothing is published by it. Set it right, then start the service again"
    )]
    ClockInDoubt,
    #[error("There is no advisory yet; write one first")]
    NoAdvisory,
    #[error("No edition of the advisory has gone out yet; approve it and publish it under its label first")]
    NotPublished,
    #[error(
        "The advisory has changed since: it is at revision {current}, you looked at {seen}. Read it again, then approve it"
    )]
    OtherRevision { current: u32, seen: u32 },
    #[error("The advisory is not approved; somebody has to approve revision {revision} first")]
    NotApproved { revision: u32 },
    #[error("Nothing is waiting to be published")]
    NoOrder,
    #[error("The policy has no promise called `{0}`")]
    NoPromise(String),
    #[error("No date is proposed that could be answered")]
    NoProposal,
    #[error("What you were asked has changed since; look at it, and answer again")]
    AskedAnew,
    #[error("This case is a drill; a drill is never published")]
    Drill,
    #[error("The schedule of the publication has no step called `{0}`")]
    NoStep(String),
    #[error("This step is Candor's to do; it writes the letters by itself at {at}")]
    NotByHand { at: String },
    #[error("This step was ticked off on {at}")]
    StepDoneBefore { at: Timestamp },
    #[error("The policy states no conditions that a reporter could break (`disclosure.conditions`)")]
    NoConditions,
    #[error("This report is handled in case {into}, together with others; act there, or separate it first")]
    Gathered { into: CaseId },
    #[error("This report is handled on its own already")]
    NotGathered,
    #[error("No verdict stands against this report")]
    NoVerdict,
    #[error(
        "You asked on {at} that somebody else look at the verdict again; that can be asked once. Write a message instead"
    )]
    AppealedBefore { at: Timestamp },
    #[error("No appeal waits for an answer")]
    NoAppeal,
    #[error("Another member than the one who gave the verdict has to answer the appeal")]
    OwnVerdict,
    #[error("There is no report number {0} in this case")]
    NoReport(u32),
    #[error("No breach of the conditions is on record for this report")]
    NoBreach,
    #[error("The policy keeps closed reports private (`disclosure.closed_reports`)")]
    ClosedStaysPrivate,
    #[error("Nothing about this closed report is public or proposed")]
    NoSummary,
    #[error("You asked for news on {at}; the next time you can do so is {next}")]
    NudgedBefore { at: Timestamp, next: Timestamp },
    #[error("{0} is taken in by this program only through other channels; see its policy")]
    ChannelClosed(&'static str),
}

/// A gate of the policy that is not passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateRefusal {
    /// The step, as a verb: `publish`.
    pub step: &'static str,
    /// Each thing that is missing, with who could mend it.
    pub missing: Vec<Missing>,
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The gate, by what it asks for.
    pub gate: Need,
    /// What.
    pub what: String,
    /// Who could mend it, and how.
    pub mend: String,
    /// The command that brings it; empty when only the reporter can.
    pub command: &'static str,
    /// The least role of those who could mend it; `None` when only the reporter can.
    pub role: Option<Role>,
    /// Members whose act would not mend it, such as the one who verified.
    pub except: Vec<MemberId>,
    /// The sentence of the policy it rests on.
    pub because: String,
    /// The least role that may take the step without it, for a reason on record; `None` when nobody may.
    pub may_override: Option<Role>,
}

impl std::fmt::Display for GateRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "The policy does not let you {} yet:", self.step)?;
        for missing in &self.missing {
            write!(f, " {}. {}.", missing.what, missing.mend)?;
        }
        Ok(())
    }
}

impl Refusal {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Field { .. } => "field",
            Refusal::TooLong { .. } => "too-long",
            Refusal::Empty => "empty-report",
            Refusal::Closed => "case-closed",
            Refusal::WrongState { .. } => "wrong-state",
            Refusal::Gate(_) => "gate",
            Refusal::AcknowledgedBefore { .. } => "acknowledged-before",
            Refusal::EmbargoTooLong { .. } => "embargo-too-long",
            Refusal::EmbargoAgreed { .. } => "embargo-agreed",
            Refusal::NoEmbargo => "no-embargo",
            Refusal::NoOverride { .. } => "no-override",
            Refusal::InThePast => "in-the-past",
            Refusal::ClockInDoubt => "clock-in-doubt",
            Refusal::NoAdvisory => "no-advisory",
            Refusal::NotPublished => "not-published",
            Refusal::OtherRevision { .. } => "other-revision",
            Refusal::NotApproved { .. } => "not-approved",
            Refusal::NoOrder => "no-order",
            Refusal::NoPromise(_) => "no-promise",
            Refusal::NoProposal => "no-proposal",
            Refusal::AskedAnew => "asked-anew",
            Refusal::Drill => "drill",
            Refusal::NoStep(_) => "no-step",
            Refusal::NotByHand { .. } => "not-by-hand",
            Refusal::StepDoneBefore { .. } => "step-done-before",
            Refusal::NoConditions => "no-conditions",
            Refusal::Gathered { .. } => "gathered",
            Refusal::NotGathered => "not-gathered",
            Refusal::NoVerdict => "no-verdict",
            Refusal::AppealedBefore { .. } => "appealed-before",
            Refusal::NoAppeal => "no-appeal",
            Refusal::OwnVerdict => "own-verdict",
            Refusal::NoReport(_) => "no-report",
            Refusal::NoBreach => "no-breach",
            Refusal::ClosedStaysPrivate => "closed-stays-private",
            Refusal::NoSummary => "no-summary",
            Refusal::NudgedBefore { .. } => "nudged-before",
            Refusal::ChannelClosed(_) => "channel-closed",
        }
    }

    /// The field it is about, if it is about one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Refusal::Field { field, .. } | Refusal::TooLong { field, .. } => Some(field),
            Refusal::EmbargoAgreed { .. } => Some("at"),
            Refusal::AskedAnew => Some("asked"),
            Refusal::Empty => Some("title"),
            _ => None,
        }
    }
}
