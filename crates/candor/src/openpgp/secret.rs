//! A key of ours: Ed25519 to sign and Curve25519 to be written to, version 4, in the form that GnuPG has read since
//! 2.1. Never RSA: its decryption in software tells the key by its time, and strangers choose what we decrypt.

use jiff::Timestamp;
use pgp::composed::{ArmorOptions, Deserializable, KeyType, SignedKeyDetails, SignedSecretKey, SignedSecretSubKey};
use pgp::crypto::ecc_curve::ECCCurve;
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::errors::Result as Made;
use pgp::packet::{
    self, Features, KeyFlags, PubKeyInner, SignatureConfig, SignatureType, Subpacket, SubpacketData, UserId,
};
use pgp::ser::Serialize;
use pgp::types::{
    CompressionAlgorithm, Duration, KeyDetails, KeyVersion, PacketHeaderVersion, Password, PublicParams, SignedUser,
    Tag,
};
use zeroize::Zeroizing;

use super::certificate::{Certificate, Part};
use super::packets::{self, tag};
use super::{Failed, Random, armor, hex, seconds};

/// Bytes of a secret key that are read.
const LIMIT: usize = 64 * 1024;

/// A secret key, unlocked. Wiped when it is dropped; never shown when it is printed for debugging.
#[derive(Clone)]
pub struct Secret(pub(super) SignedSecretKey);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({})", self.fingerprint())
    }
}

/// Why a secret key was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// No secret key.
    #[error("this is no secret OpenPGP key; export it with gpg --export-secret-keys --armor")]
    NotOne,
    /// More than one.
    #[error("this is more than one secret OpenPGP key; export the one of the program")]
    Several,
    /// Cut off, or not as the standard says.
    #[error("the secret OpenPGP key cannot be read; export it again")]
    Broken,
    /// The password is wrong.
    #[error("the password does not open the secret OpenPGP key")]
    Password,
    /// Of a kind that is not used for keys of ours.
    #[error("the OpenPGP key is of a kind that is not used here: take a version 4 key on Ed25519 and Curve25519")]
    Kind,
    /// It cannot both sign and be written to.
    #[error("the OpenPGP key must be able to sign and to be encrypted to, now: {0}")]
    Useless(&'static str),
}

fn flags(set: impl FnOnce(&mut KeyFlags)) -> SubpacketData {
    let mut flags = KeyFlags::default();
    set(&mut flags);
    SubpacketData::KeyFlags(flags)
}

fn regular(data: impl IntoIterator<Item = SubpacketData>) -> Made<Vec<Subpacket>> {
    data.into_iter().map(Subpacket::regular).collect()
}

impl Secret {
    /// Makes a key for `user_id`, such as `Example security <security@example.org>`.
    ///
    /// # Errors
    /// When the random source or the cipher fails.
    pub fn make(user_id: &str, at: Timestamp, expires: Option<Timestamp>, rng: impl Random) -> Result<Self, Failed> {
        Self::made(user_id, at, expires, rng).map_err(|_| Failed("a key could not be made"))
    }

    fn made(user_id: &str, at: Timestamp, expires: Option<Timestamp>, mut rng: impl Random) -> Made<Self> {
        let primary = KeyType::Ed25519Legacy;
        let (params, secret) = primary.generate(&mut rng)?;
        let public = PubKeyInner::new(KeyVersion::V4, primary.to_alg(), seconds(at), None, params)?;
        let primary_key = packet::SecretKey::new(packet::PublicKey::from_inner(public)?, secret)?;
        let kind = KeyType::ECDH(ECCCurve::Curve25519Legacy);
        let (params, secret) = kind.generate(&mut rng)?;
        let public = PubKeyInner::new(KeyVersion::V4, kind.to_alg(), seconds(at), None, params)?;
        let subkey = packet::SecretSubkey::new(packet::PublicSubkey::from_inner(public)?, secret)?;
        let mut key = SignedSecretKey {
            primary_key,
            details: SignedKeyDetails::new(Vec::new(), Vec::new(), Vec::new(), Vec::new()),
            public_subkeys: Vec::new(),
            secret_subkeys: vec![SignedSecretSubKey { key: subkey, signatures: Vec::new() }],
        };
        let users = vec![UserId::from_str(PacketHeaderVersion::New, user_id)?];
        bind(&mut key, users, |_| true, at, expires)?;
        Ok(Self(key))
    }

