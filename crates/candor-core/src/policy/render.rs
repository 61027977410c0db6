//! What a policy publishes: SECURITY.md, security.txt, HTML, JSON, and the schema of its file.

use super::Policy;
use super::document::{Block, Line, Piece};
use candor_formats::security_txt::{self, SecurityTxt};
use jiff::Timestamp;

pub use super::document::{Section, Table, document};
pub use super::insights::security_insights;

/// JSON Schema (draft 2020-12) of the policy file, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Policy).to_value()
}

/// Version of the form that [`json`] prints. It counts up when a key goes or changes its meaning; new keys come without.
pub const JSON_VERSION: u32 = 1;

/// The public part of the policy as JSON: the keys of its file with every default filled in, and the version of this form.
/// Contacts that are not public, addresses of recipients and what is only
/// the team's are left out.
pub fn json(policy: &Policy) -> serde_json::Value {
    let mut public = policy.clone();
    public.contacts.retain(|contact| contact.public);
    public.files.clear();
    // What is the team's: names of its files, who takes which case, its letters, its lists.
    public.report.sources.clear();
    public.roster.clear();
    public.replies.clear();
    public.checklists.clear();
    let mut value = serde_json::to_value(public).unwrap_or_default();
    super::levels::to_own(&mut value, &policy.severity.levels);
    let recipients = value.pointer_mut("/disclosure/recipients").and_then(serde_json::Value::as_array_mut);
    for group in recipients.into_iter().flatten() {
        if let Some(group) = group.as_object_mut() {
            group.remove("addresses");
        }
    }
    if let Some(object) = value.as_object_mut() {
        object.insert("schema_version".into(), JSON_VERSION.into());
    }
    value
}

/// JSON Schema (draft 2020-12) of what [`json`] prints. It allows keys that it does not know, so that a newer policy
/// still reads.
pub fn json_schema() -> serde_json::Value {
    let mut schema = schema();
    open_up(&mut schema);
    if let Some(group) = schema.pointer_mut("/$defs/Recipients").and_then(serde_json::Value::as_object_mut) {
        if let Some(properties) = group.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
            properties.remove("addresses");
        }
        if let Some(required) = group.get_mut("required").and_then(serde_json::Value::as_array_mut) {
            required.retain(|name| name != "addresses");
        }
    }
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".into(), "A security policy, as Candor publishes it".into());
        if let Some(properties) = object.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
            let version = serde_json::json!({
                "const": JSON_VERSION,
                "description": "Version of this form; it counts up when a key goes or changes its meaning."
            });
            properties.insert("schema_version".into(), version);
        }
        if let Some(required) = object.get_mut("required").and_then(serde_json::Value::as_array_mut) {
            required.push("schema_version".into());
        }
    }
    schema
}

