//! What is said to whoever writes a report, and what is looked up for whoever reads it: packages of others, clauses, code.

use crate::mail_in::{comes, mail, posts, to};
use crate::policies_story::desk::{Desk, Jonas, list, word};
use crate::support::places::Place;
use crate::support::service::answered;
use candor::mail::receive::Outcome;
use candor::store::{Batch, closed_reports};
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

[disclosure]
closed_reports = "summary"

[scope]
dependencies = "direct"

[[scope.kinds]]
clause = "headers"
what = "Headers that a scanner would like to see."
words = ["missing header"]
instead = "Tell the people of the web site."

[report]
sources = ["files.txt"]

[[report.asks]]
field = "steps"
wanted = true

[[files]]
path = "files.txt"
text = "cmd/lifecycle.go\tparseRule evalRule\ncmd/main.go\n"
"#;
const MORNING: &str = "2026-03-02T09:00Z";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d9_p2_the_form_asks_whether_it_is_a_dependency_and_says_what_the_policy_covers() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    let browser = desk.service.browser();
    let form = browser.get("/own/report").await;
    assert!(form.texts("label").iter().any(|label| label.contains("The package, if it is in one that others make")));
    let said = [
        ("title", "A prototype can be polluted"),
        ("description", "merge() takes __proto__ from a request."),
        ("dependency", "pkg:npm/lodash@4.17.20"),
        ("do", "look"),
    ];
    let look = browser.post("/own/report", &answered(form.form("/own/report"), &said)).await;
    for words in ["is made by others: tell them as well", "This policy covers direct dependencies."] {
        assert!(look.body.contains(words), "{words}: {}", look.body);
    }
    let again = look.form("/own/report").into_iter().filter(|(name, _)| name != "do").collect::<Vec<_>>();
    assert!(again.contains(&("dependency".into(), "pkg:npm/lodash@4.17.20".into())), "{again:?}");
    let sent = browser.post("/own/report", &again).await;
    assert!(sent.receipt().is_some(), "it is taken in all the same: {}", sent.body);
    let number = word(&desk.finds(Jonas, "prototype").await.body["cases"][0]["case"]);
    let page = desk.browser().await.get(&format!("/desk/cases/{number}")).await;
    assert!(page.body.contains("pkg:npm/lodash@4.17.20"), "{}", page.body);
    // Over the API the same, and what the reporter said comes back to them.
    let report = json!({ "title": "Polluted", "description": "merge() is at fault.", "dependency": "lodash" });
    let report = desk.report(MORNING, report).await;
    assert!(list(&report.filed["hints"]).iter().any(|hint| word(hint).starts_with("lodash is made by others")));
    assert_eq!(desk.own(&report).await["report"]["dependency"], "lodash");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d9_the_form_names_a_public_decision_about_the_same_dependency_and_none_that_is_not_public() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    let browser = desk.service.browser();
    let form = browser.get("/own/report").await;
    let said = [
        ("title", "CVE-1900-1234 in your dependency"),
        ("description", "You use an old archive reader."),
        ("dependency", "pkg:npm/shelfmark@1.2.3"),
        ("do", "look"),
    ];
    let look = async || browser.post("/own/report", &answered(form.form("/own/report"), &said)).await.body;
    let decided = "This was decided before, and the decision is public: Archive reader of shelfmark.";
    let decision = |program: &str| closed_reports::ClosedReport {
        stream: format!("of-{program}"),
        program: program.into(),
        at: 1,
        title: "Archive reader of shelfmark".into(),
        text: "CVE-1900-1234 is in code that this product never calls.".into(),
    };
    let store = &desk.service.app.store;
    let put = async |program: &str| {
        store.commit(Batch::main(vec![closed_reports::put_statement(&decision(program))])).await.expect("kept");
    };
    put("another").await;
    assert!(!look().await.contains(decided), "what is of another program, or not public, is not told");
    put("own").await;
    let page = look().await;
    assert!(page.contains(decided) && page.contains("/own/closed"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p7_code_that_a_report_names_is_looked_up_in_the_programs_own_list() {
    let desk = Desk::open("own", POLICY, MORNING).await;
    let facts = async |text: &str| {
        let report = desk.report(MORNING, json!({ "title": "It crashes", "description": text })).await;
        desk.case(&report).await["evidence"].clone()
    };
    let words = |facts: &Value| list(facts).iter().map(|fact| word(&fact["words"])).collect::<Vec<_>>().join(" ");
    let real = facts("evalRule() in lifecycle.go:120 reads past the end of the rule.").await;
    assert!(words(&real["holds"]).contains("The code that it names is there: "), "{real}");
    assert!(words(&real["holds"]).contains("cmd/lifecycle.go"), "{real}");
    let made_up = facts("The flaw is in core/auth/session_manager.go:88.").await;
    assert!(
        words(&made_up["against"]).contains("core/auth/session_manager.go is not among the program's source files")
    );
    assert!(made_up["score"].as_u64() < real["score"].as_u64(), "{made_up}");
    // It sorts, and decides nothing.
    assert_eq!((&real["lane"], &made_up["lane"]), (&json!("normal"), &json!("normal")));
    assert_eq!(desk.finds(Jonas, "state:new").await.body["total"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_p7_the_answer_to_a_mail_says_what_is_missing_and_which_clause_may_apply_and_no_word_of_the_report() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(MORNING.parse().expect("an instant"));
    let came = mail("ada@outside.example", "CANARY", "", "A missing header of the CANARY page.");
    let Outcome::Filed(_) = comes(&app, "security@example.org", came).await else { panic!("a report") };
    posts(&app).await;
    let text = to(&app, "ada@outside.example")[0].1.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("How to see it happen. Without it the answer may take longer."), "{text}");
    assert!(
        text.contains("Clause headers: This may not be covered: Headers that a scanner would like to see."),
        "{text}"
    );
    assert!(text.contains("a person decides"), "{text}");
    assert!(!text.contains("CANARY"), "{text}");
}
