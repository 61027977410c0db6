//! Due dates worked out by hand.

use crate::given::at;
use candor_core::policy::{Calendar, CalendarRules, Holiday, Length, Weekday};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn calendar(zone: &str, holidays: &[&str]) -> Calendar {
    let holidays = holidays.iter().map(|on| Holiday { on: (*on).into(), name: "Holiday".into() }).collect();
    Calendar::new(&CalendarRules { time_zone: zone.into(), holidays, ..CalendarRules::default() }, &[]).unwrap()
}

fn length(text: &str) -> Length {
    text.parse().unwrap()
}

#[track_caller]
fn check(calendar: &Calendar, start: &str, within: &str, pauses: &[(&str, &str)], due: &str) {
    let pauses: Vec<_> = pauses.iter().map(|(from, to)| (at(from), at(to))).collect();
    assert_eq!(calendar.due(at(start), length(within), &pauses), at(due), "{within} from {start}");
}

#[test]
fn hours_are_elapsed_time_over_a_week_end() {
    let utc = calendar("UTC", &[]);
    check(&utc, "2026-11-20T16:00Z", "48 hours", &[], "2026-11-22T16:00Z");
    check(&utc, "2026-11-20T16:00Z", "72 hours", &[], "2026-11-23T16:00Z");
    check(&utc, "2026-11-20T16:00Z", "90 minutes", &[], "2026-11-20T17:30Z");
}

#[test]
fn p8_three_working_days_jump_over_a_week_end() {
    // Friday, then Monday, Tuesday, Wednesday.
    check(&calendar("UTC", &[]), "2026-11-20T16:00Z", "3 working days", &[], "2026-11-25T16:00Z");
}

#[test]
fn a_start_on_a_free_day_counts_from_the_next_working_day() {
    // Saturday counts as Monday 00:00; then Tuesday, Wednesday, Thursday.
    check(&calendar("UTC", &[]), "2026-11-21T10:00Z", "3 working days", &[], "2026-11-26T00:00Z");
    check(&calendar("UTC", &[]), "2026-11-22T23:59Z", "1 working day", &[], "2026-11-24T00:00Z");
}

#[test]
fn p8_three_working_days_jump_over_holidays() {
    // Wednesday 23 December 15:00 in Oslo; 24 and 25 are holidays, 26 and 27 the week-end; then Monday and Tuesday.
    let oslo = calendar("Europe/Oslo", &["12-24", "12-25", "12-26", "01-01"]);
    check(&oslo, "2026-12-23T14:00Z", "2 working days", &[], "2026-12-29T14:00Z");
    // New Year's Day 2027 is a Friday: Thursday, then Monday.
    check(&oslo, "2026-12-31T09:00Z", "1 working day", &[], "2027-01-04T09:00Z");
}

#[test]
fn days_keep_the_time_of_day_when_the_clocks_change_and_hours_do_not() {
    // Clocks go forward on Sunday 28 March 2027. Friday 10:00 in Oslo is 09:00 UTC, Monday 10:00 is 08:00 UTC.
    let oslo = calendar("Europe/Oslo", &[]);
    check(&oslo, "2027-03-26T09:00Z", "3 days", &[], "2027-03-29T08:00Z");
    check(&oslo, "2027-03-26T09:00Z", "1 working day", &[], "2027-03-29T08:00Z");
    check(&oslo, "2027-03-26T09:00Z", "72 hours", &[], "2027-03-29T09:00Z");
    // And back on Sunday 25 October 2026.
    check(&oslo, "2026-10-23T08:00Z", "1 week", &[], "2026-10-30T09:00Z");
}

#[test]
fn a_time_of_day_that_does_not_exist_moves_on_by_the_hour_that_is_skipped() {
    // 02:30 on 28 March 2027 is not shown by any clock in Oslo; 03:30 summer time is 01:30 UTC.
    check(&calendar("Europe/Oslo", &[]), "2027-03-27T01:30Z", "1 day", &[], "2027-03-28T01:30Z");
}

#[test]
fn a_time_of_day_that_comes_twice_is_due_the_first_time() {
    // 02:30 on 25 October 2026 comes at 00:30 and at 01:30 UTC.
    check(&calendar("Europe/Oslo", &[]), "2026-10-24T00:30Z", "1 day", &[], "2026-10-25T00:30Z");
}

