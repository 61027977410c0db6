//! A demonstration: five programs, a team, and cases in every stage, made by the real commands at past times. Nothing
//! here writes a table; what the demonstration shows is what the program does.

mod script; // how a story is told
mod stories; // the stories themselves

use crate::accounts::{self, AccountError, EVERY_PROGRAM, RoleIn};
use crate::app::{AddProgram, App};
use crate::error::Error;
use crate::execute::report::{NewReport, file_report};
use crate::execute::{self, files};
use crate::store::cases;
use crate::worker;
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::event::FileRef;
use candor_core::id::{CaseId, MemberId};
use jiff::{SignedDuration, Timestamp};
use script::{Act, File, Story, Who};
use std::collections::BTreeMap;

/// The example policies, as they stand in the repository.
const POLICIES: [&str; 5] = [
    include_str!("../../../../examples/policies/dapr.toml"),
    include_str!("../../../../examples/policies/directus.toml"),
    include_str!("../../../../examples/policies/ibexa.toml"),
    include_str!("../../../../examples/policies/minio.toml"),
    include_str!("../../../../examples/policies/strapi.toml"),
];

/// How long ago the demonstration begins.
const BEGINS: SignedDuration = SignedDuration::from_hours(24 * 120);

/// Why a demonstration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// An example policy is wrong.
    #[error("an example policy is wrong: {0}")]
    Policy(#[from] AddProgram),
    /// A member could not be made.
    #[error("a member of the demonstration could not be made: {0}")]
    Account(#[from] AccountError),
    /// A step was refused.
    #[error("the story {story}, step {step}: {why}")]
    Step {
        /// Name of the story.
        story: &'static str,
        /// Number of the step, from 0; 0 is the report.
        step: usize,
        /// The refusal.
        why: Error,
    },
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

/// Who plays in the demonstration.
struct Cast(BTreeMap<Who, Actor>);

/// A story while it is told.
struct Told {
    story: Story,
    next: usize,
    case: Option<CaseId>,
    reporter: Option<Actor>,
}

/// Fills an empty desk: programs, team, cases. The clock of `app` is moved through the past meanwhile and shows the
/// real time afterwards.
///
/// # Errors
/// [`DemoError`] naming the story and the step that the rules refused.
pub async fn fill(app: &App) -> Result<(), DemoError> {
    let now = app.now();
    app.set_clock(now - BEGINS);
    let filled = play(app, now).await;
    app.real_time();
    filled
}

async fn play(app: &App, now: Timestamp) -> Result<(), DemoError> {
    for policy in POLICIES {
        app.add_program(policy).await?;
    }
    let cast = cast(app).await?;
    let mut told: Vec<Told> =
        stories::all(now).into_iter().map(|story| Told { story, next: 0, case: None, reporter: None }).collect();
    // One step after the other over all stories, as it would have happened; the clocks ring in between at their time.
    while let Some((at, index)) = told.iter().enumerate().filter_map(|(index, told)| Some((told.at()?, index))).min() {
        ring_until(app, at).await?;
        app.set_clock(at);
        let cases: BTreeMap<&'static str, CaseId> =
            told.iter().filter_map(|told| Some((told.story.name, told.case.clone()?))).collect();
        told[index].step(app, &cast, &cases).await?;
    }
    ring_until(app, now).await
}

/// Lets every clock ring at its time, until `until`.
async fn ring_until(app: &App, until: Timestamp) -> Result<(), DemoError> {
    let mut last = i64::MIN;
    while let Some(wake) = cases::next_wake(&app.store).await.map_err(Error::from)? {
        // A clock that stays due after it was asked would ring for ever.
        if wake >= until.as_microsecond() || wake <= last {
            break;
        }
        last = wake;
        app.set_clock(Timestamp::from_microsecond(wake).map_err(Error::internal)?);
        worker::clocks::tick_once(app).await?;
    }
    Ok(())
}

/// The team: everybody signs in with the password of demonstrations.
async fn cast(app: &App) -> Result<Cast, DemoError> {
    let everywhere = |role| -> Vec<RoleIn> { vec![(EVERY_PROGRAM.to_owned(), role)] };
    let people = [
        (Who::Ines, "Ines Okafor", "ines@example.org", everywhere(Role::Coordinator), true),
        (Who::Tomas, "Tomás Lindqvist", "tomas@example.org", everywhere(Role::Coordinator), false),
        (Who::Mei, "Mei Harada", "mei@example.org", everywhere(Role::Member), false),
        (Who::Jonas, "Jonas Petrov", "jonas@example.org", everywhere(Role::Member), false),
        (Who::Ruth, "Ruth Adeyemi", "ruth@example.org", everywhere(Role::Observer), false),
    ];
    let mut cast = BTreeMap::new();
    for (who, name, email, roles, admin) in people {
        let (id, _) = accounts::add_ready(app, name, email, accounts::demo::PASSWORD, &roles, admin).await?;
        cast.insert(who, actor(app, &id).await?);
    }
    Ok(Cast(cast))
}

async fn actor(app: &App, id: &MemberId) -> Result<Actor, Error> {
    accounts::actor(app, id).await
}

impl Cast {
    fn play(&self, who: Who) -> Result<&Actor, Error> {
        self.0.get(&who).ok_or_else(|| Error::internal("somebody plays who is not in the team"))
    }

    fn id(&self, who: Who) -> Option<MemberId> {
        self.0.get(&who)?.member().cloned()
    }
}

impl Told {
    /// When its next step is.
    fn at(&self) -> Option<Timestamp> {
        match self.next {
            0 => Some(self.story.reported_at),
            step => self.story.steps.get(step - 1).map(|step| step.at),
        }
    }

    async fn step(&mut self, app: &App, cast: &Cast, cases: &BTreeMap<&'static str, CaseId>) -> Result<(), DemoError> {
        let step = self.next;
        self.next += 1;
        let done = match step {
            0 => self.report(app, cast).await,
            step => self.act(app, cast, cases, step - 1).await,
        };
        done.map_err(|why| DemoError::Step { story: self.story.name, step, why })
    }

    async fn report(&mut self, app: &App, cast: &Cast) -> Result<(), Error> {
        let story = &self.story;
        let mut facts = story.facts.clone();
        facts.files = store(app, &story.files).await?;
        let filing = NewReport {
            channel: story.channel,
            facts,
            contact: story.contact.clone(),
            credit: story.credit.clone(),
            received_at: None,
        };
        let actor = match story.filed_by {
            Some(who) => cast.play(who)?.clone(),
            None => Actor::Public,
        };
        let filed = file_report(app, &actor, &story.program.into(), filing, None).await?;
        self.reporter = Some(Actor::Reporter { case: filed.case.clone(), report: 0 });
        self.case = Some(filed.case);
        Ok(())
    }

    async fn act(
        &self,
        app: &App,
        cast: &Cast,
        cases: &BTreeMap<&'static str, CaseId>,
        step: usize,
    ) -> Result<(), Error> {
        let (Some(step), Some(case)) = (self.story.steps.get(step), &self.case) else {
            return Err(Error::internal("a step without a case"));
        };
        let actor = match step.who {
            Who::Reporter => self.reporter.as_ref().ok_or_else(|| Error::internal("a step without a reporter"))?,
            who => cast.play(who)?,
        };
        let command = match &step.act {
            Act::Do(command) => command.as_ref().clone(),
            Act::Assign(who) => Command::Assign { to: cast.id(*who) },
            Act::DuplicateOf(story, text) => {
                Command::Duplicate { of: cases.get(story).cloned(), text: (*text).to_owned() }
            }
            Act::WithFiles(text, sent) => {
                let files = store(app, sent).await?;
                let text = (*text).to_owned();
                match step.who {
                    Who::Reporter => Command::Write { text, files },
                    _ => Command::Answer { text, files, next_steps: false },
                }
            }
        };
        // Who coordinates keeps an eye on what is taken up, and puts whoever acts on the case.
        if let Some(member) = actor.member() {
            let ines = cast.play(Who::Ines)?;
            let both = ines.member().into_iter().chain(Some(member).filter(|member| Some(*member) != ines.member()));
            for member in both {
                let wish = Command::PutOn { member: member.clone(), reason: String::new() };
                Box::pin(execute::execute(app, ines, case, wish, None)).await?;
            }
        }
        Box::pin(execute::execute(app, actor, case, command, None)).await?;
        Ok(())
    }
}

/// Files go the way of all files, sealed.
async fn store(app: &App, files: &[File]) -> Result<Vec<FileRef>, Error> {
    let mut stored = Vec::with_capacity(files.len());
    for (name, content) in files {
        let mut upload = files::upload(app, name).await?;
        upload.push(content.as_bytes()).await?;
        stored.push(upload.finish().await?);
    }
    Ok(stored)
}
