//! Copies made while the store is in use, and restored into either database.

use std::path::{Path, PathBuf};

use candor::keys::{KeyRing, RootKey};
use candor::store::backup::{backup, restore};
use candor::store::blobs::{self, BlobKey, BlobRow, Blobs};
use candor::store::{Batch, Store, StoreError, cases, journal, verify};

use crate::support::chains::keep_case;
use crate::support::places::{Place, on_both};

/// A store with cases, keys and one file; gives the file's id and key.
async fn fill(place: &Place) -> (String, BlobKey, String) {
    let (stream, _) = place.ring.new_case(1).await.expect("a key");
    keep_case(&place.store, &stream, 5).await;
    for n in 0..40 {
        keep_case(&place.store, &format!("CASE{n}"), 20).await;
    }
    let mut writer = place.blobs.create().await.expect("begins");
    writer.push(&[7; 100_000]).await.expect("taken in");
    let file = writer.finish().await.expect("finished");
    let row =
        BlobRow { id: file.id.clone(), stream: stream.clone(), size: 100_000, hash: file.sealed_hash.to_vec(), at: 1 };
    place.store.commit(Batch::main(vec![blobs::insert_statement(&row)])).await.expect("kept");
    (file.id, file.key, stream)
}

/// A store that nothing was ever written to, not even the check of a root key.
async fn empty(place: &Place) -> (Store, Blobs, PathBuf) {
    let folder = place.folder.path().join("new");
    let config = candor::store::StoreConfig {
        database: match &place.server {
            Some(server) => candor::store::Database::Postgres(server.database("restored").await),
            None => candor::store::Database::Sqlite(folder.join("data")),
        },
        ring: None,
    };
    let store = Store::open(&config).await.expect("opens");
    (store, Blobs::open(folder.join("blobs")).expect("opens"), folder)
}

async fn check_restored(from: &Place, to: &Path, ring: Option<&Path>, into: &Place, file: &(String, BlobKey, String)) {
    let (store, blobs, _) = empty(into).await;
    let mut told = (0, 0);
    let tally = restore(to, ring, &store, &blobs, |done, all| told = (done, all)).await.expect("restored");
    assert_eq!((tally.files, tally.damaged.len()), (1, 0));
    assert_eq!(told.0, told.1);
    let report = verify::verify(&store, |_, _| ()).await.expect("a walk");
    assert_eq!((report.streams, report.entries, report.fault), (41, 805, None));
    for id in ["CASE7", &file.2] {
        assert_eq!(journal::load(&store, id).await.expect("rows"), journal::load(&from.store, id).await.expect("rows"));
        assert_eq!(cases::get(&store, id).await.expect("a row"), cases::get(&from.store, id).await.expect("a row"));
    }
    // The old root key opens the restored ring.
    let root = RootKey::open_or_create(&from.folder.path().join("root.key"), &store).await.expect("the key fits");
    let ring = KeyRing::new(store.clone(), root);
    assert_eq!(
        ring.case_key(&file.2).await.expect("a key").bytes(),
        from.ring.case_key(&file.2).await.expect("a key").bytes()
    );
    let mut reader = blobs.read(&file.0, &file.1).await.expect("opens");
    assert_eq!(reader.next().await.expect("opens").expect("a chunk"), [7; blobs::CHUNK]);
    let again = restore(to, None, &store, &blobs, |_, _| ()).await;
    assert!(matches!(again, Err(StoreError::NotEmpty(_))), "{again:?}");
}

