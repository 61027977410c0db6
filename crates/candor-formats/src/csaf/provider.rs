//! How CSAF documents are handed out: provider metadata, ROLIE feeds with their service and category documents, and the
//! two lists of a directory.
//!
//! Source: CSAF 2.0 section 7.1, requirements 7 and 11 to 17; the same of CSAF 2.1; RFC 8322 (ROLIE).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Edition;
use crate::advisory::{Publisher, PublisherCategory, Tlp};

/// The name under which a feed is a feed of CSAF documents.
const KIND: (&str, &str) = ("urn:ietf:params:rolie:category:information-type", "csaf");

/// A document in a distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its tracking id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// One paragraph about it; the title stands in where it is empty.
    pub summary: String,
    /// Its place below the directory: `2026/store-2026-1.json`.
    pub path: String,
    /// `/document/tracking/initial_release_date`.
    pub released: Timestamp,
    /// `/document/tracking/current_release_date`.
    pub current: Timestamp,
    /// Names of the products it is about.
    pub products: Vec<String>,
}

/// What a provider says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Where this description is found, ending in `/provider-metadata.json`.
    pub canonical_url: String,
    /// Who publishes.
    pub publisher: Publisher,
    /// When the description or a document last changed.
    pub last_updated: Timestamp,
    /// Whether aggregators may name it.
    pub list_on_aggregators: bool,
    /// Whether aggregators may keep copies.
    pub mirror_on_aggregators: bool,
    /// Keys that sign the documents. Without one the role is `csaf_provider`, with one `csaf_trusted_provider`.
    pub keys: Vec<Key>,
    /// Where documents are found.
    pub distributions: Vec<Distribution>,
}

/// An OpenPGP key of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Fingerprint, 40 or more hexadecimal digits.
    pub fingerprint: String,
    /// Where the armored key is found.
    pub url: String,
}

/// One place with documents, all of them for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// Address of the directory, without a slash at the end; feed, service and category documents lie in it.
    pub url: String,
    /// Whose documents they are.
    pub name: String,
    /// When a document last changed.
    pub last_updated: Timestamp,
    /// Whether there is a category document.
    pub has_categories: bool,
}

/// The word for a label: CSAF 2.0 knows those of TLP 1.0.
pub fn tlp_word(tlp: Tlp, edition: Edition) -> &'static str {
    match (edition, tlp) {
        (Edition::V2_0, Tlp::Clear) => "WHITE",
        (Edition::V2_0, Tlp::AmberStrict) => "AMBER",
        (_, Tlp::Clear) => "CLEAR",
        (_, Tlp::Green) => "GREEN",
        (_, Tlp::Amber) => "AMBER",
        (_, Tlp::AmberStrict) => "AMBER+STRICT",
        (_, Tlp::Red) => "RED",
    }
}

/// File name of the feed of a label: `feed-tlp-white.json`.
pub fn feed_name(tlp: Tlp, edition: Edition) -> String {
    format!("feed-tlp-{}.json", tlp_word(tlp, edition).to_lowercase().replace('+', "-"))
}

