//! What an archive says it holds. Nothing in it is opened; of gzip, which holds one file, the beginning is.

use std::collections::BTreeSet;
use std::io::Read as _;

use flate2::read::GzDecoder;
use rawzip::{ZipArchive, ZipFileHeaderRecord};

use super::text::readable;
use super::{LISTED, Listed, Preview, Shown, kinds, size, text};

/// Entries of an archive that are looked at.
const ENTRIES: u64 = 10_000;
/// Letters of a name that are shown.
const NAME: usize = 200;
/// No byte can become more than this many by the usual method of ZIP and gzip (deflate).
const RATIO: u64 = 1_032;
/// Bytes that an archive may say it unpacks to before somebody is warned.
const MUCH: u64 = 4 << 30;
/// Bytes of a gzip file that are opened.
const OPENED: u64 = 64 << 10;

/// What was noticed about the entries of an archive.
#[derive(Default)]
struct Noticed {
    encrypted: bool,
    upward: bool,
    links: bool,
    impossible: bool,
    shared: bool,
    twice: bool,
    archives: bool,
}

/// A ZIP archive, by the directory at its end.
pub(super) fn zip(bytes: &[u8]) -> Preview {
    let Ok(archive) = ZipArchive::from_slice(bytes) else {
        let mut preview = text::numbers(bytes);
        preview.kind = "ZIP archive".into();
        preview.warnings.push("It begins like a ZIP archive, but has no directory that can be read.".into());
        return preview;
    };
    let claimed = archive.entries_hint();
    let (mut listed, mut noticed, mut count, mut total) = (Vec::new(), Noticed::default(), 0_u64, 0_u64);
    let (mut names, mut places, mut broken) = (BTreeSet::new(), Vec::new(), false);
    let mut kind = "ZIP archive";
    let mut entries = archive.entries();
    loop {
        let entry = match entries.next_entry() {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(_) => {
                broken = true;
                break;
            }
        };
        if count == ENTRIES {
            break;
        }
        count += 1;
        total = total.saturating_add(entry.uncompressed_size_hint());
        places.push((entry.local_header_offset(), entry.compressed_size_hint()));
        let path = entry.file_path();
        let name = String::from_utf8_lossy(path.as_bytes()).into_owned();
        if kind == "ZIP archive" {
            kind = holder(&name).unwrap_or(kind);
        }
        let note = judge(&entry, &name, &mut noticed);
        if listed.len() < LISTED {
            listed.push(Listed {
                name: readable(&name, NAME),
                size: entry.uncompressed_size_hint(),
                packed: entry.compressed_size_hint(),
                note,
            });
        }
        noticed.twice |= !names.insert(name);
    }
    // Two entries over the same bytes: how a small archive unpacks to petabytes.
    places.sort_unstable();
    noticed.shared = places.windows(2).any(|pair| pair[0].0.saturating_add(pair[0].1) > pair[1].0);
    let mut warnings = noticed.words();
    if claimed > ENTRIES || count == ENTRIES {
        warnings.push(format!("It says it holds {claimed} files. No more than {ENTRIES} are looked at."));
    } else if broken || claimed != count {
        warnings.push(format!("Its directory is damaged: it says it holds {claimed} files, {count} were found."));
    }
    if total > MUCH {
        warnings.push(format!("It says it unpacks to {}. Unpack it only where that can do no harm.", size(total)));
    }
    let more = count.saturating_sub(listed.len() as u64);
    Preview {
        kind: format!("{kind}, {count} {}", if count == 1 { "entry" } else { "entries" }),
        warnings,
        cut: if more > 0 { format!("Only the first {LISTED} entries; {more} more were found.") } else { String::new() },
        shown: Shown::Listing(listed),
    }
}

/// What an archive with an entry of this name is.
fn holder(name: &str) -> Option<&'static str> {
    Some(match name {
        "[Content_Types].xml" => "Office document (a ZIP archive)",
        "META-INF/MANIFEST.MF" => "Java archive (a ZIP archive)",
        "AndroidManifest.xml" => "Android app (a ZIP archive)",
        "META-INF/container.xml" => "EPUB book (a ZIP archive)",
        "content.xml" => "OpenDocument file (a ZIP archive)",
        _ => return None,
    })
}

