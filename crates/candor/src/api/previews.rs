//! What a file of a case says, without anybody opening it.

use axum::extract::State;
use axum::http::StatusCode;
use candor_core::id::CaseId;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answered, fine};
use super::input::{Asker, Segments};
use super::problem::Problem;
use crate::app::App;
use crate::coding::base64;
use crate::confine::previews::{NoPreview, Shown};
use crate::execute::previews::{Looked, preview};

/// What is shown of a file. At most one of `text`, `bytes`, `picture` and `listing` is there.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct FilePreview {
    /// What it is, by its bytes, in words; empty when there is no preview.
    kind: String,
    /// Why there is no preview, in a sentence.
    none: Option<String>,
    /// What to be careful about; sentences.
    warnings: Vec<String>,
    /// What was left out, in a sentence.
    cut: Option<String>,
    /// Text, with marks that are not seen written out, such as `[U+202E]`.
    text: Option<String>,
    /// The first bytes as numbers.
    bytes: Option<String>,
    /// A PNG file that was made anew, in base64.
    picture: Option<String>,
    /// What an archive says it holds.
    listing: Option<Vec<Packed>>,
}

/// A file of an archive, as the archive describes it.
#[derive(Debug, Serialize, JsonSchema)]
struct Packed {
    /// Its name, with marks that are not seen written out.
    name: String,
    /// Its bytes, as claimed.
    size: u64,
    /// Bytes that it takes in the archive, as claimed.
    packed: u64,
    /// What is odd about it; empty when nothing is.
    note: String,
}

/// `GET /cases/{case}/files/{id}/preview`
pub async fn show(
    State(app): State<App>,
    Asker(actor): Asker,
    Segments((case, id)): Segments<(String, String)>,
) -> Answered<FilePreview> {
    let case = CaseId::parse(&case).ok_or_else(Problem::not_found)?;
    let Looked { preview, .. } = preview(&app, &actor, &case, &id).await?;
    let preview = match preview {
        Ok(preview) => preview,
        Err(why @ NoPreview::TooOften) => {
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-often", why.to_string()));
        }
        Err(why) => return fine(FilePreview { none: Some(why.to_string()), ..FilePreview::default() }),
    };
    let mut shown = FilePreview {
        kind: preview.kind,
        warnings: preview.warnings,
        cut: Some(preview.cut).filter(|cut| !cut.is_empty()),
        ..FilePreview::default()
    };
    match preview.shown {
        Shown::Nothing => {}
        Shown::Text(text) => shown.text = Some(text),
        Shown::Bytes(bytes) => shown.bytes = Some(bytes),
        Shown::Picture(png) => shown.picture = Some(base64(&png)),
        Shown::Listing(listed) => {
            let listed =
                listed.into_iter().map(|it| Packed { name: it.name, size: it.size, packed: it.packed, note: it.note });
            shown.listing = Some(listed.collect());
        }
    }
    fine(shown)
}
