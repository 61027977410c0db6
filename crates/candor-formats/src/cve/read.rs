//! A CVE record as an advisory.

use serde_json::Value;

use crate::advisory::{
    AffectedRange, CommitRange, Credit, CreditRole, Draft, Product, Publisher, ReadError, Record, ReferenceKind,
    Remediation, RemediationKind, TimelineEntry, instant, is_commit,
};
use crate::csaf::walk::{items, text, texts};
use crate::identifiers;
use crate::purl::Purl;

/// Reads a whole CVE record as an advisory of `publisher`.
///
/// What the record does not say, such as the number of the advisory, is taken from its CVE number.
///
/// # Errors
///
/// [`ReadError`] where it is no published CVE record, or has no date or description.
pub fn read(document: &Value, publisher: &Publisher) -> Result<Record, ReadError> {
    let metadata = document.get("cveMetadata").ok_or(ReadError::Other("CVE"))?;
    let container = document.pointer("/containers/cna").ok_or(ReadError::Other("CVE"))?;
    let number =
        text(metadata, "cveId").ok_or(ReadError::Missing { path: "/cveMetadata/cveId", what: "The number" })?;
    let published = instant(container, "datePublic")
        .or_else(|| instant(metadata, "datePublished"))
        .ok_or(ReadError::Missing { path: "/containers/cna/datePublic", what: "The date" })?;
    let english = |list: &str| -> Option<String> {
        let is_english = |told: &&Value| text(told, "lang").is_some_and(|lang| lang.starts_with("en"));
        let all: Vec<&Value> = items(container, list).map(|(_, told)| told).collect();
        let best = all.iter().copied().find(|told| is_english(told)).or_else(|| all.first().copied());
        best.and_then(|told| text(told, "value")).map(str::to_owned)
    };
    let description = english("descriptions")
        .ok_or(ReadError::Missing { path: "/containers/cna/descriptions", what: "The description" })?;
    let id = container.pointer("/source/advisory").and_then(Value::as_str).unwrap_or(number);
    let title = text(container, "title").unwrap_or_else(|| description.lines().next().unwrap_or(number));
    let mut draft = Draft::new(id, title, publisher.clone(), published);
    draft.alias(number);
    draft.0.summary = description;
    draft.0.preconditions = english("configurations").unwrap_or_default();
    for (_, product) in items(container, "affected") {
        take(&mut draft, read_product(product));
    }
    for (_, told) in items(container, "descriptions").filter_map(|(place, told)| Some((place, text(told, "value")?))) {
        if let Some(why) = told.strip_prefix(super::print::WITHDRAWN) {
            draft.0.withdrawal = why.to_owned();
        } else if let Some(why) = told.strip_prefix(super::print::DISPUTED) {
            draft.0.dispute = why.to_owned();
        }
    }
    if texts(container, "tags").any(|(_, tag)| tag == "disputed") && draft.0.dispute.is_empty() {
        draft.0.dispute = "The record is marked as disputed.".to_owned();
    }
    for (_, kind) in items(container, "problemTypes") {
        for (_, description) in items(kind, "descriptions") {
            draft.weakness(text(description, "cweId").unwrap_or_default());
        }
    }
    for (_, metric) in items(container, "metrics") {
        for key in ["cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0"] {
            draft.vector(metric.get(key).and_then(|object| text(object, "vectorString")).unwrap_or_default());
        }
    }
    for (_, reference) in items(container, "references") {
        if let Some(url) = text(reference, "url") {
            let kind = texts(reference, "tags").find_map(|(_, tag)| tag_kind(tag));
            draft.reference(kind.unwrap_or_default(), url, text(reference, "name").unwrap_or_default());
        }
    }
    for (list, kind) in [("solutions", RemediationKind::Fix), ("workarounds", RemediationKind::Workaround)] {
        for (_, told) in items(container, list) {
            let details = text(told, "value").unwrap_or_default().to_owned();
            let (url, versions, products) = (None, Vec::new(), Vec::new());
            draft.0.remediations.push(Remediation { kind, details, url, versions, products, at: None });
        }
    }
    for (_, credit) in items(container, "credits") {
        let name = text(credit, "value").unwrap_or_default().to_owned();
        let role = text(credit, "type").map_or(CreditRole::Finder, read_role);
        draft.credit(Credit { name, role, ..Credit::default() });
    }
    for (_, line) in items(container, "timeline") {
        if let (Some(at), Some(told)) = (instant(line, "time"), text(line, "value")) {
            draft.0.timeline.push(TimelineEntry { at, text: told.to_owned() });
        }
    }
    Ok(draft.finish(instant(metadata, "dateUpdated")))
}

