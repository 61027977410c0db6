//! Programs, their policies, and what they have published: for anyone.

use super::answer::{Answered, fine};
use super::input::{Asked, InProgram, Segments};
use super::model::advisory::{Advisories, AdvisoryLine, PublicAdvisory};
use super::model::program::{Program, ProgramLine, Programs};
use super::problem::Problem;
use crate::app::App;
use crate::error::Error;
use crate::program_keys;
use crate::store::advisories;
use axum::extract::State;
use candor_formats::advisory::Record;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /programs`
pub async fn list(State(app): State<App>) -> Answered<Programs> {
    let programs =
        app.programs().iter().map(|policy| ProgramLine::of(policy, app.program_url(&policy.program.slug))).collect();
    fine(Programs { programs })
}

/// `GET /programs/{program}`
pub async fn show(State(app): State<App>, InProgram(program): InProgram) -> Answered<Program> {
    let (version, policy) = app.policy_in_force(&program).ok_or_else(Problem::not_found)?;
    fine(Program::of(&policy, version, app.program_url(&program), app.now()))
}

/// How many.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HowMany {
    /// Most advisories to give.
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
}

impl Default for HowMany {
    fn default() -> Self {
        Self { limit: 100 }
    }
}

/// `GET /programs/{program}/advisories`
pub async fn advisories(
    State(app): State<App>,
    InProgram(program): InProgram,
    Asked(HowMany { limit }): Asked<HowMany>,
) -> Answered<Advisories> {
    if !(1..=1000).contains(&limit) {
        return Err(Problem::unreadable("query", "`limit` must be from 1 to 1000").of("limit"));
    }
    app.policy(&program).ok_or_else(Problem::not_found)?;
    let rows = advisories::list(&app.store, program.as_str(), i64::from(limit)).await.map_err(Error::from)?;
    let lines: Result<Vec<_>, Error> = rows
        .iter()
        .map(|row| Ok(AdvisoryLine::of(&record(&row.record)?, &row.program, &app.config.base_url)))
        .collect();
    fine(Advisories { advisories: lines? })
}

/// Certificates that a report can be sealed to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Recipients {
    /// Fingerprints, one for each certificate.
    fingerprints: Vec<String>,
    /// The certificates as text, one block after the other; empty when reports cannot be sealed.
    certificates: String,
}

/// `GET /programs/{program}/recipients`
pub async fn recipients(State(app): State<App>, InProgram(program): InProgram) -> Answered<Recipients> {
    app.policy(&program).ok_or_else(Problem::not_found)?;
    let certificates = program_keys::recipients::current(&app, &program).await?;
    let fingerprints = program_keys::recipients::fingerprints(&app, &program).await?;
    fine(Recipients { fingerprints, certificates })
}

/// `GET /advisories/{id}`
pub async fn advisory(State(app): State<App>, Segments(id): Segments<String>) -> Answered<PublicAdvisory> {
    let row = advisories::get(&app.store, &id).await.map_err(Error::from)?.ok_or_else(Problem::not_found)?;
    fine(PublicAdvisory::of(&record(&row.record)?, &row.program, &app.config.base_url))
}

fn record(text: &str) -> Result<Record, Error> {
    serde_json::from_str(text).map_err(Error::internal)
}
