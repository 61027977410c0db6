//! Foreign bytes are taken apart by processes that hold nothing, and whose death costs one answer.

use std::sync::Arc;
use std::time::Duration;

use candor::confine::{Budget, Lost, Workers};
use candor::error::Error;
use candor::keys::Purpose;
use candor::mail::apart::read_apart;
use candor::mail::read::{Limits, Over, read};
use candor::mail::receive::{Envelope, receive, recipients};

use crate::support::binary::{Binary, CANDOR, How, candor, memory_holds, policy};
use crate::support::places::Place;

const MAIL: &[u8] = b"From: Ada <ada@example.org>\r\nTo: security@min.io\r\nSubject: A finding\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nIt is here.\r\n--x\r\nContent-Type: application/octet-stream; name=poc.bin\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--x--\r\n";

/// A stem whose readers are scripts: their line is their standard input and output.
pub const STEM: &str = r#"
import os, signal, socket, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
service = socket.socket(fileno=0)
readers = {}
while True:
    order, lines, _, _ = socket.recv_fds(service, 17, 1)
    if not order:
        break
    number = order[1:9]
    if order[:1] == b"e":
        try:
            os.kill(readers[number], signal.SIGKILL)
        except ProcessLookupError:
            pass
    else:
        readers[number] = os.fork()
        if readers[number] == 0:
            os.dup2(lines[0], 0)
            os.dup2(lines[0], 1)
            os.execv("/bin/sh", ["sh", "-c", sys.argv[1]])
        os.close(lines[0])
"#;

/// Readers that do what a script does.
fn script(text: &str, budget: Budget) -> Workers {
    Workers::new(Some(("/usr/bin/env".into(), ["python3", "-c", STEM, text].map(String::from).to_vec())), budget)
}

/// Readers of the program itself, started by a script.
fn started_by(text: &str) -> Workers {
    Workers::new(Some(("/bin/sh".into(), vec!["-c".into(), text.into()])), Budget::default())
}

