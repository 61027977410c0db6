//! An advisory as a CSAF 2.0 document of the profile `csaf_security_advisory`.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::products::is_range;
use crate::advisory::{
    AffectedRange, Credit, Product, PublisherCategory, Record, Reference, ReferenceKind, Remediation, RemediationKind,
    Tlp,
};
use crate::cvss::{CvssVector, Version};
use crate::cwe::{Cwe, Usage};
use crate::identifiers;
use crate::purl::Purl;
use crate::version::{Ecosystem, compare};

pub fn document(record: &Record, engine_version: &str) -> Value {
    let tree = Tree::of(record);
    let mut document = json!({
        "document": head(record, engine_version),
        "vulnerabilities": [vulnerability(record, &tree)],
    });
    if !tree.branches.is_empty() {
        document["product_tree"] = json!({ "branches": tree.branches });
    }
    document
}

// ── document ────────────────────────────────────────────────────────────────────────────────────────────────────

fn head(record: &Record, engine_version: &str) -> Value {
    let mut head = json!({
        "category": "csaf_security_advisory",
        "csaf_version": "2.0",
        "distribution": distribution(record.tlp),
        "lang": record.language,
        "notes": document_notes(record),
        "publisher": publisher(record),
        "title": record.title,
        "tracking": tracking(record, engine_version),
    });
    if let Some(severity) = record.severity() {
        head["aggregate_severity"] = json!({ "text": severity.label() });
    }
    let references = references(record);
    if !references.is_empty() {
        head["references"] = Value::Array(references);
    }
    head
}

/// CSAF 2.0 knows the labels of TLP 1.0 only.
fn distribution(tlp: Tlp) -> Value {
    let label = match tlp {
        Tlp::Clear => "WHITE",
        Tlp::Green => "GREEN",
        Tlp::Amber | Tlp::AmberStrict => "AMBER",
        Tlp::Red => "RED",
    };
    let mut distribution = json!({ "tlp": { "label": label, "url": "https://www.first.org/tlp/" } });
    if tlp == Tlp::AmberStrict {
        distribution["text"] = json!("TLP:AMBER+STRICT: for the recipient's own organisation only.");
    }
    distribution
}

fn document_notes(record: &Record) -> Vec<Value> {
    let mut notes = Vec::new();
    push_note(&mut notes, "summary", "Summary", &record.summary);
    push_note(&mut notes, "details", "Details", &record.details);
    if let Some(at) = record.withdrawn {
        push_note(&mut notes, "general", "Withdrawn", &format!("This advisory was withdrawn on {at}."));
    }
    notes
}

fn push_note(notes: &mut Vec<Value>, category: &str, title: &str, text: &str) {
    if !text.trim().is_empty() {
        notes.push(json!({ "category": category, "text": text, "title": title }));
    }
}

fn publisher(record: &Record) -> Value {
    let publisher = &record.publisher;
    let mut value = json!({
        "category": match publisher.category {
            PublisherCategory::Vendor => "vendor",
            PublisherCategory::Coordinator => "coordinator",
            PublisherCategory::Discoverer => "discoverer",
            PublisherCategory::User => "user",
            // A translator must name a source language, which a record has not.
            PublisherCategory::Translator | PublisherCategory::Other => "other",
        },
        "name": publisher.name,
        "namespace": publisher.namespace,
    });
    set_text(&mut value, "contact_details", publisher.contact.as_deref());
    set_text(&mut value, "issuing_authority", publisher.authority.as_deref());
    value
}

fn set_text(value: &mut Value, key: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
        value[key] = json!(text);
    }
}

/// The release dates are those of the first and the last revision, so that they cannot disagree with the history.
fn tracking(record: &Record, engine_version: &str) -> Value {
    let history: Vec<Value> = record
        .revisions
        .iter()
        .map(|revision| json!({ "date": revision.at, "number": revision.number.to_string(), "summary": revision.summary }))
        .collect();
    let current = record.revisions.last().map_or(record.published, |revision| revision.at);
    let mut engine = json!({ "name": "Candor" });
    set_text(&mut engine, "version", Some(engine_version));
    let mut tracking = json!({
        "current_release_date": current,
        "generator": { "date": current, "engine": engine },
        "id": record.id,
        "initial_release_date": record.revisions.first().map_or(record.published, |revision| revision.at),
        "revision_history": history,
        "status": "final",
        "version": record.revisions.last().map_or(1, |revision| revision.number).to_string(),
    });
    if !record.aliases.is_empty() {
        tracking["aliases"] = json!(record.aliases);
    }
    tracking
}

