//! A ZIP archive without compression, as a function of its files: the same files give the same bytes.
//!
//! Source: PKWARE, APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.

/// Day on which every file was made, so that bytes depend on the files alone: 1 January 1980.
const DAY: u16 = 0x0021;
/// Names are UTF-8.
const UTF_8: u16 = 0x0800;
/// Most files of an archive without the extensions for large ones.
pub const FILES: usize = 65_535;

/// Makes an archive of files by name. `None` where they are too many or too large for the plain form of the format.
pub fn archive<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Option<Vec<u8>> {
    let (mut archive, mut directory, mut count) = (Vec::new(), Vec::new(), 0_usize);
    for (name, bytes) in files {
        count += 1;
        let start = u32::try_from(archive.len()).ok()?;
        let mut head = Vec::with_capacity(26);
        for field in [10, UTF_8, 0, 0, DAY] {
            head.extend_from_slice(&u16::to_le_bytes(field));
        }
        let size = u32::try_from(bytes.len()).ok()?;
        for field in [crc32(bytes), size, size] {
            head.extend_from_slice(&field.to_le_bytes());
        }
        for field in [u16::try_from(name.len()).ok()?, 0] {
            head.extend_from_slice(&field.to_le_bytes());
        }
        archive.extend_from_slice(b"PK\x03\x04");
        archive.extend_from_slice(&head);
        archive.extend_from_slice(name.as_bytes());
        archive.extend_from_slice(bytes);
        directory.extend_from_slice(b"PK\x01\x02\x14\x03");
        directory.extend_from_slice(&head);
        // No comment, first disk, no attributes inside; outside a plain file that its owner may write.
        directory.extend_from_slice(&[0; 6]);
        directory.extend_from_slice(&(0o100_644_u32 << 16).to_le_bytes());
        directory.extend_from_slice(&start.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let files = u16::try_from(count).ok().filter(|count| usize::from(*count) < FILES)?;
    let (start, size) = (u32::try_from(archive.len()).ok()?, u32::try_from(directory.len()).ok()?);
    archive.extend_from_slice(&directory);
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for field in [files, files] {
        archive.extend_from_slice(&field.to_le_bytes());
    }
    for field in [size, start] {
        archive.extend_from_slice(&field.to_le_bytes());
    }
    archive.extend_from_slice(&[0, 0]);
    Some(archive)
}

/// The check of ISO 3309 over bytes, as the format wants it.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !bytes.iter().fold(!0_u32, |sum, byte| (sum >> 8) ^ TABLE[usize::from(sum.to_le_bytes()[0] ^ byte)])
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut number = 0;
    let mut entry = 0_u32;
    while number < 256 {
        let (mut sum, mut bit) = (entry, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 };
            bit += 1;
        }
        table[number] = sum;
        number += 1;
        entry += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn the_same_files_give_the_same_bytes_and_the_directory_counts_them() {
        let files: [(&str, &[u8]); 2] = [("a.json", b"{}"), ("b.json", b"[]")];
        let archive = archive(files).expect("it is small");
        assert_eq!(super::archive(files), Some(archive.clone()));
        assert!(archive.starts_with(b"PK\x03\x04"));
        assert_eq!(&archive[archive.len() - 22..archive.len() - 18], b"PK\x05\x06");
        assert_eq!(archive[archive.len() - 12], 2);
    }
}
