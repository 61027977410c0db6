//! Parts of a policy that do not fit each other, and what a maintainer is told. More of [`crate::broken`].

use candor_core::policy::file;
use expect_test::{Expect, expect};

/// Eight lines that every complete file has.
const BASE: &str = "[program]\nslug = \"sample\"\nname = \"Sample\"\n\n[[contacts]]\nrole = \"coordinator\"\nemail = \"one@example.org\"\n\n";

#[track_caller]
fn check_after_base(text: &str, expected: Expect) {
    let told: Vec<String> = match file::read(&format!("{BASE}{text}")) {
        Ok(_) => vec!["nothing is wrong".into()],
        Err(findings) => findings.iter().map(ToString::to_string).collect(),
    };
    expected.assert_eq(&told.join("\n"));
}

#[test]
fn a_fix_after_the_end_of_the_case_is_told() {
    check_after_base(
        r#"[[promises]]
name = "fix"
what = "a fix"
kept_by = "fix"
within = "90 days"
[[promises]]
name = "resolve"
what = "all of it"
kept_by = "resolution"
within = "30 days"
"#,
        expect![
            "13:10: promises[0].within: `resolve` within 30 days comes before this, within 90 days, and settles it; it would never fall due"
        ],
    );
}

#[test]
fn an_answer_after_the_verdict_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "7 days"
[[promises]]
name = "verdict"
what = "a verdict"
kept_by = "verdict"
within = "72 hours"
"#,
        expect![
            "13:10: promises[0].within: `verdict` within 72 hours comes before this, within 7 days, and settles it; it would never fall due"
        ],
    );
}

#[test]
fn next_steps_after_the_verdict_is_told() {
    check_after_base(
        r#"[[promises]]
name = "next"
what = "next steps"
kept_by = "next-steps"
within = "3 weeks"
[[promises]]
name = "verdict"
what = "a verdict"
kept_by = "verdict"
within = "2 weeks"
"#,
        expect![
            "13:10: promises[0].within: `verdict` within 2 weeks comes before this, within 3 weeks, and settles it; it would never fall due"
        ],
    );
}

#[test]
fn two_members_for_what_one_does_is_told() {
    check_after_base(
        r#"[[promises]]
name = "verdict"
what = "a verdict"
kept_by = "verdict"
members = 2
within = "2 weeks"
"#,
        expect!["13:11: promises[0].members: what keeps it is done once in a case, by one member; 2 never do it"],
    );
}

#[test]
fn a_bell_that_rings_twice_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "48 hours"
[[promises.escalate]]
to = "team"
after = "0 hours"
[[promises.escalate]]
to = "team"
after = "0 hours"
"#,
        expect!["17:1: promises[0].escalate[1]: `team` is told at this instant already; leave one out"],
    );
}

#[test]
fn a_promise_of_no_time_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "0 hours"
"#,
        expect!["13:10: promises[0].within: nobody can keep a promise within no time; give it at least a minute"],
    );
}

#[test]
fn a_promise_of_nobody_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
members = 0
within = "2 days"
"#,
        expect!["13:11: promises[0].members: at least one member has to keep a promise"],
    );
}

#[test]
fn a_promise_of_more_members_than_can_be_counted_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "discussion"
members = 300
within = "2 days"
"#,
        expect!["13:11: promises[0].members: 300 is out of range"],
    );
}

#[test]
fn a_verdict_that_repeats_is_told() {
    check_after_base(
        r#"[[promises]]
name = "verdict"
what = "a verdict"
kept_by = "verdict"
repeats = true
within = "2 weeks"
"#,
        expect!["13:11: promises[0].repeats: what keeps it comes once in a case, so that it cannot repeat"],
    );
}

#[test]
fn a_promise_without_words_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = " "
kept_by = "acknowledgement"
within = "2 days"
"#,
        expect!["11:8: promises[0].what: write what is promised; it is empty"],
    );
}

#[test]
fn a_promise_that_a_reporter_keeps_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "reporter-wrote"
within = "2 days"
"#,
        expect![
            "12:11: promises[0].kept_by: `reporter-wrote` is not what a member does, and only members keep promises; name an act of the team"
        ],
    );
}

#[test]
fn a_promise_longer_than_a_century_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "99999 days"
"#,
        expect!["13:10: promises[0].within: `99999 days` is longer than a century"],
    );
}

#[test]
fn moons_as_a_unit_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "2 moons"
"#,
        expect![[
            r#"13:10: promises[0].within: `2 moons` is no length of time; write it like "48 hours", "3 working days" or "30 days""#
        ]],
    );
}

