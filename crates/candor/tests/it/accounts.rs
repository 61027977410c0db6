//! People of the team through their pages: set-up, invitations, sign-in, sessions, tokens, and what strangers try.

mod links; // those that work once

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use candor::accounts::invite::Invitation;
use candor::accounts::{self, token, totp};
use candor::app::App;
use candor::error::Error;
use candor::web::guard;
use candor::web::session::{FormNonce, ReceiptHolder, keep_receipt, receipt_cookie};
use candor::web::{settings, signin};
use candor_core::access::{Actor, Role};
use candor_core::id::{MemberId, ProgramSlug};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::SET_COOKIE;
use reqwest::{Method, StatusCode};
use scraper::{Html, Selector};

use crate::support::places::Place;

const POLICY: &str = r#"
contacts = [{ role = "primary", email = "first@example.org" }]
[program]
slug = "store"
name = "Object Store"
[channels]
email = "security@example.org"
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

const PASSWORD: &str = "tin harbour sleeps early";

/// The pages over a fresh store, behind a proxy so that a test can come from several places.
struct Desk {
    app: App,
    at: SocketAddr,
    _place: Place,
}

async fn desk() -> Desk {
    desk_over(Place::sqlite().await).await
}

async fn desk_over(place: Place) -> Desk {
    let config = place.app(&[]).await.config.clone();
    let config = candor::config::Config { behind_proxy: true, signin_rate: 1000, ..config };
    let app = App::new(place.store.clone(), Some(place.ring.clone()), config).await.expect("the app starts");
    app.add_program(POLICY).await.expect("the policy is taken into service");
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let receipts = Router::new()
        .route("/receipt/own", get(async |holder: ReceiptHolder| holder.case.id.0.clone()))
        .route(
            "/receipt/act",
            post(async |State(app): State<App>, holder: ReceiptHolder, body: String| {
                holder.check(&body)?;
                let _ = app;
                Ok::<_, candor::web::session::Rejection>("done")
            }),
        )
        .layer(axum::middleware::from_fn_with_state(app.clone(), keep_receipt));
    let router = signin::routes()
        .merge(settings::routes())
        .merge(receipts)
        .layer(axum::middleware::from_fn_with_state(app.clone(), guard::same_origin))
        .with_state(app.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    Desk { app, at: address, _place: place }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

impl Desk {
    fn browser(&self) -> Browser {
        Browser { at: self.at, cookies: BTreeMap::new(), from: "192.0.2.1".into(), headers: Vec::new() }
    }

    /// Moves the clock on.
    fn wait(&self, span: SignedDuration) {
        self.app.set_clock(self.app.now() + span);
    }

    /// A member who is ready, with the secret of their authenticator.
    async fn member(&self, name: &str, role: Role, admin: bool) -> (MemberId, Vec<u8>) {
        let email = format!("{name}@example.org");
        let roles = [("*".to_owned(), role)];
        let (id, secret) =
            accounts::add_ready(&self.app, name, &email, PASSWORD, &roles, admin).await.expect("the member is made");
        (id, secret.to_vec())
    }

    fn code(&self, secret: &[u8]) -> String {
        totp::code(secret, self.app.now()).expect("a code")
    }

    /// A browser signed in as a member, in a step of its own so that its code was not used.
    async fn signed_in(&self, name: &str, secret: &[u8]) -> Browser {
        self.wait(SignedDuration::from_secs(30));
        let mut browser = self.browser();
        let answer = browser.sign_in(&format!("{name}@example.org"), PASSWORD, &self.code(secret)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        browser
    }
}

/// What a person has before them: cookies, a place, an answer at a time.
#[derive(Clone)]
struct Browser {
    at: SocketAddr,
    cookies: BTreeMap<String, String>,
    from: String,
    headers: Vec<(&'static str, String)>,
}

struct Answer {
    status: StatusCode,
    location: String,
    cookies: Vec<String>,
    body: String,
}

impl Answer {
    fn find(&self, selector: &str, attribute: &str) -> Option<String> {
        let selector = Selector::parse(selector).expect("a selector");
        let page = Html::parse_document(&self.body);
        page.select(&selector).next().and_then(|element| element.value().attr(attribute)).map(ToOwned::to_owned)
    }

    fn texts(&self, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector");
        Html::parse_document(&self.body).select(&selector).map(|element| element.text().collect()).collect()
    }

    fn text(&self) -> String {
        let words: Vec<String> = self.texts("main");
        words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn hidden(&self, name: &str) -> String {
        self.find(&format!("main input[type=hidden][name={name}]"), "value").unwrap_or_default()
    }
}

impl Browser {
    async fn send(&mut self, method: Method, path: &str, form: Option<&[(&str, &str)]>) -> Answer {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let mut request = client
            .request(method, format!("http://{}{path}", self.at))
            .header("x-forwarded-for", &self.from)
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(form) = form {
            request = request.form(form);
        }
        let answer = request.send().await.expect("an answer");
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let location = header("location").to_owned();
        let set: Vec<String> = answer
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .map(Into::into)
            .collect();
        for line in &set {
            let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            match value {
                "" => drop(self.cookies.remove(name)),
                value => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        Answer { status: answer.status(), location, cookies: set, body: answer.text().await.expect("a body") }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, Some(form)).await
    }

    /// Posts with the token of the settings' forms.
    async fn act(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let mut form = form.to_vec();
        form.push(("csrf", &csrf));
        self.post(path, &form).await
    }

    async fn csrf(&mut self) -> String {
        let page = self.get("/desk/settings").await;
        page.find("form.who input[name=csrf]", "value").expect("a page of a member carries the token")
    }

    async fn sign_in(&mut self, email: &str, password: &str, code: &str) -> Answer {
        let csrf = self.get("/desk/sign-in").await.hidden("csrf");
        let form = [("csrf", csrf.as_str()), ("email", email), ("password", password), ("code", code)];
        self.post("/desk/sign-in", &form).await
    }

    async fn is_in(&mut self) -> bool {
        let answer = self.get("/desk/settings").await;
        assert!(answer.status == StatusCode::OK || answer.location.starts_with("/desk/sign-in"), "{}", answer.text());
        answer.status == StatusCode::OK
    }

    fn session(&self) -> Option<&String> {
        self.cookies.get("__Host-candor")
    }
}

fn path_of(link: &str) -> String {
    link.strip_prefix("https://candor.example").expect("links begin with our own address").to_owned()
}

/// What the settings page shows of a fresh invitation.
fn shown(page: &Answer) -> Invitation {
    let one = |what: &str| page.texts(what).pop().expect("it is shown");
    Invitation { link: one("#invitation"), code: one("#invitation-code") }
}

/// Goes through the pages of the first set-up to the end and gives the last one.
async fn follow(desk: &Desk, browser: &mut Browser, link: &str, name: &str, email: &str) -> (Answer, Vec<u8>) {
    to_the_end(desk, browser, link, "", name, email).await
}

/// Goes through an invitation's pages to the end and gives the last one.
async fn join(desk: &Desk, browser: &mut Browser, made: &Invitation, name: &str, email: &str) -> (Answer, Vec<u8>) {
    let path = path_of(&made.link);
    let first = browser.post(&format!("{path}/open"), &[("email", email), ("code", &made.code)]).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    to_the_end(desk, browser, &made.link, &first.hidden("proof"), name, email).await
}

async fn to_the_end(
    desk: &Desk,
    browser: &mut Browser,
    link: &str,
    proof: &str,
    name: &str,
    email: &str,
) -> (Answer, Vec<u8>) {
    let path = path_of(link);
    let form = [("name", name), ("email", email), ("password", PASSWORD), ("proof", proof)];
    let second = browser.post(&path, &form).await;
    assert_eq!(second.status, StatusCode::OK, "{}", second.text());
    let letters = second.texts("code.key").pop().expect("the key in letters");
    let secret = totp::from_letters(&letters).expect("base 32");
    let code = desk.code(&secret);
    let form = [("state", second.hidden("state")), ("code", code)];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (browser.post(&format!("{path}/code"), &form).await, secret)
}

/// What a stranger sees, without what they typed and what is drawn anew each time.
fn bare(answer: &Answer, email: &str) -> String {
    answer.body.replace(email, "ADDRESS").replace(&answer.hidden("csrf"), "TOKEN")
}

#[tokio::test]
async fn abuse_s3_every_failure_of_a_sign_in_says_the_same() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Member, false).await;
    let (grace, grace_secret) = desk.member("grace", Role::Member, false).await;
    accounts::invite(&desk.app, "Eve", "eve@example.org", &[("*".into(), Role::Member)], false).await.expect("invited");
    accounts::disable(&desk.app, grace.as_str()).await.expect("disabled");
    let right = desk.code(&secret);
    let wrong = if right == "123456" { "654321" } else { "123456" };
    let mut answers = Vec::new();
    for (number, (email, password, code)) in [
        ("nobody@example.org", PASSWORD, right.as_str()),
        ("ada@example.org", "not the password at all", right.as_str()),
        ("ada@example.org", PASSWORD, wrong),
        ("ada@example.org", PASSWORD, ""),
        ("ada@example.org", PASSWORD, "00000-00000"),
        ("nobody@example.org", PASSWORD, "00000-00000"),
        ("grace@example.org", PASSWORD, desk.code(&grace_secret).as_str()),
        ("eve@example.org", "", right.as_str()),
        ("", "", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let mut browser = Browser { from: format!("198.51.100.{number}"), ..desk.browser() };
        let answer = browser.sign_in(email, password, code).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert!(answer.cookies.is_empty());
        let bare = if email.is_empty() {
            bare(&answer, "no address").replace("name=\"email\" value=\"\"", "name=\"email\" value=\"ADDRESS\"")
        } else {
            bare(&answer, email)
        };
        answers.push(bare);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "all the same: {answers:#?}");
}

#[tokio::test]
async fn a_one_time_code_works_once() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Member, false).await;
    let code = desk.code(&secret);
    let early = totp::code(&secret, desk.app.now() - SignedDuration::from_secs(30)).expect("a code");
    let first = desk.browser().sign_in("ada@example.org", PASSWORD, &code).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let replayed = desk.browser().sign_in("ada@example.org", PASSWORD, &code).await;
    assert_eq!(replayed.status, StatusCode::UNPROCESSABLE_ENTITY);
    let older = desk.browser().sign_in("ada@example.org", PASSWORD, &early).await;
    assert_eq!(older.status, StatusCode::UNPROCESSABLE_ENTITY, "one before a used one is used as well");
    let next = totp::code(&secret, desk.app.now() + SignedDuration::from_secs(30)).expect("a code");
    assert_eq!(desk.browser().sign_in("ada@example.org", PASSWORD, &next).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn of_two_sign_ins_with_one_code_at_once_one_gets_in() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Member, false).await;
    let code = desk.code(&secret);
    let (mut here, mut there) = (desk.browser(), desk.browser());
    let (one, other) = tokio::join!(
        here.sign_in("ada@example.org", PASSWORD, &code),
        there.sign_in("ada@example.org", PASSWORD, &code)
    );
    assert_eq!([one, other].iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count(), 1);
}

#[tokio::test]
async fn a_recovery_code_stands_in_for_the_authenticator_once() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Member, false).await;
    let mut browser = desk.signed_in("ada", &secret).await;
    let codes = browser.act("/desk/settings/recovery", &[]).await.texts("#codes li");
    assert_eq!(codes.len(), 10);
    assert!(browser.get("/desk/settings").await.text().contains("You have 10 left"));
    let typed = codes[3].to_lowercase().replace('-', " ");
    assert_eq!(desk.browser().sign_in("ada@example.org", PASSWORD, &typed).await.status, StatusCode::SEE_OTHER);
    let again = desk.browser().sign_in("ada@example.org", PASSWORD, &codes[3]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(browser.get("/desk/settings").await.text().contains("You have 9 left"));
    browser.act("/desk/settings/recovery", &[]).await;
    let old = desk.browser().sign_in("ada@example.org", PASSWORD, &codes[4]).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY, "new ones end the old ones");
}

#[tokio::test]
async fn abuse_s3_failures_slow_their_source_and_never_the_member_elsewhere() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Member, false).await;
    let mut thief = Browser { from: "203.0.113.66".into(), ..desk.browser() };
    for _ in 0..5 {
        let answer = thief.sign_in("ada@example.org", "not the password at all", "123456").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let slowed = thief.sign_in("ada@example.org", PASSWORD, &desk.code(&secret)).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    let mut stranger = Browser { from: "203.0.113.67".into(), ..desk.browser() };
    for _ in 0..5 {
        stranger.sign_in("nobody@example.org", "not the password at all", "123456").await;
    }
    let unknown = stranger.sign_in("nobody@example.org", PASSWORD, "123456").await;
    assert_eq!(unknown.status, StatusCode::TOO_MANY_REQUESTS, "an unknown address is slowed alike");
    assert_eq!(bare(&unknown, "nobody@example.org"), bare(&slowed, "ada@example.org"));
    let ada = desk.browser().sign_in("ada@example.org", PASSWORD, &desk.code(&secret)).await;
    assert_eq!(ada.status, StatusCode::SEE_OTHER, "the member is not locked out");
    desk.wait(SignedDuration::from_secs(31));
    assert_eq!(thief.sign_in("ada@example.org", PASSWORD, &desk.code(&secret)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn abuse_w8_a_changing_request_needs_its_token_and_our_own_page() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Coordinator, true).await;
    let mut browser = desk.signed_in("ada", &secret).await;
    let token = browser.csrf().await;
    let routes = [
        "/desk/sign-out",
        "/desk/confirm",
        "/desk/settings/invite",
        "/desk/settings/tokens",
        "/desk/settings/recovery",
        "/desk/settings/members/x/disable",
        "/desk/settings/members/x/enable",
        "/desk/settings/members/x/reset",
        "/desk/settings/tokens/x/revoke",
        "/desk/settings/sessions/x/end",
        "/desk/settings/outbox/x/retry",
    ];
    let mut other = desk.signed_in("ada", &secret).await;
    let others = other.csrf().await;
    assert_ne!(token, others);
    for path in routes {
        for form in [
            vec![],
            vec![("csrf", "")],
            vec![("csrf", "0123456789abcdef0123456789abcdef")],
            vec![("csrf", others.as_str())],
        ] {
            let answer = browser.post(path, &form).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {form:?}");
        }
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let mut lured = Browser { headers: vec![(name, value.into())], ..browser.clone() };
            let answer = lured.post(path, &[("csrf", &token)]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {name} {value}");
        }
    }
    let mut lured = Browser { headers: vec![("origin", "https://evil.example".into())], ..desk.browser() };
    for path in ["/desk/sign-in", "/setup/x", "/invite/x", "/setup/x/code"] {
        assert_eq!(lured.post(path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(browser.get("/desk/sign-out").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(browser.is_in().await, "nothing of this signed anybody out");
}

#[tokio::test]
async fn abuse_s11_signing_in_always_begins_a_new_session() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Member, false).await;
    let mut browser = desk.browser();
    let planted = "0".repeat(52);
    browser.cookies.insert("__Host-candor".into(), planted.clone());
    let answer = browser.sign_in("ada@example.org", PASSWORD, &desk.code(&secret)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let first = browser.session().expect("a session").clone();
    assert_ne!(first, planted);
    let mut old = browser.clone();
    let csrf = FormNonce::fresh(&desk.app).text(&desk.app, "sign-in").expect("a token");
    desk.wait(SignedDuration::from_secs(30));
    let code = desk.code(&secret);
    let form = [("csrf", csrf.as_str()), ("email", "ada@example.org"), ("password", PASSWORD), ("code", &code)];
    assert_eq!(browser.post("/desk/sign-in", &form).await.status, StatusCode::SEE_OTHER);
    assert_ne!(browser.session(), Some(&first));
    assert!(!old.is_in().await, "the session before has ended");
    assert!(browser.is_in().await);
    assert_eq!(browser.get("/desk/sign-in?next=/desk/settings").await.location, "/desk/settings");
}

#[tokio::test]
async fn abuse_s7_sign_out_ends_the_session_at_once() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Member, false).await;
    let mut browser = desk.signed_in("ada", &secret).await;
    let mut copied = browser.clone();
    assert!(copied.is_in().await);
    let answer = browser.act("/desk/sign-out", &[]).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/desk/sign-in"));
    assert!(browser.session().is_none());
    assert!(!copied.is_in().await);
}

#[tokio::test]
async fn abuse_s7_j6_a_disabled_member_is_out_at_once_with_every_session_and_token() {
    let desk = desk().await;
    let (ada, secret) = desk.member("ada", Role::Member, false).await;
    let (_, boss_secret) = desk.member("boss", Role::Coordinator, true).await;
    let scopes = token::Scopes { read: true, ..token::Scopes::default() };
    let made = token::make(&desk.app, &ada, "a script", scopes, 30).await.expect("a token");
    let (mut one, mut two) = (desk.signed_in("ada", &secret).await, desk.signed_in("ada", &secret).await);
    assert!(accounts::token_actor(&desk.app, &made.secret).await.is_ok());
    let mut boss = desk.signed_in("boss", &boss_secret).await;
    let answer = boss.act(&format!("/desk/settings/members/{ada}/disable"), &[]).await;
    assert_eq!(answer.location, "/desk/settings?done=disabled");
    assert!(!one.is_in().await && !two.is_in().await);
    assert!(matches!(accounts::token_actor(&desk.app, &made.secret).await, Err(Error::NotFound)));
    desk.wait(SignedDuration::from_secs(30));
    let back = one.sign_in("ada@example.org", PASSWORD, &desk.code(&secret)).await;
    assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(accounts::actor(&desk.app, &ada).await.expect("a store").programs().is_empty());

    let answer = boss.act(&format!("/desk/settings/members/{ada}/enable"), &[]).await;
    assert_eq!(answer.location, "/desk/settings?done=enabled");
    assert!(!one.is_in().await, "old sessions stay dead");
    assert!(accounts::token_actor(&desk.app, &made.secret).await.is_err(), "so do old tokens");
    desk.signed_in("ada", &secret).await;
}

#[tokio::test]
async fn the_last_who_manages_the_desk_stays() {
    let desk = desk().await;
    let (boss, secret) = desk.member("boss", Role::Coordinator, true).await;
    assert!(accounts::disable(&desk.app, boss.as_str()).await.is_err());
    assert!(accounts::set_roles(&desk.app, boss.as_str(), &[("*".into(), Role::Member)], false).await.is_err());
    let mut browser = desk.signed_in("boss", &secret).await;
    let own = browser.act(&format!("/desk/settings/members/{boss}/disable"), &[]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn sessions_end_after_eight_quiet_hours_and_after_seven_days() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Member, false).await;
    let mut browser = desk.signed_in("ada", &secret).await;
    desk.wait(SignedDuration::from_mins(7 * 60 + 59));
    assert!(browser.is_in().await);
    desk.wait(SignedDuration::from_mins(7 * 60 + 59));
    assert!(browser.is_in().await, "use keeps it alive");
    desk.wait(SignedDuration::from_hours(8));
    assert!(!browser.is_in().await);

    let mut busy = desk.signed_in("ada", &secret).await;
    for _ in 0..23 {
        desk.wait(SignedDuration::from_hours(7));
        assert!(busy.is_in().await);
    }
    desk.wait(SignedDuration::from_hours(7));
    assert!(!busy.is_in().await, "seven days are the end, whatever happens");
}

#[tokio::test]
async fn what_matters_asks_for_a_fresh_code_first() {
    let desk = desk().await;
    let (_, secret) = desk.member("boss", Role::Coordinator, true).await;
    let mut browser = desk.signed_in("boss", &secret).await;
    let form = [("name", "Grace"), ("email", "grace@example.org"), ("everywhere", "member")];
    desk.wait(SignedDuration::from_mins(10));
    let page = browser.get("/desk/settings").await;
    assert!(page.find("form[action='/desk/settings/invite']", "action").is_none(), "no form that would lead nowhere");
    assert!(page.find("main a[href='/desk/confirm?next=/desk/settings']", "href").is_some());
    for path in ["/desk/settings/invite", "/desk/settings/tokens", "/desk/settings/recovery"] {
        assert_eq!(browser.act(path, &form).await.location, "/desk/confirm?next=/desk/settings", "{path}");
    }
    assert!(accounts::find(&desk.app, "grace@example.org").await.is_err());

    let mut before = browser.clone();
    let wrong = browser.act("/desk/confirm", &[("code", "abcdef"), ("next", "/desk/settings")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.hidden("next"), "/desk/settings");
    let code = desk.code(&secret);
    let token = browser.csrf().await;
    let right = browser.act("/desk/confirm", &[("code", &code), ("next", "//evil.example")]).await;
    assert_eq!((right.status, right.location.as_str()), (StatusCode::SEE_OTHER, "/desk"));
    let beside = browser.post("/desk/settings/daily", &[("csrf", &token)]).await;
    assert_eq!(beside.status, StatusCode::SEE_OTHER, "a form that lay open in another tab is still good");
    assert!(!before.is_in().await, "the proof begins a new session id");
    let made = browser.act("/desk/settings/invite", &form).await;
    assert_eq!(made.status, StatusCode::OK);
    let shown = shown(&made);
    assert_eq!(desk.browser().get(&path_of(&shown.link)).await.status, StatusCode::OK);
    let replay = browser.act("/desk/confirm", &[("code", &code)]).await;
    assert_eq!(replay.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn only_who_manages_the_desk_manages_people() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Coordinator, false).await;
    let (grace, _) = desk.member("grace", Role::Member, false).await;
    let mut browser = desk.signed_in("ada", &secret).await;
    let form = [("name", "Eve"), ("email", "eve@example.org"), ("everywhere", "coordinator"), ("admin", "on")];
    assert_eq!(browser.act("/desk/settings/invite", &form).await.status, StatusCode::FORBIDDEN);
    for act in ["disable", "enable", "reset"] {
        let answer = browser.act(&format!("/desk/settings/members/{grace}/{act}"), &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{act}");
    }
    let (boss, _) =
        accounts::add_ready(&desk.app, "boss", "boss@example.org", PASSWORD, &[], true).await.expect("an admin");
    let actor = accounts::actor(&desk.app, &boss).await.expect("a store");
    assert!(actor.programs().is_empty(), "managing the desk shows no case");
}

#[tokio::test]
async fn a_role_in_every_program_reaches_later_ones_too() {
    let desk = desk().await;
    let (ada, _) = desk.member("ada", Role::Member, false).await;
    desk.app.add_program(&POLICY.replace("\"store\"", "\"later\"")).await.expect("a second program");
    let actor = accounts::actor(&desk.app, &ada).await.expect("a store");
    assert_eq!(actor.role(&ProgramSlug::from("later")), Some(Role::Member));
}

#[tokio::test]
async fn abuse_j6_tokens_are_shown_once_scoped_and_end() {
    let desk = desk().await;
    let (ada, secret) = desk.member("ada", Role::Member, false).await;
    let mut browser = desk.signed_in("ada", &secret).await;
    let poor = browser.act("/desk/settings/tokens", &[("label", ""), ("days", "9999")]).await;
    assert_eq!(poor.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = [("label", "nightly"), ("days", "30"), ("read", "on"), ("manage", "on")];
    let made = browser.act("/desk/settings/tokens", &form).await;
    let secret = made.texts("#fresh-token").pop().expect("the token is shown");
    assert!(secret.starts_with("candor_"));
    assert!(!browser.get("/desk/settings").await.body.contains(&secret), "and never again");
    let (actor, scopes) = accounts::token_actor(&desk.app, &secret).await.expect("it works");
    assert_eq!(actor.member(), Some(&ada));
    assert_eq!(scopes, token::Scopes { read: true, ..token::Scopes::default() }, "nobody gives what they do not have");
    for wrong in ["", "candor_", "candor_00000000000000000000000000000000", &secret[..20]] {
        assert!(matches!(accounts::token_actor(&desk.app, wrong).await, Err(Error::NotFound)));
    }
    let id = token::list(&desk.app, &ada).await.expect("a list")[0].id.clone();
    let (grace, _) = desk.member("grace", Role::Member, false).await;
    assert!(token::revoke(&desk.app, &grace, &id).await.is_err(), "nobody revokes another's");
    assert_eq!(
        browser.act(&format!("/desk/settings/tokens/{id}/revoke"), &[]).await.location,
        "/desk/settings?done=revoked"
    );
    assert!(accounts::token_actor(&desk.app, &secret).await.is_err());

    let short = token::make(&desk.app, &ada, "short", scopes, 1).await.expect("a token");
    desk.wait(SignedDuration::from_hours(24));
    assert!(accounts::token_actor(&desk.app, &short.secret).await.is_err());
}

#[tokio::test]
async fn a_member_ends_their_own_sessions_and_no_others() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Member, false).await;
    let (_, other_secret) = desk.member("grace", Role::Member, false).await;
    let mut lost = desk.signed_in("ada", &secret).await;
    let mut here = desk.signed_in("ada", &secret).await;
    let page = here.get("/desk/settings").await;
    assert!(page.text().contains("Firefox on Linux"));
    let end = page.find("form[action^='/desk/settings/sessions/']", "action").expect("the other session can be ended");
    let mut grace = desk.signed_in("grace", &other_secret).await;
    assert_eq!(grace.act(&end, &[]).await.status, StatusCode::NOT_FOUND);
    assert!(lost.is_in().await);
    assert_eq!(here.act(&end, &[]).await.location, "/desk/settings?done=ended");
    assert!(!lost.is_in().await && here.is_in().await);
}

#[tokio::test]
async fn a_link_from_another_site_still_finds_the_session() {
    let desk = desk().await;
    let mut browser = desk.browser();
    let plain = browser.get("/desk/settings").await;
    assert_eq!(plain.location, "/desk/sign-in?next=/desk/settings");
    // A strict cookie is kept back when a letter's page leads here; asked again from our own page it comes.
    browser.headers = vec![("sec-fetch-site", "cross-site".into()), ("sec-fetch-mode", "navigate".into())];
    let again = browser.get("/desk/settings").await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.find("meta[http-equiv=refresh]", "content").as_deref(), Some("0"));
}

#[tokio::test]
async fn a_receipt_is_remembered_for_an_hour_of_use_and_nobody_can_read_it() {
    let desk = desk().await;
    let report = candor::execute::report::NewReport {
        channel: candor_core::event::Channel::Form,
        facts: candor_core::event::ReportFacts {
            title: "a title".into(),
            description: "a description".into(),
            ..candor_core::event::ReportFacts::default()
        },
        contact: candor_core::event::Contact::default(),
        credit: None,
        received_at: None,
    };
    let filed = candor::execute::report::file_report(&desk.app, &Actor::Public, &"store".into(), report, None)
        .await
        .expect("it is taken in");
    let holder = ReceiptHolder::open(&desk.app, &filed.receipt.to_lowercase()).await.expect("it opens");
    let cookie = receipt_cookie(&desk.app, &filed.receipt).expect("a cookie");
    let cookie = cookie.to_str().expect("letters").to_owned();
    assert!(cookie.starts_with("__Host-candor-receipt=") && cookie.contains("; HttpOnly; SameSite=Strict; Secure"));
    assert!(!cookie.contains(&filed.receipt[..9]));
    let mut browser = desk.browser();
    assert_eq!(browser.get("/receipt/own").await.location, "/receipt");
    let value = cookie.split(['=', ';']).nth(1).expect("a value").to_owned();
    browser.cookies.insert("__Host-candor-receipt".into(), value.clone());
    assert_eq!(browser.get("/receipt/own").await.body, filed.case.0);
    for (body, status) in
        [(holder.csrf.as_str(), StatusCode::OK), ("", StatusCode::FORBIDDEN), ("0123", StatusCode::FORBIDDEN)]
    {
        let client = reqwest::Client::new();
        let answer = client
            .post(format!("http://{}/receipt/act", desk.at))
            .header("cookie", format!("__Host-candor-receipt={value}"))
            .body(body.to_owned())
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), status, "{body}");
    }
    let stale = browser.clone();
    desk.wait(SignedDuration::from_mins(59));
    let renewed = browser.get("/receipt/own").await;
    assert_eq!(renewed.cookies.len(), 1, "use renews it");
    desk.wait(SignedDuration::from_mins(59));
    assert_eq!(browser.get("/receipt/own").await.status, StatusCode::OK);
    assert_eq!(stale.clone().get("/receipt/own").await.location, "/receipt", "the old one has ended");
    desk.wait(SignedDuration::from_hours(1));
    assert_eq!(browser.get("/receipt/own").await.location, "/receipt");
    browser.cookies.insert("__Host-candor-receipt".into(), "00".repeat(80));
    assert_eq!(browser.get("/receipt/own").await.location, "/receipt", "a made-up one opens nothing");
}

