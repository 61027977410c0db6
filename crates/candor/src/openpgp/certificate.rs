//! Somebody's public key. The parser knows packets; what they mean stands here: which signatures are the owner's own,
//! what has expired or was revoked, which part encrypts and which signs.

use jiff::Timestamp;
use pgp::composed::{ArmorOptions, Deserializable, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{self, RevocationCode, Signature, SignatureType, SubpacketData};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, KeyVersion, PublicParams, Tag};

use super::packets::{self, Broken, tag};
use super::{armor, hex, instant};

/// Packets of any kind that are walked.
const PACKETS: usize = 5000;

/// How much of a certificate is read. A key with ten years of other people's signatures is well below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Names and addresses on it.
    pub user_ids: usize,
    /// Signatures, of whomever.
    pub signatures: usize,
    /// Signatures of its own owner, each of which is checked.
    pub own: usize,
    /// Subkeys.
    pub subkeys: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 512 * 1024, user_ids: 50, signatures: 2000, own: 200, subkeys: 30 }
    }
}

/// Why a certificate was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too many bytes.
    #[error("the OpenPGP key is larger than {0} KB; export it without other people's signatures and send that")]
    TooLarge(usize),
    /// Too many of something.
    #[error("the OpenPGP key has more than {limit} {what}; export it without what is not needed and send that")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },
    /// Of a version that is not used.
    #[error("the OpenPGP key is of version {0}; only versions 4 and 6 are read. Send a newer key")]
    Version(u8),
    /// A secret key.
    #[error("this is a secret OpenPGP key and was not kept; consider it known to others, and send a public key")]
    Secret,
    /// More than one.
    #[error("these are {0} OpenPGP keys; send the one to write to")]
    Several(usize),
    /// No certificate at all.
    #[error("this is no public OpenPGP key; send the block that begins with BEGIN PGP PUBLIC KEY BLOCK, or the file")]
    NotOne,
    /// Cut off, or not as the standard says.
    #[error("the OpenPGP key cannot be read; export it again and send that")]
    Broken,
}

/// Why a certificate may not be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It ran out.
    #[error("the OpenPGP key expired {}", .0.strftime("%F"))]
    Expired(Timestamp),
    /// Its owner took it back.
    #[error("the OpenPGP key was revoked by its owner")]
    Revoked,
    /// It was made later than now.
    #[error("the OpenPGP key is dated in the future")]
    Future,
    /// Nothing on it that its owner signed in a way that still holds.
    #[error("the OpenPGP key has no valid self-signature; old ones with SHA-1 do not count")]
    Unsigned,
    /// No part of it takes encrypted messages.
    #[error("the OpenPGP key has no part that can be encrypted to")]
    NoEncryption,
    /// No part of it signs messages.
    #[error("the OpenPGP key has no part that signs")]
    NoSigning,
    /// Too short.
    #[error("the OpenPGP key is too short; RSA needs 2048 bits or more")]
    Weak,
}

/// A public key, read within limits. Whether it may be used depends on the instant: see [`Certificate::view`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate(pub(super) SignedPublicKey);

/// What a certificate says at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The whole: `Err` when no part of it may be used.
    pub standing: Result<(), Unusable>,
    /// When the primary key runs out.
    pub expires: Option<Timestamp>,
    /// Names and addresses that its owner signed and did not revoke, as they stand.
    pub user_ids: Vec<String>,
    /// The parts, the primary key first.
    pub parts: Vec<Part>,
}

/// One key of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which subkey; `None` for the primary key.
    pub subkey: Option<usize>,
    /// Upper-case hexadecimal.
    pub fingerprint: String,
    /// The last 16 digits for version 4, the first 16 for version 6.
    pub key_id: String,
    /// When it was made.
    pub made: Timestamp,
    /// When it runs out.
    pub expires: Option<Timestamp>,
    /// Since when it is revoked; a compromised key is revoked since ever.
    pub revoked: Option<Timestamp>,
    /// Whether it may sign messages.
    pub signs: bool,
    /// Whether it may be encrypted to.
    pub encrypts: bool,
}

