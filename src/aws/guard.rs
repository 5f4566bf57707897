//! The guard: an interceptor on every client that lets an operation pass only if it is on the list of reads.
//!
//! Any holder of an SDK client could call anything. The guard reads the operation's name from the call's own
//! metadata, so that no way of building a request goes around it, and refuses before a byte is sent.

use std::fmt;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::ops;

/// The interceptor.
#[derive(Debug)]
pub struct Guard;

/// An operation was refused by noctop itself; nothing was sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// The service and the operation, where the call named them.
    pub operation: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "noctop refused {}: it is not on the list of operations that read, and there is no permit for it",
            self.operation
        )
    }
}

impl std::error::Error for Refused {}

#[dyn_dispatch_hint]
impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    // Not before: a client's own interceptors see the call's metadata only from here on. Still nothing was written,
    // signed or connected.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let metadata = cfg.load::<Metadata>();
        match metadata.and_then(|m| ops::find(m.service(), m.name())) {
            Some(_) => Ok(()),
            None => Err(Refused {
                operation: metadata.map_or_else(
                    || "an operation without a name".to_owned(),
                    |m| format!("{} {}", m.service(), m.name()),
                ),
            }
            .into()),
        }
    }
}
