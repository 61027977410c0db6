//! MinIO: hours over a week-end, the chain of contacts, and the steps that are the same for every report.

use super::desk::{CRITICAL, Desk, Ines, Jonas, Report, draft, list, minute, pair, verified, word, words};
use crate::support::service::MINIO;
use serde_json::{Value, json};

const PRIMARY: &str = "sid@min.io";
const SECONDARY: &str = "harsha@min.io";
const DEVELOPERS: &str = "dev@min.io";

fn report() -> Value {
    json!({
        "title": "Object names of another bucket are shown",
        "description": "A list request with an odd prefix shows them.",
        "component": "S3 API",
        "preconditions": "access keys of any user",
        "reporter": { "name": "Ada", "email": "ada@outside.example" },
    })
}

async fn open(now: &str) -> (Desk, Report) {
    let desk = Desk::open("minio", MINIO, "2027-03-05T08:00:00Z").await;
    let case = desk.report(now, report()).await;
    (desk, case)
}

/// Addresses to which letters about broken or endangered promises went.
fn told(letters: &[(String, String)]) -> Vec<&str> {
    letters.iter().map(|(to, _)| to.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_m4_the_chain_of_contacts_is_told_at_its_times_over_a_week_end() {
    // Friday 5 March, 09:00: 48 hours are Sunday 7, 72 hours Monday 8, 5 days Wednesday 10.
    let (desk, case) = open("2027-03-05T09:00:00Z").await;
    let dates = ["acknowledge", "next-steps", "news"].map(|promise| case.promised(promise));
    assert_eq!(dates, ["2027-03-07 09:00", "2027-03-08 09:00", "2027-03-10 09:00"]);
    assert_eq!(told(&desk.works("2027-03-05T09:01:00Z").await), ["ada@outside.example", PRIMARY], "it arrived");
    let none: [&str; 0] = [];
    for (now, who) in [
        ("2027-03-06T20:59:00Z", &none[..]),
        ("2027-03-06T21:01:00Z", &[PRIMARY]), // 12 hours before the acknowledgement is due
        ("2027-03-07T09:01:00Z", &[SECONDARY]), // it is due
        ("2027-03-07T21:01:00Z", &[PRIMARY]), // 12 hours before the next steps are due
        ("2027-03-08T09:01:00Z", &[DEVELOPERS, SECONDARY]), // a day after the one, and the other is due
    ] {
        assert_eq!(told(&desk.works(now).await), who, "{now}");
        assert!(desk.works(now).await.is_empty(), "each once");
    }
    // One answer that says what comes next keeps both, late, and starts the news anew: 5 days from Monday 8, 10:00.
    let answer = json!({ "command": "answer", "text": "We see it; a fix is on its way.", "next_steps": true });
    desk.does("2027-03-08T10:00:00Z", Jonas, &case, answer).await;
    assert_eq!(desk.clock(&case, "acknowledge").await, pair("kept-late", "2027-03-07 09:00"));
    assert_eq!(desk.clock(&case, "next-steps").await, pair("kept-late", "2027-03-08 09:00"));
    assert_eq!(desk.cycle(&case, "news", 1).await, pair("running", "2027-03-13 10:00"));
    assert_eq!(told(&desk.works("2027-03-08T10:01:00Z").await), ["ada@outside.example"]);
    assert!(desk.works("2027-03-12T09:59:00Z").await.is_empty());
    assert_eq!(told(&desk.works("2027-03-12T10:01:00Z").await), [PRIMARY]);
    assert_eq!(told(&desk.works("2027-03-13T10:01:00Z").await), [SECONDARY]);
    assert_eq!(told(&desk.works("2027-03-14T10:01:00Z").await), [DEVELOPERS]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m4_nudge_turns_to_the_next_contact() {
    let (desk, case) = open("2027-03-05T09:00:00Z").await;
    desk.works("2027-03-07T09:01:00Z").await;
    for (now, role, address) in [
        ("2027-03-07T09:30:00Z", "primary coordinator", PRIMARY),
        ("2027-03-08T09:40:00Z", "secondary coordinator", SECONDARY),
        ("2027-03-09T09:50:00Z", "developers' list", DEVELOPERS),
        ("2027-03-10T10:00:00Z", "developers' list", DEVELOPERS),
    ] {
        desk.works(now).await;
        assert_eq!(desk.own(&case).await["next_contact"], role, "the reporter sees whom to turn to");
        let nudged = desk.reporter(now, &case, "nudge", json!({})).await;
        assert_eq!((nudged.status, &nudged.body["events"][0]["to"]), (200, &json!(role)));
        let later = now.replace(":00Z", ":30Z");
        assert_eq!(told(&desk.works(&later).await), [address]);
        let again = desk.reporter(&later, &case, "nudge", json!({})).await;
        assert_eq!((again.status, &again.body["code"]), (422, &json!("nudged-before")));
    }
    // A word from the team sets the chain back to its beginning.
    desk.does("2027-03-11T12:00:00Z", Jonas, &case, json!({ "command": "acknowledge", "text": "Sorry." })).await;
    assert_eq!(desk.own(&case).await["next_contact"], "primary coordinator");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_starts_late_rings_each_bell_once_in_order_and_marked_late() {
    let (desk, case) = open("2027-03-05T09:00:00Z").await;
    let letters = desk.works("2027-03-12T00:00:00Z").await;
    assert!(desk.works("2027-03-12T00:10:00Z").await.is_empty());
    let rung: Vec<_> = desk
        .journal(&case, &["bell-rung", "promise-broken"])
        .await
        .iter()
        .map(|entry| {
            assert_eq!(entry["late"], true);
            assert_eq!(entry["by"]["kind"], "clock");
            let who = entry["to"].as_str().map_or("broken", |to| to.split(' ').next().expect("a word"));
            format!("{} {} {who}", minute(&entry["due"]), word(&entry["promise"]))
        })
        .collect();
    assert_eq!(
        rung,
        [
            "2027-03-06 21:00 acknowledge primary",
            "2027-03-07 09:00 acknowledge broken",
            "2027-03-07 09:00 acknowledge secondary",
            "2027-03-07 21:00 next-steps primary",
            "2027-03-08 09:00 next-steps broken",
            "2027-03-08 09:00 acknowledge developers'",
            "2027-03-08 09:00 next-steps secondary",
            "2027-03-09 09:00 next-steps developers'",
            "2027-03-09 09:00 news primary",
            "2027-03-10 09:00 news broken",
            "2027-03-10 09:00 news secondary",
            "2027-03-11 09:00 news developers'",
        ]
    );
    // The report's own two letters, and one for each of the nine bells.
    assert_eq!(letters.len(), 11, "{letters:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5a_m5b_m5c_m5d_m5e_m5f_m6_m9_m10_the_steps_are_the_same_for_every_report() {
    let (desk, case) = open("2027-03-05T09:00:00Z").await;
    let confirm = json!({ "command": "confirm", "text": "It is so." });
    let reject = |text: &str| json!({ "command": "reject", "text": text });
    // A member verifies, with conditions and impact; another gives the verdict, and no rejection is without a reason.
    let (code, why) = desk.is_refused("2027-03-05T10:00:00Z", Ines, &case, confirm.clone()).await;
    assert!(code == "gate" && why.contains("Nobody has recorded a verification"), "{why}");
    desk.does("2027-03-05T11:00:00Z", Jonas, &case, verified()).await;
    let record = desk.case(&case).await["verifications"][0].clone();
    assert_eq!((&record["by"]["name"], &record["result"]), (&json!("Jonas"), &json!("reproduced")));
    assert_eq!(
        (&record["conditions"], &record["impact"]),
        (&json!("a signed-in account"), &json!("reads what is not theirs"))
    );
    for verdict in [confirm.clone(), reject("Not so.")] {
        let (code, why) = desk.is_refused("2027-03-05T11:10:00Z", Jonas, &case, verdict).await;
        assert!(code == "gate" && why.contains("Another member than the one who verified"), "{why}");
    }
    let (code, why) = desk.is_refused("2027-03-05T11:20:00Z", Ines, &case, reject("  ")).await;
    assert!(code == "field" && why.contains("reason"), "{why}");
    desk.does("2027-03-05T12:00:00Z", Ines, &case, confirm).await;

    // The advisory says what exploitation needs. It waits for the fix, and the fix for nothing but the gates.
    let more = json!({ "conditions": "Access keys of any user." });
    desk.does(
        "2027-03-06T09:00:00Z",
        Jonas,
        &case,
        draft("Names of objects", "MinIO server", "RELEASE.2027-03-09T00-00-00Z", more),
    )
    .await;
    desk.does("2027-03-06T09:10:00Z", Ines, &case, json!({ "command": "approve-advisory", "revision": 1 })).await;
    let publish = json!({ "command": "publish" });
    assert_eq!(desk.does("2027-03-06T09:20:00Z", Ines, &case, publish.clone()).await, ["publication-ordered"]);
    let counter = json!({
        "command": "record-fix", "kind": "countermeasure", "details": "Odd prefixes are refused by the gateway.",
    });
    let held = desk.does("2027-03-07T09:00:00Z", Jonas, &case, counter).await;
    assert_eq!(held, ["fix-recorded", "approval-withdrawn"], "nobody approved these words");
    let approve = json!({ "command": "approve-advisory", "revision": 1 });
    desk.does("2027-03-07T09:05:00Z", Ines, &case, approve.clone()).await;
    let (_, why) = desk.is_refused("2027-03-07T09:10:00Z", Ines, &case, publish.clone()).await;
    assert!(why.contains("audited for similar problems") && why.contains("severity is not rated"), "{why}");
    assert!(desk.advisories().await.is_empty());
    desk.does("2027-03-07T10:00:00Z", Jonas, &case, json!({ "command": "rate", "vectors": [CRITICAL] })).await;
    let audit = json!({ "command": "record-audit", "looked": "every list call", "found": "one more, mended with it" });
    desk.does("2027-03-07T11:00:00Z", Jonas, &case, audit).await;
    // The rating came after the approval.
    assert_eq!(desk.is_refused("2027-03-07T11:10:00Z", Ines, &case, publish.clone()).await.0, "not-approved");
    desk.does("2027-03-07T11:20:00Z", Ines, &case, approve).await;
    let fix = json!({ "command": "record-fix", "kind": "patch", "version": "RELEASE.2027-03-09T00-00-00Z" });
    let fixed = desk.does("2027-03-09T09:00:00Z", Jonas, &case, fix).await;
    assert_eq!(fixed, ["fix-recorded"], "the approved draft names this version as fixed");
    desk.does("2027-03-09T09:10:00Z", Ines, &case, publish).await;
    let id = desk.advisories().await.pop().expect("it is out");
    let public = desk.get(&format!("/advisories/{id}")).await.body;
    assert_eq!(minute(&public["published"]), "2027-03-09 09:10", "on the day of the fix");
    assert_eq!(public["conditions"], "Access keys of any user.");
    let remedies = words(&public["remediations"], "details");
    assert!(remedies.contains(&"Odd prefixes are refused by the gateway.".to_owned()), "{remedies:?}");
    assert!(list(&public["credits"]).is_empty() && !public.to_string().contains("Ada"), "nothing about the reporter");

    // The journal shows each step, and who took it.
    let steps =
        desk.journal(&case, &["verified", "confirmed", "audited", "advisory-approved", "publication-ordered"]).await;
    let steps: Vec<_> =
        steps.iter().map(|step| format!("{} {}", word(&step["event"]), word(&step["by"]["member"]["name"]))).collect();
    let taken = [
        "verified Jonas",
        "confirmed Ines",
        "advisory-approved Ines",
        "publication-ordered Ines",
        "advisory-approved Ines",
        "audited Jonas",
        "advisory-approved Ines",
        "publication-ordered Ines",
    ];
    assert_eq!(steps, taken);
    desk.does("2027-03-10T09:00:00Z", Ines, &case, json!({ "command": "close", "reason": "All is out." })).await;
    assert_eq!(desk.own(&case).await["state"], "closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m8_a_known_identifier_alone_is_a_complete_report() {
    let desk = Desk::open("minio", MINIO, "2027-03-05T08:00:00Z").await;
    let case = desk.report("2027-03-05T09:00:00Z", json!({ "identifiers": ["CVE-2023-28432"] })).await;
    let seen = desk.case(&case).await;
    assert_eq!((&seen["title"], &seen["aliases"]), (&json!("CVE-2023-28432"), &json!(["CVE-2023-28432"])));
    assert_eq!(case.promised("acknowledge"), "2027-03-07 09:00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_what_an_attacker_needs_is_asked_and_on_the_case() {
    let (desk, case) = open("2027-03-05T09:00:00Z").await;
    let form = desk.service.browser().get("/minio/report").await;
    assert!(form.body.contains("does an attacker need access keys"), "the policy's own hint");
    assert_eq!(desk.case(&case).await["reports"][0]["facts"]["preconditions"], "access keys of any user");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m7_what_own_staff_find_runs_on_the_same_promises() {
    let desk = Desk::open("minio", MINIO, "2027-03-05T08:00:00Z").await;
    let found = json!({ "title": "A library below reads past its end", "description": "Found in review.", "component": "S3 API" });
    let case = desk.on_behalf("2027-03-05T09:00:00Z", Jonas, json!({ "program": "minio", "report": found })).await;
    assert_eq!(case.promised("acknowledge"), "2027-03-07 09:00");
    let seen = desk.case(&case).await;
    assert_eq!((&seen["reports"][0]["channel"], &seen["reports"][0]["reporter"]), (&json!("member"), &Value::Null));
    assert_eq!(seen["reports"][0]["filed_by"]["name"], "Jonas");
    let page = desk.service.browser().get("/minio").await.body;
    assert!(
        page.contains("what the code depends on, directly or indirectly"),
        "the policy's page says what is covered"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m6_a_correction_goes_through_the_same_steps_and_keeps_its_number() {
    let (desk, case) = open("2027-03-05T09:00:00Z").await;
    let title = |title: &str| draft(title, "MinIO server", "RELEASE.2027-03-09T00-00-00Z", json!({}));
    let approve = |revision: u32| json!({ "command": "approve-advisory", "revision": revision });
    let publish = json!({ "command": "publish" });
    for (who, command) in [
        (Jonas, verified()),
        (Ines, json!({ "command": "confirm", "text": "It is so." })),
        (Jonas, json!({ "command": "rate", "vectors": [CRITICAL] })),
        (Jonas, json!({ "command": "record-audit", "looked": "every list call", "found": "nothing" })),
        (Jonas, title("Names of objets")),
        (Ines, approve(1)),
        (Jonas, json!({ "command": "record-fix", "kind": "patch", "version": "RELEASE.2027-03-09T00-00-00Z" })),
        (Ines, publish.clone()),
    ] {
        desk.does("2027-03-09T09:00:00Z", who, &case, command).await;
    }
    desk.works("2027-03-09T09:01:00Z").await;
    desk.does("2027-03-11T09:00:00Z", Jonas, &case, title("Names of objects")).await;
    let (code, why) = desk.is_refused("2027-03-11T09:01:00Z", Ines, &case, publish.clone()).await;
    assert!(code == "not-approved" && why.contains("revision 2"), "{why}");
    let (code, _) = desk.is_refused("2027-03-11T09:02:00Z", Ines, &case, approve(1)).await;
    assert_eq!(code, "other-revision", "somebody who read the old one approves nothing");
    desk.does("2027-03-11T09:03:00Z", Ines, &case, approve(2)).await;
    assert_eq!(desk.get("/advisories/MINIO-2027-1").await.body["title"], "Names of objets");
    assert_eq!(
        desk.does("2027-03-11T09:04:00Z", Ines, &case, publish).await.last().map(String::as_str),
        Some("published")
    );
    assert_eq!(desk.advisories().await, ["MINIO-2027-1"]);
    let public = desk.get("/advisories/MINIO-2027-1").await.body;
    assert_eq!(
        (&public["title"], minute(&public["published"])),
        (&json!("Names of objects"), "2027-03-09 09:00".into())
    );
    assert_eq!(minute(&public["modified"]), "2027-03-11 09:04");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_taken_back_or_known_already_ends_its_clocks_and_tells_nothing_of_the_other() {
    let (desk, case) = open("2027-03-05T09:00:00Z").await;
    assert_eq!(
        desk.reporter("2027-03-05T10:00:00Z", &case, "withdraw", json!({ "text": "My mistake." })).await.status,
        200
    );
    assert_eq!(desk.own(&case).await["outcome"]["outcome"], "withdrawn");
    for promise in ["acknowledge", "next-steps", "news"] {
        assert_eq!(desk.clock(&case, promise).await.0, "ended", "{promise}");
    }
    let again = desk.report("2027-03-05T11:00:00Z", report()).await;
    desk.does("2027-03-05T11:30:00Z", Jonas, &again, verified()).await;
    let known = json!({ "command": "duplicate", "of": case.case, "text": "We know it already." });
    desk.does("2027-03-05T12:00:00Z", Ines, &again, known).await;
    let own = desk.own(&again).await;
    assert_eq!((&own["outcome"]["outcome"], &own["outcome"]["of"]), (&json!("duplicate"), &json!(null)));
    assert!(own["outcome"]["known"]["hash"].is_string(), "the proof that it came before tells nothing else");
    assert!(!own.to_string().contains(&case.case), "another case is another reporter's");
    desk.works("2027-03-05T12:01:00Z").await;
    assert!(desk.works("2027-04-05T12:00:00Z").await.is_empty(), "nothing rings after the end");
}
