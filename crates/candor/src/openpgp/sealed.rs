//! A report that only members of the team can read: an OpenPGP message to their own certificates. Here it is only seen that
//! it is encrypted; nothing of it can be opened.

use super::armor::{self, Kind};
use super::packets::{tag, walk};

/// Title that a sealed report has for the server; the team gives it another.
pub const TITLE: &str = "Sealed report";
/// Name of the file that holds the report.
pub const REPORT: &str = "sealed-report.asc";
/// What the server is told in place of a description.
pub const DESCRIPTION: &str = "This report is sealed to the team's own OpenPGP keys; this server cannot read it. \
    Open it with `candor case open` or another OpenPGP program.";
/// Encrypted data with protection of its integrity, as GnuPG writes it for keys that ask for that.
const GNUPG_AEAD: u8 = 20;
/// Packets of a message at most: the keys it is for, and what is encrypted.
const MOST: usize = 256;

/// Why something is no sealed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSealed {
    /// Text, or something else, stands before or after the message.
    #[error(
        "It has to begin with -----BEGIN PGP MESSAGE----- and end with -----END PGP MESSAGE-----, with nothing around it"
    )]
    Around,
    /// Too large, or broken on its way.
    #[error("It is no whole OpenPGP message; encrypt it again and copy all of it")]
    Broken,
    /// Signed or packed, and readable by anybody.
    #[error("It is not encrypted: anybody could read it. Encrypt it to the team's certificates")]
    Readable,
    /// Encrypted in a way that can be changed unseen.
    #[error("It is encrypted in an old way that does not show changes; use a newer program")]
    Unprotected,
    /// Encrypted with a password alone.
    #[error("It is encrypted with a password that the team does not have; encrypt it to the team's certificates")]
    Password,
}

/// Sees whether this is one encrypted message to somebody's key, as text or as bytes, and nothing else. `limit` is in bytes.
///
/// # Errors
/// [`NotSealed`] with what to do.
pub fn check(given: &[u8], limit: usize) -> Result<(), NotSealed> {
    // Bytes may end with what would be a blank in a text.
    let binary = given.first().is_some_and(|first| first & 0x80 != 0);
    let bytes = if binary {
        given.to_vec()
    } else {
        let given = given.trim_ascii();
        let blocks = armor::blocks(given, 2);
        let [block] = &blocks[..] else { return Err(NotSealed::Around) };
        if block.kind != Kind::Message || block.start != 0 || block.end < given.len() {
            return Err(if block.kind == Kind::Message { NotSealed::Around } else { NotSealed::Readable });
        }
        armor::decode(given, limit).ok_or(NotSealed::Broken)?
    };
    if bytes.len() > limit {
        return Err(NotSealed::Broken);
    }
    let packets = walk(&bytes, MOST).map_err(|_| NotSealed::Broken)?;
    let mut to_a_key = false;
    for packet in &packets {
        match packet.tag {
            tag::PKESK => to_a_key = true,
            tag::SKESK | tag::MARKER | tag::PROTECTED | GNUPG_AEAD | tag::PADDING => {}
            tag::UNPROTECTED => return Err(NotSealed::Unprotected),
            _ => return Err(NotSealed::Readable),
        }
    }
    match packets.iter().filter(|packet| [tag::PROTECTED, GNUPG_AEAD].contains(&packet.tag)).count() {
        1 if to_a_key => Ok(()),
        1 => Err(NotSealed::Password),
        _ => Err(NotSealed::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openpgp::{Secret, encrypt, random};

    #[test]
    fn only_a_message_that_is_encrypted_to_a_key_is_taken_for_sealed() {
        let now = "2026-11-21T12:00:00Z".parse().expect("an instant");
        let key = Secret::make("Mei <mei@example.org>", now, None, random()).expect("a key");
        let sealed = encrypt::encrypt_to_all(b"the report", &[key.certificate()], now, random()).expect("encrypted");
        assert_eq!(check(sealed.as_bytes(), 1 << 20), Ok(()));
        assert_eq!(check(format!("\n{sealed}\n").as_bytes(), 1 << 20), Ok(()));
        let bytes = armor::binary(sealed.as_bytes(), Kind::Message, 1 << 20).expect("bytes");
        assert_eq!(check(&bytes, 1 << 20), Ok(()));
        assert_eq!(check(sealed.as_bytes(), 16), Err(NotSealed::Broken));
        assert_eq!(check(&bytes[..bytes.len() - 1], 1 << 20), Err(NotSealed::Broken));
        for (given, why) in [
            ("the report in the clear".to_owned(), NotSealed::Around),
            (String::new(), NotSealed::Around),
            (format!("see below\n{sealed}"), NotSealed::Around),
            (format!("{sealed}\nPS: the header"), NotSealed::Around),
            (format!("{sealed}\n{sealed}"), NotSealed::Around),
            (key.certificate().to_armor(), NotSealed::Readable),
        ] {
            assert_eq!(check(given.as_bytes(), 1 << 20), Err(why), "{given}");
        }
        // Bytes whose last one is a line feed are whole as they are: a session key and encrypted data.
        assert_eq!(check(&[0xc1, 2, 3, 0, 0xd2, 2, 1, b'\n'], 100), Ok(()));
        // A literal packet with nothing around it: 0xCB, length 8, binary, no name, no date, two bytes.
        assert_eq!(check(&[0xcb, 8, b'b', 0, 0, 0, 0, 0, b'h', b'i'], 100), Err(NotSealed::Readable));
        // Encrypted without protection of its integrity.
        assert_eq!(check(&[0xc9, 2, 1, 1], 100), Err(NotSealed::Unprotected));
    }
}
