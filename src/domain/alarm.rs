//! What is particular to a CloudWatch alarm.

use std::sync::Arc;

use crate::clock::Timestamp;

use super::scope::{AccountId, Region, Scope};

/// The state that CloudWatch gives an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlarmState {
    /// The condition does not hold.
    Ok,
    /// The condition holds.
    Alarm,
    /// There is not enough data to tell; normal for new or sparse metrics.
    InsufficientData,
}

impl AlarmState {
    /// AWS's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// What an alarm watches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AlarmWatch {
    /// One metric. Every part is optional: anomaly and metric-math alarms leave them out.
    Metric {
        /// Such as `AWS/EC2`.
        namespace: Option<Arc<str>>,
        /// Such as `CPUUtilization`.
        metric: Option<Arc<str>>,
        /// `Average`, `Sum`, `p99` …
        statistic: Option<Arc<str>>,
        /// Seconds per datapoint.
        period: Option<i32>,
    },
    /// A metric-math, Metrics Insights or PromQL expression.
    Expression {
        /// As text.
        text: Arc<str>,
        /// Of the first metric that goes into it, where it names metrics: the alarm's dimensions are that metric's.
        namespace: Option<Arc<str>>,
        /// Its name.
        metric: Option<Arc<str>>,
        /// Seconds per datapoint.
        period: Option<i32>,
    },
    /// A composite alarm's rule, as text.
    Composite(Arc<str>),
}

/// On what terms an alarm fires. Alarms are stamped from templates by the thousand, so equal terms are one copy.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmTerms {
    /// What it watches.
    pub watch: AlarmWatch,
    /// Such as `GreaterThanThreshold`; absent for composite alarms.
    pub comparison: Option<Arc<str>>,
    /// The threshold in the metric's unit; absent for composite and anomaly alarms.
    pub threshold: Option<f64>,
    /// How many of the last datapoints have to breach.
    pub datapoints_to_alarm: Option<i32>,
    /// How many datapoints are looked at.
    pub evaluation_periods: Option<i32>,
    /// `missing`, `breaching`, `notBreaching`, `ignore`.
    pub treat_missing: Option<Arc<str>>,
}

/// What CloudWatch and people say of one alarm; most quiet alarms have none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmRemarks {
    /// CloudWatch's own sentence. Neutralised.
    pub reason: Option<Arc<str>>,
    /// The alarm's description; runbook addresses often stand here. Neutralised.
    pub description: Option<Arc<str>>,
    /// `Alarm`, `WaitPeriod` or `ExtensionPeriod` where a suppressor holds its actions back.
    pub suppressed_by: Option<Arc<str>>,
    /// `PARTIAL_DATA`, `EVALUATION_ERROR` or `EVALUATION_FAILURE` where CloudWatch says so.
    pub evaluation: Option<Arc<str>>,
}

impl AlarmRemarks {
    const NONE: &'static Self = &Self {
        reason: None,
        description: None,
        suppressed_by: None,
        evaluation: None,
    };
}

/// An alarm's facts, small because there are a hundred thousand of them. Descriptions and reasons are kept only while
/// it is not OK.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmDetail {
    /// CloudWatch's state.
    pub state: AlarmState,
    /// Whether it came from ALARM to INSUFFICIENT_DATA, as far as noctop saw.
    pub was_alarm: bool,
    /// Whether its actions are enabled; a disabled alarm is still red.
    pub actions_enabled: bool,
    /// How many actions it would take on ALARM.
    pub actions: u32,
    /// On what terms it fires.
    pub terms: Arc<AlarmTerms>,
    /// Name and value pairs of its metric, such as `InstanceId`.
    pub dimensions: Box<[(Arc<str>, Arc<str>)]>,
    /// The last datapoint that CloudWatch judged, from `StateReasonData`.
    pub value: Option<f64>,
    /// What is said of it, where anything is; see [`AlarmDetail::remarks`].
    pub remarks: Option<Box<AlarmRemarks>>,
    /// `StateTransitionedTimestamp`: when the state's value last changed.
    pub transitioned: Timestamp,
}

impl AlarmDetail {
    /// An alarm that came into its state at this time, with actions enabled but none to take.
    #[must_use]
    pub fn new(state: AlarmState, terms: Arc<AlarmTerms>, transitioned: Timestamp) -> Self {
        Self {
            state,
            was_alarm: false,
            actions_enabled: true,
            actions: 0,
            terms,
            dimensions: Box::default(),
            value: None,
            remarks: None,
            transitioned,
        }
    }

    /// What is said of it.
    #[must_use]
    pub fn remarks(&self) -> &AlarmRemarks {
        self.remarks.as_deref().unwrap_or(AlarmRemarks::NONE)
    }

    /// The same alarm with these remarks.
    #[must_use]
    pub fn remarked(mut self, remarks: AlarmRemarks) -> Self {
        self.remarks = (remarks != *AlarmRemarks::NONE).then(|| Box::new(remarks));
        self
    }
}

/// The ARN that the alarm of this name has. None where the account is not known.
#[must_use]
pub fn arn(scope: Scope, name: &str) -> Option<String> {
    let Scope { account, region } = scope;
    let partition = region.partition();
    (account != AccountId::UNKNOWN && region != Region::GLOBAL)
        .then(|| format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"))
}
