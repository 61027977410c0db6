//! The neutral advisory: everything a reader or a machine is told about one vulnerability, in no format's words.
//!
//! A [`Record`] is the one input of every printer: [`csaf::print`](crate::csaf::print),
//! [`osv::print`](crate::osv::print), [`to_markdown`] and whatever renders HTML. A record without
//! [`problems`](Record::problems) prints to valid documents.

mod commits; // affected commits of a repository
mod check; // what keeps a record from being published
mod documents; // all of them at once, checked and compared
mod facts; // what an advisory says, in every format
mod lint; // what should not become public
mod markdown; // the record as a text file
mod mail; // the record as a letter
mod read; // what readers of all formats share
mod release; // what release notes say of it

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use check::Problem;
pub use commits::{CommitRange, is_commit};
pub use documents::{Document, documents, documents_again};
pub use facts::{Difference, Facts, Format, agreement};
pub use lint::Surroundings;
pub use mail::{text_differences, to_text};
pub use markdown::to_markdown;
pub use read::ReadError;
pub(crate) use read::{Draft, instant, link_kind};
pub use release::{is_fixed_in, release_notes};

use crate::cvss::{CvssVector, Severity, Version};
use crate::purl::Purl;
pub use crate::version::AffectedRange;

/// One public advisory about one vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The publisher's own number of the advisory: `MINIO-2026-1`. Never changes.
    pub id: String,
    /// One line that says what happens to whom.
    pub title: String,
    /// One paragraph, plain text.
    pub summary: String,
    /// The whole story, Markdown.
    #[serde(default)]
    pub details: String,
    /// What an attacker gains, plain text or Markdown.
    #[serde(default)]
    pub impact: String,
    /// What must hold for the vulnerability to be exploited, plain text or Markdown.
    #[serde(default)]
    pub preconditions: String,
    /// The language of all texts, as a BCP 47 tag: `en`.
    #[serde(default = "english")]
    pub language: String,
    /// Who may read it.
    #[serde(default)]
    pub tlp: Tlp,
    /// What readers may do with it, in words beside the label; plain text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub distribution: String,
    /// Who publishes it.
    pub publisher: Publisher,
    /// Where it can be read for ever.
    #[serde(default)]
    pub links: Links,
    /// What is affected.
    pub products: Vec<Product>,
    /// The severity, at most one vector per CVSS version.
    #[serde(default)]
    pub severities: Vec<CvssVector>,
    /// The severity in the publisher's own word, where no vector says it: a level of its scale. Empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub level: String,
    /// Numbers of the weaknesses (79 for CWE-79), the most fitting first.
    #[serde(default)]
    pub cwes: Vec<u32>,
    /// The same vulnerability under other names: `CVE-2026-12345`, `GHSA-...`.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Where to read more.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// What to do about it.
    #[serde(default)]
    pub remediations: Vec<Remediation>,
    /// Whom to thank, exactly as they consented to.
    #[serde(default)]
    pub credits: Vec<Credit>,
    /// Whom to thank besides: a coordinator, a helper, an organisation. The role is [`CreditRole::Other`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acknowledgements: Vec<Credit>,
    /// What happened when, oldest first.
    #[serde(default)]
    pub timeline: Vec<TimelineEntry>,
    /// First publication.
    pub published: Timestamp,
    /// Last change; equals `published` at first.
    pub modified: Timestamp,
    /// Withdrawn since, if the advisory turned out to be wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Timestamp>,
    /// Why it was withdrawn, plain text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub withdrawal: String,
    /// Who disputes that it is a vulnerability and why, plain text. Empty where nobody does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dispute: String,
    /// What changed in each edition, oldest first, numbered from 1.
    pub revisions: Vec<Revision>,
}

fn english() -> String {
    "en".to_owned()
}

/// The Traffic Light Protocol label.
///
/// Source: FIRST, Traffic Light Protocol 2.0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tlp {
    /// No limit on who may read.
    #[default]
    #[serde(rename = "CLEAR")]
    Clear,
    /// The reader's community.
    #[serde(rename = "GREEN")]
    Green,
    /// The reader's organisation and its clients.
    #[serde(rename = "AMBER")]
    Amber,
    /// The reader's organisation only.
    #[serde(rename = "AMBER+STRICT")]
    AmberStrict,
    /// The reader only.
    #[serde(rename = "RED")]
    Red,
}

impl Tlp {
    /// Every label, the widest circle first.
    pub const ALL: [Self; 5] = [Self::Clear, Self::Green, Self::Amber, Self::AmberStrict, Self::Red];

