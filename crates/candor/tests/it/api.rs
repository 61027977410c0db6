//! The JSON API over HTTP: reports, receipts, cases and commands, and what strangers and broken clients try.

use crate::support::service::{MINIO, Service};
use candor::accounts::{self, token};
use candor_core::access::Role;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const STRAPI: &str = include_str!("../../../../examples/policies/strapi.toml");

/// An answer: status and JSON.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    body: Value,
}

struct Desk {
    service: Service,
}

impl Desk {
    async fn start() -> Self {
        Self { service: Service::start(&[MINIO, STRAPI], |_| ()).await }
    }

    /// A member with this role in one program, and a token of theirs.
    async fn token(&self, name: &str, program: &str, role: Role, scopes: &str) -> String {
        let email = format!("{}@example.org", name.to_lowercase());
        let roles = [(program.to_owned(), role)];
        let (id, _) = accounts::add_ready(&self.service.app, name, &email, "a long enough password", &roles, false)
            .await
            .expect("the member is made");
        let scopes = token::Scopes::parse(scopes).expect("scopes");
        token::make(&self.service.app, &id, "test", scopes, 1).await.expect("the token is made").secret
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        reqwest::Client::new().request(method, self.service.at(&format!("/api/v1{path}")))
    }

    async fn get(&self, path: &str, credential: &str) -> Answer {
        ask(self.request(Method::GET, path).header("authorization", credential)).await
    }

    async fn post(&self, path: &str, credential: &str, body: Value) -> Answer {
        ask(self.request(Method::POST, path).header("authorization", credential).json(&body)).await
    }

    /// Files a report and gives case and receipt, the latter as a credential.
    async fn report(&self) -> (String, String) {
        let filed = self.post("/programs/minio/reports", "", report()).await;
        assert_eq!(filed.status, 201, "{filed:?}");
        (text(&filed.body["case"]), format!("Receipt {}", text(&filed.body["receipt"])))
    }
}

async fn ask(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let kind = answer.headers()["content-type"].to_str().expect("a kind").to_owned();
    let expected = if status < 400 { "application/json" } else { "application/problem+json" };
    assert_eq!(kind, expected);
    Answer { status, body: answer.json().await.expect("JSON") }
}

