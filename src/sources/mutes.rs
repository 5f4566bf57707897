//! CloudWatch mute rules: whose alarms notify nobody, until when, and who wanted it so.
//!
//! `ListAlarmMuteRules` names the rules that mute or will mute, 100 a page, without saying which alarms they mute or
//! when: that costs a `GetAlarmMuteRule` per rule. It is asked for rules that are new or were changed since, by their
//! `LastUpdatedTimestamp`; what was learned is remembered per vantage.
//!
//! The list makes the rows. A rule that cannot be read stays in it as unread, and the feed is blind for it without
//! hiding what is known of the others.

mod item;
mod times;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_cloudwatch::types::AlarmMuteRuleStatus;
use serde_json::Value;

use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::aws::ops::{GET_ALARM_MUTE_RULE, LIST_ALARM_MUTE_RULES};
use crate::domain::{Fault, FaultKind, Kind, Slice, SourceId};

use super::{Ask, Look, Pages, Part, Plane, Reach, SliceSpec, Source};
use item::{Listed, Rule};

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Mutes,
    kinds: &[Kind::Mute],
    slices: &[SliceSpec {
        slice: Slice::ALL,
        // People make and end mutes by the hour; what noctop itself makes is asked for at once.
        every: Duration::from_secs(300),
        part: Part::Snapshot,
        reach: Reach::Scope,
        plane: Plane::Regional,
    }],
    ask: |ask| Box::pin(self::ask(ask)),
    raw: |look| Box::pin(raw(look)),
};

/// The largest page.
const PAGE: i32 = 100;
/// After so many rules in a row that could not be read, the others are not tried any more: a denied or overburdened
/// service would refuse a hundred calls instead of three.
const FAILED_MAX: usize = 3;

/// What is remembered of one scope's rules, by name.
#[derive(Default)]
struct Memory(Mutex<HashMap<Arc<str>, Rule>>);

impl Memory {
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was read of a rule, and whether that is still how it is.
    fn of(&self, listed: &Listed) -> (Option<Rule>, bool) {
        let rule = self.lock().get(&listed.name).cloned();
        let holds = rule
            .as_ref()
            .is_some_and(|rule| listed.updated.is_some() && rule.updated == listed.updated);
        (rule, holds)
    }

    /// Forgets every rule that is not named, and tells which these are.
    fn forget_all_but(&self, named: &HashSet<Arc<str>>) -> Vec<Arc<str>> {
        let mut known = self.lock();
        let gone = known.extract_if(|name, _| !named.contains(name));
        gone.map(|(name, _)| name).collect()
    }
}

async fn ask(ask: Ask) -> Result<(), Fault> {
    let memory: Arc<Memory> = ask.memory();
    let listed = list(ask.access()).await?;
    let mut failed = Failed::default();
    let mut records = Vec::with_capacity(listed.len());
    let mut named: HashSet<Arc<str>> = HashSet::with_capacity(listed.len());
    for one in &listed {
        let (mut rule, holds) = memory.of(one);
        let mut unread = None;
        if !holds {
            match failed.hopeless() {
                Some(why) => unread = Some(why),
                None => match read(ask.access(), one).await {
                    Ok(Some(read)) => {
                        failed.in_a_row = 0;
                        memory.lock().insert(Arc::clone(&one.name), read.clone());
                        rule = Some(read);
                    }
                    // It was deleted since it was listed.
                    Ok(None) => continue,
                    Err(fault) => unread = Some(failed.note(fault)),
                },
            }
            failed.rules += usize::from(unread.is_some());
        }
        named.insert(Arc::clone(&one.name));
        records.push(item::record(
            ask.scope(),
            one,
            rule.as_ref(),
            unread,
            ask.now(),
        ));
    }
    let gone = memory.forget_all_but(&named);
    if let Some(fault) = failed.fault(listed.len()) {
        // A failed asking takes nothing over; but the list is complete, and each rule says itself what is not known
        // of it.
        ask.amend(ask.slice(), records, gone).await;
        return Err(fault);
    }
    ask.pages(records).await;
    Ok(())
}

/// Every rule that mutes or will mute; those that mute first, because they matter first.
async fn list(access: &Access) -> Result<Vec<Listed>, Fault> {
    let mut all = Vec::new();
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = access
            .cloudwatch(&LIST_ALARM_MUTE_RULES, |client, with| {
                client
                    .list_alarm_mute_rules()
                    .statuses(AlarmMuteRuleStatus::Active)
                    .statuses(AlarmMuteRuleStatus::Scheduled)
                    .max_records(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        all.extend(
            out.alarm_mute_rule_summaries
                .iter()
                .flatten()
                .filter_map(item::listed),
        );
        pages.turn(&LIST_ALARM_MUTE_RULES, out.next_token)?;
    }
    all.sort_by_key(|rule| !rule.is_active());
    Ok(all)
}

/// A rule in full; nothing if it is not there any more.
async fn read(access: &Access, listed: &Listed) -> Result<Option<Rule>, Fault> {
    match get(access, &listed.told).await {
        Ok(out) => Ok(Some(item::rule(&listed.told, &out))),
        Err(fault) if is_gone(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

async fn get(
    access: &Access,
    name: &str,
) -> Result<aws_sdk_cloudwatch::operation::get_alarm_mute_rule::GetAlarmMuteRuleOutput, Fault> {
    access
        .cloudwatch(&GET_ALARM_MUTE_RULE, |client, with| {
            client
                .get_alarm_mute_rule()
                .alarm_mute_rule_name(name)
                .customize()
                .config_override(with)
                .send()
        })
        .await
}

/// Whether the service knows no such rule.
fn is_gone(fault: &Fault) -> bool {
    let code = fault.code.as_deref().unwrap_or_default();
    code.contains("ResourceNotFound")
}

/// The rules that could not be read, and why not.
#[derive(Default)]
struct Failed {
    rules: usize,
    /// How many failed one after the other.
    in_a_row: usize,
    first: Option<Fault>,
}

impl Failed {
    /// Why the rest is not tried any more, where so many failed one after the other that it would fail alike.
    fn hopeless(&self) -> Option<Arc<str>> {
        let first = self.first.as_ref()?;
        (self.in_a_row >= FAILED_MAX).then(|| Arc::clone(&first.message))
    }

    /// Takes note of a rule that could not be read; why not.
    fn note(&mut self, fault: Fault) -> Arc<str> {
        self.in_a_row += 1;
        let why = Arc::clone(&fault.message);
        self.first.get_or_insert(fault);
        why
    }

    /// What the feed says of it, of so many rules.
    fn fault(self, of: usize) -> Option<Fault> {
        let first = self.first?;
        // The rules are there, so whatever the service says, it is not off: that would make them disappear.
        let kind = if first.kind.is_off() {
            FaultKind::Service
        } else {
            first.kind
        };
        let (rules, why) = (self.rules, &first.message);
        Some(make(
            kind,
            first.code.as_deref(),
            format!("Which alarms {rules} of {of} mute rules mute could not be read: {why}"),
            &first.advice,
        ))
    }
}

/// The rule as CloudWatch has it.
async fn raw(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    match get(&access, &look.item.key.id).await {
        Ok(_) => tape.json().ok_or_else(|| look.gone(&GET_ALARM_MUTE_RULE)),
        Err(fault) if is_gone(&fault) => Err(look.gone(&GET_ALARM_MUTE_RULE)),
        Err(fault) => Err(fault),
    }
}
