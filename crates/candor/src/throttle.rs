//! Slows down whoever asks too often. Kept in memory of this process; time is an argument.

pub mod reading; // how many cases a member opens in a short time
pub mod places; // how much of what costs much goes on at a time
pub mod work; // work in place of a wait, while a door is flooded

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Entries of a map before those that no longer matter are dropped.
const SWEEP_AT: usize = 10_000;
/// Failures that cost nothing.
const FREE: u32 = 4;
/// Longest wait after failures.
const LONGEST: u64 = 15 * 60;
/// Failures are forgotten this long after the last one.
const FORGET: SignedDuration = SignedDuration::from_hours(1);

/// Where a request comes from: an IPv4 address, or the /64 network of an IPv6 address, since one customer commonly
/// holds a whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source(IpAddr);

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(six) => {
                let network = u128::from(six) & !u128::from(u64::MAX);
                Self(IpAddr::V6(Ipv6Addr::from(network)))
            }
            four @ IpAddr::V4(_) => Self(four),
        }
    }
}

/// Too often: ask again after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl Wait {
    /// Whole seconds, at least one, for `Retry-After`.
    pub fn seconds(self) -> u64 {
        self.0.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX).max(1)
    }

    fn between(now: Timestamp, until: Timestamp) -> Self {
        Self(Duration::try_from(until.duration_since(now)).unwrap_or_default())
    }
}

