//! The OpenPGP key with which a member signs what they write from their own mail program. Only the member gives it, it
//! names their own address, and every change is told to that address.

use candor_core::id::MemberId;
use jiff::Timestamp;

use super::{AccountError, MemberView, open, seal};
use crate::app::App;
use crate::confine::certificates;
use crate::error::Error;
use crate::keys::random;
use crate::openpgp::Certificate;
use crate::store::outbox::{self, NewLetter};
use crate::store::{Batch, settings};

/// How the stream of a letter about an account begins; the member's id follows.
pub const STREAM: &str = "account:";
/// Kind of the letter that tells a member that their key was set, replaced or removed.
pub const KIND: &str = "account-key";
/// Name of the field that takes the key.
const FIELD: &str = "openpgp";

/// The key of a member, with what it says now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The certificate.
    pub certificate: Certificate,
    /// Since when it is here.
    pub since: Timestamp,
}

fn name(member: &MemberId) -> String {
    format!("openpgp key/{member}")
}

/// The key that a member gave; `None` when they gave none.
///
/// # Errors
/// As the store and the keys fail.
pub async fn get(app: &App, member: &MemberId) -> Result<Option<Own>, Error> {
    let Some(sealed) = settings::get(&app.store, &name(member)).await? else { return Ok(None) };
    let plain = open(app.keys()?, member.as_str(), FIELD, &sealed)?;
    let (at, packets) = plain.split_first_chunk::<8>().ok_or_else(|| Error::internal("a kept key is cut off"))?;
    let since = Timestamp::from_microsecond(i64::from_be_bytes(*at)).map_err(Error::internal)?;
    let certificate = Certificate::read(packets, &Default::default()).map_err(Error::internal)?;
    Ok(Some(Own { certificate, since }))
}

/// Whether mails signed with this key can count as the member's at `now`.
///
/// # Errors
/// Why not, and what to give instead.
pub fn serves(certificate: &Certificate, member: &MemberView, now: Timestamp) -> Result<(), String> {
    if !certificate.names(&member.email, now) {
        return Err(format!(
            "none of the names on the OpenPGP key carries your address {}; add it to the key, or give another",
            member.email
        ));
    }
    certificate.can_sign(now).map_err(|why| format!("{why}; give one that signs"))
}

/// Keeps a member's own key, in place of the former one, and tells them by letter.
///
/// # Errors
/// [`AccountError::Objections`] with what is wrong with the key; nothing is changed then.
pub async fn put(app: &App, member: &MemberView, given: &[u8]) -> Result<Certificate, AccountError> {
    let now = app.now();
    let read = certificates::read(&app.workers, given, now).await;
    let certificate = read.map_err(|why| AccountError::objection(FIELD, why))?;
    serves(&certificate, member, now).map_err(|why| AccountError::objection(FIELD, why))?;
    let mut plain = now.as_microsecond().to_be_bytes().to_vec();
    plain.extend(certificate.to_bytes());
    let sealed = seal(app.keys()?, member.id.as_str(), FIELD, &plain)?;
    let batch = vec![settings::put_statement(&name(&member.id), &sealed), letter(&member.id, now)];
    app.store.commit(Batch::main(batch)).await?;
    app.nudge_worker();
    Ok(certificate)
}

/// Takes the key away, and tells the member by letter. Whether there was one.
///
/// # Errors
/// When it could not be changed.
pub async fn remove(app: &App, member: &MemberId) -> Result<bool, Error> {
    let batch = removal(app, member).await?;
    let there = !batch.is_empty();
    if there {
        app.store.commit(Batch::main(batch)).await?;
        app.nudge_worker();
    }
    Ok(there)
}

/// The statements of it; none when there is no key.
pub(super) async fn removal(app: &App, member: &MemberId) -> Result<Vec<crate::store::Statement>, Error> {
    if settings::get(&app.store, &name(member)).await?.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![settings::delete_statement(&name(member)), letter(member, app.now())])
}

fn letter(member: &MemberId, now: Timestamp) -> crate::store::Statement {
    let at = now.as_microsecond();
    outbox::insert_statement(&NewLetter {
        id: &random::ordered_id(at),
        stream: &format!("{STREAM}{member}"),
        seq: at,
        kind: KIND,
        recipient: &format!("member:{member}"),
        next_at: at,
        created_at: at,
    })
}
