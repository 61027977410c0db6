//! The schedule of a publication: which steps are due when, and what a clock puts on record.

use crate::given::{Story, apply, at, policy};
use candor_core::case::{Author, Case};
use candor_core::event::Event;
use candor_core::policy::{Offset, Policy};
use candor_core::schedule::{StepStatus, plan, views, wake_at};

const RULES: &str = r#"
[[disclosure.recipients]]
name = "distributors"
addresses = ["distros@example.org"]
lead_limit = "14 days"

[[disclosure.schedule]]
name = "tell"
what = "tell the distributors"
at = "-7 days"
done_by = "candor"
tell = "distributors"
severities = ["high", "critical"]

[[disclosure.schedule]]
name = "merge"
what = "merge the fix"
at = "-2 hours"
who = "secondary"
escalate = [{ to = "primary", after = "1 hour" }]

[[disclosure.schedule]]
name = "blog"
what = "write on the blog"
at = "+1 day"
"#;

fn confirmed(agreed: bool) -> Story {
    let mut story = Story::reported("2026-03-02T09:00Z");
    let ines = || Author::Member("ines".into());
    story.push("2026-03-03T09:00Z", ines(), Event::Confirmed { text: "It is so.".into() });
    let until = at("2026-04-01T12:00Z");
    story.push("2026-03-03T10:00Z", ines(), Event::EmbargoProposed { until, text: String::new() });
    if agreed {
        story.push("2026-03-04T10:00Z", Author::Reporter(0), Event::EmbargoAgreed { until });
    }
    story
}

fn rated(mut story: Story, severity: candor_formats::cvss::Severity) -> Story {
    story.push(
        "2026-03-05T09:00Z",
        Author::Member("ines".into()),
        Event::Rated { vectors: Vec::new(), severity, why: String::new() },
    );
    story
}

/// Each step: name, when, how it stands.
fn shown(case: &Case, policy: &Policy, now: &str) -> Vec<String> {
    views(case, policy, at(now))
        .into_iter()
        .map(|view| {
            let status = match view.status {
                StepStatus::NoDate => "no date",
                StepStatus::Ahead => "ahead",
                StepStatus::Late => "late",
                StepStatus::Missed => "missed",
                StepStatus::Done { .. } => "done",
            };
            format!("{} {} {status}", view.step.name, view.due.map_or("-".into(), |due| due.to_string()))
        })
        .collect()
}

#[test]
fn a_proposed_date_shows_the_steps_and_moves_nothing() {
    let policy = policy(RULES);
    let case = rated(confirmed(false), candor_formats::cvss::Severity::High).case();
    assert!(!plan(&case).unwrap().is_firm);
    assert_eq!(wake_at(&case, &policy), None);
    assert_eq!(
        shown(&case, &policy, "2026-04-01T00:00Z"),
        [
            "tell 2026-03-25T12:00:00Z no date",
            "merge 2026-04-01T10:00:00Z no date",
            "blog 2026-04-02T12:00:00Z no date"
        ]
    );
}

#[test]
fn steps_for_high_severities_leave_low_ones_alone() {
    let policy = policy(RULES);
    let low = rated(confirmed(true), candor_formats::cvss::Severity::Low).case();
    assert_eq!(
        shown(&low, &policy, "2026-04-01T11:00Z"),
        ["merge 2026-04-01T10:00:00Z late", "blog 2026-04-02T12:00:00Z ahead"]
    );
    assert_eq!(wake_at(&low, &policy), Some(at("2026-04-01T10:00Z")));
}

#[test]
fn each_bell_rings_once_and_a_ticked_step_rings_no_more() {
    let policy = policy(RULES);
    let mut case = rated(confirmed(true), candor_formats::cvss::Severity::High).case();
    let mut rang = Vec::new();
    while let Some(now) = wake_at(&case, &policy).filter(|now| *now < at("2026-05-01T00:00Z")) {
        let events = due(&case, &policy, now);
        assert!(!events.is_empty(), "a clock that wakes has something to do");
        rang.extend(events.iter().map(|event| format!("{now} {}", crate::given::line(event).trim())));
        apply(&mut case, now, &Author::Clock, events);
    }
    assert_eq!(
        rang,
        [
            "2026-03-25T12:00:00Z step-done",
            "2026-04-01T10:00:00Z 2026-04-01T10:00:00Z schedule:merge 0 tells secondary",
            "2026-04-01T11:00:00Z 2026-04-01T10:00:00Z schedule:merge 0 tells primary"
                .replace("Z 2026-04-01T10", "Z 2026-04-01T11")
                .as_str(),
        ]
    );
    let mut ticked = rated(confirmed(true), candor_formats::cvss::Severity::Low).case();
    let done = Event::StepTicked { step: "merge".into(), text: "Merged.".into() };
    apply(&mut ticked, at("2026-04-01T09:00Z"), &Author::Member("ines".into()), vec![done]);
    assert_eq!(wake_at(&ticked, &policy), None, "what comes after the publication waits for it");
}

/// What a tick would put on record of the schedule.
fn due(case: &Case, policy: &Policy, now: jiff::Timestamp) -> Vec<Event> {
    use candor_core::access::{Actor, allow};
    use candor_core::command::Command;
    use candor_core::decide::{Facts, decide};
    let allowed = allow(Some(case), policy, &Actor::Clock, Command::Tick, now).unwrap();
    let facts = Facts {
        now,
        policy_version: 1,
        advisory_id: "SAMPLE-2026-1".into(),
        base_url: "https://example.org".into(),
        may_hold: true,
        moving_to: None,
        ..Facts::default()
    };
    decide(case, &allowed, policy, &facts).unwrap()
}

#[test]
fn an_offset_says_on_which_side_it_lies() {
    let words: Vec<String> = ["-7 days", "+1 hour", "0 hours", "- 2 working days"]
        .iter()
        .map(|text| text.parse::<Offset>().map_or_else(|why| why, |offset| format!("{offset}: {}", offset.words())))
        .collect();
    assert_eq!(words[..3], ["-7 days: 7 days before", "+1 hour: 1 hour after", "+0 hours: at the same time"]);
    assert!("7 days".parse::<Offset>().unwrap_err().contains("on which side"));
    assert!("soon".parse::<Offset>().unwrap_err().contains("-7 days"));
}
