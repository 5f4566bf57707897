//! Findings, OpsItems, windows and backups that operators change.

use std::time::Duration;

use aws_sdk_guardduty::types::{Condition, FindingCriteria};
use aws_sdk_securityhub::types::{
    AwsSecurityFinding, AwsSecurityFindingFilters, AwsSecurityFindingIdentifier, NoteUpdate,
    RecordState, StringFilter, StringFilterComparison, WorkflowStatus, WorkflowUpdate,
};
use aws_sdk_ssm::types::{
    MaintenanceWindowExecutionStatus, OpsItemDataType, OpsItemDataValue, OpsItemStatus,
};
use noctop::sim::faults::{Fault, Kind};

use crate::client::{PAYMENTS, keys_of, start};

fn is(value: &str) -> StringFilter {
    StringFilter::builder()
        .value(value)
        .comparison(StringFilterComparison::Equals)
        .build()
}

async fn by_id(hub: &aws_sdk_securityhub::Client, id: &str) -> AwsSecurityFinding {
    let filters = AwsSecurityFindingFilters::builder().id(is(id)).build();
    let found = hub.get_findings().filters(filters).send().await.unwrap();
    found.findings()[0].clone()
}

#[tokio::test]
async fn half_of_the_findings_are_acknowledged_and_the_others_say_why_not() {
    let sim = start("everyday");
    let hub = client!(aws_sdk_securityhub, sim, keys_of(PAYMENTS));
    let new = AwsSecurityFindingFilters::builder()
        .workflow_status(is("NEW"))
        .build();
    let found = hub
        .get_findings()
        .filters(new)
        .max_results(4)
        .send()
        .await
        .unwrap();
    let wanted: Vec<_> = found
        .findings()
        .iter()
        .map(|f| {
            AwsSecurityFindingIdentifier::builder()
                .id(f.id().unwrap())
                .product_arn(f.product_arn().unwrap())
                .build()
        })
        .collect();
    sim.faults()
        .add(
            Fault::new(Kind::Half)
                .operation("BatchUpdateFindings")
                .times(1),
        )
        .unwrap();
    let note = NoteUpdate::builder()
        .text("ack by ana (noctop)")
        .updated_by("ana")
        .build();
    let answer = hub
        .batch_update_findings()
        .set_finding_identifiers(Some(wanted.clone()))
        .workflow(
            WorkflowUpdate::builder()
                .status(WorkflowStatus::Notified)
                .build(),
        )
        .note(note)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            answer.processed_findings().len(),
            answer.unprocessed_findings().len()
        ),
        (2, 2)
    );
    assert_eq!(
        answer.unprocessed_findings()[0].error_code(),
        Some("ConcurrentUpdateError")
    );
    let before = found.findings()[0].clone();
    let after = by_id(&hub, before.id().unwrap()).await;
    assert_eq!(
        after.workflow().unwrap().status(),
        Some(&WorkflowStatus::Notified)
    );
    assert_eq!(after.note().unwrap().text(), Some("ack by ana (noctop)"));
    assert_eq!(
        after.updated_at(),
        before.updated_at(),
        "a change of the workflow does not move it"
    );
}

#[tokio::test]
async fn an_archived_threat_is_archived_in_security_hub_too() {
    let sim = start("everyday");
    let guardduty = client!(aws_sdk_guardduty, sim, keys_of(PAYMENTS));
    let hub = client!(aws_sdk_securityhub, sim, keys_of(PAYMENTS));
    let detectors = guardduty.list_detectors().send().await.unwrap();
    let detector = &detectors.detector_ids()[0];
    let current = Condition::builder().equals("false").build();
    let criteria = FindingCriteria::builder()
        .criterion("service.archived", current)
        .build();
    let ids = guardduty
        .list_findings()
        .detector_id(detector)
        .finding_criteria(criteria)
        .send()
        .await
        .unwrap();
    let id = &ids.finding_ids()[0];
    let told = guardduty
        .get_findings()
        .detector_id(detector)
        .finding_ids(id)
        .send()
        .await
        .unwrap();
    let arn = told.findings()[0].arn().unwrap().to_owned();
    assert_eq!(
        by_id(&hub, &arn).await.record_state(),
        Some(&RecordState::Active)
    );
    guardduty
        .archive_findings()
        .detector_id(detector)
        .finding_ids(id)
        .send()
        .await
        .unwrap();
    assert_eq!(
        by_id(&hub, &arn).await.record_state(),
        Some(&RecordState::Archived)
    );
    guardduty
        .unarchive_findings()
        .detector_id(detector)
        .finding_ids(id)
        .send()
        .await
        .unwrap();
    assert_eq!(
        by_id(&hub, &arn).await.record_state(),
        Some(&RecordState::Active)
    );
}

