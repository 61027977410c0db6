use std::io::{Cursor, Write as _};

use image::{DynamicImage, ImageFormat, RgbImage};
use proptest::prelude::*;

use super::*;

/// Stands in for the reading of mail, which has its own tests.
fn mail_words(raw: &[u8]) -> MailWords {
    MailWords { text: String::from_utf8_lossy(raw).into_owned(), warnings: vec!["Unchecked.".into()] }
}

fn seen(bytes: &[u8]) -> Preview {
    let preview = of(bytes, mail_words);
    let again = understood(answer(&[PREVIEW.to_vec(), bytes.to_vec()], mail_words).expect("an answer"));
    let again = again.expect("the desk takes what a reader answers");
    assert_eq!(again.shown, preview.shown, "{}", preview.kind);
    again
}

fn warned(preview: &Preview, words: &str) -> bool {
    preview.warnings.iter().any(|warning| warning.contains(words))
}

fn text_of(preview: &Preview) -> &str {
    match &preview.shown {
        Shown::Text(text) => text,
        other => panic!("no text: {other:?}"),
    }
}

fn numbers_of(preview: &Preview) -> &str {
    match &preview.shown {
        Shown::Bytes(text) => text,
        other => panic!("no bytes: {other:?}"),
    }
}

/// A picture with a red and a blue half.
fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let half = |x, _| if x < width / 2 { image::Rgb([255, 0, 0]) } else { image::Rgb([0, 0, 255]) };
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, half)).write_to(&mut bytes, format).expect("written");
    bytes.into_inner()
}

fn made_anew(preview: &Preview) -> DynamicImage {
    let Shown::Picture(png) = &preview.shown else { panic!("no picture: {preview:?}") };
    image::load_from_memory_with_format(png, ImageFormat::Png).expect("a PNG file")
}

/// A file of a ZIP archive: name, flags, method, mode, claimed size, and what it holds.
struct Put<'a>(&'a str, u16, u16, u32, u32, &'a [u8]);

/// A ZIP archive; `claims` is the number of entries that its end tells.
fn zip(entries: &[Put<'_>], claims: u16) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for Put(name, flags, method, mode, size, held) in entries {
        let at = u32::try_from(bytes.len()).expect("small");
        let packed = u32::try_from(held.len()).expect("small");
        let length = u16::try_from(name.len()).expect("short");
        let mut common = Vec::new();
        for number in [20, *flags, *method, 0, 0] {
            common.extend(number.to_le_bytes());
        }
        for number in [0, packed, *size] {
            common.extend(number.to_le_bytes());
        }
        common.extend(length.to_le_bytes());
        common.extend([0, 0]);
        bytes.extend([&b"PK\x03\x04"[..], &common, name.as_bytes(), held].concat());
        directory.extend([&b"PK\x01\x02\x14\x03"[..], &common, &[0; 6]].concat());
        directory.extend((mode << 16).to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = u32::try_from(bytes.len()).expect("small");
    let length = u32::try_from(directory.len()).expect("small");
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([claims.to_le_bytes(), claims.to_le_bytes()].concat());
    bytes.extend([length.to_le_bytes(), start.to_le_bytes()].concat());
    bytes.extend([0, 0]);
    bytes
}

fn gzip(held: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(held).expect("written");
    encoder.finish().expect("written")
}

#[test]
fn a_picture_comes_out_as_a_new_one_with_the_same_colours() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let bytes = picture(40, 20, format);
        let preview = seen(&bytes);
        assert!(preview.kind.ends_with(" picture, 40 × 20"), "{}", preview.kind);
        assert_eq!((&preview.warnings[..], preview.cut.as_str()), (&[][..], ""), "{format:?}");
        let made = made_anew(&preview).into_rgb8();
        assert_eq!(made.dimensions(), (40, 20));
        let (left, right) = (made.get_pixel(5, 10).0, made.get_pixel(35, 10).0);
        assert!(left[0] > 200 && left[2] < 60 && right[2] > 200 && right[0] < 60, "{format:?}: {left:?} {right:?}");
    }
}

