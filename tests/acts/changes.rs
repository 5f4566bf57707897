//! Every change does in AWS what it says, under the operator's name, and stands in the journal.

use std::collections::BTreeMap;
use std::time::Duration;

use noctop::audit::{Receipt, Result, Why};
use noctop::aws::ops::automation::{
    Signal, SignalAutomation, StartAutomation, Stop, StopAutomation,
};
use noctop::aws::ops::backups::{StartBackup, StartCopy, StopBackup, token_of};
use noctop::aws::ops::commands::{CancelCommand, SendCommand};
use noctop::aws::ops::guardduty::{ArchiveFindings, Way};
use noctop::aws::ops::mutes::{DeleteMute, PutMute, rule_name};
use noctop::aws::ops::opsitems::{CreateOpsItem, Status, UpdateOpsItem};
use noctop::aws::ops::securityhub::{FindingName, UpdateFindings, Workflow};
use noctop::aws::ops::support::{ReplyToCase, ResolveCase};
use noctop::aws::ops::{self, perform};
use noctop::sim::faults::{Fault, Kind};

use super::stand::{PAYMENTS, Stand, WEB, everywhere, patience, scope, text};

fn findings(stand: &Stand, most: usize) -> Vec<FindingName> {
    let all = stand.truth("securityhub", "Findings");
    let open = all
        .iter()
        .filter(|f| text(&f["Workflow"], "Status") == "NEW");
    let name = |f: &serde_json::Value| FindingName {
        scope: scope(PAYMENTS),
        id: text(f, "Id").to_owned(),
        product: text(f, "ProductArn").to_owned(),
    };
    open.take(most).map(name).collect()
}

fn all_ok(receipt: &Receipt) {
    assert_eq!(receipt.result(), Some(Result::Ok), "{receipt:#?}");
}

#[tokio::test]
async fn findings_are_resolved_under_the_operators_name_and_journalled() {
    let stand = Stand::new().await;
    let findings = findings(&stand, 3);
    assert_eq!(findings.len(), 3);
    let change = UpdateFindings {
        findings: findings.clone(),
        workflow: Workflow::Resolved,
        note: "patched".into(),
    };
    let done = stand.act(&change).await;
    all_ok(&done.receipt);
    for found in stand.truth("securityhub", "Findings") {
        let is_ours = findings.iter().any(|f| f.id == text(&found, "Id"));
        if is_ours {
            assert_eq!(text(&found["Workflow"], "Status"), "RESOLVED");
            assert_eq!(text(&found["Note"], "Text"), "patched");
        }
    }
    let changed = stand.changed();
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].source_identity.as_deref(), Some("ana"));
    assert!(
        changed[0].caller.ends_with(":assumed-role/NoctopAct/ana"),
        "{}",
        changed[0].caller
    );
    let acts = stand.acts();
    assert_eq!(acts.len(), 1);
    assert_eq!(acts[0].result(), "ok");
    assert_eq!(
        acts[0].began.text("as"),
        "arn:aws:iam::222222222222:role/NoctopAct"
    );
    let ended = acts[0].ended.as_ref().unwrap();
    assert_eq!(ended.targets().len(), 3);
    assert_eq!(text(&ended.targets()[0], "requestId"), changed[0].id);
}

#[tokio::test]
async fn a_batch_that_is_half_done_says_which_half() {
    let stand = Stand::new().await;
    let findings = findings(&stand, 8);
    stand
        .sim
        .faults()
        .add(Fault::new(Kind::Half).operation("BatchUpdateFindings"))
        .unwrap();
    let change = UpdateFindings {
        findings,
        workflow: Workflow::Suppressed,
        note: String::new(),
    };
    let receipt = stand.act(&change).await.receipt;
    assert_eq!(receipt.result(), None);
    let suppressed: Vec<String> = stand
        .truth("securityhub", "Findings")
        .iter()
        .filter(|f| text(&f["Workflow"], "Status") == "SUPPRESSED")
        .map(|f| text(f, "Id").to_owned())
        .collect();
    for outcome in &receipt.outcomes {
        let is_done = suppressed.iter().any(|id| **id == *outcome.target.id);
        assert_eq!(outcome.result == Result::Ok, is_done, "{outcome:?}");
        assert!(
            is_done || outcome.said.contains("left the finding"),
            "{outcome:?}"
        );
    }
    assert_eq!(stand.acts()[0].result(), "mixed");
}

