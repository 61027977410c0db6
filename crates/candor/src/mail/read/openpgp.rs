//! Parts of a mail that are encrypted or signed with OpenPGP: PGP/MIME (RFC 3156) and blocks in the text. What is signed
//! is marked exactly; what lies beside it is not. Only what is protected against changes is opened.
//!
//! Who reads this file has the program's keys, and so reads nothing of the mail itself. Somebody else takes it apart
//! ([`super::pieces`]); here a piece is opened as far as its session key, its signatures are checked over exactly its bytes, what
//! it holds is taken apart anew by somebody who has seen nothing but those bytes, and all is put in its place.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use candor_core::protected;
use jiff::Timestamp;

use super::pieces::{self, Asked, How, Piece, Taken, place, without_places};
use super::{Attached, IN_PART, Letter, Limits, Noticed, Over, text};
use crate::confine::{Lost, messages};
use crate::openpgp::certificate;
use crate::openpgp::decrypt::Shut;
use crate::openpgp::words::grouped;
use crate::openpgp::{Certificate, Secret, Signed, Verdict, session, verify};

/// Pieces of one mail that are opened or checked; more are kept as they came.
const PIECES: usize = 8;
/// Questions about one mail; one that needs more has too many parts.
const QUESTIONS: usize = 40;
/// Largest header of a part.
const PART_HEADER: usize = 64 * 1024;
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

fn hash(said: &[u8]) -> [u8; 32] {
    let bare: Vec<u8> = said.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let mut out = [0; 32];
    out.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bare).as_ref());
    out
}

/// Whom mails are given to that take them apart: a question and its answer, each as parts of bytes.
pub type Ask<'a> = messages::Ask<'a>;

/// Answers in this process, where nothing is worth stealing.
///
/// # Errors
/// None.
pub fn answered_here(question: Vec<Arc<Vec<u8>>>) -> Result<Vec<Vec<u8>>, Lost> {
    let question: Vec<Vec<u8>> = question.iter().map(|part| part.to_vec()).collect();
    Ok(pieces::answer(&question).or_else(|| messages::answer(&question)).unwrap_or_default())
}

/// Reads a mail and puts what is opened and checked of it in its place.
///
/// # Errors
/// [`Lost`] when somebody who was asked died, or answered what makes no sense.
pub fn opened(
    raw: &Arc<Vec<u8>>,
    limits: &Limits,
    ring: &Ring,
    ask: &Ask<'_>,
    judge: &Judge<'_>,
) -> Result<Letter, Lost> {
    let desk = Desk {
        ask,
        ring,
        ours: session::names(&ring.secrets),
        limits: *limits,
        pieces: Cell::new(PIECES),
        questions: Cell::new(QUESTIONS),
        parts: Cell::new(limits.parts),
    };
    desk.read(raw, judge)
}

/// Why a mail is not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Nobody answers.
    Lost(Lost),
    /// It is over a budget.
    Over(Over),
}

impl From<Lost> for Stop {
    fn from(why: Lost) -> Self {
        Self::Lost(why)
    }
}

/// What is known of one mail while it is opened.
struct Desk<'a> {
    ask: &'a Ask<'a>,
    ring: &'a Ring,
    /// Names of the keys at hand.
    ours: Vec<String>,
    limits: Limits,
    /// Pieces that may still be opened or checked.
    pieces: Cell<usize>,
    /// Questions that may still be asked.
    questions: Cell<usize>,
    /// Parts that may still be read.
    parts: Cell<usize>,
}

/// A mail or part with its pieces opened.
struct Node {
    taken: Taken,
    pieces: Vec<Opened>,
}

/// A piece, opened or not.
struct Opened {
    piece: Piece,
    /// Why it stays shut.
    shut: Option<Shut>,
    /// The key of ours that it was encrypted to.
    key: Option<String>,
    /// What its signatures are over.
    said: Arc<Vec<u8>>,
    /// Each as one packet.
    signatures: Vec<Vec<u8>>,
    /// What is known of them.
    verdicts: Vec<Signed>,
    /// What it holds, of a part.
    inside: Option<Box<Node>>,
}

