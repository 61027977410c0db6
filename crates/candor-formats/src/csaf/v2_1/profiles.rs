//! Mandatory tests about the category and the profile it promises: 6.1.26 and 6.1.27.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::super::profiles::{folded, states_and_justifies, tells_a_story};
use super::super::walk::{covered, items, text, texts, vulnerabilities};
use super::is_english;
use crate::finding::Findings;

const PROFILES: [&str; 8] = [
    "csaf_deprecated_security_advisory",
    "csaf_informational_advisory",
    "csaf_security_advisory",
    "csaf_security_incident_response",
    "csaf_superseded",
    "csaf_vex",
    "csaf_withdrawn",
    "csaf_vulnerability_report",
];

pub fn check(document: &Value, findings: &mut Findings) {
    let category = document.get("document").and_then(|head| text(head, "category")).unwrap_or_default();
    match category {
        "csaf_informational_advisory" | "csaf_security_incident_response" => {
            tells_a_story(document, category == "csaf_informational_advisory", findings);
        }
        "csaf_security_advisory" | "csaf_deprecated_security_advisory" | "csaf_vex" => {
            names_products(document, category, findings);
        }
        "csaf_withdrawn" => is_gone(document, "Reasoning for Withdrawal", "6.1.27.17", findings),
        "csaf_superseded" => {
            is_gone(document, "Reasoning for Supersession", "6.1.27.18", findings);
            names_its_successor(document, findings);
        }
        _ => category_is_free(category, findings),
    }
    if category == "csaf_vex" {
        states_and_justifies(document, findings);
        ids_cover_every_product(document, findings);
    }
}

/// 6.1.26.
fn category_is_free(category: &str, findings: &mut Findings) {
    if category == "csaf_base" {
        return;
    }
    let plain = folded(category);
    let taken = PROFILES
        .iter()
        .map(|profile| folded(profile))
        .any(|profile| plain == profile || profile.strip_prefix("csaf") == Some(plain.as_str()));
    if taken || category.to_lowercase().starts_with("csaf_") {
        let message = "This reads like a CSAF profile but is none; use the exact value of the profile or another word";
        findings.add("6.1.26", "/document/category", message);
    }
}

/// 6.1.27.4 to 6.1.27.6, 6.1.27.11 to 6.1.27.13.
fn names_products(document: &Value, category: &str, findings: &mut Findings) {
    if document.get("product_tree").is_none() {
        findings.add("6.1.27.4", "/product_tree", "This profile needs a product tree");
    }
    if document.get("vulnerabilities").is_none() {
        findings.add("6.1.27.11", "/vulnerabilities", "This profile needs vulnerabilities");
    }
    let families = (category == "csaf_security_advisory").then(|| Families::of(document));
    for (path, vulnerability) in vulnerabilities(document) {
        if vulnerability.get("notes").is_none() {
            findings.add("6.1.27.5", format!("{path}/notes"), "This profile needs notes for each vulnerability");
        }
        let status = vulnerability.get("product_status");
        if category != "csaf_vex" && status.is_none() {
            let message = "This profile needs a product status for each vulnerability";
            findings.add("6.1.27.6", format!("{path}/product_status"), message);
        }
        let (Some(families), Some(status)) = (&families, status) else { continue };
        if status.get("known_affected").is_none() {
            let message = "A security advisory says of each vulnerability which products are affected";
            findings.add("6.1.27.12", format!("{path}/product_status/known_affected"), message);
        }
        families.fixed_have_affected(&path, status, findings);
    }
}

/// Which product an id is a version of.
struct Families<'a> {
    /// The path of an id without the branch of its version.
    of: HashMap<&'a str, String>,
    /// For a composed product: its parts, the first without its version, and the part before `installed_with`.
    composed: HashMap<&'a str, (Vec<String>, Option<String>)>,
}

impl<'a> Families<'a> {
    fn of(document: &'a Value) -> Self {
        let mut families = Self { of: HashMap::new(), composed: HashMap::new() };
        let Some(tree) = document.get("product_tree") else { return families };
        families.walk(tree, "");
        for (_, name) in items(tree, "full_product_names") {
            if let Some(id) = text(name, "product_id") {
                families.of.insert(id, format!("/{id}"));
            }
        }
        for (_, way) in items(tree, "product_paths") {
            let id = way.get("full_product_name").and_then(|name| text(name, "product_id"));
            let (Some(id), Some(start)) = (id, text(way, "beginning_product_reference")) else { continue };
            let mut parts = vec![families.of.get(start).cloned().unwrap_or_default()];
            let mut before = None;
            for (_, step) in items(way, "subpaths") {
                let category = text(step, "category").unwrap_or_default();
                if category == "installed_with" && before.is_none() {
                    before = Some(parts.join("|"));
                }
                // What it is installed on stays the same; only the product itself may come in another version.
                parts.push(format!("{category}:{}", text(step, "next_product_reference").unwrap_or_default()));
            }
            families.composed.insert(id, (parts, before));
        }
        families
    }

