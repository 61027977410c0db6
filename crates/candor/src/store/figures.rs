//! Figures of promises kept, counted now and then. They name no case, so they lie in the clear.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

statements! {
    PUT = "insert into figures (program, at, body) values ($1, $2, $3) \
        on conflict (program) do update set at = excluded.at, body = excluded.body";
    EVERY = "select program, at, body from figures order by program";
    CHANGED = "select max(at) from figures";
}

/// The figures of one program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiguresRow {
    /// Slug of the program.
    pub program: String,
    /// When they were counted, microseconds UTC.
    pub at: i64,
    /// The figures, JSON.
    pub body: String,
}

fn figures(mut row: Row) -> Result<FiguresRow> {
    Ok(FiguresRow { program: row.text(0)?, at: row.int(1)?, body: row.text(2)? })
}

/// Keeps figures in the place of those before.
#[must_use]
pub fn put_statement(row: &FiguresRow) -> Statement {
    Statement::new(PUT, vals![row.program.as_str(), row.at, row.body.as_str()])
}

/// The figures of every program.
///
/// # Errors
/// As [`Store::query`].
pub async fn all(store: &Store) -> Result<Vec<FiguresRow>> {
    store.query(EVERY, vec![]).await?.into_iter().map(figures).collect()
}

/// When figures were counted last.
///
/// # Errors
/// As [`Store::query`].
pub async fn changed(store: &Store) -> Result<Option<i64>> {
    store.query_one(CHANGED, vec![]).await?.map(|mut row| row.opt_int(0)).transpose().map(Option::flatten)
}
