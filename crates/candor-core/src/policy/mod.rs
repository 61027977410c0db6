//! A program's policy as data: what it covers, what it promises, what it asks before a step.
//!
//! The file's format is documented in `docs/policy.md`; [`file`] reads it and says what is wrong where,
//! [`render`] prints what it publishes, [`calendar`] counts its working days.

pub mod calendar;
mod access;
mod check;
mod checklist;
mod check_disclosure;
pub mod compare;
mod check_sense;
mod check_time;
pub mod disclosure;
pub mod diff;
pub mod document;
pub mod file;
pub mod fragments;
mod gate;
pub mod holidays;
pub mod ics;
pub mod import;
mod moment;
mod insights;
mod levels;
pub mod render;
mod replies;
mod roster;
mod rules;
mod scope;
mod severity;
mod versions;

use crate::id::ProgramSlug;
use candor_formats::cvss::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

pub use access::{AccessRules, Owners};
pub use calendar::Calendar;
pub use checklist::{Checklist, Stage};
pub use disclosure::{
    ClosedReports, CreditDefault, CreditField, CreditPlace, CreditRules, Disclosure, DoneBy, Offset, OnBreach,
    PublishOn, PublishRules, Recipients, ScheduleStep, Share,
};
pub use gate::{CaseField, Gate, MayOverride, Need, Step};
pub use holidays::HolidayOn;
pub use moment::{EventKind, Moment};
pub use replies::{Reply, VerdictKind};
pub use roster::{Away, Taker, Turn, taker};
pub use rules::{CalendarRules, Draft, EmbeddedFile, Holiday, IntakePause, LaterPause, SilenceRule, Weekday};
pub use scope::{Clause, DependencyScope, Known, OutOfScope, ProblemKind, Product, Scope};
pub use severity::{Bands, DecisionRule, Effort, Plan, RANKS, SeverityRules};
pub use versions::{SupportedVersion, VersionRule, Versions};

/// One program's policy, as read from its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Fragments to take in: names of those that come with Candor, like `eu-cra`, or paths of files beside this one.
    #[serde(default)]
    pub include: Vec<String>,
    /// Fragments whose text stands in this file already. Written when a policy is taken into service.
    #[serde(default)]
    pub included: Vec<String>,
    /// Who this is.
    pub program: Program,
    /// Who reads reports and who is turned to next, in order of escalation.
    pub contacts: Vec<Contact>,
    /// Who is on which case without being put on it.
    #[serde(default)]
    pub access: AccessRules,
    /// How a report may come in.
    #[serde(default)]
    pub channels: Channels,
    /// What is covered and what is not.
    #[serde(default)]
    pub scope: Scope,
    /// Which versions get fixes.
    #[serde(default)]
    pub versions: Versions,
    /// What the form asks.
    #[serde(default)]
    pub report: ReportRules,
    /// What the team promises, each with its clock.
    #[serde(default)]
    pub promises: Vec<Promise>,
    /// Working days, holidays and the time zone.
    #[serde(default)]
    pub calendar: CalendarRules,
    /// Further calendars, by name; a promise can count by one.
    #[serde(default)]
    pub calendars: Vec<CalendarRules>,
    /// Planned spells in which promises of new reports stand still.
    #[serde(default)]
    pub pauses: Vec<IntakePause>,
    /// What happens when the reporter does not answer.
    #[serde(default)]
    pub silence: Option<SilenceRule>,
    /// Files that this one refers to, such as iCalendar files, with their text.
    #[serde(default)]
    pub files: Vec<EmbeddedFile>,
    /// What must be on record before a step.
    #[serde(default)]
    pub gates: Vec<Gate>,
    /// What members tick off in a case, item by item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklists: Vec<Checklist>,
    /// What is promised per severity.
    #[serde(default)]
    pub severity: SeverityRules,
    /// What is often reported and is no vulnerability here.
    #[serde(default)]
    pub known: Vec<Known>,
    /// Who takes a case. It is the team's and is not published with the policy.
    #[serde(default)]
    pub roster: Vec<Turn>,
    /// Letters to reporters, by verdict. They are the team's and are not published with the policy.
    #[serde(default)]
    pub replies: Vec<Reply>,
    /// Embargo and publication.
    #[serde(default)]
    pub disclosure: Disclosure,
    /// Credit.
    #[serde(default)]
    pub credit: CreditRules,
    /// Third-party packages.
    #[serde(default)]
    pub dependencies: Dependencies,
    /// How advisories are named and who publishes them.
    #[serde(default)]
    pub advisories: Advisories,
    /// Which figures about kept promises are public.
    #[serde(default)]
    pub publish: PublishRules,
    /// Planned pauses of later versions, as far as they reach cases that run under this one; no part of the file.
    #[serde(skip)]
    #[schemars(skip)]
    pub later: Vec<LaterPause>,
    /// The calendar, once it was asked for.
    #[serde(skip)]
    #[schemars(skip)]
    pub counted: Counted,
}

