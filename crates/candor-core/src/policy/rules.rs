//! Rules about time: calendars, planned pauses of intake, the reporter's silence; and files whose text comes with the policy.

use super::Length;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Working days, working hours, holidays and the time zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarRules {
    /// Name by which a promise counts by it; only under `[[calendars]]`.
    #[serde(default)]
    pub name: String,
    /// IANA name of the zone, like `Europe/Berlin`.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Days of the week on which the team works, like `mon`.
    #[serde(default = "monday_to_friday")]
    pub working_days: Vec<Weekday>,
    /// Hours of a working day, like `09:00-17:00`, or `09:00-12:00, 13:00-17:00`; left out: the whole day.
    #[serde(default)]
    pub hours: Option<String>,
    /// Days on which nobody works: dates (`2026-12-24`) or rules for every year (`12-25`, `4th thursday of november`, `easter +1`).
    #[serde(default)]
    pub holidays: Vec<Holiday>,
    /// iCalendar files with further holidays (RFC 5545): paths beside this file, or paths of `[[files]]`.
    #[serde(default)]
    pub ics: Vec<String>,
}

fn utc() -> String {
    "UTC".into()
}

fn monday_to_friday() -> Vec<Weekday> {
    use Weekday::{Fri, Mon, Thu, Tue, Wed};
    vec![Mon, Tue, Wed, Thu, Fri]
}

impl Default for CalendarRules {
    fn default() -> Self {
        Self {
            name: String::new(),
            time_zone: utc(),
            working_days: monday_to_friday(),
            hours: None,
            holidays: Vec::new(),
            ics: Vec::new(),
        }
    }
}

impl CalendarRules {
    /// The working hours as spells of a day; empty when the whole day counts. The end `24:00` is midnight, `None`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn spells(&self) -> Result<Vec<(Time, Option<Time>)>, String> {
        let mut spells: Vec<(Time, Option<Time>)> = Vec::new();
        let Some(text) = &self.hours else { return Ok(spells) };
        let wrong = |part: &str| format!("`{part}` are no hours; write them like \"09:00-17:00\"");
        for part in text.split(',') {
            let part = part.trim();
            let (from, to) = part.split_once('-').ok_or_else(|| wrong(part))?;
            let from = clock_time(from).flatten().ok_or_else(|| wrong(part))?;
            let to = clock_time(to).ok_or_else(|| wrong(part))?;
            if to.is_some_and(|to| to <= from) {
                return Err(format!("`{part}` ends before it begins; hours over midnight are written as two days"));
            }
            if spells.last().is_some_and(|(_, last)| last.is_none_or(|last| from < last)) {
                return Err(format!("`{part}` begins before the hours before it end; write them in order"));
            }
            spells.push((from, to));
        }
        Ok(spells)
    }
}

/// `09:00`; `Some(None)` for `24:00`, the end of the day.
fn clock_time(text: &str) -> Option<Option<Time>> {
    let (hour, minute) = text.trim().split_once(':')?;
    if hour.is_empty() || minute.len() != 2 || ![hour, minute].iter().all(|n| n.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    match (hour.parse().ok()?, minute.parse().ok()?) {
        (24, 0) => Some(None),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok().map(Some),
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// A day on which nobody works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// A date (`2026-12-24`), or a day of every year: `12-25`, `4th thursday of november`, `easter +1`.
    pub on: String,
    /// What is celebrated.
    #[serde(default)]
    pub name: String,
}

/// A planned spell in which the team takes nothing up: a holiday, an overload. Reports still come in; the promises they
/// start count from its end. What is being exploited runs on as ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntakePause {
    /// First day, like `2026-12-21`, or the instant.
    pub from: String,
    /// Last day, like `2027-01-03`, or the instant at which it is over.
    pub until: String,
    /// Why, for the people who read the form.
    pub reason: String,
    /// Names of the promises it holds up; left out: all that are owed to the reporter.
    #[serde(default)]
    pub promises: Vec<String>,
    /// Whether promises that run already when it begins stand still, too.
    #[serde(default)]
    pub running: bool,
}

impl IntakePause {
    /// When it begins and when it is over.
    ///
    /// # Errors
    /// What is wrong, with the key it stands under.
    pub fn spell(&self, zone: &TimeZone) -> Result<(Timestamp, Timestamp), (&'static str, String)> {
        let from = instant(&self.from, zone, false).map_err(|why| ("from", why))?;
        let until = instant(&self.until, zone, true).map_err(|why| ("until", why))?;
        if until <= from {
            return Err(("until", format!("`{}` is before it begins", self.until)));
        }
        Ok((from, until))
    }

    /// Whether it holds up a promise of this name.
    pub fn holds(&self, promise: &super::Promise) -> bool {
        if self.promises.is_empty() { promise.is_to_reporter() } else { self.promises.contains(&promise.name) }
    }
}

/// A planned pause of a later version of the policy, for as long as versions that plan it are in force.
#[derive(Debug, Clone, PartialEq)]
pub struct LaterPause {
    /// Its beginning, not before the version was taken into service.
    pub from: Timestamp,
    /// Its end, or the instant at which a version without it came.
    pub to: Timestamp,
    /// What the version says of it.
    pub pause: IntakePause,
}

/// A date, whose end is meant by `to_its_end`, or an instant.
fn instant(text: &str, zone: &TimeZone, to_its_end: bool) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let wrong = || format!("`{text}` is neither a date like \"2026-12-21\" nor an instant like \"2026-12-21T12:00Z\"");
    let date: Date = text.parse().map_err(|_| wrong())?;
    let date = if to_its_end { date.tomorrow().map_err(|_| wrong())? } else { date };
    zone.to_ambiguous_zoned(date.to_datetime(Time::midnight()))
        .compatible()
        .map(|zoned| zoned.timestamp())
        .map_err(|_| wrong())
}

/// What happens when the team asked something and the reporter does not answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SilenceRule {
    /// This long after the last question the case is closed. A message of the reporter opens it again.
    pub close_after: Length,
    /// Reminders to the reporter, each so long before that.
    #[serde(default)]
    pub remind: Vec<Length>,
    /// What the reporter reads on their page when the case is closed so.
    #[serde(default)]
    pub text: String,
}

/// A file that the policy refers to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbeddedFile {
    /// Its path, as the policy names it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A text that somebody outside asks for, drafted from the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Draft {
    /// Early warning of an actively exploited vulnerability: Regulation (EU) 2024/2847, Article 14(2)(a).
    CraEarlyWarning,
    /// Vulnerability notification: Article 14(2)(b).
    CraNotification,
    /// Final report: Article 14(2)(c).
    CraFinalReport,
    /// Early warning of a severe incident: Article 14(4)(a).
    CraIncidentEarlyWarning,
    /// Incident notification: Article 14(4)(b).
    CraIncidentNotification,
    /// Final report on a severe incident: Article 14(4)(c).
    CraIncidentFinalReport,
    /// What a CVE Record says.
    CveRecord,
}
