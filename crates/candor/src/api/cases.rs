//! The team's side: the queue, a case, and everything that may be asked of it.

use super::answer::{self, Answered, fine, names, one_of_few};
use super::input::{Asked, Asker, Bearer, IdempotencyKey, Json, OfCase, PartName, Segments, WithFiles};
use super::model::case::{Case, Queue};
use super::model::command::{self, NoCommand};
use super::model::people::Names;
use super::model::words::{Severity, State as CaseState};
use super::problem::Problem;
use super::receipts::{Done, told};
use crate::accounts::token::Beyond;
use crate::app::App;
use crate::error::Error;
use crate::execute::queue::{self, Filter, PAGE_LIMIT};
use crate::execute::{asides, execute_again, files, known_case, open_case, parties, policy_of};
use crate::throttle::places::Heavy;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use candor_core::marks;
use schemars::JsonSchema;
use serde::Deserialize;

/// Which cases.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Which {
    /// Of this program.
    program: Option<String>,
    /// In this state; `all` for closed ones as well. Without it every open case.
    state: Option<StateOrAll>,
    /// Held by this member: an id, `me`, or `nobody`.
    assignee: Option<String>,
    /// Of this severity.
    severity: Option<Severity>,
    /// The order; only `due`, the most urgent first.
    sort: Sort,
    /// Most cases to give.
    #[schemars(range(min = 1, max = 200))]
    limit: u32,
    /// Where the page before ended: its `next`.
    cursor: Option<String>,
}

