//! An advisory as the container of a numbering authority.

use serde_json::{Value, json};

use super::Assigner;
use super::shape::is_language;
use crate::advisory::{CreditRole, Product, Record, ReferenceKind, RemediationKind};
use crate::csaf::cvss_object;
use crate::cvss::Version;
use crate::cwe::{Cwe, Usage};
use crate::version::{AffectedRange, Ecosystem};

/// What stands before the reason of a withdrawal and of a dispute.
pub const WITHDRAWN: &str = "The advisory was withdrawn: ";
pub const DISPUTED: &str = "NOTE: This is disputed. ";

pub fn container(record: &Record, assigner: &Assigner, engine_version: &str) -> Value {
    let language = if is_language(&record.language) { record.language.as_str() } else { "en" };
    let mut value = json!({
        "providerMetadata": provider(assigner, Some(record)),
        "title": cut(&record.title, 256),
        "datePublic": record.published,
        "descriptions": descriptions(record, language),
        "affected": distinct(record.products.iter().flat_map(|product| {
            std::iter::once(affected(record, product)).chain(by_commits(record, product))
        })),
        "problemTypes": problem_types(record),
        "references": references(record),
        "source": { "advisory": record.id },
        "x_generator": { "engine": format!("Candor {engine_version}") },
    });
    let told = |kinds: &[RemediationKind]| -> Vec<Value> {
        let of = record.remediations.iter().filter(|remediation| kinds.contains(&remediation.kind));
        distinct(of.map(|remediation| text(language, &remediation.details)))
    };
    let lists = [
        ("tags", tags(record)),
        ("metrics", metrics(record)),
        ("solutions", told(&[RemediationKind::Fix])),
        ("workarounds", told(&[RemediationKind::Workaround, RemediationKind::Mitigation])),
        ("configurations", some_text(language, &record.preconditions)),
        ("impacts", impacts(record, language)),
        (
            "timeline",
            distinct(
                record
                    .timeline
                    .iter()
                    .map(|entry| json!({ "time": entry.at, "lang": language, "value": cut(&entry.text, 4096) })),
            ),
        ),
        (
            "credits",
            distinct(record.thanks().filter_map(|credit| {
                Some(json!({ "lang": language, "value": cut(&credit.line()?, 4096), "type": role(credit.role) }))
            })),
        ),
    ];
    for (key, list) in lists {
        if !list.is_empty() {
            value[key] = Value::Array(list);
        }
    }
    value
}

pub fn provider(assigner: &Assigner, record: Option<&Record>) -> Value {
    let mut value = json!({ "orgId": assigner.org_id });
    if let Some(name) = &assigner.short_name {
        value["shortName"] = json!(name);
    }
    if let Some(record) = record {
        value["dateUpdated"] = json!(record.modified);
    }
    value
}

/// The text as it is, or its beginning up to the last word that fits, with three dots behind it.
pub fn cut(text: &str, most: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most.saturating_sub(1)).collect();
    let end = head.rfind(char::is_whitespace).filter(|end| *end > head.len() / 2).unwrap_or(head.len());
    format!("{}…", head[..end].trim_end())
}

fn text(language: &str, value: &str) -> Value {
    json!({ "lang": language, "value": cut(value, 4096) })
}

fn some_text(language: &str, value: &str) -> Vec<Value> {
    if value.trim().is_empty() { Vec::new() } else { vec![text(language, value)] }
}

/// A record has a description in English: for an advisory in another language, one made of its facts.
fn descriptions(record: &Record, language: &str) -> Vec<Value> {
    let affected: Vec<String> =
        record.products.iter().map(|product| format!("{} ({})", product.name, product.affected())).collect();
    let affected = affected.join("; ");
    let own = text(language, &record.summary);
    let mut all = match language == "en" || language.starts_with("en-") {
        true => vec![own],
        false => {
            vec![text("en", &format!("A vulnerability affects {affected}. See the advisory {}.", record.id)), own]
        }
    };
    for (what, told) in [(WITHDRAWN, &record.withdrawal), (DISPUTED, &record.dispute)] {
        if !told.trim().is_empty() {
            all.push(text(language, &format!("{what}{}", told.trim())));
        }
    }
    distinct(all.into_iter())
}

