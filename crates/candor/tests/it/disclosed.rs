//! What becomes public: nothing of the team's, and every edition on record.

use candor::app::App;
use candor::error::Error;
use candor::execute::{execute, load_case};
use candor::store::advisories;
use candor::worker;
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::event::{AdvisoryDraft, AffectedProduct};
use candor_core::id::CaseId;
use candor_formats::advisory::Record;

use crate::letters::{POLICY, all, at, filed, report};
use crate::support::places::Place;
use crate::tree::{files, fix, ready};

fn member(name: &str, role: Role) -> Actor {
    Actor::Member { id: name.into(), roles: vec![("store".into(), role)] }
}

fn draft(details: &str) -> AdvisoryDraft {
    AdvisoryDraft {
        title: "Buckets can be listed".into(),
        summary: "Upgrade.".into(),
        details: details.into(),
        products: vec![AffectedProduct {
            name: "Object Store".into(),
            fixed: "1.4.2".into(),
            ..AffectedProduct::default()
        }],
        ..AdvisoryDraft::default()
    }
}

async fn act(app: &App, actor: &Actor, case: &CaseId, command: Command) -> Result<(), Error> {
    execute(app, actor, case, command, None).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b7_a_draft_that_gives_away_what_is_internal_is_not_published_and_the_line_is_named() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let ben = member("ben", Role::Coordinator);
    let case = filed(&app, "reporter@outside.example").await.case;
    let note = "The customer in the north runs the oldest build of all and cannot upgrade before May.";
    act(&app, &ben, &case, Command::Confirm { text: "It is so.".into() }).await.expect("confirmed");
    act(&app, &ben, &case, Command::Note { text: note.into(), files: vec![], mentions: vec![] }).await.expect("noted");
    let mut revision = 0;
    for (details, part) in [
        (format!("A request is answered. {note}"), "internal note"),
        (format!("Handled as {case} at our desk."), "remove it"),
    ] {
        revision += 1;
        act(&app, &ben, &case, Command::DraftAdvisory { draft: Box::new(draft(&details)) }).await.expect("a draft");
        act(&app, &ben, &case, Command::ApproveAdvisory { revision }).await.expect("approved");
        let refused = act(&app, &ben, &case, Command::Publish { at: None }).await.expect_err("it is refused");
        assert!(refused.to_string().contains(part) && refused.to_string().contains("details"), "{refused}");
        let go = Command::GoPublic { title: "Act now".into(), summary: details, reason: "It is known.".into() };
        assert!(act(&app, &ben, &case, go).await.is_err(), "not in haste either");
    }
    act(&app, &ben, &case, Command::DraftAdvisory { draft: Box::new(draft("A request is answered.")) })
        .await
        .expect("a draft");
    act(&app, &ben, &case, Command::ApproveAdvisory { revision: revision + 1 }).await.expect("approved");
    act(&app, &ben, &case, Command::Publish { at: None }).await.expect("clean");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b10_an_edition_after_the_publication_keeps_the_ones_before_and_lists_only_grow() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let ben = member("ben", Role::Coordinator);
    let case = Box::pin(ready(&app, report("reporter@outside.example"))).await;
    fix(&app, &case).await;
    let mut before: Option<(Record, String)> = None;
    for edition in 1..=3_u32 {
        if edition > 1 {
            let mut changed =
                load_case(&app, &Actor::Clock, &case).await.expect("it opens").advisory.draft.expect("a draft");
            changed.summary = format!("Edition {edition}: upgrade.");
            act(&app, &ben, &case, Command::DraftAdvisory { draft: Box::new(changed) }).await.expect("a draft");
            act(&app, &ben, &case, Command::ApproveAdvisory { revision: edition }).await.expect("approved");
            act(&app, &ben, &case, Command::Publish { at: None }).await.expect("published");
        }
        let built = worker::build_tree(&app).await.expect("built");
        assert_eq!((built.advisories, built.held.len()), (1, 0), "{:?}", built.held);
        let row = advisories::all(&place.store).await.expect("rows").remove(0);
        let record: Record = serde_json::from_str(&row.record).expect("a record");
        assert_eq!(record.revisions.len(), usize::try_from(edition).expect("small"));
        let feed = std::fs::read_to_string(app.config.public.join("store/csaf/feed-tlp-white.json")).expect("a feed");
        let feed: serde_json::Value = serde_json::from_str(&feed).expect("JSON");
        let updated = feed["feed"]["updated"].as_str().expect("an instant").to_owned();
        if let Some((last, then)) = &before {
            assert_eq!(record.revisions[..last.revisions.len()], last.revisions[..], "editions of before stay");
            assert_eq!((&record.id, record.published), (&last.id, last.published));
            let at = |text: &str| text.parse::<jiff::Timestamp>().expect("an instant");
            assert!(at(&updated) > at(then), "the feed goes forward");
        }
        before = Some((record, updated));
    }
    let published = load_case(&app, &Actor::Clock, &case).await.expect("it opens").advisory.published;
    assert_eq!(published.len(), 3, "every edition is in the journal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r3_a_reporter_who_consented_to_nothing_stands_in_nothing_that_leaves() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let mut anonymous = report("nadia-canary@outside.example");
    anonymous.contact.pgp_key = String::new();
    let case = Box::pin(ready(&app, anonymous)).await;
    fix(&app, &case).await;
    let built = worker::build_tree(&app).await.expect("built");
    assert_eq!((built.advisories, built.held.len()), (1, 0), "{:?}", built.held);
    worker::deliver_once(&app).await.expect("letters leave");
    let about = ["CANARY-name", "CANARY-organisation", "nadia-canary", "outside.example"];
    for (name, text) in files(&app) {
        for word in about {
            assert!(!text.contains(word) && !name.contains(word), "{word} in {name}");
        }
    }
    let letters = all(&app);
    assert!(letters.len() > 1, "somebody was written to");
    for (shown, raw) in letters {
        let own = shown.to.contains("nadia-canary@outside.example");
        for word in &about[..2] {
            assert!(!raw.contains(word), "{word} in a letter to {}", shown.to);
        }
        assert!(own || !raw.contains("nadia-canary"), "a letter to {} names somebody else", shown.to);
    }
    let record = advisories::all(&place.store).await.expect("rows").remove(0).record;
    assert!(about.iter().all(|word| !record.contains(word)), "{record}");
}
