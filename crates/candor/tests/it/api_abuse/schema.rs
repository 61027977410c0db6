//! As much of JSON Schema as the description of the API uses: bodies are made from it, and answers held against it.

use serde_json::{Map, Value, json};

/// Numbers that look like chance and are the same each time.
pub struct Chance(u64);

impl Chance {
    /// Begins a row of numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).expect("below the limit")
    }

    fn one<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// A text that somebody might send.
    pub fn text(&mut self) -> String {
        let texts = [
            "",
            " ",
            "A title",
            "store",
            "1.4.2",
            "2026-03-02T09:00:00Z",
            "2026-02-30",
            "CVE-2026-0001",
            "GHSA-xxxx",
            "pkg:npm/%40x/y@1",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
            "https://example.org/a?b#c",
            "javascript:alert(1)",
            "ada@example.org",
            "a\r\nBcc: b@example.org",
            "<script>alert(1)</script>",
            "{{7*7}}",
            "=1+1",
            "\u{0}",
            "\u{202e}abc",
            "💣",
            "'; drop table case_row; --",
            "../../etc/passwd",
            "null",
            "-1",
            "9999999999999999999999",
        ];
        match self.below(30) {
            0 => "x".repeat(20_000),
            _ => (*self.one(&texts)).to_owned(),
        }
    }
}

fn resolve<'a>(document: &'a Value, mut schema: &'a Value) -> &'a Value {
    while let Some(place) = schema["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
        if schema
            .as_object()
            .is_some_and(|all| all.keys().any(|key| ["properties", "oneOf", "allOf"].contains(&key.as_str())))
        {
            break;
        }
        schema = document.pointer(place).unwrap_or_else(|| panic!("{place} leads nowhere"));
    }
    schema
}

fn list<'a>(schema: &'a Value, name: &str) -> &'a [Value] {
    schema[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A value that the schema describes, as far down as `depth`.
pub fn make(chance: &mut Chance, document: &Value, schema: &Value, depth: usize) -> Value {
    let schema = resolve(document, schema);
    if let Some(one) = schema.get("const") {
        return one.clone();
    }
    if !list(schema, "enum").is_empty() {
        return chance.one(list(schema, "enum")).clone();
    }
    let mut whole = Map::new();
    for choices in ["oneOf", "anyOf"] {
        let choices = list(schema, choices);
        if !choices.is_empty() {
            let choice = chance.one(choices);
            match make(chance, document, choice, depth) {
                Value::Object(part) => whole.extend(part),
                other => return other,
            }
        }
    }
    for part in list(schema, "allOf") {
        match make(chance, document, part, depth) {
            Value::Object(part) => whole.extend(part),
            other => return other,
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => chance.one(kinds).as_str().unwrap_or_default(),
        other => other.as_str().unwrap_or_default(),
    };
    match kind {
        "string" => Value::String(chance.text()),
        "integer" => match chance.below(6) {
            0 => json!(-1),
            1 => json!(i64::MAX),
            _ => json!(chance.below(20)),
        },
        "number" => json!(f64::from(u8::try_from(chance.below(100)).expect("small")) / 7.0),
        "boolean" => json!(chance.below(2) == 0),
        "null" => Value::Null,
        "array" if depth == 0 => json!([]),
        "array" => {
            let many = chance.below(3);
            (0..many).map(|_| make(chance, document, &schema["items"], depth - 1)).collect()
        }
        _ => {
            let required = list(schema, "required");
            for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
                let must = required.iter().any(|known| known == name);
                if must || (depth > 0 && chance.below(2) == 0) {
                    whole.insert(name.clone(), make(chance, document, inner, depth.saturating_sub(1)));
                }
            }
            Value::Object(whole)
        }
    }
}

/// Breaks a body somewhere: another kind of value, a field too many, one missing.
pub fn spoil(chance: &mut Chance, body: &mut Value) {
    let odd = [
        json!(null),
        json!([]),
        json!({}),
        json!(1.5),
        json!("x"),
        json!([[[]]]),
        json!(true),
        json!(-9_007_199_254_740_993_i64),
    ];
    let Value::Object(fields) = body else {
        *body = chance.one(&odd).clone();
        return;
    };
    let names: Vec<String> = fields.keys().cloned().collect();
    match chance.below(4) {
        0 => drop(fields.insert("role".into(), json!("coordinator"))),
        1 if !names.is_empty() => drop(fields.remove(chance.one(&names))),
        2 => *body = chance.one(&odd).clone(),
        _ if names.is_empty() => *body = json!([]),
        _ => {
            let inner = fields.get_mut(chance.one(&names)).expect("it is there");
            if inner.is_object() && chance.below(2) == 0 {
                spoil(chance, inner)
            } else {
                *inner = chance.one(&odd).clone()
            }
        }
    }
}

/// The names that a schema gives to the fields of an object, in any of its choices; none when it leaves them open.
fn names<'a>(document: &'a Value, schema: &'a Value, found: &mut Vec<&'a str>) -> bool {
    let schema = resolve(document, schema);
    let mut closed = schema["properties"].is_object();
    found.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()));
    if schema["additionalProperties"].is_object() {
        return false;
    }
    if let Some(place) = schema["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
        closed |= names(document, document.pointer(place).expect("it leads somewhere"), found);
    }
    for part in ["oneOf", "anyOf", "allOf"].iter().flat_map(|part| list(schema, part)) {
        closed |= names(document, part, found);
    }
    closed
}