#[test]
fn a_large_picture_is_made_smaller_and_says_so() {
    let preview = seen(&picture(3200, 800, ImageFormat::Png));
    assert_eq!(preview.kind, "PNG picture, 3200 × 800");
    assert_eq!(preview.cut, "It is shown smaller than it is: 1600 × 400.");
    assert_eq!((made_anew(&preview).width(), made_anew(&preview).height()), (1600, 400));
}

#[test]
fn abuse_u8_a_picture_that_says_it_is_50000_by_50000_is_not_decoded() {
    let mut bytes = picture(40, 20, ImageFormat::Png);
    bytes[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..29]);
    bytes.splice(29..33, crc.sum().to_be_bytes());
    let preview = seen(&bytes);
    assert!(warned(&preview, "50000 × 50000"), "{preview:?}");
    assert!(numbers_of(&preview).starts_with("00000000  89 50 4e 47"));
}

#[test]
fn abuse_u10_what_a_picture_carries_besides_its_points_stays_behind() {
    for format in [ImageFormat::Gif, ImageFormat::Png, ImageFormat::Jpeg] {
        let bytes = [picture(40, 20, format), b"*/=1;<script>fetch('/desk')</script>".to_vec()].concat();
        let preview = seen(&bytes);
        assert!(warned(&preview, "behind the picture") && warned(&preview, "script"), "{format:?} {preview:?}");
        let Shown::Picture(png) = &preview.shown else { panic!("{preview:?}") };
        assert!(!png.windows(7).any(|part| part == b"<script"));
        assert_eq!(pictures::end(png, ImageFormat::Png), Some(png.len()), "it ends where it says");
    }
    let both = [picture(8, 8, ImageFormat::Png), zip(&[Put("a", 0, 0, 0, 1, b"x")], 1)].concat();
    assert!(warned(&seen(&both), "ZIP archive as well"));
    // What only begins like a picture is not shown as one.
    let preview = seen(b"GIF89a/*\0\0*/=1;alert(1)");
    assert!(warned(&preview, "cannot be read") && matches!(preview.shown, Shown::Bytes(_)), "{preview:?}");
}

#[test]
fn abuse_u10_a_pdf_that_is_an_archive_too_is_named_as_both_and_never_laid_out() {
    let pdf = b"%PDF-1.7\n1 0 obj << /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>\n";
    let preview = seen(&[&pdf[..], &zip(&[Put("a", 0, 0, 0, 1, b"x")], 1)].concat());
    assert_eq!(preview.kind, "PDF document");
    for words in ["ZIP archive as well", "names a script", "when it is opened"] {
        assert!(warned(&preview, words), "{words}: {preview:?}");
    }
    assert!(numbers_of(&preview).contains("|%PDF-1.7."));
    let preview = seen(&zip(&[Put("%PDF-1.4", 0, 0, 0, 1, b"x")], 1));
    assert!(preview.kind.starts_with("ZIP") && warned(&preview, "PDF document as well"), "{preview:?}");
    let preview = seen(b"\0\0\0\0\n%PDF-1.4\n");
    assert!(preview.kind.starts_with("PDF") && warned(&preview, "before the PDF"), "as readers of PDF take it");
    let preview = seen(b"import sys\nprint('%PDF-1.4')\n");
    assert!(preview.kind == "text" && warned(&preview, "PDF document as well"), "a script that makes one: {preview:?}");
    // Ten thousand arrays within each other are bytes like others.
    let nested = [b"%PDF-1.4\n".to_vec(), b"[".repeat(10_000), b"]".repeat(10_000)].concat();
    let preview = seen(&nested);
    assert_eq!(preview.kind, "PDF document");
    assert_eq!(numbers_of(&preview).lines().count(), 32);
    assert!(preview.cut.contains("first 512 bytes"), "{}", preview.cut);
}

