//! Gates: what is missing, and who could mend it.

use crate::given::{Story, policy};
use candor_core::event::{AdvisoryDraft, Event};
use candor_core::gates;
use candor_core::id::MemberId;
use candor_core::policy::{Policy, Step};
use expect_test::{Expect, expect};

fn gate(before: &str, needs: &str) -> Policy {
    policy(&format!("[[gates]]\nbefore = \"{before}\"\nneeds = \"{needs}\"\nbecause = \"The policy says so.\"\n"))
}

fn check(policy: &Policy, story: &Story, step: Step, actor: &str, expected: Expect) {
    let answer = match gates::pass(&story.case(), policy, step, Some(&MemberId::from(actor))) {
        Ok(()) => "passed".to_owned(),
        Err(refusal) => refusal.to_string(),
    };
    expected.assert_eq(&answer);
}

fn story() -> Story {
    Story::reported("2026-11-20T16:00Z")
}

#[test]
fn a_step_without_a_gate_is_open() {
    check(&policy(""), &story(), Step::Publish, "ada", expect!["passed"]);
    check(&gate("publish", "severity"), &story(), Step::Confirm, "ada", expect!["passed"]);
}

#[test]
fn m5a_nothing_is_confirmed_before_somebody_verified_it() {
    let policy = gate("confirm", "verification");
    check(
        &policy,
        &story(),
        Step::Confirm,
        "ada",
        expect![
            "The policy does not let you confirm yet: Nobody has recorded a verification. Any member of the team can try it and record what they found."
        ],
    );
    check(&policy, &story().verified("2026-11-21T09:00Z", "ada"), Step::Confirm, "ada", expect!["passed"]);
}

#[test]
fn m5b_another_member_confirms_than_the_one_who_verified() {
    let policy = gate("confirm", "another-member");
    let verified = story().verified("2026-11-21T09:00Z", "ada");
    check(
        &policy,
        &verified,
        Step::Confirm,
        "ada",
        expect![
            "The policy does not let you confirm yet: Another member than the one who verified has to confirm. Any other member of the team can do it."
        ],
    );
    check(&policy, &verified, Step::Confirm, "bob", expect!["passed"]);
    // Two verified: each can confirm what the other found.
    check(&policy, &verified.verified("2026-11-21T10:00Z", "bob"), Step::Confirm, "ada", expect!["passed"]);
}

#[test]
fn m5c_nothing_is_published_before_the_audit() {
    let policy = gate("publish", "similar-problems-audit");
    check(
        &policy,
        &story(),
        Step::Publish,
        "ada",
        expect![
            "The policy does not let you publish yet: The code has not been audited for similar problems. Any member of the team can record where they looked and what they found."
        ],
    );
    let audited = Event::Audited { looked: "The other parsers".into(), found: "Nothing".into() };
    check(&policy, &story().then("2026-11-22T09:00Z", "ada", audited), Step::Publish, "ada", expect!["passed"]);
}

#[test]
fn p9_two_members_are_on_record() {
    let policy = gate("approve", "two-members-discussed");
    let one = story().discussed("2026-11-21T09:00Z", "ada").discussed("2026-11-21T10:00Z", "ada");
    check(
        &policy,
        &one,
        Step::Approve,
        "ada",
        expect![
            "The policy does not let you approve yet: Only one member is on record as having discussed the next steps. Any other member of the team can record it."
        ],
    );
    check(&policy, &one.discussed("2026-11-21T11:00Z", "bob"), Step::Approve, "ada", expect!["passed"]);
}

#[test]
fn m5d_every_supported_version_has_a_decision() {
    let policy = policy(
        "[versions]\nrule = \"list\"\n[[versions.supported]]\nbranch = \"5.x\"\n[[versions.supported]]\nbranch = \"4.x\"\n\
         [[versions.supported]]\nbranch = \"3.x\"\nuntil = \"2026-06-30\"\n\
         [[gates]]\nbefore = \"publish\"\nneeds = \"decision-per-version\"\n",
    );
    let half = story().fixed("2026-11-22T09:00Z", "ada", "5.x");
    check(
        &policy,
        &half,
        Step::Publish,
        "ada",
        expect![
            "The policy does not let you publish yet: These versions have no fix and no decision: 4.x. Any member of the team can record a fix, or that the version is not affected or will not be fixed."
        ],
    );
    check(&policy, &half.fixed("2026-11-22T10:00Z", "ada", "4.x"), Step::Publish, "ada", expect!["passed"]);
}

#[test]
fn the_author_of_an_advisory_does_not_approve_it_alone() {
    let policy = gate("approve", "second-approver");
    let drafted = Event::AdvisoryDrafted { draft: Box::<AdvisoryDraft>::default() };
    let story = story().then("2026-11-22T09:00Z", "ada", drafted);
    check(
        &policy,
        &story,
        Step::Approve,
        "ada",
        expect![
            "The policy does not let you approve yet: Somebody other than its last author has to approve the advisory. Any other member of the team can do it."
        ],
    );
    check(&policy, &story, Step::Approve, "bob", expect!["passed"]);
}

#[test]
fn m5f_the_reporter_is_asked_about_credit() {
    let policy = gate("publish", "credit-asked");
    assert!(gates::missing(&story().case(), &policy, Step::Publish, None).is_some());
    let asked = story().then("2026-11-22T09:00Z", "ada", Event::CreditAsked);
    assert!(gates::missing(&asked.case(), &policy, Step::Publish, None).is_none());
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let policy = policy(
        "[[gates]]\nbefore = \"publish\"\nneeds = \"severity\"\n[[gates]]\nbefore = \"publish\"\nneeds = \"remediation\"\n\
         [[gates]]\nbefore = \"publish\"\nneeds = \"timeline\"\n",
    );
    let refusal = gates::missing(&story().case(), &policy, Step::Publish, None).unwrap();
    assert_eq!(refusal.missing.len(), 3);
}
