//! What has been published. A record is public from the moment it is written here, so it stands in
//! the clear; nothing is written here before.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store, StoreError};

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
    LIST = concat!("select ", columns!(), " from advisory where program = $1 order by published_at desc, id desc limit $2");
    ALL_OF_THEM = concat!("select ", columns!(), " from advisory order by modified_at, id");
    NUMBER = "insert into public_id (program, year, n) values ($1, $2, 1) \
        on conflict (program, year) do update set n = public_id.n + 1 returning n";
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

/// Takes the next public number of a program's year, from 1. A number that is taken and then not
/// used leaves a gap.
///
/// # Errors
/// As [`Store::commit`].
pub async fn next_number(store: &Store, program: &str, year: i64) -> Result<i64> {
    let rows = store.write_returning(NUMBER, vals![program, year]).await?;
    rows.into_iter().next().ok_or_else(|| StoreError::Damaged("a counter gave no number".into()))?.int(0)
}