#[test]
fn abuse_u10_the_test_file_of_virus_scanners_is_named() {
    let test = [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$", "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!", "$H+H*"].concat();
    let preview = seen(test.as_bytes());
    assert!(warned(&preview, "EICAR test file"), "{preview:?}");
    assert_eq!(text_of(&preview), test);
}

#[test]
fn abuse_u1_pages_and_drawings_are_shown_as_their_source() {
    let script = "<script>fetch('/desk')</script>";
    for (source, kind) in [
        (format!("<svg xmlns='http://www.w3.org/2000/svg'>{script}</svg>"), "SVG"),
        (format!("<?xml version='1.0'?>\n<svg>{script}</svg>"), "SVG"),
        (format!("<{} html>{script}", "!DOCTYPE"), "HTML"),
        ("<?xml version='1.0'?><?xml-stylesheet href='//evil.example'?><x/>".to_owned(), "XML"),
    ] {
        let preview = seen(source.as_bytes());
        assert!(preview.kind.starts_with(kind) && preview.kind.ends_with("shown as its source"), "{}", preview.kind);
        assert_eq!(text_of(&preview), source);
    }
}

#[test]
fn text_is_shown_with_what_cannot_be_seen_in_it_written_out() {
    let preview = seen("safe \u{202e}gpj.exe\u{202c}\x1b[2J\r\nnext\tline\u{200b}".as_bytes());
    assert_eq!(text_of(&preview), "safe [U+202E]gpj.exe[U+202C][U+001B][2J\nnext\tline[U+200B]");
    assert!(warned(&preview, "written out"));
    assert_eq!(preview.cut, "");
    let log = seen(&[b"a crash log with one odd byte ".repeat(3), b"\xff\n".to_vec()].concat());
    assert!(text_of(&log).ends_with("\\xff\n") && warned(&log, "1 byte is no UTF-8"), "{log:?}");
}

#[test]
fn text_in_utf_16_is_read_by_its_mark() {
    for big in [true, false] {
        let units = "\u{feff}Grüße\r\n".encode_utf16();
        let bytes: Vec<u8> = units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        let preview = seen(&bytes);
        assert_eq!((preview.kind.as_str(), text_of(&preview)), ("text", "Grüße\n"));
    }
}

#[test]
fn a_long_text_ends_somewhere_and_says_what_is_left() {
    let preview = seen("line\n".repeat(3_000).as_bytes());
    assert_eq!(text_of(&preview).lines().count(), 2_000);
    assert_eq!(preview.cut, "Only the first 2000 lines of the text; 4.8 KiB more are in the file.");
    let preview = seen("x".repeat(1 << 20).as_bytes());
    assert_eq!(text_of(&preview).len(), 64 << 10);
    assert!(preview.cut.contains("960.0 KiB"), "{}", preview.cut);
    let preview = seen("\u{202e}".repeat(100_000).as_bytes());
    assert!(text_of(&preview).len() <= TEXT);
}

#[test]
fn abuse_u4_an_archive_is_listed_and_nothing_in_it_is_opened() {
    let preview = seen(&zip(
        &[
            Put("readme.txt", 0, 0, 0o100_644, 5, b"hello"),
            Put("../../etc/passwd", 0, 8, 0o100_644, 9, b"xxxx"),
            Put("link", 0, 0, 0o120_777, 11, b"/etc/passwd"),
            Put("secret.docx", 1, 8, 0o100_644, 9, b"xxxx"),
            Put("inner.zip", 0, 8, 0o100_644, 4_000_000_000, b"xxxx"),
            Put("a\u{202e}b", 0, 0, 0, 0, b""),
        ],
        6,
    ));
    assert_eq!(preview.kind, "ZIP archive, 6 entries");
    let Shown::Listing(listed) = &preview.shown else { panic!("{preview:?}") };
    let rows: Vec<_> = listed.iter().map(|one| (one.name.as_str(), one.size, one.note.as_str())).collect();
    assert_eq!(
        rows,
        [
            ("readme.txt", 5, ""),
            ("../../etc/passwd", 9, "leads out of its folder"),
            ("link", 11, "symbolic link"),
            ("secret.docx", 9, "encrypted"),
            ("inner.zip", 4_000_000_000, "impossible size, archive, not opened"),
            ("a[U+202E]b", 0, ""),
        ]
    );
    for words in ["encrypted files", "lead out", "symbolic links", "claims sizes", "other archives"] {
        assert!(warned(&preview, words), "{words}: {preview:?}");
    }
}

#[test]
fn a_long_name_of_marks_that_are_not_seen_is_cut_where_it_is_made() {
    let name = "\u{202e}".repeat(300);
    let preview = seen(&zip(&[Put(&name, 0, 0, 0, 1, b"x")], 1));
    let Shown::Listing(listed) = &preview.shown else { panic!("{preview:?}") };
    assert!(listed[0].name.ends_with("[U+202E]…") && listed[0].name.chars().count() < 220, "{}", listed[0].name);
}

#[test]
fn abuse_u4_bombs_are_named_by_what_they_claim() {
    // Many entries over the same bytes.
    let mut bytes = zip(&[Put("a", 0, 8, 0, 4000, b"xxxx"), Put("b", 0, 8, 0, 4000, b"xxxx")], 2);
    let second = bytes.windows(4).rposition(|part| part == b"PK\x01\x02").expect("an entry");
    bytes[second + 42..second + 46].fill(0);
    assert!(warned(&seen(&bytes), "zip bombs"));
    // More entries than it has, and more than anybody looks at.
    let preview = seen(&zip(&[Put("a", 0, 0, 0, 1, b"x")], 65_000));
    assert!(warned(&preview, "65000 files"), "{preview:?}");
    let names: Vec<String> = (0..12_000).map(|number| format!("file-{number}")).collect();
    let entries: Vec<Put<'_>> = names.iter().map(|name| Put(name, 0, 0, 0, 1_000_000, b"")).collect();
    let preview = seen(&zip(&entries, 12_000));
    let Shown::Listing(listed) = &preview.shown else { panic!("{preview:?}") };
    assert_eq!((listed.len(), preview.cut.as_str()), (500, "Only the first 500 entries; 9500 more were found."));
    assert!(warned(&preview, "No more than 10000") && warned(&preview, "It says it unpacks to 9.3 GiB"), "{preview:?}");
    let preview = seen(b"PK\x03\x04\x14\x00\x00\x00\x08\x00 and no directory");
    assert!(warned(&preview, "no directory") && matches!(preview.shown, Shown::Bytes(_)));
}

#[test]
fn abuse_u4_of_what_gzip_holds_only_the_beginning_is_opened() {
    let preview = seen(&gzip(b"the log\nof a crash\n"));
    assert_eq!((preview.kind.as_str(), text_of(&preview)), ("gzip archive; inside: text", "the log\nof a crash\n"));
    let preview = seen(&gzip(&vec![0; 50 << 20]));
    assert!(preview.cut.contains("beginning") && warned(&preview, "It says it unpacks to 50.0 MiB"), "{preview:?}");
    assert_eq!(numbers_of(&preview).lines().count(), 32);
    let preview = seen(&gzip(&gzip(b"within")));
    assert_eq!(preview.kind, "gzip archive; inside: gzip archive", "and not further");
    let whole = gzip(&b"some words ".repeat(1000));
    assert!(warned(&seen(&whole[..whole.len() - 20]), "damaged"));
}

#[test]
fn a_mail_is_known_by_its_header() {
    let preview = seen(b"From: a@b\r\nTo: c@d\r\nDate: today\r\n\r\nText\r\n");
    assert_eq!((preview.kind.as_str(), &preview.warnings[..]), ("mail", &["Unchecked.".to_owned()][..]));
    assert!(text_of(&preview).ends_with("\n\nText\n"));
    assert_eq!(seen(b"From: somebody\nI have found this\n").kind, "text");
}

#[test]
fn programs_traffic_and_databases_are_named_and_shown_as_bytes() {
    for (begins, kind) in [
        (&b"\x7fELF\x02\x01\x01"[..], "program or library for Linux"),
        (b"MZ\x90\0\x03", "program or library for Windows"),
        (b"\xca\xfe\xba\xbe\0\0\0\x41", "Java class"),
        (b"\xd4\xc3\xb2\xa1\x02\0", "recorded network traffic"),
        (b"SQLite format 3\0", "SQLite database"),
        (b"\0\0\0\0", "unknown kind"),
    ] {
        let preview = seen(&[begins, &[0; 600]].concat());
        assert!(preview.kind.starts_with(kind), "{}", preview.kind);
        assert_eq!(numbers_of(&preview).lines().count(), 32);
    }
    assert!(warned(&seen(b"\x7fELF\0"), "It can be run") && warned(&seen(b"#!/bin/sh\nid\n"), "It can be run"));
    assert_eq!(
        numbers_of(&seen(b"\x7fELF\0")),
        "00000000  7f 45 4c 46 00                                    |.ELF.|\n"
    );
}

#[test]
fn what_is_encrypted_says_so_and_a_secret_key_is_not_shown() {
    let block = |name: &str| {
        format!("-----BEGIN PGP {name}-----\n\nwcDMAwAAAAAAAAAAAQv/\n=AAAA\n-----END PGP {name}-----\n").into_bytes()
    };
    let preview = seen(&block("MESSAGE"));
    assert_eq!(preview.kind, "encrypted OpenPGP message");
    assert!(warned(&preview, "It is encrypted"));
    // A session key for a public key, then what is encrypted.
    let bytes = [0xc1, 0x03, 3, 0, 0, 0xd2, 0x02, 1, 0];
    assert_eq!(seen(&bytes).kind, "encrypted OpenPGP message");
    let preview = seen(&[b"my keys:\n".to_vec(), block("PRIVATE KEY BLOCK")].concat());
    assert_eq!((preview.kind.as_str(), &preview.shown), ("OpenPGP secret key", &Shown::Nothing));
    assert!(warned(&preview, "replace it"));
}

#[test]
fn whoever_takes_a_reader_over_shows_no_page_and_nothing_larger_than_it_may_be() {
    let says = |form: &str, body: &[u8]| {
        let head =
            format!(r#"{{"kind":"a\nb\u202e{}","warnings":["x\u001by"],"cut":"","form":"{form}"}}"#, "k".repeat(1000));
        understood(vec![head.into_bytes(), body.to_vec()])
    };
    let words = says("Text", b"fine").expect("taken");
    assert!(words.kind.starts_with("abkkk") && words.kind.chars().count() == 300);
    assert_eq!(words.warnings, ["xy"]);
    assert_eq!(says("Text", &vec![b'x'; TEXT + 1]), None);
    assert_eq!(says("Text", b"\xff"), None);
    assert_eq!(says("Text", "\u{202e}".as_bytes()), None);
    assert_eq!(says("Bytes", b"\x1b[2J"), None);
    assert_eq!(says("Picture", b"<svg>"), None);
    let png = picture(8, 8, ImageFormat::Png);
    assert!(says("Picture", &png).is_some());
    assert_eq!(says("Picture", &picture(1700, 1, ImageFormat::Png)), None, "larger than what is shown");
    assert_eq!(says("Picture", &[&png[..], &vec![0; PICTURE]].concat()), None);
    assert_eq!(says("Page", b""), None);
    assert_eq!(understood(vec![]), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_a_preview(bytes in proptest::collection::vec(any::<u8>(), 1..400), begin in 0..8_usize, at in any::<proptest::sample::Index>()) {
        let png = picture(6, 4, ImageFormat::Png);
        let gif = picture(6, 4, ImageFormat::Gif);
        let archive = zip(&[Put("a", 0, 8, 0, 9, b"xxxx")], 1);
        let begins: [&[u8]; 8] = [b"", &png, &gif, &archive, &gzip(b"some words"), b"From: a@b\nTo: c\nDate: d\n\n", b"\xff\xfe", b"\xff\xd8\xff"];
        // Broken somewhere, and with anything behind.
        let mut broken = begins[begin].to_vec();
        let place = at.index(broken.len() + 1);
        broken.splice(place..broken.len().min(place + 3), bytes.iter().take(2).copied());
        for file in [broken.clone(), [broken, bytes.clone()].concat()] {
            if !file.is_empty() {
                let _ = seen(&file);
            }
        }
    }
}
