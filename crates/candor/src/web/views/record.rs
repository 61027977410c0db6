//! What a program tells about itself: promises kept, reports by outcome, closed reports, thanks.

use super::parts::{Link, SafeHtml, Shell, TimeView};
use askama::Template;

/// `/{program}/record`: promises kept and broken, reports by outcome.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/record.html")]
pub struct RecordPage {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// When the figures were counted.
    pub at: TimeView,
    /// The policy's sentence about service levels; empty for none.
    pub no_sla: String,
    /// Quarter by quarter, the newest first.
    pub quarters: Vec<QuarterView>,
    /// Where the figures are for programs, and the policy.
    pub links: Vec<Link>,
}

/// One quarter of a year.
#[derive(Debug, Clone, Default)]
pub struct QuarterView {
    /// Its name.
    pub name: String,
    /// Its anchor.
    pub anchor: String,
    /// Reports that came in.
    pub received: String,
    /// What came of them.
    pub outcomes: Vec<OutcomeRow>,
    /// Promises that were decided.
    pub promises: Vec<PromiseFigureRow>,
}

/// Reports with one outcome.
#[derive(Debug, Clone, Default)]
pub struct OutcomeRow {
    /// The outcome.
    pub what: String,
    /// How many.
    pub count: String,
}

/// How one promise was kept.
#[derive(Debug, Clone, Default)]
pub struct PromiseFigureRow {
    /// What is promised.
    pub what: String,
    /// `commitment` or `target`.
    pub kind: String,
    /// Kept in time.
    pub kept: String,
    /// Kept late.
    pub late: String,
    /// Not kept.
    pub broken: String,
    /// Half were kept within.
    pub median: String,
    /// Nine of ten were kept within.
    pub ninetieth: String,
}

/// `/{program}/closed`: texts about reports that ended without an advisory.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/closed.html")]
pub struct ClosedPage {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// The texts, the newest first.
    pub entries: Vec<ClosedEntry>,
}

/// A text about a closed report.
#[derive(Debug, Clone, Default)]
pub struct ClosedEntry {
    /// Heading.
    pub title: String,
    /// When it became public.
    pub at: TimeView,
    /// The text.
    pub body: SafeHtml,
}

/// `/{program}/dependencies`: vulnerabilities of packages that do not make the product vulnerable.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/dependencies.html")]
pub struct DependenciesPage {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// The decisions, the newest first.
    pub rows: Vec<DependencyRow>,
    /// The same for programs.
    pub vex: Link,
}

/// A decision about a vulnerability of a package.
#[derive(Debug, Clone, Default)]
pub struct DependencyRow {
    /// Its public identifier, with the page about it.
    pub vulnerability: Link,
    /// The package.
    pub package: String,
    /// Why the product is not affected.
    pub because: String,
    /// When it became public.
    pub at: TimeView,
}

/// `/{program}/thanks`: everybody who is credited in an advisory.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/thanks.html")]
pub struct ThanksPage {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// The people, those of the newest advisory first.
    pub entries: Vec<ThanksEntry>,
}

/// Somebody who is credited.
#[derive(Debug, Clone, Default)]
pub struct ThanksEntry {
    /// Name.
    pub name: String,
    /// Organisation; empty for none.
    pub organisation: String,
    /// A few words; empty for none.
    pub about: String,
    /// Their link; empty for none.
    pub href: String,
    /// The advisories that name them.
    pub advisories: Vec<Link>,
}
