//! What a file says, without anybody opening it: a process that holds nothing makes a picture, a text or a listing of it, and
//! what that process answers is checked here before anybody sees it.
//!
//! A picture is decoded and written anew as PNG, so that neither what stands behind it nor what was written into it comes along.
//! What describes a page (HTML, SVG, XML, PDF) is never laid out. Nothing inside an archive is opened, except the beginning of the one
//! file that gzip holds. The type that a sender names, and the name of the file, count for nothing: only its bytes do.

mod archives; // ZIP and gzip
mod kinds; // what a file is, by its bytes
mod pictures; // made anew
mod text; // shown as it stands, and bytes as numbers

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Budget, Lost, Workers};

pub use text::readable;

/// Word of the question.
const PREVIEW: &[u8] = b"preview";
/// Most bytes of a file that are looked at.
pub const LARGEST: u64 = 32 << 20;
/// Most bytes of a picture.
pub const PICTURE: usize = 8 << 20;
/// Most points on a side of a picture that is shown.
pub const SIDE: u32 = 1600;
/// Most bytes of a text.
pub const TEXT: usize = 128 << 10;
/// Most lines of a listing.
pub const LISTED: usize = 500;
/// Most warnings.
const WARNINGS: usize = 30;
/// Most letters of one line of words.
const WORDS: usize = 300;
/// What a preview may cost: less than the reading of a mail, which nobody waits for.
const BUDGET: Budget = Budget { time: Duration::from_secs(10), memory: 512 << 20, answer: 9 << 20 };

/// What is shown of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// What it is, by its bytes, in words such as `PNG picture, 640 × 480`.
    pub kind: String,
    /// What to be careful about; sentences.
    pub warnings: Vec<String>,
    /// What was left out, in a sentence; empty when nothing was.
    pub cut: String,
    /// The content.
    pub shown: Shown,
}

/// The content of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Shown {
    /// Only its kind is said.
    #[default]
    Nothing,
    /// Text. Marks that are not seen are written out.
    Text(String),
    /// A PNG file that was made here.
    Picture(Vec<u8>),
    /// What an archive says it holds.
    Listing(Vec<Listed>),
    /// Its first bytes as numbers.
    Bytes(String),
}

/// A file of an archive, as the archive describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Listed {
    /// Name, with marks that are not seen written out.
    pub name: String,
    /// Bytes, as claimed.
    pub size: u64,
    /// Bytes that it takes in the archive, as claimed.
    pub packed: u64,
    /// What is odd about it, in a few words; empty when nothing is.
    pub note: String,
}

/// Why there is no preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPreview {
    /// There is nothing in it.
    #[error("The file is empty.")]
    Empty,
    /// It is larger than what is looked at.
    #[error("The file is too large for a preview; files of up to 32 MiB have one.")]
    TooLarge,
    /// Its asker has many made already.
    #[error("You asked for many previews in a short time. Wait a minute, then ask again.")]
    TooOften,
    /// It ended its reader.
    #[error("No preview: the file could not be taken apart within the limits of time and memory. Treat it with care.")]
    Died,
    /// No reader could be had.
    #[error("No preview just now: no process could be started to take the file apart. Try again in a while.")]
    NotStarted,
}

impl From<Lost> for NoPreview {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Died => Self::Died,
            Lost::NotStarted => Self::NotStarted,
        }
    }
}

/// First part of an answer.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    kind: String,
    warnings: Vec<String>,
    cut: String,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Form {
    Nothing,
    Text,
    Picture,
    Listing,
    Bytes,
}

/// Has a file looked at by a process that holds nothing.
///
/// # Errors
/// [`NoPreview`]. A file that ends its reader costs its own preview and nothing else.
pub async fn look(workers: &Workers, bytes: Vec<u8>) -> Result<Preview, NoPreview> {
    if bytes.is_empty() {
        return Err(NoPreview::Empty);
    }
    if bytes.len() as u64 > LARGEST {
        return Err(NoPreview::TooLarge);
    }
    let answer = workers.ask_aside(vec![Arc::new(PREVIEW.to_vec()), Arc::new(bytes)], BUDGET).await?;
    understood(answer).ok_or_else(|| {
        tracing::error!("a file ended the process that made its preview, or had it answer nonsense");
        NoPreview::Died
    })
}

