//! Version ranges in the notation VERS, and without its prefix: reads, checks and turns them into affected ranges.
//!
//! Source: VERS 1.1.0, version range specifier; CSAF 2.1 section 3.1.3.3.2 for the form without a prefix.

use std::cmp::Ordering;

use crate::shape::is_instant;
use crate::version::{AffectedRange, Ecosystem, compare};

/// How a constraint compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `=`, which is not written.
    Equal,
    /// `!=`
    Not,
    /// `<`
    Below,
    /// `<=`
    UpTo,
    /// `>`
    Above,
    /// `>=`
    From,
}

/// A range of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vers {
    /// The scheme that orders the versions, such as `npm`; absent in the form without a prefix.
    pub scheme: Option<String>,
    /// The constraints as written; none means every version (`*`).
    pub constraints: Vec<(Comparator, String)>,
}

impl Vers {
    /// Reads `vers:npm/>=1.0.0|<1.2.3`, or the constraints alone.
    ///
    /// # Errors
    ///
    /// What is wrong, in words that follow "This".
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, list) = match text.strip_prefix("vers:") {
            Some(rest) => {
                let (scheme, list) = rest.split_once('/').ok_or("has no / after the versioning scheme")?;
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
                if scheme.is_empty() || !scheme.chars().all(plain) {
                    return Err(format!("has no versioning scheme in lower case before the /, but \"{scheme}\""));
                }
                (Some(scheme.to_owned()), list)
            }
            None => (None, text),
        };
        if list == "*" && scheme.is_some() {
            return Ok(Self { scheme, constraints: Vec::new() });
        }
        let mut constraints = Vec::new();
        for part in list.split('|') {
            let read = constraint(part)?;
            if scheme.as_deref() == Some("datetime") {
                is_plain_instant(part, &read.1)?;
            }
            if constraints.iter().any(|(_, version)| *version == read.1) {
                return Err(format!("names the version {} more than once", read.1));
            }
            constraints.push(read);
        }
        Ok(Self { scheme, constraints })
    }

    /// Whose rules order the versions.
    pub fn order(&self) -> Ecosystem {
        match self.scheme.as_deref() {
            Some("semver") => Ecosystem::Semver,
            Some("npm") => Ecosystem::Npm,
            Some("cargo") => Ecosystem::CratesIo,
            Some("golang") => Ecosystem::Go,
            Some("pypi") => Ecosystem::PyPi,
            Some("maven") => Ecosystem::Maven,
            Some("nuget") => Ecosystem::NuGet,
            Some("gem") => Ecosystem::RubyGems,
            Some("composer") => Ecosystem::Packagist,
            _ => Ecosystem::Other,
        }
    }

    /// Whether it stands for every version.
    pub fn is_everything(&self) -> bool {
        self.constraints.is_empty()
    }

    /// The one version it stands for, if it is only one.
    pub fn single(&self) -> Option<&str> {
        match &self.constraints[..] {
            [(Comparator::Equal, version)] => Some(version),
            _ => None,
        }
    }

    /// Two constraints side by side that stand in the wrong order, where the order of the scheme is known.
    pub fn unsorted(&self) -> Option<(&str, &str)> {
        let known = self.scheme.as_deref().is_some_and(|scheme| {
            ["semver", "npm", "cargo", "golang", "pypi", "maven", "nuget", "gem", "composer"].contains(&scheme)
        });
        let mut pairs = self.constraints.windows(2).map(|pair| (pair[0].1.as_str(), pair[1].1.as_str()));
        pairs.find(|(first, second)| known && compare(self.order(), first, second) == Some(Ordering::Greater))
    }

    /// The stretches and single versions it stands for, as an advisory writes them.
    ///
    /// What an advisory cannot say, such as a hole (`!=`) or a bound without its version (`>`), gives `None`.
    pub fn affected(&self) -> Option<(Vec<AffectedRange>, Vec<String>)> {
        if self.is_everything() {
            return Some((vec![AffectedRange::default()], Vec::new()));
        }
        let (mut ranges, mut versions, mut from) = (Vec::new(), Vec::new(), None::<String>);
        for (comparator, version) in &self.constraints {
            match comparator {
                Comparator::Equal => versions.push(version.clone()),
                Comparator::From => {
                    if let Some(open) = from.replace(version.clone()) {
                        ranges.push(AffectedRange { introduced: Some(open), ..AffectedRange::default() });
                    }
                }
                Comparator::Below => {
                    let (introduced, fixed) = (from.take(), Some(version.clone()));
                    ranges.push(AffectedRange { introduced, fixed, last_affected: None });
                }
                Comparator::UpTo => {
                    let (introduced, last_affected) = (from.take(), Some(version.clone()));
                    ranges.push(AffectedRange { introduced, fixed: None, last_affected });
                }
                Comparator::Not | Comparator::Above => return None,
            }
        }
        if let Some(open) = from {
            ranges.push(AffectedRange { introduced: Some(open), ..AffectedRange::default() });
        }
        Some((ranges, versions))
    }
}

