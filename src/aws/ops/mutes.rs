//! CloudWatch mute rules: alarms that notify nobody until a time, and go on being watched.

use std::time::Duration;

use aws_sdk_cloudwatch::error::ProvideErrorMetadata as _;
use aws_sdk_cloudwatch::types::{AlarmType, MuteTargets, Rule, Schedule};
use aws_smithy_types::DateTime;
use serde_json::{Map, Value, json};

use crate::audit::{Open, Permit, Target, TargetOutcome};
use crate::aws::access::Access;
use crate::aws::access::session_name;
use crate::clock::Timestamp;
use crate::domain::Fault;
use crate::domain::text::clean;

use super::act::{Change, all_ok, left_alone, not_ok};
use super::look::{Found, settle};
use super::mutations::{DELETE_ALARM_MUTE_RULE, Mutation, PUT_ALARM_MUTE_RULE};
use super::{DESCRIBE_ALARMS, GET_ALARM_MUTE_RULE};

/// The longest that one rule mutes (API reference: P15D).
pub const LONGEST: Duration = Duration::from_secs(15 * 86_400);

/// How far ahead of this machine's clock a mute begins at least.
const MARGIN: Duration = Duration::from_secs(30);

/// Mutes the actions of alarms. A rule of the same name is replaced, which is how a mute is made longer or shorter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutMute {
    /// The rule's name; see [`rule_name`]. More alarms than one rule takes make further rules, `NAME-2` and so on.
    pub name: String,
    /// The alarms' names.
    pub alarms: Vec<String>,
    /// From when; rounded up to the minute, because the service knows no shorter time and takes none in the past.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why, for colleagues who find the rule.
    pub note: String,
}

/// A name for a rule that says who made it and when.
#[must_use]
pub fn rule_name(operator: &str, at: Timestamp) -> String {
    format!("noctop-{}-{}", session_name(operator), at.as_secs())
}

/// What stands in a rule that an operator made: why, and who.
fn description(operator: &str, note: &str) -> String {
    let text = if note.is_empty() {
        format!("Muted{}", signed(operator))
    } else {
        format!("{note} (muted{})", signed(operator))
    };
    // The most that the service takes. The name of the rule still says who made it.
    text.chars().take(1_024).collect()
}

fn signed(operator: &str) -> String {
    format!(" by {operator}{SIGNED}")
}

/// How the description of a rule ends that noctop made, but for the bracket.
const SIGNED: &str = " with noctop";

/// Who made a rule with noctop, and why anybody made it, from its name and description.
#[must_use]
pub fn made<'a>(name: &'a str, description: &'a str) -> (Option<&'a str>, Option<&'a str>) {
    let some = |text: &'a str| Some(text.trim()).filter(|text| !text.is_empty());
    let whole = description.trim();
    let signed = whole
        .strip_suffix(')')
        .unwrap_or(whole)
        .strip_suffix(SIGNED);
    if let Some((note, by)) = signed.and_then(|text| text.rsplit_once("(muted by ")) {
        return (some(by), some(note));
    }
    if let Some(by) = signed.and_then(|text| text.strip_prefix("Muted by ")) {
        return (some(by), None);
    }
    // `noctop-ana-1795000000-417`: the second and the millisecond; and `-2` where the alarms took more than one rule.
    let by = name.strip_prefix("noctop-").and_then(|rest| {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let mut rest = rest;
        while let Some((before, end)) = rest.rsplit_once('-').filter(|(_, end)| is_number(end)) {
            if end.len() > 8 {
                return some(before);
            }
            rest = before;
        }
        None
    });
    (by, some(whole))
}

impl PutMute {
    /// When the rule begins: at the first whole minute that is half a minute away, so that neither the way to AWS nor a
    /// clock that is a little slow puts it into the past, which the service does not take.
    fn begin(&self) -> Timestamp {
        let from = self.from.plus(MARGIN).as_millis();
        Timestamp::from_secs(from.div_euclid(60_000) * 60 + 60)
    }

    /// How long it lasts, in whole minutes.
    fn minutes(&self) -> u64 {
        self.until.since(self.begin()).as_secs().div_ceil(60).max(1)
    }

    /// The name of its rule at this place: the first has the name itself.
    #[must_use]
    pub fn rule(&self, at: usize) -> String {
        match at {
            0 => self.name.clone(),
            at => format!("{}-{}", self.name, at + 1),
        }
    }
}