impl Part {
    /// Whether it was good at `at`.
    pub fn stood(&self, at: Timestamp) -> Result<(), Unusable> {
        if self.revoked.is_some_and(|since| since <= at) {
            return Err(Unusable::Revoked);
        }
        if let Some(end) = self.expires.filter(|end| *end <= at) {
            return Err(Unusable::Expired(end));
        }
        if at < self.made { Err(Unusable::Future) } else { Ok(()) }
    }
}

impl Certificate {
    /// Reads the one certificate in `given`, as text or as it is.
    ///
    /// # Errors
    /// Why it was not taken; the limit is named.
    pub fn read(given: &[u8], limits: &Limits) -> Result<Self, Refused> {
        // As text it is a third larger.
        if given.len() / 2 > limits.bytes {
            return Err(Refused::TooLarge(limits.bytes / 1024));
        }
        if given.first().is_none_or(|first| first & 0x80 == 0) {
            let blocks = armor::blocks(given, 20);
            if blocks.iter().any(|block| block.kind == armor::Kind::SecretKey) {
                return Err(Refused::Secret);
            }
            match blocks.iter().filter(|block| block.kind == armor::Kind::PublicKey).count() {
                0 => return Err(Refused::NotOne),
                1 => {}
                several => return Err(Refused::Several(several)),
            }
        }
        let bytes = match armor::binary(given, armor::Kind::PublicKey, limits.bytes) {
            Some(bytes) => bytes,
            None if given.len() > limits.bytes => return Err(Refused::TooLarge(limits.bytes / 1024)),
            None => return Err(Refused::Broken),
        };
        count(&bytes, limits)?;
        let mut keys = SignedPublicKey::from_bytes_many(&bytes[..]).map_err(|_| Refused::Broken)?;
        let key = keys.next().ok_or(Refused::NotOne)?.map_err(|_| Refused::Broken)?;
        let certificate = Self(key).without_others();
        if certificate.own_signatures() > limits.own {
            return Err(Refused::TooMany { what: "signatures of its own", limit: limits.own });
        }
        Ok(certificate)
    }

    /// Upper-case hexadecimal.
    pub fn fingerprint(&self) -> String {
        hex(self.0.primary_key.fingerprint().as_bytes())
    }

