//! Where a policy asks for signed mail: what a member signed as a whole with their own key is their answer or note, and nothing
//! else is. GnuPG is the member's mail program.

use crate::mail_in::{ADA, comes, look, mail, posts, to};
use crate::mail_members::{ANNA, addresses, begin, passed_on, said};
use crate::openpgp::{Gpg, now};
use crate::support::places::Place;
use candor::accounts;
use candor::app::App;
use candor::config::MailDns;
use candor::mail::receive::Outcome;
use candor::program_keys;
use candor::worker;
use candor_core::event::Event;
use candor_core::id::CaseId;
use jiff::SignedDuration;

/// A desk that asks for signed mail, in the present, with a case of Anna's and the key that she gave.
async fn with_key(gpg: &Gpg, usage: &[&str]) -> (Place, App, CaseId) {
    let (place, app, _dns, _team, case) = Box::pin(begin("signed")).await;
    app.set_clock(now());
    let made = [&["--quick-gen-key", "Anna <anna@team.example>"], usage].concat();
    gpg.prints(&made, b"");
    give(&app, &gpg.prints(&["--export", "--armor", ANNA], b"")).await;
    (place, app, case)
}

async fn give(app: &App, key: &[u8]) {
    let anna = accounts::find(app, ANNA).await.expect("a member");
    accounts::openpgp::put(app, &anna, key).await.expect("it is kept");
}

const ALWAYS: [&str; 3] = ["future-default", "default", "1y"];

fn text(words: &str) -> String {
    format!("Content-Type: text/plain; charset=utf-8\n\n{words}\n")
}

/// A mail that is signed as a whole (RFC 3156).
fn signed(gpg: &Gpg, by: &str, to: &str, entity: &str) -> Vec<u8> {
    let entity = entity.trim_end();
    let sign = ["--detach-sign", "--armor", "--local-user", by];
    let signature = gpg.prints(&sign, entity.replace('\n', "\r\n").as_bytes());
    let signature = String::from_utf8(signature).expect("text");
    whole(
        to,
        "signed; protocol=\"application/pgp-signature\"",
        &format!("--s\n{entity}\n--s\nContent-Type: application/pgp-signature\n\n{signature}\n--s--"),
    )
}

/// A mail of Anna in parts.
fn whole(to: &str, kind: &str, body: &str) -> Vec<u8> {
    let more = format!("MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary=s\r\n");
    addressed(to, mail(ANNA, "Re: case", &more, body))
}

fn addressed(to: &str, raw: Vec<u8>) -> Vec<u8> {
    String::from_utf8(raw).expect("text").replace("security@example.org", to).into_bytes()
}

