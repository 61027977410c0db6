//! Records and policies to files. A function of what it is given: no store, no clock, no network.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use candor_core::policy::{Policy, render};
use candor_formats::advisory::{self, Document, Record, Tlp};
use candor_formats::csaf::{self, Profile};
use candor_formats::{osv, security_txt};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::csaf::{Shelf, Shelves, Signer};
use super::dumps::Dumps;
use super::feed::Subject;
use super::swap::Put;
use super::{Built, Held, csaf as provider, feed, pages, places, products, record};
use crate::openpgp::{Certificate, Secret, sign, wkd};
use crate::store::closed_reports::ClosedReport;
use crate::watch::figures::Figures;
use crate::web::views::assets;

/// All that is public.
#[derive(Debug, Clone)]
pub struct Input {
    /// Public address, without a slash at the end.
    pub base_url: String,
    /// Programs in service.
    pub programs: Vec<Program>,
    /// Published records with the slug of their program.
    pub records: Vec<(String, Record)>,
    /// Texts about closed reports, the newest first.
    pub closed: Vec<ClosedReport>,
    /// Figures of the programs that make them public, by slug.
    pub figures: BTreeMap<String, Figures>,
    /// Now.
    pub now: Timestamp,
    /// Version of the program that prints.
    pub engine_version: &'static str,
    /// Whether this is a demonstration.
    pub demo: bool,
    /// Public keys that sign proofs of receipt, by program; empty while the desk is locked.
    pub keys: BTreeMap<String, String>,
    /// Who signs documents; nobody where there is no key.
    pub signer: Option<Signer>,
}

/// A program in service.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its policy in force.
    pub policy: Arc<Policy>,
    /// The policy's version.
    pub version: u32,
    /// When that version was taken into service.
    pub since: Option<Timestamp>,
    /// Its OpenPGP key, while it stands.
    pub key: Option<PublicKey>,
}

/// The OpenPGP key of a program: what is published of it, and the secret that signs what is published.
#[derive(Debug, Clone)]
pub struct PublicKey {
    /// The certificate.
    pub certificate: Certificate,
    /// Signs public files.
    pub signer: Secret,
    /// When it ends.
    pub ends: Option<Timestamp>,
}

impl PublicKey {
    /// The text with a signature under it, or as it is when the key fails.
    fn signed(&self, text: String, at: Timestamp) -> String {
        sign::cleartext(&self.signer, &text, at).unwrap_or(text)
    }
}

/// An advisory with its checked documents.
struct Checked<'a> {
    record: &'a Record,
    documents: Vec<Document>,
}

/// Prints every file of the tree through `put`. An advisory whose documents would be wrong is left out and named in
/// the answer.
///
/// # Errors
/// What `put` fails with.
pub fn print(input: &Input, put: Put<'_>) -> io::Result<Built> {
    let mut built = Built::default();
    let mut count = 0;
    let mut put = |path: &str, bytes: &[u8]| {
        count += 1;
        put(path, bytes)
    };
    let mut taken = BTreeSet::new();
    let mut counts = Vec::new();
    let mut shelves = Vec::new();
    let mut dumps = Dumps::default();
    // Where everything is, for search engines: known once it is written.
    let mut map = vec![(String::new(), None)];
    for program in &input.programs {
        let slug = program.policy.program.slug.as_str();
        if !is_path_part(slug) {
            counts.push(0);
            continue;
        }
        let mut checked = Vec::new();
        for (of, record) in &input.records {
            if of != slug {
                continue;
            }
            match check(input, record, &mut taken) {
                Ok(advisory) => checked.push(advisory),
                Err(findings) => built.held.push(Held { id: record.id.clone(), program: slug.to_owned(), findings }),
            }
        }
        checked.sort_by(|a, b| (b.record.published, &b.record.id).cmp(&(a.record.published, &a.record.id)));
        for advisory in &checked {
            let record = advisory.record;
            let ecosystems = record.products.iter().filter_map(|product| product.osv_ecosystem());
            let ecosystems =
                ecosystems.filter(|name| osv::is_ecosystem(name)).map(|name| name.split(':').next().unwrap_or(name));
            if let Some(osv) = advisory.documents.iter().find(|document| document.suffix == "osv.json") {
                dumps.add(slug, &osv::id_for(&record.id), ecosystems.collect(), &osv.text);
            }
            let day = record.modified.strftime("%Y-%m-%d").to_string();
            map.push((format!("{slug}/advisories/{}", record.id), Some(day)));
        }
        map.extend([(slug.to_owned(), None), (format!("{slug}/advisories"), None)]);
        built.advisories += checked.len();
        counts.push(checked.len());
        let both = print_program(input, program, &checked, &mut put)?;
        let since = program.since.unwrap_or(input.now);
        shelves.push(Shelves { policy: &program.policy, since, shelves: both });
    }
    provider::print(input, &shelves, &mut put)?;
    dumps.print(&mut put)?;
    places::sitemap(&input.base_url, &map, &mut put)?;
    print_root(input, &counts, &mut put)?;
    built.files = count;
    Ok(built)
}

