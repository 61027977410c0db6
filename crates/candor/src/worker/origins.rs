//! Who sent the mails that were taken in: worked out when they are durable, so that no door waits for the DNS.

pub(super) use crate::mail::tasks::round;

use crate::app::App;
use crate::error::Error;
use crate::mail::origin::Checker;

/// Looks at every mail whose turn it is, and gives the number of those that are done. Nothing where the operator chose
/// that mails are not checked.
///
/// # Errors
/// When the store fails, or the DNS of this machine is not set up.
pub async fn check_once(app: &App) -> Result<usize, Error> {
    match Checker::new(&app.config.mail_dns, &app.config.mail_relays).map_err(Error::internal)? {
        Some(checker) => Box::pin(round(app, &checker)).await,
        None => Ok(0),
    }
}
