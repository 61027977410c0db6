//! What goes out: JSON and files, never kept by a cache.

use super::model::people::Names;
use super::problem::Problem;
use crate::accounts;
use crate::app::App;
use crate::error::Error;
use crate::store::blobs::BlobReader;
use crate::throttle::places::{Heavy, Place};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use candor_core::event::FileRef;
use futures_util::stream;
use serde::Serialize;
use std::collections::BTreeMap;

/// An answer in JSON.
pub struct Answer<T>(pub StatusCode, pub T);

/// What a handler gives.
pub type Answered<T> = Result<Answer<T>, Problem>;

/// All is well.
pub fn fine<T>(value: T) -> Answered<T> {
    Ok(Answer(StatusCode::OK, value))
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let body = match serde_json::to_vec(&self.1) {
            Ok(body) => body,
            Err(why) => return Problem::from(Error::internal(why)).into_response(),
        };
        let mut response = (self.0, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// A place among the few lists or exports that one asker has at a time, and all together.
///
/// # Errors
/// A problem with status 429, which says when to ask again.
pub fn one_of_few(app: &App, heavy: Heavy, who: &str) -> Result<Place, Problem> {
    app.throttle.place(heavy, who).map_err(|wait| {
        let words = format!(
            "Too many {} at a time: {} of one asker, {} of all. Wait for some of them, then ask again",
            heavy.words(),
            heavy.of_one(),
            heavy.of_all()
        );
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-often", words).after(wait)
    })
}

/// A file on its way out, opened chunk by chunk. Always saved, never shown by a browser; its type is not told.
/// The place is free again when it is sent, or the asker went away.
pub fn file(file: &FileRef, reader: BlobReader, place: Place) -> Response {
    let chunks = stream::try_unfold((reader, place), |(mut reader, place)| async move {
        match reader.next().await {
            Ok(Some(chunk)) => Ok(Some((chunk, (reader, place)))),
            Ok(None) => Ok(None),
            // The connection is cut, so that nobody takes the beginning for the whole.
            Err(why) => {
                tracing::error!(%why, "a file could not be read to its end");
                Err(std::io::Error::other("the file is damaged"))
            }
        }
    });
    download(Body::from_stream(chunks), &file.name, file.size)
}

/// Bytes as a download.
pub fn bytes(name: &str, bytes: Vec<u8>) -> Response {
    let size = bytes.len() as u64;
    download(Body::from(bytes), name, size)
}

fn download(body: Body, name: &str, size: u64) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    let disposition = format!("attachment; filename=\"file\"; filename*=UTF-8''{}", percent(name));
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// Percent-encoding as RFC 8187 asks for it.
fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// Names of all members, by id.
///
/// # Errors
/// As every read.
pub async fn names(app: &App) -> Result<Names, Error> {
    let members = accounts::members(app).await?;
    Ok(Names(members.into_iter().map(|member| (member.id, member.name)).collect::<BTreeMap<_, _>>()))
}
