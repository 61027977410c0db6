//! Proofs of receipt as they were signed, one per report. A statement tells of a report nothing but when it came.

use super::dialect::statements;
use super::value::Statement;
use super::{Result, Store};

statements! {
    INSERT = "insert into proof (stream, report, statement) values ($1, $2, $3)";
    GET = "select statement from proof where stream = $1 and report = $2";
}

/// Keeps a proof, once per report.
#[must_use]
pub fn insert_statement(stream: &str, report: u32, signed: &str) -> Statement {
    Statement::new(INSERT, vals![stream, report, signed])
}

/// The proof of a report.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, stream: &str, report: u32) -> Result<Option<String>> {
    store.query_one(GET, vals![stream, report]).await?.map(|mut row| row.text(0)).transpose()
}
