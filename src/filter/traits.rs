//! Traits: yes-or-no facts of an item that `is:` asks for.

use crate::clock::Timestamp;
use crate::domain::alarm::AlarmWatch;
use crate::domain::backup::{BackupDetail, JobKind};
use crate::domain::window::WindowPhase;
use crate::domain::{Detail, Item};

/// A fact that is either so or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trait {
    /// It asks for attention by its service's own state.
    Open,
    /// A job or window that failed; an instance on which patches failed.
    Failed,
    /// A window or backup whose time came and nothing ran.
    Missed,
    /// A window, job or mute that runs now.
    Running,
    /// A disabled window; an alarm whose actions are disabled.
    Disabled,
    /// A resource whose last good recovery point is older than twice its plan's cadence.
    Overdue,
    /// A job that a later good one made up for.
    Superseded,
    /// A composite alarm.
    Composite,
    /// A finding that GuardDuty counts to an attack sequence.
    Sequence,
    /// An instance or group that lacks patches.
    Unpatched,
    /// An instance or group that lacks critical patches.
    UnpatchedCritical,
    /// An instance or group that lacks security patches.
    UnpatchedSecurity,
    /// An instance whose agent does not answer.
    Offline,
}

impl Trait {
    /// Every trait.
    pub const ALL: &'static [Self] = &[
        Self::Open,
        Self::Failed,
        Self::Missed,
        Self::Running,
        Self::Disabled,
        Self::Overdue,
        Self::Superseded,
        Self::Composite,
        Self::Sequence,
        Self::Unpatched,
        Self::UnpatchedCritical,
        Self::UnpatchedSecurity,
        Self::Offline,
    ];

    /// The word behind `is:`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Failed => "failed",
            Self::Missed => "missed",
            Self::Running => "running",
            Self::Disabled => "disabled",
            Self::Overdue => "overdue",
            Self::Superseded => "superseded",
            Self::Composite => "composite",
            Self::Sequence => "sequence",
            Self::Unpatched => "unpatched",
            Self::UnpatchedCritical => "unpatched-critical",
            Self::UnpatchedSecurity => "unpatched-security",
            Self::Offline => "offline",
        }
    }

    /// What it means, as one sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Open => "It asks for attention.",
            Self::Failed => "A job or window failed, or patches could not be installed.",
            Self::Missed => "A window or backup should have run and did not.",
            Self::Running => "A window, job or mute is running.",
            Self::Disabled => "A window is disabled, or an alarm's actions are.",
            Self::Overdue => {
                "The last good recovery point is older than twice the backup plan's cadence."
            }
            Self::Superseded => "A later job made up for this one.",
            Self::Composite => "A composite alarm.",
            Self::Sequence => "GuardDuty counts the finding to an attack sequence.",
            Self::Unpatched => "Patches are missing.",
            Self::UnpatchedCritical => "Patches that the baseline calls critical are missing.",
            Self::UnpatchedSecurity => "Security patches are missing.",
            Self::Offline => "The instance's agent does not answer.",
        }
    }

    /// Whether the item has it now.
    #[must_use]
    pub fn holds(self, item: &Item, now: Timestamp) -> bool {
        match (self, &item.detail) {
            (Self::Open, _) => item.state.is_open(),
            (Self::Failed, Detail::Backup(job)) => {
                matches!(&*job.status, "FAILED" | "ABORTED" | "EXPIRED" | "PARTIAL")
            }
            (Self::Failed, Detail::Window(window)) => window.phase == WindowPhase::Failed,
            (Self::Failed, Detail::Patch(patch)) => patch.failed > 0,
            (Self::Missed, Detail::Window(window)) => window.phase == WindowPhase::Missed,
            (Self::Missed, Detail::Backup(job)) => job.job == JobKind::Missed,
            (Self::Running, Detail::Window(window)) => window.phase == WindowPhase::Running,
            (Self::Running, Detail::Backup(job)) => {
                matches!(&*job.status, "CREATED" | "PENDING" | "RUNNING" | "STARTED")
            }
            (Self::Running, Detail::Mute(mute)) => mute.current(now).is_some(),
            (Self::Disabled, Detail::Window(window)) => window.phase == WindowPhase::Disabled,
            (Self::Disabled, Detail::Alarm(alarm)) => !alarm.actions_enabled,
            (Self::Overdue, Detail::Backup(job)) => {
                overdue_at(job).is_some_and(|limit| now > limit)
            }
            (Self::Superseded, Detail::Backup(job)) => job.superseded_by.is_some(),
            (Self::Composite, Detail::Alarm(alarm)) => {
                matches!(alarm.terms.watch, AlarmWatch::Composite(_))
            }
            (Self::Sequence, Detail::Finding(finding)) => finding.attack_sequence.is_some(),
            (Self::Unpatched, Detail::Patch(patch)) => patch.missing > 0,
            (Self::UnpatchedCritical, Detail::Patch(patch)) => patch.critical > 0,
            (Self::UnpatchedSecurity, Detail::Patch(patch)) => patch.security > 0,
            (Self::Offline, Detail::Patch(patch)) => {
                patch.ping.as_deref().is_some_and(|ping| ping != "Online")
            }
            _ => false,
        }
    }

    /// When the answer may change by time alone, if ever after `now`.
    #[must_use]
    pub fn next_change(self, item: &Item, now: Timestamp) -> Option<Timestamp> {
        match (self, &item.detail) {
            (Self::Overdue, Detail::Backup(job)) => {
                let after = overdue_at(job)?.plus(std::time::Duration::from_millis(1));
                (after > now).then_some(after)
            }
            (Self::Running, Detail::Mute(mute)) => mute.next_change(now),
            _ => None,
        }
    }
}

/// The last moment at which the last good recovery point is still young enough.
fn overdue_at(job: &BackupDetail) -> Option<Timestamp> {
    if !matches!(job.job, JobKind::Backup | JobKind::Missed) {
        return None;
    }
    let cadence = std::time::Duration::from_secs(job.cadence?);
    Some(job.last_good?.plus(cadence.saturating_mul(2)))
}
