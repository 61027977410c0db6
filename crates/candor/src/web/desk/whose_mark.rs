//! `/desk/cases/{case}/whose-mark`: whose copy a text is that turned up elsewhere. Nothing is changed, and nothing of it is kept.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use candor_core::marks::{self, Bearer};

use super::{Names, Opened, opened, shell};
use crate::app::App;
use crate::error::Error;
use crate::execute::parties;
use crate::web::fields::Fields;
use crate::web::page;
use crate::web::session::{Member, Rejection};
use crate::web::views::case::{BearerRow, WhoseMarkPage};
use crate::web::views::parts::Field;

/// `GET /desk/cases/{case}/whose-mark`
pub async fn form(State(app): State<App>, member: Member, Path(case): Path<String>) -> Result<Response, Rejection> {
    let opened = opened(&app, &member, &case).await?;
    Ok(page::html(StatusCode::OK, &view(&app, &member, &opened, "", None).await?))
}

/// `POST /desk/cases/{case}/whose-mark`
pub async fn look(
    State(app): State<App>,
    member: Member,
    Path(case): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    let opened = opened(&app, &member, &case).await?;
    let text = fields.get("text");
    let found = parties::whose(&app, &opened.policy, &opened.case, text)?;
    Ok(page::html(StatusCode::OK, &view(&app, &member, &opened, text, Some(found)).await?))
}

async fn view(
    app: &App,
    member: &Member,
    opened: &Opened,
    text: &str,
    found: Option<Vec<Bearer>>,
) -> Result<WhoseMarkPage, Error> {
    let looked = found.is_some();
    let found = found.unwrap_or_default();
    let many = marks::named(&found).len();
    let row = |(at, one): (usize, Bearer)| BearerRow {
        name: one.name,
        how: match (one.certain, at < many) {
            (true, _) => "named by their reference",
            (false, true) => "the likeliest",
            (false, false) => "less likely",
        },
        evidence: one.evidence,
    };
    Ok(WhoseMarkPage {
        shell: shell(app, member, "case"),
        head: super::case::head(&opened.case, &opened.policy, &Names::load(app).await?),
        looked,
        rows: found.into_iter().enumerate().map(row).collect(),
        unmarked: opened.policy.disclosure.unmarked_copies,
        text: Field::area("text", "What turned up", 12)
            .hint("All of it, with the name of the file where there is one. It is looked at and not kept.")
            .value(text),
    })
}
