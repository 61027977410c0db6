//! The advisory as a Markdown file.

use std::fmt::Write;

use super::{Credit, Record, Reference, RemediationKind};
use crate::cwe::Cwe;

/// The whole advisory as Markdown, ready to be saved as a file of its own.
///
/// Texts that the record calls Markdown are taken as they are; one-line texts are escaped, so that a title cannot
/// become a heading or a link of its own.
pub fn to_markdown(record: &Record) -> String {
    let mut page = Page(String::new());
    page.line(&format!("# {}: {}", plain(&record.id), plain(&record.title)));
    facts(record, &mut page);
    page.section("Withdrawn", &record.withdrawal);
    page.section("Disputed", &record.dispute);
    page.section("Summary", &record.summary);
    page.section("Details", &record.details);
    page.section("Impact", &record.impact);
    page.section("Conditions", &record.preconditions);
    affected(record, &mut page);
    let commits = record.products.iter().flat_map(|product| product.commits.iter().map(move |range| (product, range)));
    page.list("Affected commits", commits.map(|(product, range)| format!("{}: {range}", plain(&product.name))));
    remediations(record, &mut page);
    page.list("References", record.references.iter().map(reference));
    page.list("Credits", record.credits.iter().map(credit));
    page.list("Acknowledgements", record.acknowledgements.iter().map(credited));
    page.list("Timeline", record.timeline.iter().map(|entry| format!("{}: {}", entry.at, plain(&entry.text))));
    page.list(
        "Revisions",
        record
            .revisions
            .iter()
            .map(|edition| format!("{} ({}): {}", edition.number, edition.at, plain(&edition.summary))),
    );
    page.0
}

struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn section(&mut self, heading: &str, text: &str) {
        if !text.trim().is_empty() {
            self.line(&format!("\n## {heading}\n\n{}", text.trim()));
        }
    }

    fn list(&mut self, heading: &str, items: impl Iterator<Item = String>) {
        let lines: Vec<String> = items.map(|item| format!("- {item}")).collect();
        self.section(heading, &lines.join("\n"));
    }
}

fn facts(record: &Record, page: &mut Page) {
    let mut lines = Vec::new();
    let mut fact = |name: &str, value: String| lines.push(format!("- **{name}:** {value}"));
    if let Some(at) = record.withdrawn {
        fact("Withdrawn", at.to_string());
    }
    if let Some(severity) = record.severity_word() {
        fact("Severity", plain(&severity));
    }
    for vector in &record.severities {
        let name = vector
            .nomenclature()
            .map_or_else(|| format!("CVSS {}", vector.version()), |name| format!("CVSS {} ({name})", vector.version()));
        fact(&name, format!("{:.1} {}, `{vector}`", vector.score(), vector.severity()));
    }
    for cwe in record.cwes.iter().filter_map(|id| Cwe::get(*id)) {
        fact("Weakness", format!("[{cwe}]({}): {}", cwe.url(), plain(cwe.name)));
    }
    if !record.aliases.is_empty() {
        fact("Also known as", record.aliases.iter().map(|alias| plain(alias)).collect::<Vec<_>>().join(", "));
    }
    fact("Published", record.published.to_string());
    if record.modified != record.published {
        fact("Last change", record.modified.to_string());
    }
    fact("Publisher", plain(&record.publisher.name));
    let label = record.tlp.label().to_owned();
    fact(
        "Distribution",
        if record.distribution.trim().is_empty() { label } else { format!("{label}, {}", plain(&record.distribution)) },
    );
    page.line(&format!("\n{}", lines.join("\n")));
}

fn affected(record: &Record, page: &mut Page) {
    let mut table = "| Product | Affected | Fixed in |\n|---|---|---|".to_owned();
    for product in &record.products {
        let fixed = product.all_fixed();
        let fixed = if fixed.is_empty() { "no fix yet".to_owned() } else { plain(&fixed.join(", ")) };
        write!(table, "\n| {} | {} | {fixed} |", plain(&product.name), plain(&product.affected()))
            .expect("writing to a string cannot fail");
    }
    page.section("Affected versions", &table);
}

fn remediations(record: &Record, page: &mut Page) {
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
                let link = remediation.url.as_ref().map(|url| format!("\n\n<{url}>")).unwrap_or_default();
                format!("{}{link}", remediation.details.trim())
            })
            .collect();
        page.section(kind.label(), &all.join("\n\n"));
    }
}

fn reference(reference: &Reference) -> String {
    if reference.summary.trim().is_empty() {
        format!("<{}>", reference.url)
    } else {
        format!("{}: <{}>", plain(&reference.summary), reference.url)
    }
}

pub(super) fn credit(credit: &Credit) -> String {
    format!("{}: {}", credit.role.label(), credited(credit))
}

/// Who is credited, with all they wished to have said about them and nothing else.
pub(super) fn credited(credit: &Credit) -> String {
    let organisation = credit.organisation.as_deref().unwrap_or_default();
    let names: Vec<String> =
        [credit.name.as_str(), organisation].into_iter().filter(|name| !name.trim().is_empty()).map(plain).collect();
    let link = credit.link.as_ref().map(|link| format!(", <{link}>")).unwrap_or_default();
    let note = credit
        .note
        .as_deref()
        .filter(|note| !note.trim().is_empty())
        .map(|note| format!(" ({})", plain(note)))
        .unwrap_or_default();
    format!("{}{link}{note}", names.join(", "))
}

/// One line of text without any meaning in Markdown or HTML.
pub(super) fn plain(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match c {
            '<' => line.push_str("&lt;"),
            '&' => line.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' => line.extend(['\\', c]),
            c => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_line_of_text_cannot_become_markup() {
        assert_eq!(plain("a <b>\n# [c](d) `e` 5 & 6"), "a &lt;b> \\# \\[c\\](d) \\`e\\` 5 &amp; 6");
    }
}
