//! What has been published. A record is public from the moment it is written here, so it stands in
//! the clear; nothing is written here before.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

macro_rules! columns {
    () => {
        "id, program, stream, published_at, modified_at, record"
    };
}

statements! {
    UPSERT = "insert into advisory (id, program, stream, published_at, modified_at, record) values ($1, $2, $3, $4, $5, $6) \
        on conflict (id) do update set modified_at = excluded.modified_at, record = excluded.record \
        where advisory.stream = excluded.stream";
    GET = concat!("select ", columns!(), " from advisory where id = $1");
    OF_STREAM = concat!("select ", columns!(), " from advisory where stream = $1");
    LIST = concat!("select ", columns!(), " from advisory where program = $1 order by published_at desc, id desc limit $2");
    NEWEST_CHANGE = "select count(*), max(modified_at) from advisory";
    ALL_OF_THEM = concat!("select ", columns!(), " from advisory order by modified_at, id");
    CHANGED = concat!("select ", columns!(), " from advisory where modified_at >= $1 order by modified_at, id");
    NUMBER = "select n from public_id where program = $1 and year = $2";
    TAKE = "insert into public_id (program, year, n) values ($1, $2, $3) \
        on conflict (program, year) do update set n = excluded.n where public_id.n = excluded.n - 1";
    RESTORE = "insert into public_id (program, year, n) values ($1, $2, $3) \
        on conflict (program, year) do update set n = excluded.n where public_id.n < excluded.n";
}

/// A published advisory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvisoryRow {
    /// Public id.
    pub id: String,
    /// Slug of the program.
    pub program: String,
    /// Stream of the case; for the desk only.
    pub stream: String,
    /// First publication, microseconds UTC.
    pub published_at: i64,
    /// Last change, microseconds UTC.
    pub modified_at: i64,
    /// The record, JSON.
    pub record: String,
}

fn advisory(mut row: Row) -> Result<AdvisoryRow> {
    Ok(AdvisoryRow {
        id: row.text(0)?,
        program: row.text(1)?,
        stream: row.text(2)?,
        published_at: row.int(3)?,
        modified_at: row.int(4)?,
        record: row.text(5)?,
    })
}

/// Writes a publication or a later change of it: a conflict when the id belongs to another case.
#[must_use]
pub fn upsert_statement(advisory: &AdvisoryRow) -> Statement {
    Statement::new(
        UPSERT,
        vals![
            &advisory.id,
            &advisory.program,
            &advisory.stream,
            advisory.published_at,
            advisory.modified_at,
            &advisory.record
        ],
    )
    .expecting(1)
}

/// One advisory.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, id: &str) -> Result<Option<AdvisoryRow>> {
    store.query_one(GET, vals![id]).await?.map(advisory).transpose()
}

/// The advisory of a stream.
///
/// # Errors
/// As [`Store::query`].
pub async fn of_stream(store: &Store, stream: &str) -> Result<Option<AdvisoryRow>> {
    store.query_one(OF_STREAM, vals![stream]).await?.map(advisory).transpose()
}

/// Advisories of a program, the newest first.
///
/// # Errors
/// As [`Store::query`].
pub async fn list(store: &Store, program: &str, limit: i64) -> Result<Vec<AdvisoryRow>> {
    store.query(LIST, vals![program, limit]).await?.into_iter().map(advisory).collect()
}

/// Every advisory there is, the longest unchanged first.
///
/// # Errors
/// As [`Store::query`].
pub async fn all(store: &Store) -> Result<Vec<AdvisoryRow>> {
    store.query_long(ALL_OF_THEM, vec![]).await?.into_iter().map(advisory).collect()
}

/// What was published or changed at an instant (microseconds UTC) or later.
///
/// # Errors
/// As [`Store::query`].
pub async fn changed_since(store: &Store, at: i64) -> Result<Vec<AdvisoryRow>> {
    store.query_long(CHANGED, vals![at]).await?.into_iter().map(advisory).collect()
}

/// The last public number taken in a program's year; 0 when none was.
///
/// # Errors
/// As [`Store::query`].
pub async fn last_number(store: &Store, program: &str, year: i64) -> Result<i64> {
    store.query_one(NUMBER, vals![program, year]).await?.map_or(Ok(0), |mut row| row.int(0))
}

/// Takes the number after the last one, in the transaction that publishes: a conflict when somebody took it first, so
/// that numbers have no gaps.
#[must_use]
pub fn take_number_statement(program: &str, year: i64, number: i64) -> Statement {
    Statement::new(TAKE, vals![program, year, number]).expecting(1)
}

/// Makes sure that a number counts as taken, as when rows are rebuilt.
#[must_use]
pub fn restore_number_statement(program: &str, year: i64, number: i64) -> Statement {
    Statement::new(RESTORE, vals![program, year, number])
}

/// How many advisories there are and when one was last published or changed (microseconds UTC): whether public pages
/// are up to date.
///
/// # Errors
/// As [`Store::query`].
pub async fn newest_change(store: &Store) -> Result<(i64, Option<i64>)> {
    match store.query_one(NEWEST_CHANGE, vec![]).await? {
        Some(mut row) => Ok((row.int(0)?, row.opt_int(1)?)),
        None => Ok((0, None)),
    }
}
