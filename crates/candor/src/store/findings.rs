//! Findings of tools that were taken in: so that the same run twice is one. Keys are keyed hashes; what a finding says is
//! not here.

use super::dialect::statements;
use super::value::Statement;
use super::{Result, Store};

statements! {
    INSERT = "insert into finding (key, program, stream, at) values ($1, $2, $3, $4) on conflict (key) do nothing";
    MOVE = "insert into finding (key, program, stream, at) values ($1, $2, $3, $4) \
        on conflict (key) do update set stream = excluded.stream, at = excluded.at";
    FIND = "select stream from finding where key = $1";
}

/// Notes that a finding went to a case; one that is noted already stays where it is.
#[must_use]
pub fn insert_statement(key: &[u8], program: &str, stream: &str, at: i64) -> Statement {
    Statement::new(INSERT, vals![key, program, stream, at])
}

/// Notes the case that findings of one kind go to from here on.
#[must_use]
pub fn move_statement(key: &[u8], program: &str, stream: &str, at: i64) -> Statement {
    Statement::new(MOVE, vals![key, program, stream, at])
}

/// The stream that a finding went to; none when it is new.
///
/// # Errors
/// As [`Store::query`].
pub async fn find(store: &Store, key: &[u8]) -> Result<Option<String>> {
    store.query_one(FIND, vals![key]).await?.map(|mut row| row.text(0)).transpose()
}
