//! Levels: how grave a line says it is, read from what it says.

use super::json::{Scan, Token};

/// How grave a line says it is. Ordered: what is graver is greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// It does not say.
    #[default]
    Unknown = 0,
    /// Every step.
    Trace = 1,
    /// For developers.
    Debug = 2,
    /// What happened.
    Info = 3,
    /// Something may be wrong.
    Warn = 4,
    /// Something is wrong.
    Error = 5,
    /// Nothing works any more.
    Fatal = 6,
}

impl Level {
    /// Every level, the gravest last.
    pub const ALL: [Self; 7] = [
        Self::Unknown,
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Fatal,
    ];

    /// The level with this number; the unknown one for any other.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL
            .get(usize::from(number))
            .copied()
            .unwrap_or_default()
    }

    /// The word on the screen and in JSON, at most five letters.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// The level that a word means, whatever its case: the words of log4j, syslog, Python, .NET and OpenTelemetry.
    #[must_use]
    pub fn from_word(word: &[u8]) -> Option<Self> {
        if word.len() > 13 {
            return None;
        }
        let mut lower = [0; 13];
        let lower = &mut lower[..word.len()];
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"trace" | b"finest" | b"verbose" | b"silly" => Self::Trace,
            b"debug" | b"finer" | b"fine" | b"dbg" => Self::Debug,
            b"info" | b"information" | b"informational" | b"notice" | b"inf" | b"default" => {
                Self::Info
            }
            b"warn" | b"warning" | b"wrn" => Self::Warn,
            b"error" | b"err" | b"severe" | b"failed" => Self::Error,
            b"fatal" | b"critical" | b"crit" | b"alert" | b"emerg" | b"emergency" | b"panic" => {
                Self::Fatal
            }
            _ => return None,
        })
    }

    /// The level of a syslog severity, 0 (emergency) to 7 (debug).
    #[must_use]
    pub const fn from_syslog(severity: u8) -> Self {
        match severity {
            0..=2 => Self::Fatal,
            3 => Self::Error,
            4 => Self::Warn,
            5 | 6 => Self::Info,
            _ => Self::Debug,
        }
    }

    /// What a line says: a level in its JSON, a syslog priority, a word in its first part, or what AWS writes of failures.
    #[must_use]
    pub fn of(line: &[u8]) -> Self {
        let line = line.trim_ascii_start();
        match line.first() {
            Some(b'{') => of_json(&line[..line.len().min(JSON_HEAD)]),
            Some(b'<') => of_priority(line).unwrap_or_else(|| of_text(line)),
            Some(_) => of_text(line),
            None => Self::Unknown,
        }
    }
}

/// How much of a JSON line is read for its level; loggers write it among the first members.
const JSON_HEAD: usize = 16 * 1024;
/// How much of a plain line is read for its level: a time, a host, a process and the word.
const TEXT_HEAD: usize = 160;

/// The names under which loggers write a level.
const NAMES: &[&[u8]] = &[
    b"level",
    b"severity",
    b"lvl",
    b"loglevel",
    b"log_level",
    b"logLevel",
    b"levelname",
    b"log.level",
    b"Level",
    b"LogLevel",
    b"@level",
    b"@l",
    b"severityText",
    b"severity_text",
    b"SeverityText",
    b"PRIORITY",
];

/// A level by its name wins; without one, what AWS and languages write of failures is a hint.
fn of_json(line: &[u8]) -> Level {
    let mut scan = Scan::new(line);
    let mut hint = Level::Unknown;
    while let Some(token) = scan.next() {
        let Token::Key(name) = token else {
            continue;
        };
        match scan.next() {
            // Elastic Common Schema nests the level in `log`, Lambda what happened in `record`.
            Some(Token::Open(b'{')) if matches!(name, b"log" | b"record") => {}
            Some(Token::Open(_)) => scan.leave(),
            Some(Token::Text(value) | Token::Bare(value)) => {
                if NAMES.contains(&name) {
                    if let Some(level) = Level::from_word(value).or_else(|| of_number(name, value))
                    {
                        return level;
                    }
                } else {
                    hint = hint.max(of_member(name, value));
                }
            }
            _ => {}
        }
        if matches!(
            name,
            b"errorMessage" | b"errorType" | b"stackTrace" | b"exception"
        ) {
            hint = hint.max(Level::Error);
        }
    }
    hint
}

/// What a member says of failures: CloudTrail's refused call, a blocked web request, a Lambda run that did not succeed.
fn of_member(name: &[u8], value: &[u8]) -> Level {
    match (name, value) {
        (b"errorCode", _) | (b"action", b"BLOCK") => Level::Warn,
        (b"status", b"timeout" | b"error" | b"failure") => Level::Error,
        _ => Level::Unknown,
    }
}

/// A level written as a number: pino and bunyan count 10 to 60, syslog and journald 0 to 7.
fn of_number(name: &[u8], value: &[u8]) -> Option<Level> {
    let number: u8 = std::str::from_utf8(value).ok()?.parse().ok()?;
    match number {
        0..=7 if matches!(name, b"PRIORITY" | b"severity") => Some(Level::from_syslog(number)),
        10..20 => Some(Level::Trace),
        20..30 => Some(Level::Debug),
        30..40 => Some(Level::Info),
        40..50 => Some(Level::Warn),
        50..60 => Some(Level::Error),
        60..70 => Some(Level::Fatal),
        _ => None,
    }
}

/// `<PRI>` of syslog: facility times eight plus severity.
fn of_priority(line: &[u8]) -> Option<Level> {
    let end = line.iter().take(5).position(|b| *b == b'>')?;
    let priority: u8 = std::str::from_utf8(&line[1..end]).ok()?.parse().ok()?;
    (priority < 192).then(|| Level::from_syslog(priority % 8))
}

