//! CVSS 2.0, 3.0, 3.1 and 4.0: a strict reader in front of a proven scorer.
//!
//! The vector string is the source of truth; scores and severities are always computed from it.
//! Scoring is done by the `cvss` crate; this module refuses what that crate would let through
//! (missing base metrics, a reordered 4.0 vector) and adds names for people.
//!
//! Source: FIRST, CVSS v2.0 guide section 2.4; CVSS v3.1 specification section 6; CVSS v4.0
//! specification section 7 (vector strings).

mod fast; // the short way through common vectors
mod words; // what each base metric means, in plain words
mod tables; // every metric of every version, with its choices in words

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use tables::{Choice, Group, Metric};
pub use words::{meaning, question};

/// A version of the Common Vulnerability Scoring System.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// CVSS 2.0 (2007). Its vectors carry no prefix.
    #[serde(rename = "2.0")]
    V2_0,
    /// CVSS 3.0 (2015).
    #[serde(rename = "3.0")]
    V3_0,
    /// CVSS 3.1 (2019).
    #[serde(rename = "3.1")]
    V3_1,
    /// CVSS 4.0 (2023).
    #[serde(rename = "4.0")]
    V4_0,
}

impl Version {
    /// The version number as written in vectors: `3.1`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2_0 => "2.0",
            Self::V3_0 => "3.0",
            Self::V3_1 => "3.1",
            Self::V4_0 => "4.0",
        }
    }

    /// What a vector of this version starts with; empty for 2.0.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::V2_0 => "",
            Self::V3_0 => "CVSS:3.0/",
            Self::V3_1 => "CVSS:3.1/",
            Self::V4_0 => "CVSS:4.0/",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The qualitative rating of a score, lowest first.
///
/// Source: CVSS v3.1 section 5, CVSS v4.0 section 6. CVSS 2.0 has no official None and Critical;
/// its scores use Low, Medium and High, as the US National Vulnerability Database does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Score 0.0.
    None,
    /// Score 0.1 to 3.9.
    Low,
    /// Score 4.0 to 6.9.
    Medium,
    /// Score 7.0 to 8.9.
    High,
    /// Score 9.0 to 10.0.
    Critical,
}

