//! Parts of a mail that are encrypted or signed with OpenPGP: PGP/MIME (RFC 3156) and blocks in the text. What is signed
//! is marked exactly; what lies beside it is not. Only what is protected against changes is opened.

use std::cell::Cell;
use std::collections::BTreeSet;

use candor_core::protected;
use jiff::Timestamp;

use crate::openpgp::certificate::Limits;
use crate::openpgp::decrypt::{self, Budget, Shut};
use crate::openpgp::words::grouped;
use crate::openpgp::{Block, Certificate, Kind, Secret, Signed, Verdict, armor, verify};

/// Pieces of one mail that are opened or checked; more are kept as they came.
const PIECES: usize = 8;
/// Blocks in one text that are looked at.
const BLOCKS: usize = 16;
/// Certificates taken out of one mail.
pub(in crate::mail) const KEYS: usize = 5;

/// Whose a certificate is, as far as is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The reporter gave it before.
    Reporters,
    /// A member of the team gave it for themselves.
    Members,
    /// It came with the mail itself.
    Mails,
}

/// What a mail is opened and checked with.
#[derive(Debug, Clone, Default)]
pub struct Ring {
    /// Keys of the program.
    pub secrets: Vec<Secret>,
    /// Certificates that signatures are checked with.
    pub certificates: Vec<(Certificate, Whose)>,
    /// Now.
    pub now: Timestamp,
}

/// A good signature that covers all that is read of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Fingerprint of the certificate.
    pub fingerprint: String,
    /// When it was made, as the signature itself says.
    pub made: Timestamp,
    /// Hash of what was signed, without its white space: the same however it is packed.
    pub said: [u8; 32],
}

/// Opens and checks the pieces of one mail.
pub(super) struct Opener<'a> {
    ring: &'a Ring,
    left: Cell<usize>,
    /// Whether a signature was by a key nobody knows here.
    pub(super) stranger: Cell<bool>,
}

/// A piece, opened or not, and what to say about it.
pub(super) struct Piece {
    /// What it holds; `None` when it stays shut.
    pub(super) bytes: Option<Vec<u8>>,
    /// How it was protected, in words.
    pub(super) words: Vec<String>,
    /// The good signatures over all of it.
    pub(super) proofs: Vec<Proof>,
}

impl Piece {
    /// Whether a signature over all of it is good.
    pub(super) fn is_signed(&self) -> bool {
        !self.proofs.is_empty()
    }
}

fn hash(said: &[u8]) -> [u8; 32] {
    let bare: Vec<u8> = said.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let mut out = [0; 32];
    out.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bare).as_ref());
    out
}

impl<'a> Opener<'a> {
    pub(super) fn new(ring: &'a Ring) -> Self {
        Self { ring, left: Cell::new(PIECES), stranger: Cell::new(false) }
    }

