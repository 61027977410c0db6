//! A report that the server cannot read: sealed on the reporter's machine, opened on a member's.

use std::path::Path;
use std::process::Command;

use candor::accounts::{self, token};
use candor::execute::report::open_receipt;
use candor::openpgp::{Secret, random};
use candor_core::access::Role;

use crate::support::binary::CANDOR;
use crate::support::service::{MINIO, Service};

const CANARY: &str = "CANARY the header is folded twice";

struct Terminal<'a> {
    folder: &'a Path,
    url: String,
    token: String,
}

impl Terminal<'_> {
    /// Runs the program; whether it did what it was asked, and what it printed.
    fn run(&self, words: &[&str]) -> (bool, String, String) {
        let output = Command::new(CANDOR)
            .args(words)
            .current_dir(self.folder)
            .env("CANDOR_SERVER", &self.url)
            .env("CANDOR_TOKEN", &self.token)
            .output()
            .expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_k7_a_sealed_report_is_opened_by_its_members_alone_and_another_key_is_refused() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let roles = [("minio".to_owned(), Role::Coordinator)];
    let mei = accounts::add_ready(&service.app, "Mei", "mei@example.org", "a long enough password", &roles, false);
    let (id, _) = mei.await.expect("the member is made");
    let scopes = token::Scopes::parse("read,write,publish,bulk,members,keys").expect("scopes");
    let token = token::make(&service.app, &id, "test", scopes, 1).await.expect("a token").secret;
    let folder = tempfile::tempdir().expect("a folder");
    let now = service.app.now();
    let [mei, tom, other] = ["Mei <mei@example.org>", "Tom <tom@example.org>", "Eve <eve@example.org>"]
        .map(|name| Secret::make(name, now, None, random()).expect("a key"));
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("team.asc", &format!("{}{}", mei.certificate().to_armor(), tom.certificate().to_armor()));
    for (name, key) in [("mei.key", &mei), ("tom.key", &tom), ("eve.key", &other)] {
        write(name, &key.to_armor());
    }
    write("report.md", &format!("Folded headers\n{CANARY}\n"));
    write("poc.bin", CANARY);
    let (data, key_file) = (service.app.config.data.clone(), service.app.config.key_file.clone());
    let (url, path) = (service.url.clone(), folder.path().to_owned());
    let fingerprints = [mei.fingerprint(), tom.fingerprint()];
    let told = tokio::task::spawn_blocking(move || {
        let at = Terminal { folder: &path, url, token };
        let (data, key_file) = (data.display().to_string(), key_file.display().to_string());
        let place = ["--data", data.as_str(), "--key-file", key_file.as_str()];
        let send = ["report", "--program", "minio", "--sealed", "report.md", "--attach", "poc.bin", "--json"];

        let (done, _, why) = at.run(&send);
        assert!(!done && why.contains("publishes no certificates"), "never in the clear instead: {why}");
        let (done, said, why) = at.run(&[&["keys", "openpgp", "recipients", "team.asc"][..], &place].concat());
        assert!(done && said.lines().count() == 2, "{said}{why}");
        // Only one of the two is known to the reporter: another key may have been put in its place.
        let known = ["--fingerprint", fingerprints[0].as_str()];
        let (done, _, why) = at.run(&[&send[..], &known].concat());
        assert!(!done && why.contains("nothing was sent"), "{why}");
        let known = ["--fingerprint", fingerprints[0].as_str(), "--fingerprint", fingerprints[1].as_str()];
        let (done, said, why) = at.run(&[&send[..], &known].concat());
        assert!(done, "{why}");
        let filed: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        let case = filed["case"].as_str().expect("a case");

        for (number, key) in ["mei.key", "tom.key"].into_iter().enumerate() {
            let out = format!("out{number}");
            std::fs::create_dir(at.folder.join(&out)).expect("a folder");
            let (done, said, why) = at.run(&["case", "open", case, "--key", key, "--out", &out]);
            assert!(done && said.contains(CANARY) && said.contains("Folded headers"), "{key}: {said}{why}");
            assert_eq!(std::fs::read_to_string(at.folder.join(&out).join("poc.bin")).expect("the file"), CANARY);
            let (done, ..) = at.run(&["case", "open", case, "--key", key, "--out", &out]);
            assert!(!done, "nothing is written over");
        }
        let (done, said, why) = at.run(&["case", "open", case, "--key", "eve.key"]);
        assert!(!done && said.is_empty() && why.contains("other keys"), "{why}");
        filed
    });
    let filed = told.await.expect("the terminal's story");
    let (_, case) = open_receipt(&service.app, filed["receipt"].as_str().expect("a receipt")).await.expect("it opens");
    assert_eq!(case.title, "Sealed report", "it is there, under a neutral title");
    assert_eq!(case.files.len(), 2);
    assert!(filed["promises"].as_array().is_some_and(|promises| !promises.is_empty()), "and its clocks run");
    let known = format!("{case:?}");
    assert!(!known.contains("CANARY") && !known.contains("Folded") && !known.contains("poc"), "nothing of it is known");
}
