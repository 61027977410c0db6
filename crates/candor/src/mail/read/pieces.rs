//! A mail taken apart by whoever has no key: its text with places for what is encrypted or signed in it, and each such piece
//! for itself. Opening, checking and putting together is for whoever asked ([`super::openpgp`]).

use std::cell::RefCell;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::parts::{self, Found};
use super::{Letter, Limits, openpgp};
use crate::openpgp::decrypt::{self, Budget, Shut};
use crate::openpgp::{Block, Kind, Wanted, armor, verify};

/// Word of the question about a whole mail.
const MAIL: &[u8] = b"mail with its pieces";
/// Word of the question about what one piece held.
const PART: &[u8] = b"part with its pieces";
/// Blocks in one text that are looked at.
const BLOCKS: usize = 16;
/// Stands on both sides of a number in a text; no text of a mail holds it.
const EDGE: char = '\u{2}';

/// The place of a piece in a text.
pub(super) fn place(number: usize) -> String {
    format!("{EDGE}{number}{EDGE}")
}

/// A text without places, and without anything that could be taken for one.
pub(super) fn without_places(text: &str) -> String {
    text.chars().filter(|c| *c != EDGE).collect()
}

/// A piece of a mail that is encrypted or signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// How it is protected.
    pub how: How,
    /// Whether it is all of what it was found in, or in a text that is all of it.
    pub all: bool,
    /// Levels of parts above it.
    pub depth: usize,
    /// Files before it.
    pub files: usize,
    /// Where it is a block of a text: which.
    pub block: Option<InText>,
    /// A message; or the bytes that were signed; or a block that is neither.
    #[serde(skip)]
    pub bytes: Arc<Vec<u8>>,
}

/// Where a block stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InText {
    /// Which text of the mail, counted from one.
    pub text: usize,
    /// Whether the block is all of that text.
    pub alone: bool,
    /// Whether its lines are to be joined (`format=flowed`), and whether the space at their ends goes.
    pub flowed: Option<bool>,
    /// Whether a message is encrypted, and not only packed.
    pub encrypted: bool,
}

/// How a piece is protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// A message; what is needed to open it, nothing when anybody can.
    Message(Result<Option<Wanted>, Shut>),
    /// Signatures over its bytes, each as one packet written anew.
    Signed(Vec<Vec<u8>>),
    /// A signed block that is not well-formed.
    Broken,
}

/// Gathers the pieces of one mail or part.
pub(super) struct Collector<'a> {
    ours: &'a [String],
    found: RefCell<Vec<Piece>>,
    texts: RefCell<usize>,
}

impl<'a> Collector<'a> {
    fn new(ours: &'a [String]) -> Self {
        Self { ours, found: RefCell::default(), texts: RefCell::default() }
    }

    fn add(&self, piece: Piece) -> String {
        let mut found = self.found.borrow_mut();
        found.push(piece);
        place(found.len() - 1)
    }

    fn message(&self, bytes: &[u8]) -> How {
        How::Message(decrypt::take(bytes, self.ours, None, &Budget::default()).map(|taken| match taken {
            decrypt::Taken::Locked(wanted) => Some(wanted),
            decrypt::Taken::Open(_) => None,
        }))
    }

    /// An encrypted part. Gives its place.
    pub(super) fn encrypted(&self, message: Vec<u8>, all: bool, depth: usize, files: usize) -> String {
        let how = self.message(&message);
        self.add(Piece { how, all, depth, files, block: None, bytes: Arc::new(message) })
    }

    /// A signed part. Gives its place.
    pub(super) fn signed(&self, said: Vec<u8>, signature: &[u8], all: bool, depth: usize, files: usize) -> String {
        let how = How::Signed(verify::found(signature));
        self.add(Piece { how, all, depth, files, block: None, bytes: Arc::new(said) })
    }

    /// A text with places for its blocks; `None` when it has none that can be opened or checked.
    pub(super) fn text(
        &self,
        text: &str,
        all: bool,
        flowed: Option<bool>,
        (depth, files): (usize, usize),
    ) -> Option<String> {
        let blocks: Vec<Block> = armor::blocks(text.as_bytes(), BLOCKS)
            .into_iter()
            .filter(|block| matches!(block.kind, Kind::Message | Kind::Cleartext))
            .collect();
        let (first, last) = (blocks.first()?, blocks.last()?);
        let alone = blocks.len() == 1 && text[..first.start].trim().is_empty() && text[last.end..].trim().is_empty();
        *self.texts.borrow_mut() += 1;
        let number = *self.texts.borrow();
        let mut out = String::new();
        let mut at = 0;
        for block in &blocks {
            out.push_str(&text[at..block.start]);
            at = block.end;
            let bytes = &text.as_bytes()[block.start..block.end];
            let encrypted = block.kind == Kind::Message && decrypt::is_encrypted(bytes, bytes.len());
            let (how, bytes) = match block.kind {
                Kind::Cleartext => match verify::framed(bytes) {
                    Some((hashed, signatures)) => (How::Signed(signatures), hashed),
                    None => (How::Broken, bytes.to_vec()),
                },
                _ => (self.message(bytes), bytes.to_vec()),
            };
            let block = Some(InText { text: number, alone, flowed, encrypted });
            out.push_str(&self.add(Piece { how, all, depth, files, block, bytes: Arc::new(bytes) }));
            out.push('\n');
        }
        out.push_str(&text[at..]);
        Some(out)
    }
}

