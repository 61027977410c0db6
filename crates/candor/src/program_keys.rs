//! The OpenPGP key of a program: made or imported here, replaced, taken out of use. The secret part is sealed under a
//! purpose key of its own and leaves only as the recovery sheet. Old keys open what was encrypted to them, and nothing
//! else.
//!
//! Whoever signs public files asks [`sign_detached`] for the `.asc` beside them and [`current`] for the certificate.

pub mod recipients; // whom a report can be sealed to

use candor_core::id::ProgramSlug;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::app::App;
use crate::error::Error;
use crate::keys::{self, Context, Purpose};
use crate::openpgp::{self, Certificate, Secret, secret, sign};
use crate::store::openpgp::{self as rows, KeyRow};
use crate::store::{Batch, Statement, StoreError, journal};

/// Life of a key that is made here, unless said otherwise. It is prolonged or replaced before it ends.
pub const LIFE: SignedDuration = SignedDuration::from_hours(2 * 365 * 24);

/// How long a key waits before it takes the place of another: the time in which a member can stop it.
pub const WAIT: SignedDuration = SignedDuration::from_hours(24);

/// How the stream of a program's own journal begins; its slug follows. It is chained and checked like that of a case.
const STREAM: &str = "program:";

/// What was done with a program's key, as its journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAct {
    /// When.
    pub at: Timestamp,
    /// What: `openpgp-key-made`, `-imported`, `-waits`, `-taken-back`, `-prolonged`, `-replaced`, `-retired`, `-sheet-written`.
    pub what: String,
    /// Who: a member's id, or `command line`.
    pub by: String,
    /// Of which key.
    pub fingerprint: String,
    /// Its end, where that was set.
    pub ends: Option<Timestamp>,
}

impl KeyAct {
    /// What was done, in words.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self.what.strip_prefix("openpgp-key-").unwrap_or_default() {
            "made" => "made",
            "imported" => "taken over",
            "prolonged" => "given another end",
            "replaced" => "replaced by another",
            "waits" => "waits a day before it takes the place of the one before",
            "taken-back" => "taken back before it was used",
            "retired" => "taken out of use",
            "sheet-written" => "written to a recovery sheet, with its secret part",
            _ => "changed",
        }
    }
}

/// What is sealed of an act.
#[derive(serde::Serialize, serde::Deserialize)]
struct Sealed {
    fingerprint: String,
    #[serde(default)]
    ends: Option<Timestamp>,
}

fn entry_place(stream: &str, seq: i64) -> Context<'_> {
    Context { kind: "journal", stream, row: seq, field: "body" }
}

/// The statements that put acts into the program's journal; a conflict when somebody else was faster.
async fn noted(
    app: &App,
    program: &ProgramSlug,
    by: &str,
    acts: &[(&str, &str, Option<Timestamp>)],
) -> Result<Vec<Statement>, Error> {
    let stream = format!("{STREAM}{program}");
    let head = journal::head(&app.store, &stream).await?;
    let key = app.keys()?.root().purpose(Purpose::Desk);
    let mut entries = Vec::new();
    for ((what, fingerprint, ends), seq) in acts.iter().zip(head.seq + 1..) {
        let sealed = Sealed { fingerprint: (*fingerprint).to_owned(), ends: *ends };
        let plain = serde_json::to_vec(&sealed).map_err(Error::internal)?;
        entries.push(journal::Entry {
            at: app.now().as_microsecond(),
            kind: format!("openpgp-key-{what}"),
            actor: by.to_owned(),
            body: keys::seal(key, &entry_place(&stream, seq), &plain).map_err(Error::internal)?,
            person: None,
            person_body: None,
        });
    }
    Ok(journal::append_statements(&stream, head, &entries).0)
}

/// What was done with the keys of a program, in the order in which it was.
///
/// # Errors
/// When the store cannot be read, or an entry was tampered with.
pub async fn history(app: &App, program: &ProgramSlug) -> Result<Vec<KeyAct>, Error> {
    let stream = format!("{STREAM}{program}");
    let key = app.keys()?.root().purpose(Purpose::Desk);
    let mut acts = Vec::new();
    for row in journal::load(&app.store, &stream).await? {
        let plain = keys::open(key, &entry_place(&stream, row.seq), &row.entry.body).map_err(Error::internal)?;
        let sealed: Sealed = serde_json::from_slice(&plain).map_err(Error::internal)?;
        acts.push(KeyAct {
            at: Timestamp::from_microsecond(row.entry.at).map_err(Error::internal)?,
            what: row.entry.kind,
            by: row.entry.actor,
            fingerprint: sealed.fingerprint,
            ends: sealed.ends,
        });
    }
    Ok(acts)
}

