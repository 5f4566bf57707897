//! Mute rules: times at which the actions of alarms are silent.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::estate::CloudWatch;
use super::section::Mute;
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::scenario::matches;
use crate::sim::schedule::Schedule;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};
use crate::sim::world::Site;

/// The longest duration: fifteen days.
const LONGEST: Duration = Duration::from_secs(15 * 86_400);

/// A mute rule.
#[derive(Clone, Debug)]
pub struct MuteRule {
    schedule: Schedule,
    lasts: Duration,
    /// Its definition, as it was given.
    members: Map,
    /// Whose actions it mutes.
    pub alarms: Vec<String>,
    starts: Option<Timestamp>,
    expires: Option<Timestamp>,
    updated: Timestamp,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl MuteRule {
    /// `SCHEDULED`, `ACTIVE` or `EXPIRED`. One that comes only once has expired when it is over.
    pub fn status(&self, now: Timestamp) -> &'static str {
        let begun = self.starts.is_none_or(|starts| starts <= now);
        let over = self.expires.is_some_and(|expires| expires <= now);
        let last = self.schedule.before(now);
        if over {
            "EXPIRED"
        } else if begun && last.is_some_and(|at| now < at.plus(self.lasts)) {
            "ACTIVE"
        } else if self.schedule.after(now).is_none() {
            "EXPIRED"
        } else {
            "SCHEDULED"
        }
    }

    /// A rule of the scenario, with its name. The moments are those of whole minutes, as in a rule that was put.
    /// Nothing where its schedule cannot be read.
    pub fn by_hand<'a>(
        site: &Site,
        mute: &Mute,
        there: impl Iterator<Item = &'a Arc<str>>,
    ) -> Option<(String, Self)> {
        let begins = site.started.minus(mute.began.0).plus(mute.begins.0);
        let begins = Timestamp::from_secs(begins.as_secs().div_euclid(60) * 60);
        let zone = mute.timezone.as_deref().unwrap_or("UTC");
        let expression = match &mute.cron {
            Some(fields) => format!("cron({fields})"),
            None => format!("at({})", begins.to_jiff().strftime("%Y-%m-%dT%H:%M")),
        };
        let (patterns, named): (Vec<&String>, Vec<&String>) =
            mute.alarms.iter().partition(|name| name.contains('*'));
        let fits = |name: &&Arc<str>| patterns.iter().any(|pattern| matches(pattern, name));
        let alarms: Vec<String> = there
            .filter(fits)
            .map(ToString::to_string)
            .chain(named.into_iter().cloned())
            .take(100)
            .collect();
        let mut schedule = Map::default();
        schedule.set("Expression", expression.as_str());
        schedule.set("Duration", format!("PT{}M", mute.lasts.0.as_secs() / 60));
        schedule.set("Timezone", zone);
        let mut rule = Map::default();
        rule.set("Schedule", schedule);
        let mut targets = Map::default();
        targets.set("AlarmNames", alarms.clone());
        let mut members = Map::default();
        members.set("Description", mute.note.clone());
        members.set("Rule", rule);
        members.set("MuteTargets", targets);
        let once = mute.cron.is_none();
        let name = if mute.name.ends_with('-') {
            format!("{}{}", mute.name, begins.as_secs())
        } else {
            mute.name.clone()
        };
        let rule = Self {
            schedule: Schedule::five_fields(&expression, zone)?,
            lasts: mute.lasts.0,
            members,
            alarms,
            starts: once.then_some(begins),
            expires: once.then_some(begins.plus(mute.lasts.0)),
            updated: site.started.min(begins).minus(Duration::from_secs(60)),
            tags: BTreeMap::new(),
        };
        Some((name, rule))
    }

    fn summary(&self, name: &str, site: &Site, now: Timestamp) -> Map {
        let mut map = Map::default();
        map.set("AlarmMuteRuleArn", arn(site, name));
        map.set("ExpireDate", self.expires);
        map.set("Status", self.status(now));
        map.set(
            "MuteType",
            if self.schedule.is_once() {
                "ONE_TIME"
            } else {
                "RECURRING"
            },
        );
        map.set("LastUpdatedTimestamp", self.updated);
        map
    }

    /// As `GetAlarmMuteRule` answers it.
    pub fn describe(&self, name: &str, site: &Site, now: Timestamp) -> Value {
        let mut map = self.summary(name, site, now);
        map.set("Name", name);
        map.set("StartDate", self.starts);
        for (member, value) in &self.members.0 {
            map.set(member.clone(), value.clone());
        }
        Value::Map(map)
    }
}

