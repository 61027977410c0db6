//! Records and policies to files. A function of what it is given: no store, no clock, no network.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use candor_core::policy::{Policy, render};
use candor_formats::advisory::{self, Record, Tlp};
use candor_formats::csaf::provider::Entry;
use candor_formats::csaf::{self, Profile};
use candor_formats::{osv, security_txt};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::csaf::{Shelf, Shelves, Signer};
use super::dumps::Dumps;
use super::feed::Subject;
use super::swap::{Put, Tree};
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
    /// Published records.
    pub records: Vec<Published>,
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
    /// The public folder.
    pub place: PathBuf,
}

/// SHA-256.
pub type Hash = [u8; 32];

/// A published record.
#[derive(Debug, Clone)]
pub struct Published {
    /// Slug of its program.
    pub program: String,
    /// The record.
    pub record: Arc<Record>,
    /// Hash of the record as it is stored.
    pub hash: Hash,
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

/// What the tree needs to know of an advisory besides its record, once its files are written.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its documents in the CSAF directories.
    entries: [Vec<Entry>; 2],
    /// Its OSV record.
    osv: Arc<str>,
    /// How many files it has.
    files: usize,
}

/// What became of an advisory: what is made of it, or why it is held back.
pub type Outcome = Result<Made, Vec<String>>;

/// What a build finds and leaves for the next one.
#[derive(Debug, Default)]
pub struct Memory {
    /// By hash of the record: what was made of it.
    pub made: HashMap<Hash, Outcome>,
    /// Records that were checked and found right by this version.
    pub checked: HashSet<Hash>,
    /// What lies in the tree that is written now.
    pub lies: Lies,
}

/// What lies in a tree: advisories by program and id with the hash of their record, other files by path with theirs.
#[derive(Debug, Clone, Default)]
pub struct Lies {
    advisories: BTreeMap<(String, String), Hash>,
    others: BTreeMap<String, Hash>,
}

impl Lies {
    /// Whether every advisory of the tree is among these: else files would be left behind.
    pub fn holds_only(&self, input: &Input, held: &[Held]) -> bool {
        let now: BTreeSet<(&str, &str)> =
            input.records.iter().map(|of| (of.program.as_str(), of.record.id.as_str())).collect();
        self.advisories.keys().all(|(program, id)| {
            now.contains(&(program.as_str(), id.as_str()))
                && !held.iter().any(|held| held.program == *program && held.id == *id)
        })
    }
}

/// An advisory on its way into the tree.
struct Going<'a> {
    of: &'a Published,
    made: Made,
}

