//! Sign-ins that are under way at a service elsewhere: kept for minutes, used once.

use super::dialect::statements;
use super::value::Statement;
use super::{Result, Store};

statements! {
    INSERT = "insert into sign_in_flow (state, at, sealed) values ($1, $2, $3)";
    GET = "select sealed from sign_in_flow where state = $1";
    TAKE = "delete from sign_in_flow where state = $1";
    SWEEP = "delete from sign_in_flow where at < $1";
    SHORTEN = "delete from sign_in_flow where at < (select at from sign_in_flow order by at desc limit 1 offset $1)";
}

/// Keeps one. `at` in microseconds UTC.
#[must_use]
pub fn insert_statement(state: &[u8], at: i64, sealed: &[u8]) -> Statement {
    Statement::new(INSERT, vals![state, at, sealed])
}

/// Takes one, once: a conflict when it is gone already.
#[must_use]
pub fn take_statement(state: &[u8]) -> Statement {
    Statement::new(TAKE, vals![state]).expecting(1)
}

/// Forgets those from before an instant, in microseconds.
#[must_use]
pub fn sweep_statement(before: i64) -> Statement {
    Statement::new(SWEEP, vals![before])
}

/// Forgets all but about the newest `most`.
#[must_use]
pub fn shorten_statement(most: i64) -> Statement {
    Statement::new(SHORTEN, vals![most])
}

/// What was kept.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, state: &[u8]) -> Result<Option<Vec<u8>>> {
    store.query_one(GET, vals![state]).await?.map(|mut row| row.bytes(0)).transpose()
}
