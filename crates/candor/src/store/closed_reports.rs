//! Texts about closed reports that are public: in the clear, as advisories are.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

statements! {
    PUT = "insert into closed_report (stream, program, at, title, text) values ($1, $2, $3, $4, $5) \
        on conflict (stream) do update set at = excluded.at, title = excluded.title, text = excluded.text";
    DELETE = "delete from closed_report where stream = $1";
    EVERY = "select stream, program, at, title, text from closed_report order by at desc, stream";
    OF_PROGRAM = "select stream, program, at, title, text from closed_report where program = $1 order by at desc, stream limit $2";
    CHANGES = "select count(*), max(at) from closed_report";
}

/// A text about a closed report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedReport {
    /// The case.
    pub stream: String,
    /// Its program.
    pub program: String,
    /// When it became public, microseconds UTC.
    pub at: i64,
    /// Heading.
    pub title: String,
    /// The text.
    pub text: String,
}

fn closed(mut row: Row) -> Result<ClosedReport> {
    Ok(ClosedReport {
        stream: row.text(0)?,
        program: row.text(1)?,
        at: row.int(2)?,
        title: row.text(3)?,
        text: row.text(4)?,
    })
}

/// Makes a text public, or replaces it.
#[must_use]
pub fn put_statement(report: &ClosedReport) -> Statement {
    Statement::new(
        PUT,
        vals![report.stream.as_str(), report.program.as_str(), report.at, report.title.as_str(), report.text.as_str()],
    )
}

/// Takes a text off the public page.
#[must_use]
pub fn delete_statement(stream: &str) -> Statement {
    Statement::new(DELETE, vals![stream])
}

/// Every text, the newest first.
///
/// # Errors
/// As [`Store::query`].
pub async fn all(store: &Store) -> Result<Vec<ClosedReport>> {
    store.query(EVERY, vec![]).await?.into_iter().map(closed).collect()
}

/// Texts of a program, the newest first, up to `limit`.
///
/// # Errors
/// As [`Store::query`].
pub async fn of_program(store: &Store, program: &str, limit: i64) -> Result<Vec<ClosedReport>> {
    store.query(OF_PROGRAM, vals![program, limit]).await?.into_iter().map(closed).collect()
}

/// How many there are, and when the newest came: equal answers mean equal texts, but for a withdrawal and a new one of
/// the same instant.
///
/// # Errors
/// As [`Store::query`].
pub async fn changes(store: &Store) -> Result<(i64, Option<i64>)> {
    match store.query_one(CHANGES, vec![]).await? {
        Some(mut row) => Ok((row.int(0)?, row.opt_int(1)?)),
        None => Ok((0, None)),
    }
}
