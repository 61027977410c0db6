//! A mail that is encrypted to members' own keys and not to the program's: nobody here can read it, and nobody is to. It
//! becomes a sealed report, as `candor report --sealed` makes one: there, with its clocks, under a neutral title.

use std::sync::Arc;

use candor_core::id::{MemberId, ProgramSlug};

use super::apart::busy;
use super::read::{Attached, Letter};
use crate::accounts;
use crate::app::App;
use crate::confine::{Lost, messages};
use crate::error::Error;
use crate::openpgp::sealed::REPORT;
use crate::openpgp::{Kind, armor};
use crate::program_keys;

/// Kind of the file in which the reader of mails keeps what it could not open.
const SHUT: &str = "application/pgp-encrypted";
/// Whether all of a mail is one message encrypted to a member's own key and to no key of the program. Then its message is kept
/// under the name by which `candor case open` finds it, and what to say of it comes back.
///
/// Programs of reporters encrypt to their own key as well, so other recipients do no harm. Members count by the keys that
/// they gave; a message that hides all its recipients is no sealed one.
///
/// # Errors
/// As the store and the keys fail.
pub(super) async fn look(app: &App, program: &ProgramSlug, letter: &mut Letter) -> Result<Option<String>, Error> {
    let Some(at) = whole_message(letter) else { return Ok(None) };
    let message = Arc::new(letter.files[at].bytes.clone());
    let named: Vec<String> = match messages::recipients(&app.workers, message).await {
        Ok(named) => named.into_iter().flatten().collect(),
        Err(Lost::Died) => Vec::new(),
        Err(Lost::NotStarted) => return Err(busy()),
    };
    if named.is_empty() {
        return Ok(None);
    }
    let now = app.now();
    let own = program_keys::list(app, program).await?;
    if own.iter().any(|key| named.iter().any(|id| key.certificate.has(id, now))) {
        return Ok(None);
    }
    let mut members = Vec::new();
    for member in accounts::members(app).await? {
        let on_team = member.roles.iter().any(|(of, _)| of == "*" || *of == program.0);
        if member.disabled || !on_team {
            continue;
        }
        if holds(app, &member.id, &named).await? {
            members.push(member.name);
        }
    }
    if members.is_empty() {
        return Ok(None);
    }
    letter.files[at].name = REPORT.to_owned();
    Ok(Some(format!(
        "It is sealed to the own keys of {}: this server cannot read it. Open it with `candor case open`, or save {REPORT} and open \
         it with another OpenPGP program.",
        members.join(", ")
    )))
}

async fn holds(app: &App, member: &MemberId, named: &[String]) -> Result<bool, Error> {
    let own = accounts::openpgp::get(app, member).await?;
    Ok(own.is_some_and(|own| named.iter().any(|id| own.certificate.has(id, app.now()))))
}

/// The file that holds the one encrypted message of a mail, when that is all of the mail: PGP/MIME, or a block alone.
fn whole_message(letter: &mut Letter) -> Option<usize> {
    if !letter.encrypted {
        return None;
    }
    let text = letter.whole();
    let shut: Vec<usize> = (0..letter.files.len()).filter(|at| letter.files[*at].kind == SHUT).collect();
    match shut[..] {
        [at] if letter.files.len() == 1 && text.trim().is_empty() => Some(at),
        [] => {
            let block = armor::blocks(text.as_bytes(), 2);
            let [block] = block[..] else { return None };
            let beside = format!("{}{}", &text[..block.start], &text[block.end..]);
            if block.kind != Kind::Message || !beside.trim().is_empty() || !letter.files.is_empty() {
                return None;
            }
            let bytes = text.as_bytes()[block.start..block.end].to_vec();
            letter.text.clear();
            letter.files.push(Attached { name: REPORT.into(), kind: SHUT.into(), bytes });
            Some(0)
        }
        _ => None,
    }
}
