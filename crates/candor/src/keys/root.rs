//! The root key: 32 random bytes in a file outside the data, mode 0600.
//!
//! The file holds `candor-root-key-1`, a space and 64 hexadecimal digits. The store keeps a check
//! value, so that a wrong key is told from the right one before anything is opened with it. While one root
//! key takes the place of another (`super::rotate`), the new one lies beside the old in `FILE.next`, and
//! both are accepted.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::KeyError;
use super::lookup::{equal, lookup};
use super::purpose::{Purpose, PurposeKeys, Wraps};
use super::seal::{Context, Key, open, seal};
use crate::store::{Batch, Store, StoreError, ring, settings};

const HEADER: &str = "candor-root-key-1";
/// Setting with the check value of the root key in use.
pub(super) const CHECK: &str = "root key check";
/// Setting with the check value of the root key that takes its place.
pub(super) const COMING: &str = "root key check, next";

/// Where a root key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, and the one beside it while it is replaced.
    File(PathBuf),
    /// A command of the operator's, such as one that asks a key service to unwrap it; it prints what the file would hold.
    Command(String),
}

impl Source {
    /// What to name in messages.
    fn name(&self) -> PathBuf {
        match self {
            Self::File(file) => file.clone(),
            Self::Command(command) => command.split(' ').next().unwrap_or_default().into(),
        }
    }

    /// Every root key that is there.
    fn all(&self) -> Vec<Result<Raw, KeyError>> {
        match self {
            Self::File(file) => [file.clone(), next_path(file)].iter().map(|path| Raw::read(path)).collect(),
            Self::Command(command) => vec![self.printed(command)],
        }
    }

    fn printed(&self, command: &str) -> Result<Raw, KeyError> {
        let done = std::process::Command::new("/bin/sh")
            .args(["-c", command])
            .stdin(std::process::Stdio::null())
            .stderr(std::process::Stdio::inherit())
            .output()
            .map_err(|why| KeyError::File(self.name(), why))?;
        if !done.status.success() {
            return Err(KeyError::File(self.name(), std::io::Error::other(format!("it ended with {}", done.status))));
        }
        let text = String::from_utf8(done.stdout).map(Zeroizing::new).map_err(|_| KeyError::Garbled(self.name()))?;
        Raw::parse(&self.name(), &text)
    }
}

/// An opened root key: its id and the keys it opens. Clones share them.
#[derive(Clone, Debug)]
pub struct RootKey {
    source: Source,
    keys: PurposeKeys,
    /// The root keys that are accepted, the one to wrap with first.
    accepted: Arc<RwLock<Vec<Accepted>>>,
}

#[derive(Clone, Debug)]
struct Accepted {
    id: String,
    wraps: Wraps,
}

/// The bytes of a root key and what is known of them.
pub(super) struct Raw {
    pub(super) bytes: Zeroizing<[u8; 32]>,
    pub(super) id: String,
    pub(super) check: Vec<u8>,
    pub(super) wraps: Wraps,
}

/// Where the root key lies unless said otherwise: beside the data folder, `<data folder>.key`.
#[must_use]
pub fn default_path(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_else(|| "candor-data".as_ref()).to_owned();
    name.push(".key");
    data.with_file_name(name)
}

/// Where the root key that comes next lies.
#[must_use]
pub fn next_path(file: &Path) -> PathBuf {
    beside(file, ".next")
}

/// Where a root key that was replaced is kept, for backups of the ring from its time.
#[must_use]
pub fn old_path(file: &Path, id: &str) -> PathBuf {
    beside(file, &format!(".old-{id}"))
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(end);
    file.with_file_name(name)
}

impl Raw {
    /// Reads a file.
    pub(super) fn read(file: &Path) -> Result<Self, KeyError> {
        Self::parse(file, &read(file)?)
    }

    /// Of these bytes.
    pub(super) fn of(bytes: Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let derived = PurposeKeys::derive(&bytes)?;
        let lookups = derived.get(Purpose::Lookup);
        let id = lookup(lookups, "root key id", b"").iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let check = lookup(lookups, CHECK, b"").to_vec();
        Ok(Self { id, check, wraps: Wraps::derive(&bytes)?, bytes })
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
        Self::of(bytes)
    }

