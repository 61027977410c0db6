//! Everything at once, for whoever keeps a copy: archives of OSV records, per program and per ecosystem.
//!
//! The layout is that of the OSV export: `ecosystems.txt`, and `{ecosystem}/all.zip`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use candor_formats::zip::{self, File};

use super::others::Others;
use super::tree::Hash;

/// The OSV record of an advisory, as it lies in an archive.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The file.
    pub file: Arc<File>,
    /// Ecosystems that it belongs to.
    pub ecosystems: BTreeSet<String>,
}

/// OSV records as they are printed, gathered while the tree is.
#[derive(Debug, Default)]
pub struct Dumps<'a> {
    /// Each with the hash of what it was made of.
    pieces: Vec<(&'a File, Hash)>,
    /// Places in `pieces` by what they belong to: a program's slug before an ecosystem's name.
    programs: BTreeMap<&'a str, Vec<usize>>,
    ecosystems: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Dumps<'a> {
    /// Takes the OSV record of an advisory with this hash.
    pub fn add(&mut self, slug: &'a str, piece: &'a Piece, hash: Hash) {
        let place = self.pieces.len();
        self.pieces.push((&piece.file, hash));
        self.programs.entry(slug).or_default().push(place);
        for name in &piece.ecosystems {
            self.ecosystems.entry(name).or_default().push(place);
        }
    }

    /// Prints the archives.
    ///
    /// # Errors
    /// What writing fails with.
    pub fn print(&self, others: &Others<'_>) -> io::Result<()> {
        let mut names = String::new();
        let mut archives = vec![("osv/all.zip".to_owned(), (0..self.pieces.len()).collect())];
        archives.extend(self.programs.iter().map(|(slug, places)| (format!("{slug}/osv/all.zip"), places.clone())));
        for (ecosystem, places) in &self.ecosystems {
            names.push_str(ecosystem);
            names.push('\n');
            archives.push((format!("osv/{}/all.zip", folder(ecosystem)), places.clone()));
        }
        // Archives of the same records are one file with several names.
        let mut made: BTreeMap<Hash, String> = BTreeMap::new();
        for (path, places) in archives {
            let mut pieces: Vec<&(&File, Hash)> = places.iter().filter_map(|place| self.pieces.get(*place)).collect();
            pieces.sort_unstable_by_key(|(file, _)| file.name());
            let key = others.key(&[], pieces.iter().map(|(_, hash)| hash));
            if let Some(other) = made.get(&key) {
                others.link(&path, key, other)?;
                continue;
            }
            others.made_of(&path, key, || {
                zip::archive(pieces.into_iter().map(|(file, _)| *file))
                    .ok_or_else(|| io::Error::other("there are too many records for an archive"))
            })?;
            made.insert(key, path);
        }
        others.put("osv/ecosystems.txt", names.as_bytes())
    }
}

/// Name of an ecosystem's folder: what is not plain in an address becomes `_`.
fn folder(ecosystem: &str) -> String {
    ecosystem.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' }).collect()
}
