//! Whether a version is supported on a day, and what to upgrade to. Versions are ordered by the rules of their ecosystem;
//! where the order is not known, the answer is "unknown" and never a guess.

use crate::case::{Case, Fix};
use crate::event::FixKind;
use crate::policy::{Policy, SupportedVersion, VersionRule};
use candor_formats::purl::Purl;
use candor_formats::version::{Ecosystem, compare};
use jiff::Timestamp;
use jiff::civil::Date;
use std::cmp::Ordering;

/// What the policy says of a version on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// It gets fixes.
    Supported {
        /// The branch it belongs to; `None` for the latest release.
        branch: Option<String>,
        /// The last day of support.
        until: Option<Date>,
    },
    /// Its branch has no support on this day.
    Ended {
        /// The branch.
        branch: String,
        /// Since when, where the policy says so.
        until: Option<Date>,
    },
    /// It is older than the latest release, and only that gets fixes.
    Older {
        /// The latest release.
        latest: String,
    },
    /// It belongs to none of the supported branches.
    NotListed,
    /// The policy or the version does not tell.
    Unknown,
}

impl Support {
    /// Name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Support::Supported { .. } => "supported",
            Support::Ended { .. } => "ended",
            Support::Older { .. } => "older",
            Support::NotListed => "not-listed",
            Support::Unknown => "unknown",
        }
    }

    /// In a sentence; empty when nothing is known.
    pub fn words(&self) -> String {
        let day = |date: &Date| date.strftime("%-d %B %Y").to_string();
        match self {
            Support::Supported { branch: Some(branch), until: Some(until) } => {
                format!("Supported: branch {branch}, until {}.", day(until))
            }
            Support::Supported { branch: Some(branch), until: None } => format!("Supported: branch {branch}."),
            Support::Supported { branch: None, .. } => "Supported: the latest release.".into(),
            Support::Ended { branch, until: Some(until) } => {
                format!("Not supported: the support of branch {branch} ended on {}.", day(until))
            }
            Support::Ended { branch, until: None } => format!("Not supported: branch {branch}."),
            Support::Older { latest } => format!("Not supported: older than the latest release, {latest}."),
            Support::NotListed => "Not supported: it belongs to no supported branch.".into(),
            Support::Unknown => String::new(),
        }
    }

    /// Whether it surely gets no fixes.
    pub fn is_over(&self) -> bool {
        matches!(self, Support::Ended { .. } | Support::Older { .. } | Support::NotListed)
    }
}

/// The ecosystem of this name: a type of package URL, or `semver`.
pub fn ecosystem_named(name: &str) -> Option<Ecosystem> {
    Some(match name {
        "semver" => Ecosystem::Semver,
        "npm" => Ecosystem::Npm,
        "cargo" => Ecosystem::CratesIo,
        "golang" => Ecosystem::Go,
        "hex" => Ecosystem::Hex,
        "pub" => Ecosystem::Pub,
        "swift" => Ecosystem::Swift,
        "pypi" => Ecosystem::PyPi,
        "maven" => Ecosystem::Maven,
        "nuget" => Ecosystem::NuGet,
        "gem" => Ecosystem::RubyGems,
        "composer" => Ecosystem::Packagist,
        "deb" | "rpm" | "apk" | "alpm" => Ecosystem::Distribution,
        "generic" | "github" | "docker" | "oci" => Ecosystem::Other,
        _ => return None,
    })
}

/// Names that [`ecosystem_named`] knows, for messages.
pub const ECOSYSTEMS: [&str; 19] = [
    "semver", "npm", "cargo", "golang", "hex", "pub", "swift", "pypi", "maven", "nuget", "gem", "composer", "deb",
    "rpm", "apk", "alpm", "generic", "github", "docker",
];

/// Whose rules order the versions of a product: as the policy says, else as its package URL does.
pub fn ecosystem(policy: &Policy, product: Option<&str>) -> Ecosystem {
    if let Some(named) = policy.versions.ecosystem.as_deref().and_then(ecosystem_named) {
        return named;
    }
    let products = &policy.scope.products;
    let known = product.and_then(|name| products.iter().find(|known| known.name == name)).or(products.first());
    let purl = known.and_then(|known| known.purl.as_deref()).and_then(|purl| Purl::parse(purl).ok());
    purl.and_then(|purl| ecosystem_named(purl.kind())).unwrap_or(Ecosystem::Other)
}

/// What the policy says of a version as somebody wrote it, on the day of `at` in the program's zone.
pub fn support(policy: &Policy, product: Option<&str>, version: &str, at: Timestamp) -> Support {
    let version = version.trim();
    if version.is_empty() || version.len() > 200 {
        return Support::Unknown;
    }
    let rules = &policy.versions;
    let ecosystem = ecosystem(policy, product);
    if rules.rule == VersionRule::Latest {
        let Some(latest) = &rules.latest else { return Support::Unknown };
        return match order(ecosystem, version, latest) {
            Some(Ordering::Less) => Support::Older { latest: latest.clone() },
            Some(_) => Support::Supported { branch: None, until: None },
            None => Support::Unknown,
        };
    }
    let on = day(policy, at);
    let mut unknown = false;
    let mut ended = None;
    for known in &rules.supported {
        match contains(ecosystem, &known.branch, version) {
            Some(true) if known.is_supported(on) => {
                return Support::Supported { branch: Some(known.branch.clone()), until: known.until };
            }
            Some(true) => {
                ended.get_or_insert(Support::Ended {
                    branch: known.branch.clone(),
                    until: known.until.filter(|until| *until < on),
                });
            }
            Some(false) => {}
            None => unknown = true,
        }
    }
    ended.unwrap_or(if unknown || !starts_as_a_version(version) { Support::Unknown } else { Support::NotListed })
}

