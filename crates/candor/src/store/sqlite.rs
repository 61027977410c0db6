//! SQLite: a writer thread per file that commits in groups, and readers beside it.
//!
//! The folder holds `candor.db` and `keyring.db`. Both are in WAL mode with `synchronous=FULL`; other
//! processes (the command line) may read and write the same folder, as nothing is locked for longer
//! than one transaction.

use std::collections::HashMap;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use super::dialect::{Dialect, text_for};
use super::error::{Result, StoreError};
use super::schema::{History, MAIN, RING};
use super::value::{Batch, Row, Statement, Val};

/// File of everything but the keys.
pub(crate) const MAIN_FILE: &str = "candor.db";
/// File of the key ring.
pub(crate) const RING_FILE: &str = "keyring.db";

/// Batches that share one flush at most.
const GROUP: usize = 256;
/// Batches that may wait before writers are told to come back later.
const WAITING: usize = 4096;
/// How long a writer waits for a place in the queue.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a transaction waits for another process.
const LOCK_WAIT: Duration = Duration::from_secs(10);
/// Pages written, by estimate, after which the write-ahead log is folded back into the database.
const CHECKPOINT_PAGES: usize = 48_000;
/// How long after a failed flush, or a failed attempt to mend it, mending is tried (again).
const HEAL_PAUSE: Duration = Duration::from_secs(1);
/// Bytes of a page.
const PAGE: usize = 4096;
/// Readers kept open while idle.
const IDLE_READERS: usize = 4;

impl rusqlite::ToSql for Val {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(it) => ValueRef::Integer(*it),
            Self::Text(it) => ValueRef::Text(it.as_bytes()),
            Self::Bytes(it) => ValueRef::Blob(it),
        }))
    }
}

fn cell(value: ValueRef<'_>) -> Result<Val> {
    Ok(match value {
        ValueRef::Null => Val::Null,
        ValueRef::Integer(it) => Val::Int(it),
        ValueRef::Text(it) => Val::Text(
            String::from_utf8(it.to_vec())
                .map_err(|_| StoreError::Damaged("text in the database is not UTF-8".into()))?,
        ),
        ValueRef::Blob(it) => Val::Bytes(it.to_vec()),
        ValueRef::Real(_) => return Err(StoreError::Damaged("a column holds a fraction".into())),
    })
}

fn rows(statement: &mut rusqlite::Statement<'_>, args: &[Val]) -> Result<Vec<Row>> {
    for (index, value) in args.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value)?;
    }
    let mut found = Vec::new();
    each_row(statement, |row| {
        found.push(row);
        Ok(())
    })?;
    Ok(found)
}

/// Runs a bound query and hands over its rows one by one.
pub(crate) fn each_row(statement: &mut rusqlite::Statement<'_>, mut take: impl FnMut(Row) -> Result<()>) -> Result<()> {
    let width = statement.column_count();
    let mut answer = statement.raw_query();
    while let Some(row) = answer.next()? {
        let mut cells = Vec::with_capacity(width);
        for index in 0..width {
            cells.push(cell(row.get_ref(index)?)?);
        }
        take(Row(cells))?;
    }
    Ok(())
}

/// What the writer thread is asked.
enum Job {
    Batch(Vec<Statement>, oneshot::Sender<Result<()>>),
    Returning(Statement, oneshot::Sender<Result<Vec<Row>>>),
    /// Folds the log into its file and empties it, so that deleted keys are gone.
    Purge(oneshot::Sender<Result<()>>),
    /// The bulk of the log is folded in; fold in the rest, so that the log starts over.
    EndCheckpoint,
}

/// The embedded database in one folder.
pub(crate) struct Sqlite {
    main_jobs: mpsc::Sender<Job>,
    ring_jobs: mpsc::Sender<Job>,
    main: Readers,
    ring: Readers,
}

