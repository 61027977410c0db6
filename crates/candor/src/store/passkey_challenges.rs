//! What the devices of members were asked, until they answer: kept for minutes, taken once.

use super::dialect::statements;
use super::value::Statement;
use super::{Result, Store};

statements! {
    INSERT = "insert into passkey_challenge (name, at, sealed) values ($1, $2, $3)";
    TAKE = "delete from passkey_challenge where name = $1 returning sealed";
    SWEEP = "delete from passkey_challenge where at <= $1";
    SHORTEN = "delete from passkey_challenge where at < \
        (select at from passkey_challenge order by at desc limit 1 offset $1)";
}

/// Keeps one under a hash of its name. `at` in microseconds UTC.
#[must_use]
pub fn insert_statement(name: &[u8], at: i64, sealed: &[u8]) -> Statement {
    Statement::new(INSERT, vals![name, at, sealed])
}

/// Takes what was kept, in one step: of several who ask at once, one gets it.
///
/// # Errors
/// As [`Store::write_returning`].
pub async fn take(store: &Store, name: &[u8]) -> Result<Option<Vec<u8>>> {
    let taken = store.write_returning(TAKE, vals![name]).await?;
    taken.into_iter().next().map(|mut row| row.bytes(0)).transpose()
}

/// Forgets those from an instant and before, in microseconds UTC.
#[must_use]
pub fn sweep_statement(until: i64) -> Statement {
    Statement::new(SWEEP, vals![until])
}

/// Forgets all but the newest `most`, and those of the same instant as the last of them.
#[must_use]
pub fn shorten_statement(most: i64) -> Statement {
    Statement::new(SHORTEN, vals![most.saturating_sub(1)])
}
