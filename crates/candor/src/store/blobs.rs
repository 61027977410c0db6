//! Sealed files in a folder: `blobs/aa/ID`, in chunks, in constant memory. Or in a bucket of an S3-compatible store, under
//! the same names: then the folder is where files are sealed, and what lies in it is read first, so that files from before
//! the bucket stay readable until they are moved. Small ones that come with what names them lie in the database.
//!
//! A file is `candorb1`, then chunks of 64 KiB of plain text, each AES-256-GCM under the file's own
//! random key with its index and a last-mark in the nonce and the file's id bound in. Cutting,
//! reordering, joining or renaming files makes opening fail. The caller keeps the key, sealed, in the
//! journal; the table `blob` knows only the id, the case, sizes and the hash of what lies on the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{digest, rand};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWriteExt};
use zeroize::Zeroizing;

use super::bucket_blobs::Far;
pub use super::bucket_blobs::PATIENCE;
use super::dialect::statements;
use super::small_files;
use super::value::{Row, Statement};
use super::{Result, Store, StoreError};
use crate::config::Bucket;

/// Plain bytes per chunk.
pub const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
/// Sealed bytes that a small upload may have, kept in memory until it is finished.
const HELD: usize = CHUNK + TAG + MAGIC.len();
const MAGIC: &[u8; 8] = b"candorb1";
/// Uploads that nobody finished are removed after this time.
const ABANDONED: Duration = Duration::from_secs(3600);

statements! {
    INSERT = "insert into blob (id, stream, size, hash, at) values ($1, $2, $3, $4, $5)";
    OF_STREAM = "select id, stream, size, hash, at from blob where stream = $1 order by at, id";
    GET = "select id, stream, size, hash, at from blob where id = $1";
    ALL_AFTER = "select id, stream, size, hash, at from blob where id > $1 order by id limit $2";
    DELETE = "delete from blob where id = $1";
    MOVE = "update blob set stream = $2 where id = $1";
    CLAIM = "insert into blob (id, stream, size, hash, at) values ($1, $2, $3, $4, $5) \
        on conflict (id) do update set stream = excluded.stream, at = excluded.at \
        where blob.stream = 'waiting ' || excluded.stream";
}

/// A file the store knows of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRow {
    /// Id, random.
    pub id: String,
    /// Stream of the case it belongs to.
    pub stream: String,
    /// Bytes of plain text.
    pub size: i64,
    /// SHA-256 of the sealed file as it lies on the disk.
    pub hash: Vec<u8>,
    /// When it was taken in, microseconds UTC.
    pub at: i64,
}

fn blob(mut row: Row) -> Result<BlobRow> {
    Ok(BlobRow { id: row.text(0)?, stream: row.text(1)?, size: row.int(2)?, hash: row.bytes(3)?, at: row.int(4)? })
}

/// Makes a finished file part of a case; until then it is swept as abandoned with the next start
/// after an hour.
#[must_use]
pub fn insert_statement(blob: &BlobRow) -> Statement {
    Statement::new(INSERT, vals![&blob.id, &blob.stream, blob.size, &blob.hash, blob.at])
}

/// Keeps a finished file for a message to a case that waits; only that case can claim it.
#[must_use]
pub fn waiting_statement(blob: &BlobRow) -> Statement {
    let stream = format!("waiting {}", blob.stream);
    Statement::new(INSERT, vals![&blob.id, stream, blob.size, &blob.hash, blob.at])
}

/// Makes a finished file part of a case, also one that waited for it: a conflict when it belongs to one already.
#[must_use]
pub fn claim_statement(blob: &BlobRow) -> Statement {
    Statement::new(CLAIM, vals![&blob.id, &blob.stream, blob.size, &blob.hash, blob.at]).expecting(1)
}

/// Forgets a file; remove it from the folder with [`Blobs::remove`] afterwards.
#[must_use]
pub fn delete_statement(id: &str) -> Statement {
    Statement::new(DELETE, vals![id])
}

/// The file belongs to another case now.
#[must_use]
pub fn move_statement(id: &str, stream: &str) -> Statement {
    Statement::new(MOVE, vals![id, stream])
}

