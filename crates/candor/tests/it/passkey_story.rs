//! Signing in with a passkey, against an authenticator made of a few lines: an ECDSA key that signs what it is asked to.

use crate::support::places::on_both;
use crate::support::service::{Browser, MINIO, Page, Service, answered};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use candor::accounts::passkey::{self, Challenge};
use candor::accounts::{self, totp};
use candor::throttle::Source;
use candor_core::access::Role;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const PASSWORD: &str = "a long enough password";

/// An authenticator with one key, as the Web Authentication specification (level 2, section 6) has it.
struct Authenticator {
    key: EcdsaKeyPair,
    id: [u8; 32],
    origin: String,
    host: String,
    used: u32,
}

fn base64url(bytes: &[u8]) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    bits.as_bytes()
        .chunks(6)
        .map(|six| {
            let six = format!("{:0<6}", String::from_utf8_lossy(six));
            char::from(SIGNS[usize::from_str_radix(&six, 2).expect("six bits")])
        })
        .collect()
}

impl Authenticator {
    fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let host = origin.split("://").nth(1).and_then(|rest| rest.split(':').next()).expect("a host").to_owned();
        Self { key, id: [7; 32], origin: origin.to_owned(), host, used: 0 }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["publicKey"]["challenge"].as_str().expect("a challenge");
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    /// Authenticator data: hash of the host, flags (present, verified, and a new key), counter.
    fn data(&mut self, new: bool) -> Vec<u8> {
        self.used += 1;
        let mut data = digest(&SHA256, self.host.as_bytes()).as_ref().to_vec();
        data.push(if new { 0x45 } else { 0x05 });
        data.extend(self.used.to_be_bytes());
        if new {
            data.extend([0; 16]);
            data.extend([0, 32]);
            data.extend(self.id);
            // COSE_Key of P-256: {1: 2, 3: -7, -1: 1, -2: x, -3: y}, in CBOR.
            let point = self.key.public_key().as_ref();
            data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
            data.extend(&point[1..33]);
            data.extend([0x22, 0x58, 0x20]);
            data.extend(&point[33..65]);
        }
        data
    }

    /// What `navigator.credentials.create` gives.
    fn create(&mut self, options: &Value) -> String {
        let client = self.client_data("webauthn.create", options);
        let data = self.data(true);
        // {"fmt": "none", "attStmt": {}, "authData": data}, in CBOR.
        let mut object = vec![0xa3];
        object.extend(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).expect("short"));
        object.extend(data);
        json!({
            "id": base64url(&self.id), "rawId": base64url(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": { "attestationObject": base64url(&object), "clientDataJSON": base64url(&client) },
        })
        .to_string()
    }

    /// What `navigator.credentials.get` gives.
    fn get(&mut self, options: &Value) -> String {
        let client = self.client_data("webauthn.get", options);
        let data = self.data(false);
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        json!({
            "id": base64url(&self.id), "rawId": base64url(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": base64url(&data), "clientDataJSON": base64url(&client),
                "signature": base64url(signature.as_ref()), "userHandle": null,
            },
        })
        .to_string()
    }
}

