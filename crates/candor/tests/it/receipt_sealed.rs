//! The page behind a receipt where no key of the desk is at hand: opened with the receipt alone.

use crate::support::service::{Browser, MINIO, Page, Service, answered, open};
use candor::app::App;
use candor::error::Error;
use candor::execute::report::open_receipt;
use candor::execute::{execute, waiting};
use candor::worker::seal_views_once;
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::event::Event;
use candor_core::id::CaseId;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use tempfile::TempDir;

const ANSWER: &str = "CANARY we can follow your steps";

/// Takes a report in as a browser does; its receipt.
async fn filed(browser: &Browser) -> String {
    let said = [("title", "CANARY anyone lists buckets"), ("description", "No signature is needed")];
    let fields = answered(browser.get("/minio/report").await.form("/minio/report"), &said);
    let files = [("evil.html", "text/html", b"<script>alert(1)</script>".to_vec())];
    browser.post_files("/minio/report", &fields, &files).await.receipt().expect("a receipt")
}

async fn team(app: &App, case: &CaseId, command: Command) {
    let member = Actor::Member { id: "m".into(), roles: vec![("minio".into(), Role::Coordinator)] };
    execute(app, &member, case, command, None).await.expect("the team may");
}

/// A desk with one answered report; then the same store without its key.
async fn locked_after_an_answer(folder: &TempDir) -> (App, String, CaseId) {
    Box::pin(locked_after(folder, |_| vec![])).await
}

/// The same, with more that the team did before, at an instant.
async fn locked_after(folder: &TempDir, more: impl Fn(Timestamp) -> Vec<Command>) -> (App, String, CaseId) {
    let app = open(folder, &[MINIO], |_| {}).await;
    let (stop, browser) = crate::support::service::serve_for_now(&app).await;
    let receipt = filed(&browser).await;
    let (_, case) = open_receipt(&app, &receipt).await.expect("it opens");
    team(&app, &case.id, Command::Answer { text: ANSWER.into(), files: vec![], next_steps: false }).await;
    team(&app, &case.id, Command::Note { text: "CANARY-NOTE for the team".into(), files: vec![], mentions: vec![] })
        .await;
    for command in more(app.now()) {
        team(&app, &case.id, command).await;
    }
    assert_eq!(seal_views_once(&app).await.expect("sealed"), 1);
    assert_eq!(seal_views_once(&app).await.expect("sealed"), 0, "nothing is sealed that did not change");
    drop(stop);
    let id = case.id.clone();
    drop(app);
    std::fs::rename(folder.path().join("root.key"), folder.path().join("away.key")).expect("the key is taken away");
    let locked = open(folder, &[], |_| {}).await;
    assert!(matches!(locked.keys(), Err(Error::Locked)));
    (locked, receipt, id)
}

async fn unlocked(folder: &std::path::Path, like: &App) -> App {
    std::fs::rename(folder.join("away.key"), folder.join("root.key")).expect("put back");
    candor::serve::open(like.config.clone()).await.expect("opens")
}

