//! Schedules in their zones, through summer and winter.

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn schedule(text: &str) -> Schedule {
    Schedule::parse(text, "", 0, at("2026-11-01T00:00:00Z")).unwrap()
}

#[test]
fn the_next_and_the_last_time_of_every_form() {
    let now = at("2026-11-21T08:30:00Z"); // a Saturday
    for (text, before, after) in [
        (
            "cron(0 2 ? * * *)",
            "2026-11-21T02:00:00Z",
            "2026-11-22T02:00:00Z",
        ),
        (
            "cron(0 2 ? * SUN *)",
            "2026-11-15T02:00:00Z",
            "2026-11-22T02:00:00Z",
        ),
        (
            "cron(30 8 ? * SAT *)",
            "2026-11-21T08:30:00Z",
            "2026-11-28T08:30:00Z",
        ),
        (
            "cron(0/15 * * * ? *)",
            "2026-11-21T08:30:00Z",
            "2026-11-21T08:45:00Z",
        ),
        (
            "cron(0 4 ? * TUE#2 *)",
            "2026-11-10T04:00:00Z",
            "2026-12-08T04:00:00Z",
        ),
        (
            "cron(0 4 ? * FRIL *)",
            "2026-10-30T04:00:00Z",
            "2026-11-27T04:00:00Z",
        ),
        (
            "cron(0 4 L * ? *)",
            "2026-10-31T04:00:00Z",
            "2026-11-30T04:00:00Z",
        ),
        ("cron(10 0 6 1,15 JAN-DEC/1 ? *)", "", ""),
        (
            "cron(10 0 6 1,15 * ? *)",
            "2026-11-15T06:00:10Z",
            "2026-12-01T06:00:10Z",
        ),
        (
            "rate(7 days)",
            "2026-11-15T00:00:00Z",
            "2026-11-22T00:00:00Z",
        ),
        (
            "rate(30 minutes)",
            "2026-11-21T08:30:00Z",
            "2026-11-21T09:00:00Z",
        ),
        ("at(2026-11-21T09:00:00)", "", "2026-11-21T09:00:00Z"),
    ] {
        let schedule = schedule(text);
        if !before.is_empty() {
            assert_eq!(schedule.before(now), Some(at(before)), "{text}");
        }
        if !after.is_empty() {
            assert_eq!(schedule.after(now), Some(at(after)), "{text}");
        }
    }
    assert_eq!(schedule("at(2026-11-21T09:00:00)").before(now), None);
}

#[test]
fn a_zone_keeps_its_local_hour_over_daylight_saving() {
    let anchor = Timestamp::ZERO;
    let daily = Schedule::parse("cron(0 2 ? * * *)", "Europe/Berlin", 0, anchor).unwrap();
    if daily.zone == TimeZone::UTC {
        return; // This machine has no time zones.
    }
    let due = daily.after(at("2026-12-01T00:00:00Z")).unwrap();
    assert_eq!(due, at("2026-12-01T01:00:00Z"));
    assert_eq!(daily.written(due), "2026-12-01T02:00+01:00");
    let due = daily.after(at("2026-07-01T00:00:00Z").minus(Duration::from_secs(1)));
    assert_eq!(due, Some(at("2026-07-01T00:00:00Z")));
}

#[test]
fn an_offset_counts_days_after_the_match() {
    let text = "cron(0 4 ? * TUE#2 *)";
    let late = Schedule::parse(text, "", 3, Timestamp::ZERO).unwrap();
    assert_eq!(
        late.after(at("2026-11-11T00:00:00Z")),
        Some(at("2026-11-13T04:00:00Z"))
    );
}

#[test]
fn a_range_has_its_beginning_and_not_its_end() {
    let all = schedule("cron(0 * ? * * *)")
        .between(at("2026-11-21T08:00:00Z"), at("2026-11-21T10:00:00Z"));
    assert_eq!(
        all,
        [at("2026-11-21T08:00:00Z"), at("2026-11-21T09:00:00Z")]
    );
    let all =
        schedule("rate(1 hour)").between(at("2026-11-21T08:00:00Z"), at("2026-11-21T10:00:00Z"));
    assert_eq!(all.len(), 2);
}

#[test]
fn nonsense_is_refused() {
    for text in [
        "",
        "cron()",
        "cron(0 25 ? * * *)",
        "cron(0 2 ? *)",
        "rate(0 days)",
        "rate(5 weeks)",
        "every day",
        "at(noon)",
        "cron(0 2 ? * TUE#9 *)",
    ] {
        assert!(
            Schedule::parse(text, "", 0, Timestamp::ZERO).is_none(),
            "{text}"
        );
    }
}

#[test]
fn times_are_written_without_idle_seconds() {
    let utc = schedule("rate(1 day)");
    assert_eq!(utc.written(at("2026-12-01T02:00:00Z")), "2026-12-01T02:00Z");
    assert_eq!(
        utc.written(at("2026-12-01T02:00:05Z")),
        "2026-12-01T02:00:05Z"
    );
}

#[test]
fn patch_day_is_the_second_tuesday() {
    assert_eq!(
        patch_day(at("2026-11-21T00:00:00Z")),
        at("2026-11-10T17:00:00Z")
    );
    assert_eq!(
        patch_day(at("2026-11-10T16:59:00Z")),
        at("2026-10-13T17:00:00Z")
    );
}

#[test]
fn a_mute_rule_has_five_fields_and_sunday_is_zero() {
    let now = at("2026-11-21T08:30:00Z"); // a Saturday
    let next = |text: &str, zone: &str| Schedule::five_fields(text, zone)?.after(now);
    assert_eq!(
        next("cron(0 2 * * *)", ""),
        Some(at("2026-11-22T02:00:00Z"))
    );
    for sunday in ["SUN", "0"] {
        let text = format!("cron(30 2 * * {sunday})");
        assert_eq!(next(&text, ""), Some(at("2026-11-22T02:30:00Z")));
    }
    assert_eq!(
        next("cron(0 18 * * MON-FRI)", "Europe/Berlin"),
        Some(at("2026-11-23T17:00:00Z"))
    );
    assert_eq!(next("at(2026-11-21T12:00)", "Asia/Tokyo"), None);
    assert_eq!(
        next("at(2026-11-22T12:00)", "Asia/Tokyo"),
        Some(at("2026-11-22T03:00:00Z"))
    );
    for wrong in [
        "cron(0 2 ? * * *)",
        "cron(0 2 * * 7)",
        "cron(0/5 * * * *)",
        "rate(1 hour)",
        "at(2026-11-22T12:00:00)",
        "at(2026-11-22)",
    ] {
        assert!(Schedule::five_fields(wrong, "").is_none(), "{wrong}");
    }
    assert!(Schedule::five_fields("cron(0 2 * * *)", "Mars/Olympus").is_none());
}