impl Desk<'_> {
    fn read(&self, raw: &Arc<Vec<u8>>, judge: &Judge<'_>) -> Result<Letter, Lost> {
        let asked = Asked { limits: self.limits, ours: self.ours.clone(), pieces: true };
        let mut taken = match self.taken(pieces::about_mail(raw, &asked), raw.len()) {
            Ok(taken) => taken,
            Err(Stop::Lost(why)) => return Err(why),
            Err(Stop::Over(over)) => return Ok(Letter { over: Some(over), ..Letter::default() }),
        };
        if taken.letter.over.is_some() {
            return Ok(taken.letter);
        }
        let heading = Letter { files: Vec::new(), ..taken.letter.clone() };
        let with_it = judge(&std::mem::take(&mut taken.in_header));
        let mut node = match self.node(taken, self.limits.depth) {
            Ok(node) => node,
            Err(Stop::Lost(why)) => return Err(why),
            Err(Stop::Over(over)) => return Ok(Letter { over: Some(over), ..heading }),
        };
        let mut keys = Vec::new();
        node.keys(&mut keys);
        let attached = judge(&keys);
        let mut known = self.ring.certificates.clone();
        known.extend(with_it.iter().cloned().map(|it| (it, Whose::Mails)));
        // A key that lies with the mail may be the one that signed it.
        if node.check(&known, self.ring.now)? && !attached.is_empty() {
            known.extend(attached.iter().cloned().map(|it| (it, Whose::Mails)));
            node.check(&known, self.ring.now)?;
        }
        let mut letter = put_together(node, &known, self.limits.files);
        // What was attached by hand counts before what a program adds.
        let from = letter.from.as_ref().map(|from| from.address.clone()).unwrap_or_default();
        letter.certificates = attached.into_iter().chain(with_it).filter(|it| it.names(&from, self.ring.now)).collect();
        Ok(letter)
    }

    /// The answer to a question about so many bytes.
    fn taken(&self, question: Option<Vec<Arc<Vec<u8>>>>, length: usize) -> Result<Taken, Stop> {
        let answer = self.asked(question.ok_or(Lost::Died)?)?;
        let taken = Taken::understood(answer, length).ok_or(Lost::Died)?;
        self.parts.set(self.parts.get().saturating_sub(taken.parts));
        Ok(taken)
    }

    fn asked(&self, question: Vec<Arc<Vec<u8>>>) -> Result<Vec<Vec<u8>>, Stop> {
        let left = self.questions.get().checked_sub(1).ok_or(Stop::Over(Over::Parts))?;
        self.questions.set(left);
        Ok((self.ask)(question)?)
    }

    /// Whether one more piece may be opened or checked.
    fn may(&self) -> bool {
        let left = self.pieces.get();
        self.pieces.set(left.saturating_sub(1));
        left > 0
    }

    fn node(&self, mut taken: Taken, depth: usize) -> Result<Node, Stop> {
        let pieces = std::mem::take(&mut taken.pieces);
        let pieces = pieces.into_iter().map(|piece| self.piece(piece, depth)).collect::<Result<_, _>>()?;
        Ok(Node { taken, pieces })
    }

    fn piece(&self, piece: Piece, depth: usize) -> Result<Opened, Stop> {
        let mut opened = Opened {
            shut: None,
            key: None,
            said: piece.bytes.clone(),
            signatures: Vec::new(),
            verdicts: Vec::new(),
            inside: None,
            piece,
        };
        let piece = &mut opened.piece;
        let mut checked = true;
        match &mut piece.how {
            How::Message(wanted) => {
                let wanted = std::mem::replace(wanted, Err(Shut::NotOpened));
                let found = if self.may() { self.message(wanted, &piece.bytes)? } else { Err(Shut::NotOpened) };
                match found {
                    Ok((plain, key)) => {
                        opened.said = Arc::new(plain.bytes);
                        opened.signatures = plain.signatures;
                        opened.key = key;
                    }
                    Err(shut) => opened.shut = Some(shut),
                }
            }
            How::Signed(signatures) => {
                checked = self.may();
                if checked {
                    opened.signatures = std::mem::take(signatures);
                } else if piece.block.is_some() {
                    piece.how = How::Broken;
                }
            }
            How::Broken => {}
        }
        // Read by somebody who has seen nothing but these bytes: what is said to be signed is what was signed.
        if piece.block.is_none() && opened.shut.is_none() {
            let depth = depth.checked_sub(piece.depth.saturating_add(1)).ok_or(Stop::Over(Over::Depth))?;
            let limits = Limits { header: PART_HEADER, depth, parts: self.parts.get(), files: self.limits.files };
            let asked = Asked { limits, ours: self.ours.clone(), pieces: checked };
            let taken = self.taken(pieces::about_part(&opened.said, &asked), 0)?;
            if let Some(over) = taken.letter.over {
                return Err(Stop::Over(over));
            }
            opened.inside = Some(Box::new(self.node(taken, depth)?));
        }
        Ok(opened)
    }

    /// What a message holds, and the key of ours that it is for.
    #[allow(clippy::type_complexity)] // a message, and whose
    fn message(
        &self,
        wanted: Result<Option<session::Wanted>, Shut>,
        message: &Arc<Vec<u8>>,
    ) -> Result<Result<(crate::openpgp::decrypt::Plain, Option<String>), Shut>, Stop> {
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(shut) => return Ok(Err(shut)),
        };
        match messages::unlocked(wanted.as_ref(), &self.ring.secrets)? {
            Ok((session, key)) => {
                let answer = self.asked(messages::about(message, session.as_ref()))?;
                Ok(messages::opened(answer)?.map(|plain| (plain, key)).ok_or(Shut::NotOpened))
            }
            Err(shut) => Ok(Err(shut)),
        }
    }
}

