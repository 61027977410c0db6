//! A message is its number of parts, then each part with its length in front; numbers are 8 bytes, the highest first.

use std::io::{self, Read, Write};

/// Most parts of a message.
const PARTS: u64 = 4096;

/// Writes a message.
///
/// # Errors
/// When the other side is gone.
pub fn write(to: &mut impl Write, parts: &[&[u8]]) -> io::Result<()> {
    to.write_all(&(parts.len() as u64).to_be_bytes())?;
    for part in parts {
        to.write_all(&(part.len() as u64).to_be_bytes())?;
        to.write_all(part)?;
    }
    to.flush()
}

fn number(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_be_bytes(bytes))
}

/// Reads a message of at most so many bytes; none when it is larger than that.
///
/// # Errors
/// When the other side is gone.
pub fn read(from: &mut impl Read, most: u64) -> io::Result<Option<Vec<Vec<u8>>>> {
    let count = number(from)?;
    if count > PARTS {
        return Ok(None);
    }
    let (mut parts, mut left) = (Vec::new(), most);
    for _ in 0..count {
        let length = number(from)?;
        if length > left {
            return Ok(None);
        }
        left -= length;
        // Memory grows with what comes, not with what was announced.
        let mut part = Vec::new();
        if from.by_ref().take(length).read_to_end(&mut part)? as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        parts.push(part);
    }
    Ok(Some(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_and_a_larger_one_is_refused() {
        let mut bytes = Vec::new();
        write(&mut bytes, &[b"one", b"", b"three"]).expect("written");
        assert_eq!(read(&mut &bytes[..], 8).expect("read"), Some(vec![b"one".to_vec(), vec![], b"three".to_vec()]));
        assert_eq!(read(&mut &bytes[..], 7).expect("read"), None);
        assert!(read(&mut &bytes[..bytes.len() - 1], 8).is_err());
        assert_eq!(read(&mut &[0xff; 16][..], u64::MAX).expect("read"), None);
    }
}
