//! What readers of all formats share: a record that is filled bit by bit.

use jiff::Timestamp;
use serde_json::Value;

use super::{CommitRange, Credit, CreditRole, Publisher, Record, Reference, ReferenceKind, Revision, Tlp};
use crate::cvss::CvssVector;

/// Why a document cannot be read as an advisory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is something else.
    #[error("This is no {0} document")]
    Other(&'static str),
    /// It is about more than one vulnerability.
    #[error("This document holds {0} vulnerabilities and an advisory is about one; divide the document first")]
    Several(usize),
    /// What an advisory cannot be without is not there.
    #[error("{what} is missing at {path}; an advisory cannot be made without it")]
    Missing {
        /// Where it should stand, as a JSON pointer.
        path: &'static str,
        /// What it is.
        what: &'static str,
    },
}

/// A record while it is read. Lists take each item once.
pub(crate) struct Draft(pub(crate) Record);

impl Draft {
    /// The least there is: a number, a title and the date of publication.
    pub fn new(id: &str, title: &str, publisher: Publisher, published: Timestamp) -> Self {
        Self(Record {
            id: id.to_owned(),
            title: one_line(title),
            summary: String::new(),
            details: String::new(),
            impact: String::new(),
            preconditions: String::new(),
            language: "en".to_owned(),
            tlp: Tlp::Clear,
            distribution: String::new(),
            publisher,
            links: super::Links::default(),
            products: Vec::new(),
            severities: Vec::new(),
            level: String::new(),
            cwes: Vec::new(),
            aliases: Vec::new(),
            references: Vec::new(),
            remediations: Vec::new(),
            credits: Vec::new(),
            acknowledgements: Vec::new(),
            timeline: Vec::new(),
            published,
            modified: published,
            withdrawn: None,
            withdrawal: String::new(),
            dispute: String::new(),
            revisions: Vec::new(),
        })
    }

    pub fn alias(&mut self, name: &str) {
        if name != self.0.id && !name.trim().is_empty() && !self.0.aliases.iter().any(|known| known == name) {
            self.0.aliases.push(name.to_owned());
        }
    }

    /// A vector that can be read, one for each version.
    pub fn vector(&mut self, text: &str) {
        if let Ok(vector) = CvssVector::parse(text)
            && self.0.vector(vector.version()).is_none()
        {
            self.0.severities.push(vector);
        }
    }

    pub fn weakness(&mut self, text: &str) {
        let number = text.trim().to_ascii_uppercase().strip_prefix("CWE-").and_then(|number| number.parse().ok());
        if let Some(number) = number.filter(|number| !self.0.cwes.contains(number)) {
            self.0.cwes.push(number);
        }
    }

    pub fn reference(&mut self, kind: ReferenceKind, url: &str, summary: &str) {
        if !self.0.references.iter().any(|known| known.url == url) {
            self.0.references.push(Reference { kind, url: url.to_owned(), summary: one_line(summary) });
        }
    }

    /// Commits of the product of this name.
    pub fn commits(&mut self, product: &str, range: CommitRange) {
        let mut products = self.0.products.iter_mut();
        if let Some(product) = products.find(|known| one_line(&known.name) == product)
            && !product.commits.contains(&range)
        {
            product.commits.push(range);
        }
    }

    pub fn credit(&mut self, credit: Credit) {
        let list = match credit.role {
            CreditRole::Other => &mut self.0.acknowledgements,
            _ => &mut self.0.credits,
        };
        if credit.line().is_some() && !list.contains(&credit) {
            list.push(credit);
        }
    }

    /// The record, with a summary and at least one revision.
    pub fn finish(mut self, modified: Option<Timestamp>) -> Record {
        let record = &mut self.0;
        if record.summary.trim().is_empty() {
            record.summary.clone_from(&record.title);
        }
        if record.revisions.is_empty() {
            let summary = "Initial publication".to_owned();
            record.revisions.push(Revision { number: 1, at: record.published, summary });
            if let Some(at) = modified.filter(|at| *at > record.published) {
                record.revisions.push(Revision { number: 2, at, summary: "Newest edition".to_owned() });
            }
        }
        let last = record.revisions.last().map_or(record.published, |revision| revision.at);
        record.modified = modified.map_or(last, |at| at.max(last));
        self.0
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An instant of a document. One without a zone is in UTC; one that cannot be read is none.
pub(crate) fn instant(value: &Value, key: &str) -> Option<Timestamp> {
    let text = value.get(key)?.as_str()?;
    text.parse().ok().or_else(|| format!("{text}Z").parse().ok())
}

/// What a link of a GitHub-like or unnamed kind leads to, told from its address.
pub(crate) fn link_kind(url: &str) -> ReferenceKind {
    if url.contains("/commit/") || url.contains("/pull/") || url.contains("/merge_requests/") {
        ReferenceKind::Fix
    } else if url.contains("/issues/") {
        ReferenceKind::Report
    } else if url.contains("/advisories/") || url.contains("nvd.nist.gov") || url.contains("cve.org") {
        ReferenceKind::Advisory
    } else {
        ReferenceKind::Web
    }
}