#[test]
fn i4_a_pause_moves_hours_by_its_length() {
    let utc = calendar("UTC", &[]);
    let wait = [("2026-11-21T10:00Z", "2026-11-23T10:00Z")];
    check(&utc, "2026-11-20T16:00Z", "48 hours", &wait, "2026-11-24T16:00Z");
}

#[test]
fn i4_a_pause_takes_only_working_time() {
    let utc = calendar("UTC", &[]);
    // From Wednesday 16:00; two of three working days are over on Friday 16:00, when the wait begins.
    // It ends on Saturday, which counts as Monday 00:00; the third working day ends on Tuesday 00:00.
    let wait = [("2026-11-20T16:00Z", "2026-11-21T10:00Z")];
    check(&utc, "2026-11-18T16:00Z", "3 working days", &wait, "2026-11-24T00:00Z");
    // A wait within the week-end takes nothing.
    let wait = [("2026-11-21T08:00Z", "2026-11-22T20:00Z")];
    check(&utc, "2026-11-18T16:00Z", "3 working days", &wait, "2026-11-23T16:00Z");
}

#[test]
fn a_pause_after_the_time_is_over_changes_nothing() {
    let utc = calendar("UTC", &[]);
    let wait = [("2026-11-22T16:00Z", "2026-11-25T10:00Z")];
    check(&utc, "2026-11-20T16:00Z", "48 hours", &wait, "2026-11-22T16:00Z");
    check(&utc, "2026-11-20T16:00Z", "2 days", &wait, "2026-11-22T16:00Z");
}

#[test]
fn other_weeks_than_monday_to_friday_count_too() {
    let rules = CalendarRules {
        time_zone: "Asia/Dubai".into(),
        working_days: vec![Weekday::Sun, Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu],
        ..CalendarRules::default()
    };
    // Thursday 10:00 in Dubai; the week-end is Friday and Saturday.
    check(&Calendar::new(&rules, &[]).unwrap(), "2026-11-19T06:00Z", "2 working days", &[], "2026-11-23T06:00Z");
}

#[test]
fn a_bell_rings_the_same_way_back() {
    let oslo = calendar("Europe/Oslo", &["12-25"]);
    assert_eq!(oslo.before(at("2026-11-25T16:00Z"), length("12 hours")), at("2026-11-25T04:00Z"));
    assert_eq!(oslo.before(at("2026-11-23T09:00Z"), length("1 working day")), at("2026-11-20T09:00Z"));
    assert_eq!(oslo.before(at("2026-12-28T09:00Z"), length("1 working day")), at("2026-12-24T09:00Z"));
    assert_eq!(oslo.before(at("2027-03-29T08:00Z"), length("3 days")), at("2027-03-26T09:00Z"));
}

