//! The Open Source Vulnerability format: prints, checks and reads records.
//!
//! Source: OSV schema 1.7.5.

mod check; // whether a record fits the schema
pub mod query; // which records concern a package
mod read; // a record as an advisory

pub use check::validate;
pub use read::{looks_like, read};
use serde_json::{Value, json};

use crate::advisory::{CommitRange, CreditRole, Product, Record, ReferenceKind, RemediationKind};
use crate::cvss::{CvssVector, Version};
use crate::cwe::Cwe;
use crate::version::{AffectedRange, semantic};

/// The version of the schema that [`print()`] follows.
pub const SCHEMA_VERSION: &str = "1.7.5";

/// Prefixes of home databases that the schema accepts, each followed by `-`.
const PREFIXES: &[&str] = &[
    "ASB-A",
    "PUB-A",
    "ALPINE",
    "ALSA",
    "ALBA",
    "ALEA",
    "AZL",
    "BELL",
    "BIT",
    "CGA",
    "CLEANSTART",
    "CLSA",
    "CURL",
    "CVE",
    "DEBIAN",
    "DHI",
    "DRUPAL",
    "DSA",
    "DLA",
    "ELA",
    "DTSA",
    "ECHO",
    "EEF",
    "FreeBSD",
    "GHSA",
    "GO",
    "GSD",
    "HSEC",
    "JLSEC",
    "KUBE",
    "LBSEC",
    "LSN",
    "MAL",
    "MINI",
    "MGASA",
    "OESA",
    "OSEC",
    "OSV",
    "openSUSE-SU",
    "PHSA",
    "PSF",
    "PYSEC",
    "RHBA",
    "RHEA",
    "RHSA",
    "RLSA",
    "RXSA",
    "RSEC",
    "ROOT",
    "RUSTSEC",
    "SUSE-SU",
    "SUSE-RU",
    "SUSE-FU",
    "SUSE-OU",
    "UBUNTU",
    "USN",
    "V8",
];

/// Names of ecosystems that the schema accepts, alone or followed by `:` and a release.
const ECOSYSTEMS: &[&str] = &[
    "AlmaLinux",
    "Alpaquita",
    "Alpine",
    "Android",
    "Azure Linux",
    "BellSoft Hardened Containers",
    "Bioconductor",
    "Bitnami",
    "Chainguard",
    "CleanStart",
    "ConanCenter",
    "CRAN",
    "crates.io",
    "Debian",
    "Docker Hardened Images",
    "Echo",
    "FreeBSD",
    "GHC",
    "GitHub Actions",
    "Go",
    "Hackage",
    "Hex",
    "Julia",
    "Kubernetes",
    "Linux",
    "Mageia",
    "Maven",
    "MinimOS",
    "npm",
    "NuGet",
    "opam",
    "openEuler",
    "openSUSE",
    "OSS-Fuzz",
    "Packagist",
    "Photon OS",
    "Pub",
    "PyPI",
    "Red Hat",
    "Rocky Linux",
    "Root",
    "RubyGems",
    "SUSE",
    "SwiftURL",
    "TuxCare",
    "Ubuntu",
    "VSCode",
    "Wolfi",
];

