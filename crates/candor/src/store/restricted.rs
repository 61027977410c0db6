//! Which cases have an advisory that is not for everybody, and under which label. What it says lies sealed in the journal.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

statements! {
    PUT = "insert into restricted_advisory (stream, program, label, modified_at) values ($1, $2, $3, $4) \
        on conflict (stream) do update set label = excluded.label, modified_at = excluded.modified_at";
    REMOVE = "delete from restricted_advisory where stream = $1";
    LIST = "select stream, program, label, modified_at from restricted_advisory \
        where program = $1 and label = $2 order by modified_at desc, stream limit $3";
}

/// That a case has such an advisory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictedRow {
    /// Stream of the case.
    pub stream: String,
    /// Slug of the program.
    pub program: String,
    /// Name of the label, like `amber-strict`.
    pub label: String,
    /// Last edition, microseconds UTC.
    pub modified_at: i64,
}

fn row(mut row: Row) -> Result<RestrictedRow> {
    Ok(RestrictedRow { stream: row.text(0)?, program: row.text(1)?, label: row.text(2)?, modified_at: row.int(3)? })
}

/// Writes an edition.
#[must_use]
pub fn put_statement(row: &RestrictedRow) -> Statement {
    Statement::new(PUT, vals![&row.stream, &row.program, &row.label, row.modified_at])
}

/// Takes it off the list: it is for everybody now.
#[must_use]
pub fn remove_statement(stream: &str) -> Statement {
    Statement::new(REMOVE, vals![stream])
}

/// Those of a program under a label, the newest edition first.
///
/// # Errors
/// As [`Store::query`].
pub async fn list(store: &Store, program: &str, label: &str, limit: i64) -> Result<Vec<RestrictedRow>> {
    store.query(LIST, vals![program, label, limit]).await?.into_iter().map(row).collect()
}
