//! AWS Support: cases that are not resolved, among them the incidents and service requests of AWS Managed Services.
//!
//! `DescribeCases` without resolved ones, a hundred a page, with the latest communications: who wrote last is what a NOC wants to
//! know first. One endpoint serves all regions of a partition, so an account is asked once. Times come as text. An account whose
//! plan does not include the API answers `SubscriptionRequiredException` and is off, not blind.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_support::types::{CaseDetails, Communication};
use serde_json::Value;

use crate::aws::ops::DESCRIBE_CASES;
use crate::clock::Timestamp;
use crate::domain::incident::CaseDetail;
use crate::domain::text::clean_arc;
use crate::domain::{
    Detail, Fault, Item, ItemKey, ItemState, Kind, Record, Scope, Severity, Slice, SourceId,
};

use super::{Ask, Look, Pages, Part, Reach, SliceSpec, Source};

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Support,
    kinds: &[Kind::Incident],
    slices: &[SliceSpec {
        slice: Slice::ALL,
        every: Duration::from_secs(180),
        part: Part::Snapshot,
        reach: Reach::Scope,
        plane: super::Plane::Global,
    }],
    ask: |ask| Box::pin(self::ask(ask)),
    raw: |look| Box::pin(raw(look)),
};

/// The most cases that one page gives (the model says 100).
const PAGE: i32 = 100;

async fn ask(ask: Ask) -> Result<(), Fault> {
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = ask
            .access()
            .support(&DESCRIBE_CASES, |client, with| {
                client
                    .describe_cases()
                    .include_resolved_cases(false)
                    .include_communications(true)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let cases = out.cases.unwrap_or_default();
        let records = cases.iter().filter_map(|case| record(ask.scope(), case));
        ask.page(records.collect()).await;
        pages.turn(&DESCRIBE_CASES, out.next_token)?;
    }
    Ok(())
}

async fn raw(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    access
        .support(&DESCRIBE_CASES, |client, with| {
            client
                .describe_cases()
                .case_id_list(&*look.item.key.id)
                .include_resolved_cases(true)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    tape.json()
        .and_then(|body| body.get("cases")?.get(0).cloned())
        .ok_or_else(|| look.gone(&DESCRIBE_CASES))
}

/// The severity of a case, from what its code means for production (user guide of AWS Support): `critical` a system that the
/// business lives on is down, `urgent` a production system is down, `high` one is impaired, `normal` another system is impaired,
/// `low` a question.
fn severity(native: &str) -> Severity {
    match native {
        "critical" => Severity::Critical,
        "urgent" => Severity::High,
        "high" => Severity::Medium,
        _ => Severity::Low,
    }
}

fn time(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(Timestamp::parse)
}

/// Who wrote last, and when.
fn last(said: &[Communication]) -> Option<(Arc<str>, Timestamp)> {
    said.iter()
        .filter_map(|said| Some((said.submitted_by()?, time(said.time_created())?)))
        .max_by_key(|(_, at)| *at)
        .map(|(by, at)| (clean_arc(by), at))
}

/// A case as a record. `None` for an answer without an id.
#[must_use]
pub fn record(vantage: Scope, case: &CaseDetails) -> Option<Record> {
    let id = clean_arc(case.case_id().filter(|id| !id.is_empty())?);
    let said = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(clean_arc);
    let status = said(case.status()).unwrap_or_else(|| Arc::from("opened"));
    let native_severity = said(case.severity_code()).unwrap_or_default();
    let subject = said(case.subject()).unwrap_or_else(|| Arc::clone(&id));
    let created = time(case.time_created()).unwrap_or_default();
    let recent = case
        .recent_communications()
        .map(|recent| recent.communications())
        .unwrap_or_default();
    let last = last(recent);
    let item = Item {
        key: ItemKey {
            kind: Kind::Incident,
            scope: vantage,
            id: Arc::clone(&id),
        },
        told_arn: None,
        name: Arc::clone(&subject),
        title: subject,
        severity: severity(&native_severity),
        state: if &*status == "resolved" {
            ItemState::Calm
        } else {
            ItemState::Open
        },
        native_state: Arc::clone(&status),
        resource: None,
        opened: created,
        changed: last.as_ref().map_or(created, |(_, at)| (*at).max(created)),
        episode: created,
        detail: Detail::Case(Box::new(CaseDetail {
            id: Arc::clone(&id),
            number: said(case.display_id()).unwrap_or_default(),
            status,
            service: said(case.service_code()).unwrap_or_default(),
            category: said(case.category_code()),
            native_severity,
            submitted_by: said(case.submitted_by()),
            last,
        })),
    };
    Some(Record { native: id, item })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_support::types::RecentCaseCommunications;

    fn vantage() -> Scope {
        Scope {
            account: "111111111111".parse().unwrap(),
            region: crate::domain::Region::GLOBAL,
        }
    }

    #[test]
    fn who_wrote_last_and_whether_aws_waits_is_known() {
        let said = |by: &str, at: &str| {
            Communication::builder()
                .submitted_by(by)
                .time_created(at)
                .build()
        };
        let recent = RecentCaseCommunications::builder()
            .communications(said("ana@example.com", "2026-11-21T05:00:00.000Z"))
            .communications(said("Amazon Web Services", "2026-11-21T05:40:00.000Z"))
            .build();
        let case = CaseDetails::builder()
            .case_id("case-111111111111-muen-2026-0a")
            .subject("Root volume full\u{1b}[2J")
            .status("pending-customer-action")
            .service_code("service-ams-operations-report-incident")
            .severity_code("urgent")
            .time_created("2026-11-21T04:30:00.000Z")
            .recent_communications(recent)
            .build();
        let item = record(vantage(), &case).unwrap().item;
        assert_eq!(
            (item.severity, item.state),
            (Severity::High, ItemState::Open)
        );
        assert!(!item.name.contains('\u{1b}'));
        assert_eq!(item.opened.to_string(), "2026-11-21T04:30:00Z");
        assert_eq!(item.changed.to_string(), "2026-11-21T05:40:00Z");
        let Detail::Case(detail) = &item.detail else {
            panic!()
        };
        assert!(detail.waits_for_us());
        assert_eq!(
            detail.managed(),
            Some(crate::domain::incident::Managed::Incident)
        );
    }

    #[test]
    fn a_case_without_an_id_is_none_and_one_without_anything_else_is_still_shown() {
        assert!(record(vantage(), &CaseDetails::builder().build()).is_none());
        let bare = CaseDetails::builder().case_id("case-1").build();
        let item = record(vantage(), &bare).unwrap().item;
        assert_eq!((&*item.name, item.state), ("case-1", ItemState::Open));
        assert!(item.opened.is_unknown());
    }
}
