//! Copies that can be restored, into either database.
//!
//! A backup is a folder of two parts that can be kept apart: `data/` (`candor.db`, `blobs/`,
//! `manifest.json`) and `ring/` (`keyring.db`, `manifest.json`). The data part may be kept for years;
//! the ring part should be short-lived, since a key that is erased lives on in it. Neither holds the
//! root key. Whatever the store runs on, the copy is a pair of SQLite files.

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::blobs::{self, Blobs, sync_folder};
use super::dialect::interned;
use super::postgres::{Dump, Postgres};
use super::schema::{History, MAIN, RING, RING_TABLES, TABLES};
use super::sqlite::{MAIN_FILE, RING_FILE, Readers, make_folder, writer_connection};
use super::{Batch, Inner, Result, Row, Statement, Store, StoreError, settings};
use crate::coding::hex;
use crate::store::sqlite;

const FORMAT: &str = "candor backup 1";
const MANIFEST: &str = "manifest.json";
/// Rows that are restored with one commit.
const STEP: usize = 500;
/// Setting that marks a store into which a restore has begun and not ended.
pub(crate) const RESTORING: &str = "restoring";

/// What a backup or a restore handled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows of the data.
    pub rows: u64,
    /// Keys of the ring.
    pub keys: u64,
    /// Files.
    pub files: u64,
    /// Bytes of all files together.
    pub bytes: u64,
    /// Ids of files that are missing or damaged in the original, and so are not in the copy.
    pub damaged: Vec<String>,
}

/// What stands beside each part.
#[derive(Serialize, Deserialize)]
struct Manifest {
    format: String,
    /// The same in both parts of one backup.
    pair: String,
    part: String,
    schema: i64,
    /// Microseconds UTC.
    taken_at: i64,
    rows: u64,
    file: String,
    /// Hexadecimal SHA-256 of `file`.
    sha256: String,
    /// Files that were missing or damaged when the copy was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<String>,
}

/// One of the two parts.
struct Part {
    name: &'static str,
    file: &'static str,
    history: &'static History,
    tables: &'static [(&'static str, &'static str)],
    ring: bool,
}

const DATA_PART: Part = Part { name: "data", file: MAIN_FILE, history: &MAIN, tables: TABLES, ring: false };
const RING_PART: Part = Part { name: "ring", file: RING_FILE, history: &RING, tables: RING_TABLES, ring: true };

/// Copies the store into the empty folder `to`, while it is in use. The data is copied first and the
/// keys after it, so that every case in the copy has its key, save the erased ones.
///
/// `taken_at` is now in microseconds UTC; `progress` is told (files done, files in all) now and then.
///
/// # Errors
/// [`StoreError::NotEmpty`], and [`StoreError::Io`] or [`StoreError::Full`] when it cannot be written.
/// What was begun is left for the person to look at and has no manifest, so that it cannot be restored.
pub async fn backup(
    store: &Store,
    blobs: &Blobs,
    to: &Path,
    taken_at: i64,
    mut progress: impl FnMut(u64, u64),
) -> Result<Tally> {
    make_folder(to)?;
    if to.read_dir().map_err(|why| StoreError::io(format!("reading {}", to.display()), why))?.next().is_some() {
        return Err(StoreError::NotEmpty(to.to_owned()));
    }
    let pair = crate::keys::random::id();
    let mut tally = Tally::default();
    for part in [&DATA_PART, &RING_PART] {
        let folder = to.join(part.name);
        make_folder(&folder)?;
        let file = folder.join(part.file);
        match &store.0 {
            Inner::Sqlite(db) => {
                let (readers, db, file) = (part.ring, std::sync::Arc::clone(db), file.clone());
                blocking(move || copy_sqlite(db.readers(readers), &file)).await?;
            }
            Inner::Postgres(db) => copy_postgres(db, part, &file).await?,
        }
        let (rows, sha256) = {
            let (file, tables) = (file.clone(), part.tables);
            blocking(move || settle(&file, tables)).await?
        };
        if part.ring {
            tally.keys = rows;
        } else {
            tally.rows = rows;
            copy_files(&file, blobs, &folder.join("blobs"), &mut tally, &mut progress).await?;
        }
        let manifest = Manifest {
            format: FORMAT.into(),
            pair: pair.clone(),
            part: part.name.into(),
            schema: part.history.known(),
            taken_at,
            rows,
            file: part.file.into(),
            sha256,
            damaged: if part.ring { Vec::new() } else { tally.damaged.clone() },
        };
        blocking(move || write_manifest(&folder, &manifest)).await?;
    }
    sync_folder(to).map_err(|why| StoreError::io(format!("flushing {}", to.display()), why))?;
    Ok(tally)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|why| StoreError::Database(why.into()))?
}

