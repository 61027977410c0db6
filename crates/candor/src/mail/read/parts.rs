//! The tree of a mail, walked within a budget. Headers and charsets are read by the parser crate; the tree is walked
//! here, because its depth and breadth must have an end.

use super::openpgp::{KEYS, canonical};
use super::pieces::{Collector, without_places};
use super::{Attached, Limits, Noticed, Over, Protection, base64, html, quoted_printable, text};
use candor_core::protected;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::{HeaderName, MessageParser, MimeHeaders};

/// Largest header of a part.
const PART_HEADER: usize = 64 * 1024;

/// Bytes of text that are taken apart, far more than is shown of a mail; the rest is in the raw message alone.
pub(super) const TEXT: usize = 1_000_000;
/// Bytes of a part that text is made from: some charsets and HTML need several for one character.
const TEXT_PART: usize = 4 * TEXT;

/// Cuts a text to `limit` bytes at most, between two characters. Whether there was more.
pub(super) fn cut(text: &mut String, limit: usize) -> bool {
    if text.len() <= limit {
        return false;
    }
    text.truncate(text.floor_char_boundary(limit));
    true
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) text: String,
    /// The text goes on in the raw message.
    pub(super) cut: bool,
    pub(super) files: Vec<Attached>,
    pub(super) noticed: Vec<Noticed>,
    /// Certificates that lie with it.
    pub(super) keys: Vec<Vec<u8>>,
    /// Whether text was made from HTML.
    pub(super) html: bool,
    /// Files past the limit.
    pub(super) more: usize,
    /// Parts that were counted.
    pub(super) parts: usize,
}

/// Walks a whole message; `collector` takes what is protected with OpenPGP, and a place stands for it in the text.
pub(super) fn walk(raw: &[u8], limits: &Limits, collector: Option<&Collector<'_>>) -> Result<Found, Over> {
    let mut walk = Walk { limits, collector, parts: 0, more: 0, html_shown: false, all: true, found: Found::default() };
    let said = walk.entity(raw, 0, "text/plain", false)?;
    walk.found.text = said.text;
    walk.found.cut = said.cut | cut(&mut walk.found.text, TEXT);
    walk.found.html = walk.html_shown;
    walk.found.more = walk.more;
    walk.found.parts = walk.parts;
    Ok(walk.found)
}

struct Walk<'a> {
    limits: &'a Limits,
    collector: Option<&'a Collector<'a>>,
    parts: usize,
    more: usize,
    html_shown: bool,
    /// Whether the part that is read now is all of the mail.
    all: bool,
    found: Found,
}

/// The text of a part, and whether it was made from HTML.
#[derive(Debug, Default)]
struct Said {
    text: String,
    from_html: bool,
    cut: bool,
}

/// What the header of a part says.
struct Kind {
    main: String,
    sub: String,
    boundary: Option<String>,
    charset: Option<String>,
    flowed: bool,
    delsp: bool,
    protocol: String,
    /// What an S/MIME part says it is, such as `enveloped-data`.
    smime: String,
    coding: String,
    attached: bool,
    name: Option<String>,
    body_at: usize,
}

impl Kind {
    fn full(&self) -> String {
        format!("{}/{}", self.main, self.sub)
    }

    fn read(entity: &[u8], header: usize, default: &str, noticed: &mut Vec<Noticed>) -> Self {
        let (main, sub) = default.split_once('/').unwrap_or(("text", "plain"));
        let mut kind = Self {
            main: main.into(),
            sub: sub.into(),
            boundary: None,
            charset: None,
            flowed: false,
            delsp: false,
            protocol: String::new(),
            smime: String::new(),
            coding: String::new(),
            attached: false,
            name: None,
            body_at: 0,
        };
        let head = match super::head::Head::read(entity, header) {
            Ok(head) => head,
            Err(_) => {
                // Without an end of its header it is shown as it stands.
                noticed.push(Noticed::BrokenPart);
                return kind;
            }
        };
        kind.body_at = head.body_at;
        if ["content-type", "content-transfer-encoding"].into_iter().any(|name| head.all(name).count() > 1) {
            noticed.push(Noticed::SeveralTypes);
        }
        let Some(message) = MessageParser::new().with_mime_headers().parse_headers(&head.bytes[..]) else {
            return kind;
        };
        let Some(part) = message.parts.first() else { return kind };
        // The first of several, here as everywhere.
        let first = |name: HeaderName<'static>| message.header_values(name).next();
        if let Some(found) = first(HeaderName::ContentType).and_then(|value| value.as_content_type()) {
            kind.main = found.ctype().to_ascii_lowercase();
            kind.sub = found.subtype().unwrap_or_default().to_ascii_lowercase();
            kind.boundary = found.attribute("boundary").map(str::to_owned).filter(|it| !it.is_empty());
            kind.charset = found.attribute("charset").map(str::to_owned);
            kind.flowed = found.attribute("format").is_some_and(|it| it.eq_ignore_ascii_case("flowed"));
            kind.delsp = found.attribute("delsp").is_some_and(|it| it.eq_ignore_ascii_case("yes"));
            kind.protocol = found.attribute("protocol").unwrap_or_default().to_ascii_lowercase();
            kind.smime = found.attribute("smime-type").unwrap_or_default().to_ascii_lowercase();
        }
        kind.coding = first(HeaderName::ContentTransferEncoding)
            .and_then(|value| value.as_text())
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        kind.attached = part.content_disposition().is_some_and(|it| it.is_attachment());
        kind.name = part.attachment_name().map(super::super::address::display_name).filter(|name| !name.is_empty());
        kind
    }
}

