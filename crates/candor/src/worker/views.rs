//! Pages of receipts are sealed anew when their case changed, so that a process without keys can show them.

use crate::app::App;
use crate::error::Error;
use crate::store::receipt_views;
use crate::web::receipt::sealed::seal;

/// Seals every page that is behind its case. Gives how many. One that cannot be made is logged by its case and holds up no
/// other.
///
/// # Errors
/// When the store fails.
pub async fn seal_views_once(app: &App) -> Result<usize, Error> {
    let mut sealed = 0;
    loop {
        let rows = receipt_views::stale(&app.store).await?;
        let mut done = 0;
        for row in &rows {
            match seal(app, row).await {
                Ok(()) => done += 1,
                Err(why @ (Error::Busy | Error::Full | Error::Locked | Error::Behind)) => return Err(why),
                Err(_) => tracing::error!(case = row.stream, "the page of a receipt could not be made"),
            }
        }
        sealed += done;
        if done == 0 {
            return Ok(sealed);
        }
    }
}
