//! Places for what costs much: how many lists, and how many files and documents on their way out, one asker and all together have
//! in this process at a time. Whoever finds none free is told when to ask again, and nobody waits inside.

use super::{Throttle, Wait};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What takes a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Heavy {
    /// A list of cases, a search, or figures over cases.
    List,
    /// A file or a document on its way out; the place is taken until its last byte is sent.
    Export,
    /// A preview that is made.
    Preview,
}

impl Heavy {
    /// Most of one asker at a time.
    #[must_use]
    pub const fn of_one(self) -> usize {
        match self {
            Self::List => 32,
            Self::Export => 16,
            Self::Preview => 3,
        }
    }

    /// Most of all askers at a time.
    #[must_use]
    pub const fn of_all(self) -> usize {
        self.of_one() * 8
    }

    /// What it is called.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::List => "lists and searches",
            Self::Export => "files and documents",
            Self::Preview => "previews",
        }
    }
}

/// How many there are, by kind and asker; without a name, of all together.
type Counts = HashMap<(Heavy, Option<String>), usize>;

/// Who has places.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Arc<Mutex<Counts>>);

/// A place; it is free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    heavy: Heavy,
    who: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in [(self.heavy, Some(std::mem::take(&mut self.who))), (self.heavy, None)] {
            if let Some(count) = counts.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(&key);
                }
            }
        }
    }
}

impl Throttle {
    /// Takes a place for somebody; others are not held up by those who have theirs.
    ///
    /// # Errors
    /// The time to wait, a second: nobody knows when a place is free.
    pub fn place(&self, heavy: Heavy, who: &str) -> Result<Place, Wait> {
        let mut counts = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (own, all) = ((heavy, Some(who.to_owned())), (heavy, None));
        let taken = |key| counts.get(key).copied().unwrap_or_default();
        if heavy.of_one() <= taken(&own) || heavy.of_all() <= taken(&all) {
            return Err(Wait(Duration::from_secs(1)));
        }
        for key in [own, all] {
            *counts.entry(key).or_default() += 1;
        }
        Ok(Place { places: self.places.clone(), heavy, who: who.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_asker_has_so_many_places_and_takes_none_from_another() {
        let throttle = Throttle::default();
        let mut places: Vec<_> = (0..16).map(|_| throttle.place(Heavy::Export, "mei").expect("a place")).collect();
        assert_eq!(throttle.place(Heavy::Export, "mei").expect_err("none is left").seconds(), 1);
        drop(throttle.place(Heavy::List, "mei").expect("lists are counted apart"));
        drop(throttle.place(Heavy::Export, "tom").expect("another's own"));
        places.pop();
        drop(throttle.place(Heavy::Export, "mei").expect("free again"));
        places.clear();
        assert!(throttle.places.0.lock().expect("unharmed").is_empty(), "nothing is kept of who is done");
    }

    #[test]
    fn all_together_have_eight_times_as_many() {
        let throttle = Throttle::default();
        let places: Vec<_> = (0..128)
            .map(|number| throttle.place(Heavy::Export, &format!("member {}", number / 16)).expect("a place"))
            .collect();
        throttle.place(Heavy::Export, "one more").expect_err("none is left");
        drop(places);
        throttle.place(Heavy::Export, "one more").expect("free again");
    }
}
