//! Small ways through a JSON document that may not have the shape it should have.

use serde_json::Value;

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

/// A branch of the product tree, or a place outside the branches where a product is defined.
pub struct Definition<'a> {
    /// Where the full product name stands.
    pub path: String,
    /// The full product name.
    pub product: &'a Value,
}

/// Every full product name: of branches, of the flat list, of relationships and product paths.
pub fn definitions(document: &Value) -> Vec<Definition<'_>> {
    let Some(tree) = document.get("product_tree") else {
        return Vec::new();
    };
    let mut all = Vec::new();
    branches(tree, "/product_tree", &mut |path, branch| {
        if let Some(product) = branch.get("product") {
            all.push(Definition { path: format!("{path}/product"), product });
        }
    });
    all.extend(
        items(tree, "full_product_names")
            .map(|(place, product)| Definition { path: format!("/product_tree/full_product_names/{place}"), product }),
    );
    all.extend(items(tree, "relationships").filter_map(|(place, relationship)| {
        let path = format!("/product_tree/relationships/{place}/full_product_name");
        Some(Definition { path, product: relationship.get("full_product_name")? })
    }));
    all.extend(items(tree, "product_paths").filter_map(|(place, way)| {
        let path = format!("/product_tree/product_paths/{place}/full_product_name");
        Some(Definition { path, product: way.get("full_product_name")? })
    }));
    all
}

/// Visits every branch below `parent`, each with its path.
pub fn branches<'a>(parent: &'a Value, path: &str, visit: &mut dyn FnMut(&str, &'a Value)) {
    for (place, branch) in items(parent, "branches") {
        let path = format!("{path}/branches/{place}");
        visit(&path, branch);
        branches(branch, &path, visit);
    }
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