/// Takes the ban on unknown keys out of a schema.
fn open_up(schema: &mut serde_json::Value) {
    match schema {
        serde_json::Value::Object(object) => {
            if object.get("additionalProperties") == Some(&serde_json::Value::Bool(false)) {
                object.remove("additionalProperties");
            }
            object.values_mut().for_each(open_up);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(open_up),
        _ => {}
    }
}

/// `SECURITY.md`, for the repository or the program's page. `base_url` as in [`document`].
pub fn security_md(policy: &Policy, base_url: Option<&str>) -> String {
    let mut out = format!(
        "<!-- Printed by Candor from the policy file. Change that file, not this one. -->\n\n# Security policy of {}\n",
        markdown(&policy.program.name)
    );
    for section in document(policy, base_url) {
        out += &format!("\n## {}\n", markdown(section.title));
        for block in &section.blocks {
            out.push('\n');
            match block {
                Block::Paragraph(line) => out += &format!("{}\n", paragraph(line)),
                Block::List(lines) => lines.iter().for_each(|line| out += &format!("- {}\n", paragraph(line))),
                Block::Steps(lines) => {
                    (1..).zip(lines).for_each(|(number, line)| out += &format!("{number}. {}\n", paragraph(line)));
                }
                Block::Table(table) => {
                    out += &format!("| {} |\n|{}\n", table.head.join(" | "), " --- |".repeat(table.head.len()));
                    for row in &table.rows {
                        let cells: Vec<String> = row.iter().map(markdown_line).collect();
                        out += &format!("| {} |\n", cells.join(" | "));
                    }
                }
            }
        }
    }
    out
}

/// What a site's `security.txt` says for these programs. The shell may add what else it serves, such as a key.
///
/// `base_url` is the address of the site, without a slash at the end. `expires` lies less than a year ahead
/// (RFC 9116, section 2.5.5); the caller knows the time.
pub fn security_txt_of(policies: &[&Policy], base_url: &str, expires: Timestamp) -> SecurityTxt {
    let mut file = SecurityTxt {
        expires,
        canonical: vec![format!("{base_url}/.well-known/security.txt")],
        ..SecurityTxt::default()
    };
    let add = |list: &mut Vec<String>, value: String| {
        if !list.contains(&value) {
            list.push(value);
        }
    };
    for policy in policies {
        let page = format!("{base_url}/{}", policy.program.slug);
        let channels = &policy.channels;
        let form = channels.form.then(|| format!("{page}/report"));
        let email = channels.email.as_ref().map(|email| format!("mailto:{email}"));
        let mut ways: Vec<String> = form.into_iter().chain(email).collect();
        if ways.is_empty() {
            ways.extend(channels.portal.iter().chain(&channels.also).map(|other| other.url.clone()));
        }
        if ways.is_empty() {
            ways.extend(policy.contacts.iter().filter(|c| c.public).map(|c| format!("mailto:{}", c.email)).take(1));
        }
        for way in ways {
            add(&mut file.contact, way);
        }
        add(&mut file.policy, page);
        for tag in &policy.report.languages {
            add(&mut file.preferred_languages, tag.clone());
        }
        for key in policy.contacts.iter().filter(|contact| contact.public).filter_map(|c| c.openpgp.as_deref()) {
            let plain: String = key.chars().filter(|c| !c.is_whitespace()).collect();
            let address =
                if plain.contains("://") { plain } else { format!("openpgp4fpr:{}", plain.to_ascii_lowercase()) };
            add(&mut file.encryption, address);
        }
    }
    file
}

/// `security.txt` of one program.
pub fn security_txt(policy: &Policy, base_url: &str, expires: Timestamp) -> String {
    security_txt::print(&security_txt_of(&[policy], base_url, expires))
}

/// The policy as a page of plain HTML, without style or script.
pub fn html(policy: &Policy, base_url: Option<&str>) -> String {
    let name = escape(&policy.program.name);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Security policy of {name}</title>\n</head>\n<body>\n<main>\n<h1>Security policy of {name}</h1>\n"
    );
    for section in document(policy, base_url) {
        out += &format!("<section id=\"{}\">\n<h2>{}</h2>\n", escape(section.id), escape(section.title));
        for block in &section.blocks {
            match block {
                Block::Paragraph(line) => out += &format!("<p>{}</p>\n", html_line(line)),
                Block::List(lines) => out += &items("ul", lines),
                Block::Steps(lines) => out += &items("ol", lines),
                Block::Table(table) => out += &html_table(table),
            }
        }
        out += "</section>\n";
    }
    out + "</main>\n</body>\n</html>\n"
}

fn items(kind: &str, lines: &[Line]) -> String {
    let items: String = lines.iter().map(|line| format!("<li>{}</li>\n", html_line(line))).collect();
    format!("<{kind}>\n{items}</{kind}>\n")
}

fn html_table(table: &Table) -> String {
    let head: String = table.head.iter().map(|cell| format!("<th scope=\"col\">{}</th>", escape(cell))).collect();
    let mut out =
        format!("<table>\n<caption>{}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n", escape(table.caption));
    for row in &table.rows {
        out += "<tr>";
        for (index, cell) in row.iter().enumerate() {
            let cell = html_line(cell);
            out += &if index == 0 { format!("<th scope=\"row\">{cell}</th>") } else { format!("<td>{cell}</td>") };
        }
        out += "</tr>\n";
    }
    out + "</tbody>\n</table>\n"
}

fn html_line(line: &Line) -> String {
    line.iter()
        .map(|piece| match piece {
            Piece::Text(text) => escape(text),
            Piece::Link { text, url } => format!("<a href=\"{}\">{}</a>", escape(url), escape(text)),
        })
        .collect()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A line that begins a paragraph or an item: its first character must not begin another kind of block.
fn paragraph(line: &Line) -> String {
    let text = markdown_line(line);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &text[digits..];
    if digits > 0 && (rest.starts_with(". ") || rest.starts_with(") ")) {
        return format!("{}\\{rest}", &text[..digits]);
    }
    if text.starts_with(['#', '+', '-', '=', '~']) { format!("\\{text}") } else { text }
}

fn markdown_line(line: &Line) -> String {
    line.iter()
        .map(|piece| match piece {
            Piece::Text(text) => markdown(text),
            Piece::Link { text, url } if text == url => format!("<{}>", markdown_url(url)),
            Piece::Link { text, url } => format!("[{}]({})", markdown(text), markdown_url(url)),
        })
        .collect()
}

/// Plain text in Markdown: nothing in it is taken for markup, and no line ends in it.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            '\n' | '\r' | '\t' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

fn markdown_url(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for letter in url.chars() {
        match letter {
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '|' => out.push_str("%7C"),
            ' ' => out.push_str("%20"),
            letter if letter.is_control() => {}
            other => out.push(other),
        }
    }
    out
}
