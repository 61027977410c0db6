//! Noise at the door: scanner output, likely duplicates, search, known dependencies, and what a pipeline sends.

use crate::policies_story::desk::{Desk, Ines, Jonas, list};
use crate::support::service::MINIO;
use candor::accounts::{self, token};
use candor_core::access::Role;
use serde_json::{Value, json};

const DAPR: &str = include_str!("../../../../examples/policies/dapr.toml");
const DIRECTUS: &str = include_str!("../../../../examples/policies/directus.toml");
const NOW: &str = "2027-01-04T09:00:00Z";

fn titles(answer: &Value) -> Vec<String> {
    list(&answer["cases"]).iter().map(|case| case["title"].as_str().unwrap_or_default().to_owned()).collect()
}

fn names(facts: &Value) -> Vec<&str> {
    list(facts).iter().filter_map(|fact| fact["name"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_output_of_a_scanner_has_its_lane_until_somebody_says_that_it_is_real() {
    let desk = Desk::open("dapr", DAPR, NOW).await;
    let output = "[git-config] [http] [medium] https://dapr.example/.git/config\n[CVE-2021-44228] [http] [critical] https://dapr.example/";
    let case = desk.report(NOW, json!({ "title": "Scan", "description": output })).await;
    let evidence = desk.case(&case).await["evidence"].clone();
    assert_eq!((&evidence["lane"], &evidence["tool"]), (&json!("scanner"), &json!("Nuclei")));
    assert!(names(&evidence["missing"]).contains(&"verification"), "{evidence}");
    assert_eq!(titles(&desk.finds(Jonas, "lane:scanner").await.body), ["Scan"]);
    // The queue says it, too, and leads to the lane.
    let page = desk.browser().await.get("/desk").await;
    assert!(page.texts("td, th").iter().any(|text| text.contains("scanner output, not verified")), "{}", page.body);
    assert!(page.attributes("nav.filters a", "href").contains(&"/desk/search?q=is:open+lane:scanner".to_owned()));
    // With the proof it stands among the others. Nothing was dropped, nobody decided by machine.
    let words = "I verified it by hand: the server answers with the file when I open the address in a browser.";
    desk.reporter(NOW, &case, "messages", json!({ "text": words })).await;
    assert_eq!(desk.case(&case).await["evidence"]["lane"], "normal");
    assert!(titles(&desk.finds(Jonas, "lane:scanner").await.body).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_m8_the_case_page_shows_evidence_and_likely_duplicates_with_reasons() {
    let desk = Desk::open("minio", MINIO, NOW).await;
    for number in 0..12 {
        let report = json!({ "title": format!("Login page {number}"), "description": "The login page shows the version of the console." });
        desk.report(NOW, report).await;
    }
    let first = json!({
        "title": "Heap overflow in the lifecycle parser",
        "description": "A crafted lifecycle document overflows the buffer in cmd/lifecycle.go:120 of RELEASE.2026-01-01.",
    });
    let first = desk.report(NOW, first).await;
    let second = json!({
        "title": "Server crashes while it reads a policy for expiry",
        "description": "I see a crash at lifecycle.go:120 when an expiry document is crafted with a long prefix; QID-12345.",
    });
    let second = desk.report(NOW, second).await;
    let likely = desk.reads(Jonas, &format!("/cases/{}/similar", second.case)).await.body;
    assert_eq!(likely["warming"], false);
    assert_eq!(likely["likely"][0]["case"]["case"], json!(first.case));
    assert_eq!(likely["likely"][0]["reasons"][0], "names the same line: lifecycle.go:120");
    let page = desk.browser().await.get(&format!("/desk/cases/{}", second.case)).await;
    let part = page.texts("#likely").join(" ");
    assert!(part.contains("Heap overflow in the lifecycle parser") && part.contains("names the same line"), "{part}");
    let part = page.texts("#evidence").join(" ");
    assert!(part.contains("QID-12345 is of a scheme that nobody can look up here"), "{part}");
    assert!(part.contains("A person decides."), "{part}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn search_finds_words_phrases_and_fields_and_keeps_what_a_member_asks_often() {
    let desk = Desk::open("minio", MINIO, NOW).await;
    let ada = json!({
        "title": "Object names of another bucket are shown", "description": "A list request with an odd prefix shows names.",
        "weakness": "CWE-639", "reporter": { "name": "Ada Lovelace", "email": "ada@example.org" },
    });
    let case = desk.report(NOW, ada).await;
    desk.report(
        NOW,
        json!({ "title": "Console shows a stack trace", "description": "An odd request, see CVE-2026-12345." }),
    )
    .await;
    for (q, expected) in [
        ("bucket", vec!["Object names of another bucket are shown"]),
        ("\"list request\"", vec!["Object names of another bucket are shown"]),
        ("\"request list\"", vec![]),
        ("buckt", vec!["Object names of another bucket are shown"]),
        ("cwe:639", vec!["Object names of another bucket are shown"]),
        ("reporter:lovelace", vec!["Object names of another bucket are shown"]),
        ("reporter:ada@example.org state:new", vec!["Object names of another bucket are shown"]),
        ("cve:2026-12345", vec!["Console shows a stack trace"]),
        ("odd -bucket", vec!["Console shows a stack trace"]),
        ("odd due:<9d is:open", vec!["Console shows a stack trace", "Object names of another bucket are shown"]),
        ("state:closed", vec![]),
    ] {
        let mut found = titles(&desk.finds(Jonas, q).await.body);
        found.sort();
        assert_eq!(found, expected, "{q}");
    }
    // What was just written is found at once.
    desk.does(NOW, Jonas, &case, json!({ "command": "note", "text": "Looks like the xylophone matter." })).await;
    assert_eq!(desk.finds(Jonas, "xylophone").await.body["total"], 1);
    let answer = desk.finds(Jonas, "colour:red").await.body;
    assert!(
        list(&answer["problems"])[0].as_str().is_some_and(|words| words.starts_with("there is no field `colour:`"))
    );
    // A search is kept by name, for its member alone.
    let browser = desk.browser().await;
    let page = browser.get("/desk/search?q=state:new+bucket").await;
    assert_eq!(page.texts("table.queue th.q-case a"), ["Object names of another bucket are shown"]);
    // The box in the header has the same address; the form that keeps a search carries a token.
    let csrf = page.attributes("input[name=csrf]", "value")[0].clone();
    let sent = browser
        .post(
            "/desk/search",
            &[("csrf".into(), csrf), ("q".into(), "state:new bucket".into()), ("name".into(), "Buckets".into())],
        )
        .await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(browser.get("/desk/search").await.texts("nav[aria-label='Kept searches'] a"), ["Buckets"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_l1_a_member_of_another_program_finds_no_trace_of_a_case() {
    let desk = Desk::open("minio", MINIO, NOW).await;
    desk.service.app.add_program(DAPR).await.expect("a second program");
    let canary = "kwyjibo9f3a77";
    let report = json!({
        "title": format!("The {canary} overflow"), "description": format!("{canary} in {canary}.go:7"),
        "reporter": { "name": canary, "email": format!("{canary}@example.org") },
    });
    let hidden = desk.report(NOW, report).await;
    let roles = [("dapr".to_owned(), Role::Member)];
    let (id, _) = accounts::add_ready(
        &desk.service.app,
        "Mallory",
        "mallory@team.example",
        "a long enough password",
        &roles,
        false,
    )
    .await
    .expect("the member is made");
    let scopes = token::Scopes::parse("read,write,publish,bulk,members,keys").expect("scopes");
    let bearer = token::make(&desk.service.app, &id, "test", scopes, 300).await.expect("a token").secret;
    let ask = |path: String| {
        let request = reqwest::Client::new().get(desk.service.at(&format!("/api/v1{path}")));
        let request = request.header("authorization", format!("Bearer {bearer}"));
        async move { request.send().await.expect("an answer").text().await.expect("a text") }
    };
    let nothing = ask("/search?q=zzzz".into()).await;
    for q in [
        canary,
        "kwyjibo*",
        "kwyjibo9f3a78",
        "overflow",
        "is:open",
        "reporter:kwyjibo9f3a77",
        "state:new",
        "title:overflow",
    ] {
        assert_eq!(ask(format!("/search?q={q}")).await, nothing, "{q}");
    }
    let absent = ask("/cases/00000-00000/similar".into()).await;
    assert_eq!(ask(format!("/cases/{}/similar", hidden.case)).await, absent);
    assert_eq!(desk.finds(Jonas, canary).await.body["total"], 1, "its own team finds it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_l1_an_erased_case_vanishes_from_search_at_once() {
    let desk = Desk::open("minio", MINIO, NOW).await;
    let case = desk.report(NOW, json!({ "title": "Kwyjibo", "description": "Something is wrong." })).await;
    assert_eq!(desk.finds(Jonas, "kwyjibo").await.body["total"], 1);
    assert_eq!(desk.reads(Jonas, &format!("/cases/{}", case.case)).await.status, 200);
    // As `candor keys erase` does in another process: with a ring of its own over the same store.
    let keys = desk.service.app.keys().expect("keys");
    let elsewhere = candor::keys::KeyRing::new(desk.service.app.store.clone(), keys.root().clone());
    elsewhere.erase_case(&case.case).await.expect("the key is destroyed");
    assert_eq!(desk.reads(Jonas, &format!("/cases/{}", case.case)).await.status, 404);
    let answer = desk.finds(Jonas, "kwyjibo").await.body;
    assert_eq!((&answer["total"], &answer["cases"]), (&json!(0), &json!([])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d6_what_a_pipeline_sends_becomes_cases_once() {
    let desk = Desk::open("directus", DIRECTUS, NOW).await;
    let result = |rule: &str, uri: &str, line: u32, print: &str| {
        json!({
            "ruleId": rule, "level": "error", "message": { "text": "User input reaches a query." },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri }, "region": { "startLine": line } } }],
            "partialFingerprints": { "primaryLocationLineHash": print },
        })
    };
    let sarif = |results: Vec<Value>| {
        json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "CodeQL" } }, "results": results }] })
            .to_string()
    };
    let run = sarif(vec![
        result("js/sql-injection", "api/src/db.ts", 10, "a:1"),
        result("js/sql-injection", "api/src/db.ts", 40, "b:1"),
        result("js/xss", "app/src/view.ts", 3, "c:1"),
    ]);
    let first = desk.pipeline(Jonas, &run).await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!((list(&first.body["opened"]).len(), &first.body["known"]), (2, &json!(0)), "{first:?}");
    // The same run again, even with lines that moved, is nothing new.
    let moved = sarif(vec![
        result("js/sql-injection", "api/src/db.ts", 12, "a:1"),
        result("js/sql-injection", "api/src/db.ts", 42, "b:1"),
        result("js/xss", "app/src/view.ts", 5, "c:1"),
    ]);
    let again = desk.pipeline(Jonas, &moved).await.body;
    assert_eq!((list(&again["opened"]).len(), list(&again["folded"]).len(), &again["known"]), (0, 0, &json!(3)));
    // One more of the same rule in the same file goes to its case.
    let more = sarif(vec![result("js/sql-injection", "api/src/db.ts", 90, "d:1")]);
    let folded = desk.pipeline(Jonas, &more).await.body;
    assert_eq!((list(&folded["opened"]).len(), list(&folded["folded"]).len()), (0, 1));
    assert_eq!(desk.queue(&[]).await.1.len(), 2);
    let lane = desk.finds(Jonas, "lane:scanner").await.body;
    assert_eq!(lane["total"], 2, "nobody has looked at them yet");
    // What is no output of a tool is told so, and a stranger is told nothing.
    let wrong = desk.pipeline(Jonas, "hello").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body["detail"].as_str().is_some_and(|words| words.contains("SARIF 2.1.0")), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d6_d9_a_report_about_a_known_dependency_shows_what_was_decided() {
    let desk = Desk::open("directus", DIRECTUS, NOW).await;
    let report = |title: &str| json!({ "title": title, "description": "You use a vulnerable version of the library. Please upgrade." });
    let first = desk.report(NOW, report("CVE-2021-23337 in lodash, a dependency")).await;
    let assess = json!({
        "command": "assess-dependency", "package": "lodash", "affected": false,
        "justification": "vulnerable-code-not-in-execute-path", "text": "The function is never called.",
    });
    desk.does(NOW, Ines, &first, assess).await;
    let second = desk.report(NOW, report("Dependency with CVE-2021-23337")).await;
    let case = desk.case(&second).await;
    assert_eq!(case["evidence"]["dependency"], json!(["CVE-2021-23337"]));
    let page = desk.browser().await.get(&format!("/desk/cases/{}", second.case)).await;
    let part = page.texts("#evidence").join(" ");
    assert!(
        part.contains("Decided before: lodash: not affected") && part.contains("The function is never called."),
        "{part}"
    );
    assert!(part.contains("Answer with it"), "{part}");
}

/// Runs the binary; gives its status and what it said on both ways.
fn candor(words: &[&str]) -> (i32, String) {
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(words)
        .env_remove("CANDOR_TOKEN")
        .output()
        .expect("the binary runs");
    let said = [done.stdout, done.stderr].concat();
    (done.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn the_linter_of_commits_refuses_loud_words_and_passes_plain_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("it is written");
        path.display().to_string()
    };
    let loud = file("loud", "Fix heap overflow found by Ada\n\nSee 7K3M9-QXT4B\n");
    let (status, said) = candor(&["lint", "commit", &loud]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("loud:1: “heap overflow”") && said.contains("loud:3: “7K3M9-QXT4B”"), "{said}");
    let plain = file("plain", "Compare the length of a name before it is copied\n# security\n");
    assert_eq!(candor(&["lint", "commit", &plain, "--branch", "tidy-names"]), (0, String::new()));
    let (status, said) = candor(&["lint", "commit", "--branch", "fix/xss-comments", "--json"]);
    assert_eq!(status, 1);
    let rows: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((&rows[0]["words"], &rows[0]["refused"]), (&json!("xss"), &json!(true)));
    assert_eq!(candor(&["lint", "commit"]).0, 2, "it wants something to look at");
}

#[test]
fn d6_m7_a_bill_of_materials_is_held_against_advisories_on_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, value: Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, value.to_string()).expect("it is written");
        path.display().to_string()
    };
    let sbom = |version: &str| {
        json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
            { "name": "qs", "version": version, "purl": format!("pkg:npm/qs@{version}") },
            { "name": "other", "version": "1.0.0" },
        ] })
    };
    let osv = json!({
        "schema_version": "1.7.5", "id": "SAMPLE-2026-1", "modified": "2026-01-01T00:00:00Z", "published": "2026-01-01T00:00:00Z",
        "summary": "qs hangs", "details": "It hangs on long names.",
        "affected": [{ "package": { "ecosystem": "npm", "name": "qs", "purl": "pkg:npm/qs" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "6.5.3" }] }] }],
    });
    let advisory = file("osv.json", osv);
    let (status, said) = candor(&["sbom", "scan", &file("old.json", sbom("6.5.0")), "--advisories", &advisory]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("yes") && said.contains("qs 6.5.0") && said.contains("6.5.3"), "{said}");
    let (status, said) = candor(&["sbom", "scan", &file("new.json", sbom("6.5.3")), "--advisories", &advisory]);
    assert_eq!(status, 0, "{said}");
}

#[test]
fn a_file_of_a_tool_is_read_on_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.json");
    std::fs::write(&path, r#"{"results":[{"test_id":"B602","issue_severity":"HIGH","issue_text":"shell","filename":"a.py","line_number":9}]}"#)
        .expect("it is written");
    let (status, said) = candor(&["findings", "read", &path.display().to_string()]);
    assert!(status == 0 && said.contains("Bandit") && said.contains("B602") && said.contains("a.py:9"), "{said}");
}
