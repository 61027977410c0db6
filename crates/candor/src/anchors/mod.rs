//! Anchors: each hour the heads of all journals are signed as one and put where whoever rules this machine does not.
//!
//! An anchor is a few lines of text, signed with Ed25519. Its head is a hash over the head of the anchor before and the
//! heads of all chains that have grown since, which stay in the store. So with the anchors alone nobody learns of a case,
//! and with the store beside them every cut tail, lost case and rewritten entry older than the last anchor is found.

pub mod bucket; // a bucket of an S3-compatible store
pub mod places; // where anchors go, and are read back

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::coding::{hex, unhex};
use crate::error::Error;
use crate::keys::RootKey;
use crate::keys::sign::{Signer, is_signed};
use crate::store::anchors::{self as rows, AnchorRow};
use crate::store::{Batch, Store, StoreError};

const HEADING: &str = "candor anchor 1";
const USAGE: &str = "journal anchors";
const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A signed head of all journals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// What is signed, one fact a line.
    pub statement: String,
    /// Ed25519 over the statement, as hexadecimal digits.
    pub signature: String,
    /// The public key, as hexadecimal digits; the same as long as the store lives.
    pub key: String,
}

/// What is wrong with a store, by its anchors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The store is older than an anchor of it.
    #[error(
        "the store is older than its anchor: {place} knows anchor {known} of {at}, the store ends at {mine}. Put the newer \
         data back; or, if an old backup was restored on purpose, run `candor journal accept`"
    )]
    Older {
        /// Where the newer anchor lies.
        place: String,
        /// Its number.
        known: i64,
        /// Its instant.
        at: String,
        /// The newest in the store.
        mine: i64,
    },
    /// The same anchor says something else.
    #[error("anchor {number} of {place} is not the one in this store: it is another store, or it was rewritten")]
    Other {
        /// Where it lies.
        place: String,
        /// Its number.
        number: i64,
    },
    /// An anchor of the store does not hold together.
    #[error("anchor {number} of the store was changed: {what}")]
    Changed {
        /// Its number.
        number: i64,
        /// In words.
        what: &'static str,
    },
    /// An entry that an anchor covers is not as it was.
    #[error("stream {stream}, entry {seq}: it is not the entry that anchor {number} of {at} covers")]
    Entry {
        /// The stream.
        stream: String,
        /// The place in it.
        seq: i64,
        /// The anchor.
        number: i64,
        /// Its instant.
        at: String,
    },
}

impl Anchor {
    /// A fact of the statement.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.statement.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Its number; 0 when it has none.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.fact("number").and_then(|it| it.parse().ok()).unwrap_or(0)
    }

    /// Its instant, as written.
    #[must_use]
    pub fn at(&self) -> &str {
        self.fact("at").unwrap_or_default()
    }

    /// Whether it is an anchor, signed with the key it names.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.statement.starts_with(&format!("{HEADING}\n"))
            && unhex(&self.key)
                .zip(unhex(&self.signature))
                .is_some_and(|(key, signature)| is_signed(&key, self.statement.as_bytes(), &signature))
    }

    fn read(row: &AnchorRow) -> Option<Self> {
        serde_json::from_str::<Self>(&row.body).ok().filter(Self::is_whole)
    }
}

fn head_of(before: &str, cut: &str) -> String {
    let text = format!("candor anchor head 1\n{before}\n{cut}");
    hex(digest(&SHA256, text.as_bytes()).as_ref())
}

/// Whether an anchor is due: none was taken in this hour yet.
fn is_due(last: Option<&Anchor>, now: Timestamp) -> bool {
    let hour = |at: Timestamp| at.as_second().div_euclid(3600);
    let last = last.and_then(|last| last.at().parse::<Timestamp>().ok());
    last.is_none_or(|last| hour(last) != hour(now))
}

/// Takes the anchor of this hour, unless there is one. Busy or not: a missing anchor would tell as much as a number.
///
/// # Errors
/// As keys and store fail.
pub async fn take_if_due(store: &Store, root: &RootKey, now: Timestamp) -> Result<Option<Anchor>, Error> {
    let last = rows::last(store).await?.and_then(|row| Anchor::read(&row));
    if is_due(last.as_ref(), now) { take(store, root, now, None).await.map(Some) } else { Ok(None) }
}

