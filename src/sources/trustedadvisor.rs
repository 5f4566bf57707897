//! Trusted Advisor: recommendations in error and warning.
//!
//! `ListRecommendations`, once for each of the two statuses, 200 a page. One endpoint serves all regions, so an account is asked once.
//! Without a support plan that has the API an account hears the same as one whose permission is missing; AWS Support, which has the
//! same plans and says so, tells the one from the other. What Security Hub found is a finding there already and asks for nothing
//! here.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_trustedadvisor::types::{
    RecommendationLifecycleStage, RecommendationSource, RecommendationStatus, RecommendationSummary,
};
use serde_json::Value;

use crate::aws::classify::make;
use crate::aws::moment::moment;
use crate::aws::ops::{DESCRIBE_CASES, GET_RECOMMENDATION, LIST_RECOMMENDATIONS};
use crate::clock::Timestamp;
use crate::domain::compliance::{ComplianceDetail, RecommendationDetail};
use crate::domain::text::clean_arc;
use crate::domain::{
    Detail, Fault, FaultKind, Item, ItemKey, ItemState, Kind, Record, Scope, Severity, Slice,
    SourceId,
};

use super::{Ask, Look, Pages, Part, Plane, Reach, SliceSpec, Source, intern};

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Trustedadvisor,
    kinds: &[Kind::Compliance],
    slices: &[SliceSpec {
        slice: Slice::ALL,
        // Trusted Advisor itself looks once a day, or when somebody asks it to.
        every: Duration::from_secs(3_600),
        part: Part::Snapshot,
        reach: Reach::Scope,
        plane: Plane::Global,
    }],
    ask: |ask| Box::pin(self::ask(ask)),
    raw: |look| Box::pin(raw(look)),
};

/// The most recommendations that one page gives (the model says 200).
const PAGE: i32 = 200;

async fn ask(ask: Ask) -> Result<(), Fault> {
    for status in [RecommendationStatus::Error, RecommendationStatus::Warning] {
        if let Err(fault) = list(&ask, &status).await {
            return Err(without_plan(&ask, fault).await);
        }
    }
    Ok(())
}

