//! OpenPGP as functions over bytes (RFC 9580; v4 keys as older programs read them). Nothing here knows a case, reads a
//! clock or draws chance: the instant and the random source are arguments. Everything that comes from outside is walked
//! within limits before it is parsed.

pub mod packets; // where packets begin and end, and how many there are
pub mod armor; // text blocks: found, kept apart, decoded
pub mod certificate; // somebody's public key: what it says, and whether it may be used
pub mod secret; // a key of ours
pub mod sign; // signatures we make
pub mod verify; // signatures others made: over which bytes, by whom
pub mod encrypt; // to certificates
pub mod session; // the session key of a message: all that is opened with a secret key
pub mod decrypt; // messages taken apart, with nothing but their session key
pub mod sealed; // a report that only members can read
pub mod wkd; // where mail programs look for a key
pub mod words; // a fingerprint as people compare it

pub use armor::{Block, Kind};
pub use certificate::{Certificate, Unusable};
pub use decrypt::{Budget, Opened, Shut};
pub use secret::Secret;
pub use session::{Malformed, SessionKey, Wanted};
pub use verify::{Signed, Verdict};

use crate::coding::hex_upper as hex;
use jiff::Timestamp;
use pgp::types::Timestamp as Seconds;
use rand_core::{CryptoRng, RngCore};

/// A source of random numbers fit for keys.
pub trait Random: RngCore + CryptoRng {}

impl<T: RngCore + CryptoRng> Random for T {}

/// The system's random numbers.
pub fn random() -> impl Random {
    rand_core::OsRng
}

/// Why something of ours could not be made. It does not happen with keys made or imported here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the OpenPGP key could not be used: {0}")]
pub struct Failed(pub &'static str);

/// OpenPGP counts seconds from 1970 to 2106.
fn seconds(at: Timestamp) -> Seconds {
    Seconds::from_secs(u32::try_from(at.as_second().max(0)).unwrap_or(u32::MAX))
}

fn instant(at: Seconds) -> Timestamp {
    Timestamp::from_second(i64::from(at.as_secs())).unwrap_or_default()
}
