//! Records and policies as the pages of `web/views`: only what is public, and no time but the one given.

use askama::Template;
use candor_core::policy::document::{self, Block as Written, Line, Piece, moment};
use candor_core::policy::{Escalation, Policy, Promise, PromiseKind, SeverityRules};
use candor_formats::advisory::Record;
use candor_formats::cvss::CvssVector;
use jiff::tz::TimeZone;

use super::products::OfProduct;
use super::tree::{Input, Program};
use crate::openpgp::words::grouped;
use crate::web::views::parts::{Notice, ProgramLink};
use crate::web::views::public::{
    AdvisoryList, AdvisoryPage, AdvisoryRow, Block, Channel, ContactRow, ErrorPage, KeyRow, PolicyPage, ProgramCard,
    Programs, PromiseRow, Section,
};
use crate::web::views::{Link, Paging, SeverityView, Shell, TimeView};
use crate::web::{advisory, markdown};

/// Advisories on one page of a list.
pub const PAGE: usize = 100;
/// Advisories named on the policy page.
const NEWEST: usize = 5;

/// The programs of this host. `counts` are their advisories, in the same order.
pub fn programs(input: &Input, counts: &[usize]) -> askama::Result<String> {
    let cards = input.programs.iter().zip(counts).map(|(program, count)| {
        let policy = &program.policy;
        ProgramCard {
            slug: policy.program.slug.to_string(),
            name: policy.program.name.clone(),
            summary: policy.program.summary.clone(),
            promise: own(policy).next().map(first_promise).unwrap_or_default(),
            advisories: u64::try_from(*count).unwrap_or_default(),
        }
    });
    Programs { shell: shell(input, None, "programs"), programs: cards.collect() }.render()
}

/// What is said where there is no page.
pub fn not_found() -> askama::Result<String> {
    ErrorPage::not_found().render()
}

/// The policy of a program with its newest advisories.
pub fn policy(input: &Input, program: &Program, records: &[&Record]) -> askama::Result<String> {
    let policy = &program.policy;
    let slug = &policy.program.slug;
    let channels = &policy.channels;
    let mut ways = Vec::new();
    if let Some(email) = &channels.email {
        ways.push(Channel { name: "By mail".into(), link: Link::new(email, format!("mailto:{email}")) });
    }
    for portal in channels.portal.iter().chain(&channels.also) {
        ways.push(Channel { name: "Elsewhere".into(), link: Link::new(&portal.text, &portal.url) });
    }
    PolicyPage {
        shell: Shell {
            notice: policy.pause_at(input.now).map(|pause| Notice::paused(pause, &zone(policy))),
            ..shell(input, Some(policy), "policy")
        },
        summary: policy.program.summary.clone(),
        report_href: if channels.form { format!("/{slug}/report") } else { String::new() },
        channels: ways,
        never: channels.never.clone(),
        // What is owed to others stands in its own section.
        promises: own(policy).map(|one| promise(one, &policy.severity)).collect(),
        sections: sections(policy),
        contacts: policy
            .contacts
            .iter()
            .filter(|contact| contact.public)
            .map(|contact| ContactRow {
                role: capital(&contact.role),
                name: contact.name.clone().unwrap_or_default(),
                email: contact.email.clone(),
                openpgp: contact.openpgp.clone().unwrap_or_default(),
            })
            .collect(),
        key: program.key.as_ref().map(|key| KeyRow {
            fingerprint: grouped(&key.certificate.fingerprint()),
            href: format!("/{slug}/openpgp.asc"),
            ends: key.ends.map(|end| end.to_zoned(zone(policy)).strftime("%-d %b %Y").to_string()).unwrap_or_default(),
        }),
        advisories: records.iter().take(NEWEST).map(|record| row(policy, record)).collect(),
        kept: Vec::new(),
        links: vec![
            Link::new("All advisories", format!("/{slug}/advisories")),
            Link::new("Advisories as a feed (Atom)", format!("/{slug}/advisories.atom")),
            Link::new("SECURITY.md", format!("/{slug}/SECURITY.md")),
            Link::new("security.txt", format!("/{slug}/security.txt")),
        ]
        .into_iter()
        .chain(super::record::links(input, policy, records))
        .collect(),
        version: match program.since {
            Some(since) => format!(
                "Version {} of this policy, in force since {}.",
                program.version,
                since.to_zoned(zone(policy)).strftime("%-d %b %Y")
            ),
            None => format!("Version {} of this policy.", program.version),
        },
    }
    .render()
}

