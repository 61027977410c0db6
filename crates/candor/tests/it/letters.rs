//! Letters leave once each, say what is expected by when, and carry nothing of the case.

use crate::support::places::Place;
use candor::accounts;
use candor::app::App;
use candor::config::MailOut;
use candor::execute::report::{Filed, NewReport, file_report};
use candor::execute::{execute, load_case};
use candor::mail::reading::{Shown, read};
use candor::mail::{dir, letters};
use candor::store::outbox;
use candor::worker::{self, Delivered};
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::event::{Channel, Contact, ReportFacts};
use candor_core::id::ProgramSlug;
use jiff::Timestamp;

/// MinIO's first promise in short.
pub const POLICY: &str = r#"
contacts = [
  { role = "primary", email = "first@example.org" },
  { role = "secondary", email = "second@example.org" },
]
[program]
slug = "store"
name = "Object Store"
[channels]
email = "security@example.org"
[advisories]
namespace = "https://example.org"
[disclosure]
publish_on = "fix"
[credit]
default = "anonymous"
[[promises]]
name = "acknowledge"
what = "a first answer by a member of the team"
kept_by = "acknowledgement"
within = "48 hours"
waits_for_reporter = true
wait_limit = "14 days"
escalate = [{ to = "primary", before = "12 hours" }, { to = "secondary", after = "0 hours" }]
"#;

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

/// A report with a marker in every field that a person fills.
pub fn report(email: &str) -> NewReport {
    let mark = |field: &str| format!("CANARY-{field}");
    NewReport {
        channel: Channel::Form,
        facts: ReportFacts {
            title: "CANARY-title\r\nBcc: victim@example.org".into(),
            description: mark("description"),
            component: mark("component"),
            version: mark("version"),
            steps: mark("steps"),
            expected: mark("expected"),
            actual: mark("actual"),
            weakness: mark("weakness"),
            impact: mark("impact"),
            ..ReportFacts::default()
        },
        contact: Contact {
            name: "CANARY-name\r\nBcc: victim@example.org".into(),
            email: email.into(),
            organisation: mark("organisation"),
            ..Contact::default()
        },
        credit: None,
        received_at: None,
    }
}

pub async fn filed(app: &App, email: &str) -> Filed {
    file_report(app, &Actor::Public, &ProgramSlug::from("store"), report(email), None).await.expect("it is taken in")
}

pub fn folder(app: &App) -> std::path::PathBuf {
    match &app.config.mail {
        MailOut::Dir(folder) => folder.clone(),
        other => panic!("{other:?} is no folder"),
    }
}

/// Every letter in the folder, the oldest first, with its raw text.
pub fn all(app: &App) -> Vec<(Shown, String)> {
    let folder = folder(app);
    let mut letters = dir::list(&folder).expect("the folder reads");
    letters.reverse();
    letters
        .into_iter()
        .map(|letter| {
            let bytes = dir::read(&folder, &letter.name).expect("it reads").expect("it is there");
            (read(&bytes), String::from_utf8(bytes).expect("a letter is text"))
        })
        .collect()
}

