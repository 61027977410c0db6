//! The root key on paper: one sheet, or three of which any two suffice.
//!
//! Three sheets are made without arithmetic of fields: the key is the exclusive or of three random texts, and each sheet
//! holds another two of them (replicated secret sharing, Ito, Saito and Nishizeki 1987). One sheet alone lacks a text that
//! is as random as the key, and so tells nothing.
//!
//! A sheet is lines of sixteen letters in Crockford's base 32, each with a check letter, and ends in a checksum.

use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

use super::lookup::equal;
use super::root::{self, CHECK, COMING, Raw, random_bytes};
use super::{KeyError, random};
use crate::store::{Batch, Store, settings};
use std::path::Path;

/// Setting with the instant and the root key of the last drill.
const DRILLED: &str = "recovery sheet asked back";
/// Days after which the drill is due again.
pub const DRILL_DAYS: i64 = 180;

/// Bytes of a line.
const LINE: usize = 10;
/// The kind of a single sheet; of three they are `THIRD` and their number.
const SINGLE: u8 = 0x10;
const THIRD: u8 = 0x20;

/// Why a sheet gives no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// A letter is wrong.
    #[error("line {0} is not as it was printed: it has 16 letters and a check letter; look at it again")]
    Line(usize),
    /// Lines are missing, too many, or in another order.
    #[error("the lines do not belong together: type all lines of one sheet, in order")]
    Whole,
    /// One of three.
    #[error("one of three sheets is not enough: type another one, too")]
    More,
    /// Of different keys, or the same one twice.
    #[error("the two sheets do not belong together: take two different ones that were printed at one time")]
    Apart,
}

fn checksum(bytes: &[u8]) -> [u8; 32] {
    let mut input = Zeroizing::new(b"candor sheet 1".to_vec());
    input.extend_from_slice(bytes);
    let mut sum = [0; 32];
    sum.copy_from_slice(digest(&SHA256, &input).as_ref());
    sum
}

/// The sheets of a root key: one, or three when `shares`. Each is some lines.
///
/// # Errors
/// [`KeyError::Cipher`] when the system gives no random numbers.
pub fn of(root: &[u8; 32], shares: bool) -> Result<Vec<String>, KeyError> {
    if !shares {
        return Ok(vec![printed(SINGLE, &[0; 3], &[root])]);
    }
    let (a, b, set) = (random_bytes()?, random_bytes()?, random_bytes()?);
    let mut c = Zeroizing::new([0_u8; 32]);
    for index in 0..32 {
        c[index] = root[index] ^ a[index] ^ b[index];
    }
    let pairs = [[&a, &b], [&b, &c], [&c, &a]];
    Ok((1..).zip(pairs).map(|(number, [x, y])| printed(THIRD + number, &set[..3], &[x, y])).collect())
}

fn printed(kind: u8, set: &[u8], parts: &[&[u8; 32]]) -> String {
    let mut bytes = Zeroizing::new(vec![kind]);
    bytes.extend_from_slice(set);
    parts.iter().for_each(|part| bytes.extend_from_slice(*part));
    // At least four bytes of checksum, and the last line is full.
    let sum = checksum(&bytes);
    let full = (bytes.len() + 4).next_multiple_of(LINE);
    let room = full - bytes.len();
    bytes.extend_from_slice(&sum[..room]);
    let mut text = String::new();
    for (number, line) in (1_usize..).zip(bytes.chunks(LINE)) {
        let letters = Zeroizing::new(random::spelled(line));
        let groups: Vec<&str> = (0..4).map(|group| &letters[4 * group..4 * group + 4]).collect();
        text.push_str(&format!("{number}: {} {}\n", groups.join("-"), check_letter(number, line)));
    }
    text
}

fn check_letter(number: usize, line: &[u8]) -> String {
    let mut bytes = Zeroizing::new(line.to_vec());
    bytes.push(u8::try_from(number).unwrap_or(u8::MAX));
    random::spelled(&checksum(&bytes)[..1])[..1].to_owned()
}

/// What one sheet holds.
struct Sheet {
    kind: u8,
    set: [u8; 3],
    body: Zeroizing<Vec<u8>>,
}

fn read(lines: &[&str]) -> Result<Sheet, SheetError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(lines.len() * LINE));
    for (number, line) in (1_usize..).zip(lines) {
        let letters = line.split_once(':').map_or(*line, |(_, rest)| rest);
        let letters = Zeroizing::new(random::normal(letters).unwrap_or_default());
        let part = (letters.len() == 17).then(|| random::unspelled(&letters[..16])).flatten();
        let part = Zeroizing::new(part.ok_or(SheetError::Line(number))?);
        if check_letter(number, &part) != letters[16..] {
            return Err(SheetError::Line(number));
        }
        bytes.extend_from_slice(&part);
    }
    let kind = *bytes.first().ok_or(SheetError::Whole)?;
    let body: usize = match kind {
        SINGLE => 32,
        0x21..=0x23 => 64,
        _ => return Err(SheetError::Whole),
    };
    let end = 4 + body;
    if bytes.len() != (end + 4).next_multiple_of(LINE) || checksum(&bytes[..end])[..bytes.len() - end] != bytes[end..] {
        return Err(SheetError::Whole);
    }
    let mut set = [0; 3];
    set.copy_from_slice(&bytes[1..4]);
    Ok(Sheet { kind, set, body: Zeroizing::new(bytes[4..end].to_vec()) })
}

