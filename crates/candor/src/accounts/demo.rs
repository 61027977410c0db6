//! People of a demonstration: everybody has the same password, and the sign-in page says who there is and the code of
//! this moment. Never used on a desk that keeps anything.

use crate::app::App;
use crate::error::Error;
use crate::store::people;

use super::{MemberView, open, totp};

/// The password of everybody in a demonstration.
pub const PASSWORD: &str = "candor demonstration 2026";

/// Who can sign in, each with the code that works now. Empty unless this is a demonstration.
///
/// # Errors
/// As [`super::members`].
pub async fn people(app: &App) -> Result<Vec<(MemberView, String)>, Error> {
    if !app.config.demo {
        return Ok(Vec::new());
    }
    let keys = app.keys()?;
    let roles = people::roles(&app.store).await?;
    let now = app.now();
    let step = now.as_second() / 30;
    let mut found = Vec::new();
    for row in people::members(&app.store).await? {
        let Some(sealed) = row.totp.as_deref().filter(|_| !row.disabled) else { continue };
        let secret = open(keys, &row.id, "totp", sealed)?;
        // The first code that was not used yet; one step ahead still counts.
        let unused = (row.totp_step + 1).clamp(step, step + 1);
        let at = jiff::Timestamp::from_second(unused * 30).map_err(Error::internal)?;
        let code = totp::code(&secret, at)?;
        found.push((super::view(keys, row, &roles)?, code));
    }
    Ok(found)
}
