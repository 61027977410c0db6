//! Cases by their words, and which are alike.

use super::answer::{Answered, fine, names, one_of_few};
use super::input::{Asked, Asker, OfCase};
use super::model::search::{Results, Similar};
use super::problem::Problem;
use crate::app::App;
use crate::app::shelf::Stage;
use crate::execute::{load_case, policy_of};
use crate::search;
use crate::throttle::places::Heavy;
use axum::extract::State;
use candor_core::evidence;
use schemars::JsonSchema;
use serde::Deserialize;

/// Most cases of an answer.
const MOST: usize = 200;

/// What is searched for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Question {
    /// Words, "phrases", and fields such as `state:triage due:<3d lane:scanner`, as in the desk's search box.
    q: String,
    /// How many to leave out at the beginning.
    #[schemars(range(min = 0, max = 10000))]
    skip: usize,
    /// Most cases to give.
    #[schemars(range(min = 1, max = 200))]
    limit: usize,
}

impl Default for Question {
    fn default() -> Self {
        Self { q: String::new(), skip: 0, limit: 50 }
    }
}

/// `GET /search`
pub async fn find(State(app): State<App>, Asker(actor): Asker, Asked(question): Asked<Question>) -> Answered<Results> {
    if !(1..=MOST).contains(&question.limit) {
        return Err(Problem::unreadable("query", format!("`limit` must be from 1 to {MOST}")).of("limit"));
    }
    let _place = one_of_few(&app, Heavy::List, &actor.name())?;
    let found = search::search(&app, &actor, &question.q, question.skip.min(10_000), question.limit).await?;
    fine(Results::of(found, &names(&app).await?))
}

/// How many likely ones.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HowMany {
    /// Most cases to give.
    #[schemars(range(min = 1, max = 50))]
    limit: usize,
}

impl Default for HowMany {
    fn default() -> Self {
        Self { limit: 5 }
    }
}

/// `GET /cases/{case}/similar`
pub async fn similar(
    State(app): State<App>,
    Asker(actor): Asker,
    OfCase(id): OfCase,
    Asked(asked): Asked<HowMany>,
) -> Answered<Similar> {
    let _place = one_of_few(&app, Heavy::List, &actor.name())?;
    // What other cases it is like, of those that they may see: a list, and nothing of what the case says.
    let case = load_case(&app, &actor, &id).await?;
    let likely = search::similar(&app, &actor, &id, asked.limit.clamp(1, 50)).await?;
    let only = evidence::of(&case, &*policy_of(&app, &case)?).dependency.unwrap_or_default();
    let decided = search::decided(&app, &actor, &case, &only).await?;
    fine(Similar::of(likely, decided, app.shelf.stage() != Stage::Ready, &names(&app).await?))
}
