//! Anchors in a bucket of an S3-compatible store: an object each, and none is ever written over.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, RetryConfig};

use super::Anchor;
use crate::config::Bucket;

/// How long the store may take for one request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Anchors that are read back: those of two days.
const NEWEST: usize = 48;
/// Bytes of an object that is looked at.
const MOST: u64 = 16 * 1024;

/// Without an access key, what the environment says in the usual words of that store (`AWS_ACCESS_KEY_ID` and so on), or
/// the machine's own role.
fn open(bucket: &Bucket) -> Result<(AmazonS3, Path), object_store::Error> {
    let rest = bucket.url.strip_prefix("s3://").unwrap_or(&bucket.url);
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let retry = RetryConfig { max_retries: 1, retry_timeout: PATIENCE, ..RetryConfig::default() };
    let mut builder = if bucket.key.is_some() { AmazonS3Builder::new() } else { AmazonS3Builder::from_env() };
    let mut client = ClientOptions::new().with_timeout(PATIENCE);
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint);
        client = client.with_allow_http(endpoint.starts_with("http://"));
    }
    if !bucket.region.is_empty() {
        builder = builder.with_region(&bucket.region);
    }
    if let Some((id, secret)) = &bucket.key {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret);
    }
    let store = builder.with_bucket_name(name).with_client_options(client).with_retry(retry).build()?;
    Ok((store, Path::from(prefix.trim_matches('/'))))
}

/// Puts an anchor there, unless an object of its name is there: then it has to be this one.
pub(super) async fn put(bucket: &Bucket, anchor: &Anchor) -> Result<(), String> {
    let said = |why: object_store::Error| why.to_string();
    let (store, folder) = open(bucket).map_err(said)?;
    let name = folder.join(format!("candor-anchor-{:09}.json", anchor.number()));
    let text = serde_json::to_vec_pretty(anchor).map_err(|why| why.to_string())?;
    let once = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match store.put_opts(&name, text.into(), once).await {
        Ok(_) => Ok(()),
        Err(object_store::Error::AlreadyExists { .. }) => match read(&store, &name).await {
            Ok(Some(there)) if there == *anchor => Ok(()),
            _ => Err("another object of its name lies there".into()),
        },
        Err(why) => Err(said(why)),
    }
}

async fn read(store: &AmazonS3, name: &Path) -> Result<Option<Anchor>, object_store::Error> {
    let got = store.get(name).await?;
    if MOST < got.meta.size {
        return Ok(None);
    }
    Ok(serde_json::from_slice(&got.bytes().await?).ok())
}

/// The newest anchors there, in order.
pub(super) async fn newest(bucket: &Bucket) -> Result<Vec<Anchor>, String> {
    let said = |why: object_store::Error| why.to_string();
    let (store, folder) = open(bucket).map_err(said)?;
    let listed: Vec<_> = store.list(Some(&folder)).try_collect().await.map_err(said)?;
    let mut names: Vec<Path> = listed.into_iter().map(|object| object.location).collect();
    names.retain(|name| name.filename().is_some_and(|name| name.starts_with("candor-anchor-")));
    names.sort();
    let mut found = Vec::new();
    for name in names.iter().skip(names.len().saturating_sub(NEWEST)) {
        found.extend(read(&store, name).await.map_err(said)?);
    }
    Ok(found)
}