/// What a reader can filter by: `disputed` of the programme's own list, and one of ours for what was withdrawn.
fn tags(record: &Record) -> Vec<Value> {
    let told = [(!record.dispute.trim().is_empty(), "disputed"), (record.withdrawn.is_some(), "x_withdrawn")];
    told.into_iter().filter(|(is, _)| *is).map(|(_, tag)| json!(tag)).collect()
}

/// One entry for each repository, with the affected commits.
fn by_commits(record: &Record, product: &Product) -> Vec<Value> {
    let mut repositories: Vec<&str> = product.commits.iter().map(|range| range.repository.as_str()).collect();
    repositories.dedup();
    let mut entries = Vec::new();
    for (place, repository) in repositories.iter().enumerate() {
        if repositories[..place].contains(repository) {
            continue;
        }
        let of = product.commits.iter().filter(|range| range.repository == *repository);
        let versions = of.map(|range| {
            json!({
                "version": range.lower().unwrap_or("0"),
                "lessThan": range.fixed.as_deref().unwrap_or("*"),
                "status": "affected",
                "versionType": "git",
            })
        });
        entries.push(json!({
            "vendor": cut(vendor(record, product), 512),
            "product": cut(&product.name, 2048),
            "repo": repository,
            "defaultStatus": "unaffected",
            "versions": distinct(versions),
        }));
    }
    entries
}

fn vendor<'a>(record: &'a Record, product: &'a Product) -> &'a str {
    if product.vendor.trim().is_empty() { &record.publisher.name } else { &product.vendor }
}

/// The product with each range as one entry; whatever is not named is not affected.
fn affected(record: &Record, product: &Product) -> Value {
    let mut value = json!({
        "vendor": cut(vendor(record, product), 512),
        "product": cut(&product.name, 2048),
        "defaultStatus": "unaffected",
        "versions": versions(product),
    });
    if let Some(purl) = &product.purl {
        value["packageURL"] = json!(purl.package().to_string());
    }
    if let Some(cpe) = &product.cpe {
        value["cpes"] = json!([cpe]);
    }
    if let (Some(collection), Some(name)) = (product.osv_ecosystem().and_then(collection), product.osv_package()) {
        value["collectionURL"] = json!(collection);
        value["packageName"] = json!(cut(&name, 2048));
    }
    value
}

fn versions(product: &Product) -> Vec<Value> {
    let everything = [AffectedRange::default()];
    let all = product.ranges.is_empty() && product.versions.is_empty();
    let kind = match product.version_order() {
        order if order.is_semver() => "semver",
        Ecosystem::Maven => "maven",
        Ecosystem::PyPi => "python",
        _ => "custom",
    };
    let ranges = if all { &everything[..] } else { &product.ranges };
    let ranges = ranges.iter().map(|range| {
        let mut value = json!({ "version": range.lower().unwrap_or("0"), "status": "affected", "versionType": kind });
        match (&range.fixed, &range.last_affected) {
            (Some(fixed), _) => value["lessThan"] = json!(fixed),
            (None, Some(last)) => value["lessThanOrEqual"] = json!(last),
            (None, None) => value["lessThan"] = json!("*"),
        }
        value
    });
    let single = product.versions.iter().map(|version| json!({ "version": version, "status": "affected" }));
    let fixed = product.fixed_versions.iter().map(|version| json!({ "version": version, "status": "unaffected" }));
    distinct(ranges.chain(single).chain(fixed))
}

