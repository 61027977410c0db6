//! Reports, and messages to them, taken in while the desk is locked or by a process that never has its keys: sealed to the
//! desk's public key, and filed when the root key is there; reports as of the instant they came.

use super::again::Again;
use super::handover;
use super::report::{Filed, Given, NewReport, Promised, file_given, open_receipt};
use super::views::View;
use super::wishes::Wish;
use super::{Beside, Letters, execute_beside};
use crate::app::App;
use crate::error::Error;
use crate::keys::{self, intake, random};
use crate::proof::Proof;
use crate::store::waiting::{self, WaitingRow};
use crate::store::{Batch, StoreError, blobs, cases, receipt_views};
use candor_core::access::{self, Actor};
use candor_core::command::{Command, Filing};
use candor_core::decide::{self, Facts};
use candor_core::event::{Channel, Contact, Credit, FileRef, ReportFacts};
use candor_core::id::{CaseId, PersonId, ProgramSlug};
use candor_core::{evidence, promises};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What is sealed: a report, or a message or wish of its reporter.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Inside {
    Message { message: Message },
    Wished { wished: Wished },
    Report(Box<Sealed>),
}

/// A message of a reporter, with the receipt that was presented with it.
#[derive(Serialize, Deserialize)]
struct Message {
    receipt: String,
    at: Timestamp,
    text: String,
    files: Vec<FileRef>,
}

/// A wish of a reporter, with the receipt that was presented with it.
#[derive(Serialize, Deserialize)]
struct Wished {
    receipt: String,
    wish: Wish,
    /// When the page was made that the reporter answered.
    page: Timestamp,
}

/// A report.
#[derive(Serialize, Deserialize)]
struct Sealed {
    program: ProgramSlug,
    case: CaseId,
    receipt: String,
    at: Timestamp,
    channel: Channel,
    facts: ReportFacts,
    contact: Contact,
    credit: Option<Credit>,
}