impl Walk<'_> {
    /// Reads one part and what lies in it. `alternative`: one of several forms of the same, of which one is shown.
    fn entity(&mut self, entity: &[u8], depth: usize, default: &str, alternative: bool) -> Result<Said, Over> {
        self.parts += 1;
        if self.parts > self.limits.parts {
            return Err(Over::Parts);
        }
        if depth > self.limits.depth {
            return Err(Over::Depth);
        }
        // What lies in it is a part of the mail, unless it is said below that it is all.
        let all = std::mem::take(&mut self.all);
        let header = if depth == 0 { self.limits.header } else { PART_HEADER };
        let kind = Kind::read(entity, header, default, &mut self.found.noticed);
        let body = &entity[kind.body_at..];
        if kind.main == "multipart" {
            return self.multipart(&kind, body, depth, all);
        }
        let decoded = match kind.coding.as_str() {
            "base64" => base64(body),
            "quoted-printable" => quoted_printable(body, false),
            _ => body.to_vec(),
        };
        let is_text = kind.main == "text" && matches!(kind.sub.as_str(), "plain" | "html" | "");
        if is_text && !kind.attached && (kind.name.is_none() || alternative) {
            return Ok(self.text(&kind, &decoded, depth, all));
        }
        self.file(&kind, decoded);
        Ok(Said::default())
    }

    fn multipart(&mut self, kind: &Kind, body: &[u8], depth: usize, all: bool) -> Result<Said, Over> {
        let parts = kind
            .boundary
            .as_ref()
            .map(|boundary| split(body, boundary.as_bytes(), self.limits.parts))
            .unwrap_or_default();
        if parts.is_empty() {
            self.found.noticed.push(Noticed::BrokenPart);
            return Ok(self.text(kind, body, depth, false));
        }
        if parts.len() > self.limits.parts {
            return Err(Over::Parts);
        }
        let protection = if kind.protocol.contains("pgp") { Protection::OpenPgp } else { Protection::Smime };
        if let Some(collector) = self.collector.filter(|_| protection == Protection::OpenPgp && parts.len() >= 2) {
            match kind.sub.as_str() {
                "encrypted" => return self.encrypted(collector, &parts, depth, all),
                "signed" => return self.signed(collector, &parts, depth, all),
                _ => {}
            }
        }
        match kind.sub.as_str() {
            "encrypted" => self.found.noticed.push(Noticed::Encrypted(protection)),
            "signed" => {
                self.found.noticed.push(Noticed::Signed(protection));
                if let Some(signature) = parts.get(1).filter(|_| protection == Protection::Smime) {
                    let signature = self.decoded(signature);
                    self.found.noticed.extend(super::smime::claimed(&signature).map(Noticed::SmimeNames));
                }
            }
            _ => {}
        }
        let default = if kind.sub == "digest" { "message/rfc822" } else { "text/plain" };
        let alternative = kind.sub == "alternative";
        let mut said: Vec<Said> = Vec::new();
        let shown_before = self.html_shown;
        for part in parts {
            said.push(self.entity(part, depth + 1, default, alternative)?);
        }
        said.retain(|it| it.cut || !it.text.trim().is_empty());
        if alternative {
            // Plain text if there is any; what HTML says beside it is in the raw message.
            let chosen = said.iter().position(|it| !it.from_html).unwrap_or(0);
            self.html_shown = shown_before || said.get(chosen).is_some_and(|it| it.from_html);
            return Ok(if said.is_empty() { Said::default() } else { said.swap_remove(chosen) });
        }
        let from_html = !said.is_empty() && said.iter().all(|it| it.from_html);
        let cut = said.iter().any(|it| it.cut);
        let texts: Vec<String> = said.into_iter().map(|it| it.text.trim_end().to_owned()).collect();
        Ok(Said { text: texts.join("\n\n"), from_html, cut })
    }

    /// An encrypted part (RFC 3156, section 4): its version, the message, and what should not be there.
    fn encrypted(&mut self, collector: &Collector<'_>, parts: &[&[u8]], depth: usize, all: bool) -> Result<Said, Over> {
        self.parts += 2;
        let message = self.decoded(parts[1]);
        let place = collector.encrypted(message, all && parts.len() == 2, depth, self.found.files.len());
        self.beside(place, &parts[2..], depth)
    }

    /// A signed part (RFC 3156, section 5): what is signed, the signature, and what should not be there.
    fn signed(&mut self, collector: &Collector<'_>, parts: &[&[u8]], depth: usize, all: bool) -> Result<Said, Over> {
        self.parts += 1;
        let signature = self.decoded(parts[1]);
        let all = all && parts.len() == 2;
        let place = collector.signed(canonical(parts[0]), &signature, all, depth, self.found.files.len());
        self.beside(place, &parts[2..], depth)
    }

    /// What is protected, and then what stands beside it.
    fn beside(&mut self, mut text: String, more: &[&[u8]], depth: usize) -> Result<Said, Over> {
        for part in more {
            text.push('\n');
            text.push_str(&self.entity(part, depth + 1, "text/plain", false)?.text);
        }
        Ok(Said { text, ..Said::default() })
    }

    /// The body of a part without its transfer coding.
    fn decoded(&mut self, part: &[u8]) -> Vec<u8> {
        let kind = Kind::read(part, PART_HEADER, "application/octet-stream", &mut self.found.noticed);
        let body = &part[kind.body_at..];
        match kind.coding.as_str() {
            "base64" => base64(body),
            "quoted-printable" => quoted_printable(body, false),
            _ => body.to_vec(),
        }
    }

    fn text(&mut self, kind: &Kind, bytes: &[u8], depth: usize, all: bool) -> Said {
        let over = bytes.len() > TEXT_PART;
        let bytes = &bytes[..bytes.len().min(TEXT_PART)];
        let charset = kind.charset.as_deref().map(|name| name.trim().to_ascii_lowercase());
        let utf8 = charset.as_deref().is_none_or(|name| matches!(name, "utf-8" | "utf8" | "us-ascii" | ""));
        let decoded = match charset.as_deref() {
            _ if utf8 => String::from_utf8_lossy(bytes).into_owned(),
            // Not read as such: it exists to hide text.
            Some("utf-7" | "unicode-1-1-utf-7") => {
                self.found.noticed.push(Noticed::Utf7);
                String::from_utf8_lossy(bytes).into_owned()
            }
            Some(name) => match charset_decoder(name.as_bytes()) {
                Some(decode) => decode(bytes),
                None => {
                    self.found.noticed.push(Noticed::UnknownCharset);
                    String::from_utf8_lossy(bytes).into_owned()
                }
            },
            None => String::from_utf8_lossy(bytes).into_owned(),
        };
        let mut decoded: String =
            decoded.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect();
        // What is longer than what is read of it is not all read.
        let (whole, flowed) = (all && !over, kind.flowed.then_some(kind.delsp));
        let here = (depth, self.found.files.len());
        let placed = self.collector.filter(|_| kind.sub != "html");
        if let Some(placed) = placed.and_then(|collector| collector.text(&decoded, whole, flowed, here)) {
            decoded = protected::plain(&placed);
        } else if decoded.contains("-----BEGIN PGP MESSAGE-----") {
            self.found.noticed.push(Noticed::Encrypted(Protection::OpenPgp));
            decoded = protected::plain(&decoded);
        } else {
            if decoded.contains("-----BEGIN PGP SIGNED MESSAGE-----") {
                self.found.noticed.push(Noticed::Signed(Protection::OpenPgp));
            }
            decoded = protected::plain(&decoded);
        }
        if kind.main == "text" && kind.sub == "html" {
            self.html_shown = true;
            // An entity may stand for any character.
            let mut text = without_places(&protected::plain(&html::to_text(&decoded)));
            let cut = over | (decoded.len() > html::LONGEST) | cut(&mut text, TEXT);
            return Said { text, from_html: true, cut };
        }
        let cut = over | cut(&mut decoded, TEXT);
        let text = if kind.flowed { text::unflow(&decoded, kind.delsp) } else { decoded };
        Said { text, from_html: false, cut }
    }

    fn file(&mut self, kind: &Kind, bytes: Vec<u8>) {
        let full = kind.full();
        match full.as_str() {
            "text/calendar" => self.found.noticed.push(Noticed::Invitation),
            "application/ms-tnef" | "application/vnd.ms-tnef" => self.found.noticed.push(Noticed::Winmail),
            "application/pkcs7-mime" | "application/x-pkcs7-mime"
                if matches!(kind.smime.as_str(), "signed-data" | "compressed-data") =>
            {
                self.found.noticed.push(Noticed::SmimeInside);
                self.found.noticed.extend(super::smime::claimed(&bytes).map(Noticed::SmimeNames));
            }
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                self.found.noticed.push(Noticed::Encrypted(Protection::Smime));
            }
            "application/pgp-keys" if self.found.keys.len() < KEYS => self.found.keys.push(bytes.clone()),
            // Many programs know no type for it.
            _ if self.found.keys.len() < KEYS && is_key(kind.name.as_deref(), &bytes) => {
                self.found.keys.push(bytes.clone())
            }
            _ => {}
        }
        if self.found.files.len() >= self.limits.files {
            self.more += 1;
            return;
        }
        let name = kind.name.clone().unwrap_or_else(|| made_name(&full, self.found.files.len() + 1));
        self.found.files.push(Attached { name, kind: full, bytes });
    }
}

