//! The only place that speaks SQL. Writes are lists of statements, kept together or not at all
//! ([`Store::commit`]); reads are plain queries. Everything else here builds those lists and rows.
//!
//! ```text
//! execute ── Batch ──▶ Store::commit ──▶ SQLite: writer thread, one flush for all who wait
//!                                   └──▶ PostgreSQL: one transaction on a pooled connection
//! ```

#[macro_use]
mod value;
mod dialect;
mod error;
mod postgres;
mod schema;
mod sqlite;

pub mod ring; // wrapped keys
pub mod journal; // entries, appended and read, each sealed and chained to the one before
pub mod cases; // one row per case: the queue, counts, what wakes when
pub mod receipts; // from a receipt to its report
pub mod receipt_views; // the page of a receipt, sealed to its holder
pub mod idempotency; // the first answer again
pub mod outbox; // what leaves the building, once each
pub mod mail; // mails that were taken in, once each
pub mod mail_tasks; // and what is still to be done with them
pub mod findings; // findings of tools that were taken in, once each
pub mod programs; // policies, every version
pub mod passkeys; // keys of members' own devices
pub mod passkey_challenges; // and what these were asked
pub mod looks; // which cases members opened of late
pub mod providers; // sign-in services, and who is whom there
pub mod people; // members, roles, sessions, invites, tokens
pub mod advisories; // what has been published
pub mod restricted; // which advisories are not for everybody
pub mod closed_reports; // texts about closed reports that are public
pub mod public_decisions; // decisions about dependencies that are public
pub mod figures; // promises kept, counted now and then
pub mod sign_in_flows; // sign-ins under way at a service elsewhere
pub mod steps; // what follows a publication, once each
pub mod subscriptions; // who asked to hear of advisories
pub mod written_to; // how many letters an address got within the hour
pub mod hooks; // who is called
pub mod cve_numbers; // CVE numbers that were reserved
pub mod cve_requests; // CVE numbers that were asked for elsewhere
pub mod probes; // how the channels stood
pub mod anchors; // signed heads of the journals
pub mod proofs; // proofs of receipt
pub mod waiting; // reports taken in while the desk was locked
pub mod openpgp; // the OpenPGP keys of programs
pub mod settings; // small facts of the store itself
pub mod blobs; // sealed files in a folder, or in a bucket
mod bucket_blobs; // the bucket
mod small_files; // small ones, in the database
pub mod verify; // is every chain whole?
pub mod backup; // copies that can be restored

use std::path::PathBuf;
use std::sync::Arc;

pub use error::{Result, StoreError};
pub use value::{Batch, Row, Statement, Val};

/// Where the rows live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// SQLite files in this folder (made when absent, mode 0700).
    Sqlite(PathBuf),
    /// A PostgreSQL server, as `postgres://user:password@host/database`.
    Postgres(String),
}

/// How to open a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// Where the rows live.
    pub database: Database,
    /// Another PostgreSQL server for the key ring; none keeps it beside the data (`keyring.db`, or
    /// the schema `candor_ring`). SQLite ignores it.
    pub ring: Option<String>,
}

/// A handle to the database. Clones share everything.
#[derive(Clone)]
pub struct Store(Inner, Arc<std::sync::OnceLock<()>>);

#[derive(Clone)]
enum Inner {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(Arc<postgres::Postgres>),
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Inner::Sqlite(_) => "Store(sqlite)",
            Inner::Postgres(_) => "Store(postgres)",
        })
    }
}

impl Store {
    /// Opens the store, makes it when it is not there yet, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer candor wrote it; [`StoreError::Io`] or
    /// [`StoreError::Busy`] when folder or server cannot be used.
    pub async fn open(config: &StoreConfig) -> Result<Self> {
        let inner = match &config.database {
            Database::Sqlite(folder) => Inner::Sqlite(Arc::new(sqlite::Sqlite::open(folder)?)),
            Database::Postgres(url) => {
                Inner::Postgres(Arc::new(postgres::Postgres::open(url, config.ring.as_deref()).await?))
            }
        };
        let store = Self(inner, Arc::default());
        if settings::get(&store, backup::RESTORING).await?.is_some() {
            return Err(StoreError::Damaged(
                "a restore into this store has begun and not ended; empty it and restore again".into(),
            ));
        }
        Ok(store)
    }

    /// From now on nothing is written through this handle or a clone of it: the store is older than what is known of it
    /// elsewhere, and every entry would make two histories of one.
    pub fn refuse_writes(&self) {
        let _ = self.1.set(());
    }

