//! Access to AWS: the one way in which a call is made, with whose credentials, how fast and through which socket.
//!
//! ```text
//! Gate (one per console)          Door (one per account)         Access (one per asking)
//!   clients, http, limits, slots    name, identity, regions        gate + door + region, counts its calls
//! ```
//!
//! One client per service serves every account and region: region, credentials and retry partition are set per call,
//! because a thousand clients cost a hundred megabytes and an override costs nothing.

mod capture;
mod door;
mod http;
mod identity;
pub mod profile;
mod services;
mod straight;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use tokio::sync::Semaphore;

use crate::audit::Permit;
use crate::clock::{Clock, Timestamp};
use crate::domain::{AccountId, Fault, Region, Scope};

use super::classify::{self, Place, Sign};
use super::fleet::spec::{Fips, FleetSpec};
use super::guard::{Carrier, Trail};
use super::limit::Limits;
use super::ops::{GET_CALLER_IDENTITY, Op, Repeat, mutations};

pub use capture::Tape;
pub use door::{ActRole, Door};
pub use http::raise_file_limit;
pub use identity::{Identity, Origin, session_name};
pub use profile::{Profile, Profiles, account_of};
use services::Clients;

/// How patient noctop is with AWS. The defaults are for production; tests are less patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection to be made. A region that does not answer a handshake in 3 s is down for an operator.
    pub connect: Duration,
    /// For a whole operation with its retries.
    pub operation: Duration,
    /// Attempts per operation; few, because the scheduler asks again anyway.
    pub attempts: u32,
    /// Calls in flight at once over the whole fleet.
    pub calls: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            operation: Duration::from_secs(25),
            attempts: 3,
            calls: 256,
        }
    }
}

/// What every call shares.
pub struct Gate {
    clients: Clients,
    limits: Limits,
    slots: Semaphore,
    /// Roles that are assumed at the same time; STS is one service for the whole account that assumes.
    assuming: Semaphore,
    fips: bool,
    config: SdkConfig,
    clock: Arc<dyn Clock>,
    calls: usize,
}

/// Roles that are assumed at the same time.
const ASSUMING: usize = 20;

impl Gate {
    /// Prepares access for this fleet. Reads the environment and the profile that it selects, unless the fleet has
    /// keys of its own; makes no call (but asks the machine's metadata service for a region where nothing else names one).
    ///
    /// # Errors
    /// When the file of trusted certificates cannot be used.
    pub async fn open(
        spec: &FleetSpec,
        patience: Patience,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, Fault> {
        let ca_bundle = spec.ca_bundle.clone().or_else(|| {
            let named = std::env::var_os("AWS_CA_BUNDLE").filter(|name| !name.is_empty());
            named.filter(|_| spec.keys.is_none()).map(PathBuf::from)
        });
        let http = http::client(spec.endpoint_url.as_deref(), ca_bundle.as_deref())?;
        // Every call in flight holds a socket; a third of the files is for everything else.
        let files = usize::try_from(raise_file_limit()).unwrap_or(usize::MAX);
        let calls = patience.calls.min(files / 3 * 2).max(1);
        let retry = RetryConfig::standard().with_max_attempts(patience.attempts.max(1));
        let timeout = TimeoutConfig::builder()
            .connect_timeout(patience.connect)
            .operation_timeout(patience.operation)
            .build();
        let config = if spec.keys.is_some() {
            // A simulator: nothing of the environment may lead elsewhere.
            let mut builder = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .http_client(http)
                .retry_config(retry)
                .timeout_config(timeout);
            builder.set_endpoint_url(spec.endpoint_url.clone());
            builder.build()
        } else {
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .http_client(http)
                .retry_config(retry)
                .timeout_config(timeout);
            if let Some(region) = spec.regions.first() {
                loader = loader.region(aws_types::region::Region::new(region.to_string()));
            }
            if let Some(url) = &spec.endpoint_url {
                loader = loader.endpoint_url(url);
            }
            loader.load().await
        };
        let fips = match spec.fips {
            Fips::On => true,
            Fips::Off => false,
            Fips::Environment => config.use_fips().unwrap_or(false),
        };
        Ok(Arc::new(Self {
            clients: Clients::default(),
            limits: Limits::default(),
            slots: Semaphore::new(calls),
            assuming: Semaphore::new(ASSUMING),
            fips: fips && config.endpoint_url().is_none(),
            config,
            clock,
            calls,
        }))
    }

    /// How many calls are in flight at most.
    #[must_use]
    pub const fn calls(&self) -> usize {
        self.calls
    }

    /// The region that the environment names.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.config.region()?.as_ref().parse().ok()
    }

