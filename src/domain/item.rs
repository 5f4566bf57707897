//! The item: any fact that is worth a row.

use std::borrow::Cow;
use std::sync::Arc;

use crate::clock::Timestamp;

use super::alarm::{self, AlarmDetail};
use super::backup::BackupDetail;
use super::compliance::ComplianceDetail;
use super::finding::FindingDetail;
use super::health::HealthDetail;
use super::incident::{CaseDetail, IncidentDetail, RecordDetail};
use super::kind::Kind;
use super::mute::MuteDetail;
use super::patch::PatchDetail;
use super::scope::Scope;
use super::severity::Severity;
use super::window::WindowDetail;

/// What makes an item the same item on every console, at every time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemKey {
    /// What sort of thing.
    pub kind: Kind,
    /// The account and region it lives in (not the vantage it was seen from).
    pub scope: Scope,
    /// Its id within the kind and scope: an alarm's name, a finding's ARN, a job's id.
    pub id: Arc<str>,
}

/// Whether an item asks for attention, by the facts of its service alone. What operators did about it
/// (acknowledged, snoozed) is the ledger's and is joined later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemState {
    /// It asks for attention: in ALARM, an open finding, a failed job, a window that should have run.
    Open,
    /// It asked for attention and then went silent (an alarm from ALARM to INSUFFICIENT_DATA).
    /// A dead host must not look like a recovery.
    NoData,
    /// Nothing to do: an alarm that is OK, a completed job, a window that waits for its time.
    Calm,
}

impl ItemState {
    /// Whether the item belongs into the Queue.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::NoData)
    }
}

/// One item as the console shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its identity.
    pub key: ItemKey,
    /// Its ARN where it has one that does not follow from its key; see [`Item::arn`].
    pub told_arn: Option<Arc<str>>,
    /// What it is called: alarm name, finding type, OpsItem title, window name, instance, protected resource, rule name.
    /// Neutralised.
    pub name: Arc<str>,
    /// A short sentence made from the facts, not the service's state reason. Neutralised.
    pub title: Arc<str>,
    /// The severity that the source gives or the documented default of the kind; triage rules may override it.
    pub severity: Severity,
    /// Whether it asks for attention.
    pub state: ItemState,
    /// The state in the service's own word: `ALARM`, `ACTIVE/NEW`, `Open`, `FAILED`.
    pub native_state: Arc<str>,
    /// The AWS resource it is about (instance id, ARN, volume) where there is one. Neutralised.
    pub resource: Option<Arc<str>>,
    /// Since when it is as it is; ages are counted from here and rows sorted by it.
    pub opened: Timestamp,
    /// When it last changed in any way.
    pub changed: Timestamp,
    /// The moment that an acknowledgement belongs to; see design section 4.
    pub episode: Timestamp,
    /// What is particular to its kind.
    pub detail: Detail,
}

impl Item {
    /// Its ARN where it has one: as it was told, or composed from its key.
    #[must_use]
    pub fn arn(&self) -> Option<Cow<'_, str>> {
        match (&self.told_arn, self.key.kind) {
            (Some(told), _) => Some(Cow::Borrowed(told)),
            (None, Kind::Alarm) => alarm::arn(self.key.scope, &self.key.id).map(Cow::Owned),
            (None, _) => None,
        }
    }
}

/// The typed part of an item. Alarms, of which there are by far the most, stand in the item itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// See [`AlarmDetail`].
    Alarm(AlarmDetail),
    /// See [`FindingDetail`].
    Finding(Box<FindingDetail>),
    /// See [`IncidentDetail`].
    Incident(Box<IncidentDetail>),
    /// See [`CaseDetail`].
    Case(Box<CaseDetail>),
    /// See [`RecordDetail`].
    Record(Box<RecordDetail>),
    /// See [`WindowDetail`].
    Window(Box<WindowDetail>),
    /// See [`PatchDetail`].
    Patch(Box<PatchDetail>),
    /// See [`BackupDetail`].
    Backup(Box<BackupDetail>),
    /// See [`MuteDetail`].
    Mute(Box<MuteDetail>),
    /// See [`HealthDetail`].
    Health(Box<HealthDetail>),
    /// See [`ComplianceDetail`].
    Compliance(Box<ComplianceDetail>),
}

impl Detail {
    /// The kind that this detail belongs to.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Alarm(_) => Kind::Alarm,
            Self::Finding(_) => Kind::Finding,
            Self::Incident(_) | Self::Case(_) | Self::Record(_) => Kind::Incident,
            Self::Window(_) => Kind::Window,
            Self::Patch(_) => Kind::Patch,
            Self::Backup(_) => Kind::Backup,
            Self::Mute(_) => Kind::Mute,
            Self::Health(_) => Kind::Health,
            Self::Compliance(_) => Kind::Compliance,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_stays_small() {
        // With the two counters before it, one allocation of 240 bytes: a hundred thousand of them are 24 MB.
        assert!(size_of::<Item>() <= 224, "{}", size_of::<Item>());
    }
}
