//! What keeps a record from being published, in words for the person who edits it.

use std::fmt;

use super::{Product, Record, is_commit};
use crate::cwe::{Cwe, Usage};
use crate::{csaf, identifiers, uri};

/// One thing that must be mended before the advisory can be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field it is about, as a path: `products[0].name`.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

struct Problems(Vec<Problem>);

impl Problems {
    fn say(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { field: field.into(), message: message.into() });
    }

    fn needs(&mut self, field: &str, text: &str, what: &str) {
        if text.trim().is_empty() {
            self.say(field, format!("{what} is empty; write it"));
        }
    }

    fn link(&mut self, field: &str, url: &str) {
        if !uri::is_web(url) {
            self.say(field, "The link must be an absolute http or https URL, like https://example.com/page");
        }
    }
}

impl Record {
    /// Everything that keeps this record from printing to valid documents. Empty means: ready.
    ///
    /// The list covers all mandatory rules of CSAF 2.0 and the schema of OSV, so that an editor can show it beside
    /// the fields while there is still something to change.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Problems(Vec::new());
        self.check_head(&mut problems);
        self.check_products(&mut problems);
        self.check_names(&mut problems);
        self.check_lists(&mut problems);
        self.check_revisions(&mut problems);
        problems.0
    }

    fn check_head(&self, problems: &mut Problems) {
        problems.needs("id", &self.id, "The advisory number");
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:+".contains(c);
        if !self.id.chars().all(plain) {
            problems.say("id", "The advisory number may hold letters, digits and - _ . : + only");
        }
        problems.needs("title", &self.title, "The title");
        problems.needs("summary", &self.summary, "The summary");
        problems.needs("publisher.name", &self.publisher.name, "The publisher's name");
        if !uri::is_uri(&self.publisher.namespace) {
            problems.say(
                "publisher.namespace",
                "The publisher's namespace must be an absolute URL, like https://example.com",
            );
        }
        if !csaf::language_exists(&self.language) {
            problems.say("language", "The language must be a BCP 47 tag, like en or pt-BR");
        }
        for (field, link) in [("links.page", &self.links.page), ("links.csaf", &self.links.csaf)] {
            if let Some(link) = link {
                problems.link(field, link);
            }
        }
    }

    fn check_products(&self, problems: &mut Problems) {
        if self.products.is_empty() {
            problems.say("products", "No product is named; add at least one");
        }
        for (place, product) in self.products.iter().enumerate() {
            let at = format!("products[{place}]");
            problems.needs(&format!("{at}.name"), &product.name, "The product's name");
            if self.products[..place]
                .iter()
                .any(|earlier| earlier.name == product.name && earlier.vendor == product.vendor)
            {
                problems.say(format!("{at}.name"), "This product is listed twice; put all its versions into one entry");
            }
            if product.cpe.as_deref().is_some_and(|cpe| !csaf::is_cpe(cpe)) {
                problems.say(
                    format!("{at}.cpe"),
                    "The CPE name is malformed; it looks like cpe:2.3:a:vendor:product:*:*:*:*:*:*:*:*",
                );
            }
            if product.purl.as_ref().is_some_and(|purl| purl.version().is_some()) {
                problems
                    .say(format!("{at}.purl"), "The package URL must carry no version; versions belong to the ranges");
            }
            check_versions(&at, product, problems);
            check_commits(&at, product, problems);
        }
    }

    fn check_names(&self, problems: &mut Problems) {
        for (place, alias) in self.aliases.iter().enumerate() {
            let field = format!("aliases[{place}]");
            problems.needs(&field, alias, "The alias");
            if alias.to_ascii_uppercase().starts_with("CVE") && !identifiers::is_cve(alias) {
                problems.say(&field, "A CVE number looks like CVE-2026-12345");
            }
            if alias.to_ascii_uppercase().starts_with("GCVE") && !identifiers::is_gcve(alias) {
                problems
                    .say(&field, "A GCVE number looks like GCVE-1-2026-0042: who assigned it, then their own count");
            }
            if *alias == self.id || self.aliases[..place].contains(alias) {
                problems.say(&field, "This name is listed twice; remove it");
            }
        }
        if self.aliases.iter().filter(|alias| identifiers::is_cve(alias)).count() > 1 {
            problems.say("aliases", "An alias names the same vulnerability, so there can be one CVE number only; publish one advisory for each");
        }
        for (place, id) in self.cwes.iter().enumerate() {
            let field = format!("cwes[{place}]");
            match Cwe::get(*id) {
                None => problems.say(field, format!("CWE-{id} is not on the list of weaknesses")),
                Some(cwe) if cwe.usage == Usage::Prohibited => {
                    problems.say(
                        field,
                        format!("CWE-{id} must not be used for a vulnerability; choose a more precise one"),
                    );
                }
                Some(_) => {}
            }
        }
        for (place, vector) in self.severities.iter().enumerate() {
            if self.severities[..place].iter().any(|earlier| earlier.version() == vector.version()) {
                problems.say(
                    format!("severities[{place}]"),
                    format!("There is more than one CVSS {} vector; keep one", vector.version()),
                );
            }
        }
    }

    fn check_lists(&self, problems: &mut Problems) {
        for (place, reference) in self.references.iter().enumerate() {
            problems.link(&format!("references[{place}].url"), &reference.url);
        }
        for (place, remediation) in self.remediations.iter().enumerate() {
            let at = format!("remediations[{place}]");
            problems.needs(&format!("{at}.details"), &remediation.details, "What to do");
            if let Some(url) = &remediation.url {
                problems.link(&format!("{at}.url"), url);
            }
            for name in &remediation.products {
                if !self.products.iter().any(|product| product.name == *name) {
                    problems.say(
                        format!("{at}.products"),
                        "This names a product the advisory does not list; add it or remove the name",
                    );
                }
            }
        }
        let credits = self.credits.iter().enumerate().map(|(place, credit)| (format!("credits[{place}]"), credit));
        let others = self.acknowledgements.iter().enumerate();
        let others = others.map(|(place, credit)| (format!("acknowledgements[{place}]"), credit));
        for (at, credit) in credits.chain(others) {
            if credit.name.trim().is_empty() && credit.organisation.as_deref().is_none_or(|name| name.trim().is_empty())
            {
                problems.say(&at, "A credit needs a name or an organisation");
            }
            if let Some(link) = &credit.link {
                problems.link(&format!("{at}.link"), link);
            }
        }
        if self.withdrawn.is_none() && !self.withdrawal.trim().is_empty() {
            problems
                .say("withdrawal", "There is a reason of a withdrawal, and no date of it; give the date or remove it");
        }
        for (place, entry) in self.timeline.iter().enumerate() {
            problems.needs(&format!("timeline[{place}].text"), &entry.text, "What happened");
        }
    }

    fn check_revisions(&self, problems: &mut Problems) {
        let Some(last) = self.revisions.last() else {
            problems.say("revisions", "There is no revision; the first one says \"Initial publication\"");
            return;
        };
        for (place, (revision, number)) in self.revisions.iter().zip(1..).enumerate() {
            let at = format!("revisions[{place}]");
            problems.needs(&format!("{at}.summary"), &revision.summary, "What changed");
            if revision.number != number {
                problems.say(
                    format!("{at}.number"),
                    format!("Revisions are numbered from 1 without gaps; this one is {number}"),
                );
            }
            if place > 0 && revision.at <= self.revisions[place - 1].at {
                problems.say(format!("{at}.at"), "A revision must be later than the one before it");
            }
        }
        if self.revisions[0].at < self.published {
            problems.say("revisions[0].at", "The first revision cannot be earlier than the publication");
        }
        if self.modified < last.at || self.modified < self.published {
            problems.say("modified", "The last change cannot be earlier than the last revision or the publication");
        }
    }
}

