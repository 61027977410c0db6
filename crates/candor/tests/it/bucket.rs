//! The public tree in a bucket: what changed, in an order that never names what is not there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use candor::config::Bucket;
use candor::publish::bucket::{Uploaded, upload};
use candor::worker;

use crate::letters::{POLICY, report};
use crate::support::peer::Peer;
use crate::support::places::Place;
use crate::tree::{fix, ready};

type Objects = Arc<Mutex<BTreeMap<String, (String, String)>>>;

fn answer(status: u16, body: &str) -> axum::response::Response {
    axum::response::Response::builder()
        .status(status)
        .header("etag", "\"0123456789abcdef\"")
        .header("content-type", "application/xml")
        .body(body.to_owned().into())
        .expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tree_is_put_into_a_bucket_documents_before_lists_and_only_what_changed() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    worker::build_tree(&app).await.expect("built");
    let objects = Objects::default();
    let kept = objects.clone();
    let peer = Peer::start(move |asked, _| {
        let mut kept = kept.lock().expect("nobody panicked");
        let path = asked.path.split('?').next().unwrap_or_default().to_owned();
        match asked.method.as_str() {
            "PUT" => {
                kept.insert(path, (asked.header("content-type").to_owned(), asked.body.clone()));
                answer(200, "")
            }
            "POST" => {
                for part in asked.body.split("<Key>").skip(1) {
                    let key = part.split("</Key>").next().unwrap_or_default();
                    kept.remove(&format!("/site/{key}"));
                }
                answer(200, "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></DeleteResult>")
            }
            _ => answer(404, ""),
        }
    })
    .await;
    let bucket = Bucket {
        url: "s3://site/public".into(),
        endpoint: Some(peer.url.clone()),
        region: "us-east-1".into(),
        key: Some(("id".into(), "secret".into())),
    };
    let mut known = Uploaded::default();
    let (put, gone) = upload(&app.config.public, &bucket, &mut known).await.expect("uploaded");
    assert!(put > 10 && gone == 0, "{put} {gone}");
    assert_eq!(upload(&app.config.public, &bucket, &mut known).await.expect("uploaded"), (0, 0), "nothing changed");

    let case = ready(&app, report("reporter@outside.example")).await;
    fix(&app, &case).await;
    worker::build_tree(&app).await.expect("built");
    let before = peer.asked().len();
    upload(&app.config.public, &bucket, &mut known).await.expect("uploaded");
    let order: Vec<String> = peer.asked()[before..]
        .iter()
        .map(|asked| asked.path.split('?').next().unwrap_or_default().to_owned())
        .collect();
    let first =
        |end: &str| order.iter().position(|path| path.ends_with(end)).unwrap_or_else(|| panic!("{end} in {order:?}"));
    let last_document = order.iter().rposition(|path| path.ends_with(".csaf.json")).expect("a document");
    assert!(
        last_document < first("/store/advisories.atom") && last_document < first("/store/csaf/index.txt"),
        "{order:?}"
    );
    assert!(!order.iter().any(|path| path.ends_with("candor.css")), "what is the same stays");
    let id = format!("STORE-{}-1", app.now().strftime("%Y"));
    let objects = objects.lock().expect("nobody panicked");
    let page = &objects[&format!("/site/public/store/advisories/{id}")];
    assert_eq!(page.0, "text/html; charset=utf-8", "a page has the address of its folder, too");
    assert_eq!(objects[&format!("/site/public/store/advisories/{id}.csaf.json")].0, "application/json");
}
