//! The OSV API over what is published here, so that scanners can ask this host as they ask osv.dev. For anyone.
//!
//! Its answers and errors have the form of that API, not that of ours.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use candor_formats::osv::query::{self, BATCH, Query};
use serde_json::{Value, json};

use crate::app::App;
use crate::watch::published;

/// Largest query, in bytes: a batch of a thousand packages has room.
const BODY: usize = 1 << 20;
/// Records of one batch's answer, over all its queries; the rest follows on next pages.
const BATCH_PAGE: usize = 3000;

/// Addresses of the OSV API.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/vulns/{id}", get(vuln).options(allowed))
        .route("/v1/query", post(ask).options(allowed))
        .route("/v1/querybatch", post(ask_all).options(allowed))
        .layer(DefaultBodyLimit::max(BODY))
}

/// What a browser asks before a page of somebody else may ask: everybody may.
async fn allowed() -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    answer
}

/// `GET /v1/vulns/{id}`
async fn vuln(State(app): State<App>, Path(id): Path<String>) -> Response {
    match published::osv(&app).await {
        Ok(index) => match index.get(&id) {
            Some(item) => json_text(StatusCode::OK, item.text.clone()),
            None => said(StatusCode::NOT_FOUND, 5, "Bug not found."),
        },
        Err(why) => failed(&why),
    }
}

/// `POST /v1/query`
async fn ask(State(app): State<App>, body: Bytes) -> Response {
    let read = serde_json::from_slice::<Value>(&body).map_err(|why| format!("The body is no JSON: {why}."));
    let query: Result<Query, String> = read.and_then(|value| Query::read(&value));
    match (query, published::osv(&app).await) {
        (Err(why), _) => said(StatusCode::BAD_REQUEST, 3, &why),
        (Ok(query), Ok(index)) => json_text(StatusCode::OK, query::answer(&index.ask(&query))),
        (Ok(_), Err(why)) => failed(&why),
    }
}

/// `POST /v1/querybatch`
async fn ask_all(State(app): State<App>, body: Bytes) -> Response {
    let queries = match read_batch(&body) {
        Ok(queries) => queries,
        Err(why) => return said(StatusCode::BAD_REQUEST, 3, &why),
    };
    let index = match published::osv(&app).await {
        Ok(index) => index,
        Err(why) => return failed(&why),
    };
    let mut room = BATCH_PAGE;
    let mut results = Vec::with_capacity(queries.len());
    for query in &queries {
        let mut page = index.ask(query);
        if page.found.len() > room {
            page.found.truncate(room);
            page.next = page.found.last().map(|item| item.id.clone()).or_else(|| Some(String::new()));
        }
        room -= page.found.len();
        results.push(query::brief(&page));
    }
    json_text(StatusCode::OK, json!({ "results": results }).to_string())
}

fn read_batch(body: &[u8]) -> Result<Vec<Query>, String> {
    let value: Value = serde_json::from_slice(body).map_err(|why| format!("The body is no JSON: {why}."))?;
    let queries = value["queries"].as_array().ok_or("`queries` is a list of queries.")?;
    if queries.len() > BATCH {
        return Err(format!("A batch holds at most {BATCH} queries."));
    }
    let read = |(place, query)| Query::read(query).map_err(|why| format!("`queries[{place}]`: {why}"));
    queries.iter().enumerate().map(read).collect()
}

fn json_text(status: StatusCode, text: String) -> Response {
    let mut answer = (status, text).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    answer
}

/// An error as that API says it.
fn said(status: StatusCode, code: u8, message: &str) -> Response {
    let mut answer = json_text(status, json!({ "code": code, "message": message }).to_string());
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn failed(why: &crate::error::Error) -> Response {
    tracing::error!(cause = %why, "a query of the OSV API failed");
    said(StatusCode::INTERNAL_SERVER_ERROR, 13, "It could not be looked up; try again.")
}
