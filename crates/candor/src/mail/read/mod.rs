//! Raw bytes to a [`Letter`]: what a mail says, what lies with it, and what is odd about it. Nothing of a mail is
//! believed here; nothing is asked of the world. What is too deep or too large is not read and says so: the raw message
//! is kept either way.

mod coding; // base64 and quoted-printable, forgiving
mod head; // header lines as they stand
mod html; // HTML shown as text
mod parts; // the tree of a mail, within a budget
pub mod pieces; // a mail taken apart, with places for what is encrypted or signed
pub mod openpgp; // encrypted and signed pieces: opened, checked, and put in their places
mod smime; // whom S/MIME names
mod text; // paragraphs, quotes, signatures
pub mod asks; // plain words at the beginning of a reporter's mail

pub use text::Passage;

pub(super) use coding::{base64, quoted_printable};

use std::sync::Arc;

use crate::openpgp::Certificate;
use head::Head;
use jiff::Timestamp;
use mail_parser::{HeaderName, HeaderValue, MessageParser};

/// Stands where the text of a mail is longer than what is read of it.
pub(super) const GOES_ON: &str = "[The text goes on in message.eml.]";

/// Stands before what is said of a protection that is not over all of the mail.
pub(super) const IN_PART: &str = "In part.";

/// How much of a mail is read. Past any of these it is kept whole and shown to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// Bytes of the header.
    pub header: usize,
    /// Levels of parts within parts.
    pub depth: usize,
    /// Parts altogether.
    pub parts: usize,
    /// Files that are taken out of it.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { header: 256 * 1024, depth: 16, parts: 400, files: 20 }
    }
}

/// A mail, read.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Letter {
    /// Who it says it is from: the first address of the first `From` line.
    pub from: Option<Mailbox>,
    /// Subject on one line; empty when there is none.
    pub subject: String,
    /// When it says it was written.
    pub written: Option<Timestamp>,
    /// `Message-ID` without its angle brackets; empty when there is none.
    pub message_id: String,
    /// Ids of the messages it answers, from `In-Reply-To` and `References`.
    pub answers: Vec<String>,
    /// Addresses it is written to: `To`, `Cc`, and what the servers on its way noted.
    pub to: Vec<String>,
    /// Addresses of its `To` line, which a signature of the sender's domain covers; none when it has several such lines,
    /// because a signature covers only one of them.
    pub signed_to: Vec<String>,
    /// Its text, in pieces.
    pub text: Vec<Passage>,
    /// What lies with it.
    pub files: Vec<Attached>,
    /// What is odd about it, for the team.
    pub noticed: Vec<Noticed>,
    /// Whether a program wrote it, and how that shows.
    pub automatic: Option<Automatic>,
    /// Whether the sender is a mailing list itself and no person: what is written to it goes to all.
    pub from_list: bool,
    /// The mark that letters of ours carry, as this one has it; empty when it has none.
    pub own_mark: String,
    /// Servers it came through.
    pub hops: usize,
    /// How it was protected, in words; empty when it was not, or nobody looked.
    pub protection: Vec<String>,
    /// Whether any of it came encrypted.
    pub encrypted: bool,
    /// Certificates that came with it and name its sender.
    #[serde(skip)]
    pub certificates: Vec<Certificate>,
    /// Good signatures, each over all that was read of it: text and files.
    #[serde(skip)]
    pub proofs: Vec<openpgp::Proof>,
    /// To whom the signed or encrypted part itself says it is written; empty when it does not say.
    #[serde(skip)]
    pub protected_to: Vec<String>,
    /// Why it was not read, if it was not.
    pub over: Option<Over>,
    /// Where its body begins.
    pub body_at: usize,
}

/// A name and an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mailbox {
    /// Name; may be empty.
    pub name: String,
    /// Address as written; nobody has checked it.
    pub address: String,
}

/// A file of a mail.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Attached {
    /// Its name, or one made from its kind.
    pub name: String,
    /// Its type as the mail says, such as `image/png`.
    pub kind: String,
    /// What it holds.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// Which budget a mail went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Over {
    /// Its header.
    Header,
    /// Parts within parts.
    Depth,
    /// Number of parts.
    Parts,
    /// It ended the process that read it.
    Reader,
}

impl Over {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Over::Header => "its header is larger than any mail program writes",
            Over::Depth => "its parts are nested too deeply",
            Over::Parts => "it has too many parts",
            Over::Reader => "it broke the program that reads mail",
        }
    }
}

