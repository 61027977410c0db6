//! Signed heads of the journals, kept elsewhere: what they find, and what they do not let happen.

use crate::support::chains::keep_case;
use crate::support::places::{Place, on_both};
use crate::support::service::{MINIO, Service};
use candor::anchors::{self, Anchor, Fault, places};
use candor::config::AnchorPlace;
use candor::store::{Batch, Statement, verify};
use jiff::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

async fn take(place: &Place, now: &str) -> Option<Anchor> {
    anchors::take_if_due(&place.store, &place.root, at(now)).await.expect("taken")
}

on_both! {
    async fn an_anchor_is_taken_each_hour_busy_or_not(place: Place) {
        keep_case(&place.store, "AAAAA-AAAAA", 3).await;
        let first = take(&place, "2026-11-21T12:10:00Z").await.expect("the first");
        assert!(first.is_whole());
        assert_eq!((first.number(), first.fact("entries"), first.fact("streams")), (1, Some("3"), Some("1")));
        assert!(!first.statement.contains("AAAAA"), "whoever keeps it learns of no case");
        assert_eq!(take(&place, "2026-11-21T12:59:59Z").await, None);
        let quiet = take(&place, "2026-11-21T13:00:00Z").await.expect("an hour later, though nothing happened");
        assert_ne!(quiet.fact("head"), first.fact("head"));
        keep_case(&place.store, "BBBBB-BBBBB", 2).await;
        let third = take(&place, "2026-11-21T14:00:30Z").await.expect("the third");
        assert_eq!((third.number(), third.fact("entries"), third.fact("streams")), (3, Some("5"), Some("2")));
        let checked = anchors::check(&place.store).await.expect("a walk");
        assert_eq!((checked.anchors, checked.heads, checked.fault), (3, 2, None));
        assert_eq!(anchors::compare(&place.store, "elsewhere", &first).await.expect("a look"), Ok(()));
        let forged = Anchor { statement: first.statement.replace("entries: 3", "entries: 2"), ..first };
        assert!(anchors::compare(&place.store, "elsewhere", &forged).await.expect("a look").is_err());
    }

    async fn a_tail_cut_with_its_row_is_found_by_the_anchor_alone(place: Place) {
        keep_case(&place.store, "AAAAA-AAAAA", 3).await;
        keep_case(&place.store, "BBBBB-BBBBB", 2).await;
        take(&place, "2026-11-21T12:10:00Z").await.expect("taken");
        // Who rules the database takes a whole case away, row and all: the chains that are left are whole.
        let gone = ["delete from journal where stream = 'BBBBB-BBBBB'", "delete from case_row where id = 'BBBBB-BBBBB'"];
        let gone = gone.map(|sql| Statement::new(sql, vec![])).to_vec();
        place.store.commit(Batch::main(gone)).await.expect("taken away");
        assert_eq!(verify::verify(&place.store, |_, _| ()).await.expect("a walk").fault, None);
        let found = anchors::check(&place.store).await.expect("a walk").fault.expect("a fault");
        assert!(matches!(&found, Fault::Entry { stream, seq: 2, number: 1, .. } if stream == "BBBBB-BBBBB"), "{found}");
        // And changes what the anchor says: then the copy elsewhere differs.
        let change = Statement::new("update anchor set cut = ''", vec![]);
        place.store.commit(Batch::main(vec![change])).await.expect("changed");
        let found = anchors::check(&place.store).await.expect("a walk").fault;
        assert!(matches!(found, Some(Fault::Changed { number: 1, .. })), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_d9_a_store_older_than_its_anchor_refuses_to_write_and_says_what_to_do() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let place = AnchorPlace::Folder(elsewhere.path().to_owned());
    let service = Service::start(&[MINIO], |config| config.anchors = vec![place.clone()]).await;
    let app = &service.app;
    app.set_clock(at("2026-11-21T12:10:00Z"));
    places::round(app).await.expect("anchored");
    keep_case(&app.store, "AAAAA-AAAAA", 3).await;
    app.set_clock(at("2026-11-21T13:00:01Z"));
    places::round(app).await.expect("anchored");
    places::round(app).await.expect("once an hour");
    assert_eq!(places::read_back(&place).await.expect("read").len(), 2);
    assert_eq!(places::at_start(&app.store, std::slice::from_ref(&place)).await.expect("a look"), None);

    // As if the store had been put back: what came after the first anchor is gone.
    let gone = [
        "delete from journal where stream = 'AAAAA-AAAAA'",
        "delete from case_row where id = 'AAAAA-AAAAA'",
        "delete from anchor where number = 2",
        "delete from anchored where stream = 'AAAAA-AAAAA'",
    ];
    let gone = gone.map(|sql| Statement::new(sql, vec![])).to_vec();
    app.store.commit(Batch::main(gone)).await.expect("gone");
    let config = app.config.clone();
    let app = candor::serve::open(config.clone()).await.expect("it opens, to be looked at");
    let fault = places::at_start(&app.store, std::slice::from_ref(&place)).await.expect("a look").expect("a fault");
    assert!(fault.to_string().contains("candor journal accept"), "{fault}");
    let refused = app.store.commit(Batch::main(vec![candor::store::settings::put_statement("x", b"y")])).await;
    assert!(matches!(refused, Err(candor::store::StoreError::Behind)), "{refused:?}");

    // The operator decides.
    let mut alone = config.clone();
    alone.anchors.clear();
    let app = candor::serve::open(alone).await.expect("opens");
    let anchor = anchors::take(&app.store, app.keys().expect("keys").root(), at("2026-11-21T13:30:00Z"), Some(2)).await;
    let anchor = anchor.expect("taken");
    assert_eq!((anchor.number(), anchor.fact("resumed after")), (3, Some("1")));
    assert_eq!(anchors::check(&app.store).await.expect("a walk").fault, None);
    let app = candor::serve::open(config).await.expect("opens");
    assert_eq!(places::at_start(&app.store, &[place]).await.expect("a look"), None);
    app.store.commit(Batch::main(vec![candor::store::settings::put_statement("x", b"y")])).await.expect("it writes");
}
