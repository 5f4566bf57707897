//! An extract: lines as they stood at one moment, written out elsewhere while the log goes on.

use std::io::{self, Write};
use std::ops::RangeInclusive;

use super::ansi::strip;
use super::buffer::{Buffer, Key};
use super::ink::harmless;
use super::origin::Origins;
use super::view::View;

/// Lines of a log.
#[derive(Clone, Debug)]
pub struct Extract {
    /// The lines: a copy that shares its blocks with the log.
    pub buffer: Buffer,
    /// Which of them are shown.
    pub view: View,
    /// Where they come from.
    pub origins: Origins,
    /// Only these.
    pub range: Option<RangeInclusive<Key>>,
}

impl PartialEq for Extract {
    fn eq(&self, other: &Self) -> bool {
        let lines = |of: &Self| {
            let lines = of.view.iter(&of.buffer);
            lines
                .map(|line| (line.key, line.text.to_vec()))
                .collect::<Vec<_>>()
        };
        (&self.range, &self.origins) == (&other.range, &other.origins)
            && lines(self) == lines(other)
    }
}

impl Extract {
    /// Writes them, a line each: the moment, account, region, group and stream, and the text, made harmless. Further lines
    /// of one event are indented: nothing that was logged can pass for an event of its own.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let mut view = self.view.clone();
        // What was not looked at yet when the extract was made.
        let mut budget = usize::MAX;
        view.step(&self.buffer, None, &mut budget);
        let range = self.range.as_ref();
        for line in view.iter(&self.buffer) {
            if range.is_some_and(|range| !range.contains(&line.key)) {
                continue;
            }
            let at = line.key.at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
            write!(out, "{at} ")?;
            let origin = self.origins.get(line.origin);
            if let Some((group, stream)) = origin.filter(|_| line.mark.is_none()) {
                let (account, region) = (&group.account, group.scope.region);
                let stream = harmless(stream);
                write!(out, "{account} {region} {} {stream} ", group.name)?;
            }
            let text = String::from_utf8_lossy(line.text);
            let mut parts = text.lines();
            writeln!(out, "{}", strip(parts.next().unwrap_or_default()))?;
            for part in parts {
                writeln!(out, "    {}", strip(part))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::Timestamp;
    use crate::domain::Scope;
    use crate::logs::sieve::{Pattern, Sieve};
    use crate::logs::{Limit, OriginId};

    /// A log of one stream, and where its lines come from.
    fn log() -> (Buffer, Origins, OriginId) {
        let scope = Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let mut origins = Origins::default();
        let group = origins.group(scope, &Arc::from("web"), &Arc::from("/app"));
        let origin = origins.stream(group, "s");
        (Buffer::new(Limit::default()), origins, origin)
    }

    #[test]
    fn what_was_logged_controls_no_terminal_and_passes_for_no_other_event() {
        let (mut buffer, origins, origin) = log();
        let text = "\u{1b}[2Jone\n1970-01-01T00:00:00.000Z web forged\u{202e}";
        buffer.push(Timestamp::ZERO, origin, text.as_bytes());
        let extract = Extract {
            buffer,
            view: View::default(),
            origins,
            range: None,
        };
        let mut written = Vec::new();
        extract.write(&mut written).unwrap();
        assert_eq!(
            String::from_utf8(written).unwrap(),
            "1970-01-01T00:00:00.000Z web eu-west-1 /app s one\n    1970-01-01T00:00:00.000Z web forged\u{fffd}\n"
        );
    }

    #[test]
    fn every_line_that_is_shown_is_written_while_the_log_goes_on() {
        let (mut buffer, origins, origin) = log();
        let line = |n: i64| format!("{} {n}", if n % 3 == 0 { "ERROR" } else { "fine" });
        for n in 0..20_000 {
            buffer.push(Timestamp::from_millis(n), origin, line(n).as_bytes());
        }
        let mut sieve = Sieve::default();
        sieve.include(Pattern::text("ERROR"));
        let range = Key {
            at: Timestamp::from_millis(3),
            seq: 3,
        }..=Key {
            at: Timestamp::from_millis(18_000),
            seq: 18_000,
        };
        let extract = Extract {
            buffer: buffer.clone(),
            view: View::new(sieve, false),
            origins,
            range: Some(range),
        };
        for n in 0..20_000 {
            buffer.push(Timestamp::from_millis(n), origin, b"ERROR later");
        }
        let mut written = Vec::new();
        extract.write(&mut written).unwrap();
        let written = String::from_utf8(written).unwrap();
        let expected: String = (1..=6_000)
            .map(|n: i64| {
                let at = Timestamp::from_millis(n * 3).to_jiff();
                let at = at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
                format!("{at} web eu-west-1 /app s ERROR {}\n", n * 3)
            })
            .collect();
        assert!(written == expected, "{} bytes", written.len());
    }
}
