//! The five published policies and Candor's own, as files.

#![allow(clippy::disallowed_methods)] // A test reads its files; the crate does not.

use crate::given::Story;
use candor_core::event::{Event, ReportFacts};
use candor_core::policy::{
    CreditDefault, CreditField, Policy, PublishOn, ReportField, Step, VersionRule, file, fragments, render,
};
use candor_core::{gates, intake};
use candor_formats::cvss::Severity;
use expect_test::{Expect, expect};
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

fn example(name: &str) -> Policy {
    read(&format!("examples/policies/{name}.toml"))
}

fn read(name: &str) -> Policy {
    file::read(&text(name)).unwrap_or_else(|findings| {
        let lines: Vec<_> = findings.iter().map(|finding| format!("{name}:{finding}")).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn every_example_is_read_without_a_finding() {
    for name in ["directus", "strapi", "dapr", "ibexa", "minio"] {
        assert_eq!(example(name).program.slug.as_str(), name);
    }
    assert_eq!(read("policy.toml").program.name, "Candor");
    // And none of them sends letters round in circles.
    for name in ["directus", "strapi", "dapr", "ibexa", "minio", "curl", "nodejs", "django"] {
        let text = text(&format!("examples/policies/{name}.toml"));
        assert_eq!(file::warnings(&text, &fragments::nowhere), Vec::new(), "{name}");
    }
}

#[test]
fn security_md_is_what_the_policy_renders() {
    let rendered = render::security_md(&read("policy.toml"), None);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path("SECURITY.md"), &rendered).unwrap();
    }
    assert_eq!(text("SECURITY.md"), rendered, "run the tests with UPDATE=1 to print it anew");
}

/// A story's clocks under an example.
#[track_caller]
fn check(name: &str, story: &Story, now: &str, expected: Expect) {
    expected.assert_eq(&story.clocks(&example(name), now));
}

fn rendered(name: &str) -> String {
    render::security_md(&example(name), Some("https://security.example.org"))
}

#[test]
fn d1_d2_the_form_and_the_address_are_named() {
    let text = rendered("directus");
    assert!(text.contains("(https://security.example.org/directus/report)"));
    assert!(text.contains("(mailto:security@directus.io)"));
}

#[test]
fn d4_the_conditions_of_credit_are_shown() {
    assert!(rendered("directus").contains("- I publish nothing about the vulnerability before its fix is released."));
    assert_eq!(example("directus").disclosure.conditions.len(), 2);
}

#[test]
fn d5_i9_more_on_security_is_linked_wherever_the_policy_is() {
    assert!(rendered("directus").contains("(https://directus.io/security)"));
    assert!(rendered("ibexa").contains("(https://www.ibexa.co/about-ibexa/security)"));
}

#[test]
fn d7_high_and_critical_are_always_addressed_and_run_on_a_clock() {
    let policy = example("directus");
    assert_eq!(policy.severity.always, [Severity::High, Severity::Critical]);
    assert_eq!(policy.severity.when_small, [Severity::Medium, Severity::Low]);
    let rated = |severity| Event::Rated { vectors: Vec::new(), severity, why: String::new() };
    let story = Story::reported("2026-11-20T21:00Z").acknowledged("2026-11-20T21:30Z", "ada");
    let story = story.confirmed("2026-11-23T15:00Z", "ada");
    let low = story.clone().then("2026-11-23T15:00Z", "ada", rated(Severity::Low));
    check(
        "directus",
        &low,
        "2026-11-24T00:00Z",
        expect![[r#"
        answer 0: kept due 2026-11-25T21:00:00Z
    "#]],
    );
    let high = story.then("2026-11-23T15:00Z", "ada", rated(Severity::High));
    check(
        "directus",
        &high,
        "2026-11-24T00:00Z",
        expect![[r#"
        answer 0: kept due 2026-11-25T21:00:00Z
        fix-first 0: running due 2026-12-07T15:00:00Z
    "#]],
    );
}

#[test]
fn directus_counts_three_working_days_in_new_york_over_thanksgiving() {
    // Tuesday 24 November 2026, 16:00 in New York. Wednesday; Thursday is Thanksgiving; Friday; then Monday.
    let story = Story::reported("2026-11-24T21:00Z");
    check(
        "directus",
        &story,
        "2026-11-24T22:00Z",
        expect![[r#"
        answer 0: running due 2026-11-30T21:00:00Z
    "#]],
    );
}

#[test]
fn directus_keeps_the_time_of_day_when_new_york_changes_its_clocks() {
    // Friday 12 March 2027, 16:00 in New York is 21:00 UTC; clocks go forward on Sunday; Wednesday 16:00 is 20:00 UTC.
    let story = Story::reported("2027-03-12T21:00Z");
    check(
        "directus",
        &story,
        "2027-03-12T22:00Z",
        expect![[r#"
        answer 0: running due 2027-03-17T20:00:00Z
    "#]],
    );
}

#[test]
fn s2_s3_seven_days_for_a_person_and_a_target_for_the_patch() {
    // Seven days from Thursday 22 October 2026, 12:00 in Paris: summer time ends in between, so that 12:00 is 11:00 UTC.
    let story = Story::reported("2026-10-22T10:00Z").then(
        "2026-10-23T08:00Z",
        "ada",
        Event::Rated { vectors: Vec::new(), severity: Severity::Critical, why: String::new() },
    );
    check(
        "strapi",
        &story,
        "2026-10-23T09:00Z",
        expect![[r#"
        answer 0: running due 2026-10-29T11:00:00Z
        patch 0: running due 2026-10-29T11:00:00Z
    "#]],
    );
    assert!(rendered("strapi").contains("| We aim at it |"));
}

#[test]
fn s7_strapi_says_that_it_is_no_sla() {
    assert!(rendered("strapi").contains("This is not a service level agreement."));
}

#[test]
fn p1_p2_what_is_not_covered_says_where_to_go() {
    let policy = example("dapr");
    let clauses: Vec<_> = policy.scope.out.iter().map(|out| out.clause.as_str()).collect();
    assert_eq!(clauses, ["applications", "not-security", "not-fixable-here"]);
    assert!(policy.scope.out.iter().all(|out| out.instead.is_some()));
}

#[test]
fn p4_scanner_output_alone_is_no_report() {
    assert!(rendered("dapr").contains("The output of a scanner alone is no report"));
}

#[test]
fn p6_the_list_of_those_who_read_reports_is_linked() {
    assert!(rendered("dapr").contains("(https://github.com/dapr/community/blob/master/MAINTAINERS.md)"));
}

#[test]
fn p8_p11_dapr_answers_in_three_working_days_and_is_done_in_thirty() {
    // Tuesday 22 December 2026: Wednesday, Thursday; Friday is Christmas Day, Saturday and Sunday are free; Monday.
    let story = Story::reported("2026-12-22T10:00Z");
    check(
        "dapr",
        &story,
        "2026-12-22T11:00Z",
        expect![[r#"
        answer 0: running due 2026-12-28T10:00:00Z
        resolve 0: running due 2027-01-21T10:00:00Z
    "#]],
    );
}

#[test]
fn p9_p10_a_confirmation_starts_the_talk_of_two_and_the_timeline() {
    let story = Story::reported("2026-11-20T10:00Z").confirmed("2026-11-27T09:00Z", "ada");
    check(
        "dapr",
        &story,
        "2026-11-27T10:00Z",
        expect![[r#"
        answer 0: kept late due 2026-11-25T10:00:00Z
        discuss 0: running due 2026-11-28T09:00:00Z
        timeline 0: running due 2026-12-01T09:00:00Z
        resolve 0: running due 2026-12-20T10:00:00Z
    "#]],
    );
    let missing = gates::missing(&story.case(), &example("dapr"), Step::Approve, Some(&"ada".into())).unwrap();
    assert_eq!(missing.missing[0].because, "At least two maintainers discuss the next steps together.");
}

#[test]
fn i1_every_door_is_named() {
    let text = rendered("ibexa");
    for address in ["https://support.ibexa.co/", "https://issues.ibexa.co/", "mailto:security@ibexa.co"] {
        assert!(text.contains(address), "{address}");
    }
}

#[test]
fn i2_i4_updates_come_again_and_wait_for_the_reporter() {
    // Monday 14 December 2026, 10:00 in Oslo. Ten working days, with 25 and 26 December and 1 January free.
    let story = Story::reported("2026-12-14T08:00Z").acknowledged("2026-12-14T09:00Z", "ada");
    check(
        "ibexa",
        &story,
        "2026-12-15T09:00Z",
        expect![[r#"
        answer 0: kept due 2026-12-16T08:00:00Z
        update 0: running due 2026-12-29T09:00:00Z
        verdict 0: running due 2027-01-06T08:00:00Z
    "#]],
    );
    // A question on Tuesday is the update; from then on the clocks stand still.
    let story = story.asked("2026-12-15T09:00Z", "ada");
    check(
        "ibexa",
        &story,
        "2026-12-17T09:00Z",
        expect![[r#"
        answer 0: kept due 2026-12-16T08:00:00Z
        update 0: kept due 2026-12-29T09:00:00Z
        update 1: paused due 2027-01-04T09:00:00Z
        verdict 0: paused due 2027-01-08T08:00:00Z
    "#]],
    );
}

#[test]
fn i3_the_questions_are_those_of_the_policy() {
    let policy = example("ibexa");
    let asked: Vec<_> = policy.report.asks.iter().map(|ask| ask.field).collect();
    for field in
        [ReportField::Title, ReportField::Steps, ReportField::Expected, ReportField::Actual, ReportField::Impact]
    {
        assert!(asked.contains(&field), "{field:?}");
    }
    assert_eq!(policy.report.questions[0].id, "login-needed");
}

#[test]
fn i6_a_credit_has_four_parts() {
    use CreditField::{About, Link, Name, Organisation};
    assert_eq!(example("ibexa").credit.fields, [Name, Organisation, Link, About]);
}

#[test]
fn m1_only_the_latest_release_is_fixed() {
    let policy = example("minio");
    assert_eq!(policy.versions.rule, VersionRule::Latest);
    assert!(rendered("minio").contains("Security fixes go into the latest release only."));
}

#[test]
fn m2_forty_eight_and_seventy_two_hours_run_over_the_week_end() {
    let story = Story::reported("2026-11-20T16:00Z");
    check(
        "minio",
        &story,
        "2026-11-20T16:00Z",
        expect![[r#"
        acknowledge 0: running due 2026-11-22T16:00:00Z
        next-steps 0: running due 2026-11-23T16:00:00Z
        news 0: running due 2026-11-25T16:00:00Z
    "#]],
    );
}

#[test]
fn m4_escalation_runs_primary_secondary_developers() {
    let story = Story::reported("2026-11-20T16:00Z");
    let bells = story.due(&example("minio"), "2026-11-27T00:00Z");
    let first: Vec<_> = bells.lines().filter(|line| line.contains("acknowledge")).collect();
    assert_eq!(
        first,
        [
            "2026-11-22T04:00:00Z acknowledge 0 tells primary coordinator, late",
            "2026-11-22T16:00:00Z acknowledge 0 broken, late",
            "2026-11-22T16:00:00Z acknowledge 0 tells secondary coordinator, late",
            "2026-11-23T16:00:00Z acknowledge 0 tells developers' list, late",
        ]
    );
    let news: Vec<_> = bells.lines().filter(|line| line.contains("news")).collect();
    assert_eq!(
        news,
        [
            "2026-11-24T16:00:00Z news 0 tells primary coordinator, late",
            "2026-11-25T16:00:00Z news 0 broken, late",
            "2026-11-25T16:00:00Z news 0 tells secondary coordinator, late",
            "2026-11-26T16:00:00Z news 0 tells developers' list, late",
        ]
    );
    let text = rendered("minio");
    let at = |address: &str| text.find(address).unwrap();
    assert!(at("mailto:sid@min.io") < at("mailto:harsha@min.io"));
    assert!(at("mailto:harsha@min.io") < at("mailto:dev@min.io"));
}

#[test]
fn m5_the_gates_of_minio_stand_in_its_file() {
    let policy = example("minio");
    let verified = Story::reported("2026-11-20T16:00Z").verified("2026-11-21T09:00Z", "ada");
    let closed = |step, who: &str| gates::missing(&verified.case(), &policy, step, Some(&who.into())).is_some();
    assert!(closed(Step::Confirm, "ada"), "M5b: another member answers");
    assert!(!closed(Step::Confirm, "bob"));
    assert!(closed(Step::Publish, "bob"), "M5c: the audit is missing");
}

#[test]
fn m5e_m5f_with_the_fix_and_anonymous_by_default() {
    let policy = example("minio");
    assert_eq!(policy.disclosure.publish_on, PublishOn::Fix);
    assert_eq!(policy.credit.default, CreditDefault::Anonymous);
}

#[test]
fn m8_an_identifier_alone_is_a_complete_report() {
    let known = ReportFacts {
        title: "CVE-2026-0001".into(),
        component: "S3 API".into(),
        identifiers: vec!["CVE-2026-0001".into()],
        ..ReportFacts::default()
    };
    assert_eq!(intake::lacking(&known, &example("minio")), Vec::<String>::new());
}
