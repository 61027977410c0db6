//! Advisories that are not for everybody, for members who may read their cases: one document, or a ROLIE feed of each label.
//!
//! Source: CSAF 2.0 section 7.1.4 and requirement 5 of section 7.1: what is not TLP:WHITE is protected by access rules.

use super::answer::one_of_few;
use super::input::{Asker, Segments};
use super::problem::Problem;
use crate::app::App;
use crate::execute::report::hex;
use crate::execute::{open_case, restricted};
use crate::throttle::places::Heavy;
use aws_lc_rs::digest;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use candor_core::id::{CaseId, ProgramSlug};
use candor_formats::advisory::{Record, Tlp};
use candor_formats::csaf::provider::{self, Entry};
use candor_formats::csaf::{self, Edition, Profile};

/// `GET /cases/{case}/advisory/{format}`: the newest edition in a format, whoever it is for.
pub async fn document(
    State(app): State<App>,
    Asker(actor): Asker,
    Segments((case, format)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    let case = CaseId::parse(&case).ok_or_else(Problem::not_found)?;
    let _place = one_of_few(&app, Heavy::Export, &actor.name())?;
    let case = open_case(&app, &actor, &case).await?;
    let record = restricted::newest(&case).ok_or_else(Problem::not_found)?;
    let document = restricted::document(record, &format)?.ok_or_else(Problem::not_found)?;
    Ok(sent(kind(&format), document.text))
}

/// `GET /programs/{program}/restricted/{label}/{file}`: the feed of a label, or a document that it names.
pub async fn file(
    State(app): State<App>,
    Asker(actor): Asker,
    Segments((program, label, file)): Segments<(String, String, String)>,
) -> Result<Response, Problem> {
    let program = ProgramSlug::from(program.as_str());
    app.policy(&program).filter(|_| actor.role(&program).is_some()).ok_or_else(Problem::not_found)?;
    let label = Tlp::from_name(&label).filter(|label| !label.is_public()).ok_or_else(Problem::not_found)?;
    // A feed opens many cases at once, as an export does. It lists them; the text of one is a look at its case.
    let _place = one_of_few(&app, Heavy::Export, &actor.name())?;
    let records = restricted::readable(&app, &actor, &program, label).await?;
    let place = format!("{}/api/v1/programs/{program}/restricted/{}", app.config.base_url, label.name());
    if file == "feed.json" {
        return Ok(sent("application/json", feed(&place, &program, label, &records)));
    }
    let (name, hash) = match file.rsplit_once(".sha") {
        Some((name, "256")) => (name, Some(&digest::SHA256)),
        Some((name, "512")) => (name, Some(&digest::SHA512)),
        _ => (file.as_str(), None),
    };
    let found = records.iter().find(|(_, record)| csaf::file_name(&record.id) == name);
    let (case, record) = found.ok_or_else(Problem::not_found)?;
    open_case(&app, &actor, case).await?;
    let text = restricted::document(record, "csaf.json")?.ok_or_else(Problem::not_found)?.text;
    Ok(match hash {
        Some(hash) => {
            let line = format!("{}  {name}\n", hex(digest::digest(hash, text.as_bytes()).as_ref()));
            sent("text/plain; charset=utf-8", line)
        }
        None => sent("application/json", text),
    })
}

/// The ROLIE feed of a label. An empty one says nothing of when it was looked at.
fn feed(place: &str, program: &ProgramSlug, label: Tlp, records: &[(CaseId, Record)]) -> String {
    let edition = Edition::V2_0;
    let items: Vec<String> = records
        .iter()
        .map(|(_, record)| {
            let entry = Entry {
                id: csaf::tracking_id(record, Profile::SecurityAdvisory),
                title: record.title.clone(),
                summary: record.summary.clone(),
                path: csaf::file_name(&record.id),
                released: record.revisions.first().map_or(record.published, |first| first.at),
                current: record.modified,
                products: record.products.iter().map(|product| product.name.clone()).collect(),
            };
            provider::item(place, &entry, false, edition)
        })
        .collect();
    let updated = records.iter().map(|(_, record)| record.modified).max().unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let items = items.iter().map(String::as_str);
    provider::restricted_feed(&format!("{place}/feed.json"), program.as_str(), label, items, updated)
}

fn kind(format: &str) -> &'static str {
    match format.rsplit('.').next() {
        Some("json") => "application/json",
        Some("md") => "text/markdown; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

/// Kept by no cache, and shown by no browser as a page.
fn sent(kind: &'static str, text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    response
}
