//! Who works when: sessions on the working days of the calendar, without holidays and absences.

use super::Assumptions;
use super::chance::Chance;
use crate::policy::Calendar;
use jiff::civil::{Date, time};
use jiff::{SignedDuration, Timestamp};

/// A member's time for reports on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Session {
    pub member: u32,
    pub from: Timestamp,
    pub to: Timestamp,
}

/// Every session from the first day until before the last.
pub(super) fn sessions(calendar: &Calendar, days_a_week: usize, assumptions: &Assumptions, last: Date) -> Vec<Session> {
    let mut all = Vec::new();
    // Ten hours a day are the most that anybody works.
    let per_day = |works: u32| (assumptions.hours_per_week / f64::from(works.max(1)) * 3600.0).clamp(0.0, 36_000.0);
    #[allow(clippy::cast_possible_truncation)] // at most ten hours
    let seconds = per_day(u32::try_from(days_a_week).unwrap_or(5)) as i64;
    if seconds == 0 {
        return all;
    }
    for member in 0..assumptions.members {
        let mut chance = Chance::new(assumptions.seed, 1_000 + u64::from(member));
        let mut date = assumptions.from;
        let mut away = 0;
        while date < last {
            // A week away begins on any day of the week, as often as the weeks of a year say.
            if away == 0 && chance.happens(assumptions.away_weeks / 365.25) {
                away = 7;
            }
            let ill = chance.happens(assumptions.absent);
            if away == 0 && !ill && calendar.works_on(date) {
                let hour = i8::try_from(9 + member % 3 * 2).unwrap_or(9);
                let begins = calendar.zone().to_ambiguous_zoned(date.to_datetime(time(hour, 0, 0, 0))).compatible();
                if let Ok(begins) = begins.map(|zoned| zoned.timestamp()) {
                    all.push(Session { member, from: begins, to: begins + SignedDuration::from_secs(seconds) });
                }
            }
            away -= i32::from(away > 0);
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
    }
    all.sort_by_key(|session| (session.from, session.member));
    all
}
