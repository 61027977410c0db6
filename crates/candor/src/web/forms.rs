//! What a browser sent: fields, each once, and files, sealed as they stream in.

use crate::app::App;
use crate::error::Error;
use crate::execute::files;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use candor_core::event::FileRef;

/// Most bytes of one field.
const FIELD_LIMIT: usize = 512 * 1024;
/// Most bytes of a form without files.
const FORM_LIMIT: usize = 1024 * 1024;
/// Most fields of one form.
const FIELDS_LIMIT: usize = 200;

/// An answered form.
#[derive(Debug, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
    /// Files, in order.
    pub files: Vec<FileRef>,
}

impl Form {
    /// The answer to a field; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The trimmed answer to a field, if it says anything.
    pub fn some(&self, name: &str) -> Option<String> {
        let value = self.get(name).trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Whether the field was sent at all.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known == name)
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// Number of the journal entry that the page showed.
    pub fn seen(&self) -> Option<u64> {
        self.get("seen").parse().ok()
    }

    fn put(&mut self, name: String, value: String) -> Result<(), Error> {
        if self.fields.len() >= FIELDS_LIMIT {
            return Err(Error::BadRequest(format!("The form has more than {FIELDS_LIMIT} fields")));
        }
        if self.fields.iter().any(|(known, _)| *known == name) {
            return Err(Error::BadRequest(format!("The field `{name}` was sent twice; send each once")));
        }
        // Browsers send line ends as CR LF.
        self.fields.push((name, value.replace("\r\n", "\n")));
        Ok(())
    }
}

/// Reads a form, with files or without.
///
/// # Errors
/// [`Error::BadRequest`] naming the field, [`Error::FileTooLarge`], [`Error::TooManyFiles`], [`Error::Full`].
pub async fn read(app: &App, request: Request) -> Result<Form, Error> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        let parts = Multipart::from_request(request, &())
            .await
            .map_err(|_| Error::BadRequest("The form could not be read; send it again".into()))?;
        read_parts(app, parts).await
    } else {
        read_plain(request).await
    }
}

async fn read_plain(request: Request) -> Result<Form, Error> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, FORM_LIMIT)
        .await
        .map_err(|_| Error::BadRequest("The form is larger than 1 MB; attach long text as a file".into()))?;
    let axum::Form(pairs) =
        axum::Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, Body::from(bytes)), &())
            .await
            .map_err(|_| Error::BadRequest("The form could not be read; send it again".into()))?;
    let mut form = Form::default();
    for (name, value) in pairs {
        form.put(name, value)?;
    }
    Ok(form)
}

async fn read_parts(app: &App, mut parts: Multipart) -> Result<Form, Error> {
    let broken = |_| Error::BadRequest("The form broke off before its end; send it again".into());
    let mut form = Form::default();
    while let Some(mut part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(ToOwned::to_owned) {
            // A file field without a file is sent with an empty name.
            Some(file) if file.is_empty() => {}
            Some(file) => {
                if form.files.len() >= app.config.files_limit {
                    return Err(Error::TooManyFiles { limit: app.config.files_limit });
                }
                let mut upload = files::upload(app, &file).await?;
                while let Some(chunk) = part.chunk().await.map_err(broken)? {
                    upload.push(&chunk).await?;
                }
                form.files.push(upload.finish().await?);
            }
            None => {
                let mut value = Vec::new();
                while let Some(chunk) = part.chunk().await.map_err(broken)? {
                    if value.len() + chunk.len() > FIELD_LIMIT {
                        return Err(Error::BadRequest(format!(
                            "The field `{name}` is longer than {} kB; attach long text as a file",
                            FIELD_LIMIT / 1024
                        )));
                    }
                    value.extend_from_slice(&chunk);
                }
                let value = String::from_utf8(value)
                    .map_err(|_| Error::BadRequest(format!("The field `{name}` is not UTF-8 text")))?;
                form.put(name, value)?;
            }
        }
    }
    Ok(form)
}
