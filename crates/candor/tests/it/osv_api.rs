//! The OSV API over what is published: answers a scanner understands, and not a word of what is not public.

use candor_core::id::CaseId;
use serde_json::{Value, json};

use crate::letters::{POLICY, report};
use crate::support::service::{Service, open};
use crate::tree::{fix, ready};

async fn start() -> (Service, CaseId) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = open(&folder, &[POLICY], |_| {}).await;
    let first = Box::pin(ready(&app, report("one@outside.example"))).await;
    fix(&app, &first).await;
    Box::pin(ready(&app, report("two@outside.example"))).await;
    (Service::serve(app, folder).await, first)
}

async fn ask(service: &Service, path: &str, body: &str) -> (u16, Value) {
    let client = reqwest::Client::new();
    let answer = client
        .post(service.at(path))
        .header("origin", "https://elsewhere.example")
        .header("sec-fetch-site", "cross-site")
        .body(body.to_owned())
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    let status = answer.status().as_u16();
    (status, answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scanner_finds_an_advisory_by_package_and_version_and_by_id() {
    let (service, _) = Box::pin(start()).await;
    let year = service.app.now().strftime("%Y").to_string();
    let id = format!("x_STORE-{year}-1");
    let query =
        |version: &str| json!({ "version": version, "package": { "name": "example.org/store", "ecosystem": "Go" } });
    let (status, found) = ask(&service, "/v1/query", &query("1.3.0").to_string()).await;
    assert_eq!((status, &found["vulns"][0]["id"]), (200, &json!(id)), "{found}");
    assert_eq!(candor_formats::osv::validate(&found["vulns"][0]), vec![]);
    assert_eq!(ask(&service, "/v1/query", &query("1.4.2").to_string()).await.1, json!({}), "the fixed version");
    let purl = json!({ "package": { "purl": "pkg:golang/example.org/store@1.0.0" } });
    assert_eq!(ask(&service, "/v1/query", &purl.to_string()).await.1["vulns"].as_array().map(Vec::len), Some(1));
    let batch = json!({ "queries": [query("1.3.0"), query("2.0.0"), purl] });
    let (_, found) = ask(&service, "/v1/querybatch", &batch.to_string()).await;
    let counts: Vec<usize> = found["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|result| result["vulns"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(counts, [1, 0, 1]);
    let keys: Vec<&String> = found["results"][0]["vulns"][0].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["id", "modified"], "a batch gives ids and dates");

    let whole = service.browser().get(&format!("/v1/vulns/{id}")).await;
    assert_eq!((whole.status.as_u16(), whole.header("content-type")), (200, "application/json"));
    let file = service.browser().get(&format!("/store/advisories/STORE-{year}-1.osv.json")).await;
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(read(&whole.body), read(&file.body), "the API and the file say the same");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_query_is_said_and_too_much_is_refused() {
    let (service, case) = Box::pin(start()).await;
    for (path, body) in [
        ("/v1/query", "{".to_owned()),
        ("/v1/query", "{}".to_owned()),
        ("/v1/querybatch", "{}".to_owned()),
        ("/v1/querybatch", json!({ "queries": vec![json!({ "commit": "00" }); 1001] }).to_string()),
        ("/v1/query", json!({ "package": { "purl": "pkg:npm/".to_owned() + &"a".repeat(100_000) } }).to_string()),
    ] {
        let (status, answer) = ask(&service, path, &body).await;
        assert_eq!((status, &answer["code"]), (400, &json!(3)), "{answer}");
        assert!(!answer["message"].as_str().expect("words").is_empty());
    }
    let client = reqwest::Client::new();
    let large = client.post(service.at("/v1/query")).body(vec![b' '; 2 << 20]).send().await.expect("an answer");
    assert_eq!(large.status(), 413);
    let year = service.app.now().strftime("%Y").to_string();
    for id in [format!("STORE-{year}-2"), case.as_str().to_owned(), "..%2f..%2fetc".into()] {
        let gone = service.browser().get(&format!("/v1/vulns/{id}")).await;
        assert_eq!(gone.status, 404, "{id}");
        assert_eq!(gone.body, "{\"code\":5,\"message\":\"Bug not found.\"}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_can_be_taken_at_once_and_other_names_lead_to_the_advisory() {
    let (service, _) = Box::pin(start()).await;
    let public = &service.app.config.public;
    let year = service.app.now().strftime("%Y").to_string();
    let names = std::fs::read_to_string(public.join("osv/ecosystems.txt")).expect("a list");
    assert_eq!(names, "Go\n");
    for path in ["osv/all.zip", "osv/Go/all.zip", "store/osv/all.zip"] {
        let archive = std::fs::read(public.join(path)).unwrap_or_else(|why| panic!("{path}: {why}"));
        let text = String::from_utf8_lossy(&archive);
        assert!(text.contains(&format!("x_STORE-{year}-1.json")), "{path}");
        let tool = std::process::Command::new("python3")
            .args(["-c", "import sys,zipfile,json; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(len([json.loads(z.read(n))['schema_version'] for n in z.namelist()]))"])
            .arg(public.join(path))
            .output();
        if let Ok(said) = tool {
            assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "1", "{}", String::from_utf8_lossy(&said.stderr));
        }
    }
    let page = service.browser().get("/store/advisories/CVE-1900-0001").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&format!("url=/store/advisories/STORE-{year}-1")), "{}", page.body);
    let map = service.browser().get("/sitemap.xml").await;
    assert_eq!(map.header("content-type"), "application/xml");
    assert!(map.body.contains(&format!("/store/advisories/STORE-{year}-1</loc>")), "{}", map.body);
    assert!(!map.body.contains(&format!("STORE-{year}-2")), "only what is public");
    let feed = service.browser().get("/store/products/object-store.feed.json").await;
    assert_eq!(feed.header("content-type"), "application/feed+json");
    let feed: Value = serde_json::from_str(&feed.body).expect("JSON");
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(feed["items"].as_array().map(Vec::len), Some(1));
    let atom = service.browser().get("/store/products/object-store.atom").await;
    let atom: atom_syndication::Feed = atom.body.parse().expect("a feed");
    assert_eq!(atom.entries.len(), 1);
}

#[test]
fn an_archive_of_more_files_than_the_plain_form_counts_is_read_by_others() {
    let file = |number: u32| candor_formats::zip::File::new(format!("{number}.json"), b"{}").expect("it is small");
    let files: Vec<_> = (0..66_000).map(file).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("all.zip");
    std::fs::write(&path, candor_formats::zip::archive(&files).expect("it is small")).expect("it is written");
    let count = "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(len(z.namelist()), z.read('65999.json'))";
    match std::process::Command::new("python3").args(["-c", count]).arg(&path).output() {
        Ok(said) => assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "66000 b'{}'", "{said:?}"),
        Err(_) => println!("skipped: there is no python3 to read the archive with"),
    }
}
