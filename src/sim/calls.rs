//! Who called what, how often; and the rates that AWS allows.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::services::Call;
use super::wire::Value;
use crate::fields;

/// Service, operation, account, region.
type Key = (&'static str, &'static str, Arc<str>, Arc<str>);

/// How often one operation was called in one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All calls.
    pub calls: u64,
    /// Those that were throttled, by a fault or a rate.
    pub throttled: u64,
    /// Those that were answered with any error.
    pub failed: u64,
}

/// The calls a simulator has seen.
#[derive(Debug, Default)]
pub struct Calls {
    counts: Mutex<HashMap<Key, Count>>,
    open: AtomicUsize,
    most: AtomicUsize,
    limited: AtomicBool,
    buckets: Mutex<HashMap<Key, (f64, Instant)>>,
}

/// A call that is being answered.
#[derive(Debug)]
pub struct Open<'a>(&'a Calls);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key(call: &Call<'_>) -> Key {
    (
        call.service.name,
        call.operation.name,
        call.caller.account.clone(),
        call.region.clone(),
    )
}

impl Calls {
    /// A call begins.
    pub(in crate::sim) fn open(&self, call: &Call<'_>) -> Open<'_> {
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(open, Ordering::Relaxed);
        lock(&self.counts).entry(key(call)).or_default().calls += 1;
        Open(self)
    }

    /// A call was answered with an error.
    pub(in crate::sim) fn failed(&self, call: &Call<'_>, throttled: bool) {
        let mut counts = lock(&self.counts);
        let count = counts.entry(key(call)).or_default();
        count.failed += 1;
        count.throttled += u64::from(throttled);
    }

    /// Switches the rates of AWS on or off.
    pub fn limit(&self, on: bool) {
        self.limited.store(on, Ordering::Relaxed);
    }

    /// Whether a call comes too fast for the rates of AWS.
    pub(in crate::sim) fn too_fast(&self, call: &Call<'_>) -> bool {
        let Some((rate, burst)) = call
            .operation
            .rate
            .filter(|_| self.limited.load(Ordering::Relaxed))
        else {
            return false;
        };
        let now = Instant::now();
        let mut buckets = lock(&self.buckets);
        let (tokens, seen) = buckets.entry(key(call)).or_insert((f64::from(burst), now));
        *tokens = (now - *seen)
            .as_secs_f64()
            .mul_add(rate, *tokens)
            .min(f64::from(burst));
        *seen = now;
        if *tokens < 1.0 {
            return true;
        }
        *tokens -= 1.0;
        false
    }

    /// All calls so far.
    #[must_use]
    pub fn total(&self) -> Count {
        self.count("*", "*")
    }

    /// The calls of one operation of one service (signing name); `*` stands for all of them.
    #[must_use]
    pub fn count(&self, service: &str, operation: &str) -> Count {
        let mut sum = Count::default();
        for ((s, o, ..), count) in lock(&self.counts).iter() {
            if (service == "*" || service == *s) && (operation == "*" || operation == *o) {
                sum.calls += count.calls;
                sum.throttled += count.throttled;
                sum.failed += count.failed;
            }
        }
        sum
    }

    /// How many calls were answered at the same time at most.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Forgets all calls.
    pub fn reset(&self) {
        lock(&self.counts).clear();
        lock(&self.buckets).clear();
        self.most
            .store(self.open.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The answer of `GET /_sim/calls`.
    pub(in crate::sim) fn report(&self) -> Value {
        let counts: BTreeMap<Key, Count> = lock(&self.counts)
            .iter()
            .map(|(k, v)| (k.clone(), *v))
            .collect();
        let row = |((service, operation, account, region), count): (&Key, &Count)| {
            fields! {
                "service" => *service, "operation" => *operation, "account" => account, "region" => region,
                "calls" => count.calls, "throttled" => count.throttled, "failed" => count.failed,
            }
        };
        let sum = |of: fn(&Count) -> u64| counts.values().map(of).sum::<u64>();
        fields! {
            "total" => sum(|c| c.calls),
            "throttled" => sum(|c| c.throttled),
            "failed" => sum(|c| c.failed),
            "max_concurrent" => self.most_at_once(),
            "operations" => counts.iter().map(row).collect::<Value>(),
        }
    }
}