/// Whether a value is what the schema describes, and holds no field that it does not name.
///
/// # Errors
/// Where it is not, and what was expected.
pub fn fits(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    known(document, schema, value, at)?;
    inner(document, schema, value, at)
}

/// No field without a name in the schema.
fn known(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let Value::Object(fields) = value else { return Ok(()) };
    let mut allowed = Vec::new();
    if !names(document, schema, &mut allowed) {
        return Ok(());
    }
    match fields.keys().find(|name| !allowed.contains(&name.as_str())) {
        Some(name) => Err(format!("{at}/{name} is not described")),
        None => Ok(()),
    }
}

fn inner(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if schema == &Value::Bool(true) {
        return Ok(());
    }
    if let Some(place) = schema["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
        inner(document, document.pointer(place).ok_or_else(|| format!("{place} leads nowhere"))?, value, at)?;
    }
    let expected = |what: &dyn std::fmt::Display| Err(format!("{at}: {what} is expected"));
    if let Some(one) = schema.get("const").filter(|one| *one != value) {
        return expected(one);
    }
    if schema["enum"].is_array() && !list(schema, "enum").contains(value) {
        return expected(&schema["enum"]);
    }
    for part in list(schema, "allOf") {
        inner(document, part, value, at)?;
    }
    for choices in ["oneOf", "anyOf"].map(|name| list(schema, name)).into_iter().filter(|choices| !choices.is_empty()) {
        let mut why = Vec::new();
        if !choices.iter().any(|choice| inner(document, choice, value, at).map_err(|words| why.push(words)).is_ok()) {
            return Err(format!("no choice fits: {}", why.join("; ")));
        }
    }
    let is = |kind: &str| match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    let right = match &schema["type"] {
        Value::String(kind) => is(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(is),
        _ => true,
    };
    if !right {
        return expected(&schema["type"]);
    }
    if let Value::Array(items) = value {
        for (number, item) in items.iter().enumerate().filter(|_| schema["items"].is_object()) {
            fits(document, &schema["items"], item, &format!("{at}/{number}"))?;
        }
    }
    if let Value::Object(fields) = value {
        if let Some(name) =
            list(schema, "required").iter().filter_map(Value::as_str).find(|name| !fields.contains_key(*name))
        {
            return Err(format!("{at}/{name} is missing"));
        }
        for (name, field) in fields {
            if let Some(schema) = schema["properties"].get(name) {
                fits(document, schema, field, &format!("{at}/{name}"))?;
            }
        }
    }
    Ok(())
}
