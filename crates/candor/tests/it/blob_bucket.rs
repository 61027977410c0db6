//! Sealed files in a bucket of a store that fails, is slow, loses, swaps and gives old versions: nothing is named that was not
//! read back, and nothing wrong is ever handed out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::response::Response;
use candor::config::Bucket;
use candor::error::Error;
use candor::execute::files;
use candor::store::blobs::{self, BlobKey, BlobRow, Blobs, Finished, PATIENCE};
use candor::store::{Batch, StoreError, backup};
use candor::worker::sweeps;

use crate::letters::POLICY;
use crate::support::peer::{Asked, Peer};
use crate::support::places::Place;

/// What is wrong with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Answers 500.
    Broken,
    /// Says that it kept what it did not keep.
    Loses,
    /// Gives the bytes of another object.
    Swaps,
    /// Gives the beginning only, as if it were the whole.
    Cuts,
    /// Gives what lay there before.
    Old,
    /// Changes a byte.
    Flips,
    /// Begins to answer and never ends.
    Slow,
}

#[derive(Default)]
struct Shelf {
    objects: BTreeMap<String, Bytes>,
    parts: BTreeMap<String, BTreeMap<u32, Bytes>>,
    /// The fault, and for how many answers it lasts.
    fault: Option<(Fault, usize)>,
}

fn said(status: u16, body: impl Into<Body>) -> Response {
    Response::builder()
        .status(status)
        .header("etag", "\"0123456789abcdef\"")
        .header("last-modified", "Mon, 02 Mar 2026 09:00:00 GMT")
        .body(body.into())
        .expect("an answer")
}

/// The number behind a name in a query.
fn asked_for(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).map(str::to_owned)
}

fn answer(shelf: &Mutex<Shelf>, asked: &Asked) -> Response {
    let mut shelf = shelf.lock().expect("nobody panicked");
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let fault = match &mut shelf.fault {
        Some((_, 0)) | None => None,
        Some((fault, left)) => {
            // Those that spoil what is read let what is written pass, and the other way round.
            let concerns = match fault {
                Fault::Broken | Fault::Slow => true,
                Fault::Loses => asked.method == "PUT",
                _ => asked.method == "GET",
            };
            concerns.then(|| {
                *left -= 1;
                *fault
            })
        }
    };
    match (asked.method.as_str(), fault) {
        (_, Some(Fault::Broken)) => said(500, "<Error><Code>InternalError</Code></Error>"),
        (_, Some(Fault::Slow)) => {
            said(200, Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>()))
        }
        ("PUT", Some(Fault::Loses)) => said(200, ""),
        ("PUT", _) => {
            match asked_for(query, "partNumber").and_then(|number| number.parse().ok()) {
                Some(number) => drop(shelf.parts.entry(path.to_owned()).or_default().insert(number, asked.raw.clone())),
                None => drop(shelf.objects.insert(path.to_owned(), asked.raw.clone())),
            }
            said(200, "")
        }
        ("POST", _) if query.contains("delete") => {
            let mut gone = String::new();
            for part in asked.body.split("<Key>").skip(1) {
                let key = part.split("</Key>").next().unwrap_or_default();
                shelf.objects.remove(&format!("/files/{key}"));
                gone.push_str(&format!("<Deleted><Key>{key}</Key></Deleted>"));
            }
            said(200, format!("<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{gone}</DeleteResult>"))
        }
        ("POST", _) if query.starts_with("uploads") => {
            said(200, "<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>")
        }
        ("POST", _) => {
            let parts = shelf.parts.remove(path).unwrap_or_default();
            let whole: Vec<u8> = parts.into_values().flatten().collect();
            shelf.objects.insert(path.to_owned(), whole.into());
            said(200, "<CompleteMultipartUploadResult><ETag>\"1\"</ETag></CompleteMultipartUploadResult>")
        }
        ("DELETE", _) => {
            shelf.objects.remove(path);
            said(204, "")
        }
        ("GET", _) if query.contains("list-type=2") => {
            let found: String = shelf
                .objects
                .iter()
                .map(|(path, bytes)| {
                    format!(
                        "<Contents><Key>{}</Key><LastModified>2026-03-02T09:00:00.000Z</LastModified>\
                         <ETag>&quot;0&quot;</ETag><Size>{}</Size></Contents>",
                        path.trim_start_matches("/files/"),
                        bytes.len()
                    )
                })
                .collect();
            said(200, format!("<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"))
        }
        ("GET", fault) => {
            let Some(here) = shelf.objects.get(path).cloned() else {
                return said(404, "<Error><Code>NoSuchKey</Code></Error>");
            };
            let mut bytes = here.to_vec();
            match fault {
                Some(Fault::Swaps) => {
                    let other = shelf.objects.iter().find(|(name, _)| name.as_str() != path);
                    bytes = other.map_or(b"another".to_vec(), |(_, bytes)| bytes.to_vec());
                }
                Some(Fault::Cuts) => bytes.truncate(bytes.len() - 16),
                Some(Fault::Old) => bytes = b"what lay there before".to_vec(),
                Some(Fault::Flips) => *bytes.last_mut().expect("a byte") ^= 1,
                _ => {}
            }
            said(200, bytes)
        }
        other => panic!("{other:?} is nothing that is asked"),
    }
}

