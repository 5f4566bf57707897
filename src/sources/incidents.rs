//! Incident Manager: incidents that are open.
//!
//! `ListReplicationSets` (none: it is not used here) → `GetReplicationSet` (which regions have the data; once an hour) →
//! `ListIncidentRecords` with `status = OPEN`, a hundred a page. The incidents of an account are the same in every region of its
//! replication set, so every one of these regions tells the same item: it stands in the first of them, and is known as long as any of
//! them can be read.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ssmincidents::types::{AttributeValueList, Condition, Filter, IncidentRecordSummary};
use serde_json::Value;

use crate::aws::classify::make;
use crate::aws::moment::moment;
use crate::aws::ops::{
    GET_INCIDENT_RECORD, GET_REPLICATION_SET, LIST_INCIDENT_RECORDS, LIST_REPLICATION_SETS,
};
use crate::domain::incident::RecordDetail;
use crate::domain::text::clean_arc;
use crate::domain::{
    Detail, Fault, FaultKind, Item, ItemKey, ItemState, Kind, Record, Region, Scope, Severity,
    Slice, SourceId,
};

use super::believed::Believed;
use super::{Ask, Look, Pages, Part, Plane, Reach, SliceSpec, Source, intern};

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Incidentmanager,
    kinds: &[Kind::Incident],
    slices: &[SliceSpec {
        slice: Slice::ALL,
        every: Duration::from_secs(120),
        part: Part::Snapshot,
        reach: Reach::Scope,
        plane: Plane::Regional,
    }],
    ask: |ask| Box::pin(self::ask(ask)),
    raw: |look| Box::pin(raw(look)),
};

/// The most incidents that one page gives (the model says 100).
const PAGE: i32 = 100;
/// How long the regions of a replication set are believed.
const SET_FOR: Duration = Duration::from_secs(3_600);

/// The regions of the replication set.
type Memory = Believed<Vec<Region>>;

