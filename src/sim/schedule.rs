//! When something is due: the `cron(…)`, `rate(…)` and `at(…)` expressions of AWS, in a time zone.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};

use crate::clock::Timestamp;

/// How far ahead and back an occurrence is looked for. A yearly one is found, the 29th of February on a
/// given weekday is not.
const HORIZON_DAYS: i32 = 800;

/// A schedule.
#[derive(Clone, Debug)]
pub struct Schedule {
    kind: Kind,
    zone: TimeZone,
    /// Days by which every cron occurrence is put off.
    offset: i64,
    /// From when a rate counts.
    anchor: Timestamp,
}

#[derive(Clone, Debug)]
enum Kind {
    Cron(Box<Cron>),
    Rate(Duration),
    Once(DateTime),
}

#[derive(Clone, Debug)]
struct Cron {
    seconds: Set,
    minutes: Set,
    hours: Set,
    days: Days,
    months: Set,
    weekdays: Weekdays,
    years: Option<Vec<(i16, i16)>>,
}

/// Numbers below 64.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Set(u64);

impl Set {
    fn has(self, n: i8) -> bool {
        u32::try_from(n).is_ok_and(|n| n < 64 && self.0 >> n & 1 == 1)
    }

    fn iter(self) -> impl DoubleEndedIterator<Item = i8> {
        (0..60_i8).filter(move |n| self.has(*n))
    }
}

#[derive(Clone, Copy, Debug)]
enum Days {
    Any,
    On(Set),
    Last,
}

#[derive(Clone, Copy, Debug)]
enum Weekdays {
    Any,
    On(Set),
    /// The n-th of a weekday in the month.
    Nth(i8, i8),
    Last(i8),
}

impl Schedule {
    /// Reads an expression. `zone` is an IANA name, UTC when empty or not known to this machine; `offset`
    /// puts every cron occurrence off by days; rates count from `anchor`. `None` when AWS would refuse it.
    #[must_use]
    pub fn parse(text: &str, zone: &str, offset: i64, anchor: Timestamp) -> Option<Self> {
        let (head, rest) = text.trim().split_once('(')?;
        let body = rest.strip_suffix(')')?;
        let kind = match head {
            "cron" => Kind::Cron(Box::new(Cron::parse(body)?)),
            "rate" => Kind::Rate(rate(body)?),
            "at" => Kind::Once(body.trim_end_matches('Z').parse().ok()?),
            _ => return None,
        };
        let zone = match zone {
            "" => TimeZone::UTC,
            name => TimeZone::get(name).unwrap_or(TimeZone::UTC),
        };
        Some(Self {
            kind,
            zone,
            offset,
            anchor,
        })
    }

    /// Reads an expression of a mute rule: `cron(…)` with five fields, in which Sunday is 0, or
    /// `at(yyyy-MM-ddThh:mm)`. `None` when AWS would refuse it.
    #[must_use]
    pub fn five_fields(text: &str, zone: &str) -> Option<Self> {
        let zone = match zone {
            "" => TimeZone::UTC,
            name => TimeZone::get(name).ok()?,
        };
        let (head, rest) = text.trim().split_once('(')?;
        let body = rest.strip_suffix(')')?;
        let kind = match head {
            "cron" => Kind::Cron(Box::new(Cron::crontab(body)?)),
            "at" if body.len() == "yyyy-MM-ddThh:mm".len() => {
                Kind::Once(format!("{body}:00").parse().ok()?)
            }
            _ => return None,
        };
        Some(Self {
            kind,
            zone,
            offset: 0,
            anchor: Timestamp::ZERO,
        })
    }

    /// Whether it comes only once.
    #[must_use]
    pub fn is_once(&self) -> bool {
        matches!(self.kind, Kind::Once(_))
    }

