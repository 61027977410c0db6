//! The page of a receipt, sealed to whoever holds it: made by the desk after each change, opened by a process without keys
//! while the receipt is presented. It shows nothing that the page would not show, and can be made anew at any time.

use super::report::{Promised, find_receipt};
use crate::app::App;
use crate::error::Error;
use crate::keys::intake::PublicKey;
use crate::keys::receipt::{ReceiptKey, seal_page};
use crate::store::receipt_views::{self, ReceiptView};
use crate::store::{Batch, Statement};
use candor_core::id::{CaseId, ProgramSlug};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What lies sealed to a receipt.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// The report waits for the desk.
    Waiting {
        /// The program it is for.
        program: ProgramSlug,
        /// Name of the case it will be.
        case: CaseId,
        /// Its title.
        title: String,
        /// When it was taken in.
        at: Timestamp,
        /// What is promised.
        promises: Vec<Promised>,
    },
    /// The page, as the desk would show it.
    Page(serde_json::Value),
}

/// A page with how fresh it is.
#[derive(Debug, Clone)]
pub struct Found {
    /// What it shows.
    pub view: View,
    /// The case.
    pub case: CaseId,
    /// When it was made.
    pub at: Timestamp,
    /// Whether the case changed since.
    pub behind: bool,
}

/// Keeps the key of a receipt, so that its page can be sealed; none when the text cannot be a receipt.
pub(super) fn key_statement(receipt: &str, stream: &str, report: i64, at: i64) -> Option<Statement> {
    let key = ReceiptKey::of(receipt).ok()?;
    Some(receipt_views::put_statement(&ReceiptView {
        locator: key.locator().to_vec(),
        stream: stream.to_owned(),
        report,
        public_key: key.public_key().to_vec(),
        at,
        stale: 1,
        sealed: Vec::new(),
    }))
}

/// The first page of a report that waits for the desk.
pub(super) fn waiting_statement(receipt: &str, case: &CaseId, view: &View, at: i64) -> Result<Statement, Error> {
    let key = ReceiptKey::of(receipt)?;
    let plain = serde_json::to_vec(view).map_err(Error::internal)?;
    Ok(receipt_views::put_statement(&ReceiptView {
        locator: key.locator().to_vec(),
        stream: case.0.clone(),
        report: 0,
        public_key: key.public_key().to_vec(),
        at,
        stale: 0,
        sealed: seal_page(&key.public_key(), key.locator(), &plain)?,
    }))
}

/// Opens the page of a receipt without any key of the desk; none for a receipt that has no page here.
///
/// # Errors
/// As the store fails.
pub async fn find(app: &App, receipt: &str) -> Result<Option<Found>, Error> {
    let key = ReceiptKey::of(receipt)?;
    let Some(row) = receipt_views::find(&app.store, key.locator()).await? else { return Ok(None) };
    // What does not open is as good as none: the desk makes it anew.
    let Ok(plain) = key.open(&row.sealed) else { return Ok(None) };
    let Ok(view) = serde_json::from_slice(&plain) else { return Ok(None) };
    let at = Timestamp::from_microsecond(row.at).map_err(Error::internal)?;
    Ok(Some(Found { view, case: CaseId(row.stream), at, behind: row.stale > 0 }))
}

/// Pages that are to be sealed, of one receipt: also of one that came before there were such pages. None when the receipt
/// opens nothing.
///
/// # Errors
/// [`Error::Locked`] without keys, and as the store fails.
pub async fn of_receipt(app: &App, receipt: &str) -> Result<Option<ReceiptView>, Error> {
    let key = ReceiptKey::of(receipt)?;
    let found = find_receipt(app, receipt).await?;
    let known = receipt_views::find(&app.store, key.locator()).await?;
    let Some(found) = found else { return Ok(None) };
    if known.as_ref().is_some_and(|known| !known.sealed.is_empty()) {
        return Ok(known);
    }
    let put = key_statement(receipt, &found.stream, found.report, app.now().as_microsecond());
    app.store.commit(Batch::main(put.into_iter().collect())).await?;
    Ok(receipt_views::find(&app.store, key.locator()).await?)
}

/// Seals a page and keeps it, unless the case changed while it was made.
///
/// # Errors
/// As the store fails.
pub async fn seal(app: &App, row: &ReceiptView, page: serde_json::Value) -> Result<(), Error> {
    let to: PublicKey =
        row.public_key.clone().try_into().map_err(|_| Error::internal("a receipt's key has a wrong length"))?;
    let plain = serde_json::to_vec(&View::Page(page)).map_err(Error::internal)?;
    let sealed = seal_page(&to, &row.locator, &plain)?;
    let at = app.now().as_microsecond();
    let keep = receipt_views::sealed_statement(&row.locator, &sealed, at, row.stale);
    Ok(app.store.commit(Batch::main(vec![keep])).await?)
}
