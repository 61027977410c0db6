//! A small disk that fills, too few files and too little memory, two processes on one store, a log that is lost.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use candor::anchors::places;
use candor::config::AnchorPlace;
use candor::store::{Batch, Store, StoreError, settings, verify};
use reqwest::Client;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use crate::support::binary::{Binary, How, candor, policy};
use crate::support::chains::{case_statements, keep_case};
use crate::support::places::Place;
use crate::support::service::{MINIO, open};

/// A disk of 8 MB of memory; it goes away with this.
struct Disk(PathBuf);

impl Disk {
    /// Makes it, or says why the story is left out.
    fn of(folder: &Path) -> Option<Self> {
        let place = folder.join("disk");
        std::fs::create_dir_all(&place).expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m,mode=0700", "candor-test"]).arg(&place);
        let done = mount.stdin(Stdio::null()).stderr(Stdio::null()).status();
        if done.is_ok_and(|status| status.success()) {
            return Some(Self(place));
        }
        eprintln!("skipped: no small disk can be mounted; run the tests as root");
        None
    }

    /// Fills it up to this many bytes.
    fn fill(&self, left: u64) {
        use std::io::Write as _;
        let path = self.0.join("ballast");
        let mut ballast = std::fs::OpenOptions::new().create(true).append(true).open(&path).expect("a file");
        for size in [64 * 1024, 4096, 512, 1] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
        let length = ballast.metadata().expect("its size").len();
        ballast.set_len(length.saturating_sub(left)).expect("cut");
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("ballast")).expect("removed");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

/// Files a report with a file of this size; the status and, when it is taken, the receipt.
async fn report(base: &str, title: &str, size: usize) -> Option<(u16, Value)> {
    let body = json!({ "title": title, "description": "The disk is nearly full." });
    let mut form =
        Form::new().part("report", Part::text(body.to_string()).mime_str("application/json").expect("a kind"));
    if size > 0 {
        form = form.part("files", Part::bytes(vec![7; size]).file_name("proof.bin"));
    }
    let client = Client::builder().timeout(Duration::from_secs(60)).build().expect("a client");
    let answer = client.post(format!("{base}/api/v1/programs/minio/reports")).multipart(form).send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.json().await.unwrap_or_default()))
}

/// The title that a receipt opens.
async fn title(base: &str, receipt: &str) -> String {
    let asked =
        Client::new().get(format!("{base}/api/v1/receipt")).header("authorization", format!("Receipt {receipt}"));
    let view: Value = asked.send().await.expect("an answer").json().await.expect("JSON");
    view["report"]["title"].as_str().unwrap_or_default().to_owned()
}