#[test]
fn a_wait_of_no_time_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "verdict"
within = "2 weeks"
waits_for_reporter = true
wait_limit = "0 days"
"#,
        expect![
            "15:14: promises[0].wait_limit: this is no time at all; a wait of no time holds nothing; write waits_for_reporter = false"
        ],
    );
}

#[test]
fn a_calendar_that_is_not_there_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "verdict"
within = "2 weeks"
calendar = "lab"
"#,
        expect!["14:12: promises[0].calendar: there is no calendar called `lab`"],
    );
}

#[test]
fn a_working_day_that_stands_twice_is_told() {
    check_after_base(
        r#"[calendar]
working_days = ["mon", "tue", "mon"]
"#,
        expect!["10:31: calendar.working_days[2]: `mon` stands here twice"],
    );
}

#[test]
fn a_day_of_the_week_that_there_is_not_is_told() {
    check_after_base(
        r#"[calendar]
working_days = ["monday"]
"#,
        expect![
            "10:17: calendar.working_days[0]: `monday` is not known here; known are `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`"
        ],
    );
}

#[test]
fn working_hours_that_run_backwards_is_told() {
    check_after_base(
        r#"[calendar]
hours = "17:00-09:00"
"#,
        expect![
            "10:9: calendar.hours: `17:00-09:00` ends before it begins; hours over midnight are written as two days"
        ],
    );
}

#[test]
fn an_embargo_of_no_time_is_told() {
    check_after_base(
        r#"[disclosure]
embargo = "0 days"
"#,
        expect!["10:11: disclosure.embargo: this is no time at all; leave it out when there is none"],
    );
}

#[test]
fn a_condition_that_says_nothing_is_told() {
    check_after_base(
        r#"[disclosure]
conditions = ["I wait.", ""]
"#,
        expect!["10:26: disclosure.conditions[1]: this says nothing; write a sentence, or leave it out"],
    );
}

#[test]
fn a_rule_that_stands_twice_is_told() {
    check_after_base(
        r#"[channels]
never = ["Do not open an issue.", "Do not open an issue."]
"#,
        expect!["10:35: channels.never[1]: this stands here twice; leave one out"],
    );
}

#[test]
fn a_severity_that_stands_twice_is_told() {
    check_after_base(
        r#"[severity]
always = ["high", "high"]
"#,
        expect!["10:19: severity.always[1]: `high` stands here twice"],
    );
}

#[test]
fn a_part_of_a_credit_that_stands_twice_is_told() {
    check_after_base(
        r#"[credit]
fields = ["name", "link", "name"]
"#,
        expect!["10:27: credit.fields[2]: `name` stands here twice"],
    );
}

#[test]
fn a_language_that_stands_twice_is_told() {
    check_after_base(
        r#"[report]
languages = ["en", "en"]
"#,
        expect!["10:20: report.languages[1]: `en` stands here twice"],
    );
}