/// The ARN of a mute rule.
pub fn arn(site: &Site, name: &str) -> String {
    site.arn("cloudwatch", &format!("alarm-mute-rule:{name}"))
}

/// The alarms whose actions are muted now.
pub fn muted(all: &CloudWatch, now: Timestamp) -> Value {
    let active = all
        .mutes
        .values()
        .filter(|rule| rule.status(now) == "ACTIVE");
    let names = active.flat_map(|rule| rule.alarms.iter());
    names
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Reads `PT4H`, `P2DT12H`.
fn lasting(text: &str) -> Option<Duration> {
    let text = text.strip_prefix('P')?;
    let (days, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (text, ""),
    };
    let mut seconds = 0_u64;
    for (part, units) in [
        (days, [('W', 604_800), ('D', 86_400), ('D', 86_400)]),
        (time, [('H', 3600), ('M', 60), ('S', 1)]),
    ] {
        let mut rest = part;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            let unit = rest[end..].chars().next()?;
            let (_, size) = units.iter().find(|(u, _)| *u == unit)?;
            seconds = seconds.checked_add(rest[..end].parse::<u64>().ok()?.checked_mul(*size)?)?;
            rest = &rest[end + 1..];
        }
    }
    Some(Duration::from_secs(seconds))
}

/// Answers `PutAlarmMuteRule`.
pub fn put(call: &Call<'_>) -> Answer {
    let name = call.needed("Name");
    if name.chars().count() > 255 {
        return Err(call.invalid("Name must have at most 255 characters"));
    }
    let asked = call.arg("Rule").at("Schedule");
    let text = |member: &str| asked.at(member).as_str().unwrap_or_default();
    let (expression, zone) = (text("Expression"), text("Timezone"));
    if zone.is_empty() && !asked.at("Timezone").is_null() {
        return Err(call.invalid("Timezone must have at least one character"));
    }
    let schedule = Schedule::five_fields(expression, zone).ok_or_else(|| {
        call.invalid(format!(
            "The schedule '{expression}' in time zone '{zone}' is not valid: use cron(Minutes Hours Day-of-month Month \
             Day-of-week) or at(yyyy-MM-ddThh:mm), and an IANA time zone"
        ))
    })?;
    let lasts = lasting(text("Duration"))
        .filter(|lasts| (Duration::from_secs(60)..=LONGEST).contains(lasts))
        .ok_or_else(|| {
            call.invalid(format!(
                "The duration '{}' is not valid: it must be an ISO 8601 duration from PT1M to P15D",
                text("Duration")
            ))
        })?;
    let alarms: Vec<String> = call
        .arg("MuteTargets")
        .at("AlarmNames")
        .texts()
        .map(str::to_owned)
        .collect();
    if alarms.len() > 100 {
        return Err(call.invalid("AlarmNames must have at most 100 members"));
    }
    let (starts, expires) = (
        call.arg("StartDate").as_time(),
        call.arg("ExpireDate").as_time(),
    );
    if expires.is_some_and(|expires| expires <= starts.unwrap_or(call.now)) {
        return Err(call.invalid("ExpireDate must be after StartDate, and in the future"));
    }
    if schedule.is_once()
        && schedule
            .after(call.now.minus(Duration::from_millis(1)))
            .is_none()
    {
        return Err(call.invalid(format!("The schedule '{expression}' is in the past")));
    }
    let mut members = Map::default();
    for member in ["Description", "Rule", "MuteTargets"] {
        members.set(member, call.arg(member).clone());
    }
    let tags = super::write::tags(call);
    call.estate(|all: &mut CloudWatch, _, now| {
        if let Some(gone) = alarms.iter().find(|a| !all.alarms.contains_key(a.as_str())) {
            return Err(call.invalid(format!("The alarm '{gone}' does not exist")));
        }
        let known = all.mutes.get(name).map(|rule| rule.tags.clone());
        let tags = known.unwrap_or(tags);
        let rule = MuteRule {
            schedule,
            lasts,
            members,
            alarms,
            starts,
            expires,
            updated: now,
            tags,
        };
        all.mutes.insert(name.to_owned(), rule);
        Ok(Value::Null)
    })
}

