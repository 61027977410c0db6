//! Advisories of the past move in with one command: dates and credits stay, ids become other names, twice changes nothing.

use candor::execute::import::{Imported, NotTaken, import};
use candor::store::advisories;
use candor::worker;
use candor_formats::advisory::{Format, Record};
use serde_json::{Value, json};

use crate::letters::POLICY;
use crate::support::places::Place;

fn osv() -> Value {
    json!({
        "schema_version": "1.7.5", "id": "GHSA-jfh8-c2jp-5v3q", "modified": "2021-12-14T00:00:00Z", "published": "2021-12-10T00:00:00Z",
        "summary": "Objects can be read", "details": "Whoever can reach the service reads objects of others.",
        "aliases": ["CVE-1900-0044"],
        "affected": [{
            "package": { "ecosystem": "npm", "name": "store" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "2.1.0" }] }]
        }],
        "references": [{ "type": "WEB", "url": "https://example.org/post" }],
        "credits": [{ "name": "Ada Lovelace", "type": "FINDER" }]
    })
}

fn read(document: &Value) -> Record {
    let publisher = candor_formats::advisory::Publisher {
        name: "Store".into(),
        namespace: "https://example.org".into(),
        category: Default::default(),
        contact: None,
        authority: None,
    };
    Format::of(document).expect("a format").read(document, &publisher).expect("it reads")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_advisory_keeps_dates_and_names_and_is_taken_once() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let policy = app.policy(&"store".into()).expect("a policy");
    let id = "STORE-2021-1".to_owned();
    assert_eq!(import(&app, &policy, &read(&osv())).await.expect("taken"), Imported::New(id.clone()));
    assert_eq!(import(&app, &policy, &read(&osv())).await.expect("taken"), Imported::Same(id.clone()));
    let row = advisories::get(&app.store, &id).await.expect("read").expect("a row");
    let record: Record = serde_json::from_str(&row.record).expect("a record");
    assert_eq!(record.published.to_string(), "2021-12-10T00:00:00Z");
    assert_eq!(record.modified.to_string(), "2021-12-14T00:00:00Z");
    assert_eq!(record.aliases, ["GHSA-jfh8-c2jp-5v3q", "CVE-1900-0044"]);
    assert_eq!(record.credits[0].name, "Ada Lovelace");

    let mut later = osv();
    later["modified"] = json!("2022-01-01T00:00:00Z");
    later["affected"][0]["ranges"][0]["events"][1]["fixed"] = json!("2.1.1");
    assert_eq!(import(&app, &policy, &read(&later)).await.expect("taken"), Imported::Changed(id.clone()));
    let mut second = osv();
    second["id"] = json!("GHSA-xxxx-c2jp-5v3q");
    second["aliases"] = json!([]);
    let outcome = import(&app, &policy, &read(&second)).await.expect("taken");
    assert_eq!(outcome, Imported::New("STORE-2021-2".into()), "numbers follow each other");

    let built = worker::build_tree(&app).await.expect("built");
    assert_eq!((built.advisories, built.held.len()), (2, 0), "{:?}", built.held);
    let public = &app.config.public;
    assert!(public.join("store/csaf/2021/store-2021-1.json").exists());
    assert!(public.join("store/advisories/GHSA-jfh8-c2jp-5v3q/index.html").exists(), "its old id leads to it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_advisory_keeps_its_commits_and_one_for_a_limited_circle_is_not_taken() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let policy = app.policy(&"store".into()).expect("a policy");
    let mut document = osv();
    let commits = json!({
        "type": "GIT", "repo": "https://code.example/store",
        "events": [{ "introduced": "0" }, { "fixed": "9f".repeat(20) }],
    });
    document["affected"][0]["ranges"].as_array_mut().expect("a list").push(commits);
    assert!(matches!(import(&app, &policy, &read(&document)).await, Ok(Imported::New(_))));
    let row = advisories::all(&app.store).await.expect("rows").remove(0);
    let record: Record = serde_json::from_str(&row.record).expect("a record");
    assert_eq!(record.products[0].commits[0].fixed, Some("9f".repeat(20)));

    let mut marked = read(&osv());
    (marked.id, marked.tlp) = ("GHSA-mark-c2jp-5v3q".into(), candor_formats::advisory::Tlp::Green);
    let Err(NotTaken::Wrong(why)) = import(&app, &policy, &marked).await else { panic!("it is refused") };
    assert!(why[0].contains("TLP:GREEN is not for everybody"), "{why:?}");
    assert_eq!(advisories::all(&app.store).await.expect("rows").len(), 1, "nothing of it is kept in the clear");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_advisory_that_could_not_be_published_is_refused_with_the_place() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let policy = app.policy(&"store".into()).expect("a policy");
    let mut record = read(&osv());
    record.products.clear();
    match import(&app, &policy, &record).await {
        Err(NotTaken::Wrong(problems)) => assert!(problems[0].starts_with("products:"), "{problems:?}"),
        other => panic!("{other:?}"),
    }
    assert!(advisories::all(&app.store).await.expect("rows").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_takes_a_folder_and_names_each_file_it_refuses() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let folder = place.folder.path().join("past");
    std::fs::create_dir(&folder).expect("a folder");
    let csaf = candor_formats::csaf::print(&read(&osv()), "1.0.0");
    for (name, text) in [
        ("one.json", osv().to_string()),
        ("two.json", csaf.to_string().replace("GHSA-jfh8-c2jp-5v3q", "OLD-7")),
        ("broken.json", "{".to_owned()),
        ("other.json", "{\"a\": 1}".to_owned()),
        ("notes.txt", "not looked at".to_owned()),
    ] {
        std::fs::write(folder.join(name), text).expect("written");
    }
    drop(app);
    let run = || {
        std::process::Command::new(env!("CARGO_BIN_EXE_candor"))
            .args(["advisory", "import", "--program", "store", "--json", "--data"])
            .arg(place.data())
            .arg("--key-file")
            .arg(place.folder.path().join("root.key"))
            .arg(&folder)
            .output()
            .expect("it runs")
    };
    for (round, expected) in [("first", "new"), ("second", "same")] {
        let said = run();
        let errors = String::from_utf8_lossy(&said.stderr).into_owned();
        let all: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|why| panic!("{round}: {why}: {errors}"));
        assert_eq!(said.status.code(), Some(1), "two files were refused: {errors}");
        let outcome = |name: &str| {
            let entry = all
                .as_array()
                .expect("a list")
                .iter()
                .find(|entry| entry["file"].as_str().is_some_and(|file| file.ends_with(name)));
            entry.unwrap_or_else(|| panic!("{name} in {all}"))["outcome"].clone()
        };
        assert_eq!((outcome("one.json"), outcome("two.json")), (expected.into(), expected.into()), "{round}: {all}");
        assert_eq!((outcome("broken.json"), outcome("other.json")), ("refused".into(), "refused".into()));
        assert!(errors.contains("broken.json: this is no JSON"), "{errors}");
        assert!(!all.to_string().contains("notes.txt"));
    }
}