/// A key of a program, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramKey {
    /// Upper-case hexadecimal.
    pub fingerprint: String,
    /// The public part.
    pub certificate: Certificate,
    /// `made` or `imported`.
    pub how: String,
    /// From when it is in use; in the future while it waits to take the place of another.
    pub since: Timestamp,
    /// Whether it waits.
    pub waits: bool,
    /// Who made or imported it: a member's id, or `command line`.
    pub by: String,
    /// When it was replaced or taken out of use, and by whom.
    pub retired: Option<(Timestamp, String)>,
}

/// Why a key was not made, imported or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyProblem {
    /// The program is not in service.
    #[error("there is no program `{0}` in service; `candor program list` names them")]
    NoProgram(String),
    /// It has no key in use.
    #[error("the program has no OpenPGP key in use; make one with `candor keys openpgp make`")]
    NoKey,
    /// It has this key already.
    #[error("the program has this OpenPGP key already")]
    Known,
    /// An address to be named on the key is missing.
    #[error("the policy names no e-mail address; set channels.email, so that the key can carry it")]
    NoAddress,
    /// The end lies before now.
    #[error("the end of the OpenPGP key must lie in the future")]
    Past,
    /// What was given is no key for here.
    #[error(transparent)]
    NotTaken(#[from] secret::NotTaken),
    /// The key could not be used.
    #[error(transparent)]
    Failed(#[from] openpgp::Failed),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<StoreError> for KeyProblem {
    fn from(why: StoreError) -> Self {
        Self::Other(why.into())
    }
}

fn place<'a>(program: &'a str, fingerprint: &'a str) -> Context<'a> {
    Context { kind: "openpgp key", stream: program, row: 0, field: fingerprint }
}

fn opened(app: &App, row: &KeyRow) -> Result<Secret, Error> {
    let key = app.keys()?.root().purpose(Purpose::OpenPgp);
    let bytes = keys::open(key, &place(&row.program, &row.fingerprint), &row.secret).map_err(Error::internal)?;
    Secret::from_bytes(&bytes).map_err(Error::internal)
}

fn sealed(app: &App, program: &str, secret: &Secret) -> Result<Vec<u8>, Error> {
    let key = app.keys()?.root().purpose(Purpose::OpenPgp);
    keys::seal(key, &place(program, &secret.fingerprint()), &secret.to_bytes()).map_err(Error::internal)
}

fn is_waiting(row: &KeyRow, now: i64) -> bool {
    now < row.made_at && row.retired_at.is_none()
}

fn is_in_use(row: &KeyRow, now: i64) -> bool {
    row.made_at <= now && row.retired_at.is_none_or(|end| now < end)
}

fn seen(row: &KeyRow, now: Timestamp) -> Result<ProgramKey, Error> {
    let at = |micros: i64| Timestamp::from_microsecond(micros).map_err(Error::internal);
    let now = now.as_microsecond();
    let retired = match row.retired_at.filter(|end| *end <= now) {
        Some(micros) => Some((at(micros)?, row.retired_by.clone().unwrap_or_default())),
        None => None,
    };
    Ok(ProgramKey {
        fingerprint: row.fingerprint.clone(),
        certificate: Certificate::read(&row.certificate, &Default::default()).map_err(Error::internal)?,
        how: row.how.clone(),
        since: at(row.made_at)?,
        waits: is_waiting(row, now),
        by: row.made_by.clone(),
        retired,
    })
}

/// The keys of a program, the newest first.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(app: &App, program: &ProgramSlug) -> Result<Vec<ProgramKey>, Error> {
    let now = app.now();
    rows::list(&app.store, program.as_str()).await?.iter().map(|row| seen(row, now)).collect()
}

/// The row of the key in use.
async fn in_use(app: &App, program: &ProgramSlug) -> Result<Option<KeyRow>, Error> {
    let now = app.now().as_microsecond();
    Ok(rows::list(&app.store, program.as_str()).await?.into_iter().find(|row| is_in_use(row, now)))
}

