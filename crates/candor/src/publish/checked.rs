//! Which records are known to be right, kept beside the public tree: hashes of what is public, and nothing else. Without
//! the file all are checked again.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Write};
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

    /// Adds hashes. That they cannot be written costs time and nothing else.
    pub fn add(&self, hashes: &[Hash]) {
        if !hashes.is_empty() && self.append(hashes).is_err() {
            tracing::debug!("which records were checked could not be kept");
        }
    }

    fn append(&self, hashes: &[Hash]) -> io::Result<()> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
        let mut text = String::new();
        if BufReader::new(&file).lines().next().transpose()?.as_deref() != Some(self.version.as_str()) {
            // What another version wrote says nothing.
            file.set_len(0)?;
            text = format!("{}\n", self.version);
        }
        for hash in hashes {
            text.push_str(&crate::execute::report::hex(hash));
            text.push('\n');
        }
        file.write_all(text.as_bytes())
    }
}
