//! A letter on its way to somebody whose OpenPGP key is known: the whole of it, subject included, inside an encrypted
//! part (RFC 3156), signed by the program. Where the key cannot be used the letter is held: it never leaves in the clear
//! instead.

use candor_core::case::Case;
use candor_core::id::MemberId;
use candor_core::notices::{NoticeKind, Recipient};
use candor_core::policy::{Policy, TeamLetters};
use jiff::Timestamp;

use super::words::{Link, NO_ANSWERS, Words};
use crate::accounts;
use crate::app::App;
use crate::error::Error;
use crate::openpgp::encrypt::{NotEncrypted, encrypt};
use crate::openpgp::{Certificate, Random, Secret};

/// What stands in the clear in place of the subject.
const SUBJECT: &str = "...";

/// How a letter leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// As it is: no key is known, or it says nothing about the case.
    Clear,
    /// Encrypted to this certificate.
    To(Box<Certificate>),
    /// As a letter that says nothing but that there is something: it was to be encrypted to a member who gave no key that can
    /// be used.
    Neutral,
    /// Not at all until the reporter gives another key or wishes for letters in the clear.
    Held(String),
}

/// How a letter to a recipient leaves at `now`.
pub fn way(case: &Case, recipient: &Recipient, kind: NoticeKind, now: Timestamp) -> Way {
    let Recipient::Reporter(number) = recipient else { return Way::Clear };
    let report = case.reports.iter().find(|report| report.number == *number);
    let key = report.and_then(|report| report.contact.as_ref()).map_or("", |contact| contact.pgp_key.trim());
    // These two say that there is a letter, or that the key was changed, and nothing else.
    if key.is_empty() || matches!(kind, NoticeKind::KeyAsked | NoticeKind::KeyChanged) {
        return Way::Clear;
    }
    let certificate = match Certificate::read(key.as_bytes(), &Default::default()) {
        Ok(certificate) => certificate,
        Err(why) => return Way::Held(why.to_string()),
    };
    match certificate.can_encrypt(now) {
        Ok(()) => Way::To(Box::new(certificate)),
        Err(why) => Way::Held(why.to_string()),
    }
}

/// How a letter about a case of a program leaves for a member: encrypted to the key that they gave, where the policy in force
/// says so.
///
/// # Errors
/// As the store and the keys fail.
pub async fn way_to_member(app: &App, policy: &Policy, member: &MemberId) -> Result<Way, Error> {
    let in_force = app.policy(&policy.program.slug);
    if in_force.as_deref().unwrap_or(policy).channels.team_letters == TeamLetters::Clear {
        return Ok(Way::Clear);
    }
    let own = accounts::openpgp::get(app, member).await?.map(|own| own.certificate);
    let able = own.filter(|certificate| certificate.can_encrypt(app.now()).is_ok());
    Ok(able.map_or(Way::Neutral, |certificate| Way::To(Box::new(certificate))))
}

/// What a member is told in place of a letter that cannot be encrypted to them: of which case, and of what, is not said.
pub fn neutral(base_url: &str) -> Words {
    Words {
        subject: "There is something for you at the desk".into(),
        lead: "There is something for you at the desk of the security team. It is not in this letter, because it could not be \
               encrypted to you."
            .into(),
        body: Vec::new(),
        dates_title: "",
        dates: Vec::new(),
        expected: "sign in and read it. So that letters can be encrypted to you, give your OpenPGP key in your settings, \
                   under \u{201c}Your OpenPGP key\u{201d}; it must not have run out."
            .into(),
        link: Some(Link { label: "The desk", url: format!("{base_url}/desk") }),
        why: "You get this because you are a member of the team.".into(),
        answers: NO_ANSWERS.into(),
    }
}

