//! An OSV record as an advisory.

use serde_json::Value;

use crate::advisory::{
    AffectedRange, CommitRange, Credit, CreditRole, Draft, Product, Publisher, ReadError, Record, ReferenceKind,
    instant,
};
use crate::csaf::walk::{items, text, texts};
use crate::purl::Purl;

/// Reads a record as an advisory of `publisher`.
///
/// # Errors
///
/// [`ReadError`] where it is no OSV record, or has no number or date.
pub fn read(document: &Value, publisher: &Publisher) -> Result<Record, ReadError> {
    if !looks_like(document) {
        return Err(ReadError::Other("OSV"));
    }
    let number = text(document, "id").ok_or(ReadError::Missing { path: "/id", what: "The number" })?;
    let own = document.pointer("/database_specific/advisory_id").and_then(Value::as_str);
    let id = own.unwrap_or(number);
    let modified = instant(document, "modified").ok_or(ReadError::Missing { path: "/modified", what: "The date" })?;
    let published = instant(document, "published").unwrap_or(modified);
    let mut draft = Draft::new(id, text(document, "summary").unwrap_or(id), publisher.clone(), published);
    texts(document, "aliases").for_each(|(_, alias)| draft.alias(alias));
    let details = text(document, "details").unwrap_or_default();
    let (first, rest) = details.split_once("\n\n").unwrap_or((details, ""));
    if first.starts_with('#') {
        draft.0.details = details.to_owned();
    } else {
        draft.0.summary = first.to_owned();
        draft.0.details = rest.to_owned();
    }
    draft.0.withdrawn = instant(document, "withdrawn");
    items(document, "severity").for_each(|(_, severity)| draft.vector(text(severity, "score").unwrap_or_default()));
    for (_, affected) in items(document, "affected") {
        items(affected, "severity").for_each(|(_, severity)| draft.vector(text(severity, "score").unwrap_or_default()));
        draft.0.products.extend(product(affected));
        for (_, cwe) in affected.get("database_specific").into_iter().flat_map(|own| items(own, "cwes")) {
            draft.weakness(text(cwe, "cweId").unwrap_or_default());
        }
    }
    if let Some(own) = document.get("database_specific") {
        texts(own, "cwe_ids").for_each(|(_, id)| draft.weakness(id));
    }
    for (_, reference) in items(document, "references") {
        if let Some(url) = text(reference, "url") {
            draft.reference(kind(text(reference, "type").unwrap_or_default()), url, "");
        }
    }
    for (_, credit) in items(document, "credits") {
        let name = text(credit, "name").unwrap_or_default().to_owned();
        let link =
            texts(credit, "contact").map(|(_, link)| link).find(|link| link.starts_with("http")).map(str::to_owned);
        let role = text(credit, "type").map_or(CreditRole::Finder, role);
        draft.credit(Credit { name, link, role, ..Credit::default() });
    }
    Ok(draft.finish(Some(modified)))
}

