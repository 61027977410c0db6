//! Directus: New York at the end of summer time and over Thanksgiving, what comes first, and credit with conditions.

use super::desk::{CRITICAL, Desk, Ines, Jonas, draft, list, pair, words};
use crate::support::service::answered;
use candor::execute::report::open_receipt;
use serde_json::{Value, json};

const DIRECTUS: &str = include_str!("../../../../../examples/policies/directus.toml");
/// Score 3.1.
const LOW: &str = "CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N";

fn report() -> Value {
    json!({
        "title": "A share shows fields it should not",
        "description": "An aggregate over a hidden field is answered.",
        "product": "Directus", "version": "11.13.0", "agreed": true,
        "reporter": { "name": "Ada", "email": "ada@outside.example" },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_d8_a_critical_case_over_the_change_of_clocks_and_thanksgiving_from_report_to_close() {
    let desk = Desk::open("directus", DIRECTUS, "2026-10-30T12:00:00Z").await;
    // Friday 30 October, 16:00 in New York (-4). Summer time ends on Sunday 1 November.
    // 3 working days: Mon 2 (1), Tue 3 (2), Wed 4 (3), 16:00 at -5.
    let case = desk.report("2026-10-30T20:00:00Z", report()).await;
    assert_eq!(case.promised("answer"), "2026-11-04 21:00");
    desk.does("2026-11-04T20:00:00Z", Jonas, &case, json!({ "command": "acknowledge", "text": "Thank you." })).await;
    assert_eq!(desk.clock(&case, "answer").await, pair("kept", "2026-11-04 21:00"));
    desk.does("2026-11-17T15:00:00Z", Ines, &case, json!({ "command": "confirm", "text": "It is so." })).await;
    assert!(!desk.has_clock(&case, "fix-first").await, "nothing comes first before it is rated");
    desk.does("2026-11-17T15:10:00Z", Ines, &case, json!({ "command": "rate", "vectors": [LOW] })).await;
    assert!(!desk.has_clock(&case, "fix-first").await, "what is low does not come first");
    desk.does("2026-11-17T15:20:00Z", Ines, &case, json!({ "command": "rate", "vectors": [CRITICAL] })).await;
    // 14 days from the confirmation on Tuesday 17, 10:00 (-5); Thanksgiving between them counts as a day.
    assert_eq!(desk.clock(&case, "fix-first").await, pair("running", "2026-12-01 15:00"));
    // Another of Wednesday 25 November, 17:00 (-5): Thursday is Thanksgiving. Fri 27 (1), Mon 30 (2), Tue 1 (3).
    let other = desk.report("2026-11-25T22:00:00Z", report()).await;
    assert_eq!(other.promised("answer"), "2026-12-01 22:00");
    desk.works("2026-11-25T22:01:00Z").await;
    // Four days before it is due whoever holds it is told: Friday 27, 10:00 (-5).
    assert!(desk.works("2026-11-27T14:59:00Z").await.is_empty());
    let warned = desk.works("2026-11-27T15:01:00Z").await;
    assert!(warned.len() == 1 && warned[0].1.contains(&case.case), "{warned:?}");

    // The gates: rated, and asked about credit. Nothing is public before the release that has the fix.
    desk.does(
        "2026-11-28T10:00:00Z",
        Jonas,
        &case,
        draft("A share shows hidden fields", "Directus", "11.13.1", json!({})),
    )
    .await;
    desk.does("2026-11-28T10:10:00Z", Ines, &case, json!({ "command": "approve-advisory", "revision": 1 })).await;
    assert_eq!(
        desk.does("2026-11-28T10:20:00Z", Ines, &case, json!({ "command": "publish" })).await,
        ["publication-ordered"]
    );
    assert!(desk.advisories().await.is_empty());
    assert_eq!(desk.get("/advisories/DIRECTUS-2026-1").await.status, 404);
    desk.does("2026-11-28T10:30:00Z", Ines, &case, json!({ "command": "ask-credit" })).await;
    let fix = json!({ "command": "record-fix", "kind": "patch", "version": "11.13.1" });
    assert_eq!(desk.does("2026-11-30T16:00:00Z", Jonas, &case, fix).await, ["fix-recorded", "published"]);
    assert_eq!(desk.clock(&case, "fix-first").await, pair("kept", "2026-12-01 15:00"));
    assert_eq!(desk.advisories().await, ["DIRECTUS-2026-1"]);
    candor::publish::build(&desk.service.app).await.expect("the public tree is built");
    let page = desk.service.browser().get("/directus/advisories").await.body;
    assert!(page.contains("A share shows hidden fields"), "the public page has it");
    // The policy's default names those who gave their name.
    assert_eq!(words(&desk.get("/advisories/DIRECTUS-2026-1").await.body["credits"], "name"), ["Ada"]);
    desk.does("2026-12-01T10:00:00Z", Ines, &case, json!({ "command": "close", "reason": "Released." })).await;
    assert_eq!(desk.own(&case).await["state"], "closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_d4_the_form_is_private_shows_the_conditions_and_keeps_that_they_were_agreed_to() {
    let desk = Desk::open("directus", DIRECTUS, "2026-11-02T12:00:00Z").await;
    let browser = desk.service.browser();
    let form = browser.get("/directus/report").await;
    for condition in ["before its fix is released", "exploit or a proof of concept"] {
        assert!(form.body.contains(condition), "{condition}");
    }
    let said = [("title", "Aggregates"), ("description", "They leak."), ("agreed", "on")];
    let sent = browser.post("/directus/report", &answered(form.form("/directus/report"), &said)).await;
    let case = open_receipt(&desk.service.app, &sent.receipt().expect("a receipt")).await.expect("it opens").1;
    assert!(case.reports[0].facts.agreed);
    assert!(sent.header("cache-control").contains("no-store"));
    candor::publish::build(&desk.service.app).await.expect("the public tree is built");
    for path in ["/", "/directus", "/directus/advisories"] {
        assert!(!desk.service.browser().get(path).await.body.contains("Aggregates"), "{path}");
    }
    let mut silent = report();
    silent["agreed"] = false.into();
    let without = desk.report("2026-11-02T13:00:00Z", silent).await;
    assert_eq!(
        desk.case(&without).await["reports"][0]["facts"]["agreed"],
        false,
        "a report without it is taken in as well"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_a_member_files_for_somebody_who_becomes_the_reporter_of_record() {
    let desk = Desk::open("directus", DIRECTUS, "2026-11-02T12:00:00Z").await;
    // The mail came on Friday 30 October, 16:00 (-4); the clock runs from then: Wednesday 4 November, 16:00 (-5).
    let body = json!({
        "program": "directus", "report": report(), "channel": "mail", "received_at": "2026-10-30T20:00:00Z",
    });
    let case = desk.on_behalf("2026-11-02T13:00:00Z", Jonas, body).await;
    assert_eq!(case.promised("answer"), "2026-11-04 21:00");
    let told = desk.works("2026-11-02T13:01:00Z").await;
    assert!(told.iter().any(|(to, _)| to == "ada@outside.example"), "{told:?}");
    let own = desk.own(&case).await;
    assert_eq!(own["channel"], "mail");
    let named = json!({ "wish": "named", "name": "Ada Example" });
    assert_eq!(desk.reporter("2026-11-02T14:00:00Z", &case, "credit", named).await.status, 200);
    assert_eq!(desk.case(&case).await["reports"][0]["credit"]["name"], "Ada Example");
    assert!(
        list(&own["history"]).iter().all(|entry| entry["filed_by"].is_null()),
        "who filed it is the team's to know"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d10_medium_and_low_run_on_no_clock_and_the_page_says_when_they_are_met() {
    let desk = Desk::open("directus", DIRECTUS, "2026-11-02T12:00:00Z").await;
    let page = desk.service.browser().get("/directus").await.body;
    assert!(page.contains("Medium and Low ones are addressed where the effort is small"), "{page}");
    let case = desk.report("2026-11-02T13:00:00Z", report()).await;
    desk.does("2026-11-02T14:00:00Z", Ines, &case, json!({ "command": "confirm", "text": "It is so." })).await;
    for band in ["low", "medium", "high", "medium"] {
        desk.does("2026-11-02T15:00:00Z", Ines, &case, json!({ "command": "rate", "severity": band })).await;
        assert_eq!(desk.has_clock(&case, "fix-first").await, band == "high", "{band}");
    }
}
