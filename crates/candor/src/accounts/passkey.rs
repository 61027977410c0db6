//! Passkeys (WebAuthn): a key in the member's own device or keychain, bound to this desk's address, that signs what the
//! desk draws. It proves two factors at once, and nothing that is typed can be stolen.

pub(crate) mod asked; // challenges, until they are answered

use self::asked::{Asked, remember, taken};
use super::signin::SignInError;
use super::told::{self, Change};
use super::{open, seal, session};
use crate::app::App;
pub(crate) use crate::coding::base64url;
use crate::error::Error;
use crate::execute::report::hex;
use crate::keys::{self, KeyRing, Purpose, random};
use crate::store::passkeys::{self, PasskeyRow};
use crate::store::people::{self, MemberRow};
use crate::store::{Batch, Statement, StoreError};
use crate::throttle::Source;
use candor_core::id::MemberId;
use jiff::Timestamp;
use serde_json::json;
use webauthn_rs::prelude::{Passkey, PasskeyAuthentication, PublicKeyCredential};
use webauthn_rs::prelude::{RegisterPublicKeyCredential, Url, Uuid};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// Most passkeys of one member.
const MOST_OF_ONE: usize = 20;
/// Failures and sign-ins of one source.
const RATE: &str = "passkey";

/// A challenge for the browser.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// Comes back with the answer.
    pub state: String,
    /// Options for `navigator.credentials`, as JSON.
    pub options: String,
}

/// The desk as WebAuthn knows it: `None` where its address has no host name, as `http://127.0.0.1`.
fn desk(app: &App) -> Option<Webauthn> {
    let origin = Url::parse(&app.config.base_url).ok()?;
    let host = origin.domain()?.to_owned();
    WebauthnBuilder::new(&host, &origin).ok()?.rp_name("Candor").build().ok()
}

/// Whether passkeys can be used at this desk's address: over HTTPS under a host name, or on this machine.
pub fn is_possible(app: &App) -> bool {
    desk(app).is_some()
}

fn id_of(keys: &KeyRing, credential: &[u8]) -> String {
    hex(&keys::lookup(keys.root().purpose(Purpose::Session), "passkey", credential))
}

fn opened(keys: &KeyRing, row: &PasskeyRow) -> Result<Passkey, Error> {
    serde_json::from_slice(&open(keys, &row.id, "passkey", &row.sealed)?).map_err(Error::internal)
}

fn sealed(keys: &KeyRing, id: &str, passkey: &Passkey) -> Result<Vec<u8>, Error> {
    seal(keys, id, "passkey", &serde_json::to_vec(passkey).map_err(Error::internal)?)
}

/// A number for the member that tells nothing to anybody else.
fn handle(keys: &KeyRing, member: &MemberId) -> Uuid {
    Uuid::from_bytes(keys::lookup(keys.root().purpose(Purpose::Session), "passkey user", member.as_str().as_bytes()))
}

/// Asks the browser to make a passkey for a signed-in member.
///
/// # Errors
/// [`Error::BadRequest`] where passkeys are not possible, or when they have enough.
pub async fn ask_new(app: &App, member: &super::MemberView) -> Result<Challenge, Error> {
    let keys = app.keys()?;
    let desk = desk(app).ok_or_else(|| {
        Error::BadRequest(
            "A passkey is bound to a host name, and this desk is reached by a bare number. Whoever runs it gives it a name \
             with HTTPS and sets `base-url` to that; then open the desk under its name. Password and code go on working."
                .into(),
        )
    })?;
    let rows = passkeys::of(&app.store, member.id.as_str()).await?;
    if rows.len() >= MOST_OF_ONE {
        return Err(Error::BadRequest(format!("You have {MOST_OF_ONE} passkeys; remove one first")));
    }
    let known = rows.iter().map(|row| opened(keys, row)).collect::<Result<Vec<_>, _>>()?;
    let without = known.iter().map(|passkey| passkey.cred_id().clone()).collect();
    let (options, asked) = desk
        .start_passkey_registration(handle(keys, &member.id), &member.email, &member.name, Some(without))
        .map_err(Error::internal)?;
    let state = remember(app, Asked::Register(member.id.clone(), asked), app.now()).await?;
    Ok(Challenge { state, options: serde_json::to_string(&options).map_err(Error::internal)? })
}

