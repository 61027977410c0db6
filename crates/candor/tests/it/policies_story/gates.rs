//! Gates that any program can ask for, and the two rules that hold for all: an agreed embargo, and an approval.

use super::desk::{CRITICAL, Desk, HIGH, Ines, Jonas, Report, draft, list, verified, word};
use crate::support::service::answered;
use serde_json::{Value, json};

const PLAIN: &str = r#"
[program]
slug = "plain"
name = "Plain"

[[contacts]]
role = "security team"
email = "team@plain.example"

[disclosure]
publish_on = "fix"
"#;

const STRICT: &str = r#"
[program]
slug = "strict"
name = "Strict"

[[contacts]]
role = "coordinator"
email = "team@strict.example"

[[gates]]
before = "acknowledge"
needs = "fields"
fields = ["holder"]

[[gates]]
before = "rate"
needs = "verification"
because = "Nobody rates what nobody tried."
override = true

[[gates]]
before = "fix"
needs = "similar-problems-audit"
severities = ["high", "critical"]

[[gates]]
before = "order"
needs = "approvals"
members = 2
override = "coordinator"

[[gates]]
before = "publish"
needs = "credit-answered"
"#;

fn report() -> Value {
    json!({
        "title": "A share is listed", "description": "Without a signature.",
        "reporter": { "name": "Ada", "email": "ada@outside.example" },
    })
}

async fn confirmed(desk: &Desk) -> Report {
    let case = desk.report("2027-03-01T09:00:00Z", report()).await;
    desk.does("2027-03-01T10:00:00Z", Ines, &case, json!({ "command": "confirm", "text": "It is so." })).await;
    case
}

fn approve() -> Value {
    json!({ "command": "approve-advisory", "revision": 1 })
}

fn publish() -> Value {
    json!({ "command": "publish" })
}

fn fix(version: &str) -> Value {
    json!({ "command": "record-fix", "kind": "patch", "version": version })
}

