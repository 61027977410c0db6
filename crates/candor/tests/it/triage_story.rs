//! Triage at the desk: a verdict with its letter, many at once, an appeal, several reports of one problem, several problems in
//! one report.

use crate::policies_story::desk::{Desk, Ines, Jonas, Report, list, verified, word, words};
use crate::support::service::{Page, answered};
use serde_json::{Value, json};

const POLICY: &str = r#"
[program]
slug = "own"
name = "Own"

[[contacts]]
role = "security team"
email = "team@own.example"

[[scope.kinds]]
clause = "headers"
what = "Headers that a scanner would like to see."
words = ["missing header"]
instead = "Tell the people of the web site."
to = "https://forge.example/own/issues"

[[known]]
clause = "3.2"
what = "Whoever writes the configuration can run commands."
because = "The configuration is a trusted input."
words = ["configuration file"]

[[promises]]
name = "verdict"
what = "a verdict"
starts = "report"
kept_by = "verdict"
within = "10 days"

[[replies]]
name = "trusted"
verdict = "not-a-vulnerability"
clause = "3.2"
text = """
Hello {reporter},

clause {clause} of our policy: {clause-text}
{member}"""
"#;

const MORNING: &str = "2026-03-02T09:00Z";

async fn desk() -> Desk {
    Desk::open("own", POLICY, MORNING).await
}

async fn told(desk: &Desk, now: &str, name: &str, title: &str) -> Report {
    let email = format!("{}@outside.example", name.to_lowercase());
    let report = json!({
        "title": title, "description": "The configuration file runs what it is told.",
        "reporter": { "name": name, "email": email },
        "credit": { "wish": "named", "name": name },
    });
    desk.report(now, report).await
}

fn text(page: &Page) -> String {
    page.texts("main").join(" ")
}