/// Files of a case, in the order they came.
///
/// # Errors
/// As [`Store::query`].
pub async fn of_stream(store: &Store, stream: &str) -> Result<Vec<BlobRow>> {
    store.query(OF_STREAM, vals![stream]).await?.into_iter().map(blob).collect()
}

/// One file. Load it through its case: compare `stream` with the case at hand.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, id: &str) -> Result<Option<BlobRow>> {
    store.query_one(GET, vals![id]).await?.map(blob).transpose()
}

/// Up to `limit` files after id `after`, to walk all of them.
///
/// # Errors
/// As [`Store::query`].
pub async fn all_after(store: &Store, after: &str, limit: i64) -> Result<Vec<BlobRow>> {
    store.query_long(ALL_AFTER, vals![after, limit]).await?.into_iter().map(blob).collect()
}

/// The key of one file.
#[derive(Clone, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct BlobKey([u8; 32]);

impl BlobKey {
    /// The key's bytes, to be sealed and kept in the journal.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key from the bytes that were kept; none when there are not 32.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    fn cipher(&self) -> Result<LessSafeKey> {
        let key = UnboundKey::new(&AES_256_GCM, &self.0)
            .map_err(|_| StoreError::Damaged("a file's key has a wrong length".into()))?;
        Ok(LessSafeKey::new(key))
    }
}

impl std::fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlobKey(..)")
    }
}

/// A file that was taken in whole.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Id of the file.
    pub id: String,
    /// Bytes of plain text.
    pub size: u64,
    /// SHA-256 of the plain text. It tells what the file is: keep it sealed only.
    pub sha256: [u8; 32],
    /// SHA-256 of the sealed file, for [`BlobRow::hash`].
    pub sealed_hash: [u8; 32],
    /// The file's key. Keep it sealed only.
    pub key: BlobKey,
}

/// The folder of sealed files, with the bucket where there is one. Clones share them.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
    far: Option<Arc<Far>>,
}

