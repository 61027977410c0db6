//! Signing in and out, the first set-up, invitations, and proving the second factor anew.

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::fields::Fields;
use super::guard::{Visitor, rate};
use super::page;
use super::session::{
    FormNonce, Member, Rejection, desk_page, escape, no_session_cookie, session_cookie, session_secret, too_many,
    with_next,
};
use super::views::account::{Authenticator, DemoAccount, NewAccount, RecoveryCodes, SignIn};
use super::views::desk::DeskForm;
use super::views::public::ErrorPage;
use super::views::{Control, Field, Group, Link, Problem, SafeHtml};
use crate::accounts::invite::{self, Details, Enrolment, Kind, Opened, Proved};
use crate::accounts::signin::{Attempt, SignInError};
use crate::accounts::{self, AccountError, MemberView, Objection, passkey, session};
use crate::app::App;
use crate::error::Error;
use crate::execute::reading;
use crate::throttle::Wait;

/// Name of the sign-in form, for its token.
const FORM: &str = "sign-in";

/// The routes of this file.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/desk/sign-in", get(sign_in_page).post(sign_in))
        .route("/desk/sign-out", post(sign_out))
        .route("/desk/confirm", get(confirm_page).post(confirm))
        .route("/setup/{secret}", get(setup_page).post(setup))
        .route("/setup/{secret}/code", get(setup_page).post(setup_code))
        .route("/invite/{secret}", get(invite_page).post(accept))
        .route("/invite/{secret}/open", get(invite_page).post(prove))
        .route("/invite/{secret}/code", get(invite_page).post(accept_code))
}

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// The problems of a form, from what speaks against its answers.
pub(super) fn problems(objections: Vec<Objection>) -> Vec<Problem> {
    objections.into_iter().map(|it| Problem { field: it.field.to_owned(), text: it.text }).collect()
}

/// The browser's `User-Agent`.
pub(super) fn agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Sets a cookie with an answer.
pub(super) fn with_cookie(mut answer: Response, cookie: HeaderValue) -> Response {
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    answer
}

pub(super) async fn sign_in_view(app: &App, next: &str, email: &str, problem: Option<String>) -> Result<SignIn, Error> {
    let mut shell = page::shell(app, "");
    shell.csrf = FormNonce::fresh(app).text(app, FORM)?;
    let demo = accounts::demo::people(app).await?;
    Ok(SignIn {
        shell,
        next: if next == "/desk" { String::new() } else { next.to_owned() },
        email: email.to_owned(),
        others: super::oidc::services(app, |name| match next {
            "/desk" => format!("/desk/sign-in/with/{name}"),
            next => format!("/desk/sign-in/with/{name}?next={}", escape(next)),
        })
        .await?,
        problems: problem.map(|text| Problem { field: String::new(), text }).into_iter().collect(),
        passkeys: passkey::is_possible(app),
        demo_accounts: demo
            .into_iter()
            .map(|(member, code)| DemoAccount {
                name: format!("{}, {}", member.name, member.roles_in_words()),
                email: member.email,
                password: accounts::demo::PASSWORD.to_owned(),
                code,
            })
            .collect(),
    })
}

/// `GET /desk/sign-in`
async fn sign_in_page(
    State(app): State<App>,
    Query(query): Query<Next>,
    member: Result<Member, Rejection>,
) -> Result<Response, Rejection> {
    let next = desk_page(&query.next);
    match member {
        Ok(_) => Ok(page::see_other(next)),
        Err(Rejection::SignIn(_)) => Ok(page::html(StatusCode::OK, &sign_in_view(&app, next, "", None).await?)),
        Err(other) => Err(other),
    }
}

/// `POST /desk/sign-in`
async fn sign_in(State(app): State<App>, visitor: Visitor, request: Request) -> Result<Response, Rejection> {
    let headers = request.headers().clone();
    let fields = Fields::read(request, &[]).await?;
    let next = desk_page(fields.get("next")).to_owned();
    if let Err(why) = FormNonce::read(&app, FORM, fields.get("csrf")) {
        let Rejection::Token = why else { return Err(why) };
        let again = "The page lay open for too long; sign in once more".to_owned();
        let view = sign_in_view(&app, &next, fields.get("email"), Some(again)).await?;
        return Ok(page::html(StatusCode::FORBIDDEN, &view));
    }
    let attempt = Attempt {
        from: visitor.0,
        email: fields.get("email"),
        password: fields.raw("password"),
        code: fields.get("code"),
        agent: agent(&headers),
        old: session_secret(&app, &headers),
    };
    match accounts::signin::sign_in(&app, attempt).await {
        Ok(new) => Ok(with_cookie(page::see_other(&next), session_cookie(&app, &new))),
        Err(SignInError::Other(why)) => Err(why.into()),
        Err(why) => {
            let view = sign_in_view(&app, &next, fields.get("email"), Some(why.to_string())).await?;
            Ok(refused(&why, page::html(StatusCode::UNPROCESSABLE_ENTITY, &view)))
        }
    }
}