/// What is asked of whoever takes a mail apart.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) limits: Limits,
    /// Names of keys that are at hand.
    pub(super) ours: Vec<String>,
    /// Whether pieces are wished for; else all is read as if there were no OpenPGP.
    pub(super) pieces: bool,
}

/// A mail or part, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Its heading, files and what is odd about it; of a part no heading.
    pub letter: Letter,
    /// Its text, with places for its pieces.
    pub text: String,
    /// Whether the text goes on in the raw message.
    pub cut: bool,
    /// Whether text was made from HTML.
    pub html: bool,
    /// Files past the limit.
    pub more: usize,
    /// Parts that were counted.
    pub parts: usize,
    /// What is encrypted or signed.
    pub pieces: Vec<Piece>,
    /// The subject in the header of a part.
    pub subject: Option<String>,
    /// The addresses in the header of a part.
    pub to: Vec<String>,
    /// How many keys follow.
    key_count: usize,
    /// Keys that lie with it.
    #[serde(skip)]
    pub keys: Vec<Vec<u8>>,
    /// The key in the header of a mail.
    #[serde(skip)]
    pub in_header: Vec<Vec<u8>>,
}

impl Taken {
    fn with(mut self, found: Found, collector: Collector<'_>) -> Self {
        self.letter.noticed.extend(found.noticed);
        self.letter.files = found.files;
        self.text = found.text;
        self.cut = found.cut;
        self.html = found.html;
        self.more = found.more;
        self.parts = found.parts;
        self.keys = found.keys;
        self.pieces = collector.found.into_inner();
        self
    }

    fn mail(raw: &[u8], asked: &Asked) -> Self {
        let (letter, head) = super::headed(raw, &asked.limits);
        let mut taken = Self { letter, ..Self::default() };
        if taken.letter.over.is_some() {
            return taken;
        }
        let from = taken.letter.from.as_ref().map(|from| from.address.clone()).unwrap_or_default();
        taken.in_header = openpgp::autocrypt(head.all("autocrypt"), &from).into_iter().collect();
        let collector = Collector::new(&asked.ours);
        match parts::walk(raw, &asked.limits, Some(&collector)) {
            Ok(found) => taken.with(found, collector),
            Err(over) => Self { letter: Letter { over: Some(over), ..taken.letter }, ..Self::default() },
        }
    }

    fn part(bytes: &[u8], asked: &Asked) -> Self {
        let collector = Collector::new(&asked.ours);
        match parts::walk(bytes, &asked.limits, Some(&collector).filter(|_| asked.pieces)) {
            Ok(found) => {
                let taken = Self {
                    subject: parts::protected_subject(bytes),
                    to: parts::protected_to(bytes),
                    ..Self::default()
                };
                taken.with(found, collector)
            }
            Err(over) => Self { letter: Letter { over: Some(over), ..Letter::default() }, ..Self::default() },
        }
    }

    /// As an answer.
    fn written(mut self) -> Option<Vec<Vec<u8>>> {
        self.key_count = self.keys.len();
        let mut answer = vec![serde_json::to_vec(&self).ok()?];
        answer.extend(self.letter.files.into_iter().map(|file| file.bytes));
        answer.extend(self.pieces.into_iter().map(|piece| Arc::unwrap_or_clone(piece.bytes)));
        answer.extend(self.keys);
        answer.extend(self.in_header);
        Some(answer)
    }

    /// What an answer about a mail of so many bytes says. Whoever has taken the reader over says what they like about this
    /// mail, and nothing that breaks whoever asked.
    pub(super) fn understood(answer: Vec<Vec<u8>>, length: usize) -> Option<Self> {
        let mut answer = answer.into_iter();
        let mut taken: Self = serde_json::from_slice(&answer.next()?).ok()?;
        let (files, pieces) = (taken.letter.files.len(), taken.pieces.len());
        let before = files.checked_add(pieces)?.checked_add(taken.key_count)?;
        if !matches!(answer.len().checked_sub(before), Some(0 | 1)) || taken.letter.body_at > length {
            return None;
        }
        taken.letter.as_told();
        for file in &mut taken.letter.files {
            file.bytes = answer.next()?;
        }
        for piece in &mut taken.pieces {
            piece.bytes = Arc::new(answer.next()?);
        }
        taken.keys = answer.by_ref().take(taken.key_count).collect();
        taken.in_header = answer.collect();
        Some(taken)
    }
}

/// The question about a mail.
pub(super) fn about_mail(raw: &Arc<Vec<u8>>, asked: &Asked) -> Option<Vec<Arc<Vec<u8>>>> {
    Some(vec![Arc::new(MAIL.to_vec()), Arc::new(serde_json::to_vec(asked).ok()?), raw.clone()])
}

/// The question about what a piece held.
pub(super) fn about_part(bytes: &Arc<Vec<u8>>, asked: &Asked) -> Option<Vec<Arc<Vec<u8>>>> {
    Some(vec![Arc::new(PART.to_vec()), Arc::new(serde_json::to_vec(asked).ok()?), bytes.clone()])
}

/// The side of whoever takes apart: answers the question, if it is one of these.
#[must_use]
pub fn answer(question: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    match question {
        [word, asked, raw] if word == MAIL => Taken::mail(raw, &serde_json::from_slice(asked).ok()?).written(),
        [word, asked, bytes] if word == PART => Taken::part(bytes, &serde_json::from_slice(asked).ok()?).written(),
        _ => None,
    }
}