/// Branches that get fixes on the day of `at` in the program's zone.
pub fn supported(policy: &Policy, at: Timestamp) -> Vec<&SupportedVersion> {
    let on = day(policy, at);
    policy.versions.supported.iter().filter(|known| known.is_supported(on)).collect()
}

fn day(policy: &Policy, at: Timestamp) -> Date {
    let zone = policy.calendar().map_or(jiff::tz::TimeZone::UTC, |calendar| calendar.zone().clone());
    at.to_zoned(zone).date()
}

fn starts_as_a_version(text: &str) -> bool {
    text.trim_start_matches(['v', 'V']).starts_with(|c: char| c.is_ascii_digit())
}

/// Orders two versions; a leading `v` makes no difference.
fn order(ecosystem: Ecosystem, a: &str, b: &str) -> Option<Ordering> {
    let bare = |text: &str| -> String {
        let text = text.trim();
        match text.strip_prefix(['v', 'V']) {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest.to_owned(),
            _ => text.to_owned(),
        }
    };
    compare(ecosystem, &bare(a), &bare(b))
}

/// Whether a branch (`4.x`, `4.6`) or range (`>= 4.0, < 5.0`) has a version; `None` where the order is not known.
pub fn contains(ecosystem: Ecosystem, branch: &str, version: &str) -> Option<bool> {
    let branch = branch.trim();
    if branch.contains(['<', '>', '=']) {
        let mut all = true;
        for part in branch.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let split = part.find(|c: char| !matches!(c, '<' | '>' | '=')).unwrap_or(part.len());
            let (sign, bound) = part.split_at(split);
            let order = order_in_range(ecosystem, version, bound.trim())?;
            all &= match sign {
                ">=" => order.is_ge(),
                ">" => order.is_gt(),
                "<=" => order.is_le(),
                "<" => order.is_lt(),
                "=" | "==" => order.is_eq(),
                _ => return None,
            };
        }
        return Some(all);
    }
    let wanted = leading(branch)?;
    let given = leading(version)?;
    if given.len() < wanted.len() {
        // `5` is written for any version of `5.1`, and cannot be told from others.
        return if wanted.starts_with(&given) { None } else { Some(false) };
    }
    Some(given.starts_with(&wanted))
}

/// Orders a version and a bound of a range; a bound of fewer parts than the ecosystem's versions have is filled with zeros.
fn order_in_range(ecosystem: Ecosystem, version: &str, bound: &str) -> Option<Ordering> {
    order(ecosystem, version, bound).or_else(|| {
        let parts = bound.split('.').count();
        let digits = bound.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        (ecosystem.is_semver() && digits && parts < 3)
            .then(|| format!("{bound}{}", ".0".repeat(3 - parts)))
            .and_then(|filled| order(ecosystem, version, &filled))
    })
}

/// The leading numbers of a branch or version, without zeros before them; `4.x` and `4.*` are `4`.
fn leading(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let release = text.split(['-', '+', ' ']).next().unwrap_or_default();
    let mut numbers = Vec::new();
    for part in release.split('.') {
        if matches!(part, "x" | "X" | "*") {
            break;
        }
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return if numbers.is_empty() { None } else { Some(numbers) };
        }
        let plain = part.trim_start_matches('0');
        numbers.push(if plain.is_empty() { "0".to_owned() } else { plain.to_owned() });
    }
    (!numbers.is_empty()).then_some(numbers)
}

/// Whether a fix or decision is about a branch: it names it, or its version lies in it.
pub fn is_about(policy: &Policy, case: &Case, fix: &Fix, branch: &str) -> bool {
    if fix.branch.trim() == branch.trim() {
        return true;
    }
    let ecosystem = ecosystem(policy, case.product.as_deref());
    let named = !fix.branch.trim().is_empty();
    // Two ways to write the same branch, like `4` and `4.x`.
    if named && leading(&fix.branch).is_some() && leading(&fix.branch) == leading(branch) {
        return !branch.contains(['<', '>', '=']);
    }
    !named && fix.version.as_deref().is_some_and(|version| contains(ecosystem, branch, version) == Some(true))
}

/// What to upgrade to, from the fixes on record, like `Upgrade to 5.0.3 (branch 5.0) or 4.6.22 (branch 4.6).`; `None` when no
/// version has the fix.
pub fn upgrade(case: &Case) -> Option<String> {
    let mut newest: Vec<&Fix> = Vec::new();
    for fix in case.fixes.iter().filter(|fix| matches!(fix.kind, FixKind::Patch | FixKind::Disable)) {
        if fix.version.is_some() {
            newest.retain(|known| known.branch.trim() != fix.branch.trim());
            newest.push(fix);
        }
    }
    let words: Vec<String> = newest
        .iter()
        .filter_map(|fix| {
            let version = fix.version.as_ref()?;
            let branch = fix.branch.trim();
            Some(if branch.is_empty() || newest.len() == 1 {
                version.clone()
            } else {
                format!("{version} (branch {branch})")
            })
        })
        .collect();
    let (last, first) = words.split_last()?;
    Some(if first.is_empty() {
        format!("Upgrade to {last}.")
    } else {
        format!("Upgrade to {} or {last}.", first.join(", "))
    })
}
