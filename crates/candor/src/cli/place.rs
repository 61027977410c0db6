//! The store that a command acts on, also while a server runs on it.

use super::output::Failure;
use crate::app::App;
use crate::config::{Bucket, Config};
use crate::keys::{KeyRing, RootKey};
use crate::store::{Database, Store, StoreConfig};
use std::path::PathBuf;

/// Where the store lies.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Store")]
pub struct Place {
    /// Folder of the embedded store
    #[arg(long, env = "CANDOR_DATA", default_value = "./candor-data", value_name = "FOLDER", hide_env_values = true)]
    pub data: PathBuf,
    /// PostgreSQL server, as postgres://user:password@host/database; without it everything lies in the data folder
    #[arg(long, env = "CANDOR_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// Another PostgreSQL server for the key ring
    #[arg(long, env = "CANDOR_RING", value_name = "URL", hide_env_values = true)]
    pub ring: Option<String>,
    /// Where sealed files are kept: a folder, or a bucket of an S3-compatible store as s3://NAME or s3://NAME/PREFIX; without it
    /// `blobs` in the data folder
    #[arg(long, env = "CANDOR_BLOBS", value_name = "PLACE", hide_env_values = true)]
    pub blobs: Option<PathBuf>,
    /// Address of the object store of buckets, where it is not the one of AWS
    #[arg(long, env = "CANDOR_BUCKET_ENDPOINT", value_name = "URL", hide_env_values = true)]
    bucket_endpoint: Option<String>,
    /// Region of that store
    #[arg(
        long,
        env = "CANDOR_BUCKET_REGION",
        default_value = "us-east-1",
        value_name = "NAME",
        hide_env_values = true
    )]
    bucket_region: String,
    /// File with the access key of that store: id and secret, a line each
    #[arg(long, env = "CANDOR_BUCKET_KEY_FILE", value_name = "FILE", hide_env_values = true)]
    bucket_key_file: Option<PathBuf>,
    /// File with the root key; without it the data folder's name with `.key` after it
    #[arg(long, env = "CANDOR_KEY_FILE", value_name = "FILE", hide_env_values = true)]
    pub key_file: Option<PathBuf>,
    /// Command that prints the root key, as a key service unwraps it, in place of the file
    #[arg(long, env = "CANDOR_KEY_COMMAND", value_name = "COMMAND", hide_env_values = true)]
    pub key_command: Option<String>,
    /// Address under which people reach the service, as links need it
    #[arg(long, env = "CANDOR_BASE_URL", value_name = "URL", hide_env_values = true)]
    pub base_url: Option<String>,
}

impl Place {
    /// The configuration for this place, everything else at its default.
    ///
    /// # Errors
    /// Values that cannot be meant.
    pub fn config(&self) -> Result<Config, Failure> {
        // A folder written with a slash at the end names the same key file as one without.
        let data: PathBuf = self.data.components().collect();
        let mut config = Config::in_folder(data);
        if let Some(url) = &self.database {
            config.database = Some(postgres("database", url)?);
        }
        if let Some(url) = &self.ring {
            config.ring = Some(postgres("ring", url)?);
        }
        if let Some(blobs) = &self.blobs {
            let text = blobs.to_string_lossy();
            match text.split_once("://") {
                None => config.blobs.clone_from(blobs),
                Some(("s3", name)) if !name.is_empty() && !name.starts_with('/') => {
                    config.blob_bucket = Some(self.bucket_at(&text)?);
                }
                Some(_) => {
                    return Err(Failure::Usage(
                        "`--blobs` takes a folder, or a bucket as s3://NAME or s3://NAME/PREFIX".into(),
                    ));
                }
            }
        }
        if let Some(file) = &self.key_file {
            config.key_file.clone_from(file);
        }
        config.key_command.clone_from(&self.key_command);
        if let Some(url) = &self.base_url {
            if !(url.starts_with("https://") || url.starts_with("http://")) {
                return Err(Failure::Usage("`--base-url` must begin with https:// or http://".into()));
            }
            config.base_url = url.trim_end_matches('/').to_owned();
        }
        Ok(config)
    }

    /// Forgets where the access key of buckets lies, for a process that has no business there.
    pub fn without_bucket_key(&mut self) {
        self.bucket_key_file = None;
    }

    /// A bucket of the one object store that is set up.
    ///
    /// # Errors
    /// When the file with the access key cannot be read.
    pub fn bucket_at(&self, url: &str) -> Result<Bucket, Failure> {
        let key = match &self.bucket_key_file {
            None => None,
            Some(file) => {
                let text = std::fs::read_to_string(file)
                    .map_err(|why| Failure::during(format_args!("{} cannot be read", file.display()), why))?;
                let mut lines = text.lines().map(|line| line.trim().to_owned());
                match (lines.next(), lines.next()) {
                    (Some(id), Some(secret)) => Some((id, secret)),
                    _ => return Err(Failure::new("the file with the access key holds id and secret, a line each")),
                }
            }
        };
        let (endpoint, region) = (self.bucket_endpoint.clone(), self.bucket_region.clone());
        Ok(Bucket { url: url.to_owned(), endpoint, region, key })
    }

    /// Opens the store that is there; a place without one is refused, so that a slip in a path makes no second store.
    ///
    /// # Errors
    /// When there is none, when it cannot be used, or when its root key is missing.
    pub async fn open(&self) -> Result<App, Failure> {
        self.open_with(self.config()?).await
    }

    /// As [`Place::open`], with a configuration that was changed.
    ///
    /// # Errors
    /// As [`Place::open`].
    pub async fn open_with(&self, config: Config) -> Result<App, Failure> {
        must_be_there(&config)?;
        open_app(config).await
    }

    /// Opens the store and makes it when it is not there.
    ///
    /// # Errors
    /// As [`Place::open`].
    pub async fn open_or_create(&self) -> Result<App, Failure> {
        open_app(self.config()?).await
    }

    /// Opens the rows alone, without any key.
    ///
    /// # Errors
    /// As [`Place::open`].
    pub async fn open_store(&self) -> Result<(Store, Config), Failure> {
        let config = self.config()?;
        must_be_there(&config)?;
        let store = open_store(&config).await?;
        Ok((store, config))
    }

    /// Opens the rows alone and makes them when they are not there, for a restore.
    ///
    /// # Errors
    /// As [`Place::open`].
    pub async fn new_store(&self) -> Result<(Store, Config), Failure> {
        let config = self.config()?;
        let store = open_store(&config).await?;
        Ok((store, config))
    }
}

fn must_be_there(config: &Config) -> Result<(), Failure> {
    if config.database.is_some() || config.data.join("candor.db").exists() {
        return Ok(());
    }
    let data = config.data.display();
    Err(Failure::new(format_args!(
        "there is no store in {data}; name its folder with `--data`, or make one with `candor serve --data {data}`"
    )))
}

async fn open_app(config: Config) -> Result<App, Failure> {
    let store = open_store(&config).await?;
    let root = RootKey::open(&crate::serve::key_source(&config), &store).await?;
    let keys = KeyRing::new(store.clone(), root);
    Ok(App::new(store, Some(keys), config).await?)
}

fn postgres(flag: &str, url: &str) -> Result<String, Failure> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Ok(url.to_owned())
    } else {
        Err(Failure::Usage(format!("`--{flag}` must begin with postgres://")))
    }
}

async fn open_store(config: &Config) -> Result<Store, Failure> {
    let database = match &config.database {
        Some(url) => Database::Postgres(url.clone()),
        None => Database::Sqlite(config.data.clone()),
    };
    Ok(Store::open(&StoreConfig { database, ring: config.ring.clone() }).await?)
}
