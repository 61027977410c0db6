//! Dapr: working days in UTC over Christmas, a quorum of two, a timeline, a month for the whole matter.

use super::desk::{CRITICAL, Desk, Ines, Jonas, draft, minute, pair, verified, word};
use crate::support::service::answered;
use serde_json::{Value, json};

const DAPR: &str = include_str!("../../../../../examples/policies/dapr.toml");

fn report() -> Value {
    json!({
        "title": "The sidecar answers without its token",
        "description": "With an empty header the token is not asked for.",
        "product": "Dapr runtime",
        "steps": "curl -H 'dapr-api-token:' …",
        "reporter": { "name": "Ada", "email": "ada@outside.example" },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p8_p9_p10_p11_a_case_over_christmas_from_report_to_close() {
    let desk = Desk::open("dapr", DAPR, "2026-12-24T08:00:00Z").await;
    // Thursday 24 December, 15:00. Friday and Saturday are holidays, then comes Sunday.
    // 3 working days: Mon 28 (1), Tue 29 (2), Wed 30 (3). 30 days: 7 to 31 December and 23 into January.
    let case = desk.report("2026-12-24T15:00:00Z", report()).await;
    assert_eq!(case.promised("answer"), "2026-12-30 15:00");
    assert_eq!(case.promised("resolve"), "2027-01-23 15:00");
    // One working day before the answer is due is Tuesday 29; nobody holds the case, so the first contact is told.
    assert!(desk.works("2026-12-24T15:01:00Z").await.iter().any(|(_, subject)| subject.contains("new report")));
    assert!(desk.works("2026-12-29T14:59:00Z").await.is_empty());
    let warned = desk.works("2026-12-29T15:01:00Z").await;
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].0 == "maintainers@dapr.example" && warned[0].1.contains("30 Dec, 15:00 UTC"), "{warned:?}");
    desk.does("2026-12-30T14:00:00Z", Jonas, &case, json!({ "command": "acknowledge", "text": "Thank you." })).await;
    assert_eq!(desk.clock(&case, "answer").await, pair("kept", "2026-12-30 15:00"));

    // Confirmed Monday 4 January, 10:00: 24 hours to talk, and 2 working days for a timeline: Tue 5 (1), Wed 6 (2).
    assert!(!desk.has_clock(&case, "discuss").await);
    desk.does("2027-01-04T10:00:00Z", Ines, &case, json!({ "command": "confirm", "text": "It is so." })).await;
    assert_eq!(desk.clock(&case, "discuss").await, pair("running", "2027-01-05 10:00"));
    assert_eq!(desk.clock(&case, "timeline").await, pair("running", "2027-01-06 10:00"));
    let talk = json!({ "command": "discuss", "text": "Refuse empty headers." });
    desk.does("2027-01-04T11:00:00Z", Ines, &case, talk.clone()).await;
    desk.does("2027-01-04T11:30:00Z", Ines, &case, talk.clone()).await;
    assert_eq!(desk.clock(&case, "discuss").await.0, "running", "one member twice is not two");
    desk.does(
        "2027-01-04T11:40:00Z",
        Ines,
        &case,
        draft("Sidecar without a token", "Dapr runtime", "1.16.5", json!({})),
    )
    .await;
    desk.does("2027-01-04T11:42:00Z", Ines, &case, json!({ "command": "rate", "vectors": [CRITICAL] })).await;
    let approve = json!({ "command": "approve-advisory", "revision": 1 });
    let (code, why) = desk.is_refused("2027-01-04T11:45:00Z", Jonas, &case, approve.clone()).await;
    assert!(code == "gate" && why.contains("Only one member is on record"), "{why}");
    desk.does("2027-01-05T09:00:00Z", Jonas, &case, talk).await;
    assert_eq!(desk.clock(&case, "discuss").await, pair("kept", "2027-01-05 10:00"));
    desk.does("2027-01-05T09:05:00Z", Jonas, &case, approve).await;

    // At most 90 days from the report: 7 in December, 31 in January, 28 in February, 24 in March.
    let propose = |until: &str| json!({ "command": "propose-embargo", "until": until, "text": "Public by then?" });
    let (code, why) = desk.is_refused("2027-01-06T08:00:00Z", Ines, &case, propose("2027-03-24T15:01:00Z")).await;
    assert!(code == "embargo-too-long" && why.contains("2027-03-24T15:00"), "{why}");
    desk.does("2027-01-06T08:30:00Z", Ines, &case, propose("2027-01-22T12:00:00Z")).await;
    assert_eq!(desk.clock(&case, "timeline").await, pair("kept", "2027-01-06 10:00"));
    let declines = json!({ "agree": false, "text": "Two days sooner, please: I speak on the 21st." });
    assert_eq!(desk.reporter("2027-01-06T20:00:00Z", &case, "embargo", declines).await.status, 200);
    desk.does("2027-01-07T08:30:00Z", Ines, &case, propose("2027-01-20T12:00:00Z")).await;
    assert_eq!(desk.reporter("2027-01-07T20:00:00Z", &case, "embargo", json!({ "agree": true })).await.status, 200);
    for seen in [desk.case(&case).await, desk.own(&case).await] {
        assert_eq!(
            seen["embargo"],
            json!({ "until": "2027-01-20T12:00:00Z", "at": seen["embargo"]["at"], "agreed": true })
        );
    }

    let ordered = desk.does("2027-01-08T09:10:00Z", Ines, &case, json!({ "command": "publish" })).await;
    assert_eq!(ordered, ["publication-ordered"], "it waits for the fix");
    assert!(desk.advisories().await.is_empty());
    let fix = json!({ "command": "record-fix", "kind": "patch", "version": "1.16.5" });
    let fixed = desk.does("2027-01-20T12:30:00Z", Jonas, &case, fix).await;
    assert_eq!(fixed, ["fix-recorded", "published"]);
    assert_eq!(desk.advisories().await, ["DAPR-2027-1"]);
    assert_eq!(desk.clock(&case, "resolve").await, pair("kept", "2027-01-23 15:00"));
    desk.does("2027-01-21T09:00:00Z", Ines, &case, json!({ "command": "close", "reason": "All is out." })).await;
    assert_eq!(desk.own(&case).await["state"], "closed");
    assert!(desk.journal(&case, &["promise-broken"]).await.is_empty());
    desk.works("2027-03-01T00:00:00Z").await;
    assert!(desk.journal(&case, &["promise-broken"]).await.is_empty(), "nothing rings after the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_p2_what_is_out_of_scope_ends_with_where_to_go() {
    let desk = Desk::open("dapr", DAPR, "2027-02-01T08:00:00Z").await;
    let case = desk.report("2027-02-01T09:00:00Z", report()).await;
    let redirect = |clause: &str, text: &str| json!({ "command": "out-of-scope", "clause": clause, "text": text });
    let (code, why) = desk.is_refused("2027-02-01T10:00:00Z", Ines, &case, redirect("elsewhere", "Not ours.")).await;
    assert!(code == "field" && why.contains("applications, not-security, not-fixable-here"), "{why}");
    let (_, why) = desk.is_refused("2027-02-01T10:01:00Z", Ines, &case, redirect("not-fixable-here", " ")).await;
    assert!(why.contains("tell the reporter the reason"), "{why}");
    desk.does("2027-02-01T10:02:00Z", Ines, &case, redirect("not-fixable-here", "This is in the proxy before it."))
        .await;
    let own = desk.own(&case).await;
    assert_eq!(own["outcome"]["outcome"], "out-of-scope");
    assert!(word(&own["outcome"]["instead"]).contains("https://aka.ms/dapr-discord"), "{own}");
    assert_eq!(own["thread"][0]["text"], "This is in the proxy before it.");
    let browser = desk.service.browser();
    browser.post("/receipt", &[("receipt".into(), case.receipt.clone())]).await;
    let page = browser.get("/receipt").await.body;
    assert!(page.contains("https://aka.ms/dapr-discord"), "the page says it as well");
    assert!(
        page.contains("Problems that no change to a covered repository can fix"),
        "and what of the policy it rests on"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_p7_not_sure_is_an_answer_and_what_lacks_is_taken_in() {
    let desk = Desk::open("dapr", DAPR, "2027-02-01T08:00:00Z").await;
    let browser = desk.service.browser();
    let form = browser.get("/dapr/report").await;
    assert!(form.attributes("#product-list option", "value").contains(&"Not sure".to_owned()));
    let said = [("title", "Odd"), ("description", "Something is odd."), ("product", "Not sure")];
    let page = browser.post("/dapr/report", &answered(form.form("/dapr/report"), &said)).await;
    assert!(page.receipt().is_some(), "an incomplete report is taken in");
    let missing = page.texts("#missing").concat() + &page.texts("#missing + *").concat();
    assert!(
        missing.contains("Why it is a security matter") || page.body.contains("Why it is a security matter"),
        "{missing}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_scanner_output_is_closed_with_the_reason_and_reopened_with_proof() {
    let desk = Desk::open("dapr", DAPR, "2027-02-01T08:00:00Z").await;
    // Monday 1 February, 09:00 and 3 working days: Thursday 4.
    let case = desk.report("2027-02-01T09:00:00Z", report()).await;
    assert_eq!(case.promised("answer"), "2027-02-04 09:00");
    let close = |text: &str| json!({ "command": "scanner-output", "text": text });
    let (code, why) = desk.is_refused("2027-02-02T09:00:00Z", Ines, &case, close("")).await;
    assert!(code == "field" && why.contains("reason"), "{why}");
    desk.does("2027-02-02T09:00:00Z", Ines, &case, close("Did anybody see it happen?")).await;
    assert_eq!(desk.clock(&case, "answer").await, pair("kept", "2027-02-04 09:00"));
    assert_eq!(desk.clock(&case, "resolve").await.0, "kept");
    let own = desk.own(&case).await;
    assert_eq!((&own["state"], &own["outcome"]["outcome"]), (&json!("closed"), &json!("scanner-output")));
    assert_eq!(own["thread"][0]["text"], "Did anybody see it happen?");

    // A closed case takes in the proof, and is taken up again.
    let proof = json!({ "text": "I did: the call goes through from another pod." });
    assert_eq!(desk.reporter("2027-02-04T09:00:00Z", &case, "messages", proof).await.status, 200);
    let (code, _) = desk.is_refused("2027-02-05T08:00:00Z", Ines, &case, verified()).await;
    assert_eq!(code, "case-closed");
    desk.does("2027-02-05T09:00:00Z", Ines, &case, json!({ "command": "reopen", "reason": "There is a proof." })).await;
    assert_eq!(desk.own(&case).await["state"], "triage");
    // The month stood still while it was closed, from Tuesday 2, 09:00 to Friday 5, 09:00: 3 days after Wednesday 3 March.
    assert_eq!(desk.clock(&case, "resolve").await, pair("running", "2027-03-06 09:00"));
    desk.does("2027-02-05T09:10:00Z", Jonas, &case, verified()).await;
    desk.does("2027-02-05T09:20:00Z", Ines, &case, json!({ "command": "confirm", "text": "It is so." })).await;
    assert_eq!(desk.own(&case).await["state"], "confirmed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_two_editors_is_told_what_changed_and_a_command_sent_twice_is_done_once() {
    let desk = Desk::open("dapr", DAPR, "2027-02-01T08:00:00Z").await;
    let case = desk.report("2027-02-01T09:00:00Z", report()).await;
    let now = "2027-02-01T10:00:00Z";
    desk.does(now, Ines, &case, json!({ "command": "confirm", "text": "It is so." })).await;
    let seen = desk.case(&case).await["seq"].clone();
    let with_seen = |mut command: Value| {
        command["seen"] = seen.clone();
        command
    };
    let first = with_seen(draft("By Ines", "Dapr runtime", "1.16.5", json!({})));
    desk.does(now, Ines, &case, first).await;
    let second = desk.asks(now, Jonas, &case, with_seen(draft("By Jonas", "Dapr runtime", "1.16.5", json!({})))).await;
    assert_eq!((second.status, &second.body["code"]), (409, &json!("stale")));
    assert_eq!(second.body["since"][0]["event"], "advisory-drafted");
    assert_eq!(second.body["since"][0]["draft"]["title"], "By Ines", "{}", second.body);
    assert_eq!(second.body["since"][0]["by"]["member"]["name"], "Ines");
    assert_eq!(desk.case(&case).await["advisory"]["draft"]["title"], "By Ines", "nothing is overwritten");

    let note = json!({ "command": "note", "text": "Ask the placement people." });
    let once = desk.asks_again("one", Jonas, &case, note.clone()).await;
    assert_eq!(once.status, 200);
    assert_eq!(desk.asks_again("one", Jonas, &case, note.clone()).await, once);
    let other = desk.asks_again("one", Jonas, &case, json!({ "command": "note", "text": "Another." })).await;
    assert_eq!((other.status, &other.body["code"]), (409, &json!("key-reused")));
    assert_eq!(desk.journal(&case, &["noted"]).await.len(), 1);
    assert_eq!(minute(&desk.journal(&case, &["noted"]).await[0]["at"]), "2027-02-01 10:00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_public_identifiers_are_linked_and_others_flagged_to_both_sides() {
    let desk = Desk::open("dapr", DAPR, "2027-02-01T08:00:00Z").await;
    let mut given = report();
    given["identifiers"] = json!(["CVE-2024-35223", "SNYK-GOLANG-1234"]);
    given["description"] = "As with GHSA-284c-x8m7-9w5h, the token is not asked for.".into();
    let case = desk.report("2027-02-01T09:00:00Z", given).await;
    let team = desk.browser().await.get(&format!("/desk/cases/{}", case.case)).await;
    let links = team.attributes("a", "href");
    for link in ["https://www.cve.org/CVERecord?id=CVE-2024-35223", "https://github.com/advisories/GHSA-284c-x8m7-9w5h"]
    {
        assert!(links.iter().any(|known| known == link), "{link} is missing among {links:?}");
    }
    assert!(team.body.contains("SNYK-GOLANG-1234 (scheme not known)"));
    let browser = desk.service.browser();
    browser.post("/receipt", &[("receipt".into(), case.receipt.clone())]).await;
    let own = browser.get("/receipt").await.body;
    assert!(own.contains("SNYK-GOLANG-1234 (not of a public scheme") && !own.contains("CVE-2024-35223 (not"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p8_what_comes_on_a_holiday_counts_from_the_next_working_day_and_every_page_says_the_same() {
    let desk = Desk::open("dapr", DAPR, "2026-12-24T08:00:00Z").await;
    // Saturday 26 December is a holiday; the count begins with Monday 28, 00:00. Tue 29 (1), Wed 30 (2), Thu 31 (3).
    let case = desk.report("2026-12-26T12:00:00Z", report()).await;
    assert_eq!(case.promised("answer"), "2026-12-31 00:00");
    let browser = desk.service.browser();
    browser.post("/receipt", &[("receipt".into(), case.receipt.clone())]).await;
    let page = format!("/desk/cases/{}", case.case);
    for page in [browser.get("/receipt").await, desk.browser().await.get(&page).await] {
        let times = page.attributes("time", "datetime");
        assert!(times.iter().any(|at| at.starts_with("2026-12-31T00:00")), "{times:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_keeps_the_policy_under_which_it_came() {
    let desk = Desk::open("dapr", DAPR, "2027-02-01T08:00:00Z").await;
    let before = desk.report("2027-02-01T09:00:00Z", report()).await;
    let shorter = DAPR.replacen("3 working days", "1 working day", 1);
    let added = desk.service.app.add_program(&shorter).await.expect("the new version is taken into service");
    assert_eq!((added.version, added.changed), (2, true));
    let after = desk.report("2027-02-01T10:00:00Z", report()).await;
    assert_eq!(after.promised("answer"), "2027-02-02 10:00");
    assert_eq!(desk.clock(&before, "answer").await, pair("running", "2027-02-04 09:00"));
    assert_eq!(desk.case(&before).await["policy_version"], 1);
}
