//! The record of an advisory and its form: what members say of its sections, and what of it goes out.

use crate::policies_story::desk::{Desk, Ines, Jonas, Report, draft, list, word};
use crate::support::service::answered;
use crate::tree::files;
use candor::worker;
use serde_json::{Value, json};

pub const POLICY: &str = r#"
[program]
slug = "own"
name = "Own"
url = "https://own.example"

[[contacts]]
role = "security team"
email = "team@own.example"

[[access.owners]]
products = ["*"]
roles = ["coordinator", "member"]

[disclosure]
publish_on = "hand"
"#;
const MORNING: &str = "2026-03-02T09:00Z";

/// A confirmed report.
pub async fn confirmed(desk: &Desk) -> Report {
    let told = json!({ "title": "Buckets can be listed", "description": "Without a signature." });
    let report = desk.report(MORNING, told).await;
    desk.does("2026-03-02T10:00Z", Ines, &report, json!({ "command": "confirm", "text": "It is so." })).await;
    report
}

fn comment(section: &str, text: &str) -> Value {
    json!({ "command": "comment-advisory", "section": section, "text": text })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_section_of_the_draft_is_commented_settled_and_no_word_of_it_is_printed() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    let report = confirmed(&desk).await;
    let later = "2026-03-02T11:00Z";
    desk.does(later, Jonas, &report, draft("Buckets can be listed", "Own", "1.4.2", json!({}))).await;
    let first = comment("summary", "CANARY-summary: say first who is affected");
    assert_eq!(desk.does(later, Ines, &report, first).await, ["advisory-commented"]);
    desk.does(later, Jonas, &report, comment("severity", "CANARY-severity: low, I think")).await;
    let (_, why) = desk.is_refused(later, Jonas, &report, comment("summary", " ")).await;
    assert!(why.contains("text"), "{why}");
    let (_, why) = desk.is_refused(later, Jonas, &report, json!({ "command": "resolve-comment", "comment": 1 })).await;
    assert!(why.contains("no comment 1"), "{why}");

    // On the desk each stands at its section, and the one who approves is told how many are open.
    let browser = desk.browser().await;
    let editor = format!("/desk/cases/{}/advisory", report.case);
    let page = browser.get(&editor).await;
    let fields: Vec<String> = page.texts(".field:has(#summary)");
    assert!(fields.len() == 1 && fields[0].contains("CANARY-summary"), "{fields:?}");
    assert!(page.texts("#comments")[0].contains("CANARY-severity"), "{}", page.body);
    assert!(page.texts("#comments")[0].contains("2 comments on the draft are open"), "{}", page.body);
    let approve = browser.get(&format!("/desk/cases/{}/approve-advisory", report.case)).await;
    let said = approve.texts(".lead").join(" ");
    assert!(said.contains("2 comments on the draft are open"), "{said}");
    assert!(said.contains("draft 1, “Buckets can be listed”") && said.contains("fixed in 1.4.2"), "{said}");

    // Commenting with the form keeps what was typed in it.
    let said = [
        ("do", "comment"),
        ("comment-section", "details"),
        ("comment-text", "CANARY-details: which call?"),
        ("impact", "Typed and not saved"),
    ];
    let page = browser.post(&editor, &answered(page.form(&editor), &said)).await;
    assert!(page.body.contains("CANARY-details") && page.body.contains("Typed and not saved"), "{}", page.body);
    let case = desk.case(&report).await;
    let comments = list(&case["advisory"]["comments"]);
    assert_eq!(comments.len(), 3, "{comments:?}");
    assert_eq!(case["advisory"]["draft"]["impact"], json!(""), "a comment saves nothing else");

    // Settled by the API and by the desk; a second time changes nothing.
    let number = |place: usize| comments[place]["number"].as_u64().expect("a number");
    let settle = json!({ "command": "resolve-comment", "comment": number(0) });
    assert_eq!(desk.does(later, Jonas, &report, settle.clone()).await, ["comment-resolved"]);
    assert!(desk.does(later, Jonas, &report, settle).await.is_empty());
    let button = format!("settle-{}", number(1));
    let page = browser.get(&editor).await;
    let answer = browser.post(&editor, &answered(page.form(&editor), &[("do", &button)])).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let case = desk.case(&report).await;
    let open = list(&case["advisory"]["comments"]).iter().filter(|comment| comment["resolved_at"].is_null());
    assert_eq!(open.map(|comment| word(&comment["section"])).collect::<Vec<_>>(), ["details"]);
    assert!(browser.get(&editor).await.texts("#comments")[0].contains("One comment on the draft is open"));

    // An open comment keeps nobody from approving; nothing of any comment is public, or shown to the reporter.
    desk.does(later, Ines, &report, json!({ "command": "approve-advisory", "revision": 1 })).await;
    desk.does(later, Ines, &report, json!({ "command": "publish" })).await;
    let built = worker::build_tree(&desk.service.app).await.expect("built");
    assert_eq!((built.advisories, built.held.len()), (1, 0), "{:?}", built.held);
    for (name, text) in files(&desk.service.app) {
        assert!(!text.contains("CANARY"), "{name}");
    }
    assert!(!desk.own(&report).await.to_string().contains("CANARY"));
    let public = desk.get(&format!("/advisories/{}", desk.advisories().await[0])).await;
    assert!(public.status == 200 && !public.body.to_string().contains("CANARY"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b7_a_sentence_of_a_comment_that_was_copied_into_the_draft_does_not_go_out() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    let report = confirmed(&desk).await;
    let later = "2026-03-02T11:00Z";
    let sentence = "The customer in the north cannot upgrade before the month of May.";
    desk.does(later, Jonas, &report, comment("details", sentence)).await;
    let written = draft("Buckets can be listed", "Own", "1.4.2", json!({ "details": sentence }));
    desk.does(later, Jonas, &report, written).await;
    desk.does(later, Ines, &report, json!({ "command": "approve-advisory", "revision": 1 })).await;
    let (_, why) = desk.is_refused(later, Ines, &report, json!({ "command": "publish" })).await;
    assert!(why.contains("internal note"), "{why}");
}
