//! Counting time as a policy counts it: hours as they pass, days as people count them.
//!
//! Minutes and hours are elapsed time. Days, weeks and working days are counted on a line of dates: an instant stands at
//! (number of counted dates since the start, time of day in the program's zone). A day later is the same time of day on
//! the next counted date, whatever daylight saving does in between. An instant on a date that is not counted stands at
//! 00:00 of the next one that is. Working hours are elapsed time, of which only the hours of working days count.

use super::{CalendarRules, EmbeddedFile, HolidayOn, Length, Unit, Weekday, ics};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Span, Timestamp};
use std::collections::BTreeMap;

/// Nanoseconds of a civil day.
const DAY: i128 = 86_400_000_000_000;
/// Nanoseconds of a minute.
const MINUTE: i128 = 60_000_000_000;
/// Dates to look through for one that counts, before giving up: no sensible calendar rests for forty years.
const PATIENCE: u32 = 40 * 366;

/// Working days, working hours, holidays and zone, ready to count with.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    working: [bool; 7],
    /// Hours of a working day; empty when the whole day counts.
    hours: Vec<(Time, Option<Time>)>,
    dates: BTreeMap<Date, String>,
    yearly: BTreeMap<(i8, i8), String>,
    /// Holidays that move from year to year.
    moving: Vec<(HolidayOn, String)>,
}

/// How a length is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Time as it passes.
    Elapsed,
    /// Time as it passes within working hours.
    WorkingHours,
    /// Local time on counted dates.
    Dates(Counted),
}

/// Which dates count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    Every,
    Working,
}

impl Calendar {
    /// Reads the rules. `files` holds the iCalendar files that they name.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn new(rules: &CalendarRules, files: &[EmbeddedFile]) -> Result<Self, String> {
        let zone = zone(&rules.time_zone)?;
        if rules.working_days.is_empty() {
            return Err("no day of the week is a working day; name at least one, like \"mon\"".into());
        }
        let mut working = [false; 7];
        for day in &rules.working_days {
            working[place(*day)] = true;
        }
        let (mut dates, mut yearly, mut moving) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for path in &rules.ics {
            let file = files.iter().find(|file| file.path == *path);
            let file = file.ok_or_else(|| format!("the text of `{path}` is not there"))?;
            dates.append(&mut ics::read(&file.text).map_err(|why| format!("`{path}`: {why}"))?);
        }
        for holiday in &rules.holidays {
            match holiday.when()? {
                HolidayOn::Date(date) => {
                    dates.insert(date, holiday.name.clone());
                }
                HolidayOn::Yearly(month, day) => {
                    yearly.insert((month, day), holiday.name.clone());
                }
                on => moving.push((on, holiday.name.clone())),
            }
        }
        Ok(Self { zone, working, hours: rules.spells()?, dates, yearly, moving })
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
    /// Time passed before a pause is measured in the unit's own line (elapsed time for hours, working time for working
    /// hours, civil time of counted dates for days), and the rest runs on from the end of the pause. Pauses are in order
    /// and do not overlap; one that begins when the time is over changes nothing.
    pub fn due(&self, start: Timestamp, length: Length, pauses: &[(Timestamp, Timestamp)]) -> Timestamp {
        let base = self.zone.to_datetime(start).date();
        let (line, amount) = line(in_days(base, length, false));
        self.at_place(start, base, self.end(start, base, line, amount, pauses), line)
    }

    /// Whether the time has run out by `at`, so that a pause from then on changes nothing.
    pub fn is_over(&self, start: Timestamp, length: Length, pauses: &[(Timestamp, Timestamp)], at: Timestamp) -> bool {
        let base = self.zone.to_datetime(start).date();
        let (line, amount) = line(in_days(base, length, false));
        self.place_of(start, base, at.max(start), line) >= self.end(start, base, line, amount, pauses)
    }

    /// The instant `length` before `due`, counted back in the same way.
    pub fn before(&self, due: Timestamp, length: Length) -> Timestamp {
        let base = self.zone.to_datetime(due).date();
        let (line, amount) = line(in_days(base, length, true));
        self.at_place(due, base, self.begin(due, base, line) - amount, line)
    }

