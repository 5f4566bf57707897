//! The services: what each one offers, as a table of operations.

pub mod backup;
mod call;
pub mod cloudtrail;
pub mod cloudwatch;
pub mod config;
mod dice;
pub mod dynamodb;
mod fact;
pub mod guardduty;
pub mod health;
pub mod incidents;
pub mod logs;
pub mod organizations;
mod refusal;
pub mod securityhub;
pub mod ssm;
mod stock;
pub mod sts;
pub mod support;
pub mod trustedadvisor;

pub use call::{Call, Page};
pub use refusal::Refusal;

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::wire::{Protocol, Value};
use super::world::World;

/// Every simulated service.
pub const ALL: &[&Service] = &[
    &backup::SERVICE,
    &cloudtrail::SERVICE,
    &cloudwatch::SERVICE,
    &config::SERVICE,
    &dynamodb::SERVICE,
    &guardduty::SERVICE,
    &health::SERVICE,
    &incidents::SERVICE,
    &logs::SERVICE,
    &organizations::SERVICE,
    &securityhub::SERVICE,
    &ssm::SERVICE,
    &sts::SERVICE,
    &support::SERVICE,
    &trustedadvisor::SERVICE,
];

/// What an operation answers.
pub type Answer = Result<Value, Refusal>;

/// An operation that was accepted and now pushes what happens into the body of its answer.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// The world it was asked in.
    pub world: Arc<World>,
    /// The account that was asked.
    pub account: Arc<str>,
    /// The region that was asked.
    pub region: Arc<str>,
    /// What the operation answered.
    pub opened: Value,
}

/// Begins to push, in a task of its own, until nobody takes it.
pub type Push = fn(Pushed, mpsc::Sender<Bytes>);

/// One AWS service.
#[derive(Debug)]
pub struct Service {
    /// The name in the credential scope: `monitoring`.
    pub name: &'static str,
    /// What people call it and what faults may call it too: `cloudwatch`.
    pub alias: &'static str,
    /// The protocols it answers.
    pub protocols: &'static [Protocol],
    /// The prefix of `X-Amz-Target` and the service name of rpc-v2-cbor paths; empty when it has none.
    pub target: &'static str,
    /// The XML namespace of query answers; empty when it has none.
    pub xmlns: &'static str,
    /// How it words the errors that every service has.
    pub dialect: Dialect,
    /// What it offers.
    pub operations: &'static [Operation],
    /// What an operation answers while the service is not enabled in that account and region.
    pub disabled: fn(&Call<'_>) -> Answer,
    /// The current state of one account and region, in AWS's field names, for `/_sim/truth`.
    pub truth: fn(&World, account: &str, region: &str) -> Value,
}

/// How a service words the errors that every service has.
#[derive(Debug)]
pub struct Dialect {
    /// Code and HTTP status when calls come too fast.
    pub throttled: (&'static str, u16),
    /// Code and HTTP status when the caller may not.
    pub denied: (&'static str, u16),
    /// Code when an input breaks a rule of the model.
    pub invalid: &'static str,
    /// Code when a paging token is not one of ours.
    pub bad_token: &'static str,
    /// The member that carries the message: `message` or `Message`.
    pub message: &'static str,
    /// What stands before the code in `__type`, such as `com.amazonaws.cloudwatch#`.
    pub namespace: &'static str,
}

impl Dialect {
    /// What most JSON services say; change what differs.
    pub const JSON: Self = Self {
        throttled: ("ThrottlingException", 400),
        denied: ("AccessDeniedException", 400),
        invalid: "ValidationException",
        bad_token: "InvalidNextToken",
        message: "message",
        namespace: "",
    };
}

/// One operation of a service.
pub struct Operation {
    /// Its name: `DescribeAlarms`.
    pub name: &'static str,
    /// REST only: method and path, `("GET", "/detector/{detectorId}")`. A label is a member of the
    /// input; `{arn+}` takes the rest of the path. Query parameters become members, too.
    pub http: Option<(&'static str, &'static str)>,
    /// Members that must be there.
    pub required: &'static [&'static str],
    /// How it pages.
    pub page: Option<Paging>,
    /// Calls per second and burst that AWS allows per account and region; `None` where nothing is known.
    pub rate: Option<(f64, u32)>,
    /// Whether it changes something.
    pub changes: bool,
    /// How it goes on after its answer, in an event stream.
    pub push: Option<Push>,
    /// What it does.
    pub run: fn(&Call<'_>) -> Answer,
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// How an operation pages.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// The member with the page size.
    pub size: &'static str,
    /// The member with the token.
    pub token: &'static str,
    /// Smallest and largest size.
    pub range: (usize, usize),
    /// The size when the caller gives none.
    pub default: usize,
}

impl Operation {
    /// An operation that takes nothing it must and does not page.
    #[must_use]
    pub const fn new(name: &'static str, run: fn(&Call<'_>) -> Answer) -> Self {
        Self {
            name,
            http: None,
            required: &[],
            page: None,
            rate: None,
            changes: !reads(name),
            push: None,
            run,
        }
    }

    /// With members that must be there.
    #[must_use]
    pub const fn needs(mut self, required: &'static [&'static str]) -> Self {
        self.required = required;
        self
    }

    /// With a REST route.
    #[must_use]
    pub const fn at(mut self, method: &'static str, path: &'static str) -> Self {
        self.http = Some((method, path));
        self
    }

    /// In pages.
    #[must_use]
    pub const fn paged(
        mut self,
        size: &'static str,
        token: &'static str,
        range: (usize, usize),
        default: usize,
    ) -> Self {
        self.page = Some(Paging {
            size,
            token,
            range,
            default,
        });
        self
    }

    /// Going on in an event stream after its answer.
    #[must_use]
    pub const fn pushes(mut self, push: Push) -> Self {
        self.push = Some(push);
        self
    }

    /// At the rate AWS allows: calls per second and burst, per account and region.
    #[must_use]
    pub const fn rate(mut self, per_second: f64, burst: u32) -> Self {
        self.rate = Some((per_second, burst));
        self
    }
}

/// Whether an operation only reads, as AWS names such operations. What is not known to read counts as a change.
const fn reads(name: &str) -> bool {
    const READING: [&str; 15] = [
        "Assume",
        "BatchGet",
        "Describe",
        "FilterLogEvents",
        "Get",
        "List",
        "LookupEvents",
        "Query",
        "Scan",
        "Search",
        "StartExecutionPreview",
        "StartLiveTail",
        "StartQuery",
        "StopQuery",
        "TestMetricFilter",
    ];
    let mut n = 0;
    while n < READING.len() {
        if begins(name.as_bytes(), READING[n].as_bytes()) {
            return true;
        }
        n += 1;
    }
    false
}

const fn begins(name: &[u8], with: &[u8]) -> bool {
    let mut n = 0;
    while n < with.len() {
        if n >= name.len() || name[n] != with[n] {
            return false;
        }
        n += 1;
    }
    true
}

impl Service {
    /// The operation called `name`.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        self.operations.iter().find(|op| op.name == name)
    }
}

/// The service with this signing name or alias.
#[must_use]
pub fn find(name: &str) -> Option<&'static Service> {
    ALL.iter()
        .copied()
        .find(|s| s.name == name || s.alias.eq_ignore_ascii_case(name))
}

/// For services that cannot be switched off.
pub fn always_on(call: &Call<'_>) -> Answer {
    (call.operation.run)(call)
}

/// For services that keep no state of their own.
#[must_use]
pub fn no_truth(_: &World, _: &str, _: &str) -> Value {
    Value::Null
}
