//! OpsCenter: OpsItems that are not resolved or closed.
//!
//! `DescribeOpsItems` with a status filter for the open ones, 50 a page. OpsCenter's own severity is a text `1`
//! (worst) to `4`; where nobody set one the OpsItem counts as medium, because somebody or something asked for work.
//! Where a resource data sync gathers those of the organization, it is asked instead of the accounts that it speaks for.

mod organization;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ssm::types::{
    OpsItemFilter, OpsItemFilterKey, OpsItemFilterOperator, OpsItemStatus, OpsItemSummary,
};
use serde_json::Value;

use crate::aws::ops::{DESCRIBE_OPS_ITEMS, GET_OPS_ITEM};
use crate::clock::Timestamp;
use crate::domain::incident::IncidentDetail;
use crate::domain::text::{clean, clean_arc};
use crate::domain::{
    Detail, Fault, Item, ItemKey, ItemState, Kind, Record, Scope, Severity, Slice, SourceId,
};

use super::spoken::Spoken;
use super::{Ask, Look, Pages, Part, Plane, Reach, SliceSpec, Source};

/// The OpsItems of the whole organization.
pub const ORGANIZATION: Slice = Slice("organization");

const fn slice(slice: Slice, reach: Reach, plane: Plane) -> SliceSpec {
    SliceSpec {
        slice,
        every: Duration::from_secs(60),
        part: Part::Snapshot,
        reach,
        plane,
    }
}

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Opsitems,
    kinds: &[Kind::Incident],
    slices: &[
        slice(ORGANIZATION, Reach::Organization, Plane::Home),
        slice(Slice::ALL, Reach::Rest, Plane::Regional),
    ],
    ask: |ask| match ask.slice() {
        ORGANIZATION => Box::pin(organization::ask(ask)),
        _ => Box::pin(self::ask(ask)),
    },
    raw: |look| Box::pin(raw(look)),
};

/// The most OpsItems that one page gives (the model says 50).
const PAGE: i32 = 50;

/// Statuses that ask for somebody's attention. The others are done with, or belong to Change Manager, which is
/// closed to new customers and whose requests are no incidents.
const OPEN: &[OpsItemStatus] = &[
    OpsItemStatus::Open,
    OpsItemStatus::InProgress,
    OpsItemStatus::Pending,
];

