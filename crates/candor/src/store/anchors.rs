//! Anchors as they were taken: what was signed, and the heads of the chains that had grown since the one before.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

statements! {
    INSERT = "insert into anchor (number, body, cut) values ($1, $2, $3)";
    LAST = "select number, body, cut from anchor order by number desc limit 1";
    GET = "select number, body, cut from anchor where number = $1";
    FROM = "select number, body, cut from anchor where number > $1 order by number limit 50";
    // Cases, whose rows name the ends of their chains, and the journals of programs, which have no such row.
    GROWN = "select c.id, c.head_seq, c.head_hash, coalesce(a.seq, 0) from case_row c \
        left join anchored a on a.stream = c.id where c.head_seq > coalesce(a.seq, 0) \
        union all select j.stream, j.seq, j.hash, coalesce(a.seq, 0) from journal j \
        left join anchored a on a.stream = j.stream \
        where j.stream >= 'program:' and j.stream < 'program;' and j.seq > coalesce(a.seq, 0) \
        and j.seq = (select max(k.seq) from journal k where k.stream = j.stream) order by 1";
    STREAMS = "select count(*) from anchored";
    REACHED = "insert into anchored (stream, seq) values ($1, $2) on conflict (stream) do update set seq = excluded.seq";
    HASH = "select hash from journal where stream = $1 and seq = $2";
    SENT = "insert into anchor_sent (place, number) values ($1, $2) on conflict (place) do update set number = excluded.number";
    SENT_TO = "select number from anchor_sent where place = $1";
}

/// An anchor as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorRow {
    /// Its number; one follows the other.
    pub number: i64,
    /// What was signed, with the signature.
    pub body: String,
    /// The heads that had changed: a line each, of stream, place and hash.
    pub cut: String,
}

fn read(mut row: Row) -> Result<AnchorRow> {
    Ok(AnchorRow { number: row.int(0)?, body: row.text(1)?, cut: row.text(2)? })
}

/// A chain that has grown since the last anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown {
    /// The stream.
    pub stream: String,
    /// Its last entry.
    pub seq: i64,
    /// That entry's hash.
    pub hash: Vec<u8>,
    /// The entry that was the last at the anchor before; 0 for a new stream.
    pub before: i64,
}

/// Keeps an anchor: a conflict when its number is taken.
#[must_use]
pub fn insert_statement(row: &AnchorRow) -> Statement {
    Statement::new(INSERT, vals![row.number, &row.body, &row.cut])
}

/// Notes how far a chain is anchored.
#[must_use]
pub fn reached_statement(stream: &str, seq: i64) -> Statement {
    Statement::new(REACHED, vals![stream, seq])
}

/// Notes what a place has.
#[must_use]
pub fn sent_statement(place: &str, number: i64) -> Statement {
    Statement::new(SENT, vals![place, number])
}

/// The newest anchor.
///
/// # Errors
/// As [`Store::query`]; so for all of these.
pub async fn last(store: &Store) -> Result<Option<AnchorRow>> {
    store.query_one(LAST, vec![]).await?.map(read).transpose()
}

/// One anchor.
///
/// # Errors
/// As [`last`].
pub async fn get(store: &Store, number: i64) -> Result<Option<AnchorRow>> {
    store.query_one(GET, vals![number]).await?.map(read).transpose()
}

/// Some anchors after a number, in order.
///
/// # Errors
/// As [`last`].
pub async fn after(store: &Store, number: i64) -> Result<Vec<AnchorRow>> {
    store.query_long(FROM, vals![number]).await?.into_iter().map(read).collect()
}

/// Every chain that has grown since the last anchor, in the order of streams. One look: the heads belong together.
///
/// # Errors
/// As [`last`].
pub async fn grown(store: &Store) -> Result<Vec<Grown>> {
    let rows = store.query_long(GROWN, vec![]).await?;
    rows.into_iter()
        .map(|mut row| Ok(Grown { stream: row.text(0)?, seq: row.int(1)?, hash: row.bytes(2)?, before: row.int(3)? }))
        .collect()
}

/// How many chains are anchored.
///
/// # Errors
/// As [`last`].
pub async fn streams(store: &Store) -> Result<i64> {
    store.query_one(STREAMS, vec![]).await?.map_or(Ok(0), |mut row| row.int(0))
}

/// The hash of an entry; none when it is not there.
///
/// # Errors
/// As [`last`].
pub async fn hash_at(store: &Store, stream: &str, seq: i64) -> Result<Option<Vec<u8>>> {
    store.query_one(HASH, vals![stream, seq]).await?.map(|mut row| row.bytes(0)).transpose()
}

/// The newest anchor that a place has; 0 for none.
///
/// # Errors
/// As [`last`].
pub async fn sent_to(store: &Store, place: &str) -> Result<i64> {
    store.query_one(SENT_TO, vals![place]).await?.map_or(Ok(0), |mut row| row.int(0))
}
