//! The alarms of one account and region, and how they move.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::alarm::{Alarm, Reason, Rhythm, Shape, State, arn, stamp};
use super::catalogue::{TEMPLATES, scaling};
use super::mute::MuteRule;
use super::rule::Rule;
use super::section::{Entry, Evaluation, Outage, Section};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::scenario::{Density, covers};
use crate::sim::services::stock::WORKLOADS;
use crate::sim::wire::{Map, Value, json};
use crate::sim::world::{Estate, Site};

/// Something that will happen: when, in which order, to which alarm, and to which state if that is set.
type Due = Reverse<(Timestamp, u64, Arc<str>, Option<State>)>;

/// The alarms of one account and region.
#[derive(Debug)]
pub struct CloudWatch {
    /// By name.
    pub alarms: BTreeMap<Arc<str>, Alarm>,
    /// The mute rules by name.
    pub mutes: BTreeMap<String, MuteRule>,
    pub(super) due: BinaryHeap<Due>,
    order: u64,
    /// Which composite alarms look at an alarm.
    parents: HashMap<String, Vec<Arc<str>>>,
    pulse: Option<Pulse>,
}

/// Changes at a steady rate, for measurements.
#[derive(Debug)]
struct Pulse {
    next: Timestamp,
    gap: f64,
    names: Vec<Arc<str>>,
    dice: ChaCha8Rng,
}

impl Estate for CloudWatch {
    fn found(site: &Site) -> Self {
        let mut me = Self {
            alarms: BTreeMap::new(),
            mutes: BTreeMap::new(),
            due: BinaryHeap::new(),
            order: 0,
            parents: HashMap::new(),
            pulse: None,
        };
        let plan = &site.scenario.alarms;
        if site.stocked {
            me.stock(site, plan);
        }
        for entry in plan
            .alarm
            .iter()
            .filter(|e| site.stocked && covers(&e.accounts, &e.regions, site))
        {
            me.by_hand(site, entry);
        }
        for outage in plan
            .outage
            .iter()
            .filter(|o| site.stocked && covers(&o.accounts, &o.regions, site))
        {
            me.plan_outage(site, outage);
        }
        for mute in plan
            .mute
            .iter()
            .filter(|m| site.stocked && covers(&m.accounts, &m.regions, site))
        {
            if let Some((name, rule)) = MuteRule::by_hand(site, mute, me.alarms.keys()) {
                me.mutes.insert(name, rule);
            }
        }
        if plan.updates_per_second > 0.0 && !me.alarms.is_empty() {
            let names: Vec<_> = me
                .alarms
                .iter()
                .filter(|(_, a)| !a.is_composite())
                .map(|(n, _)| n.clone())
                .collect();
            let gap = 1000.0 * site.cells as f64 / plan.updates_per_second;
            let mut dice = site.rng("alarm pulse");
            let next = site
                .started
                .plus(Duration::from_secs_f64(gap / 1000.0 * dice.random::<f64>()));
            me.pulse = Some(Pulse {
                next,
                gap,
                names,
                dice,
            });
        }
        me.judge_all(site, site.started);
        me
    }

    fn advance(&mut self, site: &Site, now: Timestamp) {
        while let Some(Reverse((at, ..))) = self.due.peek() {
            if *at > now {
                break;
            }
            let Some(Reverse((at, _, name, to))) = self.due.pop() else {
                break;
            };
            self.happen(site, at, &name, to);
        }
        while let Some(pulse) = self.pulse.as_mut().filter(|p| p.next <= now) {
            let at = pulse.next;
            let name = pulse.names[pulse.dice.random_range(0..pulse.names.len())].clone();
            let wait = -pulse.gap * pulse.dice.random::<f64>().max(1e-9).ln();
            pulse.next = at.plus(Duration::from_secs_f64((wait / 1000.0).max(0.001)));
            if let Some(alarm) = self.alarms.get_mut(&name) {
                let to = if alarm.state == State::Alarm {
                    State::Ok
                } else {
                    State::Alarm
                };
                alarm.turn(at, to, None);
                self.judge_parents(site, &name, at);
            }
        }
    }
}