#[tokio::test]
async fn m5b_p4_a_bad_report_is_closed_with_clause_and_letter_on_one_page_and_taken_back() {
    let desk = desk().await;
    let report = told(&desk, MORNING, "Ada", "It runs my configuration").await;
    let browser = desk.browser().await;
    let base = format!("/desk/cases/{}", report.case);
    let case = browser.get(&base).await;
    assert_eq!(case.attributes("[data-press=v]", "href"), [format!("{base}/verdict")]);
    let which = browser.get(&format!("{base}/verdict")).await;
    // What the policy says that may fit is the first key.
    let proposed = which.attributes("[data-press='1']", "href").remove(0);
    assert_eq!(proposed, format!("{base}/verdict?as=not-a-vulnerability&clause=3.2"));
    let letter = browser.get(&proposed).await;
    let form = letter.form(&format!("{base}/verdict"));
    let words_of =
        |name: &str| form.iter().find(|(of, _)| of == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let said = "Hello Ada,\n\nclause 3.2 of our policy: Whoever writes the configuration can run commands.\nInes";
    assert_eq!(words_of("text"), said);
    assert_eq!(letter.attributes("button[autofocus]", "class"), ["primary"]);
    let sent = browser.post(&format!("{base}/verdict"), &form).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let own = desk.own(&report).await;
    assert_eq!((word(&own["state"]), word(&own["outcome"]["clause"])), ("closed".into(), "3.2".into()));
    assert_eq!(word(&list(&own["thread"]).last().expect("a line")["text"]), said);

    // A letter that nobody touched and that now names something else is shown first.
    let again = told(&desk, MORNING, "Bea", "A missing header").await;
    let base = format!("/desk/cases/{}", again.case);
    let page = browser.get(&format!("{base}/verdict?as=out-of-scope")).await;
    let form = page.form(&format!("{base}/verdict"));
    let unchosen = browser.post(&format!("{base}/verdict"), &form).await;
    assert!(text(&unchosen).contains("Choose the clause"), "{}", unchosen.body);
    let chosen = browser.post(&format!("{base}/verdict"), &answered(form, &[("clause", "headers")])).await;
    assert!(chosen.status == 200 && chosen.body.contains("https://forge.example/own/issues"), "{}", chosen.body);
    let sent = browser.post(&format!("{base}/verdict"), &chosen.form(&format!("{base}/verdict"))).await;
    // A radio that is checked is sent; the letter is the one just read.
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(word(&desk.case(&again).await["state"]), "closed");

    let undo = json!({ "command": "undo-verdict", "reason": "It was the wrong case." });
    assert_eq!(desk.does("2026-03-02T10:00Z", Jonas, &again, undo.clone()).await, ["verdict-undone"]);
    assert_eq!(word(&desk.own(&again).await["state"]), "triage");
    assert_eq!(desk.is_refused("2026-03-02T10:00Z", Jonas, &again, undo).await.0, "no-verdict");
}

#[tokio::test]
async fn p4_many_bad_reports_are_closed_with_one_page_to_check_and_taken_back_at_once() {
    let desk = desk().await;
    let one = told(&desk, MORNING, "Ada", "Report one").await;
    let two = told(&desk, MORNING, "Bea", "Report two").await;
    let done = told(&desk, MORNING, "Cid", "Report three").await;
    desk.does(MORNING, Ines, &done, json!({ "command": "reject", "text": "No." })).await;
    let browser = desk.browser().await;
    let queue = browser.get("/desk").await;
    assert_eq!(queue.attributes("input.pick", "form"), ["pick", "pick"]);
    let query = [&one, &two, &done].map(|report| format!("case={}", report.case)).join("&");
    let page = browser.get(&format!("/desk/verdicts?{query}&case=nonsense&case=ZZZZZ-ZZZZZ")).await;
    let mut form = page.form("/desk/verdicts");
    form.push(("as".into(), "scanner-output".into()));
    let check = browser.post("/desk/verdicts", &form).await;
    let shown = text(&check);
    assert!(shown.contains("2 cases") && shown.contains("Hello Ada") && shown.contains("Hello Bea"), "{shown}");
    assert!(shown.contains("It will be left out"), "{shown}");
    assert_eq!(word(&desk.case(&one).await["state"]), "new", "nothing is sent before");
    let after = browser.post("/desk/verdicts", &check.form("/desk/verdicts")).await;
    assert!(text(&after).contains("Done: scanner output without proof"), "{}", after.body);
    for (report, name) in [(&one, "Ada"), (&two, "Bea")] {
        let own = desk.own(report).await;
        assert_eq!(word(&own["outcome"]["outcome"]), "scanner-output");
        let said = word(&list(&own["thread"]).last().expect("a line")["text"]);
        assert!(said.starts_with(&format!("Hello {name},")), "each in their own letter: {said}");
    }
    let undone = browser.post("/desk/verdicts/undo", &after.form("/desk/verdicts/undo")).await;
    assert!(text(&undone).contains("Taken back."), "{}", undone.body);
    assert_eq!(word(&desk.case(&two).await["state"]), "triage");
    // Without a token nothing is done.
    let forged: Vec<(String, String)> = form.into_iter().filter(|(name, _)| name != "csrf").collect();
    assert_ne!(browser.post("/desk/verdicts", &forged).await.status, 200);
}

#[tokio::test]
async fn m5b_the_reporter_appeals_on_their_page_and_another_member_answers() {
    let desk = desk().await;
    let report = told(&desk, MORNING, "Ada", "It runs my configuration").await;
    desk.does(MORNING, Ines, &report, json!({ "command": "reject", "text": "It is meant so." })).await;
    let browser = desk.service.browser();
    browser.post("/receipt", &[("receipt".into(), report.receipt.clone())]).await;
    let own = browser.get("/receipt").await;
    let form = answered(own.form("/receipt/appeal"), &[("why", "Without an account it is not.")]);
    assert_eq!(browser.post("/receipt/appeal", &form).await.status, 303);
    let after = browser.get("/receipt").await;
    assert!(text(&after).contains("another member look at it again"), "{}", after.body);
    assert!(!after.body.contains("action=\"/receipt/appeal\""), "it can be asked once");
    let (_, queue) = desk.queue(&[]).await;
    assert_eq!(queue, ["It runs my configuration"], "a closed case with an appeal needs somebody");
    let mut to: Vec<String> = desk.works("2026-03-02T09:30Z").await.into_iter().map(|(to, _)| to).collect();
    to.dedup();
    assert!(to.contains(&"team@own.example".to_owned()), "{to:?}");

    let answer = json!({ "command": "answer-appeal", "stands": false, "text": "You are right." });
    let (code, said) = desk.is_refused("2026-03-02T10:00Z", Ines, &report, answer.clone()).await;
    assert_eq!(code, "own-verdict", "{said}");
    let events = desk.does("2026-03-02T10:00Z", Jonas, &report, answer).await;
    assert_eq!(events, ["appeal-answered", "reopened"]);
    assert_eq!(word(&desk.own(&report).await["state"]), "triage");
    let again = desk.reporter("2026-03-02T11:00Z", &report, "appeal", json!({ "text": "More." })).await;
    assert_eq!((again.status, word(&again.body["code"])), (422, "appealed-before".into()));
}

#[tokio::test]
async fn m5b_a_duplicate_gives_the_reporter_the_proof_that_the_team_knew_and_no_name_of_the_other_case() {
    let desk = desk().await;
    let first = told(&desk, MORNING, "Ada", "The first").await;
    let second = told(&desk, "2026-03-03T09:00Z", "Bea", "The second").await;
    let duplicate = json!({ "command": "duplicate", "of": first.case, "text": "We knew." });
    desk.does("2026-03-03T10:00Z", Ines, &second, duplicate).await;
    let own = desk.own(&second).await;
    let known = &own["outcome"]["known"];
    assert!(word(&known["at"]).starts_with("2026-03-02T09:00"), "{known}");
    let proof = word(&known["hash"]);
    let kept = candor::store::journal::load(&desk.service.app.store, &first.case).await.expect("a journal");
    assert_eq!(proof, candor::execute::report::hex(&kept[0].hash), "it is the hash of the first entry");
    assert!(!own.to_string().contains(&first.case), "{own}");
    // The signed statement says when, opens nothing, and is the same wherever the verdict is given.
    let signed: candor::proof::Proof = serde_json::from_value(known["proof"].clone()).expect("a signed proof");
    assert_eq!(signed.check(None), Ok(candor::proof::Shown::Statement));
    assert_eq!(signed.statement, word(&first.filed["signed_proof"]["statement"]));
    assert!(signed.salt.is_none() && signed.report.is_none());
    let page = desk.service.browser();
    page.post("/receipt", &[("receipt".into(), second.receipt.clone())]).await;
    let shown = page.get("/receipt").await;
    assert!(shown.texts("pre").join(" ").contains(&signed.signature), "{}", shown.body);
    let third = told(&desk, "2026-03-03T11:00Z", "Cleo", "The third").await;
    let browser = desk.browser().await;
    let action = format!("/desk/cases/{}/verdict", third.case);
    let form = browser.get(&format!("{action}?as=duplicate")).await.form(&action);
    let of = [("of", first.case.as_str()), ("text", "We knew.")];
    let sent = browser.post(&action, &answered(form, &of)).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(desk.own(&third).await["outcome"]["known"]["proof"], known["proof"]);
}

#[tokio::test]
async fn d7_several_reports_of_one_problem_are_decided_once_and_each_reporter_keeps_their_own() {
    let desk = desk().await;
    let lead = told(&desk, MORNING, "Ada", "The first").await;
    let bea = told(&desk, "2026-03-03T09:00Z", "Bea", "The second").await;
    let cid = told(&desk, "2026-03-04T09:00Z", "Cid", "The third").await;
    let merge = |into: &Report| json!({ "command": "merge", "into": into.case });
    desk.does("2026-03-04T10:00Z", Jonas, &bea, merge(&lead)).await;
    // From the queue: the ticked cases, the oldest leads.
    let browser = desk.browser().await;
    let page = browser.get(&format!("/desk/merge?case={}&case={}", cid.case, lead.case)).await;
    let merged = browser.post("/desk/merge", &page.form("/desk/merge")).await;
    assert_eq!(merged.header("location"), format!("/desk/cases/{}", lead.case), "{}", merged.body);
    let (code, said) =
        desk.is_refused("2026-03-04T10:00Z", Ines, &cid, json!({ "command": "confirm", "text": "x" })).await;
    assert!(code == "gathered" && said.contains(&lead.case), "{said}");
    assert_eq!(desk.is_refused("2026-03-04T10:00Z", Ines, &lead, merge(&cid)).await.0, "field");
    desk.works("2026-03-04T11:00Z").await;

    desk.does("2026-03-05T09:00Z", Ines, &lead, verified()).await;
    desk.does("2026-03-05T09:10Z", Ines, &lead, json!({ "command": "confirm", "text": "It is so." })).await;
    let all = json!({ "command": "answer-all", "text": "A fix comes in May.", "next_steps": true });
    desk.does("2026-03-05T09:20Z", Ines, &lead, all).await;
    desk.does("2026-03-05T09:30Z", Ines, &bea, json!({ "command": "answer", "text": "For you alone." })).await;
    let letters = desk.works("2026-03-05T10:00Z").await;
    for name in ["ada", "bea", "cid"] {
        assert!(letters.iter().any(|(to, _)| to.starts_with(name)), "{letters:?}");
    }
    for (report, due) in [(&lead, "2026-03-12 09:00"), (&bea, "2026-03-13 09:00"), (&cid, "2026-03-14 09:00")] {
        let own = desk.own(report).await;
        assert_eq!(word(&own["state"]), "confirmed");
        assert_eq!(desk.clock(report, "verdict").await.0, "kept");
        assert_eq!(report.promised("verdict"), due);
        let said = words(&own["thread"], "text");
        assert!(said.contains(&"It is so.".to_owned()) && said.contains(&"A fix comes in May.".to_owned()), "{said:?}");
        assert_eq!(said.contains(&"For you alone.".to_owned()), report.case == bea.case);
        for other in [&lead, &bea, &cid].into_iter().filter(|other| other.case != report.case) {
            assert!(!own.to_string().contains(&other.case), "nobody learns of the others: {own}");
        }
    }

    // Separated, it is decided on its own again, and nothing is lost.
    let before = words(&desk.own(&cid).await["thread"], "text");
    desk.does("2026-03-06T09:00Z", Jonas, &cid, json!({ "command": "separate", "reason": "Another cause." })).await;
    desk.does("2026-03-06T10:00Z", Ines, &lead, json!({ "command": "reject", "text": "It is not so after all." }))
        .await;
    let own = desk.own(&cid).await;
    assert_eq!(word(&own["state"]), "confirmed");
    assert!(words(&own["thread"], "text").starts_with(&before));
    assert_eq!(word(&desk.own(&bea).await["state"]), "closed");
    desk.does("2026-03-06T11:00Z", Ines, &lead, json!({ "command": "undo-verdict", "reason": "A slip." })).await;
    assert_eq!(word(&desk.own(&bea).await["state"]), "confirmed");
    let walked = candor::store::verify::verify(&desk.service.app.store, |_, _| ()).await.expect("it is walked");
    assert_eq!(walked.fault, None);
}

#[tokio::test]
async fn a_merge_widens_no_access() {
    let other = POLICY.replace("slug = \"own\"", "slug = \"other\"").replace("name = \"Own\"", "name = \"Other\"");
    let desk = desk().await;
    desk.service.app.add_program(&other).await.expect("taken into service");
    let mine = told(&desk, MORNING, "Ada", "Mine").await;
    let answer = desk.service.browser().client.post(desk.service.at("/api/v1/programs/other/reports"));
    let filed: Value = answer
        .json(&json!({ "title": "Theirs", "description": "Of the other team." }))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let theirs = word(&filed["case"]);
    // To whoever may not see it, it is no case; and a look at it gives nothing away.
    let refused = |into: &str| json!({ "command": "merge", "into": into });
    let (_, unseen) = desk.is_refused(MORNING, Ines, &mine, refused(&theirs)).await;
    let (_, absent) = desk.is_refused(MORNING, Ines, &mine, refused("22222-22222")).await;
    assert_eq!(unseen.replace(&theirs, "X"), absent.replace("22222-22222", "X"));
    let link = |to: &str| json!({ "command": "relate", "to": to, "text": "one library" });
    let (_, unseen) = desk.is_refused(MORNING, Ines, &mine, link(&theirs)).await;
    let (_, absent) = desk.is_refused(MORNING, Ines, &mine, link("22222-22222")).await;
    assert_eq!(unseen.replace(&theirs, "X"), absent.replace("22222-22222", "X"));
    let duplicate = json!({ "command": "duplicate", "of": theirs, "text": "Known." });
    desk.does(MORNING, Ines, &mine, duplicate).await;
    assert!(desk.own(&mine).await["outcome"]["known"].is_null(), "no proof from a case that the member may not see");
}

#[tokio::test]
async fn i4_a_report_with_several_findings_is_split_and_its_reporter_keeps_one_thread() {
    let desk = desk().await;
    let report = json!({
        "title": "Two things", "description": "The share shows fields.\n\nThe log holds passwords.\n\nThank you for reading.",
        "reporter": { "name": "Ada", "email": "ada@outside.example" }, "credit": { "wish": "named", "name": "Ada" },
    });
    let whole = desk.report(MORNING, report).await;
    let browser = desk.browser().await;
    let path = format!("/desk/cases/{}/split", whole.case);
    let page = browser.get(&path).await;
    let form = page.form(&path);
    let lonely = answered(form.clone(), &[("title-1", "Fields of a share")]);
    assert!(text(&browser.post(&path, &lonely).await).contains("Choose at least one paragraph"));
    let chosen = [
        ("title-1", "Fields of a share"),
        ("title-2", "Passwords in the log"),
        ("paragraph-0", "1"),
        ("paragraph-1", "2"),
        ("text", "We look at the two apart."),
    ];
    let sent = browser.post(&path, &answered(form, &chosen)).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let (_, titles) = desk.queue(&[]).await;
    assert_eq!(titles.len(), 3, "{titles:?}");
    let split = desk.journal(&whole, &["split-off"]).await;
    let part = Report { case: word(&split[1]["part"]), receipt: String::new(), filed: Value::Null };
    let case = desk.case(&part).await;
    assert_eq!(word(&case["title"]), "Passwords in the log");
    desk.does("2026-03-03T09:00Z", Jonas, &part, json!({ "command": "ask", "text": "Which log?" })).await;
    desk.does("2026-03-03T09:30Z", Jonas, &part, json!({ "command": "confirm", "text": "It is so." })).await;
    let own = desk.own(&whole).await;
    let said = words(&own["thread"], "text");
    assert!(said.contains(&"About “Passwords in the log”: Which log?".to_owned()), "{said:?}");
    assert!(!own.to_string().contains(&part.case), "the reporter sees no other case: {own}");
    let history = own["history"].to_string();
    assert!(history.contains("it is confirmed"), "{history}");
    let letters = desk.works("2026-03-03T10:00Z").await;
    assert!(letters.iter().any(|(to, _)| to.starts_with("ada")), "{letters:?}");
    // A finding that was decided goes back to the report it was split from.
    desk.does("2026-03-03T11:00Z", Jonas, &part, json!({ "command": "merge", "into": whole.case })).await;
    let kinds = ["gathered", "part-news"];
    assert!(desk.journal(&whole, &kinds).await.iter().any(|entry| entry["event"] == "gathered"));
}

#[tokio::test]
async fn abuse_r6_whoever_may_not_see_a_case_is_not_told_of_a_note_that_names_them() {
    let desk = desk().await;
    let report = told(&desk, MORNING, "Ada", "It runs my configuration").await;
    let app = &desk.service.app;
    let password = "a long enough password";
    let elsewhere = [("elsewhere".to_owned(), candor_core::access::Role::Coordinator)];
    let (stranger, _) =
        candor::accounts::add_ready(app, "Mallory", "mallory@team.example", password, &elsewhere, false)
            .await
            .expect("made");
    let jonas = candor::accounts::find(app, "jonas@team.example").await.expect("a member");
    let note = json!({ "command": "note", "text": "Look, @Jonas and @Mallory.", "mentions": [jonas.id.0, stranger.0, "nobody"] });
    desk.does(MORNING, Ines, &report, note).await;
    let written = desk.journal(&report, &["noted"]).await;
    assert_eq!(words(&written[0]["mentions"], "name"), ["Jonas"]);
    // The desk finds the names in the text.
    let browser = desk.browser().await;
    let page = format!("/desk/cases/{}", report.case);
    let form = browser.get(&page).await.form(&format!("{page}/note"));
    let form = answered(form, &[("text", "Once more, @jonas and @mallory and ada@outside.example.")]);
    assert_eq!(browser.post_files(&format!("{page}/note"), &form, &[]).await.status, 303);
    let letters = desk.works("2026-03-02T09:10Z").await;
    let named: Vec<&(String, String)> =
        letters.iter().filter(|(_, subject)| subject.contains("a note names you")).collect();
    assert_eq!(named.len(), 2, "{letters:?}");
    assert!(named.iter().all(|(to, _)| to == "jonas@team.example"), "{letters:?}");
    assert!(!letters.iter().any(|(to, _)| to.starts_with("mallory")), "{letters:?}");
    assert!(!desk.own(&report).await.to_string().contains("Look, @Jonas"), "the reporter sees no note");
}

#[tokio::test]
async fn abuse_l4_no_letter_of_triage_tells_what_the_case_says() {
    let desk = desk().await;
    let lead = told(&desk, MORNING, "Ada", "CANARY title one").await;
    let other = told(&desk, MORNING, "Bea", "CANARY title two").await;
    desk.does(MORNING, Ines, &other, json!({ "command": "merge", "into": lead.case, "text": "CANARY merge" })).await;
    desk.does(MORNING, Ines, &lead, json!({ "command": "answer-all", "text": "CANARY answer" })).await;
    let jonas = candor::accounts::find(&desk.service.app, "jonas@team.example").await.expect("a member");
    let note = json!({ "command": "note", "text": "CANARY note", "mentions": [jonas.id.0] });
    desk.does(MORNING, Ines, &lead, note).await;
    desk.does(MORNING, Ines, &lead, json!({ "command": "confirm", "text": "CANARY confirm" })).await;
    desk.does(MORNING, Ines, &lead, json!({ "command": "ask-retest", "text": "CANARY retest" })).await;
    desk.reporter(MORNING, &lead, "retest", json!({ "holds": false, "text": "CANARY still there" })).await;
    desk.does(MORNING, Ines, &other, json!({ "command": "separate", "reason": "CANARY apart" })).await;
    desk.does(
        MORNING,
        Ines,
        &lead,
        json!({ "command": "dismiss", "outcome": { "outcome": "spam" }, "text": "CANARY no" }),
    )
    .await;
    desk.reporter(MORNING, &lead, "appeal", json!({ "text": "CANARY plea" })).await;
    desk.does(MORNING, Jonas, &lead, json!({ "command": "answer-appeal", "stands": true, "text": "CANARY stands" }))
        .await;
    desk.works("2026-03-02T09:30Z").await;
    let letters = desk.shown();
    assert!(letters.len() > 8, "{}", letters.len());
    for (to, subject, text) in letters {
        assert!(!subject.contains("CANARY") && !text.contains("CANARY"), "{to}: {subject}\n{text}");
    }
}

#[tokio::test]
async fn abuse_l4_in_thirty_days_of_letters_bells_and_digests_no_word_of_a_case_leaves() {
    let desk = desk().await;
    let app = &desk.service.app;
    let jonas = candor::accounts::find(app, "jonas@team.example").await.expect("a member");
    candor::accounts::digest::set(app, &jonas.id, true).await.expect("a daily letter");
    let mut cases = Vec::new();
    for (name, title) in [("Ada", "CANARY title one"), ("Bea", "CANARY title two"), ("Cyd", "CANARY title three")] {
        cases.push(told(&desk, MORNING, name, title).await);
    }
    let invite = json!({
        "command": "invite-party", "kind": "vendor", "name": "Mira", "organisation": "Koa",
        "email": "mira@party.example", "until": "2026-06-01T00:00:00Z", "terms": "CANARY terms",
    });
    desk.does(MORNING, Ines, &cases[0], invite).await;
    desk.does(MORNING, Ines, &cases[0], json!({ "command": "tell-party", "party": 0, "text": "CANARY for you" })).await;
    for day in 3..=31 {
        let at = |hour: u32| format!("2026-03-{day:02}T{hour:02}:00Z");
        let case = &cases[day % 3];
        match day % 4 {
            0 => drop(desk.does(&at(9), Ines, case, json!({ "command": "answer", "text": "CANARY answer" })).await),
            1 => drop(desk.reporter(&at(9), case, "messages", json!({ "text": "CANARY from outside" })).await),
            2 => {
                let note = json!({ "command": "note", "text": "CANARY note", "mentions": [jonas.id.0] });
                desk.does(&at(9), Ines, case, note).await;
            }
            _ => drop(desk.does(&at(9), Ines, case, json!({ "command": "ask", "text": "CANARY question" })).await),
        }
        desk.works(&at(10)).await;
        desk.works(&at(20)).await;
    }
    let letters = desk.shown();
    assert!(letters.len() > 30, "{}", letters.len());
    for (to, subject, text) in letters {
        assert!(!subject.contains("CANARY") && !text.contains("CANARY"), "{to}: {subject}\n{text}");
    }
    // As they lie there as well, whatever their coding: no header and no part holds it.
    let candor::config::MailOut::Dir(folder) = &app.config.mail else { panic!("no folder") };
    for file in crate::support::binary::files(folder) {
        let lies = std::fs::read(&file).unwrap_or_default();
        for needle in ["CANARY", &data_encoding::BASE64.encode(b"CANARY")] {
            assert!(!lies.windows(needle.len()).any(|part| part == needle.as_bytes()), "{}", file.display());
        }
    }
}

#[tokio::test]
async fn i3_d7_a_rating_is_proposed_from_the_reports_words_says_why_and_a_table_of_ssvc_decides() {
    let desk = desk().await;
    let report = told(&desk, MORNING, "Ada", "A remote user without authentication reads passwords").await;
    let browser = desk.browser().await;
    let path = format!("/desk/cases/{}/rate", report.case);
    let page = browser.get(&path).await;
    assert!(page.header("content-security-policy").contains("connect-src 'self'"));
    assert!(text(&page).contains("From where can it be attacked?"), "{}", page.body);
    let form = page.form(&path);
    let proposed = browser.post(&path, &answered(form.clone(), &[("propose", "on")])).await;
    let sent = proposed.form(&path);
    assert!(sent.contains(&("v3-AV".into(), "N".into())) && sent.contains(&("v3-PR".into(), "N".into())), "{sent:?}");
    let all = [("v3-AC", "L"), ("v3-UI", "N"), ("v3-S", "U"), ("v3-C", "H"), ("v3-I", "N"), ("v3-A", "N")];
    let mut chosen: Vec<(String, String)> = answered(sent, &all);
    chosen.retain(|(name, _)| !name.starts_with("v4-"));
    let computed = browser.post(&path, &answered(chosen.clone(), &[("compute", "on")])).await;
    assert!(computed.body.contains("7.5, High"), "{}", computed.body);
    let saved = browser.post(&path, &answered(chosen, &[("why", "Tried on a fresh server.")])).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let rated = desk.journal(&report, &["rated"]).await;
    assert_eq!(word(&rated[0]["why"]), "Tried on a fresh server.");
    let own = desk.own(&report).await["history"].to_string();
    assert!(!own.contains("fresh server"), "the reason is the team's: {own}");
    let score = browser
        .get("/desk/score?v3-vector=CVSS%3A3.1%2FAV%3AN%2FAC%3AL%2FPR%3AN%2FUI%3AN%2FS%3AU%2FC%3AH%2FI%3AH%2FA%3AH")
        .await;
    assert!(score.body.starts_with("CVSS 3.1: 9.8, Critical."), "{}", score.body);
    assert_ne!(desk.service.browser().get("/desk/score?v3-AV=N").await.status, 200, "for members alone");

    let choices = json!([
        { "point": "E", "value": "A", "reason": "Seen in logs." }, { "point": "U", "value": "E" },
        { "point": "TI", "value": "T" }, { "point": "PSI", "value": "M" },
    ]);
    let weigh = json!({ "command": "prioritise", "table": "supplier", "choices": choices });
    desk.does(MORNING, Jonas, &report, weigh).await;
    let weighed = desk.journal(&report, &["prioritised"]).await;
    assert_eq!(word(&weighed[0]["decision"]), "O");
    let short = json!({ "command": "prioritise", "table": "supplier", "choices": [{ "point": "E", "value": "A" }] });
    assert_eq!(desk.is_refused(MORNING, Jonas, &report, short).await.0, "field");
}

#[tokio::test]
async fn m5c_m5d_tasks_places_to_audit_and_the_reporters_try() {
    let desk = desk().await;
    let old = told(&desk, MORNING, "Bea", "An older one").await;
    let report = told(&desk, "2026-03-03T09:00Z", "Ada", "It runs my configuration").await;
    for (one, now) in [(&old, "2026-03-03T09:10Z"), (&report, "2026-03-03T09:20Z")] {
        let describe = json!({ "command": "describe", "title": "T", "component": "loader" });
        desk.does(now, Jonas, one, describe).await;
        desk.does(now, Jonas, one, json!({ "command": "confirm", "text": "So it is." })).await;
    }
    let audit = json!({ "command": "record-audit", "looked": "every caller of load()", "found": "nothing" });
    desk.does("2026-03-03T10:00Z", Jonas, &old, audit).await;
    let browser = desk.browser().await;
    let page = browser.get(&format!("/desk/cases/{}/record-audit", report.case)).await;
    assert!(text(&page).contains("every caller of load() (the same component"), "{}", page.body);
    let task = |task: Value, done: bool, evidence: &str| json!({ "command": "set-task", "task": task, "title": "Check the path", "pointers": ["#12"], "done": done, "evidence": evidence });
    desk.does("2026-03-03T10:10Z", Jonas, &report, task(Value::Null, false, "")).await;
    desk.does("2026-03-03T10:20Z", Ines, &report, task(json!(1), true, "a test that failed before")).await;
    assert_eq!(desk.is_refused("2026-03-03T10:20Z", Ines, &report, task(json!(9), true, "")).await.0, "field");
    let early = desk.reporter("2026-03-03T10:30Z", &report, "retest", json!({ "holds": true })).await;
    assert_eq!(word(&early.body["code"]), "wrong-state", "{early:?}");
    desk.does("2026-03-03T11:00Z", Ines, &report, json!({ "command": "ask-retest", "text": "Try branch fix-12." }))
        .await;
    let own = desk.service.browser();
    own.post("/receipt", &[("receipt".into(), report.receipt.clone())]).await;
    let form = own.get("/receipt").await.form("/receipt/retest");
    let tried = own.post("/receipt/retest", &answered(form, &[("saw", "It still runs it."), ("holds", "no")])).await;
    assert_eq!(tried.status, 303, "{}", tried.body);
    let shown = text(&browser.get(&format!("/desk/cases/{}", report.case)).await);
    assert!(shown.contains("Task 1, done: Check the path"), "{shown}");
    assert!(shown.contains("it does not hold") && shown.contains("It still runs it."), "{shown}");
}

#[tokio::test]
async fn p5_known_scores_and_the_catalogue_stand_beside_an_identifier_when_an_operator_brings_the_files() {
    let desk = desk().await;
    let report = told(&desk, MORNING, "Ada", "CVE-2021-44228 in your dependency").await;
    let browser = desk.browser().await;
    let page = format!("/desk/cases/{}", report.case);
    assert!(!text(&browser.get(&page).await).contains("EPSS"));
    let folder = desk.service.app.config.data.join("feeds");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(
        folder.join("epss.csv"),
        "#score_date:2026-03-01\ncve,epss,percentile\nCVE-2021-44228,0.9436,0.9996\n",
    )
    .expect("a file");
    std::fs::write(
        folder.join("kev.json"),
        r#"{"vulnerabilities":[{"cveID":"CVE-2021-44228","dateAdded":"2021-12-10","knownRansomwareCampaignUse":"Known"}]}"#,
    )
    .expect("a file");
    let shown = text(&browser.get(&page).await);
    assert!(shown.contains("known to be exploited since 2021-12-10, with ransomware"), "{shown}");
    assert!(shown.contains("EPSS 94.4 %"), "{shown}");
}

#[tokio::test]
async fn a_weakness_is_found_by_words_without_script() {
    let desk = desk().await;
    let report = told(&desk, MORNING, "Ada", "It runs my configuration").await;
    let browser = desk.browser().await;
    let path = format!("/desk/cases/{}/set-weakness", report.case);
    let form = browser.get(&path).await.form(&path);
    let found = browser.post(&path, &answered(form.clone(), &[("cwe", "cross-site scripting")])).await;
    assert!(text(&found).contains("Several fit these words"), "{}", found.body);
    assert!(text(&found).contains("CWE-79: Improper Neutralization"), "{}", found.body);
    let none = browser.post(&path, &answered(form, &[("cwe", "no such thing at all")])).await;
    assert!(text(&none).contains("No name has these words"), "{}", none.body);
    let sent = browser.post(&path, &answered(found.form(&path), &[("chosen", "79")])).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(desk.case(&report).await["weakness"]["cwe"], 79);
}

#[tokio::test]
async fn a_report_that_is_only_a_bug_becomes_a_public_issue_with_its_reporters_yes() {
    let desk = desk().await;
    let report = json!({
        "title": "A button is too small", "description": "It is.",
        "reporter": { "name": "Ada Quist", "email": "ada@outside.example" },
    });
    let report = desk.report(MORNING, report).await;
    let propose = json!({ "command": "propose-issue", "title": "A button is too small", "text": "It is." });
    assert_eq!(desk.is_refused(MORNING, Jonas, &report, propose).await.0, "wrong-state");
    let bug = json!({ "command": "dismiss", "outcome": { "outcome": "not-security" }, "text": "A bug." });
    desk.does(MORNING, Ines, &report, bug).await;
    let browser = desk.browser().await;
    let path = format!("/desk/cases/{}/propose-issue", report.case);
    let form = browser.get(&path).await.form(&path);
    let typed = answered(form, &[("text", "Reported by ada quist (ada@outside.example) on build.corp.internal.")]);
    let check = browser.post(&path, &typed).await;
    assert_eq!(check.texts("mark"), ["ada quist", "ada@outside.example", "build.corp.internal"], "{}", check.body);
    let clean = browser.post(&path, &answered(check.form(&path), &[("scrub", "on")])).await;
    let form = clean.form(&path);
    let said = form.iter().find(|(name, _)| name == "text").map(|(_, value)| value.clone()).unwrap_or_default();
    assert_eq!(said, "Reported by [a name of the reporter] ([an e-mail address]) on [an address inside a network].");
    let check = browser.post(&path, &form).await;
    assert!(check.texts("mark").is_empty(), "{}", check.body);
    assert_eq!(browser.post(&path, &check.form(&path)).await.status, 303);
    let open = json!({ "command": "open-issue", "url": "https://forge.example/own/issues/7" });
    let (_, why) = desk.is_refused(MORNING, Jonas, &report, open.clone()).await;
    assert!(why.contains("has not agreed"), "{why}");
    let own = desk.service.browser();
    // The page is made after the text was proposed.
    desk.at("2026-03-02T09:30Z");
    own.post("/receipt", &[("receipt".into(), report.receipt.clone())]).await;
    let form = answered(own.get("/receipt").await.form("/receipt/issue"), &[("agree", "yes")]);
    assert_eq!(own.post("/receipt/issue", &form).await.status, 303);
    assert_eq!(desk.does(MORNING, Jonas, &report, open).await, ["issue-opened"]);
    assert!(text(&own.get("/receipt").await).contains("opened the public issue https://forge.example/own/issues/7"));
}
