//! One key per purpose, so that a key used for one thing opens no other.
//!
//! The keys that wrap rows of the ring are derived from the root key and change with it. All others are
//! random, and lie in the ring as rows `purpose:NAME`: a new root key wraps them anew, and what was sealed
//! or looked up with them stays as it is.

use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

use super::KeyError;
use super::seal::Key;

/// What a derived key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Wraps case keys.
    CaseRing,
    /// Wraps keys of outside persons.
    PersonRing,
    /// Seals what is known of members: name, address, secret of one-time codes.
    Member,
    /// Seals secrets towards the outside: SMTP, CVE Services, hooks.
    Connector,
    /// Seals stored answers.
    Idempotency,
    /// Keyed hashes of addresses and the like.
    Lookup,
    /// Keyed hashes of receipts.
    Receipt,
    /// Keyed hashes of sessions, invites and recovery codes.
    Session,
    /// Keyed hashes of API tokens.
    Token,
    /// Signs form nonces and cursors.
    Form,
    /// Seals small facts of the desk that belong to no case.
    Desk,
    /// Makes the keys that sign: proofs of receipt, heads of the journals.
    Sign,
    /// Opens what was sealed while the desk was locked.
    Intake,
    /// Seals the OpenPGP keys of programs.
    OpenPgp,
}

const PURPOSES: [(Purpose, &str); 14] = [
    (Purpose::CaseRing, "case ring"),
    (Purpose::PersonRing, "person ring"),
    (Purpose::Member, "member"),
    (Purpose::Connector, "connector"),
    (Purpose::Idempotency, "idempotency"),
    (Purpose::Lookup, "lookup"),
    (Purpose::Receipt, "receipt"),
    (Purpose::Session, "session"),
    (Purpose::Token, "token"),
    (Purpose::Form, "form"),
    (Purpose::Desk, "desk"),
    (Purpose::Sign, "sign"),
    (Purpose::Intake, "intake"),
    (Purpose::OpenPgp, "openpgp"),
];

/// Info under which the key that wraps purpose keys is derived.
const PURPOSE_RING: &str = "purpose ring";

/// The keys of all purposes. Clones share them.
#[derive(Clone, Debug)]
pub struct PurposeKeys(Vec<Key>);

struct Length32;

impl hkdf::KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}

/// What one root key wraps rows of the ring with. Clones share the keys.
#[derive(Clone, Debug)]
pub(super) struct Wraps {
    pub(super) case: Key,
    pub(super) person: Key,
    pub(super) purpose: Key,
}

fn expand(root: &[u8; 32], name: &str) -> Result<Key, KeyError> {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"candor root key 1").extract(root);
    let mut bytes = Zeroizing::new([0; 32]);
    prk.expand(&[b"candor purpose 1 ", name.as_bytes()], Length32)
        .and_then(|okm| okm.fill(&mut *bytes))
        .map_err(|_| KeyError::Cipher)?;
    Ok(Key::new(name, *bytes))
}

impl Wraps {
    pub(super) fn derive(root: &[u8; 32]) -> Result<Self, KeyError> {
        Ok(Self {
            case: expand(root, "case ring")?,
            person: expand(root, "person ring")?,
            purpose: expand(root, PURPOSE_RING)?,
        })
    }

    /// The key that wraps the row of this id.
    pub(super) fn of(&self, id: &str) -> &Key {
        match id.split_once(':') {
            Some(("person", _)) => &self.person,
            Some(("purpose", _)) => &self.purpose,
            _ => &self.case,
        }
    }
}

impl PurposeKeys {
    /// Derives them: HKDF-SHA-256 with the purpose's name as info. They are those of a store from before purpose keys
    /// lay in the ring; otherwise only those that wrap, and the one that tells root keys apart, are used.
    pub(super) fn derive(root: &[u8; 32]) -> Result<Self, KeyError> {
        PURPOSES.iter().map(|(_, name)| expand(root, name)).collect::<Result<_, _>>().map(Self)
    }

    /// The keys that lie in the ring, by number and name.
    pub(super) fn kept() -> impl Iterator<Item = (usize, &'static str)> {
        PURPOSES
            .iter()
            .filter(|(purpose, _)| !matches!(purpose, Purpose::CaseRing | Purpose::PersonRing))
            .map(|(purpose, name)| (*purpose as usize, *name))
    }

    /// Puts a key in the place of another.
    pub(super) fn set(&mut self, number: usize, key: Key) {
        self.0[number] = key;
    }

    /// The key by its number.
    pub(super) fn at(&self, number: usize) -> &Key {
        &self.0[number]
    }

    /// The key for one purpose.
    #[must_use]
    pub fn get(&self, purpose: Purpose) -> &Key {
        &self.0[purpose as usize]
    }
}
