//! OpenPGP messages and signatures of others are taken apart by a process that holds no key, and opened by one that has the key
//! of that one message. Whoever has the program's keys reads nothing of them but small packets that were written anew: of a
//! message those with its session key, of a signature the signature itself.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Lost, Workers};
use crate::openpgp::decrypt::{Budget, Opened, Plain, Shut, Taken, take};
use crate::openpgp::packets::{tag, walk};
use crate::openpgp::session::{self, Unlocked};
use crate::openpgp::{Certificate, Kind, Secret, SessionKey, Signed, Wanted, armor, sealed, verify};

/// Word of the question what a file is.
const FILE: &[u8] = b"openpgp file";
/// Word of the question what a message holds.
const OPEN: &[u8] = b"openpgp message";
/// Word of the question for whom a message is.
const FOR: &[u8] = b"openpgp recipients";
/// Word of the question whether a report is sealed.
const SEALED: &[u8] = b"openpgp sealed";
/// First part of the answer about a message that stays shut.
const SHUT: &[u8] = b"shut";

/// What a file of OpenPGP is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// A message; what is needed to open it, nothing when anybody can.
    Message(Result<Option<Wanted>, Shut>),
    /// Somebody's public key.
    PublicKey,
    /// A secret key.
    SecretKey,
    /// Signatures, each as one packet written anew.
    Signature(Vec<Vec<u8>>),
    /// A text with signatures under it, and what they are over.
    Cleartext(Vec<u8>, Vec<Vec<u8>>),
    /// Nothing of OpenPGP.
    Nothing,
}

/// What asks: the answer in parts, or that there is none.
pub type Ask<'a> = dyn Fn(Vec<Arc<Vec<u8>>>) -> Result<Vec<Vec<u8>>, Lost> + 'a;

async fn ask(workers: &Workers, question: Vec<Arc<Vec<u8>>>) -> Result<Vec<Vec<u8>>, Lost> {
    if workers.are_there() {
        return workers.ask(question).await;
    }
    let works = move || {
        let question: Vec<Vec<u8>> = question.iter().map(|part| part.to_vec()).collect();
        answer(&question).unwrap_or_default()
    };
    tokio::task::spawn_blocking(works).await.map_err(|_| Lost::Died)
}

async fn json<T: serde::de::DeserializeOwned>(workers: &Workers, question: Vec<Arc<Vec<u8>>>) -> Result<T, Lost> {
    let answer = ask(workers, question).await?;
    answer.first().and_then(|said| serde_json::from_slice(said).ok()).ok_or(Lost::Died)
}

/// What a file is, told by a process that holds nothing. `secrets`: the keys it may be for.
///
/// # Errors
/// [`Lost`]; also when the answer makes no sense.
pub async fn look(workers: &Workers, file: Arc<Vec<u8>>, secrets: &[Secret]) -> Result<Found, Lost> {
    let ours = serde_json::to_vec(&session::names(secrets)).map_err(|_| Lost::Died)?;
    json(workers, vec![Arc::new(FILE.to_vec()), Arc::new(ours), file]).await
}

/// Opens a message of which it is known what it wants opened.
///
/// # Errors
/// [`Lost`] when the process that took it apart died, or answered what it was not asked for; the inner one that it stays shut.
pub async fn open(
    workers: &Workers,
    message: Arc<Vec<u8>>,
    wanted: Option<&Wanted>,
    secrets: &[Secret],
    certificates: Vec<Certificate>,
    now: Timestamp,
) -> Result<Result<Opened, Shut>, Lost> {
    let (session, key) = match unlocked(wanted, secrets)? {
        Ok(found) => found,
        Err(shut) => return Ok(Err(shut)),
    };
    let Some(plain) = opened(ask(workers, about(&message, session.as_ref())).await?)? else {
        return Ok(Err(Shut::NotOpened));
    };
    let recipients = wanted.map_or(0, |wanted| wanted.recipients);
    let signatures = signed(plain.bytes, plain.signatures, certificates, now).await?;
    Ok(Ok(Opened { bytes: signatures.0, signatures: signatures.1, key, recipients }))
}

/// What is known of signatures over bytes.
///
/// # Errors
/// [`Lost::Died`] when they are not as they are to be written.
pub async fn signed(
    said: Vec<u8>,
    signatures: Vec<Vec<u8>>,
    certificates: Vec<Certificate>,
    now: Timestamp,
) -> Result<(Vec<u8>, Vec<Signed>), Lost> {
    let works = move || {
        let known: Vec<&Certificate> = certificates.iter().collect();
        verify::each(&said, &signatures, &known, now).map(|signed| (said, signed)).map_err(|_| Lost::Died)
    };
    tokio::task::spawn_blocking(works).await.map_err(|_| Lost::Died)?
}

