//! The side of an outside party, by the key they were given: what is on their page, and nothing of the case besides.

use super::answer::{Answered, fine};
use super::input::{IdempotencyKey, Json, PartyHolder};
use super::model::instant::Instant;
use super::problem::Problem;
use super::receipts::told;
use crate::app::App;
use crate::execute::parties as doors;
use crate::execute::{execute_again, policy_of};
use axum::extract::State;
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
    /// `wrote`, `stated` or `joined`.
    act: &'static str,
    /// The words.
    text: String,
    /// The line that belongs under the team's words and tells whose copy it is; none when copies are not marked.
    mark: Option<String>,
}

/// A message to the team.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyMessage {
    /// Your words.
    text: String,
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
    let thread = parties::cut(&opened.case, party.number).into_iter().filter_map(|line| {
        let (act, text) = match line.act {
            PartyAct::Told { text } | PartyAct::Wrote { text } => ("wrote", text.clone()),
            PartyAct::Stated { text, .. } => ("stated", text.clone()),
            PartyAct::Joined { .. } => ("joined", String::new()),
            PartyAct::Invited(_) | PartyAct::Ended { .. } => return None,
        };
        let mark = match line.act {
            PartyAct::Told { .. } => doors::mark(&app, &policy, &opened, line.at),
            _ => Ok(None),
        };
        Some(mark.map(|mark| PartyLine { at: line.at.into(), own: line.own, act, text, mark }))
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
    Json(message): Json<PartyMessage>,
) -> Answered<PartyDone> {
    let told = told(&("party write", &message), &[]).map_err(Problem::from)?;
    ask(&app, &holder, key, &told, PartyWish::Write { text: message.text }).await
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
