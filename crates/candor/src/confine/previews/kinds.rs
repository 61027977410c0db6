//! What a file is, by its bytes alone, and what else it would pass for.

use image::ImageFormat;

use super::{pictures, text};
use crate::openpgp::{Kind, armor, packets};

/// How a file is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As a picture.
    Picture(ImageFormat),
    /// As a ZIP archive.
    Zip,
    /// As what gzip holds.
    Gzip,
    /// As a mail.
    Mail,
    /// As text.
    Text,
    /// Not at all, and not even its bytes are shown.
    Hidden,
    /// As bytes.
    Other,
}

/// What a file is.
#[derive(Debug)]
pub(super) struct What {
    /// How it is taken apart.
    pub form: Form,
    /// In words.
    pub words: String,
    /// What to be careful about; sentences.
    pub warnings: Vec<String>,
}

/// The part of the test file of virus scanners that no other file has, <https://www.eicar.org/download-anti-malware-testfile/>.
const EICAR: &[u8] = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!";
/// Bytes in which the beginning of a PDF file may stand, as its readers take it.
const PDF_WITHIN: usize = 1024;

/// First bytes of what is shown as bytes, and what it is.
const MAGIC: [(&[u8], &str); 48] = [
    (b"\x7fELF", "program or library for Linux and others (ELF)"),
    (b"MZ", "program or library for Windows (PE)"),
    (b"\xfe\xed\xfa\xce", "program for macOS (Mach-O)"),
    (b"\xfe\xed\xfa\xcf", "program for macOS (Mach-O)"),
    (b"\xce\xfa\xed\xfe", "program for macOS (Mach-O)"),
    (b"\xcf\xfa\xed\xfe", "program for macOS (Mach-O)"),
    (b"\0asm", "WebAssembly program"),
    (b"dex\n", "Android program (DEX)"),
    (b"!<arch>\n", "archive of programs or Debian package (ar)"),
    (b"\xed\xab\xee\xdb", "RPM package"),
    (b"L\0\0\0\x01\x14\x02\0", "Windows shortcut"),
    (b"ITSF", "Windows help file (CHM)"),
    (b"\xd4\xc3\xb2\xa1", "recorded network traffic (PCAP)"),
    (b"\xa1\xb2\xc3\xd4", "recorded network traffic (PCAP)"),
    (b"\x4d\x3c\xb2\xa1", "recorded network traffic (PCAP)"),
    (b"\x0a\x0d\x0d\x0a", "recorded network traffic (PCAPNG)"),
    (b"MDMP", "memory dump of a Windows program"),
    (b"PAGEDU", "memory dump of Windows"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"\xfd7zXZ\0", "XZ archive"),
    (b"BZh", "bzip2 archive"),
    (b"\x28\xb5\x2f\xfd", "Zstandard archive"),
    (b"\x04\x22\x4d\x18", "LZ4 archive"),
    (b"MSCF", "Windows cabinet archive"),
    (b"hsqs", "SquashFS file system"),
    (b"LUKS\xba\xbe", "encrypted disk (LUKS)"),
    (b"QFI\xfb", "disk of a virtual machine (QCOW)"),
    (b"KDMV", "disk of a virtual machine (VMDK)"),
    (b"PACK\0\0\0", "Git pack"),
    (b"# v2 git bundle", "Git bundle"),
    (b"# v3 git bundle", "Git bundle"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office document (OLE)"),
    (b"{\\rtf", "RTF document"),
    (b"%!PS", "PostScript document"),
    (b"II*\0", "TIFF picture"),
    (b"MM\0*", "TIFF picture"),
    (b"8BPS", "Photoshop picture"),
    (b"\0\0\x01\0", "Windows icon"),
    (b"\x1a\x45\xdf\xa3", "Matroska or WebM video"),
    (b"OggS", "Ogg sound or video"),
    (b"ID3", "MP3 sound"),
    (b"fLaC", "FLAC sound"),
    (b"RIFF", "sound or video (RIFF)"),
    (b"wOF2", "font (WOFF2)"),
    (b"OTTO", "font (OpenType)"),
    (b"\0\x01\0\0\0", "font (TrueType)"),
];

/// Looks at the bytes of a file.
pub(super) fn look(bytes: &[u8]) -> What {
    let (form, words) = kind(bytes);
    What { form, warnings: warnings(bytes, form, &words), words }
}

fn kind(bytes: &[u8]) -> (Form, String) {
    let (form, words) = match picture(bytes) {
        Some(format) => (Form::Picture(format), "picture"),
        None if [&b"PK\x03\x04"[..], b"PK\x05\x06"].iter().any(|magic| bytes.starts_with(magic)) => {
            (Form::Zip, "ZIP archive")
        }
        None if bytes.starts_with(b"\x1f\x8b\x08") => (Form::Gzip, "gzip archive"),
        None if bytes.trim_ascii_start().starts_with(b"%PDF-") => (Form::Other, "PDF document"),
        None if is_class(bytes) => (Form::Other, "Java class"),
        None if bytes.get(257..262) == Some(b"ustar") => (Form::Other, "tar archive"),
        None if bytes.get(4..8) == Some(b"ftyp") => (Form::Other, "video, sound or picture (MP4, HEIF)"),
        None => match openpgp(bytes) {
            Some(Kind::SecretKey) => (Form::Hidden, "OpenPGP secret key"),
            Some(kind) => (if text::is_text(bytes) { Form::Text } else { Form::Other }, openpgp_words(kind)),
            None => match MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
                Some((_, words)) => (Form::Other, *words),
                None if text::is_text(bytes) && is_mail(bytes) => (Form::Mail, "mail"),
                None if text::is_text(bytes) => (Form::Text, text_kind(bytes)),
                None if is_pdf(bytes) => (Form::Other, "PDF document"),
                None if text::utf16(bytes).is_none() && bytes.starts_with(b"\xff\xfb") => (Form::Other, "MP3 sound"),
                None => (Form::Other, "unknown kind"),
            },
        },
    };
    (form, words.to_owned())
}

