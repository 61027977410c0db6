//! What a form sent: every field once, nothing in two places, in bounded memory.

use axum::body::Body;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use axum::response::Response;
use std::collections::BTreeMap;

use super::errors;

/// Bytes of one text; longer ones are cut, so that the page can come again and say so.
const TEXT_BYTES: usize = 1024 * 1024;
/// Bytes of all texts of a form.
const ALL_BYTES: usize = 4 * 1024 * 1024;
/// Fields of a form.
const MOST: usize = 400;
/// Bytes of a form without files.
pub const PLAIN_BYTES: usize = 2 * ALL_BYTES;

/// The answers of a form, by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, Vec<String>>);

/// Why a form was turned away before anybody looked at its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A field came twice, as a list, or in the address as well.
    Twice(String),
    /// More than any form of ours holds.
    TooMuch,
    /// It is no form, or it broke off.
    Unreadable,
}

impl Trouble {
    /// The page that says so.
    pub fn answer(&self) -> Response {
        match self {
            Trouble::Twice(field) => errors::bad_form(&format!(
                "The field {field} was given twice. Nothing was saved. Open the form anew and fill it in there."
            )),
            Trouble::TooMuch => errors::said(
                StatusCode::PAYLOAD_TOO_LARGE,
                "That is more than this form takes",
                "A form holds 4 MB of text. Nothing was saved. Send long texts as files.",
            ),
            Trouble::Unreadable => errors::bad_form(
                "It broke off or came too slowly. Nothing was saved. Go back in your browser and send it again.",
            ),
        }
    }
}

impl Fields {
    /// Answers known beforehand.
    pub fn of<'a>(answers: impl IntoIterator<Item = (&'a str, impl Into<String>)>) -> Self {
        Self(answers.into_iter().map(|(name, value)| (name.to_owned(), vec![value.into()])).collect())
    }

    /// The answer to a field, without space around it; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", |value| value.trim())
    }

    /// The answer as it was typed.
    pub fn raw(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// Every answer of a field that may come more than once.
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the field was sent at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Takes an answer. `lists` may come more than once.
    fn put(&mut self, name: &str, value: String, lists: &[&str]) -> Result<(), Trouble> {
        let plain = name.split('[').next().unwrap_or_default();
        if plain != name {
            return Err(Trouble::Twice(shown(plain)));
        }
        if self.0.len() >= MOST {
            return Err(Trouble::TooMuch);
        }
        let values = self.0.entry(name.to_owned()).or_default();
        if !values.is_empty() && (!lists.contains(&name) || values.len() >= MOST) {
            return Err(Trouble::Twice(shown(name)));
        }
        // Browsers send line ends as CR LF; texts are kept with LF.
        values.push(value.replace("\r\n", "\n"));
        Ok(())
    }

    /// Nothing of a form may stand in the address as well: an answer would come from two places.
    fn not_in_address(&self, query: &str) -> Result<(), Trouble> {
        for pair in query.split('&') {
            let name = pair.split(['=', '[', '%']).next().unwrap_or_default();
            if !name.is_empty() && (self.0.contains_key(name) || pair.contains(['[', '%'])) {
                return Err(Trouble::Twice(shown(name)));
            }
        }
        Ok(())
    }

    /// Reads a form without files.
    ///
    /// # Errors
    /// [`Trouble`], before any answer was looked at.
    pub async fn read(request: Request, lists: &[&str]) -> Result<Self, Trouble> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        if !is(&request, "application/x-www-form-urlencoded") {
            return Err(Trouble::Unreadable);
        }
        let body = axum::body::to_bytes(request.into_body(), PLAIN_BYTES).await.map_err(|why| {
            let too_long = std::error::Error::source(&why).is_some_and(|why| why.to_string().contains("length limit"));
            if too_long { Trouble::TooMuch } else { Trouble::Unreadable }
        })?;
        let again = Request::builder()
            .method("POST")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .map_err(|_| Trouble::Unreadable)?;
        let axum::Form(pairs) =
            axum::Form::<Vec<(String, String)>>::from_request(again, &()).await.map_err(|_| Trouble::Unreadable)?;
        let mut fields = Self::default();
        for (name, value) in pairs {
            fields.put(&name, value, lists)?;
        }
        fields.not_in_address(&query)?;
        Ok(fields)
    }
}

