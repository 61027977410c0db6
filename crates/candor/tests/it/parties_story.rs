//! Outside parties of a case: invited by mail and a second proof, each with a cut of their own.

use crate::support::places::everybody;
use crate::support::service::{Browser, Page, Service, answered};
use candor::accounts::{self, token};
use candor::config::MailOut;
use candor::execute::{load_case, parties};
use candor::mail::dir;
use candor::mail::reading::read;
use candor::worker;
use candor_core::access::{Actor, Role};
use candor_core::id::CaseId;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const STRAPI: &str = include_str!("../../../../examples/policies/strapi.toml");

pub struct House {
    pub service: Service,
    pub token: String,
    pub case: String,
}

impl House {
    pub async fn open() -> Self {
        let service = Service::start(&[&everybody(STRAPI)], |_| ()).await;
        service.app.set_clock("2026-03-02T09:00:00Z".parse::<Timestamp>().expect("an instant"));
        let roles = [("strapi".to_owned(), Role::Coordinator)];
        let (id, _) =
            accounts::add_ready(&service.app, "Ines", "ines@team.example", "a long enough password", &roles, false)
                .await
                .expect("the member is made");
        let scopes = token::Scopes::parse("read,write,publish,bulk,members,keys").expect("scopes");
        let token = token::make(&service.app, &id, "test", scopes, 300).await.expect("the token is made").secret;
        let mut house = Self { service, token, case: String::new() };
        let report =
            json!({ "title": "CANARY-TITLE", "description": "CANARY-TEXT", "reporter": { "name": "CANARY-NAME" } });
        let filed = house.ask(Method::POST, "/programs/strapi/reports", report).await;
        house.case = filed.1["case"].as_str().expect("a number").to_owned();
        house.does(json!({ "command": "note", "text": "CANARY-NOTE" })).await;
        house
    }

