//! A file of OpenPGP, shown as what it is: a message, opened with the program's keys for the team; somebody's key; a signature.
//! Nothing of it is kept.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use candor_core::case::Case;
use candor_core::event::FileRef;
use candor_core::id::CaseId;
use jiff::Timestamp;

use crate::app::App;
use crate::confine::messages::{self, Found};
use crate::confine::{Lost, certificates};
use crate::error::Error;
use crate::execute::{files, load_case};
use crate::openpgp::decrypt::{Opened, Shut};
use crate::openpgp::words::grouped;
use crate::openpgp::{Certificate, Signed, Verdict, verify};
use crate::program_keys;
use crate::throttle::places::Heavy;
use crate::web::guard;
use crate::web::headers::as_download;
use crate::web::page;
use crate::web::session::{Member, Rejection};
use crate::web::views::case::OpenPgpFilePage;
use crate::web::views::parts::Row;

/// Bytes of a file that are looked at here; a larger one is opened by its own tools.
const LIMIT: u64 = 32 * 1024 * 1024;
/// Letters of an opened text that are shown; the rest is in the download.
const SHOWN: usize = 100_000;

/// Whether a file may be one of OpenPGP, by its name.
pub fn may_be_encrypted(name: &str, size: u64) -> bool {
    let end = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(end.as_str(), "asc" | "pgp" | "gpg" | "sig") && size <= LIMIT
}

/// How it is wished for.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Wish {
    /// `file` to download what an encrypted file holds.
    r#as: String,
}

/// What a file is.
enum What {
    Message(Opened),
    Shut(Shut),
    Harmful,
    Key(Box<Certificate>),
    NoKey(String),
    SecretKey,
    Signature(Vec<Signed>, Option<String>),
    SignedText(String, Vec<Signed>),
    Nothing,
}

