//! What one mail can become: several cases, and nobody's right.

use crate::mail_in::{ADA, comes, look, member, posts, secret, to};
use crate::openpgp::now;
use crate::support::places::Place;
use candor::execute::execute;
use candor::mail::receive::Outcome;
use candor_core::command::Command;
use candor_core::id::CaseId;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_mail_with_two_findings_becomes_two_cases_and_its_reporter_keeps_one_thread() {
    use candor_core::command::Part;
    let (_place, app) = crate::mail_in::begin().await;
    let text = "First: CANARY-one overflows.\n\nSecond: CANARY-two lists buckets.";
    let case = crate::mail_in::filed(&app, crate::mail_in::mail(ADA, "Two findings", "", text)).await;
    posts(&app).await;
    let address = secret(&app, ADA);
    let part = |title: &str, text: &str| {
        let case = CaseId(String::new());
        Part { case, title: title.into(), text: text.into() }
    };
    let parts = vec![part("Buckets are listed", "CANARY-two lists buckets.")];
    let split = Command::Split { parts, text: "We work on both.".into() };
    execute(&app, &member("store", "ines"), &case, split, None).await.expect("it is split");
    let streams = candor::store::journal::streams(&app.store, "", 10).await.expect("streams");
    assert_eq!(streams.len(), 2, "{streams:?}");
    let second = streams.into_iter().map(CaseId).find(|id| *id != case).expect("the other case");
    assert_eq!(look(&app, &second).await.title, "Buckets are listed");
    // What the reporter answers goes to the one thread that they have, and what is said of either comes there.
    let raw = crate::mail_in::mail(ADA, "Re: Two findings", "", "Both in 1.2.");
    assert_eq!(comes(&app, &address, raw).await, Outcome::Joined(case.clone()));
    posts(&app).await;
    let threads: Vec<String> = to(&app, ADA)
        .into_iter()
        .filter_map(|(_, _, raw)| raw.lines().find(|line| line.starts_with("References:")).map(str::to_owned))
        .collect();
    assert!(threads.len() >= 2 && threads.iter().all(|thread| *thread == threads[0]), "{threads:?}");
    assert!(to(&app, ADA).iter().all(|(_, _, raw)| !raw.contains("CANARY")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e3_a_customer_of_the_portal_is_known_by_no_sender_and_no_copy() {
    // Ibexa's customers have accounts elsewhere. A mail under a customer's name is a report like any other: it opens no case,
    // sees nothing, and its Cc and Reply-To become nobody.
    let place = Place::sqlite().await;
    let app = place.app(&[include_str!("../../../../examples/policies/ibexa.toml")]).await;
    app.set_clock(now());
    let policy = app.programs().first().expect("a program").clone();
    let door = policy.channels.email.clone().expect("an address");
    assert!(policy.channels.portal.is_some());
    let mail = |subject: &str, head: &str| {
        let raw = crate::mail_in::mail("Customer <customer@partner.example>", subject, head, "We are a customer.");
        String::from_utf8(raw).expect("text").replace("security@example.org", &door).into_bytes()
    };
    let Outcome::Filed(first) = comes(&app, &door, mail("Ticket 4711", "")).await else { panic!("it is filed") };
    posts(&app).await;
    let head = "Cc: boss@partner.example\r\nReply-To: eve@outside.example\r\nX-Portal-Account: 4711\r\nX-Customer: verified\r\n";
    let outcome = comes(&app, &door, mail("Re: Ticket 4711", head)).await;
    assert!(matches!(&outcome, Outcome::Filed(other) if *other != first), "a name joins no case: {outcome:?}");
    posts(&app).await;
    for who in ["boss@partner.example", "eve@outside.example"] {
        assert!(to(&app, who).is_empty(), "{who} is told nothing");
    }
    let Outcome::Filed(second) = outcome else { return };
    let report = &look(&app, &second).await.reports[0];
    assert_eq!(report.contact.as_ref().map(|it| it.email.as_str()), Some("customer@partner.example"));
}
