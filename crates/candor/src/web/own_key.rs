//! `/desk/settings/key`: the OpenPGP key with which a member signs mail. Each member gives their own and nobody else's.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::fields::Fields;
use super::page;
use super::session::{Member, Rejection};
use super::views::openpgp_keys::{OwnKeyPage, OwnKeyView};
use super::views::{Field, Problem, TimeView};
use crate::accounts::{self, AccountError};
use crate::app::App;
use crate::error::Error;
use crate::openpgp::words::grouped;

const HERE: &str = "/desk/settings/key";

/// The addresses of a member's own key.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/desk/settings/key", get(show).post(change))
        .route("/desk/settings/key/remove", get(back).post(remove))
}

/// A page that only answers to its form: whoever comes back from a proof of the second factor lands here.
async fn back(_member: Member) -> Response {
    page::see_other(HERE)
}

/// `GET /desk/settings/key`
async fn show(State(app): State<App>, member: Member) -> Result<Response, Rejection> {
    Ok(page::html(StatusCode::OK, &view(&app, &member, "", None).await?))
}

async fn read(app: &App, member: &Member, request: Request) -> Result<Fields, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    member.fresh(app, HERE)?;
    Ok(fields)
}

/// `POST /desk/settings/key`: this key from now on.
async fn change(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let fields = read(&app, &member, request).await?;
    match accounts::openpgp::put(&app, &member.view, fields.get("openpgp").as_bytes()).await {
        Ok(_) => Ok(page::see_other(HERE)),
        Err(AccountError::Objections(objections)) => {
            let why = objections.into_iter().map(|objection| objection.text).collect::<Vec<_>>().join("; ");
            let page = view(&app, &member, fields.get("openpgp"), Some(why)).await?;
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(AccountError::Gone) => Err(Error::NotFound.into()),
        Err(AccountError::Other(why)) => Err(why.into()),
    }
}

/// `POST /desk/settings/key/remove`
async fn remove(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    read(&app, &member, request).await?;
    accounts::openpgp::remove(&app, member.id()).await?;
    Ok(page::see_other(HERE))
}

async fn view(app: &App, member: &Member, typed: &str, problem: Option<String>) -> Result<OwnKeyPage, Error> {
    let now = app.now();
    let own = accounts::openpgp::get(app, member.id()).await?.map(|own| {
        let view = own.certificate.view(now);
        OwnKeyView {
            fingerprint: grouped(&own.certificate.fingerprint()),
            since: TimeView::new(own.since, &jiff::tz::TimeZone::UTC, now),
            ends: view.expires.map(|end| end.strftime("%F").to_string()).unwrap_or_else(|| "never".into()),
            names: view.user_ids,
            problem: accounts::openpgp::serves(&own.certificate, &member.view, now).err(),
        }
    });
    let title = if own.is_some() { "Another public key" } else { "Your public key" };
    let field = Field::area("openpgp", title, 6)
        .hint("As `gpg --armor --export` with your address writes it. It must carry your address and be able to sign.")
        .required();
    Ok(OwnKeyPage {
        shell: member.shell(app, "settings"),
        own,
        address: member.view.email.clone(),
        field: field.value(typed).error(problem.clone()),
        problems: problem.into_iter().map(|text| Problem { field: "openpgp".into(), text }).collect(),
    })
}
