//! What is still to be done with a mail that was taken in and is durable: it is worked out who sent it. The list is kept in
//! the transaction that keeps the mail, so that nothing is forgotten, and no mail waits at the door for the DNS.

use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::command::Command;
use candor_core::event::{Event, FileRef};
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use candor_core::origin::Origin;
use jiff::{SignedDuration, Timestamp};

use super::forwards::{self, Held};
use super::members::{self, Desk};
use super::origin::Checker;
use super::passed_on;
use super::read::Limits;
use crate::accounts;
use crate::app::App;
use crate::error::Error;
use crate::execute::files::open_file;
use crate::execute::{self, Beside, Letters, execute_beside};
use crate::keys::{Context, Key, Purpose, open, seal};
use crate::store::mail_tasks::{self, Task};
use crate::store::{self, Statement};

/// Mails of one round.
const AT_ONCE: i64 = 50;
/// How long the DNS is asked again; then it is said that it gave no answer.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
/// First pause; it doubles up to an hour.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// What is to be done with every mail.
const CHECK: &str = "check";

fn key(app: &App) -> Result<&Key, Error> {
    Ok(app.keys()?.root().purpose(Purpose::Desk))
}

fn place(file: &str) -> Context<'_> {
    Context { kind: "mail task", stream: file, row: 0, field: "path" }
}

/// The row that puts a mail on the list; `None` without keys, when nothing is taken in anyway.
pub(super) fn statement(
    app: &App,
    file: &str,
    case: &CaseId,
    act: Option<&str>,
    path: &str,
    now: Timestamp,
) -> Option<Statement> {
    sealed(app, file, case.as_str(), act.unwrap_or(CHECK), path.as_bytes(), now).ok()
}

