//! Letters about cases to members, encrypted to their own keys where the policy says so, and without content where that cannot
//! be. GnuPG is the member's mail program.

use crate::letters::{POLICY, all};
use crate::mail_in::{ADA, comes, filed, mail, member, posts, secret, to};
use crate::mail_members::ANNA;
use crate::openpgp::{Gpg, now};
use crate::support::places::Place;
use candor::accounts;
use candor::app::App;
use candor::execute::execute;
use candor::program_keys;
use candor_core::access::Role;
use candor_core::command::Command;
use candor_core::id::{CaseId, MemberId};
use jiff::SignedDuration;

/// A desk of this moment whose letters to members are encrypted, with a case that is Anna's.
async fn begin() -> (Place, App, MemberId, CaseId) {
    let place = Place::sqlite().await;
    let encrypted = "email = \"security@example.org\"\nteam_letters = \"encrypted\"\n";
    let policy = POLICY.replace("email = \"security@example.org\"\n", encrypted);
    let app = place.app(&[&policy]).await;
    app.set_clock(now());
    let roles = [("*".into(), Role::Member)];
    let anna = accounts::add_ready(&app, "Anna", ANNA, "tin harbour sleeps early", &roles, false).await;
    let anna = anna.expect("a member").0;
    let case = filed(&app, mail(ADA, "CANARY-title", "", "CANARY-text")).await;
    assign(&app, &case, &anna).await;
    posts(&app).await;
    (place, app, anna, case)
}

async fn assign(app: &App, case: &CaseId, anna: &MemberId) {
    let give = Command::Assign { to: Some(anna.clone()) };
    execute(app, &member("store", "lead"), case, give, None).await.expect("it is hers");
}

/// Anna gives a key that GnuPG makes for her.
async fn gives_key(app: &App, gpg: &Gpg, until: &str) {
    gpg.prints(&["--quick-gen-key", "Anna <anna@team.example>", "future-default", "default", until], b"");
    let anna = accounts::find(app, ANNA).await.expect("a member");
    let key = gpg.prints(&["--export", "--armor", ANNA], b"");
    accounts::openpgp::put(app, &anna, &key).await.expect("it is kept");
    posts(app).await;
}

/// The letters to Anna that are about no account.
fn letters(app: &App) -> Vec<(String, String, String)> {
    to(app, ANNA).into_iter().filter(|(subject, ..)| !subject.contains("of your account")).collect()
}

fn opened(gpg: &Gpg, raw: &str) -> (String, String) {
    let message = &raw[raw.find("-----BEGIN PGP MESSAGE").expect("a message")..];
    let (well, plain, said) = gpg.run(&["--decrypt"], message.as_bytes());
    assert!(well, "{said}");
    let read = candor::mail::read::read(&plain, &candor::mail::read::Limits::default());
    (format!("{}\n{}", read.subject, read.whole()), said)
}

fn neutral(raw: &str, text: &str, case: &CaseId) {
    assert!(text.contains("sign in and read it"), "{text}");
    for word in [case.as_str(), "CANARY", "Object Store", "store", "security+", "thread"] {
        let raw = raw.replace("\nIn-Reply-To: <thread-", "\n").replace("\nReferences: <thread-", "\n");
        assert!(!raw.contains(word), "{word}: {raw}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_l4_a_letter_to_a_member_with_a_key_is_for_them_alone_and_says_what_was_written() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, _anna, case) = begin().await;
    let made = program_keys::make(&app, &"store".into(), now() + program_keys::LIFE, "test").await.expect("a key");
    gpg.prints(&["--import"], made.certificate.to_armor().as_bytes());
    gives_key(&app, &gpg, "1y").await;
    let address = secret(&app, ADA);
    comes(&app, &address, mail(ADA, "Re: x", "", "CANARY-more of it.\n\nCANARY-and more.")).await;
    posts(&app).await;
    let (subject, _, raw) = letters(&app).pop().expect("a letter");
    assert_eq!(subject, "...", "the subject is inside");
    assert!(!raw.contains("CANARY") && !raw.contains("wrote"), "{raw}");
    let (inside, said) = opened(&gpg, &raw);
    assert!(said.contains("GOODSIG"), "signed by the program: {said}");
    assert!(inside.contains(case.as_str()) && inside.contains("The reporter wrote:"), "{inside}");
    assert!(inside.contains("CANARY-more of it.") && inside.contains("CANARY-and more."), "{inside}");
    // To contacts of the policy, a list perhaps, nothing of it goes.
    let others = all(&app).into_iter().filter(|(shown, _)| !shown.to.contains(ANNA));
    others.for_each(|(_, raw)| assert!(!raw.contains("CANARY"), "{raw}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_c5_a_member_without_a_key_that_can_be_used_is_told_nothing_but_to_sign_in() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, anna, case) = begin().await;
    let (subject, text, raw) = letters(&app).pop().expect("a letter");
    assert_eq!(subject, "There is something for you at the desk");
    neutral(&raw, &text, &case);
    gives_key(&app, &gpg, "20d").await;
    let address = secret(&app, ADA);
    comes(&app, &address, mail(ADA, "Re: x", "", "CANARY-first")).await;
    posts(&app).await;
    assert!(opened(&gpg, &letters(&app).pop().expect("a letter").2).0.contains("CANARY-first"));
    // The key runs out: nothing is encrypted to it, and nothing leaves in the clear instead.
    app.set_clock(now() + SignedDuration::from_hours(24 * 21));
    comes(&app, &address, mail(ADA, "Re: y", "", "CANARY-second")).await;
    let before = letters(&app).len();
    posts(&app).await;
    let told = letters(&app).split_off(before);
    assert!(!told.is_empty());
    for (_, text, raw) in &told {
        neutral(raw, text, &case);
    }
    assert_eq!(candor::store::outbox::waiting(&app.store).await.expect("rows").0, 0, "nothing is held");
    accounts::openpgp::remove(&app, &anna).await.expect("it is removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daily_letter_is_encrypted_as_well_or_says_nothing() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, anna, case) = begin().await;
    accounts::digest::set(&app, &anna, true).await.expect("it is kept");
    let address = secret(&app, ADA);
    let day = async |number: i64| {
        comes(&app, &address, mail(ADA, &format!("Re: {number}"), "", "More.")).await;
        let other = filed(&app, mail(&format!("eve{number}@outside.example"), "Other", "", "x")).await;
        assign(&app, &other, &anna).await;
        posts(&app).await;
        app.set_clock(now() + SignedDuration::from_hours(25 * number));
        posts(&app).await;
        letters(&app).pop().expect("a letter")
    };
    let (_, text, raw) = day(1).await;
    neutral(&raw, &text, &case);
    gives_key(&app, &gpg, "1y").await;
    let (subject, _, raw) = day(2).await;
    assert_eq!(subject, "...");
    assert!(!raw.contains(case.as_str()), "{raw}");
    let (inside, _) = opened(&gpg, &raw);
    assert!(inside.contains("2 things happened in your cases") && inside.contains(case.as_str()), "{inside}");
}
