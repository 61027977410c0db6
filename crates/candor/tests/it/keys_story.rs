//! What opens with which key at which place, and everything that must not.

use std::os::unix::fs::PermissionsExt;

use candor::keys::{Context, Key, KeyError, KeyRing, Purpose, RootKey, lookup, open, random, root, seal};
use candor::store::Store;

use crate::support::chains::keep_case;
use crate::support::places::{Place, on_both};

const PLACE: Context<'static> = Context { kind: "journal", stream: "7K3M9-QXT4B", row: 3, field: "body" };

fn key(id: &str, byte: u8) -> Key {
    Key::new(id, [byte; 32])
}

#[test]
fn abuse_k3_sealed_bytes_open_in_their_place_alone() {
    let sealed = seal(&key("case:A", 1), &PLACE, b"the text").expect("sealed");
    assert_eq!(**open(&key("case:A", 1), &PLACE, &sealed).expect("opens"), *b"the text");
    let elsewhere = [
        Context { kind: "card", ..PLACE },
        Context { stream: "7K3M9-QXT4C", ..PLACE },
        Context { row: 4, ..PLACE },
        Context { field: "person", ..PLACE },
        // The same letters, cut in other places.
        Context { kind: "journal7", stream: "K3M9-QXT4B", ..PLACE },
    ];
    for place in elsewhere {
        assert!(matches!(open(&key("case:A", 1), &place, &sealed), Err(KeyError::Sealed)), "{place:?}");
    }
    assert!(matches!(open(&key("case:A", 2), &PLACE, &sealed), Err(KeyError::Sealed)), "another key of the same name");
    assert!(matches!(open(&key("case:B", 1), &PLACE, &sealed), Err(KeyError::Sealed)), "the same key of another name");
}

#[test]
fn any_changed_or_missing_byte_is_refused() {
    let sealed = seal(&key("case:A", 1), &PLACE, b"the text").expect("sealed");
    for index in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[index] ^= 1 << bit;
            assert!(open(&key("case:A", 1), &PLACE, &changed).is_err(), "bit {bit} of byte {index}");
        }
        assert!(open(&key("case:A", 1), &PLACE, &sealed[..index]).is_err(), "cut at {index}");
    }
}

#[test]
fn the_same_text_is_sealed_differently_each_time() {
    let [a, b] = [(); 2].map(|()| seal(&key("case:A", 1), &PLACE, b"the text").expect("sealed"));
    assert_ne!(a, b);
    assert!(!a.windows(8).any(|window| window == b"the text"));
    assert_eq!(a.len(), b"the text".len() + seal::OVERHEAD);
}

#[test]
fn look_ups_of_different_kinds_do_not_meet() {
    let tag = lookup(&key("lookup", 1), "address", b"a@example.org");
    assert_eq!(tag, lookup(&key("lookup", 1), "address", b"a@example.org"));
    assert_ne!(tag, lookup(&key("lookup", 1), "receipt", b"a@example.org"));
    assert_ne!(tag, lookup(&key("lookup", 2), "address", b"a@example.org"));
    assert_ne!(lookup(&key("lookup", 1), "ab", b"c"), lookup(&key("lookup", 1), "a", b"bc"));
}

#[test]
fn a_receipt_survives_a_telephone_call() {
    let receipt = random::receipt();
    assert_eq!(receipt.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4, 5, 5]);
    let plain = receipt.replace('-', "");
    assert_eq!(random::normal_receipt(&receipt), Some(plain.clone()));
    assert_eq!(random::normal_receipt(&format!(" {} ", receipt.to_lowercase().replace('-', " "))), Some(plain));
    assert_eq!(random::normal("oO-iIlL"), Some("001111".into()));
    assert_eq!(random::normal("U"), None);
    assert_eq!(random::normal_receipt("7K3M"), None);
    assert_eq!(random::normal_case_id("7k3m9qxt4b"), Some("7K3M9-QXT4B".into()));
    assert_eq!(random::case_id().len(), 11);
}

#[test]
fn ordered_ids_sort_by_their_instant() {
    let ids = [1_000, 1_760_000_000_000_000, 1_760_000_000_001_000, 9_760_000_000_001_000].map(random::ordered_id);
    assert!(ids.is_sorted(), "{ids:?}");
    assert!(ids.iter().all(|id| id.len() == 26));
}

