//! The page behind a receipt, as the reporter without script meets it.

use crate::support::service::{Browser, MINIO, Page, Service, answered};
use candor::execute::execute;
use candor::execute::report::open_receipt;
use candor_core::access::{Actor, Role};
use candor_core::case::Case;
use candor_core::command::Command;
use candor_core::event::{Credit, Event};
use jiff::SignedDuration;
use reqwest::StatusCode;

struct Story {
    service: Service,
    browser: Browser,
    receipt: String,
}

impl Story {
    /// A report with a file, and its reporter's browser, signed in.
    async fn begin() -> Self {
        let service = Service::start(&[MINIO], |_| {}).await;
        let browser = service.browser();
        let said = [("title", "Anyone lists buckets"), ("description", "No signature is needed")];
        let fields = answered(browser.get("/minio/report").await.form("/minio/report"), &said);
        let files = [("evil.html", "text/html", b"<script>alert(1)</script>".to_vec())];
        let page = browser.post_files("/minio/report", &fields, &files).await;
        let receipt = page.receipt().expect("a receipt");
        let story = Self { service, browser, receipt };
        let entered = story.enter(&story.receipt).await;
        assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/receipt"));
        story
    }

    async fn enter(&self, receipt: &str) -> Page {
        self.browser.post("/receipt", &[("receipt".into(), receipt.into())]).await
    }

    async fn page(&self) -> Page {
        self.browser.get("/receipt").await
    }

    async fn case(&self) -> Case {
        open_receipt(&self.service.app, &self.receipt).await.expect("the receipt opens").1
    }

    async fn team(&self, command: Command) {
        let roles = vec![("minio".into(), Role::Coordinator)];
        let member = Actor::Member { id: "m".into(), roles };
        let case = self.case().await.id;
        execute(&self.service.app, &member, &case, command, None).await.expect("the team may");
    }

