//! Reports that were taken in while the desk was locked: sealed to its public key until the root key is back.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

statements! {
    INSERT = "insert into waiting (id, at, body, sealed) values ($1, $2, $3, $4)";
    GET = "select id, at, body, sealed from waiting where id = $1";
    FIRST = "select id, at, body, sealed from waiting where id > $1 and length(sealed) > 0 order by id limit 20";
    EMPTY = "update waiting set sealed = $2 where id = $1 and length(sealed) > 0";
    TALLY = "select count(*) from waiting where length(sealed) > 0";
    SWEEP = "delete from waiting where at < $1 and length(sealed) = 0";
}

/// A report that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRow {
    /// Name of the row: drawn for a report; of a message or wish made from it, so that the same sent again has the same one.
    pub id: String,
    /// When it came, microseconds UTC.
    pub at: i64,
    /// Tells the same message or wish from another with its name, for who took it in; empty for a report.
    pub body: Vec<u8>,
    /// The report; empty once it was taken away.
    pub sealed: Vec<u8>,
}

fn read(mut row: Row) -> Result<WaitingRow> {
    Ok(WaitingRow { id: row.text(0)?, at: row.int(1)?, body: row.bytes(2)?, sealed: row.bytes(3)? })
}

/// Keeps a report; a conflict when one of its name is there.
#[must_use]
pub fn insert_statement(row: &WaitingRow) -> Statement {
    Statement::new(INSERT, vals![&row.id, row.at, &row.body, &row.sealed])
}

/// Takes a report away, once: a conflict when it is gone already. The row stays for a while, empty, so that the same
/// request sent again is known.
#[must_use]
pub fn take_statement(id: &str) -> Statement {
    Statement::new(EMPTY, vals![id, Vec::<u8>::new()]).expecting(1)
}

/// Forgets requests from before an instant, in microseconds, whose reports were taken away.
#[must_use]
pub fn sweep_statement(before: i64) -> Statement {
    Statement::new(SWEEP, vals![before])
}

/// One report.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, id: &str) -> Result<Option<WaitingRow>> {
    store.query_one(GET, vals![id]).await?.map(read).transpose()
}

/// Some reports after the name `after`, in the order of names.
///
/// # Errors
/// As [`Store::query`].
pub async fn some(store: &Store, after: &str) -> Result<Vec<WaitingRow>> {
    store.query(FIRST, vals![after]).await?.into_iter().map(read).collect()
}

/// How many wait.
///
/// # Errors
/// As [`Store::query`].
pub async fn count(store: &Store) -> Result<i64> {
    store.query_one(TALLY, vec![]).await?.map_or(Ok(0), |mut row| row.int(0))
}
