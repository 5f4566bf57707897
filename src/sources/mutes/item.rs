//! One mute rule: from what CloudWatch says of it to an item.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatch::operation::get_alarm_mute_rule::GetAlarmMuteRuleOutput;
use aws_sdk_cloudwatch::types::{AlarmMuteRuleStatus, AlarmMuteRuleSummary};

use crate::aws::moment::moment;
use crate::aws::ops::mutes::made;
use crate::clock::Timestamp;
use crate::domain::mute::{MuteDetail, MuteRhythm, MuteSpan};
use crate::domain::text::{age, clean_arc, count};
use crate::domain::{Detail, Item, ItemKey, ItemState, Kind, Record, Scope, Severity};
use crate::sources::intern;

use super::times::{self, Schedule};

/// What stands before the name in a rule's ARN; the list has no other trace of the name.
const BEFORE_NAME: &str = ":alarm-mute-rule:";
/// How far CloudWatch's word and the schedule may be apart in time without contradicting each other: it works by the
/// minute, and clocks differ.
const SLACK: Duration = Duration::from_secs(90);

/// A rule as the list has it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name as CloudWatch has it: what it is asked by.
    pub told: String,
    /// Its name, neutralised.
    pub name: Arc<str>,
    arn: Arc<str>,
    status: AlarmMuteRuleStatus,
    rhythm: MuteRhythm,
    expires: Option<Timestamp>,
    /// When it was changed last.
    pub updated: Option<Timestamp>,
}

impl Listed {
    /// Whether CloudWatch says that it mutes.
    pub fn is_active(&self) -> bool {
        self.status == AlarmMuteRuleStatus::Active
    }
}

/// What a rule is.
#[derive(Clone, Debug)]
pub struct Rule {
    alarms: Vec<Arc<str>>,
    expression: Option<Arc<str>>,
    timezone: Option<Arc<str>>,
    schedule: Option<Schedule>,
    lasts: Option<Duration>,
    starts: Option<Timestamp>,
    expires: Option<Timestamp>,
    note: Option<Arc<str>>,
    by: Option<Arc<str>>,
    /// When it was changed last.
    pub updated: Option<Timestamp>,
}

/// A listed rule; `None` for one without a name, which AWS does not send, or one that is over.
pub fn listed(summary: &AlarmMuteRuleSummary) -> Option<Listed> {
    let arn = summary.alarm_mute_rule_arn()?;
    let (_, told) = arn.split_once(BEFORE_NAME)?;
    let status = summary.status().cloned()?;
    if told.is_empty() || status == AlarmMuteRuleStatus::Expired {
        return None;
    }
    Some(Listed {
        name: clean_arc(told),
        told: told.to_owned(),
        arn: clean_arc(arn),
        status,
        rhythm: match summary.mute_type() {
            Some("ONE_TIME") => MuteRhythm::Once,
            _ => MuteRhythm::Recurring,
        },
        expires: moment(summary.expire_date()),
        updated: moment(summary.last_updated_timestamp()),
    })
}

/// What a rule is, as far as it can be understood.
pub fn rule(name: &str, out: &GetAlarmMuteRuleOutput) -> Rule {
    let schedule = out.rule().and_then(|rule| rule.schedule());
    let expression = schedule.and_then(|schedule| schedule.expression());
    let zone = schedule.and_then(|schedule| schedule.timezone());
    let targets = out.mute_targets();
    let mut alarms: Vec<Arc<str>> = targets
        .map(|targets| targets.alarm_names())
        .unwrap_or_default()
        .iter()
        .map(|name| clean_arc(name))
        .collect();
    alarms.sort();
    alarms.dedup();
    let (by, note) = made(name, out.description().unwrap_or_default());
    Rule {
        alarms,
        expression: expression.map(intern),
        timezone: zone.filter(|zone| !zone.is_empty()).map(intern),
        schedule: expression.and_then(|text| Schedule::parse(text, zone)),
        lasts: schedule
            .and_then(|schedule| schedule.duration())
            .and_then(times::lasting),
        starts: moment(out.start_date()),
        expires: moment(out.expire_date()),
        note: note.map(clean_arc),
        by: by.map(clean_arc),
        updated: moment(out.last_updated_timestamp()),
    }
}