async fn entered(browser: &Browser, receipt: &str) -> Page {
    browser.post("/receipt", &[("receipt".into(), receipt.into())]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn w_a_receipt_opens_its_page_and_takes_messages_while_the_desk_is_locked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    let (app, receipt, case) = Box::pin(locked_after_an_answer(&folder)).await;
    let service = Service::serve(app, folder).await;
    let browser = service.browser();
    let answer = entered(&browser, &receipt.to_ascii_lowercase().replace('-', " ")).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/receipt"));
    let page = browser.get("/receipt").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains(ANSWER), "what the team answered: {}", page.body);
    assert!(page.body.contains("CANARY anyone lists buckets"));
    assert!(!page.body.contains("CANARY-NOTE"), "and nothing that is the team's");
    assert!(!page.texts(".clocks li").is_empty(), "promises with their dates");

    // An empty message is refused in words; a real one is taken, once.
    let empty = browser.post_files("/receipt/write", &page.form("/receipt/write"), &[]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.body.contains("Write a message or choose a file"));
    let fields = answered(page.form("/receipt/write"), &[("text", "CANARY it is worse than I thought")]);
    let files = [("poc.txt", "text/plain", b"a file that waits".to_vec())];
    let sent = browser.post_files("/receipt/write", &fields, &files).await;
    assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, "/receipt?done=sealed"));
    assert!(browser.get("/receipt?done=sealed").await.body.contains("reads it when its side is back"));
    let again = browser.post_files("/receipt/write", &fields, &files).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "sent twice is one message");
    let other = answered(page.form("/receipt/write"), &[("text", "Another one")]);
    assert_eq!(browser.post_files("/receipt/write", &other, &[]).await.status, StatusCode::CONFLICT);
    for (field, value) in [("csrf", "0"), ("once", "x-1-y")] {
        let fields = answered(page.form("/receipt/write"), &[("text", "Forged"), (field, value)]);
        assert!(browser.post_files("/receipt/write", &fields, &[]).await.status.is_client_error(), "{field}");
    }
    for file in ["candor.db", "candor.db-wal"] {
        let lies = std::fs::read(service.app.config.data.join(file)).unwrap_or_default();
        assert!(!lies.windows(6).any(|part| part == b"CANARY"), "nothing lies in the clear in {file}");
    }

    let app = unlocked(&path, &service.app).await;
    assert_eq!(waiting::open_all(&app).await.expect("filed"), 1, "the message is the case's when the key is back");
    let (actor, now) = open_receipt(&app, &receipt).await.expect("it opens");
    assert_eq!(now.id, case);
    let wrote = now.history.iter().filter_map(|entry| match &entry.what {
        Event::ReporterWrote { text, files, .. } => Some((text.as_str(), files.len())),
        _ => None,
    });
    assert_eq!(wrote.collect::<Vec<_>>(), [("CANARY it is worse than I thought", 1)]);
    let file = now.files.iter().find(|known| known.file.name == "poc.txt").expect("the file").file.id.0.clone();
    candor::execute::files::open_file(&app, &actor, &case, &file).await.expect("its file opens");
    assert_eq!(seal_views_once(&app).await.expect("sealed"), 1);
    assert!(browser.get("/receipt").await.body.contains("worse than I thought"), "and on the page");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_w6_a_wrong_receipt_opens_nothing_without_keys_and_all_answers_are_equal() {
    let folder = tempfile::tempdir().expect("a folder");
    let (app, receipt, _) = Box::pin(locked_after_an_answer(&folder)).await;
    let service = Service::serve(app, folder).await;
    let browser = service.browser();
    let almost = |last: &str| format!("{}{last}", &receipt[..receipt.len() - 1]);
    let other = if receipt.ends_with('7') { "8" } else { "7" };
    let mut answers = Vec::new();
    for wrong in [almost(other), almost(""), "0".repeat(26), "no receipt".into(), String::new()] {
        let page = entered(&browser, &wrong).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(wrong.len() < 20 || !page.body.contains(&wrong), "it is not shown again");
        answers.push((page.body, page.headers.len()));
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "one answer for all of them");
    assert_eq!(entered(&browser, &receipt).await.status, StatusCode::SEE_OTHER, "the holder is not locked out");
}

