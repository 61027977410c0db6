//! Candor watches itself: channels that fail and are mended, the record in public, who was told of a breach inside.

use crate::policies_story::desk::{Desk, Ines, Jonas, list};
use crate::support::service::answered;
use candor::config::MailOut;
use candor::worker;
use candor_core::id::ProgramSlug;
use serde_json::{Value, json};

const POLICY: &str = r#"
[program]
slug = "sample"
name = "Sample"
url = "https://sample.example"

[[program.links]]
text = "The vendor's policy"
url = "https://vendor.example/security"

[[contacts]]
role = "lead"
email = "lead@sample.example"

[[contacts]]
role = "deputy"
email = "deputy@sample.example"

[[scope.products]]
name = "Sample Server"
repositories = ["github.com/sample/server", "github.com/sample/*"]

[[promises]]
name = "answer"
what = "an answer"
kept_by = "acknowledgement"
within = "2 days"
escalate = [{ to = "deputy", after = "0 hours" }]

[[promises]]
name = "patch"
what = "a patch"
kept_by = "fix"
within = "30 days"
kind = "target"

[disclosure]
no_sla = "This is no service level agreement."

[publish]
record = true
"#;

fn report(number: usize) -> Value {
    json!({ "title": format!("The secret title {number}"), "description": "A secret description.", "version": "1" })
}

async fn opened() -> Desk {
    Desk::open("sample", POLICY, "2027-01-04T08:00:00Z").await
}

