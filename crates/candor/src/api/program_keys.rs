//! The OpenPGP keys of a program and what was done with them, for who manages the desk. Never a secret part.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answered, fine};
use super::input::{InProgram, Manager};
use super::model::instant::Instant;
use super::problem::Problem;
use crate::app::App;
use crate::program_keys;

/// A key of a program.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Key {
    /// Its fingerprint, in upper-case hexadecimal.
    fingerprint: String,
    /// The public key, as text.
    certificate: String,
    /// `made` here, or `imported`.
    how: String,
    /// From when it is in use.
    since: Instant,
    /// Whether it waits to take the place of the one in use.
    waits: bool,
    /// Who made or imported it: a member's id, or `command line`.
    by: String,
    /// When it runs out.
    ends: Option<Instant>,
    /// When it was replaced or taken out of use; it still opens what was encrypted to it.
    retired: Option<Instant>,
}

/// What was done with a key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Act {
    /// When.
    at: Instant,
    /// What: `openpgp-key-made`, `-imported`, `-waits`, `-taken-back`, `-prolonged`, `-replaced`, `-retired` or `-sheet-written`.
    what: String,
    /// Who: a member's id, or `command line`.
    by: String,
    /// Of which key.
    fingerprint: String,
    /// The end that it was given.
    ends: Option<Instant>,
}

/// The keys of a program, with their history.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Keys {
    /// Its keys, the newest first.
    keys: Vec<Key>,
    /// What was done with them, in order; from the program's journal, which the anchors cover.
    history: Vec<Act>,
}

/// `GET /programs/{program}/openpgp-keys`
pub async fn list(State(app): State<App>, _by: Manager, InProgram(program): InProgram) -> Answered<Keys> {
    app.policy(&program).ok_or_else(Problem::not_found)?;
    let now = app.now();
    let keys = program_keys::list(&app, &program).await?.into_iter().map(|key| Key {
        certificate: key.certificate.to_armor(),
        ends: key.certificate.view(now).expires.map(Into::into),
        fingerprint: key.fingerprint,
        how: key.how,
        since: key.since.into(),
        waits: key.waits,
        by: key.by,
        retired: key.retired.map(|(at, _)| at.into()),
    });
    let history = program_keys::history(&app, &program).await?.into_iter().map(|act| Act {
        at: act.at.into(),
        what: act.what,
        by: act.by,
        fingerprint: act.fingerprint,
        ends: act.ends.map(Into::into),
    });
    fine(Keys { keys: keys.collect(), history: history.collect() })
}
