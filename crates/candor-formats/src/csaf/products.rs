//! Mandatory tests about product ids and product groups: 6.1.1 to 6.1.6, 6.1.13, 6.1.25, 6.1.31.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::Findings;
use super::walk::{self, branches, items, text, texts, vulnerabilities};
use crate::purl::{self, Purl};

/// Where an edition of the standard names products and groups.
pub struct Places {
    /// The lists of `product_status`.
    pub statuses: &'static [&'static str],
    /// Lists of a vulnerability whose items name products and groups.
    pub subjects: &'static [&'static str],
    /// The list of a vulnerability that holds scores.
    pub scores: &'static str,
}

const PLACES: Places = Places { statuses: &STATUSES, subjects: &SUBJECTS, scores: "scores" };

/// Every list of `product_status`.
const STATUSES: [&str; 8] = [
    "first_affected",
    "first_fixed",
    "fixed",
    "known_affected",
    "known_not_affected",
    "last_affected",
    "recommended",
    "under_investigation",
];

/// Lists of a vulnerability whose items name products and groups.
const SUBJECTS: [&str; 3] = ["flags", "remediations", "threats"];

pub fn check(document: &Value, findings: &mut Findings) {
    references(document, &PLACES, findings);
    versions_are_no_ranges(document, findings);
}

/// 6.1.1 to 6.1.6, 6.1.13 and 6.1.25.
pub fn references(document: &Value, places: &Places, findings: &mut Findings) {
    let defined = ids_are_defined_once(document, findings);
    ids_are_defined(document, places, &defined, findings);
    definitions_do_not_circle(document, findings);
    groups_are_defined_once(document, places, findings);
    statuses_do_not_contradict(document, findings);
}

/// 6.1.2, and on the same way 6.1.13 and 6.1.25. Returns the defined ids.
fn ids_are_defined_once<'a>(document: &'a Value, findings: &mut Findings) -> HashSet<&'a str> {
    let mut seen = HashSet::with_capacity(64);
    walk::products(document, &mut |path, product| {
        if let Some(id) = text(product, "product_id")
            && !seen.insert(id)
        {
            let message = format!("The product id {id} is defined more than once");
            findings.add("6.1.2", format!("{path}/product_id"), message);
        }
        if let Some(helper) = product.get("product_identification_helper") {
            helper_is_sound(path, helper, findings);
        }
    });
    seen
}

/// 6.1.1. The standard forgets `flags`; they are tested all the same.
fn ids_are_defined(document: &Value, places: &Places, defined: &HashSet<&str>, findings: &mut Findings) {
    if let Some(tree) = document.get("product_tree") {
        for (place, group) in items(tree, "product_groups") {
            for (item, id) in texts(group, "product_ids") {
                refer(defined, findings, id, || format!("/product_tree/product_groups/{place}/product_ids/{item}"));
            }
        }
        for (place, relationship) in items(tree, "relationships") {
            for key in ["product_reference", "relates_to_product_reference"] {
                if let Some(id) = text(relationship, key) {
                    refer(defined, findings, id, || format!("/product_tree/relationships/{place}/{key}"));
                }
            }
        }
        for (place, way) in items(tree, "product_paths") {
            if let Some(id) = text(way, "beginning_product_reference") {
                refer(defined, findings, id, || {
                    format!("/product_tree/product_paths/{place}/beginning_product_reference")
                });
            }
            for (item, step) in items(way, "subpaths") {
                if let Some(id) = text(step, "next_product_reference") {
                    refer(defined, findings, id, || {
                        format!("/product_tree/product_paths/{place}/subpaths/{item}/next_product_reference")
                    });
                }
            }
        }
    }
    for (place, note) in document.get("document").into_iter().flat_map(|head| items(head, "notes")) {
        for (item, id) in texts(note, "product_ids") {
            refer(defined, findings, id, || format!("/document/notes/{place}/product_ids/{item}"));
        }
    }
    for (path, vulnerability) in vulnerabilities(document) {
        if let Some(status) = vulnerability.get("product_status") {
            for list in places.statuses {
                for (item, id) in texts(status, list) {
                    refer(defined, findings, id, || format!("{path}/product_status/{list}/{item}"));
                }
            }
        }
        for list in places.subjects {
            for (place, subject) in items(vulnerability, list) {
                for (item, id) in texts(subject, "product_ids") {
                    refer(defined, findings, id, || format!("{path}/{list}/{place}/product_ids/{item}"));
                }
            }
        }
        for (place, score) in items(vulnerability, places.scores) {
            for (item, id) in texts(score, "products") {
                refer(defined, findings, id, || format!("{path}/{}/{place}/products/{item}", places.scores));
            }
        }
    }
}

/// Says where an id stands that is not defined; the path is made only then.
fn refer(defined: &HashSet<&str>, findings: &mut Findings, id: &str, path: impl FnOnce() -> String) {
    if !defined.contains(id) {
        findings.add("6.1.1", path(), format!("The product id {id} is not defined in the product tree"));
    }
}

