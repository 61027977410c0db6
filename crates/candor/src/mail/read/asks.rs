//! Plain words at the beginning of a reporter's mail: `status`, `nudge`, `credit as …`, `anonymous`, `withdraw`. A word
//! counts only when it is the whole first line, so that no sentence is taken for a wish.

use candor_core::event::Credit;

/// What a reporter asks in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Where the case stands.
    Status,
    /// Somebody should answer.
    Nudge,
    /// How to be credited.
    Credit(Credit),
    /// To take the report back.
    Withdraw,
}

/// The wish in the first line of what is said, and the rest of the text.
pub fn read(said: &str) -> (Option<Ask>, String) {
    let text = said.trim_start();
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let line = first.trim().trim_end_matches(['.', '!', '?']).trim();
    let ask = match line.to_lowercase().as_str() {
        "status" => Some(Ask::Status),
        "nudge" => Some(Ask::Nudge),
        "anonymous" => Some(Ask::Credit(Credit::Anonymous)),
        "withdraw" => Some(Ask::Withdraw),
        lower if lower.starts_with("credit as ") && line.is_char_boundary(10) => credit(&line[10..]),
        _ => None,
    };
    match ask {
        Some(ask) => (Some(ask), rest.trim().to_owned()),
        None => (None, said.to_owned()),
    }
}

/// `Ada Lovelace, Example Labs, https://ada.example`: a name, then organisation and link if given.
fn credit(words: &str) -> Option<Ask> {
    let mut parts = words.split(',').map(str::trim).filter(|part| !part.is_empty());
    let name = parts.next()?.to_owned();
    let (mut organisation, mut link) = (String::new(), String::new());
    for part in parts {
        if part.starts_with("https://") || part.starts_with("http://") {
            part.clone_into(&mut link);
        } else if organisation.is_empty() {
            part.clone_into(&mut organisation);
        } else {
            organisation = format!("{organisation}, {part}");
        }
    }
    Some(Ask::Credit(Credit::Named { name, organisation, link, about: String::new() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_wish_only_when_it_is_the_whole_first_line() {
        assert_eq!(read("Status?\n\nThank you"), (Some(Ask::Status), "Thank you".into()));
        assert_eq!(read("  NUDGE"), (Some(Ask::Nudge), String::new()));
        assert_eq!(read("anonymous"), (Some(Ask::Credit(Credit::Anonymous)), String::new()));
        assert_eq!(read("withdraw.\nIt was mine."), (Some(Ask::Withdraw), "It was mine.".into()));
        for text in ["I will not withdraw it", "status of the fix is bad", "please nudge", "credit as"] {
            assert_eq!(read(text), (None, text.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_credit_is_a_name_with_organisation_and_link_if_given() {
        let (ask, _) = read("Credit as Ada Lovelace, Example Labs, https://ada.example");
        assert_eq!(
            ask,
            Some(Ask::Credit(Credit::Named {
                name: "Ada Lovelace".into(),
                organisation: "Example Labs".into(),
                link: "https://ada.example".into(),
                about: String::new()
            }))
        );
    }
}
