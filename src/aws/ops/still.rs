//! Whether something is still as the operator saw it: asked right before a change that the service itself makes
//! unconditionally, so that a colleague's work of the last minute is not overwritten.

use crate::aws::access::Access;
use crate::domain::Fault;
use crate::domain::text::{clean, plural};

#[cfg(feature = "incidentmanager")]
use super::incidents;
use super::order::Order;
use super::{GET_OPS_ITEM, mutes, securityhub, support};

/// Whether everything that an order would change still has the state in which it was seen; an empty `seen` holds always.
///
/// # Errors
/// It could not be asked; nothing may be changed then.
pub async fn still(access: &Access, order: &Order, seen: &str) -> Result<Option<String>, Fault> {
    if seen.is_empty() {
        return Ok(None);
    }
    match order {
        Order::UpdateFindings(change) => {
            let ids: Vec<&str> = change.findings.iter().map(|f| f.id.as_str()).collect();
            let status = Box::pin(securityhub::statuses(access, &ids)).await?;
            let others: Vec<&str> = ids
                .iter()
                .filter_map(|id| status.get(*id))
                .map(String::as_str)
                .filter(|now| *now != seen)
                .collect();
            Ok(others.first().map(|now| {
                format!(
                    "{} of {} finding{} are not {seen} any more but {}: somebody was there since, and that stands.",
                    others.len(),
                    ids.len(),
                    plural(ids.len()),
                    clean(now)
                )
            }))
        }
        Order::UpdateOpsItem(change) => {
            let out = access
                .ssm(&GET_OPS_ITEM, |client, with| {
                    client
                        .get_ops_item()
                        .ops_item_id(&change.id)
                        .customize()
                        .config_override(with)
                        .send()
                })
                .await?;
            let now = out
                .ops_item
                .and_then(|item| item.status)
                .map_or_else(String::new, |status| clean(status.as_str()).into_owned());
            Ok((now != seen).then(|| {
                format!("It is not {seen} any more but {now}: somebody was there since, and that stands.")
            }))
        }
        Order::ResolveCase(change) => {
            let now = Box::pin(support::status(access, &change.case)).await?;
            Ok((now.as_deref() != Some(seen)).then(|| {
                let now = now.map_or_else(|| "unknown".to_owned(), |now| clean(&now).into_owned());
                format!("It is not {seen} any more but {now}: somebody was there since, and that stands.")
            }))
        }
        #[cfg(feature = "incidentmanager")]
        Order::ResolveIncident(change) => {
            let now = Box::pin(incidents::status(access, &change.record)).await?;
            Ok((now != seen).then(|| {
                format!("It is not {seen} any more but {now}: somebody was there since, and that stands.")
            }))
        }
        Order::DeleteMute(change) => {
            let rule = Box::pin(mutes::end_of(access, &change.name)).await?;
            Ok(match rule {
                Some(end) if end == seen => None,
                Some(_) => Some(
                    "The mute has another end by now: somebody changed it since, and that stands."
                        .to_owned(),
                ),
                None => Some("The mute is gone already.".to_owned()),
            })
        }
        _ => Ok(None),
    }
}
