//! Letters as `.eml` files in a folder, for demonstrations and for those who send by other means.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::letters::Letter;

/// A letter in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Name of the file; names sort by the time of the notice.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

/// Writes a letter under the name of its outbox row. Twice is once: the second time nothing changes.
///
/// # Errors
/// When the folder cannot be made or written.
pub fn write(folder: &Path, letter: &Letter) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let name = letter.file_name();
    let path = folder.join(&name);
    if path.exists() {
        return Ok(path);
    }
    let part = folder.join(format!(".{name}.part"));
    let mut file = std::fs::File::create(&part)?;
    file.write_all(&letter.bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&part, &path)?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(path)
}

/// The letters in the folder, the newest first. A folder that is not there yet holds none.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path) -> io::Result<Vec<Filed>> {
    let entries = match std::fs::read_dir(folder) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if is_name(&name) {
            found.push(Filed { name, size: entry.metadata()?.len() });
        }
    }
    found.sort_by(|a, b| b.name.cmp(&a.name));
    Ok(found)
}

/// The bytes of one letter; `None` when there is none of this name.
///
/// # Errors
/// When the file cannot be read.
pub fn read(folder: &Path, name: &str) -> io::Result<Option<Vec<u8>>> {
    if !is_name(name) {
        return Ok(None);
    }
    match std::fs::read(folder.join(name)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why),
    }
}

/// Whether a name is one that [`write`] gives: no path, no hidden file.
fn is_name(name: &str) -> bool {
    name.strip_suffix(".eml")
        .is_some_and(|stem| !stem.is_empty() && stem.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
}
