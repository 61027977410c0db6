//! A mail that is encrypted to members' own keys and to none of the program's: a sealed report. GnuPG is the reporter's mail
//! program, and the member's.

use crate::mail_in::{ADA, US, comes, look, mail, posts, secret, to};
use crate::mail_members::ANNA;
use crate::mail_openpgp::{ada, as_reporter, pgp_mime};
use crate::openpgp::{Gpg, now};
use crate::support::binary::CANDOR;
use crate::support::service::Service;
use candor::accounts::{self, token};
use candor::app::App;
use candor::mail::receive::Outcome;
use candor::program_keys;
use candor_core::access::Role;
use candor_core::case::Case;
use candor_core::id::CaseId;

const ENTITY: &str = "Content-Type: multipart/mixed; boundary=y; protected-headers=\"v1\"\nSubject: CANARY overflow\n\n--y\nContent-Type: text/plain; charset=utf-8\n\nCANARY text\n--y\nContent-Type: text/plain; name=poc.txt\n\nCANARY file\n--y--\n";

/// A desk of this moment with a key of the program, and Anna, who gave hers. GnuPG knows both.
async fn begin(gpg: &Gpg) -> (Service, String) {
    let service = Service::start(&[crate::letters::POLICY], |_| {}).await;
    let app = &service.app;
    app.set_clock(now());
    let made = program_keys::make(app, &"store".into(), now() + program_keys::LIFE, "test").await.expect("a key");
    gpg.prints(&["--import"], made.certificate.to_armor().as_bytes());
    let roles = [("store".into(), Role::Coordinator)];
    let anna = accounts::add_ready(app, "Anna", ANNA, "tin harbour sleeps early", &roles, false).await;
    let (id, _) = anna.expect("a member");
    gpg.prints(&["--quick-gen-key", "Anna <anna@team.example>", "future-default", "default", "1y"], b"");
    let anna = accounts::find(app, ANNA).await.expect("a member");
    accounts::openpgp::put(app, &anna, &gpg.prints(&["--export", "--armor", ANNA], b"")).await.expect("it is kept");
    let scopes = token::Scopes::parse("read,write").expect("scopes");
    let token = token::make(app, &id, "test", scopes, 1).await.expect("a token").secret;
    (service, token)
}

/// An entity, encrypted to these.
fn locked(gpg: &Gpg, to: &[&str], entity: &str) -> Vec<u8> {
    let mut words = vec!["--encrypt", "--armor"];
    to.iter().for_each(|one| words.extend(["--recipient", *one]));
    gpg.prints(&words, entity.replace('\n', "\r\n").as_bytes())
}

async fn filed(app: &App, raw: Vec<u8>) -> Case {
    match comes(app, US, raw).await {
        Outcome::Filed(case) => look(app, &case).await,
        other => panic!("{other:?}"),
    }
}

