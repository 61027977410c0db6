//! CVE Services, as a server of ours that behaves well and then badly: nothing leaves before the advisory is public, and
//! nothing counts as published before it was read back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use candor::accounts::token;
use candor::app::App;
use candor::execute::execute;
use candor::follow::cve::{self, Account, NotDone};
use candor::follow::cve_requests::{self, Standing};
use candor::follow::cve_unused;
use candor::follow::steps;
use candor::store::cve_numbers;
use candor::worker;
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::id::CaseId;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::letters::{POLICY, report};
use crate::support::peer::{Asked, Peer, says};
use crate::support::service::{Page, Service, answered, open};
use crate::tree::{fix, ready};

const NUMBER: &str = "CVE-1900-4242";
const ORG: &str = "b3476cb9-2e3d-41a6-98d0-0f47421a65b6";

/// Records by number, as the service keeps them.
type Records = Arc<Mutex<BTreeMap<String, Value>>>;

/// What the real service does with a request.
fn well(asked: &Asked, records: &Records) -> (u16, Value) {
    let path = asked.path.trim_start_matches("/api/");
    let mut records = records.lock().expect("nobody panicked");
    let body = || serde_json::from_str::<Value>(&asked.body).expect("JSON");
    match (asked.method.as_str(), path.split(['/', '?']).collect::<Vec<_>>().as_slice()) {
        ("POST", ["cve-id", ..]) => {
            (200, json!({ "cve_ids": [{ "cve_id": NUMBER, "state": "RESERVED", "owning_cna": "store" }] }))
        }
        ("GET", ["cve-id", ..]) => {
            let reserved = [NUMBER, "CVE-1900-4243"].into_iter().filter(|id| !records.contains_key(*id));
            let listed =
                |id: &str| json!({ "cve_id": id, "state": "RESERVED", "reserved": "1900-02-03T04:05:06.000Z" });
            (200, json!({ "cve_ids": reserved.map(listed).collect::<Vec<_>>() }))
        }
        ("GET", ["cve", id]) => {
            records.get(*id).map_or((404, json!({ "error": "CVE_RECORD_DNE" })), |record| (200, record.clone()))
        }
        (verb @ ("POST" | "PUT"), ["cve", id, what @ ("cna" | "reject")]) => {
            if (verb == "POST") == records.contains_key(*id) {
                return (403, json!({ "message": "The record is there already, or not at all." }));
            }
            let state = if *what == "cna" { "PUBLISHED" } else { "REJECTED" };
            let record = json!({
                "cveMetadata": { "cveId": id, "state": state },
                "containers": { "cna": body()["cnaContainer"] },
            });
            records.insert((*id).to_owned(), record.clone());
            (200, json!({ "message": "done", "created": record }))
        }
        other => panic!("{other:?} is nothing that the service knows"),
    }
}

struct Desk {
    app: App,
    peer: Peer,
    records: Records,
    folder: tempfile::TempDir,
}

async fn desk() -> Desk {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = open(&folder, &[POLICY], |config| config.private_targets = true).await;
    let records = Records::default();
    let kept = records.clone();
    let peer = Peer::start(move |asked, _| {
        let (status, body) = well(asked, &kept);
        says(status, body.to_string())
    })
    .await;
    let account = Account {
        url: format!("{}/api", peer.url),
        org: "store".into(),
        org_id: ORG.into(),
        user: "bot@store.example".into(),
        key: "CANARY-key".into(),
    };
    cve::set_account(&app, "store", &account).await.expect("kept");
    Desk { app, peer, records, folder }
}

/// A case with an approved advisory under the reserved number, whose fix is still to come.
async fn waiting(desk: &Desk) -> CaseId {
    let app = &desk.app;
    let case = Box::pin(ready(app, report("reporter@outside.example"))).await;
    let number = cve::reserve(app, "store", Some(case.as_str())).await.expect("reserved");
    assert_eq!(number, NUMBER);
    let ben = Actor::Member { id: "ben".into(), roles: vec![("store".into(), Role::Coordinator)] };
    let mut draft =
        candor::execute::load_case(app, &Actor::Clock, &case).await.expect("it opens").advisory.draft.expect("a draft");
    draft.aliases = vec![number];
    for command in [
        Command::DraftAdvisory { draft: Box::new(draft) },
        Command::ApproveAdvisory { revision: 2 },
        Command::Publish { at: None },
    ] {
        let name = command.name();
        execute(app, &ben, &case, command, None).await.unwrap_or_else(|why| panic!("{name}: {why}"));
    }
    case
}