/// How it shows that a program wrote a mail, or sent it on. Only what came through a list from a person is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Automatic {
    /// Somebody's mail could not be delivered, or a server reports on one.
    Bounce,
    /// An automatic reply, such as a note of absence.
    Reply,
    /// Through a mailing list or in bulk.
    List,
    /// From an address that takes no mail.
    NoReply,
    /// One of our own letters came back.
    Own,
}

impl Automatic {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Automatic::Bounce => "a server's report about a mail",
            Automatic::Reply => "an automatic reply",
            Automatic::List => "sent through a mailing list or in bulk",
            Automatic::NoReply => "sent from an address that takes no mail",
            Automatic::Own => "a letter of ours that came back",
        }
    }
}

/// Something odd about a mail.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Noticed {
    /// More than one `From` line.
    SeveralFrom(usize),
    /// No sender that can be read.
    NoFrom,
    /// More than one `Subject` line.
    SeveralSubjects(usize),
    /// More than one type or coding for the same part.
    SeveralTypes,
    /// The sender's name looks like an address, and not like the one it came from.
    NameIsAddress,
    /// A charset that hides text from other readers.
    Utf7,
    /// A charset nobody knows; read as UTF-8.
    UnknownCharset,
    /// Bytes of value zero.
    Nul,
    /// Line ends of two kinds.
    MixedLineEnds,
    /// A part that could not be taken apart; shown as it stands.
    BrokenPart,
    /// Encrypted; kept as it is.
    Encrypted(Protection),
    /// Signed; nobody has checked the signature.
    Signed(Protection),
    /// What is encrypted or signed in it ended the process that looks at it first; it stays shut.
    EndedReader,
    /// Whom the certificates with an S/MIME signature name; nobody has checked them.
    SmimeNames(String),
    /// Inside an S/MIME wrapping that anybody could open; kept as it is.
    SmimeInside,
    /// Files in Outlook's own packing; kept as it is.
    Winmail,
    /// An invitation; kept as a file.
    Invitation,
    /// Files past the limit; they are in the raw message alone.
    MoreFiles(usize),
    /// Only HTML; shown as text.
    HtmlOnly,
}

/// How a part is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Protection {
    /// OpenPGP.
    OpenPgp,
    /// S/MIME.
    Smime,
}

impl Protection {
    fn name(self) -> &'static str {
        match self {
            Protection::OpenPgp => "OpenPGP",
            Protection::Smime => "S/MIME",
        }
    }
}

impl Noticed {
    /// In words, for the team.
    pub fn words(&self) -> String {
        match self {
            Noticed::SeveralFrom(count) => {
                format!(
                    "The mail has {count} From lines; mail programs differ in which they show. Read here: the first."
                )
            }
            Noticed::NoFrom => "The mail names no sender that can be read.".into(),
            Noticed::SeveralSubjects(count) => format!("The mail has {count} Subject lines. Read here: the first."),
            Noticed::SeveralTypes => {
                "A part of the mail has more than one type; mail programs may show other text than this one.".into()
            }
            Noticed::NameIsAddress => "The sender's name looks like an address, but not the one it came from.".into(),
            Noticed::Utf7 => "The mail uses UTF-7, which hides text from many programs.".into(),
            Noticed::UnknownCharset => "Part of the text is in a charset that nobody knows; read as UTF-8.".into(),
            Noticed::Nul => "The mail holds zero bytes, which mail may not hold.".into(),
            Noticed::MixedLineEnds => {
                "The mail mixes kinds of line ends, as when two mails are passed off as one.".into()
            }
            Noticed::BrokenPart => "Part of the mail is not well-formed; it is shown as it stands.".into(),
            Noticed::Encrypted(by) => {
                format!("The mail is encrypted ({}). It is kept as it came and was not opened.", by.name())
            }
            Noticed::Signed(by) => format!("The mail carries a signature ({}) that was not checked.", by.name()),
            Noticed::EndedReader => {
                "What is encrypted or signed in the mail broke the program that looks at it first. It was not opened and is kept as it \
                 came."
                    .into()
            }
            Noticed::SmimeNames(name) => {
                format!("The S/MIME signature comes with a certificate that says it is of {name}. Nobody has checked it; it proves nothing.")
            }
            Noticed::SmimeInside => {
                "The mail lies inside an S/MIME signature or packing, and is not encrypted. It is kept as smime.p7m; it was \
                 neither opened nor checked."
                    .into()
            }
            Noticed::Winmail => "The mail holds winmail.dat, Outlook's packing of files; it is kept as it is.".into(),
            Noticed::Invitation => "The mail holds a calendar invitation; it is kept as a file.".into(),
            Noticed::MoreFiles(count) => {
                format!("{count} more files of the mail are past the limit; they are in message.eml.")
            }
            Noticed::HtmlOnly => "The mail has no plain text; its HTML is shown as text.".into(),
        }
    }

