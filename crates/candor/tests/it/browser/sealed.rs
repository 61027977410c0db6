//! A report that is encrypted in the browser to the members' certificates, and opened with GnuPG on a member's machine.

use std::path::Path;
use std::process::Command;

use tokio::time::{Duration, interval};

use super::house::House;
use super::person::Chromium;
use super::team::join;

const CANARY: &str = "CANARY-7c1f the header is folded twice, süß";
const FILE_CANARY: &str = "CANARY-91b2 bytes of the proof";

fn gpg(home: &Path, words: &[&str]) -> Vec<u8> {
    let output = Command::new("gpg")
        .args(["--batch", "--quiet", "--homedir"])
        .arg(home)
        .args(["--pinentry-mode", "loopback", "--passphrase", ""])
        .args(words)
        .output()
        .expect("gpg runs");
    assert!(output.status.success(), "gpg {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Tells the story.
pub async fn tell(house: &House, chromium: &Chromium) {
    if Command::new("gpg").arg("--version").output().is_err() {
        eprintln!("skipped: gpg is not installed (Debian package gnupg)");
        return;
    }
    // The sockets of its agent want a short path.
    let home = tempfile::Builder::new().prefix("g").tempdir_in("/tmp").expect("a folder");
    gpg(home.path(), &["--quick-gen-key", "Ada <ada@minio.example>", "default", "default", "never"]);
    let certificate = house.desk_drawer("team.asc", &gpg(home.path(), &["--export", "--armor", "ada@minio.example"]));
    let file = certificate.display().to_string();
    house.command(&["keys", "openpgp", "recipients", &file, "--program", "minio"]);
    let ada = join(chromium.person(&house.url).await, &house.setup_link(), "Ada Quist", "ada@minio.example", "-").await;

    // Crypto is away: the page says so, offers no field, and the other ways stand there.
    let reporter = chromium.person(&house.url).await;
    reporter.go("/minio/report/sealed").await.sees("This way is weaker").await.look("sealed").await;
    reporter.ask("(() => { window.openpgp.encrypt = () => Promise.reject(new Error('out of memory')); })()").await;
    reporter.fill("#clear", CANARY).await.unfold("Encrypt it to the certificate above").await;
    until_said(&reporter, "what you wrote is still here").await;
    assert_eq!(reporter.ask("document.getElementById('clear').value").await, CANARY);
    assert_eq!(reporter.ask("document.getElementById('message').value").await, "");
    reporter.ask("(() => { document.getElementById('clear').value = ''; document.getElementById('clear').dispatchEvent(new Event('input', { bubbles: true })); })()").await;

    reporter.go("/minio/report/sealed").await.fill("#clear", CANARY).await;
    let proof = house.desk_drawer("proof of it.bin", FILE_CANARY.as_bytes());
    reporter.attach("#clear-files", &[&proof]).await;
    reporter.unfold("Encrypt it to the certificate above").await;
    until_said(&reporter, "Encrypted to 1 certificate").await;
    let message = reporter.ask("document.getElementById('message').value").await;
    assert!(message.as_str().is_some_and(|it| it.starts_with("-----BEGIN PGP MESSAGE-----")), "{message}");
    reporter.look("sealed-encrypted").await.press("Hand in the encrypted report").await;
    reporter.sees("receipt").await;

    let case = ada.open("Sealed report").await;
    let person = ada.comes_to(&case).await;
    let files = person.attributes(".file-list a", "href").await;
    let link = files.first().expect("the sealed report is a file");
    let lies = person.fetch(link).await.bytes().await.expect("the file");
    let opened = gpg(home.path(), &["--decrypt", &house.desk_drawer("got.asc", &lies).display().to_string()]);
    let opened = String::from_utf8(opened).expect("text");
    let file = data_encoding::BASE64.encode(FILE_CANARY.as_bytes());
    assert!(opened.contains(CANARY) && opened.contains(&file) && opened.contains("proof%20of%20it.bin"), "{opened}");
    for canary in ["CANARY-7c1f", "CANARY-91b2", &file, "proof of it"] {
        assert_eq!(house.data_holding(canary.as_bytes()), Vec::<std::path::PathBuf>::new(), "{canary}");
    }
    drop(Command::new("gpgconf").arg("--homedir").arg(home.path()).args(["--kill", "all"]).output());
}

/// Waits until the page says how the encrypting went.
async fn until_said(person: &super::person::Person, words: &str) {
    let mut pace = interval(Duration::from_millis(50));
    for _ in 0..600 {
        pace.tick().await;
        if person.read("[data-seal-says]").await.contains(words) {
            return;
        }
    }
    person.sees(words).await;
}
