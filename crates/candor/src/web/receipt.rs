//! `/receipt`: whoever holds a receipt sees where their report stands, answers, sends and fetches files, asks for news.
//! A wrong receipt, an unknown one and a malformed one get the same answer.

pub mod own; // the page behind the receipt
pub mod sealed; // the same where no key of the desk is at hand
pub mod words; // what was said and done, in words for the reporter

use super::errors;
use super::fields::{self, Fields};
use super::guard::{self, Visitor, rate};
use super::headers::as_download;
use super::page;
use super::report::files::Uploads;
use super::report::questions::{self, Problems};
use super::session::{FormNonce, ReceiptHolder, Rejection, keep_receipt, no_receipt_cookie, receipt_cookie};
use super::views::report::{EnterReceipt, ReporterCheck};
use super::views::{Field, Group, Notice, Problem, Shell};
use crate::app::App;
use crate::error::Error;
use crate::execute::wishes::Wish;
use crate::execute::{Done, execute, execute_again, files, load_case, policy_of};
use crate::keys;
use crate::throttle::places::{Heavy, Place};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use candor_core::case::SummaryState;
use candor_core::command::Command;
use candor_core::event::FileRef;
use candor_core::id::CaseId;
use candor_core::refusal::Refusal;
use jiff::Timestamp;
use own::Draft;
use serde::Deserialize;

/// Receipts a minute from one source. Guessing is hopeless all the same; this keeps the load away.
const TRIES: u32 = 60;

/// Result of a handler of the receipt's pages.
type Answer = Result<Response, Rejection>;

/// Addresses behind the receipt.
pub fn routes(app: &App) -> Router<App> {
    Router::new()
        .route("/receipt", get(own_page).post(enter))
        .route("/receipt/write", post(write).layer(DefaultBodyLimit::disable()))
        .route("/receipt/nudge", post(nudge))
        .route("/receipt/credit", post(credit))
        .route("/receipt/key", post(key))
        .route("/receipt/embargo", post(embargo))
        .route("/receipt/summary", post(summary))
        .route("/receipt/issue", post(issue))
        .route("/receipt/retest", post(retest))
        .route("/receipt/appeal", post(appeal))
        .route("/receipt/withdraw", get(withdraw_page).post(withdraw))
        .route("/receipt/files/{file}", get(file))
        .route("/receipt/proof", get(proof))
        .route("/receipt/sign-out", post(sign_out))
        .layer(from_fn_with_state(app.clone(), sealed::acts))
        .layer(from_fn_with_state(app.clone(), keep_receipt))
}

/// What was done before the page came again.
#[derive(Debug, Default, Deserialize)]
struct Did {
    #[serde(default)]
    done: String,
}

/// `GET /receipt`: the own page, or where a receipt is entered.
async fn own_page(State(app): State<App>, Query(did): Query<Did>, request: Request) -> Answer {
    let (mut parts, _) = request.into_parts();
    if app.keys().is_err() {
        return sealed::own_page(&app, &parts, said(&did.done)).await;
    }
    match ReceiptHolder::from_request_parts(&mut parts, &app).await {
        Ok(holder) => {
            let mut view = own::view(&app, &holder, Draft::default())?;
            view.shell.notice = said(&did.done).map(|text| Notice { text: text.into(), link: None });
            Ok(page::html(StatusCode::OK, &view))
        }
        Err(Rejection::Receipt) => Ok(page::html(StatusCode::OK, &enter_view(&app, "", None))),
        Err(other) => Err(other),
    }
}

/// What just happened, in a sentence.
fn said(done: &str) -> Option<&'static str> {
    Some(match done {
        "write" => "Your message is with the team.",
        "sealed" => "Your message was taken in, sealed. The team reads it when its side is back.",
        "later" => {
            "It was taken in, sealed. It is carried out when the team's side is back; if it cannot be done any more, you find that here."
        }
        "nudge" => "They were asked to look at your report.",
        "credit" => "Your choice about credit is kept.",
        "key" => "Your choice about letters is kept.",
        "embargo" => "Your answer about the date is with the team.",
        "summary" => "Your answer about the text is with the team.",
        "issue" => "Your answer about the public issue is with the team.",
        "retest" => "What you found is with the team.",
        "appeal" => "Somebody else of the team is asked to look at it again.",
        "withdraw" => "You took the report back.",
        _ => return None,
    })
}

/// When the page was made that a form stood on; `None` when the form does not say.
fn shown(fields: &Fields) -> Option<Timestamp> {
    fields.get("shown").parse().ok()
}

