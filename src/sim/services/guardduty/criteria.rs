//! `FindingCriteria`: which findings are asked for.

use super::detector::{Detector, Finding};
use super::finding;
use crate::sim::services::Refusal;
use crate::sim::services::fact::{Fact, walk};
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

fn same(fact: &Fact<'_>, text: &str) -> bool {
    fact.is(text)
}

fn fits(fact: &Fact<'_>, pattern: &str) -> bool {
    wild(pattern.as_bytes(), fact.words().as_bytes())
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
pub fn facts<'a>(seen: Seen<'a>, attribute: &str) -> Vec<Fact<'a>> {
    let finding = seen.finding;
    vec![match attribute {
        "updatedAt" => Fact::time(finding.updated),
        "createdAt" => Fact::time(finding.created),
        "service.eventFirstSeen" => Fact::time(finding.first_seen),
        "service.eventLastSeen" => Fact::time(finding.last_seen),
        "severity" => Fact::Number(finding.kind().severity),
        "service.count" | "count" => Fact::Number(f64::from(finding.count)),
        "service.archived" => Fact::text(if finding.archived { "true" } else { "false" }),
        "type" => Fact::text(finding.kind().name),
        "accountId" => Fact::text(&seen.site.account),
        "region" => Fact::text(&seen.site.region),
        "id" => Fact::Text(finding.id().into()),
        _ => {
            let whole = finding::describe(finding, seen.detector, seen.site);
            let mut found = Vec::new();
            walk(&whole, attribute, &mut found);
            return found.into_iter().map(Fact::keep).collect();
        }
    }]
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
            let any = |wanted: &[String], holds: fn(&Fact<'_>, &str) -> bool| {
                facts
                    .iter()
                    .any(|fact| wanted.iter().any(|w| holds(fact, w)))
            };
            let limit = |limit: Option<f64>, holds: fn(f64, f64) -> bool| {
                limit.is_none_or(|limit| {
                    facts
                        .iter()
                        .filter_map(Fact::number)
                        .any(|n| holds(n, limit))
                })
            };
            (condition.equals.is_empty() || any(&condition.equals, same))
                && !any(&condition.differs, same)
                && (condition.fits.is_empty() || any(&condition.fits, fits))
                && !any(&condition.misfits, fits)
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