    /// The label in addresses: `amber-strict`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::AmberStrict => "amber-strict",
            Self::Red => "red",
        }
    }

    /// The label of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.name() == name)
    }

    /// Whether anybody may read what carries it.
    pub fn is_public(self) -> bool {
        self == Self::Clear
    }

    /// Who may read it, in words.
    ///
    /// Source: FIRST, Traffic Light Protocol 2.0.
    pub fn means(self) -> &'static str {
        match self {
            Self::Clear => "Everybody may read it.",
            Self::Green => "For the recipients' community, and not for the public.",
            Self::Amber => "For the recipients' organisation and its clients who need to know.",
            Self::AmberStrict => "For the recipients' organisation only.",
            Self::Red => "For the recipients only.",
        }
    }

    /// The label as it stands in a document: `TLP:AMBER+STRICT`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Clear => "TLP:CLEAR",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Red => "TLP:RED",
        }
    }
}

/// Who publishes an advisory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// Name of the organisation or project.
    pub name: String,
    /// A URL under the publisher's control that stands for it: `https://min.io`.
    pub namespace: String,
    /// Its part in the matter.
    #[serde(default)]
    pub category: PublisherCategory,
    /// How to reach it, one line: an address or a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Why it may speak about these products, one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
}

/// A publisher's part in the matter.
///
/// Source: CSAF 2.0 section 3.2.1.8.1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublisherCategory {
    /// Makes or maintains the product.
    #[default]
    Vendor,
    /// Coordinates between others.
    Coordinator,
    /// Found the vulnerability.
    Discoverer,
    /// Uses the product.
    User,
    /// Translates an advisory of someone else.
    Translator,
    /// None of these.
    Other,
}

/// Where an advisory can be read for ever, as absolute `https` URLs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Links {
    /// The page for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The CSAF document itself; its last part should be [`csaf::file_name`](crate::csaf::file_name).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csaf: Option<String>,
}

/// One product and the versions of it that are affected.
///
/// No ranges and no versions means that all versions are affected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The name people know it by: `MinIO Server`.
    pub name: String,
    /// Who makes it. The publisher where it is empty.
    #[serde(default)]
    pub vendor: String,
    /// Its package URL, without a version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<Purl>,
    /// Its CPE name, 2.2 or 2.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpe: Option<String>,
    /// The OSV ecosystem, such as `npm`; read from the package URL where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecosystem: Option<String>,
    /// The name in that ecosystem; read from the package URL where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Affected stretches of versions.
    #[serde(default)]
    pub ranges: Vec<AffectedRange>,
    /// Affected versions one by one, where a range cannot say it.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Fixed versions that no range names.
    #[serde(default)]
    pub fixed_versions: Vec<String>,
    /// Affected commits, for whoever builds from a repository.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<CommitRange>,
}

impl Product {
    /// The OSV ecosystem: the given one, else the one of the package URL.
    pub fn osv_ecosystem(&self) -> Option<&str> {
        self.ecosystem.as_deref().or_else(|| self.purl.as_ref()?.osv_ecosystem())
    }

    /// The name in the OSV ecosystem: the given one, else the one of the package URL.
    pub fn osv_package(&self) -> Option<String> {
        self.package.clone().or_else(|| Some(self.purl.as_ref()?.osv_name()))
    }

    /// Whose rules order the versions of this product.
    pub fn version_order(&self) -> crate::version::Ecosystem {
        self.osv_ecosystem().map_or(crate::version::Ecosystem::Other, crate::version::Ecosystem::of_osv)
    }

    /// Every version that holds a fix, each once: the ends of the ranges, then `fixed_versions`.
    pub fn all_fixed(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        let ends = self.ranges.iter().filter_map(|range| range.fixed.as_deref());
        for version in ends.chain(self.fixed_versions.iter().map(String::as_str)) {
            if !all.contains(&version) {
                all.push(version);
            }
        }
        all
    }

    /// The affected versions in words: `before 2.1, from 3.0 before 3.2`.
    pub fn affected(&self) -> String {
        let ranges = self.ranges.iter().map(ToString::to_string);
        let all: Vec<String> = ranges.chain(self.versions.iter().cloned()).collect();
        if all.is_empty() { "all versions".to_owned() } else { all.join(", ") }
    }
}

/// A link to read more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// What is found there.
    #[serde(default)]
    pub kind: ReferenceKind,
    /// Absolute URL.
    pub url: String,
    /// One line about it; the URL stands in where it is empty.
    #[serde(default)]
    pub summary: String,
}

/// What is found at a reference.
///
/// Source: OSV schema 1.7.5, `references[].type`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReferenceKind {
    /// An advisory about the same vulnerability.
    Advisory,
    /// An article or blog post.
    Article,
    /// A way to detect it.
    Detection,
    /// A public discussion.
    Discussion,
    /// A report, such as an issue.
    Report,
    /// The change that mends it.
    Fix,
    /// The change that brought it in.
    Introduced,
    /// The home of the package.
    Package,
    /// A proof, such as a demonstration.
    Evidence,
    /// Anything else.
    #[default]
    Web,
}

/// One way to deal with the vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remediation {
    /// What sort of way.
    pub kind: RemediationKind,
    /// What to do, plain text or Markdown.
    pub details: String,
    /// Where to get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The versions that bring it, for a fix.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Names of the products it is for; all products where it is empty.
    #[serde(default)]
    pub products: Vec<String>,
    /// Since when it can be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// What sort of way to deal with a vulnerability.
