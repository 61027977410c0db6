//! Pauses, the reporter's silence, what is owed for a missed target, duties by law and drills, through API, desk and letters.

use super::desk::{Desk, Ines, Jonas, draft, list, pair, verified, word};
use crate::support::service::answered;
use candor::store::journal;
use serde_json::{Value, json};

const HEAD: &str = r#"
include = ["eu-cra", "cna"]
contacts = [{ role = "primary", email = "first@team.example" }, { role = "list", email = "list@team.example" }]
[program]
slug = "sample"
name = "Sample"
[advisories]
namespace = "https://sample.example"
"#;

const PROMISES: &str = r#"
[[promises]]
name = "answer"
what = "a first answer"
kept_by = "acknowledgement"
within = "3 days"
escalate = [{ to = "list", after = "0 hours" }]

[[promises]]
name = "verdict"
what = "a verdict"
kept_by = "verdict"
within = "10 days"
kind = "target"
waits_for_reporter = true
wait_limit = "7 days"

[[promises]]
name = "patch"
what = "a patch"
kept_by = "fix"
within = "60 days"
kind = "target"
waits_for_reporter = true
wait_limit = "14 days"
"#;

const PAUSE: &str = r#"
[[pauses]]
from = "2026-12-21"
until = "2027-01-03"
reason = "The team is on holiday."
"#;

const SILENCE: &str = r#"
[silence]
close_after = "30 days"
remind = ["10 days"]
text = "We heard nothing from you."
"#;

fn policy(rest: &str) -> String {
    format!("{HEAD}{PROMISES}{rest}")
}

fn report() -> Value {
    json!({
        "title": "Tokens are shown",
        "description": "The log holds tokens.",
        "product": "Sample",
        "reporter": { "name": "Ada", "email": "ada@outside.example" },
    })
}

fn exploited() -> Value {
    let mut report = report();
    report["exploited"] = json!(true);
    report
}

