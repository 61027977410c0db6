//! Reports taken in while the desk is locked, or by a process that never has its keys: sealed to the desk's public key, and
//! filed when the root key is there, as of the instant they came.

use super::report::{Filed, Given, NewReport, Promised, file_given};
use crate::app::App;
use crate::error::Error;
use crate::keys::{self, intake, random};
use crate::store::blobs::{self, BlobRow};
use crate::store::waiting::{self, WaitingRow};
use crate::store::{Batch, StoreError};
use candor_core::access::{self, Actor};
use candor_core::command::{Command, Filing};
use candor_core::decide::{self, Facts};
use candor_core::event::{Channel, Contact, Credit, ReportFacts};
use candor_core::id::{CaseId, PersonId, ProgramSlug};
use candor_core::{promises, scope};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is sealed.
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
    let now = app.now();
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

    // One request has one name and one receipt, while this process lives; the secret behind them touches no disk.
    let secret = app.form_key();
    let request = idempotency.map(|key| format!("{program}\n{key}"));
    let spelled = |domain: &str| match &request {
        Some(request) => random::spelled(&keys::lookup(secret, domain, request.as_bytes())),
        None => random::id(),
    };
    let (id, receipt) = (spelled("waiting report"), random::grouped(&spelled("receipt of a waiting report")));
    let mut case = spelled("case of a waiting report");
    case.truncate(10);
    case.insert(5, '-');
    let case = CaseId(case);
    let row_body = keys::lookup(secret, "body of a waiting report", body).to_vec();

    let mut main = report
        .facts
        .files
        .iter()
        .map(|file| {
            Ok(blobs::insert_statement(&BlobRow {
                id: file.id.0.clone(),
                stream: case.0.clone(),
                size: i64::try_from(file.size).map_err(Error::internal)?,
                hash: super::rebuild::unhex(&file.sealed_sha256).ok_or_else(|| Error::internal("a malformed hash"))?,
                at: now.as_microsecond(),
            }))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let filed = Filed {
        case: case.clone(),
        receipt: receipt.clone(),
        received_at: now,
        promises: promises::forecast_of(&policy, now, report.facts.exploited)
            .into_iter()
            .map(|(promise, due)| Promised { name: promise.name, what: promise.what, kind: promise.kind, due })
            .collect(),
        hints: scope::hints(&report.facts, &policy, now).into_iter().map(|hint| hint.text).collect(),
        proof: String::new(),
        signed: None,
    };
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
    let plain = serde_json::to_vec(&sealed).map_err(Error::internal)?;
    let row = WaitingRow { sealed: intake::seal_to(&to, &id, &plain)?, id, at: now.as_microsecond(), body: row_body };
    main.push(waiting::insert_statement(&row));
    match app.store.commit(Batch::main(main)).await {
        Ok(()) => Ok(filed),
        Err(StoreError::Conflict) => match waiting::get(&app.store, &row.id).await? {
            Some(first) if first.body == row.body => {
                Ok(Filed { received_at: Timestamp::from_microsecond(first.at).map_err(Error::internal)?, ..filed })
            }
            Some(_) => Err(Error::KeyReused),
            None => Err(Error::Busy),
        },
        Err(why) => Err(why.into()),
    }
}

/// Files what waits. Gives how many were filed. One that cannot be filed is logged by its row and holds up no other.
///
/// # Errors
/// [`Error::Locked`] without keys, and as the store fails.
pub async fn open_all(app: &App) -> Result<usize, Error> {
    app.keys()?;
    let (mut after, mut filed) = (String::new(), 0);
    loop {
        let rows = waiting::some(&app.store, &after).await?;
        let Some(last) = rows.last() else { return Ok(filed) };
        after.clone_from(&last.id);
        for row in rows {
            match open(app, &row).await {
                Ok(()) => filed += 1,
                Err(Error::Full | Error::Busy) => return Err(Error::Busy),
                Err(why) => {
                    let kind = if matches!(why, Error::Internal(_)) { "it does not open" } else { "it was refused" };
                    tracing::error!(row = row.id, kind, "a report taken in while the desk was locked was not filed");
                }
            }
        }
    }
}

async fn open(app: &App, row: &WaitingRow) -> Result<(), Error> {
    let plain = intake::open_from(app.keys()?.root(), &row.id, &row.sealed)?;
    let Sealed { program, case, receipt, at, channel, facts, contact, credit } =
        serde_json::from_slice(&plain).map_err(Error::internal)?;
    let report = NewReport { channel, facts, contact, credit, received_at: Some(at) };
    let given = Given { case, receipt, row: &row.id };
    file_given(app, &program, report, &given).await.map(drop)
}
