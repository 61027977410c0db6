//! `/desk/settings/openpgp`: the OpenPGP keys of programs. The secret part goes in and never comes out here.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use candor_core::id::ProgramSlug;

use super::fields::Fields;
use super::page;
use super::session::{Member, Rejection};
use super::views::openpgp_keys::{KeyActView, KeyRowView, KeysPage};
use super::views::{Choice, Control, Field, Problem, TimeView};
use crate::accounts;
use crate::accounts::told::Change;
use crate::app::App;
use crate::error::Error;
use crate::openpgp::words::grouped;
use crate::program_keys::{self, KeyProblem, LIFE, ProgramKey};

const HERE: &str = "/desk/settings/openpgp";

/// The addresses of keys.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/desk/settings/openpgp", get(list).post(make))
        .route("/desk/settings/openpgp/import", post(import))
        .route("/desk/settings/openpgp/{program}/prolong", post(prolong))
        .route("/desk/settings/openpgp/{program}/retire", post(retire))
}

/// `GET /desk/settings/openpgp`
async fn list(State(app): State<App>, member: Member) -> Result<Response, Rejection> {
    member.manages()?;
    Ok(page::html(StatusCode::OK, &view(&app, &member, None).await?))
}

async fn read(app: &App, member: &Member, request: Request) -> Result<Fields, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    member.manages()?;
    member.fresh(app, HERE)?;
    Ok(fields)
}

/// `POST /desk/settings/openpgp`: makes a key.
async fn make(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let fields = read(&app, &member, request).await?;
    let program = ProgramSlug::from(fields.get("program"));
    let made = program_keys::make(&app, &program, app.now() + LIFE, member.id().as_str()).await;
    answer(&app, &member, begun(&app, made).await, "program").await
}

/// `POST /desk/settings/openpgp/import`
async fn import(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let fields = read(&app, &member, request).await?;
    let program = ProgramSlug::from(fields.get("import_program"));
    let given = fields.get("key").as_bytes();
    let by = member.id().as_str();
    let taken = program_keys::import(&app, &program, given, fields.get("password"), by).await;
    answer(&app, &member, begun(&app, taken).await, "key").await
}

/// A key that waits to take the place of another is told to every member.
async fn begun(app: &App, key: Result<ProgramKey, KeyProblem>) -> Result<(), KeyProblem> {
    if key?.waits {
        accounts::told::tell_all(app, Change::ProgramKey).await?;
    }
    Ok(())
}

/// `POST /desk/settings/openpgp/{program}/prolong`: two years from now.
async fn prolong(
    State(app): State<App>,
    member: Member,
    Path(program): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    read(&app, &member, request).await?;
    let done = program_keys::prolong(&app, &ProgramSlug(program), app.now() + LIFE, member.id().as_str()).await;
    answer(&app, &member, done.map(drop), "program").await
}

/// `POST /desk/settings/openpgp/{program}/retire`
async fn retire(
    State(app): State<App>,
    member: Member,
    Path(program): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    read(&app, &member, request).await?;
    let done = program_keys::retire(&app, &ProgramSlug(program), member.id().as_str()).await;
    answer(&app, &member, done, "program").await
}

async fn answer(
    app: &App,
    member: &Member,
    done: Result<(), KeyProblem>,
    field: &'static str,
) -> Result<Response, Rejection> {
    match done {
        Ok(()) => {
            app.nudge_worker();
            Ok(page::see_other(HERE))
        }
        Err(KeyProblem::Other(why)) => Err(why.into()),
        Err(why) => {
            let page = view(app, member, Some(Problem { field: field.into(), text: why.to_string() })).await?;
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn view(app: &App, member: &Member, problem: Option<Problem>) -> Result<KeysPage, Error> {
    let now = app.now();
    let zone = jiff::tz::TimeZone::UTC;
    let names: Vec<(String, String)> =
        accounts::members(app).await?.into_iter().map(|member| (member.id.as_str().to_owned(), member.name)).collect();
    let name = |id: &str| names.iter().find(|(known, _)| known == id).map_or(id.to_owned(), |(_, name)| name.clone());
    let (mut rows, mut acts) = (Vec::new(), Vec::new());
    for policy in app.programs() {
        let slug = &policy.program.slug;
        for key in program_keys::list(app, slug).await? {
            let view = key.certificate.view(now);
            rows.push(KeyRowView {
                program: slug.to_string(),
                fingerprint: grouped(&key.fingerprint),
                state: match (&key.retired, view.expires) {
                    (Some((_, by)), _) => format!("out of use, by {}", name(by)),
                    _ if key.waits => format!("waits until {} UTC", key.since.strftime("%F %H:%M")),
                    (None, Some(end)) if end <= now => "expired".into(),
                    (None, _) => format!("in use, {}", key.how),
                },
                by: name(&key.by),
                since: TimeView::new(key.since, &zone, now),
                ends: view.expires.map(|end| end.strftime("%F").to_string()).unwrap_or_else(|| "never".into()),
                in_use: key.retired.is_none() && !key.waits,
                waits: key.waits,
            });
        }
        acts.extend(program_keys::history(app, slug).await?.into_iter().map(|act| (slug.to_string(), act)));
    }
    acts.sort_by_key(|(_, act)| std::cmp::Reverse(act.at));
    let acts = acts.into_iter().map(|(program, act)| KeyActView {
        at: TimeView::new(act.at, &zone, now),
        program,
        what: act.words(),
        by: name(&act.by),
        fingerprint: grouped(&act.fingerprint),
        ends: act.ends.map(|end| end.strftime("%F").to_string()).unwrap_or_default(),
    });
    let programs: Vec<Choice> = app
        .programs()
        .iter()
        .map(|policy| Choice::new(policy.program.slug.to_string(), policy.program.name.clone()))
        .collect();
    let error = |field: &str| problem.as_ref().filter(|it| it.field == field).map(|it| it.text.clone());
    let key = Field::area("key", "Secret key", 4).hint("As gpg --export-secret-keys --armor writes it.").required();
    Ok(KeysPage {
        shell: member.shell(app, "settings"),
        acts: acts.collect(),
        rows,
        make: vec![Field::new("program", "Program", Control::Select(programs.clone())).error(error("program"))],
        import: vec![
            Field::new("import_program", "Program", Control::Select(programs)),
            key.error(error("key")),
            Field::new("password", "Its password", Control::Typed("password".into())).note("if it has one"),
        ],
        problems: problem.into_iter().collect(),
    })
}
