//! Budgets: how fast each operation may be asked in each account and region, and what throttling does to that.
//!
//! A budget hands out moments, not permissions: a caller is told when its turn is and sleeps until then, holding
//! nothing that another caller needs. When AWS throttles, the rate is halved; it recovers by a tenth per ten seconds.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::domain::Scope;

use super::ops::{Op, Quota};

/// The slowest a budget gets, as a part of its documented rate. Below it the feed's own backoff takes over.
const FLOOR: f64 = 0.125;
/// How much of the documented rate comes back per step without throttling.
const STEP: f64 = 0.1;
/// How long a step is.
const STEP_EVERY: Duration = Duration::from_secs(10);

/// The budget of one operation in one scope: a leaky bucket that counts in time.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    quota: &'static Quota,
    /// The part of the documented rate that is used now: 1 until AWS throttles.
    share: f64,
    /// When the bucket would be empty again; in the past: it is.
    full_until: Instant,
    /// When `share` was last changed.
    changed: Instant,
}

impl Budget {
    /// A full budget.
    #[must_use]
    pub fn new(quota: &'static Quota, now: Instant) -> Self {
        Self {
            quota,
            share: 1.0,
            full_until: now,
            changed: now,
        }
    }

    /// Takes the next turn and tells how long to wait for it. Turns are handed out in the order of asking.
    pub fn take(&mut self, now: Instant) -> Duration {
        self.recover(now);
        let spacing =
            Duration::from_secs_f64(1.0 / (f64::from(self.quota.per_second) * self.share));
        let ahead = spacing * self.quota.burst.saturating_sub(1);
        let from = self.full_until.max(now);
        self.full_until = from + spacing;
        (from - now).saturating_sub(ahead)
    }

    /// AWS asked to slow down: half the rate from now on, and no burst until the bucket has drained.
    pub fn throttled(&mut self, now: Instant) {
        self.recover(now);
        // Many calls in flight are refused together; they count as one.
        if self.share < 1.0 && now.duration_since(self.changed) < Duration::from_secs(1) {
            return;
        }
        self.share = (self.share / 2.0).max(FLOOR);
        self.changed = now;
    }

    /// The part of the documented rate that is used now.
    #[must_use]
    pub const fn share(&self) -> f64 {
        self.share
    }

    fn recover(&mut self, now: Instant) {
        let steps = now.duration_since(self.changed).as_secs() / STEP_EVERY.as_secs();
        if self.share < 1.0 && steps > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a handful of steps")]
            let gained = STEP * steps as f64;
            self.share = (self.share + gained).min(1.0);
            self.changed = now;
        }
    }
}

/// All budgets of the fleet.
#[derive(Debug, Default)]
pub struct Limits {
    /// By scope and by the address of the operation: each is one static.
    budgets: Mutex<HashMap<(Scope, usize), Budget>>,
}

impl Limits {
    /// Waits for this operation's turn in this scope.
    pub async fn turn(&self, op: &'static Op, scope: Scope) {
        let wait = self.with(op, scope, Budget::take);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Lowers the rate of this operation in this scope.
    pub fn throttled(&self, op: &'static Op, scope: Scope) {
        self.with(op, scope, Budget::throttled);
    }

    fn with<T>(
        &self,
        op: &'static Op,
        scope: Scope,
        act: impl FnOnce(&mut Budget, Instant) -> T,
    ) -> T {
        let now = Instant::now();
        let mut budgets = self
            .budgets
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let budget = budgets
            .entry((scope, std::ptr::from_ref(op).addr()))
            .or_insert_with(|| Budget::new(&op.quota, now));
        act(budget, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota {
        per_second: 3,
        burst: 6,
        source: "a test",
    };

    #[test]
    fn a_burst_is_free_and_then_the_rate_holds() {
        let start = Instant::now();
        let mut budget = Budget::new(&QUOTA, start);
        let waits: Vec<_> = (0..12).map(|_| budget.take(start)).collect();
        assert!(waits[..6].iter().all(Duration::is_zero), "{waits:?}");
        // Six more at three per second: the last one has to wait two seconds.
        assert!(
            waits[11].abs_diff(Duration::from_secs(2)) < Duration::from_millis(1),
            "{waits:?}"
        );
        assert!(waits[5..].windows(2).all(|w| w[0] < w[1]));
        // After a pause the burst is back.
        assert!(budget.take(start + Duration::from_secs(10)).is_zero());
    }

    #[test]
    fn throttling_halves_the_rate_once_and_it_comes_back() {
        let start = Instant::now();
        let mut budget = Budget::new(&QUOTA, start);
        budget.throttled(start);
        budget.throttled(start + Duration::from_millis(5));
        assert!((budget.share() - 0.5).abs() < f64::EPSILON);
        budget.throttled(start + Duration::from_secs(2));
        assert!((budget.share() - 0.25).abs() < f64::EPSILON);
        for again in 3..20 {
            budget.throttled(start + Duration::from_secs(again * 2));
        }
        assert!(budget.share() >= FLOOR);
        budget.take(start + Duration::from_secs(500));
        assert!((budget.share() - 1.0).abs() < f64::EPSILON);
    }
}
