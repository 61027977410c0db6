//! The reading budget: how many different cases a member opens in a short time before they are asked for their second
//! factor, and two people are told. Kept in memory of this process; time is an argument.

use candor_core::id::{CaseId, MemberId};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Different cases that may be opened within [`WITHIN`] without a fresh second factor.
pub const BUDGET: usize = 20;
/// The time over which they are counted.
pub const WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// What members opened of late.
#[derive(Debug, Default)]
pub struct Reading(Mutex<HashMap<MemberId, Shelf>>);

#[derive(Debug, Default)]
struct Shelf {
    opened: Vec<(CaseId, Timestamp)>,
    told: Option<Timestamp>,
}

/// Whether a case may be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It may.
    Within,
    /// Not before the second factor was proved anew, or time has passed.
    Over {
        /// Different cases so far, with this one.
        cases: u32,
        /// Whether others have to be told; once per spell.
        tell: bool,
    },
}

impl Reading {
    /// A member wants to open a case. One that they opened within the time already costs nothing.
    pub fn look(&self, member: &MemberId, case: &CaseId, now: Timestamp) -> Look {
        let mut shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shelf = shelves.entry(member.clone()).or_default();
        // A clock set back (a demonstration, a test) must not shut anybody out.
        let lately = |at: Timestamp| at <= now && now.duration_since(at) < WITHIN;
        shelf.opened.retain(|(_, at)| lately(*at));
        if shelf.opened.iter().any(|(known, _)| known == case) {
            return Look::Within;
        }
        if shelf.opened.len() < BUDGET {
            shelf.opened.push((case.clone(), now));
            return Look::Within;
        }
        let tell = !shelf.told.is_some_and(lately);
        if tell {
            shelf.told = Some(now);
        }
        Look::Over { cases: u32::try_from(shelf.opened.len() + 1).unwrap_or(u32::MAX), tell }
    }

    /// A member proved the second factor anew: they may open as many again.
    pub fn proved(&self, member: &MemberId) {
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
    fn the_twenty_first_case_within_ten_minutes_asks_for_the_second_factor_and_tells_others_once() {
        let (reading, ada) = (Reading::default(), MemberId::from("ada"));
        for n in 0..BUDGET {
            assert_eq!(reading.look(&ada, &format!("{n}").into(), at(0)), Look::Within);
        }
        assert_eq!(reading.look(&ada, &"3".into(), at(1)), Look::Within, "what is open already costs nothing");
        assert_eq!(reading.look(&ada, &"more".into(), at(1)), Look::Over { cases: 21, tell: true });
        assert_eq!(reading.look(&ada, &"again".into(), at(2)), Look::Over { cases: 21, tell: false });
        assert_eq!(reading.look(&"ben".into(), &"more".into(), at(1)), Look::Within, "each has a budget of their own");
        reading.proved(&ada);
        assert_eq!(reading.look(&ada, &"more".into(), at(2)), Look::Within);
    }

    #[test]
    fn what_was_opened_ten_minutes_ago_counts_no_more() {
        let (reading, ada) = (Reading::default(), MemberId::from("ada"));
        for n in 0..BUDGET {
            assert_eq!(reading.look(&ada, &format!("{n}").into(), at(0)), Look::Within);
        }
        assert!(matches!(reading.look(&ada, &"more".into(), at(9)), Look::Over { .. }));
        assert_eq!(reading.look(&ada, &"more".into(), at(10)), Look::Within);
    }
}