    /// Sends a form of the page, with these answers.
    async fn send(&self, action: &str, answers: &[(&str, &str)]) -> Page {
        let fields = answered(self.page().await.form(action), answers);
        self.browser.post(action, &fields).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receipt_opens_status_promises_and_the_report_in_any_spelling() {
    let story = Story::begin().await;
    let page = story.page().await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.body.contains("Nobody has answered yet"));
    assert!(page.texts(".clock").iter().any(|clock| clock.contains("Running")));
    assert!(page.body.contains("No signature is needed"));
    let spelled = story.receipt.replace('-', " ").to_lowercase().replace('0', "o").replace('1', "l");
    assert_eq!(story.enter(&spelled).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_w6_wrong_unknown_and_malformed_receipts_get_the_same_answer() {
    let story = Story::begin().await;
    let other = story.service.browser();
    let mut answers = std::collections::BTreeSet::new();
    for receipt in ["0000-0000-0000-0000-00000-00000", "x", "", "💥", &"A".repeat(10_000)] {
        let page = other.post("/receipt", &[("receipt".into(), receipt.into())]).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(!page.headers.contains_key("set-cookie"));
        answers.insert(page.body);
    }
    assert_eq!(answers.len(), 1);
    for path in ["/receipt/files/x", "/receipt/withdraw"] {
        let page = other.get(path).await;
        assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/receipt"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_pause_the_promises_and_the_answer_starts_them_again_i4() {
    let story = Story::begin().await;
    story.team(Command::Acknowledge { text: "Thank you, we look".into() }).await;
    story.team(Command::Ask { text: "Which version?".into(), files: vec![] }).await;
    story.team(Command::Note { text: "CANARY internal".into(), files: vec![], mentions: vec![] }).await;
    let page = story.page().await;
    assert!(page.body.contains("Which version?") && page.body.contains("The MinIO security team"));
    assert!(!page.body.contains("CANARY"), "notes are the team's own");
    let fields = answered(page.form("/receipt/write"), &[("text", "The <i>latest</i>")]);
    let files = [("log.txt", "text/plain", b"a log".to_vec())];
    for _ in 0..2 {
        let sent = story.browser.post_files("/receipt/write", &fields, &files).await;
        assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, "/receipt?done=write"));
    }
    let case = story.case().await;
    let wrote = case.history.iter().filter(|entry| matches!(entry.what, Event::ReporterWrote { .. })).count();
    assert_eq!(wrote, 1, "a double send is one message");
    assert_eq!(case.waiting_since, None);
    let page = story.browser.get("/receipt?done=write").await;
    assert!(
        page.body.contains("Your message is with the team.")
            && page.texts(".said").contains(&"The <i>latest</i>".into())
    );
    let empty = story.send("/receipt/write", &[]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_u2_files_come_back_as_downloads_whatever_they_claim_to_be() {
    let story = Story::begin().await;
    let page = story.page().await;
    let href = page.attributes(".file-list a", "href").into_iter().next().expect("the file is listed");
    let file = story.browser.get(&href).await;
    assert_eq!(file.body, "<script>alert(1)</script>");
    assert_eq!(file.header("content-type"), "application/octet-stream");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert_eq!(file.header("content-security-policy"), "default-src 'none'; sandbox");
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"evil.html\""));
    assert_eq!(file.header("cache-control"), "no-store");
    let stranger = story.service.browser().get(&href).await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
    let absent = story.browser.get("/receipt/files/ABSENT").await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nudge_turns_to_the_next_contact_once_a_day_m4() {
    let story = Story::begin().await;
    let first = story.send("/receipt/nudge", &[]).await;
    assert_eq!(first.header("location"), "/receipt?done=nudge");
    let csrf = story.page().await.form("/receipt/write");
    let second = story.browser.post("/receipt/nudge", &csrf[..1]).await;
    assert_eq!(second.status, StatusCode::SEE_OTHER);
    let case = story.case().await;
    let nudges: Vec<_> = case
        .history
        .iter()
        .filter_map(|entry| match &entry.what {
            Event::Nudged { to, .. } => Some(to.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(nudges, ["primary coordinator"]);
    let app = &story.service.app;
    app.set_clock(app.now() + SignedDuration::from_hours(50));
    let entered = story.enter(&story.receipt).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    let page = story.page().await;
    assert!(page.texts(".clock").iter().any(|clock| clock.contains("Broken")), "the breach is shown");
    assert!(page.texts(".nudge button").iter().any(|button| button.contains("secondary coordinator")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credit_wish_can_be_chosen_and_changed_m5f() {
    let story = Story::begin().await;
    assert!(story.page().await.body.contains("You have not chosen yet"));
    let wrong = story.send("/receipt/credit", &[("credit", "named")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.attributes(".problems a", "href"), ["#credit_name"]);
    let named = [("credit", "named"), ("credit_name", "Ada")];
    assert_eq!(story.send("/receipt/credit", &named).await.header("location"), "/receipt?done=credit");
    let credit = story.case().await.reports[0].credit.clone();
    assert!(matches!(credit, Some(Credit::Named { name, .. }) if name == "Ada"));
    story.send("/receipt/credit", &[("credit", "anonymous")]).await;
    assert_eq!(story.case().await.reports[0].credit, Some(Credit::Anonymous));
}

#[tokio::test(flavor = "multi_thread")]
async fn w_nobody_agrees_to_a_date_that_was_proposed_while_their_page_lay_open() {
    let story = Story::begin().await;
    let propose = |days: i64| Command::ProposeEmbargo {
        until: story.service.app.now() + SignedDuration::from_hours(24 * days),
        text: String::new(),
    };
    story.team(propose(30)).await;
    let typed = [("agree", "yes"), ("text", "Only if it stays at thirty days.")];
    let fields = answered(story.page().await.form("/receipt/embargo"), &typed);
    story.team(propose(90)).await;
    let late = story.browser.post("/receipt/embargo", &fields).await;
    assert_eq!(late.status, 409);
    assert!(late.body.contains("has changed while you answered"), "{}", late.body);
    assert!(late.body.contains("Only if it stays at thirty days."), "what was typed is not lost");
    assert!(!story.case().await.embargo.expect("a date").agreed);
    let again = answered(late.form("/receipt/embargo"), &[("agree", "yes")]);
    assert_eq!(story.browser.post("/receipt/embargo", &again).await.header("location"), "/receipt?done=embargo");
    assert!(story.case().await.embargo.expect("a date").agreed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposed_date_is_agreed_once_i5() {
    let story = Story::begin().await;
    story.team(Command::Acknowledge { text: "Thanks".into() }).await;
    let until = story.service.app.now() + SignedDuration::from_hours(24 * 30);
    story.team(Command::ProposeEmbargo { until, text: "The release is then".into() }).await;
    let page = story.page().await;
    let fields = answered(page.form("/receipt/embargo"), &[("agree", "yes")]);
    for _ in 0..2 {
        assert_eq!(story.browser.post("/receipt/embargo", &fields).await.status, StatusCode::SEE_OTHER);
    }
    let case = story.case().await;
    assert!(case.embargo.as_ref().is_some_and(|embargo| embargo.agreed));
    assert_eq!(case.history.iter().filter(|entry| matches!(entry.what, Event::EmbargoAgreed { .. })).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawing_asks_first_and_happens_once() {
    let story = Story::begin().await;
    let check = story.browser.get("/receipt/withdraw").await;
    assert_eq!(check.status, StatusCode::OK);
    assert!(story.case().await.state.is_open(), "looking changes nothing");
    let fields = answered(check.form("/receipt/withdraw"), &[("text", "My mistake")]);
    for _ in 0..2 {
        assert_eq!(story.browser.post("/receipt/withdraw", &fields).await.status, StatusCode::SEE_OTHER);
    }
    let case = story.case().await;
    assert!(case.is_closed());
    assert_eq!(case.history.iter().filter(|entry| matches!(entry.what, Event::Withdrawn { .. })).count(), 1);
    assert!(story.page().await.body.contains("You took it back"));
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_w8_nothing_changes_without_the_pages_token_from_elsewhere_or_by_get() {
    let story = Story::begin().await;
    let seq = story.case().await.seq;
    let csrf = story.page().await.form("/receipt/write")[0].clone();
    assert_eq!(csrf.0, "csrf");
    let answers = [("text", "x"), ("credit", "anonymous"), ("agree", "yes")];
    for act in ["write", "nudge", "credit", "embargo", "withdraw", "sign-out"] {
        let path = format!("/receipt/{act}");
        let without = story.browser.post(&path, &answered(vec![], &answers)).await;
        assert_eq!(without.status, StatusCode::FORBIDDEN, "{act}");
        let fields = answered(vec![csrf.clone()], &answers);
        let url = story.service.at(&path);
        let foreign =
            story.browser.client.post(url).header("origin", "https://evil.example").form(&fields).send().await;
        assert_eq!(foreign.expect("an answer").status(), StatusCode::FORBIDDEN, "{act}");
        let got = story.browser.get(&path).await.status;
        assert!(got == StatusCode::METHOD_NOT_ALLOWED || act == "withdraw", "{act} by GET: {got}");
        let mut twice = fields.clone();
        twice.push(csrf.clone());
        assert_eq!(story.browser.post(&path, &twice).await.status, StatusCode::BAD_REQUEST, "{act}");
    }
    assert_eq!(story.case().await.seq, seq);
    let out = story.send("/receipt/sign-out", &[]).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert!(story.page().await.body.contains("Find your report"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reporter_gives_an_openpgp_key_or_chooses_letters_in_the_clear() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let browser = service.browser();
    let said = [("title", "Overflow"), ("description", "It overflows"), ("email", "ada@outside.example")];
    let fields = answered(browser.get("/minio/report").await.form("/minio/report"), &said);
    let refused = browser.post("/minio/report", &answered(fields.clone(), &[("pgp_key", "no key")])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.attributes(".problems a", "href"), ["#pgp_key"]);
    let page = browser.post_files("/minio/report", &fields, &[]).await;
    let story = Story { receipt: page.receipt().expect("a receipt"), service, browser };
    story.enter(&story.receipt).await;
    assert!(story.page().await.body.contains("Letters to you are not encrypted"));

    let refused = story.send("/receipt/key", &[("pgp_key", "nonsense")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("this is no public OpenPGP key"), "{}", refused.body);
    let at = story.service.app.now() - SignedDuration::from_hours(1);
    let key = candor::openpgp::Secret::make("Ada <ada@outside.example>", at, None, candor::openpgp::random());
    let key = key.expect("a key").certificate();
    let given = story.send("/receipt/key", &[("pgp_key", &key.to_armor())]).await;
    assert_eq!((given.status, given.header("location")), (StatusCode::SEE_OTHER, "/receipt?done=key"));
    let page = story.page().await;
    let print = candor::openpgp::words::grouped(&key.fingerprint());
    assert!(page.body.contains("Letters to you are encrypted to this key"));
    assert!(page.body.contains(&format!("gave the OpenPGP key {print} for letters")), "the change is shown");
    let mut fields = page.form("/receipt/key");
    fields.push(("letters".into(), "clear".into()));
    let cleared = story.browser.post("/receipt/key", &fields).await;
    assert_eq!(cleared.status, StatusCode::SEE_OTHER);
    let page = story.page().await;
    assert!(
        page.body.contains("Letters to you are not encrypted")
            && page.body.contains("chose letters that are not encrypted")
    );
}
