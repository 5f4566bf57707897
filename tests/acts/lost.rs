//! When the answer is lost: what really happened is found out, and nothing is sent twice.

use std::collections::BTreeMap;
use std::time::Duration;

use noctop::audit::Result;
use noctop::aws::access::Patience;
use noctop::aws::ops::automation::StartAutomation;
use noctop::aws::ops::backups::StartBackup;
use noctop::aws::ops::close;
use noctop::aws::ops::commands::SendCommand;
use noctop::aws::ops::look::VISIBLE_AFTER;
use noctop::aws::ops::support::ReplyToCase;
use noctop::sim::faults::{Fault, Kind};

use super::stand::{PAYMENTS, Stand, everywhere, journal, patience, text};

fn command(stand: &Stand) -> SendCommand {
    let nodes = stand.truth("ssm", "InstanceInformationList");
    let online = nodes
        .iter()
        .find(|n| text(n, "PingStatus") == "Online")
        .unwrap();
    SendCommand {
        document: "AWS-RunShellScript".into(),
        parameters: BTreeMap::from([("commands".into(), vec!["uptime".into()])]),
        instances: vec![text(online, "InstanceId").to_owned()],
        ..SendCommand::default()
    }
}

#[tokio::test]
async fn a_command_whose_answer_was_lost_is_found_by_its_comment_and_not_sent_again() {
    let stand = Stand::new().await;
    let before = stand.truth("ssm", "Commands").len();
    let fault = Fault::new(Kind::Lost).operation("SendCommand");
    stand.sim.faults().add(fault).unwrap();
    let receipt = stand.act(&command(&stand)).await.receipt;
    assert_eq!(receipt.result(), Some(Result::Ok), "{receipt:#?}");
    let commands = stand.truth("ssm", "Commands");
    assert_eq!(commands.len(), before + 1);
    let is_there = commands
        .iter()
        .any(|c| text(c, "CommandId") == receipt.outcomes[0].created);
    assert!(is_there);
    assert_eq!(stand.changed().len(), 1);
}

#[tokio::test]
async fn a_command_that_may_have_arrived_is_unknown_until_it_can_be_told() {
    let impatient = Patience {
        operation: Duration::from_secs(2),
        ..patience()
    };
    let stand = Stand::with(impatient, None).await;
    let fault = Fault::new(Kind::Hang).operation("SendCommand");
    let id = stand.sim.faults().add(fault).unwrap();
    let receipt = stand.act(&command(&stand)).await.receipt;
    assert_eq!(receipt.result(), Some(Result::Unknown), "{receipt:#?}");
    assert!(receipt.outcomes[0].said.contains("not sent again"));
    assert_eq!(stand.changed().len(), 1, "sent once, whatever became of it");
    assert_eq!(stand.acts()[0].result(), "unknown");
    stand.sim.faults().remove(id);
    // The console ends. The next one looks when a command would long be seen: there is none.
    let Stand {
        sim,
        fleet,
        journal: first,
        ..
    } = &stand;
    let later = sim.world().now().plus(VISIBLE_AFTER * 2);
    let second = journal(&stand.path(), "bo", None, later);
    assert_eq!(
        close(&second, fleet).await,
        [],
        "the first console still runs"
    );
    first.retire();
    let closed = close(&second, fleet).await;
    let found = closed[0].receipt.as_ref().unwrap();
    assert_eq!(found.result(), Some(Result::Failed), "{found:#?}");
    assert_eq!(stand.acts()[0].result(), "failed");
    assert_eq!(close(&second, fleet).await, [], "closed once");
    assert_eq!(stand.changed().len(), 1);
}

#[tokio::test]
async fn what_has_a_token_may_be_asked_again_and_is_done_once() {
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
    let fault = Fault::new(Kind::Lost).operation("StartBackupJob").times(1);
    stand.sim.faults().add(fault).unwrap();
    let receipt = stand.act(&again).await.receipt;
    assert_eq!(receipt.result(), Some(Result::Ok), "{receipt:#?}");
    assert_eq!(stand.truth("backup", "BackupJobs").len(), jobs.len() + 1);
}

#[tokio::test]
async fn a_reply_whose_answer_was_lost_stands_in_the_case_once() {
    let stand = Stand::new().await;
    let here = everywhere(PAYMENTS);
    let case = text(&stand.support("cases")[0], "caseId").to_owned();
    let before = stand.support("communications").len();
    let fault = Fault::new(Kind::Lost).operation("AddCommunicationToCase");
    stand.sim.faults().add(fault).unwrap();
    let reply = ReplyToCase {
        scope: here,
        case,
        body: "password=hunter2 was in the log; we changed it.".into(),
    };
    let receipt = stand.act_in(here, &reply).await.receipt;
    assert_eq!(receipt.result(), Some(Result::Ok), "{receipt:#?}");
    assert_eq!(stand.support("communications").len(), before + 1);
    // What was recognised is not what stands in the journal: a secret stays out of it.
    let body = stand.acts()[0].began.body["parameters"].to_string();
    assert!(!body.contains("hunter2"), "{body}");
}

#[tokio::test]
async fn an_execution_whose_answer_was_lost_is_found() {
    let stand = Stand::new().await;
    let before = stand.truth("ssm", "AutomationExecutions").len();
    let fault = Fault::new(Kind::Lost).operation("StartAutomationExecution");
    stand.sim.faults().add(fault).unwrap();
    let start = StartAutomation {
        document: "AWS-RestartEC2Instance".into(),
        parameters: BTreeMap::from([("InstanceId".into(), vec!["i-0123456789abcdef0".into()])]),
        ..StartAutomation::default()
    };
    let receipt = stand.act(&start).await.receipt;
    assert_eq!(receipt.result(), Some(Result::Ok), "{receipt:#?}");
    assert_eq!(stand.truth("ssm", "AutomationExecutions").len(), before + 1);
}
