//! What goes out of a record, edition by edition: chosen lines, commits, thanks, marks, a late backport, a dispute, a
//! withdrawal.

use crate::policies_story::desk::{Desk, Ines, Jonas, Report, draft, list, word};
use crate::record_story::{POLICY, confirmed};
use crate::support::service::answered;
use crate::tree::files;
use aws_lc_rs::digest;
use candor::accounts::{self, token};
use candor::store::{advisories, restricted};
use candor::worker;
use candor_core::access::Role;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LATER: &str = "2026-03-02T11:00Z";
const TITLE: &str = "Buckets can be listed";

/// Saves a draft, has it approved and published.
async fn edition(desk: &Desk, now: &str, report: &Report, more: Value) {
    desk.does(now, Jonas, report, draft(TITLE, "Own", "1.4.2", more)).await;
    approved(desk, now, report).await;
}

async fn approved(desk: &Desk, now: &str, report: &Report) {
    let revision = desk.case(report).await["advisory"]["revision"].clone();
    desk.does(now, Ines, report, json!({ "command": "approve-advisory", "revision": revision })).await;
    desk.does(now, Ines, report, json!({ "command": "publish" })).await;
}

/// The public tree as it is now.
async fn tree(desk: &Desk, advisories: usize) -> BTreeMap<String, String> {
    let built = worker::build_tree(&desk.service.app).await.expect("built");
    assert_eq!((built.advisories, built.held.len()), (advisories, 0), "{:?}", built.held);
    files(&desk.service.app)
}

/// The files of one advisory: page and documents, by what stands behind its number.
fn of<'a>(files: &'a BTreeMap<String, String>, id: &str) -> BTreeMap<String, &'a str> {
    let own = format!("own/advisories/{id}");
    let all = files.iter().filter_map(|(name, text)| Some((name.strip_prefix(&own)?.to_owned(), text.as_str())));
    all.collect()
}

