//! The guard: an interceptor on every client that lets an operation pass only if it reads, or if the call carries a
//! permit of the journal for exactly this operation, account and region.
//!
//! Any holder of an SDK client could call anything. The guard reads the operation's name from the call's own
//! metadata, so that no way of building a request goes around it, and refuses before a byte is sent.
//!
//! ```text
//! Permit ──► Carrier (set per call) ── modify before serialization: puts the claim into the call's bag
//!            Guard (on every client) ── read before serialization: reads? or does the claim admit it?
//! ```

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::region::Region;

use crate::audit::Claim;
use crate::domain::{AccountId, Scope};

use super::ledger::pass::Pass;
use super::ops;

/// The interceptor.
#[derive(Debug)]
pub struct Guard;

/// An operation was refused by noctop itself; nothing was sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// The service and the operation, where the call named them.
    pub operation: String,
    /// Why, as the end of a sentence.
    pub why: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "noctop refused {}: {}", self.operation, self.why)
    }
}

impl std::error::Error for Refused {}

/// Takes the claim of a permit along with one call, and notes how far the call came.
#[derive(Clone, Debug)]
pub(super) struct Carrier {
    carried: Carried,
    trail: Arc<Mutex<Trail>>,
}

#[derive(Clone, Debug)]
struct Carried {
    claim: Arc<Claim>,
    account: AccountId,
}

impl Storable for Carried {
    type Storer = StoreReplace<Self>;
}

/// How far a call came, whatever it was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Trail {
    /// How often a request may have left this machine.
    pub attempts: u32,
    /// How many of them were answered clearly: not with an error inside AWS.
    pub answers: u32,
    /// What AWS calls the request; empty where nothing was answered.
    pub request_id: String,
    /// What went wrong, as it was observed.
    pub sign: Option<super::classify::Sign>,
}

impl Carrier {
    /// A carrier of this claim, on its way into this account.
    pub fn new(claim: Claim, account: AccountId) -> Self {
        Self {
            carried: Carried {
                claim: Arc::new(claim),
                account,
            },
            trail: Arc::default(),
        }
    }

    /// Who acts.
    pub fn operator(&self) -> &str {
        self.carried.claim.operator()
    }

    /// How far the call came.
    pub fn trail(&self) -> Trail {
        self.trail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn note(&self, act: impl FnOnce(&mut Trail)) {
        act(&mut self.trail.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[dyn_dispatch_hint]
impl Intercept for Carrier {
    fn name(&self) -> &'static str {
        "Carrier"
    }

    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(self.carried.clone());
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.note(|trail| trail.attempts += 1);
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().status().as_u16() < 500 {
            self.note(|trail| trail.answers += 1);
        }
        let headers = context.response().headers();
        let id = headers
            .get("x-amzn-requestid")
            .or_else(|| headers.get("x-amz-request-id"));
        if let Some(id) = id {
            self.note(|trail| trail.request_id = crate::domain::text::clean(id).into_owned());
        }
        Ok(())
    }
}

/// Whether this operation may pass, and if not, why.
fn judge(
    service: &str,
    name: &str,
    region: Option<&str>,
    carried: Option<&Carried>,
) -> Result<(), String> {
    if ops::find(service, name).is_some() {
        return Ok(());
    }
    if ops::mutations::find(service, name).is_none() {
        return Err("it is neither on the list of operations that read nor on the list of those that a permit allows".to_owned());
    }
    let Some(carried) = carried else {
        return Err("it changes something, and there is no permit for it".to_owned());
    };
    let scope = Scope {
        account: carried.account,
        region: region
            .and_then(|name| name.parse().ok())
            .unwrap_or(crate::domain::Region::GLOBAL),
    };
    carried
        .claim
        .admit(service, name, scope)
        .map_err(|misfit| misfit.to_string())
}

#[dyn_dispatch_hint]
impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    // Not before: a client's own interceptors see the call's metadata only from here on. Still nothing was written,
    // signed or connected.
    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let refuse = |operation: String, why| Err(Refused { operation, why }.into());
        let Some(metadata) = cfg.load::<Metadata>() else {
            return refuse(
                "an operation without a name".to_owned(),
                "nothing without a name passes".to_owned(),
            );
        };
        if ops::ledger::find(metadata.service(), metadata.name()).is_some() {
            let passes = cfg
                .load::<Pass>()
                .is_some_and(|p| p.admits(context.input()));
            return if passes {
                Ok(())
            } else {
                refuse(
                    format!("{} {}", metadata.service(), metadata.name()),
                    "it is for the configured table of the ledger alone".to_owned(),
                )
            };
        }
        let region = cfg.load::<Region>().map(AsRef::as_ref);
        match judge(
            metadata.service(),
            metadata.name(),
            region,
            cfg.load::<Carried>(),
        ) {
            Ok(()) => Ok(()),
            Err(why) => refuse(format!("{} {}", metadata.service(), metadata.name()), why),
        }
    }
}
