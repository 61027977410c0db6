//! Sealing: bytes that open only with their key and only in their place.
//!
//! Sealed bytes are: version 1, a random salt of 24 bytes, a key commitment of 16 bytes, then
//! AES-256-GCM ciphertext and tag. The cipher's key is used once: HKDF-Expand (SHA-256) of key and
//! salt gives it together with the commitment, so that one ciphertext cannot open under two keys. The
//! place is bound in as additional data.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac, rand};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::KeyError;

const VERSION: u8 = 1;
const SALT: usize = 24;
const COMMITMENT: usize = 16;
const TAG: usize = 16;
const HEAD: usize = 1 + SALT + COMMITMENT;
/// Bytes that sealing adds.
pub const OVERHEAD: usize = HEAD + TAG;

/// A key to seal with, and its id. Clones share the bytes, which are wiped with the last of them.
#[derive(Clone)]
pub struct Key(Arc<Secret>);

struct Secret {
    id: String,
    bytes: Bytes,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Bytes([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.0.id)
    }
}

impl Key {
    /// A key of these bytes.
    #[must_use]
    pub fn new(id: impl Into<String>, bytes: [u8; 32]) -> Self {
        Self(Arc::new(Secret { id: id.into(), bytes: Bytes(bytes) }))
    }

    /// A fresh random key.
    ///
    /// # Errors
    /// [`KeyError::Cipher`] when the system gives no random numbers.
    pub fn random(id: impl Into<String>) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(&mut *bytes).map_err(|_| KeyError::Cipher)?;
        Ok(Self::new(id, *bytes))
    }

    /// The key's id, which is bound into everything it seals.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The secret bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0.bytes.0
    }
}

/// The place sealed bytes belong to. Only ids that never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    /// What it is, such as `journal`, `card`, `member`.
    pub kind: &'a str,
    /// Stream, or the id of the row.
    pub stream: &'a str,
    /// Place in the stream; 0 where there is none.
    pub row: i64,
    /// Which field.
    pub field: &'a str,
}

impl Context<'_> {
    fn bound(&self, key: &Key) -> Vec<u8> {
        let mut bound = Vec::with_capacity(96);
        for part in [
            b"candor seal 1".as_slice(),
            self.kind.as_bytes(),
            self.stream.as_bytes(),
            &self.row.to_be_bytes(),
            self.field.as_bytes(),
            key.id().as_bytes(),
        ] {
            bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bound.extend_from_slice(part);
        }
        bound
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// The cipher's key and the commitment for one salt.
fn derive(key: &Key, salt: &[u8]) -> Result<(LessSafeKey, [u8; COMMITMENT]), KeyError> {
    let mut out = Zeroizing::new([0_u8; 32 + COMMITMENT]);
    hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, key.bytes())
        .expand(&[b"candor seal 1", salt], Length(out.len()))
        .and_then(|okm| okm.fill(&mut *out))
        .map_err(|_| KeyError::Cipher)?;
    let cipher = UnboundKey::new(&AES_256_GCM, &out[..32]).map_err(|_| KeyError::Cipher)?;
    let mut commitment = [0; COMMITMENT];
    commitment.copy_from_slice(&out[32..]);
    Ok((LessSafeKey::new(cipher), commitment))
}

fn nonce() -> Nonce {
    // Each derived key seals once.
    Nonce::assume_unique_for_key([0; 12])
}

/// Seals `plain` for its place.
///
/// # Errors
/// [`KeyError::Cipher`] when the system gives no random numbers.
pub fn seal(key: &Key, context: &Context<'_>, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut salt = [0; SALT];
    rand::fill(&mut salt).map_err(|_| KeyError::Cipher)?;
    seal_salted(key, context, plain, salt)
}

/// Seals `plain` so that the same bytes for the same place come out the same, as a row that is rebuilt must. The salt
/// is a keyed hash of place and text, so two different texts never share a cipher key; equal ones at one place are
/// seen to be equal.
///
/// # Errors
/// As [`seal`].
pub fn seal_repeatably(key: &Key, context: &Context<'_>, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut hash = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.bytes()));
    hash.update(b"candor repeatable salt 1");
    hash.update(&context.bound(key));
    hash.update(plain);
    let mut salt = [0; SALT];
    salt.copy_from_slice(&hash.sign().as_ref()[..SALT]);
    seal_salted(key, context, plain, salt)
}

fn seal_salted(key: &Key, context: &Context<'_>, plain: &[u8], salt: [u8; SALT]) -> Result<Vec<u8>, KeyError> {
    let mut sealed = Vec::with_capacity(OVERHEAD + plain.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&salt);
    let (cipher, commitment) = derive(key, &sealed[1..])?;
    sealed.extend_from_slice(&commitment);
    sealed.extend_from_slice(plain);
    let tag = cipher
        .seal_in_place_separate_tag(nonce(), Aad::from(context.bound(key)), &mut sealed[HEAD..])
        .map_err(|_| KeyError::Cipher)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// Opens what [`seal`] made for the same place with the same key.
///
/// # Errors
/// [`KeyError::Sealed`] when key, place or bytes differ in anything.
pub fn open(key: &Key, context: &Context<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    if sealed.len() < OVERHEAD || sealed[0] != VERSION {
        return Err(KeyError::Sealed);
    }
    let (cipher, commitment) = derive(key, &sealed[1..=SALT])?;
    if !super::equal(&commitment, &sealed[1 + SALT..HEAD]) {
        return Err(KeyError::Sealed);
    }
    let mut plain = Zeroizing::new(sealed[HEAD..].to_vec());
    let length =
        cipher.open_in_place(nonce(), Aad::from(context.bound(key)), &mut plain).map_err(|_| KeyError::Sealed)?.len();
    plain.truncate(length);
    Ok(plain)
}
