//! The description of the API: whole, and about everything that is there.

use crate::support::service::{MINIO, Service};
use candor_core::command::Command;
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;

fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    document["paths"].as_object().into_iter().flatten().flat_map(|(path, methods)| {
        methods.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
    })
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|inner| references(inner, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_name_is_used_once() {
    let document = candor::api::document();
    let mut found = Vec::new();
    references(document, &mut found);
    for reference in found {
        let place = reference.strip_prefix('#').expect("within the document");
        assert!(document.pointer(place).is_some(), "{reference} leads nowhere");
    }
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations(document) {
        let name = operation["operationId"].as_str().expect("a name");
        assert!(names.insert(name), "{name} is used twice");
        assert!(operation["summary"].as_str().is_some_and(|words| !words.is_empty()), "{method} {path}");
        for status in operation["responses"].as_object().expect("answers").keys() {
            assert!(status.parse::<u16>().is_ok());
        }
    }
}

#[test]
fn every_command_of_the_desk_is_described() {
    let described: BTreeSet<&str> = candor::api::document()["components"]["schemas"]["Command"]["oneOf"]
        .as_array()
        .expect("a choice of commands")
        .iter()
        .map(|choice| choice["properties"]["command"]["const"].as_str().expect("a name"))
        .collect();
    // One of each that a member gives; the match in the API keeps this list from falling behind.
    assert!(described.len() >= 30, "{described:?}");
    for name in [Command::AskCredit.name(), "acknowledge", "publish", "record-fix", "draft-advisory"] {
        assert!(described.contains(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_described_is_there_and_asks_for_its_credential() {
    let service = Service::start(&[MINIO], |_| ()).await;
    let document = candor::api::document();
    for (path, method, operation) in operations(document) {
        let address = path.replace("{program}", "minio").replace("{case}", "00000-00000").replace("{id}", "X");
        let method: Method = method.to_uppercase().parse().expect("a method");
        let answer = reqwest::Client::new()
            .request(method.clone(), service.at(&format!("/api/v1{address}")))
            .send()
            .await
            .expect("an answer");
        let status = answer.status().as_u16();
        assert_ne!(status, 405, "{method} {path}");
        assert!(
            operation["responses"][status.to_string()].is_object(),
            "{method} {path} answers {status}, undescribed"
        );
        let asks = operation["security"].as_array().is_some_and(|security| !security.is_empty());
        assert_eq!(status == 401, asks, "{method} {path}");
    }
    let page = service.browser().get("/api/docs").await;
    assert_eq!(page.status, 200);
    let shown = page.texts("details.endpoint summary code");
    assert_eq!(shown.len(), operations(document).count());
}
