//! CVE numbers that a program has reserved, and what became of them.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

macro_rules! columns {
    () => {
        "id, program, stream, state, reserved_at, changed_at, detail"
    };
}

statements! {
    PUT = "insert into cve_number (id, program, stream, state, reserved_at, changed_at, detail) values ($1, $2, $3, $4, $5, $5, $6) \
        on conflict (id) do update set state = excluded.state, changed_at = excluded.changed_at, detail = excluded.detail, \
        stream = coalesce(cve_number.stream, excluded.stream) where cve_number.program = excluded.program";
    GET = concat!("select ", columns!(), " from cve_number where id = $1");
    OF_PROGRAM = concat!("select ", columns!(), " from cve_number where program = $1 order by id limit 10000");
    OF_STREAM = concat!("select ", columns!(), " from cve_number where stream = $1 order by id");
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CveRow {
    /// The number.
    pub id: String,
    /// Slug of the program.
    pub program: String,
    /// The case it is for; none while it is for no case.
    pub stream: Option<String>,
    /// `reserved`, `published` or `rejected`.
    pub state: String,
    /// When it was reserved, microseconds UTC.
    pub reserved_at: i64,
    /// When that last changed, microseconds UTC.
    pub changed_at: i64,
    /// Why, in words without text of a case.
    pub detail: Option<String>,
}

fn number(mut row: Row) -> Result<CveRow> {
    Ok(CveRow {
        id: row.text(0)?,
        program: row.text(1)?,
        stream: row.opt_text(2)?,
        state: row.text(3)?,
        reserved_at: row.int(4)?,
        changed_at: row.int(5)?,
        detail: row.opt_text(6)?,
    })
}

/// Keeps how a number stands; `at` in microseconds UTC.
#[must_use]
pub fn put_statement(id: &str, program: &str, stream: Option<&str>, state: &str, at: i64, detail: &str) -> Statement {
    Statement::new(PUT, vals![id, program, stream.map(str::to_owned), state, at, detail])
}

/// One number.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, id: &str) -> Result<Option<CveRow>> {
    store.query_one(GET, vals![id]).await?.map(number).transpose()
}

/// The numbers of a program.
///
/// # Errors
/// As [`Store::query`].
pub async fn of_program(store: &Store, program: &str) -> Result<Vec<CveRow>> {
    store.query(OF_PROGRAM, vals![program]).await?.into_iter().map(number).collect()
}

/// The numbers of a case.
///
/// # Errors
/// As [`Store::query`].
pub async fn of_stream(store: &Store, stream: &str) -> Result<Vec<CveRow>> {
    store.query(OF_STREAM, vals![stream]).await?.into_iter().map(number).collect()
}
