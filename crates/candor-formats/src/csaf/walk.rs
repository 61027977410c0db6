//! Small ways through a JSON document that may not have the shape it should have.

use serde_json::Value;

use crate::shape::at_place;

/// The items of the list `key` of `value` with their places; none where there is no such list.
pub fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().enumerate()
}

/// The texts in the list `key` of `value` with their places.
pub fn texts<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (usize, &'a str)> {
    items(value, key).filter_map(|(place, item)| Some((place, item.as_str()?)))
}

/// The text `key` of `value`.
pub fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// The vulnerabilities with the path of each.
pub fn vulnerabilities(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    items(document, "vulnerabilities").map(|(place, value)| (format!("/vulnerabilities/{place}"), value))
}

/// Visits every full product name with its path: of branches, of the flat list, of relationships and product paths.
///
/// The path is the visitor's for the call only, so that nothing is allocated for a product without a finding.
pub fn products<'a>(document: &'a Value, visit: &mut dyn FnMut(&mut String, &'a Value)) {
    let Some(tree) = document.get("product_tree") else {
        return;
    };
    branches(tree, &mut |path, branch| {
        if let Some(product) = branch.get("product") {
            with(path, "/product", |path| visit(path, product));
        }
    });
    let mut path = String::from("/product_tree");
    with(&mut path, "/full_product_names", |path| {
        for (place, product) in items(tree, "full_product_names") {
            at_place(path, place, |path| visit(path, product));
        }
    });
    for (list, composed) in [("relationships", "/relationships"), ("product_paths", "/product_paths")] {
        with(&mut path, composed, |path| {
            for (place, item) in items(tree, list) {
                if let Some(product) = item.get("full_product_name") {
                    at_place(path, place, |path| with(path, "/full_product_name", |path| visit(path, product)));
                }
            }
        });
    }
}

/// Visits every branch of the product tree, each with its path.
pub fn branches<'a>(tree: &'a Value, visit: &mut dyn FnMut(&mut String, &'a Value)) {
    below(tree, &mut String::from("/product_tree"), visit);
}

fn below<'a>(parent: &'a Value, path: &mut String, visit: &mut dyn FnMut(&mut String, &'a Value)) {
    with(path, "/branches", |path| {
        for (place, branch) in items(parent, "branches") {
            at_place(path, place, |path| {
                visit(path, branch);
                below(branch, path, visit);
            });
        }
    });
}

/// Goes `step` further down for the time of `visit`.
fn with(path: &mut String, step: &str, visit: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push_str(step);
    visit(path);
    path.truncate(length);
}

/// The ids of the products that `subject` (a flag, threat or remediation) is about: its own, and those of its groups.
pub fn covered<'a>(document: &'a Value, subject: &'a Value) -> Vec<&'a str> {
    let mut all: Vec<&str> = texts(subject, "product_ids").map(|(_, id)| id).collect();
    let groups: Vec<&str> = texts(subject, "group_ids").map(|(_, id)| id).collect();
    if let Some(tree) = document.get("product_tree").filter(|_| !groups.is_empty()) {
        for (_, group) in items(tree, "product_groups") {
            if text(group, "group_id").is_some_and(|id| groups.contains(&id)) {
                all.extend(texts(group, "product_ids").map(|(_, id)| id));
            }
        }
    }
    all
}