/// The id under which OSV accepts an advisory: as it is where its prefix is registered, else with `x_` before it.
///
/// `MINIO-2026-1` becomes `x_MINIO-2026-1`.
///
/// Source: OSV schema 1.7.5, section "id, modified fields".
pub fn id_for(advisory_id: &str) -> String {
    let registered =
        PREFIXES.iter().any(|prefix| advisory_id.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-')));
    if registered || advisory_id.starts_with("x_") { advisory_id.to_owned() } else { format!("x_{advisory_id}") }
}

/// Whether the schema knows this ecosystem, such as `npm` or `Debian:12`.
///
/// Source: OSV schema 1.7.5, `affected[].package.ecosystem`.
pub fn is_ecosystem(name: &str) -> bool {
    let (name, release) = name.split_once(':').map_or((name, None), |(name, release)| (name, Some(release)));
    ECOSYSTEMS.contains(&name) && release.is_none_or(|release| !release.is_empty())
}

/// Prints `record` as an OSV record.
///
/// OSV speaks of packages in ecosystems it knows; products outside them are told of in
/// `database_specific.other_products`, and by their commits where those are known. A record without [`problems`](Record::problems) gives a record the schema accepts.
pub fn print(record: &Record) -> Value {
    let mut osv = json!({
        "schema_version": SCHEMA_VERSION,
        "id": id_for(&record.id),
        "modified": record.modified,
        "published": record.published,
        "summary": record.title,
        "details": details(record),
    });
    if let Some(at) = record.withdrawn {
        osv["withdrawn"] = json!(at);
    }
    let own_id = (id_for(&record.id) != record.id).then_some(&record.id);
    let lists: [(&str, Vec<Value>); 5] = [
        ("aliases", record.aliases.iter().map(|alias| json!(alias)).collect()),
        ("severity", record.severities.iter().map(severity).collect()),
        ("affected", record.products.iter().filter_map(|product| affected(record, product)).collect()),
        ("references", references(record)),
        ("credits", record.thanks().filter_map(credit).collect()),
    ];
    for (key, list) in lists {
        if !list.is_empty() {
            osv[key] = Value::Array(list);
        }
    }
    osv["database_specific"] = database_specific(record, own_id);
    osv
}

/// Prints `record` as the text of an OSV file: indented JSON, UTF-8, with a final line feed.
pub fn print_text(record: &Record) -> String {
    format!("{:#}\n", print(record))
}

/// Everything that is told in words, as Markdown.
pub(crate) fn details(record: &Record) -> String {
    let mut text = record.summary.trim().to_owned();
    let mut add = |heading: &str, body: &str| {
        if !body.trim().is_empty() {
            text.push_str(&format!("\n\n### {heading}\n\n{}", body.trim()));
        }
    };
    add("Withdrawn", &record.withdrawal);
    add("Disputed", &record.dispute);
    add("Details", &record.details);
    add("Impact", &record.impact);
    add("Conditions", &record.preconditions);
    for kind in [
        RemediationKind::Fix,
        RemediationKind::Workaround,
        RemediationKind::Mitigation,
        RemediationKind::NoFixPlanned,
        RemediationKind::NoneAvailable,
    ] {
        let all: Vec<&str> = record.remediations_of(kind).map(|remediation| remediation.details.trim()).collect();
        add(kind.label(), &all.join("\n\n"));
    }
    text
}

fn severity(vector: &CvssVector) -> Value {
    let kind = match vector.version() {
        Version::V2_0 => "CVSS_V2",
        Version::V3_0 | Version::V3_1 => "CVSS_V3",
        Version::V4_0 => "CVSS_V4",
    };
    json!({ "type": kind, "score": vector.as_str() })
}

/// The package and its affected versions; `None` where OSV does not know the ecosystem.
fn affected(record: &Record, product: &Product) -> Option<Value> {
    let known = product.osv_ecosystem().filter(|name| is_ecosystem(name)).zip(product.osv_package());
    let Some((ecosystem, name)) = known else { return by_commits(product) };
    let mut package = json!({ "ecosystem": ecosystem, "name": name });
    if let Some(purl) = &product.purl {
        package["purl"] = json!(purl.package().to_string());
    }
    let all = product.ranges.is_empty() && product.versions.is_empty();
    let everything = [AffectedRange::default()];
    // A range of one version is no range to OSV; that version is listed.
    let (lone, wider): (Vec<&AffectedRange>, Vec<&AffectedRange>) = if all { &everything[..] } else { &product.ranges }
        .iter()
        .partition(|bounds| single(product, bounds).is_some());
    let ranges = wider.into_iter().map(|bounds| range(product, bounds));
    let ranges: Vec<Value> = ranges.chain(product.commits.iter().map(commits)).collect();
    let mut versions: Vec<String> = product.versions.clone();
    for version in lone.into_iter().filter_map(|bounds| single(product, bounds)) {
        if !versions.iter().any(|listed| listed == version) {
            versions.push(version.to_owned());
        }
    }
    let mut value = json!({ "package": package });
    if !ranges.is_empty() {
        value["ranges"] = Value::Array(ranges);
    }
    if !versions.is_empty() {
        value["versions"] = json!(versions);
    }
    let cwes = cwe_ids(record);
    if !cwes.is_empty() {
        value["database_specific"] = json!({ "cwes": cwes });
    }
    Some(value)
}

/// A product that OSV knows no package of, told by its commits; `None` where it has none.
fn by_commits(product: &Product) -> Option<Value> {
    let ranges: Vec<Value> = product.commits.iter().map(commits).collect();
    if ranges.is_empty() {
        return None;
    }
    let mut value = json!({ "ranges": ranges, "database_specific": { "product": product.name } });
    if !product.versions.is_empty() {
        value["versions"] = json!(product.versions);
    }
    Some(value)
}

/// One range of commits.
fn commits(range: &CommitRange) -> Value {
    let mut events = vec![json!({ "introduced": range.lower().unwrap_or("0") })];
    events.extend(range.fixed.as_ref().map(|fixed| json!({ "fixed": fixed })));
    json!({ "type": "GIT", "repo": range.repository, "events": events })
}

/// The only version of a range that begins and ends with the same one.
fn single<'a>(product: &Product, bounds: &'a AffectedRange) -> Option<&'a str> {
    let (first, last) = (bounds.lower()?, bounds.last_affected.as_deref()?);
    let semver = product.version_order().is_semver();
    let same = first == last || (semver && semantic(first).is_some() && semantic(first) == semantic(last));
    (same && bounds.fixed.is_none()).then_some(last)
}

