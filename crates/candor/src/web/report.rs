//! `/{program}/report`: the form of a policy. Nothing typed is lost: a mistake brings the page again with every answer
//! and the files that came; a double send brings the same receipt again.

pub mod files; // sealed while they come
pub mod questions; // what the form asks, and what the answers mean
pub mod sealed; // what only members of the team can open

use super::errors::{self, Answer};
use super::fields::{self, Fields};
use super::guard::Visitor;
use super::page;
use super::session::FormNonce;
use super::views::Link;
use super::views::parts::Notice;
use super::views::public::ErrorPage;
use super::views::report::{HintView, PromisedDate, ReceiptPage, ReportForm};
use super::views::{Problem, TimeView, parts};
use crate::app::App;
use crate::error::Error;
use crate::execute::public;
use crate::execute::report::{Filed, NewReport, file_report};
use crate::throttle::work;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use candor_core::access::Actor;
use candor_core::event::{Channel, FileRef, ReportFacts};
use candor_core::evidence;
use candor_core::id::ProgramSlug;
use candor_core::policy::{Policy, PromiseKind, ScannerRule};
use candor_core::{promises, scope};
use files::Uploads;
use jiff::{SignedDuration, Timestamp};
use questions::Problems;
use std::sync::Arc;

/// Name of this door where floods are counted.
const LANE: &str = "form";
/// While the form is flooded, it is taken this long after it was shown.
const FLOOD_WAIT: SignedDuration = SignedDuration::from_secs(20);

/// The form's addresses.
pub fn routes() -> Router<App> {
    // Files are measured while they come; the texts have limits of their own.
    Router::new()
        .route("/{program}/report", get(form).post(file))
        .route("/{program}/report/sealed", get(sealed::form).post(sealed::file))
        .layer(DefaultBodyLimit::disable())
}

/// `GET /{program}/report`
async fn form(State(app): State<App>, Path(program): Path<String>) -> Answer {
    let policy = app.policy(&ProgramSlug(program)).ok_or(Error::NotFound)?;
    if let Some(closed) = closed(&app, &policy) {
        return Ok(closed);
    }
    let number = FormNonce::fresh(&app).text(&app, &form_of(&policy))?;
    let again = Again {
        number,
        answers: &Fields::default(),
        problems: Problems::new(),
        words: None,
        files: &[],
        of_files: None,
        hints: None,
        missing: Vec::new(),
    };
    Ok(page::html(StatusCode::OK, &view(&app, &policy, again)?))
}

