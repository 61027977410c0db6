//! What is still to be done with mails that were taken in: it is worked out who sent them, and a member's answer leaves.
//! A row names a file of a case, and holds the return path sealed.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Batch, Result, Store};

statements! {
    INSERT = "insert into mail_task (file, stream, act, envelope, at, next_at, tries) values ($1, $2, $3, $4, $5, $5, 0)";
    DUE = "select file, stream, act, envelope, at, tries from mail_task where next_at <= $1 order by next_at, file limit $2";
    NEXT = "select next_at from mail_task order by next_at, file limit 1";
    HELD = "select count(*) from mail_task where stream = ''";
    DELETE = "delete from mail_task where file = $1";
    LATER = "update mail_task set next_at = $2, tries = tries + 1 where file = $1";
    PUT_REPLY = "insert into mail_reply (hash, stream, member, act) values ($1, $2, $3, $4) on conflict (hash) do nothing";
    FIND_REPLY = "select stream, member, act from mail_reply where hash = $1";
}

/// A mail with which something is still to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Id of the file that is the mail itself.
    pub file: String,
    /// Stream of its case.
    pub stream: String,
    /// `check`, or `answer:MEMBER` and `note:MEMBER` for what a member wrote.
    pub act: String,
    /// Return path and the like, sealed.
    pub envelope: Vec<u8>,
    /// When it came, microseconds UTC.
    pub at: i64,
    /// How often it was tried.
    pub tries: i64,
}

fn task(mut row: Row) -> Result<Task> {
    Ok(Task {
        file: row.text(0)?,
        stream: row.text(1)?,
        act: row.text(2)?,
        envelope: row.bytes(3)?,
        at: row.int(4)?,
        tries: row.int(5)?,
    })
}

/// Puts a mail on the list.
#[must_use]
pub fn insert_statement(task: &Task) -> Statement {
    Statement::new(
        INSERT,
        vals![task.file.as_str(), task.stream.as_str(), task.act.as_str(), task.envelope.as_slice(), task.at],
    )
}

/// Takes a mail off the list; a conflict when somebody else did.
#[must_use]
pub fn delete_statement(file: &str) -> Statement {
    Statement::new(DELETE, vals![file]).expecting(1)
}

/// Mails whose turn it is, the oldest first.
///
/// # Errors
/// As [`Store::query`].
pub async fn due(store: &Store, now: i64, limit: i64) -> Result<Vec<Task>> {
    store.query(DUE, vals![now, limit]).await?.into_iter().map(task).collect()
}

/// How many mails are kept whole until it is known whose they are.
///
/// # Errors
/// As [`Store::query`].
pub async fn held(store: &Store) -> Result<i64> {
    Ok(store.query_one(HELD, vec![]).await?.map(|mut row| row.int(0)).transpose()?.unwrap_or_default())
}

/// When the next mail's turn comes, microseconds UTC.
///
/// # Errors
/// As [`Store::query`].
pub async fn next_at(store: &Store) -> Result<Option<i64>> {
    store.query_one(NEXT, vec![]).await?.map(|mut row| row.int(0)).transpose()
}

/// Puts a mail off.
///
/// # Errors
/// As [`Store::commit`].
pub async fn later(store: &Store, file: &str, next_at: i64) -> Result<()> {
    store.commit(Batch::main(vec![Statement::new(LATER, vals![file, next_at])])).await
}

/// Makes a member's secret address known: by the keyed hash of its secret. One that is known stays as it is.
///
/// # Errors
/// As [`Store::commit`].
pub async fn put_reply(store: &Store, hash: &[u8], stream: &str, member: &str, act: &str) -> Result<()> {
    store.commit(Batch::main(vec![Statement::new(PUT_REPLY, vals![hash, stream, member, act])])).await
}

/// The case, member and act (`answer` or `note`) of a secret address.
///
/// # Errors
/// As [`Store::query`].
pub async fn find_reply(store: &Store, hash: &[u8]) -> Result<Option<(String, String, String)>> {
    let row = store.query_one(FIND_REPLY, vals![hash]).await?;
    row.map(|mut row| Ok((row.text(0)?, row.text(1)?, row.text(2)?))).transpose()
}
