//! One key per purpose, derived from the root key, so that a key used for one thing opens no other.

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
}

const PURPOSES: [(Purpose, &str); 11] = [
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
];

/// All purpose keys of one root key. Clones share them.
#[derive(Clone, Debug)]
pub struct PurposeKeys(Vec<Key>);

struct Length32;

impl hkdf::KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}

impl PurposeKeys {
    /// Derives them: HKDF-SHA-256 with the purpose's name as info.
    pub(super) fn derive(root: &[u8; 32]) -> Result<Self, KeyError> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"candor root key 1").extract(root);
        PURPOSES
            .iter()
            .map(|(_, name)| {
                let mut bytes = Zeroizing::new([0; 32]);
                prk.expand(&[b"candor purpose 1 ", name.as_bytes()], Length32)
                    .and_then(|okm| okm.fill(&mut *bytes))
                    .map_err(|_| KeyError::Cipher)?;
                Ok(Key::new(*name, *bytes))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The key for one purpose.
    #[must_use]
    pub fn get(&self, purpose: Purpose) -> &Key {
        &self.0[purpose as usize]
    }
}
