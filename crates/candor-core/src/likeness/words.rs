//! Text to words: small letters, ends cut as English cuts them, names of code taken apart.

use super::hash::{keyed, mixed};

/// Most bytes of a report that are indexed.
pub const TEXT_LIMIT: usize = 64 * 1024;

/// Longest word, in bytes; what is longer is no word.
const WORD: usize = 48;

/// Every word of a text in order. A name of code such as `parseHeader` or `png_read_row` gives itself and its parts.
pub fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    each(text, |word| found.push(word.to_owned()));
    found
}

/// Calls `take` for every word of a text in order.
pub(super) fn each(text: &str, mut take: impl FnMut(&str)) {
    let text = super::words::head(text);
    let mut lower = String::new();
    for raw in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))) {
        for raw in pieces(raw) {
            if raw.len() > WORD || raw.len() < 2 {
                continue;
            }
            lower.clear();
            lower.extend(raw.chars().flat_map(char::to_lowercase));
            take(stem(&lower));
            if raw.contains('_') || raw.bytes().skip(1).any(|byte| byte.is_ascii_uppercase()) {
                parts(raw, &mut take);
            }
        }
    }
}

pub(super) fn head(text: &str) -> &str {
    if text.len() <= TEXT_LIMIT {
        return text;
    }
    let end = (0..=TEXT_LIMIT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

/// An identifier such as `CVE-2024-3094` stays whole; any other word with hyphens is its parts.
fn pieces(raw: &str) -> impl Iterator<Item = &str> {
    let whole = raw.contains('-') && candor_formats::identifiers::recognise(raw).is_some();
    let raw = raw.trim_matches(['-', '_']);
    let mut whole_once = whole.then_some(raw);
    let mut split = raw.split('-');
    std::iter::from_fn(move || if whole { whole_once.take() } else { split.next() })
}

fn parts(raw: &str, take: &mut impl FnMut(&str)) {
    let bytes = raw.as_bytes();
    let mut start = 0;
    let mut emit = |part: &str| {
        let part = part.trim_matches('_');
        if part.len() >= 3 && part.len() < raw.len() {
            take(stem(&part.to_lowercase()));
        }
    };
    for at in 1..bytes.len() {
        let cut = bytes[at] == b'_' || bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase();
        if cut && raw.is_char_boundary(at) {
            emit(&raw[start..at]);
            start = at;
        }
    }
    emit(&raw[start..]);
}

/// A word without the ends that say only how it is used. Short words stay as they are.
pub(super) fn stem(word: &str) -> &str {
    let length = word.len();
    if length < 4 || !word.is_ascii() || word.bytes().any(|byte| byte.is_ascii_digit()) {
        return word;
    }
    for (end, least) in [
        ("ations", 9),
        ("ation", 8),
        ("ities", 8),
        ("ity", 7),
        ("ings", 7),
        ("ing", 6),
        ("ies", 5),
        ("ied", 5),
        ("ers", 7),
        // `files` is `file`, and `classes` is `class`.
        ("es", 6),
        ("ed", 5),
        ("ly", 6),
        ("s", 4),
    ] {
        if length >= least
            && let Some(rest) = word.strip_suffix(end)
            && !(end == "s" && rest.ends_with(['s', 'u', 'i']))
        {
            return rest;
        }
    }
    if length < 5 {
        return word;
    }
    // `library` is what `libraries` is without its end.
    let of_many = word.strip_suffix('y').filter(|rest| !rest.ends_with(['a', 'e', 'i', 'o', 'u']));
    word.strip_suffix('e').or(of_many).unwrap_or(word)
}

/// Words that say nothing about a problem.
pub(super) fn is_common(word: &str) -> bool {
    matches!(
        word,
        "an" | "and"
            | "are"
            | "as"
            | "at"
            | "be"
            | "by"
            | "can"
            | "do"
            | "for"
            | "from"
            | "has"
            | "hav"
            | "have"
            | "how"
            | "if"
            | "in"
            | "is"
            | "it"
            | "its"
            | "may"
            | "no"
            | "not"
            | "of"
            | "on"
            | "or"
            | "so"
            | "such"
            | "that"
            | "the"
            | "their"
            | "then"
            | "there"
            | "these"
            | "they"
            | "this"
            | "to"
            | "was"
            | "we"
            | "when"
            | "which"
            | "will"
            | "with"
            | "you"
            | "your"
            | "via"
            | "been"
            | "could"
            | "would"
            | "should"
            | "but"
            | "any"
            | "all"
            | "also"
            | "into"
            | "than"
            | "who"
            | "what"
            | "my"
            | "our"
            | "us"
            | "me"
            | "he"
            | "she"
    )
}

/// How many numbers a template has.
const BANDS: usize = 8;
/// Of how many least hashes each is made.
const ROWS: usize = 3;

/// Numbers that two texts share when one is the other with names, addresses and figures changed: least hashes over runs
/// of five words (MinHash), in bands. Empty for a text of fewer than twelve words.
///
/// `key` is drawn per process, so that nobody can write a text that collides on purpose.
pub fn template(text: &str, key: u64) -> Vec<u64> {
    let plain: Vec<String> = head(text)
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .filter(|word| {
            // What a template fills in: addresses, hosts, versions, figures.
            !word.is_empty() && !word.contains(['@', '/', '.']) && !word.bytes().any(|byte| byte.is_ascii_digit())
        })
        .collect();
    if plain.len() < 12 {
        return Vec::new();
    }
    let mut least = [u64::MAX; BANDS * ROWS];
    for run in plain.windows(5) {
        let hash = keyed(key, run.join(" ").as_bytes());
        for (n, least) in least.iter_mut().enumerate() {
            *least = (*least).min(mixed(hash ^ (n as u64).wrapping_mul(0xd6e8_feb8_6659_fd93)));
        }
    }
    least
        .chunks(ROWS)
        .enumerate()
        .map(|(band, rows)| mixed(rows.iter().fold(band as u64, |all, row| mixed(all ^ row))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_their_ends_and_names_of_code_are_taken_apart() {
        assert_eq!(
            words("Overflows in parseHeader() of png_read_row; see CVE-2024-3094, remote-code."),
            [
                "overflow",
                "in",
                "parseheader",
                "pars",
                "header",
                "of",
                "png_read_row",
                "png",
                "read",
                "row",
                "see",
                "cve-2024-3094",
                "remot",
                "code"
            ]
        );
    }

    #[test]
    fn one_and_several_of_a_thing_are_the_same_word() {
        for (one, several) in [
            ("file", "files"),
            ("key", "keys"),
            ("page", "pages"),
            ("cache", "caches"),
            ("class", "classes"),
            ("query", "queries"),
            ("vulnerability", "vulnerabilities"),
        ] {
            assert_eq!(stem(several), stem(one), "{one}");
        }
        assert_eq!((stem("this"), stem("access"), stem("redis")), ("this", "access", "redis"));
    }

    #[test]
    fn a_text_with_other_names_and_figures_has_the_same_template() {
        let mail = |site: &str, name: &str| {
            format!(
                "Hello security team, my name is {name} and I am an ethical hacker. While testing your website {site} I found \
                 that it is vulnerable to clickjacking because the header is missing, which lets an attacker load your page in \
                 a frame and trick users into clicking. I am waiting for your reply and hope for a reward for my report."
            )
        };
        let (one, two) =
            (template(&mail("https://a.example", "Ann"), 7), template(&mail("https://b.example/x", "Bob"), 7));
        assert!(one.iter().zip(&two).filter(|(a, b)| a == b).count() >= 2);
        let other = template(
            "The parser of the archive reads the length of a name from the file and does not compare it with the size of the buffer on the stack.",
            7,
        );
        assert_eq!(one.iter().zip(&other).filter(|(a, b)| a == b).count(), 0);
    }

    #[test]
    fn a_template_depends_on_the_key() {
        let text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";
        assert_ne!(template(text, 1), template(text, 2));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_fail(text in "\\PC{0,300}") {
            let _ = (words(&text), template(&text, 1));
        }
    }
}