#[tokio::test(flavor = "multi_thread")]
async fn k_the_page_of_an_erased_case_is_gone_with_it() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let receipt = filed(&service.browser()).await;
    let app = &service.app;
    assert_eq!(seal_views_once(app).await.expect("sealed"), 1);
    assert!(candor::execute::views::find(app, &receipt).await.expect("read").is_some());
    let (_, case) = open_receipt(app, &receipt).await.expect("it opens");
    team(app, &case.id, Command::Answer { text: ANSWER.into(), files: vec![], next_steps: false }).await;
    app.keys().expect("keys").erase_case(case.id.as_str()).await.expect("erased");
    assert_eq!(seal_views_once(app).await.expect("swept"), 1);
    assert!(candor::execute::views::find(app, &receipt).await.expect("read").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn w_a_file_is_fetched_with_its_receipt_while_the_desk_is_locked_and_with_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(&folder, &[MINIO], |_| {}).await;
    let (stop, browser) = crate::support::service::serve_for_now(&first).await;
    let (own, other) = (filed(&browser).await, filed(&browser).await);
    let (_, case) = open_receipt(&first, &own).await.expect("it opens");
    // A file of the team for the reporter, larger than one piece, and one that is the team's alone.
    let kept = async |name: &str, bytes: &[u8]| {
        let mut upload = candor::execute::files::upload(&first, name).await.expect("room");
        upload.push(bytes).await.expect("taken");
        upload.finish().await.expect("durable")
    };
    let patch = vec![b'p'; 150_000];
    let (sent, inside) = (kept("patch.diff", &patch).await, kept("plan.txt", b"CANARY-NOTE").await);
    let ids = [sent.id.0.clone(), inside.id.0.clone()];
    team(&first, &case.id, Command::Answer { text: ANSWER.into(), files: vec![sent], next_steps: false }).await;
    team(&first, &case.id, Command::Note { text: "Ours".into(), files: vec![inside], mentions: vec![] }).await;
    while seal_views_once(&first).await.expect("sealed") > 0 {}
    drop((stop, first));
    std::fs::rename(folder.path().join("root.key"), folder.path().join("away.key")).expect("the key is taken away");
    let service = Service::serve(open(&folder, &[], |_| {}).await, folder).await;

    let browser = service.browser();
    assert_eq!(entered(&browser, &own).await.status, StatusCode::SEE_OTHER);
    let page = browser.get("/receipt").await;
    let links = page.attributes(".file-list a", "href");
    assert!(links.contains(&format!("/receipt/files/{}", ids[0])), "{links:?}");
    let got = browser.get(&format!("/receipt/files/{}", ids[0])).await;
    assert_eq!((got.status, got.body.as_bytes() == patch), (StatusCode::OK, true));
    assert!(got.header("content-security-policy").contains("sandbox"));
    assert!(got.header("content-disposition").contains("patch.diff"));
    let mine = links.iter().find(|link| !link.ends_with(&ids[0])).expect("their own file");
    assert_eq!(browser.get(mine).await.body, "<script>alert(1)</script>");

    // What is not theirs is absent, as what is not there; another receipt opens none of it, and no receipt neither.
    let nothing = browser.get("/receipt/files/nothing").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    let inside = browser.get(&format!("/receipt/files/{}", ids[1])).await;
    assert_eq!((inside.status, &inside.body), (nothing.status, &nothing.body));
    let stranger = service.browser();
    assert_eq!(entered(&stranger, &other).await.status, StatusCode::SEE_OTHER);
    for link in [mine.as_str(), &format!("/receipt/files/{}", ids[0])] {
        let page = stranger.get(link).await;
        assert_eq!((page.status, &page.body), (nothing.status, &nothing.body), "{link}");
        assert_ne!(service.browser().get(link).await.status, StatusCode::OK, "{link}");
    }
    // One that was removed from the disk is said not to be at hand; nothing else breaks.
    service.app.blobs.remove(&ids[0]).await.expect("removed");
    let gone = browser.get(&format!("/receipt/files/{}", ids[0])).await;
    assert_eq!(gone.status, StatusCode::SERVICE_UNAVAILABLE, "{}", gone.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn k_the_files_of_an_erased_case_open_nowhere_though_its_receipt_is_remembered() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(&folder, &[MINIO], |_| {}).await;
    let (stop, browser) = crate::support::service::serve_for_now(&first).await;
    let receipt = filed(&browser).await;
    assert_eq!(seal_views_once(&first).await.expect("sealed"), 1);
    let (_, case) = open_receipt(&first, &receipt).await.expect("it opens");
    assert_eq!(entered(&browser, &receipt).await.status, StatusCode::SEE_OTHER);
    let link = browser.get("/receipt").await.attributes(".file-list a", "href").remove(0);
    assert_eq!(browser.get(&link).await.status, StatusCode::OK);
    let cookies = browser;
    first.keys().expect("keys").erase_case(case.id.as_str()).await.expect("erased");
    let forget = candor::store::receipt_views::forget_statement(case.id.as_str());
    first.store.commit(candor::store::Batch::main(vec![forget])).await.expect("as the command line does");
    drop((stop, first));
    std::fs::rename(folder.path().join("root.key"), folder.path().join("away.key")).expect("the key is taken away");
    let locked = Service::serve(open(&folder, &[], |_| {}).await, folder).await;
    for browser in [&cookies, &locked.browser()] {
        drop(entered(&locked.browser(), &receipt).await);
        let page = browser.client.get(locked.at(&link)).send().await.expect("an answer");
        assert_ne!(page.status(), StatusCode::OK);
        assert!(!page.text().await.expect("a body").contains("alert(1)"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_waits_for_the_desk_has_a_page_already() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(&folder, &[MINIO], |_| {}).await);
    let path = folder.path().to_owned();
    std::fs::rename(path.join("root.key"), path.join("away.key")).expect("the key is taken away");
    let service = Service::serve(open(&folder, &[], |_| {}).await, folder).await;
    let browser = service.browser();
    let receipt = filed(&browser).await;
    assert_eq!(entered(&browser, &receipt).await.status, StatusCode::SEE_OTHER);
    let page = browser.get("/receipt").await;
    assert!(page.body.contains("lies sealed until the team"), "{}", page.body);
    assert!(!page.texts(".clocks li").is_empty(), "what is promised is there");
    let fields = answered(page.form("/receipt/write"), &[("text", "One more thing")]);
    assert_eq!(browser.post_files("/receipt/write", &fields, &[]).await.status, StatusCode::SEE_OTHER);

    let app = unlocked(&path, &service.app).await;
    // Whichever is tried first: a message waits until its report is there.
    let filed = waiting::open_all(&app).await.expect("filed") + waiting::open_all(&app).await.expect("filed");
    assert_eq!(filed, 2);
    let (_, case) = open_receipt(&app, &receipt).await.expect("it opens");
    assert!(case.history.iter().any(|entry| matches!(&entry.what, Event::ReporterWrote { .. })));
    seal_views_once(&app).await.expect("sealed");
    assert!(browser.get("/receipt").await.body.contains("Nobody has answered yet"), "the desk's page takes its place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_before_there_were_sealed_pages_gets_one_when_its_receipt_is_entered() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let (app, browser) = (&service.app, service.browser());
    let receipt = filed(&browser).await;
    let (_, case) = open_receipt(app, &receipt).await.expect("it opens");
    let forget = candor::store::receipt_views::forget_statement(case.id.as_str());
    app.store.commit(candor::store::Batch::main(vec![forget])).await.expect("as it was before");
    assert_eq!(seal_views_once(app).await.expect("nothing"), 0);
    assert_eq!(entered(&browser, &receipt).await.status, StatusCode::SEE_OTHER);
    assert_eq!(seal_views_once(app).await.expect("sealed"), 1);
    assert!(candor::execute::views::find(app, &receipt).await.expect("read").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn w_what_a_reporter_wishes_while_the_desk_is_locked_is_sealed_and_carried_out_later_or_said_to_be_too_late() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    let (app, receipt, _) = Box::pin(locked_after_an_answer(&folder)).await;
    let service = Service::serve(app, folder).await;
    let browser = service.browser();
    assert_eq!(entered(&browser, &receipt).await.status, StatusCode::SEE_OTHER);
    let page = browser.get("/receipt").await;
    let csrf = page.form("/receipt/write").into_iter().find(|(name, _)| name == "csrf").expect("a token").1;
    let wish = async |act: &str, fields: &[(&str, &str)]| {
        let mut form = vec![("csrf".to_owned(), csrf.clone())];
        form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        browser.post(&format!("/receipt/{act}"), &form).await
    };
    let proof = browser.get("/receipt/proof").await;
    assert_eq!(proof.status, StatusCode::OK, "it lies in the page: {}", proof.body);
    let proof: candor::proof::Proof = serde_json::from_str(&proof.body).expect("a proof");
    assert!(matches!(proof.check(None), Ok(candor::proof::Shown::Report)), "and opens the report");
    let check = browser.get("/receipt/withdraw").await;
    assert!(check.status == StatusCode::OK && check.body.contains("Withdraw your report?"), "{}", check.body);
    for (act, fields) in [
        ("credit", &[("credit", "anonymous")][..]),
        ("retest", &[("holds", "no"), ("saw", "CANARY it is still there")][..]),
        ("withdraw", &[("text", "CANARY it was my own mistake")][..]),
        ("withdraw", &[("text", "CANARY it was my own mistake")][..]),
    ] {
        let taken = wish(act, fields).await;
        assert_eq!((taken.status, taken.header("location")), (StatusCode::SEE_OTHER, "/receipt?done=later"), "{act}");
    }
    assert!(browser.get("/receipt?done=later").await.body.contains("carried out when the team"));
    assert_eq!(wish("retest", &[]).await.status, StatusCode::BAD_REQUEST, "it says neither yes nor no");
    let forged = browser.post("/receipt/withdraw", &[("csrf".into(), "0".into())]).await;
    assert!(forged.status.is_client_error());
    let stranger = service.browser().post("/receipt/withdraw", &[("csrf".into(), csrf.clone())]).await;
    assert!(stranger.header("location") != "/receipt?done=later", "only with the receipt");
    for file in ["candor.db", "candor.db-wal"] {
        let lies = std::fs::read(service.app.config.data.join(file)).unwrap_or_default();
        assert!(!lies.windows(6).any(|part| part == b"CANARY"), "nothing lies in the clear in {file}");
    }
    let left = wish("sign-out", &[]).await;
    assert!(left.status == StatusCode::SEE_OTHER && left.header("clear-site-data").contains("cache"));
    assert!(!browser.get("/receipt").await.body.contains("CANARY"), "signed out, also without the desk");

    let app = unlocked(&path, &service.app).await;
    assert_eq!(waiting::open_all(&app).await.expect("filed"), 3, "the same twice is one");
    assert_eq!(candor::store::waiting::count(&app.store).await.expect("a count"), 0, "none waits for ever");
    let (_, now) = open_receipt(&app, &receipt).await.expect("it opens");
    assert!(!now.state.is_open(), "it was taken back");
    let wrote = now.history.iter().filter_map(|entry| match &entry.what {
        Event::ReporterWrote { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let wrote: Vec<_> = wrote.collect();
    assert!(
        matches!(wrote[..], [words] if words.contains("the fix does not hold") && words.contains("CANARY it is still there")),
        "nobody had asked for a retest: it is said, and not lost: {wrote:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn w_nobody_agrees_to_a_date_that_was_proposed_after_their_page_was_made() {
    for changes in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_owned();
        let propose = |now: Timestamp, days: i64| Command::ProposeEmbargo {
            until: now + SignedDuration::from_hours(24 * days),
            text: String::new(),
        };
        let (app, receipt, id) = Box::pin(locked_after(&folder, |now| vec![propose(now, 30)])).await;
        let service = Service::serve(app, folder).await;
        let browser = service.browser();
        assert_eq!(entered(&browser, &receipt).await.status, StatusCode::SEE_OTHER);
        let form = browser.get("/receipt").await.form("/receipt/embargo");
        let taken = browser.post("/receipt/embargo", &answered(form, &[("agree", "yes")])).await;
        assert_eq!(taken.header("location"), "/receipt?done=later", "{}", taken.body);

        let app = unlocked(&path, &service.app).await;
        if changes {
            team(&app, &id, propose(app.now(), 90)).await;
        }
        assert_eq!(waiting::open_all(&app).await.expect("filed"), 1);
        let (_, now) = open_receipt(&app, &receipt).await.expect("it opens");
        assert_eq!(now.embargo.as_ref().map(|embargo| embargo.agreed), Some(!changes));
        let said = now.history.iter().any(|entry| match &entry.what {
            Event::ReporterWrote { text, .. } => {
                text.contains("said that I agree to the date") && text.contains("has changed since")
            }
            _ => false,
        });
        assert_eq!(said, changes, "what they said is not lost");
    }
}