    fn walk(&mut self, parent: &'a Value, path: &str) {
        for (_, branch) in items(parent, "branches") {
            let category = text(branch, "category").unwrap_or_default();
            let name = text(branch, "name").unwrap_or_default();
            let is_version =
                matches!(category, "product_version" | "product_version_range" | "patch_level" | "service_pack");
            let path = if is_version { path.to_owned() } else { format!("{path}/{category}={name}") };
            if let Some(id) = branch.get("product").and_then(|product| text(product, "product_id")) {
                self.of.insert(id, path.clone());
            }
            self.walk(branch, &path);
        }
    }

    /// What an affected product must be, to correspond to this one: any of these.
    fn names(&self, id: &str) -> Vec<String> {
        match self.composed.get(id) {
            Some((parts, before)) => {
                let mut names = vec![format!("={id}"), parts.join("|")];
                names.extend(before.clone());
                names
            }
            None => self.of.get(id).cloned().into_iter().collect(),
        }
    }

    /// 6.1.27.13.
    fn fixed_have_affected(&self, path: &str, status: &Value, findings: &mut Findings) {
        let affected: HashSet<String> = ["first_affected", "known_affected", "last_affected"]
            .into_iter()
            .flat_map(|list| texts(status, list))
            .flat_map(|(_, id)| match self.composed.get(id) {
                Some((parts, _)) => vec![parts.join("|")],
                None => self.names(id),
            })
            .collect();
        for list in ["fixed", "first_fixed"] {
            for (item, id) in texts(status, list) {
                if !self.names(id).iter().any(|name| affected.contains(name)) {
                    let message =
                        format!("No version of the product {id} is said to be affected; name the ones that are");
                    findings.add("6.1.27.13", format!("{path}/product_status/{list}/{item}"), message);
                }
            }
        }
    }
}

/// 6.1.27.3 and 6.1.27.14 to 6.1.27.18: a document that was taken back says why, and little else.
fn is_gone(document: &Value, title: &str, reason: &'static str, findings: &mut Findings) {
    let head = &document["document"];
    if document.get("vulnerabilities").is_some() {
        findings.add("6.1.27.3", "/vulnerabilities", "A document that was taken back has no vulnerabilities");
    }
    if document.get("product_tree").is_some() {
        findings.add("6.1.27.15", "/product_tree", "A document that was taken back has no product tree");
    }
    let is_description = |note: &Value| text(note, "category") == Some("description");
    let tells =
        |note: &Value| matches!(text(note, "category"), Some("description" | "details" | "general" | "summary"));
    if !items(head, "notes").any(|(_, note)| tells(note)) {
        let message = "This needs a note, best of the category description, that says why it was taken back";
        findings.add("6.1.27.14", "/document/notes", message);
    }
    if items(&head["tracking"], "revision_history").count() < 2 {
        let message = "Taking a document back is a revision of its own; the history must have at least two";
        findings.add("6.1.27.16", "/document/tracking/revision_history", message);
    }
    if !is_english(document) {
        return;
    }
    let named: Vec<_> = items(head, "notes").filter(|(_, note)| text(note, "title") == Some(title)).collect();
    match &named[..] {
        [(_, note)] if is_description(note) => {}
        [(place, _)] => {
            let message = format!("The note \"{title}\" must have the category description");
            findings.add(reason, format!("/document/notes/{place}/category"), message);
        }
        _ => findings.add(
            reason,
            "/document/notes",
            format!("There must be exactly one note with the title \"{title}\""),
        ),
    }
}

/// 6.1.27.19. The category must be written: it is what the test asks for.
fn names_its_successor(document: &Value, findings: &mut Findings) {
    let fits = |reference: &Value| {
        text(reference, "category") == Some("external")
            && text(reference, "summary").is_some_and(|summary| summary.starts_with("Superseding Document"))
    };
    if is_english(document) && !items(&document["document"], "references").any(|(_, reference)| fits(reference)) {
        let message = "This needs a reference of the category external whose summary starts with Superseding Document";
        findings.add("6.1.27.19", "/document/references", message);
    }
}

/// 6.1.27.8, second part: where every id is for some products only, each product must have one.
fn ids_cover_every_product(document: &Value, findings: &mut Findings) {
    for (path, vulnerability) in vulnerabilities(document) {
        let narrow = |id: &Value| id.get("product_ids").is_some() || id.get("group_ids").is_some();
        let ids: Vec<&Value> = items(vulnerability, "ids").map(|(_, id)| id).collect();
        if vulnerability.get("cve").is_some() || ids.is_empty() || !ids.iter().all(|id| narrow(id)) {
            continue;
        }
        let named: HashSet<&str> = ids.iter().flat_map(|id| covered(document, id)).collect();
        let lists = vulnerability.get("product_status").and_then(Value::as_object).into_iter().flatten();
        for (list, products) in lists {
            for (place, id) in products.as_array().into_iter().flatten().enumerate() {
                if let Some(id) = id.as_str().filter(|id| !named.contains(id)) {
                    let path = format!("{path}/product_status/{list}/{place}");
                    findings.add("6.1.27.8", path, format!("No id of this vulnerability is for the product {id}"));
                }
            }
        }
    }
}
