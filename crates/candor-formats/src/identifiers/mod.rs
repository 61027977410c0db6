//! Public identifiers of vulnerabilities in running text: found, put into their usual form, and linked.
//! [`mentions`] finds whatever else a report names as well: packages, commits, versions, places in code.
//!
//! Sources: CVE Program, CVE ID syntax; GitHub Advisory Database, GHSA ids; OSV schema 1.7.5, section "id, modified
//! fields" (prefixes of home databases); CAPEC 3.9, identifiers of attack patterns; GCVE, format of identifiers.

mod mentions;

pub use mentions::{LIMIT, Mention, Named, TEXT_LIMIT, mentions};

use std::fmt;

/// Which scheme an identifier belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Common Vulnerabilities and Exposures.
    Cve,
    /// GitHub Security Advisory.
    Ghsa,
    /// Common Weakness Enumeration: a sort of weakness, not one vulnerability.
    Cwe,
    /// Common Attack Pattern Enumeration: a sort of attack, not one vulnerability.
    Capec,
    /// Global CVE Allocation System.
    Gcve,
    /// Any other database that OSV knows, such as `RUSTSEC-2023-0071` or `GO-2024-2611`.
    Osv,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cve => "CVE",
            Self::Ghsa => "GHSA",
            Self::Cwe => "CWE",
            Self::Capec => "CAPEC",
            Self::Gcve => "GCVE",
            Self::Osv => "OSV",
        })
    }
}

/// An identifier that anyone can look up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identifier {
    /// Its scheme.
    pub kind: Kind,
    /// In its usual form: `CVE-2024-3094`, `GHSA-xxxx-xxxx-xxxx`.
    pub id: String,
    /// The public page about it.
    pub url: String,
}

/// Every public identifier in `text`, each once, in order of appearance.
///
/// Letter case does not matter. An identifier counts only as a whole word, so `XCVE-2024-1` is none.
pub fn find(text: &str) -> Vec<Identifier> {
    let mut found: Vec<Identifier> = Vec::new();
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == ':' || c == '_')) {
        let word = word.trim_matches(['-', ':', '_']);
        if let Some(identifier) = recognise(word)
            && !found.contains(&identifier)
        {
            found.push(identifier);
        }
    }
    found
}

/// The identifier that `word` is, if it is one as a whole.
pub fn recognise(word: &str) -> Option<Identifier> {
    let (prefix, rest) = word.split_once('-')?;
    let upper = prefix.to_ascii_uppercase();
    let (kind, id) = match upper.as_str() {
        "CVE" => (Kind::Cve, format!("CVE-{}", year_and_number(rest)?)),
        "GHSA" => (Kind::Ghsa, format!("GHSA-{}", ghsa_groups(rest)?)),
        "CWE" => (Kind::Cwe, crate::cwe::Cwe::parse(rest)?.to_string()),
        "CAPEC" => (Kind::Capec, format!("CAPEC-{}", capec_number(rest)?)),
        "GCVE" => (Kind::Gcve, format!("GCVE-{}", gcve_parts(rest)?)),
        _ => (Kind::Osv, osv_id(word)?),
    };
    let url = match kind {
        Kind::Cve => format!("https://www.cve.org/CVERecord?id={id}"),
        Kind::Ghsa => format!("https://github.com/advisories/{id}"),
        Kind::Cwe => crate::cwe::Cwe::parse(&id)?.url(),
        Kind::Capec => format!("https://capec.mitre.org/data/definitions/{}.html", capec_number(rest)?),
        Kind::Gcve => format!("https://vulnerability.circl.lu/vuln/{id}"),
        Kind::Osv => format!("https://osv.dev/vulnerability/{id}"),
    };
    Some(Identifier { kind, id, url })
}

/// Whether `text` is a CVE number exactly as the CVE Program writes it.
pub fn is_cve(text: &str) -> bool {
    text.strip_prefix("CVE-").is_some_and(|rest| year_and_number(rest).is_some())
}

/// Whether `text` is a GCVE number as its registry writes it: `GCVE-1-2026-0042`, the number of who assigns it, then what
/// that authority counts by. Authority 0 stands for CVE numbers, so that what follows has their form.
pub fn is_gcve(text: &str) -> bool {
    text.strip_prefix("GCVE-").is_some_and(|rest| gcve_parts(rest).is_some())
}

