//! Ibexa: working days in Oslo over Easter and the change to summer time, and a dialogue that pauses the clocks.

use super::desk::{Desk, HIGH, Ines, Jonas, draft, list, minute, pair, verified, word, words};
use crate::support::service::answered;
use candor::execute::report::open_receipt;
use serde_json::{Value, json};

const IBEXA: &str = include_str!("../../../../../examples/policies/ibexa.toml");

fn report() -> Value {
    json!({
        "title": "An editor sees content of another site",
        "description": "The search of the back office leaves a role's limits out.",
        "product": "Ibexa DXP", "version": "5.0.2",
        "steps": "Search for a word of the other site.",
        "expected": "Nothing is found.", "actual": "The other site's drafts are found.",
        "weakness": "a role or policy that does not hold", "impact": "leaks information",
        "answers": { "login-needed": "An editor" },
        "reporter": { "name": "Ada", "email": "ada@outside.example" },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i2_i4_i5_i6_a_case_over_easter_from_report_to_close() {
    let desk = Desk::open("ibexa", IBEXA, "2027-03-24T08:00:00Z").await;
    // Wednesday 24 March, 15:00 in Oslo (+1). Thursday, Friday and Monday 29 are holidays, on Sunday 28 summer time
    // begins. 2 working days: Tue 30 (1), Wed 31 (2), 15:00 at +2.
    let case = desk.report("2027-03-24T14:00:00Z", report()).await;
    assert_eq!(case.promised("answer"), "2027-03-31 13:00");
    // 15 working days: 30 and 31 March (2), 1 and 2 April (4), 5 to 9 (9), 12 to 16 (14), Monday 19 (15).
    assert_eq!(case.promised("verdict"), "2027-04-19 13:00");
    let own = desk.own(&case).await;
    let why = list(&own["promises"])[0]["why"].to_string();
    for holiday in ["Maundy Thursday", "Good Friday", "Easter Monday"] {
        assert!(why.contains(holiday), "{why}");
    }
    assert!(why.contains("the clocks change on"), "{why}");

    // Word every 10 working days from Tuesday 30, 10:00: Wed 31 (1), 1 and 2 (3), 5 to 9 (8), 12 (9), Tuesday 13 (10).
    desk.does("2027-03-30T08:00:00Z", Jonas, &case, json!({ "command": "acknowledge", "text": "Thank you." })).await;
    assert_eq!(desk.clock(&case, "answer").await, pair("kept", "2027-03-31 13:00"));
    assert_eq!(desk.cycle(&case, "update", 0).await, pair("running", "2027-04-13 08:00"));

    // A question on Thursday 1 April, 10:00. Both sides see that the clocks stand still, and since when.
    desk.does("2027-04-01T08:00:00Z", Jonas, &case, json!({ "command": "ask", "text": "Which search engine?" })).await;
    assert_eq!(desk.cycle(&case, "update", 0).await.0, "kept", "a question is word");
    desk.at("2027-04-07T08:00:00Z");
    for seen in [desk.case(&case).await, desk.own(&case).await] {
        assert_eq!(minute(&seen["waiting_since"]), "2027-04-01 08:00");
        let clocks = if seen["clocks"].is_array() { &seen["clocks"] } else { &seen["promises"] };
        let verdict = list(clocks).iter().find(|clock| clock["promise"] == "verdict").expect("it is there");
        assert_eq!((&verdict["status"], minute(&verdict["since"])), (&json!("paused"), "2027-04-01 08:00".into()));
    }
    let browser = desk.service.browser();
    browser.post("/receipt", &[("receipt".into(), case.receipt.clone())]).await;
    assert!(browser.get("/receipt").await.body.to_lowercase().contains("paused"), "the page says it as well");
    // The answer comes on Monday 12 April, 10:00: 7 working days stood still (1, 2, 5 to 9 April, each until 10:00 of the
    // next). The verdict moves from Monday 19 by 20 to 23 (4) and 26 to 28 (7): Wednesday 28, 15:00 (+2).
    let answer = json!({ "text": "The one that comes with it." });
    assert_eq!(desk.reporter("2027-04-12T08:00:00Z", &case, "messages", answer).await.status, 200);
    assert_eq!(desk.clock(&case, "verdict").await, pair("running", "2027-04-28 13:00"));
    // The next word, 10 working days from Thursday 1, was due on Thursday 15; it moves by 16, 19 to 23 and 26: Monday 26.
    assert_eq!(desk.cycle(&case, "update", 1).await, pair("running", "2027-04-26 08:00"));
    let confirm = json!({ "command": "confirm", "text": "It is so." });
    assert_eq!(desk.is_refused("2027-04-13T08:00:00Z", Ines, &case, confirm.clone()).await.0, "gate");
    desk.does("2027-04-13T08:10:00Z", Jonas, &case, verified()).await;
    desk.does("2027-04-13T08:20:00Z", Ines, &case, confirm).await;
    assert_eq!(desk.clock(&case, "verdict").await, pair("kept", "2027-04-28 13:00"));
    // From Tuesday 13, 10:20: 14 to 16 (3), 19 to 23 (8), 26 (9), Tuesday 27 (10).
    assert_eq!(desk.cycle(&case, "update", 2).await, pair("running", "2027-04-27 08:20"));

    // The embargo: 180 days from the report at most, 20 September (7 + 30 + 31 + 30 + 31 + 31 + 20), 15:00 (+2).
    let propose = |until: &str| json!({ "command": "propose-embargo", "until": until });
    let (code, why) = desk.is_refused("2027-04-14T08:00:00Z", Ines, &case, propose("2027-09-20T13:01:00Z")).await;
    assert!(code == "embargo-too-long" && why.contains("2027-09-20T13:00"), "{why}");
    desk.does("2027-04-14T08:10:00Z", Ines, &case, propose("2027-05-20T08:00:00Z")).await;
    for (at, agreed) in [("2027-04-14T08:11:00Z", false), ("2027-04-15T08:00:00Z", true)] {
        if agreed {
            desk.reporter(at, &case, "embargo", json!({ "agree": true })).await;
        }
        for seen in [desk.case(&case).await, desk.own(&case).await] {
            assert_eq!(
                seen["embargo"],
                json!({ "until": "2027-05-20T08:00:00Z", "at": seen["embargo"]["at"], "agreed": agreed })
            );
        }
    }

    // Every version in maintenance has a fix or a decision, and the reporter was asked about credit.
    desk.does("2027-04-16T08:00:00Z", Jonas, &case, json!({ "command": "rate", "vectors": [HIGH] })).await;
    desk.does("2027-04-16T08:10:00Z", Jonas, &case, draft("Content of another site", "Ibexa DXP", "5.0.3", json!({})))
        .await;
    desk.does("2027-04-16T08:20:00Z", Ines, &case, json!({ "command": "approve-advisory", "revision": 1 })).await;
    let fix = |branch: &str, version: &str| json!({ "command": "record-fix", "branch": branch, "kind": "patch", "version": version });
    desk.does("2027-04-20T08:00:00Z", Jonas, &case, fix("5.0", "5.0.3")).await;
    let publish = json!({ "command": "publish" });
    let (_, why) = desk.is_refused("2027-04-20T08:10:00Z", Ines, &case, publish.clone()).await;
    // The maintenance of 3.3 ended with 2026.
    assert!(why.contains("no fix and no decision: 4.6") && !why.contains("3.3"), "{why}");
    assert!(why.contains("has not been asked how they wish to be credited"), "{why}");
    let unaffected = json!({ "command": "record-fix", "branch": "4.6", "kind": "not-affected", "details": "It has another search." });
    desk.does("2027-04-20T08:20:00Z", Jonas, &case, unaffected).await;
    desk.does("2027-04-20T08:30:00Z", Ines, &case, json!({ "command": "ask-credit" })).await;
    let credit = json!({
        "wish": "named", "name": "Ada Example", "organisation": "Example Labs", "link": "https://ada.example",
        "about": "looks after the sites of three museums",
    });
    assert_eq!(desk.reporter("2027-04-21T08:00:00Z", &case, "credit", credit.clone()).await.status, 200);
    // Both sides agreed on 20 May, 10:00 (+2). Nothing goes out sooner; the order waits for that date.
    let sooner = json!({ "command": "publish", "at": "2027-05-19T08:00:00Z" });
    let (code, why) = desk.is_refused("2027-04-22T08:00:00Z", Ines, &case, sooner).await;
    assert!(code == "embargo-agreed" && why.contains("2027-05-20T08:00"), "{why}");
    assert_eq!(desk.does("2027-04-22T08:01:00Z", Ines, &case, publish).await, ["publication-ordered"]);
    assert_eq!(desk.case(&case).await["advisory"]["publish_at"], "2027-05-20T08:00:00Z");
    let told = json!({ "command": "answer", "text": "The releases are tested. The date stands." });
    desk.does("2027-04-26T08:00:00Z", Jonas, &case, told.clone()).await;
    desk.does("2027-05-07T08:00:00Z", Jonas, &case, told).await;
    desk.works("2027-05-20T07:59:00Z").await;
    assert!(desk.advisories().await.is_empty(), "a minute before");
    desk.works("2027-05-20T08:00:30Z").await;
    let id = desk.advisories().await.pop().expect("it is out");
    let public = desk.get(&format!("/advisories/{id}")).await.body;
    for part in ["name", "organisation", "link", "about"] {
        assert_eq!(public["credits"][0][part], credit[part], "{public}");
    }
    candor::publish::build(&desk.service.app).await.expect("the public tree is built");
    let page = browser.get(&format!("/ibexa/advisories/{id}")).await.body;
    for part in ["Ada Example", "Example Labs", "https://ada.example", "looks after the sites of three museums"] {
        assert!(page.contains(part), "{part} is not on the advisory's page");
    }
    assert!(!page.contains("ada@outside.example"));
    desk.does("2027-05-21T08:00:00Z", Ines, &case, json!({ "command": "close", "reason": "Distributed." })).await;
    assert_eq!(desk.own(&case).await["state"], "closed");
    desk.works("2027-08-01T00:00:00Z").await;
    assert!(desk.journal(&case, &["promise-broken"]).await.is_empty(), "no promise of this case was broken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i1_the_door_of_a_report_and_when_it_came_are_on_record() {
    let desk = Desk::open("ibexa", IBEXA, "2027-04-05T08:00:00Z").await;
    // A ticket of Wednesday 7 April, 12:00 (+2), filed on Thursday: 2 working days are Friday 9.
    let ticket = json!({ "program": "ibexa", "report": report(), "received_at": "2027-04-07T10:00:00Z" });
    let case = desk.on_behalf("2027-04-08T10:00:00Z", Jonas, ticket).await;
    assert_eq!(case.promised("answer"), "2027-04-09 10:00");
    let seen = desk.case(&case).await;
    assert_eq!(
        (&seen["reports"][0]["channel"], &seen["reports"][0]["filed_by"]["name"]),
        (&json!("member"), &json!("Jonas"))
    );
    assert_eq!(seen["reports"][0]["reporter"]["email"], "ada@outside.example");
    assert_eq!(desk.own(&case).await["case"], case.case, "the receipt is the reporter's");
    let mail = json!({ "program": "ibexa", "report": report(), "channel": "mail" });
    let by_mail = desk.on_behalf("2027-04-08T10:01:00Z", Jonas, mail).await;
    assert_eq!(desk.case(&by_mail).await["reports"][0]["channel"], "mail");
    let by_api = desk.report("2027-04-08T10:02:00Z", report()).await;
    assert_eq!(desk.case(&by_api).await["reports"][0]["channel"], "api");
    let program = desk.get("/programs/ibexa").await.body;
    assert!(word(&program["policy"]["channels"]["portal"]["url"]).contains("support.ibexa.co"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i3_the_policys_own_questions_are_on_the_form_and_their_answers_on_the_case() {
    let desk = Desk::open("ibexa", IBEXA, "2027-04-05T08:00:00Z").await;
    let browser = desk.service.browser();
    let page = browser.get("/ibexa/report").await;
    assert!(page.body.contains("How easy is it to exploit?"));
    let choices = page.attributes("input[type=radio], option", "value");
    for choice in ["Anybody on the network", "A signed-in visitor", "An editor", "An administrator"] {
        assert!(choices.iter().any(|known| known == choice), "{choice} is missing among {choices:?}");
    }
    let name = page.attributes("input[type=radio][value='An editor'], select:has(option[value='An editor'])", "name");
    let name = name.first().expect("the question has a field").clone();
    let said = [
        ("title", "An editor sees too much"),
        ("description", "The search leaves a limit out."),
        ("steps", "Search."),
        ("expected", "Nothing."),
        ("actual", "Drafts."),
        ("impact", "leaks information"),
        (name.as_str(), "An editor"),
    ];
    let sent = browser.post("/ibexa/report", &answered(page.form("/ibexa/report"), &said)).await;
    let receipt = sent.receipt().expect("it is taken in");
    let case = open_receipt(&desk.service.app, &receipt).await.expect("it opens").1;
    assert_eq!(case.reports[0].facts.answers.get("login-needed").map(String::as_str), Some("An editor"));
    let by_api = desk.report("2027-04-05T09:00:00Z", report()).await;
    let facts = &desk.case(&by_api).await["reports"][0]["facts"];
    assert_eq!(
        (&facts["answers"]["login-needed"], &facts["expected"]),
        (&json!("An editor"), &json!("Nothing is found."))
    );
    assert!(words(&desk.case(&by_api).await["clocks"], "promise").contains(&"verdict".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i7_no_report_is_public_by_mistake() {
    let desk = Desk::open("ibexa", IBEXA, "2027-04-05T08:00:00Z").await;
    let case = desk.report("2027-04-05T09:00:00Z", report()).await;
    candor::publish::build(&desk.service.app).await.expect("the public tree is built");
    let browser = desk.service.browser();
    for path in ["/", "/ibexa", "/ibexa/report", "/ibexa/advisories", "/ibexa/advisories.atom", "/desk"] {
        let page = browser.get(path).await.body;
        assert!(!page.contains("content of another site") && !page.contains(&case.case), "{path}");
    }
    assert_eq!(desk.get(&format!("/cases/{}", case.case)).await.status, 401);
    assert_eq!(desk.get("/cases").await.status, 401);
    assert_eq!(desk.get("/receipt").await.status, 401);
    // No field of a report opens it to the public; one that tries is refused, not dropped.
    let mut open = report();
    open["public"] = true.into();
    let refused = desk.tries(open).await;
    assert_eq!((refused.status, &refused.body["code"]), (422, &json!("body")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i4_a_wait_for_the_reporter_ends_at_the_policys_limit() {
    let desk = Desk::open("ibexa", IBEXA, "2027-03-24T08:00:00Z").await;
    // As in the case over Easter: the verdict is due on Monday 19 April, 15:00 (+2).
    let case = desk.report("2027-03-24T14:00:00Z", report()).await;
    desk.does("2027-04-01T08:00:00Z", Jonas, &case, json!({ "command": "ask", "text": "Which search engine?" })).await;
    // 20 working days from Thursday 1 April, 10:00: 2 (1), 5 to 9 (6), 12 to 16 (11), 19 to 23 (16), 26 to 29 (20).
    desk.works("2027-04-29T07:59:00Z").await;
    assert!(desk.journal(&case, &["wait-ended"]).await.is_empty());
    assert_eq!(desk.clock(&case, "verdict").await.0, "paused");
    desk.works("2027-04-29T08:01:00Z").await;
    assert_eq!(desk.journal(&case, &["wait-ended"]).await.len(), 1);
    // The verdict moves by 20 working days: 20 to 23 April (4), 26 to 30 (9), 3 to 5 May (12), not Ascension Day, 7 (13),
    // 10 to 14 (18), not Constitution Day, 18 (19), Wednesday 19 (20).
    assert_eq!(desk.clock(&case, "verdict").await, pair("running", "2027-05-19 13:00"));
    assert_eq!(desk.own(&case).await["waiting_since"], Value::Null);
    let late = json!({ "text": "Sorry: the one that comes with it." });
    assert_eq!(desk.reporter("2027-05-10T08:00:00Z", &case, "messages", late).await.status, 200);
    assert_eq!(desk.clock(&case, "verdict").await, pair("running", "2027-05-19 13:00"));
}
