//! The key ring: a random key per case and per outside person, wrapped, in a database of its own.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::KeyError;
use super::root::RootKey;
use super::seal::Key;
use crate::store::{self, Batch, Statement, Store};

/// Unwrapped keys kept in memory.
const KEPT: usize = 4096;

/// Keys made and stored in advance, at most; refilled when half are used.
const READY: usize = 256;

/// The ring of one store. Clones share the keys kept in memory. What another process destroyed is not answered from
/// there: each question looks first whether the ring's count of destroyed keys is still the same.
///
/// New cases draw from keys that were made and flushed in advance ([`KeyRing::new_case`]): a report
/// then waits for one flush, not two, and its key was durable before the report.
#[derive(Clone)]
pub struct KeyRing {
    store: Store,
    root: RootKey,
    kept: Arc<Mutex<Kept>>,
    cases: Arc<Ready>,
    persons: Arc<Ready>,
}

/// Which keys a call is about.
#[derive(Clone, Copy)]
enum Kind {
    Case,
    Person,
}

/// Keys of cases or persons that do not exist yet, each already in the ring.
#[derive(Default)]
struct Ready {
    keys: Mutex<Vec<(String, Key)>>,
    /// Held by whoever makes more.
    refill: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyRing(..)")
    }
}

/// The latest keys, forgotten in the order they came, and all of them when a key was destroyed, by whichever process.
#[derive(Default)]
struct Kept {
    /// How many keys the ring had destroyed when these were read.
    erasures: i64,
    keys: HashMap<String, Key>,
    order: VecDeque<String>,
}

impl Kept {
    /// Forgets everything when a key was destroyed since.
    fn look(&mut self, erasures: i64) {
        if self.erasures != erasures {
            *self = Self { erasures, ..Self::default() };
        }
    }

    fn put(&mut self, key: &Key) {
        if self.keys.insert(key.id().to_owned(), key.clone()).is_none() {
            self.order.push_back(key.id().to_owned());
        }
        while KEPT < self.keys.len()
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
    }
}

fn case(stream: &str) -> String {
    format!("case:{stream}")
}

fn person(person: &str) -> String {
    format!("person:{person}")
}

impl KeyRing {
    /// The ring of `store`, opened with `root`.
    #[must_use]
    pub fn new(store: Store, root: RootKey) -> Self {
        Self { store, root, kept: Arc::default(), cases: Arc::default(), persons: Arc::default() }
    }

    /// The root key behind it.
    #[must_use]
    pub fn root(&self) -> &RootKey {
        &self.root
    }

    fn fresh(&self, id: String, at: i64) -> Result<(Key, Statement), KeyError> {
        let key = Key::random(id)?;
        let (wrapped, root) = self.root.wrap(key.id(), &key)?;
        let statement = store::ring::insert_statement(key.id(), &wrapped, &root, at);
        Ok((key, statement))
    }

    /// After a conflict: was it the root key, replaced by another process? Then the new one is taken from its file.
    async fn root_replaced(&self) -> Result<bool, KeyError> {
        if !store::ring::is_retired(&self.store, &self.root.id()).await? {
            return Ok(false);
        }
        match self.root.look_again(&self.store).await {
            Ok(_) if !store::ring::is_retired(&self.store, &self.root.id()).await? => Ok(true),
            _ => Err(KeyError::Retired),
        }
    }

    /// A fresh case id and its key, which the ring holds already: nothing is left to store. An id that
    /// is then not used leaves a key that opens nothing. `at` is now in microseconds UTC.
    ///
    /// # Errors
    /// As [`Store::commit`] when keys had to be made first.
    pub async fn new_case(&self, at: i64) -> Result<(String, Key), KeyError> {
        self.draw(Kind::Case, at).await
    }

    /// A fresh id of an outside person and its key; as [`KeyRing::new_case`].
    ///
    /// # Errors
    /// As there.
    pub async fn new_person(&self, at: i64) -> Result<(String, Key), KeyError> {
        self.draw(Kind::Person, at).await
    }

