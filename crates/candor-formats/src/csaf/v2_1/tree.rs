//! Mandatory tests about the product tree: 6.1.1 to 6.1.6, 6.1.13, 6.1.25, 6.1.31, 6.1.34, 6.1.42 to 6.1.44, 6.1.50,
//! 6.1.57 to 6.1.59, 6.1.61.

use serde_json::Value;

use super::super::products::Places;
use super::super::walk::{self, branches, items, text, texts};
use super::products;
use crate::finding::Findings;
use crate::vers::Vers;

/// How deep branches may be nested.
const DEEPEST: usize = 30;

const PLACES: Places = Places {
    statuses: &[
        "first_affected",
        "first_fixed",
        "fixed",
        "known_affected",
        "known_not_affected",
        "last_affected",
        "recommended",
        "under_investigation",
        "unknown",
    ],
    subjects: &["first_known_exploitation_dates", "flags", "ids", "involvements", "notes", "remediations", "threats"],
    scores: "metrics",
};

pub fn check(document: &Value, findings: &mut Findings) {
    products::references(document, &PLACES, findings);
    products::versions_are_no_ranges(document, findings);
    walk::products(document, &mut |path, product| {
        if let Some(helper) = product.get("product_identification_helper") {
            let path = format!("{path}/product_identification_helper");
            purls_differ_in_qualifiers(&path, helper, findings);
            stars_are_single(&path, helper, findings);
        }
    });
    let Some(tree) = document.get("product_tree") else { return };
    branches(tree, &mut |path, branch| ranges_are_ranges(path, branch, findings));
    let mut way = Vec::new();
    walk(tree, "/product_tree", &mut way, findings);
}

/// 6.1.42.
fn purls_differ_in_qualifiers(path: &str, helper: &Value, findings: &mut Findings) {
    let bare = |purl: &str| {
        let (head, subpath) = purl.split_once('#').unwrap_or((purl, ""));
        (head.split('?').next().unwrap_or_default().to_owned(), subpath.to_owned())
    };
    let mut first = None;
    for (place, purl) in texts(helper, "purls") {
        let this = bare(purl);
        let expected = first.get_or_insert_with(|| this.clone());
        if *expected != this {
            let message = "Package URLs of one product may differ in their qualifiers only";
            findings.add("6.1.42", format!("{path}/purls/{place}"), message);
        }
    }
}

/// 6.1.43, 6.1.44 and 6.1.61.
fn stars_are_single(path: &str, helper: &Value, findings: &mut Findings) {
    for (test, list) in [("6.1.43", "model_numbers"), ("6.1.44", "serial_numbers"), ("6.1.61", "skus")] {
        for (place, name) in texts(helper, list) {
            let mut escaped = false;
            let mut stars = 0;
            for c in name.chars() {
                stars += usize::from(c == '*' && !escaped);
                escaped = c == '\\' && !escaped;
            }
            if stars > 1 {
                let message = "There may be one * only that stands for anything; write \\* for the character itself";
                findings.add(test, format!("{path}/{list}/{place}"), message);
            }
        }
    }
}

/// 6.1.50 and 6.1.59.
fn ranges_are_ranges(path: &str, branch: &Value, findings: &mut Findings) {
    if text(branch, "category") != Some("product_version_range") {
        return;
    }
    let Some(name) = text(branch, "name") else { return };
    let path = format!("{path}/name");
    match Vers::parse(name) {
        Err(why) => findings.add(
            "6.1.50",
            path,
            format!("\"{name}\" {why}; write a range like vers:npm/>=1.0.0|<1.2.3 or >=1.0.0|<1.2.3"),
        ),
        Ok(range) if range.is_everything() && range.scheme.as_deref() != Some("all") => {
            findings.add("6.1.50", path, "Every version is written vers:all/*");
        }
        Ok(range) if range.single().is_some() => {
            findings.add("6.1.59", path, format!("\"{name}\" is one version; use the category product_version"));
        }
        Ok(range) => {
            if let Some((first, second)) = range.unsorted() {
                let message = format!("\"{name}\" is not in order: {second} comes before {first}");
                findings.add("6.1.50", path, message);
            }
        }
    }
}

/// 6.1.34, 6.1.57 and 6.1.58, on the way down to each product.
fn walk<'a>(parent: &'a Value, path: &str, way: &mut Vec<&'a str>, findings: &mut Findings) {
    for (place, branch) in items(parent, "branches") {
        let path = format!("{path}/branches/{place}");
        way.push(text(branch, "category").unwrap_or_default());
        if way.len() > DEEPEST {
            findings.add("6.1.34", path.clone(), format!("Branches may be nested {DEEPEST} deep, not deeper"));
            way.pop();
            return;
        }
        if branch.get("product").is_some() {
            let mut seen: Vec<&str> = Vec::new();
            for category in way.iter().filter(|category| **category != "product_family") {
                if seen.contains(category) {
                    let message = format!("The category {category} is used twice on the way to this product");
                    findings.add("6.1.57", format!("{path}/category"), message);
                }
                seen.push(category);
            }
            if seen.contains(&"product_version") && seen.contains(&"product_version_range") {
                let message = "A product has either a version or a range of versions on its way, not both";
                findings.add("6.1.58", format!("{path}/category"), message);
            }
        }
        walk(branch, &path, way, findings);
        way.pop();
    }
}