impl Blobs {
    /// Opens the folder and makes it when absent (mode 0700). Leftovers of unfinished uploads older
    /// than an hour are removed.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the folder cannot be used.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let folder = folder.into();
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder.join("tmp"))
            .map_err(|why| StoreError::io(format!("making the folder {}", folder.display()), why))?;
        let blobs = Self { folder, far: None };
        blobs.sweep(SystemTime::now())?;
        Ok(blobs)
    }

    /// Opens the folder as [`Blobs::open`] does, and keeps files in a bucket, where one is given. The bucket may be silent
    /// for `patience` within a request.
    ///
    /// # Errors
    /// As [`Blobs::open`], and [`StoreError::Busy`] for a bucket whose settings cannot be meant.
    pub fn open_with(folder: impl Into<PathBuf>, bucket: Option<&Bucket>, patience: Duration) -> Result<Self> {
        let far = bucket.map(|bucket| Far::open(bucket, patience).map(Arc::new)).transpose()?;
        Ok(Self { far, ..Self::open(folder)? })
    }

    /// Whether the bucket can be used as it is set up: an object is put there, read back and removed. Without a bucket all
    /// is well.
    ///
    /// # Errors
    /// [`StoreError::Busy`] with what it said.
    pub async fn check(&self) -> Result<()> {
        match &self.far {
            Some(far) => far.check().await,
            None => Ok(()),
        }
    }

    /// Removes unfinished uploads that were last touched more than an hour before `now`.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the folder cannot be read.
    pub fn sweep(&self, now: SystemTime) -> Result<()> {
        let tmp = self.folder.join("tmp");
        let entries = std::fs::read_dir(&tmp)
            .map_err(|why| StoreError::io(format!("reading the folder {}", tmp.display()), why))?;
        for entry in entries.flatten() {
            let touched = entry.metadata().and_then(|meta| meta.modified()).unwrap_or(now);
            if now.duration_since(touched).is_ok_and(|age| age > ABANDONED) {
                // One that is just being finished or removed by someone else is no fault.
                drop(std::fs::remove_file(entry.path()));
            }
        }
        Ok(())
    }

    /// Names of finished files that were last touched before `before`: those of no case among them are waste.
    ///
    /// # Errors
    /// [`StoreError::Io`] when a folder cannot be read.
    pub fn older_than(&self, before: SystemTime) -> Result<Vec<String>> {
        let broken = |why| StoreError::io(format!("reading the folder {}", self.folder.display()), why);
        let mut names = Vec::new();
        for shelf in std::fs::read_dir(&self.folder).map_err(broken)?.flatten() {
            if shelf.file_name() == "tmp" || !shelf.path().is_dir() {
                continue;
            }
            for file in std::fs::read_dir(shelf.path()).map_err(broken)?.flatten() {
                let touched = file.metadata().and_then(|meta| meta.modified());
                if touched.is_ok_and(|touched| touched < before)
                    && let Ok(name) = file.file_name().into_string()
                {
                    names.push(name);
                }
            }
        }
        Ok(names)
    }

    /// Names of files in the bucket that were put there before `before`; none without a bucket.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the bucket cannot be listed.
    pub async fn far_older_than(&self, before: SystemTime) -> Result<Vec<String>> {
        match &self.far {
            Some(far) => far.older_than(before).await,
            None => Ok(Vec::new()),
        }
    }

    /// Moves a finished file of the folder into the bucket: put there, read back, and only then removed here. `hash` is what
    /// [`BlobRow::hash`] says. Gives whether there was something to move.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the file is not what was written, [`StoreError::Busy`] when the bucket fails; it stays here.
    pub async fn move_to_bucket(&self, id: &str, hash: &[u8]) -> Result<bool> {
        let (Some(far), place) = (&self.far, self.path(id)) else { return Ok(false) };
        let broken = |why| StoreError::io(format!("moving the file {id}"), why);
        let mut file = match tokio::fs::File::open(&place).await {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            other => other.map_err(broken)?,
        };
        let mut here = digest::Context::new(&digest::SHA256);
        let mut buffer = vec![0; CHUNK];
        loop {
            match file.read(&mut buffer).await.map_err(broken)? {
                0 => break,
                read => here.update(&buffer[..read]),
            }
        }
        if !crate::keys::equal(here.finish().as_ref(), hash) {
            return Err(damaged(id));
        }
        far.put(id, &place, hash).await?;
        tokio::fs::remove_file(&place).await.map_err(broken)?;
        Ok(true)
    }

    /// The file as it lies here, or a copy of it from the bucket that is removed when this goes.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the bucket fails. A file that is nowhere has a path at which nothing lies.
    pub(super) async fn at_hand(&self, id: &str) -> Result<AtHand> {
        let place = self.path(id);
        let Some(far) = self.far.as_ref().filter(|_| !place.is_file()) else {
            return Ok(AtHand { place, _copy: Temp(None) });
        };
        let (copy, mut file) = self.private().await?;
        let found = far.fetch_in_time(id, &mut file).await?;
        Ok(AtHand { place: if found.is_some() { copy.0.clone().unwrap_or_default() } else { place }, _copy: copy })
    }

    /// A new file beside those that are being uploaded.
    async fn private(&self) -> Result<(Temp, tokio::fs::File)> {
        let place = self.folder.join("tmp").join(format!("copy-{}", crate::keys::random::id()));
        let mut options = tokio::fs::OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(&place).await.map_err(|why| StoreError::io("making a copy of a file", why))?;
        Ok((Temp(Some(place)), file))
    }

    /// Where the file lies in the folder, or would.
    #[must_use]
    pub fn path(&self, id: &str) -> PathBuf {
        self.folder.join(shelf(id)).join(id)
    }

    /// The folder itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Begins a new file with a fresh id and key.
    ///
    /// # Errors
    /// [`StoreError::Io`] or [`StoreError::Full`] when it cannot be made.
    pub async fn create(&self) -> Result<BlobWriter> {
        let id = crate::keys::random::id();
        let mut key = BlobKey([0; 32]);
        rand::fill(&mut key.0).map_err(|_| StoreError::Damaged("the system gives no random numbers".into()))?;
        let mut writer = BlobWriter {
            cipher: key.cipher()?,
            sealed: digest::Context::new(&digest::SHA256),
            plain: digest::Context::new(&digest::SHA256),
            waiting: Zeroizing::new(Vec::with_capacity(CHUNK)),
            temp: Temp(None),
            beside: self.folder.join("tmp").join(&id),
            place: self.path(&id),
            far: self.far.clone(),
            index: 0,
            size: 0,
            held: Vec::new(),
            file: None,
            key,
            id,
        };
        writer.put(MAGIC).await?;
        Ok(writer)
    }

    /// Opens a file for reading, wherever it lies: in the database, else as [`Blobs::read`] does.
    ///
    /// # Errors
    /// As [`Blobs::read`] and [`Store::query`].
    pub async fn read_of(&self, store: &Store, id: &str, key: &BlobKey) -> Result<BlobReader> {
        match small_files::get(store, id).await? {
            Some(sealed) => reader(id, key, sealed.len() as u64, Box::new(std::io::Cursor::new(sealed))).await,
            None => self.read(id, key).await,
        }
    }

    /// Opens a file of the folder or the bucket for reading. A wrong key or a damaged file shows with the first chunk it concerns; one of the bucket is
    /// opened whole before, and fetched again when it is not what was written.
    ///
    /// # Errors
    /// [`StoreError::Io`] when there is no such file; [`StoreError::Busy`] and [`StoreError::Damaged`] for one of the bucket.
    pub async fn read(&self, id: &str, key: &BlobKey) -> Result<BlobReader> {
        let broken = |why| StoreError::io(format!("opening the file {id}"), why);
        match (tokio::fs::File::open(self.path(id)).await, &self.far) {
            (Ok(file), _) => {
                let length = file.metadata().await.map_err(broken)?.len();
                reader(id, key, length, Box::new(file)).await
            }
            (Err(why), Some(far)) if why.kind() == std::io::ErrorKind::NotFound => self.fetched(id, key, far).await,
            (Err(why), _) => Err(broken(why)),
        }
    }

    /// A file of the bucket, as a copy that has no name and goes with the reader.
    async fn fetched(&self, id: &str, key: &BlobKey, far: &Far) -> Result<BlobReader> {
        let mut why = damaged(id);
        for _ in 0..far.tries() {
            let (copy, mut file) = self.private().await?;
            let found = far.fetch_in_time(id, &mut file).await?;
            drop(copy);
            if found.is_none() {
                // A store may know of an object a moment later than of its successors.
                why = StoreError::io(format!("opening the file {id}"), std::io::ErrorKind::NotFound.into());
                continue;
            }
            match whole(id, key, file).await {
                Ok(reader) => return Ok(reader),
                Err(StoreError::Damaged(said)) => why = StoreError::Damaged(said),
                Err(other) => return Err(other),
            }
        }
        Err(why)
    }

    /// Removes a file; one that is gone already is fine.
    ///
    /// # Errors
    /// [`StoreError::Io`] when it cannot be removed.
    pub async fn remove(&self, id: &str) -> Result<()> {
        if let Some(far) = &self.far {
            far.remove(id).await?;
        }
        match tokio::fs::remove_file(self.path(id)).await {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreError::io(format!("removing the file {id}"), why))
            }
            _ => Ok(()),
        }
    }
}

