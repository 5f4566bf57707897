//! Faults on demand: what goes wrong, where, how often.
//!
//! A scenario brings faults along, tests add them to a running simulator, and anyone may
//! `POST /_sim/faults` with the same members as in a scenario's `[[fault]]`.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::route::{bad_token, expired};
use super::scenario::{duration, matches};
use super::services::{Call, Refusal};

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It comes too fast, says the service in its own code.
    Throttle,
    /// The caller may not; `reason = "scp"` says that an organization's policy forbids it.
    Deny,
    /// The caller's temporary keys have ended.
    Expired,
    /// The region is not enabled for the account.
    RegionOff,
    /// The service is not enabled there, said in the service's own way.
    Disabled,
    /// The account's plan does not include the service.
    PlanMissing,
    /// The account is in no organization.
    NotInOrganization,
    /// It takes longer; goes together with any other fault.
    Latency,
    /// Of a batch every second item is left undone.
    Half,
    /// No answer ever comes.
    Hang,
    /// The connection is reset.
    Reset,
    /// It is carried out, and the connection is reset before the answer.
    Lost,
    /// The server's clock, as its answers tell it, is ahead by `delay`.
    ClockAhead,
    /// The server's clock is behind by `delay`.
    ClockBehind,
    /// The answer breaks off in the middle.
    Truncate,
    /// Status 500.
    ServerError,
    /// Status 200 and nonsense.
    Malformed,
    /// An error with the given `code`, `status` and `message`.
    Error,
}

impl Kind {
    /// Whether it goes together with another fault.
    fn is_beside(self) -> bool {
        matches!(self, Self::Latency | Self::ClockAhead | Self::ClockBehind)
    }
}

/// What goes wrong, and where. Places are patterns: `*` stands for any characters.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub kind: Kind,
    /// To which service, by signing name or IAM prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// To which operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// In which account, by id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// In which region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// To which share of the calls.
    #[serde(default = "always")]
    pub probability: f64,
    /// To so many calls, then no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Only to the second and later pages of a list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub later_pages: bool,
    /// So long after the world's start: `90s`, `10m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// For so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<String>,
    /// Latency: `50ms`, or a range `50ms..2s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<String>,
    /// Denials: `scp`, or nothing for a missing permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The error's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The error's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The error's HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

fn always() -> f64 {
    1.0
}

