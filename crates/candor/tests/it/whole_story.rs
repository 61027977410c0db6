//! The whole story over HTTP against the real program: a case from report to advisory with everything acknowledged on a
//! ledger; then the same with the program killed at every flush, with a full disk and a failing flush; and the search
//! for anything readable that should not be.

use crate::support::binary::{Binary, How, candor, files, policy};
use crate::support::postgres::Server;
use candor_core::access::Role;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A data folder with MinIO's policy and two members, copied afresh for each run.
struct Ground {
    folder: TempDir,
    tokens: [String; 2],
    server: Option<Arc<Server>>,
}

impl Ground {
    async fn lay() -> Self {
        Self::lay_on(None).await
    }

    /// On a database of this server, or on SQLite.
    async fn lay_on(server: Option<Arc<Server>>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("ground");
        let whole_team = folder.path().join("policy.toml");
        let text = std::fs::read_to_string(policy("minio")).expect("the policy");
        std::fs::write(&whole_team, crate::support::places::everybody(&text)).expect("a file");
        let file = whole_team.display().to_string();
        let mut config = candor::config::Config::in_folder(&data);
        let mut words = vec!["program".to_owned(), "add".into(), file];
        if let Some(server) = &server {
            let url = server.database("ground").await;
            config.database = Some(url.clone());
            words.extend(["--database".into(), url]);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (status, said) = candor(&data, &words);
        assert_eq!(status, 0, "{said}");
        let app = candor::serve::open(config).await.expect("the store opens");
        let mut tokens = Vec::new();
        for (name, role) in [("CANARY-MEMBER-ANNA", Role::Member), ("CANARY-MEMBER-BEN", Role::Coordinator)] {
            let email = format!("{}@canary-team.example", name.to_lowercase());
            let (id, _) = candor::accounts::add_ready(
                &app,
                name,
                &email,
                "quite a long pass phrase",
                &[("*".into(), role)],
                false,
            )
            .await
            .expect("a member");
            let scopes =
                candor::accounts::token::Scopes::parse("read,write,publish,bulk,members,keys").expect("scopes");
            let token = candor::accounts::token::make(&app, &id, "tests", scopes, 30).await.expect("a token");
            tokens.push(token.secret);
        }
        let tokens = tokens.try_into().expect("two tokens");
        Self { folder, tokens, server }
    }

    /// A copy to run on, with the flags that name its database.
    async fn copy_with_database(&self, name: &str) -> (PathBuf, Vec<String>) {
        let data = self.copy(name);
        let Some(server) = &self.server else { return (data, Vec::new()) };
        let url = server.copy("ground", &name.replace('-', "_")).await;
        (data, vec!["--database".into(), url])
    }

    /// A copy to run on.
    fn copy(&self, name: &str) -> PathBuf {
        let from = self.folder.path().join("ground");
        let to = self.folder.path().join(name);
        // While the ground's own store closes, its log is folded in and goes away: the copy begins anew then.
        while let Err(why) = copy_all(&from, &to) {
            assert_eq!(why.kind(), std::io::ErrorKind::NotFound, "{why}");
            let _ = std::fs::remove_dir_all(&to);
        }
        std::fs::copy(from.with_extension("key"), to.with_extension("key")).expect("the key");
        to
    }
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).expect("below"));
        std::fs::create_dir_all(target.parent().expect("a parent"))?;
        std::fs::copy(&file, &target)?;
    }
    Ok(())
}

/// What was acknowledged, and so must be there.
#[derive(Debug, Default)]
struct Ledger {
    reports: Vec<Kept>,
    /// Whether an advisory went out.
    published: Option<String>,
}

#[derive(Debug, Default)]
struct Kept {
    receipt: String,
    case: String,
    title: String,
    messages: Vec<String>,
    notes: Vec<String>,
    files: Vec<(String, String)>,
    /// Asked, but not answered: may be there once, or not at all.
    open: Option<String>,
}

/// Somebody who tells the story and keeps the ledger. Every answer counts only when it says so.
struct Teller<'a> {
    client: Client,
    base: String,
    tokens: &'a [String; 2],
    ledger: Ledger,
    step: u32,
}

/// The server went away in the middle.
#[derive(Debug)]
struct Gone;

