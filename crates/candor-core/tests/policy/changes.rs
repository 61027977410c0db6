//! What changed between two versions of a policy, in words.

use crate::given::{Story, at, policy};
use candor_core::access::{self, Actor, Role};
use candor_core::command::Command;
use candor_core::decide::{self, Facts};
use candor_core::event::{Event, MovedDate};
use candor_core::policy::{Policy, diff};
use candor_core::refusal::Refusal;
use expect_test::{Expect, expect};

#[track_caller]
fn check(old: &str, new: &str, expected: Expect) {
    let told: String = diff::changes(&policy(old), &policy(new)).iter().map(|change| format!("{change}\n")).collect();
    expected.assert_eq(&told);
}

const ACKNOWLEDGE: &str =
    "[[promises]]\nname = \"acknowledgement\"\nwhat = \"an answer\"\nkept_by = \"acknowledgement\"\n";

#[test]
fn a_length_was_and_is() {
    check(
        &format!("{ACKNOWLEDGE}within = \"48 hours\"\n"),
        &format!("{ACKNOWLEDGE}within = \"3 working days\"\nkind = \"target\"\n"),
        expect![[r#"
            promise acknowledgement was 48 hours, is 3 working days
            promise acknowledgement was a commitment, is a target
        "#]],
    );
}

#[test]
fn nothing_changed_says_nothing() {
    check("", "", expect![""]);
}

#[test]
fn what_comes_and_goes_is_named() {
    check(
        &format!(
            "{ACKNOWLEDGE}within = \"48 hours\"\n[[promises.escalate]]\nto = \"primary\"\nbefore = \"12 hours\"\n[versions]\nrule = \"list\"\n[[versions.supported]]\nbranch = \"4.x\"\nuntil = \"2027-04-30\"\n"
        ),
        "[[promises]]\nname = \"fix\"\nwhat = \"a fix\"\nkept_by = \"fix\"\nwithin = \"30 days\"\n[versions]\nrule = \"list\"\n[[versions.supported]]\nbranch = \"4.x\"\nuntil = \"2027-10-31\"\n[[versions.supported]]\nbranch = \"5.x\"\n[[gates]]\nbefore = \"publish\"\nneeds = \"severity\"\n[disclosure]\nembargo = \"90 days\"\nconditions = [\"I wait.\"]\n",
        expect![[r#"
            promise fix is new: within 30 days, a commitment
            promise acknowledgement is gone: within 48 hours, a commitment
            gate severity before publish is new
            disclosure, conditions now has I wait.
            disclosure, embargo was nothing, is 90 days
            end of support of 4.x was 2027-04-30, is 2027-10-31
            supported version 5.x is new
        "#]],
    );
}

fn promise(within: &str) -> Policy {
    policy(&format!("{ACKNOWLEDGE}within = \"{within}\"\n"))
}

/// Asks for a move, as a coordinator or as somebody else.
fn moved(
    story: &Story,
    old: &Policy,
    new: Option<Policy>,
    version: u32,
    role: Role,
) -> Result<Vec<Event>, Option<Refusal>> {
    let actor = Actor::Member { id: "ada".into(), roles: vec![("sample".into(), role)] };
    let case = story.case();
    let command = Command::MovePolicy { version, reason: "The team is larger now.".into() };
    let allowed = access::allow(Some(&case), old, &actor, command, at("2026-11-21T16:00Z")).map_err(|_| None)?;
    let facts = Facts {
        now: "2026-11-21T16:00Z".parse().unwrap(),
        policy_version: 1,
        advisory_id: String::new(),
        may_hold: true,
        moving_to: new.map(std::sync::Arc::new),
        base_url: "https://example.org/sample".into(),
        ..Facts::default()
    };
    decide::decide(&case, &allowed, old, &facts).map_err(Some)
}

#[test]
fn a_case_moves_to_a_newer_version_by_a_coordinator_with_what_changes_in_words() {
    let (old, new) = (promise("72 hours"), promise("48 hours"));
    let story = Story::reported("2026-11-20T16:00Z");
    let events = moved(&story, &old, Some(new), 2, Role::Coordinator).unwrap();
    let expected = Event::PolicyMoved {
        from: 1,
        to: 2,
        reason: "The team is larger now.".into(),
        changes: vec!["promise acknowledgement was 72 hours, is 48 hours".into()],
    };
    assert_eq!(events[0], expected);
    let date = MovedDate {
        promise: "acknowledgement".into(),
        cycle: 0,
        was: "2026-11-23T16:00:00Z".parse().unwrap(),
        is: "2026-11-22T16:00:00Z".parse().unwrap(),
    };
    assert_eq!(events[1..], [Event::DatesMoved { dates: vec![date] }], "and which dates it moves");
    assert!(moved(&story, &old, Some(promise("48 hours")), 1, Role::Coordinator).is_err(), "only to a newer one");
    assert!(moved(&story, &old, None, 7, Role::Coordinator).is_err(), "only to one that is in service");
    assert_eq!(moved(&story, &old, Some(promise("48 hours")), 2, Role::Member), Err(None), "a coordinator's act");
}

fn after_the_move(story: Story, at: &str) -> Story {
    let event = Event::PolicyMoved { from: 1, to: 2, reason: "The team is larger now.".into(), changes: Vec::new() };
    story.then(at, "ada", event)
}

#[test]
fn clocks_follow_the_newer_version_and_nothing_falls_due_before_the_move() {
    let story = Story::reported("2026-11-20T16:00Z");
    let (longer, shorter) = (promise("5 days"), promise("24 hours"));
    let moved = after_the_move(story, "2026-11-22T09:00Z");
    expect!["acknowledgement 0: running due 2026-11-25T16:00:00Z\n"]
        .assert_eq(&moved.clocks(&longer, "2026-11-22T10:00Z"));
    expect!["acknowledgement 0: overdue due 2026-11-22T09:00:00Z\n"]
        .assert_eq(&moved.clocks(&shorter, "2026-11-22T10:00Z"));
    let why = &candor_core::promises::clocks(&moved.case(), &shorter, "2026-11-22T10:00Z".parse().unwrap())[0].why;
    expect![[r#"
        under version 2 of the policy since Sun 22 Nov 2026, 09:00 UTC
        Received Fri 20 Nov 2026, 16:00 UTC
        24 hours from then
        counted so, it was due Sat 21 Nov 2026, 16:00 UTC; nothing falls due before the move
        due Sun 22 Nov 2026, 09:00 UTC"#]]
    .assert_eq(&why.join("\n"));
}

#[test]
fn what_was_kept_or_broken_before_the_move_stays_so() {
    let (old, shorter) = (promise("48 hours"), promise("24 hours"));
    let kept = Story::reported("2026-11-20T16:00Z").acknowledged("2026-11-22T10:00Z", "ada");
    let kept = after_the_move(kept, "2026-11-23T09:00Z");
    expect!["acknowledgement 0: kept due 2026-11-23T09:00:00Z\n"]
        .assert_eq(&kept.clocks(&shorter, "2026-11-24T10:00Z"));
    assert_eq!(kept.due(&shorter, "2026-11-24T10:00Z"), "", "no breach comes of it");
    let broken = Story::reported("2026-11-20T16:00Z").ticked("2026-11-22T16:00Z", &old);
    let broken = after_the_move(broken.acknowledged("2026-11-22T17:00Z", "ada"), "2026-11-23T09:00Z");
    expect!["acknowledgement 0: kept late due 2026-11-22T16:00:00Z\n"]
        .assert_eq(&broken.clocks(&promise("5 days"), "2026-11-24T10:00Z"));
}
