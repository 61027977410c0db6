//! Three policies of well-known projects beside the five: written in the language as it is, read, printed, and run.

#![allow(clippy::disallowed_methods)] // A test reads its files; the crate does not.

use crate::given::Story;
use candor_core::event::Event;
use candor_core::forecast::{self, Assumptions};
use candor_core::gates;
use candor_core::policy::{Need, Policy, Step, compare, file, render};
use candor_formats::cvss::Severity;
use expect_test::expect;

fn further(name: &str) -> Policy {
    let path = format!("{}/../../examples/policies/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    file::read(&text).unwrap_or_else(|findings| panic!("{name}: {findings:#?}"))
}

const THREE: [&str; 3] = ["curl", "django", "nodejs"];

#[test]
fn each_is_read_printed_and_agrees_with_what_is_printed() {
    for name in THREE {
        let policy = further(name);
        let printed = render::security_md(&policy, Some("https://security.example.org"));
        assert!(printed.contains(&policy.program.name), "{name}");
        assert_eq!(compare::against(&policy, &printed).contradictions, Vec::new(), "{name}");
    }
}

#[test]
fn each_is_worked_through_by_the_forecast() {
    for name in THREE {
        let assumptions = Assumptions { hours_per_week: 20.0, months: 3, ..Assumptions::default() };
        let forecast = forecast::run(&further(name), &assumptions).unwrap();
        assert_eq!(forecast.stuck, Vec::new(), "{name}");
        assert!(forecast.open < forecast.cases, "{name}: {forecast:#?}");
    }
}

#[test]
fn node_js_answers_in_days_and_turns_to_the_foundation_after_a_working_day_more() {
    // Friday; five days later is Wednesday, a working day more is Thursday.
    let story = Story::reported("2026-11-20T16:00Z");
    let policy = further("nodejs");
    expect![[r#"
        acknowledge 0: running due 2026-11-25T16:00:00Z
        next-steps 0: running due 2026-11-30T16:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-20T17:00Z"));
    expect![[r#"
        2026-11-24T16:00:00Z acknowledge 0 tells security team, late
        2026-11-25T16:00:00Z acknowledge 0 broken, late
        2026-11-26T16:00:00Z acknowledge 0 tells OpenJS Foundation CNA
    "#]]
    .assert_eq(&story.due(&policy, "2026-11-26T16:00Z"));
}

#[test]
fn curl_publishes_with_a_named_severity_and_no_score() {
    let policy = further("curl");
    let story = Story::reported("2026-11-20T16:00Z")
        .confirmed("2026-11-21T09:00Z", "ada")
        .then(
            "2026-11-21T10:00Z",
            "ada",
            Event::Rated { vectors: Vec::new(), severity: Severity::Low, why: String::new() },
        )
        .fixed("2026-11-22T09:00Z", "ada", "");
    let missing = gates::missing(&story.case(), &policy, Step::Publish, Some(&"ada".into())).unwrap();
    let needs: Vec<Need> = missing.missing.iter().map(|missing| missing.gate).collect();
    assert_eq!(needs, [Need::Fields], "the severity and the fix are there, weakness and CVE number are not");
}

#[test]
fn django_tells_a_date_and_decides_for_every_series_before_it_publishes() {
    let policy = further("django");
    let story = Story::reported("2026-11-20T16:00Z")
        .confirmed("2026-11-21T09:00Z", "ada")
        .fixed("2026-11-22T09:00Z", "ada", "main")
        .fixed("2026-11-22T09:00Z", "ada", "6.0");
    let missing = gates::missing(&story.case(), &policy, Step::Publish, Some(&"ada".into())).unwrap();
    let needs: Vec<Need> = missing.missing.iter().map(|missing| missing.gate).collect();
    assert_eq!(needs, [Need::DecisionPerVersion, Need::Timeline]);
    assert!(missing.missing[0].what.contains("5.2"), "{missing:?}");
}

#[test]
fn curl_tells_the_distributions_before_the_release_and_rates_by_levels_of_its_own() {
    let policy = further("curl");
    let printed = render::security_md(&policy, None);
    for words in ["7 days before", "48 hours before", "Severities are Critical, High, Medium and Low"] {
        assert!(printed.contains(words), "{words} in {printed}");
    }
    let steps: Vec<_> = policy.disclosure.schedule.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(steps, ["tell-distributions", "merge", "announce"]);
}