async fn bytes_of(app: &App, member: &Member, case: &CaseId, id: &str) -> Result<(FileRef, Vec<u8>), Rejection> {
    let (file, mut reader) = files::open_file(app, &member.actor, case, id).await?;
    if file.size > LIMIT {
        return Err(Error::NotFound.into());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.next().await.map_err(Error::internal)? {
        bytes.extend_from_slice(&chunk);
    }
    Ok((file, bytes))
}

/// The certificates that the reporters of a case gave.
fn given(case: &Case) -> Vec<Certificate> {
    let keys =
        case.reports.iter().filter_map(|report| report.contact.as_ref()).map(|contact| contact.pgp_key.as_bytes());
    keys.filter_map(|key| Certificate::read(key, &Default::default()).ok()).collect()
}

/// What a file is. It is taken apart by processes without keys; here its session key is opened, and its signatures checked.
async fn look(app: &App, member: &Member, case: &Case, name: &str, bytes: Vec<u8>) -> Result<What, Rejection> {
    let (now, bytes) = (app.now(), Arc::new(bytes));
    let secrets = program_keys::secrets(app, &case.program).await?;
    let known = given(case);
    let what = match messages::look(&app.workers, bytes.clone(), &secrets).await {
        Ok(Found::Nothing) => Ok(What::Nothing),
        Ok(Found::SecretKey) => Ok(What::SecretKey),
        Ok(Found::PublicKey) => {
            let read = certificates::read(&app.workers, &bytes, now).await;
            Ok(read.map_or_else(What::NoKey, |certificate| What::Key(Box::new(certificate))))
        }
        Ok(Found::Signature(signatures)) => {
            // Beside `report.pdf.asc` lies `report.pdf`.
            let signed = name.rsplit_once('.').map_or("", |(stem, _)| stem);
            let signed = case.files.iter().find(|other| other.file.name == signed).map(|other| other.file.id.clone());
            let (said, over) = match signed {
                Some(id) => {
                    bytes_of(app, member, &case.id, id.as_str()).await.map(|(file, said)| (said, Some(file.name)))?
                }
                None => (Vec::new(), None),
            };
            let checked = messages::signed(said, signatures, known, now).await;
            checked.map(|(_, signed)| What::Signature(signed, over))
        }
        Ok(Found::Cleartext(said, signatures)) => {
            let checked = messages::signed(said, signatures, known, now).await;
            checked.map(|(said, signed)| What::SignedText(verify::unframed(&said), signed))
        }
        Ok(Found::Message(Err(why))) => Ok(What::Shut(why)),
        Ok(Found::Message(Ok(wanted))) => {
            let opened = messages::open(&app.workers, bytes, wanted.as_ref(), &secrets, known, now).await;
            opened.map(|opened| opened.map_or_else(What::Shut, What::Message))
        }
        Err(why) => Err(why),
    };
    match what {
        Ok(what) => Ok(what),
        Err(Lost::Died) => Ok(What::Harmful),
        Err(Lost::NotStarted) => Err(Error::Busy.into()),
    }
}

/// Name of what an encrypted file holds.
fn inner_name(name: &str) -> String {
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if name.contains('.') { name.to_owned() } else { format!("{name}.txt") }
}

/// `GET /desk/cases/{case}/files/{file}/opened`: what a file of OpenPGP is and holds; with `?as=file` the opened content as a
/// download.
pub async fn opened(
    State(app): State<App>,
    member: Member,
    Path((case, id)): Path<(String, String)>,
    Query(wish): Query<Wish>,
) -> Result<Response, Rejection> {
    let case = CaseId::parse(&case).ok_or(Error::NotFound)?;
    let _place = guard::place(&app, Heavy::Export, &member.actor.name())?;
    let (file, bytes) = bytes_of(&app, &member, &case, &id).await?;
    if !may_be_encrypted(&file.name, file.size) {
        return Err(Error::NotFound.into());
    }
    let case = load_case(&app, &member.actor, &case).await?;
    let what = look(&app, &member, &case, &file.name, bytes).await?;
    if wish.r#as == "file" {
        let What::Message(opened) = what else {
            return Err(Error::BadRequest("The file stays shut; its page says what it is.".into()).into());
        };
        let length = opened.bytes.len();
        let mut answer = opened.bytes.into_response();
        as_download(answer.headers_mut(), &inner_name(&file.name));
        answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        return Ok(answer);
    }
    let mut shown = OpenPgpFilePage {
        shell: member.shell(&app, "queue"),
        case: case.id.0.clone(),
        name: file.name.clone(),
        ..OpenPgpFilePage::default()
    };
    describe(&mut shown, what, &case, &id, app.now());
    Ok(page::html(StatusCode::OK, &shown))
}

