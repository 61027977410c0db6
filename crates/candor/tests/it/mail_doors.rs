//! The doors of mail: a mail server speaks LMTP, a program hands a message over on standard input.

use crate::letters::{POLICY, at};
use crate::mail_in::{US, mail};
use crate::support::binary::{Binary, CANDOR, How, candor};
use crate::support::places::Place;
use candor::app::App;
use candor::execute::load_case;
use candor::mail::lmtp::{Address, Door, serve};
use candor_core::access::Actor;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::watch;

/// A listener on a socket, and a mail server that talks to it.
struct Talk {
    stream: BufReader<UnixStream>,
}

impl Talk {
    async fn begin(app: &App, folder: &Path) -> Self {
        let path = folder.join("lmtp");
        if !path.exists() {
            let (stop, stopped) = watch::channel(false);
            let door = Door::open(&Address::Unix(path.clone())).await.expect("it listens");
            tokio::spawn(serve(app.clone(), door, stopped));
            // It serves until the test ends.
            std::mem::forget(stop);
        }
        let mut talk = Self { stream: BufReader::new(UnixStream::connect(&path).await.expect("it answers")) };
        assert!(talk.line().await.starts_with("220 "));
        talk.says(b"LHLO mx.example\r\n").await;
        while talk.line().await.starts_with("250-") {}
        talk
    }

    async fn says(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).await.expect("it is heard");
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.expect("an answer");
        line.trim_end().to_owned()
    }

    /// Sends a message to some and gives the answers after its end.
    async fn sends(&mut self, to: &[&str], body: &[u8]) -> Vec<String> {
        self.says(b"MAIL FROM:<path@outside.example>\r\n").await;
        assert_eq!(self.line().await, "250 2.1.0 Go on");
        for to in to {
            self.says(format!("RCPT TO:<{to}>\r\n").as_bytes()).await;
            assert_eq!(self.line().await, "250 2.1.5 Go on");
        }
        self.says(b"DATA\r\n").await;
        assert!(self.line().await.starts_with("354 "));
        self.says(body).await;
        let mut answers = Vec::new();
        for _ in to {
            answers.push(self.line().await);
        }
        answers
    }
}

async fn begin() -> (Place, App) {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    (place, app)
}

