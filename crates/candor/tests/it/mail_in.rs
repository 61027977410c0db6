//! Mail as a door: it adds messages and grants nothing; nothing is lost, nothing is answered that must not be.

use crate::letters::{POLICY, all, at};
use crate::support::places::Place;
use candor::app::App;
use candor::execute::{self, execute, load_case, report};
use candor::mail::receive::{Envelope, Outcome, receive};
use candor::worker;
use candor_core::access::{Actor, Role};
use candor_core::case::{Case, State};
use candor_core::command::Command;
use candor_core::event::{Channel, Credit, Event};
use candor_core::id::CaseId;
use candor_core::promises::{self, Status};

pub const US: &str = "security@example.org";
pub const ADA: &str = "ada@outside.example";

/// A plain mail.
pub fn mail(from: &str, subject: &str, more: &str, text: &str) -> Vec<u8> {
    use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
    let id = BuildHasherDefault::<DefaultHasher>::default().hash_one((from, subject, text));
    format!(
        "From: {from}\r\nTo: Team <{US}>\r\nSubject: {subject}\r\nMessage-ID: <{id}@outside.example>\r\n{more}\r\n{}\r\n",
        text.replace('\n', "\r\n")
    )
    .into_bytes()
}

pub async fn comes(app: &App, to: &str, raw: Vec<u8>) -> Outcome {
    let envelope = Envelope { from: Some("path@outside.example".into()), to: to.into(), program: None };
    receive(app, &envelope, raw).await.expect("it is taken in")
}

pub async fn filed(app: &App, raw: Vec<u8>) -> CaseId {
    match comes(app, US, raw).await {
        Outcome::Filed(case) => case,
        other => panic!("{other:?}"),
    }
}

pub async fn look(app: &App, case: &CaseId) -> Case {
    load_case(app, &Actor::Clock, case).await.expect("the case opens")
}

/// A field of a letter's head, unfolded.
fn field(raw: &str, name: &str) -> Option<String> {
    let head = raw.split("\r\n\r\n").next()?.replace("\r\n ", " ").replace("\r\n\t", " ");
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
}

/// The letters to somebody, the oldest first: subject, text, raw.
pub fn to(app: &App, who: &str) -> Vec<(String, String, String)> {
    let letters = all(app).into_iter().filter(|(shown, _)| shown.to.contains(who));
    letters.map(|(shown, raw)| (shown.subject, shown.text, raw)).collect()
}

/// The secret address in the newest letter to somebody.
pub fn secret(app: &App, who: &str) -> String {
    let letters = to(app, who);
    let raw = &letters.last().expect("a letter").2;
    let field = field(raw, "Reply-To").expect("an address to answer to");
    field.rsplit_once('<').expect("an address").1.trim_end_matches('>').to_owned()
}

pub fn member(program: &str, name: &str) -> Actor {
    Actor::Member { id: name.into(), roles: vec![(program.into(), Role::Coordinator)] }
}

pub async fn posts(app: &App) {
    worker::deliver_once(app).await.expect("letters leave");
}

