//! The advisories of one product: a page and two feeds each, at an address made of its name.

use std::collections::BTreeMap;

use candor_formats::advisory::Record;

/// A product with its advisories, the newest first.
#[derive(Debug, Clone)]
pub struct OfProduct<'a> {
    /// Part of its address: `object-store`.
    pub slug: String,
    /// Its name.
    pub name: &'a str,
    /// Its advisories, in the order they were given.
    pub records: Vec<&'a Record>,
}

/// The products that these advisories name. Products whose names make the same address share it.
pub fn of<'a>(records: &[&'a Record]) -> Vec<OfProduct<'a>> {
    let mut products: BTreeMap<String, OfProduct<'a>> = BTreeMap::new();
    for record in records {
        for product in &record.products {
            let slug = slug(&product.name);
            if slug.is_empty() {
                continue;
            }
            let entry = products.entry(slug.clone()).or_insert_with(|| OfProduct {
                slug,
                name: &product.name,
                records: Vec::new(),
            });
            // Two products of one record may have one address.
            if entry.records.last().is_none_or(|last| last.id != record.id) {
                entry.records.push(record);
            }
        }
    }
    products.into_values().collect()
}

pub use crate::follow::subscriptions::part as slug;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_part_of_an_address() {
        for (name, expected) in [
            ("MinIO Server", "minio-server"),
            ("@scope/client", "scope-client"),
            ("  ..Store!!  2 ", "store-2"),
            ("../../etc", "etc"),
            ("日本", ""),
        ] {
            assert_eq!(slug(name), expected);
        }
    }
}
