//! The rules of how a matter becomes public: embargo, conditions, credit, the schedule of a publication, figures.

use super::{Escalation, Length, severities};
use candor_formats::cvss::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Embargo and publication.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// What the team asks of reporters and offers in return, in words.
    #[serde(default)]
    pub statement: String,
    /// The embargo proposed when nothing else is agreed, from the report.
    #[serde(default)]
    pub embargo: Option<Length>,
    /// The longest embargo, from the report.
    #[serde(default)]
    pub embargo_limit: Option<Length>,
    /// What releases the advisory.
    #[serde(default)]
    pub publish_on: PublishOn,
    /// Conditions a reporter is shown and agrees to.
    #[serde(default)]
    pub conditions: Vec<String>,
    /// What a breach of the conditions means for the credit.
    #[serde(default)]
    pub on_breach: OnBreach,
    /// Whether reports that ended without an advisory, valid or not, become public, and how much of them.
    #[serde(default)]
    pub closed_reports: ClosedReports,
    /// Whether such an entry can go out without the reporter having agreed to its text.
    #[serde(default)]
    pub closed_without_asking: bool,
    /// Whether copies for outside parties carry no mark of whose they are.
    #[serde(default)]
    pub unmarked_copies: bool,
    /// Sentence about service levels, like `This is not an SLA.`
    #[serde(default)]
    pub no_sla: Option<String>,
    /// What else the policy says about the process, paragraph by paragraph.
    #[serde(default)]
    pub process: Vec<String>,
    /// Steps before and after the instant of publication, in order.
    #[serde(default)]
    pub schedule: Vec<ScheduleStep>,
    /// Groups outside the team that letters of the schedule go to.
    #[serde(default)]
    pub recipients: Vec<Recipients>,
}

/// What releases an approved advisory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PublishOn {
    /// The release of the fix: the same day, never before.
    #[default]
    Fix,
    /// The agreed date.
    Date,
    /// The release of the fix and the agreed date, whichever is later.
    Both,
    /// A coordinator, by hand.
    Hand,
}

impl PublishOn {
    /// Whether nothing is published before a fix is on record.
    pub fn waits_for_fix(self) -> bool {
        matches!(self, PublishOn::Fix | PublishOn::Both)
    }

    /// Whether nothing is published before a date.
    pub fn waits_for_date(self) -> bool {
        matches!(self, PublishOn::Date | PublishOn::Both)
    }
}

/// What a breach of the conditions means for the credit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnBreach {
    /// The credit stays; the breach is on record all the same.
    #[default]
    CreditKept,
    /// Whoever broke a condition is not credited.
    CreditDenied,
}

/// How much of a report that ended without an advisory becomes public.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClosedReports {
    /// Nothing.
    #[default]
    Never,
    /// A short text that a member writes.
    Summary,
    /// The account of the report and of what came of it, as a member edits it.
    Full,
}

/// A time counted from the instant of publication: `-7 days`, `+1 hour`, `0 hours`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// Whether it lies before the instant.
    pub before: bool,
    /// How far away.
    pub length: Length,
}

impl Offset {
    /// Whether it lies before the instant, and not at it.
    pub fn is_before(self) -> bool {
        self.before && self.length.amount > 0
    }

    /// In words: `7 days before`, `at the same time`, `1 hour after`.
    pub fn words(self) -> String {
        match (self.length.amount, self.before) {
            (0, _) => "at the same time".into(),
            (_, true) => format!("{} before", self.length),
            (_, false) => format!("{} after", self.length),
        }
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_before() { "-" } else { "+" };
        write!(f, "{sign}{}", self.length)
    }
}

impl std::str::FromStr for Offset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (before, rest) = match (text.strip_prefix('-'), text.strip_prefix('+')) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => (false, text),
        };
        let length: Length = rest.parse().map_err(|_| {
            format!("`{text}` is no time around the publication; write it like \"-7 days\", \"+1 hour\" or \"0 hours\"")
        })?;
        if !text.starts_with(['-', '+']) && length.amount > 0 {
            return Err(format!(
                "`{text}` does not say on which side; write \"-{length}\" for before or \"+{length}\" for after"
            ));
        }
        Ok(Self { before, length })
    }
}

impl Serialize for Offset {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Offset {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Offset {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Offset".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^([-+][0-9]+|0) (minute|hour|day|working day|week)s?$",
            "description": "A time counted from the instant of publication, like \"-7 days\" or \"+1 hour\"."
        })
    }
}

