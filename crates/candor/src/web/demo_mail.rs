//! The letters that a demonstration would have sent. Without `--demo` there is no such page.

use super::errors::{self, Answer};
use super::page;
use super::views::desk::{DemoMail, Letter, LetterRow};
use super::views::{Row, TimeView};
use crate::app::App;
use crate::config::MailOut;
use crate::error::Error;
use crate::mail::{dir, reading};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// Letters shown in the list.
const SHOWN: usize = 200;

/// The demonstration's addresses.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/demo/mail", get(|State(app): State<App>| show(app, None)))
        .route("/demo/mail/{name}", get(|State(app): State<App>, Path(name): Path<String>| show(app, Some(name))))
}

/// `GET /demo/mail` and `GET /demo/mail/{name}`: all letters, and the one that is open.
async fn show(app: App, open: Option<String>) -> Answer {
    let MailOut::Dir(folder) = app.config.mail.clone() else { return Ok(errors::not_found()) };
    let (now, wanted) = (app.now(), open.clone());
    let (rows, letter) = tokio::task::spawn_blocking(move || letters(&folder, wanted.as_deref(), now))
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)?;
    if open.is_some() && letter.is_none() {
        return Ok(errors::not_found());
    }
    let view = DemoMail { shell: page::shell(&app, "mail"), letters: rows, open: letter, ..DemoMail::default() };
    Ok(page::html(StatusCode::OK, &view))
}

fn letters(
    folder: &std::path::Path,
    open: Option<&str>,
    now: Timestamp,
) -> std::io::Result<(Vec<LetterRow>, Option<Letter>)> {
    let mut rows = Vec::new();
    for filed in dir::list(folder)?.into_iter().take(SHOWN) {
        let Some(bytes) = dir::read(folder, &filed.name)? else { continue };
        let letter = reading::read(&bytes);
        let at = rfc2822::parse(&letter.date).map_or(now, |at| at.timestamp());
        rows.push(LetterRow {
            href: format!("/demo/mail/{}", filed.name),
            to: letter.to,
            subject: letter.subject,
            at: TimeView::new(at, &TimeZone::UTC, now),
            current: open == Some(filed.name.as_str()),
        });
    }
    let open = match open {
        Some(name) => dir::read(folder, name)?.map(|bytes| {
            let letter = reading::read(&bytes);
            let head = [("From", letter.from), ("To", letter.to), ("Subject", letter.subject), ("Date", letter.date)];
            Letter { head: head.into_iter().map(|(name, value)| Row::new(name, value)).collect(), text: letter.text }
        }),
        None => None,
    };
    Ok((rows, open))
}
