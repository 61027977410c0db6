//! The mail server is down for seven days: nothing is lost, the order is kept, nothing comes twice.

use crate::letters::{at, filed};
use crate::mail_in::member;
use crate::support::places::Place;
use crate::worker_story::{app, server};
use candor::execute::execute;
use candor::store::outbox;
use candor::worker;
use candor_core::command::Command;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use tokio::net::TcpListener;

/// The value of a field of a letter's head, unfolded.
fn field(letter: &str, name: &str) -> String {
    let head = letter.split("\n\n").next().unwrap_or_default().replace("\n ", " ").replace("\n\t", " ");
    let found = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned));
    found.unwrap_or_else(|| panic!("{name} in {head}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_of_seven_days_without_a_mail_server_all_leave_once_and_in_order() {
    let place = Place::sqlite().await;
    let dead = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address").port();
    let down = app(&place, dead).await;
    let begins = at("2026-03-02T09:00:00Z");
    down.set_clock(begins);
    let mut cases = Vec::new();
    for number in 0..6 {
        cases.push(filed(&down, &format!("reporter{number}@outside.example")).await.case);
    }
    let team = member("store", "anna");
    for hour in 0..7 * 24 {
        down.set_clock(begins + SignedDuration::from_hours(hour));
        if hour % 8 == 4 {
            for case in &cases {
                let answer = Command::Answer { text: format!("Hour {hour}"), files: vec![], next_steps: false };
                execute(&down, &team, case, answer, None).await.expect("it is written");
            }
        }
        let tried = worker::deliver_once(&down).await.expect("a round");
        assert_eq!((tried.sent, tried.failed), (0, 0), "hour {hour}");
    }
    let (waiting, _) = outbox::waiting(&place.store).await.expect("rows");
    assert!(waiting >= 6 * 21, "{waiting} letters wait");

    // Back: within the longest pause everything has left.
    let (port, taken) = server("220 mail.example.org").await;
    let up = app(&place, port).await;
    for quarter in 0..=4 * 7 {
        up.set_clock(begins + SignedDuration::from_hours(7 * 24) + SignedDuration::from_mins(15 * quarter));
        worker::deliver_once(&up).await.expect("a round");
    }
    assert_eq!(outbox::waiting(&place.store).await.expect("rows").0, 0, "all have left within seven hours");
    assert!(outbox::failed(&place.store, 10).await.expect("rows").is_empty());
    let letters = taken.lock().expect("no panic").clone();
    assert_eq!(i64::try_from(letters.len()).expect("few"), waiting, "each one once");
    let ids: BTreeSet<String> = letters.iter().map(|letter| field(letter, "Message-ID")).collect();
    assert_eq!(ids.len(), letters.len());
    // Ids are drawn in the order of the notices.
    let mut threads: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for letter in &letters {
        threads.entry(field(letter, "References")).or_default().push(field(letter, "Message-ID"));
    }
    for (thread, ids) in threads {
        assert!(ids.is_sorted(), "{thread}: {ids:?}");
    }
}
