//! How CSAF documents are handed out: provider metadata, ROLIE feeds with their service and category documents, and the
//! two lists of a directory.
//!
//! Source: CSAF 2.0 section 7.1, requirements 7 and 11 to 17; the same of CSAF 2.1; RFC 8322 (ROLIE).

use std::collections::BTreeSet;

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

/// Prints what the ROLIE feed of a directory says of one document: JSON on one line. `url` is the directory's address,
/// `is_signed` whether signatures lie beside the documents. Hashes always do.
pub fn item(url: &str, entry: &Entry, is_signed: bool, edition: Edition) -> String {
    let (schema, version) = match edition {
        Edition::V2_0 => ("https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json", "2.0"),
        Edition::V2_1 => ("https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json", "2.1"),
    };
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
    item.to_string()
}

/// Prints the ROLIE feed of the public documents in a directory, with an [`item`] of each. `url` is the directory's address,
/// `id` a name of the feed that never changes, `updated` when a document last changed.
pub fn feed<'a>(
    url: &str,
    id: &str,
    title: &str,
    items: impl IntoIterator<Item = &'a str>,
    updated: Timestamp,
    edition: Edition,
) -> String {
    let name = feed_name(Tlp::Clear, edition);
    let label = tlp_word(Tlp::Clear, edition);
    let around = json!({
        "category": [{ "scheme": KIND.0, "term": KIND.1 }],
        "id": format!("{id}-{}", name.trim_end_matches(".json")),
        "link": [
            { "rel": "self", "href": format!("{url}/{name}") },
            { "rel": "service", "href": format!("{url}/service.json") },
        ],
        "title": format!("{title} (TLP:{label})"),
        "updated": updated,
    });
    feed_around(&around, items)
}

/// A feed of what stands around its items, and the items, each on a line.
fn feed_around<'a>(around: &Value, items: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::from("{\"feed\":{");
    let around = around.to_string();
    text.push_str(around.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default());
    text.push_str(",\"entry\":[");
    for (number, item) in items.into_iter().enumerate() {
        text.push_str(if number == 0 { "\n" } else { ",\n" });
        text.push_str(item);
    }
    text.push_str("\n]}}\n");
    text
}

/// Prints the ROLIE feed of documents that are not for everybody, with an [`item`] of each. `url` is the feed's own address,
/// `id` a name of the provider that never changes.
pub fn restricted_feed<'a>(
    url: &str,
    id: &str,
    label: Tlp,
    items: impl IntoIterator<Item = &'a str>,
    updated: Timestamp,
) -> String {
    let around = json!({
        "category": [{ "scheme": KIND.0, "term": KIND.1 }],
        "id": format!("{id}-feed-tlp-{}", label.name()),
        "link": [{ "rel": "self", "href": url }],
        "title": format!("Advisories of {id} ({})", label.label()),
        "updated": updated,
    });
    feed_around(&around, items)
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
pub fn terms<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<&'a str> {
    let terms: BTreeSet<&str> = entries.into_iter().flat_map(|entry| &entry.products).map(String::as_str).collect();
    terms.into_iter().collect()
}

/// Prints the ROLIE category document: the products.
pub fn category(terms: &[&str]) -> Value {
    let categories: Vec<Value> = terms.iter().map(|term| json!({ "term": term })).collect();
    json!({ "categories": { "category": categories } })
}

/// Prints `index.txt`: the path of every document, a line each.
pub fn index<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut paths: Vec<&str> = entries.into_iter().map(|entry| entry.path.as_str()).collect();
    paths.sort_unstable();
    let mut text = String::with_capacity(paths.iter().map(|path| path.len() + 1).sum());
    for path in paths {
        text.push_str(path);
        text.push('\n');
    }
    text
}

/// Prints the line of a document in `changes.csv`. CSAF 2.0 shows path and date in quotes, 2.1 forbids them
/// (requirement 13 of each).
pub fn change(entry: &Entry, edition: Edition) -> String {
    let quote = match edition {
        Edition::V2_0 => "\"",
        Edition::V2_1 => "",
    };
    format!("{quote}{}{quote},{quote}{}{quote}\n", entry.path, entry.current)
}

/// Prints `changes.csv`: path and date of the last change, the newest first. Each entry goes with its line, a [`change`].
pub fn changes<'a>(entries: impl IntoIterator<Item = (&'a Entry, &'a str)>) -> String {
    let mut entries: Vec<(&Entry, &str)> = entries.into_iter().collect();
    entries.sort_unstable_by(|(a, _), (b, _)| (b.current, &a.path).cmp(&(a.current, &b.path)));
    let mut text = String::with_capacity(entries.iter().map(|(_, line)| line.len()).sum());
    for (_, line) in entries {
        text.push_str(line);
    }
    text
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
        let changes = |edition| {
            let lines = entries.each_ref().map(|entry| change(entry, edition));
            changes(entries.iter().zip(lines.iter().map(String::as_str)))
        };
        assert_eq!(
            changes(Edition::V2_0),
            "\"2026/a-2.json\",\"2026-03-02T10:00:00Z\"\n\"2026/a-1.json\",\"2026-03-01T10:00:00Z\"\n"
        );
        assert_eq!(changes(Edition::V2_1), "2026/a-2.json,2026-03-02T10:00:00Z\n2026/a-1.json,2026-03-01T10:00:00Z\n");
        assert_eq!(index(&entries), "2026/a-1.json\n2026/a-2.json\n");
    }

    #[test]
    fn a_feed_names_every_hash_and_signature_that_lies_beside_a_document() {
        let entry = entry("A-1", "2026-03-02T10:00:00Z");
        let url = "https://a.example/p/csaf";
        let rels = |is_signed: bool| {
            let item = item(url, &entry, is_signed, Edition::V2_0);
            let feed = feed(url, "p", "P {\"quoted\"}", [&*item, &*item], entry.current, Edition::V2_0);
            let feed: Value = serde_json::from_str(&feed).expect("it is JSON");
            assert_eq!(feed["feed"]["updated"], "2026-03-02T10:00:00Z");
            assert_eq!(feed["feed"]["title"], "P {\"quoted\"} (TLP:WHITE)");
            assert_eq!(feed["feed"]["link"][0]["href"], "https://a.example/p/csaf/feed-tlp-white.json");
            assert_eq!(feed["feed"]["entry"][0], feed["feed"]["entry"][1]);
            let links = feed["feed"]["entry"][0]["link"].as_array().expect("links").clone();
            links.iter().map(|link| link["rel"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(rels(true), ["self", "hash", "hash", "signature"]);
        assert_eq!(rels(false), ["self", "hash", "hash"]);
        let empty = feed(url, "p", "P", [], Timestamp::UNIX_EPOCH, Edition::V2_1);
        let empty: Value = serde_json::from_str(&empty).expect("it is JSON");
        assert_eq!((&empty["feed"]["updated"], &empty["feed"]["entry"]), (&json!("1970-01-01T00:00:00Z"), &json!([])));
    }
}
