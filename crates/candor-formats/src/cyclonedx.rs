//! CycloneDX as a carrier of VEX: prints, checks and reads documents.
//!
//! Source: ECMA-424, CycloneDX 1.6 and 1.7, `vulnerabilities`.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::advisory::{
    AffectedRange, Credit, Draft, Product, Publisher, ReadError, Record, Remediation, RemediationKind, instant,
    link_kind,
};
use crate::csaf::walk::{items, text};
use crate::csaf::{fixed_versions, vers};
use crate::cve::distinct;
use crate::cvss::{CvssVector, Severity, Version};
use crate::finding::{Finding, Findings};
use crate::identifiers;
use crate::purl::Purl;
use crate::vers::Vers;

/// The version of the format that is printed.
pub const SPEC_VERSION: &str = "1.6";

/// The property that holds the number of the advisory.
const OWN_NUMBER: &str = "candor:advisory";

/// Prints `record` as a document with one component for each product and one vulnerability.
pub fn print(record: &Record, engine_version: &str) -> Value {
    let components: Vec<Value> =
        record.products.iter().enumerate().map(|(place, product)| component(record, place, product)).collect();
    let mut publisher = json!({ "name": record.publisher.name });
    if record.publisher.namespace.starts_with("http") {
        publisher["url"] = json!([record.publisher.namespace]);
    }
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": record.revisions.last().map_or(1, |revision| revision.number),
        "metadata": {
            "timestamp": record.modified,
            "tools": { "components": [{ "type": "application", "name": "Candor", "version": engine_version }] },
            "supplier": publisher,
        },
        "components": components,
        "vulnerabilities": [vulnerability(record)],
    })
}

/// Prints `record` as the text of a file: indented JSON, UTF-8, with a final line feed.
pub fn print_text(record: &Record, engine_version: &str) -> String {
    format!("{:#}\n", print(record, engine_version))
}

fn reference_of(place: usize) -> String {
    format!("product-{}", place + 1)
}

fn component(record: &Record, place: usize, product: &Product) -> Value {
    let vendor = if product.vendor.trim().is_empty() { &record.publisher.name } else { &product.vendor };
    let mut value = json!({
        "type": if product.purl.is_some() { "library" } else { "application" },
        "bom-ref": reference_of(place),
        "name": product.name,
        "supplier": { "name": vendor },
    });
    if let Some(purl) = &product.purl {
        value["purl"] = json!(purl.package().to_string());
    }
    if let Some(cpe) = &product.cpe {
        value["cpe"] = json!(cpe);
    }
    value
}

fn vulnerability(record: &Record) -> Value {
    let name = record.cve().unwrap_or(&record.id);
    let mut value = json!({
        "id": name,
        "source": source(record, name),
        "description": record.summary,
        "published": record.published,
        "updated": record.modified,
        "analysis": analysis(record),
        "affects": record.products.iter().enumerate().map(|(place, product)| affects(record, place, product)).collect::<Vec<_>>(),
        "properties": [{ "name": OWN_NUMBER, "value": record.id }],
    });
    if let Some(at) = record.withdrawn {
        value["rejected"] = json!(at);
    }
    if !record.details.trim().is_empty() {
        value["detail"] = json!(record.details);
    }
    let told = |kinds: &[RemediationKind]| -> String {
        let of = record.remediations.iter().filter(|remediation| kinds.contains(&remediation.kind));
        of.map(|remediation| remediation.details.trim()).collect::<Vec<_>>().join("\n\n")
    };
    let texts = [
        ("recommendation", told(&[RemediationKind::Fix])),
        ("workaround", told(&[RemediationKind::Workaround, RemediationKind::Mitigation])),
    ];
    for (key, told) in texts.into_iter().filter(|(_, told)| !told.is_empty()) {
        value[key] = json!(told);
    }
    let others = std::iter::once(&record.id).chain(&record.aliases).filter(|other| *other != name);
    let page = record.links.page.iter().map(|url| json!({ "title": "Advisory", "url": url }));
    let references = record.references.iter().map(|reference| {
        if reference.summary.trim().is_empty() {
            json!({ "url": reference.url })
        } else {
            json!({ "title": reference.summary, "url": reference.url })
        }
    });
    let people = distinct(record.thanks().filter_map(Credit::line).map(|line| json!({ "name": line })));
    let lists = [
        ("references", distinct(others.map(|other| json!({ "id": other, "source": source(record, other) })))),
        ("ratings", distinct(record.severities.iter().map(|vector| rating(record, vector)))),
        ("cwes", distinct(record.cwes.iter().map(|id| json!(id)))),
        ("advisories", distinct(page.chain(references))),
    ];
    for (key, list) in lists {
        if !list.is_empty() {
            value[key] = Value::Array(list);
        }
    }
    if !people.is_empty() {
        value["credits"] = json!({ "individuals": people });
    }
    value
}

