//! Who reads which case: being on it, getting on it, and what everybody else can tell of it, which is nothing.

use crate::support::service::Service;
use candor::accounts::{self, token};
use candor::store::{cases, outbox};
use candor::worker;
use candor_core::access::Role;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Of a program whose cases are each for those on it, after a first look.
pub const POLICY: &str = r#"
contacts = [{ role = "primary", email = "first@example.org" }, { role = "secondary", email = "second@example.org" }]
[program]
slug = "store"
name = "Object Store"
[access]
first_look = ["coordinator", "analyst"]
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
"#;

/// A service with one policy and people of every role.
struct House {
    service: Service,
    tokens: BTreeMap<&'static str, String>,
    ids: BTreeMap<&'static str, String>,
}

/// An answer: status, headers that may differ between requests left out, body.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

impl House {
    async fn open() -> Self {
        let other = POLICY.replace("\"store\"", "\"other\"").replace("Object Store", "Other");
        let service = Service::start(&[POLICY, &other], |_| ()).await;
        let mut house = Self { service, tokens: BTreeMap::new(), ids: BTreeMap::new() };
        house.at("2026-03-02T09:00:00Z");
        for (name, program, role) in [
            ("ines", "store", Some(Role::Coordinator)),
            ("tomas", "store", Some(Role::Coordinator)),
            ("ana", "store", Some(Role::Analyst)),
            ("bob", "store", Some(Role::Analyst)),
            ("dev", "store", Some(Role::Developer)),
            ("app", "store", Some(Role::Approver)),
            ("ruth", "store", Some(Role::Observer)),
            ("eve", "other", Some(Role::Coordinator)),
            ("boss", "store", None),
        ] {
            let roles: Vec<_> = role.into_iter().map(|role| (program.to_owned(), role)).collect();
            let (id, _) = accounts::add_ready(
                &house.service.app,
                name,
                &format!("{name}@team.example"),
                "a long enough password",
                &roles,
                role.is_none(),
            )
            .await
            .expect("the member is made");
            let scopes = token::Scopes::parse("read,write,publish,bulk,members,keys").expect("scopes");
            let made = token::make(&house.service.app, &id, "test", scopes, 300).await.expect("the token is made");
            house.tokens.insert(name, format!("Bearer {}", made.secret));
            house.ids.insert(name, id.0);
        }
        house
    }

    fn at(&self, now: &str) {
        self.service.app.set_clock(now.parse::<Timestamp>().expect("an instant"));
    }

    fn wait(&self, span: SignedDuration) {
        self.service.app.set_clock(self.service.app.now() + span);
    }

