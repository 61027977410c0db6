//! Broken policy files, and what a maintainer is told: line, column, place, and what to do.

use candor_core::policy::{file, render};
use expect_test::{Expect, expect};
use proptest::prelude::*;

/// Eight lines that every complete file has.
const BASE: &str = r#"[program]
slug = "sample"
name = "Sample"

[[contacts]]
role = "coordinator"
email = "one@example.org"

"#;

#[track_caller]
fn check(text: &str, expected: Expect) {
    let told: Vec<String> = match file::read(text) {
        Ok(_) => vec!["nothing is wrong".into()],
        Err(findings) => findings.iter().map(ToString::to_string).collect(),
    };
    expected.assert_eq(&told.join("\n"));
}

#[track_caller]
fn check_after_base(text: &str, expected: Expect) {
    check(&format!("{BASE}{text}"), expected);
}

#[test]
fn the_base_is_complete() {
    check(BASE, expect!["nothing is wrong"]);
}

#[test]
fn text_that_is_no_toml_is_told() {
    check(
        r#"slug = 
"#,
        expect!["1:8: this is not TOML: string values must be quoted, expected literal string"],
    );
}

#[test]
fn several_mistakes_of_writing_is_told() {
    check(
        r#"[program
slug = "x"
slug = "y"
"#,
        expect!["1:9: this is not TOML: unclosed table, expected `]`"],
    );
}

#[test]
fn an_unknown_section_is_told() {
    check(
        r#"[program]
slug = "x"
name = "X"

[[contact]]
role = "team lead"
email = "a@example.org"
"#,
        expect!["5:3: contact: there is no key `contact` here; did you mean `contacts`?"],
    );
}

#[test]
fn an_unknown_key_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept-by = "acknowledgement"
within = "48 hours"
"#,
        expect!["12:1: promises[0].kept-by: there is no key `kept-by` here; did you mean `kept_by`?"],
    );
}

#[test]
fn an_unknown_key_without_a_near_one_is_told() {
    check_after_base(
        r#"[channels]
carrier_pigeon = true
"#,
        expect![
            "10:1: channels.carrier_pigeon: there is no key `carrier_pigeon` here; known are `also`, `api`, `email`, `form`, `never`, `portal`, `team_letters`, `team_mail`"
        ],
    );
}

#[test]
fn a_missing_key_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
"#,
        expect!["9:1: promises[0].within: `within` is missing: How long, like `48 hours`, `3 working days`, `30 days`"],
    );
}

#[test]
fn text_where_a_list_is_due_is_told() {
    check_after_base(
        r#"[report]
languages = "en"
"#,
        expect![[r#"10:13: report.languages: expected a list, like ["one", "two"]; found text"#]],
    );
}

#[test]
fn a_number_where_text_is_due_is_told() {
    check_after_base(
        r#"[advisories]
prefix = 7
"#,
        expect!["10:10: advisories.prefix: expected text in quotes; found a whole number"],
    );
}

#[test]
fn text_where_true_or_false_is_due_is_told() {
    check_after_base(
        r#"[channels]
form = "yes"
"#,
        expect!["10:8: channels.form: expected true or false; found text"],
    );
}

#[test]
fn one_table_where_several_are_due_is_told() {
    check(
        r#"[program]
slug = "x"
name = "X"

[contacts]
role = "lead"
email = "a@example.org"
"#,
        expect!["5:1: contacts: expected a list of tables; write each under [[contacts]]; found a table"],
    );
}

#[test]
fn a_length_without_a_unit_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "48"
"#,
        expect![[
            r#"13:10: promises[0].within: `48` is no length of time; write it like "48 hours", "3 working days" or "30 days""#
        ]],
    );
}

#[test]
fn a_length_as_a_number_is_told() {
    check_after_base(
        r#"[disclosure]
embargo = 90
"#,
        expect![[
            r#"10:11: disclosure.embargo: expected a length of time in quotes, like "48 hours"; found a whole number"#
        ]],
    );
}

#[test]
fn a_moment_with_a_slip_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgment"
within = "48 hours"
"#,
        expect!["12:11: promises[0].kept_by: `acknowledgment` is not known here; did you mean `acknowledgement`?"],
    );
}

#[test]
fn a_severity_that_there_is_not_is_told() {
    check_after_base(
        r#"[severity]
always = ["high", "urgent"]
"#,
        expect![
            "10:19: severity.always[1]: `urgent` is not known here; known are `none`, `low`, `medium`, `high`, `critical`"
        ],
    );
}