#[test]
fn a_clock_says_why_this_date() {
    let utc = calendar("UTC", &["2026-11-24"]);
    let waited = [(at("2026-11-20T17:00Z"), at("2026-11-23T17:00Z"), "while the team waited for the reporter")];
    let (due, why) = utc.due_with_reasons("Received", at("2026-11-20T16:00Z"), length("3 working days"), &waited);
    assert_eq!(due, at("2026-11-27T16:00Z"));
    expect_test::expect![[r#"
        Received Fri 20 Nov 2026, 16:00 UTC
        3 working days from then
        Sat 21 and Sun 22 Nov are no working days
        Tue 24 Nov is a holiday (Holiday)
        paused 3 days while the team waited for the reporter
        due Fri 27 Nov 2026, 16:00 UTC"#]]
    .assert_eq(&why.join("\n"));
    let oslo = calendar("Europe/Oslo", &[]);
    let (_, why) = oslo.due_with_reasons("Received", at("2027-03-26T09:00Z"), length("3 days"), &[]);
    expect_test::expect![[r#"
        Received Fri 26 Mar 2027, 10:00 CET
        3 days from then
        the clocks change on Sun 28 Mar; the time of day stays the same
        due Mon 29 Mar 2027, 10:00 CEST"#]]
    .assert_eq(&why.join("\n"));
}

#[test]
fn impossible_rules_are_named() {
    let wrong = |zone: &str, holidays: &[&str], days: Vec<Weekday>| {
        let holidays = holidays.iter().map(|on| Holiday { on: (*on).into(), name: String::new() }).collect();
        Calendar::new(
            &CalendarRules { time_zone: zone.into(), working_days: days, holidays, ..CalendarRules::default() },
            &[],
        )
        .unwrap_err()
    };
    let week = || vec![Weekday::Mon];
    assert!(wrong("Mars/Base", &[], week()).contains("`Mars/Base` is no time zone"));
    assert!(wrong("UTC", &["2026-02-30"], week()).contains("no calendar has"));
    assert!(wrong("UTC", &["02-30"], week()).contains("no calendar has"));
    assert!(wrong("UTC", &["Christmas"], week()).contains("is no day"));
    assert!(wrong("UTC", &[], Vec::new()).contains("no day of the week"));
    assert!(
        Calendar::new(
            &CalendarRules {
                holidays: vec![Holiday { on: "02-29".into(), name: String::new() }],
                ..CalendarRules::default()
            },
            &[]
        )
        .is_ok()
    );
}

fn units() -> impl Strategy<Value = Length> {
    prop_oneof![
        (1u32..400).prop_map(|n| length(&format!("{n} hours"))),
        (1u32..60).prop_map(|n| length(&format!("{n} days"))),
        (1u32..40).prop_map(|n| length(&format!("{n} working days"))),
    ]
}

/// Seconds of 2026 and 2027, which hold four changes of the clocks.
fn instants() -> impl Strategy<Value = Timestamp> {
    (1_767_225_600i64..1_830_297_600).prop_map(|s| Timestamp::from_second(s).unwrap())
}

proptest! {
    #[test]
    fn a_pause_in_two_parts_is_the_pause_in_one(start in instants(), within in units(), lead in 0i64..4_000_000, first in 0i64..900_000, second in 0i64..900_000) {
        let oslo = calendar("Europe/Oslo", &["12-25", "2027-05-17"]);
        let from = start + SignedDuration::from_secs(lead);
        let middle = from + SignedDuration::from_secs(first);
        let to = middle + SignedDuration::from_secs(second);
        prop_assert_eq!(
            oslo.due(start, within, &[(from, to)]),
            oslo.due(start, within, &[(from, middle), (middle, to)])
        );
    }

    #[test]
    fn a_pause_never_takes_time_away(start in instants(), within in units(), lead in 0i64..4_000_000, length in 0i64..900_000) {
        let oslo = calendar("Europe/Oslo", &["12-25", "2027-05-17"]);
        let from = start + SignedDuration::from_secs(lead);
        let to = from + SignedDuration::from_secs(length);
        let (plain, paused) = (oslo.due(start, within, &[]), oslo.due(start, within, &[(from, to)]));
        prop_assert!(paused >= plain);
        if from >= plain {
            prop_assert_eq!(paused, plain);
        } else {
            prop_assert!(paused >= to.min(plain), "the rest runs on from the end of the pause");
        }
    }

    #[test]
    fn hours_are_moved_by_exactly_the_pause(start in instants(), hours in 1u32..400, lead in 0i64..1_000_000, length_s in 0i64..900_000) {
        let utc = calendar("UTC", &[]);
        let within = length(&format!("{hours} hours"));
        let from = start + SignedDuration::from_secs(lead);
        let to = from + SignedDuration::from_secs(length_s);
        let (plain, paused) = (utc.due(start, within, &[]), utc.due(start, within, &[(from, to)]));
        let moved = if from < plain { to.duration_since(from) } else { SignedDuration::ZERO };
        prop_assert_eq!(paused.duration_since(plain), moved);
    }

    #[test]
    fn a_due_date_falls_on_a_working_day(start in instants(), days in 1u32..60) {
        let oslo = calendar("Europe/Oslo", &["12-25", "2027-05-17"]);
        let due = oslo.due(start, length(&format!("{days} working days")), &[]);
        prop_assert!(oslo.works_on(oslo.zone().to_datetime(due).date()));
        prop_assert!(due > start);
    }

    #[test]
    fn back_from_the_due_date_is_the_start(start in instants(), days in 1u32..40) {
        let utc = calendar("UTC", &["12-25"]);
        let within = length(&format!("{days} working days"));
        let due = utc.due(start, within, &[]);
        let back = utc.before(due, within);
        prop_assert!(back >= start);
        prop_assert_eq!(utc.due(back, within, &[]), due);
    }
}
