//! The public tree: whole, valid, on time, and not a byte before.

use std::collections::BTreeMap;
use std::path::Path;

use candor::app::App;
use candor::execute::report::{NewReport, file_report};
use candor::execute::{execute, load_case};
use candor::publish::swap;
use candor::store::{Batch, advisories};
use candor::worker;
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::event::{
    AdvisoryDraft, AffectedProduct, Contact, Credit, FixKind, VerificationFacts, VerificationResult,
};
use candor_core::id::{CaseId, ProgramSlug};
use candor_formats::{csaf, security_txt};
use jiff::SignedDuration;
use scraper::{Html, Selector};

use crate::letters::{POLICY, all, at, report};
use crate::support::places::Place;

fn member(name: &str, role: Role) -> Actor {
    Actor::Member { id: name.into(), roles: vec![("store".into(), role)] }
}

/// Every file of the tree by its path.
pub fn files(app: &App) -> BTreeMap<String, String> {
    fn walk(folder: &Path, prefix: &str, out: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).expect("the tree reads") {
            let entry = entry.expect("an entry");
            let name = format!("{prefix}{}", entry.file_name().into_string().expect("a plain name"));
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{name}/"), out);
            } else {
                out.insert(name, String::from_utf8_lossy(&std::fs::read(entry.path()).expect("a file")).into_owned());
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(&app.config.public, "", &mut out);
    out
}

/// Files a report and brings it to an approved advisory with a standing order to publish with the fix.
pub async fn ready(app: &App, report: NewReport) -> CaseId {
    let (anna, ben) = (member("anna", Role::Member), member("ben", Role::Coordinator));
    let filed =
        file_report(app, &Actor::Public, &ProgramSlug::from("store"), report, None).await.expect("it is taken in");
    let draft = AdvisoryDraft {
        title: "Buckets can be listed without a signature".into(),
        summary: "Whoever runs an affected release should upgrade.".into(),
        details: "A request **without** a signature is answered.\n\n<script>alert(1)</script> [x](javascript:alert(1))"
            .into(),
        products: vec![AffectedProduct {
            name: "Object Store".into(),
            purl: Some("pkg:golang/example.org/store".into()),
            introduced: "1.0.0".into(),
            fixed: "1.4.2".into(),
            ..AffectedProduct::default()
        }],
        references: vec!["https://example.org/post".into(), "https://example.org/releases/1.4.2".into()],
        aliases: vec!["CVE-1900-0001".into()],
        ..AdvisoryDraft::default()
    };
    for (actor, command) in [
        (&anna, Command::Acknowledge { text: "CANARY-acknowledge".into() }),
        (
            &anna,
            Command::Verify {
                facts: VerificationFacts {
                    environment: "CANARY-environment".into(),
                    result: VerificationResult::Reproduced,
                    conditions: "CANARY-conditions".into(),
                    impact: "CANARY-found".into(),
                },
            },
        ),
        (&ben, Command::Confirm { text: "CANARY-confirm".into() }),
        (&ben, Command::Note { text: "CANARY-note".into(), files: vec![], mentions: vec![] }),
        (
            &ben,
            Command::Rate {
                vectors: vec!["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N".into()],
                severity: None,
                level: None,
                why: String::new(),
            },
        ),
        (&ben, Command::SetWeakness { cwe: 862 }),
        (&anna, Command::DraftAdvisory { draft: Box::new(draft) }),
        (&ben, Command::ApproveAdvisory { revision: 1 }),
        (&ben, Command::Publish { at: None }),
    ] {
        let name = command.name();
        execute(app, actor, &filed.case, command, None).await.unwrap_or_else(|why| panic!("{name}: {why}"));
    }
    filed.case
}

/// Files a report and brings it to an approved advisory with an order for an instant.
pub async fn ordered(app: &App, report: NewReport, instant: jiff::Timestamp) -> CaseId {
    let ben = member("ben", Role::Coordinator);
    let filed =
        file_report(app, &Actor::Public, &ProgramSlug::from("store"), report, None).await.expect("it is taken in");
    let draft = AdvisoryDraft {
        title: "Buckets can be listed".into(),
        summary: "Upgrade.".into(),
        products: vec![AffectedProduct {
            name: "Object Store".into(),
            fixed: "1.4.2".into(),
            ..AffectedProduct::default()
        }],
        ..AdvisoryDraft::default()
    };
    for command in [
        Command::Confirm { text: "It is so.".into() },
        Command::DraftAdvisory { draft: Box::new(draft) },
        Command::ApproveAdvisory { revision: 1 },
        Command::Publish { at: Some(instant) },
    ] {
        let name = command.name();
        execute(app, &ben, &filed.case, command, None).await.unwrap_or_else(|why| panic!("{name}: {why}"));
    }
    filed.case
}

pub async fn fix(app: &App, case: &CaseId) {
    let ben = member("ben", Role::Coordinator);
    let fix = Command::RecordFix {
        branch: String::new(),
        kind: FixKind::Patch,
        version: Some("1.4.2".into()),
        url: Some("https://example.org/releases/1.4.2".into()),
        details: String::new(),
    };
    execute(app, &ben, case, fix, None).await.expect("the fix is recorded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_advisory_goes_out_with_the_fix_in_every_format_and_not_a_byte_before() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let case = Box::pin(ready(&app, report("reporter@outside.example"))).await;
    let before = worker::build_tree(&app).await.expect("built");
    assert_eq!((before.advisories, before.held.len()), (0, 0));
    let names: Vec<String> = files(&app).into_keys().collect();
    for (name, text) in files(&app) {
        assert!(!text.contains("CANARY") && !text.contains("Buckets can be listed"), "{name}: {text}");
        assert!(!text.contains(case.as_str()) && !name.contains(case.as_str()), "{name}");
    }
    assert!(names.contains(&"store/index.html".into()) && names.contains(&"index.html".into()), "{names:?}");

    app.set_clock(at("2026-03-05T12:00:00Z"));
    fix(&app, &case).await;
    let built = worker::build_tree(&app).await.expect("built");
    assert_eq!((built.advisories, built.held.len()), (1, 0), "{:?}", built.held);
    let tree = files(&app);
    let id = load_case(&app, &Actor::Clock, &case).await.expect("it opens").advisory.id.expect("an id");
    assert_eq!(id, "STORE-2026-1");

    let document: serde_json::Value =
        serde_json::from_str(&tree[&format!("store/advisories/{id}.csaf.json")]).expect("JSON");
    assert_eq!(csaf::validate(&document), vec![]);
    let released = document["document"]["tracking"]["initial_release_date"].as_str().expect("a date");
    assert!(released.starts_with("2026-03-05T12:00:00"), "{released}");
    assert_eq!(
        tree[&format!("store/csaf/2026/{}", csaf::file_name(&id))],
        tree[&format!("store/advisories/{id}.csaf.json")]
    );
    let own = document["document"]["references"].as_array().expect("references");
    assert!(
        own.iter().any(|link| link["url"] == "https://candor.example/store/csaf/2026/store-2026-1.json"),
        "{own:?}"
    );
    let osv: serde_json::Value = serde_json::from_str(&tree[&format!("store/advisories/{id}.osv.json")]).expect("JSON");
    assert_eq!(osv["affected"][0]["ranges"][0]["events"][1]["fixed"], "1.4.2", "{osv}");
    assert!(tree[&format!("store/advisories/{id}.md")].contains("Buckets can be listed without a signature"));

    let page = Html::parse_document(&tree[&format!("store/advisories/{id}/index.html")]);
    let text = |selector: &str| {
        let selector = Selector::parse(selector).expect("a selector");
        page.select(&selector).map(|found| found.text().collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(text("h1"), ["Buckets can be listed without a signature"]);
    assert!(text("script").iter().all(String::is_empty), "only the page's own script, by address");
    assert!(text(".prose").concat().contains("<script>alert(1)</script>"), "raw markup is words");
    assert!(page.select(&Selector::parse("a[href^='javascript']").expect("a selector")).next().is_none());
    let feed: atom_syndication::Feed = tree["store/advisories.atom"].parse().expect("a feed");
    assert_eq!(feed.entries.len(), 1);
    assert_eq!(feed.entries[0].id, "tag:candor.example,2026-03-05:store/STORE-2026-1");
    assert!(tree["store/advisories/index.html"].contains("/store/advisories/STORE-2026-1"));
    for (name, text) in &tree {
        assert!(!text.contains("CANARY") && !text.contains("reporter@outside.example"), "{name}: {text}");
        assert!(!text.contains(case.as_str()), "{name} names the case");
    }

    worker::deliver_once(&app).await.expect("letters leave");
    let letters = all(&app);
    let (published, _) = letters
        .iter()
        .find(|(shown, _)| shown.to.contains("reporter@outside.example") && shown.subject.contains("is public"))
        .expect("the reporter hears of it");
    assert!(published.text.contains("https://candor.example/store/advisories/STORE-2026-1"), "{}", published.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credit_is_given_exactly_as_consented() {
    let place = Place::sqlite().await;
    let named = POLICY.replace(
        "[credit]\ndefault = \"anonymous\"",
        "[credit]\ndefault = \"anonymous\"\nfields = [\"name\", \"organisation\"]",
    );
    let app = place.app(&[&named]).await;
    let mut wish = report("reporter@outside.example");
    wish.contact =
        Contact { name: "CANARY-name".into(), email: "reporter@outside.example".into(), ..Contact::default() };
    wish.credit = Some(Credit::Named {
        name: "R. Eporter".into(),
        organisation: "Finders <b>Inc</b>".into(),
        link: "https://unwanted.example".into(),
        about: "CANARY-about".into(),
    });
    let case = Box::pin(ready(&app, wish)).await;
    fix(&app, &case).await;
    let silent = Box::pin(ready(&app, report("other@outside.example"))).await;
    fix(&app, &silent).await;
    let built = worker::build_tree(&app).await.expect("built");
    assert_eq!((built.advisories, built.held.len()), (2, 0), "{:?}", built.held);
    let tree = files(&app);
    let id = |number: u32| format!("STORE-{}-{number}", app.now().strftime("%Y"));
    let first = &tree[&format!("store/advisories/{}/index.html", id(1))];
    assert!(first.contains("R. Eporter") && first.contains("Finders &#60;b&#62;Inc"), "{first}");
    let document: serde_json::Value =
        serde_json::from_str(&tree[&format!("store/advisories/{}.csaf.json", id(1))]).expect("JSON");
    let thanks = document["vulnerabilities"][0]["acknowledgments"].to_string()
        + &document["document"]["acknowledgments"].to_string();
    assert!(thanks.contains("R. Eporter") && !thanks.contains("unwanted"), "{thanks}");
    for (name, text) in &tree {
        assert!(
            !text.contains("unwanted.example") && !text.contains("CANARY"),
            "{name}: only what the policy publishes"
        );
        if name.contains(&id(2)) {
            assert!(!text.contains("Eporter"), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standing_order_for_a_date_is_kept_by_the_clock_and_the_page_follows() {
    let place = Place::sqlite().await;
    let by_date = POLICY.replace("publish_on = \"fix\"", "publish_on = \"date\"");
    let app = place.app(&[&by_date]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let ben = member("ben", Role::Coordinator);
    let filed = crate::letters::filed(&app, "reporter@outside.example").await;
    let draft = AdvisoryDraft {
        title: "Buckets can be listed".into(),
        summary: "Upgrade.".into(),
        products: vec![AffectedProduct {
            name: "Object Store".into(),
            fixed: "1.4.2".into(),
            ..AffectedProduct::default()
        }],
        ..AdvisoryDraft::default()
    };
    for command in [
        Command::Confirm { text: "It is so.".into() },
        Command::DraftAdvisory { draft: Box::new(draft) },
        Command::ApproveAdvisory { revision: 1 },
        Command::Publish { at: Some(at("2026-03-20T14:00:00Z")) },
    ] {
        let name = command.name();
        execute(&app, &ben, &filed.case, command, None).await.unwrap_or_else(|why| panic!("{name}: {why}"));
    }
    let mut pages = worker::Pages::default();
    assert_eq!(pages.round(&app).await.expect("a round").map(|built| built.advisories), Some(0));
    app.set_clock(at("2026-03-20T13:59:58Z"));
    worker::tick_once(&app).await.expect("a round");
    assert_eq!(advisories::all(&place.store).await.expect("rows").len(), 0, "not a moment before");
    app.set_clock(at("2026-03-20T14:00:00Z"));
    worker::tick_once(&app).await.expect("a round");
    assert_eq!(pages.round(&app).await.expect("a round").map(|built| built.advisories), Some(1));
    assert!(app.config.public.join("store/advisories/STORE-2026-1/index.html").exists());
    assert_eq!(pages.round(&app).await.expect("a round"), None, "nothing changed, nothing is built");
    app.add_program(&by_date.replace("Object Store", "Store of objects")).await.expect("a new version");
    assert!(pages.round(&app).await.expect("a round").is_some(), "a changed policy changes the pages");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_advisory_with_a_wrong_document_is_held_back_and_said_so() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let case = Box::pin(ready(&app, report("reporter@outside.example"))).await;
    fix(&app, &case).await;
    let mut rows = advisories::all(&place.store).await.expect("rows");
    let good = rows.remove(0);
    let mut record: candor_formats::advisory::Record = serde_json::from_str(&good.record).expect("a record");
    let text = |record: &candor_formats::advisory::Record| serde_json::to_string(record).expect("JSON");
    record.revisions[0].number = 7;
    record.publisher.namespace = "not an address".into();
    let mut wrong = good.clone();
    wrong.record = text(&record);
    place.store.commit(Batch::main(vec![advisories::upsert_statement(&wrong)])).await.expect("kept");
    let built = worker::build_tree(&app).await.expect("built");
    assert_eq!(built.advisories, 0);
    assert_eq!(built.held.len(), 1);
    assert_eq!(candor::watch::held::held(&app).await.expect("read"), built.held);
    assert!(!files(&app).keys().any(|name| name.contains(&good.id)), "no part of it is public");
    place.store.commit(Batch::main(vec![advisories::upsert_statement(&good)])).await.expect("kept");
    assert_eq!(worker::build_tree(&app).await.expect("built").advisories, 1);
    assert_eq!(candor::watch::held::held(&app).await.expect("read"), vec![]);
}

/// Records in a row, each about one of three products, with another name and a release in an ecosystem.
fn many(good: &advisories::AdvisoryRow, numbers: std::ops::Range<u32>, edition: u32) -> Vec<advisories::AdvisoryRow> {
    let record: candor_formats::advisory::Record = serde_json::from_str(&good.record).expect("a record");
    let one = |number: u32| {
        let mut record = record.clone();
        record.id = format!("STORE-1999-{number}");
        record.title = format!("Problem {number}, edition {edition}");
        record.aliases = vec![format!("CVE-1999-{:04}", number * 10 + edition)];
        for product in &mut record.products {
            product.name = format!("Part {}", (number + edition) % 3);
        }
        let page = format!("https://candor.example/store/advisories/{}", record.id);
        record.links = candor_formats::advisory::Links { page: Some(page), csaf: None };
        record.published += SignedDuration::from_hours(number.into());
        // A later edition comes after every first one.
        let at = |edition: u32| record.published + SignedDuration::from_hours(1000 * i64::from(edition - 1));
        record.modified = at(edition);
        let revision =
            |number: u32| candor_formats::advisory::Revision { number, at: at(number), summary: "An edition.".into() };
        record.revisions = (1..=edition).map(revision).collect();
        record.timeline.clear();
        advisories::AdvisoryRow {
            id: record.id.clone(),
            stream: format!("many-{number}"),
            published_at: record.published.as_microsecond(),
            modified_at: record.modified.as_microsecond(),
            record: serde_json::to_string(&record).expect("JSON"),
            ..good.clone()
        }
    };
    numbers.map(one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tree_that_is_brought_up_to_date_is_the_tree_that_would_be_written_from_nothing() {
    let place = Place::sqlite().await;
    let kept = place.app_with(&[POLICY], |config| config.tree_rest = std::time::Duration::ZERO).await;
    let case = Box::pin(ready(&kept, report("reporter@outside.example"))).await;
    fix(&kept, &case).await;
    let good = advisories::all(&place.store).await.expect("rows").remove(0);
    let marker = |app: &App| {
        let page = app.config.public.join("404.html");
        std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(page).expect("it is there"))
    };
    let mut seen = Vec::new();
    let held = |row: &advisories::AdvisoryRow| {
        let mut record: candor_formats::advisory::Record = serde_json::from_str(&row.record).expect("a record");
        record.tlp = candor_formats::advisory::Tlp::Amber;
        let modified_at = row.modified_at + 5000 * 3_600_000_000;
        advisories::AdvisoryRow { record: serde_json::to_string(&record).expect("JSON"), modified_at, ..row.clone() }
    };
    let steps = [
        many(&good, 1..120, 1),
        many(&good, 30..31, 2),
        many(&good, 120..123, 1),
        vec![],
        many(&good, 5..9, 3),
        many(&good, 77..78, 1).iter().map(held).collect(),
        many(&good, 77..79, 7),
    ];
    for (step, rows) in steps.into_iter().enumerate() {
        let rows = rows.iter().map(advisories::upsert_statement).collect();
        place.store.commit(Batch::main(rows)).await.expect("kept");
        let built = worker::build_tree(&kept).await.expect("built");
        seen.push(marker(&kept));
        let public = place.data().join(format!("fresh-{step}/public"));
        let fresh = place.app_with(&[], |config| config.public = public).await;
        let whole = worker::build_tree(&fresh).await.expect("built");
        assert_eq!((built.files, built.held.len()), (whole.files, whole.held.len()), "step {step}");
        let (now, then) = (files(&kept), files(&fresh));
        let differing: Vec<&String> =
            now.keys().chain(then.keys()).filter(|name| now.get(*name) != then.get(*name)).take(5).collect();
        assert!(differing.is_empty(), "step {step}: {differing:?}");
    }
    assert_eq!(seen[2], seen[0], "the tree before the one in place was brought up to date");
    assert_eq!(seen[3], seen[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn security_txt_is_right_for_one_program_and_for_several() {
    let place = Place::sqlite().await;
    let other =
        POLICY.replace("slug = \"store\"", "slug = \"other\"").replace("security@example.org", "else@example.org");
    let app = place.app(&[POLICY, &other]).await;
    worker::build_tree(&app).await.expect("built");
    let tree = files(&app);
    for (name, contacts) in [(".well-known/security.txt", 4), ("store/security.txt", 2)] {
        let (file, findings) = security_txt::read(&tree[name], app.now());
        let file = file.unwrap_or_else(|| panic!("{name}: {findings:?}"));
        assert!(findings.iter().all(|finding| finding.level < security_txt::Level::Error), "{name}: {findings:?}");
        assert_eq!(file.contact.len(), contacts, "{name}: {:?}", file.contact);
        assert!(file.expires < app.now() + SignedDuration::from_hours(365 * 24), "{name}");
    }
    assert!(tree["store/SECURITY.md"].contains("Object Store"));
    assert!(tree.contains_key("assets/candor.css") && tree.contains_key("404.html"));
}

#[test]
fn a_reader_sees_the_old_tree_or_the_new_one_and_never_half() {
    let folder = tempfile::tempdir().expect("a folder");
    let public = folder.path().join("public");
    let write = |mark: &'static str| {
        swap::replace(&public, |put| {
            for number in 0..10 {
                put(&format!("part-{number}/index.html"), mark.as_bytes())?;
            }
            Ok(())
        })
        .expect("it is put in place");
    };
    write("first");
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut rounds = 0;
            loop {
                // One look at the link is one tree.
                let tree = std::fs::canonicalize(&public).expect("there is always a tree");
                let marks: std::collections::BTreeSet<String> = (0..10)
                    .map(|number| {
                        std::fs::read_to_string(tree.join(format!("part-{number}/index.html"))).expect("whole")
                    })
                    .collect();
                assert_eq!(marks.len(), 1, "{marks:?}");
                rounds += 1;
                if marks.contains("last") {
                    return rounds;
                }
            }
        });
        for _ in 0..8 {
            write("second");
            write("third");
        }
        write("last");
        assert!(reader.join().expect("no half tree was seen") > 1);
    });
}

#[test]
fn a_failed_build_leaves_the_old_tree_and_a_folder_of_others_is_not_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let public = folder.path().join("public");
    swap::replace(&public, |put| put("index.html", b"old")).expect("it is put in place");
    let failed = swap::replace(&public, |put| {
        put("index.html", b"new")?;
        put("../escaped", b"no")
    });
    assert!(failed.is_err());
    assert_eq!(std::fs::read_to_string(public.join("index.html")).expect("still there"), "old");
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("reads").count(),
        2,
        "the link and its tree, nothing left behind"
    );

    let theirs = folder.path().join("theirs");
    std::fs::create_dir(&theirs).expect("a folder");
    std::fs::write(theirs.join("thesis.txt"), "precious").expect("a file");
    let refused = swap::replace(&theirs, |put| put("index.html", b"x")).expect_err("it is not ours");
    assert!(refused.to_string().contains("holds something else"), "{refused}");
    assert!(theirs.join("thesis.txt").exists());
}

#[test]
fn the_tree_before_the_last_is_removed_and_the_last_one_kept_for_its_readers() {
    let folder = tempfile::tempdir().expect("a folder");
    let public = folder.path().join("public");
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    let mut trees = Vec::new();
    for _ in 0..3 {
        swap::replace(&public, |put| put("index.html", b"x")).expect("it is put in place");
        let tree = std::fs::canonicalize(&public).expect("a tree");
        std::fs::File::open(&tree).and_then(|dir| dir.set_modified(long_ago)).expect("its time is set");
        trees.push(tree);
    }
    let there: Vec<bool> = trees.iter().map(|tree| tree.exists()).collect();
    assert_eq!(there, [false, true, true]);
}