/// How often Anna was told that a mail of hers was not used.
fn refusals(app: &App) -> usize {
    to(app, ANNA).into_iter().filter(|(subject, ..)| subject.contains("your mail was not used")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_member_signs_as_a_whole_is_their_answer_or_note_however_their_program_packs_it() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, case) = Box::pin(with_key(&gpg, &ALWAYS)).await;
    let (note, answer) = addresses(&app);
    let made = program_keys::make(&app, &"store".into(), now() + program_keys::LIFE, "test").await.expect("a key");
    gpg.prints(&["--import"], made.certificate.to_armor().as_bytes());

    let entity = "Content-Type: multipart/mixed; boundary=y\n\n--y\nContent-Type: text/plain\n\nSIGNED answer\n\n> quoted INTERNAL\n--y\nContent-Type: text/plain; name=fix.txt\n\nthe fix\n--y--\n";
    comes(&app, &answer, signed(&gpg, ANNA, &answer, entity)).await;
    worker::check_once(&app).await.expect("it is looked at");
    let told = said(&app, &case).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("answer by Member(") && told[0].ends_with("SIGNED answer"), "{told:?}");
    let last = look(&app, &case).await.history.into_iter().rev().find_map(|entry| match entry.what {
        Event::Answered { files, .. } => Some(files),
        _ => None,
    });
    assert_eq!(last.expect("an answer").iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["fix.txt"]);

    let inline = String::from_utf8(gpg.prints(&["--clearsign", "--local-user", ANNA], b"INLINE note\n")).expect("text");
    comes(&app, &note, addressed(&note, mail(ANNA, "Re: case", "", inline.trim_end()))).await;
    let lock = ["--encrypt", "--sign", "--armor", "--local-user", ANNA, "--recipient", "security@example.org"];
    let message = gpg.prints(&lock, text("ENCRYPTED note").replace('\n', "\r\n").as_bytes());
    let message = String::from_utf8(message).expect("text");
    let body = format!(
        "--s\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--s\nContent-Type: application/octet-stream\n\n{message}\n--s--"
    );
    let raw = whole(&note, "encrypted; protocol=\"application/pgp-encrypted\"", &body);
    assert_eq!(comes(&app, &note, raw).await, Outcome::Unverified(case.clone()));
    worker::check_once(&app).await.expect("they are looked at");
    let told = said(&app, &case).await;
    assert!(told[1].starts_with("note by Member(") && told[1].ends_with("INLINE note"), "{told:?}");
    assert!(told[2].starts_with("note by Member(") && told[2].ends_with(": ENCRYPTED note"), "{told:?}");
    posts(&app).await;
    assert_eq!(refusals(&app), 0);
    assert!(to(&app, ADA).iter().all(|(_, _, raw)| !raw.contains("INTERNAL") && !raw.contains("INLINE")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_proves_a_member_also_where_nothing_is_asked_of_the_dns() {
    let Some(gpg) = Gpg::new() else { return };
    let (place, app, case) = Box::pin(with_key(&gpg, &ALWAYS)).await;
    let (_, answer) = addresses(&app);
    let policy = crate::letters::POLICY
        .replace("email = \"security@example.org\"\n", "email = \"security@example.org\"\nteam_mail = \"signed\"\n");
    let off = place.app_with(&[&policy], |config| config.mail_dns = MailDns::Off).await;
    off.set_clock(now());
    comes(&off, &answer, signed(&gpg, ANNA, &answer, &text("Without the DNS."))).await;
    worker::check_once(&off).await.expect("it is looked at");
    assert!(said(&off, &case).await[0].ends_with("Without the DNS."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e1_what_is_unsigned_in_part_or_by_another_key_is_not_the_members_and_they_are_told() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, case) = Box::pin(with_key(&gpg, &ALWAYS)).await;
    let (_, answer) = addresses(&app);
    let other = Gpg::new().expect("gpg");
    other.prints(&["--quick-gen-key", "Anna <anna@team.example>", "future-default", "default", "1y"], b"");
    let clear = String::from_utf8(gpg.prints(&["--clearsign", "--local-user", ANNA], b"signed words")).expect("text");
    let inner = String::from_utf8(signed(&gpg, ANNA, &answer, &text("signed words"))).expect("text");
    let (head, body) = inner.split_once("\r\n\r\n").expect("a mail");
    let kind = head.lines().find(|line| line.starts_with("Content-Type")).expect("a type");
    let beside = format!(
        "--t\n{kind}\n\n{}\n--t\nContent-Type: text/plain\n\nPUBLISH all\n--t--",
        body.replace("\r\n", "\n").trim_end()
    );
    let changed = String::from_utf8(signed(&gpg, ANNA, &answer, &text("signed words"))).expect("text");
    let more = String::from_utf8(signed(&gpg, ANNA, &answer, &text("signed words, and a part beside"))).expect("text");
    let tries: [(&str, Vec<u8>); 8] = [
        ("unsigned", addressed(&answer, mail(ANNA, "Re: case", "", "PUBLISH all"))),
        ("another key under the name", signed(&other, ANNA, &answer, &text("PUBLISH all"))),
        (
            "text beside a signed block",
            addressed(&answer, mail(ANNA, "Re: case", "", &format!("PUBLISH all\n{clear}"))),
        ),
        (
            "a part beside a signed part",
            addressed(
                &answer,
                mail(ANNA, "Re: x", "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=t\r\n", &beside),
            ),
        ),
        ("changed after it was signed", changed.replace("signed words", "PUBLISH all!").into_bytes()),
        (
            "a third part in the signed one",
            more.replace("\r\n--s--", "\r\n--s\r\n\r\nPUBLISH all\r\n--s--").into_bytes(),
        ),
        (
            "signed for another address",
            signed(
                &gpg,
                ANNA,
                &answer,
                "Content-Type: text/plain; protected-headers=\"v1\"\nTo: list@team.example\n\nPUBLISH all\n",
            ),
        ),
        ("from another address", {
            let raw =
                String::from_utf8(signed(&gpg, ANNA, &answer, &text("PUBLISH all, from elsewhere"))).expect("text");
            raw.replacen(&format!("From: {ANNA}"), "From: eve@outside.example", 1).into_bytes()
        }),
    ];
    for (what, raw) in &tries {
        let outcome = comes(&app, &answer, raw.clone()).await;
        assert_eq!(outcome, Outcome::Unverified(case.clone()), "{what}");
        worker::check_once(&app).await.expect("it is looked at");
        assert!(said(&app, &case).await.is_empty(), "{what}: {:?}", said(&app, &case).await);
    }
    let kept = look(&app, &case).await.history;
    let kept = kept.iter().filter(|entry| matches!(entry.what, Event::MailUnverified { .. })).count();
    assert_eq!(kept, tries.len(), "nothing is lost");
    posts(&app).await;
    assert!(refusals(&app) >= 1, "the member hears of it");
    let letters = to(&app, ANNA);
    assert!(letters.iter().all(|(_, _, raw)| !raw.contains("PUBLISH")), "in neutral words");
    assert!(to(&app, ADA).iter().all(|(_, _, raw)| !raw.contains("PUBLISH")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e1_what_was_signed_counts_once_in_its_week_and_at_its_own_address() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, case) = Box::pin(with_key(&gpg, &ALWAYS)).await;
    let (note, answer) = addresses(&app);
    let raw = signed(&gpg, ANNA, &note, &text("INTERNAL words"));
    comes(&app, &note, raw.clone()).await;
    worker::check_once(&app).await.expect("it is looked at");
    assert_eq!(said(&app, &case).await.len(), 1);
    // The same words under the same signature, sent on to the address for answers by whoever saw them.
    let again = String::from_utf8(raw).expect("text").replace(&note, &answer).replace("Re: case", "Re: another");
    comes(&app, &answer, again.into_bytes()).await;
    worker::check_once(&app).await.expect("it is looked at");
    assert_eq!(said(&app, &case).await.len(), 1, "a note never becomes an answer");
    // One that lay about for longer than a week.
    let old = signed(&gpg, ANNA, &answer, &text("OLD words"));
    app.set_clock(now() + SignedDuration::from_hours(24 * 8));
    comes(&app, &answer, old).await;
    worker::check_once(&app).await.expect("it is looked at");
    assert_eq!(said(&app, &case).await.len(), 1);
    posts(&app).await;
    assert_eq!(refusals(&app), 2);
    assert!(to(&app, ADA).iter().all(|(_, _, raw)| !raw.contains("INTERNAL")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_c5_a_members_key_that_ran_out_or_was_removed_proves_nothing() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, case) = Box::pin(with_key(&gpg, &["future-default", "default", "2d"])).await;
    let (note, _) = addresses(&app);
    let in_time = signed(&gpg, ANNA, &note, &text("before it ran out"));
    app.set_clock(now() + SignedDuration::from_hours(24 * 3));
    comes(&app, &note, in_time).await;
    worker::check_once(&app).await.expect("it is looked at");
    assert!(said(&app, &case).await.is_empty(), "a key that ran out");
    posts(&app).await;
    app.set_clock(now());
    let anna = accounts::find(&app, ANNA).await.expect("a member");
    assert!(accounts::openpgp::remove(&app, &anna.id).await.expect("it is removed"));
    comes(&app, &note, signed(&gpg, ANNA, &note, &text("after it was removed"))).await;
    worker::check_once(&app).await.expect("it is looked at");
    assert!(said(&app, &case).await.is_empty(), "a key that was removed");
    posts(&app).await;
    assert_eq!(refusals(&app), 2);
    let told: Vec<String> =
        to(&app, ANNA).into_iter().filter(|it| it.0.contains("OpenPGP key of your account")).map(|it| it.1).collect();
    assert_eq!(told.len(), 2, "set, and removed: {told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_forward_is_filed_as_its_authors_and_a_copied_one_is_not() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, first) = Box::pin(with_key(&gpg, &ALWAYS)).await;
    let forward = String::from_utf8(passed_on(ANNA, "info@example.org")).expect("text");
    let (head, body) = forward.split_once("\r\n\r\n").expect("a mail");
    let kind = head.lines().find(|line| line.starts_with("Content-Type")).expect("a type");
    let entity = format!("{kind}\n\n{}", body.replace("\r\n", "\n"));
    let raw = signed(&gpg, ANNA, crate::mail_in::US, &entity);
    assert_eq!(comes(&app, crate::mail_in::US, raw.clone()).await, Outcome::Held);
    worker::check_once(&app).await.expect("it is looked at");
    let streams = candor::store::journal::streams(&app.store, "", 10).await.expect("streams");
    let second = streams.into_iter().map(CaseId).find(|id| *id != first).expect("another case");
    let case = look(&app, &second).await;
    assert!(case.reports[0].filed_by.is_some(), "{:?}", case.reports[0].facts.noticed);
    assert_eq!(case.reports[0].contact.as_ref().map(|it| it.email.as_str()), Some(ADA));
    // The same signature under another Message-ID.
    let again = String::from_utf8(raw).expect("text").replace("Re: case", "Fwd: again");
    assert_eq!(comes(&app, crate::mail_in::US, again.into_bytes()).await, Outcome::Held);
    worker::check_once(&app).await.expect("it is looked at");
    let streams = candor::store::journal::streams(&app.store, "", 10).await.expect("streams");
    let third = streams.into_iter().map(CaseId).find(|id| *id != first && *id != second).expect("a third");
    assert!(look(&app, &third).await.reports[0].filed_by.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_members_key_is_sealed_and_one_of_somebody_else_or_that_cannot_sign_is_refused() {
    let Some(gpg) = Gpg::new() else { return };
    let (place, app, _) = Box::pin(with_key(&gpg, &ALWAYS)).await;
    let anna = accounts::find(&app, ANNA).await.expect("a member");
    let own = accounts::openpgp::get(&app, &anna.id).await.expect("it reads").expect("a key");
    assert!(own.certificate.names(ANNA, app.now()));
    for file in crate::support::binary::files(&place.data()) {
        let bytes = std::fs::read(&file).expect("it reads");
        assert!(!bytes.windows(ANNA.len()).any(|it| it == ANNA.as_bytes()), "{}", file.display());
    }
    let strangers = gpg.key("Eve <eve@outside.example>", "future-default", "default", "1y");
    let shut = Gpg::new().expect("gpg").key(&format!("Anna <{ANNA}>"), "rsa2048", "encr,cert", "1y");
    let secret = gpg.prints(&["--export-secret-keys", "--armor", ANNA], b"");
    for (key, word) in [
        (strangers, "carries your address"),
        (shut, "no part that signs"),
        (secret, "secret OpenPGP key"),
        (b"nothing".to_vec(), "no public OpenPGP key"),
    ] {
        let why = accounts::openpgp::put(&app, &anna, &key).await.expect_err(word).to_string();
        assert!(why.contains(word), "{why}");
    }
    let after = accounts::openpgp::get(&app, &anna.id).await.expect("it reads").expect("a key");
    assert_eq!(after, own, "nothing was changed");
}
