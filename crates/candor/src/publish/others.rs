//! Files of the public tree that belong to no single advisory: lists, feeds, archives, policies. Each is written where what
//! it is made of has changed.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};

use super::swap::Tree;
use super::tree::{Hash, hash};

/// Files by path, with the hash of their bytes or of what they were made of.
pub type Known = HashMap<String, Hash>;

/// Takes the files of a tree that may hold some of them already.
#[derive(Debug)]
pub struct Others<'a> {
    tree: &'a Tree,
    before: &'a Known,
    now: Mutex<Known>,
}

impl<'a> Others<'a> {
    /// For a tree that holds the files `before`.
    pub fn new(tree: &'a Tree, before: &'a Known) -> Self {
        Self { tree, before, now: Mutex::new(HashMap::with_capacity(before.len())) }
    }

    /// Takes a file by its bytes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let hash = hash(bytes);
        if self.before.get(path) != Some(&hash) {
            self.tree.put(path, bytes)?;
        }
        self.keep(path, hash);
        Ok(())
    }

    /// Takes a file by a [`Others::key`] of all that it is made of, and makes it only where that is new.
    ///
    /// # Errors
    /// What making and writing fail with.
    pub fn made_of<T: AsRef<[u8]>>(
        &self,
        path: &str,
        key: Hash,
        make: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<()> {
        if self.before.get(path) != Some(&key) {
            self.tree.put(path, make()?.as_ref())?;
        }
        self.keep(path, key);
        Ok(())
    }

    /// Gives a file that was just taken under `key` another name.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn link(&self, path: &str, key: Hash, other: &str) -> io::Result<()> {
        if self.before.get(path) != Some(&key) {
            self.tree.link(path, other)?;
        }
        self.keep(path, key);
        Ok(())
    }

    /// A hash of words and of the hashes of records: what a file is made of, besides what every page depends on.
    pub fn key<'b>(&self, words: &[&str], records: impl IntoIterator<Item = &'b Hash>) -> Hash {
        let mut context = Context::new(&SHA256);
        for word in words {
            context.update(&word.len().to_le_bytes());
            context.update(word.as_bytes());
        }
        context.update(&[0xFF; 8]);
        for record in records {
            context.update(record);
        }
        let mut key = [0; 32];
        key.copy_from_slice(context.finish().as_ref());
        key
    }

    /// The files there are now. Those of before that are not among them are removed.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn finish(self) -> io::Result<Known> {
        let now = self.now.into_inner().unwrap_or_else(PoisonError::into_inner);
        for path in self.before.keys().filter(|path| !now.contains_key(*path)) {
            self.tree.remove(path)?;
        }
        Ok(now)
    }

    fn keep(&self, path: &str, hash: Hash) {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), hash);
    }
}
