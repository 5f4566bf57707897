//! A simulator and the clients of the real SDK for it.

use aws_credential_types::Credentials;
use noctop::sim::{Options, Simulator};

pub const PAYMENTS: &str = "222222222222";

pub fn start(scenario: &str) -> Simulator {
    Simulator::start(Options {
        scenario: scenario.to_owned(),
        speed: 0.0,
        ..Options::default()
    })
    .unwrap()
}

pub fn keys_of(account: &str) -> Credentials {
    Credentials::new(format!("AKIA{account}"), "demo", None, None, "test")
}

/// The configuration of a service's client, which every SDK crate spells in the same way.
macro_rules! client {
    ($sdk:ident, $sim:expr, $credentials:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new("eu-west-1"))
                .endpoint_url($sim.endpoint())
                .credentials_provider($credentials)
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .retry_config(aws_smithy_types::retry::RetryConfig::disabled())
                .timeout_config(
                    aws_smithy_types::timeout::TimeoutConfig::builder()
                        .operation_timeout(std::time::Duration::from_secs(20))
                        .build(),
                )
                .build(),
        )
    };
}