    fn accepted(&self) -> Accepted {
        Accepted { id: self.id.clone(), wraps: self.wraps.clone() }
    }
}

/// The root keys of a source that the store accepts, the one to wrap with first.
async fn accepted(source: &Source, store: &Store) -> Result<Vec<Raw>, KeyError> {
    let (check, coming) = (settings::get(store, CHECK).await?, settings::get(store, COMING).await?);
    let mut there = Vec::new();
    let mut why = None;
    for raw in source.all() {
        match raw {
            Ok(raw) => there.push(raw),
            Err(other) => why = why.or(Some(other)),
        }
    }
    let mut take = |check: &Option<Vec<u8>>| {
        let place = there.iter().position(|raw| check.as_ref().is_some_and(|check| equal(check, &raw.check)))?;
        Some(there.remove(place))
    };
    let (next, now) = (take(&coming), take(&check));
    if coming.is_some() && next.is_none() {
        // What was wrapped anew opens with nothing else.
        return Err(KeyError::Missing(next_path(&source.name())));
    }
    let found: Vec<Raw> = next.into_iter().chain(now).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    Err(match why {
        Some(why) if there.is_empty() || !matches!(why, KeyError::Missing(_)) => why,
        _ => KeyError::Wrong(source.name()),
    })
}

impl RootKey {
    /// Reads the root key of `store` from `file`. On an empty store with no file a new one is made.
    ///
    /// # Errors
    /// [`KeyError::Missing`], [`KeyError::Garbled`], [`KeyError::Exposed`], [`KeyError::Wrong`]: the
    /// server then starts locked.
    pub async fn open_or_create(file: &Path, store: &Store) -> Result<Self, KeyError> {
        Self::open(&Source::File(file.to_owned()), store).await
    }

    /// Opens the root key of `store` from where it comes. On an empty store a missing file is made; a command has to
    /// print a key.
    ///
    /// # Errors
    /// As [`RootKey::open_or_create`].
    pub async fn open(source: &Source, store: &Store) -> Result<Self, KeyError> {
        let mut is_new = false;
        if settings::get(store, CHECK).await?.is_none() {
            let first = source.all().into_iter().next().ok_or(KeyError::Cipher)?;
            let raw = match (first, source) {
                (Err(KeyError::Missing(_)), Source::File(file)) if settings::is_empty(store).await? => {
                    let raw = Raw::of(random_bytes()?)?;
                    write(file, &raw.bytes)?;
                    raw
                }
                (other, _) => other?,
            };
            is_new = true;
            match store.commit(Batch::main(vec![settings::insert_statement(CHECK, &raw.check)])).await {
                // When another process was first, its key must be ours: that is looked at below.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(why) => return Err(why.into()),
            }
        }
        let found = accepted(source, store).await?;
        let newest = found.first().ok_or(KeyError::Cipher)?;
        // The keys from before purpose keys lay in the ring are those of the root key in use then.
        let eldest = found.last().unwrap_or(newest);
        let mut keys = PurposeKeys::derive(&eldest.bytes)?;
        let root = Self {
            source: source.clone(),
            keys: keys.clone(),
            accepted: Arc::new(RwLock::new(found.iter().map(Raw::accepted).collect())),
        };
        root.fill(&mut keys, store, is_new).await?;
        keys.set(Purpose::CaseRing as usize, newest.wraps.case.clone());
        keys.set(Purpose::PersonRing as usize, newest.wraps.person.clone());
        Ok(Self { keys, ..root })
    }

    /// Takes the purpose keys out of the ring, and puts there what is missing: a random key in a new store, the derived
    /// one in a store from before they lay there.
    async fn fill(&self, keys: &mut PurposeKeys, store: &Store, is_new: bool) -> Result<(), KeyError> {
        for _ in 0..3 {
            let ids: Vec<String> = PurposeKeys::kept().map(|(_, name)| format!("purpose:{name}")).collect();
            let rows: std::collections::HashMap<String, Vec<u8>> =
                ring::get_many(store, &ids).await?.into_iter().collect();
            let random = is_new || !rows.is_empty();
            let mut statements = Vec::new();
            for (number, name) in PurposeKeys::kept() {
                let id = format!("purpose:{name}");
                if let Some(wrapped) = rows.get(&id) {
                    keys.set(number, self.open_row(&id, name, wrapped)?);
                } else {
                    if random {
                        keys.set(number, Key::random(name)?);
                    }
                    let (wrapped, root) = self.wrap(&id, keys.at(number))?;
                    statements.push(ring::insert_statement(&id, &wrapped, &root, 0));
                }
            }
            if statements.is_empty() {
                return Ok(());
            }
            match store.commit(Batch { ring: statements, main: Vec::new() }).await {
                Ok(()) => return Ok(()),
                // Another process did the same: what it kept counts.
                Err(StoreError::Conflict) => {}
                Err(why) => return Err(why.into()),
            }
        }
        Err(KeyError::Store(StoreError::Conflict))
    }

