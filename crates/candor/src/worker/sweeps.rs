//! What is kept for a time only.

use std::time::SystemTime;

use jiff::SignedDuration;

use crate::app::App;
use crate::error::Error;
use crate::store::{idempotency, people};

/// How long the answer to a request is kept for the same request.
const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Forgets answers older than a week, sessions and invitations that have ended, and files that were never finished.
///
/// # Errors
/// When the store or the folder of files fails; what was swept stays swept.
pub async fn sweep_once(app: &App) -> Result<(), Error> {
    let now = app.now();
    idempotency::sweep(&app.store, (now - ANSWERS_KEPT).as_microsecond()).await?;
    people::sweep(&app.store, now.as_microsecond()).await?;
    let blobs = app.blobs.clone();
    // Files bear the system's time, whatever the desk's clock shows.
    tokio::task::spawn_blocking(move || blobs.sweep(SystemTime::now())).await.map_err(Error::internal)??;
    Ok(())
}