async fn ask(ask: Ask) -> Result<(), Fault> {
    let regions = regions(&ask).await?;
    let here = ask.scope();
    // A region that is no part of the set knows nothing of them; the others tell.
    let Some(&first) = regions.first().filter(|_| regions.contains(&here.region)) else {
        return Ok(());
    };
    let home = Scope {
        region: first,
        ..here
    };
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let open = AttributeValueList::StringValues(vec!["OPEN".to_owned()]);
        let filter = Filter::builder()
            .key("status")
            .condition(Condition::Equals(open))
            .build();
        // Both required members are set above; the builder cannot say no.
        let filters = filter.map(|f| vec![f]).unwrap_or_default();
        let out = ask
            .access()
            .incidents(&LIST_INCIDENT_RECORDS, |client, with| {
                client
                    .list_incident_records()
                    .set_filters(Some(filters))
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let told = out.incident_record_summaries();
        let records = told.iter().filter_map(|one| record(home, one));
        ask.page(records.collect()).await;
        pages.turn(&LIST_INCIDENT_RECORDS, out.next_token)?;
    }
    Ok(())
}

/// The regions that have the account's incidents, always in the same order.
///
/// # Errors
/// [`FaultKind::Disabled`] where there is no replication set: that is how the service says that it is not used.
async fn regions(ask: &Ask) -> Result<Vec<Region>, Fault> {
    let memory: Arc<Memory> = ask.memory();
    if let Some(regions) = memory.get(ask.now(), SET_FOR) {
        return Ok(regions);
    }
    let listed = ask
        .access()
        .incidents(&LIST_REPLICATION_SETS, |client, with| {
            client
                .list_replication_sets()
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let Some(arn) = listed.replication_set_arns().first() else {
        return Err(make(
            FaultKind::Disabled,
            None,
            format!("Incident Manager is not used in {}.", ask.access().place()),
            "",
        ));
    };
    let found = ask
        .access()
        .incidents(&GET_REPLICATION_SET, |client, with| {
            client
                .get_replication_set()
                .arn(arn)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let named = found.replication_set().map(|set| set.region_map().keys());
    let mut regions: Vec<Region> = named
        .into_iter()
        .flatten()
        .filter_map(|region| region.parse().ok())
        .collect();
    regions.sort_unstable();
    memory.set(ask.now(), regions.clone());
    Ok(regions)
}

async fn raw(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    access
        .incidents(&GET_INCIDENT_RECORD, |client, with| {
            client
                .get_incident_record()
                .arn(&*look.item.key.id)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    tape.json()
        .and_then(|body| body.get("incidentRecord").cloned())
        .ok_or_else(|| look.gone(&GET_INCIDENT_RECORD))
}

/// The severity of an impact (user guide of Incident Manager: 1 critical, 2 high, 3 medium, 4 low, 5 no impact).
const fn severity(impact: i32) -> Severity {
    match impact {
        1 => Severity::Critical,
        2 => Severity::High,
        3 => Severity::Medium,
        4 => Severity::Low,
        _ => Severity::Info,
    }
}

/// An incident as a record. `None` for an answer without an ARN.
fn record(home: Scope, one: &IncidentRecordSummary) -> Option<Record> {
    let id = clean_arc(Some(one.arn()).filter(|arn| !arn.is_empty())?);
    let title = clean_arc(one.title());
    let status = intern(one.status().as_str());
    let created = moment(Some(one.creation_time())).unwrap_or_default();
    let source = one.incident_record_source();
    // arn:aws:ssm-incidents::ACCOUNT:incident-record/PLAN/ID
    let plan = id
        .split('/')
        .nth(1)
        .filter(|plan| !plan.is_empty())
        .map(Arc::from);
    let began_by = source.and_then(|s| s.resource_arn()).map(clean_arc);
    let item = Item {
        key: ItemKey {
            kind: Kind::Incident,
            scope: home,
            id: Arc::clone(&id),
        },
        told_arn: Some(Arc::clone(&id)),
        name: Arc::clone(&title),
        title,
        severity: severity(one.impact()),
        state: if &*status == "RESOLVED" {
            ItemState::Calm
        } else {
            ItemState::Open
        },
        native_state: Arc::clone(&status),
        resource: began_by.clone(),
        opened: created,
        changed: created,
        episode: created,
        detail: Detail::Record(Box::new(RecordDetail {
            status,
            impact: one.impact(),
            plan,
            source: source.map(|s| intern(s.source())),
            began_by,
            created_by: source.map(|s| clean_arc(s.created_by())),
        })),
    };
    Some(Record { native: id, item })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ssmincidents::types::{IncidentRecordSource, IncidentRecordStatus};
    use aws_smithy_types::DateTime;

    #[test]
    fn an_incident_points_to_the_alarm_that_began_it() {
        let home = Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let alarm = "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:burn: rate";
        let source = IncidentRecordSource::builder()
            .created_by("arn:aws:iam::111111111111:role/x")
            .source("aws.cloudwatch")
            .resource_arn(alarm)
            .build()
            .unwrap();
        let one = IncidentRecordSummary::builder()
            .arn("arn:aws:ssm-incidents::111111111111:incident-record/checkout/1f2e")
            .title("Checkout\u{1b}[2J burns")
            .status(IncidentRecordStatus::Open)
            .impact(2)
            .creation_time(DateTime::from_secs(1_795_240_800))
            .incident_record_source(source)
            .build()
            .unwrap();
        let item = record(home, &one).unwrap().item;
        assert_eq!(
            (item.severity, item.state),
            (Severity::High, ItemState::Open)
        );
        assert!(!item.name.contains('\u{1b}'));
        let Detail::Record(detail) = &item.detail else {
            panic!()
        };
        assert_eq!(detail.plan.as_deref(), Some("checkout"));
        let cause = detail.cause().unwrap();
        assert_eq!((cause.kind, &*cause.id), (Kind::Alarm, "burn: rate"));
    }
}
