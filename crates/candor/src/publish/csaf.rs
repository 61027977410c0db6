//! CSAF documents handed out as the standard asks a provider to: by directory and by ROLIE feed, with hashes and
//! signatures, for CSAF 2.0 and beside it for 2.1.
//!
//! Source: CSAF 2.0 section 7.1, requirements 1 to 20; section 7.4 of CSAF 2.1 for the addresses of two editions.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use askama::Template;
use aws_lc_rs::digest;
use candor_core::disclosure;
use candor_core::policy::Policy;
use candor_formats::advisory::{Document, Publisher, PublisherCategory, Record};
use candor_formats::csaf::provider::{self, Distribution, Entry, Key, Provider};
use candor_formats::csaf::{self, Edition, Profile};
use jiff::{Timestamp, tz::TimeZone};

use super::feed::host;
use super::others::Others;
use super::pages;
use super::swap::Put;
use super::tree::{Hash, Input, pretty};
use crate::execute::report::hex;
use crate::web::views::Link;
use crate::web::views::public::FolderPage;

/// Where the description of this host's provider lies.
const METADATA: &str = ".well-known/csaf/provider-metadata.json";

/// Makes a detached OpenPGP signature: armored text, or why there is none.
pub type Sign = dyn Fn(&[u8]) -> Result<String, String> + Send + Sync;

/// Who signs what is public.
#[derive(Clone)]
pub struct Signer {
    /// Fingerprint of the key, hexadecimal.
    pub fingerprint: String,
    /// The public key, armored.
    pub public_key: String,
    /// Signs bytes.
    pub sign: Arc<Sign>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.fingerprint)
    }
}

/// A document in a directory, with what lists say of it.
#[derive(Debug, Clone)]
pub struct Listed {
    entry: Entry,
    /// In the feed.
    item: String,
    /// In the list of changes.
    change: String,
}

/// Where the documents of one program in one edition lie.
#[derive(Debug, Clone)]
pub struct Shelf {
    edition: Edition,
    /// Below the tree: `store/csaf`.
    folder: String,
}

impl Shelf {
    /// The two shelves of a program.
    pub fn both(slug: &str) -> [Self; 2] {
        [(Edition::V2_0, "csaf"), (Edition::V2_1, "csaf-2.1")]
            .map(|(edition, name)| Self { edition, folder: format!("{slug}/{name}") })
    }

