//! The service with one policy, its team and its reporters. Every act says when it happens.

use crate::support::service::{Browser, Service, answered};
use candor::accounts::{self, token, totp};
use candor::mail::dir;
use candor::mail::reading::read;
use candor::worker;
use candor_core::access::Role;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

const PASSWORD: &str = "a long enough password";
/// Score 9.8.
pub const CRITICAL: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
/// Score 7.5.
pub const HIGH: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N";

/// A service with one policy and two people: Ines coordinates, Jonas is a member.
pub struct Desk {
    pub service: Service,
    program: &'static str,
    ines: String,
    jonas: String,
    /// Of Ines's authenticator.
    secret: Vec<u8>,
}

/// A report, with what its holder needs.
pub struct Report {
    pub case: String,
    pub receipt: String,
    /// The answer to it.
    pub filed: Value,
}

/// Somebody of the team.
#[derive(Debug, Clone, Copy)]
pub enum Who {
    Ines,
    Jonas,
}
pub use Who::{Ines, Jonas};

/// An answer: status and JSON.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Desk {
    /// Takes the policy into service at this instant.
    pub async fn open(program: &'static str, source: &str, now: &str) -> Self {
        let service = Service::start(&[source], |_| ()).await;
        let mut desk = Self { service, program, ines: String::new(), jonas: String::new(), secret: Vec::new() };
        desk.at(now);
        (desk.ines, desk.secret) = desk.token("Ines", Role::Coordinator).await;
        (desk.jonas, _) = desk.token("Jonas", Role::Member).await;
        desk
    }

    async fn token(&self, name: &str, role: Role) -> (String, Vec<u8>) {
        let email = format!("{}@team.example", name.to_lowercase());
        let roles = [(self.program.to_owned(), role)];
        let (id, secret) = accounts::add_ready(&self.service.app, name, &email, PASSWORD, &roles, false)
            .await
            .expect("the member is made");
        let scopes = token::Scopes::parse("read,write,publish,bulk,members,keys").expect("scopes");
        let made = token::make(&self.service.app, &id, "test", scopes, 300).await.expect("the token is made");
        (format!("Bearer {}", made.secret), secret.to_vec())
    }

    /// Ines's browser, signed in.
    pub async fn browser(&self) -> Browser {
        let browser = self.service.browser();
        let code = totp::code(&self.secret, self.service.app.now()).expect("a code");
        let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
        let who = [("email", "ines@team.example"), ("password", PASSWORD), ("code", &code)];
        let page = browser.post("/desk/sign-in", &answered(form, &who)).await;
        assert_eq!(page.status, 303, "{}", page.body);
        browser
    }

    /// Sets the clock.
    pub fn at(&self, now: &str) {
        self.service.app.set_clock(now.parse::<Timestamp>().expect("an instant"));
    }

    fn credential(&self, who: Who) -> &str {
        match who {
            Ines => &self.ines,
            Jonas => &self.jonas,
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        reqwest::Client::new().request(method, self.service.at(&format!("/api/v1{path}")))
    }

    /// Reads as anyone.
    pub async fn get(&self, path: &str) -> Answer {
        ask(self.request(Method::GET, path)).await
    }

    /// Reads as a member.
    pub async fn reads(&self, who: Who, path: &str) -> Answer {
        ask(self.member(Method::GET, path, who)).await
    }

    /// Asks the search box of the API.
    pub async fn finds(&self, who: Who, q: &str) -> Answer {
        let url = reqwest::Url::parse_with_params(&self.service.at("/"), [("q", q)]).expect("an address");
        self.reads(who, &format!("/search?{}", url.query().unwrap_or_default())).await
    }

    /// Sends the output of a tool, as a pipeline does.
    pub async fn pipeline(&self, who: Who, output: &str) -> Answer {
        let path = format!("/programs/{}/findings", self.program);
        ask(self.member(Method::POST, &path, who).body(output.to_owned())).await
    }

    /// Files a report at an instant.
    pub async fn report(&self, now: &str, report: Value) -> Report {
        self.at(now);
        let path = format!("/programs/{}/reports", self.program);
        Report::of(ask(self.request(Method::POST, &path).json(&report)).await)
    }

    /// Files a report, whatever comes of it.
    pub async fn tries(&self, report: Value) -> Answer {
        let path = format!("/programs/{}/reports", self.program);
        ask(self.request(Method::POST, &path).json(&report)).await
    }

    /// Files on behalf of somebody, as a member.
    pub async fn on_behalf(&self, now: &str, who: Who, body: Value) -> Report {
        self.at(now);
        Report::of(ask(self.member(Method::POST, "/cases", who).json(&body)).await)
    }

    fn member(&self, method: Method, path: &str, who: Who) -> reqwest::RequestBuilder {
        self.request(method, path).header("authorization", self.credential(who))
    }

    /// Asks for a command at an instant, whatever comes of it.
    pub async fn asks(&self, now: &str, who: Who, report: &Report, command: Value) -> Answer {
        self.at(now);
        let path = format!("/cases/{}/commands", report.case);
        ask(self.member(Method::POST, &path, who).json(&command)).await
    }

    /// As [`Self::asks`], under an idempotency key.
    pub async fn asks_again(&self, key: &str, who: Who, report: &Report, command: Value) -> Answer {
        let path = format!("/cases/{}/commands", report.case);
        ask(self.member(Method::POST, &path, who).header("idempotency-key", key).json(&command)).await
    }

    /// Does it; gives what happened.
    pub async fn does(&self, now: &str, who: Who, report: &Report, command: Value) -> Vec<String> {
        let answer = self.asks(now, who, report, command.clone()).await;
        assert_eq!(answer.status, 200, "{command}: {answer:?}");
        words(&answer.body["events"], "event")
    }

    /// Is refused; gives the code and the sentence.
    pub async fn is_refused(&self, now: &str, who: Who, report: &Report, command: Value) -> (String, String) {
        let answer = self.asks(now, who, report, command.clone()).await;
        assert!((400..500).contains(&answer.status), "{command}: {answer:?}");
        (word(&answer.body["code"]), word(&answer.body["detail"]))
    }

    /// The reporter sends something.
    pub async fn reporter(&self, now: &str, report: &Report, tail: &str, mut body: Value) -> Answer {
        self.at(now);
        if ["embargo", "summary", "issue"].contains(&tail) {
            // They answer what they read.
            body["asked"] = self.own(report).await[tail]["at"].clone();
        }
        let request = self.request(Method::POST, &format!("/receipt/{tail}"));
        ask(request.header("authorization", format!("Receipt {}", report.receipt)).json(&body)).await
    }

    /// The queue as Ines sees it, over this query: status and titles.
    pub async fn queue(&self, query: &[(&str, &str)]) -> (u16, Vec<String>) {
        let url = reqwest::Url::parse_with_params(&self.service.at("/"), query).expect("an address");
        let path = format!("/cases?{}", url.query().unwrap_or_default());
        let answer = ask(self.member(Method::GET, &path, Ines)).await;
        (answer.status, words(&answer.body["cases"], "title"))
    }

    /// The case as its reporter sees it.
    pub async fn own(&self, report: &Report) -> Value {
        let request = self.request(Method::GET, "/receipt");
        ask(request.header("authorization", format!("Receipt {}", report.receipt))).await.body
    }

    /// The case as the team sees it.
    pub async fn case(&self, report: &Report) -> Value {
        ask(self.member(Method::GET, &format!("/cases/{}", report.case), Ines)).await.body
    }

    /// The text for the release notes of a case's fix.
    pub async fn release_notes(&self, report: &Report) -> String {
        let path = format!("/cases/{}/release-notes", report.case);
        let answer = ask(self.member(Method::GET, &path, Ines)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        word(&answer.body["markdown"])
    }

    /// How a promise stands: its state and when it falls due, to the minute.
    pub async fn clock(&self, report: &Report, promise: &str) -> (String, String) {
        self.cycle(report, promise, 0).await
    }

    /// As [`Self::clock`], of a later run.
    pub async fn cycle(&self, report: &Report, promise: &str, cycle: u64) -> (String, String) {
        let case = self.case(report).await;
        let clock = list(&case["clocks"]).iter().find(|clock| clock["promise"] == promise && clock["cycle"] == cycle);
        let clock = clock.unwrap_or_else(|| panic!("no clock {promise}/{cycle} in {}", case["clocks"]));
        (word(&clock["status"]), minute(&clock["due"]))
    }

    /// Whether a promise runs at all.
    pub async fn has_clock(&self, report: &Report, promise: &str) -> bool {
        list(&self.case(report).await["clocks"]).iter().any(|clock| clock["promise"] == promise)
    }

    /// Lets the worker work at an instant: clocks ring, letters leave. Gives address and subject of the new letters, in
    /// the order of the addresses.
    pub async fn works(&self, now: &str) -> Vec<(String, String)> {
        let before = self.letters().len();
        self.at(now);
        worker::tick_once(&self.service.app).await.expect("a round");
        worker::deliver_once(&self.service.app).await.expect("letters leave");
        let mut letters = self.letters().split_off(before);
        letters.sort();
        letters
    }

    fn folder(&self) -> std::path::PathBuf {
        match &self.service.app.config.mail {
            candor::config::MailOut::Dir(folder) => folder.clone(),
            other => panic!("{other:?} is no folder"),
        }
    }

    /// Every letter that left, the oldest first.
    fn letters(&self) -> Vec<(String, String)> {
        self.shown().into_iter().map(|(to, subject, _)| (to, subject)).collect()
    }

    /// Every letter that left, with its text.
    pub fn shown(&self) -> Vec<(String, String, String)> {
        let folder = self.folder();
        let mut letters = dir::list(&folder).unwrap_or_default();
        letters.reverse();
        letters
            .into_iter()
            .map(|letter| {
                let shown = read(&dir::read(&folder, &letter.name).expect("it reads").expect("it is there"));
                (shown.to.trim_matches(['<', '>']).to_owned(), shown.subject, shown.text)
            })
            .collect()
    }

    /// What the journal holds of these kinds: kind, promise or text, and the like, as the API shows it.
    pub async fn journal(&self, report: &Report, kinds: &[&str]) -> Vec<Value> {
        let case = self.case(report).await;
        let of = |entry: &&Value| kinds.iter().any(|kind| entry["event"] == *kind);
        list(&case["journal"]).iter().filter(of).cloned().collect()
    }

    /// Public ids of the program's advisories.
    pub async fn advisories(&self) -> Vec<String> {
        let path = format!("/programs/{}/advisories", self.program);
        words(&self.get(&path).await.body["advisories"], "id")
    }
}

impl Report {
    fn of(answer: Answer) -> Self {
        assert_eq!(answer.status, 201, "{answer:?}");
        Self { case: word(&answer.body["case"]), receipt: word(&answer.body["receipt"]), filed: answer.body }
    }

    /// When a promise told with the receipt falls due, to the minute.
    pub fn promised(&self, name: &str) -> String {
        let all = list(&self.filed["promises"]);
        let promise = all.iter().find(|promise| promise["name"] == name);
        minute(&promise.unwrap_or_else(|| panic!("no promise {name} in {all:?}"))["due"])
    }
}

async fn ask(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.expect("an answer");
    Answer { status: answer.status().as_u16(), body: answer.json().await.expect("JSON") }
}

/// An advisory's draft for one product.
pub fn draft(title: &str, product: &str, fixed: &str, more: Value) -> Value {
    let mut draft = json!({
        "title": title,
        "summary": "Upgrade to the fixed release.",
        "products": [{ "name": product, "fixed": fixed }],
    });
    if let (Some(draft), Value::Object(more)) = (draft.as_object_mut(), more) {
        draft.extend(more);
    }
    json!({ "command": "draft-advisory", "draft": draft })
}

/// A record of verification.
pub fn verified() -> Value {
    json!({
        "command": "verify", "environment": "the version named, as installed", "result": "reproduced",
        "conditions": "a signed-in account", "impact": "reads what is not theirs",
    })
}

/// A text.
pub fn word(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// An instant to the nearest minute, as `2026-12-30 15:00`: between setting the clock and asking, moments pass, and a
/// pause that ends moments sooner ends the wait moments sooner.
pub fn minute(value: &Value) -> String {
    let at: jiff::Timestamp = word(value).parse().expect("an instant");
    let nearest = at + jiff::SignedDuration::from_secs(30);
    nearest.strftime("%Y-%m-%d %H:%M").to_string()
}

/// A list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// One field of everything in a list.
pub fn words(value: &Value, field: &str) -> Vec<String> {
    list(value).iter().map(|one| word(&one[field])).collect()
}

/// Two texts, to compare with.
pub fn pair(first: &str, second: &str) -> (String, String) {
    (first.to_owned(), second.to_owned())
}
