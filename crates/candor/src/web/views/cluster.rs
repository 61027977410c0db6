//! What hangs together with a case.

use super::parts::{Link, StateView};
use askama::Template;
use askama::filters::HtmlSafe;

/// Reports of the same problem, findings of one report.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "parts/cluster.html")]
pub struct ClusterFacts {
    /// How many reporters one answer to all reaches.
    pub reporters: usize,
    /// Cases whose reports this one gathers.
    pub gathered: Vec<Linked>,
    /// How many more there are that the member may not see.
    pub hidden: usize,
    /// The case that gathers this one.
    pub lead: Option<Linked>,
    /// Cases that have to do with it, of those the member may see.
    pub related: Vec<Linked>,
    /// Findings that are cases of their own.
    pub parts: Vec<Linked>,
    /// The report that this one is a finding of.
    pub whole: Option<Linked>,
    /// Where the report is split.
    pub split: Option<Link>,
}

impl HtmlSafe for ClusterFacts {}

/// Another case.
#[derive(Debug, Clone, Default)]
pub struct Linked {
    /// Public name.
    pub id: String,
    /// Where its page is.
    pub href: String,
    /// Working title.
    pub title: String,
    /// State.
    pub state: StateView,
    /// What can be done with it here.
    pub acts: Vec<Link>,
}
