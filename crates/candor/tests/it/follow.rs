//! What follows a publication: letters to subscribers, calls to hooks. Each once, none before, and nobody who did not ask.

use candor::app::App;
use candor::config::MailOut;
use candor::execute::{execute, load_case};
use candor::follow::{cve, egress, hooks, steps, subscriptions};
use candor::store::subscriptions as rows;
use candor::watch::mail_way;
use candor::worker;
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::id::{CaseId, MemberId};
use candor_formats::advisory::Tlp;
use jiff::SignedDuration;

use crate::letters::{POLICY, all, report};
use crate::support::peer::{Peer, says};
use crate::support::service::{Service, answered, open};
use crate::tree::{fix, ready};

const ASKER: &str = "asker@outside.example";

async fn start() -> Service {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = open(&folder, &[POLICY], |config| config.private_targets = true).await;
    Service::serve(app, folder).await
}

async fn follow(app: &App) -> worker::Followed {
    worker::build_tree(app).await.expect("built");
    worker::follow_once(app).await.expect("a round")
}

async fn publish(app: &App) -> CaseId {
    let case = Box::pin(ready(app, report("reporter@outside.example"))).await;
    follow(app).await;
    fix(app, &case).await;
    case
}

/// Letters to an address, as they lie in the folder.
fn letters_to(app: &App, address: &str) -> Vec<String> {
    all(app).into_iter().filter(|(shown, _)| shown.to.contains(address)).map(|(_, raw)| raw).collect()
}