    /// Where the start stands on a line.
    fn begin(&self, start: Timestamp, base: Date, line: Line) -> i128 {
        match line {
            Line::Dates(counted) => self.position(base, self.zone.to_datetime(start), counted),
            other => self.place_of(start, base, start, other),
        }
    }

    /// Where the time runs out on a line: the start, the length, and every pause before that.
    fn end(&self, start: Timestamp, base: Date, line: Line, amount: i128, pauses: &[(Timestamp, Timestamp)]) -> i128 {
        let mut end = self.begin(start, base, line) + amount;
        for (from, to) in pauses {
            let from = (*from).max(start);
            if *to <= from {
                continue;
            }
            let place = self.place_of(start, base, from, line);
            if place >= end {
                break;
            }
            end += (self.place_of(start, base, *to, line) - place).max(0);
        }
        end
    }

    /// Where an instant stands on a line, in nanoseconds; it never goes back as time passes.
    fn place_of(&self, start: Timestamp, base: Date, at: Timestamp, line: Line) -> i128 {
        match line {
            Line::Elapsed => at.duration_since(start).as_nanos(),
            Line::WorkingHours => self.worked(base, at),
            Line::Dates(counted) => self.position(base, self.furthest(at), counted),
        }
    }

    /// The instant at a place on a line: the inverse of [`Self::place_of`].
    fn at_place(&self, start: Timestamp, base: Date, place: i128, line: Line) -> Timestamp {
        match line {
            Line::Elapsed => plus(start, SignedDuration::from_nanos_i128(place)),
            Line::WorkingHours => self.worked_until(base, place),
            Line::Dates(counted) => self.instant(base, place, counted),
        }
    }

    /// The working hours of a date, as instants.
    fn hours_of(&self, date: Date) -> Vec<(Timestamp, Timestamp)> {
        if !self.works_on(date) {
            return Vec::new();
        }
        let local = |at: DateTime| {
            self.zone.to_ambiguous_zoned(at).compatible().map_or(Timestamp::MAX, |zoned| zoned.timestamp())
        };
        let midnight = local(date.saturating_add(Span::new().days(1)).to_datetime(Time::midnight()));
        if self.hours.is_empty() {
            return vec![(local(date.to_datetime(Time::midnight())), midnight)];
        }
        let hours = self.hours.iter();
        hours
            .map(|(from, to)| (local(date.to_datetime(*from)), to.map_or(midnight, |to| local(date.to_datetime(to)))))
            .collect()
    }

    /// Working time from the beginning of `base` until `at`, in nanoseconds; negative before it.
    fn worked(&self, base: Date, at: Timestamp) -> i128 {
        let last = self.zone.to_datetime(at).date();
        let within = |date: Date| -> i128 {
            let spells = self.hours_of(date).into_iter();
            spells.map(|(from, to)| to.min(at).duration_since(from.min(at)).as_nanos().max(0)).sum()
        };
        let whole = |date: Date| -> i128 {
            self.hours_of(date).into_iter().map(|(from, to)| to.duration_since(from).as_nanos().max(0)).sum()
        };
        let (mut sum, mut date, mut walked) = (0, base, 0);
        while date < last && walked < PATIENCE {
            sum += whole(date);
            let Ok(next) = date.tomorrow() else { return sum };
            (date, walked) = (next, walked + 1);
        }
        while date > last && walked < PATIENCE {
            let Ok(before) = date.yesterday() else { return sum };
            (date, walked) = (before, walked + 1);
            sum -= whole(date);
        }
        sum + within(date)
    }

