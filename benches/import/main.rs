//! How well and how fast prose becomes a policy: precision and recall over the five published policies against facts
//! found by hand, and files drafted per second. And how fast months are forecast: cases simulated per second.
//!
//! The texts are read from the folder `CANDOR_POLICIES`, else from `../shared/policies` beside the repository; they are
//! not part of it. `cargo run --release -p bench-import`.

#![allow(clippy::print_stdout, reason = "its figures are read on a terminal")]
#![allow(clippy::cast_precision_loss, reason = "counts of facts are small")]

#[path = "../../crates/candor-core/tests/policy/import/expected.rs"]
mod expected;

use candor_core::forecast;
use candor_core::policy::file;
use candor_core::policy::import::{self, Fact, Names};
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn main() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/policies");
    let root = std::env::var_os("CANDOR_POLICIES").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    println!(
        "{:<10} {:>8} {:>6} {:>9} {:>7} {:>9} {:>11}",
        "policy", "expected", "found", "precision", "recall", "questions", "files/s"
    );
    let (mut hits_all, mut expected_all, mut found_all) = (0_usize, 0_usize, 0_usize);
    let (mut drafted, mut spent) = (0_u32, Duration::ZERO);
    for name in ["dapr", "directus", "ibexa", "minio", "strapi"] {
        let Ok(text) = std::fs::read_to_string(root.join(format!("{name}.md"))) else {
            println!("{name:<10} skipped: the text is not there; set CANDOR_POLICIES to where the five lie");
            continue;
        };
        let draft = import::draft(&text, &Names::default());
        let mut found: Vec<String> = draft
            .found
            .iter()
            .filter(|found| !matches!(found.fact, Fact::Statement { .. }))
            .map(|found| found.fact.told())
            .collect();
        let (count, expected) = (found.len(), expected::facts(name));
        let mut hits = 0;
        for fact in expected {
            if let Some(at) = found.iter().position(|other| other == fact) {
                found.swap_remove(at);
                hits += 1;
            }
        }
        let started = Instant::now();
        let mut drafts = 0_u32;
        while started.elapsed() < Duration::from_secs(1) {
            std::hint::black_box(import::draft(std::hint::black_box(&text), &Names::default()));
            drafts += 1;
        }
        drafted += drafts;
        spent += started.elapsed();
        println!(
            "{name:<10} {:>8} {count:>6} {:>9.3} {:>7.3} {:>9} {:>11.0}",
            expected.len(),
            hits as f64 / count as f64,
            hits as f64 / expected.len() as f64,
            draft.questions.len(),
            f64::from(drafts) / started.elapsed().as_secs_f64()
        );
        hits_all += hits;
        expected_all += expected.len();
        found_all += count;
    }
    if expected_all > 0 {
        println!(
            "{:<10} {expected_all:>8} {found_all:>6} {:>9.3} {:>7.3} {:>9} {:>11.0}",
            "all",
            hits_all as f64 / found_all as f64,
            hits_all as f64 / expected_all as f64,
            "",
            f64::from(drafted) / spent.as_secs_f64()
        );
    }
    forecasts();
}

/// The example policies, each under a year of reports.
const POLICIES: [(&str, &str); 5] = [
    ("dapr", include_str!("../../examples/policies/dapr.toml")),
    ("directus", include_str!("../../examples/policies/directus.toml")),
    ("ibexa", include_str!("../../examples/policies/ibexa.toml")),
    ("minio", include_str!("../../examples/policies/minio.toml")),
    ("strapi", include_str!("../../examples/policies/strapi.toml")),
];

/// How many simulated cases a second the real core and clocks work through.
fn forecasts() {
    println!("\n{:<10} {:>8} {:>8} {:>9} {:>11}", "simulated", "cases", "acts", "seconds", "cases/s");
    let assumptions = forecast::Assumptions { reports_per_month: 40.0, ..forecast::Assumptions::default() };
    let (mut cases, mut spent) = (0_u32, Duration::ZERO);
    for (name, text) in POLICIES {
        let Ok(policy) = file::read(text) else {
            println!("{name:<10} skipped: the policy does not read");
            continue;
        };
        let started = Instant::now();
        match forecast::run(&policy, &assumptions) {
            Ok(found) => {
                let took = started.elapsed();
                let speed = f64::from(found.cases) / took.as_secs_f64();
                println!("{name:<10} {:>8} {:>8} {:>9.3} {speed:>11.0}", found.cases, found.acts, took.as_secs_f64());
                cases += found.cases;
                spent += took;
            }
            Err(why) => println!("{name:<10} skipped: {why}"),
        }
    }
    println!(
        "{:<10} {cases:>8} {:>8} {:>9.3} {:>11.0}",
        "all",
        "",
        spent.as_secs_f64(),
        f64::from(cases) / spent.as_secs_f64()
    );
}
