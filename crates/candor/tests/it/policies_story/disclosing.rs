//! How a matter becomes public: conditions and credit, the schedule around a publication, release notes, closed reports.

use super::desk::{Desk, HIGH, Ines, Jonas, Report, draft, list, verified, word, words};
use crate::support::service::{MINIO, Service, answered};
use serde_json::{Value, json};

const DIRECTUS: &str = include_str!("../../../../../examples/policies/directus.toml");
const IBEXA: &str = include_str!("../../../../../examples/policies/ibexa.toml");

/// A policy with everything of this room in it.
const SAMPLE: &str = r#"
[program]
slug = "sample"
name = "Sample"

[[contacts]]
role = "lead"
email = "lead@sample.example"

[[contacts]]
role = "deputy"
email = "deputy@sample.example"

[[scope.products]]
name = "Sample Server"

[disclosure]
embargo_limit = "90 days"
publish_on = "both"
closed_reports = "summary"

[[disclosure.recipients]]
name = "distributors"
what = "those who package it"
addresses = ["one@distros.example", "two@distros.example"]
lead_limit = "14 days"
may_have = ["product"]

[[disclosure.recipients]]
name = "list"
addresses = ["announce@lists.example"]

[[disclosure.schedule]]
name = "tell"
what = "tell those who package it"
at = "-7 days"
done_by = "candor"
tell = "distributors"
severities = ["high", "critical"]

[[disclosure.schedule]]
name = "merge"
what = "merge the fix"
at = "-2 hours"
who = "deputy"
escalate = [{ to = "lead", after = "1 hour" }]

[[disclosure.schedule]]
name = "announce"
what = "write to the list"
at = "+1 hour"
done_by = "candor"
tell = "list"

[credit]
places = ["advisory", "release-notes", "notice"]
fields = ["name", "organisation", "link", "about"]
"#;

fn report(product: &str) -> Value {
    json!({
        "title": "The secret title of the matter", "description": "Its secret description.", "product": product,
        "version": "1.0", "agreed": true, "reporter": { "name": "Ada", "email": "ada@outside.example" },
    })
}

async fn confirm(desk: &Desk, case: &Report, now: &str) {
    desk.does(now, Jonas, case, verified()).await;
    desk.does(now, Ines, case, json!({ "command": "confirm", "text": "It is so." })).await;
    desk.does(now, Ines, case, json!({ "command": "rate", "vectors": [HIGH] })).await;
}

