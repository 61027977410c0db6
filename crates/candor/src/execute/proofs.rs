//! Proofs of receipt: signed when a report is filed, given to its reporter, and shown without the report to the reporter
//! of a duplicate.

use super::report::Promised;
use crate::app::App;
use crate::error::Error;
use crate::keys::{Key, KeyRing};
use crate::proof::{self, Proof};
use crate::store;
use candor_core::case::Case;
use candor_core::event::{Event, ReportFacts};
use candor_core::id::{CaseId, ProgramSlug};
use jiff::Timestamp;

/// Signs the proof of the first report of a case, and the statement that keeps it.
pub(super) fn sign(
    keys: &KeyRing,
    case_key: &Key,
    program: &ProgramSlug,
    facts: &ReportFacts,
    at: Timestamp,
    promises: &[Promised],
) -> Result<Proof, Error> {
    let salt = proof::salt(case_key, 0);
    let commitment = proof::commitment(&salt, &proof::text(facts));
    let promises: Vec<(String, Timestamp)> = promises.iter().map(|one| (one.name.clone(), one.due)).collect();
    Ok(proof::sign(keys.root(), program.as_str(), &commitment, at, &promises)?)
}

/// The row of a proof.
pub(super) fn statement(case: &CaseId, proof: &Proof) -> Result<store::Statement, Error> {
    let kept = serde_json::to_string(proof).map_err(Error::internal)?;
    Ok(store::proofs::insert_statement(case.as_str(), 0, &kept))
}

/// The commitment that a proof is about.
pub(super) fn commitment(proof: &Proof) -> String {
    proof.fact("report").and_then(|fact| fact.strip_prefix("sha256 ")).unwrap_or_default().to_owned()
}

/// What may be shown to anybody who reported the same: that a report came then, without a word of it.
///
/// # Errors
/// As the store fails.
pub async fn without_report(app: &App, case: &CaseId, report: u32) -> Result<Option<Proof>, Error> {
    let kept = store::proofs::get(&app.store, case.as_str(), report).await?;
    kept.map(|kept| serde_json::from_str(&kept).map_err(Error::internal)).transpose()
}

/// The whole proof, for the reporter themselves: the statement, and the report and salt that open it. Where the reporter is
/// not shown what was reported, the statement alone.
///
/// # Errors
/// [`Error::NotFound`] for a report from before there were proofs; otherwise as keys and store fail.
pub async fn whole(app: &App, case: &Case, report: u32) -> Result<Proof, Error> {
    let mut proof = without_report(app, &case.id, report).await?.ok_or(Error::NotFound)?;
    let facts = case.history.iter().find_map(|entry| match &entry.what {
        Event::Reported { number, facts, .. } if *number == report => Some(facts),
        _ => None,
    });
    let key = app.keys()?.case_key(case.id.as_str()).await?;
    let salt = proof::salt(&key, report);
    // What came encrypted is shown to the team alone: without it, the statement stands for itself.
    let text = facts.map(|facts| proof::text(facts));
    if let Some(text) = text.filter(|text| proof::commitment(&salt, text) == commitment(&proof)) {
        proof.salt = Some(super::report::hex(&salt));
        proof.report = Some(text);
    }
    Ok(proof)
}
