//! What an advisory says, as facts that every format can be asked for.
//!
//! Two documents agree when they say the same facts, as far as their formats can carry them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Credit, Product, ReadError, Record};
use crate::csaf::{self, Edition};
use crate::cvss::Version;
use crate::identifiers::{self, Kind};
use crate::version::semantic;
use crate::{cve, cyclonedx, ghsa, openvex, osv};

/// A format that an advisory is printed in and read back from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// CSAF 2.0, either profile.
    Csaf20,
    /// CSAF 2.1, either profile.
    Csaf21,
    /// OSV.
    Osv,
    /// A whole CVE record.
    Cve,
    /// OpenVEX.
    OpenVex,
    /// CycloneDX with vulnerabilities.
    CycloneDx,
    /// The JSON of GitHub.
    Ghsa,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] =
        [Self::Csaf20, Self::Csaf21, Self::Osv, Self::Cve, Self::OpenVex, Self::CycloneDx, Self::Ghsa];

    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csaf20 => "CSAF 2.0",
            Self::Csaf21 => "CSAF 2.1",
            Self::Osv => "OSV",
            Self::Cve => "CVE",
            Self::OpenVex => "OpenVEX",
            Self::CycloneDx => "CycloneDX",
            Self::Ghsa => "GitHub advisory",
        }
    }

    /// The format of a document, told from what it says of itself.
    pub fn of(document: &Value) -> Option<Self> {
        if csaf::looks_like(document) {
            return Some(match Edition::of(document) {
                Edition::V2_0 => Self::Csaf20,
                Edition::V2_1 => Self::Csaf21,
            });
        }
        let known = [
            (openvex::looks_like(document), Self::OpenVex),
            (cyclonedx::looks_like(document), Self::CycloneDx),
            (cve::looks_like(document), Self::Cve),
            (ghsa::looks_like(document), Self::Ghsa),
            (osv::looks_like(document), Self::Osv),
        ];
        known.into_iter().find(|(is, _)| *is).map(|(_, format)| format)
    }

    /// Checks a document of this format. Empty means valid.
    pub fn validate(self, document: &Value) -> Vec<crate::Finding> {
        match self {
            Self::Csaf20 | Self::Csaf21 => csaf::validate(document),
            Self::Osv => osv::validate(document),
            Self::Cve => cve::validate(document),
            Self::OpenVex => openvex::validate(document),
            Self::CycloneDx => cyclonedx::validate(document),
            Self::Ghsa => Vec::new(),
        }
    }

    /// Reads a document of this format as an advisory of `publisher`; CSAF names its own.
    ///
    /// # Errors
    ///
    /// [`ReadError`] where the document is of another format or lacks what an advisory cannot be without.
    pub fn read(self, document: &Value, publisher: &super::Publisher) -> Result<Record, ReadError> {
        match self {
            Self::Csaf20 | Self::Csaf21 => csaf::read(document),
            Self::Osv => osv::read(document, publisher),
            Self::Cve => cve::read(document, publisher),
            Self::OpenVex => openvex::read(document, publisher),
            Self::CycloneDx => cyclonedx::read(document, publisher),
            Self::Ghsa => ghsa::read(document, publisher),
        }
    }

    /// Reads a document of this format as advisories: one for each vulnerability of a CSAF document, one for any other.
    ///
    /// # Errors
    ///
    /// As [`Format::read`].
    pub fn read_all(self, document: &Value, publisher: &super::Publisher) -> Result<Vec<Record>, ReadError> {
        match self {
            Self::Csaf20 | Self::Csaf21 => csaf::read_all(document),
            _ => self.read(document, publisher).map(|record| vec![record]),
        }
    }
}

/// The facts of an advisory in one format: for each field everything that is said, in one order and notation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(pub BTreeMap<String, BTreeSet<String>>);

impl Facts {
    /// What `record` says, as far as `format` can carry it.
    pub fn of(record: &Record, format: Format) -> Self {
        let mut facts = Self::default();
        facts.identifiers(record, format);
        facts.dates(record, format);
        if matches!(format, Format::Csaf20 | Format::Csaf21) {
            facts.say("distribution", record.tlp.label());
        }
        if !(record.withdrawn.is_some() && matches!(format, Format::Csaf21 | Format::OpenVex)) {
            facts.severity(record, format);
            facts.products(record, format);
            facts.people_and_links(record, format);
            if !record.dispute.trim().is_empty() && matches!(format, Format::Csaf20 | Format::Csaf21 | Format::Cve) {
                facts.say("disputed", "yes");
            }
        }
        facts
    }

