//! Signing in with a passkey, and making one. The browser's own dialogue needs script; without it, address, password and
//! code do the same.

use super::fields::Fields;
use super::guard::Visitor;
use super::page;
use super::session::{FormNonce, Fresh, Member, Rejection, desk_page, session_cookie, session_secret, with_next};
use super::signin::{agent, proved, refused, with_cookie};
use super::views::account::PasskeyPage;
use super::views::oidc::Onward;
use super::views::{Field, Group, Link, Problem, Shell};
use crate::accounts::passkey::{self, Challenge};
use crate::accounts::signin::SignInError;
use crate::app::App;
use crate::error::Error;
use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

/// Kind of the forms here that have no session.
const FORM: &str = "passkey";
const HERE: &str = "/desk/sign-in/passkey";

/// The routes of this file.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/desk/sign-in/passkey", get(page_of).post(begin))
        .route("/desk/sign-in/passkey/answer", post(answer))
        .route("/desk/confirm/passkey", get(again).post(confirm))
        .route("/desk/settings/passkeys", get(new).post(keep))
        .route("/desk/settings/passkeys/{id}/remove", post(remove))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

fn shell(app: &App) -> Result<Shell, Rejection> {
    Ok(Shell { csrf: FormNonce::fresh(app).text(app, FORM)?, ..page::shell(app, "") })
}

fn with_password(next: &str) -> Link {
    let to = if next == "/desk" { "/desk/sign-in".to_owned() } else { format!("/desk/sign-in?next={next}") };
    Link::new("Sign in with password and code", to)
}

fn address(app: &App, next: &str, problem: Option<String>) -> Result<PasskeyPage, Rejection> {
    let email = Field::line("email", "Address").autocomplete("username webauthn").required();
    Ok(PasskeyPage {
        shell: shell(app)?,
        title: "Sign in with a passkey".into(),
        lead: "Your device or keychain proves that it is you; nothing is typed that could be stolen.".into(),
        action: HERE.into(),
        groups: vec![Group::new("who", "", vec![email, Field::hidden("next", next)])],
        problems: problem.map(|text| Problem { field: String::new(), text }).into_iter().collect(),
        submit: "Go on".into(),
        otherwise: Some(with_password(next)),
        ..PasskeyPage::default()
    })
}

/// `GET /desk/sign-in/passkey`
async fn page_of(State(app): State<App>, Query(query): Query<Next>) -> Result<Response, Rejection> {
    Ok(page::html(StatusCode::OK, &address(&app, desk_page(&query.next), None)?))
}

fn challenge_page(shell: Shell, kind: &str, action: &str, challenge: Challenge, next: &str) -> PasskeyPage {
    let title = if kind == "get" { "Use your passkey" } else { "Make a passkey" };
    let fields =
        vec![Field::hidden("state", challenge.state), Field::hidden("answer", ""), Field::hidden("next", next)];
    PasskeyPage {
        shell,
        title: title.into(),
        lead: "Your browser asks for your fingerprint, face, PIN or security key.".into(),
        action: action.into(),
        kind: kind.into(),
        options: challenge.options,
        groups: vec![Group::new("passkey", "", fields)],
        submit: title.into(),
        ..PasskeyPage::default()
    }
}

/// `POST /desk/sign-in/passkey`: the challenge for an address, whether anybody has it or not.
async fn begin(State(app): State<App>, visitor: Visitor, request: Request) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    FormNonce::read(&app, FORM, fields.get("csrf"))?;
    let next = desk_page(fields.get("next")).to_owned();
    match passkey::ask(&app, visitor.0, fields.get("email")).await {
        Ok(challenge) => {
            let mut view = challenge_page(shell(&app)?, "get", "/desk/sign-in/passkey/answer", challenge, &next);
            view.otherwise = Some(with_password(&next));
            Ok(page::html(StatusCode::OK, &view))
        }
        Err(SignInError::Other(why)) => Err(why.into()),
        Err(why) => failed(&app, &why, &next),
    }
}

