//! The simulator through the real SDK, without any code of noctop between them: what the console will
//! meet on AWS must be what it meets here. In [`sources`], with noctop's own questions.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a simulator that does not start fails its test"
)]

#[macro_use]
mod client;
mod acts;
mod sources;

use std::collections::BTreeSet;

use aws_credential_types::Credentials;
use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsError;
use aws_sdk_cloudwatch::types::{AlarmType, Metric, MetricDataQuery, MetricStat, StateValue};
use client::{PAYMENTS, keys_of, start};
use noctop::sim::faults::{Fault, Kind};

#[tokio::test]
async fn alarms_page_through_cbor_and_are_the_truth() {
    let sim = start("everyday");
    let cloudwatch = client!(aws_sdk_cloudwatch, sim, keys_of(PAYMENTS));
    let mut pages = cloudwatch
        .describe_alarms()
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .max_records(9)
        .into_paginator()
        .send();
    let mut found = BTreeSet::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        for alarm in page.metric_alarms() {
            assert!(alarm.state_transitioned_timestamp() <= alarm.state_updated_timestamp());
            assert!(alarm.state_value().is_some() && alarm.state_reason().is_some());
            found.insert(alarm.alarm_arn().unwrap().to_owned());
        }
        found.extend(
            page.composite_alarms()
                .iter()
                .map(|a| a.alarm_arn().unwrap().to_owned()),
        );
    }
    let truth = sim.truth("cloudwatch", PAYMENTS, "eu-west-1").unwrap();
    let lists =
        ["MetricAlarms", "CompositeAlarms"].map(|kind| truth[kind].as_array().unwrap().clone());
    let wanted: BTreeSet<String> = lists
        .concat()
        .iter()
        .map(|a| a["AlarmArn"].as_str().unwrap().to_owned())
        .collect();
    assert!(wanted.len() > 48);
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn what_a_client_changes_it_reads_back() {
    let sim = start("quiet-night");
    let cloudwatch = client!(aws_sdk_cloudwatch, sim, keys_of(PAYMENTS));
    let arn = cloudwatch
        .describe_alarms()
        .max_records(1)
        .send()
        .await
        .unwrap()
        .metric_alarms()[0]
        .clone();
    let name = arn.alarm_name().unwrap();
    let set = cloudwatch
        .set_alarm_state()
        .alarm_name(name)
        .state_value(StateValue::Alarm)
        .state_reason("a drill");
    set.send().await.unwrap();
    let firing = cloudwatch
        .describe_alarms()
        .state_value(StateValue::Alarm)
        .send()
        .await
        .unwrap();
    assert_eq!(firing.metric_alarms()[0].state_reason(), Some("a drill"));
    let history = cloudwatch
        .describe_alarm_history()
        .alarm_name(name)
        .max_records(1)
        .send()
        .await
        .unwrap();
    assert!(
        history.alarm_history_items()[0]
            .history_summary()
            .unwrap()
            .ends_with("to ALARM")
    );
    let now = sim.world().now().as_secs();
    let metric = Metric::builder()
        .namespace(arn.namespace().unwrap())
        .metric_name(arn.metric_name().unwrap())
        .set_dimensions(Some(arn.dimensions().to_vec()))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(300)
        .stat("Average")
        .build();
    let answer = cloudwatch
        .get_metric_data()
        .metric_data_queries(MetricDataQuery::builder().id("m").metric_stat(stat).build())
        .start_time(aws_smithy_types::DateTime::from_secs(now - 86_400))
        .end_time(aws_smithy_types::DateTime::from_secs(now - 7200))
        .send()
        .await
        .unwrap();
    assert!(answer.metric_data_results()[0].values().len() > 200);
    let error = cloudwatch
        .delete_alarms()
        .alarm_names("no such alarm")
        .send()
        .await
        .unwrap_err();
    assert!(error.into_service_error().is_resource_not_found());
}

fn code(error: &SdkError<DescribeAlarmsError>) -> Option<&str> {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
}

