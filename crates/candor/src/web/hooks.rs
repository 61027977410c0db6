//! `/desk/settings/hooks`: who is called when something is published. One member asks for a hook, another confirms it.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use jiff::Timestamp;

use super::fields::Fields;
use super::page;
use super::session::{Member, Rejection};
use super::views::hooks::{HookRowView, HooksPage};
use super::views::{Choice, Control, Field, Problem, TimeView};
use crate::accounts;
use crate::app::App;
use crate::error::Error;
use crate::follow::hooks::{self, Asked, NoHook};
use crate::store::hooks as rows;

const HERE: &str = "/desk/settings/hooks";

/// The addresses of hooks.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/desk/settings/hooks", get(list).post(ask))
        .route("/desk/settings/hooks/{id}/confirm", post(confirm))
        .route("/desk/settings/hooks/{id}/end", post(end))
}

/// `GET /desk/settings/hooks`
async fn list(State(app): State<App>, member: Member) -> Result<Response, Rejection> {
    member.manages()?;
    Ok(page::html(StatusCode::OK, &view(&app, &member, &Fields::default(), None, None).await?))
}

async fn read(member: &Member, request: Request) -> Result<Fields, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    member.manages()?;
    Ok(fields)
}

/// `POST /desk/settings/hooks`
async fn ask(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let fields = read(&member, request).await?;
    member.fresh(&app, HERE)?;
    match hooks::ask(&app, fields.get("program"), fields.get("url"), member.id()).await {
        Ok(asked) => {
            let page = view(&app, &member, &Fields::default(), None, Some(asked)).await?;
            Ok(page::html(StatusCode::OK, &page))
        }
        Err(why) => again(&app, &member, &fields, why).await,
    }
}

/// `POST /desk/settings/hooks/{id}/confirm`
async fn confirm(
    State(app): State<App>,
    member: Member,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    let fields = read(&member, request).await?;
    member.fresh(&app, HERE)?;
    match hooks::confirm(&app, &id, member.id()).await {
        Ok(()) => Ok(page::see_other(HERE)),
        Err(why) => again(&app, &member, &fields, why).await,
    }
}

/// `POST /desk/settings/hooks/{id}/end`
async fn end(
    State(app): State<App>,
    member: Member,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    read(&member, request).await?;
    member.fresh(&app, HERE)?;
    hooks::end(&app, &id, member.id()).await?;
    Ok(page::see_other(HERE))
}

async fn again(app: &App, member: &Member, fields: &Fields, why: NoHook) -> Result<Response, Rejection> {
    if let NoHook::Store(why) = why {
        return Err(why.into());
    }
    let page = view(app, member, fields, Some(why.to_string()), None).await?;
    Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

async fn view(
    app: &App,
    member: &Member,
    typed: &Fields,
    problem: Option<String>,
    fresh: Option<Asked>,
) -> Result<HooksPage, Error> {
    let now = app.now();
    let names: Vec<(String, String)> =
        accounts::members(app).await?.into_iter().map(|member| (member.id.as_str().to_owned(), member.name)).collect();
    let name = |id: &str| names.iter().find(|(known, _)| known == id).map_or(id.to_owned(), |(_, name)| name.clone());
    let zone = jiff::tz::TimeZone::UTC;
    let rows = rows::list(&app.store)
        .await?
        .into_iter()
        .map(|row| HookRowView {
            state: match row.state.as_str() {
                "active" => "called".into(),
                "asked" => "waits for a second member".into(),
                _ => "ended".into(),
            },
            people: match &row.confirmed_by {
                Some(second) => format!("{}, confirmed by {}", name(&row.asked_by), name(second)),
                None => name(&row.asked_by),
            },
            at: TimeView::new(Timestamp::from_microsecond(row.changed_at).unwrap_or(now), &zone, now),
            can_confirm: row.state == "asked" && row.asked_by != member.id().as_str(),
            can_end: row.state != "off",
            id: row.id,
            program: row.program,
            host: row.host,
            fingerprint: row.fingerprint,
        })
        .collect();
    let programs = app
        .programs()
        .iter()
        .map(|policy| Choice::new(policy.program.slug.to_string(), policy.program.name.clone()))
        .collect();
    let mut url = Field::line("url", "Address that is called").typed("url").hint("https only, on a public host.");
    url.required = true;
    Ok(HooksPage {
        shell: member.shell(app, "settings"),
        rows,
        fresh: fresh.map(|asked| (asked.secret, asked.fingerprint)),
        fields: vec![
            Field::new("program", "Program", Control::Select(programs)).value(typed.get("program")),
            url.value(typed.get("url")).error(problem.clone()),
        ],
        problems: problem.into_iter().map(|text| Problem { field: "url".into(), text }).collect(),
    })
}
