//! Reading a policy file, and saying what is wrong where.
//!
//! Three passes: TOML itself, the shape (keys and kinds of values, against the same schema that editors use), and the
//! sense (see [`super::check`]). Each pass tells everything it finds; a later one runs only on what the earlier let through.

use super::fragments::{self, Expanded, Find};
use super::{Length, Offset, Policy, check, levels, render};
use serde::Deserialize as _;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Something wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// Where in the file's structure, like `promises[1].within`.
    pub path: String,
    /// What is wrong and what was expected.
    pub message: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Reads and checks a policy file that stands alone: what it includes comes with Candor.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn read(text: &str) -> Result<Policy, Vec<Finding>> {
    read_with(text, &fragments::nowhere).map(|(policy, _)| policy)
}

/// Reads and checks a policy file with what it includes. `find` gives the text of the files it names. Also returned is the
/// whole text, which stands alone; that is what is taken into service.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file. What is wrong with an included part is told where the
/// policy includes it.
pub fn read_with(source: &str, find: Find<'_>) -> Result<(Policy, String), Vec<Finding>> {
    let whole = fragments::expand(source, find)?;
    match read_whole(&whole.text) {
        Ok(policy) => Ok((policy, whole.text)),
        Err(found) => Err(at_the_source(source, &whole, found)),
    }
}

/// Findings, told where the policy's own text has them.
fn at_the_source(source: &str, whole: &Expanded, found: Vec<Found>) -> Vec<Finding> {
    let mut findings: Vec<_> = found
        .into_iter()
        .map(|Found { offset, path, message }| match whole.part(offset) {
            None => finding(source, offset.min(source.len()), &path, message),
            Some((_, asked, name)) => finding(source, *asked, &path, format!("in `{name}`: {message}")),
        })
        .collect();
    sort(&mut findings);
    findings
}

/// Something wrong at a byte of the whole text.
struct Found {
    offset: usize,
    path: String,
    message: String,
}

fn read_whole(text: &str) -> Result<Policy, Vec<Found>> {
    let found = |offset: usize, path: &str, message: String| Found { offset, path: path.to_owned(), message };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let found = errors.iter().map(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            found(offset, "", format!("this is not TOML: {}", error.message()))
        });
        return Err(found.collect());
    }
    let mut table = table.into_inner();
    let levels = levels::to_standard(&mut table);
    let root = Spanned::new(0..0, DeValue::Table(table.clone()));
    let schema = render::schema();
    let mut shape = Shape { schema: &schema, levels: &levels, findings: Vec::new() };
    shape.value(&root, &schema, "");
    if !shape.findings.is_empty() {
        return Err(shape.findings);
    }
    let policy = policy_of(table).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        vec![found(offset, "", first_line(error.message()))]
    })?;
    let problems: Vec<_> = check::check(&policy)
        .into_iter()
        .map(|problem| found(locate(&root, &problem.path), &problem.path, problem.message))
        .collect();
    if problems.is_empty() { Ok(policy) } else { Err(problems) }
}

/// What a policy file can be taken into service with, and should not stay: an address at which letters go round in circles.
/// Nothing for a file that does not read.
pub fn warnings(source: &str, find: Find<'_>) -> Vec<Finding> {
    let Ok(whole) = fragments::expand(source, find) else { return Vec::new() };
    let (Ok(table), Ok(policy)) = (DeTable::parse(&whole.text), read_again(&whole.text)) else { return Vec::new() };
    let root = Spanned::new(0..0, DeValue::Table(table.into_inner()));
    let found = check::warn(&policy).into_iter().map(|problem| Found {
        offset: locate(&root, &problem.path),
        path: problem.path,
        message: problem.message,
    });
    at_the_source(source, &whole, found.collect())
}

/// A finding about a key of a policy file that reads well in itself, such as a name that another program has.
pub fn finding_at(text: &str, path: &str, message: impl Into<String>) -> Finding {
    let offset = match DeTable::parse(text) {
        Ok(table) => locate(&Spanned::new(0..0, DeValue::Table(table.into_inner())), path),
        Err(_) => 0,
    };
    finding(text, offset, path, message.into())
}

/// Reads a policy that was checked when it was taken into service. Checks that came later do not reach back: a policy that
/// runs goes on running.
///
/// # Errors
/// Why it is no policy at all, in words.
pub fn read_again(text: &str) -> Result<Policy, String> {
    let wrong = |error: toml::de::Error| first_line(error.message());
    let mut table = DeTable::parse(text).map_err(wrong)?.into_inner();
    levels::to_standard(&mut table);
    policy_of(table).map_err(wrong)
}

