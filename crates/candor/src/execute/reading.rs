//! The reading budget, counted in the store, so that a restart does not forget it and all processes of the desk count together.
//! Only a look at a case that the member did not open within the time writes anything.

use std::collections::BTreeSet;

use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::command::Command;
use candor_core::id::{CaseId, MemberId};
use jiff::Timestamp;

use super::{Beside, CLOCKS_APART, Letters, TRIES, coordinators, execute_beside};
use crate::app::App;
use crate::error::Error;
use crate::store::{StoreError, looks};
use crate::throttle::reading::{BUDGET, Look, WITHIN, weigh};

/// The span that counts, microseconds UTC: after the first, up to the second. Clocks of processes may be a little apart; a look
/// from far ahead is one of a clock that was set back since, and shuts nobody out.
fn lately(now: Timestamp) -> (i64, i64) {
    ((now - WITHIN).as_microsecond(), (now + CLOCKS_APART).as_microsecond())
}

/// A member wants to open a case that they may see.
///
/// # Errors
/// [`Error::ReadingBudget`] when it is one too many; two others are told of it then, once per spell, by whichever process.
pub(super) async fn look(app: &App, member: &MemberId, case: &Case) -> Result<(), Error> {
    let now = app.now();
    for _ in 0..TRIES {
        let unkept = app.unkept_looks.lately(member, now);
        let kept = looks::of(&app.store, member.as_str(), lately(now)).await?;
        let opened: BTreeSet<CaseId> = kept.into_iter().map(CaseId).chain(unkept.iter().cloned()).collect();
        match weigh(&opened, &case.id) {
            Look::Known => return Ok(()),
            Look::New => {
                let most = i64::try_from(BUDGET.saturating_sub(unkept.len())).unwrap_or_default();
                let batch =
                    looks::look_batch(member.as_str(), case.id.as_str(), now.as_microsecond(), lately(now), most);
                match app.store.commit(batch).await {
                    Ok(()) => return Ok(()),
                    // Another look of theirs came first: it may have been the last.
                    Err(StoreError::Conflict) => {}
                    Err(StoreError::Full | StoreError::Busy(_) | StoreError::Poisoned | StoreError::Behind) => {
                        app.unkept_looks.keep(member, &case.id, now);
                        return Ok(());
                    }
                    Err(other) => return Err(other.into()),
                }
            }
            Look::Over { cases } => {
                tell(app, member, case, cases, now).await?;
                return Err(Error::ReadingBudget { case: case.id.clone() });
            }
        }
    }
    Err(Error::Busy)
}

/// Tells two others, unless they were told within the time.
async fn tell(app: &App, member: &MemberId, case: &Case, cases: u32, now: Timestamp) -> Result<(), Error> {
    let is_told = async || {
        let (told, (after, until)) = (looks::told(&app.store, member.as_str()).await?, lately(now));
        Ok::<_, Error>(after < told && told <= until)
    };
    if is_told().await? {
        return Ok(());
    }
    let told = coordinators(app, &case.program, member).await?;
    let wish = Command::NoticeReading { member: member.clone(), cases, told };
    // Noted in the transaction of the alarm: it is neither lost nor given twice.
    let rows = |_: &CaseId| vec![looks::tell_statement(member.as_str(), now.as_microsecond(), lately(now))];
    let beside = Beside { rows: &rows, letters: Letters::Now };
    match Box::pin(execute_beside(app, &Actor::Clock, &case.id, wish, &beside)).await {
        Err(Error::Busy) if is_told().await? => Ok(()),
        other => other.map(drop),
    }
}

/// A member proved the second factor anew: they may open as many again.
pub async fn proved(app: &App, member: &MemberId) {
    app.unkept_looks.forget(member);
    if let Err(why) = app.store.commit(looks::forget_batch(member.as_str())).await {
        tracing::warn!(%why, member = member.as_str(), "the reading budget of a member could not be begun anew");
    }
}
