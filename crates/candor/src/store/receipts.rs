//! From a receipt to its report. Only a keyed hash of the receipt is stored.

use super::dialect::statements;
use super::value::Statement;
use super::{Result, Store};

statements! {
    INSERT = "insert into receipt (hash, stream, report) values ($1, $2, $3)";
    RESTORE = "insert into receipt (hash, stream, report) values ($1, $2, $3) on conflict (hash) do nothing";
    FIND = "select stream, report from receipt where hash = $1";
    MOVE = "update receipt set stream = $2, report = $3 where stream = $1 and report = $4";
    DELETE = "delete from receipt where hash = $1";
}

/// Where a receipt leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Stream of the case.
    pub stream: String,
    /// Number of the report within the case.
    pub report: i64,
}

/// Binds a receipt (its keyed hash) to a report.
#[must_use]
pub fn insert_statement(hash: &[u8], stream: &str, report: i64) -> Statement {
    Statement::new(INSERT, vals![hash, stream, report])
}

/// A report moved to another case by a merge or a split; its receipt follows.
#[must_use]
pub fn move_statement(from: (&str, i64), to: (&str, i64)) -> Statement {
    Statement::new(MOVE, vals![from.0, to.0, to.1, from.1])
}

/// The receipt opens nothing any more.
#[must_use]
pub fn delete_statement(hash: &[u8]) -> Statement {
    Statement::new(DELETE, vals![hash])
}

/// The report behind a receipt's keyed hash.
///
/// # Errors
/// As [`Store::query`].
pub async fn find(store: &Store, hash: &[u8]) -> Result<Option<ReceiptRow>> {
    store
        .query_one(FIND, vals![hash])
        .await?
        .map(|mut row| Ok(ReceiptRow { stream: row.text(0)?, report: row.int(1)? }))
        .transpose()
}

/// Writes a receipt that may be there already, as when rows are rebuilt.
#[must_use]
pub fn restore_statement(hash: &[u8], stream: &str, report: i64) -> Statement {
    Statement::new(RESTORE, vals![hash, stream, report])
}
