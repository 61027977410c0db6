//! What follows a publication, step by step. Rows join the transaction of the publication; the worker claims them, does
//! them once and reports back. A row holds neither text nor address.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Batch, Result, Store, StoreError};

macro_rules! columns {
    () => {
        "id, stream, advisory, revision, kind, target, state, attempts, next_at, created_at, done_at, detail"
    };
}

statements! {
    INSERT = "insert into step (id, stream, advisory, revision, kind, target, state, attempts, next_at, created_at) \
        values ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $7) on conflict (id) do nothing";
    CLAIM = concat!("update step set next_at = $1, attempts = attempts + 1 where id in \
        (select o.id from step o where o.state = 'waiting' and o.next_at <= $2 order by o.next_at, o.id limit $3 {skip locked}) \
        returning ", columns!());
    SETTLE = "update step set state = $3, done_at = $4, detail = $5 where id = $1 and attempts = $2 and state = 'waiting'";
    RETRY = "update step set next_at = $3, detail = $4 where id = $1 and attempts = $2 and state = 'waiting'";
    OF_STREAM = concat!("select ", columns!(), " from step where stream = $1 order by revision, kind, id limit $2");
    COUNTS = "select kind, state, count(*), max(done_at) from step where stream = $1 and revision = $2 group by kind, state order by kind, state";
    NEXT_AT = "select next_at from step where state = 'waiting' order by next_at, id limit 1";
    REVIVE = "update step set state = 'waiting', done_at = null, next_at = $2 where id = $1 and state = 'failed'";
    SWEEP = "delete from step where done_at is not null and done_at < $1 and target <> ''";
    STREAMS = "select stream from advisory where id = $1";
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// Id, made of what it is for, so that it cannot be asked for twice.
    pub id: String,
    /// Stream of the case.
    pub stream: String,
    /// Public id of the advisory.
    pub advisory: String,
    /// Which edition of it.
    pub revision: i64,
    /// What is to be done.
    pub kind: String,
    /// For whom: id of a subscription or of a hook; empty for what is done once.
    pub target: String,
    /// `waiting`, `done` or `failed`.
    pub state: String,
    /// How often it was claimed; the claim's number when it was just claimed.
    pub attempts: i64,
    /// When it may be claimed (again), microseconds UTC.
    pub next_at: i64,
    /// When it was written, microseconds UTC.
    pub created_at: i64,
    /// When it was done or given up, microseconds UTC.
    pub done_at: Option<i64>,
    /// What came of it, in words without text of a case.
    pub detail: Option<String>,
}

fn step(mut row: Row) -> Result<StepRow> {
    Ok(StepRow {
        id: row.text(0)?,
        stream: row.text(1)?,
        advisory: row.text(2)?,
        revision: row.int(3)?,
        kind: row.text(4)?,
        target: row.text(5)?,
        state: row.text(6)?,
        attempts: row.int(7)?,
        next_at: row.int(8)?,
        created_at: row.int(9)?,
        done_at: row.opt_int(10)?,
        detail: row.opt_text(11)?,
    })
}

/// Asks for a step; nothing where it was asked for before. `at` in microseconds UTC.
#[must_use]
pub fn insert_statement(stream: &str, advisory: &str, revision: i64, kind: &str, target: &str, at: i64) -> Statement {
    let id = format!("{stream}/{revision}/{kind}/{target}");
    Statement::new(INSERT, vals![id, stream, advisory, revision, kind, target, at])
}

/// What follows every publication: the public pages, mails to subscribers, calls to hooks, the record at the CVE program.
pub const OF_PUBLICATION: [&str; 4] = ["pages", "subscribers", "hooks", "cve"];

/// Asks for every step of a publication, to join its transaction.
#[must_use]
pub fn of_publication(stream: &str, advisory: &str, revision: i64, at: i64) -> Vec<Statement> {
    OF_PUBLICATION.into_iter().map(|kind| insert_statement(stream, advisory, revision, kind, "", at)).collect()
}

/// Claims up to `limit` steps that may be done at `now`; others do not see them until `lease_until`.
///
/// # Errors
/// As [`Store::commit`].
pub async fn claim(store: &Store, now: i64, lease_until: i64, limit: i64) -> Result<Vec<StepRow>> {
    let mut claimed: Vec<StepRow> = store
        .write_returning(CLAIM, vals![lease_until, now, limit])
        .await?
        .into_iter()
        .map(step)
        .collect::<Result<_>>()?;
    claimed.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(claimed)
}

/// Settles a claimed step as `done` or `failed`, together with what follows from it. False when the claim was lost to
/// another worker meanwhile; nothing is written then.
///
/// # Errors
/// As [`Store::commit`].
pub async fn settle(
    store: &Store,
    claimed: &StepRow,
    state: &'static str,
    now: i64,
    detail: &str,
    following: Vec<Statement>,
) -> Result<bool> {
    let mut all = vec![Statement::new(SETTLE, vals![&claimed.id, claimed.attempts, state, now, detail]).expecting(1)];
    all.extend(following);
    match store.commit(Batch::main(all)).await {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(why) => Err(why),
    }
}

/// The attempt came to nothing; it is tried again at `next_at`.
///
/// # Errors
/// As [`Store::commit`].
pub async fn retry(store: &Store, claimed: &StepRow, next_at: i64, detail: &str) -> Result<()> {
    let statement = Statement::new(RETRY, vals![&claimed.id, claimed.attempts, next_at, detail]);
    store.commit(Batch::main(vec![statement])).await
}

/// A step that was given up is tried again. False when it is not a failed one.
///
/// # Errors
/// As [`Store::commit`].
pub async fn revive(store: &Store, id: &str, now: i64) -> Result<bool> {
    match store.commit(Batch::main(vec![Statement::new(REVIVE, vals![id, now]).expecting(1)])).await {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(why) => Err(why),
    }
}

/// Steps of a case, by edition, up to `limit`.
///
/// # Errors
/// As [`Store::query`].
pub async fn of_stream(store: &Store, stream: &str, limit: i64) -> Result<Vec<StepRow>> {
    store.query(OF_STREAM, vals![stream, limit]).await?.into_iter().map(step).collect()
}

/// How many steps of an edition stand in which state: kind, state, count, when the last was done.
///
/// # Errors
/// As [`Store::query`].
pub async fn counts(store: &Store, stream: &str, revision: i64) -> Result<Vec<(String, String, i64, Option<i64>)>> {
    let rows = store.query(COUNTS, vals![stream, revision]).await?;
    rows.into_iter().map(|mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?, row.opt_int(3)?))).collect()
}

/// When the next step may be done, microseconds UTC.
///
/// # Errors
/// As [`Store::query`].
pub async fn next_at(store: &Store) -> Result<Option<i64>> {
    store.query_one(NEXT_AT, vec![]).await?.map(|mut row| row.int(0)).transpose()
}

/// Forgets steps for single subscribers and hooks that were settled before `before`, microseconds UTC.
#[must_use]
pub fn sweep_statement(before: i64) -> Statement {
    Statement::new(SWEEP, vals![before])
}

/// The stream that an advisory belongs to.
///
/// # Errors
/// As [`Store::query`].
pub async fn stream_of(store: &Store, advisory: &str) -> Result<Option<String>> {
    store.query_one(STREAMS, vals![advisory]).await?.map(|mut row| row.text(0)).transpose()
}