/// Prints every file of the tree that is not there already. An advisory whose documents would be wrong is left out and
/// named in the answer.
///
/// # Errors
/// What writing fails with.
pub fn print(input: &Input, tree: &Tree, memory: &mut Memory) -> io::Result<Built> {
    let mut built = Built::default();
    let mut counts = Vec::new();
    let mut all_shelves = Vec::new();
    let mut dumps = Dumps::default();
    let before = std::mem::take(&mut memory.lies);
    let lies = Mutex::new(Lies::default());
    // Files of no single advisory: written where their bytes are new.
    let other = |path: &str, bytes: &[u8]| {
        let hash = hash(bytes);
        if before.others.get(path) != Some(&hash) {
            tree.put(path, bytes)?;
        }
        lies.lock().unwrap_or_else(PoisonError::into_inner).others.insert(path.to_owned(), hash);
        Ok(())
    };
    // Where everything is, for search engines: known once it is written.
    let mut map = vec![(String::new(), None)];
    let mut taken = BTreeSet::new();
    for program in &input.programs {
        let slug = program.policy.program.slug.as_str();
        if !is_path_part(slug) {
            counts.push(0);
            continue;
        }
        let mut shelves = Shelf::both(slug);
        let of_program: Vec<(&Published, Result<(), String>)> = input
            .records
            .iter()
            .filter(|of| of.program == slug)
            .map(|of| (of, may_lie_there(&of.record, &mut taken)))
            .collect();
        let outcomes = make_all(input, &program.policy, &shelves, &of_program, tree, &before, memory);
        let mut going = Vec::new();
        for ((of, _), outcome) in of_program.into_iter().zip(outcomes) {
            match outcome? {
                Ok(made) => going.push(Going { of, made }),
                Err(findings) => {
                    built.held.push(Held { id: of.record.id.clone(), program: slug.to_owned(), findings });
                }
            }
        }
        going.sort_by(|a, b| (b.of.record.published, &b.of.record.id).cmp(&(a.of.record.published, &a.of.record.id)));
        for Going { of, made } in &going {
            let record = &of.record;
            let ecosystems = record.products.iter().filter_map(|product| product.osv_ecosystem());
            let ecosystems =
                ecosystems.filter(|name| osv::is_ecosystem(name)).map(|name| name.split(':').next().unwrap_or(name));
            dumps.add(slug, &osv::id_for(&record.id), ecosystems.collect(), &made.osv);
            let day = record.modified.strftime("%Y-%m-%d").to_string();
            map.push((format!("{slug}/advisories/{}", record.id), Some(day)));
            for (shelf, entries) in shelves.iter_mut().zip(&made.entries) {
                shelf.add(entries);
            }
            built.files += made.files;
            let mut lies = lies.lock().unwrap_or_else(PoisonError::into_inner);
            lies.advisories.insert((slug.to_owned(), record.id.clone()), of.hash);
        }
        map.extend([(slug.to_owned(), None), (format!("{slug}/advisories"), None)]);
        built.advisories += going.len();
        counts.push(going.len());
        let records: Vec<&Record> = going.iter().map(|going| &*going.of.record).collect();
        print_program(input, program, &records, &other)?;
        let since = program.since.unwrap_or(input.now);
        all_shelves.push(Shelves { policy: &program.policy, since, shelves });
    }
    provider::print(input, &all_shelves, &other)?;
    dumps.print(&other)?;
    places::sitemap(&input.base_url, &map, &other)?;
    print_root(input, &counts, &other)?;
    memory.lies = lies.into_inner().unwrap_or_else(PoisonError::into_inner);
    for path in before.others.keys().filter(|path| !memory.lies.others.contains_key(*path)) {
        tree.remove(path)?;
    }
    built.files += memory.lies.others.len();
    Ok(built)
}

/// Whether an advisory can lie in the tree by its name and its label.
fn may_lie_there(record: &Record, taken: &mut BTreeSet<String>) -> Result<(), String> {
    if record.tlp != Tlp::Clear {
        return Err(format!("tlp: {} is not for everybody, and the public tree is", record.tlp.label()));
    }
    if !is_path_part(&record.id) {
        return Err("id: it cannot be part of an address".to_owned());
    }
    let names =
        [Profile::SecurityAdvisory, Profile::Vex].map(|profile| csaf::file_name(&csaf::tracking_id(record, profile)));
    if !names.into_iter().all(|name| taken.insert(name)) {
        return Err("id: another advisory has the same file name".to_owned());
    }
    Ok(())
}