impl Severity {
    /// All ratings, lowest first.
    pub const ALL: [Self; 5] = [Self::None, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The rating as a word for people: `High`.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// The rating of `score` (0.0 to 10.0) under `version`.
    pub fn of(version: Version, score: f64) -> Self {
        let two = version == Version::V2_0;
        match score {
            s if s < 0.05 && !two => Self::None,
            s if s < 3.95 => Self::Low,
            s if s < 6.95 => Self::Medium,
            s if s < 8.95 || two => Self::High,
            _ => Self::Critical,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Why a string is no CVSS vector, in words fit to show beside a form field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CvssError {
    /// The string is empty.
    #[error("The CVSS vector is empty; it looks like CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")]
    Empty,
    /// A `CVSS:` prefix names a version that does not exist.
    #[error("CVSS version {0} is not known; use 2.0, 3.0, 3.1 or 4.0")]
    Version(String),
    /// A part is not of the form `CODE:VALUE`.
    #[error("\"{0}\" is no metric of the form CODE:VALUE")]
    Malformed(String),
    /// The vector ends in `/`, or has `//` inside.
    #[error("The vector has an empty part; remove the extra \"/\"")]
    EmptyPart,
    /// The metric does not exist in this version.
    #[error("{code} is no metric of CVSS {version}")]
    UnknownMetric {
        /// The code as given.
        code: String,
        /// The version of the vector.
        version: Version,
    },
    /// The metric exists, but not this value of it.
    #[error("{code} cannot be {value}; choose one of {choices}")]
    UnknownValue {
        /// The metric's code.
        code: &'static str,
        /// The value as given.
        value: String,
        /// The values there are, separated by commas.
        choices: String,
    },
    /// The metric is given twice.
    #[error("{0} is given twice")]
    Duplicate(&'static str),
    /// A base metric is absent.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A CVSS 4.0 vector whose metrics are not in the order the specification fixes.
    #[error("{found} stands after {after}; CVSS 4.0 fixes the order, write {canonical}")]
    Order {
        /// The metric that comes too late.
        found: &'static str,
        /// The metric before it in the string.
        after: &'static str,
        /// The same vector in the right order.
        canonical: String,
    },
}

/// A complete, valid CVSS vector in canonical metric order, with its scores.
///
/// Two vectors are equal when their canonical strings are.
///
/// ```
/// use candor_formats::cvss::{CvssVector, Severity};
/// let vector: CvssVector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".parse().unwrap();
/// assert_eq!(vector.score(), 9.8);
/// assert_eq!(vector.severity(), Severity::Critical);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CvssVector {
    version: Version,
    text: String,
    // Scores in tenths, so that the type can be `Eq`.
    base: u8,
    temporal: u8,
    environmental: u8,
    has_temporal: bool,
    has_environmental: bool,
}

impl CvssVector {
    /// Reads a vector; see [`CvssError`] for what is refused.
    ///
    /// Metrics of 2.0 and 3.x may come in any order, as their specifications allow, and are put into the usual
    /// order. Metrics of 4.0 must come in the order of the specification.
    pub fn parse(text: &str) -> Result<Self, CvssError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(CvssError::Empty);
        }
        fast::parse(text).map_or_else(|| Self::parse_slowly(text), Ok)
    }

    /// The long way: any order where a version allows it, every metric, and errors in words.
    fn parse_slowly(text: &str) -> Result<Self, CvssError> {
        let (version, body) = split_version(text)?;
        let mut given: Vec<(usize, &'static str)> = Vec::new();
        let table = all_metrics(version);
        for part in body.split('/') {
            let (place, value) = read_part(version, table, part)?;
            if given.iter().any(|(seen, _)| *seen == place) {
                return Err(CvssError::Duplicate(table[place].code));
            }
            given.push((place, value));
        }
        let late = given.windows(2).find(|pair| pair[1].0 < pair[0].0).map(|pair| (pair[1].0, pair[0].0));
        given.sort_unstable();
        if let Some(missing) =
            metrics(version).iter().enumerate().find(|(place, _)| !given.iter().any(|g| g.0 == *place))
        {
            return Err(CvssError::Missing(missing.1.code));
        }
        let canonical = write(version, table, &given);
        if let (Some((found, after)), Version::V4_0) = (late, version) {
            return Err(CvssError::Order { found: table[found].code, after: table[after].code, canonical });
        }
        Ok(Self::scored(version, canonical, &given, table))
    }

    /// Builds a vector from chosen values, such as the fields of a form: `choose` is asked for each metric code of
    /// `version` and answers with a value code, or `None` where nothing was chosen.
    ///
    /// # Errors
    ///
    /// [`CvssError::Missing`] for the first base metric without a choice, [`CvssError::UnknownValue`] for a value that
    /// does not exist.
    pub fn from_choices<'a>(
        version: Version,
        mut choose: impl FnMut(&'static str) -> Option<&'a str>,
    ) -> Result<Self, CvssError> {
        let parts: Vec<String> = all_metrics(version)
            .iter()
            .filter_map(|metric| {
                let value = choose(metric.code).filter(|value| !value.is_empty())?;
                Some(format!("{}:{value}", metric.code))
            })
            .collect();
        if parts.is_empty() {
            return Err(CvssError::Missing(metrics(version)[0].code));
        }
        Self::parse(&format!("{}{}", version.prefix(), parts.join("/")))
    }

    fn scored(version: Version, text: String, given: &[(usize, &'static str)], table: &'static [Metric]) -> Self {
        let has =
            |group: Group| given.iter().any(|(place, value)| table[*place].group == group && !is_undefined(value));
        let crate_vector: cvss::Cvss =
            text.parse().expect("every string that passes the gate is a vector of the scorer");
        let (base, temporal, environmental) = match &crate_vector {
            cvss::Cvss::CvssV20(v) => (v.score().value(), v.temporal_score().value(), v.environmental_score().value()),
            cvss::Cvss::CvssV30(v) | cvss::Cvss::CvssV31(v) => {
                // The scorer multiplies temporal weights in floats, which lifts exact tenths in 3.0.
                let base = v.base_score().value();
                let lasting: Vec<_> = given.iter().copied().filter(|g| table[g.0].group != Group::Threat).collect();
                let environmental = match write(version, table, &lasting).parse() {
                    Ok(cvss::Cvss::CvssV30(v) | cvss::Cvss::CvssV31(v)) => v.environmental_score().value(),
                    _ => base,
                };
                (base, temporal_3(version, base, given, table), temporal_3(version, environmental, given, table))
            }
            cvss::Cvss::CvssV40(_) => {
                let base: Vec<_> = given.iter().copied().filter(|g| table[g.0].group == Group::Base).collect();
                let base: cvss::Cvss =
                    write(version, table, &base).parse().expect("the base part of a vector is a vector");
                (base.score(), crate_vector.score(), crate_vector.score())
            }
            other => (other.score(), other.score(), other.score()),
        };
        Self {
            version,
            text,
            base: tenths(base),
            temporal: tenths(temporal),
            environmental: tenths(environmental),
            has_temporal: has(Group::Threat),
            has_environmental: has(Group::Environmental),
        }
    }

    /// The version of CVSS this vector is written in.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The vector in canonical order, values as they were given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The overall score, 0.0 to 10.0 with one decimal: the environmental score if environmental metrics are
    /// set, else the temporal (4.0: threat) score if those are set, else the base score.
    pub fn score(&self) -> f64 {
        self.environmental_score().or(self.temporal_score()).unwrap_or(self.base_score())
    }

    /// The score of the base metrics alone.
    pub fn base_score(&self) -> f64 {
        f64::from(self.base) / 10.0
    }

    /// The score of base and temporal metrics, where temporal metrics are set. For 4.0: the overall score where
    /// threat metrics are set.
    pub fn temporal_score(&self) -> Option<f64> {
        self.has_temporal.then(|| self.full_temporal_score())
    }

    /// The score of all three groups, where environmental metrics are set.
    pub fn environmental_score(&self) -> Option<f64> {
        self.has_environmental.then(|| self.full_environmental_score())
    }

    /// The temporal score with every metric that is not set counted as not defined.
    pub(crate) fn full_temporal_score(&self) -> f64 {
        f64::from(self.temporal) / 10.0
    }

    /// The environmental score with every metric that is not set counted as not defined.
    pub(crate) fn full_environmental_score(&self) -> f64 {
        f64::from(self.environmental) / 10.0
    }

    /// The rating of [`score`](Self::score).
    pub fn severity(&self) -> Severity {
        Severity::of(self.version, self.score())
    }

    /// Which metric groups the score rests on, for 4.0: `CVSS-B`, `CVSS-BT`, `CVSS-BE` or `CVSS-BTE`.
    ///
    /// Source: CVSS v4.0 section 1.3.
    pub fn nomenclature(&self) -> Option<&'static str> {
        (self.version == Version::V4_0).then_some(match (self.has_temporal, self.has_environmental) {
            (false, false) => "CVSS-B",
            (true, false) => "CVSS-BT",
            (false, true) => "CVSS-BE",
            (true, true) => "CVSS-BTE",
        })
    }

    /// The value code given for the metric `code`, such as `N` for `AV`.
    pub fn value(&self, code: &str) -> Option<&str> {
        self.text
            .split('/')
            .filter_map(|part| part.split_once(':'))
            .find(|(name, _)| *name == code)
            .map(|(_, value)| value)
    }

    /// Every metric that is set, in words and in canonical order: `("Attack vector", "Network")`.
    pub fn describe(&self) -> Vec<(&'static str, &'static str)> {
        let table = all_metrics(self.version);
        self.text[self.version.prefix().len()..]
            .split('/')
            .filter_map(|part| read_part(self.version, table, part).ok())
            .filter(|(_, value)| !is_undefined(value))
            .filter_map(|(place, value)| {
                let metric = &table[place];
                let choice = metric.choices.iter().find(|choice| choice.code == value)?;
                Some((metric.name, choice.label))
            })
            .collect()
    }
}

impl FromStr for CvssVector {
    type Err = CvssError;

    fn from_str(text: &str) -> Result<Self, CvssError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for CvssVector {
    type Error = CvssError;

    fn try_from(text: String) -> Result<Self, CvssError> {
        Self::parse(&text)
    }
}

impl From<CvssVector> for String {
    fn from(vector: CvssVector) -> Self {
        vector.text
    }
}

impl fmt::Display for CvssVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The base metrics of `version` in canonical order, each with its choices: what a calculator form shows.
pub fn metrics(version: Version) -> &'static [Metric] {
    let table = all_metrics(version);
    let base = table.iter().take_while(|metric| metric.group == Group::Base).count();
    &table[..base]
}

/// All metrics of `version` in canonical order, base metrics first.
pub fn all_metrics(version: Version) -> &'static [Metric] {
    match version {
        Version::V2_0 => tables::V2,
        Version::V3_0 | Version::V3_1 => tables::V3,
        Version::V4_0 => tables::V4,
    }
}

fn split_version(text: &str) -> Result<(Version, &str), CvssError> {
    let Some(rest) = text.strip_prefix("CVSS:") else {
        return Ok((Version::V2_0, text));
    };
    let (number, body) = rest.split_once('/').unwrap_or((rest, ""));
    let version = match number {
        "3.0" => Version::V3_0,
        "3.1" => Version::V3_1,
        "4.0" => Version::V4_0,
        other => return Err(CvssError::Version(other.to_owned())),
    };
    if body.is_empty() {
        return Err(CvssError::Missing(metrics(version)[0].code));
    }
    Ok((version, body))
}

fn read_part(version: Version, table: &'static [Metric], part: &str) -> Result<(usize, &'static str), CvssError> {
    if part.is_empty() {
        return Err(CvssError::EmptyPart);
    }
    let (code, value) = part.split_once(':').ok_or_else(|| CvssError::Malformed(part.to_owned()))?;
    let place = table
        .iter()
        .position(|metric| metric.code == code)
        .ok_or_else(|| CvssError::UnknownMetric { code: code.to_owned(), version })?;
    let metric = &table[place];
    match metric.choices.iter().find(|choice| choice.code == value) {
        Some(choice) => Ok((place, choice.code)),
        None => Err(CvssError::UnknownValue {
            code: metric.code,
            value: value.to_owned(),
            choices: metric.choices.iter().map(|choice| choice.code).collect::<Vec<_>>().join(", "),
        }),
    }
}

fn write(version: Version, table: &[Metric], given: &[(usize, &'static str)]) -> String {
    let parts: Vec<String> = given.iter().map(|(place, value)| format!("{}:{value}", table[*place].code)).collect();
    format!("{}{}", version.prefix(), parts.join("/"))
}

fn is_undefined(value: &str) -> bool {
    value == "X" || value == "ND"
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "scores lie between 0 and 10")]
fn tenths(score: f64) -> u8 {
    (score * 10.0).round().clamp(0.0, 100.0) as u8
}

/// A base or environmental score of 3.x with its temporal metrics applied, in whole numbers throughout so that no float noise can tip a rounding.
///
/// Source: CVSS v3.1 section 7.2 and appendix A; CVSS v3.0 section 8.2.
fn temporal_3(version: Version, score: f64, given: &[(usize, &'static str)], table: &[Metric]) -> f64 {
    let value = |code: &str| given.iter().find(|(place, _)| table[*place].code == code).map_or("X", |(_, value)| value);
    f64::from(temporal_weighted(version, tenths(score), value)) / 10.0
}

/// The same in tenths; `value` gives the value of a metric, `X` where it is not set.
fn temporal_weighted<'a>(version: Version, score: u8, value: impl Fn(&str) -> &'a str) -> u8 {
    let weight = |code: &str| -> u64 {
        match (code, value(code)) {
            ("E", "U") => 91,
            ("E", "P") => 94,
            ("E", "F") | ("RL", "W") => 97,
            ("RL", "O") => 95,
            ("RL", "T") | ("RC", "R") => 96,
            ("RC", "U") => 92,
            _ => 100,
        }
    };
    // In ten-millionths: one decimal of the base score and two of each weight.
    let exact = u64::from(score) * weight("E") * weight("RL") * weight("RC");
    let rounded_up = if version == Version::V3_1 {
        let hundred_thousandths = (exact + 50) / 100;
        hundred_thousandths.div_ceil(10_000)
    } else {
        exact.div_ceil(1_000_000)
    };
    u8::try_from(rounded_up).expect("a score has at most 100 tenths")
}

#[cfg(test)]
mod tests;
