//! The side of an outside party, by the key they were given: what is on their page, and nothing of the case besides.

use super::answer::{self, Answered, fine, one_of_few};
use super::input::{IdempotencyKey, Json, PartName, PartyHolder, Segments, WithFiles};
use super::model::instant::Instant;
use super::problem::Problem;
use super::receipts::told;
use crate::app::App;
use crate::execute::parties::{self as doors, PartyFile};
use crate::execute::{execute_again, policy_of};
use crate::throttle::places::Heavy;
use axum::extract::State;
use axum::response::Response;
use candor_core::command::Command;
use candor_core::marks;
use candor_core::parties::{self, PartyAct, PartyStatus, PartyWish};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an outside party sees of a case.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PartyView {
    /// Number of the case.
    case: String,
    /// The program whose team invited you.
    program: String,
    /// Who you are there.
    name: String,
    /// You see this until then.
    until: Instant,
    /// What you accepted.
    terms: String,
    /// What you stated last.
    statement: Option<PartyStatement>,
    /// That copies are marked; none when they are not.
    marked: Option<String>,
    /// What passed between you and the team, in order.
    thread: Vec<PartyLine>,
}

/// How your product stands.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyStatement {
    /// How.
    status: PartyStatus,
    /// When you have a fix.
    #[serde(default)]
    fix_on: Option<Instant>,
    /// What you add.
    #[serde(default)]
    text: String,
}

/// One line of your thread.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PartyLine {
    /// When.
    at: Instant,
    /// Whether it is yours, and not the team's.
    own: bool,
    /// `wrote`, `shared`, `stated` or `joined`.
    act: &'static str,
    /// The words.
    text: String,
    /// The line that belongs under the team's words and tells whose copy it is; none when copies are not marked.
    mark: Option<String>,
    /// Files that came with it: yours, or the one that the team shared with you.
    files: Vec<PartyFileView>,
}

/// A file that you may fetch.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PartyFileView {
    /// Its number, for the address.
    id: String,
    /// Its name.
    name: String,
    /// Bytes, without the mark.
    size: u64,
    /// Whether your copy carries your mark.
    marked: bool,
}

/// A message to the team.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyMessage {
    /// Your words; may be empty when files come with it.
    #[serde(default)]
    text: String,
}

impl PartName for PartyMessage {
    const NAME: &'static str = "message";
}

/// It is done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PartyDone {
    /// Always true.
    done: bool,
}

/// `GET /party`
pub async fn show(State(app): State<App>, PartyHolder(opened): PartyHolder) -> Answered<PartyView> {
    let policy = policy_of(&app, &opened.case)?;
    let party = &opened.party;
    let given = parties::given(&opened.case, party.number);
    let files = |line: usize| {
        let of_line = given.iter().enumerate().filter(|(_, one)| one.line == line);
        let views = of_line.map(|(at, one)| PartyFileView {
            id: (at + 1).to_string(),
            name: one.name.to_owned(),
            size: one.file.size,
            marked: one.marked,
        });
        views.collect::<Vec<_>>()
    };
    let thread = parties::cut(&opened.case, party.number).into_iter().enumerate().filter_map(|(number, line)| {
        let (act, text) = match line.act {
            PartyAct::Told { text } | PartyAct::Wrote { text, .. } => ("wrote", text.clone()),
            PartyAct::Shared { .. } => ("shared", String::new()),
            PartyAct::Stated { text, .. } => ("stated", text.clone()),
            PartyAct::Joined { .. } => ("joined", String::new()),
            PartyAct::Invited(_) | PartyAct::Ended { .. } => return None,
        };
        let mark = match line.act {
            PartyAct::Told { .. } => doors::mark(&app, &policy, &opened, line.at),
            _ => Ok(None),
        };
        let files = files(number);
        Some(mark.map(|mark| PartyLine { at: line.at.into(), own: line.own, act, text, mark, files }))
    });
    fine(PartyView {
        case: opened.case.id.to_string(),
        program: policy.program.name.clone(),
        name: party.name(),
        until: party.invitation.until.into(),
        terms: party.invitation.terms.clone(),
        statement: party.statement.as_ref().map(|(_, status, fix_on, text)| PartyStatement {
            status: *status,
            fix_on: fix_on.map(Into::into),
            text: text.clone(),
        }),
        marked: (!policy.disclosure.unmarked_copies).then(|| marks::TOLD.to_owned()),
        thread: thread.collect::<Result<_, crate::error::Error>>()?,
    })
}

async fn ask(
    app: &App,
    PartyHolder(opened): &PartyHolder,
    key: Option<String>,
    told: &[u8],
    wish: PartyWish,
) -> Answered<PartyDone> {
    let again = key.as_deref().map(|key| (key, told));
    execute_again(app, &opened.actor, &opened.case.id, Command::AsParty { wish }, None, again).await?;
    // The number of the last entry would tell how much happens in the case.
    fine(PartyDone { done: true })
}

/// `POST /party/messages`
pub async fn write(
    State(app): State<App>,
    holder: PartyHolder,
    IdempotencyKey(key): IdempotencyKey,
    WithFiles { value: message, files }: WithFiles<PartyMessage>,
) -> Answered<PartyDone> {
    let told = told(&("party write", &message), &files).map_err(Problem::from)?;
    ask(&app, &holder, key, &told, PartyWish::Write { text: message.text, files }).await
}

/// `GET /party/files/{id}`
pub async fn file(
    State(app): State<App>,
    PartyHolder(opened): PartyHolder,
    Segments(id): Segments<String>,
) -> Result<Response, Problem> {
    let place = one_of_few(&app, Heavy::Export, &format!("{}/{}", opened.case.id, opened.actor.name()))?;
    let policy = policy_of(&app, &opened.case)?;
    Ok(match doors::file(&app, &policy, &opened, &id).await? {
        PartyFile::AsItIs(file, reader) => answer::file(&file, reader, place),
        PartyFile::Marked(name, text) => answer::bytes(&name, text.into_bytes()),
    })
}

/// `POST /party/statement`
pub async fn state(
    State(app): State<App>,
    holder: PartyHolder,
    IdempotencyKey(key): IdempotencyKey,
    Json(statement): Json<PartyStatement>,
) -> Answered<PartyDone> {
    let told = told(&("party state", &statement), &[]).map_err(Problem::from)?;
    let PartyStatement { status, fix_on, text } = statement;
    ask(&app, &holder, key, &told, PartyWish::State { status, fix_on: fix_on.map(|at| at.0), text }).await
}
