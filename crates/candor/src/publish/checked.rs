//! Which records are known to be right, kept beside the public tree: hashes of what is public, and nothing else. Without
//! the file all are checked again.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::tree::Hash;

/// The file, for one version of the checks.
#[derive(Debug)]
pub struct Checked {
    path: PathBuf,
    version: String,
}

/// The file beside a public folder.
pub fn file(place: &Path, version: &str) -> Checked {
    let mut name = OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(".checked");
    Checked { path: place.with_file_name(name), version: version.to_owned() }
}

impl Checked {
    /// The hashes in it; none where there is no file, or another version wrote it.
    pub fn read(&self) -> HashSet<Hash> {
        let Ok(text) = std::fs::read_to_string(&self.path) else { return HashSet::new() };
        let mut lines = text.lines();
        if lines.next() != Some(self.version.as_str()) {
            return HashSet::new();
        }
        lines.filter_map(|line| crate::execute::rebuild::unhex(line)?.try_into().ok()).collect()
    }

    /// Writes the hashes. That it cannot be written costs time and nothing else.
    pub fn write(&self, hashes: &HashSet<Hash>) {
        let mut text = format!("{}\n", self.version);
        for hash in hashes {
            text.push_str(&crate::execute::report::hex(hash));
            text.push('\n');
        }
        let mut fresh = self.path.clone().into_os_string();
        fresh.push(".new");
        if std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, &self.path)).is_err() {
            tracing::debug!("which records were checked could not be kept");
        }
    }
}