fn question() -> Vec<Arc<Vec<u8>>> {
    vec![Arc::new(b"mail".to_vec()), Arc::new(vec![b'x'; 100_000])]
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_u8_a_parser_process_opens_no_file_and_no_socket() {
    let workers = Workers::new(Some((CANDOR.into(), vec!["parse-worker".into()])), Budget::default());
    let possible = workers.prove().await.expect("it answers");
    // Whether the kernel has Landlock is the machine's affair: the filter of system calls alone must hold all.
    let possible: Vec<_> = possible.iter().filter(|what| !what.contains("Landlock")).collect();
    assert_eq!(possible, Vec::<&String>::new());
    assert_eq!(workers.ask(vec![Arc::new(b"nothing it knows".to_vec())]).await, Ok(Vec::new()), "and others go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_p5_a_worker_that_dies_or_hangs_costs_one_answer() {
    let dies = script("printf +; head -c 10 >/dev/null; kill -9 $$", Budget::default());
    assert_eq!(dies.ask(question()).await, Err(Lost::Died));
    // Long enough to get ready on a machine with much else to do.
    let hangs = script("printf +; exec cat >/dev/null", Budget { time: Duration::from_secs(5), ..Budget::default() });
    assert_eq!(hangs.ask(question()).await, Err(Lost::Died));
    let endless = script("printf +; exec yes", Budget { answer: 1000, ..Budget::default() });
    assert_eq!(endless.ask(question()).await, Err(Lost::Died));
    // A question that takes more memory than there is for it, to the program itself.
    let small = Budget { memory: 48 << 20, ..Budget::default() };
    let eats = Workers::new(Some((CANDOR.into(), vec!["parse-worker".into()])), small);
    let large = vec![Arc::new(b"mail".to_vec()), Arc::new(vec![b'x'; 64 << 20])];
    assert_eq!(eats.ask(large).await, Err(Lost::Died));
    assert_eq!(eats.ask(question()).await, Ok(Vec::new()), "and the next question has its own");
    // Dies on the first question and answers the second: the next one gets a fresh reader.
    let folder = tempfile::tempdir().expect("a folder");
    let mark = folder.path().join("mark").display().to_string();
    let nothing = r"printf '\0\0\0\0\0\0\0\0'";
    let workers = script(
        &format!(
            "printf +; head -c 10 >/dev/null; if [ -e {mark} ]; then {nothing}; cat >/dev/null; else touch {mark}; kill -9 $$; fi"
        ),
        Budget::default(),
    );
    assert_eq!(workers.ask(question()).await, Err(Lost::Died));
    assert_eq!(workers.ask(vec![Arc::new(b"nothing it knows".to_vec())]).await, Ok(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_never_got_ready_says_nothing_about_the_question() {
    let none = Workers::new(Some(("/nowhere".into(), vec![])), Budget::default());
    assert_eq!(none.ask(question()).await, Err(Lost::NotStarted));
    assert_eq!(script("exit 127", Budget::default()).ask(question()).await, Err(Lost::NotStarted));
    let slow = Budget { time: Duration::from_millis(200), ..Budget::default() };
    assert_eq!(script("exec sleep 60", slow).ask(question()).await, Err(Lost::NotStarted));
}

/// The numbers of the processes that were started, as they wrote them down.
fn started(folder: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("started")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_p5_whoever_takes_a_worker_over_sees_no_other_question() {
    // One that says who it is, whatever it is asked, and would go on to answer.
    let answer = r"[ $(head -c 34 | wc -c) = 34 ] || exit; printf '\0\0\0\0\0\0\0\001\0\0\0\0\0\0\0\010%08d' $$";
    let workers = script(&format!("printf +; while :; do {answer}; done"), Budget::default());
    let mut answered = Vec::new();
    for _ in 0..5 {
        let word = workers.ask(vec![Arc::new(b"whose mail is this".to_vec())]).await.expect("an answer").remove(0);
        answered.push(String::from_utf8(word).expect("a number"));
    }
    let each: std::collections::BTreeSet<&String> = answered.iter().collect();
    assert_eq!(each.len(), answered.len(), "a process for each question: {answered:?}");
    for number in &answered {
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", number.trim_start_matches('0')));
        // Ended, though they would go on.
        while state().is_ok() {
            tokio::task::yield_now().await;
        }
    }
    // Of the program itself nothing is left of those that answered, and the stem they come from was asked nothing.
    let folder = tempfile::tempdir().expect("a folder");
    let numbers = folder.path().join("started").display().to_string();
    let workers = started_by(&format!("echo $$ >> {numbers}; exec {CANDOR} parse-worker"));
    let canary = format!("canary {}", candor::keys::random::secret());
    for _ in 0..5 {
        assert_eq!(workers.ask(vec![Arc::new(canary.clone().into_bytes())]).await, Ok(Vec::new()));
    }
    let stems = started(folder.path());
    assert_eq!(stems.len(), 1, "one stem: {stems:?}");
    let stem: u32 = stems[0].parse().expect("a number");
    let children = std::fs::read_to_string(format!("/proc/{stem}/task/{stem}/children")).unwrap_or_default();
    for child in children.split_whitespace() {
        let state = || std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        // Over when nothing is left of it but its number.
        while !state().is_empty() && !state().contains(") Z ") {
            tokio::task::yield_now().await;
        }
    }
    let Some(held) = memory_holds(stem, &[canary.into_bytes(), b"parse-worker".to_vec()]) else { return };
    assert_eq!(held, [1], "its memory is looked at, and no question was in it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_ended_while_it_waited_costs_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let numbers = folder.path().join("started").display().to_string();
    let workers = started_by(&format!("echo $$ >> {numbers}; exec {CANDOR} parse-worker"));
    let unknown = || vec![Arc::new(b"nothing it knows".to_vec())];
    for _ in 0..2 {
        assert_eq!(workers.ask(unknown()).await, Ok(Vec::new()));
        for number in started(folder.path()) {
            std::process::Command::new("sh")
                .args(["-c", &format!("kill -9 {number} 2>/dev/null")])
                .status()
                .expect("run");
            // Over when nothing is left of it but its number.
            let state = || std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
            while !state().is_empty() && !state().contains(") Z ") {
                tokio::task::yield_now().await;
            }
        }
    }
    assert_eq!(workers.ask(unknown()).await, Ok(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_comes_again_when_no_process_can_be_had_to_read_it() {
    let place = Place::sqlite().await;
    let app = place.app_with(&[crate::letters::POLICY], |config| config.reader = Some("/nowhere".into())).await;
    let read = read_apart(&app, &Arc::new(MAIL.to_vec()), Limits::default()).await;
    assert!(matches!(read, Err(Error::Busy)));
    // A mailbox is left as it is: its mails are not for nobody.
    assert!(matches!(recipients(&app, MAIL).await, Err(Error::Busy)));
    // A mail server is told to come again, and nothing of the mail is kept.
    let envelope = Envelope { from: None, to: crate::mail_in::US.into(), program: None };
    assert!(matches!(receive(&app, &envelope, MAIL.to_vec()).await, Err(Error::Busy)));
    assert!(candor::store::journal::streams(&app.store, "", 10).await.expect("streams").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_read_apart_is_the_mail_read_here() {
    let place = Place::sqlite().await;
    let mut config = place.app(&[]).await.config.clone();
    config.reader = Some(CANDOR.into());
    let app =
        candor::app::App::new(place.store.clone(), Some(place.ring.clone()), config.clone()).await.expect("opens");
    let raw = Arc::new(MAIL.to_vec());
    let apart = read_apart(&app, &raw, Limits::default()).await.expect("read");
    assert_eq!(apart, read(MAIL, &Limits::default()));
    assert_eq!(apart.files[0].bytes, [0, 1, 2, 3]);

    // A reader that always dies leaves a mail that a person looks at.
    let dies = place.folder.path().join("dies");
    let text = format!("#!/bin/sh\nexec python3 -c '{STEM}' 'printf +; head -c 10 >/dev/null; kill -9 $$'\n");
    std::fs::write(&dies, text).expect("written");
    std::fs::set_permissions(&dies, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("set");
    config.reader = Some(dies);
    let app = candor::app::App::new(place.store.clone(), Some(place.ring.clone()), config).await.expect("opens");
    let lost = read_apart(&app, &raw, Limits::default()).await.expect("kept");
    assert_eq!(lost.over, Some(Over::Reader));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_of_a_front_without_keys_holds_no_key_and_no_word_of_a_case() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let desk = Binary::start(&data, &How::default()).await.expect("it starts");
    let (status, text) = candor(&data, &["program", "add", &policy("minio").display().to_string()]);
    assert_eq!(status, 0, "{text}");
    desk.stop();
    let desk = Binary::start(&data, &How::default()).await.expect("it starts");
    let canary = format!("canary {}", candor::keys::random::secret());
    let report = serde_json::json!({ "title": "A title", "description": canary });
    let client = reqwest::Client::new();
    let file = format!("{}/api/v1/programs/minio/reports", desk.base);
    let answer = client.post(&file).json(&report).send().await.expect("an answer");
    assert_eq!(answer.status(), 201);
    let key_file = folder.path().join("data.key");
    let store = candor::store::StoreConfig { database: candor::store::Database::Sqlite(data.clone()), ring: None };
    let store = candor::store::Store::open(&store).await.expect("opens");
    let root = candor::keys::RootKey::open_or_create(&key_file, &store).await.expect("opens");
    let purposes =
        [Purpose::CaseRing, Purpose::PersonRing, Purpose::Member, Purpose::Receipt, Purpose::Sign, Purpose::Intake];
    let mut needles: Vec<Vec<u8>> = purposes.iter().map(|purpose| root.purpose(*purpose).bytes().to_vec()).collect();
    needles.push(canary.clone().into_bytes());
    let Some(held) = memory_holds(desk.id(), &needles) else { return };
    assert!(held.contains(&0) && held.contains(&3), "the desk holds keys, so that this finds them: {held:?}");
    desk.stop();

    std::fs::rename(&key_file, folder.path().join("away")).expect("moved");
    let how = How { flags: ["--roles", "public"].map(String::from).to_vec(), ..How::default() };
    let front = Binary::start(&data, &how).await.expect("it is ready without a key");
    for path in ["/", "/minio", "/minio/report", "/receipt"] {
        assert_eq!(
            client.get(format!("{}{path}", front.base)).send().await.expect("an answer").status(),
            200,
            "{path}"
        );
    }
    let held = memory_holds(front.id(), &needles).expect("as before");
    assert_eq!(held, Vec::<usize>::new(), "needles found in the front");
    let file = format!("{}/api/v1/programs/minio/reports", front.base);
    let answer =
        client.post(&file).json(&serde_json::json!({ "title": "Another", "description": "Another one" })).send().await;
    assert_eq!(answer.expect("an answer").status(), 201, "and it takes reports in");
    front.stop();
    std::fs::rename(folder.path().join("away"), &key_file).expect("moved back");
    assert_eq!(candor::store::waiting::count(&store).await.expect("a count"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_p3_a_key_is_read_by_a_process_that_holds_nothing_and_its_death_costs_the_key() {
    use candor::confine::certificates::read;
    let workers = Workers::new(Some((CANDOR.into(), vec!["parse-worker".into()])), Budget::default());
    let now = "2026-03-02T09:00:00Z".parse().expect("an instant");
    let made = candor::openpgp::Secret::make("Ada <ada@example.org>", now, None, candor::openpgp::random());
    let key = made.expect("a key").certificate();
    let found = read(&workers, key.to_armor().as_bytes(), now).await.expect("it is taken");
    assert_eq!((found.fingerprint(), found.can_encrypt(now)), (key.fingerprint(), Ok(())));
    let many = [key.to_bytes(), key.to_bytes()].concat();
    assert!(read(&workers, &many, now).await.expect_err("two").contains("2 OpenPGP keys"));
    assert!(read(&workers, b"x", now).await.expect_err("none").contains("no public OpenPGP key"));
    let large = vec![b'x'; 2 << 20];
    assert!(read(&workers, &large, now).await.expect_err("too large").contains("512 KB"));
    let dies = script("printf +; head -c 10 >/dev/null; kill -9 $$", Budget::default());
    assert!(read(&dies, key.to_armor().as_bytes(), now).await.expect_err("it died").contains("cannot be read"));
    // One that was taken over gives a key of its own choice, or words: nothing else.
    let lies = script(
        "printf +; head -c 10 >/dev/null; printf 'nonsense'; sleep 9",
        Budget { time: Duration::from_millis(300), ..Budget::default() },
    );
    assert!(read(&lies, key.to_armor().as_bytes(), now).await.is_err());
}
