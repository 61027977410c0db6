//! Promises over the life of a case.

use crate::given::{Story, apply, at, line, policy};
use candor_core::case::Author;
use candor_core::event::{Event, Outcome};
use candor_core::policy::Policy;
use candor_core::promises::{self, Status};
use expect_test::expect;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;

const FIRST_ANSWER: &str = r#"
[[promises]]
name = "acknowledge"
what = "a first answer by a member of the team"
kept_by = "acknowledgement"
within = "48 hours"
[[promises.escalate]]
to = "primary"
before = "12 hours"
[[promises.escalate]]
to = "secondary"
after = "0 hours"
[[promises.escalate]]
to = "primary"
after = "24 hours"
"#;

const WAITING: &str = r#"
[[promises]]
name = "verdict"
what = "a verdict"
kept_by = "verdict"
within = "5 working days"
waits_for_reporter = true
wait_limit = "10 days"
[[promises.escalate]]
to = "primary"
before = "1 working day"
"#;

const NEWS: &str = r#"
[[promises]]
name = "news"
what = "news"
kept_by = "message"
within = "5 days"
repeats = true
[[promises.escalate]]
to = "primary"
after = "0 hours"
"#;

fn first_answer() -> Policy {
    policy(FIRST_ANSWER)
}

#[test]
fn s2_an_automatic_receipt_does_not_keep_the_first_answer() {
    let policy = first_answer();
    let mut story = Story::reported("2026-11-20T16:00Z");
    story.push("2026-11-20T16:00Z", Author::Candor, Event::Acknowledged { text: "Received".into() });
    expect![[r#"
        acknowledge 0: running due 2026-11-22T16:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-20T17:00Z"));
    let story = story.acknowledged("2026-11-21T09:00Z", "ada");
    expect![[r#"
        acknowledge 0: kept due 2026-11-22T16:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-21T09:00Z"));
}

#[test]
fn s2_what_the_reporter_writes_does_not_keep_the_first_answer() {
    let story = Story::reported("2026-11-20T16:00Z").wrote("2026-11-20T18:00Z");
    expect![[r#"
        acknowledge 0: overdue due 2026-11-22T16:00:00Z
    "#]]
    .assert_eq(&story.clocks(&first_answer(), "2026-11-22T16:00Z"));
}

#[test]
fn d2_a_report_filed_later_counts_from_when_it_came() {
    let story = Story::filed("2026-11-20T16:00Z", "2026-11-21T12:00Z");
    expect![[r#"
        acknowledge 0: running due 2026-11-22T16:00:00Z
    "#]]
    .assert_eq(&story.clocks(&first_answer(), "2026-11-21T12:00Z"));
}

#[test]
fn bells_ring_before_and_after_the_breach_each_once() {
    let policy = first_answer();
    let story = Story::reported("2026-11-20T16:00Z");
    assert_eq!(story.due(&policy, "2026-11-22T03:59Z"), "");
    assert_eq!(promises::wake_at(&story.case(), &policy), Some(at("2026-11-22T04:00Z")));
    expect![[r#"
        2026-11-22T04:00:00Z acknowledge 0 tells primary
    "#]]
    .assert_eq(&story.due(&policy, "2026-11-22T04:00Z"));
    let story = story.ticked("2026-11-22T04:00Z", &policy);
    assert_eq!(story.due(&policy, "2026-11-22T04:00Z"), "");
    assert_eq!(promises::wake_at(&story.case(), &policy), Some(at("2026-11-22T16:00Z")));
    expect![[r#"
        2026-11-22T16:00:00Z acknowledge 0 broken
        2026-11-22T16:00:00Z acknowledge 0 tells secondary
    "#]]
    .assert_eq(&story.due(&policy, "2026-11-22T16:01Z"));
    let story = story.ticked("2026-11-22T16:01Z", &policy).ticked("2026-11-23T16:00Z", &policy);
    assert_eq!(promises::wake_at(&story.case(), &policy), None);
}

#[test]
fn a_late_start_rings_everything_in_order_and_says_so() {
    let story = Story::reported("2026-11-20T16:00Z");
    expect![[r#"
        2026-11-22T04:00:00Z acknowledge 0 tells primary, late
        2026-11-22T16:00:00Z acknowledge 0 broken, late
        2026-11-22T16:00:00Z acknowledge 0 tells secondary, late
        2026-11-23T16:00:00Z acknowledge 0 tells primary
    "#]]
    .assert_eq(&story.due(&first_answer(), "2026-11-23T16:05Z"));
}

#[test]
fn a_kept_promise_rings_no_later_bell() {
    let policy = first_answer();
    let story = Story::reported("2026-11-20T16:00Z").acknowledged("2026-11-21T09:00Z", "ada");
    assert_eq!(story.due(&policy, "2026-12-24T00:00Z"), "");
    assert_eq!(promises::wake_at(&story.case(), &policy), None);
}

#[test]
fn a_promise_kept_late_is_on_record_as_broken_even_when_nobody_looked() {
    let story = Story::reported("2026-11-20T16:00Z").acknowledged("2026-11-22T16:01Z", "ada");
    expect![[r#"
        acknowledge 0: kept late due 2026-11-22T16:00:00Z
    "#]]
    .assert_eq(&story.clocks(&first_answer(), "2026-11-22T16:01Z"));
    expect![[r#"
        2026-11-22T16:00:00Z acknowledge 0 broken
    "#]]
    .assert_eq(&story.due(&first_answer(), "2026-11-22T16:02Z"));
}

#[test]
fn a_promise_kept_on_the_instant_is_kept() {
    let story = Story::reported("2026-11-20T16:00Z").acknowledged("2026-11-22T16:00Z", "ada");
    assert_eq!(story.due(&first_answer(), "2026-12-22T16:02Z"), "");
}

#[test]
fn i4_a_clock_that_waits_for_the_reporter_stands_still() {
    let policy = policy(WAITING);
    let story = Story::reported("2026-11-16T09:00Z").asked("2026-11-18T09:00Z", "ada");
    let clocks = promises::clocks(&story.case(), &policy, at("2026-11-20T09:00Z"));
    assert_eq!(clocks[0].status, Status::Paused { since: at("2026-11-18T09:00Z") });
    assert_eq!(clocks[0].due, at("2026-11-25T09:00Z"));
    expect![[r#"
        Received Mon 16 Nov 2026, 09:00 UTC
        5 working days from then
        Sat 21 and Sun 22 Nov are no working days
        paused 2 days while the team waited for the reporter
        standing still since Wed 18 Nov 2026, 09:00 UTC
        due Wed 25 Nov 2026, 09:00 UTC, were it to run on now"#]]
    .assert_eq(&clocks[0].why.join("\n"));
    let story = story.wrote("2026-11-20T09:00Z");
    expect![[r#"
        verdict 0: running due 2026-11-25T09:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-20T10:00Z"));
    expect![[r#"
        2026-11-24T09:00:00Z verdict 0 tells primary
    "#]]
    .assert_eq(&story.due(&policy, "2026-11-24T09:00Z"));
}

#[test]
fn a_wait_ends_at_its_limit_and_the_clock_runs_on() {
    let policy = policy(WAITING);
    let story = Story::reported("2026-11-16T09:00Z").asked("2026-11-18T09:00Z", "ada");
    assert_eq!(promises::wake_at(&story.case(), &policy), Some(at("2026-11-28T09:00Z")));
    assert_eq!(story.due(&policy, "2026-11-28T08:59Z"), "");
    assert_eq!(story.due(&policy, "2026-11-28T09:00Z"), "wait-ended\n");
    // Two of five working days had passed; Saturday 28 November counts as Monday, and three more end on Thursday.
    let story = story.ticked("2026-11-28T09:00Z", &policy);
    expect![[r#"
        verdict 0: running due 2026-12-03T00:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-28T09:00Z"));
    assert_eq!(promises::wake_at(&story.case(), &policy), Some(at("2026-12-02T00:00Z")));
    // A tick that comes late finds the same dates.
    let late = Story::reported("2026-11-16T09:00Z").asked("2026-11-18T09:00Z", "ada");
    expect![[r#"
        wait-ended
        2026-12-02T00:00:00Z verdict 0 tells primary, late
        2026-12-03T00:00:00Z verdict 0 broken, late
    "#]]
    .assert_eq(&late.due(&policy, "2026-12-10T00:00Z"));
    let late = late.ticked("2026-12-10T00:00Z", &policy);
    assert_eq!(promises::wake_at(&late.case(), &policy), None);
}

#[test]
fn a_bell_that_was_due_before_the_wait_is_not_lost() {
    let policy = policy(WAITING);
    // The bell is due on Friday 09:00, the question goes out on Friday 12:00, and the clock looks on Sunday.
    let story = Story::reported("2026-11-16T09:00Z").asked("2026-11-20T12:00Z", "ada");
    expect![[r#"
        2026-11-20T09:00:00Z verdict 0 tells primary, late
    "#]]
    .assert_eq(&story.due(&policy, "2026-11-22T12:00Z"));
}

#[test]
fn m4_news_every_five_days_starts_anew_with_each_word() {
    let policy = policy(NEWS);
    let story = Story::reported("2026-11-02T09:00Z").acknowledged("2026-11-03T09:00Z", "ada");
    let story = story.answered("2026-11-06T10:00Z", "bob");
    expect![[r#"
        news 0: kept due 2026-11-07T09:00:00Z
        news 1: kept due 2026-11-08T09:00:00Z
        news 2: running due 2026-11-11T10:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-06T12:00Z"));
    expect![[r#"
        2026-11-11T10:00:00Z news 2 broken
        2026-11-11T10:00:00Z news 2 tells primary
    "#]]
    .assert_eq(&story.due(&policy, "2026-11-11T10:00Z"));
    let story = story.ticked("2026-11-11T10:00Z", &policy).answered("2026-11-12T10:00Z", "ada");
    assert_eq!(promises::wake_at(&story.case(), &policy), Some(at("2026-11-17T10:00Z")));
}

#[test]
fn a_repeating_promise_ends_with_the_case() {
    let policy = policy(NEWS);
    let story = Story::reported("2026-11-02T09:00Z").rejected("2026-11-03T09:00Z", "ada");
    expect![[r#"
        news 0: kept due 2026-11-07T09:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-12-06T12:00Z"));
    assert_eq!(promises::wake_at(&story.case(), &policy), None);
}

#[test]
fn p9_two_different_members_keep_it_and_one_alone_does_not() {
    let policy = policy(
        r#"
[[promises]]
name = "discuss"
what = "two maintainers discuss the next steps"
starts = "confirmation"
kept_by = "discussion"
members = 2
within = "24 hours"
"#,
    );
    let story = Story::reported("2026-11-20T16:00Z");
    assert_eq!(story.clocks(&policy, "2026-11-20T17:00Z"), "", "it starts with the confirmation");
    let story = story.confirmed("2026-11-23T10:00Z", "ada");
    let story = story.discussed("2026-11-23T11:00Z", "ada").discussed("2026-11-23T12:00Z", "ada");
    expect![[r#"
        discuss 0: running due 2026-11-24T10:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-23T13:00Z"));
    let story = story.discussed("2026-11-24T09:00Z", "bob");
    expect![[r#"
        discuss 0: kept due 2026-11-24T10:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-24T13:00Z"));
    // What was discussed before the confirmation still stands.
    let early = Story::reported("2026-11-20T16:00Z")
        .discussed("2026-11-21T09:00Z", "ada")
        .discussed("2026-11-21T09:00Z", "bob")
        .confirmed("2026-11-23T10:00Z", "ada");
    assert_eq!(early.due(&policy, "2026-12-01T00:00Z"), "");
}

#[test]
fn s3_a_promise_for_serious_problems_waits_for_the_rating() {
    let policy = policy(
        r#"
[[promises]]
name = "patch"
what = "a patch"
kept_by = "fix"
within = "7 days"
kind = "target"
severities = ["high", "critical"]
"#,
    );
    use candor_formats::cvss::Severity;
    let rated = |severity| Event::Rated { vectors: Vec::new(), severity, why: String::new() };
    let story = Story::reported("2026-11-20T16:00Z");
    assert_eq!(story.clocks(&policy, "2026-11-20T17:00Z"), "");
    let story = story.then("2026-11-21T09:00Z", "ada", rated(Severity::Low));
    assert_eq!(story.clocks(&policy, "2026-11-21T17:00Z"), "");
    let story = story.then("2026-11-22T09:00Z", "ada", rated(Severity::High));
    expect![[r#"
        patch 0: running due 2026-11-27T16:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-22T17:00Z"));
}

const RESOLVE: &str = r#"
[[promises]]
name = "resolve"
what = "everything done"
kept_by = "resolution"
within = "30 days"
"#;

#[test]
fn p11_thirty_days_over_the_whole_case() {
    let policy = policy(RESOLVE);
    let story = Story::reported("2026-11-20T16:00Z");
    expect![[r#"
        resolve 0: running due 2026-12-20T16:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-22T17:00Z"));
    let story = story.rejected("2026-11-25T16:00Z", "ada");
    expect![[r#"
        resolve 0: kept due 2026-12-20T16:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-12-22T17:00Z"));
}

#[test]
fn a_case_taken_up_again_is_not_blamed_for_the_time_it_was_closed() {
    let policy = policy(RESOLVE);
    let story =
        Story::reported("2026-11-01T00:00Z").rejected("2026-11-05T00:00Z", "ada").reopened("2026-12-05T00:00Z", "bob");
    expect![[r#"
        resolve 0: running due 2026-12-31T00:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-12-06T00:00Z"));
}

#[test]
fn a_report_taken_back_ends_its_clocks() {
    let policy = policy(&format!("{RESOLVE}{FIRST_ANSWER}"));
    let mut story = Story::reported("2026-11-01T00:00Z");
    story.push("2026-11-01T12:00Z", Author::Reporter(0), Event::Withdrawn { report: 0, text: String::new() });
    expect![[r#"
        acknowledge 0: ended due 2026-11-03T00:00:00Z
        resolve 0: ended due 2026-12-01T00:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2027-01-01T00:00Z"));
    assert_eq!(story.due(&policy, "2027-01-01T00:00Z"), "");
    assert_eq!(story.case().outcome, Some(Outcome::Withdrawn));
}

#[test]
fn a_standing_order_with_a_date_wakes_the_case() {
    let story = Story::reported("2026-11-01T00:00Z").then(
        "2026-11-02T00:00Z",
        "ada",
        Event::PublicationOrdered { at: Some(at("2027-01-15T12:00Z")) },
    );
    assert_eq!(promises::wake_at(&story.case(), &policy("")), Some(at("2027-01-15T12:00Z")));
}

#[test]
fn the_form_shows_the_dates_that_a_report_would_start() {
    let policy = policy(&format!("{RESOLVE}{FIRST_ANSWER}"));
    let forecast = promises::forecast(&policy, at("2026-11-20T16:00Z"));
    let dates: Vec<_> = forecast.iter().map(|(promise, due)| format!("{} {due}", promise.name)).collect();
    assert_eq!(dates, ["acknowledge 2026-11-22T16:00:00Z", "resolve 2026-12-20T16:00:00Z"]);
}

/// Drives a case through acts at given instants, with ticks in between, and returns what the clocks put on record.
fn drive(policy: &Policy, acts: &[(i64, u8)], ticks: &[i64]) -> (Vec<String>, Vec<Timestamp>) {
    let start = at("2026-10-20T09:00Z");
    let instant = |minutes: i64| start + SignedDuration::from_mins(minutes);
    let mut case = Story::reported("2026-10-20T09:00Z").case();
    let mut steps: BTreeMap<i64, Vec<Option<u8>>> = BTreeMap::new();
    for (minute, act) in acts {
        steps.entry(*minute).or_default().push(Some(*act));
    }
    for minute in ticks {
        steps.entry(*minute).or_default().push(None);
    }
    let (mut said, mut times) = (Vec::new(), Vec::new());
    let mut tick = |case: &mut candor_core::case::Case, now: Timestamp| {
        let events = promises::due(case, policy, now);
        for event in &events {
            said.push(line(event).trim_end().trim_end_matches(", late").to_owned());
            if let Event::BellRung { due, .. } | Event::PromiseBroken { due, .. } = event {
                assert!(*due <= now);
                times.push(*due);
            }
        }
        apply(case, now, &Author::Clock, events);
        assert!(promises::due(case, policy, now).is_empty(), "a tick leaves nothing due");
        assert!(promises::wake_at(case, policy).is_none_or(|at| at > now), "a tick never asks for itself again");
    };
    for (minute, acts) in steps {
        let now = instant(minute);
        for act in acts {
            match act {
                None => tick(&mut case, now),
                Some(0) => {
                    // The clock has looked before a member asks again, so that a wait past its limit is over.
                    tick(&mut case, now);
                    let asked = Event::Asked { text: "?".into(), files: Vec::new() };
                    apply(&mut case, now, &Author::Member("ada".into()), vec![asked]);
                }
                Some(_) => apply(
                    &mut case,
                    now,
                    &Author::Reporter(0),
                    vec![Event::ReporterWrote { report: 0, text: "!".into(), files: Vec::new() }],
                ),
            }
        }
    }
    tick(&mut case, instant(10_000_000));
    (said, times)
}

proptest! {
    #[test]
    fn each_bell_rings_once_for_each_date_whatever_the_ticks(
        acts in proptest::collection::vec((0i64..40_000, 0u8..2), 0..8),
        ticks in proptest::collection::vec(0i64..60_000, 0..12),
    ) {
        let waiting = policy(&format!("{WAITING}[[promises.escalate]]\nto = \"secondary\"\nafter = \"2 days\"\n"));
        let (mut said, _) = drive(&waiting, &acts, &ticks);
        said.retain(|line| line != "wait-ended");
        let (mut seldom, times) = drive(&waiting, &acts, &[]);
        seldom.retain(|line| line != "wait-ended");
        // One promise, never kept: its breach and the bell after it once; the bell before it for each date that it had
        // when somebody looked, and for the last one in any case.
        prop_assert_eq!(seldom.iter().filter(|line| line.contains("broken")).count(), 1, "{:?}", seldom);
        for line in &seldom {
            prop_assert_eq!(said.iter().filter(|other| *other == line).count(), 1, "{:?} of {:?}", line, said);
        }
        let more: Vec<&String> = said.iter().filter(|line| !seldom.contains(line)).collect();
        prop_assert!(more.iter().all(|line| line.contains("tells primary")), "{:?}", more);
        prop_assert!(times.is_sorted());
    }
}