impl<'a> Teller<'a> {
    fn new(base: &str, ground: &'a Ground) -> Self {
        Self {
            client: Client::new(),
            base: base.to_owned(),
            tokens: &ground.tokens,
            ledger: Ledger::default(),
            step: 0,
        }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Result<(StatusCode, Value), Gone> {
        self.step += 1;
        let answer = request.header("idempotency-key", format!("step-{}", self.step)).send().await.map_err(|_| Gone)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|_| Gone)?;
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    async fn report(&mut self, title: &str, credit: Value) -> Result<(), Gone> {
        let body = json!({
            "title": title,
            "description": "CANARY-BODY the verify endpoint answers strangers with the environment",
            "version": "RELEASE.2026-01-01T00-00-00Z",
            "reporter": { "name": "CANARY-REPORTER", "email": "canary@reporter-canary.example" },
            "credit": credit,
        });
        let form = Form::new()
            .part("report", Part::text(body.to_string()).mime_str("application/json").expect("a type"))
            .part("files", Part::bytes(b"CANARY-FILE proof of concept".repeat(9000)).file_name("CANARY-NAME.py"));
        let request = self.client.post(format!("{}/api/v1/programs/minio/reports", self.base)).multipart(form);
        let (status, answer) = self.send(request).await?;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        self.ledger.reports.push(Kept {
            receipt: text(&answer["receipt"]),
            case: text(&answer["case"]),
            title: title.to_owned(),
            ..Kept::default()
        });
        Ok(())
    }

    async fn write(&mut self, words: &str) -> Result<(), Gone> {
        let kept = self.ledger.reports.last_mut().expect("a report");
        kept.open = Some(words.to_owned());
        let file = format!("CANARY-ANSWER {words} ").repeat(50);
        let form = Form::new()
            .part(
                "message",
                Part::text(json!({ "text": words }).to_string()).mime_str("application/json").expect("a type"),
            )
            .part("files", Part::text(file.clone()).file_name("answer.txt"));
        let request = self
            .client
            .post(format!("{}/api/v1/receipt/messages", self.base))
            .header("authorization", format!("Receipt {}", kept.receipt))
            .multipart(form);
        let (status, answer) = self.send(request).await?;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let kept = self.ledger.reports.last_mut().expect("a report");
        kept.open = None;
        kept.messages.push(words.to_owned());
        let id = answer.pointer("/events/0/files/0/id").map(text).unwrap_or_default();
        kept.files.push((id, file));
        Ok(())
    }

    async fn act(&mut self, by: usize, command: Value) -> Result<StatusCode, Gone> {
        let kept = self.ledger.reports.last_mut().expect("a report");
        let words = command.get("text").map(text).unwrap_or_default();
        kept.open = (!words.is_empty()).then(|| words.clone());
        let request = self
            .client
            .post(format!("{}/api/v1/cases/{}/commands", self.base, kept.case))
            .bearer_auth(&self.tokens[by])
            .json(&command);
        let (status, answer) = self.send(request).await?;
        let kept = self.ledger.reports.last_mut().expect("a report");
        kept.open = None;
        if status.is_success() {
            match command["command"].as_str() {
                Some("note") => kept.notes.push(words),
                Some("acknowledge" | "ask" | "answer" | "confirm") => kept.messages.push(words),
                Some("record-fix") => {
                    self.ledger.published = answer["events"].as_array().and_then(|events| {
                        events
                            .iter()
                            .find_map(|event| (event["event"] == "published").then(|| text(&event["advisory"])))
                    });
                }
                _ => {}
            }
        } else {
            assert!(matches!(status.as_u16(), 409 | 422 | 503 | 507), "{command} was answered with {status}: {answer}");
        }
        Ok(status)
    }

    /// From the report to the advisory.
    async fn tell(&mut self) -> Result<(), Gone> {
        self.report("CANARY-TITLE the verify endpoint tells secrets", Value::Null).await?;
        self.act(0, json!({ "command": "acknowledge", "text": "CANARY-ACK we have read it" })).await?;
        self.act(0, json!({ "command": "ask", "text": "CANARY-ASK which release was it?" })).await?;
        self.write("CANARY-REPLY the one named").await?;
        self.act(0, json!({ "command": "note", "text": "CANARY-NOTE look at the other handlers" })).await?;
        self.act(
            0,
            json!({ "command": "verify", "environment": "CANARY-ENV four nodes", "result": "reproduced", "conditions": "", "impact": "" }),
        )
        .await?;
        let alone = self.act(0, json!({ "command": "confirm", "text": "CANARY-ALONE" })).await?;
        assert!(alone == 422 || alone.as_u16() >= 500, "m5b: another member gives the verdict: {alone}");
        self.act(1, json!({ "command": "confirm", "text": "CANARY-CONFIRM it is so" })).await?;
        self.act(1, json!({ "command": "rate", "vectors": ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"] })).await?;
        self.act(1, json!({ "command": "set-weakness", "cwe": 200 })).await?;
        self.act(0, json!({ "command": "record-audit", "looked": "CANARY-LOOKED", "found": "CANARY-FOUND" })).await?;
        self.act(
            0,
            json!({ "command": "draft-advisory", "draft": {
                "title": "Strangers can read the environment of a cluster",
                "summary": "Upgrade to the fixed release.",
                "products": [{ "name": "MinIO", "fixed": "RELEASE.2026-02-01T00-00-00Z" }],
            } }),
        )
        .await?;
        self.act(1, json!({ "command": "approve-advisory", "revision": 1 })).await?;
        self.act(1, json!({ "command": "publish" })).await?;
        self.act(
            0,
            json!({ "command": "record-fix", "kind": "patch", "branch": "", "version": "RELEASE.2026-02-01T00-00-00Z" }),
        )
        .await?;
        self.report("CANARY-SECOND a report that waits", Value::Null).await?;
        self.write("CANARY-MORE one more thing").await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Everything on the ledger is there, once, and the journal is whole.
async fn audit(data: &Path, base: &str, ledger: &Ledger, tokens: &[String; 2]) {
    audit_with(data, &[], base, ledger, tokens).await;
}

async fn audit_with(data: &Path, flags: &[String], base: &str, ledger: &Ledger, tokens: &[String; 2]) {
    let client = Client::new();
    for kept in &ledger.reports {
        let answer = client
            .get(format!("{base}/api/v1/receipt"))
            .header("authorization", format!("Receipt {}", kept.receipt))
            .send()
            .await
            .expect("the receipt's page");
        assert_eq!(answer.status(), 200, "the receipt of an acknowledged report opens");
        let view: Value = answer.json().await.expect("json");
        assert_eq!(view["report"]["title"], json!(kept.title));
        let shown: Vec<String> =
            view["thread"].as_array().into_iter().flatten().map(|message| text(&message["text"])).collect();
        for words in &kept.messages {
            assert_eq!(shown.iter().filter(|known| *known == words).count(), 1, "{words} stands once in {shown:?}");
        }
        if let Some(words) = &kept.open {
            assert!(shown.iter().filter(|known| *known == words).count() <= 1, "{words} stands at most once");
        }
        for (id, content) in kept.files.iter().filter(|(id, _)| !id.is_empty()) {
            let file = client
                .get(format!("{base}/api/v1/receipt/files/{id}"))
                .header("authorization", format!("Receipt {}", kept.receipt))
                .send()
                .await
                .expect("the file");
            assert_eq!(file.text().await.expect("its text"), *content);
        }
        let case: Value = client
            .get(format!("{base}/api/v1/cases/{}", kept.case))
            .bearer_auth(&tokens[1])
            .send()
            .await
            .expect("the case")
            .json()
            .await
            .expect("json");
        let all = case.to_string();
        for note in &kept.notes {
            assert!(all.contains(note.as_str()), "{note} is in the case");
        }
    }
    if let Some(id) = &ledger.published {
        let page = client.get(format!("{base}/api/v1/advisories/{id}")).send().await.expect("the advisory");
        assert_eq!(page.status(), 200, "an advisory that went out stays out");
    }
    let words: Vec<&str> = ["journal", "verify"].into_iter().chain(flags.iter().map(String::as_str)).collect();
    let (status, said) = candor(data, &words);
    assert_eq!(status, 0, "every chain is whole: {said}");
}

fn tracer() -> bool {
    let there = std::process::Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: strace is not installed, so no faults can be injected");
    }
    there
}

fn inject(what: &str) -> How {
    let words = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=fsync,fdatasync,pwrite64,sendto,rename,renameat,renameat2",
        "-e",
    ];
    let mut before: Vec<String> = words.map(String::from).to_vec();
    before.push(format!("inject={what}"));
    How { before, ..How::default() }
}

/// Flushes and writes of one thread over the story, about.
const FLUSHES: u32 = 30;
const WRITES: u32 = 400;
/// The same for names that are changed: files that are finished, the public tree that is swapped in.
const RENAMES: u32 = 12;

/// How many points: `CANDOR_KILL_POINTS` for a long run.
fn points() -> u32 {
    std::env::var("CANDOR_KILL_POINTS").ok().and_then(|points| points.parse().ok()).unwrap_or(40)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d1_what_was_acknowledged_is_there_once_after_a_kill_at_any_write_flush_or_rename() {
    if !tracer() {
        return;
    }
    let ground = Ground::lay().await;
    let mut killed = 0;
    let mut whole = 0;
    for point in 1..=points() {
        let data = ground.copy(&format!("kill-{point}"));
        // Of six points two are flushes, one is a changed name, the others are writes to a file; all spread over the story.
        let at = |points: u32, calls: u32| 1 + (point - 1) * calls / points;
        let how = if point % 3 == 0 {
            inject(&format!("fsync,fdatasync:signal=KILL:when={}", at(points(), FLUSHES)))
        } else if point % 6 == 1 {
            inject(&format!("rename,renameat,renameat2:signal=KILL:when={}", at(points(), RENAMES)))
        } else {
            inject(&format!("pwrite64:signal=KILL:when={}", at(points(), WRITES)))
        };
        let mut ledger = Ledger::default();
        if let Some(mut binary) = Binary::start(&data, &how).await {
            let mut teller = Teller::new(&binary.base, &ground);
            match teller.tell().await {
                Ok(()) => {
                    whole += 1;
                    binary.kill();
                }
                Err(Gone) => killed += 1,
            }
            ledger = teller.ledger;
            binary.wait();
        } else {
            killed += 1;
        }
        let binary = Binary::start(&data, &How::default()).await.expect("it starts again");
        audit(&data, &binary.base, &ledger, &ground.tokens).await;
        drop(binary);
        let _ = std::fs::remove_dir_all(&data);
    }
    println!("{killed} kills, {whole} stories told to the end and killed then");
    assert!(killed > 0, "no kill hit: the check could not fail");
}

/// Messages that one thread sends over the story, to the database and to those who ask, about.
const MESSAGES: u32 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d1_what_was_acknowledged_is_there_once_after_a_kill_on_postgres() {
    if !tracer() {
        return;
    }
    let Some(server) = Server::start() else { return };
    let ground = Ground::lay_on(Some(server)).await;
    let points = points() / 3;
    let mut killed = 0;
    for point in 1..=points {
        let (data, flags) = ground.copy_with_database(&format!("kill-{point}")).await;
        let at = 1 + (point - 1) * MESSAGES / points;
        let how = How { flags: flags.clone(), ..inject(&format!("sendto:signal=KILL:when={at}")) };
        let mut ledger = Ledger::default();
        if let Some(mut binary) = Binary::start(&data, &how).await {
            let mut teller = Teller::new(&binary.base, &ground);
            match teller.tell().await {
                Ok(()) => binary.kill(),
                Err(Gone) => killed += 1,
            }
            ledger = teller.ledger;
            binary.wait();
        } else {
            killed += 1;
        }
        let how = How { flags: flags.clone(), ..How::default() };
        let binary = Binary::start(&data, &how).await.expect("it starts again");
        audit_with(&data, &flags, &binary.base, &ledger, &ground.tokens).await;
    }
    println!("{killed} kills of {points}");
    assert!(killed > points / 2, "few kills hit: {killed} of {points}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d3_a_failing_flush_refuses_in_plain_words_and_heals_without_a_restart() {
    if !tracer() {
        return;
    }
    let ground = Ground::lay().await;
    let data = ground.copy("flush-heals");
    // One thread flushes; its first calls belong to the start.
    let binary = Binary::start(&data, &inject("fsync,fdatasync:error=EIO:when=14..17")).await.expect("it starts");
    let client = Client::new();
    let mut taken = Vec::new();
    let mut refused = 0;
    let began = std::time::Instant::now();
    for number in 0.. {
        assert!(began.elapsed() < std::time::Duration::from_secs(120), "it does not heal");
        let title = format!("report {number}");
        let answer = client
            .post(format!("{}/api/v1/programs/minio/reports", binary.base))
            .json(&json!({ "title": title, "description": "the disk fails for a while" }))
            .send()
            .await
            .expect("an answer");
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.expect("json");
        match status {
            201 => taken.push((text(&body["receipt"]), title)),
            503 => {
                refused += 1;
                assert!(body["title"].as_str().is_some_and(|words| !words.is_empty()), "{body}");
            }
            other => panic!("{other}: {body}"),
        }
        // Ten more after it has healed.
        if refused > 0 && status == 201 && taken.len() > 20 {
            break;
        }
    }
    for (receipt, title) in &taken {
        let view: Value = client
            .get(format!("{}/api/v1/receipt", binary.base))
            .header("authorization", format!("Receipt {receipt}"))
            .send()
            .await
            .expect("the receipt's page")
            .json()
            .await
            .expect("json");
        assert_eq!(view["report"]["title"], json!(title));
    }
    binary.stop();
    let (status, said) = candor(&data, &["journal", "verify"]);
    assert_eq!(status, 0, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d3_a_failing_flush_loses_nothing_that_was_acknowledged() {
    if !tracer() {
        return;
    }
    let ground = Ground::lay().await;
    for at in [12, 25, 40] {
        let data = ground.copy(&format!("flush-{at}"));
        let how = inject(&format!("fsync,fdatasync:error=EIO:when={at}"));
        let Some(mut binary) = Binary::start(&data, &how).await else { continue };
        let mut teller = Teller::new(&binary.base, &ground);
        let told = std::panic::AssertUnwindSafe(teller.tell());
        // A refused step ends the story: what was acknowledged before must be there.
        let _ = futures_util::FutureExt::catch_unwind(told).await;
        binary.kill();
        binary.wait();
        let again = Binary::start(&data, &How::default()).await.expect("it starts again");
        audit(&data, &again.base, &teller.ledger, &ground.tokens).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d4_a_full_disk_is_said_in_plain_words_and_heals() {
    if !tracer() {
        return;
    }
    let ground = Ground::lay().await;
    let data = ground.copy("full");
    let how = inject("pwrite64:error=ENOSPC:when=120..160");
    let binary = Binary::start(&data, &how).await.expect("it starts");
    let client = Client::new();
    let mut refused = 0;
    let mut taken: Vec<(String, String)> = Vec::new();
    for number in 0..60 {
        let title = format!("report {number}");
        let answer = client
            .post(format!("{}/api/v1/programs/minio/reports", binary.base))
            .json(&json!({ "title": title, "description": "the disk is nearly full" }))
            .send()
            .await
            .expect("an answer");
        let status = answer.status();
        let body: Value = answer.json().await.expect("json");
        match status.as_u16() {
            201 => taken.push((text(&body["receipt"]), title)),
            503 | 507 => {
                refused += 1;
                assert!(body["title"].as_str().is_some_and(|words| !words.is_empty()), "{body}");
            }
            other => panic!("{other}: {body}"),
        }
    }
    assert!(refused > 0, "no write failed: the check could not fail");
    let last = taken.last().expect("it takes reports again when there is room");
    assert_eq!(last.1, "report 59", "it heals without a restart");
    for (receipt, title) in &taken {
        let view: Value = client
            .get(format!("{}/api/v1/receipt", binary.base))
            .header("authorization", format!("Receipt {receipt}"))
            .send()
            .await
            .expect("the receipt's page")
            .json()
            .await
            .expect("json");
        assert_eq!(view["report"]["title"], json!(title));
    }
    binary.stop();
    let (status, said) = candor(&data, &["journal", "verify"]);
    assert_eq!(status, 0, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_case_is_readable_anywhere_but_what_was_published() {
    let ground = Ground::lay().await;
    let data = ground.copy("canary");
    let binary = Binary::start(&data, &How::default()).await.expect("it starts");
    let mut teller = Teller::new(&binary.base, &ground);
    teller.tell().await.expect("the whole story");
    let id = teller.ledger.published.clone().expect("an advisory went out");
    // The page of the advisory is made by the worker, after the answer.
    let client = Client::new();
    let page = format!("{}/minio/advisories/{id}", binary.base);
    let began = std::time::Instant::now();
    loop {
        let answer = client.get(&page).send().await.expect("an answer");
        if answer.status() == 200 {
            break;
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "the advisory's page did not come");
        tokio::task::yield_now().await;
    }
    let metrics =
        client.get(format!("{}/metrics", binary.base)).send().await.expect("metrics").text().await.expect("text");
    let backup = ground.folder.path().join("backup");
    let (status, said) = candor(&data, &["backup", &backup.display().to_string()]);
    assert_eq!(status, 0, "{said}");
    audit(&data, &binary.base, &teller.ledger, &ground.tokens).await;
    let canaries = ["CANARY", "canary@", "reporter-canary", "canary-team"];
    for canary in canaries {
        assert!(!metrics.contains(canary), "{canary} is in the metrics");
    }
    let mut looked = 0;
    for place in [&data, &data.with_extension("mail"), &backup] {
        for file in files(place).into_iter().chain([data.with_extension("log"), data.with_extension("key")]) {
            looked += 1;
            let name = file.display().to_string();
            let bytes = std::fs::read(&file).unwrap_or_default();
            for canary in canaries {
                let there = |bytes: &[u8]| bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
                // A letter needs its reader's address, and nothing else of them.
                let letter = file.extension().is_some_and(|kind| kind == "eml");
                if letter && matches!(canary, "canary@" | "reporter-canary" | "canary-team") {
                    continue;
                }
                assert!(!there(&bytes), "{canary} is readable in {name}");
                assert!(!there(name.as_bytes()) || name.contains("/canary"), "{canary} is in the name {name}");
            }
        }
    }
    assert!(looked > 20, "only {looked} files were looked at");
    binary.stop();
}
