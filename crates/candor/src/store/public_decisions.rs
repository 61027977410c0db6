//! Decisions that a vulnerability of a package does not make a product vulnerable, of those that everybody may read: in the
//! clear, as advisories are.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

statements! {
    PUT = "insert into public_decision (stream, package, program, at, vulnerability, justification) \
        values ($1, $2, $3, $4, $5, $6) on conflict (stream, package) do update set at = excluded.at, \
        vulnerability = excluded.vulnerability, justification = excluded.justification";
    DELETE = "delete from public_decision where stream = $1 and package = $2";
    EVERY = "select stream, package, program, at, vulnerability, justification from public_decision \
        order by at desc, stream, package";
    OF_PROGRAM = "select stream, package, program, at, vulnerability, justification from public_decision \
        where program = $1 order by at desc, stream, package limit $2";
    CHANGES = "select count(*), max(at) from public_decision";
}

/// A decision that everybody may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicDecision {
    /// The case it was made in.
    pub stream: String,
    /// The package, as a package URL or by name.
    pub package: String,
    /// Its program.
    pub program: String,
    /// When it became public, microseconds UTC.
    pub at: i64,
    /// The public identifier of the vulnerability.
    pub vulnerability: String,
    /// Why the product is not affected: a name of the closed list.
    pub justification: String,
}

fn decision(mut row: Row) -> Result<PublicDecision> {
    Ok(PublicDecision {
        stream: row.text(0)?,
        package: row.text(1)?,
        program: row.text(2)?,
        at: row.int(3)?,
        vulnerability: row.text(4)?,
        justification: row.text(5)?,
    })
}

/// Makes a decision public, or replaces the one about the same package in the same case.
#[must_use]
pub fn put_statement(known: &PublicDecision) -> Statement {
    Statement::new(
        PUT,
        vals![
            known.stream.as_str(),
            known.package.as_str(),
            known.program.as_str(),
            known.at,
            known.vulnerability.as_str(),
            known.justification.as_str()
        ],
    )
}

/// Takes the decision about a package off the public page.
#[must_use]
pub fn delete_statement(stream: &str, package: &str) -> Statement {
    Statement::new(DELETE, vals![stream, package])
}

/// Every decision, the newest first.
///
/// # Errors
/// As [`Store::query`].
pub async fn all(store: &Store) -> Result<Vec<PublicDecision>> {
    store.query(EVERY, vec![]).await?.into_iter().map(decision).collect()
}

/// Decisions of a program, the newest first, up to `limit`.
///
/// # Errors
/// As [`Store::query`].
pub async fn of_program(store: &Store, program: &str, limit: i64) -> Result<Vec<PublicDecision>> {
    store.query(OF_PROGRAM, vals![program, limit]).await?.into_iter().map(decision).collect()
}

/// How many there are, and when the newest came: what has changed makes these differ, but for a decision that is taken back
/// and another made at the same instant.
///
/// # Errors
/// As [`Store::query`].
pub async fn changes(store: &Store) -> Result<(i64, Option<i64>)> {
    match store.query_one(CHANGES, vec![]).await? {
        Some(mut row) => Ok((row.int(0)?, row.opt_int(1)?)),
        None => Ok((0, None)),
    }
}
