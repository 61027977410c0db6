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
                let mut gone = String::new();
                for part in asked.body.split("<Key>").skip(1) {
                    let key = part.split("</Key>").next().unwrap_or_default();
                    kept.remove(&format!("/site/{key}"));
                    gone.push_str(&format!("<Deleted><Key>{key}</Key></Deleted>"));
                }
                let name = "http://s3.amazonaws.com/doc/2006-03-01/";
                answer(200, &format!("<DeleteResult xmlns=\"{name}\">{gone}</DeleteResult>"))
            }
            _ if asked.path.contains("list-type=2") => {
                let found = kept.keys().filter_map(|path| path.strip_prefix("/site/"));
                let found: String = found
                    .map(|key| {
                        format!(
                            "<Contents><Key>{key}</Key><LastModified>2026-03-02T09:00:00.000Z</LastModified>\
                             <ETag>&quot;0&quot;</ETag><Size>1</Size></Contents>"
                        )
                    })
                    .collect();
                answer(200, &format!("<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"))
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

    let case = Box::pin(ready(&app, report("reporter@outside.example"))).await;
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
    // A process before this one was ended before it removed what is gone since; others keep their own files there, too.
    let others = ["/site/public/store/advisories/GONE-1", "/site/public/store/advisories/GONE-1.csaf.json"];
    let not_ours = ["/site/public/logo.svg", "/site/public/blog/index.html", "/site/private/store/x.json"];
    for path in others.iter().chain(&not_ours) {
        objects.lock().expect("nobody panicked").insert((*path).to_owned(), Default::default());
    }
    upload(&app.config.public, &bucket, &mut known).await.expect("uploaded");
    assert!(objects.lock().expect("nobody panicked").contains_key(others[0]), "it is looked at once");
    let (put, gone) = upload(&app.config.public, &bucket, &mut Uploaded::default()).await.expect("uploaded");
    assert!(put > 10 && gone == 2, "{put} {gone}");
    let objects = objects.lock().expect("nobody panicked");
    assert!(others.iter().all(|path| !objects.contains_key(*path)));
    assert!(not_ours.iter().all(|path| objects.contains_key(*path)));
    let page = &objects[&format!("/site/public/store/advisories/{id}")];
    assert_eq!(page.0, "text/html; charset=utf-8", "a page has the address of its folder, too");
    assert_eq!(objects[&format!("/site/public/store/advisories/{id}.csaf.json")].0, "application/json");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_d8_a_bucket_that_fails_for_a_while_is_asked_again_and_ends_up_whole() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    worker::build_tree(&app).await.expect("built");
    let objects = Objects::default();
    let kept = objects.clone();
    let peer = Peer::start(move |asked, before| {
        let mut kept = kept.lock().expect("nobody panicked");
        if asked.method != "PUT" {
            return answer(200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
        }
        match before {
            // Down at first and in the middle, then it refuses once.
            0 | 3 => answer(500, ""),
            1 => answer(503, ""),
            7 => answer(403, "<Error><Code>AccessDenied</Code></Error>"),
            _ => {
                let path = asked.path.split('?').next().unwrap_or_default().to_owned();
                kept.insert(path, (asked.header("content-type").to_owned(), asked.body.clone()));
                answer(200, "")
            }
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
    let mut rounds = 0;
    while upload(&app.config.public, &bucket, &mut known).await.is_err() {
        rounds += 1;
        assert!(rounds < 20, "it does not get through");
    }
    assert!(rounds > 0, "a refusal is an error of the round, not of the tree");
    let objects = objects.lock().expect("nobody panicked");
    for name in ["robots.txt", "store/index.html", "store/advisories.atom"] {
        assert!(objects.contains_key(&format!("/site/public/{name}")), "{name} in {:?}", objects.keys());
    }
}