fn check_versions(at: &str, product: &Product, problems: &mut Problems) {
    let order = product.version_order();
    for (place, range) in product.ranges.iter().enumerate() {
        let field = format!("{at}.ranges[{place}]");
        let bounds = [&range.introduced, &range.fixed, &range.last_affected];
        if bounds.into_iter().flatten().any(|version| !is_version(version)) {
            problems.say(&field, "A version must be one word without spaces, and not *");
            continue;
        }
        if range.fixed.is_some() && range.last_affected.is_some() {
            problems.say(&field, "A range ends either before a fixed version or with a last affected one, not both");
        }
        let end = range.fixed.as_deref().or(range.last_affected.as_deref());
        if let (Some(from), Some(to)) = (range.lower(), end) {
            let order = crate::version::compare(order, from, to);
            let empty = range.fixed.is_some() && order == Some(std::cmp::Ordering::Equal);
            if empty || order == Some(std::cmp::Ordering::Greater) {
                problems.say(&field, format!("The range is empty: {from} does not come before {to}"));
            }
        }
        if product.ranges[..place].contains(range) {
            problems.say(&field, "This range is listed twice; remove it");
        }
    }
    for (field, versions) in [("versions", &product.versions), ("fixed_versions", &product.fixed_versions)] {
        if versions.iter().any(|version| !is_version(version)) {
            problems.say(format!("{at}.{field}"), "A version must be one word without spaces, and not *");
        }
    }
    if let Some(both) =
        product.all_fixed().into_iter().find(|fixed| product.versions.iter().any(|affected| affected == fixed))
    {
        problems
            .say(format!("{at}.versions"), format!("Version {both} is listed as affected and as fixed; choose one"));
    }
}

fn check_commits(at: &str, product: &Product, problems: &mut Problems) {
    for (place, range) in product.commits.iter().enumerate() {
        let field = format!("{at}.commits[{place}]");
        problems.link(&format!("{field}.repository"), &range.repository);
        let ends: Vec<&str> = range.lower().into_iter().chain(range.fixed.as_deref()).collect();
        if ends.is_empty() {
            problems.say(&field, "Name the commit that brought it in, the one that mends it, or both");
        }
        if ends.iter().any(|commit| !is_commit(commit)) {
            problems.say(&field, "A commit is named by its whole hash: 40 or 64 digits 0-9 and a-f");
        }
        if range.lower().is_some() && range.lower() == range.fixed.as_deref() {
            problems.say(&field, "The same commit cannot bring it in and mend it");
        }
        if product.commits[..place].contains(range) {
            problems.say(&field, "These commits are listed twice; remove them");
        }
    }
}

fn is_version(text: &str) -> bool {
    !text.is_empty() && text != "*" && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}
