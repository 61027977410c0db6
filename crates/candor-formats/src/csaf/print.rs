//! An advisory as a CSAF document.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::print_tree::Tree;
use super::syntax::is_category;
use super::{Edition, Profile};
use crate::advisory::{Credit, PublisherCategory, Record, Reference, ReferenceKind, Remediation, RemediationKind, Tlp};
use crate::cvss::{CvssVector, Version};
use crate::cwe::{self, Cwe, Usage};
use crate::identifiers;

/// What stands for the label that CSAF 2.0 does not know, before the text of the record.
pub const STRICT: &str = "TLP:AMBER+STRICT: for the recipient's own organisation only.";
const SCHEMA_2_1: &str = "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json";

pub fn document(record: &Record, edition: Edition, profile: Profile, engine_version: &str) -> Value {
    // CSAF 2.1 has a profile of its own for what was taken back; that is a revision, so there must be a second one.
    let gone = edition == Edition::V2_1 && record.withdrawn.is_some() && record.revisions.len() > 1;
    let mut document = json!({ "document": head(record, edition, profile, gone, engine_version) });
    if edition == Edition::V2_1 {
        document["$schema"] = json!(SCHEMA_2_1);
    }
    if gone {
        return document;
    }
    let tree = Tree::of(record, edition);
    document["vulnerabilities"] = json!([vulnerability(record, edition, profile, &tree)]);
    if !tree.branches.is_empty() {
        document["product_tree"] = json!({ "branches": tree.branches });
    }
    document
}

// ── document ────────────────────────────────────────────────────────────────────────────────────────────────────

fn head(record: &Record, edition: Edition, profile: Profile, gone: bool, engine_version: &str) -> Value {
    let category = match profile {
        _ if gone => "csaf_withdrawn",
        Profile::SecurityAdvisory => "csaf_security_advisory",
        Profile::Vex => "csaf_vex",
    };
    let mut head = json!({
        "category": category,
        "csaf_version": edition.as_str(),
        "distribution": distribution(record, edition),
        "lang": record.language,
        "notes": document_notes(record, gone),
        "publisher": publisher(record),
        "title": record.title,
        "tracking": tracking(record, profile, engine_version),
    });
    if let Some(severity) = record.severity_word() {
        head["aggregate_severity"] = json!({ "text": severity });
    }
    let references = references(record, profile);
    if !references.is_empty() {
        head["references"] = Value::Array(references);
    }
    head
}

/// CSAF 2.0 knows the labels of TLP 1.0 only.
fn distribution(record: &Record, edition: Edition) -> Value {
    let told = record.distribution.trim();
    if edition == Edition::V2_1 {
        let label = record.tlp.label().trim_start_matches("TLP:");
        let mut distribution = json!({ "tlp": { "label": label, "url": "https://www.first.org/tlp/" } });
        set_text(&mut distribution, "text", Some(told));
        return distribution;
    }
    let label = match record.tlp {
        Tlp::Clear => "WHITE",
        Tlp::Green => "GREEN",
        Tlp::Amber | Tlp::AmberStrict => "AMBER",
        Tlp::Red => "RED",
    };
    let mut distribution = json!({ "tlp": { "label": label, "url": "https://www.first.org/tlp/" } });
    match record.tlp {
        Tlp::AmberStrict => distribution["text"] = json!(format!("{STRICT} {told}").trim_end()),
        _ => set_text(&mut distribution, "text", Some(told)),
    }
    distribution
}