impl Change for PutMute {
    fn mutation(&self) -> &'static Mutation {
        &PUT_ALARM_MUTE_RULE
    }

    fn targets(&self, access: &Access) -> Vec<Target> {
        let target = |name: &String| Target::new(access.scope(), name);
        self.alarms.iter().map(target).collect()
    }

    fn parameters(&self) -> Map<String, Value> {
        let said = json!({
            "name": self.name, "from": self.begin().to_string(), "until": self.until.to_string(), "note": self.note,
        });
        match said {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        if self.until <= self.begin() || self.until.since(self.begin()) > LONGEST {
            return left_alone(
                permit.targets(),
                "A mute lasts from one minute to fifteen days; choose another end.",
            );
        }
        let operator = permit.operator();
        let begin = self.begin();
        let mut outcomes = Vec::new();
        for (at, part) in permit
            .split(PUT_ALARM_MUTE_RULE.most)
            .into_iter()
            .enumerate()
        {
            let targets = part.targets().to_vec();
            let names: Vec<String> = targets.iter().map(|t| t.id.to_string()).collect();
            let name = self.rule(at);
            let schedule = Schedule::builder()
                .expression(format!(
                    "at({})",
                    begin.to_jiff().strftime("%Y-%m-%dT%H:%M")
                ))
                .duration(format!("PT{}M", self.minutes()))
                .timezone("UTC")
                .build();
            let description = description(&operator, &self.note);
            let acting = access.permitted(part);
            let answer = acting
                .cloudwatch(&PUT_ALARM_MUTE_RULE.op, |client, with| {
                    client
                        .put_alarm_mute_rule()
                        .name(&name)
                        .description(description)
                        .rule(Rule::builder().schedule(schedule).build())
                        .mute_targets(MuteTargets::builder().set_alarm_names(Some(names)).build())
                        .start_date(DateTime::from_secs(begin.as_secs()))
                        .expire_date(DateTime::from_secs(self.until.as_secs()))
                        .customize()
                        .config_override(with)
                        .send()
                })
                .await;
            outcomes.extend(match answer {
                Ok(_) => all_ok(&acting, &targets, &name),
                Err(fault) => not_ok(&acting, &targets, &fault),
            });
        }
        outcomes
    }
}