impl Sqlite {
    /// Opens the folder, makes it when it is absent, and brings both files up to date.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        make_folder(folder)?;
        let main = writer_connection(&folder.join(MAIN_FILE), &MAIN)?;
        let ring = writer_connection(&folder.join(RING_FILE), &RING)?;
        ring.pragma_update(None, "secure_delete", "on")?;
        main.pragma_update(None, "wal_autocheckpoint", 0)?;
        let (main_jobs, main_queue) = mpsc::channel(WAITING);
        let (ring_jobs, ring_queue) = mpsc::channel(WAITING);
        let (checkpoint, wanted) = std::sync::mpsc::sync_channel(1);
        let (file, writer) = (folder.join(MAIN_FILE), main_jobs.downgrade());
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let threads = || -> std::io::Result<()> {
            thread("store-writer").spawn(move || Writer::run(&main, main_queue, Some(checkpoint)))?;
            thread("ring-writer").spawn(move || Writer::run(&ring, ring_queue, None))?;
            thread("store-folder").spawn(move || fold_logs(&file, &wanted, &writer))?;
            Ok(())
        };
        threads().map_err(|why| StoreError::io("starting the writer's threads", why))?;
        Ok(Self {
            main_jobs,
            ring_jobs,
            main: Readers::new(folder.join(MAIN_FILE)),
            ring: Readers::new(folder.join(RING_FILE)),
        })
    }

    pub(crate) fn readers(&self, ring: bool) -> &Readers {
        if ring { &self.ring } else { &self.main }
    }

    async fn ask<T>(&self, ring: bool, job: impl FnOnce(oneshot::Sender<Result<T>>) -> Job) -> Result<T> {
        let jobs = if ring { &self.ring_jobs } else { &self.main_jobs };
        let (reply, answer) = oneshot::channel();
        match jobs.try_send(job(reply)) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(job)) => jobs
                .send_timeout(job, PATIENCE)
                .await
                .map_err(|_| StoreError::Busy("too many writes are waiting".into()))?,
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(StoreError::Poisoned),
        }
        answer.await.unwrap_or(Err(StoreError::Poisoned))
    }

    /// Keys are on disk before anything that is sealed under them.
    pub(crate) async fn commit(&self, Batch { ring, main }: Batch) -> Result<()> {
        for (to_ring, statements) in [(true, ring), (false, main)] {
            if !statements.is_empty() {
                self.ask(to_ring, |reply| Job::Batch(statements, reply)).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn returning(&self, ring: bool, statement: Statement) -> Result<Vec<Row>> {
        self.ask(ring, |reply| Job::Returning(statement, reply)).await
    }

    pub(crate) async fn purge_ring(&self) -> Result<()> {
        self.ask(true, Job::Purge).await
    }
}

pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|why| StoreError::io(format!("making the data folder {}", folder.display()), why))
}

/// The first SQLite in which two connections that write and fold the log at the same moment cannot damage the file:
/// 3.51.3 (<https://sqlite.org/wal.html>, the bug of the log that is begun anew).
const OLDEST: i32 = 3_051_003;

/// Refuses a library that may damage a file in write-ahead mode. The one that is built in is newer; a build against the
/// system's may bring an older one.
fn new_enough(library: i32) -> Result<()> {
    if library >= OLDEST {
        return Ok(());
    }
    let version = |number: i32| format!("{}.{}.{}", number / 1_000_000, number / 1_000 % 1_000, number % 1_000);
    Err(StoreError::Library { found: version(library), oldest: version(OLDEST) })
}

/// Opens one file for writing. It is made with mode 0600, which its log and index files inherit.
pub(crate) fn writer_connection(file: &Path, history: &History) -> Result<Connection> {
    new_enough(rusqlite::version_number())?;
    let made = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(file)
        .map_err(|why| StoreError::io(format!("opening {}", file.display()), why))?;
    let mode = made.metadata().map_err(|why| StoreError::io(format!("reading {}", file.display()), why))?.permissions();
    if mode.mode() & 0o077 != 0 {
        made.set_permissions(PermissionsExt::from_mode(0o600))
            .map_err(|why| StoreError::io(format!("restricting {}", file.display()), why))?;
    }
    drop(made);
    let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(LOCK_WAIT)?;
    let mode: String = conn.query_row("pragma journal_mode = wal", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Busy(format!(
            "{} could not be put into WAL mode; it is in mode {mode}",
            file.display()
        )));
    }
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "cache_size", -24_576)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.pragma_update(None, "trusted_schema", "off")?;
    migrate(&conn, history)?;
    Ok(conn)
}