/// Sentences that mean a failure though no level stands in the line.
const FAILURES: &[(&[u8], Level)] = &[
    (b"Traceback (most recent call last)", Level::Error),
    (b"Exception in thread", Level::Error),
    (b"panic: ", Level::Fatal),
    (b"Task timed out after", Level::Error),
    (b"Status: timeout", Level::Error),
    (b"Status: error", Level::Error),
    (b"Process exited before completing request", Level::Error),
    (b"Runtime exited", Level::Error),
];

fn of_text(line: &[u8]) -> Level {
    // klog: a letter and the date.
    if let [letter @ (b'I' | b'W' | b'E' | b'F'), a, b, c, d, b' ', ..] = line
        && [a, b, c, d].iter().all(|digit| digit.is_ascii_digit())
    {
        return match letter {
            b'I' => Level::Info,
            b'W' => Level::Warn,
            b'E' => Level::Error,
            _ => Level::Fatal,
        };
    }
    let head = &line[..line.len().min(TEXT_HEAD)];
    let of_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let mut at = 0;
    while at < head.len() {
        if !of_word(&head[at]) {
            at += 1;
            continue;
        }
        let end = head[at..]
            .iter()
            .position(|b| !of_word(b))
            .map_or(head.len(), |n| at + n);
        let word = &head[at..end];
        if (3..=13).contains(&word.len())
            && is_said(head, at, end)
            && let Some(level) = Level::from_word(word)
        {
            return level;
        }
        at = end;
    }
    let failure = FAILURES
        .iter()
        .find(|(sentence, _)| memchr::memmem::find(head, sentence).is_some());
    let hint = failure.map_or(Level::Unknown, |(_, level)| *level);
    // A flow log's refused packet: the last but one of its fields.
    if hint == Level::Unknown && line.ends_with(b" REJECT OK") {
        Level::Warn
    } else {
        hint
    }
}

/// Whether a word stands where a level stands: in capitals, in brackets, before a colon, or after `level=`. In the middle
/// of a sentence it is only a word: "no error was found" says nothing grave.
fn is_said(head: &[u8], at: usize, end: usize) -> bool {
    let word = &head[at..end];
    if word.iter().all(|b| b.is_ascii_uppercase()) {
        return true;
    }
    let before = at.checked_sub(1).map(|i| head[i]);
    let after = head.get(end).copied();
    let after_name = || {
        let name = head[..at - 1]
            .rsplit(|b| !b.is_ascii_alphanumeric() && *b != b'_')
            .next();
        name.is_some_and(|name| matches!(name, b"level" | b"lvl" | b"severity" | b"loglevel"))
    };
    match (before, after) {
        (Some(b'[' | b'(' | b'<' | b'|'), Some(b']' | b')' | b'>' | b'|')) => true,
        (_, Some(b':')) => true,
        (Some(b'='), _) => after_name(),
        (Some(b'"'), _) => at > 1 && head[at - 2] == b'=',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_world_say_how_grave_they_are() {
        for (line, level) in [
            (r#"{"level":"error","msg":"x"}"#, Level::Error),
            (
                r#"{"time":1,"nested":{"level":"fatal"},"level":"info"}"#,
                Level::Info,
            ),
            (r#"{"level":50,"msg":"pino"}"#, Level::Error),
            (r#"{"severity":"4"}"#, Level::Warn),
            (
                r#"{"log":{"logger":"a","level":"warn"},"message":"ecs"}"#,
                Level::Warn,
            ),
            (
                r#"{"eventSource":"ec2.amazonaws.com","errorCode":"AccessDenied"}"#,
                Level::Warn,
            ),
            (r#"{"action":"BLOCK","httpRequest":{}}"#, Level::Warn),
            (
                r#"{"type":"platform.report","record":{"status":"timeout"}}"#,
                Level::Error,
            ),
            (r#"{"msg":"an error occurred","cut":"#, Level::Unknown),
            ("2026-11-21T03:00:00Z ERROR disk full", Level::Error),
            (
                "2026-11-21 03:00:00,123 - app - WARNING - slow",
                Level::Warn,
            ),
            ("[error] 12#0: upstream timed out", Level::Error),
            ("ts=1 level=debug msg=x", Level::Debug),
            ("ts=1 level=\"warn\" msg=x", Level::Warn),
            ("<11>Nov 21 03:00:00 host app: x", Level::Error),
            ("E1121 03:00:00.000000 1 main.go:1] x", Level::Error),
            ("sshd[12]: error: kex_exchange", Level::Error),
            ("2026 1f0a Task timed out after 3.00 seconds", Level::Error),
            ("Traceback (most recent call last):", Level::Error),
            ("panic: runtime error: index out of range", Level::Fatal),
            ("no error was found", Level::Unknown),
            ("GET /error?level=none 200", Level::Unknown),
            (
                "2 111111111111 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 40 1 2 REJECT OK",
                Level::Warn,
            ),
            ("", Level::Unknown),
        ] {
            assert_eq!(Level::of(line.as_bytes()), level, "{line}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_say_nothing_and_do_no_harm() {
        for line in [
            &b"\xff\xfe\0\0"[..],
            b"{\"level\":",
            b"<",
            b"<999>",
            b"{",
            b"E",
        ] {
            assert_eq!(Level::of(line), Level::Unknown);
        }
    }

    #[test]
    fn levels_are_numbers_and_back() {
        for level in Level::ALL {
            assert_eq!(Level::from_number(level as u8), level);
        }
        assert_eq!(Level::from_number(200), Level::Unknown);
    }
}