/// Calendars that are made once. They follow from the policy's rules, so they make no two policies differ.
#[derive(Debug, Clone, Default)]
pub struct Counted(std::sync::OnceLock<Vec<(String, Made)>>);

/// A calendar, or why there is none.
type Made = Result<std::sync::Arc<Calendar>, String>;

impl PartialEq for Counted {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Who the program is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Short name in addresses: lower-case letters, digits and dashes, like `minio`.
    pub slug: ProgramSlug,
    /// Name for people, like `MinIO`.
    pub name: String,
    /// One or two sentences for the policy page.
    #[serde(default)]
    pub summary: String,
    /// Where the project lives.
    #[serde(default)]
    pub url: Option<String>,
    /// The public list of those who read reports, if there is one.
    #[serde(default)]
    pub team: Option<Link>,
    /// More on security and compliance; shown wherever the policy is.
    #[serde(default)]
    pub links: Vec<Link>,
}

/// A link with its words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What a reader sees.
    pub text: String,
    /// Where it leads.
    pub url: String,
}

/// Somebody the policy names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Role in one phrase, like `primary coordinator`; escalations name it.
    pub role: String,
    /// Name of the person or group, if it is public.
    #[serde(default)]
    pub name: Option<String>,
    /// Address for mail.
    pub email: String,
    /// Fingerprint or address of the OpenPGP key.
    #[serde(default)]
    pub openpgp: Option<String>,
    /// Whether reporters may be told to turn to this contact.
    #[serde(default = "yes")]
    pub public: bool,
}

fn yes() -> bool {
    true
}

/// How a report may come in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Channels {
    /// The private web form.
    #[serde(default = "yes")]
    pub form: bool,
    /// The address that takes reports by mail.
    #[serde(default)]
    pub email: Option<String>,
    /// The API.
    #[serde(default = "yes")]
    pub api: bool,
    /// A portal for customers, if there is one.
    #[serde(default)]
    pub portal: Option<Link>,
    /// Other places that lead to the same team, such as a tracker with private issues.
    #[serde(default)]
    pub also: Vec<Link>,
    /// What not to do, like `Do not open a public issue.`
    #[serde(default)]
    pub never: Vec<String>,
    /// Whether members may answer from their own mail program, and what proves that a mail is theirs.
    #[serde(default)]
    pub team_mail: TeamMail,
    /// How letters about cases go to members.
    #[serde(default)]
    pub team_letters: TeamLetters,
}

/// How letters about cases go to members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TeamLetters {
    /// In the clear: that something happened and where to look, and no word of the case.
    #[default]
    Clear,
    /// Encrypted to the member's own OpenPGP key, with what was written. Who gave no key that can be used gets a letter that
    /// says nothing but that there is something at the desk.
    Encrypted,
}

/// What proves that a mail to a member's secret address is theirs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TeamMail {
    /// Nothing does: members answer at the desk.
    #[default]
    Never,
    /// A signature with the member's own OpenPGP key.
    Signed,
    /// That, or a signature of the domain of the member's address (DKIM) under a DMARC rule that holds.
    Domain,
}

impl Default for Channels {
    fn default() -> Self {
        Self {
            form: true,
            email: None,
            api: true,
            portal: None,
            also: Vec::new(),
            never: Vec::new(),
            team_mail: TeamMail::Never,
            team_letters: TeamLetters::Clear,
        }
    }
}

fn date(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "format": "date" })
}

