//! Tests: what one term asks, and how it is answered.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::alarm::AlarmWatch;
use crate::domain::mute::MuteDetail;
use crate::domain::{AccountId, Detail, Kind, Severity, SourceId};
use crate::lifecycle::{Mark, State};

use super::field::Field;
use super::grammar::Op;
use super::letters::{Letters, Told};
use super::text::{Needle, Pattern, write_text};
use super::traits::Trait;
use super::{Subject, duration};

/// What one term asks.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// The text occurs somewhere.
    Word(Needle),
    /// The mark is set.
    Mark(Mark),
    /// The severity stands in one of these relations; none means equal.
    Sev(Vec<(Option<Op>, Severity)>),
    /// The age stands in one of these relations.
    Age(Vec<(Op, Duration)>),
    /// The state is one of these.
    State(Vec<State>),
    /// The kind is one of these.
    Kind(Vec<Kind>),
    /// One of these sources knows it.
    Source(Vec<SourceId>),
    /// The account has one of these tags; a tag without value matches any value.
    Tag(Vec<(Pattern, Option<Pattern>)>),
    /// It has one of these traits.
    Is(Vec<Trait>),
    /// One of these has it.
    Owner(Vec<Holder>),
    /// What is left of its acknowledgement stands in one of these relations.
    Ends(Vec<(Op, Duration)>),
    /// The field has one of these forms. Only fields that are text.
    Text(Field, Vec<Pattern>),
}

/// Who may have an item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Holder {
    /// Nobody.
    None,
    /// Whoever asks; by name once that is known.
    Mine(Option<String>),
    /// The operator of this name.
    Named(Pattern),
}

impl Holder {
    fn has(&self, s: &Subject<'_>) -> bool {
        match (self, &s.taken) {
            (Self::None, taken) => taken.is_none(),
            (Self::Mine(Some(me)), Some(taken)) => taken.owner == me,
            (Self::Named(pattern), Some(taken)) => pattern.matches(taken.owner),
            (Self::Mine(_) | Self::Named(_), _) => false,
        }
    }
}

impl Test {
    pub(super) fn meant_by(&mut self, operator: &str) {
        if let Self::Owner(holders) = self {
            for holder in holders {
                if let Holder::Mine(me) = holder {
                    *me = Some(operator.to_owned());
                }
            }
        }
    }

    pub(super) fn matches(&self, s: &Subject<'_>, now: Timestamp) -> bool {
        match self {
            Self::Word(needle) => occurs(needle, s),
            Self::Mark(mark) => s.marks.contains(*mark),
            Self::Sev(values) => values.iter().any(|(op, severity)| {
                op.map_or(s.severity == *severity, |op| {
                    op.holds(&s.severity, severity)
                })
            }),
            Self::Age(values) => {
                let age = now.since(s.item.opened);
                // Of an unknown age nothing can be said, neither that it is old nor that it is young.
                !s.item.opened.is_unknown() && values.iter().any(|(op, span)| op.holds(&age, span))
            }
            Self::State(values) => values.contains(&s.state),
            Self::Kind(values) => values.contains(&s.item.key.kind),
            Self::Source(values) => values.iter().any(|source| s.sources.contains(*source)),
            Self::Tag(values) => s.account.is_some_and(|account| {
                account.tags.iter().any(|(key, value)| {
                    values
                        .iter()
                        .any(|(k, v)| k.matches(key) && v.as_ref().is_none_or(|v| v.matches(value)))
                })
            }),
            Self::Is(values) => values.iter().any(|t| t.holds(s.item, now)),
            Self::Owner(holders) => holders.iter().any(|holder| holder.has(s)),
            Self::Ends(values) => end(s, now).is_some_and(|until| {
                let left = until.since(now);
                values.iter().any(|(op, span)| op.holds(&left, span))
            }),
            Self::Text(field, patterns) => patterns.iter().any(|p| text_matches(*field, p, s)),
        }
    }