/// Makes what is not made yet of a program's advisories, on all cores.
fn make_all(
    input: &Input,
    policy: &Policy,
    shelves: &[Shelf; 2],
    advisories: &[(&Published, Result<(), String>)],
    tree: &Tree,
    before: &Lies,
    memory: &mut Memory,
) -> Vec<io::Result<Outcome>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, io::Result<Outcome>)>> = Mutex::new(Vec::with_capacity(advisories.len()));
    let known: &Memory = memory;
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some((of, may)) = advisories.get(place) else { return };
            let outcome = match may {
                Err(why) => Ok(Err(vec![why.clone()])),
                Ok(()) => make(input, policy, shelves, of, tree, before, known),
            };
            done.lock().unwrap_or_else(PoisonError::into_inner).push((place, outcome));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    if advisories.len() < 16 || threads == 1 {
        work();
    } else {
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    }
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    for (place, outcome) in &done {
        let (Some((of, Ok(()))), Ok(outcome)) = (advisories.get(*place), outcome) else { continue };
        if outcome.is_ok() {
            memory.checked.insert(of.hash);
        }
        memory.made.insert(of.hash, outcome.clone());
    }
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Writes the files of one advisory, unless they lie there, and says what the rest of the tree needs to know of it.
fn make(
    input: &Input,
    policy: &Policy,
    shelves: &[Shelf; 2],
    of: &Published,
    tree: &Tree,
    before: &Lies,
    memory: &Memory,
) -> io::Result<Outcome> {
    let record = &*of.record;
    let name = (of.program.clone(), record.id.clone());
    let lies_there = before.advisories.get(&name) == Some(&of.hash);
    if !lies_there && before.advisories.contains_key(&name) {
        // The one file that an edition may have and the next one not.
        tree.remove(&format!("{}/advisories/{}.cve.json", name.0, name.1))?;
    }
    match memory.made.get(&of.hash) {
        Some(Err(findings)) => return Ok(Err(findings.clone())),
        Some(Ok(made)) if lies_there => return Ok(Ok(made.clone())),
        _ => {}
    }
    let documents = match memory.checked.contains(&of.hash) {
        true => advisory::documents_again(record, input.engine_version),
        false => advisory::documents(record, input.engine_version),
    };
    let documents = match documents {
        Ok(documents) => documents,
        Err(findings) => return Ok(Err(findings)),
    };
    let files = AtomicUsize::new(0);
    let put = |path: &str, bytes: &[u8]| {
        files.fetch_add(1, Ordering::Relaxed);
        if lies_there { Ok(()) } else { tree.put(path, bytes) }
    };
    let (slug, id) = (&of.program, &record.id);
    let page = pages::advisory_page(input, policy, record).map_err(io::Error::other)?;
    put(&format!("{slug}/advisories/{id}/index.html"), page.as_bytes())?;
    for document in &documents {
        put(&format!("{slug}/advisories/{id}.{}", document.suffix), document.text.as_bytes())?;
    }
    let [old, new] = shelves;
    let entries = [old.write(input, record, &documents, &put)?, new.write(input, record, &documents, &put)?];
    let osv = documents.iter().find(|document| document.suffix == "osv.json");
    let osv = osv.map_or_else(|| Arc::from(""), |document| Arc::from(document.text.as_str()));
    Ok(Ok(Made { entries, osv, files: files.into_inner() }))
}

/// A hash of bytes.
pub fn hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
    hash
}

fn print_program(input: &Input, program: &Program, records: &[&Record], put: Put<'_>) -> io::Result<()> {
    let policy = &program.policy;
    let slug = &policy.program.slug;
    for number in 0..records.len().div_ceil(pages::PAGE).max(1) {
        let folder = match number {
            0 => String::new(),
            other => format!("page-{}/", other + 1),
        };
        let page = pages::list(input, policy, records, number).map_err(io::Error::other)?;
        put(&format!("{slug}/advisories/{folder}index.html"), page.as_bytes())?;
    }
    let page = pages::policy(input, program, records).map_err(io::Error::other)?;
    put(&format!("{slug}/index.html"), page.as_bytes())?;
    let own = Subject { name: &policy.program.name, path: "advisories" };
    print_feeds(input, policy, &own, records, put)?;
    for product in products::of(records) {
        let page = pages::product(input, policy, &product).map_err(io::Error::other)?;
        put(&format!("{slug}/products/{}/index.html", product.slug), page.as_bytes())?;
        let path = format!("products/{}", product.slug);
        print_feeds(input, policy, &Subject { name: product.name, path: &path }, &product.records, put)?;
    }
    places::other_names(input, policy, records, put)?;
    if let Some(page) = record::closed(input, policy).map_err(io::Error::other)? {
        put(&format!("{slug}/closed/index.html"), page.as_bytes())?;
    }
    if let Some(page) = record::thanks(input, policy, records).map_err(io::Error::other)? {
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
    put(&format!("{slug}/security.txt"), contact.as_bytes())
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
