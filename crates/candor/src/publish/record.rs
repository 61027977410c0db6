//! What a program tells about itself: promises kept and broken, reports by outcome, closed reports, thanks. Figures come
//! folded from the core, so that they name no case.

use askama::Template;
use candor_core::policy::{ClosedReports, CreditPlace, Policy, PromiseKind};
use candor_core::record::{Count, PromiseFigures, Quarter};
use candor_formats::advisory::Record;
use jiff::Timestamp;
use serde::Serialize;

use super::dependencies;
use super::pages::{shell, zone};
use super::tree::{self, Input};
use crate::watch::figures::Figures;
use crate::web::markdown;
use crate::web::views::record::{
    ClosedEntry, ClosedPage, OutcomeRow, PromiseFigureRow, QuarterView, RecordPage, ThanksEntry, ThanksPage,
};
use crate::web::views::{Link, SafeHtml, TimeView};

/// The figures of a program that makes them public.
pub fn figures_of<'a>(input: &'a Input, policy: &Policy) -> Option<&'a Figures> {
    input.figures.get(policy.program.slug.as_str()).filter(|_| policy.publish.has_record())
}

/// Links to these pages, for the policy page.
pub fn links(input: &Input, policy: &Policy, records: &[&Record]) -> Vec<Link> {
    let slug = &policy.program.slug;
    let mut links = vec![Link::new("The policy for programs (JSON)", format!("/{slug}/policy.json"))];
    if figures_of(input, policy).is_some() {
        links.push(Link::new("Promises kept and broken", format!("/{slug}/record")));
    }
    if policy.disclosure.closed_reports != ClosedReports::Never {
        links.push(Link::new("Closed reports", format!("/{slug}/closed")));
    }
    if dependencies::is_there(input, policy) {
        links.push(Link::new("Dependencies that do not affect it", format!("/{slug}/dependencies")));
    }
    if policy.credit.places.contains(&CreditPlace::ThanksPage)
        && records.iter().any(|record| !record.credits.is_empty())
    {
        links.push(Link::new("Thanks", format!("/{slug}/thanks")));
    }
    links
}

/// Texts about closed reports, where the policy makes them public.
pub fn closed(input: &Input, policy: &Policy) -> askama::Result<Option<String>> {
    if policy.disclosure.closed_reports == ClosedReports::Never {
        return Ok(None);
    }
    let entries = input.closed.iter().filter(|report| report.program == policy.program.slug.as_str()).map(|report| {
        let at = Timestamp::from_microsecond(report.at).unwrap_or(input.now);
        ClosedEntry {
            title: report.title.clone(),
            at: TimeView::fixed(at, &zone(policy)),
            body: SafeHtml(markdown::to_html(&report.text)),
        }
    });
    ClosedPage { shell: shell(input, Some(policy), "policy"), entries: entries.collect() }.render().map(Some)
}

/// Everybody who is credited in an advisory, where the policy thanks them on a page.
pub fn thanks(input: &Input, policy: &Policy, records: &[&Record]) -> askama::Result<Option<String>> {
    if !policy.credit.places.contains(&CreditPlace::ThanksPage) {
        return Ok(None);
    }
    let mut entries: Vec<ThanksEntry> = Vec::new();
    for record in records {
        let advisory = Link::new(&record.id, format!("/{}/advisories/{}", policy.program.slug, record.id));
        for credit in &record.credits {
            let organisation = credit.organisation.clone().unwrap_or_default();
            let about = credit.note.clone().unwrap_or_default();
            let href = credit.link.clone().unwrap_or_default();
            let same = |entry: &&mut ThanksEntry| {
                entry.name == credit.name
                    && entry.organisation == organisation
                    && entry.about == about
                    && entry.href == href
            };
            match entries.iter_mut().find(same) {
                Some(entry) => entry.advisories.push(advisory.clone()),
                None => entries.push(ThanksEntry {
                    name: credit.name.clone(),
                    organisation,
                    about,
                    href,
                    advisories: vec![advisory.clone()],
                }),
            }
        }
    }
    ThanksPage { shell: shell(input, Some(policy), "policy"), entries }.render().map(Some)
}

