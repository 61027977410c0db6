//! Links that work once: the first set-up, an invitation, a new start.

use super::{Browser, PASSWORD, desk, follow, join, path_of};
use candor::accounts::{self, totp};
use candor::store::{Batch, people, settings as kept};
use candor_core::access::Role;
use jiff::SignedDuration;
use reqwest::StatusCode;

#[tokio::test]
async fn the_first_member_sets_up_the_desk_with_a_link_that_works_once() {
    let desk = desk().await;
    let link = accounts::setup_link(&desk.app).await.expect("a store").expect("nobody is there yet");
    let path = path_of(&link);
    let mut browser = desk.browser();
    for _ in 0..3 {
        assert_eq!(browser.get(&path).await.status, StatusCode::OK, "looking changes nothing");
    }
    let poor = browser.post(&path, &[("name", "Ada"), ("email", "ada@example.org"), ("password", "short")]).await;
    assert_eq!(poor.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(poor.text().contains("The password has 5 characters; use at least 12"));
    assert_eq!(poor.find("#email", "value").as_deref(), Some("ada@example.org"), "what was typed stays");

    let second = browser.post(&path, &[("name", "Ada"), ("email", "ada@example.org"), ("password", PASSWORD)]).await;
    assert!(second.body.contains("<svg aria-hidden"), "the code can be scanned");
    let state = second.hidden("state");
    let wrong = browser.post(&format!("{path}/code"), &[("state", &state), ("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.hidden("state"), state);
    assert!(browser.session().is_none());

    let (last, secret) = follow(&desk, &mut browser, &link, "Ada", "ada@example.org").await;
    assert_eq!(last.status, StatusCode::OK, "{}", last.text());
    assert_eq!(last.texts("#codes li").len(), 10);
    let cookie = last.cookies.first().expect("a session begins");
    assert!(cookie.starts_with("__Host-candor=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"));
    assert!(browser.is_in().await);

    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND, "it worked once");
    assert_eq!(accounts::setup_link(&desk.app).await.expect("a store"), None);
    let ada = accounts::find(&desk.app, "ADA@example.org").await.expect("found whatever the case");
    assert!(ada.admin && ada.ready);
    assert_eq!(ada.actor(&desk.app).role(&"store".into()), Some(Role::Coordinator));
    let again = desk.browser().sign_in("ada@example.org", PASSWORD, &desk.code(&secret)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "the code of the set-up is used up");
}

#[tokio::test]
async fn a_set_up_link_ends_after_a_day_or_with_the_next_one() {
    let desk = desk().await;
    let mut browser = desk.browser();
    let first = accounts::setup_link(&desk.app).await.expect("a store").expect("a link");
    let second = accounts::setup_link(&desk.app).await.expect("a store").expect("a link");
    let gone = browser.get(&path_of(&first)).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&path_of(&second)).await.status, StatusCode::OK);
    desk.wait(SignedDuration::from_hours(24));
    let late = browser.get(&path_of(&second)).await;
    let unknown = browser.get("/setup/0000000000000000000000000000000A").await;
    let other_kind = browser.get(&path_of(&second).replace("/setup/", "/invite/")).await;
    for answer in [&late, &unknown, &other_kind] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.body, gone.body, "used, too old, unknown: nobody learns which");
    }
}

