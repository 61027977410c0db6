//! Who may ask what. Only [`allow`] makes an [`Allowed`], and [`crate::decide::decide`] takes nothing else.

use crate::case::Case;
use crate::command::Command;
use crate::id::{CaseId, MemberId, ProgramSlug};
use serde::{Deserialize, Serialize};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Anyone: may file a report and nothing else.
    Public,
    /// The holder of a receipt.
    Reporter {
        /// The case of their report.
        case: CaseId,
        /// Number of the report within it.
        report: u32,
    },
    /// A member of the team.
    Member {
        /// Who.
        id: MemberId,
        /// What they are in which program.
        roles: Vec<(ProgramSlug, Role)>,
    },
    /// A clock of the policy.
    Clock,
}

/// What a member is in a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees cases, changes nothing.
    Observer,
    /// Works on cases.
    Member,
    /// Works on cases, and publishes, closes and reopens them.
    Coordinator,
}

impl Role {
    /// Name in the API and the database.
    pub fn name(self) -> &'static str {
        match self {
            Role::Observer => "observer",
            Role::Member => "member",
            Role::Coordinator => "coordinator",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Role::Observer, Role::Member, Role::Coordinator].into_iter().find(|role| role.name() == name)
    }
}

impl Actor {
    /// The member, if it is one.
    pub fn member(&self) -> Option<&MemberId> {
        match self {
            Actor::Member { id, .. } => Some(id),
            _ => None,
        }
    }

    /// The actor's role in a program.
    pub fn role(&self, program: &ProgramSlug) -> Option<Role> {
        match self {
            Actor::Member { roles, .. } => roles.iter().filter(|(of, _)| of == program).map(|(_, role)| *role).max(),
            _ => None,
        }
    }

    /// Programs whose cases the actor may see.
    pub fn programs(&self) -> Vec<ProgramSlug> {
        match self {
            Actor::Member { roles, .. } => {
                let mut programs: Vec<_> = roles.iter().map(|(program, _)| program.clone()).collect();
                programs.sort();
                programs.dedup();
                programs
            }
            _ => Vec::new(),
        }
    }

    /// Name in the journal's clear part: `member:…`, `reporter:0`, `public`, `clock`.
    pub fn name(&self) -> String {
        match self {
            Actor::Public => "public".into(),
            Actor::Reporter { report, .. } => format!("reporter:{report}"),
            Actor::Member { id, .. } => format!("member:{id}"),
            Actor::Clock => "clock".into(),
        }
    }
}

/// A command that has passed the access rules. Only [`allow`] can make one.
#[derive(Debug)]
pub struct Allowed<'a> {
    actor: &'a Actor,
    command: Command,
}

impl<'a> Allowed<'a> {
    /// Who asked.
    pub fn actor(&self) -> &'a Actor {
        self.actor
    }

    /// What they asked.
    pub fn command(&self) -> &Command {
        &self.command
    }

    /// The member who asked; `None` for reporters and clocks.
    pub fn member(&self) -> Option<&'a MemberId> {
        self.actor.member()
    }
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// They may not even know that the case exists: answer as if it did not.
    Absent,
    /// They see the case, but not every act is theirs.
    Role {
        /// The least role that may.
        needs: Role,
    },
}

/// Whether the actor may read the case.
pub fn may_see(actor: &Actor, case: &CaseId, program: &ProgramSlug) -> bool {
    match actor {
        Actor::Public => false,
        Actor::Reporter { case: own, .. } => own == case,
        Actor::Member { .. } => actor.role(program).is_some(),
        Actor::Clock => true,
    }
}

