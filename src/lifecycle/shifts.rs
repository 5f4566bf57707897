//! Shifts: when a team's working shifts begin and end, on the clock of its time zone.
//!
//! A pure function of the configuration and the time. A shift begins at an hour of the clock, so on the days on which
//! the clocks change a night is an hour longer or shorter; an hour that such a day leaves out is the moment after the
//! gap, and of one that it has twice the first is meant.

use std::sync::Arc;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};

use crate::clock::Timestamp;

/// How many days around the present are looked at: a shift of one weekday lasts until the same weekday comes again.
const AROUND: i64 = 8;

/// One shift as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// What it is called.
    pub name: Arc<str>,
    /// When it begins, on the clock.
    pub start: Time,
    /// When it ends; `None`: when the next shift begins. No later than the start means the next day.
    pub end: Option<Time>,
    /// On which days it begins; every day where there are none.
    pub days: Vec<Weekday>,
}

/// The shifts of a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shifts {
    zone: TimeZone,
    shifts: Vec<Shift>,
}

/// A shift on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// What the shift is called.
    pub name: Arc<str>,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends; later than its beginning.
    pub until: Timestamp,
}

impl Default for Shifts {
    /// No shifts at all.
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            shifts: Vec::new(),
        }
    }
}

impl Shifts {
    /// These shifts, on the clock of this time zone.
    #[must_use]
    pub const fn new(zone: TimeZone, shifts: Vec<Shift>) -> Self {
        Self { zone, shifts }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.shifts.is_empty()
    }

    /// The shift that is on duty at a moment; of several that overlap, the one that began last.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Option<Duty> {
        self.around(now)
            .into_iter()
            .rfind(|duty| duty.from <= now && now < duty.until)
    }

    /// The shift that began last: the one on duty, or, where nobody is, the one that was.
    #[must_use]
    pub fn begun(&self, now: Timestamp) -> Option<Duty> {
        self.around(now).into_iter().rfind(|duty| duty.from <= now)
    }

    /// The shift that begins next.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Option<Duty> {
        self.around(now).into_iter().find(|duty| duty.from > now)
    }

    /// Every shift that begins near a moment, in the order of the beginnings.
    fn around(&self, now: Timestamp) -> Vec<Duty> {
        if self.shifts.is_empty() {
            return Vec::new();
        }
        let today = now.to_jiff().to_zoned(self.zone.clone()).date();
        let mut begins: Vec<(Timestamp, Option<Timestamp>, &Shift)> = (-AROUND..=AROUND)
            .filter_map(|by| today.checked_add(Span::new().days(by)).ok())
            .flat_map(|day| self.shifts.iter().map(move |shift| (day, shift)))
            .filter(|(day, shift)| shift.days.is_empty() || shift.days.contains(&day.weekday()))
            .filter_map(|(day, shift)| {
                Some((self.moment(day, shift.start)?, self.end(day, shift), shift))
            })
            .collect();
        begins.sort_by_key(|(from, ..)| *from);
        let starts: Vec<Timestamp> = begins.iter().map(|(from, ..)| *from).collect();
        begins
            .into_iter()
            .filter_map(|(from, end, shift)| {
                let next = || starts.iter().copied().find(|start| *start > from);
                let until = end.or_else(next)?;
                (until > from).then(|| Duty {
                    name: Arc::clone(&shift.name),
                    from,
                    until,
                })
            })
            .collect()
    }

    fn end(&self, day: Date, shift: &Shift) -> Option<Timestamp> {
        let end = shift.end?;
        let day = if end > shift.start {
            day
        } else {
            day.tomorrow().ok()?
        };
        self.moment(day, end)
    }

    fn moment(&self, day: Date, clock: Time) -> Option<Timestamp> {
        let moment: Zoned = day.to_datetime(clock).to_zoned(self.zone.clone()).ok()?;
        Some(moment.timestamp().into())
    }
}

#[cfg(test)]
mod tests;