/// One page of a program's advisories; `number` from 0.
pub fn list(input: &Input, policy: &Policy, records: &[&Record], number: usize) -> askama::Result<String> {
    let slug = &policy.program.slug;
    let first = number * PAGE;
    let shown: Vec<AdvisoryRow> = records.iter().skip(first).take(PAGE).map(|record| row(policy, record)).collect();
    let address = |number: usize| match number {
        0 => format!("/{slug}/advisories"),
        other => format!("/{slug}/advisories/page-{}", other + 1),
    };
    let paging = if records.len() > PAGE {
        Paging {
            words: format!("{} to {} of {}", first + 1, first + shown.len(), records.len()),
            previous: number.checked_sub(1).map(address),
            next: (first + PAGE < records.len()).then(|| address(number + 1)),
        }
    } else {
        Paging::default()
    };
    AdvisoryList {
        shell: shell(input, Some(policy), "advisories"),
        rows: shown,
        links: vec![
            Link::new("Feed (Atom)", format!("/{slug}/advisories.atom")),
            Link::new("Feed (JSON)", format!("/{slug}/advisories.feed.json")),
            Link::new("By mail", format!("/{slug}/subscribe")),
            Link::new("CSAF", format!("/{slug}/csaf")),
            Link::new("OSV (ZIP)", format!("/{slug}/osv/all.zip")),
            Link::new("Security policy", format!("/{slug}")),
        ],
        paging,
    }
    .render()
}

/// The advisories of one product.
pub fn product(input: &Input, policy: &Policy, product: &OfProduct<'_>) -> askama::Result<String> {
    let slug = &policy.program.slug;
    let here = format!("/{slug}/products/{}", product.slug);
    AdvisoryList {
        shell: shell(input, Some(policy), "advisories"),
        rows: product.records.iter().map(|record| row(policy, record)).collect(),
        links: vec![
            Link::new(format!("Feed of {} (Atom)", product.name), format!("{here}.atom")),
            Link::new(format!("Feed of {} (JSON)", product.name), format!("{here}.feed.json")),
            Link::new("All advisories", format!("/{slug}/advisories")),
        ],
        paging: Paging::default(),
    }
    .render()
}

/// One advisory.
pub fn advisory_page(input: &Input, policy: &Policy, record: &Record) -> askama::Result<String> {
    let here = format!("/{}/advisories/{}", policy.program.slug, record.id);
    AdvisoryPage {
        shell: shell(input, Some(policy), "advisories"),
        title: record.title.clone(),
        id: record.id.clone(),
        description: record.summary.chars().take(300).collect(),
        body: advisory::body(record, &zone(policy)),
        formats: vec![
            Link::new("CSAF 2.0", format!("{here}.csaf.json")),
            Link::new("CSAF 2.0 VEX", format!("{here}.vex.json")),
            Link::new("CSAF 2.1 (draft)", format!("{here}.csaf-2.1.json")),
            Link::new("OSV", format!("{here}.osv.json")),
            Link::new("OpenVEX", format!("{here}.openvex.json")),
            Link::new("CycloneDX VEX", format!("{here}.cdx.json")),
            Link::new("GitHub advisory", format!("{here}.ghsa.json")),
        ]
        .into_iter()
        .chain(record.cve().map(|_| Link::new("CVE record", format!("{here}.cve.json"))))
        .chain([
            Link::new("Markdown", format!("{here}.md")),
            Link::new("Text", format!("{here}.txt")),
            Link::new("JSON", format!("{here}.json")),
            Link::new("All CSAF documents", format!("/{}/csaf", policy.program.slug)),
        ])
        .collect(),
    }
    .render()
}

pub(super) fn shell(input: &Input, policy: Option<&Policy>, current: &str) -> Shell {
    Shell {
        program: policy
            .map(|policy| ProgramLink { slug: policy.program.slug.to_string(), name: policy.program.name.clone() }),
        current: current.into(),
        demo: input.demo,
        ..Shell::default()
    }
}

