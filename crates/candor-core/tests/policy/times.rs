//! Working hours, yearly holidays, calendar files, named calendars; and every due date counted a second time, minute by minute.

use crate::given::{Story, at, policy};
use candor_core::policy::{Calendar, CalendarRules, EmbeddedFile, Holiday, Length, Weekday, holidays, ics};
use candor_core::promises;
use expect_test::expect;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

fn length(text: &str) -> Length {
    text.parse().unwrap()
}

fn holiday(on: &str) -> Holiday {
    Holiday { on: on.into(), name: "Holiday".into() }
}

fn office(zone: &str, hours: &str) -> Calendar {
    let rules = CalendarRules { time_zone: zone.into(), hours: Some(hours.into()), ..CalendarRules::default() };
    Calendar::new(&rules, &[]).unwrap()
}

#[track_caller]
fn check(calendar: &Calendar, start: &str, within: &str, pauses: &[(&str, &str)], due: &str) {
    let pauses: Vec<_> = pauses.iter().map(|(from, to)| (at(from), at(to))).collect();
    assert_eq!(calendar.due(at(start), length(within), &pauses), at(due), "{within} from {start}");
}

#[test]
fn p8_working_hours_run_from_nine_to_five_on_working_days() {
    let nine_to_five = office("UTC", "09:00-17:00");
    check(&nine_to_five, "2026-11-20T10:00Z", "4 working hours", &[], "2026-11-20T14:00Z");
    // Friday 16:00: one hour, then Monday from 09:00.
    check(&nine_to_five, "2026-11-20T16:00Z", "4 working hours", &[], "2026-11-23T12:00Z");
    // What comes at night or on a Sunday begins to count in the morning; a whole day is due when it ends.
    check(&nine_to_five, "2026-11-22T03:00Z", "8 working hours", &[], "2026-11-23T17:00Z");
    check(&nine_to_five, "2026-11-20T17:00Z", "1 working hour", &[], "2026-11-23T10:00Z");
}

#[test]
fn working_hours_with_a_break_at_noon_and_a_pause() {
    let split = office("UTC", "09:00-12:00, 13:00-17:00");
    check(&split, "2026-11-20T11:00Z", "2 working hours", &[], "2026-11-20T14:00Z");
    let wait = [("2026-11-20T11:30Z", "2026-11-23T10:00Z")];
    check(&split, "2026-11-20T11:00Z", "2 working hours", &wait, "2026-11-23T11:30Z");
    // A wait over the night takes nothing.
    let night = [("2026-11-19T17:00Z", "2026-11-20T09:00Z")];
    check(&split, "2026-11-19T16:00Z", "3 working hours", &night, "2026-11-20T11:00Z");
    assert_eq!(split.before(at("2026-11-23T10:00Z"), length("2 working hours")), at("2026-11-20T16:00Z"));
}

#[test]
fn a_night_shift_over_the_change_of_clocks_counts_what_passes() {
    // In Oslo the clocks skip from 02:00 to 03:00 on Sunday 28 March 2027: the shift of six hours lasts five.
    let rules = CalendarRules {
        time_zone: "Europe/Oslo".into(),
        working_days: vec![Weekday::Sun],
        hours: Some("00:00-06:00".into()),
        ..CalendarRules::default()
    };
    let nights = Calendar::new(&rules, &[]).unwrap();
    check(&nights, "2027-03-27T20:00Z", "5 working hours", &[], "2027-03-28T04:00Z");
    check(&nights, "2027-03-27T20:00Z", "6 working hours", &[], "2027-04-03T23:00Z");
}

#[test]
fn yearly_holidays_follow_their_rules() {
    for (year, sunday) in [
        (1999, date(1999, 4, 4)),
        (2000, date(2000, 4, 23)),
        (2019, date(2019, 4, 21)),
        (2024, date(2024, 3, 31)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2038, date(2038, 4, 25)),
    ] {
        assert_eq!(holidays::easter(year), Some(sunday));
    }
    let on = |rule: &str, day: Date| holiday(rule).when().unwrap().is_on(day);
    assert!(on("easter -2", date(2027, 3, 26)), "Good Friday");
    assert!(on("easter monday", date(2027, 3, 29)));
    assert!(on("easter +39 days", date(2027, 5, 6)), "Ascension");
    assert!(on("4th thursday of november", date(2026, 11, 26)), "Thanksgiving");
    assert!(!on("4th thursday of november", date(2026, 11, 19)));
    assert!(on("last monday of may", date(2027, 5, 31)), "Memorial Day");
    assert!(on("1st mon in september", date(2026, 9, 7)), "Labor Day");
    assert!(!on("5th friday of february", date(2027, 2, 26)), "a month may have only four");
    for wrong in ["0th monday of may", "4th holiday of may", "4th monday of maybe", "easter egg", "easter +900"] {
        assert!(holiday(wrong).when().unwrap_err().contains("is no day"), "{wrong}");
    }
}

