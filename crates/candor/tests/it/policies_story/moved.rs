//! A policy has a life: a case stays under the version in force when it came, until a coordinator moves it.

use super::desk::{Desk, Ines, Jonas, pair};
use crate::support::service::answered;
use serde_json::json;

const FIRST: &str = r#"
[program]
slug = "living"
name = "Living"

[[contacts]]
role = "security team"
email = "team@living.example"

[[promises]]
name = "acknowledge"
what = "a first answer"
kept_by = "acknowledgement"
within = "72 hours"

[[promises]]
name = "verdict"
what = "a verdict"
kept_by = "verdict"
within = "5 days"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_moved_to_a_newer_policy_by_name_and_the_reporter_is_told_what_changes() {
    let desk = Desk::open("living", FIRST, "2027-03-01T07:00:00Z").await;
    let report = json!({ "title": "A share is listed", "description": "Without a signature.",
        "reporter": { "name": "Ada", "email": "ada@outside.example" } });
    let case = desk.report("2027-03-01T08:00:00Z", report).await;
    desk.does("2027-03-01T09:00:00Z", Jonas, &case, json!({ "command": "acknowledge", "text": "On it." })).await;
    let move_it =
        |version: u32| json!({ "command": "move-policy", "version": version, "reason": "We have more people now." });
    let (_, why) = desk.is_refused("2027-03-01T09:30:00Z", Ines, &case, move_it(2)).await;
    assert!(why.contains("not in service"), "{why}");

    let newer = FIRST.replace("72 hours", "48 hours").replace("5 days", "3 days");
    assert!(desk.service.app.add_program(&newer).await.is_ok());
    assert_eq!(desk.clock(&case, "verdict").await, pair("running", "2027-03-06 08:00"), "it runs as it came");
    let (_, why) = desk.is_refused("2027-03-02T09:00:00Z", Ines, &case, move_it(1)).await;
    assert!(why.contains("runs under version 1"), "{why}");

    // At the desk: the act, then the page that says what the reporter will be told.
    let browser = desk.browser().await;
    let act = format!("/desk/cases/{}/move-policy", case.case);
    let form = browser.get(&act).await.form(&act);
    let check = browser.post(&act, &answered(form, &[("reason", "We have more people now.")])).await;
    assert!(check.body.contains("promise verdict was 5 days, is 3 days"), "{}", check.body);
    assert_eq!(browser.post(&act, &check.form(&act)).await.status, 303);

    assert_eq!(desk.clock(&case, "verdict").await, pair("running", "2027-03-04 08:00"));
    assert_eq!(desk.clock(&case, "acknowledge").await.0, "kept", "what was kept stays kept");
    let own = desk.own(&case).await.to_string();
    assert!(own.contains("promise verdict was 5 days, is 3 days") && own.contains("We have more people now."), "{own}");
    let seen = desk.case(&case).await;
    assert!(seen.to_string().contains("policy-moved"), "{seen}");
    let (_, why) = desk.is_refused("2027-03-02T10:00:00Z", Ines, &case, move_it(2)).await;
    assert!(why.contains("runs under version 2"), "{why}");
}