/// Counters of one process. Two processes count apart, so a limit holds per node.
#[derive(Debug, Default)]
pub struct Throttle {
    rates: Mutex<HashMap<(&'static str, Source), Timestamp>>,
    named: Mutex<HashMap<(&'static str, String), Timestamp>>,
    failures: Mutex<HashMap<Tried, Failures>>,
    known: Mutex<HashMap<([u8; 16], Source), ()>>,
    meters: Mutex<HashMap<&'static str, Meter>>,
    places: places::Places,
}

/// How many came within a minute, over all sources.
#[derive(Debug, Clone, Copy, Default)]
struct Meter {
    /// The minute that is counted, since 1970.
    minute: i64,
    count: u32,
    /// The count of the minute before.
    before: u32,
}

impl Meter {
    fn turned_to(self, minute: i64) -> Self {
        match minute - self.minute {
            0 => self,
            1 => Self { minute, count: 0, before: self.count },
            // A clock set back starts anew as well.
            _ => Self { minute, count: 0, before: 0 },
        }
    }
}

/// What was tried, by its kind and keyed hash, and from where; `None` counts over all sources.
type Tried = (&'static str, [u8; 16], Option<Source>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    /// When the next attempt may be made: at once for the first few, then after 1, 2, 4, … seconds.
    fn until(self) -> Timestamp {
        let Some(over) = self.count.checked_sub(FREE + 1) else { return self.last };
        let seconds = 1_u64.checked_shl(over).unwrap_or(LONGEST).min(LONGEST);
        self.last + Duration::from_secs(seconds)
    }
}

/// Drops what no longer matters when a map has grown; a map that stays too large is emptied, because memory has an end
/// and nobody may be shut out by it.
fn sweep<K: Eq + Hash, V>(map: &mut HashMap<K, V>, matters: impl Fn(&V) -> bool) {
    if map.len() >= SWEEP_AT {
        map.retain(|_, value| matters(value));
        if map.len() >= 10 * SWEEP_AT {
            map.clear();
        }
    }
}

/// Lets `per_minute` requests through for one key of a map, in a burst or spread evenly; 0 for no limit.
fn let_through<K: Eq + Hash>(
    rates: &Mutex<HashMap<K, Timestamp>>,
    key: K,
    per_minute: u32,
    now: Timestamp,
) -> Result<(), Wait> {
    if per_minute == 0 {
        return Ok(());
    }
    // The generic cell rate algorithm: each request moves the key's own due instant one interval on, and that instant may
    // lie at most a minute ahead.
    let interval = Duration::from_secs(60) / per_minute;
    let ahead = Duration::from_secs(60);
    let mut rates = rates.lock().unwrap_or_else(PoisonError::into_inner);
    sweep(&mut rates, |due| *due > now);
    let due = rates.entry(key).or_insert(now);
    // A clock set back (a demonstration, a test) must not shut anybody out.
    if *due < now || *due > now + ahead + interval {
        *due = now;
    }
    let next = *due + interval;
    if next > now + ahead {
        return Err(Wait::between(now + ahead, next));
    }
    *due = next;
    Ok(())
}

impl Throttle {
    /// Lets `per_minute` requests of a kind through from one source, in a burst or spread evenly; 0 for no limit.
    ///
    /// # Errors
    /// The time to wait. A refused request does not count.
    pub fn rate(&self, kind: &'static str, from: Source, per_minute: u32, now: Timestamp) -> Result<(), Wait> {
        let_through(&self.rates, (kind, from), per_minute, now)
    }

    /// The same for one that is known by name, such as a member, wherever the requests come from.
    ///
    /// # Errors
    /// The time to wait. A refused request does not count.
    pub fn rate_of(&self, kind: &'static str, who: &str, per_minute: u32, now: Timestamp) -> Result<(), Wait> {
        let_through(&self.named, (kind, who.to_owned()), per_minute, now)
    }

    /// Counts one that was taken in through a lane, whoever sent it.
    pub fn count(&self, lane: &'static str, now: Timestamp) {
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        let meter = meters.entry(lane).or_default();
        *meter = meter.turned_to(now.as_second().div_euclid(60));
        meter.count = meter.count.saturating_add(1);
    }

    /// How many came through a lane within the last minute. The minute before counts by the part of it that is not over yet.
    pub fn load(&self, lane: &'static str, now: Timestamp) -> u32 {
        let second = now.as_second();
        let meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        let meter = meters.get(lane).copied().unwrap_or_default().turned_to(second.div_euclid(60));
        let left = u64::try_from(60 - second.rem_euclid(60)).unwrap_or_default();
        let load = u64::from(meter.count) + u64::from(meter.before) * left / 60;
        u32::try_from(load).unwrap_or(u32::MAX)
    }

    /// Whether more than `per_minute` came through a lane within the last minute; 0 for never.
    pub fn is_flooded(&self, lane: &'static str, per_minute: u32, now: Timestamp) -> bool {
        per_minute != 0 && per_minute < self.load(lane, now)
    }

    /// Whether an attempt at `what` may be made yet. `from` is `None` for a count over all sources.
    ///
    /// # Errors
    /// The time to wait.
    pub fn may_try(
        &self,
        kind: &'static str,
        what: [u8; 16],
        from: Option<Source>,
        now: Timestamp,
    ) -> Result<(), Wait> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match failures.get(&(kind, what, from)) {
            Some(found) if found.last <= now && found.until() > now => Err(Wait::between(now, found.until())),
            _ => Ok(()),
        }
    }

    /// An attempt at `what` failed: the next one has to wait longer.
    pub fn failed(&self, kind: &'static str, what: [u8; 16], from: Option<Source>, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |found: &Failures| found.last <= now && now.duration_since(found.last) < FORGET;
        sweep(&mut failures, fresh);
        let found = failures.entry((kind, what, from)).or_insert(Failures { count: 0, last: now });
        if !fresh(found) {
            found.count = 0;
        }
        *found = Failures { count: found.count.saturating_add(1), last: now };
    }

    /// How many attempts at `what` failed, one after the other.
    pub fn failures(&self, kind: &'static str, what: [u8; 16], from: Option<Source>) -> u32 {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(&(kind, what, from)).map_or(0, |found| found.count)
    }

    /// An attempt at `what` succeeded: its failures are forgotten.
    pub fn succeeded(&self, kind: &'static str, what: [u8; 16], from: Option<Source>) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(&(kind, what, from));
    }
}

impl Throttle {
    /// Remembers that `what` was reached from here with everything right, so that strangers' failures do not hold this
    /// place up. Forgotten when the process ends.
    pub fn know(&self, what: [u8; 16], from: Source) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        sweep(&mut known, |()| true);
        known.insert((what, from), ());
    }

    /// Whether `what` was reached from here before.
    pub fn is_known(&self, what: [u8; 16], from: Source) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&(what, from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a fixed instant")
    }

    fn source(text: &str) -> Source {
        Source::from(text.parse::<IpAddr>().expect("a fixed address"))
    }

