//! What a program with a token may do, and in which programs; and what becomes of it when its member goes.

use crate::access_matrix::POLICY;
use crate::support::service::{Service, answered};
use candor::accounts::{self, token, totp};
use candor::execute::load_case;
use candor_core::access::{Actor, Role};
use candor_core::id::{CaseId, MemberId};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method};
use serde_json::{Value, json};

const PASSWORD: &str = "tin harbour sleeps early";

struct House {
    service: Service,
    ines: MemberId,
    secret: Vec<u8>,
    /// A case of each program.
    store: String,
    other: String,
}

impl House {
    async fn open() -> Self {
        let other = POLICY.replace("\"store\"", "\"other\"").replace("Object Store", "Other");
        let service = Service::start(&[POLICY, &other], |config| config.signin_rate = 0).await;
        service.app.set_clock("2026-03-02T09:00:00Z".parse::<Timestamp>().expect("an instant"));
        let roles = [("store".to_owned(), Role::Coordinator), ("other".to_owned(), Role::Coordinator)];
        let (ines, secret) = accounts::add_ready(&service.app, "Ines", "ines@team.example", PASSWORD, &roles, true)
            .await
            .expect("the member is made");
        let secret = secret.to_vec();
        let mut house = Self { service, ines, secret, store: String::new(), other: String::new() };
        for program in ["store", "other"] {
            let report = json!({ "title": format!("CANARY-{program}"), "description": "It is so." });
            let (status, filed) =
                house.ask("", Method::POST, &format!("/programs/{program}/reports"), Some(report)).await;
            assert_eq!(status, 201, "{filed}");
            let case = filed["case"].as_str().expect("a number").to_owned();
            if program == "store" { house.store = case } else { house.other = case }
        }
        house
    }

    async fn token(&self, scopes: &str) -> (String, String) {
        let scopes = token::Scopes::parse(scopes).expect("scopes");
        let made = token::make(&self.service.app, &self.ines, "test", scopes, 30).await.expect("the token is made");
        (made.secret, made.id)
    }