    /// Wraps a key for the ring: its row's bytes, and the id of the root key that wraps it.
    pub(super) fn wrap(&self, id: &str, key: &Key) -> Result<(Vec<u8>, String), KeyError> {
        let accepted = self.accepted.read().unwrap_or_else(PoisonError::into_inner);
        let newest = accepted.first().ok_or(KeyError::Cipher)?;
        Ok((seal(newest.wraps.of(id), &place(id), key.bytes())?, newest.id.clone()))
    }

    /// Opens a row of the ring with whichever accepted root key wrapped it.
    pub(super) fn open_row(&self, id: &str, name: &str, wrapped: &[u8]) -> Result<Key, KeyError> {
        let accepted = self.accepted.read().unwrap_or_else(PoisonError::into_inner);
        accepted.iter().find_map(|root| open_with(&root.wraps, id, name, wrapped).ok()).ok_or(KeyError::Sealed)
    }

    /// Reads the key files again, when a row does not open or the root key was replaced. Whether anything changed.
    pub(super) async fn look_again(&self, store: &Store) -> Result<bool, KeyError> {
        let found: Vec<Accepted> = accepted(&self.source, store).await?.iter().map(Raw::accepted).collect();
        let mut mine = self.accepted.write().unwrap_or_else(PoisonError::into_inner);
        let ids = |list: &[Accepted]| list.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        let changed = ids(&mine) != ids(&found);
        *mine = found;
        Ok(changed)
    }

    /// A short public name of the root key that wraps now.
    #[must_use]
    pub fn id(&self) -> String {
        let accepted = self.accepted.read().unwrap_or_else(PoisonError::into_inner);
        accepted.first().map(|it| it.id.clone()).unwrap_or_default()
    }

    /// The key for one purpose.
    #[must_use]
    pub fn purpose(&self, purpose: Purpose) -> &Key {
        self.keys.get(purpose)
    }
}

fn place(id: &str) -> Context<'_> {
    Context { kind: "ring", stream: id, row: 0, field: "key" }
}

/// Opens a row of the ring.
pub(super) fn open_with(wraps: &Wraps, id: &str, name: &str, wrapped: &[u8]) -> Result<Key, KeyError> {
    let bytes = open(wraps.of(id), &place(id), wrapped)?;
    let bytes: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyError::Sealed)?;
    Ok(Key::new(name, *bytes))
}

/// Wraps a row of the ring.
pub(super) fn wrap_with(wraps: &Wraps, id: &str, key: &Key) -> Result<Vec<u8>, KeyError> {
    seal(wraps.of(id), &place(id), key.bytes())
}

/// Fresh bytes for a root key.
pub(super) fn random_bytes() -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    rand::fill(&mut *bytes).map_err(|_| KeyError::Cipher)?;
    Ok(bytes)
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

/// Writes a root key file, durably, and never over an existing one.
pub(super) fn write(file: &Path, bytes: &[u8; 32]) -> Result<(), KeyError> {
    let mut text = Zeroizing::new(String::with_capacity(128));
    text.push_str(HEADER);
    text.push(' ');
    for byte in bytes {
        text.push_str(&Zeroizing::new(format!("{byte:02x}")));
    }
    text.push('\n');
    let write = || -> std::io::Result<()> {
        let mut made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        made.write_all(text.as_bytes())?;
        made.sync_all()?;
        flush_folder(file)
    };
    write().map_err(|why| KeyError::File(file.to_owned(), why))
}

/// Makes names in the folder of `file` durable.
pub(super) fn flush_folder(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}
