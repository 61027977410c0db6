//! Every address that answers, and who gets what from it. The addresses are read from the program's own text and from the
//! API's description, so one that is not tried here fails. What came of it stands in docs/security/access.md.

use crate::support::service::{Service, answered};
use candor::accounts::{self, token, totp};
use candor::store::journal;
use candor_core::access::Role;
use jiff::{SignedDuration, Timestamp};
use reqwest::Client;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub const POLICY: &str = r#"
contacts = [{ role = "primary", email = "first@example.org" }]
[program]
slug = "store"
name = "Object Store"
[access]
first_look = ["coordinator", "analyst"]
[advisories]
namespace = "https://example.org"
[disclosure]
publish_on = "fix"
[credit]
default = "anonymous"
[[promises]]
name = "acknowledge"
what = "a first answer by a member of the team"
kept_by = "acknowledgement"
within = "48 hours"
"#;
const PASSWORD: &str = "a long enough password";

/// Who asks: name, and what they are to the case.
const PEOPLE: [(&str, &str); 14] = [
    ("nobody", "nobody is signed in"),
    ("holder", "holds the case's receipt"),
    ("stranger", "coordinates another program"),
    ("manager", "manages the desk, has no role"),
    ("outside", "analyst, not on the case"),
    ("removed", "analyst, taken off the case"),
    ("coordinates", "coordinator, not on the case"),
    ("observer", "observer on the case"),
    ("developer", "developer on the case"),
    ("approver", "approver on the case"),
    ("analyst", "analyst on the case"),
    ("member", "member on the case"),
    ("coordinator", "coordinator on the case"),
    ("elsewhere", "the same, by a token for another program"),
];

pub struct House {
    pub service: Service,
    /// A browser and a header of authorization for each.
    pub people: BTreeMap<&'static str, (Client, String)>,
    pub case: String,
    pub file: String,
}

impl House {
    pub async fn open() -> Self {
        let other = POLICY.replace("\"store\"", "\"other\"").replace("Object Store", "Other");
        let service = Service::start(&[POLICY, &other], |config| config.signin_rate = 0).await;
        service.app.set_clock("2026-03-02T09:00:00Z".parse::<Timestamp>().expect("an instant"));
        let report = json!({ "title": "CANARY-TITLE", "description": "CANARY-TEXT" });
        let body = reqwest::multipart::Form::new()
            .part(
                "report",
                reqwest::multipart::Part::text(report.to_string()).mime_str("application/json").expect("JSON"),
            )
            .part("files", reqwest::multipart::Part::text("CANARY-FILE").file_name("proof.txt"));
        let filed = Client::new().post(service.at("/api/v1/programs/store/reports")).multipart(body).send().await;
        let filed: Value = filed.expect("an answer").json().await.expect("JSON");
        let word = |name: &str| filed[name].as_str().unwrap_or_else(|| panic!("{filed}")).to_owned();
        let (case, receipt) = (word("case"), word("receipt"));
        let mut house = Self { service, people: BTreeMap::new(), case, file: String::new() };
        house.add("nobody", None, String::new());
        house.add("holder", None, format!("Receipt {receipt}"));
        let mut ids = BTreeMap::new();
        for (name, program, role) in [
            ("coordinates", "store", Some(Role::Coordinator)),
            ("coordinator", "store", Some(Role::Coordinator)),
            ("stranger", "other", Some(Role::Coordinator)),
            ("manager", "store", None),
            ("outside", "store", Some(Role::Analyst)),
            ("removed", "store", Some(Role::Analyst)),
            ("observer", "store", Some(Role::Observer)),
            ("developer", "store", Some(Role::Developer)),
            ("approver", "store", Some(Role::Approver)),
            ("analyst", "store", Some(Role::Analyst)),
            ("member", "store", Some(Role::Member)),
        ] {
            ids.insert(name, house.signed_in(name, program, role).await);
        }
        for (who, what) in [
            ("coordinator", "put-on"),
            ("observer", "put-on"),
            ("developer", "put-on"),
            ("approver", "put-on"),
            ("analyst", "put-on"),
            ("member", "put-on"),
            ("removed", "put-on"),
            ("removed", "take-off"),
        ] {
            let put = json!({ "command": what, "member": ids[who] });
            let (client, token) = &house.people["coordinator"];
            let at = house.service.at(&format!("/api/v1/cases/{}/commands", house.case));
            let done = client.post(at).header("authorization", token).json(&put).send().await.expect("an answer");
            assert_eq!(done.status(), 200, "{who}: {}", done.text().await.unwrap_or_default());
        }
        let scopes = token::Scopes::parse("read,write,members,in:other").expect("scopes");
        let only = token::make(&house.service.app, &ids["coordinator"].as_str().into(), "test", scopes, 300).await;
        house.add("elsewhere", None, format!("Bearer {}", only.expect("the token is made").secret));
        let (client, token) = &house.people["coordinator"];
        let at = house.service.at(&format!("/api/v1/cases/{}", house.case));
        let whole = client.get(at).header("authorization", token).send().await.expect("an answer").text().await;
        let whole: Value = serde_json::from_str(&whole.expect("a body")).expect("JSON");
        house.file = whole["files"][0]["id"].as_str().unwrap_or_else(|| panic!("{whole}")).to_owned();
        house
    }

