//! One alarm: what it watches, its state, and how AWS words both.

use std::collections::BTreeMap;
use std::time::Duration;

use super::catalogue::Template;
use super::rule::Rule;
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::wire::{Map, Value, json};
use crate::sim::world::Site;

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
pub enum State {
    /// All is well.
    #[serde(rename = "OK")]
    Ok,
    /// It fires.
    #[serde(rename = "ALARM")]
    Alarm,
    /// Nobody knows.
    #[serde(rename = "INSUFFICIENT_DATA")]
    NoData,
}

impl State {
    /// As AWS writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::NoData => "INSUFFICIENT_DATA",
        }
    }

    /// Reads [`State::name`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::NoData]
            .into_iter()
            .find(|s| s.name() == text)
    }
}

/// What an alarm watches.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A metric of a well-known kind, for one resource.
    Known(&'static Template, Box<str>),
    /// A metric, as the members that `PutMetricAlarm` or the scenario gave.
    Given(Box<Map>),
    /// Other alarms; with the members that `PutCompositeAlarm` or the scenario gave.
    Composite(Box<(Rule, Map)>),
}

/// How an alarm behaves as time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rhythm {
    /// It stays as it is.
    Steady,
    /// It fires about so often for about so long, in seconds.
    Fires(f64, f64),
    /// It loses its data about so often for about so long, in seconds.
    Loses(f64, f64),
}

/// A change of state.
#[derive(Clone, Debug)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// From which state.
    pub from: State,
    /// To which state.
    pub to: State,
    /// The reason, when it was given and not evaluated.
    pub told: Option<Box<Reason>>,
}

/// The reason of a state, in words and as data.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// In words.
    pub text: String,
    /// As a JSON document.
    pub data: Option<String>,
}

/// One alarm.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// What it watches.
    pub shape: Shape,
    /// Its state.
    pub state: State,
    /// When the state's value last changed.
    pub transitioned: Timestamp,
    /// When anything about the state last changed.
    pub updated: Timestamp,
    /// When it was last configured.
    pub configured: Timestamp,
    /// The reason, when it was given and not evaluated.
    pub told: Option<Box<Reason>>,
    /// Whether its actions are enabled.
    pub actions: bool,
    /// `PARTIAL_DATA` and the like.
    pub evaluation: Option<&'static str>,
    /// How it behaves.
    pub rhythm: Rhythm,
    /// Its own randomness.
    pub dice: u64,
    /// Its past, oldest first.
    pub past: Vec<Change>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// History is kept for so many changes of an alarm; AWS keeps two weeks of it.
const REMEMBERED: usize = 60;

impl Alarm {
    /// An alarm as AWS creates it: nothing is known yet.
    #[must_use]
    pub fn new(shape: Shape, at: Timestamp) -> Self {
        Self {
            shape,
            state: State::NoData,
            transitioned: at,
            updated: at,
            configured: at,
            told: Some(Box::new(Reason {
                text: "Unchecked: Initial alarm creation".to_owned(),
                data: None,
            })),
            actions: true,
            evaluation: None,
            rhythm: Rhythm::Steady,
            dice: 0,
            past: Vec::new(),
            tags: BTreeMap::new(),
        }
    }

    /// Whether it is a composite alarm.
    #[must_use]
    pub fn is_composite(&self) -> bool {
        matches!(self.shape, Shape::Composite(_))
    }

    /// Changes the state. Told the state it is in, only the reason and its time change.
    pub fn turn(&mut self, at: Timestamp, to: State, told: Option<Reason>) {
        let told = told.map(Box::new);
        self.updated = at;
        self.told.clone_from(&told);
        if to == self.state {
            return;
        }
        if self.past.len() >= REMEMBERED {
            self.past.remove(0);
        }
        self.past.push(Change {
            at,
            from: self.state,
            to,
            told,
        });
        self.state = to;
        self.transitioned = at;
    }