    /// The first occurrence after a moment.
    #[must_use]
    pub fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        let next = moment.plus(Duration::from_millis(1));
        match &self.kind {
            Kind::Cron(cron) => {
                let first = self.date(moment).checked_sub(1.day()).ok()?;
                walk(first, HORIZON_DAYS, 1)
                    .filter(|date| self.due(cron, *date))
                    .flat_map(|date| self.times(cron, date))
                    .find(|at| *at >= next)
            }
            Kind::Rate(every) => {
                let step = millis(*every);
                let n = (moment.as_millis() - self.anchor.as_millis()).div_euclid(step) + 1;
                Some(Timestamp::from_millis(
                    self.anchor.as_millis() + n.max(0) * step,
                ))
            }
            Kind::Once(at) => Some(self.instant(*at)?).filter(|at| *at >= next),
        }
    }

    /// The last occurrence at or before a moment.
    #[must_use]
    pub fn before(&self, moment: Timestamp) -> Option<Timestamp> {
        match &self.kind {
            Kind::Cron(cron) => {
                let first = self.date(moment).checked_add(1.day()).ok()?;
                walk(first, HORIZON_DAYS, -1)
                    .filter(|date| self.due(cron, *date))
                    .flat_map(|date| {
                        let mut times: Vec<Timestamp> = self.times(cron, date).collect();
                        times.reverse();
                        times
                    })
                    .find(|at| *at <= moment)
            }
            Kind::Rate(every) => {
                let step = millis(*every);
                let n = (moment.as_millis() - self.anchor.as_millis()).div_euclid(step);
                (n >= 0).then(|| Timestamp::from_millis(self.anchor.as_millis() + n * step))
            }
            Kind::Once(at) => self.instant(*at).filter(|at| *at <= moment),
        }
    }

    /// The occurrences from `from` up to, but not including, `to`, oldest first.
    #[must_use]
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        if from >= to {
            return Vec::new();
        }
        match &self.kind {
            Kind::Cron(cron) => {
                let (Ok(first), last) = (self.date(from).checked_sub(1.day()), self.date(to))
                else {
                    return Vec::new();
                };
                walk(first, HORIZON_DAYS, 1)
                    .take_while(|date| *date <= last)
                    .filter(|date| self.due(cron, *date))
                    .flat_map(|date| self.times(cron, date))
                    .filter(|at| *at >= from && *at < to)
                    .collect()
            }
            Kind::Rate(_) | Kind::Once(_) => {
                let mut all = Vec::new();
                let mut at = self.after(from.minus(Duration::from_millis(1)));
                while let Some(due) = at.filter(|at| *at < to) {
                    all.push(due);
                    at = self.after(due);
                }
                all
            }
        }
    }

    /// A moment as Systems Manager writes it in text: in the schedule's zone, without seconds where
    /// they are zero (`2026-12-01T02:00+01:00`, `2026-12-01T01:00Z`).
    #[must_use]
    pub fn written(&self, at: Timestamp) -> String {
        let local = at.to_jiff().to_zoned(self.zone.clone());
        let form = if local.second() == 0 {
            "%Y-%m-%dT%H:%M"
        } else {
            "%Y-%m-%dT%H:%M:%S"
        };
        let offset = if local.offset().is_zero() {
            "Z".to_owned()
        } else {
            local.strftime("%:z").to_string()
        };
        format!("{}{offset}", local.strftime(form))
    }

    fn date(&self, moment: Timestamp) -> Date {
        moment.to_jiff().to_zoned(self.zone.clone()).date()
    }

    fn due(&self, cron: &Cron, date: Date) -> bool {
        let day = if self.offset == 0 {
            Ok(date)
        } else {
            date.checked_sub(Span::new().days(self.offset))
        };
        day.is_ok_and(|day| cron.matches(day))
    }

    fn times<'a>(&'a self, cron: &'a Cron, date: Date) -> impl Iterator<Item = Timestamp> + 'a {
        cron.hours.iter().flat_map(move |hour| {
            cron.minutes.iter().flat_map(move |minute| {
                cron.seconds
                    .iter()
                    .filter_map(move |second| self.instant(date.at(hour, minute, second, 0)))
            })
        })
    }

    /// In a gap of daylight saving the time moves ahead, in a fold the first one counts.
    fn instant(&self, at: DateTime) -> Option<Timestamp> {
        let zoned = self.zone.to_ambiguous_zoned(at).compatible().ok()?;
        Some(zoned.timestamp().into())
    }
}

impl Cron {
    /// Six fields, or seven with the seconds first.
    fn parse(body: &str) -> Option<Self> {
        let mut fields: Vec<&str> = body.split_whitespace().collect();
        let seconds = if fields.len() == 7 {
            set(fields.remove(0), 0, 59, &[])?
        } else {
            Set(1)
        };
        let [minutes, hours, days, months, weekdays, years] = fields[..] else {
            return None;
        };
        const MONTHS: [&str; 13] = [
            "", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ];
        const WEEK: [&str; 8] = ["", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
        let days = match days {
            "*" | "?" => Days::Any,
            "L" => Days::Last,
            list => Days::On(set(list, 1, 31, &[])?),
        };
        let weekdays = match weekdays {
            "*" | "?" => Weekdays::Any,
            text => match (text.split_once('#'), text.strip_suffix('L')) {
                (Some((day, nth)), _) => {
                    let nth: i8 = nth.parse().ok().filter(|n| (1..=5).contains(n))?;
                    Weekdays::Nth(number(day, 1, 7, &WEEK)?, nth)
                }
                (None, Some(day)) if !day.is_empty() => Weekdays::Last(number(day, 1, 7, &WEEK)?),
                _ => Weekdays::On(set(text, 1, 7, &WEEK)?),
            },
        };
        let years = match years {
            "*" | "?" => None,
            list => Some(
                list.split(',')
                    .map(|part| {
                        let (low, high) = part.split_once('-').unwrap_or((part, part));
                        Some((low.parse().ok()?, high.parse().ok()?))
                    })
                    .collect::<Option<_>>()?,
            ),
        };
        Some(Self {
            seconds,
            minutes: set(minutes, 0, 59, &[])?,
            hours: set(hours, 0, 23, &[])?,
            days,
            months: set(months, 1, 12, &MONTHS)?,
            weekdays,
            years,
        })
    }

    /// Five fields, as crontab has them.
    fn crontab(body: &str) -> Option<Self> {
        const WEEK: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
        let fields: Vec<&str> = body.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            return None;
        };
        let legal = |c: char| c.is_ascii_alphanumeric() || "*-,".contains(c);
        if !body.chars().all(|c| legal(c) || c == ' ') {
            return None;
        }
        // Its days of the week count from 0; ours from 1.
        let weekdays = match weekdays {
            "*" => "?".to_owned(),
            text => {
                let one = |part: &str| number(part, 0, 6, &WEEK).map(|n| (n + 1).to_string());
                let part = |part: &str| match part.split_once('-') {
                    Some((low, high)) => Some(format!("{}-{}", one(low)?, one(high)?)),
                    None => one(part),
                };
                text.split(',')
                    .map(part)
                    .collect::<Option<Vec<_>>>()?
                    .join(",")
            }
        };
        Self::parse(&format!("{minutes} {hours} {days} {months} {weekdays} *"))
    }

