//! Why the store could not do what was asked.

use std::path::PathBuf;

/// A failure of the store. Nothing of a failed [`super::Batch`] is kept, unless said otherwise.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique key was taken or an expected row count was missed: somebody else wrote first.
    #[error("somebody else wrote first")]
    Conflict,
    /// No room on the disk. Heals by itself when there is room again.
    #[error("no room is left on the store's disk; free some space, the store then goes on by itself")]
    Full,
    /// The database is locked by another process for too long, has too much to do, or cannot be reached.
    #[error("the database is busy or cannot be reached: {0}")]
    Busy(String),
    /// A flush to disk failed, after which nothing about the file can be trusted: all writes are
    /// refused until everything acknowledged was flushed anew, which is tried each second.
    #[error("a flush to disk failed, so nothing is written until the disk works again; check the disk")]
    Poisoned,
    /// Reading or writing a file failed.
    #[error("{what}: {why}")]
    Io {
        /// What was attempted, with the path.
        what: String,
        /// The system's answer.
        why: std::io::Error,
    },
    /// The store is older than its anchor: see [`super::Store::refuse_writes`].
    #[error("nothing is written, because the data is older than its anchor; run `candor journal verify --anchors`")]
    Behind,
    /// The store was written by a newer candor.
    #[error(
        "this store has schema version {found}, but this candor knows versions up to {known}; use the newer candor that wrote it"
    )]
    Newer {
        /// Version found in the store.
        found: i64,
        /// Newest version this program knows.
        known: i64,
    },
    /// The SQLite library has a fault that can damage the file.
    #[error("SQLite {found} can damage a database that two processes write to; build with {oldest} or newer")]
    Library {
        /// Its version.
        found: String,
        /// The first that is sound.
        oldest: String,
    },
    /// A folder that must be empty is not.
    #[error("{} is not empty; choose an empty or a new folder", .0.display())]
    NotEmpty(PathBuf),
    /// What was read is not what was written.
    #[error("damaged data: {0}")]
    Damaged(String),
    /// The database refused for a reason of its own: a fault in this program.
    #[error("the database refused: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Numbers of the system's errors that say "too many open files", here or on the whole machine, "too little
/// memory" and "try again" (`errno.h` of Linux, FreeBSD and macOS; "try again" is 35 on the latter two).
fn is_shortage(number: i32) -> bool {
    const AGAIN: i32 = if cfg!(target_os = "linux") { 11 } else { 35 };
    matches!(number, 12 | 23 | 24 | AGAIN)
}

/// Result of a store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl StoreError {
    pub(crate) fn io(what: impl Into<String>, why: std::io::Error) -> Self {
        if why.kind() == std::io::ErrorKind::StorageFull || why.kind() == std::io::ErrorKind::QuotaExceeded {
            return Self::Full;
        }
        // A shortage of the machine passes: too few open files, too little memory, a call cut short.
        if why.kind() == std::io::ErrorKind::OutOfMemory || why.raw_os_error().is_some_and(is_shortage) {
            return Self::short(&format!("{}: {why}", what.into()));
        }
        Self::Io { what: what.into(), why }
    }

    /// What the machine lacks just now; asking again later helps.
    fn short(why: &str) -> Self {
        tracing::warn!(why, "the system is short of open files or memory");
        Self::Busy(why.to_owned())
    }

    /// Whether this failure of one batch means that none of its group can be kept.
    pub(crate) fn concerns_all(&self) -> bool {
        matches!(self, Self::Full | Self::Poisoned | Self::Damaged(_) | Self::Busy(_))
    }

    /// One failure told to several waiters.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Conflict => Self::Conflict,
            Self::Full => Self::Full,
            Self::Busy(why) => Self::Busy(why.clone()),
            Self::Poisoned => Self::Poisoned,
            Self::Behind => Self::Behind,
            Self::Newer { found, known } => Self::Newer { found: *found, known: *known },
            other => Self::Database(other.to_string().into()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(why: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        use rusqlite::ffi;
        let Some(error) = why.sqlite_error() else {
            return Self::Database(why.into());
        };
        match (error.code, error.extended_code) {
            (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID) => {
                Self::Conflict
            }
            (ErrorCode::DiskFull, _) => Self::Full,
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => {
                Self::Busy("another process holds the database's lock".into())
            }
            (_, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC) => Self::Poisoned,
            (ErrorCode::CannotOpen | ErrorCode::OutOfMemory, _)
            | (
                _,
                ffi::SQLITE_IOERR_NOMEM
                | ffi::SQLITE_IOERR_LOCK
                | ffi::SQLITE_IOERR_SHMOPEN
                | ffi::SQLITE_IOERR_SHMMAP
                | ffi::SQLITE_IOERR_SHMSIZE
                | ffi::SQLITE_IOERR_GETTEMPPATH,
            ) => Self::short(&why.to_string()),
            (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => Self::Damaged(why.to_string()),
            _ => Self::Database(why.into()),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(why: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState;
        let Some(code) = why.code() else {
            return if why.is_closed()
                || std::error::Error::source(&why).is_some_and(|cause| cause.is::<std::io::Error>())
            {
                Self::Busy("the connection to the database was lost".into())
            } else {
                Self::Database(why.into())
            };
        };
        if *code == SqlState::UNIQUE_VIOLATION {
            Self::Conflict
        } else if *code == SqlState::DISK_FULL {
            Self::Full
        } else if *code == SqlState::T_R_SERIALIZATION_FAILURE
            || *code == SqlState::T_R_DEADLOCK_DETECTED
            || *code == SqlState::TOO_MANY_CONNECTIONS
            || code.code().starts_with("57P")
            || code.code().starts_with("08")
        {
            Self::Busy(why.to_string())
        } else {
            Self::Database(why.into())
        }
    }
}
