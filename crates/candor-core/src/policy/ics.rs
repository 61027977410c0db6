//! Holidays from iCalendar files (RFC 5545): events that last whole days, once or every year.
//!
//! Read are `VEVENT` with `DTSTART`, `DTEND` or `DURATION`, `SUMMARY`, `RRULE` with `FREQ=YEARLY`, and `EXDATE`. Events with a time of
//! day are left out, since nobody rests for an hour; so is what is cancelled. A rule that cannot be counted is told, never
//! guessed.

use jiff::civil::{Date, Weekday};
use std::collections::BTreeMap;

/// Largest file, in bytes.
pub const SIZE_LIMIT: usize = 1 << 20;
/// Most events of a file.
const EVENTS: usize = 5_000;
/// Most days of one event.
const DAYS: i32 = 366;
/// Most days of a file, once its rules are counted out.
const DATES: usize = 100_000;
/// Rules are counted out until this year.
const LAST_YEAR: i16 = 2199;

/// One line, unfolded.
struct Line {
    number: usize,
    name: String,
    value: String,
}

#[derive(Default)]
struct Entry {
    line: usize,
    start: Option<Date>,
    timed: bool,
    end: Option<Date>,
    days: Option<i32>,
    summary: String,
    rule: Option<String>,
    except: Vec<Date>,
    cancelled: bool,
}

/// Reads the days of a file, each with its name.
///
/// # Errors
/// What is wrong with it and in which line.
pub fn read(text: &str) -> Result<BTreeMap<Date, String>, String> {
    if text.len() > SIZE_LIMIT {
        return Err(format!("the file is larger than {} KiB", SIZE_LIMIT / 1024));
    }
    let mut dates = BTreeMap::new();
    let (mut entry, mut depth, mut seen, mut calendar): (Option<Entry>, usize, usize, bool) = (None, 0, 0, false);
    for line in lines(text)? {
        let wrong = |why: &str| format!("line {}: {why}", line.number);
        match (line.name.as_str(), line.value.to_ascii_uppercase().as_str()) {
            ("BEGIN", "VCALENDAR") => calendar = true,
            ("BEGIN", "VEVENT") if entry.is_none() => {
                seen += 1;
                if seen > EVENTS {
                    return Err(wrong(&format!("there are more than {EVENTS} events")));
                }
                entry = Some(Entry { line: line.number, ..Entry::default() });
            }
            ("END", "VEVENT") if depth == 0 => {
                let whole = entry.take().ok_or_else(|| wrong("an event ends that did not begin"))?;
                count_out(&whole, &mut dates)?;
            }
            // Alarms and the like within an event.
            ("BEGIN", _) if entry.is_some() => depth += 1,
            ("END", _) if entry.is_some() => depth = depth.saturating_sub(1),
            _ if depth == 0 => {
                if let Some(entry) = &mut entry {
                    property(entry, &line).map_err(|why| wrong(&why))?;
                }
            }
            _ => {}
        }
    }
    if !calendar {
        return Err("this is no iCalendar file; it begins with BEGIN:VCALENDAR".into());
    }
    if let Some(entry) = entry {
        return Err(format!("line {}: the event does not end", entry.line));
    }
    Ok(dates)
}

/// Lines with their continuations joined (RFC 5545, section 3.1).
fn lines(text: &str) -> Result<Vec<Line>, String> {
    let mut joined: Vec<(usize, String)> = Vec::new();
    for (index, raw) in text.lines().enumerate() {
        let raw = raw.trim_end_matches('\r').trim_start_matches('\u{feff}');
        match (raw.strip_prefix([' ', '\t']), joined.last_mut()) {
            (Some(more), Some((_, last))) => last.push_str(more),
            _ if raw.trim().is_empty() => {}
            _ => joined.push((index + 1, raw.to_owned())),
        }
    }
    let mut lines = Vec::with_capacity(joined.len());
    for (number, text) in joined {
        let Some(at) = colon(&text) else {
            return Err(format!("line {number}: this is no line of an iCalendar file; it has no colon"));
        };
        let (head, value) = (&text[..at], &text[at + 1..]);
        let name = head.split(';').next().unwrap_or(head);
        lines.push(Line { number, name: name.to_ascii_uppercase(), value: value.trim().to_owned() });
    }
    Ok(lines)
}

/// The colon that ends name and parameters; one within quotes does not.
fn colon(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices()
        .find(|(_, letter)| {
            quoted ^= *letter == '"';
            *letter == ':' && !quoted
        })
        .map(|(at, _)| at)
}

fn property(entry: &mut Entry, line: &Line) -> Result<(), String> {
    match line.name.as_str() {
        "DTSTART" => {
            entry.timed = line.value.contains('T');
            entry.start = Some(date(&line.value)?);
        }
        "DTEND" => entry.end = Some(date(&line.value)?),
        "DURATION" => entry.days = duration(&line.value),
        "SUMMARY" => entry.summary = line.value.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\"),
        "RRULE" => entry.rule = Some(line.value.to_ascii_uppercase()),
        "RDATE" | "EXRULE" => return Err(format!("{} is not read; write the dates as events of their own", line.name)),
        "EXDATE" => {
            for value in line.value.split(',') {
                entry.except.push(date(value)?);
            }
        }
        "STATUS" => entry.cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
        _ => {}
    }
    Ok(())
}