struct Far {
    peer: Peer,
    shelf: Arc<Mutex<Shelf>>,
    folder: tempfile::TempDir,
}

impl Far {
    async fn start() -> Self {
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let kept = shelf.clone();
        let peer = Peer::start(move |asked, _| answer(&kept, asked)).await;
        Self { peer, shelf, folder: tempfile::tempdir().expect("a folder") }
    }

    fn bucket(&self) -> Bucket {
        Bucket {
            url: "s3://files/sealed".into(),
            endpoint: Some(self.peer.url.clone()),
            region: "us-east-1".into(),
            key: Some(("id".into(), "secret".into())),
        }
    }

    fn blobs(&self, patience: Duration) -> Blobs {
        Blobs::open_with(self.folder.path().join("blobs"), Some(&self.bucket()), patience).expect("opens")
    }

    fn fault(&self, fault: Fault, times: usize) {
        self.shelf.lock().expect("nobody panicked").fault = Some((fault, times));
    }

    fn well(&self) {
        self.shelf.lock().expect("nobody panicked").fault = None;
    }

    fn objects(&self) -> BTreeMap<String, Bytes> {
        self.shelf.lock().expect("nobody panicked").objects.clone()
    }

    /// Files that lie on this machine.
    fn here(&self) -> usize {
        fn count(folder: &std::path::Path) -> usize {
            let entries = folder.read_dir().map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
            entries.iter().map(|it| if it.path().is_dir() { count(&it.path()) } else { 1 }).sum()
        }
        count(&self.folder.path().join("blobs"))
    }
}

async fn write(blobs: &Blobs, plain: &[u8]) -> Result<Finished, StoreError> {
    let mut writer = blobs.create().await.expect("begins");
    for part in plain.chunks(100_000) {
        writer.push(part).await.expect("taken in");
    }
    writer.finish().await
}

async fn read(blobs: &Blobs, id: &str, key: &BlobKey) -> Result<Vec<u8>, StoreError> {
    let mut reader = blobs.read(id, key).await?;
    let mut plain = Vec::new();
    while let Some(chunk) = reader.next().await? {
        plain.extend_from_slice(&chunk);
    }
    Ok(plain)
}

