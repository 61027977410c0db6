//! Signatures others made. What comes out is the text that was hashed and nothing beside it, and for each signature
//! whether it is good, by which key, and if not why.

use jiff::Timestamp;
use pgp::composed::Message;
use pgp::packet::{Packet, PacketParser, Signature, SignatureType};

use super::certificate::{Part, strong};
use super::packets::{self, tag};
use super::{Certificate, Unusable, armor, hex, instant};

/// Signatures under one message that are looked at.
pub const MOST: usize = 16;
/// Bytes of a detached signature.
const LIMIT: usize = 64 * 1024;
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
pub(super) struct Known<'a> {
    certificate: &'a Certificate,
    parts: Vec<Part>,
    sound: Result<(), Unusable>,
}

impl<'a> Known<'a> {
    pub(super) fn all(certificates: &[&'a Certificate], now: Timestamp) -> Vec<Self> {
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
    let Some(packets) = armor::binary(signature, armor::Kind::Signature, LIMIT) else { return Vec::new() };
    over(bytes, &packets, certificates, now)
}

/// A text with a signature under it: exactly what was signed, with line feeds, and the signatures. `None` when the
/// block is not as the standard says.
pub fn cleartext(block: &[u8], certificates: &[&Certificate], now: Timestamp) -> Option<(String, Vec<Signed>)> {
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
    let packets = armor::binary(signature, armor::Kind::Signature, LIMIT)?;
    let hashed = said.join("\r\n");
    Some((said.join("\n"), over(hashed.as_bytes(), &packets, certificates, now)))
}

fn over(bytes: &[u8], signatures: &[u8], certificates: &[&Certificate], now: Timestamp) -> Vec<Signed> {
    let readable = packets::walk(signatures, MOST).is_ok_and(|found| found.iter().all(|it| it.tag == tag::SIGNATURE));
    if !readable {
        return Vec::new();
    }
    let known = Known::all(certificates, now);
    PacketParser::new(signatures)
        .filter_map(|packet| match packet {
            Ok(Packet::Signature(signature)) => Some(signature),
            _ => None,
        })
        .map(|signature| {
            judge(&signature, &known, now, |key| match key {
                Key::Primary(key) => signature.verify(key, bytes).is_ok(),
                Key::Sub(key) => signature.verify(key, bytes).is_ok(),
            })
        })
        .collect()
}

/// The signatures of a message that was read to its end.
pub(super) fn message(message: &Message<'_>, known: &[Known<'_>], now: Timestamp) -> Vec<Signed> {
    let Message::Signed { reader, .. } = message else { return Vec::new() };
    (0..reader.num_signatures().min(MOST))
        .filter_map(|index| {
            let signature = reader.signature(index)?;
            Some(judge(signature, known, now, |key| match key {
                Key::Primary(key) => message.verify_nested_explicit(index, key).is_ok(),
                Key::Sub(key) => message.verify_nested_explicit(index, key).is_ok(),
            }))
        })
        .collect()
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
