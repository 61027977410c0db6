//! `/desk/settings/letters`: the words of a program's letters, with a preview.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use candor_core::id::ProgramSlug;
use candor_core::notices::NoticeKind;
use candor_core::policy::Policy;
use std::sync::Arc;

use super::fields::Fields;
use super::page;
use super::session::{Member, Rejection};
use super::views::letters::{LetterPage, LettersOf, LettersPage};
use super::views::{Field, Link, Problem, Row};
use crate::app::App;
use crate::error::Error;
use crate::letters::{self, KINDS, PLACES, Put, label};

const HERE: &str = "/desk/settings/letters";

/// The addresses of letters' words.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/desk/settings/letters", get(list))
        .route("/desk/settings/letters/{program}/{kind}", get(show).post(change))
}

/// `GET /desk/settings/letters`
async fn list(State(app): State<App>, member: Member) -> Result<Response, Rejection> {
    member.manages()?;
    let mut programs = Vec::new();
    for policy in app.programs() {
        let slug = &policy.program.slug;
        let mut rows = Vec::new();
        for kind in KINDS {
            let own = letters::get(&app, slug, kind).await?.is_some();
            rows.push((Link::new(label(kind), format!("{HERE}/{slug}/{}", kind.name())), own));
        }
        programs.push(LettersOf { name: policy.program.name.clone(), rows });
    }
    Ok(page::html(StatusCode::OK, &LettersPage { shell: member.shell(&app, "settings"), programs }))
}

fn found(app: &App, program: &str, kind: &str) -> Result<(Arc<Policy>, NoticeKind), Error> {
    let policy = app.policy(&ProgramSlug(program.to_owned())).ok_or(Error::NotFound)?;
    let kind = NoticeKind::from_name(kind).filter(|kind| KINDS.contains(kind)).ok_or(Error::NotFound)?;
    Ok((policy, kind))
}

/// `GET /desk/settings/letters/{program}/{kind}`
async fn show(
    State(app): State<App>,
    member: Member,
    Path((program, kind)): Path<(String, String)>,
) -> Result<Response, Rejection> {
    member.manages()?;
    let (policy, kind) = found(&app, &program, kind.as_str())?;
    let kept = letters::get(&app, &policy.program.slug, kind).await?;
    let is_own = kept.is_some();
    let text = kept.unwrap_or_else(|| letters::usual().to_owned());
    view(&app, &member, &policy, kind, &text, is_own, StatusCode::OK)
}

/// `POST /desk/settings/letters/{program}/{kind}`
async fn change(
    State(app): State<App>,
    member: Member,
    Path((program, kind)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    member.manages()?;
    let (policy, kind) = found(&app, &program, kind.as_str())?;
    let slug = &policy.program.slug;
    let text = fields.get("text").to_owned();
    let kept = match fields.get("act") {
        "save" => letters::put(&app, slug, kind, Some(&text)).await,
        "reset" => letters::put(&app, slug, kind, None).await,
        _ => {
            let is_own = letters::get(&app, slug, kind).await?.is_some();
            return view(&app, &member, &policy, kind, &text, is_own, StatusCode::OK);
        }
    };
    match kept {
        Ok(()) => Ok(page::see_other(&format!("{HERE}/{slug}/{}", kind.name()))),
        Err(Put::Broken(_)) => {
            let is_own = letters::get(&app, slug, kind).await?.is_some();
            view(&app, &member, &policy, kind, &text, is_own, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(Put::Store(why)) => Err(why.into()),
    }
}

fn view(
    app: &App,
    member: &Member,
    policy: &Policy,
    kind: NoticeKind,
    text: &str,
    is_own: bool,
    status: StatusCode,
) -> Result<Response, Rejection> {
    let shown = letters::preview(text, kind, &policy.program.name);
    let problem = shown.as_ref().err().map(ToString::to_string);
    let hint = "The first line is `Subject:` and the subject, then an empty line, then the letter.";
    Ok(page::html(
        status,
        &LetterPage {
            shell: member.shell(app, "settings"),
            title: label(kind).to_owned(),
            program: policy.program.name.clone(),
            action: format!("{HERE}/{}/{}", policy.program.slug, kind.name()),
            field: Field::area("text", "Text of the letter", 18).hint(hint).value(text).error(problem.clone()),
            places: PLACES.iter().map(|(name, what)| Row::new(format!("{{{{{name}}}}}"), *what)).collect(),
            preview: shown.ok(),
            is_own,
            problems: problem.into_iter().map(|text| Problem { field: "text".into(), text }).collect(),
        },
    ))
}
