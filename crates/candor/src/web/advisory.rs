//! A published record as a page shows it: on its own page, in the tree, in the editor's preview.

use super::markdown;
use super::views::case::VectorView;
use super::views::parts::SafeHtml;
use super::views::public::{AdvisoryBody, CreditLine, RevisionRow, TimelineRow, VersionRow};
use super::views::{Link, Row, SeverityView, TimeView};
use candor_formats::advisory::{Credit, Record, RemediationKind};
use candor_formats::cvss::CvssVector;
use candor_formats::cwe::Cwe;
use jiff::tz::TimeZone;

/// The record in the words and order of a page.
pub fn body(record: &Record, zone: &TimeZone) -> AdvisoryBody {
    let lead = record.lead_severity();
    let fixes: Vec<_> = record.remediations.iter().filter(|remedy| remedy.kind == RemediationKind::Fix).collect();
    let affected: Vec<String> =
        record.products.iter().map(|product| format!("{}: {}", product.name, product.affected())).collect();
    let words = |kinds: &[RemediationKind]| {
        record
            .remediations
            .iter()
            .filter(|remedy| kinds.contains(&remedy.kind))
            .map(|remedy| match &remedy.url {
                Some(url) => format!("{} {url}", remedy.details),
                None => remedy.details.clone(),
            })
            .collect::<Vec<_>>()
            .join("\n\n")
    };
    let first = fixes
        .iter()
        .flat_map(|fix| &fix.versions)
        .next_back()
        .map(|version| format!("Upgrade to {version} or later."))
        .or_else(|| {
            record
                .products
                .iter()
                .flat_map(|product| product.all_fixed())
                .next_back()
                .map(|fixed| format!("Upgrade to {fixed} or later."))
        })
        .unwrap_or_else(|| record.remediations.first().map(|remedy| remedy.details.clone()).unwrap_or_default());
    let mut facts = Vec::new();
    for (label, text) in
        [("What an attacker gains", &record.impact), ("What exploitation needs", &record.preconditions)]
    {
        if !text.trim().is_empty() {
            facts.push(Row::new(label, text));
        }
    }
    AdvisoryBody {
        id: record.id.clone(),
        aliases: record
            .aliases
            .iter()
            .map(|alias| {
                let url = candor_formats::identifiers::recognise(alias).map(|found| found.url).unwrap_or_default();
                Link::new(alias, url)
            })
            .collect(),
        title: record.title.clone(),
        level: 1,
        severity: SeverityView::new(
            lead.map(CvssVector::severity),
            lead.map(|vector| format!("{:.1}", vector.score())),
        )
        .named(record.severity_word()),
        published: Some(TimeView::fixed(record.published, zone)),
        revised: (record.modified != record.published).then(|| TimeView::fixed(record.modified, zone)),
        summary: record.summary.clone(),
        affected: affected.join("; "),
        first,
        exploited: false,
        versions: record
            .products
            .iter()
            .map(|product| VersionRow {
                product: product.name.clone(),
                affected: product.affected(),
                fixed: product.all_fixed().join(", "),
                unaffected: String::new(),
            })
            .collect(),
        vectors: record.severities.iter().map(vector).collect(),
        weaknesses: record
            .cwes
            .iter()
            .filter_map(|id| Cwe::get(*id))
            .map(|cwe| Link::new(format!("CWE-{}: {}", cwe.id, cwe.name), cwe.url()))
            .collect(),
        fix: words(&[RemediationKind::Fix, RemediationKind::NoneAvailable, RemediationKind::NoFixPlanned]),
        workaround: words(&[RemediationKind::Workaround, RemediationKind::Mitigation]),
        details: SafeHtml(if record.details.trim().is_empty() {
            String::new()
        } else {
            markdown::to_html(&record.details)
        }),
        timeline: record
            .timeline
            .iter()
            .map(|line| TimelineRow { at: TimeView::fixed(line.at, zone), what: line.text.clone() })
            .collect(),
        credits: record.credits.iter().map(credit_line).collect(),
        thanks: record
            .acknowledgements
            .iter()
            .map(|credit| CreditLine { role: String::new(), ..credit_line(credit) })
            .collect(),
        marking: match (record.tlp.is_public(), record.distribution.trim()) {
            (true, words) => words.to_owned(),
            (false, "") => format!("{}: {}", record.tlp.label(), record.tlp.means()),
            (false, words) => format!("{}: {words}", record.tlp.label()),
        },
        withdrawn: record.withdrawn.map(|at| TimeView::fixed(at, zone)),
        withdrawal: record.withdrawal.clone(),
        dispute: record.dispute.clone(),
        commits: record
            .products
            .iter()
            .flat_map(|product| product.commits.iter().map(|range| Row::new(&product.name, range.to_string())))
            .collect(),
        references: record
            .references
            .iter()
            .map(|reference| {
                let text = if reference.summary.is_empty() { &reference.url } else { &reference.summary };
                Link::new(text, &reference.url)
            })
            .collect(),
        revisions: record
            .revisions
            .iter()
            .rev()
            .map(|revision| RevisionRow {
                number: revision.number.to_string(),
                at: TimeView::fixed(revision.at, zone),
                what: revision.summary.clone(),
            })
            .collect(),
        facts,
    }
}

fn credit_line(credit: &Credit) -> CreditLine {
    let parts = [Some(credit.name.clone()), credit.organisation.clone(), credit.note.clone()];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
    CreditLine {
        name: parts.join(", "),
        href: credit.link.clone().unwrap_or_default(),
        role: credit.role.label().into(),
    }
}

/// A vector in words.
pub fn vector(vector: &CvssVector) -> VectorView {
    VectorView {
        version: format!("CVSS {}", vector.version()),
        vector: vector.to_string(),
        severity: SeverityView::new(Some(vector.severity()), Some(format!("{:.1}", vector.score()))),
        words: vector.describe().into_iter().map(|(metric, value)| Row::new(metric, value)).collect(),
    }
}
