//! Who may ask what, and who may read. Only [`allow`] makes an [`Allowed`], and [`crate::decide::decide`] takes nothing else.

use crate::case::Case;
use crate::command::Command;
use crate::id::{CaseId, MemberId, ProgramSlug};
use crate::policy::Policy;
use crate::standing::{self, Grant, Relation};
use jiff::Timestamp;
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
    /// An outside party of a case.
    Party {
        /// The case.
        case: CaseId,
        /// Number of the party within it.
        party: u32,
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

/// What a member is in a program. Roles say which acts are theirs; which cases they read is said by [`crate::standing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads the cases they are on, changes nothing.
    Observer,
    /// Verifies, makes fixes, looks for similar problems, writes advisories; does not speak to reporters.
    Developer,
    /// Approves advisories.
    Approver,
    /// Speaks to reporters, verifies, gives verdicts, rates, writes advisories.
    Analyst,
    /// Analyst, developer and approver in one, for small teams.
    Member,
    /// All of these, and publishes, closes, reopens, and puts people on cases.
    Coordinator,
}

impl Role {
    /// Every role, the narrowest first.
    pub const ALL: [Role; 6] =
        [Role::Observer, Role::Developer, Role::Approver, Role::Analyst, Role::Member, Role::Coordinator];

    /// Name in the API, the policy and the database.
    pub fn name(self) -> &'static str {
        match self {
            Role::Observer => "observer",
            Role::Developer => "developer",
            Role::Approver => "approver",
            Role::Analyst => "analyst",
            Role::Member => "member",
            Role::Coordinator => "coordinator",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What it means, for whoever gives it.
    pub fn means(self) -> &'static str {
        match self {
            Role::Observer => "reads the cases they are on",
            Role::Developer => "verifies, makes fixes, writes advisories",
            Role::Approver => "approves advisories",
            Role::Analyst => "answers reporters, verifies, gives verdicts, rates",
            Role::Member => "analyst, developer and approver in one",
            Role::Coordinator => "all of it; publishes, closes, puts people on cases",
        }
    }

    /// Whether whoever has this role may do what the other one may.
    pub fn includes(self, other: Role) -> bool {
        match self {
            Role::Coordinator => true,
            _ => other == Role::Observer || self.is(other),
        }
    }

    /// Whether a rule that speaks of `other` speaks of this role. A member is analyst, developer and approver; a
    /// coordinator may do what those do, but is none of them.
    pub fn is(self, other: Role) -> bool {
        self == other || self == Role::Member && matches!(other, Role::Analyst | Role::Developer | Role::Approver)
    }