const PLAIN: &[u8] = b"CANARY-what the exploit does";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d8_a_file_counts_as_kept_only_after_it_was_read_back() {
    let far = Far::start().await;
    let blobs = far.blobs(PATIENCE);
    write(&blobs, b"another file").await.expect("kept");
    for fault in [Fault::Broken, Fault::Loses, Fault::Swaps, Fault::Cuts, Fault::Old, Fault::Flips] {
        far.fault(fault, usize::MAX);
        let why = write(&blobs, PLAIN).await.expect_err("refused");
        assert!(matches!(why, StoreError::Busy(_)), "{fault:?}: {why}");
        assert!(matches!(Error::from(why), Error::Busy), "{fault:?} is told as something to try again");
        far.well();
        assert_eq!(far.here(), 0, "{fault:?} leaves nothing behind here");
        // It passes: the same is tried again by itself.
        far.fault(fault, 1);
        let file = write(&blobs, PLAIN).await.unwrap_or_else(|why| panic!("{fault:?}: {why}"));
        far.well();
        assert_eq!(read(&blobs, &file.id, &file.key).await.expect("it opens"), PLAIN, "{fault:?}");
    }
    for (name, bytes) in far.objects() {
        assert!(!bytes.windows(6).any(|part| part == b"CANARY"), "{name} can be read");
        let id = name.rsplit('/').next().unwrap_or_default();
        assert!(name.starts_with("/files/sealed/") && id.len() >= 20, "a name that says nothing: {name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d8_a_swapped_cut_old_or_missing_object_is_never_handed_out() {
    let far = Far::start().await;
    let blobs = far.blobs(PATIENCE);
    write(&blobs, b"another file").await.expect("kept");
    let file = write(&blobs, PLAIN).await.expect("kept");
    for fault in [Fault::Swaps, Fault::Cuts, Fault::Old, Fault::Flips] {
        far.fault(fault, usize::MAX);
        let why = blobs.read(&file.id, &file.key).await.map(drop).expect_err("not handed out, not even its beginning");
        assert!(matches!(why, StoreError::Damaged(_)), "{fault:?}: {why}");
        far.fault(fault, 2);
        assert_eq!(read(&blobs, &file.id, &file.key).await.expect("asked again"), PLAIN, "{fault:?}");
    }
    far.fault(Fault::Broken, usize::MAX);
    let why = blobs.read(&file.id, &file.key).await.map(drop).expect_err("nothing to hand out");
    assert!(matches!(why, StoreError::Busy(_)), "{why}");
    far.fault(Fault::Broken, 2);
    assert_eq!(read(&blobs, &file.id, &file.key).await.expect("tried again"), PLAIN);
    far.well();
    let gone = far.shelf.lock().expect("nobody panicked").objects.split_off("");
    let why = blobs.read(&file.id, &file.key).await.map(drop).expect_err("nothing there");
    assert!(matches!(why, StoreError::Io { .. }), "{why}");
    far.shelf.lock().expect("nobody panicked").objects = gone;
    assert_eq!(read(&blobs, &file.id, &file.key).await.expect("it is back"), PLAIN);
    assert_eq!(far.here(), 0, "no copy stays on this machine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d8_a_store_that_begins_and_never_ends_is_given_up() {
    let far = Far::start().await;
    let blobs = far.blobs(Duration::from_millis(400));
    let file = write(&blobs, PLAIN).await.expect("kept");
    far.fault(Fault::Slow, usize::MAX);
    assert!(matches!(write(&blobs, PLAIN).await, Err(StoreError::Busy(_))));
    assert!(matches!(blobs.read(&file.id, &file.key).await.map(drop), Err(StoreError::Busy(_))));
    assert!(blobs.check().await.is_err(), "the start says so, too");
    far.well();
    assert_eq!(read(&blobs, &file.id, &file.key).await.expect("it answers again"), PLAIN);
    blobs.check().await.expect("all is well");
    assert_eq!(far.objects().len(), 1, "nothing of the check stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_goes_in_parts_and_comes_back_from_any_place_of_it() {
    let far = Far::start().await;
    let blobs = far.blobs(PATIENCE);
    let plain: Vec<u8> = (0..9_000_000_u32).map(|n| n.to_le_bytes()[usize::from(n % 3 == 0)]).collect();
    let file = write(&blobs, &plain).await.expect("kept");
    assert!(far.peer.asked().iter().any(|asked| asked.path.contains("partNumber=2")), "in parts");
    assert!(read(&blobs, &file.id, &file.key).await.expect("it opens") == plain);
    let mut reader = blobs.read(&file.id, &file.key).await.expect("it opens");
    let skip = reader.seek(8_999_990).await.expect("within");
    let last = reader.next().await.expect("it reads").expect("a chunk");
    assert_eq!(&last[skip..], &plain[8_999_990..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_the_folder_move_into_the_bucket_and_a_backup_brings_them_back() {
    let far = Far::start().await;
    let place = Place::sqlite().await;
    let bucket = far.bucket();
    let app = place.app_with(&[POLICY], |config| config.blob_bucket = Some(bucket)).await;
    // From before there was a bucket.
    let before = Blobs::open(&app.config.blobs).expect("opens");
    let (old, unclaimed) = (write(&before, PLAIN).await.expect("kept"), write(&before, PLAIN).await.expect("kept"));
    let new = write(&app.blobs, PLAIN).await.expect("kept");
    for file in [&old, &new] {
        let row = BlobRow {
            id: file.id.clone(),
            stream: "a case".into(),
            size: i64::try_from(file.size).expect("small"),
            hash: file.sealed_hash.to_vec(),
            at: 1,
        };
        app.store.commit(Batch::main(vec![blobs::insert_statement(&row)])).await.expect("kept");
    }
    assert_eq!(read(&app.blobs, &old.id, &old.key).await.expect("read where it lies"), PLAIN);
    far.fault(Fault::Swaps, usize::MAX);
    assert!(sweeps::move_to_bucket(&app).await.is_err());
    far.well();
    assert!(app.blobs.path(&old.id).is_file(), "what could not be read back there stays here");
    assert_eq!(sweeps::move_to_bucket(&app).await.expect("moved"), 1);
    assert!(!app.blobs.path(&old.id).exists() && app.blobs.path(&unclaimed.id).is_file());
    for file in [&old, &new] {
        assert_eq!(read(&app.blobs, &file.id, &file.key).await.expect("it opens"), PLAIN);
    }

    let copy = far.folder.path().join("copy");
    let tally = backup::backup(&app.store, &app.blobs, &copy, 1, |_, _| {}).await.expect("copied");
    assert_eq!((tally.files, tally.damaged.len()), (2, 0));

    // What no case took is removed from both places; what a case has stays.
    let waste = write(&app.blobs, PLAIN).await.expect("kept");
    assert_eq!(sweeps::remove_unclaimed(&app, SystemTime::now()).await.expect("swept"), 2);
    assert!(app.blobs.read(&waste.id, &waste.key).await.is_err() && !app.blobs.path(&unclaimed.id).exists());
    assert_eq!(read(&app.blobs, &old.id, &old.key).await.expect("it opens"), PLAIN);

    // While the bucket is away a file is refused, and the words say what to do; nothing else is held up.
    far.fault(Fault::Broken, usize::MAX);
    let mut upload = files::upload(&app, "exploit.py").await.expect("begins");
    upload.push(PLAIN).await.expect("taken in");
    let why = upload.finish().await.expect_err("refused");
    assert!(matches!(why, Error::Busy) && why.to_string().contains("try again"), "{why}");
    crate::letters::filed(&app, "reporter@outside.example").await;
}
