//! `/party`: an outside party accepts an invitation, and then sees their own cut of a case: what the team wrote to them,
//! what they wrote and stated, and the files that were shared with them. A link alone opens nothing: it needs the code that the team told by another way, it works
//! once, and looking at it uses nothing up. A wrong link, a used one and one that is too old get the same answer.

use super::fields::{self, Fields};
use super::guard::{self, Visitor, rate};
use super::headers::as_download;
use super::page;
use super::report::files::{Uploads, limits};
use super::session::{FormNonce, Rejection, no_party_cookie, party_cookie, party_key};
use super::views::parts::FileView;
use super::views::party::{PartyForm, PartyPage};
use super::views::report::Message;
use super::views::{Choice, Control, Field, Group, Problem, Row, TimeView, fmt};
use super::{clocks, errors};
use crate::app::App;
use crate::error::Error;
use crate::execute::parties::{self as doors, NotJoined, Opened, PartyFile};
use crate::execute::{execute, policy_of};
use crate::keys;
use crate::throttle::places::Heavy;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use candor_core::command::Command;
use candor_core::marks;
use candor_core::parties::{self, PartyAct, PartyStatus, PartyWish};
use candor_core::policy::Policy;
use candor_core::refusal::Refusal;

/// Links, codes and keys tried a minute from one source.
const TRIES: u32 = 20;

type Answer = Result<Response, Rejection>;

/// Addresses of outside parties.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/party", get(own_page).post(enter))
        .route("/party/write", post(write).layer(DefaultBodyLimit::disable()))
        .route("/party/state", post(state))
        .route("/party/leave", post(leave))
        .route("/party/document", get(document))
        .route("/party/files/{number}", get(file))
        .route("/party/{link}", get(invitation).post(accept))
}

