//! The OpsItems of a whole organization, as Systems Manager Explorer has them through a resource data sync.
//!
//! `ListResourceDataSync` → `GetOpsSummary` with the sync's name, 50 a page. Explorer tells every attribute as a text
//! (API reference of GetOpsSummary), and from which account and region it has it (`SourceAccountId`, `SourceRegion`, user guide of Change
//! Manager). What it has lags by what the sync takes; one that has not gathered for a quarter of an hour is not believed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ssm::types::{OpsEntity, OpsFilter, OpsFilterOperatorType, OpsResultAttribute};
use serde::Deserialize;

use crate::aws::classify::make;
use crate::aws::ops::GET_OPS_SUMMARY;
use crate::aws::pages::gather;
use crate::clock::Timestamp;
use crate::domain::{Fault, FaultKind, Record, Region, Scope};
use crate::sources::spoken::{self, NotOurs};
use crate::sources::{Ask, syncs};

use super::{OPEN, PAGE, Told, item};

/// The type of data that is asked for.
const OPS_ITEM: &str = "AWS:OpsItem";
/// How long the answer speaks for a scope: two askings and a bit.
const ANSWER_FOR: Duration = Duration::from_secs(150);
/// How long ago a sync may have gathered last.
const GATHERED_WITHIN: Duration = Duration::from_secs(900);

const NOT_OURS: NotOurs = NotOurs {
    what: "The OpsItems of all accounts",
    advice: "A resource data sync of the organization is made in Systems Manager Explorer, in the management account or a delegated administrator's.",
};

pub(super) async fn ask(ask: Ask) -> Result<(), Fault> {
    let answer = answer(&ask).await;
    spoken::conclude(&ask, ANSWER_FOR, answer, &NOT_OURS)
}

/// Hands over the OpsItems of all scopes that the sync here speaks for, and says which these are.
async fn answer(ask: &Ask) -> Result<HashSet<Scope>, Fault> {
    let Some(sync) = syncs::find(ask, |name| name != syncs::NODES, GATHERED_WITHIN).await? else {
        // It may stand in another region, or nowhere; both is a fact.
        ask.speak_for(Arc::default());
        return Ok(HashSet::new());
    };
    let entities = entities(ask, &sync.name).await?;
    let mut placed: Vec<(Scope, Record)> = Vec::with_capacity(entities.len());
    for entity in &entities {
        let Some(content) = content(entity) else {
            continue;
        };
        let scope = scope(content, sync.only_region()).ok_or_else(|| unplaced(ask, &sync.name))?;
        placed.extend(told(content, entity.id()).map(|told| (scope, item(scope, told))));
    }
    let named = placed.iter().map(|(scope, _)| scope.account).collect();
    let scopes = sync.scopes(ask, &named);
    ask.speak_for(spoken::in_order(&scopes));
    let records = placed
        .into_iter()
        .filter(|(scope, _)| scopes.contains(scope))
        .map(|(scope, record)| Record {
            // Ids are one account's own.
            native: Arc::from(format!("{scope}/{}", record.native)),
            ..record
        });
    ask.pages(records).await;
    Ok(scopes)
}

async fn entities(ask: &Ask, sync: &str) -> Result<Vec<OpsEntity>, Fault> {
    // Every required member is set; the builders cannot say no.
    let open = OpsFilter::builder()
        .key("AWS:OpsItem.Status")
        .set_values(Some(OPEN.iter().map(|s| s.as_str().to_owned()).collect()))
        .r#type(OpsFilterOperatorType::Equal)
        .build()
        .ok();
    let wanted = OpsResultAttribute::builder()
        .type_name(OPS_ITEM)
        .build()
        .ok();
    let (open, wanted) = (&open, &wanted);
    gather(&GET_OPS_SUMMARY, u32::MAX, |token| async move {
        let out = ask
            .access()
            .ssm(&GET_OPS_SUMMARY, |client, with| {
                client
                    .get_ops_summary()
                    .sync_name(sync)
                    .set_filters(open.clone().map(|filter| vec![filter]))
                    .set_result_attributes(wanted.clone().map(|wanted| vec![wanted]))
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((out.entities.unwrap_or_default(), out.next_token))
    })
    .await
}

/// The attributes of an OpsItem.
type Content<'a> = &'a std::collections::HashMap<String, String>;

fn content(entity: &OpsEntity) -> Option<Content<'_>> {
    entity.data()?.get(OPS_ITEM)?.content().first()
}

/// From where an OpsItem is.
fn scope(content: Content<'_>, only: Option<Region>) -> Option<Scope> {
    let account = content
        .get("SourceAccountId")
        .or_else(|| content.get("AccountId"))?;
    let region = content
        .get("SourceRegion")
        .and_then(|region| region.parse().ok());
    Some(Scope {
        account: account.parse().ok()?,
        region: region.or(only)?,
    })
}

/// That an OpsItem cannot be placed: it could be anybody's, so nobody can be said to be known.
fn unplaced(ask: &Ask, sync: &str) -> Fault {
    make(
        FaultKind::Malformed,
        None,
        format!(
            "{GET_OPS_SUMMARY} in {} named an OpsItem of the resource data sync {} without its account or region, so every account is asked itself.",
            ask.access().place(),
            crate::domain::text::clean(sync),
        ),
        "",
    )
}

/// One entry of operational data, as Explorer writes it.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    value: String,
}

