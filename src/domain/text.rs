//! Neutralised text: what came from outside, made safe to draw, store and send on.
//!
//! Names, reasons and titles are written by whoever can create a resource in an account, so they may carry
//! escape sequences or bidirectional controls. [`clean`] is applied where text enters (sources, configuration);
//! the terminal encoder refuses control characters a second time.

use std::borrow::Cow;
use std::sync::Arc;

/// The most characters that one text keeps; the longest AWS name or reason noctop shows is far below.
pub const TEXT_MAX: usize = 4096;

/// Whether a character must never reach a terminal: C0 and C1 controls, bidirectional controls and marks,
/// interlinear annotations, byte-order marks, deprecated format and tag characters, line separators.
#[must_use]
pub const fn is_hostile(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
        | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with every hostile character neutralised and at most [`TEXT_MAX`] characters long.
///
/// Tabs and line breaks become one space, other hostile characters become `\u{fffd}` so that it shows that
/// something was there. The rest of an escape sequence stays as harmless text. Idempotent.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.len() <= TEXT_MAX && !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut clean: String = text
        .chars()
        .take(TEXT_MAX)
        .map(|c| match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
            c if is_hostile(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect();
    if text.chars().nth(TEXT_MAX).is_some() {
        clean.pop();
        clean.push('…');
    }
    Cow::Owned(clean)
}

/// [`clean`], shared.
#[must_use]
pub fn clean_arc(text: &str) -> Arc<str> {
    Arc::from(clean(text).as_ref())
}

/// A span of time as operators read it, at most five characters: `45s`, `12m`, `3h05`, `2d`, `12w`.
#[must_use]
pub fn age(span: std::time::Duration) -> String {
    let secs = span.as_secs();
    match secs {
        0..60 => format!("{secs}s"),
        60..3_600 => format!("{}m", secs / 60),
        3_600..86_400 => format!("{}h{:02}", secs / 3_600, secs % 3_600 / 60),
        86_400..5_184_000 => format!("{}d", secs / 86_400),
        _ => format!("{}w", (secs / 604_800).min(9_999)),
    }
}

/// [`age`] in steps of ten seconds below a minute, for lists in which every line has an age.
#[must_use]
pub fn coarse_age(span: std::time::Duration) -> String {
    match span.as_secs() {
        0..10 => "<10s".to_owned(),
        secs @ 10..60 => format!("{}s", secs / 10 * 10),
        _ => age(span),
    }
}

/// A number with what it counts: `1 feed`, `2 feeds`. For nouns that only take an s.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", plural(number))
}

/// The s of a noun after this number.
#[must_use]
pub const fn plural(number: usize) -> &'static str {
    if number == 1 { "" } else { "s" }
}

/// So many accounts and regions: `one account and region`, `12 accounts and regions`.
#[must_use]
pub fn places(number: usize) -> String {
    if number == 1 {
        "one account and region".to_owned()
    } else {
        format!("{number} accounts and regions")
    }
}

/// An amount of data in the units in which AWS bills it: `812 B`, `1.2 MB`, `3.4 GB`.
#[must_use]
pub fn bytes(number: f64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    let number = number.max(0.0);
    if number < 1e3 {
        return format!("{number:.0} B");
    }
    let mut scaled = number / 1e3;
    let mut unit = 0;
    while scaled >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1e3;
        unit += 1;
    }
    let digits = usize::from(scaled < 99.95);
    format!("{scaled:.digits$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn escape_sequences_lose_their_teeth() {
        assert_eq!(
            clean("disk\u{1b}[2J full\u{7}"),
            "disk\u{fffd}[2J full\u{fffd}"
        );
        assert_eq!(clean("a\nb\tc"), "a b c");
        assert_eq!(clean("txt.\u{202e}exe"), "txt.\u{fffd}exe");
        assert!(matches!(clean("Zürich 東京 👩‍👩‍👧 e\u{301}"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let cut = clean(&"x".repeat(TEXT_MAX + 1)).into_owned();
        assert_eq!(cut.chars().count(), TEXT_MAX);
        assert!(cut.ends_with('…'));
        assert_eq!(clean(&"é".repeat(TEXT_MAX)), "é".repeat(TEXT_MAX));
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(
            [0, 1, 2].map(|n| count(n, "feed")),
            ["0 feeds", "1 feed", "2 feeds"]
        );
    }

    #[test]
    fn data_is_told_in_the_unit_that_fits() {
        for (number, text) in [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (1_234.0, "1.2 kB"),
            (123_456.0, "123 kB"),
            (999_600.0, "1.0 MB"),
            (3.4e9, "3.4 GB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn ages_are_short_at_every_size() {
        for (secs, text) in [
            (0, "0s"),
            (59, "59s"),
            (720, "12m"),
            (11_100, "3h05"),
            (172_800, "2d"),
            (5_184_000, "8w"),
            (u64::MAX, "9999w"),
        ] {
            assert_eq!(age(Duration::from_secs(secs)), text);
        }
    }

    proptest! {
        #[test]
        fn clean_text_is_harmless_and_stays_as_it_is(text in any::<String>()) {
            let once = clean(&text).into_owned();
            prop_assert!(!once.chars().any(is_hostile));
            prop_assert_eq!(clean(&once).into_owned(), once.clone());
        }

        #[test]
        fn ages_never_grow_past_five_characters(secs in any::<u64>()) {
            prop_assert!(age(Duration::from_secs(secs)).len() <= 5);
        }
    }
}
