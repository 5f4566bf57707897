//! The arithmetic of shifts as laws: around the clock somebody is on duty, whatever the clocks do.

use std::time::Duration;

use jiff::civil::time;
use proptest::prelude::*;

use super::*;

const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    // Half an hour of summer time, and one that changes at midnight.
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kolkata",
];

fn shift(name: &str, start: Time) -> Shift {
    Shift {
        name: name.into(),
        start,
        end: None,
        days: Vec::new(),
    }
}

fn three(zone: &str) -> Shifts {
    Shifts::new(
        TimeZone::get(zone).unwrap(),
        vec![
            shift("early", time(6, 0, 0, 0)),
            shift("late", time(14, 0, 0, 0)),
            shift("night", time(22, 0, 0, 0)),
        ],
    )
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn told(shifts: &Shifts, now: &str) -> String {
    shifts.at(at(now)).map_or_else(
        || "nobody".to_owned(),
        |duty| format!("{} {} {}", duty.name, duty.from, duty.until),
    )
}

#[test]
fn a_night_belongs_to_the_evening_on_which_it_began() {
    let berlin = three("Europe/Berlin");
    let night = "night 2026-11-20T21:00:00Z 2026-11-21T05:00:00Z";
    assert_eq!(told(&berlin, "2026-11-20T23:59:59Z"), night);
    assert_eq!(told(&berlin, "2026-11-21T04:59:59Z"), night);
    assert_eq!(
        told(&berlin, "2026-11-21T05:00:00Z"),
        "early 2026-11-21T05:00:00Z 2026-11-21T13:00:00Z"
    );
}

#[test]
fn a_night_in_which_the_clocks_change_is_an_hour_longer_or_shorter() {
    let berlin = three("Europe/Berlin");
    let hours = |now: &str| {
        let duty = berlin.at(at(now)).unwrap();
        duty.until.since(duty.from).as_secs() / 3_600
    };
    assert_eq!(hours("2026-03-29T01:30:00Z"), 7, "spring forward");
    assert_eq!(hours("2026-10-25T01:30:00Z"), 9, "fall back");
    assert_eq!(hours("2026-10-26T01:30:00Z"), 8);
}

#[test]
fn an_hour_that_the_day_leaves_out_is_the_moment_after_the_gap_and_one_that_it_has_twice_is_the_first()
 {
    let at_two = Shifts::new(
        TimeZone::get("Europe/Berlin").unwrap(),
        vec![shift("deep", time(2, 30, 0, 0))],
    );
    assert_eq!(
        at_two.at(at("2026-03-29T12:00:00Z")).unwrap().from,
        at("2026-03-29T01:30:00Z")
    );
    assert_eq!(
        at_two.at(at("2026-10-25T12:00:00Z")).unwrap().from,
        at("2026-10-25T00:30:00Z")
    );
}

#[test]
fn on_a_weekend_without_a_shift_nobody_is_on_duty_and_the_last_one_is_remembered() {
    let week = vec![
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
    ];
    let office = Shifts::new(
        TimeZone::get("Europe/Berlin").unwrap(),
        vec![Shift {
            end: Some(time(18, 0, 0, 0)),
            days: week,
            ..shift("day", time(9, 0, 0, 0))
        }],
    );
    assert_eq!(told(&office, "2026-11-21T10:00:00Z"), "nobody");
    let last = office.begun(at("2026-11-21T10:00:00Z")).unwrap();
    assert_eq!(last.until, at("2026-11-20T17:00:00Z"));
    assert_eq!(
        office.next(at("2026-11-21T10:00:00Z")).unwrap().from,
        at("2026-11-23T08:00:00Z")
    );
    // Without an end the weekend belongs to Friday's shift, until Monday's begins.
    let mut open = office;
    open.shifts[0].end = None;
    assert_eq!(
        told(&open, "2026-11-22T10:00:00Z"),
        "day 2026-11-20T08:00:00Z 2026-11-23T08:00:00Z"
    );
}

#[test]
fn where_two_overlap_the_one_that_began_last_has_the_word() {
    let two = Shifts::new(
        TimeZone::UTC,
        vec![
            Shift {
                end: Some(time(20, 0, 0, 0)),
                ..shift("day", time(8, 0, 0, 0))
            },
            Shift {
                end: Some(time(2, 0, 0, 0)),
                ..shift("late", time(18, 0, 0, 0))
            },
        ],
    );
    assert!(told(&two, "2026-11-21T19:00:00Z").starts_with("late"));
    assert!(told(&two, "2026-11-22T01:59:00Z").starts_with("late"));
    assert_eq!(told(&two, "2026-11-22T02:00:00Z"), "nobody");
}

#[test]
fn without_shifts_nobody_is_on_duty() {
    assert_eq!(Shifts::default().at(at("2026-11-21T10:00:00Z")), None);
    assert_eq!(Shifts::default().begun(at("2026-11-21T10:00:00Z")), None);
}

proptest! {
    #[test]
    fn around_the_clock_one_shift_follows_the_other(
        zone in prop::sample::select(ZONES),
        starts in prop::collection::btree_set(0i8..24, 1..5),
        // Three years by the minute, changes of the clocks included.
        minute in 0i64..3 * 366 * 24 * 60,
    ) {
        let shifts: Vec<Shift> = starts.iter().map(|hour| shift(&hour.to_string(), time(*hour, 0, 0, 0))).collect();
        let shifts = Shifts::new(TimeZone::get(zone).unwrap(), shifts);
        let now = at("2026-01-01T00:00:00Z").plus(Duration::from_secs(60 * minute.unsigned_abs()));
        let duty = shifts.at(now).unwrap();
        prop_assert!(duty.from <= now && now < duty.until);
        prop_assert_eq!(shifts.begun(now), Some(duty.clone()));
        // The whole of a shift is that shift, and where it ends the next one begins.
        prop_assert_eq!(shifts.at(duty.from), Some(duty.clone()));
        let last = duty.until.minus(Duration::from_millis(1));
        prop_assert_eq!(shifts.at(last), Some(duty.clone()));
        prop_assert_eq!(shifts.at(duty.until).unwrap().from, duty.until);
        prop_assert_eq!(shifts.next(now).unwrap().from, duty.until);
        // The clock says the hour that was written, but where the clocks leave it out.
        let clock = duty.from.to_jiff().to_zoned(TimeZone::get(zone).unwrap());
        let said: i8 = duty.name.parse().unwrap();
        prop_assert!(clock.hour() == said || clock.hour() == said + 1, "{} began at {clock}", duty.name);
        prop_assert!(duty.until.since(duty.from) <= Duration::from_secs(26 * 3_600));
    }
}
