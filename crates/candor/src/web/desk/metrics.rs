//! Promises kept: how often, and how fast, over the cases that the member may see.

use super::{html, shell};
use crate::app::App;
use crate::error::Error;
use crate::execute::queue::{Filter, PAGE_LIMIT, queue};
use crate::throttle::places::Heavy;
use crate::web::clocks::capital;
use crate::web::guard;
use crate::web::session::{Member, Rejection};
use crate::web::views::desk::{FilterGroup, FilterLink, KeptRow, Metrics};
use crate::web::views::{Row, fmt};
use axum::extract::{Query, State};
use axum::response::Response;
use candor_core::policy::PromiseKind;
use candor_core::promises::{Status, clocks};
use jiff::SignedDuration;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most cases that one page counts; the most urgent of them when there are more.
const MOST: usize = 200;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    program: String,
}

#[derive(Default)]
struct Tally {
    row: KeptRow,
    took: Vec<SignedDuration>,
}

/// `GET /desk/metrics`
pub async fn page(State(app): State<App>, member: Member, Query(asked): Query<Asked>) -> Result<Response, Rejection> {
    let _place = guard::place(&app, Heavy::List, &member.actor.name())?;
    let filter = Filter {
        everything: true,
        program: (!asked.program.is_empty()).then(|| asked.program.as_str().into()),
        ..Filter::default()
    };
    let now = app.now();
    let mut tallies: BTreeMap<(String, String), Tally> = BTreeMap::new();
    let mut counted = 0;
    let mut cursor: Option<String> = None;
    let mut states: BTreeMap<&'static str, u64> = BTreeMap::new();
    loop {
        let found = queue(&app, &member.actor, &filter, cursor.as_deref(), PAGE_LIMIT).await?;
        for row in &found.rows {
            let case = match crate::execute::load_case(&app, &member.actor, &row.id).await {
                Ok(case) => case,
                // Erased, or gone meanwhile: it counts no more.
                Err(Error::NotFound | Error::NotOn) => continue,
                Err(other) => return Err(other.into()),
            };
            if case.drill {
                continue;
            }
            let policy = crate::execute::policy_of(&app, &case)?;
            counted += 1;
            *states.entry(fmt::state(case.state)).or_default() += 1;
            for clock in clocks(&case, &policy, now) {
                let key = (policy.program.name.clone(), clock.promise.clone());
                let tally = tallies.entry(key).or_default();
                tally.row.what = format!("{}: {}", policy.program.name, capital(&clock.what));
                tally.row.kind = match clock.kind {
                    PromiseKind::Commitment => "commitment",
                    PromiseKind::Target => "target",
                }
                .into();
                match clock.status {
                    Status::Kept { at, .. } => {
                        tally.row.kept += 1;
                        tally.took.push(at.duration_since(clock.started_at));
                    }
                    Status::KeptLate { at } => {
                        tally.row.late += 1;
                        tally.took.push(at.duration_since(clock.started_at));
                    }
                    Status::Broken { .. } => tally.row.broken += 1,
                    Status::Running | Status::Paused { .. } => tally.row.running += 1,
                    Status::Ended { .. } => {}
                }
            }
        }
        cursor = found.next;
        if cursor.is_none() || counted >= MOST {
            break;
        }
    }
    let rows: Vec<KeptRow> = tallies
        .into_values()
        .map(|Tally { mut row, mut took }| {
            took.sort();
            row.median = took.get(took.len() / 2).map(|took| words(*took)).unwrap_or_default();
            row
        })
        .collect();
    let mut programs = vec![FilterLink {
        text: "All programs".into(),
        count: None,
        href: "/desk/metrics".into(),
        current: asked.program.is_empty(),
    }];
    for policy in app.programs() {
        let slug = &policy.program.slug;
        if member.actor.role(slug).is_some() {
            programs.push(FilterLink {
                text: policy.program.name.clone(),
                count: None,
                href: format!("/desk/metrics?program={slug}"),
                current: asked.program == slug.as_str(),
            });
        }
    }
    html(&Metrics {
        shell: shell(&app, &member, "metrics"),
        span: if cursor.is_some() {
            format!("Over {counted} cases, the most urgent first")
        } else {
            fmt::count(counted as u64, "case", "cases")
        },
        rows,
        filters: vec![FilterGroup { label: "Program".into(), links: programs }],
        figures: states.into_iter().map(|(state, n)| Row::new(state, n.to_string())).collect(),
    })
}

/// A span of time in words.
fn words(span: SignedDuration) -> String {
    match span.as_hours() {
        0 => fmt::count(span.as_mins().unsigned_abs(), "minute", "minutes"),
        hours @ 1..48 => fmt::count(hours.unsigned_abs(), "hour", "hours"),
        hours => fmt::count(hours.unsigned_abs() / 24, "day", "days"),
    }
}
