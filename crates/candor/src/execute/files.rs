//! Files of a case: streamed in sealed, streamed out opened, in constant memory.

use super::report::hex;
use crate::app::App;
use crate::error::Error;
use crate::store::blobs::{self, BlobKey, BlobReader, BlobRow, BlobWriter, Finished};
use crate::store::{Statement, StoreError};
use candor_core::access::Actor;
use candor_core::case::{Case, CaseFile};
use candor_core::event::{Event, FileRef};
use candor_core::id::{BlobId, CaseId};
use candor_core::parties::{self, Looked, PartyAct};
use candor_formats::scanners;

/// A file on its way in. Dropped before it is finished, it leaves nothing behind.
pub struct Upload {
    writer: BlobWriter,
    name: String,
    limit: u64,
    /// Its beginning, to see whether a tool wrote it.
    head: Vec<u8>,
}

/// So many bytes of a file are looked at for what wrote it.
const HEAD: usize = 256 * 1024;

/// Begins to take a file in.
///
/// # Errors
/// [`Error::Full`] when there is no room.
pub async fn upload(app: &App, name: &str) -> Result<Upload, Error> {
    Ok(Upload {
        writer: app.blobs.create().await?,
        name: clean_name(name),
        limit: app.config.file_limit,
        head: Vec::new(),
    })
}

impl Upload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Error::FileTooLarge`] past the limit, [`Error::Full`] when there is no room.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.writer.size() + bytes.len() as u64 > self.limit {
            return Err(Error::FileTooLarge { limit: self.limit });
        }
        self.head.extend_from_slice(&bytes[..bytes.len().min(HEAD - self.head.len())]);
        Ok(self.writer.push(bytes).await?)
    }

    /// Makes the file durable. It belongs to no case until a command names it.
    ///
    /// # Errors
    /// [`Error::Full`] when there is no room.
    pub async fn finish(self) -> Result<FileRef, Error> {
        let looks = self.looks();
        Ok(reference(self.name, looks, self.writer.finish().await?))
    }

    /// The same for a file that the next command names: a small one becomes durable with that command, by the statement
    /// that this gives. None for one that is durable already.
    ///
    /// # Errors
    /// As [`Upload::finish`].
    pub async fn finish_beside(self) -> Result<(FileRef, Option<Statement>), Error> {
        let looks = self.looks();
        let (done, row) = self.writer.finish_beside().await?;
        Ok((reference(self.name, looks, done), row))
    }

    /// What wrote it, by its beginning.
    fn looks(&self) -> String {
        let whole = self.writer.size() == self.head.len() as u64;
        scanners::look(&self.head, whole).unwrap_or_default()
    }
}

fn reference(name: String, looks: String, done: Finished) -> FileRef {
    FileRef {
        id: BlobId(done.id),
        name,
        size: done.size,
        sha256: hex(&done.sha256),
        sealed_sha256: hex(&done.sealed_hash),
        key: hex(done.key.bytes()),
        looks,
    }
}

/// A name fit to be offered for saving: the last part of a path, without control characters.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|c| !c.is_control() && !is_direction_mark(*c)).take(200).collect();
    let name = name.trim().trim_matches('.').trim().to_owned();
    if name.is_empty() { "file".into() } else { name }
}

/// Marks that make `exe.txt` look like `txt.exe`.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Opens a file of a case for reading: what the asker may see of it.
///
/// # Errors
/// [`Error::NotFound`] when case or file is absent, or not theirs.
pub async fn open_file(app: &App, actor: &Actor, case: &CaseId, file: &str) -> Result<(FileRef, BlobReader), Error> {
    let case = super::open_case(app, actor, case).await?;
    let theirs = |known: &CaseFile| match actor {
        Actor::Member { .. } | Actor::Clock => true,
        Actor::Reporter { .. } => !known.internal,
        Actor::Party { party, .. } => parties::may_open(&case, *party, &known.file.id, app.now()),
        Actor::Public => false,
    };
    let found = case.files.iter().find(|known| known.file.id.as_str() == file && theirs(known));
    let found = found.ok_or(Error::NotFound)?;
    Ok((found.file.clone(), reader(app, &found.file).await?))
}

/// Opens a file for whoever was given its key, also where no key of the desk is at hand.
///
/// # Errors
/// [`Error::Locked`] when it does not lie where this process can read, as with files in a bucket of which the front has no key.
pub async fn open_given(app: &App, file: &FileRef) -> Result<BlobReader, Error> {
    match reader(app, file).await {
        Err(Error::Internal(why)) if app.keys().is_err() => {
            tracing::warn!(%why, "a file of a receipt's page cannot be read here");
            Err(Error::Locked)
        }
        other => other,
    }
}

async fn reader(app: &App, file: &FileRef) -> Result<BlobReader, Error> {
    let key = unhex32(&file.key).ok_or_else(|| Error::internal("a file's key has a wrong length"))?;
    Ok(app.blobs.read_of(&app.store, file.id.as_str(), &key).await?)
}

/// What stands in a file of the case, for whoever wants to share it; none when the case has no such file.
pub(super) async fn looked(app: &App, case: &Case, file: &BlobId) -> Result<Option<Looked>, Error> {
    let Some(known) = case.files.iter().find(|known| known.file.id == *file) else { return Ok(None) };
    let (mut reader, mut bytes) = (reader(app, &known.file).await?, Vec::new());
    while (bytes.len() as u64) < parties::LOOKED_AT
        && let Some(chunk) = reader.next().await?
    {
        bytes.extend_from_slice(&chunk);
    }
    let is_text = known.file.size <= parties::MARKED_AT_MOST && std::str::from_utf8(&bytes).is_ok();
    Ok(Some(Looked { is_text, traces: parties::traces(case, &bytes) }))
}

fn unhex32(text: &str) -> Option<BlobKey> {
    BlobKey::from_bytes(&crate::coding::unhex(text)?)
}

/// Rows that make the files of an event part of the case. A file that belongs to a case already is a conflict, so that
/// nobody can attach what is not theirs.
pub(crate) fn statements(case: &Case, event: &Event, at: i64) -> Result<Vec<Statement>, Error> {
    let files = match event {
        Event::Reported { facts, .. } => &facts.files,
        Event::Answered { files, .. }
        | Event::Asked { files, .. }
        | Event::ReporterWrote { files, .. }
        | Event::MailUnverified { files, .. }
        | Event::Noted { files, .. }
        | Event::Party { act: PartyAct::Wrote { files, .. }, .. } => files,
        _ => return Ok(Vec::new()),
    };
    files.iter().map(|file| Ok(blobs::claim_statement(&row(&case.id, file, at)?))).collect()
}

/// The row of a file that becomes part of a case.
///
/// # Errors
/// When the hash is malformed.
pub(crate) fn row(case: &CaseId, file: &FileRef, at: i64) -> Result<BlobRow, Error> {
    Ok(BlobRow {
        id: file.id.0.clone(),
        stream: case.0.clone(),
        size: i64::try_from(file.size).map_err(Error::internal)?,
        hash: super::rebuild::unhex(&file.sealed_sha256)
            .ok_or_else(|| Error::internal(StoreError::Damaged("a file's hash is malformed".into())))?,
        at,
    })
}