fn failed(app: &App, why: &SignInError, next: &str) -> Result<Response, Rejection> {
    let words = match why {
        SignInError::Wrong if !passkey::is_possible(app) => {
            "A passkey needs a host name, and this desk is reached by a bare number; sign in with password and code"
        }
        SignInError::Wrong => {
            "This passkey is not known here, or it took too long; try again, or use password and code"
        }
        _ => "",
    };
    let words = if words.is_empty() { why.to_string() } else { words.to_owned() };
    Ok(refused(why, page::html(StatusCode::UNPROCESSABLE_ENTITY, &address(app, next, Some(words))?)))
}

/// `POST /desk/sign-in/passkey/answer`
async fn answer(State(app): State<App>, request: Request) -> Result<Response, Rejection> {
    let headers = request.headers().clone();
    let fields = Fields::read(request, &[]).await?;
    FormNonce::read(&app, FORM, fields.get("csrf"))?;
    let next = desk_page(fields.get("next")).to_owned();
    let old = session_secret(&app, &headers);
    match passkey::sign_in(&app, fields.get("state"), fields.get("answer"), agent(&headers), old).await {
        Ok(new) => Ok(with_cookie(page::see_other(&next), session_cookie(&app, &new))),
        Err(SignInError::Other(why)) => Err(why.into()),
        Err(why) => failed(&app, &why, &next),
    }
}

/// `GET /desk/confirm/passkey`: a fresh proof with a passkey.
async fn again(State(app): State<App>, member: Member, Query(query): Query<Next>) -> Result<Response, Rejection> {
    let next = desk_page(&query.next);
    let Some(challenge) = passkey::ask_again(&app, member.id()).await? else {
        return Ok(page::see_other(&format!("/desk/confirm{}", with_next(next))));
    };
    let mut view = challenge_page(member.shell(&app, ""), "get", "/desk/confirm/passkey", challenge, next);
    view.title = "Show that it is you".into();
    view.otherwise = Some(Link::new("Use a code", format!("/desk/confirm{}", with_next(next))));
    Ok(page::html(StatusCode::OK, &view))
}

/// `POST /desk/confirm/passkey`
async fn confirm(
    State(app): State<App>,
    member: Member,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    let next = desk_page(fields.get("next"));
    let proof = passkey::confirm(&app, visitor.0, &member.session, fields.get("state"), fields.get("answer")).await;
    proved(&app, &member, next, proof, "This passkey is not yours, or it took too long; try again, or use a code").await
}

/// Why no passkey can be made now, on a page of the desk.
fn not_now(app: &App, member: &Member, words: &str) -> Response {
    let view = Onward {
        shell: member.shell(app, "settings"),
        title: "No passkey can be made here".into(),
        lead: words.into(),
        problems: Vec::new(),
        link: Link::new("Back to the settings", "/desk/settings"),
    };
    page::html(StatusCode::OK, &view)
}

/// `GET /desk/settings/passkeys`
async fn new(State(app): State<App>, Fresh(member): Fresh) -> Result<Response, Rejection> {
    let challenge = match passkey::ask_new(&app, &member.view).await {
        Err(Error::BadRequest(words)) => return Ok(not_now(&app, &member, &words)),
        other => other?,
    };
    let mut view = challenge_page(member.shell(&app, "settings"), "create", "/desk/settings/passkeys", challenge, "");
    view.otherwise = Some(Link::new("Back to the settings", "/desk/settings"));
    Ok(page::html(StatusCode::OK, &view))
}

/// `POST /desk/settings/passkeys`
async fn keep(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let headers = request.headers().clone();
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    member.fresh(&app, "/desk/settings/passkeys")?;
    passkey::keep(&app, member.id(), fields.get("state"), fields.get("answer"), agent(&headers)).await?;
    Ok(page::see_other("/desk/settings?done=passkey"))
}

/// `POST /desk/settings/passkeys/{id}/remove`
async fn remove(
    State(app): State<App>,
    member: Member,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    member.fresh(&app, "/desk/settings")?;
    match passkey::remove(&app, member.id(), &id).await {
        Ok(()) | Err(Error::NotFound) => Ok(page::see_other("/desk/settings?done=passkey-removed")),
        Err(other) => Err(other.into()),
    }
}