impl Node {
    /// The keys that lie with it, in their order.
    fn keys(&mut self, found: &mut Vec<Vec<u8>>) {
        found.append(&mut self.taken.keys);
        for inside in self.pieces.iter_mut().filter_map(|piece| piece.inside.as_mut()) {
            inside.keys(found);
        }
        found.truncate(KEYS);
    }

    /// Checks all signatures. Whether one is by a key that is not among these.
    fn check(&mut self, known: &[(Certificate, Whose)], now: Timestamp) -> Result<bool, Lost> {
        let certificates: Vec<&Certificate> = known.iter().map(|(certificate, _)| certificate).collect();
        let mut strange = false;
        for piece in &mut self.pieces {
            piece.verdicts =
                verify::each(&piece.said, &piece.signatures, &certificates, now).map_err(|_| Lost::Died)?;
            strange |= piece.verdicts.iter().any(|signed| signed.verdict == Verdict::Unknown);
            if let Some(inside) = &mut piece.inside {
                strange |= inside.check(known, now)?;
            }
        }
        Ok(strange)
    }
}

impl Opened {
    /// Whether it is a message, and not a text with a signature.
    fn is_message(&self) -> bool {
        matches!(self.piece.how, How::Message(_))
    }

    /// How it was protected, in words, and the good signatures.
    fn words(&self, known: &[(Certificate, Whose)]) -> (Vec<String>, Vec<Proof>) {
        let mut words = Vec::new();
        if let Some(why) = self.shut {
            return (vec![format!("Encrypted with OpenPGP; {why}. It is kept as it came.")], Vec::new());
        }
        if self.piece.how == How::Broken {
            return (vec!["A signed block of the text is not well-formed.".into()], Vec::new());
        }
        if let Some(key) = &self.key {
            words.push(format!("Encrypted with OpenPGP to the program's key {}.", grouped(key)));
        }
        let proofs = say(&self.said, &self.verdicts, known, &mut words);
        if self.verdicts.is_empty() {
            let none = if self.is_message() {
                "Not signed."
            } else {
                "Signed with OpenPGP, but the signature cannot be read."
            };
            words.push(none.into());
        }
        (words, proofs)
    }

    /// Whether it is all of what it was found in, when nothing else was found there.
    fn covers(&self) -> bool {
        self.piece.all && self.piece.block.is_none_or(|block| block.alone)
    }

    /// What a block says.
    fn block(&self) -> String {
        let shut = self.shut.is_some() || self.piece.how == How::Broken;
        let bytes = if shut { &self.piece.bytes } else { &self.said };
        let said = if self.is_message() || shut {
            String::from_utf8_lossy(bytes).into_owned()
        } else {
            verify::unframed(bytes)
        };
        let said = protected::plain(&without_places(&said));
        match self.piece.block.and_then(|block| block.flowed) {
            Some(delsp) => text::unflow(&said, delsp),
            None => said,
        }
    }
}

