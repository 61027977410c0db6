//! The language in which a reporter reads, as far as their mail says it: `Content-Language` (RFC 3282) of what they wrote, else
//! `Accept-Language`. It is read again each time, so that it is kept nowhere but in the mail and goes with it.

use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::event::{Channel, Event};
use candor_core::notices::{NoticeKind, Recipient};
use candor_core::policy::Policy;

use super::read::unfolded;
use super::receive::WHOLE;
use crate::app::App;
use crate::error::Error;
use crate::execute::files::open_file;
use crate::letters;

/// The language of a recipient, where it matters for this kind of letter and is known.
///
/// # Errors
/// As the store and the keys fail.
pub(super) async fn of(
    app: &App,
    policy: &Policy,
    case: &Case,
    recipient: &Recipient,
    kind: NoticeKind,
) -> Result<Option<String>, Error> {
    let Recipient::Reporter(number) = recipient else { return Ok(None) };
    if !letters::depends_on_reader(app, policy, kind).await? {
        return Ok(None);
    }
    let file = case.history.iter().find_map(|entry| match &entry.what {
        Event::Reported { number: of, facts, channel: Channel::Mail, .. } if of == number => {
            facts.files.iter().rev().find(|file| file.name == WHOLE).map(|file| file.id.clone())
        }
        _ => None,
    });
    let Some(file) = file else { return Ok(None) };
    let (_, mut reader) = match open_file(app, &Actor::Clock, &case.id, file.as_str()).await {
        Ok(found) => found,
        Err(Error::NotFound) => return Ok(None),
        Err(other) => return Err(other),
    };
    // The header stands at the beginning.
    let first = reader.next().await?.map(|piece| piece.to_vec()).unwrap_or_default();
    Ok(said(&first).and_then(|language| letters::fitting(policy, &language)))
}

/// The first language that a header names.
fn said(raw: &[u8]) -> Option<String> {
    let fields = unfolded(raw);
    let value = ["content-language", "accept-language"]
        .into_iter()
        .find_map(|name| fields.iter().find(|(found, _)| found == name).map(|(_, value)| value))?;
    let first = value.split([',', ';']).next().unwrap_or_default().trim();
    let plain = (2..=35).contains(&first.len()) && first.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    plain.then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn the_language_is_what_the_mail_is_written_in_or_what_its_writer_reads() {
        let of = |head: &str| said(format!("From: a@b.example\r\n{head}\r\n\r\ntext").as_bytes());
        assert_eq!(of("Accept-Language: en-GB, de;q=0.5\r\nContent-Language: de-AT").as_deref(), Some("de-AT"));
        assert_eq!(of("Accept-Language: fr;q=0.9, en").as_deref(), Some("fr"));
        assert_eq!(of("Content-Language: <script>"), None);
        assert_eq!(of("Subject: de"), None);
    }
}