async fn approve(desk: &Desk, case: &Report, now: &str, product: &str, fixed: &str) {
    desk.does(now, Jonas, case, draft("A share shows too much", product, fixed, json!({}))).await;
    desk.does(now, Ines, case, json!({ "command": "approve-advisory", "revision": 1 })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_a_broken_condition_costs_the_credit_and_the_reporter_is_told_why() {
    let desk = Desk::open("directus", DIRECTUS, "2026-11-02T12:00:00Z").await;
    let case = desk.report("2026-11-02T13:00:00Z", report("Directus")).await;
    confirm(&desk, &case, "2026-11-03T10:00:00Z").await;
    desk.works("2026-11-03T11:00:00Z").await;
    let breach = json!({ "command": "record-breach", "evidence": "A proof of concept on a public site, 4 November." });
    assert_eq!(desk.does("2026-11-05T10:00:00Z", Jonas, &case, breach).await, ["breach-recorded"]);
    // The reporter is told, and reads the evidence and what it means.
    let told = desk.works("2026-11-05T10:01:00Z").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "ada@outside.example");
    let own = desk.own(&case).await;
    assert_eq!(own["credit_denied"], true);
    let entry = list(&own["history"]).last().expect("an entry").clone();
    assert_eq!(entry["evidence"], "A proof of concept on a public site, 4 November.");
    // A wish for credit does not help any more; a coordinator can take the record back, and then it does.
    let named = json!({ "wish": "named", "name": "Ada Example" });
    desk.reporter("2026-11-05T12:00:00Z", &case, "credit", named).await;
    approve(&desk, &case, "2026-11-06T10:00:00Z", "Directus", "11.13.1").await;
    let notes = desk.release_notes(&case).await;
    assert!(!notes.contains("Ada"), "{notes}");
    let clear = json!({ "command": "clear-breach", "reason": "It was somebody else." });
    assert_eq!(desk.is_refused("2026-11-06T11:00:00Z", Jonas, &case, clear.clone()).await.0, "role");
    desk.does("2026-11-06T11:00:00Z", Ines, &case, clear).await;
    assert_eq!(desk.own(&case).await["credit_denied"], false);
    let again = json!({ "command": "record-breach", "evidence": "The same person after all." });
    desk.does("2026-11-06T12:00:00Z", Jonas, &case, again).await;
    desk.does("2026-11-07T10:00:00Z", Ines, &case, json!({ "command": "publish" })).await;
    let fix = json!({ "command": "record-fix", "kind": "patch", "version": "11.13.1" });
    assert_eq!(desk.does("2026-11-09T16:00:00Z", Jonas, &case, fix).await, ["fix-recorded", "published"]);
    assert!(list(&desk.get("/advisories/DIRECTUS-2026-1").await.body["credits"]).is_empty());
    // On the desk it stands with the evidence.
    let page = desk.browser().await.get(&format!("/desk/cases/{}", case.case)).await.body;
    assert!(page.contains("Conditions broken") && page.contains("The same person after all."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_without_conditions_there_is_nothing_to_break() {
    let desk = Desk::open("minio", MINIO, "2027-03-05T08:00:00Z").await;
    let case = desk.report("2027-03-05T09:00:00Z", report("MinIO")).await;
    let breach = json!({ "command": "record-breach", "evidence": "They wrote about it." });
    assert_eq!(desk.is_refused("2027-03-05T10:00:00Z", Ines, &case, breach).await.0, "no-conditions");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_i6_release_notes_name_people_exactly_as_they_wished() {
    let desk = Desk::open("ibexa", IBEXA, "2027-03-01T08:00:00Z").await;
    let case = desk.report("2027-03-01T09:00:00Z", report("Ibexa DXP")).await;
    let wish = json!({
        "wish": "named", "name": "Ada Example", "organisation": "Example Labs", "link": "https://ada.example",
        "about": "looks at *engines*",
    });
    assert_eq!(desk.reporter("2027-03-01T10:00:00Z", &case, "credit", wish).await.status, 200);
    confirm(&desk, &case, "2027-03-02T10:00:00Z").await;
    let fix = json!({ "command": "record-fix", "kind": "patch", "version": "4.6.2", "branch": "4.6" });
    desk.does("2027-03-03T10:00:00Z", Jonas, &case, fix).await;
    desk.does("2027-03-03T11:00:00Z", Jonas, &case, draft("A share shows too much", "Ibexa DXP", "4.6.2", json!({})))
        .await;
    let notes = desk.release_notes(&case).await;
    assert!(notes.starts_with("## Security fixes\n\n- **A share shows too much** (High)\n"), "{notes}");
    assert!(notes.contains("Fixed in 4.6.2."), "{notes}");
    assert!(
        notes.contains("Thanks to Ada Example, Example Labs, <https://ada.example> (looks at \\*engines\\*)."),
        "{notes}"
    );
    assert!(!notes.contains("DRAFT"), "a draft has no public id: {notes}");
    // The command line gives the same text, and says that it is not public.
    let config = &desk.service.app.config;
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_candor"))
        .env_clear()
        .args(["advisory", "release-notes", &case.case, "--base-url", &config.base_url, "--data"])
        .arg(&config.data)
        .arg("--key-file")
        .arg(&config.key_file)
        .output()
        .expect("the binary runs");
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(String::from_utf8_lossy(&ended.stdout).trim(), notes.trim());
    assert!(String::from_utf8_lossy(&ended.stderr).contains("is not public yet"), "{ended:?}");
    // The desk shows the same text for copying, and says that it is not public.
    let page = desk.browser().await.get(&format!("/desk/cases/{}/release-notes", case.case)).await.body;
    assert!(page.contains("Example Labs") && page.contains("Nothing of this is public yet"));
    // Whoever asks for nothing to be published is in no release notes.
    desk.reporter("2027-03-04T10:00:00Z", &case, "credit", json!({ "wish": "anonymous" })).await;
    assert!(!desk.release_notes(&case).await.contains("Thanks"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p10_i5_a_date_beyond_the_limit_is_refused_with_the_clause_and_an_agreed_one_is_seen_by_both() {
    let desk = Desk::open("ibexa", IBEXA, "2027-03-01T08:00:00Z").await;
    let case = desk.report("2027-03-01T09:00:00Z", report("Ibexa DXP")).await;
    confirm(&desk, &case, "2027-03-02T10:00:00Z").await;
    let propose = |until: &str| json!({ "command": "propose-embargo", "until": until, "text": "" });
    let (code, words) = desk.is_refused("2027-03-02T11:00:00Z", Ines, &case, propose("2027-09-15T09:00:00Z")).await;
    assert_eq!(code, "embargo-too-long");
    assert!(words.contains("`embargo_limit`") && words.contains("180 days"), "{words}");
    desk.does("2027-03-02T11:00:00Z", Ines, &case, propose("2027-05-30T09:00:00Z")).await;
    let yes = json!({ "agree": true });
    assert_eq!(desk.reporter("2027-03-02T12:00:00Z", &case, "embargo", yes).await.status, 200);
    for view in [desk.own(&case).await, desk.case(&case).await] {
        assert_eq!(
            view["embargo"],
            json!({ "until": "2027-05-30T09:00:00Z", "at": view["embargo"]["at"], "agreed": true })
        );
    }
}

/// A case of the sample policy, agreed to be published on 1 April at noon, with an approved advisory and its order.
async fn agreed() -> (Desk, Report) {
    let desk = Desk::open("sample", SAMPLE, "2027-03-01T08:00:00Z").await;
    let case = desk.report("2027-03-01T09:00:00Z", report("Sample Server")).await;
    let wish = json!({ "wish": "named", "name": "Ada Example", "organisation": "Example Labs" });
    desk.reporter("2027-03-01T09:30:00Z", &case, "credit", wish).await;
    confirm(&desk, &case, "2027-03-02T10:00:00Z").await;
    let propose = json!({ "command": "propose-embargo", "until": "2027-04-01T12:00:00Z", "text": "" });
    desk.does("2027-03-02T11:00:00Z", Ines, &case, propose).await;
    desk.reporter("2027-03-02T12:00:00Z", &case, "embargo", json!({ "agree": true })).await;
    approve(&desk, &case, "2027-03-20T10:00:00Z", "Sample Server", "1.1").await;
    desk.does("2027-03-20T11:00:00Z", Ines, &case, json!({ "command": "publish" })).await;
    desk.works("2027-03-20T11:01:00Z").await;
    (desk, case)
}

/// How each step stands.
async fn steps(desk: &Desk, case: &Report) -> Vec<String> {
    list(&desk.case(case).await["schedule"])
        .iter()
        .map(|step| format!("{} {}", word(&step["step"]), word(&step["status"])))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5e_i6_a_schedule_runs_around_the_publication_and_tells_each_what_it_may_have() {
    let (desk, case) = agreed().await;
    assert_eq!(steps(&desk, &case).await, ["tell ahead", "merge ahead", "announce ahead"]);
    // A week ahead both distributors are told, and nothing of what was reported stands in it.
    let told = desk.works("2027-03-25T12:01:00Z").await;
    assert_eq!(
        told.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(),
        ["one@distros.example", "two@distros.example"]
    );
    let (_, subject, text) = desk.shown().pop().expect("a letter");
    assert!(subject.contains("planned for Thu 1 Apr 2027"), "{subject}");
    assert!(text.contains(&case.case) && text.contains("High") && text.contains("Sample Server"), "{text}");
    for secret in ["secret", "share", "Ada", "1.1"] {
        assert!(!text.contains(secret), "`{secret}` in {text}");
    }
    // Two hours ahead the deputy is told, an hour later the lead; ticked off, nobody is any more.
    assert_eq!(desk.works("2027-04-01T10:01:00Z").await[0].0, "deputy@sample.example");
    assert_eq!(steps(&desk, &case).await[1], "merge late");
    assert_eq!(desk.works("2027-04-01T11:01:00Z").await[0].0, "lead@sample.example");
    let by_hand = json!({ "command": "tick-step", "step": "tell" });
    assert_eq!(desk.is_refused("2027-04-01T11:02:00Z", Jonas, &case, by_hand).await.0, "not-by-hand");
    let tick = json!({ "command": "tick-step", "step": "merge", "text": "Merged in both branches." });
    desk.does("2027-04-01T11:02:00Z", Jonas, &case, tick.clone()).await;
    assert_eq!(desk.is_refused("2027-04-01T11:03:00Z", Jonas, &case, tick).await.0, "step-done-before");
    // The date has come, and the fix has not: the policy waits for both.
    desk.works("2027-04-01T12:01:00Z").await;
    assert!(desk.advisories().await.is_empty());
    let fix = json!({ "command": "record-fix", "kind": "patch", "version": "1.1" });
    assert_eq!(desk.does("2027-04-01T14:00:00Z", Jonas, &case, fix).await, ["fix-recorded", "published"]);
    desk.works("2027-04-01T14:01:00Z").await;
    let told = desk.works("2027-04-01T15:01:00Z").await;
    assert_eq!(told.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), ["announce@lists.example"]);
    let (_, _, text) = desk.shown().pop().expect("a letter");
    assert!(text.contains("/sample/advisories/SAMPLE-2027-1"), "{text}");
    assert!(text.contains("Thanks to Ada Example, Example Labs."), "{text}");
    assert_eq!(steps(&desk, &case).await, ["tell done", "merge done", "announce done"]);
    // The reporter is not shown the team's steps.
    let own = desk.own(&case).await.to_string();
    assert!(!own.contains("schedule:") && !own.contains("step-ticked"), "{own}");
    let page = desk.browser().await.get(&format!("/desk/cases/{}", case.case)).await.body;
    assert!(page.contains("Schedule of the publication") && page.contains("Merged in both branches."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5e_with_both_a_fix_before_the_date_waits_for_the_date() {
    let (desk, case) = agreed().await;
    let fix = json!({ "command": "record-fix", "kind": "patch", "version": "1.1" });
    assert_eq!(desk.does("2027-03-28T14:00:00Z", Jonas, &case, fix).await, ["fix-recorded"]);
    desk.works("2027-04-01T11:59:00Z").await;
    assert!(desk.advisories().await.is_empty());
    desk.works("2027-04-01T12:00:30Z").await;
    assert_eq!(desk.advisories().await, ["SAMPLE-2027-1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s6_what_is_not_published_yet_is_shown_as_planned() {
    let (desk, case) = agreed().await;
    let page = desk.browser().await.get(&format!("/desk/cases/{}/advisory", case.case)).await.body;
    assert!(page.contains("Advisory planned, not published yet."), "{page}");
    assert!(!page.contains("Advisory published."), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5e_a_publication_that_is_held_is_told_to_the_coordinators() {
    let (desk, case) = agreed().await;
    let hold = json!({ "command": "hold-publication", "reason": "The secret reason." });
    desk.does("2027-03-21T10:00:00Z", Ines, &case, hold).await;
    let told = desk.works("2027-03-21T10:01:00Z").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "lead@sample.example");
    assert!(told[0].1.contains("the publication is held"), "{told:?}");
    assert!(!desk.shown().pop().expect("a letter").2.contains("secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_report_becomes_public_only_with_the_reporters_yes() {
    let desk = Desk::open("sample", SAMPLE, "2027-03-01T08:00:00Z").await;
    let case = desk.report("2027-03-01T09:00:00Z", report("Sample Server")).await;
    let entry =
        json!({ "command": "publish-summary", "title": "No flaw in shares", "text": "They show what they should." });
    assert_eq!(desk.is_refused("2027-03-01T10:00:00Z", Ines, &case, entry.clone()).await.0, "wrong-state");
    desk.does("2027-03-02T10:00:00Z", Ines, &case, json!({ "command": "reject", "text": "They are meant to." })).await;
    assert_eq!(desk.does("2027-03-02T11:00:00Z", Ines, &case, entry.clone()).await, ["summary-proposed"]);
    candor::publish::build(&desk.service.app).await.expect("the public tree is built");
    let browser = desk.service.browser();
    assert!(!browser.get("/sample/closed").await.body.contains("No flaw in shares"));
    // The reporter reads it on their page and declines; another text is proposed, and they agree.
    assert_eq!(desk.own(&case).await["summary"]["state"], "proposed");
    let no = json!({ "agree": false, "text": "Leave shares out." });
    assert_eq!(desk.reporter("2027-03-03T10:00:00Z", &case, "summary", no).await.status, 200);
    let other = json!({ "command": "publish-summary", "title": "No flaw found", "text": "It works as **meant**." });
    desk.does("2027-03-03T11:00:00Z", Ines, &case, other).await;
    let page = browser.get("/receipt").await;
    let signed_in = browser.post("/receipt", &answered(page.form("/receipt"), &[("receipt", &case.receipt)])).await;
    assert_eq!(signed_in.status, 303);
    let page = browser.get("/receipt").await;
    assert!(page.body.contains("It works as **meant**."), "{}", page.body);
    let sent = browser.post("/receipt/summary", &answered(page.form("/receipt/summary"), &[("agree", "yes")])).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(desk.case(&case).await["summary"]["state"], "public");
    candor::publish::build(&desk.service.app).await.expect("the public tree is built");
    let page = browser.get("/sample/closed").await.body;
    assert!(page.contains("No flaw found") && page.contains("<strong>meant</strong>"), "{page}");
    assert!(!page.contains("secret") && !page.contains("Ada"), "{page}");
    desk.does("2027-03-05T10:00:00Z", Ines, &case, json!({ "command": "withdraw-summary", "reason": "On wish." }))
        .await;
    candor::publish::build(&desk.service.app).await.expect("the public tree is built");
    assert!(!browser.get("/sample/closed").await.body.contains("No flaw found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_reports_stay_private_where_the_policy_says_nothing_else() {
    let desk = Desk::open("minio", MINIO, "2027-03-05T08:00:00Z").await;
    let case = desk.report("2027-03-05T09:00:00Z", report("MinIO")).await;
    let entry = json!({ "command": "publish-summary", "title": "A title", "text": "A text." });
    assert_eq!(desk.is_refused("2027-03-05T10:00:00Z", Ines, &case, entry).await.0, "closed-stays-private");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_programs_cannot_begin_their_advisories_alike() {
    let service = Service::start(&[MINIO], |_| ()).await;
    let other = SAMPLE.replace("[credit]", "[advisories]\nprefix = \"minio\"\n\n[credit]");
    let refused = service.app.add_program(&other).await.expect_err("the prefix is taken");
    let candor::app::AddProgram::Findings(findings) = refused else { panic!("{refused}") };
    assert_eq!(words(&json!([{ "path": findings[0].path.clone() }]), "path"), ["advisories.prefix"]);
    assert!(findings[0].message.contains("`minio`") && findings[0].line > 1, "{findings:?}");
}