    /// The first instant at which so much working time has passed since the beginning of `base`.
    fn worked_until(&self, base: Date, place: i128) -> Timestamp {
        let (mut sum, mut date, mut walked) = (0i128, base, 0);
        // Back to a date before which no more has to be counted.
        while sum >= place && sum > -i128::MAX && walked < PATIENCE && place < 0 {
            let Ok(before) = date.yesterday() else { return Timestamp::MIN };
            (date, walked) = (before, walked + 1);
            sum -= self
                .hours_of(date)
                .into_iter()
                .map(|(from, to)| to.duration_since(from).as_nanos().max(0))
                .sum::<i128>();
        }
        walked = 0;
        while walked < PATIENCE {
            for (from, to) in self.hours_of(date) {
                let length = to.duration_since(from).as_nanos().max(0);
                if length > 0 && sum + length >= place {
                    return plus(from, SignedDuration::from_nanos_i128((place - sum).max(0)));
                }
                sum += length;
            }
            let Ok(next) = date.tomorrow() else { break };
            (date, walked) = (next, walked + 1);
        }
        Timestamp::MAX
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
        if matches!(length.unit, Unit::WorkingDays | Unit::WorkingHours) {
            why.extend(self.rests(first, last));
        }
        if length.unit == Unit::WorkingHours && !self.hours.is_empty() {
            why.insert(2, format!("working hours are {} in {}", self.hours_in_words(), self.zone_name()));
        }
        if !matches!(length.unit, Unit::Minutes | Unit::WorkingHours)
            && self.zone.to_offset(start) != self.zone.to_offset(due)
        {
            let change = self.zone.following(start).next().map(|change| change.timestamp());
            let on = change.map_or_else(String::new, |at| format!(" on {}", short(self.zone.to_datetime(at).date())));
            why.push(match length.unit {
                Unit::Hours => format!("the clocks change{on}; hours are counted as they pass"),
                _ => format!("the clocks change{on}; the time of day stays the same"),
            });
        }
        for (index, (from, to, reason)) in pauses.iter().enumerate() {
            let from = (*from).max(start);
            if self.is_over(start, length, &plain[..index], from) {
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
        let fixed = self.dates.get(&date).or_else(|| self.yearly.get(&(date.month(), date.day())));
        fixed.or_else(|| self.moving.iter().find(|(on, _)| on.is_on(date)).map(|(_, name)| name)).map(String::as_str)
    }

    /// `09:00 to 12:00 and 13:00 to 17:00`.
    fn hours_in_words(&self) -> String {
        let time = |at: &Time| at.strftime("%H:%M").to_string();
        let spells = self.hours.iter();
        let words: Vec<String> = spells
            .map(|(from, to)| format!("{} to {}", time(from), to.as_ref().map_or_else(|| "24:00".into(), time)))
            .collect();
        words.join(" and ")
    }

    fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
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

/// How a length is counted, and how much it is there, in nanoseconds.
fn line(length: Length) -> (Line, i128) {
    let amount = i128::from(length.amount);
    match length.unit {
        Unit::Minutes => (Line::Elapsed, amount * MINUTE),
        Unit::Hours => (Line::Elapsed, amount * 60 * MINUTE),
        Unit::WorkingHours => (Line::WorkingHours, amount * 60 * MINUTE),
        Unit::Days => (Line::Dates(Counted::Every), amount * DAY),
        Unit::Weeks => (Line::Dates(Counted::Every), amount * 7 * DAY),
        // Only as a last resort: months are made days before, where their beginning is known.
        Unit::Months => (Line::Dates(Counted::Every), amount * 31 * DAY),
        Unit::WorkingDays => (Line::Dates(Counted::Working), amount * DAY),
    }
}

/// Months as the days that they have from this date on, or `back` from it; any other length as it is.
fn in_days(base: Date, length: Length, back: bool) -> Length {
    if length.unit != Unit::Months {
        return length;
    }
    let months = jiff::Span::new().months(i64::from(length.amount.min(120_000)));
    let other = if back { base.checked_sub(months) } else { base.checked_add(months) };
    let other = other.unwrap_or(if back { Date::MIN } else { Date::MAX });
    let days = base.until(other).map_or(0, |span| span.get_days());
    Length { amount: days.unsigned_abs(), unit: Unit::Days }
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
