//! Messages, taken apart one layer after the other, each within a budget and walked before it is parsed. For this no secret
//! key is needed: a message that is encrypted says first what it wants opened ([`Wanted`]), and gets its session key.
//! Without protection of its integrity nothing is opened; and why something did not open is not told: whoever can make
//! us say so could have a text opened bit by bit.

use std::io::Read;

use jiff::Timestamp;
use pgp::composed::{DecryptionOptions, Esk, Message};
use pgp::packet::PublicKeyEncryptedSessionKey as Pkesk;
use pgp::types::Seipdv1ReadMode;
use serde::{Deserialize, Serialize};

use super::packets::{self, Packet, tag};
use super::session::{self, SessionKey, Unlocked, Wanted};
use super::verify::{self, Signed};
use super::{Certificate, Secret, armor, hex};

/// How much is done for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of any layer, the last one included.
    pub bytes: usize,
    /// Layers: encrypted, compressed, signed.
    pub layers: usize,
    /// Packets of a layer, among them one for each recipient.
    pub packets: usize,
    /// How often a key is tried on a packet that does not name its recipient.
    pub tries: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: 64 * 1024 * 1024, layers: 4, packets: 1000, tries: 64 }
    }
}

/// A message, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it holds; all of it is covered by each signature.
    pub bytes: Vec<u8>,
    /// The signatures over it; empty when it was not signed.
    pub signatures: Vec<Signed>,
    /// Fingerprint of the key of ours it was encrypted to; `None` when it was not encrypted at all.
    pub key: Option<String>,
    /// For how many keys it was encrypted, ours among them.
    pub recipients: usize,
}

/// Why a message stays shut. What it says is known to whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Shut {
    /// It names its recipients, and none is ours.
    #[error("it is encrypted to other keys than the program's")]
    NotOurs,
    /// Anything else.
    #[error("it could not be opened with the program's keys")]
    NotOpened,
}

/// What a message holds, with the signatures over it, of which nothing is known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Signatures over all of it, each as one packet written anew.
    pub signatures: Vec<Vec<u8>>,
}

/// How far a message came open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Not yet: it is encrypted.
    Locked(Wanted),
    /// All of it.
    Open(Plain),
}

/// Takes a message apart, given as text or as it is: as far as nothing is encrypted, or with its session key. `ours` are the
/// names of keys that are at hand ([`session::names`]).
///
/// # Errors
/// That it stays shut.
pub fn take(given: &[u8], ours: &[String], key: Option<&SessionKey>, budget: &Budget) -> Result<Taken, Shut> {
    let mut bytes = armor::binary(given, armor::Kind::Message, budget.bytes).ok_or(Shut::NotOpened)?;
    let mut unlocks = key;
    let mut encrypted = false;
    for _ in 0..budget.layers {
        let found = packets::walk(&bytes, budget.packets).map_err(|_| Shut::NotOpened)?;
        let of = |kind: u8| found.iter().filter(|packet| packet.tag == kind).count();
        match found.iter().find(|packet| !is_skipped(packet)).map_or(0, |packet| packet.tag) {
            tag::PKESK | tag::SKESK | tag::PROTECTED | tag::UNPROTECTED => {
                // One layer of encryption, with one thing in it.
                let protected = of(tag::PROTECTED) == 1 && of(tag::UNPROTECTED) == 0;
                if encrypted || !protected {
                    return Err(Shut::NotOpened);
                }
                encrypted = true;
                match unlocks.take() {
                    Some(key) => bytes = unlocked(&bytes, key, budget)?,
                    None => return wanted(&bytes, ours, of(tag::PKESK), budget).map(Taken::Locked),
                }
            }
            tag::COMPRESSED => {
                if found.iter().filter(|packet| !is_skipped(packet)).count() != 1 {
                    return Err(Shut::NotOpened);
                }
                bytes = larger(&bytes, budget)?;
            }
            tag::LITERAL | tag::ONE_PASS | tag::SIGNATURE => {
                let signed = of(tag::LITERAL) == 1
                    && of(tag::ONE_PASS) <= verify::MOST
                    && of(tag::SIGNATURE) <= verify::MOST
                    && found.iter().all(|it| is_skipped(it) || is_of_signed(it));
                if !signed {
                    return Err(Shut::NotOpened);
                }
                return said(&bytes, budget).map(Taken::Open);
            }
            _ => return Err(Shut::NotOpened),
        }
    }
    Err(Shut::NotOpened)
}

/// Opens a message, given as text or as it is, all in this process: where the keys and the message are of one and the same
/// person.
///
/// # Errors
/// That it stays shut.
pub fn open(
    given: &[u8],
    secrets: &[Secret],
    certificates: &[&Certificate],
    now: Timestamp,
    budget: &Budget,
) -> Result<Opened, Shut> {
    let (plain, key, recipients) = match take(given, &session::names(secrets), None, budget)? {
        Taken::Open(plain) => (plain, None, 0),
        Taken::Locked(wanted) => match session::unlock(&wanted, secrets, budget.tries) {
            Ok(Unlocked::With(session, ours)) => match take(given, &[], Some(&session), budget)? {
                Taken::Open(plain) => (plain, Some(ours), wanted.recipients),
                Taken::Locked(_) => return Err(Shut::NotOpened),
            },
            Ok(Unlocked::NotOurs) => return Err(Shut::NotOurs),
            Ok(Unlocked::Not) | Err(_) => return Err(Shut::NotOpened),
        },
    };
    let signatures = verify::each(&plain.bytes, &plain.signatures, certificates, now).map_err(|_| Shut::NotOpened)?;
    Ok(Opened { bytes: plain.bytes, signatures, key, recipients })
}