    #[test]
    fn addresses_of_one_network_are_one_source() {
        assert_eq!(source("2001:db8:1:2:3:4:5:6"), source("2001:db8:1:2:ffff::1"));
        assert_ne!(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
    }

    #[test]
    fn a_minute_holds_so_many_requests_and_no_more() {
        let throttle = Throttle::default();
        let now = at("2026-11-21T12:00:00Z");
        for _ in 0..3 {
            assert_eq!(throttle.rate("report", source("192.0.2.1"), 3, now), Ok(()));
        }
        let wait = throttle.rate("report", source("192.0.2.1"), 3, now).expect_err("the fourth is one too many");
        assert_eq!(wait.seconds(), 20);
        assert_eq!(throttle.rate("report", source("192.0.2.2"), 3, now), Ok(()), "another source is not held up");
        assert_eq!(throttle.rate("sign-in", source("192.0.2.1"), 3, now), Ok(()), "another kind is not held up");
        assert_eq!(throttle.rate("report", source("192.0.2.1"), 3, at("2026-11-21T12:00:20Z")), Ok(()));
        assert_eq!(throttle.rate("report", source("192.0.2.1"), 0, now), Ok(()), "0 is no limit");
        assert_eq!(throttle.rate_of("preview", "ada", 1, now), Ok(()));
        assert_eq!(throttle.rate_of("preview", "ada", 1, now).expect_err("the second is one too many").seconds(), 60);
        assert_eq!(throttle.rate_of("preview", "ben", 1, now), Ok(()), "another member is not held up");
    }

    #[test]
    fn waits_grow_with_each_failure_and_end_after_an_hour() {
        let throttle = Throttle::default();
        let here = Some(source("192.0.2.1"));
        let mut now = at("2026-11-21T12:00:00Z");
        for _ in 0..4 {
            throttle.failed("sign-in", [1; 16], here, now);
            assert_eq!(throttle.may_try("sign-in", [1; 16], here, now), Ok(()));
        }
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            throttle.failed("sign-in", [1; 16], here, now);
            let wait = throttle.may_try("sign-in", [1; 16], here, now).expect_err("it has to wait");
            assert_eq!(wait.seconds(), seconds);
            now += Duration::from_secs(seconds);
            assert_eq!(throttle.may_try("sign-in", [1; 16], here, now), Ok(()));
        }
        throttle.failed("sign-in", [1; 16], here, now);
        assert!(throttle.may_try("sign-in", [1; 16], here, now).is_err());
        assert_eq!(throttle.may_try("sign-in", [1; 16], Some(source("192.0.2.2")), now), Ok(()), "others may try");
        assert_eq!(throttle.may_try("sign-in", [2; 16], here, now), Ok(()), "another account may be tried");
        now += Duration::from_secs(3600);
        throttle.failed("sign-in", [1; 16], here, now);
        assert_eq!(throttle.may_try("sign-in", [1; 16], here, now), Ok(()), "an hour later it starts anew");
    }

    #[test]
    fn a_lane_is_flooded_by_all_sources_together_and_dries_up_by_itself() {
        let throttle = Throttle::default();
        let now = at("2026-11-21T12:00:30Z");
        (0..100).for_each(|_| throttle.count("form", now));
        assert!(!throttle.is_flooded("form", 100, now));
        throttle.count("form", now);
        assert!(throttle.is_flooded("form", 100, now));
        assert!(!throttle.is_flooded("api", 100, now), "another lane is not held up");
        assert!(!throttle.is_flooded("form", 0, now), "0 is never");
        assert!(throttle.is_flooded("form", 49, at("2026-11-21T12:01:30Z")), "half of the minute before counts");
        assert!(!throttle.is_flooded("form", 51, at("2026-11-21T12:01:30Z")));
        assert!(!throttle.is_flooded("form", 1, at("2026-11-21T12:02:00Z")));
    }

    #[test]
    fn success_forgets_the_failures() {
        let throttle = Throttle::default();
        let now = at("2026-11-21T12:00:00Z");
        (0..9).for_each(|_| throttle.failed("sign-in", [1; 16], None, now));
        assert_eq!(throttle.failures("sign-in", [1; 16], None), 9);
        assert!(throttle.may_try("sign-in", [1; 16], None, now).is_err());
        throttle.succeeded("sign-in", [1; 16], None);
        assert_eq!(throttle.may_try("sign-in", [1; 16], None, now), Ok(()));
    }
}
