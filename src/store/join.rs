//! Which item a row shows when several feeds know it.
//!
//! ```text
//!  one source          the freshest claim, with the highest severity among claims that are equally fresh
//!  GuardDuty and       GuardDuty's facts; workflow, record state, note, compliance and remediation filled in
//!  Security Hub        from Security Hub; state from the one that changed last (of two that changed together, Security Hub, which
//!                      knows what people did), severity the higher of the two
//! ```
//!
//! Fresh means: changed last, by the service's own time; of claims that changed at the same time, the one that
//! arrived last.

use std::sync::Arc;

use crate::domain::finding::{FindingDetail, FindingTerms};
use crate::domain::{Detail, Item, SourceId};

use super::row::Claim;

/// The item that these claims show together; none without claims.
pub(super) fn shown(claims: &[Claim]) -> Option<Arc<Item>> {
    let by = |source| {
        claims
            .iter()
            .filter(move |claim| claim.source == source)
            .max_by_key(|claim| freshness(claim))
    };
    if let (Some(producer), Some(hub)) = (by(SourceId::Guardduty), by(SourceId::Securityhub))
        && let (Detail::Finding(facts), Detail::Finding(work)) =
            (&producer.item.detail, &hub.item.detail)
    {
        let fresh = if hub.item.changed >= producer.item.changed {
            &hub.item
        } else {
            &producer.item
        };
        let mut joined = (*producer.item).clone();
        joined.state = fresh.state;
        joined.native_state = Arc::clone(&fresh.native_state);
        joined.severity = producer.item.severity.max(hub.item.severity);
        joined.changed = fresh.changed;
        joined.episode = producer.item.episode.max(hub.item.episode);
        joined.told_arn = joined.told_arn.or_else(|| hub.item.told_arn.clone());
        joined.resource = joined.resource.or_else(|| hub.item.resource.clone());
        joined.detail = Detail::Finding(Box::new(join(facts, work)));
        return Some(Arc::new(joined));
    }
    let leader = claims.iter().max_by_key(|claim| freshness(claim))?;
    let worst = claims
        .iter()
        .filter(|claim| claim.item.changed == leader.item.changed)
        .map(|claim| claim.item.severity)
        .max()?;
    if worst == leader.item.severity {
        return Some(Arc::clone(&leader.item));
    }
    let mut item = (*leader.item).clone();
    item.severity = worst;
    Some(Arc::new(item))
}

fn freshness(claim: &Claim) -> (crate::clock::Timestamp, u64) {
    (claim.item.changed, claim.arrival)
}

/// A finding's facts from GuardDuty, with what people did about it from Security Hub.
fn join(facts: &FindingDetail, work: &FindingDetail) -> FindingDetail {
    let first = |a: &Option<Arc<str>>, b: &Option<Arc<str>>| a.clone().or_else(|| b.clone());
    let (told, done) = (&facts.terms, &work.terms);
    FindingDetail {
        terms: Arc::new(FindingTerms {
            workflow: first(&done.workflow, &told.workflow),
            record_state: first(&done.record_state, &told.record_state),
            compliance: first(&done.compliance, &told.compliance),
            remediation: first(&done.remediation, &told.remediation),
            remediation_url: first(&done.remediation_url, &told.remediation_url),
            product_arn: first(&done.product_arn, &told.product_arn),
            resource_type: first(&told.resource_type, &done.resource_type),
            ..(**told).clone()
        }),
        note: work.note.clone().or_else(|| facts.note.clone()),
        description: first(&facts.description, &work.description),
        attack_sequence: first(&facts.attack_sequence, &work.attack_sequence),
        rule: first(&facts.rule, &work.rule),
        score: facts.score.or(work.score),
        count: facts.count.or(work.count),
        ..facts.clone()
    }
}
