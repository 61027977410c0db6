//! What a file says, without anybody opening it.

use askama::Template;

use super::Shell;

/// `/desk/cases/{case}/files/{file}/preview`
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/preview.html")]
pub struct PreviewPage {
    /// Around the page.
    pub shell: Shell,
    /// Name of the case.
    pub case: String,
    /// Name of the file.
    pub name: String,
    /// Its size in words.
    pub size: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// What it is by its bytes; empty when there is no preview.
    pub kind: String,
    /// Which tool wrote it, where that is known; else empty.
    pub looks: String,
    /// What to be careful about; sentences.
    pub warnings: Vec<String>,
    /// What was left out, in a sentence; empty when nothing was.
    pub cut: String,
    /// Why there is no preview, in a sentence; empty when there is one.
    pub none: String,
    /// What it says; empty where it is no text.
    pub text: String,
    /// Its first bytes as numbers; empty where something better can be shown.
    pub bytes: String,
    /// Address of its picture; empty where there is none.
    pub picture: String,
    /// Whether it is an archive that is listed.
    pub is_listing: bool,
    /// What the archive says it holds.
    pub listing: Vec<ListedRow>,
    /// Where it is downloaded.
    pub download: String,
    /// Where it is shown opened, as a file of OpenPGP; empty where it cannot be one.
    pub opened: String,
}

/// A file of an archive, as the archive describes it.
#[derive(Debug, Clone, Default)]
pub struct ListedRow {
    /// Its name.
    pub name: String,
    /// Its size in words, as claimed.
    pub size: String,
    /// What is odd about it; empty when nothing is.
    pub note: String,
}