fn back(done: &str) -> Response {
    page::see_other(&format!("/receipt?done={done}"))
}

fn enter_view(app: &App, value: &str, problem: Option<&str>) -> EnterReceipt {
    let problem = problem.map(|text| Problem { field: "receipt".into(), text: text.into() });
    EnterReceipt {
        shell: page::shell(app, "receipt"),
        value: value.to_owned(),
        problems: problem.into_iter().collect(),
    }
}

/// `POST /receipt`: opens the page of a receipt.
async fn enter(State(app): State<App>, visitor: Visitor, request: Request) -> Answer {
    rate(&app, "receipt", visitor, TRIES)?;
    let fields = Fields::read(request, &[]).await?;
    if app.keys().is_err() {
        return sealed::enter(&app, fields.get("receipt")).await;
    }
    match ReceiptHolder::open(&app, fields.get("receipt")).await {
        Ok(holder) => {
            // A report of before there were sealed pages gets its key now; without one the page opens all the same.
            drop(crate::execute::views::of_receipt(&app, &holder.receipt).await);
            let mut answer = page::see_other("/receipt");
            answer.headers_mut().insert(header::SET_COOKIE, receipt_cookie(&app, &holder.receipt)?);
            Ok(answer)
        }
        Err(Error::NotFound) => Ok(opens_nothing(&app)),
        Err(other) => Err(other.into()),
    }
}

/// What a wrong receipt is answered. It is not shown again: one that is almost right is a secret still.
fn opens_nothing(app: &App) -> Response {
    let view = enter_view(app, "", Some("No report has this receipt; look again at each group of it"));
    page::html(StatusCode::NOT_FOUND, &view)
}

/// `GET /receipt/proof`: the proof of receipt as a file, with the report that opens it.
async fn proof(State(app): State<App>, holder: ReceiptHolder) -> Answer {
    let proof = crate::execute::proofs::whole(&app, &holder.case, holder.report()?).await?;
    Ok(proof_file(serde_json::to_string_pretty(&proof).map_err(Error::internal)?))
}

fn proof_file(text: String) -> Response {
    let mut answer = text.into_response();
    as_download(answer.headers_mut(), "proof-of-receipt.json");
    answer
}

/// `POST /receipt/sign-out`
async fn sign_out(State(app): State<App>, holder: ReceiptHolder, request: Request) -> Answer {
    let fields = Fields::read(request, &[]).await?;
    holder.check(fields.get("csrf"))?;
    Ok(signed_out(&app))
}

fn signed_out(app: &App) -> Response {
    let mut answer = page::see_other("/receipt");
    let headers = answer.headers_mut();
    headers.insert(header::SET_COOKIE, no_receipt_cookie(app));
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    answer
}

/// The token for a message's form.
pub(super) fn message_form(case: &CaseId) -> String {
    format!("message/{case}")
}

