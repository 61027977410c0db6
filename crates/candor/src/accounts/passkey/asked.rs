//! What was asked, until it is answered: sealed in the store for five minutes, so that any process of the desk takes the answer,
//! and none after a restart is lost. The browser holds a random name and nothing else; the row lies under a hash of it.

use aws_lc_rs::digest::{SHA256, digest};
use candor_core::id::MemberId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{PasskeyAuthentication, PasskeyRegistration};

use crate::app::App;
use crate::error::Error;
use crate::execute::report::hex;
use crate::keys::{self, Context, Purpose, random};
use crate::store::{Batch, passkey_challenges};

/// How long a challenge may be answered.
pub(crate) const OPEN: SignedDuration = SignedDuration::from_mins(5);
/// Most challenges that are open at a time: the oldest makes room, and everybody else's stay.
const MOST: i64 = 10_000;
/// What is sealed is filled up to a multiple of so many bytes, so that one for nobody costs and weighs what one for a member does.
const EVEN: usize = 4096;

/// What was asked.
#[derive(Serialize, Deserialize)]
pub(super) enum Asked {
    /// To make a passkey.
    Register(MemberId, PasskeyRegistration),
    /// To sign in.
    SignIn(MemberId, PasskeyAuthentication),
    /// To prove anew who is signed in.
    Confirm(MemberId, PasskeyAuthentication),
    /// Somebody whom nobody knows: it is answered like the others, and never right.
    Nobody,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    at: Timestamp,
    asked: Asked,
}

fn row_of(name: &str) -> [u8; 32] {
    let mut row = [0; 32];
    row.copy_from_slice(digest(&SHA256, name.as_bytes()).as_ref());
    row
}

fn place(row: &str) -> Context<'_> {
    Context { kind: "passkey challenge", stream: row, row: 0, field: "body" }
}

/// Keeps what was asked; gives its name.
///
/// # Errors
/// As every write, and [`Error::Locked`].
pub(super) async fn remember(app: &App, asked: Asked, now: Timestamp) -> Result<String, Error> {
    let name = random::secret();
    let row = row_of(&name);
    // White space after a JSON text means nothing.
    let mut plain = serde_json::to_vec(&Kept { at: now, asked }).map_err(Error::internal)?;
    plain.resize(plain.len().next_multiple_of(EVEN), b' ');
    let sealed = keys::seal(app.keys()?.root().purpose(Purpose::Member), &place(&hex(&row)), &plain)?;
    let batch = vec![
        passkey_challenges::sweep_statement((now - OPEN).as_microsecond()),
        passkey_challenges::insert_statement(&row, now.as_microsecond(), &sealed),
        passkey_challenges::shorten_statement(MOST),
    ];
    app.store.commit(Batch::main(batch)).await?;
    Ok(name)
}

/// Takes what was asked under a name, once. None when there is nothing, or it is too late.
///
/// # Errors
/// As every write, and [`Error::Locked`].
pub(super) async fn taken(app: &App, name: &str, now: Timestamp) -> Result<Option<Asked>, Error> {
    let row = row_of(name);
    let Some(sealed) = passkey_challenges::take(&app.store, &row).await? else { return Ok(None) };
    let plain = keys::open(app.keys()?.root().purpose(Purpose::Member), &place(&hex(&row)), &sealed)?;
    let Kept { at, asked } = serde_json::from_slice(&plain).map_err(Error::internal)?;
    Ok((at <= now && now.duration_since(at) < OPEN).then_some(asked))
}