/// A step of the schedule of a publication.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleStep {
    /// Short name, unique in the schedule, like `distributors`.
    pub name: String,
    /// What is done, for people, like `merge the fix into every supported branch`.
    pub what: String,
    /// When, counted from the instant of publication.
    pub at: Offset,
    /// Whether Candor does it or a person ticks it off.
    #[serde(default)]
    pub done_by: DoneBy,
    /// The role that sees to it, or `holder`; default: the first contact.
    #[serde(default)]
    pub who: Option<String>,
    /// The recipients that Candor writes to, by name.
    #[serde(default)]
    pub tell: Option<String>,
    /// Only for these severities; empty means for all.
    #[serde(default)]
    #[schemars(schema_with = "severities")]
    pub severities: Vec<Severity>,
    /// Who is told besides, before and after its time.
    #[serde(default)]
    pub escalate: Vec<Escalation>,
}

/// Who does a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DoneBy {
    /// Candor, by letters to the recipients it names.
    Candor,
    /// A person, who ticks it off on the case.
    #[default]
    Person,
}

/// A group outside the team that is told of a publication.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipients {
    /// Short name, like `distributors`.
    pub name: String,
    /// Who they are, in words.
    #[serde(default)]
    pub what: String,
    /// Their addresses. They are not published.
    pub addresses: Vec<String>,
    /// The longest time ahead of the publication at which they may be told.
    #[serde(default)]
    pub lead_limit: Option<Length>,
    /// What a letter to them may name before the publication, besides the reference, the date and the severity band.
    #[serde(default)]
    pub may_have: Vec<Share>,
}

/// What a letter ahead of a publication may name. What the problem is never stands in a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Share {
    /// The product, where it is one of those that the policy lists.
    Product,
    /// Its CVE and other public identifiers.
    Identifiers,
    /// The versions in which the fix is.
    Versions,
}

impl Share {
    /// All of it.
    pub const ALL: [Share; 3] = [Share::Product, Share::Identifiers, Share::Versions];
}

/// Credit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditRules {
    /// What happens when the reporter says nothing.
    #[serde(default)]
    pub default: CreditDefault,
    /// The rule in words.
    #[serde(default)]
    pub statement: String,
    /// Where the credit appears, in words.
    #[serde(default)]
    pub appears_in: Vec<String>,
    /// Where Candor puts it.
    #[serde(default = "usual_places")]
    pub places: Vec<CreditPlace>,
    /// What credit is made of.
    #[serde(default = "name_only")]
    pub fields: Vec<CreditField>,
}

fn name_only() -> Vec<CreditField> {
    vec![CreditField::Name]
}

fn usual_places() -> Vec<CreditPlace> {
    vec![CreditPlace::Advisory, CreditPlace::ReleaseNotes]
}

impl Default for CreditRules {
    fn default() -> Self {
        Self {
            default: CreditDefault::Ask,
            statement: String::new(),
            appears_in: Vec::new(),
            places: usual_places(),
            fields: name_only(),
        }
    }
}

/// A text in which Candor names who is credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CreditPlace {
    /// The advisory in all its formats.
    Advisory,
    /// The text for the release notes of the fix.
    ReleaseNotes,
    /// The program's page of thanks.
    ThanksPage,
    /// The announcement that goes to recipients with the publication.
    Notice,
}

impl CreditPlace {
    /// The place in words.
    pub fn label(self) -> &'static str {
        match self {
            CreditPlace::Advisory => "the advisory",
            CreditPlace::ReleaseNotes => "the release notes",
            CreditPlace::ThanksPage => "the page of thanks",
            CreditPlace::Notice => "the security notification",
        }
    }
}

/// What happens when the reporter says nothing about credit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CreditDefault {
    /// They are credited by the name they gave, unless they object. Nobody is named without having been told so on the form.
    Named,
    /// They are asked; without an answer they stay anonymous.
    #[default]
    Ask,
    /// Nothing about them is published unless they ask for it.
    Anonymous,
}

/// Parts of a credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum CreditField {
    Name,
    Organisation,
    Link,
    About,
}

/// Which figures are public.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishRules {
    /// Whether there is a public page of promises kept and broken, reports and what came of them.
    #[serde(default)]
    pub record: bool,
    /// The older name of `record`; either of the two opens the page.
    #[serde(default)]
    pub promises_kept: bool,
}

impl PublishRules {
    /// Whether the record of promises and reports is public.
    pub fn has_record(&self) -> bool {
        self.record || self.promises_kept
    }
}

impl Disclosure {
    /// The recipients of this name.
    pub fn recipients(&self, name: &str) -> Option<&Recipients> {
        self.recipients.iter().find(|recipients| recipients.name == name)
    }

    /// The step of the schedule with this name.
    pub fn step(&self, name: &str) -> Option<&ScheduleStep> {
        self.schedule.iter().find(|step| step.name == name)
    }
}
