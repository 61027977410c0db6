//! Forecasts: the same seed gives the same months, more hours break less, and what cannot be kept is broken.

#![allow(clippy::disallowed_methods)] // A test reads its files; the crate does not.
#![allow(clippy::print_stdout)] // It says what it drew.

use crate::given::policy;
use candor_core::forecast::{self, Assumptions, Forecast};
use candor_core::policy::{Length, Policy, Unit, file};

fn example(name: &str) -> Policy {
    let path = format!("{}/../../examples/policies/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    file::read(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn team(reports: f64, members: u32, hours: f64, months: u32, seed: u64) -> Assumptions {
    Assumptions { reports_per_month: reports, members, hours_per_week: hours, months, seed, ..Assumptions::default() }
}

fn run(policy: &Policy, assumptions: &Assumptions) -> Forecast {
    forecast::run(policy, assumptions).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_forecast_and_another_seed_another() {
    let policy = example("minio");
    let first = run(&policy, &team(10.0, 3, 6.0, 4, 7));
    assert_eq!(first, run(&policy, &team(10.0, 3, 6.0, 4, 7)));
    assert_ne!(first, run(&policy, &team(10.0, 3, 6.0, 4, 8)));
}

#[test]
fn every_example_is_worked_through_by_the_real_decisions() {
    for name in ["dapr", "directus", "ibexa", "minio", "strapi"] {
        let forecast = run(&example(name), &team(8.0, 4, 20.0, 5, 3));
        println!(
            "{name}: {} cases, {} acts, {} open, {:?} {:?}",
            forecast.cases, forecast.acts, forecast.open, forecast.stuck, forecast.promises
        );
        assert_eq!(forecast.stuck, Vec::new(), "{name}");
        assert!(forecast.cases > 20, "{name}");
        assert!(forecast.open * 3 < forecast.cases, "{name}: a team with time ends most cases: {forecast:#?}");
        assert!(forecast.promises.iter().all(|figures| !figures.judged || figures.kept > 0), "{name}: {forecast:#?}");
    }
}

#[test]
fn more_hours_do_not_break_more_promises() {
    let policy = example("minio");
    for seed in 1..=4 {
        let rates: Vec<f64> =
            [0.5, 4.0, 30.0].iter().map(|hours| run(&policy, &team(12.0, 3, *hours, 4, seed)).rate()).collect();
        assert!(rates[0] >= rates[1] - 0.02 && rates[1] >= rates[2] - 0.02, "seed {seed}: {rates:?}");
        assert!(rates[0] > rates[2], "seed {seed}: {rates:?}");
    }
}

#[test]
fn an_hour_to_answer_and_no_hours_to_work_break_every_promise() {
    let policy = policy(
        "[[promises]]\nname = \"answer\"\nwhat = \"an answer\"\nkept_by = \"acknowledgement\"\nwithin = \"1 hour\"\n",
    );
    let forecast = run(&policy, &team(20.0, 3, 0.0, 3, 1));
    let answer = &forecast.promises[0];
    assert_eq!((answer.kept, answer.broken), (0, forecast.cases));
    assert_eq!(forecast.rate(), 1.0);
    let (first, at) = forecast.first_broken.clone().unwrap();
    assert_eq!(first, "answer");
    assert_eq!(Some(at), answer.first);
    assert_eq!(forecast.months.iter().map(|month| month.broken).sum::<u32>(), forecast.cases);
}

#[test]
fn the_advice_holds_when_it_is_followed() {
    let policy = policy(
        "[[promises]]\nname = \"answer\"\nwhat = \"an answer\"\nkept_by = \"acknowledgement\"\nwithin = \"30 hours\"\n",
    );
    let short = team(10.0, 1, 2.0, 4, 5);
    let now = run(&policy, &short);
    assert!(now.rate() > 0.01, "{now:#?}");
    let advice = forecast::advise(&policy, &short, &now).unwrap().unwrap();
    let needed = advice.lengths[0].needed.expect("an answer comes at last");
    assert!(needed.amount > 30 && needed.unit == Unit::Hours, "{advice:#?}");
    assert!(advice.rate_with_lengths.unwrap() < 0.01, "{advice:#?}");
    let mut longer = policy.clone();
    longer.promises[0].within = needed;
    assert!(run(&longer, &short).rate() < 0.01);
    if let Some(members) = advice.members {
        assert!(run(&policy, &Assumptions { members, ..short.clone() }).rate() < 0.01);
        assert!(members > 1);
    }
    longer.promises[0].within = Length { amount: 60, unit: Unit::Days };
    let fine = run(&longer, &short);
    assert_eq!(forecast::advise(&longer, &short, &fine).unwrap(), None);
}

#[test]
fn a_gate_that_one_person_cannot_pass_is_told() {
    let policy = policy("[[gates]]\nbefore = \"confirm\"\nneeds = \"another-member\"\n");
    let forecast = run(&policy, &team(10.0, 1, 20.0, 3, 2));
    assert_eq!(forecast.stuck[0].0, "A gate asks for another member, and the team has only one");
}
