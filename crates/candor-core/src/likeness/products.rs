//! Names of products: what a text names right before a version. They are few, and two texts that both say which version of a
//! thing they are about mean the same thing more often than two that share a word.

use super::common::elsewhere;
use super::words::{head, is_common, stem};

/// Most names that are taken of a text.
const NAMES: usize = 6;
/// Most names with versions.
const RELEASES: usize = 12;

/// Words that may stand between a name and its version.
const BETWEEN: &[&str] = &[
    "version", "versions", "release", "releases", "before", "prior", "to", "through", "until", "up", "below", "than",
    "older", "earlier", "and", "from", "in",
];

/// A product with a version of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Products {
    /// Names in front of versions, in small letters and as the index cuts words, each once.
    pub names: Vec<String>,
    /// The same with each version that is told of them: `name 1.2.3`.
    pub releases: Vec<String>,
}

/// The products that a text names with a version.
pub(super) fn products(text: &str) -> Products {
    let mut found = Products::default();
    let mut before: Option<&str> = None;
    for raw in head(text).split_whitespace() {
        // `name@1.2` is both in one.
        let (name, rest) = raw.split_once('@').map_or((None, raw), |(name, rest)| (Some(name), rest));
        if let Some(version) = version(rest) {
            // Of `name 1.2 and 1.3` the second version is of the same name.
            if let Some(name) = name.or(before) {
                found.add(name, version);
            }
            if found.releases.len() >= RELEASES {
                break;
            }
            continue;
        }
        let word = raw.trim_matches(|c: char| !c.is_alphanumeric());
        if !word.is_empty() && !BETWEEN.contains(&word.to_lowercase().as_str()) {
            before = (!raw.ends_with(['.', ';', '!', '?'])).then_some(word);
        }
    }
    found
}

impl Products {
    fn add(&mut self, name: &str, version: &str) {
        for part in name.split(['-', '_', '.', '/', ':']) {
            let lower = part.to_lowercase();
            let word = stem(&lower);
            let is_name = word.len() >= 3 && word.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
            // What many reports say whatever they are about is no name.
            if !is_name || is_common(word) || elsewhere(word) > 0.0 || self.names.len() >= NAMES {
                continue;
            }
            if !self.names.iter().any(|known| known == word) {
                self.names.push(word.to_owned());
            }
            let release = format!("{word} {version}");
            if !version.ends_with('x') && !self.releases.contains(&release) {
                self.releases.push(release);
            }
        }
    }
}

/// The version that a word is: two numbers with a dot at least, perhaps behind a `v` or a sign of comparison.
fn version(text: &str) -> Option<&str> {
    let text = text.trim_matches(|c: char| matches!(c, '(' | ')' | ',' | ';' | ':' | '"' | '\'' | '`' | '.'));
    let text = text.trim_start_matches(['<', '>', '=', '~', '^']).trim_start_matches(['v', 'V']);
    let (major, minor) = text.split_once('.')?;
    let is_one = (1..=4).contains(&major.len())
        && major.bytes().all(|byte| byte.is_ascii_digit())
        && (minor.starts_with(|c: char| c.is_ascii_digit()) || minor == "x")
        && text.len() <= 24;
    is_one.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_version_is_the_name_of_a_product() {
        for (text, expected) in [
            ("Shelfmark 2.1.0 reads past the end.", vec!["shelfmark"]),
            ("py-shelfmark versions >=1.9.0 and <2.3 do not check", vec!["shelfmark"]),
            ("In Shelfmark before 1.2, and in bookend < v0.6.3, a file", vec!["shelfmark", "bookend"]),
            ("It uses shelfmark@4.17.15, which is old.", vec!["shelfmark"]),
            ("It ends there. 1.5 times as long", vec![]),
            ("Nothing here has a number.", vec![]),
        ] {
            assert_eq!(products(text).names, expected, "{text}");
        }
        let long: String = (0..100).map(|n| format!("thing{n} 1.{n}, ")).collect();
        assert_eq!(products(&long).names.len(), NAMES);
        let told = products("In Shelfmark 2.x before 2.12.19, and 2.13.x before 2.13.8, and for this dependency 1.2");
        assert_eq!(told.releases, ["shelfmark 2.12.19", "shelfmark 2.13.8"]);
    }
}