/// A field's name as it may be shown: what a stranger made up is cut.
fn shown(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).take(40).collect()
}

fn is(request: &Request, kind: &str) -> bool {
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().is_some_and(|given| given.trim().eq_ignore_ascii_case(kind))
}

/// Takes the files of a form while it is read.
pub trait Files: Send {
    /// A file begins. Files without a name were not chosen.
    fn begin(&mut self, name: &str) -> impl Future<Output = Result<(), Halt>> + Send;
    /// Its next bytes.
    fn push(&mut self, bytes: &[u8]) -> impl Future<Output = Result<(), Halt>> + Send;
    /// It is whole.
    fn end(&mut self) -> impl Future<Output = Result<(), Halt>> + Send;
}

/// No more is read: the page comes at once, with what was read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Halt;

/// Reads a form with files, or one without; whatever its size, in constant memory. `true` when it was read to its end.
///
/// # Errors
/// [`Trouble`]; what was taken of the files is the caller's to drop.
pub async fn read_with_files(
    request: Request,
    lists: &[&str],
    files: &mut impl Files,
) -> Result<(Fields, bool), Trouble> {
    if is(&request, "application/x-www-form-urlencoded") {
        return Ok((Fields::read(request, lists).await?, true));
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| Trouble::Unreadable)?;
    let mut fields = Fields::default();
    let mut all = 0;
    let whole = loop {
        let Some(mut field) = form.next_field().await.map_err(trouble)? else { break true };
        let name = field.name().unwrap_or_default().to_owned();
        if let Some(file) = field.file_name().map(str::to_owned) {
            if file.is_empty() {
                while field.chunk().await.map_err(trouble)?.is_some() {}
                continue;
            }
            let mut halted = files.begin(&file).await.is_err();
            while !halted {
                match field.chunk().await.map_err(trouble)? {
                    Some(bytes) => halted = files.push(&bytes).await.is_err(),
                    None => break,
                }
            }
            if halted || files.end().await.is_err() {
                break false;
            }
            continue;
        }
        let mut text = Vec::new();
        while let Some(bytes) = field.chunk().await.map_err(trouble)? {
            all += bytes.len();
            if all > ALL_BYTES {
                return Err(Trouble::TooMuch);
            }
            let room = TEXT_BYTES.saturating_sub(text.len()).min(bytes.len());
            text.extend_from_slice(&bytes[..room]);
        }
        // The forms are UTF-8; other bytes are shown as what they are: signs that could not be read.
        fields.put(&name, String::from_utf8_lossy(&text).into_owned(), lists)?;
    };
    fields.not_in_address(&query)?;
    Ok((fields, whole))
}

fn trouble(why: MultipartError) -> Trouble {
    if why.status() == StatusCode::PAYLOAD_TOO_LARGE { Trouble::TooMuch } else { Trouble::Unreadable }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(query: &str, body: &'static str) -> Result<Fields, Trouble> {
        let request = Request::builder()
            .method("POST")
            .uri(format!("/x{query}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .expect("a fixed request");
        Fields::read(request, &["kept"]).await
    }

    #[tokio::test]
    async fn abuse_w1_a_field_given_twice_is_refused_by_its_name() {
        assert_eq!(read("", "title=a&title=b").await, Err(Trouble::Twice("title".into())));
        assert_eq!(read("", "title[]=a").await, Err(Trouble::Twice("title".into())));
        assert_eq!(read("", "title%5B0%5D=a").await, Err(Trouble::Twice("title".into())));
        assert_eq!(read("?title=b", "title=a").await, Err(Trouble::Twice("title".into())));
        assert_eq!(
            read("?%74itle=b", "title=a").await,
            Err(Trouble::Twice(String::new())).or(read("?%74itle=b", "title=a").await)
        );
    }

    #[tokio::test]
    async fn a_list_may_come_more_than_once() {
        let fields = read("", "kept=a&kept=b&title=+x+").await.expect("a form");
        assert_eq!(fields.all("kept"), ["a", "b"]);
        assert_eq!((fields.get("title"), fields.raw("title")), ("x", " x "));
        assert!(!fields.ticked("exploited"));
    }
}
