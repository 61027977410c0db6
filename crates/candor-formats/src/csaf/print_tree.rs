//! The product tree of a printed document.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::Edition;
use super::products::is_range;
use crate::advisory::{AffectedRange, Product, Record, RemediationKind};
use crate::purl::Purl;
use crate::version::{Ecosystem, compare};

/// The product tree and which of its ids are affected, fixed and recommended.
pub struct Tree {
    pub branches: Vec<Value>,
    pub affected: Vec<ProductId>,
    pub fixed: Vec<ProductId>,
    pub recommended: Vec<ProductId>,
    edition: Edition,
    count: usize,
}

/// An id of the product tree, with the name of the product it is a version of.
pub struct ProductId {
    pub id: String,
    pub product: String,
}

impl Tree {
    pub fn of(record: &Record, edition: Edition) -> Self {
        let (branches, affected, fixed, recommended) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut tree = Self { branches, affected, fixed, recommended, edition, count: 0 };
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
            branches.push(range_branch(self.edition, product, range, &id.id));
            self.affected.push(id);
        }
        for (place, version) in product.versions.iter().enumerate() {
            if !product.versions[..place].contains(version) {
                let id = self.next(product);
                branches.push(version_branch(self.edition, product, version, &id.id));
                self.affected.push(id);
            }
        }
        let fixed = fixed_versions(record, product);
        for version in &fixed {
            let id = self.next(product);
            branches.push(version_branch(self.edition, product, version, &id.id));
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
    pub fn affected_ids(&self, names: &[String]) -> Vec<&str> {
        let named = |id: &&ProductId| names.is_empty() || names.contains(&id.product);
        self.affected.iter().filter(named).map(|id| id.id.as_str()).collect()
    }
}

/// The fixed versions of a product: its own, and those of fixes that are for it alone or name it.
pub fn fixed_versions<'a>(record: &'a Record, product: &'a Product) -> Vec<&'a str> {
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

fn range_branch(edition: Edition, product: &Product, range: &AffectedRange, id: &str) -> Value {
    // CSAF 2.1 knows one way to say everything, and takes a range of one version for a version.
    if edition == Edition::V2_1
        && range.fixed.is_none()
        && let (Some(from), Some(to)) = (range.lower(), &range.last_affected)
        && from == to
    {
        return version_branch(edition, product, to, id);
    }
    let mut name = vers(product.version_order(), range);
    if edition == Edition::V2_1 && name.ends_with("/*") {
        name = "vers:all/*".to_owned();
    }
    json!({
        "category": "product_version_range",
        "name": name,
        "product": full_name(edition, product, &range.to_string(), None, id),
    })
}

/// A branch for one version. A name that would read as a range is written as a range of one, or
/// byte by byte in CSAF 2.1, which takes no range of one.
fn version_branch(edition: Edition, product: &Product, version: &str, id: &str) -> Value {
    let (category, name) = if is_range(version) && edition == Edition::V2_1 {
        ("product_version", version.bytes().map(|byte| format!("%{byte:02X}")).collect())
    } else if is_range(version) {
        ("product_version_range", format!("vers:{}/{}", product.version_order().vers_scheme(), quoted(version)))
    } else {
        ("product_version", version.to_owned())
    };
    json!({ "category": category, "name": name, "product": full_name(edition, product, version, Some(version), id) })
}

fn full_name(edition: Edition, product: &Product, suffix: &str, version: Option<&str>, id: &str) -> Value {
    let mut full = json!({ "name": format!("{} {suffix}", product.name), "product_id": id });
    let mut helper = Map::new();
    if let Some(cpe) = &product.cpe {
        helper.insert("cpe".to_owned(), json!(cpe));
    }
    let purl = product.purl.as_ref().map(Purl::package);
    let purl = purl.and_then(|purl| version.map_or(Some(purl.clone()), |version| purl.at(version).ok()));
    if let Some(purl) = purl {
        match edition {
            Edition::V2_0 => helper.insert("purl".to_owned(), json!(purl.to_string())),
            Edition::V2_1 => helper.insert("purls".to_owned(), json!([purl.to_string()])),
        };
    }
    if !helper.is_empty() {
        full["product_identification_helper"] = Value::Object(helper);
    }
    full
}

/// The range in VERS notation: `vers:npm/>=1.0.0|<1.2.3`.
///
/// Source: VERS 1.1.0, version range specifier.
pub fn vers(order: Ecosystem, range: &AffectedRange) -> String {
    let mut constraints = Vec::new();
    // One version is written as such: a range names no version twice.
    if range.fixed.is_none()
        && let (Some(from), Some(to)) = (range.lower(), &range.last_affected)
        && from == to
    {
        return format!("vers:{}/{}", order.vers_scheme(), quoted(from));
    }
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
pub fn quoted(version: &str) -> String {
    version
        .bytes()
        .map(|byte| {
            let plain = byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
            if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        })
        .collect()
}