/// What the form asks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportRules {
    /// Languages the team reads, as BCP 47 tags.
    #[serde(default)]
    pub languages: Vec<String>,
    /// What to say first on the form.
    #[serde(default)]
    pub introduction: String,
    /// Which of the standard questions the policy asks for, in its order.
    #[serde(default)]
    pub asks: Vec<Ask>,
    /// Further questions of this program.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// What happens to pasted scanner output.
    #[serde(default)]
    pub scanner: ScannerRule,
    /// Files beside this one that list the program's source files, one path a line, with the functions behind a tab. What a
    /// report names is looked up in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
}

/// One of the standard questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Which one.
    pub field: ReportField,
    /// Whether a report without it counts as incomplete (it is still taken in).
    #[serde(default)]
    pub wanted: bool,
    /// The program's own hint.
    #[serde(default)]
    pub hint: Option<String>,
}

/// The standard questions about a vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReportField {
    /// One sentence that says it all.
    Title,
    /// What is wrong.
    Description,
    /// Which product.
    Product,
    /// Which part of it.
    Component,
    /// Which version.
    Version,
    /// How to see it happen.
    Steps,
    /// What should happen.
    Expected,
    /// What happens instead.
    Actual,
    /// What kind of problem it is.
    Weakness,
    /// Why it is a security matter: what an attacker gains.
    Impact,
    /// What an attacker needs first, such as credentials.
    Preconditions,
    /// Known identifiers such as a CVE number.
    Identifiers,
    /// How it was found: by hand, with a tool, with the help of AI.
    FoundBy,
    /// Whether it is being exploited.
    Exploited,
    /// What the reporter plans to publish, and when.
    DisclosurePlans,
    /// Whether it is in a package of others, and which.
    Dependency,
}

/// A question of the program's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Name in the API, like `login-needed`.
    pub id: String,
    /// The question.
    pub label: String,
    /// Help under it.
    #[serde(default)]
    pub hint: String,
    /// The shape of its answer.
    #[serde(default)]
    pub kind: QuestionKind,
    /// The choices, when it is one.
    #[serde(default)]
    pub choices: Vec<String>,
    /// Whether a report without it counts as incomplete.
    #[serde(default)]
    pub wanted: bool,
}

/// The shape of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QuestionKind {
    /// One line.
    #[default]
    Line,
    /// Several lines.
    Text,
    /// One of the choices; `not sure` is always among them.
    Choice,
    /// A tick.
    YesNo,
}

/// What happens to pasted scanner output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScannerRule {
    /// Taken like any report.
    #[default]
    Accepted,
    /// Only when somebody verified that the problem is really there.
    VerifiedOnly,
}

/// One promise: a clock with its meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// Short name, unique in the policy, like `acknowledge`.
    pub name: String,
    /// What is promised, for people, like `a first answer by a member of the team`.
    pub what: String,
    /// What starts it.
    #[serde(default = "on_report")]
    pub starts: Moment,
    /// With `starts = "submission"`: the promise whose submission starts it.
    #[serde(default)]
    pub follows: Option<String>,
    /// What keeps it.
    pub kept_by: Moment,
    /// How many different members must have done so.
    #[serde(default = "one")]
    pub members: u8,
    /// How long, like `48 hours`, `3 working days`, `30 days`.
    pub within: Length,
    /// Other lengths for some severities, by their names in the standard scale, once the case is rated.
    #[serde(default)]
    pub within_by_severity: BTreeMap<String, Length>,
    /// Name of the calendar it counts by; left out: the program's.
    #[serde(default)]
    pub calendar: Option<String>,
    /// Whether the team commits to it or aims at it.
    #[serde(default)]
    pub kind: PromiseKind,
    /// Whether it starts anew each time it is kept, until the case is closed.
    #[serde(default)]
    pub repeats: bool,
    /// Whether it starts anew with the next moment that starts it, once it is kept: an answer to each message.
    #[serde(default)]
    pub each_time: bool,
    /// Whether it stands still while an answer of the reporter is awaited.
    #[serde(default)]
    pub waits_for_reporter: bool,
    /// The longest such a wait may hold it up.
    #[serde(default)]
    pub wait_limit: Option<Length>,
    /// Only for these severities; empty means for all.
    #[serde(default)]
    #[schemars(schema_with = "severities")]
    pub severities: Vec<Severity>,
    /// Only once the team is aware of active exploitation, and not before that instant.
    #[serde(default)]
    pub when_exploited: bool,
    /// To whom it is owed, when that is not the reporter: an authority, a catalogue. The reporter is not shown it.
    #[serde(default)]
    pub owed_to: Option<String>,
    /// Where it is written: law and article, rule and section.
    #[serde(default)]
    pub source: Option<String>,
    /// The text that is asked for, drafted from the case.
    #[serde(default)]
    pub draft: Option<Draft>,
    /// Who is told, and when.
    #[serde(default)]
    pub escalate: Vec<Escalation>,
}

