//! One service as several processes of the one binary, so that what the public reaches holds no key.
//!
//! `candor serve` starts three and keeps them: the *door* listens on the one address and passes requests on, byte by byte;
//! the *front* shows public pages and takes reports in, sealed to the desk's public key; the *desk* has the keys, the
//! team's side, receipts, mail, clocks and letters. Each asks the kernel to take from it what it does not need.

pub mod door; // the one address: which request goes where
pub mod keep; // started, started again, stopped together
pub mod parent; // the line between a part and whoever started it

use std::path::{Path, PathBuf};

/// A process of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Listens, and passes requests on.
    Door,
    /// Public pages and the form; no key that opens.
    Front,
    /// Everything else, with the keys.
    Desk,
}

impl Part {
    /// In the order in which they are started.
    pub const ALL: [Self; 3] = [Self::Door, Self::Desk, Self::Front];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Door => "door",
            Self::Front => "front",
            Self::Desk => "desk",
        }
    }
}

impl std::str::FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|part| part.name() == text).ok_or_else(|| format!("`{text}` is no part"))
    }
}

/// The folder with the sockets between the parts, which no other user may enter. Each part that listens has a folder below
/// of its own, so that none can take another's place.
#[derive(Debug, Clone)]
pub struct Rooms(PathBuf);

impl Rooms {
    /// In this folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Makes the folders of the parts.
    ///
    /// # Errors
    /// As the system fails.
    pub fn make(&self) -> std::io::Result<()> {
        [Part::Front, Part::Desk].into_iter().try_for_each(|part| std::fs::create_dir(self.of(part)))
    }

    /// The folder of a part, for its own sockets.
    #[must_use]
    pub fn of(&self, part: Part) -> PathBuf {
        self.0.join(part.name())
    }

    /// Where the front takes requests.
    #[must_use]
    pub fn front(&self) -> PathBuf {
        self.0.join(Part::Front.name()).join("socket")
    }

    /// Where the desk takes requests.
    #[must_use]
    pub fn desk(&self) -> PathBuf {
        self.0.join(Part::Desk.name()).join("socket")
    }

    /// Where the desk takes over what the front has sealed.
    #[must_use]
    pub fn hand(&self) -> PathBuf {
        self.0.join(Part::Desk.name()).join("hand")
    }
}
