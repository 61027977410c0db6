//! The newest broken promises: who was told of it, and when. For the team alone.

use super::{Names, html, shell};
use crate::app::App;
use crate::error::Error;
use crate::execute;
use crate::store::journal::breaches;
use crate::web::clocks::capital;
use crate::web::session::{Member, Rejection};
use crate::web::views::TimeView;
use crate::web::views::watch::{BreachRow, Breaches, Told};
use axum::extract::State;
use axum::response::Response;
use candor_core::case::{Case, Entry};
use candor_core::event::Event;
use candor_core::id::CaseId;
use candor_core::policy::Policy;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Most breaches on the page.
const MOST: i64 = 200;

/// `GET /desk/breaches`
pub async fn page(State(app): State<App>, member: Member) -> Result<Response, Rejection> {
    let now = app.now();
    let names = Names::load(&app).await?;
    let mut rows = Vec::new();
    let mut opened: Option<Case> = None;
    for (stream, seq) in breaches(&app.store, MOST).await.map_err(Error::from)? {
        let id = CaseId(stream);
        let case = match opened.take().filter(|case| case.id == id) {
            Some(case) => case,
            None => match execute::load_case(&app, &member.actor, &id).await {
                Ok(case) => case,
                Err(Error::NotFound) => continue,
                Err(other) => return Err(other.into()),
            },
        };
        let policy = execute::policy_of(&app, &case)?;
        let zone = super::zone(&policy);
        let entry = case.history.iter().find(|entry| i64::try_from(entry.seq).is_ok_and(|known| known == seq));
        if let Some(row) = entry.and_then(|entry| row(&case, &policy, entry, &names, &zone, now)) {
            rows.push(row);
        }
        opened = Some(case);
    }
    html(&Breaches { shell: shell(&app, &member, "metrics"), rows })
}

fn row(
    case: &Case,
    policy: &Policy,
    entry: &Entry,
    names: &Names,
    zone: &TimeZone,
    now: Timestamp,
) -> Option<BreachRow> {
    let Event::PromiseBroken { promise, cycle, due, late } = &entry.what else { return None };
    let mut told: Vec<Told> = Vec::new();
    for other in &case.history {
        match &other.what {
            Event::BellRung { bell, to, .. } if bell.promise == *promise && bell.cycle == *cycle => {
                told.push(Told { who: to.clone(), when: TimeView::fixed(other.at, zone).absolute });
            }
            // A new date with its reason is what the reporter is told of a breach.
            Event::Estimated { promise: of, .. } if of == promise && other.at >= *due => {
                let by = super::history::who(case, &other.by, names);
                told.push(Told {
                    who: format!("the reporter, with a new date, by {by}"),
                    when: TimeView::fixed(other.at, zone).absolute,
                });
            }
            _ => {}
        }
    }
    told.push(Told { who: "the reporter, on their page".into(), when: TimeView::fixed(entry.at, zone).absolute });
    Some(BreachRow {
        case: case.id.to_string(),
        href: super::case::href(case),
        promise: policy.promise(promise).map_or_else(|| promise.clone(), |known| capital(&known.what)),
        due: TimeView::new(*due, zone, now),
        noticed: if *late { "noticed late".into() } else { String::new() },
        told,
    })
}
