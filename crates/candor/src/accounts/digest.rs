//! Whether a member wishes what can wait in one letter a day.

use crate::app::App;
use crate::error::Error;
use crate::store::{Batch, settings};
use candor_core::id::MemberId;

fn name(member: &MemberId) -> String {
    format!("daily letter/{member}")
}

/// Whether the member wishes it.
///
/// # Errors
/// As every read.
pub async fn wishes(app: &App, member: &MemberId) -> Result<bool, Error> {
    Ok(settings::get(&app.store, &name(member)).await?.is_some())
}

/// Keeps the wish.
///
/// # Errors
/// When it could not be kept.
pub async fn set(app: &App, member: &MemberId, wish: bool) -> Result<(), Error> {
    let name = name(member);
    let kept = if wish { settings::put_statement(&name, b"1") } else { settings::delete_statement(&name) };
    Ok(app.store.commit(Batch::main(vec![kept])).await?)
}