    /// Whether the FIPS endpoints of this region are used.
    fn fips_in(&self, region: Region) -> bool {
        let name = region.as_str();
        self.fips && (name.starts_with("us-") || name.starts_with("ca-"))
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

/// One way to one account and region. Cheap to clone; clones count their calls together.
#[derive(Clone, Debug)]
pub struct Access {
    gate: Arc<Gate>,
    door: Arc<Door>,
    region: Region,
    calls: Arc<AtomicU32>,
    tape: Option<Tape>,
    carrier: Option<Carrier>,
}

impl Access {
    /// A way to this account and region, with a count of its own.
    #[must_use]
    pub fn new(gate: Arc<Gate>, door: Arc<Door>, region: Region) -> Self {
        Self {
            gate,
            door,
            region,
            calls: Arc::default(),
            tape: None,
            carrier: None,
        }
    }

    /// The same way to another region of the account; calls are counted together.
    pub(crate) fn in_region(&self, region: Region) -> Self {
        Self {
            region,
            ..self.clone()
        }
    }

    /// The same way for one call that changes something: with the permit's claim, and as the role that acts where the
    /// account has one.
    pub(super) fn permitted(&self, permit: Permit) -> Self {
        Self {
            carrier: Some(Carrier::new(permit.into_claim(), self.account())),
            ..self.clone()
        }
    }

    /// How far the call came that was made with a permit.
    pub(super) fn trail(&self) -> Trail {
        self.carrier
            .as_ref()
            .map(Carrier::trail)
            .unwrap_or_default()
    }

    /// As which identity a change would be made here: the role that acts, or what reads.
    #[must_use]
    pub fn acts_as(&self) -> String {
        self.door.acts_as()
    }

    /// Whose credentials the next call is made with.
    fn identity(&self) -> Arc<Identity> {
        match &self.carrier {
            Some(carrier) => self.door.acting(carrier.operator()),
            None => Arc::clone(self.door.identity()),
        }
    }

    /// Whether a call must not be made twice, whatever becomes of the first.
    fn sends_once(&self, op: &Op) -> bool {
        self.carrier.is_some()
            && mutations::find(op.service, op.name).is_none_or(|row| row.repeat == Repeat::Never)
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.door.account()
    }

    /// The region.
    #[must_use]
    pub const fn region(&self) -> Region {
        self.region
    }

    /// Account and region.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope {
            account: self.account(),
            region: self.region,
        }
    }

    /// How many operations were asked for so far.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// The same way, and a tape that keeps the body of the next answer.
    #[must_use]
    pub fn taped(&self) -> (Self, Tape) {
        let tape = Tape::default();
        let access = Self {
            tape: Some(tape.clone()),
            ..self.clone()
        };
        (access, tape)
    }

    /// Where this leads, in an operator's words.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            account: self.door.name(),
            region: self.region,
        }
    }

    /// What a failed call means here; also draws the consequences for credentials and rate.
    async fn judge(
        &self,
        op: &'static Op,
        sign: &Sign,
        used: &identity::Keys,
        identity: &Identity,
        began: Timestamp,
    ) -> Fault {
        if sign.is_throttling() {
            self.gate.limits.throttled(op, self.scope());
        }
        // Finding out is itself such a call; it must not ask again.
        let unclear = sign.is_ambiguous() && *op != GET_CALLER_IDENTITY;
        // Of the role that acts, what the reading one is told in other regions says nothing.
        let unclear = unclear && self.carrier.is_none();
        let door = &self.door;
        let elsewhere = unclear && door.works_elsewhere(&self.gate, self.region, began).await;
        if sign.doubts_credentials() && !elsewhere {
            identity.distrust(used);
        }
        classify::fault(sign, op, &self.place(), elsewhere)
    }
}
