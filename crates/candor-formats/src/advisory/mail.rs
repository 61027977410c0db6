//! The advisory as a letter in plain text, and what a reader finds in such a letter.

use super::facts::{Difference, Facts, compared, words};
use super::{Credit, Record, RemediationKind};
use crate::cwe::Cwe;

/// How wide a line of a letter is, in characters (RFC 5322 section 2.1.1 and the habit of mail programs that quote).
const WIDTH: usize = 72;

/// What stands over the parts of the letter that say facts and not prose, in the order of the letter.
const AFFECTED: &str = "Affected versions";
const REFERENCES: &str = "References";
const CREDITS: &str = "Credits";
const THANKS: &str = "Acknowledgements";
const COMMITS: &str = "Affected commits";
const TIMELINE: &str = "Timeline";
const REVISIONS: &str = "Revisions";

/// The whole advisory as plain text, in lines that fit a mail.
///
/// Every line break of a text is kept; longer lines are broken between words. No line can start with what a mail
/// program would take for something else (`From `, a lone dot, or the dashes before a signature), and no line of a text
/// can pass for the line under a heading, so that the letter can be read back.
pub fn to_text(record: &Record) -> String {
    let mut page = Page(String::new());
    page.title(&format!("{}: {}", record.id, record.title));
    for (name, value) in facts(record) {
        page.line(&format!("{name}: {value}"), "    ");
    }
    page.section("Withdrawn", &record.withdrawal);
    page.section("Disputed", &record.dispute);
    page.section("Summary", &record.summary);
    page.section("Details", &record.details);
    page.section("Impact", &record.impact);
    page.section("Conditions", &record.preconditions);
    if !record.products.is_empty() {
        page.heading(AFFECTED);
    }
    for product in &record.products {
        let fixed = product.all_fixed();
        let fixed = if fixed.is_empty() { "no version yet".to_owned() } else { fixed.join(", ") };
        page.line(&format!("- {}", product.name), "    ");
        page.line(&format!("  Affected: {}", product.affected()), "    ");
        page.line(&format!("  Fixed in: {fixed}"), "    ");
    }
    page.list(COMMITS, commits(record));
    for kind in [
        RemediationKind::Fix,
        RemediationKind::Workaround,
        RemediationKind::Mitigation,
        RemediationKind::NoFixPlanned,
        RemediationKind::NoneAvailable,
    ] {
        let all: Vec<String> = record
            .remediations_of(kind)
            .map(|remediation| {
                let link = remediation.url.as_ref().map(|url| format!("\n{url}")).unwrap_or_default();
                format!("{}{link}", remediation.details.trim())
            })
            .collect();
        page.section(kind.label(), &all.join("\n\n"));
    }
    page.list(REFERENCES, references(record));
    page.list(CREDITS, thanks(&record.credits));
    page.list(THANKS, thanks(&record.acknowledgements));
    page.list(TIMELINE, record.timeline.iter().map(|line| format!("{}: {}", line.at, line.text)).collect());
    page.list(REVISIONS, revisions(record));
    page.0
}

/// Reads a letter of [`to_text`] back and compares what it says with `record`. Empty means that it says the same.
///
/// Compared are the number and other names, title, dates, severity with vector, weaknesses, affected and fixed versions,
/// references, commits, credits, acknowledgements, revisions and the address of the page. Prose is not: it stands there as it was written.
pub fn text_differences(record: &Record, text: &str) -> Vec<Difference> {
    compared("Text", &expected(record), &read_back(text))
}

/// The lines at the head of the letter.
fn facts(record: &Record) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut fact = |name: &str, value: String| all.push((name.to_owned(), value));
    if let Some(at) = record.withdrawn {
        fact("Withdrawn", at.to_string());
    }
    if record.severities.is_empty()
        && let Some(severity) = record.severity_word()
    {
        fact("Severity", severity);
    }
    for vector in &record.severities {
        fact(&format!("CVSS {}", vector.version()), format!("{:.1} {}, {vector}", vector.score(), vector.severity()));
    }
    for cwe in record.cwes.iter().filter_map(|id| Cwe::get(*id)) {
        fact("Weakness", format!("{cwe} {}", cwe.name));
    }
    if !record.aliases.is_empty() {
        fact("Also known as", record.aliases.join(", "));
    }
    fact("Published", record.published.to_string());
    if record.modified != record.published {
        fact("Last change", record.modified.to_string());
    }
    if let Some(last) = record.revisions.last() {
        fact("Revision", last.number.to_string());
    }
    fact("Publisher", record.publisher.name.clone());
    let label = record.tlp.label().to_owned();
    let text = record.distribution.trim();
    fact("Distribution", if text.is_empty() { label } else { format!("{label}, {text}") });
    if let Some(link) = &record.links.page {
        fact("Newest edition", link.clone());
    }
    all
}

fn references(record: &Record) -> Vec<String> {
    record
        .references
        .iter()
        .map(|reference| match reference.summary.trim() {
            "" => reference.url.clone(),
            summary => format!("{summary}: {}", reference.url),
        })
        .collect()
}

fn commits(record: &Record) -> Vec<String> {
    let all = record.products.iter().flat_map(|product| product.commits.iter().map(move |range| (product, range)));
    all.map(|(product, range)| format!("{}: {range}", product.name)).collect()
}

fn thanks(credits: &[Credit]) -> Vec<String> {
    let line = |credit: &Credit| {
        let link = credit.link.as_ref().map(|link| format!(", {link}")).unwrap_or_default();
        let note = credit.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
        let note = note.map(|note| format!(" ({note})")).unwrap_or_default();
        Some(format!("{}: {}{link}{note}", credit.role.label(), credit.line()?))
    };
    credits.iter().filter_map(line).collect()
}

