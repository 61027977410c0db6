//! Text blocks (RFC 9580, section 6). They are found one by one and never joined: what stands between two of them is
//! nobody's signature and nobody's secret.

use std::io::Read;

use pgp::armor::{Dearmor, DearmorOptions};

/// Bytes of lines that may stand between the first line of a block and its data.
const HEADERS: usize = 16 * 1024;

/// What a block says it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An encrypted or signed message.
    Message,
    /// A text with a signature under it, readable by anybody.
    Cleartext,
    /// A signature over something else.
    Signature,
    /// A certificate.
    PublicKey,
    /// A secret key.
    SecretKey,
}

/// A block in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// What it holds.
    pub kind: Kind,
    /// Where its first line begins.
    pub start: usize,
    /// Just after its last line.
    pub end: usize,
}

const NAMES: [(Kind, &str); 4] = [
    (Kind::Message, "MESSAGE"),
    (Kind::Signature, "SIGNATURE"),
    (Kind::PublicKey, "PUBLIC KEY BLOCK"),
    (Kind::SecretKey, "PRIVATE KEY BLOCK"),
];

/// The blocks of a text in their order, `most` at most. Only whole ones that begin at the start of a line.
pub fn blocks(text: &[u8], most: usize) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(Kind, usize)> = None;
    let mut at = 0;
    while at < text.len() && found.len() < most {
        let end = text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |length| at + length + 1);
        let line = text[at..end].trim_ascii_end();
        match open {
            _ if line == b"-----BEGIN PGP SIGNED MESSAGE-----" => open = Some((Kind::Cleartext, at)),
            // The signature under a text is the end of its block.
            Some((Kind::Cleartext, start)) if line == b"-----END PGP SIGNATURE-----" => {
                found.push(Block { kind: Kind::Cleartext, start, end });
                open = None;
            }
            Some((Kind::Cleartext, _)) => {}
            _ => {
                if let Some(kind) = named(line, b"-----BEGIN PGP ") {
                    open = Some((kind, at));
                } else if let (Some(kind), Some((opened, start))) = (named(line, b"-----END PGP "), open) {
                    if kind == opened {
                        found.push(Block { kind, start, end });
                    }
                    open = None;
                }
            }
        }
        at = end;
    }
    found
}

fn named(line: &[u8], begins: &[u8]) -> Option<Kind> {
    let name = line.strip_prefix(begins)?.strip_suffix(b"-----")?;
    NAMES.iter().find(|(_, known)| known.as_bytes() == name).map(|(kind, _)| *kind)
}

/// The bytes of a block, `limit` at most; `None` when it is broken or larger.
pub fn decode(block: &[u8], limit: usize) -> Option<Vec<u8>> {
    // Base64 holds three bytes in four, lines of it less.
    if block.len() / 2 > limit.saturating_add(HEADERS) {
        return None;
    }
    let mut dearmor = Dearmor::with_options(block, DearmorOptions::new().set_limit(block.len() + HEADERS));
    let mut bytes = Vec::new();
    dearmor.read_header().ok()?;
    dearmor.by_ref().take(limit as u64 + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() <= limit).then_some(bytes)
}

/// The bytes of OpenPGP data of one kind that is given as text or as it is. `None` when there is none in it, or more
/// than `limit`.
pub fn binary(given: &[u8], kind: Kind, limit: usize) -> Option<Vec<u8>> {
    if given.first().is_some_and(|first| first & 0x80 != 0) {
        return (given.len() <= limit).then(|| given.to_vec());
    }
    let block = blocks(given, 8).into_iter().find(|block| block.kind == kind)?;
    decode(&given[block.start..block.end], limit)
}