    fn add(&mut self, name: &'static str, cookies: Option<HeaderMap>, token: String) {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none());
        let client = client.default_headers(cookies.unwrap_or_default()).build().expect("a client");
        self.people.insert(name, (client, token));
    }

    async fn signed_in(&mut self, name: &'static str, program: &str, role: Option<Role>) -> String {
        let app = &self.service.app;
        app.set_clock(app.now() + SignedDuration::from_secs(1));
        let roles: Vec<_> = role.into_iter().map(|role| (program.to_owned(), role)).collect();
        let email = format!("{name}@team.example");
        let (id, secret) =
            accounts::add_ready(app, name, &email, PASSWORD, &roles, role.is_none()).await.expect("the member is made");
        let scopes = token::Scopes::parse("read,write,publish,bulk,members,keys,admin").expect("scopes");
        let token = token::make(app, &id, "test", scopes, 300).await.expect("the token is made");
        let browser = self.service.browser();
        let code = totp::code(&secret, app.now()).expect("a code");
        let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
        let who = [("email", email.as_str()), ("password", PASSWORD), ("code", &code)];
        let page = browser.post("/desk/sign-in", &answered(form, &who)).await;
        assert_eq!(page.status, 303, "{}", page.body);
        let cookie = page.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        let headers =
            HeaderMap::from_iter([(reqwest::header::COOKIE, HeaderValue::try_from(cookie).expect("a cookie"))]);
        self.add(name, Some(headers), format!("Bearer {}", token.secret));
        id.0
    }

    /// An address of the table with the case's own parts.
    fn address(&self, path: &str, case: &str) -> String {
        path.replace("/cases/{case}/files/{id}", &format!("/cases/{{case}}/files/{}", self.file))
            .replace("{case}", case)
            .replace("{file}", &self.file)
            .replace("{format}", "json")
            .replace("{label}", "amber")
            .replace("{act}", "note")
            .replace("{program}", "store")
            .replace("{id}", "nothing")
            .replace("{number}", "nothing")
            .replace("{secret}", "nothing")
            .replace("{link}", "nothing")
            .replace("{name}", "nothing")
    }