/// A policy from its tables, in which severities have their standard names.
fn policy_of(table: DeTable<'_>) -> Result<Policy, toml::de::Error> {
    Policy::deserialize(toml::de::Deserializer::from(Spanned::new(0..0, table)))
}

fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by_key(|finding| (finding.line, finding.column));
    findings.dedup();
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

pub(super) fn finding(text: &str, offset: usize, path: &str, message: String) -> Finding {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Finding {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        path: path.to_owned(),
        message,
    }
}

/// Byte offset of what a path like `promises[1].within` names, or of the nearest thing around it that is there.
fn locate(root: &Spanned<DeValue<'_>>, path: &str) -> usize {
    let mut at = root;
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let (key, indices) = step.split_once('[').map_or((step, ""), |(key, rest)| (key, rest));
        let Some(next) = at.get_ref().get(key) else { break };
        at = next;
        for index in indices.split('[').filter(|index| !index.is_empty()) {
            let Some(next) = index.trim_end_matches(']').parse().ok().and_then(|i: usize| at.get_ref().get(i)) else {
                return at.span().start;
            };
            at = next;
        }
    }
    at.span().start
}

/// The second pass: keys and kinds of values.
struct Shape<'a> {
    schema: &'a Value,
    /// The program's own levels of severity.
    levels: &'a [String],
    findings: Vec<Found>,
}

impl<'a> Shape<'a> {
    fn tell(&mut self, offset: usize, path: &str, message: String) {
        self.findings.push(Found { offset, path: path.to_owned(), message });
    }

    /// Follows references and leaves out `null`, which TOML does not have.
    fn resolve(&self, schema: &'a Value) -> (&'a Value, &'a str) {
        let mut at = schema;
        let mut name = "";
        loop {
            if let Some(reference) = at.get("$ref").and_then(Value::as_str) {
                name = reference.rsplit('/').next().unwrap_or_default();
                let Some(next) = self.schema.get("$defs").and_then(|defs| defs.get(name)) else { return (at, name) };
                at = next;
            } else if let Some(choices) = at.get("anyOf").and_then(Value::as_array) {
                let some = choices.iter().find(|choice| choice.get("type").and_then(Value::as_str) != Some("null"));
                let Some(next) = some else { return (at, name) };
                at = next;
            } else {
                return (at, name);
            }
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &'a Value, path: &str) {
        let (schema, name) = self.resolve(schema);
        let start = value.span().start;
        let names = names_of(schema);
        if !names.is_empty() {
            match value.get_ref().as_str() {
                Some(given) if names.contains(&given) => {}
                Some(given) => {
                    let own: Vec<&str> = self.levels.iter().map(String::as_str).collect();
                    let names = if own.is_empty() || !names.contains(&"critical") { names } else { own };
                    let message = format!("`{given}` is not known here{}", suggest(given, &names));
                    self.tell(start, path, message);
                }
                None if value.get_ref().as_bool().is_some_and(|said| allows(schema, said)) => {}
                None if allows(schema, true) => {
                    self.kind(value, &format!("true, false or one of {}", list(&names)), path);
                }
                None => self.kind(value, &format!("one of {}", list(&names)), path),
            }
            return;
        }
        match kind_of(schema) {
            "object" => match value.get_ref().as_table() {
                Some(table) => self.table(table, start, schema, path),
                None => self.kind(value, "a table of keys", path),
            },
            "array" => match value.get_ref().as_array() {
                Some(items) => {
                    let Some(inner) = schema.get("items") else { return };
                    for (index, item) in items.iter().enumerate() {
                        self.value(item, inner, &format!("{path}[{index}]"));
                    }
                }
                None if self.resolve(&schema["items"]).0.get("properties").is_some() => {
                    let header = path.rsplit('.').next().unwrap_or_default();
                    self.kind(value, &format!("a list of tables; write each under [[{header}]]"), path);
                }
                None => self.kind(value, "a list, like [\"one\", \"two\"]", path),
            },
            "boolean" if !value.get_ref().is_bool() => self.kind(value, "true or false", path),
            "integer" => {
                match value.get_ref().as_integer().map(|number| number.as_str().replace('_', "").parse::<i64>()) {
                    Some(Ok(number)) => {
                        let limit = |key: &str| schema.get(key).and_then(Value::as_i64);
                        if limit("minimum").is_some_and(|least| number < least)
                            || limit("maximum").is_some_and(|most| number > most)
                        {
                            self.tell(start, path, format!("{number} is out of range"));
                        }
                    }
                    _ => self.kind(value, "a whole number", path),
                }
            }
            "string" => match value.get_ref().as_str() {
                Some(text) if name == "Length" => {
                    if let Err(problem) = text.parse::<Length>() {
                        self.tell(start, path, problem);
                    }
                }
                Some(text) if name == "Offset" => {
                    if let Err(problem) = text.parse::<Offset>() {
                        self.tell(start, path, problem);
                    }
                }
                Some(text) if schema.get("format").and_then(Value::as_str) == Some("date") => {
                    if text.parse::<jiff::civil::Date>().is_err() {
                        self.tell(start, path, format!("`{text}` is no date; write it like \"2027-04-30\""));
                    }
                }
                Some(_) => {}
                None if name == "Length" => self.kind(value, "a length of time in quotes, like \"48 hours\"", path),
                None => self.kind(value, "text in quotes", path),
            },
            _ => {}
        }
    }

    fn table(&mut self, table: &DeTable<'_>, start: usize, schema: &'a Value, path: &str) {
        if let Some(inner) = schema.get("additionalProperties").filter(|inner| inner.is_object()) {
            // Keys of the writer's own, all with the same kind of value.
            for (key, value) in table.iter() {
                self.value(value, inner, &format!("{path}.{}", key.get_ref()));
            }
            return;
        }
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        let known: Vec<&str> = properties.keys().map(String::as_str).collect();
        let mut meant: Vec<&str> = Vec::new();
        let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        for (key, value) in table.iter() {
            match properties.get_key_value(key.get_ref().as_ref()) {
                Some((name, inner)) => self.value(value, inner, &join(name)),
                None => {
                    meant.extend(nearest(key.get_ref(), &known));
                    let message = format!("there is no key `{}` here{}", key.get_ref(), suggest(key.get_ref(), &known));
                    self.tell(key.span().start, &join(key.get_ref()), message);
                }
            }
        }
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            // A slip in a key is told once, not also as what it left out.
            if table.get(required).is_none() && !meant.contains(&required) {
                let meaning = properties
                    .get(required)
                    .and_then(|property| property.get("description"))
                    .and_then(Value::as_str)
                    .map(|text| format!(": {}", text.lines().next().unwrap_or_default().trim_end_matches('.')))
                    .unwrap_or_default();
                self.tell(start, &join(required), format!("`{required}` is missing{meaning}"));
            }
        }
    }

