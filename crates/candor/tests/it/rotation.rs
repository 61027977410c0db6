//! Another root key under load, cut off at every step; the root key on paper.

use candor::keys::rotate::{Progress, Rotation};
use candor::keys::{KeyError, KeyRing, RootKey, root, sheet};
use candor::store::{Store, ring};

use crate::support::places::{Place, on_both};

const NOW: i64 = 1_795_000_000_000_000;

/// A process that starts anew on the same store.
async fn anew(place: &Place) -> Result<KeyRing, KeyError> {
    let store = Store::open(&place.config).await.expect("opens");
    let root = RootKey::open_or_create(&place.folder.path().join("root.key"), &store).await?;
    Ok(KeyRing::new(store, root))
}

async fn everything_opens(ring: &KeyRing, cases: &[(String, [u8; 32])], when: &str) {
    for (stream, bytes) in cases {
        assert_eq!(ring.case_key(stream).await.unwrap_or_else(|why| panic!("{when}: {why}")).bytes(), bytes, "{when}");
    }
}

on_both! {
    async fn abuse_k5_the_root_key_is_replaced_under_load_and_cut_off_at_each_step(place: Place) {
        let file = place.folder.path().join("root.key");
        let mut cases = Vec::new();
        for _ in 0..700 {
            let (stream, key) = place.ring.new_case(NOW).await.expect("a key");
            cases.push((stream, *key.bytes()));
        }
        let purpose = *place.root.purpose(candor::keys::Purpose::Receipt).bytes();
        let old_id = place.root.id();
        let old_file = std::fs::read_to_string(&file).expect("the old root key");

        // Each step, then the process is gone: what runs and what starts anew both read everything and make new keys.
        for step in 0..6 {
            let rotation = Rotation::begin(&place.store, &file).await.expect("begun, or found half done");
            match step {
                0 => {}
                1 => rotation.announce(NOW).await.expect("announced"),
                2 => {
                    rotation.announce(NOW).await.expect("announced again");
                    assert!(matches!(rotation.rewrap().await, Ok(Progress::Left(1..))), "a page of many");
                }
                3 => while rotation.rewrap().await.expect("wrapped") != Progress::Left(0) {},
                4 => rotation.swap_files().expect("swapped"),
                _ => assert_eq!(rotation.run(NOW, |_, _| ()).await.expect("done"), Progress::Done),
            }
            let when = format!("after step {step}");
            everything_opens(&place.ring, &cases[..20], &when).await;
            let cold = anew(&place).await.unwrap_or_else(|why| panic!("{when}: {why}"));
            everything_opens(&cold, &cases, &when).await;
            assert_eq!(*cold.root().purpose(candor::keys::Purpose::Receipt).bytes(), purpose, "{when}");
            for ring in [&place.ring, &cold] {
                // More than are kept ready, so that new ones are made now.
                for _ in 0..300 {
                    let (stream, key) = ring.new_case(NOW).await.unwrap_or_else(|why| panic!("{when}: {why}"));
                    cases.push((stream, *key.bytes()));
                }
                let person = format!("person {step} of {}", cases.len());
                ring.person_key_or_new(&person, NOW).await.unwrap_or_else(|why| panic!("{when}: {why}"));
            }
        }

        assert_ne!(place.ring.root().id(), old_id, "the running process has taken the new one");
        assert_eq!(ring::count_under(&place.store, &old_id).await.expect("a count"), 0, "the old one wraps nothing");
        assert_eq!(std::fs::read_to_string(root::old_path(&file, &old_id)).expect("kept"), old_file);
        assert!(!root::next_path(&file).exists());
        std::fs::write(&file, &old_file).expect("the old one put back");
        assert!(matches!(anew(&place).await, Err(KeyError::Wrong(_))), "and is refused");
    }

    async fn a_second_rotation_follows_the_first(place: Place) {
        let file = place.folder.path().join("root.key");
        let (stream, key) = place.ring.new_case(NOW).await.expect("a key");
        for _ in 0..2 {
            let rotation = Rotation::begin(&place.store, &file).await.expect("begun");
            assert_eq!(rotation.run(NOW, |_, _| ()).await.expect("done"), Progress::Done);
        }
        let cold = anew(&place).await.expect("opens");
        assert_eq!(cold.case_key(&stream).await.expect("a key").bytes(), key.bytes());
    }

    async fn the_new_root_key_lost_half_way_locks_and_its_sheet_brings_it_back(place: Place) {
        let file = place.folder.path().join("root.key");
        let (stream, _) = place.ring.new_case(NOW).await.expect("a key");
        let rotation = Rotation::begin(&place.store, &file).await.expect("begun");
        let sheets = rotation.sheet(true).expect("sheets");
        rotation.announce(NOW).await.expect("announced");
        rotation.rewrap().await.expect("wrapped");
        let next = root::next_path(&file);
        std::fs::remove_file(&next).expect("lost");
        assert!(matches!(anew(&place).await, Err(KeyError::Missing(_))));
        assert!(matches!(Rotation::begin(&place.store, &file).await, Err(KeyError::Missing(_))));

        let bytes = sheet::read_back(&format!("{}{}", sheets[2], sheets[0])).expect("two sheets");
        assert!(sheet::recover(&place.store, &next, bytes).await.expect("written"));
        let rotation = Rotation::begin(&place.store, &file).await.expect("goes on");
        assert_eq!(rotation.run(NOW, |_, _| ()).await.expect("done"), Progress::Done);
        anew(&place).await.expect("opens").case_key(&stream).await.expect("a key");
    }

    async fn a_command_can_print_the_root_key_instead(place: Place) {
        let file = place.folder.path().join("root.key");
        let away = file.with_file_name("wrapped");
        std::fs::rename(&file, &away).expect("moved");
        let command = root::Source::Command(format!("cat {}", away.display()));
        assert_eq!(RootKey::open(&command, &place.store).await.expect("it opens").id(), place.root.id());
        for wrong in ["exit 3", "echo something else", "true"] {
            let why = RootKey::open(&root::Source::Command(wrong.into()), &place.store).await;
            assert!(matches!(why, Err(KeyError::File(..) | KeyError::Garbled(_))), "{wrong}: {why:?}");
        }
    }

    async fn the_sheet_is_asked_back_and_remembered(place: Place) {
        let file = place.folder.path().join("root.key");
        let id = place.root.id();
        assert_eq!(sheet::drilled(&place.store, &id).await.expect("a read"), None);
        let sheets = sheet::of_file(&file, false).expect("a sheet");
        let bytes = || sheet::read_back(&sheets[0]).expect("it reads");
        assert!(sheet::drill(&place.store, bytes(), NOW).await.expect("asked"));
        assert_eq!(sheet::drilled(&place.store, &id).await.expect("a read"), Some(NOW));
        let other = sheet::of(&[9; 32], false).expect("a sheet");
        assert!(!sheet::drill(&place.store, sheet::read_back(&other[0]).expect("reads"), NOW).await.expect("asked"));
        assert_eq!(sheet::drilled(&place.store, "another root key").await.expect("a read"), None);

        std::fs::remove_file(&file).expect("lost");
        assert!(sheet::recover(&place.store, &file, bytes()).await.expect("written"));
        assert_eq!(anew(&place).await.expect("opens").root().id(), id);
    }
}