/// Takes an anchor now. After a restore on purpose, `resumed` is the newest one known elsewhere: numbers go on from there.
///
/// # Errors
/// As keys and store fail.
pub async fn take(store: &Store, root: &RootKey, now: Timestamp, resumed: Option<i64>) -> Result<Anchor, Error> {
    let last = rows::last(store).await?;
    let before = last.as_ref().and_then(Anchor::read);
    let mine = last.as_ref().map_or(0, |row| row.number);
    let number = mine.max(resumed.unwrap_or(0)) + 1;
    let grown = rows::grown(store).await?;
    let cut: String = grown.iter().map(|it| format!("{} {} {}\n", it.stream, it.seq, hex(&it.hash))).collect();
    let count = |name: &str| before.as_ref().and_then(|it| it.fact(name)?.parse::<i64>().ok()).unwrap_or(0);
    let entries = count("entries") + grown.iter().map(|it| it.seq - it.before).sum::<i64>();
    let fresh = i64::try_from(grown.iter().filter(|it| it.before == 0).count()).unwrap_or(0);
    let streams = rows::streams(store).await? + fresh;
    let head = head_of(before.as_ref().and_then(|it| it.fact("head")).unwrap_or(FIRST), &cut);
    let at = now.round(Unit::Second).unwrap_or(now).min(now);
    let mut statement = format!("{HEADING}\nnumber: {number}\nat: {at}\nstreams: {streams}\nentries: {entries}\n");
    if resumed.is_some() {
        statement.push_str(&format!("resumed after: {mine}\n"));
    }
    statement.push_str(&format!("head: {head}\n"));
    let signer = Signer::of(root, USAGE)?;
    let signature = hex(&signer.sign(statement.as_bytes()));
    let anchor = Anchor { signature, key: hex(&signer.public()), statement };
    let body = serde_json::to_string(&anchor).map_err(Error::internal)?;
    let mut main = vec![rows::insert_statement(&AnchorRow { number, body, cut })];
    main.extend(grown.iter().map(|it| rows::reached_statement(&it.stream, it.seq)));
    match store.commit(Batch::main(main)).await {
        Ok(()) => Ok(anchor),
        // Another process took it.
        Err(StoreError::Conflict) => {
            rows::get(store, number).await?.and_then(|row| Anchor::read(&row)).ok_or(Error::Busy)
        }
        Err(why) => Err(why.into()),
    }
}

/// Compares an anchor from elsewhere with the store. One that nobody signed with the store's key is worth nothing and
/// says nothing.
///
/// # Errors
/// [`Fault`] when the store is older, or another one; the outer error as the store fails.
pub async fn compare(store: &Store, place: &str, known: &Anchor) -> Result<Result<(), Fault>, Error> {
    let last = rows::last(store).await?;
    if !known.is_whole() || last.as_ref().and_then(Anchor::read).is_some_and(|mine| mine.key != known.key) {
        return Ok(Err(Fault::Other { place: place.to_owned(), number: known.number() }));
    }
    let mine = last.map_or(0, |row| row.number);
    if mine < known.number() {
        let (known, at) = (known.number(), known.at().to_owned());
        return Ok(Err(Fault::Older { place: place.to_owned(), known, at, mine }));
    }
    Ok(match rows::get(store, known.number()).await?.and_then(|row| Anchor::read(&row)) {
        Some(same) if same == *known => Ok(()),
        // Numbers that a resumed store has left out.
        None => Ok(()),
        Some(_) => Err(Fault::Other { place: place.to_owned(), number: known.number() }),
    })
}

/// What was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Anchors of the store.
    pub anchors: u64,
    /// Heads they cover.
    pub heads: u64,
    /// The first fault, if any.
    pub fault: Option<Fault>,
}

/// Checks every anchor of the store against the journal. Needs no key. The chains themselves are
/// [`crate::store::verify`]'s.
///
/// # Errors
/// As the store fails; a fault is part of [`Checked`].
pub async fn check(store: &Store) -> Result<Checked, Error> {
    let mut checked = Checked::default();
    let (mut number, mut head, mut key) = (0, FIRST.to_owned(), None);
    loop {
        let page = rows::after(store, number).await?;
        if page.is_empty() {
            return Ok(checked);
        }
        for row in page {
            let changed = |what| Some(Fault::Changed { number: row.number, what });
            let Some(anchor) = Anchor::read(&row) else {
                checked.fault = changed("it is not signed as it stands");
                return Ok(checked);
            };
            if key.get_or_insert_with(|| anchor.key.clone()) != &anchor.key {
                checked.fault = changed("it is signed with another key than the one before");
                return Ok(checked);
            }
            let follows = row.number == number + 1
                || anchor.fact("resumed after").is_some_and(|after| after == number.to_string());
            let now = head_of(&head, &row.cut);
            if !follows || anchor.number() != row.number || anchor.fact("head") != Some(&now) {
                checked.fault = changed("its head does not follow from the one before");
                return Ok(checked);
            }
            for line in row.cut.lines() {
                let mut parts = line.split(' ');
                let stream = parts.next().unwrap_or_default();
                let seq: i64 = parts.next().and_then(|it| it.parse().ok()).unwrap_or(0);
                let there = rows::hash_at(store, stream, seq).await?;
                if there.is_none_or(|hash| parts.next() != Some(&hex(&hash))) {
                    let (stream, at) = (stream.to_owned(), anchor.at().to_owned());
                    checked.fault = Some(Fault::Entry { stream, seq, number: row.number, at });
                    return Ok(checked);
                }
                checked.heads += 1;
            }
            checked.anchors += 1;
            (number, head) = (row.number, now);
        }
    }
}
