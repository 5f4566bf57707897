//! A schedule: when a maintenance window or a backup rule should run.
//!
//! Both services write `cron(…)` in the dialect of Quartz (`?`, `L`, `W`, `#`, 1 = Sunday; minutes first, a year
//! last) and mean it in a time zone of its own; Systems Manager also writes `rate(…)` and `at(…)`. What this module
//! cannot read for sure it does not guess at: a window that is wrongly called missed costs more trust than it saves.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};

use crate::clock::Timestamp;

/// The most runs that are looked at to find out how far apart they are.
const RUNS_MAX: usize = 400;
/// How far back they are looked at: a week, so that a weekend's pause is seen.
const WEEK: Duration = Duration::from_secs(8 * 86_400);

/// When something should run.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// At the times of a cron expression, some days later where an offset says so.
    Cron {
        /// The expression.
        cron: Arc<Cron>,
        /// Where its hours are meant.
        zone: TimeZone,
        /// Days to wait after each of its times.
        offset_days: i32,
    },
    /// Every so often, counted from a moment that AWS does not tell.
    Every(Duration),
    /// Once.
    Once(Timestamp),
}

/// A time at which something should have run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The time.
    pub at: Timestamp,
    /// How much later the same hour comes a second time, on the day on which clocks go back; else zero.
    pub again: Duration,
}

impl Schedule {
    /// Reads an expression; `None` where it or the zone cannot be read for sure.
    #[must_use]
    pub fn parse(expression: &str, zone: Option<&str>, offset_days: i32) -> Option<Self> {
        let expression = expression.trim();
        let zone = match zone.map(str::trim) {
            None | Some("") => TimeZone::UTC,
            Some(name) => TimeZone::get(name).ok()?,
        };
        match expression.strip_suffix(')').and_then(|e| e.split_once('(')) {
            // AWS Backup accepts the fields without the word.
            None => cron(expression, zone, offset_days),
            Some(("cron", fields)) => cron(fields, zone, offset_days),
            Some(("rate", every)) => rate(every).map(Self::Every),
            Some(("at", moment)) => once(moment, &zone).map(Self::Once),
            Some(_) => None,
        }
    }

    /// The last time at or before `now` at which it should have run, as far as the expression alone can tell.
    ///
    /// An hour that does not exist on the day on which clocks go ahead is passed over: nothing says whether AWS
    /// runs it late or not at all.
    #[must_use]
    pub fn last(&self, now: Timestamp) -> Option<Due> {
        match self {
            Self::Every(_) => None,
            Self::Once(at) => (*at <= now).then_some(Due {
                at: *at,
                again: Duration::ZERO,
            }),
            Self::Cron {
                cron,
                zone,
                offset_days,
            } => {
                let wait = Span::new().try_days(*offset_days).ok()?;
                let now = now.to_jiff().to_zoned(zone.clone());
                // A day more than needed, because days are not all of one length.
                let from = now
                    .checked_sub(wait)
                    .ok()?
                    .checked_add(Span::new().days(1))
                    .ok()?;
                cron.iter_before(from)
                    .take(RUNS_MAX)
                    .find_map(|run| due(cron, &run, wait, &now))
            }
        }
    }

    /// The next times after a moment at which it runs, so many at most. An hour that does not exist on the day on which
    /// clocks go ahead is passed over.
    #[must_use]
    pub fn after(&self, from: Timestamp, most: usize) -> Vec<Timestamp> {
        match self {
            Self::Every(_) => Vec::new(),
            Self::Once(at) => Some(*at).filter(|at| *at > from).into_iter().collect(),
            Self::Cron {
                cron,
                zone,
                offset_days,
            } => {
                let start = from.to_jiff().to_zoned(zone.clone());
                let wait = Span::new().try_days(*offset_days).ok();
                let Some((wait, start)) = wait.and_then(|w| Some((w, start.checked_sub(w).ok()?)))
                else {
                    return Vec::new();
                };
                let moment = |run: Zoned| -> Option<Timestamp> {
                    let wall = run.datetime();
                    if !cron.is_time_matching(&wall).ok()? {
                        return None;
                    }
                    let day = wall.checked_add(wait).ok()?;
                    let at = zone.to_ambiguous_zoned(day).earlier().ok()?;
                    Some(at.timestamp().into())
                };
                let runs = cron.iter_after(start).take(RUNS_MAX).filter_map(moment);
                runs.filter(|at| *at > from).take(most).collect()
            }
        }
    }

