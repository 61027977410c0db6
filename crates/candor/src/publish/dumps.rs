//! Everything at once, for whoever keeps a copy: archives of OSV records, per program and per ecosystem.
//!
//! The layout is that of the OSV export: `ecosystems.txt`, and `{ecosystem}/all.zip`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use candor_formats::zip;

use super::swap::Put;

/// OSV records as they are printed, gathered while the tree is.
#[derive(Debug, Default)]
pub struct Dumps {
    /// File name and text of each record.
    files: Vec<(String, Arc<str>)>,
    /// Places in `files` by what they belong to: a program's slug before an ecosystem's name.
    programs: BTreeMap<String, Vec<usize>>,
    ecosystems: BTreeMap<String, Vec<usize>>,
}

impl Dumps {
    /// Takes the OSV record of an advisory.
    pub fn add(&mut self, slug: &str, id: &str, ecosystems: BTreeSet<&str>, text: &Arc<str>) {
        let place = self.files.len();
        self.files.push((format!("{id}.json"), text.clone()));
        self.programs.entry(slug.to_owned()).or_default().push(place);
        for name in ecosystems {
            self.ecosystems.entry(name.to_owned()).or_default().push(place);
        }
    }

    /// Prints the archives.
    ///
    /// # Errors
    /// What `put` fails with.
    pub fn print(&self, put: Put<'_>) -> io::Result<()> {
        let all: Vec<usize> = (0..self.files.len()).collect();
        self.archive("osv/all.zip", &all, put)?;
        for (slug, places) in &self.programs {
            self.archive(&format!("{slug}/osv/all.zip"), places, put)?;
        }
        let mut names = String::new();
        for (ecosystem, places) in &self.ecosystems {
            names.push_str(ecosystem);
            names.push('\n');
            self.archive(&format!("osv/{}/all.zip", folder(ecosystem)), places, put)?;
        }
        put("osv/ecosystems.txt", names.as_bytes())
    }

    fn archive(&self, path: &str, places: &[usize], put: Put<'_>) -> io::Result<()> {
        let mut files: Vec<&(String, Arc<str>)> = places.iter().filter_map(|place| self.files.get(*place)).collect();
        files.sort();
        let files = files.into_iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
        let archive =
            zip::archive(files).ok_or_else(|| io::Error::other("there are too many records for an archive"))?;
        put(path, &archive)
    }
}

/// Name of an ecosystem's folder: what is not plain in an address becomes `_`.
fn folder(ecosystem: &str) -> String {
    ecosystem.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' }).collect()
}
