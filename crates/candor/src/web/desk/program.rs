//! The versions of a program's policy: who took each into service and when, what changed between any two, and which promised
//! dates of open cases a newer version would change.

use super::{html, shell, zone};
use crate::app::App;
use crate::error::Error;
use crate::execute;
use crate::execute::queue::{Filter, PAGE_LIMIT, queue};
use crate::store::programs;
use crate::web::clocks::capital;
use crate::web::session::{Member, Rejection};
use crate::web::views::watch::{MovesRow, ProgramPage, VersionRow};
use crate::web::views::{Link, TimeView, fmt};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use candor_core::access::Role;
use candor_core::id::ProgramSlug;
use candor_core::moved;
use candor_core::policy::{Policy, diff};
use jiff::Timestamp;
use serde::Deserialize;

/// Most open cases that one page looks at, the most urgent first.
const MOST: usize = 200;

/// Which two versions are compared.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    from: Option<u32>,
    to: Option<u32>,
}

/// `GET /desk/programs/{program}`
pub async fn page(
    State(app): State<App>,
    member: Member,
    Path(program): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Rejection> {
    let slug = ProgramSlug(program);
    let Some((newest, policy)) = app.policy_in_force(&slug).filter(|_| member.actor.role(&slug).is_some()) else {
        return Err(Error::NotFound.into());
    };
    let (zone, now) = (zone(&policy), app.now());
    let rows = programs::versions(&app.store, slug.as_str()).await.map_err(Error::from)?;
    let at = |version: u32| app.policy_at(&slug, version);
    let to = asked.to.filter(|version| at(*version).is_some()).unwrap_or(newest);
    let from = asked.from.filter(|version| at(*version).is_some()).unwrap_or(to.saturating_sub(1));
    let changes = |from: u32, to: u32| -> Vec<String> {
        let (Some(old), Some(new)) = (at(from), at(to)) else { return Vec::new() };
        diff::changes(&old, &new).iter().map(|change| capital(&change.text)).collect()
    };
    let here = format!("/desk/programs/{slug}");
    let mut versions = Vec::new();
    for row in rows.iter().rev() {
        let version = u32::try_from(row.version).map_err(Error::internal)?;
        let since = Timestamp::from_microsecond(row.at).map_err(Error::internal)?;
        versions.push(VersionRow {
            version,
            since: TimeView::new(since, &zone, now),
            by: app.policy_taken_by(&slug, row.version).await?,
            changes: version.checked_sub(1).filter(|before| *before > 0).map(|before| {
                let count = changes(before, version).len() as u64;
                Link::new(fmt::count(count, "change", "changes"), format!("{here}?from={before}&to={version}"))
            }),
            is_from: version == from,
            is_to: version == to,
        });
    }
    let (moves, older) = match at(to) {
        Some(new) if versions.len() > 1 => moves(&app, &member, &slug, to, &new, now).await?,
        _ => (Vec::new(), String::new()),
    };
    html(&ProgramPage {
        shell: shell(&app, &member, "settings"),
        name: policy.program.name.clone(),
        href: format!("/{slug}"),
        coordinates: member.actor.may(&slug, Role::Coordinator),
        action: here,
        from: if versions.len() > 1 { from } else { 0 },
        to,
        changes: changes(from, to),
        versions,
        moves,
        older,
    })
}

/// Promised dates of open cases that a version would change, and how many such cases there are.
async fn moves(
    app: &App,
    member: &Member,
    slug: &ProgramSlug,
    version: u32,
    new: &Policy,
    now: Timestamp,
) -> Result<(Vec<MovesRow>, String), Error> {
    let filter = Filter { program: Some(slug.clone()), ..Filter::default() };
    let zone = zone(new);
    let (mut rows, mut looked, mut cursor) = (Vec::new(), 0, None::<String>);
    let mut older = 0;
    loop {
        let found = queue(app, &member.actor, &filter, cursor.as_deref(), PAGE_LIMIT).await?;
        for row in &found.rows {
            looked += 1;
            let case = match execute::load_case(app, &member.actor, &row.id).await {
                Ok(case) => case,
                Err(Error::NotFound | Error::NotOn) => continue,
                Err(other) => return Err(other),
            };
            if case.policy_version >= version {
                continue;
            }
            older += 1;
            let old = execute::policy_of(app, &case)?;
            for change in moved::would_change(&case, &old, new, version, now) {
                rows.push(MovesRow {
                    case: case.id.to_string(),
                    href: super::case::href(&case),
                    version: case.policy_version,
                    promise: capital(&change.what),
                    was: change.was.map(|at| TimeView::new(at, &zone, now)),
                    would: change.would.map(|at| TimeView::new(at, &zone, now)),
                });
            }
        }
        cursor = found.next;
        if cursor.is_none() || looked >= MOST {
            break;
        }
    }
    let cases = fmt::count(older, "open case runs", "open cases run");
    let words = match (older, rows.is_empty(), cursor.is_some()) {
        (0, _, _) => "No open case runs under an earlier version.".to_owned(),
        (_, true, _) => format!("{cases} under an earlier version; none of their dates would change."),
        (_, false, false) => format!("{cases} under an earlier version."),
        (_, false, true) => format!("{cases} under an earlier version, of the {looked} most urgent ones."),
    };
    Ok((rows, words))
}
