//! A CSAF document as an advisory.

use std::collections::HashMap;

use serde_json::Value;

use super::walk::{covered, items, text, texts};
use crate::advisory::{
    Credit, CreditRole, Draft, Product, Publisher, PublisherCategory, ReadError, Record, Reference, ReferenceKind,
    Remediation, RemediationKind, Revision, TimelineEntry, Tlp, instant, link_kind,
};
use crate::purl::Purl;
use crate::vers::Vers;

/// Reads a CSAF 2.0 or 2.1 document about one vulnerability as an advisory.
///
/// # Errors
///
/// [`ReadError`] where it is no CSAF document, holds several vulnerabilities, or lacks its number, date or publisher.
pub fn read(document: &Value) -> Result<Record, ReadError> {
    if !looks_like(document) {
        return Err(ReadError::Other("CSAF"));
    }
    let head = &document["document"];
    let tracking = &head["tracking"];
    let missing = |path: &'static str, what: &'static str| ReadError::Missing { path, what };
    let id = text(tracking, "id").ok_or_else(|| missing("/document/tracking/id", "The number"))?;
    let is_vex = matches!(text(head, "category"), Some("csaf_vex" | "csaf_withdrawn"));
    let id = if is_vex { id.strip_suffix("-VEX").unwrap_or(id) } else { id };
    let initial = instant(tracking, "initial_release_date")
        .ok_or_else(|| missing("/document/tracking/initial_release_date", "The date"))?;
    let publisher = publisher(&head["publisher"]).ok_or_else(|| missing("/document/publisher", "The publisher"))?;
    let count = items(document, "vulnerabilities").count();
    if count > 1 {
        return Err(ReadError::Several(count));
    }
    let title = text(head, "title").unwrap_or(id);
    let vulnerability = document.pointer("/vulnerabilities/0");
    let told = |key: &str| vulnerability.and_then(|vulnerability| instant(vulnerability, key));
    let published = told("release_date").or_else(|| told("disclosure_date")).unwrap_or(initial).min(initial);
    let mut draft = Draft::new(id, title, publisher, published);
    draft.0.language = text(head, "lang").unwrap_or("en").to_owned();
    (draft.0.tlp, draft.0.distribution) = distribution(head);
    texts(tracking, "aliases").for_each(|(_, alias)| draft.alias(alias));
    revisions(tracking, &mut draft.0);
    document_notes(head, &mut draft.0);
    references(head, &mut draft);
    if text(head, "category") == Some("csaf_withdrawn") {
        draft.0.withdrawn = instant(tracking, "current_release_date");
    }
    if let Some(vulnerability) = vulnerability {
        let tree = Tree::of(document);
        tree.products(vulnerability, &mut draft.0);
        names_and_scores(vulnerability, &mut draft);
        vulnerability_notes(vulnerability, &mut draft);
        for (_, remediation) in items(vulnerability, "remediations") {
            draft.0.remediations.extend(read_remediation(document, &tree, remediation));
        }
        for (_, person) in items(vulnerability, "acknowledgments") {
            acknowledgment(person, &mut draft);
        }
    }
    items(head, "acknowledgments").for_each(|(_, person)| acknowledgment(person, &mut draft));
    Ok(draft.finish(instant(tracking, "current_release_date")))
}

/// Reads a CSAF document about any number of vulnerabilities: one advisory for each, because an advisory has one rating, one
/// CVE number and one set of ranges. Texts, references and dates of the document stay with each; its number gets the CVE
/// number behind it, or else the place in the document.
///
/// # Errors
///
/// As [`read`], of the first vulnerability that cannot be read.
pub fn read_all(document: &Value) -> Result<Vec<Record>, ReadError> {
    let all: Vec<&Value> = items(document, "vulnerabilities").map(|(_, vulnerability)| vulnerability).collect();
    if all.len() < 2 {
        return read(document).map(|record| vec![record]);
    }
    let mut records: Vec<Record> = Vec::with_capacity(all.len());
    for (place, vulnerability) in all.into_iter().enumerate() {
        let mut one = document.clone();
        one["vulnerabilities"] = Value::from(vec![vulnerability.clone()]);
        let mut record = read(&one)?;
        // Other names of the document are names of none of its vulnerabilities.
        let own: Vec<&str> = text(vulnerability, "cve").into_iter().collect();
        let ids = items(vulnerability, "ids").filter_map(|(_, id)| text(id, "text"));
        let own: Vec<&str> = own.into_iter().chain(ids).collect();
        record.aliases.retain(|alias| own.contains(&alias.as_str()));
        let mut id = match text(vulnerability, "cve") {
            Some(cve) => format!("{}-{cve}", record.id),
            None => format!("{}-{}", record.id, place + 1),
        };
        if records.iter().any(|earlier| earlier.id == id) {
            id = format!("{id}-{}", place + 1);
        }
        record.id = id;
        match text(vulnerability, "title") {
            Some(title) => record.title = title.to_owned(),
            None => record.title = format!("{} ({})", record.title, text(vulnerability, "cve").unwrap_or(&record.id)),
        }
        // Those addresses name the whole document.
        let whole = [record.links.csaf.take(), record.links.page.take()].into_iter().flatten();
        for url in whole {
            let reference =
                Reference { kind: ReferenceKind::Advisory, url, summary: "The document with all of them".into() };
            if !record.references.iter().any(|known| known.url == reference.url) {
                record.references.push(reference);
            }
        }
        records.push(record);
    }
    Ok(records)
}

