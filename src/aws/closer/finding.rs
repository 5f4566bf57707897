//! What became of a finding of Security Hub: every change of the last 90 days that the service remembers.

use aws_sdk_securityhub::types::AwsSecurityFindingIdentifier;

use crate::aws::access::Access;
use crate::aws::ops::GET_FINDING_HISTORY;
use crate::clock::Timestamp;
use crate::domain::Fault;
use crate::domain::closer::Told;
use crate::domain::finding::FindingDetail;

use super::{MOST, or_unread};

/// The history of a finding that Security Hub knows; GuardDuty keeps none.
pub(super) async fn history(access: &Access, id: &str, detail: &FindingDetail) -> Vec<Told> {
    let Some(product) = detail.terms.product_arn.as_deref() else {
        return Vec::new();
    };
    or_unread("changed", read(access, id, product).await)
}

async fn read(access: &Access, id: &str, product: &str) -> Result<Vec<Told>, Fault> {
    let finding = AwsSecurityFindingIdentifier::builder()
        .id(id)
        .product_arn(product)
        .build();
    let out = access
        .securityhub(&GET_FINDING_HISTORY, |client, with| {
            client
                .get_finding_history()
                .finding_identifier(finding)
                .max_results(50)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let mut told: Vec<Told> = out
        .records
        .unwrap_or_default()
        .into_iter()
        .filter_map(|record| {
            let at = Timestamp::from_secs(record.update_time?.secs());
            let mut parts: Vec<String> = record
                .updates
                .unwrap_or_default()
                .into_iter()
                .map(|update| {
                    let field = update.updated_field.unwrap_or_default();
                    match (update.old_value, update.new_value) {
                        (Some(old), Some(new)) => format!("{field} {old} to {new}"),
                        (None, Some(new)) => format!("{field} {new}"),
                        (Some(old), None) => format!("{field} no longer {old}"),
                        (None, None) => field,
                    }
                })
                .collect();
            if record.finding_created == Some(true) {
                parts.insert(0, "created".to_owned());
            }
            let by = record.update_source.and_then(|source| source.identity);
            if let Some(name) = by.as_deref().and_then(|arn| arn.rsplit(['/', ':']).next()) {
                parts.push(name.to_owned());
            }
            Some(Told::event("changed", at, &parts.join(" · ")))
        })
        .collect();
    told.sort_by_key(|one| std::cmp::Reverse(one.at));
    told.truncate(MOST);
    Ok(told)
}
