//! `candor probe`: every channel that the policies name, looked at now.

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::watch::probes::State;
use serde_json::json;

/// What to do.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(args: Args) -> Outcome {
    let app = args.place.open().await?;
    let probes = crate::worker::probe_once(&app).await?;
    if args.json {
        let rows: Vec<_> = probes
            .iter()
            .map(|probe| {
                json!({
                    "program": probe.program,
                    "channel": probe.finding.channel,
                    "state": probe.finding.state.name(),
                    "since": probe.since,
                    "checked_at": probe.checked_at,
                    "detail": probe.finding.detail,
                })
            })
            .collect();
        output::json(&rows);
    } else {
        let mut lines = vec![vec!["PROGRAM".into(), "CHANNEL".into(), "STATE".into(), "FOUND".into()]];
        for probe in &probes {
            lines.push(vec![
                probe.program.clone(),
                probe.finding.channel.clone(),
                probe.finding.state.name().into(),
                probe.finding.detail.clone(),
            ]);
        }
        output::table(&lines);
    }
    if probes.iter().any(|probe| probe.finding.state == State::Failed) { Err(Failure::Said) } else { Ok(()) }
}