/// Who gave a number.
fn source(record: &Record, number: &str) -> Value {
    match identifiers::recognise(number) {
        Some(found) => json!({ "name": found.kind.to_string(), "url": found.url }),
        None => match &record.links.page {
            Some(page) => json!({ "name": record.publisher.name, "url": page }),
            None => json!({ "name": record.publisher.name }),
        },
    }
}

fn rating(record: &Record, vector: &CvssVector) -> Value {
    let method = match vector.version() {
        Version::V2_0 => "CVSSv2",
        Version::V3_0 => "CVSSv3",
        Version::V3_1 => "CVSSv31",
        Version::V4_0 => "CVSSv4",
    };
    let severity = match vector.severity() {
        Severity::None => "none",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    };
    json!({
        "source": { "name": record.publisher.name },
        "score": vector.score(),
        "severity": severity,
        "method": method,
        "vector": vector.as_str(),
    })
}

fn analysis(record: &Record) -> Value {
    if let Some(at) = record.withdrawn {
        return json!({ "state": "false_positive", "detail": format!("The advisory was withdrawn on {at}. {}", record.withdrawal).trim_end() });
    }
    let mut responses: Vec<&str> = Vec::new();
    for (kind, response) in [
        (RemediationKind::Fix, "update"),
        (RemediationKind::Workaround, "workaround_available"),
        (RemediationKind::Mitigation, "workaround_available"),
        (RemediationKind::NoFixPlanned, "will_not_fix"),
    ] {
        if record.remediations_of(kind).next().is_some() && !responses.contains(&response) {
            responses.push(response);
        }
    }
    let mut value = json!({ "state": "exploitable", "firstIssued": record.published, "lastUpdated": record.modified });
    if !responses.is_empty() {
        value["response"] = json!(responses);
    }
    value
}

fn affects(record: &Record, place: usize, product: &Product) -> Value {
    let everything = [AffectedRange::default()];
    let all = product.ranges.is_empty() && product.versions.is_empty();
    let ranges = if all { &everything[..] } else { &product.ranges };
    let ranges =
        ranges.iter().map(|range| json!({ "range": vers(product.version_order(), range), "status": "affected" }));
    let single = product.versions.iter().map(|version| json!({ "version": version, "status": "affected" }));
    let fixed = fixed_versions(record, product);
    let fixed = fixed.into_iter().map(|version| json!({ "version": version, "status": "unaffected" }));
    json!({ "ref": reference_of(place), "versions": distinct(ranges.chain(single).chain(fixed)) })
}

/// Checks what a VEX document in CycloneDX 1.4 to 1.7 must have. Empty means: fit to be read as VEX.
///
/// This is not the whole schema of the format: it looks at the head, at components as far as they are named, and at
/// vulnerabilities. Findings are named `schema` where the schema says so, else `vex`.
pub fn validate(document: &Value) -> Vec<Finding> {
    let mut findings = Findings::default();
    if text(document, "bomFormat") != Some("CycloneDX") {
        findings.add("schema", "/bomFormat", "This must be CycloneDX");
    }
    if !text(document, "specVersion").is_some_and(|version| ["1.4", "1.5", "1.6", "1.7"].contains(&version)) {
        findings.add("schema", "/specVersion", "This must be one of 1.4, 1.5, 1.6, 1.7");
    }
    let mut names: HashMap<&str, String> = HashMap::new();
    components(document, "", &mut |path, component| {
        for key in ["type", "name"] {
            if text(component, key).is_none() {
                findings.add("schema", format!("{path}/{key}"), format!("{key} is missing"));
            }
        }
        if text(component, "purl").is_some_and(|purl| Purl::parse(purl).is_err()) {
            findings.add("schema", format!("{path}/purl"), "This is no package URL");
        }
        if let Some(name) = text(component, "bom-ref")
            && let Some(before) = names.insert(name, path.to_owned())
        {
            findings.add("schema", format!("{path}/bom-ref"), format!("{name} is used at {before}, too"));
        }
    });
    if items(document, "vulnerabilities").next().is_none() {
        findings.add("vex", "/vulnerabilities", "A VEX document has vulnerabilities");
    }
    for (place, vulnerability) in items(document, "vulnerabilities") {
        check_vulnerability(&format!("/vulnerabilities/{place}"), vulnerability, &names, &mut findings);
    }
    findings.0
}

