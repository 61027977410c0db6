//! Mail is read in a process that holds nothing; see [`crate::confine`].

use std::sync::Arc;

use super::read::{Letter, Limits, Over, read};
use crate::app::App;
use crate::confine::{Lost, Workers};
use crate::error::Error;

/// Word of the question.
const MAIL: &[u8] = b"mail";

/// Reads a mail apart from everything that is worth stealing. A mail that ends its reader is kept as it came: of its
/// header, read by another worker, what can be had; of its body nothing.
///
/// # Errors
/// [`Error::Busy`] when no process could be started: the mail is not to blame, and is to come again.
pub async fn read_apart(app: &App, raw: &Arc<Vec<u8>>, limits: Limits) -> Result<Letter, Error> {
    if !app.workers.are_there() {
        let raw = raw.clone();
        return tokio::task::spawn_blocking(move || read(&raw, &limits)).await.map_err(Error::internal);
    }
    match ask(&app.workers, raw, limits).await {
        Ok(letter) => return Ok(letter),
        Err(Lost::NotStarted) => return Err(busy()),
        Err(Lost::Died) => tracing::error!("a mail ended the process that read it; it is kept as it came"),
    }
    let heading = match ask(&app.workers, raw, Limits { parts: 0, ..limits }).await {
        Ok(letter) => letter,
        Err(Lost::NotStarted) => return Err(busy()),
        Err(Lost::Died) => Letter::default(),
    };
    Ok(Letter { over: Some(Over::Reader), ..heading })
}

fn busy() -> Error {
    tracing::error!(
        "no process could be started to read a mail, which is left where it was; look at the limits of processes and memory"
    );
    Error::Busy
}

async fn ask(workers: &Workers, raw: &Arc<Vec<u8>>, limits: Limits) -> Result<Letter, Lost> {
    let limits = serde_json::to_vec(&limits).map_err(|_| Lost::Died)?;
    let answer = workers.ask(vec![Arc::new(MAIL.to_vec()), Arc::new(limits), raw.clone()]).await?;
    understood(&answer, raw).ok_or(Lost::Died)
}

/// The letter of an answer.
fn understood(answer: &[Vec<u8>], raw: &[u8]) -> Option<Letter> {
    let (head, files) = answer.split_first()?;
    let mut letter: Letter = serde_json::from_slice(head).ok()?;
    // Whoever has taken the worker over says what they like about this mail, and nothing that breaks the reader of it.
    if letter.files.len() != files.len() || raw.len() < letter.body_at {
        return None;
    }
    for (file, bytes) in letter.files.iter_mut().zip(files) {
        file.bytes.clone_from(bytes);
    }
    Some(letter)
}

/// The worker's side: answers the question, if it is about a mail.
#[must_use]
pub fn answer(question: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let [word, limits, raw] = question else { return None };
    if word != MAIL {
        return None;
    }
    let mut letter = read(raw, &serde_json::from_slice(limits).ok()?);
    let files: Vec<Vec<u8>> = letter.files.iter_mut().map(|file| std::mem::take(&mut file.bytes)).collect();
    let mut parts = vec![serde_json::to_vec(&letter).ok()?];
    parts.extend(files);
    Some(parts)
}
