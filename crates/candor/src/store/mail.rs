//! Mails that were taken in: so that the same one twice is one, and a flood is known for what it is. Senders and
//! messages are keyed hashes; no address and no text is here.

use super::dialect::statements;
use super::value::Statement;
use super::{Result, Store};

statements! {
    INSERT = "insert into mail_seen (key, program, sender, stream, at, answered_at) values ($1, $2, $3, $4, $5, $6)";
    FIND = "select stream from mail_seen where key = $1";
    ANSWERED = "select max(answered_at) from mail_seen where sender = $1 and answered_at is not null and answered_at <= $2";
    OF_SENDER = "select count(*) from mail_seen where sender = $1 and program = $2 and at > $3";
    LAST_OF_SENDER = "select stream from mail_seen where sender = $1 and program = $2 order by at desc limit 1";
    FIRST_OF_SENDER = "select min(at) from mail_seen where sender = $1";
    OF_PROGRAM = "select count(*) from mail_seen where program = $1 and at > $2";
}

/// A mail that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow<'a> {
    /// Keyed hash of program, Message-ID, sender, subject, body, and the report whose secret it carries; or of the letter
    /// of ours that it brings back.
    pub key: &'a [u8],
    /// Slug of the program it came to.
    pub program: &'a str,
    /// Keyed hash of the sender's address, another one when the mail filed no report.
    pub sender: &'a [u8],
    /// Stream of the case it went to; empty when it went to none.
    pub stream: &'a str,
    /// When, microseconds UTC.
    pub at: i64,
    /// When the automatic answer to it may leave, if there is one; microseconds UTC.
    pub answered_at: Option<i64>,
}

/// Notes a mail. A conflict when the same one was taken in before.
#[must_use]
pub fn insert_statement(mail: &MailRow<'_>) -> Statement {
    Statement::new(INSERT, vals![mail.key, mail.program, mail.sender, mail.stream, mail.at, mail.answered_at])
}

/// The stream that a mail went to; none when it is new.
///
/// # Errors
/// As [`Store::query`].
pub async fn find(store: &Store, key: &[u8]) -> Result<Option<String>> {
    store.query_one(FIND, vals![key]).await?.map(|mut row| row.text(0)).transpose()
}

/// When the last automatic answer to a sender up to an instant leaves, or left.
///
/// # Errors
/// As [`Store::query`].
pub async fn answered(store: &Store, sender: &[u8], until: i64) -> Result<Option<i64>> {
    Ok(store.query_one(ANSWERED, vals![sender, until]).await?.map(|mut row| row.opt_int(0)).transpose()?.flatten())
}

/// How many mails under a hash of a sender came to a program since an instant, and the stream of the newest.
///
/// # Errors
/// As [`Store::query`].
pub async fn of_sender(store: &Store, sender: &[u8], program: &str, since: i64) -> Result<(i64, Option<String>)> {
    let count = store.query_one(OF_SENDER, vals![sender, program, since]).await?;
    let count = count.map(|mut row| row.int(0)).transpose()?.unwrap_or_default();
    let last = store.query_one(LAST_OF_SENDER, vals![sender, program]).await?;
    Ok((count, last.map(|mut row| row.text(0)).transpose()?))
}

/// When the first mail of a sender was taken in; none when none was.
///
/// # Errors
/// As [`Store::query`].
pub async fn known_since(store: &Store, sender: &[u8]) -> Result<Option<i64>> {
    Ok(store.query_one(FIRST_OF_SENDER, vals![sender]).await?.map(|mut row| row.opt_int(0)).transpose()?.flatten())
}

/// How many mails came to a program since an instant.
///
/// # Errors
/// As [`Store::query`].
pub async fn of_program(store: &Store, program: &str, since: i64) -> Result<i64> {
    Ok(store
        .query_one(OF_PROGRAM, vals![program, since])
        .await?
        .map(|mut row| row.int(0))
        .transpose()?
        .unwrap_or_default())
}