/// 429 with the time to wait, for who was too quick.
pub(super) fn refused(why: &SignInError, mut answer: Response) -> Response {
    if let SignInError::Wait(wait) = why {
        *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.seconds()));
    }
    answer
}

/// `POST /desk/sign-out`
async fn sign_out(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    member.check(Fields::read(request, &[]).await?.get("csrf"))?;
    session::end(&app, &member.session).await?;
    let mut answer = with_cookie(page::see_other("/desk/sign-in"), no_session_cookie(&app));
    let clear = HeaderValue::from_static("\"cache\", \"storage\"");
    answer.headers_mut().insert(HeaderName::from_static("clear-site-data"), clear);
    Ok(answer)
}

pub(super) async fn confirm_view(
    app: &App,
    member: &Member,
    next: &str,
    problem: Option<String>,
) -> Result<DeskForm, Error> {
    let has_passkeys = passkey::is_possible(app) && !passkey::list(app, member.id()).await?.is_empty();
    let code = code_field(problem.clone());
    let otherwise = format!("/desk/confirm/passkey{}", with_next(next));
    Ok(DeskForm {
        shell: member.shell(app, ""),
        title: "Show that it is you".into(),
        lead: "What you are about to do asks for a proof that is not older than ten minutes.".into(),
        otherwise: has_passkeys.then(|| Link::new("Use a passkey", otherwise)),
        action: "/desk/confirm".into(),
        groups: vec![Group::new("", "", vec![Field::hidden("next", next), code])],
        problems: problem.map(|text| Problem { field: "code".into(), text }).into_iter().collect(),
        submit: "Go on".into(),
        back: "/desk".into(),
        ..DeskForm::default()
    })
}

/// `GET /desk/confirm`
async fn confirm_page(
    State(app): State<App>,
    member: Member,
    Query(query): Query<Next>,
) -> Result<Response, Rejection> {
    Ok(page::html(StatusCode::OK, &confirm_view(&app, &member, desk_page(&query.next), None).await?))
}

/// `POST /desk/confirm`
async fn confirm(
    State(app): State<App>,
    member: Member,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    rate(&app, "confirm", visitor, app.config.signin_rate)?;
    let next = desk_page(fields.get("next"));
    let proof = session::confirm(&app, visitor.0, &member.session, fields.get("code")).await;
    proved(&app, &member, next, proof, "The code is wrong or was used before; wait for the next one").await
}

/// What follows a fresh proof of any kind: the way goes on in a session of a new name, or the page for a code says what was
/// wrong; `wrong` are the words for a proof that is not theirs.
pub(super) async fn proved(
    app: &App,
    member: &Member,
    next: &str,
    proof: Result<session::NewSession, SignInError>,
    wrong: &str,
) -> Result<Response, Rejection> {
    match proof {
        Ok(new) => {
            reading::proved(app, member.id()).await;
            Ok(with_cookie(page::see_other(next), session_cookie(app, &new)))
        }
        Err(SignInError::Other(why)) => Err(why.into()),
        Err(why) => {
            let view = confirm_view(app, member, next, Some(said(&why, wrong))).await?;
            Ok(refused(&why, page::html(StatusCode::UNPROCESSABLE_ENTITY, &view)))
        }
    }
}

/// Why a proof was not taken; `wrong` are the words for one that is not theirs.
pub(super) fn said(why: &SignInError, wrong: &str) -> String {
    match why {
        SignInError::Wrong => wrong.to_owned(),
        other => other.to_string(),
    }
}

/// The field for a code of an authenticator or a recovery code.
pub(super) fn code_field(problem: Option<String>) -> Field {
    Field::line("code", "Code")
        .hint("Six digits from your authenticator app that you have not used yet, or a recovery code.")
        .autocomplete("one-time-code")
        .narrow()
        .required()
        .error(problem)
}

/// The page for a link that does not work, whatever the reason.
fn gone() -> Response {
    let view = ErrorPage {
        title: "This link does not work".into(),
        words: vec![
            "It may be mistyped, too old, or used already. Each link works once.".into(),
            "Ask whoever sent it for a new one. The link for the first set-up is printed anew each time the server starts, \
             until somebody has used it."
                .into(),
        ],
        links: vec![Link::new("Sign in", "/desk/sign-in")],
        ..ErrorPage::default()
    };
    page::html(StatusCode::NOT_FOUND, &view)
}

