//! Sealing to the desk's public key (HPKE, RFC 9180): whoever takes reports in while the root key is away, or must never
//! have it, can seal and not open.
//!
//! Base mode of DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305. Sealed bytes are: version 1, the
//! encapsulated key of 32 bytes, ciphertext and tag. The place is bound in as additional data.

use aws_lc_rs::rand;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{CryptoRng, RngCore};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal};
use zeroize::Zeroizing;

use super::purpose::Purpose;
use super::root::RootKey;
use super::{Key, KeyError};

const VERSION: u8 = 1;
const INFO: &[u8] = b"candor waiting report 1";
const KEY: usize = 32;

/// A public key to seal to.
pub type PublicKey = [u8; KEY];

type Pair = (<X25519HkdfSha256 as Kem>::PrivateKey, <X25519HkdfSha256 as Kem>::PublicKey);

fn pair(secret: &Key) -> Pair {
    X25519HkdfSha256::derive_keypair(secret.bytes())
}

/// The public key of a desk.
#[must_use]
pub fn public_key(root: &RootKey) -> PublicKey {
    public_of(root.purpose(Purpose::Intake))
}

/// Random numbers of the system for the cipher suite.
struct System;

impl RngCore for System {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_ne_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_ne_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        rand::fill(bytes).expect("the system gives random numbers");
    }
}

impl CryptoRng for System {}

/// Seals `plain` for its place.
///
/// # Errors
/// [`KeyError::Cipher`] when `to` is no public key.
pub fn seal_to(to: &PublicKey, place: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    seal_for(INFO, to, place.as_bytes(), plain)
}

/// Seals for another use, which `info` names.
pub(super) fn seal_for(info: &[u8], to: &PublicKey, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    let to = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(to).map_err(|_| KeyError::Cipher)?;
    let (encapsulated, sealed) = single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256, _>(
        &OpModeS::Base,
        &to,
        info,
        plain,
        place,
        &mut System,
    )
    .map_err(|_| KeyError::Cipher)?;
    let mut out = vec![VERSION];
    out.extend_from_slice(&encapsulated.to_bytes());
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// Opens what [`seal_to`] made for the same place.
///
/// # Errors
/// [`KeyError::Sealed`] when key, place or bytes differ in anything.
pub fn open_from(root: &RootKey, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    open_for(INFO, root.purpose(Purpose::Intake), place.as_bytes(), sealed)
}

/// The public key that belongs to a secret.
pub(super) fn public_of(secret: &Key) -> PublicKey {
    pair(secret).1.to_bytes().into()
}

/// Opens what [`seal_for`] made for the same use and place.
pub(super) fn open_for(info: &[u8], secret: &Key, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let (head, sealed) = sealed.split_at_checked(1 + KEY).ok_or(KeyError::Sealed)?;
    if head[0] != VERSION {
        return Err(KeyError::Sealed);
    }
    let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&head[1..]).map_err(|_| KeyError::Sealed)?;
    single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &pair(secret).0,
        &encapsulated,
        info,
        sealed,
        place,
    )
    .map(Zeroizing::new)
    .map_err(|_| KeyError::Sealed)
}
