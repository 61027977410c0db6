//! The service in parts, as it starts by default: one address, a front that holds no key, a desk that takes over at once.

use serde_json::{Value, json};

use candor::keys::{Purpose, RootKey};
use candor::store::{Database, Store, StoreConfig, waiting};

use crate::support::binary::{Binary, How, candor, memory_holds, policy};

fn parts() -> How {
    How { parts: true, ..How::default() }
}

/// A service in parts with one program.
async fn started(folder: &std::path::Path) -> (Binary, std::path::PathBuf) {
    let data = folder.join("data");
    let first = Binary::start(&data, &How::default()).await.expect("it starts");
    let (ended, text) = candor(&data, &["program", "add", &policy("minio").display().to_string()]);
    assert_eq!(ended, 0, "{text}");
    first.stop();
    let service = Binary::start(&data, &parts()).await.expect("it starts in parts");
    // The policy's page is made anew.
    until(async || status(&service.base, "/minio").await == 200).await;
    (service, data)
}

async fn send(base: &str, description: &str, key: &str) -> reqwest::Response {
    let report = json!({ "title": "A title", "description": description });
    let request = reqwest::Client::new().post(format!("{base}/api/v1/programs/minio/reports")).json(&report);
    request.header("idempotency-key", key).send().await.expect("an answer")
}

