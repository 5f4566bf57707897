//! GuardDuty: findings that nobody has archived, of one account and region, or of all members of a region from its administrator.
//!
//! `ListDetectors` (none: GuardDuty is off here) → `ListFindings` (ids, 50 a page) → `GetFindings` (50 ids).
//! Severity 9–10 critical, 7–8.9 high, 4–6.9 medium, 0.1–3.9 low, as GuardDuty's user guide has it.
//! An item's episode is the moment it was first seen; `UpdatedAt` and `EventLastSeen` move with every recurrence.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_guardduty::types::{
    Condition, Finding, FindingCriteria, OrderBy, Resource, SortCriteria,
};
use serde_json::Value;

use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::aws::ops::{
    GET_GUARDDUTY_FINDINGS, LIST_DETECTORS, LIST_GUARDDUTY_FINDINGS, LIST_GUARDDUTY_MEMBERS,
};
use crate::aws::pages::gather;
use crate::clock::Timestamp;
use crate::domain::finding::{FindingDetail, FindingTerms};
use crate::domain::text::clean_arc;
use crate::domain::{
    Detail, Fault, FaultKind, Item, ItemKey, ItemState, Kind, Record, Scope, Severity, Slice,
    SourceId,
};

use super::believed::Believed;
use super::spoken::{self, NotOurs, Spoken};
use super::{Ask, FINDING_TERMS, Look, Pages, Part, Plane, Reach, SliceSpec, Source, intern};

/// The findings of all members of a region.
pub const ORGANIZATION: Slice = Slice("organization");

/// How often findings are asked for.
const EVERY: Duration = Duration::from_secs(60);
/// How long members are believed: somebody joins an organization on a day, not in a minute.
const MEMBERS_FOR: Duration = Duration::from_secs(1_800);
/// How long the administrator's answer speaks for a scope: two askings and a bit.
const ANSWER_FOR: Duration = Duration::from_secs(150);

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Guardduty,
    kinds: &[Kind::Finding],
    slices: &[
        SliceSpec {
            slice: ORGANIZATION,
            every: EVERY,
            part: Part::Snapshot,
            reach: Reach::Organization,
            plane: Plane::Regional,
        },
        SliceSpec {
            slice: Slice::ALL,
            every: EVERY,
            part: Part::Snapshot,
            reach: Reach::Rest,
            plane: Plane::Regional,
        },
    ],
    ask: |ask| match ask.slice() {
        ORGANIZATION => Box::pin(ask_organization(ask)),
        _ => Box::pin(self::ask(ask)),
    },
    raw: |look| Box::pin(raw(look)),
};

/// The most ids that `ListFindings` gives and `GetFindings` takes at once (both models say 50).
const PAGE: i32 = 50;

/// What is known of a scope: its detector changes only when GuardDuty is switched off and on again.
#[derive(Default)]
struct Memory {
    detector: Mutex<Option<String>>,
    /// Whom it administers.
    members: Believed<HashSet<Scope>>,
}

impl Memory {
    fn remember(&self, detector: Option<String>) {
        *self.detector.lock().unwrap_or_else(PoisonError::into_inner) = detector;
    }
}

