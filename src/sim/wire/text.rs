//! Small written forms: ISO times, base64, base32, percent-encoding.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

use crate::clock::Timestamp;

/// A hash that is the same in every build and on every machine (FNV-1a).
#[must_use]
pub fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A moment as AWS writes it in text: RFC 3339 in UTC, with milliseconds.
#[must_use]
pub fn iso(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A moment with whole seconds.
#[must_use]
pub fn iso_secs(at: Timestamp) -> String {
    at.to_string()
}

/// A moment as the head of an HTTP answer tells it.
#[must_use]
pub fn http_date(at: Timestamp) -> String {
    at.to_jiff()
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

/// Decodes `%41` and, in forms, `+`.
#[must_use]
pub fn unescape(text: &str, form: bool) -> String {
    let spaced;
    let text = if form && text.contains('+') {
        spaced = text.replace('+', " ");
        &spaced
    } else {
        text
    };
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

const B64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const B32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base64 with padding.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (u32::from(chunk[0]) << 16)
            | (u32::from(*chunk.get(1).unwrap_or(&0)) << 8)
            | u32::from(*chunk.get(2).unwrap_or(&0));
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(char::from(B64[(word >> (18 - 6 * i)) as usize & 63]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// Reads base64, with or without padding; `None` when it is not base64.
#[must_use]
pub fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut bits) = (0u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let six = B64.iter().position(|&b| b == byte)?;
        word = (word << 6) | u32::try_from(six).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((word >> bits) & 0xff).ok()?);
        }
    }
    Some(out)
}

/// The lowest `5 * len` bits of a number in base32, as access keys are written.
#[must_use]
pub fn base32(number: u64, len: u32) -> String {
    (0..len)
        .rev()
        .map(|i| char::from(B32[number.checked_shr(5 * i).unwrap_or(0) as usize & 31]))
        .collect()
}

/// Reads [`base32`].
#[must_use]
pub fn unbase32(text: &str) -> Option<u64> {
    text.bytes().try_fold(0u64, |n, byte| {
        let five = B32.iter().position(|&b| b == byte)?;
        Some((n << 5) | five as u64)
    })
}

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_forms_that_aws_writes() {
        assert_eq!(base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
        assert_eq!(base64(b"Man"), "TWFu");
        assert_eq!(
            iso(Timestamp::from_millis(1_795_242_662_999)),
            "2026-11-21T06:31:02.999Z"
        );
        assert_eq!(unescape("a+b%2Bc%C3%A9", true), "a b+cé");
        assert_eq!(unescape("a+b", false), "a+b");
    }

    #[test]
    fn reads_back_what_it_wrote() {
        for text in ["", "a", "ab", "abc", "a longer one with\0bytes"] {
            assert_eq!(
                unbase64(&base64(text.as_bytes())).as_deref(),
                Some(text.as_bytes())
            );
        }
        for n in [0, 1, 111_111_111_111, (1 << 40) - 1] {
            assert_eq!(unbase32(&base32(n, 8)), Some(n));
        }
        assert_eq!(unbase64("not base64!"), None);
        assert_eq!(unbase32("abc"), None);
    }
}
