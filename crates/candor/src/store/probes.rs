//! How the channels stood when they were looked at last. Neither case text nor an address is in it.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

statements! {
    PUT = "insert into probe (id, program, channel, state, since, checked_at, detail) values ($1, $2, $3, $4, $5, $6, $7) \
        on conflict (id) do update set program = excluded.program, channel = excluded.channel, state = excluded.state, \
        since = excluded.since, checked_at = excluded.checked_at, detail = excluded.detail";
    DELETE = "delete from probe where id = $1";
    EVERY = "select id, program, channel, state, since, checked_at, detail from probe order by id";
    LETTERS = "select o.recipient, o.state, o.error, o.id from outbox o where o.done_at is not null and o.done_at >= $1 \
        and o.recipient like 'contact:%' \
        and (o.stream = $2 or exists (select 1 from case_row c where c.id = o.stream and c.program = $3)) \
        order by o.done_at desc, o.id desc limit 2000";
}

/// One channel of one program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeRow {
    /// Program and channel.
    pub id: String,
    /// Slug of the program.
    pub program: String,
    /// Which channel.
    pub channel: String,
    /// `fine`, `failed` or `skipped`.
    pub state: String,
    /// Since when it is so, microseconds UTC.
    pub since: i64,
    /// When it was looked at last, microseconds UTC.
    pub checked_at: i64,
    /// What was found, in words.
    pub detail: String,
}

fn probe(mut row: Row) -> Result<ProbeRow> {
    Ok(ProbeRow {
        id: row.text(0)?,
        program: row.text(1)?,
        channel: row.text(2)?,
        state: row.text(3)?,
        since: row.int(4)?,
        checked_at: row.int(5)?,
        detail: row.text(6)?,
    })
}

/// Keeps what was found.
#[must_use]
pub fn put_statement(row: &ProbeRow) -> Statement {
    Statement::new(
        PUT,
        vals![
            row.id.as_str(),
            row.program.as_str(),
            row.channel.as_str(),
            row.state.as_str(),
            row.since,
            row.checked_at,
            row.detail.as_str()
        ],
    )
}

/// Forgets a channel that the policy does not name any more.
#[must_use]
pub fn delete_statement(id: &str) -> Statement {
    Statement::new(DELETE, vals![id])
}

/// Every channel.
///
/// # Errors
/// As [`Store::query`].
pub async fn all(store: &Store) -> Result<Vec<ProbeRow>> {
    store.query(EVERY, vec![]).await?.into_iter().map(probe).collect()
}

/// A letter to a contact: recipient, state, reason and id.
pub type ToContact = (String, String, Option<String>, String);

/// Letters to contacts about a program that left or were given up since an instant, the newest first. `stream` is that of the program's own letters.
///
/// # Errors
/// As [`Store::query`].
pub async fn letters(store: &Store, since: i64, stream: &str, program: &str) -> Result<Vec<ToContact>> {
    let rows = store.query(LETTERS, vals![since, stream, program]).await?;
    rows.into_iter().map(|mut row| Ok((row.text(0)?, row.text(1)?, row.opt_text(2)?, row.text(3)?))).collect()
}
