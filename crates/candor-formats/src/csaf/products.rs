//! Mandatory tests about product ids and product groups: 6.1.1 to 6.1.6, 6.1.13, 6.1.25, 6.1.31.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::Findings;
use super::walk::{branches, definitions, items, text, texts, vulnerabilities};
use crate::purl::Purl;

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
    let defined = ids_are_defined_once(document, findings);
    ids_are_defined(document, &defined, findings);
    relationships_do_not_circle(document, findings);
    groups_are_defined_once(document, findings);
    statuses_do_not_contradict(document, findings);
    helpers_are_sound(document, findings);
    versions_are_no_ranges(document, findings);
}

/// 6.1.2. Returns the defined ids.
fn ids_are_defined_once<'a>(document: &'a Value, findings: &mut Findings) -> HashSet<&'a str> {
    let mut seen = HashSet::new();
    for definition in definitions(document) {
        if let Some(id) = text(definition.product, "product_id")
            && !seen.insert(id)
        {
            findings.add(
                "6.1.2",
                format!("{}/product_id", definition.path),
                format!("The product id {id} is defined more than once"),
            );
        }
    }
    seen
}

/// 6.1.1. The standard forgets `flags`; they are tested all the same.
fn ids_are_defined(document: &Value, defined: &HashSet<&str>, findings: &mut Findings) {
    let mut refer = |path: String, id: &str| {
        if !defined.contains(id) {
            findings.add("6.1.1", path, format!("The product id {id} is not defined in the product tree"));
        }
    };
    if let Some(tree) = document.get("product_tree") {
        for (place, group) in items(tree, "product_groups") {
            for (item, id) in texts(group, "product_ids") {
                refer(format!("/product_tree/product_groups/{place}/product_ids/{item}"), id);
            }
        }
        for (place, relationship) in items(tree, "relationships") {
            for key in ["product_reference", "relates_to_product_reference"] {
                if let Some(id) = text(relationship, key) {
                    refer(format!("/product_tree/relationships/{place}/{key}"), id);
                }
            }
        }
    }
    for (path, vulnerability) in vulnerabilities(document) {
        if let Some(status) = vulnerability.get("product_status") {
            for list in STATUSES {
                for (item, id) in texts(status, list) {
                    refer(format!("{path}/product_status/{list}/{item}"), id);
                }
            }
        }
        for list in SUBJECTS {
            for (place, subject) in items(vulnerability, list) {
                for (item, id) in texts(subject, "product_ids") {
                    refer(format!("{path}/{list}/{place}/product_ids/{item}"), id);
                }
            }
        }
        for (place, score) in items(vulnerability, "scores") {
            for (item, id) in texts(score, "products") {
                refer(format!("{path}/scores/{place}/products/{item}"), id);
            }
        }
    }
}

/// 6.1.3: a depth-first walk over relationships that meets one still on its way has found a circle.
fn relationships_do_not_circle(document: &Value, findings: &mut Findings) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        OnTheWay,
        Done,
    }
    let Some(tree) = document.get("product_tree") else {
        return;
    };
    let all: Vec<&Value> = items(tree, "relationships").map(|(_, value)| value).collect();
    let mut defined_by: HashMap<&str, usize> = HashMap::new();
    for (place, relationship) in all.iter().enumerate() {
        if let Some(id) = relationship.get("full_product_name").and_then(|name| text(name, "product_id")) {
            defined_by.entry(id).or_insert(place);
        }
    }
    let next = |place: usize| -> Vec<usize> {
        let parts = ["product_reference", "relates_to_product_reference"].map(|key| text(all[place], key));
        parts.into_iter().flatten().filter_map(|id| defined_by.get(id).copied()).collect()
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
                        format!("/product_tree/relationships/{place}"),
                        "The product of this relationship is defined in terms of itself",
                    ),
                    State::Done => {}
                },
            }
        }
    }
}

/// 6.1.4 and 6.1.5.
fn groups_are_defined_once(document: &Value, findings: &mut Findings) {
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
    for (path, vulnerability) in vulnerabilities(document) {
        for list in SUBJECTS {
            for (place, subject) in items(vulnerability, list) {
                for (item, id) in texts(subject, "group_ids") {
                    if !defined.contains(id) {
                        let path = format!("{path}/{list}/{place}/group_ids/{item}");
                        findings.add(
                            "6.1.4",
                            path,
                            format!("The product group id {id} is not defined in the product tree"),
                        );
                    }
                }
            }
        }
    }
}

/// 6.1.6.
fn statuses_do_not_contradict(document: &Value, findings: &mut Findings) {
    const GROUPS: [(&str, &[&str]); 4] = [
        ("affected", &["first_affected", "known_affected", "last_affected"]),
        ("not affected", &["known_not_affected"]),
        ("fixed", &["first_fixed", "fixed"]),
        ("under investigation", &["under_investigation"]),
    ];
    for (path, vulnerability) in vulnerabilities(document) {
        let Some(status) = vulnerability.get("product_status") else {
            continue;
        };
        let mut said: HashMap<&str, &str> = HashMap::new();
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
fn helpers_are_sound(document: &Value, findings: &mut Findings) {
    for definition in definitions(document) {
        let Some(helper) = definition.product.get("product_identification_helper") else {
            continue;
        };
        let path = format!("{}/product_identification_helper", definition.path);
        if let Some(purl) = text(helper, "purl")
            && let Err(why) = Purl::parse(purl)
        {
            findings.add("6.1.13", format!("{path}/purl"), why.to_string());
        }
        for (place, file) in items(helper, "hashes") {
            let mut seen = HashSet::new();
            for (item, hash) in items(file, "file_hashes") {
                if let Some(algorithm) = text(hash, "algorithm")
                    && !seen.insert(algorithm)
                {
                    let path = format!("{path}/hashes/{place}/file_hashes/{item}/algorithm");
                    findings.add(
                        "6.1.25",
                        path,
                        format!("The hash algorithm {algorithm} is used more than once for one file"),
                    );
                }
            }
        }
    }
}

/// 6.1.31.
fn versions_are_no_ranges(document: &Value, findings: &mut Findings) {
    let Some(tree) = document.get("product_tree") else {
        return;
    };
    branches(tree, "/product_tree", &mut |path, branch| {
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
    let lower = name.to_lowercase();
    lower.contains(['<', '>']) || lower.split_whitespace().any(|word| WORDS.contains(&word))
}