pub(crate) fn severities(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    // The first choice is what a file without levels of its own has.
    schemars::json_schema!({
        "type": "array",
        "items": { "anyOf": [
            { "type": "string", "enum": ["none", "low", "medium", "high", "critical"] },
            { "type": "string", "description": "One of the program's own levels, where `severity.levels` names some." }
        ] }
    })
}

fn on_report() -> Moment {
    Moment::Report
}

fn one() -> u8 {
    1
}

/// Commitment or target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PromiseKind {
    /// The team stands by it.
    #[default]
    Commitment,
    /// The team aims at it; when it is missed, it owes a reason and a new estimate.
    Target,
}

/// Who is told about a promise, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// The role of a contact, or `holder` for the member who holds the case, or `team`.
    pub to: String,
    /// This long before the promise falls due. Exactly one of `before` and `after` is given.
    #[serde(default)]
    pub before: Option<Length>,
    /// This long after it fell due; `0 hours` is the moment itself.
    #[serde(default)]
    pub after: Option<Length>,
}

/// A length of time as people write it: `48 hours`, `3 working days`, `2 weeks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: Unit,
}

/// Units of time in a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Sixty elapsed seconds.
    Minutes,
    /// Sixty elapsed minutes.
    Hours,
    /// Days of the calendar in the program's zone; the same time of day, whatever daylight saving does.
    Days,
    /// Days on which the calendar works.
    WorkingDays,
    /// Sixty elapsed minutes of the calendar's working hours.
    WorkingHours,
    /// Seven days of the calendar.
    Weeks,
    /// Months of the calendar: the same day so many months later, or the last one of a shorter month.
    Months,
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Minutes => "minute",
            Unit::Hours => "hour",
            Unit::Days => "day",
            Unit::WorkingDays => "working day",
            Unit::WorkingHours => "working hour",
            Unit::Weeks => "week",
            Unit::Months => "month",
        };
        write!(f, "{} {unit}{}", self.amount, if self.amount == 1 { "" } else { "s" })
    }
}

impl std::str::FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no length of time; write it like \"48 hours\", \"3 working days\" or \"30 days\"");
        let (amount, unit) = text.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
        let amount: u32 = amount.parse().map_err(|_| wrong())?;
        if amount > 36_500 {
            return Err(format!("`{text}` is longer than a century"));
        }
        let unit = match unit.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase().as_str() {
            "minute" | "minutes" => Unit::Minutes,
            "hour" | "hours" => Unit::Hours,
            "day" | "days" | "calendar day" | "calendar days" => Unit::Days,
            "working day" | "working days" | "business day" | "business days" => Unit::WorkingDays,
            "working hour" | "working hours" | "business hour" | "business hours" => Unit::WorkingHours,
            "week" | "weeks" | "calendar week" | "calendar weeks" => Unit::Weeks,
            "month" | "months" | "calendar month" | "calendar months" => Unit::Months,
            _ => return Err(wrong()),
        };
        Ok(Self { amount, unit })
    }
}

impl Serialize for Length {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Length {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Length".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9]+ (minute|hour|working hour|day|working day|week|month)s?$",
            "description": "A length of time, like \"48 hours\" or \"3 working days\"."
        })
    }
}

/// Third-party packages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependencies {
    /// The rule in words.
    #[serde(default)]
    pub statement: String,
    /// How often dependencies are updated.
    #[serde(default)]
    pub cycle: Option<Length>,
}

