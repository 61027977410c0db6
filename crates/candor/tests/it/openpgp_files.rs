//! Files of OpenPGP that lie with a report, shown at the desk as what they are: by mail and by the form.

use crate::mail_in::{ADA, US, comes, look, mail};
use crate::mail_openpgp::{ada, as_reporter};
use crate::openpgp::{Gpg, now};
use crate::support::service::{Browser, Page, Service, answered};
use candor::accounts::{self, totp};
use candor::execute::report::open_receipt;
use candor::mail::receive::Outcome;
use candor::program_keys;
use candor_core::access::Role;
use candor_core::case::Case;

/// A desk of this moment whose program has a key that GnuPG knows.
async fn begin(gpg: &Gpg) -> Service {
    let service = Service::start(&[crate::letters::POLICY], |_| {}).await;
    service.app.set_clock(now());
    let until = now() + program_keys::LIFE;
    let made = program_keys::make(&service.app, &"store".into(), until, "test").await.expect("a key");
    gpg.prints(&["--import"], made.certificate.to_armor().as_bytes());
    service
}

async fn coordinator(service: &Service) -> Browser {
    const PASSWORD: &str = "tin harbour sleeps early";
    let roles = [("store".to_owned(), Role::Coordinator)];
    let made = accounts::add_ready(&service.app, "Ines", "ines@team.example", PASSWORD, &roles, false).await;
    let (_, secret) = made.expect("a member");
    let browser = service.browser();
    let code = totp::code(&secret, service.app.now()).expect("a code");
    let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
    let who = [("email", "ines@team.example"), ("password", PASSWORD), ("code", code.as_str())];
    assert_eq!(browser.post("/desk/sign-in", &answered(form, &who)).await.status, 303);
    browser
}

/// Text, signature, message and keys as GnuPG writes them, by file name.
fn files(gpg: &Gpg, key: &str) -> Vec<(&'static str, Vec<u8>)> {
    let lock = ["--encrypt", "--sign", "--armor", "--local-user", ADA, "--recipient", "security@example.org"];
    let other = Gpg::new().expect("gpg");
    other.prints(&["--quick-gen-key", "Eve <eve@outside.example>", "future-default", "default", "1y"], b"");
    vec![
        ("poc.txt.asc", gpg.prints(&lock, b"CANARY <b>proof</b>\n")),
        ("theirs.asc", other.prints(&["--encrypt", "--armor", "--recipient", "eve@outside.example"], b"x")),
        ("ada.asc", key.as_bytes().to_vec()),
        ("eve.asc", other.prints(&["--export", "--armor"], b"")),
        ("notes.md", b"the notes\n".to_vec()),
        ("notes.md.asc", gpg.prints(&["--detach-sign", "--armor", "--local-user", ADA], b"the notes\n")),
        ("secret.asc", gpg.prints(&["--export-secret-keys", "--armor", ADA], b"")),
        ("strange.asc", b"-----BEGIN PGP MESSAGE-----\n\nnothing\n".to_vec()),
    ]
}

/// The page of a file.
async fn page(browser: &Browser, case: &Case, name: &str) -> Page {
    let file = case.files.iter().find(|known| known.file.name == name).expect("the file");
    let page = browser.get(&format!("/desk/cases/{}/files/{}/opened", case.id, file.file.id)).await;
    assert_eq!(page.status, 200, "{name}: {}", page.body);
    page
}