#[tokio::test]
async fn a_thousand_findings_go_in_calls_of_a_hundred() {
    let stand = Stand::new().await;
    let mut findings = findings(&stand, 1);
    for n in 0..249 {
        findings.push(FindingName {
            scope: scope(PAYMENTS),
            id: format!("arn:aws:securityhub:eu-west-1:222222222222:finding/none-{n}"),
            product: findings[0].product.clone(),
        });
    }
    let change = UpdateFindings {
        findings,
        workflow: Workflow::Notified,
        note: String::new(),
    };
    let receipt = stand.act(&change).await.receipt;
    assert_eq!(stand.changed().len(), 3);
    assert_eq!(receipt.outcomes.len(), 250);
    // What is not there fails for itself alone.
    assert_eq!(
        (receipt.count(Result::Ok), receipt.count(Result::Failed)),
        (1, 249)
    );
}

#[tokio::test]
async fn a_readonly_policy_lets_no_call_through_and_says_so_in_the_journal() {
    let stand = Stand::new().await;
    let restart = SendCommand {
        document: "AWS-RunShellScript".into(),
        instances: vec!["i-0abc".into()],
        ..SendCommand::default()
    };
    let census = stand.fleet.census();
    let access = stand.access(WEB);
    let refused = perform(
        &stand.journal,
        &census.roster,
        &access,
        "runbook restart",
        "",
        &restart,
    )
    .await
    .unwrap_err();
    assert_eq!(refused.why, Why::Policy);
    assert!(
        refused
            .said
            .contains("policy of web-prod (333333333333) is readonly"),
        "{refused}"
    );
    assert_eq!(
        stand.sim.calls().total().calls,
        0,
        "not even a role was assumed"
    );
    let acts = stand.acts();
    assert_eq!(
        (acts[0].result(), acts[0].began.text("why")),
        ("refused", "policy")
    );

    let looking = Stand::with(patience(), Some("--readonly")).await;
    let census = looking.fleet.census();
    let access = looking.access(PAYMENTS);
    let refused = perform(
        &looking.journal,
        &census.roster,
        &access,
        "runbook restart",
        "",
        &restart,
    )
    .await
    .unwrap_err();
    assert_eq!(refused.why, Why::Session);
    assert_eq!(looking.sim.calls().total().calls, 0);
}

#[tokio::test]
async fn a_denial_of_aws_is_a_refusal_in_the_journal() {
    let stand = Stand::new().await;
    stand
        .sim
        .faults()
        .add(Fault::new(Kind::Deny).operation("BatchUpdateFindings"))
        .unwrap();
    let change = UpdateFindings {
        findings: findings(&stand, 2),
        workflow: Workflow::Resolved,
        note: String::new(),
    };
    let receipt = stand.act(&change).await.receipt;
    assert_eq!(receipt.result(), Some(Result::Refused), "{receipt:#?}");
    assert_eq!(stand.acts()[0].result(), "refused");
}

#[tokio::test]
async fn an_operator_who_takes_over_acts_under_their_own_name() {
    let stand = Stand::new().await;
    let change = |workflow| UpdateFindings {
        findings: findings(&stand, 1),
        workflow,
        note: String::new(),
    };
    stand.act(&change(Workflow::Notified)).await;
    stand.journal.hand_over("Bö O'Neil");
    stand.act(&change(Workflow::Notified)).await;
    let names: Vec<Option<String>> = stand
        .changed()
        .into_iter()
        .map(|c| c.source_identity)
        .collect();
    assert_eq!(
        names,
        [Some("ana".to_owned()), Some("B--O-Neil".to_owned())]
    );
    assert_eq!(stand.acts()[1].began.text("operator"), "Bö O'Neil");
}

