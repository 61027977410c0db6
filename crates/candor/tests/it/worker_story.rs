//! The worker: letters wait for a server that is down, in order, and nothing is lost or doubled.

use crate::letters::{POLICY, at, filed};
use crate::support::places::{Place, on_both};
use candor::app::App;
use candor::config::{Config, MailOut};
use candor::store::{outbox, settings};
use candor::worker;
use jiff::SignedDuration;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// An application that sends over SMTP to this port.
pub async fn app(place: &Place, port: u16) -> App {
    let mut config = Config::in_folder(place.data());
    config.blobs = place.folder.path().join("blobs");
    config.public = place.folder.path().join("public");
    config.mail = MailOut::Smtp(format!("smtp://127.0.0.1:{port}?tls=none"));
    let app = App::new(place.store.clone(), Some(place.ring.clone()), config).await.expect("the app starts");
    app.add_program(&crate::support::places::everybody(POLICY)).await.expect("the policy is taken into service");
    app
}

/// A mail server that answers `greeting`, takes what comes, and keeps it.
pub async fn server(greeting: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&kept);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let taken = Arc::clone(&taken);
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                let _ = write.write_all(format!("{greeting}\r\n").as_bytes()).await;
                let (mut letter, mut inside) = (String::new(), false);
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = if inside {
                        if line != "." {
                            letter += &line;
                            letter += "\n";
                            continue;
                        }
                        inside = false;
                        taken.lock().expect("not poisoned").push(std::mem::take(&mut letter));
                        "250 taken"
                    } else if line.starts_with("DATA") {
                        inside = true;
                        "354 go on"
                    } else if line.starts_with("QUIT") {
                        "221 bye"
                    } else {
                        if line.starts_with("RCPT") {
                            letter += &line;
                            letter += "\n";
                        }
                        "250 ok"
                    };
                    let _ = write.write_all(format!("{answer}\r\n").as_bytes()).await;
                }
            });
        }
    });
    (port, kept)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_wait_for_a_server_that_is_down_and_leave_when_it_is_back() {
    let place = Place::sqlite().await;
    // A port that was free a moment ago refuses.
    let dead = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address").port();
    let down = app(&place, dead).await;
    down.set_clock(at("2026-03-02T09:00:00Z"));
    filed(&down, "reporter@outside.example").await;
    let first = worker::deliver_once(&down).await.expect("a round");
    assert_eq!((first.sent, first.later), (0, 2));
    assert_eq!(worker::deliver_once(&down).await.expect("a round").later, 0, "not before a minute is over");
    for row in outbox::list(&place.store, "waiting", "", 10).await.expect("rows") {
        assert_eq!(row.error.as_deref(), Some("the mail server could not be reached"));
    }
    down.set_clock(at("2026-03-02T09:01:30Z"));
    assert_eq!(worker::deliver_once(&down).await.expect("a round").later, 2);

    let (port, kept) = server("220 ready").await;
    let up = app(&place, port).await;
    up.set_clock(at("2026-03-02T10:00:00Z"));
    assert_eq!(worker::deliver_once(&up).await.expect("a round").sent, 2);
    let kept = kept.lock().expect("not poisoned");
    assert_eq!(kept.len(), 2);
    for letter in kept.iter() {
        assert_eq!(letter.lines().filter(|line| line.starts_with("RCPT TO:")).count(), 1, "{letter}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_given_up_after_ten_days_and_can_be_tried_again() {
    let place = Place::sqlite().await;
    let (port, kept) = server("421 not now").await;
    let app = app(&place, port).await;
    let begin = at("2026-03-02T09:00:00Z");
    app.set_clock(begin);
    filed(&app, "reporter@outside.example").await;
    let (mut rounds, mut now) = (0, begin);
    while now < begin + SignedDuration::from_hours(11 * 24) {
        app.set_clock(now);
        let done = worker::deliver_once(&app).await.expect("a round");
        rounds += done.later + done.failed;
        now += SignedDuration::from_hours(6) + SignedDuration::from_secs(1);
    }
    assert!((60..100).contains(&rounds), "two letters, about forty tries each: {rounds}");
    let failed = outbox::failed(&place.store, 10).await.expect("rows");
    assert_eq!(failed.len(), 2);
    assert!(kept.lock().expect("not poisoned").is_empty());
    assert!(outbox::revive(&place.store, &failed[0].id, now.as_microsecond()).await.expect("it is taken up again"));
}

on_both! {
    async fn the_next_letter_to_one_recipient_waits_for_the_one_before(place: Place) {
        let app = place.app(&[POLICY]).await;
        let at = app.now().as_microsecond();
        let new = |id: &'static str, seq: i64, to: &'static str| {
            outbox::insert_statement(&outbox::NewLetter {
                id,
                stream: "CASE",
                seq,
                kind: "news",
                recipient: to,
                next_at: at,
                created_at: at,
            })
        };
        let rows = vec![new("b", 1, "reporter:0"), new("a", 2, "reporter:0"), new("c", 2, "reporter:1")];
        place.store.commit(candor::store::Batch::main(rows)).await.expect("kept");
        let ids = |rows: &[outbox::OutboxRow]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        let claimed = outbox::claim(&place.store, at, at + 1_000, 10).await.expect("claimed");
        assert_eq!(ids(&claimed), ["b", "c"]);
        outbox::done(&place.store, &claimed[0], at).await.expect("done");
        let claimed = outbox::claim(&place.store, at, at + 1_000, 10).await.expect("claimed");
        assert_eq!(ids(&claimed), ["a"]);
    }

    async fn a_letter_that_was_put_off_holds_up_none_after_it_and_one_that_is_tried_again_does(place: Place) {
        let app = place.app(&[POLICY]).await;
        let at = app.now().as_microsecond();
        let new = |id: &'static str, seq: i64, kind: &'static str, next_at: i64| {
            outbox::insert_statement(&outbox::NewLetter {
                id,
                stream: "CASE",
                seq,
                kind,
                recipient: "reporter:0",
                next_at,
                created_at: at,
            })
        };
        let rows = vec![new("b", 1, "received", at + 5_000), new("a", 2, "question", at)];
        place.store.commit(candor::store::Batch::main(rows)).await.expect("kept");
        let ids = |rows: &[outbox::OutboxRow]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        let claimed = outbox::claim(&place.store, at, at + 1_000, 10).await.expect("claimed");
        assert_eq!(ids(&claimed), ["a"], "the receipt leaves later, the question now");
        outbox::done(&place.store, &claimed[0], at).await.expect("done");
        let claimed = outbox::claim(&place.store, at + 5_000, at + 6_000, 10).await.expect("claimed");
        assert_eq!(ids(&claimed), ["b"]);
        outbox::retry(&place.store, &claimed[0], at + 9_000, "try later").await.expect("put back");
        place.store.commit(candor::store::Batch::main(vec![new("c", 3, "news", at)])).await.expect("kept");
        let claimed = outbox::claim(&place.store, at + 5_000, at + 6_000, 10).await.expect("claimed");
        assert_eq!(ids(&claimed), [""; 0], "a letter that could not leave keeps its place");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_without_tls_to_another_machine_is_refused_before_any_work() {
    let place = Place::sqlite().await;
    let mut config = Config::in_folder(place.data());
    config.mail = MailOut::Smtp("smtp://mail.example.org:25?tls=none".into());
    let app = App::new(place.store.clone(), Some(place.ring.clone()), config).await.expect("the app starts");
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let refused = Box::pin(worker::run(app, stopped)).await.expect_err("it does not start");
    assert!(refused.to_string().contains("only for a mail server on this machine"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_delivers_and_builds_pages_by_itself_and_stops_when_told() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let works = tokio::spawn(worker::run(app.clone(), stopped));
    filed(&app, "reporter@outside.example").await;
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
    while outbox::waiting(&place.store).await.expect("a count").0 > 0 || !app.config.public.join("robots.txt").exists()
    {
        ticks.tick().await;
    }
    stop.send(true).expect("it listens");
    works.await.expect("it ends").expect("without a fault");
    assert_eq!(crate::letters::all(&app).len(), 2);
    assert!(settings::get(&place.store, "public tree: held back").await.expect("read").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_cannot_be_opened_holds_up_no_other() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let broken = filed(&app, "").await.case;
    let whole = filed(&app, "").await.case;
    place.ring.erase_case(broken.as_str()).await.expect("its key is destroyed");
    app.set_clock(at("2026-03-10T09:00:00Z"));
    let mut clocks = worker::Clocks::default();
    assert_eq!(clocks.round(&app).await.expect("a round"), 2);
    assert_eq!(clocks.round(&app).await.expect("a round"), 0, "the one that failed rests for a while");
    let row = |id: String| {
        let store = place.store.clone();
        async move { candor::store::cases::get(&store, &id).await.expect("read").expect("a row") }
    };
    assert!(row(whole.0).await.head_seq > row(broken.0).await.head_seq, "the other's clock rang");
    app.set_clock(at("2026-03-10T09:00:11Z"));
    assert_eq!(clocks.round(&app).await.expect("a round"), 1, "then it is asked again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_does_not_come_in_again_stands_above_the_queue_and_is_told_to_a_contact() {
    use candor::mail::receive::{Envelope, Outcome, receive};
    let place = Place::sqlite().await;
    let (port, kept) = server("220 here").await;
    let app = app(&place, port).await;
    let way = async || {
        let probes = worker::probe_once(&app).await.expect("every channel is looked at");
        let found =
            probes.into_iter().find(|probe| probe.finding.channel == "mail round trip").expect("it is looked at");
        (found.finding.state.name(), found.finding.detail)
    };
    app.set_clock(at("2026-03-02T09:00:00Z"));
    assert_eq!(way().await.0, "skipped");
    worker::deliver_once(&app).await.expect("letters leave");
    app.set_clock(at("2026-03-03T09:00:00Z"));
    let (state, detail) = way().await;
    assert_eq!(state, "failed", "{detail}");
    assert!(detail.contains("2026-03-02 09:00") && detail.contains("has not come in"), "{detail}");
    worker::deliver_once(&app).await.expect("letters leave");
    let letters = kept.lock().expect("not poisoned").clone();
    assert!(
        letters.iter().any(|letter| letter.contains("A channel of the security policy fails")),
        "a contact is told"
    );
    // The second letter comes in by the door.
    let newest = letters.iter().rev().find(|letter| letter.contains("looks whether mail comes in")).expect("a letter");
    let raw = newest.split_once('\n').expect("lines").1.replace('\n', "\r\n").into_bytes();
    app.set_clock(at("2026-03-03T09:04:00Z"));
    let envelope = Envelope { from: None, to: "security@example.org".into(), program: None };
    assert_eq!(receive(&app, &envelope, raw).await.expect("it is taken in"), Outcome::Own);
    let (state, detail) = way().await;
    assert_eq!((state, detail.contains("after 4 minutes")), ("fine", true), "{detail}");
}