    /// How far apart its runs are: the longest pause between two of them in the last week or the last three runs.
    #[must_use]
    pub fn cadence(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Every(every) => Some(*every),
            Self::Once(_) => None,
            Self::Cron { cron, zone, .. } => {
                // By the calendar and not by the clock: a change of daylight time does not make a day longer.
                let now = now.to_jiff().to_zoned(zone.clone()).datetime();
                let mut later: Option<DateTime> = None;
                let mut longest = Duration::ZERO;
                for (number, run) in cron.iter_before(now).take(RUNS_MAX).enumerate() {
                    if let Some(later) = later {
                        let pause = later.duration_since(run).unsigned_abs();
                        longest = longest.max(pause);
                    }
                    if number >= 2 && now.duration_since(run).unsigned_abs() > WEEK {
                        break;
                    }
                    later = Some(run);
                }
                (!longest.is_zero()).then_some(longest)
            }
        }
    }
}

/// A run of the expression as a time at which something should have run by now.
fn due(cron: &Cron, run: &Zoned, wait: Span, now: &Zoned) -> Option<Due> {
    let zone = run.time_zone();
    let wall = run.datetime();
    // In a gap the search names the moment after it, which the expression itself does not match.
    if !cron.is_time_matching(&wall).ok()? {
        return None;
    }
    let day = wall.checked_add(wait).ok()?;
    let ambiguous = zone.to_ambiguous_zoned(day);
    let again = match ambiguous.offset() {
        jiff::tz::AmbiguousOffset::Unambiguous { .. } => Duration::ZERO,
        jiff::tz::AmbiguousOffset::Gap { .. } => return None,
        jiff::tz::AmbiguousOffset::Fold { before, after } => {
            let seconds = before.seconds().saturating_sub(after.seconds());
            Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
        }
    };
    let at = ambiguous.earlier().ok()?;
    (at <= *now).then_some(Due {
        at: at.timestamp().into(),
        again,
    })
}

fn cron(fields: &str, zone: TimeZone, offset_days: i32) -> Option<Schedule> {
    let parts: Vec<&str> = fields.split_whitespace().collect();
    let open = |index: usize| parts.get(index).is_some_and(|part| part.contains('?'));
    // Systems Manager also takes an optional field of seconds in front, with or without a year at the end. Of six
    // fields, the one that is left open (`?`) tells whether the first is minutes or seconds.
    let pattern = match parts.len() {
        6 if open(2) || open(4) => format!("0 {}", parts.join(" ")),
        6 if open(3) || open(5) => format!("{} *", parts.join(" ")),
        6 => format!("0 {}", parts.join(" ")),
        7 => parts.join(" "),
        _ => return None,
    };
    Some(Schedule::Cron {
        cron: times(pattern)?,
        zone,
        offset_days,
    })
}

/// The times of a pattern. One takes five kilobytes, and thousands of plans and windows are written alike: they share
/// what was read.
fn times(pattern: String) -> Option<Arc<Cron>> {
    /// The most patterns that are shared. Beyond it a pattern is simply read on its own.
    const SHARED_MAX: usize = 1_000;
    static SHARED: LazyLock<Mutex<HashMap<String, Arc<Cron>>>> = LazyLock::new(Mutex::default);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = shared.get(&pattern) {
        return Some(Arc::clone(known));
    }
    let cron = CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Required)
        .alternative_weekdays(true)
        .sloppy_ranges(true)
        .build()
        .parse(&pattern)
        .ok()?;
    let cron = Arc::new(cron);
    if shared.len() < SHARED_MAX {
        shared.insert(pattern, Arc::clone(&cron));
    }
    Some(cron)
}

fn rate(every: &str) -> Option<Duration> {
    let (number, unit) = every.trim().split_once(char::is_whitespace)?;
    let number: u64 = number.parse().ok()?;
    let seconds = match unit.trim().trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    let every = Duration::from_secs(number.checked_mul(seconds)?);
    (!every.is_zero()).then_some(every)
}

