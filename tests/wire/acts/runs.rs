//! Commands and automations, their outcome, and what a second try meets.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_ssm::types::{
    AutomationExecutionStatus, CommandInvocationStatus, SignalType, Target, TargetLocation,
};
use noctop::sim::faults::{Fault, Kind};
use noctop::sim::scenario::Scenario;
use noctop::sim::{Options, Simulator};

use crate::client::{PAYMENTS, keys_of};

const WORLD: &str = r#"
title = "Runs"
start = "2026-11-21T06:00:00Z"
seed = 11
regions = ["eu-west-1"]

[[account]]
id = "222222222222"
name = "payments-prod"

[[account]]
id = "333333333333"
name = "web-prod"

[patches]
lost = 0.0

[[runs.document]]
name = "acme-failover"
[[runs.document.step]]
name = "drain"
action = "aws:executeScript"
takes = "30s"
[[runs.document.step]]
name = "ask"
action = "aws:approve"
[[runs.document.step]]
name = "switch"
action = "aws:executeAwsApi"
takes = "10s"
"#;

fn world() -> Simulator {
    let options = Options {
        speed: 0.0,
        ..Options::default()
    };
    Simulator::play(Scenario::parse("runs", WORLD).unwrap(), options).unwrap()
}

fn later(sim: &Simulator, seconds: u64) {
    sim.world().clock().advance(Duration::from_secs(seconds));
}

async fn linux(ssm: &aws_sdk_ssm::Client) -> String {
    let all = ssm.describe_instance_information().send().await.unwrap();
    let mut linux = all
        .instance_information_list()
        .iter()
        .filter(|i| i.platform_type().is_some_and(|p| p.as_str() == "Linux"));
    linux.next().unwrap().instance_id().unwrap().to_owned()
}

#[tokio::test]
async fn a_command_whose_answer_is_lost_is_found_by_its_comment() {
    let sim = world();
    let ssm = client!(aws_sdk_ssm, sim, keys_of(PAYMENTS));
    let machine = linux(&ssm).await;
    sim.faults()
        .add(Fault::new(Kind::Lost).operation("SendCommand").times(1))
        .unwrap();
    let send = ssm
        .send_command()
        .instance_ids(&machine)
        .document_name("AWS-RunShellScript")
        .parameters("commands", vec!["echo hello".to_owned()])
        .comment("noctop 0195f3a2");
    assert!(send.send().await.is_err());
    let sent = ssm.list_commands().send().await.unwrap();
    let [command] = sent.commands() else {
        panic!("one command was sent");
    };
    assert_eq!(command.comment(), Some("noctop 0195f3a2"));
    let get = ssm
        .get_command_invocation()
        .command_id(command.command_id().unwrap())
        .instance_id(&machine);
    let early = get.clone().send().await.unwrap_err().into_service_error();
    assert!(early.is_invocation_does_not_exist(), "{early:?}");
    later(&sim, 60);
    let done = get.send().await.unwrap();
    assert_eq!(done.status(), Some(&CommandInvocationStatus::Success));
    assert_eq!(done.standard_output_content(), Some("hello\n"));
    let changes = sim.calls().changes();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        changes[0].outcome.as_deref(),
        Some(""),
        "it was carried out"
    );
}

#[tokio::test]
async fn an_automation_is_approved_and_ends_well() {
    let sim = world();
    let ssm = client!(aws_sdk_ssm, sim, keys_of(PAYMENTS));
    let start = ssm
        .start_automation_execution()
        .document_name("acme-failover")
        .client_token("0195f3a2-1111-4222-8333-444455556666");
    let id = start
        .clone()
        .send()
        .await
        .unwrap()
        .automation_execution_id
        .unwrap();
    let again = start
        .clone()
        .send()
        .await
        .unwrap()
        .automation_execution_id
        .unwrap();
    assert_eq!(id, again, "the same token is the same execution");
    let other = start
        .parameters("AutomationAssumeRole", vec!["role".to_owned()])
        .send()
        .await;
    let other = other.unwrap_err().into_service_error();
    assert!(
        other.is_invalid_automation_execution_parameters_exception(),
        "{other:?}"
    );
    let status = || async {
        let got = ssm
            .get_automation_execution()
            .automation_execution_id(&id)
            .send()
            .await
            .unwrap();
        got.automation_execution.unwrap()
    };
    later(&sim, 31);
    let waiting = status().await;
    assert_eq!(
        waiting.automation_execution_status(),
        Some(&AutomationExecutionStatus::Waiting)
    );
    assert_eq!(waiting.current_step_name(), Some("ask"));
    ssm.send_automation_signal()
        .automation_execution_id(&id)
        .signal_type(SignalType::Approve)
        .send()
        .await
        .unwrap();
    later(&sim, 11);
    let done = status().await;
    assert_eq!(
        done.automation_execution_status(),
        Some(&AutomationExecutionStatus::Success)
    );
    assert_eq!(done.progress_counters().unwrap().success_steps(), 3);
    let late = ssm
        .stop_automation_execution()
        .automation_execution_id(&id)
        .send()
        .await;
    assert!(
        late.unwrap_err()
            .into_service_error()
            .is_invalid_automation_status_update_exception()
    );
}

#[tokio::test]
async fn one_call_runs_for_many_targets_in_many_accounts() {
    let sim = world();
    let ssm = client!(aws_sdk_ssm, sim, keys_of(PAYMENTS));
    let places = TargetLocation::builder()
        .accounts(PAYMENTS)
        .accounts("333333333333")
        .regions("eu-west-1")
        .build();
    let targets = Target::builder()
        .key("ParameterValues")
        .values("i-0aaaaaaaaaaaaaaaa")
        .values("i-0bbbbbbbbbbbbbbbb")
        .build();
    let id = ssm
        .start_automation_execution()
        .document_name("AWS-StopEC2Instance")
        .target_parameter_name("InstanceId")
        .targets(targets)
        .target_locations(places)
        .send()
        .await
        .unwrap()
        .automation_execution_id
        .unwrap();
    later(&sim, 120);
    let steps = ssm
        .describe_automation_step_executions()
        .automation_execution_id(&id)
        .send()
        .await
        .unwrap();
    let mut by_account: HashMap<String, usize> = HashMap::new();
    for step in steps.step_executions() {
        assert_eq!(
            step.step_status(),
            Some(&AutomationExecutionStatus::Success),
            "{step:?}"
        );
        let account = step.target_location().unwrap().accounts()[0].clone();
        *by_account.entry(account).or_default() += 1;
    }
    assert_eq!(by_account.into_values().collect::<Vec<_>>(), [2, 2]);
}
