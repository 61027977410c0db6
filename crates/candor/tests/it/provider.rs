//! The requirements of a CSAF provider (CSAF 2.0, 7.1; 2.1 adds the last two), asked for over HTTP as a stranger does:
//! from the name of the host to a document that is right.
//!
//! No client of another maker that walks a whole provider can be installed by name, so the walk is ours; the schemas of
//! the standard judge the metadata, and the checker of the formats judges the documents.

use std::collections::{BTreeMap, BTreeSet};

use candor::execute::execute;
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_formats::{csaf, security_txt};
use serde_json::Value;

use crate::letters::{POLICY, report};
use crate::support::service::{Service, open};
use crate::tree::{fix, ready};

const BASE: &str = "https://candor.example";

/// A host with two published advisories, one of them corrected since, and one that is not public yet.
struct Host {
    service: Service,
    client: reqwest::Client,
}

struct Got {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: String,
}

impl Host {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let app = open(&folder, &[POLICY], |config| config.base_url = BASE.into()).await;
        let first = Box::pin(ready(&app, report("one@outside.example"))).await;
        fix(&app, &first).await;
        let second = Box::pin(ready(&app, report("two@outside.example"))).await;
        fix(&app, &second).await;
        let ben = Actor::Member { id: "ben".into(), roles: vec![("store".into(), Role::Coordinator)] };
        let draft = candor::execute::load_case(&app, &Actor::Clock, &first).await.expect("it opens").advisory;
        let mut draft = draft.draft.expect("a draft");
        draft.summary = "Whoever runs an affected release should upgrade today.".into();
        for command in [
            Command::DraftAdvisory { draft: Box::new(draft) },
            Command::ApproveAdvisory { revision: 2 },
            Command::Publish { at: None },
        ] {
            let name = command.name();
            execute(&app, &ben, &first, command, None).await.unwrap_or_else(|why| panic!("{name}: {why}"));
        }
        Box::pin(ready(&app, report("three@outside.example"))).await;
        let service = Service::serve(app, folder).await;
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("")
            .build()
            .expect("a client");
        Self { service, client }
    }

    /// What lies at a public address, without following anything.
    async fn try_get(&self, url: &str) -> Got {
        let path = url.strip_prefix(BASE).unwrap_or_else(|| panic!("{url} is not on this host"));
        let address = format!("http://{}{path}", self.service.app.config.listen);
        let answer = self.client.get(address).send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Got { status, headers, body: answer.text().await.expect("a body") }
    }

    async fn get(&self, url: &str) -> String {
        let got = self.try_get(url).await;
        assert_eq!(got.status, 200, "{url}: {}", got.body);
        got.body
    }

    async fn json(&self, url: &str) -> Value {
        serde_json::from_str(&self.get(url).await).unwrap_or_else(|why| panic!("{url}: {why}"))
    }

    async fn metadata(&self) -> Value {
        self.json(&format!("{BASE}/.well-known/csaf/provider-metadata.json")).await
    }

    async fn metadata_2_1(&self) -> Value {
        self.json(&format!("{BASE}/.well-known/csaf/v2.1/provider-metadata.json")).await
    }

    /// Addresses of the documents that the directories of a provider list.
    async fn listed(&self, metadata: &Value) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for url in directories(metadata) {
            for path in self.get(&format!("{url}/index.txt")).await.lines() {
                let url = format!("{url}/{path}");
                let text = self.get(&url).await;
                found.insert(url, text);
            }
        }
        assert!(!found.is_empty(), "there are documents");
        found
    }

    /// The feeds of a provider, by address.
    async fn feeds(&self, metadata: &Value) -> BTreeMap<String, Value> {
        let mut found = BTreeMap::new();
        for place in metadata["distributions"].as_array().expect("distributions") {
            for feed in place["rolie"]["feeds"].as_array().into_iter().flatten() {
                let url = text(&feed["url"]);
                let feed = self.json(&url).await;
                found.insert(url, feed);
            }
        }
        assert!(!found.is_empty(), "there are feeds");
        found
    }

    async fn both(&self) -> [(csaf::Edition, Value); 2] {
        [(csaf::Edition::V2_0, self.metadata().await), (csaf::Edition::V2_1, self.metadata_2_1().await)]
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn directories(metadata: &Value) -> Vec<String> {
    let places = metadata["distributions"].as_array().expect("distributions").iter();
    places
        .filter_map(|place| place["directory_url"].as_str().or(place["directory"]["url"].as_str()))
        .map(str::to_owned)
        .collect()
}

fn hash(algorithm: &'static aws_lc_rs::digest::Algorithm, text: &str) -> String {
    candor::execute::report::hex(aws_lc_rs::digest::digest(algorithm, text.as_bytes()).as_ref())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csaf_requirements_1_and_2_every_document_is_valid_and_named_after_its_tracking_id() {
    let host = Box::pin(Host::start()).await;
    for (_, metadata) in host.both().await {
        for (url, text) in host.listed(&metadata).await {
            let document: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(csaf::validate(&document), vec![], "{url}");
            let id = document["document"]["tracking"]["id"].as_str().expect("an id");
            assert_eq!(url.rsplit('/').next(), Some(csaf::file_name(id).as_str()), "{url}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csaf_requirements_3_to_6_public_means_tls_no_sign_in_and_no_redirect() {
    let host = Box::pin(Host::start()).await;
    for (_, metadata) in host.both().await {
        assert!(text(&metadata["canonical_url"]).starts_with("https://"));
        for (url, body) in host.listed(&metadata).await {
            assert!(url.starts_with("https://"), "{url}");
            let document: Value = serde_json::from_str(&body).expect("JSON");
            let label = text(&document["document"]["distribution"]["tlp"]["label"]);
            assert!(["WHITE", "CLEAR"].contains(&label.as_str()), "only what is for everybody lies here: {label}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csaf_requirements_7_to_10_the_metadata_is_valid_and_found_by_well_known_and_security_txt() {
    let host = Box::pin(Host::start()).await;
    let metadata = host.metadata().await;
    assert_eq!(metadata["canonical_url"], format!("{BASE}/.well-known/csaf/provider-metadata.json"));
    assert_eq!(metadata["role"], "csaf_provider", "nothing is signed here");
    assert_eq!(metadata["publisher"]["namespace"], "https://example.org");
    let file = host.get(&format!("{BASE}/.well-known/security.txt")).await;
    let (file, findings) = security_txt::read(&file, host.service.app.now());
    assert!(findings.iter().all(|finding| finding.level < security_txt::Level::Error), "{findings:?}");
    assert_eq!(file.expect("it reads").csaf, [text(&metadata["canonical_url"])]);
    let old = host.json(&format!("{BASE}/.well-known/csaf/v2.0/provider-metadata.json")).await;
    assert_eq!(old["distributions"], metadata["distributions"]);
    let own = host.json(&format!("{BASE}/store/csaf/provider-metadata.json")).await;
    assert_eq!(own["canonical_url"], format!("{BASE}/store/csaf/provider-metadata.json"));
    let Some(standards) = standards() else { return };
    let next = host.metadata_2_1().await;
    let found = [
        (&metadata, "csaf-2.0/schema/provider_json_schema.json", "csaf-2.0/schema/csaf_json_schema.json"),
        (&own, "csaf-2.0/schema/provider_json_schema.json", "csaf-2.0/schema/csaf_json_schema.json"),
        (&next, "csaf-2.1/schema/provider.json", "csaf-2.1/schema/csaf.json"),
    ];
    for (document, schema, other) in found {
        let read = |name: &str| -> Value {
            let text = std::fs::read_to_string(standards.join(name)).unwrap_or_else(|why| panic!("{name}: {why}"));
            serde_json::from_str(&text).expect("JSON")
        };
        let mut schema = read(schema);
        // Of the other schema only the publisher and the label are meant; those are put in their place.
        let other = read(other);
        embed(&mut schema, &other);
        // The draft's own meta schema adds nothing that a validator needs.
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        let schema = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
        let wrong: Vec<String> = schema.iter_errors(document).map(|why| why.to_string()).collect();
        assert_eq!(wrong, Vec::<String>::new(), "{document:#}");
    }
}

/// The official files, where they are at hand.
fn standards() -> Option<std::path::PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/standards");
    let folder = std::env::var_os("CANDOR_STANDARDS").map_or_else(|| beside.into(), std::path::PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no folder with the schemas of the standard; set CANDOR_STANDARDS to where it lies");
    None
}

/// Puts what a schema refers to in another file in place of the reference.
fn embed(schema: &mut Value, other: &Value) {
    match schema {
        Value::Object(members) => {
            let target =
                members.get("$ref").and_then(Value::as_str).and_then(|link| link.split_once("csaf")?.1.split_once('#'));
            let found = target.and_then(|(_, pointer)| other.pointer(pointer)).filter(|_| {
                members
                    .get("$ref")
                    .and_then(Value::as_str)
                    .is_some_and(|link| link.starts_with("https://docs.oasis-open.org"))
            });
            if let Some(found) = found {
                *schema = found.clone();
            } else {
                members.values_mut().for_each(|value| embed(value, other));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|value| embed(value, other)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csaf_requirements_11_to_14_directories_by_year_with_index_and_changes_and_listing() {
    let host = Box::pin(Host::start()).await;
    for (edition, metadata) in host.both().await {
        for (url, body) in host.listed(&metadata).await {
            let document: Value = serde_json::from_str(&body).expect("JSON");
            let year = text(&document["document"]["tracking"]["initial_release_date"]);
            let folder = url.rsplit('/').nth(1).expect("a folder");
            assert_eq!(folder, &year[..4], "{url}");
        }
        for url in directories(&metadata) {
            let index: BTreeSet<String> =
                host.get(&format!("{url}/index.txt")).await.lines().map(str::to_owned).collect();
            let changes = host.get(&format!("{url}/changes.csv")).await;
            assert_eq!(changes.contains('"'), edition == csaf::Edition::V2_0, "{changes}");
            let rows: Vec<(String, String)> = changes
                .lines()
                .map(|line| {
                    line.replace('"', "")
                        .split_once(',')
                        .map(|(a, b)| (a.to_owned(), b.to_owned()))
                        .expect("two columns")
                })
                .collect();
            assert_eq!(rows.iter().map(|(path, _)| path.clone()).collect::<BTreeSet<_>>(), index);
            let mut last: Option<jiff::Timestamp> = None;
            for (path, at) in &rows {
                let at: jiff::Timestamp = at.parse().expect("an instant");
                assert!(last.is_none_or(|last| at <= last), "the newest first: {changes}");
                last = Some(at);
                let document = host.json(&format!("{url}/{path}")).await;
                let current = text(&document["document"]["tracking"]["current_release_date"]);
                assert_eq!(current.parse::<jiff::Timestamp>().expect("an instant"), at);
            }
            for folder in [url.clone(), format!("{url}/")] {
                let page = host.get(&folder).await;
                assert!(page.contains("index.txt") && page.contains("changes.csv"), "{page}");
            }
            let year = rows[0].0.split_once('/').expect("a folder").0;
            let page = host.get(&format!("{url}/{year}/")).await;
            for (path, _) in rows {
                assert!(page.contains(path.split_once('/').expect("a folder").1), "{path} is in the listing");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csaf_requirements_15_to_17_feeds_list_every_document_with_service_and_categories() {
    let host = Box::pin(Host::start()).await;
    for (edition, metadata) in host.both().await {
        let listed: BTreeSet<String> = host.listed(&metadata).await.into_keys().collect();
        let mut fed = BTreeSet::new();
        for (url, feed) in host.feeds(&metadata).await {
            let feed = &feed["feed"];
            assert_eq!(feed["category"][0]["scheme"], "urn:ietf:params:rolie:category:information-type");
            assert_eq!(feed["category"][0]["term"], "csaf");
            assert_eq!(feed["link"][0]["href"], url);
            let mut newest = jiff::Timestamp::MIN;
            for entry in feed["entry"].as_array().expect("entries") {
                let own = text(&entry["content"]["src"]);
                assert_eq!(entry["link"][0]["href"], own);
                let document = host.json(&own).await;
                let tracking = &document["document"]["tracking"];
                assert_eq!(entry["id"], tracking["id"]);
                assert_eq!(entry["title"], document["document"]["title"]);
                assert_eq!(entry["published"], tracking["initial_release_date"]);
                assert_eq!(entry["updated"], tracking["current_release_date"]);
                let version = if edition == csaf::Edition::V2_0 { "2.0" } else { "2.1" };
                assert_eq!(
                    (&entry["format"]["version"], &document["document"]["csaf_version"]),
                    (&version.into(), &version.into())
                );
                assert!(!text(&entry["summary"]["content"]).is_empty());
                newest = newest.max(text(&entry["updated"]).parse().expect("an instant"));
                fed.insert(own);
            }
            assert_eq!(text(&feed["updated"]).parse::<jiff::Timestamp>().expect("an instant"), newest);
        }
        assert_eq!(fed, listed, "feeds and directories hold the same");
        for place in metadata["distributions"].as_array().expect("distributions") {
            let Some(rolie) = place.get("rolie") else { continue };
            let service = host.json(&text(&rolie["services"][0])).await;
            assert_eq!(service["service"]["workspace"][0]["collection"][0]["href"], rolie["feeds"][0]["url"]);
            let category = host.json(&text(&rolie["categories"][0])).await;
            assert_eq!(category["categories"]["category"][0]["term"], "Object Store");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csaf_requirement_18_every_document_has_hashes_that_match_and_the_feed_names_them() {
    let host = Box::pin(Host::start()).await;
    for (_, metadata) in host.both().await {
        for (url, body) in host.listed(&metadata).await {
            let name = url.rsplit('/').next().expect("a name");
            for (end, algorithm) in [("sha256", &aws_lc_rs::digest::SHA256), ("sha512", &aws_lc_rs::digest::SHA512)] {
                let line = host.get(&format!("{url}.{end}")).await;
                assert_eq!(line, format!("{}  {name}\n", hash(algorithm, &body)));
            }
        }
        for feed in host.feeds(&metadata).await.into_values() {
            for entry in feed["feed"]["entry"].as_array().expect("entries") {
                let links = entry["link"].as_array().expect("links");
                for link in links.iter().filter(|link| link["rel"] == "hash" || link["rel"] == "signature") {
                    host.get(&text(&link["href"])).await;
                }
                assert_eq!(links.iter().filter(|link| link["rel"] == "hash").count(), 2);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csaf_requirements_24_and_25_whoever_asks_is_served_and_pages_of_others_may_read() {
    let host = Box::pin(Host::start()).await;
    for path in ["/.well-known/csaf/provider-metadata.json", "/store/csaf/index.txt", "/store/csaf/feed-tlp-white.json"]
    {
        let got = host.try_get(&format!("{BASE}{path}")).await;
        assert_eq!(got.status, 200, "{path}, asked for without saying who asks");
        assert_eq!(got.headers["access-control-allow-origin"], "*", "{path}");
        assert!(got.headers.contains_key("etag") && got.headers.contains_key("cache-control"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b4_before_the_publication_no_address_of_it_answers_and_no_list_names_it() {
    let host = Box::pin(Host::start()).await;
    let year = host.service.app.now().strftime("%Y").to_string();
    let (secret, random) = (format!("STORE-{year}-3"), format!("STORE-{year}-7777"));
    let address = |id: &str, path: &str| {
        format!("{BASE}/{}", path.replace("{ID}", id).replace("{FILE}", &csaf::file_name(id)).replace("{YEAR}", &year))
    };
    for path in [
        "store/advisories/{ID}",
        "store/advisories/{ID}.csaf.json",
        "store/advisories/{ID}.osv.json",
        "store/advisories/{ID}.md",
        "store/csaf/{YEAR}/{FILE}",
        "store/csaf/{YEAR}/{FILE}.sha256",
        "store/csaf-2.1/{YEAR}/{FILE}",
        "store/csaf/{FILE}",
        "api/v1/advisories/{ID}",
        "v1/vulns/{ID}",
    ] {
        let (one, other) = (host.try_get(&address(&secret, path)).await, host.try_get(&address(&random, path)).await);
        assert_eq!(one.status, 404, "{path}");
        let names = |got: &Got| {
            let mut names: Vec<String> = got
                .headers
                .iter()
                .filter(|(name, _)| *name != "date" && *name != "content-length")
                .map(|(name, value)| format!("{name}: {value:?}"))
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(&one), names(&other), "{path}");
        assert_eq!(one.body.replace(&secret, ""), other.body.replace(&random, ""), "{path}");
    }
    for metadata in [host.metadata().await, host.metadata_2_1().await] {
        for feed in host.feeds(&metadata).await.into_values() {
            assert!(!feed.to_string().contains(&secret), "{feed}");
        }
    }
    for path in ["store/advisories.atom", "store/csaf/index.txt", "store/csaf/changes.csv", "store/csaf", "store"] {
        assert!(!host.get(&format!("{BASE}/{path}")).await.to_uppercase().contains(&secret), "{path}");
    }
}