    /// Whether writes are taken at all: see [`Store::refuse_writes`].
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.1.get().is_none()
    }

    /// Keeps the whole batch durably, or nothing of it. Returns after the flush to disk.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a unique key is taken or [`Statement::expect`] is missed;
    /// [`StoreError::Full`], [`StoreError::Busy`] and [`StoreError::Poisoned`] when it could not be kept.
    /// After [`StoreError::Busy`] from PostgreSQL a commit may have happened all the same when the
    /// connection broke at that moment: ask again with the same idempotency key.
    pub async fn commit(&self, batch: Batch) -> Result<()> {
        if self.1.get().is_some() {
            return Err(StoreError::Behind);
        }
        match &self.0 {
            Inner::Sqlite(db) => db.commit(batch).await,
            Inner::Postgres(db) => db.commit(&batch).await,
        }
    }

    /// Reads. On SQLite it runs on the calling thread: made for answers of a page, see
    /// [`Store::query_long`] for whole tables.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the database cannot be reached; so for all reads.
    pub async fn query(&self, sql: &'static str, args: Vec<Val>) -> Result<Vec<Row>> {
        match &self.0 {
            Inner::Sqlite(db) => db.readers(false).query(sql, &args),
            Inner::Postgres(db) => db.query(false, sql, &args).await,
        }
    }

    /// Reads the one row there is, or none.
    ///
    /// # Errors
    /// As [`Store::query`].
    pub async fn query_one(&self, sql: &'static str, args: Vec<Val>) -> Result<Option<Row>> {
        Ok(self.query(sql, args).await?.into_iter().next())
    }

    /// Reads much at once, away from the threads that serve requests.
    ///
    /// # Errors
    /// As [`Store::query`].
    pub async fn query_long(&self, sql: &'static str, args: Vec<Val>) -> Result<Vec<Row>> {
        match &self.0 {
            Inner::Sqlite(db) => {
                let db = Arc::clone(db);
                tokio::task::spawn_blocking(move || db.readers(false).query(sql, &args))
                    .await
                    .map_err(|why| StoreError::Database(why.into()))?
            }
            Inner::Postgres(db) => db.query(false, sql, &args).await,
        }
    }

    /// Reads from the key ring.
    ///
    /// # Errors
    /// As [`Store::query`].
    pub async fn query_ring(&self, sql: &'static str, args: Vec<Val>) -> Result<Vec<Row>> {
        match &self.0 {
            Inner::Sqlite(db) => db.readers(true).query(sql, &args),
            Inner::Postgres(db) => db.query(true, sql, &args).await,
        }
    }

    /// Writes one statement that ends in `returning`, durably, and gives its rows.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn write_returning(&self, sql: &'static str, args: Vec<Val>) -> Result<Vec<Row>> {
        if self.1.get().is_some() {
            return Err(StoreError::Behind);
        }
        match &self.0 {
            Inner::Sqlite(db) => db.returning(false, Statement::new(sql, args)).await,
            Inner::Postgres(db) => db.query(false, sql, &args).await,
        }
    }

    /// Makes sure that keys deleted from the ring are gone from its files as well.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process reads the ring just now; the key is deleted all the
    /// same, and the next purge takes its last traces.
    pub async fn purge_ring(&self) -> Result<()> {
        match &self.0 {
            Inner::Sqlite(db) => db.purge_ring().await,
            Inner::Postgres(db) => db.purge_ring().await,
        }
    }
}

/// Every SQL text the store uses, as (module, name, text), for the test that prepares them all.
#[doc(hidden)]
#[must_use]
pub fn every_statement() -> Vec<(&'static str, &'static str, &'static str)> {
    [
        ("ring", ring::ALL),
        ("journal", journal::ALL),
        ("cases", cases::ALL),
        ("receipts", receipts::ALL),
        ("receipt_views", receipt_views::ALL),
        ("sign_in_flows", sign_in_flows::ALL),
        ("idempotency", idempotency::ALL),
        ("outbox", outbox::ALL),
        ("mail", mail::ALL),
        ("mail_tasks", mail_tasks::ALL),
        ("findings", findings::ALL),
        ("programs", programs::ALL),
        ("passkeys", passkeys::ALL),
        ("passkey_challenges", passkey_challenges::ALL),
        ("looks", looks::ALL),
        ("providers", providers::ALL),
        ("people", people::ALL),
        ("advisories", advisories::ALL),
        ("settings", settings::ALL),
        ("closed_reports", closed_reports::ALL),
        ("restricted", restricted::ALL),
        ("public_decisions", public_decisions::ALL),
        ("figures", figures::ALL),
        ("steps", steps::ALL),
        ("subscriptions", subscriptions::ALL),
        ("written_to", written_to::ALL),
        ("hooks", hooks::ALL),
        ("cve_numbers", cve_numbers::ALL),
        ("cve_requests", cve_requests::ALL),
        ("probes", probes::ALL),
        ("waiting", waiting::ALL),
        ("openpgp", openpgp::ALL),
        ("proofs", proofs::ALL),
        ("anchors", anchors::ALL),
        ("blobs", blobs::ALL),
        ("small_files", small_files::ALL),
        ("verify", verify::ALL),
    ]
    .into_iter()
    .flat_map(|(module, list)| list.iter().map(move |(name, sql)| (module, *name, *sql)))
    .collect()
}