async fn follow(app: &App) {
    worker::build_tree(app).await.expect("built");
    worker::follow_once(app).await.expect("a round");
}

async fn state(app: &App, case: &CaseId) -> steps::State {
    let states = steps::states(app, case.as_str(), 1).await.expect("read");
    states.into_iter().find(|state| state.step == steps::Step::Cve).expect("the step")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_reserved_without_a_word_and_published_with_the_advisory_once() {
    let desk = desk().await;
    let case = Box::pin(waiting(&desk)).await;
    follow(&desk.app).await;
    let before = desk.peer.asked();
    assert_eq!(before.len(), 1, "only the reservation: {before:?}");
    assert_eq!(before[0].header("cve-api-key"), "CANARY-key");
    assert!(before[0].body.is_empty() && !before[0].path.contains("Buckets"), "{before:?}");

    fix(&desk.app, &case).await;
    follow(&desk.app).await;
    follow(&desk.app).await;
    let state = state(&desk.app, &case).await;
    assert!(!state.is_open && !state.has_failed && state.detail.is_empty(), "{state:?}");
    let sent: Vec<Asked> = desk.peer.asked().into_iter().filter(|asked| asked.path.ends_with("/cna")).collect();
    assert_eq!(sent.len(), 1, "sent once");
    assert_eq!(sent[0].method, "POST");
    let body: Value = serde_json::from_str(&sent[0].body).expect("JSON");
    assert_eq!(candor_formats::cve::validate(&body), vec![]);
    let row = cve_numbers::get(&desk.app.store, NUMBER).await.expect("read").expect("the number");
    assert_eq!((row.state.as_str(), row.stream.as_deref()), ("published", Some(case.as_str())));

    let ben = Actor::Member { id: "ben".into(), roles: vec![("store".into(), Role::Coordinator)] };
    let mut draft = candor::execute::load_case(&desk.app, &Actor::Clock, &case)
        .await
        .expect("it opens")
        .advisory
        .draft
        .expect("a draft");
    draft.summary = "Upgrade today.".into();
    draft.cause = "The signature was checked after the answer.".into();
    draft.change = "The summary says  what to do.".into();
    for command in [
        Command::DraftAdvisory { draft: Box::new(draft) },
        Command::ApproveAdvisory { revision: 3 },
        Command::Publish { at: None },
    ] {
        execute(&desk.app, &ben, &case, command, None).await.expect("corrected");
    }
    follow(&desk.app).await;
    let updates: Vec<Asked> = desk.peer.asked().into_iter().filter(|asked| asked.method == "PUT").collect();
    assert_eq!(updates.len(), 1, "a correction updates the record");
    assert!(updates[0].body.contains("Upgrade today."));
    let case = candor::execute::load_case(&desk.app, &Actor::Clock, &case).await.expect("it opens");
    let record = case.advisory.published.last().expect("a record");
    let summaries: Vec<&str> = record.revisions.iter().map(|revision| revision.summary.as_str()).collect();
    assert_eq!(summaries, ["First publication.", "The summary says what to do."], "with its reason");
    assert!(record.details.ends_with("### Cause\n\nThe signature was checked after the answer."), "{}", record.details);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b11_confused_answers_never_count_as_published() {
    let desk = desk().await;
    let case = Box::pin(waiting(&desk)).await;
    fix(&desk.app, &case).await;
    let other = |id: &str, title: &str| {
        json!({ "cveMetadata": { "cveId": id, "state": "PUBLISHED" }, "containers": { "cna": { "title": title } } })
            .to_string()
    };
    let wrong: [(&str, u16, String); 6] = [
        ("another number", 200, other("CVE-1900-1", "x")),
        ("another text", 200, other(NUMBER, "<script>")),
        ("a page", 200, "<html>It works!</html>".into()),
        ("nothing", 200, String::new()),
        ("a fault", 500, "{}".into()),
        ("a longer answer than any", 200, format!("\"{}\"", "x".repeat(100_000))),
    ];
    for (name, status, body) in wrong {
        desk.peer.turn(move |_, _| says(status, body.clone()));
        follow(&desk.app).await;
        let state = state(&desk.app, &case).await;
        assert!(state.is_open, "{name}: {state:?}");
        assert!(!state.detail.contains("script"), "{name}: {state:?}");
        let row = cve_numbers::get(&desk.app.store, NUMBER).await.expect("read").expect("the number");
        assert_eq!(row.state, "reserved", "{name}");
        desk.app.set_clock(desk.app.now() + SignedDuration::from_hours(7));
    }
    // An answer was lost though the record was taken: the next try finds it there and sends nothing again.
    let records = desk.records.clone();
    desk.peer.turn(move |asked, _| {
        let (status, body) = well(asked, &records);
        if asked.method == "POST" { says(500, "") } else { says(status, body.to_string()) }
    });
    follow(&desk.app).await;
    assert!(state(&desk.app, &case).await.is_open);
    desk.app.set_clock(desk.app.now() + SignedDuration::from_hours(7));
    follow(&desk.app).await;
    assert!(!state(&desk.app, &case).await.is_open);
    let row = cve_numbers::get(&desk.app.store, NUMBER).await.expect("read").expect("the number");
    assert_eq!(row.state, "published");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unused_numbers_are_found_and_rejected_and_the_key_never_comes_back() {
    let desk = desk().await;
    Box::pin(waiting(&desk)).await;
    let found = cve::reserved(&desk.app, "store").await.expect("listed");
    let unused: Vec<&str> = found.iter().filter(|(_, row)| row.is_none()).map(|(id, _)| id.as_str()).collect();
    assert_eq!(unused, ["CVE-1900-4243"]);
    cve::reject(&desk.app, "store", "CVE-1900-4243", "It was never used.").await.expect("rejected");
    let row = cve_numbers::get(&desk.app.store, "CVE-1900-4243").await.expect("read").expect("the number");
    assert_eq!(row.state, "rejected");
    assert!(matches!(cve::reserve(&desk.app, "nobody", None).await, Err(NotDone::NoAccount)));

    let account = cve::assigner(&desk.app, "store").await.expect("read").expect("an account");
    assert!(!format!("{account:?}").contains("CANARY"));
    let data = desk.app.config.data.clone();
    for file in std::fs::read_dir(data).expect("a folder").flatten().filter(|file| file.path().is_file()) {
        let bytes = std::fs::read(file.path()).expect("a file");
        assert!(!bytes.windows(10).any(|part| part == b"CANARY-key"), "{:?} holds the key", file.path());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_nobody_uses_is_shown_with_its_age_and_rejected_on_purpose_by_a_coordinator() {
    let desk = desk().await;
    let case = Box::pin(waiting(&desk)).await;
    let Desk { app, peer, folder, .. } = desk;
    let service = Service::serve(app.clone(), folder).await;
    let mut browsers = Vec::new();
    let mut tokens = Vec::new();
    for (name, role) in [("Cora", Role::Coordinator), ("Anton", Role::Analyst)] {
        let (browser, id) = service.signed_in(name, Some(role), false).await;
        let scopes = token::Scopes::parse("read,write,publish").expect("scopes");
        tokens.push(token::make(&app, &id, "test", scopes, 300).await.expect("a token").secret);
        browsers.push(browser);
    }
    let (cora, anton) = (&browsers[0], &browsers[1]);
    let list = "/desk/programs/store/cve";
    assert_eq!(anton.get(list).await.status, 404, "as if there were no such page");
    let page = cora.get(list).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains(NUMBER) && page.body.contains("a case that waits for it"), "{}", page.body);
    assert!(page.body.contains(&format!("/desk/cases/{case}")), "who may open the case finds it");
    assert!(page.body.contains("CVE-1900-4243") && page.body.contains("1900-02-03"), "its age: {}", page.body);
    let unused = format!("{list}/CVE-1900-4243");
    let rejects = |page: &Page| -> Vec<String> {
        page.attributes("td a", "href").into_iter().filter(|to| to.starts_with(list)).collect()
    };
    assert_eq!(rejects(&page), [unused.as_str()], "only what nobody uses can be rejected");
    assert_eq!(cora.get(&format!("{list}/{NUMBER}")).await.status, 404, "what is held has no such page");

    let check = cora.get(&unused).await;
    assert!(check.body.contains("cannot be undone"), "{}", check.body);
    let form = check.form(&unused);
    let empty = cora.post(&unused, &answered(form.clone(), &[("reason", " ")])).await;
    assert_eq!(empty.status, 422, "{}", empty.body);
    assert!(empty.body.contains("write the reason"), "{}", empty.body);
    app.set_clock(app.now() + SignedDuration::from_mins(11));
    let late = cora.post(&unused, &answered(form.clone(), &[("reason", "It was never used.")])).await;
    assert_eq!(late.status, 303, "an old sign-in proves itself anew first");
    assert!(late.header("location").contains("confirm"), "{}", late.header("location"));
    let asked = |path: &str| peer.asked().iter().filter(|asked| asked.path.ends_with(path)).count();
    assert_eq!(asked("/reject"), 0);

    // The same by the API, where the token stands for the member.
    let api = service.at("/api/v1/programs/store/cve-numbers");
    let client = reqwest::Client::new();
    let get = async |token: &str| client.get(&api).bearer_auth(token).send().await.expect("an answer");
    assert_eq!(get(&tokens[1]).await.status(), 404);
    let found: Value = get(&tokens[0]).await.json().await.expect("JSON");
    assert_eq!(found["numbers"][0]["number"], "CVE-1900-4243", "the oldest first: {found}");
    assert_eq!(found["numbers"][0]["unused"], true);
    assert_eq!((&found["numbers"][1]["state"], &found["numbers"][1]["unused"]), (&json!("held"), &json!(false)));
    let reject = async |token: &str, number: &str, reason: &str| {
        let at = format!("{api}/{number}/reject");
        let answer = client.post(at).bearer_auth(token).json(&json!({ "reason": reason })).send().await;
        let answer = answer.expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    assert_eq!(reject(&tokens[1], "CVE-1900-4243", "Never used.").await.0, 404);
    let held = reject(&tokens[0], NUMBER, "Never used.").await;
    assert_eq!(held.0, 422);
    assert!(held.1["detail"].as_str().is_some_and(|detail| detail.contains("close the case first")), "{held:?}");
    assert_eq!(reject(&tokens[0], "CVE-1900-9999", "Never used.").await.0, 422, "what is not reserved is not rejected");
    assert_eq!(reject(&tokens[0], "CVE-1900-4243", &"x".repeat(501)).await.0, 422);
    assert_eq!(asked("/reject"), 0);
    let (status, left) = reject(&tokens[0], "CVE-1900-4243", "It was never used.").await;
    assert_eq!(status, 200, "{left}");
    assert_eq!(left["numbers"].as_array().map(Vec::len), Some(1), "{left}");
    let sent: Vec<Asked> = peer.asked().into_iter().filter(|asked| asked.path.ends_with("/reject")).collect();
    assert!(sent.len() == 1 && sent[0].body.contains("It was never used."), "{sent:?}");
    let row = cve_numbers::get(&app.store, "CVE-1900-4243").await.expect("read").expect("the number");
    assert_eq!(row.state, "rejected");

    // While the service does not answer, the list is what is kept here, and nothing can be rejected.
    peer.turn(|_, _| says(503, ""));
    let page = cora.get(list).await;
    assert!(page.body.contains("could not be asked") && page.body.contains(NUMBER), "{}", page.body);
    assert_eq!(rejects(&page), Vec::<String>::new());
    assert_eq!(reject(&tokens[0], NUMBER, "Never used.").await.0, 503);
}

/// A page of the service: a thousand numbers of those that are reserved, as it words them.
fn page(asked: &Asked, numbers: usize) -> (u16, Value) {
    let page: usize = asked.path.rsplit("page=").next().and_then(|page| page.parse().ok()).unwrap_or(1);
    let pages = numbers.div_ceil(1_000);
    let shown = ((page - 1) * 1_000 + 1..=numbers.min(page * 1_000)).map(|number| {
        json!({
            "requested_by": { "cna": "store", "user": "bot@store.example" },
            "cve_id": format!("CVE-1900-{number:05}"), "cve_year": "1900", "state": "RESERVED", "owning_cna": "store",
            "reserved": "1900-02-03T04:05:06.000Z",
            "time": { "created": "1900-02-03T04:05:06.007Z", "modified": "1900-02-03T04:05:06.007Z" },
        })
    });
    let next = (page < pages).then_some(page + 1);
    let body = json!({
        "totalCount": numbers, "itemsPerPage": 1_000, "pageCount": pages, "currentPage": page,
        "prevPage": page.checked_sub(1).filter(|page| *page > 0), "nextPage": next,
        "cve_ids": shown.collect::<Vec<_>>(),
    });
    (200, body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_of_1_200_reserved_numbers_are_listed_page_by_page_and_a_limit_names_itself() {
    let desk = desk().await;
    let turn = |numbers: usize| {
        desk.peer.turn(move |asked, _| {
            let (status, body) = page(asked, numbers);
            says(status, body.to_string())
        });
    };
    turn(1_200);
    let found = cve::listed(&desk.app, "store").await.expect("listed");
    assert_eq!(found.len(), 1_200);
    assert_eq!(found.last().map(|(number, _)| number.as_str()), Some("CVE-1900-01200"));
    assert!(found.iter().all(|(_, since)| since.is_some()));
    let asked: Vec<String> = desk.peer.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(asked, ["/api/cve-id?state=RESERVED&page=1", "/api/cve-id?state=RESERVED&page=2"]);
    let unused = cve_unused::reservations(&desk.app, "store").await.expect("read");
    assert!(unused.unasked.is_none());
    assert_eq!(unused.numbers.len(), 1_200);

    turn(cve::LISTED);
    assert_eq!(cve::listed(&desk.app, "store").await.expect("listed").len(), cve::LISTED);
    turn(cve::LISTED + 1);
    let why = cve::listed(&desk.app, "store").await.expect_err("more than are read").to_string();
    assert!(why.contains("more than 20000 reserved numbers"), "{why}");
    // A service that always names a next page is not asked for ever.
    desk.peer.turn(|_, count| {
        let body = json!({ "nextPage": count + 1_000, "cve_ids": [{ "cve_id": "CVE-1900-7777" }] });
        says(200, body.to_string())
    });
    let before = desk.peer.asked().len();
    assert_eq!(cve::listed(&desk.app, "store").await.expect("listed").len(), 1);
    assert_eq!(desk.peer.asked().len(), before + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b5_one_dead_peer_holds_up_no_other_step_and_each_is_seen() {
    let desk = desk().await;
    let case = Box::pin(waiting(&desk)).await;
    desk.peer.turn(|_, _| says(503, ""));
    let hook = Peer::start(|_, _| says(200, "")).await;
    let asked = candor::follow::hooks::ask(&desk.app, "store", &hook.url, &"anna".into()).await.expect("taken");
    candor::follow::hooks::confirm(&desk.app, &asked.id, &"ben".into()).await.expect("confirmed");
    fix(&desk.app, &case).await;
    follow(&desk.app).await;
    let states = steps::states(&desk.app, case.as_str(), 1).await.expect("read");
    let open: Vec<steps::Step> = states.iter().filter(|state| state.is_open).map(|state| state.step).collect();
    assert_eq!(open, [steps::Step::Cve], "{states:?}");
    assert_eq!(hook.asked().len(), 1);
    // The process dies here: whoever comes next does what is open, and nothing twice.
    let records = desk.records.clone();
    desk.peer.turn(move |asked, _| {
        let (status, body) = well(asked, &records);
        says(status, body.to_string())
    });
    desk.app.set_clock(desk.app.now() + SignedDuration::from_hours(7));
    follow(&desk.app).await;
    follow(&desk.app).await;
    let states = steps::states(&desk.app, case.as_str(), 1).await.expect("read");
    assert!(states.iter().all(|state| !state.is_open && !state.has_failed), "{states:?}");
    assert_eq!(hook.asked().len(), 1, "once");
    assert_eq!(desk.peer.asked().iter().filter(|asked| asked.path.ends_with("/cna")).count(), 1, "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_somebody_else_assigns_has_its_own_clock_and_ends_among_the_identifiers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = open(&folder, &[POLICY], |_| {}).await;
    let member = |name: &str, role: Role| Actor::Member { id: name.into(), roles: vec![("store".into(), role)] };
    let (ben, eve) = (member("ben", Role::Coordinator), member("eve", Role::Observer));
    let stranger = Actor::Member { id: "zoe".into(), roles: vec![("other".into(), Role::Coordinator)] };
    let case = crate::letters::filed(&app, "reporter@outside.example").await.case;
    let second = crate::letters::filed(&app, "another@outside.example").await.case;
    execute(&app, &ben, &case, Command::Confirm { text: "It is so.".into() }, None).await.expect("confirmed");
    assert!(cve_requests::ask(&app, &stranger, &case, 7).await.is_err(), "as if there were no such case");
    assert!(cve_requests::ask(&app, &eve, &case, 7).await.is_err(), "who only reads keeps nothing");
    for days in [0, 91] {
        let why = cve_requests::ask(&app, &ben, &case, days).await.expect_err("refused").to_string();
        assert!(why.contains("1 to 90"), "{why}");
    }
    let request = cve_requests::ask(&app, &ben, &case, 7).await.expect("kept");
    let why = cve_requests::ask(&app, &ben, &case, 7).await.expect_err("one at a time").to_string();
    assert!(why.contains("open already"), "{why}");
    let load = || async { candor::execute::load_case(&app, &Actor::Clock, &case).await.expect("it opens") };
    let standing = || async { cve_requests::of_case(&app, &load().await).await.expect("read")[0].standing };
    assert_eq!(standing().await, Standing::Waiting);
    assert!(cve_requests::late(&app, &ben).await.expect("read").is_empty());

    let both = tokio::join!(cve_requests::ask(&app, &ben, &second, 9), cve_requests::ask(&app, &ben, &second, 9));
    let (first_done, second_done) = (both.0.is_ok(), both.1.is_ok());
    assert!(first_done != second_done, "of two that are sent at one moment one is kept: {both:?}");
    let refused = both.0.err().or(both.1.err()).expect("one is refused").to_string();
    assert!(refused.contains("open already"), "{refused}");

    app.set_clock(app.now() + SignedDuration::from_hours(7 * 24 + 1));
    assert_eq!(standing().await, Standing::Late);
    assert_eq!(cve_requests::late(&app, &ben).await.expect("read")[0].0, case);
    assert!(cve_requests::late(&app, &stranger).await.expect("read").is_empty(), "nobody else is told of the case");
    cve_requests::remind(&app, &ben, &case, &request, 3).await.expect("moved");
    assert!(cve_requests::late(&app, &ben).await.expect("read").is_empty());

    let why =
        Box::pin(cve_requests::answer(&app, &ben, &case, &request, "soon")).await.expect_err("no number").to_string();
    assert!(why.contains("CVE-2026-12345"), "{why}");
    Box::pin(cve_requests::answer(&app, &ben, &case, &request, " CVE-1900-0077 ")).await.expect("kept");
    assert_eq!(standing().await, Standing::Answered);
    assert!(load().await.aliases.contains(&"CVE-1900-0077".to_owned()));
    assert!(cve_requests::withdraw(&app, &ben, &case, &request).await.is_err(), "it has ended");
    let why = cve_requests::ask(&app, &ben, &case, 7).await.expect_err("there is one").to_string();
    assert!(why.contains("has a number already"), "{why}");
}
