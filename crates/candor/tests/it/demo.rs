//! The demonstration: it shows every state, every way a promise can go, and every end of a case. The API's answers about
//! it are what its description says.

use crate::support::service::{Service, open};
use candor::accounts::{self, token};
use candor::store::verify;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A service with the demonstration in it, and a token of its first coordinator.
async fn demonstration() -> (Service, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = open(&folder, &[], |config| config.demo = true).await;
    candor::demo::fill(&app).await.expect("every step of every story is allowed");
    let service = Service::serve(app, folder).await;
    let ines = accounts::find(&service.app, "ines@example.org").await.expect("Ines is there");
    let scopes = token::Scopes::parse("read,write,publish,bulk,members,keys").expect("scopes");
    let token = token::make(&service.app, &ines.id, "test", scopes, 1).await.expect("a token").secret;
    (service, token)
}

async fn get(service: &Service, token: &str, path: &str) -> Value {
    let request = reqwest::Client::new().request(Method::GET, service.at(&format!("/api/v1{path}"))).bearer_auth(token);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.expect("JSON")
}

/// Every case, whole.
async fn cases(service: &Service, token: &str) -> Vec<Value> {
    let mut cases = Vec::new();
    let ines = accounts::find(&service.app, "ines@example.org").await.expect("Ines is there").id;
    let mut path = "/cases?state=all&limit=7".to_owned();
    loop {
        let page = get(service, token, &path).await;
        // Reading all of them at once is more than the reading budget has.
        candor::execute::reading::proved(&service.app, &ines).await;
        for row in page["cases"].as_array().expect("cases") {
            cases.push(get(service, token, &format!("/cases/{}", row["case"].as_str().expect("a name"))).await);
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/cases?state=all&limit=7&cursor={next}"),
            None => return cases,
        }
    }
}

