//! Which of two versions is the newer, told per ecosystem and never guessed.
//!
//! Versions are ordered by the rules of the ecosystem they belong to. Where this crate does not know the rule, or a
//! version does not follow it, the answer is "unknown" (`None`): a wrong order would call an affected version safe.
//!
//! Sources: Semantic Versioning 2.0.0 section 11; OSV schema 1.7.5, `affected[].ranges[].events`.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Whose rules order a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ecosystem {
    /// Semantic Versioning 2.0.0 without a registry.
    Semver,
    /// npm (semantic versions).
    Npm,
    /// crates.io (semantic versions).
    CratesIo,
    /// Go modules (semantic versions with a leading `v`).
    Go,
    /// Hex (semantic versions).
    Hex,
    /// Pub (semantic versions).
    Pub,
    /// Swift packages (semantic versions).
    Swift,
    /// PyPI. Only plain release numbers are ordered.
    PyPi,
    /// Maven. Only plain release numbers are ordered.
    Maven,
    /// NuGet. Only plain release numbers are ordered.
    NuGet,
    /// RubyGems. Only plain release numbers are ordered.
    RubyGems,
    /// Packagist (Composer). Only plain release numbers are ordered, with or without a leading `v`.
    Packagist,
    /// A package of an operating system distribution. Only plain release numbers with the same count of parts are ordered.
    Distribution,
    /// None of these: the generic rule of [`compare`].
    Other,
}

impl Ecosystem {
    /// The ecosystem for a name of the OSV list, such as `npm` or `Debian:12`; [`Ecosystem::Other`] for an unknown one.
    ///
    /// Source: OSV schema 1.7.5, `affected[].package.ecosystem`.
    pub fn of_osv(name: &str) -> Self {
        match name.split(':').next().unwrap_or(name) {
            "npm" => Self::Npm,
            "crates.io" => Self::CratesIo,
            "Go" => Self::Go,
            "Hex" => Self::Hex,
            "Pub" => Self::Pub,
            "SwiftURL" => Self::Swift,
            "PyPI" => Self::PyPi,
            "Maven" => Self::Maven,
            "NuGet" => Self::NuGet,
            "RubyGems" => Self::RubyGems,
            "Packagist" => Self::Packagist,
            "AlmaLinux" | "Alpaquita" | "Alpine" | "Azure Linux" | "Chainguard" | "Debian" | "FreeBSD" | "Mageia"
            | "MinimOS" | "openEuler" | "openSUSE" | "Photon OS" | "Red Hat" | "Rocky Linux" | "SUSE" | "Ubuntu"
            | "Wolfi" => Self::Distribution,
            _ => Self::Other,
        }
    }

    /// Whether the ecosystem orders by Semantic Versioning.
    pub fn is_semver(self) -> bool {
        matches!(self, Self::Semver | Self::Npm | Self::CratesIo | Self::Go | Self::Hex | Self::Pub | Self::Swift)
    }

    /// The scheme name of the ecosystem in a `vers:` range.
    ///
    /// Source: VERS 1.1.0, list of versioning schemes.
    pub fn vers_scheme(self) -> &'static str {
        match self {
            Self::Semver | Self::Hex | Self::Pub | Self::Swift => "semver",
            Self::Npm => "npm",
            Self::CratesIo => "cargo",
            Self::Go => "golang",
            Self::PyPi => "pypi",
            Self::Maven => "maven",
            Self::NuGet => "nuget",
            Self::RubyGems => "gem",
            Self::Packagist => "composer",
            Self::Distribution | Self::Other => "generic",
        }
    }
}

/// A stretch of affected versions. All bounds absent means all versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AffectedRange {
    /// First affected version; absent (or `0`) means from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introduced: Option<String>,
    /// First version that is no longer affected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// Last affected version, where no fixed one exists. Never together with `fixed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_affected: Option<String>,
}

impl AffectedRange {
    /// Every version before `fixed`.
    pub fn before(fixed: impl Into<String>) -> Self {
        Self { fixed: Some(fixed.into()), ..Self::default() }
    }

    /// Every version from `introduced` on, before `fixed`.
    pub fn between(introduced: impl Into<String>, fixed: impl Into<String>) -> Self {
        Self { introduced: Some(introduced.into()), fixed: Some(fixed.into()), last_affected: None }
    }

    /// The first affected version, unless that is the very beginning.
    pub fn lower(&self) -> Option<&str> {
        self.introduced.as_deref().filter(|version| *version != "0")
    }

