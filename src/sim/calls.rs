//! Who called what, how often; and the rates that AWS allows.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::services::{self, Answer, Call};
use super::wire::{Map, Value};
use crate::clock::Timestamp;
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

/// So many calls that change something are remembered one by one.
const REMEMBERED: usize = 100_000;

/// A call that changes something, as an audit log tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The request id.
    pub id: String,
    /// When it came, on the world's clock.
    pub at: Timestamp,
    /// Which service, by its signing name.
    pub service: &'static str,
    /// Which operation.
    pub operation: &'static str,
    /// In which account.
    pub account: Arc<str>,
    /// In which region.
    pub region: Arc<str>,
    /// Who: the user or the session of a role.
    pub caller: String,
    /// The person behind the session, when its role was assumed with one.
    pub source_identity: Option<String>,
    /// The tags of the session.
    pub tags: Vec<(String, String)>,
    /// With what input, under the names on the wire.
    pub input: Value,
    /// How it ended: `None` while it is open or when it never reached the service, `""` when it was
    /// carried out, otherwise the code of the refusal.
    pub outcome: Option<String>,
}

/// The calls a simulator has seen.
#[derive(Debug, Default)]
pub struct Calls {
    counts: Mutex<HashMap<Key, Count>>,
    changes: Mutex<Changes>,
    open: AtomicUsize,
    most: AtomicUsize,
    limited: AtomicBool,
    buckets: Mutex<HashMap<Key, (f64, Instant)>>,
}

/// The calls that change something, and how many came before the first of them.
#[derive(Debug, Default)]
struct Changes {
    forgotten: usize,
    all: VecDeque<Change>,
}

/// Where a call stands among those that change something.
pub(in crate::sim) type Entry = Option<usize>;

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
    pub(in crate::sim) fn open(&self, call: &Call<'_>, id: &str) -> (Open<'_>, Entry) {
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(open, Ordering::Relaxed);
        lock(&self.counts).entry(key(call)).or_default().calls += 1;
        let entry = call.operation.changes.then(|| self.remember(call, id));
        (Open(self), entry)
    }

    fn remember(&self, call: &Call<'_>, id: &str) -> usize {
        let session = call.caller.session.as_ref();
        let mut changes = lock(&self.changes);
        if changes.all.len() == REMEMBERED {
            changes.all.pop_front();
            changes.forgotten += 1;
        }
        changes.all.push_back(Change {
            id: id.to_owned(),
            at: call.now,
            service: call.service.name,
            operation: call.operation.name,
            account: call.caller.account.clone(),
            region: call.region.clone(),
            caller: call.caller.arn.clone(),
            source_identity: session.and_then(|s| s.source_identity.clone()),
            tags: session.map(|s| s.tags.clone()).unwrap_or_default(),
            input: call.input.clone(),
            outcome: None,
        });
        changes.forgotten + changes.all.len() - 1
    }

    /// A call has its answer.
    pub(in crate::sim) fn answered(&self, entry: Entry, answer: &Answer) {
        let mut changes = lock(&self.changes);
        let at = entry.and_then(|at| at.checked_sub(changes.forgotten));
        if let Some(change) = at.and_then(|at| changes.all.get_mut(at)) {
            change.outcome = Some(match answer {
                Ok(_) => String::new(),
                Err(refusal) => refusal.code.to_string(),
            });
        }
    }

    /// The calls that change something, in the order in which they came.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        lock(&self.changes).all.iter().cloned().collect()
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
        *lock(&self.changes) = Changes::default();
        self.most
            .store(self.open.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The answer of `GET /_sim/changes`.
    pub(in crate::sim) fn audit(&self) -> Value {
        lock(&self.changes).all.iter().map(Change::report).collect()
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
                "changes" => changes(service, operation),
                "calls" => count.calls, "throttled" => count.throttled, "failed" => count.failed,
            }
        };
        let sum = |of: fn(&Count) -> u64| counts.values().map(of).sum::<u64>();
        fields! {
            "total" => sum(|c| c.calls),
            "throttled" => sum(|c| c.throttled),
            "failed" => sum(|c| c.failed),
            "changes" => counts.iter().filter(|((s, o, ..), _)| changes(s, o)).map(|(_, c)| c.calls).sum::<u64>(),
            "max_concurrent" => self.most_at_once(),
            "operations" => counts.iter().map(row).collect::<Value>(),
        }
    }
}

impl Change {
    /// As `GET /_sim/changes` tells it.
    fn report(&self) -> Value {
        let outcome = match self.outcome.as_deref() {
            None => "open",
            Some("") => "done",
            Some(code) => code,
        };
        let tags = self
            .tags
            .iter()
            .map(|(key, value)| (key.clone().into(), value.into()));
        fields! {
            "id" => &self.id, "at" => self.at.to_string(), "service" => self.service, "operation" => self.operation,
            "account" => &self.account, "region" => &self.region, "caller" => &self.caller,
            "source_identity" => self.source_identity.as_ref(), "tags" => Map(tags.collect()),
            "input" => self.input.clone(), "outcome" => outcome,
        }
    }
}

/// Whether an operation changes something.
fn changes(service: &str, operation: &str) -> bool {
    services::find(service)
        .and_then(|s| s.operation(operation))
        .is_some_and(|o| o.changes)
}