/// Makes an empty file only its owner can read.
fn private_file(file: &Path) -> Result<std::fs::File> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(|why| StoreError::io(format!("making {}", file.display()), why))
}

fn copy_sqlite(readers: &Readers, file: &Path) -> Result<()> {
    private_file(file)?;
    let conn = readers.fresh()?;
    conn.pragma_update(None, "query_only", "off")?;
    conn.execute("vacuum into ?1", [file.to_string_lossy()])?;
    Ok(())
}

async fn copy_postgres(db: &Postgres, part: &'static Part, file: &Path) -> Result<()> {
    let conn = writer_connection(file, part.history)?;
    let mut dumps = Vec::new();
    let mut inserts = Vec::new();
    for (table, order) in part.tables {
        let columns = columns(&conn, table)?;
        dumps.push(Dump { select: format!("select {} from {table} order by {order}", columns.join(", ")) });
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
        inserts.push(format!("insert into {table} ({}) values ({})", columns.join(", "), places.join(", ")));
    }
    let (pages, mut arriving) = mpsc::channel::<(usize, Vec<Row>)>(4);
    let written = tokio::task::spawn_blocking(move || -> Result<()> {
        conn.execute_batch("begin immediate")?;
        while let Some((table, rows)) = arriving.blocking_recv() {
            let mut insert = conn.prepare_cached(&inserts[table])?;
            for row in rows {
                for (index, value) in row.0.iter().enumerate() {
                    insert.raw_bind_parameter(index + 1, value)?;
                }
                insert.raw_execute()?;
            }
        }
        conn.execute_batch("commit")?;
        Ok(())
    });
    let read = db.dump(part.ring, &dumps, &pages).await;
    drop(pages);
    written.await.map_err(|why| StoreError::Database(why.into()))??;
    read
}

fn columns(conn: &Connection, table: &str) -> Result<Vec<String>> {
    let mut statement = conn.prepare("select name from pragma_table_info(?1) order by cid")?;
    let names = statement.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(names)
}

/// Makes the copy one file that stands alone, counts its rows and takes its hash.
fn settle(file: &Path, tables: &[(&str, &str)]) -> Result<(u64, String)> {
    let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.pragma_update(None, "journal_mode", "delete")?;
    let mut rows = 0;
    for (table, _) in tables {
        rows +=
            conn.query_row(&format!("select count(*) from {table}"), [], |row| row.get::<_, i64>(0))?.unsigned_abs();
    }
    conn.close().map_err(|(_, why)| why)?;
    let sum = hash_through(file, None)?;
    std::fs::File::open(file)
        .and_then(|file| file.sync_all())
        .map_err(|why| StoreError::io(format!("flushing {}", file.display()), why))?;
    Ok((rows, hex(&sum)))
}

/// SHA-256 of a file, copied into `to` on the way.
fn hash_through(from: &Path, mut to: Option<&mut std::fs::File>) -> Result<Vec<u8>> {
    let broken = |why| StoreError::io(format!("copying {}", from.display()), why);
    let mut file = std::fs::File::open(from).map_err(broken)?;
    let mut sum = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer).map_err(broken)?;
        if read == 0 {
            return Ok(sum.finish().as_ref().to_vec());
        }
        sum.update(&buffer[..read]);
        if let Some(to) = to.as_deref_mut() {
            to.write_all(&buffer[..read]).map_err(broken)?;
        }
    }
}

/// Copies every file the copied data names; its hash stands there, too.
async fn copy_files(
    data: &Path,
    blobs: &Blobs,
    to: &Path,
    tally: &mut Tally,
    progress: &mut impl FnMut(u64, u64),
) -> Result<()> {
    let files = {
        let (data, before) = (data.to_owned(), std::mem::take(tally));
        let (files, counted) = blocking(move || {
            let mut tally = before;
            count_small(&data, &mut tally)?;
            Ok((named_files(&data)?, tally))
        })
        .await?;
        *tally = counted;
        files
    };
    let total = files.len() as u64;
    for (done, (id, hash)) in files.into_iter().enumerate() {
        let (from, place) = (blobs.at_hand(&id).await?, to.join(blobs::shelf(&id)).join(&id));
        match blocking(move || copy_file(&from.place, &place, &hash)).await {
            Ok(bytes) => {
                tally.files += 1;
                tally.bytes += bytes;
            }
            Err(StoreError::Damaged(_)) => tally.damaged.push(id),
            Err(StoreError::Io { why, .. }) if why.kind() == std::io::ErrorKind::NotFound => tally.damaged.push(id),
            Err(why) => return Err(why),
        }
        progress(done as u64 + 1, total);
    }
    Ok(())
}

