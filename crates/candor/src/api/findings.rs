//! A pipeline sends what its tools found.

use super::answer::{Answered, fine};
use super::input::{Asker, InProgram};
use super::problem::Problem;
use crate::app::App;
use crate::error::Error;
use crate::execute::findings::{self, of_sbom};
use crate::store::advisories;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use candor_formats::advisory::Record;
use candor_formats::sbom;
use candor_formats::scanners::{self, Level};
use schemars::JsonSchema;
use serde::Serialize;

/// What became of a run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Taken {
    /// The tool that wrote it.
    tool: String,
    /// How many findings it has.
    findings: usize,
    /// How many were known already.
    known: usize,
    /// Cases opened.
    opened: Vec<String>,
    /// Cases to which findings were added.
    folded: Vec<String>,
    /// How many are left for the next run, because one run opens so many cases and no more.
    left: usize,
}

/// The bytes of a file as they are sent.
pub struct Raw(Bytes);

impl FromRequest<App> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        let limit = scanners::FILE_LIMIT;
        let too_large = || {
            let words =
                format!("The file is larger than {} MB; split the scan by target or by rule", limit / 1024 / 1024);
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", words)
        };
        axum::body::to_bytes(request.into_body(), limit).await.map(Self).map_err(|_| too_large())
    }
}

/// `POST /programs/{program}/findings`
pub async fn take(
    State(app): State<App>,
    Asker(actor): Asker,
    InProgram(program): InProgram,
    Raw(bytes): Raw,
) -> Answered<Taken> {
    // Whoever may not see the program learns nothing from what is wrong with the file.
    if actor.role(&program).is_none() {
        return Err(Problem::not_found());
    }
    let read = tokio::task::spawn_blocking(move || match sbom::read(&bytes) {
        Ok(sbom) => Ok(Err(sbom)),
        Err(_) => scanners::read(&bytes).map(Ok),
    });
    let output = match read.await.map_err(Error::internal)? {
        Ok(Ok(output)) => output,
        Ok(Err(sbom)) => {
            let rows = advisories::all(&app.store).await.map_err(Error::from)?;
            let records: Result<Vec<Record>, _> = rows.iter().map(|row| serde_json::from_str(&row.record)).collect();
            of_sbom(&sbom, &records.map_err(Error::internal)?)
        }
        Err(why) => {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field", sentence(&why.to_string())));
        }
    };
    let taken = findings::take(&app, &actor, &program, &output, Level::Unknown).await?;
    fine(Taken {
        tool: taken.tool,
        findings: taken.findings,
        known: taken.known,
        opened: taken.opened.into_iter().map(|case| case.0).collect(),
        folded: taken.folded.into_iter().map(|case| case.0).collect(),
        left: taken.left,
    })
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
