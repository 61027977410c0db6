//! What a member is told when a way into their account changes, and when somebody who knows their password is turned away.

use crate::letters::all;
use crate::support::service::{Browser, MINIO, Page, Service, answered};
use candor::accounts::told::Change;
use candor::accounts::{self, totp};
use candor::worker;
use candor_core::access::Role;
use candor_core::id::MemberId;
use jiff::{SignedDuration, Timestamp};

const PASSWORD: &str = "tin harbour sleeps early";

struct House {
    service: Service,
    ines: MemberId,
    secret: Vec<u8>,
}

impl House {
    async fn open() -> Self {
        let service = Service::start(&[MINIO], |config| config.signin_rate = 0).await;
        service.app.set_clock("2026-03-02T09:00:00Z".parse::<Timestamp>().expect("an instant"));
        let roles = [("minio".to_owned(), Role::Coordinator)];
        let (ines, secret) = accounts::add_ready(&service.app, "Ines", "ines@team.example", PASSWORD, &roles, true)
            .await
            .expect("the member is made");
        Self { service, ines, secret: secret.to_vec() }
    }

    async fn sign_in(&self, browser: &Browser, code: &str) -> Page {
        let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
        let who = [("email", "ines@team.example"), ("password", PASSWORD), ("code", code)];
        browser.post("/desk/sign-in", &answered(form, &who)).await
    }

    /// The letters to her that came since the last look: what they say.
    async fn told(&self, seen: &mut usize) -> Vec<String> {
        worker::deliver_once(&self.service.app).await.expect("letters leave");
        let letters = all(&self.service.app);
        let new = letters[*seen..].iter().map(|(shown, raw)| {
            assert!(shown.to.contains("ines@team.example"), "{raw}");
            assert!(shown.text.contains("/desk/settings"), "{raw}");
            shown.text.clone()
        });
        let new = new.collect();
        *seen = letters.len();
        new
    }
}

fn says(letters: &[String], change: Change) {
    let words = change.says().split(';').next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(letters.len() == 1 && plain(&letters[0]).contains(&words), "{words}: {letters:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_of_a_way_in_is_told_at_once_and_without_a_secret() {
    let house = House::open().await;
    let app = &house.service.app;
    // Also to somebody who wishes one letter a day.
    accounts::digest::set(app, &house.ines, true).await.expect("set");
    let mut seen = 0;
    let browser = house.service.browser();
    let code = totp::code(&house.secret, app.now()).expect("a code");
    assert_eq!(house.sign_in(&browser, &code).await.status, 303);
    assert!(house.told(&mut seen).await.is_empty(), "signing in changes nothing");

    let page = browser.get("/desk/settings").await;
    let form = answered(page.form("/desk/settings/tokens"), &[("label", "x"), ("days", "30"), ("read", "yes")]);
    let made = browser.post("/desk/settings/tokens", &form).await;
    let token = made.texts("#fresh-token").remove(0);
    let letters = house.told(&mut seen).await;
    says(&letters, Change::TokenMade);
    assert!(!letters[0].contains(&token));

    let page = browser.post("/desk/settings/recovery", &page.form("/desk/settings/recovery")).await;
    assert_eq!(page.status, 200);
    let letters = house.told(&mut seen).await;
    says(&letters, Change::Recovery);
    for code in page.texts("main code, main li") {
        assert!(code.len() < 8 || !letters[0].contains(&code), "{code}");
    }

    let made = accounts::reset(app, house.ines.as_str()).await.expect("she starts anew");
    let letters = house.told(&mut seen).await;
    says(&letters, Change::Reset);
    assert!(!letters[0].contains(made.link.rsplit('/').next().expect("a secret")), "the link goes another way");
    assert!(!letters[0].contains(&made.code), "and so does the code");

    let path = made.link.trim_start_matches(&house.service.url).to_owned();
    let open = format!("{path}/open");
    let address = browser.get("/desk/settings").await;
    assert_eq!(address.status, 303, "she is out");
    let proof = [("email", "ines@team.example"), ("code", made.code.as_str())];
    let opened = browser.post(&open, &answered(browser.get(&path).await.form(&open), &proof)).await;
    let page = browser.post(&path, &answered(opened.form(&path), &[("password", "seven quiet lanterns float")])).await;
    let letters: String = page.texts("main code").concat().split_whitespace().collect();
    let secret = totp::from_letters(&letters).unwrap_or_else(|| panic!("{letters}: {}", page.body));
    let action = format!("{path}/code");
    let code = totp::code(&secret, app.now()).expect("a code");
    assert_eq!(browser.post(&action, &answered(page.form(&action), &[("code", &code)])).await.status, 200);
    says(&house.told(&mut seen).await, Change::Renewed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_s3_whose_password_comes_with_wrong_codes_is_told_once() {
    let house = House::open().await;
    let mut seen = 0;
    for n in 0..4 {
        let page = house.sign_in(&house.service.browser(), "000000").await;
        assert_eq!(page.status, 422, "{}", page.body);
        let letters = house.told(&mut seen).await;
        if n == 2 { says(&letters, Change::WrongCodes) } else { assert!(letters.is_empty(), "{n}: {letters:?}") }
    }
    // A wrong password is no news: everybody can type one.
    let browser = house.service.browser();
    for _ in 0..4 {
        let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
        let who = [("email", "ines@team.example"), ("password", "another one entirely"), ("code", "000000")];
        browser.post("/desk/sign-in", &answered(form, &who)).await;
    }
    assert!(house.told(&mut seen).await.is_empty());
    house.service.app.set_clock(house.service.app.now() + SignedDuration::from_mins(20));
    let code = totp::code(&house.secret, house.service.app.now()).expect("a code");
    assert_eq!(house.sign_in(&house.service.browser(), &code).await.status, 303, "she gets in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_s11_large_foreign_and_doubled_cookies_sign_nobody_in_and_mix_nobody_up() {
    let house = House::open().await;
    let browser = house.service.browser();
    let code = totp::code(&house.secret, house.service.app.now()).expect("a code");
    let page = house.sign_in(&browser, &code).await;
    let cookie = page.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"), "{cookie}");
    let secret = cookie.split(['=', ';']).nth(1).expect("a value").to_owned();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    for (what, cookies, in_there) in [
        ("hers", format!("candor={secret}"), true),
        ("one of 8 KB", format!("candor={}", "A".repeat(8192)), false),
        ("hers with a tail", format!("candor={secret}A"), false),
        ("hers in small letters", format!("candor={}", secret.to_lowercase()), false),
        ("hers under another name", format!("candor-receipt={secret}; candor-party={secret}; Candor={secret}"), false),
        ("a forged one before hers", format!("candor={}; candor={secret}", "0".repeat(52)), false),
        ("bytes", "candor=\u{e9}\u{0}".replace('\0', "%00"), false),
    ] {
        let request = client.get(house.service.at("/desk")).header("cookie", cookies);
        let status = request.send().await.expect("an answer").status().as_u16();
        assert_eq!(status == 200, in_there, "{what}: {status}");
        assert!(status < 500, "{what}: {status}");
    }
}
