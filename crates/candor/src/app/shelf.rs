//! What search and the list of likely duplicates know: an index in memory, shared by every door of this process. It is
//! filled by `search`; here it is only kept, and told which cases changed. It never touches a disk.

use candor_core::likeness::Index;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The index and how far it is.
#[derive(Debug, Default)]
pub struct Shelf {
    index: RwLock<Index>,
    /// Cases that changed since they were last read.
    touched: Mutex<BTreeSet<String>>,
    /// The last entry that is known of each case.
    heads: Mutex<BTreeMap<String, i64>>,
    stage: AtomicU64,
    /// Held by whoever reads cases into the index.
    pub filling: tokio::sync::Mutex<()>,
}

/// How far the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was read yet.
    Cold,
    /// Cases are being read.
    Warming,
    /// Every case was read once.
    Ready,
}

impl Shelf {
    /// The index, to ask.
    pub fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index, to change.
    pub fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A case changed, or is new.
    pub fn touch(&self, case: &str) {
        // Before the first case is read nobody asks; all of them will be read then.
        if self.stage() != Stage::Cold {
            self.touched.lock().unwrap_or_else(PoisonError::into_inner).insert(case.to_owned());
        }
    }

    /// Leaves out the cases that changed until they are read again.
    pub fn hide_touched(&self) {
        let touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        let mut index = self.write();
        for case in touched.iter() {
            index.remove(case);
        }
    }

    /// Takes the cases that changed.
    pub fn take_touched(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether any case waits to be read again.
    pub fn has_touched(&self) -> bool {
        !self.touched.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The last entry known of a case.
    pub fn head(&self, case: &str) -> Option<i64> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).get(case).copied()
    }

    /// A case was read up to this entry.
    pub fn set_head(&self, case: &str, head: i64) {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).insert(case.to_owned(), head);
    }

    /// Every case is to be read again, such as when a key was destroyed and some say less now. What was read stays until then.
    pub fn forget_heads(&self) {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A case is gone.
    pub fn forget(&self, case: &str) {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).remove(case);
        self.write().remove(case);
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Cold,
            1 => Stage::Warming,
            _ => Stage::Ready,
        }
    }

    /// Says how far it is.
    pub fn set_stage(&self, stage: Stage) {
        self.stage.store(stage as u64, Ordering::Release);
    }
}
