//! Signed heads of the journals, kept elsewhere: what they find, and what they do not let happen.

use crate::support::chains::keep_case;
use crate::support::peer::{Peer, says};
use crate::support::places::{Place, on_both};
use crate::support::service::{MINIO, Service};
use candor::anchors::{self, Anchor, Fault, places};
use candor::config::{AnchorPlace, Bucket};
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
async fn what_was_done_with_a_programs_keys_is_anchored_and_nothing_of_it_is_taken_back_unseen() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let app = &service.app;
    app.set_clock(at("2026-11-21T12:10:00Z"));
    let program = "minio".into();
    let take = async |now: &str| {
        app.set_clock(at(now));
        let root = app.keys().expect("keys").root().clone();
        anchors::take_if_due(&app.store, &root, at(now)).await.expect("taken").expect("an anchor")
    };
    let key = candor::program_keys::make(app, &program, at("2028-01-01T00:00:00Z"), "M").await.expect("made");
    let first = take("2026-11-21T12:11:00Z").await;
    assert_eq!((first.fact("streams"), first.fact("entries")), (Some("1"), Some("1")), "a case is not there");
    candor::program_keys::retire(app, &program, "N").await.expect("taken out of use");
    let second = take("2026-11-21T13:00:00Z").await;
    assert_eq!((second.fact("streams"), second.fact("entries")), (Some("1"), Some("2")));
    let quiet = take("2026-11-21T14:00:00Z").await;
    assert_eq!(quiet.fact("entries"), Some("2"), "what has not grown is not counted again");
    let checked = anchors::check(&app.store).await.expect("a walk");
    assert_eq!((checked.anchors, checked.heads, checked.fault), (3, 2, None));
    assert!(!first.statement.contains("minio") && !second.statement.contains(&key.fingerprint));

    // As if the key had never been taken out of use: the chain that is left is whole, and the anchor knows better.
    let gone =
        ["delete from journal where stream = 'program:minio' and seq = 2", "update openpgp_key set retired_at = null"];
    let gone = gone.map(|sql| Statement::new(sql, vec![])).to_vec();
    app.store.commit(Batch::main(gone)).await.expect("taken back");
    assert_eq!(verify::verify(&app.store, |_, _| ()).await.expect("a walk").fault, None);
    let found = anchors::check(&app.store).await.expect("a walk").fault.expect("a fault");
    assert!(matches!(&found, Fault::Entry { stream, seq: 2, number: 2, .. } if stream == "program:minio"), "{found}");
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

/// Objects of a bucket by their path.
type Objects = std::sync::Arc<std::sync::Mutex<std::collections::BTreeMap<String, String>>>;

fn s3(status: u16, body: &str) -> axum::response::Response {
    axum::response::Response::builder()
        .status(status)
        .header("etag", "\"0123456789abcdef\"")
        .header("last-modified", "Sat, 21 Nov 2026 12:00:00 GMT")
        .header("content-type", "application/xml")
        .body(body.to_owned().into())
        .expect("an answer")
}