fn member(name: &str) -> Actor {
    Actor::Member { id: name.into(), roles: vec![("store".into(), Role::Coordinator)] }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_warn_and_break_in_letters_to_those_the_policy_names() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let filed = filed(&app, "reporter@outside.example").await;
    let sent = worker::deliver_once(&app).await.expect("letters leave");
    assert_eq!(sent, Delivered { sent: 2, ..Delivered::default() });
    assert_eq!(worker::tick_once(&app).await.expect("a round"), 0, "nothing is due yet");

    // Stopped over a week-end: all that fell due is done, each once, in order.
    app.set_clock(at("2026-03-09T09:00:00Z"));
    assert!(worker::tick_once(&app).await.expect("a round") >= 1);
    assert_eq!(worker::tick_once(&app).await.expect("a round"), 0, "each rings once");
    assert_eq!(worker::deliver_once(&app).await.expect("letters leave").sent, 2);
    assert_eq!(worker::deliver_once(&app).await.expect("letters leave"), Delivered::default());

    let letters = all(&app);
    let subject_to = |to: &str| {
        letters
            .iter()
            .filter(|(shown, _)| shown.to.contains(to))
            .map(|(shown, _)| shown.subject.clone())
            .collect::<Vec<_>>()
    };
    let case = &filed.case;
    assert_eq!(subject_to("reporter@outside.example"), ["[Object Store] Your report arrived"]);
    assert_eq!(
        subject_to("first@example.org"),
        [
            format!(
                "[Object Store] Case {case}: new report, a first answer by a member of the team due Wed 4 Mar, 09:00 UTC"
            ),
            format!("[Object Store] Case {case}: a first answer by a member of the team was due Wed 4 Mar, 09:00 UTC"),
        ]
    );
    assert_eq!(
        subject_to("second@example.org"),
        [format!(
            "[Object Store] Case {case}: not kept: a first answer by a member of the team was due Wed 4 Mar, 09:00 UTC"
        )]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_letter_carries_a_word_of_the_case_and_each_has_one_recipient() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let filed = filed(&app, "reporter@outside.example").await;
    worker::deliver_once(&app).await.expect("letters leave");
    let anna = member("anna");
    for command in [
        Command::Acknowledge { text: "CANARY-acknowledge".into() },
        Command::Ask { text: "CANARY-ask".into(), files: vec![] },
        Command::Note { text: "CANARY-note".into(), files: vec![], mentions: vec![] },
    ] {
        execute(&app, &anna, &filed.case, command, None).await.expect("the step is taken");
    }
    let reporter = Actor::Reporter { case: filed.case.clone(), report: 0 };
    execute(&app, &reporter, &filed.case, Command::Write { text: "CANARY-answer".into(), files: vec![] }, None)
        .await
        .expect("they write");
    worker::deliver_once(&app).await.expect("letters leave");
    let letters = all(&app);
    assert_eq!(letters.len(), 5, "received, new report, news, question, reporter wrote");
    for (shown, raw) in &letters {
        assert!(!raw.contains("CANARY") && !shown.text.contains("CANARY"), "{raw}");
        assert!(!raw.contains("victim@example.org"), "{raw}");
        assert!(!raw.contains(&filed.receipt) && !shown.text.contains(&filed.receipt), "the receipt is in no letter");
        assert!(shown.text.contains("What is expected of you:"), "{}", shown.text);
        let head = raw.split("\r\n\r\n").next().expect("a head");
        for name in ["To:", "From:", "Subject:", "Date:", "Message-ID:", "References:", "In-Reply-To:"] {
            assert_eq!(head.lines().filter(|line| line.starts_with(name)).count(), 1, "{name} {head}");
        }
        assert!(head.contains("Auto-Submitted: auto-generated"), "{head}");
        assert!(!head.contains(filed.case.as_str()) || shown.subject.contains(filed.case.as_str()), "{head}");
    }
    let (received, _) = letters.iter().find(|(shown, _)| shown.subject.contains("arrived")).expect("the first letter");
    assert!(received.text.contains("https://candor.example/receipt"), "{}", received.text);
    assert!(received.text.contains("by Wed 4 Mar 2026, 09:00 UTC"), "{}", received.text);
    assert!(received.text.contains("If it was not you"), "{}", received.text);
    let (question, _) = letters.iter().find(|(shown, _)| shown.subject.contains("question")).expect("the question");
    assert!(!question.subject.contains(filed.case.as_str()), "no case in a reporter's subject");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_smuggles_a_second_recipient_gets_no_letter() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let hostile = [
        "a@example.org\r\nBcc: victim@example.org",
        "\"a@b\"@example.org",
        "a..b@example.org",
        "<a@example.org>",
        "a:b@example.org",
    ];
    let mut taken = 0;
    for email in hostile {
        // The door may refuse it; what it takes in must still get no letter.
        let filed = file_report(&app, &Actor::Public, &ProgramSlug::from("store"), report(email), None).await;
        taken += usize::from(filed.is_ok());
    }
    assert!(taken > 0, "at least one comes this far");
    let done = worker::deliver_once(&app).await.expect("letters leave");
    assert_eq!(
        (done.sent, done.dropped, done.failed),
        (taken, taken, 0),
        "the team hears of each; the addresses get nothing"
    );
    assert!(all(&app).iter().all(|(shown, _)| shown.to.contains("first@example.org")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_sent_twice_has_one_message_id_and_one_file() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    filed(&app, "reporter@outside.example").await;
    let post = candor::mail::Post::new(&app.config).expect("the way out is set up");
    let now = app.now();
    let claimed =
        outbox::claim(&place.store, now.as_microsecond(), now.as_microsecond() + 1, 10).await.expect("claimed");
    assert_eq!(claimed.len(), 2);
    for row in &claimed {
        for _ in 0..2 {
            let letters::Built::Letter(letter) = letters::build(&app, &post.sender, row).await.expect("built") else {
                panic!("a letter");
            };
            post.send(&letter).await.expect("it leaves");
            let raw = String::from_utf8(letter.bytes.clone()).expect("text");
            assert!(raw.contains(&format!("Message-ID: <{}@localhost>", row.id)), "{raw}");
        }
    }
    assert_eq!(
        all(&app).len(),
        2,
        "killed between sending and noting it, the program sends again; the file is the same"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_without_a_role_hears_nothing_and_somebody_else_does() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let roles = [("store".to_owned(), Role::Member)];
    let anna = accounts::add_ready(&app, "Anna", "anna@team.example", "tin harbour sleeps early", &roles, false)
        .await
        .expect("a member")
        .0;
    let case = filed(&app, "").await.case;
    let coordinator = member("ben");
    execute(&app, &coordinator, &case, Command::Assign { to: Some(anna.clone()) }, None).await.expect("it is hers");
    worker::deliver_once(&app).await.expect("letters leave");
    assert!(
        all(&app)
            .iter()
            .any(|(shown, _)| shown.to.contains("anna@team.example") && shown.subject.contains("yours now"))
    );

    accounts::disable(&app, "anna@team.example").await.expect("disabled");
    let reporter = Actor::Reporter { case: case.clone(), report: 0 };
    execute(&app, &reporter, &case, Command::Write { text: "CANARY".into(), files: vec![] }, None)
        .await
        .expect("they write");
    worker::deliver_once(&app).await.expect("letters leave");
    let wrote: Vec<String> = all(&app)
        .into_iter()
        .filter(|(shown, _)| shown.subject.contains("the reporter wrote"))
        .map(|(shown, _)| shown.to)
        .collect();
    assert_eq!(wrote, ["<first@example.org>"], "the policy's first contact instead");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_reporter_gets_no_letter_and_the_row_says_why() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let filed = filed(&app, "reporter@outside.example").await;
    let case = load_case(&app, &Actor::Clock, &filed.case).await.expect("it opens");
    let person = case.reports[0].person.clone().expect("a person");
    place.ring.erase_person(person.as_str()).await.expect("erased");
    let done = worker::deliver_once(&app).await.expect("letters leave");
    assert_eq!((done.sent, done.dropped), (1, 1));
    let rows = outbox::list(&place.store, "done", "", 10).await.expect("rows");
    let reasons: Vec<_> = rows.iter().filter_map(|row| row.error.as_deref()).collect();
    assert_eq!(reasons, ["the reporter's name and address were erased"]);
}
