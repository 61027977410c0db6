//! Three days without the service, and dates that others claim.

use std::collections::BTreeMap;

use candor::execute::load_case;
use candor::store::outbox;
use candor::worker;
use candor_core::access::Actor;
use candor_core::event::Event;
use candor_core::promises;
use jiff::SignedDuration;

use crate::letters::{POLICY, all, at, filed};
use crate::mail_in::{self, look};
use crate::support::places::Place;
use crate::support::service::{Service, answered};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_c3_after_three_days_down_each_clock_rings_once_in_order_marked_late_and_letters_are_spread() {
    let place = Place::sqlite().await;
    let begins = at("2026-03-02T09:00:00Z");
    let mut cases = Vec::new();
    {
        let app = place.app(&[POLICY]).await;
        for number in 0..50 {
            app.set_clock(begins + SignedDuration::from_mins(number));
            cases.push(filed(&app, &format!("reporter{number}@outside.example")).await.case);
        }
        worker::deliver_once(&app).await.expect("letters leave");
        assert_eq!(outbox::waiting(&place.store).await.expect("rows").0, 0);
    }

    let app = place.app(&[POLICY]).await;
    let back = begins + SignedDuration::from_hours(3 * 24);
    app.set_clock(back);
    let before = all(&app).len();
    worker::tick_once(&app).await.expect("a round");
    assert_eq!(worker::tick_once(&app).await.expect("a round"), 0, "each rings once");
    for case in &cases {
        let case = load_case(&app, &Actor::Clock, case).await.expect("it opens");
        let rung: Vec<_> = case
            .history
            .iter()
            .filter_map(|entry| match &entry.what {
                Event::BellRung { due, late, .. } => Some(("bell", *due, *late)),
                Event::PromiseBroken { due, late, .. } => Some(("broken", *due, *late)),
                _ => None,
            })
            .collect();
        let kinds: Vec<_> = rung.iter().map(|(kind, ..)| *kind).collect();
        assert_eq!(kinds, ["bell", "broken", "bell"], "the warning, the breach, and who is told of it");
        assert!(rung.iter().all(|(.., late)| *late), "all of it is marked late: {rung:?}");
        assert!(rung.is_sorted_by_key(|(_, due, _)| *due), "in the order in which it fell due: {rung:?}");
    }
    let (owed, _) = outbox::waiting(&place.store).await.expect("rows");
    assert!(owed >= 100, "{owed} letters are owed");

    // Ten seconds at a time: what leaves within any minute is counted.
    let mut left = Vec::new();
    for step in 0..60 {
        app.set_clock(back + SignedDuration::from_secs(10 * step));
        left.push(worker::deliver_once(&app).await.expect("a round").sent);
    }
    let most = left.windows(6).map(|minute| minute.iter().sum::<usize>()).max().unwrap_or_default();
    assert!((1..=60).contains(&most), "{most} letters in one minute: {left:?}");
    assert_eq!(outbox::waiting(&place.store).await.expect("rows").0, 0, "all have left within ten minutes: {left:?}");
    let letters = all(&app).split_off(before);
    assert_eq!(i64::try_from(letters.len()).expect("few"), owed);
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for (shown, _) in letters {
        *told.entry(format!("{} {}", shown.to, shown.subject)).or_default() += 1;
    }
    assert!(told.values().all(|times| *times == 1), "nobody is told twice: {told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_c6_the_time_of_receipt_counts_and_what_a_sender_claims_is_shown_as_claimed() {
    let (_place, app) = mail_in::begin().await;
    let came = at("2026-03-02T09:00:00Z");
    let due = async |raw: Vec<u8>| {
        let case = look(&app, &mail_in::filed(&app, raw).await).await;
        let policy = app.policy(&"store".into()).expect("a policy");
        let clocks = promises::clocks(&case, &policy, app.now());
        (case.reports[0].at, clocks[0].due, case)
    };
    for claimed in [
        "Mon, 01 Jan 1900 00:00:00 +0000",
        "Fri, 31 Dec 9999 23:59:59 +0000",
        "Sun, 01 Mar 2026 09:00:00 +0000",
        "Tue, 03 Mar 2026 09:00:00 +0000",
        "Mon, 02 Mar 2026 09:00:00 +9999",
        "yesterday",
    ] {
        // Another title each, so that none is taken for the one before.
        let raw = mail_in::mail(
            "ada@outside.example",
            &format!("Overflow of {claimed}"),
            &format!("Date: {claimed}\r\n"),
            "It overflows.",
        );
        let (received, due, case) = Box::pin(due(raw)).await;
        assert!(received.duration_since(came) < SignedDuration::from_mins(1), "{claimed}: received {received}");
        assert!(
            due.duration_since(came + SignedDuration::from_hours(48)).abs() < SignedDuration::from_mins(1),
            "{claimed}: due {due}"
        );
        let kept = &case.reports[0].facts.files;
        assert!(kept.iter().any(|file| file.name == "message.eml"), "the claim stays in the mail as it came");
    }

    // A browser whose clock is off by a day, and a file from the future.
    let service = Service::start(&[POLICY], |_| ()).await;
    service.app.set_clock(came);
    let browser = service.browser();
    let fields = answered(
        browser.get("/store/report").await.form("/store/report"),
        &[("title", "A title"), ("description", "A text")],
    );
    let mut form = reqwest::multipart::Form::new();
    for (name, value) in fields {
        form = form.text(name, value);
    }
    let zip = [b"PK\x03\x04\x14\0\0\0\0\0".as_slice(), &[0xff; 4], &[0; 12], b"\x01\0\0\0a"].concat();
    form = form.part("files", reqwest::multipart::Part::bytes(zip).file_name("2107-12-31.zip"));
    let sent = browser
        .client
        .post(service.at("/store/report"))
        .header("date", "Tue, 03 Mar 2026 09:00:00 GMT")
        .multipart(form);
    let page = crate::support::service::Page::of(sent.send().await.expect("an answer")).await;
    let receipt = page.receipt().unwrap_or_else(|| panic!("{}", page.body));
    let (_, case) = candor::execute::report::open_receipt(&service.app, &receipt).await.expect("it opens");
    assert!(case.reports[0].at.duration_since(came) < SignedDuration::from_mins(1));

    // What the team says about another way is believed no further than now.
    let report = crate::letters::report("ada@outside.example");
    let ahead =
        candor::execute::report::NewReport { received_at: Some(came + SignedDuration::from_hours(24)), ..report };
    let member = mail_in::member("store", "anna");
    let refused = candor::execute::report::file_report(&service.app, &member, &"store".into(), ahead, None).await;
    let why = refused.err().map(|why| why.to_string()).unwrap_or_default();
    assert!(why.contains("future"), "{why}");
}
