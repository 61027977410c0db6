//! Signing in with an account elsewhere: through a real provider over real HTTP, and against one that lies.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use candor::accounts::{self, totp};
use candor::oidc::{self, Provider};
use candor_core::access::Role;
use candor_core::id::MemberId;
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use serde_json::{Value, json};

use crate::support::peer::{Peer, says};
use crate::support::service::{Browser, MINIO, Page, Service, answered};

const PASSWORD: &str = "tin harbour sleeps early";
const ANSWER: &str = "/desk/sign-in/with/office/answer";

async fn service() -> Service {
    Service::start(&[MINIO], |config| {
        config.signin_rate = 0;
        config.private_targets = true;
    })
    .await
}

async fn provide(service: &Service, issuer: &str, two_factors: bool) {
    let provider = Provider {
        name: "office".into(),
        title: "Office".into(),
        issuer: issuer.into(),
        client: "desk".into(),
        secret: Some("a secret of the desk: % & +".into()),
        two_factors,
    };
    oidc::add(&service.app, &provider).await.expect("the provider is taken");
}

async fn ines(service: &Service) -> (MemberId, Vec<u8>) {
    let roles = [("minio".to_owned(), Role::Coordinator)];
    let (id, secret) = accounts::add_ready(&service.app, "Ines", "ines@team.example", PASSWORD, &roles, false)
        .await
        .expect("the member is made");
    (id, secret.to_vec())
}

async fn with_password(service: &Service, secret: &[u8]) -> Browser {
    let browser = service.browser();
    let code = totp::code(secret, service.app.now()).expect("a code");
    let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
    let who = [("email", "ines@team.example"), ("password", PASSWORD), ("code", &code)];
    let page = browser.post("/desk/sign-in", &answered(form, &who)).await;
    assert_eq!(page.status, 303, "{}", page.body);
    browser
}

