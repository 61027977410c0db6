//! Keys: one root key outside the data, purpose keys derived from it, and a ring of random keys, one
//! per case and per outside person, so that destroying a ring row is real erasure.
//!
//! ```text
//! root key file ─HKDF─▶ wrapping keys ─▶ ring: keys of cases and persons ─▶ seal texts and files
//!                                            └ purpose keys ─▶ seal the desk's own facts, keyed hashes, signatures
//! ```

pub mod random; // ids, receipts, tokens
pub mod root; // the file with the root key
pub mod purpose; // one key per purpose, derived
pub mod seal; // bytes bound to their place
pub mod lookup; // keyed hashes: equality without the text
pub mod ring; // a key per case and per person
pub mod intake; // sealing to the desk's public key
pub mod receipt; // the key pair that a receipt gives
pub mod sign; // signatures that anybody can check
pub mod rotate; // another root key, while the desk works
pub mod sheet; // the root key on paper

pub use lookup::{Tag, equal, lookup};
pub use purpose::{Purpose, PurposeKeys};
pub use ring::KeyRing;
pub use root::RootKey;
pub use seal::{Context, Key, open, seal, seal_repeatably};

use std::path::PathBuf;

use crate::store::StoreError;

/// Why a key could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store holds data but there is no root key: start locked, never make a new one.
    #[error("there is no root key at {}, but the store holds data sealed with one; put the key file back", .0.display())]
    Missing(PathBuf),
    /// The file is not a root key.
    #[error("{} is not a root key file; put the right file back", .0.display())]
    Garbled(PathBuf),
    /// Others may read the file.
    #[error("{path} may be read by other users (mode {mode:03o}); run: chmod 600 {path}", path = .0.display(), mode = .1)]
    Exposed(PathBuf, u32),
    /// A root key, but of another store.
    #[error("{} is the root key of another store; put the right file back", .0.display())]
    Wrong(PathBuf),
    /// The root key was replaced by another process, and the new one cannot be read here.
    #[error("the root key was replaced and the new one cannot be read; put the new key file in place and start again")]
    Retired,
    /// The file cannot be read or written.
    #[error("the root key file {} cannot be used: {}", .0.display(), .1)]
    File(PathBuf, std::io::Error),
    /// The ring has no such key: it was erased, or there never was one.
    #[error("the key was erased")]
    Erased,
    /// Sealed bytes do not open: wrong key, wrong place, or changed.
    #[error("sealed data does not open: it was changed, moved, or sealed with another key")]
    Sealed,
    /// The system gives no random numbers, or the cipher refused.
    #[error("the cipher or the system's random numbers failed")]
    Cipher,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