    /// The state at a moment, as far as it is remembered.
    #[must_use]
    pub fn state_at(&self, at: Timestamp) -> State {
        match self.past.iter().rev().find(|change| change.at <= at) {
            Some(change) => change.to,
            None => self.past.first().map_or(self.state, |first| first.from),
        }
    }

    /// The next throw of its dice, below 1.
    pub fn throw(&mut self) -> f64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        unit(scramble(self.dice))
    }

    /// The members that say what it watches, without name and state.
    #[must_use]
    pub fn definition(&self, site: &Site) -> Map {
        match &self.shape {
            Shape::Given(members) => (**members).clone(),
            Shape::Composite(composite) => composite.1.clone(),
            Shape::Known(kind, resource) => known(kind, resource, site),
        }
    }

    /// As `DescribeAlarms` answers it.
    #[must_use]
    pub fn describe(&self, name: &str, site: &Site) -> Value {
        let definition = self.definition(site);
        let reason = self.reason(&definition, site);
        let mut all = Map(Vec::with_capacity(28));
        all.set("AlarmName", name);
        all.set("AlarmArn", arn(site, name));
        let mut add = |key: &'static str, value: Value| all.0.push((key.into(), value));
        add("AlarmConfigurationUpdatedTimestamp", self.configured.into());
        add("ActionsEnabled", self.actions.into());
        add("StateValue", self.state.name().into());
        add("StateReason", reason.text.into());
        add("StateReasonData", reason.data.into());
        add("StateUpdatedTimestamp", self.updated.into());
        add("StateTransitionedTimestamp", self.transitioned.into());
        add("EvaluationState", self.evaluation.into());
        for list in ["OKActions", "AlarmActions", "InsufficientDataActions"] {
            if definition.get(list).is_none() {
                add(list, Value::List(Vec::new()));
            }
        }
        if !self.is_composite() && definition.get("Dimensions").is_none() {
            add("Dimensions", Value::List(Vec::new()));
        }
        all.0.extend(definition.0);
        Value::Map(all)
    }

    /// The reason of the present state.
    #[must_use]
    pub fn reason(&self, definition: &Map, site: &Site) -> Reason {
        self.reason_of(
            self.state,
            self.transitioned,
            self.told.as_deref(),
            definition,
            site,
        )
    }

    /// The reason of a state that began at `at`.
    #[must_use]
    pub fn reason_of(
        &self,
        state: State,
        at: Timestamp,
        told: Option<&Reason>,
        definition: &Map,
        site: &Site,
    ) -> Reason {
        if let Some(told) = told {
            return told.clone();
        }
        let number = |name: &str| definition.get(name).and_then(Value::as_float);
        let count = |name: &str| definition.get(name).and_then(Value::as_int);
        let evaluated = count("EvaluationPeriods").unwrap_or(1);
        let needed = count("DatapointsToAlarm").unwrap_or(evaluated);
        let period = period(definition);
        if state == State::NoData {
            let (s, were) = if needed == 1 {
                ("", "was")
            } else {
                ("s", "were")
            };
            let data = fields! {
                "version" => "1.0", "queryDate" => stamp(at), "statistic" => definition.get("Statistic").cloned(),
                "period" => period, "recentDatapoints" => Value::List(Vec::new()), "threshold" => number("Threshold"),
                "evaluatedDatapoints" => (0..needed).map(|i| fields! { "timestamp" => stamp(floor(at, period, i)) }).collect::<Value>(),
            };
            return Reason {
                text: format!("Insufficient Data: {needed} datapoint{s} {were} unknown."),
                data: Some(String::from_utf8_lossy(&json::encode(&data)).into_owned()),
            };
        }
        let shown = needed.clamp(1, 5);
        let points: Vec<(Timestamp, f64)> = (1..=shown)
            .map(|i| floor(at, period, i))
            .map(|when| {
                (
                    when,
                    self.value(definition, site, when, Some(state))
                        .unwrap_or_default(),
                )
            })
            .collect();
        let threshold = number("Threshold").unwrap_or_default();
        let firing = state == State::Alarm;
        let n = if firing { shown } else { 1 };
        let listed: Vec<String> = points
            .iter()
            .take(usize::try_from(n).unwrap_or(1))
            .map(|(when, value)| {
                format!(
                    "{} ({})",
                    float(*value),
                    when.to_jiff().strftime("%d/%m/%y %H:%M:%S")
                )
            })
            .collect();
        let listed = listed.join(", ");
        let operator = definition
            .get("ComparisonOperator")
            .and_then(Value::as_str)
            .unwrap_or("GreaterThanThreshold");
        let comparison = match operator {
            "GreaterThanOrEqualToThreshold" => "greater than or equal to",
            "LessThanThreshold" => "less than",
            "LessThanOrEqualToThreshold" => "less than or equal to",
            _ => "greater than",
        };
        let (path, not) = if firing {
            ("OK -> ALARM", "")
        } else {
            ("ALARM -> OK", " not")
        };
        let (were, s) = if n == 1 { ("was", "") } else { ("were", "s") };
        let last = if evaluated == 1 { "" } else { "s" };
        let text = format!(
            "Threshold Crossed: {n} out of the last {evaluated} datapoint{last} [{listed}] {were}{not} {comparison} the \
             threshold ({}) (minimum {n} datapoint{s} for {path} transition).",
            float(threshold),
        );
        let newest_first = |point: &(Timestamp, f64)| fields! { "timestamp" => stamp(point.0), "sampleCount" => 5.0, "value" => point.1 };
        let data = fields! {
            "version" => "1.0",
            "queryDate" => stamp(at),
            "startDate" => stamp(points.last().map_or(at, |p| p.0)),
            "statistic" => definition.get("Statistic").or(definition.get("ExtendedStatistic")).cloned(),
            "unit" => definition.get("Unit").cloned(),
            "period" => period,
            "recentDatapoints" => points.iter().rev().map(|p| p.1).collect::<Value>(),
            "threshold" => threshold,
            "evaluatedDatapoints" => points.iter().map(newest_first).collect::<Value>(),
        };
        Reason {
            text,
            data: Some(String::from_utf8_lossy(&json::encode(&data)).into_owned()),
        }
    }

    /// The metric's value at a moment; in agreement with the state then, or with `state` when given.
    #[must_use]
    pub fn value(
        &self,
        definition: &Map,
        site: &Site,
        at: Timestamp,
        state: Option<State>,
    ) -> Option<f64> {
        let period = period(definition);
        let needed = definition
            .get("DatapointsToAlarm")
            .or(definition.get("EvaluationPeriods"));
        let ahead = period * needed.and_then(Value::as_int).unwrap_or(1);
        // The values breach before the alarm notices.
        let state = state
            .unwrap_or_else(|| self.state_at(at.plus(Duration::from_secs(ahead.unsigned_abs()))));
        let (good, bad) = match &self.shape {
            Shape::Known(kind, _) => (kind.good, kind.bad),
            _ => ranges(definition),
        };
        let (low, high) = match state {
            State::NoData => return None,
            State::Ok => good,
            State::Alarm => bad,
        };
        let tick = at.as_secs().div_euclid(period.max(1));
        let noise = unit(scramble(self.dice_seed(site) ^ tick.unsigned_abs()));
        #[expect(clippy::cast_precision_loss, reason = "a count of periods")]
        let wave = ((tick as f64) / 37.0).sin().mul_add(0.3, 0.35);
        let share = noise.mul_add(0.3, wave).clamp(0.0, 1.0);
        let value = (high - low).mul_add(share, low);
        let whole = matches!(
            definition.get("Statistic").and_then(Value::as_str),
            Some("Sum" | "Maximum" | "SampleCount")
        );
        Some(if whole && high - low > 1.5 {
            value.round()
        } else {
            (value * 1e4).round() / 1e4
        })
    }

    fn dice_seed(&self, site: &Site) -> u64 {
        let resource = match &self.shape {
            Shape::Known(kind, resource) => (kind.name.len() * 131 + resource.len()) as u64,
            _ => 7,
        };
        site.region
            .bytes()
            .chain(site.account.bytes())
            .fold(resource, |h, b| scramble(h ^ u64::from(b)))
    }
}

