//! Random ids, receipts and tokens in Crockford's base 32, which has no I, L, O and U.

use aws_lc_rs::rand;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a receipt without hyphens: 130 bits.
pub const RECEIPT_LENGTH: usize = 26;

/// `length` random characters, 5 bits each.
///
/// # Panics
/// When the system gives no random numbers: nothing safe can be done then.
#[must_use]
pub fn text(length: usize) -> String {
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).expect("the system gives random numbers");
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

/// A random number.
///
/// # Panics
/// When the system gives no random numbers: nothing safe can be done then.
#[must_use]
pub fn number() -> u64 {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).expect("the system gives random numbers");
    u64::from_le_bytes(bytes)
}

/// Bytes spelled in the same letters, 5 bits each; the last letter may stand for fewer.
#[must_use]
pub fn spelled(bytes: &[u8]) -> String {
    let (mut out, mut bits, mut count) = (String::with_capacity(bytes.len() * 8 / 5 + 1), 0_u32, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            out.push(char::from(ALPHABET[(bits >> count & 31) as usize]));
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        out.push(char::from(ALPHABET[(bits << (5 - count) & 31) as usize]));
    }
    out
}

/// The bytes that [`spelled`] made these letters of; none for other letters, or when bits are left over that are not 0.
#[must_use]
pub fn unspelled(letters: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut count) = (Vec::with_capacity(letters.len() * 5 / 8), 0_u32, 0);
    for letter in letters.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xff).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    (bits == 0).then_some(out)
}

/// An id of a row, a person or a file: 26 characters, 130 bits.
#[must_use]
pub fn id() -> String {
    text(26)
}

/// An id that sorts by the instant it was made for, so that rows are appended rather than scattered:
/// 9 characters of milliseconds, then 85 random bits. It tells that instant to whoever sees it, so it
/// is for rows of ours, such as letters in the outbox. `at` is in microseconds UTC.
#[must_use]
pub fn ordered_id(at: i64) -> String {
    let millis = at.max(0).unsigned_abs() / 1000;
    let mut id: String = (0..9)
        .rev()
        .map(|place| char::from(ALPHABET[usize::try_from((millis >> (5 * place)) & 31).unwrap_or(0)]))
        .collect();
    id.push_str(&text(17));
    id
}

/// An id of a case, like `7K3M9-QXT4B`: 50 bits, a conflict on insert being the caller's cue to draw again.
#[must_use]
pub fn case_id() -> String {
    let mut id = text(10);
    id.insert(5, '-');
    id
}

/// A receipt, like `7K3M-9QXT-4BZ2-H8RV-N5C0W-D1E6G`: 130 bits, to be shown once.
#[must_use]
pub fn receipt() -> String {
    grouped(&text(RECEIPT_LENGTH))
}

/// The letters of a receipt in groups, as people read them.
///
/// # Panics
/// When there are not [`RECEIPT_LENGTH`] of them.
#[must_use]
pub fn grouped(text: &str) -> String {
    [&text[..4], &text[4..8], &text[8..12], &text[12..16], &text[16..21], &text[21..]].join("-")
}

/// A secret for a token, a session or a link: 160 bits.
#[must_use]
pub fn secret() -> String {
    text(32)
}

/// What a person typed as an id or a receipt, in the one form that is hashed and looked up: upper
/// case, no spaces or hyphens, O read as 0, I and L as 1. None when a character cannot occur.
#[must_use]
pub fn normal(typed: &str) -> Option<String> {
    typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => Some('0'),
            'I' | 'L' => Some('1'),
            c if c.is_ascii() && ALPHABET.contains(&(c as u8)) => Some(c),
            _ => None,
        })
        .collect()
}

/// A receipt in normal form; none when it cannot be one.
#[must_use]
pub fn normal_receipt(typed: &str) -> Option<String> {
    normal(typed).filter(|it| it.len() == RECEIPT_LENGTH)
}

/// A case id as it is stored, from what somebody typed; none when it cannot be one.
#[must_use]
pub fn normal_case_id(typed: &str) -> Option<String> {
    let mut id = normal(typed).filter(|it| it.len() == 10)?;
    id.insert(5, '-');
    Some(id)
}