/// When it mutes now and next. CloudWatch's own word has the last say: where the schedule cannot be read, or says
/// something else, only that word is believed.
fn spans(listed: &Listed, rule: Option<&Rule>, now: Timestamp) -> Vec<MuteSpan> {
    let told = || {
        let active = MuteSpan {
            from: Timestamp::ZERO,
            until: None,
        };
        if listed.is_active() {
            vec![active]
        } else {
            Vec::new()
        }
    };
    let Some((rule, (schedule, lasts))) =
        rule.and_then(|rule| Some((rule, rule.schedule.as_ref().zip(rule.lasts)?)))
    else {
        return told();
    };
    let spans = times::spans(schedule, lasts, (rule.starts, rule.expires), now);
    let mutes = spans.iter().any(|span| span.holds(now));
    let near = |at: Timestamp| at.since(now).max(now.since(at)) <= SLACK;
    let at_an_edge = spans
        .iter()
        .any(|span| near(span.from) || span.until.is_some_and(near));
    // One that is over by the schedule and not yet by CloudWatch has no time left to show.
    if mutes == listed.is_active() || at_an_edge {
        spans
    } else {
        told()
    }
}

/// The record of a rule, from the list and from what was read of it; `unread` says why it could not be read now.
pub fn record(
    scope: Scope,
    listed: &Listed,
    rule: Option<&Rule>,
    unread: Option<Arc<str>>,
    now: Timestamp,
) -> Record {
    let spans = spans(listed, rule, now);
    let since = spans
        .iter()
        .find(|span| span.holds(now))
        .map(|span| span.from)
        .filter(|from| !from.is_unknown());
    let updated = listed.updated.unwrap_or_default();
    let detail = MuteDetail {
        alarms: rule.map(|rule| rule.alarms.clone()).unwrap_or_default(),
        schedule: rule.and_then(|rule| rule.expression.clone()),
        timezone: rule.and_then(|rule| rule.timezone.clone()),
        lasts: rule
            .and_then(|rule| rule.lasts)
            .map(|lasts| lasts.as_secs()),
        rhythm: listed.rhythm,
        starts: rule.and_then(|rule| rule.starts),
        expires: listed.expires,
        spans,
        note: rule.and_then(|rule| rule.note.clone()),
        by: match rule {
            Some(rule) => rule.by.clone(),
            None => made(&listed.told, "").0.map(clean_arc),
        },
        unread,
    };
    let item = Item {
        key: ItemKey {
            kind: Kind::Mute,
            scope,
            id: Arc::clone(&listed.name),
        },
        told_arn: Some(Arc::clone(&listed.arn)),
        name: Arc::clone(&listed.name),
        title: title(&detail).into(),
        severity: Severity::Info,
        // It keeps quiet what asks for attention; it never asks itself.
        state: ItemState::Calm,
        native_state: intern(listed.status.as_str()),
        resource: None,
        opened: since.unwrap_or(updated),
        changed: updated,
        episode: updated,
        detail: Detail::Mute(Box::new(detail)),
    };
    Record {
        native: Arc::clone(&listed.name),
        item,
    }
}

/// What it does, whatever the time is.
fn title(d: &MuteDetail) -> String {
    if d.unread.is_some() && d.alarms.is_empty() {
        return "mutes alarms that could not be read".to_owned();
    }
    let mut title = format!("mutes {}", count(d.alarms.len(), "alarm"));
    match (d.rhythm, &d.schedule) {
        (MuteRhythm::Recurring, Some(schedule)) => {
            let zone = d.timezone.as_deref().unwrap_or("UTC");
            title.push_str(&format!(" at {schedule} {zone}"));
        }
        (MuteRhythm::Recurring, None) => title.push_str(" again and again"),
        (MuteRhythm::Once, _) => title.push_str(" once"),
    }
    if let Some(lasts) = d.lasts {
        title.push_str(&format!(" for {}", age(Duration::from_secs(lasts))));
    }
    title
}
