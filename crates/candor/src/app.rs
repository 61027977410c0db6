//! What every door and the worker share: the store, the keys, the policies in service, the clock.

pub mod shelf; // the index of search, and how far it is

use crate::config::Config;
use crate::confine::{Budget, Workers};
use crate::error::Error;
use crate::keys::{self, Key, KeyRing, Purpose, intake, random};
use crate::store::blobs::{Blobs, PATIENCE};
use crate::store::{Batch, Store, programs, settings};
use crate::throttle::Throttle;
use crate::throttle::reading::Unkept;
use candor_core::id::ProgramSlug;
use candor_core::policy::{self, Policy};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::Notify;

/// A handle to everything shared. Clones share.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// See [`App`].
pub struct Inner {
    /// Rows.
    pub store: Store,
    /// Sealed files.
    pub blobs: Blobs,
    /// Keys; `None` when the root key is missing and the desk is locked.
    keys: Option<KeyRing>,
    /// The desk's public key: whoever has only this can seal reports and open none.
    intake: Option<intake::PublicKey>,
    /// Stands in for keys of forms where there are none: lent by the desk, else gone with the process.
    passing: Key,
    /// Rows of waiting reports that are being filed just now.
    filing: Mutex<BTreeSet<String>>,
    /// Whether a front hands its reports over to this process.
    takes_over: AtomicBool,
    /// Processes that hold nothing, for foreign bytes.
    pub workers: Workers,
    /// What the operator chose.
    pub config: Config,
    /// Counters that slow down whoever asks too often.
    pub throttle: Throttle,
    /// What search knows.
    pub shelf: shelf::Shelf,
    shelf_key: u64,
    /// What members opened of late and the store could not keep.
    pub unkept_looks: Unkept,
    policies: RwLock<BTreeMap<ProgramSlug, Versions>>,
    worker: Notify,
    /// What is published, as it was read last.
    published: RwLock<Option<Published>>,
    /// The instant the clock was set to, and when; only demonstrations and tests set it.
    moved: RwLock<Option<(Timestamp, Instant)>>,
    /// What the clock showed, and when by the one that nobody sets: the two have to go together.
    base: RwLock<(Timestamp, Instant)>,
}

/// Id of the key of forms that a front and its desk share.
const SHARED: &str = "form of a front";

/// How far the clock may stray from the one that nobody sets.
const STRAY: std::time::Duration = std::time::Duration::from_secs(60);

/// Whether a clock that showed `base` strays: it shows `now` after `passed`.
pub fn strays(base: Timestamp, now: Timestamp, passed: std::time::Duration) -> bool {
    let expected = base.checked_add(passed).unwrap_or(base);
    now.duration_since(expected).unsigned_abs() > STRAY
}

#[derive(Default, Clone)]
struct Versions {
    newest: u32,
    /// As each was taken into service, and when.
    plain: BTreeMap<u32, (Timestamp, Arc<Policy>)>,
    /// Each with the planned pauses of those after it.
    all: BTreeMap<u32, Arc<Policy>>,
}

impl Versions {
    /// Lets the planned pauses of each version reach the cases of those before it.
    fn settle(&mut self) {
        let later =
            |version: u32| self.plain.range(version + 1..).map(|(_, (since, policy))| (*since, policy.as_ref()));
        let reached = self.plain.iter().map(|(version, (_, policy))| {
            let later: Vec<_> = later(*version).collect();
            let pauses = later.iter().any(|(_, policy)| !policy.pauses.is_empty());
            (*version, if pauses { Arc::new(policy.with_later(&later)) } else { policy.clone() })
        });
        self.all = reached.collect();
    }
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Puts the parts together and takes the policies into service.
    ///
    /// # Errors
    /// When the store cannot be read or holds a policy that no longer parses.
    pub async fn new(store: Store, keys: Option<KeyRing>, config: Config) -> Result<Self, Error> {
        let blobs = Blobs::open_with(&config.blobs, config.blob_bucket.as_ref(), PATIENCE)?;
        let intake = intake_key(&store, keys.as_ref()).await?;
        let app = Self(Arc::new(Inner {
            store,
            blobs,
            keys,
            intake,
            filing: Mutex::default(),
            takes_over: AtomicBool::new(false),
            workers: Workers::new(
                config.reader.clone().map(|program| (program, vec!["parse-worker".to_owned()])),
                Budget::default(),
            ),
            passing: match config.front.as_ref().and_then(|front| front.form_key) {
                Some(lent) => Key::new(SHARED, lent),
                None => Key::random("passing")?,
            },
            config,
            throttle: Throttle::default(),
            shelf: shelf::Shelf::default(),
            shelf_key: random::number(),
            unkept_looks: Unkept::default(),
            policies: RwLock::default(),
            worker: Notify::new(),
            published: RwLock::default(),
            moved: RwLock::new(None),
            #[allow(clippy::disallowed_methods)] // the start of the one clock
            base: RwLock::new((Timestamp::now(), Instant::now())),
        }));
        app.reload_programs().await?;
        Ok(app)
    }