/// The number of the journal's entry of a kind.
async fn entry(desk: &Desk, report: &Report, kind: &str) -> u64 {
    let case = desk.case(report).await;
    let found = list(&case["journal"]).iter().find(|entry| entry["event"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {}", case["journal"]))["seq"].as_u64().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chosen_lines_of_the_timeline_stand_in_every_format_and_nothing_of_the_others_goes_out() {
    let desk = Desk::open("own", POLICY, "2026-03-02T09:00Z").await;
    let told = json!({ "title": TITLE, "description": "Without a signature." });
    let report = desk.report("2026-03-02T09:00Z", told).await;
    desk.does("2026-03-02T09:37Z", Ines, &report, json!({ "command": "acknowledge", "text": "Read." })).await;
    desk.does("2026-03-02T10:11Z", Ines, &report, json!({ "command": "confirm", "text": "It is so." })).await;
    let (acknowledged, confirmed) =
        (entry(&desk, &report, "acknowledged").await, entry(&desk, &report, "confirmed").await);
    let chosen = json!({
        "lines": [
            { "line": acknowledged, "shown": false },
            { "line": confirmed, "shown": true, "text": "Understood by the team." },
        ],
        "own_lines": [{ "at": "2026-02-27T08:00:00Z", "text": "First seen by a partner." }],
    });
    desk.does(LATER, Jonas, &report, draft(TITLE, "Own", "1.4.2", chosen)).await;

    // The form shows the choice, and sent back as it is it changes nothing.
    let browser = desk.browser().await;
    let editor = format!("/desk/cases/{}/advisory", report.case);
    let page = browser.get(&editor).await;
    let ticked = |number: u64| page.texts(&format!("input#line-{number}[checked]")).len();
    assert_eq!((ticked(1), ticked(acknowledged), ticked(confirmed)), (1, 0, 1), "{}", page.body);
    assert_eq!(page.attributes(&format!("#line-{confirmed}-text"), "value"), ["Understood by the team."]);
    assert!(page.texts("#own-lines")[0].contains("First seen by a partner."), "{}", page.body);
    let saved = browser.post(&editor, &answered(page.form(&editor), &[("do", "save")])).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(desk.case(&report).await["advisory"]["revision"], json!(1));
    let wrong = browser.post(&editor, &answered(page.form(&editor), &[("do", "save"), ("own-lines", "soon: x")])).await;
    assert!(wrong.body.contains("semicolon") && wrong.body.contains("soon: x"), "{}", wrong.body);

    approved(&desk, LATER, &report).await;
    let files = tree(&desk, 1).await;
    let id = desk.advisories().await.remove(0);
    let documents = of(&files, &id);
    for suffix in ["/index.html", ".csaf.json", ".vex.json", ".csaf-2.1.json", ".md", ".txt", ".json"] {
        let text = documents[suffix];
        assert!(text.contains("Understood by the team.") && text.contains("First seen by a partner."), "{suffix}");
    }
    for (name, text) in &files {
        assert!(!text.contains("Acknowledged to the reporter") && !text.contains("2026-03-02T09:37"), "{name}");
        assert!(!text.contains("Confirmed."), "{name}");
    }
    let shown = desk.get(&format!("/advisories/{id}")).await.body;
    assert_eq!(list(&shown["timeline"]).len(), 4, "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_and_thanks_are_typed_at_the_desk_and_printed_in_every_format_that_has_a_place() {
    let desk = Desk::open("own", POLICY, "2026-03-02T09:00Z").await;
    let report = confirmed(&desk).await;
    let thanks = |consent: bool| json!([{ "name": "Grace Helper", "text": "who coordinated", "consent": consent }]);
    let refused = draft(TITLE, "Own", "1.4.2", json!({ "acknowledgements": thanks(false) }));
    let (_, why) = desk.is_refused(LATER, Jonas, &report, refused).await;
    assert!(why.contains("Grace Helper is named only with consent"), "{why}");
    let short =
        json!([{ "name": "Own", "fixed": "1.4.2", "repository": "https://own.example/git", "fixed_commit": "9f" }]);
    let (_, why) = desk.is_refused(LATER, Jonas, &report, draft(TITLE, "Own", "", json!({ "products": short }))).await;
    assert!(why.contains("whole hash"), "{why}");

    let browser = desk.browser().await;
    let editor = format!("/desk/cases/{}/advisory", report.case);
    let page = browser.get(&editor).await;
    let (introduced, fixed) = ("3b".repeat(20), "9f".repeat(20));
    let said = [
        ("do", "save"),
        ("title", TITLE),
        ("summary", "Upgrade."),
        ("product-0", "Own"),
        ("purl-0", "pkg:npm/own"),
        ("fixed-0", "1.4.2"),
        ("repository-0", "https://own.example/git"),
        ("introduced-commit-0", &introduced),
        ("fixed-commit-0", &fixed),
        ("aliases", "CVE-1900-0077"),
        ("thanks-name-0", "Grace Helper"),
        ("thanks-text-0", "who coordinated"),
        ("thanks-consent-0", "on"),
    ];
    let saved = browser.post(&editor, &answered(page.form(&editor), &said)).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    approved(&desk, LATER, &report).await;
    let files = tree(&desk, 1).await;
    let documents = of(&files, &desk.advisories().await[0]);
    for suffix in ["/index.html", ".csaf.json", ".csaf-2.1.json", ".osv.json", ".cve.json", ".md", ".txt", ".json"] {
        let text = documents[suffix];
        assert!(text.contains(&introduced) && text.contains(&fixed), "commits in {suffix}");
        assert!(text.contains("Grace Helper"), "thanks in {suffix}");
    }
    let osv: Value = serde_json::from_str(documents[".osv.json"]).expect("JSON");
    assert_eq!(osv["affected"][0]["ranges"][1]["type"], "GIT", "{osv:#}");
    assert_eq!(osv["credits"][0]["type"], "OTHER");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_backport_a_dispute_and_a_withdrawal_issue_every_format_again_with_their_reason() {
    let desk = Desk::open("own", POLICY, "2026-03-02T09:00Z").await;
    let report = confirmed(&desk).await;
    let named = json!({ "aliases": ["CVE-1900-0078"] });
    edition(&desk, LATER, &report, named).await;
    let id = desk.advisories().await.remove(0);
    let mut before = tree(&desk, 1).await;

    // A backport: one range more, in every format, at once.
    let backport = json!({
        "aliases": ["CVE-1900-0078"],
        "products": [
            { "name": "Own", "purl": "pkg:npm/own", "introduced": "1.4.0", "fixed": "1.4.2" },
            { "name": "Own", "purl": "pkg:npm/own", "introduced": "1.2.0", "fixed": "1.3.9" },
        ],
        "change": "Branch 1.3 has a fix, too.",
    });
    edition(&desk, "2026-03-05T09:00Z", &report, backport.clone()).await;
    let after = tree(&desk, 1).await;
    let ranged = [
        "/index.html",
        ".csaf.json",
        ".vex.json",
        ".csaf-2.1.json",
        ".osv.json",
        ".openvex.json",
        ".cdx.json",
        ".ghsa.json",
        ".cve.json",
        ".md",
        ".txt",
        ".json",
    ];
    for suffix in ranged {
        let (old, new) = (of(&before, &id)[suffix], of(&after, &id)[suffix]);
        assert!(!old.contains("1.3.9") && new.contains("1.3.9"), "{suffix}: {new}");
    }
    for suffix in ["/index.html", ".csaf.json", ".csaf-2.1.json", ".md", ".txt", ".json"] {
        assert!(of(&after, &id)[suffix].contains("Branch 1.3 has a fix, too."), "{suffix}");
    }
    // Hashes lie beside the new bytes, and lists and feeds name the new edition.
    let path = format!("own/csaf/2026/{}.json", id.to_lowercase());
    let hash = digest::digest(&digest::SHA512, after[&path].as_bytes());
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(after[&format!("{path}.sha512")].starts_with(&hash) && before[&path] != after[&path]);
    for name in
        ["own/csaf/changes.csv", "own/csaf/feed-tlp-white.json", "own/advisories.atom", "own/advisories.feed.json"]
    {
        assert!(before[name] != after[name] && after[name].contains("2026-03-05T09:00"), "{name}: {}", after[name]);
    }
    before = after;

    // A dispute: a statement in every format with words, and the mark of the CVE programme.
    let mut disputed = backport.clone();
    disputed["dispute"] = json!("The maker of the client says that only administrators can do it.");
    disputed["change"] = json!("It is disputed.");
    edition(&desk, "2026-03-06T09:00Z", &report, disputed).await;
    let after = tree(&desk, 1).await;
    for suffix in
        ["/index.html", ".csaf.json", ".csaf-2.1.json", ".osv.json", ".ghsa.json", ".cve.json", ".md", ".txt", ".json"]
    {
        assert!(of(&after, &id)[suffix].contains("only administrators can do it"), "{suffix}");
    }
    let cve: Value = serde_json::from_str(of(&after, &id)[".cve.json"]).expect("JSON");
    assert_eq!(cve["containers"]["cna"]["tags"], json!(["disputed"]));
    assert_ne!(of(&before, &id)[".cve.json"], of(&after, &id)[".cve.json"]);

    // A withdrawal: it stays at its address, and every format says so, with the reason.
    let mut withdrawn = backport;
    withdrawn["withdrawal"] = json!("It turned out to be the documented way of use.");
    edition(&desk, "2026-03-07T09:00Z", &report, withdrawn.clone()).await;
    let after = tree(&desk, 1).await;
    let gone = of(&after, &id);
    for suffix in [
        "/index.html",
        ".csaf.json",
        ".csaf-2.1.json",
        ".osv.json",
        ".cdx.json",
        ".ghsa.json",
        ".cve.json",
        ".md",
        ".txt",
        ".json",
    ] {
        assert!(gone[suffix].contains("the documented way of use"), "{suffix}: {}", gone[suffix]);
    }
    let parsed = |suffix: &str| -> Value { serde_json::from_str(gone[suffix]).expect("JSON") };
    assert!(word(&parsed(".osv.json")["withdrawn"]).starts_with("2026-03-07T09:00"));
    assert_eq!(parsed(".csaf-2.1.json")["document"]["category"], "csaf_withdrawn");
    assert_eq!(parsed(".cve.json")["containers"]["cna"]["tags"], json!(["x_withdrawn"]));
    assert_eq!(parsed(".ghsa.json")["state"], "withdrawn");
    assert!(parsed(".openvex.json").to_string().contains("under_investigation"));
    assert!(after["own/advisories.feed.json"].contains("2026-03-07T09:00"), "the feed names the new edition");
    // An edition after it keeps the date of the withdrawal, and one without the reason takes it back.
    withdrawn["change"] = json!("Said more plainly.");
    edition(&desk, "2026-03-08T09:00Z", &report, withdrawn.clone()).await;
    let osv: Value = serde_json::from_str(of(&tree(&desk, 1).await, &id)[".osv.json"]).expect("JSON");
    assert!(word(&osv["withdrawn"]).starts_with("2026-03-07T09:00"), "{osv}");
    withdrawn["withdrawal"] = json!("");
    withdrawn["change"] = json!("It stands again.");
    edition(&desk, "2026-03-09T09:00Z", &report, withdrawn).await;
    let osv: Value = serde_json::from_str(of(&tree(&desk, 1).await, &id)[".osv.json"]).expect("JSON");
    assert!(osv["withdrawn"].is_null(), "{osv}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_withdrawn_before_it_was_published() {
    let desk = Desk::open("own", POLICY, "2026-03-02T09:00Z").await;
    let report = confirmed(&desk).await;
    let early = draft(TITLE, "Own", "1.4.2", json!({ "withdrawal": "No." }));
    let (_, why) = desk.is_refused(LATER, Jonas, &report, early).await;
    assert!(why.contains("only what was published"), "{why}");
}

/// A token of somebody else.
async fn token_of(desk: &Desk, name: &str, program: &str, role: Role) -> String {
    let email = format!("{name}@team.example");
    let app = &desk.service.app;
    let roles = [(program.to_owned(), role)];
    let (id, _) =
        accounts::add_ready(app, name, &email, "a long enough password", &roles, false).await.expect("a member");
    let made =
        token::make(app, &id, "test", token::Scopes::parse("read").expect("scopes"), 300).await.expect("a token");
    format!("Bearer {}", made.secret)
}

async fn asked(desk: &Desk, path: &str, token: Option<&str>) -> (u16, String) {
    let mut request = reqwest::Client::new().get(desk.service.at(path));
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b4_what_is_for_a_limited_circle_is_at_no_public_address_feed_list_or_search() {
    let desk = Desk::open("own", POLICY, "2026-03-02T09:00Z").await;
    let app = &desk.service.app;
    let report = confirmed(&desk).await;
    let marked = json!({
        "summary": "CANARY-summary: upgrade.", "details": "CANARY-details.", "aliases": ["CVE-1900-0079"],
        "tlp": "amber-strict", "distribution": "For members of the sharing group.",
    });
    edition(&desk, LATER, &report, marked.clone()).await;
    let id = word(&desk.case(&report).await["advisory"]["id"]);

    // The case goes on; nothing is public, by name, list, feed, search or as a file, and nothing of it lies in the clear.
    assert_eq!(desk.case(&report).await["state"], "confirmed");
    assert!(desk.advisories().await.is_empty());
    assert_eq!(desk.get(&format!("/advisories/{id}")).await.status, 404);
    assert!(advisories::all(&app.store).await.expect("rows").is_empty());
    for (name, text) in tree(&desk, 0).await {
        assert!(!text.contains("CANARY") && !text.contains(&id) && !name.contains(&id), "{name}");
        assert!(!text.contains("CVE-1900-0079") && !text.contains(TITLE), "{name}");
    }
    for path in [
        format!("/own/advisories/{id}"),
        format!("/own/advisories/{id}.csaf.json"),
        format!("/own/csaf/2026/{}.json", id.to_lowercase()),
        "/own/csaf/feed-tlp-amber.json".to_owned(),
        format!("/api/v1/vulns/x_{id}"),
    ] {
        let (status, text) = asked(&desk, &path, None).await;
        assert!(status == 404 && !text.contains("CANARY"), "{path}: {status}");
    }
    assert!(!desk.own(&report).await.to_string().contains(&id), "the reporter is told by who gives it to them");

    // Who may read the case reads it, with its label, in the formats that have a place for it.
    let ines = token_of(&desk, "iris", "own", Role::Coordinator).await;
    let document = |format: &str| format!("/api/v1/cases/{}/advisory/{format}", report.case);
    for format in ["csaf.json", "csaf-2.1.json", "vex.json", "md", "txt", "json"] {
        let (status, text) = asked(&desk, &document(format), Some(&ines)).await;
        assert_eq!(status, 200, "{format}: {text}");
        assert!(text.contains("CANARY-summary") && text.contains("AMBER+STRICT"), "{format}: {text}");
        assert!(text.contains("For members of the sharing group."), "{format}");
    }
    for format in ["osv.json", "cve.json", "ghsa.json", "openvex.json", "nothing"] {
        assert_eq!(asked(&desk, &document(format), Some(&ines)).await.0, 404, "{format}");
    }
    let feed = "/api/v1/programs/own/restricted/amber-strict/feed.json";
    let (status, text) = asked(&desk, feed, Some(&ines)).await;
    let printed: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((status, list(&printed["feed"]["entry"]).len()), (200, 1), "{text}");
    let links = list(&printed["feed"]["entry"][0]["link"]).iter().map(|link| word(&link["href"])).collect::<Vec<_>>();
    let below = |link: &str| link.split_once("/api/").map(|(_, rest)| format!("/api/{rest}")).expect("an address");
    let (status, csaf) = asked(&desk, &below(&links[0]), Some(&ines)).await;
    assert!(status == 200 && csaf.contains("CANARY-details"), "{csaf}");
    let (_, hash) = asked(&desk, &below(&links[2]), Some(&ines)).await;
    let expected = digest::digest(&digest::SHA512, csaf.as_bytes());
    let expected: String = expected.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(hash.starts_with(&expected), "{hash}");
    let other = asked(&desk, "/api/v1/programs/own/restricted/amber/feed.json", Some(&ines)).await;
    assert!(other.0 == 200 && !other.1.contains("CANARY"), "each label has a feed of its own");

    // Nobody else: without a token, without a role, on no case, or by a label that is none.
    let outside = token_of(&desk, "olga", "own", Role::Observer).await;
    for path in [feed.to_owned(), below(&links[0]), document("csaf.json")] {
        assert_eq!(asked(&desk, &path, None).await.0, 401, "{path}");
        let (status, text) = asked(&desk, &path, Some(&outside)).await;
        assert!(!text.contains("CANARY") && !text.contains(&id) && (status == 404 || path == feed), "{path}: {text}");
    }
    for label in ["clear", "white", "nothing"] {
        let path = format!("/api/v1/programs/own/restricted/{label}/feed.json");
        assert_eq!(asked(&desk, &path, Some(&ines)).await.0, 404, "{label}");
    }

    // For everybody it is a new publication, with its own approval and a first edition of its own.
    let mut clear = marked.clone();
    clear["tlp"] = json!("clear");
    clear["distribution"] = json!("");
    desk.does("2026-03-05T09:00Z", Jonas, &report, draft(TITLE, "Own", "1.4.2", clear)).await;
    let (code, _) = desk.is_refused("2026-03-05T09:00Z", Ines, &report, json!({ "command": "publish" })).await;
    assert_eq!(code, "not-approved");
    approved(&desk, "2026-03-05T09:00Z", &report).await;
    assert_eq!(desk.advisories().await, std::slice::from_ref(&id));
    let files = tree(&desk, 1).await;
    let record: Value = serde_json::from_str(of(&files, &id)[".json"]).expect("JSON");
    assert_eq!(list(&record["revisions"]).len(), 1, "{record}");
    assert!(word(&record["published"]).starts_with("2026-03-05"), "{record}");
    assert!(!files.values().any(|text| text.contains("AMBER") || text.contains("sharing group")));
    assert!(restricted::list(&app.store, "own", "amber-strict", 10).await.expect("rows").is_empty());
    let (status, text) = asked(&desk, feed, Some(&ines)).await;
    assert!(status == 200 && !text.contains("CANARY"), "{text}");

    // And what everybody had cannot be called back.
    let (_, why) = desk.is_refused("2026-03-06T09:00Z", Jonas, &report, draft(TITLE, "Own", "1.4.2", marked)).await;
    assert!(why.contains("cannot be called back"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_b4_no_gap_among_public_numbers_tells_of_what_is_for_a_limited_circle() {
    let desk = Desk::open("own", POLICY, "2026-03-02T09:00Z").await;
    let (first, second) = (confirmed(&desk).await, confirmed(&desk).await);
    edition(&desk, LATER, &first, json!({ "tlp": "amber" })).await;
    edition(&desk, LATER, &second, json!({})).await;
    let limited = word(&desk.case(&first).await["advisory"]["id"]);
    assert!(limited.ends_with("-2026-L1"), "{limited}");
    let public = desk.advisories().await;
    assert!(public.len() == 1 && public[0].ends_with("-2026-1"), "{public:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outside_party_gets_a_marked_advisory_only_when_a_member_gives_it_to_them() {
    let desk = Desk::open("own", POLICY, "2026-03-02T09:00Z").await;
    let report = confirmed(&desk).await;
    let invite = json!({
        "command": "invite-party", "name": "Vera Vendor", "email": "vera@vendor.example", "kind": "vendor",
        "until": "2026-06-30T00:00:00Z",
    });
    desk.does(LATER, Ines, &report, invite).await;
    let give = json!({ "command": "give-advisory", "party": 0 });
    let (code, _) = desk.is_refused(LATER, Ines, &report, give.clone()).await;
    assert_eq!(code, "not-published");
    edition(&desk, LATER, &report, json!({ "tlp": "red", "details": "CANARY-details." })).await;
    let told =
        |case: &Value| list(&case["journal"]).iter().filter(|entry| entry.to_string().contains("TLP:RED")).count();
    let before = told(&desk.case(&report).await);
    desk.does(LATER, Ines, &report, give).await;
    assert_eq!(told(&desk.case(&report).await), before + 1, "the text with its label");
}