    /// The same key with another end, by new signatures of its own. Names and parts that its owner revoked, and parts that ran
    /// out by themselves, stay as they are.
    ///
    /// # Errors
    /// When it was revoked, has no name that stands, or the cipher fails.
    pub fn prolonged(&self, at: Timestamp, expires: Option<Timestamp>) -> Result<Self, Failed> {
        let mut key = self.0.clone();
        let view = self.certificate().view(at);
        let [whole, parts @ ..] = view.parts.as_slice() else { return Err(Failed("it has no key")) };
        if whole.revoked.is_some() {
            return Err(Failed("it was revoked"));
        }
        let names = |user: &SignedUser| view.user_ids.contains(&String::from_utf8_lossy(user.id.id()).into_owned());
        let users: Vec<UserId> = key.details.users.iter().filter(|user| names(user)).map(|it| it.id.clone()).collect();
        if users.is_empty() {
            return Err(Failed("it has no name that stands"));
        }
        // What ran out together with the whole is prolonged with it.
        let runs_on = |part: &Part| part.expires.is_none_or(|end| end > at) || part.expires == whole.expires;
        let standing: Vec<&str> = parts
            .iter()
            .filter(|part| part.revoked.is_none() && runs_on(part))
            .map(|part| part.fingerprint.as_str())
            .collect();
        let stands =
            |subkey: &SignedSecretSubKey| standing.contains(&hex(subkey.key.fingerprint().as_bytes()).as_str());
        bind(&mut key, users, stands, at, expires).map_err(|_| Failed("a key could not be signed anew"))?;
        Ok(Self(key))
    }

    /// Reads the one secret key in `given`, as text or as it is, and unlocks it.
    ///
    /// # Errors
    /// Why it was not taken.
    pub fn read(given: &[u8], password: &str, now: Timestamp) -> Result<Self, NotTaken> {
        let bytes = Zeroizing::new(armor::binary(given, armor::Kind::SecretKey, LIMIT).ok_or(NotTaken::NotOne)?);
        let found = packets::walk(&bytes, 200).map_err(|_| NotTaken::Broken)?;
        match found.iter().filter(|packet| packet.tag == tag::SECRET_KEY).count() {
            0 => return Err(NotTaken::NotOne),
            1 => {}
            _ => return Err(NotTaken::Several),
        }
        let keys = found.iter().filter(|packet| matches!(packet.tag, tag::SECRET_KEY | tag::SECRET_SUBKEY));
        if keys.into_iter().any(|packet| packet.first != Some(4)) {
            return Err(NotTaken::Kind);
        }
        let mut key = SignedSecretKey::from_bytes(&bytes[..]).map_err(|_| NotTaken::Broken)?;
        let password = Password::from(password);
        key.primary_key.remove_password(&password).map_err(|_| NotTaken::Password)?;
        for subkey in &mut key.secret_subkeys {
            subkey.key.remove_password(&password).map_err(|_| NotTaken::Password)?;
        }
        let ours = |params: &PublicParams| {
            matches!(params, PublicParams::EdDSALegacy(_) | PublicParams::ECDH(_) | PublicParams::ECDSA(_))
        };
        let mut kinds = key.secret_subkeys.iter().map(|subkey| subkey.key.public_params());
        if !ours(key.primary_key.public_params()) || !kinds.all(ours) {
            return Err(NotTaken::Kind);
        }
        let secret = Self(key);
        let view = secret.certificate().view(now);
        if view.standing.is_err() {
            return Err(NotTaken::Useless("it expired, was revoked, or is not signed by itself"));
        }
        if secret.certificate().can_encrypt(now).is_err() {
            return Err(NotTaken::Useless("no part of it can be encrypted to"));
        }
        if !view.parts.iter().any(|part| part.subkey.is_none() && part.signs) {
            return Err(NotTaken::Useless("its primary key does not sign"));
        }
        Ok(secret)
    }

