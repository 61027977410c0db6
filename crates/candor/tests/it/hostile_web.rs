//! What hostile visitors send to the web, and what of a case a link tells.

use crate::support::service::{Browser, MINIO, Service, answered};
use candor::execute::report::open_receipt;
use candor::web::markdown;
use reqwest::StatusCode;

const SAID: [(&str, &str); 2] = [("title", "Anyone lists buckets"), ("description", "No signature is needed")];

/// Files that would do something if anything opened them.
fn hostile() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>fetch('/desk')</script></svg>".to_vec();
    // A local header of a zip file that announces 5.5 GB, and another within.
    let bomb: [&[u8]; 3] =
        [b"PK\x03\x04\x14\x00\x00\x00\x08\x00", &[0; 8], b"\x10\x00\x00\x00\xff\xff\xff\xff\x04\x00\x00\x00a.zip"];
    vec![
        ("picture.svg", "image/svg+xml", script.clone()),
        ("page.html", "text/html", script.clone()),
        ("feed.xml", "application/xml", b"<?xml-stylesheet href='//evil.example'?><x/>".to_vec()),
        ("paper.pdf", "application/pdf", b"%PDF-1.7 /OpenAction << /S /JavaScript /JS (app.alert(1)) >>".to_vec()),
        ("bomb.zip", "application/zip", bomb.concat()),
        ("both.gif", "image/gif", [b"GIF89a/*".to_vec(), b"*/=1;alert(1)".to_vec()].concat()),
        ("eicar.com", "text/html; charset=utf-7; x=y", b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR".to_vec()),
    ]
}

async fn reported(service: &Service, files: &[(&str, &str, Vec<u8>)]) -> (Browser, String) {
    let browser = service.browser();
    let fields = answered(browser.get("/minio/report").await.form("/minio/report"), &SAID);
    let page = browser.post_files("/minio/report", &fields, files).await;
    let receipt = page.receipt().expect("a receipt");
    let entered = browser.post("/receipt", &[("receipt".into(), receipt.clone())]).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    (browser, receipt)
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_u1_u4_u10_hostile_files_are_kept_as_they_came_and_only_ever_downloaded() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let files = hostile();
    let (browser, receipt) = reported(&service, &files).await;
    let links = browser.get("/receipt").await.attributes(".file-list a", "href");
    assert_eq!(links.len(), files.len());
    let (_, case) = open_receipt(&service.app, &receipt).await.expect("it opens");
    for known in &case.files {
        let file = &known.file;
        let (_, _, bytes) = files.iter().find(|(name, ..)| *name == file.name).expect("one of them");
        let link = links.iter().find(|link| link.ends_with(file.id.as_str())).expect("its link");
        let answer = browser.client.get(service.at(link)).send().await.expect("an answer");
        let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), "application/octet-stream", "{}", file.name);
        assert_eq!(header("x-content-type-options"), "nosniff", "{}", file.name);
        assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox", "{}", file.name);
        assert!(header("content-disposition").starts_with("attachment; "), "{}", file.name);
        assert_eq!(answer.bytes().await.expect("bytes"), *bytes, "{}", file.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_u7_a_link_to_a_file_opens_for_its_reporter_alone() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let files = [("poc.txt", "text/plain", b"the steps".to_vec())];
    let (ada, _) = reported(&service, &files).await;
    let (eve, _) = reported(&service, &[]).await;
    let link = ada.get("/receipt").await.attributes(".file-list a", "href").remove(0);
    assert_eq!(ada.get(&link).await.body, "the steps");
    assert_eq!(eve.get(&link).await.status, StatusCode::NOT_FOUND, "another reporter's session");
    let scanner = service.browser().get(&link).await;
    assert!(scanner.status.is_redirection() && !scanner.body.contains("the steps"), "whoever follows it from a mail");
    let form = ada.get("/receipt").await.form("/receipt/sign-out");
    ada.post("/receipt/sign-out", &form).await;
    assert!(!ada.get(&link).await.status.is_success(), "after signing out");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_q5_deep_markdown_and_a_megabyte_of_brackets_end() {
    for deep in ["> ".repeat(10_000), "[".repeat(1_000_000), "- ".repeat(2_000), "*_".repeat(100_000)] {
        let html = markdown::to_html(&format!("{deep}text"));
        assert!(html.len() < 64 * deep.len(), "{} bytes of {}", html.len(), deep.len());
    }
    let service = Service::start(&[MINIO], |_| {}).await;
    let browser = service.browser();
    let brackets = "[".repeat(1_000_000);
    let said = [("title", "Brackets"), ("description", brackets.as_str())];
    let fields = answered(browser.get("/minio/report").await.form("/minio/report"), &said);
    let page = browser.post("/minio/report", &fields).await;
    assert!(page.status.is_success() || page.status.is_client_error(), "{}", page.status);
    assert_eq!(browser.get("/minio").await.status, StatusCode::OK, "others are served");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_l6_a_link_to_a_case_shows_strangers_a_sign_in_page_without_a_word_of_it() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let (_, receipt) = reported(&service, &[]).await;
    let (_, case) = open_receipt(&service.app, &receipt).await.expect("it opens");
    let stranger = service.browser();
    let there = stranger.get(&format!("/desk/cases/{}", case.id)).await;
    let absent = stranger.get("/desk/cases/22222-22222").await;
    assert_eq!(there.status, absent.status, "one that exists answers like one that does not");
    assert_eq!(there.header("location").replace(case.id.as_str(), "22222-22222"), absent.header("location"));
    let page = stranger.get(there.header("location")).await;
    for page in [&there, &page] {
        assert!(!page.body.contains("buckets"), "{}", page.body);
        assert_eq!(page.header("referrer-policy"), "no-referrer");
    }
    let at_home = stranger.get("/desk/sign-in").await.texts("title");
    assert_eq!(page.texts("title"), at_home, "the title names no case");
}