fn document_notes(record: &Record, gone: bool) -> Vec<Value> {
    let mut notes = Vec::new();
    if gone {
        let own = Some(record.withdrawal.as_str()).filter(|why| !why.trim().is_empty());
        let last = || record.revisions.last().map_or("", |revision| revision.summary.as_str());
        let why = own.unwrap_or_else(last);
        push_note(&mut notes, "description", "Reasoning for Withdrawal", why);
        return notes;
    }
    push_note(&mut notes, "summary", "Summary", &record.summary);
    push_note(&mut notes, "details", "Details", &record.details);
    if let Some(at) = record.withdrawn {
        let told = format!("This advisory was withdrawn on {at}.\n\n{}", record.withdrawal);
        push_note(&mut notes, "general", "Withdrawn", told.trim_end());
    }
    push_note(&mut notes, "general", "Disputed", &record.dispute);
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
fn tracking(record: &Record, profile: Profile, engine_version: &str) -> Value {
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
        "id": super::tracking_id(record, profile),
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

fn references(record: &Record, profile: Profile) -> Vec<Value> {
    let category = match profile {
        Profile::SecurityAdvisory => "self",
        Profile::Vex => "external",
    };
    let own =
        [(&record.links.csaf, "This advisory as a CSAF document"), (&record.links.page, "This advisory as a web page")];
    let own = own
        .into_iter()
        .filter_map(|(link, summary)| Some(json!({ "category": category, "summary": summary, "url": link.as_ref()? })));
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

// ── vulnerability ───────────────────────────────────────────────────────────────────────────────────────────────

fn vulnerability(record: &Record, edition: Edition, profile: Profile, tree: &Tree) -> Value {
    let mut value = json!({ "notes": vulnerability_notes(record, edition), "title": record.title });
    let (date, scores_key) = match edition {
        Edition::V2_0 => ("release_date", "scores"),
        Edition::V2_1 => ("disclosure_date", "metrics"),
    };
    value[date] = json!(record.published);
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
    match edition {
        Edition::V2_0 => {
            if let Some(cwe) = lead_weakness(record) {
                value["cwe"] = json!({ "id": cwe.to_string(), "name": cwe.name });
            }
        }
        Edition::V2_1 => {
            let mut cwes: Vec<Value> = Vec::new();
            // The schema takes no name that starts with a dot, as that of CWE-520 does; such a weakness goes into a note.
            for cwe in weaknesses(record).filter(|cwe| is_category(cwe.name)) {
                let entry = json!({ "id": cwe.to_string(), "name": cwe.name, "version": cwe::LIST_VERSION });
                if !cwes.contains(&entry) {
                    cwes.push(entry);
                }
            }
            if !cwes.is_empty() {
                value["cwes"] = Value::Array(cwes);
            }
        }
    }
    let lists = [
        ("acknowledgments", record.thanks().map(acknowledgment).collect()),
        ("ids", ids(record)),
        ("remediations", remediations(record, profile, tree)),
        (scores_key, scores(record, edition, tree)),
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

fn vulnerability_notes(record: &Record, edition: Edition) -> Vec<Value> {
    let mut notes = Vec::new();
    push_note(&mut notes, "description", "Description", &record.summary);
    push_note(&mut notes, "details", "Impact", &record.impact);
    push_note(&mut notes, "details", "Conditions", &record.preconditions);
    if let Some(vector) = record.vector(Version::V4_0).filter(|_| edition == Edition::V2_0) {
        let text = format!(
            "{} {:.1} ({}): {vector}",
            vector.nomenclature().unwrap_or("CVSS-B"),
            vector.score(),
            vector.severity()
        );
        push_note(&mut notes, "other", "CVSS 4.0", &text);
    }
    let lead = lead_weakness(record);
    let is_told_elsewhere = |cwe: &Cwe| match edition {
        Edition::V2_0 => Some(*cwe) == lead,
        Edition::V2_1 => is_category(cwe.name),
    };
    let others: Vec<String> =
        weaknesses(record).filter(|cwe| !is_told_elsewhere(cwe)).map(|cwe| format!("{cwe} {}", cwe.name)).collect();
    push_note(&mut notes, "other", "Further weaknesses", &others.join("\n"));
    let lines: Vec<String> = record.timeline.iter().map(|entry| format!("{}: {}", entry.at, entry.text)).collect();
    push_note(&mut notes, "other", "Timeline", &lines.join("\n"));
    let commits = record.products.iter().flat_map(|product| product.commits.iter().map(move |range| (product, range)));
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = commits.map(|(product, range)| format!("{}: {range}", one_line(&product.name))).collect();
    push_note(&mut notes, "other", "Affected commits", &lines.join("\n"));
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
///
/// Kinds that contradict each other for a product are not printed together: a fix goes before its absence, and any
/// advice before "none available". A VEX document says something about every affected product.
fn remediations(record: &Record, profile: Profile, tree: &Tree) -> Vec<Value> {
    let mut all: Vec<(RemediationKind, Vec<&str>, Value)> = record
        .remediations
        .iter()
        .map(|remediation| (remediation.kind, tree.affected_ids(&remediation.products), remediation_value(remediation)))
        .collect();
    for product in &record.products {
        let names_it = |fix: &Remediation| fix.products.is_empty() || fix.products.contains(&product.name);
        let fixed = product.all_fixed();
        if fixed.is_empty() || record.remediations_of(RemediationKind::Fix).any(names_it) {
            continue;
        }
        let ids = tree.affected_ids(std::slice::from_ref(&product.name));
        let details = format!("Update {} to {}.", product.name, fixed.join(" or "));
        all.push((RemediationKind::Fix, ids, json!({ "category": "vendor_fix", "details": details })));
    }
    let mut best: HashMap<&str, u8> = HashMap::new();
    for (kind, ids, _) in &all {
        for id in ids {
            let rank = best.entry(id).or_default();
            *rank = (*rank).max(weight(*kind));
        }
    }
    let silent: Vec<&str> = tree.affected_ids(&[]).into_iter().filter(|id| !best.contains_key(id)).collect();
    let mut printed: Vec<Value> = Vec::new();
    for (kind, mut ids, mut value) in all {
        ids.retain(|id| match kind {
            RemediationKind::NoneAvailable => best[id] == weight(kind),
            RemediationKind::NoFixPlanned => best[id] < weight(RemediationKind::Fix),
            _ => true,
        });
        if !ids.is_empty() {
            value["product_ids"] = json!(ids);
            printed.push(value);
        }
    }
    if profile == Profile::Vex && !silent.is_empty() {
        let details = "There is no fix and no workaround yet.";
        printed.push(json!({ "category": "none_available", "details": details, "product_ids": silent }));
    }
    printed
}

/// What goes before what for one product, the highest first.
fn weight(kind: RemediationKind) -> u8 {
    match kind {
        RemediationKind::Fix => 3,
        RemediationKind::Workaround | RemediationKind::Mitigation | RemediationKind::NoFixPlanned => 2,
        RemediationKind::NoneAvailable => 1,
    }
}

fn remediation_value(remediation: &Remediation) -> Value {
    let mut value = json!({
        "category": match remediation.kind {
            RemediationKind::Fix => "vendor_fix",
            RemediationKind::Workaround => "workaround",
            RemediationKind::Mitigation => "mitigation",
            RemediationKind::NoFixPlanned => "no_fix_planned",
            RemediationKind::NoneAvailable => "none_available",
        },
        "details": remediation.details,
    });
    if let Some(at) = remediation.at {
        value["date"] = json!(at);
    }
    set_text(&mut value, "url", remediation.url.as_deref());
    value
}

/// One score object: a document can carry one 3.x vector for a product, so 3.1 goes before 3.0. CVSS 4.0 is for
/// CSAF 2.1 only.
fn scores(record: &Record, edition: Edition, tree: &Tree) -> Vec<Value> {
    let ids = tree.affected_ids(&[]);
    let vectors = [
        ("cvss_v2", record.vector(Version::V2_0)),
        ("cvss_v3", record.vector(Version::V3_1).or_else(|| record.vector(Version::V3_0))),
        ("cvss_v4", record.vector(Version::V4_0).filter(|_| edition == Edition::V2_1)),
    ];
    let objects: Map<String, Value> =
        vectors.into_iter().filter_map(|(key, vector)| Some((key.to_owned(), cvss_object(vector?)))).collect();
    if ids.is_empty() || objects.is_empty() {
        return Vec::new();
    }
    match edition {
        Edition::V2_0 => {
            let mut score = Value::Object(objects);
            score["products"] = json!(ids);
            vec![score]
        }
        Edition::V2_1 => vec![json!({ "content": objects, "products": ids })],
    }
}

/// A vector in the JSON of FIRST: the vector itself and what is computed from it.
///
/// For 2.0 the base score alone: implementations disagree on ties of the others, and a reader can compute them.
pub fn cvss_object(vector: &CvssVector) -> Value {
    let two = vector.version() == Version::V2_0;
    if vector.version() == Version::V4_0 {
        return json!({
            "version": "4.0",
            "vectorString": vector.as_str(),
            "baseScore": vector.score(),
            "baseSeverity": vector.severity().label().to_uppercase(),
        });
    }
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
