//! Published advisories. Their full text is in the standards' own formats; this is the list and the neutral record.

use super::instant::Instant;
use super::words::Severity;
use candor_formats::advisory::{Credit, Record};
use schemars::JsonSchema;
use serde::Serialize;

/// Published advisories of a program, the newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Advisories {
    /// The advisories.
    pub advisories: Vec<AdvisoryLine>,
}

/// One published advisory in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AdvisoryLine {
    /// Public id.
    pub id: String,
    /// The program.
    pub program: String,
    /// Title.
    pub title: String,
    /// Who is affected and what to do first.
    pub summary: String,
    /// Severity.
    pub severity: Option<Severity>,
    /// CVE and other identifiers.
    pub aliases: Vec<String>,
    /// When it was published first.
    pub published: Instant,
    /// When it last changed.
    pub modified: Instant,
    /// Its page.
    pub url: String,
}

/// One published advisory.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PublicAdvisory {
    /// In short.
    #[serde(flatten)]
    pub line: AdvisoryLine,
    /// What is wrong, as Markdown.
    pub details: String,
    /// What an attacker gains.
    pub impact: String,
    /// What exploitation needs.
    pub conditions: String,
    /// CVSS vectors.
    pub vectors: Vec<String>,
    /// CWE numbers.
    pub weaknesses: Vec<u32>,
    /// What is affected.
    pub products: Vec<ProductLine>,
    /// What to do.
    pub remediations: Vec<RemediationLine>,
    /// Who is credited, exactly as they consented.
    pub credits: Vec<CreditLine>,
    /// Who is thanked besides.
    pub acknowledgements: Vec<CreditLine>,
    /// Since when it is withdrawn; null while it stands.
    pub withdrawn: Option<Instant>,
    /// Why it is withdrawn.
    pub withdrawal: String,
    /// Who disputes it, and why; empty for nobody.
    pub dispute: String,
    /// Web addresses.
    pub references: Vec<String>,
    /// What happened when.
    pub timeline: Vec<TimelineLine>,
    /// Whether its documents pass the checks of their standards. When not, it is held back from the public pages, and
    /// `csaf` and `osv` are empty until it is mended.
    pub valid: bool,
    /// The advisory as CSAF 2.0.
    pub csaf: serde_json::Map<String, serde_json::Value>,
    /// The advisory as an OSV record.
    pub osv: serde_json::Map<String, serde_json::Value>,
}

/// An affected product.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProductLine {
    /// Name.
    pub name: String,
    /// Package URL.
    pub purl: Option<String>,
    /// Affected versions in words.
    pub affected: String,
    /// Versions with the fix.
    pub fixed: Vec<String>,
    /// Affected commits in words, with their repository.
    pub commits: Vec<String>,
}

/// Something to do about it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RemediationLine {
    /// What kind, in words.
    pub kind: String,
    /// In words.
    pub details: String,
    /// Where it can be had.
    pub url: Option<String>,
}

/// A credit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CreditLine {
    /// Name.
    pub name: String,
    /// Organisation.
    pub organisation: Option<String>,
    /// Link.
    pub link: Option<String>,
    /// A short description.
    pub about: Option<String>,
}

/// A line of the timeline.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TimelineLine {
    /// When.
    pub at: Instant,
    /// What happened.
    pub text: String,
}

impl CreditLine {
    fn of(credit: &Credit) -> Self {
        Self {
            name: credit.name.clone(),
            organisation: credit.organisation.clone(),
            link: credit.link.clone(),
            about: credit.note.clone(),
        }
    }
}

impl AdvisoryLine {
    /// As the API shows it.
    pub fn of(record: &Record, program: &str, base_url: &str) -> Self {
        Self {
            id: record.id.clone(),
            program: program.to_owned(),
            title: record.title.clone(),
            summary: record.summary.clone(),
            severity: record.severity().map(Into::into),
            aliases: record.aliases.clone(),
            published: record.published.into(),
            modified: record.modified.into(),
            url: format!("{base_url}/{program}/advisories/{}", record.id),
        }
    }
}

impl PublicAdvisory {
    /// As the API shows it.
    pub fn of(record: &Record, program: &str, base_url: &str) -> Self {
        let object = |value| match value {
            serde_json::Value::Object(map) => map,
            _ => serde_json::Map::new(),
        };
        let version = env!("CARGO_PKG_VERSION");
        let csaf = candor_formats::csaf::print(record, version);
        let valid = candor_formats::advisory::documents(record, version).is_ok();
        let documents = |value| if valid { object(value) } else { serde_json::Map::new() };
        Self {
            line: AdvisoryLine::of(record, program, base_url),
            valid,
            details: record.details.clone(),
            impact: record.impact.clone(),
            conditions: record.preconditions.clone(),
            vectors: record.severities.iter().map(ToString::to_string).collect(),
            weaknesses: record.cwes.clone(),
            products: record
                .products
                .iter()
                .map(|product| ProductLine {
                    name: product.name.clone(),
                    purl: product.purl.as_ref().map(ToString::to_string),
                    affected: product.affected(),
                    fixed: product.all_fixed().into_iter().map(str::to_owned).collect(),
                    commits: product.commits.iter().map(ToString::to_string).collect(),
                })
                .collect(),
            remediations: record
                .remediations
                .iter()
                .map(|one| RemediationLine {
                    kind: one.kind.label().to_owned(),
                    details: one.details.clone(),
                    url: one.url.clone(),
                })
                .collect(),
            credits: record.credits.iter().map(CreditLine::of).collect(),
            acknowledgements: record.acknowledgements.iter().map(CreditLine::of).collect(),
            withdrawn: record.withdrawn.map(Into::into),
            withdrawal: record.withdrawal.clone(),
            dispute: record.dispute.clone(),
            references: record.references.iter().map(|reference| reference.url.clone()).collect(),
            timeline: record
                .timeline
                .iter()
                .map(|line| TimelineLine { at: line.at.into(), text: line.text.clone() })
                .collect(),
            csaf: documents(csaf),
            osv: documents(candor_formats::osv::print(record)),
        }
    }
}