/// What the door for mail answers to one mail, from its greeting to the end.
async fn mailed(socket: &Path, subject: &str) -> String {
    let mut stream = BufReader::new(UnixStream::connect(socket).await.expect("it listens"));
    let mut said = String::new();
    let mail = format!(
        "From: ada@outside.example\r\nSubject: {subject}\r\nMessage-ID: <{subject}@outside.example>\r\n\r\nIt overflows.\r\n.\r\n"
    );
    for (words, lines) in [
        ("LHLO mx.example\r\n", "250 "),
        ("MAIL FROM:<path@outside.example>\r\n", ""),
        ("RCPT TO:<security@min.io>\r\n", ""),
        ("DATA\r\n", ""),
        (mail.as_str(), ""),
    ] {
        if said.is_empty() {
            stream.read_line(&mut said).await.expect("a greeting");
        }
        stream.get_mut().write_all(words.as_bytes()).await.expect("it is heard");
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.expect("an answer");
            said = line.clone();
            if lines.is_empty() || line.starts_with(lines) {
                break;
            }
        }
        if said.starts_with(['4', '5']) {
            break;
        }
    }
    said.trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d4_a_disk_of_8_mb_fills_is_said_at_each_door_and_heals_without_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(disk) = Disk::of(folder.path()) else { return };
    let data = disk.0.join("data");
    let (status, said) = candor(&data, &["program", "add", &policy("minio").display().to_string()]);
    assert_eq!(status, 0, "{said}");
    let socket = folder.path().join("lmtp");
    let flags = ["--lmtp", &format!("unix:{}", socket.display())].map(String::from).to_vec();
    let binary = Binary::start(&data, &How { flags, ..How::default() }).await.expect("it starts");
    let (status, first) = report(&binary.base, "the first", 100).await.expect("an answer");
    assert_eq!(status, 201, "{first}");
    let mut taken = vec![(first["receipt"].as_str().expect("a receipt").to_owned(), "the first".to_owned())];
    let mut refused = 0;
    // Room for nothing, for part of a file, for the file and not for its row, for a while.
    for round in 0..24 {
        let left = [0, 4096, 16_384, 65_536, 110_000, 250_000][round % 6];
        disk.fill(left);
        let title = format!("with {left} bytes left, round {round}");
        let (status, body) = report(&binary.base, &title, 100_000 * (round % 2)).await.expect("an answer");
        match status {
            201 => taken.push((body["receipt"].as_str().expect("a receipt").to_owned(), title)),
            503 | 507 => {
                refused += usize::from(status == 507);
                assert!(
                    body["detail"].as_str().is_some_and(|words| words.contains("room") || words.contains("saved")),
                    "{body}"
                );
            }
            other => panic!("{title}: {other} {body}"),
        }
        let page = Client::new().get(format!("{}/minio", binary.base)).send().await.expect("an answer");
        assert_eq!(page.status(), 200, "what is there can be read");
    }
    assert!(refused > 5, "the disk was never full enough: {refused}");
    disk.fill(0);
    let mut answer = String::new();
    for number in 0..50 {
        answer = mailed(&socket, &format!("overflow{number}")).await;
        disk.fill(0);
        if answer.starts_with('4') {
            break;
        }
    }
    assert!(answer.starts_with("452 ") || answer.starts_with("451 "), "the mail stays with its server: {answer}");
    for (receipt, known) in &taken {
        assert_eq!(title(&binary.base, receipt).await, *known, "reads work on a full disk");
    }

    disk.free();
    let mut healed = None;
    for number in 0..200 {
        let (status, body) = report(&binary.base, &format!("after, {number}"), 1_000).await.expect("an answer");
        if status == 201 {
            healed = body["receipt"].as_str().map(|receipt| (receipt.to_owned(), format!("after, {number}")));
            break;
        }
    }
    taken.push(healed.expect("it heals without a restart"));
    assert!(mailed(&socket, "afterwards").await.starts_with("250 "), "mail, too");
    for (receipt, known) in &taken {
        assert_eq!(title(&binary.base, receipt).await, *known);
    }
    binary.stop();
    let (status, said) = candor(&data, &["journal", "verify"]);
    assert_eq!(status, 0, "{said}");
}

/// Whether limits can be set for a program that is started.
fn limits() -> bool {
    let there = Command::new("prlimit").arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: prlimit (util-linux) is not installed");
    }
    there
}

fn limited(limit: &str) -> How {
    How { before: vec!["prlimit".into(), limit.into()], ..How::default() }
}