fn report() -> Value {
    json!({
        "title": "Object names of another bucket are shown",
        "description": "A list request with an odd prefix shows the names in another bucket.",
        "component": "Object layer",
        "reporter": { "name": "Ada", "email": "ada@example.org" },
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_and_its_dialogue_go_through_the_receipt() {
    let desk = Desk::start().await;
    let form = Form::new()
        .part("report", Part::text(report().to_string()).mime_str("application/json").expect("a kind"))
        .part("files", Part::bytes(b"\x00proof\xff".to_vec()).file_name("../../proof of concept.bin"));
    let filed = ask(desk.request(Method::POST, "/programs/minio/reports").multipart(form)).await;
    assert_eq!(filed.status, 201);
    let promises: Vec<_> = filed.body["promises"].as_array().expect("promises").iter().map(|p| &p["name"]).collect();
    assert_eq!(promises, ["acknowledge", "next-steps", "news"]);
    let receipt = format!("Receipt {}", text(&filed.body["receipt"]));
    let (case, member) = (
        text(&filed.body["case"]),
        desk.token("Mei", "minio", Role::Member, "read,write,publish,bulk,members,keys").await,
    );
    let member = format!("Bearer {member}");

    let commands = format!("/cases/{case}/commands");
    let note = json!({ "command": "note", "text": "Looks like the old one." });
    assert_eq!(desk.post(&commands, &member, note).await.status, 200);
    let asked = desk.post(&commands, &member, json!({ "command": "ask", "text": "Which version?" })).await;
    assert_eq!(asked.body["events"][0]["event"], "asked");

    let shown = desk.get("/receipt", &receipt).await.body;
    assert_eq!(shown["thread"][0]["text"], "Which version?");
    assert_eq!(shown["thread"][0]["by"], json!({ "kind": "team" }));
    assert!(!shown.to_string().contains("the old one"), "a note of the team reached the reporter");
    assert_eq!(shown["files"][0]["name"], "proof of concept.bin");

    let file = format!("/receipt/files/{}", text(&shown["files"][0]["id"]));
    let answer = desk.request(Method::GET, &file).header("authorization", &receipt).send().await.expect("the file");
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert!(answer.headers()["content-disposition"].to_str().expect("text").starts_with("attachment;"));
    assert_eq!(answer.bytes().await.expect("the content"), &b"\x00proof\xff"[..]);

    let wrote = desk.post("/receipt/messages", &receipt, json!({ "text": "The latest." })).await;
    assert_eq!(wrote.status, 200);
    let more = Form::new().part("files", Part::bytes(vec![1; 10]).file_name("more.txt"));
    let sent =
        ask(desk.request(Method::POST, "/receipt/files").header("authorization", &receipt).multipart(more)).await;
    assert_eq!(sent.body["files"][0]["size"], 10);
    let credit = json!({ "wish": "named", "name": "Ada" });
    assert_eq!(desk.post("/receipt/credit", &receipt, credit.clone()).await.status, 200);

    let shown = desk.get(&format!("/cases/{case}"), &member).await.body;
    assert_eq!(shown["reports"][0]["reporter"]["email"], "ada@example.org");
    assert_eq!(
        shown["reports"][0]["credit"],
        json!({ "wish": "named", "name": "Ada", "organisation": "", "link": "", "about": "" })
    );
    assert_eq!(shown["thread"].as_array().map(Vec::len), Some(3));
    assert_eq!(shown["clocks"][0]["status"], "kept");
    assert!(!shown.to_string().contains("\"key\""), "a file's key left the house");
    let queue = desk.get("/cases?program=minio&assignee=nobody", &member).await.body;
    assert_eq!(queue["cases"][0]["title"], report()["title"]);

    assert_eq!(desk.post("/receipt/nudge", &receipt, json!({})).await.status, 200);
    let again = desk.post("/receipt/nudge", &receipt, json!({})).await;
    assert_eq!((again.status, &again.body["code"]), (422, &json!("nudged-before")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_under_the_same_key_is_answered_once() {
    let desk = Desk::start().await;
    let send = |key: &'static str, body: Value| {
        ask(desk.request(Method::POST, "/programs/minio/reports").header("idempotency-key", key).json(&body))
    };
    let first = send("one", report()).await;
    assert_eq!(send("one", report()).await, first);
    let mut other = report();
    other["title"] = "Something else".into();
    let reused = send("one", other).await;
    assert_eq!((reused.status, &reused.body["code"]), (409, &json!("key-reused")));
    assert_ne!(send("two", report()).await.body["case"], first.body["case"]);

    let with_file = || {
        let form = Form::new()
            .part("report", Part::text(report().to_string()).mime_str("application/json").expect("a kind"))
            .part("files", Part::bytes(vec![7; 100_000]).file_name("a.bin"));
        ask(desk.request(Method::POST, "/programs/minio/reports").header("idempotency-key", "three").multipart(form))
    };
    let filed = with_file().await;
    assert_eq!(with_file().await, filed);

    let receipt = format!("Receipt {}", text(&first.body["receipt"]));
    let write = || {
        ask(desk
            .request(Method::POST, "/receipt/messages")
            .header("authorization", &receipt)
            .header("idempotency-key", "four")
            .json(&json!({ "text": "Hello?" })))
    };
    let written = write().await;
    assert_eq!(write().await, written);
    let shown = desk.get("/receipt", &receipt).await.body;
    assert_eq!(shown["thread"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_at_once_under_one_key_are_one_report() {
    let desk = Desk::start().await;
    let all = (0..20).map(|_| {
        ask(desk.request(Method::POST, "/programs/minio/reports").header("idempotency-key", "same").json(&report()))
    });
    let answers = futures_util::future::join_all(all).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_yours_looks_like_what_is_not_there() {
    let desk = Desk::start().await;
    let (case, _) = desk.report().await;
    let stranger = format!(
        "Bearer {}",
        desk.token("Eve", "strapi", Role::Coordinator, "read,write,publish,bulk,members,keys").await
    );
    let raw = async |method: Method, path: String, body: Option<&str>| {
        let mut request = desk.request(method, &path).header("authorization", &stranger);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        let answer = request.send().await.expect("an answer");
        let mut headers: Vec<_> = answer.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        headers.retain(|(name, _)| name != "date");
        (answer.status(), headers, answer.text().await.expect("a body"))
    };
    let absent = "00000-00000";
    let ack = r#"{"command":"acknowledge","text":"x"}"#;
    for (method, tail, body) in [
        (Method::GET, "", None),
        (Method::GET, "/files/ABC", None),
        (Method::POST, "/commands", Some(ack)),
        (Method::POST, "/commands", Some(r#"{"command":"acknowledge"}"#)),
    ] {
        let forbidden = raw(method.clone(), format!("/cases/{case}{tail}"), body).await;
        let missing = raw(method, format!("/cases/{absent}{tail}"), body).await;
        assert_eq!(forbidden, missing);
    }
    let (status, ..) = raw(Method::GET, format!("/cases/{case}"), None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let queue = desk.get("/cases?state=all&program=minio", &stranger).await.body;
    assert_eq!((&queue["cases"], &queue["counts"]), (&json!([]), &json!([])));
    let behalf = desk.post("/cases", &stranger, json!({ "program": "minio", "report": report() })).await;
    let nowhere = desk.post("/cases", &stranger, json!({ "program": "nowhere", "report": report() })).await;
    assert_eq!(behalf, nowhere);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_credentials_are_all_answered_alike() {
    let desk = Desk::start().await;
    let (case, receipt) = desk.report().await;
    let refused = desk.get("/receipt", "").await;
    assert_eq!((refused.status, &refused.body["code"]), (401, &json!("receipt")));
    for wrong in ["Receipt 0000-0000-0000-0000-00000-00000", "Receipt x", "Bearer abc", "Receipt", "Basic YTpi"] {
        assert_eq!(desk.get("/receipt", wrong).await, refused, "{wrong}");
    }
    let refused = desk.get(&format!("/cases/{case}"), "").await;
    assert_eq!((refused.status, &refused.body["code"]), (401, &json!("token")));
    for wrong in ["Bearer candor_00000000000000000000000000000000", "Bearer x", &receipt] {
        assert_eq!(desk.get(&format!("/cases/{case}"), wrong).await, refused);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_and_a_scope_bound_what_a_token_may_do() {
    let desk = Desk::start().await;
    let (case, _) = desk.report().await;
    let commands = format!("/cases/{case}/commands");
    let ack = json!({ "command": "acknowledge", "text": "Thank you." });
    let observer =
        format!("Bearer {}", desk.token("Ruth", "minio", Role::Observer, "read,write,publish,bulk,members,keys").await);
    assert_eq!(desk.get(&format!("/cases/{case}"), &observer).await.status, 200);
    let refused = desk.post(&commands, &observer, ack.clone()).await;
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("role")));
    let reader = format!("Bearer {}", desk.token("Jonas", "minio", Role::Coordinator, "read").await);
    let refused = desk.post(&commands, &reader, ack).await;
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("scope")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_two_members_is_told_what_changed() {
    let desk = Desk::start().await;
    let (case, _) = desk.report().await;
    let mei =
        format!("Bearer {}", desk.token("Mei", "minio", Role::Member, "read,write,publish,bulk,members,keys").await);
    let commands = format!("/cases/{case}/commands");
    let seen = desk.get(&format!("/cases/{case}"), &mei).await.body["seq"].clone();
    let ack = json!({ "command": "acknowledge", "text": "Thank you.", "seen": seen });
    assert_eq!(desk.post(&commands, &mei, ack).await.status, 200);
    let note = json!({ "command": "note", "text": "Nobody is on it?", "seen": seen });
    let stale = desk.post(&commands, &mei, note.clone()).await;
    assert_eq!((stale.status, &stale.body["code"]), (409, &json!("stale")));
    assert_eq!(stale.body["since"][0]["event"], "acknowledged");
    assert_eq!(stale.body["since"][0]["by"]["member"]["name"], "Mei");
    let mut late = note;
    late["seen"] = stale.body["since"][0]["seq"].clone();
    assert_eq!(desk.post(&commands, &mei, late).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_names_its_code_and_field() {
    let desk = Desk::start().await;
    let (case, _) = desk.report().await;
    let mei = format!(
        "Bearer {}",
        desk.token("Mei", "minio", Role::Coordinator, "read,write,publish,bulk,members,keys").await
    );
    let commands = format!("/cases/{case}/commands");
    for (command, code, field) in [
        (json!({ "command": "acknowledge", "text": " " }), "field", json!("text")),
        (json!({ "command": "set-weakness", "cwe": 4_000_000 }), "field", json!("cwe")),
        (json!({ "command": "duplicate", "of": "not a case", "text": "x" }), "field", json!("of")),
        (json!({ "command": "confirm", "text": "yes" }), "gate", Value::Null),
        (json!({ "command": "publish" }), "no-advisory", Value::Null),
        (
            json!({ "command": "estimate", "promise": "nothing", "until": "2099-01-01T00:00:00Z", "reason": "x" }),
            "no-promise",
            Value::Null,
        ),
        (json!({ "command": "fly", "text": "x" }), "body", Value::Null),
        (json!({ "command": "note" }), "body", Value::Null),
        (json!({ "command": "note", "text": "x", "colour": "red" }), "body", Value::Null),
        (json!({ "command": "ask-credit", "colour": "red" }), "body", Value::Null),
        (json!({ "command": "note", "text": "x", "seen": -1 }), "body", Value::Null),
    ] {
        let refused = desk.post(&commands, &mei, command.clone()).await;
        assert_eq!(
            (refused.status, &refused.body["code"], &refused.body["field"]),
            (422, &json!(code), &field),
            "{command}"
        );
    }
    let empty = desk.post("/programs/minio/reports", "", json!({})).await;
    assert_eq!((empty.status, &empty.body["code"]), (422, &json!("empty-report")));
    let known = desk.post("/programs/minio/reports", "", json!({ "identifiers": ["CVE-2023-39325"] })).await;
    assert_eq!(known.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_json_is_refused_and_the_service_goes_on() {
    let desk = Desk::start().await;
    let (case, _) = desk.report().await;
    let mei =
        format!("Bearer {}", desk.token("Mei", "minio", Role::Member, "read,write,publish,bulk,members,keys").await);
    let deep = "[".repeat(100_000);
    let long = format!(r#"{{"title":"{}"}}"#, "a".repeat(2 * 1024 * 1024));
    let bodies: [(&str, &[u16]); 12] = [
        ("", &[400]),
        ("{", &[400]),
        (&deep, &[400, 422]),
        (r#"{"title":"a","title":"b","description":"c"}"#, &[422]),
        (r#"{"command":"note","command":"close","text":"x"}"#, &[422]),
        (r#"{"command":"note","text":"a","text":"b"}"#, &[422]),
        (r#"{"answers":{"a":"1","a":"2"},"title":"a"}"#, &[422]),
        (r#"{"title":"\ud800","description":"x"}"#, &[400, 422]),
        (r#"{"command":"set-weakness","cwe":1e999}"#, &[400, 422]),
        (r#"["command"]"#, &[422]),
        ("\u{feff}{}", &[400]),
        (&long, &[413]),
    ];
    let places = ["/programs/minio/reports".to_owned(), format!("/cases/{case}/commands")];
    for (body, expected) in bodies {
        for path in &places {
            let request = desk.request(Method::POST, path).header("authorization", &mei);
            let refused = ask(request.header("content-type", "application/json").body(body.to_owned())).await;
            let start: String = body.chars().take(40).collect();
            assert!(expected.contains(&refused.status), "{path} {start}: {refused:?}");
        }
    }
    let form = desk.request(Method::POST, &places[0]).header("content-type", "text/plain").body("{}");
    assert_eq!(ask(form).await.status, 415);
    for query in ["limit=0", "limit=1000000", "limit=2&limit=3", "colour=red", "cursor=nonsense", "state=odd"] {
        assert_eq!(desk.get(&format!("/cases?{query}"), &mei).await.status, 400, "{query}");
    }
    assert_eq!(desk.get("/receipts", "").await.status, 404);
    assert_eq!(ask(desk.request(Method::DELETE, "/cases")).await.status, 405);
    assert_eq!(desk.report().await.0.len(), 11);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_past_the_limits_are_refused_early() {
    let service = Service::start(&[MINIO], |config| (config.file_limit, config.files_limit) = (1000, 2)).await;
    let desk = Desk { service };
    let send = |sizes: &'static [usize]| {
        let mut form =
            Form::new().part("report", Part::text(report().to_string()).mime_str("application/json").expect("a kind"));
        for size in sizes {
            form = form.part("files", Part::bytes(vec![0; *size]).file_name("a"));
        }
        ask(desk.request(Method::POST, "/programs/minio/reports").multipart(form))
    };
    assert_eq!(send(&[1000, 1000]).await.status, 201);
    let large = send(&[1001]).await;
    assert_eq!((large.status, &large.body["code"]), (413, &json!("file-too-large")));
    let many = send(&[1, 1, 1]).await;
    assert_eq!((many.status, &many.body["code"]), (413, &json!("too-many-files")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_too_many_reports_is_slowed_down() {
    let service = Service::start(&[MINIO], |config| config.report_rate = 2).await;
    let desk = Desk { service };
    let mut last = desk.post("/programs/minio/reports", "", report()).await;
    for _ in 0..20 {
        if last.status != 201 {
            break;
        }
        last = desk.post("/programs/minio/reports", "", report()).await;
    }
    assert_eq!((last.status, &last.body["code"]), (429, &json!("too-often")));
}

#[tokio::test]
async fn a_member_chooses_how_letters_come_and_gives_the_key_they_sign_with() {
    let desk = Desk::start().await;
    let ines =
        format!("Bearer {}", desk.token("Ines", "minio", Role::Member, "read,write,publish,bulk,members,keys").await);
    let put = async |path: &str, body: Value| {
        ask(desk.request(Method::PUT, path).header("authorization", &ines).json(&body)).await
    };
    let shown = desk.get("/account", &ines).await;
    assert_eq!((shown.status, &shown.body["daily"], &shown.body["key"]), (200, &json!(false), &Value::Null));
    assert_eq!(put("/account/letters", json!({ "daily": true })).await.body["daily"], json!(true));
    let key = |address: &str| {
        let at = desk.service.app.now();
        let made = candor::openpgp::Secret::make(&format!("Ines <{address}>"), at, None, candor::openpgp::random());
        made.expect("a key").certificate().to_armor()
    };
    let refused = put("/account/key", json!({ "openpgp": key("eve@example.org") })).await;
    assert_eq!((refused.status, &refused.body["field"]), (422, &json!("openpgp")), "{refused:?}");
    assert!(text(&refused.body["detail"]).contains("ines@example.org"), "{refused:?}");
    let kept = put("/account/key", json!({ "openpgp": key("ines@example.org") })).await;
    assert_eq!((kept.status, &kept.body["key"]["problem"]), (200, &Value::Null), "{kept:?}");
    assert_eq!(text(&kept.body["key"]["fingerprint"]).len(), 40);
    assert_eq!(put("/account/key", json!({ "openpgp": "" })).await.body["key"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_answers_a_date_says_which_and_one_that_took_its_place_is_not_agreed_to() {
    let desk = Desk::start().await;
    let (case, receipt) = desk.report().await;
    let team = format!("Bearer {}", desk.token("Mei", "minio", Role::Coordinator, "read,write").await);
    let put = async |days: i64| {
        let until = desk.service.app.now() + jiff::SignedDuration::from_hours(24 * days);
        let body = json!({ "command": "propose-embargo", "until": until, "text": "" });
        let put = desk.post(&format!("/cases/{case}/commands"), &team, body).await;
        assert_eq!(put.status, 200, "{put:?}");
        desk.get("/receipt", &receipt).await.body["embargo"].clone()
    };
    let read = put(30).await;
    let stands = put(60).await;
    assert_ne!(read["at"], stands["at"]);
    let answer = async |body: Value| desk.post("/receipt/embargo", &receipt, body).await;
    let unsaid = answer(json!({ "agree": true })).await;
    assert!(matches!(unsaid.status, 400 | 422) && unsaid.body.to_string().contains("asked"), "{unsaid:?}");
    let late = answer(json!({ "agree": true, "asked": read["at"] })).await;
    assert_eq!((late.status, &late.body["code"]), (422, &json!("asked-anew")), "{late:?}");
    assert_eq!(desk.get("/receipt", &receipt).await.body["embargo"]["agreed"], json!(false));
    let agreed = answer(json!({ "agree": true, "asked": stands["at"] })).await;
    assert_eq!(agreed.status, 200, "{agreed:?}");
    assert_eq!(desk.get("/receipt", &receipt).await.body["embargo"]["agreed"], json!(true));
    // Texts are answered the same way.
    for path in ["/receipt/summary", "/receipt/issue"] {
        let unsaid = desk.post(path, &receipt, json!({ "agree": true })).await;
        assert!(matches!(unsaid.status, 400 | 422) && unsaid.body.to_string().contains("asked"), "{path} {unsaid:?}");
    }
}