/// A message as it came.
struct Said {
    text: String,
    files: Vec<FileRef>,
    nonce: Option<FormNonce>,
    /// Why it cannot be taken: status, field, words.
    problem: Option<(StatusCode, &'static str, String)>,
}

/// Reads the form of a message, from whoever has the token `csrf` for the page of `case`.
async fn said_in(app: &App, request: Request, csrf: &str, case: &CaseId) -> Result<Said, Rejection> {
    let mut uploads = Uploads::new(app, true);
    let (answers, whole) = fields::read_with_files(request, &["files"], &mut uploads).await?;
    if !keys::equal(answers.get("csrf").as_bytes(), csrf.as_bytes()) {
        return Err(Rejection::Token);
    }
    let text = answers.get("text").replace("\r\n", "\n");
    let nonce = FormNonce::read(app, &message_form(case), answers.get("once")).ok();
    let problem = match (&uploads.failure, &uploads.problem, &nonce) {
        (Some(failure), ..) => Some((errors::status(failure), "", failure.to_string())),
        (_, Some(problem), _) => {
            Some((StatusCode::UNPROCESSABLE_ENTITY, "files", format!("{problem}. Choose the files again")))
        }
        _ if !whole => Some((StatusCode::PAYLOAD_TOO_LARGE, "files", "That is more than can be sent at once".into())),
        (.., None) => Some((
            StatusCode::UNPROCESSABLE_ENTITY,
            "text",
            "This page lay open for a long time. Look over your message and send it again".into(),
        )),
        _ => None,
    };
    Ok(Said { text, files: std::mem::take(&mut uploads.done), nonce, problem })
}

/// `POST /receipt/write`
async fn write(State(app): State<App>, request: Request) -> Answer {
    if app.keys().is_err() {
        return sealed::write(&app, request).await;
    }
    let (mut parts, body) = request.into_parts();
    let holder = ReceiptHolder::from_request_parts(&mut parts, &app).await?;
    let request = Request::from_parts(parts, body);
    let Said { text, files, nonce, problem } = said_in(&app, request, &holder.csrf, &holder.case.id).await?;
    if let Some((status, field, words)) = problem {
        Uploads::drop_unused(&app, &files).await;
        return write_again(&app, &holder, text, field, words, status);
    }
    // The same message sent twice is one message, whatever its files are called in the store.
    let body = serde_json::to_vec(&(&text, files.iter().map(|file| (&file.name, &file.sha256)).collect::<Vec<_>>()))
        .map_err(Error::internal)?;
    let key = nonce.map(|nonce| nonce.id).unwrap_or_default();
    let command = Command::Write { text: text.clone(), files: files.clone() };
    let done = execute_again(&app, &holder.actor, &holder.case.id, command, None, Some((&key, &body))).await;
    Uploads::drop_unused(&app, &files).await;
    match done {
        Err(Error::KeyReused) => write_again(
            &app,
            &holder,
            text,
            "text",
            "A message was sent from this page already; if this is another one, send it now".into(),
            StatusCode::CONFLICT,
        ),
        Ok(_) => Ok(back("write")),
        Err(Error::Refused(refusal)) => {
            let words = match &refusal {
                Refusal::Field { .. } if text.is_empty() => "Write a message or choose a file".into(),
                other => other.to_string(),
            };
            write_again(&app, &holder, text, "text", words, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(failure @ (Error::Busy | Error::Full)) => {
            write_again(&app, &holder, text, "text", failure.to_string(), errors::status(&failure))
        }
        Err(other) => Err(other.into()),
    }
}

fn write_again(
    app: &App,
    holder: &ReceiptHolder,
    text: String,
    field: &str,
    words: String,
    status: StatusCode,
) -> Answer {
    let problem = Problem { field: field.to_owned(), text: words };
    let view = own::view(app, holder, Draft { text, problems: vec![problem], ..Draft::default() })?;
    Ok(page::html(status, &view))
}

/// A form of one click: read, checked, asked. A refusal brings the page again with the reason.
async fn click(app: &App, holder: &ReceiptHolder, command: Command, done: &str) -> Answer {
    clicked(app, holder, execute(app, &holder.actor, &holder.case.id, command, None).await, done)
}

/// What a click is answered with.
fn clicked(app: &App, holder: &ReceiptHolder, came: Result<Done, Error>, done: &str) -> Answer {
    match came {
        Ok(_) => Ok(back(done)),
        Err(Error::Refused(refusal)) => {
            let problem = Problem { field: String::new(), text: refusal.to_string() };
            let view = own::view(app, holder, Draft { problems: vec![problem], ..Draft::default() })?;
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view))
        }
        Err(other) => Err(other.into()),
    }
}

/// `POST /receipt/nudge`. A second click within the day is answered like the first.
async fn nudge(State(app): State<App>, holder: ReceiptHolder, request: Request) -> Answer {
    let fields = Fields::read(request, &[]).await?;
    holder.check(fields.get("csrf"))?;
    match execute(&app, &holder.actor, &holder.case.id, Command::Nudge, None).await {
        Ok(_) => Ok(back("nudge")),
        Err(Error::Refused(Refusal::NudgedBefore { .. })) => Ok(page::see_other("/receipt")),
        Err(Error::Refused(refusal)) => {
            let problem = Problem { field: String::new(), text: refusal.to_string() };
            let view = own::view(&app, &holder, Draft { problems: vec![problem], ..Draft::default() })?;
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view))
        }
        Err(other) => Err(other.into()),
    }
}

/// `POST /receipt/credit`
async fn credit(State(app): State<App>, holder: ReceiptHolder, request: Request) -> Answer {
    let fields = Fields::read(request, &[]).await?;
    holder.check(fields.get("csrf"))?;
    let mut problems = Problems::new();
    let chosen = questions::read_credit(&fields, &mut problems);
    if !problems.is_empty() {
        let view = own::view(&app, &holder, Draft { credit: Some((fields, problems)), ..Draft::default() })?;
        return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view));
    }
    match chosen {
        Some(credit) => click(&app, &holder, Command::ChooseCredit { credit }, "credit").await,
        // "Decide later" changes nothing that was chosen.
        None => Ok(page::see_other("/receipt")),
    }
}

