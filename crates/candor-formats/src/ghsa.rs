//! Security advisories in the JSON of GitHub: prints and reads them.
//!
//! Source: GitHub REST API description, `repository-advisory` and `global-advisory`.

use serde_json::{Value, json};

use crate::advisory::{
    AffectedRange, Credit, CreditRole, Draft, Links, Product, Publisher, ReadError, Record, instant, link_kind,
};
use crate::csaf::walk::{items, text, texts};
use crate::cve::{cut, distinct};
use crate::cvss::{Severity, Version};
use crate::cwe::Cwe;
use crate::identifiers::{self, Kind};
use crate::purl::Purl;

/// Names of ecosystems there, and in OSV.
const ECOSYSTEMS: [(&str, &str); 12] = [
    ("actions", "GitHub Actions"),
    ("composer", "Packagist"),
    ("erlang", "Hex"),
    ("go", "Go"),
    ("maven", "Maven"),
    ("npm", "npm"),
    ("nuget", "NuGet"),
    ("pip", "PyPI"),
    ("pub", "Pub"),
    ("rubygems", "RubyGems"),
    ("rust", "crates.io"),
    ("swift", "SwiftURL"),
];

/// Prints `record` in the shape of a repository advisory.
///
/// People are credited there by their accounts alone, so only credits with a link to a GitHub account are printed in
/// `credits`; all of them stand in the description.
pub fn print(record: &Record) -> Value {
    let ghsa = named(record, Kind::Ghsa);
    let cve = record.cve();
    let identifiers: Vec<Value> = [("GHSA", ghsa), ("CVE", cve)]
        .into_iter()
        .filter_map(|(kind, value)| Some(json!({ "type": kind, "value": value? })))
        .collect();
    let mut description = crate::osv::details(record);
    let thanks: Vec<String> = record.thanks().filter_map(Credit::line).map(|line| format!("- {line}")).collect();
    if !thanks.is_empty() {
        description.push_str(&format!("\n\n### Credits\n\n{}", thanks.join("\n")));
    }
    let mut urls: Vec<&str> = record.links.page.iter().map(String::as_str).collect();
    urls.extend(record.references.iter().map(|reference| reference.url.as_str()));
    let mut seen = Vec::new();
    urls.retain(|url| {
        !seen.contains(url) && {
            seen.push(*url);
            true
        }
    });
    json!({
        "ghsa_id": ghsa,
        "cve_id": cve,
        "html_url": record.links.page,
        "summary": cut(&record.title, 1024),
        "description": cut(&description, 65_535),
        "severity": record.severity().map(severity),
        "identifiers": identifiers,
        "state": if record.withdrawn.is_some() { "withdrawn" } else { "published" },
        "published_at": record.published,
        "updated_at": record.modified,
        "withdrawn_at": record.withdrawn,
        "vulnerabilities": record.products.iter().flat_map(vulnerabilities).collect::<Vec<_>>(),
        "cvss_severities": {
            "cvss_v3": score(record, &[Version::V3_1, Version::V3_0]),
            "cvss_v4": score(record, &[Version::V4_0]),
        },
        "cwes": weaknesses(record).map(|cwe| json!({ "cwe_id": cwe.to_string(), "name": cwe.name })).collect::<Vec<_>>(),
        "cwe_ids": weaknesses(record).map(|cwe| cwe.to_string()).collect::<Vec<_>>(),
        "credits": distinct(record.thanks().filter_map(credit)),
        "references": urls,
    })
}

/// Prints `record` as the text of a file: indented JSON, UTF-8, with a final line feed.
pub fn print_text(record: &Record) -> String {
    format!("{:#}\n", print(record))
}

fn named(record: &Record, kind: Kind) -> Option<&str> {
    let names = std::iter::once(&record.id).chain(&record.aliases);
    names.map(String::as_str).find(|name| identifiers::recognise(name).is_some_and(|found| found.kind == kind))
}

