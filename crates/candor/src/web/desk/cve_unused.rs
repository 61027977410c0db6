//! `/desk/programs/{program}/cve`: CVE numbers that are reserved and not published, and the page before one is rejected.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use candor_core::access::Role;
use candor_core::id::{CaseId, ProgramSlug};

use super::{html, shell, zone};
use crate::app::App;
use crate::error::Error;
use crate::execute;
use crate::follow::cve::NotDone;
use crate::follow::cve_unused::{self, Holder, Reserved};
use crate::web::fields::Fields;
use crate::web::page;
use crate::web::session::{Member, Rejection};
use crate::web::views::publication::{RejectPage, ReservedPage, ReservedRow};
use crate::web::views::{Field, Link, Problem, TimeView};

/// The program, for whoever coordinates it; for everybody else there is no such page.
fn coordinated(app: &App, member: &Member, program: String) -> Result<(ProgramSlug, String), Error> {
    let slug = ProgramSlug(program);
    match app.policy(&slug).filter(|_| member.actor.may(&slug, Role::Coordinator)) {
        Some(policy) => Ok((slug, policy.program.name.clone())),
        None => Err(Error::NotFound),
    }
}

/// `GET /desk/programs/{program}/cve`
pub async fn list(State(app): State<App>, member: Member, Path(program): Path<String>) -> Result<Response, Rejection> {
    let (slug, name) = coordinated(&app, &member, program)?;
    let found = cve_unused::reservations(&app, slug.as_str()).await?;
    let can_reject = found.unasked.is_none();
    let mut rows = Vec::new();
    for known in found.numbers {
        rows.push(row(&app, &member, &slug, known, can_reject).await?);
    }
    html(&ReservedPage {
        shell: shell(&app, &member, "settings"),
        name,
        href: format!("/desk/programs/{slug}"),
        rows,
        unasked: found.unasked.map(|why| why.to_string()).unwrap_or_default(),
    })
}

async fn row(
    app: &App,
    member: &Member,
    slug: &ProgramSlug,
    known: Reserved,
    can_reject: bool,
) -> Result<ReservedRow, Error> {
    let zone = app.policy(slug).map_or(jiff::tz::TimeZone::UTC, |policy| zone(&policy));
    let reject = if can_reject && known.is_unused() {
        format!("/desk/programs/{slug}/cve/{}", known.number)
    } else {
        String::new()
    };
    let (holder, case) = match known.holder {
        Holder::Nobody => ("nobody", None),
        Holder::Held(None) => ("a published advisory", None),
        Holder::Held(Some(case)) => ("a case that waits for it", linked(app, member, &case).await?),
        Holder::Ended(case) => ("a case that is closed", linked(app, member, &case).await?),
    };
    Ok(ReservedRow {
        number: known.number,
        since: known.since.map(|at| TimeView::new(at, &zone, app.now())),
        holder: holder.into(),
        case,
        reject,
    })
}

/// The case, where the member may open it.
async fn linked(app: &App, member: &Member, case: &CaseId) -> Result<Option<Link>, Error> {
    match execute::load_case(app, &member.actor, case).await {
        Ok(_) => Ok(Some(Link::new(case.to_string(), format!("/desk/cases/{case}")))),
        Err(Error::NotFound | Error::NotOn) => Ok(None),
        Err(other) => Err(other),
    }
}

fn asked(
    app: &App,
    member: &Member,
    slug: &ProgramSlug,
    number: &str,
    typed: &str,
    problem: Option<String>,
) -> RejectPage {
    let reason = Field::area("reason", "Reason", 3)
        .hint("In English. It stands in the public record of the number, for example: It was reserved and never used.")
        .required()
        .value(typed)
        .error(problem.clone());
    RejectPage {
        shell: shell(app, member, "settings"),
        number: number.to_owned(),
        href: format!("/desk/programs/{slug}/cve"),
        action: format!("/desk/programs/{slug}/cve/{number}"),
        reason,
        problems: problem.into_iter().map(|text| Problem { field: "reason".into(), text }).collect(),
    }
}

/// `GET /desk/programs/{program}/cve/{number}`: what a rejection means.
pub async fn check(
    State(app): State<App>,
    member: Member,
    Path((program, number)): Path<(String, String)>,
) -> Result<Response, Rejection> {
    let (slug, _) = coordinated(&app, &member, program)?;
    let found = cve_unused::reservations(&app, slug.as_str()).await?;
    if !found.numbers.iter().any(|known| known.number == number && known.is_unused()) {
        return Err(Error::NotFound.into());
    }
    html(&asked(&app, &member, &slug, &number, "", None))
}

/// `POST /desk/programs/{program}/cve/{number}`: rejects it.
pub async fn reject(
    State(app): State<App>,
    member: Member,
    Path((program, number)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    let (slug, _) = coordinated(&app, &member, program)?;
    member.fresh(&app, &format!("/desk/programs/{slug}/cve"))?;
    let reason = fields.get("reason");
    match cve_unused::reject(&app, slug.as_str(), &number, reason, member.id()).await {
        Ok(()) => Ok(page::see_other(&format!("/desk/programs/{slug}/cve"))),
        Err(NotDone::Store(why)) => Err(why.into()),
        Err(why) => {
            let page = asked(&app, &member, &slug, &number, reason, Some(why.to_string()));
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}
