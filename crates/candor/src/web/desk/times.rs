//! Instants as people type them.

use candor_core::policy::calendar;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Reads an instant: with a zone (`2026-09-30T12:00Z`, `2026-09-30T14:00+02:00`, `2026-09-30 08:00 America/New_York`), or as
/// local time of the program (`2026-09-30 14:00`, `2026-09-30` for its first moment).
///
/// # Errors
/// What to write instead; an hour that daylight saving skips or repeats is asked about, never guessed.
pub fn instant(typed: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let typed = typed.trim();
    if let Ok(at) = typed.parse::<Timestamp>() {
        return Ok(at);
    }
    // The name of a zone stands behind the time; days and times hold no slash.
    let (typed, zone) = match typed.rsplit_once(' ') {
        Some((rest, name)) if name.contains('/') => (rest.trim_end(), calendar::zone(name)?),
        _ => (typed, zone.clone()),
    };
    let civil: Option<DateTime> = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
        .iter()
        .find_map(|format| DateTime::strptime(format, typed).ok())
        .or_else(|| Date::strptime("%Y-%m-%d", typed).ok().map(|date| date.to_datetime(jiff::civil::Time::midnight())));
    let Some(civil) = civil else {
        return Err("write date and time like 2026-09-30T12:00Z, 2026-09-30 08:00 America/New_York, or 2026-09-30 14:00 for the \
                    program's own time"
            .into());
    };
    let name = zone.iana_name().unwrap_or("UTC");
    zone.to_ambiguous_zoned(civil).unambiguous().map(|zoned| zoned.timestamp()).map_err(|_| {
        format!("on this day {name} skips or repeats that hour; write the instant in UTC, like 2026-03-29T00:30Z")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_with_its_zone_or_in_the_programs() {
        let berlin = jiff::tz::TimeZoneDatabase::bundled().get("Europe/Berlin").expect("a zone");
        let read = |typed| instant(typed, &berlin).map(|at| at.to_string());
        assert_eq!(read("2026-09-30T12:00Z").as_deref(), Ok("2026-09-30T12:00:00Z"));
        assert_eq!(read("2026-09-30T14:00+02:00").as_deref(), Ok("2026-09-30T12:00:00Z"));
        assert_eq!(read("2026-09-30 14:00").as_deref(), Ok("2026-09-30T12:00:00Z"));
        assert_eq!(read("2026-09-30 08:00 America/New_York").as_deref(), Ok("2026-09-30T12:00:00Z"));
        assert!(read("2026-09-30 08:00 Mars/Olympus").is_err_and(|why| why.contains("no time zone")));
        assert_eq!(read("2026-12-24").as_deref(), Ok("2026-12-23T23:00:00Z"));
    }

    #[test]
    fn abuse_b2_an_hour_that_is_skipped_or_comes_twice_is_asked_about() {
        let berlin = jiff::tz::TimeZoneDatabase::bundled().get("Europe/Berlin").expect("a zone");
        assert!(instant("2026-03-29 02:30", &berlin).is_err());
        assert!(instant("2026-10-25 02:30", &berlin).is_err());
        assert!(instant("midnight", &berlin).is_err());
        let read = |typed, zone: &str| {
            let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).expect("a zone");
            instant(typed, &zone).map(|at| at.to_string()).ok()
        };
        assert_eq!(read("2026-09-30 00:00", "Pacific/Kiritimati").as_deref(), Some("2026-09-29T10:00:00Z"), "+14");
        assert_eq!(read("2026-09-30 23:00", "Etc/GMT+12").as_deref(), Some("2026-10-01T11:00:00Z"), "-12");
        assert_eq!(read("2028-02-29 12:00", "UTC").as_deref(), Some("2028-02-29T12:00:00Z"), "a leap day");
        assert_eq!(read("2026-02-29 12:00", "UTC"), None, "a day that there is not");
        assert_eq!(read("2026-09-30 24:00", "UTC"), None);
    }
}
