//! The public tree in a bucket of an S3-compatible object store, for a site that is served from there.
//!
//! A bucket cannot turn a link, so that order takes its place: documents first, then the lists and feeds that name them, and
//! what is gone last. A page is put under the address of its folder, too, because a bucket has no folders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path as Folder, PathBuf};

use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{Attribute, Attributes, ObjectStore, ObjectStoreExt, PutOptions};
use tokio::task::JoinSet;

use super::tree::{Hash, hash};
use crate::config::Bucket;
use crate::web::views::assets::kind_of_file;

/// Files on their way at a time.
const AT_A_TIME: usize = 16;
/// How long a page may be kept: a correction is seen after that.
const KEEP: &str = "public, max-age=60";

/// What lies in the bucket, as far as this process knows.
#[derive(Debug, Default)]
pub struct Uploaded {
    known: BTreeMap<String, Hash>,
    /// Whether it was looked at what a process before this one left there.
    looked: bool,
}

/// Why the tree is not in the bucket.
#[derive(Debug, thiserror::Error)]
pub enum NotThere {
    /// The tree cannot be read.
    #[error("the public tree cannot be read: {0}")]
    Tree(#[from] std::io::Error),
    /// The bucket cannot be used.
    #[error("the bucket: {0}")]
    Store(#[from] object_store::Error),
}

/// Brings the bucket up to date with the tree. Gives how many objects were written and removed.
///
/// # Errors
/// [`NotThere`]; what was written stays, and the next call goes on from there.
pub async fn upload(place: &Folder, bucket: &Bucket, known: &mut Uploaded) -> Result<(usize, usize), NotThere> {
    let (store, prefix) = open(bucket)?;
    let root = std::fs::canonicalize(place)?;
    let found = tokio::task::spawn_blocking(move || walk(&root)).await.map_err(std::io::Error::other)??;
    let mut wanted: Vec<(String, PathBuf, Hash)> = Vec::new();
    for (path, (file, hash)) in &found {
        if known.known.get(path) != Some(hash) {
            wanted.push((path.clone(), file.clone(), *hash));
        }
    }
    // Nothing is named by a list before it lies there.
    wanted.sort_by_key(|(path, ..)| (is_list(path), path.clone()));
    let first_list = wanted.iter().position(|(path, ..)| is_list(path)).unwrap_or(wanted.len());
    let lists = wanted.split_off(first_list);
    let (mut put, mut gone) = (0, 0);
    for part in [wanted, lists] {
        for some in part.chunks(AT_A_TIME) {
            let mut going = JoinSet::new();
            for (path, file, hash) in some.iter().cloned() {
                going.spawn(write(store.clone(), prefix.clone(), path, file, hash));
            }
            while let Some(written) = going.join_next().await {
                let (path, hash) = written.map_err(std::io::Error::other)??;
                known.known.insert(path, hash);
                put += 1;
            }
        }
    }
    let old: Vec<String> = known.known.keys().filter(|path| !found.contains_key(*path)).cloned().collect();
    for path in old {
        for key in keys(&prefix, &path) {
            store.delete(&key).await?;
        }
        known.known.remove(&path);
        gone += 1;
    }
    if !known.looked {
        match remove_left_over(&store, &prefix, found.keys()).await {
            Ok(removed) => {
                gone += removed;
                known.looked = true;
            }
            Err(why) => {
                tracing::warn!(%why, "the bucket cannot be listed, so that pages which are gone since before this start stay public; let the key list it")
            }
        }
    }
    Ok((put, gone))
}

/// Removes what a process before this one left in the folders of the tree and is in the tree no more: an advisory that is
/// held back, say. What lies beside these folders is not ours.
async fn remove_left_over<'a>(
    store: &AmazonS3,
    prefix: &str,
    found: impl Iterator<Item = &'a String>,
) -> Result<usize, object_store::Error> {
    let (mut wanted, mut folders) = (BTreeSet::new(), BTreeSet::new());
    for path in found {
        wanted.extend(keys(prefix, path));
        folders.extend(path.split_once('/').map(|(folder, _)| folder));
    }
    let root = (!prefix.is_empty()).then(|| Path::from(prefix));
    let mut there = store.list(root.as_ref());
    let mut old = Vec::new();
    while let Some(object) = there.try_next().await? {
        let key = object.location;
        let below = match &root {
            Some(root) => key.as_ref().strip_prefix(root.as_ref()).and_then(|rest| rest.strip_prefix('/')),
            None => Some(key.as_ref()),
        };
        let folder = below.and_then(|below| below.split_once('/')).map(|(folder, _)| folder);
        if folder.is_some_and(|folder| folders.contains(folder)) && !wanted.contains(&key) {
            old.push(key);
        }
    }
    for key in &old {
        store.delete(key).await?;
    }
    Ok(old.len())
}

/// Writes one file under its keys.
async fn write(
    store: AmazonS3,
    prefix: String,
    path: String,
    file: PathBuf,
    hash: Hash,
) -> Result<(String, Hash), NotThere> {
    let bytes = tokio::fs::read(file).await?;
    for key in keys(&prefix, &path) {
        store.put_opts(&key, bytes.clone().into(), options(&path)).await?;
    }
    Ok((path, hash))
}

/// Where a file lies in the bucket.
fn keys(prefix: &str, path: &str) -> Vec<Path> {
    let whole = |path: &str| Path::from(if prefix.is_empty() { path.to_owned() } else { format!("{prefix}/{path}") });
    let mut keys = vec![whole(path)];
    keys.extend(address(path).map(|path| whole(&path)));
    keys
}

fn open(bucket: &Bucket) -> Result<(AmazonS3, String), NotThere> {
    let rest = bucket.url.strip_prefix("s3://").unwrap_or(&bucket.url);
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let mut builder = AmazonS3Builder::new().with_bucket_name(name).with_region(&bucket.region);
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    if let Some((id, secret)) = &bucket.key {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret);
    }
    Ok((builder.build()?, prefix.trim_matches('/').to_owned()))
}