fn references(record: &Record) -> Vec<Value> {
    let own =
        [(&record.links.csaf, "This advisory as a CSAF document"), (&record.links.page, "This advisory as a web page")];
    let own = own
        .into_iter()
        .filter_map(|(link, summary)| Some(json!({ "category": "self", "summary": summary, "url": link.as_ref()? })));
    let others = record.references.iter().map(
        |reference| json!({ "category": "external", "summary": reference_summary(reference), "url": reference.url }),
    );
    own.chain(others).collect()
}

fn reference_summary(reference: &Reference) -> &str {
    if !reference.summary.trim().is_empty() {
        return &reference.summary;
    }
    match reference.kind {
        ReferenceKind::Advisory => "Advisory",
        ReferenceKind::Article => "Article",
        ReferenceKind::Detection => "Detection",
        ReferenceKind::Discussion => "Discussion",
        ReferenceKind::Report => "Report",
        ReferenceKind::Fix => "Fix",
        ReferenceKind::Introduced => "Where it came in",
        ReferenceKind::Package => "Package",
        ReferenceKind::Evidence => "Evidence",
        ReferenceKind::Web => &reference.url,
    }
}

// ── product tree ────────────────────────────────────────────────────────────────────────────────────────────────

/// The product tree and which of its ids are affected, fixed and recommended.
struct Tree {
    branches: Vec<Value>,
    affected: Vec<ProductId>,
    fixed: Vec<ProductId>,
    recommended: Vec<ProductId>,
    count: usize,
}

/// An id of the product tree, with the name of the product it is a version of.
struct ProductId {
    id: String,
    product: String,
}

impl Tree {
    fn of(record: &Record) -> Self {
        let mut tree =
            Self { branches: Vec::new(), affected: Vec::new(), fixed: Vec::new(), recommended: Vec::new(), count: 0 };
        let mut vendors: Vec<(&str, Vec<Value>)> = Vec::new();
        for product in &record.products {
            let vendor =
                if product.vendor.trim().is_empty() { record.publisher.name.as_str() } else { product.vendor.as_str() };
            let branch =
                json!({ "branches": tree.versions(record, product), "category": "product_name", "name": product.name });
            match vendors.iter_mut().find(|(name, _)| *name == vendor) {
                Some((_, products)) => products.push(branch),
                None => vendors.push((vendor, vec![branch])),
            }
        }
        tree.branches = vendors
            .into_iter()
            .map(|(vendor, products)| json!({ "branches": products, "category": "vendor", "name": vendor }))
            .collect();
        tree
    }

    /// One branch for each affected range or version and for each fixed version of `product`.
    fn versions(&mut self, record: &Record, product: &Product) -> Vec<Value> {
        let mut branches = Vec::new();
        let everything = [AffectedRange::default()];
        let all = product.ranges.is_empty() && product.versions.is_empty();
        for range in if all { &everything[..] } else { &product.ranges } {
            let id = self.next(product);
            branches.push(range_branch(product, range, &id.id));
            self.affected.push(id);
        }
        for (place, version) in product.versions.iter().enumerate() {
            if !product.versions[..place].contains(version) {
                let id = self.next(product);
                branches.push(version_branch(product, version, &id.id));
                self.affected.push(id);
            }
        }
        let fixed = fixed_versions(record, product);
        for version in &fixed {
            let id = self.next(product);
            branches.push(version_branch(product, version, &id.id));
            if is_newest(product.version_order(), version, &fixed) {
                self.recommended.push(ProductId { id: id.id.clone(), product: product.name.clone() });
            }
            self.fixed.push(id);
        }
        branches
    }

    fn next(&mut self, product: &Product) -> ProductId {
        self.count += 1;
        ProductId { id: format!("CSAFPID-{:04}", self.count), product: product.name.clone() }
    }

    /// Ids of affected products, of all products or of the named ones.
    fn affected_ids(&self, names: &[String]) -> Vec<&str> {
        let named = |id: &&ProductId| names.is_empty() || names.contains(&id.product);
        self.affected.iter().filter(named).map(|id| id.id.as_str()).collect()
    }
}

/// The fixed versions of a product: its own, and those of fixes that are for it alone or name it.
fn fixed_versions<'a>(record: &'a Record, product: &'a Product) -> Vec<&'a str> {
    let mut all = product.all_fixed();
    for fix in record.remediations_of(RemediationKind::Fix) {
        let for_this = fix.products.contains(&product.name) || (fix.products.is_empty() && record.products.len() == 1);
        if for_this {
            for version in &fix.versions {
                if !all.contains(&version.as_str()) {
                    all.push(version);
                }
            }
        }
    }
    all.retain(|version| !version.trim().is_empty() && !product.versions.iter().any(|affected| affected == version));
    all
}

/// Whether no other version is known to be newer. Unknown order leaves all of them recommended.
fn is_newest(order: Ecosystem, version: &str, all: &[&str]) -> bool {
    !all.iter().any(|other| compare(order, version, other) == Some(Ordering::Less))
}