/// Everything that was taken can be read, and every chain is whole.
async fn kept(data: &Path, base: &str, taken: &[(String, String)]) {
    for (receipt, known) in taken {
        assert_eq!(title(base, receipt).await, *known);
    }
    let (status, said) = candor(data, &["journal", "verify"]);
    assert_eq!(status, 0, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d11_with_64_open_files_reports_are_taken_or_refused_and_it_recovers_alone() {
    if !limits() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let (status, said) = candor(&data, &["program", "add", &policy("minio").display().to_string()]);
    assert_eq!(status, 0, "{said}");
    let binary = Binary::start(&data, &limited("--nofile=64:64")).await.expect("it starts with 64 files");
    let mut taken = Vec::new();
    let address = binary.base.trim_start_matches("http://").to_owned();
    for round in 0..3 {
        // More connections than it has files; some wait outside.
        let mut idle = Vec::new();
        for _ in 0..80 {
            idle.push(tokio::time::timeout(Duration::from_secs(2), tokio::net::TcpStream::connect(&address)).await);
        }
        for number in 0..4 {
            let title = format!("crowded, {round} {number}");
            let asked = tokio::time::timeout(Duration::from_secs(3), report(&binary.base, &title, 5_000)).await;
            match asked.ok().flatten() {
                Some((201, body)) => taken.push((body["receipt"].as_str().expect("a receipt").to_owned(), title)),
                Some((503 | 507, _)) | None => {}
                Some((other, body)) => panic!("{title}: {other} {body}"),
            }
        }
        drop(idle);
        let title = format!("alone, {round}");
        let mut done = false;
        for _ in 0..60 {
            if let Some((201, body)) = report(&binary.base, &title, 5_000).await {
                taken.push((body["receipt"].as_str().expect("a receipt").to_owned(), title.clone()));
                done = true;
                break;
            }
        }
        assert!(done, "it recovers when the crowd has gone, round {round}");
    }
    kept(&data, &binary.base, &taken).await;
    binary.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d11_with_little_memory_and_parts_that_are_killed_nothing_acknowledged_is_lost() {
    if !limits() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let (status, said) = candor(&data, &["program", "add", &policy("minio").display().to_string()]);
    assert_eq!(status, 0, "{said}");
    // 128 MiB for what each process writes to; its text and read-only pages are not counted.
    let how = How { parts: true, ..limited("--data=134217728") };
    let binary = Binary::start(&data, &how).await.expect("it starts in parts with 128 MiB each");
    let mut taken = Vec::new();
    for round in 0..8 {
        if round > 0 {
            binary.kill_part(if round % 2 == 0 { "front" } else { "desk" });
        }
        let began = std::time::Instant::now();
        for number in 0.. {
            let title = format!("a report, {round} {number}");
            match report(&binary.base, &title, 50_000).await {
                Some((201, body)) => {
                    taken.push((body["receipt"].as_str().expect("a receipt").to_owned(), title));
                    break;
                }
                // In the moment of the death: no answer, or one that says so.
                Some((502..=507, _)) | None => {}
                Some((other, body)) => panic!("{title}: {other} {body}"),
            }
            assert!(began.elapsed() < Duration::from_secs(60), "it does not recover alone, round {round}");
        }
    }
    let client = Client::new();
    // A report that was sealed while the desk was away is filed when it is back; then its receipt opens.
    for (receipt, known) in &taken {
        let began = std::time::Instant::now();
        loop {
            let asked = client
                .get(format!("{}/api/v1/receipt", binary.base))
                .header("authorization", format!("Receipt {receipt}"));
            if let Ok(answer) = asked.send().await
                && answer.status() == 200
            {
                let view: Value = answer.json().await.expect("JSON");
                assert_eq!(view["report"]["title"], json!(known));
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{known} was acknowledged and is not there");
            tokio::task::yield_now().await;
        }
    }
    binary.stop();
    let (status, said) = candor(&data, &["journal", "verify"]);
    assert_eq!(status, 0, "{said}");
}

/// An account that owns nothing else on the machine, so that its processes can be counted.
const STRANGER: &str = "54321";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d11_without_one_more_thread_reports_are_taken_or_refused_and_it_recovers_alone() {
    if !limits() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let (status, said) = candor(&data, &["program", "add", &policy("minio").display().to_string()]);
    assert_eq!(status, 0, "{said}");
    let program = folder.path().join("candor");
    std::fs::copy(crate::support::binary::CANDOR, &program).expect("a copy of the program");
    let owned = Command::new("chown").args(["-R", STRANGER]).arg(folder.path()).stderr(Stdio::null()).status();
    if !owned.is_ok_and(|status| status.success()) {
        eprintln!("skipped: files cannot be given to another account; run the tests as root");
        return;
    }
    let before: Vec<String> =
        ["setpriv", "--reuid", STRANGER, "--regid", STRANGER, "--clear-groups"].map(String::from).to_vec();
    let how = How { before: before.clone(), program: Some(program), ..How::default() };
    let binary = Binary::start(&data, &how).await.expect("it starts under an account of its own");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", binary.id())).expect("its limits");
    let line = limits.lines().find(|line| line.starts_with("Max processes")).unwrap_or_default();
    let usual = line.split_whitespace().nth(3).unwrap_or("unlimited").to_owned();
    // By the account itself, which may lower and raise its own.
    let limit = |count: &str| {
        let mut words = before[1..].to_vec();
        words.extend(["prlimit".into(), "--pid".into(), binary.id().to_string(), format!("--nproc={count}:{usual}")]);
        let set = Command::new(&before[0]).args(words).status();
        assert!(set.is_ok_and(|status| status.success()), "the limit is set");
    };
    let mut taken = Vec::new();
    for round in 0..3 {
        // Fewer than it has: no thread and no process can be added.
        limit("1");
        let several = (0..12).map(|number| {
            let (base, title) = (binary.base.clone(), format!("crowded, {round} {number}"));
            async move { (report(&base, &title, 100_000).await, title) }
        });
        for (answer, title) in futures_util::future::join_all(several).await {
            match answer {
                Some((201, body)) => taken.push((body["receipt"].as_str().expect("a receipt").to_owned(), title)),
                Some((503 | 507, _)) | None => {}
                Some((other, body)) => panic!("{title}: {other} {body}"),
            }
        }
        limit(&usual);
        let title = format!("alone, {round}");
        let (status, body) = report(&binary.base, &title, 5_000).await.expect("an answer");
        assert_eq!(status, 201, "it recovers when threads can be had again, round {round}: {body}");
        taken.push((body["receipt"].as_str().expect("a receipt").to_owned(), title));
    }
    for (receipt, known) in &taken {
        assert_eq!(title(&binary.base, receipt).await, *known);
    }
    binary.stop();
    let (status, said) = candor(&data, &["journal", "verify"]);
    assert_eq!(status, 0, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn abuse_d6_two_connections_that_commit_and_fold_the_log_leave_a_whole_file() {
    let place = Place::sqlite().await;
    let other = Store::open(&place.config).await.expect("opens twice");
    let file = place.data().join("candor.db");
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let folder = {
        let file = file.clone();
        std::thread::spawn(move || {
            let connection = rusqlite::Connection::open(file).expect("a third connection");
            connection.busy_timeout(Duration::from_secs(5)).expect("it waits");
            let mut folds = 0;
            while !*stopped.borrow() {
                let kind = ["passive", "restart", "truncate"][folds % 3];
                // Busy is an answer as well.
                drop(connection.query_row(&format!("pragma wal_checkpoint({kind})"), [], |row| row.get::<_, i64>(0)));
                folds += 1;
            }
            folds
        })
    };
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..2 {
        let store = if writer == 0 { place.store.clone() } else { other.clone() };
        writers.spawn(async move {
            for n in 0..300 {
                let id = format!("CASE{writer}-{n}");
                loop {
                    match store.commit(Batch::main(case_statements(&id, "minio", 4, candor::store::cases::NEVER))).await
                    {
                        Ok(()) => break,
                        Err(StoreError::Busy(_)) => {}
                        Err(why) => panic!("{id}: {why}"),
                    }
                }
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.expect("no panic");
    }
    stop.send(true).expect("it listens");
    let folds = folder.join().expect("no panic");
    assert!(folds > 10, "{folds} folds are too few");
    let report = verify::verify(&other, |_, _| ()).await.expect("a walk");
    assert_eq!((report.streams, report.entries, report.fault), (600, 2_400, None));
    let connection = rusqlite::Connection::open(&file).expect("it opens");
    let sound: String = connection.query_row("pragma integrity_check", [], |row| row.get(0)).expect("a check");
    assert_eq!(sound, "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d6_a_lost_log_is_a_rollback_that_the_anchors_see() {
    let folder = tempfile::tempdir().expect("a folder");
    let elsewhere = AnchorPlace::Folder(folder.path().join("anchors"));
    std::fs::create_dir_all(folder.path().join("anchors")).expect("a folder");
    let app = open(&folder, &[MINIO], |config| config.anchors = vec![elsewhere.clone()]).await;
    let data = app.config.data.clone();
    for file in ["candor.db", "keyring.db"] {
        let connection = rusqlite::Connection::open(data.join(file)).expect("it opens");
        connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, i64>(0)).expect("folded");
    }
    app.set_clock("2026-11-21T12:10:00Z".parse().expect("an instant"));
    keep_case(&app.store, "AAAAA-AAAAA", 3).await;
    places::round(&app).await.expect("anchored");
    // A copy of the files without the log, as by somebody who takes it for rubbish.
    let copy = folder.path().join("copy");
    std::fs::create_dir_all(&copy).expect("a folder");
    for file in ["candor.db", "keyring.db"] {
        assert!(
            std::fs::metadata(data.join(format!("{file}-wal"))).is_ok_and(|log| file != "candor.db" || log.len() > 0)
        );
        std::fs::copy(data.join(file), copy.join(file)).expect("copied");
    }
    let mut config = app.config.clone();
    config.data = copy;
    let again = candor::serve::open(config).await.expect("it opens, to be looked at");
    let fault = places::at_start(&again.store, std::slice::from_ref(&elsewhere)).await.expect("a look");
    let fault = fault.expect("the rollback is detected");
    assert!(fault.to_string().contains("candor journal"), "{fault}");
    let refused = again.store.commit(Batch::main(vec![settings::put_statement("x", b"y")])).await;
    assert!(matches!(refused, Err(StoreError::Behind)), "{refused:?}");
    assert_eq!(places::at_start(&app.store, &[elsewhere]).await.expect("a look"), None, "with its log it is whole");
}
