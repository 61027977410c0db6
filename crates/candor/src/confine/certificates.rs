//! Somebody's OpenPGP key is read and judged by a process that holds nothing; what that process wrote anew is read here.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Lost, Workers};
use crate::openpgp::Certificate;
use crate::openpgp::certificate::{Limits, Refused};

/// Word of the question.
const CERTIFICATE: &[u8] = b"certificate";
/// First part of an answer that holds a key; any other holds why there is none.
const TAKEN: &[u8] = b"taken";

/// Reads the one certificate in `given`, as text or as it is, apart from everything that is worth stealing.
///
/// # Errors
/// Why it was not taken, in words for whoever gave it.
pub async fn read(workers: &Workers, given: &[u8], now: Timestamp) -> Result<Certificate, String> {
    if !workers.are_there() {
        return Certificate::read(given, &Limits::default()).map_err(|why| why.to_string());
    }
    // What is too large is not even handed over.
    if given.len() / 2 > Limits::default().bytes {
        return Err(Refused::TooLarge(Limits::default().bytes / 1024).to_string());
    }
    let at = now.as_microsecond().to_be_bytes().to_vec();
    let question = vec![Arc::new(CERTIFICATE.to_vec()), Arc::new(at), Arc::new(given.to_vec())];
    let answer = workers.ask(question).await.map_err(|why| match why {
        Lost::NotStarted => "the OpenPGP key could not be read just now; send it again in a while".to_owned(),
        Lost::Died => {
            tracing::error!("an OpenPGP key ended the process that read it; it was not taken");
            Refused::Broken.to_string()
        }
    })?;
    match &answer[..] {
        [word, packets] if word == TAKEN => {
            Certificate::read(packets, &Limits::default()).map_err(|why| why.to_string())
        }
        // Whoever has taken the worker over says what they like: it is shown to whoever gave the key, on one line.
        [_, why] => Err(String::from_utf8_lossy(why).chars().filter(|c| !c.is_control()).take(300).collect()),
        _ => Err(Refused::Broken.to_string()),
    }
}

/// The worker's side: answers the question, if it is about a certificate.
#[must_use]
pub fn answer(question: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let [word, at, given] = question else { return None };
    if word != CERTIFICATE {
        return None;
    }
    let now = Timestamp::from_microsecond(i64::from_be_bytes(at.as_slice().try_into().ok()?)).ok()?;
    Some(match Certificate::read(given, &Limits::default()) {
        Ok(certificate) => {
            // Each signature on it is checked here first.
            let view = certificate.view(now);
            drop((view, certificate.can_encrypt(now), certificate.to_armor()));
            vec![TAKEN.to_vec(), certificate.to_bytes()]
        }
        Err(why) => vec![Vec::new(), why.to_string().into_bytes()],
    })
}
