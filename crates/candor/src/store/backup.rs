//! Copies that can be restored, into either database.
//!
//! A backup is a folder of two parts that can be kept apart: `data/` (`candor.db`, `blobs/`,
//! `manifest.json`) and `ring/` (`keyring.db`, `manifest.json`). The data part may be kept for years;
//! the ring part should be short-lived, since a key that is erased lives on in it. Neither holds the
//! root key. Whatever the store runs on, the copy is a pair of SQLite files.

use std::path::Path;

use super::blobs::Blobs;
use super::{Result, Store};

/// What a backup or a restore handled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows of the data.
    pub rows: u64,
    /// Keys of the ring.
    pub keys: u64,
    /// Files.
    pub files: u64,
    /// Bytes of all parts together.
    pub bytes: u64,
}

/// Copies the store into the empty folder `to`, while it is in use.
///
/// # Errors
/// [`super::StoreError::NotEmpty`], and [`super::StoreError::Io`] or [`super::StoreError::Full`] when it cannot be written.
pub async fn backup(
    store: &Store,
    blobs: &Blobs,
    to: &Path,
    taken_at: i64,
    progress: impl FnMut(u64, u64),
) -> Result<Tally> {
    let _ = (store, blobs, to, taken_at, progress);
    Err(super::StoreError::Damaged("not yet".into()))
}

/// Fills the empty store and the empty blob folder from the backup at `from`, after all hashes were checked.
/// `ring` is where the ring part lies when it was kept apart; by default `from/ring`.
///
/// # Errors
/// [`super::StoreError::NotEmpty`] when the store holds anything; [`super::StoreError::Damaged`] when the
/// backup is not what was written.
pub async fn restore(
    from: &Path,
    ring: Option<&Path>,
    store: &Store,
    blobs: &Blobs,
    progress: impl FnMut(u64, u64),
) -> Result<Tally> {
    let _ = (store, blobs, from, ring, progress);
    Err(super::StoreError::Damaged("not yet".into()))
}