fn once(moment: &str, zone: &TimeZone) -> Option<Timestamp> {
    // AWS's pages disagree on whether a time zone of its own applies to a single time: believed only without one.
    if *zone != TimeZone::UTC {
        return None;
    }
    let moment = moment.trim().trim_end_matches('Z');
    Timestamp::parse(&format!("{moment}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn last(expression: &str, zone: Option<&str>, offset: i32, now: &str) -> Option<String> {
        Schedule::parse(expression, zone, offset)
            .unwrap_or_else(|| panic!("{expression}"))
            .last(at(now))
            .map(|due| due.at.to_string())
    }

    #[test]
    fn every_part_of_the_dialect_is_read() {
        // 2026-11-21 is a Saturday.
        let now = "2026-11-21T12:00:00Z";
        for (expression, expected) in [
            ("cron(0 2 ? * * *)", "2026-11-21T02:00:00Z"),
            ("cron(0 16 ? * TUE *)", "2026-11-17T16:00:00Z"),
            // 1 is Sunday, 7 Saturday.
            ("cron(0 16 ? * 3 *)", "2026-11-17T16:00:00Z"),
            ("cron(0 2 ? * 7 *)", "2026-11-21T02:00:00Z"),
            ("cron(0 2 ? * THU#3 *)", "2026-11-19T02:00:00Z"),
            ("cron(0 2 ? * 5#3 *)", "2026-11-19T02:00:00Z"),
            ("cron(0 2 L * ? *)", "2026-10-31T02:00:00Z"),
            ("cron(0 2 ? * 6L *)", "2026-10-30T02:00:00Z"),
            // The 15th is a Sunday; the weekday nearest to it is Monday.
            ("cron(0 2 15W * ? *)", "2026-11-16T02:00:00Z"),
            ("cron(0/15 * * * ? *)", "2026-11-21T12:00:00Z"),
            ("cron(0 8-17/4 ? * MON-FRI *)", "2026-11-20T16:00:00Z"),
            ("cron(0 2 1 1/1 ? *)", "2026-11-01T02:00:00Z"),
            ("cron(0 2 1 1 ? 2026)", "2026-01-01T02:00:00Z"),
            // The field of seconds that Systems Manager allows in front.
            ("cron(0 30 23 ? * TUE#3 *)", "2026-11-17T23:30:00Z"),
            ("cron(0 15 10 ? * MON-FRI)", "2026-11-20T10:15:00Z"),
            // AWS Backup without the word.
            ("15 * ? * * *", "2026-11-21T11:15:00Z"),
            ("at(2026-11-20T13:15:30)", "2026-11-20T13:15:30Z"),
        ] {
            assert_eq!(
                last(expression, None, 0, now).as_deref(),
                Some(expected),
                "{expression}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_for_sure_is_not_guessed() {
        for (expression, zone) in [
            ("", None),
            ("cron()", None),
            ("cron(0 2 * *)", None),
            ("cron(99 2 ? * * *)", None),
            ("rate(7 fortnights)", None),
            ("rate(0 days)", None),
            ("every(5)", None),
            ("cron(0 2 ? * * *)", Some("Mars/Olympus")),
            ("at(2026-11-20T13:15:30)", Some("Europe/Berlin")),
        ] {
            assert!(
                Schedule::parse(expression, zone, 0).is_none(),
                "{expression}"
            );
        }
        // Where a rate is counted from is not known.
        assert_eq!(last("rate(2 hours)", None, 0, "2026-11-21T12:00:00Z"), None);
        // A single time that lies ahead has not come yet.
        assert_eq!(
            last("at(2026-12-01T00:00:00)", None, 0, "2026-11-21T12:00:00Z"),
            None
        );
    }

    #[test]
    fn hours_are_meant_where_the_schedule_lives() {
        let berlin = Some("Europe/Berlin");
        // Winter and summer: the same wall clock, another moment.
        assert_eq!(
            last("cron(0 2 ? * * *)", berlin, 0, "2026-11-21T12:00:00Z").as_deref(),
            Some("2026-11-21T01:00:00Z")
        );
        assert_eq!(
            last("cron(0 2 ? * * *)", berlin, 0, "2026-07-21T12:00:00Z").as_deref(),
            Some("2026-07-21T00:00:00Z")
        );
        // Just before it opens, yesterday's is the last.
        assert_eq!(
            last("cron(0 2 ? * * *)", berlin, 0, "2026-07-20T23:59:59Z").as_deref(),
            Some("2026-07-20T00:00:00Z")
        );
    }

    #[test]
    fn an_hour_that_does_not_exist_is_passed_over() {
        // Clocks in Berlin went from 02:00 to 03:00 on 29 March 2026.
        assert_eq!(
            last(
                "cron(30 2 ? * * *)",
                Some("Europe/Berlin"),
                0,
                "2026-03-29T12:00:00Z"
            )
            .as_deref(),
            Some("2026-03-28T01:30:00Z")
        );
        // The hour after it exists.
        assert_eq!(
            last(
                "cron(0 3 ? * * *)",
                Some("Europe/Berlin"),
                0,
                "2026-03-29T12:00:00Z"
            )
            .as_deref(),
            Some("2026-03-29T01:00:00Z")
        );
    }

    #[test]
    fn an_hour_that_comes_twice_says_so() {
        // Clocks in Berlin went from 03:00 back to 02:00 on 25 October 2026.
        let schedule = Schedule::parse("cron(30 2 ? * * *)", Some("Europe/Berlin"), 0).unwrap();
        let due = schedule.last(at("2026-10-25T12:00:00Z")).unwrap();
        assert_eq!(due.at, at("2026-10-25T00:30:00Z"));
        assert_eq!(due.again, HOUR);
        let due = schedule.last(at("2026-10-26T12:00:00Z")).unwrap();
        assert_eq!(
            (due.at, due.again),
            (at("2026-10-26T01:30:00Z"), Duration::ZERO)
        );
    }

    #[test]
    fn an_offset_waits_days_after_the_expression() {
        let patch_tuesday = "cron(30 23 ? * TUE#2 *)";
        // The second Tuesday is 10 November; two days later is the 12th.
        assert_eq!(
            last(patch_tuesday, None, 2, "2026-11-12T23:30:00Z").as_deref(),
            Some("2026-11-12T23:30:00Z")
        );
        assert_eq!(
            last(patch_tuesday, None, 2, "2026-11-12T23:29:59Z").as_deref(),
            Some("2026-10-15T23:30:00Z")
        );
        // Over a change of daylight time the wall clock stays.
        assert_eq!(
            last(
                "cron(0 23 24 10 ? *)",
                Some("Europe/Berlin"),
                2,
                "2026-10-27T12:00:00Z"
            )
            .as_deref(),
            Some("2026-10-26T22:00:00Z")
        );
    }

    #[test]
    fn the_cadence_is_the_longest_pause() {
        let now = at("2026-11-21T12:00:00Z");
        let cadence = |expression, zone| {
            Schedule::parse(expression, zone, 0)
                .and_then(|s| s.cadence(now))
                .map(|c| c.as_secs() / 3_600)
        };
        assert_eq!(cadence("cron(0 5 ? * * *)", None), Some(24));
        assert_eq!(cadence("cron(0 * ? * * *)", None), Some(1));
        // From Friday to Monday.
        assert_eq!(cadence("cron(0 5 ? * MON-FRI *)", None), Some(72));
        assert_eq!(cadence("cron(0 5 ? * SUN *)", None), Some(168));
        assert_eq!(cadence("cron(0 5 1 * ? *)", None), Some(31 * 24));
        assert_eq!(cadence("cron(0 8-18 ? * MON-FRI *)", None), Some(62));
        assert_eq!(cadence("rate(6 hours)", None), Some(6));
        assert_eq!(cadence("at(2026-11-20T13:15:30)", None), None);
        // Days around a change of daylight time count as days.
        let berlin = Schedule::parse("cron(0 5 ? * * *)", Some("Europe/Berlin"), 0).unwrap();
        assert_eq!(berlin.cadence(at("2026-10-26T12:00:00Z")), Some(24 * HOUR));
    }
}