    /// The keys.
    ///
    /// # Errors
    /// [`Error::Locked`] when the root key is missing.
    pub fn keys(&self) -> Result<&KeyRing, Error> {
        self.keys.as_ref().ok_or(Error::Locked)
    }

    /// The desk's public key, for reports that come while it is locked. None in a store that was never opened by this
    /// version with its keys.
    pub fn intake_key(&self) -> Option<intake::PublicKey> {
        self.intake
    }

    /// Whether reports are taken in although nothing can be opened here.
    pub fn only_seals(&self) -> bool {
        self.keys.is_none() && self.intake.is_some()
    }

    /// The key of forms that are open somewhere: good for this process only while the desk is locked.
    pub fn form_key(&self) -> &Key {
        self.keys.as_ref().map_or(&self.passing, |keys| keys.root().purpose(Purpose::Form))
    }

    /// The key of forms and cookies that a front and its desk share, so that one reads what the other wrote.
    pub fn shared_form_key(&self) -> Key {
        self.lent_form_key().map_or_else(|| self.passing.clone(), |lent| Key::new(SHARED, lent))
    }

    /// The key of forms that is lent to a front; it opens nothing. None while the desk is locked.
    pub fn lent_form_key(&self) -> Option<[u8; 32]> {
        let key = self.keys.as_ref()?.root().purpose(Purpose::Form);
        let halves = [b"1", b"2"].map(|half| keys::lookup(key, "form key of the front", half));
        <[u8; 32]>::try_from(halves.concat()).ok()
    }

    /// Says that a front hands its reports over to this process.
    pub fn takes_over(&self) {
        self.takes_over.store(true, Ordering::Relaxed);
    }

    /// Whether a front hands its reports over to this process: then fresh ones are left to that way.
    pub fn is_handed_to(&self) -> bool {
        self.takes_over.load(Ordering::Relaxed)
    }

    /// Marks a waiting report as being filed; false when somebody else is at it in this process.
    pub fn begin_filing(&self, row: &str) -> bool {
        self.filing.lock().unwrap_or_else(PoisonError::into_inner).insert(row.to_owned())
    }

    /// Ends what [`Self::begin_filing`] began.
    pub fn end_filing(&self, row: &str) {
        self.filing.lock().unwrap_or_else(PoisonError::into_inner).remove(row);
    }

    /// The one clock: the system's, unless a demonstration or a test has moved it.
    #[allow(clippy::disallowed_methods)] // the only place that reads it
    pub fn now(&self) -> Timestamp {
        match *self.moved.read().unwrap_or_else(PoisonError::into_inner) {
            None => Timestamp::now(),
            // Counted on by a clock that nobody sets, so that it never steps back.
            Some((to, since)) => to.checked_add(since.elapsed()).unwrap_or(to),
        }
    }

    /// Sets the clock to an instant; it runs on from there. Only demonstrations and tests do this.
    #[allow(clippy::disallowed_methods)]
    pub fn set_clock(&self, to: Timestamp) {
        let moved = (to, Instant::now());
        *self.moved.write().unwrap_or_else(PoisonError::into_inner) = Some(moved);
        *self.base.write().unwrap_or_else(PoisonError::into_inner) = moved;
    }

    /// Sets the clock as somebody does who sets the clock of the machine, so that it is in doubt. Only tests do this.
    #[allow(clippy::disallowed_methods)]
    pub fn jump_clock(&self, to: Timestamp) {
        *self.moved.write().unwrap_or_else(PoisonError::into_inner) = Some((to, Instant::now()));
    }

    /// Whether the clock was set while the service runs: what waits for an instant then waits for a person.
    pub fn is_clock_in_doubt(&self) -> bool {
        let (base, since) = *self.base.read().unwrap_or_else(PoisonError::into_inner);
        strays(base, self.now(), since.elapsed())
    }

    /// Lets the clock show the system's time again.
    #[allow(clippy::disallowed_methods)]
    pub fn real_time(&self) {
        *self.moved.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.base.write().unwrap_or_else(PoisonError::into_inner) = (Timestamp::now(), Instant::now());
    }

