//! The newest broken promises: who was told of it, and when. For the team alone.

use super::{Names, html, shell};
use crate::app::App;
use crate::error::Error;
use crate::execute;
use crate::store::journal::{Breach, breaches};
use crate::throttle::places::Heavy;
use crate::web::clocks::capital;
use crate::web::guard;
use crate::web::session::{Member, Rejection};
use crate::web::views::desk::{FilterGroup, FilterLink};
use crate::web::views::watch::{BreachRow, Breaches, Told};
use crate::web::views::{Paging, TimeView, fmt};
use axum::extract::{Query, State};
use axum::response::Response;
use candor_core::case::{Case, Entry};
use candor_core::event::Event;
use candor_core::id::CaseId;
use candor_core::policy::Policy;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Breaches on a page.
const ROWS: usize = 50;
/// Most pages of the store that one page looks through for those its reader may see.
const PAGES: usize = 25;

/// What the address says.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Asked {
    program: String,
    cursor: String,
}

impl Asked {
    fn href(&self) -> String {
        let pairs = [("program", &self.program), ("cursor", &self.cursor)];
        let query: Vec<String> = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if query.is_empty() { HERE.into() } else { format!("{HERE}?{}", query.join("&")) }
    }

    /// The breach after which the page begins.
    fn before(&self) -> Option<Breach> {
        let mut parts = self.cursor.splitn(3, '.');
        let (at, seq, stream) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
        Some((at, stream.to_owned(), seq))
    }
}

/// Where the page is.
const HERE: &str = "/desk/breaches";

/// `GET /desk/breaches`
pub async fn page(State(app): State<App>, member: Member, Query(asked): Query<Asked>) -> Result<Response, Rejection> {
    let _place = guard::place(&app, Heavy::List, &member.actor.name())?;
    let now = app.now();
    let names = Names::load(&app).await?;
    let mut rows = Vec::new();
    // Only what the member may see is looked up, so that breaches elsewhere take no place on the page.
    let seen: Vec<_> =
        app.programs().into_iter().filter(|policy| member.actor.role(&policy.program.slug).is_some()).collect();
    let of = seen.iter().map(|policy| policy.program.slug.0.clone());
    let programs: Vec<String> = of.filter(|slug| asked.program.is_empty() || *slug == asked.program).collect();
    // Those of cases that the member is not on take no place on the page either, and are no end of one.
    let mut before = asked.before();
    let mut shown = Vec::new();
    let mut cases: BTreeMap<String, Option<Case>> = BTreeMap::new();
    'pages: for _ in 0..PAGES {
        let found = breaches(&app.store, &programs, before.as_ref(), ROWS as i64 + 1).await.map_err(Error::from)?;
        let Some(last) = found.last().cloned() else { break };
        for (at, stream, seq) in found {
            if !cases.contains_key(&stream) {
                let case = match execute::load_case(&app, &member.actor, &CaseId(stream.clone())).await {
                    Ok(case) => Some(case),
                    Err(Error::NotFound | Error::NotOn) => None,
                    Err(other) => return Err(other.into()),
                };
                cases.insert(stream.clone(), case);
            }
            if cases.get(&stream).is_some_and(Option::is_some) {
                shown.push((at, stream, seq));
            }
            if shown.len() > ROWS {
                break 'pages;
            }
        }
        before = Some(last);
    }
    let more = shown.len() > ROWS;
    shown.truncate(ROWS);
    let next = shown.last().filter(|_| more).map(|(at, stream, seq)| format!("{at}.{seq}.{stream}"));
    for (_, stream, seq) in shown {
        let Some(Some(case)) = cases.get(&stream) else { continue };
        let policy = execute::policy_of(&app, case)?;
        let zone = super::zone(&policy);
        let entry = case.history.iter().find(|entry| i64::try_from(entry.seq).is_ok_and(|known| known == seq));
        if let Some(row) = entry.and_then(|entry| row(case, &policy, entry, &names, &zone, now)) {
            rows.push(row);
        }
    }
    let link = |text: &str, program: &str| FilterLink {
        text: text.into(),
        count: None,
        href: Asked { program: program.into(), cursor: String::new() }.href(),
        current: asked.program == program,
    };
    let of = seen.iter().map(|policy| link(&policy.program.name, policy.program.slug.as_str()));
    let links: Vec<FilterLink> = std::iter::once(link("All programs", "")).chain(of).collect();
    html(&Breaches {
        shell: shell(&app, &member, "metrics"),
        filters: vec![FilterGroup { label: "Program".into(), links }],
        paging: Paging {
            words: match rows.len() {
                0 => String::new(),
                n => fmt::count(n as u64, "broken promise", "broken promises"),
            },
            previous: (!asked.cursor.is_empty()).then(|| Asked { cursor: String::new(), ..asked.clone() }.href()),
            next: next.map(|cursor| Asked { cursor, ..asked.clone() }.href()),
        },
        rows,
    })
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
