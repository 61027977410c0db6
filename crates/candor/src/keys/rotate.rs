//! Another root key in place of the old one, while the desk works.
//!
//! Every step is durable before the next one begins, and each can be done again, so a rotation that was cut off anywhere
//! goes on where it stood:
//!
//! ```text
//! FILE.next is written ─▶ announced: both are accepted ─▶ the old one wraps nothing new ─▶ rows are wrapped anew
//!     ─▶ FILE becomes FILE.old-ID, FILE.next becomes FILE ─▶ only the new one is accepted
//! ```
//!
//! A server that runs meanwhile takes the new key from its file as soon as it meets a row that the old one does not open,
//! or is not allowed to add one.

use std::path::{Path, PathBuf};

use super::KeyError;
use super::lookup::equal;
use super::root::{self, CHECK, COMING, Raw};
use crate::store::{Batch, Statement, Store, StoreError, ring, settings};

/// Rows that are wrapped anew in one transaction.
const PAGE: i64 = 500;

/// A rotation, begun now or found half done.
pub struct Rotation {
    store: Store,
    file: PathBuf,
    old: Option<Raw>,
    new: Raw,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Rows still to be wrapped anew.
    Left(u64),
    /// The new root key alone opens the ring, and its file is in place.
    Done,
}

impl std::fmt::Debug for Rotation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rotation(to {})", self.new.id)
    }
}

impl Rotation {
    /// Writes the new root key beside the old one, unless a rotation that was cut off has left one. Nothing changes yet
    /// for the store.
    ///
    /// # Errors
    /// As [`super::RootKey::open_or_create`], and [`KeyError::File`] when the file cannot be written.
    pub async fn begin(store: &Store, file: &Path) -> Result<Self, KeyError> {
        let check = settings::get(store, CHECK).await?;
        let coming = settings::get(store, COMING).await?;
        let is = |raw: &Raw, check: &Option<Vec<u8>>| check.as_ref().is_some_and(|check| equal(check, &raw.check));
        let now = Raw::read(file)?;
        let next = root::next_path(file);
        let (old, new) = match Raw::read(&next) {
            // The files were swapped already: what is left is to say so.
            Err(KeyError::Missing(_)) if is(&now, &coming) => (None, now),
            Err(KeyError::Missing(_)) if coming.is_some() => return Err(KeyError::Missing(next)),
            Err(KeyError::Missing(_)) => {
                let new = Raw::of(root::random_bytes()?)?;
                root::write(&next, &new.bytes)?;
                (Some(now), new)
            }
            Err(why) => return Err(why),
            Ok(new) if coming.is_some() && !is(&new, &coming) => return Err(KeyError::Wrong(next)),
            Ok(new) => (Some(now), new),
        };
        if let Some(old) = &old
            && !is(old, &check)
        {
            return Err(KeyError::Wrong(file.to_owned()));
        }
        Ok(Self { store: store.clone(), file: file.to_owned(), old, new })
    }

    /// The new root key's public name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.new.id
    }

    /// The new root key on paper; see [`super::sheet`].
    ///
    /// # Errors
    /// [`KeyError::Cipher`] when the system gives no random numbers.
    pub fn sheet(&self, shares: bool) -> Result<Vec<String>, KeyError> {
        super::sheet::of(&self.new.bytes, shares)
    }

    /// Whether these sheets give the new root key.
    #[must_use]
    pub fn is_on(&self, bytes: &[u8; 32]) -> bool {
        equal(bytes, &*self.new.bytes)
    }

    /// Announces the new root key: from here on both are accepted, and only the new one wraps. `at` is now in
    /// microseconds UTC.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn announce(&self, at: i64) -> Result<(), KeyError> {
        let Some(old) = &self.old else { return Ok(()) };
        let coming = settings::put_statement(COMING, &self.new.check);
        self.store.commit(Batch::main(vec![coming])).await?;
        let retire = ring::retire_statement(&old.id, at);
        match self.store.commit(Batch { ring: vec![retire], main: Vec::new() }).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(why) => Err(why.into()),
        }
    }

    /// Wraps the next rows anew.
    ///
    /// # Errors
    /// As [`Store::commit`]; [`KeyError::Sealed`] when a row was tampered with, which must be looked into first.
    pub async fn rewrap(&self) -> Result<Progress, KeyError> {
        let Some(old) = &self.old else { return Ok(Progress::Left(0)) };
        let rows = ring::under(&self.store, &old.id, "", PAGE).await?;
        let statements = rows
            .iter()
            .map(|(id, wrapped)| {
                let key = root::open_with(&old.wraps, id, id, wrapped)?;
                let wrapped = root::wrap_with(&self.new.wraps, id, &key)?;
                Ok(ring::rewrap_statement(id, &wrapped, &self.new.id, &old.id))
            })
            .collect::<Result<Vec<Statement>, KeyError>>()?;
        if !statements.is_empty() {
            self.store.commit(Batch { ring: statements, main: Vec::new() }).await?;
        }
        Ok(Progress::Left(ring::count_under(&self.store, &old.id).await?.unsigned_abs()))
    }

    /// Puts the new file in the place of the old one, which is kept under its own name for backups of the ring.
    ///
    /// # Errors
    /// [`KeyError::File`] when a file cannot be renamed.
    pub fn swap_files(&self) -> Result<(), KeyError> {
        let Some(old) = &self.old else { return Ok(()) };
        let next = root::next_path(&self.file);
        let swap = || -> std::io::Result<()> {
            let kept = root::old_path(&self.file, &old.id);
            if !kept.exists() {
                std::fs::hard_link(&self.file, &kept)?;
                root::flush_folder(&self.file)?;
            }
            if next.exists() {
                std::fs::rename(&next, &self.file)?;
            }
            root::flush_folder(&self.file)
        };
        swap().map_err(|why| KeyError::File(self.file.clone(), why))
    }

    /// Says in the store that the new root key is the one, and clears what the old one wrapped out of the ring's files.
    ///
    /// # Errors
    /// As [`Store::commit`] and [`Store::purge_ring`]; the rotation is whole all the same when only the purge failed.
    pub async fn conclude(&self) -> Result<Progress, KeyError> {
        let done = vec![settings::put_statement(CHECK, &self.new.check), settings::delete_statement(COMING)];
        self.store.commit(Batch::main(done)).await?;
        self.store.purge_ring().await?;
        Ok(Progress::Done)
    }

    /// All steps in order. `progress` is told (rows done, rows in all); `at` is now in microseconds UTC.
    ///
    /// # Errors
    /// As the steps; begin again to go on.
    pub async fn run(&self, at: i64, mut progress: impl FnMut(u64, u64)) -> Result<Progress, KeyError> {
        self.announce(at).await?;
        let mut all = None;
        loop {
            let Progress::Left(left) = self.rewrap().await? else { break };
            let all = *all.get_or_insert(left.saturating_add(PAGE.unsigned_abs()));
            progress(all.saturating_sub(left), all);
            if left == 0 {
                break;
            }
        }
        self.swap_files()?;
        self.conclude().await
    }
}