/// Answers `GetAlarmMuteRule`.
pub fn get(call: &Call<'_>) -> Answer {
    let name = call.needed("AlarmMuteRuleName");
    call.estate(
        |all: &mut CloudWatch, site, now| match all.mutes.get(name) {
            Some(rule) => Ok(rule.describe(name, site, now)),
            None => Err(gone("AlarmMuteRule", name)),
        },
    )
}

/// Answers `ListAlarmMuteRules`.
pub fn list(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let statuses: Vec<&str> = call.arg("Statuses").texts().collect();
    if let Some(odd) = statuses
        .iter()
        .find(|s| !["SCHEDULED", "ACTIVE", "EXPIRED"].contains(s))
    {
        return Err(call.invalid(format!(
            "'{odd}' is not one of [SCHEDULED, ACTIVE, EXPIRED]"
        )));
    }
    let alarm = call.text("AlarmName");
    call.estate(|all: &mut CloudWatch, site, now| {
        if let Some(alarm) = alarm.filter(|alarm| !all.alarms.contains_key(*alarm)) {
            return Err(gone("Alarm", alarm));
        }
        let fits = |(_, rule): &(&String, &MuteRule)| {
            alarm.is_none_or(|alarm| rule.alarms.iter().any(|a| a == alarm))
                && (statuses.is_empty() || statuses.contains(&rule.status(now)))
        };
        let begun = |(name, _): &(&String, &MuteRule)| page.cursor.as_ref().is_none_or(|c| *name > c);
        let mut rest = all.mutes.iter().filter(begun).filter(fits);
        let rules: Vec<_> = rest.by_ref().take(page.size).collect();
        let more = rest.next().is_some();
        Ok(fields! {
            "AlarmMuteRuleSummaries" => rules.iter().map(|(n, r)| r.summary(n, site, now)).collect::<Value>(),
            "NextToken" => rules.last().filter(|_| more).map(|(name, _)| page.token(name)),
        })
    })
}

/// Answers `DeleteAlarmMuteRule`; a rule that is not there is as good as deleted.
pub fn delete(call: &Call<'_>) -> Answer {
    let name = call.needed("AlarmMuteRuleName");
    call.estate(|all: &mut CloudWatch, _, _| {
        all.mutes.remove(name);
        Ok(Value::Null)
    })
}

fn gone(kind: &str, name: &str) -> Refusal {
    Refusal::new(
        "ResourceNotFoundException",
        format!("{kind} {name} does not exist"),
    )
    .status(404)
    .with("ResourceType", kind)
    .with("ResourceId", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_iso_8601() {
        for (text, seconds) in [
            ("PT1M", 60),
            ("PT4H", 14_400),
            ("P2DT12H", 216_000),
            ("P15D", 1_296_000),
            ("P1W", 604_800),
            ("PT1H30M", 5400),
        ] {
            assert_eq!(lasting(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "P", "4H", "PT", "PT4", "P4H", "PT4D", "PTH"] {
            assert!(lasting(wrong).is_none_or(|d| d.is_zero()), "{wrong}");
        }
    }
}
