//! What AWS writes about an event, and which resources of the account it is about.

use aws_sdk_health::types::EntityFilter;

use crate::aws::access::Access;
use crate::aws::ops::{DESCRIBE_AFFECTED_ENTITIES, DESCRIBE_EVENT_DETAILS};
use crate::domain::Fault;
use crate::domain::closer::Told;

use super::or_unread;

/// Resources that are named at most; how many there are is told.
const ENTITIES: usize = 20;

pub(super) async fn of(access: &Access, arn: &str) -> Vec<Told> {
    let mut told = or_unread("AWS writes", description(access, arn).await);
    told.extend(or_unread("affects", entities(access, arn).await));
    told
}

async fn description(access: &Access, arn: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .health(&DESCRIBE_EVENT_DETAILS, |client, with| {
            client
                .describe_event_details()
                .event_arns(arn)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let failed = out.failed_set().iter().map(|failed| {
        let why = failed.error_message().or(failed.error_name());
        Told::fact("AWS writes", why.unwrap_or("nothing that could be read"))
    });
    let written = out.successful_set().iter().filter_map(|details| {
        let text = details.event_description()?.latest_description()?;
        Some(Told::fact("AWS writes", text.trim()))
    });
    Ok(written.chain(failed).collect())
}

async fn entities(access: &Access, arn: &str) -> Result<Vec<Told>, Fault> {
    let filter = EntityFilter::builder().event_arns(arn).build();
    // The one part that is required is there.
    let Ok(filter) = filter else {
        return Ok(Vec::new());
    };
    let out = access
        .health(&DESCRIBE_AFFECTED_ENTITIES, |client, with| {
            client
                .describe_affected_entities()
                .filter(filter)
                .max_results(100)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let has_more = out.next_token().is_some_and(|token| !token.is_empty());
    let all = out.entities.unwrap_or_default();
    let mut told: Vec<Told> = all
        .iter()
        .take(ENTITIES)
        .filter_map(|entity| {
            let what = entity.entity_value()?;
            let how = entity.status_code().map(|status| status.as_str());
            let how = how.map_or(String::new(), |how| format!(" · {}", how.to_lowercase()));
            Some(Told::fact("affects", &format!("{what}{how}")))
        })
        .collect();
    if all.len() > ENTITIES || has_more {
        let more = if has_more { "+" } else { "" };
        told.push(Told::fact(
            "affects",
            &format!("{}{more} in all", all.len()),
        ));
    }
    Ok(told)
}
