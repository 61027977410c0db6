//! Lengths of time as people write them in prose: `within forty-eight (48) hours`, `3 business days`, `a fortnight`.

use crate::policy::{Length, Unit};

/// A length of time found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// First byte of it.
    pub from: usize,
    /// The byte after it.
    pub to: usize,
    /// The length.
    pub length: Length,
    /// What was decided in reading it that the words do not say, for a question.
    pub doubt: Option<String>,
}

/// A word with its place.
struct Word<'a> {
    at: usize,
    end: usize,
    text: &'a str,
}

/// Every length of time in a text, in order.
pub fn find(text: &str) -> Vec<Stretch> {
    let lower = text.to_lowercase();
    // Some letters change their length in small letters; places would be off.
    let lower = if lower.len() == text.len() { lower } else { text.to_ascii_lowercase() };
    let words = words(&lower);
    let mut out = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match span(&words, at) {
            Some((span, next)) => {
                out.push(span);
                at = next;
            }
            None => at += 1,
        }
    }
    out
}

/// Runs of letters and digits; a hyphen inside is a border of its own.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut out = Vec::new();
    let mut start = None;
    let mut kind = 0;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        let now = if letter.is_ascii_digit() {
            1
        } else if letter.is_alphabetic() {
            2
        } else {
            0
        };
        if now != kind {
            if let Some(from) = start.take() {
                out.push(Word { at: from, end: at, text: &text[from..at] });
            }
            if now != 0 {
                start = Some(at);
            }
            kind = now;
        }
    }
    out
}

