//! Files of a mail on their way into a case: sealed, and forgotten again when nothing takes them.

use candor_core::event::FileRef;

use crate::app::App;
use crate::error::Error;
use crate::execute;
use crate::store::{self, Statement};

/// Files that were sealed for this mail and may have become part of nothing.
pub(super) struct Kept<'a> {
    pub(super) app: &'a App,
    pub(super) files: Vec<FileRef>,
    /// What makes the small ones among them durable, with the command that names them.
    rows: Vec<Statement>,
}

impl<'a> Kept<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        Self { app, files: Vec::new(), rows: Vec::new() }
    }

    /// Goes into the batch of the command that names the files.
    pub(super) fn rows(&self) -> impl Iterator<Item = Statement> {
        self.rows.iter().cloned()
    }

    /// Nothing of this mail is kept so far, after all.
    pub(super) async fn forget(&mut self) {
        self.drop_unused().await;
        self.files.clear();
        self.rows.clear();
    }

    pub(super) async fn drop_unused(&self) {
        for file in &self.files {
            if let Ok(None) = store::blobs::get(&self.app.store, file.id.as_str()).await {
                drop(self.app.blobs.remove(file.id.as_str()).await);
            }
        }
    }

    pub(super) async fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let (file, row) = seal(self.app, name, bytes).await?;
        self.push(file, row);
        Ok(())
    }

    pub(super) fn push(&mut self, file: FileRef, row: Option<Statement>) {
        self.files.push(file);
        self.rows.extend(row);
    }
}

/// Seals a file of a mail.
pub(super) async fn seal(app: &App, name: &str, bytes: &[u8]) -> Result<(FileRef, Option<Statement>), Error> {
    let mut upload = execute::files::upload(app, name).await?;
    for piece in bytes.chunks(store::blobs::CHUNK) {
        upload.push(piece).await?;
    }
    upload.finish_beside().await
}