/// The address without a suffix under which the page of a folder is asked for.
fn address(path: &str) -> Option<String> {
    path.strip_suffix("/index.html").map(str::to_owned)
}

/// Whether a file names other files: it follows after them.
fn is_list(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_advisory =
        path.split('/').nth(1) == Some("advisories") && path.split('/').count() > 3 && !path.contains("/page-");
    !is_advisory
        && (name == "index.html"
            || name.starts_with("feed-")
            || [".atom", ".feed.json", ".txt", ".csv", ".xml", ".zip", "-metadata.json"]
                .iter()
                .any(|end| name.ends_with(end)))
}

fn options(path: &str) -> PutOptions {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, kind_of_file(path).into());
    attributes.insert(Attribute::CacheControl, KEEP.into());
    PutOptions { attributes, ..PutOptions::default() }
}

/// Every file of the tree by its path, with the hash of its bytes.
fn walk(root: &Folder) -> std::io::Result<BTreeMap<String, (PathBuf, Hash)>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let below = path.strip_prefix(root).map_err(std::io::Error::other)?.to_string_lossy().into_owned();
            let hash = hash(&std::fs::read(&path)?);
            found.insert(below, (path, hash));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_other_files_follows_after_them() {
        for path in [
            "store/advisories/A-1/index.html",
            "store/advisories/A-1.csaf.json",
            "store/csaf/2026/a-1.json",
            "assets/candor.css",
        ] {
            assert!(!is_list(path), "{path}");
        }
        for path in [
            "store/advisories/index.html",
            "store/advisories/page-2/index.html",
            "store/advisories.atom",
            "store/csaf/index.txt",
            "store/csaf/feed-tlp-white.json",
            "sitemap.xml",
            "osv/all.zip",
            "index.html",
            ".well-known/csaf/provider-metadata.json",
        ] {
            assert!(is_list(path), "{path}");
        }
        assert_eq!(address("store/index.html").as_deref(), Some("store"));
        assert_eq!(address("index.html"), None);
    }
}