    /// Whether `version` lies in the range; `None` where the order is unknown.
    pub fn contains(&self, ecosystem: Ecosystem, version: &str) -> Option<bool> {
        if let Some(lower) = self.lower()
            && compare(ecosystem, version, lower)? == Ordering::Less
        {
            return Some(false);
        }
        if let Some(fixed) = &self.fixed {
            return Some(compare(ecosystem, version, fixed)? == Ordering::Less);
        }
        if let Some(last) = &self.last_affected {
            return Some(compare(ecosystem, version, last)? != Ordering::Greater);
        }
        Some(true)
    }
}

/// The range in words, to stand after a product's name: `before 2.1`, `from 1.0 before 1.2`.
impl fmt::Display for AffectedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lower(), &self.fixed, &self.last_affected) {
            (None, None, None) => f.write_str("all versions"),
            (None, Some(fixed), _) => write!(f, "before {fixed}"),
            (None, None, Some(last)) => write!(f, "{last} and earlier"),
            (Some(from), None, None) => write!(f, "{from} and later"),
            (Some(from), Some(fixed), _) => write!(f, "from {from} before {fixed}"),
            (Some(from), None, Some(last)) => write!(f, "from {from} to {last}"),
        }
    }
}

/// Orders two versions by the rules of `ecosystem`; `None` where they are not known to be in order.
///
/// - Equal strings are equal everywhere.
/// - Two release tags of the form `RELEASE.2024-01-31T20-20-33Z` are ordered by their instant, everywhere.
/// - Semantic ecosystems: Semantic Versioning 2.0.0; build metadata is ignored; a leading `v` is allowed.
/// - PyPI, Maven, NuGet, RubyGems, Packagist: numbers separated by dots, missing parts count as zero. Anything else,
///   such as `1.0rc1`, is unknown.
/// - Distributions: numbers separated by dots, only where both have the same count of parts.
/// - [`Ecosystem::Other`], the generic rule: numbers separated by dots, missing parts count as zero, a leading `v` is
///   allowed, and what follows the first `-` is a pre-release as in Semantic Versioning. Two dates `2024-01-31` are
///   ordered as dates.
pub fn compare(ecosystem: Ecosystem, a: &str, b: &str) -> Option<Ordering> {
    if a == b {
        return Some(Ordering::Equal);
    }
    if let (Some(a), Some(b)) = (release_instant(a), release_instant(b)) {
        return (a != b).then(|| a.cmp(b));
    }
    if ecosystem.is_semver() {
        return Some(semantic(a)?.cmp_precedence(&semantic(b)?));
    }
    match ecosystem {
        Ecosystem::Distribution => {
            let (a, b) = (numbers(a)?, numbers(b)?);
            (a.len() == b.len()).then(|| in_turn(&a, &b))
        }
        Ecosystem::Other => generic(a, b),
        Ecosystem::Packagist => Some(in_turn(&numbers(bare(a))?, &numbers(bare(b))?)),
        _ => Some(in_turn(&numbers(a)?, &numbers(b)?)),
    }
}

/// The semantic version in `text`, which may start with `v`; `None` if it is none.
pub fn semantic(text: &str) -> Option<semver::Version> {
    semver::Version::parse(bare(text)).ok()
}

fn bare(text: &str) -> &str {
    text.strip_prefix(['v', 'V']).unwrap_or(text)
}

/// The part of `RELEASE.YYYY-MM-DDThh-mm-ssZ` that sorts as text, if `text` has exactly that shape.
fn release_instant(text: &str) -> Option<&str> {
    let instant = text.strip_prefix("RELEASE.")?;
    let shape = "dddd-dd-ddTdd-dd-ddZ";
    fits(instant, shape).then_some(instant)
}

fn fits(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(is, want)| if want == b'd' { is.is_ascii_digit() } else { is == want })
}

/// Dotted numbers without leading zeros, so that longer means larger; `None` for anything else.
fn numbers(text: &str) -> Option<Vec<&str>> {
    text.split('.')
        .map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.trim_start_matches('0'))
        })
        .collect()
}