#[test]
fn p8_an_icalendar_file_gives_holidays_once_and_every_year() {
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\n\
                SUMMARY:Office\r\n  closed\\, all of it\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200101\r\n\
                RRULE:FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1\r\nEXDATE;VALUE=DATE:20280101\r\nSUMMARY:New Year\r\nBEGIN:VALARM\r\nTRIGGER:-PT15M\r\n\
                DESCRIPTION:soon\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20201126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\n\
                SUMMARY:Thanksgiving\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART:20261130T090000Z\r\nDTEND:20261130T100000Z\r\nSUMMARY:A meeting\r\nEND:VEVENT\r\n\
                BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261201\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let days = ics::read(text).unwrap();
    assert_eq!(days.get(&date(2026, 12, 24)).map(String::as_str), Some("Office closed, all of it"));
    assert!(
        days.contains_key(&date(2026, 12, 26)) && !days.contains_key(&date(2026, 12, 27)),
        "the end is not part of it"
    );
    assert!(days.contains_key(&date(2027, 1, 1)) && !days.contains_key(&date(2028, 1, 1)));
    assert!(days.contains_key(&date(2026, 11, 26)) && days.contains_key(&date(2027, 11, 25)));
    assert!(!days.contains_key(&date(2026, 11, 30)) && !days.contains_key(&date(2026, 12, 1)));
    let files = [EmbeddedFile { path: "office.ics".into(), text: text.into() }];
    let rules = CalendarRules { ics: vec!["office.ics".into()], ..CalendarRules::default() };
    let office = Calendar::new(&rules, &files).unwrap();
    check(&office, "2026-12-23T10:00Z", "2 working days", &[], "2026-12-29T10:00Z");
}

