//! Records and policies to files. A function of what it is given: no store, no clock, no network.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use candor_core::policy::{Policy, render};
use candor_formats::advisory::{self, Record, Tlp};
use candor_formats::csaf::{self, Profile};
use candor_formats::{osv, security_txt, zip};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::csaf::{Listed, Shelf, Shelves, Signer};
use super::dumps::{Dumps, Piece};
use super::feed::Subject;
use super::others::{Known, Others};
use super::swap::{Put, Tree};
use super::{Built, Held, csaf as provider, dependencies, feed, pages, places, products, record};
use crate::openpgp::{Certificate, Secret, sign, wkd};
use crate::store::closed_reports::ClosedReport;
use crate::store::public_decisions::PublicDecision;
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
    /// Public decisions about dependencies, the newest first.
    pub decisions: Vec<PublicDecision>,
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
    pub program: Arc<str>,
    /// The record.
    pub record: Arc<Record>,
    /// Hash of the record as it is stored.
    pub hash: Hash,
    /// Its place below the tree, without a suffix: `store/advisories/STORE-1`.
    place: Arc<str>,
    /// Names of its CSAF documents.
    files: Arc<[String; 2]>,
}

impl Published {
    /// A record of a program, with the hash of how it is stored.
    pub fn new(program: &str, record: Record, hash: Hash) -> Self {
        let place = format!("{program}/advisories/{}", record.id).into();
        let files = [Profile::SecurityAdvisory, Profile::Vex]
            .map(|profile| csaf::file_name(&csaf::tracking_id(&record, profile)));
        Self { program: program.into(), record: Arc::new(record), hash, place, files: Arc::new(files) }
    }
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
    /// Fingerprints of the certificates that reports can be sealed to.
    pub sealed_to: Vec<String>,
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
#[derive(Debug)]
pub struct Made {
    /// Its documents in the CSAF directories.
    listed: [Vec<Listed>; 2],
    /// Its OSV record for the archives.
    osv: Piece,
    /// Products that it names: the part of an address, and the name.
    pub(super) products: Vec<(String, String)>,
    /// How many files it has.
    files: usize,
}

/// What became of an advisory: what is made of it, or why it is held back.
pub type Outcome = Result<Arc<Made>, Vec<String>>;

/// What a build finds and leaves for the next one.
#[derive(Debug, Default)]
pub struct Memory {
    /// By hash of the record: what was made of it.
    pub made: HashMap<Hash, Outcome>,
    /// Records that were checked and found right by this version.
    pub checked: HashSet<Hash>,
    /// Those of them that were checked just now.
    pub just_checked: Vec<Hash>,
}

/// What lies in a tree.
#[derive(Debug, Default)]
pub struct Lies {
    /// Advisories by their place, with the hash of their record.
    advisories: HashMap<Arc<str>, Hash>,
    others: Known,
}

/// An advisory on its way into the tree.
#[derive(Debug)]
pub struct Going<'a> {
    /// Its record.
    pub of: &'a Published,
    /// What is made of it.
    pub made: Arc<Made>,
}

/// Prints every file of the tree that is not there already; `before` is what lies in it. An advisory whose documents would
/// be wrong is left out and named in the answer. `None` where the tree holds what is not public any more: then it cannot be
/// brought up to date.
///
/// # Errors
/// What writing fails with.
pub fn print(input: &Input, tree: &Tree, before: &Lies, memory: &mut Memory) -> io::Result<Option<(Built, Lies)>> {
    let mut built = Built::default();
    let mut taken = HashSet::new();
    let mut lies = Lies::default();
    let mut programs = Vec::new();
    for program in &input.programs {
        let slug = program.policy.program.slug.as_str();
        if !is_path_part(slug) {
            programs.push((program, Vec::new()));
            continue;
        }
        let advisories: Vec<(&Published, Result<(), String>)> = input
            .records
            .iter()
            .filter(|of| &*of.program == slug)
            .map(|of| (of, may_lie_there(of, &mut taken)))
            .collect();
        let outcomes = make_all(input, &program.policy, &advisories, tree, before, memory);
        let mut going = Vec::with_capacity(advisories.len());
        for ((of, _), outcome) in advisories.into_iter().zip(outcomes) {
            match outcome? {
                Ok(made) => {
                    built.files += made.files;
                    lies.advisories.insert(of.place.clone(), of.hash);
                    going.push(Going { of, made });
                }
                Err(findings) => {
                    built.held.push(Held { id: of.record.id.clone(), program: slug.to_owned(), findings });
                }
            }
        }
        going.sort_by(|a, b| (b.of.record.published, &b.of.record.id).cmp(&(a.of.record.published, &a.of.record.id)));
        built.advisories += going.len();
        programs.push((program, going));
    }
    if before.advisories.keys().any(|place| !lies.advisories.contains_key(place)) {
        return Ok(None);
    }
    let others = Others::new(tree, &before.others);
    print_others(input, &programs, &others)?;
    lies.others = others.finish()?;
    built.files += lies.others.len();
    Ok(Some((built, lies)))
}