fn migrate(conn: &Connection, history: &History) -> Result<()> {
    let exists = conn
        .query_row("select count(*) from sqlite_schema where name = ?1", [history.table], |row| row.get::<_, i64>(0))?;
    let version = || {
        conn.query_row(&history.version_sql(), [], |row| row.get::<_, Option<i64>>(0)).map(|found| found.unwrap_or(0))
    };
    if exists != 0 && history.upgrade_sql(version()?, Dialect::Sqlite)?.is_none() {
        return Ok(());
    }
    conn.execute_batch("begin immediate")?;
    let upgrade = || -> Result<()> {
        conn.execute_batch(&history.table_sql(Dialect::Sqlite))?;
        if let Some(sql) = history.upgrade_sql(version()?, Dialect::Sqlite)? {
            conn.execute_batch(&sql)?;
        }
        conn.execute_batch("commit")?;
        Ok(())
    };
    upgrade().inspect_err(|_| drop(conn.execute_batch("rollback")))
}

/// Read-only connections with their prepared statements, one per reader at work.
pub(crate) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    fn new(file: PathBuf) -> Self {
        Self { file, idle: Mutex::default() }
    }

    /// Opens one more connection that can only read.
    pub(crate) fn fresh(&self) -> Result<Connection> {
        let conn = Connection::open_with_flags(
            &self.file,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        conn.busy_timeout(LOCK_WAIT)?;
        conn.pragma_update(None, "query_only", "on")?;
        conn.pragma_update(None, "cache_size", -4096)?;
        conn.pragma_update(None, "temp_store", "memory")?;
        conn.set_prepared_statement_cache_capacity(128);
        Ok(conn)
    }

    /// Runs one query on an idle connection, on the calling thread.
    pub(crate) fn query(&self, sql: &'static str, args: &[Val]) -> Result<Vec<Row>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = idle.map_or_else(|| self.fresh(), Ok)?;
        let found = conn
            .prepare_cached(text_for(sql, Dialect::Sqlite))
            .map_err(StoreError::from)
            .and_then(|mut statement| rows(&mut statement, args));
        if found.is_ok() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_READERS {
                idle.push(conn);
            }
        }
        found
    }
}

/// Statements of one connection, prepared once and found by the address of their text.
struct Prepared<'c> {
    conn: &'c Connection,
    known: HashMap<(usize, usize), rusqlite::Statement<'c>>,
}

impl<'c> Prepared<'c> {
    fn new(conn: &'c Connection) -> Self {
        Self { conn, known: HashMap::new() }
    }

    fn get(&mut self, sql: &'static str) -> Result<&mut rusqlite::Statement<'c>> {
        use std::collections::hash_map::Entry;
        Ok(match self.known.entry((sql.as_ptr() as usize, sql.len())) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(self.conn.prepare(text_for(sql, Dialect::Sqlite))?),
        })
    }

    fn run(&mut self, sql: &'static str) -> Result<()> {
        self.get(sql)?.raw_execute()?;
        Ok(())
    }

    fn write(&mut self, statements: &[Statement]) -> Result<()> {
        for statement in statements {
            let prepared = self.get(statement.sql)?;
            for (index, value) in statement.args.iter().enumerate() {
                prepared.raw_bind_parameter(index + 1, value)?;
            }
            let changed = prepared.raw_execute()?;
            if statement.expect.is_some_and(|rows| usize::try_from(rows) != Ok(changed)) {
                return Err(StoreError::Conflict);
            }
        }
        Ok(())
    }

    fn returning(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        rows(self.get(statement.sql)?, &statement.args)
    }

    /// One transaction around `parts`; a part that fails is undone alone. The outer error is one
    /// that undid them all.
    ///
    /// Almost no part fails, so they first run without savepoints between them, which cost a copy of
    /// every page touched; when one fails they run once more with savepoints.
    fn group(&mut self, parts: usize, mut part: impl FnMut(&mut Self, usize) -> Result<()>) -> Result<Vec<Result<()>>> {
        self.run("begin immediate")?;
        for index in 0..parts {
            let Err(why) = part(self, index) else { continue };
            let all = self.conn.is_autocommit() || why.concerns_all();
            self.abandon();
            return match all {
                true => Err(why),
                false if parts == 1 => Ok(vec![Err(why)]),
                false => self.group_apart(parts, part),
            };
        }
        self.run("commit").inspect_err(|_| self.abandon())?;
        Ok((0..parts).map(|_| Ok(())).collect())
    }