/// A value of an address.
fn said(address: &str, name: &str) -> String {
    let url = Url::parse(address).unwrap_or_else(|why| panic!("{why}: {address}"));
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Presses the button that links an account; gives the address at the provider.
async fn begin_link(browser: &Browser) -> String {
    let page = browser.get("/desk/settings").await;
    let csrf = page.form("/desk/settings/accounts").into_iter().find(|(name, _)| name == "csrf").expect("a token").1;
    let fields = [("csrf".to_owned(), csrf), ("provider".to_owned(), "office".to_owned())];
    let page = browser.post("/desk/settings/accounts", &fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.attributes("main a", "href").remove(0)
}

/// The provider of the npm registry, where it is installed.
struct Real(Child);

impl Drop for Real {
    fn drop(&mut self) {
        self.0.kill().expect("it was running");
        self.0.wait().expect("it ended");
    }
}

impl Real {
    fn start(port: u16, answers: &str) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let places = std::env::var_os("CANDOR_NODE_MODULES").map(PathBuf::from).into_iter();
        let places = places.chain([root.join("target/node/node_modules"), root.join("node_modules")]);
        let module = places.map(|place| place.join("oidc-provider/lib/index.js")).find(|module| module.exists());
        let Some(module) = module.and_then(|module| module.canonicalize().ok()) else {
            eprintln!(
                "left out: oidc-provider is not installed (npm install --no-save --prefix target/node oidc-provider)"
            );
            return None;
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/openid.mjs");
        let mut child = Command::new("node")
            .args([script.as_os_str(), module.as_os_str()])
            .args([&port.to_string(), answers])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("it speaks");
        assert_eq!(line.trim(), "ready");
        Some(Self(child))
    }
}

/// Walks through the provider's own pages as a person does, until they lead back to the desk.
async fn through(browser: &Browser, mut address: String, desk: &str, who: &str) -> String {
    for _ in 0..12 {
        if address.starts_with(desk) {
            return address.trim_start_matches(desk).to_owned();
        }
        let page = Page::of(browser.client.get(&address).send().await.expect("an answer")).await;
        let here = Url::parse(&address).expect("an address");
        let mut to = page.header("location").to_owned();
        if to.is_empty() {
            let action =
                page.attributes("form", "action").into_iter().next().unwrap_or_else(|| panic!("{}", page.body));
            let form = page.form(&action);
            let form = if page.body.contains("name=\"login\"") {
                answered(form, &[("login", who), ("password", "any")])
            } else {
                form
            };
            let action = here.join(&action).expect("an address");
            let answer = browser.client.post(action).form(&form).send().await.expect("an answer");
            to = Page::of(answer).await.header("location").to_owned();
        }
        address = here.join(&to).expect("an address").into();
    }
    panic!("it leads nowhere: {address}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_provider_links_signs_in_and_takes_up_an_invitation() {
    let service = service().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").port();
    let Some(_real) = Real::start(port, &service.at(ANSWER)) else { return };
    let (id, secret) = ines(&service).await;
    provide(&service, &format!("http://localhost:{port}"), false).await;

    // Linked by the signed-in member.
    let browser = with_password(&service, &secret).await;
    let back = through(&browser, begin_link(&browser).await, &service.url, "ines-there").await;
    let done = browser.get(&back).await;
    assert_eq!(done.header("location"), "/desk/settings?done=linked", "{}", done.body);
    assert_eq!(oidc::links(&service.app, &id).await.expect("they read").len(), 1);
    assert!(browser.get("/desk/settings").await.body.contains("Unlink"), "it is listed");

    // Signing in with it, and the desk's second factor.
    let other = service.browser();
    let page = other.get("/desk/sign-in").await;
    assert!(page.body.contains("Go on with Office"), "{}", page.body);
    let begun = other.get("/desk/sign-in/with/office?next=/desk/settings").await;
    let back = through(&other, begun.header("location").to_owned(), &service.url, "ines-there").await;
    let page = other.get(&back).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(other.get("/desk").await.status, 303, "one factor is not enough");
    let form = page.form("/desk/sign-in/second");
    let wrong = other.post("/desk/sign-in/second", &answered(form.clone(), &[("code", "000000")])).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    // The code of sign-in was used; the next one works already.
    let code = totp::code(&secret, service.app.now() + SignedDuration::from_secs(30)).expect("a code");
    let done = other.post("/desk/sign-in/second", &answered(form, &[("code", &code)])).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/desk/settings"), "{}", done.body);
    assert_eq!(other.get("/desk").await.status, 200);

    // The same answer again, and somebody nobody knows.
    assert_eq!(other.get(&back).await.status, 422);
    let stranger = service.browser();
    let begun = stranger.get("/desk/sign-in/with/office").await;
    let back = through(&stranger, begun.header("location").to_owned(), &service.url, "ines@team.example").await;
    let page = stranger.get(&back).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("Nobody here is linked to this account"), "{}", page.body);

    // An invitation is taken up with an account there, and an authenticator.
    let roles = [("minio".to_owned(), Role::Analyst)];
    let made = accounts::invite(&service.app, "Ben", "ben@team.example", &roles, false).await.expect("an invitation");
    let path = made.link.trim_start_matches(&service.url).to_owned();
    let ben = service.browser();
    let alone = ben.get(&format!("{path}/with/office")).await;
    assert_eq!(alone.header("location"), path, "not without the code");
    let open = [("email".to_owned(), "ben@team.example".to_owned()), ("code".to_owned(), made.code)];
    let opened = ben.post(&format!("{path}/open"), &open).await;
    assert!(opened.body.contains("Go on with Office"), "{}", opened.body);
    let on = opened.attributes(&format!("a[href^='{path}/with/office']"), "href").pop().expect("a way on");
    let begun = ben.get(&on).await;
    let back = through(&ben, begun.header("location").to_owned(), &service.url, "ben-there").await;
    let page = ben.get(&back).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let letters: String = page.texts("main code").concat().split_whitespace().collect();
    let secret = totp::from_letters(&letters).unwrap_or_else(|| panic!("{letters}: {}", page.body));
    let code = totp::code(&secret, service.app.now()).expect("a code");
    let action = format!("{path}/code");
    let done = ben.post(&action, &answered(page.form(&action), &[("code", &code)])).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(ben.get("/desk").await.status, 200);
    let member = accounts::find(&service.app, "ben@team.example").await.expect("he is a member");
    assert_eq!((member.state(), oidc::links(&service.app, &member.id).await.expect("they read").len()), ("active", 1));
    assert_eq!(ben.get(&path).await.status, 404, "the invitation is used up");
}

/// A provider of a few lines, which says what the test wants.
struct Liar {
    peer: Peer,
    /// What its token says besides what is right.
    lies: Arc<Mutex<Value>>,
}

fn base64url(bytes: &[u8]) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let six = bits.as_bytes().chunks(6).map(|six| format!("{:0<6}", String::from_utf8_lossy(six)));
    six.map(|six| char::from(SIGNS[usize::from_str_radix(&six, 2).expect("six bits")])).collect()
}

fn token(key: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let parts = [header, claims].map(|part| base64url(part.to_string().as_bytes())).join(".");
    let mark = key.sign(&SystemRandom::new(), parts.as_bytes()).expect("a signature");
    format!("{parts}.{}", base64url(mark.as_ref()))
}

impl Liar {
    /// `lies` may hold: `claims` laid over the right ones, `header` in place of the right one, `description` laid over the
    /// right one, and `keys` in place of the right ones.
    async fn start(now: Timestamp) -> Self {
        let key = Arc::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"));
        let lies = Arc::new(Mutex::new(json!({})));
        let peer = Peer::start(|_, _| says(500, "")).await;
        let (url, signer, told) = (peer.url.clone(), key.clone(), lies.clone());
        peer.turn(move |asked, _| {
            let lies = told.lock().expect("nobody panicked").clone();
            let over = |mut right: Value, name: &str| {
                for (key, value) in lies[name].as_object().into_iter().flatten() {
                    right[key] = value.clone();
                }
                right.to_string()
            };
            match asked.path.as_str() {
                "/.well-known/openid-configuration" if lies["redirect"] == true => axum::response::Response::builder()
                    .status(302)
                    .header("location", format!("{url}/elsewhere"))
                    .body(axum::body::Body::empty())
                    .expect("an answer"),
                "/.well-known/openid-configuration" | "/elsewhere" => {
                    let right = json!({ "issuer": url, "authorization_endpoint": format!("{url}/authorize?a=b"),
                        "token_endpoint": format!("{url}/token"), "jwks_uri": format!("{url}/jwks"),
                        "authorization_response_iss_parameter_supported": true });
                    says(200, over(right, "description"))
                }
                "/jwks" => {
                    let point = signer.public_key().as_ref();
                    let right = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..]) }] });
                    match lies["keys"].as_str() {
                        Some(keys) => says(200, keys.to_owned()),
                        None => says(200, right.to_string()),
                    }
                }
                "/token" if lies["token status"].is_u64() => says(400, "{\"error\":\"invalid_grant\"}"),
                "/token" => {
                    // The code is the nonce, so that the token can carry it.
                    let code = said(&format!("http://form.invalid/?{}", asked.body), "code");
                    let right = json!({ "iss": url, "sub": "ines-there", "aud": "desk", "nonce": code,
                        "iat": now.as_second(), "exp": now.as_second() + 300, "email": "ines@team.example" });
                    let claims: Value = serde_json::from_str(&over(right, "claims")).expect("JSON");
                    let header = lies.get("header").cloned().unwrap_or_else(|| json!({ "alg": "ES256" }));
                    says(200, json!({ "access_token": "x", "token_type": "Bearer", "id_token": token(&signer, &header, &claims) }).to_string())
                }
                _ => says(404, ""),
            }
        });
        Self { peer, lies }
    }

    fn lie(&self, lies: Value) {
        *self.lies.lock().expect("nobody panicked") = lies;
    }

    /// Begins a sign-in and gives the answer that the provider would lead back with.
    async fn back(&self, browser: &Browser) -> String {
        let begun = browser.get("/desk/sign-in/with/office").await;
        assert_eq!(begun.status, 303, "{}", begun.body);
        self.answer_to(begun.header("location"))
    }

    fn answer_to(&self, address: &str) -> String {
        let url = &self.peer.url;
        format!("{ANSWER}?state={}&code={}&iss={url}", said(address, "state"), said(address, "nonce"))
    }
}