/// Sends a file to a report.
async fn attach(base: &str, receipt: &str, text: &str) {
    let form = reqwest::multipart::Form::new()
        .part("files", reqwest::multipart::Part::text(text.to_owned()).file_name("proof.txt"));
    let request = reqwest::Client::new().post(format!("{base}/api/v1/receipt/files")).multipart(form);
    let answer = request.header("authorization", format!("Receipt {receipt}")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

async fn status(base: &str, path: &str) -> u16 {
    reqwest::get(format!("{base}{path}")).await.map_or(0, |answer| answer.status().as_u16())
}

async fn read(answer: reqwest::Response) -> Value {
    answer.json().await.expect("JSON")
}

async fn receipt_opens(base: &str, receipt: &str) -> bool {
    let request = reqwest::Client::new().get(format!("{base}/api/v1/receipt"));
    let answer = request.header("authorization", format!("Receipt {receipt}")).send().await.expect("an answer");
    answer.status() == 200
}

/// What must not be found in the memory of a part: keys that open.
async fn keys(data: &std::path::Path) -> Vec<Vec<u8>> {
    let store = StoreConfig { database: Database::Sqlite(data.to_owned()), ring: None };
    let store = Store::open(&store).await.expect("opens");
    let root = RootKey::open_or_create(&data.with_extension("key"), &store).await.expect("opens");
    let purposes =
        [Purpose::CaseRing, Purpose::PersonRing, Purpose::Member, Purpose::Receipt, Purpose::Sign, Purpose::Intake];
    purposes.iter().map(|purpose| root.purpose(*purpose).bytes().to_vec()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_through_the_front_is_the_desk_s_when_it_is_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let (service, _data) = started(folder.path()).await;
    for path in
        ["/", "/minio", "/minio/report", "/minio/subscribe", "/receipt", "/desk/sign-in", "/api/docs", "/healthz"]
    {
        assert_eq!(status(&service.base, path).await, 200, "{path}");
    }
    assert_eq!(status(&service.base, "/assets/candor.js").await, 200);
    assert_eq!(status(&service.base, "/nothing/here").await, 404);

    let answer = send(&service.base, "Anyone lists buckets", "one").await;
    assert_eq!(answer.status(), 201);
    let filed = read(answer).await;
    let receipt = filed["receipt"].as_str().expect("a receipt");
    assert!(!filed["proof"].as_str().expect("a proof").is_empty(), "the desk signed at once: {filed}");
    assert!(receipt_opens(&service.base, receipt).await, "the receipt opens at once");

    // Sent again: the same case, receipt and proof; with other words it is refused.
    let again = read(send(&service.base, "Anyone lists buckets", "one").await).await;
    for field in ["case", "receipt", "received_at", "promises", "proof"] {
        assert_eq!(again[field], filed[field], "{field}");
    }
    assert_eq!(send(&service.base, "Something else", "one").await.status(), 409);

    // The same over a restart of all of it: the key of repeated requests is lent anew.
    let data = folder.path().join("data");
    service.stop();
    let service = Binary::start(&data, &parts()).await.expect("it starts");
    let again = read(send(&service.base, "Anyone lists buckets", "one").await).await;
    assert_eq!((&again["case"], &again["receipt"]), (&filed["case"], &filed["receipt"]));
    service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_of_the_api_lacks_its_keys_where_it_is_passed_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let (service, _data) = started(folder.path()).await;
    let client = reqwest::Client::new();
    let document = reqwest::get(format!("{}/api/v1/openapi.json", service.base)).await.expect("an answer");
    for (path, methods) in read(document).await["paths"].as_object().expect("paths") {
        let base = if path.starts_with("/api/") { service.base.clone() } else { format!("{}/api/v1", service.base) };
        let at = format!("{base}{}", path.replace("{program}", "minio"));
        for method in methods.as_object().expect("methods").keys() {
            let Ok(method) = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            let mut request = client.request(method.clone(), &at).header("authorization", "Receipt 0");
            if method != "GET" {
                request = request.json(&json!({ "email": "a@example.org", "title": "A", "description": "B" }));
            }
            let status = request.send().await.expect("an answer").status();
            assert!(status.as_u16() < 500, "{method} {at}: {status}");
        }
    }
    service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_is_only_given_what_is_meant_for_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (service, _data) = started(folder.path()).await;
    let client = reqwest::Client::new();
    let page = client.get(format!("{}/minio/report", service.base)).send().await.expect("an answer");
    let csp = page.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(csp.contains(&format!("script-src {}/assets/", service.base)), "{csp}");
    assert!(page.headers().get("set-cookie").is_none());
    // A visitor does not say who they are: figures are for this machine, and it is the door that says who asks.
    assert_eq!(status(&service.base, "/metrics").await, 200);
    let forged = client.get(format!("{}/metrics", service.base)).header("x-candor-peer", "203.0.113.9:1");
    assert_eq!(forged.send().await.expect("an answer").status(), 200, "what a visitor writes there is written over");
    let raw = |words: &str| {
        use std::io::{Read as _, Write as _};
        let mut line = std::net::TcpStream::connect(service.base.trim_start_matches("http://")).expect("a connection");
        line.write_all(words.as_bytes()).expect("written");
        let mut answer = String::new();
        let _ = line.read_to_string(&mut answer);
        answer.lines().next().unwrap_or_default().to_owned()
    };
    let ends = "host: x\r\nconnection: close\r\n\r\n";
    assert!(raw(&format!("CONNECT a.example:443 HTTP/1.1\r\n{ends}")).contains(" 405 "));
    assert!(raw(&format!("TRACE / HTTP/1.1\r\n{ends}")).contains(" 405 "));
    assert!(raw(&format!("GET http://other.example/minio HTTP/1.1\r\n{ends}")).contains(" 200 "));
    assert!(raw(&format!("GET /desk%2fcases HTTP/1.1\r\n{ends}")).contains(" 404 "));
    let large = format!("GET / HTTP/1.1\r\nx-large: {}\r\n{ends}", "a".repeat(32 * 1024));
    assert!(raw(&large).contains(" 431 "), "{}", raw(&large));
    service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_come_in_while_the_desk_is_away_and_a_killed_part_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (service, data) = started(folder.path()).await;
    let store = StoreConfig { database: Database::Sqlite(data), ring: None };
    let store = Store::open(&store).await.expect("opens");
    let mut receipts = Vec::new();
    for number in 0..5 {
        service.kill_part("desk");
        let answer = send(&service.base, "Sent while the desk is away", &format!("away {number}")).await;
        assert_eq!(answer.status(), 201);
        receipts.push(read(answer).await["receipt"].as_str().expect("a receipt").to_owned());
    }
    until(async || status(&service.base, "/readyz").await == 200).await;
    until(async || waiting::count(&store).await.expect("a count") == 0).await;
    for receipt in &receipts {
        assert!(receipt_opens(&service.base, receipt).await, "each is filed once the desk is back");
    }
    service.kill_part("front");
    until(async || status(&service.base, "/minio").await == 200).await;
    service.kill_part("door");
    until(async || status(&service.base, "/readyz").await == 200).await;
    assert_eq!(send(&service.base, "After it", "after").await.status(), 201);
    service.stop();
}

/// Asks until it is so; for a minute at most.
async fn until(so: impl AsyncFn() -> bool) {
    let began = std::time::Instant::now();
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(50));
    while !so().await {
        assert!(began.elapsed().as_secs() < 60, "it did not become so within a minute");
        pace.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn w_the_front_opens_a_receipt_s_page_by_itself_and_gets_no_other_cookie() {
    let folder = tempfile::tempdir().expect("a folder");
    let (service, _data) = started(folder.path()).await;
    let filed = read(send(&service.base, "Anyone lists buckets", "page").await).await;
    let receipt = filed["receipt"].as_str().expect("a receipt");
    let policy = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().cookie_store(true).redirect(policy).build().expect("a client");
    let at = |path: &str| format!("{}{path}", service.base);
    let entered = client.post(at("/receipt")).form(&[("receipt", receipt)]).send().await.expect("an answer");
    assert_eq!(entered.status(), 303);
    assert_eq!(entered.headers().get_all("set-cookie").iter().count(), 1);
    let page = async || {
        let answer = client.get(at("/receipt")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.text().await.expect("a page")
    };
    let seen = page().await;
    assert!(seen.contains("Anyone lists buckets") && seen.contains("/receipt/write"), "{seen}");
    let value = |page: &str, name: &str| {
        let form = &page[page.find("action=\"/receipt/write\"").expect("a form")..];
        let field = &form[form.find(&format!("name=\"{name}\" value=\"")).expect("a field")..];
        field.split('"').nth(3).expect("a value").to_owned()
    };
    let write = async |page: &str, text: &str| {
        let form = [("csrf", value(page, "csrf")), ("once", value(page, "once")), ("text", text.to_owned())];
        client.post(at("/receipt/write")).form(&form).send().await.expect("an answer")
    };
    let sent = write(&seen, "It is worse than I thought").await;
    assert_eq!(
        (sent.status().as_u16(), &sent.headers()["location"]),
        (303, &"/receipt?done=write".parse().expect("text"))
    );
    let seen = page().await;
    assert!(seen.contains("It is worse than I thought"), "the desk has it, and sealed the page anew: {seen}");

    // An act of the desk comes back to the front's page, which shows it.
    let nudged = client.post(at("/receipt/nudge")).form(&[("csrf", value(&seen, "csrf"))]).send().await;
    let nudged = nudged.expect("an answer").headers()["location"].clone();
    assert_eq!(nudged, "/receipt?done=nudge");
    assert!(page().await.contains("asked for news"));

    // The desk dies: the page is read and written to all the same, and its files are fetched.
    attach(&service.base, receipt, "a proof in a file").await;
    let seen = page().await;
    let link = seen.find("/receipt/files/").map(|from| seen[from..].split('"').next().expect("a link").to_owned());
    let link = link.expect("a file");
    service.kill_part("desk");
    let got = client.get(at(&link)).send().await.expect("an answer");
    assert_eq!(got.status(), 200);
    assert_eq!(got.headers()["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(got.text().await.expect("a file"), "a proof in a file");
    let seen = page().await;
    assert!(seen.contains("It is worse than I thought"));
    let sent = write(&seen, "Said while nobody was there").await;
    assert_eq!(sent.status(), 303);
    service.kill_part("desk");
    let wished = client.post(at("/receipt/withdraw")).form(&[("csrf", value(&seen, "csrf")), ("text", String::new())]);
    let wished = wished.send().await.expect("an answer");
    assert_eq!(wished.status(), 303, "carried out, or taken in until the desk is back");
    until(async || status(&service.base, "/readyz").await == 200).await;
    until(async || page().await.contains("Said while nobody was there")).await;
    until(async || page().await.contains("You took it back")).await;
    service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_part_but_the_desk_has_a_key_in_memory_or_within_reach() {
    let folder = tempfile::tempdir().expect("a folder");
    let (service, data) = started(folder.path()).await;
    let canary = format!("canary {}", candor::keys::random::secret());
    let filed = read(send(&service.base, &canary, "canary").await).await;
    assert!(filed["receipt"].is_string(), "{filed}");
    let in_file = format!("canary {}", candor::keys::random::secret());
    attach(&service.base, filed["receipt"].as_str().expect("a receipt"), &in_file).await;
    let needles = keys(&data).await;
    let desk = service.part("desk").expect("a desk");
    let Some(held) = memory_holds(desk, &needles) else { return };
    assert!(held.contains(&0) && held.contains(&3), "the desk holds keys, so that this finds them: {held:?}");
    for part in ["front", "door"] {
        let number = service.part(part).expect("a part");
        assert_eq!(memory_holds(number, &needles), Some(vec![]), "keys in the {part}");
        let limits = std::fs::read_to_string(format!("/proc/{number}/limits")).expect("limits");
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line");
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "no core dump of the {part}: {core}");
        let words = std::fs::read_to_string(format!("/proc/{number}/status")).expect("status");
        assert!(words.contains("Seccomp:\t2"), "the {part} has a filter of system calls");
    }
    // The folder of the sockets lets no other user in, whatever the umask.
    let words = std::fs::read(format!("/proc/{desk}/cmdline")).expect("its words");
    let mut words = words.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    let rooms = words.by_ref().skip_while(|word| word != "--rooms").nth(1).expect("a folder");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(rooms).expect("it is there").permissions());
    assert_eq!(mode & 0o777, 0o700);
    service.stop();

    // What was filed lies with the desk alone: parts that start anew know no word of it, though it is read through the door.
    let service = Binary::start(&data, &parts()).await.expect("it starts");
    assert!(receipt_opens(&service.base, filed["receipt"].as_str().expect("a receipt")).await);
    let canaries = [canary.into_bytes(), in_file.into_bytes()];
    let needles: Vec<Vec<u8>> = needles.into_iter().chain(canaries).collect();
    let front = service.part("front").expect("a front");
    assert_eq!(memory_holds(front, &needles), Some(vec![]), "in the front");
    // Nor does the process that readers of mail are forked from, though the desk started it.
    let desk = service.part("desk").expect("a desk");
    let readers = service.children_of(desk, "parse-worker");
    assert!(!readers.is_empty(), "the desk has a reader");
    for reader in readers {
        if let Some(held) = memory_holds(reader, &needles) {
            assert_eq!(held, Vec::<usize>::new(), "in a reader");
        }
    }
    let log = std::fs::read_to_string(data.with_extension("log")).expect("a log");
    assert!(log.contains("closed in: no key") || log.contains("not closed in whole here"), "each part says what holds");
    service.stop();
}