/// Links are looked at as often as pages are, and no more.
async fn opened(app: &App, visitor: Visitor, path: &str, secret: &str) -> Result<Opened, Response> {
    let now = app.now();
    app.throttle.rate("link", visitor.0, 3 * app.config.signin_rate, now).map_err(|wait: Wait| too_many(wait))?;
    invite::open(app, path, secret).await.map_err(|why| match why {
        AccountError::Other(why) => Rejection::Other(why).into_response(),
        _ => gone(),
    })
}

/// How many steps there are, and which this is: an invitation has one more, in which its code is given.
fn step(kind: Kind, number: u8) -> String {
    let more = u8::from(kind != Kind::Setup);
    format!("Step {} of {}", number + more, 3 + more)
}

/// The first page of an invitation. It says nothing of whom it is for.
fn proof_view(app: &App, kind: Kind, action: String, email: &str, problems: Vec<Problem>) -> NewAccount {
    NewAccount {
        shell: page::shell(app, ""),
        title: if kind == Kind::Reset { "Set up your account anew" } else { "Join the team" }.into(),
        lead: "An invitation is for one person: it opens with the address that was invited and with its code.".into(),
        action,
        email: email.to_owned(),
        problems,
        step: step(kind, 0),
        asks_code: true,
        ..NewAccount::default()
    }
}

fn account_view(
    app: &App,
    proved: &Proved,
    action: String,
    typed: Option<(&str, &str)>,
    problems: Vec<Problem>,
) -> NewAccount {
    let opened = &proved.opened;
    let known = opened.member.as_ref();
    let (name, email) = typed.unwrap_or_else(|| known.map_or(("", ""), |member| (&member.name, &member.email)));
    let (title, lead) = match (opened.kind, known) {
        (Kind::Join, Some(member)) => (
            "Join the team",
            format!("You are invited as {}. Choose a password, then connect an authenticator app.", roles_of(app, member)),
        ),
        (Kind::Reset, _) => (
            "Set up your account anew",
            "Your password, your authenticator and your recovery codes are replaced. You are signed out everywhere else."
                .to_owned(),
        ),
        _ => (
            "Set up Candor",
            "You are the first member: coordinator in every program, and you manage the desk. You can invite others later."
                .to_owned(),
        ),
    };
    NewAccount {
        shell: page::shell(app, ""),
        title: title.into(),
        lead,
        action,
        name: name.to_owned(),
        email: email.to_owned(),
        problems,
        step: step(opened.kind, 1),
        proof: proved.proof.clone(),
        ..NewAccount::default()
    }
}

/// Roles as the team says them, with the programs' own names.
fn roles_of(app: &App, member: &MemberView) -> String {
    let mut named = member.clone();
    for (program, _) in &mut named.roles {
        if let Some(policy) = app.programs().iter().find(|policy| policy.program.slug.0 == *program) {
            program.clone_from(&policy.program.name);
        }
    }
    named.roles_in_words()
}

/// The page of the authenticator.
pub(super) fn code_page(
    app: &App,
    action: String,
    enrolment: Enrolment,
    kind: Kind,
    problems: Vec<Problem>,
) -> Response {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let groups: Vec<&str> =
        enrolment.letters.as_bytes().chunks(4).filter_map(|four| str::from_utf8(four).ok()).collect();
    let view = Authenticator {
        shell: page::shell(app, ""),
        action,
        qr: SafeHtml(enrolment.qr),
        key: groups.join(" "),
        hidden: vec![Field::new("state", "", Control::Hidden).value(enrolment.state)],
        problems,
        step: step(kind, 2),
    };
    page::html(status, &view)
}

/// `GET` of a link: only looks.
async fn first_page(app: &App, visitor: Visitor, path: &str, secret: &str) -> Response {
    match opened(app, visitor, path, secret).await {
        Ok(opened) if opened.kind != Kind::Setup => {
            let action = format!("/{path}/{secret}/open");
            page::html(StatusCode::OK, &proof_view(app, opened.kind, action, "", Vec::new()))
        }
        Ok(opened) => match invite::proved(app, opened, "") {
            Ok(proved) => {
                let view = account_view(app, &proved, format!("/{path}/{secret}"), None, Vec::new());
                page::html(StatusCode::OK, &view)
            }
            Err(_) => gone(),
        },
        Err(answer) => answer,
    }
}

/// `POST /invite/{secret}/open`: address and code of an invitation.
async fn prove(
    State(app): State<App>,
    visitor: Visitor,
    Path(secret): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    let opened = match opened(&app, visitor, "invite", &secret).await {
        Ok(opened) => opened,
        Err(answer) => return Ok(answer),
    };
    let (kind, fields) = (opened.kind, Fields::read(request, &[]).await?);
    match invite::prove(&app, opened, fields.get("email"), fields.get("code")) {
        Ok(proved) => {
            let mut view = account_view(&app, &proved, format!("/invite/{secret}"), None, Vec::new());
            let proof = &proved.proof;
            view.others =
                super::oidc::services(&app, |name| format!("/invite/{secret}/with/{name}?proof={proof}")).await?;
            Ok(page::html(StatusCode::OK, &view))
        }
        Err(AccountError::Objections(objections)) => {
            let action = format!("/invite/{secret}/open");
            let view = proof_view(&app, kind, action, fields.get("email"), problems(objections));
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view))
        }
        Err(AccountError::Gone) => Ok(gone()),
        Err(AccountError::Other(why)) => Err(why.into()),
    }
}

