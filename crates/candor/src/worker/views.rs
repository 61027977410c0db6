//! Pages of receipts are sealed anew when their case changed, so that a process without keys can show them.

use crate::app::App;
use crate::error::Error;
use crate::store::receipt_views;
use crate::web::receipt::sealed::seal;

/// Seals some of the pages that are behind their cases, those first that have waited longest. Gives how many; with none left
/// it gives 0. A few at a time, so that a flood of reports is not slowed by pages that hardly anybody looks at yet: a page that
/// is asked for is sealed at once. One that cannot be made is logged by its case and holds up no other.
///
/// # Errors
/// When the store fails.
pub async fn seal_views_once(app: &App) -> Result<usize, Error> {
    let mut sealed = 0;
    for row in &receipt_views::stale(&app.store).await? {
        match seal(app, row).await {
            Ok(()) => sealed += 1,
            Err(why @ (Error::Busy | Error::Full | Error::Locked | Error::Behind)) => return Err(why),
            Err(_) => tracing::error!(case = row.stream, "the page of a receipt could not be made"),
        }
    }
    Ok(sealed)
}
