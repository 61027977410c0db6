//! The reading budget: how many different cases a member opens in a short time before they are asked for their second
//! factor, and two people are told. The looks lie in the store (`execute::reading`); what it could not keep is counted in the
//! memory of this process. Time is an argument.

use candor_core::id::{CaseId, MemberId};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

/// Different cases that may be opened within [`WITHIN`] without a fresh second factor.
pub const BUDGET: usize = 20;
/// The time over which they are counted.
pub const WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// What a look at a case is for the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The case was opened within the time already; it costs nothing.
    Known,
    /// It is a new one, and may be opened.
    New,
    /// Not before the second factor was proved anew, or time has passed.
    Over {
        /// Different cases so far, with this one.
        cases: u32,
    },
}

/// Weighs a look at a case against what was opened within the time.
pub fn weigh(opened: &BTreeSet<CaseId>, case: &CaseId) -> Look {
    if opened.contains(case) {
        return Look::Known;
    }
    if opened.len() < BUDGET {
        return Look::New;
    }
    Look::Over { cases: u32::try_from(opened.len() + 1).unwrap_or(u32::MAX) }
}

/// Looks that the store could not keep: its disk is full, or it cannot be reached.
#[derive(Debug, Default)]
pub struct Unkept(Mutex<HashMap<MemberId, Vec<(CaseId, Timestamp)>>>);

impl Unkept {
    /// The cases that a member opened within the time.
    pub fn lately(&self, member: &MemberId, now: Timestamp) -> BTreeSet<CaseId> {
        let mut shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(shelf) = shelves.get_mut(member) else { return BTreeSet::new() };
        // A clock set back (a demonstration, a test) must not shut anybody out.
        shelf.retain(|(_, at)| *at <= now && now.duration_since(*at) < WITHIN);
        shelf.iter().map(|(case, _)| case.clone()).collect()
    }

    /// Keeps a look.
    pub fn keep(&self, member: &MemberId, case: &CaseId, now: Timestamp) {
        let mut shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.entry(member.clone()).or_default().push((case.clone(), now));
    }

    /// Begins a member's budget anew.
    pub fn forget(&self, member: &MemberId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn the_twenty_first_case_is_over_the_budget_and_what_is_open_already_costs_nothing() {
        let mut opened = BTreeSet::new();
        for n in 0..BUDGET {
            let case = CaseId::from(n.to_string().as_str());
            assert_eq!(weigh(&opened, &case), Look::New);
            opened.insert(case);
        }
        assert_eq!(weigh(&opened, &"3".into()), Look::Known);
        assert_eq!(weigh(&opened, &"more".into()), Look::Over { cases: 21 });
    }

    #[test]
    fn what_was_opened_ten_minutes_ago_or_by_a_clock_set_back_counts_no_more() {
        let (unkept, ada) = (Unkept::default(), MemberId::from("ada"));
        unkept.keep(&ada, &"1".into(), at(10));
        assert_eq!(unkept.lately(&ada, at(19)).len(), 1);
        assert!(unkept.lately(&"ben".into(), at(19)).is_empty(), "each has a budget of their own");
        assert!(unkept.lately(&ada, at(20)).is_empty());
        unkept.keep(&ada, &"1".into(), at(30));
        assert!(unkept.lately(&ada, at(29)).is_empty());
        unkept.keep(&ada, &"1".into(), at(30));
        unkept.forget(&ada);
        assert!(unkept.lately(&ada, at(30)).is_empty());
    }
}