#[tokio::test]
async fn a_root_key_is_made_once_and_told_from_any_other() {
    let place = Place::sqlite().await;
    let file = place.folder.path().join("root.key");
    let open = || RootKey::open_or_create(&file, &place.store);
    assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(open().await.expect("opens again").id(), place.root.id());
    let text = std::fs::read_to_string(&file).expect("text");

    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).expect("changed");
    let why = open().await.expect_err("others may read it");
    assert!(matches!(&why, KeyError::Exposed(..)) && why.to_string().contains("chmod 600"), "{why}");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("changed");

    for garbled in ["", "candor-root-key-1 ", "candor-root-key-1 zz", &text[..80], &text.replace("key-1", "key-2")] {
        std::fs::write(&file, garbled).expect("written");
        assert!(matches!(open().await, Err(KeyError::Garbled(_))), "{garbled:?}");
    }
    let other = Place::sqlite().await;
    std::fs::copy(other.folder.path().join("root.key"), &file).expect("copied");
    assert!(matches!(open().await, Err(KeyError::Wrong(_))));
    std::fs::remove_file(&file).expect("removed");
    assert!(matches!(open().await, Err(KeyError::Missing(_))), "never a new one for an old store");
    assert!(!file.exists());
    std::fs::write(&file, text).expect("written");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("changed");
    open().await.expect("the right key opens");
}

#[test]
fn the_root_key_lies_beside_the_data() {
    assert_eq!(root::default_path("/srv/candor-data".as_ref()), std::path::Path::new("/srv/candor-data.key"));
    assert_eq!(root::default_path("./candor-data/".as_ref()), std::path::Path::new("./candor-data.key"));
}

fn holds(folder: &std::path::Path, needle: &[u8]) -> bool {
    folder.read_dir().expect("a folder").any(|entry| {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

on_both! {
    async fn a_key_drawn_for_a_case_is_in_the_ring_already(place: Place) {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..600 {
            let (stream, key) = place.ring.new_case(1).await.expect("a key");
            assert_eq!(key.id(), format!("case:{stream}"));
            assert!(seen.insert(stream), "no id is drawn twice");
        }
        // A process that starts anew knows none of them.
        let cold = KeyRing::new(Store::open(&place.config).await.expect("opens"), place.root.clone());
        let streams: Vec<&str> = seen.iter().take(150).map(String::as_str).collect();
        let keys = cold.case_keys(&streams).await.expect("keys");
        assert_eq!(keys.len(), 150);
        for stream in streams {
            assert_eq!(keys[stream].bytes(), place.ring.case_key(stream).await.expect("a key").bytes());
        }
    }

    async fn keys_of_persons_and_cases_do_not_meet(place: Place) {
        let (person, drawn) = place.ring.new_person(1).await.expect("a key");
        assert_eq!(place.ring.person_key(&person).await.expect("a key").bytes(), drawn.bytes());
        assert!(matches!(place.ring.case_key(&person).await, Err(KeyError::Erased)));
        let made = place.ring.person_key_or_new("known from elsewhere", 1).await.expect("a key");
        assert_eq!(place.ring.person_key_or_new("known from elsewhere", 2).await.expect("a key").bytes(), made.bytes());
        assert_ne!(place.root.purpose(Purpose::CaseRing).bytes(), place.root.purpose(Purpose::PersonRing).bytes());
    }

    async fn an_erased_key_is_gone_and_the_chain_stays_whole(place: Place) {
        let (stream, key) = place.ring.new_case(1).await.expect("a key");
        keep_case(&place.store, &stream, 3).await;
        let wrapped = candor::store::ring::get(&place.store, key.id()).await.expect("a read").expect("a row");
        let (person, _) = place.ring.new_person(1).await.expect("a key");
        // Another process has read them before.
        let other = KeyRing::new(place.store.clone(), place.root.clone());
        assert!(other.case_key(&stream).await.is_ok() && other.person_key(&person).await.is_ok());
        place.ring.erase_case(&stream).await.expect("erased");
        assert!(matches!(other.case_key(&stream).await, Err(KeyError::Erased)));
        assert!(other.person_key(&person).await.is_ok());
        place.ring.erase_person(&person).await.expect("erased");
        for ring in [&place.ring, &other] {
            assert!(matches!(ring.case_key(&stream).await, Err(KeyError::Erased)));
            assert!(ring.case_keys(&[&stream]).await.expect("a read").is_empty());
            assert!(matches!(ring.person_key(&person).await, Err(KeyError::Erased)));
        }
        let report = candor::store::verify::verify(&place.store, |_, _| ()).await.expect("a walk");
        assert_eq!((report.entries, report.fault), (3, None));
        if place.data().exists() {
            assert!(!holds(&place.data(), &wrapped), "no copy of the wrapped key is left in the files");
        }
    }

    async fn abuse_k3_a_ring_row_under_another_name_does_not_open(place: Place) {
        let (a, _) = place.ring.new_case(1).await.expect("a key");
        let wrapped = candor::store::ring::get(&place.store, &format!("case:{a}")).await.expect("a read").expect("a row");
        let moved = candor::store::ring::insert_statement("case:B", &wrapped, &place.root.id(), 1);
        place.store.commit(candor::store::Batch { ring: vec![moved], main: vec![] }).await.expect("kept");
        assert!(matches!(place.ring.case_key("B").await, Err(KeyError::Sealed)));
    }
}
