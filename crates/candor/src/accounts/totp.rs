//! One-time codes of an authenticator app: six digits, a new one every 30 seconds.
//!
//! Source: RFC 6238 (TOTP), with SHA-1 as all apps know it; the address of the QR code as the apps read it.

use aws_lc_rs::rand;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::error::Error;

/// Bytes of a secret: 160 bits, as RFC 4226 recommends.
const SECRET: usize = 20;

/// A fresh secret.
///
/// # Errors
/// [`Error::Internal`] when the system gives no random numbers.
pub fn fresh() -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut secret = Zeroizing::new(vec![0; SECRET]);
    rand::fill(&mut secret).map_err(|_| Error::internal("the system gives no random numbers"))?;
    Ok(secret)
}

fn totp(secret: &[u8]) -> Result<totp_rs::Totp, Error> {
    let secret = <[u8; SECRET]>::try_from(secret).map_err(Error::internal)?;
    totp_rs::Builder::new().with_secret(secret).build().map_err(|why| Error::internal(why.to_string()))
}

/// The step in which the code is right, at most one step away from now; `None` when it is wrong. The caller remembers
/// the step and refuses it the next time.
///
/// # Errors
/// [`Error::Internal`] when the secret cannot be one.
pub fn check(secret: &[u8], code: &str, now: Timestamp) -> Result<Option<i64>, Error> {
    let Some(code) = normal(code) else { return Ok(None) };
    let seconds = u64::try_from(now.as_second()).map_err(Error::internal)?;
    let step = totp(secret)?.check(&code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// The code at an instant, for demonstrations and tests.
///
/// # Errors
/// [`Error::Internal`] when the secret cannot be one.
pub fn code(secret: &[u8], at: Timestamp) -> Result<String, Error> {
    let seconds = u64::try_from(at.as_second()).map_err(Error::internal)?;
    Ok(totp(secret)?.generate(seconds).to_string())
}

/// Six digits, spaces left out; `None` for anything else.
pub fn normal(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// The secret in letters, for typing into an app: base 32 without padding.
pub fn letters(secret: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(secret.len() * 8 / 5 + 1);
    let (mut word, mut bits) = (0_u32, 0);
    for byte in secret {
        word = word << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(word >> bits & 31) as usize]));
        }
        word &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(word << (5 - bits) & 31) as usize]));
    }
    text
}

/// The secret that belongs to these letters; `None` when they cannot be one.
pub fn from_letters(letters: &str) -> Option<Vec<u8>> {
    let mut secret = Vec::with_capacity(SECRET);
    let (mut word, mut bits) = (0_u32, 0);
    for letter in letters.chars().filter(|c| !c.is_whitespace()) {
        let value = match letter.to_ascii_uppercase() {
            letter @ 'A'..='Z' => letter as u32 - 'A' as u32,
            digit @ '2'..='7' => digit as u32 - '2' as u32 + 26,
            _ => return None,
        };
        word = word << 5 | value;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            secret.push((word >> bits & 255) as u8);
            word &= (1 << bits) - 1;
        }
    }
    Some(secret)
}

/// The address an authenticator app reads from the QR code.
pub fn uri(secret: &[u8], issuer: &str, account: &str) -> String {
    let (issuer, account) = (escape(issuer), escape(account));
    format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", letters(secret))
}

fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            other => {
                let _ = write!(escaped, "%{other:02X}");
            }
        }
    }
    escaped
}

/// A QR code of the address as an SVG element without style or script, dark on light in every colour scheme.
///
/// # Errors
/// [`Error::Internal`] when the address is too long for a code.
pub fn qr(uri: &str) -> Result<String, Error> {
    use qrcode::render::svg::Color;
    let code = qrcode::QrCode::with_error_correction_level(uri, qrcode::EcLevel::M)
        .map_err(|why| Error::internal(why.to_string()))?;
    let drawing = code
        .render::<Color<'_>>()
        .min_dimensions(220, 220)
        .dark_color(Color("#000"))
        .light_color(Color("#fff"))
        .build();
    let element = drawing.find("<svg ").map_or(drawing.as_str(), |start| &drawing[start + 5..]);
    Ok(format!("<svg aria-hidden=\"true\" focusable=\"false\" {element}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Secret and codes of RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (second, expected) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            let at = Timestamp::from_second(second).expect("within range");
            assert_eq!(code(secret, at).expect("a code"), expected);
            assert_eq!(check(secret, expected, at).expect("a check"), Some(second / 30));
        }
    }

    #[test]
    fn a_code_is_right_one_step_early_or_late_and_no_more() {
        let secret = b"12345678901234567890";
        let at = |second| Timestamp::from_second(second).expect("within range");
        assert_eq!(check(secret, "081804", at(1_111_111_109 - 30)).expect("a check"), Some(37_037_036));
        assert_eq!(check(secret, "081 804", at(1_111_111_109 + 30)).expect("a check"), Some(37_037_036));
        assert_eq!(check(secret, "081804", at(1_111_111_109 - 60)).expect("a check"), None);
        assert_eq!(check(secret, "081804", at(1_111_111_109 + 61)).expect("a check"), None);
        assert_eq!(check(secret, "81804", at(1_111_111_109)).expect("a check"), None);
        assert_eq!(check(secret, "0818o4", at(1_111_111_109)).expect("a check"), None);
    }

    /// Examples of RFC 4648, section 10.
    #[test]
    fn letters_are_base_32() {
        for (bytes, text) in
            [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(letters(bytes.as_bytes()), text);
            assert_eq!(from_letters(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(from_letters("M1"), None);
    }

    #[test]
    fn the_qr_code_is_one_svg_element_without_style() {
        let uri = uri(b"12345678901234567890", "Candor desk", "ada@example.org");
        assert_eq!(
            uri,
            "otpauth://totp/Candor%20desk:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Candor%20desk"
        );
        let svg = qr(&uri).expect("a drawing");
        assert!(svg.starts_with("<svg aria-hidden"));
        assert!(svg.ends_with("</svg>"));
        assert!(!svg.contains("style") && !svg.contains("<?xml"));
    }
}
