//! The team's shifts, as the configuration says them.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use crate::domain::problem::Problem;
use crate::lifecycle::{Shift, Shifts};

use super::form::Datum;
use super::read::{Contents, Record};
use super::schema::Weight;
use super::settings::Settings;

/// The days of the week, as they are written.
pub const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// The days that a text means: one, or from one to another (`fri-mon` goes over the weekend).
#[must_use]
pub fn days(text: &str) -> Option<Vec<Weekday>> {
    let place = |word: &str| DAYS.iter().position(|(known, _)| *known == word);
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (place(first)?, place(last)?);
    let count = (last + DAYS.len() - first) % DAYS.len() + 1;
    let days = DAYS.iter().cycle().skip(first).take(count);
    Some(days.map(|(_, day)| *day).collect())
}

/// The time of the clock that a text means.
#[must_use]
pub fn clock(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text).ok()
}

/// On whose clock the team lives; none where the machine's zone cannot be told and nobody named one.
pub(super) fn zone(settings: &Settings) -> Option<TimeZone> {
    match settings.given("shifts.zone") {
        Some(name) => TimeZone::get(&name).ok(),
        None => TimeZone::try_system().ok(),
    }
}

/// The shifts. None at all where anything about them is wrong: an acknowledgement must not end with a shift that nobody
/// meant.
pub(super) fn shifts(
    settings: &Settings,
    contents: &Contents,
    problems: &mut Vec<(Weight, Problem)>,
) -> Shifts {
    let records = contents
        .lists
        .get("shifts.shift")
        .map_or(&[][..], Vec::as_slice);
    if ["shifts", "shifts.shift"]
        .iter()
        .any(|section| contents.faulty.contains(section))
    {
        return Shifts::default();
    }
    let Some(zone) = zone(settings) else {
        if let Some(first) = records.first() {
            let message = "the time zone of this machine cannot be told, so there are no shifts; name one in [shifts] zone";
            problems.push((Weight::Comfort, Problem::new(first.place.clone(), message)));
        }
        return Shifts::default();
    };
    for (at, record) in records.iter().enumerate() {
        let same = records[..at].iter().any(|other| overlaps(record, other));
        if same {
            let message =
                "another shift begins at the same time on the same day, so there are no shifts";
            problems.push((Weight::Comfort, Problem::new(record.place.clone(), message)));
            return Shifts::default();
        }
    }
    Shifts::new(zone, records.iter().filter_map(shift).collect())
}

fn overlaps(one: &Record, other: &Record) -> bool {
    let (Some(one), Some(other)) = (shift(one), shift(other)) else {
        return false;
    };
    one.start == other.start
        && (one.days.is_empty()
            || other.days.is_empty()
            || one.days.iter().any(|day| other.days.contains(day)))
}

fn shift(record: &Record) -> Option<Shift> {
    let text = |key: &str| match &record.values.get(key)?.datum {
        Datum::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let days = match record.values.get("days").map(|given| &given.datum) {
        Some(Datum::List(words)) => words
            .iter()
            .filter_map(|word| days(word))
            .flatten()
            .collect(),
        _ => Vec::new(),
    };
    Some(Shift {
        name: text("name")?.into(),
        start: clock(text("start")?)?,
        end: text("end").and_then(clock),
        days,
    })
}
