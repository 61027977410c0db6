//! The OpenAPI 3.1 document, made from the table of routes and the types they read and write.

use super::model::report::Report;
use super::problem::Problem;
use super::route::{Gives, Route, SchemaOf, Takes, Who};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

const WORDS: &str = "Private vulnerability reports come in, the team's promises run on clocks, advisories go out.\n\n\
    Bodies are JSON; unknown or repeated keys are refused. Errors are problem documents (RFC 9457) with a stable `code`. \
    An `Idempotency-Key` makes a request safe to send again: the same request gets the first answer, another one under \
    the same key gets 409. Times are RFC 3339. What you may not see looks exactly like what is not there.";

/// The document for these routes.
pub fn document(routes: &[Route]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = SchemaGenerator::new(settings);
    let problem = value(super::route::schema::<Problem>, &mut generator);
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let operation = operation(route, &problem, &mut generator);
        if let Value::Object(path) = paths.entry(route.path).or_insert_with(|| json!({})) {
            path.insert(route.method.to_owned(), operation);
        }
    }
    let _ = generator.subschema_for::<Report>();
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Candor",
            "version": env!("CARGO_PKG_VERSION"),
            "description": WORDS,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/api/v1" }],
        "tags": [
            { "name": "public", "description": "For anyone." },
            { "name": "reporter", "description": "For whoever holds a receipt." },
            { "name": "party", "description": "For outside parties, with the key of their page." },
            { "name": "team", "description": "For members, with a token." },
        ],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "A token of a member; see the desk's settings." },
                "party": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "`Party` and the key of an outside party, with a space between them.",
                },
                "receipt": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "`Receipt` and the receipt of a report, with a space between them.",
                },
            },
        },
    })
}

fn value(schema: SchemaOf, generator: &mut SchemaGenerator) -> Value {
    schema(generator).to_value()
}

fn operation(route: &Route, problem: &Value, generator: &mut SchemaGenerator) -> Value {
    let (tag, security) = match route.who {
        Who::Anyone => ("public", json!([])),
        Who::Holder => ("reporter", json!([{ "receipt": [] }])),
        Who::Party => ("party", json!([{ "party": [] }])),
        Who::Member => ("team", json!([{ "token": [] }])),
    };
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "tags": [tag],
        "security": security,
        "parameters": parameters(route, generator),
        "responses": responses(route, problem, generator),
    });
    if !route.description.is_empty() {
        operation["description"] = route.description.into();
    }
    if let Some(takes) = &route.takes {
        operation["requestBody"] = json!({ "required": true, "content": content(takes, generator) });
    }
    operation
}

fn content(takes: &Takes, generator: &mut SchemaGenerator) -> Value {
    let files = json!({ "type": "array", "items": { "type": "string", "format": "binary" } });
    match takes {
        Takes::Json(schema) => json!({ "application/json": { "schema": value(*schema, generator) } }),
        Takes::JsonAndFiles(part, schema) => {
            let schema = value(*schema, generator);
            json!({
                "application/json": { "schema": schema },
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": { *part: schema, "files": files },
                        "required": [part],
                        "additionalProperties": false,
                    },
                    "encoding": { *part: { "contentType": "application/json" } },
                },
            })
        }
        Takes::Raw => {
            json!({ "application/json": { "schema": {} }, "application/xml": { "schema": { "type": "string" } } })
        }
        Takes::Files => {
            let mut files = files;
            files["minItems"] = 1.into();
            json!({
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": { "files": files },
                        "required": ["files"],
                        "additionalProperties": false,
                    },
                },
            })
        }
    }
}

fn parameters(route: &Route, generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let words = match name {
                "program" => "Short name of the program",
                "case" => "Name of the case, like 7K3M9-QXT4B",
                _ => "Its id",
            };
            json!({
                "name": name, "in": "path", "required": true, "description": words,
                "schema": { "type": "string", "minLength": 1 },
            })
        })
        .collect();
    if let Some(query) = route.query {
        let query = value(query, generator);
        let required = query["required"].as_array().cloned().unwrap_or_default();
        for (name, schema) in query["properties"].as_object().into_iter().flatten() {
            let mut schema = schema.clone();
            let words = schema["description"].take();
            if let Some(object) = schema.as_object_mut() {
                object.remove("description");
            }
            parameters.push(json!({
                "name": name, "in": "query", "description": words, "schema": present(schema),
                "required": required.contains(&Value::from(name.as_str())),
            }));
        }
    }
    if route.idempotent {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The same request under the same key gets the first answer again",
            "schema": { "type": "string", "minLength": 1, "maxLength": super::input::KEY_LIMIT, "pattern": "^[!-~]+$" },
        }));
    }
    parameters
}

/// A query's value is there or not; it is never null.
fn present(mut schema: Value) -> Value {
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [one] = kinds.as_slice() {
            schema["type"] = one.clone();
        }
    }
    let some: Option<Vec<Value>> =
        schema["anyOf"].as_array().map(|any| any.iter().filter(|one| one["type"] != "null").cloned().collect());
    match some.as_deref() {
        Some([one]) => one.clone(),
        _ => {
            if let Some(object) = schema.as_object_mut() {
                object.remove("anyOf").filter(|any| !any.is_null()).map(|any| object.insert("anyOf".into(), any));
                if object.get("default") == Some(&Value::Null) {
                    object.remove("default");
                }
            }
            schema
        }
    }
}

fn responses(route: &Route, problem: &Value, generator: &mut SchemaGenerator) -> Value {
    let content = match route.gives {
        Gives::Json(schema) => json!({ "application/json": { "schema": value(schema, generator) } }),
        Gives::File => json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } }),
        Gives::Page => json!({ "text/html": { "schema": { "type": "string" } } }),
    };
    let mut responses = Map::new();
    responses.insert(route.status.to_string(), json!({ "description": "Done", "content": content }));
    for status in route.all_problems() {
        let mut answer = json!({
            "description": words(status),
            "content": { "application/problem+json": { "schema": problem } },
        });
        if matches!(status, 429 | 503) {
            answer["headers"] =
                json!({ "Retry-After": { "description": "Seconds to wait", "schema": { "type": "integer" } } });
        }
        responses.insert(status.to_string(), answer);
    }
    Value::Object(responses)
}

fn words(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be read",
        401 => "The credential is missing or does not work",
        403 => "The token or the role does not allow this",
        404 => "There is nothing here that you may see",
        409 => "Somebody else changed the case meanwhile, or the idempotency key was used for another request",
        413 => "The body or a file is too large",
        415 => "The body is of another type than is taken",
        422 => "Refused, with the reason",
        429 => "Too often from one address",
        503 => "Busy or locked; try again later",
        507 => "No room is left",
        _ => "Something went wrong on our side",
    }
}
