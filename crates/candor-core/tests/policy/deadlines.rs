//! A hundred thousand deadlines against a second implementation. It knows nothing of the calendar's own way, which counts
//! places on a line and looks them up again: it cuts the time into stretches that count, one date after the other, and
//! spends the length on them. That it counts as a count minute by minute does is held as well.

use crate::times::{Rules, any_length, any_minute, any_rules, plainly};
use candor_core::policy::{Length, Unit};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

type Spell<T> = (T, T);

fn minutes(from: DateTime, to: DateTime) -> i64 {
    to.duration_since(from).as_mins()
}

fn instant(zone: &TimeZone, local: DateTime) -> Timestamp {
    zone.to_ambiguous_zoned(local).compatible().unwrap().timestamp()
}

/// What is left of a stretch when the spells are taken out, in order.
fn without<T: Copy + Ord>((from, to): Spell<T>, spells: &[Spell<T>]) -> Vec<Spell<T>> {
    let mut left = if from < to { vec![(from, to)] } else { Vec::new() };
    for (begin, end) in spells {
        let cut = |(from, to): Spell<T>| [(from, to.min(*begin)), (from.max(*end), to)];
        left = left.into_iter().flat_map(cut).filter(|(from, to)| from < to).collect();
    }
    left
}

/// How far the clocks have come: where an hour is repeated, they stand at its end until it is over again.
fn come(zone: &TimeZone, at: Timestamp) -> DateTime {
    let now = zone.to_datetime(at);
    let change = zone.preceding(at + SignedDuration::from_nanos(1)).next().map(|change| change.timestamp());
    let Some(change) = change.filter(|change| at.duration_since(*change) < SignedDuration::from_hours(3)) else {
        return now;
    };
    let before = zone.to_datetime(change - SignedDuration::from_nanos(1)) + 1.nanosecond();
    now.max(before)
}

/// When a length is over.
fn quickly(rules: &Rules, start: Timestamp, within: Length, pauses: &[Spell<Timestamp>]) -> Timestamp {
    let zone = &rules.zone;
    let amount = i64::from(within.amount);
    match within.unit {
        Unit::Minutes | Unit::Hours => {
            let mut left = SignedDuration::from_mins(if within.unit == Unit::Minutes { amount } else { amount * 60 });
            for (from, to) in without((start, Timestamp::MAX), pauses) {
                if left <= to.duration_since(from) {
                    return from + left;
                }
                left -= to.duration_since(from);
            }
            unreachable!("the last stretch has no end")
        }
        Unit::WorkingHours => {
            let mut left = SignedDuration::from_hours(amount);
            let mut day = zone.to_datetime(start).date();
            loop {
                if rules.works(day) {
                    let hours =
                        (instant(zone, day.at(rules.opens, 0, 0, 0)), instant(zone, day.at(rules.closes, 0, 0, 0)));
                    for (from, to) in without((hours.0.max(start), hours.1), pauses) {
                        if left <= to.duration_since(from) {
                            return from + left;
                        }
                        left -= to.duration_since(from);
                    }
                }
                day = day.tomorrow().unwrap();
            }
        }
        _ => {
            let counts = |day| within.unit != Unit::WorkingDays || rules.works(day);
            let days = if within.unit == Unit::Weeks { amount * 7 } else { amount };
            let mut left = days * 24 * 60;
            let stands = |(from, to): &Spell<Timestamp>| (come(zone, (*from).max(start)), come(zone, *to));
            let holds: Vec<_> = pauses.iter().map(stands).filter(|(from, to)| from < to).collect();
            let mut local = zone.to_datetime(start);
            loop {
                let midnight = local.date().tomorrow().unwrap().at(0, 0, 0, 0);
                if counts(local.date()) {
                    for (from, to) in without((local, midnight), &holds) {
                        if left < minutes(from, to) {
                            return instant(zone, from + left.minutes());
                        }
                        left -= minutes(from, to);
                        // Over at the end of a stretch: at once, or with the next date that counts.
                        if left == 0 && to < midnight {
                            return instant(zone, to);
                        }
                        if left == 0 {
                            let mut day = midnight.date();
                            while !counts(day) {
                                day = day.tomorrow().unwrap();
                            }
                            return instant(zone, day.at(0, 0, 0, 0));
                        }
                    }
                }
                local = midnight;
            }
        }
    }
}

/// A start, a length, and pauses after each other: the time before each, and how long it is.
fn any_deadline() -> impl Strategy<Value = (Timestamp, Length, Vec<Spell<Timestamp>>)> {
    let pauses = prop::collection::vec((1i64..4_000, 1i64..6_000), 0..4);
    (any_minute(), any_length(), pauses).prop_map(|(start, within, pauses)| {
        let mut from = start;
        let spells = pauses.into_iter().map(|(lead, length)| {
            let begin = from + SignedDuration::from_mins(lead);
            from = begin + SignedDuration::from_mins(length);
            (begin, from)
        });
        (start, within, spells.collect())
    })
}

/// Deadlines of one calendar.
const EACH: usize = 100;

fn agree(rules: &Rules, deadlines: &[(Timestamp, Length, Vec<Spell<Timestamp>>)]) -> Result<(), TestCaseError> {
    let calendar = rules.calendar();
    for (start, within, pauses) in deadlines {
        let (due, again) = (calendar.due(*start, *within, pauses), quickly(rules, *start, *within, pauses));
        prop_assert_eq!(due, again, "{} from {} in {:?}, paused {:?}", within, start, rules, pauses);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, ..ProptestConfig::default() })]

    #[test]
    fn abuse_c2_deadlines_agree_with_a_second_implementation_the_first_25_000(
        rules in any_rules(),
        deadlines in prop::collection::vec(any_deadline(), EACH),
    ) {
        agree(&rules, &deadlines)?;
    }

    #[test]
    fn abuse_c2_deadlines_agree_with_a_second_implementation_the_second_25_000(
        rules in any_rules(),
        deadlines in prop::collection::vec(any_deadline(), EACH),
    ) {
        agree(&rules, &deadlines)?;
    }

    #[test]
    fn abuse_c2_deadlines_agree_with_a_second_implementation_the_third_25_000(
        rules in any_rules(),
        deadlines in prop::collection::vec(any_deadline(), EACH),
    ) {
        agree(&rules, &deadlines)?;
    }

    #[test]
    fn abuse_c2_deadlines_agree_with_a_second_implementation_the_last_25_000(
        rules in any_rules(),
        deadlines in prop::collection::vec(any_deadline(), EACH),
    ) {
        agree(&rules, &deadlines)?;
    }

    #[test]
    fn abuse_c2_the_second_implementation_agrees_with_a_count_minute_by_minute(
        rules in any_rules(),
        (start, within, pauses) in any_deadline(),
    ) {
        let once = quickly(&rules, start, within, &pauses);
        prop_assert_eq!(once, plainly(&rules, start, within, &pauses), "{} in {:?}", within, rules);
    }
}