///
/// Source: CSAF 2.0 section 3.2.3.12.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemediationKind {
    /// An official fix by the vendor.
    Fix,
    /// A setting or use of the product that avoids it.
    Workaround,
    /// A measure outside the product that makes it harder to exploit.
    Mitigation,
    /// There will be no fix.
    NoFixPlanned,
    /// There is none now.
    NoneAvailable,
}

impl RemediationKind {
    /// The kind in words for a heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Fix => "Fix",
            Self::Workaround => "Workaround",
            Self::Mitigation => "Mitigation",
            Self::NoFixPlanned => "No fix planned",
            Self::NoneAvailable => "No fix available yet",
        }
    }
}

/// Someone to thank. At least a name or an organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Credit {
    /// Name or handle.
    pub name: String,
    /// Organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Absolute URL they asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Their part.
    pub role: CreditRole,
    /// A short description in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Credit {
    /// The name as one line, with the organisation behind it: `Ada Lovelace (Analytical Labs)`. `None` where neither is
    /// given.
    pub fn line(&self) -> Option<String> {
        let organisation = self.organisation.as_deref().map(str::trim).filter(|name| !name.is_empty());
        match (self.name.trim(), organisation) {
            ("", organisation) => organisation.map(str::to_owned),
            (name, Some(organisation)) => Some(format!("{name} ({organisation})")),
            (name, None) => Some(name.to_owned()),
        }
    }
}

/// Someone's part in dealing with a vulnerability.
///
/// Source: OSV schema 1.7.5, `credits[].type`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreditRole {
    /// Found it.
    #[default]
    Finder,
    /// Told the vendor.
    Reporter,
    /// Judged it.
    Analyst,
    /// Brought the parties together.
    Coordinator,
    /// Wrote the fix.
    RemediationDeveloper,
    /// Reviewed the fix.
    RemediationReviewer,
    /// Proved that the fix works.
    RemediationVerifier,
    /// A tool that helped.
    Tool,
    /// Paid for the work.
    Sponsor,
    /// Any other part.
    Other,
}

impl CreditRole {
    /// Every part.
    pub const ALL: [Self; 10] = [
        Self::Finder,
        Self::Reporter,
        Self::Analyst,
        Self::Coordinator,
        Self::RemediationDeveloper,
        Self::RemediationReviewer,
        Self::RemediationVerifier,
        Self::Tool,
        Self::Sponsor,
        Self::Other,
    ];

    /// The part in words: `Fix by`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Finder => "Found by",
            Self::Reporter => "Reported by",
            Self::Analyst => "Analysed by",
            Self::Coordinator => "Coordinated by",
            Self::RemediationDeveloper => "Fix by",
            Self::RemediationReviewer => "Fix reviewed by",
            Self::RemediationVerifier => "Fix verified by",
            Self::Tool => "Found with",
            Self::Sponsor => "Sponsored by",
            Self::Other => "With thanks to",
        }
    }
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineEntry {
    /// When.
    pub at: Timestamp,
    /// What happened, one line.
    pub text: String,
}

/// One edition of the advisory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// 1 for the first edition, then rising by one.
    pub number: u32,
    /// When it was published.
    pub at: Timestamp,
    /// What changed, one line.
    pub summary: String,
}

impl Record {
    /// The vector people should see first: of the newest CVSS version given.
    pub fn lead_severity(&self) -> Option<&CvssVector> {
        self.severities.iter().max_by_key(|vector| vector.version())
    }

    /// Everybody to thank: credits, then acknowledgements.
    pub fn thanks(&self) -> impl Iterator<Item = &Credit> {
        self.credits.iter().chain(&self.acknowledgements)
    }

    /// The rating people should see first.
    pub fn severity(&self) -> Option<Severity> {
        self.lead_severity().map(CvssVector::severity)
    }

    /// The rating in one word: of the vector people should see first, or the publisher's own.
    pub fn severity_word(&self) -> Option<String> {
        let own = Some(self.level.trim()).filter(|level| !level.is_empty()).map(ToOwned::to_owned);
        self.severity().map(|severity| severity.label().to_owned()).or(own)
    }

    /// The vector of one CVSS version, if given.
    pub fn vector(&self, version: Version) -> Option<&CvssVector> {
        self.severities.iter().find(|vector| vector.version() == version)
    }

    /// The CVE number, if there is one among the aliases (or the advisory itself is named by it).
    pub fn cve(&self) -> Option<&str> {
        std::iter::once(&self.id).chain(&self.aliases).map(String::as_str).find(|name| crate::identifiers::is_cve(name))
    }

    /// The remediations of one kind.
    pub fn remediations_of(&self, kind: RemediationKind) -> impl Iterator<Item = &Remediation> {
        self.remediations.iter().filter(move |remediation| remediation.kind == kind)
    }
}
