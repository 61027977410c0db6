//! One case from the report to the published advisory, through the one way in, on both databases.

use crate::support::places::on_both;
use candor::error::Error;
use candor::execute::queue::{Filter, queue};
use candor::execute::rebuild::rebuild;
use candor::execute::report::{NewReport, file_report, open_receipt};
use candor::execute::{execute, load_case};
use candor_core::access::{Actor, Role};
use candor_core::case::State;
use candor_core::command::Command;
use candor_core::event::{
    AdvisoryDraft, AffectedProduct, Channel, Contact, Event, FixKind, ReportFacts, VerificationFacts,
    VerificationResult,
};
use candor_core::id::ProgramSlug;
use jiff::Timestamp;

/// A policy with what this story needs; MinIO's process in short.
const POLICY: &str = r#"
contacts = [
  { role = "primary", email = "first@example.org" },
  { role = "secondary", email = "second@example.org" },
  { role = "developers", email = "dev@example.org" },
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
escalate = [{ to = "primary", before = "12 hours" }, { to = "secondary", after = "0 hours" }, { to = "developers", after = "24 hours" }]
[[gates]]
before = "confirm"
needs = "another-member"
because = "Another member than the one who verified gives the verdict."
[[gates]]
before = "publish"
needs = "similar-problems-audit"
"#;

fn member(name: &str, role: Role) -> Actor {
    Actor::Member { id: name.into(), roles: vec![("store".into(), role)] }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn report() -> NewReport {
    NewReport {
        channel: Channel::Form,
        facts: ReportFacts {
            title: "CANARY-TITLE anyone can list private buckets".into(),
            description: "CANARY-BODY a request without a signature is answered".into(),
            version: "RELEASE.2026-01-01T00-00-00Z".into(),
            ..ReportFacts::default()
        },
        contact: Contact { name: "CANARY-NAME".into(), email: "canary@reporter.example".into(), ..Contact::default() },
        credit: None,
        received_at: None,
    }
}

on_both! {
    async fn a_report_becomes_an_advisory_with_the_fix_and_never_before(place: Place) {
        let app = place.app(&[POLICY]).await;
        let program = ProgramSlug::from("store");
        app.set_clock(at("2026-03-02T09:00:00Z"));
        let filed = file_report(&app, &Actor::Public, &program, report(), Some("form-1")).await.expect("it is taken in");
        assert_eq!(filed.promises[0].due.strftime("%F %H:%M").to_string(), "2026-03-04 09:00");
        let again = file_report(&app, &Actor::Public, &program, report(), Some("form-1")).await.expect("the same again");
        assert_eq!(filed, again, "a double send is answered with the first answer");
        let mut other = report();
        other.facts.title = "something else".into();
        let reused = file_report(&app, &Actor::Public, &program, other, Some("form-1")).await;
        assert!(matches!(reused, Err(Error::KeyReused)), "{reused:?}");

        let anna = member("anna", Role::Member);
        let ben = member("ben", Role::Coordinator);
        let stranger = Actor::Member { id: "eve".into(), roles: vec![("other".into(), Role::Coordinator)] };
        let id = filed.case.clone();
        assert!(matches!(load_case(&app, &stranger, &id).await, Err(Error::NotFound)));
        let (reporter, case) = open_receipt(&app, &filed.receipt).await.expect("the receipt opens");
        assert_eq!(case.reports[0].contact.as_ref().map(|contact| contact.name.as_str()), Some("CANARY-NAME"));
        assert!(matches!(open_receipt(&app, "0000-0000").await, Err(Error::NotFound)));

        // The clock rings before the promise breaks, and each bell once.
        app.set_clock(at("2026-03-03T22:00:00Z"));
        let rung = execute(&app, &Actor::Clock, &id, Command::Tick, None).await.expect("it ticks");
        assert!(rung.events.iter().any(|event| matches!(event, Event::BellRung { to, .. } if to == "primary")), "{rung:?}");
        let quiet = execute(&app, &Actor::Clock, &id, Command::Tick, None).await.expect("it ticks");
        assert!(quiet.events.is_empty(), "{quiet:?}");

        let say = |command| (command, None);
        let steps: Vec<(&Actor, (Command, Option<u64>))> = vec![
            (&anna, say(Command::Acknowledge { text: "Thank you, we are looking into it.".into() })),
            (&anna, say(Command::Verify { facts: VerificationFacts {
                environment: "the release named, one node".into(),
                result: VerificationResult::Reproduced,
                conditions: "none".into(),
                impact: "names of all objects".into(),
            } })),
        ];
        for (actor, (command, seen)) in steps {
            execute(&app, actor, &id, command, seen).await.expect("the step is taken");
        }
        let by_the_same = execute(&app, &anna, &id, Command::Confirm { text: "It is so.".into() }, None).await;
        assert!(matches!(by_the_same, Err(Error::Refused(_))), "m5b: another member gives the verdict: {by_the_same:?}");
        execute(&app, &ben, &id, Command::Confirm { text: "It is so.".into() }, None).await.expect("another member confirms");

        // Two people at one case: the second is told what changed.
        let seen = load_case(&app, &ben, &id).await.expect("it opens").seq;
        execute(&app, &anna, &id, Command::Note { text: "CANARY-NOTE".into(), files: vec![], mentions: vec![] }, Some(seen)).await.expect("the first");
        let second = execute(&app, &ben, &id, Command::Note { text: "mine".into(), files: vec![], mentions: vec![] }, Some(seen)).await;
        assert!(matches!(&second, Err(Error::Changed { since }) if since.len() == 1), "{second:?}");

        execute(&app, &ben, &id, Command::Rate {
            vectors: vec!["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N".into()], severity: None, level: None, why: String::new(),
        }, None).await.expect("rated");
        execute(&app, &ben, &id, Command::SetWeakness { cwe: 862 }, None).await.expect("weakness");
        let draft = AdvisoryDraft {
            title: "Buckets can be listed without a signature".into(),
            summary: "Upgrade to the fixed release.".into(),
            products: vec![AffectedProduct {
                name: "Object Store".into(),
                fixed: "RELEASE.2026-03-05T00-00-00Z".into(),
                ..AffectedProduct::default()
            }],
            ..AdvisoryDraft::default()
        };
        execute(&app, &anna, &id, Command::DraftAdvisory { draft: Box::new(draft) }, None).await.expect("drafted");
        execute(&app, &ben, &id, Command::ApproveAdvisory { revision: 1 }, None).await.expect("approved");
        let ordered = execute(&app, &ben, &id, Command::Publish { at: None }, None).await.expect("ordered");
        assert!(!ordered.events.iter().any(|event| matches!(event, Event::Published { .. })), "m5e: not before the fix");

        execute(&app, &anna, &id, Command::RecordAudit { looked: "all handlers".into(), found: "nothing else".into() }, None).await.expect("audited");
        let fixed = execute(&app, &anna, &id, Command::RecordFix {
            branch: String::new(), kind: FixKind::Patch, version: Some("RELEASE.2026-03-05T00-00-00Z".into()), url: None, details: String::new(),
        }, None).await.expect("fixed");
        let Some(Event::Published { record }) = fixed.events.last() else { panic!("m5e: published with the fix: {fixed:?}") };
        assert!(record.credits.is_empty(), "m5f: nothing about the reporter by default");
        assert_eq!(record.id, "STORE-2026-1");
        let findings = candor_formats::csaf::validate(&candor_formats::csaf::print(record, "test"));
        assert!(findings.is_empty(), "{findings:?}");

        let case = load_case(&app, &reporter, &id).await.expect("the reporter still sees it");
        assert_eq!(case.state, State::Published);
        let page = queue(&app, &ben, &Filter { everything: true, ..Filter::default() }, None, 50).await.expect("the queue");
        assert_eq!(page.rows.len(), 1);
        assert!(page.rows[0].card.title.contains("CANARY-TITLE"));

        // Rows can be dropped and made again with the same bytes.
        let before = candor::store::cases::get(&app.store, id.as_str()).await.expect("read").expect("there");
        assert_eq!(rebuild(&app, |_| ()).await.expect("rebuilt"), 1);
        let after = candor::store::cases::get(&app.store, id.as_str()).await.expect("read").expect("there");
        assert_eq!(before, after);
        let counts = candor::store::cases::counts(&app.store, &["store".to_owned()]).await.expect("counts");
        assert_eq!(counts.len(), 1, "{counts:?}");

        // Nothing readable lies on the disk of the embedded store.
        for entry in walk(place.folder.path()) {
            let bytes = std::fs::read(&entry).unwrap_or_default();
            for canary in ["CANARY-", "canary@reporter"] {
                let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
                assert!(!found, "{canary} is readable in {}", entry.display());
            }
        }
    }

    async fn a_file_that_no_case_took_is_removed_after_a_day(place: Place) {
        let app = place.app(&[POLICY]).await;
        let program = ProgramSlug::from("store");
        let mut kept = candor::execute::files::upload(&app, "kept.txt").await.expect("begins");
        kept.push(b"kept").await.expect("taken");
        let mut waste = candor::execute::files::upload(&app, "waste.txt").await.expect("begins");
        waste.push(b"waste").await.expect("taken");
        let waste = waste.finish().await.expect("finished");
        let mut told = report();
        told.facts.files = vec![kept.finish().await.expect("finished")];
        file_report(&app, &Actor::Public, &program, told.clone(), None).await.expect("it is taken in");

        let now = std::time::SystemTime::now();
        let day = std::time::Duration::from_secs(24 * 60 * 60);
        let early = candor::worker::sweeps::remove_unclaimed(&app, now - day).await.expect("swept");
        assert_eq!(early, 0, "a form may lie open for a day");
        let late = candor::worker::sweeps::remove_unclaimed(&app, now + day).await.expect("swept");
        assert_eq!(late, 1, "only what no case took");
        assert!(!app.blobs.path(waste.id.as_str()).exists());
        assert!(app.blobs.path(told.facts.files[0].id.as_str()).exists());
    }

    async fn a_small_file_that_comes_with_its_report_is_kept_by_the_same_transaction_or_not_at_all(place: Place) {
        let app = place.app(&[POLICY]).await;
        let program = ProgramSlug::from("store");
        let mut files = Vec::new();
        let mut rows = Vec::new();
        let small = 3_000;
        for size in [0, small, candor::store::blobs::CHUNK, candor::store::blobs::CHUNK + 1] {
            let mut upload = candor::execute::files::upload(&app, "proof.bin").await.expect("begins");
            upload.push(&vec![7; size]).await.expect("taken");
            let (file, row) = upload.finish_beside().await.expect("finished");
            assert_eq!(row.is_none(), size > candor::store::blobs::CHUNK, "a large one is written at once: {size}");
            assert_eq!(app.blobs.path(file.id.as_str()).exists(), row.is_none());
            files.push(file);
            rows.extend(row);
        }
        // What is refused leaves nothing of them.
        let mut told = report();
        told.facts.files.clone_from(&files);
        told.facts.title = String::new();
        let beside = candor::execute::Beside { rows: &|_| rows.clone(), letters: candor::execute::Letters::Now };
        let refused = candor::execute::report::file_report_beside(&app, &Actor::Public, &program, told.clone(), &beside);
        assert!(matches!(refused.await, Err(Error::Refused(_))));
        let key = candor::store::blobs::BlobKey::from_bytes(&[0; 32]).expect("a key");
        assert!(app.blobs.read_of(&app.store, files[1].id.as_str(), &key).await.is_err(), "it is nowhere");

        told.facts.title = "Overflow".into();
        let filed = candor::execute::report::file_report_beside(&app, &Actor::Public, &program, told, &beside);
        let filed = filed.await.expect("it is taken in");
        let (actor, _) = open_receipt(&app, &filed.receipt).await.expect("opens");
        for (file, size) in files.iter().zip([0, small, candor::store::blobs::CHUNK, candor::store::blobs::CHUNK + 1]) {
            let opened = candor::execute::files::open_file(&app, &actor, &filed.case, file.id.as_str()).await;
            let (_, mut reader) = opened.expect("it opens");
            let mut length = 0;
            while let Some(chunk) = reader.next().await.expect("whole") {
                assert!(chunk.iter().all(|byte| *byte == 7));
                length += chunk.len();
            }
            assert_eq!(length, size);
        }
        // A part of it can be asked for, as of one in the folder.
        let opened = candor::execute::files::open_file(&app, &actor, &filed.case, files[1].id.as_str()).await;
        let (_, mut reader) = opened.expect("it opens");
        assert_eq!(reader.seek(1_000).await.expect("it is that long"), 1_000);
        assert_eq!(app.blobs.older_than(std::time::SystemTime::now()).expect("listed").len(), 1);
    }

    async fn what_was_about_to_go_out_does_not_come_back_with_a_reopened_case(place: Place) {
        let app = place.app(&[&POLICY.replace("publish_on = \"fix\"", "publish_on = \"date\"").replace("[[gates]]\nbefore = \"publish\"\nneeds = \"similar-problems-audit\"", "")]).await;
        app.set_clock(at("2026-03-02T09:00:00Z"));
        let filed = file_report(&app, &Actor::Public, &"store".into(), report(), None).await.expect("taken in");
        let (anna, ben) = (member("anna", Role::Member), member("ben", Role::Coordinator));
        let facts = VerificationFacts {
            environment: "one node".into(),
            result: VerificationResult::Reproduced,
            conditions: String::new(),
            impact: String::new(),
        };
        let draft = AdvisoryDraft {
            title: "Buckets can be listed".into(),
            summary: "Upgrade.".into(),
            products: vec![AffectedProduct { name: "Object Store".into(), fixed: "2.0.0".into(), ..AffectedProduct::default() }],
            ..AdvisoryDraft::default()
        };
        for (actor, command) in [
            (&anna, Command::Verify { facts }),
            (&ben, Command::Confirm { text: "It is so.".into() }),
            (&anna, Command::DraftAdvisory { draft: Box::new(draft) }),
            (&ben, Command::ApproveAdvisory { revision: 1 }),
            (&ben, Command::Publish { at: Some(at("2026-03-10T09:00:00Z")) }),
            (&ben, Command::Reject { text: "It was something else.".into() }),
        ] {
            execute(&app, actor, &filed.case, command, None).await.expect("the step is taken");
        }
        app.set_clock(at("2026-03-12T09:00:00Z"));
        execute(&app, &ben, &filed.case, Command::Reopen { reason: "New proof.".into() }, None).await.expect("reopened");
        candor::worker::tick_once(&app).await.expect("it ticks");
        let case = load_case(&app, &ben, &filed.case).await.expect("it opens");
        assert_eq!(case.state, State::Triage);
        assert!(case.advisory.published.is_empty() && case.advisory.order.is_none(), "nothing went out");
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}
