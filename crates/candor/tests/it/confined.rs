//! Foreign bytes are taken apart by processes that hold nothing, and whose death costs one answer.

use std::sync::Arc;
use std::time::Duration;

use candor::confine::{Budget, Lost, Workers};
use candor::mail::apart::read_apart;
use candor::mail::read::{Limits, Over, read};

use crate::support::binary::CANDOR;
use crate::support::places::Place;

const MAIL: &[u8] = b"From: Ada <ada@example.org>\r\nTo: security@min.io\r\nSubject: A finding\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nIt is here.\r\n--x\r\nContent-Type: application/octet-stream; name=poc.bin\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--x--\r\n";

fn script(text: &str, budget: Budget) -> Workers {
    Workers::new(Some(("/bin/sh".into(), vec!["-c".into(), text.into()])), budget)
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
    assert_eq!(workers.ask(vec![Arc::new(b"nothing it knows".to_vec())]).await, Ok(Vec::new()), "and lives on");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_p5_a_worker_that_dies_or_hangs_costs_one_answer() {
    let dies = script("head -c 10 >/dev/null; kill -9 $$", Budget::default());
    assert_eq!(dies.ask(question()).await, Err(Lost::Died));
    let hangs = script("cat >/dev/null", Budget { time: Duration::from_millis(200), ..Budget::default() });
    assert_eq!(hangs.ask(question()).await, Err(Lost::Died));
    let endless = script("yes", Budget { answer: 1000, ..Budget::default() });
    assert_eq!(endless.ask(question()).await, Err(Lost::Died));
    let eats = script("tail -c 1G /dev/zero", Budget { memory: 16 << 20, ..Budget::default() });
    assert_eq!(eats.ask(question()).await, Err(Lost::Died));
    assert_eq!(
        Workers::new(Some(("/nowhere".into(), vec![])), Budget::default()).ask(question()).await,
        Err(Lost::NotStarted)
    );
    // Dies on the first question and answers the second: the next one gets a fresh worker.
    let folder = tempfile::tempdir().expect("a folder");
    let mark = folder.path().join("mark").display().to_string();
    let once = format!("if [ -e {mark} ]; then exec {CANDOR} parse-worker; else touch {mark}; kill -9 $$; fi");
    let workers = script(&once, Budget::default());
    assert_eq!(workers.ask(question()).await, Err(Lost::Died));
    assert_eq!(workers.ask(vec![Arc::new(b"nothing it knows".to_vec())]).await, Ok(Vec::new()));
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
    config.reader = Some("/bin/false".into());
    let app = candor::app::App::new(place.store.clone(), Some(place.ring.clone()), config).await.expect("opens");
    let lost = read_apart(&app, &raw, Limits::default()).await.expect("kept");
    assert_eq!(lost.over, Some(Over::Reader));
}
