//! What was decided before answers a report: made public at the door, and to the team as a proposal; what is proposed besides.

use crate::mail_in::{comes, mail, posts, to};
use crate::policies_story::desk::{Desk, Ines, Jonas, Report, list, verified, word};
use crate::support::places::Place;
use crate::support::service::{Page, answered};
use candor::mail::receive::Outcome;
use candor::store::{Batch, public_decisions};
use candor::worker;
use candor_formats::openvex;
use serde_json::{Value, json};

const POLICY: &str = r#"
[program]
slug = "own"
name = "Own"

[[contacts]]
role = "security team"
email = "team@own.example"

[channels]
email = "security@example.org"

[scope]
dependencies = "direct"

[report]
scanner = "verified-only"

[[report.asks]]
field = "steps"
wanted = true

[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "2 working days"
"#;
const DAPR: &str = include_str!("../../../../examples/policies/dapr.toml");
const MORNING: &str = "2026-03-02T09:00Z";
const NOON: &str = "2026-03-02T12:00Z";
const SAID: &str = "CVE-2021-23337 in pkg:npm/lodash does not make the product vulnerable, because the vulnerable code is \
                    never run.";

fn about_lodash() -> Value {
    json!({
        "title": "CVE-2021-23337 in your dependency",
        "description": "You use a vulnerable version of the library lodash.",
        "dependency": "pkg:npm/lodash@4.17.20",
    })
}

fn assess(more: Value) -> Value {
    let mut command = json!({
        "command": "assess-dependency", "package": "pkg:npm/lodash", "affected": false,
        "justification": "vulnerable-code-not-in-execute-path", "text": "CANARY: only our build scripts call it.",
    });
    if let (Some(command), Value::Object(more)) = (command.as_object_mut(), more) {
        command.extend(more);
    }
    command
}

fn hints(report: &Report) -> String {
    list(&report.filed["hints"]).iter().map(word).collect::<Vec<_>>().join("\n")
}

/// The form with the answers, and what is said of them before they are sent.
async fn look(desk: &Desk, form: &Page) -> Page {
    let said = [
        ("title", "CVE-2021-23337 in your dependency"),
        ("description", "You use a vulnerable version of the library lodash."),
        ("dependency", "pkg:npm/lodash@4.17.20"),
        ("do", "look"),
    ];
    desk.service.browser().post("/own/report", &answered(form.form("/own/report"), &said)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d9_m10_a_decision_about_a_dependency_that_was_made_public_answers_whoever_reports_it_again() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    let first = desk.report(MORNING, about_lodash()).await;
    assert!(!hints(&first).contains("decided before"), "{}", hints(&first));
    // What everybody will read is a coordinator's to say, about one vulnerability, and only what does not affect the product.
    let (code, _) = desk.is_refused(MORNING, Jonas, &first, assess(json!({ "public_as": "CVE-2021-23337" }))).await;
    assert_eq!(code, "role");
    for (more, field) in [
        (json!({ "public_as": "CWE-78" }), "public_as"),
        (json!({ "public_as": "soon" }), "public_as"),
        (json!({ "public_as": "CVE-2021-23337", "affected": true, "justification": null }), "public_as"),
        (json!({ "public_as": "CVE-2021-23337", "package": "the lodash of Ada" }), "package"),
    ] {
        let answer = desk.asks(MORNING, Ines, &first, assess(more.clone())).await;
        assert_eq!((answer.status, &answer.body["field"]), (422, &json!(field)), "{more}: {answer:?}");
    }
    // On the desk a page says first what becomes public.
    let browser = desk.browser().await;
    let act = format!("/desk/cases/{}/assess-dependency", first.case);
    let form = browser.get(&act).await.form(&act);
    let said = [
        ("package", "pkg:npm/lodash"),
        ("justification", "vulnerable_code_not_in_execute_path"),
        ("text", "CANARY: only our build scripts call it."),
        ("public_as", "cve-2021-23337"),
    ];
    let check = browser.post(&act, &answered(form, &said)).await;
    assert!(check.body.contains("everybody, and who reports it again"), "{}", check.body);
    let done = browser.post(&act, &check.form(&act)).await;
    assert_eq!(done.status, 303, "{}", done.body);

    let second = desk.report(NOON, about_lodash()).await;
    assert!(hints(&second).contains(SAID) && hints(&second).contains("/own/dependencies"), "{}", hints(&second));
    let form = desk.service.browser().get("/own/report").await;
    let page = look(&desk, &form).await;
    assert!(page.body.contains(SAID) && !page.body.contains("CANARY"), "{}", page.body);
    // Another vulnerability of the package is not answered by it.
    let other = json!({ "title": "CVE-2020-8203 in lodash", "description": "A dependency.", "dependency": "lodash" });
    assert!(!hints(&desk.report(NOON, other).await).contains("decided before"));

    worker::build_tree(&desk.service.app).await.expect("built");
    let public = desk.service.browser().get("/own/dependencies").await;
    let row = public.texts("main tbody tr").join(" ");
    for words in ["CVE-2021-23337", "pkg:npm/lodash", "the vulnerable code is never run"] {
        assert!(row.contains(words), "{words}: {row}");
    }
    assert!(!public.body.contains("CANARY") && !public.body.contains(&first.case), "{}", public.body);
    let vex = desk.service.browser().get("/own/dependencies.openvex.json").await.body;
    let vex: Value = serde_json::from_str(&vex).expect("JSON");
    assert_eq!(openvex::validate(&vex), []);
    assert_eq!(vex["statements"][0]["justification"], "vulnerable_code_not_in_execute_path");
    assert_eq!(vex["statements"][0]["products"][0]["subcomponents"][0]["@id"], "pkg:npm/lodash");

    // Rows that are lost are made anew from the journal, and an assessment without an identifier takes it back.
    let app = &desk.service.app;
    let before = public_decisions::all(&app.store).await.expect("read");
    candor::execute::rebuild::rebuild(app, |_| ()).await.expect("rebuilt");
    assert_eq!(public_decisions::all(&app.store).await.expect("read"), before);
    desk.does(NOON, Jonas, &first, assess(json!({}))).await;
    assert!(!hints(&desk.report(NOON, about_lodash()).await).contains("decided before"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_l3_a_decision_that_is_not_public_changes_nothing_of_what_a_reporter_is_told() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    let first = desk.report(MORNING, about_lodash()).await;
    let form = desk.service.browser().get("/own/report").await;
    let before = look(&desk, &form).await;
    let told = desk.tries(about_lodash()).await;
    desk.does(MORNING, Ines, &first, assess(json!({}))).await;
    let after = look(&desk, &form).await;
    assert_eq!(
        (before.status, before.body.len(), before.texts("main")),
        (after.status, after.body.len(), after.texts("main"))
    );
    let again = desk.tries(about_lodash()).await;
    for part in ["hints", "missing"] {
        assert_eq!(told.body[part], again.body[part], "{part}");
    }
    let length = |body: &Value| body.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!((told.status, length(&told.body)), (again.status, length(&again.body)));
    // Nothing that is looked at for the answer has a row of it, so that it takes no time either.
    assert_eq!(public_decisions::changes(&desk.service.app.store).await.expect("read"), (0, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_d9_the_answer_to_a_mail_names_where_a_public_decision_can_be_read_and_no_word_of_the_report() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(MORNING.parse().expect("an instant"));
    let answer = async |from: &str| {
        let text = "You use lodash, a dependency with CVE-2021-23337.";
        let came = mail(from, "CANARY in lodash", "", text);
        let Outcome::Filed(_) = comes(&app, "security@example.org", came).await else { panic!("a report") };
        posts(&app).await;
        to(&app, from)[0].1.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(!answer("ada@outside.example").await.contains("Something public"));
    let known = public_decisions::PublicDecision {
        stream: "7K3M9-QXT4B".into(),
        package: "pkg:npm/lodash".into(),
        program: "own".into(),
        at: 1,
        vulnerability: "CVE-2021-23337".into(),
        justification: "vulnerable_code_not_in_execute_path".into(),
    };
    app.store.commit(Batch::main(vec![public_decisions::put_statement(&known)])).await.expect("kept");
    let text = answer("bob@outside.example").await;
    assert!(text.contains("Something public may answer it already:") && text.contains("/own/dependencies"), "{text}");
    for word in ["CANARY", "lodash", "23337"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_p7_form_and_api_say_what_would_help_besides_and_take_the_report_in() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    let pasted =
        "Nessus scan report\nPlugin ID: 12345\nSeverity: High\nHost: 10.0.0.1\nSynopsis: The remote host is affected";
    let report = desk.report(MORNING, json!({ "title": "A finding", "description": pasted })).await;
    let missing: Vec<String> = list(&report.filed["missing"]).iter().map(word).collect();
    assert_eq!(missing[0], "How to see it happen");
    assert!(missing[1].contains("only when somebody verified it"), "{missing:?}");
    let browser = desk.service.browser();
    let form = browser.get("/own/report").await.form("/own/report");
    let look = [("title", "A finding"), ("description", pasted), ("do", "look")];
    let page = browser.post("/own/report", &answered(form.clone(), &look)).await;
    assert_eq!(page.texts("#hints li").iter().filter(|line| missing.contains(line)).count(), 2, "{}", page.body);
    let sent = browser.post("/own/report", &answered(form, &look[..2])).await;
    assert!(sent.receipt().is_some() && sent.body.contains("How you made sure"), "{}", sent.body);
    // Who says all of it is asked for nothing.
    let whole =
        json!({ "title": "A finding", "description": "The parser reads too far.", "steps": "1. Open it.\n2. Look." });
    assert_eq!(desk.report(MORNING, whole).await.filed["missing"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_of_reports_that_fall_due_together_the_one_that_holds_more_stands_first() {
    // What comes on a day off is due as if it had come when the next working day begins.
    const SUNDAY: &str = "2026-03-01T09:00Z";
    const SUNDAY_NOON: &str = "2026-03-01T12:00Z";
    let desk = Desk::open("dapr", DAPR, SUNDAY).await;
    let pasted =
        "Nessus scan report\nPlugin ID: 12345\nSeverity: High\nHost: 10.0.0.1\nSynopsis: The remote host is affected";
    desk.report(SUNDAY, json!({ "title": "Pasted", "description": pasted })).await;
    desk.report(SUNDAY, json!({ "title": "Bare", "description": "It is broken." })).await;
    let whole = json!({
        "title": "Whole", "description": "parseRow() in row.c:88 reads past the end.", "version": "1.2.3", "component": "parser",
        "steps": "1. Open the file that is attached in the viewer.\n2. Look at the row behind the last one of the page.",
        "impact": "It shows memory of another user.",
    });
    let whole = desk.report(SUNDAY_NOON, whole).await;
    let (status, titles) = desk.queue(&[]).await;
    assert_eq!((status, titles), (200, vec!["Whole".to_owned(), "Bare".to_owned(), "Pasted".to_owned()]));
    // The dates that are shown are the promised ones.
    let row = &desk.reads(Ines, "/cases").await.body["cases"][0];
    assert_eq!(row["case"], json!(whole.case), "{row}");
    let promised = list(&whole.filed["promises"]);
    assert!(promised.iter().any(|one| row.to_string().contains(&word(&one["due"]))), "{row}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d9_p4_m5c_facts_propose_a_verdict_with_its_letter_places_to_audit_and_the_weakness() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    let first = desk.report(MORNING, about_lodash()).await;
    desk.does(MORNING, Ines, &first, assess(json!({}))).await;
    let second = desk.report(NOON, about_lodash()).await;
    let browser = desk.browser().await;
    browser.get("/desk/search?q=is:open").await;
    // One key opens the letter that answers with the decision, the next sends it.
    let page = browser.get(&format!("/desk/cases/{}/verdict", second.case)).await;
    let offer = page.attributes("[aria-labelledby=proposed] a", "href").remove(0);
    assert!(offer.contains("as=in-dependency"), "{offer}");
    assert!(page.texts("[aria-labelledby=proposed] a")[0].contains(&format!("as decided in {}", first.case)));
    let letter = browser.get(&offer).await;
    let text = letter.texts("textarea[name=text]").join("\n");
    assert!(text.contains("pkg:npm/lodash") && text.contains("because the vulnerable code is never run"), "{text}");
    let act = format!("/desk/cases/{}/verdict", second.case);
    let sent = browser.post(&act, &letter.form(&act)).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let case = desk.case(&second).await;
    assert_eq!(case["state"], "closed", "{case}");
    let similar = desk.reads(Jonas, &format!("/cases/{}/similar", second.case)).await.body;
    assert_eq!(similar["decided"][0]["case"], json!(first.case), "{similar}");

    let told = |n: u32, title: &str| {
        json!({
            "title": title, "component": "loader", "weakness": "CWE-22", "steps": "1. Send it.\n2. Read it.",
            "description": format!("loadComponent() in pkg/loader.go joins the name {n} of a request with the folder."),
        })
    };
    let one = desk.report(NOON, told(1, "Files are read by name")).await;
    let two = desk.report(NOON, told(2, "A name with dots reads files")).await;
    browser.get("/desk/search?q=is:open").await;
    let page = browser.get(&format!("/desk/cases/{}", one.case)).await;
    let acts = page.attributes("#likely a", "href");
    let merge = format!("/desk/merge?case={}&case={}", one.case, two.case);
    assert!(acts.contains(&merge), "{acts:?}");
    assert!(acts.contains(&format!("/desk/cases/{}/verdict?as=duplicate&of={}", one.case, two.case)), "{acts:?}");
    let form = browser.get(&format!("/desk/cases/{}/set-weakness", one.case)).await;
    assert_eq!(form.attributes("input[name=cwe]", "value"), ["CWE-22"]);
    let path = format!("/cases/{}/proposals?verdict=in-dependency&package=lodash", one.case);
    let proposed = desk.reads(Jonas, &path).await.body;
    assert_eq!(proposed["weakness"], 22, "{proposed}");
    assert!(word(&proposed["letter"]).contains("The package: lodash"), "{proposed}");
    let places = list(&proposed["audit"]);
    assert!(places.iter().any(|place| place["case"] == json!(two.case)), "{proposed}");
    assert_eq!(desk.reads(Jonas, &format!("/cases/{}/proposals?verdict=maybe", one.case)).await.status, 400);
    // What is handled together is the same mistake: it is proposed no more.
    desk.does(NOON, Ines, &two, json!({ "command": "merge", "into": one.case })).await;
    browser.get("/desk/search?q=is:open").await;
    let page = browser.get(&format!("/desk/cases/{}", one.case)).await;
    assert!(!page.attributes("#likely a", "href").contains(&format!("/desk/cases/{}", two.case)), "{}", page.body);
    let places = desk.reads(Jonas, &path).await.body["audit"].clone();
    assert!(!places.to_string().contains(&two.case), "{places}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_reports_handled_together_are_discussed_once_and_no_clock_breaks_in_the_others() {
    let desk = Desk::open("dapr", DAPR, MORNING).await;
    let told = |title: &str| json!({ "title": title, "description": "The loader reads files by a name with dots." });
    let lead = desk.report(MORNING, told("Files are read by name")).await;
    let other = desk.report(MORNING, told("A name with dots reads files")).await;
    desk.does(MORNING, Ines, &other, json!({ "command": "merge", "into": lead.case })).await;
    desk.does(MORNING, Ines, &lead, verified()).await;
    desk.does(MORNING, Ines, &lead, json!({ "command": "confirm", "text": "It is so." })).await;
    assert!(desk.has_clock(&lead, "discuss").await && !desk.has_clock(&other, "discuss").await);
    let discuss = || json!({ "command": "discuss", "text": "Mend it in the loader." });
    assert_eq!(desk.is_refused(NOON, Ines, &other, discuss()).await.0, "gathered");
    desk.does(NOON, Ines, &lead, discuss()).await;
    desk.does(NOON, Jonas, &lead, discuss()).await;
    assert_eq!(desk.clock(&lead, "discuss").await.0, "kept");
    // On its own again it has what was done for it.
    desk.does("2026-03-06T09:00Z", Ines, &other, json!({ "command": "separate", "reason": "Another cause." })).await;
    assert_eq!(desk.clock(&other, "discuss").await.0, "kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5b_a_case_says_that_an_appeal_or_a_public_issue_waits_for_the_team() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    let report = desk.report(MORNING, json!({ "title": "A slip", "description": "The log says faild." })).await;
    let slip = json!({ "command": "dismiss", "outcome": { "outcome": "not-security" }, "text": "It is a slip." });
    desk.does(MORNING, Ines, &report, slip).await;
    let browser = desk.browser().await;
    let next = async || browser.get(&format!("/desk/cases/{}", report.case)).await.texts(".next-what").join(" ");
    assert_eq!(next().await, "Nothing is expected of the team now.");
    let issue = json!({ "command": "propose-issue", "title": "A slip", "text": "The log says faild." });
    desk.does(NOON, Ines, &report, issue).await;
    assert!(next().await.contains("The reporter is asked whether"), "{}", next().await);
    desk.reporter(NOON, &report, "issue", json!({ "agree": true })).await;
    assert!(next().await.contains("has to be opened"), "{}", next().await);
    let appealed = desk.reporter(NOON, &report, "appeal", json!({ "text": "It leaks the path." })).await;
    assert_eq!(appealed.status, 200, "{appealed:?}");
    assert!(next().await.contains("The appeal has to be answered"), "{}", next().await);
}