/// A length that begins at a word, and the word after it.
fn span(words: &[Word<'_>], first: usize) -> Option<(Stretch, usize)> {
    let (mut amount, mut next, spelled) = number(words, first)?;
    let mut doubt = None;
    // `forty-eight (48)`: the digits say it again.
    if spelled
        && let Some(word) = words.get(next)
        && let Ok(digits) = word.text.parse::<u32>()
    {
        amount = digits;
        next += 1;
    }
    // `2 to 3`, `24-48`, `one or two`: the longer one is the promise.
    let joined = |word: &Word<'_>| matches!(word.text, "to" | "or" | "and");
    let range = match words.get(next) {
        Some(word) if joined(word) => number(words, next + 1).filter(|_| !matches!(words[next + 1].text, "a" | "an")),
        Some(word) if words[next - 1].end + 4 >= word.at => {
            number(words, next).filter(|(n, _, _)| *n > amount && !matches!(word.text, "a" | "an"))
        }
        _ => None,
    };
    if let Some((upper, after, _)) = range
        && unit(words, after).is_some()
    {
        doubt = Some(format!("the text says {amount} to {upper}; the draft takes the longer one"));
        (amount, next) = (upper.max(amount), after);
    }
    let (unit, factor, after, said) = unit(words, next)?;
    if !spelled && matches!(words[first].text, "a" | "an") && !after_preposition(words, first) {
        return None;
    }
    if let Some(said) = said {
        doubt = Some(said.to_owned());
    }
    let amount = amount.checked_mul(factor).filter(|amount| *amount <= 36_500)?;
    if amount == 0 {
        return None;
    }
    let (from, to) = (words[first].at, words[after - 1].end);
    Some((Stretch { from, to, length: Length { amount, unit }, doubt }, after))
}

/// `a week` is a length in `within a week`, and none in `there was a week`.
fn after_preposition(words: &[Word<'_>], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| words.get(before)).map(|word| word.text);
    matches!(
        before,
        Some(
            "within"
                | "in"
                | "every"
                | "after"
                | "than"
                | "once"
                | "for"
                | "of"
                | "least"
                | "most"
                | "about"
                | "under"
                | "takes"
        )
    )
}

/// A number at a word: its value, the word after it, whether it is spelled out.
fn number(words: &[Word<'_>], at: usize) -> Option<(u32, usize, bool)> {
    let word = words.get(at)?.text;
    if let Ok(digits) = word.parse::<u32>() {
        return Some((digits, at + 1, false));
    }
    if matches!(word, "a" | "an") {
        return match words.get(at + 1).map(|word| word.text) {
            Some("couple") => Some((2, at + 2 + usize::from(words.get(at + 2).is_some_and(|w| w.text == "of")), true)),
            Some("single") => Some((1, at + 2, true)),
            _ => Some((1, at + 1, false)),
        };
    }
    if word == "every"
        && words
            .get(at + 1)
            .is_some_and(|next| matches!(next.text, "day" | "week" | "month" | "fortnight" | "business" | "working"))
    {
        return Some((1, at + 1, true));
    }
    let small = |word: &str| {
        const SMALL: [&str; 21] = [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ];
        SMALL.iter().position(|name| *name == word).and_then(|n| u32::try_from(n).ok())
    };
    let tens = |word: &str| {
        const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
        TENS.iter().position(|name| *name == word).and_then(|n| u32::try_from((n + 2) * 10).ok())
    };
    if let Some(tens) = tens(word) {
        if let Some(ones) = words.get(at + 1).and_then(|next| small(next.text)).filter(|n| (1..10).contains(n)) {
            return Some((tens + ones, at + 2, true));
        }
        return Some((tens, at + 1, true));
    }
    small(word).map(|n| (n, at + 1, true))
}

/// A unit at a word: unit, factor, the word after it, and what was decided in reading it.
fn unit(words: &[Word<'_>], at: usize) -> Option<(Unit, u32, usize, Option<&'static str>)> {
    let mut next = at;
    let (mut working, mut office) = (false, false);
    while let Some(word) = words.get(next) {
        match word.text {
            "working" | "business" | "work" | "office" => working = true,
            "calendar" | "full" | "consecutive" | "s" => {}
            _ => break,
        }
        office |= matches!(word.text, "business" | "office" | "working");
        next += 1;
        if next > at + 3 {
            return None;
        }
    }
    let word = words.get(next)?.text;
    let after = next + 1;
    Some(match word {
        "minute" | "minutes" | "min" | "mins" => (Unit::Minutes, 1, after, None),
        "hour" | "hours" | "hr" | "hrs" | "h" if working && office => (
            Unit::Hours,
            1,
            after,
            Some(
                "the text counts business hours, the draft every hour; to count as the text does, give the calendar its `hours` and write working hours",
            ),
        ),
        "hour" | "hours" | "hr" | "hrs" | "h" => (Unit::Hours, 1, after, None),
        "day" | "days" | "d" if working => (Unit::WorkingDays, 1, after, None),
        "weekday" | "weekdays" | "workday" | "workdays" => (Unit::WorkingDays, 1, after, None),
        "day" | "days" | "d" => (Unit::Days, 1, after, None),
        "week" | "weeks" if working => {
            (Unit::WorkingDays, 5, after, Some("a working week is drafted as 5 working days"))
        }
        "week" | "weeks" => (Unit::Weeks, 1, after, None),
        "fortnight" | "fortnights" => (Unit::Weeks, 2, after, None),
        "month" | "months" => {
            (Unit::Days, 30, after, Some("months differ in length; the draft counts 30 days for each"))
        }
        "quarter" | "quarters" => (Unit::Days, 90, after, Some("a quarter is drafted as 90 days")),
        "year" | "years" => (Unit::Days, 365, after, Some("a year is drafted as 365 days")),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        find(text)
            .iter()
            .map(|span| format!("{}{}", span.length, if span.doubt.is_some() { "?" } else { "" }))
            .collect()
    }

    #[test]
    fn lengths_are_read_as_people_write_them() {
        for (text, expected) in [
            ("acknowledged within 48 hours", "48 hours"),
            ("Within 48h, or 7d", "48 hours, 7 days"),
            ("a 90-day embargo", "90 days"),
            ("ideally within 3 working days.", "3 working days"),
            ("three (3) business days", "3 working days"),
            ("forty-eight (48) hours", "48 hours"),
            ("seventy-two hours", "72 hours"),
            ("for the past five days", "5 days"),
            ("within two weeks", "2 weeks"),
            ("within a week", "1 week"),
            ("within a maximum of 7 days", "7 days"),
            ("24-48 hours", "48 hours?"),
            ("two to three working days", "3 working days?"),
            ("every five calendar days", "5 days"),
            ("updates every week", "1 week"),
            ("within one month", "30 days?"),
            ("5 weekdays", "5 working days"),
            ("8 business hours", "8 hours?"),
            ("a day like this; version 3; CVE-2024-1234; 2 people", ""),
        ] {
            assert_eq!(told(text).join(", "), expected, "{text}");
        }
    }
}