impl Fault {
    /// A fault of every call.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            service: None,
            operation: None,
            account: None,
            region: None,
            probability: 1.0,
            count: None,
            later_pages: false,
            after: None,
            lasts: None,
            delay: None,
            reason: None,
            code: None,
            message: None,
            status: None,
        }
    }

    /// Of calls to this service.
    #[must_use]
    pub fn service(mut self, name: &str) -> Self {
        self.service = Some(name.to_owned());
        self
    }

    /// Of this operation.
    #[must_use]
    pub fn operation(mut self, name: &str) -> Self {
        self.operation = Some(name.to_owned());
        self
    }

    /// In this account.
    #[must_use]
    pub fn account(mut self, id_or_name: &str) -> Self {
        self.account = Some(id_or_name.to_owned());
        self
    }

    /// In this region.
    #[must_use]
    pub fn region(mut self, name: &str) -> Self {
        self.region = Some(name.to_owned());
        self
    }

    /// Of so many calls only.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.count = Some(count);
        self
    }

    /// With this delay: `50ms`, or a range `50ms..2s`.
    #[must_use]
    pub fn delay(mut self, delay: &str) -> Self {
        self.delay = Some(delay.to_owned());
        self
    }

    /// Says what is wrong with the fault itself.
    ///
    /// # Errors
    /// A sentence.
    pub fn check(&self) -> Result<(), String> {
        let unreadable = |name: &str, text: &str| {
            format!("{name} = '{text}' is not a length of time such as 50ms or 10m")
        };
        for (name, text) in [("after", &self.after), ("lasts", &self.lasts)] {
            if let Some(text) = text.as_deref().filter(|t| duration(t).is_none()) {
                return Err(unreadable(name, text));
            }
        }
        match (&self.delay, self.kind) {
            (None, Kind::Latency) => {
                return Err("a latency fault needs a delay such as '50ms' or '50ms..2s'".to_owned());
            }
            (None, Kind::ClockAhead | Kind::ClockBehind) => {
                return Err("a fault of the clock needs a delay such as '45s'".to_owned());
            }
            (Some(text), _) if range(text).is_none() => return Err(unreadable("delay", text)),
            _ => {}
        }
        if self.kind == Kind::Error && self.code.is_none() {
            return Err("an error fault needs a code".to_owned());
        }
        if !(0.0..=1.0).contains(&self.probability) {
            return Err(format!(
                "probability = {} is not between 0 and 1",
                self.probability
            ));
        }
        Ok(())
    }

    fn hits(&self, call: &Call<'_>) -> bool {
        let fits = |pattern: &Option<String>, texts: &[&str]| {
            pattern
                .as_deref()
                .is_none_or(|p| texts.iter().any(|text| matches(p, text)))
        };
        let name = call
            .world
            .accounts()
            .get(call.account())
            .map_or("", |a| &a.entry.name);
        fits(&self.service, &[call.service.name, call.service.alias])
            && fits(&self.operation, &[call.operation.name])
            && fits(&self.account, &[call.account(), name])
            && fits(&self.region, &[&call.region])
            && (!self.later_pages
                || call
                    .operation
                    .page
                    .is_some_and(|p| call.text(p.token).is_some()))
            && self.is_due(call)
    }

    fn is_due(&self, call: &Call<'_>) -> bool {
        let after = self.after.as_deref().and_then(duration).unwrap_or_default();
        let begins = call.world.clock().started().plus(after);
        let lasts = self.lasts.as_deref().and_then(duration);
        call.now >= begins && lasts.is_none_or(|lasts| call.now < begins.plus(lasts))
    }

    fn refusal(&self, call: &Call<'_>) -> Option<Refusal> {
        let dialect = &call.service.dialect;
        let action = format!("{}:{}", call.service.alias, call.operation.name);
        Some(match self.kind {
            Kind::Throttle => Refusal::new(dialect.throttled.0, "Rate exceeded").status(dialect.throttled.1),
            Kind::Deny => {
                let why = match self.reason.as_deref() {
                    Some("scp") => "with an explicit deny in a service control policy".to_owned(),
                    Some(other) => other.to_owned(),
                    None => format!("because no identity-based policy allows the {action} action"),
                };
                let who = &call.caller.arn;
                let message = format!("User: {who} is not authorized to perform: {action} on resource: * {why}");
                Refusal::new(dialect.denied.0, message).status(dialect.denied.1)
            }
            Kind::Expired => expired(),
            Kind::RegionOff if call.service.name == "sts" => {
                let message = format!("STS is not activated in this region for account:{}.", call.account());
                Refusal::new("RegionDisabledException", message).status(403)
            }
            Kind::RegionOff => bad_token(),
            Kind::PlanMissing => {
                Refusal::new("SubscriptionRequiredException", "The AWS Access Key Id needs a subscription for the service")
            }
            Kind::NotInOrganization => {
                let message = "Your account is not a member of an organization.";
                Refusal::new("AWSOrganizationsNotInUseException", message)
            }
            Kind::ServerError => Refusal::new("InternalFailure", "The request processing has failed because of an unknown error, exception or failure.").status(500),
            Kind::Error => Refusal::new(self.code.clone().unwrap_or_default(), self.message.clone().unwrap_or_default())
                .status(self.status.unwrap_or(400)),
            Kind::Disabled | Kind::Latency | Kind::Half | Kind::Hang | Kind::Reset | Kind::Lost | Kind::ClockAhead | Kind::ClockBehind
            | Kind::Truncate | Kind::Malformed => return None,
        })
    }
}

/// What the faults make of a call.
#[derive(Debug, Default)]
pub struct Spoilt {
    /// How long the answer takes.
    pub delay: Duration,
    /// By how many milliseconds the server's clock is ahead.
    pub skew: i64,
    /// What happens instead of, or to, the answer.
    pub by: Option<Kind>,
    /// The error that is answered.
    pub refusal: Option<Refusal>,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    fault: Fault,
    hits: AtomicU32,
}

/// The faults of a running simulator.
#[derive(Debug, Default)]
pub struct Faults {
    all: RwLock<Arc<Vec<Arc<Entry>>>>,
    ids: AtomicU64,
    throws: AtomicU64,
}

