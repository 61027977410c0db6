//! Whoever wants to publish alone, to hide a formula in a list, or to bring a crafted past.

use std::path::{Path, PathBuf};

use candor::accounts::{self, token};
use candor::app::App;
use candor::execute::import::{NotTaken, import};
use candor::execute::{execute, load_case};
use candor::store::advisories;
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::event::{AdvisoryDraft, AffectedProduct};
use candor_core::id::CaseId;
use candor_formats::advisory::{Publisher, Record};
use serde_json::{Value, json};

use crate::letters::{POLICY, filed, report};
use crate::support::places::Place;
use crate::support::service::{Service, open};
use crate::tree::fix;

/// The policy of the letters, where a second person approves before anything is public.
fn two_people() -> String {
    format!("{POLICY}\n[[gates]]\nbefore = \"publish\"\nneeds = \"second-approver\"\n")
}

fn member(name: &str, role: Role) -> Actor {
    Actor::Member { id: name.into(), roles: vec![("store".into(), role)] }
}

fn draft(title: &str) -> AdvisoryDraft {
    AdvisoryDraft {
        title: title.into(),
        summary: "Upgrade.".into(),
        products: vec![AffectedProduct {
            name: "Object Store".into(),
            fixed: "1.4.2".into(),
            ..AffectedProduct::default()
        }],
        references: vec!["https://example.org/releases/1.4.2".into()],
        ..AdvisoryDraft::default()
    }
}

async fn does(app: &App, actor: &Actor, case: &CaseId, command: Command) {
    let name = command.name();
    execute(app, actor, case, command, None).await.unwrap_or_else(|why| panic!("{name}: {why}"));
}

async fn refused(app: &App, actor: &Actor, case: &CaseId, command: Command) -> String {
    let name = command.name();
    match execute(app, actor, case, command, None).await {
        Ok(_) => panic!("{name} is not refused"),
        Err(why) => why.to_string(),
    }
}

