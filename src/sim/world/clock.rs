//! The world's clock: another clock, faster or slower, frozen, or moved ahead.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Timestamp};

/// The world's clock.
pub struct WorldClock {
    base: Arc<dyn Clock>,
    started: Timestamp,
    hand: Mutex<Hand>,
}

/// The world showed `world` when the base clock showed `base`, and goes on at `speed` from there.
#[derive(Clone, Copy)]
struct Hand {
    base: Timestamp,
    world: Timestamp,
    speed: f64,
}

impl std::fmt::Debug for WorldClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WorldClock({})", self.now())
    }
}

impl WorldClock {
    /// A clock that shows `start` (the base clock's time when `None`) now and runs at `speed`.
    #[must_use]
    pub fn new(base: Arc<dyn Clock>, start: Option<Timestamp>, speed: f64) -> Self {
        let now = base.now();
        let started = start.unwrap_or(now);
        Self {
            base,
            started,
            hand: Mutex::new(Hand {
                base: now,
                world: started,
                speed,
            }),
        }
    }

    /// When the world started.
    #[must_use]
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// The world's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let hand = *self.hand.lock().unwrap_or_else(PoisonError::into_inner);
        self.read(hand)
    }

    /// The time of the machine behind the world, which the heads of its answers tell: a world that is
    /// frozen or moved ahead does not look as if its clock were wrong.
    #[must_use]
    pub fn outside(&self) -> Timestamp {
        self.base.now()
    }

    /// Moves the world ahead.
    pub fn advance(&self, by: Duration) {
        self.turn(|hand| hand.world = hand.world.plus(by));
    }

    /// Sets how fast the world runs; 0 freezes it.
    pub fn set_speed(&self, speed: f64) {
        self.turn(|hand| hand.speed = speed);
    }

    fn turn(&self, change: impl FnOnce(&mut Hand)) {
        let mut hand = self.hand.lock().unwrap_or_else(PoisonError::into_inner);
        *hand = Hand {
            base: self.base.now(),
            world: self.read(*hand),
            speed: hand.speed,
        };
        change(&mut hand);
    }

    fn read(&self, hand: Hand) -> Timestamp {
        hand.world.plus(
            self.base
                .now()
                .since(hand.base)
                .mul_f64(hand.speed.max(0.0)),
        )
    }
}
