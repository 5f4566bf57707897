//! An intent: one change that is about to be asked of AWS, complete enough to be answered for later.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};

use crate::domain::Scope;

use super::redact;

/// An operation of an AWS service, by the names that a call's own metadata carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    /// The service as the SDK names it.
    pub service: &'static str,
    /// The operation as AWS names it.
    pub name: &'static str,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service, self.name)
    }
}

/// One thing that an intent would change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The account and region in which it lives; not always those in which the call is made.
    pub scope: Scope,
    /// Its id or ARN, as the service names it.
    pub id: Arc<str>,
}

impl Target {
    /// The thing with this id in this scope.
    #[must_use]
    pub fn new(scope: Scope, id: &str) -> Self {
        Self {
            scope,
            id: Arc::from(id),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "id": &*self.id,
            "account": self.scope.account.to_string(),
            "region": self.scope.region.as_str(),
        })
    }
}

/// One change that is about to be asked of AWS.
///
/// Who asks and from where is known to the journal; everything else stands here.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// What is asked of AWS.
    pub operation: Operation,
    /// Where the call is made.
    pub scope: Scope,
    /// What the operator did: the name of a command (`triage.resolve`) or of a runbook (`runbook restart-instance`).
    pub verb: String,
    /// As which identity the call is made: the role that is assumed for it, or the profile; empty: the environment's.
    pub identity: String,
    /// What would be changed.
    pub targets: Vec<Target>,
    /// With which parameters; secrets are taken out before they are written down.
    pub parameters: Map<String, Value>,
    /// The idempotency token or correlation id that goes with the call; made here, before anything is sent.
    pub token: Arc<str>,
    /// The item of the console that it is about, as `kind account/region id`; empty where there is none.
    pub item: String,
}

impl Intent {
    /// An intent with a new token, without targets and parameters.
    #[must_use]
    pub fn new(operation: Operation, scope: Scope, verb: &str) -> Self {
        Self {
            operation,
            scope,
            verb: verb.to_owned(),
            identity: String::new(),
            targets: Vec::new(),
            parameters: Map::new(),
            token: Arc::from(unique()),
            item: String::new(),
        }
    }

    /// The same about these targets.
    #[must_use]
    pub fn on(mut self, targets: impl IntoIterator<Item = Target>) -> Self {
        self.targets = targets.into_iter().collect();
        self
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// The same with a token that is derived from what is done, so that two operators make one thing of it.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Arc::from(token);
        self
    }

    /// The same about this item of the console.
    #[must_use]
    pub fn about(mut self, item: &str) -> Self {
        item.clone_into(&mut self.item);
        self
    }

    /// As it is written down: without secrets.
    pub(super) fn json(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
        put("verb", self.verb.as_str().into());
        if !self.item.is_empty() {
            put("item", self.item.as_str().into());
        }
        put("as", self.identity.as_str().into());
        put("service", self.operation.service.into());
        put("operation", self.operation.name.into());
        put("account", self.scope.account.to_string().into());
        put("region", self.scope.region.as_str().into());
        put("targets", self.targets.iter().map(Target::json).collect());
        put("parameters", redact::parameters(&self.parameters));
        put("token", (&*self.token).into());
        map
    }
}

/// A random number in the form of a UUID (version 4), which is the only form that Systems Manager takes.
#[must_use]
pub fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 16];
    // The system's own random numbers; where a jail hides them, those with which the standard library seeds its maps.
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    if read.is_err() {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        for half in bytes.chunks_mut(8) {
            let seeded = RandomState::new().hash_one((std::process::id(), count));
            half.copy_from_slice(&seeded.to_be_bytes());
        }
    }
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_uuids_and_never_the_same() {
        let (one, other) = (unique(), unique());
        assert_ne!(one, other);
        for token in [one, other] {
            let lengths: Vec<usize> = token.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12]);
            assert_eq!(token.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&token.as_bytes()[19]));
        }
    }
}