/// `POST /receipt/key`: letters are encrypted to another key from now on, or not at all.
async fn key(State(app): State<App>, holder: ReceiptHolder, request: Request) -> Answer {
    let fields = Fields::read(request, &[]).await?;
    holder.check(fields.get("csrf"))?;
    let pgp_key = match fields.get("letters") {
        "clear" => String::new(),
        _ if fields.get("pgp_key").trim().is_empty() => {
            let problem = Problem { field: "pgp_key".into(), text: "Paste your public OpenPGP key".into() };
            let view = own::view(&app, &holder, Draft { problems: vec![problem], ..Draft::default() })?;
            return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view));
        }
        _ => fields.get("pgp_key").replace("\r\n", "\n"),
    };
    click(&app, &holder, Command::GiveKey { pgp_key }, "key").await
}

/// An answer to what the team asked. What was asked anew since the page was made is shown instead, with the words kept.
async fn answer(app: &App, holder: &ReceiptHolder, wish: Wish, fields: &Fields, done: &str) -> Answer {
    let changed = |holder: &ReceiptHolder| {
        let words = "What you were asked has changed while you answered, so your answer was not taken. Look at it, and \
                     answer again; what you wrote stands in the message below";
        write_again(app, holder, wish.text().to_owned(), "", words.into(), StatusCode::CONFLICT)
    };
    if wish.was_asked_anew(&holder.case, shown(fields).unwrap_or(app.now())) {
        return changed(holder);
    }
    // What is asked anew from here on is refused with the command itself.
    let command = wish.clone().command(&holder.case);
    match execute(app, &holder.actor, &holder.case.id, command, None).await {
        Err(Error::Refused(Refusal::AskedAnew)) => {
            let case = load_case(app, &holder.actor, &holder.case.id).await?;
            changed(&ReceiptHolder { case, ..holder.clone() })
        }
        came => clicked(app, holder, came, done),
    }
}

/// `POST /receipt/embargo`: agrees to a proposed date, or declines it. An answer given before stands.
async fn embargo(State(app): State<App>, holder: ReceiptHolder, request: Request) -> Answer {
    let fields = Fields::read(request, &[]).await?;
    holder.check(fields.get("csrf"))?;
    let agree = match fields.get("agree") {
        "yes" => true,
        "no" => false,
        _ => return Ok(errors::bad_form("It says neither yes nor no to the date. Nothing was changed.")),
    };
    if holder.case.embargo.as_ref().is_none_or(|embargo| embargo.agreed) {
        return Ok(page::see_other("/receipt"));
    }
    let text = fields.get("text").replace("\r\n", "\n");
    answer(&app, &holder, Wish::Embargo { agree, text }, &fields, "embargo").await
}

/// `POST /receipt/summary`: agrees to the text about the closed report, or not. An answer given before stands.
async fn summary(State(app): State<App>, holder: ReceiptHolder, request: Request) -> Answer {
    let fields = Fields::read(request, &[]).await?;
    holder.check(fields.get("csrf"))?;
    let agree = match fields.get("agree") {
        "yes" => true,
        "no" => false,
        _ => return Ok(errors::bad_form("It says neither yes nor no to the text. Nothing was changed.")),
    };
    if holder.case.summary.as_ref().is_none_or(|summary| summary.state != SummaryState::Proposed) {
        return Ok(page::see_other("/receipt"));
    }
    let text = fields.get("text").replace("\r\n", "\n");
    answer(&app, &holder, Wish::Summary { agree, text }, &fields, "summary").await
}

/// `POST /receipt/issue`: agrees to the text for a public issue, or not. An answer given before stands.
async fn issue(State(app): State<App>, holder: ReceiptHolder, request: Request) -> Answer {
    let fields = Fields::read(request, &[]).await?;
    holder.check(fields.get("csrf"))?;
    let agree = match fields.get("agree") {
        "yes" => true,
        "no" => false,
        _ => return Ok(errors::bad_form("It says neither yes nor no to the text. Nothing was changed.")),
    };
    if holder.case.issue.as_ref().is_none_or(|issue| issue.agreed.is_some() || issue.url.is_some()) {
        return Ok(page::see_other("/receipt"));
    }
    let text = fields.get("words").replace("\r\n", "\n");
    answer(&app, &holder, Wish::Issue { agree, text }, &fields, "issue").await
}

