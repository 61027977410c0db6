//! From what a mail says to what a report asks for.

use candor_core::decide::LINE_LIMIT;
use candor_core::event::{FileRef, ReportFacts};

use crate::openpgp::sealed::{DESCRIPTION, TITLE};

/// The subject without marks of answers and forwards, or the first words.
pub(super) fn title(subject: &str, text: &str) -> String {
    let mut title = subject.trim();
    while let Some(rest) = ["re:", "aw:", "fwd:", "fw:", "wg:"].iter().find_map(|mark| {
        let (head, rest) = title.split_at_checked(mark.len())?;
        head.eq_ignore_ascii_case(mark).then(|| rest.trim_start())
    }) {
        title = rest;
    }
    if title.is_empty() {
        title = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("Mail without a subject");
    }
    title.chars().take(200).collect()
}

/// Takes lines such as `Component: parser` from the beginning of a report, as a template would have them.
pub(super) fn labelled(facts: &mut ReportFacts, text: &str) {
    for line in text.lines().take(100) {
        let Some((label, value)) = line.split_once(':') else { continue };
        let value: String = value.trim().chars().take(LINE_LIMIT).collect();
        let label = label.trim_start_matches(['-', '*', '#', ' ']).trim_matches(['*', ' ']).to_lowercase();
        let field = match label.as_str() {
            "product" => &mut facts.product,
            "component" => &mut facts.component,
            "version" | "versions" | "affected version" | "affected versions" => &mut facts.version,
            "weakness" | "type" | "cwe" => &mut facts.weakness,
            "cve" | "identifier" | "identifiers" => {
                let known = value.split([',', ';', ' ']).filter(|word| word.contains('-') && word.len() <= 60);
                facts.identifiers.extend(known.take(20).map(str::to_owned));
                continue;
            }
            _ => continue,
        };
        if field.is_empty() {
            *field = value.trim_matches(['*', ' ']).to_owned();
        }
    }
}

/// What is said of a mail that nothing can be read of.
pub(super) fn bare(files: Vec<FileRef>, noticed: Vec<String>) -> ReportFacts {
    ReportFacts {
        title: "Mail".into(),
        description: "[This mail could not be read. It is kept whole as message.eml.]".into(),
        files,
        noticed,
        ..ReportFacts::default()
    }
}

/// What is said of a mail that only members can open.
pub(super) fn sealed(files: Vec<FileRef>, noticed: Vec<String>) -> ReportFacts {
    ReportFacts { title: TITLE.into(), description: DESCRIPTION.into(), files, noticed, ..ReportFacts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_subject_without_marks_or_the_first_words() {
        assert_eq!(title("Re: AW: Fwd: Overflow", "text"), "Overflow");
        assert_eq!(title(" ", "\n  First words\nsecond"), "First words");
        assert_eq!(title("", ""), "Mail without a subject");
    }

    #[test]
    fn lines_with_labels_answer_the_questions_of_the_form() {
        let mut facts = ReportFacts::default();
        labelled(
            &mut facts,
            "Hello\n\n- Component: **parser**\nVersion: 1.2\nCVE: CVE-2026-0001, none\nversion: 9\nNote: x",
        );
        assert_eq!((facts.component.as_str(), facts.version.as_str()), ("parser", "1.2"));
        assert_eq!(facts.identifiers, ["CVE-2026-0001"]);
    }
}