    pub(super) fn say(&mut self, field: impl Into<String>, value: impl Into<String>) {
        self.0.entry(field.into()).or_default().insert(value.into());
    }

    fn identifiers(&mut self, record: &Record, format: Format) {
        let names: Vec<&str> = std::iter::once(&record.id).chain(&record.aliases).map(String::as_str).collect();
        let kept: Vec<&str> = match format {
            // These know their own number and the CVE number only.
            Format::Cve => names[..1].iter().copied().chain(record.cve()).collect(),
            Format::Ghsa => {
                let is_known = |name: &&str| {
                    identifiers::recognise(name).is_some_and(|found| matches!(found.kind, Kind::Ghsa | Kind::Cve))
                };
                // One of each kind: the first.
                let mut kinds = Vec::new();
                names
                    .into_iter()
                    .filter(is_known)
                    .filter(|name| {
                        let kind = identifiers::recognise(name).map(|found| found.kind);
                        !kinds.contains(&kind) && {
                            kinds.push(kind);
                            true
                        }
                    })
                    .collect()
            }
            _ => names,
        };
        for name in kept {
            self.say("identifiers", name);
        }
    }

    fn dates(&mut self, record: &Record, format: Format) {
        let published = match (format, record.revisions.first()) {
            (Format::Csaf21, _) if record.withdrawn.is_some() => None,
            _ => Some(record.published),
        };
        if let Some(at) = published {
            self.say("published", at.to_string());
        }
        let revised = record.revisions.last().map_or(record.modified, |revision| revision.at);
        let changed = match format {
            Format::Csaf20 | Format::Csaf21 => revised,
            _ => record.modified,
        };
        self.say("changed", changed.to_string());
        if let Some(at) = record.withdrawn
            && matches!(format, Format::Csaf20 | Format::Osv | Format::CycloneDx | Format::Ghsa)
        {
            self.say("withdrawn", at.to_string());
        }
    }

    fn severity(&mut self, record: &Record, format: Format) {
        let newest = |versions: &[Version]| versions.iter().find_map(|version| record.vector(*version)).into_iter();
        let three = newest(&[Version::V3_1, Version::V3_0]);
        let vectors: Vec<_> = match format {
            Format::Csaf20 | Format::Csaf21 => {
                newest(&[Version::V2_0]).chain(three).chain(newest(&[Version::V4_0])).collect()
            }
            Format::Ghsa => three.chain(newest(&[Version::V4_0])).collect(),
            Format::OpenVex => Vec::new(),
            Format::Osv | Format::Cve | Format::CycloneDx => record.severities.iter().collect(),
        };
        for vector in vectors {
            self.say("severity", vector.as_str());
        }
        if format != Format::OpenVex {
            for id in &record.cwes {
                self.say("weaknesses", format!("CWE-{id}"));
            }
        }
    }

    fn products(&mut self, record: &Record, format: Format) {
        for product in &record.products {
            self.commits(record, product, format);
            let Some(name) = product_name(record, product, format) else { continue };
            let plain = |version: &str| plain(version, format);
            let affected = format!("affected versions of {name}");
            if product.ranges.is_empty() && product.versions.is_empty() {
                self.say(affected.as_str(), "all versions");
            }
            for range in &product.ranges {
                let (from, fixed) = (range.lower().map(plain), range.fixed.as_deref().map(plain));
                let last = range.last_affected.as_deref().map(plain);
                let said = match (from, fixed, last) {
                    (None, None, None) => "all versions".to_owned(),
                    (Some(from), None, Some(last)) if from == last => from,
                    (from, fixed, last) => {
                        let part =
                            |sign: &str, version: Option<String>| version.map(|version| format!("{sign}{version}"));
                        let last = if fixed.is_some() { None } else { last };
                        let parts = [part(">=", from), part("<", fixed), part("<=", last)];
                        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
                    }
                };
                self.say(affected.as_str(), said);
            }
            for version in &product.versions {
                self.say(affected.as_str(), plain(version));
            }
            if matches!(format, Format::Csaf20 | Format::Csaf21 | Format::OpenVex | Format::CycloneDx) {
                for version in csaf::fixed_versions(record, product) {
                    self.say(format!("fixed versions of {name}"), plain(version));
                }
            }
        }
    }

