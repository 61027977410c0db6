//! Figures of promises kept and of reports by outcome. Counting opens every case of a program, so it is done now and then
//! and what came of it is kept; it names no case and lies in the clear.

use std::collections::BTreeMap;

use candor_core::id::{CaseId, ProgramSlug};
use candor_core::record::{Quarter, Tally};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Error;
use crate::execute;
use crate::store::{Batch, cases, figures};

/// How old figures may be before they are counted again.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(20);

/// Cases read at a time.
const STEP: i64 = 200;

/// The figures of one program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// When they were counted.
    pub at: Timestamp,
    /// Quarter by quarter, the newest first.
    pub quarters: Vec<Quarter>,
}

/// The figures that were counted last, by program.
///
/// # Errors
/// When the store cannot be read.
pub async fn all(app: &App) -> Result<BTreeMap<String, Figures>, Error> {
    let mut found = BTreeMap::new();
    for row in figures::all(&app.store).await? {
        // What an older or newer version wrote is counted again soon.
        if let Ok(figures) = serde_json::from_str::<Figures>(&row.body) {
            found.insert(row.program, figures);
        }
    }
    Ok(found)
}

/// Counts the figures of every program that makes them public and whose figures are old or missing. Tells whether it
/// counted any.
///
/// # Errors
/// When a case cannot be read; the figures counted before stand.
pub async fn refresh(app: &App) -> Result<bool, Error> {
    let known = all(app).await?;
    let now = app.now();
    let mut counted = false;
    for policy in app.programs() {
        let slug = &policy.program.slug;
        let is_fresh = known.get(slug.as_str()).is_some_and(|figures| now.duration_since(figures.at) < KEPT_FOR);
        if policy.publish.has_record() && !is_fresh && app.keys().is_ok() {
            let zone = policy.calendar().map_or(TimeZone::UTC, |calendar| calendar.zone().clone());
            let figures = Figures { at: now, quarters: count(app, slug, now).await?.finish(now, &zone) };
            let body = serde_json::to_string(&figures).map_err(Error::internal)?;
            let row = figures::FiguresRow { program: slug.0.clone(), at: now.as_microsecond(), body };
            app.store.commit(Batch::main(vec![figures::put_statement(&row)])).await?;
            counted = true;
        }
    }
    Ok(counted)
}

/// Everything that happened in a program, quarter by quarter.
async fn count(app: &App, program: &ProgramSlug, now: Timestamp) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    let mut after = String::new();
    loop {
        let rows = cases::all_after(&app.store, &after, STEP).await?;
        let Some(last) = rows.last() else { return Ok(tally) };
        after.clone_from(&last.id);
        for row in rows.iter().filter(|row| row.program == program.as_str()) {
            match execute::journal::load(app, &CaseId(row.id.clone())).await {
                // A drill keeps and breaks nobody's promise.
                Ok(Some((case, _))) if case.drill => {}
                Ok(Some((case, _))) => tally.add(&case, &*execute::policy_of(app, &case)?, now),
                // An erased case is counted no more.
                Ok(None) | Err(Error::NotFound) => {}
                Err(other) => return Err(other),
            }
            tokio::task::yield_now().await;
        }
    }
}