    pub async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = reqwest::Client::new()
            .request(method, self.service.at(&format!("/api/v1{path}")))
            .bearer_auth(&self.token)
            .json(&body);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    pub async fn does(&self, command: Value) -> Value {
        let (status, body) = self.ask(Method::POST, &format!("/cases/{}/commands", self.case), command).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Invites somebody; gives the path of the link in their letter, and the code.
    pub async fn invite(&self, name: &str) -> (String, String) {
        self.does(json!({
            "command": "invite-party", "kind": "maintainer", "name": name, "organisation": "Koa",
            "email": format!("{name}@party.example"), "until": "2026-06-01T00:00:00Z",
        }))
        .await;
        worker::deliver_once(&self.service.app).await.expect("letters leave");
        let letter = self.letter(&format!("{name}@party.example"));
        assert!(!letter.contains("CANARY"), "{letter}");
        let at = letter.find("/party/").expect("a link");
        let link = letter[at..].split(|c: char| c.is_whitespace() || c == '>').next().expect("a link").to_owned();
        let case = load_case(&self.service.app, &Actor::Clock, &CaseId(self.case.clone())).await.expect("the case");
        let keys = self.service.app.keys().expect("keys");
        let code = parties::code(keys, &case.id, &case.parties.last().expect("a party").invitation);
        assert!(!letter.contains(&code), "the second proof goes another way");
        (link, code)
    }

    /// The newest letter to an address.
    pub fn letter(&self, to: &str) -> String {
        let MailOut::Dir(folder) = &self.service.app.config.mail else { panic!("no folder") };
        let letters = dir::list(folder).expect("letters");
        let shown = letters
            .iter()
            .map(|letter| read(&dir::read(folder, &letter.name).expect("it reads").expect("there is one")));
        shown.into_iter().find(|letter| letter.to.contains(to)).expect("a letter").text
    }

    /// Accepts an invitation; gives the browser and the key.
    pub async fn join(&self, link: &str, code: &str) -> (Browser, String) {
        let browser = self.service.browser();
        let page = browser.get(link).await;
        let page = browser.post(link, &answered(page.form(link), &[("code", code), ("accept", "on")])).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let key = page.texts("#party-key").remove(0);
        (browser, key)
    }
}

fn tells_nothing(page: &Page) {
    assert!(!page.body.contains("CANARY"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_an_outside_maintainer_has_a_view_a_statement_and_dates_of_their_own() {
    let house = House::open().await;
    let (link, code) = house.invite("mira").await;
    let (browser, key) = house.join(&link, &code).await;
    house.does(json!({ "command": "tell-party", "party": 0, "text": "Your router runs a path twice." })).await;
    let page = browser.get("/party").await;
    tells_nothing(&page);
    assert!(page.body.contains("Your router runs a path twice."), "{}", page.body);
    assert!(page.body.contains("What I read here stays with those who need it"), "what they accepted is on their page");

    let sent = browser.post("/party/write", &answered(page.form("/party/write"), &[("text", "We see it, too.")])).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let wrong = answered(page.form("/party/state"), &[("status", "affected"), ("fix_on", "soon")]);
    let wrong = browser.post("/party/state", &wrong).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("When you have a fix: "), "{}", wrong.body);
    let stated = answered(page.form("/party/state"), &[("status", "affected"), ("fix_on", "2026-04-20")]);
    assert_eq!(browser.post("/party/state", &stated).await.status, 303);
    let page = browser.get("/party").await;
    assert!(page.body.contains("affected; a fix on"), "{}", page.body);

    let (_, case) = house.ask(Method::GET, &format!("/cases/{}", house.case), json!(null)).await;
    let acts: Vec<_> = case["journal"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|entry| entry["event"] == "party")
        .map(|entry| entry["act"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(acts, ["invited", "joined", "told", "wrote", "stated"]);

    // With the key they come back; when it is ended, they do not.
    let other = house.service.browser();
    let enter = other.get("/party").await;
    let enter = answered(enter.form("/party"), &[("key", &key)]);
    assert_eq!(other.post("/party", &enter).await.status, 303);
    assert!(other.get("/party").await.body.contains("We see it, too."));
    house.does(json!({ "command": "end-party", "party": 0, "reason": "It is public now." })).await;
    for page in [other.get("/party").await, browser.get("/party").await] {
        tells_nothing(&page);
        assert!(page.body.contains("Enter the key") && !page.body.contains("Your router"), "{}", page.body);
    }
    assert_eq!(other.post("/party", &enter).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_parties_see_nothing_of_each_other_and_nothing_after_their_time() {
    let house = House::open().await;
    let (link, code) = house.invite("mira").await;
    let (mira, key) = house.join(&link, &code).await;
    let (link, code) = house.invite("noor").await;
    let (noor, _) = house.join(&link, &code).await;
    house.does(json!({ "command": "tell-party", "party": 0, "text": "For Mira alone." })).await;
    assert!(mira.get("/party").await.body.contains("For Mira alone."));
    let page = noor.get("/party").await;
    tells_nothing(&page);
    assert!(!page.body.contains("Mira") && !page.body.contains("mira"), "{}", page.body);
    house.service.app.set_clock("2026-06-01T00:00:01Z".parse::<Timestamp>().expect("an instant"));
    let late = house.service.browser();
    let form = late.get("/party").await.form("/party");
    assert_eq!(late.post("/party", &answered(form, &[("key", &key)])).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_s6_an_invitation_is_used_once_by_a_post_with_the_code_and_not_after_its_end() {
    let house = House::open().await;
    let (link, code) = house.invite("mira").await;
    let scanner = house.service.browser();
    let nothing = scanner.get(&format!("/party/{}", "0".repeat(32))).await;
    for _ in 0..3 {
        let page = scanner.get(&link).await;
        assert_eq!(page.status, 200, "looking uses nothing up");
        tells_nothing(&page);
    }
    let form = scanner.get(&link).await.form(&link);
    for wrong in [vec![("accept", "on")], vec![("code", code.as_str())], vec![("code", "0000-0000"), ("accept", "on")]]
    {
        assert_eq!(scanner.post(&link, &answered(form.clone(), &wrong)).await.status, 422, "{wrong:?}");
    }
    house.join(&link, &code).await;
    for page in
        [scanner.get(&link).await, scanner.post(&link, &answered(form, &[("code", &code), ("accept", "on")])).await]
    {
        assert_eq!((page.status, &page.body), (StatusCode::NOT_FOUND, &nothing.body), "used up, as if it never was");
    }
    let (link, _) = house.invite("noor").await;
    house.does(json!({ "command": "end-party", "party": 1, "reason": "" })).await;
    house.service.app.set_clock(house.service.app.now() + SignedDuration::from_mins(2));
    assert_eq!(scanner.get(&link).await.body, nothing.body);
    // After three days, and when the case is over, it opens nothing either; the code of another opens it at no time.
    let (late, late_code) = house.invite("otto").await;
    let (_, other_code) = house.invite("pia").await;
    let form = scanner.get(&late).await.form(&late);
    let others = answered(form, &[("code", &other_code), ("accept", "on")]);
    assert_eq!(scanner.post(&late, &others).await.status, 422, "bound to the one it was made for");
    house.service.app.set_clock(house.service.app.now() + SignedDuration::from_hours(72));
    let (closed, _) = house.invite("quim").await;
    // A form that is good, but for the link it is sent to.
    let form = scanner.get(&closed).await.form(&closed);
    let with_code = answered(form, &[("code", &late_code), ("accept", "on")]);
    for page in [scanner.get(&late).await, scanner.post(&late, &with_code).await] {
        assert_eq!((page.status, &page.body), (StatusCode::NOT_FOUND, &nothing.body), "too old");
    }
    house.does(json!({ "command": "dismiss", "outcome": { "outcome": "spam" }, "text": "Not ours." })).await;
    assert_eq!(scanner.get(&closed).await.body, nothing.body, "the case is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_s6_the_code_of_a_party_cannot_be_tried_out_by_whoever_reads_their_mail() {
    let house = House::open().await;
    let (link, code) = house.invite("mira").await;
    let thief = house.service.browser();
    let form = thief.get(&link).await.form(&link);
    let mut held = 0;
    for number in 0..12 {
        let guess = answered(form.clone(), &[("code", &format!("0000-00{number:02}")), ("accept", "on")]);
        let page = thief.post(&link, &guess).await;
        if page.status == StatusCode::TOO_MANY_REQUESTS {
            held += 1;
            assert!(page.header("retry-after").parse::<u64>().is_ok_and(|seconds| 0 < seconds), "{}", page.body);
            tells_nothing(&page);
        }
    }
    assert!(7 <= held, "{held} of 12 were not looked at");
    house.service.app.set_clock(house.service.app.now() + SignedDuration::from_hours(1));
    house.join(&link, &code).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r9_an_outsider_reads_no_address_of_the_team_and_no_name_of_who_does_not_write_to_them() {
    let house = House::open().await;
    let roles = [("strapi".to_owned(), Role::Analyst)];
    for name in ["Quentin Unseen", "Zora Unseen"] {
        let email = format!("{}@team.example", name.split(' ').next().expect("a word").to_lowercase());
        accounts::add_ready(&house.service.app, name, &email, "a long enough password", &roles, false)
            .await
            .expect("the member is made");
    }
    let (link, code) = house.invite("mira").await;
    let (mira, _) = house.join(&link, &code).await;
    house.does(json!({ "command": "tell-party", "party": 0, "text": "Your router runs a path twice." })).await;
    let report = json!({ "title": "Mine", "description": "It is so." });
    let (_, filed) = house.ask(Method::POST, "/programs/strapi/reports", report).await;
    let receipt = filed["receipt"].as_str().expect("a receipt");
    let holder = house.service.browser();
    let enter = answered(holder.get("/receipt").await.form("/receipt"), &[("receipt", receipt)]);
    assert_eq!(holder.post("/receipt", &enter).await.status, 303);
    let mut pages = Vec::new();
    for path in ["/party", "/", "/strapi/", "/strapi/policy", "/api/docs", "/desk/settings", "/desk/search?q=team"] {
        pages.push(mira.get(path).await);
    }
    for path in ["/receipt", "/receipt/report", "/desk", "/desk/settings"] {
        pages.push(holder.get(path).await);
    }
    for path in ["/programs", "/programs/strapi", "/receipt", "/cases", "/search?q=team", "/hooks"] {
        let client = reqwest::Client::new().get(house.service.at(&format!("/api/v1{path}")));
        let answer = client.header("authorization", format!("Receipt {receipt}")).send().await.expect("an answer");
        pages.push(Page::of(answer).await);
    }
    for page in pages {
        for word in ["@team.example", "Unseen", "unseen", "quentin", "zora"] {
            assert!(!page.body.contains(word), "{word}: {}", page.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_what_a_party_does_on_their_page_they_do_by_the_api_and_see_no_more() {
    let house = House::open().await;
    let (link, code) = house.invite("mira").await;
    let (_, key) = house.join(&link, &code).await;
    house.does(json!({ "command": "tell-party", "party": 0, "text": "Your router runs a path twice." })).await;
    let ask = async |method: Method, path: &str, key: &str, body: Option<Value>| {
        let client = reqwest::Client::new().request(method, house.service.at(&format!("/api/v1{path}")));
        let client = client.header("authorization", format!("Party {key}"));
        let request = match body {
            Some(body) => client.json(&body),
            None => client,
        };
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    let (status, sent) = ask(Method::POST, "/party/messages", &key, Some(json!({ "text": "We see it, too." }))).await;
    assert_eq!((status, &sent), (200, &json!({ "done": true })), "nothing of the case comes back");
    let statement = json!({ "status": "affected", "fix_on": "2026-04-20T00:00:00Z", "text": "In 3.1." });
    assert_eq!(ask(Method::POST, "/party/statement", &key, Some(statement.clone())).await.0, 200);
    let (status, view) = ask(Method::GET, "/party", &key, None).await;
    assert_eq!(status, 200);
    assert!(!view.to_string().contains("CANARY"), "{view}");
    assert_eq!(view["statement"], statement);
    let acts: Vec<_> = view["thread"].as_array().into_iter().flatten().map(|line| line["act"].clone()).collect();
    assert_eq!(acts, ["joined", "wrote", "wrote", "stated"]);
    assert_eq!(ask(Method::POST, "/party/messages", &key, Some(json!({ "text": "" }))).await.0, 422);
    let wrong = ask(Method::GET, "/party", "00000-00000-00000-00000-00000-0", None).await;
    assert_eq!(wrong.0, 401);
    house.does(json!({ "command": "end-party", "party": 0, "reason": "It is public now." })).await;
    assert_eq!(ask(Method::GET, "/party", &key, None).await, wrong, "ended answers like wrong");
    for path in ["/cases", "/receipt", "/hooks"] {
        assert_eq!(ask(Method::GET, path, &key, None).await.0, 401, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r8_what_a_party_gets_is_marked_and_said_to_be_and_a_leaked_copy_is_told_by_page_api_and_command_line() {
    let house = House::open().await;
    let mut people = Vec::new();
    for (party, name) in ["mira", "noor", "otto", "pia", "quim"].into_iter().enumerate() {
        let (link, code) = house.invite(name).await;
        assert!(house.service.browser().get(&link).await.body.contains("Every text you get here is marked"), "openly");
        let (browser, _) = house.join(&link, &code).await;
        let text = "Your router runs a path twice, once before it has asked who is there at all.";
        house.does(json!({ "command": "tell-party", "party": party, "text": text })).await;
        people.push((name, browser));
    }
    let whose = async |text: &str, name: &str| {
        let asked = json!({ "text": text, "name": name });
        let (status, found) = house.ask(Method::POST, &format!("/cases/{}/whose-mark", house.case), asked).await;
        assert_eq!(status, 200, "{found}");
        let named = found["recipients"].as_array().into_iter().flatten().filter(|one| one["named"] == true);
        named.map(|one| one["name"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let folder = tempfile::tempdir().expect("a folder");
    for (name, browser) in &people {
        let file = browser.get("/party/document").await;
        assert_eq!(file.status, 200);
        assert!(file.header("content-disposition").starts_with("attachment"));
        let whole = format!("{name}, Koa");
        assert!(file.body.contains("Your router runs a path twice"), "{}", file.body);
        // Without reference, name and head: the words and the line under them, as on the page.
        let page = browser.get("/party").await;
        let line = page.texts(".thread .muted").into_iter().find(|line| line.contains("Reference")).expect("a line");
        let (before, after) = line.split_once("Reference ").expect("a reference");
        let quoted = format!("> your router runs a path twice\n> {} {}", before, &after["K7QX-9MD2. ".len()..]);
        assert_eq!(whose(&quoted.to_uppercase(), "").await, std::slice::from_ref(&whole), "{quoted}");
        assert_eq!(whose(&file.body.replace('\n', "\r\n"), "copy.txt").await, std::slice::from_ref(&whole));
        // Saved as UTF-16 and asked about on the command line.
        let wide: Vec<u8> =
            std::iter::once(0xfeff).chain(file.body.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let at = folder.path().join("leaked.txt");
        std::fs::write(&at, wide).expect("written");
        let (at, case) = (at.display().to_string(), house.case.clone());
        let (url, token) = (house.service.url.clone(), house.token.clone());
        let ran = tokio::task::spawn_blocking(move || {
            let words = ["case", "whose-mark", &case, &at];
            std::process::Command::new(crate::support::binary::CANDOR)
                .args(words)
                .env("CANDOR_SERVER", url)
                .env("CANDOR_TOKEN", token)
                .output()
                .expect("it runs")
        });
        let said = String::from_utf8(ran.await.expect("it ran").stdout).expect("text");
        assert!(said.starts_with(&format!("{whole} (party ")) && said.contains("named by their reference"), "{said}");
    }
    assert_eq!(whose("Nothing of ours stands here.", "").await, Vec::<String>::new());
    let nobody = house.service.browser().get("/party/document").await;
    assert_eq!(nobody.status, 303, "the file is the holder's alone");
}
