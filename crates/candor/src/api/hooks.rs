//! Hooks, for administrators; and the wish of an address to hear of advisories, for anyone.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answered, fine};
use super::input::{InProgram, Json, Manager, Segments};
use super::problem::Problem;
use crate::app::App;
use crate::error::Error;
use crate::follow::hooks::{self, NoHook};
use crate::follow::subscriptions::{self, Wish, part, severity};
use crate::store::hooks as rows;

/// A hook.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hook {
    /// Its id.
    id: String,
    /// Slug of the program.
    program: String,
    /// `asked` until a second member confirms, then `active`; `off` when ended.
    state: String,
    /// Host that is called.
    host: String,
    /// Hash of the address, in short: what a second member compares.
    fingerprint: String,
    /// Id of the member who asked for it.
    asked_by: String,
    /// Id of the member who confirmed it.
    confirmed_by: Option<String>,
}

/// Every hook.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hooks {
    /// By program.
    hooks: Vec<Hook>,
}

/// A hook to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHook {
    /// Slug of the program.
    program: String,
    /// Address that is called: https, on a public host.
    url: String,
}

/// A hook that waits for a second member.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AskedHook {
    /// Its id.
    id: String,
    /// What signatures are checked with, shown once.
    secret: String,
    /// Hash of the address, in short.
    fingerprint: String,
}

/// It is done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HookDone {
    /// Always true.
    done: bool,
}

/// Who wants to hear of what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Subscription {
    /// The address; it is asked by a letter first.
    email: String,
    /// Only this product.
    product: String,
    /// Only this branch, like `2.x`.
    branch: String,
    /// This severity and above: low, medium, high, critical.
    severity: String,
}

impl From<NoHook> for Problem {
    fn from(why: NoHook) -> Self {
        match why {
            NoHook::Store(why) => why.into(),
            other => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "hook", other.to_string()),
        }
    }
}

/// `GET /hooks`
pub async fn list(State(app): State<App>, _by: Manager) -> Answered<Hooks> {
    let hook = |row: rows::HookRow| Hook {
        id: row.id,
        program: row.program,
        state: row.state,
        host: row.host,
        fingerprint: row.fingerprint,
        asked_by: row.asked_by,
        confirmed_by: row.confirmed_by,
    };
    let rows = rows::list(&app.store).await.map_err(Error::from)?;
    fine(Hooks { hooks: rows.into_iter().map(hook).collect() })
}

/// `POST /hooks`
pub async fn ask(State(app): State<App>, Manager(by): Manager, Json(new): Json<NewHook>) -> Answered<AskedHook> {
    let asked = hooks::ask(&app, &new.program, &new.url, &by).await?;
    fine(AskedHook { id: asked.id, secret: asked.secret, fingerprint: asked.fingerprint })
}

/// `POST /hooks/{id}/confirm`
pub async fn confirm(
    State(app): State<App>,
    Manager(by): Manager,
    Segments(id): Segments<String>,
) -> Answered<HookDone> {
    hooks::confirm(&app, &id, &by).await?;
    fine(HookDone { done: true })
}

/// `POST /hooks/{id}/end`
pub async fn end(State(app): State<App>, Manager(by): Manager, Segments(id): Segments<String>) -> Answered<HookDone> {
    hooks::end(&app, &id, &by).await?;
    fine(HookDone { done: true })
}

/// `POST /programs/{program}/subscriptions`: the same answer whether or not the address is known.
pub async fn subscribe(
    State(app): State<App>,
    InProgram(program): InProgram,
    Json(wanted): Json<Subscription>,
) -> Answered<HookDone> {
    let policy = app.policy(&program).ok_or_else(Problem::not_found)?;
    let address = wanted.email.trim();
    let plain = !address.chars().any(|c| c.is_whitespace() || c.is_control() || ",;<>\"".contains(c));
    if !plain
        || address.len() > 254
        || !address.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
    {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field", "write one mail address").of("email"));
    }
    // Each wish sends a letter to somebody, so that all of them together are slowed.
    app.throttle.rate("subscribe by API", std::net::IpAddr::from([0, 0, 0, 0]).into(), 60, app.now()).map_err(
        |_| {
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "slow-down",
                "Too many addresses at once; try again in a minute",
            )
        },
    )?;
    let branch = wanted.branch.chars().filter(|c| c.is_ascii_alphanumeric() || ".-_+*".contains(*c)).take(40).collect();
    let wish = Wish { product: part(&wanted.product), branch, severity: severity(&wanted.severity) };
    subscriptions::ask(&app, &policy, address, &wish).await?;
    fine(HookDone { done: true })
}