#[tokio::test]
async fn faults_look_like_those_of_aws() {
    let sim = start("quiet-night");
    let cloudwatch = client!(aws_sdk_cloudwatch, sim, keys_of(PAYMENTS));
    for (kind, wanted) in [
        (Kind::Throttle, "Throttling"),
        (Kind::Deny, "AccessDenied"),
        (Kind::Expired, "ExpiredToken"),
        (Kind::RegionOff, "InvalidClientTokenId"),
        (Kind::PlanMissing, "SubscriptionRequiredException"),
        (Kind::ServerError, "InternalFailure"),
    ] {
        sim.faults()
            .add(
                Fault::new(kind)
                    .service("cloudwatch")
                    .account("payments-prod")
                    .times(1),
            )
            .unwrap();
        let error = cloudwatch.describe_alarms().send().await.unwrap_err();
        assert_eq!(code(&error), Some(wanted), "{error:?}");
        sim.faults().clear();
    }
    for (kind, is) in [
        (Kind::Reset, "dispatch"),
        (Kind::Truncate, "response"),
        // The SDK takes an answer that it cannot read for an error of the service, one without a code.
        (Kind::Malformed, "service without a code"),
    ] {
        sim.faults().add(Fault::new(kind).times(1)).unwrap();
        let error = cloudwatch.describe_alarms().send().await.unwrap_err();
        let found = match &error {
            SdkError::DispatchFailure(_) => "dispatch",
            SdkError::ResponseError(_) => "response",
            SdkError::ServiceError(_) if code(&error).is_none() => "service without a code",
            _ => "something else",
        };
        assert_eq!(found, is, "{kind:?}: {error:?}");
        sim.faults().clear();
    }
    assert!(
        cloudwatch.describe_alarms().send().await.is_ok(),
        "it recovers"
    );
    let bad = cloudwatch
        .describe_alarms()
        .next_token("nonsense")
        .send()
        .await
        .unwrap_err();
    assert!(
        bad.as_service_error()
            .is_some_and(DescribeAlarmsError::is_invalid_next_token)
    );
}

#[tokio::test]
async fn a_role_leads_into_another_account() {
    let sim = start("everyday");
    let sts = client!(aws_sdk_sts, sim, keys_of("111111111111"));
    let role = format!("arn:aws:iam::{PAYMENTS}:role/noctop-partner");
    let denied = sts
        .assume_role()
        .role_arn(&role)
        .role_session_name("noctop")
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        denied
            .as_service_error()
            .and_then(ProvideErrorMetadata::code),
        Some("AccessDenied")
    );
    let granted = sts
        .assume_role()
        .role_arn(&role)
        .role_session_name("noctop")
        .external_id("nightwatch");
    let granted = granted.send().await.unwrap().credentials.unwrap();
    let token = Some(granted.session_token.clone());
    let keys = Credentials::new(
        &granted.access_key_id,
        &granted.secret_access_key,
        token,
        None,
        "test",
    );
    let me = client!(aws_sdk_sts, sim, keys.clone())
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    assert_eq!(me.account(), Some(PAYMENTS));
    let alarms = client!(aws_sdk_cloudwatch, sim, keys)
        .describe_alarms()
        .max_records(1)
        .send()
        .await
        .unwrap();
    assert!(
        alarms.metric_alarms()[0]
            .alarm_arn()
            .unwrap()
            .contains(PAYMENTS)
    );
}

#[tokio::test]
async fn the_organization_lists_its_accounts_and_their_tags() {
    let sim = start("everyday");
    let org = client!(aws_sdk_organizations, sim, keys_of("111111111111"));
    let mut pages = org.list_accounts().max_results(4).into_paginator().send();
    let mut accounts = Vec::new();
    while let Some(page) = pages.next().await {
        accounts.extend(page.unwrap().accounts.unwrap_or_default());
    }
    assert_eq!(accounts.len(), sim.world().accounts().len());
    let tags = org
        .list_tags_for_resource()
        .resource_id(PAYMENTS)
        .send()
        .await
        .unwrap();
    assert!(
        tags.tags()
            .iter()
            .any(|t| t.key() == "team" && t.value() == "payments")
    );
    let root = org.list_roots().send().await.unwrap().roots()[0]
        .id()
        .unwrap()
        .to_owned();
    let units = org
        .list_organizational_units_for_parent()
        .parent_id(&root)
        .send()
        .await
        .unwrap();
    assert!(
        units
            .organizational_units()
            .iter()
            .any(|u| u.name() == Some("Workloads"))
    );
    let member = client!(aws_sdk_organizations, sim, keys_of(PAYMENTS));
    let denied = member
        .list_accounts()
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(denied.is_access_denied_exception(), "{denied:?}");
}
