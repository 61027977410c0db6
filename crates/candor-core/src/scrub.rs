//! What should not stand in a text that becomes public, word by word: people who did not agree to be named, addresses, places inside
//! a network, secrets. It finds what it can, and can be wrong; a person reads the text.

use crate::case::Case;
use crate::event::Credit;

/// A word that should perhaps go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Where it begins, in bytes.
    pub at: usize,
    /// The word.
    pub word: String,
    /// Why, as a few words like `an e-mail address`.
    pub why: &'static str,
}

/// Every word of a text that should perhaps go, in order. `members` are names of the team.
pub fn hits(text: &str, case: &Case, members: &[String]) -> Vec<Hit> {
    let mut found: Vec<Hit> = Vec::new();
    let mut add = |at: usize, word: &str, why| {
        if !word.is_empty() {
            found.push(Hit { at, word: word.to_owned(), why });
        }
    };
    for report in &case.reports {
        let named = match &report.credit {
            Some(Credit::Named { name, .. }) => name.trim(),
            _ => "",
        };
        let Some(contact) = &report.contact else { continue };
        for (value, why) in [
            (contact.name.trim(), "a name of the reporter"),
            (contact.organisation.trim(), "the reporter's organisation"),
            (contact.link.trim(), "a link of the reporter"),
        ] {
            // What they wish to be credited with may stand.
            if value.chars().count() > 2 && value != named {
                places(text, value).for_each(|at| add(at, &text[at..at + value.len()], why));
            }
        }
    }
    for name in members.iter().map(|name| name.trim()).filter(|name| name.chars().count() > 2) {
        places(text, name).for_each(|at| add(at, &text[at..at + name.len()], "a name of the team"));
    }
    for (at, word) in words(text) {
        if let Some(why) = why(word, case) {
            add(at, word, why);
        }
    }
    found.sort_by_key(|hit| (hit.at, usize::MAX - hit.word.len()));
    let mut end = 0;
    found.retain(|hit| {
        let apart = hit.at >= end;
        if apart {
            end = hit.at + hit.word.len();
        }
        apart
    });
    found
}

/// The text with every hit replaced by what it was, in brackets.
pub fn scrubbed(text: &str, case: &Case, members: &[String]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for hit in hits(text, case, members) {
        out.push_str(&text[from..hit.at]);
        out.push('[');
        out.push_str(hit.why);
        out.push(']');
        from = hit.at + hit.word.len();
    }
    out.push_str(&text[from..]);
    out
}

/// Where a phrase stands as whole words, whatever the case of its letters.
fn places<'t>(text: &'t str, phrase: &'t str) -> impl Iterator<Item = usize> + 't {
    let starts = text.char_indices().map(|(at, _)| at);
    let wanted = phrase.to_lowercase();
    starts.filter(move |at| {
        let Some(piece) = text.get(*at..*at + phrase.len()) else { return false };
        let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        piece.to_lowercase() == wanted
            && outside(text[..*at].chars().next_back())
            && outside(text[*at + phrase.len()..].chars().next())
    })
}

/// Words between spaces and brackets, without the marks around them.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    text.split_inclusive(|c: char| c.is_whitespace() || "<>()[]{}\"'`,;|*".contains(c)).filter_map(move |piece| {
        let at = from;
        from += piece.len();
        let word = piece.trim_end_matches(|c: char| c.is_whitespace() || "<>()[]{}\"'`,;|*".contains(c));
        let trimmed = word.trim_start_matches([':', '=', '.']);
        let start = at + (word.len() - trimmed.len());
        let trimmed = trimmed.trim_end_matches(['.', ':', '!', '?', '=']);
        (!trimmed.is_empty()).then_some((start, trimmed))
    })
}

/// Why a word should perhaps go.
fn why(word: &str, case: &Case) -> Option<&'static str> {
    let lower = word.to_lowercase();
    if crate::intake::looks_like_address(word) {
        return Some("an e-mail address");
    }
    if word.eq_ignore_ascii_case(case.id.as_str()) {
        return Some("the name of the case");
    }
    if is_internal_address(&lower) {
        return Some("an address inside a network");
    }
    if is_secret(word) {
        return Some("what looks like a secret");
    }
    if [concat!("/ho", "me/"), "/users/", "c:\\users\\"]
        .iter()
        .any(|root| lower.starts_with(root) && lower.len() > root.len())
    {
        return Some("a folder of a person");
    }
    None
}

/// Addresses of networks that are nobody's outside, and hosts of such networks.
fn is_internal_address(word: &str) -> bool {
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        return address.is_private()
            || address.is_link_local()
            || !address.is_loopback() && host.starts_with("100.64.");
    }
    let dotted = host.contains('.');
    dotted && [".local", ".internal", ".lan", ".corp", ".intranet"].iter().any(|end| host.ends_with(end))
}

/// Keys of known shapes, and long words of letters and digits that nobody reads aloud.
fn is_secret(word: &str) -> bool {
    const SHAPES: [&str; 9] =
        ["AKIA", "ASIA", "ghp_", "github_pat_", "glpat-", "xoxb-", "sk_live_", "eyJhbGciOi", "-----BEGIN"];
    if SHAPES.iter().any(|shape| word.starts_with(shape) && word.len() > shape.len() + 6) {
        return true;
    }
    let value = word.rsplit(['=', ':']).next().unwrap_or_default();
    let plain = value.len() >= 32 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/_-".contains(&byte));
    // Hashes of commits and files are public things.
    let hash = [40, 64].contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mixed = value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_uppercase())
        && value.bytes().any(|byte| byte.is_ascii_lowercase());
    plain && mixed && !hash
}
