//! Where packets begin and end (RFC 9580, section 4.2), without reading what is in them. A hostile message is turned
//! away here, before anything is allocated for it.

/// A packet, as its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// Its type, such as 2 for a signature.
    pub tag: u8,
    /// Where its header begins.
    pub start: usize,
    /// Where its body begins.
    pub body: usize,
    /// Where the next one begins.
    pub end: usize,
    /// The first byte of its body, which is a version in most.
    pub first: Option<u8>,
}

/// Why packets could not be walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The first byte is none of a packet.
    #[error("it does not begin with an OpenPGP packet")]
    NoPacket,
    /// A packet ends after the data does.
    #[error("it is cut off")]
    Cut,
    /// More packets than are read.
    #[error("it holds more than {0} packets")]
    TooMany(usize),
}

/// Kinds of packets (RFC 9580, section 5).
pub mod tag {
    /// Session key for a public key.
    pub const PKESK: u8 = 1;
    /// Signature.
    pub const SIGNATURE: u8 = 2;
    /// Session key for a password.
    pub const SKESK: u8 = 3;
    /// One-pass signature.
    pub const ONE_PASS: u8 = 4;
    /// Secret key.
    pub const SECRET_KEY: u8 = 5;
    /// Public key.
    pub const PUBLIC_KEY: u8 = 6;
    /// Secret subkey.
    pub const SECRET_SUBKEY: u8 = 7;
    /// Compressed data.
    pub const COMPRESSED: u8 = 8;
    /// Encrypted data without protection of its integrity.
    pub const UNPROTECTED: u8 = 9;
    /// Marker.
    pub const MARKER: u8 = 10;
    /// Literal data.
    pub const LITERAL: u8 = 11;
    /// Trust.
    pub const TRUST: u8 = 12;
    /// User id.
    pub const USER_ID: u8 = 13;
    /// Public subkey.
    pub const PUBLIC_SUBKEY: u8 = 14;
    /// User attribute, such as a picture.
    pub const USER_ATTRIBUTE: u8 = 17;
    /// Encrypted data with protection of its integrity.
    pub const PROTECTED: u8 = 18;
    /// Padding.
    pub const PADDING: u8 = 21;
}

/// A packet with a header of the new kind in front, its length in one piece. `None` when it cannot be written.
pub(super) fn written(tag: u8, packet: &impl pgp::ser::Serialize) -> Option<Vec<u8>> {
    let body = packet.to_bytes().ok()?;
    let mut bytes = vec![0xC0 | tag, 255];
    bytes.extend(u32::try_from(body.len()).ok()?.to_be_bytes());
    bytes.extend(body);
    Some(bytes)
}

/// The body of the one packet that `bytes` are, as [`written`] writes it; `None` when they are anything else, or more than
/// `most`.
pub(super) fn only(bytes: &[u8], tag: u8, most: usize) -> Option<&[u8]> {
    let [head, 255, a, b, c, d, body @ ..] = bytes else { return None };
    let length = u32::from_be_bytes([*a, *b, *c, *d]);
    let fits = *head == 0xC0 | tag && bytes.len() <= most && !body.is_empty() && body.len() == length as usize;
    fits.then_some(body)
}

/// Walks the packets of `bytes`, `most` at most.
///
/// # Errors
/// What is wrong with them.
pub fn walk(bytes: &[u8], most: usize) -> Result<Vec<Packet>, Broken> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if found.len() == most {
            return Err(Broken::TooMany(most));
        }
        let packet = one(bytes, at)?;
        at = packet.end;
        found.push(packet);
    }
    if found.is_empty() { Err(Broken::NoPacket) } else { Ok(found) }
}

fn one(bytes: &[u8], start: usize) -> Result<Packet, Broken> {
    let head = bytes[start];
    if head & 0x80 == 0 {
        return Err(Broken::NoPacket);
    }
    let (tag, body, end) = if head & 0x40 == 0 {
        let (length, at) = match head & 3 {
            0 => number(bytes, start + 1, 1)?,
            1 => number(bytes, start + 1, 2)?,
            2 => number(bytes, start + 1, 4)?,
            // Of indeterminate length: to the end.
            _ => (bytes.len() - start - 1, start + 1),
        };
        ((head >> 2) & 15, at, at.checked_add(length).ok_or(Broken::Cut)?)
    } else {
        let (mut part, mut at) = new_length(bytes, start + 1)?;
        let body = at;
        loop {
            let (length, goes_on) = part;
            at = at.checked_add(length).filter(|end| *end <= bytes.len()).ok_or(Broken::Cut)?;
            if !goes_on {
                break;
            }
            (part, at) = new_length(bytes, at)?;
        }
        (head & 63, body, at)
    };
    if end > bytes.len() {
        return Err(Broken::Cut);
    }
    Ok(Packet { tag, start, body, end, first: bytes.get(body).copied().filter(|_| body < end) })
}

fn number(bytes: &[u8], at: usize, length: usize) -> Result<(usize, usize), Broken> {
    let digits = bytes.get(at..at + length).ok_or(Broken::Cut)?;
    let value = digits.iter().fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
    Ok((value, at + length))
}

/// A length of the new kind: how many bytes, whether another part follows; and where they begin.
fn new_length(bytes: &[u8], at: usize) -> Result<((usize, bool), usize), Broken> {
    let first = usize::from(*bytes.get(at).ok_or(Broken::Cut)?);
    match first {
        0..192 => Ok(((first, false), at + 1)),
        192..224 => {
            let second = usize::from(*bytes.get(at + 1).ok_or(Broken::Cut)?);
            Ok(((((first - 192) << 8) + second + 192, false), at + 2))
        }
        255 => {
            let (length, at) = number(bytes, at + 1, 4)?;
            Ok(((length, false), at))
        }
        _ => Ok(((1 << (first & 31), true), at + 1)),
    }
}
