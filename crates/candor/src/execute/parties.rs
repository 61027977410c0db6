//! Links, codes and keys of outside parties. A link is mailed, the code is told by another way, and the key is shown once
//! when the terms are accepted. None is stored: link and code are made anew from a number that lies sealed in the journal,
//! and of link and key a keyed hash leads to the case.

use super::files::open_file;
use super::report::hex;
use crate::app::App;
use crate::coding::{digits, eight_digits};
use crate::error::Error;
use crate::execute::load_case;
use crate::keys::{self, KeyRing, Purpose, random};
use crate::store;
use crate::store::blobs::BlobReader;
use crate::throttle::Wait;
use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::command::Command;
use candor_core::event::FileRef;
use candor_core::id::{CaseId, PersonId};
use candor_core::marks::{self, Bearer, Marks};
use candor_core::parties::{self, Invitation, Party, PartyAct, PartyWish};
use candor_core::policy::Policy;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Draws what an invitation needs.
pub(super) async fn prepared(app: &App, command: Command, now: Timestamp) -> Result<Command, Error> {
    let Command::InviteParty { mut invitation } = command else { return Ok(command) };
    if invitation.link.is_empty() {
        let (person, _) = app.keys()?.new_person(now.as_microsecond()).await?;
        invitation.person = PersonId(person);
        invitation.link = random::secret();
    }
    Ok(Command::InviteParty { invitation })
}

fn made(keys: &KeyRing, what: &str, text: &str) -> keys::lookup::Tag {
    keys::lookup(keys.root().purpose(Purpose::Receipt), what, text.as_bytes())
}

/// The secret of an invitation's link: 128 bits.
pub fn link(keys: &KeyRing, case: &CaseId, invitation: &Invitation) -> String {
    hex(&made(keys, "party link", &format!("{case}/{}", invitation.link)))
}

/// The code that belongs to a link, told by another way: eight digits.
pub fn code(keys: &KeyRing, case: &CaseId, invitation: &Invitation) -> String {
    let tag = made(keys, "party code", &format!("{case}/{}", invitation.link));
    eight_digits(&tag)
}

/// The keyed hash of a key, under which it is found.
fn key_hash(keys: &KeyRing, key: &str) -> Option<keys::lookup::Tag> {
    Some(made(keys, "party key", &random::normal_receipt(key)?))
}

fn zone(policy: &Policy) -> TimeZone {
    TimeZone::get(&policy.calendar.time_zone).unwrap_or(TimeZone::UTC)
}