pub(super) fn zone(policy: &Policy) -> TimeZone {
    policy.calendar().map_or(TimeZone::UTC, |calendar| calendar.zone().clone())
}

fn row(policy: &Policy, record: &Record) -> AdvisoryRow {
    let lead = record.lead_severity();
    AdvisoryRow {
        id: record.id.clone(),
        href: format!("/{}/advisories/{}", policy.program.slug, record.id),
        title: record.title.clone(),
        severity: SeverityView::new(
            lead.map(CvssVector::severity),
            lead.map(|vector| format!("{:.1}", vector.score())),
        )
        .named(record.severity_word()),
        published: TimeView::fixed(record.published, &zone(policy)),
        aliases: record.aliases.join(", "),
    }
}

/// Promises to the reporter.
fn own(policy: &Policy) -> impl Iterator<Item = &Promise> {
    policy.promises.iter().filter(|promise| promise.is_to_reporter())
}

fn first_promise(promise: &Promise) -> String {
    let aimed = if promise.kind == PromiseKind::Target { " (aimed at)" } else { "" };
    format!("{} within {}{aimed}", capital(&promise.what), promise.within)
}

fn promise(promise: &Promise, scale: &SeverityRules) -> PromiseRow {
    let within = match promise.repeats {
        true => format!("every {}", promise.within),
        false => promise.within.to_string(),
    };
    let within = match document::by_severity(promise, scale) {
        Some(lengths) => format!("{within} ({lengths})"),
        None => within,
    };
    let severities: Vec<_> = promise.severities.iter().map(|severity| scale.name(*severity)).collect();
    PromiseRow {
        what: capital(&promise.what),
        within: if severities.is_empty() { within } else { format!("{within}, for {}", severities.join(" and ")) },
        from: moment(promise.starts).to_owned(),
        kind: match promise.kind {
            PromiseKind::Commitment => "commitment".into(),
            PromiseKind::Target => "target".into(),
        },
        then: promise.escalate.iter().filter_map(told).collect::<Vec<_>>().join("; "),
    }
}

/// Who is told after a promise broke, and when.
fn told(step: &Escalation) -> Option<String> {
    let after = step.after?;
    let who = match step.to.as_str() {
        "holder" => "whoever holds the case",
        "team" => "the team",
        role => role,
    };
    Some(if after.amount == 0 { format!("{who} is told at once") } else { format!("{who} is told {after} later") })
}

/// The policy's own sections, without those that have a place of their own on the page.
fn sections(policy: &Policy) -> Vec<Section> {
    let mut sections = Vec::new();
    for written in document::document(policy, Some("")) {
        let (id, title) = match written.id {
            "report" | "contacts" => continue,
            "promises" => ("dates", "How these dates are counted"),
            id => (id, written.title),
        };
        let blocks: Vec<Block> = written
            .blocks
            .into_iter()
            .filter(|block| !(written.id == "promises" && matches!(block, Written::Table(_))))
            .map(block)
            .collect();
        if !blocks.is_empty() {
            sections.push(Section { id: id.into(), title: title.into(), blocks });
        }
    }
    sections
}

fn block(block: Written) -> Block {
    match block {
        Written::Paragraph(line) => Block::RichText(pieces(line)),
        Written::List(lines) => Block::RichList(lines.into_iter().map(pieces).collect()),
        Written::Steps(lines) => Block::RichSteps(lines.into_iter().map(pieces).collect()),
        Written::Table(table) => Block::Table(
            table.head.iter().map(ToString::to_string).collect(),
            table.rows.into_iter().map(|row| row.into_iter().map(plain).collect()).collect(),
        ),
    }
}

fn pieces(line: Line) -> Vec<Link> {
    line.into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => Link::new(text, ""),
            // A path of this site begins with a slash; everything else must be a scheme people know.
            Piece::Link { text, url } if url.starts_with('/') && !url.starts_with("//") => Link::new(text, url),
            Piece::Link { text, url } if markdown::is_safe(&url) => Link::new(text, url),
            Piece::Link { text, .. } => Link::new(text, ""),
        })
        .collect()
}

fn plain(line: Line) -> String {
    line.into_iter()
        .map(|piece| match piece {
            Piece::Text(text) | Piece::Link { text, .. } => text,
        })
        .collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
