//! Files of a form: sealed while they come, kept over a mistake as a sealed reference in the form itself.

use crate::app::App;
use crate::error::Error;
use crate::execute::files::{self, Upload};
use crate::execute::report::hex;
use crate::keys::{Context, open, seal};
use crate::store::blobs;
use crate::web::fields::{self, Halt};
use crate::web::views::{Choice, Control, Field, fmt};
use candor_core::event::FileRef;

/// Bytes of files past a limit that are still read, so that the page can come again with every answer.
const WASTE: u64 = 32 * 1024 * 1024;

/// Files on their way in.
pub struct Uploads<'a> {
    app: &'a App,
    now: Option<Upload>,
    name: String,
    /// Files that are whole and sealed.
    pub done: Vec<FileRef>,
    /// What was wrong with a file, to be said beside the field.
    pub problem: Option<String>,
    /// What stopped the store.
    pub failure: Option<Error>,
    /// Whether files are stored at all; a slowed visitor's are not.
    take: bool,
    wasted: u64,
}

impl<'a> Uploads<'a> {
    /// Ready for files; with `take` false they are read and dropped.
    pub fn new(app: &'a App, take: bool) -> Self {
        Self { app, now: None, name: String::new(), done: Vec::new(), problem: None, failure: None, take, wasted: 0 }
    }

    fn problem(&mut self, text: String) {
        self.problem.get_or_insert(text);
        self.now = None;
    }

    /// Removes files that became part of nothing, as after a double send.
    pub async fn drop_unused(app: &App, files: &[FileRef]) {
        for file in files {
            if let Ok(None) = blobs::get(&app.store, file.id.as_str()).await {
                drop(app.blobs.remove(file.id.as_str()).await);
            }
        }
    }
}

impl fields::Files for Uploads<'_> {
    async fn begin(&mut self, name: &str) -> Result<(), Halt> {
        self.name = name.chars().take(80).collect();
        if !self.take {
            self.problem("The files were not taken this time; choose them again".into());
            return Ok(());
        }
        if self.done.len() >= self.app.config.files_limit {
            let limit = self.app.config.files_limit;
            self.problem(format!("No more than {limit} files can be sent at once; put several into an archive"));
            return Ok(());
        }
        match files::upload(self.app, name).await {
            Ok(upload) => self.now = Some(upload),
            Err(failure) => {
                self.failure = Some(failure);
                return Err(Halt);
            }
        }
        Ok(())
    }

    async fn push(&mut self, bytes: &[u8]) -> Result<(), Halt> {
        let Some(upload) = &mut self.now else {
            self.wasted += bytes.len() as u64;
            return if self.wasted > WASTE { Err(Halt) } else { Ok(()) };
        };
        match upload.push(bytes).await {
            Ok(()) => Ok(()),
            Err(Error::FileTooLarge { limit }) => {
                let name = std::mem::take(&mut self.name);
                self.problem(format!(
                    "{name} is larger than {}, the most one file may have; split it or send a smaller one",
                    fmt::size(limit)
                ));
                Ok(())
            }
            Err(failure) => {
                self.failure = Some(failure);
                Err(Halt)
            }
        }
    }

    async fn end(&mut self) -> Result<(), Halt> {
        if let Some(upload) = self.now.take() {
            match upload.finish().await {
                Ok(file) => self.done.push(file),
                Err(failure) => {
                    self.failure = Some(failure);
                    return Err(Halt);
                }
            }
        }
        Ok(())
    }
}

fn place(form: &str) -> Context<'_> {
    Context { kind: "form", stream: form, row: 0, field: "file" }
}

/// A file as the form carries it: sealed, and good for this form alone.
///
/// # Errors
/// [`Error::Locked`] without keys.
pub fn carry(app: &App, form: &str, file: &FileRef) -> Result<String, Error> {
    let plain = serde_json::to_vec(file).map_err(Error::internal)?;
    Ok(hex(&seal(app.form_key(), &place(form), &plain)?))
}

/// The files that a form brought back. What was not sealed for this form is dropped.
///
/// # Errors
/// [`Error::Locked`] without keys.
pub fn carried(app: &App, form: &str, kept: &[String]) -> Result<Vec<FileRef>, Error> {
    let key = app.form_key();
    let unhex = |text: &String| -> Option<Vec<u8>> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
    };
    let read = |text: &String| {
        let plain = open(key, &place(form), &unhex(text)?).ok()?;
        serde_json::from_slice::<FileRef>(&plain).ok()
    };
    let mut files: Vec<FileRef> = Vec::new();
    for file in kept.iter().filter_map(read) {
        if !files.iter().any(|known| known.id == file.id) {
            files.push(file);
        }
    }
    files.truncate(app.config.files_limit);
    Ok(files)
}

/// The questions about files: those that are here already, and more.
///
/// # Errors
/// [`Error::Locked`] without keys.
pub fn questions(app: &App, form: &str, files: &[FileRef], problem: Option<String>) -> Result<Vec<Field>, Error> {
    let mut fields = Vec::new();
    if !files.is_empty() {
        let mut choices = Vec::with_capacity(files.len());
        for file in files {
            let label = format!("{} ({})", file.name, fmt::size(file.size));
            choices.push(Choice::new(carry(app, form, file)?, label).chosen(true));
        }
        fields.push(
            Field::new("kept", "Files that are here already", Control::Checks(choices))
                .hint("They were taken in and sealed. Untick one to leave it out."),
        );
    }
    fields.push(Field::new("files", "Files", Control::Files(hint(app))).note("optional").error(problem));
    Ok(fields)
}

/// What whoever attaches files has to know.
pub fn hint(app: &App) -> String {
    format!(
        "{} They are kept as they are, for they are evidence. A picture or document can name its author, place and device: take \
         out before what nobody should know.",
        limits(app)
    )
}

/// How many files, how large, in words.
pub fn limits(app: &App) -> String {
    format!("Up to {} files of {} each.", app.config.files_limit, fmt::size(app.config.file_limit))
}
