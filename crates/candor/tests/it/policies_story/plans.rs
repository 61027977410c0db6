//! Scope, versions, severity and effort over the pages and the API: hints that help and turn nobody away, verdicts that cite a
//! clause, decisions that the policy proposes and a person takes.

use super::desk::{CRITICAL, Desk, HIGH, Ines, Jonas, Report, draft, list, minute, verified, word, words};
use crate::support::service::{MINIO, answered};
use candor::execute::report::open_receipt;
use serde_json::{Value, json};

const DAPR: &str = include_str!("../../../../../examples/policies/dapr.toml");
const DIRECTUS: &str = include_str!("../../../../../examples/policies/directus.toml");
const IBEXA: &str = include_str!("../../../../../examples/policies/ibexa.toml");
/// Score 3.1.
const LOW: &str = "CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N";
/// Score 5.3.
const MEDIUM: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N";

const OWN: &str = r#"
[program]
slug = "own"
name = "Own"

[[contacts]]
role = "security team"
email = "team@own.example"

[scope]
unsure = "Send it all the same."

[[scope.kinds]]
clause = "headers"
what = "Headers that a scanner would like to see."
words = ["missing header"]
to = "https://forge.example/own/issues"

[[known]]
clause = "3.2"
what = "Whoever writes the configuration can run commands."
because = "The configuration is a trusted input."
words = ["configuration file"]

[versions]
rule = "latest"
latest = "2.4.0"
ecosystem = "semver"
statement = "To be safe, upgrade to the latest release."

[severity]
levels = ["Blocker", "Major", "Minor"]

[[severity.decide]]
severities = ["Blocker"]
then = "fix-now"

[[promises]]
name = "patch"
what = "a patch"
kept_by = "fix"
within = "60 days"
within_by_severity = { Blocker = "2 days", Major = "7 days" }

[[severity.decide]]
severities = ["Major"]
efforts = ["small", "medium"]
then = "next-update"
"#;

fn report(more: Value) -> Value {
    let mut report = json!({
        "title": "A share shows fields it should not", "description": "An aggregate is answered.",
        "reporter": { "name": "Ada", "email": "ada@outside.example" },
    });
    let (Some(report_map), Value::Object(more)) = (report.as_object_mut(), more) else { return report };
    report_map.extend(more);
    report
}

fn decide(plan: &str, more: Value) -> Value {
    let mut wish = json!({ "command": "decide", "plan": plan });
    if let (Some(wish), Value::Object(more)) = (wish.as_object_mut(), more) {
        wish.extend(more);
    }
    wish
}

