//! Credentials, guard and budgets through the real SDK.

use noctop::aws::ops::{self, DESCRIBE_ALARMS};
use noctop::domain::FaultKind;
use noctop::sim::faults::{Fault, Kind};
use tokio::task::JoinSet;

use super::stand::{ACCOUNT, NAME, impatient, open, patient, scope, simulator, spec};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_is_assumed_once_for_everybody() {
    let sim = simulator();
    let fleet = open(spec(&sim), patient()).await;
    let mut tasks = JoinSet::new();
    for region in ["eu-west-1", "us-east-1"] {
        for _ in 0..6 {
            let access = fleet.access(scope(ACCOUNT, region)).unwrap();
            tasks.spawn(async move {
                access
                    .cloudwatch(&DESCRIBE_ALARMS, |client, with| {
                        client
                            .describe_alarms()
                            .max_records(1)
                            .customize()
                            .config_override(with)
                            .send()
                    })
                    .await
            });
        }
    }
    for result in tasks.join_all().await {
        result.unwrap();
    }
    assert_eq!(sim.calls().count("sts", "AssumeRole").calls, 1);
    assert_eq!(sim.calls().count("monitoring", "DescribeAlarms").calls, 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_on_the_list_never_leaves_the_machine() {
    let sim = simulator();
    let fleet = open(spec(&sim), patient()).await;
    let access = fleet.access(scope(ACCOUNT, "eu-west-1")).unwrap();
    // Whatever it is called: the name in the call's own metadata counts.
    let before = sim.calls().total().calls;
    let fault = access
        .cloudwatch(&DESCRIBE_ALARMS, |client, with| {
            client
                .delete_alarms()
                .alarm_names("api-5xx-rate")
                .customize()
                .config_override(with)
                .send()
        })
        .await
        .unwrap_err();
    assert!(fault.message.contains("DeleteAlarms"), "{fault}");
    assert!(fault.message.contains("refused"), "{fault}");
    let fault = access
        .ssm(&ops::DESCRIBE_OPS_ITEMS, |client, with| {
            client
                .send_command()
                .document_name("AWS-RunShellScript")
                .customize()
                .config_override(with)
                .send()
        })
        .await
        .unwrap_err();
    assert!(fault.message.contains("SendCommand"), "{fault}");
    // The role may have been assumed for it; nothing else happened.
    let after = sim.calls().total().calls - sim.calls().count("sts", "AssumeRole").calls;
    assert_eq!(after, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_cannot_be_assumed_is_told_and_tried_again() {
    let sim = simulator();
    let fleet = open(spec(&sim), impatient()).await;
    let id = sim
        .faults()
        .add(
            Fault::new(Kind::Deny)
                .service("sts")
                .operation("AssumeRole"),
        )
        .unwrap();
    let access = fleet.access(scope(ACCOUNT, "eu-west-1")).unwrap();
    let ask = || {
        access.cloudwatch(&DESCRIBE_ALARMS, |client, with| {
            client
                .describe_alarms()
                .customize()
                .config_override(with)
                .send()
        })
    };
    let fault = ask().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Denied);
    assert!(
        fault.message.contains("AssumeRole") && fault.message.contains(NAME),
        "{fault}"
    );
    assert!(fault.advice.contains("trust"), "{fault}");
    // The failure is shared, not repeated: five more askings cost no further call.
    let calls = sim.calls().count("sts", "AssumeRole").calls;
    for _ in 0..5 {
        ask().await.unwrap_err();
    }
    assert_eq!(sim.calls().count("sts", "AssumeRole").calls, calls);
    sim.faults().remove(id);
    // An operator who asks for it does not wait until the failure is forgotten.
    fleet.retry(ACCOUNT.parse().unwrap());
    ask().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_expire_early_are_replaced() {
    let sim = simulator();
    let fleet = open(spec(&sim), impatient()).await;
    let access = fleet.access(scope(ACCOUNT, "eu-west-1")).unwrap();
    let ask = || {
        access.cloudwatch(&DESCRIBE_ALARMS, |client, with| {
            client
                .describe_alarms()
                .customize()
                .config_override(with)
                .send()
        })
    };
    ask().await.unwrap();
    sim.faults()
        .add(Fault::new(Kind::Expired).service("monitoring").times(1))
        .unwrap();
    assert_eq!(ask().await.unwrap_err().kind, FaultKind::Expired);
    ask().await.unwrap();
    assert_eq!(sim.calls().count("sts", "AssumeRole").calls, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_keys_are_told_from_a_region_that_is_off() {
    let sim = simulator();
    let fleet = open(spec(&sim), impatient()).await;
    let access = fleet.access(scope(ACCOUNT, "eu-west-1")).unwrap();
    let ask = || {
        access.cloudwatch(&DESCRIBE_ALARMS, |client, with| {
            client
                .describe_alarms()
                .customize()
                .config_override(with)
                .send()
        })
    };
    // The same answer in every region: the keys are bad.
    let unknown = |f: Fault| Fault {
        code: Some("UnrecognizedClientException".into()),
        status: Some(403),
        message: Some("The security token included in the request is invalid.".into()),
        ..f
    };
    let everywhere = [
        unknown(Fault::new(Kind::Error).service("monitoring")),
        unknown(
            Fault::new(Kind::Error)
                .service("sts")
                .operation("GetCallerIdentity"),
        ),
    ];
    let ids = everywhere.map(|f| sim.faults().add(f).unwrap());
    assert_eq!(ask().await.unwrap_err().kind, FaultKind::Expired);
    for id in ids {
        sim.faults().remove(id);
    }
    // Only here: the region is off.
    sim.faults()
        .add(unknown(
            Fault::new(Kind::Error)
                .service("monitoring")
                .region("eu-west-1"),
        ))
        .unwrap();
    assert_eq!(ask().await.unwrap_err().kind, FaultKind::RegionOff);
}
