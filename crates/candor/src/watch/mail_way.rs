//! By which server letters leave, and since when: whoever changes it is seen by those who manage the desk.
//!
//! The server is a setting of whoever runs the machine, so that nothing here can keep it from being changed. What can be done
//! is that nobody turns the team's letters to a host of their own in silence.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::config::MailOut;
use crate::error::Error;
use crate::execute::report::hex;
use crate::store::{Batch, settings};

/// Under which name it is kept.
const NAME: &str = "mail way";
/// How long a change stands above the queue.
const SHOWN: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The way letters leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// Hash of the server's address, in short. No password is in it.
    pub fingerprint: String,
    /// The one before; none for the first.
    pub before: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// The server of a way, in short; `None` where letters do not leave by a server.
fn fingerprint(way: &MailOut) -> Option<String> {
    let MailOut::Smtp(url) = way else { return None };
    let (scheme, rest) = url.split_once("://")?;
    // A user or password that changes is no other server.
    let server = rest.rsplit_once('@').map_or(rest, |(_, server)| server);
    let hash = hex(&digest(&SHA256, format!("{scheme}://{server}").as_bytes()).as_ref()[..8]);
    Some([&hash[..4], &hash[4..8], &hash[8..12], &hash[12..]].join(" "))
}

/// Compares the way that is set up with the one on record, and puts a change on record and into the log.
///
/// # Errors
/// When the store fails.
pub async fn note(app: &App) -> Result<(), Error> {
    let Some(fingerprint) = fingerprint(&app.config.mail) else { return Ok(()) };
    let known = known(app).await?;
    if known.as_ref().is_some_and(|known| known.fingerprint == fingerprint) {
        return Ok(());
    }
    let before = known.map(|known| known.fingerprint);
    if let Some(before) = &before {
        tracing::warn!(fingerprint, before, "letters leave by another mail server than before");
    }
    let way = Way { fingerprint, before, since: app.now() };
    let text = serde_json::to_vec(&way).map_err(Error::internal)?;
    Ok(app.store.commit(Batch::main(vec![settings::put_statement(NAME, &text)])).await?)
}

async fn known(app: &App) -> Result<Option<Way>, Error> {
    let Some(text) = settings::get(&app.store, NAME).await? else { return Ok(None) };
    serde_json::from_slice(&text).map(Some).map_err(Error::internal)
}

/// A change that those who manage the desk have to hear of: for two weeks.
///
/// # Errors
/// When the store fails.
pub async fn changed(app: &App) -> Result<Option<Way>, Error> {
    let now = app.now();
    Ok(known(app).await?.filter(|way| way.before.is_some() && now < way.since + SHOWN))
}