/// A store that keeps objects once, and lists them.
async fn bucket(objects: Objects) -> Peer {
    Peer::start(move |asked, _| {
        let mut kept = objects.lock().expect("nobody panicked");
        let (path, question) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        match asked.method.as_str() {
            "PUT" if asked.header("if-none-match") == "*" && kept.contains_key(path) => s3(412, ""),
            "PUT" => {
                kept.insert(path.to_owned(), asked.body.clone());
                s3(200, "")
            }
            "GET" if question.contains("list-type=2") => {
                let one = |(path, body): (&String, &String)| {
                    let key = path.trim_start_matches("/anchors/");
                    let facts = "<LastModified>2026-11-21T12:00:00.000Z</LastModified><ETag>\"0\"</ETag>";
                    format!("<Contents><Key>{key}</Key>{facts}<Size>{}</Size></Contents>", body.len())
                };
                let list: String = kept.iter().map(one).collect();
                s3(200, &format!("<ListBucketResult><IsTruncated>false</IsTruncated>{list}</ListBucketResult>"))
            }
            "GET" => kept.get(path).map_or_else(|| s3(404, ""), |body| s3(200, body)),
            _ => s3(405, ""),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_d8_anchors_go_to_a_bucket_a_web_address_and_a_mailbox_and_each_is_asked_at_the_start() {
    let objects = Objects::default();
    let store = bucket(objects.clone()).await;
    let last = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let kept = last.clone();
    let web = Peer::start(move |asked, _| {
        let mut kept = kept.lock().expect("nobody panicked");
        if asked.method == "POST" {
            kept.clone_from(&asked.body);
        }
        says(200, kept.clone())
    })
    .await;
    let in_bucket = AnchorPlace::Bucket(Bucket {
        url: "s3://anchors/candor".into(),
        endpoint: Some(store.url.clone()),
        region: "us-east-1".into(),
        key: Some(("id".into(), "secret".into())),
    });
    let places =
        vec![in_bucket.clone(), AnchorPlace::Web(web.url.clone()), AnchorPlace::Mail("anchors@example.org".into())];
    let given = places.clone();
    let service = Service::start(&[MINIO], |config| config.anchors = given).await;
    let app = &service.app;
    let post = candor::mail::Post::new(&app.config).expect("a way for letters");
    for now in ["2026-11-21T12:10:00Z", "2026-11-21T13:00:01Z"] {
        app.set_clock(at(now));
        keep_case(&app.store, &format!("AAAAA-AAA{}", &now[11..13]), 3).await;
        candor::worker::anchors::round(app, &post).await.expect("anchored");
        candor::worker::anchors::round(app, &post).await.expect("once an hour");
    }
    let names: Vec<String> = objects.lock().expect("nobody panicked").keys().cloned().collect();
    assert_eq!(names, [1, 2].map(|number| format!("/anchors/candor/candor-anchor-{number:09}.json")));
    let known = places::read_back(&in_bucket).await.expect("read back");
    assert_eq!(known.iter().map(Anchor::number).collect::<Vec<_>>(), [1, 2]);
    let in_web = places::read_back(&places[1]).await.expect("read back");
    assert_eq!(in_web, known[1..]);
    let candor::config::MailOut::Dir(mails) = &app.config.mail else { panic!("letters are laid into a folder") };
    let letters = std::fs::read_dir(mails).expect("the folder").flatten();
    let letters: Vec<String> = letters.filter_map(|entry| std::fs::read_to_string(entry.path()).ok()).collect();
    assert_eq!(letters.iter().filter(|text| text.contains("To: ") && text.contains("anchors@example.org")).count(), 2);
    assert!(letters.iter().all(|text| !text.contains("AAAAA")), "whoever keeps it learns of no case");

    // The command line reads the bucket with the settings of the store.
    let folder = tempfile::tempdir().expect("a folder");
    let access = folder.path().join("access");
    std::fs::write(&access, "id\nsecret\n").expect("written");
    let mut verify = std::process::Command::new(crate::support::binary::CANDOR);
    verify.args(["journal", "verify", "--anchors", "s3://anchors/candor", "--bucket-endpoint", &store.url]);
    verify.arg("--bucket-key-file").arg(access).arg("--data").arg(&app.config.data);
    verify.arg("--key-file").arg(&app.config.key_file);
    let ran = tokio::task::spawn_blocking(move || verify.output().expect("it runs")).await.expect("it ran");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(said.contains("2 anchors cover"), "{said}{}", String::from_utf8_lossy(&ran.stderr));

    // What lies there is not written over: another anchor under its name is told, and the place stays behind.
    objects.lock().expect("nobody panicked").insert("/anchors/candor/candor-anchor-000000003.json".into(), "{}".into());
    app.set_clock(at("2026-11-21T14:00:01Z"));
    candor::worker::anchors::round(app, &post).await.expect("the others get it");
    assert_eq!(objects.lock().expect("nobody panicked")["/anchors/candor/candor-anchor-000000003.json"], "{}");
    assert_eq!(places::read_back(&places[1]).await.expect("read back")[0].number(), 3);

    // The store is put back to a time before: each place finds it by itself.
    let gone =
        ["delete from anchor where number > 1", "delete from anchored", "delete from journal", "delete from case_row"];
    let gone = gone.map(|sql| Statement::new(sql, vec![])).to_vec();
    app.store.commit(Batch::main(gone)).await.expect("gone");
    for place in &places[..2] {
        let fault = places::at_start(&app.store, std::slice::from_ref(place)).await.expect("a look");
        assert!(fault.is_some(), "{place} knows better");
    }
    store.turn(|_, _| s3(500, ""));
    let found = places::at_start(&app.store, &places[..1]).await.expect("a look");
    assert_eq!(found, None, "a place that is down stops nobody");
}

#[test]
fn places_of_anchors_are_written_as_people_write_them() {
    for text in
        ["dir:/mnt/anchors", "s3://anchors", "s3://anchors/candor", "https://a.example/x", "mailto:a@example.org"]
    {
        assert_eq!(text.parse::<AnchorPlace>().map(|place| place.to_string()).as_deref(), Ok(text));
    }
    for text in ["s3:anchors", "s3://", "ftp://a.example", "http://a.example", "mailto:a", "dir:"] {
        assert!(text.parse::<AnchorPlace>().is_err_and(|why| why.contains("s3://BUCKET")), "{text}");
    }
}
