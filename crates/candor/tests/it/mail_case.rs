//! One whole case of MinIO's real policy by encrypted mail alone, from the report to the advisory that names the reporter. GnuPG
//! is the reporter's mail program.

use crate::letters::all;
use crate::mail_in::{ADA, comes, look, member, posts, secret, to};
use crate::mail_openpgp::{ada, as_reporter, base64, encrypted_to, pgp_mime};
use crate::openpgp::{Gpg, now};
use crate::support::places::{Place, everybody};
use crate::support::service::MINIO;
use candor::app::App;
use candor::execute::execute;
use candor::mail::receive::Outcome;
use candor::{program_keys, worker};
use candor_core::case::State;
use candor_core::command::Command;
use candor_core::event::{AdvisoryDraft, AffectedProduct, Event, FixKind, VerificationFacts, VerificationResult};
use candor_core::id::CaseId;
use candor_core::promises::{self, Status};
use jiff::SignedDuration;

const DOOR: &str = "security@min.io";

fn hours(app: &App, count: i64) {
    app.set_clock(app.now() + SignedDuration::from_hours(count));
}

/// Ada writes, encrypted to MinIO and signed.
async fn writes(app: &App, gpg: &Gpg, to: &str, more: &str, text: &str) -> Outcome {
    let entity = format!("Content-Type: text/plain; charset=utf-8\n\n{text}\n");
    let raw = pgp_mime("...", more, &encrypted_to(gpg, DOOR, &entity, true));
    let raw = String::from_utf8(raw).expect("text").replace("security@example.org", to);
    comes(app, to, raw.into_bytes()).await
}

/// The newest letter to Ada, opened by GnuPG.
fn opened(app: &App, gpg: &Gpg) -> String {
    plain(gpg, &to(app, ADA).pop().expect("a letter").2)
}

/// A letter opened by GnuPG: signed by the program, subject and text.
fn plain(gpg: &Gpg, raw: &str) -> String {
    assert!(raw.contains("\r\nSubject: ...\r\n"), "{raw}");
    let (well, plain, said) =
        gpg.run(&["--decrypt"], &raw.as_bytes()[raw.find("-----BEGIN PGP").expect("a message")..]);
    assert!(well && said.contains("GOODSIG"), "{said}");
    let read = candor::mail::read::read(&plain, &candor::mail::read::Limits::default());
    format!("{}\n{}", read.subject, read.whole())
}

async fn does(app: &App, who: &str, case: &CaseId, command: Command) {
    let name = command.name();
    hours(app, 1);
    execute(app, &member("minio", who), case, command, None).await.unwrap_or_else(|why| panic!("{name}: {why}"));
    posts(app).await;
}