    async fn get(&self, who: &str, path: &str) -> (u16, String, String) {
        let (client, token) = &self.people[who];
        let mut request = client.get(self.service.at(path));
        if path.starts_with("/api/") && !token.is_empty() {
            request = request.header("authorization", token);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap_or_default().to_owned());
        (status, to.unwrap_or_default(), answer.text().await.unwrap_or_default())
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every address below `/desk`, `/receipt` and the like, with what may be sent to it: from the text of the rooms.
fn pages() -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut found: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    let mut folders = vec![root().join("crates/candor/src/web")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for part in text.split(".route(").skip(1) {
                let Some(address) = part.trim_start().strip_prefix('"').and_then(|it| it.split('"').next()) else {
                    continue;
                };
                let rest = part.split(".route(").next().unwrap_or_default();
                let rest = rest.split("\n        .").next().unwrap_or_default();
                for method in ["get", "post"] {
                    if rest.contains(&format!("{method}(")) {
                        found.entry(address.to_owned()).or_default().insert(method);
                    }
                }
            }
        }
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

/// The API's addresses, from its description.
fn api() -> BTreeMap<String, BTreeSet<&'static str>> {
    let document = candor::api::document();
    let paths = document["paths"].as_object().expect("paths");
    let of = |methods: &Value| {
        ["get", "post"].into_iter().filter(|method| methods.get(*method).is_some()).collect::<BTreeSet<_>>()
    };
    paths
        .iter()
        .map(|(path, methods)| (format!("/api/v1{}", path.strip_prefix("/api/v1").unwrap_or(path)), of(methods)))
        .collect()
}

/// What an answer means, in a word.
fn word(status: u16, to: &str) -> String {
    match status {
        200 => "yes".into(),
        303 if to.starts_with("/desk/sign-in") => "sign in".into(),
        303 if to == "/receipt" => "receipt".into(),
        303 => "on".into(),
        401 => "sign in".into(),
        403 => "refused".into(),
        404 => "absent".into(),
        422 => "not yet".into(),
        other => other.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r1_every_address_answers_each_role_as_the_page_says_and_the_absent_like_the_forbidden() {
    let house = House::open().await;
    let mut table = String::from("| address |");
    for (_, what) in PEOPLE {
        table += &format!(" {what} |");
    }
    table += &format!("\n|---|{}\n", "---|".repeat(PEOPLE.len()));
    let all: Vec<_> = pages().into_iter().chain(api()).filter(|(_, methods)| methods.contains("get")).collect();
    for (path, _) in &all {
        // These say nothing of anybody, or belong to operation.
        if path.contains("{*") {
            continue;
        }
        table += &format!("| `{path}` |");
        for (who, _) in PEOPLE {
            let (status, to, body) = house.get(who, &house.address(path, &house.case)).await;
            assert!(status < 500, "{path} as {who}: {status}");
            let on = ["observer", "developer", "approver", "analyst", "member", "coordinator"].contains(&who);
            assert!(
                on || !body.contains("CANARY") || (who == "holder" && path.contains("receipt")),
                "{path} as {who}: {body}"
            );
            let about_case = path.contains("{case}");
            if about_case
                && ["nobody", "stranger", "manager", "outside", "removed", "holder", "elsewhere"].contains(&who)
            {
                let absent = house.get(who, &house.address(path, "00000-00000")).await;
                let here = |text: &str, case: &str| text.replace(case, "");
                assert_eq!(
                    (status, here(&to, &house.case), here(&body, &house.case)),
                    (absent.0, here(&absent.1, "00000-00000"), here(&absent.2, "00000-00000")),
                    "{path} as {who}: what is not theirs looks like what is not there"
                );
            }
            table += &format!(" {} |", word(status, &to));
        }
        table += "\n";
    }
    compare("addresses", &table);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_w8_no_address_changes_anything_without_its_token_or_from_another_site() {
    let house = House::open().await;
    let journal = async || journal::load(&house.service.app.store, &house.case).await.expect("it reads").len();
    let before = journal().await;
    let (client, _) = &house.people["coordinator"];
    for (path, _) in pages().into_iter().filter(|(_, methods)| methods.contains("post")) {
        let at = house.service.at(&house.address(&path, &house.case));
        let form = [("text", "CANARY"), ("checked", "on")];
        let without = client.post(&at).form(&form).send().await.expect("an answer").status().as_u16();
        assert!(
            (400..500).contains(&without) || path == "/receipt" || without == 303,
            "{path} without a token: {without}"
        );
        let foreign = client.post(&at).header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
        let foreign = foreign.form(&form).send().await.expect("an answer").status().as_u16();
        assert_eq!(foreign, 403, "{path} from another site");
    }
    assert_eq!(journal().await, before);
    assert_eq!(house.get("coordinator", "/desk").await.0, 200, "still signed in");
    for path in ["/desk/sign-out", "/receipt/sign-out", "/party/leave"] {
        let (status, ..) = house.get("coordinator", path).await;
        assert_eq!(status, 405, "{path} is not asked with GET");
    }
}

/// Compares a generated part of docs/security/access.md, or writes it with `UPDATE=1`.
pub fn compare(part: &str, table: &str) {
    let path = root().join("docs/security/access.md");
    let page = std::fs::read_to_string(&path).expect("docs/security/access.md is there");
    let (begin, end) = (format!("<!-- {part}: generated -->\n"), format!("<!-- {part}: end -->"));
    let (head, rest) = page.split_once(&begin).expect("the page has the part");
    let (known, tail) = rest.split_once(&end).expect("the part has an end");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{head}{begin}\n{table}\n{end}{tail}")).expect("the page is written");
        return;
    }
    if known.trim().is_empty() {
        println!("docs/security/access.md has no table yet: run this test with `UPDATE=1`");
        return;
    }
    assert!(known.trim() == table.trim(), "docs/security/access.md is behind: run this test with `UPDATE=1`\n{table}");
}