impl Default for Which {
    fn default() -> Self {
        Self { program: None, state: None, assignee: None, severity: None, sort: Sort::Due, limit: 50, cursor: None }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum StateOrAll {
    All,
    New,
    Triage,
    Confirmed,
    Fixed,
    Published,
    Closed,
}

impl StateOrAll {
    fn state(self) -> Option<CaseState> {
        Some(match self {
            Self::All => return None,
            Self::New => CaseState::New,
            Self::Triage => CaseState::Triage,
            Self::Confirmed => CaseState::Confirmed,
            Self::Fixed => CaseState::Fixed,
            Self::Published => CaseState::Published,
            Self::Closed => CaseState::Closed,
        })
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Sort {
    #[default]
    Due,
}

/// `GET /cases`
pub async fn list(State(app): State<App>, Asker(actor): Asker, Asked(which): Asked<Which>) -> Answered<Queue> {
    if !(1..=PAGE_LIMIT).contains(&which.limit) {
        return Err(Problem::unreadable("query", format!("`limit` must be from 1 to {PAGE_LIMIT}")).of("limit"));
    }
    let _place = one_of_few(&app, Heavy::List, &actor.name())?;
    let (assignee, unassigned) = match which.assignee.as_deref() {
        None => (None, false),
        Some("nobody") => (None, true),
        Some("me") => (actor.member().cloned(), false),
        Some(id) => (Some(MemberId(id.to_owned())), false),
    };
    let filter = Filter {
        program: which.program.map(ProgramSlug),
        state: which.state.and_then(StateOrAll::state).map(Into::into),
        everything: matches!(which.state, Some(StateOrAll::All)),
        assignee,
        unassigned,
        severity: which.severity.map(Into::into),
    };
    let page = queue::queue(&app, &actor, &filter, which.cursor.as_deref(), which.limit).await?;
    fine(Queue::of(page, &names(&app).await?))
}

/// `GET /cases/{case}`
pub async fn show(State(app): State<App>, Asker(actor): Asker, OfCase(id): OfCase) -> Answered<Case> {
    let case = open_case(&app, &actor, &id).await?;
    let policy = policy_of(&app, &case)?;
    let mut shown = Case::of(&case, &policy, &names(&app).await?, app.now());
    let related = case.related.iter().map(|(id, _)| id.clone()).collect();
    shown.related = asides::seen(&app, &actor, related).await?.into_iter().map(|one| one.id.0).collect();
    fine(shown)
}

/// A text for release notes.
#[derive(Debug, serde::Serialize, JsonSchema)]
pub struct ReleaseNotes {
    /// The case.
    case: String,
    /// Whether all of it is public already.
    public: bool,
    /// The text, as Markdown.
    markdown: String,
}

/// `GET /cases/{case}/release-notes`
pub async fn release_notes(State(app): State<App>, Asker(actor): Asker, OfCase(id): OfCase) -> Answered<ReleaseNotes> {
    let case = open_case(&app, &actor, &id).await?;
    let markdown = crate::execute::release_notes(&app, &case)?;
    fine(ReleaseNotes { case: case.id.0.clone(), public: case.advisory.is_public(), markdown })
}

/// A text that turned up elsewhere.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Leaked {
    /// The text; its first 256 KiB are looked at. Nothing of it is kept.
    text: String,
    /// Name of the file it was in.
    #[serde(default)]
    name: String,
}

/// An outside party for whom something speaks.
#[derive(Debug, serde::Serialize, JsonSchema)]
pub struct Bearing {
    /// Number of the party in the case.
    party: u32,
    /// Who they are.
    name: String,
    /// Whether the reference itself was found, which nobody else was given.
    certain: bool,
    /// Whether the evidence names them: nobody is likelier.
    named: bool,
    /// What speaks for them, as a number to compare.
    weight: u32,
    /// What speaks for them.
    evidence: Vec<String>,
}

/// Whose copy it is.
#[derive(Debug, serde::Serialize, JsonSchema)]
pub struct Whose {
    /// The likeliest first; empty when nothing speaks for anybody.
    recipients: Vec<Bearing>,
}

/// `POST /cases/{case}/whose-mark`
pub async fn whose_mark(
    State(app): State<App>,
    Asker(actor): Asker,
    OfCase(id): OfCase,
    Json(leaked): Json<Leaked>,
) -> Answered<Whose> {
    let case = open_case(&app, &actor, &id).await?;
    let policy = policy_of(&app, &case)?;
    let found = parties::whose(&app, &policy, &case, &format!("{}\n{}", leaked.name, leaked.text))?;
    let many = marks::named(&found).len();
    let recipients = found.into_iter().enumerate().map(|(at, one)| Bearing {
        party: one.party,
        name: one.name,
        certain: one.certain,
        named: at < many,
        weight: one.weight,
        evidence: one.evidence,
    });
    fine(Whose { recipients: recipients.collect() })
}

/// `GET /cases/{case}/files/{id}`
pub async fn file(
    State(app): State<App>,
    Asker(actor): Asker,
    Segments((case, id)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    let case = CaseId::parse(&case).ok_or_else(Problem::not_found)?;
    let place = one_of_few(&app, Heavy::Export, &actor.name())?;
    let (file, reader) = files::open_file(&app, &actor, &case, &id).await?;
    Ok(answer::file(&file, reader, place))
}

impl PartName for command::Asked {
    const NAME: &'static str = "command";
}

/// `POST /cases/{case}/commands`
pub async fn command(
    State(app): State<App>,
    bearer: Bearer,
    OfCase(case): OfCase,
    IdempotencyKey(key): IdempotencyKey,
    WithFiles { value: asked, files }: WithFiles<command::Asked>,
) -> Answered<Done> {
    let actor = bearer.actor.clone();
    // Whoever may not see the case learns nothing from what is wrong with the command.
    known_case(&app, &actor, &case, matches!(asked.command, command::ApiCommand::BreakGlass { .. })).await?;
    let told = told(&asked, &files)?;
    let command::Asked { command, seen } = asked;
    let command = command.into_core(files).map_err(|NoCommand { field, problem }| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field", format!("{field}: {problem}")).of(field)
    })?;
    if let Some(beyond) = Beyond::of(&command, &actor) {
        bearer.must(beyond)?;
    }
    let again = key.as_deref().map(|key| (key, told.as_slice()));
    match execute_again(&app, &actor, &case, command, seen, again).await {
        Ok(done) => {
            let names = names(&app).await?;
            fine(Done::of(&done, &names))
        }
        // What was written meanwhile is a look at the case: it needs the scope, counts and leaves its trace as any other.
        Err(Error::Changed { .. }) if !bearer.reads() => Err(Error::Changed { since: Vec::new() }.into()),
        Err(why) => {
            if matches!(why, Error::Changed { .. }) {
                open_case(&app, &actor, &case).await?;
            }
            let names = names(&app).await.unwrap_or_else(|_| Names::default());
            Err(Problem::with_names(why, &names))
        }
    }
}