    /// Reads the policies again, as after `candor program add` by another process.
    ///
    /// # Errors
    /// When the store cannot be read or a policy no longer parses.
    pub async fn reload_programs(&self) -> Result<(), Error> {
        let mut policies: BTreeMap<ProgramSlug, Versions> = BTreeMap::new();
        for latest in programs::latest(&self.store).await? {
            let known = self.versions(&ProgramSlug(latest.slug.clone()));
            if let Some(known) = known.as_ref().filter(|known| i64::from(known.newest) == latest.version) {
                policies.insert(ProgramSlug(latest.slug), known.clone());
                continue;
            }
            for row in programs::versions(&self.store, &latest.slug).await? {
                let version = u32::try_from(row.version).map_err(Error::internal)?;
                let at = Timestamp::from_microsecond(row.at).map_err(Error::internal)?;
                let policy = match known.as_ref().and_then(|known| known.plain.get(&version)) {
                    Some((_, policy)) => policy.clone(),
                    None => Arc::new(policy::file::read_again(&row.source).map_err(|why| {
                        Error::internal(format!("policy {} version {version} no longer reads: {why}", row.slug))
                    })?),
                };
                let versions = policies.entry(ProgramSlug(row.slug)).or_default();
                versions.newest = versions.newest.max(version);
                versions.plain.insert(version, (at, policy));
            }
        }
        for versions in policies.values_mut().filter(|versions| versions.all.len() < versions.plain.len()) {
            versions.settle();
        }
        *self.policies.write().unwrap_or_else(PoisonError::into_inner) = policies;
        Ok(())
    }

    /// Reads the policies again when another process has taken a version into service.
    ///
    /// # Errors
    /// As [`Self::reload_programs`].
    pub async fn reload_newer_programs(&self) -> Result<(), Error> {
        let newest = programs::numbers(&self.store).await?;
        let known =
            |slug: &str| self.versions(&ProgramSlug(slug.to_owned())).map_or(0, |known| i64::from(known.newest));
        if newest.iter().any(|(slug, version)| known(slug) != *version) {
            self.reload_programs().await?;
        }
        Ok(())
    }

    fn versions(&self, program: &ProgramSlug) -> Option<Versions> {
        self.policies.read().unwrap_or_else(PoisonError::into_inner).get(program).cloned()
    }

    /// The policy of a program in force, with its version.
    pub fn policy_in_force(&self, program: &ProgramSlug) -> Option<(u32, Arc<Policy>)> {
        let policies = self.policies.read().unwrap_or_else(PoisonError::into_inner);
        let versions = policies.get(program)?;
        Some((versions.newest, versions.all.get(&versions.newest)?.clone()))
    }

    /// The policy of a program in force.
    pub fn policy(&self, program: &ProgramSlug) -> Option<Arc<Policy>> {
        self.policy_in_force(program).map(|(_, policy)| policy)
    }

    /// The policy of a program as it was at a version: a case runs under the one that was in force when it came.
    pub fn policy_at(&self, program: &ProgramSlug, version: u32) -> Option<Arc<Policy>> {
        let policies = self.policies.read().unwrap_or_else(PoisonError::into_inner);
        policies.get(program)?.all.get(&version).cloned()
    }

    /// The policy of a program as it was at a version, were `newer` taken into service now: with its planned pauses.
    pub fn policy_with(&self, program: &ProgramSlug, version: u32, newer: &Policy) -> Option<Policy> {
        let versions = self.versions(program)?;
        let (_, policy) = versions.plain.get(&version)?;
        let known = versions.plain.range(version + 1..).map(|(_, (since, policy))| (*since, policy.as_ref()));
        let later: Vec<_> = known.chain([(self.now(), newer)]).collect();
        Some(policy.with_later(&later))
    }

    /// Every policy in force, by program.
    pub fn programs(&self) -> Vec<Arc<Policy>> {
        let policies = self.policies.read().unwrap_or_else(PoisonError::into_inner);
        policies.values().filter_map(|versions| versions.all.get(&versions.newest).cloned()).collect()
    }

    /// Takes a policy file into service: a new program, or a new version of one. The same text again changes nothing.
    ///
    /// # Errors
    /// [`AddProgram::Findings`] when the file is wrong, [`AddProgram::Store`] when it could not be kept.
    pub async fn add_program(&self, source: &str) -> Result<Added, AddProgram> {
        self.add_program_by(source, "").await
    }

