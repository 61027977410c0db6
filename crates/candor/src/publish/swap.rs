//! A whole folder, put in place in one step: the name is a symbolic link, and turning a link is atomic.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Takes a file: its path below the tree, with `/`, and its bytes. Several threads may give files at a time.
pub type Put<'a> = &'a (dyn Fn(&str, &[u8]) -> io::Result<()> + Sync);

/// A tree that is being written. Nobody reads it yet.
#[derive(Debug)]
pub struct Tree {
    folder: PathBuf,
    /// Whether it was a tree before, so that files in it may be read or written over.
    is_old: bool,
    /// Folders that are there.
    made: Mutex<HashSet<PathBuf>>,
}

impl Tree {
    fn new(folder: PathBuf, is_old: bool) -> Self {
        Self { folder, is_old, made: Mutex::default() }
    }

    /// Writes a file.
    ///
    /// # Errors
    /// When it cannot be written, or its path leads out of the tree.
    pub fn put(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.take(path, |place| std::fs::write(place, bytes))
    }

    /// Gives a file of this tree another name: the bytes lie there once. Where the disk has no such thing, they are copied.
    ///
    /// # Errors
    /// As [`Tree::put`], and when there is no such file.
    pub fn link(&self, path: &str, other: &str) -> io::Result<()> {
        let other = self.place(other)?;
        self.take(path, |place| std::fs::hard_link(&other, place).or_else(|_| std::fs::copy(&other, place).map(drop)))
    }

    /// Makes a file with `write` and lets it take its name.
    fn take(&self, path: &str, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let target = self.place(path)?;
        if let Some(parent) = target.parent() {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            if !made.contains(parent) {
                std::fs::create_dir_all(parent)?;
                made.insert(parent.to_owned());
            }
        }
        if !self.is_old {
            return write(&target);
        }
        // Somebody may still read the old file, and it may have two names: the new one takes its name in one step.
        let mut fresh = target.clone().into_os_string();
        fresh.push(format!(".new-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        write(Path::new(&fresh))?;
        std::fs::rename(&fresh, &target)
    }

    /// Removes a file of the old tree.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, path: &str) -> io::Result<()> {
        match std::fs::remove_file(self.place(path)?) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
            _ => Ok(()),
        }
    }

    fn place(&self, path: &str) -> io::Result<PathBuf> {
        let path = Path::new(path);
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::Error::other("a path of the public tree leads out of it"));
        }
        Ok(self.folder.join(path))
    }
}

/// A tree that nothing points to is kept this long: somebody may be writing it.
const KEPT: Duration = Duration::from_secs(600);

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Writes a tree with `fill` and puts it in place of whatever `place` pointed to.
///
/// # Errors
/// When it cannot be written, or `place` is a folder of somebody else's; the old tree stays in place then.
pub fn replace<T>(place: &Path, fill: impl FnOnce(Put<'_>) -> io::Result<T>) -> io::Result<T> {
    write(place, None, |tree| fill(&|path, bytes| tree.put(path, bytes))).map(|(done, _)| done)
}

/// Writes a tree with `fill` and puts it in place of whatever `place` pointed to. With `former`, the name of a tree that
/// nothing points to any more, `fill` finds what it held. Gives the name of the tree with what `fill` gave.
///
/// # Errors
/// As [`replace`].
pub fn write<T>(
    place: &Path,
    former: Option<&OsStr>,
    fill: impl FnOnce(&Tree) -> io::Result<T>,
) -> io::Result<(T, OsString)> {
    let name = place.file_name().ok_or_else(|| io::Error::other("the public folder has no name"))?.to_owned();
    let parent = match place.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    std::fs::create_dir_all(&parent)?;
    check(place)?;
    let fresh = fresh_name(&name);
    let before = std::fs::read_link(place).ok();
    let folder = parent.join(&fresh);
    match former {
        Some(former) => std::fs::rename(parent.join(former), &folder)?,
        None => std::fs::create_dir(&folder)?,
    }
    let tree = Tree::new(folder.clone(), former.is_some());
    match fill(&tree).and_then(|done| turn(place, &parent, &fresh).map(|()| done)) {
        Ok(done) => {
            tidy(&parent, &name, &[before, std::fs::read_link(place).ok()]);
            Ok((done, fresh))
        }
        Err(why) => {
            drop(std::fs::remove_dir_all(&folder));
            Err(why)
        }
    }
}

/// A folder that is neither ours nor empty is not touched.
fn check(place: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(place) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(why),
        Ok(found) if found.is_symlink() => Ok(()),
        Ok(found) if found.is_dir() => match std::fs::remove_dir(place) {
            Ok(()) => Ok(()),
            Err(why) => Err(io::Error::new(
                why.kind(),
                format!(
                    "{} is a folder that holds something else or cannot be replaced ({why}); choose a name for --public that does \
                     not exist yet, one level below the mount",
                    place.display()
                ),
            )),
        },
        Ok(_) => Err(io::Error::other(format!("{} is a file; choose another name for --public", place.display()))),
    }
}

fn prefix(name: &std::ffi::OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".tree-");
    prefix
}

fn fresh_name(name: &std::ffi::OsStr) -> OsString {
    let mut fresh = prefix(name);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    fresh.push(format!("{}-{}-{}", now.as_micros(), std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    fresh
}

/// Turns the link in one step: made under another name, then renamed over the old one.
fn turn(place: &Path, parent: &Path, fresh: &std::ffi::OsStr) -> io::Result<()> {
    let mut link = fresh.to_owned();
    link.push(".link");
    let link = parent.join(link);
    std::os::unix::fs::symlink(fresh, &link)?;
    std::fs::rename(&link, place).inspect_err(|_| drop(std::fs::remove_file(&link)))?;
    std::fs::File::open(parent)?.sync_all()
}

/// Removes trees that nothing points to any more, but not the `kept` ones: the new one, and the one before, from which
/// somebody may be reading. What cannot be removed is left for the next time.
fn tidy(parent: &Path, name: &std::ffi::OsStr, kept: &[Option<PathBuf>]) {
    let prefix = prefix(name).into_encoded_bytes();
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name();
        if !found.as_encoded_bytes().starts_with(&prefix) || kept.contains(&Some(PathBuf::from(&found))) {
            continue;
        }
        let old = entry
            .metadata()
            .and_then(|meta| meta.modified())
            .is_ok_and(|touched| SystemTime::now().duration_since(touched).is_ok_and(|age| age > KEPT));
        if old {
            drop(std::fs::remove_dir_all(entry.path()).or_else(|_| std::fs::remove_file(entry.path())));
        }
    }
}