    /// Whether it is how a forgery looks: such a mail is never taken for a known sender's.
    pub fn is_suspicious(&self) -> bool {
        matches!(self, Noticed::SeveralFrom(_) | Noticed::NoFrom | Noticed::SeveralTypes | Noticed::Utf7 | Noticed::Nul)
    }
}

impl Letter {
    /// The text as one, with quotes and signature in their places.
    pub fn whole(&self) -> String {
        text::whole(&self.text)
    }

    /// What is newly said: each quoted passage is one line that says so, and the signature is left out.
    pub fn fresh(&self) -> String {
        text::fresh(&self.text)
    }

    /// Takes out what only whoever has keys may say. A reader that was taken over may have said it.
    pub(super) fn as_told(&mut self) {
        self.protection.clear();
        self.encrypted = false;
        for Passage::Said(text) | Passage::Quoted(text) | Passage::Signature(text) in &mut self.text {
            *text = candor_core::protected::plain(text);
        }
    }

    /// Takes over a text, and what is odd about it and its files: whether it was made from HTML, and how many files are past
    /// the limit.
    fn say(&mut self, text: &str, cut: bool, noticed: Vec<Noticed>, (html, more): (bool, usize)) {
        self.text = text::passages(text);
        if cut {
            self.text.push(Passage::Said(GOES_ON.to_owned()));
        }
        let html = html.then_some(Noticed::HtmlOnly);
        let more = (more > 0).then_some(Noticed::MoreFiles(more));
        for noticed in noticed.into_iter().chain(html).chain(more) {
            if !self.noticed.contains(&noticed) {
                self.noticed.push(noticed);
            }
        }
    }

    /// Whether it looks like a forgery.
    pub fn is_suspicious(&self) -> bool {
        self.noticed.iter().any(Noticed::is_suspicious)
    }
}

/// Reads a mail with what is needed to open and check its parts, all of it in this process. Never fails.
pub fn read_with(raw: &[u8], limits: &Limits, ring: &openpgp::Ring, judge: &openpgp::Judge<'_>) -> Letter {
    openpgp::opened(&Arc::new(raw.to_vec()), limits, ring, &openpgp::answered_here, judge)
        .unwrap_or_else(|_| read(raw, limits))
}

/// Reads a mail. Never fails: what cannot be read is said in the letter.
pub fn read(raw: &[u8], limits: &Limits) -> Letter {
    let (mut letter, _) = headed(raw, limits);
    if letter.over.is_some() {
        return letter;
    }
    match parts::walk(raw, limits, None) {
        Ok(found) => {
            letter.files = found.files;
            letter.say(&found.text, found.cut, found.noticed, (found.html, found.more));
        }
        Err(over) => letter.over = Some(over),
    }
    letter
}

/// What the header of a mail says, and what is odd about its bytes.
fn headed(raw: &[u8], limits: &Limits) -> (Letter, Head) {
    let mut letter = Letter::default();
    let head = match Head::read(raw, limits.header) {
        Ok(head) => head,
        Err(head) => {
            letter.over = Some(Over::Header);
            head
        }
    };
    letter.body_at = head.body_at;
    heading(&mut letter, &head);
    if raw.contains(&0) {
        letter.noticed.push(Noticed::Nul);
    }
    if head::mixes_line_ends(raw) {
        letter.noticed.push(Noticed::MixedLineEnds);
    }
    (letter, head)
}

/// The header lines of a mail, unfolded and in order; names in lower case.
pub(super) fn unfolded(raw: &[u8]) -> Vec<(String, String)> {
    let (Ok(head) | Err(head)) = Head::read(raw, Limits::default().header);
    head.into_fields()
}

