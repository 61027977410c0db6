//! A report comes in: by anyone, or by a member for somebody.

use super::answer::{Answer, Answered};
use super::input::{Asker, IdempotencyKey, InProgram, Json, PartName, WithFiles};
use super::model::report::{OnBehalf, Receipt, Report};
use super::problem::Problem;
use crate::app::App;
use crate::execute::report::{file_drill, file_report};
use crate::throttle::{Source, work};
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use candor_core::access::Actor;
use candor_core::event::Channel;
use candor_core::id::ProgramSlug;
use candor_core::refusal::Refusal;

impl PartName for Report {
    const NAME: &'static str = "report";
}

/// A program whose API takes reports, asked not too often. Looked at before the body: nothing of a report that will not be
/// taken is read, let alone stored.
pub struct OpenDoor(ProgramSlug);

impl FromRequestParts<App> for OpenDoor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let InProgram(program) = InProgram::from_request_parts(parts, app).await?;
        let policy = app.policy(&program).ok_or_else(Problem::not_found)?;
        if !policy.channels.api {
            return Err(crate::error::Error::Refused(Refusal::ChannelClosed("The API")).into());
        }
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(parts, app).await?;
        not_too_often(app, &program, key.as_deref(), parts)?;
        Ok(Self(program))
    }
}

/// `POST /programs/{program}/reports`
pub async fn file(
    State(app): State<App>,
    OpenDoor(program): OpenDoor,
    IdempotencyKey(key): IdempotencyKey,
    WithFiles { value: report, files }: WithFiles<Report>,
) -> Answered<Receipt> {
    let filed = file_report(&app, &Actor::Public, &program, report.into_filing(Channel::Api, files), key.as_deref());
    let filed = filed.await?;
    app.throttle.count(LANE, app.now());
    Ok(Answer(StatusCode::CREATED, filed.into()))
}

/// Name of this door where floods are counted.
const LANE: &str = "api";

/// Slows one source down; it is told when to come back, and everybody else is served. While the door is flooded, work takes
/// the place of the wait: it is for one idempotency key, under which one report is filed.
fn not_too_often(app: &App, program: &ProgramSlug, key: Option<&str>, parts: &Parts) -> Result<(), Problem> {
    let Some(source) = parts.extensions.get::<Source>().filter(|_| app.config.report_rate > 0) else { return Ok(()) };
    let (now, flood) = (app.now(), app.config.flood());
    let flooded = app.throttle.is_flooded(LANE, flood, now);
    let Err(mut wait) = app.throttle.rate("report", *source, app.config.report_rate_when(flooded), now) else {
        return Ok(());
    };
    let (what, form_key) = (format!("{LANE}/{program}"), app.shared_form_key());
    let mut words = "";
    let given = parts.headers.get(work::HEADER).and_then(|value| value.to_str().ok());
    if let Some((key, given)) = key.zip(given).filter(|_| flooded) {
        match work::check(&form_key, &what, key, given, now) {
            Err(work::NotDone::Foreign) => words = ". The work in `Candor-Work` is for another request",
            Err(work::NotDone::Ended) => words = ". The challenge in `Candor-Work` has ended",
            Err(work::NotDone::Wrong) => words = ". The hash of `Candor-Work` does not begin with enough zero bits",
            Ok(()) => match app.throttle.rate("report worked for", *source, app.config.report_rate, now) {
                Ok(()) => return Ok(()),
                Err(longer) => wait = longer,
            },
        }
    }
    let seconds = wait.seconds();
    let detail = format!("Too many reports from your address; send this one again in {seconds} seconds{words}");
    let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-often", detail).after(wait);
    problem.challenge = key.filter(|_| flooded).map(|key| {
        let bits = work::bits(app.throttle.load(LANE, now), flood);
        work::challenge(&form_key, &what, key, bits, now)
    });
    Err(problem)
}

/// `POST /cases`
pub async fn on_behalf(
    State(app): State<App>,
    Asker(actor): Asker,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<OnBehalf>,
) -> Answered<Receipt> {
    let OnBehalf { program, report, channel, received_at, drill } = body;
    let mut filing = report.into_filing(channel.map_or(Channel::Member, Into::into), Vec::new());
    filing.received_at = received_at.map(|at| at.0);
    let program = program.as_str().into();
    let filed = if drill {
        file_drill(&app, &actor, &program, filing, key.as_deref()).await?
    } else {
        file_report(&app, &actor, &program, filing, key.as_deref()).await?
    };
    Ok(Answer(StatusCode::CREATED, filed.into()))
}