#[test]
fn a_language_that_is_none_is_told() {
    check_after_base(
        r#"[report]
languages = ["english"]
"#,
        expect![[r#"10:14: report.languages[0]: `english` is no language tag; write it like "en" or "pt-BR""#]],
    );
}

#[test]
fn one_choice_alone_is_told() {
    check_after_base(
        r#"[[report.questions]]
id = "login"
label = "Is a login needed?"
kind = "choice"
choices = ["yes"]
"#,
        expect![[
            r#"13:11: report.questions[0].choices: one choice is none; name another, or ask for a tick with kind = "yes-no""#
        ]],
    );
}

#[test]
fn choices_for_a_line_is_told() {
    check_after_base(
        r#"[[report.questions]]
id = "login"
label = "Is a login needed?"
choices = ["yes", "no"]
"#,
        expect![[r#"12:11: report.questions[0].choices: choices are only offered by a question of kind = "choice""#]],
    );
}

#[test]
fn a_question_asked_twice_is_told() {
    check_after_base(
        r#"[[report.questions]]
id = "login"
label = "Is a login needed?"
[[report.questions]]
id = "sign-in"
label = "Is a login needed?"
"#,
        expect!["14:9: report.questions[1].label: this question is asked twice; leave one out"],
    );
}

#[test]
fn a_standard_question_asked_twice_is_told() {
    check_after_base(
        r#"[[report.asks]]
field = "title"
[[report.asks]]
field = "title"
"#,
        expect!["12:9: report.asks[1].field: this is asked twice; leave one out"],
    );
}

#[test]
fn a_repository_with_its_scheme_is_told() {
    check_after_base(
        r#"[[scope.products]]
name = "Thing"
repositories = ["https://github.com/sample/thing"]
"#,
        expect![
            "11:17: scope.products[0].repositories[0]: write `https://github.com/sample/thing` without https://, like github.com/name/*"
        ],
    );
}

#[test]
fn a_cpe_that_is_none_is_told() {
    check_after_base(
        r#"[[scope.products]]
name = "Thing"
cpe = "thing:1"
"#,
        expect![
            "11:7: scope.products[0].cpe: `thing:1` is no CPE 2.3 name; it looks like cpe:2.3:a:vendor:product:*:*:*:*:*:*:*:*"
        ],
    );
}

#[test]
fn a_clause_that_leads_nowhere_is_told() {
    check_after_base(
        r#"[[scope.out]]
clause = "apps"
what = "Applications."
instead = ""
"#,
        expect!["12:11: scope.out[0].instead: say where to go instead, or leave it out"],
    );
}

#[test]
fn branches_that_are_not_asked_for_is_told() {
    check_after_base(
        r#"[versions]
rule = "latest"
[[versions.supported]]
branch = "4.x"
"#,
        expect![[
            r#"11:1: versions.supported: branches are listed, but only the latest release is supported; write rule = "list", or leave them out"#
        ]],
    );
}

#[test]
fn a_branch_without_a_name_is_told() {
    check_after_base(
        r#"[versions]
rule = "list"
[[versions.supported]]
branch = ""
"#,
        expect![[r#"12:10: versions.supported[0].branch: write the branch, like "4.x"; it is empty"#]],
    );
}

#[test]
fn a_link_without_words_is_told() {
    check_after_base(
        r#"[program.team]
text = ""
url = "https://sample.example/team"
"#,
        expect!["10:8: program.team.text: write the words of the link; it is empty"],
    );
}

#[test]
fn an_address_of_a_page_that_is_none_is_told() {
    check_after_base(
        r#"[channels]
portal = { text = "the portal", url = "support.sample.example" }
"#,
        expect![
            "10:39: channels.portal.url: `support.sample.example` is no web address; write it whole, from https://"
        ],
    );
}

#[test]
fn a_gate_that_needs_what_it_brings_is_told() {
    check_after_base(
        r#"[[gates]]
before = "rate"
needs = "severity"
"#,
        expect![
            "11:9: gates[0].needs: this step is the only way to what it waits for, so that this gate would never open"
        ],
    );
}

#[test]
fn a_quorum_of_nobody_is_told() {
    check_after_base(
        r#"[[gates]]
before = "publish"
needs = "approvals"
members = 0
"#,
        expect!["12:11: gates[0].members: nobody is no quorum; ask for one member at least"],
    );
}

#[test]
fn a_gate_with_fields_it_does_not_ask_for_is_told() {
    check_after_base(
        r#"[[gates]]
before = "publish"
needs = "fields"
"#,
        expect![[r#"9:1: gates[0].fields: name what has to be filled in, like fields = ["weakness", "cve"]"#]],
    );
}

#[test]
fn an_advisory_prefix_that_is_none_is_told() {
    check_after_base(
        r#"[advisories]
prefix = "My Advisories"
"#,
        expect![
            "10:10: advisories.prefix: `My Advisories` cannot begin an advisory's id; use letters, digits and dashes, at most 20"
        ],
    );
}

#[test]
fn credit_by_name_without_the_name_is_told() {
    check_after_base(
        r#"[credit]
default = "named"
fields = ["link"]
"#,
        expect![[r#"11:10: credit.fields: who is named by default is named by name; add "name""#]],
    );
}

#[test]
fn a_promise_that_follows_nothing_is_told() {
    let promise = |more: &str| {
        format!(
            "[[promises]]\nname = \"report\"\nwhat = \"a report\"\nkept_by = \"submission\"\nwithin = \"1 month\"\n{more}\n"
        )
    };
    check_after_base(
        &promise("starts = \"submission\""),
        expect!["9:1: promises[0].follows: say whose submission starts it: follows = the name of another promise"],
    );
    check_after_base(
        &promise("starts = \"submission\"\nfollows = \"report\""),
        expect!["15:11: promises[0].follows: a promise cannot follow itself; name another one"],
    );
    check_after_base(
        &promise("starts = \"submission\"\nfollows = \"warning\""),
        expect!["15:11: promises[0].follows: no promise called `warning` is kept by a submission"],
    );
    check_after_base(
        &promise("follows = \"warning\""),
        expect![[
            r#"14:11: promises[0].follows: only a submission is followed; write starts = "submission", or leave it out"#
        ]],
    );
}

#[test]
fn a_promise_that_an_incident_keeps_is_told() {
    check_after_base(
        "[[promises]]\nname = \"answer\"\nwhat = \"an answer\"\nkept_by = \"incident\"\nwithin = \"2 days\"\n",
        expect!["12:11: promises[0].kept_by: knowing of an incident starts a promise and keeps none"],
    );
}
