//! What a front without keys asks the desk, over a socket that nobody else reaches: to take a sealed report or message over
//! at once, to seal the page of a receipt that was presented, and to lend the key of forms.
//!
//! One question is one connection. A question is a line; an answer is what follows until the end.

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use candor_core::id::CaseId;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::report::hex;
use super::waiting::{deliver_one, open_one};
use crate::app::App;
use crate::error::Error;
use crate::keys::random;
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

/// Asks the desk to file a waiting message; false when it is away or locked: it is filed later.
pub async fn deliver(desk: &Path, row: &str) -> bool {
    ask(desk, format!("message {row}\n")).await.is_some_and(|answer| answer == b"yes")
}

/// Asks the desk to seal the page of a receipt as it is now. Whether the receipt opens one; none when the desk is away or
/// locked.
pub async fn seal_view(desk: &Path, receipt: &str) -> Option<bool> {
    // What cannot be a receipt asks and waits like any other.
    let receipt = random::normal_receipt(receipt).unwrap_or_else(|| "0".repeat(random::RECEIPT_LENGTH));
    match &*ask(desk, format!("view {receipt}\n")).await? {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}

/// Whether the desk says that nothing may be written, because the store is older than its anchor.
pub async fn must_not_write(desk: &Path) -> bool {
    ask(desk, "writes\n".into()).await.is_some_and(|answer| answer == b"no")
}

/// Seals the page of a receipt as it is now; whether the receipt opens one. Made by whoever makes the pages.
pub type SealView = fn(App, String) -> Pin<Box<dyn Future<Output = Result<bool, Error>> + Send>>;

/// Answers the front until it is time to stop.
pub async fn answer(app: App, door: UnixListener, seal_view: SealView, mut stop: watch::Receiver<bool>) {
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
        tokio::spawn(async move { drop(Box::pin(timeout(PATIENCE * 5, one(&app, line, seal_view))).await) });
    }
}

async fn one(app: &App, line: UnixStream, seal_view: SealView) -> Option<()> {
    let (from, mut to) = line.into_split();
    let mut question = String::new();
    BufReader::new(from.take(QUESTION)).read_line(&mut question).await.ok()?;
    let words: Vec<&str> = question.split_whitespace().collect();
    let answer = match words[..] {
        ["take", row, case] => match Box::pin(open_one(app, row, &CaseId(case.to_owned()))).await {
            Ok(Some(proof)) => serde_json::to_vec(&proof).ok()?,
            Ok(None) => Vec::new(),
            Err(why) => {
                tracing::warn!(row, %why, "a report that the front sealed is not filed yet");
                Vec::new()
            }
        },
        ["message", row] => match Box::pin(deliver_one(app, row)).await {
            Ok(true) => b"yes".to_vec(),
            Ok(false) => b"no".to_vec(),
            Err(why) => {
                tracing::warn!(row, %why, "a message that the front sealed is not filed yet");
                Vec::new()
            }
        },
        // Nothing of it is logged: the question holds a receipt.
        ["view", receipt] => match seal_view(app.clone(), receipt.to_owned()).await {
            Ok(opens) => if opens { "yes" } else { "no" }.into(),
            Err(_) => Vec::new(),
        },
        ["writes"] => if app.store.is_writable() { "yes" } else { "no" }.into(),
        ["form-key"] => app.lent_form_key().map(|key| hex(&key).into_bytes()).unwrap_or_default(),
        _ => return None,
    };
    to.write_all(&answer).await.ok()
}