/// 6.1.3: a depth-first walk over products made of others that meets one still on its way has found a circle.
fn definitions_do_not_circle(document: &Value, findings: &mut Findings) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        OnTheWay,
        Done,
    }
    let Some(tree) = document.get("product_tree") else {
        return;
    };
    let all: Vec<(&str, usize, &Value)> = ["relationships", "product_paths"]
        .into_iter()
        .flat_map(|list| items(tree, list).map(move |(place, value)| (list, place, value)))
        .collect();
    let mut defined_by: HashMap<&str, usize> = HashMap::new();
    for (place, (_, _, composed)) in all.iter().enumerate() {
        if let Some(id) = composed.get("full_product_name").and_then(|name| text(name, "product_id")) {
            defined_by.entry(id).or_insert(place);
        }
    }
    let next = |place: usize| -> Vec<usize> {
        let composed = all[place].2;
        let keys = ["product_reference", "relates_to_product_reference", "beginning_product_reference"];
        let own = keys.into_iter().filter_map(|key| text(composed, key));
        let steps = items(composed, "subpaths").filter_map(|(_, step)| text(step, "next_product_reference"));
        own.chain(steps).filter_map(|id| defined_by.get(id).copied()).collect()
    };
    let mut states = vec![State::New; all.len()];
    for start in 0..all.len() {
        if states[start] != State::New {
            continue;
        }
        states[start] = State::OnTheWay;
        let mut way = vec![(start, next(start))];
        while let Some((place, to_visit)) = way.last_mut() {
            let place = *place;
            match to_visit.pop() {
                None => {
                    states[place] = State::Done;
                    way.pop();
                }
                Some(target) => match states[target] {
                    State::New => {
                        states[target] = State::OnTheWay;
                        way.push((target, next(target)));
                    }
                    State::OnTheWay => findings.add(
                        "6.1.3",
                        format!("/product_tree/{}/{}", all[place].0, all[place].1),
                        "This product is defined in terms of itself",
                    ),
                    State::Done => {}
                },
            }
        }
    }
}

/// 6.1.4 and 6.1.5.
fn groups_are_defined_once(document: &Value, places: &Places, findings: &mut Findings) {
    let mut defined = HashSet::new();
    if let Some(tree) = document.get("product_tree") {
        for (place, group) in items(tree, "product_groups") {
            if let Some(id) = text(group, "group_id")
                && !defined.insert(id)
            {
                let path = format!("/product_tree/product_groups/{place}/group_id");
                findings.add("6.1.5", path, format!("The product group id {id} is defined more than once"));
            }
        }
    }
    let mut refer = |path: String, subject: &Value| {
        for (item, id) in texts(subject, "group_ids").filter(|(_, id)| !defined.contains(id)) {
            let message = format!("The product group id {id} is not defined in the product tree");
            findings.add("6.1.4", format!("{path}/group_ids/{item}"), message);
        }
    };
    for (place, note) in document.get("document").into_iter().flat_map(|head| items(head, "notes")) {
        refer(format!("/document/notes/{place}"), note);
    }
    for (path, vulnerability) in vulnerabilities(document) {
        for list in places.subjects {
            for (place, subject) in items(vulnerability, list) {
                refer(format!("{path}/{list}/{place}"), subject);
            }
        }
    }
}

/// 6.1.6.
fn statuses_do_not_contradict(document: &Value, findings: &mut Findings) {
    const GROUPS: [(&str, &[&str]); 5] = [
        ("affected", &["first_affected", "known_affected", "last_affected"]),
        ("not affected", &["known_not_affected"]),
        ("fixed", &["first_fixed", "fixed"]),
        ("under investigation", &["under_investigation"]),
        ("unknown", &["unknown"]),
    ];
    for (path, vulnerability) in vulnerabilities(document) {
        let Some(status) = vulnerability.get("product_status") else {
            continue;
        };
        let mut said: HashMap<&str, &str> = HashMap::with_capacity(64);
        for (group, lists) in GROUPS {
            for list in lists {
                for (item, id) in texts(status, list) {
                    let before = *said.entry(id).or_insert(group);
                    if before != group {
                        let path = format!("{path}/product_status/{list}/{item}");
                        findings.add("6.1.6", path, format!("The product {id} is said to be {before} and {group}"));
                    }
                }
            }
        }
    }
}

/// 6.1.13 and 6.1.25.
fn helper_is_sound(product: &str, helper: &Value, findings: &mut Findings) {
    let at = |place: std::fmt::Arguments<'_>| format!("{product}/product_identification_helper/{place}");
    if let Some(purl) = text(helper, "purl").filter(|purl| !purl::is_plain(purl))
        && let Err(why) = Purl::parse(purl)
    {
        findings.add("6.1.13", at(format_args!("purl")), why.to_string());
    }
    for (place, purl) in texts(helper, "purls").filter(|(_, purl)| !purl::is_plain(purl)) {
        if let Err(why) = Purl::parse(purl) {
            findings.add("6.1.13", at(format_args!("purls/{place}")), why.to_string());
        }
    }
    for (place, file) in items(helper, "hashes") {
        let mut seen = HashSet::new();
        for (item, hash) in items(file, "file_hashes") {
            if let Some(algorithm) = text(hash, "algorithm")
                && !seen.insert(algorithm)
            {
                let message = format!("The hash algorithm {algorithm} is used more than once for one file");
                findings.add("6.1.25", at(format_args!("hashes/{place}/file_hashes/{item}/algorithm")), message);
            }
        }
    }
}

/// 6.1.31.
pub fn versions_are_no_ranges(document: &Value, findings: &mut Findings) {
    let Some(tree) = document.get("product_tree") else {
        return;
    };
    branches(tree, &mut |path, branch| {
        if text(branch, "category") == Some("product_version")
            && let Some(name) = text(branch, "name")
            && is_range(name)
        {
            let message = format!("\"{name}\" is a range; use the category product_version_range");
            findings.add("6.1.31", format!("{path}/name"), message);
        }
    });
}

/// Whether the name of a version reads as a range of versions.
///
/// Source: CSAF 2.0 section 6.1.31. Words count as words, so `after-eight` is a version.
pub fn is_range(name: &str) -> bool {
    const WORDS: [&str; 7] = ["after", "all", "before", "earlier", "later", "prior", "versions"];
    if name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return false;
    }
    let lower = name.to_lowercase();
    lower.contains(['<', '>']) || lower.split_whitespace().any(|word| WORDS.contains(&word))
}