    /// Puts the documents of an advisory that belong on the shelf there, each with its hashes and its signature. They lie
    /// under `own` and a suffix already; `link` gives a file another name.
    ///
    /// # Errors
    /// What `put` and `link` fail with, and when the key does not sign.
    pub fn write(
        &self,
        input: &Input,
        record: &Record,
        (own, documents): (&str, &[Document]),
        put: Put<'_>,
        link: &dyn Fn(&str, &str) -> io::Result<()>,
    ) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for (suffix, profile) in self.held() {
            let Some(document) = documents.iter().find(|document| document.suffix == *suffix) else { continue };
            let own = format!("{own}.{suffix}");
            let entry = entry(record, *profile);
            let path = format!("{}/{}", self.folder, entry.path);
            link(&path, &own)?;
            beside(input, &path, document.text.as_bytes(), put)?;
            // Advisories published before there were folders by year name this address in their text.
            if self.edition == Edition::V2_0 && *profile == Profile::SecurityAdvisory {
                let plain = format!("/{}/{}", self.folder, csaf::file_name(&record.id));
                if record.links.csaf.as_ref().is_some_and(|link| link.ends_with(&plain)) {
                    let plain = plain.trim_start_matches('/');
                    link(plain, &own)?;
                    beside(input, plain, document.text.as_bytes(), put)?;
                }
            }
            let url = format!("{}/{}", input.base_url, self.folder);
            listed.push(Listed {
                item: provider::item(&url, &entry, input.signer.is_some(), self.edition),
                change: provider::change(&entry, self.edition),
                entry,
            });
        }
        Ok(listed)
    }

    fn held(&self) -> &'static [(&'static str, Profile)] {
        match self.edition {
            Edition::V2_0 => &[("csaf.json", Profile::SecurityAdvisory), ("vex.json", Profile::Vex)],
            Edition::V2_1 => &[("csaf-2.1.json", Profile::SecurityAdvisory)],
        }
    }

    /// Prints lists, feeds and listings of these documents, which were made of the records with these hashes.
    fn print(&self, input: &Input, program: &Shelves<'_>, listed: &[&Listed], others: &Others<'_>) -> io::Result<()> {
        let (edition, folder, policy) = (self.edition, &self.folder, program.policy);
        let put = |path: &str, bytes: &[u8]| others.put(path, bytes);
        let entries = || listed.iter().map(|listed| &listed.entry);
        let url = format!("{}/{folder}", input.base_url);
        let title = format!("CSAF advisories of {}", policy.program.name);
        let id = format!("{}-{}", host(&input.base_url), folder.replace('/', "-"));
        let updated = self.updated(listed, program.since);
        let of_records = others.key(&[&updated.to_string()], program.records.iter().copied());
        let feed_name = provider::feed_name(candor_formats::advisory::Tlp::Clear, edition);
        others.made_of(&format!("{folder}/{feed_name}"), of_records, || {
            let items = listed.iter().map(|listed| listed.item.as_str());
            Ok(provider::feed(&url, &id, &title, items, updated, edition))
        })?;
        put(&format!("{folder}/service.json"), &pretty(&provider::service(&url, &title, edition))?)?;
        let terms = provider::terms(entries());
        if !terms.is_empty() {
            put(&format!("{folder}/category.json"), &pretty(&provider::category(&terms))?)?;
        }
        others.made_of(&format!("{folder}/changes.csv"), of_records, || {
            Ok(provider::changes(listed.iter().map(|listed| (&listed.entry, listed.change.as_str()))))
        })?;
        let index = provider::index(entries());
        put(&format!("{folder}/index.txt"), index.as_bytes())?;
        let mut years: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (year, file) in index.lines().filter_map(|path| path.split_once('/')) {
            years.entry(year).or_default().push(file);
        }
        let files = ["index.txt", "changes.csv", "provider-metadata.json", "service.json", "category.json", &feed_name];
        let files = files.into_iter().filter(|name| *name != "category.json" || !terms.is_empty());
        let links = years.keys().rev().map(|year| Link::new(format!("{year}/"), format!("/{folder}/{year}")));
        let links = links.chain(files.map(|name| Link::new(name, format!("/{folder}/{name}")))).collect();
        put(&format!("{folder}/index.html"), listing(input, policy, &title, links)?.as_bytes())?;
        for (year, files) in years {
            let path = format!("{folder}/{year}/index.html");
            others.made_of(&path, others.key(&files, []), || {
                let mut links = vec![Link::new("../", format!("/{folder}"))];
                let beside: &[&str] = match input.signer {
                    Some(_) => &["", ".sha256", ".sha512", ".asc"],
                    None => &["", ".sha256", ".sha512"],
                };
                for file in files {
                    links.extend(
                        beside
                            .iter()
                            .map(|end| Link::new(format!("{file}{end}"), format!("/{folder}/{year}/{file}{end}"))),
                    );
                }
                listing(input, policy, &format!("{title}, {year}"), links)
            })?;
        }
        let own = format!("{folder}/provider-metadata.json");
        let publisher = disclosure::publisher(policy, &format!("{}/{}", input.base_url, policy.program.slug));
        let place = self.distribution(input, program, listed);
        describe(input, &own, self.edition, publisher, vec![place], &put)
    }

    /// When a document last changed, or since when there is a policy.
    fn updated(&self, listed: &[&Listed], since: Timestamp) -> Timestamp {
        listed.iter().map(|listed| listed.entry.current).max().unwrap_or(since)
    }

    fn distribution(&self, input: &Input, program: &Shelves<'_>, listed: &[&Listed]) -> Distribution {
        Distribution {
            url: format!("{}/{}", input.base_url, self.folder),
            name: program.policy.program.name.clone(),
            last_updated: self.updated(listed, program.since),
            has_categories: listed.iter().any(|listed| !listed.entry.products.is_empty()),
        }
    }
}

