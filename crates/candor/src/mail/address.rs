//! Addresses and display names fit for a header and an SMTP command: one recipient, no second line.

use lettre::Address;

/// Longest address that SMTP carries (RFC 5321, section 4.5.3.1.3: 256 octets with the angle brackets).
const LONGEST: usize = 254;

/// Why an address cannot be written to. The address itself is never repeated: it may be a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// Nothing there.
    #[error("the address is empty")]
    Empty,
    /// Longer than SMTP carries.
    #[error("the address is longer than 254 bytes")]
    TooLong,
    /// A line break, another control character or a space.
    #[error("the address holds a space, a line break or another control character")]
    Control,
    /// More than one, or a name around it.
    #[error("the address is not one bare address, like name@example.org")]
    NotOne,
    /// Not an address.
    #[error("the address is not of the form name@example.org")]
    Malformed,
}

/// Checks that `text` is exactly one bare address.
///
/// Quoted local parts (`"a b"@example.org`) are refused: they are how a second recipient is smuggled past a parser,
/// and no mailbox that answers needs one.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Address, NoAddress> {
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return Err(NoAddress::Empty);
    }
    if text.len() > LONGEST {
        return Err(NoAddress::TooLong);
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || is_hidden(c)) {
        return Err(NoAddress::Control);
    }
    if text.contains(['"', '\\', '<', '>', ',', ';', '(', ')', '[', ']']) || text.matches('@').count() != 1 {
        return Err(NoAddress::NotOne);
    }
    let (user, domain) = text.split_once('@').ok_or(NoAddress::Malformed)?;
    if user.is_empty() || user.starts_with('.') || user.ends_with('.') || user.contains("..") {
        return Err(NoAddress::Malformed);
    }
    // `:` and `%` route mail onwards in old systems.
    if user.contains([':', '%', '!']) || domain.contains([':', '%', '!']) {
        return Err(NoAddress::Malformed);
    }
    Address::new(user, domain).map_err(|_| NoAddress::Malformed)
}

/// A display name fit for a header: one line, no control characters, no direction marks, at most 80 characters.
pub fn display_name(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_hidden(*c)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect()
}

/// A subject fit for a header: as a display name, but as long as two lines.
pub fn display_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_hidden(*c)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(160).collect()
}

/// Characters that turn or hide what is read: direction marks, joiners, separators of lines.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Sender of every letter: `Candor <candor@example.org>` or a bare address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Name, shown when a program has none of its own.
    pub name: String,
    /// Address.
    pub address: Address,
}

impl Sender {
    /// Reads the sender an operator set.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (display_name(name.trim().trim_matches('"')), address),
            None => (String::new(), text),
        };
        Ok(Self { name, address: check(address)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_in_an_address_adds_no_second_recipient() {
        for text in [
            "a@example.org\r\nBcc: b@example.org",
            "a@example.org\nRCPT TO:<b@example.org>",
            "a@example.org\u{2028}b@example.org",
            "a@example.org b@example.org",
            "a@example.org\0",
            "a\u{202e}@example.org",
        ] {
            assert_eq!(check(text), Err(NoAddress::Control), "{text:?}");
        }
        for text in [
            "a@example.org,b@example.org",
            "<a@example.org>",
            "a@b@example.org",
            "\"a,b\"@example.org",
            "a(b)@example.org",
        ] {
            assert_eq!(check(text), Err(NoAddress::NotOne), "{text:?}");
        }
    }

    #[test]
    fn dots_stand_only_between_letters() {
        for text in
            [".a@example.org", "a.@example.org", "a..b@example.org", "@example.org", "a@", "a@-", "a@example..org"]
        {
            assert!(check(text).is_err(), "{text:?}");
        }
        assert_eq!(
            check("first.last+tag@mail.example.org").map(|a| a.to_string()),
            Ok("first.last+tag@mail.example.org".into())
        );
        assert_eq!(check("o'neil@example.org").map(|a| a.to_string()), Ok("o'neil@example.org".into()));
    }

    #[test]
    fn a_display_name_is_one_line() {
        assert_eq!(display_name("Mallory\r\nBcc: victim@example.org"), "Mallory Bcc: victim@example.org");
        assert_eq!(display_name("\u{202e}gro.live\u{202c}"), "gro.live");
        assert_eq!(display_name(&"x".repeat(500)).len(), 80);
    }

    #[test]
    fn a_sender_is_a_name_and_an_address_or_an_address_alone() {
        let sender = Sender::parse("Candor <candor@example.org>").expect("a good sender");
        assert_eq!((sender.name.as_str(), sender.address.to_string().as_str()), ("Candor", "candor@example.org"));
        assert_eq!(Sender::parse("candor@localhost").map(|s| s.address.to_string()), Ok("candor@localhost".into()));
        assert!(Sender::parse("Candor <>").is_err());
    }
}