#[tokio::test]
async fn a_form_without_session_is_good_for_a_day_and_for_itself_only() {
    let desk = desk().await;
    let nonce = FormNonce::fresh(&desk.app);
    let text = nonce.text(&desk.app, "report/store").expect("a token");
    assert_eq!(FormNonce::read(&desk.app, "report/store", &text).expect("ours").id, nonce.id, "the same each time");
    assert!(FormNonce::read(&desk.app, "report/other", &text).is_err());
    assert!(FormNonce::read(&desk.app, "report/store", &text.replace('-', "--")).is_err());
    assert!(FormNonce::read(&desk.app, "report/store", "").is_err());
    desk.wait(SignedDuration::from_hours(24));
    assert!(FormNonce::read(&desk.app, "report/store", &text).is_err());
}

#[tokio::test]
async fn abuse_s9_nothing_of_a_member_is_readable_in_the_store() {
    let desk = desk().await;
    let (_, secret) = desk.member("canaryname", Role::Member, true).await;
    let browser = desk.signed_in("canaryname", &secret).await;
    let session = browser.session().expect("a session").clone();
    let letters = totp::letters(&secret);
    let made =
        accounts::invite(&desk.app, "Canary Guest", "guest@canary.example", &[("*".into(), Role::Member)], false)
            .await
            .expect("an invitation");
    let mut read = 0;
    for entry in std::fs::read_dir(desk._place.data()).expect("the folder").flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        read += bytes.len();
        for canary in [
            "canaryname",
            "Canary Guest",
            "guest@canary",
            PASSWORD,
            &session,
            &letters,
            made.link.rsplit('/').next().expect("a secret"),
            &made.code,
        ] {
            let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} in {}", entry.path().display());
        }
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "the secret's bytes");
    }
    assert!(read > 10_000, "there was something to read");
}

