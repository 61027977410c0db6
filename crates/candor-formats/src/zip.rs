//! A ZIP archive as a function of its files: the same files give the same bytes. A file is compressed once and can stand in
//! many archives.
//!
//! Source: PKWARE, APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16 and 4.4.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Day on which every file was made, so that bytes depend on the files alone: 1 January 1980.
const DAY: u16 = 0x0021;
/// Names are UTF-8.
const UTF_8: u16 = 0x0800;
/// Method: deflate (RFC 1951).
const DEFLATED: u16 = 8;
/// From this many files on the count stands in the extension for large archives.
const MANY: usize = 65_535;
/// Version of the format that an archive without the extension needs, and one with it.
const VERSIONS: (u16, u16) = (20, 45);

/// A file of an archive, compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    name: String,
    check: u32,
    size: u32,
    deflated: Vec<u8>,
}

impl File {
    /// Compresses a file.
    ///
    /// # Errors
    /// When the file is of 4 GiB or more, or its name longer than 65,535 bytes.
    pub fn new(name: impl Into<String>, bytes: &[u8]) -> io::Result<Self> {
        let name = name.into();
        let size = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        u16::try_from(name.len()).map_err(io::Error::other)?;
        let mut check = Crc::new();
        check.update(bytes);
        let mut encoder = DeflateEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::default());
        encoder.write_all(bytes)?;
        Ok(Self { name, check: check.sum(), size, deflated: encoder.finish()? })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What stands of a file before its bytes and in the directory alike. Both lengths were checked when it was made.
    fn head(&self, into: &mut Vec<u8>) {
        for field in [VERSIONS.0, UTF_8, DEFLATED, 0, DAY] {
            into.extend_from_slice(&field.to_le_bytes());
        }
        let packed = u32::try_from(self.deflated.len()).unwrap_or(u32::MAX);
        for field in [self.check, packed, self.size] {
            into.extend_from_slice(&field.to_le_bytes());
        }
        for field in [u16::try_from(self.name.len()).unwrap_or(u16::MAX), 0] {
            into.extend_from_slice(&field.to_le_bytes());
        }
    }
}

/// Makes an archive of files. `None` where they are of 4 GiB or more together.
pub fn archive<'a>(files: impl IntoIterator<Item = &'a File>) -> Option<Vec<u8>> {
    let files: Vec<&File> = files.into_iter().collect();
    let size = |file: &&File| file.deflated.len() + 2 * file.name.len() + 76;
    let mut archive = Vec::with_capacity(files.iter().map(size).sum::<usize>() + 98);
    let mut directory = Vec::with_capacity(files.iter().map(|file| file.name.len() + 46).sum());
    for file in &files {
        let start = u32::try_from(archive.len()).ok()?;
        archive.extend_from_slice(b"PK\x03\x04");
        file.head(&mut archive);
        archive.extend_from_slice(file.name.as_bytes());
        archive.extend_from_slice(&file.deflated);
        directory.extend_from_slice(b"PK\x01\x02\x14\x03");
        file.head(&mut directory);
        // No comment, first disk, no attributes inside; outside a plain file that its owner may write.
        directory.extend_from_slice(&[0; 6]);
        directory.extend_from_slice(&(0o100_644_u32 << 16).to_le_bytes());
        directory.extend_from_slice(&start.to_le_bytes());
        directory.extend_from_slice(file.name.as_bytes());
    }
    let (start, size) = (u32::try_from(archive.len()).ok()?, u32::try_from(directory.len()).ok()?);
    archive.extend_from_slice(&directory);
    if files.len() >= MANY {
        large_end(&mut archive, u64::try_from(files.len()).ok()?, u64::from(size), u64::from(start));
    }
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(files.len()).unwrap_or(u16::MAX);
    for field in [count, count] {
        archive.extend_from_slice(&field.to_le_bytes());
    }
    for field in [size, start] {
        archive.extend_from_slice(&field.to_le_bytes());
    }
    archive.extend_from_slice(&[0, 0]);
    Some(archive)
}

/// The end of the directory with room for more files, and where it lies (sections 4.3.14 and 4.3.15).
fn large_end(archive: &mut Vec<u8>, count: u64, size: u64, start: u64) {
    let own = start + size;
    archive.extend_from_slice(b"PK\x06\x06");
    archive.extend_from_slice(&44_u64.to_le_bytes());
    for field in [VERSIONS.1, VERSIONS.1] {
        archive.extend_from_slice(&field.to_le_bytes());
    }
    archive.extend_from_slice(&[0; 8]);
    for field in [count, count, size, start] {
        archive.extend_from_slice(&field.to_le_bytes());
    }
    archive.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    archive.extend_from_slice(&own.to_le_bytes());
    archive.extend_from_slice(&1_u32.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_bytes_and_the_directory_counts_them() {
        let files = [("a.json", b"{}"), ("b.json", b"[]")].map(|(name, it)| File::new(name, it).expect("it is small"));
        let archive = archive(&files).expect("it is small");
        assert_eq!(super::archive(&files), Some(archive.clone()));
        assert!(archive.starts_with(b"PK\x03\x04"));
        assert_eq!(&archive[archive.len() - 22..archive.len() - 18], b"PK\x05\x06");
        assert_eq!(archive[archive.len() - 12], 2);
        assert_eq!(File::new("check", b"123456789").expect("it is small").check, 0xCBF4_3926, "as ISO 3309 has it");
    }

    #[test]
    fn more_files_than_the_plain_form_counts_are_counted_beside_it() {
        let file = File::new("a", b"").expect("it is small");
        let archive = archive(std::iter::repeat_n(&file, 70_000)).expect("it is small");
        let end = archive.len() - 22;
        assert_eq!(&archive[end + 8..end + 12], [0xFF; 4]);
        assert_eq!(&archive[end - 20..end - 16], b"PK\x06\x07");
        let large = usize::try_from(u64::from_le_bytes(archive[end - 12..end - 4].try_into().expect("eight bytes")));
        let large = large.expect("it is small");
        assert_eq!(&archive[large..large + 4], b"PK\x06\x06");
        assert_eq!(archive[large + 24..large + 32], 70_000_u64.to_le_bytes());
    }
}
