//! `/desk/cases/{case}/files/{file}/preview`: what a file says, as text, a list or a picture that was made anew, so that nobody
//! has to open a hostile file to see it.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use candor_core::id::CaseId;

use super::decrypted;
use crate::app::App;
use crate::confine::previews::{NoPreview, Shown};
use crate::error::Error;
use crate::execute::previews::{Looked, preview};
use crate::web::headers::as_picture;
use crate::web::page;
use crate::web::session::{Member, Rejection};
use crate::web::views::fmt;
use crate::web::views::preview::{ListedRow, PreviewPage};

async fn look(app: &App, member: &Member, case: &str, file: &str) -> Result<(CaseId, Looked), Rejection> {
    let case = CaseId::parse(case).ok_or(Error::NotFound)?;
    let looked = preview(app, &member.actor, &case, file).await?;
    Ok((case, looked))
}

/// `GET /desk/cases/{case}/files/{file}/preview`
pub async fn show(
    State(app): State<App>,
    member: Member,
    Path((case, id)): Path<(String, String)>,
) -> Result<Response, Rejection> {
    let (case, Looked { file, preview }) = look(&app, &member, &case, &id).await?;
    let href = format!("/desk/cases/{case}/files/{}", file.id);
    let mut view = PreviewPage {
        shell: member.shell(&app, "queue"),
        case: case.0,
        name: file.name.clone(),
        size: fmt::size(file.size),
        sha256: file.sha256.clone(),
        looks: file.looks.clone(),
        opened: match decrypted::may_be_encrypted(&file.name, file.size) {
            true => format!("{href}/opened"),
            false => String::new(),
        },
        ..PreviewPage::default()
    };
    let mut status = StatusCode::OK;
    match preview {
        Ok(preview) => {
            (view.kind, view.warnings, view.cut) = (preview.kind, preview.warnings, preview.cut);
            match preview.shown {
                Shown::Nothing => {}
                Shown::Text(text) => view.text = text,
                Shown::Bytes(bytes) => view.bytes = bytes,
                Shown::Picture(_) => view.picture = format!("{href}/preview.png"),
                Shown::Listing(listed) => {
                    view.is_listing = true;
                    view.listing = listed
                        .into_iter()
                        .map(|one| ListedRow { name: one.name, size: fmt::size(one.size), note: one.note })
                        .collect();
                }
            }
        }
        Err(why) => {
            if why == NoPreview::TooOften {
                status = StatusCode::TOO_MANY_REQUESTS;
            }
            view.none = why.to_string();
        }
    }
    view.download = href;
    Ok(page::html(status, &view))
}

/// `GET /desk/cases/{case}/files/{file}/preview.png`: the picture of a preview; of any other file there is none.
pub async fn picture(
    State(app): State<App>,
    member: Member,
    Path((case, id)): Path<(String, String)>,
) -> Result<Response, Rejection> {
    let (_, Looked { preview, .. }) = look(&app, &member, &case, &id).await?;
    let png = match preview {
        Ok(preview) => match preview.shown {
            Shown::Picture(png) => png,
            _ => return Err(Error::NotFound.into()),
        },
        Err(NoPreview::TooOften) => return Ok(StatusCode::TOO_MANY_REQUESTS.into_response()),
        Err(_) => return Err(Error::NotFound.into()),
    };
    let length = png.len();
    let mut answer = png.into_response();
    as_picture(answer.headers_mut());
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(answer)
}