/// The key that waits to take the place of the one in use, if any.
///
/// # Errors
/// When the store cannot be read.
pub async fn waiting(app: &App, program: &ProgramSlug) -> Result<Option<ProgramKey>, Error> {
    Ok(list(app, program).await?.into_iter().find(|key| key.waits))
}

/// The certificate of the key in use, also when it has run out. `None` when there is no key.
///
/// # Errors
/// When the store cannot be read.
pub async fn current(app: &App, program: &ProgramSlug) -> Result<Option<Certificate>, Error> {
    let row = in_use(app, program).await?;
    Ok(row.as_ref().map(|row| seen(row, app.now())).transpose()?.map(|key| key.certificate))
}

/// The key in use to sign with; `None` when there is none or it has run out.
///
/// # Errors
/// When the store cannot be read, or the desk is locked.
pub async fn signer(app: &App, program: &ProgramSlug) -> Result<Option<Secret>, Error> {
    let Some(row) = in_use(app, program).await? else { return Ok(None) };
    let secret = opened(app, &row)?;
    Ok(Some(secret).filter(|secret| secret.certificate().view(app.now()).standing.is_ok()))
}

/// Every key of the program, in use or not, to open what was encrypted to it.
///
/// # Errors
/// As [`signer`].
pub async fn secrets(app: &App, program: &ProgramSlug) -> Result<Vec<Secret>, Error> {
    rows::list(&app.store, program.as_str()).await?.iter().map(|row| opened(app, row)).collect()
}

/// An armoured signature of the program over exactly these bytes; `None` when it has no key that stands.
///
/// # Errors
/// As [`signer`].
pub async fn sign_detached(app: &App, program: &ProgramSlug, bytes: &[u8]) -> Result<Option<String>, Error> {
    let Some(secret) = signer(app, program).await? else { return Ok(None) };
    sign::detached(&secret, bytes, app.now()).map(Some).map_err(Error::internal)
}

/// A text with the program's signature under it; `None` when it has no key that stands.
///
/// # Errors
/// As [`signer`].
pub async fn sign_cleartext(app: &App, program: &ProgramSlug, text: &str) -> Result<Option<String>, Error> {
    let Some(secret) = signer(app, program).await? else { return Ok(None) };
    sign::cleartext(&secret, text, app.now()).map(Some).map_err(Error::internal)
}

/// Makes a key. The first of a program is in use at once; another takes its place after [`WAIT`], and what was encrypted to
/// the former still opens. `expires`: its end.
///
/// # Errors
/// Why not.
pub async fn make(app: &App, program: &ProgramSlug, expires: Timestamp, by: &str) -> Result<ProgramKey, KeyProblem> {
    let policy = app.policy(program).ok_or_else(|| KeyProblem::NoProgram(program.to_string()))?;
    let address = policy.channels.email.clone().or_else(|| policy.contacts.first().map(|it| it.email.clone()));
    let address = address.filter(|address| !address.trim().is_empty()).ok_or(KeyProblem::NoAddress)?;
    let now = app.now();
    if expires <= now {
        return Err(KeyProblem::Past);
    }
    let name: String = policy.program.name.chars().filter(|c| !c.is_control() && !"<>()\"".contains(*c)).collect();
    let secret = Secret::make(&format!("{} <{address}>", name.trim()), now, Some(expires), openpgp::random())?;
    add(app, program, &secret, "made", by).await
}

/// Takes over a key that exists, as GnuPG exports it; else as [`make`].
///
/// # Errors
/// Why not.
pub async fn import(
    app: &App,
    program: &ProgramSlug,
    given: &[u8],
    password: &str,
    by: &str,
) -> Result<ProgramKey, KeyProblem> {
    if app.policy(program).is_none() {
        return Err(KeyProblem::NoProgram(program.to_string()));
    }
    let secret = Secret::read(given, password, app.now())?;
    add(app, program, &secret, "imported", by).await
}

