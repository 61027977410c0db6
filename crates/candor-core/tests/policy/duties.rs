//! Planned pauses, the reporter's silence, what is owed for a missed target, duties by law, and parts that are included.

use crate::given::{Story, apply, at, policy};
use candor_core::access::{Actor, Role, allow};
use candor_core::case::Author;
use candor_core::command::Command;
use candor_core::decide::{Facts, decide};
use candor_core::duties;
use candor_core::event::{self, Event};
use candor_core::id::MemberId;
use candor_core::policy::{Draft, Policy, file, fragments};
use candor_core::promises;
use candor_core::record::Tally;
use candor_core::refusal::Refusal;
use expect_test::expect;

const ANSWER: &str =
    "[[promises]]\nname = \"answer\"\nwhat = \"an answer\"\nkept_by = \"acknowledgement\"\nwithin = \"3 days\"\n\n";
const HOLIDAY: &str =
    "[[pauses]]\nfrom = \"2026-12-21\"\nuntil = \"2027-01-03\"\nreason = \"The team is on holiday.\"\n\n";

fn dates(policy: &Policy, when: &str, exploited: bool) -> String {
    let forecast = promises::forecast_of(policy, at(when), exploited);
    forecast.iter().map(|(promise, due)| format!("{} {due}\n", promise.name)).collect()
}

