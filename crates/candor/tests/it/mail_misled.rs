//! What mail must not be misled into: forged senders hide nothing, servers' reports come to an end, and no mail is asked
//! for again that cannot get better.

use crate::letters::{all, at};
use crate::mail_in::{ADA, US, begin, comes, filed, look, mail, posts, secret, to};
use candor::mail::receive::Outcome;
use candor_core::event::Event;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_sender_or_a_lively_thread_hides_no_report_and_delays_no_receipt_for_long() {
    let (_place, app) = begin().await;
    let first = filed(&app, mail(ADA, "First", "", "x")).await;
    posts(&app).await;
    let address = secret(&app, ADA);
    for number in 0..12 {
        let answer = mail(ADA, &format!("Re: {number}"), "", "More.");
        assert_eq!(comes(&app, &address, answer).await, Outcome::Joined(first.clone()));
    }
    // Answers are no reports.
    for number in 0..9 {
        filed(&app, mail(ADA, &format!("Forged {number}"), "", "y")).await;
    }
    // An eleventh within the hour is a case of its own all the same, without letters.
    let real = filed(&app, mail(ADA, "Real", "", "It overflows.")).await;
    assert_eq!(look(&app, &real).await.title, "Real");
    app.set_clock(at("2026-03-02T09:59:00Z"));
    posts(&app).await;
    assert_eq!(to(&app, ADA).len(), 1);
    app.set_clock(at("2026-03-02T10:01:00Z"));
    posts(&app).await;
    assert_eq!(to(&app, ADA).len(), 10, "no receipt waits for another that waits");
    app.set_clock(at("2026-03-02T10:30:00Z"));
    filed(&app, mail(ADA, "Later", "", "z")).await;
    app.set_clock(at("2026-03-02T11:01:00Z"));
    posts(&app).await;
    assert_eq!(to(&app, ADA).len(), 11);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_gets_later_letters_gets_the_first_and_is_known_by_address_and_secret() {
    let (_place, app) = begin().await;
    for (who, from, more) in [
        ("ann@outside.example", "ann@outside.example", "List-Unsubscribe: <https://outside.example/u>\r\n"),
        ("bob@outside.example", "bob@outside.example", "List-Id: <security.groups.example>\r\nPrecedence: list\r\n"),
        ("cyd@outside.example", "\"cyd@work.example\" <cyd@outside.example>", ""),
        ("dan@outside.example", "dan@outside.example", "Content-Type: text/plain\r\nContent-Type: text/plain\r\n"),
    ] {
        let case = filed(&app, mail(from, "Overflow", more, "It overflows.")).await;
        posts(&app).await;
        assert_eq!(to(&app, who).len(), 1, "{who}: the letter with the secret");
        let outcome = comes(&app, &secret(&app, who), mail(from, "Re: Overflow", more, "More.")).await;
        // Two types of one part can show two texts: for the team to judge.
        let expected = if who.starts_with("dan") { Outcome::Unverified(case) } else { Outcome::Joined(case) };
        assert_eq!(outcome, expected, "{who}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_with_a_text_longer_than_a_message_is_done_once_and_the_text_is_cut() {
    let (_place, app) = begin().await;
    let case = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    let address = secret(&app, ADA);
    let raw = mail(ADA, "Re: Overflow", "", &format!("credit as Ada Lovelace\n\n{}", "word ".repeat(60_000)));
    assert_eq!(comes(&app, &address, raw.clone()).await, Outcome::Joined(case.clone()));
    assert_eq!(comes(&app, &address, raw).await, Outcome::Again);
    let found = look(&app, &case).await;
    let count = |kind: &str| found.history.iter().filter(|entry| entry.what.kind() == kind).count();
    assert_eq!(count("credit-chosen"), 1);
    let said = found.history.iter().find_map(|entry| match &entry.what {
        Event::ReporterWrote { text, files, .. } => Some((text, files)),
        _ => None,
    });
    let (text, files) = said.expect("the text is kept");
    assert!(text.starts_with("word word") && text.ends_with("[The text goes on in message.eml.]"));
    assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["message.eml"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_mail_to_the_addresses_of_two_reports_joins_both() {
    let (_place, app) = begin().await;
    let first = filed(&app, mail(ADA, "First", "", "x")).await;
    posts(&app).await;
    let one = secret(&app, ADA);
    app.set_clock(at("2026-03-02T11:00:00Z"));
    let second = filed(&app, mail(ADA, "Second", "", "y")).await;
    posts(&app).await;
    let two = secret(&app, ADA);
    assert_ne!(one, two);
    let raw = mail(ADA, "To both", &format!("Cc: {one}, {two}\r\n"), "Both are fixed in 1.2.");
    assert_eq!(comes(&app, &one, raw.clone()).await, Outcome::Joined(first));
    assert_eq!(comes(&app, &two, raw.clone()).await, Outcome::Joined(second));
    assert_eq!(comes(&app, &one, raw.clone()).await, Outcome::Again);
    assert_eq!(comes(&app, &two, raw).await, Outcome::Again);
}

/// A server's report that a letter could not be delivered, with the letter in it as servers give it back.
fn bounce(letter: &str, kind: &str) -> Vec<u8> {
    let returned = match kind {
        "text/rfc822-headers" => letter.split("\r\n\r\n").next().unwrap_or_default(),
        _ => letter,
    };
    mail(
        "MAILER-DAEMON@mx.example",
        "Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
        &format!(
            "--b\n\nUnknown user.\n--b\nContent-Type: message/delivery-status\n\nAction: failed\n--b\nContent-Type: {kind}\n\n{}\n--b--",
            returned.replace("\r\n", "\n")
        ),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e7_a_letter_that_cannot_be_delivered_ends_at_its_case_and_makes_no_letter() {
    let (_place, app) = begin().await;
    let case = filed(&app, mail("eve@outside.example", "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    let before = all(&app).len();
    let raw = to(&app, "first@example.org").pop().expect("the team is told").2;
    for (kind, expected) in
        [("message/rfc822", Outcome::Unverified(case.clone())), ("text/rfc822-headers", Outcome::Again)]
    {
        assert_eq!(comes(&app, US, bounce(&raw, kind)).await, expected, "{kind}");
    }
    posts(&app).await;
    assert_eq!(all(&app).len(), before, "nobody is written to about it");
    let found = look(&app, &case).await;
    let noticed: Vec<&str> = found
        .history
        .iter()
        .filter_map(|entry| match &entry.what {
            Event::MailUnverified { noticed, .. } => Some(noticed.join(" ")),
            _ => None,
        })
        .map(|words| if words.contains("policy's contact") { "contact" } else { "other" })
        .collect();
    assert_eq!(noticed, ["contact"]);
    let letters = candor::store::journal::streams(&app.store, "", 100).await.expect("streams");
    assert_eq!(letters.len(), 1, "it is no report");
    // A mark that is not ours ends nothing.
    let forged = raw.replace("X-Candor-Letter: ", "X-Candor-Letter: 0");
    assert!(matches!(comes(&app, US, bounce(&forged, "message/rfc822")).await, Outcome::Filed(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e7_a_note_of_absence_that_answers_a_letter_to_the_team_is_no_report() {
    let (_place, app) = begin().await;
    let case = filed(&app, mail("eve@outside.example", "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    let before = all(&app).len();
    let raw = to(&app, "first@example.org").pop().expect("the team is told").2;
    let id = raw.lines().find_map(|line| line.strip_prefix("Message-ID: ")).expect("an id").to_owned();
    let absent = mail(
        "first@example.org",
        "Out of office",
        &format!("Auto-Submitted: auto-replied\r\nIn-Reply-To: {id}\r\n"),
        "I am away.",
    );
    assert_eq!(comes(&app, US, absent).await, Outcome::Unverified(case));
    posts(&app).await;
    assert_eq!(all(&app).len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_comes_back_marks_the_reporters_address_until_they_write_again() {
    let (_place, app) = begin().await;
    let case = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    let address = secret(&app, ADA);
    let raw = to(&app, ADA).pop().expect("a letter").2;
    let before = all(&app).len();
    assert_eq!(comes(&app, US, bounce(&raw, "message/rfc822")).await, Outcome::Unverified(case.clone()));
    posts(&app).await;
    assert_eq!((all(&app).len(), to(&app, ADA).len()), (before + 1, 1), "the team is told, and nobody else");
    let found = look(&app, &case).await;
    assert_eq!(found.reports[0].returned_at, Some(found.updated_at));
    assert!(found.history.iter().any(|entry| matches!(entry.what, Event::LetterReturned { report: 0 })));
    assert!(!found.history.last().expect("it").what.is_shown_to_reporter());
    comes(&app, &address, mail(ADA, "Re: Overflow", "", "I am here again.")).await;
    assert_eq!(look(&app, &case).await.reports[0].returned_at, None);
}