    /// The packets, without signatures of others.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Into memory, which does not fail.
        drop(self.0.to_writer(&mut bytes));
        bytes
    }

    /// As text.
    pub fn to_armor(&self) -> String {
        self.0.to_armored_string(ArmorOptions { headers: None, include_checksum: true }).unwrap_or_default()
    }

    /// Whether one of its names carries this address, which is compared without regard to case.
    pub fn names(&self, address: &str, now: Timestamp) -> bool {
        self.view(now).user_ids.iter().filter_map(|id| address_of(id)).any(|found| found.eq_ignore_ascii_case(address))
    }

    /// What it says at `now`.
    pub fn view(&self, now: Timestamp) -> View {
        let primary = &self.0.primary_key;
        let details = &self.0.details;
        let revoked = details
            .revocation_signatures
            .iter()
            .filter(|sig| sig.typ() == Some(SignatureType::KeyRevocation) && own(sig, primary))
            .filter(|sig| sig.verify_key(primary).is_ok())
            .filter_map(|sig| revoked_since(sig, now))
            .min();
        let direct =
            newest(details.direct_signatures.iter().filter(|sig| {
                sig.typ() == Some(SignatureType::Key) && holds(sig, now) && sig.verify_key(primary).is_ok()
            }));
        let mut user_ids = Vec::new();
        let mut bindings: Vec<&Signature> = Vec::new();
        for user in &details.users {
            let verified: Vec<&Signature> = user
                .signatures
                .iter()
                .filter(|sig| own(sig, primary) && (holds(sig, now) || revokes(sig, now)))
                .filter(|sig| sig.verify_certification(primary, Tag::UserId, &user.id).is_ok())
                .collect();
            let gone = newest(verified.iter().copied().filter(|sig| sig.typ() == Some(SignatureType::CertRevocation)));
            let bound = newest(verified.iter().copied().filter(|sig| sig.is_certification()));
            if let Some(bound) = bound.filter(|bound| gone.is_none_or(|gone| gone.created() < bound.created())) {
                user_ids.push(String::from_utf8_lossy(user.id.id()).into_owned());
                bindings.push(bound);
            }
        }
        let named = newest(bindings.iter().copied().filter(|sig| sig.is_primary())).or(newest(bindings.into_iter()));
        // What holds of the key stands on its primary name in version 4, and on the key itself in version 6.
        let says = if primary.version() == KeyVersion::V6 { direct.or(named) } else { named.or(direct) };
        let made = instant(primary.created_at());
        let expires = says.and_then(|sig| ends(made, sig)).or(direct.and_then(|sig| ends(made, sig)));
        let first = Part {
            subkey: None,
            fingerprint: self.fingerprint(),
            key_id: hex(primary.legacy_key_id().as_ref()),
            made,
            expires,
            revoked,
            signs: says.is_some_and(|sig| may_sign(primary.public_params(), sig)),
            encrypts: says.is_some_and(|sig| may_encrypt(primary.public_params(), sig)),
        };
        let mut standing = first.stood(now);
        if says.is_none() {
            standing = standing.and(Err(Unusable::Unsigned));
        }
        if !is_strong(primary.public_params()) {
            standing = standing.and(Err(Unusable::Weak));
        }
        let mut parts = vec![first];
        for (index, subkey) in self.0.public_subkeys.iter().enumerate() {
            parts.extend(part(primary, subkey, index, now));
        }
        View { standing, expires, user_ids, parts }
    }

    /// The parts that encrypt, the newest first.
    ///
    /// # Errors
    /// Why there is none now.
    pub(super) fn encryption_part(&self, now: Timestamp) -> Result<Part, Unusable> {
        let view = self.view(now);
        view.standing?;
        let mut why = Unusable::NoEncryption;
        let mut able: Vec<Part> = Vec::new();
        for part in view.parts.into_iter().filter(|part| part.encrypts) {
            match part.stood(now) {
                Ok(()) => able.push(part),
                Err(reason) => why = reason,
            }
        }
        able.sort_by_key(|part| (part.subkey.is_some(), part.made));
        able.pop().ok_or(why)
    }

    /// Whether one of its keys has this key id or fingerprint, in upper-case hexadecimal.
    pub fn has(&self, id: &str, now: Timestamp) -> bool {
        self.view(now).parts.iter().any(|part| part.key_id == id || part.fingerprint == id)
    }

    /// Whether it can be encrypted to now.
    ///
    /// # Errors
    /// Why not.
    pub fn can_encrypt(&self, now: Timestamp) -> Result<(), Unusable> {
        self.encryption_part(now).map(drop)
    }

    /// Whether it signs messages now.
    ///
    /// # Errors
    /// Why not.
    pub fn can_sign(&self, now: Timestamp) -> Result<(), Unusable> {
        let view = self.view(now);
        view.standing?;
        let mut why = Unusable::NoSigning;
        for part in view.parts.iter().filter(|part| part.signs) {
            match part.stood(now) {
                Ok(()) => return Ok(()),
                Err(reason) => why = reason,
            }
        }
        Err(why)
    }

    /// When it cannot be encrypted to any more, as far as it says today.
    pub fn encrypts_until(&self, now: Timestamp) -> Option<Timestamp> {
        let part = self.encryption_part(now).ok()?;
        [part.expires, self.view(now).expires].into_iter().flatten().min()
    }

    /// Drops signatures of other people and pictures: nothing here looks at them.
    fn without_others(mut self) -> Self {
        let primary = self.0.primary_key.clone();
        self.0.details.user_attributes.clear();
        for user in &mut self.0.details.users {
            user.signatures.retain(|sig| own(sig, &primary));
        }
        self.0.details.users.retain(|user| !user.signatures.is_empty());
        self.0.details.direct_signatures.retain(|sig| own(sig, &primary));
        self.0.details.revocation_signatures.retain(|sig| own(sig, &primary));
        self
    }

    fn own_signatures(&self) -> usize {
        let details = &self.0.details;
        details.direct_signatures.len()
            + details.revocation_signatures.len()
            + details.users.iter().map(|user| user.signatures.len()).sum::<usize>()
            + self.0.public_subkeys.iter().map(|subkey| subkey.signatures.len()).sum::<usize>()
    }
}