fn publisher(value: &Value) -> Option<Publisher> {
    let category = match text(value, "category")? {
        "vendor" => PublisherCategory::Vendor,
        "coordinator" => PublisherCategory::Coordinator,
        "discoverer" => PublisherCategory::Discoverer,
        "user" => PublisherCategory::User,
        "translator" => PublisherCategory::Translator,
        _ => PublisherCategory::Other,
    };
    Some(Publisher {
        name: text(value, "name")?.to_owned(),
        namespace: text(value, "namespace")?.to_owned(),
        category,
        contact: text(value, "contact_details").map(str::to_owned),
        authority: text(value, "issuing_authority").map(str::to_owned),
    })
}

/// The label, and the words beside it. CSAF 2.0 has no name for the strict amber, which is told in words there.
fn distribution(head: &Value) -> (Tlp, String) {
    let distribution = head.get("distribution");
    let told = distribution.and_then(|distribution| text(distribution, "text")).unwrap_or_default();
    let label = match distribution.and_then(|distribution| text(distribution.get("tlp")?, "label")) {
        Some("GREEN") => Tlp::Green,
        Some("AMBER") if told.starts_with(super::print::STRICT) => Tlp::AmberStrict,
        Some("AMBER") => Tlp::Amber,
        Some("AMBER+STRICT") => Tlp::AmberStrict,
        Some("RED") => Tlp::Red,
        _ => Tlp::Clear,
    };
    (label, told.trim_start_matches(super::print::STRICT).trim().to_owned())
}

/// Semantic versions are counted anew: an advisory numbers its editions from 1.
fn revisions(tracking: &Value, record: &mut Record) {
    let read = |item: &Value| Some((instant(item, "date")?, text(item, "summary")?.to_owned()));
    let mut all: Vec<_> = items(tracking, "revision_history").filter_map(|(_, item)| read(item)).collect();
    all.sort_by_key(|(at, _)| *at);
    all.dedup_by_key(|(at, _)| *at);
    record.revisions =
        all.into_iter().zip(1..).map(|((at, summary), number)| Revision { number, at, summary }).collect();
}

fn document_notes(head: &Value, record: &mut Record) {
    for (_, note) in items(head, "notes") {
        let (category, told) = (text(note, "category"), text(note, "text").unwrap_or_default());
        match (category, text(note, "title")) {
            (Some("summary"), _) => record.summary = told.to_owned(),
            (Some("details"), _) => record.details = told.to_owned(),
            (Some("general"), Some("Withdrawn")) => {
                let (at, why) = told.split_once("\n\n").unwrap_or((told, ""));
                let at = at.trim_start_matches("This advisory was withdrawn on ").trim_end_matches('.');
                record.withdrawn = at.parse().ok();
                record.withdrawal = why.to_owned();
            }
            (Some("general"), Some("Disputed")) => record.dispute = told.to_owned(),
            (Some("description"), Some("Reasoning for Withdrawal")) => record.withdrawal = told.to_owned(),
            _ => {}
        }
    }
}

fn references(head: &Value, draft: &mut Draft) {
    for (_, reference) in items(head, "references") {
        let (Some(url), summary) = (text(reference, "url"), text(reference, "summary").unwrap_or_default()) else {
            continue;
        };
        let link = match summary {
            "This advisory as a CSAF document" => &mut draft.0.links.csaf,
            "This advisory as a web page" => &mut draft.0.links.page,
            _ if text(reference, "category") == Some("self") && url.ends_with(".json") => &mut draft.0.links.csaf,
            _ if text(reference, "category") == Some("self") => &mut draft.0.links.page,
            _ => {
                let kind = summary_kind(summary).unwrap_or_else(|| link_kind(url));
                let summary = if summary_kind(summary).is_some() || summary == url { "" } else { summary };
                let reference = Reference { kind, url: url.to_owned(), summary: summary.to_owned() };
                draft.0.references.push(reference);
                continue;
            }
        };
        link.get_or_insert_with(|| url.to_owned());
    }
}