fn range_branch(product: &Product, range: &AffectedRange, id: &str) -> Value {
    json!({
        "category": "product_version_range",
        "name": vers(product.version_order(), range),
        "product": full_name(product, &range.to_string(), None, id),
    })
}

/// A branch for one version. A name that would read as a range is written as a range of one.
fn version_branch(product: &Product, version: &str, id: &str) -> Value {
    let (category, name) = if is_range(version) {
        ("product_version_range", format!("vers:{}/{}", product.version_order().vers_scheme(), quoted(version)))
    } else {
        ("product_version", version.to_owned())
    };
    json!({ "category": category, "name": name, "product": full_name(product, version, Some(version), id) })
}

fn full_name(product: &Product, suffix: &str, version: Option<&str>, id: &str) -> Value {
    let mut full = json!({ "name": format!("{} {suffix}", product.name), "product_id": id });
    let mut helper = Map::new();
    if let Some(cpe) = &product.cpe {
        helper.insert("cpe".to_owned(), json!(cpe));
    }
    let purl = product.purl.as_ref().map(Purl::package);
    let purl = purl.and_then(|purl| version.map_or(Some(purl.clone()), |version| purl.at(version).ok()));
    if let Some(purl) = purl {
        helper.insert("purl".to_owned(), json!(purl.to_string()));
    }
    if !helper.is_empty() {
        full["product_identification_helper"] = Value::Object(helper);
    }
    full
}

/// The range in VERS notation: `vers:npm/>=1.0.0|<1.2.3`.
///
/// Source: VERS 1.1.0, version range specifier.
fn vers(order: Ecosystem, range: &AffectedRange) -> String {
    let mut constraints = Vec::new();
    if let Some(from) = range.lower() {
        constraints.push(format!(">={}", quoted(from)));
    }
    if let Some(fixed) = &range.fixed {
        constraints.push(format!("<{}", quoted(fixed)));
    } else if let Some(last) = &range.last_affected {
        constraints.push(format!("<={}", quoted(last)));
    }
    let constraints = if constraints.is_empty() { "*".to_owned() } else { constraints.join("|") };
    format!("vers:{}/{constraints}", order.vers_scheme())
}

/// Percent-encodes what has a meaning in a range.
fn quoted(version: &str) -> String {
    version
        .bytes()
        .map(|byte| {
            let plain = byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
            if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        })
        .collect()
}

// ── vulnerability ───────────────────────────────────────────────────────────────────────────────────────────────

fn vulnerability(record: &Record, tree: &Tree) -> Value {
    let mut value = json!({
        "notes": vulnerability_notes(record),
        "release_date": record.published,
        "title": record.title,
    });
    let mut status = Map::new();
    for (list, ids) in [("fixed", &tree.fixed), ("known_affected", &tree.affected), ("recommended", &tree.recommended)]
    {
        if !ids.is_empty() {
            status.insert(list.to_owned(), ids.iter().map(|id| id.id.as_str()).collect());
        }
    }
    if let Some(cve) = record.cve() {
        value["cve"] = json!(cve);
    }
    if let Some(cwe) = lead_weakness(record) {
        value["cwe"] = json!({ "id": cwe.to_string(), "name": cwe.name });
    }
    let lists = [
        ("acknowledgments", record.credits.iter().map(acknowledgment).collect()),
        ("ids", ids(record)),
        ("remediations", remediations(record, tree)),
        ("scores", scores(record, tree)),
    ];
    for (key, list) in lists {
        if !list.is_empty() {
            value[key] = Value::Array(list);
        }
    }
    if !status.is_empty() {
        value["product_status"] = Value::Object(status);
    }
    value
}

fn vulnerability_notes(record: &Record) -> Vec<Value> {
    let mut notes = Vec::new();
    push_note(&mut notes, "description", "Description", &record.summary);
    push_note(&mut notes, "details", "Impact", &record.impact);
    push_note(&mut notes, "details", "Conditions", &record.preconditions);
    if let Some(vector) = record.vector(Version::V4_0) {
        let text = format!(
            "{} {:.1} ({}): {vector}",
            vector.nomenclature().unwrap_or("CVSS-B"),
            vector.score(),
            vector.severity()
        );
        push_note(&mut notes, "other", "CVSS 4.0", &text);
    }
    let lead = lead_weakness(record);
    let others: Vec<String> =
        weaknesses(record).filter(|cwe| Some(*cwe) != lead).map(|cwe| format!("{cwe} {}", cwe.name)).collect();
    push_note(&mut notes, "other", "Further weaknesses", &others.join("\n"));
    let lines: Vec<String> = record.timeline.iter().map(|entry| format!("{}: {}", entry.at, entry.text)).collect();
    push_note(&mut notes, "other", "Timeline", &lines.join("\n"));
    notes
}

