//! What changed between two versions of a policy, in words.

use crate::given::policy;
use candor_core::policy::diff;
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
