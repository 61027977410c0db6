//! A mail that is encrypted or signed is read a second time: its pieces are taken apart by processes without keys, and opened
//! and checked from here.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use candor_core::access::Actor;
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use tokio::sync::Semaphore;

use super::apart::busy;
use super::read::openpgp::{self, KEYS, Ring, Whose};
use super::read::{Letter, Limits, Noticed};
use crate::accounts;
use crate::app::App;
use crate::confine::{Lost, certificates};
use crate::error::Error;
use crate::execute::{self, report::hex};
use crate::keys::random;
use crate::openpgp::Certificate;
use crate::program_keys;
use crate::store::{Batch, settings};

/// How often a mail is opened that was not done with before. Whatever ends the program while it is at a mail, that mail comes
/// again: then it is kept shut, so that it does not come for ever.
const TRIES: u8 = 2;

/// How long readers may be asked about one mail; the next one waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// One mail is opened at a time: what it grows to is bounded for one, and when the program dies it is known which it was.
static ROOM: Semaphore = Semaphore::const_new(1);

/// By which tries of this process are known: as long as it lives none of them ended it.
static THIS: LazyLock<[u8; 8]> = LazyLock::new(|| random::number().to_le_bytes());

/// How often a mail is opened, and by which process last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tried {
    count: u8,
    by: [u8; 8],
}

impl Tried {
    fn read(kept: &[u8]) -> Option<Self> {
        let (count, by) = kept.split_first()?;
        Some(Self { count: *count, by: by.try_into().unwrap_or_default() })
    }

    /// With one try more; one that this process lived through does not count.
    fn again(self) -> Self {
        Self { count: if self.by == *THIS { self.count } else { self.count.saturating_add(1) }, by: *THIS }
    }

    fn bytes(self) -> Vec<u8> {
        [&[self.count][..], &self.by].concat()
    }
}

/// What a mail starts with that is worth a look with keys.
const SIGNS: [&[u8]; 4] = [b"application/pgp-", b"-----BEGIN PGP ", b"\nautocrypt:", b"LS0tLS1CRUdJTiBQR1Ag"];

