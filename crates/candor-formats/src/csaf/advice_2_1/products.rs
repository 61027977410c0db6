//! What CSAF 2.1 advises about products: 6.2.31, 6.2.32, 6.2.39.1, 6.2.48, 6.2.52 and 6.3.22.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::super::profiles::folded;
use super::super::walk::{branches, covered, items, products, text, texts, vulnerabilities};
use crate::finding::Findings;

/// 6.2.31, 6.2.32, 6.2.48, 6.2.52 and 6.3.22.
pub fn tree(document: &Value, found: &mut Findings) {
    let Some(tree) = document.get("product_tree") else { return };
    let mut on_a_way = HashSet::new();
    let mut composed = HashSet::new();
    for (_, way) in items(tree, "product_paths") {
        on_a_way.extend(references(way).map(|(_, id)| id));
        composed.extend(way.get("full_product_name").and_then(|name| text(name, "product_id")));
    }
    for (place, way) in items(tree, "product_paths") {
        if let Some((step, id)) = references(way).find(|(_, id)| composed.contains(id)) {
            let message = format!("{id} is a product path itself; write its steps here, so that programs need not");
            found.add("6.3.22", format!("/product_tree/product_paths/{place}/{step}"), message);
        }
    }
    let mut known: HashMap<(&str, String), &str> = HashMap::new();
    products(document, &mut |path, product| {
        let Some(helper) = product.get("product_identification_helper") else { return };
        let id = text(product, "product_id").unwrap_or_default();
        let path = format!("{path}/product_identification_helper");
        let is_thing = helper.get("serial_numbers").is_some() || helper.get("model_numbers").is_some();
        if is_thing && !on_a_way.contains(id) {
            let message = "Serial and model numbers belong to hardware; make it a product of its own, and say with a product path \
                           what is installed on it";
            found.add("6.2.31", path.clone(), message);
        }
        for (kind, name) in names(helper) {
            let other = *known.entry((kind, name)).or_insert(id);
            if other != id {
                let message = format!("The product {other} has the same; machines cannot tell the two apart");
                found.add("6.2.32", format!("{path}/{kind}"), message);
            }
        }
        for (place, file) in items(helper, "hashes") {
            for (item, hash) in items(file, "file_hashes") {
                if let Some(algorithm) = text(hash, "algorithm").filter(|given| !HASHES.contains(given)) {
                    let path = format!("{path}/hashes/{place}/file_hashes/{item}/algorithm");
                    found.add("6.2.52", path, format!("There is no known hash algorithm {algorithm}; use sha256"));
                }
            }
        }
    });
    branches(tree, &mut |path, branch| {
        if text(branch, "category") == Some("vendor")
            && text(branch, "name").is_some_and(|name| folded(name) == "opensource")
        {
            found.add(
                "6.2.48",
                format!("{path}/name"),
                "Open source is no vendor; name the project or whoever leads it",
            );
        }
    });
}

/// Ids that a product path refers to, each with the place in the path.
fn references(way: &Value) -> impl Iterator<Item = (String, &str)> {
    let key = "beginning_product_reference";
    let first = text(way, key).map(|id| (key.to_owned(), id));
    let steps = items(way, "subpaths").filter_map(|(place, step)| {
        Some((format!("subpaths/{place}/next_product_reference"), text(step, "next_product_reference")?))
    });
    first.into_iter().chain(steps)
}

