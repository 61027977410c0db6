//! What programs of other makers make of a real provider: a validator and feed readers, a checker of `security.txt`, GnuPG,
//! and a CSAF client that begins with the name of the host. All over TLS, on a port of this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use candor::execute::execute;
use candor::program_keys;
use candor_core::access::{Actor, Role};
use candor_core::command;
use candor_core::id::ProgramSlug;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

use crate::letters::{POLICY, report};
use crate::mail_tls::{AUTHORITY, GOOD, acceptor};
use crate::openpgp::Gpg;
use crate::support::outside;
use crate::support::service::{Service, open};
use crate::tree::{fix, ready};

/// A signing provider behind TLS with two advisories, one of them corrected since, and one that is not public.
struct Provider {
    service: Service,
    host: String,
    authority: PathBuf,
    _folder: TempDir,
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let host = format!("127.0.0.1:{}", listener.local_addr().expect("an address").port());
        let folder = tempfile::tempdir().expect("a temporary folder");
        let app = open(&folder, &[POLICY], |config| config.base_url = format!("https://{host}")).await;
        let store = ProgramSlug::from("store");
        program_keys::make(&app, &store, app.now() + program_keys::LIFE, "test").await.expect("a key");
        let first = Box::pin(ready(&app, report("one@outside.example"))).await;
        fix(&app, &first).await;
        let second = Box::pin(ready(&app, report("two@outside.example"))).await;
        fix(&app, &second).await;
        let ben = Actor::Member { id: "ben".into(), roles: vec![("store".into(), Role::Coordinator)] };
        let advisory = candor::execute::load_case(&app, &Actor::Clock, &first).await.expect("it opens").advisory;
        let mut draft = advisory.draft.expect("a draft");
        draft.summary = "Whoever runs an affected release should upgrade today.".into();
        for command in [
            command::Command::DraftAdvisory { draft: Box::new(draft) },
            command::Command::ApproveAdvisory { revision: 2 },
            command::Command::Publish { at: None },
        ] {
            let name = command.name();
            execute(&app, &ben, &first, command, None).await.unwrap_or_else(|why| panic!("{name}: {why}"));
        }
        Box::pin(ready(&app, report("three@outside.example"))).await;
        let inner = app.config.listen;
        let service = Service::serve(app, folder).await;
        let tls = acceptor(GOOD);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let tls = tls.clone();
                tokio::spawn(async move {
                    let (Ok(mut outside), Ok(mut inside)) = (tls.accept(stream).await, TcpStream::connect(inner).await)
                    else {
                        return;
                    };
                    drop(tokio::io::copy_bidirectional(&mut outside, &mut inside).await);
                });
            }
        });
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = folder.path().join("authority.pem");
        std::fs::write(&authority, AUTHORITY).expect("it is written");
        Self { service, host, authority, _folder: folder }
    }

    /// What lies at an address of the provider.
    async fn get(&self, url: &str) -> Vec<u8> {
        let authority = reqwest::Certificate::from_pem(AUTHORITY).expect("a certificate");
        let client = reqwest::Client::builder().tls_certs_only([authority]).build().expect("a client");
        let answer = client.get(url).send().await.unwrap_or_else(|why| panic!("{url}: {why:?}"));
        assert_eq!(answer.status(), 200, "{url}");
        answer.bytes().await.expect("a body").to_vec()
    }

    fn at(&self, path: &str) -> String {
        format!("https://{}{path}", self.host)
    }

    fn public(&self) -> &Path {
        &self.service.app.config.public
    }
}