    /// As [`Self::add_program`], with who does it, in words; empty for nobody in particular.
    ///
    /// # Errors
    /// As there.
    pub async fn add_program_by(&self, source: &str, by: &str) -> Result<Added, AddProgram> {
        // The version that is kept says everything itself, so that no later fragment changes a past case.
        let given = source;
        let (policy, source) =
            policy::file::read_with(given, &policy::fragments::nowhere).map_err(AddProgram::Findings)?;
        let slug = policy.program.slug.0.clone();
        self.has_own_prefix(given, &policy)?;
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, source.as_bytes()).as_ref().to_vec();
        let newest = programs::newest(&self.store, &slug).await.map_err(Error::from)?;
        let version = match &newest {
            Some(row) if row.hash == hash => return Ok(Added { slug, version: row.version, changed: false }),
            Some(row) => row.version + 1,
            None => 1,
        };
        let row = programs::ProgramRow { slug: slug.clone(), version, at: self.now().as_microsecond(), source, hash };
        let mut batch = crate::store::Batch::main(vec![programs::insert_statement(&row)]);
        if !by.is_empty() {
            batch.main.push(crate::store::settings::put_statement(&taken_by(&slug, version), by.as_bytes()));
        }
        // A planned pause reaches the clocks of cases that came under an earlier version: they are looked at at once.
        let before = self.policy(&ProgramSlug(slug.clone()));
        if before.is_some_and(|before| before.pauses != policy.pauses) {
            batch.main.push(crate::store::cases::wake_statement(&slug, version, row.at));
        }
        self.store.commit(batch).await.map_err(Error::from)?;
        self.reload_programs().await?;
        self.nudge_worker();
        Ok(Added { slug, version, changed: true })
    }

    /// Who took a version of a policy into service, in words.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn policy_taken_by(&self, program: &ProgramSlug, version: i64) -> Result<String, Error> {
        let by = crate::store::settings::get(&self.store, &taken_by(program.as_str(), version)).await?;
        let by = by.and_then(|by| String::from_utf8(by).ok());
        Ok(by.unwrap_or_else(|| "somebody at the store itself".into()))
    }

    /// Two programs that begin their advisories' ids alike would give one id to two advisories.
    fn has_own_prefix(&self, source: &str, policy: &Policy) -> Result<(), AddProgram> {
        let prefix = policy.advisory_prefix();
        let other = self.programs().into_iter().find(|other| {
            other.program.slug != policy.program.slug && other.advisory_prefix().eq_ignore_ascii_case(&prefix)
        });
        let Some(other) = other else { return Ok(()) };
        let path = if policy.advisories.prefix.is_some() { "advisories.prefix" } else { "program.slug" };
        let message = format!(
            "the advisories of `{}` begin with `{prefix}` already; choose another `prefix` under [advisories]",
            other.program.slug
        );
        Err(AddProgram::Findings(vec![policy::file::finding_at(source, path, message)]))
    }

    /// Key of this process for hashes of texts in memory.
    pub fn shelf_key(&self) -> u64 {
        self.shelf_key
    }

    /// Tells the worker that there may be something to do.
    pub fn nudge_worker(&self) {
        self.worker.notify_one();
    }

    /// Waits until somebody nudges the worker.
    pub async fn worker_nudged(&self) {
        self.worker.notified().await;
    }

    /// Published records as they were read last.
    pub fn published(&self) -> Option<Published> {
        self.published.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps published records for the next reader.
    pub fn keep_published(&self, published: Published) {
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Some(published);
    }

    /// Public address of a program, without a slash at the end.
    pub fn program_url(&self, program: &ProgramSlug) -> String {
        format!("{}/{program}", self.config.base_url)
    }
}

/// Published records, and what they were read from.
#[derive(Debug, Clone)]
pub struct Published {
    /// How many there were and when the newest changed, with the ids of those held back.
    pub of: ((i64, Option<i64>), Vec<String>),
    /// The records as the OSV API finds them.
    pub osv: Arc<candor_formats::osv::query::Index>,
}

/// Where the store keeps who took a version of a policy into service.
fn taken_by(slug: &str, version: i64) -> String {
    format!("policy-by:{slug}:{version}")
}

/// The desk's public key; where its keys are at hand, it is left in the store for those who have none.
async fn intake_key(store: &Store, keys: Option<&KeyRing>) -> Result<Option<intake::PublicKey>, Error> {
    const SETTING: &str = "intake public key";
    let known = settings::get(store, SETTING).await?;
    let Some(keys) = keys else { return Ok(known.and_then(|known| known.try_into().ok())) };
    let key = intake::public_key(keys.root());
    if known.as_deref() != Some(key.as_slice()) {
        store.commit(Batch::main(vec![settings::put_statement(SETTING, &key)])).await?;
    }
    Ok(Some(key))
}

/// A policy taken into service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The program.
    pub slug: String,
    /// The version now in force.
    pub version: i64,
    /// Whether that is new.
    pub changed: bool,
}

/// Why a policy was not taken into service.
#[derive(Debug, thiserror::Error)]
pub enum AddProgram {
    /// The file is wrong.
    #[error("the policy file has {} problem(s)", .0.len())]
    Findings(Vec<policy::file::Finding>),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] Error),
}