/// Keeps the passkey that the browser made.
///
/// # Errors
/// [`Error::BadRequest`] when the answer is not one to this challenge.
pub async fn keep(app: &App, member: &MemberId, state: &str, answer: &str, agent: &str) -> Result<(), Error> {
    let wrong = || Error::BadRequest("This passkey could not be made; begin again".into());
    let (keys, now) = (app.keys()?, app.now());
    let Some(Asked::Register(of, asked)) = taken(app, state, now).await? else { return Err(wrong()) };
    let made: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| wrong())?;
    let passkey = desk(app)
        .filter(|_| of == *member)
        .and_then(|desk| desk.finish_passkey_registration(&made, &asked).ok())
        .ok_or_else(wrong)?;
    let id = id_of(keys, passkey.cred_id());
    let row = PasskeyRow {
        member: member.0.clone(),
        sealed: sealed(keys, &id, &passkey)?,
        label: session::family(agent),
        created_at: now.as_microsecond(),
        used_at: None,
        id,
    };
    let batch = vec![passkeys::insert_statement(&row), told::statement(app, member.as_str(), Change::PasskeyMade)];
    match app.store.commit(Batch::main(batch)).await {
        Err(StoreError::Conflict) => Err(wrong()),
        other => Ok(other?),
    }
}

/// Asks for a passkey of whoever has this address. The challenge for an address that nobody has, or that has no passkey,
/// looks like the others.
///
/// # Errors
/// [`SignInError::Wait`] when it is asked too often from one source; as every write.
pub async fn ask(app: &App, from: Source, email: &str) -> Result<Challenge, SignInError> {
    let (keys, now) = (app.keys()?, app.now());
    app.throttle.rate(RATE, from, app.config.signin_rate, now).map_err(SignInError::Wait)?;
    let Some(desk) = desk(app) else { return Err(SignInError::Wrong) };
    let tag = super::address_hash(keys, email);
    let row = people::member_by_lookup(&app.store, &tag).await?.filter(|row| !row.disabled);
    let rows = passkeys::of(&app.store, row.as_ref().map_or("", |row| &row.id)).await?;
    let known = rows.iter().map(|row| opened(keys, row)).collect::<Result<Vec<_>, _>>()?;
    let (options, asked) = match row.filter(|_| !known.is_empty()) {
        Some(row) => {
            let (options, asked) =
                desk.start_passkey_authentication(&known).map_err(|why| SignInError::Other(Error::internal(why)))?;
            let mut options = serde_json::to_value(&options).map_err(Error::internal)?;
            // Which device or service holds it is nobody's business before they proved who they are.
            for one in options["publicKey"]["allowCredentials"].as_array_mut().into_iter().flatten() {
                if let Some(one) = one.as_object_mut() {
                    one.remove("transports");
                }
            }
            (options, Asked::SignIn(row.id.into(), asked))
        }
        None => (nobody(keys, &desk, &tag)?, Asked::Nobody),
    };
    let options = serde_json::to_string(&options).map_err(Error::internal)?;
    Ok(Challenge { state: remember(app, asked, now).await?, options })
}

/// Lengths of ids as devices and keychains make them, in bytes, about as often as they are met.
const LENGTHS: [usize; 8] = [16, 16, 20, 32, 32, 32, 64, 64];

/// The ids of the passkeys of nobody: for one address always the same, for many addresses of the lengths and numbers that
/// members have. One address asked about gives no more than a guess.
fn ids_of_nobody(keys: &KeyRing, tag: &[u8]) -> Vec<Vec<u8>> {
    let purpose = keys.root().purpose(Purpose::Session);
    let drawn = |what: &str| keys::lookup(purpose, &format!("passkey of nobody, {what}"), tag);
    let shape = drawn("shape");
    // Every third has two.
    let count = if shape[0] % 3 == 0 { 2 } else { 1 };
    let id = |number: usize| {
        let length = LENGTHS[usize::from(shape[number + 1]) % LENGTHS.len()];
        (0..4).flat_map(|part| drawn(&format!("{number}.{part}"))).take(length).collect()
    };
    (0..count).map(id).collect()
}

/// A challenge for nobody: the same passkeys each time for one address.
fn nobody(keys: &KeyRing, desk: &Webauthn, tag: &[u8]) -> Result<serde_json::Value, Error> {
    let purpose = keys.root().purpose(Purpose::Session);
    let halves = ["passkey of nobody, first", "passkey of nobody, second"];
    let known: Vec<serde_json::Value> =
        ids_of_nobody(keys, tag).iter().map(|id| json!({ "type": "public-key", "id": base64url(id) })).collect();
    let host = desk.get_allowed_origins().first().and_then(|origin| origin.domain()).unwrap_or_default().to_owned();
    let challenge = halves.map(|half| keys::lookup(purpose, half, random::secret().as_bytes())).concat();
    Ok(json!({ "publicKey": {
        "challenge": base64url(&challenge),
        "timeout": 300_000,
        "rpId": host,
        "allowCredentials": known,
        "userVerification": "required",
    } }))
}

