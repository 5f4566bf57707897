//! `FindingCriteria`: which findings are asked for.

use super::detector::{Detector, Finding};
use super::finding;
use crate::clock::Timestamp;
use crate::sim::services::Refusal;
use crate::sim::wire::Value;
use crate::sim::world::Site;

/// At most so many attributes may be named at once.
const MOST: usize = 50;

/// A finding with its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// Its detector.
    pub detector: &'a Detector,
    /// Where it is.
    pub site: &'a Site,
}

/// What a finding has under an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A number: severities and counts; moments in milliseconds.
    Number(f64),
    /// Text.
    Text(String),
}

impl Fact {
    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(*n),
            #[expect(
                clippy::cast_precision_loss,
                reason = "milliseconds of any real date fit a double"
            )]
            Self::Text(text) => text
                .parse()
                .ok()
                .or_else(|| Timestamp::parse(text).map(|at| at.as_millis() as f64)),
        }
    }

    fn is(&self, wanted: &str) -> bool {
        match self {
            Self::Number(n) => wanted.parse::<f64>().is_ok_and(|w| (w - n).abs() < 1e-9),
            Self::Text(text) => text == wanted,
        }
    }

    fn fits(&self, pattern: &str) -> bool {
        match self {
            Self::Number(n) => wild(pattern.as_bytes(), n.to_string().as_bytes()),
            Self::Text(text) => wild(pattern.as_bytes(), text.as_bytes()),
        }
    }

    /// Their order in a sorted list.
    #[must_use]
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(_), Self::Text(_)) => std::cmp::Ordering::Less,
            (Self::Text(_), Self::Number(_)) => std::cmp::Ordering::Greater,
        }
    }
}

/// Whether `*` (anything) and `?` (one byte) of a pattern fit a text.
fn wild(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            wild(rest, text) || text.split_first().is_some_and(|(_, t)| wild(pattern, t))
        }
        (Some((b'?', rest)), Some((_, t))) => wild(rest, t),
        (Some((p, rest)), Some((c, t))) if p == c => wild(rest, t),
        _ => false,
    }
}

/// What a finding has under an attribute such as `service.archived` or `resource.instanceDetails.instanceId`.
#[must_use]
pub fn facts(seen: Seen<'_>, attribute: &str) -> Vec<Fact> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of any real date fit a double"
    )]
    let moment = |at: Timestamp| vec![Fact::Number(at.as_millis() as f64)];
    let text = |text: &str| vec![Fact::Text(text.to_owned())];
    let finding = seen.finding;
    match attribute {
        "updatedAt" => moment(finding.updated),
        "createdAt" => moment(finding.created),
        "service.eventFirstSeen" => moment(finding.first_seen),
        "service.eventLastSeen" => moment(finding.last_seen),
        "severity" => vec![Fact::Number(finding.kind().severity)],
        "service.count" | "count" => vec![Fact::Number(f64::from(finding.count))],
        "service.archived" => text(if finding.archived { "true" } else { "false" }),
        "type" => text(finding.kind().name),
        "accountId" => text(&seen.site.account),
        "region" => text(&seen.site.region),
        "id" => vec![Fact::Text(finding.id())],
        _ => {
            let whole = finding::describe(finding, seen.detector, seen.site);
            let mut found = Vec::new();
            walk(&whole, attribute, &mut found);
            found
        }
    }
}

fn walk(value: &Value, path: &str, found: &mut Vec<Fact>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| walk(item, path, found)),
        Value::Map(_) if !path.is_empty() => {
            let (head, rest) = path.split_once('.').unwrap_or((path, ""));
            walk(value.at(head), rest, found);
        }
        _ if !path.is_empty() => {}
        Value::Text(text) => found.push(Fact::Text(text.clone())),
        Value::Bool(b) => found.push(Fact::Text(b.to_string())),
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds of any real date fit a double"
        )]
        Value::Time(at) => found.push(Fact::Number(at.as_millis() as f64)),
        other => found.extend(other.as_float().map(Fact::Number)),
    }
}

/// One condition on one attribute.
#[derive(Clone, Debug)]
struct Condition {
    attribute: String,
    equals: Vec<String>,
    differs: Vec<String>,
    fits: Vec<String>,
    misfits: Vec<String>,
    above: Option<f64>,
    least: Option<f64>,
    below: Option<f64>,
    most: Option<f64>,
}