fn weaknesses(record: &Record) -> impl Iterator<Item = Cwe> {
    record.cwes.iter().filter_map(|id| Cwe::get(*id)).filter(|cwe| cwe.usage != Usage::Prohibited)
}

fn lead_weakness(record: &Record) -> Option<Cwe> {
    weaknesses(record).next()
}

/// The advisory's own number and all aliases but CVE numbers, which have a field of their own.
fn ids(record: &Record) -> Vec<Value> {
    let mut ids = Vec::new();
    if !identifiers::is_cve(&record.id) {
        ids.push(json!({ "system_name": record.publisher.name, "text": record.id }));
    }
    for alias in record.aliases.iter().filter(|alias| !identifiers::is_cve(alias)) {
        let system = match identifiers::recognise(alias).map(|found| found.kind) {
            Some(identifiers::Kind::Ghsa) => "GitHub Security Advisories",
            Some(_) => "OSV",
            None => "Other",
        };
        let id = json!({ "system_name": system, "text": alias });
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

fn acknowledgment(credit: &Credit) -> Value {
    let mut value = json!({});
    if !credit.name.trim().is_empty() {
        value["names"] = json!([credit.name]);
    }
    set_text(&mut value, "organization", credit.organisation.as_deref());
    if let Some(link) = &credit.link {
        value["urls"] = json!([link]);
    }
    let note = credit.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
    value["summary"] =
        json!(note.map_or_else(|| credit.role.label().to_owned(), |note| format!("{}: {note}", credit.role.label())));
    value
}

/// The remediations of the record; for fixed versions that no fix speaks of, one that says to update.
fn remediations(record: &Record, tree: &Tree) -> Vec<Value> {
    let mut all: Vec<Value> =
        record.remediations.iter().filter_map(|remediation| remediation_value(remediation, tree)).collect();
    for product in &record.products {
        let names_it = |fix: &Remediation| fix.products.is_empty() || fix.products.contains(&product.name);
        let fixed = product.all_fixed();
        if fixed.is_empty() || record.remediations_of(RemediationKind::Fix).any(names_it) {
            continue;
        }
        let ids = tree.affected_ids(std::slice::from_ref(&product.name));
        let details = format!("Update {} to {}.", product.name, fixed.join(" or "));
        all.push(json!({ "category": "vendor_fix", "details": details, "product_ids": ids }));
    }
    all
}

fn remediation_value(remediation: &Remediation, tree: &Tree) -> Option<Value> {
    let ids = tree.affected_ids(&remediation.products);
    if ids.is_empty() {
        return None;
    }
    let mut value = json!({
        "category": match remediation.kind {
            RemediationKind::Fix => "vendor_fix",
            RemediationKind::Workaround => "workaround",
            RemediationKind::Mitigation => "mitigation",
            RemediationKind::NoFixPlanned => "no_fix_planned",
            RemediationKind::NoneAvailable => "none_available",
        },
        "details": remediation.details,
        "product_ids": ids,
    });
    if let Some(at) = remediation.at {
        value["date"] = json!(at);
    }
    set_text(&mut value, "url", remediation.url.as_deref());
    Some(value)
}

/// One score object for CVSS 2.0 and 3.x: a document can carry one 3.x vector for a product, so 3.1 goes before 3.0.
fn scores(record: &Record, tree: &Tree) -> Vec<Value> {
    let ids = tree.affected_ids(&[]);
    let two = record.vector(Version::V2_0);
    let three = record.vector(Version::V3_1).or_else(|| record.vector(Version::V3_0));
    if ids.is_empty() || (two.is_none() && three.is_none()) {
        return Vec::new();
    }
    let mut score = json!({ "products": ids });
    if let Some(vector) = two {
        score["cvss_v2"] = cvss_object(vector);
    }
    if let Some(vector) = three {
        score["cvss_v3"] = cvss_object(vector);
    }
    vec![score]
}

/// A vector in the JSON of FIRST: the vector itself and what is computed from it.
///
/// For 2.0 the base score alone: implementations disagree on ties of the others, and a reader can compute them.
fn cvss_object(vector: &CvssVector) -> Value {
    let two = vector.version() == Version::V2_0;
    let mut value = json!({ "version": vector.version().as_str(), "vectorString": vector.as_str() });
    let scores = [
        ("base", Some(vector.base_score())),
        ("temporal", vector.temporal_score().filter(|_| !two)),
        ("environmental", vector.environmental_score().filter(|_| !two)),
    ];
    for (name, score) in scores {
        let Some(score) = score else { continue };
        value[format!("{name}Score")] = json!(score);
        if !two {
            let severity = crate::cvss::Severity::of(vector.version(), score);
            value[format!("{name}Severity")] = json!(severity.label().to_uppercase());
        }
    }
    value
}