    /// Whether it matches, as far as the letters in the item's texts tell.
    pub(super) fn told_by(&self, letters: &Letters) -> Told {
        match self {
            Self::Word(needle) => letters.tell(needle),
            _ => Told::Maybe,
        }
    }

    /// Whether letters tell anything about it.
    pub(super) const fn is_word(&self) -> bool {
        matches!(self, Self::Word(_))
    }

    pub(super) fn next_change(&self, s: &Subject<'_>, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Age(values) => values
                .iter()
                .map(|(op, span)| {
                    let edge = s.item.opened.plus(*span);
                    match op {
                        Op::AtLeast | Op::Under => edge,
                        Op::Over | Op::AtMost => edge.plus(Duration::from_millis(1)),
                    }
                })
                .filter(|edge| *edge > now)
                .min(),
            Self::Ends(values) => {
                let until = end(s, now);
                let again = mute(s).and_then(|mute| mute.next_change(now));
                let edges = until.into_iter().flat_map(|until| {
                    values.iter().map(move |(op, span)| {
                        let edge = until.minus(*span);
                        match op {
                            Op::AtMost | Op::Over => edge,
                            Op::Under | Op::AtLeast => edge.plus(Duration::from_millis(1)),
                        }
                    })
                });
                edges.chain(again).filter(|edge| *edge > now).min()
            }
            Self::Is(values) => values
                .iter()
                .filter_map(|t| t.next_change(s.item, now))
                .min(),
            _ => None,
        }
    }

    pub(super) fn depends_on_time(&self) -> bool {
        match self {
            Self::Age(_) | Self::Ends(_) => true,
            Self::Is(values) => values
                .iter()
                .any(|t| matches!(t, Trait::Overdue | Trait::Running)),
            _ => false,
        }
    }
}

/// A mute rule's facts.
fn mute<'a>(s: &Subject<'a>) -> Option<&'a MuteDetail> {
    match &s.item.detail {
        Detail::Mute(mute) => Some(mute),
        _ => None,
    }
}

/// When its acknowledgement ends, or the mute that holds now.
fn end(s: &Subject<'_>, now: Timestamp) -> Option<Timestamp> {
    match mute(s) {
        Some(mute) => mute.current(now)?.until,
        None => s.taken.map(|taken| taken.until),
    }
}

/// What an operator sees of the item or knows it by, but for the digits of its account.
pub(super) fn texts<'a>(s: &Subject<'a>) -> impl Iterator<Item = &'a str> {
    let item = s.item;
    let id = Some(&*item.key.id).filter(|id| **id != *item.name);
    let said = mute(s).into_iter().flat_map(|mute| {
        let said = [&mute.note, &mute.by].into_iter().flatten();
        said.chain(&mute.alarms).map(|text| &**text)
    });
    [&*item.name, &*item.title]
        .into_iter()
        .chain(id)
        .chain(item.resource.as_deref())
        .chain(s.account.map(|account| &*account.name))
        .chain([item.key.scope.region.as_str()])
        .chain(said)
}

/// Whether a word occurs in what an operator sees of the item or knows it by.
fn occurs(needle: &Needle, s: &Subject<'_>) -> bool {
    texts(s).any(|text| needle.is_in(text))
        || account_contains(needle.as_str(), s.item.key.scope.account)
}

/// Whether these digits occur in an account id.
fn account_contains(digits: &str, account: AccountId) -> bool {
    if digits.is_empty() || digits.len() > 12 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    with_account_text(account, |text| text.contains(digits))
}

/// Hands on the twelve digits without allocating.
pub(super) fn with_account_text<T>(account: AccountId, f: impl FnOnce(&str) -> T) -> T {
    struct Digits {
        bytes: [u8; 12],
        len: usize,
    }
    impl fmt::Write for Digits {
        fn write_str(&mut self, s: &str) -> fmt::Result {
            let end = self.len + s.len();
            self.bytes
                .get_mut(self.len..end)
                .ok_or(fmt::Error)?
                .copy_from_slice(s.as_bytes());
            self.len = end;
            Ok(())
        }
    }
    let mut digits = Digits {
        bytes: [b'0'; 12],
        len: 0,
    };
    // An account id has at most twelve digits by construction, so this cannot overflow.
    let _ = write!(digits, "{account}");
    f(std::str::from_utf8(&digits.bytes[..digits.len]).unwrap_or(""))
}

