//! No host prefixes at endpoints of one's own: a simulator at 127.0.0.1 has no host `stream-127.0.0.1`.
//!
//! A few operations, such as `StartLiveTail`, have a prefix in the SDK that it puts before the host of whatever endpoint it
//! is given. For AWS's own endpoints that is right.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::endpoint::EndpointPrefix;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Takes the prefix of an operation back, after the SDK has set it and before the endpoint is put together and signed.
#[derive(Debug)]
pub(super) struct Straight {
    /// Whether calls go to an endpoint of one's own.
    pub(super) own_endpoint: bool,
}

#[dyn_dispatch_hint]
impl Intercept for Straight {
    fn name(&self) -> &'static str {
        "Straight"
    }

    fn modify_before_retry_loop(
        &self,
        _: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.own_endpoint {
            cfg.interceptor_state().unset::<EndpointPrefix>();
        }
        Ok(())
    }
}