/// Whether a message is for whoever has no secret: signed or compressed alone.
pub fn is_encrypted(given: &[u8], limit: usize) -> bool {
    armor::binary(given, armor::Kind::Message, limit).is_some_and(|bytes| {
        packets::walk(&bytes, 1000).is_ok_and(|found| {
            found.iter().any(|it| matches!(it.tag, tag::PKESK | tag::SKESK | tag::PROTECTED | tag::UNPROTECTED | 20))
        })
    })
}

/// For which keys a message is encrypted, as it says itself: key ids or fingerprints in upper-case hexadecimal, and `None` for
/// each key that it hides. Nothing when it is not encrypted to keys alone, or not protected against changes.
pub fn recipients(given: &[u8], budget: &Budget) -> Vec<Option<String>> {
    let Some(bytes) = armor::binary(given, armor::Kind::Message, budget.bytes) else { return Vec::new() };
    let Ok(found) = packets::walk(&bytes, budget.packets) else { return Vec::new() };
    let of = |kind: u8| found.iter().filter(move |packet| packet.tag == kind);
    if of(tag::PROTECTED).count() != 1 || of(tag::UNPROTECTED).chain(of(tag::SKESK)).next().is_some() {
        return Vec::new();
    }
    of(tag::PKESK)
        .map(|packet| match &bytes[packet.body..packet.end] {
            // RFC 9580, section 5.1: version 3 names a key id, version 6 a fingerprint with its version before it.
            [3, rest @ ..] => rest.get(..8).filter(|id| id.iter().any(|byte| *byte != 0)).map(hex),
            [6, length, _, rest @ ..] => {
                rest.get(..usize::from(*length).saturating_sub(1)).filter(|id| !id.is_empty()).map(hex)
            }
            _ => None,
        })
        .collect()
}

fn is_skipped(packet: &Packet) -> bool {
    matches!(packet.tag, tag::MARKER | tag::PADDING)
}

fn is_of_signed(packet: &Packet) -> bool {
    matches!(packet.tag, tag::LITERAL | tag::ONE_PASS | tag::SIGNATURE)
}

/// All bytes of a reader, unless they are more than the budget.
fn all(reader: &mut impl Read, budget: &Budget) -> Result<Vec<u8>, Shut> {
    let mut bytes = Vec::new();
    reader.take(budget.bytes as u64 + 1).read_to_end(&mut bytes).map_err(|_| Shut::NotOpened)?;
    if bytes.len() > budget.bytes { Err(Shut::NotOpened) } else { Ok(bytes) }
}

/// The packets with the session key of the encrypted layer.
fn wanted(bytes: &[u8], ours: &[String], recipients: usize, budget: &Budget) -> Result<Wanted, Shut> {
    let Ok(Message::Encrypted { esk, .. }) = Message::from_bytes(bytes) else { return Err(Shut::NotOpened) };
    let found: Vec<&Pkesk> = esk
        .iter()
        .filter_map(|esk| match esk {
            Esk::PublicKeyEncryptedSessionKey(packet) => Some(packet),
            Esk::SymKeyEncryptedSessionKey(_) => None,
        })
        .collect();
    Ok(session::wanted(&found, ours, budget.tries, recipients))
}

/// The inside of the encrypted layer.
fn unlocked(bytes: &[u8], key: &SessionKey, budget: &Budget) -> Result<Vec<u8>, Shut> {
    let Ok(Message::Encrypted { mut edata, .. }) = Message::from_bytes(bytes) else { return Err(Shut::NotOpened) };
    let mode = Seipdv1ReadMode::CheckFirst { max_message_size: budget.bytes };
    let options = DecryptionOptions::new().set_seipdv1_read_mode(mode);
    edata.decrypt_with_options(&key.plain(), options).map_err(|_| Shut::NotOpened)?;
    all(&mut edata, budget)
}

/// The inside of a compressed layer.
fn larger(bytes: &[u8], budget: &Budget) -> Result<Vec<u8>, Shut> {
    let Ok(Message::Compressed { reader, .. }) = Message::from_bytes(bytes) else { return Err(Shut::NotOpened) };
    all(&mut reader.decompress().map_err(|_| Shut::NotOpened)?, budget)
}

/// The text of a message and the signatures over it.
fn said(bytes: &[u8], budget: &Budget) -> Result<Plain, Shut> {
    let mut message = Message::from_bytes(bytes).map_err(|_| Shut::NotOpened)?;
    let bytes = all(&mut message, budget)?;
    let signatures = match &message {
        Message::Signed { reader, .. } => {
            let found = (0..reader.num_signatures().min(verify::MOST)).filter_map(|index| reader.signature(index));
            found.filter_map(verify::written).collect()
        }
        _ => Vec::new(),
    };
    Ok(Plain { bytes, signatures })
}