fn named_files(data: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let conn = Connection::open_with_flags(data, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let mut statement =
        conn.prepare("select id, hash from blob where id not in (select id from small_file) order by id")?;
    let files = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(files)
}

/// Counts the files that lie in the copied data itself; each must be what was written.
fn count_small(data: &Path, tally: &mut Tally) -> Result<()> {
    let conn = Connection::open_with_flags(data, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let mut statement = conn.prepare("select id, hash, sealed from blob join small_file using (id) order by id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (hash, sealed): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?);
        if crate::keys::equal(digest::digest(&digest::SHA256, &sealed).as_ref(), &hash) {
            tally.files += 1;
            tally.bytes += sealed.len() as u64;
        } else {
            tally.damaged.push(row.get(0)?);
        }
    }
    Ok(())
}

/// Copies one file durably; a copy with another hash than expected is removed again.
fn copy_file(from: &Path, to: &Path, hash: &[u8]) -> Result<u64> {
    if !from.is_file() {
        return Err(StoreError::Damaged(format!("{} is missing", from.display())));
    }
    let folder = to.parent().unwrap_or(to);
    make_folder(folder)?;
    let mut copy = private_file(to)?;
    let broken = |why| StoreError::io(format!("writing {}", to.display()), why);
    let sum = hash_through(from, Some(&mut copy))?;
    if sum != hash {
        std::fs::remove_file(to).map_err(broken)?;
        return Err(StoreError::Damaged(format!("{} is not what was written", from.display())));
    }
    copy.sync_all().and_then(|()| sync_folder(folder)).map_err(broken)?;
    copy.metadata().map(|meta| meta.len()).map_err(broken)
}

fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<()> {
    let place = folder.join(MANIFEST);
    let broken = |why| StoreError::io(format!("writing {}", place.display()), why);
    let mut text = serde_json::to_vec_pretty(manifest).map_err(|why| StoreError::Database(why.into()))?;
    text.push(b'\n');
    let mut file = private_file(&place)?;
    file.write_all(&text).and_then(|()| file.sync_all()).and_then(|()| sync_folder(folder)).map_err(broken)
}

fn read_manifest(folder: &Path, part: &Part) -> Result<Manifest> {
    let place = folder.join(MANIFEST);
    let text = std::fs::read(&place).map_err(|why| {
        if why.kind() == std::io::ErrorKind::NotFound {
            StoreError::Damaged(format!("{} is not a finished backup: it has no {MANIFEST}", folder.display()))
        } else {
            StoreError::io(format!("reading {}", place.display()), why)
        }
    })?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|why| StoreError::Damaged(format!("{} cannot be read: {why}", place.display())))?;
    if manifest.format != FORMAT || manifest.part != part.name || manifest.file != part.file {
        return Err(StoreError::Damaged(format!("{} is not the {} part of a backup", folder.display(), part.name)));
    }
    let known = part.history.known();
    if known < manifest.schema {
        return Err(StoreError::Newer { found: manifest.schema, known });
    }
    Ok(manifest)
}

/// Fills the empty store and the empty blob folder from the backup at `from`, after its hashes were
/// checked. `ring` is where the ring part lies when it was kept apart, by default `from/ring`.
/// Restore before the root key is opened: the key that belongs to the backup is needed, not a new one.
///
/// `progress` is told (rows and files done, in all) now and then.
///
/// # Errors
/// [`StoreError::NotEmpty`] when the store or the blob folder holds anything; [`StoreError::Damaged`]
/// when the backup is not what was written. A store whose restore has begun and failed does not open.
pub async fn restore(
    from: &Path,
    ring: Option<&Path>,
    store: &Store,
    blobs: &Blobs,
    mut progress: impl FnMut(u64, u64),
) -> Result<Tally> {
    if !settings::is_empty(store).await? || super::ring::count(store).await? != 0 || holds_files(blobs)? {
        return Err(StoreError::NotEmpty(blobs.folder().parent().unwrap_or(blobs.folder()).to_owned()));
    }
    let data_folder = from.join(DATA_PART.name);
    let ring_folder = ring.map_or_else(|| from.join(RING_PART.name), Path::to_owned);
    let data = read_manifest(&data_folder, &DATA_PART)?;
    let keys = read_manifest(&ring_folder, &RING_PART)?;

    // Work on copies: the backup is only read, and what was checked is what is used.
    let scratch = Scratch(blobs.folder().join("tmp"));
    let data_copy = checked_copy(&data_folder, &data, &DATA_PART, &scratch).await?;
    let ring_copy = checked_copy(&ring_folder, &keys, &RING_PART, &scratch).await?;
    let (files, small) = {
        let data_copy = data_copy.clone();
        blocking(move || {
            let mut small = Tally::default();
            count_small(&data_copy, &mut small)?;
            Ok((named_files(&data_copy)?, small))
        })
        .await?
    };

    store.commit(Batch::main(vec![settings::insert_statement(RESTORING, b"begun")])).await?;
    let mut tally = Tally { damaged: data.damaged.clone(), files: small.files, bytes: small.bytes, ..Tally::default() };
    let total = data.rows + keys.rows + files.len() as u64;
    let mut done = 0;
    tally.keys = copy_in(&ring_copy, &RING_PART, store, |n| progress(done + n, total)).await?;
    done += tally.keys;
    for (id, hash) in files {
        if data.damaged.contains(&id) {
            continue;
        }
        let (file, place) = (data_folder.join("blobs").join(blobs::shelf(&id)).join(&id), blobs.path(&id));
        tally.bytes += blocking(move || copy_file(&file, &place, &hash)).await?;
        tally.files += 1;
        done += 1;
        progress(done, total);
    }
    tally.rows = copy_in(&data_copy, &DATA_PART, store, |n| progress(done + n, total)).await?;
    if (tally.rows, tally.keys) != (data.rows, keys.rows) {
        return Err(StoreError::Damaged("the backup holds another number of rows than its manifest says".into()));
    }
    store.commit(Batch::main(vec![settings::delete_statement(RESTORING)])).await?;
    Ok(tally)
}

fn holds_files(blobs: &Blobs) -> Result<bool> {
    let broken = |why| StoreError::io(format!("reading {}", blobs.folder().display()), why);
    for entry in blobs.folder().read_dir().map_err(broken)? {
        if entry.map_err(broken)?.file_name() != "tmp" {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes the working copies of a restore.
struct Scratch(PathBuf);

impl Scratch {
    fn place(&self, part: &Part) -> PathBuf {
        self.0.join(format!("restore-{}", part.file))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for part in [&DATA_PART, &RING_PART] {
            for end in ["", "-wal", "-shm"] {
                let mut name = self.place(part).into_os_string();
                name.push(end);
                // Absent is what we want.
                drop(std::fs::remove_file(name));
            }
        }
    }
}

/// Copies a part's database to the scratch folder, checks its hash and brings its tables up to date.
async fn checked_copy(folder: &Path, manifest: &Manifest, part: &'static Part, scratch: &Scratch) -> Result<PathBuf> {
    let (from, to, wanted) = (folder.join(part.file), scratch.place(part), manifest.sha256.clone());
    blocking(move || {
        let mut copy = private_file(&to)?;
        if hex(&hash_through(&from, Some(&mut copy))?) != wanted {
            return Err(StoreError::Damaged(format!("{} is not what the manifest says", from.display())));
        }
        drop(copy);
        drop(writer_connection(&to, part.history)?);
        Ok(to)
    })
    .await
}

/// Writes every row of a part into the store.
async fn copy_in(file: &Path, part: &'static Part, store: &Store, mut progress: impl FnMut(u64)) -> Result<u64> {
    let (steps, mut arriving) = mpsc::channel::<Vec<Statement>>(4);
    let reader = {
        let file = file.to_owned();
        tokio::task::spawn_blocking(move || read_rows(&file, part, &steps))
    };
    let mut done = 0;
    while let Some(statements) = arriving.recv().await {
        let rows = statements.len() as u64;
        let batch = if part.ring { Batch { ring: statements, main: Vec::new() } } else { Batch::main(statements) };
        store.commit(batch).await?;
        done += rows;
        progress(done);
    }
    reader.await.map_err(|why| StoreError::Database(why.into()))??;
    Ok(done)
}

fn read_rows(file: &Path, part: &Part, steps: &mpsc::Sender<Vec<Statement>>) -> Result<()> {
    let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    for (table, order) in part.tables {
        let columns = columns(&conn, table)?;
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
        let list = columns.join(", ");
        let insert = interned(format!("insert into {table} ({list}) values ({})", places.join(", ")));
        let mut select = conn.prepare(&format!("select {list} from {table} order by {order}"))?;
        let mut step = Vec::with_capacity(STEP);
        sqlite::each_row(&mut select, |row| {
            step.push(Statement::new(insert, row.0));
            if step.len() == STEP {
                send(steps, std::mem::take(&mut step))?;
            }
            Ok(())
        })?;
        if !step.is_empty() {
            send(steps, step)?;
        }
    }
    Ok(())
}

fn send(steps: &mpsc::Sender<Vec<Statement>>, step: Vec<Statement>) -> Result<()> {
    // The other end goes away when a commit failed; its error is the one to tell.
    steps.blocking_send(step).map_err(|_| StoreError::Damaged("the restore ended early".into()))
}
