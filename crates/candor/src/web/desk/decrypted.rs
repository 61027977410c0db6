//! A file that came encrypted, opened with the program's OpenPGP keys for the team. Nothing of it is kept.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Error;
use crate::execute::{files, load_case};
use crate::openpgp::decrypt::{Budget, open};
use crate::program_keys;
use crate::web::headers::as_download;
use crate::web::session::{Member, Rejection};

/// Bytes of an encrypted file that are opened here; a larger one is opened by its own tools.
const LIMIT: u64 = 32 * 1024 * 1024;

/// Whether a file may be an encrypted one, by its name.
pub fn may_be_encrypted(name: &str, size: u64) -> bool {
    let end = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(end.as_str(), "asc" | "pgp" | "gpg") && size <= LIMIT
}

/// `GET /desk/cases/{case}/files/{file}/opened`: what an encrypted file holds, as a download.
pub async fn opened(
    State(app): State<App>,
    member: Member,
    Path((case, id)): Path<(String, String)>,
) -> Result<Response, Rejection> {
    let case = candor_core::id::CaseId::parse(&case).ok_or(Error::NotFound)?;
    let (file, mut reader) = files::open_file(&app, &member.actor, &case, &id).await?;
    if !may_be_encrypted(&file.name, file.size) {
        return Err(Error::NotFound.into());
    }
    let program = load_case(&app, &member.actor, &case).await?.program;
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.next().await.map_err(Error::internal)? {
        bytes.extend_from_slice(&chunk);
    }
    let secrets = program_keys::secrets(&app, &program).await?;
    let now = app.now();
    let opened = tokio::task::spawn_blocking(move || open(&bytes, &secrets, &[], now, &Budget::default()));
    let opened = match opened.await.map_err(Error::internal)? {
        Ok(opened) => opened,
        Err(why) => return Err(Error::BadRequest(format!("The file stays shut: {why}")).into()),
    };
    let name = file.name.rsplit_once('.').map_or(file.name.as_str(), |(stem, _)| stem);
    let name = if name.contains('.') { name.to_owned() } else { format!("{name}.txt") };
    let length = opened.bytes.len();
    let mut answer = opened.bytes.into_response();
    as_download(answer.headers_mut(), &name);
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(answer)
}