/// The kind of a reference that was printed without a summary of its own.
fn summary_kind(summary: &str) -> Option<ReferenceKind> {
    Some(match summary {
        "Advisory" => ReferenceKind::Advisory,
        "Article" => ReferenceKind::Article,
        "Detection" => ReferenceKind::Detection,
        "Discussion" => ReferenceKind::Discussion,
        "Report" => ReferenceKind::Report,
        "Fix" => ReferenceKind::Fix,
        "Where it came in" => ReferenceKind::Introduced,
        "Package" => ReferenceKind::Package,
        "Evidence" => ReferenceKind::Evidence,
        _ => return None,
    })
}

fn names_and_scores(vulnerability: &Value, draft: &mut Draft) {
    draft.alias(text(vulnerability, "cve").unwrap_or_default());
    if let Some(cwe) = vulnerability.get("cwe") {
        draft.weakness(text(cwe, "id").unwrap_or_default());
    }
    items(vulnerability, "cwes").for_each(|(_, cwe)| draft.weakness(text(cwe, "id").unwrap_or_default()));
    let scores = items(vulnerability, "scores").map(|(_, score)| score);
    let metrics = items(vulnerability, "metrics").filter_map(|(_, metric)| metric.get("content"));
    for holder in scores.chain(metrics) {
        for key in ["cvss_v4", "cvss_v3", "cvss_v2"] {
            draft.vector(holder.get(key).and_then(|object| text(object, "vectorString")).unwrap_or_default());
        }
    }
}

fn vulnerability_notes(vulnerability: &Value, draft: &mut Draft) {
    for (_, note) in items(vulnerability, "notes") {
        let told = text(note, "text").unwrap_or_default();
        match text(note, "title") {
            Some("Impact") => draft.0.impact = told.to_owned(),
            Some("Conditions") => draft.0.preconditions = told.to_owned(),
            Some("CVSS 4.0") => draft.vector(told.rsplit(' ').next().unwrap_or_default()),
            Some("Further weaknesses") => {
                told.lines().for_each(|line| draft.weakness(line.split(' ').next().unwrap_or_default()));
            }
            Some("Timeline") => draft.0.timeline.extend(told.lines().filter_map(|line| {
                let (at, text) = line.split_once(": ")?;
                Some(TimelineEntry { at: at.parse().ok()?, text: text.to_owned() })
            })),
            Some("Affected commits") => {
                for line in told.lines() {
                    if let Some((product, range)) = line.rsplit_once(": ")
                        && let Ok(range) = range.parse()
                    {
                        draft.commits(product, range);
                    }
                }
            }
            _ if draft.0.summary.is_empty() => draft.0.summary = told.to_owned(),
            _ => {}
        }
    }
}

fn acknowledgment(person: &Value, draft: &mut Draft) {
    let said = text(person, "summary").unwrap_or_default();
    let (label, note) = said.split_once(": ").map_or((said, None), |(label, note)| (label, Some(note.to_owned())));
    let known = CreditRole::ALL.into_iter().find(|role| role.label() == label);
    let note = if known.is_some() { note } else { Some(said.to_owned()).filter(|said| !said.is_empty()) };
    let role = known.unwrap_or(CreditRole::Finder);
    let organisation = text(person, "organization").map(str::to_owned);
    let link = texts(person, "urls").next().map(|(_, url)| url.to_owned());
    let names: Vec<&str> = texts(person, "names").map(|(_, name)| name).collect();
    for name in if names.is_empty() { vec![""] } else { names } {
        let (organisation, link, note) = (organisation.clone(), link.clone(), note.clone());
        draft.credit(Credit { name: name.to_owned(), organisation, link, role, note });
    }
}

fn read_remediation(document: &Value, tree: &Tree<'_>, value: &Value) -> Option<Remediation> {
    let kind = match text(value, "category")? {
        "vendor_fix" => RemediationKind::Fix,
        "workaround" => RemediationKind::Workaround,
        "mitigation" | "optional_patch" => RemediationKind::Mitigation,
        "no_fix_planned" => RemediationKind::NoFixPlanned,
        _ => RemediationKind::NoneAvailable,
    };
    let mut products: Vec<String> = Vec::new();
    for id in covered(document, value) {
        if let Some(leaf) = tree.leaves.get(id).filter(|leaf| !products.iter().any(|name| name == leaf.name)) {
            products.push(leaf.name.to_owned());
        }
    }
    let url = text(value, "url").map(str::to_owned);
    let details = text(value, "details")?.to_owned();
    Some(Remediation { kind, details, url, versions: Vec::new(), products, at: instant(value, "date") })
}