/// `POST` of the page after it: who you are and a password.
async fn first_answers(
    app: &App,
    visitor: Visitor,
    path: &str,
    secret: &str,
    request: Request,
) -> Result<Response, Rejection> {
    let opened = match opened(app, visitor, path, secret).await {
        Ok(opened) => opened,
        Err(answer) => return Ok(answer),
    };
    let fields = Fields::read(request, &[]).await?;
    let (name, email) = (fields.get("name"), fields.get("email"));
    let action = format!("/{path}/{secret}");
    let kind = opened.kind;
    let proved = match invite::proved(app, opened, fields.get("proof")) {
        Ok(proved) => proved,
        Err(AccountError::Other(why)) => return Err(why.into()),
        Err(_) => {
            let text = "Give the code of the invitation once more; an hour has passed, or it was not given yet";
            let problem = Problem { field: "code".into(), text: text.into() };
            let view = proof_view(app, kind, format!("{action}/open"), email, vec![problem]);
            return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view));
        }
    };
    let again = |problems| {
        let view = account_view(app, &proved, action.clone(), Some((name, email)), problems);
        Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view))
    };
    if let Some(member) = &proved.opened.member
        && !member.email.eq_ignore_ascii_case(email)
    {
        let text = format!("The link is for {}; ask for another one to use another address", member.email);
        return again(vec![Problem { field: "email".into(), text }]);
    }
    let details = Details { name, email, password: fields.raw("password") };
    match invite::begin(app, &proved, details).await {
        Ok(enrolment) => Ok(code_page(app, format!("{action}/code"), enrolment, kind, Vec::new())),
        Err(AccountError::Objections(objections)) => again(problems(objections)),
        Err(AccountError::Gone) => Ok(gone()),
        Err(AccountError::Other(why)) => Err(why.into()),
    }
}

/// `POST` of the second page: the authenticator's first code. Only this uses the link up.
async fn first_code(
    app: &App,
    visitor: Visitor,
    path: &str,
    secret: &str,
    request: Request,
) -> Result<Response, Rejection> {
    let opened = match opened(app, visitor, path, secret).await {
        Ok(opened) => opened,
        Err(answer) => return Ok(answer),
    };
    let headers = request.headers().clone();
    let fields = Fields::read(request, &[]).await?;
    match invite::finish(app, &opened, fields.get("state"), fields.get("code"), agent(&headers)).await {
        Ok(finished) => {
            let view = RecoveryCodes {
                shell: page::shell(app, ""),
                codes: finished.recovery,
                next: "/desk".into(),
                step: step(opened.kind, 3),
            };
            Ok(with_cookie(page::html(StatusCode::OK, &view), session_cookie(app, &finished.session)))
        }
        Err(AccountError::Objections(objections)) => match invite::again(app, &opened, fields.get("state")) {
            Ok(enrolment) => {
                let action = format!("/{path}/{secret}/code");
                Ok(code_page(app, action, enrolment, opened.kind, problems(objections)))
            }
            Err(AccountError::Other(why)) => Err(why.into()),
            Err(_) => Ok(gone()),
        },
        Err(AccountError::Gone) => Ok(gone()),
        Err(AccountError::Other(why)) => Err(why.into()),
    }
}

async fn setup_page(State(app): State<App>, visitor: Visitor, Path(secret): Path<String>) -> Response {
    first_page(&app, visitor, "setup", &secret).await
}

async fn setup(
    State(app): State<App>,
    visitor: Visitor,
    Path(secret): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    first_answers(&app, visitor, "setup", &secret, request).await
}

async fn setup_code(
    State(app): State<App>,
    visitor: Visitor,
    Path(secret): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    first_code(&app, visitor, "setup", &secret, request).await
}

async fn invite_page(State(app): State<App>, visitor: Visitor, Path(secret): Path<String>) -> Response {
    first_page(&app, visitor, "invite", &secret).await
}

async fn accept(
    State(app): State<App>,
    visitor: Visitor,
    Path(secret): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    first_answers(&app, visitor, "invite", &secret, request).await
}

async fn accept_code(
    State(app): State<App>,
    visitor: Visitor,
    Path(secret): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    first_code(&app, visitor, "invite", &secret, request).await
}