/// Says what is known of signatures over a text. Gives those that are good.
fn say(said: &[u8], signatures: &[Signed], known: &[(Certificate, Whose)], words: &mut Vec<String>) -> Vec<Proof> {
    let mut good = Vec::new();
    for signed in signatures {
        words.push(match &signed.verdict {
            Verdict::Good { fingerprint } => {
                let made = signed.made.unwrap_or_default();
                good.push(Proof { fingerprint: fingerprint.clone(), made, said: hash(said) });
                let whose = known.iter().find(|(it, _)| it.fingerprint() == *fingerprint);
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
            Verdict::Unknown => match signed.issuer.as_str() {
                "" => "Signed by a key that is not known here.".into(),
                issuer => format!("Signed by a key that is not known here; it says it is {issuer}."),
            },
            Verdict::Bad => "The signature is wrong: the text was changed, or it is not by the key it names.".into(),
            Verdict::Weak => "The signature does not count: its hash can be forged.".into(),
            Verdict::Key(why) => format!("The signature does not count: {why}."),
            Verdict::OutOfTime => "The signature does not count: it has run out, or is dated in the future.".into(),
        });
    }
    good
}

/// A mail or part, put together.
#[derive(Default)]
struct Whole {
    text: String,
    cut: bool,
    html: bool,
    more: usize,
    files: Vec<Attached>,
    noticed: Vec<Noticed>,
    protection: Vec<String>,
    encrypted: bool,
    proofs: Vec<Proof>,
    subject: Option<String>,
    to: Vec<String>,
}

/// The letter of a mail.
fn put_together(mut node: Node, known: &[(Certificate, Whose)], files: usize) -> Letter {
    let mut letter = std::mem::take(&mut node.taken.letter);
    node.taken.letter.noticed = std::mem::take(&mut letter.noticed);
    node.taken.letter.files = std::mem::take(&mut letter.files);
    let mut whole = whole(node, known, true, true);
    if whole.files.len() > files {
        whole.more += whole.files.len() - files;
        whole.files.truncate(files);
    }
    whole.cut |= super::parts::cut(&mut whole.text, super::parts::TEXT);
    letter.say(&whole.text, whole.cut, whole.noticed, (whole.html, whole.more));
    letter.files = whole.files;
    letter.protection = whole.protection;
    letter.encrypted = whole.encrypted;
    letter.proofs = whole.proofs;
    letter.protected_to = whole.to;
    if let Some(subject) = whole.subject {
        letter.subject = crate::mail::address::display_line(&subject);
    }
    letter
}

/// Puts the pieces in their places. `all`: whether this is all of the mail. `top`: whether it is the mail itself.
fn whole(node: Node, known: &[(Certificate, Whose)], all: bool, top: bool) -> Whole {
    let Node { taken, pieces } = node;
    let mut whole = Whole {
        text: protected::plain(&taken.text),
        cut: taken.cut,
        html: taken.html,
        more: taken.more,
        files: taken.letter.files,
        noticed: taken.letter.noticed,
        ..Whole::default()
    };
    // That one piece is all there is, is a claim of whoever took it apart. It is believed by taking nothing else from them.
    let covered = all && matches!(&pieces[..], [one] if one.covers());
    if covered {
        whole.text = place(0);
        whole.files.clear();
    }
    let mut before = 0;
    let texts: Vec<Option<usize>> = pieces.iter().map(|it| it.piece.block.map(|block| block.text)).collect();
    for (number, mut opened) in pieces.into_iter().enumerate() {
        let (words, proofs) = opened.words(known);
        let (is_block, is_signed) = (opened.piece.block, !proofs.is_empty());
        whole.encrypted |= opened.key.is_some() || opened.is_message() && is_block.is_none_or(|block| block.encrypted);
        // Between marks of its own a block says itself where it ends.
        let says_where = covered || all && opened.piece.all && is_block.is_some_and(|block| !block.alone);
        if !says_where && !whole.protection.iter().any(|it| it == IN_PART) {
            whole.protection.push(IN_PART.to_owned());
        }
        whole.protection.extend(words.iter().cloned());
        if covered {
            whole.proofs.extend(proofs);
        }
        let mut said = String::new();
        let mut files = Vec::new();
        match opened.inside.take() {
            Some(inside) => {
                if top && opened.piece.depth == 0 && opened.is_message() {
                    whole.subject.clone_from(&inside.taken.subject);
                }
                if covered {
                    whole.to.extend(inside.taken.to.iter().cloned());
                }
                let inside = self::whole(*inside, known, covered, false);
                said = inside.text;
                files = inside.files;
                whole.cut |= inside.cut;
                whole.html |= inside.html;
                whole.more += inside.more;
                whole.encrypted |= inside.encrypted;
                whole.noticed.extend(inside.noticed);
                let part_said = whole.protection.iter().any(|it| it == IN_PART);
                whole.protection.extend(inside.protection.into_iter().filter(|it| !part_said || it != IN_PART));
                whole.proofs.extend(inside.proofs);
                whole.to.extend(inside.to);
            }
            None if is_block.is_some() => said = opened.block(),
            None => {
                let (name, kind) = ("encrypted.asc".to_owned(), "application/pgp-encrypted".to_owned());
                let bytes = Arc::unwrap_or_clone(std::mem::take(&mut opened.piece.bytes));
                files.push(Attached { name, kind, bytes });
            }
        }
        if !covered && is_block.is_none_or(|block| !block.alone) {
            let kind = match (is_signed, is_block) {
                (true, _) => "Signed",
                (false, Some(_)) => "Block",
                (false, None) => "Protected",
            };
            let begins = protected::mark(&format!("{kind}, from here: {}", words.join(" ")));
            said = format!("\n{begins}\n{}\n⟦Up to here.⟧\n", said.trim_end());
        }
        whole.text = whole.text.replacen(&place(number), &said, 1);
        let at = opened.piece.files.saturating_add(before).min(whole.files.len());
        before += files.len();
        whole.files.splice(at..at, files);
        let ends = is_block.is_some_and(|block| !block.alone)
            && texts.get(number + 1).copied().flatten() != is_block.map(|block| block.text);
        if ends {
            whole.protection.push("Only what stands between marks was in a block; the rest is not protected.".into());
        }
    }
    whole.text = without_places(&whole.text);
    whole
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
    keys.iter().take(KEYS).filter_map(|key| Certificate::read(key, &certificate::Limits::default()).ok()).collect()
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
