//! The form of an advisory's draft: its fields, and what comes back with them.

use super::{Opened, times};
use crate::web::forms::Form;
use crate::web::views::TimeView;
use crate::web::views::parts::{Choice, Control, Field, Group, Problem};
use candor_core::event::{Acknowledgement, AdvisoryDraft, AffectedProduct, LineChoice, OwnLine};
use candor_core::timeline;
use candor_formats::advisory::Tlp;
use jiff::Timestamp;

/// Rows for products in the form.
const PRODUCT_ROWS: usize = 3;
/// Rows for acknowledgements in the form, and how many of them are always free.
const THANKS_ROWS: usize = 2;
/// Most rows of a kind that are read.
const MOST: usize = 100;

/// The draft that a form says, and what of it cannot be read.
pub fn read(form: &Form, opened: &Opened, now: Timestamp) -> (AdvisoryDraft, Vec<Problem>) {
    let text = |name: &str| form.get(name).to_owned();
    let lines = |name: &str| {
        form.get(name).lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let rows = |first: &'static str| (0..MOST).take_while(move |row| form.has(&format!("{first}-{row}")));
    let mut problems = Vec::new();
    let draft = AdvisoryDraft {
        title: text("title"),
        summary: text("summary"),
        details: text("details"),
        impact: text("impact"),
        conditions: text("conditions"),
        workaround: text("workaround"),
        cause: text("cause"),
        change: text("change"),
        references: lines("references"),
        aliases: lines("aliases"),
        products: rows("product")
            .map(|row| AffectedProduct {
                name: text(&format!("product-{row}")),
                purl: form.some(&format!("purl-{row}")),
                introduced: text(&format!("introduced-{row}")),
                fixed: text(&format!("fixed-{row}")),
                last_affected: text(&format!("last-{row}")),
                repository: text(&format!("repository-{row}")),
                introduced_commit: text(&format!("introduced-commit-{row}")),
                fixed_commit: text(&format!("fixed-commit-{row}")),
            })
            .filter(|product| !product.name.trim().is_empty())
            .collect(),
        lines: choices(form, opened, now),
        own_lines: own_lines(form, opened, &mut problems),
        acknowledgements: rows("thanks-name")
            .map(|row| Acknowledgement {
                name: text(&format!("thanks-name-{row}")),
                organisation: text(&format!("thanks-organisation-{row}")),
                link: text(&format!("thanks-link-{row}")),
                text: text(&format!("thanks-text-{row}")),
                consent: form.ticked(&format!("thanks-consent-{row}")),
            })
            .filter(|one| [&one.name, &one.organisation, &one.link, &one.text].iter().any(|it| !it.trim().is_empty()))
            .collect(),
        tlp: Tlp::from_name(form.get("tlp")).unwrap_or_default(),
        distribution: text("distribution"),
        withdrawal: text("withdrawal"),
        dispute: text("dispute"),
    };
    (draft, problems)
}

/// What is chosen otherwise than usual. A line that the form did not show stays as it was.
fn choices(form: &Form, opened: &Opened, now: Timestamp) -> Vec<LineChoice> {
    let saved = opened.case.advisory.draft.clone().unwrap_or_default();
    let mut chosen = Vec::new();
    for line in timeline::candidates(&opened.case, &saved, now) {
        let number = line.line;
        if !form.has(&format!("line-{number}-text")) {
            chosen.extend(saved.lines.iter().find(|choice| choice.line == number).cloned());
            continue;
        }
        let shown = form.ticked(&format!("line-{number}"));
        let text = form.get(&format!("line-{number}-text")).trim().to_owned();
        if shown != line.usual || !text.is_empty() {
            chosen.push(LineChoice { line: number, shown, text });
        }
    }
    chosen
}

/// Own lines: an instant, a semicolon, and what happened.
fn own_lines(form: &Form, opened: &Opened, problems: &mut Vec<Problem>) -> Vec<OwnLine> {
    let mut lines = Vec::new();
    for line in form.get("own-lines").lines().map(str::trim).filter(|line| !line.is_empty()) {
        let lacks = || "write a semicolon between the instant and what happened".to_owned();
        let read = line.split_once(';').ok_or_else(lacks);
        match read
            .and_then(|(at, text)| Ok(OwnLine { at: times::instant(at, &opened.zone)?, text: text.trim().into() }))
        {
            Ok(own) => lines.push(own),
            Err(why) => problems.push(Problem { field: "own-lines".into(), text: format!("“{line}”: {why}") }),
        }
    }
    lines
}

/// The fields, as the draft has them; what was typed and cannot be read stays as it was typed.
pub fn groups(draft: &AdvisoryDraft, form: Option<&Form>, opened: &Opened, now: Timestamp) -> Vec<Group> {
    let mut groups = vec![Group::new(
        "what",
        "What a reader sees first",
        vec![
            Field::line("title", "Title").hint("What happens to whom, in one line.").value(&draft.title).required(),
            Field::area("summary", "Summary", 4)
                .hint("One paragraph: who is affected, and what to do first.")
                .value(&draft.summary)
                .required(),
        ],
    )];
    for row in 0..PRODUCT_ROWS.max(draft.products.len()) {
        let group = product(row, draft.products.get(row).cloned().unwrap_or_default(), opened);
        groups.push(if row == 0 { group } else { group.folded() });
    }
    groups.push(behind(draft));
    groups.push(chosen_lines(draft, form, opened, now));
    for row in 0..(draft.acknowledgements.len() + 1).max(THANKS_ROWS) {
        groups.push(thanks(row, draft.acknowledgements.get(row).cloned().unwrap_or_default()).folded());
    }
    groups.push(distribution(draft, opened));
    groups.push(standing(draft, opened));
    groups
}

fn product(row: usize, product: AffectedProduct, opened: &Opened) -> Group {
    let names: Vec<String> = opened.policy.scope.products.iter().map(|product| product.name.clone()).collect();
    let commit = |name: &str, label: &str, value: String| {
        Field::line(format!("{name}-{row}"), label).note("optional").hint("Its whole hash.").value(value)
    };
    Group::new(
        format!("product-group-{row}"),
        format!("Affected product {}", row + 1),
        vec![
            Field::line(format!("product-{row}"), "Product").value(product.name).suggestions(names),
            Field::line(format!("purl-{row}"), "Package URL")
                .note("optional")
                .hint("Without a version, like pkg:npm/directus.")
                .value(product.purl.unwrap_or_default()),
            Field::line(format!("introduced-{row}"), "First affected version")
                .hint("Empty for all from the beginning.")
                .value(product.introduced),
            Field::line(format!("fixed-{row}"), "First fixed version").value(product.fixed),
            Field::line(format!("last-{row}"), "Last affected version")
                .hint("Only when no version has a fix.")
                .value(product.last_affected),
            Field::line(format!("repository-{row}"), "Repository")
                .note("optional")
                .hint("Where the commits are, like https://example.org/store.git.")
                .value(product.repository),
            commit("introduced-commit", "Commit that brought it in", product.introduced_commit),
            commit("fixed-commit", "Commit that mends it", product.fixed_commit),
        ],
    )
    .columns()
}

fn behind(draft: &AdvisoryDraft) -> Group {
    Group::new(
        "more",
        "What is behind it",
        vec![
            Field::area("details", "Details", 10).hint("Markdown. Raw HTML is shown as text.").value(&draft.details),
            Field::area("impact", "What an attacker gains", 3).value(&draft.impact),
            Field::area("conditions", "What exploitation needs", 3).value(&draft.conditions),
            Field::area("cause", "Root cause", 3)
                .note("optional")
                .hint("The mistake that made it possible. It stands at the end of the details.")
                .value(&draft.cause),
            Field::area("workaround", "Workaround", 3).note("optional").value(&draft.workaround),
            Field::area("references", "References", 3)
                .note("optional")
                .hint("One address on each line.")
                .value(draft.references.join("\n")),
            Field::area("aliases", "Other names", 2)
                .note("optional")
                .hint("One on each line, like CVE-2026-12345.")
                .value(draft.aliases.join("\n")),
        ],
    )
}

fn chosen_lines(draft: &AdvisoryDraft, form: Option<&Form>, opened: &Opened, now: Timestamp) -> Group {
    let mut fields = Vec::new();
    for line in timeline::candidates(&opened.case, draft, now) {
        let number = line.line;
        // What has not happened is not shown as if it had.
        let is_to_come = number == 0 && !opened.case.advisory.is_public();
        let (label, what) = if is_to_come {
            ("The publication itself, at its instant".to_owned(), "the publication".to_owned())
        } else {
            let when = TimeView::fixed(line.at, &opened.zone).absolute;
            (format!("{when}: {}", line.text), format!("“{}”", line.text))
        };
        fields.push(Field::new(format!("line-{number}"), label, Control::Check).value(if line.shown {
            "on"
        } else {
            ""
        }));
        fields.push(
            Field::line(format!("line-{number}-text"), format!("Other words for {what}"))
                .note("optional")
                .value(line.own),
        );
    }
    let own: Vec<String> = draft.own_lines.iter().map(|line| format!("{}; {}", line.at, line.text)).collect();
    let typed = form.map(|form| form.get("own-lines").to_owned()).filter(|typed| !typed.trim().is_empty());
    fields.push(
        Field::area("own-lines", "Further lines", 3)
            .note("optional")
            .hint("One on each line: when, a semicolon, what happened. Like 2026-09-30 14:00; A coordinator was asked.")
            .value(typed.unwrap_or_else(|| own.join("\n"))),
    );
    let lead = "Ticked lines stand in the advisory, in every format. Of the others nothing goes out.".into();
    Group { lead, ..Group::new("lines", "Timeline", fields) }.folded()
}

fn thanks(row: usize, one: Acknowledgement) -> Group {
    Group::new(
        format!("thanks-group-{row}"),
        format!("Acknowledgement {}", row + 1),
        vec![
            Field::line(format!("thanks-name-{row}"), "Name")
                .note("optional")
                .hint("A person who helped and is no reporter of this case, like a coordinator.")
                .value(one.name),
            Field::line(format!("thanks-organisation-{row}"), "Organisation").note("optional").value(one.organisation),
            Field::line(format!("thanks-link-{row}"), "Web address").note("optional").value(one.link),
            Field::line(format!("thanks-text-{row}"), "For what").note("optional").value(one.text),
            Field::new(format!("thanks-consent-{row}"), "They agreed to be named so", Control::Check)
                .value(if one.consent { "on" } else { "" }),
        ],
    )
    .columns()
}

fn distribution(draft: &AdvisoryDraft, opened: &Opened) -> Group {
    let is_public = opened.case.advisory.is_public();
    let labels = Tlp::ALL.into_iter().filter(|label| label.is_public() || !is_public);
    let choices = labels.map(|label| Choice::new(label.name(), format!("{}: {}", label.label(), label.means())));
    let mut label = Field::new("tlp", "Who may read it", Control::Select(choices.collect()));
    label.value = draft.tlp.name().into();
    label.hint = if is_public {
        "It was published for everybody, and that cannot be called back.".into()
    } else {
        "What is not TLP:CLEAR is never public: members on the case read it here and by the API.".into()
    };
    let words = Field::line("distribution", "In words")
        .note("optional")
        .hint("Beside the label, like: For members of the sharing group.")
        .value(&draft.distribution);
    Group::new("distribution-group", "Distribution", vec![label, words])
}

fn standing(draft: &AdvisoryDraft, opened: &Opened) -> Group {
    let mut fields = vec![
        Field::area("dispute", "Disputed by whom, and why", 2)
            .note("optional")
            .hint("A statement that goes out with the advisory; its CVE record is marked as disputed.")
            .value(&draft.dispute),
    ];
    if let Some(last) = opened.case.advisory.published.last() {
        let told = last.revisions.iter().any(|revision| revision.summary == draft.change);
        fields.insert(
            0,
            Field::line("change", "What changed, and why")
                .note("optional")
                .hint("One line for the list of revisions, like: Branch 2.x has a fix, too.")
                .value(if told { "" } else { draft.change.as_str() }),
        );
        fields.push(
            Field::area("withdrawal", "Withdrawn, and why", 2)
                .note("optional")
                .hint("Empty while the advisory stands. With a reason, every format is issued again as withdrawn.")
                .value(&draft.withdrawal),
        );
    }
    Group::new("change-group", "This edition", fields)
}
