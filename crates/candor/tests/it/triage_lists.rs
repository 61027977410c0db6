//! Many rows at once: reports of one text, the decision about every supported version, and checklists. Without script.

use crate::policies_story::desk::{Desk, Ines, Jonas, list, word};
use crate::support::service::{Page, answered};
use serde_json::json;

const IBEXA: &str = include_str!("../../../../examples/policies/ibexa.toml");
const POLICY: &str = r#"
[program]
slug = "own"
name = "Own"

[[contacts]]
role = "security team"
email = "team@own.example"

[[gates]]
before = "confirm"
needs = "checklist"
checklist = "look"
because = "Nobody confirms in a hurry."

[[checklists]]
name = "look"
label = "First look"
stages = ["new", "triage"]
items = ["Nobody reported it before.", "It is in scope."]
"#;
const MORNING: &str = "2026-03-02T09:00Z";

fn text(page: &Page) -> String {
    page.texts("main").join(" ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_q3_reports_of_one_text_are_marked_in_the_queue_and_open_as_one_list_to_handle_at_once() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    for n in 0..5 {
        let told = format!(
            "Hello team, I am an ethical hacker and I found that your site {n}.example lacks the header that keeps pages from \
             being framed, which lets others trick your users into clicking. I hope for a reward for my work."
        );
        desk.report(MORNING, json!({ "title": format!("Clickjacking {n}"), "description": told })).await;
    }
    let other = json!({ "title": "The parser overflows", "description": "A long palette overflows the row buffer." });
    desk.report(MORNING, other).await;
    let browser = desk.browser().await;
    // What search has read is what is marked.
    browser.get("/desk/search?q=is:open").await;
    let queue = browser.get("/desk").await;
    let marks = queue.texts("table.queue a.flag");
    assert_eq!(marks, vec!["4 others have the same text"; 5], "{}", queue.body);
    let fold = queue.attributes("table.queue a.flag", "href").remove(0);
    let opened = browser.get(&fold).await;
    assert_eq!(opened.texts("table.queue tbody tr").len(), 5, "{}", opened.body);
    // All of them are ticked, and the buttons below handle what is ticked.
    assert_eq!(opened.attributes("input.pick[checked]", "value").len(), 5);
    assert_eq!(opened.attributes("form#pick button[formaction]", "formaction"), ["/desk/merge"]);
    let first = opened.attributes("input.pick", "value").remove(0);
    let case = browser.get(&format!("/desk/cases/{first}")).await;
    assert!(text(&case).contains("Open all reports with this text"), "{}", case.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5d_every_supported_version_is_decided_on_one_form_with_a_page_to_check_and_all_at_once() {
    let desk = Desk::open("ibexa", IBEXA, "2026-03-02T09:00:00Z").await;
    let report = json!({ "title": "A share shows too much", "description": "The share of a draft shows other drafts.", "product": "Ibexa DXP" });
    let report = desk.report("2026-03-02T09:00:00Z", report).await;
    desk.does("2026-03-02T10:00:00Z", Jonas, &report, json!({ "command": "acknowledge", "text": "Thank you." })).await;
    let verify = json!({ "command": "verify", "environment": "5.0", "result": "reproduced" });
    desk.does("2026-03-02T10:05:00Z", Jonas, &report, verify).await;
    desk.does("2026-03-02T10:10:00Z", Ines, &report, json!({ "command": "confirm", "text": "It is so." })).await;
    let browser = desk.browser().await;
    let base = format!("/desk/cases/{}", report.case);
    let action = format!("{base}/decide-versions");
    assert!(browser.get(&base).await.attributes("a", "href").contains(&action));
    let page = browser.get(&action).await;
    assert_eq!(page.texts("section.group h2"), ["Version 5.0", "Version 4.6", "Version 3.3"], "{}", page.body);
    let row = |at: usize, kind: &str, version: &str, details: &str| {
        [("kind", kind), ("version", version), ("details", details)]
            .map(|(name, value)| (format!("{name}-{at}"), value.to_owned()))
    };
    let fill = |rows: &[[(String, String); 3]]| {
        let pairs: Vec<(&str, &str)> =
            rows.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        answered(page.form(&action), &pairs)
    };
    // What is missing is told at its field, and nothing of the other rows is kept or lost.
    let wrong = browser
        .post(&action, &fill(&[row(0, "patch", "", ""), row(1, "patch", "4.6.22", ""), row(2, "not-affected", "", "")]))
        .await;
    assert_eq!(wrong.attributes("[role=alert] a", "href"), ["#version-0"], "{}", wrong.body);
    assert!(wrong.body.contains("Version 5.0: name the version that has the fix"), "{}", wrong.body);
    assert!(list(&desk.case(&report).await["fixes"]).is_empty());
    let why = "The share came with 4.0.";
    let rows = [
        row(0, "patch", "5.0.3", ""),
        row(1, "will-not-fix", "", "Its support ends."),
        row(2, "not-affected", "", why),
    ];
    let check = browser.post(&action, &fill(&rows)).await;
    assert!(text(&check).contains("Version 5.0: a fix is released, 5.0.3"), "{}", check.body);
    assert!(list(&desk.case(&report).await["fixes"]).is_empty(), "a check page changes nothing");
    let sent = browser.post(&action, &check.form(&action)).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let fixes = desk.case(&report).await["fixes"].clone();
    let told: Vec<_> = list(&fixes).iter().map(|fix| (word(&fix["branch"]), word(&fix["kind"]))).collect();
    let is = |branch: &str, kind: &str| (branch.to_owned(), kind.to_owned());
    assert_eq!(told, [is("5.0", "patch"), is("4.6", "will-not-fix"), is("3.3", "not-affected")]);
    // Over the API it is one command, and one row that cannot be keeps the others out.
    let decisions = json!([
        { "branch": "4.6", "kind": "patch", "version": "4.6.22" },
        { "branch": "2.5", "kind": "patch", "version": "2.5.99" },
    ]);
    let (code, detail) = desk
        .is_refused(
            "2026-03-02T12:00:00Z",
            Jonas,
            &report,
            json!({ "command": "decide-versions", "decisions": decisions }),
        )
        .await;
    assert_eq!(code, "field");
    assert!(detail.contains("2.5 is not supported by the policy; supported are 5.0, 4.6, 3.3"), "{detail}");
    assert_eq!(list(&desk.case(&report).await["fixes"]).len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5b_a_checklist_is_ticked_off_on_one_form_stands_on_the_case_and_opens_its_gate() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    let report = desk.report(MORNING, json!({ "title": "It runs", "description": "It runs what it is told." })).await;
    let confirm = json!({ "command": "confirm", "text": "So it is." });
    let (code, detail) = desk.is_refused(MORNING, Jonas, &report, confirm.clone()).await;
    assert_eq!(code, "gate");
    assert!(
        detail.contains("Not ticked off yet in “First look”: Nobody reported it before.; It is in scope"),
        "{detail}"
    );
    let browser = desk.browser().await;
    let base = format!("/desk/cases/{}", report.case);
    let action = format!("{base}/tick-items");
    let shown = browser.get(&base).await;
    assert!(text(&shown).contains("First look: 0 of 2 done"), "{}", shown.body);
    assert!(shown.attributes("a", "href").contains(&action));
    let form = browser.get(&action).await.form(&action);
    let nothing = browser.post(&action, &form).await;
    assert!(text(&nothing).contains("Nothing is changed; tick what is done"), "{}", nothing.body);
    let ticks = [("tick-0-0", "on"), ("tick-0-1", "on"), ("text", "Searched by component.")];
    let sent = browser.post(&action, &answered(form, &ticks)).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let shown = browser.get(&base).await;
    assert!(text(&shown).contains("First look: all 2 done"), "{}", shown.body);
    assert!(text(&shown).contains("ticked off “Nobody reported it before.”, “It is in scope.”"), "{}", shown.body);
    // The reporter learns nothing of the team's lists.
    let own = desk.own(&report).await.to_string();
    assert!(!own.contains("Nobody reported it before") && !own.contains("Searched by component"), "{own}");
    let back = json!({ "command": "tick-items", "items": [{ "checklist": "look", "item": "It is in scope.", "done": false }] });
    assert_eq!(desk.does(MORNING, Ines, &report, back.clone()).await, ["ticked"]);
    assert_eq!(desk.is_refused(MORNING, Jonas, &report, confirm.clone()).await.0, "gate");
    let again =
        json!({ "command": "tick-items", "items": [{ "checklist": "look", "item": "It is in scope.", "done": true }] });
    desk.does(MORNING, Jonas, &report, again).await;
    desk.does(MORNING, Jonas, &report, confirm).await;
    assert_eq!(word(&desk.case(&report).await["state"]), "confirmed");
}