/// Who is behind the cookie, with the token of their forms.
async fn holder(app: &App, headers: &HeaderMap) -> Result<Option<(Opened, String)>, Rejection> {
    let Some((key, csrf)) = party_key(app, headers)? else { return Ok(None) };
    match doors::by_key(app, &key).await {
        Ok(opened) => Ok(Some((opened, csrf))),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

fn enter_view(app: &App, wrong: bool) -> Result<Response, Rejection> {
    let problem = "No invitation has this key, or its time is over; look again at each group of it";
    let field = Field::line("key", "Your key").error(wrong.then(|| problem.to_owned())).required();
    let view = PartyForm {
        shell: with_nonce(app, "party")?,
        title: "Your part of a case".into(),
        lead: "Enter the key that you were given when you accepted the invitation.".into(),
        action: "/party".into(),
        groups: vec![Group::new("enter", "", vec![field])],
        problems: wrong.then(|| Problem { field: "key".into(), text: problem.into() }).into_iter().collect(),
        submit: "Open your page".into(),
        ..PartyForm::default()
    };
    Ok(page::html(if wrong { StatusCode::NOT_FOUND } else { StatusCode::OK }, &view))
}

fn with_nonce(app: &App, form: &str) -> Result<super::views::Shell, Rejection> {
    Ok(super::views::Shell { csrf: FormNonce::fresh(app).text(app, form)?, ..page::shell(app, "party") })
}

/// `GET /party`
async fn own_page(State(app): State<App>, headers: HeaderMap) -> Answer {
    match holder(&app, &headers).await? {
        Some((opened, csrf)) => {
            let view = view(&app, &opened, csrf, Vec::new(), &Typed::default())?;
            Ok(page::html(StatusCode::OK, &view))
        }
        None => enter_view(&app, false),
    }
}

/// `POST /party`
async fn enter(State(app): State<App>, visitor: Visitor, request: Request) -> Answer {
    rate(&app, "party", visitor, TRIES)?;
    let fields = Fields::read(request, &[]).await?;
    FormNonce::read(&app, "party", fields.get("csrf"))?;
    match doors::by_key(&app, fields.get("key")).await {
        Ok(_) => {
            let mut answer = page::see_other("/party");
            answer.headers_mut().insert(header::SET_COOKIE, party_cookie(&app, fields.get("key"))?);
            Ok(answer)
        }
        Err(Error::NotFound) => enter_view(&app, true),
        Err(other) => Err(other.into()),
    }
}

fn invitation_view(app: &App, link: &str, opened: &Opened, problem: Option<&str>) -> Result<Response, Rejection> {
    let policy = policy_of(app, &opened.case)?;
    let problem = problem.map(str::to_owned);
    let code = Field::line("code", "The code")
        .hint("Eight digits that the team tells you by another way than mail.")
        .error(problem.clone())
        .autocomplete("off")
        .required();
    let accept = Field::new("accept", "I accept this", Control::Check);
    let view = PartyForm {
        shell: with_nonce(app, "party invitation")?,
        title: format!("The security team of {} invites you", policy.program.name),
        lead: "It is about a matter that is not public yet. You see what the team shares with you, and nothing else."
            .into(),
        terms: opened.party.invitation.terms.clone(),
        marked: if policy.disclosure.unmarked_copies { "" } else { marks::TOLD },
        action: format!("/party/{link}"),
        groups: vec![Group::new("accept", "", vec![code, accept])],
        problems: problem.map(|text| Problem { field: "code".into(), text }).into_iter().collect(),
        submit: "Accept and go on".into(),
        ..PartyForm::default()
    };
    let wrong = !view.problems.is_empty();
    Ok(page::html(if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &view))
}

/// `GET /party/{link}`: says what is asked, and uses nothing up: a mail scanner may look as often as it likes.
async fn invitation(State(app): State<App>, visitor: Visitor, Path(link): Path<String>) -> Answer {
    rate(&app, "party", visitor, TRIES)?;
    match doors::by_link(&app, &link).await {
        Ok(opened) => invitation_view(&app, &link, &opened, None),
        Err(Error::NotFound) => Ok(errors::not_found()),
        Err(other) => Err(other.into()),
    }
}

/// `POST /party/{link}`: accepts the terms, with the code.
async fn accept(State(app): State<App>, visitor: Visitor, Path(link): Path<String>, request: Request) -> Answer {
    rate(&app, "party", visitor, TRIES)?;
    let fields = Fields::read(request, &[]).await?;
    FormNonce::read(&app, "party invitation", fields.get("csrf"))?;
    let opened = match doors::by_link(&app, &link).await {
        Ok(opened) => opened,
        Err(Error::NotFound) => return Ok(errors::not_found()),
        Err(other) => return Err(other.into()),
    };
    if !fields.ticked("accept") {
        return invitation_view(
            &app,
            &link,
            &opened,
            Some("Accept the terms, or leave this page: nothing is shown without"),
        );
    }
    match doors::join(&app, &opened, fields.get("code")).await {
        Ok(key) => {
            let view = PartyForm {
                shell: with_nonce(&app, "party")?,
                title: "You are in".into(),
                lead: "Come back to your page with this key. Whoever holds it reads what the team writes to you."
                    .into(),
                key: key.clone(),
                action: "/party".into(),
                groups: vec![Group::new("enter", "", vec![Field::hidden("key", key.clone())])],
                submit: "Go to your page".into(),
                ..PartyForm::default()
            };
            let mut answer = page::html(StatusCode::OK, &view);
            answer.headers_mut().insert(header::SET_COOKIE, party_cookie(&app, &key)?);
            Ok(answer)
        }
        Err(NotJoined::Other(why)) => Err(why.into()),
        Err(why) => {
            let mut answer = invitation_view(&app, &link, &opened, Some(&clocks::capital(&why.to_string())))?;
            if let NotJoined::Wait(wait) = why {
                *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                answer.headers_mut().insert(header::RETRY_AFTER, wait.seconds().into());
            }
            Ok(answer)
        }
    }
}

/// What was typed, when it has to be shown again.
#[derive(Default)]
struct Typed {
    text: String,
    status: String,
    fix_on: String,
    statement: String,
    /// What was wrong with the files.
    files: Option<String>,
}

fn view(
    app: &App,
    opened: &Opened,
    csrf: String,
    problems: Vec<Problem>,
    typed: &Typed,
) -> Result<PartyPage, Rejection> {
    let Opened { case, party, .. } = opened;
    let policy = policy_of(app, case)?;
    let zone = page::zone(&policy);
    let now = app.now();
    let day = |at| TimeView::new(at, &zone, now).absolute;
    let mut facts = vec![
        Row::new("Invited by", format!("the security team of {}", policy.program.name)),
        Row::new("You see this until", day(party.invitation.until)),
        Row::new("You accepted", party.invitation.terms.clone()),
    ];
    if let Some((at, status, fix_on, _)) = &party.statement {
        let fix = fix_on.map(|on| format!("; a fix on {}", day(on))).unwrap_or_default();
        facts.push(Row::new("You stated", format!("{}{fix} ({})", status.label(), day(*at))));
    }
    let given = parties::given(case, party.number);
    let files = |line: usize| {
        let of_line = given.iter().enumerate().filter(|(_, one)| one.line == line);
        let views = of_line.map(|(at, one)| FileView {
            name: one.name.to_owned(),
            size: fmt::size(one.file.size),
            href: format!("/party/files/{}", at + 1),
            note: if one.marked { "your copy carries your mark".into() } else { String::new() },
            ..FileView::default()
        });
        views.collect::<Vec<_>>()
    };
    let thread = parties::cut(case, party.number).into_iter().enumerate().filter_map(|(number, line)| {
        let (did, text) = match line.act {
            PartyAct::Told { text } | PartyAct::Wrote { text, .. } => ("wrote".to_owned(), text.clone()),
            PartyAct::Shared { .. } => ("shared a file with you".to_owned(), String::new()),
            PartyAct::Stated { status, fix_on, text } => {
                let fix = fix_on.map(|on| format!(", a fix on {}", day(on))).unwrap_or_default();
                (format!("stated: {}{fix}", status.label()), text.clone())
            }
            PartyAct::Joined { .. } => ("accepted the terms".to_owned(), String::new()),
            PartyAct::Invited(_) | PartyAct::Ended { .. } => return None,
        };
        let mark = match line.act {
            PartyAct::Told { .. } => doors::mark(app, &policy, opened, line.at),
            _ => Ok(None),
        };
        let message = Message {
            at: TimeView::new(line.at, &zone, now),
            who: if line.own { "You".into() } else { "The security team".into() },
            did,
            side: if line.own { "mine" } else { "theirs" }.into(),
            text,
            files: files(number),
        };
        Some(mark.map(|mark| (message, mark.unwrap_or_default())))
    });
    let thread = thread.collect::<Result<_, Error>>()?;
    let choices = PartyStatus::ALL.map(|status| Choice::new(status.name(), status.label())).to_vec();
    Ok(PartyPage {
        shell: super::views::Shell { csrf, ..page::program_shell(app, &policy, "party") },
        case: case.id.to_string(),
        name: party.name(),
        facts,
        thread,
        marked: if policy.disclosure.unmarked_copies { "" } else { marks::TOLD },
        write: vec![
            Field::area("text", "Your words to the team", 5).value(typed.text.clone()),
            Field::new("files", "Files", Control::Files(limits(app))).note("optional").error(typed.files.clone()),
        ],
        state: vec![
            Field::new("status", "Your product is", Control::Radio(choices)).value(if typed.status.is_empty() {
                PartyStatus::Investigating.name().to_owned()
            } else {
                typed.status.clone()
            }),
            Field::line("fix_on", "When you have a fix")
                .note("optional")
                .hint("Like 2026-09-30, in the program's own time.")
                .value(typed.fix_on.clone()),
            Field::area("statement", "What you add", 3).note("optional").value(typed.statement.clone()),
        ],
        problems,
    })
}

/// Whoever sends a form of the page, with what they sent.
async fn sent(app: &App, request: Request) -> Result<Result<(Opened, String, Fields), Response>, Rejection> {
    let Some((opened, csrf)) = holder(app, request.headers()).await? else {
        return Ok(Err(page::see_other("/party")));
    };
    let fields = Fields::read(request, &[]).await?;
    if !keys::equal(fields.get("csrf").as_bytes(), csrf.as_bytes()) {
        return Err(Rejection::Token);
    }
    Ok(Ok((opened, csrf, fields)))
}

async fn asks(app: &App, opened: &Opened, csrf: String, wish: PartyWish, typed: Typed) -> Answer {
    match execute(app, &opened.actor, &opened.case.id, Command::AsParty { wish }, None).await {
        Ok(_) => Ok(page::see_other("/party")),
        Err(Error::Refused(refusal)) => again(app, opened, csrf, refused(&refusal), &typed),
        Err(other) => Err(other.into()),
    }
}

fn refused(refusal: &Refusal) -> Problem {
    Problem { field: refusal.field().unwrap_or_default().to_owned(), text: refusal.to_string() }
}

fn again(app: &App, opened: &Opened, csrf: String, problem: Problem, typed: &Typed) -> Answer {
    Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view(app, opened, csrf, vec![problem], typed)?))
}

