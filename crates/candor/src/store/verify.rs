//! Is every chain whole? Walks the journal without any key and names the first bad entry.

use std::cmp::Ordering;

use super::dialect::statements;
use super::journal::{self, GENESIS, JournalRow};
use super::{Result, Store};

statements! {
    PAGE = "select stream, seq, at, kind, actor, body, person, person_body, prev, hash \
        from journal where (stream, seq) > ($1, $2) order by stream, seq limit $3";
    HEADS = "select id, head_seq, head_hash from case_row where id > $1 order by id limit $2";
    TALLY = "select count(*) from journal";
    ONE = "select j.stream, j.seq, j.at, j.kind, j.actor, j.body, j.person, j.person_body, j.prev, j.hash, c.head_seq, c.head_hash \
        from case_row c join journal j on j.stream = c.id where c.id = $1 order by j.seq";
    IS_CASE = "select 1 from case_row where id = $1";
}

const PAGE_ROWS: i64 = 500;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The stream.
    pub stream: String,
    /// The place in it.
    pub seq: i64,
    /// In words.
    pub what: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stream {}, entry {}: {}", self.stream, self.seq, self.what)
    }
}

/// What was walked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Streams seen.
    pub streams: u64,
    /// Entries checked.
    pub entries: u64,
    /// The first fault in the order of streams, if any.
    pub fault: Option<Fault>,
}

/// Checks every stream, and that each case's row names the end of its chain, which notices a cut
/// tail. A whole stream taken away together with its case row cannot be noticed here.
///
/// `progress` is told (entries done, entries in all) now and then.
///
/// # Errors
/// As [`Store::query`]; a fault of the chain is no error but part of the [`Report`].
pub async fn verify(store: &Store, mut progress: impl FnMut(u64, u64)) -> Result<Report> {
    let count = store.query_long(TALLY, vec![]).await?.into_iter().next();
    let total = count.map_or(Ok(0), |mut row| row.int(0))?.unsigned_abs();
    let mut heads = Heads { store, after: String::new(), page: Vec::new().into_iter() };
    let mut expected = heads.next().await?;
    let mut report = Report::default();
    let (mut stream, mut seq, mut hash) = (String::new(), 0_i64, GENESIS.to_vec());
    loop {
        let page = store.query_long(PAGE, vals![&stream, seq, PAGE_ROWS]).await?;
        let last = page.is_empty();
        let rows = page.into_iter().map(journal::row).map(|row| row.map(Some)).chain(last.then_some(Ok(None)));
        for row in rows {
            let row = row?;
            if row.as_ref().is_none_or(|row| row.stream != stream) {
                // The stream before ends here; every case row up to it must have been met.
                while let Some((id, head_seq, head_hash)) =
                    expected.take_if(|(id, ..)| row.as_ref().is_none_or(|row| *id < row.stream))
                {
                    let whole = id == stream && head_seq == seq && head_hash == hash;
                    // Journal and rows were read one after the other: a case that changed in between is
                    // looked at again, both at once.
                    if !whole && let Some(fault) = look_again(store, &id).await? {
                        report.fault = Some(fault);
                        return Ok(report);
                    }
                    expected = heads.next().await?;
                }
                let Some(row) = &row else { break };
                report.streams += 1;
                (stream, seq, hash) = (row.stream.clone(), 0, GENESIS.to_vec());
            }
            let Some(row) = row else { break };
            if let Some(fault) = broken_link(&row, seq, &hash) {
                report.fault = Some(fault);
                return Ok(report);
            }
            (seq, hash) = (row.seq, row.hash);
            report.entries += 1;
        }
        progress(report.entries, total);
        if last {
            return Ok(report);
        }
    }
}

/// What is wrong with an entry that is to follow entry `seq` with this `hash`.
fn broken_link(row: &JournalRow, seq: i64, hash: &[u8]) -> Option<Fault> {
    let (seq, what) = if row.seq != seq + 1 {
        (seq + 1, format!("it is missing; entry {} follows entry {seq}", row.seq))
    } else if row.prev != hash {
        (row.seq, "it does not follow the entry before it".to_owned())
    } else if journal::hash(&row.stream, row.seq, &row.entry, &row.prev) != row.hash[..] {
        (row.seq, "its content does not match its hash".to_owned())
    } else {
        return None;
    };
    Some(Fault { stream: row.stream.clone(), seq, what })
}

/// Checks one case with its row, read at one instant.
async fn look_again(store: &Store, id: &str) -> Result<Option<Fault>> {
    let fault = |seq, what: &str| Some(Fault { stream: id.to_owned(), seq, what: what.to_owned() });
    let (mut seq, mut hash) = (0, GENESIS.to_vec());
    let mut head = None;
    for mut row in store.query_long(ONE, vals![id]).await? {
        head = Some((row.int(10)?, row.bytes(11)?));
        let row = journal::row(row)?;
        if let Some(fault) = broken_link(&row, seq, &hash) {
            return Ok(Some(fault));
        }
        (seq, hash) = (row.seq, row.hash);
    }
    let Some((head_seq, head_hash)) = head else {
        let there = !store.query_long(IS_CASE, vals![id]).await?.is_empty();
        return Ok(if there { fault(1, "it is missing; the case is there but has no entries") } else { None });
    };
    Ok(match head_seq.cmp(&seq) {
        Ordering::Greater => fault(seq + 1, "it is missing; the case's row names a later entry as the last"),
        Ordering::Less => fault(head_seq + 1, "it stands past the last entry the case's row names"),
        Ordering::Equal if head_hash != hash => fault(seq, "its hash is not the one the case's row names"),
        Ordering::Equal => None,
    })
}

/// Walks the case rows in the order of their ids, beside the journal.
struct Heads<'s> {
    store: &'s Store,
    after: String,
    page: std::vec::IntoIter<super::Row>,
}

impl Heads<'_> {
    async fn next(&mut self) -> Result<Option<(String, i64, Vec<u8>)>> {
        if self.page.len() == 0 {
            self.page = self.store.query_long(HEADS, vals![&self.after, PAGE_ROWS]).await?.into_iter();
        }
        let Some(mut row) = self.page.next() else {
            return Ok(None);
        };
        self.after = row.text(0)?;
        Ok(Some((self.after.clone(), row.int(1)?, row.bytes(2)?)))
    }
}