/// One id of the product tree.
struct Leaf<'a> {
    vendor: &'a str,
    name: &'a str,
    /// The category and name of the branch that says the version.
    version: Option<(&'a str, &'a str)>,
    helper: Option<&'a Value>,
}

struct Tree<'a> {
    leaves: HashMap<&'a str, Leaf<'a>>,
}

impl<'a> Tree<'a> {
    fn of(document: &'a Value) -> Self {
        let mut tree = Self { leaves: HashMap::new() };
        let Some(root) = document.get("product_tree") else { return tree };
        tree.walk(root, ("", "", None));
        let names = items(root, "full_product_names").map(|(_, name)| name);
        let composed = ["relationships", "product_paths"]
            .into_iter()
            .flat_map(|list| items(root, list))
            .filter_map(|(_, composed)| composed.get("full_product_name"));
        for full in names.chain(composed) {
            if let (Some(id), Some(name)) = (text(full, "product_id"), text(full, "name")) {
                let helper = full.get("product_identification_helper");
                tree.leaves.insert(id, Leaf { vendor: "", name, version: None, helper });
            }
        }
        tree
    }

    fn walk(&mut self, parent: &'a Value, at: (&'a str, &'a str, Option<(&'a str, &'a str)>)) {
        for (_, branch) in items(parent, "branches") {
            let (category, label) =
                (text(branch, "category").unwrap_or_default(), text(branch, "name").unwrap_or_default());
            let mut here = at;
            match category {
                "vendor" => here.0 = label,
                "product_name" => here.1 = label,
                "product_version" | "product_version_range" => here.2 = Some((category, label)),
                _ => {}
            }
            if let Some(product) = branch.get("product")
                && let Some(id) = text(product, "product_id")
            {
                let (vendor, name, version) = here;
                let name = if name.is_empty() { text(product, "name").unwrap_or(label) } else { name };
                let helper = product.get("product_identification_helper");
                self.leaves.insert(id, Leaf { vendor, name, version, helper });
            }
            self.walk(branch, here);
        }
    }

    /// The products of a vulnerability with what is affected and what is fixed.
    fn products(&self, vulnerability: &Value, record: &mut Record) {
        let Some(status) = vulnerability.get("product_status") else { return };
        for list in ["known_affected", "first_affected", "last_affected", "fixed", "first_fixed"] {
            for (_, id) in texts(status, list) {
                let Some(leaf) = self.leaves.get(id) else { continue };
                take(record, leaf, list.ends_with("affected"));
            }
        }
        // A product whose every version is affected is written without ranges.
        let everything = [crate::advisory::AffectedRange::default()];
        for product in &mut record.products {
            if product.ranges == everything && product.versions.is_empty() {
                product.ranges.clear();
            }
        }
    }
}

fn take(record: &mut Record, leaf: &Leaf<'_>, affected: bool) {
    let own = record.publisher.name.clone();
    let vendor = if leaf.vendor == own { "" } else { leaf.vendor };
    let same = |product: &Product| product.name == leaf.name && product.vendor == vendor;
    let place = record.products.iter().position(same).unwrap_or_else(|| {
        let (name, vendor) = (leaf.name.to_owned(), vendor.to_owned());
        record.products.push(Product { name, vendor, ..Product::default() });
        record.products.len() - 1
    });
    let product = &mut record.products[place];
    if let Some(helper) = leaf.helper {
        let purl = text(helper, "purl").or_else(|| texts(helper, "purls").next().map(|(_, purl)| purl));
        product.purl =
            product.purl.take().or_else(|| purl.and_then(|purl| Purl::parse(purl).ok()).map(|purl| purl.package()));
        product.cpe = product.cpe.take().or_else(|| text(helper, "cpe").map(str::to_owned));
    }
    let (ranges, versions) = match leaf.version {
        Some(("product_version_range", range)) => Vers::parse(range)
            .ok()
            .and_then(|range| range.affected())
            .unwrap_or_else(|| (Vec::new(), vec![range.split_whitespace().collect::<Vec<_>>().join("_")])),
        Some((_, version)) => {
            let written = version.as_bytes().chunks(3).all(|bytes| bytes.len() == 3 && bytes[0] == b'%');
            let version =
                if written { crate::vers::decoded(version) } else { None }.unwrap_or_else(|| version.to_owned());
            (Vec::new(), vec![version])
        }
        None if affected => (vec![crate::advisory::AffectedRange::default()], Vec::new()),
        None => return,
    };
    if affected {
        product.ranges.extend(ranges);
        product.versions.extend(versions);
    } else {
        product.fixed_versions.extend(versions);
    }
}

/// Whether a document says it is CSAF.
pub fn looks_like(document: &Value) -> bool {
    document.get("document").is_some_and(Value::is_object)
}