#[test]
fn a_calendar_file_that_cannot_be_counted_is_told_with_its_line() {
    let event = |inner: &str| format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{inner}\nEND:VEVENT\nEND:VCALENDAR\n");
    let told: Vec<String> = [
        "Dear all, we are closed.".to_owned(),
        "VERSION:2.0\n".to_owned(),
        event("DTSTART;VALUE=DATE:20261399"),
        event("SUMMARY:Nowhere in time"),
        event("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=WEEKLY"),
        event("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;BYDAY=20MO"),
        event("DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20290101"),
        event("DTSTART;VALUE=DATE:20260101\nRDATE:20260301"),
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\n".to_owned(),
        "BEGIN:VCALENDAR\nEND:VEVENT\n".to_owned(),
    ]
    .iter()
    .map(|text| ics::read(text).unwrap_err())
    .collect();
    expect![[r#"
        line 1: this is no line of an iCalendar file; it has no colon
        this is no iCalendar file; it begins with BEGIN:VCALENDAR
        line 3: `20261399` is no date; it looks like 20261225
        line 2: the event has no DTSTART
        line 2: the rule `FREQ=WEEKLY` is not read; only events of every year are
        line 2: the rule `BYDAY=20MO` is not read; only events of every year are
        line 2: the event lasts 1096 days; at most 366 are read
        line 4: RDATE is not read; write the dates as events of their own
        line 2: the event does not end
        line 2: an event ends that did not begin"#]]
    .assert_eq(&told.join("\n"));
    assert!(ics::read(&"X".repeat(ics::SIZE_LIMIT + 1)).unwrap_err().contains("larger"));
    let many = format!("BEGIN:VCALENDAR\n{}", "BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n".repeat(5_001));
    assert!(ics::read(&many).unwrap_err().contains("more than 5000 events"));
}

#[test]
fn d7_a_promise_counts_by_its_own_calendar_and_is_shorter_where_it_is_worse() {
    let policy = policy(
        "[[promises]]\nname = \"answer\"\nwhat = \"an answer\"\nkept_by = \"acknowledgement\"\nwithin = \"8 working hours\"\n\
         calendar = \"office\"\n\n[[promises]]\nname = \"fix\"\nwhat = \"a fix\"\nkept_by = \"fix\"\nwithin = \"2 weeks\"\n\
         within_by_severity = { critical = \"3 days\", high = \"1 week\" }\n\n\
         [[calendars]]\nname = \"office\"\ntime_zone = \"Europe/Oslo\"\nhours = \"09:00-17:00\"\n",
    );
    // Friday 15:00 in Oslo: two hours, then six on Monday.
    let story = Story::reported("2026-11-20T14:00Z");
    expect![[r#"
        answer 0: running due 2026-11-23T14:00:00Z
        fix 0: running due 2026-12-04T14:00:00Z
    "#]]
    .assert_eq(&story.clocks(&policy, "2026-11-20T15:00Z"));
    let rated = story.rated("2026-11-20T15:00Z", "ada", "critical");
    expect![[r#"
        answer 0: running due 2026-11-23T14:00:00Z
        fix 0: running due 2026-11-23T14:00:00Z
    "#]]
    .assert_eq(&rated.clocks(&policy, "2026-11-20T15:00Z"));
    let clocks = promises::clocks(&rated.case(), &policy, at("2026-11-20T15:00Z"));
    let why = |name: &str| clocks.iter().find(|clock| clock.promise == name).unwrap().why.join("\n");
    expect![[r#"
        Received Fri 20 Nov 2026, 15:00 CET
        8 working hours from then
        working hours are 09:00 to 17:00 in Europe/Oslo
        Sat 21 and Sun 22 Nov are no working days
        due Mon 23 Nov 2026, 15:00 CET"#]]
    .assert_eq(&why("answer"));
    assert!(why("fix").contains("3 days from then, because the severity is critical"), "{}", why("fix"));
}

/// How far the clocks of a zone have come at an instant, to the end of the furthest minute they have shown in full: when an
/// hour is repeated, the line of minutes stands still, from the first moment of the repetition on.
fn shown(zone: &TimeZone, at: Timestamp) -> DateTime {
    let mut furthest = zone.to_datetime(at);
    for minutes in 1..=180 {
        furthest = furthest.max(zone.to_datetime(at - SignedDuration::from_mins(minutes)) + 1.minute());
    }
    furthest
}

/// When a length is over, found by walking minute by minute. Knows nothing of how the calendar counts.
pub fn plainly(rules: &Rules, start: Timestamp, within: Length, pauses: &[(Timestamp, Timestamp)]) -> Timestamp {
    use candor_core::policy::Unit;
    let minute = SignedDuration::from_mins(1);
    let zone = &rules.zone;
    let amount = i64::from(within.amount);
    let paused = |at: Timestamp| pauses.iter().any(|(from, to)| *from <= at && at < *to);
    let counts: &dyn Fn(DateTime) -> bool = match within.unit {
        Unit::Minutes | Unit::Hours => &|_| true,
        Unit::WorkingHours => {
            &|local| rules.works(local.date()) && rules.opens <= local.hour() && local.hour() < rules.closes
        }
        _ => {
            // Dates: minutes of the local clock, on dates that count.
            let on = |local: DateTime| within.unit != Unit::WorkingDays || rules.works(local.date());
            let days = if within.unit == Unit::Weeks { amount * 7 } else { amount };
            let mut left = days * 24 * 60;
            let mut label = zone.to_datetime(start);
            let mut holds: Vec<_> = pauses
                .iter()
                .filter(|(from, to)| from < to)
                .map(|(from, to)| (shown(zone, (*from).max(start)), shown(zone, *to)))
                .collect();
            holds.retain(|(from, to)| from < to);
            // Walk until the time is over and the date counts.
            while left > 0 || !on(label) {
                let held = holds.iter().any(|(from, to)| *from <= label && label < *to);
                if on(label) && !held {
                    left -= 1;
                }
                label += 1.minute();
            }
            return zone.to_ambiguous_zoned(label).compatible().unwrap().timestamp();
        }
    };
    let mut left = if within.unit == Unit::Minutes { amount } else { amount * 60 };
    let mut now = start;
    loop {
        if left == 0 {
            return now;
        }
        if !paused(now) && counts(zone.to_datetime(now)) {
            left -= 1;
        }
        now += minute;
    }
}

/// A calendar, as plain as it can be.
#[derive(Debug, Clone)]
pub struct Rules {
    pub zone: TimeZone,
    name: &'static str,
    week: Vec<usize>,
    free: Vec<Date>,
    pub opens: i8,
    pub closes: i8,
}

impl Rules {
    pub fn works(&self, day: Date) -> bool {
        self.week.contains(&(day.weekday().to_monday_zero_offset() as usize)) && !self.free.contains(&day)
    }

    pub fn calendar(&self) -> Calendar {
        let days = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
        let rules = CalendarRules {
            time_zone: self.name.into(),
            working_days: self.week.iter().map(|day| days[*day]).collect(),
            hours: Some(format!("{:02}:00-{:02}:00", self.opens, self.closes)),
            holidays: self.free.iter().map(|day| holiday(&day.to_string())).collect(),
            ..CalendarRules::default()
        };
        Calendar::new(&rules, &[]).unwrap()
    }
}

/// Zones with changes by an hour, by half an hour, at midnight, by a whole day that is left out, and with none.
pub fn any_rules() -> impl Strategy<Value = Rules> {
    let zones = prop::sample::select(vec![
        "UTC",
        "Europe/Oslo",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Asia/Kathmandu",
    ]);
    let week = prop::collection::btree_set(0usize..7, 1..6);
    let free = prop::collection::vec(0i32..500, 0..12);
    (zones, week, free, 0i8..12, 13i8..24).prop_map(|(name, week, free, opens, closes)| Rules {
        zone: TimeZoneDatabase::bundled().get(name).unwrap(),
        name,
        week: week.into_iter().collect(),
        free: free.into_iter().map(|days| date(2026, 10, 1) + days.days()).collect(),
        opens,
        closes,
    })
}

pub fn any_length() -> impl Strategy<Value = Length> {
    prop_oneof![
        (1u32..200).prop_map(|n| length(&format!("{n} hours"))),
        (1u32..40).prop_map(|n| length(&format!("{n} working hours"))),
        (1u32..15).prop_map(|n| length(&format!("{n} days"))),
        (1u32..8).prop_map(|n| length(&format!("{n} working days"))),
        (1u32..3).prop_map(|n| length(&format!("{n} weeks"))),
    ]
}

/// Whole minutes around changes of the clocks in autumn 2026 and spring 2027.
pub fn any_minute() -> impl Strategy<Value = Timestamp> {
    (0i64..300_000).prop_map(|minutes| at("2026-10-01T00:00Z") + SignedDuration::from_mins(minutes))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn due_dates_agree_with_a_count_minute_by_minute(rules in any_rules(), start in any_minute(), within in any_length()) {
        prop_assert_eq!(rules.calendar().due(start, within, &[]), plainly(&rules, start, within, &[]), "{:?}", rules);
    }

    #[test]
    fn due_dates_with_pauses_agree_with_a_count_minute_by_minute(
        rules in any_rules(),
        start in any_minute(),
        within in any_length(),
        pauses in prop::collection::vec((1i64..4_000, 1i64..6_000), 0..4),
    ) {
        let mut spells = Vec::new();
        let mut from = start;
        for (lead, length) in pauses {
            from += SignedDuration::from_mins(lead);
            let to = from + SignedDuration::from_mins(length);
            spells.push((from, to));
            from = to;
        }
        let calendar = rules.calendar();
        let due = calendar.due(start, within, &spells);
        prop_assert_eq!(due, plainly(&rules, start, within, &spells), "{:?}", rules);
        prop_assert!(!spells.iter().any(|(from, to)| *from < due && due < *to) || within.unit != length("1 hour").unit);
    }

    #[test]
    fn pausing_and_resuming_neither_loses_nor_gains_time(
        rules in any_rules(),
        start in any_minute(),
        within in any_length(),
        lead in 1i64..10_000,
        cuts in prop::collection::vec(1i64..3_000, 1..5),
    ) {
        let calendar = rules.calendar();
        let from = start + SignedDuration::from_mins(lead);
        let mut parts = Vec::new();
        let mut to = from;
        for cut in cuts {
            let next = to + SignedDuration::from_mins(cut);
            parts.push((to, next));
            to = next;
        }
        // Many pauses that follow each other at once are one.
        prop_assert_eq!(calendar.due(start, within, &parts), calendar.due(start, within, &[(from, to)]));
        // A pause of no length is none.
        prop_assert_eq!(calendar.due(start, within, &[(from, from)]), calendar.due(start, within, &[]));
        // Time never runs backwards: a longer pause never makes the date earlier.
        let shorter = calendar.due(start, within, &parts[..1]);
        prop_assert!(calendar.due(start, within, &parts) >= shorter);
        prop_assert!(shorter >= calendar.due(start, within, &[]));
    }
}