/// The package with its versions and commits; without a package, what is known by its commits alone.
fn product(affected: &Value) -> Option<Product> {
    let Some(package) = affected.get("package") else {
        let commits = commits(affected);
        let named = affected.get("database_specific").and_then(|own| text(own, "product")).map(str::to_owned);
        let name = named.or_else(|| commits.first().map(|range| range.repository.clone()))?;
        let versions = texts(affected, "versions").map(|(_, version)| version.to_owned()).collect();
        return (!commits.is_empty()).then(|| Product { name, versions, commits, ..Product::default() });
    };
    let (ecosystem, name) = (text(package, "ecosystem")?, text(package, "name")?);
    let purl = text(package, "purl").and_then(|purl| Purl::parse(purl).ok()).map(|purl| purl.package());
    let mut product = Product {
        name: name.to_owned(),
        purl: purl.or_else(|| Purl::of_osv(ecosystem, name)),
        ecosystem: Some(ecosystem.to_owned()),
        package: Some(name.to_owned()),
        versions: texts(affected, "versions").map(|(_, version)| version.to_owned()).collect(),
        commits: commits(affected),
        ..Product::default()
    };
    for (_, range) in items(affected, "ranges").filter(|(_, range)| text(range, "type") != Some("GIT")) {
        let mut open: Option<AffectedRange> = None;
        for (_, event) in items(range, "events") {
            if let Some(from) = text(event, "introduced") {
                product.ranges.extend(open.take());
                let introduced = Some(from).filter(|from| *from != "0").map(str::to_owned);
                open = Some(AffectedRange { introduced, ..AffectedRange::default() });
            } else if let Some(fixed) = text(event, "fixed") {
                let begun = open.take().unwrap_or_default();
                product.ranges.push(AffectedRange { fixed: Some(fixed.to_owned()), ..begun });
            } else if let Some(last) = text(event, "last_affected") {
                let begun = open.take().unwrap_or_default();
                product.ranges.push(AffectedRange { last_affected: Some(last.to_owned()), ..begun });
            }
        }
        product.ranges.extend(open);
    }
    if product.ranges == [AffectedRange::default()] && product.versions.is_empty() {
        product.ranges.clear();
    }
    Some(product)
}

/// Ranges of commits, each from one event that brings it in to the next that mends it.
fn commits(affected: &Value) -> Vec<CommitRange> {
    let mut all = Vec::new();
    for (_, range) in items(affected, "ranges").filter(|(_, range)| text(range, "type") == Some("GIT")) {
        let Some(repository) = text(range, "repo") else { continue };
        let begun = |introduced: Option<&str>| CommitRange {
            repository: repository.to_owned(),
            introduced: introduced.filter(|commit| *commit != "0").map(str::to_owned),
            fixed: None,
        };
        let mut open: Option<CommitRange> = None;
        for (_, event) in items(range, "events") {
            if let Some(from) = text(event, "introduced") {
                all.extend(open.replace(begun(Some(from))));
            } else if let Some(fixed) = text(event, "fixed") {
                let range = open.take().unwrap_or_else(|| begun(None));
                all.push(CommitRange { fixed: Some(fixed.to_owned()), ..range });
            }
        }
        all.extend(open);
    }
    // One that says nothing but the repository is no range.
    all.retain(|range| range.introduced.is_some() || range.fixed.is_some());
    all
}

fn kind(kind: &str) -> ReferenceKind {
    match kind {
        "ADVISORY" => ReferenceKind::Advisory,
        "ARTICLE" => ReferenceKind::Article,
        "DETECTION" => ReferenceKind::Detection,
        "DISCUSSION" => ReferenceKind::Discussion,
        "REPORT" => ReferenceKind::Report,
        "FIX" => ReferenceKind::Fix,
        "INTRODUCED" => ReferenceKind::Introduced,
        "PACKAGE" => ReferenceKind::Package,
        "EVIDENCE" => ReferenceKind::Evidence,
        _ => ReferenceKind::Web,
    }
}

fn role(kind: &str) -> CreditRole {
    match kind {
        "FINDER" => CreditRole::Finder,
        "REPORTER" => CreditRole::Reporter,
        "ANALYST" => CreditRole::Analyst,
        "COORDINATOR" => CreditRole::Coordinator,
        "REMEDIATION_DEVELOPER" => CreditRole::RemediationDeveloper,
        "REMEDIATION_REVIEWER" => CreditRole::RemediationReviewer,
        "REMEDIATION_VERIFIER" => CreditRole::RemediationVerifier,
        "TOOL" => CreditRole::Tool,
        "SPONSOR" => CreditRole::Sponsor,
        _ => CreditRole::Other,
    }
}

/// Whether a document looks like an OSV record.
pub fn looks_like(document: &Value) -> bool {
    text(document, "id").is_some()
        && document.get("modified").is_some()
        && (document.get("affected").is_some() || document.get("schema_version").is_some())
}
