//! What somebody does in AWS without noctop.

use aws_credential_types::Credentials;
use aws_sdk_cloudwatch::config::{BehaviorVersion, Region};
use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_ssm::types::OpsItemStatus;

/// The account and region in which everything is.
pub const PAYMENTS: &str = "222222222222";
pub const REGION: &str = "eu-west-1";

fn keys() -> Credentials {
    Credentials::new(format!("AKIA{PAYMENTS}"), "demo", None, None, "test")
}

/// An alarm of the payments account is set to a state.
pub async fn set_alarm(endpoint: &str, name: &str, state: StateValue) {
    let conf = aws_sdk_cloudwatch::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(keys())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_cloudwatch::Client::from_conf(conf)
        .set_alarm_state()
        .alarm_name(name)
        .state_value(state)
        .state_reason("somebody said so")
        .send()
        .await
        .unwrap();
}

/// An OpsItem of the payments account is resolved.
pub async fn resolve_ops_item(endpoint: &str, id: &str) {
    let conf = aws_sdk_ssm::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(keys())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_ssm::Client::from_conf(conf)
        .update_ops_item()
        .ops_item_id(id)
        .status(OpsItemStatus::Resolved)
        .send()
        .await
        .unwrap();
}
