//! Words for people: sizes, states, severities, spans of time, and letters read aloud.

use candor_core::case::State;
use candor_formats::cvss::Severity;
use jiff::Timestamp;

/// A number of bytes in decimal units, like `1.4 MB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return if bytes == 1 { "1 byte".into() } else { format!("{bytes} bytes") };
    }
    let (mut whole, mut rest, mut unit) = (bytes / 1000, bytes % 1000, 0);
    while whole >= 1000 && unit + 1 < UNITS.len() {
        rest = whole % 1000;
        whole /= 1000;
        unit += 1;
    }
    if whole < 10 && rest >= 100 {
        format!("{whole}.{} {}", rest / 100, UNITS[unit])
    } else {
        format!("{whole} {}", UNITS[unit])
    }
}

/// The word for a state, as the desk says it.
pub fn state(state: State) -> &'static str {
    match state {
        State::New => "New",
        State::Triage => "In triage",
        State::Confirmed => "Confirmed",
        State::Fixed => "Fixed",
        State::Published => "Published",
        State::Closed => "Closed",
    }
}

/// The word for a severity.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::None => "None",
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

/// The word for a severity in class names, `unrated` when there is none.
pub fn severity_class(severity: Option<Severity>) -> &'static str {
    match severity {
        None => "unrated",
        Some(Severity::None) => "none",
        Some(Severity::Low) => "low",
        Some(Severity::Medium) => "medium",
        Some(Severity::High) => "high",
        Some(Severity::Critical) => "critical",
    }
}

/// How far `at` lies from `now`, like `in 2 days` or `3 hours ago`; the same words the script uses.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.as_second() - now.as_second();
    let span = seconds.unsigned_abs();
    let (count, unit) = match span {
        0..45 => return if seconds > 0 { "in a moment".into() } else { "just now".into() },
        45..5_400 => ((span + 30) / 60, "minute"),
        5_400..129_600 => ((span + 1_800) / 3_600, "hour"),
        129_600..5_184_000 => ((span + 43_200) / 86_400, "day"),
        5_184_000..63_072_000 => (span / 2_629_800, "month"),
        _ => (span / 31_557_600, "year"),
    };
    let s = if count == 1 { "" } else { "s" };
    if seconds > 0 { format!("in {count} {unit}{s}") } else { format!("{count} {unit}{s} ago") }
}

/// A word for each sign of a receipt's group, so that it can be read over a telephone.
pub fn spell(group: &str) -> String {
    const WORDS: [&str; 26] = [
        "Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett", "Kilo", "Lima",
        "Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Uniform", "Victor", "Whiskey",
        "X-ray", "Yankee", "Zulu",
    ];
    const DIGITS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let words: Vec<String> = group
        .chars()
        .map(|sign| match sign.to_ascii_uppercase() {
            letter @ 'A'..='Z' => WORDS[letter as usize - 'A' as usize].to_string(),
            digit @ '0'..='9' => DIGITS[digit as usize - '0' as usize].to_string(),
            other => other.to_string(),
        })
        .collect();
    words.join(" ")
}

/// `1 report`, `2 reports`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_decimal() {
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1_400), "1.4 kB");
        assert_eq!(size(14_200_000), "14 MB");
        assert_eq!(size(100_000_000), "100 MB");
    }

    #[test]
    fn distances_are_said_the_way_people_say_them() {
        let now: Timestamp = "2026-11-22T17:00:00Z".parse().expect("a fixed instant");
        let say = |at: &str| relative(at.parse().expect("a fixed instant"), now);
        assert_eq!(say("2026-11-24T17:00:00Z"), "in 2 days");
        assert_eq!(say("2026-11-22T16:59:50Z"), "just now");
        assert_eq!(say("2026-11-22T16:00:00Z"), "60 minutes ago");
        assert_eq!(say("2026-11-22T14:00:00Z"), "3 hours ago");
        assert_eq!(say("2026-11-23T17:00:00Z"), "in 24 hours");
    }

    #[test]
    fn a_group_of_a_receipt_can_be_read_aloud() {
        assert_eq!(spell("7K3M"), "seven Kilo three Mike");
    }
}
