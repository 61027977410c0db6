//! The public tree: everything that is public, as plain files that `candor serve` and any web server can give out.
//!
//! The folder (`--public`) is a link to a tree; a new tree is written beside it and the link turned in one step, so a
//! reader sees the old one or the new one and never half. An address without a suffix is a folder with an `index.html`:
//!
//! ```text
//! # nginx
//! root /var/lib/candor/public;
//! location / { try_files $uri $uri/index.html =404; }
//! ```

pub mod csaf; // directories, feeds and hashes of a CSAF provider
pub mod dependencies; // decisions about packages of others
pub mod dumps; // archives of everything
pub mod feed; // Atom and JSON Feed
pub mod others; // files of no single advisory, written where what they are made of is new
pub mod places; // the map of the site, other names of an advisory
pub mod products; // the advisories of one product
pub mod record; // promises kept, closed reports, thanks
pub mod pages; // records and policies as pages for people
pub mod bucket; // the tree in an object store
pub mod checked; // which records are known to be right
pub mod tree; // records and policies to files
pub mod swap; // a whole folder, put in place in one step

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use candor_core::id::ProgramSlug;
use candor_formats::advisory::Record;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tracing::{error, info};

use crate::app::App;
use crate::error::Error;
use crate::openpgp::sign;
use crate::program_keys;
use crate::proof;
use crate::store::{advisories, closed_reports, programs, public_decisions};
use crate::watch;
pub use crate::watch::held::Held;
use crate::web::views::assets;

/// What the builds of a public folder leave for the next one, while this process runs.
#[derive(Default)]
struct Kept {
    /// Everything that every page of an advisory depends on: when it changes, all is made anew.
    around: tree::Hash,
    /// What was made of each record, and which are known to be right.
    memory: tree::Memory,
    /// Published records by id, with the time of their last change.
    records: BTreeMap<String, (i64, tree::Published)>,
    /// The newest tree and the one before, with what lies in each, and when it came into place.
    trees: Vec<(OsString, tree::Lies, Instant)>,
}

impl Kept {
    /// How long until the tree of before the one in place may be brought up to date, where there is one.
    fn until_left(&self, rest: Duration) -> Option<Duration> {
        match &self.trees[..] {
            [(_, _, turned), _, ..] => Some(rest.saturating_sub(turned.elapsed())),
            _ => None,
        }
    }
}

/// One tree at a time, so that an older one never replaces a newer.
static BUILDING: Mutex<BTreeMap<PathBuf, Kept>> = Mutex::const_new(BTreeMap::new());
/// A record that was written this long before the newest may not have been seen yet: transactions end in any order.
const OVERLAP: i64 = 600_000_000;
/// From this many records on a tree that was left a moment ago is waited for: to write a new one takes longer.
const WORTH_WAITING: usize = 500;

/// What was built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Built {
    /// Advisories in the tree.
    pub advisories: usize,
    /// Files in the tree.
    pub files: usize,
    /// Advisories that are not in it, because a document of theirs would be wrong.
    pub held: Vec<Held>,
}

/// The program's OpenPGP key, while it stands and the desk is not locked.
async fn key_of(app: &App, program: &ProgramSlug) -> Result<Option<tree::PublicKey>, Error> {
    if app.keys().is_err() {
        return Ok(None);
    }
    Ok(program_keys::signer(app, program).await?.map(|signer| {
        let certificate = signer.certificate();
        let ends = certificate.view(app.now()).expires;
        tree::PublicKey { certificate, signer, ends }
    }))
}

/// Documents of this host are signed by one key: the first program's that has one.
fn signer(key: &tree::PublicKey, at: Timestamp) -> csaf::Signer {
    let secret = key.signer.clone();
    csaf::Signer {
        fingerprint: key.certificate.fingerprint().to_lowercase(),
        public_key: key.certificate.to_armor(),
        sign: Arc::new(move |bytes| sign::detached(&secret, bytes, at).map_err(|why| why.to_string())),
    }
}

