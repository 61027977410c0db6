//! What a front without keys asks the desk, over a socket that nobody else reaches: to take a sealed report over at once,
//! and to lend the key of forms.
//!
//! One question is one connection. A question is a line; an answer is what follows until the end.

use std::path::Path;
use std::time::Duration;

use candor_core::id::CaseId;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::report::hex;
use super::waiting::open_one;
use crate::app::App;
use crate::proof::Proof;

/// How long the front waits for the desk. A report is durable before it asks.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most bytes of a question and of an answer.
const QUESTION: u64 = 256;
const ANSWER: u64 = 64 * 1024;

async fn ask(desk: &Path, question: String) -> Option<Vec<u8>> {
    let asked = async {
        let mut line = UnixStream::connect(desk).await.ok()?;
        line.write_all(question.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        line.take(ANSWER).read_to_end(&mut answer).await.ok()?;
        Some(answer)
    };
    timeout(PATIENCE, asked).await.ok().flatten()
}

/// Asks the desk to take a waiting report over; gives its proof. None when the desk is away or locked: it is filed later.
pub async fn take_over(desk: &Path, row: &str, case: &CaseId) -> Option<Proof> {
    serde_json::from_slice(&ask(desk, format!("take {row} {case}\n")).await?).ok()
}

/// Asks the desk for the key of forms.
pub async fn form_key(desk: &Path) -> Option<[u8; 32]> {
    let answer = String::from_utf8(ask(desk, "form-key\n".into()).await?).ok()?;
    super::rebuild::unhex(answer.trim())?.try_into().ok()
}

/// Whether the desk says that nothing may be written, because the store is older than its anchor.
pub async fn must_not_write(desk: &Path) -> bool {
    ask(desk, "writes\n".into()).await.is_some_and(|answer| answer == b"no")
}

/// Answers the front until it is time to stop.
pub async fn answer(app: App, door: UnixListener, mut stop: watch::Receiver<bool>) {
    app.takes_over();
    loop {
        let accepted = tokio::select! {
            accepted = door.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let Ok((line, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let app = app.clone();
        tokio::spawn(async move { drop(timeout(PATIENCE * 5, one(&app, line)).await) });
    }
}

async fn one(app: &App, line: UnixStream) -> Option<()> {
    let (from, mut to) = line.into_split();
    let mut question = String::new();
    BufReader::new(from.take(QUESTION)).read_line(&mut question).await.ok()?;
    let words: Vec<&str> = question.split_whitespace().collect();
    let answer = match words[..] {
        ["take", row, case] => match open_one(app, row, &CaseId(case.to_owned())).await {
            Ok(Some(proof)) => serde_json::to_vec(&proof).ok()?,
            Ok(None) => Vec::new(),
            Err(why) => {
                tracing::warn!(row, %why, "a report that the front sealed is not filed yet");
                Vec::new()
            }
        },
        ["writes"] => if app.store.is_writable() { "yes" } else { "no" }.into(),
        ["form-key"] => app.lent_form_key().map(|key| hex(&key).into_bytes()).unwrap_or_default(),
        _ => return None,
    };
    to.write_all(&answer).await.ok()
}
