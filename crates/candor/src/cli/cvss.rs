//! `candor cvss`: vectors on a terminal.

use super::output::{self, Failure, Outcome};
use candor_formats::cvss::CvssVector;
use serde::Serialize;

/// What to score.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Vectors, like CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H
    #[arg(required = true, value_name = "VECTOR")]
    vectors: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Scored {
    vector: String,
    version: &'static str,
    score: f64,
    base_score: f64,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nomenclature: Option<&'static str>,
    metrics: Vec<(&'static str, &'static str)>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let mut scored = Vec::new();
    let mut wrong = false;
    for text in &args.vectors {
        match CvssVector::parse(text.trim()) {
            Ok(vector) => scored.push(Scored {
                version: vector.version().as_str(),
                score: vector.score(),
                base_score: vector.base_score(),
                severity: vector.severity().label(),
                nomenclature: vector.nomenclature(),
                metrics: vector.describe(),
                vector: vector.to_string(),
            }),
            Err(why) => {
                wrong = true;
                output::complain(format_args!("candor: {}: {why}", output::plain(text)));
            }
        }
    }
    if args.json {
        output::json(&scored);
    } else {
        for (index, one) in scored.iter().enumerate() {
            if index > 0 {
                output::say("");
            }
            output::say(&one.vector);
            output::say(format_args!("CVSS {}: {:.1}, {}", one.version, one.score, one.severity));
            for (metric, value) in &one.metrics {
                output::say(format_args!("  {metric}: {value}"));
            }
        }
    }
    if wrong { Err(Failure::Said) } else { Ok(()) }
}