/// The ARN of an alarm.
#[must_use]
pub fn arn(site: &Site, name: &str) -> String {
    site.arn("cloudwatch", &format!("alarm:{name}"))
}

/// The period of an alarm or of the first metric of its expression, in seconds.
#[must_use]
pub fn period(definition: &Map) -> i64 {
    let own = definition
        .get("Period")
        .or(definition.get("EvaluationInterval"));
    let nested = || {
        definition
            .get("Metrics")?
            .items()
            .iter()
            .find_map(|m| m.at("MetricStat").at("Period").as_int())
    };
    own.and_then(Value::as_int)
        .or_else(nested)
        .unwrap_or(60)
        .max(1)
}

/// Good and bad values of a metric of which only the threshold is known.
fn ranges(definition: &Map) -> ((f64, f64), (f64, f64)) {
    let threshold = definition
        .get("Threshold")
        .and_then(Value::as_float)
        .unwrap_or(1.0);
    let room = threshold.abs().max(1.0);
    let below = (threshold - room * 0.8, threshold - room * 0.3);
    let above = (threshold + room * 0.1, threshold + room * 0.9);
    let less = definition
        .get("ComparisonOperator")
        .and_then(Value::as_str)
        .is_some_and(|op| op.starts_with("Less"));
    if less { (above, below) } else { (below, above) }
}