async fn add(app: &App, program: &ProgramSlug, secret: &Secret, how: &str, by: &str) -> Result<ProgramKey, KeyProblem> {
    let now = app.now().as_microsecond();
    let former = rows::list(&app.store, program.as_str()).await?;
    if former.iter().any(|row| row.fingerprint == secret.fingerprint()) {
        return Err(KeyProblem::Known);
    }
    // Who takes the key away and brings another waits, too.
    let at = if former.is_empty() { now } else { (app.now() + WAIT).as_microsecond() };
    let row = KeyRow {
        program: program.to_string(),
        fingerprint: secret.fingerprint(),
        certificate: secret.certificate().to_bytes(),
        secret: sealed(app, program.as_str(), secret)?,
        how: how.to_owned(),
        made_at: at,
        made_by: by.to_owned(),
        retired_at: None,
        retired_by: None,
    };
    let ends = secret.certificate().view(app.now()).expires;
    let (mut statements, mut acts) = (Vec::new(), Vec::new());
    for row in &former {
        let (program, print) = (row.program.as_str(), row.fingerprint.as_str());
        if is_waiting(row, now) {
            statements.push(rows::retire_statement(program, print, now, by));
            acts.push(("taken-back", print, None));
        } else if is_in_use(row, now) {
            statements.push(rows::redate_statement(program, print, Some((at, by))));
        }
    }
    acts.push((how, row.fingerprint.as_str(), ends));
    if now < at {
        acts.push(("waits", row.fingerprint.as_str(), None));
    }
    statements.extend(noted(app, program, by, &acts).await?);
    statements.push(rows::insert_statement(&row));
    app.store.commit(Batch::main(statements)).await?;
    Ok(seen(&row, app.now())?)
}

/// Gives the key in use another end.
///
/// # Errors
/// Why not.
pub async fn prolong(app: &App, program: &ProgramSlug, expires: Timestamp, by: &str) -> Result<ProgramKey, KeyProblem> {
    if expires <= app.now() {
        return Err(KeyProblem::Past);
    }
    let mut row = in_use(app, program).await?.ok_or(KeyProblem::NoKey)?;
    let secret = opened(app, &row)?.prolonged(app.now(), Some(expires))?;
    row.certificate = secret.certificate().to_bytes();
    let sealed = sealed(app, program.as_str(), &secret)?;
    let statement = rows::replace_statement(&row.program, &row.fingerprint, &row.certificate, &sealed);
    let mut batch = noted(app, program, by, &[("prolonged", row.fingerprint.as_str(), Some(expires))]).await?;
    batch.push(statement);
    app.store.commit(Batch::main(batch)).await?;
    Ok(seen(&row, app.now())?)
}

/// Takes back the key that waits, if one does: the one in use stays. Else takes the key in use out of use: nothing is signed by
/// it, and it is published no more.
///
/// # Errors
/// Why not.
pub async fn retire(app: &App, program: &ProgramSlug, by: &str) -> Result<(), KeyProblem> {
    let now = app.now().as_microsecond();
    let all = rows::list(&app.store, program.as_str()).await?;
    if let Some(waits) = all.iter().find(|row| is_waiting(row, now)) {
        let mut batch = noted(app, program, by, &[("taken-back", waits.fingerprint.as_str(), None)]).await?;
        batch.push(rows::retire_statement(&waits.program, &waits.fingerprint, now, by));
        if let Some(stays) = all.iter().find(|row| is_in_use(row, now)) {
            batch.push(rows::redate_statement(&stays.program, &stays.fingerprint, None));
        }
        return Ok(app.store.commit(Batch::main(batch)).await?);
    }
    let row = in_use(app, program).await?.ok_or(KeyProblem::NoKey)?;
    let statement = rows::retire_statement(&row.program, &row.fingerprint, app.now().as_microsecond(), by);
    let mut batch = noted(app, program, by, &[("retired", row.fingerprint.as_str(), None)]).await?;
    batch.push(statement);
    Ok(app.store.commit(Batch::main(batch)).await?)
}

/// The secret key in use as text: for a sheet of paper in a safe, and never for a screen.
///
/// # Errors
/// Why not.
pub async fn recovery_sheet(app: &App, program: &ProgramSlug, by: &str) -> Result<Zeroizing<String>, KeyProblem> {
    let row = in_use(app, program).await?.ok_or(KeyProblem::NoKey)?;
    // On record before it leaves.
    let batch = noted(app, program, by, &[("sheet-written", row.fingerprint.as_str(), None)]).await?;
    app.store.commit(Batch::main(batch)).await?;
    Ok(opened(app, &row)?.to_armor())
}