#[test]
fn a_date_without_quotes_is_told() {
    check_after_base(
        r#"[versions]
rule = "list"
[[versions.supported]]
branch = "1.x"
until = 2026-12-31
"#,
        expect!["13:9: versions.supported[0].until: expected text in quotes; found a date without quotes"],
    );
}

#[test]
fn a_date_that_there_is_not_is_told() {
    check_after_base(
        r#"[versions]
rule = "list"
[[versions.supported]]
branch = "1.x"
until = "2026-02-30"
"#,
        expect![[r#"13:9: versions.supported[0].until: `2026-02-30` is no date; write it like "2027-04-30""#]],
    );
}

#[test]
fn two_promises_of_one_name_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "48 hours"
[[promises]]
name = "answer"
what = "another"
kept_by = "verdict"
within = "72 hours"
"#,
        expect!["15:8: promises[1].name: there are two promises called `answer`; give each its own name"],
    );
}

#[test]
fn escalation_to_nobody_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "48 hours"
[[promises.escalate]]
to = "co-ordinator"
before = "12 hours"
"#,
        expect![
            "15:6: promises[0].escalate[0].to: no contact has the role `co-ordinator`; did you mean `coordinator`?"
        ],
    );
}

#[test]
fn both_before_and_after_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "48 hours"
[[promises.escalate]]
to = "team"
before = "12 hours"
after = "1 hour"
"#,
        expect!["14:1: promises[0].escalate[0]: give either `before` or `after`, not both"],
    );
}

#[test]
fn neither_before_nor_after_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "48 hours"
[[promises.escalate]]
to = "team"
"#,
        expect![[
            r#"14:1: promises[0].escalate[0]: say when: `before = "12 hours"`, or `after = "0 hours"` for the moment itself"#
        ]],
    );
}

#[test]
fn a_bell_before_the_start_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "48 hours"
[[promises.escalate]]
to = "team"
before = "3 days"
"#,
        expect![
            "16:10: promises[0].escalate[0].before: 3 days before it falls due is before it starts; it runs for 48 hours"
        ],
    );
}

#[test]
fn a_promise_that_a_report_keeps_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "report"
within = "48 hours"
"#,
        expect![[
            r#"12:11: promises[0].kept_by: a report cannot keep a promise; name what the team does, like "acknowledgement""#
        ]],
    );
}

#[test]
fn news_that_come_after_the_end_is_told() {
    check_after_base(
        r#"[[promises]]
name = "news"
what = "news"
kept_by = "message"
within = "40 days"
repeats = true
[[promises]]
name = "resolve"
what = "all of it"
kept_by = "resolution"
within = "30 days"
"#,
        expect![
            "13:10: promises[0].within: it repeats every 40 days, but `resolve` ends the case within 30 days; it would never fall due"
        ],
    );
}

#[test]
fn a_limit_without_a_wait_is_told() {
    check_after_base(
        r#"[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "48 hours"
wait_limit = "5 days"
"#,
        expect![
            "14:14: promises[0].wait_limit: a limit needs a wait; write waits_for_reporter = true, or leave it out"
        ],
    );
}

#[test]
fn a_zone_that_there_is_not_is_told() {
    check_after_base(
        r#"[calendar]
time_zone = "Europe/Atlantis"
"#,
        expect![[
            r#"10:13: calendar.time_zone: `Europe/Atlantis` is no time zone; write its IANA name, like "UTC" or "Europe/Berlin""#
        ]],
    );
}