    /// Reads what [`Secret::to_bytes`] wrote.
    ///
    /// # Errors
    /// When it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Failed> {
        SignedSecretKey::from_bytes(bytes).map(Self).map_err(|_| Failed("a kept key cannot be read"))
    }

    /// The key without a password: to be sealed at once.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.0.write_len()));
        // Into memory, which does not fail.
        drop(self.0.to_writer(&mut *bytes));
        bytes
    }

    /// The key as text, for a sheet of paper in a safe, and for programs that take it over.
    pub fn to_armor(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_armored_string(ArmorOptions::default()).unwrap_or_default())
    }

    /// The public part.
    pub fn certificate(&self) -> Certificate {
        Certificate(self.0.to_public_key())
    }

    /// Upper-case hexadecimal.
    pub fn fingerprint(&self) -> String {
        hex(self.0.primary_key.fingerprint().as_bytes())
    }
}

/// Signs these names, the main one first, and the subkeys that stand anew; what stood of them before is dropped. The rest
/// stays as it is, with what its owner took back.
fn bind(
    key: &mut SignedSecretKey,
    users: Vec<UserId>,
    stands: impl Fn(&SignedSecretSubKey) -> bool,
    at: Timestamp,
    expires: Option<Timestamp>,
) -> Made<()> {
    let primary = &key.primary_key;
    let none = Password::empty();
    let begin =
        || [SubpacketData::SignatureCreationTime(seconds(at)), SubpacketData::IssuerFingerprint(primary.fingerprint())];
    let end = |made: pgp::types::Timestamp| {
        let length = expires.map(|end| seconds(end).as_secs().saturating_sub(made.as_secs()).max(1));
        length.map(|length| SubpacketData::KeyExpirationTime(Duration::from_secs(length)))
    };
    let mut named = Vec::new();
    for (place, user) in users.into_iter().enumerate() {
        let mut config = SignatureConfig::v4(SignatureType::CertPositive, primary.algorithm(), HashAlgorithm::Sha512);
        let mut features = Features::default();
        features.set_seipd_v1(true);
        let mut says: Vec<SubpacketData> = begin().into_iter().chain(end(primary.created_at())).collect();
        says.extend([
            flags(|flags| {
                flags.set_certify(true);
                flags.set_sign(true);
            }),
            SubpacketData::Features(features),
            SubpacketData::PreferredSymmetricAlgorithms(
                [SymmetricKeyAlgorithm::AES256, SymmetricKeyAlgorithm::AES128].into_iter().collect(),
            ),
            SubpacketData::PreferredHashAlgorithms(
                [HashAlgorithm::Sha512, HashAlgorithm::Sha256].into_iter().collect(),
            ),
            SubpacketData::PreferredCompressionAlgorithms([CompressionAlgorithm::Uncompressed].into_iter().collect()),
        ]);
        if place == 0 {
            says.push(SubpacketData::IsPrimary(true));
        }
        config.hashed_subpackets = regular(says)?;
        config.unhashed_subpackets = regular([SubpacketData::IssuerKeyId(primary.legacy_key_id())])?;
        let signature = config.sign_certification(primary, primary.public_key(), &none, Tag::UserId, &user)?;
        named.push(user.into_signed(signature));
    }
    let others = key.details.users.iter().filter(|old| named.iter().all(|new| new.id != old.id)).cloned().collect();
    key.details.users = [named, others].concat();
    let mut bound = Vec::new();
    for subkey in &key.secret_subkeys {
        let encrypts = matches!(subkey.key.public_params(), PublicParams::ECDH(_));
        if !encrypts || !stands(subkey) {
            bound.push(subkey.clone());
            continue;
        }
        let mut config = SignatureConfig::v4(SignatureType::SubkeyBinding, primary.algorithm(), HashAlgorithm::Sha512);
        let mut says: Vec<SubpacketData> = begin().into_iter().chain(end(subkey.key.created_at())).collect();
        says.push(flags(|flags| {
            flags.set_encrypt_comms(true);
            flags.set_encrypt_storage(true);
        }));
        config.hashed_subpackets = regular(says)?;
        config.unhashed_subpackets = regular([SubpacketData::IssuerKeyId(primary.legacy_key_id())])?;
        let signature = config.sign_subkey_binding(primary, primary.public_key(), &none, subkey.key.public_key())?;
        bound.push(SignedSecretSubKey { key: subkey.key.clone(), signatures: vec![signature] });
    }
    key.secret_subkeys = bound;
    Ok(())
}