/// Puts into words what a file is.
fn describe(page: &mut OpenPgpFilePage, what: What, case: &Case, id: &str, now: Timestamp) {
    match what {
        What::Message(opened) => {
            page.kind = "An encrypted message".into();
            page.lead = match &opened.key {
                Some(key) => format!("It was opened with the program's key {}.", grouped(key)),
                None => {
                    page.kind = "A message that is not encrypted".into();
                    "Anybody can open it.".into()
                }
            };
            page.rows = signatures(&opened.signatures, "The message");
            page.download = format!("/desk/cases/{}/files/{id}/opened?as=file", case.id);
            match String::from_utf8(opened.bytes) {
                Ok(text) if !text.contains('\0') => page.text = shown(&text),
                _ => page.lead.push_str(" What it holds is no text."),
            }
        }
        What::Shut(why) => {
            page.kind = "An encrypted message".into();
            page.lead = format!("It stays shut: {why}. It can be downloaded as it came.");
        }
        What::Harmful => {
            page.kind = "It cannot be looked at".into();
            page.lead = "It ended the process that looked at it first, and was not opened. Treat it with care.".into();
        }
        What::Key(key) => {
            let view = key.view(now);
            page.kind = "A public key".into();
            let named = case.reports.iter().filter_map(|report| report.contact.as_ref());
            let named = named.filter(|contact| !contact.email.is_empty() && key.names(&contact.email, now));
            page.lead = match named.last() {
                Some(contact) if Certificate::read(contact.pgp_key.as_bytes(), &Default::default())
                    .is_ok_and(|own| own.fingerprint() == key.fingerprint()) =>
                {
                    "It is the key that letters to the reporter are encrypted to. Nobody has checked whose it is: compare the \
                     fingerprint with them by another way."
                        .into()
                }
                Some(_) => "It carries the reporter's address. Nobody has checked whose it is, and it is not used: anybody can \
                            make a key of that name. So that letters are encrypted to it, ask the reporter to give it on \
                            their page, under “Your OpenPGP key”."
                    .into(),
                None => "It does not carry the address of a reporter of this case. Nobody has checked whose it is.".into(),
            };
            page.rows.push(Row::new("Fingerprint", grouped(&key.fingerprint())));
            page.rows.extend(view.user_ids.iter().map(|name| Row::new("Name on it", name.clone())));
            let ends = view.expires.map_or("never".into(), |end| end.strftime("%F").to_string());
            page.rows.push(Row::new("Ends", ends));
            let able = key.can_encrypt(now).map_or_else(|why| format!("no: {why}"), |()| "yes".into());
            page.rows.push(Row::new("Can be encrypted to", able));
        }
        What::NoKey(why) => {
            page.kind = "A public key".into();
            page.lead = format!("It cannot be used: {why}.");
        }
        What::SecretKey => {
            page.kind = "A secret key".into();
            page.lead =
                "Somebody sent their secret key. It is not read here. Tell them: whoever has it can open what is \
                         encrypted to them, so they should replace it."
                    .into();
        }
        What::Signature(found, over) => {
            page.kind = "A signature".into();
            page.lead = match &over {
                Some(name) => {
                    format!(
                        "It was checked over {name}, which lies beside it, with the key that the reporter gave, if any."
                    )
                }
                None => "What it signs does not lie beside it under the same name, so it was not checked.".into(),
            };
            let found = match over {
                Some(_) => signatures(&found, "The file"),
                None => found
                    .iter()
                    .filter(|it| !it.issuer.is_empty())
                    .map(|it| Row::new("It says it is by", it.issuer.clone()))
                    .collect(),
            };
            page.rows = found;
        }
        What::SignedText(said, found) => {
            page.kind = "A signed text".into();
            page.lead = "It is not encrypted.".into();
            page.rows = signatures(&found, "The text");
            page.text = shown(&said);
        }
        What::Nothing => {
            page.kind = "Nothing of OpenPGP".into();
            page.lead = "By its name it could be a file of OpenPGP, but there is nothing of that kind in it.".into();
        }
    }
}

/// As much of a text as a page holds.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN).filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn signatures(found: &[Signed], what: &str) -> Vec<Row> {
    if found.is_empty() {
        return vec![Row::new("Signature", "Not signed.")];
    }
    let words = found.iter().map(|signed| match &signed.verdict {
        Verdict::Good { fingerprint } => {
            format!("{what} is signed by the key {} that the reporter gave.", grouped(fingerprint))
        }
        Verdict::Unknown if signed.issuer.is_empty() => "By a key that is not known here.".into(),
        Verdict::Unknown => format!("By a key that is not known here; it says it is {}.", signed.issuer),
        Verdict::Bad => format!("Wrong: {} was changed, or it is not by the key it names.", what.to_lowercase()),
        Verdict::Weak => "It does not count: its hash can be forged.".into(),
        Verdict::Key(why) => format!("It does not count: {why}."),
        Verdict::OutOfTime => "It does not count: it has run out, or is dated in the future.".into(),
    });
    words.map(|words| Row::new("Signature", words)).collect()
}
