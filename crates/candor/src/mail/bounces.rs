//! Letters of ours that come back: inside a server's report that they could not be delivered, or answered by a program.
//! They are known by the mark that only we can make, or by the id of a letter to the team.

use candor_core::id::CaseId;
use candor_core::notices::Recipient;

use super::read::{Automatic, Letter};
use super::receive::marked;
use crate::accounts::openpgp::STREAM as ACCOUNT;
use crate::app::App;
use crate::error::Error;
use crate::store::outbox;
use crate::watch::probes::STREAM;

/// The header line of the mark.
const MARK: &[u8] = b"x-candor-letter:";

/// A letter that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Returned {
    /// Its id.
    pub(super) id: String,
    /// Its case; none when it was about a program, or is not known any more.
    pub(super) case: Option<CaseId>,
    to: Option<Recipient>,
}

impl Returned {
    /// The report whose reporter it was written to; `None` when it was to somebody else.
    pub(super) fn report(&self) -> Option<u32> {
        match &self.to {
            Some(Recipient::Reporter(number)) => Some(*number),
            _ => None,
        }
    }

    /// Whether it was written to a contact of the policy.
    pub(super) fn is_to_contact(&self) -> bool {
        matches!(self.to, Some(Recipient::Contact(_)))
    }

    /// What the team should know.
    pub(super) fn words(&self) -> String {
        let who = match &self.to {
            Some(Recipient::Reporter(_)) => "the reporter".to_owned(),
            Some(Recipient::Member(_)) => "a member of the team".to_owned(),
            Some(Recipient::Contact(role)) => format!("the policy's contact `{role}`"),
            Some(Recipient::Party(_)) => "an outside party of a case".into(),
            Some(Recipient::Outside { name, .. }) => format!("`{name}`, whom the policy's schedule names"),
            None => "somebody".to_owned(),
        };
        format!("It is about a letter to {who}, which may not have arrived. Check the address.")
    }
}

/// The letter of ours that a mail brings back; `None` for every other mail.
///
/// # Errors
/// As the store and the keys fail.
pub(super) async fn letter_of(app: &App, letter: &Letter, raw: &[u8]) -> Result<Option<Returned>, Error> {
    match letter.automatic {
        Some(Automatic::Bounce) => {
            let parts = letter.files.iter().map(|file| file.bytes.as_slice());
            let marks: Vec<String> = parts.chain([&raw[letter.body_at..]]).flat_map(marks).take(20).collect();
            for mark in marks {
                if let Some(id) = marked(app, &mark)? {
                    let row = outbox::get(&app.store, id).await?;
                    return Ok(Some(returned(id, row)));
                }
            }
        }
        // A note of absence of somebody of the team. Reporters' own are kept as what they are.
        Some(Automatic::Reply) => {
            for id in letter.answers.iter().take(20) {
                let id = id.split('@').next().unwrap_or_default();
                if let Some(row) = outbox::get(&app.store, id).await? {
                    let returned = returned(id, Some(row));
                    return Ok(Some(returned).filter(|it| it.report().is_none()));
                }
            }
        }
        _ => {}
    }
    Ok(None)
}

fn returned(id: &str, row: Option<outbox::OutboxRow>) -> Returned {
    let to = row.as_ref().and_then(|row| Recipient::from_name(&row.recipient));
    let is_of_case = |row: &outbox::OutboxRow| ![STREAM, ACCOUNT].iter().any(|begins| row.stream.starts_with(begins));
    let case = row.filter(is_of_case).map(|row| CaseId(row.stream));
    Returned { id: id.to_owned(), case, to }
}

/// What stands in lines of the mark, unfolded.
fn marks(bytes: &[u8]) -> impl Iterator<Item = String> {
    let mut lines = bytes.split(|byte| *byte == b'\n').peekable();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            let Some((name, value)) = line.split_at_checked(MARK.len()) else { continue };
            if !name.eq_ignore_ascii_case(MARK) {
                continue;
            }
            let mut mark = String::from_utf8_lossy(value).into_owned();
            while mark.len() < 500
                && let Some(more) = lines.next_if(|line| line.starts_with(b" ") || line.starts_with(b"\t"))
            {
                mark.push_str(&String::from_utf8_lossy(more));
            }
            let words: Vec<&str> = mark.split_whitespace().collect();
            return Some(words.join(" "));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_in_header_lines_folded_or_not_and_nowhere_else() {
        let text = b"Text X-Candor-Letter: no\r\nX-Candor-Letter: a b\r\n\r\nx-candor-letter: c\r\n\td\r\ne";
        assert_eq!(marks(text).collect::<Vec<_>>(), ["a b", "c d"]);
    }
}
