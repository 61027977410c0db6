//! Counting time as a policy counts it: hours as they pass, days as people count them.
//!
//! Minutes and hours are elapsed time. Days, weeks and working days are counted on a line of dates: an instant stands at
//! (number of counted dates since the start, time of day in the program's zone). A day later is the same time of day on
//! the next counted date, whatever daylight saving does in between. An instant on a date that is not counted stands at
//! 00:00 of the next one that is.

use super::{CalendarRules, Holiday, Length, Unit, Weekday};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Span, Timestamp};
use std::collections::BTreeMap;

/// Nanoseconds of a civil day.
const DAY: i128 = 86_400_000_000_000;
/// Dates to look through for one that counts, before giving up: no sensible calendar rests for forty years.
const PATIENCE: u32 = 40 * 366;

/// Working days, holidays and zone, ready to count with.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    working: [bool; 7],
    dates: BTreeMap<Date, String>,
    yearly: BTreeMap<(i8, i8), String>,
}

/// Which dates count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    Every,
    Working,
}

/// When a holiday is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolidayOn {
    /// On one date.
    Date(Date),
    /// On this month and day of every year.
    Yearly(i8, i8),
}

impl Holiday {
    /// Reads when it is.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn when(&self) -> Result<HolidayOn, String> {
        let text = self.on.trim();
        let wrong =
            || format!("`{text}` is no day; write a date like \"2026-12-24\", or \"12-25\" for a day of every year");
        let mut numbers = Vec::new();
        for part in text.split('-') {
            if part.is_empty() || part.len() > 4 || !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(wrong());
            }
            numbers.push(part.parse::<i16>().map_err(|_| wrong())?);
        }
        let absent = || format!("`{text}` is a day that no calendar has");
        let small = |n: i16| i8::try_from(n).map_err(|_| absent());
        match numbers[..] {
            [year, month, day] if year >= 1000 => {
                Ok(HolidayOn::Date(Date::new(year, small(month)?, small(day)?).map_err(|_| absent())?))
            }
            [month, day] if text.len() <= 5 => {
                let (month, day) = (small(month)?, small(day)?);
                // A leap year, so that 29 February can be named.
                Date::new(2024, month, day).map_err(|_| absent())?;
                Ok(HolidayOn::Yearly(month, day))
            }
            _ => Err(wrong()),
        }
    }
}