fn weaknesses(record: &Record) -> impl Iterator<Item = Cwe> {
    record.cwes.iter().filter_map(|id| Cwe::get(*id))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::None | Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

fn score(record: &Record, versions: &[Version]) -> Value {
    let vector = versions.iter().find_map(|version| record.vector(*version));
    vector.map_or(Value::Null, |vector| json!({ "vector_string": vector.as_str(), "score": vector.score() }))
}

/// The name of a package there: ecosystem and name.
pub(crate) fn package(product: &Product) -> (&'static str, String) {
    let known = product.osv_ecosystem().and_then(|name| ECOSYSTEMS.iter().find(|(_, osv)| *osv == name));
    match (known, product.osv_package()) {
        (Some((ecosystem, _)), Some(name)) => (ecosystem, name),
        _ => ("other", product.name.clone()),
    }
}

/// One entry for each affected range or version.
fn vulnerabilities(product: &Product) -> Vec<Value> {
    let (ecosystem, name) = package(product);
    let everything = [AffectedRange::default()];
    let all = product.ranges.is_empty() && product.versions.is_empty();
    let ranges = if all { &everything[..] } else { &product.ranges };
    let ranges = ranges.iter().map(|range| {
        let mut parts = Vec::new();
        if let Some(from) = range.lower() {
            parts.push(format!(">= {from}"));
        }
        match (&range.fixed, &range.last_affected) {
            (Some(fixed), _) => parts.push(format!("< {fixed}")),
            (None, Some(last)) => parts.push(format!("<= {last}")),
            (None, None) => {}
        }
        let said = if parts.is_empty() { ">= 0".to_owned() } else { parts.join(", ") };
        (said, range.fixed.clone())
    });
    let versions = product.versions.iter().map(|version| (format!("= {version}"), None));
    ranges
        .chain(versions)
        .map(|(range, patched)| {
            json!({
                "package": { "ecosystem": ecosystem, "name": name },
                "vulnerable_version_range": range,
                "patched_versions": patched,
                "vulnerable_functions": [],
            })
        })
        .collect()
}

/// A credit by account, for a link such as `https://github.com/octocat`.
fn credit(credit: &Credit) -> Option<Value> {
    let login = credit.link.as_deref()?.strip_prefix("https://github.com/")?.trim_end_matches('/');
    let plain = !login.is_empty() && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let kind = match credit.role {
        CreditRole::Finder => "finder",
        CreditRole::Reporter => "reporter",
        CreditRole::Analyst => "analyst",
        CreditRole::Coordinator => "coordinator",
        CreditRole::RemediationDeveloper => "remediation_developer",
        CreditRole::RemediationReviewer => "remediation_reviewer",
        CreditRole::RemediationVerifier => "remediation_verifier",
        CreditRole::Tool => "tool",
        CreditRole::Sponsor => "sponsor",
        CreditRole::Other => "other",
    };
    plain.then(|| json!({ "login": login, "type": kind }))
}

/// Reads an advisory of a repository, or one of the global database, as an advisory of `publisher`.
///
/// # Errors
///
/// [`ReadError`] where it is something else, or has no date or number.
pub fn read(document: &Value, publisher: &Publisher) -> Result<Record, ReadError> {
    if !looks_like(document) {
        return Err(ReadError::Other("GitHub advisory"));
    }
    let id = text(document, "ghsa_id")
        .or_else(|| text(document, "cve_id"))
        .ok_or(ReadError::Missing { path: "/ghsa_id", what: "The number" })?;
    let published = instant(document, "published_at")
        .or_else(|| instant(document, "created_at"))
        .ok_or(ReadError::Missing { path: "/published_at", what: "The date" })?;
    let mut draft = Draft::new(id, text(document, "summary").unwrap_or(id), publisher.clone(), published);
    draft.alias(text(document, "cve_id").unwrap_or_default());
    for (_, identifier) in items(document, "identifiers") {
        draft.alias(text(identifier, "value").unwrap_or_default());
    }
    draft.0.details = text(document, "description").unwrap_or_default().to_owned();
    draft.0.withdrawn = instant(document, "withdrawn_at");
    draft.0.links = Links::default();
    for (_, vulnerability) in items(document, "vulnerabilities") {
        take(&mut draft.0, vulnerability);
    }
    if let Some(all) = document.get("cvss_severities") {
        for key in ["cvss_v4", "cvss_v3"] {
            draft.vector(all.get(key).and_then(|score| text(score, "vector_string")).unwrap_or_default());
        }
    }
    draft.vector(document.get("cvss").and_then(|score| text(score, "vector_string")).unwrap_or_default());
    draft.vector(text(document, "cvss_vector_string").unwrap_or_default());
    texts(document, "cwe_ids").for_each(|(_, id)| draft.weakness(id));
    items(document, "cwes").for_each(|(_, cwe)| draft.weakness(text(cwe, "cwe_id").unwrap_or_default()));
    texts(document, "references").for_each(|(_, url)| draft.reference(link_kind(url), url, ""));
    for (_, credit) in items(document, "credits") {
        let login = text(credit, "login").or_else(|| text(credit.get("user")?, "login"));
        if let Some(login) = login {
            let link = Some(format!("https://github.com/{login}"));
            let role = text(credit, "type").map_or(CreditRole::Finder, role);
            draft.credit(Credit { name: login.to_owned(), link, role, ..Credit::default() });
        }
    }
    Ok(draft.finish(instant(document, "updated_at")))
}

fn role(kind: &str) -> CreditRole {
    match kind {
        "finder" => CreditRole::Finder,
        "reporter" => CreditRole::Reporter,
        "analyst" => CreditRole::Analyst,
        "coordinator" => CreditRole::Coordinator,
        "remediation_developer" => CreditRole::RemediationDeveloper,
        "remediation_reviewer" => CreditRole::RemediationReviewer,
        "remediation_verifier" => CreditRole::RemediationVerifier,
        "tool" => CreditRole::Tool,
        "sponsor" => CreditRole::Sponsor,
        _ => CreditRole::Other,
    }
}

fn take(record: &mut Record, vulnerability: &Value) {
    let Some(package) = vulnerability.get("package") else { return };
    let name = text(package, "name").unwrap_or_default();
    let ecosystem = text(package, "ecosystem").unwrap_or("other");
    let osv = ECOSYSTEMS.iter().find(|(own, _)| own.eq_ignore_ascii_case(ecosystem)).map(|(_, osv)| (*osv).to_owned());
    let place = record.products.iter().position(|product| product.name == name && product.ecosystem == osv);
    let place = place.unwrap_or_else(|| {
        let package = osv.as_ref().map(|_| name.to_owned());
        let purl = osv.as_deref().and_then(|osv| Purl::of_osv(osv, name));
        record.products.push(Product { name: name.to_owned(), ecosystem: osv, package, purl, ..Product::default() });
        record.products.len() - 1
    });
    let product = &mut record.products[place];
    let range = text(vulnerability, "vulnerable_version_range").unwrap_or_default();
    let patched = text(vulnerability, "patched_versions")
        .or_else(|| text(vulnerability, "first_patched_version"))
        .or_else(|| text(vulnerability.get("first_patched_version")?, "identifier"));
    let mut read = AffectedRange::default();
    for part in range.split(", ").map(str::trim) {
        let (sign, version) = part.split_once(' ').unwrap_or(("", part));
        let version = version.trim().to_owned();
        match sign {
            ">=" | ">" => read.introduced = Some(version).filter(|version| version != "0"),
            "<" => read.fixed = Some(version),
            "<=" => read.last_affected = Some(version),
            "=" => return product.versions.push(version),
            _ => {}
        }
    }
    // A patched version ends a range that says only where it was last seen.
    if let Some(patched) = patched.filter(|patched| read.last_affected.is_some() && !patched.contains([',', ' '])) {
        read.last_affected = None;
        read.fixed = Some(patched.to_owned());
    }
    if !product.ranges.contains(&read) {
        product.ranges.push(read);
    }
}

/// Whether a document looks like an advisory of GitHub.
pub fn looks_like(document: &Value) -> bool {
    document.get("ghsa_id").is_some() && document.get("summary").is_some()
}