/// The root key of one sheet, or of two of three, from what was typed: lines, sheets one after the other.
///
/// # Errors
/// [`SheetError`] says what to look at.
pub fn read_back(typed: &str) -> Result<Zeroizing<[u8; 32]>, SheetError> {
    let lines: Vec<&str> = typed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut root = Zeroizing::new([0_u8; 32]);
    if lines.len() == 4 {
        let sheet = read(&lines)?;
        if sheet.kind != SINGLE {
            return Err(SheetError::Whole);
        }
        root.copy_from_slice(&sheet.body);
        return Ok(root);
    }
    if lines.len() == 8 {
        read(&lines)?;
        return Err(SheetError::More);
    }
    if lines.len() != 16 {
        return Err(SheetError::Whole);
    }
    let (one, two) = (
        read(&lines[..8])?,
        read(&lines[8..]).map_err(|why| match why {
            SheetError::Line(number) => SheetError::Line(number + 8),
            other => other,
        })?,
    );
    if one.set != two.set || one.kind == two.kind {
        return Err(SheetError::Apart);
    }
    // Sheet n holds texts n and n + 1, so that of two sheets one begins where the other ends.
    let (first, second) = if (one.kind - THIRD) % 3 + 1 == two.kind - THIRD { (&one, &two) } else { (&two, &one) };
    if first.body[32..] != second.body[..32] {
        return Err(SheetError::Apart);
    }
    for index in 0..32 {
        root[index] = first.body[index] ^ first.body[32 + index] ^ second.body[32 + index];
    }
    Ok(root)
}

/// The sheets of the root key in a file; see [`of`].
///
/// # Errors
/// As [`super::RootKey::open_or_create`] for the file.
pub fn of_file(file: &Path, shares: bool) -> Result<Vec<String>, KeyError> {
    of(&Raw::read(file)?.bytes, shares)
}

/// Whether this is the root key of the store, or the one that takes its place.
async fn is_of(store: &Store, raw: &Raw) -> Result<bool, KeyError> {
    for setting in [COMING, CHECK] {
        if settings::get(store, setting).await?.is_some_and(|check| equal(&check, &raw.check)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Asks a sheet back: true, and kept with the instant, when it gives the root key of the store. `at` is now in
/// microseconds UTC.
///
/// # Errors
/// As the store fails.
pub async fn drill(store: &Store, bytes: Zeroizing<[u8; 32]>, at: i64) -> Result<bool, KeyError> {
    let raw = Raw::of(bytes)?;
    if !is_of(store, &raw).await? {
        return Ok(false);
    }
    let kept = format!("{at} {}", raw.id);
    store.commit(Batch::main(vec![settings::put_statement(DRILLED, kept.as_bytes())])).await?;
    Ok(true)
}

/// When the sheet of this root key was last asked back, in microseconds UTC; none when it never was.
///
/// # Errors
/// As the store fails.
pub async fn drilled(store: &Store, root: &str) -> Result<Option<i64>, KeyError> {
    let kept = settings::get(store, DRILLED).await?;
    Ok(kept.and_then(|kept| {
        let text = String::from_utf8(kept).ok()?;
        let (at, id) = text.split_once(' ')?;
        (id == root).then(|| at.parse().ok()).flatten()
    }))
}

/// Writes the key file anew from a sheet, if it gives the root key of the store. False when it is another one.
///
/// # Errors
/// [`KeyError::File`] when there is a file already, or it cannot be written.
pub async fn recover(store: &Store, file: &Path, bytes: Zeroizing<[u8; 32]>) -> Result<bool, KeyError> {
    let raw = Raw::of(bytes)?;
    if !is_of(store, &raw).await? {
        return Ok(false);
    }
    root::write(file, &raw.bytes)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: [u8; 32] = [7; 32];

    #[test]
    fn one_sheet_gives_the_key_back_however_it_is_typed() {
        let sheet = of(&ROOT, false).expect("a sheet").remove(0);
        assert_eq!(sheet.lines().count(), 4);
        assert_eq!(*read_back(&sheet).expect("it reads"), ROOT);
        let typed = sheet.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        let bare: Vec<&str> = typed.lines().filter_map(|line| line.split_once(':').map(|(_, rest)| rest)).collect();
        assert_eq!(*read_back(&bare.join("\n\n")).expect("it reads"), ROOT);
    }

    #[test]
    fn any_two_of_three_sheets_give_the_key_and_one_does_not() {
        let sheets = of(&ROOT, true).expect("sheets");
        for (a, b) in [(0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)] {
            assert_eq!(*read_back(&format!("{}{}", sheets[a], sheets[b])).expect("it reads"), ROOT, "{a} and {b}");
        }
        assert_eq!(read_back(&sheets[0]).expect_err("one"), SheetError::More);
        assert_eq!(read_back(&format!("{}{}", sheets[0], sheets[0])).expect_err("twice"), SheetError::Apart);
        let others = of(&ROOT, true).expect("sheets");
        assert_eq!(read_back(&format!("{}{}", sheets[0], others[1])).expect_err("others"), SheetError::Apart);
    }

    #[test]
    fn a_slip_is_named_by_its_line() {
        let sheet = of(&ROOT, false).expect("a sheet").remove(0);
        let slip: Vec<String> = sheet
            .lines()
            .enumerate()
            .map(|(at, line)| {
                if at == 2 {
                    line.replacen(&line[3..4], if &line[3..4] == "A" { "B" } else { "A" }, 1)
                } else {
                    line.into()
                }
            })
            .collect();
        assert_eq!(read_back(&slip.join("\n")).expect_err("a slip"), SheetError::Line(3));
        assert_eq!(read_back("").expect_err("nothing"), SheetError::Whole);
        assert!(read_back(&sheet.lines().take(3).collect::<Vec<_>>().join("\n")).is_err());
    }
}
