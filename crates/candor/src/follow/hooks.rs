//! Who is called when something is published. A hook is asked for by one member and confirmed by another; what it carries
//! is ids, signed over the time and the number of the delivery.
//!
//! Source: Standard Webhooks 1.0.0 for the names of headers and the form of the signature.

use aws_lc_rs::{digest, hmac, rand};
use candor_core::id::MemberId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::egress::{Answer, Failed, Refused, Rules, Target};
use crate::app::App;
use crate::coding::{base64, hex};
use crate::error::Error;
use crate::keys::{Context, Purpose, open, random, seal};
use crate::store::hooks::{self as rows, HookRow};
use crate::store::{Batch, StoreError};

/// Hooks of one program that are called or wait for a second member.
const HOOKS: usize = 50;

/// What is sealed of a hook.
#[derive(Debug, Serialize, Deserialize)]
struct Sealed {
    url: String,
    secret: Vec<u8>,
}

/// A hook that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// What the receiver checks signatures with; shown once.
    pub secret: String,
    /// What a second member compares.
    pub fingerprint: String,
}

/// Why a hook was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NoHook {
    /// Calls cannot go there.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There are many already.
    #[error("the program has {HOOKS} hooks already, the most it can have; end one first")]
    TooMany,
    /// There is no such program.
    #[error("there is no such program")]
    NoProgram,
    /// Somebody else has to confirm it.
    #[error("a hook is confirmed by another member than the one who asked for it, once")]
    SecondPerson,
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Keeps a hook that waits for a second member.
///
/// # Errors
/// [`NoHook`].
pub async fn ask(app: &App, program: &str, url: &str, by: &MemberId) -> Result<Asked, NoHook> {
    let target = Target::parse(url, Rules::of(&app.config))?;
    app.policy(&program.into()).ok_or(NoHook::NoProgram)?;
    let rows = rows::list(&app.store).await.map_err(Error::from)?;
    if rows.iter().filter(|row| row.program == program && row.state != "off").count() >= HOOKS {
        return Err(NoHook::TooMany);
    }
    let mut secret = vec![0; 32];
    rand::fill(&mut secret).map_err(|_| Error::internal("the system gives no random numbers"))?;
    let id = random::id();
    let fingerprint = fingerprint(target.as_str());
    let shown = format!("whsec_{}", base64(&secret));
    let plain = serde_json::to_vec(&Sealed { url: target.as_str().to_owned(), secret }).map_err(Error::internal)?;
    let keys = app.keys()?;
    let row = HookRow {
        sealed: seal(keys.root().purpose(Purpose::Connector), &place(&id), &plain).map_err(Error::from)?,
        id: id.clone(),
        program: program.to_owned(),
        state: "asked".to_owned(),
        host: target.host().to_owned(),
        fingerprint: fingerprint.clone(),
        asked_by: by.as_str().to_owned(),
        confirmed_by: None,
        created_at: app.now().as_microsecond(),
        changed_at: app.now().as_microsecond(),
    };
    app.store.commit(Batch::main(vec![rows::insert_statement(&row)])).await.map_err(Error::from)?;
    tracing::warn!(
        hook = row.id,
        program,
        fingerprint,
        member = by.as_str(),
        "a hook was asked for; a second member confirms it"
    );
    Ok(Asked { id, secret: shown, fingerprint })
}

/// A second member confirms a hook.
///
/// # Errors
/// [`NoHook::SecondPerson`] when it is the same member, or the hook does not wait.
pub async fn confirm(app: &App, id: &str, by: &MemberId) -> Result<(), NoHook> {
    let row = rows::get(&app.store, id).await.map_err(Error::from)?.ok_or(Error::NotFound)?;
    match app
        .store
        .commit(Batch::main(vec![rows::confirm_statement(id, by.as_str(), app.now().as_microsecond())]))
        .await
    {
        Ok(()) => {
            tracing::warn!(hook = id, fingerprint = row.fingerprint, member = by.as_str(), "a hook was confirmed");
            Ok(())
        }
        Err(StoreError::Conflict) => Err(NoHook::SecondPerson),
        Err(why) => Err(NoHook::Store(why.into())),
    }
}

