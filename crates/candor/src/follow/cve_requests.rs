//! Requests for CVE numbers, for programs that assign none: the text to paste, who sent it and when, and a clock of its own
//! that warns on the desk. The number that comes is put among the identifiers of the case.

use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::command::Command;
use candor_core::decide::Facts;
use candor_core::disclosure;
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use candor_core::refusal::Refusal;
use candor_core::standing::{self, Relation};
use candor_formats::advisory::Record;
use candor_formats::identifiers::is_cve;
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::error::Error;
use crate::execute::queue::{on_alone, reach};
use crate::execute::{self, execute};
use crate::keys::random;
use crate::store::cases::Reach;
use crate::store::cve_requests::{self as rows, LateRow, RequestRow};
use crate::store::{Batch, StoreError};

/// Days until the desk warns, where nobody said otherwise.
pub const DAYS: u32 = 7;
/// Most days a reminder may lie ahead.
pub const MOST_DAYS: u32 = 90;
/// Most late requests that one page names.
const MOST_LATE: i64 = 50;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No answer yet, and none is late.
    Waiting,
    /// The reminder has come.
    Late,
    /// A number came.
    Answered,
    /// Nobody waits for it any more.
    Withdrawn,
}

impl Standing {
    /// The word of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Late => "late",
            Self::Answered => "answered",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: String,
    /// Who sent it.
    pub asked_by: MemberId,
    /// When.
    pub asked_at: Timestamp,
    /// When the desk warns.
    pub remind_at: Timestamp,
    /// Where it stands.
    pub standing: Standing,
    /// The number that came.
    pub number: Option<String>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
}

fn of_row(row: RequestRow, now: Timestamp) -> Request {
    let at = |micros| Timestamp::from_microsecond(micros).unwrap_or(now);
    Request {
        standing: match row.state.as_str() {
            "answered" => Standing::Answered,
            "withdrawn" => Standing::Withdrawn,
            _ if row.remind_at <= now.as_microsecond() => Standing::Late,
            _ => Standing::Waiting,
        },
        id: row.id,
        asked_by: MemberId(row.asked_by),
        asked_at: at(row.asked_at),
        remind_at: at(row.remind_at),
        number: row.number,
        closed_at: row.closed_at.map(at),
    }
}

/// The requests of a case that the asker was shown.
///
/// # Errors
/// When the store cannot be read.
pub async fn of_case(app: &App, case: &Case) -> Result<Vec<Request>, Error> {
    let now = app.now();
    Ok(rows::of_stream(&app.store, case.id.as_str()).await?.into_iter().map(|row| of_row(row, now)).collect())
}

/// Cases with a late request that the asker is on, and since when, the longest waiting first. No case is opened for it.
///
/// # Errors
/// When the store cannot be read.
pub async fn late(app: &App, actor: &Actor) -> Result<Vec<(CaseId, Timestamp)>, Error> {
    let now = app.now();
    let reach: Vec<Reach> = reach(actor).into_iter().map(|own| on_alone(actor, own)).collect();
    let late = rows::late(&app.store, &reach, now.as_microsecond(), MOST_LATE).await?;
    let since = |micros| Timestamp::from_microsecond(micros).unwrap_or(now);
    let is_on = |row: &LateRow| {
        let program = ProgramSlug(row.program.clone());
        standing::relation(actor, &program, &standing::read(&row.grants), now) == Relation::On
    };
    let late = late.into_iter().filter(is_on);
    Ok(late.map(|row| (CaseId(row.stream), since(row.remind_at))).collect())
}

/// The record of a case as its CVE number is asked for with: what is published, or else the draft.
///
/// # Errors
/// [`Error::Refused`] with what the advisory still lacks.
pub fn record(app: &App, case: &Case) -> Result<Record, Error> {
    if let Some(last) = case.advisory.published.last() {
        return Ok(last.clone());
    }
    let policy = execute::policy_of(app, case)?;
    let facts = Facts {
        now: app.now(),
        policy_version: case.policy_version,
        advisory_id: format!("{}-DRAFT", policy.advisory_prefix()),
        may_hold: true,
        moving_to: None,
        base_url: app.program_url(&case.program),
        ..Facts::default()
    };
    Ok(disclosure::preview_of(case, &policy, &facts)?)
}

fn field(field: &'static str, problem: impl Into<String>) -> Error {
    Error::Refused(Refusal::Field { field, problem: problem.into() })
}