/// Whose key is known beside the program's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known<'a> {
    /// Nobody's.
    Nobodys,
    /// The one that a reporter gave.
    Reporters(&'a CaseId, u32),
    /// The one that a member gave for themselves.
    Members(&'a MemberId),
}

/// The letter as it is with what can be opened and checked of it, or as it was. `key` names the mail.
///
/// # Errors
/// When the store or the keys fail; nothing of the mail was kept.
pub(super) async fn opened(
    app: &App,
    program: &ProgramSlug,
    known: Known<'_>,
    key: &[u8],
    raw: Arc<Vec<u8>>,
    limits: Limits,
    letter: Letter,
) -> Result<Letter, Error> {
    if !seems_protected(&letter, &raw) {
        return Ok(letter);
    }
    let name = format!("opening {}", hex(key));
    let _room = ROOM.acquire().await.map_err(Error::internal)?;
    let tried = settings::get(&app.store, &name).await?.and_then(|tried| Tried::read(&tried));
    let tried = tried.map_or(Tried { count: 1, by: *THIS }, Tried::again);
    if tried.count > TRIES {
        tracing::error!(%program, "a mail was not opened, because the program ended twice while it was; it is kept as it came");
        return Ok(letter);
    }
    app.store.commit(Batch::main(vec![settings::put_statement(&name, &tried.bytes())])).await?;
    let ring = ring(app, program, known).await?;
    let (workers, runtime, now) = (app.workers.clone(), tokio::runtime::Handle::current(), app.now());
    let opens = move || {
        // Keys that lie with the mail, or inside what is opened, are judged elsewhere.
        let judge = |keys: &[Vec<u8>]| -> Vec<Certificate> {
            let read = |key: &Vec<u8>| runtime.block_on(certificates::read(&workers, key, now)).ok();
            keys.iter().take(KEYS).filter_map(read).collect()
        };
        let until = Instant::now() + PATIENCE;
        let ask = |question| match workers.are_there() {
            true if until < Instant::now() => Err(Lost::Died),
            true => runtime.block_on(workers.ask(question)),
            false => openpgp::answered_here(question),
        };
        openpgp::opened(&raw, &limits, &ring, &ask, &judge)
    };
    let read = tokio::task::spawn_blocking(opens).await.map_err(Error::internal)?;
    app.store.commit(Batch::main(vec![settings::delete_statement(&name)])).await?;
    match read {
        // That a server wrote it is known from the envelope.
        Ok(read) => Ok(Letter { automatic: letter.automatic, ..read }),
        Err(Lost::NotStarted) => Err(busy()),
        Err(Lost::Died) => {
            tracing::error!(%program, "what is encrypted or signed in a mail ended a process that took it apart; it is kept as it came");
            let mut letter = letter;
            letter.noticed.push(Noticed::EndedReader);
            Ok(letter)
        }
    }
}

/// Encrypted, signed, or with a key in it.
fn seems_protected(letter: &Letter, raw: &[u8]) -> bool {
    let holds = |sign: &[u8]| raw.windows(sign.len()).any(|window| window.eq_ignore_ascii_case(sign));
    // In base64 a block can begin at any of three places: so what was read is looked at, too.
    let said = || letter.whole().contains("-----BEGIN PGP ");
    letter.over.is_none() && (SIGNS.iter().any(|sign| holds(sign)) || said())
}

/// The program's keys and the one that is known of the writer.
async fn ring(app: &App, program: &ProgramSlug, known: Known<'_>) -> Result<Ring, Error> {
    let secrets = program_keys::secrets(app, program).await?;
    let mut ring = Ring { secrets, certificates: Vec::new(), now: app.now() };
    let (case, number) = match known {
        Known::Nobodys => return Ok(ring),
        Known::Members(member) => {
            let own = accounts::openpgp::get(app, member).await?;
            ring.certificates.extend(own.map(|own| (own.certificate, Whose::Members)));
            return Ok(ring);
        }
        Known::Reporters(case, number) => (case, number),
    };
    match execute::load_case(app, &Actor::Clock, case).await {
        Ok(case) => {
            let report = case.reports.iter().find(|report| report.number == number);
            let given = report.and_then(|report| report.contact.as_ref()).map(|it| it.pgp_key.as_bytes());
            let given = given.and_then(|key| Certificate::read(key, &Default::default()).ok());
            ring.certificates.extend(given.map(|certificate| (certificate, Whose::Reporters)));
            Ok(ring)
        }
        // An erased case is as none.
        Err(Error::NotFound) => Ok(ring),
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_that_this_process_lived_through_counts_once() {
        let first = Tried { count: 1, by: *THIS };
        assert_eq!(Tried::read(&first.again().again().bytes()), Some(first), "a store that failed is no crash");
        let other = Tried { count: 1, by: [0; 8] };
        assert_eq!(other.again(), Tried { count: 2, by: *THIS });
        assert_eq!(Tried::read(&[2]).map(|old| old.again().count), Some(TRIES + 1), "two that ended the program");
    }

    #[test]
    fn a_block_within_base64_is_seen_wherever_it_begins() {
        // A block after one, two and five letters.
        for body in [
            "eC0tLS0tQkVHSU4gUEdQIE1FU1NBR0UtLS0tLQoKeAotLS0tLUVORCBQR1AgTUVTU0FHRS0tLS0tCg==",
            "eHktLS0tLUJFR0lOIFBHUCBNRVNTQUdFLS0tLS0KCngKLS0tLS1FTkQgUEdQIE1FU1NBR0UtLS0tLQo=",
            "SGVsbG8tLS0tLUJFR0lOIFBHUCBNRVNTQUdFLS0tLS0KCngKLS0tLS1FTkQgUEdQIE1FU1NBR0UtLS0tLQo=",
        ] {
            let head = "From: a@b.example\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n";
            let raw = format!("{head}\r\n{body}\r\n");
            let letter = super::super::read::read(raw.as_bytes(), &Limits::default());
            assert!(seems_protected(&letter, raw.as_bytes()), "{}", letter.whole());
        }
    }
}
