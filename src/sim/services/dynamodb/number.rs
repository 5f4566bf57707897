//! A number as DynamoDB keeps it: decimal, 38 digits, exact.

use std::cmp::Ordering;
use std::fmt;

/// How many digits are kept.
const DIGITS: usize = 38;

/// `coefficient` × 10^`exponent`; the coefficient ends with no zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    coefficient: i128,
    exponent: i32,
}

/// Why a text or a sum is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is not written as one.
    Unreadable,
    /// It has more than 38 digits.
    TooPrecise,
    /// It is beyond 10^126.
    Overflow,
    /// It is too close to zero.
    Underflow,
}

impl Wrong {
    /// As DynamoDB words it.
    pub fn words(self, text: &str) -> String {
        match self {
            Self::Unreadable => {
                format!("The parameter cannot be converted to a numeric value: {text}")
            }
            Self::TooPrecise => {
                "Attempting to store more than 38 significant digits in a Number".to_owned()
            }
            Self::Overflow => "Number overflow. Attempting to store a number with magnitude larger than supported range".to_owned(),
            Self::Underflow => "Number underflow. Attempting to store a number with magnitude smaller than supported range".to_owned(),
        }
    }
}

impl Number {
    /// Reads `12`, `-0.5`, `1e3`.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            None => (text, 0),
            Some((mantissa, power)) => (
                mantissa,
                power.parse::<i32>().map_err(|_| Wrong::Unreadable)?,
            ),
        };
        let (negative, digits) = match mantissa.as_bytes().first() {
            Some(b'-') => (true, &mantissa[1..]),
            Some(b'+') => (false, &mantissa[1..]),
            _ => (false, mantissa),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all = [whole, part].concat();
        if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Wrong::Unreadable);
        }
        let shifted = i32::try_from(part.len()).map_err(|_| Wrong::Unreadable)?;
        let significant = all.trim_start_matches('0');
        let kept = significant.trim_end_matches('0');
        if kept.len() > DIGITS {
            return Err(Wrong::TooPrecise);
        }
        let zeros = i32::try_from(significant.len() - kept.len()).map_err(|_| Wrong::Overflow)?;
        let size: i128 = if kept.is_empty() {
            0
        } else {
            kept.parse().map_err(|_| Wrong::Unreadable)?
        };
        let exponent = power.saturating_sub(shifted).saturating_add(zeros);
        Self::new(if negative { -size } else { size }, exponent)
    }

    fn new(mut coefficient: i128, mut exponent: i32) -> Result<Self, Wrong> {
        if coefficient == 0 {
            return Ok(Self {
                coefficient,
                exponent: 0,
            });
        }
        while coefficient % 10 == 0 {
            coefficient /= 10;
            exponent = exponent.saturating_add(1);
        }
        let digits = digits_of(coefficient);
        if digits > 38 {
            return Err(Wrong::TooPrecise);
        }
        match exponent.saturating_add(digits) {
            127.. => Err(Wrong::Overflow),
            ..=-130 => Err(Wrong::Underflow),
            _ => Ok(Self {
                coefficient,
                exponent,
            }),
        }
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, Wrong> {
        if self.coefficient == 0 {
            return Ok(other);
        }
        if other.coefficient == 0 {
            return Ok(self);
        }
        let exponent = self.exponent.min(other.exponent);
        let raise = |n: Self| {
            let by = u32::try_from(n.exponent - exponent).ok()?;
            n.coefficient.checked_mul(10_i128.checked_pow(by)?)
        };
        let sum = raise(self)
            .zip(raise(other))
            .and_then(|(a, b)| a.checked_add(b))
            .ok_or(Wrong::TooPrecise)?;
        Self::new(sum, exponent)
    }

    /// The same with the other sign.
    pub fn negated(self) -> Self {
        Self {
            coefficient: -self.coefficient,
            ..self
        }
    }

    /// As a count of seconds; `None` when it is none.
    pub fn whole(self) -> Option<i64> {
        let factor = 10_i128.checked_pow(u32::try_from(self.exponent).ok()?)?;
        i64::try_from(self.coefficient.checked_mul(factor)?).ok()
    }
}

fn digits_of(coefficient: i128) -> i32 {
    i32::try_from(
        coefficient
            .unsigned_abs()
            .checked_ilog10()
            .map_or(1, |n| n + 1),
    )
    .unwrap_or(1)
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = self.coefficient.signum().cmp(&other.coefficient.signum());
        if sign != Ordering::Equal || self.coefficient == 0 {
            return sign;
        }
        let reach = |n: &Self| n.exponent + digits_of(n.coefficient);
        let size = reach(self).cmp(&reach(other)).then_with(|| {
            // Of equal reach: as many digits behind each other decide.
            let widen = |n: &Self| {
                let room = u32::try_from(38 - digits_of(n.coefficient)).unwrap_or(0);
                n.coefficient
                    .unsigned_abs()
                    .saturating_mul(10_u128.pow(room))
            };
            widen(self).cmp(&widen(other))
        });
        if self.coefficient < 0 {
            size.reverse()
        } else {
            size
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.coefficient.unsigned_abs().to_string();
        if self.coefficient < 0 {
            f.write_str("-")?;
        }
        let Ok(behind) = usize::try_from(-self.exponent) else {
            let zeros = usize::try_from(self.exponent).unwrap_or(0);
            return write!(f, "{digits}{}", "0".repeat(zeros));
        };
        match digits.len().checked_sub(behind) {
            _ if behind == 0 => f.write_str(&digits),
            Some(at) if at > 0 => write!(f, "{}.{}", &digits[..at], &digits[at..]),
            _ => write!(f, "0.{}{digits}", "0".repeat(behind - digits.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_written_plainly() {
        for (given, written) in [
            ("007", "7"),
            ("-0", "0"),
            ("1e3", "1000"),
            ("1.50", "1.5"),
            ("12e-1", "1.2"),
            ("-0.0010", "-0.001"),
            ("1795242600000", "1795242600000"),
        ] {
            assert_eq!(n(given).to_string(), written);
        }
        for wrong in ["", "-", "1.2.3", "NaN", "1e", "0x1"] {
            assert_eq!(Number::parse(wrong), Err(Wrong::Unreadable), "{wrong}");
        }
        assert_eq!(Number::parse(&"9".repeat(39)), Err(Wrong::TooPrecise));
        assert_eq!(Number::parse("1e126"), Err(Wrong::Overflow));
        assert_eq!(Number::parse("1e-131"), Err(Wrong::Underflow));
    }

    #[test]
    fn sums_and_orders_are_exact() {
        assert_eq!(n("0.1").plus(n("0.2")).unwrap(), n("0.3"));
        assert_eq!(n("5").plus(n("5").negated()).unwrap(), n("0"));
        assert_eq!(n("1e100").plus(n("1")), Err(Wrong::TooPrecise));
        let rising = [
            "-100", "-99.9", "-1e-5", "0", "1e-5", "0.5", "5", "49", "50.1", "1e30",
        ];
        for pair in rising.windows(2) {
            assert!(n(pair[0]) < n(pair[1]), "{pair:?}");
        }
    }
}