/// `POST /{program}/report`
async fn file(State(app): State<App>, Path(program): Path<String>, visitor: Visitor, request: Request) -> Answer {
    let policy = app.policy(&ProgramSlug(program)).ok_or(Error::NotFound)?;
    if let Some(closed) = closed(&app, &policy) {
        return Ok(closed);
    }
    let whole_limit = app.config.file_limit.saturating_mul(app.config.files_limit as u64) + fields::PLAIN_BYTES as u64;
    if content_length(&request).is_some_and(|length| length > whole_limit) {
        return Ok(too_large(&app));
    }
    let flooded = app.throttle.is_flooded(LANE, app.config.flood(), app.now());
    let mut slowed = app.throttle.rate("report", visitor.0, app.config.report_rate_when(flooded), app.now()).err();
    let mut uploads = Uploads::new(&app, slowed.is_none());
    let (answers, whole) = match fields::read_with_files(request, &["kept", "files"], &mut uploads).await {
        Ok(read) => read,
        Err(trouble) => return Ok(trouble.answer()),
    };
    let number = answers.get("once").to_owned();
    let mut files = files::carried(&app, &number, answers.all("kept"))?;
    files.append(&mut uploads.done);
    let over = files.len().saturating_sub(app.config.files_limit);
    if over > 0 {
        files.truncate(app.config.files_limit);
        uploads.problem.get_or_insert(format!("No more than {} files can be sent at once", app.config.files_limit));
    }
    let nonce = FormNonce::read(&app, &form_of(&policy), &number).ok();
    // Each form is filed once, so the work for it counts once.
    let worked = flooded
        && nonce.as_ref().is_some_and(|nonce| {
            let key = app.shared_form_key();
            work::check(&key, &form_of(&policy), &nonce.id, answers.get("work"), app.now()).is_ok()
        });
    if worked && slowed.is_some() {
        slowed = app.throttle.rate("report worked for", visitor.0, app.config.report_rate, app.now()).err();
    }
    let fresh = || FormNonce::fresh(&app).text(&app, &form_of(&policy));
    let (said, problems) = questions::read(&policy, &answers);
    let mut again = Again {
        number,
        answers: &answers,
        problems,
        words: None,
        files: &files,
        of_files: uploads.problem,
        hints: None,
        missing: Vec::new(),
    };

    if let Some(failure) = uploads.failure {
        again.words = Some(failure.to_string());
        let status = errors::status(&failure);
        errors::log(&failure);
        return Ok(page::html(status, &view(&app, &policy, again)?));
    }
    if let Some(wait) = slowed {
        again.words = Some(format!(
            "Many reports came from your network in a short time. Yours was not taken yet; everything you typed is \
             still here. Send it again in {}.",
            if wait.seconds() < 90 {
                format!("{} seconds", wait.seconds())
            } else {
                format!("{} minutes", wait.seconds().div_ceil(60))
            }
        ));
        let mut answer = page::html(StatusCode::TOO_MANY_REQUESTS, &view(&app, &policy, again)?);
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.seconds()));
        return Ok(answer);
    }
    let Some(nonce) = nonce else {
        again.number = fresh()?;
        again.words = Some("This page lay open for a long time, or did not come from here. Nothing was sent yet; look over your answers and send them again".into());
        return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view(&app, &policy, again)?));
    };
    if again.of_files.is_some() || !again.problems.is_empty() || !whole {
        let status = if whole { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::PAYLOAD_TOO_LARGE };
        return Ok(page::html(status, &view(&app, &policy, again)?));
    }
    let mut facts = said.facts;
    if answers.get("do") == "look" {
        // Nothing is sent yet: the page again, with what the policy says of it.
        let mut said = hints(&facts, &policy, app.now());
        said.extend(public::hints(&app, &policy, &facts).await?.into_iter().map(hint_view));
        again.hints = Some(said);
        facts.files.clone_from(&files);
        again.missing = evidence::asked(&facts, &policy, evidence::lane_of(&facts, &policy));
        return Ok(page::html(StatusCode::OK, &view(&app, &policy, again)?));
    }
    // Programs send as fast as they can, people need a moment to write. Who wrote faster sends the same page again.
    if let Some(left) = (flooded && !worked).then(|| FLOOD_WAIT - nonce.age(&app)).filter(|left| left.is_positive()) {
        again.words = Some(format!(
            "Very many reports are coming in just now. So that yours is not lost among them, a form is taken {} seconds \
             after it was opened. Everything you typed is still here: send it again in {} seconds.",
            FLOOD_WAIT.as_secs(),
            left.as_secs()
        ));
        let mut answer = page::html(StatusCode::TOO_MANY_REQUESTS, &view(&app, &policy, again)?);
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(left.as_secs()));
        return Ok(answer);
    }
    facts.files.clone_from(&files);
    let has_address = !said.contact.email.is_empty();
    let report =
        NewReport { channel: Channel::Form, facts, contact: said.contact, credit: said.credit, received_at: None };
    let filed = file_report(&app, &Actor::Public, &policy.program.slug, report, Some(&nonce.id)).await;
    match filed {
        Ok(filed) => {
            app.throttle.count(LANE, app.now());
            // A double send brought its files a second time; those of the first are the case's.
            Uploads::drop_unused(&app, &files).await;
            Ok(page::html(StatusCode::OK, &receipt(&app, &policy, &filed, has_address, files.len() as u64)))
        }
        Err(Error::Refused(refusal)) => {
            match questions::field_of(&refusal) {
                "" => again.words = Some(refusal.to_string()),
                field => drop(again.problems.insert(field.to_owned(), refusal.to_string())),
            }
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view(&app, &policy, again)?))
        }
        Err(Error::KeyReused) => {
            again.number = fresh()?;
            again.words = Some(
                "This form was sent before, with other answers; that report is here already. If this is another \
                 finding, send it now. To add to the first one, use its receipt"
                    .into(),
            );
            Ok(page::html(StatusCode::CONFLICT, &view(&app, &policy, again)?))
        }
        Err(failure) => {
            errors::log(&failure);
            again.words = Some(failure.to_string());
            Ok(page::html(errors::status(&failure), &view(&app, &policy, again)?))
        }
    }
}