/// The address in a name such as `Ada Example <ada@example.org>`.
pub fn address_of(user_id: &str) -> Option<&str> {
    let address = match user_id.rsplit_once('<') {
        Some((_, rest)) => rest.strip_suffix('>')?,
        None => user_id,
    };
    Some(address.trim()).filter(|it| it.contains('@') && !it.contains(char::is_whitespace))
}

/// Counts packets before they are parsed.
fn count(bytes: &[u8], limits: &Limits) -> Result<(), Refused> {
    let found = packets::walk(bytes, PACKETS).map_err(|why| match why {
        Broken::TooMany(limit) => Refused::TooMany { what: "packets", limit },
        Broken::NoPacket => Refused::NotOne,
        Broken::Cut => Refused::Broken,
    })?;
    let of = |kind: u8| found.iter().filter(|packet| packet.tag == kind).count();
    if of(tag::SECRET_KEY) + of(tag::SECRET_SUBKEY) > 0 {
        return Err(Refused::Secret);
    }
    match of(tag::PUBLIC_KEY) {
        0 => return Err(Refused::NotOne),
        1 => {}
        several => return Err(Refused::Several(several)),
    }
    for (what, kind, limit) in [
        ("signatures", tag::SIGNATURE, limits.signatures),
        ("names", tag::USER_ID, limits.user_ids),
        ("pictures", tag::USER_ATTRIBUTE, limits.user_ids),
        ("subkeys", tag::PUBLIC_SUBKEY, limits.subkeys),
    ] {
        if of(kind) > limit {
            return Err(Refused::TooMany { what, limit });
        }
    }
    let keys = found.iter().filter(|packet| matches!(packet.tag, tag::PUBLIC_KEY | tag::PUBLIC_SUBKEY));
    match keys.map(|packet| packet.first).find(|version| !matches!(version, Some(4 | 6))) {
        Some(Some(version)) => Err(Refused::Version(version)),
        Some(None) => Err(Refused::Broken),
        None => Ok(()),
    }
}

/// A subkey that is bound to its primary key; `None` when it is not.
fn part(primary: &packet::PublicKey, subkey: &SignedPublicSubKey, index: usize, now: Timestamp) -> Option<Part> {
    let key = &subkey.key;
    let verified: Vec<&Signature> = subkey
        .signatures
        .iter()
        .filter(|sig| holds(sig, now) || revokes(sig, now))
        .filter(|sig| sig.verify_subkey_binding(primary, key).is_ok())
        .collect();
    let bound = newest(verified.iter().copied().filter(|sig| sig.typ() == Some(SignatureType::SubkeyBinding)))?;
    let revoked = verified
        .iter()
        .filter(|sig| sig.typ() == Some(SignatureType::SubkeyRevocation))
        .filter_map(|sig| revoked_since(sig, now))
        .min();
    // A subkey that signs has said itself that it belongs to this key; else anybody's could be bound.
    let agreed = || {
        bound
            .embedded_signature()
            .is_some_and(|back| strong(back) && back.verify_primary_key_binding(key, primary).is_ok())
    };
    let made = instant(key.created_at());
    let strong = is_strong(key.public_params());
    Some(Part {
        subkey: Some(index),
        fingerprint: hex(key.fingerprint().as_bytes()),
        key_id: hex(key.legacy_key_id().as_ref()),
        made,
        expires: ends(made, bound),
        revoked,
        signs: strong && has_flags(bound) && may_sign(key.public_params(), bound) && agreed(),
        encrypts: strong && may_encrypt(key.public_params(), bound),
    })
}