#[tokio::test]
async fn guardduty_findings_go_into_the_archive_and_out_again() {
    let stand = Stand::new().await;
    let id = stand
        .truth("guardduty", "findings")
        .iter()
        .find(|f| f["service"]["archived"] == false)
        .map(|f| text(f, "id").to_owned())
        .unwrap();
    let change = |way| ArchiveFindings {
        findings: vec![(scope(PAYMENTS), id.clone())],
        way,
    };
    for (way, archived) in [(Way::Archive, true), (Way::Unarchive, false)] {
        all_ok(&stand.act(&change(way)).await.receipt);
        let truth = stand.truth("guardduty", "findings");
        let found = truth.iter().find(|f| text(f, "id") == id).unwrap();
        assert_eq!(found["service"]["archived"], archived);
    }
}

#[tokio::test]
async fn an_opsitem_is_opened_once_and_resolved() {
    let stand = Stand::new().await;
    let create = CreateOpsItem {
        title: "api-5xx-rate is in ALARM".into(),
        description: "Opened from the console.".into(),
        severity: "2".into(),
        category: "Availability".into(),
        dedup: "alarm 222222222222/eu-west-1 api-5xx-rate 1795000000000".into(),
        resources: vec!["arn:aws:cloudwatch:eu-west-1:222222222222:alarm:api-5xx-rate".into()],
    };
    let first = stand.act(&create).await.receipt;
    all_ok(&first);
    let second = stand.act(&create).await.receipt;
    all_ok(&second);
    let id = first.outcomes[0].created.clone();
    assert!(id.starts_with("oi-"), "{id}");
    assert_eq!(second.outcomes[0].created, id);
    assert!(second.outcomes[0].said.contains("already"));
    let update = UpdateOpsItem {
        scope: scope(PAYMENTS),
        id: id.clone(),
        status: Status::Resolved,
        acknowledged: "ana".into(),
    };
    all_ok(&stand.act(&update).await.receipt);
    let truth = stand.truth("ssm", "OpsItems");
    let item = truth.iter().find(|o| text(o, "OpsItemId") == id).unwrap();
    assert_eq!(text(item, "Status"), "Resolved");
}

#[tokio::test]
async fn alarms_are_muted_until_a_time_and_let_speak_again() {
    let stand = Stand::new().await;
    let now = stand.journal.now();
    let alarms: Vec<String> = stand
        .truth("cloudwatch", "MetricAlarms")
        .iter()
        .take(2)
        .map(|a| text(a, "AlarmName").to_owned())
        .collect();
    let name = rule_name("ana", now);
    let mute = PutMute {
        name: name.clone(),
        alarms,
        from: now,
        until: now.plus(Duration::from_secs(3_600)),
        note: "deploy".into(),
    };
    let receipt = stand.act(&mute).await.receipt;
    all_ok(&receipt);
    assert_eq!(receipt.outcomes[1].created, name);
    let longer = PutMute {
        until: now.plus(Duration::from_secs(7_200)),
        ..mute.clone()
    };
    all_ok(&stand.act(&longer).await.receipt);
    let endless = PutMute {
        until: now.plus(Duration::from_secs(40 * 86_400)),
        ..mute
    };
    let refused = stand.act(&endless).await.receipt;
    assert_eq!(refused.result(), Some(Result::Failed));
    assert!(refused.outcomes[0].said.contains("fifteen days"));
    all_ok(&stand.act(&DeleteMute { name }).await.receipt);
    assert_eq!(stand.changed().len(), 3);
}

