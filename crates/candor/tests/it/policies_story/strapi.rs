//! Strapi: a person's answer within seven days in Paris, a target that is missed, and more than one remedy.

use super::desk::{Desk, HIGH, Ines, Jonas, draft, list, minute, pair, verified, word, words};
use crate::support::service::answered;
use serde_json::{Value, json};

const STRAPI: &str = include_str!("../../../../../examples/policies/strapi.toml");

fn report() -> Value {
    json!({
        "title": "Drafts of others are listed",
        "description": "A filter over a relation shows entries that are not public.",
        "product": "Strapi",
        "version": "5.30.0",
        "reporter": { "name": "Ada", "email": "ada@outside.example" },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_only_a_members_answer_keeps_the_first_answer() {
    let desk = Desk::open("strapi", STRAPI, "2026-10-22T07:00:00Z").await;
    // Thursday 22 October, 10:00 in Paris (+2). Summer time ends on Sunday 25; seven days later it is 10:00 again, at +1.
    let case = desk.report("2026-10-22T08:00:00Z", report()).await;
    assert_eq!(case.promised("answer"), "2026-10-29 09:00");
    let arrived = desk.works("2026-10-22T08:01:00Z").await;
    assert!(arrived.iter().any(|(to, subject)| to == "ada@outside.example" && subject.contains("arrived")));
    let wrote = json!({ "text": "Also in the list of files." });
    desk.reporter("2026-10-23T08:00:00Z", &case, "messages", wrote).await;
    desk.does("2026-10-23T09:00:00Z", Jonas, &case, json!({ "command": "note", "text": "Seen before?" })).await;
    desk.does("2026-10-23T09:01:00Z", Jonas, &case, verified()).await;
    assert_eq!(desk.clock(&case, "answer").await, pair("running", "2026-10-29 09:00"), "none of these is an answer");
    desk.works("2026-10-23T09:02:00Z").await;

    // Three days before: Monday 26, 10:00 (+1), whoever holds it; one day before: Wednesday 28, the team.
    assert!(desk.works("2026-10-26T08:59:00Z").await.is_empty());
    assert_eq!(desk.works("2026-10-26T09:01:00Z").await.len(), 1);
    assert!(desk.works("2026-10-28T08:59:00Z").await.is_empty());
    let warned = desk.works("2026-10-28T09:01:00Z").await;
    assert_eq!(warned.len(), 1);
    assert!(warned[0].1.contains("29 Oct, 10:00"), "in the program's own time: {warned:?}");
    desk.does("2026-10-29T08:30:00Z", Jonas, &case, json!({ "command": "acknowledge", "text": "On it." })).await;
    assert_eq!(desk.clock(&case, "answer").await, pair("kept", "2026-10-29 09:00"));
    assert!(desk.journal(&case, &["promise-broken"]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_s4_s6_s9_a_missed_target_several_remedies_and_the_end_of_it() {
    let desk = Desk::open("strapi", STRAPI, "2027-03-22T07:00:00Z").await;
    // Wednesday 24 March, 09:00 in Paris (+1). Summer time begins on Sunday 28: seven days later it is 09:00 at +2.
    let case = desk.report("2027-03-24T08:00:00Z", report()).await;
    assert_eq!(
        case.filed["promises"].as_array().map(Vec::len),
        Some(1),
        "a patch is aimed at once it is known to be serious"
    );
    let ack = json!({ "command": "acknowledge", "text": "On it." });
    desk.does("2027-03-25T08:00:00Z", Jonas, &case, ack).await;
    let confirm = json!({ "command": "confirm", "text": "It is so." });
    let (code, _) = desk.is_refused("2027-03-25T08:10:00Z", Ines, &case, confirm.clone()).await;
    assert_eq!(code, "gate", "somebody verifies first");
    desk.does("2027-03-25T08:20:00Z", Jonas, &case, verified()).await;
    desk.does("2027-03-25T08:30:00Z", Ines, &case, confirm).await;
    assert!(!desk.has_clock(&case, "patch").await);
    desk.does("2027-03-25T08:40:00Z", Ines, &case, json!({ "command": "rate", "vectors": [HIGH] })).await;
    assert_eq!(desk.clock(&case, "patch").await, pair("running", "2027-03-31 07:00"));
    let own = desk.own(&case).await;
    let patch = list(&own["promises"]).iter().find(|clock| clock["promise"] == "patch").expect("it runs");
    assert_eq!(patch["kind"], "target");
    assert!(patch["why"].to_string().contains("the clocks change on"), "{patch}");

    // It is missed. Whoever is told is asked for a reason and a new date; the reporter gets both.
    desk.works("2027-03-30T12:00:00Z").await;
    let missed = desk.works("2027-03-31T07:01:00Z").await;
    assert_eq!(missed.len(), 1, "{missed:?}");
    assert!(missed[0].0 == "team@strapi.example" && missed[0].1.contains("31 Mar, 09:00"), "{missed:?}");
    let asked = desk.shown().pop().expect("a letter").2;
    assert!(asked.contains("give the reporter a reason and a new date"), "{asked}");
    assert_eq!(desk.clock(&case, "patch").await.0, "broken");
    let broken = desk.journal(&case, &["promise-broken"]).await;
    assert_eq!((broken.len(), &broken[0]["late"]), (1, &json!(false)));
    let until = "2027-04-09T10:00:00Z";
    let estimate =
        |reason: &str| json!({ "command": "estimate", "promise": "patch", "until": until, "reason": reason });
    let (code, why) = desk.is_refused("2027-03-31T08:00:00Z", Ines, &case, estimate(" ")).await;
    assert!(code == "field" && why.starts_with("reason"), "{why}");
    desk.does("2027-03-31T08:01:00Z", Ines, &case, estimate("The library below has to move first.")).await;
    let told = desk.works("2027-03-31T08:02:00Z").await;
    assert!(told.iter().any(|(to, _)| to == "ada@outside.example"), "{told:?}");
    let own = desk.own(&case).await;
    assert_eq!(
        list(&own["thread"]).last().map(|said| word(&said["text"])).as_deref(),
        Some("The library below has to move first.")
    );
    let patch = list(&own["promises"]).iter().find(|clock| clock["promise"] == "patch").expect("it runs");
    assert!(patch["why"].to_string().contains("new estimate: Fri 9 Apr 2027, 12:00"), "{patch}");

    // Several remedies: a practice at once, then a release with the feature switched off. Only that one ends the wait.
    let practice = json!({
        "command": "record-fix", "branch": "5.x", "kind": "workaround", "details": "Take the filter away from the public role.",
    });
    desk.does("2027-04-01T08:00:00Z", Jonas, &case, practice).await;
    let more = json!({ "details": "The check came before the filter was resolved, since 5.0." });
    desk.does("2027-04-01T08:10:00Z", Jonas, &case, draft("Drafts are listed", "Strapi", "5.31.1", more)).await;
    desk.does("2027-04-01T08:20:00Z", Ines, &case, json!({ "command": "approve-advisory", "revision": 1 })).await;
    desk.does("2027-04-01T08:30:00Z", Ines, &case, json!({ "command": "ask-credit" })).await;
    let named = json!({ "wish": "named", "name": "Ada Example", "link": "https://ada.example" });
    assert_eq!(desk.reporter("2027-04-01T20:00:00Z", &case, "credit", named).await.status, 200);
    let off = json!({
        "command": "record-fix", "branch": "5.x", "kind": "disable", "version": "5.31.1",
        "details": "Filters over relations are off for the public role.",
    });
    desk.does("2027-04-08T08:00:00Z", Jonas, &case, off).await;
    assert_eq!(desk.clock(&case, "patch").await, pair("kept-late", "2027-03-31 07:00"));
    assert_eq!(words(&desk.case(&case).await["fixes"], "kind"), ["workaround", "disable"]);
    // The words of this remedy are new to the advisory: somebody reads it again.
    assert_eq!(desk.case(&case).await["advisory"]["withdrawn"], "the fixes changed after the approval");
    let publish = json!({ "command": "publish" });
    assert_eq!(desk.is_refused("2027-04-08T08:05:00Z", Ines, &case, publish).await.0, "not-approved");
    desk.does("2027-04-08T08:06:00Z", Ines, &case, json!({ "command": "approve-advisory", "revision": 1 })).await;

    // The end: the advisory with the origin and the credit as consented to, and the reporter is told.
    desk.does("2027-04-08T08:10:00Z", Ines, &case, json!({ "command": "publish" })).await;
    let told = desk.works("2027-04-08T08:11:00Z").await;
    assert!(told.iter().any(|(to, subject)| to == "ada@outside.example" && subject.contains("advisory is public")));
    let id = desk.advisories().await.pop().expect("it is out");
    let public = desk.get(&format!("/advisories/{id}")).await.body;
    assert_eq!(public["details"], "The check came before the filter was resolved, since 5.0.");
    assert_eq!(words(&public["credits"], "name"), ["Ada Example"]);
    let remedies = words(&public["remediations"], "details");
    assert_eq!(
        remedies,
        ["Take the filter away from the public role.", "Filters over relations are off for the public role."]
    );
    assert_eq!(minute(&public["published"]), "2027-04-08 08:10");
    candor::publish::build(&desk.service.app).await.expect("the public tree is built");
    let feed = desk.service.browser().get("/strapi/advisories.atom").await.body;
    assert!(feed.contains("Drafts are listed") && feed.contains(&id), "who follows the feed hears of it");
    desk.does("2027-04-09T08:00:00Z", Ines, &case, json!({ "command": "close", "reason": "All is out." })).await;
    assert_eq!(desk.own(&case).await["state"], "closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_a_public_issue_is_taken_in_and_the_case_notes_that_it_was_public() {
    let desk = Desk::open("strapi", STRAPI, "2027-03-22T07:00:00Z").await;
    let page = desk.service.browser().get("/strapi").await.body;
    assert!(
        page.contains("support@strapi.io") && page.contains("Do not open a public issue"),
        "where to go, and where not"
    );
    let body = json!({ "program": "strapi", "report": report(), "channel": "public-issue" });
    let case = desk.on_behalf("2027-03-22T08:00:00Z", Jonas, body).await;
    assert_eq!(desk.case(&case).await["reports"][0]["channel"], "public-issue");
    assert_eq!(desk.own(&case).await["channel"], "public-issue");
    // Monday 22 March, 09:00 (+1); seven days later, after the change to summer time, it is 09:00 (+2).
    assert_eq!(case.promised("answer"), "2027-03-29 07:00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_a_time_of_day_that_the_clocks_leave_out_or_show_twice() {
    let desk = Desk::open("strapi", STRAPI, "2026-10-18T00:00:00Z").await;
    // Sunday 18 October, 02:30 (+2). On Sunday 25 there are two 02:30; the first counts.
    let twice = desk.report("2026-10-18T00:30:00Z", report()).await;
    assert_eq!(twice.promised("answer"), "2026-10-25 00:30");
    // Sunday 21 March, 02:30 (+1). On Sunday 28 there is none; the clocks then show 03:30 (+2), as long after 01:59.
    let never = desk.report("2027-03-21T01:30:00Z", report()).await;
    assert_eq!(never.promised("answer"), "2027-03-28 01:30");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s8_script_sql_and_forged_requests_come_to_nothing() {
    let desk = Desk::open("strapi", STRAPI, "2027-03-22T07:00:00Z").await;
    let script = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    let sql = "'); drop table cases; --";
    let hostile = json!({
        "title": format!("{script}{sql}"), "description": script, "product": script, "component": sql,
        "version": script, "steps": script, "weakness": sql, "impact": script, "identifiers": [script],
        "reporter": { "name": script, "organisation": sql },
    });
    let case = desk.report("2027-03-22T08:00:00Z", hostile).await;
    let page = format!("/desk/cases/{}", case.case);
    let (team, own) = (desk.browser().await, desk.service.browser());
    own.post("/receipt", &[("receipt".into(), case.receipt.clone())]).await;
    for page in [team.get("/desk").await, team.get(&page).await, own.get("/receipt").await] {
        assert_eq!(page.status, 200);
        assert!(
            page.body.contains("alert(1)") && !page.body.contains("<script>alert") && !page.body.contains("<img src=x")
        );
        let rules = page.header("content-security-policy");
        assert!(rules.contains("default-src") && !rules.contains("unsafe"), "{rules}");
    }
    for query in [("program", sql), ("assignee", sql)] {
        assert_eq!(desk.queue(&[query]).await, (200, vec![]), "{query:?}");
    }
    assert_eq!(desk.queue(&[("cursor", sql)]).await.0, 400);
    assert_eq!(desk.queue(&[]).await.1, [format!("{script}{sql}")], "all is there");

    // A form of another site has no token of ours, and a browser says where it comes from.
    let act = format!("{page}/note");
    let form = team.get(&act).await.form(&act);
    let forged: Vec<_> = form.iter().filter(|(name, _)| name != "csrf").cloned().collect();
    assert!(forged.len() < form.len(), "our own form has one");
    assert_eq!(team.post(&act, &answered(forged, &[("text", "forged")])).await.status, 403);
    let sent = team.client.post(desk.service.at(&act)).header("origin", "https://evil.example");
    let sent = sent.form(&answered(form.clone(), &[("text", "forged")])).send().await.expect("an answer");
    assert_eq!(sent.status(), 403);
    assert!(desk.journal(&case, &["noted"]).await.is_empty());
    assert_eq!(team.post(&act, &answered(form, &[("text", "ours")])).await.status, 303);
    assert_eq!(desk.journal(&case, &["noted"]).await.len(), 1);
}