async fn agreed(desk: &Desk, case: &Report, until: &str) {
    desk.does("2027-03-01T11:00:00Z", Ines, case, json!({ "command": "propose-embargo", "until": until })).await;
    let answer = desk.reporter("2027-03-01T12:00:00Z", case, "embargo", json!({ "agree": true })).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_an_agreed_embargo_holds_the_publication_that_waits_for_the_fix() {
    let desk = Desk::open("plain", PLAIN, "2027-03-01T08:00:00Z").await;
    let case = confirmed(&desk).await;
    agreed(&desk, &case, "2027-04-01T09:00:00Z").await;
    desk.does("2027-03-02T09:00:00Z", Jonas, &case, draft("Shares are listed", "Plain", "1.1", json!({}))).await;
    desk.does("2027-03-02T09:10:00Z", Ines, &case, approve()).await;
    assert_eq!(desk.does("2027-03-02T09:20:00Z", Ines, &case, publish()).await, ["publication-ordered"]);
    // The fix comes sooner: the order gets the agreed date, and the approval stands.
    let fixed = desk.does("2027-03-10T09:00:00Z", Jonas, &case, fix("1.1")).await;
    assert_eq!(fixed, ["fix-recorded", "publication-dated"]);
    assert_eq!(desk.case(&case).await["advisory"]["publish_at"], "2027-04-01T09:00:00Z");
    // Another proposal does not end what was agreed.
    let sooner = json!({ "command": "propose-embargo", "until": "2027-03-12T09:00:00Z" });
    desk.does("2027-03-11T09:00:00Z", Ines, &case, sooner).await;
    let now = json!({ "command": "publish", "at": "2027-03-12T09:00:00Z" });
    assert_eq!(desk.is_refused("2027-03-11T09:10:00Z", Ines, &case, now).await.0, "embargo-agreed");
    desk.works("2027-03-20T09:00:00Z").await;
    assert!(desk.advisories().await.is_empty());
    desk.works("2027-04-01T09:00:30Z").await;
    assert_eq!(desk.advisories().await, ["PLAIN-2027-1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreed_embargo_falls_with_a_reason_that_the_reporter_is_told_or_with_exploitation() {
    let desk = Desk::open("plain", PLAIN, "2027-03-01T08:00:00Z").await;
    let ready = async |fixed: &str| {
        let case = confirmed(&desk).await;
        agreed(&desk, &case, "2027-04-01T09:00:00Z").await;
        desk.does("2027-03-02T09:00:00Z", Jonas, &case, draft("Shares are listed", "Plain", fixed, json!({}))).await;
        desk.does("2027-03-02T09:10:00Z", Ines, &case, approve()).await;
        desk.does("2027-03-03T09:00:00Z", Jonas, &case, fix(fixed)).await;
        case
    };
    let case = ready("1.1").await;
    let broken = |reason: &str| json!({ "command": "break-embargo", "reason": reason });
    let (code, _) = desk.is_refused("2027-03-04T09:00:00Z", Jonas, &case, broken("It leaked.")).await;
    assert_eq!(code, "role", "a coordinator's act");
    assert_eq!(desk.is_refused("2027-03-04T09:01:00Z", Ines, &case, broken(" ")).await.0, "field");
    desk.does("2027-03-04T09:02:00Z", Ines, &case, broken("A talk of somebody else shows it.")).await;
    let own = desk.own(&case).await;
    assert!(own["history"].to_string().contains("A talk of somebody else shows it."), "{own}");
    let told = desk.works("2027-03-04T09:03:00Z").await;
    assert!(told.iter().any(|(to, _)| to == "ada@outside.example"), "{told:?}");
    let out = desk.does("2027-03-04T09:04:00Z", Ines, &case, publish()).await;
    assert_eq!(out, ["publication-ordered", "published"]);
    assert_eq!(desk.is_refused("2027-03-04T09:05:00Z", Ines, &case, broken("Again.")).await.0, "no-embargo");

    let other = ready("1.2").await;
    let known = json!({ "command": "know-exploitation", "ground": "Logs of a customer." });
    desk.does("2027-03-05T09:00:00Z", Jonas, &other, known).await;
    let out = desk.does("2027-03-05T09:01:00Z", Ines, &other, publish()).await;
    assert_eq!(out, ["publication-ordered", "published"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m6_what_changes_the_advisory_after_its_approval_takes_the_approval_back() {
    let desk = Desk::open("plain", PLAIN, "2027-03-01T08:00:00Z").await;
    let case = confirmed(&desk).await;
    desk.does("2027-03-02T09:00:00Z", Jonas, &case, draft("Shares are listed", "Plain", "", json!({}))).await;
    let browser = desk.browser().await;
    let describe = |aliases: Value| json!({ "command": "describe", "title": "Shares", "aliases": aliases });
    for (change, what) in [
        (json!({ "command": "rate", "vectors": [HIGH] }), "the rating"),
        (json!({ "command": "set-weakness", "cwe": 862 }), "the weakness"),
        (describe(json!(["CVE-2027-1000"])), "the identifiers"),
        (json!({ "command": "record-fix", "kind": "workaround", "details": "Switch it off." }), "the fixes"),
    ] {
        desk.does("2027-03-02T10:00:00Z", Ines, &case, approve()).await;
        desk.does("2027-03-02T10:01:00Z", Ines, &case, publish()).await;
        let done = desk.does("2027-03-02T10:02:00Z", Jonas, &case, change).await;
        assert_eq!(done.last().map(String::as_str), Some("approval-withdrawn"), "{what}");
        let advisory = desk.case(&case).await["advisory"].clone();
        assert_eq!((&advisory["approved_by"], &advisory["ordered"]), (&Value::Null, &json!(false)), "{what}");
        assert_eq!(advisory["withdrawn"], format!("{what} changed after the approval"));
        let page = browser.get(&format!("/desk/cases/{}", case.case)).await.body;
        assert!(page.contains("its approval no longer stands"), "the page says it");
    }
    // A name that is not public, and the same rating again, change nothing of what goes out. Nor do the version and the date
    // of the very fix that the order waits for; words and an address of its own do.
    for (more, out) in [
        (json!({}), "published"),
        (json!({ "details": "Read my blog." }), "approval-withdrawn"),
        (json!({ "url": "https://blog.example" }), "approval-withdrawn"),
    ] {
        let case = confirmed(&desk).await;
        desk.does("2027-03-04T09:00:00Z", Jonas, &case, json!({ "command": "rate", "vectors": [HIGH] })).await;
        desk.does("2027-03-04T09:01:00Z", Jonas, &case, draft("Shares are listed", "Plain", "", json!({}))).await;
        desk.does("2027-03-04T09:02:00Z", Ines, &case, approve()).await;
        desk.does("2027-03-04T09:03:00Z", Ines, &case, publish()).await;
        assert_eq!(desk.does("2027-03-04T09:04:00Z", Jonas, &case, describe(json!(["TEAM-7"]))).await, ["described"]);
        let same = json!({ "command": "rate", "vectors": [HIGH] });
        assert_eq!(desk.does("2027-03-04T09:05:00Z", Jonas, &case, same).await, ["rated"]);
        let mut released = fix("1.1");
        released.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        assert_eq!(desk.does("2027-03-05T09:00:00Z", Jonas, &case, released).await, ["fix-recorded", out], "{more}");
    }
    assert_eq!(desk.advisories().await, ["PLAIN-2027-1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m6_p9_every_step_waits_for_its_gates_and_an_override_has_a_name_and_a_reason() {
    let desk = Desk::open("strict", STRICT, "2027-03-01T08:00:00Z").await;
    let case = desk.report("2027-03-01T09:00:00Z", report()).await;
    let acknowledge = json!({ "command": "acknowledge", "text": "Thank you." });
    let refused = desk.asks("2027-03-01T09:10:00Z", Jonas, &case, acknowledge.clone()).await;
    let lack = refused.body["missing"][0].clone();
    assert_eq!(
        (&lack["gate"], &lack["command"], &lack["role"]),
        (&json!("fields"), &json!("assign"), &json!("analyst"))
    );
    assert_eq!(lack["may_override"], Value::Null);
    let silent = |step: &str, gate: &str| json!({ "command": "override-gate", "step": step, "gate": gate, "reason": "Because." });
    let (code, _) = desk.is_refused("2027-03-01T09:11:00Z", Ines, &case, silent("acknowledge", "fields")).await;
    assert_eq!(code, "no-override", "without the policy's word there is none");
    let (_, why) = desk.is_refused("2027-03-01T09:12:00Z", Ines, &case, silent("close", "timeline")).await;
    assert!(why.contains("asks for no `timeline` before `close`"), "{why}");

    // Only members of the program hold a case.
    for stranger in ["nobody-here", &"x".repeat(10_000)] {
        let answer =
            desk.asks("2027-03-01T09:20:00Z", Ines, &case, json!({ "command": "assign", "to": stranger })).await;
        assert_eq!((answer.status, &answer.body["field"]), (422, &json!("to")), "{answer:?}");
    }
    let browser = desk.browser().await;
    let page = browser.get(&format!("/desk/cases/{}", case.case)).await.body;
    assert!(page.contains("who holds the case") && page.contains("Ines, Jonas"), "by name: {page}");
    let act = format!("/desk/cases/{}/assign", case.case);
    let form = browser.get(&act).await;
    let jonas = form.attributes("#to option", "value").into_iter().nth(2).expect("two members and nobody");
    assert_eq!(browser.post(&act, &answered(form.form(&act), &[("to", &jonas)])).await.status, 303);
    desk.does("2027-03-01T09:30:00Z", Jonas, &case, acknowledge).await;

    // Rating before anybody tried it: a named act, once.
    let rate = |vector: &str| json!({ "command": "rate", "vectors": [vector] });
    let (code, why) = desk.is_refused("2027-03-01T10:00:00Z", Jonas, &case, rate(CRITICAL)).await;
    assert!(code == "gate" && why.contains("Nobody has recorded a verification"), "{why}");
    let go_on =
        |reason: &str| json!({ "command": "override-gate", "step": "rate", "gate": "verification", "reason": reason });
    assert_eq!(desk.is_refused("2027-03-01T10:01:00Z", Jonas, &case, go_on("  ")).await.0, "field");
    let act = format!("/desk/cases/{}/override-gate", case.case);
    let asked = browser.get(&act).await;
    assert!(asked.header("location").starts_with("/desk/confirm"), "three quarters of an hour after the sign-in");
    let browser = desk.browser().await;
    let form = browser.get(&act).await.form(&act);
    let said = [("gate", "rate/verification"), ("reason", "The proof is in the report.")];
    assert_eq!(browser.post(&act, &answered(form, &said)).await.status, 303);
    desk.does("2027-03-01T10:03:00Z", Jonas, &case, rate(CRITICAL)).await;
    assert_eq!(desk.is_refused("2027-03-01T10:04:00Z", Jonas, &case, rate(HIGH)).await.0, "gate", "it opens once");
    let seen = desk.case(&case).await;
    let passed = &list(&seen["overrides"])[0];
    assert_eq!((&passed["by"]["name"], &passed["reason"]), (&json!("Ines"), &json!("The proof is in the report.")));
    assert_eq!((&passed["step"], &passed["used"]), (&json!("rate"), &json!(true)));
    let page = browser.get(&format!("/desk/cases/{}", case.case)).await.body;
    assert!(page.contains("Gates passed without") && page.contains("The proof is in the report."));
    assert!(!desk.own(&case).await.to_string().contains("The proof is in the report."), "inside the team");

    // A gate for serious cases only.
    desk.does("2027-03-01T11:00:00Z", Jonas, &case, verified()).await;
    desk.does("2027-03-01T11:01:00Z", Ines, &case, json!({ "command": "confirm", "text": "It is so." })).await;
    let (_, why) = desk.is_refused("2027-03-01T11:02:00Z", Jonas, &case, fix("1.1")).await;
    assert!(why.contains("audited for similar problems"), "{why}");
    desk.does("2027-03-01T11:03:00Z", Jonas, &case, json!({ "command": "rate", "severity": "low" })).await;
    desk.does("2027-03-01T11:04:00Z", Jonas, &case, fix("1.1")).await;

    // Two members approve, and the reporter says how to be named, before anything is ordered or goes out.
    desk.does("2027-03-02T09:00:00Z", Jonas, &case, draft("Shares are listed", "Strict", "1.1", json!({}))).await;
    desk.does("2027-03-02T09:01:00Z", Ines, &case, approve()).await;
    let refused = desk.asks("2027-03-02T09:02:00Z", Ines, &case, publish()).await;
    let lack = refused.body["missing"][0].clone();
    assert_eq!(word(&lack["what"]), "1 of 2 members have approved the advisory");
    assert_eq!(lack["except"], json!([seen["overrides"][0]["by"]["id"]]));
    let alone = json!({ "command": "override-gate", "step": "order", "gate": "approvals", "reason": "Alone today." });
    let (_, why) = desk.is_refused("2027-03-02T09:03:00Z", Jonas, &case, alone).await;
    assert!(why.contains("leaves this to a coordinator"), "{why}");
    desk.does("2027-03-02T09:04:00Z", Jonas, &case, approve()).await;
    let refused = desk.asks("2027-03-02T09:05:00Z", Ines, &case, publish()).await;
    assert_eq!(refused.body["missing"][0]["gate"], "credit-answered");
    let anonymous = json!({ "wish": "anonymous" });
    assert_eq!(desk.reporter("2027-03-02T09:06:00Z", &case, "credit", anonymous).await.status, 200);
    let out = desk.does("2027-03-02T09:07:00Z", Ines, &case, publish()).await;
    assert_eq!(out, ["publication-ordered", "published"]);
}
