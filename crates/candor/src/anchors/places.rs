//! Where anchors go: folders of other machines, buckets, web addresses, mailboxes. Each place gets the newest anchor until it has it.

use super::{Anchor, Fault, bucket, compare};
use crate::app::App;
use crate::config::AnchorPlace;
use crate::error::Error;
use crate::store::{Batch, Store, anchors as rows};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

/// How long a web address may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes that are read of an answer.
const MOST: usize = 16 * 1024;

/// A client that follows nobody elsewhere.
fn client() -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .map_err(Error::internal)
}

/// Takes the anchor of this hour and brings the newest one to every folder, bucket and web address that lacks it. Gives what is to
/// be mailed: the anchor and the mailboxes that lack it; [`delivered`] notes those that got it.
///
/// # Errors
/// As keys and store fail. A place that cannot be reached is logged, and tried again the next time.
pub async fn round(app: &App) -> Result<Option<(Anchor, Vec<AnchorPlace>)>, Error> {
    if app.config.anchors.is_empty() {
        return Ok(None);
    }
    super::take_if_due(&app.store, app.keys()?.root(), app.now()).await?;
    let Some(anchor) = newest(&app.store).await? else { return Ok(None) };
    let mut by_mail = Vec::new();
    for place in &app.config.anchors {
        if rows::sent_to(&app.store, &place.to_string()).await? >= anchor.number() {
            continue;
        }
        let put = match place {
            AnchorPlace::Folder(folder) => put_file(folder, &anchor).map_err(|why| why.to_string()),
            AnchorPlace::Web(url) => post(url, &anchor).await,
            AnchorPlace::Bucket(to) => bucket::put(to, &anchor).await,
            AnchorPlace::Mail(_) => {
                by_mail.push(place.clone());
                continue;
            }
        };
        match put {
            Ok(()) => delivered(app, place, &anchor).await?,
            Err(why) => tracing::error!(%place, why, "an anchor could not be put there and is tried again"),
        }
    }
    Ok(Some((anchor, by_mail)))
}

/// Notes that a place has an anchor.
///
/// # Errors
/// As the store fails.
pub async fn delivered(app: &App, place: &AnchorPlace, anchor: &Anchor) -> Result<(), Error> {
    let row = rows::sent_statement(&place.to_string(), anchor.number());
    Ok(app.store.commit(Batch::main(vec![row])).await?)
}

async fn newest(store: &Store) -> Result<Option<Anchor>, Error> {
    Ok(rows::last(store).await?.and_then(|row| Anchor::read(&row)))
}

/// One file for each anchor; none is ever written over.
fn put_file(folder: &Path, anchor: &Anchor) -> std::io::Result<()> {
    let name = format!("candor-anchor-{:09}.json", anchor.number());
    let text = serde_json::to_string_pretty(anchor).map_err(std::io::Error::other)?;
    let mut file = match std::fs::OpenOptions::new().write(true).create_new(true).open(folder.join(&name)) {
        // Written the last time, and cut off before that was noted.
        Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => {
            let there = read_file(&folder.join(&name));
            return if there.as_ref() == Some(anchor) { Ok(()) } else { Err(why) };
        }
        other => other?,
    };
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn read_file(file: &Path) -> Option<Anchor> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

async fn post(url: &str, anchor: &Anchor) -> Result<(), String> {
    let sent = client().map_err(|why| why.to_string())?.post(url).json(anchor).send().await;
    match sent {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("it answered {}", answer.status())),
        Err(why) => Err(why.without_url().to_string()),
    }
}

/// Every anchor that can be read back from a place, in order: all files of a folder, the newest of a bucket, what a web
/// address answers. A
/// mailbox is read by people: give such an anchor as a file.
pub async fn read_back(place: &AnchorPlace) -> Result<Vec<Anchor>, String> {
    match place {
        AnchorPlace::Folder(path) if path.is_file() => {
            read_file(path).map(|it| vec![it]).ok_or_else(|| format!("{} is no anchor", path.display()))
        }
        AnchorPlace::Folder(folder) => {
            let mut names: Vec<_> = std::fs::read_dir(folder)
                .map_err(|why| format!("{}: {why}", folder.display()))?
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| {
                    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("candor-anchor-"))
                })
                .collect();
            names.sort();
            Ok(names.iter().filter_map(|name| read_file(name)).collect())
        }
        AnchorPlace::Web(url) => {
            let answer = client().map_err(|why| why.to_string())?.get(url).send().await;
            let answer = answer.map_err(|why| why.without_url().to_string())?;
            if !answer.status().is_success() {
                return Err(format!("it answered {}", answer.status()));
            }
            let mut answer = answer;
            let mut bytes = Vec::new();
            while let Some(piece) = answer.chunk().await.map_err(|why| why.without_url().to_string())? {
                bytes.extend_from_slice(&piece);
                if bytes.len() > MOST {
                    return Err("what it gives back is no anchor: it is too long".to_owned());
                }
            }
            let anchor = serde_json::from_slice(&bytes).ok();
            anchor.map(|it| vec![it]).ok_or_else(|| "it does not give the last anchor back".to_owned())
        }
        AnchorPlace::Bucket(from) => bucket::newest(from).await,
        AnchorPlace::Mail(_) => Ok(Vec::new()),
    }
}

/// Compares the newest anchor of each place with the store. A place that cannot be read is logged: it may be down.
///
/// # Errors
/// As the store fails.
pub async fn at_start(store: &Store, places: &[AnchorPlace]) -> Result<Option<Fault>, Error> {
    for place in places {
        match read_back(place).await {
            Ok(known) => {
                if let Some(newest) = known.last()
                    && let Err(fault) = compare(store, &place.to_string(), newest).await?
                {
                    return Ok(Some(fault));
                }
            }
            Err(why) => tracing::warn!(%place, why, "the anchors there cannot be read now"),
        }
    }
    Ok(None)
}
