//! The root key: 32 random bytes in a file outside the data, mode 0600.
//!
//! The file holds `candor-root-key-1`, a space and 64 hexadecimal digits. The store keeps a check
//! value, so that a wrong key is told from the right one before anything is opened with it.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::KeyError;
use super::lookup::{equal, lookup};
use super::purpose::{Purpose, PurposeKeys};
use crate::store::{Batch, Store, StoreError, settings};

const HEADER: &str = "candor-root-key-1";
const SETTING: &str = "root key check";

/// An opened root key: its id and the keys derived from it. Clones share them.
#[derive(Clone, Debug)]
pub struct RootKey {
    id: String,
    keys: PurposeKeys,
}

/// Where the root key lies unless said otherwise: beside the data folder, `<data folder>.key`.
#[must_use]
pub fn default_path(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_else(|| "candor-data".as_ref()).to_owned();
    name.push(".key");
    data.with_file_name(name)
}

impl RootKey {
    /// Reads the root key of `store` from `file`. On an empty store with no file a new one is made.
    ///
    /// # Errors
    /// [`KeyError::Missing`], [`KeyError::Garbled`], [`KeyError::Exposed`], [`KeyError::Wrong`]: the
    /// server then starts locked.
    pub async fn open_or_create(file: &Path, store: &Store) -> Result<Self, KeyError> {
        let check = settings::get(store, SETTING).await?;
        let text = match read(file) {
            Err(KeyError::Missing(_)) if check.is_none() && settings::is_empty(store).await? => create(file)?,
            other => other?,
        };
        let root = Self::parse(file, &text)?;
        let mine = lookup(root.keys.get(Purpose::Lookup), SETTING, b"");
        match check {
            Some(check) if equal(&check, &mine) => Ok(root),
            Some(_) => Err(KeyError::Wrong(file.to_owned())),
            None => match store.commit(Batch::main(vec![settings::insert_statement(SETTING, &mine)])).await {
                Ok(()) => Ok(root),
                // Another process was first: its key must be ours.
                Err(StoreError::Conflict)
                    if settings::get(store, SETTING).await?.is_some_and(|check| equal(&check, &mine)) =>
                {
                    Ok(root)
                }
                Err(StoreError::Conflict) => Err(KeyError::Wrong(file.to_owned())),
                Err(why) => Err(why.into()),
            },
        }
    }

    fn parse(file: &Path, text: &str) -> Result<Self, KeyError> {
        let garbled = || KeyError::Garbled(file.to_owned());
        let digits =
            text.trim_end().strip_prefix(HEADER).and_then(|rest| rest.strip_prefix(' ')).ok_or_else(garbled)?;
        let mut bytes = Zeroizing::new([0; 32]);
        if digits.len() != 64 || !digits.is_ascii() {
            return Err(garbled());
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).map_err(|_| garbled())?;
        }
        let keys = PurposeKeys::derive(&bytes)?;
        let id = lookup(keys.get(Purpose::Lookup), "root key id", b"")
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self { id, keys })
    }

    /// A short public name of this root key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key for one purpose.
    #[must_use]
    pub fn purpose(&self, purpose: Purpose) -> &super::Key {
        self.keys.get(purpose)
    }
}

fn read(file: &Path) -> Result<Zeroizing<String>, KeyError> {
    let mode = match std::fs::metadata(file) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
            return Err(KeyError::Missing(file.to_owned()));
        }
        Err(why) => return Err(KeyError::File(file.to_owned(), why)),
        Ok(meta) => meta.permissions().mode() & 0o777,
    };
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed(file.to_owned(), mode));
    }
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(why) if why.kind() == std::io::ErrorKind::InvalidData => Err(KeyError::Garbled(file.to_owned())),
        Err(why) => Err(KeyError::File(file.to_owned(), why)),
    }
}

/// Makes a new root key file, durably, and never over an existing one.
fn create(file: &Path) -> Result<Zeroizing<String>, KeyError> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    rand::fill(&mut *bytes).map_err(|_| KeyError::Cipher)?;
    let mut text = Zeroizing::new(String::with_capacity(128));
    text.push_str(HEADER);
    text.push(' ');
    for byte in bytes.iter() {
        text.push_str(&Zeroizing::new(format!("{byte:02x}")));
    }
    text.push('\n');
    let write = || -> std::io::Result<()> {
        let mut made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        made.write_all(text.as_bytes())?;
        made.sync_all()?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::File::open(folder)?.sync_all()
    };
    write().map_err(|why| KeyError::File(file.to_owned(), why))?;
    Ok(text)
}
