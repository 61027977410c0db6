//! Encrypts to certificates, with protection of integrity, signed inside. AES-256 in the packet that every program of
//! the last twenty years reads; the newer one for version 6 keys, which are never read by older programs.

use jiff::Timestamp;
use pgp::composed::{ArmorOptions, MessageBuilder, SubpacketConfig};
use pgp::crypto::aead::{AeadAlgorithm, ChunkSize};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::errors::Result as Made;
use pgp::types::{KeyDetails, KeyVersion, Password};

use super::certificate::Part;
use super::{Certificate, Failed, Random, Secret, Unusable, sign};

/// Why nothing was encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotEncrypted {
    /// A certificate that may not be used.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// A key of ours, or the random source.
    #[error(transparent)]
    Failed(#[from] Failed),
}

/// Encrypts `plain` to a certificate, signed by `signer`. Gives an armoured message.
///
/// # Errors
/// Why the certificate may not be used now. Nothing is encrypted to what has expired, was revoked or is weak.
pub fn encrypt(
    plain: &[u8],
    to: &Certificate,
    signer: Option<&Secret>,
    at: Timestamp,
    rng: impl Random,
) -> Result<String, NotEncrypted> {
    let part = to.encryption_part(at)?;
    made(plain, to, &part, signer, at, rng).map_err(|_| NotEncrypted::Failed(Failed("it did not encrypt")))
}

/// Encrypts `plain` to several certificates at once, unsigned. Gives an armoured message.
///
/// # Errors
/// Why one of the certificates may not be used now: nothing is encrypted to the others alone.
pub fn encrypt_to_all(
    plain: &[u8],
    to: &[Certificate],
    at: Timestamp,
    mut rng: impl Random,
) -> Result<String, NotEncrypted> {
    let parts = to.iter().map(|one| one.encryption_part(at)).collect::<Result<Vec<_>, _>>()?;
    let mut make = || -> Made<String> {
        let mut builder =
            MessageBuilder::from_bytes("", plain.to_vec()).seipd_v1(&mut rng, SymmetricKeyAlgorithm::AES256);
        for (one, part) in to.iter().zip(&parts) {
            match part.subkey.and_then(|index| one.0.public_subkeys.get(index)) {
                Some(subkey) => builder.encrypt_to_key(&mut rng, &subkey.key)?,
                None => builder.encrypt_to_key(&mut rng, &one.0.primary_key)?,
            };
        }
        builder.to_armored_string(&mut rng, ArmorOptions::default())
    };
    make().map_err(|_| NotEncrypted::Failed(Failed("it did not encrypt")))
}

/// The builder changes its type with the kind of encryption, and the key with its kind.
macro_rules! written {
    ($builder:expr, $to:expr, $part:expr, $signer:expr, $at:expr, $rng:expr) => {{
        let mut builder = $builder;
        match $part.subkey.and_then(|index| $to.0.public_subkeys.get(index)) {
            Some(subkey) => builder.encrypt_to_key(&mut $rng, &subkey.key)?,
            None => builder.encrypt_to_key(&mut $rng, &$to.0.primary_key)?,
        };
        if let Some(signer) = $signer {
            let (hashed, unhashed) = sign::subpackets(signer, $at)?;
            builder.sign_with_subpackets(
                &signer.0.primary_key,
                Password::empty(),
                HashAlgorithm::Sha512,
                SubpacketConfig::UserDefined { hashed, unhashed },
            );
        }
        builder.to_armored_string(&mut $rng, ArmorOptions::default())
    }};
}

fn made(
    plain: &[u8],
    to: &Certificate,
    part: &Part,
    signer: Option<&Secret>,
    at: Timestamp,
    mut rng: impl Random,
) -> Made<String> {
    let builder = MessageBuilder::from_bytes("", plain.to_vec());
    if to.0.primary_key.version() == KeyVersion::V6 {
        let builder =
            builder.seipd_v2(&mut rng, SymmetricKeyAlgorithm::AES256, AeadAlgorithm::Ocb, ChunkSize::default());
        return written!(builder, to, part, signer, at, rng);
    }
    let builder = builder.seipd_v1(&mut rng, SymmetricKeyAlgorithm::AES256);
    written!(builder, to, part, signer, at, rng)
}