    fn kind(&mut self, value: &Spanned<DeValue<'_>>, expected: &str, path: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date without quotes",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.tell(value.span().start, path, format!("expected {expected}; found {found}"));
    }
}

/// The texts that a schema allows, if it allows only some.
fn names_of(schema: &Value) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let one_of = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    listed
        .chain(one_of.flat_map(|choice| {
            choice.get("const").into_iter().chain(choice.get("enum").and_then(Value::as_array).into_iter().flatten())
        }))
        .filter_map(Value::as_str)
        .collect()
}

/// Whether a schema that allows some texts allows true or false as well.
fn allows(schema: &Value, said: bool) -> bool {
    schema.get("enum").and_then(Value::as_array).into_iter().flatten().any(|one| one.as_bool() == Some(said))
}

fn kind_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or(""),
        _ => "",
    }
}

/// Words that help someone who wrote `given`: the nearest name, or the names there are.
pub(crate) fn suggest(given: &str, known: &[&str]) -> String {
    match nearest(given, known) {
        Some(name) => format!("; did you mean `{name}`?"),
        None if known.is_empty() => String::new(),
        None => format!("; known are {}", list(known)),
    }
}

/// The name that somebody meant who wrote `given`, if one is near.
fn nearest<'n>(given: &str, known: &[&'n str]) -> Option<&'n str> {
    let (away, name) = known.iter().map(|name| (distance(given, name), *name)).min()?;
    (away <= (name.chars().count() / 3).max(2)).then_some(name)
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Letters to change, add or leave out between two words; `-` and `_` count as the same.
fn distance(a: &str, b: &str) -> usize {
    let plain = |text: &str| text.to_lowercase().replace('-', "_").chars().collect::<Vec<_>>();
    let (a, b) = (plain(a), plain(b));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (corner + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}