/// What the desk says of each.
async fn shows(service: &Service, browser: &Browser, case: &Case, is_theirs: bool) {
    let on_case = browser.get(&format!("/desk/cases/{}", case.id)).await;
    assert!(on_case.body.contains("/opened\">what it is"), "{}", on_case.body);
    let message = page(browser, case, "poc.txt.asc").await;
    assert!(
        message.body.contains("An encrypted message") && message.body.contains("opened with the program"),
        "{}",
        message.body
    );
    let said = message.texts("pre").concat();
    assert_eq!(said.trim(), "CANARY <b>proof</b>", "text, and never markup");
    let file = case.files.iter().find(|known| known.file.name == "poc.txt.asc").expect("it").file.id.clone();
    let link = service.at(&format!("/desk/cases/{}/files/{file}/opened?as=file", case.id));
    let down = browser.client.get(link).send().await.expect("an answer");
    assert!(down.headers()["content-disposition"].to_str().expect("text").contains("poc.txt"));
    assert_eq!(down.text().await.expect("text"), "CANARY <b>proof</b>\n");
    for (name, words) in [
        ("theirs.asc", "encrypted to other keys than the program"),
        ("secret.asc", "Somebody sent their secret key"),
        ("strange.asc", "there is nothing of that kind in it"),
        ("eve.asc", "does not carry the address of a reporter"),
        ("ada.asc", if is_theirs { "Nobody has checked whose it is: compare" } else { "and it is not used" }),
        ("notes.md.asc", "It was checked over notes.md"),
        ("notes.md.asc", if is_theirs { "that the reporter gave." } else { "a key that is not known here" }),
    ] {
        let body = page(browser, case, name).await.body;
        assert!(body.contains(words), "{name}: {words}: {body}");
        assert!(!body.contains("PRIVATE KEY"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_openpgp_in_a_mail_are_shown_as_what_they_are_and_an_attached_key_is_the_reporters_unchecked() {
    let Some(gpg) = Gpg::new() else { return };
    let service = begin(&gpg).await;
    let key = ada(&gpg);
    let mut body = String::from("--z\nContent-Type: text/plain\n\nSee the files.\n");
    for (name, bytes) in files(&gpg, &key) {
        let text = String::from_utf8(bytes).expect("text").trim_end().to_owned();
        body += &format!(
            "--z\nContent-Type: application/octet-stream; name={name}\nContent-Disposition: attachment; filename={name}\n\n{text}\n"
        );
        if name == "notes.md" {
            // The line end before a boundary belongs to the boundary.
            body.push('\n');
        }
    }
    let more = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=z\r\n";
    let raw = String::from_utf8(mail(&format!("Ada <{ADA}>"), "Files", more, &format!("{body}--z--"))).expect("text");
    let raw = raw.replace("the notes\r\n\r\n", "the notes\n\r\n");
    let Outcome::Filed(case) = comes(&service.app, US, raw.into_bytes()).await else { panic!("a report") };
    let case = look(&service.app, &case).await;
    let contact = case.reports[0].contact.as_ref().expect("a contact");
    assert!(contact.pgp_key.contains("BEGIN PGP PUBLIC KEY"), "the one that carries their address");
    let browser = coordinator(&service).await;
    shows(&service, &browser, &case, true).await;
    let seen = as_reporter(&service.app, &case.id).await;
    assert!(!format!("{seen:?}").contains("CANARY"), "nothing of what was opened is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_openpgp_in_the_form_are_shown_as_what_they_are_and_a_key_is_offered_unchecked() {
    let Some(gpg) = Gpg::new() else { return };
    let service = begin(&gpg).await;
    let key = ada(&gpg);
    let browser = service.browser();
    let said = [("title", "Overflow"), ("description", "See the files."), ("reporter_email", ADA)];
    let form = browser.get("/store/report").await.form("/store/report");
    let email = form.iter().find(|(name, _)| name.contains("email")).expect("a field for the address").0.clone();
    let said = said.map(|(name, value)| (if name == "reporter_email" { email.as_str() } else { name }, value));
    let files = files(&gpg, &key);
    let files: Vec<(&str, &str, Vec<u8>)> =
        files.into_iter().map(|(name, bytes)| (name, "application/pgp-keys", bytes)).collect();
    let sent = browser.post_files("/store/report", &answered(form, &said), &files).await;
    let receipt = sent.receipt().unwrap_or_else(|| panic!("{}", sent.body));
    let (_, case) = open_receipt(&service.app, &receipt).await.expect("it opens");
    let case = look(&service.app, &case.id).await;
    assert!(
        case.reports[0].contact.as_ref().is_some_and(|contact| contact.pgp_key.is_empty()),
        "no file is taken for a key"
    );
    let browser = coordinator(&service).await;
    shows(&service, &browser, &case, false).await;
}