fn instance(stand: &Stand) -> String {
    let nodes = stand.truth("ssm", "InstanceInformationList");
    let online = nodes
        .iter()
        .find(|n| text(n, "PingStatus") == "Online" && text(n, "InstanceId").starts_with("i-"))
        .unwrap();
    text(online, "InstanceId").to_owned()
}

fn managed(stand: &Stand) -> String {
    let nodes = stand.truth("ssm", "InstanceInformationList");
    let online = nodes.iter().find(|n| text(n, "PingStatus") == "Online");
    text(online.unwrap(), "InstanceId").to_owned()
}

#[tokio::test]
async fn a_command_runs_once_and_is_cancelled() {
    let stand = Stand::new().await;
    let send = SendCommand {
        document: "AWS-RunShellScript".into(),
        parameters: BTreeMap::from([("commands".into(), vec!["uptime".into()])]),
        instances: vec![managed(&stand)],
        ..SendCommand::default()
    };
    let receipt = stand.act(&send).await.receipt;
    all_ok(&receipt);
    let commands = stand.truth("ssm", "Commands");
    let ours: Vec<_> = commands
        .iter()
        .filter(|c| text(c, "CommandId") == receipt.outcomes[0].created)
        .collect();
    assert_eq!(ours.len(), 1);
    let token = stand.acts()[0].began.text("token").to_owned();
    assert_eq!(text(ours[0], "Comment"), format!("noctop {token} ana"));
    let cancel = CancelCommand {
        command: receipt.outcomes[0].created.clone(),
        instances: Vec::new(),
    };
    all_ok(&stand.act(&cancel).await.receipt);
}

#[tokio::test]
async fn an_automation_starts_once_and_is_stopped() {
    let stand = Stand::new().await;
    let start = StartAutomation {
        document: "AWS-RestartEC2Instance".into(),
        parameters: BTreeMap::from([("InstanceId".into(), vec![instance(&stand)])]),
        ..StartAutomation::default()
    };
    let receipt = stand.act(&start).await.receipt;
    all_ok(&receipt);
    let execution = receipt.outcomes[0].created.clone();
    let runs = stand.truth("ssm", "AutomationExecutions");
    let ours = runs
        .iter()
        .filter(|r| text(r, "AutomationExecutionId") == execution);
    assert_eq!(ours.count(), 1);
    let signal = SignalAutomation {
        execution: execution.clone(),
        signal: Signal::Approve,
        payload: BTreeMap::new(),
    };
    // It waits for nobody's approval, and the service says so.
    let answered = stand.act(&signal).await.receipt;
    assert_eq!(answered.result(), Some(Result::Failed), "{answered:#?}");
    let stop = StopAutomation {
        execution,
        how: Stop::Cancel,
    };
    all_ok(&stand.act(&stop).await.receipt);
}

#[tokio::test]
async fn two_operators_who_retry_a_backup_make_one_job_of_it() {
    let stand = Stand::new().await;
    let jobs = stand.truth("backup", "BackupJobs");
    let failed = jobs.iter().find(|j| text(j, "State") == "FAILED").unwrap();
    let again = StartBackup {
        vault: text(failed, "BackupVaultName").to_owned(),
        resource: text(failed, "ResourceArn").to_owned(),
        role: text(failed, "IamRoleArn").to_owned(),
        again: text(failed, "BackupJobId").to_owned(),
        ..StartBackup::default()
    };
    let first = stand.act(&again).await.receipt;
    all_ok(&first);
    stand.journal.hand_over("bo");
    let second = stand.act(&again).await.receipt;
    all_ok(&second);
    assert_eq!(first.outcomes[0].created, second.outcomes[0].created);
    assert_eq!(stand.truth("backup", "BackupJobs").len(), jobs.len() + 1);
    assert_eq!(stand.acts()[0].began.text("token"), token_of(&again.again));
    let stop = StopBackup {
        job: first.outcomes[0].created.clone(),
    };
    let stopped = stand.act(&stop).await.receipt;
    // Some kinds of resources do not support it; then the service's own word is what the operator reads.
    assert_ne!(stopped.result(), Some(Result::Unknown), "{stopped:#?}");
}

