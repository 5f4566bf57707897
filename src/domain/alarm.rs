//! What is particular to a CloudWatch alarm.

use std::sync::Arc;

use crate::clock::Timestamp;

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
#[derive(Clone, Debug, PartialEq)]
pub enum AlarmWatch {
    /// One metric. Every part but the threshold is optional: anomaly and metric-math alarms leave them out.
    Metric {
        /// Such as `AWS/EC2`.
        namespace: Option<Arc<str>>,
        /// Such as `CPUUtilization`.
        metric: Option<Arc<str>>,
        /// Name and value pairs, such as `InstanceId`.
        dimensions: Vec<(Arc<str>, Arc<str>)>,
        /// `Average`, `Sum`, `p99` …
        statistic: Option<Arc<str>>,
        /// Seconds per datapoint.
        period: Option<i32>,
    },
    /// A metric-math, Metrics Insights or PromQL expression, as text.
    Expression(Arc<str>),
    /// A composite alarm's rule, as text.
    Composite(Arc<str>),
}

/// An alarm's facts. Descriptions and reasons are kept only while it is not OK, to stay small at 100,000 alarms.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmDetail {
    /// CloudWatch's state.
    pub state: AlarmState,
    /// Whether it came from ALARM to INSUFFICIENT_DATA, as far as noctop saw.
    pub was_alarm: bool,
    /// What it watches.
    pub watch: AlarmWatch,
    /// Such as `GreaterThanThreshold`; absent for composite alarms.
    pub comparison: Option<Arc<str>>,
    /// The threshold in the metric's unit; absent for composite and anomaly alarms.
    pub threshold: Option<f64>,
    /// The last datapoint that CloudWatch judged, from `StateReasonData`.
    pub value: Option<f64>,
    /// How many of the last datapoints have to breach.
    pub datapoints_to_alarm: Option<i32>,
    /// How many datapoints are looked at.
    pub evaluation_periods: Option<i32>,
    /// `missing`, `breaching`, `notBreaching`, `ignore`.
    pub treat_missing: Option<Arc<str>>,
    /// CloudWatch's own sentence. Neutralised.
    pub reason: Option<Arc<str>>,
    /// The alarm's description; runbook addresses often stand here. Neutralised.
    pub description: Option<Arc<str>>,
    /// Whether its actions are enabled; a disabled alarm is still red.
    pub actions_enabled: bool,
    /// How many actions it would take on ALARM.
    pub actions: u32,
    /// `Alarm`, `WaitPeriod` or `ExtensionPeriod` where a suppressor holds its actions back.
    pub suppressed_by: Option<Arc<str>>,
    /// `PARTIAL_DATA`, `EVALUATION_ERROR` or `EVALUATION_FAILURE` where CloudWatch says so.
    pub evaluation: Option<Arc<str>>,
    /// `StateTransitionedTimestamp`: when the state's value last changed.
    pub transitioned: Timestamp,
}
