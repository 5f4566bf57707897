//! Chance that depends on nothing but its name: the same question always gets the same answer.
//!
//! Services whose state is a function of the time ask it instead of drawing from a stream, so that the
//! past needs no memory and the future no order.

use rand::Rng as _;

use super::wire::text;
use super::world::Site;
use crate::clock::Timestamp;

/// A point in a tree of chances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance(u64);

impl Chance {
    /// The root for one `purpose` in one account and region.
    #[must_use]
    pub fn of(site: &Site, purpose: &str) -> Self {
        Self(site.rng(purpose).next_u64())
    }

    /// The branch of a number.
    #[must_use]
    pub fn on(self, key: u64) -> Self {
        Self(scramble(
            self.0 ^ scramble(key.wrapping_add(0x9e37_79b9_7f4a_7c15)),
        ))
    }

    /// The branch of a moment.
    #[must_use]
    pub fn at(self, moment: Timestamp) -> Self {
        self.on(moment.as_millis().cast_unsigned())
    }

    /// The branch of a name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        name.bytes()
            .fold(self, |chance, byte| {
                Self((chance.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
            })
            .on(0)
    }

    /// A number from 0 up to, but not including, 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub fn unit(self) -> f64 {
        (scramble(self.0) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    #[must_use]
    pub fn happens(self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A number from `low` up to, but not including, `high`; `low` when that leaves none.
    #[must_use]
    pub fn between(self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).max(1).unsigned_abs();
        low.saturating_add((scramble(self.0) % width).cast_signed())
    }

    /// One of several. `all` must not be empty.
    #[must_use]
    pub fn pick<T>(self, all: &[T]) -> &T {
        let n = usize::try_from(scramble(self.0) % all.len().max(1) as u64).unwrap_or(0);
        &all[n]
    }

    /// So many hexadecimal digits, 32 at most.
    #[must_use]
    pub fn hex(self, digits: usize) -> String {
        let mut all = text::hex(&scramble(self.0).to_be_bytes());
        all.push_str(&text::hex(&scramble(self.on(1).0).to_be_bytes()));
        all.truncate(digits);
        all
    }

    /// An id in the form of a UUID.
    #[must_use]
    pub fn uuid(self) -> String {
        let hex = self.hex(32);
        format!(
            "{}-{}-4{}-a{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..]
        )
    }
}

fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_gets_the_same_answer_and_others_differ() {
        let root = Chance(7);
        assert_eq!(root.on(3).uuid(), root.on(3).uuid());
        assert_ne!(root.on(3).uuid(), root.on(4).uuid());
        assert_ne!(root.named("a"), root.named("b"));
        assert_eq!(root.uuid().len(), 36);
        assert_eq!(root.hex(12).len(), 12);
    }

    #[test]
    fn probabilities_come_out_about_right() {
        let happened = (0..10_000)
            .filter(|n| Chance(1).on(*n).happens(0.2))
            .count();
        assert!((1800..2200).contains(&happened), "{happened}");
        for n in 0..1000 {
            assert!((5..9).contains(&Chance(2).on(n).between(5, 9)));
        }
    }
}
