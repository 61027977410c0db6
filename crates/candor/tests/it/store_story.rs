//! The store's story, told once and run on both databases.

use std::collections::BTreeSet;

use candor::store::cases::{self, NEVER, QueueCursor, QueueFilter};
use candor::store::journal::{self, Head};
use candor::store::outbox::{self, NewLetter};
use candor::store::{
    Batch, Database, Statement, Store, StoreConfig, StoreError, Val, every_statement, passkey_challenges, people,
    programs, settings,
};

use crate::support::chains::{case_row, case_statements, entry, keep_case};
use crate::support::places::on_both;

fn letter(id: &str, next_at: i64) -> Statement {
    outbox::insert_statement(&NewLetter {
        id,
        stream: "CASE",
        seq: 1,
        kind: "received",
        recipient: "reporter:1",
        next_at,
        created_at: 1,
    })
}

on_both! {
    async fn of_many_that_append_at_one_place_one_wins_and_the_rest_keep_nothing(place: Place) {
        keep_case(&place.store, "CASE", 3).await;
        let head = journal::head(&place.store, "CASE").await.expect("a head");
        let tries = (0..24).map(|n| {
            let store = place.store.clone();
            tokio::spawn(async move {
                // A third of them write elsewhere and must not suffer from sharing a flush.
                let stream = if n % 3 == 0 { format!("OTHER{n}") } else { "CASE".to_owned() };
                let after = if n % 3 == 0 { Head::EMPTY } else { head };
                let (mut list, _) = journal::append_statements(&stream, after, &[entry(100 + n)]);
                list.insert(0, letter(&format!("L{n}"), 1));
                store.commit(Batch::main(list)).await
            })
        });
        let mut kept = BTreeSet::new();
        for (n, task) in tries.collect::<Vec<_>>().into_iter().enumerate() {
            match task.await.expect("no panic") {
                Ok(()) => drop(kept.insert(format!("L{n}"))),
                Err(StoreError::Conflict) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(kept.len(), 8 + 1, "the eight elsewhere, and one here");
        assert_eq!(journal::head(&place.store, "CASE").await.expect("a head").seq, 4);
        let letters = outbox::list(&place.store, "waiting", "", 100).await.expect("letters");
        assert_eq!(letters.into_iter().map(|row| row.id).collect::<BTreeSet<_>>(), kept);
    }

    async fn a_missed_row_count_keeps_nothing_of_the_batch(place: Place) {
        let list = vec![settings::put_statement("kept", b"no"), people::use_totp_step("nobody", b"secret", 7)];
        let outcome = place.store.commit(Batch::main(list)).await;
        assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
        assert_eq!(settings::get(&place.store, "kept").await.expect("a read"), None);
    }

    async fn a_key_of_a_batch_that_fails_may_stay_but_no_data_without_its_key(place: Place) {
        let ring = |id| candor::store::ring::insert_statement(id, b"wrapped", "root", 1);
        let first = Batch { ring: vec![ring("case:A")], main: vec![settings::insert_statement("A", b"1")] };
        place.store.commit(first.clone()).await.expect("kept");
        let again = place.store.commit(Batch { ring: vec![ring("case:A")], main: vec![settings::insert_statement("B", b"1")] }).await;
        assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
        assert_eq!(settings::get(&place.store, "B").await.expect("a read"), None);
    }

    async fn an_entry_comes_back_as_it_was_written(place: Place) {
        keep_case(&place.store, "CASE", 3).await;
        let rows = journal::load(&place.store, "CASE").await.expect("rows");
        assert_eq!(rows.iter().map(|row| row.entry.clone()).collect::<Vec<_>>(), [entry(1), entry(2), entry(3)]);
        assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(rows[0].prev, journal::GENESIS);
        assert_eq!(rows[2].prev, rows[1].hash);
        assert_eq!(journal::load_after(&place.store, "CASE", 2).await.expect("rows").len(), 1);
        assert_eq!(journal::streams(&place.store, "", 9).await.expect("streams"), ["CASE"]);
    }

    async fn the_queue_pages_by_due_instant_without_gaps_or_repeats(place: Place) {
        for n in 0..23_i64 {
            let (program, due) = (["minio", "strapi", "dapr"][usize::try_from(n % 3).expect("small")], [50, 10, NEVER][usize::try_from(n % 2 + n % 5 / 4).expect("small")]);
            place.store.commit(Batch::main(case_statements(&format!("C{n:02}"), program, 1, due))).await.expect("kept");
        }
        let filter = QueueFilter { programs: vec!["minio".into(), "strapi".into()], open: Some(true), ..QueueFilter::default() };
        let mut seen = Vec::new();
        let mut cursor: Option<QueueCursor> = None;
        loop {
            let page = cases::queue(&place.store, &filter, cursor.as_ref(), 4).await.expect("a page");
            let Some(last) = page.last() else { break };
            cursor = Some(QueueCursor { due_at: last.due_at, id: last.id.clone() });
            seen.extend(page.into_iter().map(|case| (case.due_at, case.id, case.program)));
        }
        assert!(seen.is_sorted());
        assert_eq!(seen.iter().map(|(_, id, _)| id).collect::<BTreeSet<_>>().len(), 16);
        assert_eq!(seen.len(), 16);
        assert!(seen.iter().all(|(.., program)| program != "dapr"), "what the actor may not see is not there");
        let none = QueueFilter { assignee: Some("M1".into()), ..filter.clone() };
        assert_eq!(cases::queue(&place.store, &none, None, 50).await.expect("a page"), []);
        let states = QueueFilter { states: vec!["new".into(), "closed".into()], unassigned: true, open: None, ..filter };
        assert_eq!(cases::queue(&place.store, &states, None, 50).await.expect("a page").len(), 16);
        let counts = cases::counts(&place.store, &["minio".into(), "dapr".into()]).await.expect("counts");
        assert_eq!(counts.iter().map(|count| (count.program.as_str(), count.n)).collect::<Vec<_>>(), [("dapr", 7), ("minio", 8)]);
    }

    async fn a_case_wakes_when_due_and_moves_between_counts(place: Place) {
        place.store.commit(Batch::main(case_statements("LATE", "minio", 1, 10))).await.expect("kept");
        place.store.commit(Batch::main(case_statements("LATER", "minio", 1, 20))).await.expect("kept");
        assert_eq!(cases::due(&place.store, 15, 9).await.expect("due"), [("LATE".to_owned(), 10)]);
        assert_eq!(cases::next_wake(&place.store).await.expect("an instant"), Some(10));
        let mut row = cases::get(&place.store, "LATE").await.expect("a read").expect("a row");
        (row.state, row.open, row.wake_at, row.severity, row.assignee) = ("closed".into(), false, None, Some(71), Some("M1".into()));
        let mut list = vec![cases::upsert_statement(&row)];
        list.extend(cases::count_statements(Some(("minio", "new")), Some(("minio", "closed"))));
        place.store.commit(Batch::main(list)).await.expect("kept");
        assert_eq!(cases::get(&place.store, "LATE").await.expect("a read"), Some(row));
        assert_eq!(cases::due(&place.store, 15, 9).await.expect("due"), []);
        let counts = cases::counts(&place.store, &["minio".into()]).await.expect("counts");
        assert_eq!(counts.iter().map(|count| (count.state.as_str(), count.n)).collect::<Vec<_>>(), [("closed", 1), ("new", 1)]);
        assert_eq!(cases::count_statements(Some(("minio", "new")), Some(("minio", "new"))), []);
    }

    async fn what_an_old_look_at_a_case_says_is_due_changes_nothing(place: Place) {
        keep_case(&place.store, "CASE", 3).await;
        let row = cases::get(&place.store, "CASE").await.expect("a read").expect("a row");
        let old = cases::CaseRow {
            wake_at: Some(7), due_at: 8, due_state: Some("running".into()), due_name: Some("first answer".into()),
            grants: "everybody".into(), state: "closed".into(), head_seq: 2, ..row.clone()
        };
        place.store.commit(Batch::main(vec![cases::settle_statement(&old)])).await.expect("a miss is fine");
        assert_eq!(cases::get(&place.store, "CASE").await.expect("a read").as_ref(), Some(&row));
        // Of the case as it is, only what is due and when to look again.
        let now = cases::CaseRow { head_seq: 3, ..old };
        place.store.commit(Batch::main(vec![cases::settle_statement(&now)])).await.expect("kept");
        let cases::CaseRow { wake_at, due_at, due_state, due_name, .. } = now;
        let settled = cases::CaseRow { wake_at, due_at, due_state, due_name, ..row };
        assert_eq!(cases::get(&place.store, "CASE").await.expect("a read"), Some(settled));
    }

    async fn a_letter_is_claimed_by_one_worker_until_its_lease_ends(place: Place) {
        let list = vec![letter("A", 5), letter("B", 6), letter("C", 99)];
        place.store.commit(Batch::main(list)).await.expect("kept");
        let first = outbox::claim(&place.store, 10, 20, 9).await.expect("a claim");
        assert_eq!(first.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(outbox::claim(&place.store, 10, 20, 9).await.expect("a claim"), []);
        assert!(outbox::done(&place.store, &first[0], 11).await.expect("a write"));
        assert!(!outbox::done(&place.store, &first[0], 12).await.expect("a write"), "once is enough");

        let second = outbox::claim(&place.store, 21, 30, 9).await.expect("a claim");
        assert_eq!((second[0].id.as_str(), second[0].attempts), ("B", 2));
        assert!(!outbox::done(&place.store, &first[1], 22).await.expect("a write"), "the lease was lost");
        assert!(outbox::fail(&place.store, &second[0], 23, "the server said 550").await.expect("a write"));
        assert_eq!(outbox::failed(&place.store, 9).await.expect("a list")[0].error.as_deref(), Some("the server said 550"));
        assert!(outbox::revive(&place.store, "B", 24).await.expect("a write"));
        let third = outbox::claim(&place.store, 25, 40, 9).await.expect("a claim");
        assert!(outbox::retry(&place.store, &third[0], 50, "try later").await.expect("a write"));
        assert_eq!(outbox::next_at(&place.store).await.expect("an instant"), Some(50));
        assert_eq!(outbox::waiting(&place.store).await.expect("a count"), (2, Some(1)));
        assert_eq!(outbox::counts(&place.store).await.expect("counts"), [("done".to_owned(), 1), ("waiting".to_owned(), 2)]);
    }

    async fn secrets_are_used_once(place: Place) {
        let member = people::MemberRow {
            id: "M1".into(), lookup: vec![1; 16], sealed: vec![2; 80], password: None, totp: None,
            totp_step: 0, disabled: false, created_at: 1,
        };
        let mut list = vec![people::insert_member(&member), people::insert_invite(&[9; 16], None, "setup", 100)];
        list.extend(people::replace_recovery("M1", &[vec![7; 16], vec![8; 16]]));
        place.store.commit(Batch::main(list)).await.expect("kept");
        let apply = |statement| people::apply(&place.store, vec![statement]);
        assert!(!apply(people::use_totp_step("M1", b"one", 5)).await.expect("a write"), "there is no secret yet");
        assert!(apply(people::set_totp("M1", Some(b"one"))).await.expect("a write"));
        assert!(apply(people::use_totp_step("M1", b"one", 5)).await.expect("a write"));
        assert!(!apply(people::use_totp_step("M1", b"one", 5)).await.expect("a write"), "a code is used up");
        assert!(apply(people::set_totp("M1", Some(b"two"))).await.expect("a write"));
        assert!(!apply(people::use_totp_step("M1", b"one", 6)).await.expect("a write"), "the secret is another by now");
        assert!(apply(people::set_disabled("M1", true)).await.expect("a write"));
        assert!(!apply(people::use_totp_step("M1", b"two", 6)).await.expect("a write"), "the member is disabled");
        assert!(apply(people::use_recovery("M1", &[7; 16], 3)).await.expect("a write"));
        assert!(!apply(people::use_recovery("M1", &[7; 16], 4)).await.expect("a write"), "a recovery code, too");
        assert_eq!(people::recovery_left(&place.store, "M1").await.expect("a count"), 1);
        assert!(!apply(people::use_invite(&[9; 16], 100)).await.expect("a write"), "a link that has ended");
        assert!(apply(people::use_invite(&[9; 16], 99)).await.expect("a write"));
        assert!(!apply(people::use_invite(&[9; 16], 99)).await.expect("a write"), "a link, too");
        assert!(!apply(people::insert_member(&people::MemberRow { id: "M2".into(), ..member.clone() })).await.expect("a write"), "one member per address");
        assert_eq!(people::member_by_lookup(&place.store, &[1; 16]).await.expect("a read").map(|it| it.id), Some("M1".into()));
        apply(people::revoke_invites("setup", None)).await.expect("a write");
        people::sweep(&place.store, 100).await.expect("a sweep");
    }

    async fn of_many_who_take_a_challenge_one_gets_it_and_the_oldest_makes_room(place: Place) {
        let keep = |n: i64| passkey_challenges::insert_statement(&[u8::try_from(n).expect("few")], n, b"sealed");
        place.store.commit(Batch::main((0..10).map(keep).collect())).await.expect("kept");
        let other = Store::open(&place.config).await.expect("opens twice");
        let takes = (0..8).map(|n| if n % 2 == 0 { place.store.clone() } else { other.clone() }).map(|store| {
            tokio::spawn(async move { passkey_challenges::take(&store, &[9]).await.expect("a write").is_some() })
        });
        let mut got = 0;
        for take in takes.collect::<Vec<_>>() {
            got += usize::from(take.await.expect("no panic"));
        }
        assert_eq!(got, 1);
        place.store.commit(Batch::main(vec![passkey_challenges::shorten_statement(4)])).await.expect("shortened");
        place.store.commit(Batch::main(vec![passkey_challenges::sweep_statement(5)])).await.expect("swept");
        let mut left = Vec::new();
        for n in 0..10 {
            if passkey_challenges::take(&other, &[n]).await.expect("a write").is_some() {
                left.push(n);
            }
        }
        assert_eq!(left, [6, 7, 8], "the newest four were 5 to 8, and 5 was too old");
    }

    async fn a_policy_version_is_never_overwritten(place: Place) {
        let version = |version, source: &str| programs::ProgramRow { slug: "minio".into(), version, at: 1, source: source.into(), hash: vec![0; 32] };
        for row in [version(1, "a"), version(2, "b")] {
            place.store.commit(Batch::main(vec![programs::insert_statement(&row)])).await.expect("kept");
        }
        let again = place.store.commit(Batch::main(vec![programs::insert_statement(&version(2, "c"))])).await;
        assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
        assert_eq!(programs::latest(&place.store).await.expect("a read"), [version(2, "b")]);
        assert_eq!(programs::version(&place.store, "minio", 1).await.expect("a read"), Some(version(1, "a")));
        assert_eq!(programs::versions(&place.store, "minio").await.expect("a read").len(), 2);
    }

    async fn a_store_of_a_newer_candor_is_refused_in_one_sentence(place: Place) {
        place.store.commit(Batch::main(vec![Statement::new("update schema_version set version = 999", vec![])])).await.expect("kept");
        let why = Store::open(&place.config).await.expect_err("refused").to_string();
        assert!(why.starts_with("this store has schema version 999, but this candor knows versions up to"), "{why}");
    }

    async fn two_processes_may_write_to_one_store(place: Place) {
        let other = Store::open(&place.config).await.expect("opens twice");
        let tasks: Vec<_> = (0..40)
            .map(|n| {
                let store = if n % 2 == 0 { place.store.clone() } else { other.clone() };
                tokio::spawn(async move { store.commit(Batch::main(case_statements(&format!("C{n}"), "minio", 2, NEVER))).await })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic").expect("kept");
        }
        assert_eq!(cases::counts(&other, &["minio".into()]).await.expect("counts")[0].n, 40);
    }

    async fn every_statement_is_understood(place: Place) {
        for (module, name, sql) in every_statement() {
            let explained: &'static str = Box::leak(format!("explain {sql}").into_boxed_str());
            let args = (1..=20).rev().find(|n| sql.contains(&format!("${n}"))).unwrap_or(0);
            let args = vec![Val::Null; args];
            let outcome = if module == "ring" { place.store.query_ring(explained, args).await } else { place.store.query(explained, args).await };
            assert!(outcome.is_ok(), "{module}::{name}: {outcome:?}\n{sql}");
        }
    }
}

#[tokio::test]
async fn on_sqlite_each_list_of_a_page_stops_early_in_an_index() {
    let place = crate::support::places::Place::sqlite().await;
    let mut seen = 0;
    for (module, name, sql) in every_statement() {
        let explained: &'static str = Box::leak(format!("explain query plan {sql}").into_boxed_str());
        if !sql.starts_with("select") || !sql.contains("order by") || !sql.contains("limit") || module == "ring" {
            continue;
        }
        let args = (1..=20).rev().find(|n| sql.contains(&format!("${n}"))).unwrap_or(0);
        let mut plan = String::new();
        for mut row in place.store.query(explained, vec![Val::Null; args]).await.expect("a plan") {
            plan.push_str(&row.text(3).expect("text"));
            plan.push('\n');
        }
        assert!(!plan.contains("TEMP B-TREE"), "{module}::{name} sorts:\n{plan}");
        // What is asked for each mail does not walk over all mails of a program.
        assert!(module != "mail" || plan.contains("(sender=? AND program=?"), "{module}::{name}:\n{plan}");
        seen += 1;
    }
    assert!(6 < seen, "{seen} lists");
}

#[tokio::test]
async fn files_of_the_store_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = crate::support::places::Place::sqlite().await;
    keep_case(&place.store, "CASE", 1).await;
    place.ring.new_case(1).await.expect("a key");
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&place.data()), 0o700);
    let mut files = 0;
    for entry in place.data().read_dir().expect("a folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        files += 1;
    }
    assert!(4 <= files, "two databases and their logs");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("in the way");
    std::fs::write(&file, "x").expect("written");
    let config = StoreConfig { database: Database::Sqlite(file.join("data")), ring: None };
    let why = Store::open(&config).await.expect_err("refused").to_string();
    assert!(why.starts_with("making the data folder") && why.contains("in the way"), "{why}");
}

#[test]
fn a_case_row_of_an_empty_chain_names_its_head() {
    assert_eq!(case_row("A", "minio", NEVER, Head::EMPTY).head_hash, journal::GENESIS);
}
