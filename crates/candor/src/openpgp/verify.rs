//! Signatures others made. What comes out is the text that was hashed and nothing beside it, and for each signature
//! whether it is good, by which key, and if not why.
//!
//! Two halves: whoever takes bytes of others apart finds the signatures and what they are over ([`found`], [`framed`]); whoever
//! has something to lose hashes those bytes and looks at nothing but one small packet each ([`each`]).

use jiff::Timestamp;
use pgp::packet::{Packet, PacketParser, Signature, SignatureType};

use super::certificate::{Part, strong};
use super::packets::{self, tag};
use super::session::Malformed;
use super::{Certificate, Unusable, armor, hex, instant};

/// Signatures under one message that are looked at.
pub const MOST: usize = 16;
/// Bytes of a detached signature.
const LIMIT: usize = 64 * 1024;
/// Bytes of one signature that is checked: one by an RSA key of 16,384 bits has about 2,500.
const PACKET: usize = 16 * 1024;
/// How far ahead a signer's clock may be.
const AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// One signature over some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What is known of it.
    pub verdict: Verdict,
    /// When it says it was made.
    pub made: Option<Timestamp>,
    /// Key id or fingerprint it names, upper-case hexadecimal; empty when it names none. A claim unless the verdict is
    /// [`Verdict::Good`].
    pub issuer: String,
}

/// What is known of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The bytes are as the holder of this certificate signed them.
    Good {
        /// Fingerprint of the certificate.
        fingerprint: String,
    },
    /// By a key that is not known here.
    Unknown,
    /// Not over these bytes, or not by the key it names.
    Bad,
    /// With a hash that can be forged, such as SHA-1.
    Weak,
    /// By a key that did not stand when it was made.
    Key(Unusable),
    /// It has run out, or is dated in the future.
    OutOfTime,
}

/// A certificate with what it says, worked out once.
struct Known<'a> {
    certificate: &'a Certificate,
    parts: Vec<Part>,
    sound: Result<(), Unusable>,
}

impl<'a> Known<'a> {
    fn all(certificates: &[&'a Certificate], now: Timestamp) -> Vec<Self> {
        certificates
            .iter()
            .map(|certificate| {
                let view = certificate.view(now);
                let sound = match view.standing {
                    Err(why @ (Unusable::Unsigned | Unusable::Weak)) => Err(why),
                    _ => Ok(()),
                };
                Self { certificate, parts: view.parts, sound }
            })
            .collect()
    }
}

/// The public key of a part, whichever it is.
enum Key<'a> {
    Primary(&'a pgp::packet::PublicKey),
    Sub(&'a pgp::packet::PublicSubkey),
}

fn key<'a>(certificate: &'a Certificate, part: &Part) -> Option<Key<'a>> {
    match part.subkey {
        None => Some(Key::Primary(&certificate.0.primary_key)),
        Some(index) => certificate.0.public_subkeys.get(index).map(|subkey| Key::Sub(&subkey.key)),
    }
}

/// The signatures over `bytes`, given as text or as they are. Empty when there is none that can be read.
pub fn detached(bytes: &[u8], signature: &[u8], certificates: &[&Certificate], now: Timestamp) -> Vec<Signed> {
    each(bytes, &found(signature), certificates, now).unwrap_or_default()
}

/// A text with a signature under it: exactly what was signed, with line feeds, and the signatures. `None` when the
/// block is not as the standard says.
pub fn cleartext(block: &[u8], certificates: &[&Certificate], now: Timestamp) -> Option<(String, Vec<Signed>)> {
    let (hashed, signatures) = framed(block)?;
    let signed = each(&hashed, &signatures, certificates, now).unwrap_or_default();
    Some((unframed(&hashed), signed))
}

/// Signatures that are given as text or as they are, each as one packet written anew. Empty when there is none that can be
/// read.
pub fn found(signature: &[u8]) -> Vec<Vec<u8>> {
    let Some(packets) = armor::binary(signature, armor::Kind::Signature, LIMIT) else { return Vec::new() };
    let readable = packets::walk(&packets, MOST).is_ok_and(|found| found.iter().all(|it| it.tag == tag::SIGNATURE));
    if !readable {
        return Vec::new();
    }
    PacketParser::new(&packets[..])
        .filter_map(|packet| match packet {
            Ok(Packet::Signature(signature)) => written(&signature),
            _ => None,
        })
        .collect()
}

/// A signature as one packet; `None` when it is larger than any that is checked.
pub(super) fn written(signature: &Signature) -> Option<Vec<u8>> {
    packets::written(tag::SIGNATURE, signature).filter(|bytes| bytes.len() <= PACKET)
}