/// Every file below a folder whose path ends like this.
fn below(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.canonicalize().expect("a folder")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Every CSAF 2.0 document of a tree.
fn documents(public: &Path) -> Vec<PathBuf> {
    below(public, &|path| {
        path.extension().is_some_and(|end| end == "json")
            && std::fs::read_to_string(path).is_ok_and(|text| text.contains("\"csaf_version\": \"2.0\""))
    })
}

async fn npm_judges(documents: Vec<PathBuf>) {
    let Some(modules) = outside::node_modules("@secvisogram/csaf-validator-lib") else { return };
    let count = documents.len();
    let mut node = Command::new("node");
    node.arg(outside::tool("csaf-validate.mjs")).args(documents).env("CANDOR_NODE_MODULES", modules);
    let (well, told, complained) = outside::run(node).await;
    assert!(well, "{told}{complained}");
    assert_eq!(told.lines().filter(|line| line.contains(": valid (")).count(), count, "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_validator_of_npm_finds_every_document_of_a_provider_valid() {
    let provider = Box::pin(Provider::start()).await;
    let documents = documents(provider.public());
    assert!(documents.len() >= 2, "{documents:?}");
    npm_judges(documents).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_validator_of_npm_finds_every_document_of_the_demonstration_valid() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = open(&folder, &[], |config| config.demo = true).await;
    candor::demo::fill(&app).await.expect("every step of every story is allowed");
    candor::publish::build(&app).await.expect("the tree is built");
    let documents = documents(&app.config.public);
    assert!(documents.len() >= 4, "{documents:?}");
    npm_judges(documents).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csaf_requirements_18_to_20_gnupg_verifies_every_signature_with_the_key_that_the_metadata_names() {
    let Some(gpg) = Gpg::new() else { return };
    let provider = Box::pin(Provider::start()).await;
    let mut seen = BTreeSet::new();
    for path in ["/.well-known/csaf/provider-metadata.json", "/.well-known/csaf/v2.1/provider-metadata.json"] {
        let metadata: Value = serde_json::from_slice(&provider.get(&provider.at(path)).await).expect("JSON");
        assert_eq!(metadata["role"], "csaf_trusted_provider", "{metadata:#}");
        for key in metadata["public_openpgp_keys"].as_array().expect("keys") {
            let certificate = provider.get(key["url"].as_str().expect("an address")).await;
            gpg.prints(&["--import"], &certificate);
            let listed = String::from_utf8(gpg.prints(&["--list-keys", "--with-colons"], b"")).expect("text");
            let print = key["fingerprint"].as_str().expect("a fingerprint").to_uppercase();
            assert!(listed.contains(&print), "{listed}");
        }
        for place in metadata["distributions"].as_array().expect("distributions") {
            for feed in place["rolie"]["feeds"].as_array().into_iter().flatten() {
                let feed: Value =
                    serde_json::from_slice(&provider.get(feed["url"].as_str().expect("an address")).await)
                        .expect("JSON");
                for entry in feed["feed"]["entry"].as_array().expect("entries") {
                    let url = entry["content"]["src"].as_str().expect("an address");
                    let links: BTreeMap<&str, &str> = entry["link"]
                        .as_array()
                        .expect("links")
                        .iter()
                        .map(|link| (link["rel"].as_str().expect("a word"), link["href"].as_str().expect("an address")))
                        .collect();
                    assert_eq!(links.get("signature").copied(), Some(format!("{url}.asc").as_str()));
                    let document = gpg.file("document.json", &provider.get(url).await);
                    let signature = gpg.file("document.json.asc", &provider.get(links["signature"]).await);
                    let words = ["--verify", &signature.to_string_lossy(), &document.to_string_lossy()];
                    let (well, _, said) = gpg.run(&words, b"");
                    assert!(well && said.contains("GOODSIG"), "{url}: {said}");
                    // A byte more, and it is refused.
                    let mut changed = std::fs::read(&document).expect("it reads");
                    changed.push(b' ');
                    let changed = gpg.file("changed.json", &changed);
                    let words = ["--verify", &signature.to_string_lossy(), &changed.to_string_lossy()];
                    assert!(!gpg.run(&words, b"").0, "{url}: a changed document does not pass");
                    seen.insert(url.to_owned());
                }
            }
        }
    }
    assert!(seen.len() >= 4, "two documents in two editions: {seen:?}");
    // Nothing signed lies in the tree that the walk did not reach, but the same documents under the provider of the host.
    let signed = below(provider.public(), &|path| path.to_string_lossy().ends_with(".json.asc"));
    assert!(!signed.is_empty());
    for signature in signed {
        let document = signature.with_extension("");
        let words = ["--verify", &signature.to_string_lossy(), &document.to_string_lossy()];
        gpg.prints(&words, b"");
        for (end, sum) in [("sha256", "sha256sum"), ("sha512", "sha512sum")] {
            let mut check = Command::new(sum);
            check.args(["--check", "--strict"]).arg(format!("{}.{end}", document.display()));
            check.current_dir(document.parent().expect("a folder"));
            let (well, told, complained) = outside::run(check).await;
            assert!(well, "{told}{complained}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_csaf_client_finds_downloads_and_verifies_the_provider_from_the_name_of_its_host() {
    let Some(client) = outside::csaf_client() else { return };
    let provider = Box::pin(Provider::start()).await;
    let walk = |from: String| {
        let mut walk = Command::new(&client);
        walk.arg(from).env("SSL_CERT_FILE", &provider.authority);
        walk
    };
    // The host's name leads to the metadata of the host; each program has one of its own, too.
    for from in [provider.host.clone(), provider.at("/store/csaf/provider-metadata.json")] {
        let (well, told, complained) = outside::run(walk(from)).await;
        assert!(well, "{told}{complained}");
        let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("valid ")).collect();
        let documents: BTreeSet<&str> = lines.iter().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(documents.len(), 4, "two advisories, each with its VEX: {told}");
        assert!(lines.iter().all(|line| line.ends_with(" signed") && line.contains(" sha")), "{told}");
    }
    // A document that somebody changed is found out.
    let changed = documents(&provider.public().join("store/csaf"));
    let text = std::fs::read_to_string(&changed[0]).expect("it reads");
    std::fs::remove_file(&changed[0]).expect("it goes");
    std::fs::write(&changed[0], text.replace("should upgrade", "need not upgrade")).expect("it is written");
    let (well, told, _) = outside::run(walk(provider.host.clone())).await;
    assert!(!well && told.contains("wrong "), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_of_pypi_understand_the_feeds_and_list_what_is_published() {
    let Some(python) = outside::python() else { return };
    let provider = Box::pin(Provider::start()).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut read = Command::new(python);
    read.arg(outside::tool("feeds.py"));
    for name in ["advisories.atom", "advisories.feed.json"] {
        let file = folder.path().join(name);
        std::fs::write(&file, provider.get(&provider.at(&format!("/store/{name}"))).await).expect("it is written");
        read.arg(file);
    }
    let (well, told, complained) = outside::run(read).await;
    assert!(well, "{told}{complained}");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let year = provider.service.app.now().strftime("%Y").to_string();
    for kind in ["atom", "json"] {
        let feed = &told[kind];
        assert_eq!(feed["bozo"], false, "{feed:#}");
        let entries = feed["entries"].as_array().expect("entries");
        let links: BTreeSet<&str> = entries.iter().filter_map(|entry| entry["link"].as_str()).collect();
        let wanted: Vec<String> =
            (1..=2).map(|number| provider.at(&format!("/store/advisories/STORE-{year}-{number}"))).collect();
        assert_eq!(links, wanted.iter().map(String::as_str).collect(), "{feed:#}");
        let ids: BTreeSet<&str> = entries.iter().filter_map(|entry| entry["id"].as_str()).collect();
        assert_eq!(ids.len(), 2, "{feed:#}");
    }
    assert_eq!(told["atom"]["version"], "atom10");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checker_of_pypi_finds_no_fault_in_the_security_txt_of_the_host_and_of_the_program() {
    let Some(python) = outside::python() else { return };
    let provider = Box::pin(Provider::start()).await;
    let mut check = Command::new(&python);
    check.arg(outside::tool("security-txt.py")).arg(&provider.host).env("REQUESTS_CA_BUNDLE", &provider.authority);
    let (well, told, complained) = outside::run(check).await;
    assert!(well && !told.contains("error"), "{told}{complained}");
    assert!(!told.contains("recommendation"), "signed, canonical, with a key, and not for too long: {told}");
}
