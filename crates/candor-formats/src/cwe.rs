//! The Common Weakness Enumeration, version 4.20 (30 April 2026): ids, names and how each may be used.
//!
//! The list is built in; nothing is fetched. It holds weaknesses only, no views and no categories.
//! CWE is a list of the MITRE Corporation, used here under its terms of use.
//!
//! Source: <https://cwe.mitre.org/data/>; mapping usage: CWE "Vulnerability Mapping Notes".

use std::fmt;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

/// The version of the built-in list.
pub const LIST_VERSION: &str = "4.20";

/// Whether a weakness is precise enough to name the cause of one vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// May be used.
    Allowed,
    /// May be used after a look at its comments and children.
    AllowedWithReview,
    /// Better choose a more precise one.
    Discouraged,
    /// Must not be used: deprecated, or a category of its own.
    Prohibited,
}

impl Usage {
    /// The usage in words of the list.
    pub fn label(self) -> &'static str {
        match self {
            Self::Allowed => "Allowed",
            Self::AllowedWithReview => "Allowed with review",
            Self::Discouraged => "Discouraged",
            Self::Prohibited => "Prohibited",
        }
    }
}

/// One weakness of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cwe {
    /// The number: 79 for CWE-79.
    pub id: u32,
    /// The exact name, as CSAF demands it.
    pub name: &'static str,
    /// Whether it may name the cause of a vulnerability.
    pub usage: Usage,
}

static LIST: LazyLock<Vec<Cwe>> = LazyLock::new(|| {
    include_str!("../data/cwe-4.20.tsv")
        .lines()
        .map(|line| read(line).expect("the built-in list is well formed"))
        .collect()
});

fn read(line: &'static str) -> Option<Cwe> {
    let mut columns = line.splitn(3, '\t');
    let id = columns.next()?.parse().ok()?;
    let usage = match columns.next()? {
        "A" => Usage::Allowed,
        "R" => Usage::AllowedWithReview,
        "D" => Usage::Discouraged,
        "P" => Usage::Prohibited,
        _ => return None,
    };
    Some(Cwe { id, name: columns.next()?, usage })
}

impl Cwe {
    /// The weakness with this number, if the list has it.
    pub fn get(id: u32) -> Option<Self> {
        LIST.binary_search_by_key(&id, |cwe| cwe.id).ok().map(|place| LIST[place])
    }

    /// Reads `CWE-79`, `cwe 79` or `79`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = match text.get(..3) {
            Some(head) if head.eq_ignore_ascii_case("cwe") => text[3..].trim_start_matches(['-', ' ', ':', '_']),
            _ => text,
        };
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok()).flatten().and_then(Self::get)
    }

    /// Up to `limit` weaknesses for what a person typed: a number, or words of the name in any order.
    ///
    /// The exact number comes first, then the one that people call so (such as "path traversal" or "xss"), then names that
    /// start with the text, then the others by number. What must not be used comes last.
    pub fn search(text: &str, limit: usize) -> Vec<Self> {
        let wanted = text.trim().to_lowercase();
        if wanted.is_empty() {
            return Vec::new();
        }
        let exact = Self::parse(&wanted);
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let called = format!("('{wanted}')");
        let mut found: Vec<(u8, Self)> = LIST
            .iter()
            .filter_map(|cwe| {
                let name = cwe.name.to_lowercase();
                let rank = if exact == Some(*cwe) {
                    0
                } else if name.contains(&called) || CALLED.contains(&(wanted.as_str(), cwe.id)) {
                    1
                } else if !words.iter().all(|word| name.contains(word)) {
                    return None;
                } else if name.starts_with(&wanted) {
                    2
                } else {
                    3
                };
                Some((rank + if rank > 0 && cwe.usage == Usage::Prohibited { 3 } else { 0 }, *cwe))
            })
            .collect();
        found.sort_by_key(|(rank, cwe)| (*rank, cwe.id));
        found.into_iter().map(|(_, cwe)| cwe).take(limit).collect()
    }

    /// Every weakness of the list, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        LIST.iter().copied()
    }

    /// The public page about this weakness.
    pub fn url(self) -> String {
        format!("https://cwe.mitre.org/data/definitions/{}.html", self.id)
    }
}

/// Short names that people use and the list does not have.
const CALLED: [(&str, u32); 13] = [
    ("xss", 79),
    ("sqli", 89),
    ("xxe", 611),
    ("idor", 639),
    ("rce", 94),
    ("uaf", 416),
    ("lfi", 98),
    ("toctou", 367),
    ("directory traversal", 22),
    ("zip slip", 22),
    ("clickjacking", 1021),
    ("prototype pollution", 1321),
    ("privilege escalation", 269),
];

/// One weakness as one edition of the list had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// The name in that edition.
    pub name: &'static str,
    /// Whether that edition calls it deprecated.
    pub deprecated: bool,
}

struct History {
    versions: Vec<&'static str>,
    /// By number: first and last edition as places in `versions`, and what they say.
    rows: Vec<(u32, usize, usize, Edition)>,
}