/// The detector of the account and region.
///
/// # Errors
/// [`FaultKind::Disabled`] where there is none: GuardDuty is off here. That is how the service says so.
async fn find_detector(access: &Access) -> Result<String, Fault> {
    let out = access
        .guardduty(&LIST_DETECTORS, |client, with| {
            client
                .list_detectors()
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    out.detector_ids.unwrap_or_default().into_iter().next().ok_or_else(|| {
        make(
            FaultKind::Disabled,
            None,
            format!("GuardDuty is not enabled in {}.", access.place()),
            "There is nothing to see; enable it there, or switch the source off for these accounts.",
        )
    })
}

async fn ask(ask: Ask) -> Result<(), Fault> {
    let spoken: Arc<Spoken> = ask.shared_memory();
    if spoken.speaks_for(ask.scope(), ask.now()) {
        return Ok(());
    }
    read(&ask).await
}

async fn ask_organization(ask: Ask) -> Result<(), Fault> {
    let answer = match members(&ask).await {
        Ok(scopes) => {
            ask.speak_for(spoken::in_order(&scopes));
            read(&ask).await.map(|()| scopes)
        }
        Err(fault) => Err(fault),
    };
    spoken::conclude(&ask, ANSWER_FOR, answer, &NOT_OURS)
}

const NOT_OURS: NotOurs = NotOurs {
    what: "The findings of all accounts",
    advice: "An administrator of GuardDuty for the organization is named in the management account.",
};

/// The scopes of the fleet whose findings this account has: its own, and those of the members that it administers.
async fn members(ask: &Ask) -> Result<HashSet<Scope>, Fault> {
    let memory = ask.memory::<Memory>();
    if let Some(mut members) = memory.members.get(ask.now(), MEMBERS_FOR) {
        // The fleet may have become smaller meanwhile.
        members.retain(|scope| ask.covers(*scope));
        return Ok(members);
    }
    let detector = find_detector(ask.access()).await?;
    let detector = &detector;
    let listed = gather(&LIST_GUARDDUTY_MEMBERS, u32::MAX, |token| async move {
        let out = ask
            .access()
            .guardduty(&LIST_GUARDDUTY_MEMBERS, |client, with| {
                client
                    .list_members()
                    .detector_id(detector)
                    .only_associated("true")
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let token = out.next_token.filter(|token| !token.is_empty());
        Ok((out.members.unwrap_or_default(), token))
    })
    .await?;
    let enabled = listed
        .iter()
        .filter(|member| member.relationship_status() == Some("Enabled"))
        .filter_map(|member| member.account_id()?.parse().ok());
    let all: HashSet<Scope> = enabled
        .map(|account| Scope {
            account,
            ..ask.scope()
        })
        .filter(|scope| ask.covers(*scope))
        .collect();
    if all.is_empty() {
        return Err(make(
            FaultKind::Disabled,
            None,
            format!(
                "GuardDuty in {} administers no other account.",
                ask.access().place()
            ),
            "",
        ));
    }
    let all: HashSet<Scope> = all.into_iter().chain([ask.scope()]).collect();
    memory.members.set(ask.now(), all.clone());
    Ok(all)
}

/// Reads every open finding that this account has of those whom the answer speaks for.
async fn read(ask: &Ask) -> Result<(), Fault> {
    let memory = ask.memory::<Memory>();
    let known = memory
        .detector
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    // Forgotten until this asking has gone well: a detector that was deleted is looked up anew.
    memory.remember(None);
    let remembered = known.is_some();
    let mut detector = match known {
        Some(known) => known,
        None => find_detector(ask.access()).await?,
    };
    let mut outcome = list(ask, &detector).await;
    let refused = outcome
        .as_ref()
        .is_err_and(|fault| fault.code.as_deref() == Some("BadRequestException"));
    if remembered && refused {
        // GuardDuty was switched off, or off and on again, since the last asking.
        detector = find_detector(ask.access()).await?;
        outcome = list(ask, &detector).await;
    }
    outcome?;
    memory.remember(Some(detector));
    Ok(())
}

/// Lists every open finding of a detector and hands over the pages.
async fn list(ask: &Ask, detector: &str) -> Result<(), Fault> {
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = ask
            .access()
            .guardduty(&LIST_GUARDDUTY_FINDINGS, |client, with| {
                client
                    .list_findings()
                    .detector_id(detector)
                    .finding_criteria(
                        FindingCriteria::builder()
                            .criterion(
                                "service.archived",
                                Condition::builder().equals("false").build(),
                            )
                            .build(),
                    )
                    .sort_criteria(
                        SortCriteria::builder()
                            .attribute_name("severity")
                            .order_by(OrderBy::Desc)
                            .build(),
                    )
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let ids = out.finding_ids.unwrap_or_default();
        if !ids.is_empty() {
            let findings = get(ask.access(), detector, ids).await?;
            ask.page(
                findings
                    .iter()
                    .filter_map(|f| record(ask.scope(), f))
                    // An administrator has its members' findings too; they are said by whoever speaks for them.
                    .filter(|record| ask.speaks_for(record.item.key.scope))
                    .collect(),
            )
            .await;
        }
        pages.turn(&LIST_GUARDDUTY_FINDINGS, out.next_token)?;
    }
    Ok(())
}

async fn get(access: &Access, detector: &str, ids: Vec<String>) -> Result<Vec<Finding>, Fault> {
    let out = access
        .guardduty(&GET_GUARDDUTY_FINDINGS, |client, with| {
            client
                .get_findings()
                .detector_id(detector)
                .set_finding_ids(Some(ids))
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    Ok(out.findings.unwrap_or_default())
}

async fn raw(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    let detector = find_detector(&look.access).await?;
    get(&access, &detector, vec![look.item.key.id.to_string()]).await?;
    tape.json()
        .and_then(|body| body.get("findings")?.get(0).cloned())
        .ok_or_else(|| look.gone(&GET_GUARDDUTY_FINDINGS))
}

/// Under which name the product stands in Security Hub and on the screen.
pub const PRODUCT: &str = "GuardDuty";

/// The severity of a GuardDuty score.
#[must_use]
pub fn severity(score: f64) -> Severity {
    match score {
        s if s >= 9.0 => Severity::Critical,
        s if s >= 7.0 => Severity::High,
        s if s >= 4.0 => Severity::Medium,
        s if s > 0.0 => Severity::Low,
        _ => Severity::Info,
    }
}

/// The id under which a finding is one item, whoever reports it: the last part of its ARN. The account in the ARN
/// may be the administrator's or the member's, the 32 digits at its end are the same.
#[must_use]
pub fn finding_id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// What the finding is about: the type and the most telling name of the resource.
fn resource(resource: &Resource) -> (Option<&str>, Option<&str>) {
    let kind = resource.resource_type();
    let name = resource
        .instance_details()
        .and_then(|d| d.instance_id())
        .or_else(|| resource.lambda_details().and_then(|d| d.function_name()))
        .or_else(|| {
            resource
                .rds_db_instance_details()
                .and_then(|d| d.db_instance_identifier())
        })
        .or_else(|| resource.eks_cluster_details().and_then(|d| d.name()))
        .or_else(|| resource.ecs_cluster_details().and_then(|d| d.name()))
        .or_else(|| resource.s3_bucket_details().first().and_then(|d| d.name()))
        .or_else(|| resource.access_key_details().and_then(|d| d.user_name()))
        .or_else(|| resource.container_details().and_then(|d| d.name()));
    (kind, name)
}

/// A finding as a record. `None` for an answer without the parts that make an item: its id and type.
#[must_use]
pub fn record(vantage: Scope, finding: &Finding) -> Option<Record> {
    let id = finding.id()?;
    let scope = Scope {
        account: finding
            .account_id()
            .and_then(|a| a.parse().ok())
            .unwrap_or(vantage.account),
        region: finding
            .region()
            .and_then(|r| r.parse().ok())
            .unwrap_or(vantage.region),
    };
    let time = |text: Option<&str>| text.and_then(Timestamp::parse);
    let service = finding.service();
    let created = time(finding.created_at()).unwrap_or_default();
    let first_seen = service
        .and_then(|s| time(s.event_first_seen()))
        .unwrap_or(created);
    let changed = time(finding.updated_at()).unwrap_or(created);
    let archived = service.and_then(|s| s.archived()).unwrap_or(false);
    let score = finding.severity().unwrap_or_default();
    let (resource_type, resource) = finding.resource().map_or((None, None), resource);
    let native: Arc<str> = Arc::from(id);
    let item = Item {
        key: ItemKey {
            kind: Kind::Finding,
            scope,
            id: clean_arc(finding_id(id)),
        },
        told_arn: finding.arn().map(clean_arc),
        name: intern(finding.r#type().unwrap_or("finding")),
        title: clean_arc(
            finding
                .title()
                .or(finding.description())
                .unwrap_or_default(),
        ),
        severity: severity(score),
        state: if archived {
            ItemState::Calm
        } else {
            ItemState::Open
        },
        native_state: intern(if archived { "ARCHIVED" } else { "ACTIVE" }),
        resource: resource.map(clean_arc),
        opened: first_seen,
        changed,
        episode: first_seen,
        detail: Detail::Finding(Box::new(FindingDetail {
            terms: FINDING_TERMS.share(FindingTerms {
                product: intern(PRODUCT),
                finding_type: intern(finding.r#type().unwrap_or_default()),
                resource_type: resource_type.map(intern),
                ..FindingTerms::default()
            }),
            score: finding.severity(),
            description: finding.description().map(clean_arc),
            count: service.and_then(|s| s.count()).map(i64::from),
            first_seen,
            last_seen: service
                .and_then(|s| time(s.event_last_seen()))
                .unwrap_or(changed),
            note: None,
            attack_sequence: finding.associated_attack_sequence_arn().map(clean_arc),
            rule: None,
        })),
    };
    Some(Record { native, item })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_guardduty::types::{InstanceDetails, Service};

    fn vantage() -> Scope {
        Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    #[test]
    fn scores_become_severities_at_guarddutys_own_borders() {
        for (score, expected) in [
            (10.0, Severity::Critical),
            (9.0, Severity::Critical),
            (8.9, Severity::High),
            (7.0, Severity::High),
            (6.9, Severity::Medium),
            (4.0, Severity::Medium),
            (3.9, Severity::Low),
            (0.1, Severity::Low),
            (0.0, Severity::Info),
        ] {
            assert_eq!(severity(score), expected, "{score}");
        }
    }

    #[test]
    fn a_recurrence_moves_no_episode() {
        let seen = |last: &str, count| {
            Finding::builder()
                .id("aabb")
                .account_id("222222222222")
                .region("us-east-1")
                .severity(8.0)
                .created_at("2026-11-20T10:00:00Z")
                .updated_at(last)
                .r#type("Backdoor:EC2/C&CActivity.B")
                .resource(
                    Resource::builder()
                        .instance_details(InstanceDetails::builder().instance_id("i-0f3").build())
                        .build(),
                )
                .service(
                    Service::builder()
                        .event_first_seen("2026-11-20T09:50:00Z")
                        .event_last_seen(last)
                        .count(count)
                        .build(),
                )
                .build()
        };
        let first = record(vantage(), &seen("2026-11-20T10:00:00Z", 1))
            .unwrap()
            .item;
        let again = record(vantage(), &seen("2026-11-21T10:00:00Z", 41))
            .unwrap()
            .item;
        assert_eq!(first.key, again.key);
        assert_eq!(first.episode, again.episode);
        assert_eq!(first.opened, again.opened);
        assert!(again.changed > first.changed);
        assert_eq!(
            again.key.scope.account.to_string(),
            "222222222222",
            "the member's account, not the vantage"
        );
        assert_eq!(again.resource.as_deref(), Some("i-0f3"));
    }

    #[test]
    fn a_finding_with_nothing_but_an_id_is_still_shown() {
        let item = record(vantage(), &Finding::builder().id("aabb").build())
            .unwrap()
            .item;
        assert_eq!(item.key.scope, vantage());
        assert_eq!(item.state, ItemState::Open);
        assert!(record(vantage(), &Finding::builder().build()).is_none());
    }
}