/// In the scheme `datetime` an instant has an upper-case T and Z, and its colons stand as they are.
fn is_plain_instant(part: &str, version: &str) -> Result<(), String> {
    if is_instant(version) && !version.contains(['t', 'z']) && !part.contains('%') {
        return Ok(());
    }
    Err(format!("has \"{part}\" where an instant such as 2026-01-31T12:00:00Z belongs"))
}

/// One constraint; the version is decoded.
fn constraint(part: &str) -> Result<(Comparator, String), String> {
    const SIGNS: [(&str, Comparator); 6] = [
        (">=", Comparator::From),
        ("<=", Comparator::UpTo),
        ("!=", Comparator::Not),
        ("<", Comparator::Below),
        (">", Comparator::Above),
        ("=", Comparator::Equal),
    ];
    if part.is_empty() {
        return Err("has an empty part; parts are divided by a single |".to_owned());
    }
    let (comparator, version) = SIGNS
        .iter()
        .find_map(|(sign, comparator)| Some((*comparator, part.strip_prefix(sign)?)))
        .unwrap_or((Comparator::Equal, part));
    if comparator == Comparator::Equal && part.starts_with('=') {
        return Err("writes = before a version; the canonical form leaves it out".to_owned());
    }
    if version.is_empty() {
        return Err(format!("has a comparison without a version, \"{part}\""));
    }
    if version.contains(|c: char| c.is_whitespace() || c.is_control() || "<>=!*|".contains(c)) {
        return Err(format!("has \"{part}\" where a comparison and a version without spaces belong"));
    }
    decoded(version).map(|version| (comparator, version)).ok_or_else(|| format!("has a broken % escape in \"{part}\""))
}

/// The text with its `%` escapes read; `None` where one is broken.
pub(crate) fn decoded(version: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(version.len());
    let mut rest = version.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        if *byte == b'%' {
            let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok())?;
            bytes.push(u8::from_str_radix(pair, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*byte);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_into_stretches_and_single_versions() {
        let read = |text: &str| Vers::parse(text).unwrap().affected().unwrap();
        assert_eq!(read("vers:npm/>=1.0.0|<1.2.3"), (vec![AffectedRange::between("1.0.0", "1.2.3")], vec![]));
        assert_eq!(read("vers:generic/*"), (vec![AffectedRange::default()], vec![]));
        assert_eq!(
            read("vers:npm/1.0.0|>=2.0.0|<2.1.0"),
            (vec![AffectedRange::between("2.0.0", "2.1.0")], vec!["1.0.0".to_owned()])
        );
        assert_eq!(read("<V3%2B1"), (vec![AffectedRange::before("V3+1")], vec![]));
        assert_eq!(Vers::parse(">1|<2").unwrap().affected(), None);
    }

    #[test]
    fn what_is_no_range_is_refused_in_words() {
        for text in [
            "*",
            "<= 2",
            "all versions",
            "vers:npm/",
            "vers:npm",
            "vers:NPM/1",
            "<1||<2",
            "<>1",
            "=1",
            "1|1",
            "<%zz",
            "vers:datetime/2024-01-01t00:00:00z",
        ] {
            assert!(Vers::parse(text).is_err(), "{text}");
        }
        assert_eq!(Vers::parse("vers:npm/>=2.0.0|<1.0.0").unwrap().unsorted(), Some(("2.0.0", "1.0.0")));
        assert_eq!(Vers::parse("4.2.0").unwrap().single(), Some("4.2.0"));
    }
}
