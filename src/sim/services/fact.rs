//! What an item has under the name of an attribute: compared, ordered, and carried in paging tokens.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::Page;
use crate::clock::Timestamp;
use crate::sim::wire::{Value, json};

/// One value of an attribute. Moments are numbers of milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact<'a> {
    /// A number.
    Number(f64),
    /// Text.
    Text(Cow<'a, str>),
}

impl<'a> Fact<'a> {
    /// Text that lives as long as the item.
    #[must_use]
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// A moment.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of any real date fit a double"
    )]
    pub fn time(at: Timestamp) -> Self {
        Self::Number(at.as_millis() as f64)
    }

    /// As a number: text that is a number or a moment counts as one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(*n),
            Self::Text(text) => {
                text.parse()
                    .ok()
                    .or_else(|| match Self::time(Timestamp::parse(text)?) {
                        Self::Number(n) => Some(n),
                        Self::Text(_) => None,
                    })
            }
        }
    }

    /// Whether it is what a text says.
    #[must_use]
    pub fn is(&self, wanted: &str) -> bool {
        match self {
            Self::Number(n) => wanted.parse::<f64>().is_ok_and(|w| (w - n).abs() < 1e-9),
            Self::Text(text) => text == wanted,
        }
    }

    /// As text.
    #[must_use]
    pub fn words(&self) -> Cow<'_, str> {
        match self {
            Self::Number(n) => n.to_string().into(),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    /// Its order in a sorted list.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }

    /// Independent of the item.
    #[must_use]
    pub fn keep(self) -> Fact<'static> {
        match self {
            Self::Number(n) => Fact::Number(n),
            Self::Text(text) => Fact::Text(Cow::Owned(text.into_owned())),
        }
    }
}

/// Every fact at the end of a path such as `Resources.Id`; lists are looked through.
pub fn walk<'a>(value: &'a Value, path: &str, found: &mut Vec<Fact<'a>>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| walk(item, path, found)),
        Value::Map(_) if !path.is_empty() => {
            let (head, rest) = path.split_once('.').unwrap_or((path, ""));
            walk(value.at(head), rest, found);
        }
        _ if !path.is_empty() => {}
        Value::Text(text) => found.push(Fact::text(text)),
        Value::Bool(b) => found.push(Fact::text(if *b { "true" } else { "false" })),
        Value::Time(at) => found.push(Fact::time(*at)),
        other => found.extend(other.as_float().map(Fact::Number)),
    }
}

/// The place of an item in a sorted list: what it is sorted by, then a key of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Rank {
    /// What it is sorted by, most important first; each with whether it goes down.
    pub by: Vec<(Option<Fact<'static>>, bool)>,
    /// What tells it apart from its equals.
    pub key: String,
}

impl Rank {
    fn order(&self, other: &Self) -> Ordering {
        for ((a, down), (b, _)) in self.by.iter().zip(&other.by) {
            let order = match (a, b) {
                (Some(a), Some(b)) => a.order(b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            };
            if order != Ordering::Equal {
                return if *down { order.reverse() } else { order };
            }
        }
        self.key.cmp(&other.key)
    }

    fn write(&self) -> String {
        let mut all: Vec<Value> = vec![Value::from(&self.key)];
        all.extend(self.by.iter().map(|(fact, _)| match fact {
            None => Value::Null,
            Some(Fact::Number(n)) => Value::Float(*n),
            Some(Fact::Text(text)) => Value::from(text.clone()),
        }));
        String::from_utf8_lossy(&json::encode(&Value::List(all))).into_owned()
    }

    fn read(&self, text: &str) -> Option<Self> {
        let Value::List(all) = json::decode(text.as_bytes()).ok()? else {
            return None;
        };
        let (key, facts) = all.split_first()?;
        let fact = |value: &Value| match value {
            Value::Null => None,
            Value::Text(text) => Some(Fact::Text(text.clone().into())),
            other => other.as_float().map(Fact::Number),
        };
        let by = facts
            .iter()
            .zip(&self.by)
            .map(|(value, (_, down))| (fact(value), *down))
            .collect();
        Some(Self {
            by,
            key: key.as_str()?.to_owned(),
        })
    }
}

/// Sorts, and takes the page that is asked for. The token keeps the rank of the last item, so that
/// an item which comes or goes between two pages shifts no other.
pub fn cut<T>(page: &Page, mut all: Vec<(Rank, T)>) -> (Vec<T>, Option<String>) {
    let by_rank = |a: &(Rank, T), b: &(Rank, T)| a.0.order(&b.0);
    if let (Some(cursor), Some((any, _))) = (page.cursor.as_deref(), all.first())
        && let Some(last) = any.read(cursor)
    {
        all.retain(|(rank, _)| rank.order(&last) == Ordering::Greater);
    }
    if all.len() <= page.size {
        all.sort_unstable_by(by_rank);
        return (all.into_iter().map(|(_, item)| item).collect(), None);
    }
    all.select_nth_unstable_by(page.size, by_rank);
    all.truncate(page.size);
    all.sort_unstable_by(by_rank);
    let next = all.last().map(|(rank, _)| page.token(&rank.write()));
    (all.into_iter().map(|(_, item)| item).collect(), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_survives_its_token() {
        let rank = Rank {
            by: vec![
                (Some(Fact::Number(1.5)), true),
                (None, false),
                (Some(Fact::Text("é\u{1b}".into())), false),
            ],
            key: "k".to_owned(),
        };
        assert_eq!(rank.read(&rank.write()), Some(rank));
    }

    #[test]
    fn paths_look_through_lists() {
        let value = crate::fields! { "A" => vec![crate::fields! { "B" => "x" }, crate::fields! { "B" => 2 }] };
        let mut found = Vec::new();
        walk(&value, "A.B", &mut found);
        assert_eq!(found, [Fact::text("x"), Fact::Number(2.0)]);
    }
}