fn gcve_parts(rest: &str) -> Option<&str> {
    let (authority, id) = rest.split_once('-')?;
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    let numbered = digits(authority) && authority.len() <= 9 && (authority == "0" || !authority.starts_with('0'));
    let known = if authority == "0" { year_and_number(id).is_some() } else { id.split('-').all(plain) };
    (numbered && known && id.len() <= 64).then_some(rest)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn capec_number(rest: &str) -> Option<u16> {
    (digits(rest) && rest.len() <= 4).then(|| rest.parse().ok())?.filter(|number| *number > 0)
}

fn year_and_number(rest: &str) -> Option<&str> {
    let (year, number) = rest.split_once('-')?;
    (year.len() == 4 && digits(year) && digits(number) && (4..=19).contains(&number.len())).then_some(rest)
}

fn ghsa_groups(rest: &str) -> Option<String> {
    let rest = rest.to_ascii_lowercase();
    let groups: Vec<&str> = rest.split('-').collect();
    let of_alphabet =
        |group: &&str| group.len() == 4 && group.bytes().all(|byte| b"23456789cfghjmpqrvwx".contains(&byte));
    (groups.len() == 3 && groups.iter().all(of_alphabet)).then_some(rest.clone())
}

/// Databases whose ids are `PREFIX-YEAR-NUMBER`, as OSV registers them. Distribution notices are left out: they are
/// about packages, not about the vulnerability.
const YEARLY: &[&str] =
    &["BIT", "CURL", "EEF", "GO", "GSD", "HSEC", "JLSEC", "MAL", "OSEC", "OSV", "PSF", "PYSEC", "RSEC", "RUSTSEC"];

fn osv_id(word: &str) -> Option<String> {
    let upper = word.to_ascii_uppercase();
    let (prefix, rest) = upper.split_once('-')?;
    if !YEARLY.contains(&prefix) {
        return None;
    }
    let numbered = rest.split_once('-').is_some_and(|(year, number)| year.len() == 4 && digits(year) && digits(number));
    numbered.then_some(upper.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        find(text).into_iter().map(|found| format!("{} {}", found.kind, found.id)).collect()
    }

    #[test]
    fn a_gcve_number_names_who_assigned_it() {
        for right in ["GCVE-1-2026-0042", "GCVE-0-2024-3094", "GCVE-1337-2026-00000000000000042", "GCVE-100-a1.b2"] {
            assert!(is_gcve(right), "{right}");
            assert_eq!(recognise(right).map(|found| (found.kind, found.id)), Some((Kind::Gcve, right.to_owned())));
        }
        for wrong in
            ["GCVE-2026", "GCVE-x-2026-1", "GCVE-01-2026-1", "GCVE-0-26-1", "GCVE-1-", "GCVE-1-a--b", "GCVE-1-a b"]
        {
            assert!(!is_gcve(wrong) && recognise(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn public_identifiers_are_found_in_running_text() {
        assert_eq!(
            ids("See cve-2024-3094 (and CVE-2024-3094), GHSA-JFH8-C2JP-5V3Q, CWE-79; RUSTSEC-2023-0071, go-2024-2611."),
            [
                "CVE CVE-2024-3094",
                "GHSA GHSA-jfh8-c2jp-5v3q",
                "CWE CWE-79",
                "OSV RUSTSEC-2023-0071",
                "OSV GO-2024-2611"
            ]
        );
    }

    #[test]
    fn look_alikes_are_not_identifiers() {
        for text in [
            "XCVE-2024-3094",
            "CVE-24-1",
            "CVE-2024-12",
            "GHSA-aaaa-bbbb-cccc",
            "CWE-0",
            "SNYK-JS-1234",
            "QID-12345",
            "CVE-2024-",
            "",
        ] {
            assert!(ids(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn each_identifier_has_a_public_page() {
        let url = |word| recognise(word).unwrap().url;
        assert_eq!(url("CVE-2024-3094"), "https://www.cve.org/CVERecord?id=CVE-2024-3094");
        assert_eq!(url("cwe-79"), "https://cwe.mitre.org/data/definitions/79.html");
        assert_eq!(url("PYSEC-2021-1"), "https://osv.dev/vulnerability/PYSEC-2021-1");
    }
}
