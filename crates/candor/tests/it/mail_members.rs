//! Members answer from their own mail program: only when it is proven, and never to the wrong side.

use crate::letters::{POLICY, at};
use crate::mail_in::{ADA, comes, filed, look, mail, member, posts, to};
use crate::support::dns::{Dns, Signing};
use crate::support::places::Place;
use candor::accounts;
use candor::app::App;
use candor::config::MailDns;
use candor::execute::execute;
use candor::mail::receive::Outcome;
use candor::worker;
use candor_core::access::Role;
use candor_core::command::Command;
use candor_core::event::Event;
use candor_core::id::CaseId;

const ANNA: &str = "anna@team.example";

/// A desk whose policy lets members answer by mail, with a case that is Anna's.
async fn begin(proof: &str) -> (Place, App, Dns, Signing, CaseId) {
    let dns = Dns::begin(&[]).await;
    let team = Signing::publish(&dns, "team.example", "192.0.2.10");
    let place = Place::sqlite().await;
    let policy = POLICY.replace(
        "email = \"security@example.org\"\n",
        &format!("email = \"security@example.org\"\nteam_mail = \"{proof}\"\n"),
    );
    let app = place.app_with(&[&policy], |config| config.mail_dns = MailDns::Server(dns.at)).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let anna =
        accounts::add_ready(&app, "Anna", ANNA, "tin harbour sleeps early", &[("*".into(), Role::Member)], false).await;
    let anna = anna.expect("a member").0;
    let case = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    let give = Command::Assign { to: Some(anna) };
    execute(&app, &member("store", "lead"), &case, give, None).await.expect("it is hers");
    posts(&app).await;
    (place, app, dns, team, case)
}

/// The two addresses in the newest letter to Anna: for a note, for an answer.
fn addresses(app: &App) -> (String, String) {
    let text = to(app, ANNA).pop().expect("a letter").1.replace('\n', " ");
    let found = |word: &str| {
        let mut words = text.split([' ', '(', ')', ',', ':']);
        words.find(|it| it.starts_with(&format!("security+{word}-"))).expect("an address").to_owned()
    };
    (found("note"), found("answer"))
}

fn written_to(address: &str, from: &str, text: &str) -> Vec<u8> {
    String::from_utf8(mail(from, "Re: case", "", text))
        .expect("text")
        .replace("security@example.org", address)
        .into_bytes()
}

async fn said(app: &App, case: &CaseId) -> Vec<String> {
    let told = look(app, case).await.history.into_iter().filter_map(|entry| match entry.what {
        Event::Answered { text, .. } => Some(format!("answer by {:?}: {text}", entry.by)),
        Event::Noted { text, .. } => Some(format!("note by {:?}: {text}", entry.by)),
        Event::ReporterWrote { text, .. } => Some(format!("reporter: {text}")),
        _ => None,
    });
    told.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proven_mail_becomes_the_note_or_the_answer_that_its_address_says_and_quotes_nothing() {
    let (_place, app, _dns, team, case) = begin("domain").await;
    let (note, answer) = addresses(&app);
    assert_ne!(note, answer);
    let head = to(&app, ANNA).pop().expect("a letter").2;
    assert!(
        head.replace("\r\n ", " ").contains(&note)
            && head.split("\r\n\r\n").next().is_some_and(|head| !head.contains(&answer)),
        "a plain reply becomes the note"
    );

    let raw = team.sign(&written_to(
        &answer,
        ANNA,
        "Fixed in 1.2.\n\n> Case of the team\n> with internal words\n\n-- \nAnna",
    ));
    assert_eq!(comes(&app, &answer, raw.clone()).await, Outcome::Unverified(case.clone()));
    assert!(said(&app, &case).await.is_empty(), "until it is proven it does nothing");
    worker::check_once(&app).await.expect("it is looked at");
    let told = said(&app, &case).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("answer by Member(") && told[0].ends_with(": Fixed in 1.2."), "{told:?}");
    assert_eq!(comes(&app, &answer, raw).await, Outcome::Again, "once");
    worker::check_once(&app).await.expect("nothing is left");
    assert_eq!(said(&app, &case).await.len(), 1);

    let raw = team.sign(&written_to(&note, ANNA, "Only we know that."));
    comes(&app, &note, raw).await;
    worker::check_once(&app).await.expect("it is looked at");
    let told = said(&app, &case).await;
    assert!(told[1].starts_with("note by Member(") && told[1].ends_with("Only we know that."), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e1_a_staff_name_with_the_secret_address_and_no_proof_writes_to_nobody() {
    let (_place, app, dns, team, case) = begin("domain").await;
    let (_, answer) = addresses(&app);
    let evil = Signing::publish(&dns, "evil.example", "192.0.2.66");
    let plain = written_to(&answer, ANNA, "Please publish all.");
    let by_another = evil.sign(&written_to(&answer, ANNA, "Signed by somebody else."));
    let own_name = evil.sign(&written_to(&answer, "anna@evil.example", "I am Anna."));
    let elsewhere = team.sign(&mail(ANNA, "Lunch", "", "Written to somebody else, and sent on to the address."));
    let program = team.sign(
        &String::from_utf8(written_to(&answer, ANNA, "I am away."))
            .map(|it| it.replace("Subject:", "Auto-Submitted: auto-replied\r\nSubject:").into_bytes())
            .expect("text"),
    );
    for raw in [plain, by_another, own_name, elsewhere, program] {
        let outcome = comes(&app, &answer, raw).await;
        assert!(matches!(&outcome, Outcome::Unverified(at) if *at == case), "{outcome:?}");
    }
    worker::check_once(&app).await.expect("they are looked at");
    assert!(said(&app, &case).await.is_empty());
    posts(&app).await;
    assert!(to(&app, ADA).iter().all(|(_, _, raw)| !raw.contains("publish all")));
    let told = to(&app, ANNA).into_iter().filter(|(subject, ..)| subject.contains("your mail was not used")).count();
    assert!(told >= 1, "the member hears of it");
    // Let out, she may not any more.
    accounts::add_ready(
        &app,
        "Ben",
        "ben@team.example",
        "tin harbour sleeps early",
        &[("*".into(), Role::Coordinator)],
        true,
    )
    .await
    .expect("an admin");
    accounts::disable(&app, ANNA).await.expect("she is let out");
    comes(&app, &answer, team.sign(&written_to(&answer, ANNA, "One more."))).await;
    worker::check_once(&app).await.expect("it is looked at");
    assert!(said(&app, &case).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_policy_asks_for_a_signature_or_for_nothing_a_domain_proves_nothing() {
    let (_place, app, _dns, team, case) = begin("signed").await;
    let (note, _) = addresses(&app);
    comes(&app, &note, team.sign(&written_to(&note, ANNA, "By domain alone."))).await;
    worker::check_once(&app).await.expect("it is looked at");
    assert!(said(&app, &case).await.is_empty());
    let (_place, app, ..) = begin("never").await;
    let text = to(&app, ANNA).pop().expect("a letter").1;
    assert!(!text.contains("security+"), "{text}");
}