fn known(kind: &'static Template, resource: &str, site: &Site) -> Map {
    let mut members = Map(Vec::with_capacity(18));
    let mut add = |name: &'static str, value: Value| members.0.push((name.into(), value));
    if !kind.about.is_empty() {
        add(
            "AlarmDescription",
            kind.about.replace("{}", resource).into(),
        );
    }
    let topic = site.arn("sns", "oncall");
    add("AlarmActions", Value::List(vec![topic.clone().into()]));
    add("OKActions", Value::List(vec![topic.into()]));
    add("MetricName", kind.metric.into());
    add(
        "Namespace",
        kind.fill(kind.namespace, site, resource).into(),
    );
    let percentile = kind.statistic.starts_with('p');
    add(
        if percentile {
            "ExtendedStatistic"
        } else {
            "Statistic"
        },
        kind.statistic.into(),
    );
    let dimension = |(name, value): &(&'static str, &str)| fields! { "Name" => *name, "Value" => kind.fill(value, site, resource) };
    add(
        "Dimensions",
        kind.dimensions.iter().map(dimension).collect(),
    );
    add("Period", kind.period.into());
    add("EvaluationPeriods", kind.datapoints.1.into());
    add("DatapointsToAlarm", kind.datapoints.0.into());
    add("Threshold", kind.threshold.into());
    add(
        "ComparisonOperator",
        if kind.above {
            "GreaterThanThreshold"
        } else {
            "LessThanThreshold"
        }
        .into(),
    );
    add(
        "TreatMissingData",
        if kind.metric == "Heartbeat" {
            "breaching"
        } else {
            "missing"
        }
        .into(),
    );
    members
}

/// The start of the period that lies `back` whole periods before `at`.
#[must_use]
pub fn floor(at: Timestamp, period: i64, back: i64) -> Timestamp {
    Timestamp::from_secs((at.as_secs().div_euclid(period) - back) * period)
}

/// A moment as CloudWatch writes it in JSON documents.
#[must_use]
pub fn stamp(at: Timestamp) -> String {
    at.to_jiff()
        .strftime("%Y-%m-%dT%H:%M:%S%.3f+0000")
        .to_string()
}

/// A number as Java writes it: always with a fraction.
fn float(value: f64) -> String {
    format!("{value:?}")
}

fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}