impl CloudWatch {
    fn stock(&mut self, site: &Site, plan: &Section) {
        let mut dice = site.rng("alarms");
        let count = Density::here(&plan.density, plan.per_cell, site);
        for n in 0..count {
            let resource = WORKLOADS[dice.random_range(0..WORKLOADS.len())];
            let kind = &TEMPLATES[dice.random_range(0..TEMPLATES.len())];
            let mut name = kind.fill(kind.name, site, resource);
            let mut resource: Box<str> = resource.into();
            if self.alarms.contains_key(&*name) {
                resource = format!("{resource}-{}", n + 1).into();
                name = kind.fill(kind.name, site, &resource);
            }
            let configured = site.started.minus(days(dice.random_range(20.0..700.0)));
            let mut alarm = Alarm::new(Shape::Known(kind, resource), configured);
            alarm.told = None;
            alarm.dice = dice.random();
            let share: f64 = dice.random();
            // Log-uniform from two minutes to nine days: most are old news, some have just begun.
            let age = Duration::from_secs_f64(120.0 * 6500_f64.powf(dice.random::<f64>()));
            alarm.state = State::Ok;
            alarm.transitioned = site.started.minus(age.mul_f64(7.0));
            if share < plan.firing {
                alarm.turn(site.started.minus(age), State::Alarm, None);
            } else if share < plan.firing + plan.no_data {
                alarm.turn(site.started.minus(age), State::NoData, None);
            } else if share < plan.firing + plan.no_data + plan.flapping
                || std::ptr::eq(kind, scaling())
            {
                alarm.rhythm = Rhythm::Fires(
                    dice.random_range(180.0..1500.0),
                    dice.random_range(90.0..420.0),
                );
            } else if share < plan.firing + plan.no_data + plan.flapping + plan.living {
                let often = dice.random_range(3600.0..40_000.0);
                let long = dice.random_range(240.0..3600.0);
                alarm.rhythm = if dice.random_bool(0.15) {
                    Rhythm::Loses(often, long)
                } else {
                    Rhythm::Fires(often, long)
                };
            }
            alarm.updated = alarm.transitioned;
            alarm.actions = !dice.random_bool(0.02);
            if dice.random_bool(0.01) {
                alarm.evaluation = Some("PARTIAL_DATA");
                alarm.updated = site
                    .started
                    .minus(Duration::from_secs(dice.random_range(5..200)));
            }
            self.enter(name.into(), alarm, site.started);
        }
        self.stock_composites(site, plan, &mut dice);
    }

    fn stock_composites(&mut self, site: &Site, plan: &Section, dice: &mut ChaCha8Rng) {
        let names: Vec<Arc<str>> = self.alarms.keys().cloned().collect();
        for n in 0..plan.composites.min(names.len() / 3) {
            let mut children: Vec<&str> = (0..3)
                .map(|_| &*names[dice.random_range(0..names.len())])
                .collect();
            children.sort_unstable();
            children.dedup();
            let quoted: Vec<String> = children.iter().map(|c| format!("ALARM(\"{c}\")")).collect();
            let rule = if n % 2 == 0 {
                quoted.join(" OR ")
            } else {
                quoted.join(" AND ")
            };
            let name = format!(
                "{}-service-health{}",
                site.name,
                if n == 0 {
                    String::new()
                } else {
                    format!("-{n}")
                }
            );
            let mut members = Map::default();
            members.set("AlarmDescription", "Pages the team when customers notice.");
            members.set("AlarmActions", vec![site.arn("sns", "oncall-urgent")]);
            let _ = self.put_composite(&name, &rule, members, site.started.minus(days(90.0)));
        }
    }

    fn by_hand(&mut self, site: &Site, entry: &Entry) {
        let began = site
            .started
            .minus(entry.since.map_or(Duration::from_secs(3600), |s| s.0));
        let members = match json::neutral(serde_json::Value::Object(entry.members.clone())) {
            Value::Map(map) => map,
            _ => Map::default(),
        };
        let name: Arc<str> = entry.name.as_str().into();
        if let Some(rule) = &entry.rule {
            let _ = self.put_composite(&name, &rule.0, members, began);
        } else {
            let mut alarm = Alarm::new(Shape::Given(Box::new(members)), began.minus(days(30.0)));
            alarm.told = None;
            alarm.state = State::Ok;
            alarm.dice = site.rng(&name).random();
            if let Some(gap) = entry.flaps {
                let gap = gap.0.as_secs_f64();
                alarm.rhythm = Rhythm::Fires(gap, gap);
            }
            self.enter(name.clone(), alarm, site.started);
        }
        let Some(alarm) = self.alarms.get_mut(&name) else {
            return;
        };
        let told = entry.reason.as_ref().map(|text| Reason {
            text: text.clone(),
            data: None,
        });
        if !alarm.is_composite() {
            let state = entry.state.unwrap_or(State::Ok);
            alarm.turn(began, state, told);
            alarm.transitioned = began;
        }
        alarm.actions = entry.actions;
        alarm.evaluation = entry.evaluation.map(Evaluation::name);
        alarm.tags.clone_from(&entry.tags);
    }