/// A message (RFC 5322) encrypted to a certificate: its head stays, with the subject hidden; the rest moves inside.
///
/// # Errors
/// When the certificate may not be used, or the cipher fails; nothing is to leave then.
pub fn encrypted(
    message: &[u8],
    to: &Certificate,
    signer: Option<&Secret>,
    at: Timestamp,
    rng: impl Random,
) -> Result<Vec<u8>, NotEncrypted> {
    let (fields, body) = taken_apart(message);
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    for field in &fields {
        let name = String::from_utf8_lossy(field.split(|byte| *byte == b':').next().unwrap_or_default()).to_lowercase();
        match name.trim() {
            "content-type" => {
                inner.extend_from_slice(field.trim_ascii_end());
                inner.extend_from_slice(b"; protected-headers=\"v1\"\r\n");
            }
            "mime-version" => {}
            "subject" => {
                inner.extend_from_slice(field);
                outer.extend_from_slice(format!("Subject: {SUBJECT}\r\n").as_bytes());
            }
            "from" | "to" | "date" | "message-id" => {
                inner.extend_from_slice(field);
                outer.extend_from_slice(field);
            }
            name if name.starts_with("content-") => inner.extend_from_slice(field),
            _ => outer.extend_from_slice(field),
        }
    }
    inner.extend_from_slice(b"\r\n");
    inner.extend_from_slice(body);
    let message = encrypt(&inner, to, signer, at, rng)?.replace("\r\n", "\n").replace('\n', "\r\n");
    // Nothing of the text is at hand to run into it.
    let boundary = format!("openpgp-{}", at.as_microsecond());
    outer.extend_from_slice(
        format!(
            "MIME-Version: 1.0\r\n\
             Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n boundary=\"{boundary}\"\r\n\r\n\
             --{boundary}\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n\
             --{boundary}\r\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\r\n\
             Content-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n{message}\r\n--{boundary}--\r\n"
        )
        .as_bytes(),
    );
    Ok(outer)
}

/// A message (RFC 5322) that is for everybody, with a signature beside it (RFC 3156, section 5): what it says stays as it is.
///
/// # Errors
/// When the key does not sign.
pub fn signed(message: &[u8], signer: &Secret, at: Timestamp) -> Result<Vec<u8>, crate::openpgp::Failed> {
    let (fields, body) = taken_apart(message);
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    for field in &fields {
        let name = String::from_utf8_lossy(field.split(|byte| *byte == b':').next().unwrap_or_default()).to_lowercase();
        match name.trim() {
            "mime-version" => {}
            name if name.starts_with("content-") => inner.extend_from_slice(field),
            _ => outer.extend_from_slice(field),
        }
    }
    inner.extend_from_slice(b"\r\n");
    inner.extend_from_slice(body.trim_ascii_end());
    inner.extend_from_slice(b"\r\n");
    let signature = crate::openpgp::sign::detached(signer, &inner, at)?.replace("\r\n", "\n").replace('\n', "\r\n");
    let boundary = format!("openpgp-{}", at.as_microsecond());
    outer.extend_from_slice(
        format!(
            "MIME-Version: 1.0\r\n\
             Content-Type: multipart/signed; micalg=pgp-sha512; protocol=\"application/pgp-signature\";\r\n \
             boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n"
        )
        .as_bytes(),
    );
    outer.extend_from_slice(&inner);
    outer.extend_from_slice(
        format!(
            "\r\n--{boundary}\r\nContent-Type: application/pgp-signature; name=\"signature.asc\"\r\n\
             Content-Disposition: attachment; filename=\"signature.asc\"\r\n\r\n{signature}\r\n--{boundary}--\r\n"
        )
        .as_bytes(),
    );
    Ok(outer)
}

/// The head's field that gives a mail program the program's key (Autocrypt 1.1). `None` unless the key is for the address
/// that the letter is from.
pub fn autocrypt(from: &str, key: &Certificate, now: Timestamp) -> Option<String> {
    if !key.names(from, now) || key.can_encrypt(now).is_err() {
        return None;
    }
    let armor = key.to_armor();
    let data = armor.lines().skip_while(|line| !line.trim().is_empty()).filter(|line| !line.starts_with(['=', '-']));
    let lines: String = data.filter(|line| !line.trim().is_empty()).map(|line| format!("\r\n {line}")).collect();
    Some(format!("Autocrypt: addr={from}; prefer-encrypt=mutual; keydata={lines}\r\n"))
}

/// The fields of the head, each with its further lines and line ends, and the body.
fn taken_apart(message: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut fields: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at < message.len() {
        let end = message[at..].iter().position(|byte| *byte == b'\n').map_or(message.len(), |length| at + length + 1);
        let line = &message[at..end];
        if line.trim_ascii().is_empty() {
            at = end;
            break;
        }
        match fields.last_mut().filter(|_| line.starts_with(b" ") || line.starts_with(b"\t")) {
            Some(last) => last.1 = end,
            None => fields.push((at, end)),
        }
        at = end;
    }
    (fields.into_iter().map(|(from, to)| &message[from..to]).collect(), &message[at..])
}