/// Takes a report in without any key that opens. The answer is what the desk would have given, but for the proof, which
/// is on the page of the receipt when it is open again.
///
/// # Errors
/// As `file_report`; [`Error::Locked`] when the public key of the desk is not known here.
pub(super) async fn take(
    app: &App,
    program: &ProgramSlug,
    report: NewReport,
    idempotency: Option<&str>,
    body: &[u8],
) -> Result<Filed, Error> {
    let (version, policy) = app.policy_in_force(program).ok_or(Error::NotFound)?;
    let to = app.intake_key().ok_or(Error::Locked)?;
    // As exact as rows are, so that the same request is answered the same.
    let now = Timestamp::from_microsecond(app.now().as_microsecond()).map_err(Error::internal)?;
    let again = idempotency.map(|key| {
        // Of a front, the key that it was lent: all fronts of a service know each other's answers, and so after a start.
        Again::without_keys(app.form_key(), &format!("waiting report/{program}"), key, body)
    });
    if let Some(again) = &again
        && let Some(taken) = again.answered::<Taken>(app).await?
    {
        return Ok(handed_over(app, taken).await);
    }
    // The same rules as always, on facts that are then thrown away.
    let filing = Filing {
        channel: report.channel,
        facts: report.facts.clone(),
        contact: report.contact.clone(),
        person: PersonId(String::new()),
        credit: report.credit.clone(),
        received_at: None,
        receipt: String::new(),
        drill: false,
    };
    let allowed =
        access::allow(None, &policy, &Actor::Public, Command::Report(Box::new(filing)), now).map_err(super::denied)?;
    let facts = Facts {
        now,
        policy_version: version,
        advisory_id: String::new(),
        may_hold: true,
        moving_to: None,
        base_url: app.program_url(program),
        ..Facts::default()
    };
    decide::open(&allowed, &policy, &facts)?;

    // Drawn, and never made from the request: whoever sends the same key later must not get what is another's.
    let (id, receipt, case) = (random::id(), random::receipt(), free_name(app).await?);
    let mut main = report
        .facts
        .files
        .iter()
        .map(|file| Ok(blobs::insert_statement(&super::files::row(&case, file, now.as_microsecond())?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let exploited = report.facts.exploited;
    let promised = promises::forecast_of(&policy, now, exploited)
        .into_iter()
        .map(|(promise, due)| Promised { name: promise.name, what: promise.what, kind: promise.kind, due })
        .collect();
    let filed = Filed {
        case: case.clone(),
        receipt: receipt.clone(),
        received_at: now,
        promises: promised,
        hints: super::public::answer(app, &policy, &report.facts, now).await?,
        missing: evidence::asked(&report.facts, &policy, evidence::lane_of(&report.facts, &policy)),
        proof: String::new(),
        signed: None,
    };
    let view = View::Waiting {
        program: program.clone(),
        case: case.clone(),
        title: report.facts.title.clone(),
        at: now,
        promises: filed.promises.clone(),
    };
    main.push(super::views::waiting_statement(&receipt, &case, &view, now.as_microsecond())?);
    let sealed = Sealed {
        program: program.clone(),
        case,
        receipt,
        at: now,
        channel: report.channel,
        facts: report.facts,
        contact: report.contact,
        credit: report.credit,
    };
    let plain = serde_json::to_vec(&Inside::Report(Box::new(sealed))).map_err(Error::internal)?;
    let sealed = intake::seal_to(&to, &id, &plain)?;
    let taken = Taken { row: id.clone(), filed };
    main.push(waiting::insert_statement(&WaitingRow { id, at: now.as_microsecond(), body: Vec::new(), sealed }));
    if let Some(again) = &again {
        main.push(again.remember(&taken, now)?);
    }
    let taken = match app.store.commit(Batch::main(main)).await {
        Ok(()) => taken,
        // The same request came twice at once.
        Err(StoreError::Conflict) => match &again {
            Some(again) => again.answered::<Taken>(app).await?.ok_or(Error::Busy)?,
            None => return Err(Error::Busy),
        },
        Err(why) => return Err(why.into()),
    };
    Ok(handed_over(app, taken).await)
}

/// What was answered to a report that waits, with its row, so that the same request sent again is answered the same.
#[derive(Serialize, Deserialize)]
struct Taken {
    row: String,
    filed: Filed,
}

/// Asks the desk to take a report over that is durable; what was answered, with the proof, if the desk signed one now.
async fn handed_over(app: &App, Taken { row, filed }: Taken) -> Filed {
    let signed = match &app.config.front {
        Some(front) => handover::take_over(&front.desk, &row, &filed.case).await,
        None => None,
    };
    let proof = signed.as_ref().map(super::proofs::commitment).unwrap_or_default();
    Filed { proof, signed, ..filed }
}

/// The name of a case that no case has, and no report that waits.
async fn free_name(app: &App) -> Result<CaseId, Error> {
    for _ in 0..super::TRIES {
        let name = random::case_id();
        if cases::get(&app.store, &name).await?.is_none()
            && receipt_views::of_stream(&app.store, &name).await?.is_empty()
        {
            return Ok(CaseId(name));
        }
    }
    Err(Error::Busy)
}

/// Takes a message to a report in without any key that opens, from whoever presents the receipt. `once` is the same each time
/// one form is sent. Whether the desk has it already.
///
/// # Errors
/// [`Error::Locked`] when the public key of the desk is not known here, [`Error::Refused`] when the message says nothing or
/// too much, [`Error::KeyReused`] when the form was sent before with other words.
pub async fn take_message(
    app: &App,
    receipt: &str,
    case: &CaseId,
    text: &str,
    files: Vec<FileRef>,
    once: &str,
) -> Result<bool, Error> {
    let to = app.intake_key().ok_or(Error::Locked)?;
    candor_core::dialogue::check_message(text, &files)?;
    let now = Timestamp::from_microsecond(app.now().as_microsecond()).map_err(Error::internal)?;
    let told: Vec<_> = files.iter().map(|file| (&file.name, &file.sha256)).collect();
    let body = serde_json::to_vec(&(text, told)).map_err(Error::internal)?;
    let key = app.shared_form_key();
    let id = random::spelled(&keys::lookup(&key, "waiting message", format!("{case}\n{once}").as_bytes()));
    let body = keys::lookup(&key, "body of a waiting message", &body).to_vec();
    let mut main = files
        .iter()
        .map(|file| Ok(blobs::waiting_statement(&super::files::row(case, file, now.as_microsecond())?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let message = Message { receipt: receipt.to_owned(), at: now, text: text.to_owned(), files };
    let plain = serde_json::to_vec(&Inside::Message { message }).map_err(Error::internal)?;
    let row = WaitingRow { sealed: intake::seal_to(&to, &id, &plain)?, id, at: now.as_microsecond(), body };
    main.push(waiting::insert_statement(&row));
    keep(app, &row, main).await
}

/// Takes a wish in without any key that opens, from whoever presents the receipt; the same within an hour is one. `page` is when
/// the page was made that they answered. Whether the desk has it already.
///
/// # Errors
/// [`Error::Locked`] when the public key of the desk is not known here, [`Error::Refused`] when its words are too many.
pub async fn take_wish(app: &App, receipt: &str, case: &CaseId, wish: Wish, page: Timestamp) -> Result<bool, Error> {
    let to = app.intake_key().ok_or(Error::Locked)?;
    wish.check()?;
    let now = app.now().as_microsecond();
    let body = serde_json::to_vec(&wish).map_err(Error::internal)?;
    let key = app.shared_form_key();
    let body = keys::lookup(&key, "body of a waiting wish", &body).to_vec();
    let hour = app.now().as_second().div_euclid(3600);
    let name = [format!("{case}\n{hour}\n{page}\n").as_bytes(), &body].concat();
    let id = random::spelled(&keys::lookup(&key, "waiting wish", &name));
    let wished = Wished { receipt: receipt.to_owned(), wish, page };
    let plain = serde_json::to_vec(&Inside::Wished { wished }).map_err(Error::internal)?;
    let row = WaitingRow { sealed: intake::seal_to(&to, &id, &plain)?, id, at: now, body };
    keep(app, &row, vec![waiting::insert_statement(&row)]).await
}

/// Keeps what was sealed, and hands it over. Whether the desk has it already.
async fn keep(app: &App, row: &WaitingRow, main: Vec<crate::store::Statement>) -> Result<bool, Error> {
    match app.store.commit(Batch::main(main)).await {
        Ok(()) => {}
        Err(StoreError::Conflict) => match waiting::get(&app.store, &row.id).await? {
            Some(first) if first.body == row.body => {}
            Some(_) => return Err(Error::KeyReused),
            None => return Err(Error::Busy),
        },
        Err(why) => return Err(why.into()),
    }
    // It is durable, whatever the desk says now.
    Ok(match &app.config.front {
        Some(front) => handover::deliver(&front.desk, &row.id).await,
        None => false,
    })
}

/// Files one message that was just sealed; false when it cannot be filed now, and is filed later.
///
/// # Errors
/// [`Error::Locked`] without keys, and as the store fails.
pub async fn deliver_one(app: &App, id: &str) -> Result<bool, Error> {
    app.keys()?;
    match waiting::get(&app.store, id).await? {
        Some(row) if !row.sealed.is_empty() => Ok(Box::pin(open(app, &row)).await?.is_some()),
        other => Ok(other.is_some()),
    }
}

/// Files one report that was just sealed, and gives its proof; none when it cannot be filed now, and is filed later.
///
/// # Errors
/// [`Error::Locked`] without keys, and as the store fails.
pub async fn open_one(app: &App, id: &str, case: &CaseId) -> Result<Option<Proof>, Error> {
    app.keys()?;
    if let Some(row) = waiting::get(&app.store, id).await?.filter(|row| !row.sealed.is_empty()) {
        return Ok(match Box::pin(open(app, &row)).await? {
            Some(Opened::Report(filed)) => filed.signed,
            Some(Opened::Message) | None => None,
        });
    }
    super::proofs::without_report(app, case, 0).await
}

/// How long a front has to hand a report over itself.
const HAND_TIME: SignedDuration = SignedDuration::from_secs(2);

/// Files what waits, but for what a front is handing over just now. Gives how many were filed, and when to look again for
/// those left. One that cannot be filed is logged by its row and holds up no other.
///
/// # Errors
/// [`Error::Locked`] without keys, and as the store fails.
pub async fn open_due(app: &App) -> Result<(usize, Option<Timestamp>), Error> {
    let now = app.now();
    let before = if app.is_handed_to() { (now - HAND_TIME).as_microsecond() } else { i64::MAX };
    let round = Box::pin(open_before(app, before)).await?;
    let again = [(round.fresh, HAND_TIME), (round.left, PAUSE)];
    Ok((round.filed, again.into_iter().find_map(|(waits, pause)| waits.then_some(now + pause))))
}

/// Files what waits. Gives how many were filed. One that cannot be filed is logged by its row and holds up no other.
///
/// # Errors
/// [`Error::Locked`] without keys, and as the store fails.
pub async fn open_all(app: &App) -> Result<usize, Error> {
    Ok(Box::pin(open_before(app, i64::MAX)).await?.filed)
}

/// How long to wait before what could not be filed is tried again.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// What came of a round.
#[derive(Default)]
struct Round {
    filed: usize,
    /// Whether some are left to the front that hands them over.
    fresh: bool,
    /// Whether some could not be filed.
    left: bool,
}

async fn open_before(app: &App, before: i64) -> Result<Round, Error> {
    app.keys()?;
    let (mut after, mut round) = (String::new(), Round::default());
    loop {
        let rows = waiting::some(&app.store, &after).await?;
        let Some(last) = rows.last() else { return Ok(round) };
        after.clone_from(&last.id);
        for row in rows {
            if before < row.at {
                round.fresh = true;
                continue;
            }
            let why = match Box::pin(open(app, &row)).await {
                Ok(Some(_)) => {
                    round.filed += 1;
                    continue;
                }
                Ok(None) => continue,
                // Nothing can be written at all, whatever the row.
                Err(why @ (Error::Locked | Error::Behind)) => return Err(why),
                Err(Error::Full | Error::Busy | Error::Stale) => "there was no room or too much at once",
                Err(Error::Internal(_)) => "it does not open",
                Err(_) => "it was refused",
            };
            round.left = true;
            tracing::error!(row = row.id, why, "what was taken in without keys was not filed yet; it is tried again");
        }
    }
}

/// What was filed.
enum Opened {
    Report(Box<Filed>),
    Message,
}

/// Files what waits in a row; none when it is being filed already.
async fn open(app: &App, row: &WaitingRow) -> Result<Option<Opened>, Error> {
    let Some(_alone) = Alone::with(app, &row.id) else { return Ok(None) };
    // It may have been filed since it was read.
    match waiting::get(&app.store, &row.id).await? {
        Some(row) if !row.sealed.is_empty() => match Box::pin(open_alone(app, &row)).await {
            // Another process was faster.
            Err(Error::Busy) if !waits(app, &row.id).await? => Ok(None),
            other => other.map(Some),
        },
        _ => Ok(None),
    }
}

/// Whether a row still holds what is to be filed.
pub(super) async fn waits(app: &App, row: &str) -> Result<bool, Error> {
    Ok(waiting::get(&app.store, row).await?.is_some_and(|row| !row.sealed.is_empty()))
}

/// A row that nobody else of this process files, also when this is given up half-way.
struct Alone<'a>(&'a App, &'a str);

impl<'a> Alone<'a> {
    fn with(app: &'a App, row: &'a str) -> Option<Self> {
        app.begin_filing(row).then_some(Self(app, row))
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.end_filing(self.1);
    }
}

async fn open_alone(app: &App, row: &WaitingRow) -> Result<Opened, Error> {
    let plain = intake::open_from(app.keys()?.root(), &row.id, &row.sealed)?;
    match serde_json::from_slice(&plain).map_err(Error::internal)? {
        Inside::Report(sealed) => {
            let Sealed { program, case, receipt, at, channel, facts, contact, credit } = *sealed;
            let report = NewReport { channel, facts, contact, credit, received_at: Some(at) };
            let given = Given { case, receipt, row: &row.id };
            Ok(Opened::Report(Box::new(file_given(app, &program, report, &given).await?)))
        }
        Inside::Wished { wished: Wished { receipt, wish, page } } => {
            let (actor, case) = open_receipt(app, &receipt).await?;
            let taken = |_: &CaseId| vec![waiting::take_statement(&row.id)];
            let beside = Beside { rows: &taken, letters: Letters::Now };
            let refused = if wish.was_asked_anew(&case, page) {
                Some("what I was asked has changed since".to_owned())
            } else {
                match Box::pin(execute_beside(app, &actor, &case.id, wish.clone().command(&case), &beside)).await {
                    Ok(done) if done.events.is_empty() => None,
                    Ok(_) => return Ok(Opened::Message),
                    Err(Error::Refused(why)) => Some(why.to_string()),
                    Err(other) => return Err(other),
                }
            };
            let words = refused.map(|why| Command::Write { text: wish.instead(&why), files: Vec::new() });
            if let Some(words) = words
                && Box::pin(execute_beside(app, &actor, &case.id, words, &beside)).await.is_ok()
            {
                return Ok(Opened::Message);
            }
            // Nothing came of it, as when it was so already: it waits no longer.
            app.store.commit(Batch::main(taken(&case.id))).await?;
            Ok(Opened::Message)
        }
        Inside::Message { message: Message { receipt, text, files, .. } } => {
            let (actor, case) = open_receipt(app, &receipt).await?;
            let taken = |_: &CaseId| vec![waiting::take_statement(&row.id)];
            let beside = Beside { rows: &taken, letters: Letters::Now };
            Box::pin(execute_beside(app, &actor, &case.id, Command::Write { text, files }, &beside)).await?;
            Ok(Opened::Message)
        }
    }
}
