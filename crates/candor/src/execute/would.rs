//! What a policy file would change of the dates of open cases, before it is taken into service.

use super::journal;
use crate::app::App;
use crate::error::Error;
use crate::store;
use candor_core::id::CaseId;
use candor_core::moved::{self, WouldChange};
use candor_core::policy::Policy;

/// Cases looked at in one step.
const STEP: i64 = 200;

/// A date of an open case that would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Would {
    /// The case.
    pub case: CaseId,
    /// The version it runs under.
    pub version: u32,
    /// Which promise, from when to when.
    pub change: WouldChange,
    /// Whether it changes at once, by a planned pause; otherwise when the case is moved to the newer version.
    pub at_once: bool,
}

/// Every date of an open case of the program that this policy would change.
///
/// # Errors
/// When the store or a journal cannot be read.
pub async fn change(app: &App, newer: &Policy) -> Result<Vec<Would>, Error> {
    let slug = &newer.program.slug;
    let now = app.now();
    let Some((newest, _)) = app.policy_in_force(slug) else { return Ok(Vec::new()) };
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let rows = store::cases::all_after(&app.store, &after, STEP).await?;
        let Some(last) = rows.last() else { return Ok(found) };
        after.clone_from(&last.id);
        for row in rows.into_iter().filter(|row| row.open && row.program == slug.as_str()) {
            let id = CaseId(row.id);
            let case = match journal::load(app, &id).await {
                Ok(Some((case, _))) => case,
                Ok(None) | Err(Error::NotFound) => continue,
                Err(other) => return Err(other),
            };
            let policy = super::policy_of(app, &case)?;
            let version = case.policy_version;
            let with = app.policy_with(slug, version, newer).unwrap_or_else(|| (*policy).clone());
            let pushed = moved::reached(&case, &policy, &with, now).into_iter().map(|change| (change, true));
            let moves =
                moved::would_change(&case, &policy, newer, newest + 1, now).into_iter().map(|change| (change, false));
            let of = |(change, at_once)| Would { case: id.clone(), version, change, at_once };
            found.extend(pushed.chain(moves).map(of));
        }
    }
}