#[tokio::test]
async fn abuse_s6_an_invitation_is_used_once_and_only_with_its_address_and_code() {
    let desk = desk().await;
    let roles = [("store".to_owned(), Role::Observer)];
    let made =
        accounts::invite(&desk.app, "Grace", "grace@example.org", &roles, false).await.expect("the invitation is made");
    let (path, open) = (path_of(&made.link), path_of(&made.link) + "/open");
    let mut browser = desk.browser();
    let first = browser.get(&path).await.text();
    for told in ["observer", "Grace", "grace@example.org", &made.code] {
        assert!(!first.contains(told), "the link alone tells nothing of {told}");
    }
    let other = if made.code == "1234-5678" { "8765-4321" } else { "1234-5678" };
    let mut refused = Vec::new();
    for (email, code) in [("mallory@evil.example", made.code.as_str()), ("grace@example.org", other)] {
        let answer = browser.post(&open, &[("email", email), ("code", code)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.push(answer.body.replace(email, "ADDRESS"));
    }
    assert_eq!(refused[0], refused[1], "nobody learns which of the two was wrong");
    // Without the code there is no way round it.
    let details = [("name", "Mallory"), ("email", "grace@example.org"), ("password", PASSWORD), ("proof", "00")];
    for form in [&details[..3], &details] {
        let answer = browser.post(&path, form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().contains("Give the code of the invitation"), "{}", answer.text());
    }
    let opened = browser.post(&open, &[("email", "GRACE@example.org"), ("code", &made.code.replace('-', " "))]).await;
    assert!(opened.text().contains("observer in "), "{}", opened.text());
    let proof = opened.hidden("proof");
    let elsewhere = [("name", "Mallory"), ("email", "mallory@evil.example"), ("password", PASSWORD), ("proof", &proof)];
    assert_eq!(browser.post(&path, &elsewhere).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let another = accounts::invite(&desk.app, "Ben", "ben@example.org", &roles, false).await.expect("another");
    let moved = [("name", "Ben"), ("email", "ben@example.org"), ("password", PASSWORD), ("proof", &proof)];
    let answer = browser.post(&path_of(&another.link), &moved).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "what was shown for one serves no other");
    let before = desk.browser().sign_in("grace@example.org", "", "000000").await;
    assert_eq!(before.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody signs in before the link was used");

    let mut second_browser = desk.browser();
    let (pending, _) = {
        let second = second_browser
            .post(
                &path,
                &[("name", "Grace"), ("email", "grace@example.org"), ("password", PASSWORD), ("proof", &proof)],
            )
            .await;
        let secret = totp::from_letters(&second.texts("code.key").pop().expect("a key")).expect("base 32");
        ((second.hidden("state"), desk.code(&secret)), secret)
    };
    let (last, _) = join(&desk, &mut browser, &made, "Grace Hopper", "grace@example.org").await;
    assert_eq!(last.status, StatusCode::OK);
    let late = second_browser.post(&format!("{path}/code"), &[("state", &pending.0), ("code", &pending.1)]).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND, "the second of two finds it used");
    let grace = accounts::find(&desk.app, "grace@example.org").await.expect("a member");
    assert_eq!(grace.name, "Grace Hopper");
    assert_eq!(grace.actor(&desk.app).role(&"store".into()), Some(Role::Observer));
    assert!(!grace.admin);
    let taken = accounts::invite(&desk.app, "Eve", "GRACE@example.org", &roles, false).await.expect_err("taken");
    assert!(taken.to_string().starts_with("Another member has this address"));

    let late = accounts::invite(&desk.app, "Eve", "eve@example.org", &roles, false).await.expect("another");
    desk.wait(SignedDuration::from_hours(72));
    assert_eq!(browser.get(&path_of(&late.link)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn abuse_s6_codes_of_an_invitation_cannot_be_tried_out_from_many_places() {
    let desk = desk().await;
    let made = accounts::invite(&desk.app, "Eve", "eve@example.org", &[], true).await.expect("the invitation is made");
    let open = path_of(&made.link) + "/open";
    let mut waits = 0;
    for number in 0..40 {
        let mut browser = Browser { from: format!("198.51.100.{number}"), ..desk.browser() };
        let code = format!("0000-00{number:02}");
        let answer = browser.post(&open, &[("email", "eve@example.org"), ("code", &code)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        waits += usize::from(answer.text().contains("Too many wrong codes"));
    }
    assert!(30 < waits, "{waits} of 40 were not even looked at");
    desk.wait(SignedDuration::from_hours(1));
    let mut eve = desk.browser();
    assert_eq!(join(&desk, &mut eve, &made, "Eve", "eve@example.org").await.0.status, StatusCode::OK);
}

#[tokio::test]
async fn abuse_s7_whoever_signs_in_while_the_account_is_reset_is_out_with_what_they_made() {
    let desk = desk().await;
    let (id, secret) = desk.member("ada", Role::Member, false).await;
    let mut browser = desk.signed_in("ada", &secret).await;
    let store = &desk.app.store;
    // What a sign-in read before the reset: its code is for a secret that is no longer there.
    let row = people::get_member(store, id.as_str()).await.expect("a store").expect("a member");
    let totp = row.totp.expect("a secret");
    let key = format!("openpgp key/{id}");
    let meanwhile = || Batch::main(vec![kept::put_statement(&key, b"a key of somebody else")]);
    assert!(people::apply(store, vec![people::set_totp(id.as_str(), None)]).await.expect("a store"));
    assert!(!browser.is_in().await, "whoever is to start anew has no session");
    assert!(people::apply(store, vec![people::set_totp(id.as_str(), Some(&totp))]).await.expect("a store"));
    assert!(browser.is_in().await);

    store.commit(meanwhile()).await.expect("kept");
    let made = accounts::reset(&desk.app, "ada@example.org").await.expect("the link is made");
    assert_eq!(kept::get(store, &key).await.expect("a store"), None, "nor does a key prove who they are");
    let late = vec![people::use_totp_step(id.as_str(), &totp, i64::MAX)];
    assert!(!people::apply(store, late).await.expect("a store"), "the old code opens nothing");
    store.commit(meanwhile()).await.expect("kept");
    let (last, _) = join(&desk, &mut browser, &made, "ada", "ada@example.org").await;
    assert_eq!(last.status, StatusCode::OK, "{}", last.text());
    assert_eq!(kept::get(store, &key).await.expect("a store"), None);
}

#[tokio::test]
async fn a_reset_ends_sessions_and_the_old_ways_in_at_once() {
    let desk = desk().await;
    let (_, secret) = desk.member("ada", Role::Member, false).await;
    let mut browser = desk.signed_in("ada", &secret).await;
    let made = accounts::reset(&desk.app, "ada@example.org").await.expect("the link is made");
    assert!(!browser.is_in().await);
    desk.wait(SignedDuration::from_secs(30));
    let old = browser.sign_in("ada@example.org", PASSWORD, &desk.code(&secret)).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
    let (last, fresh) = join(&desk, &mut browser, &made, "ada", "ada@example.org").await;
    assert_eq!(last.status, StatusCode::OK, "{}", last.text());
    assert!(browser.is_in().await);
    desk.signed_in("ada", &fresh).await;
}
