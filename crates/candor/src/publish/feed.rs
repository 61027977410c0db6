//! The feeds of a program's advisories, and of each of its products: Atom (RFC 4287) and JSON Feed 1.1.

use atom_syndication::{Category, Entry, Feed, FixedDateTime, Link, Person, Text};
use candor_core::policy::Policy;
use candor_formats::advisory::Record;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Advisories in the feed; older ones stay on their pages.
pub const LENGTH: usize = 100;

/// What a feed is about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What its title begins with.
    pub name: &'a str,
    /// Below the program, without a slash at either end: `advisories`, `products/server`.
    pub path: &'a str,
}

/// Addresses of the feeds of a subject below its program: Atom, JSON Feed.
pub fn paths(subject: &Subject<'_>) -> (String, String) {
    (format!("{}.atom", subject.path), format!("{}.feed.json", subject.path))
}

/// Prints an Atom feed; `records` are its advisories, the newest first.
pub fn atom(
    base_url: &str,
    policy: &Policy,
    subject: &Subject<'_>,
    records: &[&Record],
    empty_at: Timestamp,
) -> String {
    let program = format!("{base_url}/{}", policy.program.slug);
    let host = host(base_url);
    let newest = records.iter().map(|record| record.modified).max().unwrap_or(empty_at);
    let (own, _) = paths(subject);
    let feed = Feed {
        title: Text::plain(format!("{} security advisories", subject.name)),
        // RFC 4151: a name and a day on which the host was ours, for ever the same.
        id: format!("tag:{host},2026:{}/{}", policy.program.slug, subject.path),
        updated: instant(newest),
        authors: vec![Person { name: author(policy), ..Person::default() }],
        links: vec![
            link(format!("{program}/{own}"), "self", "application/atom+xml"),
            link(format!("{program}/{}", subject.path), "alternate", "text/html"),
        ],
        entries: records.iter().take(LENGTH).map(|record| entry(&host, &program, policy, record)).collect(),
        ..Feed::default()
    };
    feed.to_string() + "\n"
}

/// Prints a JSON Feed of the same.
pub fn json(base_url: &str, policy: &Policy, subject: &Subject<'_>, records: &[&Record]) -> Value {
    let program = format!("{base_url}/{}", policy.program.slug);
    let host = host(base_url);
    let (_, own) = paths(subject);
    let item = |record: &&Record| {
        let summary = if record.summary.is_empty() { &record.title } else { &record.summary };
        let mut item = json!({
            "id": entry_id(&host, policy, record),
            "url": format!("{program}/advisories/{}", record.id),
            "title": format!("{}: {}", record.id, record.title),
            "content_text": summary,
            "date_published": record.published,
            "date_modified": record.modified,
            "language": record.language,
        });
        if let Some(severity) = record.severity() {
            item["tags"] = json!([format!("{severity:?}").to_lowercase()]);
        }
        item
    };
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": format!("{} security advisories", subject.name),
        "home_page_url": format!("{program}/{}", subject.path),
        "feed_url": format!("{program}/{own}"),
        "authors": [{ "name": author(policy) }],
        "items": records.iter().take(LENGTH).map(item).collect::<Vec<_>>(),
    })
}

fn author(policy: &Policy) -> String {
    policy.advisories.publisher.clone().unwrap_or_else(|| policy.program.name.clone())
}

fn entry_id(host: &str, policy: &Policy, record: &Record) -> String {
    format!("tag:{host},{}:{}/{}", record.published.strftime("%Y-%m-%d"), policy.program.slug, record.id)
}

fn entry(host: &str, program: &str, policy: &Policy, record: &Record) -> Entry {
    let page = format!("{program}/advisories/{}", record.id);
    let mut summary = record.summary.clone();
    if summary.is_empty() {
        summary.clone_from(&record.title);
    }
    Entry {
        title: Text::plain(format!("{}: {}", record.id, record.title)),
        id: entry_id(host, policy, record),
        updated: instant(record.modified),
        published: Some(instant(record.published)),
        summary: Some(Text::plain(summary)),
        categories: record
            .severity()
            .map(|severity| Category { term: format!("{severity:?}").to_lowercase(), ..Category::default() })
            .into_iter()
            .collect(),
        links: vec![
            link(page.clone(), "alternate", "text/html"),
            link(format!("{page}.csaf.json"), "related", "application/json"),
        ],
        ..Entry::default()
    }
}

fn link(href: String, rel: &str, kind: &str) -> Link {
    Link { href, rel: rel.to_owned(), mime_type: Some(kind.to_owned()), ..Link::default() }
}

fn instant(at: Timestamp) -> FixedDateTime {
    // Seconds are enough, and both speak RFC 3339.
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().parse().unwrap_or_default()
}

/// Host of an address, without port.
pub(super) fn host(base_url: &str) -> String {
    let rest = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    let place = rest.split(['/', '?']).next().unwrap_or_default();
    match place.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default().to_owned(),
        None => place.split(':').next().unwrap_or_default().to_owned(),
    }
}