    async fn ask(&self, method: Method, path: &str, who: &str, body: Option<Value>) -> Answer {
        let mut request = reqwest::Client::new().request(method, self.service.at(&format!("/api/v1{path}")));
        if let Some(token) = self.tokens.get(who) {
            request = request.header("authorization", token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let mut headers: Vec<_> = answer
            .headers()
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        headers.sort();
        let status = answer.status().as_u16();
        Answer { status, headers, body: answer.json().await.unwrap_or_default() }
    }

    async fn get(&self, path: &str, who: &str) -> Answer {
        self.ask(Method::GET, path, who, None).await
    }

    async fn does(&self, who: &str, case: &str, command: Value) -> Answer {
        self.ask(Method::POST, &format!("/cases/{case}/commands"), who, Some(command)).await
    }

    async fn reads(&self, who: &str, case: &str) -> u16 {
        self.get(&format!("/cases/{case}"), who).await.status
    }

    /// Files a report that tells of `word`.
    async fn report(&self, word: &str) -> String {
        let body = json!({ "title": format!("CANARY {word}"), "description": "What it is." });
        let filed = self.ask(Method::POST, "/programs/store/reports", "", Some(body)).await;
        assert_eq!(filed.status, 201, "{filed:?}");
        filed.body["case"].as_str().expect("a number").to_owned()
    }

    /// A case that Ana took up.
    async fn taken_up(&self, word: &str) -> String {
        let case = self.report(word).await;
        let done = self.does("ana", &case, json!({ "command": "acknowledge", "text": "Thank you." })).await;
        assert_eq!(done.status, 200, "{done:?}");
        case
    }

    /// Kinds and recipients of the letters that wait.
    async fn letters(&self) -> Vec<(String, String)> {
        let rows = outbox::list(&self.service.app.store, "waiting", "", 500).await.expect("rows");
        let name = |recipient: &str| {
            let known = self.ids.iter().find(|(_, id)| recipient == format!("member:{id}"));
            known.map_or_else(|| recipient.to_owned(), |(name, _)| (*name).to_owned())
        };
        let mut letters: Vec<_> = rows.iter().map(|row| (row.kind.clone(), name(&row.recipient))).collect();
        letters.sort();
        letters
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r1_no_role_reads_a_case_without_being_on_it() {
    let house = House::open().await;
    let case = house.report("first").await;
    let all = ["ines", "tomas", "ana", "bob", "dev", "app", "ruth", "eve", "boss"];
    let reads = async |case: &str| {
        let mut statuses = Vec::new();
        for who in all {
            statuses.push((who, house.reads(who, case).await));
        }
        statuses.into_iter().filter(|(_, status)| *status == 200).map(|(who, _)| who).collect::<Vec<_>>()
    };
    assert_eq!(reads(&case).await, ["ines", "tomas", "ana", "bob"], "the first look, as long as nobody is on it");
    let done = house.does("ana", &case, json!({ "command": "acknowledge", "text": "Thank you." })).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(reads(&case).await, ["ines", "tomas", "ana", "bob"], "who looked can end what they began");
    house.wait(SignedDuration::from_hours(1));
    assert_eq!(reads(&case).await, ["ana"], "whoever took it up, and nobody else");
    let refused = house.get(&format!("/cases/{case}"), "ines").await;
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("not-on-case")), "{refused:?}");
    assert!(!refused.body.to_string().contains("CANARY"));
    let page = house.get("/cases", "ines").await.body.to_string();
    assert!(
        page.contains(&case) && !page.contains("CANARY"),
        "a coordinator knows that it is there, and no words: {page}"
    );

    let put = |who: &str| json!({ "command": "put-on", "member": house.ids[who], "reason": "knows the code" });
    assert_eq!(house.does("bob", &case, put("bob")).await.status, 404, "only who is on it or coordinates");
    assert_eq!(house.does("ines", &case, json!({ "command": "note", "text": "x" })).await.status, 403);
    for who in ["dev", "ruth", "ines"] {
        assert_eq!(house.does("ines", &case, put(who)).await.status, 200, "{who}");
    }
    assert_eq!(house.does("ines", &case, put("eve")).await.status, 422, "only people of the program");
    assert_eq!(reads(&case).await, ["ines", "ana", "dev", "ruth"]);
    assert!(house.letters().await.contains(&("people".into(), "ana".into())), "{:?}", house.letters().await);

    // Being on it does not give other acts than the role does.
    for (who, command, status) in [
        ("dev", json!({ "command": "note", "text": "x" }), 200),
        ("dev", json!({ "command": "answer", "text": "x" }), 403),
        ("dev", json!({ "command": "approve-advisory", "revision": 1 }), 403),
        ("ruth", json!({ "command": "note", "text": "x" }), 403),
        ("ana", json!({ "command": "close", "reason": "x" }), 403),
    ] {
        assert_eq!(house.does(who, &case, command.clone()).await.status, status, "{who} {command}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r5_whoever_is_taken_off_reads_nothing_from_then_on() {
    let house = House::open().await;
    let case = house.taken_up("left").await;
    let dev = |command: &str| json!({ "command": command, "member": house.ids["dev"] });
    assert_eq!(house.does("ana", &case, dev("put-on")).await.status, 200);
    assert_eq!(house.reads("dev", &case).await, 200);
    assert_eq!(house.does("ana", &case, dev("take-off")).await.status, 403, "a coordinator takes people off");
    let ines = json!({ "command": "put-on", "member": house.ids["ines"] });
    assert_eq!(house.does("ines", &case, ines).await.status, 200);
    assert_eq!(house.does("ines", &case, dev("take-off")).await.status, 200);
    let absent = house.get("/cases/00000-00000", "dev").await;
    assert_eq!(house.get(&format!("/cases/{case}"), "dev").await, absent);
    let note = json!({ "command": "note", "text": "x" });
    assert_eq!(house.does("dev", &case, note.clone()).await, house.does("dev", "00000-00000", note).await);
    assert_eq!(house.get("/cases?state=all", "dev").await.body["cases"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_l1_l3_lists_and_counts_know_only_what_the_reader_may_see() {
    let house = House::open().await;
    let before = house.get("/cases?state=all", "bob").await;
    for word in ["one", "two", "three"] {
        house.taken_up(word).await;
    }
    assert_eq!(house.get("/cases?state=all", "bob").await, before, "three cases more, and not a byte tells it");
    assert_eq!(house.get("/cases?state=all&limit=1", "ruth").await.body["counts"], json!([]));
    let own = house.get("/cases?state=all", "ana").await.body;
    assert_eq!(own["cases"].as_array().map(Vec::len), Some(3), "{own}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_l1_r5_search_and_likely_duplicates_follow_every_change_of_who_is_on_a_case() {
    let house = House::open().await;
    let (first, second) = (house.taken_up("kwyjibo").await, house.taken_up("kwyjibo").await);
    let on = |who: &str| json!({ "command": "put-on", "member": house.ids[who] });
    for (who, case, asked) in [("ana", &first, "dev"), ("ana", &second, "dev")] {
        assert_eq!(house.does(who, case, on(asked)).await.status, 200);
    }
    let ines = json!({ "command": "put-on", "member": house.ids["ines"] });
    assert_eq!(house.does("ines", &second, ines).await.status, 200);
    let found = async |who: &str| {
        let body = house.get("/search?q=kwyjibo", who).await.body;
        let total = body["total"].as_u64().expect("a total");
        (total, body["cases"].as_array().map_or(0, Vec::len))
    };
    let likely = async |who: &str| {
        let body = house.get(&format!("/cases/{first}/similar"), who).await.body;
        body["likely"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((found("dev").await, found("bob").await, found("boss").await), ((2, 2), (0, 0), (0, 0)));
    assert_eq!(likely("dev").await, 1);
    // Whoever is taken off finds and counts it no longer, from the next question on.
    let off = json!({ "command": "take-off", "member": house.ids["dev"] });
    assert_eq!(house.does("ines", &second, off).await.status, 200);
    assert_eq!((found("dev").await, likely("dev").await), ((1, 1), 0));
    // Breaking the glass lets them find it for a day, and not an instant longer, also before a clock puts that on record.
    let glass = json!({ "command": "break-glass", "reason": "A customer calls." });
    assert_eq!(house.does("bob", &second, glass).await.status, 200);
    assert_eq!(found("bob").await, (1, 1));
    house.wait(SignedDuration::from_hours(24));
    assert_eq!(found("bob").await, (0, 0));
    assert_eq!(found("ana").await, (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r1_a_link_between_programs_is_known_only_to_whoever_may_see_both_cases() {
    let mut house = House::open().await;
    let roles = [("store".to_owned(), Role::Analyst), ("other".to_owned(), Role::Analyst)];
    let (id, _) =
        accounts::add_ready(&house.service.app, "pat", "pat@team.example", "a long enough password", &roles, false)
            .await
            .expect("the member is made");
    let scopes = token::Scopes::parse("read,write,publish,bulk,members,keys").expect("scopes");
    let made = token::make(&house.service.app, &id, "test", scopes, 300).await.expect("the token is made");
    house.tokens.insert("pat", format!("Bearer {}", made.secret));
    let mine = house.report("one").await;
    let body = json!({ "title": "CANARY theirs", "description": "The same library." });
    let filed = house.ask(Method::POST, "/programs/other/reports", "", Some(body)).await;
    let theirs = filed.body["case"].as_str().expect("a number").to_owned();
    let before = house.get(&format!("/cases/{mine}"), "ana").await;
    // A merge is refused, and says what can be done instead.
    let merged = house.does("pat", &mine, json!({ "command": "merge", "into": theirs })).await;
    assert_eq!(merged.status, 422);
    assert!(merged.body.to_string().contains("Link the two with `relate`"), "{merged:?}");
    let linked = house.does("pat", &mine, json!({ "command": "relate", "to": theirs, "text": "one library" })).await;
    assert_eq!(linked.status, 200, "{linked:?}");
    let related = async |who: &str, case: &str| house.get(&format!("/cases/{case}"), who).await.body["related"].clone();
    assert_eq!((related("pat", &mine).await, related("pat", &theirs).await), (json!([theirs]), json!([mine])));
    // To the teams of one side alone it is as if nothing had happened; nobody took a case up by it.
    let after = house.get(&format!("/cases/{mine}"), "ana").await.body;
    assert!(!after.to_string().contains(&theirs) && !after.to_string().contains("one library"), "{after}");
    assert_eq!((&after["related"], &after["updated_at"]), (&json!([]), &before.body["updated_at"]));
    let other_side = house.get(&format!("/cases/{theirs}"), "eve").await;
    assert_eq!((other_side.status, other_side.body["related"].clone()), (200, json!([])));
    assert!(!other_side.body.to_string().contains(&mine), "{other_side:?}");
    assert_eq!((house.reads("bob", &mine).await, house.reads("ana", &theirs).await), (200, 404));
    // Nor does a search show them that there is a link.
    let found =
        async |who: &str, of: &str| house.get(&format!("/search?q=related:{of}"), who).await.body["total"].clone();
    assert_eq!((found("pat", &theirs).await, found("pat", "any").await), (json!(1), json!(2)));
    for (who, of) in [("ana", theirs.as_str()), ("ana", "any"), ("eve", mine.as_str()), ("eve", "any")] {
        assert_eq!(found(who, of).await, json!(0), "{who}");
    }
    // Whoever sees one side cannot take back what they do not see; whoever sees both can, from either side.
    let back = |to: &str| json!({ "command": "unrelate", "to": to });
    assert_eq!(house.does("ana", &mine, back(&theirs)).await.status, 422);
    assert_eq!(house.does("pat", &theirs, back(&mine)).await.status, 200);
    assert_eq!((related("pat", &mine).await, related("pat", &theirs).await), (json!([]), json!([])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_j3_what_belongs_to_another_case_is_absent_under_ones_own() {
    let house = House::open().await;
    let (own, other) = (house.taken_up("own").await, house.report("other").await);
    let taken = house.does("bob", &other, json!({ "command": "acknowledge", "text": "Thank you." })).await;
    assert_eq!(taken.status, 200);
    let files = house.get(&format!("/cases/{own}/files/{other}"), "ana").await;
    assert_eq!(files, house.get(&format!("/cases/{own}/files/nothing"), "ana").await);
    assert_eq!(files.status, 404);
    for (of, status) in [(other.as_str(), 200), ("00000-00000", 200)] {
        // That it is there or not makes no difference to whoever may not see it.
        let answer = house.does("ana", &own, json!({ "command": "duplicate", "of": of, "text": "Known." })).await;
        assert_eq!(answer.status == 200, status == 200, "{answer:?}");
        let ines = json!({ "command": "put-on", "member": house.ids["ines"] });
        house.does("ines", &own, ines).await;
        house.does("ines", &own, json!({ "command": "reopen", "reason": "again" })).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r1_cases_that_hang_together_take_nobody_onto_each_other() {
    let house = House::open().await;
    let (lead, other) = (house.report("lead").await, house.taken_up("other").await);
    let does = async |who: &str, case: &str, command: Value| {
        let done = house.does(who, case, command.clone()).await;
        assert_eq!(done.status, 200, "{who} {command}: {done:?}");
    };
    let on = |who: &str| json!({ "command": "put-on", "member": house.ids[who] });
    does("bob", &lead, json!({ "command": "acknowledge", "text": "Thank you." })).await;
    does("bob", &lead, on("ana")).await;
    does("ana", &other, json!({ "command": "merge", "into": lead })).await;
    does("ines", &lead, on("ines")).await;
    does("ines", &lead, json!({ "command": "take-off", "member": house.ids["ana"] })).await;

    // Whoever decides in the case that gathers is told of in the other, and reads nothing of it.
    does("bob", &lead, json!({ "command": "answer-all", "text": "A fix comes in May." })).await;
    assert!(house.get(&format!("/cases/{other}"), "ana").await.body.to_string().contains("A fix comes in May."));
    assert_eq!(house.reads("bob", &other).await, 404);
    assert_eq!(house.reads("ines", &other).await, 403);
    // Whoever takes the other out again is told of in the one that gathered it, and reads nothing of that one.
    assert_eq!(house.reads("ana", &lead).await, 404);
    does("ana", &other, json!({ "command": "separate", "reason": "Another cause." })).await;
    let told = house.get(&format!("/cases/{lead}"), "bob").await.body["journal"].to_string();
    assert!(told.contains("released"), "{told}");
    assert_eq!(house.reads("ana", &lead).await, 404);

    // Nor does work on a finding open the whole report.
    let parts = json!([{ "title": "The log", "text": "It holds passwords." }]);
    does("bob", &lead, json!({ "command": "split", "parts": parts })).await;
    let body = house.get(&format!("/cases/{lead}"), "bob").await.body;
    let journal = body["journal"].as_array().cloned().unwrap_or_default();
    let part = journal.iter().find_map(|entry| entry["part"].as_str()).expect("the finding has a case").to_owned();
    does("bob", &part, on("ana")).await;
    does("ana", &part, json!({ "command": "ask", "text": "Which log?" })).await;
    does("ana", &part, json!({ "command": "answer", "text": "We look." })).await;
    let told = house.get(&format!("/cases/{lead}"), "bob").await.body["journal"].to_string();
    assert!(told.contains("Which log?") && told.contains("We look."), "{told}");
    assert_eq!(house.reads("ana", &lead).await, 404);
    let row = cases::get(&house.service.app.store, &lead).await.expect("a store").expect("a row");
    let rebuilt = candor::execute::rebuild::rebuild(&house.service.app, |_| ()).await.expect("all is rebuilt");
    assert_eq!(rebuilt, 3);
    assert_eq!(cases::get(&house.service.app.store, &lead).await.expect("a store").expect("a row").grants, row.grants);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r5_whoever_filed_a_report_for_somebody_is_taken_off_it_like_everybody() {
    let house = House::open().await;
    let body = json!({ "program": "store", "channel": "mail", "report": { "title": "CANARY", "description": "x" } });
    let filed = house.ask(Method::POST, "/cases", "ana", Some(body)).await;
    assert_eq!(filed.status, 201, "{filed:?}");
    let case = filed.body["case"].as_str().expect("a number").to_owned();
    let ines = |command: &str, who: &str| json!({ "command": command, "member": house.ids[who] });
    assert_eq!(house.does("ines", &case, ines("put-on", "ines")).await.status, 200);
    assert_eq!(house.reads("ana", &case).await, 200, "who filed it may add to it");
    let done = house.does("ines", &case, ines("take-off", "ana")).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(house.reads("ana", &case).await, 404);
    assert_eq!(house.does("ines", &case, ines("put-on", "ana")).await.status, 200);
    assert_eq!(house.does("ines", &case, ines("take-off", "ana")).await.status, 200);
    assert_eq!(house.reads("ana", &case).await, 404, "also after they were put on it by name");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_l1_a_coordinator_cannot_ask_for_the_severity_of_cases_they_are_not_on() {
    let house = House::open().await;
    let case = house.taken_up("rated").await;
    let rate = json!({ "command": "rate", "vectors": ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"] });
    let rated = house.does("ana", &case, rate).await;
    assert_eq!(rated.status, 200, "{rated:?}");
    let listed = async |who: &str, severity: &str| {
        let page = house.get(&format!("/cases?severity={severity}"), who).await.body;
        page["cases"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((listed("ana", "critical").await, listed("ana", "low").await), (1, 0));
    assert_eq!((listed("ines", "critical").await, listed("ines", "low").await), (0, 0));
    assert_eq!(house.get("/cases", "ines").await.body["cases"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_glass_is_broken_with_a_reason_for_a_day_and_the_team_is_told() {
    let house = House::open().await;
    let case = house.taken_up("night").await;
    let glass = json!({ "command": "break-glass", "reason": "It is night and it is being exploited." });
    assert_eq!(house.does("ruth", &case, glass.clone()).await.status, 404, "an observer does not, and learns nothing");
    assert_eq!(house.does("eve", &case, glass.clone()).await.status, 404);
    assert_eq!(house.does("dev", "00000-00000", glass.clone()).await.status, 404);
    assert_eq!(house.does("dev", &case, json!({ "command": "break-glass", "reason": "" })).await.status, 422);
    assert_eq!(house.does("dev", &case, glass).await.status, 200);
    assert_eq!(house.reads("dev", &case).await, 200);
    let told: Vec<_> = house.letters().await.into_iter().filter(|(kind, _)| kind == "glass-broken").collect();
    let expected = [("glass-broken".to_owned(), "ana".to_owned()), ("glass-broken".into(), "contact:primary".into())];
    assert_eq!(told, expected);
    house.wait(SignedDuration::from_hours(24));
    assert_eq!(house.reads("dev", &case).await, 404, "the day is over, whether a clock asked or not");
    worker::tick_once(&house.service.app).await.expect("a round");
    let row = cases::get(&house.service.app.store, &case).await.expect("a store").expect("a row");
    assert!(!row.grants.contains(&house.ids["dev"]), "{}", row.grants);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_goes_on_record_once_a_day_and_says_who() {
    let house = House::open().await;
    let case = house.report("seen").await;
    for _ in 0..3 {
        assert_eq!(house.reads("ana", &case).await, 200);
    }
    assert_eq!(house.reads("bob", &case).await, 200);
    let seen = async || {
        let body = house.get(&format!("/cases/{case}"), "ana").await.body;
        let journal = body["journal"].as_array().cloned().unwrap_or_default();
        journal.into_iter().filter(|entry| entry["event"] == "seen").count()
    };
    assert_eq!(seen().await, 2, "Ana once, Bob once");
    house.wait(SignedDuration::from_hours(24));
    assert_eq!(seen().await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_s1_the_twenty_first_case_in_ten_minutes_asks_for_the_second_factor_and_alarms_two_people() {
    let house = House::open().await;
    let mut cases = Vec::new();
    for n in 0..21 {
        cases.push(house.report(&format!("{n}")).await);
    }
    for case in &cases[..20] {
        assert_eq!(house.reads("ana", case).await, 200);
    }
    let refused = house.get(&format!("/cases/{}", cases[20]), "ana").await;
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("reading-budget")), "{refused:?}");
    assert_eq!(house.reads("ana", &cases[20]).await, 403);
    let told: Vec<_> = house.letters().await.into_iter().filter(|(kind, _)| kind == "reading").collect();
    assert_eq!(told.iter().map(|(_, to)| to.as_str()).collect::<Vec<_>>(), ["ines", "tomas"], "once each: {told:?}");
    assert_eq!(house.reads("bob", &cases[20]).await, 200, "each has a budget of their own");
    house.wait(SignedDuration::from_mins(10));
    assert_eq!(house.reads("ana", &cases[20]).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_s1_a_session_in_a_browser_of_another_kind_shows_nothing_before_the_second_factor() {
    let house = House::open().await;
    let app = &house.service.app;
    let roles = [("store".to_owned(), Role::Analyst)];
    let (_, secret) = accounts::add_ready(app, "Cleo", "cleo@team.example", "a long enough password", &roles, false)
        .await
        .expect("the member is made");
    let case = house.report("replayed").await;
    let browser = house.service.browser();
    let code = accounts::totp::code(&secret, app.now()).expect("a code");
    let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
    let who = [("email", "cleo@team.example"), ("password", "a long enough password"), ("code", code.as_str())];
    let page = browser.post("/desk/sign-in", &crate::support::service::answered(form, &who)).await;
    let cookie = page.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let asked = async |agent: &str, path: &str| {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let request = client.get(house.service.at(path)).header("cookie", &cookie).header("user-agent", agent);
        let answer = request.send().await.expect("an answer");
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap_or_default().to_owned());
        (answer.status().as_u16(), to.unwrap_or_default(), answer.text().await.unwrap_or_default())
    };
    let path = format!("/desk/cases/{case}");
    assert_eq!(asked("curl/8.5.0", &path).await.0, 200, "the same kind of browser as at sign-in");
    for path in [path.as_str(), "/desk", "/desk/settings"] {
        let (status, to, body) =
            asked("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", path).await;
        assert_eq!(status, 303, "{path}");
        assert!(to.starts_with("/desk/confirm") && !body.contains("CANARY"), "{path}: {to}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_while_somebody_else_takes_the_report_keeps_what_they_wrote() {
    let house = House::open().await;
    let case = house.report("raced").await;
    for who in ["ana", "bob", "tomas"] {
        assert_eq!(house.reads(who, &case).await, 200);
    }
    let taken = house.does("ana", &case, json!({ "command": "acknowledge", "text": "Thank you." })).await;
    assert_eq!(taken.status, 200, "{taken:?}");
    let note = |text: &str| json!({ "command": "note", "text": text });
    assert_eq!(house.does("bob", &case, note("The parser is at fault.")).await.status, 200, "his note is kept");
    assert_eq!(house.does("dev", &case, note("x")).await.status, 404, "who never looked gets no hour");
    let listed = house.get("/cases?state=all", "bob").await.body;
    assert!(!listed.to_string().contains(&case), "it is in no list of his any more: {listed}");
    // A coordinator who is on it can end the hour at once, and a role that goes ends it as well.
    let on = json!({ "command": "put-on", "member": house.ids["ines"] });
    assert_eq!(house.does("ines", &case, on).await.status, 200);
    let off = json!({ "command": "take-off", "member": house.ids["bob"] });
    assert_eq!(house.does("ines", &case, off).await.status, 200);
    assert_eq!(house.reads("bob", &case).await, 404);
    accounts::set_roles(&house.service.app, &house.ids["tomas"], &[("other".to_owned(), Role::Coordinator)], false)
        .await
        .expect("he goes elsewhere");
    assert_eq!(house.reads("tomas", &case).await, 404);
    house.wait(SignedDuration::from_hours(1));
    assert_eq!(house.does("bob", &case, note("x")).await.status, 404);
}