/// The sub-folder of an id.
pub(crate) fn shelf(id: &str) -> String {
    id.chars().take(2).flat_map(char::to_lowercase).collect()
}

/// A file on this machine, for as long as this is kept.
pub(super) struct AtHand {
    /// Where it lies.
    pub(super) place: PathBuf,
    _copy: Temp,
}

/// Where sealed bytes are read from.
trait Sealed: AsyncRead + AsyncSeek + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncSeek + Send + Sync + Unpin> Sealed for T {}

/// A reader at the beginning of a sealed file of `length` bytes.
async fn reader(id: &str, key: &BlobKey, length: u64, mut file: Box<dyn Sealed>) -> Result<BlobReader> {
    let mut magic = [0; MAGIC.len()];
    if length < (MAGIC.len() + TAG) as u64 || file.read_exact(&mut magic).await.is_err() || magic != *MAGIC {
        return Err(damaged(id));
    }
    Ok(BlobReader { left: length - MAGIC.len() as u64, cipher: key.cipher()?, id: id.to_owned(), index: 0, file })
}

/// A reader of a file that was opened to its end once.
async fn whole(id: &str, key: &BlobKey, mut file: tokio::fs::File) -> Result<BlobReader> {
    let broken = |why| StoreError::io(format!("opening the file {id}"), why);
    let length = file.metadata().await.map_err(broken)?.len();
    file.rewind().await.map_err(broken)?;
    let mut first = reader(id, key, length, Box::new(file)).await?;
    while first.next().await?.is_some() {}
    let mut file = first.file;
    file.rewind().await.map_err(broken)?;
    reader(id, key, length, file).await
}

