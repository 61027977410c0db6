//! Signatures we make, by the primary key: detached ones beside a file, and texts with one under them.

use jiff::Timestamp;
use pgp::composed::{ArmorOptions, CleartextSignedMessage, DetachedSignature};
use pgp::crypto::hash::HashAlgorithm;
use pgp::errors::Result as Made;
use pgp::packet::{SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::types::{KeyDetails, Password};

use super::{Failed, Secret, seconds};

/// What stands in a signature: when and by whom, and a hint for older programs.
pub(super) fn subpackets(secret: &Secret, at: Timestamp) -> Made<(Vec<Subpacket>, Vec<Subpacket>)> {
    let key = &secret.0.primary_key;
    let hashed = vec![
        Subpacket::regular(SubpacketData::SignatureCreationTime(seconds(at)))?,
        Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint()))?,
    ];
    Ok((hashed, vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id()))?]))
}

fn config(secret: &Secret, kind: SignatureType, at: Timestamp) -> Made<SignatureConfig> {
    let mut config = SignatureConfig::v4(kind, secret.0.primary_key.algorithm(), HashAlgorithm::Sha512);
    (config.hashed_subpackets, config.unhashed_subpackets) = subpackets(secret, at)?;
    Ok(config)
}

/// An armoured signature over exactly these bytes, as for an `.asc` file beside them.
///
/// # Errors
/// When the key cannot be used, which keys that were made or imported here can.
pub fn detached(secret: &Secret, bytes: &[u8], at: Timestamp) -> Result<String, Failed> {
    let made = || -> Made<String> {
        let config = config(secret, SignatureType::Binary, at)?;
        let signature = config.sign(&secret.0.primary_key, &Password::empty(), bytes)?;
        DetachedSignature::new(signature).to_armored_string(ArmorOptions::default())
    };
    made().map_err(|_| Failed("it did not sign"))
}

/// A text with a signature under it (RFC 9580, section 7). Blanks at the ends of lines are not part of what is signed
/// and are left out.
///
/// # Errors
/// As [`detached`].
pub fn cleartext(secret: &Secret, text: &str, at: Timestamp) -> Result<String, Failed> {
    let lines: Vec<&str> = text.trim_end().lines().map(|line| line.trim_end_matches([' ', '\t', '\r'])).collect();
    let made = || -> Made<String> {
        let config = config(secret, SignatureType::Text, at)?;
        CleartextSignedMessage::new(&lines.join("\n"), config, &secret.0.primary_key, &Password::empty())?
            .to_armored_string(ArmorOptions::default())
    };
    made().map_err(|_| Failed("it did not sign"))
}