/// Ends a hook. One that was called is told so, with the last call it gets: an owner learns it when somebody turns the
/// calls elsewhere.
///
/// # Errors
/// When the store fails.
pub async fn end(app: &App, id: &str, by: &MemberId) -> Result<(), Error> {
    let row = rows::get(&app.store, id).await?.ok_or(Error::NotFound)?;
    let now = app.now();
    if row.state == "active" {
        // Told or not, it ends: a target that cannot be reached must not keep a hook alive.
        let told = deliver(app, &row, &format!("{id}-ended"), "hook.ended", &json!({ "hook": id })).await;
        tracing::info!(hook = id, was_told = told.is_ok(), "the target of an ended hook");
    }
    app.store.commit(Batch::main(vec![rows::end_statement(id, now.as_microsecond())])).await?;
    tracing::warn!(hook = id, fingerprint = row.fingerprint, member = by.as_str(), "a hook was ended");
    Ok(())
}

/// Calls a hook. `delivery` is the number of the delivery, the same at every try.
///
/// # Errors
/// Why it did not take it, in words for the page.
pub async fn deliver(
    app: &App,
    row: &HookRow,
    delivery: &str,
    kind: &str,
    data: &serde_json::Value,
) -> Result<(), String> {
    let broken = |_| "the hook cannot be opened with this root key".to_owned();
    let keys = app.keys().map_err(|why| why.to_string())?;
    let plain = open(keys.root().purpose(Purpose::Connector), &place(&row.id), &row.sealed).map_err(broken)?;
    let sealed: Sealed = serde_json::from_slice(&plain).map_err(|_| "the hook cannot be read".to_owned())?;
    let target = Target::parse(&sealed.url, Rules::of(&app.config)).map_err(|why| why.to_string())?;
    let now = app.now();
    let body = json!({ "type": kind, "timestamp": now, "data": data }).to_string();
    let seconds = now.as_second().to_string();
    let signature = sign(&sealed.secret, delivery, &seconds, &body);
    let headers = [
        ("content-type", "application/json"),
        ("webhook-id", delivery),
        ("webhook-timestamp", &seconds),
        ("webhook-signature", &signature),
    ];
    match target.call(reqwest::Method::POST, &headers, body.into_bytes()).await {
        Ok(Answer { status: 200..300, .. }) => Ok(()),
        Ok(Answer { status: 300..400, .. }) => Err("it answered with a redirect, and none is followed".to_owned()),
        Ok(Answer { status, .. }) => Err(format!("it answered with status {status}")),
        Err(why @ (Failed::Refused(_) | Failed::Silent | Failed::Unreachable)) => Err(why.to_string()),
    }
}

/// The signature over number, time and body: `v1,` and a keyed hash in base64.
pub fn sign(secret: &[u8], delivery: &str, seconds: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut context = hmac::Context::with_key(&key);
    for part in [delivery, ".", seconds, ".", body] {
        context.update(part.as_bytes());
    }
    format!("v1,{}", base64(context.sign().as_ref()))
}

fn place(id: &str) -> Context<'_> {
    Context { kind: "hook", stream: id, row: 0, field: "target" }
}

/// The first 16 hexadecimal digits of a hash of the address, in groups of four.
fn fingerprint(url: &str) -> String {
    let hash = hex(&digest::digest(&digest::SHA256, url.as_bytes()).as_ref()[..8]);
    [&hash[..4], &hash[4..8], &hash[8..12], &hash[12..]].join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_standard() {
        // The example of Standard Webhooks.
        let secret = b"2\xe5\x81]\xb2\x8c\xdf\x86]\xd5Z\x88\xbc\x01";
        assert_eq!(base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
        assert_eq!(base64(b"any carnal pleasu"), "YW55IGNhcm5hbCBwbGVhc3U=");
        let one = sign(secret, "msg_1", "1614265330", "{}");
        assert!(one.starts_with("v1,") && one.len() == 47, "{one}");
        for (delivery, seconds, body) in
            [("msg_2", "1614265330", "{}"), ("msg_1", "1614265331", "{}"), ("msg_1", "1614265330", "[]")]
        {
            assert_ne!(sign(secret, delivery, seconds, body), one, "each part is signed");
        }
    }
}