/// The session key of a message, with the key of ours that it is for; neither for one that anybody can open.
///
/// # Errors
/// [`Lost::Died`] when what is said to be wanted is no session key; the inner one that the message stays shut.
#[allow(clippy::type_complexity)] // a key, and whose
pub fn unlocked(
    wanted: Option<&Wanted>,
    secrets: &[Secret],
) -> Result<Result<(Option<SessionKey>, Option<String>), Shut>, Lost> {
    let Some(wanted) = wanted else { return Ok(Ok((None, None))) };
    match session::unlock(wanted, secrets, Budget::default().tries).map_err(|_| Lost::Died)? {
        Unlocked::With(session, key) => Ok(Ok((Some(session), Some(key)))),
        Unlocked::Not => Ok(Err(Shut::NotOpened)),
        Unlocked::NotOurs => Ok(Err(Shut::NotOurs)),
    }
}

/// The question what a message holds, with its session key if it has one.
pub fn about(message: &Arc<Vec<u8>>, session: Option<&SessionKey>) -> Vec<Arc<Vec<u8>>> {
    let session = session.map(|key| key.to_bytes().to_vec()).unwrap_or_default();
    vec![Arc::new(OPEN.to_vec()), Arc::new(session), message.clone()]
}

/// The answer to it; none when the message stays shut.
///
/// # Errors
/// [`Lost::Died`] when it makes no sense.
pub fn opened(answer: Vec<Vec<u8>>) -> Result<Option<Plain>, Lost> {
    let mut parts = answer.into_iter();
    match (parts.next(), parts.next()) {
        (Some(word), None) if word == SHUT => Ok(None),
        (Some(word), Some(bytes)) if word == OPEN => Ok(Some(Plain { bytes, signatures: parts.collect() })),
        _ => Err(Lost::Died),
    }
}

/// For which keys a message is encrypted, as [`recipients`](crate::openpgp::decrypt::recipients) says.
///
/// # Errors
/// [`Lost`].
pub async fn recipients(workers: &Workers, message: Arc<Vec<u8>>) -> Result<Vec<Option<String>>, Lost> {
    json(workers, vec![Arc::new(FOR.to_vec()), message]).await
}

/// Whether these bytes are one message encrypted to somebody's key and nothing else; in words why not. `limit` is in bytes.
///
/// # Errors
/// [`Lost`].
pub async fn is_sealed(workers: &Workers, given: &[u8], limit: usize) -> Result<Result<(), String>, Lost> {
    let limit = Arc::new((limit as u64).to_be_bytes().to_vec());
    json(workers, vec![Arc::new(SEALED.to_vec()), limit, Arc::new(given.to_vec())]).await
}

/// The kind of the first block, or of the first packet of a file that is no text.
fn kind_of(bytes: &[u8]) -> Option<Kind> {
    if bytes.first().is_some_and(|first| first & 0x80 != 0) {
        return match walk(bytes, 1000).ok()?.first()?.tag {
            tag::PUBLIC_KEY => Some(Kind::PublicKey),
            tag::SECRET_KEY => Some(Kind::SecretKey),
            tag::SIGNATURE => Some(Kind::Signature),
            _ => Some(Kind::Message),
        };
    }
    armor::blocks(bytes, 1).first().map(|block| block.kind)
}

fn found(file: &[u8], ours: &[String]) -> Found {
    match kind_of(file) {
        None => Found::Nothing,
        Some(Kind::PublicKey) => Found::PublicKey,
        Some(Kind::SecretKey) => Found::SecretKey,
        Some(Kind::Signature) => Found::Signature(verify::found(file)),
        Some(Kind::Cleartext) => match verify::framed(file) {
            Some((said, signatures)) => Found::Cleartext(said, signatures),
            None => Found::Nothing,
        },
        Some(Kind::Message) => Found::Message(take(file, ours, None, &Budget::default()).map(|taken| match taken {
            Taken::Locked(wanted) => Some(wanted),
            Taken::Open(_) => None,
        })),
    }
}

/// The side of whoever takes apart: answers the question, if it is about a message.
#[must_use]
pub fn answer(question: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    match question {
        [word, ours, file] if word == FILE => {
            let ours: Vec<String> = serde_json::from_slice(ours).ok()?;
            Some(vec![serde_json::to_vec(&found(file, &ours)).ok()?])
        }
        [word, session, message] if word == OPEN => {
            let session = SessionKey::from_bytes(session);
            Some(match take(message, &[], session.as_ref(), &Budget::default()) {
                Ok(Taken::Open(plain)) => [vec![OPEN.to_vec(), plain.bytes], plain.signatures].concat(),
                Ok(Taken::Locked(_)) | Err(_) => vec![SHUT.to_vec()],
            })
        }
        [word, message] if word == FOR => {
            let recipients = crate::openpgp::decrypt::recipients(message, &Budget::default());
            Some(vec![serde_json::to_vec(&recipients).ok()?])
        }
        [word, limit, given] if word == SEALED => {
            let limit = usize::try_from(u64::from_be_bytes(limit.as_slice().try_into().ok()?)).ok()?;
            let checked = sealed::check(given, limit).map_err(|why| why.to_string());
            Some(vec![serde_json::to_vec(&checked).ok()?])
        }
        _ => None,
    }
}
