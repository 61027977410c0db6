//! A letter from a folder, opened for people: what a mail program would show of it.

use super::read::{base64, quoted_printable};

/// What a mail program would show of a letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Sender.
    pub from: String,
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Date as written in the letter.
    pub date: String,
    /// The plain text.
    pub text: String,
}

/// Reads a letter that [`super::letters::compose`] wrote. Reads no letters of others: what it does not know it shows as
/// it stands.
pub fn read(bytes: &[u8]) -> Shown {
    let message = String::from_utf8_lossy(bytes);
    let (headers, body) = split(&message);
    let header = |name: &str| words(&find(&headers, name).unwrap_or_default());
    Shown {
        from: header("From"),
        to: header("To"),
        subject: header("Subject"),
        date: header("Date"),
        text: text_of(&headers, body, 0).unwrap_or_default(),
    }
}

fn split(message: &str) -> (Vec<(String, String)>, &str) {
    let (head, body) = message.split_once("\r\n\r\n").or_else(|| message.split_once("\n\n")).unwrap_or((message, ""));
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    (headers, body)
}

fn find(headers: &[(String, String)], name: &str) -> Option<String> {
    headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

/// The first plain text part.
fn text_of(headers: &[(String, String)], body: &str, depth: usize) -> Option<String> {
    let kind = find(headers, "Content-Type").unwrap_or_else(|| "text/plain".into());
    if let Some(boundary) = kind.split("boundary=").nth(1).filter(|_| depth < 3) {
        let boundary = boundary.trim_start_matches('"').split(['"', ';']).next().unwrap_or_default();
        return body.split(&format!("--{boundary}")).skip(1).find_map(|part| {
            let part = part.trim_start_matches(['\r', '\n']);
            let (headers, body) = split(part);
            text_of(&headers, body, depth + 1)
        });
    }
    if !kind.to_ascii_lowercase().starts_with("text/plain") {
        return None;
    }
    let coding = find(headers, "Content-Transfer-Encoding").unwrap_or_default().to_ascii_lowercase();
    let text = match coding.as_str() {
        "quoted-printable" => String::from_utf8_lossy(&quoted_printable(body.as_bytes(), false)).into_owned(),
        "base64" => String::from_utf8_lossy(&base64(body.as_bytes())).into_owned(),
        _ => body.to_owned(),
    };
    Some(text.replace("\r\n", "\n").trim().to_owned())
}

/// A header value with its encoded words (RFC 2047) read.
fn words(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let (before, tail) = rest.split_at(start);
        let mut parts = tail[2..].splitn(3, '?');
        let word = (parts.next(), parts.next(), parts.next().and_then(|text| text.split_once("?=")));
        let (Some(_), Some(coding), Some((text, after))) = word else { break };
        // White space between two encoded words is not part of the text.
        if !(after_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        let bytes = if coding.eq_ignore_ascii_case("b") {
            base64(text.as_bytes())
        } else {
            quoted_printable(text.as_bytes(), true)
        };
        out.push_str(&String::from_utf8_lossy(&bytes));
        rest = after;
        after_word = true;
    }
    out.push_str(rest);
    out
}