/// The page of promises kept and of reports by outcome.
pub fn page(input: &Input, policy: &Policy, figures: &Figures) -> askama::Result<String> {
    let slug = &policy.program.slug;
    RecordPage {
        shell: shell(input, Some(policy), "policy"),
        at: TimeView::fixed(figures.at, &zone(policy)),
        no_sla: policy.disclosure.no_sla.clone().unwrap_or_default(),
        quarters: figures.quarters.iter().map(quarter).collect(),
        links: vec![
            Link::new("The same figures for programs (JSON)", format!("/{slug}/record.json")),
            Link::new("Security policy", format!("/{slug}")),
        ],
    }
    .render()
}

fn quarter(quarter: &Quarter) -> QuarterView {
    QuarterView {
        name: format!(
            "Quarter {} of {}{}",
            quarter.quarter,
            quarter.year,
            if quarter.is_running { ", so far" } else { "" }
        ),
        anchor: format!("q-{}-{}", quarter.year, quarter.quarter),
        received: quarter.received.to_string(),
        outcomes: quarter
            .outcomes
            .iter()
            .map(|(ending, count)| OutcomeRow { what: ending.label().into(), count: count.to_string() })
            .collect(),
        promises: quarter.promises.iter().map(promise).collect(),
    }
}

fn promise(figures: &PromiseFigures) -> PromiseFigureRow {
    PromiseFigureRow {
        what: figures.what.clone(),
        kind: match figures.kind {
            PromiseKind::Commitment => "commitment",
            PromiseKind::Target => "target",
        }
        .into(),
        kept: figures.kept.to_string(),
        late: figures.late.to_string(),
        broken: figures.broken.to_string(),
        median: figures.median.map_or_else(|| "too few to tell".into(), span),
        ninetieth: figures.ninetieth.map_or_else(|| "too few to tell".into(), span),
    }
}

/// Minutes in words.
fn span(minutes: u64) -> String {
    use crate::web::views::fmt::count;
    match minutes {
        0..=119 => count(minutes, "minute", "minutes"),
        120..=2879 => count(minutes / 60, "hour", "hours"),
        _ => count(minutes / (24 * 60), "day", "days"),
    }
}

/// A count for programs: the number, or the range it is folded into.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Number {
    Exact(u64),
    Range { at_least: u64, at_most: u64 },
}

impl From<Count> for Number {
    fn from(count: Count) -> Self {
        if count.least == count.most {
            Self::Exact(count.least)
        } else {
            Self::Range { at_least: count.least, at_most: count.most }
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    program: &'a str,
    counted_at: Timestamp,
    quarters: Vec<QuarterJson<'a>>,
}

#[derive(Serialize)]
struct QuarterJson<'a> {
    year: i16,
    quarter: i8,
    running: bool,
    reports_received: Number,
    outcomes: Vec<OutcomeJson>,
    promises: Vec<PromiseJson<'a>>,
}

#[derive(Serialize)]
struct OutcomeJson {
    outcome: &'static str,
    reports: Number,
}

#[derive(Serialize)]
struct PromiseJson<'a> {
    promise: &'a str,
    what: &'a str,
    kind: &'static str,
    kept: Number,
    kept_late: Number,
    broken: Number,
    median_minutes: Option<u64>,
    ninetieth_percentile_minutes: Option<u64>,
}

/// The same figures for programs.
pub fn json(policy: &Policy, figures: &Figures) -> std::io::Result<Vec<u8>> {
    tree::pretty(&Document {
        schema_version: 1,
        program: policy.program.slug.as_str(),
        counted_at: figures.at,
        quarters: figures
            .quarters
            .iter()
            .map(|quarter| QuarterJson {
                year: quarter.year,
                quarter: quarter.quarter,
                running: quarter.is_running,
                reports_received: quarter.received.into(),
                outcomes: quarter
                    .outcomes
                    .iter()
                    .map(|(ending, count)| OutcomeJson { outcome: ending.label(), reports: (*count).into() })
                    .collect(),
                promises: quarter
                    .promises
                    .iter()
                    .map(|promise| PromiseJson {
                        promise: &promise.name,
                        what: &promise.what,
                        kind: match promise.kind {
                            PromiseKind::Commitment => "commitment",
                            PromiseKind::Target => "target",
                        },
                        kept: promise.kept.into(),
                        kept_late: promise.late.into(),
                        broken: promise.broken.into(),
                        median_minutes: promise.median,
                        ninetieth_percentile_minutes: promise.ninetieth,
                    })
                    .collect(),
            })
            .collect(),
    })
}