    fn plan_outage(&mut self, site: &Site, outage: &Outage) {
        let mut dice = site.rng("outage");
        let begins = site.started.plus(outage.after.0).minus(outage.before.0);
        let names: Vec<_> = self
            .alarms
            .iter()
            .filter(|(_, a)| !a.is_composite())
            .map(|(n, _)| n.clone())
            .collect();
        for name in names {
            let share: f64 = dice.random();
            let late = outage.spread.0.mul_f64(dice.random::<f64>());
            let to = match share {
                s if s < outage.share => State::Alarm,
                s if s < outage.share + outage.no_data => State::NoData,
                _ => continue,
            };
            if let Some(alarm) = self.alarms.get_mut(&name) {
                alarm.rhythm = Rhythm::Steady;
            }
            let at = begins.plus(late);
            self.plan(at, name.clone(), Some(to));
            if let Some(lasts) = outage.lasts {
                self.plan(at.plus(lasts.0).plus(late), name, Some(State::Ok));
            }
        }
    }

    /// Takes an alarm in and plans its first change.
    fn enter(&mut self, name: Arc<str>, mut alarm: Alarm, from: Timestamp) {
        if let Some(wait) = wait(&mut alarm) {
            self.plan(from.plus(wait), name.clone(), None);
        }
        self.alarms.insert(name, alarm);
    }

    /// Plans a change: to a state or, without one, as the alarm's rhythm goes. Gives its number.
    pub fn plan(&mut self, at: Timestamp, name: Arc<str>, to: Option<State>) -> u64 {
        self.order += 1;
        self.due.push(Reverse((at, self.order, name, to)));
        self.order
    }

    /// Takes planned changes back.
    pub fn forget(&mut self, plans: &[u64]) {
        self.due
            .retain(|Reverse((_, order, ..))| !plans.contains(order));
    }

    /// Plans that the alarms of a resource, by the value of any dimension, clear at a moment. Gives the
    /// numbers of the plans.
    pub fn heal(&mut self, site: &Site, resource: &str, at: Timestamp) -> Vec<u64> {
        let watches = |alarm: &Alarm| {
            let definition = alarm.definition(site);
            let dimensions = definition.get("Dimensions").map_or(&[][..], Value::items);
            dimensions
                .iter()
                .any(|d| d.at("Value").as_str() == Some(resource))
        };
        let names: Vec<Arc<str>> = self
            .alarms
            .iter()
            .filter(|(_, alarm)| {
                !alarm.is_composite() && alarm.state != State::Ok && watches(alarm)
            })
            .map(|(name, _)| name.clone())
            .collect();
        names
            .into_iter()
            .map(|name| self.plan(at, name, Some(State::Ok)))
            .collect()
    }

    /// One planned change happens.
    fn happen(&mut self, site: &Site, at: Timestamp, name: &Arc<str>, to: Option<State>) {
        let Some(alarm) = self.alarms.get_mut(name) else {
            return;
        };
        if let Some(to) = to {
            alarm.turn(at, to, None);
        } else {
            let to = match (alarm.rhythm, alarm.state) {
                (Rhythm::Steady, _) => return,
                (Rhythm::Fires(..), State::Ok) => State::Alarm,
                (Rhythm::Loses(..), State::Ok) => State::NoData,
                _ => State::Ok,
            };
            alarm.turn(at, to, None);
            if let Some(wait) = wait(alarm) {
                self.plan(at.plus(wait), name.clone(), None);
            }
        }
        self.judge_parents(site, name, at);
    }

    /// Creates or replaces a composite alarm. Its state is judged at the next look.
    ///
    /// # Errors
    /// What is wrong with the rule.
    pub fn put_composite(
        &mut self,
        name: &str,
        rule: &str,
        mut members: Map,
        at: Timestamp,
    ) -> Result<(), String> {
        let parsed = Rule::parse(rule)?;
        self.forget_children(name);
        members.set("AlarmRule", rule);
        let name: Arc<str> = name.into();
        for child in parsed.children() {
            self.parents
                .entry(child.to_owned())
                .or_default()
                .push(name.clone());
        }
        let mut alarm = Alarm::new(Shape::Composite(Box::new((parsed, members))), at);
        if let Some(old) = self.alarms.remove(&name) {
            (alarm.state, alarm.transitioned, alarm.updated, alarm.told) =
                (old.state, old.transitioned, old.updated, old.told);
            (alarm.past, alarm.tags) = (old.past, old.tags);
        }
        self.alarms.insert(name, alarm);
        Ok(())
    }