/// Every alarm of these that exists, with every action that a mute would keep from happening, in all three states.
///
/// # Errors
/// The alarms cannot be read.
pub async fn silenced(
    access: &Access,
    names: &[String],
) -> Result<Vec<(String, Vec<String>)>, Fault> {
    let mut found = Vec::new();
    for some in names.chunks(PUT_ALARM_MUTE_RULE.most) {
        let out = access
            .cloudwatch(&DESCRIBE_ALARMS, |client, with| {
                client
                    .describe_alarms()
                    .set_alarm_names(Some(some.to_vec()))
                    .alarm_types(AlarmType::MetricAlarm)
                    .alarm_types(AlarmType::CompositeAlarm)
                    .max_records(100)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let mut take = |name: Option<&str>, actions: [&[String]; 3]| {
            let mut actions: Vec<String> = actions
                .concat()
                .iter()
                .map(|a| clean(a).into_owned())
                .collect();
            actions.sort_unstable();
            actions.dedup();
            found.push((clean(name.unwrap_or_default()).into_owned(), actions));
        };
        for alarm in out.metric_alarms() {
            let actions = [
                alarm.alarm_actions(),
                alarm.ok_actions(),
                alarm.insufficient_data_actions(),
            ];
            take(alarm.alarm_name(), actions);
        }
        for alarm in out.composite_alarms() {
            let actions = [
                alarm.alarm_actions(),
                alarm.ok_actions(),
                alarm.insufficient_data_actions(),
            ];
            take(alarm.alarm_name(), actions);
        }
    }
    Ok(found)
}

/// Takes a mute rule away: its alarms notify again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteMute {
    /// The rule's name.
    pub name: String,
}

impl Change for DeleteMute {
    fn mutation(&self) -> &'static Mutation {
        &DELETE_ALARM_MUTE_RULE
    }

    fn targets(&self, access: &Access) -> Vec<Target> {
        vec![Target::new(access.scope(), &self.name)]
    }

    fn parameters(&self) -> Map<String, Value> {
        Map::new()
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let acting = access.permitted(permit);
        let answer = acting
            .cloudwatch(&DELETE_ALARM_MUTE_RULE.op, |client, with| {
                client
                    .delete_alarm_mute_rule()
                    .alarm_mute_rule_name(&self.name)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(_) => all_ok(&acting, &targets, ""),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// The alarms that a rule mutes and when it ends, in seconds; `None`: there is no such rule.
async fn rule(access: &Access, name: &str) -> Result<Option<(Vec<String>, i64)>, Fault> {
    access
        .cloudwatch(&GET_ALARM_MUTE_RULE, |client, with| {
            let asked = client
                .get_alarm_mute_rule()
                .alarm_mute_rule_name(name)
                .customize()
                .config_override(with)
                .send();
            async move {
                match asked.await {
                    Ok(out) => {
                        let end = out.expire_date().map_or(0, DateTime::secs);
                        let alarms = out
                            .mute_targets
                            .and_then(|m| m.alarm_names)
                            .unwrap_or_default();
                        Ok(Some((alarms, end)))
                    }
                    Err(error) => {
                        let is_gone = error
                            .as_service_error()
                            .and_then(|e| e.code())
                            .is_some_and(|code| code.contains("ResourceNotFound"));
                        if is_gone { Ok(None) } else { Err(error) }
                    }
                }
            }
        })
        .await
}

/// The alarms that a rule mutes, neutralised; `None`: there is no such rule.
///
/// # Errors
/// The rule cannot be read.
pub async fn muted(access: &Access, name: &str) -> Result<Option<Vec<String>>, Fault> {
    let found = rule(access, name).await?;
    let clean_all = |names: Vec<String>| names.iter().map(|n| clean(n).into_owned()).collect();
    Ok(found.map(|(alarms, _)| clean_all(alarms)))
}

/// When a rule ends, in seconds since 1970 as a word; `None`: there is no such rule.
pub(super) async fn end_of(access: &Access, name: &str) -> Result<Option<String>, Fault> {
    Ok(rule(access, name).await?.map(|(_, end)| end.to_string()))
}

/// What became of a mute: the rules are read.
pub(super) async fn look_put(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let name = open.parameter("name").to_owned();
    let until = Timestamp::parse(open.parameter("until")).unwrap_or_default();
    let mut muted: Vec<String> = Vec::new();
    for at in 0..targets.len().div_ceil(PUT_ALARM_MUTE_RULE.most) {
        let name = match at {
            0 => name.clone(),
            at => format!("{name}-{}", at + 1),
        };
        match rule(access, &name).await {
            Ok(Some((alarms, end))) if end == until.as_secs() => muted.extend(alarms),
            Ok(_) => {}
            Err(_) => return Found::NotYet,
        }
    }
    settle(open, &targets, |target| {
        let is = muted.iter().any(|name| **name == *target.id);
        let state = if is {
            "a rule mutes it"
        } else {
            "no such rule mutes it"
        };
        Some((is, state.to_owned()))
    })
}

/// What became of a mute that was to end: whether the rule is still there.
pub(super) async fn look_deleted(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    match rule(access, &target.id).await {
        Ok(found) => {
            let is_gone = found.is_none();
            let state = if is_gone {
                "the rule is gone"
            } else {
                "the rule is there"
            };
            settle(open, &targets, |_| Some((is_gone, state.to_owned())))
        }
        Err(_) => Found::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_made_a_rule_and_why_reads_back() {
        let name = rule_name("Ana María", Timestamp::from_secs(1_795_000_000));
        for note in ["", "deploy of ledger", "for (muted by nobody) reasons"] {
            let text = description("ana", note);
            let why = Some(note).filter(|note| !note.is_empty());
            assert_eq!(made(&name, &text), (Some("ana"), why), "{text}");
        }
        // A note that fills the description leaves no room for the operator: the name of the rule tells it.
        let full = "x".repeat(1_024);
        let told = description("ana", &full);
        assert_eq!(made(&name, &told), (Some("Ana-Mar-a"), Some(&*full)));
        for further in ["", "-2", "-417", "-417-2"] {
            let name = format!("{name}{further}");
            assert_eq!(made(&name, ""), (Some("Ana-Mar-a"), None), "{name}");
        }
        // What others made says nothing of who they are.
        for (name, text) in [
            ("nightly-batch", "Batch runs"),
            ("noctop-", ""),
            ("noctop-ana", ""),
            ("noctop-ana-2", ""),
        ] {
            assert_eq!(
                made(name, text),
                (None, Some(text).filter(|t| !t.is_empty())),
                "{name}"
            );
        }
    }

    #[test]
    fn a_mute_begins_in_the_future_and_covers_what_was_asked() {
        for secs in [0, 1, 59, 60, 61, 3_599] {
            let from = Timestamp::from_secs(1_795_000_000 + secs);
            let mute = PutMute {
                name: rule_name("ana", from),
                alarms: Vec::new(),
                from,
                until: from.plus(Duration::from_secs(3_600)),
                note: String::new(),
            };
            let ahead = mute.begin().since(from);
            assert!(ahead >= MARGIN && ahead <= MARGIN + Duration::from_secs(60));
            assert_eq!(mute.begin().as_secs() % 60, 0);
            let end = mute.begin().plus(Duration::from_secs(mute.minutes() * 60));
            assert!(end >= mute.until && end.since(mute.until) < Duration::from_secs(60));
        }
    }
}