/// Whether an archive would put a file of this name somewhere else than below the folder it is unpacked in.
fn leads_out(name: &str) -> bool {
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    drive || name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..")
}

fn judge(entry: &ZipFileHeaderRecord<'_>, name: &str, noticed: &mut Noticed) -> String {
    let mut notes = Vec::new();
    let mut note = |holds: bool, words: &'static str, seen: &mut bool| {
        if holds {
            *seen = true;
            notes.push(words);
        }
    };
    note(entry.flags().is_encrypted(), "encrypted", &mut noticed.encrypted);
    note(leads_out(name), "leads out of its folder", &mut noticed.upward);
    note(entry.mode().is_symlink(), "symbolic link", &mut noticed.links);
    let most = entry.compressed_size_hint().saturating_add(16).saturating_mul(RATIO);
    // Stored or deflated; others may do better.
    let usual = matches!(entry.compression_method().as_u16(), 0 | 8);
    note(usual && entry.uncompressed_size_hint() > most, "impossible size", &mut noticed.impossible);
    let end = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let packed = matches!(end.as_str(), "zip" | "jar" | "gz" | "tgz" | "7z" | "rar" | "xz" | "bz2" | "zst" | "tar");
    note(packed, "archive, not opened", &mut noticed.archives);
    notes.join(", ")
}

impl Noticed {
    fn words(&self) -> Vec<String> {
        let all = [
            (self.encrypted, "It holds encrypted files. A password that was sent with them hides them from scanners."),
            (self.upward, "It holds names that lead out of the folder it is unpacked in."),
            (self.links, "It holds symbolic links; files unpacked after them may be written through them."),
            (self.impossible, "It claims sizes that no file of that length can unpack to."),
            (self.shared, "Its files lie over each other, as in archives made to fill the disk (zip bombs)."),
            (self.twice, "It holds the same name twice; programs differ in which they take."),
            (self.archives, "It holds other archives. They were not opened."),
        ];
        all.into_iter().filter(|(holds, _)| *holds).map(|(_, words)| words.to_owned()).collect()
    }
}

/// The beginning of what gzip holds.
pub(super) fn gzip(bytes: &[u8]) -> Preview {
    let mut opened = Vec::new();
    let mut decoder = GzDecoder::new(bytes);
    let whole = decoder.by_ref().take(OPENED).read_to_end(&mut opened).is_ok();
    let name =
        decoder.header().and_then(|header| header.filename()).map(|name| String::from_utf8_lossy(name).into_owned());
    let inside = kinds::look(&opened);
    let mut preview = match inside.form {
        kinds::Form::Text | kinds::Form::Mail => text::preview(&opened),
        _ if opened.is_empty() => text::numbers(bytes),
        _ => text::numbers(&opened),
    };
    preview.kind = match (opened.is_empty(), name.filter(|name| !name.is_empty())) {
        (true, _) => "gzip archive".into(),
        (false, None) => format!("gzip archive; inside: {}", inside.words),
        (false, Some(name)) => format!("gzip archive; inside: {}, named {}", inside.words, readable(&name, NAME)),
    };
    if opened.len() as u64 == OPENED {
        preview.cut = "Only the beginning of what is inside was opened.".into();
    }
    preview.warnings.splice(0..0, inside.warnings);
    if !whole {
        preview.warnings.push("It is damaged: what is inside cannot be read to its end.".into());
    }
    // The last four bytes say how much is inside, modulo 4 GiB.
    if let Some(last) = bytes.last_chunk::<4>() {
        let claimed = u64::from(u32::from_le_bytes(*last));
        if claimed / 100 > bytes.len() as u64 {
            preview.warnings.push(format!(
                "It says it unpacks to {}, from {}. Unpack it only where that can do no harm.",
                size(claimed),
                size(bytes.len() as u64)
            ));
        }
    }
    preview
}