/// `POST /party/write`
async fn write(State(app): State<App>, request: Request) -> Answer {
    let Some((opened, csrf)) = holder(&app, request.headers()).await? else {
        return Ok(page::see_other("/party"));
    };
    let mut uploads = Uploads::new(&app, true);
    let (fields, whole) = fields::read_with_files(request, &[], &mut uploads).await?;
    if !keys::equal(fields.get("csrf").as_bytes(), csrf.as_bytes()) {
        Uploads::drop_unused(&app, &uploads.done).await;
        return Err(Rejection::Token);
    }
    let text = fields.get("text").to_owned();
    let files = std::mem::take(&mut uploads.done);
    let problem = match (uploads.failure, uploads.problem) {
        (Some(failure), _) => Some(failure.to_string()),
        (None, Some(problem)) => Some(format!("{problem}. Choose the files again")),
        (None, None) if !whole => Some("That is more than can be sent at once; send some of it".into()),
        (None, None) => None,
    };
    if let Some(problem) = problem {
        Uploads::drop_unused(&app, &files).await;
        let shown = Problem { field: "files".into(), text: problem.clone() };
        return again(&app, &opened, csrf, shown, &Typed { text, files: Some(problem), ..Typed::default() });
    }
    let wish = PartyWish::Write { text: text.clone(), files: files.clone() };
    let done = asks(&app, &opened, csrf, wish, Typed { text, ..Typed::default() }).await;
    Uploads::drop_unused(&app, &files).await;
    done
}

