//! A mail that is encrypted or signed is read a second time, with keys.

use std::sync::Arc;

use candor_core::access::Actor;
use candor_core::id::{CaseId, MemberId, ProgramSlug};

use super::read::openpgp::{Ring, Whose};
use super::read::{Letter, Limits, read_with};
use crate::accounts;
use crate::app::App;
use crate::error::Error;
use crate::execute::{self, report::hex};
use crate::openpgp::Certificate;
use crate::program_keys;
use crate::store::{Batch, settings};

/// How often a mail is opened that was not done with before. A parser that dies takes the program with it, and the mail
/// comes again: then it is kept shut, so that it does not come for ever.
const TRIES: u8 = 2;

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
    let tried = settings::get(&app.store, &name).await?.and_then(|tried| tried.first().copied()).unwrap_or(0);
    if tried >= TRIES {
        tracing::error!(%program, "a mail was not opened, because the program ended twice while it was; it is kept as it came");
        return Ok(letter);
    }
    app.store.commit(Batch::main(vec![settings::put_statement(&name, &[tried + 1])])).await?;
    let ring = ring(app, program, known).await?;
    let read = tokio::task::spawn_blocking(move || read_with(&raw, &limits, &ring)).await.map_err(Error::internal)?;
    app.store.commit(Batch::main(vec![settings::delete_statement(&name)])).await?;
    // That a server wrote it is known from the envelope.
    Ok(Letter { automatic: letter.automatic, ..read })
}

/// Encrypted, signed, or with a key in it.
fn seems_protected(letter: &Letter, raw: &[u8]) -> bool {
    let holds = |sign: &[u8]| raw.windows(sign.len()).any(|window| window.eq_ignore_ascii_case(sign));
    letter.over.is_none() && SIGNS.iter().any(|sign| holds(sign))
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
