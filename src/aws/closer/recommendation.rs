//! What Trusted Advisor writes about a recommendation, and which resources it is about.

use aws_sdk_trustedadvisor::types::{ExclusionStatus, ResourceStatus};

use crate::aws::access::Access;
use crate::aws::ops::{GET_RECOMMENDATION, LIST_RECOMMENDATION_RESOURCES};
use crate::domain::Fault;
use crate::domain::closer::Told;

use super::or_unread;

/// Resources that are named at most.
const RESOURCES: usize = 20;

pub(super) async fn of(access: &Access, arn: &str) -> Vec<Told> {
    let mut told = or_unread("AWS writes", description(access, arn).await);
    told.extend(or_unread("is about", resources(access, arn).await));
    told
}

async fn description(access: &Access, arn: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .trustedadvisor(&GET_RECOMMENDATION, |client, with| {
            client
                .get_recommendation()
                .recommendation_identifier(arn)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let text = out.recommendation().map(|one| one.description().trim());
    let text = text.filter(|text| !text.is_empty());
    Ok(text
        .map(|text| Told::fact("AWS writes", text))
        .into_iter()
        .collect())
}

async fn resources(access: &Access, arn: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .trustedadvisor(&LIST_RECOMMENDATION_RESOURCES, |client, with| {
            client
                .list_recommendation_resources()
                .recommendation_identifier(arn)
                .max_results(200)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let asks = out
        .recommendation_resource_summaries()
        .iter()
        .filter(|one| {
            one.status() != &ResourceStatus::Ok
                && one.exclusion_status() == &ExclusionStatus::Included
        });
    let asks: Vec<String> = asks
        .map(|one| {
            format!(
                "{} {} · {}",
                one.region_code(),
                one.aws_resource_id(),
                one.status().as_str()
            )
        })
        .collect();
    let named = asks.iter().take(RESOURCES);
    let mut told: Vec<Told> = named.map(|text| Told::fact("is about", text)).collect();
    let has_more = out.next_token().is_some_and(|token| !token.is_empty());
    if asks.len() > RESOURCES || has_more {
        let more = if has_more { "+" } else { "" };
        told.push(Told::fact(
            "is about",
            &format!("{}{more} in all", asks.len()),
        ));
    }
    Ok(told)
}