/// Prints what belongs to no single advisory, on several cores.
fn print_others(input: &Input, programs: &[(&Program, Vec<Going<'_>>)], others: &Others<'_>) -> io::Result<()> {
    let put = |path: &str, bytes: &[u8]| others.put(path, bytes);
    let counts: Vec<usize> = programs.iter().map(|(_, going)| going.len()).collect();
    let shown: Vec<&(&Program, Vec<Going<'_>>)> =
        programs.iter().filter(|(program, _)| is_path_part(program.policy.program.slug.as_str())).collect();
    std::thread::scope(|scope| {
        let lists = scope.spawn(|| {
            let mut all = Vec::new();
            for (program, going) in &shown {
                let [old, new] = Shelf::both(program.policy.program.slug.as_str());
                let of = |edition: usize| going.iter().flat_map(|going| &going.made.listed[edition]).collect();
                all.push(Shelves {
                    policy: &program.policy,
                    since: program.since.unwrap_or(input.now),
                    shelves: [(old, of(0)), (new, of(1))],
                    records: going.iter().map(|going| &going.of.hash).collect(),
                });
            }
            provider::print(input, &all, others)
        });
        let archives = scope.spawn(|| {
            let mut dumps = Dumps::default();
            for (program, going) in &shown {
                for going in going {
                    dumps.add(program.policy.program.slug.as_str(), &going.made.osv, going.of.hash);
                }
            }
            dumps.print(others)?;
            print_root(input, &counts, others)
        });
        // Where everything is, for search engines.
        let mut map = vec![(String::new(), None)];
        for (program, going) in &shown {
            print_program(input, program, going, others)?;
            for going in going {
                let day = going.of.record.modified.strftime("%Y-%m-%d").to_string();
                map.push((going.of.place.to_string(), Some(day)));
            }
            let slug = program.policy.program.slug.as_str();
            map.extend([(slug.to_owned(), None), (format!("{slug}/advisories"), None)]);
        }
        places::sitemap(&input.base_url, &map, others)?;
        print_keys(input, &put)?;
        for part in [lists, archives] {
            part.join().map_err(|_| io::Error::other("a part of the tree could not be written"))??;
        }
        Ok(())
    })
}

/// Whether an advisory can lie in the tree by its name and its label.
fn may_lie_there<'a>(of: &'a Published, taken: &mut HashSet<&'a str>) -> Result<(), String> {
    let record = &of.record;
    if record.tlp != Tlp::Clear {
        return Err(format!("tlp: {} is not for everybody, and the public tree is", record.tlp.label()));
    }
    if !is_path_part(&record.id) {
        return Err("id: it cannot be part of an address".to_owned());
    }
    if !of.files.iter().all(|name| taken.insert(name)) {
        return Err("id: another advisory has the same file name".to_owned());
    }
    Ok(())
}

/// Makes what is not made yet of a program's advisories, on all cores.
fn make_all(
    input: &Input,
    policy: &Policy,
    advisories: &[(&Published, Result<(), String>)],
    tree: &Tree,
    before: &Lies,
    memory: &mut Memory,
) -> Vec<io::Result<Outcome>> {
    let shelves = Shelf::both(policy.program.slug.as_str());
    let mut outcomes: Vec<Option<io::Result<Outcome>>> = advisories
        .iter()
        .map(|(of, may)| match may {
            Err(why) => Some(Ok(Err(vec![why.clone()]))),
            Ok(()) => match memory.made.get(&of.hash)? {
                Ok(made) if before.advisories.get(&of.place) == Some(&of.hash) => Some(Ok(Ok(made.clone()))),
                Ok(_) => None,
                Err(findings) => Some(Ok(Err(findings.clone()))),
            },
        })
        .collect();
    let open: Vec<usize> = (0..outcomes.len()).filter(|place| outcomes[*place].is_none()).collect();
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, io::Result<Outcome>)>> = Mutex::new(Vec::with_capacity(open.len()));
    let known: &Memory = memory;
    let work = || {
        while let Some(place) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = make(input, policy, &shelves, advisories[*place].0, tree, before, known);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((*place, outcome));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    if open.len() < 16 || threads == 1 {
        work();
    } else {
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    }
    for (place, outcome) in done.into_inner().unwrap_or_else(PoisonError::into_inner) {
        if let Ok(outcome) = &outcome {
            let hash = advisories[place].0.hash;
            if outcome.is_ok() && memory.checked.insert(hash) {
                memory.just_checked.push(hash);
            }
            memory.made.insert(hash, outcome.clone());
        }
        outcomes[place] = Some(outcome);
    }
    let lost = || Err(io::Error::other("an advisory was not made"));
    outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(lost)).collect()
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
    let (record, own) = (&*of.record, &*of.place);
    let lies_there = before.advisories.get(own) == Some(&of.hash);
    if !lies_there && before.advisories.contains_key(own) {
        // The one file that an edition may have and the next one not.
        tree.remove(&format!("{own}.cve.json"))?;
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
    let link = |path: &str, other: &str| {
        files.fetch_add(1, Ordering::Relaxed);
        if lies_there { Ok(()) } else { tree.link(path, other) }
    };
    let page = pages::advisory_page(input, policy, record).map_err(io::Error::other)?;
    put(&format!("{own}/index.html"), page.as_bytes())?;
    for document in &documents {
        put(&format!("{own}.{}", document.suffix), document.text.as_bytes())?;
    }
    let [old, new] = shelves;
    let listed = [
        old.write(input, record, (own, &documents), &put, &link)?,
        new.write(input, record, (own, &documents), &put, &link)?,
    ];
    let osv = documents.iter().find(|document| document.suffix == "osv.json");
    let osv = osv.map_or(&b""[..], |document| document.text.as_bytes());
    let ecosystems = record.products.iter().filter_map(|product| product.osv_ecosystem());
    let ecosystems =
        ecosystems.filter(|name| osv::is_ecosystem(name)).map(|name| name.split(':').next().unwrap_or(name).to_owned());
    Ok(Ok(Arc::new(Made {
        listed,
        osv: Piece {
            file: Arc::new(zip::File::new(format!("{}.json", osv::id_for(&record.id)), osv)?),
            ecosystems: ecosystems.collect(),
        },
        products: products::named(record),
        files: files.into_inner(),
    })))
}

/// A hash of bytes.
pub fn hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
    hash
}

fn print_program(input: &Input, program: &Program, advisories: &[Going<'_>], others: &Others<'_>) -> io::Result<()> {
    let policy = &program.policy;
    let slug = &policy.program.slug;
    let put = |path: &str, bytes: &[u8]| others.put(path, bytes);
    let records: Vec<&Record> = advisories.iter().map(|going| &*going.of.record).collect();
    let hashes: Vec<&Hash> = advisories.iter().map(|going| &going.of.hash).collect();
    let count = records.len().to_string();
    for number in 0..records.len().div_ceil(pages::PAGE).max(1) {
        let folder = match number {
            0 => String::new(),
            other => format!("page-{}/", other + 1),
        };
        let shown = hashes.iter().skip(number * pages::PAGE).take(pages::PAGE).copied();
        others.made_of(&format!("{slug}/advisories/{folder}index.html"), others.key(&[&count], shown), || {
            pages::list(input, policy, &records, number).map_err(io::Error::other)
        })?;
    }
    let page = pages::policy(input, program, &records).map_err(io::Error::other)?;
    put(&format!("{slug}/index.html"), page.as_bytes())?;
    let own = Subject { name: &policy.program.name, path: "advisories" };
    print_feeds(input, policy, &own, (&records, &hashes), others)?;
    for product in products::of(advisories) {
        let key = others.key(&[product.name], product.hashes.iter().copied());
        others.made_of(&format!("{slug}/products/{}/index.html", product.slug), key, || {
            pages::product(input, policy, &product).map_err(io::Error::other)
        })?;
        let path = format!("products/{}", product.slug);
        let subject = Subject { name: product.name, path: &path };
        print_feeds(input, policy, &subject, (&product.records, &product.hashes), others)?;
    }
    places::other_names(input, policy, advisories, others)?;
    let records = &records;
    if let Some(page) = record::closed(input, policy).map_err(io::Error::other)? {
        put(&format!("{slug}/closed/index.html"), page.as_bytes())?;
    }
    if let Some((page, vex)) = dependencies::of(input, policy).map_err(io::Error::other)? {
        put(&format!("{slug}/dependencies/index.html"), page.as_bytes())?;
        put(&format!("{slug}/dependencies.openvex.json"), &pretty(&vex)?)?;
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
    (records, hashes): (&[&Record], &[&Hash]),
    others: &Others<'_>,
) -> io::Result<()> {
    let slug = &policy.program.slug;
    let (atom, json) = feed::paths(subject);
    // An empty feed says when it was looked at.
    let empty = if records.is_empty() { input.now.to_string() } else { String::new() };
    let key = others.key(&[subject.name, &empty], hashes.iter().take(feed::LENGTH).copied());
    let (records, newest) = (&records[..records.len().min(feed::LENGTH)], input.now);
    others.made_of(&format!("{slug}/{atom}"), key, || {
        Ok(feed::atom(&input.base_url, policy, subject, records, newest))
    })?;
    others.made_of(&format!("{slug}/{json}"), key, || pretty(&feed::json(&input.base_url, policy, subject, records)))
}

fn print_root(input: &Input, counts: &[usize], others: &Others<'_>) -> io::Result<()> {
    let put = |path: &str, bytes: &[u8]| others.put(path, bytes);
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
    if !input.keys.is_empty() {
        let keys = serde_json::json!({ "proof-of-receipt": { "algorithm": "Ed25519", "programs": input.keys } });
        put(".well-known/candor-keys.json", &pretty(&keys)?)?;
    }
    others.made_of("policy-1.schema.json", others.key(&["schema"], []), || pretty(&render::json_schema()))?;
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
        let sealed_to = program.sealed_to.iter().map(|print| format!("openpgp4fpr:{}", print.to_lowercase()));
        file.encryption.extend(sealed_to);
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
