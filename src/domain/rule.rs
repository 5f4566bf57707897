//! The rule of a composite alarm, as far as it names other alarms.
//!
//! A rule is written as `ALARM("a") AND (OK(b) OR NOT INSUFFICIENT_DATA('arn:aws:cloudwatch:…:alarm:c'))`; names may
//! stand in double or single quotes or none (`PutCompositeAlarm`, CloudWatch API reference).

use std::collections::BTreeSet;

use super::{AccountId, Region, Scope};

/// An alarm that a rule names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Child {
    /// Where it is.
    pub scope: Scope,
    /// Its name.
    pub name: String,
    /// The word of the state that the rule asks it for.
    pub wants: &'static str,
}

/// The functions of a rule that name an alarm, each by the state that it asks for.
const ASKED: [&str; 3] = ["INSUFFICIENT_DATA", "ALARM", "OK"];

/// The alarms that a rule of this place names, each once, in the order of the rule. What cannot be read is passed over.
#[must_use]
pub fn children(rule: &str, here: Scope) -> Vec<Child> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut rest = rule;
    while let Some(open) = rest.find('(') {
        let before = rest[..open].trim_end();
        rest = rest[open + 1..].trim_start();
        let word = |word: &&&str| {
            before.strip_suffix(**word).is_some_and(|head| {
                !head.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            })
        };
        let Some(wants) = ASKED.iter().find(word) else {
            continue;
        };
        let (name, after) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = &rest[1..];
                match inner.find(quote) {
                    Some(end) => (&inner[..end], &inner[end + 1..]),
                    None => break,
                }
            }
            _ => match rest.find(')') {
                Some(end) => (rest[..end].trim_end(), &rest[end..]),
                None => break,
            },
        };
        rest = after;
        let (scope, name) = place(name, here);
        if seen.insert((scope, name)) {
            found.push(Child {
                scope,
                name: name.to_owned(),
                wants,
            });
        }
    }
    found
}

/// Where an alarm is: a name is one of the same account and region, an ARN says it.
fn place(name: &str, here: Scope) -> (Scope, &str) {
    let told = || {
        let mut parts = name.splitn(7, ':');
        let (arn, _, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account) = (parts.next()?, parts.next()?);
        let (alarm, name) = (parts.next()?, parts.next()?);
        if (arn, service, alarm) != ("arn", "cloudwatch", "alarm") {
            return None;
        }
        let region: Region = region.parse().ok()?;
        let account: AccountId = account.parse().ok()?;
        Some((Scope { account, region }, name))
    };
    told().unwrap_or((here, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Scope {
        Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    fn names(rule: &str) -> Vec<String> {
        children(rule, here())
            .into_iter()
            .map(|child| format!("{} {}", child.wants, child.name))
            .collect()
    }

    #[test]
    fn names_stand_in_quotes_or_none_and_each_is_told_once() {
        let rule = r#"ALARM("disk (root)") AND ( OK( queue-age ) OR NOT INSUFFICIENT_DATA('it"s') ) AND ALARM("disk (root)")"#;
        assert_eq!(
            names(rule),
            [
                "ALARM disk (root)",
                "OK queue-age",
                "INSUFFICIENT_DATA it\"s"
            ]
        );
    }

    #[test]
    fn an_arn_says_where_its_alarm_is() {
        let rule = "ALARM(arn:aws:cloudwatch:us-east-1:222222222222:alarm:a:b)";
        let [child] = &children(rule, here())[..] else {
            panic!("one child")
        };
        assert_eq!(child.name, "a:b");
        assert_eq!(child.scope.account.to_string(), "222222222222");
        assert_eq!(child.scope.region.as_str(), "us-east-1");
    }

    #[test]
    fn what_is_no_rule_names_nobody() {
        for text in [
            "",
            "TRUE",
            "ALARM(",
            "ALARM(\"open",
            "NOT (FALSE)",
            "XALARM(a)",
        ] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }
}