/// Whoever may set identifiers of a case may keep its requests.
fn describing(case: &Case, number: Option<&str>) -> Command {
    let mut aliases = case.aliases.clone();
    if let Some(number) = number
        && !aliases.iter().any(|alias| alias == number)
    {
        aliases.push(number.to_owned());
    }
    // A report that was only a number has no title yet.
    let title = if case.title.trim().is_empty() { case.id.0.clone() } else { case.title.clone() };
    Command::Describe { title, product: case.product.clone(), component: case.component.clone(), aliases }
}

async fn writable(app: &App, actor: &Actor, id: &CaseId) -> Result<(Case, MemberId), Error> {
    let case = execute::load_case(app, actor, id).await?;
    execute::may(app, actor, &case, describing(&case, None))?;
    let member = actor.member().cloned().ok_or(Error::NotFound)?;
    Ok((case, member))
}

fn in_days(app: &App, days: u32) -> Result<Timestamp, Error> {
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(field("days", format!("a reminder comes after 1 to {MOST_DAYS} days")));
    }
    app.now().checked_add(SignedDuration::from_hours(24 * i64::from(days))).map_err(Error::internal)
}

/// Puts on record that a request was sent just now, and begins its clock. Gives its id.
///
/// # Errors
/// [`Error::NotFound`] and [`Error::Role`] as for every act; [`Error::Refused`] where one is open already or the case has a
/// number.
pub async fn ask(app: &App, actor: &Actor, id: &CaseId, days: u32) -> Result<String, Error> {
    let (case, member) = writable(app, actor, id).await?;
    let remind_at = in_days(app, days)?;
    if let Some(number) = case.aliases.iter().find(|alias| is_cve(alias)) {
        return Err(field("request", format!("the case has a number already: {number}")));
    }
    if of_case(app, &case).await?.iter().any(|known| matches!(known.standing, Standing::Waiting | Standing::Late)) {
        return Err(already_open());
    }
    let row = RequestRow {
        id: random::id(),
        program: case.program.0.clone(),
        stream: case.id.0.clone(),
        asked_by: member.0,
        asked_at: app.now().as_microsecond(),
        remind_at: remind_at.as_microsecond(),
        state: "open".into(),
        closed_at: None,
        number: None,
    };
    // Of two that are sent at one moment the store takes one: a case has one open request.
    match app.store.commit(Batch::main(vec![rows::insert_statement(&row)])).await {
        Err(StoreError::Conflict) => Err(already_open()),
        done => Ok(done.map(|()| row.id)?),
    }
}

fn already_open() -> Error {
    field("request", "a request is open already; move its reminder, or withdraw it first")
}

async fn open(app: &App, case: &Case, request: &str) -> Result<Request, Error> {
    let found = of_case(app, case).await?.into_iter().find(|known| known.id == request).ok_or(Error::NotFound)?;
    match found.standing {
        Standing::Waiting | Standing::Late => Ok(found),
        _ => Err(field("request", "this request has ended")),
    }
}

/// The number has come: it becomes an identifier of the case, and the clock stops.
///
/// # Errors
/// As [`ask`]; [`Error::Refused`] where it is no CVE number.
pub async fn answer(app: &App, actor: &Actor, id: &CaseId, request: &str, number: &str) -> Result<(), Error> {
    let (case, _) = writable(app, actor, id).await?;
    open(app, &case, request).await?;
    let number = number.trim();
    if !is_cve(number) {
        return Err(field("number", "a CVE number looks like CVE-2026-12345"));
    }
    execute(app, actor, id, describing(&case, Some(number)), None).await?;
    let at = app.now().as_microsecond();
    let closed = rows::close_statement(request, id.as_str(), "answered", at, Some(number));
    Ok(app.store.commit(Batch::main(vec![closed])).await?)
}

/// Nobody waits for an answer any more.
///
/// # Errors
/// As [`ask`].
pub async fn withdraw(app: &App, actor: &Actor, id: &CaseId, request: &str) -> Result<(), Error> {
    let (case, _) = writable(app, actor, id).await?;
    open(app, &case, request).await?;
    let closed = rows::close_statement(request, id.as_str(), "withdrawn", app.now().as_microsecond(), None);
    Ok(app.store.commit(Batch::main(vec![closed])).await?)
}

/// The reminder comes again, this many days from now.
///
/// # Errors
/// As [`ask`].
pub async fn remind(app: &App, actor: &Actor, id: &CaseId, request: &str, days: u32) -> Result<(), Error> {
    let (case, _) = writable(app, actor, id).await?;
    let at = in_days(app, days)?;
    open(app, &case, request).await?;
    let moved = rows::remind_statement(request, id.as_str(), at.as_microsecond());
    Ok(app.store.commit(Batch::main(vec![moved])).await?)
}