    async fn ask(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = Client::new().request(method, self.service.at(&format!("/api/v1{path}")));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// How many looks at the case of the store are on record.
    async fn looks(&self) -> usize {
        let case = load_case(&self.service.app, &Actor::Clock, &CaseId(self.store.clone())).await.expect("the case");
        case.seen.len()
    }

    async fn note(&self, token: &str, case: &str) -> u16 {
        let note = json!({ "command": "put-on", "member": self.ines });
        self.ask(token, Method::POST, &format!("/cases/{case}/commands"), Some(note)).await.0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_j6_a_token_that_only_writes_is_told_nothing_of_what_was_written_meanwhile() {
    let house = House::open().await;
    let (writes, _) = house.token("write").await;
    let (both, _) = house.token("read,write").await;
    assert_eq!(house.note(&writes, &house.store).await, 200, "Ines is on the case");
    let path = format!("/cases/{}/commands", house.store);
    let old = json!({ "command": "note", "text": "A word.", "seen": 0 });
    let (status, told) = house.ask(&writes, Method::POST, &path, Some(old.clone())).await;
    assert_eq!((status, &told["code"]), (409, &json!("stale")), "{told}");
    assert_eq!(house.looks().await, 0);
    assert!(!told.to_string().contains("CANARY") && told["since"].as_array().is_none_or(Vec::is_empty), "{told}");
    // With the scope it is a look as any other: on record, and in the budget.
    let (status, told) = house.ask(&both, Method::POST, &path, Some(old)).await;
    assert_eq!(status, 409, "{told}");
    assert!(told.to_string().contains("CANARY"), "{told}");
    assert_eq!(house.looks().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_j6_a_token_for_one_program_knows_no_case_of_another() {
    let house = House::open().await;
    let (everywhere, _) = house.token("read,write").await;
    let (here, _) = house.token("read,write,in:store").await;
    let absent = house.ask(&here, Method::GET, "/cases/00000-00000", None).await;
    for (case, sees) in [(&house.store, true), (&house.other, false)] {
        let (status, body) = house.ask(&here, Method::GET, &format!("/cases/{case}"), None).await;
        assert_eq!(status == 200, sees, "{body}");
        assert!(sees || (status, &body) == (absent.0, &absent.1), "as if it were not there: {body}");
        assert_eq!(house.note(&here, case).await == 200, sees);
        assert_eq!(house.ask(&everywhere, Method::GET, &format!("/cases/{case}"), None).await.0, 200);
    }
    for (path, what) in [("/cases", "queue"), ("/search?q=canary", "search")] {
        let (status, body) = house.ask(&here, Method::GET, path, None).await;
        assert_eq!(status, 200, "{body}");
        assert!(!body.to_string().contains(&house.other), "{what}: {body}");
    }
    let daily = json!({ "daily": true });
    for (token, status) in [(&here, 403), (&everywhere, 200)] {
        let put = house.ask(token, Method::PUT, "/account/letters", Some(daily.clone())).await;
        assert_eq!(put.0, status, "the account belongs to no program: {}", put.1);
    }
    for wrong in ["read,in:nothing", "in:store", "admin,in:store"] {
        let scopes = token::Scopes::parse(wrong).expect("it reads");
        assert!(token::make(&house.service.app, &house.ines, "test", scopes, 30).await.is_err(), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_j6_a_token_does_what_its_scope_says_and_nothing_else_and_only_in_its_header() {
    let house = House::open().await;
    let (read, id) = house.token("read").await;
    let (write, _) = house.token("write").await;
    let (both, _) = house.token("read,write").await;
    let (admin, _) = house.token("read,write,admin").await;
    let case = format!("/cases/{}", house.store);
    assert_eq!(house.ask(&read, Method::GET, &case, None).await.0, 200);
    assert_eq!(house.note(&read, &house.store).await, 403);
    assert_eq!(house.ask(&write, Method::GET, &case, None).await.0, 403);
    assert_eq!(house.note(&write, &house.store).await, 200);
    // She manages the desk; her token for cases does not.
    for (token, status) in [(&read, 403), (&both, 403), (&admin, 200)] {
        assert_eq!(house.ask(token, Method::GET, "/hooks", None).await.0, status);
    }
    // Services to sign in with: listed, set up, changed and removed by the same right; their secret never comes out.
    let services = "/sign-in-services";
    assert_eq!(house.ask(&both, Method::GET, services, None).await.0, 403);
    let new = serde_json::json!({ "name": "office", "title": "Office", "issuer": "https://id.example.org", "client": "desk",
        "secret": "CANARY of the desk" });
    assert_eq!(house.ask(&both, Method::POST, services, Some(new.clone())).await.0, 403);
    assert_eq!(house.ask(&admin, Method::POST, services, Some(new.clone())).await.0, 200);
    assert_eq!(house.ask(&admin, Method::POST, services, Some(new)).await.0, 422, "one of a name");
    let one = "/sign-in-services/office";
    let change = serde_json::json!({ "title": "The office", "two_factors": true });
    assert_eq!(house.ask(&both, Method::PUT, one, Some(change.clone())).await.0, 403);
    assert_eq!(house.ask(&admin, Method::PUT, one, Some(change)).await.0, 200);
    let elsewhere = serde_json::json!({ "issuer": "https://evil.example" });
    assert!((400..500).contains(&house.ask(&admin, Method::PUT, one, Some(elsewhere)).await.0), "the issuer stays");
    let (status, listed) = house.ask(&admin, Method::GET, services, None).await;
    let office = &listed["services"][0];
    assert_eq!(
        (status, &office["title"], &office["has_secret"]),
        (200, &"The office".into(), &true.into()),
        "{listed}"
    );
    assert!(!listed.to_string().contains("CANARY"));
    assert_eq!(house.ask(&both, Method::POST, "/sign-in-services/office/remove", None).await.0, 403);
    assert_eq!(house.ask(&admin, Method::POST, "/sign-in-services/office/remove", None).await.0, 200);
    assert_eq!(house.ask(&admin, Method::POST, "/sign-in-services/office/remove", None).await.0, 404);
    for at in [format!("{case}?token={read}"), format!("{case}?access_token={read}"), format!("{case}?Bearer={read}")] {
        assert!([400, 401].contains(&house.ask("", Method::GET, &at, None).await.0), "{at}");
    }
    let client = Client::new();
    let twice = client.get(house.service.at(&format!("/api/v1{case}"))).bearer_auth(&read).bearer_auth(&both);
    assert_eq!(twice.send().await.expect("an answer").status(), 401, "two tokens are none");
    let cookie = client.get(house.service.at(&format!("/api/v1{case}"))).header("cookie", format!("candor={read}"));
    assert_eq!(cookie.send().await.expect("an answer").status(), 401);
    let desk = client.get(house.service.at("/desk/settings")).header("cookie", format!("candor={read}"));
    let desk = desk.send().await.expect("an answer");
    assert!(desk.url().path().starts_with("/desk/sign-in"), "a token is no session");
    // Its last use is known, and it ends at once.
    let listed = token::list(&house.service.app, &house.ines).await.expect("they read");
    assert!(listed.iter().any(|row| row.id == id && row.used.is_some()));
    token::revoke(&house.service.app, &house.ines, &id).await.expect("it is revoked");
    assert_eq!(house.ask(&read, Method::GET, &case, None).await.0, 401);
    house.service.app.set_clock(house.service.app.now() + SignedDuration::from_hours(30 * 24));
    assert_eq!(house.ask(&both, Method::GET, &case, None).await.0, 401, "it ran out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_s7_a_role_that_goes_takes_open_pages_and_tokens_along() {
    let house = House::open().await;
    let (token, _) = house.token("read,write").await;
    let browser = house.service.browser();
    let code = totp::code(&house.secret, house.service.app.now()).expect("a code");
    let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
    let who = [("email", "ines@team.example"), ("password", PASSWORD), ("code", &code)];
    let page = browser.post("/desk/sign-in", &answered(form, &who)).await;
    assert_eq!(page.status, 303, "{}", page.body);
    let desk = format!("/desk/cases/{}", house.other);
    let api = format!("/cases/{}", house.other);
    assert_eq!(house.note(&token, &house.other).await, 200);
    let open = browser.get(&desk).await;
    assert_eq!(open.status, 200);
    assert_eq!(open.header("cache-control"), "no-store", "nothing to come back to");
    assert_eq!(house.ask(&token, Method::GET, &api, None).await.0, 200);

    let roles = [("store".to_owned(), Role::Coordinator)];
    accounts::set_roles(&house.service.app, house.ines.as_str(), &roles, true).await.expect("the role goes");
    assert_eq!(browser.get(&desk).await.status, 404, "the open page leads nowhere");
    let form = open.form(&format!("{desk}/note"));
    let sent = browser.post(&format!("{desk}/note"), &answered(form, &[("text", "Late.")])).await;
    assert_eq!(sent.status, 404, "{}", sent.body);
    assert_eq!(house.ask(&token, Method::GET, &api, None).await.0, 404);
    assert!(!browser.get("/desk").await.body.contains(&house.other));

    let (_, found) = house.ask(&token, Method::GET, "/search?q=canary", None).await;
    assert!(!found.to_string().contains(&house.other), "{found}");
    let out = browser.get("/desk").await;
    let gone = browser.post("/desk/sign-out", &out.form("/desk/sign-out")).await;
    assert_eq!(gone.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(browser.get("/desk/settings").await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_made_for_one_program_on_the_page_and_asks_for_a_fresh_factor() {
    let house = House::open().await;
    let browser = house.service.browser();
    let code = totp::code(&house.secret, house.service.app.now()).expect("a code");
    let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
    let who = [("email", "ines@team.example"), ("password", PASSWORD), ("code", &code)];
    assert_eq!(browser.post("/desk/sign-in", &answered(form, &who)).await.status, 303);
    let page = browser.get("/desk/settings").await;
    let form = page.form("/desk/settings/tokens");
    let fields = [("label", "pipeline"), ("days", "30"), ("program", "store"), ("read", "yes")];
    let made = browser.post("/desk/settings/tokens", &answered(form.clone(), &fields)).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let token = made.texts("#fresh-token").remove(0);
    assert!(made.body.contains("read in store; until"), "{}", made.body);
    assert_eq!(house.ask(&token, Method::GET, &format!("/cases/{}", house.other), None).await.0, 404);
    assert!(!browser.get("/desk/settings").await.body.contains(&token), "shown once");
    house.service.app.set_clock(house.service.app.now() + SignedDuration::from_mins(11));
    let late = browser.post("/desk/settings/tokens", &answered(form, &fields)).await;
    assert!(late.header("location").starts_with("/desk/confirm"), "{}", late.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_j6_a_token_that_may_write_publishes_nothing_and_lets_nobody_in_without_its_own_scope() {
    let house = House::open().await;
    let app = &house.service.app;
    let roles = [("store".to_owned(), Role::Analyst)];
    let ben = accounts::add_ready(app, "Ben", "ben@team.example", PASSWORD, &roles, false).await.expect("made").0;
    let (write, _) = house.token("read,write").await;
    let case = format!("/cases/{}", house.store);
    assert_eq!(house.note(&write, &house.store).await, 200, "to put oneself on is one's own affair");
    let before = house.ask(&write, Method::GET, &case, None).await.1["seq"].clone();
    let commands = [
        ("publish", json!({ "command": "publish" })),
        ("publish", json!({ "command": "approve-advisory", "revision": 1 })),
        (
            "publish",
            json!({ "command": "go-public", "title": "It is known", "summary": "Update.", "reason": "It is known." }),
        ),
        ("bulk", json!({ "command": "answer-all", "text": "To all." })),
        ("members", json!({ "command": "put-on", "member": ben })),
        ("members", json!({ "command": "take-off", "member": ben })),
        ("members", json!({ "command": "end-party", "party": 1, "reason": "It is over." })),
    ];
    for (scope, command) in &commands {
        let (status, body) = house.ask(&write, Method::POST, &format!("{case}/commands"), Some(command.clone())).await;
        let named = body["detail"].as_str().is_some_and(|words| words.contains(&format!("`{scope}`")));
        assert!(status == 403 && body["code"] == "scope" && named, "{command}: {status} {body}");
    }
    let key = json!({ "openpgp": "" });
    let (status, body) = house.ask(&write, Method::PUT, "/account/key", Some(key.clone())).await;
    assert_eq!((status, &body["code"]), (403, &json!("scope")), "{body}");
    assert_eq!(house.ask(&write, Method::GET, &case, None).await.1["seq"], before, "nothing was done");
    // What is not there looks the same with and without the scope.
    let (more, _) = house.token("read,write,publish,bulk,members,keys").await;
    let absent = |token: String| {
        let house = &house;
        async move {
            house.ask(&token, Method::POST, "/cases/00000-00000/commands", Some(json!({ "command": "publish" }))).await
        }
    };
    assert_eq!(absent(write.clone()).await, absent(more.clone()).await);
    for (scope, command) in &commands {
        let (_, body) = house.ask(&more, Method::POST, &format!("{case}/commands"), Some(command.clone())).await;
        assert_ne!(body["code"], "scope", "{scope}: {body}");
    }
    assert_eq!(house.ask(&more, Method::PUT, "/account/key", Some(key)).await.0, 200);
    let alone = token::Scopes::parse("read,publish").expect("scopes");
    assert!(token::make(app, &house.ines, "test", alone, 30).await.is_err(), "it goes beyond `write`, and needs it");
}
