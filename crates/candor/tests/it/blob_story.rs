//! Sealed files: what comes back, and that cutting, shuffling, joining and renaming are refused.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use candor::store::StoreError;
use candor::store::blobs::{BlobKey, Blobs, CHUNK, Finished};
use tempfile::TempDir;

const SEALED: usize = CHUNK + 16;
const HEAD: usize = 8;

fn folder() -> (TempDir, Blobs) {
    let folder = tempfile::tempdir().expect("a folder");
    let blobs = Blobs::open(folder.path().join("blobs")).expect("opens");
    (folder, blobs)
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| u8::try_from(n * 31 % 251).expect("small")).collect()
}

async fn write(blobs: &Blobs, plain: &[u8], step: usize) -> Finished {
    let mut writer = blobs.create().await.expect("begins");
    for part in plain.chunks(step) {
        writer.push(part).await.expect("taken in");
    }
    writer.finish().await.expect("finished")
}

async fn read(blobs: &Blobs, id: &str, key: &BlobKey) -> Result<Vec<u8>, StoreError> {
    let mut reader = blobs.read(id, key).await?;
    let said = reader.plain_left();
    let mut plain = Vec::new();
    while let Some(chunk) = reader.next().await? {
        plain.extend_from_slice(&chunk);
    }
    assert_eq!(said, plain.len() as u64);
    Ok(plain)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().expect("a folder").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[tokio::test]
async fn a_file_of_any_size_comes_back() {
    let (_folder, blobs) = folder();
    for size in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5] {
        let plain = bytes(size);
        let file = write(&blobs, &plain, 10_007).await;
        assert_eq!(file.size, size as u64);
        assert_eq!(file.sha256, *aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &plain).as_ref());
        let sealed = std::fs::read(blobs.path(&file.id)).expect("on the disk");
        assert_eq!(file.sealed_hash, *aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &sealed).as_ref());
        assert!(size < 64 || !sealed.windows(32).any(|window| window == &plain[..32]), "not readable on the disk");
        let key = BlobKey::from_bytes(file.key.bytes()).expect("32 bytes");
        assert_eq!(read(&blobs, &file.id, &key).await.expect("opens"), plain, "{size} bytes");
    }
}

#[tokio::test]
async fn a_part_of_a_file_can_be_read() {
    let (_folder, blobs) = folder();
    let plain = bytes(3 * CHUNK + 5);
    let file = write(&blobs, &plain, CHUNK).await;
    let mut reader = blobs.read(&file.id, &file.key).await.expect("opens");
    for offset in [2 * CHUNK + 7, 3 * CHUNK + 4, 0, CHUNK] {
        let skip = reader.seek(offset as u64).await.expect("there");
        let chunk = reader.next().await.expect("opens").expect("a chunk");
        assert_eq!(chunk[skip..], plain[offset..][..chunk.len() - skip]);
    }
    assert!(reader.seek(9 * CHUNK as u64).await.is_err(), "past the end");
}

#[tokio::test]
async fn a_file_that_was_tampered_with_is_refused() {
    let (_folder, blobs) = folder();
    let file = write(&blobs, &bytes(3 * CHUNK), CHUNK).await;
    let other = write(&blobs, &bytes(10), CHUNK).await;
    let path = blobs.path(&file.id);
    let whole = std::fs::read(&path).expect("on the disk");
    let chunk = |n: usize| &whole[HEAD + n * SEALED..HEAD + (n + 1) * SEALED];
    let head = &whole[..HEAD];
    let mut changed = whole.clone();
    changed[HEAD + SEALED + 9] ^= 1;
    let tampered: [(&str, Vec<u8>); 9] = [
        ("cut at a chunk", [head, chunk(0), chunk(1)].concat()),
        ("cut within a chunk", whole[..whole.len() - 1].to_vec()),
        ("cut to nothing", head.to_vec()),
        ("emptied", Vec::new()),
        ("shuffled", [head, chunk(1), chunk(0), chunk(2)].concat()),
        ("a chunk twice", [head, chunk(0), chunk(0), chunk(1), chunk(2)].concat()),
        ("its end twice", [head, chunk(0), chunk(1), chunk(2), chunk(2)].concat()),
        ("longer", [&whole[..], b"more"].concat()),
        ("a changed byte", changed),
    ];
    for (what, sealed) in tampered {
        std::fs::write(&path, sealed).expect("written");
        assert!(read(&blobs, &file.id, &file.key).await.is_err(), "{what}");
    }
    std::fs::write(&path, &whole).expect("written");
    assert!(read(&blobs, &file.id, &other.key).await.is_err(), "the key of another file");
    std::fs::create_dir_all(blobs.path("ZZOTHER").parent().expect("a folder")).expect("made");
    std::fs::write(blobs.path("ZZOTHER"), &whole).expect("written");
    assert!(read(&blobs, "ZZOTHER", &file.key).await.is_err(), "under another name");
    read(&blobs, &file.id, &file.key).await.expect("as it was it opens");
}

#[tokio::test]
async fn an_upload_given_up_leaves_nothing() {
    let (_folder, blobs) = folder();
    let mut writer = blobs.create().await.expect("begins");
    writer.push(&bytes(200_000)).await.expect("taken in");
    assert_eq!(files(blobs.folder()).len(), 1);
    drop(writer);
    assert_eq!(files(blobs.folder()), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn leftovers_go_after_an_hour_and_not_before() {
    let (_folder, blobs) = folder();
    std::fs::write(blobs.folder().join("tmp/LEFT"), "half").expect("written");
    let now = SystemTime::now();
    blobs.sweep(now + Duration::from_secs(3_000)).expect("swept");
    assert_eq!(files(blobs.folder()).len(), 1);
    blobs.sweep(now + Duration::from_secs(4_000)).expect("swept");
    assert_eq!(files(blobs.folder()), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn a_removed_file_is_gone_and_may_be_removed_again() {
    let (_folder, blobs) = folder();
    let file = write(&blobs, b"x", 1).await;
    blobs.remove(&file.id).await.expect("removed");
    blobs.remove(&file.id).await.expect("gone already");
    assert!(blobs.read(&file.id, &file.key).await.is_err());
}