/// Prints `provider-metadata.json`.
pub fn metadata(provider: &Provider, edition: Edition) -> Value {
    let label = tlp_word(Tlp::Clear, edition);
    let distributions: Vec<Value> = provider
        .distributions
        .iter()
        .flat_map(|place| {
            let mut feed = json!({
                "summary": format!("All TLP:{label} advisories of {}.", place.name),
                "tlp_label": label,
                "url": format!("{}/{}", place.url, feed_name(Tlp::Clear, edition)),
            });
            if edition == Edition::V2_1 {
                feed["last_updated"] = json!(place.last_updated);
            }
            let mut rolie = json!({ "feeds": [feed], "services": [format!("{}/service.json", place.url)] });
            if place.has_categories {
                rolie["categories"] = json!([format!("{}/category.json", place.url)]);
            }
            let directory = match edition {
                Edition::V2_0 => json!({ "directory_url": place.url }),
                Edition::V2_1 => json!({ "directory": { "tlp_label": label, "url": place.url } }),
            };
            [json!({ "rolie": rolie }), directory]
        })
        .collect();
    let mut document = json!({
        "canonical_url": provider.canonical_url,
        "last_updated": provider.last_updated,
        "list_on_CSAF_aggregators": provider.list_on_aggregators,
        "metadata_version": match edition { Edition::V2_0 => "2.0", Edition::V2_1 => "2.1" },
        "mirror_on_CSAF_aggregators": provider.mirror_on_aggregators,
        "publisher": {
            "category": match provider.publisher.category {
                PublisherCategory::Vendor => "vendor",
                PublisherCategory::Coordinator => "coordinator",
                PublisherCategory::Discoverer => "discoverer",
                PublisherCategory::User => "user",
                PublisherCategory::Translator | PublisherCategory::Other => "other",
            },
            "name": provider.publisher.name,
            "namespace": provider.publisher.namespace,
        },
        "role": if provider.keys.is_empty() { "csaf_provider" } else { "csaf_trusted_provider" },
    });
    if edition == Edition::V2_1 {
        document["$schema"] = json!("https://docs.oasis-open.org/csaf/csaf/v2.1/schema/provider.json");
    }
    if !distributions.is_empty() {
        document["distributions"] = json!(distributions);
    }
    if !provider.keys.is_empty() {
        let keys = provider.keys.iter().map(|key| json!({ "fingerprint": key.fingerprint, "url": key.url }));
        document["public_openpgp_keys"] = keys.collect();
    }
    document
}

/// Prints the ROLIE feed of the public documents in a directory. `url` is the directory's address, `id` a name of the
/// feed that never changes, `updated` what stands there while it is empty, `is_signed` whether signatures lie beside the
/// documents. Hashes always do.
pub fn feed(
    url: &str,
    id: &str,
    title: &str,
    entries: &[Entry],
    updated: Timestamp,
    is_signed: bool,
    edition: Edition,
) -> Value {
    let (schema, version) = match edition {
        Edition::V2_0 => ("https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json", "2.0"),
        Edition::V2_1 => ("https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json", "2.1"),
    };
    let name = feed_name(Tlp::Clear, edition);
    let label = tlp_word(Tlp::Clear, edition);
    let item = |entry: &Entry| {
        let own = format!("{url}/{}", entry.path);
        let mut links = vec![
            json!({ "rel": "self", "href": own }),
            json!({ "rel": "hash", "href": format!("{own}.sha256") }),
            json!({ "rel": "hash", "href": format!("{own}.sha512") }),
        ];
        if is_signed {
            links.push(json!({ "rel": "signature", "href": format!("{own}.asc") }));
        }
        let summary = if entry.summary.trim().is_empty() { &entry.title } else { &entry.summary };
        let categories: Vec<Value> = entry.products.iter().map(|product| json!({ "term": product })).collect();
        let mut item = json!({
            "id": entry.id,
            "title": entry.title,
            "link": links,
            "published": entry.released,
            "updated": entry.current,
            "summary": { "content": summary },
            "content": { "type": "application/json", "src": own },
            "format": { "schema": schema, "version": version },
        });
        if !categories.is_empty() {
            item["category"] = json!(categories);
        }
        item
    };
    json!({
        "feed": {
            "id": format!("{id}-{}", name.trim_end_matches(".json")),
            "title": format!("{title} (TLP:{label})"),
            "link": [
                { "rel": "self", "href": format!("{url}/{name}") },
                { "rel": "service", "href": format!("{url}/service.json") },
            ],
            "category": [{ "scheme": KIND.0, "term": KIND.1 }],
            "updated": entries.iter().map(|entry| entry.current).max().unwrap_or(updated),
            "entry": entries.iter().map(item).collect::<Vec<_>>(),
        }
    })
}