/// Builds the tree from what is published now, and puts it in place. Only what changed is checked and written again: the
/// tree before the one in place is brought up to date and takes its turn.
///
/// # Errors
/// When the store cannot be read, or the folder cannot be written; the old tree stays in place then.
pub async fn build(app: &App) -> Result<Built, Error> {
    let mut building = BUILDING.lock().await;
    let place = app.config.public.clone();
    let mut kept = building.remove(&place).unwrap_or_default();
    let mut held = read(app, &mut kept).await?;
    let since: BTreeMap<String, Timestamp> = programs::latest(&app.store)
        .await?
        .into_iter()
        .filter_map(|row| Some((row.slug, Timestamp::from_microsecond(row.at).ok()?)))
        .collect();
    let mut programs = Vec::new();
    for policy in app.programs() {
        let version = app.policy_in_force(&policy.program.slug).map_or(1, |(version, _)| version);
        let since = since.get(policy.program.slug.as_str()).copied();
        let key = key_of(app, &policy.program.slug).await?;
        let sealed_to = program_keys::recipients::fingerprints(app, &policy.program.slug).await?;
        programs.push(tree::Program { policy, version, since, key, sealed_to });
    }
    let signer = programs.iter().find_map(|program| program.key.as_ref()).map(|key| signer(key, app.now()));
    let keys = match app.keys() {
        Ok(keys) => app
            .programs()
            .iter()
            .map(|policy| {
                let program = policy.program.slug.as_str();
                Ok((program.to_owned(), proof::public_key(keys.root(), program)?))
            })
            .collect::<Result<_, Error>>()?,
        // A tree that is built while the desk is locked has no keys to show.
        Err(_) => BTreeMap::new(),
    };
    let mut records: Vec<(i64, tree::Published)> = kept.records.values().cloned().collect();
    records.sort_by(|(a, one), (b, other)| (a, &one.record.id).cmp(&(b, &other.record.id)));
    let rest = app.config.tree_rest;
    if let Some(left) = kept.until_left(rest).filter(|left| !left.is_zero() && records.len() > WORTH_WAITING) {
        tokio::time::sleep(left).await;
    }
    let input = tree::Input {
        keys,
        base_url: app.config.base_url.clone(),
        programs,
        records: records.into_iter().map(|(_, published)| published).collect(),
        closed: closed_reports::all(&app.store).await?,
        decisions: public_decisions::all(&app.store).await?,
        figures: watch::figures::all(app).await?,
        now: app.now(),
        engine_version: env!("CARGO_PKG_VERSION"),
        demo: app.config.demo,
        signer,
        place: place.clone(),
    };
    let (mut built, kept) =
        tokio::task::spawn_blocking(move || write(&input, &mut kept, rest).map(|built| (built, kept)))
            .await
            .map_err(Error::internal)?
            .map_err(Error::internal)?;
    building.insert(place, kept);
    drop(building);
    built.held.append(&mut held);
    for advisory in &built.held {
        error!(
            advisory = advisory.id,
            finding = advisory.findings.first().map_or("", String::as_str),
            findings = advisory.findings.len(),
            "an advisory is held back from the public tree"
        );
    }
    watch::held::keep(app, &built.held).await?;
    info!(advisories = built.advisories, files = built.files, held = built.held.len(), "the public tree is in place");
    Ok(built)
}

/// Reads what was published or changed since the last build. Gives the records that cannot be read.
async fn read(app: &App, kept: &mut Kept) -> Result<Vec<Held>, Error> {
    let (count, newest) = advisories::newest_change(&app.store).await?;
    let known = kept.records.values().map(|(at, _)| *at).max();
    let mut rows = match known {
        Some(known) => advisories::changed_since(&app.store, known - OVERLAP).await?,
        None => Vec::new(),
    };
    let added = rows.iter().filter(|row| !kept.records.contains_key(&row.id)).count();
    let is_whole = usize::try_from(count).is_ok_and(|count| count == kept.records.len() + added) && newest.is_some();
    if known.is_none() || !is_whole {
        kept.records.clear();
        rows = advisories::all(&app.store).await?;
    }
    let mut held = Vec::new();
    for row in rows {
        match serde_json::from_str::<Record>(&row.record) {
            Ok(record) => {
                let hash = tree::hash(row.record.as_bytes());
                kept.records.insert(row.id, (row.modified_at, tree::Published::new(&row.program, record, hash)));
            }
            Err(why) => {
                kept.records.remove(&row.id);
                held.push(Held {
                    id: row.id,
                    program: row.program,
                    findings: vec![format!("the record cannot be read: {why}")],
                });
            }
        }
    }
    Ok(held)
}

/// Writes the tree and turns the link to it.
fn write(input: &tree::Input, kept: &mut Kept, rest: Duration) -> io::Result<Built> {
    let place = input.place.clone();
    let around = around(input);
    if kept.around != around {
        kept.memory.made.clear();
        kept.trees.clear();
        kept.around = around;
    }
    let in_place = std::fs::read_link(&place).ok().map(PathBuf::into_os_string);
    if kept.trees.first().map(|(name, ..)| name) != in_place.as_ref() {
        kept.trees.clear();
    }
    let known = checked::file(&place, input.engine_version);
    if kept.memory.checked.is_empty() {
        kept.memory.checked = known.read();
    }
    // The newest came into place when the one before it was left.
    let former = if kept.until_left(rest).is_some_and(|left| left.is_zero()) { kept.trees.pop() } else { None };
    let mut attempt = |former: Option<(OsString, tree::Lies, Instant)>| {
        let (name, before) = former.map(|(name, lies, _)| (name, lies)).unzip();
        let before = before.unwrap_or_default();
        swap::write(&place, name.as_deref(), |into| {
            tree::print(input, into, &before, &mut kept.memory)?
                .ok_or_else(|| io::Error::other("the tree of before holds what is not public any more"))
        })
    };
    let is_new = former.is_none();
    let ((built, lies), name) = match attempt(former) {
        // Whatever stood in the way of bringing the former one up to date, a new tree is written whole.
        Err(_) if !is_new => attempt(None)?,
        done => done?,
    };
    kept.trees.insert(0, (name, lies, Instant::now()));
    kept.trees.truncate(2);
    let now: HashSet<tree::Hash> = input.records.iter().map(|published| published.hash).collect();
    kept.memory.made.retain(|hash, _| now.contains(hash));
    kept.memory.checked.retain(|hash| now.contains(hash));
    known.add(&std::mem::take(&mut kept.memory.just_checked));
    Ok(built)
}

/// What every page of an advisory depends on besides its record.
fn around(input: &tree::Input) -> tree::Hash {
    let programs: Vec<String> =
        input.programs.iter().map(|program| format!("{} {}", program.policy.program.slug, program.version)).collect();
    let signer = input.signer.as_ref().map_or("", |signer| signer.fingerprint.as_str());
    let style = [assets::url("candor.css"), assets::url("candor.js")].join(" ");
    let all = [&input.base_url, input.engine_version, &programs.join(","), signer, &style].join("\n");
    tree::hash(format!("{all}\n{}", input.demo).as_bytes())
}
