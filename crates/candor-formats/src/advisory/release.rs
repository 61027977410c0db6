//! What the notes of a release say about the vulnerabilities that it fixes, with the credits.

use super::markdown::{credited, plain};
use super::{Record, RemediationKind};

/// A section of Markdown for the notes of a release: each vulnerability with its names, severity, what to do, and who is
/// thanked. Credits stand exactly as the record has them.
///
/// A draft has no public id yet, so that none is printed; its publication draws one.
pub fn release_notes(records: &[&Record], is_draft: bool) -> String {
    let mut notes = String::from("## Security fixes\n");
    for record in records {
        let mut names: Vec<String> = Vec::new();
        if !is_draft {
            names.push(match &record.links.page {
                Some(page) => format!("[{}]({page})", plain(&record.id)),
                None => plain(&record.id),
            });
        }
        names.extend(record.aliases.iter().map(|alias| plain(alias)));
        if let Some(severity) = record.severity_word() {
            names.push(plain(&severity));
        }
        let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
        notes += &format!("\n- **{}**{names}\n", plain(&record.title));
        for text in [&record.summary, &record.impact] {
            if !text.trim().is_empty() {
                notes += &format!("\n  {}\n", indented(text));
            }
        }
        let fixed: Vec<String> = record
            .remediations_of(RemediationKind::Fix)
            .flat_map(|fix| fix.versions.iter().map(|version| plain(version)))
            .collect();
        if !fixed.is_empty() {
            notes += &format!("\n  Fixed in {}.\n", fixed.join(", "));
        }
        if record.thanks().next().is_some() {
            let names: Vec<String> = record.thanks().map(credited).collect();
            notes += &format!("\n  Thanks to {}.\n", names.join("; "));
        }
    }
    notes
}

/// Whether a record names a version as one that has the fix.
pub fn is_fixed_in(record: &Record, version: &str) -> bool {
    let version = version.trim();
    let same = |known: &String| known.trim().trim_start_matches('v') == version.trim_start_matches('v');
    record.remediations_of(RemediationKind::Fix).flat_map(|fix| &fix.versions).any(same)
        || record.products.iter().flat_map(|product| product.all_fixed()).any(|known| same(&known.to_string()))
}

/// A text under an item of a list.
fn indented(text: &str) -> String {
    text.trim().replace('\n', "\n  ")
}
