//! Is every chain whole? Walks the journal without any key and names the first bad entry.

use super::dialect::statements;
use super::journal::{self, GENESIS};
use super::{Result, Store};

statements! {
    PAGE = "select stream, seq, at, kind, actor, body, person, person_body, prev, hash \
        from journal where (stream, seq) > ($1, $2) order by stream, seq limit $3";
    HEADS = "select id, head_seq, head_hash from case_row where id > $1 order by id limit $2";
    TALLY = "select count(*) from journal";
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
                    if id != stream {
                        report.fault = Some(Fault {
                            stream: id,
                            seq: head_seq,
                            what: "the case is there but its entries are missing".into(),
                        });
                        return Ok(report);
                    }
                    let what = match head_seq.cmp(&seq) {
                        std::cmp::Ordering::Greater => format!(
                            "missing: the case row names entry {head_seq} as the last, but the chain ends at {seq}"
                        ),
                        std::cmp::Ordering::Less => {
                            format!("the chain goes on to entry {seq} past the last one the case row names")
                        }
                        std::cmp::Ordering::Equal if head_hash != hash => {
                            "its hash is not the one the case row names".to_owned()
                        }
                        std::cmp::Ordering::Equal => String::new(),
                    };
                    if !what.is_empty() {
                        report.fault =
                            Some(Fault { stream: id, seq: head_seq.min(seq) + i64::from(head_seq != seq), what });
                        return Ok(report);
                    }
                    expected = heads.next().await?;
                }
                let Some(row) = &row else { break };
                report.streams += 1;
                (stream, seq, hash) = (row.stream.clone(), 0, GENESIS.to_vec());
            }
            let Some(row) = row else { break };
            let what = if row.seq != seq + 1 {
                Some((seq + 1, format!("missing: entry {} follows entry {seq}", row.seq)))
            } else if row.prev != hash {
                Some((row.seq, "it does not follow the entry before it".to_owned()))
            } else if journal::hash(&stream, row.seq, &row.entry, &row.prev) != row.hash[..] {
                Some((row.seq, "its content does not match its hash".to_owned()))
            } else {
                None
            };
            if let Some((seq, what)) = what {
                report.fault = Some(Fault { stream, seq, what });
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