/// The least role for a command, or `None` when no member gives it.
pub fn least_role(command: &Command) -> Option<Role> {
    use Command as C;
    match command {
        C::Report(_)
        | C::Acknowledge { .. }
        | C::Assign { .. }
        | C::Answer { .. }
        | C::Ask { .. }
        | C::Note { .. }
        | C::Describe { .. }
        | C::Verify { .. }
        | C::Discuss { .. }
        | C::Confirm { .. }
        | C::Reject { .. }
        | C::OutOfScope { .. }
        | C::Duplicate { .. }
        | C::Redirect { .. }
        | C::NotAVulnerability { .. }
        | C::EstimateEffort { .. }
        | C::Decide { .. }
        | C::AssessDependency { .. }
        | C::ScannerOutput { .. }
        | C::Dismiss { .. }
        | C::Merge { .. }
        | C::Prioritise { .. }
        | C::ProposeIssue { .. }
        | C::OpenIssue { .. }
        | C::SetTask { .. }
        | C::AskRetest { .. }
        | C::Separate { .. }
        | C::AnswerAll { .. }
        | C::Split { .. }
        | C::UndoVerdict { .. }
        | C::AnswerAppeal { .. }
        | C::Rate { .. }
        | C::SetWeakness { .. }
        | C::RecordFix { .. }
        | C::RecordAudit { .. }
        | C::AskCredit
        | C::DraftAdvisory { .. }
        | C::KnowExploitation { .. }
        | C::KnowIncident { .. }
        | C::OverrideGate { .. }
        | C::RecordSubmission { .. }
        | C::TickStep { .. }
        | C::RecordBreach { .. }
        | C::ApproveAdvisory { .. } => Some(Role::Member),
        C::ProposeEmbargo { .. }
        | C::Estimate { .. }
        | C::Publish { .. }
        | C::BreakEmbargo { .. }
        | C::GoPublic { .. }
        | C::HoldPublication { .. }
        | C::ClearBreach { .. }
        | C::PublishSummary { .. }
        | C::WithdrawSummary { .. }
        | C::MovePolicy { .. }
        | C::Close { .. }
        | C::Reopen { .. } => Some(Role::Coordinator),
        C::Write { .. }
        | C::TakeMail { .. }
        | C::RecordOrigin { .. }
        | C::Nudge
        | C::ChooseCredit { .. }
        | C::GiveKey { .. }
        | C::AnswerEmbargo { .. }
        | C::AnswerSummary { .. }
        | C::Appeal { .. }
        | C::Retest { .. }
        | C::AnswerIssue { .. }
        | C::Withdraw { .. }
        | C::Tick => None,
    }
}

/// Lets a command through, or says why not. `case` is `None` for a report that opens one in `program`.
///
/// # Errors
/// [`Denied::Absent`] when the asker may not know of the case, [`Denied::Role`] when the act is not theirs.
pub fn allow<'a>(
    case: Option<&Case>,
    program: &ProgramSlug,
    actor: &'a Actor,
    command: Command,
) -> Result<Allowed<'a>, Denied> {
    if let Some(case) = case
        && !may_see(actor, &case.id, &case.program)
    {
        return Err(Denied::Absent);
    }
    let let_through = match (actor, &command) {
        (Actor::Public, Command::Report(_)) => case.is_none(),
        (Actor::Public, _) => false,
        (Actor::Clock, Command::Tick | Command::RecordOrigin { .. }) => true,
        (Actor::Clock, _) => false,
        (
            Actor::Reporter { .. },
            Command::Write { .. }
            | Command::TakeMail { .. }
            | Command::Nudge
            | Command::ChooseCredit { .. }
            | Command::GiveKey { .. }
            | Command::AnswerEmbargo { .. }
            | Command::AnswerSummary { .. }
            | Command::Appeal { .. }
            | Command::Retest { .. }
            | Command::AnswerIssue { .. }
            | Command::Withdraw { .. },
        ) => true,
        (Actor::Reporter { .. }, _) => false,
        (Actor::Member { .. }, command) => {
            let Some(role) = actor.role(program) else {
                return Err(Denied::Absent);
            };
            let Some(needs) = least_role(command) else {
                return Err(Denied::Absent);
            };
            if role < needs {
                return Err(Denied::Role { needs });
            }
            true
        }
    };
    if let_through { Ok(Allowed { actor, command }) } else { Err(Denied::Absent) }
}