    /// The same with a savepoint around each part.
    fn group_apart(
        &mut self,
        parts: usize,
        mut part: impl FnMut(&mut Self, usize) -> Result<()>,
    ) -> Result<Vec<Result<()>>> {
        self.run("begin immediate")?;
        let mut work = || -> Result<Vec<Result<()>>> {
            let mut outcomes = Vec::with_capacity(parts);
            for index in 0..parts {
                self.run("savepoint part")?;
                let outcome = part(self, index);
                match outcome {
                    Ok(()) => self.run("release part")?,
                    Err(why) if self.conn.is_autocommit() || why.concerns_all() => return Err(why),
                    Err(_) => {
                        self.run("rollback to part")?;
                        self.run("release part")?;
                    }
                }
                outcomes.push(outcome);
            }
            self.run("commit")?;
            Ok(outcomes)
        };
        let outcomes = work();
        if outcomes.is_err() {
            self.abandon();
        }
        outcomes
    }

    fn abandon(&self) {
        if !self.conn.is_autocommit()
            && let Err(why) = self.conn.execute_batch("rollback")
        {
            tracing::error!(%why, "a transaction could not be rolled back");
        }
    }
}

/// Folds the write-ahead log into the database beside the writer, whenever it is asked. What the writer
/// adds meanwhile is left to the writer itself: only between two of its transactions can the log end.
fn fold_logs(file: &Path, wanted: &std::sync::mpsc::Receiver<()>, writer: &mpsc::WeakSender<Job>) {
    while wanted.recv().is_ok() {
        let folded =
            Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .and_then(|conn| conn.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())));
        if let Err(why) = folded {
            // Nothing is lost: the log keeps what could not be folded in, and the next try starts over.
            tracing::warn!(%why, "the write-ahead log could not be folded into the database");
        }
        if let Some(writer) = writer.upgrade() {
            drop(writer.blocking_send(Job::EndCheckpoint));
        }
    }
}

/// The thread that writes one file. It takes whatever waits, up to [`GROUP`], and flushes once for all of it.
struct Writer<'c> {
    database: Prepared<'c>,
    /// Since when nothing can be trusted because a flush failed, or when mending it was last tried.
    poisoned: Option<Instant>,
    /// Pages written since the log was folded in, by estimate.
    pages: usize,
    /// Asks for the log to be folded in; a file without it folds its log in itself.
    checkpoint: Option<std::sync::mpsc::SyncSender<()>>,
}

/// About how many pages of the log a statement takes.
fn pages(statement: &Statement) -> usize {
    let bytes: usize = statement
        .args
        .iter()
        .map(|value| match value {
            Val::Text(it) => it.len(),
            Val::Bytes(it) => it.len(),
            Val::Null | Val::Int(_) => 8,
        })
        .sum();
    1 + bytes / PAGE
}

enum Reply {
    Batch(Result<()>, oneshot::Sender<Result<()>>),
    Rows(Result<Vec<Row>>, oneshot::Sender<Result<Vec<Row>>>),
}

impl<'c> Writer<'c> {
    fn run(
        connection: &'c Connection,
        mut queue: mpsc::Receiver<Job>,
        checkpoint: Option<std::sync::mpsc::SyncSender<()>>,
    ) {
        let mut writer = Self { database: Prepared::new(connection), poisoned: None, pages: 0, checkpoint };
        let mut group = Vec::with_capacity(GROUP);
        while let Some(first) = queue.blocking_recv() {
            group.push(first);
            while group.len() < GROUP
                && let Ok(next) = queue.try_recv()
            {
                group.push(next);
            }
            writer.handle(&mut group);
        }
    }