fn words(cases: &[Value], of: impl Fn(&Value) -> Vec<Value>) -> BTreeSet<String> {
    cases.iter().flat_map(of).filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_shows_everything_that_can_become_of_a_case() {
    let (service, token) = demonstration().await;
    let cases = cases(&service, &token).await;
    assert!(cases.len() >= 20, "{} cases", cases.len());
    assert_eq!(
        words(&cases, |case| vec![case["state"].clone()]),
        set(&["new", "triage", "confirmed", "fixed", "published", "closed"])
    );
    assert_eq!(
        words(&cases, |case| vec![case["program"].clone()]),
        set(&["dapr", "directus", "ibexa", "minio", "strapi"])
    );
    let statuses = words(&cases, |case| each(&case["clocks"]).map(|clock| clock["status"].clone()).collect());
    for status in ["running", "paused", "kept", "kept-late", "broken"] {
        assert!(statuses.contains(status), "no clock is {status}: {statuses:?}");
    }
    let outcomes = words(&cases, |case| vec![case["outcome"]["outcome"].clone()]);
    for outcome in ["confirmed", "rejected", "out-of-scope", "duplicate", "scanner-output", "withdrawn"] {
        assert!(outcomes.contains(outcome), "no case ended as {outcome}: {outcomes:?}");
    }
    let severities = words(&cases, |case| vec![case["severity"].clone()]);
    for severity in ["low", "medium", "high", "critical"] {
        assert!(severities.contains(severity), "no case is {severity}: {severities:?}");
    }
    let any = |what: &str, is: &dyn Fn(&Value) -> bool| assert!(cases.iter().any(is), "no case {what}");
    any("waits for the reporter", &|case| case["waiting_since"].is_string());
    any("has a date proposed", &|case| case["embargo"]["agreed"] == false);
    any("has a date agreed", &|case| case["embargo"]["agreed"] == true);
    any("has a draft to be approved", &|case| {
        case["advisory"]["draft"].is_object() && case["advisory"]["approved_by"].is_null()
    });
    any("has a missed target with a new estimate", &|case| {
        each(&case["clocks"]).any(|clock| clock["kind"] == "target" && clock["status"] == "broken")
            && each(&case["journal"]).any(|entry| entry["event"] == "estimated")
    });
    any("has files", &|case| !case["files"].as_array().is_none_or(Vec::is_empty));
    any("is exploited", &|case| case["exploited"] == true);
    any("was filed by a member", &|case| case["reports"][0]["filed_by"].is_object());
    any("credits by name", &|case| case["reports"][0]["credit"]["wish"] == "named" && case["state"] == "published");

    let entries: Vec<&Value> = cases.iter().flat_map(|case| each(&case["journal"])).collect();
    assert!(entries.iter().any(|entry| entry["event"] == "bell-rung"), "nobody was told of a promise");
    assert!(entries.iter().all(|entry| entry["late"] != true), "a clock rang late in a past that was lived in order");

    let report = verify::verify(&service.app.store, |_, _| ()).await.expect("the journal is read");
    assert_eq!(report.fault, None);
    let built = candor::publish::build(&service.app).await.expect("the public tree is built");
    assert_eq!((built.advisories >= 3, built.held), (true, vec![]));
    let people = accounts::demo::people(&service.app).await.expect("people");
    assert_eq!(people.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_what_the_description_says() {
    let (service, token) = demonstration().await;
    let document = get(&service, &token, "/openapi.json").await;
    let check = |path: &str, answer: &Value| {
        let mut schema =
            document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"].clone();
        assert!(schema.is_object(), "{path} is not described");
        schema["components"] = document["components"].clone();
        let schema = jsonschema::validator_for(&schema).expect("a schema");
        let wrong: Vec<String> =
            schema.iter_errors(answer).map(|why| format!("{}: {why}", why.instance_path())).collect();
        assert_eq!(wrong, Vec::<String>::new(), "{path}");
    };
    for case in cases(&service, &token).await {
        check("/cases/{case}", &case);
    }
    check("/cases", &get(&service, &token, "/cases?state=all").await);
    let programs = get(&service, &token, "/programs").await;
    check("/programs", &programs);
    for program in each(&programs["programs"]) {
        let slug = program["program"].as_str().expect("a slug");
        check("/programs/{program}", &get(&service, &token, &format!("/programs/{slug}")).await);
        let advisories = get(&service, &token, &format!("/programs/{slug}/advisories")).await;
        check("/programs/{program}/advisories", &advisories);
        for advisory in each(&advisories["advisories"]) {
            let id = advisory["id"].as_str().expect("an id");
            check("/advisories/{id}", &get(&service, &token, &format!("/advisories/{id}")).await);
        }
    }
    let report = json!({ "title": "a", "description": "b" });
    let filed: Value = reqwest::Client::new()
        .post(service.at("/api/v1/programs/minio/reports"))
        .json(&report)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let receipt = format!("Receipt {}", filed["receipt"].as_str().expect("a receipt"));
    let shown: Value = reqwest::Client::new()
        .get(service.at("/api/v1/receipt"))
        .header("authorization", receipt)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    check("/receipt", &shown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_desk_with_few_cases_only_what_is_the_same_is_called_likely_the_same() {
    let (service, token) = demonstration().await;
    let all = cases(&service, &token).await;
    let mut pairs = BTreeSet::new();
    for case in &all {
        let id = case["case"].as_str().expect("a name");
        let similar = get(&service, &token, &format!("/cases/{id}/similar")).await;
        for likely in each(&similar["likely"]) {
            let title = |case: &Value| case["title"].as_str().unwrap_or_default().to_owned();
            let mut pair = [title(case), title(&likely["case"])];
            pair.sort();
            pairs.insert((pair, likely["reasons"].to_string()));
        }
    }
    let told: Vec<String> = pairs.iter().map(|([one, other], why)| format!("{one} = {other}: {why}")).collect();
    let has = |title: &str, words: &[&str]| words.iter().any(|word| title.to_lowercase().contains(word));
    let is_same = |pair: &[String; 2]| pair.iter().all(|title| has(title, &["console"]));
    assert!(pairs.iter().any(|(pair, _)| is_same(pair)), "two reports of the console are one problem: {told:#?}");
    // Two programs have a draft that is seen by its preview, which a person would want to know as well.
    let is_near = |pair: &[String; 2]| pair.iter().all(|title| has(title, &["preview"]));
    assert!(pairs.iter().all(|(pair, _)| is_same(pair) || is_near(pair)), "{told:#?}");
}