async fn is_public(app: &App) -> bool {
    !advisories::all(&app.store).await.expect("rows").is_empty()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b8_nobody_publishes_alone_by_approving_their_own_words_or_in_another_role() {
    let place = Place::sqlite().await;
    let app = place.app(&[&two_people()]).await;
    let case = filed(&app, "reporter@outside.example").await.case;
    let (ben, anna) = (member("ben", Role::Coordinator), member("anna", Role::Member));
    does(&app, &ben, &case, Command::Confirm { text: "It is so.".into() }).await;
    does(&app, &ben, &case, Command::DraftAdvisory { draft: Box::new(draft("Buckets can be listed")) }).await;
    does(&app, &ben, &case, Command::ApproveAdvisory { revision: 1 }).await;
    fix(&app, &case).await;
    let why = refused(&app, &ben, &case, Command::Publish { at: None }).await;
    assert!(why.contains("other than its last author"), "{why}");
    // Another role does not make another person.
    for role in [Role::Approver, Role::Member, Role::Coordinator] {
        let again = Command::ApproveAdvisory { revision: 1 };
        drop(execute(&app, &member("ben", role), &case, again, None).await);
        refused(&app, &ben, &case, Command::Publish { at: None }).await;
    }
    // Who approved somebody else's words and then changes them is the author: the approval is gone.
    does(&app, &anna, &case, Command::DraftAdvisory { draft: Box::new(draft("Buckets may be listed")) }).await;
    does(&app, &ben, &case, Command::ApproveAdvisory { revision: 2 }).await;
    does(&app, &ben, &case, Command::DraftAdvisory { draft: Box::new(draft("Nothing to see here")) }).await;
    refused(&app, &ben, &case, Command::Publish { at: None }).await;
    does(&app, &ben, &case, Command::ApproveAdvisory { revision: 3 }).await;
    refused(&app, &ben, &case, Command::Publish { at: None }).await;
    let why = refused(&app, &anna, &case, Command::ApproveAdvisory { revision: 2 }).await;
    assert!(why.contains('3'), "an approval is of the revision that stands: {why}");
    assert!(!is_public(&app).await);
    does(&app, &anna, &case, Command::ApproveAdvisory { revision: 3 }).await;
    does(&app, &ben, &case, Command::Publish { at: None }).await;
    assert!(is_public(&app).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b8_a_change_at_the_moment_of_the_approval_is_never_published_unapproved() {
    for round in 0..6 {
        let place = Place::sqlite().await;
        let app = place.app(&[&two_people()]).await;
        let case = filed(&app, "reporter@outside.example").await.case;
        let (ben, anna) = (member("ben", Role::Coordinator), member("anna", Role::Member));
        does(&app, &ben, &case, Command::Confirm { text: "It is so.".into() }).await;
        does(&app, &anna, &case, Command::DraftAdvisory { draft: Box::new(draft("As approved")) }).await;
        fix(&app, &case).await;
        let approve = Command::ApproveAdvisory { revision: 1 };
        let change = Command::DraftAdvisory { draft: Box::new(draft("Changed at the last moment")) };
        // Both at once, in either order, and the order to publish right behind.
        let (first, second) = tokio::join!(
            async {
                if round % 2 == 0 {
                    tokio::task::yield_now().await;
                }
                drop(execute(&app, &ben, &case, approve, None).await);
                execute(&app, &ben, &case, Command::Publish { at: None }, None).await.is_ok()
            },
            async {
                if round % 2 == 1 {
                    tokio::task::yield_now().await;
                }
                execute(&app, &anna, &case, change, None).await.is_ok()
            }
        );
        assert!(second, "a draft can be written at any time");
        let rows = advisories::all(&app.store).await.expect("rows");
        assert_eq!(rows.len(), usize::from(first));
        assert!(rows.iter().all(|row| row.record.contains("As approved")), "what goes out is what was approved");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b8_the_api_asks_for_two_people_as_the_desk_does() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = open(&folder, &[&two_people()], |_| {}).await;
    let service = Service::serve(app, folder).await;
    let mut tokens = Vec::new();
    for name in ["carla", "dora"] {
        let email = format!("{name}@example.org");
        let roles = [("store".to_owned(), Role::Coordinator)];
        let (id, _) = accounts::add_ready(&service.app, name, &email, "a long enough password", &roles, false)
            .await
            .expect("the member is made");
        let scopes = token::Scopes::parse("read,write,publish,bulk,members,keys").expect("scopes");
        tokens.push(token::make(&service.app, &id, "test", scopes, 1).await.expect("the token is made").secret);
    }
    let case = filed(&service.app, "reporter@outside.example").await.case;
    let say = |who: usize, command: Value| {
        let asked = reqwest::Client::new().post(service.at(&format!("/api/v1/cases/{case}/commands")));
        let asked = asked.bearer_auth(&tokens[who]).json(&command);
        async move {
            let answer = asked.send().await.expect("an answer");
            (answer.status().as_u16(), answer.text().await.expect("a body"))
        }
    };
    let draft = json!({ "title": "Buckets can be listed", "summary": "Upgrade.",
        "products": [{ "name": "Object Store", "fixed": "1.4.2" }] });
    for command in [
        json!({ "command": "confirm", "text": "It is so." }),
        json!({ "command": "draft-advisory", "draft": draft }),
        json!({ "command": "approve-advisory", "revision": 1 }),
        json!({ "command": "record-fix", "kind": "patch", "version": "1.4.2" }),
    ] {
        let (status, said) = say(0, command.clone()).await;
        assert_eq!(status, 200, "{command}: {said}");
    }
    let (status, said) = say(0, json!({ "command": "publish" })).await;
    assert!((400..500).contains(&status) && said.contains("other than its last author"), "{status} {said}");
    assert!(!is_public(&service.app).await);
    assert_eq!(say(1, json!({ "command": "approve-advisory", "revision": 1 })).await.0, 200);
    assert_eq!(say(0, json!({ "command": "publish" })).await.0, 200);
    assert!(is_public(&service.app).await);
}

/// Every file of the tree with this ending.
fn lists(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder.canonicalize().expect("a folder")).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(lists(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_i3_no_cell_of_a_list_holds_what_a_person_wrote() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let ben = member("ben", Role::Coordinator);
    let mut number = 0;
    for text in ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1,2)", "\t=1", "\"; =HYPERLINK(A1)"] {
        number += 1;
        let mut written = report("reporter@outside.example");
        written.facts.title = text.into();
        written.facts.component = text.into();
        let program = candor_core::id::ProgramSlug::from("store");
        let case = candor::execute::report::file_report(&app, &Actor::Public, &program, written, None)
            .await
            .expect("it is taken in")
            .case;
        does(&app, &ben, &case, Command::Confirm { text: "It is so.".into() }).await;
        let mut draft = draft(text.trim());
        draft.products[0].name = text.trim().into();
        does(&app, &ben, &case, Command::DraftAdvisory { draft: Box::new(draft) }).await;
        does(&app, &ben, &case, Command::ApproveAdvisory { revision: 1 }).await;
        does(&app, &ben, &case, Command::Publish { at: None }).await;
        fix(&app, &case).await;
    }
    let built = candor::worker::build_tree(&app).await.expect("built");
    assert_eq!(built.advisories, number, "{:?}", built.held);
    // The only lists that a spreadsheet opens name documents and instants.
    let found = lists(&app.config.public, ".csv");
    assert!(!found.is_empty());
    for file in found {
        let text = std::fs::read_to_string(&file).expect("it reads");
        for line in text.lines() {
            for cell in line.split(',') {
                let cell = cell.trim_matches('"');
                let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
                assert!(
                    cell.starts_with(|c: char| c.is_ascii_alphanumeric()) && cell.chars().all(plain),
                    "{}: {line}",
                    file.display()
                );
            }
        }
    }
    for end in [".tsv", ".xlsx", ".ods"] {
        assert!(lists(&app.config.public, end).is_empty(), "a new kind of list needs a test here");
    }
}

fn record() -> Record {
    let document = json!({
        "schema_version": "1.7.5", "id": "GHSA-jfh8-c2jp-5v3q", "modified": "2021-12-14T00:00:00Z",
        "published": "2021-12-10T00:00:00Z", "summary": "Objects can be read", "details": "Objects of others are read.",
        "affected": [{ "package": { "ecosystem": "npm", "name": "store" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "2.1.0" }] }] }],
        // What no reader of the format knows gives nobody anything.
        "actor": "ben", "roles": ["coordinator"], "program": "other", "stream": "case:1", "received_at": "1999-01-01T00:00:00Z"
    });
    let publisher = Publisher {
        name: "Elsewhere".into(),
        namespace: "https://elsewhere.example".into(),
        category: Default::default(),
        contact: None,
        authority: None,
    };
    candor_formats::osv::read(&document, &publisher).expect("it reads")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_i5_what_is_brought_from_elsewhere_sets_no_actor_no_time_of_ours_and_no_right() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let policy = app.policy(&"store".into()).expect("a policy");
    let case = filed(&app, "reporter@outside.example").await.case;
    let before = load_case(&app, &Actor::Clock, &case).await.expect("it opens").seq;
    import(&app, &policy, &record()).await.expect("taken");
    let row = advisories::all(&app.store).await.expect("rows").remove(0);
    assert_eq!((row.program.as_str(), row.id.as_str()), ("store", "STORE-2021-1"), "number and program are ours");
    assert!(row.stream.starts_with("import:store/") && row.modified_at >= app.now().as_microsecond() - 60_000_000);
    let record_here: Record = serde_json::from_str(&row.record).expect("a record");
    assert_eq!(record_here.publisher.namespace, "https://example.org", "the publisher is the program's own");
    assert!(record_here.links.page.as_ref().is_some_and(|link| link.starts_with(&app.config.base_url)));
    assert!(!row.record.contains("coordinator\"") && !row.record.contains("1999-01-01"), "{}", row.record);
    assert_eq!(load_case(&app, &Actor::Clock, &case).await.expect("it opens").seq, before, "no journal was touched");
    // Dates that have not come yet are not of the past.
    let ahead = app.now() + jiff::SignedDuration::from_hours(48);
    for change in [0, 1] {
        let mut later = record();
        later.id = "GHSA-aaaa-c2jp-5v3q".into();
        later.aliases.clear();
        later.modified = ahead;
        if change == 0 {
            later.published = ahead;
        }
        match import(&app, &policy, &later).await {
            Err(NotTaken::Wrong(problems)) => assert!(problems[0].contains("future"), "{problems:?}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(advisories::all(&app.store).await.expect("rows").len(), 1);
}
