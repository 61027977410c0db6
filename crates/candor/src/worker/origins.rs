//! Who sent the mails that were taken in: worked out when they are durable, so that no door waits for the DNS.

pub(super) use crate::mail::tasks::round;

use crate::app::App;
use crate::error::Error;
use crate::mail::origin::Checker;

/// Looks at every mail whose turn it is, and gives the number of those that are done.
///
/// # Errors
/// When the store fails, or the DNS of this machine is not set up.
pub async fn check_once(app: &App) -> Result<usize, Error> {
    let checker = Checker::new(&app.config.mail_dns, &app.config.mail_relays).map_err(Error::internal)?;
    Box::pin(round(app, checker.as_ref())).await
}
