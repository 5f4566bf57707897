//! Likeness: whether two items say the same of different things, so that many of them may stand in one row.
//!
//! | kind | alike is |
//! |---|---|
//! | alarm on a metric | the same metric, under the same names of dimensions, to the same side of its threshold |
//! | other alarm | the same [`pattern`] of the name |
//! | finding | the same product and type, control or weakness |
//! | incident | the same source and [`pattern`] of the title |
//! | window | the same phase and [`pattern`] of the name |
//! | patch | groups with groups, instances of a patch group with each other |
//! | compliance | rules with rules, and the same [`pattern`] of the name |
//! | backup | the same kind of job, status, type of resource and [`pattern`] of the message |
//!
//! What an alarm watches tells more than what it is called: `ledger-cpu-high` and `web7/CPU` are the same question, and
//! a team's names follow no rule. Names of dimensions tell the host's disk from the database's.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::alarm::{AlarmTerms, AlarmWatch};
use super::patch::PatchSubject;
use super::{Detail, Item};

/// To which side of its threshold an alarm's metric has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// There is any of it at all: above zero, where zero is all well. A queue of dead letters that is not empty is
    /// another matter than a queue that is long.
    Any,
    /// Above a level.
    High,
    /// Below a level.
    Low,
    /// Out of a band that moves.
    Odd,
}

impl Side {
    /// The side that these terms watch.
    #[must_use]
    pub fn of(terms: &AlarmTerms) -> Self {
        match (terms.comparison.as_deref(), terms.threshold) {
            (Some("GreaterThanThreshold"), Some(0.0)) => Self::Any,
            (Some("GreaterThanOrEqualToThreshold"), Some(1.0)) => Self::Any,
            (Some("GreaterThanThreshold" | "GreaterThanOrEqualToThreshold"), _) => Self::High,
            (Some("LessThanThreshold" | "LessThanOrEqualToThreshold"), _) => Self::Low,
            _ => Self::Odd,
        }
    }

    /// The word behind the metric's name; nothing where the metric alone says it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::High => "high",
            Self::Low => "low",
            Self::Odd => "out of band",
        }
    }
}

/// A number that alike items have in common, and others hardly ever: 64 bits.
#[must_use]
pub fn likeness(item: &Item) -> u64 {
    let mut hash = DefaultHasher::new();
    (item.key.kind as u8).hash(&mut hash);
    match &item.detail {
        Detail::Alarm(alarm) => match &alarm.terms.watch {
            AlarmWatch::Metric {
                namespace,
                metric: Some(metric),
                ..
            } => {
                // A namespace may be called after the one thing that it is about.
                let mut values = alarm.dimensions.iter().map(|(_, value)| value);
                let own = values.any(|value| Some(value) == namespace.as_ref());
                let namespace = namespace.as_ref().filter(|_| !own);
                (namespace, metric, Side::of(&alarm.terms)).hash(&mut hash);
                for (name, _) in &alarm.dimensions {
                    name.hash(&mut hash);
                }
            }
            _ => pattern(&item.name).hash(&mut hash),
        },
        Detail::Finding(finding) => (&finding.terms.product, &item.name).hash(&mut hash),
        Detail::Incident(incident) => (&incident.source, pattern(&item.name)).hash(&mut hash),
        Detail::Mute(_) => pattern(&item.name).hash(&mut hash),
        Detail::Record(record) => (&record.plan, pattern(&item.name)).hash(&mut hash),
        Detail::Case(case) => (&case.service, pattern(&item.name)).hash(&mut hash),
        Detail::Health(event) => (&event.code, &event.status).hash(&mut hash),
        Detail::Compliance(detail) => (detail.word(), pattern(&item.name)).hash(&mut hash),
        Detail::Window(window) => (window.phase as u8, pattern(&item.name)).hash(&mut hash),
        Detail::Patch(patch) => match &patch.subject {
            PatchSubject::Group { .. } => true.hash(&mut hash),
            PatchSubject::Instance(_) => (false, &patch.group).hash(&mut hash),
        },
        Detail::Backup(backup) => {
            let message = backup.message.as_deref().map(pattern);
            (backup.job, &backup.status, &backup.resource_type, message).hash(&mut hash);
        }
    }
    hash.finish()
}

/// A text without what tells one thing from another like it: `*` for numbers, ids and addresses.
///
/// Words of at most three letters and digits stay, because they are words of the trade (`p99`, `5xx`, `s3`).
#[must_use]
pub fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if !first.is_alphanumeric() {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let end = uuid(rest).unwrap_or_else(|| {
            rest.find(|c: char| !c.is_alphanumeric())
                .unwrap_or(rest.len())
        });
        word(&rest[..end], &mut out);
        rest = &rest[end..];
    }
    out
}

/// Where a UUID ends that the text begins with.
fn uuid(text: &str) -> Option<usize> {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    const LENGTH: usize = 36;
    let bytes = text.as_bytes().get(..LENGTH)?;
    let is_one = bytes.iter().enumerate().all(|(at, byte)| {
        if DASHES.contains(&at) {
            *byte == b'-'
        } else {
            byte.is_ascii_hexdigit()
        }
    });
    let ends = text
        .as_bytes()
        .get(LENGTH)
        .is_none_or(|next| !next.is_ascii_alphanumeric());
    (is_one && ends).then_some(LENGTH)
}

/// Writes a word down, or what is left of it.
fn word(word: &str, out: &mut String) {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().count() - digits;
    if digits == 0 || (letters > 0 && letters + digits <= 3) {
        out.push_str(word);
    } else if word.contains('-') || word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        out.push('*');
    } else {
        let mut starred = false;
        for c in word.chars() {
            if !c.is_ascii_digit() {
                out.push(c);
            } else if !starred {
                out.push('*');
            }
            starred = c.is_ascii_digit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_keeps_words_and_drops_what_tells_one_from_another() {
        for (text, expected) in [
            ("web-07-disk", "web-*-disk"),
            ("web07/disk", "web*/disk"),
            ("api-5xx p99 of s3", "api-5xx p99 of s3"),
            ("host i-0f3a9ac1 is down", "host i-* is down"),
            (
                "queue 0f8e7b1c-aaaa-bbbb-cccc-0123456789ab lags",
                "queue * lags",
            ),
            ("account 111111111111: no", "account *: no"),
            ("10.0.12.7", "*.*.*.*"),
            ("Größe 12 € über", "Größe * € über"),
            ("", ""),
        ] {
            assert_eq!(pattern(text), expected, "{text}");
        }
    }

    #[test]
    fn a_pattern_of_a_pattern_is_the_same() {
        for text in ["web-07-disk", "deadbeef1", "a1b2 c3", "*"] {
            assert_eq!(pattern(&pattern(text)), pattern(text));
        }
    }
}