fn check_vulnerability(path: &str, value: &Value, names: &HashMap<&str, String>, findings: &mut Findings) {
    const STATES: [&str; 6] =
        ["exploitable", "false_positive", "in_triage", "not_affected", "resolved", "resolved_with_pedigree"];
    const JUSTIFICATIONS: [&str; 9] = [
        "code_not_present",
        "code_not_reachable",
        "protected_at_perimeter",
        "protected_at_runtime",
        "protected_by_compiler",
        "protected_by_mitigating_control",
        "requires_configuration",
        "requires_dependency",
        "requires_environment",
    ];
    if text(value, "id").is_none_or(str::is_empty) {
        findings.add("vex", format!("{path}/id"), "The vulnerability has no number");
    }
    for key in ["created", "published", "updated", "rejected"] {
        if value.get(key).is_some_and(|at| !at.as_str().is_some_and(crate::shape::is_instant)) {
            findings.add(
                "schema",
                format!("{path}/{key}"),
                "This must be a date and time such as 2026-01-31T12:00:00Z",
            );
        }
    }
    for (place, rating) in items(value, "ratings") {
        let path = format!("{path}/ratings/{place}");
        let is_cvss = text(rating, "method").is_some_and(|method| method.starts_with("CVSS"));
        let Some(vector) = text(rating, "vector").filter(|_| is_cvss) else { continue };
        match CvssVector::parse(vector) {
            Err(why) => findings.add("cvss", format!("{path}/vector"), why.to_string()),
            Ok(vector) => {
                let score = rating.get("score").and_then(Value::as_f64);
                if score.is_some_and(|score| (score - vector.score()).abs() > 0.11) {
                    let message = format!("The vector gives {:.1}", vector.score());
                    findings.add("cvss", format!("{path}/score"), message);
                }
            }
        }
    }
    match value.get("analysis") {
        None => findings.add("vex", format!("{path}/analysis"), "A VEX document says the state of each vulnerability"),
        Some(analysis) => {
            if !text(analysis, "state").is_some_and(|state| STATES.contains(&state)) {
                let message = format!("The state must be one of {}", STATES.join(", "));
                findings.add("schema", format!("{path}/analysis/state"), message);
            }
            if text(analysis, "justification").is_some_and(|why| !JUSTIFICATIONS.contains(&why)) {
                let message = format!("The justification must be one of {}", JUSTIFICATIONS.join(", "));
                findings.add("schema", format!("{path}/analysis/justification"), message);
            }
        }
    }
    if items(value, "affects").next().is_none() {
        findings.add("vex", format!("{path}/affects"), "The vulnerability names no component");
    }
    for (place, affected) in items(value, "affects") {
        let path = format!("{path}/affects/{place}");
        let Some(name) = text(affected, "ref") else {
            findings.add("schema", format!("{path}/ref"), "ref is missing");
            continue;
        };
        if !names.contains_key(name) && !name.starts_with("urn:cdx:") {
            findings.add("vex", format!("{path}/ref"), format!("There is no component {name}"));
        }
        for (item, version) in items(affected, "versions") {
            let path = format!("{path}/versions/{item}");
            if version.get("version").is_some() == version.get("range").is_some() {
                findings.add("schema", path.clone(), "There must be a version or a range, and not both");
            }
            let range = text(version, "range");
            if let Some(Err(why)) = range.filter(|range| range.starts_with("vers:")).map(Vers::parse) {
                findings.add("vex", format!("{path}/range"), format!("This range {why}"));
            }
        }
    }
}

/// Visits every component, nested ones too.
fn components<'a>(parent: &'a Value, path: &str, visit: &mut dyn FnMut(&str, &'a Value)) {
    let own = parent.get("metadata").and_then(|metadata| metadata.get("component"));
    if let Some(own) = own {
        visit(&format!("{path}/metadata/component"), own);
        components(own, &format!("{path}/metadata/component"), visit);
    }
    for (place, component) in items(parent, "components") {
        let path = format!("{path}/components/{place}");
        visit(&path, component);
        components(component, &path, visit);
    }
}