impl Faults {
    /// Adds a fault and gives its id.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the fault itself.
    pub fn add(&self, fault: Fault) -> Result<u64, String> {
        fault.check()?;
        let id = self.ids.fetch_add(1, Ordering::Relaxed) + 1;
        let entry = Entry {
            id,
            fault,
            hits: AtomicU32::new(0),
        };
        self.change(|all| all.push(Arc::new(entry)));
        Ok(id)
    }

    /// Removes one fault; says whether it was there.
    pub fn remove(&self, id: u64) -> bool {
        let mut found = false;
        self.change(|all| {
            found = all.iter().any(|e| e.id == id);
            all.retain(|e| e.id != id);
        });
        found
    }

    /// Removes all of them.
    pub fn clear(&self) {
        self.change(Vec::clear);
    }

    /// Every fault with its id and how many calls it has hit.
    #[must_use]
    pub fn list(&self) -> Vec<(u64, Fault, u32)> {
        self.snapshot()
            .iter()
            .map(|e| (e.id, e.fault.clone(), e.hits.load(Ordering::Relaxed)))
            .collect()
    }

    /// What the faults make of a call.
    #[must_use]
    pub fn spoil(&self, call: &Call<'_>) -> Spoilt {
        let mut spoilt = Spoilt::default();
        for entry in self.snapshot().iter() {
            let fault = &entry.fault;
            if (spoilt.by.is_some() && !fault.kind.is_beside()) || !fault.hits(call) {
                continue;
            }
            if fault.probability < 1.0 && self.throw() >= fault.probability {
                continue;
            }
            let spent = |n: u32| {
                if fault.count.is_some_and(|most| n >= most) {
                    None
                } else {
                    Some(n.saturating_add(1))
                }
            };
            if entry
                .hits
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent)
                .is_err()
            {
                continue;
            }
            if let Some((least, most)) = fault.delay.as_deref().and_then(range) {
                let delay = least + (most - least).mul_f64(self.throw());
                let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
                match fault.kind {
                    Kind::ClockAhead => spoilt.skew += millis,
                    Kind::ClockBehind => spoilt.skew -= millis,
                    _ => spoilt.delay += delay,
                }
            }
            if !fault.kind.is_beside() {
                spoilt.by = Some(fault.kind);
                spoilt.refusal = fault.refusal(call);
            }
        }
        spoilt
    }

    /// A number below 1; the n-th throw of every run is the same.
    fn throw(&self) -> f64 {
        let n = self.throws.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let mut z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(u32::try_from(z >> 32).unwrap_or(0)) / 4_294_967_296.0
    }

    fn snapshot(&self) -> Arc<Vec<Arc<Entry>>> {
        self.all
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Entry>>)) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut all));
    }
}

/// Reads `50ms` or `50ms..2s`.
fn range(text: &str) -> Option<(Duration, Duration)> {
    match text.split_once("..") {
        None => duration(text).map(|d| (d, d)),
        Some((least, most)) => Some((duration(least)?, duration(most)?)).filter(|(a, b)| a <= b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_that_makes_no_sense_is_refused() {
        assert!(Fault::new(Kind::Latency).check().is_err());
        assert!(Fault::new(Kind::Latency).delay("50ms..2s").check().is_ok());
        assert!(Fault::new(Kind::Latency).delay("2s..50ms").check().is_err());
        assert!(Fault::new(Kind::Error).check().is_err());
        assert!(
            Fault {
                probability: 2.0,
                ..Fault::new(Kind::Hang)
            }
            .check()
            .is_err()
        );
        assert!(
            Fault {
                after: Some("soon".to_owned()),
                ..Fault::new(Kind::Hang)
            }
            .check()
            .is_err()
        );
    }

    #[test]
    fn faults_come_and_go_by_id() {
        let faults = Faults::default();
        let first = faults.add(Fault::new(Kind::Hang)).unwrap();
        let second = faults.add(Fault::new(Kind::Reset)).unwrap();
        assert!(faults.remove(first));
        assert!(!faults.remove(first));
        assert_eq!(
            faults.list().iter().map(|f| f.0).collect::<Vec<_>>(),
            [second]
        );
        faults.clear();
        assert!(faults.list().is_empty());
    }

    #[test]
    fn throws_are_spread_evenly() {
        let faults = Faults::default();
        let low = (0..1000).filter(|_| faults.throw() < 0.25).count();
        assert!((200..300).contains(&low), "{low}");
    }
}