/// Does something with the marks of a case's copies.
fn with_marks<T>(keys: &KeyRing, case: &CaseId, with: impl FnOnce(Marks<'_>) -> T) -> T {
    with(Marks::new(&|place: &str| made(keys, "party mark", &format!("{case}/{place}"))))
}

/// The line under a message of this instant to this party; none when the policy wants no marks.
///
/// # Errors
/// [`Error::Locked`] without keys.
pub fn mark(app: &App, policy: &Policy, opened: &Opened, at: Timestamp) -> Result<Option<String>, Error> {
    if policy.disclosure.unmarked_copies {
        return Ok(None);
    }
    let line = |marks: Marks<'_>| marks.line(opened.party.number, at, &zone(policy));
    Ok(Some(with_marks(app.keys()?, &opened.case.id, line)))
}

/// What passed from the team to a party, as a file of their own: its name and its text.
///
/// # Errors
/// [`Error::NotFound`] when the policy wants no marks: then there is no file either.
pub fn document(app: &App, policy: &Policy, opened: &Opened) -> Result<(String, String), Error> {
    if policy.disclosure.unmarked_copies {
        return Err(Error::NotFound);
    }
    let Opened { case, party, .. } = opened;
    let document = |marks: Marks<'_>| marks.document(case, party, &policy.program.name, &zone(policy));
    Ok(with_marks(app.keys()?, &case.id, document))
}

/// A file as a party gets it.
pub enum PartyFile {
    /// As it lies, under its name for them.
    AsItIs(FileRef, BlobReader),
    /// Text with their mark: the name of the file, and what stands in it.
    Marked(String, String),
}

/// A file of a party, by its place among those that they may fetch, from 1.
///
/// # Errors
/// [`Error::NotFound`] for a place at which there is none.
pub async fn file(app: &App, policy: &Policy, opened: &Opened, place: &str) -> Result<PartyFile, Error> {
    let Opened { actor, case, party } = opened;
    let place = place.parse::<usize>().ok().and_then(|place| place.checked_sub(1)).ok_or(Error::NotFound)?;
    let given = parties::given(case, party.number).into_iter().nth(place).ok_or(Error::NotFound)?;
    let (file, mut reader) = open_file(app, actor, &case.id, given.file.id.as_str()).await?;
    let name = given.name.to_owned();
    if !given.marked {
        return Ok(PartyFile::AsItIs(FileRef { name, ..file }, reader));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.next().await? {
        bytes.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(bytes).map_err(Error::internal)?;
    let copy = |marks: Marks<'_>| marks.copy(party.number, &name, &text, given.at, &zone(policy));
    let (name, text) = with_marks(app.keys()?, &case.id, copy);
    Ok(PartyFile::Marked(name, text))
}

/// Whose copy a text is that turned up elsewhere, the likeliest first; put the name of a file before its text.
///
/// # Errors
/// [`Error::Locked`] without keys.
pub fn whose(app: &App, policy: &Policy, case: &Case, leaked: &str) -> Result<Vec<Bearer>, Error> {
    let whose = |marks: Marks<'_>| marks::bearers(case, marks, leaked, &zone(policy));
    Ok(with_marks(app.keys()?, &case.id, whose))
}

/// The row by which a link or a key is found.
pub(super) fn row(keys: &KeyRing, case: &CaseId, party: u32, act: &PartyAct) -> Option<(Vec<u8>, i64)> {
    let hash = match act {
        PartyAct::Invited(invitation) => made(keys, "party link row", &link(keys, case, invitation)).to_vec(),
        PartyAct::Joined { key } => super::rebuild::unhex(key)?,
        _ => return None,
    };
    Some((hash, i64::from(party)))
}

/// A party with its case. Only [`parties::cut`] of it is theirs to see.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What they may do, for `execute`.
    pub actor: Actor,
    /// The case.
    pub case: Case,
    /// Who they are.
    pub party: Party,
}

async fn opened(app: &App, hash: &[u8]) -> Result<Opened, Error> {
    let found = store::receipts::find(&app.store, hash).await?.ok_or(Error::NotFound)?;
    let party = u32::try_from(found.report).map_err(Error::internal)?;
    let id = CaseId(found.stream);
    let actor = Actor::Party { case: id.clone(), party };
    let case = load_case(app, &actor, &id).await?;
    let known = parties::find(&case, party).filter(|party| party.is_open(app.now())).cloned();
    Ok(Opened { actor, party: known.ok_or(Error::NotFound)?, case })
}

/// The party behind an unused link.
///
/// # Errors
/// [`Error::NotFound`] for a link that is unknown, used, ended or too old, or whose case is over, alike.
pub async fn by_link(app: &App, secret: &str) -> Result<Opened, Error> {
    let opened = opened(app, &made(app.keys()?, "party link row", secret)).await?;
    if opened.party.may_join(&opened.case, app.now()) { Ok(opened) } else { Err(Error::NotFound) }
}

/// The party behind a key.
///
/// # Errors
/// [`Error::NotFound`] for a key that is wrong, malformed, ended or too old alike.
pub async fn by_key(app: &App, key: &str) -> Result<Opened, Error> {
    let keys = app.keys()?;
    opened(app, &key_hash(keys, key).unwrap_or([0; 16])).await
}

/// Why somebody with a link does not get in.
#[derive(Debug, thiserror::Error)]
pub enum NotJoined {
    /// It is another code.
    #[error("this is not the code; ask the team for it, not by mail")]
    Wrong,
    /// Several codes were wrong, wherever they came from.
    #[error("too many wrong codes; try again in {} seconds", .0.seconds())]
    Wait(Wait),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

/// Kind of the waits after wrong codes.
const CODE: &str = "party code";

/// Accepts the terms of an invitation with its code. Gives the key to come back with, which is shown once.
///
/// # Errors
/// [`NotJoined`]. Wrong codes are counted over all who try: whoever reads the party's mail has the link.
pub async fn join(app: &App, opened: &Opened, typed: &str) -> Result<String, NotJoined> {
    let (keys, now) = (app.keys()?, app.now());
    let which = made(keys, "party tries", &format!("{}/{}", opened.case.id, opened.party.invitation.link));
    app.throttle.may_try(CODE, which, None, now).map_err(NotJoined::Wait)?;
    let code = digits(&code(keys, &opened.case.id, &opened.party.invitation));
    if !keys::equal(digits(typed).as_bytes(), code.as_bytes()) {
        app.throttle.failed(CODE, which, None, now);
        return Err(NotJoined::Wrong);
    }
    let key = random::receipt();
    let hash = key_hash(keys, &key).ok_or_else(|| Error::internal("a fresh key is malformed"))?;
    let wish = Command::AsParty { wish: PartyWish::Join { key: hex(&hash) } };
    super::execute(app, &opened.actor, &opened.case.id, wish, None).await?;
    Ok(key)
}