    /// How wide it is, to name the widest of several.
    fn width(self) -> usize {
        Self::ALL.iter().position(|role| *role == self).unwrap_or_default()
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

    /// The actor's roles in a program.
    pub fn roles_in(&self, program: &ProgramSlug) -> impl Iterator<Item = Role> {
        let roles = match self {
            Actor::Member { roles, .. } => roles.as_slice(),
            _ => &[],
        };
        roles.iter().filter(move |(of, _)| of == program).map(|(_, role)| *role)
    }

    /// The actor's widest role in a program: whether they belong to it, and what to call them. What they may do is
    /// asked of [`Self::may`].
    pub fn role(&self, program: &ProgramSlug) -> Option<Role> {
        self.roles_in(program).max_by_key(|role| role.width())
    }

    /// Whether one of the actor's roles in a program covers this one.
    pub fn may(&self, program: &ProgramSlug, needs: Role) -> bool {
        self.roles_in(program).any(|role| role.includes(needs))
    }

    /// Whether the actor works on cases of a program in any way, and does not only read.
    pub fn works_in(&self, program: &ProgramSlug) -> bool {
        self.roles_in(program).any(|role| role != Role::Observer)
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
            Actor::Party { party, .. } => format!("party:{party}"),
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
    /// They coordinate the program and know that the case is there, but are not on it.
    NotOn,
}

/// Whether the actor may read the case, by the grants of its row or of [`standing::grants`].
pub fn may_see(actor: &Actor, case: &CaseId, program: &ProgramSlug, grants: &[Grant], now: Timestamp) -> bool {
    match actor {
        Actor::Public => false,
        Actor::Reporter { case: own, .. } | Actor::Party { case: own, .. } => own == case,
        Actor::Member { .. } => standing::relation(actor, program, grants, now) == Relation::On,
        Actor::Clock => true,
    }
}

/// Roles any of which may ask a command; `None` when no member may.
pub fn roles_for(command: &Command) -> Option<&'static [Role]> {
    use Command as C;
    const ANALYST: &[Role] = &[Role::Analyst];
    const DEVELOPER: &[Role] = &[Role::Developer];
    const MENDING: &[Role] = &[Role::Analyst, Role::Developer];
    const ANYBODY: &[Role] = &[Role::Analyst, Role::Developer, Role::Approver];
    const COORDINATOR: &[Role] = &[Role::Coordinator];
    Some(match command {
        C::See => &[Role::Observer],
        // What everybody will read is a matter for those who publish.
        C::AssessDependency { public_as: Some(_), .. } => COORDINATOR,
        C::Note { .. }
        | C::Discuss { .. }
        | C::CommentAdvisory { .. }
        | C::ResolveComment { .. }
        | C::OverrideGate { .. }
        | C::BreakGlass { .. } => ANYBODY,
        C::Verify { .. }
        | C::EstimateEffort { .. }
        | C::AssessDependency { .. }
        | C::RecordAudit { .. }
        | C::DraftAdvisory { .. }
        | C::TickStep { .. }
        | C::TickItems { .. }
        | C::Describe { .. }
        | C::SetWeakness { .. } => MENDING,
        C::RecordFix { .. } | C::DecideVersions { .. } => DEVELOPER,
        C::ApproveAdvisory { .. } => &[Role::Approver],
        C::InviteParty { .. }
        | C::TellParty { .. }
        | C::GiveAdvisory { .. }
        | C::ShareFile { .. }
        | C::EndParty { .. }
        | C::Report(_)
        | C::Acknowledge { .. }
        | C::Assign { .. }
        | C::PutOn { .. }
        | C::Answer { .. }
        | C::Ask { .. }
        | C::Confirm { .. }
        | C::Reject { .. }
        | C::OutOfScope { .. }
        | C::Duplicate { .. }
        | C::Redirect { .. }
        | C::NotAVulnerability { .. }
        | C::Decide { .. }
        | C::ScannerOutput { .. }
        | C::Dismiss { .. }
        | C::Merge { .. }
        | C::Relate { .. }
        | C::Unrelate { .. }
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
        | C::AskCredit
        | C::KnowExploitation { .. }
        | C::KnowIncident { .. }
        | C::RecordSubmission { .. }
        | C::RecordBreach { .. } => ANALYST,
        C::ProposeEmbargo { .. }
        | C::TakeOff { .. }
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
        | C::Reopen { .. } => COORDINATOR,
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
        | C::NoticeReading { .. }
        | C::AsParty { .. }
        | C::Tick => return None,
    })
}

/// The role to ask for a command, or `None` when no member gives it.
pub fn least_role(command: &Command) -> Option<Role> {
    roles_for(command).and_then(|roles| roles.first().copied())
}

/// Whether a member's roles in a program let them ask a command.
pub fn may_ask(actor: &Actor, program: &ProgramSlug, command: &Command) -> bool {
    roles_for(command).is_some_and(|roles| roles.iter().any(|role| actor.may(program, *role)))
}

/// Lets a command through, or says why not. `case` is `None` for a report that opens one in the policy's program.
///
/// # Errors
/// [`Denied::Absent`] when the asker may not know of the case, [`Denied::NotOn`] when they coordinate the program and are
/// not on the case, [`Denied::Role`] when the act is not theirs.
pub fn allow<'a>(
    case: Option<&Case>,
    policy: &Policy,
    actor: &'a Actor,
    command: Command,
    now: Timestamp,
) -> Result<Allowed<'a>, Denied> {
    let program = case.map_or(&policy.program.slug, |case| &case.program);
    if let Some(case) = case {
        let grants = standing::grants(case, policy);
        match actor {
            Actor::Member { .. } => match (standing::relation(actor, program, &grants, now), &command) {
                (Relation::On, _) | (Relation::Coordinates, Command::PutOn { .. }) => {}
                (Relation::Coordinates, _) => return Err(Denied::NotOn),
                (Relation::Outside, Command::BreakGlass { .. }) if may_ask(actor, program, &command) => {}
                (Relation::Outside | Relation::Stranger, _) => return Err(Denied::Absent),
            },
            _ if !may_see(actor, &case.id, program, &grants, now) => return Err(Denied::Absent),
            _ => {}
        }
    }
    let let_through = match (actor, &command) {
        (Actor::Public, Command::Report(_)) => case.is_none(),
        (Actor::Public, _) => false,
        (Actor::Clock, Command::Tick | Command::RecordOrigin { .. } | Command::NoticeReading { .. }) => true,
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
        (Actor::Party { .. }, command) => matches!(command, Command::AsParty { .. }),
        (Actor::Member { .. }, command) => {
            if actor.role(program).is_none() {
                return Err(Denied::Absent);
            }
            let Some(needs) = least_role(command) else {
                return Err(Denied::Absent);
            };
            if !may_ask(actor, program, command) {
                return Err(Denied::Role { needs });
            }
            true
        }
    };
    if let_through { Ok(Allowed { actor, command }) } else { Err(Denied::Absent) }
}