/// The documents of an advisory, if all are right.
fn check<'a>(input: &Input, record: &'a Record, taken: &mut BTreeSet<String>) -> Result<Checked<'a>, Vec<String>> {
    let mut findings = Vec::new();
    if record.tlp != Tlp::Clear {
        findings.push(format!("tlp: {} is not for everybody, and the public tree is", record.tlp.label()));
    }
    if !is_path_part(&record.id) {
        findings.push("id: it cannot be part of an address".to_owned());
    }
    let documents = advisory::documents(record, input.engine_version).unwrap_or_else(|wrong| {
        findings.extend(wrong);
        Vec::new()
    });
    let names =
        [Profile::SecurityAdvisory, Profile::Vex].map(|profile| csaf::file_name(&csaf::tracking_id(record, profile)));
    if findings.is_empty() && !names.into_iter().all(|name| taken.insert(name)) {
        findings.push("id: another advisory has the same file name".to_owned());
    }
    if findings.is_empty() { Ok(Checked { record, documents }) } else { Err(findings) }
}

fn print_program(input: &Input, program: &Program, advisories: &[Checked<'_>], put: Put<'_>) -> io::Result<[Shelf; 2]> {
    let policy = &program.policy;
    let slug = &policy.program.slug;
    let mut shelves = Shelf::both(slug.as_str());
    for advisory in advisories {
        let id = &advisory.record.id;
        let page = pages::advisory_page(input, policy, advisory.record).map_err(io::Error::other)?;
        put(&format!("{slug}/advisories/{id}/index.html"), page.as_bytes())?;
        for document in &advisory.documents {
            put(&format!("{slug}/advisories/{id}.{}", document.suffix), document.text.as_bytes())?;
        }
        for shelf in &mut shelves {
            shelf.add(input, advisory.record, &advisory.documents, put)?;
        }
    }
    let records: Vec<&Record> = advisories.iter().map(|advisory| advisory.record).collect();
    for number in 0..records.len().div_ceil(pages::PAGE).max(1) {
        let folder = match number {
            0 => String::new(),
            other => format!("page-{}/", other + 1),
        };
        let page = pages::list(input, policy, &records, number).map_err(io::Error::other)?;
        put(&format!("{slug}/advisories/{folder}index.html"), page.as_bytes())?;
    }
    let page = pages::policy(input, program, &records).map_err(io::Error::other)?;
    put(&format!("{slug}/index.html"), page.as_bytes())?;
    let own = Subject { name: &policy.program.name, path: "advisories" };
    print_feeds(input, policy, &own, &records, put)?;
    for product in products::of(&records) {
        let page = pages::product(input, policy, &product).map_err(io::Error::other)?;
        put(&format!("{slug}/products/{}/index.html", product.slug), page.as_bytes())?;
        let path = format!("products/{}", product.slug);
        print_feeds(input, policy, &Subject { name: product.name, path: &path }, &product.records, put)?;
    }
    places::other_names(input, policy, &records, put)?;
    if let Some(page) = record::closed(input, policy).map_err(io::Error::other)? {
        put(&format!("{slug}/closed/index.html"), page.as_bytes())?;
    }
    if let Some(page) = record::thanks(input, policy, &records).map_err(io::Error::other)? {
        put(&format!("{slug}/thanks/index.html"), page.as_bytes())?;
    }
    if let Some(figures) = record::figures_of(input, policy) {
        put(
            &format!("{slug}/record/index.html"),
            record::page(input, policy, figures).map_err(io::Error::other)?.as_bytes(),
        )?;
        put(&format!("{slug}/record.json"), &record::json(policy, figures)?)?;
    }
    put(&format!("{slug}/policy.json"), &pretty(&render::json(policy))?)?;
    let changed = program.since.unwrap_or(input.now).to_zoned(TimeZone::UTC).date();
    if let Some(insights) = render::security_insights(policy, Some(&input.base_url), changed) {
        put(&format!("{slug}/security-insights.yml"), insights.as_bytes())?;
    }
    put(&format!("{slug}/SECURITY.md"), render::security_md(policy, Some(&input.base_url)).as_bytes())?;
    let canonical = format!("{}/{slug}/security.txt", input.base_url);
    let mut contact = contact_file(input, &[program], canonical);
    if let Some(key) = &program.key {
        put(&format!("{slug}/openpgp.asc"), key.certificate.to_armor().as_bytes())?;
        contact = key.signed(contact, input.now);
    }
    put(&format!("{slug}/security.txt"), contact.as_bytes())?;
    Ok(shelves)
}

/// The keys where mail programs look for them, by each address that a key carries and its program takes mail under.
fn print_keys(input: &Input, put: Put<'_>) -> io::Result<()> {
    let mut keys = Vec::new();
    for program in &input.programs {
        let address = program.policy.channels.email.as_deref();
        let contacts = program.policy.contacts.iter().filter(|contact| contact.public).map(|it| it.email.as_str());
        let Some(key) = &program.key else { continue };
        for address in address.into_iter().chain(contacts).filter(|it| key.certificate.names(it, input.now)) {
            keys.extend(wkd::places(address).map(|places| (places, key.certificate.to_bytes())));
        }
    }
    let domains: BTreeSet<&str> = keys.iter().map(|(places, _)| places.domain.as_str()).collect();
    let host = input.base_url.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next()).unwrap_or_default();
    for domain in &domains {
        put(&format!(".well-known/openpgpkey/{domain}/policy"), b"")?;
    }
    // What belongs to no domain can serve one only.
    let direct = |domain: &str| domain == host || domains.len() == 1;
    if domains.iter().any(|domain| direct(domain)) {
        put(".well-known/openpgpkey/policy", b"")?;
    }
    let mut taken = BTreeSet::new();
    for (places, bytes) in &keys {
        if taken.insert(&places.advanced) {
            put(&format!(".well-known/openpgpkey/{}", places.advanced), bytes)?;
        }
        if direct(&places.domain) && taken.insert(&places.direct) {
            put(&format!(".well-known/openpgpkey/{}", places.direct), bytes)?;
        }
    }
    Ok(())
}