/// Takes a product; one that is told of by its commits alone adds them to the entry with its versions, wherever that is.
fn take(draft: &mut Draft, product: Option<Product>) {
    let Some(mut product) = product else { return };
    let by_commits =
        |product: &Product| !product.commits.is_empty() && product.ranges.is_empty() && product.versions.is_empty();
    let same = |known: &&mut Product| known.name == product.name && known.vendor == product.vendor;
    match draft.0.products.iter_mut().find(same) {
        Some(known) if by_commits(&product) => known.commits.append(&mut product.commits),
        Some(known) if by_commits(known) => {
            product.commits.splice(0..0, std::mem::take(&mut known.commits));
            *known = product;
        }
        _ => draft.0.products.push(product),
    }
}

fn read_product(value: &Value) -> Option<Product> {
    let name = text(value, "product").or_else(|| text(value, "packageName"))?;
    let mut product = Product {
        name: name.to_owned(),
        vendor: text(value, "vendor").unwrap_or_default().to_owned(),
        purl: text(value, "packageURL").and_then(|purl| Purl::parse(purl).ok()),
        cpe: texts(value, "cpes").next().map(|(_, cpe)| cpe.to_owned()),
        ..Product::default()
    };
    let mut says = text(value, "defaultStatus") == Some("affected");
    for (_, range) in items(value, "versions") {
        let version = text(range, "version").unwrap_or_default();
        let end = text(range, "lessThan");
        if let (Some("git"), Some("affected"), Some(repository)) =
            (text(range, "versionType"), text(range, "status"), text(value, "repo"))
        {
            let commit = |commit: &str| Some(commit.to_owned()).filter(|commit| is_commit(commit));
            let (introduced, fixed) = (commit(version), end.and_then(commit));
            says = true;
            if introduced.is_some() || fixed.is_some() {
                product.commits.push(CommitRange { repository: repository.to_owned(), introduced, fixed });
                continue;
            }
        }
        match (text(range, "status"), end, text(range, "lessThanOrEqual")) {
            (Some("affected"), None, None) => product.versions.push(version.to_owned()),
            (Some("affected"), fixed, last) => product.ranges.push(AffectedRange {
                introduced: Some(version).filter(|version| *version != "0").map(str::to_owned),
                fixed: fixed.filter(|end| *end != "*").map(str::to_owned),
                last_affected: last.filter(|_| fixed.is_none()).map(str::to_owned),
            }),
            (Some("unaffected"), None, None) => product.fixed_versions.push(version.to_owned()),
            _ => continue,
        }
        says |= text(range, "status") == Some("affected");
    }
    if product.ranges == [AffectedRange::default()] && product.versions.is_empty() {
        product.ranges.clear();
    }
    says.then_some(product)
}

fn tag_kind(tag: &str) -> Option<ReferenceKind> {
    Some(match tag {
        "vendor-advisory" | "third-party-advisory" | "vdb-entry" => ReferenceKind::Advisory,
        "media-coverage" | "technical-description" => ReferenceKind::Article,
        "issue-tracking" => ReferenceKind::Report,
        "mailing-list" => ReferenceKind::Discussion,
        "patch" => ReferenceKind::Fix,
        "product" => ReferenceKind::Package,
        "exploit" => ReferenceKind::Evidence,
        _ => return None,
    })
}

fn read_role(kind: &str) -> CreditRole {
    match kind {
        "finder" => CreditRole::Finder,
        "reporter" => CreditRole::Reporter,
        "analyst" => CreditRole::Analyst,
        "coordinator" => CreditRole::Coordinator,
        "remediation developer" => CreditRole::RemediationDeveloper,
        "remediation reviewer" => CreditRole::RemediationReviewer,
        "remediation verifier" => CreditRole::RemediationVerifier,
        "tool" => CreditRole::Tool,
        "sponsor" => CreditRole::Sponsor,
        _ => CreditRole::Other,
    }
}

/// Whether a document looks like a CVE record or a container of one.
pub fn looks_like(document: &Value) -> bool {
    text(document, "dataType") == Some("CVE_RECORD")
        || document.get("cnaContainer").is_some()
        || document.get("cveMetadata").is_some_and(|metadata| text(metadata, "cveId").is_some_and(identifiers::is_cve))
        || (document.get("providerMetadata").is_some() && document.get("references").is_some())
}
