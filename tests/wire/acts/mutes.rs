//! Silencing alarms for a time.

use aws_sdk_cloudwatch::types::{AlarmMuteRuleStatus, MuteTargets, Rule, Schedule};
use aws_smithy_types::DateTime;

use crate::client::{PAYMENTS, keys_of, start};

#[tokio::test]
async fn a_mute_rule_is_put_seen_and_deleted() {
    let sim = start("quiet-night");
    let cloudwatch = client!(aws_sdk_cloudwatch, sim, keys_of(PAYMENTS));
    let alarms = cloudwatch
        .describe_alarms()
        .max_records(2)
        .send()
        .await
        .unwrap();
    let names: Vec<String> = alarms
        .metric_alarms()
        .iter()
        .map(|a| a.alarm_name().unwrap().to_owned())
        .collect();
    let minutely = Schedule::builder()
        .expression("cron(* * * * *)")
        .duration("PT2M")
        .build();
    let ends = sim.world().now().as_secs() + 3600;
    let put = cloudwatch
        .put_alarm_mute_rule()
        .name("noctop-ana-1")
        .rule(Rule::builder().schedule(minutely).build())
        .mute_targets(
            MuteTargets::builder()
                .set_alarm_names(Some(names.clone()))
                .build(),
        )
        .expire_date(DateTime::from_secs(ends));
    put.send().await.unwrap();
    let seen = cloudwatch
        .get_alarm_mute_rule()
        .alarm_mute_rule_name("noctop-ana-1")
        .send()
        .await
        .unwrap();
    assert_eq!(seen.status(), Some(&AlarmMuteRuleStatus::Active));
    assert_eq!(seen.expire_date().map(DateTime::secs), Some(ends));
    assert_eq!(seen.mute_targets().unwrap().alarm_names(), names);
    let listed = cloudwatch
        .list_alarm_mute_rules()
        .alarm_name(&names[0])
        .send()
        .await
        .unwrap();
    assert_eq!(listed.alarm_mute_rule_summaries().len(), 1);
    assert!(
        listed.alarm_mute_rule_summaries()[0]
            .alarm_mute_rule_arn()
            .unwrap()
            .ends_with(":alarm-mute-rule:noctop-ana-1")
    );
    let truth = sim.truth("cloudwatch", PAYMENTS, "eu-west-1").unwrap();
    assert_eq!(truth["MutedAlarms"].as_array().unwrap().len(), 2);
    cloudwatch
        .delete_alarm_mute_rule()
        .alarm_mute_rule_name("noctop-ana-1")
        .send()
        .await
        .unwrap();
    let gone = cloudwatch
        .get_alarm_mute_rule()
        .alarm_mute_rule_name("noctop-ana-1")
        .send()
        .await;
    assert!(
        gone.unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
}
