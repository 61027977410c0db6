//! CVE numbers: requests, for programs that assign none, and reserved numbers that nobody uses, for those that do.

use axum::extract::State;
use axum::http::StatusCode;
use candor_core::access::{Actor, Role};
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answered, fine};
use super::input::{Asker, Bearer, InProgram, Json, OfCase, Segments};
use super::problem::Problem;
use crate::accounts::token::Beyond;
use crate::app::App;
use crate::error::Error;
use crate::execute::{known_case, open_case};
use crate::follow::cve::{NotDone, request_text};
use crate::follow::cve_requests::{self, DAYS, Request};
use crate::follow::cve_unused::{self, Holder};

/// A request that somebody sent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CveRequest {
    /// Its id.
    id: String,
    /// Id of the member who sent it.
    asked_by: String,
    /// When, in UTC.
    asked_at: String,
    /// When the desk warns, in UTC.
    remind_at: String,
    /// `waiting`, `late`, `answered` or `withdrawn`.
    state: String,
    /// The number that came.
    number: Option<String>,
    /// When it ended, in UTC.
    closed_at: Option<String>,
}

impl From<Request> for CveRequest {
    fn from(known: Request) -> Self {
        Self {
            id: known.id,
            asked_by: known.asked_by.0,
            asked_at: known.asked_at.to_string(),
            remind_at: known.remind_at.to_string(),
            state: known.standing.name().to_owned(),
            number: known.number,
            closed_at: known.closed_at.map(|at| at.to_string()),
        }
    }
}

/// The requests of a case.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CveRequests {
    /// The oldest first.
    requests: Vec<CveRequest>,
    /// The text to send; none while the advisory lacks something.
    text: Option<String>,
    /// What the advisory lacks.
    missing: Option<String>,
}

/// A request that was sent just now.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewRequest {
    /// After how many days without an answer the desk warns, from 1 to 90; 7 where it is left out.
    days: Option<u32>,
}

/// What became of a request.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Settled {
    /// The number came; it becomes an identifier of the case.
    Answered {
        /// Like `CVE-2026-12345`.
        number: String,
    },
    /// Nobody waits for it any more.
    Withdrawn,
    /// No answer yet; the desk warns again.
    Remind {
        /// After how many days, from 1 to 90.
        days: u32,
    },
}

async fn all(app: &App, actor: &Actor, id: &CaseId) -> Result<CveRequests, Error> {
    let case = open_case(app, actor, id).await?;
    let (text, missing) = match cve_requests::record(app, &case) {
        Ok(record) => (Some(request_text(&record)), None),
        Err(Error::Refused(why)) => (None, Some(why.to_string())),
        Err(other) => return Err(other),
    };
    let requests = cve_requests::of_case(app, &case).await?.into_iter().map(Into::into).collect();
    Ok(CveRequests { requests, text, missing })
}

/// `GET /cases/{case}/cve-requests`
pub async fn list(State(app): State<App>, Asker(actor): Asker, OfCase(id): OfCase) -> Answered<CveRequests> {
    fine(all(&app, &actor, &id).await?)
}

/// `POST /cases/{case}/cve-requests`
pub async fn ask(
    State(app): State<App>,
    Asker(actor): Asker,
    OfCase(id): OfCase,
    Json(new): Json<NewRequest>,
) -> Answered<CveRequest> {
    let request = cve_requests::ask(&app, &actor, &id, new.days.unwrap_or(DAYS)).await?;
    let case = open_case(&app, &actor, &id).await?;
    let found = cve_requests::of_case(&app, &case).await?.into_iter().find(|known| known.id == request);
    fine(found.ok_or_else(Problem::not_found)?.into())
}

/// `POST /cases/{case}/cve-requests/{id}`
pub async fn settle(
    State(app): State<App>,
    Asker(actor): Asker,
    Segments((case, request)): Segments<(String, String)>,
    Json(settled): Json<Settled>,
) -> Answered<CveRequests> {
    let id = CaseId::parse(&case).ok_or_else(Problem::not_found)?;
    known_case(&app, &actor, &id, false).await?;
    match settled {
        Settled::Answered { number } => Box::pin(cve_requests::answer(&app, &actor, &id, &request, &number)).await?,
        Settled::Withdrawn => cve_requests::withdraw(&app, &actor, &id, &request).await?,
        Settled::Remind { days } => cve_requests::remind(&app, &actor, &id, &request, days).await?,
    }
    fine(all(&app, &actor, &id).await?)
}

/// A number that is reserved at CVE Services and not published.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReservedNumber {
    /// The number.
    number: String,
    /// Since when, in UTC, as far as anybody says.
    since: Option<String>,
    /// `held` while a case or an advisory waits for it, `ended` where its case is closed, `nobody` else.
    state: String,
    /// The case it is for.
    case: Option<String>,
    /// Whether it can be rejected.
    unused: bool,
}

/// The reserved numbers of a program.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReservedNumbers {
    /// The oldest first.
    numbers: Vec<ReservedNumber>,
    /// Why CVE Services could not be asked; the list is what is kept here then.
    unasked: Option<String>,
}

/// Why a number is rejected.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// In English, for everybody: it stands in the record of the number. At most 500 characters.
    reason: String,
}

async fn numbers(app: &App, program: &ProgramSlug) -> Result<ReservedNumbers, Error> {
    let found = cve_unused::reservations(app, program.as_str()).await?;
    let number = |known: cve_unused::Reserved| {
        let unused = known.is_unused();
        let (state, case) = match known.holder {
            Holder::Held(case) => ("held", case),
            Holder::Ended(case) => ("ended", Some(case)),
            Holder::Nobody => ("nobody", None),
        };
        let since = known.since.map(|at| at.to_string());
        ReservedNumber { number: known.number, since, state: state.into(), case: case.map(|id| id.0), unused }
    };
    Ok(ReservedNumbers {
        numbers: found.numbers.into_iter().map(number).collect(),
        unasked: found.unasked.map(|why| why.to_string()),
    })
}

/// Who coordinates the program; for everybody else there is no such list.
fn coordinates(actor: &Actor, program: &ProgramSlug) -> Result<MemberId, Problem> {
    actor.member().filter(|_| actor.may(program, Role::Coordinator)).cloned().ok_or_else(Problem::not_found)
}

/// `GET /programs/{program}/cve-numbers`
pub async fn unused(
    State(app): State<App>,
    Asker(actor): Asker,
    InProgram(program): InProgram,
) -> Answered<ReservedNumbers> {
    coordinates(&actor, &program)?;
    fine(numbers(&app, &program).await?)
}

/// `POST /programs/{program}/cve-numbers/{id}/reject`
pub async fn reject(
    State(app): State<App>,
    bearer: Bearer,
    Segments((program, number)): Segments<(String, String)>,
    Json(rejection): Json<Rejection>,
) -> Answered<ReservedNumbers> {
    let program = ProgramSlug(program);
    let by = coordinates(&bearer.actor, &program)?;
    bearer.must(Beyond::Publish)?;
    match cve_unused::reject(&app, program.as_str(), &number, &rejection.reason, &by).await {
        Ok(()) => fine(numbers(&app, &program).await?),
        Err(NotDone::Store(why)) => Err(why.into()),
        Err(why) if why.may_pass() => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", why.to_string())),
        Err(why) => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "cve", why.to_string())),
    }
}
