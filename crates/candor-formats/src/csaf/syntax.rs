//! The patterns of the CSAF schemas, as functions.

use crate::{identifiers, purl, uri};

pub fn is_id(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
}

pub fn is_category(text: &str) -> bool {
    let edge = |c: char| c.is_whitespace() || matches!(c, '-' | '_' | '.');
    !text.is_empty()
        && !text.starts_with(edge)
        && !text.ends_with(edge)
        && !text.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
}

pub fn is_version(text: &str) -> bool {
    let integer =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0')) && !text.is_empty();
    integer || semver::Version::parse(text).is_ok()
}

pub fn is_cve_like(text: &str) -> bool {
    identifiers::is_cve(text)
        || text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')).is_some_and(|(year, number)| {
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            year.len() == 4 && number.len() >= 4 && digits(year) && digits(number)
        })
}

pub fn is_cwe_id(text: &str) -> bool {
    text.strip_prefix("CWE-").is_some_and(|number| {
        (1..=6).contains(&number.len()) && !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

pub fn is_hash(text: &str) -> bool {
    text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub fn is_purl_like(text: &str) -> bool {
    if purl::is_plain(text) {
        return true;
    }
    let Some((kind, rest)) = text.strip_prefix("pkg:").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
    !kind.is_empty()
        && !kind.starts_with(|c: char| c.is_ascii_digit())
        && kind.bytes().all(allowed)
        && !rest.is_empty()
        && uri::is_uri(text)
}

/// The syntax of a language tag, whether or not the language exists (that is test 6.1.12).
///
/// Source: RFC 5646 section 2.1, as narrowed by the schema.
pub fn is_language_tag(tag: &str) -> bool {
    let lower = tag.to_ascii_lowercase();
    if ["i-default", "i-mingo"].contains(&lower.as_str()) {
        return true;
    }
    let mut parts = lower.split('-').peekable();
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let alphanumeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let private = |parts: Vec<&str>| {
        !parts.is_empty() && parts.iter().all(|part| (1..=8).contains(&part.len()) && alphanumeric(part))
    };
    let Some(language) = parts.next() else {
        return false;
    };
    if language == "x" {
        return private(parts.collect());
    }
    if !letters(language) || !(2..=8).contains(&language.len()) {
        return false;
    }
    if language.len() <= 3 {
        for _ in 0..3 {
            parts.next_if(|part| part.len() == 3 && letters(part));
        }
    }
    parts.next_if(|part| part.len() == 4 && letters(part));
    parts.next_if(|part| {
        (part.len() == 2 && letters(part)) || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let variant = |part: &&str| {
        alphanumeric(part)
            && ((5..=8).contains(&part.len()) || (part.len() == 4 && part.starts_with(|c: char| c.is_ascii_digit())))
    };
    while parts.next_if(variant).is_some() {}
    while let Some(singleton) = parts.next() {
        if singleton == "x" {
            return private(parts.collect());
        }
        let extension = |part: &&str| (2..=8).contains(&part.len()) && alphanumeric(part);
        if singleton.len() != 1 || !alphanumeric(singleton) || parts.next_if(extension).is_none() {
            return false;
        }
        while parts.next_if(extension).is_some() {}
    }
    true
}

/// Whether `text` is a CPE name: a 2.3 formatted string, or a 2.2 URI.
///
/// Source: NIST IR 7695, sections 6.1 and 6.2.
pub fn is_cpe(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix("cpe:2.3:") {
        return is_cpe_23(rest);
    }
    let Some(rest) = text.get(..5).filter(|head| head.eq_ignore_ascii_case("cpe:/")).and(text.get(5..)) else {
        return false;
    };
    let mut parts = rest.split(':');
    let part = parts.next().unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-~%".contains(&byte);
    matches!(part, "" | "a" | "h" | "o" | "A" | "H" | "O")
        && parts.clone().count() <= 6
        && parts.all(|part| part.bytes().all(allowed))
}

fn is_cpe_23(rest: &str) -> bool {
    let (mut count, mut from, mut escaped, mut fits) = (0_usize, 0, false, true);
    let mut end = |from: usize, to: usize| {
        let text = &rest[from..to];
        fits &= match count {
            0 => matches!(text, "a" | "o" | "h" | "*" | "-"),
            6 => is_cpe_language(text),
            _ => is_cpe_value(text),
        };
        count += 1;
    };
    for (at, byte) in rest.bytes().enumerate() {
        if byte == b':' && !escaped {
            end(from, at);
            from = at + 1;
            continue;
        }
        escaped = byte == b'\\' && !escaped;
    }
    end(from, rest.len());
    fits && count == 11
}

fn is_cpe_language(text: &str) -> bool {
    if matches!(text, "*" | "-") {
        return true;
    }
    let (language, region) = text.split_once('-').map_or((text, None), |(language, region)| (language, Some(region)));
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic());
    (2..=3).contains(&language.len())
        && letters(language)
        && region.is_none_or(|region| {
            (region.len() == 2 && letters(region))
                || (region.len() == 3 && region.bytes().all(|byte| byte.is_ascii_digit()))
        })
}

/// Letters, digits, `-`, `.`, `_` and escaped punctuation; question marks or one star at the ends only.
fn is_cpe_value(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if text == "*" || (!text.is_empty() && text.bytes().all(plain)) {
        return true;
    }
    let start = text.strip_prefix('*').unwrap_or_else(|| text.trim_start_matches('?'));
    let mut plain = 0_usize;
    let mut letters = start.chars().peekable();
    while let Some(c) = letters.peek().copied() {
        match c {
            '\\' => {
                letters.next();
                if !letters.next().is_some_and(|c| "\\*?!\"#$%&'()+,/:;<=>@[]^`{|}~".contains(c)) {
                    return false;
                }
            }
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') => {
                letters.next();
            }
            _ => break,
        }
        plain += 1;
    }
    let mut end = letters.clone();
    plain > 0 && (letters.eq(['*']) || end.all(|c| c == '?'))
}
