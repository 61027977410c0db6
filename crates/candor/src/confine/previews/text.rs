//! Text as it stands: what cannot be seen is written out, and it ends somewhere. What is no text is shown as numbers.

use super::{Preview, Shown};

/// Bytes of text that are shown.
const SHOWN: usize = 64 << 10;
/// Lines that are shown.
const LINES: usize = 2_000;
/// Bytes that are shown as numbers.
const NUMBERS: usize = 512;

/// Whether a letter cannot be seen, or changes how its neighbours are seen: control characters but line break and tab, marks of
/// direction, marks of no width, letters of the range for tags.
pub(super) fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// One line of text with what cannot be seen written out, hardly more than so many letters of it.
#[must_use]
pub fn readable(text: &str, most: usize) -> String {
    let (mut line, mut letters) = (String::new(), 0);
    for c in text.chars() {
        if letters >= most {
            line.push('…');
            break;
        }
        let from = line.len();
        push(&mut line, if matches!(c, '\n' | '\t') { ' ' } else { c });
        letters += line[from..].chars().count();
    }
    line
}

fn push(to: &mut String, c: char) {
    use std::fmt::Write as _;
    if is_hidden(c) {
        let _ = write!(to, "[U+{:04X}]", u32::from(c));
    } else {
        to.push(c);
    }
}

/// The beginning of a text with what cannot be seen written out, and what was left out, in a sentence.
pub(super) fn shown(text: &str) -> (String, String) {
    let mut shown = String::new();
    let mut lines = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        if lines == LINES || shown.len() >= SHOWN {
            let left = super::size((text.len() - at) as u64);
            let why = if lines == LINES { format!("the first {LINES} lines") } else { "the beginning".into() };
            return (shown, format!("Only {why} of the text; {left} more are in the file."));
        }
        match c {
            // A line that ends as on Windows is a line that ends.
            '\r' if letters.peek().is_some_and(|(_, next)| *next == '\n') => {}
            '\n' => {
                lines += 1;
                shown.push(c);
            }
            c => push(&mut shown, c),
        }
    }
    (shown, String::new())
}

/// A text in UTF-16, by its first two bytes.
pub(super) fn utf16(bytes: &[u8]) -> Option<String> {
    let decode: fn([u8; 2]) -> u16 = match bytes.get(..2)? {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = bytes[2..].as_chunks::<2>().0.iter().map(|pair| decode(*pair)).collect();
    Some(String::from_utf16_lossy(&units))
}

/// Whether bytes are those of a text, by their beginning: none is zero, and few are control characters or no letters at all.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    if let Some(text) = utf16(&bytes[..bytes.len().min(1024) & !1]) {
        let broken = text.chars().filter(|c| matches!(c, '\0' | '\u{fffd}')).count();
        return broken * 20 <= text.chars().count();
    }
    let head = &bytes[..bytes.len().min(SHOWN)];
    if head.contains(&0) {
        return false;
    }
    let broken: usize = head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    let control = head.iter().filter(|byte| byte.is_ascii_control() && !b"\n\r\t\x0c\x1b".contains(byte)).count();
    (broken + control) * 20 <= head.len()
}

/// The beginning of a text.
pub(super) fn preview(bytes: &[u8]) -> Preview {
    let mut warnings = Vec::new();
    let text = match utf16(bytes) {
        Some(text) => text,
        None => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let (mut text, mut strange) = (String::new(), 0);
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                for byte in chunk.invalid() {
                    use std::fmt::Write as _;
                    strange += 1;
                    if text.len() < 2 * SHOWN {
                        let _ = write!(text, "\\x{byte:02x}");
                    }
                }
            }
            if strange > 0 {
                let are = if strange == 1 { "byte is" } else { "bytes are" };
                warnings.push(format!("{strange} {are} no UTF-8, shown as \\x and a number."));
            }
            text
        }
    };
    let (body, cut) = shown(&text);
    if body.contains("[U+") && text.chars().any(|c| is_hidden(c) && c != '\r') {
        warnings.push("Marks that are not seen in the text are written out, such as [U+202E].".into());
    }
    Preview { warnings, cut, shown: Shown::Text(body), ..Preview::default() }
}

/// The first bytes as numbers, with the letters that they stand for.
pub(super) fn numbers(bytes: &[u8]) -> Preview {
    use std::fmt::Write as _;
    let mut rows = String::new();
    for (row, part) in bytes[..bytes.len().min(NUMBERS)].chunks(16).enumerate() {
        let _ = write!(rows, "{:08x} ", row * 16);
        for at in 0..16 {
            let gap = if at == 8 { " " } else { "" };
            let _ = match part.get(at) {
                Some(byte) => write!(rows, "{gap} {byte:02x}"),
                None => write!(rows, "{gap}   "),
            };
        }
        let letters: String =
            part.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' }).collect();
        let _ = writeln!(rows, "  |{letters}|");
    }
    let cut = match bytes.len() > NUMBERS {
        true => format!("Only the first {NUMBERS} bytes; the file has {}.", super::size(bytes.len() as u64)),
        false => String::new(),
    };
    Preview { cut, shown: Shown::Bytes(rows), ..Preview::default() }
}
