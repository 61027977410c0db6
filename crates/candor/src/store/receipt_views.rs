//! Pages of receipts, sealed to keys that only the receipts give: what a process without keys shows. Made anew at any time.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

statements! {
    PUT = "insert into receipt_view (locator, stream, report, public_key, at, stale, sealed) \
        values ($1, $2, $3, $4, $5, $6, $7) \
        on conflict (locator) do update set stream = excluded.stream, report = excluded.report, \
        stale = receipt_view.stale + 1";
    FIND = "select locator, stream, report, public_key, at, stale, sealed from receipt_view where locator = $1";
    OF_STREAM = "select locator, stream, report, public_key, at, stale, sealed from receipt_view where stream = $1";
    STALE = "select locator, stream, report, public_key, at, stale, sealed from receipt_view \
        where stale > 0 order by at, locator limit 50";
    CHANGED = "update receipt_view set stale = stale + 1 where stream = $1";
    SEALED = "update receipt_view set sealed = $2, at = $3, stale = 0 where locator = $1 and stale = $4";
    FORGET = "delete from receipt_view where stream = $1";
}

/// The page of one receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptView {
    /// Name that only the receipt gives.
    pub locator: Vec<u8>,
    /// Stream of the case.
    pub stream: String,
    /// Number of the report within the case.
    pub report: i64,
    /// The public key that the page is sealed to.
    pub public_key: Vec<u8>,
    /// When it was sealed, microseconds UTC.
    pub at: i64,
    /// How often the case changed since; 0 when the page shows all.
    pub stale: i64,
    /// The page; empty before it was sealed first.
    pub sealed: Vec<u8>,
}

fn read(mut row: Row) -> Result<ReceiptView> {
    Ok(ReceiptView {
        locator: row.bytes(0)?,
        stream: row.text(1)?,
        report: row.int(2)?,
        public_key: row.bytes(3)?,
        at: row.int(4)?,
        stale: row.int(5)?,
        sealed: row.bytes(6)?,
    })
}

/// Keeps the key and the first page of a receipt. One that is there already keeps its page until it is sealed anew.
#[must_use]
pub fn put_statement(view: &ReceiptView) -> Statement {
    let ReceiptView { locator, stream, report, public_key, at, stale, sealed } = view;
    Statement::new(PUT, vals![locator, stream, *report, public_key, *at, *stale, sealed])
}

/// The case changed: its pages are to be sealed anew.
#[must_use]
pub fn changed_statement(stream: &str) -> Statement {
    Statement::new(CHANGED, vals![stream])
}

/// Keeps a page that was made while `stale` was what is given; does nothing when the case changed meanwhile.
#[must_use]
pub fn sealed_statement(locator: &[u8], sealed: &[u8], at: i64, stale: i64) -> Statement {
    Statement::new(SEALED, vals![locator, sealed, at, stale])
}

/// Removes the pages of a case, as when it is erased.
#[must_use]
pub fn forget_statement(stream: &str) -> Statement {
    Statement::new(FORGET, vals![stream])
}

/// The page of a receipt.
///
/// # Errors
/// As [`Store::query`].
pub async fn find(store: &Store, locator: &[u8]) -> Result<Option<ReceiptView>> {
    store.query_one(FIND, vals![locator]).await?.map(read).transpose()
}

/// The pages of a case.
///
/// # Errors
/// As [`Store::query`].
pub async fn of_stream(store: &Store, stream: &str) -> Result<Vec<ReceiptView>> {
    store.query(OF_STREAM, vals![stream]).await?.into_iter().map(read).collect()
}

/// Some pages that are behind their case, those that were sealed first before the others.
///
/// # Errors
/// As [`Store::query`].
pub async fn stale(store: &Store) -> Result<Vec<ReceiptView>> {
    store.query(STALE, vec![]).await?.into_iter().map(read).collect()
}
