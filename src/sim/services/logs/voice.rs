//! Voices: what is written into a stream, second by second, as a function of its name and the time.
//!
//! Nothing that was written is kept: whoever reads a second of a stream hears its voices say it again, word for word.

use serde::Deserialize;

use super::words;
use crate::clock::Timestamp;
use crate::sim::chance::Chance;
use crate::sim::world::Site;

/// What is written into a log group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// JSON lines of a service.
    #[default]
    App,
    /// Lines of a service with levels and stack traces.
    Text,
    /// What Lambda and a function write of each run.
    Lambda,
    /// A database's error log.
    Database,
    /// Access logs of an API.
    Access,
    /// `/var/log/messages`.
    Syslog,
    /// `/var/log/secure`.
    Secure,
    /// `/var/log/audit/audit.log`.
    Audit,
    /// The log of the SSM agent.
    Agent,
    /// Windows events.
    Windows,
    /// VPC flow logs in their default format.
    Flow,
    /// CloudTrail.
    Trail,
    /// The web application firewall.
    Waf,
    /// Bytes that somebody wrote to harm whoever reads them.
    Hostile,
    /// Nothing but what clients put there.
    Nothing,
}

impl Sort {
    /// Lines a second that a stream of it usually gets, and further ones while its workload is in trouble.
    const fn rates(self) -> (f64, f64) {
        match self {
            Self::App => (0.5, 1.5),
            Self::Text => (0.2, 0.8),
            Self::Lambda => (0.2, 0.6),
            Self::Database => (0.02, 0.2),
            Self::Access => (0.7, 1.5),
            Self::Syslog => (0.05, 0.3),
            Self::Secure | Self::Agent | Self::Windows => (0.02, 0.0),
            Self::Audit => (0.06, 0.0),
            Self::Flow => (1.0, 0.0),
            Self::Trail => (0.15, 0.0),
            Self::Waf => (0.1, 0.0),
            Self::Hostile => (0.2, 0.0),
            Self::Nothing => (0.0, 0.0),
        }
    }

    /// How many seconds after its beginning something that it tells may still go on.
    const fn reach(self) -> i64 {
        match self {
            Self::Lambda => 6,
            _ => 0,
        }
    }
}

/// Something that is told in one or several lines: milliseconds after its beginning, and the text.
pub type Unit = Vec<(i64, String)>;

/// When a voice speaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speaks {
    /// So many units a second.
    Always(f64),
    /// So many units a second while its workload is in trouble.
    InTrouble(f64),
    /// So many units, evenly, from one second to another.
    Burst {
        /// The first second.
        from: i64,
        /// How many seconds.
        lasts: u64,
        /// How many units altogether.
        units: u64,
    },
}

/// A voice in a stream.
#[derive(Clone, Debug)]
pub struct Voice {
    /// What it writes.
    pub sort: Sort,
    /// When.
    pub speaks: Speaks,
    /// The workload, machine or interface that it writes about.
    pub resource: Box<str>,
    dice: Chance,
}

/// A line as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// When it happened, in milliseconds.
    pub at: i64,
    /// When CloudWatch Logs took it in, in milliseconds.
    pub ingested: i64,
    /// The how manieth of its voice in its second.
    pub number: u32,
    /// What was written.
    pub text: String,
}

/// Times in which something is in trouble: from one second up to another.
pub type Troubles = [(i64, i64)];

/// Of so many lines one is taken in late.
const LATE: f64 = 1.0 / 400.0;
/// How late a line is taken in at most.
pub const LATEST_MILLIS: i64 = 18_000;

impl Voice {
    /// The voices of a stream that writes this.
    pub fn usual(
        sort: Sort,
        volume: f64,
        rate: Option<f64>,
        resource: &str,
        dice: Chance,
    ) -> Vec<Self> {
        let (usual, troubled) = sort.rates();
        let usual = rate.unwrap_or(usual * volume);
        let voice = |speaks, salt| Self {
            sort,
            speaks,
            resource: resource.into(),
            dice: dice.on(salt),
        };
        let mut voices = Vec::new();
        if usual > 0.0 {
            voices.push(voice(Speaks::Always(usual), 0));
        }
        if troubled > 0.0 {
            voices.push(voice(Speaks::InTrouble(troubled * volume), 1));
        }
        voices
    }

    /// A voice that says very much for a while.
    pub fn burst(
        sort: Sort,
        resource: &str,
        from: i64,
        lasts: u64,
        units: u64,
        dice: Chance,
    ) -> Self {
        Self {
            sort,
            speaks: Speaks::Burst { from, lasts, units },
            resource: resource.into(),
            dice,
        }
    }

    /// How many units begin in this second.
    fn units(&self, second: i64, troubles: &Troubles) -> u64 {
        let by_rate = |rate: f64| {
            let whole = rate.floor();
            let more = self.dice.on(second.cast_unsigned()).happens(rate - whole);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a rate of lines is small and not negative"
            )]
            let whole = whole as u64;
            whole + u64::from(more)
        };
        match self.speaks {
            Speaks::Always(rate) => by_rate(rate),
            Speaks::InTrouble(rate) => {
                if troubles
                    .iter()
                    .any(|(from, to)| (*from..*to).contains(&second))
                {
                    by_rate(rate)
                } else {
                    0
                }
            }
            Speaks::Burst { from, lasts, units } => {
                let Ok(n) = u64::try_from(second - from) else {
                    return 0;
                };
                let until = |n: u64| units.saturating_mul(n) / lasts.max(1);
                if n < lasts {
                    until(n + 1) - until(n)
                } else {
                    0
                }
            }
        }
    }

    /// What it says in this second, in the order of time.
    pub fn says(&self, site: &Site, second: i64, troubles: &Troubles) -> Vec<Spoken> {
        let mut lines = Vec::new();
        for begun in second - self.sort.reach()..=second {
            let dice = self.dice.on(begun.cast_unsigned()).on(7);
            for unit in 0..self.units(begun, troubles) {
                let dice = dice.on(unit);
                let begins = begun * 1000 + dice.on(1).between(0, 1000);
                let in_trouble = matches!(self.speaks, Speaks::InTrouble(_));
                let told = words::unit(
                    self,
                    site,
                    Timestamp::from_millis(begins),
                    in_trouble,
                    dice.on(2),
                );
                for (number, (after, text)) in (0..).zip(told) {
                    // What reaches into the next second would be looked for there: only some sorts may.
                    let last = (begun + self.sort.reach()) * 1000 + 999;
                    let at = (begins + after).min(last);
                    if at.div_euclid(1000) == second {
                        lines.push((at, begun, unit, number, text));
                    }
                }
            }
        }
        lines.sort_by_key(|(at, begun, unit, number, _)| (*at, *begun, *unit, *number));
        (0..)
            .zip(lines)
            .map(|(number, (at, begun, unit, line, text))| {
                let dice = self.dice.on(begun.cast_unsigned()).on(unit).on(line).on(9);
                let lag = if dice.happens(LATE) {
                    dice.on(1).between(3_000, LATEST_MILLIS)
                } else {
                    dice.on(2).between(250, 1_600)
                };
                Spoken {
                    at,
                    ingested: at + lag,
                    number,
                    text,
                }
            })
            .collect()
    }
}