/// All conditions; a finding must meet every one.
#[derive(Clone, Debug, Default)]
pub struct Criteria(Vec<Condition>);

impl Criteria {
    /// Reads `FindingCriteria`.
    ///
    /// # Errors
    /// What GuardDuty says of criteria that it does not understand.
    pub fn read(value: &Value) -> Result<Self, Refusal> {
        let members = value.at("criterion").members();
        if members.len() > MOST {
            return Err(super::bad("findingCriteria has too many attributes"));
        }
        let conditions = members.iter().map(|(attribute, given)| {
            let roots = ["service.", "resource."];
            let plain = [
                "accountId",
                "associatedAttackSequenceArn",
                "confidence",
                "createdAt",
                "id",
                "partition",
                "region",
                "severity",
                "type",
                "updatedAt",
                "title",
                "description",
            ];
            if !plain.contains(&&**attribute)
                && !roots.iter().any(|root| attribute.starts_with(root))
            {
                return Err(super::bad(&format!(
                    "findingCriteria names the unknown attribute {attribute}"
                )));
            }
            let texts = |new: &str, old: &str| -> Vec<String> {
                let both = given.at(new).items().iter().chain(given.at(old).items());
                both.filter_map(|v| {
                    v.as_str()
                        .map(str::to_owned)
                        .or_else(|| v.as_float().map(|n| n.to_string()))
                })
                .collect()
            };
            let number = |new: &str, old: &str| {
                given
                    .at(new)
                    .as_float()
                    .or_else(|| given.at(old).as_float())
            };
            let known = [
                "eq",
                "neq",
                "gt",
                "gte",
                "lt",
                "lte",
                "equals",
                "notEquals",
                "greaterThan",
                "greaterThanOrEqual",
                "lessThan",
                "lessThanOrEqual",
                "matches",
                "notMatches",
            ];
            if given
                .members()
                .iter()
                .any(|(name, _)| !known.contains(&&**name))
                || given.members().is_empty()
            {
                return Err(super::bad("findingCriteria has an invalid condition"));
            }
            Ok(Condition {
                attribute: attribute.clone().into_owned(),
                equals: texts("equals", "eq"),
                differs: texts("notEquals", "neq"),
                fits: texts("matches", ""),
                misfits: texts("notMatches", ""),
                above: number("greaterThan", "gt"),
                least: number("greaterThanOrEqual", "gte"),
                below: number("lessThan", "lt"),
                most: number("lessThanOrEqual", "lte"),
            })
        });
        Ok(Self(conditions.collect::<Result<_, _>>()?))
    }

    /// Whether a finding meets every condition.
    #[must_use]
    pub fn meets(&self, seen: Seen<'_>) -> bool {
        self.0.iter().all(|condition| {
            let facts = facts(seen, &condition.attribute);
            let any = |wanted: &[String], fits: fn(&Fact, &str) -> bool| {
                facts
                    .iter()
                    .any(|fact| wanted.iter().any(|w| fits(fact, w)))
            };
            let limit = |limit: Option<f64>, holds: fn(f64, f64) -> bool| {
                limit.is_none_or(|limit| {
                    facts
                        .iter()
                        .filter_map(Fact::number)
                        .any(|n| holds(n, limit))
                })
            };
            (condition.equals.is_empty() || any(&condition.equals, Fact::is))
                && !any(&condition.differs, Fact::is)
                && (condition.fits.is_empty() || any(&condition.fits, Fact::fits))
                && !any(&condition.misfits, Fact::fits)
                && limit(condition.above, |n, l| n > l)
                && limit(condition.least, |n, l| n >= l)
                && limit(condition.below, |n, l| n < l)
                && limit(condition.most, |n, l| n <= l)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_globs() {
        for (pattern, text, fits) in [
            ("a*c", "abbc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("*EC2*", "Recon:EC2/X", true),
            ("ab", "abc", false),
        ] {
            assert_eq!(
                wild(pattern.as_bytes(), text.as_bytes()),
                fits,
                "{pattern} {text}"
            );
        }
    }
}