async fn own_page(desk: &Desk, case: &Report) -> String {
    let browser = desk.service.browser();
    browser.post("/receipt", &[("receipt".into(), case.receipt.clone())]).await;
    browser.get("/receipt").await.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_a_repositorys_address_proposes_its_product() {
    let desk = Desk::open("dapr", DAPR, "2027-02-01T08:00:00Z").await;
    let given = "https://github.com/dapr/components-contrib/blob/main/bindings/a.go";
    let case = desk.report("2027-02-01T09:00:00Z", report(json!({ "product": given }))).await;
    let seen = desk.case(&case).await;
    let hint = &list(&seen["reports"][0]["hints"])[0];
    assert_eq!(hint["about"], "product");
    assert!(word(&hint["text"]).contains("belongs to Components, which is covered"), "{hint}");
    assert_eq!(seen["product"], given, "what was told stays as it was told");
    let browser = desk.browser().await;
    let page = browser.get(&format!("/desk/cases/{}", case.case)).await;
    assert!(page.body.contains("belongs to Components"));
    let act = format!("/desk/cases/{}/describe", case.case);
    let form = browser.get(&act).await.form(&act);
    assert!(form.contains(&("product".into(), "Components".into())), "{form:?}");
    assert_eq!(browser.post(&act, &form).await.status, 303);
    assert_eq!(desk.case(&case).await["product"], "Components");
    let other = desk.report("2027-02-01T10:00:00Z", report(json!({ "product": "dapr/python-sdk" }))).await;
    assert!(desk.case(&other).await["reports"][0]["hints"].to_string().contains("belongs to SDKs"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_what_has_to_be_mended_elsewhere_is_sent_on_with_an_address() {
    let desk = Desk::open("dapr", DAPR, "2027-02-01T08:00:00Z").await;
    let case = desk.report("2027-02-01T09:00:00Z", report(json!({}))).await;
    desk.works("2027-02-01T09:01:00Z").await;
    let redirect = |more: Value| {
        let mut wish = json!({ "command": "redirect", "text": "The proxy before it drops the header." });
        wish.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        wish
    };
    for (more, field) in
        [(json!({}), "to"), (json!({ "to": "the forum" }), "to"), (json!({ "clause": "elsewhere" }), "clause")]
    {
        let refused = desk.asks("2027-02-01T10:00:00Z", Ines, &case, redirect(more)).await;
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!(field)), "{refused:?}");
    }
    desk.does("2027-02-01T10:01:00Z", Ines, &case, redirect(json!({ "clause": "not-fixable-here" }))).await;
    let own = desk.own(&case).await;
    let outcome = json!({ "outcome": "redirected", "to": "https://aka.ms/dapr-discord", "clause": "not-fixable-here" });
    assert_eq!(own["outcome"], outcome);
    let page = own_page(&desk, &case).await;
    assert!(
        page.contains("It has to be mended elsewhere.") && page.contains("Go to https://aka.ms/dapr-discord"),
        "{page}"
    );
    desk.works("2027-02-01T10:02:00Z").await;
    let (to, _, text) = desk.shown().pop().expect("a letter");
    assert_eq!(to, "ada@outside.example");
    assert!(
        text.contains("rests on this of the policy, not-fixable-here") && text.contains("aka.ms/dapr-discord"),
        "{text}"
    );
    assert!(!text.contains("header") && !text.contains("share"), "no word of the case: {text}");

    let browser = desk.browser().await;
    let other = desk.report("2027-02-01T11:00:00Z", report(json!({}))).await;
    let act = format!("/desk/cases/{}/redirect", other.case);
    let form = browser.get(&act).await.form(&act);
    let said = [("to", "security@proxy.example"), ("clause", ""), ("text", "They make the proxy.")];
    let check = browser.post(&act, &answered(form, &said)).await;
    assert!(check.status == 200 && check.body.contains("What becomes visible"), "{}", check.body);
    assert_eq!(browser.post(&act, &check.form(&act)).await.status, 303);
    assert_eq!(desk.own(&other).await["outcome"]["to"], "security@proxy.example");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_m1_the_form_shows_what_the_policy_says_before_anything_is_sent_and_turns_nobody_away() {
    let desk = Desk::open("own", OWN, "2027-02-01T08:00:00Z").await;
    let browser = desk.service.browser();
    let form = browser.get("/own/report").await;
    assert!(
        form.body.contains("Known, and no vulnerability (3.2)")
            && form.body.contains("https://forge.example/own/issues")
    );
    let said = [
        ("title", "A missing header in the configuration file"),
        ("description", "See the title."),
        ("version", "2.3.9"),
        ("product", "Not sure"),
        ("do", "look"),
    ];
    let look = browser.post("/own/report", &answered(form.form("/own/report"), &said)).await;
    assert_eq!(look.status, 200);
    assert!(look.receipt().is_none(), "nothing was sent");
    for words in [
        "Clause headers",
        "Clause 3.2",
        "older than the latest release, 2.4.0",
        "upgrade to the latest release",
        "taken in and read",
    ] {
        assert!(look.body.contains(words), "{words}: {}", look.body);
    }
    assert_eq!(desk.queue(&[]).await.1, Vec::<String>::new());
    // Everything typed is still there, and sending it files it.
    let again = look.form("/own/report");
    assert!(again.contains(&("version".into(), "2.3.9".into())));
    let sent =
        browser.post("/own/report", &again.into_iter().filter(|(name, _)| name != "do").collect::<Vec<_>>()).await;
    let receipt = sent.receipt().expect("it is taken in all the same");
    assert!(sent.body.contains("What the policy says of it") && sent.body.contains("2.4.0"));
    let case = open_receipt(&desk.service.app, &receipt).await.expect("it opens").1;
    let team = desk.browser().await;
    let page = team.get(&format!("/desk/cases/{}", case.id)).await.body;
    for words in ["Known? 3.2", "Out of scope? headers", "older than the latest release, 2.4.0"] {
        assert!(page.contains(words), "{words}");
    }
    // Over the API as well; a version that is supported gets no hint.
    let filed = desk.report("2027-02-01T09:00:00Z", report(json!({ "version": "2.3.9" }))).await;
    assert!(word(&list(&filed.filed["hints"])[0]).contains("older than the latest release"));
    assert_eq!(desk.case(&filed).await["reports"][0]["support"]["state"], "older");
    let fine = desk.report("2027-02-01T09:01:00Z", report(json!({ "version": "v2.4.0" }))).await;
    assert!(list(&fine.filed["hints"]).is_empty());
    assert_eq!(desk.case(&fine).await["reports"][0]["support"]["state"], "supported");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_known_ends_with_its_clause_and_a_prohibited_weakness_is_refused_with_others() {
    let desk = Desk::open("own", OWN, "2027-02-01T08:00:00Z").await;
    let case = desk.report("2027-02-01T09:00:00Z", report(json!({}))).await;
    let known =
        |clause: &str| json!({ "command": "not-a-vulnerability", "clause": clause, "text": "You wrote the file." });
    let (_, why) = desk.is_refused("2027-02-01T10:00:00Z", Ines, &case, known("9.9")).await;
    assert!(why.contains("it has 3.2"), "{why}");
    let weakness = |cwe: u32| json!({ "command": "set-weakness", "cwe": cwe });
    let (code, why) = desk.is_refused("2027-02-01T10:01:00Z", Ines, &case, weakness(92)).await;
    assert!(code == "field" && why.contains("must not name the cause") && why.contains("such as CWE-"), "{why}");
    desk.does("2027-02-01T10:02:00Z", Ines, &case, weakness(862)).await;
    desk.does("2027-02-01T10:03:00Z", Ines, &case, known("3.2")).await;
    assert_eq!(desk.own(&case).await["outcome"], json!({ "outcome": "not-a-vulnerability", "clause": "3.2" }));
    let page = own_page(&desk, &case).await;
    assert!(
        page.contains("Clause 3.2 of the policy") && page.contains("The configuration is a trusted input."),
        "{page}"
    );
    desk.works("2027-02-01T10:04:00Z").await;
    assert!(desk.shown().iter().any(|(_, _, text)| text.contains("rests on this of the policy, 3.2")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_levels_of_the_programs_own_are_rated_shown_and_decided_by() {
    let desk = Desk::open("own", OWN, "2027-02-01T08:00:00Z").await;
    let case = desk.report("2027-02-01T09:00:00Z", report(json!({}))).await;
    desk.does("2027-02-01T10:00:00Z", Ines, &case, json!({ "command": "confirm", "text": "It is so." })).await;
    let rate = |level: &str| json!({ "command": "rate", "level": level });
    let (_, why) = desk.is_refused("2027-02-01T10:01:00Z", Ines, &case, rate("Huge")).await;
    assert!(why.contains("Blocker, Major, Minor"), "{why}");
    let vector = json!({ "command": "rate", "vectors": [CRITICAL] });
    let (_, why) = desk.is_refused("2027-02-01T10:02:00Z", Ines, &case, vector).await;
    assert!(why.contains("rates without a score"), "{why}");
    let browser = desk.browser().await;
    let act = format!("/desk/cases/{}/rate", case.case);
    let form = browser.get(&act).await.form(&act);
    assert_eq!(browser.post(&act, &answered(form, &[("level", "Major")])).await.status, 303);
    let seen = desk.case(&case).await;
    assert_eq!((&seen["level"], &seen["severity"]), (&json!("Major"), &json!("high")));
    assert!(browser.get("/desk").await.body.contains("Major"), "the queue has the program's word");
    let filters = browser.get("/desk?program=own").await.texts("nav[aria-label=Severity] a");
    assert_eq!(filters, ["Any", "Blocker", "Major", "Minor"], "and filters by it");
    let rows = |page: crate::support::service::Page| page.texts("tbody tr").len();
    assert_eq!(rows(browser.get("/desk?program=own&severity=high").await), 1);
    assert_eq!(rows(browser.get("/desk?program=own&severity=critical").await), 0);
    assert_eq!(desk.own(&case).await["level"], "Major");
    assert!(own_page(&desk, &case).await.contains("rated the severity: Major"));
    assert!(browser.get(&format!("/desk/cases/{}", case.case)).await.body.contains("rated the severity Major"));
    assert_eq!(desk.clock(&case, "patch").await.1, "2027-02-08 09:00", "seven days for a Major one");
    assert_eq!(seen["planning"]["proposal"], Value::Null, "the effort is not known yet");
    let effort = |effort: &str| json!({ "command": "estimate-effort", "effort": effort, "text": "Two days." });
    desk.does("2027-02-01T11:00:00Z", Jonas, &case, effort("large")).await;
    assert_eq!(desk.case(&case).await["planning"]["proposal"], Value::Null, "no line of the table fits");
    desk.does("2027-02-01T11:01:00Z", Jonas, &case, effort("medium")).await;
    assert_eq!(desk.case(&case).await["planning"]["proposal"]["plan"], "next-update");
    let (_, why) = desk.is_refused("2027-02-01T11:02:00Z", Ines, &case, decide("next-update", json!({}))).await;
    assert!(why.contains("the policy has no cycle"), "{why}");
    let on = json!({ "on": "2027-03-01T09:00:00Z" });
    desk.does("2027-02-01T11:03:00Z", Ines, &case, decide("next-update", on)).await;
    assert_eq!(minute(&desk.case(&case).await["planning"]["decided"]["on"]), "2027-03-01 09:00");

    // The advisory has the program's word, and no score.
    desk.does("2027-02-02T09:00:00Z", Ines, &case, draft("A share shows too much", "Own", "2.4.1", json!({}))).await;
    desk.does("2027-02-02T09:01:00Z", Ines, &case, json!({ "command": "approve-advisory", "revision": 1 })).await;
    desk.does("2027-02-02T09:02:00Z", Ines, &case, json!({ "command": "publish" })).await;
    let fix = json!({ "command": "record-fix", "branch": "", "kind": "patch", "version": "2.4.1" });
    desk.does("2027-02-02T09:03:00Z", Jonas, &case, fix).await;
    candor::worker::build_tree(&desk.service.app).await.expect("the tree is built");
    let id = &desk.advisories().await[0];
    let browser = desk.service.browser();
    for path in ["/own/advisories".to_owned(), format!("/own/advisories/{id}"), format!("/own/advisories/{id}.md")] {
        let page = browser.get(&path).await.body;
        assert!(page.contains("Major") && !page.contains("Not rated"), "{path}: {page}");
    }
    let policy = browser.get("/own").await.body;
    assert!(policy.contains("60 days (2 days for Blocker, 7 days for Major)"), "{policy}");
    let csaf = browser.get(&format!("/own/advisories/{id}.csaf.json")).await.body;
    let csaf: Value = serde_json::from_str(&csaf).expect("JSON");
    assert_eq!(csaf["document"]["aggregate_severity"]["text"], "Major");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d10_d7_severity_and_effort_propose_a_person_decides_and_the_queue_is_ranked_by_it() {
    let desk = Desk::open("directus", DIRECTUS, "2026-11-02T12:00:00Z").await;
    let mut cases = Vec::new();
    for (title, vector) in [("critical", CRITICAL), ("medium", MEDIUM), ("low", LOW)] {
        let case = desk.report("2026-11-02T13:00:00Z", report(json!({ "title": title }))).await;
        desk.does("2026-11-02T14:00:00Z", Ines, &case, json!({ "command": "confirm", "text": "It is so." })).await;
        desk.does("2026-11-02T14:01:00Z", Ines, &case, json!({ "command": "rate", "vectors": [vector] })).await;
        cases.push(case);
    }
    let proposal = async |case: &Report| desk.case(case).await["planning"]["proposal"].clone();
    let effort = |effort: &str| json!({ "command": "estimate-effort", "effort": effort, "text": "As far as I see." });
    // Critical whatever the effort; the others once the effort is known.
    assert_eq!(proposal(&cases[0]).await["plan"], "fix-now");
    assert_eq!(proposal(&cases[1]).await, Value::Null);
    desk.does("2026-11-02T15:00:00Z", Jonas, &cases[1], effort("small")).await;
    desk.does("2026-11-02T15:01:00Z", Jonas, &cases[2], effort("large")).await;
    assert_eq!(proposal(&cases[1]).await["plan"], "fix-now");
    let late = proposal(&cases[2]).await;
    // 4 weeks from Monday 2 November, 10:01 in New York (-5).
    assert_eq!((&late["plan"], minute(&late["on"])), (&json!("next-update"), "2026-11-30 15:01".into()));

    // A proposal is confirmed without more words, and overruled only with a reason. The reporter is told.
    let browser = desk.browser().await;
    let page = browser.get(&format!("/desk/cases/{}", cases[2].case)).await.body;
    assert!(page.contains("The policy proposes") && page.contains("A member decides."), "{page}");
    let (code, why) = desk.is_refused("2026-11-02T16:00:00Z", Ines, &cases[1], decide("will-not-fix", json!({}))).await;
    assert!(code == "field" && why.contains("say why it will not be fixed"), "{why}");
    let (_, why) = desk.is_refused("2026-11-02T16:01:00Z", Ines, &cases[1], decide("next-update", json!({}))).await;
    assert!(why.contains("proposes to fix now"), "{why}");
    desk.does("2026-11-02T16:02:00Z", Ines, &cases[2], decide("next-update", json!({}))).await;
    let act = format!("/desk/cases/{}/decide", cases[1].case);
    let form = browser.get(&act).await;
    assert!(form.body.contains("The policy proposes: fix now"));
    assert_eq!(browser.post(&act, &form.form(&act)).await.status, 303, "confirmed as it stands");
    let overruled = decide("will-not-fix", json!({ "reason": "It goes away with the next major version." }));
    desk.does("2026-11-02T16:04:00Z", Ines, &cases[0], overruled).await;
    let told = desk.journal(&cases[0], &["decided"]).await;
    assert_eq!((&told[0]["plan"], &told[0]["proposed"]), (&json!("will-not-fix"), &json!("fix-now")));
    assert!(own_page(&desk, &cases[0]).await.contains("It goes away with the next major version."));
    assert!(!desk.own(&cases[0]).await.to_string().contains("\"proposed\":\"fix-now\""), "the proposal is the team's");

    // What is to be mended now stands first, whatever the dates of the others' promises are.
    assert_eq!(desk.queue(&[]).await.1[0], "medium");
    let page = browser.get("/desk").await.body;
    assert!(page.contains("fix now") && page.contains("fix with the next regular update"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d9_a_package_without_effect_is_assessed_and_waits_for_the_regular_update() {
    let desk = Desk::open("directus", DIRECTUS, "2026-11-02T12:00:00Z").await;
    let found = json!({ "title": "A library has a known vulnerability", "identifiers": ["CVE-2026-1000"] });
    let case = desk.report("2026-11-02T13:00:00Z", found).await;
    let assess = |affected: bool, why: Value| {
        json!({
            "command": "assess-dependency", "package": "pkg:npm/lodash@4.17.20", "affected": affected,
            "justification": why, "text": "Only a build script uses it.",
        })
    };
    let (_, why) = desk.is_refused("2026-11-02T14:00:00Z", Jonas, &case, assess(false, Value::Null)).await;
    assert!(why.contains("say why the product is not affected"), "{why}");
    let answer = desk.asks("2026-11-02T14:01:00Z", Jonas, &case, assess(false, json!("we-think-so"))).await;
    assert!((400..500).contains(&answer.status), "the list is closed: {answer:?}");
    desk.does("2026-11-02T14:02:00Z", Jonas, &case, assess(true, Value::Null)).await;
    assert_eq!(desk.case(&case).await["planning"]["proposal"], Value::Null);
    desk.does("2026-11-02T14:03:00Z", Jonas, &case, assess(false, json!("vulnerable-code-not-in-execute-path"))).await;
    let planning = desk.case(&case).await["planning"].clone();
    assert_eq!(list(&planning["dependencies"]).len(), 1, "the newest assessment of a package counts");
    assert_eq!(planning["dependencies"][0]["justification"], "vulnerable-code-not-in-execute-path");
    assert_eq!(planning["proposal"]["plan"], "next-update");
    desk.does("2026-11-02T14:04:00Z", Ines, &case, decide("next-update", json!({}))).await;
    // 4 weeks from Monday 2 November, 09:04 in New York (-5).
    assert_eq!(minute(&desk.case(&case).await["planning"]["decided"]["on"]), "2026-11-30 14:04");
    let page = desk.browser().await.get(&format!("/desk/cases/{}", case.case)).await.body;
    assert!(page.contains("vulnerable_code_not_in_execute_path") && page.contains("Fix with the next regular update"));
    assert!(!desk.own(&case).await.to_string().contains("build script"), "the assessment is the team's");
    assert!(own_page(&desk, &case).await.contains("fix with the next regular update"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i1_m7_what_a_reporter_is_to_the_program_is_asked_and_on_record() {
    let desk = Desk::open("ibexa", IBEXA, "2027-04-05T08:00:00Z").await;
    let browser = desk.service.browser();
    let form = browser.get("/ibexa/report").await;
    let offered = form.attributes("input[name=standing]", "value");
    assert_eq!(offered, ["outside", "partner"], "the policy has a portal, and speaks of no reports by staff");
    let said = [("title", "An editor sees too much"), ("description", "Drafts."), ("standing", "partner")];
    let sent = browser.post("/ibexa/report", &answered(form.form("/ibexa/report"), &said)).await;
    let id = open_receipt(&desk.service.app, &sent.receipt().expect("it is taken in")).await.expect("it opens").1.id;
    let page = desk.browser().await.get(&format!("/desk/cases/{id}")).await.body;
    assert!(page.contains("customer or partner"), "{page}");
    let standing = async |desk: &Desk, case: &Report| word(&desk.case(case).await["reports"][0]["facts"]["standing"]);
    let by_api = desk.report("2027-04-05T09:00:00Z", report(json!({}))).await;
    assert_eq!(standing(&desk, &by_api).await, "outside");

    let minio = Desk::open("minio", MINIO, "2027-03-05T08:00:00Z").await;
    let form = minio.service.browser().get("/minio/report").await;
    assert_eq!(form.attributes("input[name=standing]", "value"), ["outside", "staff"]);
    let found = json!({ "title": "A library reads past its end", "description": "Found in review." });
    let own = minio.on_behalf("2027-03-05T09:00:00Z", Jonas, json!({ "program": "minio", "report": found })).await;
    assert_eq!(standing(&minio, &own).await, "staff", "what a member files without naming anybody");
    let other = minio
        .on_behalf("2027-03-05T09:01:00Z", Jonas, json!({ "program": "minio", "report": report(json!({})) }))
        .await;
    assert_eq!(standing(&minio, &other).await, "outside");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5d_m1_s4_fixes_of_several_branches_say_what_to_upgrade_to() {
    let desk = Desk::open("ibexa", IBEXA, "2026-11-02T08:00:00Z").await;
    let told = json!({ "product": "Ibexa DXP", "version": "3.3.40" });
    let case = desk.report("2026-11-02T09:00:00Z", report(told)).await;
    let support = desk.case(&case).await["reports"][0]["support"].clone();
    assert_eq!(
        (&support["state"], word(&support["words"])),
        (&json!("supported"), "Supported: branch 3.3, until 31 December 2026.".into())
    );
    let after = desk.report("2027-01-04T09:00:00Z", report(json!({ "version": "3.3.40" }))).await;
    assert_eq!(desk.case(&after).await["reports"][0]["support"]["state"], "ended");
    desk.does("2026-11-02T10:00:00Z", Jonas, &case, verified()).await;
    desk.does("2026-11-02T10:01:00Z", Ines, &case, json!({ "command": "confirm", "text": "It is so." })).await;
    desk.does("2026-11-02T10:02:00Z", Jonas, &case, json!({ "command": "rate", "vectors": [HIGH] })).await;
    // No branch named: the version tells which one it is.
    for version in ["5.0.3", "4.6.22"] {
        let fix = json!({ "command": "record-fix", "kind": "patch", "version": version });
        desk.does("2026-11-03T09:00:00Z", Jonas, &case, fix).await;
    }
    let gates = desk.case(&case).await["gates"].clone();
    let publish = list(&gates).iter().find(|gate| gate["step"] == "publish").expect("it is held back");
    assert_eq!(words(&publish["missing"], "what")[0], "These versions have no fix and no decision: 3.3");
    let fix = json!({ "command": "record-fix", "kind": "patch", "branch": "3.3", "version": "3.3.45" });
    desk.does("2026-11-03T09:10:00Z", Jonas, &case, fix).await;
    let browser = desk.browser().await;
    let editor = format!("/desk/cases/{}/advisory", case.case);
    let page = browser.get(&editor).await;
    let form = page.form(&editor);
    let summary = form.iter().find(|(name, _)| name == "summary").map(|(_, text)| text.clone());
    assert!(summary.is_some_and(|text| text.contains("3.3.45 (branch 3.3)")), "{form:?}");
    assert_eq!(desk.clock(&case, "verdict").await.0, "kept");
}
