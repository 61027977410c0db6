//! Sealed files in a bucket of an S3-compatible store: an object each, under the file's random name.
//!
//! The store is believed nothing: what was put is read back and its hash compared before anything may name it, and what is
//! fetched is opened whole before any of it is used. Whoever reads the bucket sees names of chance and sizes.

use std::path::Path as Folder;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest;
use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ClientOptions, Error, ObjectStore, ObjectStoreExt, RetryConfig, WriteMultipart};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::blobs::shelf;
use super::{Result, StoreError};
use crate::config::Bucket;

/// How long the store may be silent within one request.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// How often a request is tried again, and a file is put or fetched anew whose bytes were not the right ones.
const AGAIN: usize = 2;
/// Larger files go in parts of this size.
const PART: usize = 8 * 1024 * 1024;

/// A bucket for sealed files.
pub(super) struct Far {
    store: AmazonS3,
    folder: Path,
    /// How long one file may take, however the bytes trickle.
    longest: Duration,
}

impl std::fmt::Debug for Far {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Far({})", self.folder)
    }
}

/// The bucket cannot be used now, or not at all.
fn failed(why: impl std::fmt::Display) -> StoreError {
    StoreError::Busy(format!("the object store of files: {why}"))
}

/// What lies there under the name is something else.
fn other(id: &str) -> StoreError {
    StoreError::Damaged(format!("the object {id} in the bucket of files is not what was written"))
}

impl Far {
    /// The bucket; nothing is asked of it yet. Without an access key, what the environment says in the usual words of that
    /// store, or the machine's own role.
    pub(super) fn open(bucket: &Bucket, patience: Duration) -> Result<Self> {
        let rest = bucket.url.strip_prefix("s3://").unwrap_or(&bucket.url);
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let retry = RetryConfig { max_retries: AGAIN, retry_timeout: patience * 3, ..RetryConfig::default() };
        let mut builder = if bucket.key.is_some() { AmazonS3Builder::new() } else { AmazonS3Builder::from_env() };
        let mut client =
            ClientOptions::new().with_timeout_disabled().with_connect_timeout(patience).with_read_timeout(patience);
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
        let store = builder.with_bucket_name(name).with_client_options(client).with_retry(retry).build();
        let folder = Path::from(prefix.trim_matches('/'));
        Ok(Self { store: store.map_err(failed)?, folder, longest: patience * 30 })
    }

    fn place(&self, id: &str) -> Path {
        self.folder.clone().join(shelf(id)).join(id)
    }

    /// Puts a file there and reads it back. `hash` is the SHA-256 of its bytes.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when it is not there as it should be after all tries; nothing may name it then.
    pub(super) async fn put(&self, id: &str, from: &Folder, hash: &[u8]) -> Result<()> {
        let mut why = other(id);
        for _ in 0..=AGAIN {
            let tried = async {
                self.write(id, from).await?;
                let mut sink = tokio::io::sink();
                self.fetch(id, &mut sink).await
            };
            match tokio::time::timeout(self.longest, tried).await {
                Ok(Ok(Some(there))) if crate::keys::equal(&there, hash) => return Ok(()),
                Ok(Ok(Some(_))) => {}
                Ok(Ok(None)) => why = failed("what was put there is not there"),
                Ok(Err(broken)) => return Err(broken),
                Err(_) => return Err(failed("it took too long")),
            }
        }
        // The next try has another name, so that nothing waits for this one.
        drop(self.remove(id).await);
        Err(match why {
            StoreError::Busy(_) => why,
            other => failed(other),
        })
    }

    async fn write(&self, id: &str, from: &Folder) -> Result<()> {
        let place = self.place(id);
        let broken = |why| StoreError::io("reading a sealed file", why);
        let mut file = tokio::fs::File::open(from).await.map_err(broken)?;
        let size = file.metadata().await.map_err(broken)?.len();
        if size <= PART as u64 {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).await.map_err(broken)?;
            return self.store.put(&place, bytes.into()).await.map(drop).map_err(failed);
        }
        let upload = self.store.put_multipart(&place).await.map_err(failed)?;
        let mut parts = WriteMultipart::new_with_chunk_size(upload, PART);
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let read = match file.read(&mut buffer).await {
                Ok(read) => read,
                Err(why) => {
                    drop(parts.abort().await);
                    return Err(broken(why));
                }
            };
            if read == 0 {
                return parts.finish().await.map(drop).map_err(failed);
            }
            parts.wait_for_capacity(1).await.map_err(failed)?;
            parts.write(&buffer[..read]);
        }
    }

    /// Writes what lies there into `to` and gives its SHA-256; none when nothing lies there.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the store fails, else when `to` cannot be written.
    pub(super) async fn fetch(
        &self,
        id: &str,
        to: &mut (impl tokio::io::AsyncWrite + Unpin),
    ) -> Result<Option<Vec<u8>>> {
        let got = match self.store.get(&self.place(id)).await {
            Ok(got) => got,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(why) => return Err(failed(why)),
        };
        let mut sum = digest::Context::new(&digest::SHA256);
        let mut stream = got.into_stream();
        let broken = |why| StoreError::io("keeping a file of the bucket", why);
        while let Some(bytes) = stream.try_next().await.map_err(failed)? {
            sum.update(&bytes);
            to.write_all(&bytes).await.map_err(broken)?;
        }
        to.flush().await.map_err(broken)?;
        Ok(Some(sum.finish().as_ref().to_vec()))
    }

    /// As [`Far::fetch`], within a time.
    pub(super) async fn fetch_in_time(&self, id: &str, to: &mut tokio::fs::File) -> Result<Option<Vec<u8>>> {
        tokio::time::timeout(self.longest, self.fetch(id, to)).await.unwrap_or_else(|_| Err(failed("it took too long")))
    }

    /// How often a file is fetched anew whose bytes were not the right ones.
    pub(super) fn tries(&self) -> usize {
        AGAIN + 1
    }

    /// Removes a file; one that is gone already is fine.
    pub(super) async fn remove(&self, id: &str) -> Result<()> {
        match self.store.delete(&self.place(id)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(why) => Err(failed(why)),
        }
    }

    /// Names of files that were put there before an instant.
    pub(super) async fn older_than(&self, before: SystemTime) -> Result<Vec<String>> {
        let mut listed = self.store.list(Some(&self.folder));
        let mut names = Vec::new();
        while let Some(object) = listed.try_next().await.map_err(failed)? {
            let name = object.location.filename().unwrap_or_default().to_owned();
            // What lies elsewhere in the bucket is not ours.
            if SystemTime::from(object.last_modified) < before && object.location == self.place(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Puts a small object there, reads it back and removes it: whether the bucket can be used as it is set up.
    pub(super) async fn check(&self) -> Result<()> {
        let id = format!("check-{}", crate::keys::random::id());
        let said: &[u8] = b"candor: whether files can be kept here";
        let place = self.place(&id);
        self.store.put(&place, said.to_vec().into()).await.map_err(failed)?;
        let mut there = Vec::new();
        self.fetch(&id, &mut there).await?;
        self.remove(&id).await?;
        if there == said { Ok(()) } else { Err(failed("it gave back something else than what was put there")) }
    }
}
