//! The first answer again: what a request with the same key was told before.

use super::dialect::statements;
use super::value::Statement;
use super::{Batch, Result, Store};

statements! {
    INSERT = "insert into idempotency (key, body, answer, at) values ($1, $2, $3, $4)";
    FIND = "select body, answer, at from idempotency where key = $1";
    SWEEP = "delete from idempotency where at < $1";
}

/// An answer given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Keyed hash of the request's body: another body under the same key is refused.
    pub body: Vec<u8>,
    /// The answer, sealed.
    pub answer: Vec<u8>,
    /// When it was given, microseconds UTC.
    pub at: i64,
}

/// Remembers an answer. The batch conflicts when another request with the same key was first: look
/// it up again with [`find`].
#[must_use]
pub fn insert_statement(key: &[u8], body: &[u8], answer: &[u8], at: i64) -> Statement {
    Statement::new(INSERT, vals![key, body, answer, at])
}

/// The answer given to `key` (keyed hash of door, actor and key).
///
/// # Errors
/// As [`Store::query`].
pub async fn find(store: &Store, key: &[u8]) -> Result<Option<Answered>> {
    store
        .query_one(FIND, vals![key])
        .await?
        .map(|mut row| Ok(Answered { body: row.bytes(0)?, answer: row.bytes(1)?, at: row.int(2)? }))
        .transpose()
}

/// Forgets answers given before `at`.
///
/// # Errors
/// As [`Store::commit`].
pub async fn sweep(store: &Store, at: i64) -> Result<()> {
    store.commit(Batch::main(vec![Statement::new(SWEEP, vals![at])])).await
}