/// Whether a signature says that it is by this key. Whether it is, is checked elsewhere.
fn own(sig: &Signature, key: &packet::PublicKey) -> bool {
    let (ids, prints) = (sig.issuer_key_id(), sig.issuer_fingerprint());
    (ids.is_empty() && prints.is_empty()) || ids.contains(&&key.legacy_key_id()) || prints.contains(&&key.fingerprint())
}

/// Whether its hash is one that nobody forges.
pub(super) fn strong(sig: &Signature) -> bool {
    matches!(
        sig.hash_alg(),
        Some(
            HashAlgorithm::Sha256
                | HashAlgorithm::Sha384
                | HashAlgorithm::Sha512
                | HashAlgorithm::Sha3_256
                | HashAlgorithm::Sha3_512
        )
    )
}

/// Whether a signature counts at `now`: strong, made, and not run out.
fn holds(sig: &Signature, now: Timestamp) -> bool {
    strong(sig) && lasts(sig, now)
}

/// Whether a signature that takes something back counts at `now`, with whatever hash: the cautious reading of a weak one is
/// that its owner made it.
fn revokes(sig: &Signature, now: Timestamp) -> bool {
    matches!(sig.typ(), Some(SignatureType::CertRevocation | SignatureType::SubkeyRevocation)) && lasts(sig, now)
}

/// Whether a signature was made and has not run out.
fn lasts(sig: &Signature, now: Timestamp) -> bool {
    let Some(made) = sig.created().map(instant) else { return false };
    let end = sig.signature_expiration_time().map(|length| i64::from(length.as_secs())).filter(|length| *length > 0);
    made <= now && end.is_none_or(|length| now.as_second() < made.as_second() + length)
}

fn newest<'a>(signatures: impl Iterator<Item = &'a Signature>) -> Option<&'a Signature> {
    signatures.max_by_key(|sig| sig.created())
}

/// A key that was merely replaced made good signatures before; one that is known to others never did.
fn revoked_since(sig: &Signature, now: Timestamp) -> Option<Timestamp> {
    let made = instant(sig.created()?);
    match sig.revocation_reason_code() {
        Some(RevocationCode::KeySuperseded | RevocationCode::KeyRetired) => (made <= now).then_some(made),
        _ => Some(Timestamp::UNIX_EPOCH),
    }
}

fn ends(made: Timestamp, sig: &Signature) -> Option<Timestamp> {
    let length = sig.key_expiration_time()?.as_secs();
    if length == 0 { None } else { Timestamp::from_second(made.as_second() + i64::from(length)).ok() }
}

fn has_flags(sig: &Signature) -> bool {
    sig.config().is_some_and(|config| {
        config.hashed_subpackets().any(|packet| matches!(packet.data, SubpacketData::KeyFlags(_)))
    })
}

fn may_sign(params: &PublicParams, sig: &Signature) -> bool {
    let able = matches!(
        params,
        PublicParams::RSA(_)
            | PublicParams::ECDSA(_)
            | PublicParams::EdDSALegacy(_)
            | PublicParams::Ed25519(_)
            | PublicParams::Ed448(_)
    );
    able && (!has_flags(sig) || sig.key_flags().sign())
}

fn may_encrypt(params: &PublicParams, sig: &Signature) -> bool {
    let able = matches!(
        params,
        PublicParams::RSA(_) | PublicParams::ECDH(_) | PublicParams::X25519(_) | PublicParams::X448(_)
    );
    let flags = sig.key_flags();
    able && (!has_flags(sig) || flags.encrypt_comms() || flags.encrypt_storage())
}

/// RSA below 2048 bits and DSA are not relied on.
fn is_strong(params: &PublicParams) -> bool {
    match params {
        // Two lengths of two bytes, and an exponent of one to three.
        PublicParams::RSA(rsa) => rsa.write_len() > 256 + 2 + 2,
        PublicParams::DSA(_) | PublicParams::Unknown { .. } => false,
        _ => true,
    }
}