/// What the policy says that may concern the answers. It helps to write the report, and turns none away.
fn hints(facts: &ReportFacts, policy: &Policy, now: Timestamp) -> Vec<HintView> {
    scope::hints(facts, policy, now).into_iter().map(hint_view).collect()
}

fn hint_view(hint: scope::Hint) -> HintView {
    HintView {
        text: hint.text,
        clause: hint.clause.unwrap_or_default(),
        to: hint.to.map(|to| {
            let href = if to.contains("://") { to.clone() } else { format!("mailto:{to}") };
            Link::new(to, href)
        }),
    }
}

fn form_of(policy: &Policy) -> String {
    format!("report/{}", policy.program.slug)
}

fn content_length(request: &Request) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// 413 before anything was read.
fn too_large(app: &App) -> Response {
    let mut answer = errors::said(
        StatusCode::PAYLOAD_TOO_LARGE,
        "That is more than can be sent at once",
        &format!("{} Nothing was saved. Go back in your browser and leave some files out.", files::limits(app)),
    );
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// What is said when no report can be taken here: the ways that are open.
fn closed(app: &App, policy: &Policy) -> Option<Response> {
    let (status, title, words) = if app.keys().is_err() && !app.only_seals() {
        let words = "Reports cannot be sealed at the moment, so none is taken in. Nothing you sent before is lost.";
        (StatusCode::SERVICE_UNAVAILABLE, "We cannot take reports here right now", words)
    } else if !policy.channels.form {
        (StatusCode::OK, "Reports come in another way", "This program takes no reports through a form.")
    } else {
        return None;
    };
    let links = other_ways(policy);
    let mut words = vec![words.to_owned()];
    if !links.is_empty() {
        words.push("Use one of these ways:".into());
    }
    let shell = page::program_shell(app, policy, "report");
    Some(page::html(status, &ErrorPage { shell, title: title.into(), words, links }))
}

/// Ways to report besides the form.
pub fn other_ways(policy: &Policy) -> Vec<Link> {
    let mut ways = Vec::new();
    let public = || policy.contacts.iter().filter(|contact| contact.public).map(|contact| contact.email.clone());
    if let Some(address) = policy.channels.email.clone().or_else(|| public().next()) {
        ways.push(Link::new(format!("By mail to {address}"), format!("mailto:{address}")));
    }
    if let Some(portal) = &policy.channels.portal {
        ways.push(Link::new(&portal.text, &portal.url));
    }
    ways
}

/// The form as it is to be shown: fresh, or again.
struct Again<'a> {
    number: String,
    answers: &'a Fields,
    problems: Problems,
    /// What is wrong with the whole.
    words: Option<String>,
    files: &'a [FileRef],
    of_files: Option<String>,
    /// What the policy says of the answers, when that was asked for.
    hints: Option<Vec<HintView>>,
    /// What the policy asks for besides, when that was asked for.
    missing: Vec<String>,
}