/// `20261225`, or the date of a date and time.
fn date(text: &str) -> Result<Date, String> {
    let wrong = || format!("`{text}` is no date; it looks like 20261225");
    let digits = text.trim().get(..8).ok_or_else(wrong)?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let part = |from: usize, to: usize| digits[from..to].parse::<i16>().map_err(|_| wrong());
    let small = |n: i16| i8::try_from(n).map_err(|_| wrong());
    Date::new(part(0, 4)?, small(part(4, 6)?)?, small(part(6, 8)?)?).map_err(|_| wrong())
}

/// Whole days of `P3D` or `P1W`; `None` for anything shorter.
fn duration(text: &str) -> Option<i32> {
    let rest = text.trim().trim_start_matches('+').strip_prefix('P')?;
    let (unit, each) = if let Some(days) = rest.strip_suffix('D') { (days, 1) } else { (rest.strip_suffix('W')?, 7) };
    unit.parse::<i32>().ok()?.checked_mul(each)
}

/// The days of an event, every year that it comes.
fn count_out(entry: &Entry, dates: &mut BTreeMap<Date, String>) -> Result<(), String> {
    let wrong = |why: String| format!("line {}: {why}", entry.line);
    if entry.cancelled || entry.timed {
        return Ok(());
    }
    let start = entry.start.ok_or_else(|| wrong("the event has no DTSTART".into()))?;
    // The end is the day after the last one (RFC 5545, section 3.6.1).
    let days = match (entry.end, entry.days) {
        (Some(end), _) => (end - start).get_days().max(1),
        (None, Some(days)) => days.max(1),
        (None, None) => 1,
    };
    if days > DAYS {
        return Err(wrong(format!("the event lasts {days} days; at most {DAYS} are read")));
    }
    let firsts = match &entry.rule {
        None => vec![start],
        Some(rule) => yearly(rule, start).map_err(wrong)?,
    };
    for first in firsts.into_iter().filter(|first| !entry.except.contains(first)) {
        let mut day = first;
        for _ in 0..days {
            dates.insert(day, entry.summary.clone());
            if dates.len() > DATES {
                return Err(wrong(format!("the file has more than {DATES} days")));
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
    }
    Ok(())
}

/// The first days that a yearly rule gives.
fn yearly(rule: &str, start: Date) -> Result<Vec<Date>, String> {
    let (mut interval, mut count, mut until) = (1i16, usize::MAX, None);
    let (mut month, mut month_day, mut nth): (Option<i8>, Option<i8>, Option<(i8, Weekday)>) = (None, None, None);
    let mut is_yearly = false;
    for part in rule.split(';').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let unread = || format!("the rule `{part}` is not read; only events of every year are");
        let number = || value.parse::<i16>().map_err(|_| unread());
        match key {
            "FREQ" if value == "YEARLY" => is_yearly = true,
            "INTERVAL" => interval = number().ok().filter(|n| *n >= 1).ok_or_else(unread)?,
            "COUNT" => count = usize::try_from(number()?).map_err(|_| unread())?,
            "UNTIL" => until = Some(date(value)?),
            "BYMONTH" => {
                month = Some(i8::try_from(number()?).ok().filter(|m| (1..=12).contains(m)).ok_or_else(unread)?)
            }
            "BYMONTHDAY" => {
                month_day = Some(i8::try_from(number()?).ok().filter(|d| (1..=31).contains(d)).ok_or_else(unread)?);
            }
            "BYDAY" => nth = Some(by_day(value).ok_or_else(unread)?),
            "WKST" => {}
            _ => return Err(unread()),
        }
    }
    if !is_yearly {
        return Err(format!("the rule `{rule}` is not read; only events of every year are"));
    }
    if month.is_none() && (nth.is_some() || month_day.is_some()) {
        return Err(format!("the rule `{rule}` is not read; it needs BYMONTH beside BYDAY or BYMONTHDAY"));
    }
    let month = month.unwrap_or(start.month());
    let mut firsts = Vec::new();
    let mut year = start.year();
    while year <= LAST_YEAR && firsts.len() < count {
        let on = match nth {
            Some((nth, day)) => Date::new(year, month, 1).and_then(|first| first.nth_weekday_of_month(nth, day)),
            None => Date::new(year, month, month_day.unwrap_or(start.day())),
        };
        // 29 February comes in leap years only.
        if let Ok(on) = on {
            if until.is_some_and(|until| on > until) {
                break;
            }
            if on >= start {
                firsts.push(on);
            }
        }
        year = match year.checked_add(interval) {
            Some(next) => next,
            None => break,
        };
    }
    Ok(firsts)
}

/// `4TH` is the fourth Thursday, `-1MO` the last Monday.
fn by_day(text: &str) -> Option<(i8, Weekday)> {
    let (nth, day) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let day = match day {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    };
    let nth: i8 = nth.parse().ok()?;
    ((1..=5).contains(&nth) || (-5..=-1).contains(&nth)).then_some((nth, day))
}