#[test]
fn days_that_no_calendar_has_is_told() {
    check_after_base(
        r#"[calendar]
holidays = [{ on = "02-30" }, { on = "Pfingsten" }, { on = "12-25" }, { on = "12-25" }]
"#,
        expect![[r#"
            10:20: calendar.holidays[0].on: `02-30` is a day that no calendar has
            10:38: calendar.holidays[1].on: `Pfingsten` is no day; write a date like "2026-12-24", or "12-25", "4th thursday of november" or "easter +1" for a day of every year
            10:78: calendar.holidays[3].on: `12-25` stands here twice"#]],
    );
}

#[test]
fn a_week_without_work_is_told() {
    check_after_base(
        r#"[calendar]
working_days = []
"#,
        expect![[
            r#"10:16: calendar.working_days: no day of the week is a working day; name at least one, like "mon""#
        ]],
    );
}

#[test]
fn nobody_to_turn_to_is_told() {
    check(
        r#"contacts = []
[program]
slug = "x"
name = "X"
"#,
        expect!["1:12: contacts: there is no contact; name at least one under [[contacts]], with role and email"],
    );
}

#[test]
fn a_slug_that_is_no_address_is_told() {
    check(
        r#"[program]
slug = "My Project"
name = "X"
[[contacts]]
role = "lead"
email = "a@example.org"
"#,
        expect![
            "2:8: program.slug: `My Project` cannot stand in an address; use lower-case letters, digits and single dashes, beginning with a letter, at most 40"
        ],
    );
}

#[test]
fn a_slug_that_is_taken_is_told() {
    check(
        r#"[program]
slug = "desk"
name = "X"
[[contacts]]
role = "lead"
email = "a@example.org"
"#,
        expect!["2:8: program.slug: `desk` is the address of another page; choose another short name"],
    );
}

#[test]
fn an_address_that_is_none_is_told() {
    check(
        r#"[program]
slug = "x"
name = "X"
[[contacts]]
role = "lead"
email = "security at example.org"
"#,
        expect![
            "6:9: contacts[0].email: `security at example.org` is no e-mail address; write it like security@example.org"
        ],
    );
}

#[test]
fn an_embargo_past_its_limit_is_told() {
    check_after_base(
        r#"[disclosure]
embargo = "120 days"
embargo_limit = "90 days"
"#,
        expect!["10:11: disclosure.embargo: 120 days is longer than the limit of 90 days"],
    );
}

#[test]
fn a_list_of_versions_without_one_is_told() {
    check_after_base(
        r#"[versions]
rule = "list"
"#,
        expect![
            "10:8: versions.rule: the rule is a list, and the list is empty; name the branches under [[versions.supported]]"
        ],
    );
}

#[test]
fn a_package_url_that_is_none_is_told() {
    check_after_base(
        r#"[[scope.products]]
name = "Thing"
purl = "npm/thing"
[[scope.products]]
name = "Other"
purl = "pkg:npm/other@1.2.3"
"#,
        expect![[r#"
            11:8: scope.products[0].purl: "npm/thing" is no package URL (missing scheme); it looks like pkg:npm/%40scope/name@1.2.3
            14:8: scope.products[1].purl: leave the version out; the policy names the package, advisories name versions"#]],
    );
}

#[test]
fn two_questions_of_one_id_is_told() {
    check_after_base(
        r#"[[report.questions]]
id = "login"
label = "Is a login needed?"
[[report.questions]]
id = "login"
label = "Which?"
"#,
        expect!["13:6: report.questions[1].id: there are two questions called `login`; give each its own name"],
    );
}

#[test]
fn a_choice_without_choices_is_told() {
    check_after_base(
        r#"[[report.questions]]
id = "login"
label = "Is a login needed?"
kind = "choice"
"#,
        expect!["12:8: report.questions[0].kind: a choice needs choices; list them under `choices`, or ask for a line"],
    );
}

#[test]
fn a_severity_in_two_places_is_told() {
    check_after_base(
        r#"[severity]
always = ["high"]
when_small = ["low", "high"]
"#,
        expect![
            "11:14: severity.when_small: High is addressed always and when the effort is small; leave it out of one"
        ],
    );
}

#[test]
fn a_gate_that_never_opens_is_told() {
    check_after_base(
        r#"[[gates]]
before = "confirm"
needs = "remediation"
"#,
        expect![
            "11:9: gates[0].needs: a fix can only be recorded once the report is confirmed, so that this gate would never open"
        ],
    );
}

#[test]
fn a_gate_that_stands_twice_is_told() {
    check_after_base(
        r#"[[gates]]
before = "publish"
needs = "severity"
[[gates]]
before = "publish"
needs = "severity"
"#,
        expect!["14:9: gates[1].needs: this gate stands twice; leave one out"],
    );
}

#[test]
fn no_door_open_is_told() {
    check_after_base(
        r#"[channels]
form = false
api = false
"#,
        expect!["9:1: channels: no channel is open; open the form, the API, an e-mail address or a portal"],
    );
}

#[test]
fn several_findings_at_once_is_told() {
    check_after_base(
        r#"[calender]
time_zone = "UTC"
[disclosure]
embargo = "soon"
publish_on = "fixed"
"#,
        expect![[r#"
            9:2: calender: there is no key `calender` here; did you mean `calendar`?
            12:11: disclosure.embargo: `soon` is no length of time; write it like "48 hours", "3 working days" or "30 days"
            13:14: disclosure.publish_on: `fixed` is not known here; did you mean `fix`?"#]],
    );
}

#[test]
fn a_policy_in_service_goes_on_when_checks_come_later() {
    let text = BASE.replace("one@example.org", "an old kind of address");
    assert!(file::read(&text).is_err());
    assert_eq!(file::read_again(&text).map(|policy| policy.program.name), Ok("Sample".to_owned()));
}

/// A whole policy, to be broken.
const WHOLE: &str = include_str!("../../../../examples/policies/ibexa.toml");

proptest! {
    #[test]
    fn no_text_makes_the_reader_stop(from in 0usize..WHOLE.len(), length in 0usize..400, put in "[ -~æ\\n]{0,12}") {
        let text: String = WHOLE.chars().take(from).chain(put.chars()).chain(WHOLE.chars().skip(from + length)).collect();
        match file::read(&text) {
            Ok(policy) => prop_assert!(render::security_md(&policy, None).ends_with('\n')),
            Err(findings) => {
                prop_assert!(!findings.is_empty());
                for finding in findings {
                    prop_assert!(finding.line <= text.lines().count() + 1, "{finding}");
                }
            }
        }
    }
}

#[test]
fn a_schedule_that_cannot_be_kept_is_told() {
    check_after_base(
        r#"[disclosure]
on_breach = "credit-denied"
closed_without_asking = true
[[disclosure.recipients]]
name = "Distributors"
addresses = ["nobody"]
lead_limit = "5 days"
[[disclosure.recipients]]
name = "lists"
addresses = []
[[disclosure.schedule]]
name = "tell"
what = "tell them"
at = "-7 days"
done_by = "candor"
tell = "Distributors"
[[disclosure.schedule]]
name = "tell"
what = ""
at = "7 days"
done_by = "candor"
[[disclosure.schedule]]
name = "merge"
what = "merge"
at = "-1 hour"
who = "nobody"
tell = "list"
"#,
        expect![[
            r#"28:6: disclosure.schedule[1].at: `7 days` does not say on which side; write "-7 days" for before or "+7 days" for after"#
        ]],
    );
}

#[test]
fn steps_that_make_no_sense_together_are_told() {
    check_after_base(
        r#"[disclosure]
on_breach = "credit-denied"
closed_without_asking = true
[[disclosure.recipients]]
name = "Distributors"
addresses = ["nobody"]
lead_limit = "5 days"
[[disclosure.recipients]]
name = "lists"
addresses = []
[[disclosure.schedule]]
name = "tell"
what = "tell them"
at = "-7 days"
done_by = "candor"
tell = "Distributors"
[[disclosure.schedule]]
name = "tell"
what = ""
at = "+7 days"
done_by = "candor"
[[disclosure.schedule]]
name = "merge"
what = "merge"
at = "-1 hour"
who = "nobody"
tell = "list"
escalate = [{ to = "someone", after = "1 hour" }]
[credit]
places = ["thanks-page"]
"#,
        expect![[r#"
            10:13: disclosure.on_breach: there is no condition that could be broken; write them under `conditions`, or leave this out
            11:25: disclosure.closed_without_asking: no closed report becomes public; write closed_reports = "summary", or leave this out
            13:8: disclosure.recipients[0].name: `Distributors` is no short name; use lower-case letters, digits and single dashes
            14:14: disclosure.recipients[0].addresses[0]: `nobody` is no e-mail address; write it like security@example.org
            18:13: disclosure.recipients[1].addresses: nobody is told; write at least one address
            22:6: disclosure.schedule[0].at: `Distributors` may be told 5 days ahead at most; this is 7 days before
            25:1: disclosure.schedule[1].tell: what Candor does is to write letters; name the recipients under `tell`
            26:8: disclosure.schedule[1].name: there are two steps called `tell`; give each its own name
            27:8: disclosure.schedule[1].what: write what is done; it is empty
            30:1: disclosure.schedule[2].done_by: letters are sent by Candor; write done_by = "candor"
            34:7: disclosure.schedule[2].who: no contact has the role `nobody`; known are `coordinator`, `holder`
            36:20: disclosure.schedule[2].escalate[0].to: no contact has the role `someone`; known are `coordinator`, `holder`, `team`
            38:10: credit.places: the page of thanks repeats what advisories say; add "advisory""#]],
    );
}