/// The whole way of an account, as the statements behind it run on the other database.
#[tokio::test]
async fn an_account_goes_its_way_on_postgres_too() {
    let Some(place) = Place::postgres().await else { return };
    let desk = desk_over(place).await;
    let mut boss = desk.browser();
    let link = accounts::setup_link(&desk.app).await.expect("a store").expect("a link");
    let link = (link != accounts::setup_link(&desk.app).await.expect("a store").expect("another")).then_some(link);
    assert_eq!(boss.get(&path_of(&link.expect("drawn anew"))).await.status, StatusCode::NOT_FOUND);
    let link = accounts::setup_link(&desk.app).await.expect("a store").expect("a link");
    let (last, boss_secret) = follow(&desk, &mut boss, &link, "boss", "boss@example.org").await;
    assert_eq!(last.status, StatusCode::OK, "{}", last.text());
    let recovery = last.texts("#codes li").swap_remove(0);
    let form = [("name", "ada"), ("email", "ada@example.org"), ("role-store", "member")];
    let made = boss.act("/desk/settings/invite", &form).await;
    let mut ada = desk.browser();
    let (last, secret) = join(&desk, &mut ada, &shown(&made), "ada", "ada@example.org").await;
    assert_eq!(last.status, StatusCode::OK, "{}", last.text());
    let id = accounts::find(&desk.app, "ada@example.org").await.expect("a member").id;
    let mut again = desk.signed_in("ada", &secret).await;
    desk.wait(SignedDuration::from_mins(20));
    let code = desk.code(&secret);
    assert_eq!(again.act("/desk/confirm", &[("code", &code)]).await.status, StatusCode::SEE_OTHER);
    let form = [("label", "nightly"), ("days", "30"), ("read", "on")];
    let token = again.act("/desk/settings/tokens", &form).await.texts("#fresh-token").pop().expect("a token");
    assert!(accounts::token_actor(&desk.app, &token).await.is_ok());
    boss = desk.browser();
    assert_eq!(boss.sign_in("boss@example.org", PASSWORD, &recovery).await.location, "/desk");
    let disabled = boss.act(&format!("/desk/settings/members/{id}/disable"), &[]).await;
    assert_eq!(disabled.location, "/desk/settings?done=disabled");
    assert!(!again.is_in().await && !ada.is_in().await);
    assert!(accounts::token_actor(&desk.app, &token).await.is_err());
    accounts::enable(&desk.app, id.as_str()).await.expect("enabled");
    accounts::set_roles(&desk.app, id.as_str(), &[("*".into(), Role::Observer)], true).await.expect("roles change");
    let made = accounts::reset(&desk.app, id.as_str()).await.expect("a link");
    assert_eq!(join(&desk, &mut ada, &made, "ada", "ada@example.org").await.0.status, StatusCode::OK);
    desk.wait(SignedDuration::from_secs(60));
    assert_eq!(boss.act("/desk/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
    let back = boss.sign_in("boss@example.org", PASSWORD, &desk.code(&boss_secret)).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
}
