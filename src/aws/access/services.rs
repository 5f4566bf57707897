//! One client and one calling method per service: the same few lines for each, because the SDK's types differ.

use std::error::Error;
use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::aws::classify::Sign;
use crate::aws::guard::Guard;
use crate::aws::ops::Op;
use crate::domain::Fault;

use super::Access;
use super::straight::Straight;

macro_rules! services {
    ($($(#[$attribute:meta])* $service:ident = $sdk:ident;)*) => {
        /// The client of every service, built when it is first needed.
        #[derive(Default)]
        pub(crate) struct Clients {
            $($(#[$attribute])* $service: OnceLock<$sdk::Client>,)*
        }

        impl Clients {
            $($(#[$attribute])* fn $service(&self, config: &SdkConfig) -> &$sdk::Client {
                self.$service.get_or_init(|| {
                    let straight = Straight { own_endpoint: config.endpoint_url().is_some() };
                    let config = $sdk::config::Builder::from(config).interceptor(Guard).interceptor(straight);
                    $sdk::Client::from_conf(config.build())
                })
            })*
        }

        impl Access {
            $(
            $(#[$attribute])*
            #[doc = concat!("Makes one call with `", stringify!($sdk), "`: waits for credentials, for the operation's turn and for a slot.")]
            ///
            /// `call` gets the client and an override that has to be passed on with `config_override`.
            ///
            /// # Errors
            /// What went wrong, in an operator's words.
            pub async fn $service<T, E, F>(
                &self,
                op: &'static Op,
                call: impl FnOnce(&$sdk::Client, $sdk::config::Builder) -> F + Send,
            ) -> Result<T, Fault>
            where
                F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
                E: ProvideErrorMetadata + Error + Send + Sync + 'static,
            {
                let identity = self.identity();
                let keys = identity.keys(&self.gate).await?;
                self.gate.limits.turn(op, self.scope()).await;
                let _slot = self.gate.slots.acquire().await;
                self.calls.fetch_add(1, Ordering::Relaxed);
                let region = self.region.as_str();
                let mut with = $sdk::config::Builder::new()
                    .region(Region::new(region.to_owned()))
                    .credentials_provider(keys.credentials())
                    .use_fips(self.gate.fips_in(self.region))
                    .retry_partition(RetryPartition::new(format!(
                        "{}-{region}-{}",
                        self.door.account(),
                        stringify!($service),
                    )));
                if let Some(tape) = &self.tape {
                    with = with.interceptor(tape.clone());
                }
                if let Some(carrier) = &self.carrier {
                    with = with.interceptor(carrier.clone());
                }
                if self.sends_once(op) {
                    with = with.retry_config(RetryConfig::disabled());
                }
                let began = self.gate.clock.now();
                match call(self.gate.clients.$service(&self.gate.config), with).await {
                    Ok(output) => {
                        // What works for the role that acts says nothing of the one that reads.
                        if self.carrier.is_none() {
                            self.door.worked(self.region, began);
                        }
                        Ok(output)
                    }
                    Err(error) => {
                        let sign = Sign::of(&error);
                        if let Some(carrier) = &self.carrier {
                            carrier.note(|trail| trail.sign = Some(sign.clone()));
                        }
                        Err(self.judge(op, &sign, &keys, &identity, began).await)
                    }
                }
            }
            )*
        }
    };
}

services! {
    backup = aws_sdk_backup;
    cloudtrail = aws_sdk_cloudtrail;
    cloudwatch = aws_sdk_cloudwatch;
    cloudwatchlogs = aws_sdk_cloudwatchlogs;
    #[cfg(feature = "config")]
    config = aws_sdk_config;
    dynamodb = aws_sdk_dynamodb;
    guardduty = aws_sdk_guardduty;
    health = aws_sdk_health;
    #[cfg(feature = "incidentmanager")]
    incidents = aws_sdk_ssmincidents;
    organizations = aws_sdk_organizations;
    securityhub = aws_sdk_securityhub;
    ssm = aws_sdk_ssm;
    sts = aws_sdk_sts;
    support = aws_sdk_support;
    #[cfg(feature = "trustedadvisor")]
    trustedadvisor = aws_sdk_trustedadvisor;
}