/// The texts of all reports, in order of their names.
async fn reports(app: &App) -> Vec<String> {
    let mut texts = Vec::new();
    for stream in candor::store::journal::streams(&app.store, "", 1_000).await.expect("streams") {
        let case = load_case(app, &Actor::Clock, &candor_core::id::CaseId(stream)).await.expect("it opens");
        texts.push(case.reports[0].facts.description.clone());
    }
    texts.sort();
    texts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_is_answered_for_each_recipient_when_the_mail_is_durable() {
    let (place, app) = begin().await;
    let mut talk = Talk::begin(&app, place.folder.path()).await;
    let mut body = mail("ada@outside.example", "Overflow", "", "..dots\n..\nend");
    body.extend_from_slice(b".\r\n");
    assert_eq!(talk.sends(&[US, "security+x@example.org"], &body).await, ["250 2.0.0 Taken", "250 2.0.0 Taken"]);
    assert_eq!(reports(&app).await, [".dots\n.\nend"], "one mail, and the dots before lines are undone");
    // Everything at once.
    talk.says(b"RSET\r\nMAIL FROM:<>\r\nRCPT TO:<nobody@example.org>\r\nDATA\r\nNOOP\r\nVRFY x\r\nWHAT\r\n").await;
    for expected in ["250 ", "250 ", "550 5.1.1 ", "503 ", "250 ", "252 ", "500 "] {
        let line = talk.line().await;
        assert!(line.starts_with(expected), "{expected}: {line}");
    }
    talk.says(b"RSET\r\nMAIL FROM:<a@b.example> SIZE=99000000\r\n").await;
    assert!(talk.line().await.starts_with("250 "));
    assert_eq!(
        talk.line().await,
        "552 5.3.4 The mail is larger than 35 MB, the most taken here; send large files through the form"
    );
    talk.says(b"EHLO x\r\nRCPT TO:<x>\r\nMAIL FROM:x\r\nQUIT\r\n").await;
    for expected in ["500 5.5.1 This is LMTP", "503 ", "501 ", "221 "] {
        let line = talk.line().await;
        assert!(line.starts_with(expected), "{expected}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e6_only_one_end_ends_a_message_and_no_second_one_is_smuggled_in() {
    let (place, app) = begin().await;
    for (number, end) in
        ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r", "\n\r.\r\n", "\r\n\0.\r\n"].into_iter().enumerate()
    {
        let mut talk = Talk::begin(&app, place.folder.path()).await;
        let smuggled = "MAIL FROM:<staff@example.org>\r\nRCPT TO:<security@example.org>\r\nDATA\r\nFrom: staff@example.org\r\n\r\nsmuggled";
        let body = format!("From: m{number}@evil.example\r\nSubject: n{number}\r\n\r\nseen{end}{smuggled}\r\n.\r\n");
        assert_eq!(talk.sends(&[US], body.as_bytes()).await, ["250 2.0.0 Taken"], "{end:?}");
        talk.says(b"NOOP\r\n").await;
        assert_eq!(talk.line().await, "250 2.0.0 Here", "{end:?}: nothing is left over");
    }
    let texts = reports(&app).await;
    assert_eq!(texts.len(), 7);
    assert!(texts.iter().all(|text| text.starts_with("seen") && text.contains("smuggled")), "{texts:?}");
    let mut talk = Talk::begin(&app, place.folder.path()).await;
    talk.says(b"NOOP\nNOOP\r\n").await;
    assert_eq!(talk.line().await, "500 5.5.2 Lines end with CR and LF");
    assert_eq!(talk.line().await, "250 2.0.0 Here");
    talk.says(&[b'x'; 10_000]).await;
    talk.says(b"\r\n").await;
    assert_eq!(talk.line().await, "500 5.5.2 The line is too long");
    for _ in 0..40 {
        talk.stream.get_mut().write_all(b"BAD\r\n").await.ok();
    }
    let mut rest = String::new();
    drop(talk.stream.read_to_string(&mut rest).await);
    assert!(rest.contains("421 4.7.0 Too many mistakes"), "{rest}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_past_the_size_is_refused_at_once_and_leaves_nothing() {
    let place = Place::sqlite().await;
    let config = {
        let mut config = candor::config::Config::in_folder(place.data());
        config.blobs = place.folder.path().join("blobs");
        config.mail_limit = 200_000;
        config
    };
    let app = App::new(place.store.clone(), Some(place.ring.clone()), config).await.expect("the app starts");
    app.add_program(&crate::support::places::everybody(POLICY)).await.expect("a program");
    let mut talk = Talk::begin(&app, place.folder.path()).await;
    let body = [mail("ada@outside.example", "Large", "", &"x".repeat(300_000)), b".\r\n".to_vec()].concat();
    assert!(talk.sends(&[US], &body).await[0].starts_with("552 5.3.4 "));
    let body = [mail("ada@outside.example", "Small", "", "fits"), b".\r\n".to_vec()].concat();
    assert_eq!(talk.sends(&[US], &body).await, ["250 2.0.0 Taken"]);
    assert_eq!(reports(&app).await, ["fits"]);
}

/// `candor mail deliver` with a message; its exit status.
fn deliver(data: &Path, words: &[&str], raw: &[u8]) -> i32 {
    let mut child = Command::new(CANDOR)
        .args(["mail", "deliver"])
        .args(words)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    drop(child.stdin.take().expect("its input").write_all(raw));
    child.wait().expect("it ends").code().unwrap_or(-1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipe_says_by_its_status_what_became_of_the_mail() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let raw = mail("ada@outside.example", "By pipe", "", "It overflows.");
    assert_eq!(deliver(&data, &[], &raw), 75, "no store yet: later");
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, POLICY).expect("written");
    assert_eq!(candor(&data, &["program", "add", file.to_str().expect("a path")]).0, 0);
    assert_eq!(deliver(&data, &[], &raw), 0, "the message says for whom it is");
    assert_eq!(deliver(&data, &["--to", US], &raw), 0, "again is no failure");
    assert_eq!(deliver(&data, &["--program", "store"], &raw), 0);
    assert_eq!(deliver(&data, &["--to", "nobody@example.org"], &raw), 67);
    assert_eq!(deliver(&data, &["--program", "nothing"], &raw), 64);
    assert_eq!(deliver(&data, &["--what"], &raw), 64);
    assert_eq!(deliver(&data, &[], b""), 65);
    assert_eq!(deliver(&data, &["--mail-limit", "0"], &raw), 65);
    let key = data.with_extension("key");
    std::fs::rename(&key, folder.path().join("away")).expect("moved");
    assert_eq!(deliver(&data, &[], &raw), 75, "without the root key: later");
    std::fs::rename(folder.path().join("away"), &key).expect("moved back");
    let (status, text) = candor(&data, &["journal", "verify"]);
    assert_eq!(status, 0, "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e13_what_a_mail_server_was_told_is_taken_outlives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, POLICY).expect("written");
    assert_eq!(candor(&data, &["program", "add", file.to_str().expect("a path")]).0, 0);
    let socket = folder.path().join("lmtp");
    let how = How { flags: vec!["--lmtp".into(), socket.display().to_string()], ..How::default() };
    let mut told = 0;
    for round in 0..3 {
        let mut server = Binary::start(&data, &how).await.expect("it starts");
        let mut stream = BufReader::new(UnixStream::connect(&socket).await.expect("it answers"));
        stream.get_mut().write_all(b"LHLO x\r\n").await.expect("heard");
        for number in 0..4 {
            let body = mail(&format!("r{round}n{number}@outside.example"), "x", "", "y");
            let talk =
                ["MAIL FROM:<a@b.example>\r\nRCPT TO:<security@example.org>\r\nDATA\r\n".as_bytes(), &body, b".\r\n"]
                    .concat();
            stream.get_mut().write_all(&talk).await.expect("heard");
        }
        // Killed after the first two were acknowledged, wherever the others are.
        let mut taken = 0;
        while taken < 2 {
            let mut line = String::new();
            stream.read_line(&mut line).await.expect("an answer");
            taken += usize::from(line.starts_with("250 2.0.0 Taken"));
        }
        server.kill();
        server.wait();
        let mut rest = String::new();
        drop(stream.read_to_string(&mut rest).await);
        told += taken + rest.matches("250 2.0.0 Taken").count();
        // The mail server sends again what it was not told of; what was taken is known.
        for number in 0..4 {
            let body = mail(&format!("r{round}n{number}@outside.example"), "x", "", "y");
            assert_eq!(deliver(&data, &[], &body), 0);
        }
    }
    assert!(told >= 6);
    let (status, text) = candor(&data, &["journal", "verify"]);
    assert_eq!(status, 0, "{text}");
    let config = candor::store::StoreConfig { database: candor::store::Database::Sqlite(data), ring: None };
    let store = candor::store::Store::open(&config).await.expect("it opens");
    let streams = candor::store::journal::streams(&store, "", 100).await.expect("streams");
    assert_eq!(streams.len(), 12, "each mail is one case");
}