fn picture(bytes: &[u8]) -> Option<ImageFormat> {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    if begins(b"\x89PNG\r\n\x1a\n") {
        Some(ImageFormat::Png)
    } else if begins(b"\xff\xd8\xff") {
        Some(ImageFormat::Jpeg)
    } else if begins(b"GIF87a") || begins(b"GIF89a") {
        Some(ImageFormat::Gif)
    } else if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some(ImageFormat::WebP)
    } else {
        None
    }
}

fn is_pdf(bytes: &[u8]) -> bool {
    holds(&bytes[..bytes.len().min(PDF_WITHIN)], b"%PDF-")
}

/// A Java class has its version where a program for several machines of macOS counts them.
fn is_class(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xca\xfe\xba\xbe") && bytes.get(6..8).is_some_and(|major| major >= &[0, 45][..])
}

/// What of OpenPGP a file begins with.
fn openpgp(bytes: &[u8]) -> Option<Kind> {
    use packets::tag;
    if bytes.first().is_some_and(|first| first & 0x80 != 0) {
        let found = packets::walk(bytes, 10_000).ok()?;
        return match found.first()?.tag {
            tag::PUBLIC_KEY => Some(Kind::PublicKey),
            tag::SECRET_KEY => Some(Kind::SecretKey),
            tag::SIGNATURE => Some(Kind::Signature),
            // Session keys for a public key or a password.
            1 | 3 => Some(Kind::Message),
            _ => None,
        };
    }
    // A secret key is not shown wherever it stands; anything else counts where the file begins with it.
    let found = armor::blocks(bytes, 20);
    let secret = found.iter().find(|block| block.kind == Kind::SecretKey);
    let first = found.first().filter(|block| bytes[..block.start].trim_ascii().is_empty());
    secret.or(first).map(|block| block.kind)
}

fn openpgp_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Message => "encrypted OpenPGP message",
        Kind::Signature => "OpenPGP signature",
        Kind::Cleartext => "text signed with OpenPGP",
        Kind::PublicKey => "OpenPGP public key",
        Kind::SecretKey => "OpenPGP secret key",
    }
}

