//! Bytes as letters and back: hexadecimal digits and base 64 (RFC 4648). What comes from outside is read strictly; mails, which
//! are read forgivingly, have a room of their own.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE, HEXUPPER};

/// Hexadecimal digits, in lower case.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Hexadecimal digits, in upper case, as fingerprints of OpenPGP are written.
#[must_use]
pub fn hex_upper(bytes: &[u8]) -> String {
    HEXUPPER.encode(bytes)
}

/// The bytes behind hexadecimal digits of either case; `None` when they are none.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
}

/// Base 64 with padding (section 4).
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Base 64 without padding, as PHC strings have it.
#[must_use]
pub fn base64_bare(bytes: &[u8]) -> String {
    BASE64_NOPAD.encode(bytes)
}

/// Reads base 64 without padding. One text for each sequence of bytes: loose ends are refused.
#[must_use]
pub fn unbase64_bare(text: &str) -> Option<Vec<u8>> {
    BASE64_NOPAD.decode(text.as_bytes()).ok()
}

/// Base 64 for addresses, without padding (section 5).
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// Reads base 64 for addresses, without padding. One text for each sequence of bytes: loose ends are refused.
#[must_use]
pub fn unbase64url(text: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}

/// Eight digits out of keyed bytes, in two groups, to be told by telephone.
#[must_use]
pub fn eight_digits(bytes: &[u8]) -> String {
    let number = bytes.iter().take(7).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let digits = format!("{:08}", number % 100_000_000);
    format!("{}-{}", &digits[..4], &digits[4..])
}

/// The digits of what somebody typed, whatever stands between them.
#[must_use]
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_can_be_typed_in_any_groups() {
        let code = eight_digits(&[0, 0, 0, 0, 0, 1, 2, 200]);
        assert_eq!(code, "0000-0258");
        for typed in ["0000-0258", "00000258", " 0000 0258 "] {
            assert_eq!(digits(typed), digits(&code));
        }
        assert_eq!(eight_digits(&[255; 16]).len(), 9);
    }

    #[test]
    fn every_writing_goes_there_and_back_and_has_one_text() {
        for bytes in [&b""[..], b"f", b"fo", b"foo", b"foob", &[0xfb, 0xff], &[0; 40]] {
            assert_eq!(unhex(&hex(bytes)).as_deref(), Some(bytes));
            assert_eq!(unhex(&hex_upper(bytes)).as_deref(), Some(bytes));
            assert_eq!(unbase64_bare(&base64_bare(bytes)).as_deref(), Some(bytes));
            assert_eq!(unbase64url(&base64url(bytes)).as_deref(), Some(bytes));
            assert_eq!(base64(bytes).trim_end_matches('='), base64_bare(bytes));
        }
        assert_eq!((hex(&[10, 255]).as_str(), hex_upper(&[10, 255]).as_str()), ("0aff", "0AFF"));
        for text in ["0", "0g", "é", "0x00", " 00", "+1"] {
            assert_eq!(unhex(text), None, "{text}");
        }
        for text in ["Z", "Zh", "Zg==", "Zm9v\n", "Zm 9v"] {
            assert_eq!((unbase64url(text), unbase64_bare(text)), (None, None), "{text}");
        }
    }
}