on_both! {
    async fn a_copy_made_while_writing_is_whole_and_restores(place: Place) {
        let file = fill(&place).await;
        let to = place.folder.path().join("copy");
        let writer = {
            let store = place.store.clone();
            tokio::spawn(async move {
                // Not part of what is asserted: these may or may not be in the copy, but never half.
                for n in 0..50 {
                    let list = vec![candor::store::settings::put_statement("busy", &[n])];
                    store.commit(Batch::main(list)).await.expect("kept");
                }
            })
        };
        let tally = backup(&place.store, &place.blobs, &to, 1, |_, _| ()).await.expect("copied");
        writer.await.expect("no panic");
        assert!(805 < tally.rows && 256 <= tally.keys, "{tally:?}");
        // The two parts may be kept apart.
        let apart = place.folder.path().join("keys apart");
        std::fs::rename(to.join("ring"), &apart).expect("moved");
        check_restored(&place, &to, Some(&apart), &place, &file).await;
        std::fs::rename(&apart, to.join("ring")).expect("moved back");
        // And into the other database.
        if place.server.is_none() {
            if let Some(other) = Place::postgres().await {
                check_restored(&place, &to, None, &other, &file).await;
            }
        } else {
            check_restored(&place, &to, None, &Place::sqlite().await, &file).await;
        }
    }

    async fn a_small_file_that_came_with_its_case_is_in_the_copy_and_a_damaged_one_is_named(place: Place) {
        let mut kept = Vec::new();
        for text in ["a short proof", "another one"] {
            let mut writer = place.blobs.create().await.expect("begins");
            writer.push(text.as_bytes()).await.expect("taken in");
            let (file, row) = writer.finish_beside().await.expect("finished");
            let named = blobs::BlobRow {
                id: file.id.clone(),
                stream: "CASE7".into(),
                size: 0,
                hash: file.sealed_hash.to_vec(),
                at: 1,
            };
            let mut batch = vec![blobs::insert_statement(&named)];
            batch.extend(row);
            place.store.commit(Batch::main(batch)).await.expect("kept");
            kept.push((file, named));
        }
        let to = place.folder.path().join("copy");
        let tally = backup(&place.store, &place.blobs, &to, 1, |_, _| ()).await.expect("copied");
        assert_eq!((tally.files, tally.damaged.len()), (2, 0));
        let other = Place::sqlite().await;
        let (store, blobs, _) = empty(&other).await;
        assert_eq!(restore(&to, None, &store, &blobs, |_, _| ()).await.expect("restored").files, 2);
        let mut reader = blobs.read_of(&store, &kept[1].0.id, &kept[1].0.key).await.expect("opens");
        assert_eq!(reader.next().await.expect("opens").expect("a chunk"), b"another one");

        // What its row says of it is not what lies there.
        let wrong = blobs::BlobRow { hash: vec![7; 32], ..kept[0].1.clone() };
        let batch = vec![blobs::delete_statement(&wrong.id), blobs::insert_statement(&wrong)];
        place.store.commit(Batch::main(batch)).await.expect("kept");
        let again = place.folder.path().join("again");
        let tally = backup(&place.store, &place.blobs, &again, 1, |_, _| ()).await.expect("copied");
        assert_eq!((tally.files, tally.damaged), (1, vec![wrong.id]));
    }
}

#[tokio::test]
async fn a_copy_goes_into_an_empty_folder_only() {
    let place = Place::sqlite().await;
    let to = place.folder.path().join("copy");
    std::fs::create_dir(&to).expect("made");
    std::fs::write(to.join("letter.txt"), "mine").expect("written");
    let outcome = backup(&place.store, &place.blobs, &to, 1, |_, _| ()).await;
    assert!(matches!(outcome, Err(StoreError::NotEmpty(_))), "{outcome:?}");
    assert_eq!(to.read_dir().expect("a folder").count(), 1);
}

#[tokio::test]
async fn abuse_i5_a_damaged_copy_is_refused_before_anything_is_written() {
    let place = Place::sqlite().await;
    fill(&place).await;
    let to = place.folder.path().join("copy");
    backup(&place.store, &place.blobs, &to, 1, |_, _| ()).await.expect("copied");
    let (store, blobs, _) = empty(&place).await;
    for name in ["data/candor.db", "ring/keyring.db"] {
        let file = to.join(name);
        let whole = std::fs::read(&file).expect("a file");
        let mut changed = whole.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        std::fs::write(&file, changed).expect("written");
        let why = restore(&to, None, &store, &blobs, |_, _| ()).await.expect_err("refused").to_string();
        assert!(why.contains("is not what the manifest says"), "{why}");
        std::fs::write(&file, whole).expect("written");
    }
    std::fs::remove_file(to.join("data/manifest.json")).expect("removed");
    let why = restore(&to, None, &store, &blobs, |_, _| ()).await.expect_err("refused").to_string();
    assert!(why.contains("is not a finished backup"), "{why}");
    assert!(candor::store::settings::is_empty(&store).await.expect("a read"), "nothing was written");
}

#[tokio::test]
async fn a_file_damaged_before_the_copy_is_named_and_the_rest_is_copied() {
    let place = Place::sqlite().await;
    let (id, ..) = fill(&place).await;
    std::fs::write(place.blobs.path(&id), "other bytes").expect("written");
    let to = place.folder.path().join("copy");
    let tally = backup(&place.store, &place.blobs, &to, 1, |_, _| ()).await.expect("copied");
    assert_eq!((tally.files, tally.damaged), (0, vec![id.clone()]));
    let (store, blobs, _) = empty(&place).await;
    let tally = restore(&to, None, &store, &blobs, |_, _| ()).await.expect("restored");
    assert_eq!(tally.damaged, [id]);
}

#[tokio::test]
async fn a_store_whose_restore_did_not_end_does_not_open() {
    let place = Place::sqlite().await;
    let list = vec![candor::store::settings::put_statement("restoring", b"begun")];
    place.store.commit(Batch::main(list)).await.expect("kept");
    let why = Store::open(&place.config).await.expect_err("refused").to_string();
    assert!(why.contains("has begun and not ended"), "{why}");
}
