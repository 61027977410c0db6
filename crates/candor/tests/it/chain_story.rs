//! Every way to tamper with a journal is seen, and the first bad entry is named.

use candor::store::journal::{self, Head};
use candor::store::{Batch, Statement, Store, Val, verify};

use crate::support::chains::{entry, keep_case};
use crate::support::places::on_both;

async fn tamper(store: &Store, statements: &[(&'static str, Vec<Val>)]) {
    let list = statements.iter().map(|(sql, args)| Statement::new(sql, args.clone())).collect();
    store.commit(Batch::main(list)).await.expect("the tampering itself works");
}

/// What verify says: the first fault, or how much it has walked.
async fn said(store: &Store) -> String {
    let report = verify::verify(store, |_, _| ()).await.expect("a walk");
    report
        .fault
        .map_or_else(|| format!("{} streams, {} entries", report.streams, report.entries), |fault| fault.to_string())
}

async fn three_cases(store: &Store) {
    for (id, length) in [("AAA", 4), ("BBB", 4), ("CCC", 700)] {
        keep_case(store, id, length).await;
    }
}

const BODY: &str = "update journal set body = $3 where stream = $1 and seq = $2";
const SEQ: &str = "update journal set seq = $3 where stream = $1 and seq = $2";
const DELETE: &str = "delete from journal where stream = $1 and seq = $2";

fn at(stream: &str, seq: i64) -> Vec<Val> {
    vec![stream.into(), seq.into()]
}

fn with(stream: &str, seq: i64, value: impl Into<Val>) -> Vec<Val> {
    vec![stream.into(), seq.into(), value.into()]
}

on_both! {
    async fn whole_chains_are_green(place: Place) {
        assert_eq!(said(&place.store).await, "0 streams, 0 entries");
        three_cases(&place.store).await;
        let mut last = (0, 0);
        let report = verify::verify(&place.store, |done, all| last = (done, all)).await.expect("a walk");
        assert_eq!((report.streams, report.entries, report.fault), (3, 708, None));
        assert_eq!(last, (708, 708));
    }

    async fn a_changed_byte_is_seen(place: Place) {
        three_cases(&place.store).await;
        let mut body = entry(3).body;
        body[0] ^= 1;
        tamper(&place.store, &[(BODY, with("BBB", 3, body))]).await;
        assert_eq!(said(&place.store).await, "stream BBB, entry 3: its content does not match its hash");
    }

    async fn any_changed_field_is_seen(place: Place) {
        let changes: [(&str, Val); 5] = [
            ("update journal set at = $3 where stream = $1 and seq = $2", 7_i64.into()),
            ("update journal set kind = $3 where stream = $1 and seq = $2", "note".into()),
            ("update journal set actor = $3 where stream = $1 and seq = $2", "member:M2".into()),
            ("update journal set person = $3 where stream = $1 and seq = $2", Val::Null),
            ("update journal set person_body = $3 where stream = $1 and seq = $2", Val::Null),
        ];
        for (n, (sql, value)) in changes.into_iter().enumerate() {
            let id = format!("CASE{n}");
            keep_case(&place.store, &id, 2).await;
            tamper(&place.store, &[(sql, vec![id.as_str().into(), 2_i64.into(), value])]).await;
            assert_eq!(said(&place.store).await, format!("stream {id}, entry 2: its content does not match its hash"));
            tamper(&place.store, &[("delete from journal where stream = $1", vec![id.as_str().into()]), ("delete from case_row where id = $1", vec![id.into()])]).await;
        }
    }

    async fn a_removed_entry_is_seen(place: Place) {
        three_cases(&place.store).await;
        tamper(&place.store, &[(DELETE, at("CCC", 600))]).await;
        assert_eq!(said(&place.store).await, "stream CCC, entry 600: it is missing; entry 601 follows entry 599");
        tamper(&place.store, &[(DELETE, at("AAA", 1))]).await;
        assert_eq!(said(&place.store).await, "stream AAA, entry 1: it is missing; entry 2 follows entry 0");
    }

    async fn a_removed_entry_is_seen_when_the_rest_is_numbered_anew(place: Place) {
        three_cases(&place.store).await;
        tamper(&place.store, &[(DELETE, at("BBB", 2)), (SEQ, with("BBB", 3, 2_i64)), (SEQ, with("BBB", 4, 3_i64))]).await;
        assert_eq!(said(&place.store).await, "stream BBB, entry 2: it does not follow the entry before it");
    }

    async fn swapped_entries_are_seen(place: Place) {
        three_cases(&place.store).await;
        tamper(&place.store, &[(SEQ, with("BBB", 2, 99_i64)), (SEQ, with("BBB", 3, 2_i64)), (SEQ, with("BBB", 99, 3_i64))]).await;
        assert_eq!(said(&place.store).await, "stream BBB, entry 2: it does not follow the entry before it");
    }

    async fn a_cut_tail_is_seen(place: Place) {
        three_cases(&place.store).await;
        tamper(&place.store, &[(DELETE, at("BBB", 4))]).await;
        assert_eq!(said(&place.store).await, "stream BBB, entry 4: it is missing; the case's row names a later entry as the last");
    }

    async fn a_stream_taken_away_is_seen_by_its_case_row(place: Place) {
        three_cases(&place.store).await;
        tamper(&place.store, &[("delete from journal where stream = $1", vec!["CCC".into()])]).await;
        assert_eq!(said(&place.store).await, "stream CCC, entry 1: it is missing; the case is there but has no entries");
        tamper(&place.store, &[("delete from journal where stream = $1", vec!["AAA".into()])]).await;
        assert_eq!(said(&place.store).await, "stream AAA, entry 1: it is missing; the case is there but has no entries");
    }

    async fn an_entry_slipped_in_past_the_rules_is_seen(place: Place) {
        three_cases(&place.store).await;
        let head = journal::head(&place.store, "BBB").await.expect("a head");
        let (list, _) = journal::append_statements("BBB", head, &[entry(5)]);
        place.store.commit(Batch::main(list)).await.expect("kept");
        assert_eq!(said(&place.store).await, "stream BBB, entry 5: it stands past the last entry the case's row names");
    }

    async fn a_rewritten_chain_is_seen_by_its_case_row(place: Place) {
        three_cases(&place.store).await;
        tamper(&place.store, &[("delete from journal where stream = $1", vec!["BBB".into()])]).await;
        let (list, _) = journal::append_statements("BBB", Head::EMPTY, &[entry(1), entry(2), entry(3), entry(9)]);
        place.store.commit(Batch::main(list)).await.expect("kept");
        assert_eq!(said(&place.store).await, "stream BBB, entry 4: its hash is not the one the case's row names");
    }

    async fn a_walk_is_green_while_cases_grow(place: Place) {
        three_cases(&place.store).await;
        let writer = {
            let store = place.store.clone();
            tokio::spawn(async move {
                for n in 0..60 {
                    keep_case(&store, &format!("{}{n}", ["A", "BB", "CD"][n % 3]), 3).await;
                }
            })
        };
        while !writer.is_finished() {
            let report = verify::verify(&place.store, |_, _| ()).await.expect("a walk");
            assert_eq!(report.fault, None);
        }
        writer.await.expect("no panic");
        assert_eq!(said(&place.store).await, "63 streams, 888 entries");
    }
}
