//! Stack traces: which lines carry on the one before them.

/// Whether a line carries on an earlier one of its stream: a frame of a stack trace, a cause, or indented text. Reads the
/// first bytes only.
#[must_use]
pub fn continues(line: &[u8]) -> bool {
    match line.first() {
        // Java, JavaScript, .NET ("   at …"), Python ("  File …"), Ruby ("\tfrom …"), Go ("\t/path:1"), YAML, pretty JSON.
        Some(b'\t' | b' ') => line.iter().any(|b| !b.is_ascii_whitespace()),
        // The closing bracket of pretty-printed JSON.
        Some(b'}' | b']') => line.len() <= 3,
        Some(b'C') => line.starts_with(b"Caused by: "),
        Some(b'.') => line.starts_with(b"... ") && line.ends_with(b" more"),
        Some(b'g') => line.starts_with(b"goroutine ") && line.ends_with(b":"),
        Some(b'D') => line.starts_with(b"During handling of the above exception"),
        Some(b'T') => line.starts_with(b"The above exception was the direct cause"),
        _ => false,
    }
}

/// How many further lines the text of one event has.
#[must_use]
pub fn further_lines(text: &[u8]) -> usize {
    let text = text.trim_ascii_end();
    memchr::memchr_iter(b'\n', text).count()
}

/// The first line of an event's text.
#[must_use]
pub fn first_line(text: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    text[..end].trim_ascii_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_carry_on_and_new_events_do_not() {
        for yes in [
            "\tat com.example.Pay.run(Pay.java:12)",
            "    at Object.<anonymous> (/app/x.js:1:1)",
            "  File \"/app/x.py\", line 3, in pay",
            "Caused by: java.io.IOException: x",
            "... 12 more",
            "goroutine 1 [running]:",
            "\t/app/main.go:12 +0x1d",
            "}",
            "During handling of the above exception, another exception occurred:",
        ] {
            assert!(continues(yes.as_bytes()), "{yes}");
        }
        for no in [
            "",
            "   ",
            "Traceback (most recent call last):",
            "{\"a\":1}",
            "Caused",
            "ERROR x",
            "java.io.IOException: x",
        ] {
            assert!(!continues(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn an_event_of_many_lines_is_known_by_its_first() {
        let text = b"java.lang.X: y\r\n\tat a\n\tat b\n\n";
        assert_eq!(first_line(text), b"java.lang.X: y");
        assert_eq!(further_lines(text), 2);
        assert_eq!(further_lines(b"one"), 0);
    }
}
