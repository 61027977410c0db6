//! A form of the desk with its files: fields as [`super::fields`] reads them, files sealed as they stream in.

use super::fields::{self, Fields, Files, Halt, Trouble};
use crate::app::App;
use crate::error::Error;
use crate::execute::files::{Upload, upload};
use axum::extract::Request;
use candor_core::event::FileRef;

/// An answered form.
#[derive(Debug, Default)]
pub struct Form {
    fields: Fields,
    /// Files, in order.
    pub files: Vec<FileRef>,
}

impl Form {
    /// The answer to a field as it was typed, with plain line ends; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.fields.raw(name)
    }

    /// The trimmed answer to a field, if it says anything.
    pub fn some(&self, name: &str) -> Option<String> {
        let value = self.fields.get(name);
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Whether the field was sent at all.
    pub fn has(&self, name: &str) -> bool {
        self.fields.has(name)
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.fields.ticked(name)
    }

    /// Number of the journal entry that the page showed.
    pub fn seen(&self) -> Option<u64> {
        self.fields.get("seen").parse().ok()
    }
}

/// Reads a form, with files or without.
///
/// # Errors
/// [`Error::BadRequest`] naming the field, [`Error::FileTooLarge`], [`Error::TooManyFiles`], [`Error::Full`].
pub async fn read(app: &App, request: Request) -> Result<Form, Error> {
    let mut taken = Taken { app, files: Vec::new(), coming: None, failed: None };
    let (fields, _) = fields::read_with_files(request, &[], &mut taken).await.map_err(|trouble| match trouble {
        Trouble::Twice(field) => Error::BadRequest(format!("The field {field} was given twice; send each once")),
        Trouble::TooMuch => {
            Error::BadRequest("The form holds more than 4 MB of text; attach long text as a file".into())
        }
        Trouble::Unreadable => Error::BadRequest("The form could not be read; go back and send it again".into()),
    })?;
    match taken.failed {
        Some(why) => Err(why),
        None => Ok(Form { fields, files: taken.files }),
    }
}

/// Files on their way in; the first failure ends the reading.
struct Taken<'a> {
    app: &'a App,
    files: Vec<FileRef>,
    coming: Option<Upload>,
    failed: Option<Error>,
}

impl Taken<'_> {
    fn keep<T>(&mut self, done: Result<T, Error>) -> Result<T, Halt> {
        done.map_err(|why| {
            self.failed = Some(why);
            Halt
        })
    }
}

impl Files for Taken<'_> {
    async fn begin(&mut self, name: &str) -> Result<(), Halt> {
        let limit = self.app.config.files_limit;
        if self.files.len() >= limit {
            return self.keep(Err(Error::TooManyFiles { limit }));
        }
        let begun = upload(self.app, name).await;
        self.coming = Some(self.keep(begun)?);
        Ok(())
    }

    async fn push(&mut self, bytes: &[u8]) -> Result<(), Halt> {
        let Some(coming) = &mut self.coming else { return Err(Halt) };
        let pushed = coming.push(bytes).await;
        self.keep(pushed)
    }

    async fn end(&mut self) -> Result<(), Halt> {
        let Some(coming) = self.coming.take() else { return Err(Halt) };
        let done = coming.finish().await;
        let file = self.keep(done)?;
        self.files.push(file);
        Ok(())
    }
}