/// `GET /party/files/{number}`: always a download. What was not shared with them, and what is not there, is answered alike.
async fn file(State(app): State<App>, headers: HeaderMap, Path(number): Path<String>) -> Answer {
    let Some((opened, _)) = holder(&app, &headers).await? else { return Ok(errors::not_found()) };
    let place = guard::place(&app, Heavy::Export, &format!("{}/{}", opened.case.id, opened.actor.name()))?;
    let policy = policy_of(&app, &opened.case)?;
    match doors::file(&app, &policy, &opened, &number).await {
        Ok(PartyFile::AsItIs(file, reader)) => Ok(super::receipt::download(&file, reader, place)),
        Ok(PartyFile::Marked(name, text)) => Ok(text_file(&name, text)),
        Err(Error::NotFound) => Ok(errors::not_found()),
        Err(other) => Err(other.into()),
    }
}

fn text_file(name: &str, text: String) -> Response {
    let mut answer = Response::new(text.into());
    as_download(answer.headers_mut(), name);
    answer
}

/// `POST /party/state`
async fn state(State(app): State<App>, request: Request) -> Answer {
    let (opened, csrf, fields) = match sent(&app, request).await? {
        Ok(sent) => sent,
        Err(answer) => return Ok(answer),
    };
    let typed = Typed {
        status: fields.get("status").to_owned(),
        fix_on: fields.get("fix_on").to_owned(),
        statement: fields.get("statement").to_owned(),
        ..Typed::default()
    };
    let problem = |field: &str, text: String| Problem { field: field.into(), text };
    let Some(status) = PartyStatus::ALL.into_iter().find(|status| status.name() == typed.status) else {
        return again(&app, &opened, csrf, problem("status", "Choose how your product stands".into()), &typed);
    };
    let policy = policy_of(&app, &opened.case)?;
    let fix_on = match typed.fix_on.trim() {
        "" => None,
        day => match day_of(day, &policy) {
            Ok(at) => Some(at),
            Err(why) => return again(&app, &opened, csrf, problem("fix_on", why), &typed),
        },
    };
    let wish = PartyWish::State { status, fix_on, text: typed.statement.clone() };
    asks(&app, &opened, csrf, wish, typed).await
}

fn day_of(typed: &str, policy: &Policy) -> Result<jiff::Timestamp, String> {
    super::desk::times::instant(typed, &page::zone(policy)).map_err(|why| format!("When you have a fix: {why}"))
}

/// `GET /party/document`: what the team wrote to them, as a file of their own.
async fn document(State(app): State<App>, headers: HeaderMap) -> Answer {
    let Some((opened, _)) = holder(&app, &headers).await? else { return Ok(page::see_other("/party")) };
    let policy = policy_of(&app, &opened.case)?;
    let (name, text) = doors::document(&app, &policy, &opened)?;
    Ok(text_file(&name, text))
}

/// `POST /party/leave`
async fn leave(State(app): State<App>, request: Request) -> Answer {
    if let Err(answer) = sent(&app, request).await? {
        return Ok(answer);
    }
    let mut answer = page::see_other("/party");
    let headers = answer.headers_mut();
    headers.insert(header::SET_COOKIE, no_party_cookie(&app));
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(answer)
}