fn revisions(record: &Record) -> Vec<String> {
    let line = |edition: &super::Revision| format!("{} ({}): {}", edition.number, edition.at, edition.summary);
    record.revisions.iter().map(line).collect()
}

/// What a letter about `record` has to say.
fn expected(record: &Record) -> Facts {
    let mut said = Facts::default();
    said.say("title", one_line(&format!("{}: {}", record.id, record.title)));
    for (name, value) in facts(record) {
        said.say(name, one_line(&value));
    }
    for product in &record.products {
        let name = one_line(&product.name);
        said.say(format!("affected versions of {name}"), one_line(&product.affected()));
        let fixed = product.all_fixed();
        said.say(
            format!("fixed versions of {name}"),
            if fixed.is_empty() { "no version yet".to_owned() } else { one_line(&fixed.join(", ")) },
        );
    }
    for (field, lines) in [
        (COMMITS, commits(record)),
        (REFERENCES, references(record)),
        (CREDITS, thanks(&record.credits)),
        (THANKS, thanks(&record.acknowledgements)),
        (REVISIONS, revisions(record)),
    ] {
        lines.iter().for_each(|line| said.say(field, one_line(line)));
    }
    said
}

/// What a letter says: the lines at its head and those of its lists, each put together again from its broken lines.
fn read_back(text: &str) -> Facts {
    let mut said = Facts::default();
    let lines: Vec<&str> = text.lines().collect();
    let end = lines.iter().position(|line| !line.is_empty() && line.bytes().all(|byte| byte == b'='));
    let (title, rest) = lines.split_at(end.unwrap_or(lines.len()));
    said.say("title", words(&title.join(" ")));
    // The part whose lines are read: none at the head of the letter.
    let (mut part, mut product) = (None::<&str>, String::new());
    for (place, line) in whole_lines(rest.get(1..).unwrap_or_default()) {
        match &place {
            Place::Under(heading) => part = Some(heading),
            Place::Text => match (part, line.split_once(':')) {
                (None, Some((name, value))) => said.say(name, words(value)),
                (Some(AFFECTED), _) if line.starts_with("- ") => product = words(&line[2..]),
                (Some(AFFECTED), Some((name, value))) => {
                    let name = if name == "  Affected" { "affected" } else { "fixed" };
                    said.say(format!("{name} versions of {product}"), words(value));
                }
                (Some(list @ (COMMITS | REFERENCES | CREDITS | THANKS | REVISIONS)), _) => {
                    said.say(list, words(line.strip_prefix("- ").unwrap_or(&line)));
                }
                _ => {}
            },
        }
    }
    said
}

enum Place<'a> {
    Under(&'a str),
    Text,
}

/// Headings, and lines with what was broken off them.
fn whole_lines<'a>(lines: &[&'a str]) -> Vec<(Place<'a>, String)> {
    let mut all: Vec<(Place<'a>, String)> = Vec::new();
    let mut place = 0;
    while place < lines.len() {
        let line = lines[place];
        let is_heading = !line.is_empty() && lines.get(place + 1).is_some_and(|next| is_underline(next));
        let goes_on = line.starts_with("    ");
        match all.last_mut() {
            _ if is_heading => {
                all.push((Place::Under(line), String::new()));
                place += 1;
            }
            Some((Place::Text, last)) if goes_on => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ if line.is_empty() => {}
            _ => all.push((Place::Text, line.to_owned())),
        }
        place += 1;
    }
    all
}

fn is_underline(line: &str) -> bool {
    !line.is_empty() && line.bytes().all(|byte| byte == b'-')
}

/// A text as it stands in one line of a letter.
fn one_line(text: &str) -> String {
    words(&plain(text))
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

struct Page(String);

impl Page {
    fn title(&mut self, text: &str) {
        let start = self.0.len();
        self.line(text, "");
        let width = self.0[start..].lines().map(|line| line.chars().count()).max().unwrap_or(0);
        self.0.push_str(&"=".repeat(width));
        self.0.push_str("\n\n");
    }

    fn heading(&mut self, heading: &str) {
        self.0.push_str(&format!("\n{heading}\n{}\n", "-".repeat(heading.chars().count())));
    }

    /// A text that somebody wrote, with its own lines.
    fn section(&mut self, heading: &str, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        self.heading(heading);
        for line in text.trim().lines() {
            let is_item = line.trim_start().starts_with("- ");
            self.line(line, if is_item { "  " } else { "" });
        }
    }

    fn list(&mut self, heading: &str, items: Vec<String>) {
        if items.is_empty() {
            return;
        }
        self.heading(heading);
        for item in items {
            self.line(&format!("- {item}"), "    ");
        }
    }

    /// One line, broken between words where it is too long; what is broken off stands behind `indent`.
    fn line(&mut self, text: &str, indent: &str) {
        let text = plain(text);
        let kept: String = text.chars().take_while(|c| *c == ' ').take(2).collect();
        let mut line = if indent == "    " { kept } else { String::new() };
        for word in text.split_whitespace() {
            let begun = line.trim();
            let is_full = line.chars().count() + 1 + word.chars().count() > WIDTH;
            if !begun.is_empty() && begun != "-" && is_full {
                self.push(&line);
                line = indent.to_owned();
            } else if !begun.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.push(&line);
    }

    fn push(&mut self, line: &str) {
        let mistaken = line.starts_with("From ")
            || line == "."
            || is_underline(line)
            || (!line.is_empty() && line.bytes().all(|byte| byte == b'='));
        if mistaken {
            self.0.push(' ');
        }
        self.0.push_str(line);
        self.0.push('\n');
    }
}