    /// Commits, in the formats that have a place for them. A package without an ecosystem has its own name in OSV.
    fn commits(&mut self, record: &Record, product: &Product, format: Format) {
        if !matches!(format, Format::Csaf20 | Format::Csaf21 | Format::Osv | Format::Cve) {
            return;
        }
        let name = product_name(record, product, format).unwrap_or_else(|| words(&product.name));
        for range in &product.commits {
            self.say(format!("affected commits of {name}"), range.to_string());
        }
    }

    fn people_and_links(&mut self, record: &Record, format: Format) {
        if !matches!(format, Format::OpenVex | Format::Ghsa) {
            for line in record.thanks().filter_map(Credit::line) {
                self.say("credits", words(&line));
            }
        }
        let pages: Vec<&str> = record.links.page.iter().map(String::as_str).collect();
        let urls: Vec<&str> = record.references.iter().map(|reference| reference.url.as_str()).collect();
        match format {
            Format::OpenVex => {}
            Format::Csaf20 | Format::Csaf21 => urls.into_iter().for_each(|url| self.say("references", url)),
            Format::Cve if pages.is_empty() && urls.is_empty() => {
                self.say("references", record.publisher.namespace.as_str());
            }
            _ => pages.into_iter().chain(urls).for_each(|url| self.say("references", url)),
        }
    }
}

pub(super) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A version as the format writes it: OSV writes semantic versions without a leading `v`.
fn plain(version: &str, format: Format) -> String {
    match semantic(version) {
        Some(version) if format == Format::Osv => version.to_string(),
        _ => version.to_owned(),
    }
}

/// By what a format names a product; `None` where it cannot name it at all.
fn product_name(record: &Record, product: &Product, format: Format) -> Option<String> {
    Some(match format {
        Format::Csaf20 | Format::Csaf21 | Format::CycloneDx | Format::Cve => words(&product.name),
        Format::Osv => {
            let ecosystem = product.osv_ecosystem().filter(|name| osv::is_ecosystem(name))?;
            words(&format!("{ecosystem} {}", product.osv_package()?))
        }
        Format::OpenVex => openvex::product_url(record, product)?.to_string(),
        Format::Ghsa => {
            let (ecosystem, name) = ghsa::package(product);
            words(&format!("{ecosystem} {name}"))
        }
    })
}

/// Something that a printed document says otherwise than the record, or than it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The document, by the name it was given.
    pub document: String,
    /// What it is about: `severity`, `affected versions of MinIO Server`.
    pub field: String,
    /// What the record says.
    pub expected: Vec<String>,
    /// What the document says.
    pub found: Vec<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |values: &[String]| if values.is_empty() { "nothing".to_owned() } else { values.join(", ") };
        let Self { document, field, expected, found } = self;
        write!(f, "{document} says {} as {field}; the advisory says {}", list(found), list(expected))
    }
}

/// Reads `documents` back and compares what they say with `record`. Empty means that all of them agree.
///
/// Each document comes with the name it is called by in a difference, such as its file name. One that cannot be read is
/// a difference of its own.
pub fn agreement(record: &Record, documents: &[(String, Value)]) -> Vec<Difference> {
    let mut all = Vec::new();
    for (name, document) in documents {
        let unreadable = |why: String| Difference {
            document: name.clone(),
            field: "document".to_owned(),
            expected: vec!["a readable document".to_owned()],
            found: vec![why],
        };
        let Some(format) = Format::of(document) else {
            all.push(unreadable("no format that is known".to_owned()));
            continue;
        };
        match format.read(document, &record.publisher) {
            Err(why) => all.push(unreadable(why.to_string())),
            Ok(read) => all.extend(compared(name, &Facts::of(record, format), &Facts::of(&read, format))),
        }
    }
    all
}

pub(super) fn compared(document: &str, expected: &Facts, found: &Facts) -> Vec<Difference> {
    let fields: BTreeSet<&String> = expected.0.keys().chain(found.0.keys()).collect();
    let nothing = BTreeSet::new();
    let of = |facts: &Facts, field: &String| facts.0.get(field).unwrap_or(&nothing).clone();
    fields
        .into_iter()
        .map(|field| (field, of(expected, field), of(found, field)))
        .filter(|(_, expected, found)| expected != found)
        .map(|(field, expected, found)| Difference {
            document: document.to_owned(),
            field: field.clone(),
            expected: expected.into_iter().collect(),
            found: found.into_iter().collect(),
        })
        .collect()
}
