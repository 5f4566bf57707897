//! The times of a mute rule: `cron(…)` with five fields or `at(…)`, in a time zone, for a duration each.
//!
//! The five fields are those of crontab: minutes, hours, day of the month, month, day of the week, Sunday being 0. What
//! cannot be read for sure is not guessed at.

use std::sync::Arc;
use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo};

use crate::clock::Timestamp;
use crate::domain::mute::MuteSpan;

/// How many times are told: the present one and what comes next. They have to last until the feed answers again.
const SPANS: usize = 8;
/// The most times of a schedule that are looked at: more than a day of one that comes every minute.
const LOOKS: usize = 1_500;

/// When a rule begins to mute.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// Again and again.
    Cron(Arc<Cron>, TimeZone),
    /// Once.
    Once(Timestamp),
}

impl Schedule {
    /// Reads an expression; `None` where it or the zone cannot be read for sure.
    pub fn parse(expression: &str, zone: Option<&str>) -> Option<Self> {
        let zone = match zone.map(str::trim) {
            None | Some("") => TimeZone::UTC,
            Some(name) => TimeZone::get(name).ok()?,
        };
        let (word, rest) = expression.trim().split_once('(')?;
        let inner = rest.strip_suffix(')')?.trim();
        match word {
            "cron" if inner.split_whitespace().count() == 5 => {
                let cron = CronParser::builder()
                    .seconds(Seconds::Disallowed)
                    .year(Year::Disallowed)
                    .build()
                    .parse(inner)
                    .ok()?;
                Some(Self::Cron(Arc::new(cron), zone))
            }
            "at" => {
                let wall: DateTime = inner.parse().ok()?;
                let at = wall.to_zoned(zone).ok()?;
                Some(Self::Once(at.timestamp().into()))
            }
            _ => None,
        }
    }

    /// The first time after a moment.
    fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Once(at) => (*at > moment).then_some(*at),
            Self::Cron(cron, zone) => {
                let from = moment.to_jiff().to_zoned(zone.clone());
                let at = cron.find_next_occurrence(&from, false).ok()?;
                Some(at.timestamp().into())
            }
        }
    }
}

/// Reads a duration of ISO 8601, such as `PT4H` or `P2DT12H`; a day has 24 hours. `None` for anything else.
pub fn lasting(text: &str) -> Option<Duration> {
    let span: Span = text.trim().parse().ok()?;
    let lasting = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(lasting).ok().filter(|d| !d.is_zero())
}