    /// The key of a case whose id was drawn before, while the desk was locked; made and stored when the ring has none.
    ///
    /// # Errors
    /// As [`KeyRing::person_key_or_new`].
    pub async fn case_key_or_new(&self, stream: &str, at: i64) -> Result<Key, KeyError> {
        self.key_or_new(case(stream), at).await
    }

    async fn draw(&self, kind: Kind, at: i64) -> Result<(String, Key), KeyError> {
        let ready = self.ready(kind);
        loop {
            let (drawn, left) = {
                let mut keys = ready.keys.lock().unwrap_or_else(PoisonError::into_inner);
                (keys.pop(), keys.len())
            };
            let Some((id, key)) = drawn else {
                self.refill(kind, at, 1).await?;
                continue;
            };
            if left < READY / 2 && ready.refill.try_lock().is_ok() {
                let ring = self.clone();
                tokio::spawn(async move {
                    if let Err(why) = ring.refill(kind, at, READY / 2).await {
                        tracing::warn!(%why, "no keys could be made in advance");
                    }
                });
            }
            self.keep(&key);
            return Ok((id, key));
        }
    }

    fn ready(&self, kind: Kind) -> &Ready {
        match kind {
            Kind::Case => &self.cases,
            Kind::Person => &self.persons,
        }
    }

    /// Makes keys until there are `READY`, unless there are `enough` by the time it is our turn.
    async fn refill(&self, kind: Kind, at: i64, enough: usize) -> Result<(), KeyError> {
        let ready = self.ready(kind);
        let _turn = ready.refill.lock().await;
        let there = ready.keys.lock().unwrap_or_else(PoisonError::into_inner).len();
        if enough <= there {
            return Ok(());
        }
        let mut made = Vec::with_capacity(READY - there);
        let mut statements = Vec::with_capacity(READY - there + 1);
        statements.push(store::ring::still_wraps_statement(&self.root.id()));
        while made.len() < READY - there {
            let (id, ring_id) = match kind {
                Kind::Case => {
                    let id = super::random::case_id();
                    let ring_id = case(&id);
                    (id, ring_id)
                }
                Kind::Person => {
                    let id = super::random::id();
                    let ring_id = person(&id);
                    (id, ring_id)
                }
            };
            let (key, statement) = self.fresh(ring_id, at)?;
            made.push((id, key));
            statements.push(statement);
        }
        match self.store.commit(Batch { ring: statements, main: Vec::new() }).await {
            Ok(()) => ready.keys.lock().unwrap_or_else(PoisonError::into_inner).append(&mut made),
            // One of the ids exists, or the root key was replaced: draw all of them anew.
            Err(store::StoreError::Conflict) => drop(self.root_replaced().await?),
            Err(why) => return Err(why.into()),
        }
        Ok(())
    }

    /// The key of an outside person, made and stored first when the ring has none.
    ///
    /// # Errors
    /// As [`KeyRing::person_key`] and [`Store::commit`].
    pub async fn person_key_or_new(&self, id: &str, at: i64) -> Result<Key, KeyError> {
        self.key_or_new(person(id), at).await
    }

    async fn key_or_new(&self, ring_id: String, at: i64) -> Result<Key, KeyError> {
        for _ in 0..3 {
            if let Some(key) = self.get(&ring_id).await? {
                return Ok(key);
            }
            let guard = store::ring::still_wraps_statement(&self.root.id());
            let (key, statement) = self.fresh(ring_id.clone(), at)?;
            match self.store.commit(Batch { ring: vec![guard, statement], main: Vec::new() }).await {
                Ok(()) => {
                    self.keep(&key);
                    return Ok(key);
                }
                // Somebody else made it meanwhile, or the root key was replaced.
                Err(store::StoreError::Conflict) => drop(self.root_replaced().await?),
                Err(why) => return Err(why.into()),
            }
        }
        Err(store::StoreError::Conflict.into())
    }

