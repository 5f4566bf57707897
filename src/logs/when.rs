//! Moments as operators write them: how long ago, at what time of the day, or exactly.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use crate::clock::{Timestamp, span};

/// Reads a moment: `2h30m` (ago), `13:10` (the last time it was that), `2026-11-21T13:10`, RFC 3339 with `Z` or an offset,
/// or `now`. What names no zone is meant in this one.
///
/// # Errors
/// What is wrong with it.
pub fn moment(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    let text = text.trim();
    if text == "now" {
        return Ok(now);
    }
    // A time of the day also reads as a span of hours, minutes and seconds; nobody means that.
    let ago = text.strip_suffix(" ago").unwrap_or(text);
    if let Some(ago) = (!text.contains(':')).then(|| span(ago)).flatten() {
        return Ok(now.minus(ago));
    }
    let at = |moment: DateTime| zone.to_timestamp(moment).ok().map(Timestamp::from);
    let found = Timestamp::parse(text)
        .or_else(|| last_time(text, now, zone))
        .or_else(|| at(text.replacen(' ', "T", 1).parse().ok()?));
    let found = found.ok_or_else(|| {
        format!("`{text}` is no moment: write how long ago (2h30m), a time of the day (13:10), or 2026-11-21T13:10:00Z")
    })?;
    if found > now {
        return Err(format!("`{text}` lies in the future: {found}"));
    }
    Ok(found)
}

/// The last time that the clocks of this zone showed this.
fn last_time(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    // A date, too, reads as a time: that of its midnight.
    let clock = text.contains(':')
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'));
    let padded = if text.find(':') == Some(1) {
        format!("0{text}")
    } else {
        text.to_owned()
    };
    let time: Time = clock.then(|| padded.parse().ok())??;
    let today = now.to_jiff().to_zoned(zone.clone()).date();
    let days = [today, today.yesterday().ok()?];
    days.into_iter()
        .filter_map(|day| zone.to_timestamp(day.to_datetime(time)).ok())
        .map(Timestamp::from)
        .find(|moment| *moment <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21, a Saturday, 06:31:02 in UTC.
    const NOW: Timestamp = Timestamp::from_secs(1_795_242_662);

    fn utc(text: &str) -> String {
        moment(text, NOW, &TimeZone::UTC).map_or_else(|why| why, |at| at.to_string())
    }

    #[test]
    fn moments_read_as_operators_write_them() {
        assert_eq!(NOW.to_string(), "2026-11-21T06:31:02Z");
        for (text, at) in [
            ("now", "2026-11-21T06:31:02Z"),
            ("2h30m", "2026-11-21T04:01:02Z"),
            ("15m ago", "2026-11-21T06:16:02Z"),
            ("06:10", "2026-11-21T06:10:00Z"),
            ("6:10:05", "2026-11-21T06:10:05Z"),
            // Not yet today: yesterday.
            ("13:10", "2026-11-20T13:10:00Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11-20 23:59", "2026-11-20T23:59:00Z"),
            ("2026-11-20T23:59", "2026-11-20T23:59:00Z"),
            ("2026-11-21T06:00:00+01:00", "2026-11-21T05:00:00Z"),
        ] {
            assert_eq!(utc(text), at, "{text}");
        }
    }

    #[test]
    fn a_time_of_the_day_is_meant_in_the_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text| moment(text, NOW, &berlin).unwrap().to_string();
        assert_eq!(at("07:10"), "2026-11-21T06:10:00Z");
        assert_eq!(at("2026-07-01T07:10"), "2026-07-01T05:10:00Z");
        assert_eq!(at("2026-07-01T07:10Z"), "2026-07-01T07:10:00Z");
    }

    #[test]
    fn what_is_no_moment_or_not_yet_is_refused() {
        for wrong in ["", "soon", "25:10", "2027-01-01", "-5m", "13"] {
            assert!(moment(wrong, NOW, &TimeZone::UTC).is_err(), "{wrong}");
        }
    }
}