#[tokio::test]
async fn a_copy_is_tried_again_with_what_the_failed_one_had() {
    let stand = Stand::new().await;
    let jobs = stand.truth("backup", "CopyJobs");
    let Some(failed) = jobs.iter().find(|j| text(j, "State") == "FAILED") else {
        panic!("the scenario has no failed copy");
    };
    let vault = text(failed, "SourceBackupVaultArn")
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    let again = StartCopy {
        recovery_point: text(failed, "SourceRecoveryPointArn").to_owned(),
        from: vault,
        to: text(failed, "DestinationBackupVaultArn").to_owned(),
        role: text(failed, "IamRoleArn").to_owned(),
        again: text(failed, "CopyJobId").to_owned(),
    };
    let receipt = stand.act(&again).await.receipt;
    assert_ne!(receipt.result(), Some(Result::Unknown), "{receipt:#?}");
    assert_eq!(stand.changed().len(), 1);
}

/// A permission that nobody uses is one that an operator grants for nothing.
/// The case of payments that waits for an answer.
fn waiting_case(stand: &Stand) -> String {
    let cases = stand.support("cases");
    let waits = |case: &&serde_json::Value| text(case, "status") == "pending-customer-action";
    text(cases.iter().find(waits).unwrap(), "caseId").to_owned()
}

#[tokio::test]
async fn a_reply_is_read_by_aws_under_the_operators_role_and_a_case_is_resolved_once() {
    let stand = Stand::new().await;
    let (here, case) = (everywhere(PAYMENTS), waiting_case(&stand));
    let written = stand.support("communications").len();
    let reply = ReplyToCase {
        scope: here,
        case: case.clone(),
        body: "The capture is attached to the ticket OPS-7.".into(),
    };
    all_ok(&stand.act_in(here, &reply).await.receipt);
    let said = stand.support("communications");
    assert_eq!(said.len(), written + 1);
    let ours: Vec<_> = said
        .iter()
        .filter(|s| text(s, "body") == reply.body)
        .collect();
    assert_eq!(ours.len(), 1);
    assert!(text(ours[0], "submittedBy").ends_with(":assumed-role/NoctopAct/ana"));
    let resolve = ResolveCase {
        scope: here,
        case: case.clone(),
    };
    all_ok(&stand.act_in(here, &resolve).await.receipt);
    let cases = stand.support("cases");
    let one = cases.iter().find(|c| text(c, "caseId") == case).unwrap();
    assert_eq!(text(one, "status"), "resolved");
    let acts = stand.acts();
    assert_eq!(acts[0].began.text("region"), "us-east-1");
    assert_eq!(acts.len(), 2);
}

#[test]
fn every_mutation_has_its_change() {
    let code = [
        "act",
        "automation",
        "backups",
        "commands",
        "config",
        "guardduty",
        "incidents",
        "mutes",
        "opsitems",
        "securityhub",
        "support",
        "windows",
    ]
    .map(|name| {
        let path = format!("{}/src/aws/ops/{name}.rs", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    })
    .concat();
    let sent: Vec<_> = ops::MUTATIONS
        .iter()
        .filter(|row| {
            // `StartBackupJob` is asked as `.start_backup_job()`.
            let snake: String = row.op.name.chars().fold(String::new(), |mut name, c| {
                if c.is_ascii_uppercase() && !name.is_empty() {
                    name.push('_');
                }
                name.push(c.to_ascii_lowercase());
                name
            });
            code.contains(&format!(".{snake}()"))
        })
        .collect();
    assert_eq!(sent.len(), ops::MUTATIONS.len());
}
