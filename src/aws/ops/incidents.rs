//! Incident Manager: notes in the timeline of an incident, and its end.

use aws_sdk_ssmincidents::types::{IncidentRecordStatus, SortOrder};
use serde_json::{Map, Value};

use crate::audit::{Open, Permit, Target, TargetOutcome};
use crate::aws::access::Access;
use crate::aws::moment::{date, moment};
use crate::clock::Timestamp;
use crate::domain::text::clean;
use crate::domain::{Fault, Scope};

use super::act::{Change, all_ok, not_ok};
use super::look::{Found, SKEW, WINDOW, ended, settle};
use super::mutations::{CREATE_TIMELINE_EVENT, Mutation, UPDATE_INCIDENT_RECORD};
use super::{GET_INCIDENT_RECORD, GET_TIMELINE_EVENT, LIST_TIMELINE_EVENTS};

/// The longest note, in characters; the service takes 12,000 of its JSON (API reference: CreateTimelineEvent).
pub const LONGEST: usize = 8_000;

/// A note that everybody who responds reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteInIncident {
    /// Where the incident's data is.
    pub scope: Scope,
    /// The incident's ARN.
    pub record: String,
    /// What is noted, at most [`LONGEST`] characters.
    pub note: String,
    /// When it was written.
    pub at: Timestamp,
}

impl Change for NoteInIncident {
    fn mutation(&self) -> &'static Mutation {
        &CREATE_TIMELINE_EVENT
    }

    fn targets(&self, _: &Access) -> Vec<Target> {
        vec![Target::new(self.scope, &self.record)]
    }

    fn parameters(&self) -> Map<String, Value> {
        Map::from_iter([("note".to_owned(), self.note.as_str().into())])
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let token = permit.token();
        let acting = access.permitted(permit);
        let answer = acting
            .incidents(&CREATE_TIMELINE_EVENT.op, |client, with| {
                client
                    .create_timeline_event()
                    .client_token(&*token)
                    .incident_record_arn(&self.record)
                    .event_type("Note")
                    .event_time(date(self.at))
                    .event_data(Value::from(self.note.as_str()).to_string())
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(out) => all_ok(&acting, &targets, out.event_id()),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// An incident that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveIncident {
    /// Where the incident's data is.
    pub scope: Scope,
    /// The incident's ARN.
    pub record: String,
}

impl Change for ResolveIncident {
    fn mutation(&self) -> &'static Mutation {
        &UPDATE_INCIDENT_RECORD
    }

    fn targets(&self, _: &Access) -> Vec<Target> {
        vec![Target::new(self.scope, &self.record)]
    }

    fn parameters(&self) -> Map<String, Value> {
        Map::from_iter([("status".to_owned(), "RESOLVED".into())])
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let token = permit.token();
        let acting = access.permitted(permit);
        let answer = acting
            .incidents(&UPDATE_INCIDENT_RECORD.op, |client, with| {
                client
                    .update_incident_record()
                    .client_token(&*token)
                    .arn(&self.record)
                    .status(IncidentRecordStatus::Resolved)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(_) => all_ok(&acting, &targets, ""),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// The status of an incident.
pub(super) async fn status(access: &Access, record: &str) -> Result<String, Fault> {
    let out = access
        .incidents(&GET_INCIDENT_RECORD, |client, with| {
            client
                .get_incident_record()
                .arn(record)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let status = out.incident_record().map(|record| record.status().as_str());
    Ok(clean(status.unwrap_or_default()).into_owned())
}

/// What became of an incident that was to be resolved.
pub(super) async fn look_resolved(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let Ok(status) = status(access, &target.id).await else {
        return Found::NotYet;
    };
    settle(open, &targets, |_| {
        Some((status == "RESOLVED", format!("its status is {status}")))
    })
}

/// What became of a note: whether the same stands in the timeline since then.
pub(super) async fn look_noted(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let (from, to) = (open.at.minus(SKEW), open.at.plus(WINDOW));
    let wanted = Value::from(open.parameter("note")).to_string();
    let answer = access
        .incidents(&LIST_TIMELINE_EVENTS, |client, with| {
            client
                .list_timeline_events()
                .incident_record_arn(&*target.id)
                .sort_order(SortOrder::Descending)
                .max_results(100)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    let Ok(out) = answer else {
        return Found::NotYet;
    };
    for event in out.event_summaries() {
        let at = moment(Some(event.event_time()));
        if event.event_type() != "Note" || !at.is_some_and(|at| from <= at && at <= to) {
            continue;
        }
        let Ok(text) = text(access, &target.id, event.event_id()).await else {
            return Found::NotYet;
        };
        if text == wanted {
            return ended(&targets, event.event_id());
        }
    }
    settle(open, &targets, |_| {
        Some((
            false,
            "nothing of the kind stands in its timeline".to_owned(),
        ))
    })
}

/// What an event of an incident says, as the service keeps it: JSON.
pub async fn text(access: &Access, record: &str, event: &str) -> Result<String, Fault> {
    let out = access
        .incidents(&GET_TIMELINE_EVENT, |client, with| {
            client
                .get_timeline_event()
                .incident_record_arn(record)
                .event_id(event)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let event = out.event().map(|event| event.event_data().to_owned());
    Ok(event.unwrap_or_default())
}