/// The reader's side: answers the question, if it is about a preview. `mail` puts into words what a mail says.
#[must_use]
pub fn answer(question: &[Vec<u8>], mail: impl Fn(&[u8]) -> MailWords) -> Option<Vec<Vec<u8>>> {
    let [word, bytes] = question else { return None };
    if word != PREVIEW {
        return None;
    }
    let Preview { kind, warnings, cut, shown } = of(bytes, mail);
    let (form, body) = match shown {
        Shown::Nothing => (Form::Nothing, Vec::new()),
        Shown::Text(text) => (Form::Text, text.into_bytes()),
        Shown::Picture(picture) => (Form::Picture, picture),
        Shown::Listing(listed) => (Form::Listing, serde_json::to_vec(&listed).ok()?),
        Shown::Bytes(bytes) => (Form::Bytes, bytes.into_bytes()),
    };
    Some(vec![serde_json::to_vec(&Head { kind, warnings, cut, form }).ok()?, body])
}

/// Reads the answer of a reader. Whoever has taken it over says what they like; what is taken from it is a line of words here
/// and there, a text without marks that hide something, and a picture that begins as PNG does and is no larger than it may be.
#[must_use]
pub fn understood(mut answer: Vec<Vec<u8>>) -> Option<Preview> {
    if answer.len() != 2 {
        return None;
    }
    let body = answer.pop()?;
    let head: Head = serde_json::from_slice(answer.first()?).ok()?;
    let text = |body: Vec<u8>| {
        let text = String::from_utf8(body).ok()?;
        (text.len() <= TEXT && !text.chars().any(text::is_hidden)).then_some(text)
    };
    let shown = match head.form {
        Form::Nothing => Shown::Nothing,
        Form::Text => Shown::Text(text(body)?),
        Form::Bytes => Shown::Bytes(text(body)?),
        Form::Picture => {
            let (width, height) = pictures::size_of_png(&body)?;
            let fits = body.len() <= PICTURE && width <= SIDE && height <= SIDE;
            fits.then_some(Shown::Picture(body))?
        }
        Form::Listing => {
            let mut listed: Vec<Listed> = serde_json::from_slice(&body).ok()?;
            listed.truncate(LISTED);
            for one in &mut listed {
                one.name = line(&one.name);
                one.note = line(&one.note);
            }
            Shown::Listing(listed)
        }
    };
    let warnings = head.warnings.iter().take(WARNINGS).map(|words| line(words)).collect();
    Some(Preview { kind: line(&head.kind), warnings, cut: line(&head.cut), shown })
}

/// Words on one line.
fn line(words: &str) -> String {
    words.chars().filter(|c| !c.is_control() && !text::is_hidden(*c)).take(WORDS).collect()
}

/// What a mail says, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailWords {
    /// Header and text.
    pub text: String,
    /// What is odd about it; sentences.
    pub warnings: Vec<String>,
}

/// What is shown of a file with these bytes. `mail` puts into words what a mail says. Called by a reader, in a process of its
/// own; any bytes give an answer.
#[must_use]
pub fn of(bytes: &[u8], mail: impl Fn(&[u8]) -> MailWords) -> Preview {
    let what = kinds::look(bytes);
    let mut preview = match what.form {
        kinds::Form::Picture(format) => pictures::preview(bytes, format),
        kinds::Form::Zip => archives::zip(bytes),
        kinds::Form::Gzip => archives::gzip(bytes),
        kinds::Form::Mail => {
            let MailWords { text, warnings } = mail(bytes);
            let (text, cut) = text::shown(&text);
            Preview { warnings, cut, shown: Shown::Text(text), ..Preview::default() }
        }
        kinds::Form::Text => text::preview(bytes),
        kinds::Form::Hidden => Preview::default(),
        kinds::Form::Other => text::numbers(bytes),
    };
    if preview.kind.is_empty() {
        preview.kind = what.words;
    }
    preview.warnings.splice(0..0, what.warnings);
    preview
}

/// A number of bytes in words.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    UNITS.iter().find(|(unit, _)| bytes >= *unit).map_or_else(
        || format!("{bytes} bytes"),
        |(unit, name)| format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
    )
}

#[cfg(test)]
mod tests;
