//! What can go wrong for a request, in the words the asker may read.

use candor_core::refusal::Refusal;

use crate::keys::KeyError;
use crate::store::StoreError;

/// Any cause, boxed: it goes to the log, never to a page.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The shell's error. Its display text is fit to show to whoever asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Absent, or present but not yours: a stranger cannot tell which (404).
    #[error("There is no such page")]
    NotFound,
    /// The core said no, in words for the person who asked (422).
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody else wrote first; nothing of this attempt was kept (409).
    #[error("Someone else changed this case; look again before you decide")]
    Stale,
    /// Too much at once, or the database cannot be reached (503).
    #[error("Nothing was saved, because the service is busy or its database cannot be reached; try again in a minute")]
    Busy,
    /// No room left on the disk (507).
    #[error("Nothing was saved, because the server has no room left; try again later or use another channel")]
    Full,
    /// The store is there but its root key is not: nothing sealed can be read (503).
    #[error("The desk is locked, because its root key is missing; ask the operator to restore the key file")]
    Locked,
    /// Our fault. The cause goes to the log, never to the page (500).
    #[error("Something went wrong on our side")]
    Internal(#[source] Cause),
}

impl Error {
    /// Wraps an unexpected cause.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<StoreError> for Error {
    fn from(why: StoreError) -> Self {
        match why {
            StoreError::Conflict => Self::Stale,
            StoreError::Full => Self::Full,
            StoreError::Busy(_) | StoreError::Poisoned => Self::Busy,
            other => Self::internal(other),
        }
    }
}

impl From<KeyError> for Error {
    fn from(why: KeyError) -> Self {
        match why {
            KeyError::Store(why) => why.into(),
            KeyError::Erased => Self::NotFound,
            other => Self::internal(other),
        }
    }
}