/// Whether a text begins with the header of a mail.
fn is_mail(bytes: &[u8]) -> bool {
    let head = bytes[..bytes.len().min(16 << 10)].split(|byte| *byte == b'\n').map_while(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        (!line.is_empty()).then_some(line)
    });
    let (mut from, mut others) = (false, 0);
    for line in head {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
        let name = line[..colon].to_ascii_lowercase();
        if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
            return false;
        }
        from |= name == b"from";
        let of_mail: [&[u8]; 7] =
            [b"date", b"message-id", b"mime-version", b"received", b"return-path", b"content-type", b"to"];
        others += usize::from(of_mail.contains(&name.as_slice()));
    }
    from && others >= 2
}

/// What a text is, by its beginning.
fn text_kind(bytes: &[u8]) -> &'static str {
    let head: String = match text::utf16(&bytes[..bytes.len().min(8192) & !1]) {
        Some(text) => text,
        None => String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned(),
    };
    let head = head.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    let begins = |begin: &str| head.starts_with(begin);
    // A page, a drawing or other XML begins with a tag of its own, a declaration or a remark.
    let tag = |name: &str| head.strip_prefix('<').is_some_and(|rest| rest.starts_with(name));
    if tag("svg") || (tag("?xml") || tag("!--") || tag("!doctype svg")) && head.contains("<svg") {
        "SVG picture, shown as its source"
    } else if tag("!doctype html") || tag("html") || head.contains("<script") || head.contains("<body") {
        "HTML page, shown as its source"
    } else if tag("?xml") || tag("!doctype") {
        "XML, shown as its source"
    } else if begins("#!") {
        "script, shown as text"
    } else if begins("diff --git") || begins("--- a/") || begins("from ") && head.contains("\ndiff --git") {
        "patch"
    } else if begins("{") || begins("[") {
        "text, perhaps JSON"
    } else if begins("-----begin ") && head.contains("private key-----") {
        "private key, as text"
    } else {
        "text"
    }
}

fn warnings(bytes: &[u8], form: Form, words: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |holds: bool, words: &str| {
        if holds {
            warnings.push(words.to_owned());
        }
    };
    let has = |what: &[u8]| holds(bytes, what);
    warn(has(EICAR), "EICAR test file: it does nothing, and virus scanners take it for a virus.");
    warn(form == Form::Hidden, "Somebody sent their secret key. It is not shown. Tell them to replace it.");
    warn(
        words.starts_with("encrypted OpenPGP"),
        "It is encrypted: what it says is seen only by those who have its keys.",
    );
    let runs = ["program", "Java", "Windows shortcut", "script", "RPM", "Windows help"];
    warn(runs.iter().any(|kind| words.starts_with(kind)), "It can be run. Nothing here runs it.");
    if words == "PDF document" {
        warn(has(b"/JavaScript") || has(b"/JS"), "The PDF names a script.");
        warn(has(b"/OpenAction") || has(b"/Launch"), "The PDF wants to do something when it is opened.");
        warn(has(b"/EmbeddedFile"), "The PDF holds other files.");
        warn(has(b"/Encrypt"), "The PDF is encrypted.");
        warn(!bytes.starts_with(b"%PDF-"), "Something else stands before the PDF.");
    }
    if let Form::Picture(format) = form {
        let after = pictures::end(bytes, format).map_or(0, |end| bytes.len().saturating_sub(end));
        warn(after > 0, "Something else stands behind the picture. It is not shown.");
        warn(
            has_script(bytes),
            "There is HTML or script in it, which a browser might run if it were opened as a page.",
        );
    } else if is_pdf(bytes) && words != "PDF document" {
        warn(true, "It passes for a PDF document as well.");
    }
    warn(form != Form::Zip && is_zip_as_well(bytes), "It passes for a ZIP archive as well.");
    warnings
}

/// Whether programs that look for the directory of an archive at the end of a file find one.
fn is_zip_as_well(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(66_000)..];
    holds(tail, b"PK\x05\x06") && holds(bytes, b"PK\x01\x02")
}

fn has_script(bytes: &[u8]) -> bool {
    let begins = |part: &[u8], word: &[u8]| part.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
    (0..bytes.len()).any(|at| match bytes[at] {
        b'<' => [&b"script"[..], b"html", b"?php"].iter().any(|word| begins(&bytes[at + 1..], word)),
        b'j' | b'J' => begins(&bytes[at..], b"javascript:"),
        _ => false,
    })
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    let Some((first, _)) = what.split_first() else { return true };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        rest = &rest[at..];
        if rest.starts_with(what) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}
