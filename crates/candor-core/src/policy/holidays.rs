//! When a holiday is: on one date, on a day of every year, on the so-manieth weekday of a month, so many days from Easter.

use super::{Holiday, Weekday};
use jiff::Span;
use jiff::civil::{self, Date};

/// When a holiday is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolidayOn {
    /// On one date.
    Date(Date),
    /// On this month and day of every year.
    Yearly(i8, i8),
    /// On this weekday of this month of every year: the first (1) to the fifth (5), or the last (-1).
    Weekday {
        /// Month, from 1.
        month: i8,
        /// Which weekday.
        day: Weekday,
        /// Which of them in the month.
        nth: i8,
    },
    /// So many days after Easter Sunday of every year; negative for before.
    Easter(i16),
}

impl HolidayOn {
    /// Whether it is on this date.
    pub fn is_on(self, date: Date) -> bool {
        match self {
            HolidayOn::Date(on) => on == date,
            HolidayOn::Yearly(month, day) => (date.month(), date.day()) == (month, day),
            HolidayOn::Weekday { month, day, nth } => {
                date.month() == month
                    && date.first_of_month().nth_weekday_of_month(nth, weekday(day)).is_ok_and(|on| on == date)
            }
            HolidayOn::Easter(days) => easter(date.year())
                .and_then(|sunday| sunday.checked_add(Span::new().try_days(days).ok()?).ok())
                .is_some_and(|on| on == date),
        }
    }
}

/// Easter Sunday of a year of the Gregorian calendar, by the rule that Meeus, Jones and Butcher wrote down
/// (Meeus, Astronomical Algorithms, chapter 8).
pub fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month = (h + l - 7 * m + 114) / 31;
    let day = (h + l - 7 * m + 114) % 31 + 1;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn weekday(day: Weekday) -> civil::Weekday {
    match day {
        Weekday::Mon => civil::Weekday::Monday,
        Weekday::Tue => civil::Weekday::Tuesday,
        Weekday::Wed => civil::Weekday::Wednesday,
        Weekday::Thu => civil::Weekday::Thursday,
        Weekday::Fri => civil::Weekday::Friday,
        Weekday::Sat => civil::Weekday::Saturday,
        Weekday::Sun => civil::Weekday::Sunday,
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

const NTH: [(&str, i8); 6] = [("1st", 1), ("2nd", 2), ("3rd", 3), ("4th", 4), ("5th", 5), ("last", -1)];

impl Holiday {
    /// Reads when it is.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn when(&self) -> Result<HolidayOn, String> {
        let text = self.on.trim();
        let lower = text.to_ascii_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        if let Some(rest) = lower.strip_prefix("easter") {
            return from_easter(rest).ok_or_else(|| {
                format!("`{text}` is no day; write \"easter\", or so many days from it, like \"easter -2\" or \"easter +39\"")
            });
        }
        if let [nth, day, "of", month] | [nth, day, "in", month] = words[..] {
            return nth_weekday(nth, day, month).ok_or_else(|| {
                format!("`{text}` is no day; write it like \"4th thursday of november\" or \"last monday of may\"")
            });
        }
        dated(text)
    }
}

fn from_easter(rest: &str) -> Option<HolidayOn> {
    let rest: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    let rest = rest.trim_end_matches("days").trim_end_matches("day");
    match rest {
        "" | "sunday" => return Some(HolidayOn::Easter(0)),
        // `sunday` and `monday` end in `day`.
        "sun" => return Some(HolidayOn::Easter(0)),
        "mon" | "monday" => return Some(HolidayOn::Easter(1)),
        _ => {}
    }
    if !rest.starts_with(['+', '-']) {
        return None;
    }
    let days: i16 = rest.parse().ok()?;
    (days.abs() <= 150).then_some(HolidayOn::Easter(days))
}

fn nth_weekday(nth: &str, day: &str, month: &str) -> Option<HolidayOn> {
    let (_, nth) = NTH.into_iter().find(|(name, _)| *name == nth)?;
    let (_, day) = DAYS.into_iter().find(|(name, _)| *name == day || &name[..3] == day)?;
    let at = MONTHS.iter().position(|name| *name == month || &name[..3] == month)?;
    Some(HolidayOn::Weekday { month: i8::try_from(at + 1).ok()?, day, nth })
}

fn dated(text: &str) -> Result<HolidayOn, String> {
    let wrong = || {
        format!(
            "`{text}` is no day; write a date like \"2026-12-24\", or \"12-25\", \"4th thursday of november\" or \"easter +1\" for a day of every year"
        )
    };
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