/// How advisories are named and who publishes them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Advisories {
    /// Letters before the year, like `MINIO` for `MINIO-2026-3`. Default: the slug in capitals.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The publisher's name. Default: the program's.
    #[serde(default)]
    pub publisher: Option<String>,
    /// The publisher's namespace: an address under its own control (CSAF 2.0, 3.2.1.8.5).
    #[serde(default)]
    pub namespace: Option<String>,
    /// Where else advisories appear, such as a blog.
    #[serde(default)]
    pub also_at: Option<String>,
}

impl Promise {
    /// How long it runs for a case of this severity.
    pub fn length(&self, severity: Option<Severity>) -> Length {
        severity
            .and_then(|severity| self.within_by_severity.get(levels::standard(severity)))
            .copied()
            .unwrap_or(self.within)
    }

    /// Whether it is asked for because of a severe incident, and not of a vulnerability.
    pub fn is_about_incident(&self) -> bool {
        self.kept_by == Moment::Submission && (self.starts == Moment::Incident || self.follows.is_some())
    }

    /// Whether it is owed to the reporter, and so theirs to see.
    pub fn is_to_reporter(&self) -> bool {
        self.owed_to.is_none()
    }
}

impl Policy {
    /// The calendar the policy counts by.
    ///
    /// # Errors
    /// What is wrong with the zone or a holiday, in words; a checked policy has neither.
    pub fn calendar(&self) -> Result<std::sync::Arc<Calendar>, String> {
        self.calendar_named("")
    }

    /// The calendar of this name; the empty name is the program's own.
    ///
    /// # Errors
    /// What is wrong with it, or that there is none of the name; a checked policy has neither.
    pub fn calendar_named(&self, name: &str) -> Result<std::sync::Arc<Calendar>, String> {
        let made = self.counted.0.get_or_init(|| {
            std::iter::once(("", &self.calendar))
                .chain(self.calendars.iter().map(|rules| (rules.name.as_str(), rules)))
                .map(|(name, rules)| (name.to_owned(), Calendar::new(rules, &self.files).map(std::sync::Arc::new)))
                .collect()
        });
        match made.iter().find(|(of, _)| of == name) {
            Some((_, calendar)) => calendar.clone(),
            None => Err(format!("there is no calendar called `{name}`")),
        }
    }

    /// The calendar a promise counts by.
    ///
    /// # Errors
    /// As [`Self::calendar_named`].
    pub fn calendar_of(&self, promise: &Promise) -> Result<std::sync::Arc<Calendar>, String> {
        self.calendar_named(promise.calendar.as_deref().unwrap_or_default())
    }

    /// This version with the planned pauses of those that came after it, each with the instant from which it was in
    /// force, in order. A pause reaches cases of earlier versions only while a version that plans it is in force, so that
    /// no version ever changes what was before it.
    #[must_use]
    pub fn with_later(&self, later: &[(jiff::Timestamp, &Policy)]) -> Policy {
        let mut with = self.clone();
        with.later.clear();
        for (place, (since, version)) in later.iter().enumerate() {
            let Ok(calendar) = version.calendar() else { continue };
            let until = later.get(place + 1).map(|(next, _)| *next);
            for pause in &version.pauses {
                let Ok((from, to)) = pause.spell(calendar.zone()) else { continue };
                let (from, to) = (from.max(*since), until.map_or(to, |until| until.min(to)));
                if from < to {
                    with.later.push(LaterPause { from, to, pause: pause.clone() });
                }
            }
        }
        with
    }

    /// The planned pause of intake that holds at an instant.
    pub fn pause_at(&self, at: jiff::Timestamp) -> Option<&IntakePause> {
        let calendar = self.calendar().ok()?;
        self.pauses
            .iter()
            .find(|pause| pause.spell(calendar.zone()).is_ok_and(|(from, until)| from <= at && at < until))
    }

    /// The promise of this name.
    pub fn promise(&self, name: &str) -> Option<&Promise> {
        self.promises.iter().find(|promise| promise.name == name)
    }

    /// Letters before the year in the ids of advisories.
    pub fn advisory_prefix(&self) -> String {
        self.advisories.prefix.clone().unwrap_or_else(|| self.program.slug.0.to_ascii_uppercase())
    }

    /// Address at which a contact of this role is reached.
    pub fn contact(&self, role: &str) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.role == role)
    }
}
