//! SPDX licence expressions: whether one is well formed, and which of its names are on the lists.
//!
//! Source: SPDX 3.0.1 annex B (licence expressions); SPDX License List 3.29.

use std::collections::HashSet;
use std::sync::LazyLock;

struct Lists {
    licences: HashSet<&'static str>,
    deprecated: HashSet<&'static str>,
    exceptions: HashSet<&'static str>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let names = |kind: &str| -> HashSet<&'static str> {
        let list = include_str!("../data/spdx-ids.txt");
        let line = list.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(' '));
        line.unwrap_or_default().split(' ').collect()
    };
    let mut deprecated = names("license-deprecated");
    deprecated.extend(names("exception-deprecated"));
    Lists { licences: names("license"), deprecated, exceptions: names("exception") }
});

/// The names in a licence expression, in their order, without operators; `None` where it is not well formed.
pub fn names(expression: &str) -> Option<Vec<&str>> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut place = 0;
    if !or(&words, &mut place) || place != words.len() {
        return None;
    }
    let operators = ["AND", "OR", "WITH", "and", "or", "with"];
    Some(expression.split(['(', ')', ' ']).filter(|word| !word.is_empty() && !operators.contains(word)).collect())
}

/// Whether `name` is a licence or exception of the SPDX list, current or deprecated, or one of the ScanCode list.
pub fn is_listed(name: &str) -> bool {
    let name = name.strip_suffix('+').unwrap_or(name);
    let lists = &*LISTS;
    lists.licences.contains(name)
        || lists.deprecated.contains(name)
        || lists.exceptions.contains(name)
        || name.starts_with("LicenseRef-scancode-")
        || matches!(name, "NONE" | "NOASSERTION" | "any-OSI" | "any-OSI-perl-modules")
}

/// Whether `name` is on the SPDX list as deprecated.
pub fn is_deprecated(name: &str) -> bool {
    LISTS.deprecated.contains(name) || LISTS.deprecated.contains(name.strip_suffix('+').unwrap_or(name))
}

fn or(words: &[&str], place: &mut usize) -> bool {
    if !term(words, place) {
        return false;
    }
    while matches!(words.get(*place), Some(&("AND" | "OR" | "and" | "or"))) {
        *place += 1;
        if !term(words, place) {
            return false;
        }
    }
    true
}

fn term(words: &[&str], place: &mut usize) -> bool {
    let Some(word) = words.get(*place) else { return false };
    *place += 1;
    if *word == "(" {
        let inside = or(words, place);
        let closed = words.get(*place) == Some(&")");
        *place += 1;
        return inside && closed;
    }
    if !is_name(word.strip_suffix('+').unwrap_or(word)) {
        return false;
    }
    if matches!(words.get(*place), Some(&("WITH" | "with"))) {
        *place += 2;
        return words.get(*place - 1).is_some_and(|exception| is_name(exception));
    }
    true
}

/// A name of letters, digits, `-` and `.`, with the prefixes in their exact case.
fn is_name(word: &str) -> bool {
    let (document, reference) = word.split_once(':').map_or((None, word), |(document, rest)| (Some(document), rest));
    let plain =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    let exact = |text: &str, prefix: &str| {
        text.get(..prefix.len()).is_none_or(|head| !head.eq_ignore_ascii_case(prefix) || head == prefix)
    };
    let operators = ["AND", "OR", "WITH"];
    plain(reference)
        && !operators.contains(&reference)
        && ["LicenseRef-", "DocumentRef-", "AdditionRef-"].iter().all(|prefix| exact(reference, prefix))
        && document.is_none_or(|document| {
            plain(document) && document.starts_with("DocumentRef-") && reference.contains("Ref-")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_told_from_texts() {
        assert_eq!(names("MIT OR (Apache-2.0 WITH LLVM-exception)"), Some(vec!["MIT", "Apache-2.0", "LLVM-exception"]));
        assert_eq!(names("LicenseRef-www.example.org-Own-2.0+"), Some(vec!["LicenseRef-www.example.org-Own-2.0+"]));
        for bad in ["", "MIT OR", "(MIT", "All rights reserved.", "licenseref-own", "LicenseRef-a/b", "MIT Apache-2.0"]
        {
            assert_eq!(names(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_are_looked_up_in_the_lists() {
        assert!(is_listed("MIT") && is_listed("GPL-2.0+") && is_listed("LicenseRef-scancode-public-domain"));
        assert!(!is_listed("LicenseRef-own") && is_deprecated("GPL-2.0") && !is_deprecated("MIT"));
    }
}
