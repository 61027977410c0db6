//! The API under generated and odd requests: every operation of its description by each role, bodies with two meanings or no
//! end, and askers who want too much at once.

mod schema; // bodies made from a schema, and answers held against one

use std::collections::BTreeSet;
use std::fmt::Write as _;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::access_matrix::House;
use crate::support::service::{MINIO, Service};
use candor::throttle::places::Heavy;
use schema::{Chance, fits, make};

/// Requests to each operation by each role.
const EACH: usize = 5;

/// A part of an address: what is there, what is not, and what nobody would write.
fn part(chance: &mut Chance, name: &str, house: &House) -> String {
    let known = match name {
        "program" => "store",
        "case" => &house.case,
        "kind" => "received",
        "language" => "en",
        _ => &house.file,
    };
    let odd = ["00000-00000", "%00", "%F0%9F%92%A3", "..%2f..%2fetc", "'%20or%201=1--", "-1", "%c0%ae", "{case}"];
    match chance.below(4) {
        0 => odd[chance.below(odd.len())].to_owned(),
        1 if name == "program" => "other".to_owned(),
        _ => known.to_owned(),
    }
}

/// A value as it stands in an address.
fn quoted(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() {
            all.push(char::from(byte));
        } else {
            let _ = write!(all, "%{byte:02X}");
        }
        all
    })
}

/// One request to an operation, as far as chance follows its description.
fn request(
    chance: &mut Chance,
    house: &House,
    who: &str,
    path: &str,
    method: &str,
    operation: &Value,
) -> reqwest::RequestBuilder {
    let document = candor::api::document();
    let mut address = String::from("/api/v1");
    for piece in path.split('/').skip(1) {
        let name = piece.strip_prefix('{').and_then(|piece| piece.strip_suffix('}'));
        let _ = write!(address, "/{}", name.map_or_else(|| piece.to_owned(), |name| part(chance, name, house)));
    }
    let mut sign = '?';
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
        if chance.below(2) == 0 {
            continue;
        }
        let value = match make(chance, document, &parameter["schema"], 3) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        // An address past its limit is another story (431).
        let value: String = value.chars().take(1_000).collect();
        let _ = write!(address, "{sign}{}={}", parameter["name"].as_str().expect("a name"), quoted(&value));
        sign = '&';
    }
    let (client, token) = &house.people[who];
    let mut request = client.request(method.to_uppercase().parse().expect("a method"), house.service.at(&address));
    // Some are answered before their body was read, which ends the connection.
    request = request.header("connection", "close");
    if !token.is_empty() {
        request = request.header("authorization", token);
    }
    let content = &operation["requestBody"]["content"];
    let json = &content["application/json"]["schema"];
    if json.is_object() {
        let mut body = make(chance, document, json, 6);
        if chance.below(4) == 0 {
            schema::spoil(chance, &mut body);
        }
        let mut text = body.to_string();
        if chance.below(12) == 0 {
            text.truncate(text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at));
        }
        return request.header("content-type", "application/json").body(text);
    }
    if content["multipart/form-data"].is_object() {
        let file = reqwest::multipart::Part::bytes(chance.text().into_bytes()).file_name("x\u{202e}txt.exe");
        return request.multipart(reqwest::multipart::Form::new().part("files", file));
    }
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_j1_generated_requests_by_each_role_get_only_what_is_described() {
    let house = House::open().await;
    let document = candor::api::document();
    let mut chance = Chance::new(20_261_122);
    let (mut asked, mut answered) = (0, BTreeSet::new());
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            for who in house.people.keys() {
                for _ in 0..EACH {
                    let request = request(&mut chance, &house, who, path, method, operation);
                    let said = format!("{method} {path} as {who}: {:?}", request.try_clone());
                    let answer = request.send().await.expect("an answer");
                    asked += 1;
                    let status = answer.status().as_u16();
                    let described = &operation["responses"][status.to_string()];
                    assert!(
                        status < 500 && described.is_object(),
                        "{said}: {status} {}",
                        answer.text().await.unwrap_or_default()
                    );
                    let kind = answer.headers().get("content-type").map_or("", |kind| kind.to_str().expect("a kind"));
                    let kind = kind.split(';').next().unwrap_or_default().to_owned();
                    let content = described["content"][&kind]["schema"].clone();
                    assert!(content.is_object(), "{said}: {status} comes as `{kind}`");
                    let body = answer.bytes().await.expect("a body");
                    let aside = ["nobody", "stranger", "manager", "outside", "elsewhere"].contains(who);
                    assert!(!aside || !body.windows(6).any(|window| window == b"CANARY"), "{said}: tells of the case");
                    if kind.ends_with("json") {
                        let body: Value = serde_json::from_slice(&body).expect("JSON");
                        fits(document, &content, &body, "")
                            .unwrap_or_else(|why| panic!("{said}: {status}: {why}\n{body}"));
                    }
                    if status < 300 {
                        answered.insert((path, method));
                    }
                }
            }
        }
    }
    println!("{asked} requests; {} operations did what they are for", answered.len());
    assert!(asked > 2_500 && answered.len() > 15, "too few get through to prove much: {answered:?}");
    let (client, token) = &house.people["coordinator"];
    let case = client.get(house.service.at(&format!("/api/v1/cases/{}", house.case))).header("authorization", token);
    assert_eq!(case.send().await.expect("an answer").status(), 200, "the case opens after all of it");
}

