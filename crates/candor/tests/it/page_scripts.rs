//! The scripts of pages, run by Node outside of any browser: what they make is what the program reads, and what fails sends nothing.

#![allow(clippy::print_stderr)] // what is left out is said aloud

use std::io::Write as _;
use std::process::{Command, Stdio};

use candor::keys::Key;
use candor::openpgp::{Secret, decrypt, random, words};
use candor::throttle::work;
use jiff::Timestamp;
use serde_json::{Value, json};

const SEALED: &str = include_str!("../../assets/sealed.js");
const OPENPGP: &str = include_str!("../../assets/openpgp/openpgp.min.js");
const WORK: &str = include_str!("../../assets/work.js");
const AROUND: &str = include_str!("page_scripts.js");

/// What came of the scripts; none where Node is not installed.
fn run(asked: &Value) -> Option<Value> {
    let node = Command::new("node").args(["-e", AROUND]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut node) = node else {
        eprintln!("skipped: node is not installed (Debian package nodejs)");
        return None;
    };
    let mut to = node.stdin.take().expect("its input");
    to.write_all(asked.to_string().as_bytes()).expect("it reads");
    drop(to);
    let output = node.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn page(keys: &[&Secret]) -> Value {
    let certificates: String = keys.iter().map(|key| key.certificate().to_armor()).collect();
    let fingerprints: Vec<String> = keys.iter().map(|key| words::grouped(&key.fingerprint())).collect();
    json!({
        "scripts": [OPENPGP, SEALED], "certificates": certificates, "fingerprints": fingerprints,
        "text": "Folded headers\nCANARY, süß", "files": [{ "name": "pöc (1).bin", "body": "CANARY bytes" }],
    })
}

#[test]
fn abuse_k2_what_a_browser_encrypts_opens_for_every_member_and_is_read_as_a_letter_with_its_files() {
    // The script reads the machine's clock.
    let now = Timestamp::try_from(std::time::SystemTime::now()).expect("an instant");
    let [mei, tom] = ["Mei <mei@example.org>", "Tom <tom@example.org>"]
        .map(|name| Secret::make(name, now, None, random()).expect("a key"));
    let Some(made) = run(&page(&[&mei, &tom])) else { return };
    assert!(made["says"].as_str().is_some_and(|says| says.starts_with("Encrypted to 2 certificates.")), "{made}");
    let message = made["message"].as_str().expect("a message");
    assert_eq!(candor::openpgp::sealed::check(message.as_bytes(), 1 << 22), Ok(()), "the page takes it");
    for key in [mei, tom] {
        let opened = decrypt::open(message.as_bytes(), &[key], &[], now, &Default::default()).expect("for each");
        let letter = candor::mail::read::read(&opened.bytes, &candor::mail::read::Limits::default());
        assert_eq!(letter.whole().replace("\r\n", "\n").trim_end(), "Folded headers\nCANARY, süß");
        let files: Vec<_> = letter.files.iter().map(|file| (file.name.as_str(), file.bytes.as_ref())).collect();
        assert_eq!(files, [("pöc (1).bin", b"CANARY bytes".as_slice())]);
    }
}

#[test]
fn abuse_k2_crypto_that_is_blocked_slow_or_out_of_memory_sends_nothing_and_keeps_what_was_typed() {
    let now = Timestamp::try_from(std::time::SystemTime::now()).expect("an instant");
    let [mei, eve] = ["Mei <mei@example.org>", "Eve <eve@example.org>"]
        .map(|name| Secret::make(name, now, None, random()).expect("a key"));
    for (broken, says, off) in [
        ("no script", "cannot encrypt on this page", true),
        ("insecure", "cannot encrypt on this page", true),
        ("no crypto", "cannot encrypt on this page", true),
        ("fails", "could not encrypt it", false),
        ("slow", "longer than 30 seconds", false),
    ] {
        let mut asked = page(&[&mei]);
        asked["broken"] = broken.into();
        let Some(made) = run(&asked) else { return };
        assert!(made["says"].as_str().is_some_and(|it| it.contains(says)), "{broken}: {made}");
        assert!(made["says"].as_str().is_some_and(|it| it.contains("three ways above")), "the clear choice: {made}");
        assert_eq!(
            (&made["message"], &made["file"]),
            (&json!(""), &json!("")),
            "{broken}: nothing is put into the form"
        );
        assert_eq!(
            (&made["off"], made["text"].as_str()),
            (&json!(off), Some("Folded headers\nCANARY, süß")),
            "{broken}"
        );
    }
    // A certificate that the page does not show, one that cannot be read, and a report that is too large.
    let mut foreign = page(&[&mei]);
    foreign["certificates"] = eve.certificate().to_armor().into();
    let mut unread = page(&[&mei, &eve]);
    unread["certificates"] = mei.certificate().to_armor().into();
    let mut large = page(&[&mei]);
    large["text"] = "x".repeat(3_000_000).into();
    for (asked, says) in [(foreign, "none of those"), (unread, "cannot all be read"), (large, "larger than 2 MB")] {
        let Some(made) = run(&asked) else { return };
        assert!(made["says"].as_str().is_some_and(|it| it.contains(says)), "{says}: {}", made["says"]);
        assert_eq!((&made["message"], &made["file"]), (&json!(""), &json!("")), "{says}");
    }
    // A longer one goes into the form as a file.
    let mut long = page(&[&mei]);
    long["text"] = "a long report ".repeat(40_000).into();
    let Some(made) = run(&long) else { return };
    assert!(made["file"].as_str().is_some_and(|it| it.starts_with("-----BEGIN PGP MESSAGE")), "{}", made["says"]);
    assert_eq!(made["message"], "");
}

#[test]
fn abuse_q3_the_script_of_the_form_solves_what_the_server_asks() {
    let (key, now) = (Key::new("form", [7; 32]), at("2026-11-21T12:00:00Z"));
    let asked = work::challenge(&key, "report/minio", "one", work::bits(1, 1), now);
    let Some(made) = run(&json!({ "scripts": [WORK], "work": asked })) else { return };
    let solved = made["work"].as_str().expect("a solution");
    assert_eq!(work::check(&key, "report/minio", "one", solved, now), Ok(()), "{solved}");
}
