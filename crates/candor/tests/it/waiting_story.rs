//! Reports that were sealed where no key of the desk is at hand: each becomes a case of its own, whatever key it was sent with
//! and whatever else waits.

use candor::app::App;
use candor::error::Error;
use candor::execute::report::{Filed, NewReport, file_report, open_receipt};
use candor::execute::{files, waiting};
use candor::keys::intake;
use candor::store::waiting::{WaitingRow, count, insert_statement};
use candor::store::{Batch, journal};
use candor::worker::sweep_once;
use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::event::{Channel, Contact, Credit, FileRef, ReportFacts};
use jiff::SignedDuration;
use serde_json::json;
use tempfile::TempDir;

use crate::support::chains::entry;
use crate::support::service::{MINIO, open};

/// A store without its key, as a front has it.
async fn front(folder: &TempDir) -> App {
    drop(open(folder, &[MINIO], |_| {}).await);
    std::fs::rename(folder.path().join("root.key"), folder.path().join("away.key")).expect("the key is taken away");
    let front = open(folder, &[], |_| {}).await;
    front.set_clock("2026-11-02T09:00:00Z".parse().expect("an instant"));
    front
}

/// The desk beside it, which has the key.
async fn desk(folder: &TempDir, front: &App) -> App {
    std::fs::rename(folder.path().join("away.key"), folder.path().join("root.key")).expect("put back");
    let desk = candor::serve::open(front.config.clone()).await.expect("opens");
    desk.set_clock(front.now());
    desk
}

fn report(description: &str, files: Vec<FileRef>) -> NewReport {
    let (title, description) = ("Anyone lists buckets".to_owned(), description.to_owned());
    NewReport {
        channel: Channel::Api,
        facts: ReportFacts { title, description, files, ..ReportFacts::default() },
        contact: Contact::default(),
        credit: None,
        received_at: None,
    }
}

async fn file(app: &App, description: &str, key: &str) -> Result<Filed, Error> {
    file_report(app, &Actor::Public, &"minio".into(), report(description, vec![]), Some(key)).await
}

async fn opened(app: &App, receipt: &str) -> Case {
    open_receipt(app, receipt).await.expect("it opens").1
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_w5_a_key_that_somebody_used_before_gives_nobody_their_receipt() {
    let folder = tempfile::tempdir().expect("a folder");
    let front = front(&folder).await;
    let first = file(&front, "No signature is needed", "nightly").await.expect("taken in");
    assert_eq!(file(&front, "No signature is needed", "nightly").await.expect("the same answer"), first);
    assert!(matches!(file(&front, "Something else", "nightly").await, Err(Error::KeyReused)));
    let at_once = (0..10).map(|_| {
        let front = front.clone();
        tokio::spawn(async move { file(&front, "Sent at once", "many").await.expect("one answer") })
    });
    let mut answers = Vec::new();
    for task in at_once.collect::<Vec<_>>() {
        answers.push(task.await.expect("no panic"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");

    let desk = desk(&folder, &front).await;
    assert_eq!(waiting::open_all(&desk).await.expect("a round"), 2);
    assert_eq!(file(&front, "No signature is needed", "nightly").await.expect("also when it is filed"), first);

    // A week later the key means nothing any more.
    for app in [&front, &desk] {
        app.set_clock(front.now() + SignedDuration::from_hours(8 * 24));
    }
    sweep_once(&front).await.expect("swept");
    let second = file(&front, "Somebody else found another one", "nightly").await.expect("taken in");
    assert_ne!((&second.case, &second.receipt), (&first.case, &first.receipt));
    assert_eq!(waiting::open_all(&desk).await.expect("a round"), 1);
    let (first, second) = (opened(&desk, &first.receipt).await, opened(&desk, &second.receipt).await);
    assert_ne!(first.id, second.id);
    assert_eq!(first.reports[0].facts.description, "No signature is needed");
    assert_eq!(second.reports[0].facts.description, "Somebody else found another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_filed_holds_up_no_other_and_what_bears_another_s_name_becomes_a_case_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let front = front(&folder).await;
    let known = file(&front, "The first of all", "a").await.expect("taken in");
    let desk = desk(&folder, &front).await;
    assert_eq!(waiting::open_all(&desk).await.expect("a round"), 1);

    // The first row does not open. The second bears the names of a case that is there.
    let to = front.intake_key().expect("the desk's key");
    let twin = json!({
        "program": "minio", "case": known.case, "receipt": known.receipt, "at": front.now(), "channel": Channel::Api,
        "facts": ReportFacts { title: "A twin".into(), description: "Not to be lost".into(), ..ReportFacts::default() },
        "contact": Contact::default(), "credit": None::<Credit>,
    });
    let twin = intake::seal_to(&to, "0001", twin.to_string().as_bytes()).expect("sealed");
    let rows = [("0000", b"not sealed".to_vec()), ("0001", twin)].map(|(id, sealed)| {
        insert_statement(&WaitingRow { id: id.into(), at: front.now().as_microsecond(), body: Vec::new(), sealed })
    });
    front.store.commit(Batch::main(rows.to_vec())).await.expect("kept");
    // The third has a file, and its name is taken while it waits.
    let mut upload = files::upload(&front, "poc.txt").await.expect("room");
    upload.push(b"a file that waits").await.expect("room");
    let poc = upload.finish().await.expect("durable");
    let third = report("With a file", vec![poc]);
    let third = file_report(&front, &Actor::Public, &"minio".into(), third, None).await.expect("taken in");
    let (taken, _) = journal::append_statements(third.case.as_str(), journal::Head::EMPTY, &[entry(1)]);
    front.store.commit(Batch::main(taken)).await.expect("kept");
    let fourth = file(&front, "Nothing is wrong with this one", "d").await.expect("taken in");

    assert_eq!(waiting::open_all(&desk).await.expect("one row does not end the round"), 3);
    assert_eq!(count(&desk.store).await.expect("a count"), 1, "what does not open is kept");
    assert_eq!(waiting::open_all(&desk).await.expect("and tried again"), 0);
    assert_eq!(opened(&desk, &fourth.receipt).await.id, fourth.case);
    assert_eq!(opened(&desk, &known.receipt).await.reports[0].facts.description, "The first of all");
    let third = (opened(&desk, &third.receipt).await, third.case);
    assert_ne!(third.0.id, third.1, "another name, the same receipt");
    let poc = third.0.files[0].file.id.0.clone();
    let reporter = Actor::Reporter { case: third.0.id.clone(), report: 0 };
    files::open_file(&desk, &reporter, &third.0.id, &poc).await.expect("its file is there");
    let moved = candor::store::blobs::get(&desk.store, &poc).await.expect("read").expect("a row");
    assert_eq!(moved.stream, third.0.id.0);
    let cases = candor::store::cases::all_after(&desk.store, "", 10).await.expect("rows");
    assert_eq!(cases.len(), 4, "none is lost");
}