impl Calendar {
    /// Reads the rules.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn new(rules: &CalendarRules) -> Result<Self, String> {
        let zone = zone(&rules.time_zone)?;
        if rules.working_days.is_empty() {
            return Err("no day of the week is a working day; name at least one, like \"mon\"".into());
        }
        let mut working = [false; 7];
        for day in &rules.working_days {
            working[place(*day)] = true;
        }
        let (mut dates, mut yearly) = (BTreeMap::new(), BTreeMap::new());
        for holiday in &rules.holidays {
            match holiday.when()? {
                HolidayOn::Date(date) => dates.insert(date, holiday.name.clone()),
                HolidayOn::Yearly(month, day) => yearly.insert((month, day), holiday.name.clone()),
            };
        }
        Ok(Self { zone, working, dates, yearly })
    }

    /// The zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Whether the team works on this date.
    pub fn works_on(&self, date: Date) -> bool {
        self.working[day_of(date)] && self.holiday(date).is_none()
    }

    /// An instant in words, in the program's zone: `Fri 20 Nov 2026, 16:00 UTC`.
    pub fn words(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%a %-d %b %Y, %H:%M %Z").to_string()
    }

    /// The instant `length` after `start`, with the time between each pair of `pauses` not counted.
    ///
    /// Time passed before a pause is measured in the unit's own line (elapsed time for hours, civil time of counted
    /// dates for days), and the rest runs on from the end of the pause. Pauses are in order and do not overlap; one that
    /// begins when the time is over changes nothing.
    pub fn due(&self, start: Timestamp, length: Length, pauses: &[(Timestamp, Timestamp)]) -> Timestamp {
        let Some((counted, amount)) = civil(length) else {
            let mut due = plus(start, elapsed(length));
            for (from, to) in pauses {
                let from = (*from).max(start);
                if from >= due {
                    break;
                }
                due = plus(due, to.duration_since(from).max(SignedDuration::ZERO));
            }
            return due;
        };
        let base = self.zone.to_datetime(start).date();
        let mut place = self.position(base, self.zone.to_datetime(start), counted) + i128::from(amount) * DAY;
        let mut due = self.instant(base, place, counted);
        for (from, to) in pauses {
            let from = (*from).max(start);
            if from >= due {
                break;
            }
            if *to <= from {
                continue;
            }
            let passed =
                self.position(base, self.furthest(*to), counted) - self.position(base, self.furthest(from), counted);
            place += passed.max(0);
            due = self.instant(base, place, counted);
        }
        due
    }

    /// The instant `length` before `due`, counted back in the same way.
    pub fn before(&self, due: Timestamp, length: Length) -> Timestamp {
        let Some((counted, amount)) = civil(length) else { return plus(due, -elapsed(length)) };
        let base = self.zone.to_datetime(due).date();
        let place = self.position(base, self.zone.to_datetime(due), counted) - i128::from(amount) * DAY;
        self.instant(base, place, counted)
    }

    /// [`Self::due`], with every step in words. `began` is the verb of the first step, like `Received`; each pause
    /// carries why the clock stood still.
    pub fn due_with_reasons(
        &self,
        began: &str,
        start: Timestamp,
        length: Length,
        pauses: &[(Timestamp, Timestamp, &str)],
    ) -> (Timestamp, Vec<String>) {
        let plain: Vec<_> = pauses.iter().map(|(from, to, _)| (*from, *to)).collect();
        let due = self.due(start, length, &plain);
        let mut why = vec![format!("{began} {}", self.words(start)), format!("{length} from then")];
        let (first, last) = (self.zone.to_datetime(start).date(), self.zone.to_datetime(due).date());
        if length.unit == Unit::WorkingDays {
            why.extend(self.rests(first, last));
        }
        if length.unit != Unit::Minutes && self.zone.to_offset(start) != self.zone.to_offset(due) {
            let change = self.zone.following(start).next().map(|change| change.timestamp());
            let on = change.map_or_else(String::new, |at| format!(" on {}", short(self.zone.to_datetime(at).date())));
            why.push(match length.unit {
                Unit::Hours => format!("the clocks change{on}; hours are counted as they pass"),
                _ => format!("the clocks change{on}; the time of day stays the same"),
            });
        }
        for (index, (from, to, reason)) in pauses.iter().enumerate() {
            let from = (*from).max(start);
            if from >= self.due(start, length, &plain[..index]) {
                break;
            }
            if *to > from {
                why.push(format!("paused {} {reason}", roughly(to.duration_since(from))));
            }
        }
        why.push(format!("due {}", self.words(due)));
        (due, why)
    }

    fn holiday(&self, date: Date) -> Option<&str> {
        self.dates.get(&date).or_else(|| self.yearly.get(&(date.month(), date.day()))).map(String::as_str)
    }

    fn counts(&self, date: Date, counted: Counted) -> bool {
        counted == Counted::Every || self.works_on(date)
    }

    /// The first counted date from `date` on.
    fn next_counted(&self, date: Date, counted: Counted) -> Date {
        let mut at = date;
        for _ in 0..PATIENCE {
            if self.counts(at, counted) {
                return at;
            }
            let Ok(next) = at.tomorrow() else { break };
            at = next;
        }
        date
    }

    /// Where a local time stands on the line of counted dates, in nanoseconds from 00:00 of the first counted date from
    /// `base` on.
    fn position(&self, base: Date, at: DateTime, counted: Counted) -> i128 {
        let (date, time) = if self.counts(at.date(), counted) {
            (at.date(), at.time().duration_since(Time::midnight()).as_nanos())
        } else {
            (self.next_counted(at.date(), counted), 0)
        };
        i128::from(self.index(base, date, counted)) * DAY + time
    }

    /// Counted dates from `base` until before `date`; negative when `date` lies before `base`.
    fn index(&self, base: Date, date: Date, counted: Counted) -> i64 {
        let days = i64::from((date - base).get_days());
        if counted == Counted::Every {
            return days;
        }
        let (from, to, sign) = if date >= base { (base, date, 1) } else { (date, base, -1) };
        let mut at = from;
        let mut count = 0;
        while at < to {
            count += i64::from(self.works_on(at));
            let Ok(next) = at.tomorrow() else { break };
            at = next;
        }
        count * sign
    }

    /// The instant at a place on the line of counted dates: the inverse of [`Self::position`].
    fn instant(&self, base: Date, place: i128, counted: Counted) -> Timestamp {
        let index = i64::try_from(place.div_euclid(DAY)).unwrap_or(i64::MAX);
        let time = Time::midnight()
            .wrapping_add(SignedDuration::from_nanos(i64::try_from(place.rem_euclid(DAY)).unwrap_or(0)));
        let date = match counted {
            Counted::Every => base.saturating_add(Span::new().try_days(index).unwrap_or_default()),
            Counted::Working => self.working_date(base, index),
        };
        self.zone
            .to_ambiguous_zoned(date.to_datetime(time))
            .compatible()
            .map(|zoned| zoned.timestamp())
            .unwrap_or(Timestamp::MAX)
    }

    fn working_date(&self, base: Date, index: i64) -> Date {
        let mut date = self.next_counted(base, Counted::Working);
        let mut left = index;
        let mut walked = 0;
        while left != 0 && walked < PATIENCE + 100_000 {
            let step = if left > 0 { date.tomorrow() } else { date.yesterday() };
            let Ok(next) = step else { break };
            date = next;
            walked += 1;
            if self.works_on(date) {
                left -= left.signum();
            }
        }
        date
    }

    /// The furthest local time that the clocks have shown at `at`. When an hour is repeated, time stands still on the
    /// line of dates until it is over, so that a pause never takes time away.
    fn furthest(&self, at: Timestamp) -> DateTime {
        let local = self.zone.to_datetime(at);
        let tick = SignedDuration::from_nanos(1);
        let Some(change) = self.zone.preceding(plus(at, tick)).next().map(|change| change.timestamp()) else {
            return local;
        };
        let shown = self.zone.to_offset(plus(change, -tick)).to_datetime(change);
        local.max(shown)
    }

    /// The dates between two that are no working days, in words: week-ends by their days, holidays by their names.
    fn rests(&self, first: Date, last: Date) -> Vec<String> {
        let mut said = Vec::new();
        let mut run: Option<(Date, Date)> = None;
        let mut count = 0;
        let mut date = first;
        while date <= last {
            let holiday = if self.working[day_of(date)] { self.holiday(date) } else { None };
            let rest = !self.working[day_of(date)];
            count += usize::from(rest || holiday.is_some());
            if rest {
                run = Some((run.map_or(date, |(from, _)| from), date));
            } else {
                said.extend(run.take().map(rest_days));
            }
            if let Some(name) = holiday {
                let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
                said.push(format!("{} is a holiday{name}", short(date)));
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        said.extend(run.take().map(rest_days));
        if said.len() > 8 { vec![format!("{count} days in between are no working days")] } else { said }
    }
}

fn rest_days((from, to): (Date, Date)) -> String {
    let between = (to - from).get_days();
    match between {
        0 => format!("{} is no working day", short(from)),
        1 if from.month() == to.month() => {
            format!("{} and {} are no working days", from.strftime("%a %-d"), short(to))
        }
        1 => format!("{} and {} are no working days", short(from), short(to)),
        _ => format!("{} to {} are no working days", short(from), short(to)),
    }
}

/// `Sat 21 Nov`.
fn short(date: Date) -> String {
    date.strftime("%a %-d %b").to_string()
}

/// A length of time in its two largest units: `2 days 3 hours`.
pub(crate) fn roughly(length: SignedDuration) -> String {
    let minutes = length.as_secs().max(0) / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let say = |n: i64, unit: &str| (n > 0).then(|| format!("{n} {unit}{}", if n == 1 { "" } else { "s" }));
    let parts: Vec<_> =
        [say(days, "day"), say(hours, "hour"), say(minutes, "minute")].into_iter().flatten().take(2).collect();
    if parts.is_empty() { "less than a minute".into() } else { parts.join(" ") }
}

/// The zone of this IANA name, from the table that is built in.
///
/// # Errors
/// What is wrong, in words.
pub fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZoneDatabase::bundled()
        .get(name)
        .map_err(|_| format!("`{name}` is no time zone; write its IANA name, like \"UTC\" or \"Europe/Berlin\""))
}

/// Counted dates and their number; `None` for minutes and hours.
fn civil(length: Length) -> Option<(Counted, i64)> {
    let amount = i64::from(length.amount);
    match length.unit {
        Unit::Minutes | Unit::Hours => None,
        Unit::Days => Some((Counted::Every, amount)),
        Unit::Weeks => Some((Counted::Every, amount * 7)),
        Unit::WorkingDays => Some((Counted::Working, amount)),
    }
}

fn elapsed(length: Length) -> SignedDuration {
    let seconds = match length.unit {
        Unit::Minutes => 60,
        _ => 3600,
    };
    SignedDuration::from_secs(i64::from(length.amount) * seconds)
}

/// Addition that stops at the ends of time.
fn plus(at: Timestamp, length: SignedDuration) -> Timestamp {
    at.checked_add(length).unwrap_or(if length.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

fn place(day: Weekday) -> usize {
    match day {
        Weekday::Mon => 0,
        Weekday::Tue => 1,
        Weekday::Wed => 2,
        Weekday::Thu => 3,
        Weekday::Fri => 4,
        Weekday::Sat => 5,
        Weekday::Sun => 6,
    }
}

fn day_of(date: Date) -> usize {
    usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0)
}
