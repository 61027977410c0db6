//! Proof of receipt: signed, checked offline, shown without the report to whoever reported the same.

use crate::support::binary::CANDOR;
use crate::support::service::{MINIO, Service, answered};
use candor::execute::proofs;
use candor::execute::report::open_receipt;
use candor::proof::{Proof, ProofError, Shown};
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_about_the_report_as_it_is_kept() {
    let service = Service::start(&[MINIO], |_| {}).await;
    for report in [
        serde_json::json!({ "title": " Anyone lists buckets ", "description": "No signature is needed.\n" }),
        serde_json::json!({ "identifiers": ["CVE-2026-12345"] }),
    ] {
        let client = reqwest::Client::new();
        let filed = client.post(service.at("/api/v1/programs/minio/reports")).json(&report).send().await;
        let filed: serde_json::Value = filed.expect("an answer").json().await.expect("JSON");
        let receipt = filed["receipt"].as_str().unwrap_or_else(|| panic!("{filed}"));
        let proof =
            client.get(service.at("/api/v1/receipt/proof")).header("authorization", format!("Receipt {receipt}"));
        let proof: Proof = proof.send().await.expect("an answer").json().await.expect("a proof");
        assert_eq!(proof.check(None), Ok(Shown::Report), "{report}");
    }
}

fn verify(folder: &std::path::Path, proof: &Proof, words: &[&str]) -> (bool, String) {
    let file = folder.join("proof.json");
    std::fs::write(&file, serde_json::to_string(proof).expect("JSON")).expect("written");
    let done = Command::new(CANDOR).args(["report", "verify-proof"]).arg(&file).args(words).output().expect("it runs");
    let text = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    (done.status.success(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reporter_holds_a_signed_proof_that_anybody_checks_offline() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let browser = service.browser();
    let said = [("title", "Anyone lists buckets"), ("description", "No signature is needed")];
    let fields = answered(browser.get("/minio/report").await.form("/minio/report"), &said);
    let receipt = browser.post("/minio/report", &fields).await.receipt().expect("a receipt");
    let fields = [("receipt".to_owned(), receipt.clone())];
    let page = browser.get("/receipt").await;
    let fields = [page.form("/receipt"), fields.to_vec()].concat();
    let fields: Vec<_> = fields.into_iter().filter(|(name, value)| name != "receipt" || !value.is_empty()).collect();
    browser.post("/receipt", &fields).await;
    let own = browser.get("/receipt").await;
    assert!(own.attributes("a", "href").contains(&"/receipt/proof".to_owned()), "{}", own.status);
    let answer = browser.get("/receipt/proof").await;
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    let proof: Proof = serde_json::from_str(&answer.body).expect("a proof");
    assert!(proof.report.as_deref().unwrap_or_default().contains("Anyone lists buckets"));
    assert!(!proof.statement.contains("buckets"), "what is signed tells nothing of the report");
    assert!(
        proof.statement.contains("program: minio\n") && proof.statement.contains("promised: "),
        "{}",
        proof.statement
    );

    let published = browser.get("/.well-known/candor-keys.json").await;
    let published: serde_json::Value = serde_json::from_str(&published.body).expect("JSON");
    let key = published["proof-of-receipt"]["programs"]["minio"].as_str().expect("the program's key");
    assert_eq!(proof.check(Some(key)), Ok(Shown::Report));
    let folder = tempfile::tempdir().expect("a folder");
    let (good, text) = verify(folder.path(), &proof, &["--key", key]);
    assert!(good && text.contains("about the report in this file"), "{text}");

    let over_the_api = browser.client.get(service.at("/api/v1/receipt/proof"));
    let over_the_api = over_the_api.header("authorization", format!("Receipt {receipt}")).send().await;
    assert_eq!(over_the_api.expect("an answer").json::<Proof>().await.expect("a proof"), proof);

    let later = Proof { statement: proof.statement.replace("received: 20", "received: 19"), ..proof.clone() };
    assert_eq!(later.check(None), Err(ProofError::Signature));
    let other = Proof { report: Some("title:\n  Something else\n".into()), ..proof.clone() };
    assert_eq!(other.check(None), Err(ProofError::Report));
    let (good, text) = verify(folder.path(), &other, &[]);
    assert!(!good && text.contains("not the one the statement is about"), "{text}");
    assert_eq!(proof.check(Some(&"0".repeat(64))), Err(ProofError::Key));

    // What the reporter of a duplicate is shown: when, and nothing of what.
    let (_, case) = open_receipt(&service.app, &receipt).await.expect("it opens");
    let bare = proofs::without_report(&service.app, &case.id, 0).await.expect("a read").expect("a proof");
    assert_eq!((bare.salt.as_ref(), bare.report.as_ref()), (None, None));
    assert_eq!(bare.statement, proof.statement);
    assert_eq!(bare.check(Some(key)), Ok(Shown::Statement));
}
