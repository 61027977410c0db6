//! The public tree: built at start when it is missing, and anew when an advisory or a policy changed.

use jiff::Timestamp;
use tracing::{error, info};

use crate::app::App;
use crate::error::Error;
use crate::program_keys;
use crate::publish::{self, Built, bucket};
use crate::store::{advisories, closed_reports, figures, programs, public_decisions};
use crate::watch;

/// Remembers what the tree in place was built from.
#[derive(Debug, Default)]
pub struct Pages {
    built_from: Option<Sources>,
    /// What lies in the bucket, where there is one.
    uploaded: bucket::Uploaded,
    /// Whether the bucket is behind.
    is_behind: bool,
}

/// Everything the tree depends on, in short: equal sources give an equal tree.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sources {
    advisories: (i64, Option<i64>),
    closed: (i64, Option<i64>),
    decisions: (i64, Option<i64>),
    figures: Option<i64>,
    policies: Vec<(String, i64)>,
    /// Programs whose intake is paused now: their page says so.
    paused: Vec<(String, String)>,
    /// Fingerprints and ends of the programs' OpenPGP keys.
    keys: Vec<(String, Option<Timestamp>)>,
    /// `security.txt` carries a date by which it must be renewed.
    day: String,
}

/// Builds the public tree from what is published now, and swaps it in.
///
/// # Errors
/// When the store cannot be read or the folder cannot be written; the old tree stays in place then.
pub async fn build_tree(app: &App) -> Result<Built, Error> {
    publish::build(app).await
}

impl Pages {
    /// Builds the tree when something public changed since the last round or the tree is missing.
    ///
    /// # Errors
    /// As [`build_tree`].
    pub async fn round(&mut self, app: &App) -> Result<Option<Built>, Error> {
        watch::figures::refresh(app).await?;
        let found = sources(app).await?;
        if self.built_from.as_ref() == Some(&found) && app.config.public.exists() {
            if self.is_behind {
                self.upload(app).await;
            }
            return Ok(None);
        }
        app.reload_programs().await?;
        let built = build_tree(app).await?;
        self.built_from = Some(found);
        self.upload(app).await;
        Ok(Some(built))
    }

    /// Brings the bucket up to date. When that fails, the next round tries again; the tree is in place all the same.
    async fn upload(&mut self, app: &App) {
        let Some(to) = &app.config.bucket else { return };
        match bucket::upload(&app.config.public, to, &mut self.uploaded).await {
            Ok((put, gone)) => {
                self.is_behind = false;
                info!(put, gone, "the bucket holds the public tree");
            }
            Err(why) => {
                self.is_behind = true;
                error!(cause = %why, "the public tree could not be put into the bucket; it is tried again");
            }
        }
    }
}

async fn sources(app: &App) -> Result<Sources, Error> {
    let policies = programs::latest(&app.store).await?;
    let mut keys = Vec::new();
    for policy in app.programs() {
        let key = program_keys::current(app, &policy.program.slug).await?;
        keys.extend(key.map(|key| (key.fingerprint(), key.view(app.now()).expires)));
        let sealed_to = program_keys::recipients::fingerprints(app, &policy.program.slug).await?;
        keys.extend(sealed_to.into_iter().map(|print| (print, None)));
    }
    Ok(Sources {
        keys,
        advisories: advisories::newest_change(&app.store).await?,
        closed: closed_reports::changes(&app.store).await?,
        decisions: public_decisions::changes(&app.store).await?,
        figures: figures::changed(&app.store).await?,
        policies: policies.into_iter().map(|row| (row.slug, row.version)).collect(),
        paused: paused(app),
        day: day(app.now()),
    })
}

fn paused(app: &App) -> Vec<(String, String)> {
    let now = app.now();
    let of = |policy: std::sync::Arc<candor_core::policy::Policy>| {
        Some((policy.program.slug.0.clone(), policy.pause_at(now)?.until.clone()))
    };
    app.programs().into_iter().filter_map(of).collect()
}

fn day(now: Timestamp) -> String {
    now.strftime("%F").to_string()
}