/// A program with its shelves.
#[derive(Debug)]
pub struct Shelves<'a> {
    /// Its policy.
    pub policy: &'a Policy,
    /// When the policy came into force: what stands in a feed without advisories.
    pub since: Timestamp,
    /// CSAF 2.0 and 2.1, each with its documents.
    pub shelves: [(Shelf, Vec<&'a Listed>); 2],
    /// Hashes of the records that the documents are made of.
    pub records: Vec<&'a Hash>,
}

/// Prints what goes with the documents: lists, feeds, listings and descriptions of every program, and those of the host.
///
/// # Errors
/// What writing fails with.
pub fn print(input: &Input, programs: &[Shelves<'_>], others: &Others<'_>) -> io::Result<()> {
    let put = |path: &str, bytes: &[u8]| others.put(path, bytes);
    for program in programs {
        for (shelf, listed) in &program.shelves {
            shelf.print(input, program, listed, others)?;
        }
    }
    if let Some(signer) = &input.signer {
        put(&key_path(signer), signer.public_key.as_bytes())?;
    }
    if programs.is_empty() {
        return Ok(());
    }
    let places = [
        (METADATA, 0),
        (".well-known/csaf/v2.0/provider-metadata.json", 0),
        (".well-known/csaf/v2.1/provider-metadata.json", 1),
    ];
    for (path, number) in places {
        let distributions = programs.iter().map(|program| {
            let (shelf, listed) = &program.shelves[number];
            shelf.distribution(input, program, listed)
        });
        let edition = programs[0].shelves[number].0.edition;
        describe(input, path, edition, publisher(input, programs), distributions.collect(), &put)?;
    }
    Ok(())
}

/// Address of the description, for `security.txt`.
pub fn metadata_url(base_url: &str) -> String {
    format!("{base_url}/{METADATA}")
}

/// Who publishes on this host: the one publisher of its programs, or the host where there are several.
fn publisher(input: &Input, programs: &[Shelves<'_>]) -> Publisher {
    let of = |program: &Shelves<'_>| {
        disclosure::publisher(program.policy, &format!("{}/{}", input.base_url, program.policy.program.slug))
    };
    let first = programs.first().map(of);
    match first {
        Some(first)
            if programs
                .iter()
                .map(of)
                .all(|other| (other.name, other.namespace) == (first.name.clone(), first.namespace.clone())) =>
        {
            first
        }
        _ => Publisher {
            name: host(&input.base_url),
            namespace: input.base_url.clone(),
            category: PublisherCategory::Other,
            contact: None,
            authority: None,
        },
    }
}

fn describe(
    input: &Input,
    path: &str,
    edition: Edition,
    publisher: Publisher,
    distributions: Vec<Distribution>,
    put: Put<'_>,
) -> io::Result<()> {
    let provider = Provider {
        canonical_url: format!("{}/{path}", input.base_url),
        publisher,
        last_updated: distributions.iter().map(|place| place.last_updated).max().unwrap_or(input.now),
        list_on_aggregators: !input.demo,
        mirror_on_aggregators: !input.demo,
        keys: input
            .signer
            .iter()
            .map(|signer| Key {
                fingerprint: signer.fingerprint.clone(),
                url: format!("{}/{}", input.base_url, key_path(signer)),
            })
            .collect(),
        distributions,
    };
    put(path, &pretty(&provider::metadata(&provider, edition))?)
}

fn key_path(signer: &Signer) -> String {
    format!(".well-known/csaf/openpgp/{}.asc", signer.fingerprint)
}

/// The hashes of a file, and its signature, beside it (requirements 18 and 19).
fn beside(input: &Input, path: &str, bytes: &[u8], put: Put<'_>) -> io::Result<()> {
    let name = path.rsplit('/').next().unwrap_or(path);
    for (end, algorithm) in [("sha256", &digest::SHA256), ("sha512", &digest::SHA512)] {
        let line = format!("{}  {name}\n", hex(digest::digest(algorithm, bytes).as_ref()));
        put(&format!("{path}.{end}"), line.as_bytes())?;
    }
    let Some(signer) = &input.signer else { return Ok(()) };
    let signature = (signer.sign)(bytes).map_err(io::Error::other)?;
    put(&format!("{path}.asc"), signature.as_bytes())
}

fn listing(input: &Input, policy: &Policy, title: &str, files: Vec<Link>) -> io::Result<String> {
    let shell = pages::shell(input, Some(policy), "advisories");
    FolderPage { shell, title: title.to_owned(), files }.render().map_err(io::Error::other)
}

fn entry(record: &Record, profile: Profile) -> Entry {
    let id = csaf::tracking_id(record, profile);
    let released = record.revisions.first().map_or(record.published, |first| first.at);
    let mut products: Vec<String> = Vec::new();
    for product in &record.products {
        if !product.name.is_empty() && !products.contains(&product.name) {
            products.push(product.name.clone());
        }
    }
    Entry {
        path: format!("{}/{}", released.to_zoned(TimeZone::UTC).year(), csaf::file_name(&id)),
        id,
        title: record.title.clone(),
        summary: record.summary.clone(),
        released,
        current: record.revisions.last().map_or(record.published, |last| last.at),
        products,
    }
}
