//! A report that the server cannot read: sealed on the reporter's machine, opened on a member's.

use std::path::Path;
use std::process::Command;

use candor::accounts::{self, token};
use candor::execute::report::open_receipt;
use candor::openpgp::{Secret, random};
use candor::program_keys::recipients::{self, Changed};
use candor_core::access::Role;

use crate::support::binary::CANDOR;
use crate::support::service::{MINIO, Service, answered};

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

        // What the reporter has from before names other certificates than the server offers now.
        let encryption = |print: &str| format!("Contact: mailto:a@example.org\nEncryption: openpgp4fpr:{print}\n");
        let write = |text: String| std::fs::write(at.folder.join("before.txt"), text).expect("written");
        let before = ["--security-txt", "before.txt"];
        write(encryption(&fingerprints[0].to_lowercase()));
        let (done, _, why) = at.run(&[&send[..], &before].concat());
        assert!(!done && why.contains("nothing was sent") && why.contains("your security.txt"), "{why}");
        write(encryption(&fingerprints[0]) + &encryption(&fingerprints[1]));
        let (done, _, why) = at.run(&[&send[..], &before].concat());
        assert!(done, "{why}");

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

#[tokio::test(flavor = "multi_thread")]
async fn abuse_k2_what_is_not_encrypted_is_refused_and_not_kept_and_there_is_no_way_in_the_clear() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let app = &service.app;
    let browser = service.browser();
    // Without certificates nothing can be handed in: other ways are named.
    let page = browser.get("/minio/report/sealed").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("publishes no certificates") && !page.body.contains("<textarea"), "{}", page.body);

    let now = app.now();
    let mei = Secret::make("Mei <mei@example.org>", now, None, random()).expect("a key");
    let (minio, text) = (candor_core::id::ProgramSlug("minio".into()), mei.certificate().to_armor());
    recipients::change(app, &minio, &text, &[mei.fingerprint()], "test").await.expect("published");

    let page = browser.get("/minio/report/sealed").await;
    let fingerprint = candor::openpgp::words::grouped(&mei.fingerprint());
    assert!(page.body.contains(&fingerprint), "to be compared");
    for way in [
        "candor report --server",
        "mail program",
        "gpg --encrypt --armor",
        "The script that encrypts comes from this server",
    ] {
        assert!(page.body.contains(way), "{way}");
    }
    assert!(browser.get("/minio/report").await.body.contains("/minio/report/sealed"), "the form leads here");
    let encrypted = candor::openpgp::encrypt::encrypt_to_all(CANARY.as_bytes(), &[mei.certificate()], now, random());
    let encrypted = encrypted.expect("encrypted");
    let action = "/minio/report/sealed";
    let signed_only = format!("-----BEGIN PGP MESSAGE-----\n\nywhiAAAAAABoaQ==\n-----END PGP MESSAGE-----\n{CANARY}");
    for given in [CANARY, "", &signed_only, &format!("{CANARY}\n{encrypted}"), &encrypted[..encrypted.len() / 2]] {
        let fields = answered(page.form(action), &[("message", given)]);
        let refused = browser.post(action, &fields).await;
        assert_eq!(refused.status, 422, "{given}");
        assert!(!refused.texts(".problems li").is_empty() && !refused.body.contains("CANARY"), "it is not said again");
        assert!(refused.body.contains(action), "and can be handed in again, encrypted");
        let as_file = browser.post_files(action, &page.form(action), &[("a.asc", "text/plain", given.into())]).await;
        assert_eq!(as_file.status, 422, "{given}");
    }
    let streams = candor::store::journal::streams(&app.store, "", 10).await.expect("streams");
    assert!(streams.iter().all(|stream| stream.starts_with("program:")), "nothing was kept: {streams:?}");
    for file in crate::support::binary::files(&app.config.data) {
        let lies = std::fs::read(&file).unwrap_or_default();
        assert!(!lies.windows(6).any(|part| part == b"CANARY"), "{}", file.display());
    }

    let fields = answered(page.form(action), &[("message", &encrypted)]);
    let taken = browser.post(action, &fields).await;
    let receipt = taken.receipt().unwrap_or_else(|| panic!("a receipt: {}", taken.body));
    let again = browser.post(action, &fields).await;
    assert_eq!(again.receipt(), Some(receipt.clone()), "sent twice is one report");
    let (actor, case) = open_receipt(app, &receipt).await.expect("it opens");
    assert_eq!((case.title.as_str(), case.files.len()), (candor::openpgp::sealed::TITLE, 1));
    let file = case.files[0].file.id.0.clone();
    let (_, mut reader) = candor::execute::files::open_file(app, &actor, &case.id, &file).await.expect("it opens");
    let mut lies = Vec::new();
    while let Some(part) = reader.next().await.expect("read") {
        lies.extend(part);
    }
    let opened = candor::openpgp::decrypt::open(&lies, &[mei], &[], now, &Default::default()).expect("for Mei");
    assert_eq!(opened.bytes, CANARY.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_k7_other_certificates_to_seal_to_wait_a_day_and_the_members_see_it() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let app = &service.app;
    let minio = candor_core::id::ProgramSlug("minio".into());
    app.set_clock("2026-11-21T12:00:00Z".parse().expect("an instant"));
    let now = app.now();
    let [mei, eve] = ["Mei <mei@example.org>", "Eve <eve@example.org>"]
        .map(|name| Secret::make(name, now, None, random()).expect("a key").certificate().clone());
    let put = async |key: &candor::openpgp::Certificate| {
        recipients::change(app, &minio, &key.to_armor(), &[key.fingerprint()], "command line").await.expect("kept")
    };
    let published = async || {
        let answer = reqwest::get(service.at("/api/v1/programs/minio/recipients")).await.expect("an answer");
        let answer: serde_json::Value = answer.json().await.expect("JSON");
        answer["fingerprints"][0].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(put(&mei).await, Changed::Now, "the first ones have nobody's place to take");
    assert_eq!(put(&mei).await, Changed::Not);
    let from = now + jiff::SignedDuration::from_hours(24);
    let Changed::From(holds) = put(&eve).await else { panic!("it waits") };
    assert!(holds.duration_since(from).as_secs() < 60);
    assert_eq!(published().await, mei.fingerprint(), "until then the old ones hold");
    let waits = recipients::waiting(app, &minio).await.expect("read").expect("a change that waits");
    assert_eq!(waits.fingerprints, [eve.fingerprint()]);

    // Each member of the program sees it above the queue, whatever their role.
    let roles = [("minio".to_owned(), Role::Observer)];
    let ready = accounts::add_ready(app, "Ro", "ro@example.org", "a long enough password", &roles, false);
    let (id, _) = ready.await.expect("the member is made");
    let ro = accounts::member(app, &id).await.expect("read").expect("a member");
    let alerts = candor::web::desk::alerts::about_keys(app, &ro.actor(app)).await.expect("alerts");
    let fingerprint = candor::openpgp::words::grouped(&eve.fingerprint());
    assert!(alerts.len() == 1 && alerts[0].text.contains(&fingerprint), "{alerts:?}");
    let acts = candor::program_keys::history(app, &minio).await.expect("a journal");
    assert_eq!(acts.last().map(|act| act.what.as_str()), Some("openpgp-key-recipients-wait"), "it is on record");

    // The server's security.txt names those that hold; whoever is offered others by it sends nothing.
    candor::publish::build(app).await.expect("the tree is built");
    let text = reqwest::get(service.at("/minio/security.txt")).await.expect("an answer").text().await.expect("text");
    assert!(text.contains(&format!("Encryption: openpgp4fpr:{}", mei.fingerprint().to_lowercase())), "{text}");
    let public = app.config.public.join("minio/security.txt");
    let forged = text.replace(&mei.fingerprint().to_lowercase(), &eve.fingerprint().to_lowercase());
    assert_ne!(forged, text);
    std::fs::write(&public, forged).expect("somebody changed it");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("report.md"), "Folded headers\nFolded twice\n").expect("written");
    let terminal = (folder.path().to_owned(), service.url.clone());
    let sent = tokio::task::spawn_blocking(move || {
        let at = Terminal { folder: &terminal.0, url: terminal.1, token: String::new() };
        at.run(&["report", "--program", "minio", "--sealed", "report.md"])
    });
    let (done, _, why) = sent.await.expect("it ran");
    assert!(!done && why.contains("nothing was sent") && why.contains("server's own security.txt"), "{why}");

    // The old ones again take it back; to have none and then others does not get around the day.
    assert_eq!(put(&mei).await, Changed::Now);
    assert!(recipients::waiting(app, &minio).await.expect("read").is_none());
    assert_eq!(recipients::change(app, &minio, "", &[], "command line").await.expect("kept"), Changed::Now);
    assert_eq!(published().await, "");
    assert!(matches!(put(&eve).await, Changed::From(_)));
    assert_eq!(published().await, "");
    app.set_clock(app.now() + jiff::SignedDuration::from_hours(25));
    assert_eq!(published().await, eve.fingerprint(), "after a day it holds");
    assert!(candor::web::desk::alerts::about_keys(app, &ro.actor(app)).await.expect("alerts").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_k7_another_openpgp_key_of_a_program_waits_a_day_and_every_member_sees_it() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let app = &service.app;
    let minio = candor_core::id::ProgramSlug("minio".into());
    app.set_clock("2026-11-21T12:00:00Z".parse().expect("an instant"));
    let life = candor::program_keys::LIFE;
    let make = async || candor::program_keys::make(app, &minio, app.now() + life, "test").await.expect("a key");
    let print = async || {
        let current = candor::program_keys::current(app, &minio).await.expect("read");
        current.map(|key| key.fingerprint())
    };
    let roles = [("minio".to_owned(), Role::Observer)];
    let ready = accounts::add_ready(app, "Ro", "ro@example.org", "a long enough password", &roles, false);
    let (id, _) = ready.await.expect("the member is made");
    let ro = accounts::member(app, &id).await.expect("read").expect("a member");
    let alerts = async || candor::web::desk::alerts::about_keys(app, &ro.actor(app)).await.expect("alerts");

    let first = make().await;
    assert!(!first.waits, "the first has nobody's place to take");
    assert_eq!(print().await, Some(first.fingerprint.clone()));
    app.set_clock(app.now() + jiff::SignedDuration::from_hours(1));
    let second = make().await;
    assert!(second.waits && print().await == Some(first.fingerprint.clone()), "until then the old one holds");
    let seen = alerts().await;
    let words = candor::openpgp::words::grouped(&second.fingerprint);
    assert!(seen.len() == 1 && seen[0].text.contains(&words), "each member sees it, whatever their role: {seen:?}");
    // Taken back: the old one stays for good. To take it away and bring another does not get around the day.
    candor::program_keys::retire(app, &minio, "test").await.expect("taken back");
    assert!(alerts().await.is_empty() && print().await == Some(first.fingerprint.clone()));
    app.set_clock(app.now() + jiff::SignedDuration::from_hours(25));
    assert_eq!(print().await, Some(first.fingerprint.clone()));
    candor::program_keys::retire(app, &minio, "test").await.expect("out of use");
    let third = make().await;
    assert!(third.waits && print().await.is_none());
    app.set_clock(app.now() + jiff::SignedDuration::from_hours(25));
    assert_eq!(print().await, Some(third.fingerprint.clone()), "after a day it holds");
    assert!(alerts().await.is_empty());
    let acts = candor::program_keys::history(app, &minio).await.expect("a journal");
    let acts: Vec<_> = acts.iter().map(|act| act.what.trim_start_matches("openpgp-key-")).collect();
    assert_eq!(acts, ["made", "made", "waits", "taken-back", "retired", "made", "waits"]);
    assert_eq!(candor::program_keys::secrets(app, &minio).await.expect("read").len(), 3, "each still opens");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_k7_a_signed_security_txt_is_verified_and_nothing_is_sent_when_text_or_key_was_replaced() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let app = &service.app;
    let minio = candor_core::id::ProgramSlug("minio".into());
    // The command reads the real clock.
    let now: jiff::Timestamp = std::time::SystemTime::now().try_into().expect("an instant");
    app.set_clock(now);
    let own = candor::program_keys::make(app, &minio, now + candor::program_keys::LIFE, "test").await.expect("a key");
    let [mei, eve] = ["Mei <mei@example.org>", "Eve <eve@example.org>"]
        .map(|name| Secret::make(name, now, None, random()).expect("a key"));
    let text = mei.certificate().to_armor();
    recipients::change(app, &minio, &text, &[mei.fingerprint()], "test").await.expect("published");
    candor::publish::build(app).await.expect("the tree is built");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("report.md"), "Folded headers\nFolded twice\n").expect("written");
    std::fs::write(folder.path().join("own.asc"), own.certificate.to_armor()).expect("written");
    let send = async |more: &[&'static str]| {
        let (folder, url, more) = (folder.path().to_owned(), service.url.clone(), more.to_vec());
        let ran = tokio::task::spawn_blocking(move || {
            let at = Terminal { folder: &folder, url, token: String::new() };
            at.run(&[&["report", "--program", "minio", "--sealed", "report.md"][..], &more].concat())
        });
        let (done, _, why) = ran.await.expect("it ran");
        (done, why)
    };
    let known = ["--program-key", "own.asc"];
    let (done, why) = send(&known).await;
    assert!(done, "{why}");
    let place = app.config.public.join("minio/security.txt");
    let signed = std::fs::read_to_string(&place).expect("security.txt");
    assert!(signed.contains("BEGIN PGP SIGNED MESSAGE"), "{signed}");
    // One word of it changed: the signature does not stand, whatever the word says.
    std::fs::write(&place, signed.replacen("Contact:", "contact:", 1)).expect("changed");
    let (done, why) = send(&[]).await;
    assert!(!done && why.contains("nothing was sent") && why.contains("signature of security.txt"), "{why}");
    // A line before the signed text says nothing.
    let eves = eve.fingerprint().to_lowercase();
    std::fs::write(&place, format!("Encryption: openpgp4fpr:{eves}\n{signed}")).expect("changed");
    let (done, why) = send(&[]).await;
    assert!(done, "only what is signed counts: {why}");
    // All is replaced: only who knows the program's key from before can tell.
    let plain = signed.split("\n\n").nth(1).expect("a text").split("-----BEGIN").next().expect("a text");
    let forged = candor::openpgp::sign::cleartext(&eve, plain, now).expect("signed");
    std::fs::write(&place, forged).expect("changed");
    std::fs::write(app.config.public.join("minio/openpgp.asc"), eve.certificate().to_armor()).expect("changed");
    let (done, why) = send(&known).await;
    assert!(!done && why.contains("nothing was sent"), "{why}");
    std::fs::write(&place, plain).expect("changed");
    let (done, why) = send(&known).await;
    assert!(!done && why.contains("is not signed"), "{why}");
}
