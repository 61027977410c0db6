//! The certificates that reports to a program can be sealed to, so that only members of the team open them. They are public.
//! Whoever changes them could read what comes next; so a change waits a day, and the members are told before it holds.

use candor_core::id::ProgramSlug;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::noted;
use crate::app::App;
use crate::error::Error;
use crate::openpgp::{Certificate, armor};
use crate::store::{Batch, settings};

/// Certificates of a program at most.
const MOST: usize = 64;
/// How long a change waits before it holds.
pub const WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Certificates that take the place of others at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// From when they hold.
    pub from: Timestamp,
    /// The certificates as text; empty for none.
    pub certificates: String,
    /// Their fingerprints.
    pub fingerprints: Vec<String>,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// They were these already.
    Not,
    /// It holds from now on: there were none before, or there are none now.
    Now,
    /// It holds from this instant on, unless it is taken back.
    From(Timestamp),
}

fn setting(program: &ProgramSlug) -> String {
    format!("sealed to/{program}")
}

fn next_setting(program: &ProgramSlug) -> String {
    format!("sealed to next/{program}")
}

async fn text(app: &App, name: &str) -> Result<Option<String>, Error> {
    let kept = settings::get(&app.store, name).await?;
    kept.map(|kept| String::from_utf8(kept).map_err(Error::internal)).transpose()
}

async fn next(app: &App, program: &ProgramSlug) -> Result<Option<Change>, Error> {
    let kept = settings::get(&app.store, &next_setting(program)).await?;
    kept.map(|kept| serde_json::from_slice(&kept).map_err(Error::internal)).transpose()
}

/// The certificates that hold now; `None` when none were ever published.
async fn known(app: &App, program: &ProgramSlug) -> Result<Option<String>, Error> {
    match next(app, program).await?.filter(|next| next.from <= app.now()) {
        Some(next) => Ok(Some(next.certificates)),
        None => text(app, &setting(program)).await,
    }
}

/// The certificates that hold now, as text; empty for none. Needs no key.
///
/// # Errors
/// When the store cannot be read.
pub async fn current(app: &App, program: &ProgramSlug) -> Result<String, Error> {
    Ok(known(app, program).await?.unwrap_or_default())
}

/// Fingerprints of the certificates that hold now. Needs no key.
///
/// # Errors
/// When the store cannot be read.
pub async fn fingerprints(app: &App, program: &ProgramSlug) -> Result<Vec<String>, Error> {
    let certificates = current(app, program).await?;
    let read = |block: armor::Block| {
        Certificate::read(&certificates.as_bytes()[block.start..block.end], &Default::default()).ok()
    };
    let blocks = armor::blocks(certificates.as_bytes(), MOST).into_iter();
    Ok(blocks.filter_map(read).map(|one| one.fingerprint()).collect())
}

/// The change that waits, if any.
///
/// # Errors
/// When the store cannot be read.
pub async fn waiting(app: &App, program: &ProgramSlug) -> Result<Option<Change>, Error> {
    Ok(next(app, program).await?.filter(|next| app.now() < next.from))
}

/// Puts other certificates in the place of those that hold: in a day, when there were any before. To have none is at once,
/// and so is to keep those that hold, which takes a waiting change back.
///
/// # Errors
/// When the store fails or the desk is locked.
pub async fn change(
    app: &App,
    program: &ProgramSlug,
    certificates: &str,
    fingerprints: &[String],
    by: &str,
) -> Result<Changed, Error> {
    let known = known(app, program).await?;
    let waits = waiting(app, program).await?.is_some();
    let same = known.as_deref().unwrap_or_default() == certificates;
    if same && !waits {
        return Ok(Changed::Not);
    }
    let at_once = known.is_none() || certificates.is_empty() || same;
    let from = if at_once { app.now() } else { app.now() + WAIT };
    let now_holds = if at_once { certificates.to_owned() } else { known.unwrap_or_default() };
    // That there were some is not forgotten: who takes them away and brings others waits, too.
    let mut batch = vec![settings::put_statement(&setting(program), now_holds.as_bytes())];
    if at_once {
        batch.push(settings::delete_statement(&next_setting(program)));
    } else {
        let next = Change { from, certificates: certificates.to_owned(), fingerprints: fingerprints.to_vec() };
        let next = serde_json::to_vec(&next).map_err(Error::internal)?;
        batch.push(settings::put_statement(&next_setting(program), &next));
    }
    let what = if at_once { "recipients-changed" } else { "recipients-wait" };
    batch.extend(noted(app, program, by, &[(what, fingerprints.join(" ").as_str(), None)]).await?);
    app.store.commit(Batch::main(batch)).await?;
    Ok(if at_once { Changed::Now } else { Changed::From(from) })
}