fn say(command: &str, text: &str) -> Value {
    json!({ "command": command, "text": text })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p8_a_planned_pause_is_told_on_the_form_moves_the_dates_and_leaves_a_lane_open() {
    let desk = Desk::open("sample", &policy(PAUSE), "2026-12-20T09:00:00Z").await;
    let browser = desk.service.browser();
    assert!(!browser.get("/sample/report").await.body.contains("The intake is paused"));
    desk.at("2026-12-24T10:00:00Z");
    let form = browser.get("/sample/report").await;
    assert!(form.body.contains("The team is on holiday. The intake is paused until"), "{}", form.body);
    assert!(form.texts(".dates").join(" ").contains("7 Jan"), "{:?}", form.texts(".dates"));

    // Three days from the end of the pause, 4 January 00:00.
    let case = desk.report("2026-12-24T10:00:00Z", report()).await;
    assert_eq!(case.promised("answer"), "2027-01-07 00:00");
    assert_eq!(desk.clock(&case, "answer").await, pair("paused", "2027-01-07 00:00"));
    let own = desk.own(&case).await;
    assert!(own["promises"].to_string().contains("while the intake is paused: The team is on holiday (Thu 24 Dec 2026, 10:00 UTC to Mon 4 Jan 2027, 00:00 UTC)"), "{own}");
    assert_eq!(own["promises"][0]["pauses"][0]["to"], "2027-01-04T00:00:00Z");

    // What is being exploited runs on as ever, and the queue says so.
    let urgent = desk.report("2026-12-24T11:00:00Z", exploited()).await;
    assert_eq!(urgent.promised("answer"), "2026-12-27 11:00");
    assert_eq!(desk.clock(&urgent, "answer").await, pair("running", "2026-12-27 11:00"));
    let queue = desk.browser().await.get("/desk").await;
    assert!(queue.body.contains("being exploited"));
    let told = desk.works("2026-12-28T00:00:00Z").await;
    assert_eq!(told.iter().filter(|(to, _)| to == "list@team.example").count(), 1, "one breach: {told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i4_a_silent_reporter_is_reminded_and_their_next_word_opens_the_case_again() {
    let desk = Desk::open("sample", &policy(SILENCE), "2026-11-01T09:00:00Z").await;
    let case = desk.report("2026-11-01T10:00:00Z", report()).await;
    desk.does("2026-11-02T10:00:00Z", Jonas, &case, say("ask", "Which version?")).await;
    desk.works("2026-11-02T10:01:00Z").await;
    // The letter names the limit at which all clocks run again: the longest, fourteen days.
    let letter = desk.shown().into_iter().find(|(_, subject, _)| subject.contains("A question")).expect("it left").2;
    assert!(letter.contains("by Mon 16 Nov 2026, 10:00 UTC"), "{letter}");
    assert!(desk.journal(&case, &["wait-ended"]).await.is_empty());
    desk.works("2026-11-16T09:59:00Z").await;
    assert!(desk.journal(&case, &["wait-ended"]).await.is_empty());
    desk.works("2026-11-16T10:01:00Z").await;
    assert_eq!(desk.journal(&case, &["wait-ended"]).await.len(), 1);

    let browser = desk.service.browser();
    let enter = browser.get("/receipt").await.form("/receipt");
    browser.post("/receipt", &answered(enter, &[("receipt", &case.receipt)])).await;
    let reminded = desk.works("2026-11-22T10:01:00Z").await;
    assert!(
        reminded.iter().any(|(to, subject)| to == "ada@outside.example" && subject.contains("still waits for you"))
    );
    let letter = desk.shown().pop().expect("a letter").2;
    assert!(letter.contains("by Wed 2 Dec 2026, 10:00 UTC"), "{letter}");
    let closed = desk.works("2026-12-02T10:01:00Z").await;
    assert!(closed.iter().any(|(to, _)| to == "ada@outside.example"), "{closed:?}");
    let own = desk.own(&case).await;
    assert_eq!((word(&own["state"]), word(&own["outcome"]["outcome"])), pair("closed", "no-answer"));
    assert!(own["history"].to_string().contains("We heard nothing from you."));

    // Their next word opens it again, and the clocks did not run meanwhile.
    let wrote = desk.reporter("2026-12-10T10:00:00Z", &case, "messages", json!({ "text": "Version 2." })).await;
    assert!(wrote.status < 300, "{wrote:?}");
    assert_eq!(word(&desk.own(&case).await["state"]), "triage");
    let kinds: Vec<_> = desk.journal(&case, &["reporter-wrote", "reopened"]).await;
    assert_eq!(kinds.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i4_the_reporters_page_says_that_clocks_stand_still_only_where_they_do() {
    let alone = format!(
        "{HEAD}[[promises]]\nname = \"answer\"\nwhat = \"an answer\"\nkept_by = \"verdict\"\nwithin = \"9 days\"\n"
    );
    for (source, stands) in [(policy(""), true), (alone, false)] {
        let desk = Desk::open("sample", &source, "2026-11-01T09:00:00Z").await;
        let case = desk.report("2026-11-01T10:00:00Z", report()).await;
        desk.does("2026-11-02T10:00:00Z", Jonas, &case, say("ask", "Which version?")).await;
        let browser = desk.service.browser();
        let form = browser.get("/receipt").await.form("/receipt");
        browser.post("/receipt", &answered(form, &[("receipt", &case.receipt)])).await;
        let page = browser.get("/receipt").await;
        assert!(page.body.contains("The team asked you something."), "{}", page.body);
        assert_eq!(page.body.contains("stand still until it comes"), stands);
        desk.works("2026-11-02T10:01:00Z").await;
        let letter =
            desk.shown().into_iter().find(|(_, subject, _)| subject.contains("A question")).expect("it left").2;
        assert_eq!(letter.contains("stand still"), stands, "{letter}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_a_missed_target_is_owed_for_on_the_case_the_queue_and_the_reporters_page() {
    let desk = Desk::open("sample", &policy(""), "2026-11-01T09:00:00Z").await;
    let case = desk.report("2026-11-01T10:00:00Z", report()).await;
    desk.does("2026-11-01T11:00:00Z", Jonas, &case, say("acknowledge", "On it.")).await;
    desk.works("2026-11-11T10:01:00Z").await;
    let browser = desk.browser().await;
    let page = browser.get(&format!("/desk/cases/{}", case.case)).await;
    assert!(page.texts(".next-owed").join(" ").contains("owed a reason and a new date"), "{}", page.body);
    assert!(browser.get("/desk").await.body.contains("owes a reason and a new date"));
    assert_eq!(desk.case(&case).await["owed"][0]["promise"], "verdict");
    let estimate = json!({
        "command": "estimate", "promise": "verdict", "until": "2026-11-20T10:00:00Z", "reason": "We wait for a part.",
    });
    desk.does("2026-11-12T10:00:00Z", Ines, &case, estimate).await;
    assert_eq!(list(&desk.case(&case).await["owed"]).len(), 0);
    assert!(!browser.get("/desk").await.body.contains("owes a reason and a new date"));
    // The new date passes, too.
    desk.at("2026-11-21T10:00:00Z");
    assert_eq!(desk.case(&case).await["owed"][0]["since"], "2026-11-20T10:00:00Z");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_cyber_resilience_act_asks_for_is_decided_drafted_submitted_and_proven() {
    let desk = Desk::open("sample", &policy(""), "2026-11-01T09:00:00Z").await;
    let case = desk.report("2026-11-01T10:00:00Z", exploited()).await;
    let browser = desk.browser().await;
    let href = format!("/desk/cases/{}", case.case);
    let page = browser.get(&href).await;
    assert!(page.texts(".next-owed").join(" ").contains("Decide whether the team is aware"), "{}", page.body);
    assert!(!desk.has_clock(&case, "cra-early-warning").await);

    // The decision: at 12:00 the team knew since 11:00.
    let known = json!({
        "command": "know-exploitation", "ground": "Logs of a user.", "aware_at": "2026-11-01T11:00:00Z",
    });
    let late = json!({ "command": "know-exploitation", "ground": "x", "aware_at": "2027-11-01T11:00:00Z" });
    assert_eq!(desk.is_refused("2026-11-01T12:00:00Z", Jonas, &case, late).await.0, "field");
    desk.does("2026-11-01T12:00:00Z", Jonas, &case, known).await;
    assert_eq!(desk.clock(&case, "cra-early-warning").await, pair("running", "2026-11-02 11:00"));
    assert_eq!(desk.clock(&case, "cra-notification").await, pair("running", "2026-11-04 11:00"));
    let own = desk.own(&case).await;
    assert!(!own.to_string().contains("cra-"), "what is owed to others is not the reporter's to see");
    let warned = desk.works("2026-11-02T05:01:00Z").await;
    assert!(
        warned.iter().any(|(to, subject)| to == "first@team.example" && subject.contains("early warning")),
        "{warned:?}"
    );
    assert!(!desk.own(&case).await.to_string().contains("early warning"));

    // The desk drafts (a session does not last over night); a member submits elsewhere and puts the proof on record.
    let browser = desk.browser().await;
    let act = format!("{href}/record-submission");
    let form = browser.get(&act).await;
    assert!(form.body.contains("Article 14(2)(a)") && form.body.contains("Member States"), "{}", form.body);
    let fields = answered(form.form(&act), &[("promise", "cra-early-warning"), ("reference", "")]);
    let again = browser.post(&act, &fields).await;
    assert_eq!(again.status, 200, "a proof needs a reference");
    desk.at("2026-11-02T09:00:00Z");
    let fields =
        answered(browser.get(&act).await.form(&act), &[("promise", "cra-early-warning"), ("reference", "SRP-77")]);
    assert_eq!(browser.post(&act, &fields).await.status, 303);
    assert_eq!(desk.clock(&case, "cra-early-warning").await.0, "kept");
    let page = browser.get(&href).await;
    assert!(page.body.contains("SRP-77") && page.body.contains("Submitted: cra-early-warning"));
    let proof = desk.case(&case).await["submissions"][0].clone();
    assert!(word(&proof["text"]).contains("Early warning of an actively exploited vulnerability"), "{proof}");
    let wrong = json!({ "command": "record-submission", "promise": "answer", "reference": "1" });
    assert!(desk.is_refused("2026-11-02T09:01:00Z", Jonas, &case, wrong).await.1.contains("not kept by a submission"));

    // A measure is there: fourteen days for the final report, also after publication and closing.
    desk.does("2026-11-02T10:00:00Z", Jonas, &case, verified()).await;
    desk.does("2026-11-02T10:10:00Z", Ines, &case, say("confirm", "It is so.")).await;
    let described = json!({
        "command": "describe", "title": "Tokens in logs", "product": "Sample", "component": null, "aliases": ["CVE-2026-4242"],
    });
    desk.does("2026-11-02T10:20:00Z", Ines, &case, described).await;
    desk.does("2026-11-02T10:25:00Z", Ines, &case, draft("Tokens in logs", "Sample", "2.0.1", json!({}))).await;
    desk.does("2026-11-02T10:30:00Z", Ines, &case, json!({ "command": "approve-advisory", "revision": 1 })).await;
    desk.does("2026-11-02T10:40:00Z", Ines, &case, json!({ "command": "publish" })).await;
    let fix = json!({ "command": "record-fix", "branch": "", "kind": "patch", "version": "2.0.1", "details": "" });
    desk.does("2026-11-03T10:00:00Z", Ines, &case, fix).await;
    assert_eq!(desk.clock(&case, "cra-final-report").await, pair("running", "2026-11-17 10:00"));
    assert_eq!(word(&desk.case(&case).await["state"]), "published");
    assert_eq!(desk.clock(&case, "cve-record").await, pair("running", "2026-11-06 10:00"), "72 hours from publication");
    desk.does("2026-11-03T11:00:00Z", Ines, &case, json!({ "command": "close", "reason": "Done." })).await;
    assert!(desk.queue(&[]).await.1.contains(&"Tokens in logs".to_owned()), "it still needs somebody");
    desk.works("2026-11-06T10:01:00Z").await;
    assert_eq!(desk.clock(&case, "cve-record").await.0, "broken", "no closing hides what is owed");
    for promise in ["cra-notification", "cra-final-report", "cve-record"] {
        let sent = json!({ "command": "record-submission", "promise": promise, "reference": "R-1" });
        desk.does("2026-11-10T10:00:00Z", Jonas, &case, sent).await;
    }
    assert_eq!(desk.clock(&case, "cra-final-report").await.0, "kept");
    assert!(!desk.queue(&[]).await.1.contains(&"Tokens in logs".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_severe_incident_has_its_own_duties_drafts_and_proofs_and_is_not_shown_to_the_reporter() {
    let desk = Desk::open("sample", &policy(""), "2027-01-27T09:00:00Z").await;
    let case = desk.report("2027-01-27T10:00:00Z", report()).await;
    assert!(!desk.has_clock(&case, "cra-incident-notification").await);
    let browser = desk.browser().await;
    let act = format!("/desk/cases/{}/know-incident", case.case);
    let form = browser.get(&act).await.form(&act);
    let fields = [("ground", "The build server was entered."), ("aware_at", "2027-01-27 09:30")];
    assert_eq!(browser.post(&act, &answered(form, &fields)).await.status, 303);
    assert_eq!(desk.clock(&case, "cra-incident-early-warning").await, pair("running", "2027-01-28 09:30"));
    assert_eq!(desk.clock(&case, "cra-incident-notification").await, pair("running", "2027-01-30 09:30"));
    assert!(!desk.has_clock(&case, "cra-early-warning").await, "nobody said that a vulnerability is exploited");
    let own = desk.own(&case).await.to_string();
    assert!(!own.contains("incident") && !own.contains("build server"), "{own}");
    candor::worker::build_tree(&desk.service.app).await.expect("the tree is built");
    let page = desk.service.browser().get("/sample").await;
    let promised = page.texts("table tr").join(" ");
    assert!(promised.contains("A first answer") && !promised.contains("early warning"), "{promised}");
    assert!(page.body.contains("What we owe to others"), "{}", page.body);
    let warned = desk.works("2027-01-28T03:31:00Z").await;
    assert!(warned.iter().any(|(_, subject)| subject.contains("early warning of a severe incident")), "{warned:?}");
    desk.at("2027-01-27T11:00:00Z");
    let act = format!("/desk/cases/{}/record-submission", case.case);
    let page = browser.get(&act).await;
    for words in ["Article 14(4)(a)", "Article 14(4)(b)", "unlawful or malicious acts", "The build server was entered."]
    {
        assert!(page.body.contains(words), "{words} in {}", page.body);
    }
    let sent = |promise: &str| json!({ "command": "record-submission", "promise": promise, "reference": "SRP-1" });
    desk.does("2027-01-28T08:00:00Z", Jonas, &case, sent("cra-incident-early-warning")).await;
    desk.does("2027-01-30T08:00:00Z", Jonas, &case, sent("cra-incident-notification")).await;
    // One month after the notification, on the last day of February.
    assert_eq!(desk.clock(&case, "cra-incident-final-report").await, pair("running", "2027-02-28 08:00"));
    desk.does("2027-02-01T08:00:00Z", Ines, &case, say("reject", "It is no vulnerability of ours.")).await;
    assert_eq!(desk.clock(&case, "cra-incident-final-report").await.0, "running", "the duty goes on");
    desk.does("2027-02-20T08:00:00Z", Jonas, &case, sent("cra-incident-final-report")).await;
    assert_eq!(desk.clock(&case, "cra-incident-final-report").await.0, "kept");
    let seen = desk.case(&case).await;
    assert_eq!(seen["submissions"].as_array().map(Vec::len), Some(3));
    assert!(seen["incident_since"].is_string(), "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drill_runs_the_clocks_writes_to_the_team_alone_and_is_never_published() {
    let desk = Desk::open("sample", &policy(""), "2026-11-01T09:00:00Z").await;
    let body = json!({ "program": "sample", "report": exploited(), "drill": true });
    let case = desk.on_behalf("2026-11-01T10:00:00Z", Jonas, body).await;
    assert_eq!(desk.case(&case).await["drill"], true);
    desk.does("2026-11-01T11:00:00Z", Ines, &case, json!({ "command": "know-exploitation", "ground": "We play it." }))
        .await;
    desk.does("2026-11-01T11:00:00Z", Ines, &case, json!({ "command": "know-incident", "ground": "We play it." }))
        .await;
    desk.works("2026-11-01T11:01:00Z").await;
    let sent = desk.works("2026-11-04T11:00:00Z").await;
    assert!(sent.iter().any(|(_, subject)| subject.starts_with("Drill: ")), "{sent:?}");
    let all = desk.shown();
    assert!(all.iter().all(|(to, _, _)| to == "first@team.example"), "{all:?}");
    assert_eq!(desk.clock(&case, "cra-early-warning").await.0, "broken");
    assert_eq!(desk.clock(&case, "cra-incident-early-warning").await.0, "broken");
    desk.does("2026-11-04T12:00:00Z", Jonas, &case, verified()).await;
    desk.does("2026-11-04T12:10:00Z", Ines, &case, say("confirm", "It is so.")).await;
    desk.does("2026-11-04T12:20:00Z", Ines, &case, draft("Tokens", "Sample", "2.0.1", json!({}))).await;
    desk.does("2026-11-04T12:30:00Z", Ines, &case, json!({ "command": "approve-advisory", "revision": 1 })).await;
    let (code, _) = desk.is_refused("2026-11-04T12:40:00Z", Ines, &case, json!({ "command": "publish" })).await;
    assert_eq!(code, "drill");
    let page = desk.browser().await.get(&format!("/desk/cases/{}", case.case)).await;
    assert!(page.body.contains("This is a drill."));
    assert_eq!(desk.advisories().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_policy_changes_no_past_case_and_no_byte_of_its_journal() {
    let desk = Desk::open("sample", &policy(SILENCE), "2026-11-01T09:00:00Z").await;
    let old = desk.report("2026-11-01T10:00:00Z", report()).await;
    desk.does("2026-11-02T10:00:00Z", Jonas, &old, say("ask", "Which version?")).await;
    let stream = old.case.clone();
    // The first look of a day goes on record.
    let dates = [desk.clock(&old, "answer").await, desk.clock(&old, "verdict").await, desk.clock(&old, "patch").await];
    let before = journal::load(&desk.service.app.store, &stream).await.expect("it reads");
    let shorter = policy(PAUSE).replace("within = \"3 days\"", "within = \"1 day\"").replace("10 days", "2 days");
    let added = desk.service.app.add_program(&shorter).await.expect("a new version");
    assert_eq!((added.version, added.changed), (2, true));
    assert!(!desk.service.app.add_program(&shorter).await.expect("the same again").changed);
    let case = desk.case(&old).await;
    assert_eq!(case["policy_version"], 1);
    let same = [desk.clock(&old, "answer").await, desk.clock(&old, "verdict").await, desk.clock(&old, "patch").await];
    assert_eq!(same, dates);
    let after = journal::load(&desk.service.app.store, &stream).await.expect("it reads");
    assert!(before == after, "not a byte");
    // What comes now runs under the new one.
    let new = desk.report("2026-11-02T11:00:00Z", report()).await;
    assert_eq!(desk.case(&new).await["policy_version"], 2);
    assert_eq!(new.promised("answer"), "2026-11-03 11:00");
    assert_eq!(old.promised("answer"), "2026-11-04 10:00");
}
