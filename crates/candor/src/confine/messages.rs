//! What is said to be an OpenPGP message or signature is taken apart once by a process that holds nothing, before one that has
//! keys opens it.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Lost, Workers};
use crate::openpgp::decrypt::{Budget, open};
use crate::openpgp::verify;

/// Word of the question.
const MESSAGE: &[u8] = b"message";

/// Whether these bytes can be taken apart as far as that needs no key. `false` when they ended the process that tried.
///
/// # Errors
/// [`Lost::NotStarted`] when no process could be started: the bytes are not to blame.
pub async fn is_harmless(workers: &Workers, given: Arc<Vec<u8>>, now: Timestamp) -> Result<bool, Lost> {
    if !workers.are_there() {
        return Ok(true);
    }
    let at = now.as_microsecond().to_be_bytes().to_vec();
    match workers.ask(vec![Arc::new(MESSAGE.to_vec()), Arc::new(at), given]).await {
        Ok(answer) => Ok(!answer.is_empty()),
        Err(Lost::Died) => Ok(false),
        Err(why) => Err(why),
    }
}

/// The worker's side: answers the question, if it is about a message.
#[must_use]
pub fn answer(question: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let [word, at, given] = question else { return None };
    if word != MESSAGE {
        return None;
    }
    let now = Timestamp::from_microsecond(i64::from_be_bytes(at.as_slice().try_into().ok()?)).ok()?;
    drop((open(given, &[], &[], now, &Budget::default()), verify::detached(b"", given, &[], now)));
    drop(verify::cleartext(given, &[], now));
    Some(vec![b"harmless".to_vec()])
}
