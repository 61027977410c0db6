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
        .route("/desk/settings/letters/{program}/{kind}/{language}", get(show).post(change))
}

/// `GET /desk/settings/letters`
async fn list(State(app): State<App>, member: Member) -> Result<Response, Rejection> {
    member.manages()?;
    let mut programs = Vec::new();
    for policy in app.programs() {
        let slug = &policy.program.slug;
        let mut rows = Vec::new();
        let languages = letters::languages(&policy);
        for kind in KINDS {
            for language in &languages {
                let own = letters::get(&app, slug, kind, language).await?.is_some();
                let text =
                    if languages.len() == 1 { label(kind).to_owned() } else { format!("{} ({language})", label(kind)) };
                rows.push((Link::new(text, format!("{HERE}/{slug}/{}/{language}", kind.name())), own));
            }
        }
        programs.push(LettersOf { name: policy.program.name.clone(), rows });
    }
    Ok(page::html(StatusCode::OK, &LettersPage { shell: member.shell(&app, "settings"), programs }))
}

/// Which letter: the program's policy, the kind, the language.
struct Which {
    policy: Arc<Policy>,
    kind: NoticeKind,
    language: String,
}

fn found(app: &App, program: &str, kind: &str, language: &str) -> Result<Which, Error> {
    let policy = app.policy(&ProgramSlug(program.to_owned())).ok_or(Error::NotFound)?;
    let kind = NoticeKind::from_name(kind).filter(|kind| KINDS.contains(kind)).ok_or(Error::NotFound)?;
    let language = letters::languages(&policy).into_iter().find(|known| known == language).ok_or(Error::NotFound)?;
    Ok(Which { policy, kind, language })
}

/// `GET /desk/settings/letters/{program}/{kind}/{language}`
async fn show(
    State(app): State<App>,
    member: Member,
    Path((program, kind, language)): Path<(String, String, String)>,
) -> Result<Response, Rejection> {
    member.manages()?;
    let which = found(&app, &program, &kind, &language)?;
    let kept = letters::get(&app, &which.policy.program.slug, which.kind, &which.language).await?;
    let is_own = kept.is_some();
    let text = kept.unwrap_or_else(|| letters::usual().to_owned());
    view(&app, &member, &which, &text, is_own, StatusCode::OK)
}

/// `POST /desk/settings/letters/{program}/{kind}/{language}`
async fn change(
    State(app): State<App>,
    member: Member,
    Path((program, kind, language)): Path<(String, String, String)>,
    request: Request,
) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    member.manages()?;
    let which = found(&app, &program, &kind, &language)?;
    let slug = &which.policy.program.slug;
    let text = fields.get("text").to_owned();
    let kept = match fields.get("act") {
        "save" => letters::put(&app, slug, which.kind, &language, Some(&text)).await,
        "reset" => letters::put(&app, slug, which.kind, &language, None).await,
        _ => {
            let is_own = letters::get(&app, slug, which.kind, &language).await?.is_some();
            return view(&app, &member, &which, &text, is_own, StatusCode::OK);
        }
    };
    match kept {
        Ok(()) => Ok(page::see_other(&format!("{HERE}/{slug}/{}/{language}", which.kind.name()))),
        Err(Put::Broken(_)) => {
            let is_own = letters::get(&app, slug, which.kind, &language).await?.is_some();
            view(&app, &member, &which, &text, is_own, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(Put::Store(why)) => Err(why.into()),
    }
}

fn view(
    app: &App,
    member: &Member,
    Which { policy, kind, language }: &Which,
    text: &str,
    is_own: bool,
    status: StatusCode,
) -> Result<Response, Rejection> {
    let shown = letters::preview(text, *kind, &policy.program.name);
    let problem = shown.as_ref().err().map(ToString::to_string);
    let hint = "The first line is `Subject:` and the subject, then an empty line, then the letter.";
    Ok(page::html(
        status,
        &LetterPage {
            shell: member.shell(app, "settings"),
            title: label(*kind).to_owned(),
            language: language.clone(),
            program: policy.program.name.clone(),
            action: format!("{HERE}/{}/{}/{language}", policy.program.slug, kind.name()),
            field: Field::area("text", "Text of the letter", 18).hint(hint).value(text).error(problem.clone()),
            places: PLACES.iter().map(|(name, what)| Row::new(format!("{{{{{name}}}}}"), *what)).collect(),
            preview: shown.ok(),
            is_own,
            problems: problem.into_iter().map(|text| Problem { field: "text".into(), text }).collect(),
        },
    ))
}
