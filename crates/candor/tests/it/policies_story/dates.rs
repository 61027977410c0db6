//! Promised dates move, and whoever knew the old one is told; a planned pause reaches cases that came before it; the desk
//! shows what a newer version of the policy changes.

use super::desk::{Desk, Ines, Jonas, pair};
use crate::support::service::answered;
use candor::worker;
use serde_json::{Value, json};

const POLICY: &str = r#"
[program]
slug = "moving"
name = "Moving"

[[contacts]]
role = "lead"
email = "lead@moving.example"

[[contacts]]
role = "deputy"
email = "deputy@moving.example"

[[promises]]
name = "fix"
what = "a fix"
kept_by = "fix"
within = "10 days"
within_by_severity = { critical = "5 days" }
waits_for_reporter = true
escalate = [{ to = "deputy", before = "2 days" }, { to = "lead", after = "0 hours" }]
"#;

const PAUSE: &str = r#"
[[pauses]]
from = "2027-03-08"
until = "2027-03-14"
reason = "The team is on holiday."
running = true
"#;

fn report() -> Value {
    json!({ "title": "A title of the case", "description": "Its text.",
        "reporter": { "name": "Ada", "email": "ada@outside.example" } })
}

fn to<'l>(letters: &'l [(String, String)], who: &str) -> Vec<&'l str> {
    letters.iter().filter(|(to, _)| to == who).map(|(_, subject)| subject.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i4_whoever_knew_a_date_is_told_when_an_answer_or_a_rating_moves_it() {
    let desk = Desk::open("moving", POLICY, "2027-03-01T07:00:00Z").await;
    let case = desk.report("2027-03-01T08:00:00Z", report()).await;
    desk.works("2027-03-01T08:01:00Z").await;
    let warned = desk.works("2027-03-09T08:01:00Z").await;
    assert_eq!(to(&warned, "deputy@moving.example").len(), 1, "{warned:?}");
    desk.does("2027-03-09T12:00:00Z", Jonas, &case, json!({ "command": "ask", "text": "Which version?" })).await;
    desk.works("2027-03-09T12:01:00Z").await;
    // Two days stood still: the date moves by them, and the bell rings again for it.
    desk.reporter("2027-03-11T12:00:00Z", &case, "messages", json!({ "text": "This one." })).await;
    assert_eq!(desk.clock(&case, "fix").await, pair("running", "2027-03-13 08:00"));
    let told = desk.works("2027-03-11T12:01:00Z").await;
    let deputy = to(&told, "deputy@moving.example");
    assert!(deputy.iter().any(|subject| subject.contains("a date of which you were told has moved")), "{told:?}");
    assert!(deputy.iter().any(|subject| subject.contains("a fix due Sat 13 Mar, 0")), "{told:?}");
    assert!(
        to(&told, "ada@outside.example").iter().any(|subject| subject.contains("promised to you moved")),
        "{told:?}"
    );
    let letters = desk.shown();
    let (_, _, text) = letters.iter().rev().find(|(to, ..)| to == "ada@outside.example").expect("a letter");
    // Between setting the clock and asking, moments pass.
    assert!(text.contains("by Sat 13 Mar 2027, 0") && !text.contains("A title"), "{text}");
    // Worse than thought: the date comes nearer, and is past already; the reporter reads both.
    let events =
        desk.does("2027-03-11T13:00:00Z", Ines, &case, json!({ "command": "rate", "severity": "critical" })).await;
    assert_eq!(events, ["rated", "dates-moved"]);
    let entry = &desk.journal(&case, &["dates-moved"]).await[1];
    assert_eq!(entry["dates"][0]["promise"], "fix");
    let own = desk.own(&case).await.to_string();
    assert!(own.contains("dates-moved"), "{own}");
    let page = desk.browser().await.get(&format!("/desk/cases/{}", case.case)).await;
    assert!(page.body.contains("moved dates; those who knew the old ones are told"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p8_a_pause_of_a_newer_version_reaches_older_cases_and_the_policy_page_says_so() {
    let desk = Desk::open("moving", POLICY, "2027-03-01T07:00:00Z").await;
    let case = desk.report("2027-03-01T08:00:00Z", report()).await;
    desk.works("2027-03-01T08:01:00Z").await;
    assert_eq!(desk.clock(&case, "fix").await, pair("running", "2027-03-11 08:00"));
    desk.at("2027-03-02T08:00:00Z");
    let newer = format!("{POLICY}{PAUSE}");
    // What it would change is known before: at once by the pause, and the same were the case moved.
    let policy = candor_core::policy::file::read(&newer).expect("a policy");
    let would = candor::execute::would::change(&desk.service.app, &policy).await.expect("it reads");
    let date = |one: &candor::execute::would::Would| one.change.would.map(|at| at.strftime("%F %H:%M").to_string());
    let told: Vec<_> = would.iter().map(|one| (one.at_once, date(one).unwrap_or_default())).collect();
    assert_eq!(told, [(true, "2027-03-18 08:00".to_owned()), (false, "2027-03-18 08:00".to_owned())]);
    assert!(desk.service.app.add_program(&newer).await.expect("a new version").changed);
    let told = desk.works("2027-03-02T08:01:00Z").await;
    assert!(
        to(&told, "ada@outside.example").iter().any(|subject| subject.contains("promised to you moved")),
        "{told:?}"
    );
    assert_eq!(desk.case(&case).await["policy_version"], 1, "it runs under its own version all the same");
    assert_eq!(desk.clock(&case, "fix").await, pair("running", "2027-03-18 08:00"));
    assert!(desk.works("2027-03-02T09:00:00Z").await.is_empty(), "told once");

    // While it holds, form and policy page say so; the page is made anew by itself.
    let browser = desk.service.browser();
    let mut pages = worker::Pages::default();
    pages.round(&desk.service.app).await.expect("the tree is built");
    assert!(!browser.get("/moving").await.body.contains("The intake is paused"));
    desk.at("2027-03-09T08:00:00Z");
    pages.round(&desk.service.app).await.expect("the tree is built");
    for path in ["/moving", "/moving/report"] {
        let page = browser.get(path).await.body;
        assert!(
            page.contains("The team is on holiday. The intake is paused until Mon 15 Mar 2027, 00:00 UTC"),
            "{page}"
        );
        assert!(page.contains("taken up as ever"), "the lane that stays open: {page}");
    }
    let why = desk.case(&case).await["clocks"].to_string();
    assert!(why.contains("while the intake is paused: The team is on holiday"), "{why}");
    assert!(desk.works("2027-03-12T08:00:00Z").await.is_empty(), "nothing breaks meanwhile");
    desk.at("2027-03-15T08:00:00Z");
    pages.round(&desk.service.app).await.expect("the tree is built");
    assert!(!browser.get("/moving").await.body.contains("The intake is paused"));
    let warned = desk.works("2027-03-16T08:01:00Z").await;
    assert_eq!(to(&warned, "deputy@moving.example").len(), 1, "two days before the new date: {warned:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_shows_versions_what_changed_and_which_dates_of_open_cases_would_change() {
    let desk = Desk::open("moving", POLICY, "2027-03-01T07:00:00Z").await;
    let case = desk.report("2027-03-01T08:00:00Z", report()).await;
    let browser = desk.browser().await;
    let page = browser.get("/desk/programs/moving").await;
    assert!(page.body.contains("the first version"), "{}", page.body);
    desk.at("2027-03-01T12:00:00Z");
    let newer =
        POLICY.replace("within = \"10 days\"", "within = \"20 days\"").replace("deputy\", before", "lead\", before");
    let added = desk.service.app.add_program_by(&newer, "Ines").await.expect("a new version");
    assert_eq!(added.version, 2);
    let page = browser.get("/desk/programs/moving").await;
    assert!(page.body.contains("Ines"), "who: {}", page.body);
    assert!(page.body.contains("Promise fix was 10 days, is 20 days"), "{}", page.body);
    let row = page.texts("section[aria-labelledby=p-moves] tbody tr").join(" ");
    assert!(
        row.contains(&case.case) && row.contains("11 Mar 2027, 08:00") && row.contains("21 Mar 2027, 08:00"),
        "{row}"
    );
    // Any two can be compared, also backwards.
    let form = page.form("/desk/programs/moving");
    assert!(form.is_empty() || form.iter().all(|(name, _)| name == "csrf"), "two selects and nothing else: {form:?}");
    let back = browser.get("/desk/programs/moving?from=2&to=1").await;
    assert!(back.body.contains("Promise fix was 20 days, is 10 days"), "{}", back.body);
    assert_eq!(browser.get("/desk/programs/nothing").await.status, 404);
    assert!(browser.get("/desk/settings").await.body.contains("/desk/programs/moving"));
    // Moved, it has nothing to change any more, and the page says so.
    let act = format!("/desk/cases/{}/move-policy", case.case);
    let form = browser.get(&act).await.form(&act);
    let check = browser.post(&act, &answered(form, &[("reason", "More time.")])).await;
    assert_eq!(browser.post(&act, &check.form(&act)).await.status, 303);
    let page = browser.get("/desk/programs/moving").await;
    assert!(page.body.contains("No open case runs under an earlier version."), "{}", page.body);
}
