//! The one thing of an encrypted message that is opened with a secret key: the small packets that hold its session key. What
//! lies under that key is taken apart elsewhere, by a process that has this key and no other.

use pgp::composed::{PlainSessionKey, RawSessionKey};
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::packet::{Packet, PacketParser, PublicKeyEncryptedSessionKey as Pkesk};
use pgp::types::{DecryptionKey, EskType, KeyDetails, Password};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::packets::{self, tag};
use super::{Secret, hex};

/// Bytes of a packet with a session key: those for our kind of key have about a hundred.
const PACKET: usize = 512;
/// Bytes of a session key at most.
const KEY: usize = 64;
/// The algorithm of the keys that are ours to open with (RFC 9580, section 9.1).
const ECDH: u8 = 18;

/// The key that opens one message and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey")
    }
}

impl SessionKey {
    fn of(key: &PlainSessionKey) -> Option<Self> {
        let (head, key) = match key {
            PlainSessionKey::V3_4 { sym_alg, key } => (vec![3, u8::from(*sym_alg)], key),
            PlainSessionKey::V6 { key } => (vec![6, 0], key),
            PlainSessionKey::V5 { .. } => return None,
        };
        Self::from_bytes(&[&head, key.as_ref()].concat())
    }

    /// Reads what [`SessionKey::to_bytes`] gave; `None` when it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let fits = matches!(bytes, [3 | 6, _, key @ ..] if !key.is_empty() && key.len() <= KEY);
        fits.then(|| Self(Zeroizing::new(bytes.to_vec())))
    }

    /// For the process that opens the message with it.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.0.clone()
    }

    pub(super) fn plain(&self) -> PlainSessionKey {
        let key = RawSessionKey::from(&self.0[2..]);
        match self.0[0] {
            3 => PlainSessionKey::V3_4 { sym_alg: SymmetricKeyAlgorithm::from(self.0[1]), key },
            _ => PlainSessionKey::V6 { key },
        }
    }
}

/// What is needed to open an encrypted message, written anew by whoever took it apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Packets with its session key, each for itself: those that name a key of ours, then those that name none.
    pub packets: Vec<Vec<u8>>,
    /// Whether any recipient is hidden.
    pub hidden: bool,
    /// For how many keys it is encrypted.
    pub recipients: usize,
}

/// What came is not one small packet of the one kind that is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what a reader wrote anew is not one OpenPGP packet of the kind it was asked for")]
pub struct Malformed;

/// What became of the packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unlocked {
    /// The session key, and the fingerprint of the key of ours that opened it.
    With(SessionKey, String),
    /// None opened, though it may be for us.
    Not,
    /// It names its recipients, and none is ours.
    NotOurs,
}

/// Key ids and fingerprints by which packets name keys of ours, upper-case hexadecimal.
pub fn names(secrets: &[Secret]) -> Vec<String> {
    let subkeys = secrets.iter().flat_map(|secret| &secret.0.secret_subkeys);
    subkeys
        .flat_map(|subkey| [hex(subkey.key.legacy_key_id().as_ref()), hex(subkey.key.fingerprint().as_bytes())])
        .collect()
}

/// Whether a packet hides its recipient.
fn is_hidden(packet: &Pkesk) -> bool {
    match packet {
        Pkesk::V3 { id, .. } => id.is_wildcard(),
        Pkesk::V6 { fingerprint, .. } => fingerprint.is_none(),
        Pkesk::Other { .. } => false,
    }
}

/// The packets of a message written anew: those that keys of these names may open, `most` at most.
pub(super) fn wanted(found: &[&Pkesk], ours: &[String], most: usize, recipients: usize) -> Wanted {
    let named = |packet: &Pkesk| match packet {
        Pkesk::V3 { id, .. } => ours.contains(&hex(id.as_ref())),
        Pkesk::V6 { fingerprint, .. } => fingerprint.as_ref().is_some_and(|it| ours.contains(&hex(it.as_bytes()))),
        Pkesk::Other { .. } => false,
    };
    let fit = |packet: &&&Pkesk| packet.algorithm().is_ok_and(|kind| kind == PublicKeyAlgorithm::ECDH);
    let first = found.iter().filter(fit).filter(|packet| named(packet) && !is_hidden(packet));
    let then = found.iter().filter(fit).filter(|packet| is_hidden(packet));
    let written = first.chain(then).filter_map(|packet| packets::written(tag::PKESK, *packet));
    let packets = written.filter(|bytes| bytes.len() <= PACKET).take(most).collect();
    Wanted { packets, hidden: found.iter().any(|packet| is_hidden(packet)), recipients }
}

/// The one packet of these bytes, if they are nothing else: of version 3 or 6, for a key of our kind, as this program writes it.
fn one(bytes: &[u8]) -> Result<Pkesk, Malformed> {
    let body = packets::only(bytes, tag::PKESK, PACKET).ok_or(Malformed)?;
    let algorithm = match body {
        [3, rest @ ..] => rest.get(8),
        [6, length, rest @ ..] => rest.get(usize::from(*length)),
        _ => None,
    };
    if algorithm != Some(&ECDH) {
        return Err(Malformed);
    }
    match PacketParser::new(bytes).next() {
        Some(Ok(Packet::PublicKeyEncryptedSessionKey(packet))) => Ok(packet),
        _ => Err(Malformed),
    }
}

/// Opens the session key of a message: with packets that name a key of ours, then with those that name none. After `tries` it
/// is given up.
///
/// # Errors
/// [`Malformed`] when a packet is not as [`wanted`] writes it: then whoever wrote it is not to be believed.
pub fn unlock(wanted: &Wanted, secrets: &[Secret], tries: usize) -> Result<Unlocked, Malformed> {
    if wanted.packets.len() > tries {
        return Err(Malformed);
    }
    let packets: Vec<Pkesk> = wanted.packets.iter().map(|bytes| one(bytes)).collect::<Result<_, _>>()?;
    let (mut tried, mut ours) = (0, wanted.hidden);
    for hidden in [false, true] {
        for packet in packets.iter().filter(|packet| is_hidden(packet) == hidden) {
            for subkey in secrets.iter().flat_map(|secret| secret.0.secret_subkeys.iter().map(move |it| (secret, it))) {
                let (secret, subkey) = subkey;
                let fits = packet.match_identity(subkey.key.public_key())
                    && packet.algorithm().is_ok_and(|algorithm| algorithm == subkey.key.algorithm());
                if !fits {
                    continue;
                }
                ours = true;
                tried += 1;
                if tried > tries {
                    return Ok(Unlocked::Not);
                }
                let kind = if matches!(packet, Pkesk::V6 { .. }) { EskType::V6 } else { EskType::V3_4 };
                let Ok(values) = packet.values() else { continue };
                let opened = subkey.key.decrypt(&Password::empty(), values, kind);
                if let Some(key) = opened.ok().and_then(Result::ok).and_then(|key| SessionKey::of(&key)) {
                    return Ok(Unlocked::With(key, secret.fingerprint()));
                }
            }
        }
    }
    Ok(if ours { Unlocked::Not } else { Unlocked::NotOurs })
}