async fn build(desk: &Desk) {
    worker::Pages::default().round(&desk.service.app).await.expect("the figures are counted and the tree built");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s7_m6_the_record_is_public_folded_and_names_no_case() {
    let desk = opened().await;
    // Six reports: five answered in a day, one never. One is rejected, one taken back, the rest stays open.
    let mut cases = Vec::new();
    for number in 0..6 {
        cases.push(desk.report(&format!("2027-01-0{}T09:00:00Z", 4 + number % 3), report(number)).await);
    }
    for case in &cases[..5] {
        desk.does("2027-01-06T10:00:00Z", Jonas, case, json!({ "command": "acknowledge", "text": "Thank you." })).await;
    }
    desk.works("2027-01-09T10:00:00Z").await;
    desk.does("2027-01-10T10:00:00Z", Ines, &cases[0], json!({ "command": "reject", "text": "It is meant so." })).await;
    desk.reporter("2027-01-10T11:00:00Z", &cases[1], "withdraw", json!({})).await;
    desk.at("2027-01-20T10:00:00Z");
    build(&desk).await;
    let browser = desk.service.browser();
    let page = browser.get("/sample/record").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("This is no service level agreement."), "the record is no promise either");
    let figures: Value = serde_json::from_str(&browser.get("/sample/record.json").await.body).expect("JSON");
    let quarter = &figures["quarters"][0];
    assert_eq!((&quarter["year"], &quarter["quarter"]), (&json!(2027), &json!(1)));
    let answer = list(&quarter["promises"]).iter().find(|promise| promise["promise"] == "answer").expect("it is there");
    // Two of the five were answered at the edge: reported on 4 January at 9:00, answered on 6 January at 10:00.
    assert_eq!(answer["kept"], 3);
    assert_eq!(answer["kept_late"], json!({ "at_least": 1, "at_most": 2 }));
    assert_eq!(answer["broken"], json!({ "at_least": 1, "at_most": 2 }));
    // Hours until the answer: 49, 49, 25, 25, 1; the median is 25 hours, the ninetieth percentile 49.
    assert_eq!(answer["median_minutes"], 25 * 60);
    assert_eq!(answer["ninetieth_percentile_minutes"], 49 * 60);
    let outcome = |name: &str| {
        let found = list(&quarter["outcomes"]).iter().find(|row| row["outcome"] == name);
        found.map(|row| row["reports"].clone()).unwrap_or_default()
    };
    assert_eq!(outcome("rejected"), json!({ "at_least": 1, "at_most": 2 }));
    assert_eq!(outcome("not decided yet"), 4);
    assert_eq!(quarter["reports_received"], json!({ "at_least": 6, "at_most": 8 }), "a total gives no part away");
    for text in [page.body.as_str(), &figures.to_string()] {
        assert!(!text.contains("secret"));
        assert!(cases.iter().all(|case| !text.contains(&case.case)), "no case is named");
    }
    // The policy page leads there, and says that it is public.
    let policy = browser.get("/sample").await.body;
    assert!(policy.contains("/sample/record") && policy.contains("the broken ones included"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s7_without_a_word_in_the_policy_there_is_no_record() {
    let quiet = POLICY.replace("record = true", "record = false");
    let desk = Desk::open("sample", Box::leak(quiet.into_boxed_str()), "2027-01-04T08:00:00Z").await;
    desk.report("2027-01-04T09:00:00Z", report(1)).await;
    build(&desk).await;
    let browser = desk.service.browser();
    assert_eq!(browser.get("/sample/record").await.status, 404);
    assert_eq!(browser.get("/sample/record.json").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m6_inside_each_breach_tells_who_was_told_and_when() {
    let desk = opened().await;
    let case = desk.report("2027-01-04T09:00:00Z", report(1)).await;
    desk.works("2027-01-06T09:01:00Z").await;
    let page = desk.browser().await.get("/desk/breaches").await.body;
    assert!(page.contains(&case.case) && page.contains("An answer"), "{page}");
    assert!(page.contains("deputy") && page.contains("the reporter, on their page"), "{page}");
    assert!(page.contains("6 Jan 2027, 09:01"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_i9_what_the_policy_publishes_comes_from_one_file() {
    let desk = opened().await;
    build(&desk).await;
    let browser = desk.service.browser();
    let json: Value = serde_json::from_str(&browser.get("/sample/policy.json").await.body).expect("JSON");
    let schema: Value = serde_json::from_str(&browser.get("/policy-1.schema.json").await.body).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let wrong: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["program"]["links"][0]["url"], "https://vendor.example/security");
    let insights = browser.get("/sample/security-insights.yml").await;
    assert_eq!(insights.header("content-type"), "application/yaml");
    for line in [
        "  schema-version: \"2.1.0\"",
        "    - name: \"Sample Server\"",
        "      url: \"https://github.com/sample/server\"",
        "    reports-accepted: true",
    ] {
        assert!(insights.body.contains(line), "{line} in {}", insights.body);
    }
    let text = browser.get("/sample/SECURITY.md").await.body;
    assert!(text.contains("| A patch | within 30 days of your report | We aim at it |"), "{text}");
    assert!(text.contains("https://vendor.example/security"), "{text}");
}

/// How each channel stands: name and state.
async fn channels(desk: &Desk) -> Vec<(String, &'static str)> {
    let probes = worker::probe_once(&desk.service.app).await.expect("every channel is looked at");
    probes.into_iter().map(|probe| (probe.finding.channel, probe.finding.state.name())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_that_work_are_fine_and_tell_nobody() {
    let desk = opened().await;
    build(&desk).await;
    let all = channels(&desk).await;
    let named: Vec<(&str, &str)> = all.iter().map(|(channel, state)| (channel.as_str(), *state)).collect();
    assert_eq!(
        named,
        [
            ("contact deputy", "fine"),
            ("contact lead", "fine"),
            ("form", "fine"),
            ("letters out", "fine"),
            ("security.txt", "fine")
        ]
    );
    assert!(desk.works("2027-01-04T10:00:00Z").await.is_empty());
    let page = desk.browser().await.get("/desk").await.body;
    assert!(!page.contains("To be mended first"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_fails_stands_above_the_queue_and_is_told_once_until_it_is_mended() {
    let desk = opened().await;
    build(&desk).await;
    // The file that reporters look for is gone from the public tree.
    let file = desk.service.app.config.public.join("sample/security.txt");
    let text = std::fs::read(&file).expect("it is there");
    std::fs::remove_file(&file).expect("it goes");
    desk.at("2027-01-05T08:00:00Z");
    assert!(channels(&desk).await.contains(&("security.txt".to_owned(), "failed")));
    let told = desk.works("2027-01-05T08:01:00Z").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "lead@sample.example");
    assert!(told[0].1.contains("A channel of the security policy fails"), "{told:?}");
    assert!(desk.shown().pop().expect("a letter").2.contains("security.txt: it answers with status 404."));
    let browser = desk.browser().await;
    let queue = browser.get("/desk").await.body;
    assert!(queue.contains("To be mended first") && queue.contains("it answers with status 404"), "{queue}");
    assert!(browser.get("/desk/channels").await.body.contains("Fails"));
    // A day later it still fails: nobody is told again.
    desk.at("2027-01-06T08:00:00Z");
    channels(&desk).await;
    assert!(desk.works("2027-01-06T08:01:00Z").await.is_empty());
    std::fs::write(&file, text).expect("it is back");
    desk.at("2027-01-07T08:00:00Z");
    assert!(channels(&desk).await.contains(&("security.txt".to_owned(), "fine")));
    assert!(desk.works("2027-01-07T08:01:00Z").await[0].1.contains("work again"));
    assert!(!browser.get("/desk").await.body.contains("To be mended first"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_about_to_expire_and_a_way_for_letters_that_is_none_are_found() {
    let service = crate::support::service::Service::start(&[POLICY], |config| config.mail = MailOut::Hold).await;
    let app = &service.app;
    let now = app.now();
    let of = |probes: &[candor::watch::probes::Probe], channel: &str| {
        let found = probes.iter().find(|probe| probe.finding.channel == channel).expect("it is looked at");
        (found.finding.state.name(), found.finding.detail.clone())
    };
    let probes = worker::probe_once(app).await.expect("every channel is looked at");
    assert_eq!(of(&probes, "letters out").0, "failed", "nobody is told anything");
    assert_eq!(of(&probes, "security.txt").0, "fine");
    // Nothing renewed the file for eleven months.
    app.set_clock(now + jiff::SignedDuration::from_hours(24 * 335));
    let probes = worker::probe_once(app).await.expect("every channel is looked at");
    assert_eq!(of(&probes, "security.txt").0, "failed", "{probes:?}");
    assert!(app.policy(&ProgramSlug("sample".into())).is_some());
}

/// Two programs, each with one broken promise more than a page holds in the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m6_breaches_are_filtered_by_program_before_they_are_cut_into_pages() {
    let desk = opened().await;
    let other =
        POLICY.replace("slug = \"sample\"", "slug = \"other\"").replace("name = \"Sample\"", "name = \"Other\"");
    desk.service.app.add_program(&other).await.expect("another program");
    for number in 0..52 {
        desk.report("2027-01-04T09:00:00Z", report(number)).await;
    }
    desk.works("2027-01-06T09:01:00Z").await;
    let browser = desk.browser().await;
    let first = browser.get("/desk/breaches").await;
    assert_eq!(first.texts("tbody tr").len(), 50);
    let next = first.attributes("a[rel=next]", "href");
    let second = browser.get(&next[0]).await;
    assert_eq!(second.texts("tbody tr").len(), 2);
    assert!(second.attributes("a[rel=next]", "href").is_empty());
    let ids = |page: &crate::support::service::Page| page.texts("tbody .id");
    assert!(ids(&second).iter().all(|id| !ids(&first).contains(id)), "no case twice");
    let of_sample = browser.get("/desk/breaches?program=sample").await;
    assert_eq!(of_sample.texts("tbody tr").len(), 50);
    assert!(of_sample.attributes("a[rel=next]", "href")[0].contains("program=sample"));
    // Ines has no role in the other program: it is neither named nor found.
    assert!(!first.body.contains("Other"));
    assert!(browser.get("/desk/breaches?program=other").await.body.contains("No promise was broken."));
}

const BY_MAIL: &str = r#"
[channels]
email = "security@sample.example"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_to_the_programs_own_address_goes_round_and_is_missed_when_it_does_not_come_in() {
    use candor::mail::receive::{Envelope, Outcome, receive};
    use candor::watch::round_trip;
    let policy: &'static str =
        Box::leak(POLICY.replacen("\n[[promises]]", &format!("{BY_MAIL}\n[[promises]]"), 1).into_boxed_str());
    let desk = Desk::open("sample", policy, "2027-01-04T08:00:00Z").await;
    build(&desk).await;
    let way = |all: Vec<(String, &'static str)>| {
        all.into_iter().find(|(channel, _)| channel == "mail round trip").map(|(_, state)| state)
    };
    assert_eq!(way(channels(&desk).await), Some("skipped"), "the first letter leaves now");
    let sent = desk.works("2027-01-04T08:01:00Z").await;
    assert_eq!(sent.iter().filter(|(to, _)| to == "security@sample.example").count(), 1, "{sent:?}");
    assert!(sent.iter().any(|(_, subject)| subject.contains("looks whether mail comes in")), "{sent:?}");
    // Looked at again at once, no second letter leaves.
    channels(&desk).await;
    assert!(desk.works("2027-01-04T08:02:00Z").await.is_empty());
    // It comes in by the door: no report, no letter, and the channel works.
    let MailOut::Dir(folder) = &desk.service.app.config.mail else { panic!("letters are in a folder") };
    let newest = candor::mail::dir::list(folder).expect("a folder").into_iter().next().expect("a letter");
    let raw = candor::mail::dir::read(folder, &newest.name).expect("it reads").expect("it is there");
    desk.at("2027-01-04T08:05:00Z");
    let envelope =
        Envelope { from: Some("desk@sample.example".into()), to: "security@sample.example".into(), program: None };
    assert_eq!(receive(&desk.service.app, &envelope, raw).await.expect("it is taken in"), Outcome::Own);
    assert!(desk.queue(&[]).await.1.is_empty(), "it is no report");
    assert_eq!(way(channels(&desk).await), Some("fine"));
    // The next one is lost: where letters really leave, that is a failure, above the queue and by letter.
    desk.at("2027-01-05T09:00:00Z");
    channels(&desk).await;
    let trip = round_trip::last(&desk.service.app, "sample").await.expect("it reads").expect("a letter is on its way");
    let later = "2027-01-05T16:00:00Z".parse().expect("an instant");
    let (state, words) = round_trip::judge(Some(&trip), later, true);
    assert_eq!(state.name(), "failed");
    assert!(words.contains("has not come in"), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_whose_letters_come_back_fails_until_one_does_not() {
    use candor::mail::receive::{Envelope, Outcome, receive};
    let policy: &'static str =
        Box::leak(POLICY.replacen("\n[[promises]]", &format!("{BY_MAIL}\n[[promises]]"), 1).into_boxed_str());
    let desk = Desk::open("sample", policy, "2027-01-04T08:00:00Z").await;
    build(&desk).await;
    let lead = |all: Vec<(String, &'static str)>| {
        all.into_iter().find(|(channel, _)| channel == "contact lead").map(|(_, state)| state)
    };
    desk.report("2027-01-04T09:00:00Z", report(1)).await;
    desk.works("2027-01-04T09:01:00Z").await;
    assert_eq!(lead(channels(&desk).await), Some("fine"));
    // A server says that the letter of the new report could not be delivered, and shows its head.
    let MailOut::Dir(folder) = &desk.service.app.config.mail else { panic!("letters are in a folder") };
    let letters = candor::mail::dir::list(folder).expect("a folder");
    let raw = letters.iter().map(|letter| {
        let raw = candor::mail::dir::read(folder, &letter.name).expect("it reads").expect("it is there");
        String::from_utf8_lossy(&raw).into_owned()
    });
    let letter = raw.into_iter().find(|raw| raw.contains("lead@sample.example")).expect("a letter to the contact");
    let head = letter.replace("\r\n", "\n");
    let head = head.split("\n\n").next().unwrap_or_default();
    let back = format!(
        "From: MAILER-DAEMON@mx.example\nTo: security@sample.example\nSubject: Undelivered mail\n\nNo such user.\n\n{head}\n"
    );
    let envelope = Envelope { from: Some(String::new()), to: "security@sample.example".into(), program: None };
    let taken = receive(&desk.service.app, &envelope, back.replace('\n', "\r\n").into_bytes()).await;
    assert!(matches!(taken.expect("it is taken in"), Outcome::Unverified(_)), "a note at its case");
    assert_eq!(lead(channels(&desk).await), Some("failed"));
    // The next contact is told, and the next letter to this one decides anew.
    let told = desk.works("2027-01-04T09:02:00Z").await;
    assert!(told.iter().any(|(to, subject)| to == "deputy@sample.example" && subject.contains("fails")), "{told:?}");
    assert!(desk.browser().await.get("/desk").await.body.contains("sent the newest letter to this contact back"));
    desk.report("2027-01-04T10:00:00Z", report(2)).await;
    desk.works("2027-01-04T10:01:00Z").await;
    assert_eq!(lead(channels(&desk).await), Some("fine"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_c5_the_end_of_a_programs_openpgp_key_is_told_30_7_and_1_days_before() {
    let desk = opened().await;
    let app = &desk.service.app;
    let hours = jiff::SignedDuration::from_hours;
    let end = app.now() + hours(24 * 40);
    candor::program_keys::make(app, &"sample".into(), end, "test").await.expect("a key");
    build(&desk).await;
    let mut letters = Vec::new();
    for (left, channel, state) in [
        (24 * 39, "OpenPGP key", "fine"),
        (24 * 29, "OpenPGP key, 30 days before its end", "failed"),
        (24 * 20, "OpenPGP key, 30 days before its end", "failed"),
        (24 * 6, "OpenPGP key, 7 days before its end", "failed"),
        (12, "OpenPGP key, a day before its end", "failed"),
        (-1, "OpenPGP key, expired", "failed"),
    ] {
        let at = end - hours(left);
        desk.at(&at.to_string());
        let found = channels(&desk).await;
        assert!(found.contains(&(channel.to_owned(), state)), "{channel}: {found:?}");
        letters.push(desk.works(&(at + jiff::SignedDuration::from_mins(1)).to_string()).await.len());
    }
    assert_eq!(letters, [0, 1, 0, 1, 1, 1], "each step is told once");
    let signed = candor::program_keys::sign_detached(app, &"sample".into(), b"x").await.expect("read");
    assert_eq!(signed, None, "an expired key signs nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_manages_the_desk_makes_prolongs_and_retires_the_openpgp_key_of_a_program() {
    let desk = opened().await;
    let (app, here) = (&desk.service.app, "/desk/settings/openpgp");
    let refused = desk.browser().await.get(here).await;
    assert_ne!(refused.status, 200, "not by everybody");
    let members = candor::accounts::members(app).await.expect("read");
    let ines = members.iter().find(|member| member.email == "ines@team.example").expect("Ines").id.clone();
    let roles = [("*".to_owned(), candor_core::access::Role::Coordinator)];
    candor::accounts::set_roles(app, ines.as_str(), &roles, true).await.expect("she manages the desk");
    // A code counts once.
    app.set_clock(app.now() + jiff::SignedDuration::from_mins(2));
    let browser = desk.browser().await;
    let page = browser.get(here).await;
    assert!(page.body.contains("No program has a key yet"), "{}", page.body);
    let made = browser.post(here, &answered(page.form(here), &[("program", "sample")])).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let keys = candor::program_keys::list(app, &"sample".into()).await.expect("read");
    let page = browser.get(here).await;
    assert!(page.body.contains(&candor::openpgp::words::grouped(&keys[0].fingerprint)), "{}", page.body);
    assert!(!page.body.contains("PRIVATE KEY"), "the secret part never comes out");
    let import = format!("{here}/import");
    let given = [("import_program", "sample"), ("key", "nothing")];
    let refused = browser.post(&import, &answered(page.form(&import), &given)).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("this is no secret OpenPGP key"), "{}", refused.body);
    let retire = format!("{here}/sample/retire");
    let done = browser.post(&retire, &browser.get(here).await.form(&retire)).await;
    assert_eq!(done.status, 303);
    assert_eq!(candor::program_keys::current(app, &"sample".into()).await.expect("read"), None);
    assert!(browser.get(here).await.body.contains("out of use"));
}
