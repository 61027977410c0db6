//! The public tree as files: what the worker built is given out as it is, and nothing else of the disk.

use super::errors;
use super::views::assets::kind_of_file;
use crate::app::App;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::path::PathBuf;

/// How long a public page may be kept by a browser or a proxy, in seconds: a correction is seen after that.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=60");

/// Gives out the file of an address, or the page that says there is none. The last route of all.
pub async fn serve(State(app): State<App>, request: Request) -> Response {
    if !app.config.roles.public || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return errors::not_found();
    }
    let Some(parts) = parts(request.uri().path()) else { return errors::not_found() };
    let mut file = app.config.public.clone();
    file.extend(&parts);
    let (file, bytes) = match read(file).await {
        Some(found) => found,
        None if parts.is_empty() && !app.config.public.exists() => return not_built(),
        None => return errors::not_found(),
    };
    let kind = kind_of_file(&file.to_string_lossy());
    let mut answer = with_etag(request.headers(), kind, PUBLIC, bytes);
    // Programs in a page of somebody else may read it: it is public (CSAF 2.1, requirement 25).
    answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}

/// The parts of an address that can be in the tree; `None` for every other one, however it is written.
fn parts(path: &str) -> Option<Vec<&str>> {
    // A folder may be asked for with a slash behind its name, as web servers print it.
    let path = path.strip_prefix('/')?;
    let path = if path == "/" { path } else { path.strip_suffix('/').unwrap_or(path) };
    if path.is_empty() {
        return Some(Vec::new());
    }
    let parts: Vec<&str> = path.split('/').collect();
    let plain = |part: &&str| {
        (!part.is_empty() && !part.starts_with('.') || *part == ".well-known")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
    };
    (parts.len() <= 8 && path.len() <= 512 && parts.iter().all(plain)).then_some(parts)
}

/// The file, or the page of the folder of that name.
async fn read(path: PathBuf) -> Option<(PathBuf, Vec<u8>)> {
    let file = match tokio::fs::metadata(&path).await.ok()? {
        found if found.is_dir() => path.join("index.html"),
        found if found.is_file() => path,
        _ => return None,
    };
    let bytes = tokio::fs::read(&file).await.ok()?;
    Some((file, bytes))
}

/// An answer whose tag is a hash of its bytes; 304 when the asker has them already.
pub fn with_etag(
    asked: &HeaderMap,
    kind: &'static str,
    keep: HeaderValue,
    bytes: impl Into<axum::body::Bytes>,
) -> Response {
    let bytes = bytes.into();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    let tag = format!("\"{}\"", crate::execute::report::hex(&digest.as_ref()[..12]));
    let has = asked
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|given| given.trim().trim_start_matches("W/") == tag));
    let mut answer = if has { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, keep);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    answer
}

/// 503 while the first tree is being built.
fn not_built() -> Response {
    let page = super::views::public::ErrorPage::not_ready();
    let mut answer = super::page::html(StatusCode::SERVICE_UNAVAILABLE, &page);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_could_lead_out_of_the_tree_is_no_address_w10() {
        assert_eq!(parts("/"), Some(vec![]));
        assert_eq!(parts("/minio/advisories/MINIO-2026-1.csaf.json").map(|parts| parts.len()), Some(3));
        assert_eq!(parts("/.well-known/security.txt").map(|parts| parts.len()), Some(2));
        for path in
            ["/..", "/minio/../x", "/%2e%2e/x", "/minio//x", "/minio//", "/.git/config", "/a;b", "/a\\b", "/a%00", "x"]
        {
            assert_eq!(parts(path), None, "{path}");
        }
    }
}