/// What an entity tells; the query's own id stands in for one that is missing.
fn told<'a>(content: Content<'a>, id: Option<&'a str>) -> Option<Told<'a>> {
    let text = |name: &str| {
        content
            .get(name)
            .map(String::as_str)
            .filter(|t| !t.is_empty())
    };
    let time = |name: &str| text(name).and_then(Timestamp::parse).unwrap_or_default();
    let data: std::collections::BTreeMap<String, Entry> = text("OperationalData")
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default();
    Some(Told {
        id: text("OpsItemId").or(id)?,
        title: text("Title"),
        status: text("Status").unwrap_or("Open"),
        severity: text("Severity"),
        category: text("Category"),
        source: text("Source"),
        priority: text("Priority").and_then(|number| number.parse().ok()),
        item_type: text("OpsItemType"),
        created_by: text("CreatedBy"),
        modified_by: text("LastModifiedBy"),
        created: time("CreatedTime"),
        modified: time("LastModifiedTime"),
        data: data
            .into_iter()
            .map(|(key, entry)| (key, entry.value))
            .filter(|(_, value)| !value.is_empty())
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// As the API reference shows it, with the place that a sync adds.
    fn attributes() -> HashMap<String, String> {
        [
            ("AccountId", "111111111111"),
            ("Category", "Availability"),
            ("CreatedBy", "arn:aws:sts::111111111111:assumed-role/OpsCenterRole/x"),
            ("CreatedTime", "2026-11-26T07:18:37.193Z"),
            ("LastModifiedTime", "2026-11-26T08:00:00.000Z"),
            ("Notifications", ""),
            (
                "OperationalData",
                r#"{"/aws/resources":{"type":"SearchableString","value":"[{\"arn\":\"arn:aws:ec2:eu-west-1:111111111111:instance/i-0f3\"}]"}}"#,
            ),
            ("OpsItemId", "oi-f99f2aaaaaaa"),
            ("RelatedItems", ""),
            ("Severity", "3"),
            ("Source", "SSM"),
            ("Status", "InProgress"),
            ("Title", "Maintenance window failed"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
    }

    #[test]
    fn what_explorer_tells_becomes_the_same_item() {
        let all = attributes();
        let scope = scope(&all, "eu-west-1".parse().ok()).unwrap();
        let item = item(scope, told(&all, None).unwrap()).item;
        assert_eq!(item.key.id.as_ref(), "oi-f99f2aaaaaaa");
        assert_eq!(item.native_state.as_ref(), "InProgress");
        assert_eq!(item.severity, crate::domain::Severity::Medium);
        assert_eq!(
            item.resource.as_deref(),
            Some("arn:aws:ec2:eu-west-1:111111111111:instance/i-0f3")
        );
        assert_eq!(
            item.changed,
            Timestamp::parse("2026-11-26T08:00:00Z").unwrap()
        );
    }

    #[test]
    fn an_ops_item_without_a_region_is_placed_only_where_one_region_is_gathered() {
        let mut all = attributes();
        assert_eq!(scope(&all, None), None);
        all.insert("SourceRegion".to_owned(), "us-east-1".to_owned());
        all.insert("SourceAccountId".to_owned(), "222222222222".to_owned());
        let scope = scope(&all, "eu-west-1".parse().ok()).unwrap();
        assert_eq!(scope.account.to_string(), "222222222222");
        assert_eq!(scope.region.as_str(), "us-east-1");
    }
}
