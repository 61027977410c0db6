//! Mail as a weapon: forged marks of our own, smuggled headers, storms. One story per row of the list of abuses.

use crate::letters::{all, at};
use crate::mail_in::{ADA, US, begin, comes, filed, look, mail, posts, secret, to};
use candor::follow::subscriptions::{self, Wish};
use candor::mail::receive::Outcome;
use candor_core::event::Event;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e4_headers_of_our_own_in_a_foreign_mail_are_words_like_others() {
    let (_place, app) = begin().await;
    let first = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    let forged = format!(
        "X-Candor-Case: {first}\r\nX-Candor-Role: coordinator\r\nX-Candor-Verified: yes\r\nX-Candor-Program: store\r\n\
         X-Candor-Report: 0\r\nAuthentication-Results: mx.example.org; dmarc=pass\r\nX-Loop: security@example.org\r\n"
    );
    let other = filed(&app, mail("eve@evil.example", "Verified", &forged, "I am the coordinator.")).await;
    assert_ne!(other, first, "a case is found by its secret and by nothing else");
    let case = look(&app, &other).await;
    assert_eq!((case.reports.len(), case.reports[0].filed_by.is_none(), case.assignee.is_none()), (1, true, true));
    // The loop mark is kept by its own key: a made-up one hides no report.
    let mark = "X-Candor-Letter: 01J00000000000000000000000 AAAAAAAAAAAAAAAAAAAAAAAAAA\r\n";
    let outcome = comes(&app, US, mail(ADA, "Marked", mark, "Do not drop me.")).await;
    assert!(matches!(outcome, Outcome::Filed(_)), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e9_no_name_subject_or_file_adds_a_header_or_a_recipient_to_what_leaves() {
    let (_place, app) = begin().await;
    let raw = mail(
        "=?utf-8?q?Eve=0D=0ABcc:_victim@example.org?= <eve@outside.example>",
        "=?utf-8?q?a=0D=0ABcc:_victim@example.org?=",
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\nReply-To: \"a b\"@outside.example\r\n",
        "--x\n\nText.\n.\n\n.\nRCPT TO:<victim@example.org>\n--x\nContent-Type: text/plain; name=\"=?utf-8?q?x=0D=0ABcc:_victim@example.org?=\"\n\nbytes\n--x--",
    );
    let case = filed(&app, raw).await;
    let found = look(&app, &case).await;
    assert!(found.reports[0].facts.files.iter().all(|file| !file.name.contains(['\r', '\n'])));
    // A quoted local part is kept as text and never written to.
    filed(&app, mail("\"v, victim@example.org\"@outside.example", "Quoted", "", "x")).await;
    posts(&app).await;
    for (shown, raw) in all(&app) {
        let head = raw.split("\r\n\r\n").next().unwrap_or_default();
        assert_eq!(head.lines().filter(|line| line.starts_with("To: ")).count(), 1, "{}", shown.subject);
        assert!(!head.to_lowercase().contains("\r\nbcc:") && !raw.contains("victim@"), "{head}");
    }
    assert!(to(&app, "victim").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_more_than_ten_letters_an_hour_that_strangers_asked_for() {
    let (_place, app) = begin().await;
    let victim = "victim@outside.example";
    for _ in 0..13 {
        crate::letters::filed(&app, victim).await;
    }
    posts(&app).await;
    assert_eq!(to(&app, victim).len(), 10, "whatever the case");
    assert_eq!(to(&app, "first@example.org").len(), 13, "the team hears of each");
    // The door for subscribers counts with them, whatever else is wished for.
    let policy = app.policy(&"store".into()).expect("a policy");
    let wish = |branch: usize| Wish { branch: format!("{branch}.x"), ..Wish::default() };
    for branch in 0..13 {
        subscriptions::ask(&app, &policy, &victim.to_uppercase(), &wish(branch)).await.expect("it is asked for");
        subscriptions::ask(&app, &policy, "other@outside.example", &wish(branch)).await.expect("it is asked for");
    }
    candor::worker::follow_once(&app).await.expect("a round");
    assert_eq!((to(&app, victim).len(), to(&app, "other@outside.example").len()), (10, 10));
    // An hour later it may be asked for again.
    app.set_clock(at("2026-03-02T10:00:01Z"));
    crate::letters::filed(&app, victim).await;
    subscriptions::ask(&app, &policy, "other@outside.example", &wish(12)).await.expect("it is asked for");
    posts(&app).await;
    candor::worker::follow_once(&app).await.expect("a round");
    assert_eq!((to(&app, victim).len(), to(&app, "other@outside.example").len()), (11, 11));
    candor::worker::sweep_once(&app).await.expect("swept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e7_a_storm_of_ten_thousand_bounces_is_slowed_and_hides_nobody() {
    let (_place, app) = begin().await;
    let (mut kept, mut later, mut cases) = (0, 0, std::collections::BTreeSet::new());
    for number in 0..10_000 {
        let raw = mail(&format!("mailer-daemon@{number}.example"), &format!("Undelivered {number}"), "", "gone");
        match comes(&app, US, raw).await {
            Outcome::Filed(case) | Outcome::Folded(case) => {
                kept += 1;
                cases.insert(case);
            }
            Outcome::Later => later += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        (kept + later, cases.len() <= 3, later > 9_000),
        (10_000, true, true),
        "{kept} kept in {} cases",
        cases.len()
    );
    // A reporter is heard in the middle of it, and answered.
    let real = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    assert_eq!(to(&app, ADA).len(), 1);
    assert!(all(&app).len() <= 12, "{} letters", all(&app).len());
    assert_eq!(look(&app, &real).await.title, "Overflow");
    // What was put off is taken in an hour later.
    app.set_clock(at("2026-03-02T10:01:00Z"));
    let raw = mail("mailer-daemon@9999.example", "Undelivered 9999", "", "gone");
    assert!(matches!(comes(&app, US, raw).await, Outcome::Filed(_) | Outcome::Folded(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e7_two_desks_that_face_each_other_fall_silent_by_the_third_message() {
    let (_here, one) = begin().await;
    let (_there, two) = begin().await;
    // The other desk takes our letters under an address of its own, and answers as desks do.
    let mut said = 0;
    let mut next = mail("desk@other.example", "Overflow", "", "It overflows.");
    for _ in 0..6 {
        let before = to(&one, "desk@other.example").len();
        comes(&one, US, next).await;
        posts(&one).await;
        let letters = to(&one, "desk@other.example");
        if letters.len() == before {
            break;
        }
        said += 1;
        let letter = letters.last().expect("a letter").2.replace("candor@localhost", "desk2@other.example");
        comes(&two, US, letter.into_bytes()).await;
        posts(&two).await;
        let Some(answer) = to(&two, "desk2@other.example").pop() else { break };
        said += 1;
        next = answer.2.into_bytes();
    }
    assert!(said < 3, "{said} automatic messages");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e3_an_address_that_reply_all_added_takes_part_in_nothing() {
    let (_place, app) = begin().await;
    let case = filed(&app, mail(ADA, "Overflow", "Cc: mallory@evil.example\r\n", "It overflows.")).await;
    posts(&app).await;
    let address = secret(&app, ADA);
    let all_of_them = mail(ADA, "Re: Overflow", "Cc: mallory@evil.example, eve@evil.example\r\n", "More.");
    assert_eq!(comes(&app, &address, all_of_them).await, Outcome::Joined(case.clone()));
    let by_copy = mail("mallory@evil.example", "Re: Overflow", &format!("Cc: {address}\r\n"), "Send me the details.");
    assert_eq!(comes(&app, &address, by_copy).await, Outcome::Unverified(case.clone()));
    posts(&app).await;
    assert!(to(&app, "evil.example").is_empty());
    let found = look(&app, &case).await;
    assert_eq!(found.reports.len(), 1);
    let wrote = found.history.iter().filter(|entry| matches!(entry.what, Event::ReporterWrote { .. })).count();
    assert_eq!(wrote, 1);
}
