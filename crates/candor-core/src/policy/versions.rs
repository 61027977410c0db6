//! Which versions get fixes, until when, and by whose rules versions are ordered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which versions get fixes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// The rule.
    #[serde(default)]
    pub rule: VersionRule,
    /// In words, like `Upgrade to the latest release.`
    #[serde(default)]
    pub statement: String,
    /// The latest release, where the file is kept up to date with it.
    #[serde(default)]
    pub latest: Option<String>,
    /// Whose rules order versions: a type of package URL such as `npm`, `golang` or `pypi`, or `semver`. Without it the one of
    /// the product's package URL.
    #[serde(default)]
    pub ecosystem: Option<String>,
    /// The supported branches or ranges, when the rule is a list.
    #[serde(default)]
    pub supported: Vec<SupportedVersion>,
}

/// How support is decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VersionRule {
    /// Only the latest release.
    #[default]
    Latest,
    /// The branches or ranges listed under `supported`.
    List,
}

/// One supported branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportedVersion {
    /// The branch or range, like `4.x` or `>= 4.0, < 5.0`.
    pub branch: String,
    /// First day of support, like `2026-10-01`.
    #[serde(default)]
    #[schemars(schema_with = "super::date")]
    pub from: Option<jiff::civil::Date>,
    /// Last day of support, like `2027-04-30`.
    #[serde(default)]
    #[schemars(schema_with = "super::date")]
    pub until: Option<jiff::civil::Date>,
    /// The latest release of the branch, where the file is kept up to date with it.
    #[serde(default)]
    pub latest: Option<String>,
}

impl SupportedVersion {
    /// Whether it is supported on this day.
    pub fn is_supported(&self, on: jiff::civil::Date) -> bool {
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| until >= on)
    }
}