#[tokio::test]
async fn a_member_leaves_the_archive_to_its_administrator() {
    let sim = start("quiet-night");
    let guardduty = client!(aws_sdk_guardduty, sim, keys_of(PAYMENTS));
    let detectors = guardduty.list_detectors().send().await.unwrap();
    let archive = guardduty
        .archive_findings()
        .detector_id(&detectors.detector_ids()[0])
        .finding_ids("0".repeat(32));
    let refused = archive.send().await.unwrap_err().into_service_error();
    assert!(refused.is_bad_request_exception(), "{refused:?}");
}

#[tokio::test]
async fn an_opsitem_is_opened_once_and_resolved() {
    let sim = start("quiet-night");
    let ssm = client!(aws_sdk_ssm, sim, keys_of(PAYMENTS));
    let dedup = OpsItemDataValue::builder()
        .r#type(OpsItemDataType::SearchableString)
        .value(r#"{"dedupString":"cw#payments#cpu"}"#)
        .build();
    let open = ssm
        .create_ops_item()
        .title("CPU of checkout")
        .description("opened from noctop")
        .source("noctop")
        .operational_data("/aws/dedup", dedup);
    let id = open.clone().send().await.unwrap().ops_item_id.unwrap();
    let again = open.send().await.unwrap_err().into_service_error();
    assert!(again.is_ops_item_already_exists_exception(), "{again:?}");
    ssm.update_ops_item()
        .ops_item_id(&id)
        .status(OpsItemStatus::Resolved)
        .send()
        .await
        .unwrap();
    let item = ssm
        .get_ops_item()
        .ops_item_id(&id)
        .send()
        .await
        .unwrap()
        .ops_item
        .unwrap();
    assert_eq!(item.status(), Some(&OpsItemStatus::Resolved));
    assert_eq!(
        item.last_modified_by(),
        Some("arn:aws:iam::222222222222:user/operator")
    );
}

#[tokio::test]
async fn an_open_window_is_cancelled() {
    let sim = start("patch-tuesday");
    for account in ["222222222222", "333333333333", "444444444444"] {
        let ssm = client!(aws_sdk_ssm, sim, keys_of(account));
        let windows = ssm.describe_maintenance_windows().send().await.unwrap();
        for window in windows.window_identities() {
            let runs = ssm
                .describe_maintenance_window_executions()
                .window_id(window.window_id().unwrap())
                .send()
                .await;
            let runs = runs.unwrap();
            let open = runs
                .window_executions()
                .iter()
                .find(|r| r.status() == Some(&MaintenanceWindowExecutionStatus::InProgress));
            let Some(id) = open.and_then(|run| run.window_execution_id()) else {
                continue;
            };
            ssm.cancel_maintenance_window_execution()
                .window_execution_id(id)
                .send()
                .await
                .unwrap();
            sim.world().clock().advance(Duration::from_secs(10));
            let run = ssm
                .get_maintenance_window_execution()
                .window_execution_id(id)
                .send()
                .await
                .unwrap();
            assert_eq!(
                run.status(),
                Some(&MaintenanceWindowExecutionStatus::Cancelled)
            );
            return;
        }
    }
    panic!("a patch Tuesday has a window that is open");
}

#[tokio::test]
async fn two_operators_who_retry_a_backup_make_one_job() {
    let sim = start("everyday");
    let backup = client!(aws_sdk_backup, sim, keys_of(PAYMENTS));
    let failed = backup
        .list_backup_jobs()
        .by_state("FAILED".into())
        .send()
        .await
        .unwrap();
    let failed = failed.backup_jobs()[0].clone();
    let retry = || {
        backup
            .start_backup_job()
            .backup_vault_name(failed.backup_vault_name().unwrap())
            .resource_arn(failed.resource_arn().unwrap())
            .iam_role_arn(failed.iam_role_arn().unwrap())
            .idempotency_token(format!("noctop-{}", failed.backup_job_id().unwrap()))
            .send()
    };
    let (first, second) = (retry().await.unwrap(), retry().await.unwrap());
    assert_eq!(first.backup_job_id(), second.backup_job_id());
}