/// One range. Semantic versions are written without a leading `v`, as the range type demands.
fn range(product: &Product, bounds: &AffectedRange) -> Value {
    let introduced = bounds.lower().unwrap_or("0");
    let all = [Some(introduced), bounds.fixed.as_deref(), bounds.last_affected.as_deref()];
    let is_semantic = product.version_order().is_semver()
        && all.iter().flatten().all(|version| *version == "0" || semantic(version).is_some());
    let write = |version: &str| match semantic(version) {
        Some(version) if is_semantic => version.to_string(),
        _ => version.to_owned(),
    };
    let mut events = vec![json!({ "introduced": write(introduced) })];
    if let Some(fixed) = &bounds.fixed {
        events.push(json!({ "fixed": write(fixed) }));
    } else if let Some(last) = &bounds.last_affected {
        events.push(json!({ "last_affected": write(last) }));
    }
    json!({ "type": if is_semantic { "SEMVER" } else { "ECOSYSTEM" }, "events": events })
}

fn references(record: &Record) -> Vec<Value> {
    let page = record.links.page.iter().map(|url| json!({ "type": "ADVISORY", "url": url }));
    let others = record.references.iter().map(|reference| {
        let kind = match reference.kind {
            ReferenceKind::Advisory => "ADVISORY",
            ReferenceKind::Article => "ARTICLE",
            ReferenceKind::Detection => "DETECTION",
            ReferenceKind::Discussion => "DISCUSSION",
            ReferenceKind::Report => "REPORT",
            ReferenceKind::Fix => "FIX",
            ReferenceKind::Introduced => "INTRODUCED",
            ReferenceKind::Package => "PACKAGE",
            ReferenceKind::Evidence => "EVIDENCE",
            ReferenceKind::Web => "WEB",
        };
        json!({ "type": kind, "url": reference.url })
    });
    let mut all: Vec<Value> = Vec::new();
    for reference in page.chain(others) {
        if !all.contains(&reference) {
            all.push(reference);
        }
    }
    all
}

fn credit(credit: &crate::advisory::Credit) -> Option<Value> {
    let name = credit.line()?;
    let kind = match credit.role {
        CreditRole::Finder => "FINDER",
        CreditRole::Reporter => "REPORTER",
        CreditRole::Analyst => "ANALYST",
        CreditRole::Coordinator => "COORDINATOR",
        CreditRole::RemediationDeveloper => "REMEDIATION_DEVELOPER",
        CreditRole::RemediationReviewer => "REMEDIATION_REVIEWER",
        CreditRole::RemediationVerifier => "REMEDIATION_VERIFIER",
        CreditRole::Tool => "TOOL",
        CreditRole::Sponsor => "SPONSOR",
        CreditRole::Other => "OTHER",
    };
    let mut value = json!({ "name": name, "type": kind });
    if let Some(link) = &credit.link {
        value["contact"] = json!([link]);
    }
    Some(value)
}

fn cwe_ids(record: &Record) -> Vec<Value> {
    record
        .cwes
        .iter()
        .filter_map(|id| Cwe::get(*id))
        .map(|cwe| json!({ "cweId": cwe.to_string(), "name": cwe.name }))
        .collect()
}

/// What the schema has no field for.
fn database_specific(record: &Record, own_id: Option<&String>) -> Value {
    let mut value = json!({ "publisher": record.publisher.name });
    if let Some(id) = own_id {
        value["advisory_id"] = json!(id);
    }
    if let Some(severity) = record.severity() {
        value["severity"] = json!(severity.label().to_uppercase());
    } else if let Some(level) = record.severity_word() {
        value["severity"] = json!(level);
    }
    let cwes = cwe_ids(record);
    if !cwes.is_empty() {
        value["cwe_ids"] = cwes.iter().map(|cwe| cwe["cweId"].clone()).collect();
    }
    let others: Vec<Value> = record
        .products
        .iter()
        .filter(|product| affected(record, product).is_none_or(|affected| affected.get("package").is_none()))
        .map(|product| json!({ "name": product.name, "affected": product.affected(), "fixed": product.all_fixed() }))
        .collect();
    if !others.is_empty() {
        value["other_products"] = Value::Array(others);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_a_registered_prefix_and_marks_any_other() {
        for (given, expected) in [
            ("MINIO-2026-1", "x_MINIO-2026-1"),
            ("GHSA-jfh8-c2jp-5v3q", "GHSA-jfh8-c2jp-5v3q"),
            ("CVE-2026-12345", "CVE-2026-12345"),
            ("GOLD-2026-1", "x_GOLD-2026-1"),
            ("x_ACME-1", "x_ACME-1"),
        ] {
            assert_eq!(id_for(given), expected);
        }
    }

    #[test]
    fn known_ecosystems_are_told_from_others() {
        assert!(is_ecosystem("npm") && is_ecosystem("Debian:12") && is_ecosystem("Go"));
        assert!(!is_ecosystem("NPM") && !is_ecosystem("Debian:") && !is_ecosystem("docker") && !is_ecosystem(""));
    }
}