/// Whether a file is somebody's public key, by its name and its first line.
fn is_key(name: Option<&str>, bytes: &[u8]) -> bool {
    name.is_some_and(|name| name.to_ascii_lowercase().ends_with(".asc"))
        && bytes.trim_ascii_start().starts_with(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")
}

/// The subject inside a protected part, if its header says that it is one.
pub(super) fn protected_subject(inside: &[u8]) -> Option<String> {
    let head = super::head::Head::read(inside, PART_HEADER).ok()?;
    let message = MessageParser::default().parse_headers(&head.bytes[..])?;
    message.header_values(HeaderName::Subject).find_map(|value| value.as_text()).map(protected::plain)
}

/// The addresses inside a protected part, if its header names any.
pub(super) fn protected_to(inside: &[u8]) -> Vec<String> {
    let Ok(head) = super::head::Head::read(inside, PART_HEADER) else { return Vec::new() };
    let Some(message) = MessageParser::default().parse_headers(&head.bytes[..]) else { return Vec::new() };
    let named = [HeaderName::To, HeaderName::Cc].into_iter().flat_map(|name| message.header_values(name));
    let all = named.filter_map(|value| value.as_address()).flat_map(|list| list.iter());
    all.filter_map(|it| it.address()).map(str::to_owned).take(200).collect()
}

/// A name for a file that has none.
fn made_name(kind: &str, number: usize) -> String {
    match kind {
        "message/rfc822" | "message/global" => format!("forwarded-{number}.eml"),
        "message/delivery-status" => "delivery-status.txt".into(),
        "text/calendar" => "invitation.ics".into(),
        "application/ms-tnef" | "application/vnd.ms-tnef" => "winmail.dat".into(),
        "application/pgp-encrypted" => "version.txt".into(),
        "application/pgp-signature" => "signature.asc".into(),
        "application/pgp-keys" => "key.asc".into(),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m".into(),
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "smime.p7s".into(),
        _ => {
            let end = match kind.rsplit('/').next().unwrap_or_default() {
                end @ ("png" | "jpeg" | "gif" | "webp" | "pdf" | "zip" | "json" | "xml" | "html" | "csv") => end,
                "plain" => "txt",
                "x-patch" | "x-diff" => "patch",
                _ => "bin",
            };
            format!("file-{number}.{end}")
        }
    }
}

/// The parts of a multipart body: what stands between lines of two dashes and the boundary (RFC 2046, section 5.1.1).
/// Stops one past `most`.
fn split<'a>(body: &'a [u8], boundary: &[u8], most: usize) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut begun: Option<usize> = None;
    let mut at = 0;
    while at < body.len() {
        let end = body[at..].iter().position(|byte| *byte == b'\n').map_or(body.len(), |length| at + length + 1);
        let line = body[at..end].trim_ascii_end();
        if let Some(rest) = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary))
            && (rest.is_empty() || rest == b"--")
        {
            if let Some(from) = begun {
                parts.push(without_end(&body[from..at]));
            }
            if rest == b"--" || parts.len() > most {
                return parts;
            }
            begun = Some(end);
        }
        at = end;
    }
    if let Some(from) = begun {
        parts.push(&body[from..]);
    }
    parts
}

/// The line end before a boundary belongs to the boundary.
fn without_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}
