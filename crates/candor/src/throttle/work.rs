//! Work in place of a wait. While a door is flooded, whoever computes for a moment need not wait; whoever cannot compute waits
//! as long as a person takes to write. Without a flood nothing is asked.
//!
//! A challenge is `UNTIL-BITS-MAC`. It is solved by a number N with which the SHA-256 of `UNTIL-BITS-MAC-N` begins with so many
//! zero bits; `UNTIL-BITS-MAC-N` is sent back. The MAC binds it to the door, the program and the one request it was given for,
//! and each such request is filed once; so a solution is worth one report.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};

use crate::keys::{Key, equal, lookup};

/// How long a challenge can be answered.
pub const OPEN: SignedDuration = SignedDuration::from_mins(10);
/// Zero bits at the brink of a flood: some tenths of a second in a browser.
const LEAST: u32 = 16;
/// Zero bits at most: some ten seconds in a slow browser.
const MOST: u32 = 21;
/// Header in which a solution is sent to the API.
pub const HEADER: &str = "candor-work";

/// Why work does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// It has another form, or was given for another request, program or door.
    #[error("the work is for another request")]
    Foreign,
    /// It is older than [`OPEN`].
    #[error("the challenge has ended; ask for another")]
    Ended,
    /// The hash does not begin with enough zeros.
    #[error("the hash does not begin with enough zero bits")]
    Wrong,
}

/// Zero bits to ask for: one more each time the flood doubles. `load` and `flood` are reports in a minute.
#[must_use]
pub fn bits(load: u32, flood: u32) -> u32 {
    let times = load / flood.max(1);
    (LEAST + times.checked_ilog2().unwrap_or(0)).min(MOST)
}

fn mac(key: &Key, what: &str, id: &str, until: i64, bits: u32) -> String {
    HEXLOWER.encode(&lookup(key, "form work", format!("{what}\n{until}\n{bits}\n{id}").as_bytes()))
}

/// A challenge for one request. `what` names door and program, `id` the one form or request.
#[must_use]
pub fn challenge(key: &Key, what: &str, id: &str, bits: u32, now: Timestamp) -> String {
    let until = (now + OPEN).as_second();
    format!("{until}-{bits}-{}", mac(key, what, id, until, bits))
}

/// Whether this is the solved challenge of this request.
///
/// # Errors
/// Why it does not count.
pub fn check(key: &Key, what: &str, id: &str, given: &str, now: Timestamp) -> Result<(), NotDone> {
    let mut parts = given.split('-');
    let (Some(until), Some(bits), Some(tag), Some(number), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(NotDone::Foreign);
    };
    let (Ok(until), Ok(bits), Ok(_)) = (until.parse::<i64>(), bits.parse::<u32>(), number.parse::<u64>()) else {
        return Err(NotDone::Foreign);
    };
    if !equal(mac(key, what, id, until, bits).as_bytes(), tag.as_bytes()) {
        return Err(NotDone::Foreign);
    }
    if until < now.as_second() {
        return Err(NotDone::Ended);
    }
    if zeros(given) < bits { Err(NotDone::Wrong) } else { Ok(()) }
}

/// Zero bits at the front of the hash.
fn zeros(text: &str) -> u32 {
    let hash = digest(&SHA256, text.as_bytes());
    let mut front = [0; 8];
    front.copy_from_slice(&hash.as_ref()[..8]);
    u64::from_be_bytes(front).leading_zeros()
}

/// Solves a challenge, as a client does; none when it asks for more than any challenge of ours, or is none.
#[must_use]
pub fn solve(challenge: &str) -> Option<String> {
    let bits: u32 = challenge.split('-').nth(1)?.parse().ok()?;
    if MOST < bits {
        return None;
    }
    // Sixty-four times the work that is expected: fails once in e^64.
    (0..1_u64 << (bits + 6)).map(|number| format!("{challenge}-{number}")).find(|text| bits <= zeros(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new("form", [byte; 32])
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a fixed instant")
    }

    #[test]
    fn a_solution_counts_for_its_request_alone_and_for_ten_minutes() {
        let (now, here) = (at("2026-11-21T12:00:00Z"), key(1));
        let given = challenge(&here, "report/minio", "one", LEAST, now);
        let solved = solve(&given).expect("solved");
        assert!(solved.len() <= 55, "one block of the hash, as the page's script computes it");
        assert_eq!(check(&here, "report/minio", "one", &solved, now), Ok(()));
        assert_eq!(check(&here, "report/minio", "one", &solved, now + OPEN), Ok(()));
        let late = now + OPEN + SignedDuration::from_secs(1);
        assert_eq!(check(&here, "report/minio", "one", &solved, late), Err(NotDone::Ended));
        assert_eq!(check(&here, "report/other", "one", &solved, now), Err(NotDone::Foreign), "another program");
        assert_eq!(check(&here, "report/minio", "two", &solved, now), Err(NotDone::Foreign), "another form");
        assert_eq!(check(&key(2), "report/minio", "one", &solved, now), Err(NotDone::Foreign), "another service");
    }

    #[test]
    fn what_is_not_solved_or_made_easier_does_not_count() {
        let (now, here) = (at("2026-11-21T12:00:00Z"), key(1));
        let given = challenge(&here, "report/minio", "one", LEAST, now);
        let wrong = (0..1000).map(|number| format!("{given}-{number}")).find(|text| zeros(text) < LEAST).expect("one");
        assert_eq!(check(&here, "report/minio", "one", &wrong, now), Err(NotDone::Wrong));
        let easier = given.replacen(&format!("-{LEAST}-"), "-0-", 1) + "-0";
        assert_eq!(check(&here, "report/minio", "one", &easier, now), Err(NotDone::Foreign));
        for none in ["", "1-2-3", "a-b-c-d", &format!("{given}-"), &format!("{given}-1-2")] {
            assert_eq!(check(&here, "report/minio", "one", none, now), Err(NotDone::Foreign), "{none}");
        }
        assert_eq!(solve("1-60-a"), None, "a server cannot make a client compute for ever");
    }

    #[test]
    fn the_work_grows_with_the_flood_and_has_an_end() {
        assert_eq!(bits(21, 20), LEAST);
        assert_eq!(bits(40, 20), LEAST + 1);
        assert_eq!(bits(80, 20), LEAST + 2);
        assert_eq!(bits(u32::MAX, 20), MOST);
        assert_eq!(bits(5, 0), LEAST + 2);
    }
}