    /// The key of a case.
    ///
    /// # Errors
    /// [`KeyError::Erased`] when the ring does not have it; [`KeyError::Sealed`] when it was tampered with.
    pub async fn case_key(&self, stream: &str) -> Result<Key, KeyError> {
        self.get(&case(stream)).await?.ok_or(KeyError::Erased)
    }

    /// The key of an outside person.
    ///
    /// # Errors
    /// As [`KeyRing::case_key`].
    pub async fn person_key(&self, id: &str) -> Result<Key, KeyError> {
        self.get(&person(id)).await?.ok_or(KeyError::Erased)
    }

    /// The keys of many cases, by stream; an erased one is left out.
    ///
    /// # Errors
    /// As [`KeyRing::case_key`].
    pub async fn case_keys(&self, streams: &[&str]) -> Result<HashMap<String, Key>, KeyError> {
        let erasures = store::ring::erasures(&self.store).await?;
        let ids: Vec<String> = streams.iter().map(|stream| case(stream)).collect();
        let mut found = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.look(erasures);
            for (stream, id) in streams.iter().zip(ids) {
                match kept.keys.get(&id) {
                    Some(key) => drop(found.insert((*stream).to_owned(), key.clone())),
                    None => missing.push(id),
                }
            }
        }
        for (id, wrapped) in store::ring::get_many(&self.store, &missing).await? {
            let key = self.unwrap(&id, &wrapped, erasures).await?;
            found.insert(id.trim_start_matches("case:").to_owned(), key);
        }
        Ok(found)
    }

    async fn get(&self, id: &str) -> Result<Option<Key>, KeyError> {
        let erasures = store::ring::erasures(&self.store).await?;
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.look(erasures);
            if let Some(key) = kept.keys.get(id) {
                return Ok(Some(key.clone()));
            }
        }
        match store::ring::get(&self.store, id).await? {
            Some(wrapped) => self.unwrap(id, &wrapped, erasures).await.map(Some),
            None => Ok(None),
        }
    }

    /// Opens a row that was read when the ring had destroyed so many keys.
    async fn unwrap(&self, id: &str, wrapped: &[u8], erasures: i64) -> Result<Key, KeyError> {
        let key = match self.root.open_row(id, id, wrapped) {
            // Wrapped anew since by another process, perhaps.
            Err(KeyError::Sealed) if self.root.look_again(&self.store).await? => self.root.open_row(id, id, wrapped)?,
            other => other?,
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // A key destroyed since it was read is not kept.
        if kept.erasures == erasures {
            kept.put(&key);
        }
        Ok(key)
    }

    /// Keeps a key in memory. Only for keys the ring holds: one that was never stored would seal what
    /// nobody can open later.
    fn keep(&self, key: &Key) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).put(key);
    }

    /// How often keys were destroyed in this ring so far, by any process.
    ///
    /// # Errors
    /// As [`Store::query_ring`].
    pub async fn erasures(&self) -> Result<i64, KeyError> {
        Ok(store::ring::erasures(&self.store).await?)
    }

    /// Destroys the key of a case: everything sealed under it is gone for good, here, in every other process of this
    /// store, and in every backup of the data. Backups of the ring keep it until they end.
    ///
    /// # Errors
    /// As [`Store::commit`]. When only the purge of the log failed ([`store::StoreError::Busy`]) the key
    /// is deleted all the same; call again.
    pub async fn erase_case(&self, stream: &str) -> Result<(), KeyError> {
        self.erase(&case(stream)).await
    }

    /// Destroys the key of an outside person; as [`KeyRing::erase_case`].
    ///
    /// # Errors
    /// As there.
    pub async fn erase_person(&self, id: &str) -> Result<(), KeyError> {
        self.erase(&person(id)).await
    }

    async fn erase(&self, id: &str) -> Result<(), KeyError> {
        let ring = vec![store::ring::delete_statement(id), store::ring::erased_statement()];
        self.store.commit(Batch { ring, main: vec![] }).await?;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).keys.remove(id);
        self.store.purge_ring().await?;
        Ok(())
    }
}