#[test]
fn p8_what_comes_in_a_planned_pause_counts_from_its_end() {
    let policy = policy(&format!("{ANSWER}{HOLIDAY}"));
    assert!(policy.pause_at(at("2026-12-24T10:00Z")).is_some());
    assert!(policy.pause_at(at("2027-01-04T00:00Z")).is_none(), "the last day is part of it, the next is not");
    // From 24 December: ten days and fourteen hours until the end of the pause, then three days.
    let story = Story::reported("2026-12-24T10:00Z");
    assert_eq!(story.clocks(&policy, "2026-12-24T11:00Z"), "answer 0: paused due 2027-01-07T00:00:00Z\n");
    assert_eq!(story.clocks(&policy, "2027-01-05T00:00Z"), "answer 0: running due 2027-01-07T00:00:00Z\n");
    assert_eq!(dates(&policy, "2026-12-24T10:00Z", false), "answer 2027-01-07T00:00:00Z\n");
    let clocks = promises::clocks(&story.case(), &policy, at("2026-12-24T11:00Z"));
    expect![[r#"
        Received Thu 24 Dec 2026, 10:00 UTC
        3 days from then
        paused 10 days 14 hours while the intake is paused: The team is on holiday (Thu 24 Dec 2026, 10:00 UTC to Mon 4 Jan 2027, 00:00 UTC)
        due Thu 7 Jan 2027, 00:00 UTC"#]]
    .assert_eq(&clocks[0].why.join("\n"));
    // What ran before runs on; with `running` it stands still, too.
    let before = Story::reported("2026-12-20T10:00Z");
    assert_eq!(before.clocks(&policy, "2026-12-20T11:00Z"), "answer 0: running due 2026-12-23T10:00:00Z\n");
    let whole = self::policy(&format!("{ANSWER}{HOLIDAY}running = true\n"));
    assert_eq!(before.clocks(&whole, "2026-12-20T11:00Z"), "answer 0: running due 2027-01-06T10:00:00Z\n");
    assert_eq!(before.due(&whole, "2027-01-05T00:00Z"), "", "nothing breaks while it stands still");
}

#[test]
fn what_is_being_exploited_is_not_paused() {
    let policy = policy(&format!("{ANSWER}{HOLIDAY}"));
    assert_eq!(dates(&policy, "2026-12-24T10:00Z", true), "answer 2026-12-27T10:00:00Z\n");
    // Known later: the pause ends for this case then.
    let story = Story::reported("2026-12-24T10:00Z").aware("2026-12-26T10:00Z", "ada", None);
    assert_eq!(story.clocks(&policy, "2026-12-26T11:00Z"), "answer 0: running due 2026-12-29T10:00:00Z\n");
}

const TARGET: &str =
    "[[promises]]\nname = \"patch\"\nwhat = \"a patch\"\nkept_by = \"fix\"\nwithin = \"7 days\"\nkind = \"target\"\n\n";

fn owed(story: &Story, policy: &Policy, now: &str) -> Vec<String> {
    let owed = promises::owed(&story.case(), policy, at(now));
    owed.iter().map(|owed| format!("{} since {}", owed.promise, owed.since)).collect()
}

fn estimated(story: Story, when: &str, until: &str) -> Story {
    let event = Event::Estimated { promise: "patch".into(), until: at(until), reason: "It is hard".into() };
    story.then(when, "ada", event)
}

#[test]
fn s3_a_missed_target_owes_a_reason_and_a_new_date_until_both_are_given() {
    let policy = policy(TARGET);
    let story = Story::reported("2026-11-01T00:00Z");
    assert!(owed(&story, &policy, "2026-11-07T23:59Z").is_empty());
    assert_eq!(owed(&story, &policy, "2026-11-08T00:00Z"), ["patch since 2026-11-08T00:00:00Z"]);
    let told = estimated(story, "2026-11-09T00:00Z", "2026-11-15T00:00Z");
    assert!(owed(&told, &policy, "2026-11-14T00:00Z").is_empty());
    // The new date passes as well: another is owed.
    assert_eq!(owed(&told, &policy, "2026-11-16T00:00Z"), ["patch since 2026-11-15T00:00:00Z"]);
    let fixed = told.confirmed("2026-11-16T00:00Z", "ada").fixed("2026-11-17T00:00Z", "ada", "");
    assert!(owed(&fixed, &policy, "2026-11-18T00:00Z").is_empty(), "what was done late owes nothing any more");
    let commitment = self::policy(&TARGET.replace("target", "commitment"));
    assert!(owed(&Story::reported("2026-11-01T00:00Z"), &commitment, "2026-12-01T00:00Z").is_empty());
}

#[test]
fn m4_a_promise_starts_with_any_event_and_anew_with_each() {
    let policy = policy(
        "[[promises]]\nname = \"reply\"\nwhat = \"an answer to each message\"\nstarts = \"reporter-wrote\"\nkept_by = \"message\"\n\
         within = \"2 days\"\neach_time = true\n\n[[promises]]\nname = \"audit\"\nwhat = \"the audit\"\nstarts = \"confirmed\"\n\
         kept_by = \"audited\"\nwithin = \"1 week\"\n",
    );
    let story = Story::reported("2026-11-01T00:00Z")
        .wrote("2026-11-02T00:00Z")
        .wrote("2026-11-02T12:00Z")
        .answered("2026-11-03T00:00Z", "ada")
        .wrote("2026-11-05T00:00Z")
        .confirmed("2026-11-06T00:00Z", "ada");
    expect![[r#"
        reply 0: kept due 2026-11-04T00:00:00Z
        reply 1: kept due 2026-11-07T00:00:00Z
        audit 0: running due 2026-11-13T00:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-06T00:00Z"));
    let audited = story.then("2026-11-07T00:00Z", "ada", Event::Audited { looked: "all".into(), found: "none".into() });
    assert!(audited.clocks(&policy, "2026-11-07T00:00Z").contains("audit 0: kept"));
    let why = &promises::clocks(&audited.case(), &policy, at("2026-11-07T00:00Z"))[2].why[0];
    assert_eq!(why, "Confirmed Fri 6 Nov 2026, 00:00 UTC");
}

#[test]
fn every_kind_of_event_has_a_name_that_a_promise_can_use() {
    let kinds = event::kinds();
    assert!(kinds.len() > 35 && kinds.contains(&"closed-for-silence"), "{kinds:?}");
    for known in ["reported", "answered", "fix-recorded", "submitted", "drill-declared"] {
        assert!(kinds.contains(&known));
    }
    assert_eq!(Event::CreditAsked.kind(), "credit-asked");
    let wrong = "[[promises]]\nname = \"a\"\nwhat = \"b\"\nkept_by = \"bell-rung\"\nwithin = \"1 day\"\n";
    let text =
        format!("[program]\nslug = \"s\"\nname = \"S\"\n[[contacts]]\nrole = \"r\"\nemail = \"a@b.example\"\n{wrong}");
    let told = file::read(&text).unwrap_err();
    assert!(told[0].message.contains("only members keep promises"), "{told:?}");
}

const SILENCE: &str =
    "[silence]\nclose_after = \"30 days\"\nremind = [\"14 days\", \"3 days\"]\ntext = \"We heard nothing.\"\n";

#[test]
fn i4_a_silent_reporter_is_reminded_twice_and_then_the_case_is_closed() {
    let policy = policy(&format!("{ANSWER}{SILENCE}"));
    let story = Story::reported("2026-11-01T00:00Z").asked("2026-11-02T00:00Z", "ada");
    assert_eq!(promises::wake_at(&story.case(), &policy), Some(at("2026-11-18T00:00Z")));
    assert_eq!(promises::silence_ends(&story.case(), &policy), Some(at("2026-12-02T00:00Z")));
    let story = story.ticked("2026-11-18T00:00Z", &policy);
    assert_eq!(promises::wake_at(&story.case(), &policy), Some(at("2026-11-29T00:00Z")));
    let story = story.ticked("2026-11-29T00:00Z", &policy);
    let story = story.ticked("2026-12-02T00:00Z", &policy);
    let case = story.case();
    let kinds: Vec<_> = case.history.iter().map(|entry| entry.what.kind()).collect();
    assert_eq!(kinds, ["reported", "asked", "silence-reminded", "silence-reminded", "closed-for-silence"]);
    assert!(case.is_closed());
    assert_eq!(promises::wake_at(&case, &policy), None);
    // Their next word opens it again, and takes no promise with it.
    let story = story.wrote("2026-12-10T00:00Z").reopened("2026-12-10T00:00Z", "ada");
    assert!(!story.case().is_closed());
    assert_eq!(promises::silence_ends(&story.case(), &policy), None);
}

#[test]
fn i4_any_sign_of_the_reporter_ends_the_silence_and_so_does_a_verdict() {
    let policy = policy(SILENCE);
    let asked = Story::reported("2026-11-01T00:00Z").asked("2026-11-02T00:00Z", "ada");
    for story in [
        asked.clone().wrote("2026-11-20T00:00Z"),
        asked.clone().confirmed("2026-11-20T00:00Z", "ada"),
        asked.clone().rejected("2026-11-20T00:00Z", "ada"),
    ] {
        assert_eq!(story.ticked("2026-11-20T00:00Z", &policy).due(&policy, "2027-06-01T00:00Z"), "");
    }
    // Asked again, the time begins anew.
    let again = asked.clone().asked("2026-11-25T00:00Z", "ada");
    assert_eq!(promises::silence_ends(&again.case(), &policy), Some(at("2026-12-25T00:00Z")));
    // No question, no silence.
    assert_eq!(promises::wake_at(&Story::reported("2026-11-01T00:00Z").case(), &policy), None);
}

#[test]
fn i4_a_late_reminder_still_leaves_the_time_it_names() {
    let policy = policy(SILENCE);
    // The program stood still until long after the case would have been closed.
    let story = Story::reported("2026-11-01T00:00Z").asked("2026-11-02T00:00Z", "ada");
    let mut case = story.case();
    let now = at("2027-02-01T00:00Z");
    let events = promises::due(&case, &policy, now);
    assert_eq!(events.iter().map(Event::kind).collect::<Vec<_>>(), ["silence-reminded", "silence-reminded"]);
    apply(&mut case, now, &Author::Clock, events);
    assert!(promises::due(&case, &policy, now).is_empty());
    assert_eq!(promises::wake_at(&case, &policy), Some(at("2027-02-15T00:00Z")), "the longest of the reminders' times");
}

fn with(parts: &str) -> Policy {
    let text = format!(
        "include = {parts}\n\n[program]\nslug = \"sample\"\nname = \"Sample\"\n\n[[contacts]]\nrole = \"primary\"\nemail = \"one@example.org\"\n"
    );
    file::read(&text).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

#[test]
fn the_cyber_resilience_act_counts_from_awareness_and_from_the_measure() {
    let policy = with("[\"eu-cra\"]");
    let story = Story::reported("2026-11-01T00:00Z").confirmed("2026-11-02T00:00Z", "ada");
    assert_eq!(story.clocks(&policy, "2026-11-03T00:00Z"), "", "no report starts a duty by itself");
    // Put on record on the 4th; known since the 3rd.
    let story = story.aware("2026-11-04T08:00Z", "ada", Some("2026-11-03T12:00Z"));
    expect![[r#"
        cra-early-warning 0: running due 2026-11-04T12:00:00Z
        cra-notification 0: running due 2026-11-06T12:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-04T08:00Z"));
    let story = story.submitted("2026-11-04T11:00Z", "ada", "cra-early-warning").fixed("2026-11-10T00:00Z", "ada", "");
    expect![[r#"
        cra-early-warning 0: kept due 2026-11-04T12:00:00Z
        cra-notification 0: overdue due 2026-11-06T12:00:00Z
        cra-final-report 0: running due 2026-11-24T00:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-11T00:00Z"));
    // The end of the case does not end what is owed to the authorities.
    let closed = story.then("2026-11-12T00:00Z", "ada", Event::Closed { reason: "done".into() });
    assert!(closed.clocks(&policy, "2026-11-13T00:00Z").contains("cra-final-report 0: running due 2026-11-24"));
    assert!(closed.due(&policy, "2026-11-25T00:00Z").contains("cra-final-report 0 broken"));
    let done = closed.submitted("2026-11-20T00:00Z", "bob", "cra-final-report");
    assert!(done.clocks(&policy, "2026-11-21T00:00Z").contains("cra-final-report 0: kept"));
    // The law stands in the explanation, and nothing of it is the reporter's.
    let clocks = promises::clocks(&done.case(), &policy, at("2026-11-21T00:00Z"));
    assert!(clocks.iter().all(|clock| !clock.is_to_reporter()));
    assert!(clocks.iter().any(|clock| clock.why[0] == "Regulation (EU) 2024/2847, Article 14(2)(c)"));
}

#[test]
fn a_severe_incident_is_a_duty_of_its_own_whose_report_is_due_a_month_after_the_notification() {
    let policy = with("[\"eu-cra\"]");
    let known =
        Event::IncidentKnown { ground: "A build server was entered.".into(), aware_at: Some(at("2027-01-28T12:00Z")) };
    let story = Story::reported("2027-01-20T00:00Z").then("2027-01-28T13:00Z", "ada", known);
    expect![[r#"
        cra-incident-early-warning 0: running due 2027-01-29T12:00:00Z
        cra-incident-notification 0: running due 2027-01-31T12:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2027-01-28T13:00Z"));
    let story = story.submitted("2027-01-29T11:00Z", "ada", "cra-incident-early-warning");
    assert!(!story.clocks(&policy, "2027-01-29T12:00Z").contains("final-report"), "only the notification starts it");
    // February has no 31st day.
    let story = story.submitted("2027-01-31T10:00Z", "ada", "cra-incident-notification");
    expect![[r#"
        cra-incident-early-warning 0: kept due 2027-01-29T12:00:00Z
        cra-incident-notification 0: kept due 2027-01-31T12:00:00Z
        cra-incident-final-report 0: running due 2027-02-28T10:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2027-02-01T00:00Z"));
    // An incident stays one, also when the report that told of it comes to nothing.
    let story = story.rejected("2027-02-02T00:00Z", "bob");
    assert!(story.due(&policy, "2027-03-01T00:00Z").contains("cra-incident-final-report 0 broken"));
    let case = story.case();
    let early = duties::draft(Draft::CraIncidentEarlyWarning, &case, &policy);
    assert!(early.contains("Article 14(4)(a)") && early.contains("unlawful or malicious acts"), "{early}");
    let notified = duties::draft(Draft::CraIncidentNotification, &case, &policy);
    assert!(notified.contains("A build server was entered.") && notified.contains("Initial assessment"), "{notified}");
    let last = duties::draft(Draft::CraIncidentFinalReport, &case, &policy);
    assert!(last.contains("Article 14(4)(c)") && last.contains("root cause"), "{last}");
}

#[test]
fn months_end_on_the_same_day_or_the_last_of_a_shorter_one() {
    let policy = policy("[calendar]\ntime_zone = \"Europe/Berlin\"\n");
    let calendar = policy.calendar().unwrap();
    for (start, length, due) in [
        ("2027-01-31T10:00Z", "1 month", "2027-02-28T10:00:00Z"),
        ("2028-01-31T10:00Z", "1 month", "2028-02-29T10:00:00Z"),
        // The clocks go forward on 28 March.
        ("2027-03-15T10:00Z", "1 month", "2027-04-15T09:00:00Z"),
        ("2027-11-30T10:00Z", "3 months", "2028-02-29T10:00:00Z"),
    ] {
        assert_eq!(calendar.due(at(start), length.parse().unwrap(), &[]).to_string(), due, "{start} {length}");
    }
    assert_eq!(
        calendar.before(at("2027-03-31T09:00Z"), "1 month".parse().unwrap()).to_string(),
        "2027-02-28T10:00:00Z"
    );
}

#[test]
fn a_measure_that_was_there_before_counts_from_awareness_and_a_false_report_owes_nothing() {
    let policy = with("[\"eu-cra\"]");
    let fixed = Story::reported("2026-11-01T00:00Z").confirmed("2026-11-02T00:00Z", "ada").fixed(
        "2026-11-03T00:00Z",
        "ada",
        "",
    );
    let aware = fixed.aware("2026-11-20T00:00Z", "ada", None);
    assert!(
        aware.clocks(&policy, "2026-11-20T00:00Z").contains("cra-final-report 0: running due 2026-12-04T00:00:00Z")
    );
    let false_alarm = Story::reported("2026-11-01T00:00Z")
        .aware("2026-11-01T06:00Z", "ada", None)
        .rejected("2026-11-01T12:00Z", "bob");
    assert_eq!(false_alarm.due(&policy, "2027-01-01T00:00Z"), "");
    let clocks = false_alarm.clocks(&policy, "2027-01-01T00:00Z");
    assert_eq!(clocks.matches("ended").count(), 2, "{clocks}");
}

#[test]
fn drafts_say_what_the_case_says_and_ask_for_the_rest() {
    let policy = with("[\"eu-cra\", \"cna\"]");
    let story = Story::reported("2026-11-01T00:00Z")
        .verified("2026-11-01T06:00Z", "ada")
        .confirmed("2026-11-02T00:00Z", "ada")
        .aware("2026-11-02T06:00Z", "ada", None)
        .fixed("2026-11-03T00:00Z", "ada", "")
        .rated("2026-11-03T00:00Z", "ada", "critical");
    let case = story.case();
    expect![[r#"
        Notification of an actively exploited vulnerability
        Regulation (EU) 2024/2847, Article 14(2)(b)

        Manufacturer:
        Sample

        Contact:
        primary, one@example.org

        Product with digital elements:
        Sample

        Aware since:
        2026-11-02T06:00:00Z

        General nature of the vulnerability:
        A title

        General nature of the exploit:
        Logs of a user

        Corrective or mitigating measures taken:
        2026-11-03, fix released, 1.2.3

        Corrective or mitigating measures that users can take:
        Upgrade to 1.2.3.

        How sensitive this information is:
        [who may read it, and until when it must not spread]
    "#]]
    .assert_eq(&duties::draft(Draft::CraNotification, &case, &policy));
    let early = duties::draft(Draft::CraEarlyWarning, &case, &policy);
    assert!(early.contains("Member States") && early.contains("Article 14(2)(a)"));
    let last = duties::draft(Draft::CraFinalReport, &case, &policy);
    for part in
        ["Severity:\nCritical", "Who exploited it:\n[", "Security update or other corrective measures:\n2026-11-03"]
    {
        assert!(last.contains(part), "{part}\n{last}");
    }
    assert_eq!(duties::asked_for(&case, &policy).len(), 4);
}

#[test]
fn a_drill_and_what_is_owed_to_others_stay_out_of_the_public_figures() {
    let policy = with("[\"eu-cra\"]");
    let now = at("2027-01-01T00:00Z");
    let figures = |story: &Story| {
        let mut tally = Tally::default();
        tally.add(&story.case(), &policy, now);
        tally.finish(now, &jiff::tz::TimeZone::UTC)
    };
    let story = Story::reported("2026-11-01T00:00Z").aware("2026-11-01T06:00Z", "ada", None);
    assert!(story.clocks(&policy, "2027-01-01T00:00Z").contains("overdue"));
    assert!(figures(&story).iter().all(|quarter| quarter.promises.is_empty()));
    let drill = story.then("2026-11-01T07:00Z", "ada", Event::DrillDeclared);
    assert_eq!(figures(&drill), Vec::new());
}

#[test]
fn what_is_taken_into_service_says_everything_itself() {
    let source = "include = [\"cna\", \"parts/ours.toml\"] # what we share\n\n[program]\nslug = \"sample\"\nname = \"Sample\"\n\n\
                  [[contacts]]\nrole = \"primary\"\nemail = \"one@example.org\"\n\n[calendar]\nics = [\"days.ics\"]\n";
    let find = |path: &str| {
        match path {
        "parts/ours.toml" => Ok("[[gates]]\nbefore = \"publish\"\nneeds = \"severity\"\n".to_owned()),
        "days.ics" => Ok("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nSUMMARY:\"Eve\"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".to_owned()),
        other => Err(format!("`{other}` is not there")),
    }
    };
    let (policy, whole) = file::read_with(source, &find).unwrap_or_else(|findings| panic!("{findings:#?}"));
    assert!(policy.promise("cve-record").is_some());
    assert_eq!(policy.gates.len(), 1);
    assert_eq!(policy.included, ["cna", "parts/ours.toml"]);
    assert!(!policy.calendar().unwrap().works_on("2026-12-24".parse().unwrap()));
    // Read again, alone: the same policy, and nothing is taken in twice.
    assert_eq!(file::read_again(&whole).unwrap(), policy);
    let (again, same) = file::read_with(&whole, &fragments::nowhere).unwrap();
    assert_eq!((again, same), (policy, whole));
}

#[test]
fn what_cannot_be_included_is_told_where_it_is_asked_for() {
    let rest = "\n[program]\nslug = \"sample\"\nname = \"Sample\"\n\n[[contacts]]\nrole = \"primary\"\nemail = \"one@example.org\"\n";
    let told = |source: &str, part: &str| {
        let found = |_: &str| Ok(part.to_owned());
        let findings = file::read_with(&format!("{source}{rest}"), &found).unwrap_err();
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    expect!["1:12: include[0]: there is no fragment `eu-crq`; did you mean `eu-cra`?; a file is named by its path, like \"parts/eu-crq.toml\""]
        .assert_eq(&told("include = [\"eu-crq\"]\n", ""));
    expect!["1:12: include[0]: the fragment is not TOML: extra assignment operators, expected nothing"]
        .assert_eq(&told("include = [\"a.toml\"]\n", "a = = 1").replace("extra `=`", "extra assignment operators"));
    expect!["1:12: include[0]: a fragment holds lists of tables only, like [[promises]]; leave `program` out"]
        .assert_eq(&told("include = [\"a.toml\"]\n", "[program]\nname = \"Other\"\n"));
    expect![[r#"1:12: promises[0].within: in `a.toml`: `soon` is no length of time; write it like "48 hours", "3 working days" or "30 days""#]]
        .assert_eq(&told("include = [\"a.toml\"]\n", "[[promises]]\nname = \"a\"\nwhat = \"b\"\nkept_by = \"fix\"\nwithin = \"soon\"\n"));
    expect!["2:8: calendar.ics[0]: `x.ics`: this is no iCalendar file; it begins with BEGIN:VCALENDAR"]
        .assert_eq(&told("[calendar]\nics = [\"x.ics\"]\n", "X:1\n"));
}

#[test]
fn wrong_rules_about_time_are_told() {
    let text = "[program]\nslug = \"sample\"\nname = \"Sample\"\n\n[[contacts]]\nrole = \"primary\"\nemail = \"one@example.org\"\n\n\
        [[promises]]\nname = \"a\"\nwhat = \"b\"\nkept_by = \"fix\"\nwithin = \"8 working hours\"\nwithin_by_severity = { sever = \"1 day\", high = \"0 days\" }\n\n\
        [[promises]]\nname = \"c\"\nwhat = \"d\"\nkept_by = \"audted\"\nwithin = \"1 day\"\n\n\
        [[promises]]\nname = \"e\"\nwhat = \"f\"\nkept_by = \"message\"\nwithin = \"1 day\"\ncalendar = \"ofice\"\nrepeats = true\neach_time = true\n\n\
        [[calendars]]\nname = \"office\"\nhours = \"17:00-09:00\"\nics = [\"gone.ics\"]\n\n[[calendars]]\nname = \"Two\"\nhours = \"9-17\"\n\n\
        [[pauses]]\nfrom = \"2026-12-21\"\nuntil = \"2026-12-01\"\nreason = \"\"\npromises = [\"b\"]\n\n\
        [silence]\nclose_after = \"12 hours\"\nremind = [\"3 days\"]\n";
    let told = |text: &str| {
        let findings = file::read(text).unwrap_err();
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert!(told(text).contains("`gone.ics` cannot be read here"));
    let text = text.replace("ics = [\"gone.ics\"]\n", "");
    assert!(told(&text).contains("promises[1].kept_by: `audted` is not known here; did you mean `audited`?"));
    expect![[r#"
        13:10: promises[0].within: working hours need hours; write hours = "09:00-17:00" in the calendar it counts by
        14:32: promises[0].within_by_severity.sever: `sever` is no severity; known are `none`, `low`, `medium`, `high`, `critical`
        14:48: promises[0].within_by_severity.high: nobody can keep a promise within no time; give it at least a minute
        27:12: promises[2].calendar: there is no calendar called `ofice`; did you mean `office`?
        29:13: promises[2].each_time: it either repeats on its own, or starts anew with each moment that starts it; leave one out
        33:9: calendars[0].hours: `17:00-09:00` ends before it begins; hours over midnight are written as two days
        36:8: calendars[1].name: `Two` cannot name a calendar; use lower-case letters, digits and single dashes
        37:9: calendars[1].hours: `9-17` are no hours; write them like "09:00-17:00"
        41:9: pauses[0].until: `2026-12-01` is before it begins
        42:10: pauses[0].reason: write why, for the people who read the form; it is empty
        43:13: pauses[0].promises[0]: there is no promise called `b`; did you mean `a`?
        46:15: silence.close_after: nobody can answer so soon; leave the reporter more than a day
        47:11: silence.remind[0]: 3 days before the case is closed is before the question; it is closed after 12 hours"#]].assert_eq(&told(&text.replace("audted", "audited")));
}

/// What a member or the reporter asks of a case, decided by the core.
fn decided(story: &Story, policy: &Policy, actor: &Actor, command: Command, when: &str) -> Result<Vec<Event>, Refusal> {
    let case = story.case();
    let facts = Facts {
        now: at(when),
        policy_version: 1,
        advisory_id: String::new(),
        may_hold: true,
        moving_to: None,
        base_url: String::new(),
        ..Facts::default()
    };
    decide(&case, &allow(Some(&case), policy, actor, command, at(when)).expect("they may ask"), policy, &facts)
}

fn coordinator() -> Actor {
    Actor::Member { id: MemberId::from("ada"), roles: vec![("sample".into(), Role::Coordinator)] }
}

#[test]
fn i4_a_case_that_is_taken_up_again_is_not_closed_for_an_old_question() {
    let policy = policy(&format!("{ANSWER}{SILENCE}"));
    let story = Story::reported("2026-03-01T00:00Z").asked("2026-03-02T00:00Z", "ada");
    let story = story.rejected("2026-03-05T00:00Z", "ada").reopened("2026-05-01T00:00Z", "ada");
    assert_eq!(promises::silence_ends(&story.case(), &policy), None);
    assert!(!story.ticked("2026-05-02T00:00Z", &policy).case().is_closed());
}

#[test]
fn i4_a_mail_that_may_be_a_strangers_says_nothing_about_the_reporter() {
    let policy = policy(&format!("{ANSWER}{SILENCE}"));
    let mut story = Story::reported("2026-11-01T00:00Z").asked("2026-11-02T00:00Z", "ada");
    let text = "I am away until Monday.".to_owned();
    let mail = Event::MailUnverified { report: 0, text, files: Vec::new(), noticed: Vec::new() };
    story.push("2026-11-03T00:00Z", Author::Reporter(0), mail);
    assert_eq!(promises::silence_ends(&story.case(), &policy), Some(at("2026-12-02T00:00Z")));
}

#[test]
fn s3_a_new_estimate_that_passes_too_is_told_to_the_team() {
    let target = ANSWER.replace("within", "kind = \"target\"\nwithin");
    let policy = policy(&target);
    let story = Story::reported("2026-11-01T00:00Z").ticked("2026-11-04T00:00Z", &policy);
    let estimate = |until: &str| Event::Estimated { promise: "answer".into(), until: at(until), reason: "Ill".into() };
    let story = story.then("2026-11-04T12:00Z", "ada", estimate("2026-11-08T00:00Z"));
    assert!(promises::owed(&story.case(), &policy, at("2026-11-07T00:00Z")).is_empty());
    assert_eq!(promises::wake_at(&story.case(), &policy), Some(at("2026-11-08T00:00Z")));
    let story = story.ticked("2026-11-08T00:00Z", &policy);
    assert_eq!(story.case().history.last().map(|entry| entry.what.kind()), Some("bell-rung"));
    assert_eq!(promises::owed(&story.case(), &policy, at("2026-11-08T00:00Z")).len(), 1);
    assert_eq!(promises::wake_at(&story.case(), &policy), None, "it rings once");
    let story = story.then("2026-11-08T12:00Z", "ada", estimate("2026-11-10T00:00Z"));
    assert_eq!(promises::wake_at(&story.case(), &policy), Some(at("2026-11-10T00:00Z")), "and once for each new date");
}

#[test]
fn p10_nothing_of_a_closed_report_goes_out_once_it_is_taken_up_again() {
    let policy = policy("[disclosure]\nclosed_reports = \"full\"\n");
    let story = Story::reported("2026-11-01T00:00Z").rejected("2026-11-02T00:00Z", "ada");
    let command = Command::PublishSummary { title: "A report".into(), text: "Every step.".into() };
    let proposed = decided(&story, &policy, &coordinator(), command.clone(), "2026-11-03T00:00Z").expect("proposed");
    let story = proposed.into_iter().fold(story, |story, event| story.then("2026-11-03T00:00Z", "ada", event));
    let reopen = Command::Reopen { reason: "It is true.".into() };
    let reopened = decided(&story, &policy, &coordinator(), reopen, "2026-11-04T00:00Z").expect("reopened");
    let kinds: Vec<_> = reopened.iter().map(Event::kind).collect();
    assert_eq!(kinds, ["reopened", "summary-withdrawn"]);
    let story = reopened.into_iter().fold(story, |story, event| story.then("2026-11-04T00:00Z", "ada", event));
    let reporter = Actor::Reporter { case: story.case().id.clone(), report: 0 };
    let yes = Command::AnswerSummary { agree: true, text: String::new(), asked: None };
    assert!(decided(&story, &policy, &reporter, yes, "2026-11-05T00:00Z").is_err());
}

#[test]
fn m6_whatever_answers_the_reporter_first_passes_the_gate_of_the_first_answer() {
    let gate = "[[gates]]\nbefore = \"acknowledge\"\nneeds = \"fields\"\nfields = [\"holder\"]\nbecause = \"So.\"\n";
    let policy = policy(gate);
    let story = Story::reported("2026-11-01T00:00Z");
    let answer = || Command::Answer { text: "Hello".into(), files: Vec::new(), next_steps: false };
    assert!(matches!(decided(&story, &policy, &coordinator(), answer(), "2026-11-02T00:00Z"), Err(Refusal::Gate(_))));
    let story = story.acknowledged("2026-11-02T00:00Z", "ada");
    assert!(decided(&story, &policy, &coordinator(), answer(), "2026-11-03T00:00Z").is_ok());
}