    fn may(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    fn known(&self) -> Vec<&Certificate> {
        self.ring.certificates.iter().map(|(certificate, _)| certificate).collect()
    }

    /// An encrypted message. Why it stays shut is said no closer than the message says it itself.
    pub(super) fn open(&self, message: &[u8]) -> Piece {
        let opened = if self.may() {
            decrypt::open(message, &self.ring.secrets, &self.known(), self.ring.now, &Budget::default())
        } else {
            Err(Shut::NotOpened)
        };
        match opened {
            Ok(opened) => {
                let mut words = Vec::new();
                if let Some(key) = &opened.key {
                    words.push(format!("Encrypted with OpenPGP to the program's key {}.", grouped(key)));
                }
                let proofs = self.say(&opened.bytes, &opened.signatures, &mut words);
                if opened.signatures.is_empty() {
                    words.push("Not signed.".into());
                }
                Piece { bytes: Some(opened.bytes), words, proofs }
            }
            Err(why) => Piece {
                bytes: None,
                words: vec![format!("Encrypted with OpenPGP; {why}. It is kept as it came.")],
                proofs: Vec::new(),
            },
        }
    }

    /// A signature over bytes.
    pub(super) fn check(&self, bytes: &[u8], signature: &[u8]) -> Piece {
        let found =
            if self.may() { verify::detached(bytes, signature, &self.known(), self.ring.now) } else { Vec::new() };
        let mut words = Vec::new();
        let proofs = self.say(bytes, &found, &mut words);
        if found.is_empty() {
            words.push("Signed with OpenPGP, but the signature cannot be read.".into());
        }
        Piece { bytes: None, words, proofs }
    }

    /// Says what is known of signatures over a text. Gives those that are good.
    fn say(&self, said: &[u8], signatures: &[Signed], words: &mut Vec<String>) -> Vec<Proof> {
        let mut good = Vec::new();
        for signed in signatures {
            words.push(match &signed.verdict {
                Verdict::Good { fingerprint } => {
                    let made = signed.made.unwrap_or_default();
                    good.push(Proof { fingerprint: fingerprint.clone(), made, said: hash(said) });
                    let whose = self.ring.certificates.iter().find(|(it, _)| it.fingerprint() == *fingerprint);
                    match whose.map(|(_, whose)| *whose) {
                        Some(Whose::Reporters) => {
                            format!("Signed by the key {} that the reporter gave.", grouped(fingerprint))
                        }
                        Some(Whose::Members) => {
                            format!("Signed by the key {} that the member gave.", grouped(fingerprint))
                        }
                        _ => format!(
                            "Signed by the key {}, which came with the mail; nobody has checked whose it is.",
                            grouped(fingerprint)
                        ),
                    }
                }
                Verdict::Unknown => {
                    self.stranger.set(true);
                    match signed.issuer.as_str() {
                        "" => "Signed by a key that is not known here.".into(),
                        issuer => format!("Signed by a key that is not known here; it says it is {issuer}."),
                    }
                }
                Verdict::Bad => {
                    "The signature is wrong: the text was changed, or it is not by the key it names.".into()
                }
                Verdict::Weak => "The signature does not count: its hash can be forged.".into(),
                Verdict::Key(why) => format!("The signature does not count: {why}."),
                Verdict::OutOfTime => "The signature does not count: it has run out, or is dated in the future.".into(),
            });
        }
        good
    }

    /// A text with its blocks opened in their places, each between marks, and what was said of them. `None` when it has
    /// none that can be opened or checked. `alone` is whether one block is all there is.
    pub(super) fn text(&self, text: &str) -> Option<InText> {
        let blocks: Vec<Block> = armor::blocks(text.as_bytes(), BLOCKS)
            .into_iter()
            .filter(|block| matches!(block.kind, Kind::Message | Kind::Cleartext))
            .collect();
        if blocks.is_empty() {
            return None;
        }
        let outside: String = {
            let mut at = 0;
            let mut rest = String::new();
            for block in &blocks {
                rest.push_str(&text[at..block.start]);
                at = block.end;
            }
            rest + &text[at..]
        };
        let alone = blocks.len() == 1 && outside.trim().is_empty();
        let mut found = InText { text: String::new(), words: Vec::new(), encrypted: false, proofs: Vec::new() };
        let mut at = 0;
        for block in &blocks {
            found.text.push_str(&protected::plain(&text[at..block.start]));
            at = block.end;
            let bytes = &text.as_bytes()[block.start..block.end];
            let (said, words, proofs) = match block.kind {
                Kind::Cleartext => {
                    match verify::cleartext(bytes, &self.known(), self.ring.now).filter(|_| self.may()) {
                        Some((said, signatures)) => {
                            let mut words = Vec::new();
                            let good = self.say(said.as_bytes(), &signatures, &mut words);
                            if signatures.is_empty() {
                                words.push("Signed with OpenPGP, but the signature cannot be read.".into());
                            }
                            (Some(said), words, good)
                        }
                        None => (None, vec!["A signed block of the text is not well-formed.".into()], Vec::new()),
                    }
                }
                _ => {
                    let piece = self.open(bytes);
                    found.encrypted |= decrypt::is_encrypted(bytes, bytes.len());
                    let said = piece.bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                    (said, piece.words, piece.proofs)
                }
            };
            let said = protected::plain(said.as_deref().unwrap_or(&text[block.start..block.end]));
            if alone {
                found.text.push_str(&said);
                found.proofs = proofs;
            } else {
                let kind = if proofs.is_empty() { "Block" } else { "Signed" };
                let begins = protected::mark(&format!("{kind}, from here: {}", words.join(" ")));
                found.text.push_str(&format!("{begins}\n{}\n⟦Up to here.⟧\n", said.trim_end()));
            }
            found.words.extend(words);
        }
        found.text.push_str(&protected::plain(&text[at..]));
        if !alone {
            found.words.push("Only what stands between marks was in a block; the rest is not protected.".into());
        }
        Some(found)
    }
}

/// A text with blocks.
pub(super) struct InText {
    pub(super) text: String,
    pub(super) words: Vec<String>,
    pub(super) encrypted: bool,
    /// Good signatures over the whole of it.
    pub(super) proofs: Vec<Proof>,
}

/// The key that a mail program attached to the header (Autocrypt 1.1), if it is for the sender and for nobody else.
pub(super) fn autocrypt<'a>(fields: impl Iterator<Item = &'a str>, from: &str) -> Option<Vec<u8>> {
    let mut for_sender = fields.filter_map(|field| {
        let mut attributes = field.split(';').filter_map(|part| part.split_once('='));
        let mut known = BTreeSet::new();
        let (mut addr, mut data) = ("", "");
        for (name, value) in attributes.by_ref() {
            let name = name.trim();
            match name {
                "addr" => addr = value.trim(),
                "keydata" => data = value.trim(),
                "prefer-encrypt" => {}
                // What is not understood and does not begin with an underscore makes the whole field void.
                other if !other.starts_with('_') => return None,
                _ => {}
            }
            if !known.insert(name.to_owned()) {
                return None;
            }
        }
        addr.eq_ignore_ascii_case(from.trim()).then(|| super::base64(data.as_bytes()))
    });
    let first = for_sender.next()?;
    // More than one is none.
    if for_sender.next().is_some() { None } else { Some(first) }
}

/// Reads certificates among keys that came with a mail; those that cannot be read are left out.
pub type Judge<'a> = dyn Fn(&[Vec<u8>]) -> Vec<Certificate> + 'a;

/// A judge in this process, where nothing is worth stealing.
pub fn here(keys: &[Vec<u8>]) -> Vec<Certificate> {
    keys.iter().take(KEYS).filter_map(|key| Certificate::read(key, &Limits::default()).ok()).collect()
}

/// The bytes of a signed part as they were signed: lines end in CR LF.
pub(super) fn canonical(part: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(part.len() + part.len() / 40);
    for (at, byte) in part.iter().enumerate() {
        if *byte == b'\n' && (at == 0 || part[at - 1] != b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}