/// `POST /receipt/retest`: whether the fix holds. An answer given before stands.
async fn retest(State(app): State<App>, holder: ReceiptHolder, request: Request) -> Answer {
    let fields = Fields::read(request, &[]).await?;
    holder.check(fields.get("csrf"))?;
    let holds = match fields.get("holds") {
        "yes" => true,
        "no" => false,
        _ => return Ok(errors::bad_form("It does not say whether the problem is gone. Nothing was changed.")),
    };
    if holder.case.retests.iter().all(|known| known.found.is_some()) {
        return Ok(page::see_other("/receipt"));
    }
    let text = fields.get("saw").replace("\r\n", "\n");
    click(&app, &holder, Command::Retest { holds, text }, "retest").await
}

/// `POST /receipt/appeal`: asks that somebody else look at the verdict again. What was asked before stands.
async fn appeal(State(app): State<App>, holder: ReceiptHolder, request: Request) -> Answer {
    let fields = Fields::read(request, &[]).await?;
    holder.check(fields.get("csrf"))?;
    if !candor_core::appeals::may_appeal(&holder.case, words::number(&holder)) {
        return Ok(page::see_other("/receipt"));
    }
    let text = fields.get("why").replace("\r\n", "\n");
    click(&app, &holder, Command::Appeal { text }, "appeal").await
}

/// `GET /receipt/withdraw`: what will be so afterwards.
async fn withdraw_page(State(app): State<App>, holder: ReceiptHolder) -> Answer {
    if !holder.case.state.is_open() {
        return Ok(page::see_other("/receipt"));
    }
    Ok(page::html(StatusCode::OK, &withdraw_view(&app, &holder)?))
}

fn withdraw_view(app: &App, holder: &ReceiptHolder) -> Result<ReporterCheck, Error> {
    let policy = policy_of(app, &holder.case)?;
    let mut shell = page::program_shell(app, &policy, "receipt");
    shell.csrf.clone_from(&holder.csrf);
    Ok(withdraw_check(shell))
}

/// What is asked before a report is taken back.
fn withdraw_check(shell: Shell) -> ReporterCheck {
    ReporterCheck {
        shell,
        title: "Withdraw your report?".into(),
        consequences: vec![
            "The team is told at once, and the case ends unless the team goes on with it.".into(),
            "What you sent stays with the team, sealed. It is not published.".into(),
            "Your receipt goes on opening this page, and you can still write.".into(),
        ],
        action: "/receipt/withdraw".into(),
        groups: vec![Group::new(
            "",
            "",
            vec![Field::area("text", "Why", 4).note("optional").hint("Such as: it turned out not to be a problem.")],
        )],
        problems: Vec::new(),
        submit: "Withdraw the report".into(),
        back: "/receipt".into(),
    }
}

/// `POST /receipt/withdraw`. Once it is taken back, asking again changes nothing.
async fn withdraw(State(app): State<App>, holder: ReceiptHolder, request: Request) -> Answer {
    let fields = Fields::read(request, &[]).await?;
    holder.check(fields.get("csrf"))?;
    if !holder.case.state.is_open() {
        return Ok(page::see_other("/receipt"));
    }
    let text = fields.get("text").replace("\r\n", "\n");
    click(&app, &holder, Command::Withdraw { text }, "withdraw").await
}

/// `GET /receipt/files/{file}`: always a download, whatever it claims to be.
async fn file(State(app): State<App>, holder: ReceiptHolder, Path(id): Path<String>) -> Answer {
    if !words::shown_files(&holder).any(|file| file.id.as_str() == id) {
        return Err(Error::NotFound.into());
    }
    let place = guard::place(&app, Heavy::Export, &format!("{}/{}", holder.case.id, holder.actor.name()))?;
    let (file, reader) = files::open_file(&app, &holder.actor, &holder.case.id, &id).await?;
    Ok(download(&file, reader, place))
}

/// A file as an answer, opened while it is sent; then the place is free again.
pub fn download(file: &FileRef, reader: crate::store::blobs::BlobReader, place: Place) -> Response {
    let stream = futures_util::stream::try_unfold((reader, place), |(mut reader, place)| async move {
        let next = reader.next().await.map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(next.map(|bytes| (Bytes::from(bytes), (reader, place))))
    });
    let mut answer = Body::from_stream(stream).into_response();
    as_download(answer.headers_mut(), &file.name);
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(file.size));
    answer
}
