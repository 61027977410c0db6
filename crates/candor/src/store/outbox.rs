//! What is to leave the building. Rows join the transaction of the event that asks for them; the
//! worker claims, delivers and reports back. A row holds neither text nor address.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Batch, Result, Store, StoreError};

macro_rules! columns {
    () => {
        "id, stream, seq, kind, recipient, state, attempts, next_at, created_at, done_at, error"
    };
}

statements! {
    INSERT = "insert into outbox (id, stream, seq, kind, recipient, state, attempts, next_at, created_at) \
        values ($1, $2, $3, $4, $5, 'waiting', 0, $6, $7)";
    CLAIM = concat!("update outbox set next_at = $1, attempts = attempts + 1 where id in \
        (select o.id from outbox o where o.state = 'waiting' and o.next_at <= $2 and not exists \
        (select 1 from outbox e where e.state = 'waiting' and e.stream = o.stream and e.recipient = o.recipient and e.seq < o.seq \
        and not (e.attempts = 0 and e.next_at > $2)) \
        order by o.next_at, o.id limit $3 {skip locked}) \
        returning ", columns!());
    DONE = "update outbox set state = 'done', done_at = $3, error = null where id = $1 and attempts = $2 and state = 'waiting'";
    DROPPED = "update outbox set state = 'done', done_at = $3, error = $4 where id = $1 and attempts = $2 and state = 'waiting'";
    RETRY = "update outbox set next_at = $3, error = $4 where id = $1 and attempts = $2 and state = 'waiting'";
    PUT_OFF = "update outbox set next_at = $3, attempts = 0 where id = $1 and attempts = $2 and state = 'waiting'";
    WAITING_FOR = concat!("select ", columns!(), " from outbox where recipient = $1 and state = 'waiting' order by next_at, id limit $2");
    SENT_SINCE = "select count(*) from outbox where stream = $1 and recipient = $2 and state = 'done' and error is null and done_at > $3";
    FAIL = "update outbox set state = 'failed', done_at = $3, error = $4 where id = $1 and attempts = $2 and state = 'waiting'";
    REVIVE = "update outbox set state = 'waiting', done_at = null, next_at = $2 where id = $1 and state = 'failed'";
    RELEASE = "update outbox set state = 'waiting', done_at = null, error = null, next_at = $3 \
        where stream = $1 and recipient = $2 and state = 'failed' and error like 'held: %'";
    LIST_STATE = concat!("select ", columns!(), " from outbox where state = $1 and id > $2 order by id limit $3");
    FAILED = concat!("select ", columns!(), " from outbox where state = 'failed' order by created_at, id limit $1");
    GET = concat!("select ", columns!(), " from outbox where id = $1");
    COUNTS = "select state, count(*) from outbox group by state order by state";
    WAITING = "select count(*), min(created_at) from outbox where state = 'waiting'";
    NEXT_AT = "select next_at from outbox where state = 'waiting' order by next_at, id limit 1";
}

/// How the reason of a letter begins that is held.
pub const HELD: &str = "held: ";

/// One thing that is to leave, or has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Id, also the idempotency key towards the outside.
    pub id: String,
    /// Stream of the event that asked for it.
    pub stream: String,
    /// Place of that event.
    pub seq: i64,
    /// What kind of letter or call.
    pub kind: String,
    /// A reference such as `reporter:1` or `member:ID`, never an address.
    pub recipient: String,
    /// `waiting`, `done` or `failed`.
    pub state: String,
    /// How often it was claimed; the claim's number when it was just claimed.
    pub attempts: i64,
    /// When it may be claimed (again), microseconds UTC.
    pub next_at: i64,
    /// When it was written, microseconds UTC.
    pub created_at: i64,
    /// When it was delivered or given up, microseconds UTC.
    pub done_at: Option<i64>,
    /// Why the last attempt failed, in words without case text.
    pub error: Option<String>,
}

/// A new row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter<'a> {
    /// Id, unique for ever: draw it with `keys::random::ordered_id`, which keeps writing fast.
    pub id: &'a str,
    /// Stream of the event.
    pub stream: &'a str,
    /// Place of the event.
    pub seq: i64,
    /// What kind of letter or call.
    pub kind: &'a str,
    /// A reference to the recipient.
    pub recipient: &'a str,
    /// When it may leave, microseconds UTC.
    pub next_at: i64,
    /// Now, microseconds UTC.
    pub created_at: i64,
}

fn letter(mut row: Row) -> Result<OutboxRow> {
    Ok(OutboxRow {
        id: row.text(0)?,
        stream: row.text(1)?,
        seq: row.int(2)?,
        kind: row.text(3)?,
        recipient: row.text(4)?,
        state: row.text(5)?,
        attempts: row.int(6)?,
        next_at: row.int(7)?,
        created_at: row.int(8)?,
        done_at: row.opt_int(9)?,
        error: row.opt_text(10)?,
    })
}

/// Puts a letter into the outbox.
#[must_use]
pub fn insert_statement(letter: &NewLetter<'_>) -> Statement {
    Statement::new(
        INSERT,
        vals![letter.id, letter.stream, letter.seq, letter.kind, letter.recipient, letter.next_at, letter.created_at],
    )
}

/// Claims up to `limit` letters that may leave at `now`, of one case and recipient only the first: the next one may be
/// claimed when it has left or was given up. One that was put off when it was written, and whose time has not come, holds
/// up none after it. They are hidden from other workers until
/// `lease_until`, after which a worker that died has lost them. Sorted by `created_at`, then id.
///
/// # Errors
/// As [`Store::commit`].
pub async fn claim(store: &Store, now: i64, lease_until: i64, limit: i64) -> Result<Vec<OutboxRow>> {
    let mut claimed: Vec<OutboxRow> = store
        .write_returning(CLAIM, vals![lease_until, now, limit])
        .await?
        .into_iter()
        .map(letter)
        .collect::<Result<_>>()?;
    claimed.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(claimed)
}

