//! The advisory as a letter in plain text.

use super::{Credit, Record, RemediationKind};
use crate::cwe::Cwe;

/// How wide a line of a letter is, in characters.
const WIDTH: usize = 76;

/// The whole advisory as plain text, in lines that fit a mail.
///
/// Every line break of a text is kept; longer lines are broken between words. No line can start with what a mail
/// program would take for something else (`From `, a lone dot, or the dashes before a signature).
pub fn to_text(record: &Record) -> String {
    let mut page = Page(String::new());
    page.title(&format!("{}: {}", record.id, record.title));
    facts(record, &mut page);
    page.section("Summary", &record.summary);
    page.section("Details", &record.details);
    page.section("Impact", &record.impact);
    page.section("Conditions", &record.preconditions);
    let affected: Vec<String> = record
        .products
        .iter()
        .map(|product| {
            let fixed = product.all_fixed();
            let fixed =
                if fixed.is_empty() { "no fix yet".to_owned() } else { format!("fixed in {}", fixed.join(", ")) };
            format!("- {}: {}; {fixed}", product.name, product.affected())
        })
        .collect();
    page.section("Affected versions", &affected.join("\n"));
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
    let references: Vec<String> = record
        .references
        .iter()
        .map(|reference| match reference.summary.trim() {
            "" => format!("- {}", reference.url),
            summary => format!("- {summary}: {}", reference.url),
        })
        .collect();
    page.section("References", &references.join("\n"));
    page.section("Credits", &thanks(record).join("\n"));
    let timeline: Vec<String> = record.timeline.iter().map(|line| format!("- {}: {}", line.at, line.text)).collect();
    page.section("Timeline", &timeline.join("\n"));
    page.0
}

fn facts(record: &Record, page: &mut Page) {
    let mut fact = |name: &str, value: &str| page.line(&format!("{name}: {value}"));
    if let Some(at) = record.withdrawn {
        fact("Withdrawn", &at.to_string());
    }
    if record.severities.is_empty()
        && let Some(severity) = record.severity_word()
    {
        fact("Severity", &severity);
    }
    for vector in &record.severities {
        let said = format!("{:.1} {}, {vector}", vector.score(), vector.severity());
        fact(&format!("CVSS {}", vector.version()), &said);
    }
    for cwe in record.cwes.iter().filter_map(|id| Cwe::get(*id)) {
        fact("Weakness", &format!("{cwe} {}", cwe.name));
    }
    if !record.aliases.is_empty() {
        fact("Also known as", &record.aliases.join(", "));
    }
    fact("Published", &record.published.to_string());
    if record.modified != record.published {
        fact("Last change", &record.modified.to_string());
    }
    fact("Publisher", &record.publisher.name);
    fact("Distribution", record.tlp.label());
    if let Some(link) = &record.links.page {
        fact("Newest edition", link);
    }
}

fn thanks(record: &Record) -> Vec<String> {
    let line = |credit: &Credit| {
        let link = credit.link.as_ref().map(|link| format!(", {link}")).unwrap_or_default();
        Some(format!("- {}: {}{link}", credit.role.label(), credit.line()?))
    };
    record.credits.iter().filter_map(line).collect()
}

struct Page(String);

impl Page {
    fn title(&mut self, text: &str) {
        let start = self.0.len();
        self.line(text);
        let width = self.0[start..].lines().map(|line| line.chars().count()).max().unwrap_or(0);
        self.line(&"=".repeat(width));
        self.0.push('\n');
    }

    fn section(&mut self, heading: &str, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        self.0.push('\n');
        self.line(heading);
        self.line(&"-".repeat(heading.chars().count()));
        for line in text.trim().lines() {
            self.line(line);
        }
    }

    /// One line, broken between words where it is too long.
    fn line(&mut self, text: &str) {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let indent = if text.trim_start().starts_with("- ") { "  " } else { "" };
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.push(&line);
                line = indent.to_owned();
            } else if !line.trim().is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.push(&line);
    }

    fn push(&mut self, line: &str) {
        let mistaken = line.starts_with("From ") || line == "." || line == "--";
        if mistaken {
            self.0.push(' ');
        }
        self.0.push_str(line);
        self.0.push('\n');
    }
}