/// What `candor case open` does with a member's key: whether it opened it, and what it printed.
fn opens(
    service: &Service,
    token: &str,
    case: &CaseId,
    key: &std::path::Path,
    out: &std::path::Path,
) -> (bool, String, String) {
    let run = std::process::Command::new(CANDOR)
        .args(["case", "open", case.as_str(), "--key", &key.to_string_lossy(), "--out", &out.to_string_lossy()])
        .env("CANDOR_SERVER", &service.url)
        .env("CANDOR_TOKEN", token)
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (run.status.success(), text(&run.stdout), text(&run.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_encrypted_to_a_member_alone_is_a_sealed_report_that_only_they_open() {
    let Some(gpg) = Gpg::new() else { return };
    let (service, token) = begin(&gpg).await;
    let app = &service.app;
    ada(&gpg);
    // Mail programs encrypt to whoever writes as well.
    let case = filed(app, pgp_mime("CANARY in the clear", "", &locked(&gpg, &[ANNA, ADA], ENTITY))).await;
    let facts = &case.reports[0].facts;
    assert_eq!(facts.title, "Sealed report");
    assert!(facts.description.contains("this server cannot read it"), "{}", facts.description);
    let noticed = facts.noticed.join(" ");
    assert!(noticed.contains("It is sealed to the own keys of Anna"), "{noticed}");
    let names: Vec<&str> = facts.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["sealed-report.asc", "message.eml"]);
    let policy = app.policy(&"store".into()).expect("a policy");
    assert!(!candor_core::promises::clocks(&case, &policy, app.now()).is_empty(), "its clocks run");
    assert!(!format!("{case:?}").contains("CANARY"), "nothing of it is known");
    assert!(!format!("{:?}", as_reporter(app, &case.id).await).contains("CANARY"));
    posts(app).await;
    let (_, text, _) = to(app, ADA).pop().expect("a letter");
    assert!(text.contains("Your receipt is ") && !text.contains("CANARY") && !text.contains("Anna"), "{text}");

    // A later mail of theirs, inline this time, is sealed as well.
    let inline = String::from_utf8(locked(&gpg, &[ANNA], "CANARY later words\n")).expect("text");
    let raw = mail(ADA, "Re: x", "", inline.trim_end());
    assert_eq!(comes(app, &secret(app, ADA), raw).await, Outcome::Joined(case.id.clone()));

    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("anna.key");
    std::fs::write(&key, gpg.prints(&["--export-secret-keys", "--armor", ANNA], b"")).expect("written");
    let other = Gpg::new().expect("gpg");
    other.prints(&["--quick-gen-key", "Eve <eve@outside.example>", "future-default", "default", "1y"], b"");
    let eve = folder.path().join("eve.key");
    std::fs::write(&eve, other.prints(&["--export-secret-keys", "--armor"], b"")).expect("written");
    let (id, out) = (case.id.clone(), folder.path().to_owned());
    let told = tokio::task::spawn_blocking(move || {
        let hers = opens(&service, &token, &id, &key, &out);
        let eves = opens(&service, &token, &id, &eve, &out);
        (hers, eves, std::fs::read_to_string(out.join("poc.txt")))
    });
    let (hers, eves, poc) = told.await.expect("the terminal's story");
    let (done, said, why) = hers;
    assert!(done, "{said}{why}");
    for words in ["CANARY overflow", "CANARY text", "CANARY later words"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(poc.expect("the file").trim_end(), "CANARY file");
    assert!(!eves.0 && eves.1.is_empty() && eves.2.contains("other keys"), "{eves:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_sealed_only_when_a_member_can_open_all_of_it_and_the_program_cannot() {
    let Some(gpg) = Gpg::new() else { return };
    let (service, _) = begin(&gpg).await;
    let app = &service.app;
    ada(&gpg);
    let elsewhere = [("other".into(), Role::Analyst)];
    let tom = accounts::add_ready(app, "Tom", "tom@team.example", "tin harbour sleeps early", &elsewhere, false);
    tom.await.expect("a member of another program");
    gpg.prints(&["--quick-gen-key", "Tom <tom@team.example>", "future-default", "default", "1y"], b"");
    let tom = accounts::find(app, "tom@team.example").await.expect("Tom");
    let key = gpg.prints(&["--export", "--armor", "tom@team.example"], b"");
    accounts::openpgp::put(app, &tom, &key).await.expect("it is kept");

    // To the program as well: it opens, and is no sealed one.
    let both = filed(app, pgp_mime("Both", "", &locked(&gpg, &[ANNA, "security@example.org"], ENTITY))).await;
    assert_eq!(both.reports[0].facts.title, "CANARY overflow");
    // Nobody here can open it; or only somebody who is not on this program's team.
    for whom in [ADA, "tom@team.example"] {
        let case = filed(app, pgp_mime(&format!("To {whom}"), "", &locked(&gpg, &[whom], ENTITY))).await;
        assert_ne!(case.reports[0].facts.title, "Sealed report", "{whom}");
    }
    // A text in the clear beside it is shown.
    let block = String::from_utf8(locked(&gpg, &[ANNA], "x\n")).expect("text");
    let beside = filed(app, mail(ADA, "Beside", "", &format!("Hello.\n\n{}", block.trim_end()))).await;
    assert_eq!(beside.reports[0].facts.title, "Beside");
    assert!(beside.reports[0].facts.description.contains("Hello."));
}