/// What a helper names the product by, kind by kind.
fn names(helper: &Value) -> Vec<(&'static str, String)> {
    let mut all: Vec<(&'static str, String)> = Vec::new();
    all.extend(text(helper, "cpe").map(|cpe| ("cpe", cpe.to_owned())));
    for list in ["purls", "model_numbers", "serial_numbers", "skus", "sbom_urls"] {
        all.extend(texts(helper, list).map(|(_, name)| (list, name.to_owned())));
    }
    for (_, uri) in items(helper, "x_generic_uris") {
        let (namespace, uri) = (text(uri, "namespace").unwrap_or_default(), text(uri, "uri").unwrap_or_default());
        all.push(("x_generic_uris", format!("{namespace} {uri}")));
    }
    for (_, file) in items(helper, "hashes") {
        for (_, hash) in items(file, "file_hashes") {
            let part = |key: &str| text(hash, key).unwrap_or_default().to_lowercase();
            let name = text(file, "filename").unwrap_or_default();
            all.push(("hashes", format!("{name} {} {}", part("algorithm"), part("value"))));
        }
    }
    all.sort();
    all.dedup();
    all
}

/// Hash algorithms by the names that OpenSSL gives them.
///
/// Source: CSAF 2.1 section 3.1.4.3.2.
const HASHES: [&str; 25] = [
    "blake2b512",
    "blake2s256",
    "blake3",
    "md4",
    "md5",
    "md5-sha1",
    "mdc2",
    "ripemd",
    "ripemd160",
    "rmd160",
    "sha1",
    "sha224",
    "sha256",
    "sha3-224",
    "sha3-256",
    "sha3-384",
    "sha3-512",
    "sha384",
    "sha512",
    "sha512-224",
    "sha512-256",
    "shake128",
    "shake256",
    "sm3",
    "whirlpool",
];

/// 6.2.39.1: an affected product has a fixed one of its line, unless it is said that there is none yet.
pub fn fixes(document: &Value, found: &mut Findings) {
    let mut lines: HashMap<&str, (String, bool)> = HashMap::new();
    if let Some(tree) = document.get("product_tree") {
        product_lines(tree, "", &mut lines);
    }
    for (path, vulnerability) in vulnerabilities(document) {
        let status = vulnerability.get("product_status").unwrap_or(&Value::Null);
        let listed = |lists: &[&str]| -> Vec<&str> {
            lists.iter().flat_map(|list| texts(status, list)).map(|(_, id)| id).collect()
        };
        let fixed = listed(&["first_fixed", "fixed"]);
        let fixed_lines: HashSet<&str> =
            fixed.iter().filter_map(|id| lines.get(id)).map(|(line, _)| line.as_str()).collect();
        for id in listed(&["first_affected", "known_affected", "last_affected"]) {
            let own = lines.get(id);
            if own.map_or(!fixed.is_empty(), |(line, _)| fixed_lines.contains(line.as_str())) {
                continue;
            }
            let said = |kinds: &[&str]| {
                items(vulnerability, "remediations").any(|(_, remediation)| {
                    text(remediation, "category").is_some_and(|category| kinds.contains(&category))
                        && covered(document, remediation).contains(&id)
                })
            };
            let is_open = said(&["fix_planned", "no_fix_planned", "none_available"]);
            let names_fix = said(&["vendor_fix"]) && own.is_some_and(|(_, ends_below)| *ends_below);
            if !is_open || names_fix {
                let message =
                    format!("{id} is affected, and no version of it is said to be fixed; name the one that is");
                found.add("6.2.39.1", format!("{path}/product_status"), message);
            }
        }
    }
}

/// For each product below `parent`: what it is a version of, and whether it is a range that ends before a version.
fn product_lines<'a>(parent: &'a Value, line: &str, lines: &mut HashMap<&'a str, (String, bool)>) {
    for (_, branch) in items(parent, "branches") {
        let category = text(branch, "category").unwrap_or_default();
        let name = text(branch, "name").unwrap_or_default();
        if let Some(id) = branch.get("product").and_then(|product| text(product, "product_id")) {
            let last = name.rsplit('|').next().unwrap_or_default();
            let last = last.rsplit_once('/').map_or(last, |(_, last)| last);
            let ends_below = category == "product_version_range" && last.starts_with('<') && !last.starts_with("<=");
            lines.insert(id, (line.to_owned(), ends_below));
        }
        product_lines(branch, &format!("{line}|{category}:{name}"), lines);
    }
}
