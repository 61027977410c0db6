//! A request that was answered before gets the same answer, as long as it is the same request.

use crate::app::App;
use crate::error::Error;
use crate::keys::{Context, Key, KeyRing, Purpose, equal, lookup, open, seal};
use crate::store;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A request that can be answered again. The answer may hold a receipt, so it is sealed under a key that only the holder
/// of the idempotency key can make again.
pub(crate) struct Again {
    key: [u8; 16],
    body: [u8; 16],
    answer: Key,
}

impl Again {
    /// `scope` keeps doors, actors and cases apart; `body` is what must be the same when `key` comes again.
    pub(crate) fn new(keys: &KeyRing, scope: &str, key: &str, body: &[u8]) -> Self {
        Self::under(keys.root().purpose(Purpose::Idempotency), scope, key, body, &[])
    }

    /// The same where no key of the desk is at hand, under the secret of forms. The answer opens only for the same body.
    pub(super) fn without_keys(secret: &Key, scope: &str, key: &str, body: &[u8]) -> Self {
        Self::under(secret, scope, key, body, &lookup(secret, "body that opens an answer", body))
    }

    fn under(secret: &Key, scope: &str, key: &str, body: &[u8], opener: &[u8]) -> Self {
        let named = format!("{scope}/{key}");
        let opened = [named.as_bytes(), opener].concat();
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&lookup(secret, "answer, first half", &opened));
        bytes[16..].copy_from_slice(&lookup(secret, "answer, second half", &opened));
        Self {
            key: lookup(secret, "key", named.as_bytes()),
            body: lookup(secret, "body", body),
            answer: Key::new("idempotency", bytes),
        }
    }

    fn context() -> Context<'static> {
        Context { kind: "idempotency", stream: "", row: 0, field: "answer" }
    }

    /// The answer given before; `None` for a first request.
    ///
    /// # Errors
    /// [`Error::KeyReused`] when the key came with another body.
    pub(crate) async fn answered<T: DeserializeOwned>(&self, app: &App) -> Result<Option<T>, Error> {
        let Some(found) = store::idempotency::find(&app.store, &self.key).await? else { return Ok(None) };
        if !equal(&found.body, &self.body) {
            return Err(Error::KeyReused);
        }
        let plain = open(&self.answer, &Self::context(), &found.answer)?;
        serde_json::from_slice(&plain).map(Some).map_err(Error::internal)
    }

    /// The statement that remembers an answer, for the transaction that makes it true.
    ///
    /// # Errors
    /// [`Error::Internal`] when it cannot be sealed.
    pub(crate) fn remember<T: Serialize>(&self, answer: &T, now: Timestamp) -> Result<store::Statement, Error> {
        let plain = serde_json::to_vec(answer).map_err(Error::internal)?;
        let sealed = seal(&self.answer, &Self::context(), &plain)?;
        Ok(store::idempotency::insert_statement(&self.key, &self.body, &sealed, now.as_microsecond()))
    }
}
