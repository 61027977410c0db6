//! The advisories of one product: a page and two feeds each, at an address made of its name.

use std::collections::BTreeMap;

use candor_formats::advisory::Record;

use super::tree::{Going, Hash};

/// A product with its advisories, the newest first.
#[derive(Debug, Clone)]
pub struct OfProduct<'a> {
    /// Part of its address: `object-store`.
    pub slug: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its advisories, in the order they were given.
    pub records: Vec<&'a Record>,
    /// The hash of each.
    pub hashes: Vec<&'a Hash>,
}

/// The products that an advisory names: the part of an address, and the name.
pub fn named(record: &Record) -> Vec<(String, String)> {
    let mut named: Vec<(String, String)> = Vec::new();
    for product in &record.products {
        let slug = slug(&product.name);
        // Two products of one record may have one address.
        if !slug.is_empty() && !named.iter().any(|(other, _)| *other == slug) {
            named.push((slug, product.name.clone()));
        }
    }
    named
}

/// The products that these advisories name. Products whose names make the same address share it.
pub fn of<'a>(advisories: &'a [Going<'a>]) -> Vec<OfProduct<'a>> {
    let mut products: BTreeMap<&str, OfProduct<'a>> = BTreeMap::new();
    for going in advisories {
        for (slug, name) in &going.made.products {
            let entry = products.entry(slug).or_insert_with(|| OfProduct {
                slug,
                name,
                records: Vec::new(),
                hashes: Vec::new(),
            });
            entry.records.push(&going.of.record);
            entry.hashes.push(&going.of.hash);
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