/// Where the packages of an ecosystem are kept.
fn collection(ecosystem: &str) -> Option<&'static str> {
    Some(match ecosystem {
        "npm" => "https://registry.npmjs.org",
        "crates.io" => "https://crates.io",
        "PyPI" => "https://pypi.org",
        "Maven" => "https://repo.maven.apache.org/maven2",
        "Go" => "https://pkg.go.dev",
        "NuGet" => "https://www.nuget.org/packages",
        "RubyGems" => "https://rubygems.org",
        "Packagist" => "https://packagist.org",
        "Hex" => "https://hex.pm",
        "Pub" => "https://pub.dev",
        _ => return None,
    })
}

/// The weaknesses, or the title where none is known: the programme asks for one.
fn problem_types(record: &Record) -> Vec<Value> {
    let known = record.cwes.iter().filter_map(|id| Cwe::get(*id)).filter(|cwe| cwe.usage != Usage::Prohibited);
    let all = distinct(known.map(|cwe| {
        let description = format!("{cwe} {}", cwe.name);
        json!({ "descriptions": [{ "lang": "en", "description": description, "cweId": cwe.to_string(), "type": "CWE" }] })
    }));
    if all.is_empty() {
        return vec![json!({ "descriptions": [{ "lang": "en", "description": cut(&record.title, 4096) }] })];
    }
    all
}

fn metrics(record: &Record) -> Vec<Value> {
    distinct(record.severities.iter().map(|vector| {
        let key = match vector.version() {
            Version::V2_0 => "cvssV2_0",
            Version::V3_0 => "cvssV3_0",
            Version::V3_1 => "cvssV3_1",
            Version::V4_0 => "cvssV4_0",
        };
        let scenarios = json!([{ "lang": "en", "value": "GENERAL" }]);
        json!({ "format": "CVSS", "scenarios": scenarios, key: cvss_object(vector) })
    }))
}

fn impacts(record: &Record, language: &str) -> Vec<Value> {
    let told = some_text(language, &record.impact);
    let english = language == "en" || language.starts_with("en-");
    if told.is_empty() || !english { Vec::new() } else { vec![json!({ "descriptions": told })] }
}

/// The page of the advisory first. A record has a reference; where the advisory has none, the publisher stands in.
fn references(record: &Record) -> Vec<Value> {
    let page = record.links.page.iter().map(|url| json!({ "url": url, "tags": ["vendor-advisory"] }));
    let others = record.references.iter().map(|reference| {
        let tag = match reference.kind {
            ReferenceKind::Advisory => Some("vendor-advisory"),
            ReferenceKind::Article => Some("media-coverage"),
            ReferenceKind::Report => Some("issue-tracking"),
            ReferenceKind::Fix => Some("patch"),
            ReferenceKind::Package => Some("product"),
            ReferenceKind::Evidence => Some("exploit"),
            ReferenceKind::Detection | ReferenceKind::Discussion | ReferenceKind::Introduced => Some("related"),
            ReferenceKind::Web => None,
        };
        let mut value = json!({ "url": reference.url });
        if !reference.summary.trim().is_empty() {
            value["name"] = json!(cut(&reference.summary, 512));
        }
        if let Some(tag) = tag {
            value["tags"] = json!([tag]);
        }
        value
    });
    let all = distinct(page.chain(others));
    if all.is_empty() { vec![json!({ "url": record.publisher.namespace })] } else { all }
}

fn role(role: CreditRole) -> &'static str {
    match role {
        CreditRole::Finder => "finder",
        CreditRole::Reporter => "reporter",
        CreditRole::Analyst => "analyst",
        CreditRole::Coordinator => "coordinator",
        CreditRole::RemediationDeveloper => "remediation developer",
        CreditRole::RemediationReviewer => "remediation reviewer",
        CreditRole::RemediationVerifier => "remediation verifier",
        CreditRole::Tool => "tool",
        CreditRole::Sponsor => "sponsor",
        CreditRole::Other => "other",
    }
}

/// Each once: lists of this format hold no two equal items.
pub fn distinct(all: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut list: Vec<Value> = Vec::new();
    for value in all {
        if !list.contains(&value) {
            list.push(value);
        }
    }
    list
}