/// Signs in with the answer of a passkey.
///
/// # Errors
/// [`SignInError::Wrong`] for every answer that is not right.
pub async fn sign_in(
    app: &App,
    state: &str,
    answer: &str,
    agent: &str,
    old: Option<&str>,
) -> Result<session::NewSession, SignInError> {
    let (keys, now) = (app.keys()?, app.now());
    let Some(Asked::SignIn(member, asked)) = taken(app, state, now).await? else { return Err(SignInError::Wrong) };
    let used = used(app, &member, &asked, answer).await?;
    tracing::info!(member = member.as_str(), "a passkey was proved");
    let (new, insert) = session::begin(keys, &member, &session::family(agent), now, now);
    let mut batch = vec![used, insert];
    batch.extend(old.map(|secret| session::end_statement(keys, secret)));
    match app.store.commit(Batch::main(batch)).await {
        Ok(()) => Ok(new),
        Err(StoreError::Conflict) => Err(SignInError::Wrong),
        Err(other) => Err(other.into()),
    }
}

/// Asks a signed-in member for a passkey of theirs, as a fresh proof. `None` where they have none, or none can be used.
///
/// # Errors
/// As every write.
pub async fn ask_again(app: &App, member: &MemberId) -> Result<Option<Challenge>, Error> {
    let (keys, now) = (app.keys()?, app.now());
    let rows = passkeys::of(&app.store, member.as_str()).await?;
    let known = rows.iter().map(|row| opened(keys, row)).collect::<Result<Vec<_>, _>>()?;
    let Some(desk) = desk(app).filter(|_| !known.is_empty()) else { return Ok(None) };
    let (options, asked) = desk.start_passkey_authentication(&known).map_err(Error::internal)?;
    let options = serde_json::to_string(&options).map_err(Error::internal)?;
    Ok(Some(Challenge { state: remember(app, Asked::Confirm(member.clone(), asked), now).await?, options }))
}

/// Proves the second factor anew with a passkey. The session goes on under a new secret; the old one ends.
///
/// # Errors
/// [`SignInError::Wrong`] for every answer that is not right.
pub async fn confirm(
    app: &App,
    from: Source,
    of: &session::Session,
    state: &str,
    answer: &str,
) -> Result<session::NewSession, SignInError> {
    let (keys, now) = (app.keys()?, app.now());
    app.throttle.rate(RATE, from, app.config.signin_rate, now).map_err(SignInError::Wait)?;
    let Some(Asked::Confirm(member, asked)) = taken(app, state, now).await? else { return Err(SignInError::Wrong) };
    if member != of.member {
        return Err(SignInError::Wrong);
    }
    let used = used(app, &member, &asked, answer).await?;
    let (new, batch) = session::renewed(keys, of, now);
    match app.store.commit(Batch::main(std::iter::once(used).chain(batch).collect())).await {
        Ok(()) => Ok(new),
        Err(StoreError::Conflict) => Err(SignInError::Wrong),
        Err(other) => Err(other.into()),
    }
}

/// Checks an answer to what a member was asked, and gives the statement that notes the use.
async fn used(
    app: &App,
    member: &MemberId,
    asked: &PasskeyAuthentication,
    answer: &str,
) -> Result<Statement, SignInError> {
    let (keys, now) = (app.keys()?, app.now());
    let answer = serde_json::from_str::<PublicKeyCredential>(answer).map_err(|_| SignInError::Wrong)?;
    let desk = desk(app).ok_or(SignInError::Wrong)?;
    let done = desk.finish_passkey_authentication(&answer, asked).map_err(|_| SignInError::Wrong)?;
    let id = id_of(keys, done.cred_id());
    let rows = passkeys::of(&app.store, member.as_str()).await?;
    let row = rows.into_iter().find(|row| row.id == id).ok_or(SignInError::Wrong)?;
    let works = people::get_member(&app.store, member.as_str()).await?.is_some_and(|row: MemberRow| !row.disabled);
    if !works {
        return Err(SignInError::Wrong);
    }
    let mut passkey = opened(keys, &row)?;
    passkey.update_credential(&done);
    Ok(passkeys::used_statement(&id, member.as_str(), &sealed(keys, &id, &passkey)?, now.as_microsecond()))
}

/// A passkey in its owner's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub id: String,
    /// Which browser made it.
    pub label: String,
    /// Since when.
    pub since: Timestamp,
    /// Last use.
    pub used: Option<Timestamp>,
}

/// A member's passkeys.
///
/// # Errors
/// As every read.
pub async fn list(app: &App, member: &MemberId) -> Result<Vec<Listed>, Error> {
    let instant = |micros: i64| Timestamp::from_microsecond(micros).map_err(Error::internal);
    let rows = passkeys::of(&app.store, member.as_str()).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Listed {
                since: instant(row.created_at)?,
                used: row.used_at.map(instant).transpose()?,
                id: row.id,
                label: row.label,
            })
        })
        .collect()
}

/// Removes a member's passkey.
///
/// # Errors
/// [`Error::NotFound`] when it is not theirs.
pub async fn remove(app: &App, member: &MemberId, id: &str) -> Result<(), Error> {
    let told = told::statement(app, member.as_str(), Change::PasskeyRemoved);
    match people::apply(&app.store, vec![passkeys::delete_statement(id, member.as_str()), told]).await? {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::base64url;

    #[test]
    fn bytes_are_written_as_rfc_4648_has_it() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }
}