async fn list(ask: &Ask, status: &RecommendationStatus) -> Result<(), Fault> {
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = ask
            .access()
            .trustedadvisor(&LIST_RECOMMENDATIONS, |client, with| {
                client
                    .list_recommendations()
                    .status(status.clone())
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let told = out.recommendation_summaries();
        let records = told.iter().filter_map(|one| record(ask.scope(), one));
        ask.page(records.collect()).await;
        pages.turn(&LIST_RECOMMENDATIONS, out.next_token)?;
    }
    Ok(())
}

/// Whether it is the plan that is missing and not the permission: AWS Support says which.
async fn without_plan(ask: &Ask, fault: Fault) -> Fault {
    if fault.kind != FaultKind::Denied {
        return fault;
    }
    let asked = ask
        .access()
        .support(&DESCRIBE_CASES, |client, with| {
            client
                .describe_cases()
                .after_time(ask.now().to_string())
                .max_results(10)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    match asked {
        Err(plan) if plan.kind == FaultKind::PlanMissing => make(
            FaultKind::PlanMissing,
            fault.code.as_deref(),
            format!(
                "Trusted Advisor can be asked only where the support plan has it, and that of {} does not.",
                ask.access().place()
            ),
            "",
        ),
        _ => fault,
    }
}

async fn raw(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    access
        .trustedadvisor(&GET_RECOMMENDATION, |client, with| {
            client
                .get_recommendation()
                .recommendation_identifier(&*look.item.key.id)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    tape.json()
        .and_then(|body| body.get("recommendation").cloned())
        .ok_or_else(|| look.gone(&GET_RECOMMENDATION))
}

/// How bad it is: advice never wakes anybody; what is in error counts more than what is in warning.
const fn severity(status: &RecommendationStatus) -> Severity {
    match status {
        RecommendationStatus::Error => Severity::Medium,
        _ => Severity::Low,
    }
}

/// A recommendation as a record. `None` for an answer without an ARN, and for what is in order.
fn record(vantage: Scope, one: &RecommendationSummary) -> Option<Record> {
    if one.arn().is_empty() || one.status() == &RecommendationStatus::Ok {
        return None;
    }
    let id = clean_arc(one.arn());
    let name = clean_arc(one.name());
    let is_done = matches!(
        one.lifecycle_stage(),
        Some(RecommendationLifecycleStage::Dismissed | RecommendationLifecycleStage::Resolved)
    );
    let is_finding = one.source() == &RecommendationSource::SecurityHub;
    let count = one.resources_aggregates();
    let many = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    let saving = one
        .pillar_specific_aggregates()
        .and_then(|own| own.cost_optimizing())
        .map(|cost| cost.estimated_monthly_savings());
    let created = moment(one.created_at()).unwrap_or_default();
    let updated = moment(one.last_updated_at()).unwrap_or(created);
    let item = Item {
        key: ItemKey {
            kind: Kind::Compliance,
            scope: vantage,
            id: Arc::clone(&id),
        },
        told_arn: Some(Arc::clone(&id)),
        name: Arc::clone(&name),
        title: name,
        severity: severity(one.status()),
        state: if is_done || is_finding {
            ItemState::Calm
        } else {
            ItemState::Open
        },
        native_state: intern(one.status().as_str()),
        resource: None,
        opened: created,
        // It looks every day; that alone is no change.
        changed: created,
        episode: Timestamp::ZERO,
        detail: Detail::Compliance(Box::new(ComplianceDetail::Recommendation(
            RecommendationDetail {
                pillars: one.pillars().iter().map(|p| intern(p.as_str())).collect(),
                services: one.aws_services().iter().map(|s| intern(s)).collect(),
                origin: Some(intern(one.source().as_str())),
                stage: one.lifecycle_stage().map(|stage| intern(stage.as_str())),
                errors: many(count.map(|c| c.error_count())),
                warnings: many(count.map(|c| c.warning_count())),
                excluded: many(count.and_then(|c| c.excluded_count())),
                saving,
                updated,
            },
        ))),
    };
    Some(Record { native: id, item })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_trustedadvisor::types::builders::RecommendationSummaryBuilder;

    fn told(
        source: RecommendationSource,
        status: RecommendationStatus,
    ) -> RecommendationSummaryBuilder {
        RecommendationSummary::builder()
            .id("1f2e")
            .arn("arn:aws:trustedadvisor::111111111111:recommendation/1f2e")
            .name("Security Groups\u{1b}[2J")
            .r#type(aws_sdk_trustedadvisor::types::RecommendationType::Standard)
            .pillars(aws_sdk_trustedadvisor::types::RecommendationPillar::Security)
            .aws_services("ec2")
            .source(source)
            .status(status)
    }

    fn item(told: RecommendationSummaryBuilder) -> Option<Item> {
        let vantage = Scope {
            account: "111111111111".parse().unwrap(),
            region: crate::domain::Region::GLOBAL,
        };
        record(vantage, &told.build().unwrap()).map(|record| record.item)
    }

    #[test]
    fn errors_come_first_and_what_is_in_order_not_at_all() {
        let check = || RecommendationSource::TaCheck;
        let error = item(told(check(), RecommendationStatus::Error)).unwrap();
        assert_eq!(
            (error.severity, error.state),
            (Severity::Medium, ItemState::Open)
        );
        assert!(!error.name.contains('\u{1b}'));
        let warning = item(told(check(), RecommendationStatus::Warning)).unwrap();
        assert_eq!(warning.severity, Severity::Low);
        assert!(item(told(check(), RecommendationStatus::Ok)).is_none());
    }

    #[test]
    fn what_security_hub_found_and_what_somebody_dismissed_ask_for_nothing() {
        let hub = told(
            RecommendationSource::SecurityHub,
            RecommendationStatus::Error,
        );
        assert_eq!(item(hub).unwrap().state, ItemState::Calm);
        let dismissed = told(RecommendationSource::TaCheck, RecommendationStatus::Error)
            .lifecycle_stage(RecommendationLifecycleStage::Dismissed);
        assert_eq!(item(dismissed).unwrap().state, ItemState::Calm);
    }
}
