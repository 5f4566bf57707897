//! What happened to an OpsItem, and what it is related to.

use aws_sdk_ssm::types::{
    OpsItemEventFilter, OpsItemEventFilterKey, OpsItemEventFilterOperator, OpsItemIdentity,
};

use crate::aws::access::Access;
use crate::aws::ops::{LIST_OPS_ITEM_EVENTS, LIST_OPS_ITEM_RELATED};
use crate::clock::Timestamp;
use crate::domain::Fault;
use crate::domain::closer::Told;

use super::{MOST, or_unread};

pub(super) async fn of(access: &Access, id: &str) -> Vec<Told> {
    let mut told = or_unread("related", related(access, id).await);
    told.extend(or_unread("event", events(access, id).await));
    told
}

/// The last part of an ARN that says who: a role's session, a user, a service.
fn who(identity: Option<&OpsItemIdentity>) -> String {
    let arn = identity.and_then(OpsItemIdentity::arn).unwrap_or_default();
    match arn.rsplit(['/', ':']).next() {
        Some("") | None => String::new(),
        Some(name) => format!(" · {name}"),
    }
}

async fn events(access: &Access, id: &str) -> Result<Vec<Told>, Fault> {
    let only = OpsItemEventFilter::builder()
        .key(OpsItemEventFilterKey::OpsitemId)
        .operator(OpsItemEventFilterOperator::Equal)
        .values(id)
        .build();
    // Three parts are required, and all are there.
    let Ok(only) = only else {
        return Ok(Vec::new());
    };
    let out = access
        .ssm(&LIST_OPS_ITEM_EVENTS, |client, with| {
            client
                .list_ops_item_events()
                .filters(only)
                .max_results(50)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let mut events: Vec<Told> = out
        .summaries
        .unwrap_or_default()
        .into_iter()
        .filter_map(|event| {
            let at = Timestamp::from_secs(event.created_time?.secs());
            let what = event.detail_type.or(event.source).unwrap_or_default();
            Some(Told::event(
                "event",
                at,
                &format!("{what}{}", who(event.created_by.as_ref())),
            ))
        })
        .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events.truncate(MOST);
    Ok(events)
}

async fn related(access: &Access, id: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .ssm(&LIST_OPS_ITEM_RELATED, |client, with| {
            client
                .list_ops_item_related_items()
                .ops_item_id(id)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let items = out.summaries.unwrap_or_default().into_iter();
    Ok(items
        .take(MOST)
        .map(|item| {
            let kind = item.resource_type.unwrap_or_default();
            let kind = kind.strip_prefix("AWS::").unwrap_or(&kind);
            let text = format!("{kind} {}", item.resource_uri.unwrap_or_default());
            Told::fact("related", text.trim())
        })
        .collect())
}
