//! The Queue: everything that asks for attention, worst first. One list answers "what now?".

use crate::domain::{Kind, SourceId};
use crate::store::projection::QUEUE_ORDER;

use super::cells::{
    ACCOUNT, AGE, FACT_NARROW, FACT_WIDE, MARKS, REGION, REGION_SHORT, SEVERITY, STATE,
    STATE_SHORT, WHAT_MIDDLE, WHAT_NARROW, WHAT_WIDE,
};
use super::{Lists, PaneSpec, Place};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "queue",
    title: "Queue",
    short: "Que",
    place: Place::Tab,
    lists: Lists::Open(Kind::ASKING),
    sources: &[
        SourceId::Cloudwatch,
        SourceId::Guardduty,
        SourceId::Securityhub,
        SourceId::Opsitems,
        SourceId::Windows,
        SourceId::Patches,
        SourceId::Backup,
        SourceId::Support,
        SourceId::Health,
        SourceId::Incidentmanager,
        SourceId::Config,
        SourceId::Trustedadvisor,
    ],
    columns: &[
        SEVERITY,
        AGE,
        STATE_SHORT,
        STATE,
        MARKS,
        ACCOUNT,
        REGION_SHORT,
        REGION,
        WHAT_NARROW,
        WHAT_MIDDLE,
        WHAT_WIDE,
        FACT_NARROW,
        FACT_WIDE,
    ],
    order: &QUEUE_ORDER,
    order_name: "severity, state, oldest first",
    calm: "Nothing asks for attention.",
};