fn draft() -> AdvisoryDraft {
    let product = AffectedProduct {
        name: "MinIO server".into(),
        fixed: "RELEASE.2027-03-09T00-00-00Z".into(),
        ..AffectedProduct::default()
    };
    AdvisoryDraft {
        title: "Names of objects in another bucket".into(),
        summary: "Upgrade to the fixed release.".into(),
        conditions: "Access keys of any user.".into(),
        products: vec![product],
        ..AdvisoryDraft::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_s1_s2_i8_m4_p7_a_whole_case_of_minio_goes_by_encrypted_mail_from_the_report_to_the_credit() {
    let Some(gpg) = Gpg::new() else { return };
    let place = Place::sqlite().await;
    let app = place.app_with(&[&everybody(MINIO)], |config| config.mail_from = format!("MinIO <{DOOR}>")).await;
    app.set_clock(now());
    let made = program_keys::make(&app, &"minio".into(), now() + program_keys::LIFE, "test").await.expect("a key");
    gpg.prints(&["--import"], made.certificate.to_armor().as_bytes());
    let key = ada(&gpg);
    let packets = candor::openpgp::armor::binary(key.as_bytes(), candor::openpgp::Kind::PublicKey, 100_000);
    let autocrypt = format!("Autocrypt: addr={ADA}; keydata={}\r\n", base64(&packets.expect("a key")));

    // The report: incomplete, and taken all the same.
    let Outcome::Filed(case) = writes(&app, &gpg, DOOR, &autocrypt, "CANARY an odd prefix lists another bucket.").await
    else {
        panic!("it is filed")
    };
    posts(&app).await;
    let first = opened(&app, &gpg);
    assert!(first.contains("Your report arrived") && first.contains("Your receipt is "), "{first}");
    assert!(
        to(&app, ADA)[0].2.contains("\r\nAutocrypt: addr=") || to(&app, ADA)[0].2.starts_with("Autocrypt: "),
        "the program's key goes out"
    );
    let address = secret(&app, ADA);
    assert!(address.starts_with("security+") && address.ends_with("@min.io"), "{address}");

    // No answer within 48 hours: the chain of contacts hears of it, and so does the next one when the reporter asks by mail.
    hours(&app, 49);
    worker::tick_once(&app).await.expect("it ticks");
    assert_eq!(writes(&app, &gpg, &address, "", "nudge").await, Outcome::Joined(case.clone()));
    posts(&app).await;
    let told = all(&app).into_iter().filter(|(letter, _)| letter.to.contains("@min.io")).count();
    assert!(told >= 2, "contacts are told of the breach and of the nudge: {told}");
    assert!(look(&app, &case).await.history.iter().any(|entry| matches!(entry.what, Event::Nudged { .. })));

    does(&app, "ines", &case, Command::Acknowledge { text: "TEAMWORD thank you.".into() }).await;
    assert!(opened(&app, &gpg).contains("TEAMWORD thank you."), "the team's words, encrypted");
    let policy = app.policy(&"minio".into()).expect("a policy");
    let clocks = promises::clocks(&look(&app, &case).await, &policy, app.now());
    let answered = clocks.iter().find(|clock| clock.promise == "acknowledge").expect("a clock");
    assert!(!matches!(answered.status, Status::Running | Status::Paused { .. }), "{answered:?}");

    does(&app, "ines", &case, Command::Ask { text: "TEAMWORD which release?".into(), files: vec![] }).await;
    assert!(opened(&app, &gpg).contains("TEAMWORD which release?"));
    assert_eq!(writes(&app, &gpg, &address, "", "CANARY the one of last week").await, Outcome::Joined(case.clone()));
    assert_eq!(writes(&app, &gpg, &address, "", "credit as Ada Lovelace").await, Outcome::Joined(case.clone()));
    assert_eq!(writes(&app, &gpg, &address, "", "status").await, Outcome::Joined(case.clone()));

    // One reproduces, another confirms, the code is searched, and the fix brings the advisory out.
    let facts = VerificationFacts {
        environment: "one node".into(),
        result: VerificationResult::Reproduced,
        conditions: "a signed-in account".into(),
        impact: "reads what is not theirs".into(),
    };
    let vectors = vec!["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N".into()];
    let rate = Command::Rate { vectors, severity: None, level: None, why: String::new() };
    let fix = Command::RecordFix {
        branch: String::new(),
        kind: FixKind::Patch,
        version: Some("RELEASE.2027-03-09T00-00-00Z".into()),
        url: None,
        details: String::new(),
    };
    does(&app, "jonas", &case, Command::Verify { facts }).await;
    does(&app, "ines", &case, Command::Confirm { text: "TEAMWORD it is so.".into() }).await;
    does(&app, "jonas", &case, rate).await;
    does(&app, "jonas", &case, Command::RecordAudit { looked: "every list call".into(), found: "nothing more".into() })
        .await;
    does(&app, "jonas", &case, Command::DraftAdvisory { draft: Box::new(draft()) }).await;
    does(&app, "ines", &case, Command::ApproveAdvisory { revision: 1 }).await;
    does(&app, "ines", &case, Command::Publish { at: None }).await;
    assert!(look(&app, &case).await.advisory.published.is_empty(), "it waits for the fix");
    does(&app, "jonas", &case, fix).await;
    let after = look(&app, &case).await;
    let record = after.advisory.published.last().unwrap_or_else(|| panic!("it is out: {:?}", after.state));
    assert_eq!(after.state, State::Published);
    assert_eq!(record.credits.iter().map(|credit| credit.name.as_str()).collect::<Vec<_>>(), ["Ada Lovelace"]);
    candor::publish::build(&app).await.expect("the tree is built");
    let page = app.config.public.join("minio/advisories").join(&record.id).join("index.html");
    let page = std::fs::read_to_string(&page).unwrap_or_else(|_| {
        let files = crate::support::binary::files(&app.config.public);
        let page =
            files.iter().find(|file| file.display().to_string().contains(&record.id) && file.ends_with("index.html"));
        std::fs::read_to_string(page.expect("a page of the advisory")).expect("it reads")
    });
    assert!(page.contains("Ada Lovelace"), "the credit is on the public page");
    // The fix and the advisory are told at one moment, in two letters.
    let told: Vec<String> = to(&app, ADA).iter().rev().take(2).map(|(.., raw)| plain(&gpg, raw)).collect();
    assert!(told.iter().any(|letter| letter.contains(&record.id)), "{told:?}");

    // Nothing left in the clear, and nothing that was encrypted is shown to whoever holds the receipt.
    for (_, _, raw) in to(&app, ADA) {
        assert!(raw.contains("multipart/encrypted") && !raw.contains("TEAMWORD") && !raw.contains("CANARY"));
    }
    for (_, raw) in all(&app) {
        assert!(!raw.contains("CANARY"));
    }
    assert!(!format!("{:?}", as_reporter(&app, &case).await).contains("CANARY"));
}

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