fn damaged(id: &str) -> StoreError {
    StoreError::Damaged(format!("the file {id} is not what was written"))
}

fn nonce(index: u64, last: bool) -> Nonce {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&index.to_be_bytes());
    bytes[8] = u8::from(last);
    Nonce::assume_unique_for_key(bytes)
}

/// Removes the temporary file unless it was finished.
struct Temp(Option<PathBuf>);

impl Drop for Temp {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // What cannot be removed now is swept later.
            drop(std::fs::remove_file(path));
        }
    }
}

/// A file being written. Dropping it before [`BlobWriter::finish`] removes what was written.
pub struct BlobWriter {
    id: String,
    key: BlobKey,
    cipher: LessSafeKey,
    /// Sealed bytes that are in no file yet: a small upload asks nothing of the disk before it is finished, and then once.
    held: Vec<u8>,
    /// The file that is being written, of a larger upload.
    file: Option<tokio::fs::File>,
    temp: Temp,
    /// Where it is written.
    beside: PathBuf,
    /// Where it lies when it is finished.
    place: PathBuf,
    far: Option<Arc<Far>>,
    waiting: Zeroizing<Vec<u8>>,
    index: u64,
    size: u64,
    plain: digest::Context,
    sealed: digest::Context,
}

impl BlobWriter {
    /// Bytes taken in so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Id of the file.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Takes in more bytes.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Io`] when they cannot be written; give the file up then.
    pub async fn push(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        self.plain.update(bytes);
        while !bytes.is_empty() {
            // A full chunk waits until more comes, since the last one is marked as such.
            if self.waiting.len() == CHUNK {
                self.seal(false).await?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Seals the last chunk, flushes file and folder to the disk, and moves the file into place: into the bucket where there
    /// is one, from where it was read back before this returns.
    ///
    /// # Errors
    /// As [`BlobWriter::push`]; nothing is left then.
    pub async fn finish(mut self) -> Result<Finished> {
        self.seal(true).await?;
        let broken = |why| StoreError::io("finishing an upload", why);
        let written = match self.file.take() {
            Some(mut file) => {
                file.flush().await.map_err(broken)?;
                file.sync_all().await.map_err(broken)?;
                None
            }
            None => Some(std::mem::take(&mut self.held)),
        };
        let (temp, place, is_near) = (self.beside.clone(), self.place.clone(), self.far.is_none());
        self.temp.0 = Some(temp.clone());
        let end = move || {
            if let Some(bytes) = written {
                write_whole(&temp, &bytes)?;
            }
            if is_near { settle(&temp, &place) } else { Ok(()) }
        };
        tokio::task::spawn_blocking(end).await.map_err(|why| StoreError::Database(why.into()))?.map_err(broken)?;
        let sealed_hash = sum(self.sealed);
        match &self.far {
            Some(far) => far.put(&self.id, &self.beside, &sealed_hash).await?,
            None => self.temp.0 = None,
        }
        Ok(Finished { sha256: sum(self.plain), sealed_hash, id: self.id, size: self.size, key: self.key })
    }

    /// The same for a file that is named in the next batch: a small one is not written to the folder, but by the statement
    /// that this gives, which goes into that batch. None for one that is durable already.
    ///
    /// # Errors
    /// As [`BlobWriter::finish`].
    pub async fn finish_beside(mut self) -> Result<(Finished, Option<Statement>)> {
        // What is sealed last is a chunk at most, however little was held before it.
        if self.far.is_some() || self.file.is_some() || self.held.len() + self.waiting.len() + TAG > HELD {
            return Ok((self.finish().await?, None));
        }
        self.seal(true).await?;
        let row = small_files::insert_statement(&self.id, std::mem::take(&mut self.held));
        let sealed_hash = sum(self.sealed);
        let done = Finished { sha256: sum(self.plain), sealed_hash, id: self.id, size: self.size, key: self.key };
        Ok((done, Some(row)))
    }

    async fn seal(&mut self, last: bool) -> Result<()> {
        let mut chunk = std::mem::take(&mut *self.waiting);
        self.cipher
            .seal_in_place_append_tag(nonce(self.index, last), Aad::from(self.id.as_bytes()), &mut chunk)
            .map_err(|_| StoreError::Damaged("a chunk could not be sealed".into()))?;
        self.index += 1;
        self.put(&chunk).await?;
        chunk.clear();
        *self.waiting = chunk;
        Ok(())
    }

    async fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.sealed.update(bytes);
        if self.file.is_none() && self.held.len() + bytes.len() <= HELD {
            self.held.extend_from_slice(bytes);
            return Ok(());
        }
        let broken = |why| StoreError::io("writing an upload", why);
        if self.file.is_none() {
            let mut file = new_file().open(&self.beside).map(tokio::fs::File::from_std).map_err(broken)?;
            self.temp.0 = Some(self.beside.clone());
            file.write_all(&std::mem::take(&mut self.held)).await.map_err(broken)?;
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes).await.map_err(broken),
            None => Ok(()),
        }
    }
}

/// How a file of an upload is made: anew, and for its owner alone.
fn new_file() -> std::fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

/// Writes a small file at once, down to the disk.
fn write_whole(temp: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut file = new_file().open(temp)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sum(context: digest::Context) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(context.finish().as_ref());
    sum
}

/// Moves a flushed file to its place so that it is there after a crash, too.
fn settle(temp: &Path, place: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let shelf = place.parent().unwrap_or(place);
    if !shelf.is_dir() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(shelf)?;
        sync_folder(shelf.parent().unwrap_or(shelf))?;
    }
    std::fs::rename(temp, place)?;
    sync_folder(shelf)
}

pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// A file being read, chunk by chunk.
pub struct BlobReader {
    id: String,
    cipher: LessSafeKey,
    file: Box<dyn Sealed>,
    left: u64,
    index: u64,
}

impl BlobReader {
    /// Bytes of plain text from here to the end.
    #[must_use]
    pub fn plain_left(&self) -> u64 {
        self.left - self.left.div_ceil((CHUNK + TAG) as u64) * TAG as u64
    }

    /// Goes to the chunk that holds plain byte `offset`, and says how many bytes of that chunk to
    /// leave out, so that a part of a large file can be read.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the file is shorter than that.
    pub async fn seek(&mut self, offset: u64) -> Result<usize> {
        let sealed = (CHUNK + TAG) as u64;
        let length = self.left + self.index * sealed;
        let chunk = offset / CHUNK as u64;
        if chunk * sealed >= length {
            return Err(damaged(&self.id));
        }
        let place = MAGIC.len() as u64 + chunk * sealed;
        self.file.seek(std::io::SeekFrom::Start(place)).await.map_err(|why| StoreError::io("reading a file", why))?;
        self.index = chunk;
        self.left = length - chunk * sealed;
        Ok(usize::try_from(offset % CHUNK as u64).unwrap_or(0))
    }

    /// The next chunk; none after the last one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the file was cut, reordered or changed, or the key is wrong.
    /// What came before is then not the whole file.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.left == 0 {
            return Ok(None);
        }
        let size = self.left.min((CHUNK + TAG) as u64);
        let mut chunk = vec![0; usize::try_from(size).unwrap_or(CHUNK + TAG)];
        self.file.read_exact(&mut chunk).await.map_err(|why| StoreError::io("reading a file", why))?;
        self.left -= size;
        let plain = self
            .cipher
            .open_in_place(nonce(self.index, self.left == 0), Aad::from(self.id.as_bytes()), &mut chunk)
            .map_err(|_| damaged(&self.id))?
            .len();
        self.index += 1;
        chunk.truncate(plain);
        Ok(Some(chunk))
    }
}