static HISTORY: LazyLock<History> = LazyLock::new(|| {
    let mut lines = include_str!("../data/cwe-history.tsv").lines();
    let versions: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let place = |version: &str| versions.iter().position(|known| *known == version);
    let row = |line: &'static str| {
        let mut columns = line.splitn(5, '\t');
        let (id, from, to) = (columns.next()?, columns.next()?, columns.next()?);
        let deprecated = columns.next()? == "D";
        Some((id.parse().ok()?, place(from)?, place(to)?, Edition { deprecated, name: columns.next()? }))
    };
    let rows = lines.map(|line| row(line).expect("the built-in history is well formed")).collect();
    History { rows, versions }
});

/// Whether there was an edition of the list with this number, such as `4.13`.
pub fn is_list_version(version: &str) -> bool {
    HISTORY.versions.contains(&version)
}

/// Editions of the list with the day of each, the oldest first.
static DAYS: LazyLock<Vec<(&'static str, Date)>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let (version, day) = line.split_once('\t')?;
        Some((version, day.parse().ok()?))
    };
    include_str!("../data/cwe-days.tsv")
        .lines()
        .map(|line| row(line).expect("the built-in days are well formed"))
        .collect()
});

/// The edition of the list that was the newest one at an instant, in UTC; none before the second edition.
pub fn newest_at(at: Timestamp) -> Option<&'static str> {
    let day = at.to_zoned(TimeZone::UTC).date();
    DAYS.iter().rev().find(|(_, published)| *published <= day).map(|(version, _)| *version)
}

/// Whether the edition says how each weakness may be used: from 4.12 on.
pub fn states_usage(version: &str) -> bool {
    let place = |version: &str| HISTORY.versions.iter().position(|known| *known == version);
    place(version).is_some_and(|given| place("4.12").is_some_and(|first| given >= first))
}

/// What the edition `version` of the list says of the weakness `id`.
pub fn in_edition(id: u32, version: &str) -> Option<Edition> {
    let place = HISTORY.versions.iter().position(|known| *known == version)?;
    let start = HISTORY.rows.partition_point(|row| row.0 < id);
    let rows = HISTORY.rows[start..].iter().take_while(|row| row.0 == id);
    rows.filter(|row| (row.1..=row.2).contains(&place)).map(|row| row.3).next()
}

/// Writes `CWE-79`.
impl fmt::Display for Cwe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CWE-{}", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weakness_is_found_by_its_number() {
        let cwe = Cwe::get(79).unwrap();
        assert_eq!(cwe.name, "Improper Neutralization of Input During Web Page Generation ('Cross-site Scripting')");
        assert_eq!(cwe.usage, Usage::Allowed);
        assert_eq!(cwe.to_string(), "CWE-79");
        assert_eq!(Cwe::get(1), None);
        for text in ["CWE-79", "cwe 79", "79", " CWE:79 "] {
            assert_eq!(Cwe::parse(text), Some(cwe), "{text}");
        }
        for text in ["", "CWE-", "CWE-0", "7x", "CWE-99999999999", "çwe-79"] {
            assert_eq!(Cwe::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_weakness_is_known_as_each_edition_had_it() {
        assert!(!in_edition(1324, "4.9").unwrap().deprecated);
        assert!(in_edition(1324, "4.10").unwrap().name.starts_with("DEPRECATED"));
        assert_eq!(in_edition(1419, "4.12"), None);
        assert!(is_list_version("4.20") && !is_list_version("4.99"));
        assert!(Cwe::all().all(|cwe| in_edition(cwe.id, LIST_VERSION).is_some_and(|edition| edition.name == cwe.name)));
    }

    #[test]
    fn the_newest_edition_of_an_instant_is_known() {
        let at = |text: &str| newest_at(text.parse().unwrap());
        assert_eq!(at("2024-01-21T10:00:00Z"), Some("4.13"));
        assert_eq!(at("2017-11-08T00:00:00Z"), Some("3.0"), "two editions of one day");
        assert_eq!(at("2026-04-29T23:59:59Z"), Some("4.19.1"));
        assert_eq!(at("2030-01-01T00:00:00Z"), Some(LIST_VERSION));
        assert_eq!(at("2000-01-01T00:00:00Z"), None);
        assert!(DAYS.iter().all(|(version, _)| is_list_version(version)));
        assert!(states_usage("4.12") && states_usage(LIST_VERSION) && !states_usage("4.11") && !states_usage("1.0"));
    }

    #[test]
    fn a_weakness_is_found_by_words_of_its_name() {
        let found = |text| Cwe::search(text, 10).iter().map(|cwe| cwe.id).collect::<Vec<_>>();
        assert!(found("cross-site script").contains(&79));
        assert!(found("traversal path").contains(&22));
        assert_eq!(found("89")[0], 89);
        assert_eq!(Cwe::search("injection", 3).len(), 3);
        for (called, id) in
            [("path traversal", 22), ("Cross-site Scripting", 79), ("SQL injection", 89), ("xss", 79), ("idor", 639)]
        {
            assert_eq!(found(called)[0], id, "{called}");
        }
        assert!(CALLED.iter().all(|(_, id)| Cwe::get(*id).is_some()));
        assert!(found("").is_empty());
        assert!(found("no such weakness").is_empty());
    }
}