fn print_feeds(
    input: &Input,
    policy: &Policy,
    subject: &Subject<'_>,
    records: &[&Record],
    put: Put<'_>,
) -> io::Result<()> {
    let slug = &policy.program.slug;
    let (atom, json) = feed::paths(subject);
    let text = feed::atom(&input.base_url, policy, subject, records, input.now);
    put(&format!("{slug}/{atom}"), text.as_bytes())?;
    put(&format!("{slug}/{json}"), &pretty(&feed::json(&input.base_url, policy, subject, records))?)
}

fn print_root(input: &Input, counts: &[usize], put: Put<'_>) -> io::Result<()> {
    put("index.html", pages::programs(input, counts).map_err(io::Error::other)?.as_bytes())?;
    put("404.html", pages::not_found().map_err(io::Error::other)?.as_bytes())?;
    for asset in assets::all() {
        put(&format!("assets/{}", asset.name), asset.bytes)?;
    }
    let programs: Vec<&Program> = input.programs.iter().collect();
    if !programs.is_empty() {
        let canonical = format!("{}/.well-known/security.txt", input.base_url);
        let mut contact = contact_file(input, &programs, canonical);
        // One key speaks for one program.
        if let [Program { key: Some(key), .. }] = &programs[..] {
            contact = key.signed(contact, input.now);
        }
        put(".well-known/security.txt", contact.as_bytes())?;
    }
    print_keys(input, put)?;
    if !input.keys.is_empty() {
        let keys = serde_json::json!({ "proof-of-receipt": { "algorithm": "Ed25519", "programs": input.keys } });
        put(".well-known/candor-keys.json", &pretty(&keys)?)?;
    }
    put("policy-1.schema.json", &pretty(&render::json_schema())?)?;
    let robots = "User-agent: *\nDisallow: /desk\nDisallow: /receipt\nDisallow: /api\n";
    put("robots.txt", format!("{robots}\nSitemap: {}/sitemap.xml\n", input.base_url).as_bytes())
}

/// `security.txt` for these programs. Without TLS the addresses of this host are left out: web addresses in it begin
/// with `https` (RFC 9116, 2.4).
fn contact_file(input: &Input, programs: &[&Program], canonical: String) -> String {
    let policies: Vec<&Policy> = programs.iter().map(|program| &*program.policy).collect();
    let mut file = render::security_txt_of(&policies, &input.base_url, expires(input.now));
    file.canonical = vec![canonical];
    file.csaf = vec![provider::metadata_url(&input.base_url)];
    for program in programs {
        let Some(key) = &program.key else { continue };
        let slug = &program.policy.program.slug;
        let address = format!("{}/{slug}/openpgp.asc", input.base_url);
        if input.base_url.starts_with("https://") {
            file.encryption.insert(0, address);
        } else {
            file.encryption.insert(0, format!("openpgp4fpr:{}", key.certificate.fingerprint().to_lowercase()));
        }
    }
    for list in [&mut file.contact, &mut file.policy, &mut file.canonical, &mut file.encryption, &mut file.csaf] {
        list.retain(|address| !address.starts_with("http://"));
    }
    if file.contact.is_empty() {
        file.contact = policies
            .iter()
            .filter_map(|policy| policy.contacts.first())
            .map(|contact| format!("mailto:{}", contact.email))
            .collect();
    }
    security_txt::print(&file)
}

/// JSON for people and programs, with a line break at its end.
pub(super) fn pretty(value: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(io::Error::other)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Eleven months from the beginning of this month: less than a year ahead (RFC 9116, 2.5.5), and the same all month.
fn expires(now: Timestamp) -> Timestamp {
    let month = now.to_zoned(TimeZone::UTC).date().first_of_month();
    month.checked_add(11.months()).and_then(|date| date.to_zoned(TimeZone::UTC)).map_or(now, |then| then.timestamp())
}

/// Whether a text can be one part of a path without meaning anything else.
pub(super) fn is_path_part(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && text.len() <= 128
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+'))
}