    fn handle(&mut self, group: &mut Vec<Job>) {
        let mut work: Vec<(Vec<Statement>, Reply)> = Vec::with_capacity(group.len());
        let mut purges = Vec::new();
        let mut fold = false;
        for job in group.drain(..) {
            match job {
                Job::Batch(statements, reply) => work.push((statements, Reply::Batch(Ok(()), reply))),
                Job::Returning(statement, reply) => work.push((vec![statement], Reply::Rows(Ok(vec![]), reply))),
                Job::Purge(reply) => purges.push(reply),
                Job::EndCheckpoint => fold = true,
            }
        }
        self.pages += work.iter().flat_map(|(statements, _)| statements).map(pages).sum::<usize>();
        self.heal();
        self.write(&mut work);
        for (_, reply) in work {
            // A waiter that went away needs no answer.
            match reply {
                Reply::Batch(outcome, reply) => drop(reply.send(outcome)),
                Reply::Rows(outcome, reply) => drop(reply.send(outcome)),
            }
        }
        for reply in purges {
            drop(reply.send(self.purge()));
        }
        if fold && let Err(why) = self.database.conn.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())) {
            tracing::warn!(%why, "the write-ahead log could not be folded into the database");
        }
        if let Some(checkpoint) = &self.checkpoint
            && CHECKPOINT_PAGES <= self.pages
            && checkpoint.try_send(()).is_ok()
        {
            self.pages = 0;
        }
    }

    /// Commits what waits, in one transaction.
    fn write(&mut self, work: &mut [(Vec<Statement>, Reply)]) {
        if work.is_empty() {
            return;
        }
        let outcome = if self.poisoned.is_some() {
            Err(StoreError::Poisoned)
        } else {
            self.database.group(work.len(), |database, index| {
                let (statements, reply) = &mut work[index];
                match reply {
                    Reply::Batch(..) => database.write(statements),
                    Reply::Rows(answer, _) => {
                        let found = database.returning(&statements[0])?;
                        *answer = Ok(found);
                        Ok(())
                    }
                }
            })
        };
        match outcome {
            Ok(outcomes) => {
                for ((_, reply), outcome) in work.iter_mut().zip(outcomes) {
                    if let Err(why) = outcome {
                        reply.fail(why);
                    }
                }
            }
            Err(why) => {
                if matches!(why, StoreError::Full) {
                    // What can be folded in makes room at the log's beginning; that there is none is said already.
                    drop(self.database.conn.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())));
                }
                if matches!(why, StoreError::Poisoned) && self.poisoned.is_none() {
                    self.poisoned = Some(Instant::now());
                    tracing::error!("a flush to disk failed; nothing more is written until everything is flushed anew");
                }
                for (_, reply) in work {
                    reply.fail(why.again());
                }
            }
        }
    }

    /// After a failed flush, writes everything that was acknowledged anew and flushes it, before anything else may be
    /// written.
    ///
    /// The system forgets that a page is not on disk once a flush of it failed, so that a second flush of the same page
    /// proves nothing. Folding the whole log into the database writes every acknowledged page to another place, flushes
    /// that, and only then empties the log; the failed transaction was undone and is in neither.
    fn heal(&mut self) {
        if self.poisoned.is_none_or(|since| since.elapsed() < HEAL_PAUSE) {
            return;
        }
        let folded = self
            .database
            .conn
            .query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, i64>(0))
            .map(|busy| busy == 0);
        match folded {
            Ok(true) => {
                self.poisoned = None;
                tracing::warn!("everything acknowledged was flushed anew; writing goes on");
            }
            Ok(false) => self.poisoned = Some(Instant::now()),
            Err(why) => {
                self.poisoned = Some(Instant::now());
                tracing::error!(%why, "the disk still fails; nothing is written");
            }
        }
    }

    fn purge(&mut self) -> Result<()> {
        if self.poisoned.is_some() {
            return Err(StoreError::Poisoned);
        }
        let busy = self.database.conn.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, i64>(0))?;
        if busy == 0 {
            Ok(())
        } else {
            Err(StoreError::Busy("the key ring is being read; the erased key leaves the log later".into()))
        }
    }
}

impl Reply {
    fn fail(&mut self, why: StoreError) {
        match self {
            Self::Batch(outcome, _) => *outcome = Err(why),
            Self::Rows(outcome, _) => *outcome = Err(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abuse_d6_a_library_with_the_fault_of_the_log_is_refused() {
        for (library, sound) in [(3_007_000, false), (3_051_002, false), (3_051_003, true), (3_054_001, true)] {
            assert_eq!(new_enough(library).is_ok(), sound, "{library}");
        }
        let why = new_enough(3_050_004).expect_err("refused").to_string();
        assert!(why.starts_with("SQLite 3.50.4") && why.contains("3.51.3 or newer"), "{why}");
        new_enough(rusqlite::version_number()).expect("what is built in is sound");
    }
}
