//! The journal: per stream a chain of entries, append-only, each bound to the one before.
//!
//! The hash of an entry is SHA-256 over a domain tag and all its fields, each with its length in
//! front, the previous hash among them. It is taken over ciphertext: whoever checks a chain needs no
//! key, and what is erased stays unguessable.

use aws_lc_rs::digest;

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

/// Hash of an entry.
pub type Hash = [u8; 32];

/// What stands before the first entry of a stream.
pub const GENESIS: Hash = [0; 32];

const DOMAIN: &[u8] = b"candor journal entry 1";

/// One entry before it has its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it happened, microseconds UTC.
    pub at: i64,
    /// What kind of thing happened, such as `acknowledged`.
    pub kind: String,
    /// Who did it: an id, never a name.
    pub actor: String,
    /// The event, sealed under the stream's key.
    pub body: Vec<u8>,
    /// The outside person this entry tells about, if any.
    pub person: Option<String>,
    /// What identifies that person, sealed under the person's key.
    pub person_body: Option<Vec<u8>>,
}

/// One entry in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// The stream, which is the case's id.
    pub stream: String,
    /// Place in the stream, from 1 without gaps.
    pub seq: i64,
    /// The entry itself.
    pub entry: Entry,
    /// Hash of the entry before, [`GENESIS`] for the first.
    pub prev: Vec<u8>,
    /// Hash of this entry.
    pub hash: Vec<u8>,
}

/// The last entry of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its place; 0 before the first entry.
    pub seq: i64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// The head of a stream that has no entry yet.
    pub const EMPTY: Self = Self { seq: 0, hash: GENESIS };
}

statements! {
    APPEND = "insert into journal (stream, seq, at, kind, actor, body, person, person_body, prev, hash) \
              values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    LOAD = "select stream, seq, at, kind, actor, body, person, person_body, prev, hash \
            from journal where stream = $1 and seq > $2 order by seq";
    HEAD = "select seq, hash from journal where stream = $1 order by seq desc limit 1";
    // The program is compared as an expression, so that the index of breaches is walked from its newest end.
    BREACHES = "select j.at, j.stream, j.seq from journal j join case_row c on c.id = j.stream \
        where c.program || '' = $1 and j.kind = 'promise-broken' and (j.at, j.stream, j.seq) < ($2, $3, $4) \
        order by j.at desc, j.stream desc, j.seq desc limit $5";
    STREAMS = "select distinct stream from journal where stream > $1 order by stream limit $2";
}

/// Statements that append `entries` after entry `after`, and the new head.
///
/// The primary key (stream, seq) is what notices that somebody appended in between: the batch then
/// ends in [`super::StoreError::Conflict`], on either database.
#[must_use]
pub fn append_statements(stream: &str, after: Head, entries: &[Entry]) -> (Vec<Statement>, Head) {
    let mut head = after;
    let statements = entries
        .iter()
        .map(|entry| {
            let prev = head.hash;
            head = Head { seq: head.seq + 1, hash: hash(stream, head.seq + 1, entry, &prev) };
            Statement::new(
                APPEND,
                vals![
                    stream,
                    head.seq,
                    entry.at,
                    &entry.kind,
                    &entry.actor,
                    &entry.body,
                    entry.person.as_ref(),
                    entry.person_body.as_ref(),
                    prev,
                    head.hash,
                ],
            )
        })
        .collect();
    (statements, head)
}

/// The hash of `entry` at its place.
#[must_use]
pub fn hash(stream: &str, seq: i64, entry: &Entry, prev: &[u8]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut field = |bytes: &[u8]| {
        context.update(&(bytes.len() as u64).to_be_bytes());
        context.update(bytes);
    };
    field(DOMAIN);
    field(stream.as_bytes());
    field(&seq.to_be_bytes());
    field(&entry.at.to_be_bytes());
    field(entry.kind.as_bytes());
    field(entry.actor.as_bytes());
    field(&entry.body);
    for optional in [entry.person.as_ref().map(String::as_bytes), entry.person_body.as_deref()] {
        field(&[u8::from(optional.is_some())]);
        field(optional.unwrap_or_default());
    }
    field(prev);
    let mut hash = GENESIS;
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Reads a row in the column order of [`LOAD`].
pub(crate) fn row(mut row: Row) -> Result<JournalRow> {
    Ok(JournalRow {
        stream: row.text(0)?,
        seq: row.int(1)?,
        entry: Entry {
            at: row.int(2)?,
            kind: row.text(3)?,
            actor: row.text(4)?,
            body: row.bytes(5)?,
            person: row.opt_text(6)?,
            person_body: row.opt_bytes(7)?,
        },
        prev: row.bytes(8)?,
        hash: row.bytes(9)?,
    })
}

/// All entries of `stream`, in order.
///
/// # Errors
/// As [`Store::query`].
pub async fn load(store: &Store, stream: &str) -> Result<Vec<JournalRow>> {
    load_after(store, stream, 0).await
}

/// The entries of `stream` after entry `seq`, in order.
///
/// # Errors
/// As [`Store::query`].
pub async fn load_after(store: &Store, stream: &str, seq: i64) -> Result<Vec<JournalRow>> {
    store.query(LOAD, vals![stream, seq]).await?.into_iter().map(row).collect()
}

/// The head of `stream`; [`Head::EMPTY`] when it has no entry.
///
/// # Errors
/// As [`Store::query`].
pub async fn head(store: &Store, stream: &str) -> Result<Head> {
    let Some(mut row) = store.query_one(HEAD, vals![stream]).await? else {
        return Ok(Head::EMPTY);
    };
    let hash = row
        .bytes(1)?
        .try_into()
        .map_err(|_| super::StoreError::Damaged(format!("the last hash of {stream} has a wrong length")))?;
    Ok(Head { seq: row.int(0)?, hash })
}

/// Where a broken promise stands in the journal: when it was put on record, stream and place.
pub type Breach = (i64, String, i64);

/// Up to `limit` broken promises of these programs, the newest first, that were put on record before `before`.
///
/// # Errors
/// As [`Store::query`].
pub async fn breaches(store: &Store, programs: &[String], before: Option<&Breach>, limit: i64) -> Result<Vec<Breach>> {
    let end: Breach = (i64::MAX, String::new(), 0);
    let (at, stream, seq) = before.unwrap_or(&end);
    let mut found: Vec<Breach> = Vec::new();
    for program in programs {
        for mut row in store.query(BREACHES, vals![program, *at, stream, *seq, limit]).await? {
            found.push((row.int(0)?, row.text(1)?, row.int(2)?));
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}

/// Up to `limit` streams after `after` in the order of their ids, to walk all of them.
///
/// # Errors
/// As [`Store::query`].
pub async fn streams(store: &Store, after: &str, limit: i64) -> Result<Vec<String>> {
    store.query_long(STREAMS, vals![after, limit]).await?.into_iter().map(|mut row| row.text(0)).collect()
}
