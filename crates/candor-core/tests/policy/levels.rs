//! Levels of the program's own, wherever a policy names a severity.

use crate::given::{Story, at, policy};
use candor_core::gates;
use candor_core::planning::proposal;
use candor_core::policy::{Policy, Step, diff, file, render};
use candor_core::promises;
use expect_test::expect;

const SCALE: &str = "[severity]\nlevels = [\"Blocker\", \"Major\", \"Minor\"]\n";

const OWN: &str = r#"
[severity]
levels = ["Blocker", "Major", "Minor"]
always = ["Blocker"]
when_small = ["minor"]

[[severity.decide]]
severities = ["Major"]
efforts = ["large"]
then = "next-update"

[[promises]]
name = "patch"
what = "a patch"
kept_by = "fix"
within = "30 days"
within_by_severity = { Blocker = "2 days", major = "10 days" }
severities = ["Blocker", "Major"]

[[gates]]
before = "close"
needs = "similar-problems-audit"
severities = ["Blocker"]

[[disclosure.schedule]]
name = "merge"
what = "merge the fix"
at = "-2 hours"
severities = ["Major"]
"#;

fn rated(severity: &str) -> Story {
    Story::reported("2026-11-02T09:00Z").rated("2026-11-03T09:00Z", "ada", severity)
}

fn due(policy: &Policy, story: &Story) -> Vec<String> {
    promises::clocks(&story.case(), policy, at("2026-11-03T10:00Z")).iter().map(|clock| clock.due.to_string()).collect()
}

#[test]
fn d7_promises_run_as_long_as_the_programs_own_level_says() {
    let policy = policy(OWN);
    assert_eq!(due(&policy, &rated("critical")), ["2026-11-04T09:00:00Z"]);
    assert_eq!(due(&policy, &rated("high")), ["2026-11-12T09:00:00Z"]);
    assert!(due(&policy, &rated("medium")).is_empty(), "no promise for a Minor one");
    let why = &promises::clocks(&rated("critical").case(), &policy, at("2026-11-03T10:00Z"))[0].why;
    assert!(why.contains(&"2 days from then, because the severity is Blocker".to_owned()), "{why:?}");
}

#[test]
fn d7_gates_and_proposals_go_by_the_programs_own_level() {
    let policy = policy(OWN);
    assert!(gates::pass(&rated("critical").case(), &policy, Step::Close, None).is_err());
    assert!(gates::pass(&rated("high").case(), &policy, Step::Close, None).is_ok());
    let because = |story: &Story| proposal(&story.case(), &policy, at("2026-11-03T10:00Z")).map(|it| it.because);
    assert_eq!(because(&rated("critical")).as_deref(), Some("severity Blocker is addressed whatever the effort"));
    assert_eq!(because(&rated("high")), None, "the effort is not known");
}

#[test]
fn d7_what_is_published_says_the_programs_own_levels() {
    let policy = policy(OWN);
    let text = render::security_md(&policy, None);
    for words in [
        "within 30 days of your report (2 days for Blocker, 10 days for Major); for severity Blocker or Major",
        "Before a case is closed, for severity Blocker: the code was searched for similar problems.",
        "Merge the fix (for severity Major)",
        "Severities are Blocker, Major and Minor",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    for word in ["Critical", "critical", "High"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
    let json = render::json(&policy);
    assert_eq!(json["promises"][0]["severities"], serde_json::json!(["Blocker", "Major"]));
    assert_eq!(json["promises"][0]["within_by_severity"]["Major"], "10 days");
    assert_eq!(json["severity"]["when_small"], serde_json::json!(["Minor"]));
}

#[test]
fn a_change_of_a_level_is_told_by_its_own_name() {
    let newer = policy(&OWN.replace("major = \"10 days\"", "major = \"7 days\""));
    let changes: Vec<String> = diff::changes(&policy(OWN), &newer).iter().map(ToString::to_string).collect();
    assert_eq!(changes, ["promise patch, within by severity, Major was 10 days, is 7 days"]);
}

#[test]
fn a_stored_policy_with_the_standard_names_still_reads() {
    let text = "contacts = [{ role = \"a\", email = \"a@example.org\" }]\n[program]\nslug = \"sample\"\nname = \"Sample\"\n\
                [severity]\nlevels = [\"Blocker\", \"Major\"]\nalways = [\"critical\", \"high\"]\n";
    let again = file::read_again(text).unwrap();
    assert_eq!(again, file::read(text).unwrap());
    assert_eq!(again.severity.name(again.severity.always[1]), "Major");
}

#[test]
fn a_level_that_is_none_is_told_with_line_and_column() {
    let told = |rest: &str| {
        let head = "[program]\nslug = \"sample\"\nname = \"Sample\"\n\n[[contacts]]\nrole = \"lead\"\nemail = \"one@example.org\"\n\n";
        let found = file::read(&format!("{head}{SCALE}{rest}")).err().unwrap_or_default();
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    expect!["11:11: severity.always[0]: `Majro` is not known here; did you mean `Major`?"]
        .assert_eq(&told("always = [\"Majro\"]\n"));
    expect!["11:11: severity.always[0]: the policy has no level `low`; it has Blocker, Major, Minor"]
        .assert_eq(&told("always = [\"low\"]\n"));
    let promise = "[[promises]]\nname = \"patch\"\nwhat = \"a patch\"\nkept_by = \"fix\"\nwithin = \"30 days\"\n";
    expect!["16:33: promises[0].within_by_severity.Bloker: `Bloker` is no severity; did you mean `Blocker`?"]
        .assert_eq(&told(&format!("{promise}within_by_severity = {{ Bloker = \"2 days\" }}\n")));
    expect!["16:30: promises[0].within_by_severity.low: the policy has no level `low`; it has Blocker, Major, Minor"]
        .assert_eq(&told(&format!("{promise}within_by_severity = {{ low = \"2 days\" }}\n")));
    expect![
        "16:32: promises[0].within_by_severity.high: the promise does not run for Major; add it to `severities`, or leave it out"
    ]
    .assert_eq(&told(&format!("{promise}within_by_severity = {{ Major = \"2 days\" }}\nseverities = [\"Blocker\"]\n")));
}