    fn matches(&self, date: Date) -> bool {
        let last = date.days_in_month();
        // AWS counts from Sunday, which is 1.
        let weekday = date.weekday().to_sunday_one_offset();
        self.months.has(date.month())
            && self.years.as_ref().is_none_or(|all| {
                all.iter()
                    .any(|(low, high)| (*low..=*high).contains(&date.year()))
            })
            && match self.days {
                Days::Any => true,
                Days::On(days) => days.has(date.day()),
                Days::Last => date.day() == last,
            }
            && match self.weekdays {
                Weekdays::Any => true,
                Weekdays::On(days) => days.has(weekday),
                Weekdays::Nth(day, nth) => weekday == day && (date.day() - 1) / 7 + 1 == nth,
                Weekdays::Last(day) => weekday == day && date.day() + 7 > last,
            }
    }
}

/// The second Tuesday of a month, 17:00 UTC: when Microsoft publishes, and the month of a patch begins.
/// The latest one at or before `moment`.
#[must_use]
pub fn patch_day(moment: Timestamp) -> Timestamp {
    let today = moment.to_jiff().to_zoned(TimeZone::UTC).date();
    let of = |month: Date| {
        let day = month
            .first_of_month()
            .nth_weekday_of_month(2, Weekday::Tuesday);
        day.ok()
            .and_then(|day| TimeZone::UTC.to_timestamp(day.at(17, 0, 0, 0)).ok())
            .map_or(Timestamp::ZERO, Timestamp::from)
    };
    let this = of(today);
    if this <= moment {
        return this;
    }
    today.checked_sub(1.month()).map_or(Timestamp::ZERO, of)
}

fn walk(first: Date, days: i32, step: i32) -> impl Iterator<Item = Date> {
    (0..days).map_while(move |n| {
        first
            .checked_add(Span::new().days(i64::from(n * step)))
            .ok()
    })
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis())
        .unwrap_or(i64::MAX)
        .max(1)
}

fn rate(body: &str) -> Option<Duration> {
    let (count, unit) = body.trim().split_once(' ')?;
    let count: u64 = count.parse().ok().filter(|n| *n > 0)?;
    let unit = match unit {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(count * unit))
}

/// A list of numbers, names, ranges and steps: `0`, `*`, `1,15`, `MON-FRI`, `0/15`, `*/5`.
fn set(text: &str, low: i8, high: i8, names: &[&str]) -> Option<Set> {
    let mut found = 0_u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<i8>().ok().filter(|n| *n > 0)?)),
            None => (part, None),
        };
        let (from, to) = match range {
            "*" | "?" => (low, high),
            _ => match range.split_once('-') {
                Some((a, b)) => (number(a, low, high, names)?, number(b, low, high, names)?),
                None => {
                    let from = number(range, low, high, names)?;
                    (from, if step.is_some() { high } else { from })
                }
            },
        };
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        (from..=to).step_by(step).for_each(|n| found |= 1 << n);
    }
    (found != 0).then_some(Set(found))
}

fn number(text: &str, low: i8, high: i8, names: &[&str]) -> Option<i8> {
    let named = names
        .iter()
        .position(|n| !n.is_empty() && n.eq_ignore_ascii_case(text))
        .and_then(|n| i8::try_from(n).ok());
    named
        .or_else(|| text.parse().ok())
        .filter(|n| (low..=high).contains(n))
}

#[cfg(test)]
mod tests;