fn view(app: &App, policy: &Arc<Policy>, again: Again<'_>) -> Result<ReportForm, Error> {
    let files = files::questions(app, &again.number, again.files, again.of_files)?;
    let groups = questions::groups(policy, again.answers, &again.problems, files);
    let mut problems: Vec<Problem> =
        again.words.into_iter().map(|text| Problem { field: String::new(), text }).collect();
    problems.extend(parts::problems(&groups));
    // A problem of a field that this form does not show is said all the same.
    let shown = |name: &str| groups.iter().any(|group| group.fields.iter().any(|field| field.name == name));
    for (name, text) in &again.problems {
        if !shown(name) {
            problems.push(Problem { field: String::new(), text: text.clone() });
        }
    }
    let now = app.now();
    let zone = page::zone(policy);
    let promises = promises::forecast(policy, now)
        .into_iter()
        .map(|(promise, due)| PromisedDate {
            what: promise.what,
            kind: kind(promise.kind).into(),
            due: TimeView::new(due, &zone, now),
        })
        .collect();
    let mut leave_out = policy.channels.never.clone();
    for out in policy.out_clauses() {
        let instead = if out.more.is_empty() { String::new() } else { format!(" Instead: {}", out.more) };
        let to = out.to.filter(|to| !out.more.contains(to.as_str())).map(|to| format!(" {to}")).unwrap_or_default();
        leave_out.push(format!("Not covered here: {}{instead}{to}", out.what));
    }
    for known in policy.known_clauses() {
        leave_out.push(format!("Known, and no vulnerability ({}): {} {}", known.name, known.what, known.more));
    }
    leave_out.push("Data of other people: stop where you see it, and describe it instead.".into());
    leave_out.push("Passwords, tokens and keys that still work.".into());
    if policy.report.scanner == ScannerRule::VerifiedOnly {
        leave_out.push("Output of a scanner that nobody has verified.".into());
    }
    let mut shell = page::program_shell(app, policy, "report");
    if shell.notice.is_none() {
        shell.notice = policy.pause_at(now).map(|pause| Notice::paused(pause, &zone));
    }
    let flood = app.config.flood();
    let number =
        app.throttle.is_flooded(LANE, flood, now).then(|| FormNonce::read(app, &form_of(policy), &again.number));
    let work = number.and_then(Result::ok).map(|number| {
        let bits = work::bits(app.throttle.load(LANE, now), flood);
        let challenge = work::challenge(&app.shared_form_key(), &form_of(policy), &number.id, bits, now);
        (challenge, super::views::assets::url("work.js"))
    });
    Ok(ReportForm {
        shell,
        work,
        action: format!("/{}/report", policy.program.slug),
        once: again.number,
        introduction: policy.report.introduction.clone(),
        groups,
        problems,
        promises,
        readers: readers(policy),
        leave_out,
        other_ways: other_ways(policy)
            .into_iter()
            .chain([Link::new(
                "Encrypted, so that this server cannot read it",
                format!("/{}/report/sealed", policy.program.slug),
            )])
            .collect(),
        hints: again.hints,
        missing: again.missing,
    })
}

/// Who reads a report: names where they are public, else roles.
fn readers(policy: &Policy) -> Vec<String> {
    let word = |contact: &candor_core::policy::Contact| match &contact.name {
        Some(name) if contact.public => format!("{name}, {}", contact.role),
        _ => contact.role.clone(),
    };
    policy.contacts.iter().map(word).collect()
}

/// The word for a kind of promise.
pub fn kind(kind: PromiseKind) -> &'static str {
    match kind {
        PromiseKind::Commitment => "commitment",
        PromiseKind::Target => "target",
    }
}

fn receipt(app: &App, policy: &Policy, filed: &Filed, has_address: bool, files: u64) -> ReceiptPage {
    let (zone, now): (_, Timestamp) = (page::zone(policy), app.now());
    ReceiptPage {
        shell: page::program_shell(app, policy, ""),
        groups: filed.receipt.split('-').map(str::to_owned).collect(),
        received: TimeView::new(filed.received_at, &zone, now),
        promises: filed
            .promises
            .iter()
            .map(|promise| PromisedDate {
                what: promise.what.clone(),
                kind: kind(promise.kind).into(),
                due: TimeView::new(promise.due, &zone, now),
            })
            .collect(),
        has_address,
        files,
        missing: filed.missing.clone(),
        hints: filed.hints.clone(),
    }
}