/// The time in which it mutes now, if it does, and the next ones, in order. Times that touch are one.
///
/// `bounds` are the rule's start and its expiry: outside of them it does not mute.
pub fn spans(
    schedule: &Schedule,
    lasts: Duration,
    bounds: (Option<Timestamp>, Option<Timestamp>),
    now: Timestamp,
) -> Vec<MuteSpan> {
    let (starts, expires) = bounds;
    let mut spans: Vec<MuteSpan> = Vec::new();
    // Whatever began earlier is over.
    let mut moment = now.max(starts.unwrap_or(now)).minus(lasts);
    for _ in 0..LOOKS {
        let Some(at) = schedule.after(moment) else {
            break;
        };
        moment = at;
        let from = at.max(starts.unwrap_or(at));
        let until = at
            .plus(lasts)
            .min(expires.unwrap_or(Timestamp::from_millis(i64::MAX)));
        if expires.is_some_and(|expires| expires <= at) {
            break;
        }
        if until <= from || until <= now {
            continue;
        }
        let full = spans.len() == SPANS;
        match spans.last_mut() {
            Some(last) if last.until.is_some_and(|end| from <= end) => {
                last.until = last.until.max(Some(until));
            }
            _ if full => break,
            _ => spans.push(MuteSpan {
                from,
                until: Some(until),
            }),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn told(
        expression: &str,
        zone: Option<&str>,
        lasts: &str,
        bounds: (Option<&str>, Option<&str>),
        now: &str,
    ) -> Vec<String> {
        let schedule = Schedule::parse(expression, zone).unwrap_or_else(|| panic!("{expression}"));
        let bounds = (bounds.0.map(at), bounds.1.map(at));
        spans(&schedule, lasting(lasts).unwrap(), bounds, at(now))
            .iter()
            .map(|span| format!("{}/{}", span.from, span.until.unwrap()))
            .collect()
    }

    const NOW: &str = "2026-11-21T06:00:00Z";

    #[test]
    fn a_single_time_is_meant_where_the_rule_lives() {
        for (zone, span) in [
            (None, "2026-11-21T05:30:00Z/2026-11-21T07:00:00Z"),
            (Some("UTC"), "2026-11-21T05:30:00Z/2026-11-21T07:00:00Z"),
        ] {
            let spans = told("at(2026-11-21T05:30)", zone, "PT1H30M", (None, None), NOW);
            assert_eq!(spans, [span]);
        }
        let berlin = Some("Europe/Berlin");
        let spans = told("at(2026-11-21T06:30)", berlin, "PT1H30M", (None, None), NOW);
        assert_eq!(spans, ["2026-11-21T05:30:00Z/2026-11-21T07:00:00Z"]);
        // It is over at its very end.
        assert!(told("at(2026-11-21T05:30)", None, "PT30M", (None, None), NOW).is_empty());
    }

    #[test]
    fn a_recurring_one_tells_what_holds_and_what_comes() {
        // A Saturday: the weekend's mute began on Friday evening in New York.
        let weekend = told(
            "cron(0 18 * * FRI)",
            Some("America/New_York"),
            "P2DT12H",
            (None, None),
            NOW,
        );
        assert_eq!(weekend[0], "2026-11-20T23:00:00Z/2026-11-23T11:00:00Z");
        assert_eq!(weekend[1], "2026-11-27T23:00:00Z/2026-11-30T11:00:00Z");
        assert_eq!(weekend.len(), SPANS);
        // Sunday is 0, and 7 as well.
        for expression in ["cron(0 2 * * 0)", "cron(0 2 * * 7)", "cron(0 2 * * SUN)"] {
            let sunday = told(expression, None, "PT4H", (None, None), NOW);
            assert_eq!(sunday[0], "2026-11-22T02:00:00Z/2026-11-22T06:00:00Z");
        }
    }

    #[test]
    fn times_that_touch_are_one() {
        let always = told("cron(* * * * *)", None, "PT2M", (None, None), NOW);
        assert_eq!(always.len(), 1, "{always:?}");
        assert!(always[0].starts_with("2026-11-21T05:59:00Z/"), "{always:?}");
        // The longest of the most frequent still covers the present.
        let fortnight = told("cron(* * * * *)", None, "P15D", (None, None), NOW);
        assert!(
            fortnight[0].split_once('/').unwrap().1 > "2026-11-22",
            "{fortnight:?}"
        );
    }

    #[test]
    fn start_and_expiry_cut_it_off() {
        let bounds = (Some("2026-11-21T04:00:00Z"), Some("2026-11-22T03:00:00Z"));
        let spans = told("cron(0 2 * * *)", None, "PT6H", bounds, NOW);
        assert_eq!(
            spans,
            [
                "2026-11-21T04:00:00Z/2026-11-21T08:00:00Z",
                "2026-11-22T02:00:00Z/2026-11-22T03:00:00Z"
            ]
        );
        // One that only begins to count in a year is found however often it comes.
        let later = (Some("2027-11-21T04:30:00Z"), None);
        let spans = told("cron(*/5 * * * *)", None, "PT1M", later, NOW);
        assert_eq!(spans[0], "2027-11-21T04:30:00Z/2027-11-21T04:31:00Z");
    }

    #[test]
    fn what_cannot_be_read_for_sure_is_not_guessed() {
        for (expression, zone) in [
            ("", None),
            ("cron(0 2 * * * *)", None),
            ("cron(99 2 * * *)", None),
            ("rate(1 hour)", None),
            ("at(tomorrow)", None),
            ("cron(0 2 * * *)", Some("Mars/Olympus")),
        ] {
            assert!(Schedule::parse(expression, zone).is_none(), "{expression}");
        }
        for text in ["", "4H", "PT", "-PT4H", "PT0S", "P1M"] {
            assert_eq!(lasting(text), None, "{text}");
        }
        assert_eq!(lasting("P15D"), Some(Duration::from_secs(1_296_000)));
        assert_eq!(lasting("P1W"), Some(Duration::from_secs(604_800)));
    }
}