/// Reads a document with one vulnerability as an advisory of `publisher`.
///
/// # Errors
///
/// [`ReadError`] where it is something else, or has no number or date.
pub fn read(document: &Value, publisher: &Publisher) -> Result<Record, ReadError> {
    if !looks_like(document) {
        return Err(ReadError::Other("CycloneDX"));
    }
    let (_, value) = items(document, "vulnerabilities")
        .next()
        .ok_or(ReadError::Missing { path: "/vulnerabilities/0", what: "The vulnerability" })?;
    let number = text(value, "id").ok_or(ReadError::Missing { path: "/vulnerabilities/0/id", what: "The number" })?;
    let published = instant(value, "published")
        .or_else(|| instant(document.get("metadata")?, "timestamp"))
        .ok_or(ReadError::Missing { path: "/vulnerabilities/0/published", what: "The date" })?;
    let own = items(value, "properties").find(|(_, property)| text(property, "name") == Some(OWN_NUMBER));
    let id = own.and_then(|(_, property)| text(property, "value")).unwrap_or(number);
    let mut draft = Draft::new(id, number, publisher.clone(), published);
    draft.alias(number);
    items(value, "references").for_each(|(_, other)| draft.alias(text(other, "id").unwrap_or_default()));
    draft.0.summary = text(value, "description").unwrap_or_default().to_owned();
    draft.0.details = text(value, "detail").unwrap_or_default().to_owned();
    draft.0.withdrawn = instant(value, "rejected");
    items(value, "ratings").for_each(|(_, rating)| draft.vector(text(rating, "vector").unwrap_or_default()));
    for (_, id) in items(value, "cwes") {
        draft.weakness(&format!("CWE-{id}"));
    }
    for (_, advisory) in items(value, "advisories") {
        if let Some(url) = text(advisory, "url") {
            draft.reference(link_kind(url), url, text(advisory, "title").unwrap_or_default());
        }
    }
    for (_, person) in value.get("credits").into_iter().flat_map(|credits| items(credits, "individuals")) {
        let name = text(person, "name").unwrap_or_default().to_owned();
        draft.credit(Credit { name, ..Credit::default() });
    }
    for (key, kind) in [("recommendation", RemediationKind::Fix), ("workaround", RemediationKind::Workaround)] {
        if let Some(details) = text(value, key) {
            let (url, versions, products) = (None, Vec::new(), Vec::new());
            draft.0.remediations.push(Remediation {
                kind,
                details: details.to_owned(),
                url,
                versions,
                products,
                at: None,
            });
        }
    }
    let mut named: HashMap<&str, &Value> = HashMap::new();
    components(document, "", &mut |_, component| {
        if let Some(name) = text(component, "bom-ref") {
            named.insert(name, component);
        }
    });
    for (_, affected) in items(value, "affects") {
        let component = text(affected, "ref").and_then(|name| named.get(name));
        draft.0.products.extend(component.map(|component| product(component, affected)));
    }
    Ok(draft.finish(instant(value, "updated")))
}

fn product(component: &Value, affected: &Value) -> Product {
    let mut product = Product {
        name: text(component, "name").unwrap_or_default().to_owned(),
        vendor: component.get("supplier").and_then(|supplier| text(supplier, "name")).unwrap_or_default().to_owned(),
        purl: text(component, "purl").and_then(|purl| Purl::parse(purl).ok()).map(|purl| purl.package()),
        cpe: text(component, "cpe").map(str::to_owned),
        ..Product::default()
    };
    for (_, version) in items(affected, "versions") {
        let is_affected = text(version, "status").is_none_or(|status| status == "affected");
        match (text(version, "version"), text(version, "range")) {
            (Some(version), _) if is_affected => product.versions.push(version.to_owned()),
            (Some(version), _) => product.fixed_versions.push(version.to_owned()),
            (None, Some(range)) if is_affected => {
                if let Some((ranges, versions)) = Vers::parse(range).ok().and_then(|range| range.affected()) {
                    product.ranges.extend(ranges);
                    product.versions.extend(versions);
                }
            }
            _ => {}
        }
    }
    product
}

/// Whether a document says it is CycloneDX.
pub fn looks_like(document: &Value) -> bool {
    text(document, "bomFormat") == Some("CycloneDX")
}
