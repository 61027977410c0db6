//! The form of a policy, as somebody without script meets it.

use crate::support::service::{Browser, MINIO, Page, Service, answered, open};
use candor::error::Error;
use candor::execute::queue::{Filter, queue};
use candor::execute::report::open_receipt;
use candor_core::access::{Actor, Role};
use candor_core::case::Case;
use reqwest::StatusCode;

async fn service() -> Service {
    Service::start(&[MINIO], |_| {}).await
}

async fn fresh(browser: &Browser) -> Vec<(String, String)> {
    browser.get("/minio/report").await.form("/minio/report")
}

const SAID: [(&str, &str); 2] = [("title", "Anyone lists buckets"), ("description", "No signature is needed")];

async fn case_of(service: &Service, page: &Page) -> Case {
    let receipt = page.receipt().expect("a receipt is shown");
    open_receipt(&service.app, &receipt).await.expect("the receipt opens").1
}

async fn cases(service: &Service) -> usize {
    let member = Actor::Member { id: "m".into(), roles: vec![("minio".into(), Role::Member)] };
    queue(&service.app, &member, &Filter::default(), None, 200).await.expect("a queue").rows.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_by_the_form_is_private_and_gives_a_receipt_and_dated_promises_d1_m2() {
    let service = service().await;
    let browser = service.browser();
    let form = browser.get("/minio/report").await;
    assert_eq!(form.status, StatusCode::OK);
    assert!(!form.headers.contains_key("set-cookie"), "nobody needs a cookie to report");
    assert!(form.texts(".form-side .dates-what").iter().any(|what| what.contains("commitment")));
    assert!(form.attributes(".form-side time", "datetime").iter().all(|at| at.ends_with('Z')));
    let page = browser.post("/minio/report", &answered(form.form("/minio/report"), &SAID)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(!page.headers.contains_key("location") && !page.headers.contains_key("set-cookie"));
    let receipt = page.receipt().expect("a receipt");
    assert_eq!(receipt.replace('-', "").len(), 26);
    assert!(page.texts(".dates-what").len() >= 2, "the promises run");
    assert!(!page.texts("#missing").is_empty(), "what would help is said afterwards, and never in the way");
    let case = case_of(&service, &page).await;
    assert_eq!((case.title.as_str(), case.program.as_str()), ("Anyone lists buckets", "minio"));
    for path in ["/", "/minio", "/minio/advisories"] {
        assert!(!browser.get(path).await.body.contains("Anyone lists buckets"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_identifier_alone_is_a_report_m8() {
    let service = service().await;
    let browser = service.browser();
    let fields = answered(fresh(&browser).await, &[("identifiers", "CVE-2023-28432, GHSA-6xvq-wj2x-3h3q")]);
    let page = browser.post("/minio/report", &fields).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(case_of(&service, &page).await.reports[0].facts.identifiers.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_of_the_policy_is_there_and_not_sure_is_an_answer_m3_p3_p7() {
    let service = service().await;
    let page = service.browser().get("/minio/report").await;
    let names = page.attributes("form.talk input, form.talk textarea", "name");
    let standard = [
        "title",
        "description",
        "product",
        "component",
        "version",
        "steps",
        "expected",
        "actual",
        "weakness",
        "impact",
        "preconditions",
        "identifiers",
        "found_by",
        "exploited",
        "disclosure_plans",
        "name",
        "email",
        "organisation",
        "link",
        "pgp_key",
        "credit",
        "files",
    ];
    for name in standard {
        assert!(names.iter().any(|known| known == name), "{name} is missing");
    }
    assert!(page.attributes("#component-list option", "value").contains(&"S3 API".to_owned()));
    assert!(page.attributes("#product-list option", "value").contains(&"Not sure".to_owned()));
    let policy = service.app.policy(&"minio".into()).expect("in service");
    assert!(page.body.contains("information that leaks"), "the policy's own hints are shown");
    assert!(policy.channels.never.iter().all(|never| page.texts("#leave-out + ul li").contains(never)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_brings_back_every_answer_and_the_files_that_came() {
    let service = service().await;
    let browser = service.browser();
    let typed = [
        ("description", "what <b>is</b> wrong\n\n  and how"),
        ("component", "Console \"quoted\""),
        ("steps", "1. ask\n2. read"),
        ("impact", "reads <script>all</script>"),
        ("exploited", "on"),
        ("email", "not an address"),
        ("credit", "named"),
        ("credit_name", "Ada"),
    ];
    let fields = answered(fresh(&browser).await, &typed);
    let page = browser.post_files("/minio/report", &fields, &[("proof.py", "text/plain", b"print(1)".to_vec())]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.attributes(".problems a", "href"), ["#title", "#email"]);
    assert_eq!(page.attributes("[aria-invalid=true]", "name"), ["title", "email"]);
    let again = page.form("/minio/report");
    for (name, value) in typed {
        let found = again.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(found, Some(value), "{name}");
    }
    assert!(page.body.contains("proof.py (8 bytes)"));
    assert_eq!(cases(&service).await, 0);
    let mended = answered(again, &[("title", "Anyone reads all"), ("email", "ada@example.org")]);
    let page = browser.post_files("/minio/report", &mended, &[("log.txt", "text/plain", b"log".to_vec())]).await;
    assert_eq!(page.status, StatusCode::OK);
    let case = case_of(&service, &page).await;
    let files: Vec<&str> = case.files.iter().map(|file| file.file.name.as_str()).collect();
    assert_eq!(files, ["proof.py", "log.txt"]);
    assert_eq!(case.reports[0].facts.description, "what <b>is</b> wrong\n\n  and how");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_w5_the_same_report_sent_twenty_times_at_once_is_one_case() {
    let service = service().await;
    let browser = service.browser();
    let fields = answered(fresh(&browser).await, &SAID);
    let files = [("proof.bin", "application/zip", vec![7; 100_000])];
    let sent =
        futures_util::future::join_all((0..20).map(|_| browser.post_files("/minio/report", &fields, &files))).await;
    let receipts: std::collections::BTreeSet<_> = sent.iter().map(|page| page.receipt().expect("a receipt")).collect();
    assert_eq!(receipts.len(), 1);
    let later = browser.post_files("/minio/report", &fields, &files).await;
    assert_eq!(later.receipt(), receipts.into_iter().next(), "the back button and a retry give the same page");
    assert_eq!(case_of(&service, &later).await.files.len(), 1);
    let changed = browser.post("/minio/report", &answered(fields, &[("title", "Another thing")])).await;
    assert_eq!(changed.status, StatusCode::CONFLICT);
    assert_eq!(cases(&service).await, 1);
    let second = browser.post("/minio/report", &changed.form("/minio/report")).await;
    assert_eq!(second.status, StatusCode::OK, "as a report of its own it is taken");
    assert_eq!(cases(&service).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_w1_a_field_given_twice_is_refused_by_its_name() {
    let service = service().await;
    let browser = service.browser();
    let fields = answered(fresh(&browser).await, &SAID);
    for name in ["title", "description", "email", "credit", "agreed", "once"] {
        let mut twice = fields.clone();
        twice.extend([(name.to_owned(), "a".to_owned()), (name.to_owned(), "b".to_owned())]);
        for page in [
            browser.post("/minio/report", &twice).await,
            browser.post_files("/minio/report", &twice, &[]).await,
            browser.post(&format!("/minio/report?{name}=c"), &answered(fields.clone(), &[(name, "a")])).await,
            browser.post("/minio/report", &answered(fields.clone(), &[(&format!("{name}[]"), "a")])).await,
        ] {
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{name}");
            assert!(page.body.contains(&format!("The field {name} was given twice")), "{}", page.body);
        }
    }
    assert_eq!(cases(&service).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_w8_a_form_from_elsewhere_or_without_its_token_files_nothing() {
    let service = service().await;
    let browser = service.browser();
    let fields = answered(fresh(&browser).await, &SAID);
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let sent = browser.client.post(service.at("/minio/report")).header(name, value).form(&fields).send().await;
        assert_eq!(sent.expect("an answer").status(), StatusCode::FORBIDDEN);
    }
    let without: Vec<_> = fields.iter().filter(|(name, _)| name != "once").cloned().collect();
    let page = browser.post("/minio/report", &without).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("Anyone lists buckets"), "what was typed stays typed");
    assert_eq!(cases(&service).await, 0);
    assert_eq!(browser.post("/minio/report", &page.form("/minio/report")).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_reports_of_one_source_are_slowed_and_lose_no_word() {
    let service = Service::start(&[MINIO], |config| config.report_rate = 2).await;
    let browser = service.browser();
    for _ in 0..2 {
        let fields = answered(fresh(&browser).await, &SAID);
        assert_eq!(browser.post("/minio/report", &fields).await.status, StatusCode::OK);
    }
    let fields = answered(fresh(&browser).await, &SAID);
    let page = browser.post("/minio/report", &fields).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.header("retry-after").parse::<u32>().is_ok());
    assert!(page.form("/minio/report").contains(&("title".into(), "Anyone lists buckets".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_u5_files_past_the_limits_are_named_and_the_rest_stays() {
    let service = Service::start(&[MINIO], |config| {
        config.file_limit = 64 * 1024;
        config.files_limit = 2;
    })
    .await;
    let browser = service.browser();
    let fields = answered(fresh(&browser).await, &SAID);
    let files = [("big.bin", "x/y", vec![1; 200 * 1024]), ("small.txt", "x/y", vec![2; 10])];
    let page = browser.post_files("/minio/report", &fields, &files).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.texts(".problems li")[0].starts_with("big.bin is larger than 65 kB"),
        "{:?}",
        page.texts(".problems li")
    );
    assert!(page.body.contains("small.txt (10 bytes)"), "the file that fits is kept");
    let many: Vec<_> = ["a", "b", "c"].map(|name| (name, "x/y", vec![0; 5])).into();
    let page = browser.post_files("/minio/report", &fields, &many).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let huge = browser
        .client
        .post(service.at("/minio/report"))
        .header("content-type", "multipart/form-data; boundary=x")
        .body(vec![0; 9 * 1024 * 1024])
        .send()
        .await;
    if let Ok(huge) = huge {
        assert_eq!(huge.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!(cases(&service).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_should_stay_secret_and_one_that_is_too_long_are_refused() {
    let service = service().await;
    let browser = service.browser();
    let secret = "-----BEGIN PGP PRIVATE KEY BLOCK-----";
    for key in [secret.to_owned(), "A".repeat(200_000)] {
        let mut fields = answered(fresh(&browser).await, &SAID);
        fields = answered(fields, &[("pgp_key", &key)]);
        let page = browser.post("/minio/report", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(page.attributes(".problems a", "href"), ["#pgp_key"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_k6_without_its_root_key_reports_are_sealed_and_filed_when_it_is_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    drop(open(&folder, &[MINIO], |_| {}).await);
    let (file, away) = (folder.path().join("root.key"), folder.path().join("away.key"));
    std::fs::rename(&file, &away).expect("the key is taken away");
    for (content, mode) in [(None, 0o600), (Some("candor-root-key-1 00"), 0o600), (Some("not a key"), 0o644)] {
        if let Some(content) = content {
            std::fs::write(&file, content).expect("written");
            std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("set");
        }
        let app = open(&folder, &[], |_| {}).await;
        assert!(matches!(app.keys(), Err(Error::Locked)), "{content:?}");
        assert!(app.only_seals());
        assert_eq!(file.exists(), content.is_some(), "no new key is made");
    }
    let _ = std::fs::remove_file(&file);

    let service = Service::serve(open(&folder, &[], |_| {}).await, folder).await;
    let browser = service.browser();
    assert_eq!(browser.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let fields = answered(fresh(&browser).await, &SAID);
    let files = [("poc.txt", "text/plain", b"a file that waits".to_vec())];
    let page = browser.post_files("/minio/report", &fields, &files).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let receipt = page.receipt().expect("a receipt, as always");
    let again = browser.post("/minio/report", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "the same form with other contents is said");
    assert_eq!(browser.get("/receipt").await.status, StatusCode::OK);
    let came = service.app.now();
    let lies = std::fs::read(service.app.config.data.join("candor.db-wal")).unwrap_or_default();
    assert!(!lies.windows(20).any(|window| window == b"Anyone lists buckets"), "it lies there sealed");

    // The key is put back; the desk starts again.
    std::fs::rename(&away, &file).expect("put back");
    let app = candor::serve::open(service.app.config.clone()).await.expect("opens");
    assert_eq!(candor::execute::waiting::open_all(&app).await.expect("filed"), 1);
    assert_eq!(candor::execute::waiting::open_all(&app).await.expect("nothing is left"), 0);
    let (actor, case) = open_receipt(&app, &receipt).await.expect("the receipt opens");
    assert_eq!(case.title, "Anyone lists buckets");
    assert!(case.opened_at <= came, "the promises run from when it came");
    assert_eq!(case.files.len(), 1);
    let file = case.files[0].file.id.0.clone();
    candor::execute::files::open_file(&app, &actor, &case.id, &file).await.expect("its file opens");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_never_had_its_public_key_out_says_where_to_turn() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = open(&folder, &[MINIO], |_| {}).await;
    let forget = candor::store::settings::delete_statement("intake public key");
    app.store.commit(candor::store::Batch::main(vec![forget])).await.expect("forgotten");
    drop(app);
    std::fs::remove_file(folder.path().join("root.key")).expect("the key is taken away");
    let app = open(&folder, &[], |_| {}).await;
    assert!(matches!(app.keys(), Err(Error::Locked)));
    let service = Service::serve(app, folder).await;
    let browser = service.browser();
    let page = browser.get("/minio/report").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("mailto:security@min.io"));
    assert_eq!(browser.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(browser.get("/healthz").await.status, StatusCode::OK);
}