async fn ask(ask: Ask) -> Result<(), Fault> {
    let spoken: Arc<Spoken> = ask.shared_memory();
    if spoken.speaks_for(ask.scope(), ask.now()) {
        return Ok(());
    }
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let filter = OpsItemFilter::builder()
            .key(OpsItemFilterKey::Status)
            .operator(OpsItemFilterOperator::Equal)
            .set_values(Some(OPEN.iter().map(|s| s.as_str().to_owned()).collect()))
            .build();
        // Every required member is set above; the builder cannot say no.
        let filters = filter.map(|f| vec![f]).unwrap_or_default();
        let out = ask
            .access()
            .ssm(&DESCRIBE_OPS_ITEMS, |client, with| {
                client
                    .describe_ops_items()
                    .set_ops_item_filters(Some(filters))
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let summaries = out.ops_item_summaries.unwrap_or_default();
        ask.page(
            summaries
                .iter()
                .filter_map(|o| record(ask.scope(), o))
                .collect(),
        )
        .await;
        pages.turn(&DESCRIBE_OPS_ITEMS, out.next_token)?;
    }
    Ok(())
}

async fn raw(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    access
        .ssm(&GET_OPS_ITEM, |client, with| {
            client
                .get_ops_item()
                .ops_item_id(&*look.item.key.id)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    tape.json()
        .and_then(|body| body.get("OpsItem").cloned())
        .ok_or_else(|| look.gone(&GET_OPS_ITEM))
}

/// Statuses that mean that nobody has to do anything any more.
const CLOSED: &[OpsItemStatus] = &[
    OpsItemStatus::Resolved,
    OpsItemStatus::Closed,
    OpsItemStatus::Cancelled,
];

/// The severity of an OpsItem.
fn severity(native: Option<&str>) -> Severity {
    match native {
        Some("1") => Severity::Critical,
        Some("2") => Severity::High,
        Some("3") => Severity::Medium,
        Some("4") => Severity::Low,
        _ => Severity::Medium,
    }
}

fn time(at: Option<&aws_smithy_types::DateTime>) -> Timestamp {
    at.and_then(|t| t.to_millis().ok())
        .map(Timestamp::from_millis)
        .unwrap_or_default()
}

/// What is told of an OpsItem, however it is asked for.
struct Told<'a> {
    id: &'a str,
    title: Option<&'a str>,
    status: &'a str,
    severity: Option<&'a str>,
    category: Option<&'a str>,
    source: Option<&'a str>,
    priority: Option<i32>,
    item_type: Option<&'a str>,
    created_by: Option<&'a str>,
    modified_by: Option<&'a str>,
    created: Timestamp,
    modified: Timestamp,
    data: Vec<(String, String)>,
}

/// An OpsItem as a record. `None` for an answer without an id.
#[must_use]
pub fn record(vantage: Scope, ops_item: &OpsItemSummary) -> Option<Record> {
    let data = ops_item.operational_data().into_iter().flatten();
    let told = Told {
        id: ops_item.ops_item_id()?,
        title: ops_item.title(),
        status: ops_item.status().map_or("Open", OpsItemStatus::as_str),
        severity: ops_item.severity(),
        category: ops_item.category(),
        source: ops_item.source(),
        priority: ops_item.priority(),
        item_type: ops_item.ops_item_type(),
        created_by: ops_item.created_by(),
        modified_by: ops_item.last_modified_by(),
        created: time(ops_item.created_time()),
        modified: time(ops_item.last_modified_time()),
        data: data
            .filter_map(|(key, value)| Some((key.clone(), value.value()?.to_owned())))
            .collect(),
    };
    Some(item(vantage, told))
}

fn item(scope: Scope, told: Told<'_>) -> Record {
    let closed = CLOSED.iter().any(|status| status.as_str() == told.status);
    let changed = told.modified.max(told.created);
    let mut data: Vec<(Arc<str>, Arc<str>)> = told
        .data
        .iter()
        .map(|(key, value)| (clean_arc(key), clean_arc(value)))
        .collect();
    data.sort();
    let resource = data
        .iter()
        .find(|(key, _)| &**key == "/aws/resources")
        .and_then(|(_, json)| first_arn(json));
    let native: Arc<str> = clean_arc(told.id);
    let title = clean_arc(told.title.unwrap_or(told.id));
    let item = Item {
        key: ItemKey {
            kind: Kind::Incident,
            scope,
            id: Arc::clone(&native),
        },
        told_arn: None,
        name: Arc::clone(&title),
        title,
        severity: severity(told.severity),
        state: if closed {
            ItemState::Calm
        } else {
            ItemState::Open
        },
        native_state: Arc::from(clean(told.status).as_ref()),
        resource,
        opened: told.created,
        changed,
        // OpsCenter keeps no time of re-opening in its list; the creation is what every console computes alike.
        episode: told.created,
        detail: Detail::Incident(Box::new(IncidentDetail {
            id: Arc::clone(&native),
            status: clean_arc(told.status),
            source: told.source.map(clean_arc),
            category: told.category.filter(|c| !c.is_empty()).map(clean_arc),
            native_severity: told.severity.filter(|s| !s.is_empty()).map(clean_arc),
            priority: told.priority,
            item_type: told.item_type.map(clean_arc),
            created_by: told.created_by.map(clean_arc),
            modified_by: told.modified_by.map(clean_arc),
            data,
        })),
    };
    Record { native, item }
}

/// The first ARN of `/aws/resources`, which holds JSON such as `[{"arn":"…"}]`.
fn first_arn(json: &str) -> Option<Arc<str>> {
    let value: Value = serde_json::from_str(json).ok()?;
    value
        .as_array()?
        .first()?
        .get("arn")?
        .as_str()
        .map(clean_arc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ssm::types::OpsItemDataValue;

    fn vantage() -> Scope {
        Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    #[test]
    fn work_in_progress_is_open_and_resolved_work_is_not() {
        for (status, state) in [
            (OpsItemStatus::Open, ItemState::Open),
            (OpsItemStatus::InProgress, ItemState::Open),
            (OpsItemStatus::Resolved, ItemState::Calm),
        ] {
            let item = record(
                vantage(),
                &OpsItemSummary::builder()
                    .ops_item_id("oi-1")
                    .status(status)
                    .build(),
            )
            .unwrap()
            .item;
            assert_eq!(item.state, state);
        }
    }

    #[test]
    fn the_resource_comes_from_the_operational_data() {
        let data = OpsItemDataValue::builder()
            .value(r#"[{"arn":"arn:aws:ec2:eu-west-1:111111111111:instance/i-0f3"}]"#)
            .build();
        let ops_item = OpsItemSummary::builder()
            .ops_item_id("oi-1")
            .operational_data("/aws/resources", data)
            .build();
        let item = record(vantage(), &ops_item).unwrap().item;
        assert_eq!(
            item.resource.as_deref(),
            Some("arn:aws:ec2:eu-west-1:111111111111:instance/i-0f3")
        );
    }

    #[test]
    fn an_unrated_ops_item_is_medium() {
        assert_eq!(severity(None), Severity::Medium);
        assert_eq!(severity(Some("")), Severity::Medium);
        assert_eq!(severity(Some("1")), Severity::Critical);
    }
}
