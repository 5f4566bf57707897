//! Dice: small seeded randomness that a record can carry, so that its texts need not be kept.

use crate::sim::wire::text;

/// A generator of eight bytes. The same number always throws the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dice(pub u64);

impl Dice {
    /// Dice of their own for one purpose.
    #[must_use]
    pub fn apart(self, purpose: u64) -> Self {
        Self(scramble(self.0 ^ scramble(purpose)))
    }

    /// The next throw.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// The next throw, below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.throw() % (n.max(1) as u64)).unwrap_or(0)
    }

    /// The next throw, from 0 up to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub fn unit(&mut self) -> f64 {
        (self.throw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of several.
    pub fn pick<'a, T: ?Sized>(&mut self, from: &'a [&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// A time to wait, in milliseconds, that is `mean` hours on average and never zero.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds are all we keep"
    )]
    pub fn wait(&mut self, mean: f64) -> std::time::Duration {
        let hours = -(1.0 - self.unit()).ln() * mean;
        let millis = (hours.clamp(0.01, 10_000.0) * 3_600_000.0) as i64;
        std::time::Duration::from_millis(millis.unsigned_abs())
    }

    /// So many hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut all = String::with_capacity(digits + 16);
        while all.len() < digits {
            all.push_str(&text::hex(&self.throw().to_be_bytes()));
        }
        all.truncate(digits);
        all
    }

    /// An id in the form of a UUID.
    pub fn uuid(&mut self) -> String {
        let hex = self.hex(32);
        let (a, b, c, d, e) = (
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..],
        );
        format!("{a}-{b}-4{c}-a{d}-{e}")
    }

    /// An address from the blocks that are reserved for documentation.
    pub fn address(&mut self) -> String {
        let block = self.pick(&["198.51.100", "203.0.113", "192.0.2"]);
        format!("{block}.{}", 1 + self.below(254))
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
    fn the_same_dice_throw_the_same() {
        let (mut a, mut b) = (Dice(7), Dice(7));
        assert_eq!(a.uuid(), b.uuid());
        assert_ne!(a.uuid(), a.uuid());
        assert_eq!(Dice(7).apart(1), Dice(7).apart(1));
        assert_ne!(Dice(7).apart(1), Dice(7).apart(2));
        let mean = (0..10_000).map(|_| a.wait(2.0).as_secs_f64()).sum::<f64>() / 36_000_000.0;
        assert!((1.9..2.1).contains(&mean), "{mean}");
    }
}