async fn settle(store: &Store, statement: Statement) -> Result<bool> {
    match store.commit(Batch::main(vec![statement.expecting(1)])).await {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(why) => Err(why),
    }
}

/// The letter has left. False when the claim was lost to another worker meanwhile.
///
/// # Errors
/// As [`Store::commit`].
pub async fn done(store: &Store, claimed: &OutboxRow, now: i64) -> Result<bool> {
    settle(store, Statement::new(DONE, vals![&claimed.id, claimed.attempts, now])).await
}

/// There is nobody to write to any more: settled without a letter, with the reason. False when the claim was lost.
///
/// # Errors
/// As [`Store::commit`].
pub async fn dropped(store: &Store, claimed: &OutboxRow, now: i64, reason: &str) -> Result<bool> {
    settle(store, Statement::new(DROPPED, vals![&claimed.id, claimed.attempts, now, reason])).await
}

/// The attempt failed; try again at `next_at`. False when the claim was lost meanwhile.
///
/// # Errors
/// As [`Store::commit`].
pub async fn retry(store: &Store, claimed: &OutboxRow, next_at: i64, error: &str) -> Result<bool> {
    settle(store, Statement::new(RETRY, vals![&claimed.id, claimed.attempts, next_at, error])).await
}

/// It is not its time yet, as if it had not been claimed: until `next_at` it holds up none after it. False when the claim was
/// lost meanwhile.
///
/// # Errors
/// As [`Store::commit`].
pub async fn put_off(store: &Store, claimed: &OutboxRow, next_at: i64) -> Result<bool> {
    settle(store, Statement::new(PUT_OFF, vals![&claimed.id, claimed.attempts, next_at])).await
}

/// Letters that wait for one recipient, over all cases, in the order in which they may leave.
///
/// # Errors
/// As [`Store::query`].
pub async fn waiting_for(store: &Store, recipient: &str, limit: i64) -> Result<Vec<OutboxRow>> {
    store.query(WAITING_FOR, vals![recipient, limit]).await?.into_iter().map(letter).collect()
}

/// How many letters of a case left for a recipient since an instant, microseconds UTC.
///
/// # Errors
/// As [`Store::query`].
pub async fn sent_since(store: &Store, stream: &str, recipient: &str, since: i64) -> Result<i64> {
    let row = store.query_one(SENT_SINCE, vals![stream, recipient, since]).await?;
    Ok(row.map(|mut row| row.int(0)).transpose()?.unwrap_or_default())
}

/// Given up for good; a person must look. False when the claim was lost meanwhile.
///
/// # Errors
/// As [`Store::commit`].
pub async fn fail(store: &Store, claimed: &OutboxRow, now: i64, error: &str) -> Result<bool> {
    settle(store, Statement::new(FAIL, vals![&claimed.id, claimed.attempts, now, error])).await
}

/// A letter that was given up is tried once more. False when it is not a failed one.
///
/// # Errors
/// As [`Store::commit`].
pub async fn revive(store: &Store, id: &str, now: i64) -> Result<bool> {
    settle(store, Statement::new(REVIVE, vals![id, now])).await
}

/// Laid aside until it can be encrypted, with the reason. False when the claim was lost meanwhile.
///
/// # Errors
/// As [`Store::commit`].
pub async fn hold(store: &Store, claimed: &OutboxRow, now: i64, reason: &str) -> Result<bool> {
    fail(store, claimed, now, &format!("{HELD}{reason}")).await
}

/// Letters to a recipient that were held may leave at `now`.
#[must_use]
pub fn release_statement(stream: &str, recipient: &str, now: i64) -> Statement {
    Statement::new(RELEASE, vals![stream, recipient, now])
}

/// One letter.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, id: &str) -> Result<Option<OutboxRow>> {
    store.query_one(GET, vals![id]).await?.map(letter).transpose()
}

/// Up to `limit` letters in `state` after id `after`, in the order of ids.
///
/// # Errors
/// As [`Store::query`].
pub async fn list(store: &Store, state: &str, after: &str, limit: i64) -> Result<Vec<OutboxRow>> {
    store.query_long(LIST_STATE, vals![state, after, limit]).await?.into_iter().map(letter).collect()
}

/// Letters that were given up, the oldest first.
///
/// # Errors
/// As [`Store::query`].
pub async fn failed(store: &Store, limit: i64) -> Result<Vec<OutboxRow>> {
    store.query(FAILED, vals![limit]).await?.into_iter().map(letter).collect()
}

/// How many letters stand in which state. Walks the whole table.
///
/// # Errors
/// As [`Store::query`].
pub async fn counts(store: &Store) -> Result<Vec<(String, i64)>> {
    store.query_long(COUNTS, vec![]).await?.into_iter().map(|mut row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// How many letters wait, and since when the oldest does (microseconds UTC).
///
/// # Errors
/// As [`Store::query`].
pub async fn waiting(store: &Store) -> Result<(i64, Option<i64>)> {
    match store.query_one(WAITING, vec![]).await? {
        Some(mut row) => Ok((row.int(0)?, row.opt_int(1)?)),
        None => Ok((0, None)),
    }
}

/// When the next letter may leave, microseconds UTC.
///
/// # Errors
/// As [`Store::query`].
pub async fn next_at(store: &Store) -> Result<Option<i64>> {
    store.query_one(NEXT_AT, vec![]).await?.map(|mut row| row.int(0)).transpose()
}