pub async fn begin() -> (Place, App) {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    (place, app)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_becomes_a_report_with_its_files_and_is_answered_without_a_word_of_it() {
    let (place, app) = begin().await;
    let raw = mail(
        "Ada CANARY-name <ada@outside.example>",
        "Re: CANARY-subject",
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n",
        "--x\n\nCANARY-text\nComponent: CANARY-parser\n--x\nContent-Type: text/plain; name=CANARY-file.txt\n\nCANARY-content\n--x--",
    );
    let case = look(&app, &filed(&app, raw.clone()).await).await;
    let report = &case.reports[0];
    assert_eq!((report.channel, report.facts.title.as_str()), (Channel::Mail, "CANARY-subject"));
    assert_eq!(
        (report.facts.description.as_str(), report.facts.component.as_str()),
        ("CANARY-text\nComponent: CANARY-parser", "CANARY-parser")
    );
    let contact = report.contact.as_ref().expect("a contact");
    assert_eq!((contact.name.as_str(), contact.email.as_str()), ("Ada CANARY-name", ADA));
    let files: Vec<(&str, u64)> = report.facts.files.iter().map(|file| (file.name.as_str(), file.size)).collect();
    assert_eq!(files, [("CANARY-file.txt", 14), ("message.eml", raw.len() as u64)], "the mail itself is kept");

    posts(&app).await;
    let letters = to(&app, ADA);
    assert_eq!(letters.len(), 1);
    let (subject, text, raw) = &letters[0];
    assert_eq!(subject, "[Object Store] Your report arrived");
    assert!(!raw.contains("CANARY") && !text.contains("CANARY"), "{text}");
    assert!(text.contains("by Wed 4 Mar 2026, 09:00 UTC"), "{text}");
    let receipt = text.split("Your receipt is ").nth(1).and_then(|rest| rest.split(". ").next()).expect("a receipt");
    let (holder, _) = report::open_receipt(&app, receipt).await.expect("it opens the page");
    assert_eq!(holder, Actor::Reporter { case: case.id.clone(), report: 0 });
    let address = secret(&app, ADA);
    assert!(address.starts_with("security+") && address.ends_with("@example.org"), "{address}");
    let secret = address.split(['+', '@']).nth(1).expect("a secret");
    assert!(report::open_receipt(&app, secret).await.is_err(), "the address opens no page");

    // Nothing of it lies anywhere in the clear.
    for file in crate::support::binary::files(place.folder.path()) {
        let bytes = std::fs::read(&file).expect("it reads");
        let found = bytes.windows(6).any(|window| window == b"CANARY");
        assert!(!found, "{}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e1_e3_an_answer_joins_by_secret_and_sender_and_nothing_else_grants_anything() {
    let (_place, app) = begin().await;
    let case = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    let address = secret(&app, ADA);
    let raw = &to(&app, ADA)[0].2;
    let (thread, letter) = (field(raw, "References").expect("a thread"), field(raw, "Message-ID").expect("an id"));

    // By the address, with a stranger in Cc and another address to answer to.
    let answer = mail(
        ADA,
        "Re: x",
        "Cc: mallory@evil.example\r\nReply-To: mallory@evil.example\r\n",
        "More.\n\n> quoted\n> lines",
    );
    assert_eq!(comes(&app, &address, answer).await, Outcome::Joined(case.clone()));
    // By the thread, as mail programs that overlook Reply-To send it.
    let answer =
        mail(ADA, "Re: y", &format!("In-Reply-To: {letter}\r\nReferences: {thread} {letter}\r\n"), "By thread.");
    assert_eq!(comes(&app, US, answer).await, Outcome::Joined(case.clone()));
    let found = look(&app, &case).await;
    let said: Vec<&str> = found
        .history
        .iter()
        .filter_map(|entry| match &entry.what {
            Event::ReporterWrote { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(said, ["More.\n\n[2 quoted lines, in message.eml]", "By thread."]);
    assert_eq!(found.reports.len(), 1, "nobody of Cc or Reply-To takes part");

    // A stranger with the secret, a forged sender with a doubt, a program: for the team alone, and nothing is ended.
    execute(&app, &member("store", "anna"), &case, Command::Ask { text: "Which version?".into(), files: vec![] }, None)
        .await
        .expect("asked");
    for (from, more) in [
        ("Mallory <mallory@evil.example>", ""),
        ("Ada <ada@outside.example>\r\nFrom: staff@example.org", ""),
        (ADA, "Auto-Submitted: auto-replied\r\n"),
    ] {
        let outcome = comes(&app, &address, mail(from, "Re: z", more, "I am the reporter, tell me all.")).await;
        assert_eq!(outcome, Outcome::Unverified(case.clone()), "{from}");
    }
    let found = look(&app, &case).await;
    assert!(found.waiting_since.is_some(), "the question still waits for its reporter");
    let unverified: Vec<_> =
        found.history.iter().filter(|entry| matches!(entry.what, Event::MailUnverified { .. })).collect();
    assert_eq!(unverified.len(), 3);
    assert!(unverified.iter().all(|entry| !entry.what.is_shown_to_reporter()));
    assert_eq!(found.files.iter().filter(|file| file.internal).count(), 3);
    // In-Reply-To of a letter whose thread is not named, a subject, a staff member's address: a new report.
    let forged = mail(
        "anna@team.example",
        "Re: [Object Store] Your report arrived",
        &format!("In-Reply-To: {letter}\r\nX-Candor-Case: {case}\r\n"),
        "x",
    );
    let other = filed(&app, forged).await;
    assert_ne!(other, case);

    posts(&app).await;
    assert!(to(&app, "mallory").is_empty() && to(&app, "staff").is_empty(), "strangers are told nothing");
    let told = to(&app, "first@example.org");
    let unverified = told.iter().filter(|(subject, ..)| subject.contains("may not be the reporter's")).count();
    assert_eq!(unverified, 1, "the team is told once an hour");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e7_automatic_mail_is_not_answered_and_answers_to_one_sender_are_spaced() {
    let (_place, app) = begin().await;
    for (at, (from, more)) in [
        (ADA, "Auto-Submitted: auto-replied\r\n"),
        ("list@lists.example", "List-Id: <list.lists.example>\r\n"),
        ("all@lists.example", "Precedence: list\r\nList-Post: <mailto:all@lists.example>\r\n"),
        ("noreply@outside.example", ""),
        ("MAILER-DAEMON@outside.example", ""),
        (US, ""),
    ]
    .into_iter()
    .enumerate()
    {
        filed(&app, mail(from, &format!("{at}"), more, "text")).await;
    }
    let empty = Envelope { from: Some(String::new()), to: US.into(), program: None };
    let bounced = receive(&app, &empty, mail(ADA, "bounce", "", "text")).await.expect("taken");
    assert!(matches!(bounced, Outcome::Filed(_)));
    posts(&app).await;
    let outside = all(&app).into_iter().filter(|(shown, _)| !shown.to.contains("first@example.org")).count();
    assert_eq!(outside, 0, "none of them is answered");

    // A person who writes three times within an hour gets an answer now, and the others an hour later.
    for text in ["one", "two", "three"] {
        filed(&app, mail("eve@outside.example", text, "", text)).await;
    }
    for (now, count) in [("2026-03-02T09:01:00Z", 1), ("2026-03-02T09:59:00Z", 1), ("2026-03-02T10:01:00Z", 3)] {
        app.set_clock(at(now));
        posts(&app).await;
        assert_eq!(to(&app, "eve@outside.example").len(), count, "{now}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e7_a_letter_that_comes_back_ends_and_a_storm_of_bounces_is_folded() {
    let (_place, app) = begin().await;
    filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    for (shown, raw) in all(&app) {
        assert_eq!(comes(&app, US, raw.clone().into_bytes()).await, Outcome::Own, "{}", shown.subject);
        let forged = raw.replace("X-Candor-Letter: ", "X-Candor-Letter: 0");
        assert!(
            !matches!(comes(&app, US, forged.into_bytes()).await, Outcome::Own),
            "a mark that is not ours ends nothing"
        );
    }
    let mut cases = std::collections::BTreeSet::new();
    let mut folded = 0;
    for number in 0..150 {
        let raw = mail(&format!("mailer-daemon@{number}.example"), &format!("Undelivered {number}"), "", "gone");
        match comes(&app, US, raw).await {
            Outcome::Filed(case) => drop(cases.insert(case)),
            Outcome::Folded(case) => {
                folded += 1;
                assert!(cases.is_empty() || cases.contains(&case) || folded > 0);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(cases.len() <= 3, "{} cases of 150 bounces", cases.len());
    assert!(folded >= 147);
    posts(&app).await;
    let letters = all(&app).len();
    assert!(letters <= 12, "{letters} letters");
    let circles = "Received: by x\r\n".repeat(101);
    assert_eq!(comes(&app, US, mail(ADA, "loop", &circles, "x")).await, Outcome::Looping);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_one_sender_is_taken_in_quietly_after_ten_and_a_flood_of_many_is_slowed() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    // Ada wrote long before.
    filed(&app, mail(ADA, "Early", "", "x")).await;
    app.set_clock(at("2026-03-02T12:00:00Z"));
    let mut outcomes = Vec::new();
    for number in 0..15 {
        outcomes.push(comes(&app, US, mail("eve@evil.example", &format!("n{number}"), "", "same")).await);
    }
    assert_eq!(outcomes.iter().filter(|it| matches!(it, Outcome::Filed(_))).count(), 15, "{outcomes:?}");
    posts(&app).await;
    assert_eq!(to(&app, "eve@evil.example").len(), 1);
    assert_eq!(to(&app, "first@example.org").len(), 1 + 11, "the team is told of the first that is too many, no more");
    app.set_clock(at("2026-03-02T13:01:00Z"));
    posts(&app).await;
    assert_eq!(to(&app, "eve@evil.example").len(), 10, "and never more than ten an hour");
    app.set_clock(at("2026-03-02T12:00:00Z"));
    let mut taken = 15;
    let mut later = 0;
    for number in 0..320 {
        match comes(&app, US, mail(&format!("m{number}@evil.example"), "x", "", "y")).await {
            Outcome::Filed(_) => taken += 1,
            Outcome::Later => later += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((taken, later), (300, 35), "five times the rate of the form in a minute");
    assert!(
        matches!(comes(&app, US, mail(ADA, "Known", "", "z")).await, Outcome::Filed(_)),
        "who wrote before has a lane"
    );
    app.set_clock(at("2026-03-02T12:02:00Z"));
    assert!(matches!(comes(&app, US, mail("m319@evil.example", "x", "", "y")).await, Outcome::Filed(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e13_the_same_mail_twice_is_one_and_another_text_under_its_id_is_kept() {
    let (_place, app) = begin().await;
    let raw = mail(ADA, "Overflow", "", "It overflows.");
    let case = filed(&app, raw.clone()).await;
    assert_eq!(comes(&app, US, raw.clone()).await, Outcome::Again);
    let mut again = b"Received: by another\r\n".to_vec();
    again.extend_from_slice(&raw);
    assert_eq!(comes(&app, US, again).await, Outcome::Again, "another way, the same mail");
    let other = String::from_utf8(raw.clone()).expect("text").replace("It overflows.", "It underflows");
    assert!(matches!(comes(&app, US, other.into_bytes()).await, Outcome::Filed(other) if other != case));
    // At once, by several hands.
    let raw = mail(ADA, "At once", "", "x");
    let mut hands = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (app, raw) = (app.clone(), raw.clone());
        hands.spawn(async move { comes(&app, US, raw).await });
    }
    let outcomes = hands.join_all().await;
    assert_eq!(outcomes.iter().filter(|it| **it == Outcome::Again).count(), 7, "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e14_a_wrong_closed_or_erased_address_loses_nothing_and_tells_nothing() {
    let (place, app) = begin().await;
    let case = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    let address = secret(&app, ADA);
    let wrong = address.replace(address.split(['+', '@']).nth(1).expect("a secret"), "00000000000000000000000000");
    assert!(matches!(comes(&app, &wrong, mail(ADA, "wrong", "", "x")).await, Outcome::Filed(other) if other != case));
    assert!(matches!(comes(&app, "security+anything@example.org", mail(ADA, "any", "", "x")).await, Outcome::Filed(_)));
    assert_eq!(comes(&app, "nobody@example.org", mail(ADA, "x", "", "x")).await, Outcome::NoSuchAddress);
    assert!(matches!(comes(&app, US, b"From: ada@outside.example\r\n\r\n".to_vec()).await, Outcome::Filed(_)), "empty");
    let boss = member("store", "anna");
    for command in [Command::Reject { text: "No.".into() }, Command::Close { reason: "Done.".into() }] {
        drop(execute(&app, &boss, &case, command, None).await);
    }
    assert!(look(&app, &case).await.is_closed());
    assert_eq!(comes(&app, &address, mail(ADA, "closed", "", "But look.")).await, Outcome::Joined(case.clone()));
    place.ring.erase_case(case.as_str()).await.expect("erased");
    assert!(
        matches!(comes(&app, &address, mail(ADA, "erased", "", "Hello?")).await, Outcome::Filed(other) if other != case)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_past_a_budget_is_kept_whole_and_shown_to_a_person() {
    let (_place, app) = begin().await;
    let wide = format!("\r\n{}", "--b\r\n\r\nx\r\n".repeat(2_000));
    let raw = mail(ADA, "Bomb", "Content-Type: multipart/mixed; boundary=b\r\n", &wide);
    let case = look(&app, &filed(&app, raw.clone()).await).await;
    let facts = &case.reports[0].facts;
    assert_eq!((facts.title.as_str(), facts.files.len(), facts.files[0].size), ("Bomb", 1, raw.len() as u64));
    assert!(facts.noticed.iter().any(|words| words.contains("too many parts")), "{:?}", facts.noticed);
    // A text longer than a message holds goes on in the file.
    let long = "word ".repeat(60_000);
    let case = look(&app, &filed(&app, mail(ADA, "Long", "", &long)).await).await;
    assert!(case.reports[0].facts.description.ends_with("[The text goes on in message.eml.]"));
    // Nothing of it is a header, an address or a name elsewhere.
    let hostile = mail(
        "=?utf-8?q?Eve=0D=0ABcc:_victim@example.org?= <eve@outside.example>",
        "=?utf-8?q?a=0D=0ABcc:_v@example.org?=",
        "",
        ".\n..\nx",
    );
    let case = look(&app, &filed(&app, hostile).await).await;
    assert_eq!(case.title, "a Bcc: v@example.org");
    posts(&app).await;
    assert!(all(&app).iter().all(|(_, raw)| !raw.contains("victim@") && !raw.contains("v@example.org")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_words_of_a_reporter_are_done_and_each_is_confirmed() {
    let (_place, app) = begin().await;
    let case = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    let address = secret(&app, ADA);
    for (now, words, subject, told) in [
        ("2026-03-02T11:00:00Z", "Status?", "Where your report stands", "nobody of the team has answered yet"),
        ("2026-03-02T13:00:00Z", "nudge", "Done as you asked", "we told the team"),
        ("2026-03-02T15:00:00Z", "nudge\n\nstill waiting", "Not done", "once a day"),
        ("2026-03-02T17:00:00Z", "credit as CANARY Lovelace, Example Labs", "Done as you asked", "is on record"),
        ("2026-03-02T19:00:00Z", "anonymous", "Done as you asked", "will not be named"),
        ("2026-03-02T21:00:00Z", "withdraw\n> quoted", "Done as you asked", "is taken back"),
        ("2026-03-02T23:00:00Z", "withdraw", "Not done", "Nothing was changed"),
    ] {
        app.set_clock(at(now));
        posts(&app).await;
        assert_eq!(comes(&app, &address, mail(ADA, now, "", words)).await, Outcome::Joined(case.clone()), "{words}");
        let found = look(&app, &case).await;
        match words {
            "anonymous" => assert_eq!(found.reports[0].credit, Some(Credit::Anonymous)),
            "withdraw\n> quoted" => assert_eq!(found.state, State::Closed),
            _ if words.starts_with("credit") => {
                assert!(
                    matches!(&found.reports[0].credit, Some(Credit::Named { name, .. }) if name == "CANARY Lovelace")
                );
            }
            _ => {}
        }
        posts(&app).await;
        let letters = to(&app, ADA);
        let (last, text, raw) = letters.last().expect("a letter");
        assert!(last.ends_with(subject) && text.contains(told), "{words}: {last}: {text}");
        assert!(!raw.contains("CANARY"), "{raw}");
        assert!(raw.contains("Auto-Submitted: auto-"), "{raw}");
    }
    // From another address with the secret, a wish is only a mail for the team.
    assert_eq!(
        comes(&app, &address, mail("eve@evil.example", "x", "", "credit as Eve")).await,
        Outcome::Unverified(case.clone())
    );
    assert_eq!(look(&app, &case).await.reports[0].credit, Some(Credit::Anonymous));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_of_answers_are_made_anew_from_the_journal() {
    let (_place, app) = begin().await;
    let case = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    let address = secret(&app, ADA);
    app.store
        .commit(candor::store::Batch::main(vec![candor::store::Statement::new("delete from receipt", vec![])]))
        .await
        .expect("gone");
    assert!(matches!(comes(&app, &address, mail(ADA, "a", "", "lost")).await, Outcome::Filed(_)));
    execute::rebuild::rebuild(&app, |_| ()).await.expect("rebuilt");
    assert_eq!(comes(&app, &address, mail(ADA, "b", "", "found")).await, Outcome::Joined(case));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_s2_a_report_by_mail_is_private_and_its_automatic_receipt_keeps_no_promise() {
    let place = Place::sqlite().await;
    let strapi = std::fs::read_to_string(crate::support::binary::policy("strapi")).expect("the policy");
    let app = place.app(&[&strapi]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let raw = mail(ADA, "Token in the log", "", "The admin token is logged.");
    let Outcome::Filed(id) = comes(&app, "Support@Strapi.io", raw).await else { panic!("a report") };
    posts(&app).await;
    let case = look(&app, &id).await;
    let policy = execute::policy_of(&app, &case).expect("its policy");
    assert_eq!((case.state, case.reports[0].channel), (State::New, Channel::Mail));
    let running = |case: &Case| {
        let clocks = promises::clocks(case, &policy, app.now());
        let clock = clocks.iter().find(|clock| clock.promise == "answer").expect("seven days").clone();
        matches!(clock.status, Status::Running)
    };
    assert!(running(&case), "the letter that was sent is no answer of a member");
    assert_eq!(to(&app, ADA).len(), 1);
    let anna = member("strapi", "anna");
    execute(&app, &anna, &id, Command::Acknowledge { text: "Thank you, we look at it.".into() }, None)
        .await
        .expect("done");
    assert!(!running(&look(&app, &id).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_p7_i8_mail_needs_no_account_and_says_what_would_help() {
    let place = Place::sqlite().await;
    let policies: Vec<String> = ["directus", "dapr", "ibexa"]
        .map(|name| std::fs::read_to_string(crate::support::binary::policy(name)).expect("the policy"))
        .into();
    let app = place.app(&policies.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for (address, program) in
        [("security@directus.io", "directus"), ("security@dapr.io", "dapr"), ("security@ibexa.co", "ibexa")]
    {
        let reporter = format!("{program}@outside.example");
        let Outcome::Filed(id) = comes(&app, address, mail(&reporter, "A short word", "", "It is broken.")).await
        else {
            panic!("a report")
        };
        let case = look(&app, &id).await;
        assert_eq!(case.program.as_str(), program);
        posts(&app).await;
        let policy = execute::policy_of(&app, &case).expect("its policy");
        let lacking = candor_core::intake::lacking(&case.reports[0].facts, &policy);
        let text = to(&app, &reporter)[0].1.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(text.contains("What would help"), !lacking.is_empty(), "{text}");
        assert!(lacking.iter().all(|label| text.contains(label)), "{lacking:?}: {text}");
        // Asked, answered, with a file, all by mail.
        let asks = Command::Ask { text: "Which version?".into(), files: vec![] };
        execute(&app, &member(program, "anna"), &id, asks, None).await.expect("asked");
        let address = secret(&app, &reporter);
        let answer = mail(
            &reporter,
            "Re",
            "Content-Type: multipart/mixed; boundary=x\r\n",
            "--x\n\n1.2\n--x\nContent-Type: image/png\n\nx\n--x--",
        );
        assert_eq!(comes(&app, &address, answer).await, Outcome::Joined(id.clone()));
        let case = look(&app, &id).await;
        assert!(case.waiting_since.is_none(), "the question is answered");
        assert_eq!(case.files.iter().filter(|file| !file.internal).count(), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m4_m5f_a_minio_case_by_mail_alone_from_report_to_credit() {
    let folder_of = tempfile::tempdir().expect("a folder");
    let app =
        crate::support::service::open(&folder_of, &[crate::support::service::MINIO], |config| config.mail_words = true)
            .await;
    app.set_clock(at("2027-03-05T09:00:00Z"));
    let report = "Hello,\n\nObject names of another bucket are shown.\n\nComponent: S3 API\nVersion: 2027-01-01\nPreconditions: any keys\n";
    let Outcome::Filed(id) = comes(&app, "security@min.io", mail(ADA, "Names of another bucket", "", report)).await
    else {
        panic!("a report")
    };
    posts(&app).await;
    let address = secret(&app, ADA);
    // Nobody answers for two days: one word by mail reaches the next contact.
    app.set_clock(at("2027-03-07T09:30:00Z"));
    while worker::tick_once(&app).await.expect("a round") > 0 {}
    assert_eq!(comes(&app, &address, mail(ADA, "Re: n", "", "nudge")).await, Outcome::Joined(id.clone()));
    posts(&app).await;
    assert!(to(&app, "sid@min.io").iter().any(|(subject, ..)| subject.contains("the reporter asks for news")));
    assert!(to(&app, ADA).last().expect("a letter").1.contains("we told the team"));

    // The team answers; its words leave in letters, because this operator lets them, and the answers come back.
    let (ines, jonas) = (member("minio", "ines"), member("minio", "jonas"));
    app.set_clock(at("2027-03-07T12:00:00Z"));
    execute(&app, &jonas, &id, Command::Ask { text: "Does it need list rights?".into(), files: vec![] }, None)
        .await
        .expect("asked");
    posts(&app).await;
    let (subject, text, _) = to(&app, ADA).pop().expect("a letter");
    assert!(subject.contains("A question") && text.contains("Does it need list rights?"), "{text}");
    assert_eq!(
        comes(&app, &address, mail(ADA, "Re: q", "", "No, any key will do.\n\n> Does it need list rights?")).await,
        Outcome::Joined(id.clone())
    );
    for command in [
        Command::Verify {
            facts: candor_core::event::VerificationFacts {
                environment: "2027-01-01".into(),
                result: candor_core::event::VerificationResult::Reproduced,
                conditions: "any access key".into(),
                impact: "names of objects".into(),
            },
        },
        Command::AskCredit,
    ] {
        execute(&app, &jonas, &id, command, None).await.expect("done");
    }
    execute(&app, &ines, &id, Command::Confirm { text: "You are right.".into() }, None).await.expect("confirmed");
    posts(&app).await;
    let letters = to(&app, ADA);
    assert!(letters.iter().any(|(_, text, _)| text.contains("You are right.")));
    assert!(letters.iter().any(|(_, text, _)| text.contains("`credit as`")), "how to be credited by mail is said");
    // By default nothing is published about the reporter; one line changes that.
    app.set_clock(at("2027-03-08T12:00:00Z"));
    assert_eq!(look(&app, &id).await.reports[0].credit, None);
    assert_eq!(
        comes(&app, &address, mail(ADA, "Re: c", "", "credit as Ada Lovelace, Example Labs")).await,
        Outcome::Joined(id.clone())
    );
    posts(&app).await;
    let case = look(&app, &id).await;
    assert!(
        matches!(&case.reports[0].credit, Some(Credit::Named { name, organisation, .. }) if name == "Ada Lovelace" && organisation == "Example Labs")
    );
    assert!(to(&app, ADA).last().expect("a letter").1.contains("is on record"));
    let said: Vec<&str> = case.history.iter().map(|entry| entry.what.kind()).collect();
    assert_eq!(said.iter().filter(|kind| **kind == "mail-unverified").count(), 0, "{said:?}");
    // Every letter of the case hangs on one thread, and answers go to one address.
    let threads: std::collections::BTreeSet<_> =
        to(&app, ADA).iter().map(|(_, _, raw)| field(raw, "References")).collect();
    assert_eq!(threads.len(), 1);
}