    /// Removes an alarm.
    pub fn remove(&mut self, name: &str) {
        self.forget_children(name);
        self.alarms.remove(name);
    }

    fn forget_children(&mut self, name: &str) {
        for parents in self.parents.values_mut() {
            parents.retain(|parent| **parent != *name);
        }
    }

    /// The composite alarms that look at an alarm.
    #[must_use]
    pub fn parents_of(&self, name: &str) -> &[Arc<str>] {
        self.parents.get(name).map_or(&[], Vec::as_slice)
    }

    /// Judges one composite alarm, at once.
    pub fn judge_now(&mut self, site: &Site, name: &str, at: Timestamp) {
        self.judge(site, &name.into(), None, at, 0);
    }

    /// Judges every composite alarm; children first as far as one pass per level of nesting can.
    pub fn judge_all(&mut self, site: &Site, at: Timestamp) {
        let names: Vec<Arc<str>> = self
            .alarms
            .iter()
            .filter(|(_, a)| a.is_composite())
            .map(|(n, _)| n.clone())
            .collect();
        for name in names {
            self.judge(site, &name, None, at, 0);
        }
    }

    /// Judges the composite alarms that look at `child`, which has just changed.
    pub fn judge_parents(&mut self, site: &Site, child: &str, at: Timestamp) {
        for parent in self.parents_of(child).to_vec() {
            self.judge(site, &parent, Some(child), at, 0);
        }
    }

    fn judge(
        &mut self,
        site: &Site,
        name: &Arc<str>,
        trigger: Option<&str>,
        at: Timestamp,
        depth: u8,
    ) {
        // AWS refuses rules that go round in circles; here they merely end.
        if depth > 8 {
            return;
        }
        let Some(Shape::Composite(composite)) = self.alarms.get(name).map(|a| &a.shape) else {
            return;
        };
        let state = |child: &str| self.alarms.get(child).map(|a| a.state);
        let to = if composite.0.holds(&state) {
            State::Alarm
        } else {
            State::Ok
        };
        let children = composite.0.children();
        let cause = trigger.or_else(|| {
            children
                .iter()
                .copied()
                .find(|c| state(c) == Some(State::Alarm))
        });
        let cause = cause.or_else(|| children.first().copied());
        let Some((child, alarm)) = cause.and_then(|c| self.alarms.get_key_value(c)) else {
            return;
        };
        // At the start a composite changed when its child did.
        let at = if trigger.is_none() {
            alarm.transitioned
        } else {
            at
        };
        let child_arn = arn(site, child);
        let when = alarm
            .transitioned
            .to_jiff()
            .strftime("%A %d %B, %Y %H:%M:%S UTC");
        let reason = Reason {
            text: format!("{child_arn} transitioned to {} at {when}", alarm.state.name()),
            data: Some(String::from_utf8_lossy(&json::encode(&fields! {
                "triggeringAlarms" => Value::List(vec![fields! {
                    "arn" => &child_arn,
                    "state" => fields! { "value" => alarm.state.name(), "timestamp" => stamp(alarm.transitioned) },
                }]),
            }))
            .into_owned()),
        };
        let Some(me) = self.alarms.get_mut(name) else {
            return;
        };
        if me.state != to || (trigger.is_none() && me.past.is_empty()) {
            me.turn(at, to, Some(reason));
            for parent in self.parents_of(name).to_vec() {
                self.judge(site, &parent, Some(name), at, depth + 1);
            }
        }
    }
}

/// How long an alarm stays in the state it is in.
fn wait(alarm: &mut Alarm) -> Option<Duration> {
    let mean = match (alarm.rhythm, alarm.state) {
        (Rhythm::Steady, _) => return None,
        (Rhythm::Fires(often, _) | Rhythm::Loses(often, _), State::Ok) => often,
        (Rhythm::Fires(_, long) | Rhythm::Loses(_, long), _) => long,
    };
    // Exponential, but never shorter than one evaluation.
    let share = -alarm.throw().max(1e-9).ln();
    Some(Duration::from_secs_f64((mean * share).max(60.0)))
}

fn days(n: f64) -> Duration {
    Duration::from_secs_f64(n * 86_400.0)
}
