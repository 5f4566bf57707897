//! Spans of time in filters: `45s`, `30m`, `1h30m`, `3d`, `2w`.

use std::fmt;
use std::time::Duration;

/// Units from large to small, in seconds.
const UNITS: [(char, u64); 5] = [
    ('w', 604_800),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];

/// Reads numbers with units, largest first; whole seconds only.
pub(super) fn read(text: &str) -> Option<Duration> {
    let mut secs: u64 = 0;
    let mut rest = text;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        let letter = rest.get(digits..)?.chars().next()?.to_ascii_lowercase();
        let (_, size) = units.find(|(unit, _)| *unit == letter)?;
        secs = secs.checked_add(number.checked_mul(*size)?)?;
        rest = &rest[digits + 1..];
    }
    // A thousand years: far beyond any item, and far from the end of arithmetic.
    (!text.is_empty() && secs <= 31_557_600_000).then(|| Duration::from_secs(secs))
}

/// Writes the form that reads back.
pub(super) fn write(f: &mut fmt::Formatter<'_>, span: Duration) -> fmt::Result {
    let mut secs = span.as_secs();
    if secs == 0 {
        return f.write_str("0s");
    }
    for (unit, size) in UNITS {
        if secs >= size {
            write!(f, "{}{unit}", secs / size)?;
            secs %= size;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, secs) in [
            ("45s", 45),
            ("30m", 1_800),
            ("1h30m", 5_400),
            ("2W", 1_209_600),
            ("0s", 0),
        ] {
            assert_eq!(read(text), Some(Duration::from_secs(secs)), "{text}");
        }
        for text in [
            "",
            "h",
            "1",
            "1x",
            "1m1h",
            "-1h",
            "1.5h",
            "99999999999999w",
            "1é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