/// The same, with what is kept sealed in the row.
///
/// # Errors
/// Without keys.
pub(super) fn sealed(
    app: &App,
    file: &str,
    stream: &str,
    act: &str,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Statement, Error> {
    Ok(mail_tasks::insert_statement(&Task {
        file: file.to_owned(),
        stream: stream.to_owned(),
        act: act.to_owned(),
        envelope: seal(key(app)?, &place(file), bytes)?,
        at: now.as_microsecond(),
        tries: 0,
    }))
}

/// Works out who sent the mails whose turn it is; without a checker only what is signed proves anything. Gives the number of those that are done.
///
/// # Errors
/// When the store fails. A mail that cannot be looked at is put off and holds up no other.
pub async fn round(app: &App, checker: Option<&Checker>) -> Result<usize, Error> {
    let mut done = 0;
    loop {
        let due = mail_tasks::due(&app.store, app.now().as_microsecond(), AT_ONCE).await?;
        if due.is_empty() {
            return Ok(done);
        }
        for task in due {
            match Box::pin(work(app, checker, &task)).await {
                Ok(true) => done += 1,
                Ok(false) => put_off(app, &task).await?,
                // Another worker was faster, or the store is busy.
                Err(Error::Busy) => put_off(app, &task).await?,
                Err(Error::Locked) => return Err(Error::Locked),
                Err(why) => {
                    tracing::error!(case = task.stream, %why, "a mail could not be looked at; it is tried again");
                    put_off(app, &task).await?;
                }
            }
        }
    }
}

async fn put_off(app: &App, task: &Task) -> Result<(), Error> {
    let doublings = u32::try_from(task.tries).unwrap_or(0).min(6);
    let pause = FIRST_PAUSE.checked_mul(1 << doublings).unwrap_or(PATIENCE).min(SignedDuration::from_hours(1));
    Ok(mail_tasks::later(&app.store, &task.file, (app.now() + pause).as_microsecond()).await?)
}

/// Whether the mail is done with.
async fn work(app: &App, checker: Option<&Checker>, task: &Task) -> Result<bool, Error> {
    if let Some((member, program)) = forwards::of_task(&task.act) {
        return Box::pin(pass_on(app, checker, task, &member, &program)).await;
    }
    let id = CaseId(task.stream.clone());
    let found = match execute::load_case(app, &Actor::Clock, &id).await {
        Ok(case) => entry(&case, &task.file).map(|seq| (case, seq)),
        Err(Error::NotFound) => None,
        Err(other) => return Err(other),
    };
    // The case was erased, or the file was taken off it.
    let Some((case, seq)) = found else { return drop_task(app, task).await };
    let raw = match whole(app, &id, &task.file).await {
        Ok(raw) => raw,
        Err(Error::NotFound) => return drop_task(app, task).await,
        Err(other) => return Err(other),
    };
    let path = open(key(app)?, &place(&task.file), &task.envelope)?;
    let path = String::from_utf8_lossy(&path);
    let origin = match checker {
        Some(checker) => Some(checker.check(&raw, Some(&*path).filter(|path| !path.is_empty())).await),
        None => None,
    };
    let since = Timestamp::from_microsecond(task.at).map_err(Error::internal)?;
    let waits = origin.as_ref().is_some_and(Origin::is_open) && app.now() < since + PATIENCE;
    let Some((act, member)) = Desk::of_task(&task.act) else {
        if waits {
            return Ok(false);
        }
        let done = || vec![mail_tasks::delete_statement(&task.file)];
        match origin {
            Some(origin) => record(app, &case, seq, origin, &done).await?,
            None => app.store.commit(store::Batch::main(done())).await?,
        }
        return Ok(true);
    };
    let policy = execute::policy_of(app, &case)?;
    let limits = Limits { files: app.config.files_limit, ..Limits::default() };
    let raw = (task.file.as_str(), std::sync::Arc::new(raw));
    let letter = Box::pin(members::opened(app, &case.program, &member, raw, limits)).await?;
    let signature = match accounts::member(app, &member).await? {
        Some(member) => members::signature(app, &member, &letter, since).await?,
        None => None,
    };
    // What is signed needs no answer of the DNS.
    if waits && signature.is_none() {
        return Ok(false);
    }
    let proven = members::is_proven(&policy, &origin.clone().unwrap_or_default(), signature.is_some());
    // First what was found, so that a mail that does something can be judged by everybody who reads the case.
    if let Some(origin) = origin {
        record(app, &case, seq, origin, &Vec::new).await?;
    }
    let done = match proven {
        Ok(()) => {
            let signature = signature.map(|it| it.row(&case.program, &id, app.now()));
            members::carry_out(app, &id, (act, &member), &letter, (&task.file, signature)).await?
        }
        Err(why) => Err(why.to_owned()),
    };
    if done.is_err() {
        let rows = vec![
            mail_tasks::delete_statement(&task.file),
            members::told_no(&case, &member, app.now().as_microsecond()),
        ];
        app.store.commit(store::Batch::main(rows)).await?;
        app.nudge_worker();
    }
    Ok(true)
}

/// Whether a mail that a member passes on is done with.
async fn pass_on(
    app: &App,
    checker: Option<&Checker>,
    task: &Task,
    member: &MemberId,
    program: &ProgramSlug,
) -> Result<bool, Error> {
    let bytes = open(key(app)?, &place(&task.file), &task.envelope)?;
    let Some(held) = Held::of(&bytes) else { return drop_task(app, task).await };
    let origin = match checker {
        Some(checker) => checker.check(&held.raw, held.path.as_deref()).await,
        None => Origin::default(),
    };
    let since = Timestamp::from_microsecond(task.at).map_err(Error::internal)?;
    if origin.is_open() && app.now() < since + PATIENCE {
        return Ok(false);
    }
    Box::pin(passed_on::held(app, (&task.file, since), held, (member, program), &origin)).await?;
    Ok(true)
}

async fn record(
    app: &App,
    case: &Case,
    entry: u64,
    origin: Origin,
    rows: &(dyn Fn() -> Vec<Statement> + Sync),
) -> Result<(), Error> {
    let rows = |_: &CaseId| rows();
    let command = Command::RecordOrigin { entry, origin: Box::new(origin) };
    execute_beside(app, &Actor::Clock, &case.id, command, &Beside { rows: &rows, letters: Letters::Now }).await?;
    Ok(())
}

async fn drop_task(app: &App, task: &Task) -> Result<bool, Error> {
    match app.store.commit(store::Batch::main(vec![mail_tasks::delete_statement(&task.file)])).await {
        Ok(()) | Err(store::StoreError::Conflict) => Ok(true),
        Err(why) => Err(why.into()),
    }
}

/// Place of the entry that a file came with.
fn entry(case: &Case, file: &str) -> Option<u64> {
    let holds = |files: &[FileRef]| files.iter().any(|known| known.id.as_str() == file);
    let found = case.history.iter().find(|entry| match &entry.what {
        Event::Reported { facts, .. } => holds(&facts.files),
        Event::ReporterWrote { files, .. } | Event::MailUnverified { files, .. } => holds(files),
        _ => false,
    });
    found.map(|entry| entry.seq)
}

/// The bytes of a mail that is kept with a case.
///
/// # Errors
/// [`Error::NotFound`] when it is not there any more.
pub async fn whole(app: &App, case: &CaseId, file: &str) -> Result<Vec<u8>, Error> {
    let (_, mut reader) = open_file(app, &Actor::Clock, case, file).await?;
    let mut raw = Vec::with_capacity(usize::try_from(reader.plain_left()).unwrap_or(0).min(1 << 26));
    while let Some(piece) = reader.next().await? {
        raw.extend_from_slice(&piece);
    }
    Ok(raw)
}