/// Prints the ROLIE service document of a directory.
pub fn service(url: &str, title: &str, edition: Edition) -> Value {
    let label = tlp_word(Tlp::Clear, edition);
    json!({
        "service": {
            "workspace": [{
                "title": title,
                "collection": [{
                    "title": format!("{title} (TLP:{label})"),
                    "href": format!("{url}/{}", feed_name(Tlp::Clear, edition)),
                    "categories": { "category": [{ "scheme": KIND.0, "term": KIND.1 }] },
                }],
            }],
        }
    })
}

/// The names of products in these documents, each once, in order: the terms of [`category`].
pub fn terms(entries: &[Entry]) -> Vec<&str> {
    let mut terms: Vec<&str> = entries.iter().flat_map(|entry| &entry.products).map(String::as_str).collect();
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// Prints the ROLIE category document: the products.
pub fn category(terms: &[&str]) -> Value {
    let categories: Vec<Value> = terms.iter().map(|term| json!({ "term": term })).collect();
    json!({ "categories": { "category": categories } })
}

/// Prints `index.txt`: the path of every document, a line each.
pub fn index(entries: &[Entry]) -> String {
    let mut paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    paths.sort_unstable();
    paths.iter().fold(String::new(), |text, path| text + path + "\n")
}

/// Prints `changes.csv`: path and date of the last change, the newest first. CSAF 2.0 shows both in quotes, 2.1 forbids
/// them (requirement 13 of each).
pub fn changes(entries: &[Entry], edition: Edition) -> String {
    let mut entries: Vec<&Entry> = entries.iter().collect();
    entries.sort_by(|a, b| (b.current, &a.path).cmp(&(a.current, &b.path)));
    let quote = match edition {
        Edition::V2_0 => "\"",
        Edition::V2_1 => "",
    };
    entries.iter().fold(String::new(), |text, entry| {
        text + &format!("{quote}{}{quote},{quote}{}{quote}\n", entry.path, entry.current)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, current: &str) -> Entry {
        Entry {
            id: id.to_owned(),
            title: format!("About {id}"),
            summary: String::new(),
            path: format!("2026/{}", super::super::file_name(id)),
            released: "2026-03-01T10:00:00Z".parse().expect("an instant"),
            current: current.parse().expect("an instant"),
            products: vec!["Store".to_owned()],
        }
    }

    #[test]
    fn the_list_of_changes_begins_with_the_newest_and_has_quotes_in_2_0_only() {
        let entries = [entry("A-1", "2026-03-01T10:00:00Z"), entry("A-2", "2026-03-02T10:00:00Z")];
        assert_eq!(
            changes(&entries, Edition::V2_0),
            "\"2026/a-2.json\",\"2026-03-02T10:00:00Z\"\n\"2026/a-1.json\",\"2026-03-01T10:00:00Z\"\n"
        );
        assert_eq!(
            changes(&entries, Edition::V2_1),
            "2026/a-2.json,2026-03-02T10:00:00Z\n2026/a-1.json,2026-03-01T10:00:00Z\n"
        );
        assert_eq!(index(&entries), "2026/a-1.json\n2026/a-2.json\n");
    }

    #[test]
    fn a_feed_names_every_hash_and_signature_that_lies_beside_a_document() {
        let entries = [entry("A-1", "2026-03-02T10:00:00Z")];
        let url = "https://a.example/p/csaf";
        let updated = Timestamp::UNIX_EPOCH;
        let signed = feed(url, "p", "P", &entries, updated, true, Edition::V2_0);
        let rels = |feed: &Value| {
            let links = feed["feed"]["entry"][0]["link"].as_array().expect("links");
            links.iter().map(|link| link["rel"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(rels(&signed), ["self", "hash", "hash", "signature"]);
        assert_eq!(signed["feed"]["updated"], "2026-03-02T10:00:00Z");
        assert_eq!(signed["feed"]["link"][0]["href"], "https://a.example/p/csaf/feed-tlp-white.json");
        assert_eq!(rels(&feed(url, "p", "P", &entries, updated, false, Edition::V2_1)), ["self", "hash", "hash"]);
        let empty = feed(url, "p", "P", &[], updated, false, Edition::V2_1);
        assert_eq!(empty["feed"]["updated"], "1970-01-01T00:00:00Z");
    }
}
