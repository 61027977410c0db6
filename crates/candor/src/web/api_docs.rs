//! The API as a page, drawn from its OpenAPI description. The description is handed in by whoever serves both.

use super::page;
use super::views::parts::Row;
use super::views::public::{ApiDocs, ApiField, Endpoint, EndpointGroup};
use crate::app::App;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::Value;

/// `/api/docs` for this description.
pub fn routes(document: &'static Value) -> Router<App> {
    Router::new().route(
        "/api/docs",
        get(async move |State(app): State<App>| {
            let view = view(document);
            page::html(StatusCode::OK, &ApiDocs { shell: page::shell(&app, ""), ..view })
        }),
    )
}

fn view(document: &Value) -> ApiDocs {
    let operations = document["paths"].as_object().into_iter().flatten().flat_map(|(path, methods)| {
        methods.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
    });
    let mut groups: Vec<EndpointGroup> = document["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tag| EndpointGroup {
            id: text(&tag["name"]),
            title: text(&tag["description"]).trim_end_matches('.').to_owned(),
            endpoints: Vec::new(),
        })
        .collect();
    for (path, method, operation) in operations {
        let tag = text(&operation["tags"][0]);
        if let Some(group) = groups.iter_mut().find(|group| group.id == tag) {
            group.endpoints.push(endpoint(document, path, method, operation));
        }
    }
    ApiDocs {
        version: text(&document["info"]["version"]),
        words: text(&document["info"]["description"]).split("\n\n").map(str::to_owned).collect(),
        groups,
        ..ApiDocs::default()
    }
}

fn endpoint(document: &Value, path: &str, method: &str, operation: &Value) -> Endpoint {
    let mut fields: Vec<ApiField> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| ApiField {
            name: text(&parameter["name"]),
            kind: kind(document, &parameter["schema"]),
            words: text(&parameter["description"]),
            required: parameter["required"] == true,
        })
        .collect();
    let content = operation["requestBody"]["content"].as_object();
    if let Some(body) = content.and_then(|content| content.get("application/json").or(content.values().next())) {
        fields.extend(of_body(document, &body["schema"]));
    }
    let description = text(&operation["description"]);
    let summary = text(&operation["summary"]);
    Endpoint {
        method: method.to_ascii_uppercase(),
        path: format!("/api/v1{path}"),
        summary: if description.is_empty() { summary } else { format!("{summary}. {description}") },
        needs: match operation["tags"][0].as_str() {
            Some("reporter") => "a receipt, as `Authorization: Receipt …`".into(),
            Some("team") => "a token of a member, as `Authorization: Bearer …`".into(),
            _ => String::new(),
        },
        fields,
        answers: operation["responses"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(status, answer)| Row::new(status.clone(), text(&answer["description"])))
            .collect(),
        example: String::new(),
    }
}

/// The fields of a body. Of a choice, each alternative is told as one line: its tag, and the fields that go with it.
fn of_body(document: &Value, schema: &Value) -> Vec<ApiField> {
    let schema = resolve(document, schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().map(|choice| of_choice(document, resolve(document, choice))).collect();
    }
    properties(schema)
        .map(|(name, field)| ApiField {
            name: name.clone(),
            kind: kind(document, field),
            words: text(&field["description"]),
            required: is_required(schema, name),
        })
        .collect()
}

fn of_choice(document: &Value, choice: &Value) -> ApiField {
    let (mut name, mut parts) = (String::new(), Vec::new());
    for (property, field) in properties(choice) {
        match field["const"].as_str() {
            Some(tag) => name = format!("{property}: \"{tag}\""),
            None => {
                let optional = if is_required(choice, property) { "" } else { ", may be left out" };
                parts.push(format!("{property} ({}{optional})", kind(document, field)));
            }
        }
    }
    let words = text(&choice["description"]);
    let words = if parts.is_empty() { words } else { format!("{words} Takes {}.", parts.join(", ")) };
    ApiField { name, kind: "object".into(), words, required: false }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|required| required.iter().any(|one| one == name))
}

/// What a reference points to; the schema itself when it is none.
fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str().and_then(|place| place.strip_prefix('#')).and_then(|place| document.pointer(place)) {
        Some(found) => found,
        None => schema,
    }
}

/// The type of a value in one or two words.
fn kind(document: &Value, schema: &Value) -> String {
    let some = schema["anyOf"].as_array().and_then(|any| any.iter().find(|one| one["type"] != "null"));
    if let Some(some) = some {
        return kind(document, some);
    }
    let schema = resolve(document, schema);
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    }
    let name = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        _ => "object".into(),
    };
    match (name.as_str(), schema["format"].as_str()) {
        ("string", Some("date-time")) => "time".into(),
        ("string", Some("binary")) => "file".into(),
        ("array", _) => format!("list of {}", kind(document, &schema["items"])),
        _ => name,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