fn text_matches(field: Field, pattern: &Pattern, s: &Subject<'_>) -> bool {
    let item = s.item;
    let optional = |text: Option<&str>| text.is_some_and(|text| pattern.matches(text));
    match field {
        Field::Acct => {
            optional(s.account.map(|account| &*account.name))
                || with_account_text(item.key.scope.account, |text| pattern.matches(text))
        }
        Field::Region => pattern.matches(item.key.scope.region.as_str()),
        Field::Name => pattern.matches(&item.name),
        Field::Id => pattern.matches(&item.key.id) || optional(item.arn().as_deref()),
        Field::Resource => optional(item.resource.as_deref()),
        Field::Status => pattern.matches(&item.native_state),
        Field::Product => match &item.detail {
            Detail::Finding(finding) => pattern.matches(&finding.terms.product),
            _ => false,
        },
        Field::Namespace => match &item.detail {
            Detail::Alarm(alarm) => match &alarm.terms.watch {
                AlarmWatch::Metric { namespace, .. } | AlarmWatch::Expression { namespace, .. } => {
                    optional(namespace.as_deref())
                }
                AlarmWatch::Composite(_) => false,
            },
            _ => false,
        },
        Field::Sev
        | Field::State
        | Field::Kind
        | Field::Age
        | Field::Tag
        | Field::Source
        | Field::Is
        | Field::Owner
        | Field::Ends => false,
    }
}

/// Writes `name:a,b`.
fn list<T>(
    f: &mut fmt::Formatter<'_>,
    field: Field,
    values: &[T],
    mut one: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    write!(f, "{}:", field.name())?;
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            f.write_str(",")?;
        }
        one(f, value)?;
    }
    Ok(())
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(needle) => {
                let word = needle.as_str();
                let means_more = word.starts_with('-') || super::resolve::mark(word).is_some();
                write_text(f, word, |c| {
                    means_more || c.is_whitespace() || matches!(c, '"' | ':')
                })
            }
            Self::Mark(mark) => f.write_str(mark.word()),
            Self::Sev(values) => list(f, Field::Sev, values, |f, (op, severity)| {
                write!(f, "{}{severity}", op.map_or("", Op::sign))
            }),
            Self::Age(values) => list(f, Field::Age, values, |f, (op, span)| {
                f.write_str(op.sign())?;
                duration::write(f, *span)
            }),
            Self::State(values) => list(f, Field::State, values, |f, v| f.write_str(v.word())),
            Self::Kind(values) => list(f, Field::Kind, values, |f, v| f.write_str(v.word())),
            Self::Source(values) => list(f, Field::Source, values, |f, v| f.write_str(v.word())),
            Self::Is(values) => list(f, Field::Is, values, |f, v| f.write_str(v.word())),
            Self::Owner(values) => list(f, Field::Owner, values, |f, holder| match holder {
                Holder::None => f.write_str("none"),
                Holder::Mine(_) => f.write_str("mine"),
                Holder::Named(pattern) => match pattern.to_string().as_str() {
                    name @ ("none" | "mine") => write!(f, "\"{name}\""),
                    name => f.write_str(name),
                },
            }),
            Self::Ends(values) => list(f, Field::Ends, values, |f, (op, span)| {
                f.write_str(op.sign())?;
                duration::write(f, *span)
            }),
            Self::Tag(values) => list(f, Field::Tag, values, |f, (key, value)| {
                write!(f, "{key}")?;
                value.as_ref().map_or(Ok(()), |value| write!(f, "={value}"))
            }),
            Self::Text(field, patterns) => list(f, *field, patterns, |f, p| write!(f, "{p}")),
        }
    }
}
