//! Parts of a policy that many share, to be included: duties by law, rules of a catalogue.
//!
//! A fragment holds lists of tables only (`[[promises]]`, `[[calendars]]`, `[[gates]]`, `[[pauses]]`, `[[scope.out]]`), so that its text can stand
//! after any policy. [`expand`] writes it there, with the text of the files that calendars name: what is taken into service
//! says everything itself, and a later fragment changes no past case.

use super::file::Finding;

/// The fragments that come with Candor: name, and text.
pub const BUILT_IN: [(&str, &str); 2] =
    [("eu-cra", include_str!("fragments/eu-cra.toml")), ("cna", include_str!("fragments/cna.toml"))];

/// Most files and fragments of one policy.
const PARTS: usize = 50;
/// Largest fragment, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// Finds the text of a file that a policy names. The core reads no disk: the caller does, beside the policy.
pub type Find<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// No files at all, for a text that came without a place.
///
/// # Errors
/// Always: that the file cannot be found.
pub fn nowhere(path: &str) -> Result<String, String> {
    Err(format!("`{path}` cannot be read here; put its text under [[files]], or check the policy from its folder"))
}

/// A policy with everything it includes written into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// The whole text.
    pub text: String,
    /// Bytes of it that are the policy's own; what comes after was included.
    pub own: usize,
    /// Where each included part begins, in bytes, with the byte in the policy's own text that asked for it, and its name.
    pub parts: Vec<(usize, usize, String)>,
}

impl Expanded {
    /// The part in which a byte lies; `None` within the policy's own text.
    pub fn part(&self, offset: usize) -> Option<&(usize, usize, String)> {
        self.parts.iter().rev().find(|(begin, _, _)| *begin <= offset)
    }
}

/// Writes what a policy includes behind its own text.
///
/// # Errors
/// What cannot be found, or is no fragment, each at the place that asks for it.
pub fn expand(source: &str, find: Find<'_>) -> Result<Expanded, Vec<Finding>> {
    let mut whole = Expanded { text: source.to_owned(), own: source.len(), parts: Vec::new() };
    // What is wrong with the text itself is told by the reading that follows.
    let (table, errors) = toml::de::DeTable::parse_recoverable(source);
    if !errors.is_empty() {
        return Ok(whole);
    }
    let table = table.into_inner();
    let mut findings = Vec::new();
    let mut wrong = |offset: usize, path: String, message: String| {
        findings.push(super::file::finding(source, offset, &path, message));
    };
    let mut more: Vec<(usize, String, String)> = Vec::new();
    let texts = |value: Option<&toml::Spanned<toml::de::DeValue<'_>>>| -> Vec<(usize, String)> {
        let list = value.and_then(|value| value.get_ref().as_array()).into_iter().flatten();
        list.filter_map(|item| Some((item.span().start, item.get_ref().as_str()?.to_owned()))).take(PARTS).collect()
    };
    let mut begins = None;
    for (index, (offset, name)) in texts(table.get("include")).into_iter().enumerate() {
        begins = table.keys().map(|key| key.span().start).find(|at| source[*at..].starts_with("include"));
        let text = match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Ok((*text).to_owned()),
            None if name.contains(['.', '/']) => find(&name),
            None => {
                let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
                Err(format!(
                    "there is no fragment `{name}`{}; a file is named by its path, like \"parts/{name}.toml\"",
                    super::file::suggest(&name, &known)
                ))
            }
        };
        match text.and_then(|text| fragment(&text).map(|()| text)) {
            Ok(text) => more.push((offset, name, text)),
            Err(why) => wrong(offset, format!("include[{index}]"), why),
        }
    }
    // Files that calendars and lists of sources name, and that are not there yet.
    let mut there: Vec<String> = Vec::new();
    for file in table.get("files").and_then(|files| files.get_ref().as_array()).into_iter().flatten() {
        there.extend(file.get_ref().get("path").and_then(|path| path.get_ref().as_str()).map(ToOwned::to_owned));
    }
    let mut named_files: Vec<(String, Vec<(usize, String)>)> = Vec::new();
    if let Some(calendar) = table.get("calendar") {
        named_files.push(("calendar.ics".into(), texts(calendar.get_ref().get("ics"))));
    }
    let named = table.get("calendars").and_then(|list| list.get_ref().as_array()).into_iter().flatten();
    for (index, calendar) in named.enumerate() {
        named_files.push((format!("calendars[{index}].ics"), texts(calendar.get_ref().get("ics"))));
    }
    if let Some(report) = table.get("report") {
        named_files.push(("report.sources".into(), texts(report.get_ref().get("sources"))));
    }
    for (place, paths) in named_files {
        for (index, (offset, path)) in paths.into_iter().enumerate() {
            if there.contains(&path) {
                continue;
            }
            match find(&path) {
                Ok(text) if text.len() > SIZE_LIMIT => {
                    wrong(offset, format!("{place}[{index}]"), format!("`{path}` is larger than a mebibyte"));
                }
                Ok(text) => {
                    more.push((
                        offset,
                        path.clone(),
                        format!("[[files]]\npath = {}\ntext = {}\n", quoted(&path), quoted(&text)),
                    ));
                    there.push(path);
                }
                Err(why) => wrong(offset, format!("{place}[{index}]"), why),
            }
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    if let Some(at) = begins {
        // The same line now says what stands below, so that it is not taken in twice.
        whole.text.insert(at + "include".len(), 'd');
        whole.own += 1;
    }
    for (asked, name, text) in more {
        whole.text += "\n\n";
        whole.parts.push((whole.text.len(), asked, name.clone()));
        whole.text += &format!("# {name}\n{text}");
    }
    Ok(whole)
}

/// Whether a text can stand behind a policy.
fn fragment(text: &str) -> Result<(), String> {
    if text.len() > SIZE_LIMIT {
        return Err("the fragment is larger than a mebibyte".into());
    }
    let table: toml::Table =
        text.parse().map_err(|why: toml::de::Error| format!("the fragment is not TOML: {}", why.message()))?;
    for (key, value) in &table {
        let nested = value.as_table().is_some_and(|inner| inner.values().all(is_list_of_tables) && !inner.is_empty());
        if key == "include" || !(is_list_of_tables(value) || nested && text.contains(&format!("[[{key}."))) {
            return Err(format!("a fragment holds lists of tables only, like [[promises]]; leave `{key}` out"));
        }
    }
    Ok(())
}

fn is_list_of_tables(value: &toml::Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(toml::Value::is_table))
}

/// A text as TOML writes it, on one line.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