/// The secret in the first link to a subscription.
fn secret(letter: &str) -> String {
    let text = letter.replace("=\r\n", "").replace("=\n", "");
    let (_, rest) = text.split_once("/subscribe/").expect("a link");
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_says_yes_first_hears_once_and_leaves_with_one_click() {
    let service = start().await;
    let app = &service.app;
    let browser = service.browser();
    let form = browser.get("/store/subscribe").await;
    assert_eq!(form.status, 200, "{}", form.body);
    let wrong =
        browser.post("/store/subscribe", &answered(form.form("/store/subscribe"), &[("email", "CANARY nobody")])).await;
    assert_eq!(wrong.status, 422);
    let fields = answered(form.form("/store/subscribe"), &[("email", ASKER), ("branch", "CANARY"), ("severity", "")]);
    let thanks = browser.post("/store/subscribe", &fields).await;
    assert_eq!(thanks.status, 200, "{}", thanks.body);
    follow(app).await;
    let asked = letters_to(app, ASKER);
    assert_eq!(asked.len(), 1);
    assert!(!asked[0].contains("CANARY"), "nothing that the asker typed is in it: {}", asked[0]);
    let again = browser.post("/store/subscribe", &fields).await;
    assert_eq!(again.body, thanks.body, "whoever asks cannot tell whether the address is known");
    follow(app).await;
    assert_eq!(letters_to(app, ASKER).len(), 1, "one letter, however often somebody asks");

    // Without a yes nothing more comes, and looking at the link is no yes.
    let fields = answered(form.form("/store/subscribe"), &[("email", "second@outside.example")]);
    browser.post("/store/subscribe", &fields).await;
    follow(app).await;
    let link = secret(&letters_to(app, "second@outside.example")[0]);
    let page = browser.get(&format!("/subscribe/{link}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    Box::pin(publish(app)).await;
    follow(app).await;
    assert_eq!(letters_to(app, "second@outside.example").len(), 1, "not confirmed, not written to");

    let yes = browser.post(&format!("/subscribe/{link}"), &[("do".into(), "yes".into())]).await;
    assert_eq!(yes.status, 200, "{}", yes.body);
    Box::pin(publish(app)).await;
    follow(app).await;
    follow(app).await;
    let got = letters_to(app, "second@outside.example");
    assert_eq!(got.len(), 2, "the one to confirm, and one advisory");
    let letter = got.iter().find(|letter| letter.contains("is public")).expect("the advisory");
    assert!(letter.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{letter}");
    let whole = letter.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
    for part in [
        "Affected versions",
        "Affected: from 1.0.0 before 1.4.2",
        "Fixed in: 1.4.2",
        "Revisions",
        "CVSS:",
        "Newest edition: ",
        "Distribution: TLP:CLEAR",
    ] {
        assert!(whole.contains(part), "{part} in {whole}");
    }
    assert!(letter.contains(&format!("/subscribe/{link}/leave>")), "{letter}");

    let click = [("List-Unsubscribe".to_owned(), "One-Click".to_owned())];
    let left = browser.post(&format!("/subscribe/{link}/leave"), &click).await;
    assert_eq!(left.status, 204, "{}", left.body);
    assert_eq!(browser.post(&format!("/subscribe/{link}/leave"), &click).await.status, 204, "twice is fine");
    Box::pin(publish(app)).await;
    follow(app).await;
    assert_eq!(letters_to(app, "second@outside.example").len(), 2, "whoever left hears nothing more");
    let id = link.split_once('.').expect("two parts").0;
    assert!(rows::get(&app.store, id).await.expect("read").is_none(), "nothing of the address stays");

    for wrong in ["nonsense".to_owned(), format!("{id}.00000000000000000000000000000000")] {
        assert_eq!(browser.get(&format!("/subscribe/{wrong}")).await.status, 404, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_hear_of_their_product_branch_and_severity_only() {
    let service = start().await;
    let app = &service.app;
    let policy = app.policy(&"store".into()).expect("a policy");
    let wish = |product: &str, branch: &str, severity: &str| subscriptions::Wish {
        product: product.into(),
        branch: branch.into(),
        severity: subscriptions::severity(severity),
    };
    for (address, wish) in [
        ("all@outside.example", wish("", "", "")),
        ("product@outside.example", wish("object-store", "", "")),
        ("other@outside.example", wish("console", "", "")),
        ("branch@outside.example", wish("", "1.x", "")),
        ("older@outside.example", wish("", "0.9", "")),
        ("high@outside.example", wish("", "", "high")),
        ("critical@outside.example", wish("", "", "critical")),
    ] {
        subscriptions::ask(app, &policy, address, &wish).await.expect("kept");
        follow(app).await;
        let link = secret(&letters_to(app, address)[0]);
        subscriptions::confirm(app, &link).await.expect("confirmed");
    }
    Box::pin(publish(app)).await;
    follow(app).await;
    let heard = |address: &str| letters_to(app, address).len() == 2;
    for (address, expected) in [
        ("all", true),
        ("product", true),
        ("other", false),
        ("branch", true),
        ("older", false),
        ("high", true),
        ("critical", false),
    ] {
        assert_eq!(heard(&format!("{address}@outside.example")), expected, "{address}");
    }
}

fn coordinator() -> Actor {
    Actor::Member { id: "ben".into(), roles: vec![("store".into(), Role::Coordinator)] }
}

/// Somebody who hears of everything.
async fn subscribed(app: &App) {
    let policy = app.policy(&"store".into()).expect("a policy");
    subscriptions::ask(app, &policy, ASKER, &subscriptions::Wish::default()).await.expect("kept");
    follow(app).await;
    let link = secret(&letters_to(app, ASKER)[0]);
    subscriptions::confirm(app, &link).await.expect("confirmed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_hear_of_a_withdrawal_with_its_reason() {
    let service = start().await;
    let app = &service.app;
    subscribed(app).await;
    let case = Box::pin(publish(app)).await;
    follow(app).await;
    assert_eq!(letters_to(app, ASKER).len(), 2, "the one to confirm, and the advisory");
    let mut draft = load_case(app, &Actor::Clock, &case).await.expect("it opens").advisory.draft.expect("a draft");
    draft.withdrawal = "It was the documented way of use.".into();
    for command in [
        Command::DraftAdvisory { draft: Box::new(draft) },
        Command::ApproveAdvisory { revision: 2 },
        Command::Publish { at: None },
    ] {
        execute(app, &coordinator(), &case, command, None).await.expect("done");
    }
    follow(app).await;
    follow(app).await;
    let whole = |letter: &String| letter.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
    let told: Vec<String> = letters_to(app, ASKER).iter().map(whole).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told.iter().filter(|letter| letter.contains("It was the documented way of use.")).count(), 1);
    assert_eq!(told.iter().filter(|letter| letter.contains("Withdrawn: ")).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b4_no_letter_tells_of_what_is_for_a_limited_circle_when_its_fix_comes() {
    let service = start().await;
    let app = &service.app;
    subscribed(app).await;
    let case = Box::pin(ready(app, report("reporter@outside.example"))).await;
    let mut draft = load_case(app, &Actor::Clock, &case).await.expect("it opens").advisory.draft.expect("a draft");
    draft.tlp = Tlp::Amber;
    for command in [
        Command::DraftAdvisory { draft: Box::new(draft) },
        Command::ApproveAdvisory { revision: 2 },
        Command::Publish { at: None },
    ] {
        execute(app, &coordinator(), &case, command, None).await.expect("done");
    }
    let before = all(app).len();
    fix(app, &case).await;
    let loaded = load_case(app, &Actor::Clock, &case).await.expect("it opens");
    assert_eq!(loaded.advisory.published.len(), 1, "it went out with the fix, to its circle");
    assert!(!loaded.advisory.is_public());
    follow(app).await;
    worker::deliver_once(app).await.expect("letters leave");
    assert_eq!(letters_to(app, ASKER).len(), 1, "only the one to confirm");
    let id = loaded.advisory.id.expect("a number");
    assert!(all(app).len() >= before && all(app).iter().all(|(_, raw)| !raw.contains(&id)), "no letter names it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_never_confirms_is_forgotten_after_two_days() {
    let service = start().await;
    let app = &service.app;
    let policy = app.policy(&"store".into()).expect("a policy");
    subscriptions::ask(app, &policy, ASKER, &subscriptions::Wish::default()).await.expect("kept");
    let count = || async { rows::counts(&app.store).await.expect("read").len() };
    assert_eq!(count().await, 1);
    app.set_clock(app.now() + SignedDuration::from_hours(49));
    worker::sweep_once(app).await.expect("swept");
    assert_eq!(count().await, 0);
}

/// A hook that two members have agreed on, and its secret.
async fn hook(app: &App, peer: &Peer) -> (String, Vec<u8>) {
    let asked = hooks::ask(app, "store", &peer.url, &MemberId::from("anna")).await.expect("taken");
    hooks::confirm(app, &asked.id, &MemberId::from("ben")).await.expect("confirmed");
    let secret = asked.secret.strip_prefix("whsec_").expect("a secret");
    (asked.id, crate::support::peer::unbase64(secret))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_o4_a_call_holds_ids_only_and_is_signed_over_time_and_number_of_the_delivery() {
    let service = start().await;
    let app = &service.app;
    let peer = Peer::start(|_, before| says(if before == 0 { 500 } else { 200 }, "")).await;
    let (_, secret) = hook(app, &peer).await;
    let case = Box::pin(publish(app)).await;
    follow(app).await;
    app.set_clock(app.now() + SignedDuration::from_mins(5));
    follow(app).await;
    app.set_clock(app.now() + SignedDuration::from_hours(10));
    follow(app).await;
    let calls = peer.asked();
    assert_eq!(calls.len(), 2, "tried again after the failure, and never after a success");
    assert_eq!(calls[0].header("webhook-id"), calls[1].header("webhook-id"), "one delivery has one number");
    assert_ne!(calls[0].header("webhook-timestamp"), calls[1].header("webhook-timestamp"));
    for call in &calls {
        let (id, seconds) = (call.header("webhook-id"), call.header("webhook-timestamp"));
        assert_eq!(call.header("webhook-signature"), hooks::sign(&secret, id, seconds, &call.body));
        assert_ne!(call.header("webhook-signature"), hooks::sign(&secret, id, "0", &call.body));
        let body: serde_json::Value = serde_json::from_str(&call.body).expect("JSON");
        let mut names: Vec<&String> = body["data"].as_object().expect("an object").keys().collect();
        names.sort();
        assert_eq!(names, ["advisory", "program", "revision"], "ids and nothing else");
        for secret in ["CANARY", "Buckets", case.as_str()] {
            assert!(!call.body.contains(secret), "{}", call.body);
        }
    }
    let states = steps::states(app, case.as_str(), 1).await.expect("read");
    assert!(states.iter().all(|state| !state.is_open && !state.has_failed), "{states:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_o2_redirects_are_not_followed_and_endless_answers_are_cut() {
    let service = start().await;
    let app = &service.app;
    let inside = Peer::start(|_, _| says(200, "")).await;
    let to = inside.url.clone();
    let turning = Peer::start(move |_, before| {
        let status = [301, 302, 307, 308][before % 4];
        axum::response::Response::builder().status(status).header("location", &to).body("".into()).expect("an answer")
    })
    .await;
    let endless = Peer::start(|_, _| {
        let stream = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 65_536]));
        says(200, axum::body::Body::from_stream(stream))
    })
    .await;
    let plain = Peer::start(|_, _| says(204, "")).await;
    for peer in [&turning, &endless, &plain] {
        hook(app, peer).await;
    }
    Box::pin(publish(app)).await;
    for _ in 0..4 {
        follow(app).await;
        app.set_clock(app.now() + SignedDuration::from_hours(1));
    }
    assert_eq!(inside.asked().len(), 0, "nobody was led inside");
    assert!(turning.asked().len() >= 4, "every kind of redirect was tried");
    assert_eq!(plain.asked().len(), 1, "the others are called all the same");
    assert_eq!(endless.asked().len(), 1, "what answers with success is done, however long its answer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_o1_an_inner_address_is_no_hook_and_no_connection_is_made_to_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = open(&folder, &[POLICY], |_| {}).await;
    let peer = Peer::start(|_, _| says(200, "")).await;
    let mut words = std::collections::BTreeSet::new();
    let port = peer.url.rsplit(':').next().expect("a port");
    for address in [
        peer.url.clone(),
        format!("https://127.0.0.1:{port}/"),
        "https://localhost/".into(),
        "https://10.0.0.1:1/".into(),
    ] {
        let refused = hooks::ask(&app, "store", &address, &MemberId::from("anna")).await.expect_err("it is refused");
        words.insert(refused.to_string());
    }
    assert_eq!(words.len(), 1, "refused alike: {words:?}");
    assert_eq!(peer.asked().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_o1_with_a_list_of_places_no_other_is_taken_or_called() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let listed = Peer::start(|_, _| says(200, "")).await;
    let other = Peer::start(|_, _| says(200, "")).await;
    // Set up while every place could be called.
    let app = open(&folder, &[POLICY], |config| config.private_targets = true).await;
    hook(&app, &listed).await;
    hook(&app, &other).await;
    let mut config = app.config.clone();
    config.egress = vec![egress::origin(&listed.url).expect("a place")];
    drop(app);
    let app = candor::serve::open(config).await.expect("it opens again");
    let third = Peer::start(|_, _| says(200, "")).await;
    let refused = hooks::ask(&app, "store", &third.url, &MemberId::from("anna")).await.expect_err("it is refused");
    assert!(refused.to_string().contains("`egress`"), "{refused}");
    let account =
        cve::Account { url: third.url.clone(), org: "o".into(), org_id: "i".into(), user: "u".into(), key: "k".into() };
    let refused = cve::set_account(&app, "store", &account).await.expect_err("it is refused");
    assert!(refused.to_string().contains("`egress`"), "{refused}");
    Box::pin(publish(&app)).await;
    follow(&app).await;
    assert_eq!([&listed, &other, &third].map(|peer| peer.asked().len()), [1, 0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_o7_one_member_alone_cannot_turn_calls_to_another_host() {
    let service = start().await;
    let app = &service.app;
    let (old, new) = (Peer::start(|_, _| says(200, "")).await, Peer::start(|_, _| says(200, "")).await);
    let (id, _) = hook(app, &old).await;
    let anna = MemberId::from("anna");
    let asked = hooks::ask(app, "store", &new.url, &anna).await.expect("it waits");
    assert!(hooks::confirm(app, &asked.id, &anna).await.is_err(), "not by the same member");
    hooks::end(app, &id, &anna).await.expect("ended");
    assert!(old.asked().iter().any(|call| call.body.contains("hook.ended")), "the old target is told");
    Box::pin(publish(app)).await;
    follow(app).await;
    assert_eq!(new.asked().len(), 0, "not called before a second member has confirmed it");
    assert_eq!(old.asked().iter().filter(|call| call.body.contains("advisory.")).count(), 0);
    let rows = candor::store::hooks::list(&app.store).await.expect("read");
    assert!(
        rows.iter().all(|row| row.fingerprint.len() == 19 && row.asked_by == "anna"),
        "who and what stays on record"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_o7_another_mail_server_is_on_record_and_stands_above_the_queue_of_who_manages() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let by = async |server: &str| {
        let app = open(&folder, &[POLICY], |config| config.mail = MailOut::Smtp(server.into())).await;
        mail_way::note(&app).await.expect("noted");
        app
    };
    let app = by("smtp://user:CANARY-one@mail.store.example:587").await;
    assert_eq!(mail_way::changed(&app).await.expect("read"), None, "the first server is no change");
    let app = by("smtp://other:CANARY-two@mail.store.example:587").await;
    assert_eq!(mail_way::changed(&app).await.expect("read"), None, "a new password is no other server");
    let app = by("smtp://user:CANARY-one@mail.evil.example:587").await;
    let way = mail_way::changed(&app).await.expect("read").expect("a change");
    let before = way.before.clone().expect("the one before");
    assert!(way.fingerprint != before && way.fingerprint.len() == 19 && before.len() == 19, "{way:?}");
    let kept = candor::store::settings::get(&app.store, "mail way").await.expect("read").expect("kept");
    assert!(!String::from_utf8_lossy(&kept).contains("CANARY"), "no password is in it");

    let service = Service::serve(app.clone(), folder).await;
    let (boss, _) = service.signed_in("boss", None, true).await;
    let (cora, _) = service.signed_in("cora", Some(candor_core::access::Role::Coordinator), false).await;
    let page = boss.get("/desk").await;
    assert!(page.body.contains("another mail server") && page.body.contains(&way.fingerprint), "{}", page.body);
    assert!(!cora.get("/desk").await.body.contains("another mail server"));
    app.set_clock(app.now() + SignedDuration::from_hours(15 * 24));
    assert_eq!(mail_way::changed(&app).await.expect("read"), None, "after two weeks it is what it is");
    // No page and no command of the API names a server for letters: whoever has the desk alone cannot turn them elsewhere.
    let api = candor::api::document().to_string();
    assert!(!api.contains("smtp") && !api.contains("mail_server"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_signed_letter_about_an_advisory_is_verified_by_gnupg() {
    let Some(gpg) = crate::openpgp::Gpg::new() else { return };
    let service = start().await;
    let app = &service.app;
    let store = candor_core::id::ProgramSlug::from("store");
    let life = app.now() + candor::program_keys::LIFE;
    let key = candor::program_keys::make(app, &store, life, "test").await.expect("a key");
    gpg.prints(&["--import"], key.certificate.to_armor().as_bytes());
    let policy = app.policy(&store).expect("a policy");
    subscriptions::ask(app, &policy, ASKER, &subscriptions::Wish::default()).await.expect("kept");
    follow(app).await;
    let asked = letters_to(app, ASKER);
    assert!(!asked[0].contains("multipart/signed"), "the question is of no advisory");
    subscriptions::confirm(app, &secret(&asked[0])).await.expect("confirmed");
    Box::pin(publish(app)).await;
    follow(app).await;
    follow(app).await;
    let letters = letters_to(app, ASKER);
    let letter = letters.iter().find(|letter| letter.contains("is public")).expect("the advisory");
    let head = letter.split("\r\n\r\n").next().expect("a head");
    assert!(head.contains("multipart/signed") && head.contains("List-Unsubscribe"), "{head}");
    let boundary =
        letter.split("boundary=\"openpgp-").nth(1).and_then(|rest| rest.split('"').next()).expect("a boundary");
    let parts: Vec<&str> = letter.split(&format!("--openpgp-{boundary}")).collect();
    assert_eq!(parts.len(), 4, "a text, a signature and the end: {letter}");
    // The line break before a boundary belongs to the boundary (RFC 2046, 5.1.1).
    let text = parts[1].strip_prefix("\r\n").and_then(|text| text.strip_suffix("\r\n")).expect("a part");
    let armor = &parts[2][parts[2].find("-----BEGIN").expect("a signature")..];
    let (document, signature) = (gpg.file("letter", text.as_bytes()), gpg.file("letter.asc", armor.as_bytes()));
    let words = ["--verify", &signature.to_string_lossy(), &document.to_string_lossy()];
    let (well, _, said) = gpg.run(&words, b"");
    assert!(well && said.contains("GOODSIG"), "{said}");
}
