//! The Atom feed of a program's advisories (RFC 4287).

use atom_syndication::{Category, Entry, Feed, FixedDateTime, Link, Person, Text};
use candor_core::policy::Policy;
use candor_formats::advisory::Record;
use jiff::Timestamp;

/// Advisories in the feed; older ones stay on their pages.
const LENGTH: usize = 100;

/// Prints the feed of a program; `records` are its advisories, the newest first.
pub fn print(base_url: &str, policy: &Policy, records: &[&Record], empty_at: Timestamp) -> String {
    let program = format!("{base_url}/{}", policy.program.slug);
    let host = host(base_url);
    let newest = records.iter().map(|record| record.modified).max().unwrap_or(empty_at);
    let author = Person {
        name: policy.advisories.publisher.clone().unwrap_or_else(|| policy.program.name.clone()),
        ..Person::default()
    };
    let feed = Feed {
        title: Text::plain(format!("{} security advisories", policy.program.name)),
        // RFC 4151: a name and a day on which the host was ours, for ever the same.
        id: format!("tag:{host},2026:{}/advisories", policy.program.slug),
        updated: instant(newest),
        authors: vec![author],
        links: vec![
            link(format!("{program}/advisories.atom"), "self", "application/atom+xml"),
            link(format!("{program}/advisories"), "alternate", "text/html"),
        ],
        entries: records.iter().take(LENGTH).map(|record| entry(&host, &program, policy, record)).collect(),
        ..Feed::default()
    };
    feed.to_string() + "\n"
}

fn entry(host: &str, program: &str, policy: &Policy, record: &Record) -> Entry {
    let page = format!("{program}/advisories/{}", record.id);
    let mut summary = record.summary.clone();
    if summary.is_empty() {
        summary.clone_from(&record.title);
    }
    Entry {
        title: Text::plain(format!("{}: {}", record.id, record.title)),
        id: format!("tag:{host},{}:{}/{}", record.published.strftime("%Y-%m-%d"), policy.program.slug, record.id),
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