/// The text of a block as people read it.
pub fn unframed(hashed: &[u8]) -> String {
    String::from_utf8_lossy(hashed).replace("\r\n", "\n")
}

/// A text with a signature under it: the bytes that were hashed, and the signatures, each as one packet written anew. `None`
/// when the block is not as the standard says.
pub fn framed(block: &[u8]) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
    let text = std::str::from_utf8(block).ok()?;
    let mut lines = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    });
    if lines.next()?.1.trim_end() != "-----BEGIN PGP SIGNED MESSAGE-----" {
        return None;
    }
    // Anything but the name of the hash would be shown as if it were signed, by some.
    loop {
        match lines.next()?.1.trim_end() {
            "" => break,
            line if line.starts_with("Hash: ") => {}
            _ => return None,
        }
    }
    let mut said: Vec<&str> = Vec::new();
    let signature = loop {
        let (start, line) = lines.next()?;
        if line.trim_end() == "-----BEGIN PGP SIGNATURE-----" {
            break &block[start..];
        }
        let line = match line.strip_prefix("- ") {
            Some(rest) => rest,
            None if line.starts_with('-') => return None,
            None => line,
        };
        said.push(line.trim_end_matches([' ', '\t']));
    };
    armor::binary(signature, armor::Kind::Signature, LIMIT)?;
    Some((said.join("\r\n").into_bytes(), found(signature)))
}

/// What is known of signatures over `bytes`, each one packet as [`found`], [`framed`] and
/// [`take`](super::decrypt::take) write it. This is where it is decided who signed something: of what strangers wrote it reads
/// these packets, and hashes the bytes.
///
/// # Errors
/// [`Malformed`] when anything but single small signatures is given.
pub fn each(
    bytes: &[u8],
    signatures: &[Vec<u8>],
    certificates: &[&Certificate],
    now: Timestamp,
) -> Result<Vec<Signed>, Malformed> {
    if signatures.len() > MOST {
        return Err(Malformed);
    }
    let known = Known::all(certificates, now);
    let judged = signatures.iter().map(|packet| {
        packets::only(packet, tag::SIGNATURE, PACKET).ok_or(Malformed)?;
        let Some(Ok(Packet::Signature(signature))) = PacketParser::new(&packet[..]).next() else {
            return Err(Malformed);
        };
        Ok(judge(&signature, &known, now, |key| match key {
            Key::Primary(key) => signature.verify(key, bytes).is_ok(),
            Key::Sub(key) => signature.verify(key, bytes).is_ok(),
        }))
    });
    judged.collect()
}

fn judge(signature: &Signature, known: &[Known<'_>], now: Timestamp, check: impl Fn(Key<'_>) -> bool) -> Signed {
    let prints: Vec<String> = signature.issuer_fingerprint().iter().map(|print| hex(print.as_bytes())).collect();
    let ids: Vec<String> = signature.issuer_key_id().iter().map(|id| hex(id.as_ref())).collect();
    let made = signature.created().map(instant);
    let issuer = prints.first().or(ids.first()).cloned().unwrap_or_default();
    let names = |part: &Part| {
        (prints.is_empty() && ids.is_empty()) || prints.contains(&part.fingerprint) || ids.contains(&part.key_id)
    };
    let mut verdict = Verdict::Unknown;
    for (known, part) in known.iter().flat_map(|known| known.parts.iter().map(move |part| (known, part))) {
        if !names(part) || !part.signs {
            continue;
        }
        let Some(key) = key(known.certificate, part) else { continue };
        if !check(key) {
            verdict = Verdict::Bad;
            continue;
        }
        verdict = of_good(signature, known, part, made, now);
        break;
    }
    Signed { verdict, made, issuer }
}

/// A signature that fits its bytes and its key: whether it counts.
fn of_good(signature: &Signature, known: &Known<'_>, part: &Part, made: Option<Timestamp>, now: Timestamp) -> Verdict {
    if !matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text)) {
        return Verdict::Bad;
    }
    if !strong(signature) {
        return Verdict::Weak;
    }
    let Some(made) = made.filter(|made| *made <= now + AHEAD) else { return Verdict::OutOfTime };
    let length = signature.signature_expiration_time().map(|it| i64::from(it.as_secs())).filter(|it| *it > 0);
    if length.is_some_and(|length| made.as_second() + length <= now.as_second()) {
        return Verdict::OutOfTime;
    }
    let primary = known.parts.first().map_or(Ok(()), |primary| primary.stood(made));
    match known.sound.and(primary).and(part.stood(made)) {
        Ok(()) => Verdict::Good { fingerprint: known.certificate.fingerprint() },
        Err(why) => Verdict::Key(why),
    }
}