/// What the header says.
fn heading(letter: &mut Letter, head: &Head) {
    let decoded = MessageParser::default().parse_headers(&head.bytes[..]);
    if let Some(message) = &decoded {
        letter.subject = message
            .header_values(HeaderName::Subject)
            .find_map(HeaderValue::as_text)
            .map(super::address::display_line)
            .unwrap_or_default();
        letter.from = message.header_values(HeaderName::From).next().and_then(|value| {
            let first = value.as_address()?.first()?;
            Some(Mailbox {
                name: super::address::display_name(first.name().unwrap_or_default()),
                address: first.address()?.trim().to_owned(),
            })
        });
        letter.written = message.date().and_then(|date| Timestamp::from_second(date.to_timestamp()).ok());
        for name in [HeaderName::To, HeaderName::Cc] {
            for value in message.header_values(name) {
                letter.to.extend(addresses(value));
            }
        }
        if head.all("to").count() == 1 {
            letter.signed_to = message.header_values(HeaderName::To).flat_map(addresses).take(200).collect();
        }
    }
    for name in ["delivered-to", "x-original-to", "envelope-to"] {
        letter.to.extend(head.all(name).map(|value| value.trim().trim_matches(['<', '>']).to_owned()));
    }
    letter.to.truncate(200);
    letter.message_id = head.ids("message-id").into_iter().next().unwrap_or_default();
    letter.answers = head.ids("in-reply-to");
    letter.answers.extend(head.ids("references"));
    letter.answers.truncate(100);
    letter.own_mark = head.all("x-candor-letter").next().unwrap_or_default().to_owned();
    letter.hops = head.all("received").count();
    letter.from_list = letter.from.as_ref().is_some_and(|from| is_list(head, &from.address));
    letter.automatic = automatic(head, letter.from.as_ref());
    match head.all("from").count() {
        0 | 1 if letter.from.as_ref().is_none_or(|from| from.address.is_empty()) => {
            letter.noticed.push(Noticed::NoFrom)
        }
        0 | 1 => {}
        count => letter.noticed.push(Noticed::SeveralFrom(count)),
    }
    let subjects = head.all("subject").count();
    if subjects > 1 {
        letter.noticed.push(Noticed::SeveralSubjects(subjects));
    }
    if let Some(from) = &letter.from
        && let Some(shown) = from.name.split_whitespace().find(|word| word.contains('@') && word.contains('.'))
        && !shown.trim_matches(|c: char| !c.is_alphanumeric()).eq_ignore_ascii_case(from.address.trim())
    {
        letter.noticed.push(Noticed::NameIsAddress);
    }
}

fn addresses(value: &HeaderValue<'_>) -> Vec<String> {
    let lists = value.as_address().into_iter();
    lists.flat_map(|list| list.iter()).filter_map(|it| it.address()).map(str::to_owned).collect()
}

/// Whether an address is the one of the mailing list that a mail came through (RFC 2369, RFC 2919).
fn is_list(head: &Head, address: &str) -> bool {
    let (post, id) = (format!("mailto:{}", address.trim()), address.trim().replace('@', "."));
    let names = |name, wanted: &str| {
        let words = head.all(name).flat_map(|value| value.split(['<', '>', '?', ',', ' ']));
        words.into_iter().any(|word| word.eq_ignore_ascii_case(wanted))
    };
    names("list-post", &post) || names("list-id", &id)
}

/// Whether a program wrote it (RFC 3834, and what is found in use).
fn automatic(head: &Head, from: Option<&Mailbox>) -> Option<Automatic> {
    let lower = |name: &str| head.all(name).next().map(|value| value.trim().to_ascii_lowercase());
    if head.all("x-candor-letter").next().is_some() {
        return Some(Automatic::Own);
    }
    let local = from.and_then(|from| from.address.rsplit_once('@')).map(|(local, _)| local.to_ascii_lowercase());
    let local = local.as_deref().unwrap_or_default();
    if lower("return-path").is_some_and(|path| path == "<>")
        || matches!(local, "mailer-daemon" | "postmaster")
        || lower("content-type").is_some_and(|kind| kind.starts_with("multipart/report"))
    {
        return Some(Automatic::Bounce);
    }
    if lower("auto-submitted").is_some_and(|value| !value.is_empty() && value != "no")
        || ["x-autoreply", "x-autorespond"].into_iter().any(|name| head.all(name).next().is_some())
        || lower("precedence").is_some_and(|value| value.starts_with("auto"))
        || lower("x-auto-response-suppress").is_some_and(|value| value.contains("all") || value.contains("autoreply"))
    {
        return Some(Automatic::Reply);
    }
    if lower("precedence").is_some_and(|value| matches!(value.as_str(), "bulk" | "list" | "junk"))
        || ["list-id", "list-post", "list-unsubscribe"].into_iter().any(|name| head.all(name).next().is_some())
    {
        return Some(Automatic::List);
    }
    let plain: String = local.chars().filter(char::is_ascii_alphanumeric).collect();
    matches!(plain.as_str(), "noreply" | "donotreply").then_some(Automatic::NoReply)
}
