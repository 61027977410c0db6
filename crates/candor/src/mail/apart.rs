//! Mail is read in a process that holds nothing; see [`crate::confine`].

use std::sync::Arc;

use super::read::{Letter, Limits, Over, pieces, read};
use crate::app::App;
use crate::confine::previews::{self, MailWords};
use crate::confine::{Lost, Workers, certificates, messages};
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

pub(super) fn busy() -> Error {
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
    letter.as_told();
    Some(letter)
}

/// What a mail says, for the preview of a file: the lines of its header that people look at, its text, and what lies with it.
#[must_use]
pub fn preview_words(raw: &[u8]) -> MailWords {
    use std::fmt::Write as _;
    let letter = read(raw, &Limits::default());
    let mut text = String::new();
    if let Some(from) = &letter.from {
        let _ = writeln!(text, "From: {} <{}>", from.name, from.address);
    }
    let _ = writeln!(text, "To: {}", letter.to.join(", "));
    if let Some(written) = letter.written {
        let _ = writeln!(text, "Date: {written}");
    }
    let _ = writeln!(text, "Subject: {}\n\n{}", letter.subject, letter.whole());
    for file in &letter.files {
        let _ = writeln!(text, "\nWith it: {} ({}, {} bytes)", file.name, file.kind, file.bytes.len());
    }
    let mut warnings = vec!["Nobody has checked who sent this mail.".to_owned()];
    warnings.extend(letter.over.map(|over| format!("It was not read to its end: {}.", over.words())));
    warnings.extend(letter.noticed.iter().map(super::read::Noticed::words));
    MailWords { text, warnings }
}

/// The worker's side: answers the question, if it is about a mail, a preview, or something of OpenPGP.
#[must_use]
pub fn answer(question: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    match question {
        [word, limits, raw] if word == MAIL => {
            let mut letter = read(raw, &serde_json::from_slice(limits).ok()?);
            let files: Vec<Vec<u8>> = letter.files.iter_mut().map(|file| std::mem::take(&mut file.bytes)).collect();
            let mut parts = vec![serde_json::to_vec(&letter).ok()?];
            parts.extend(files);
            Some(parts)
        }
        other => pieces::answer(other)
            .or_else(|| previews::answer(other, preview_words))
            .or_else(|| messages::answer(other))
            .or_else(|| certificates::answer(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confine::previews::Shown;

    #[test]
    fn the_preview_of_a_mail_says_who_wrote_what() {
        let mail = b"From: Ada <ada@example.org>\r\nTo: security@example.org\r\nSubject: =?utf-8?q?=C3=9Cberlauf?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nIt is here.\r\n--x\r\nContent-Type: application/octet-stream; name=poc.bin\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--x--\r\n";
        let preview = previews::of(mail, preview_words);
        let Shown::Text(text) = &preview.shown else { panic!("no text: {preview:?}") };
        for words in ["From: Ada <ada@example.org>", "Subject: Überlauf", "It is here.", "With it: poc.bin", "4 bytes"]
        {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(preview.warnings.iter().any(|warning| warning.contains("Nobody has checked")), "{preview:?}");
    }
}