fn in_turn(a: &[&str], b: &[&str]) -> Ordering {
    let at = |parts: &[&str], place: usize| {
        parts.get(place).map_or((0, String::new()), |part| (part.len(), (*part).to_owned()))
    };
    (0..a.len().max(b.len()))
        .map(|place| at(a, place).cmp(&at(b, place)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn generic(a: &str, b: &str) -> Option<Ordering> {
    const DATE: &str = "dddd-dd-dd";
    match (fits(a, DATE), fits(b, DATE)) {
        (true, true) => return Some(a.cmp(b)),
        (false, false) => {}
        _ => return None,
    }
    let ((release_a, pre_a), (release_b, pre_b)) = (release_and_pre(a)?, release_and_pre(b)?);
    Some(in_turn(&release_a, &release_b).then_with(|| pre_a.cmp(&pre_b)))
}

fn release_and_pre(text: &str) -> Option<(Vec<&str>, semver::Prerelease)> {
    let text = bare(text);
    let text = text.split_once('+').map_or(text, |(version, _build)| version);
    let (release, pre) = text.split_once('-').unwrap_or((text, ""));
    Some((numbers(release)?, semver::Prerelease::new(pre).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ecosystem: Ecosystem, rising: &[&str]) {
        for (i, a) in rising.iter().enumerate() {
            for (j, b) in rising.iter().enumerate() {
                assert_eq!(compare(ecosystem, a, b), Some(i.cmp(&j)), "{a} and {b} in {ecosystem:?}");
            }
        }
    }

    #[test]
    fn semantic_versions_order_as_their_specification_says() {
        let rising = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.10",
            "2.0.0",
        ];
        for ecosystem in [Ecosystem::Semver, Ecosystem::Npm, Ecosystem::Go, Ecosystem::Other] {
            check(ecosystem, &rising);
        }
    }

    #[test]
    fn release_tags_with_a_time_order_by_that_time_in_every_ecosystem() {
        let rising = ["RELEASE.2023-12-31T23-59-59Z", "RELEASE.2024-01-31T20-20-33Z", "RELEASE.2024-02-04T22-36-13Z"];
        for ecosystem in [Ecosystem::Other, Ecosystem::Go, Ecosystem::Distribution] {
            check(ecosystem, &rising);
        }
    }

    #[test]
    fn dotted_numbers_order_by_number_not_by_text() {
        check(Ecosystem::Other, &["1", "1.2", "1.10", "1.10.0.1", "2024.1", "99999999999999999999999999.1"]);
        check(Ecosystem::PyPi, &["0.9", "1.0", "1.0.1", "10.0"]);
        check(Ecosystem::Packagist, &["v3.3.9", "v4.6.2", "v4.10.0"]);
        assert_eq!(compare(Ecosystem::Maven, "1.0", "1.0.0"), Some(Ordering::Equal));
    }

    #[test]
    fn what_is_not_known_to_be_in_order_is_unknown_and_never_compared_as_text() {
        for (ecosystem, a, b) in [
            (Ecosystem::Npm, "1.0", "2.0"),
            (Ecosystem::PyPi, "1.0rc1", "1.0"),
            (Ecosystem::Distribution, "1.0", "1.0.0"),
            (Ecosystem::Other, "winter", "summer"),
            (Ecosystem::Other, "2024-01-31", "1.2"),
            (Ecosystem::Other, "RELEASE.2024-01-31T20-20-33Z", "RELEASE.2024"),
            (Ecosystem::Other, "RELEASE.2024-01-31T20-20-33Z", "1.2.3"),
            (Ecosystem::Maven, "1.0", ""),
        ] {
            assert_eq!(compare(ecosystem, a, b), None, "{a} and {b} in {ecosystem:?}");
        }
    }

    #[test]
    fn a_range_knows_what_lies_in_it() {
        let range = AffectedRange::between("1.2.0", "1.4.3");
        let within = |version| range.contains(Ecosystem::Npm, version);
        assert_eq!(within("1.1.9"), Some(false));
        assert_eq!(within("1.2.0"), Some(true));
        assert_eq!(within("1.4.3-rc.1"), Some(true));
        assert_eq!(within("1.4.3"), Some(false));
        assert_eq!(within("latest"), None);
        let last = AffectedRange { last_affected: Some("2.0.0".into()), ..AffectedRange::default() };
        assert_eq!(last.contains(Ecosystem::Npm, "2.0.0"), Some(true));
        assert_eq!(last.contains(Ecosystem::Npm, "2.0.1"), Some(false));
        assert_eq!(AffectedRange::default().contains(Ecosystem::Other, "anything"), Some(true));
    }

    #[test]
    fn a_range_reads_as_a_phrase() {
        assert_eq!(AffectedRange::before("2.1").to_string(), "before 2.1");
        assert_eq!(AffectedRange::between("0", "2.1").to_string(), "before 2.1");
        assert_eq!(AffectedRange::between("1.0", "1.2").to_string(), "from 1.0 before 1.2");
        assert_eq!(AffectedRange::default().to_string(), "all versions");
    }
}