/// A desk at a fixed instant, a provider that may lie, and Ines with her account there.
async fn lied_to(two_factors: bool) -> (Service, Liar, MemberId, Vec<u8>) {
    let service = service().await;
    service.app.set_clock("2026-03-02T09:00:00Z".parse::<Timestamp>().expect("an instant"));
    let liar = Liar::start(service.app.now()).await;
    let (id, secret) = ines(&service).await;
    provide(&service, &liar.peer.url, two_factors).await;
    let browser = with_password(&service, &secret).await;
    let back = liar.answer_to(&begin_link(&browser).await);
    let done = browser.get(&back).await;
    assert_eq!(done.header("location"), "/desk/settings?done=linked", "{}", done.body);
    (service, liar, id, secret)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_s9_an_answer_of_a_provider_that_does_not_fit_signs_nobody_in() {
    let (service, liar, ..) = lied_to(true).await;
    let now = service.app.now().as_second();
    let browser = service.browser();
    let done = browser.get(&liar.back(&browser).await).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/desk"), "the right answer: {}", done.body);
    let long = format!("{{\"keys\":[{}]}}", vec!["{\"kty\":\"x\"}"; 10_000].join(","));
    for (what, lies) in [
        ("another issuer", json!({ "claims": { "iss": "https://evil.example" } })),
        ("for another desk", json!({ "claims": { "aud": "other" } })),
        ("for several", json!({ "claims": { "aud": ["desk", "other"] } })),
        ("made out to another", json!({ "claims": { "azp": "other" } })),
        ("run out", json!({ "claims": { "exp": now - 61 } })),
        ("not yet", json!({ "claims": { "iat": now + 61 } })),
        ("of another sign-in", json!({ "claims": { "nonce": "another" } })),
        ("without a nonce", json!({ "claims": { "nonce": null } })),
        ("of nobody", json!({ "claims": { "sub": "" } })),
        ("unsigned", json!({ "header": { "alg": "none" } })),
        ("with a shared secret", json!({ "header": { "alg": "HS256" } })),
        ("by a key that is not there", json!({ "header": { "alg": "ES256", "kid": "another" } })),
        ("no keys", json!({ "keys": "{\"keys\":[]}" })),
        ("keys without end", json!({ "keys": long })),
        ("keys elsewhere", json!({ "description": { "jwks_uri": "file:///etc/passwd" } })),
        ("a code that was used", json!({ "token status": 400 })),
        ("the same address at another subject", json!({ "claims": { "sub": "mallory" } })),
    ] {
        let browser = service.browser();
        liar.lie(json!({}));
        let back = liar.back(&browser).await;
        liar.lie(lies);
        let page = browser.get(&back).await;
        assert_eq!(page.status, 422, "{what}: {}", page.body);
        assert_eq!(browser.get("/desk").await.status, 303, "{what}");
        liar.lie(json!({}));
        assert_eq!(browser.get(&back).await.status, 422, "{what}: nor afterwards");
    }
    for (what, lies) in [
        ("leads elsewhere", json!({ "redirect": true })),
        ("is another one", json!({ "description": { "issuer": "https://evil.example" } })),
        ("has no page", json!({ "description": { "authorization_endpoint": "javascript:alert(1)" } })),
    ] {
        liar.lie(lies);
        let page = service.browser().get("/desk/sign-in/with/office").await;
        assert_eq!(page.status, 422, "a provider that {what}: {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_s11_an_answer_belongs_to_the_browser_the_provider_and_the_moment_that_asked() {
    let (service, liar, ..) = lied_to(true).await;
    let (one, two) = (service.browser(), service.browser());
    let back = liar.back(&one).await;
    assert_eq!(two.get(&back).await.status, 422, "another browser");
    assert_eq!(one.get(&back).await.status, 303, "whose answer is still good");
    assert_eq!(one.get(&back).await.status, 422, "once");
    let back = liar.back(&one).await;
    assert_eq!(one.get(&back.replace("state=", "state=X")).await.status, 422, "another state");
    let (url, other) = (&liar.peer.url, "https://evil.example");
    assert_eq!(one.get(&back.replace(&format!("iss={url}"), &format!("iss={other}"))).await.status, 422, "mixed up");
    let back = liar.back(&one).await;
    let without = back.split("&iss=").next().expect("a part").to_owned();
    assert_eq!(one.get(&without).await.status, 422, "it says that it names itself");
    let back = liar.back(&one).await;
    let page = one.get(&back.replace("code=", "error=access_denied&was=")).await;
    assert!(page.status == 422 && page.body.contains("did not let you through"), "{}", page.body);
    let back = liar.back(&one).await;
    service.app.set_clock(service.app.now() + SignedDuration::from_mins(10));
    assert_eq!(one.get(&back).await.status, 422, "too late");
    assert_eq!(one.get("/desk/sign-in/with/nothing").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_is_issuer_and_subject_and_belongs_to_one_member() {
    let (service, liar, id, secret) = lied_to(false).await;
    // The same subject and address at another provider are somebody else.
    let twin = Liar::start(service.app.now()).await;
    let provider = Provider {
        name: "twin".into(),
        title: "Twin".into(),
        issuer: twin.peer.url.clone(),
        client: "desk".into(),
        secret: None,
        two_factors: true,
    };
    oidc::add(&service.app, &provider).await.expect("the provider is taken");
    let browser = service.browser();
    let begun = browser.get("/desk/sign-in/with/twin").await;
    let back = twin.answer_to(begun.header("location"));
    assert_eq!(browser.get(&back).await.status, 422, "an answer at another provider's address");
    let begun = browser.get("/desk/sign-in/with/twin").await;
    let back = twin.answer_to(begun.header("location")).replace("/office/", "/twin/");
    let page = browser.get(&back).await;
    assert!(page.status == 422 && page.body.contains("Nobody here is linked"), "{}", page.body);
    let asked = twin.peer.asked().into_iter().find(|asked| asked.path == "/token").expect("the code was traded");
    assert!(asked.body.contains("client_id=desk") && asked.header("authorization").is_empty(), "a public client");
    let verifier = said(&format!("http://form.invalid/?{}", asked.body), "code_verifier");
    assert!(verifier.len() >= 43, "PKCE");
    let asked = liar.peer.asked().into_iter().find(|asked| asked.path == "/token").expect("the code was traded");
    assert!(asked.header("authorization").starts_with("Basic ") && !asked.body.contains("secret"));

    // Nobody else can link what is linked.
    let roles = [("minio".to_owned(), Role::Analyst)];
    let (other, _) = accounts::add_ready(&service.app, "Ben", "ben@team.example", PASSWORD, &roles, false)
        .await
        .expect("the member is made");
    let browser = service.browser();
    let page = browser.get(&liar.back(&browser).await).await;
    assert_eq!(page.status, 200, "the second factor is asked for: {}", page.body);
    service.app.set_clock(service.app.now() + SignedDuration::from_secs(30));
    let form = page.form("/desk/sign-in/second");
    let code = totp::code(&secret, service.app.now()).expect("a code");
    accounts::disable(&service.app, id.as_str()).await.expect("she is let out");
    let done = browser.post("/desk/sign-in/second", &answered(form, &[("code", &code)])).await;
    assert_eq!(done.status, 422, "she was let out meanwhile");
    let page = browser.get(&liar.back(&browser).await).await;
    assert!(page.status == 422 && page.body.contains("Nobody here is linked"), "{}", page.body);
    assert!(oidc::links(&service.app, &other).await.expect("they read").is_empty());

    // A service that goes takes its links along.
    oidc::remove(&service.app, "office").await.expect("it is removed");
    assert!(oidc::links(&service.app, &id).await.expect("they read").is_empty());
    assert!(oidc::remove(&service.app, "office").await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_counts_as_two_factors_is_fresh_only_when_it_was_just_proved() {
    let (service, liar, ..) = lied_to(true).await;
    let now = service.app.now().as_second();
    for (at, status) in [(json!(null), 303), (json!(now - 3600), 303), (json!(now + 3600), 303), (json!(now - 60), 200)]
    {
        liar.lie(json!({ "claims": { "auth_time": at } }));
        let browser = service.browser();
        assert_eq!(browser.get(&liar.back(&browser).await).await.status, 303);
        assert_eq!(browser.get("/desk").await.status, 200);
        assert_eq!(browser.get("/desk/settings/recovery").await.status, 303);
        assert_eq!(browser.get("/desk/settings/openpgp").await.status.as_u16(), 403, "she does not manage the desk");
        let page = browser.get("/desk/settings").await;
        assert_eq!(page.body.contains("show first that it is you"), status == 303, "{at}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_services_are_set_up_by_who_manages_the_desk_and_their_secret_is_never_shown() {
    let service = service().await;
    service.app.set_clock("2026-03-02T09:00:00Z".parse::<Timestamp>().expect("an instant"));
    let roles = [("minio".to_owned(), Role::Coordinator)];
    let (_, secret) = accounts::add_ready(&service.app, "Ines", "ines@team.example", PASSWORD, &roles, true)
        .await
        .expect("the member is made");
    let browser = with_password(&service, &secret).await;
    let form = browser.get("/desk/settings/providers").await.form("/desk/settings/providers");
    let right = [
        ("name", "office"),
        ("title", "Office"),
        ("issuer", "https://id.example.org"),
        ("client", "desk"),
        ("secret", "CANARY-SECRET"),
    ];
    for (field, wrong) in [("name", "Office!"), ("title", ""), ("issuer", "javascript:x"), ("client", "")] {
        let typed = answered(answered(form.clone(), &right), &[(field, wrong)]);
        let page = browser.post("/desk/settings/providers", &typed).await;
        assert_eq!(page.status, 422, "{field}");
        assert!(!page.body.contains("CANARY"), "{field}");
    }
    assert_eq!(browser.post("/desk/settings/providers", &answered(form.clone(), &right)).await.status, 303);
    assert_eq!(browser.post("/desk/settings/providers", &answered(form, &right)).await.status, 422, "twice");
    let page = browser.get("/desk/settings/providers").await;
    assert!(page.body.contains("/desk/sign-in/with/office/answer") && !page.body.contains("CANARY"), "{}", page.body);
    let action = "/desk/settings/providers/office/remove";
    assert_eq!(browser.post(action, &page.form(action)).await.status, 303);
    assert!(oidc::list(&service.app).await.expect("they read").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_a_sign_in_that_one_process_began_is_ended_by_another_once_and_in_the_same_browser() {
    let (service, liar, ..) = lied_to(true).await;
    let other = candor::serve::open(service.app.config.clone()).await.expect("another process on the same store");
    other.set_clock(service.app.now());
    let listener = candor::serve::bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let there = format!("http://{}", listener.local_addr().expect("an address"));
    let served = candor::web::server::serve(listener, candor::serve::router(&other), std::future::pending());
    let served = tokio::spawn(served);
    let browser = service.browser();
    let back = liar.back(&browser).await;
    // Somebody else's browser does not end it, and does not use it up.
    let stranger = service.browser();
    assert!(stranger.get(&back).await.body.contains("began in another browser"));
    let done = browser.client.get(format!("{there}{back}")).send().await.expect("an answer");
    let done = Page::of(done).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/desk"), "{}", done.body);
    let again = browser.get(&back).await;
    assert!(again.body.contains("finished already"), "{}", again.body);
    // What lies in the store tells nothing.
    let late = liar.back(&browser).await;
    let state = said(&format!("http://x.invalid{late}"), "state");
    for file in ["candor.db", "candor.db-wal"] {
        let lies = std::fs::read(service.app.config.data.join(file)).unwrap_or_default();
        assert!(!lies.windows(state.len()).any(|part| part == state.as_bytes()), "{file}");
    }
    service.app.set_clock(service.app.now() + SignedDuration::from_mins(11));
    assert!(browser.get(&late).await.body.contains("took too long"), "after ten minutes it is over");
    served.abort();
}
