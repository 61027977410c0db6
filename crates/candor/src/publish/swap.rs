//! A whole folder, put in place in one step: the name is a symbolic link, and turning a link is atomic.

use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Takes a file: its path below the tree, with `/`, and its bytes.
pub type Put<'a> = &'a mut dyn FnMut(&str, &[u8]) -> io::Result<()>;

/// A tree that nothing points to is kept this long: somebody may be writing it.
const KEPT: Duration = Duration::from_secs(600);

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Writes a tree with `fill` and puts it in place of whatever `place` pointed to.
///
/// # Errors
/// When it cannot be written, or `place` is a folder of somebody else's; the old tree stays in place then.
pub fn replace<T>(place: &Path, fill: impl FnOnce(Put<'_>) -> io::Result<T>) -> io::Result<T> {
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
    std::fs::create_dir(&folder)?;
    match write(&folder, fill).and_then(|done| turn(place, &parent, &fresh).map(|()| done)) {
        Ok(done) => {
            tidy(&parent, &name, &[before, std::fs::read_link(place).ok()]);
            Ok(done)
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

fn write<T>(folder: &Path, fill: impl FnOnce(Put<'_>) -> io::Result<T>) -> io::Result<T> {
    let mut put = |path: &str, bytes: &[u8]| {
        let path = Path::new(path);
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::Error::other("a path of the public tree leads out of it"));
        }
        let target = folder.join(path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(target, bytes)
    };
    fill(&mut put)
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
