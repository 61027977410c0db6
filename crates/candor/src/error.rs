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
    /// Somebody else wrote while the asker typed; what they did is here to be shown (409).
    #[error("Someone else changed this case; look at what changed, then decide")]
    Changed {
        /// What happened since, in order.
        since: Vec<candor_core::case::Entry>,
    },
    /// The asker sees the case, but the act belongs to another role (403).
    #[error("This act needs the role of {}; ask somebody who has it", .needs.name())]
    Role {
        /// The least role that may.
        needs: candor_core::access::Role,
    },
    /// The asker coordinates the program and is not on the case (403).
    #[error("You are not on this case; put yourself on it first, which everybody on it is told (`put-on`)")]
    NotOn,
    /// The asker opened more cases than the reading budget has (403).
    #[error("You opened many cases in a short time; prove your second factor before you open more")]
    ReadingBudget {
        /// The case that was one too many.
        case: candor_core::id::CaseId,
    },
    /// An idempotency key came again with another body (409).
    #[error("This Idempotency-Key was used for another request; use a new key for a new request")]
    KeyReused,
    /// A cursor that no page gave (400).
    #[error("This cursor was not given by a page of this list; begin again without one")]
    BadCursor,
    /// A request that no page or program of ours sends (400).
    #[error("{0}")]
    BadRequest(String),
    /// Too many files at once (413).
    #[error("These are more than {limit} files, the most this service takes at once; pack some together")]
    TooManyFiles {
        /// The limit.
        limit: usize,
    },
    /// A file past the limit (413).
    #[error("The file is larger than {} MB, the largest this service takes; split it or send a smaller one", .limit / 1_000_000)]
    FileTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Too much at once, or the database cannot be reached (503).
    #[error("Nothing was saved, because the service is busy or its database cannot be reached; try again in a minute")]
    Busy,
    /// No room left on the disk (507).
    #[error("Nothing was saved, because the server has no room left; try again later or use another channel")]
    Full,
    /// The store is there but its root key is not: nothing sealed can be read (503).
    #[error("The desk is locked, because its root key is missing; ask the operator to restore the key file")]
    Locked,
    /// The data is older than what is known of it elsewhere: nothing is written until the operator decides (503).
    #[error("Nothing was saved, because the server's data is older than its anchor; ask the operator to look at it")]
    Behind,
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
            StoreError::Behind => Self::Behind,
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