fn options(page: &Page) -> Value {
    let text = page.attributes("form[data-passkey]", "data-options").remove(0);
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

async fn service() -> Service {
    let service = Service::start(&[MINIO], |config| {
        config.signin_rate = 0;
        config.base_url = format!("http://localhost:{}", config.listen.port());
    })
    .await;
    service.app.set_clock("2026-03-02T09:00:00Z".parse::<Timestamp>().expect("an instant"));
    service
}

/// Asks for the challenge of an address.
async fn challenge(browser: &Browser, email: &str) -> Page {
    let form = browser.get("/desk/sign-in/passkey").await.form("/desk/sign-in/passkey");
    let page = browser.post("/desk/sign-in/passkey", &answered(form, &[("email", email)])).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

async fn answer(browser: &Browser, page: &Page, answer: &str) -> Page {
    let form = page.form("/desk/sign-in/passkey/answer");
    browser.post("/desk/sign-in/passkey/answer", &answered(form, &[("answer", answer)])).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_signs_in_once_per_challenge_and_not_when_it_is_removed() {
    let service = service().await;
    let roles = [("minio".to_owned(), Role::Coordinator)];
    let (id, secret) = accounts::add_ready(&service.app, "Ines", "ines@team.example", PASSWORD, &roles, false)
        .await
        .expect("the member is made");
    let browser = service.browser();
    let code = totp::code(&secret, service.app.now()).expect("a code");
    let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
    let who = [("email", "ines@team.example"), ("password", PASSWORD), ("code", &code)];
    assert_eq!(browser.post("/desk/sign-in", &answered(form, &who)).await.status, 303);

    let mut device = Authenticator::new(&service.app.config.base_url);
    let page = browser.get("/desk/settings/passkeys").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let made = device.create(&options(&page));
    let form = answered(page.form("/desk/settings/passkeys"), &[("answer", &made)]);
    assert_eq!(browser.post("/desk/settings/passkeys", &form).await.header("location"), "/desk/settings?done=passkey");
    assert_eq!(browser.post("/desk/settings/passkeys", &form).await.status, 400, "a challenge is used once");
    let other = service.browser();

    let page = challenge(&other, "ines@team.example").await;
    let right = device.get(&options(&page));
    let done = answer(&other, &page, &right).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/desk"), "{}", done.body);
    assert_eq!(other.get("/desk").await.status, 200);
    assert_eq!(other.get("/desk/settings/passkeys").await.status, 200, "it proves the second factor as well");
    let again = service.browser();
    assert_eq!(answer(&again, &page, &right).await.status, 422, "an answer is taken once");
    let page = challenge(&again, "ines@team.example").await;
    let mut wrong = Authenticator::new(&service.app.config.base_url);
    assert_eq!(answer(&again, &page, &wrong.get(&options(&page))).await.status, 422, "another key");
    let mut elsewhere = Authenticator::new("http://elsewhere.example:80");
    std::mem::swap(&mut elsewhere.key, &mut device.key);
    let page = challenge(&again, "ines@team.example").await;
    assert_eq!(answer(&again, &page, &elsewhere.get(&options(&page))).await.status, 422, "another site");
    std::mem::swap(&mut elsewhere.key, &mut device.key);
    let page = challenge(&again, "ines@team.example").await;
    let late = device.get(&options(&page));
    service.app.set_clock(service.app.now() + SignedDuration::from_mins(5));
    assert_eq!(answer(&again, &page, &late).await.status, 422, "too late");

    accounts::disable(&service.app, id.as_str()).await.expect("disabled");
    let page = challenge(&again, "ines@team.example").await;
    assert_eq!(answer(&again, &page, &device.get(&options(&page))).await.status, 422, "a disabled member");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_s3_the_challenge_for_nobody_looks_like_that_for_a_member() {
    let service = service().await;
    let browser = service.browser();
    let roles = [("minio".to_owned(), Role::Member)];
    accounts::add_ready(&service.app, "Ines", "ines@team.example", PASSWORD, &roles, false).await.expect("a member");
    let mut seen = Vec::new();
    for email in ["ines@team.example", "nobody@team.example"] {
        let (first, second) = (options(&challenge(&browser, email).await), options(&challenge(&browser, email).await));
        let key = &first["publicKey"];
        assert_eq!(key["allowCredentials"], second["publicKey"]["allowCredentials"], "the same each time");
        assert_ne!(key["challenge"], second["publicKey"]["challenge"]);
        seen.push(key.as_object().map(|key| key.keys().cloned().collect::<Vec<_>>()));
        let page = challenge(&browser, email).await;
        let mut device = Authenticator::new(&service.app.config.base_url);
        assert_eq!(answer(&browser, &page, &device.get(&options(&page))).await.status, 422);
    }
    assert_eq!(seen[0], seen[1]);
    // Ids of members have many lengths, and some members have several; so have nobody's.
    let (mut lengths, mut several) = (std::collections::BTreeSet::new(), 0);
    for number in 0..24 {
        let options = options(&challenge(&browser, &format!("nobody-{number}@team.example")).await);
        let known = options["publicKey"]["allowCredentials"].as_array().cloned().unwrap_or_default();
        several += usize::from(known.len() > 1);
        lengths.extend(known.iter().filter_map(|one| one["id"].as_str().map(str::len)));
    }
    assert!(lengths.len() >= 3 && (1..24).contains(&several), "{lengths:?}, {several} with several");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_s11_a_passkey_is_a_fresh_proof_for_its_owner_and_changes_the_session() {
    let service = service().await;
    let roles = [("minio".to_owned(), Role::Coordinator)];
    let mut people = Vec::new();
    for name in ["ines", "ben"] {
        let email = format!("{name}@team.example");
        let (_, secret) =
            accounts::add_ready(&service.app, name, &email, PASSWORD, &roles, false).await.expect("the member is made");
        let browser = service.browser();
        let code = totp::code(&secret, service.app.now()).expect("a code");
        let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
        let who = [("email", email.as_str()), ("password", PASSWORD), ("code", &code)];
        assert_eq!(browser.post("/desk/sign-in", &answered(form, &who)).await.status, 303);
        let mut device = Authenticator::new(&service.app.config.base_url);
        device.id = [u8::try_from(people.len()).expect("few"); 32];
        if people.is_empty() {
            // Who has no passkey is asked for a code.
            assert_eq!(browser.get("/desk/confirm/passkey").await.header("location"), "/desk/confirm");
            assert!(!browser.get("/desk/confirm").await.body.contains("Use a passkey"));
        }
        let page = browser.get("/desk/settings/passkeys").await;
        let made = device.create(&options(&page));
        let form = answered(page.form("/desk/settings/passkeys"), &[("answer", &made)]);
        assert_eq!(browser.post("/desk/settings/passkeys", &form).await.status, 303);
        people.push((browser, device));
    }
    service.app.set_clock(service.app.now() + SignedDuration::from_mins(11));
    let (ben, mut theirs) = people.remove(1);
    let (ines, mut hers) = people.remove(0);
    assert_eq!(
        ines.get("/desk/settings/passkeys").await.header("location"),
        "/desk/confirm?next=/desk/settings/passkeys"
    );
    let page = ines.get("/desk/confirm?next=/desk/settings/passkeys").await;
    assert!(page.body.contains("Use a passkey"), "{}", page.body);
    let at = "/desk/confirm/passkey";
    let page = ines.get("/desk/confirm/passkey?next=/desk/settings/passkeys").await;
    let foreign = theirs.get(&options(&page));
    let wrong = ines.post(at, &answered(page.form(at), &[("answer", &foreign)])).await;
    assert_eq!(wrong.status, 422, "somebody else's passkey: {}", wrong.body);
    assert_eq!(ines.get("/desk/settings/passkeys").await.status, 303);

    // What she was asked is nothing for another member, and nothing to sign in with.
    let page = ines.get("/desk/confirm/passkey").await;
    let right = hers.get(&options(&page));
    let state = page.form(at).into_iter().find(|(name, _)| name == "state").expect("a state").1;
    let stranger = service.browser();
    let form = challenge(&stranger, "ines@team.example").await.form("/desk/sign-in/passkey/answer");
    let crossed = answered(form, &[("state", &state), ("answer", &right)]);
    assert_eq!(stranger.post("/desk/sign-in/passkey/answer", &crossed).await.status, 422);
    let page = ines.get("/desk/confirm/passkey").await;
    let right = hers.get(&options(&page));
    let state = page.form(at).into_iter().find(|(name, _)| name == "state").expect("a state").1;
    let own = ben.get("/desk/confirm/passkey").await.form(at);
    assert_eq!(ben.post(at, &answered(own, &[("state", &state), ("answer", &right)])).await.status, 422);

    let page = ines.get("/desk/confirm/passkey?next=/desk/settings/passkeys").await;
    let right = hers.get(&options(&page));
    let form = answered(page.form(at), &[("answer", &right)]);
    let done = ines.post(at, &form).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/desk/settings/passkeys"), "{}", done.body);
    assert!(done.header("set-cookie").starts_with("candor="), "the session goes on under a new secret");
    assert_eq!(ines.get("/desk/settings/passkeys").await.status, 200);
    assert!(ines.post(at, &form).await.status.is_client_error(), "an answer is taken once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_under_a_bare_number_says_what_a_passkey_needs_on_a_page_of_its_own() {
    let service = Service::start(&[MINIO], |config| config.signin_rate = 0).await;
    service.app.set_clock("2026-03-02T09:00:00Z".parse::<Timestamp>().expect("an instant"));
    let roles = [("minio".to_owned(), Role::Coordinator)];
    let (_, secret) = accounts::add_ready(&service.app, "Ines", "ines@team.example", PASSWORD, &roles, false)
        .await
        .expect("the member is made");
    let browser = service.browser();
    let code = totp::code(&secret, service.app.now()).expect("a code");
    let page = browser.get("/desk/sign-in").await;
    assert!(!page.body.contains("Sign in with a passkey"), "nothing is offered that cannot be");
    let who = [("email", "ines@team.example"), ("password", PASSWORD), ("code", &code)];
    assert_eq!(browser.post("/desk/sign-in", &answered(page.form("/desk/sign-in"), &who)).await.status, 303);
    let page = browser.get("/desk/settings/passkeys").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("sets `base-url` to that") || page.body.contains("base-url"), "{}", page.body);
    assert!(page.body.contains("/desk/sign-out"), "it is a page of the desk");
}

fn drawn(challenge: &Challenge) -> Value {
    serde_json::from_str(&challenge.options).expect("options")
}

on_both! {
    async fn a_challenge_of_one_process_is_answered_at_another_once_and_within_five_minutes(place: Place) {
        let here = place.app(&[MINIO]).await;
        let there = place.another_process().await;
        let at = |now: &str| [&here, &there].map(|app| app.set_clock(now.parse::<Timestamp>().expect("an instant")));
        at("2026-03-02T09:00:00Z");
        let roles = [("minio".to_owned(), Role::Coordinator)];
        let email = "ines@team.example";
        let (id, _) = accounts::add_ready(&here, "Ines", email, PASSWORD, &roles, false).await.expect("a member");
        let view = accounts::member(&here, &id).await.expect("a read").expect("she is there");
        let mut device = Authenticator::new("https://candor.example");

        let asked = passkey::ask_new(&here, &view).await.expect("asked");
        let made = device.create(&drawn(&asked));
        passkey::keep(&there, &id, &asked.state, &made, "Firefox").await.expect("kept by the other one");
        passkey::keep(&here, &id, &asked.state, &made, "Firefox").await.expect_err("a challenge is used once");

        let from = Source::from(std::net::IpAddr::from([192, 0, 2, 7]));
        let asked = passkey::ask(&here, from, email).await.expect("asked");
        let challenge = drawn(&asked)["publicKey"]["challenge"].as_str().expect("a challenge").to_owned();
        let lying = place.store.query("select name, sealed from passkey_challenge", vec![]).await.expect("a read");
        assert_eq!(lying.len(), 1, "what was taken is gone");
        for mut row in lying {
            let (name, sealed) = (row.bytes(0).expect("a name"), row.bytes(1).expect("what is sealed"));
            let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!holds(&sealed, &challenge) && !holds(&sealed, id.as_str()), "it is sealed");
            assert!(!holds(&name, &asked.state) && !challenge.contains(&asked.state), "the browser's name is not in the row");
        }
        // Both get the same answer at the same moment: one takes it.
        let answer = device.get(&drawn(&asked));
        let both = tokio::join!(
            passkey::sign_in(&here, &asked.state, &answer, "Firefox", None),
            passkey::sign_in(&there, &asked.state, &answer, "Firefox", None),
        );
        assert_eq!([both.0.is_ok(), both.1.is_ok()].iter().filter(|done| **done).count(), 1, "{both:?}");

        let asked = passkey::ask(&there, from, email).await.expect("asked");
        let answer = device.get(&drawn(&asked));
        at("2026-03-02T09:05:01Z");
        passkey::sign_in(&here, &asked.state, &answer, "Firefox", None).await.expect_err("too late");
        // Somebody whom nobody knows leaves a row of the same size.
        for email in [email, "nobody@team.example"] {
            passkey::ask(&here, from, email).await.expect("asked");
        }
        let sizes = place.store.query("select length(sealed) from passkey_challenge", vec![]).await.expect("a read");
        let sizes: Vec<_> = sizes.into_iter().map(|mut row| row.int(0).expect("a number")).collect();
        assert!(sizes.len() == 2 && sizes[0] == sizes[1], "{sizes:?}");
        at("2026-03-02T09:10:02Z");
        candor::worker::sweeps::sweep_once(&here).await.expect("it sweeps");
        let left = place.store.query("select name from passkey_challenge", vec![]).await.expect("a read");
        assert!(left.is_empty(), "what is over is swept");
    }
}