/// Sends bytes as they are and gives the status of the answer.
async fn raw(service: &Service, head: &str, body: &[u8]) -> u16 {
    let address = service.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "POST /api/v1/programs/minio/reports HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n{head}\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("it is heard");
    // A body that is too large is refused while it comes.
    let mut answer = vec![0; 4096];
    let (mut from, mut to) = stream.split();
    let send = async {
        for piece in body.chunks(64 * 1024) {
            if to.write_all(piece).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await
    };
    let read = tokio::select! {
        () = send => 0,
        read = from.read(&mut answer) => read.expect("an answer"),
    };
    let line = String::from_utf8_lossy(&answer[..read]).into_owned();
    line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{line}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_j4_deep_doubled_broken_and_huge_json_has_no_second_meaning() {
    let service = Service::start(&[MINIO], |_| ()).await;
    let with = |field: &str| format!(r#"{{"title":"A title","description":"A description",{field}}}"#).into_bytes();
    let sized = |body: Vec<u8>| (format!("content-length: {}\r\n", body.len()), body);
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let deep_objects = [br#"{"a":"#.repeat(100_000), b"1".to_vec(), b"}".repeat(100_000)].concat();
    let huge = with(&format!(r#""steps":"{}""#, "x".repeat(64 * 1024 * 1024)));
    let filed = async || candor::store::journal::streams(&service.app.store, "", 100).await.expect("they read").len();
    for (what, body, expected) in [
        ("100,000 levels of lists", deep, [400, 422]),
        ("100,000 levels of objects", deep_objects, [400, 422]),
        ("a key twice", with(r#""title":"Another""#), [400, 422]),
        ("a key twice, once escaped", with(r#""\u0074itle":"Another""#), [400, 422]),
        ("an inner key twice", with(r#""reporter":{"name":"A","name":"B"}"#), [400, 422]),
        ("half of a pair", with(r#""steps":"\ud800""#), [400, 422]),
        ("bytes that are no text", [with(r#""steps":""#).as_slice(), b"\xff\"}"].concat(), [400, 422]),
        ("1e999", with(r#""steps":1e999"#), [400, 422]),
        ("a number past 64 bits", with(r#""known_identifiers":[18446744073709551616]"#), [400, 422]),
        ("more after its end", [with(r#""steps":"x""#).as_slice(), b"{}"].concat(), [400, 422]),
        ("a text of 64 MB", huge, [413, 413]),
    ] {
        let (head, body) = sized(body);
        let status = raw(&service, &head, &body).await;
        assert!(expected.contains(&status), "{what}: {status}");
        assert_eq!(filed().await, 0, "{what}: nothing is filed");
    }
    // The length alone tells that it is more than 4 GiB, or more than any number holds.
    for (length, expected) in [("4294967297", 413), ("1048577", 413), ("18446744073709551617", 400), ("-1", 400)] {
        let status = raw(&service, &format!("content-length: {length}\r\n"), b"{\"title\":\"").await;
        assert_eq!(status, expected, "a body of {length} bytes");
    }
    let chunked = [b"ffffffffffffffff\r\n".as_slice(), b"{\"title\":\""].concat();
    let status = raw(&service, "transfer-encoding: chunked\r\n", &chunked).await;
    assert!([400, 413].contains(&status), "a piece longer than memory: {status}");
    assert_eq!(filed().await, 0);
    let sound = with(r#""steps":"One\u0000two \ud83d\udca3""#);
    let (head, body) = sized(sound);
    let status = raw(&service, &head, &body).await;
    assert!([201, 422].contains(&status), "a whole pair and a zero are text or refused by name: {status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_j7_pages_past_the_limit_deep_filters_and_a_thousand_askers_harm_nobody() {
    let house = House::open().await;
    let (client, token) = &house.people["coordinator"];
    let get = |path: &str| client.get(house.service.at(&format!("/api/v1{path}"))).header("authorization", token);
    for path in ["/cases?limit=1000000", "/search?q=canary&limit=1000000", "/programs/store/advisories?limit=1000000"] {
        let answer = get(path).send().await.expect("an answer");
        assert_eq!(answer.status(), 400, "{path}");
        let body: Value = answer.json().await.expect("JSON");
        assert!(body["detail"].as_str().is_some_and(|words| words.contains("from 1 to")), "the limit is named: {body}");
        assert_eq!(body["field"], "limit");
    }
    for deep in [
        "((((".repeat(500),
        "a OR ".repeat(1_000),
        "-".repeat(3_000),
        format!("\"{}", "x ".repeat(1_500)),
        "*".repeat(2_000),
    ] {
        let status = get(&format!("/search?q={}", quoted(&deep))).send().await.expect("an answer").status().as_u16();
        assert!([200, 400, 422].contains(&status), "{status}");
    }
    let coordinator = candor::accounts::find(&house.service.app, "coordinator@team.example").await.expect("found").id.0;
    let mut going = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let path = if number % 2 == 0 { "/cases?limit=200" } else { "/search?q=canary&limit=50" };
        let request = get(path);
        going.spawn(async move {
            request.send().await.map(|answer| (answer.status().as_u16(), answer.headers().contains_key("retry-after")))
        });
    }
    // In the middle of it somebody else reports, and somebody else reads.
    let report = json!({ "title": "A title", "description": "A description" });
    let report = Client::new().post(house.service.at("/api/v1/programs/store/reports")).json(&report).send();
    assert_eq!(report.await.expect("an answer").status(), 201);
    let (other, key) = &house.people["analyst"];
    let read =
        other.get(house.service.at(&format!("/api/v1/cases/{}", house.case))).header("authorization", key).send();
    assert_eq!(read.await.expect("an answer").status(), 200);
    let mut seen = BTreeSet::new();
    while let Some(answer) = going.join_next().await {
        seen.insert(answer.expect("no panic").expect("an answer"));
    }
    assert!(seen.iter().all(|(status, waits)| *status == 200 || ([429, 503].contains(status) && *waits)), "{seen:?}");
    let who = format!("member:{coordinator}");
    let places: Vec<_> =
        (0..32).map(|_| house.service.app.throttle.place(Heavy::List, &who).expect("a place")).collect();
    let full = get("/cases").send().await.expect("an answer");
    assert_eq!(full.status(), 429);
    assert!(full.headers().contains_key("retry-after"));
    let others = other.get(house.service.at("/api/v1/cases")).header("authorization", key).send().await;
    assert_eq!(others.expect("an answer").status(), 200, "another member is not held up");
    drop(places);
    let after = get("/cases").send().await.expect("an answer");
    assert_eq!(after.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_j7_a_thousand_exports_at_once_get_429_with_a_time_and_others_are_served() {
    let house = House::open().await;
    let (client, token) = &house.people["coordinator"];
    let (other, key) = &house.people["analyst"];
    let file = format!("/api/v1/cases/{}/files/{}", house.case, house.file);
    let export = |client: &Client, token: &str| client.get(house.service.at(&file)).header("authorization", token);
    assert_eq!(export(client, token).send().await.expect("an answer").status(), 200);
    let mut going = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let request = export(client, token);
        going.spawn(async move {
            let answer = request.send().await.expect("an answer");
            let wait = answer.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse::<u64>().ok());
            (answer.status().as_u16(), wait, answer.bytes().await.expect("a body").len())
        });
    }
    // In the middle of it somebody else takes the same file, reads the case and reports.
    assert_eq!(export(other, key).send().await.expect("an answer").status(), 200);
    let read = other.get(house.service.at(&format!("/api/v1/cases/{}", house.case))).header("authorization", key);
    assert_eq!(read.send().await.expect("an answer").status(), 200);
    let report = json!({ "title": "A title", "description": "A description" });
    let report = Client::new().post(house.service.at("/api/v1/programs/store/reports")).json(&report).send();
    assert_eq!(report.await.expect("an answer").status(), 201);
    let mut seen = BTreeSet::new();
    while let Some(answer) = going.join_next().await {
        seen.insert(answer.expect("no panic"));
    }
    assert!(seen.iter().any(|(status, ..)| *status == 200), "{seen:?}");
    assert!(seen.iter().all(|(status, wait, _)| *status == 200 || (*status == 429 && *wait == Some(1))), "{seen:?}");

    // With all places of one member taken: by the API and at the desk, whatever the file or document.
    let coordinator = candor::accounts::find(&house.service.app, "coordinator@team.example").await.expect("found").id.0;
    let throttle = &house.service.app.throttle;
    let take = |who: &str| throttle.place(Heavy::Export, who);
    let own: Vec<_> = (0..16).map(|_| take(&format!("member:{coordinator}")).expect("a place")).collect();
    let full = export(client, token).send().await.expect("an answer");
    assert_eq!((full.status().as_u16(), full.headers().contains_key("retry-after")), (429, true));
    let problem: Value = full.json().await.expect("JSON");
    assert!(problem["detail"].as_str().is_some_and(|words| words.contains("16 of one asker")), "{problem}");
    assert_eq!(export(other, key).send().await.expect("an answer").status(), 200, "another member is not held up");
    // With all places of all taken nobody gets more, and everything else goes on.
    let mut all = Vec::new();
    for number in 0..7 {
        all.extend((0..16).map(|_| take(&format!("member:{number}")).expect("a place")));
    }
    assert_eq!(export(other, key).send().await.expect("an answer").status(), 429);
    let list = other.get(house.service.at("/api/v1/cases")).header("authorization", key).send().await;
    assert_eq!(list.expect("an answer").status(), 200);
    drop((own, all));
    assert_eq!(export(other, key).send().await.expect("an answer").status(), 200);
}
