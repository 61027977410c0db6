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
pub mod dumps; // archives of everything
pub mod feed; // Atom and JSON Feed
pub mod places; // the map of the site, other names of an advisory
pub mod products; // the advisories of one product
pub mod record; // promises kept, closed reports, thanks
pub mod pages; // records and policies as pages for people
pub mod tree; // records and policies to files
pub mod swap; // a whole folder, put in place in one step

use std::collections::BTreeMap;
use std::sync::Arc;

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
use crate::store::{advisories, closed_reports, programs};
use crate::watch;
pub use crate::watch::held::Held;

/// One tree at a time, so that an older one never replaces a newer.
static BUILDING: Mutex<()> = Mutex::const_new(());

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

/// Builds the tree from what is published now, and puts it in place.
///
/// # Errors
/// When the store cannot be read, or the folder cannot be written; the old tree stays in place then.
pub async fn build(app: &App) -> Result<Built, Error> {
    let _one = BUILDING.lock().await;
    let mut records = Vec::new();
    let mut held = Vec::new();
    for row in advisories::all(&app.store).await? {
        match serde_json::from_str::<Record>(&row.record) {
            Ok(record) => records.push((row.program, record)),
            Err(why) => held.push(Held {
                id: row.id,
                program: row.program,
                findings: vec![format!("the record cannot be read: {why}")],
            }),
        }
    }
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
        programs.push(tree::Program { policy, version, since, key });
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
    let input = tree::Input {
        keys,
        base_url: app.config.base_url.clone(),
        programs,
        records,
        closed: closed_reports::all(&app.store).await?,
        figures: watch::figures::all(app).await?,
        now: app.now(),
        engine_version: env!("CARGO_PKG_VERSION"),
        demo: app.config.demo,
        signer,
    };
    let place = app.config.public.clone();
    let mut built = tokio::task::spawn_blocking(move || swap::replace(&place, |put| tree::print(&input, put)))
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)?;
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
