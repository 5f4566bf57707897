//! What is particular to AWS Backup.

use std::sync::Arc;

use crate::clock::Timestamp;

/// What sort of job it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    /// A backup job.
    Backup,
    /// A copy job.
    Copy,
    /// A restore job.
    Restore,
    /// No job at all: a protected resource whose job never started.
    Missed,
}

impl JobKind {
    /// The word on the screen and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Copy => "copy",
            Self::Restore => "restore",
            Self::Missed => "missed",
        }
    }
}

/// A job's facts.
#[derive(Clone, Debug, PartialEq)]
pub struct BackupDetail {
    /// What sort of job.
    pub job: JobKind,
    /// Its id; the resource's ARN for a missed one.
    pub id: Arc<str>,
    /// AWS's word: `CREATED`, `PENDING`, `RUNNING`, `ABORTED`, `COMPLETED`, `FAILED`, `EXPIRED`, `PARTIAL`, …
    pub status: Arc<str>,
    /// AWS's sentence on it. Neutralised.
    pub message: Option<Arc<str>>,
    /// AWS's category of that sentence; a completed job whose category is not `SUCCESS` completed with issues.
    pub message_category: Option<Arc<str>>,
    /// The protected resource.
    pub resource_arn: Option<Arc<str>>,
    /// Its name where it has one. Neutralised.
    pub resource_name: Option<Arc<str>>,
    /// Such as `RDS`, `EBS`, `DynamoDB`.
    pub resource_type: Option<Arc<str>>,
    /// The vault, or the destination vault of a copy.
    pub vault: Option<Arc<str>>,
    /// The role that the job uses.
    pub role_arn: Option<Arc<str>>,
    /// The plan that started it.
    pub plan: Option<Arc<str>>,
    /// 0–100.
    pub percent: Option<f64>,
    /// Bytes.
    pub size: Option<i64>,
    /// When it was created.
    pub created: Timestamp,
    /// When it ended, if it has.
    pub completed: Option<Timestamp>,
    /// The recovery point it made.
    pub recovery_point: Option<Arc<str>>,
    /// The last good recovery point of the resource, as far as it is known.
    pub last_good: Option<Timestamp>,
    /// How often the plan backs the resource up, in seconds, as far as it is known.
    pub cadence: Option<u64>,
    /// The id of the later job that made good what this one missed.
    pub superseded_by: Option<Arc<str>>,
}
