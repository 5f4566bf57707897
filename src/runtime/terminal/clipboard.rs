//! Copying to the clipboard of the operator's own terminal, across SSH: OSC 52.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The longest text that is copied, in bytes. Terminals and multiplexers cut sequences somewhere above 74,994 bytes
/// (xterm's documented limit is 100,000 characters of base64), and a cut copy is worse than none.
pub const COPY_MAX: usize = 74_994;

/// What lies between noctop and the terminal, by the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// Nothing.
    Nothing,
    /// tmux, which passes wrapped sequences on.
    Tmux,
    /// GNU screen, which takes strings of at most 768 bytes.
    Screen,
}

impl Between {
    /// Judged by the variables that tmux and screen set.
    #[must_use]
    pub fn of(tmux: bool, term: &str) -> Self {
        match (tmux, term.starts_with("screen")) {
            (true, _) => Self::Tmux,
            (false, true) => Self::Screen,
            (false, false) => Self::Nothing,
        }
    }
}

/// The bytes that copy a text, or `None` where it is too long.
#[must_use]
pub fn sequence(text: &str, between: Between) -> Option<Vec<u8>> {
    if text.len() > COPY_MAX {
        return None;
    }
    let osc = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    let outer = wrapped(&osc, between);
    Some(match between {
        // tmux itself understands OSC 52 where set-clipboard is on; the wrapped form reaches the outer terminal
        // where allow-passthrough is on. Sending both copies the same text at worst twice.
        Between::Tmux => [osc.into_bytes(), outer].concat(),
        Between::Nothing | Between::Screen => outer,
    })
}

/// A sequence in the form that reaches the terminal behind a multiplexer.
#[must_use]
pub fn wrapped(sequence: &str, between: Between) -> Vec<u8> {
    match between {
        Between::Nothing => sequence.as_bytes().to_vec(),
        Between::Tmux => {
            let doubled = sequence.replace('\x1b', "\x1b\x1b");
            format!("\x1bPtmux;{doubled}\x1b\\").into_bytes()
        }
        Between::Screen => {
            let mut bytes = Vec::new();
            for part in sequence.as_bytes().chunks(700) {
                bytes.extend_from_slice(b"\x1bP");
                bytes.extend_from_slice(part);
                bytes.extend_from_slice(b"\x1b\\");
            }
            bytes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_wrapped_for_what_lies_between() {
        assert_eq!(
            sequence("i-0f3", Between::Nothing).unwrap(),
            b"\x1b]52;c;aS0wZjM=\x07"
        );
        let tmux = sequence("i-0f3", Between::Tmux).unwrap();
        assert!(tmux.ends_with(b"\x1bPtmux;\x1b\x1b]52;c;aS0wZjM=\x07\x1b\\"));
        let screen = sequence(&"x".repeat(2000), Between::Screen).unwrap();
        assert!(screen.len() > 2000 && screen.starts_with(b"\x1bP\x1b]52;c;"));
    }

    #[test]
    fn what_is_too_long_is_refused_and_never_cut() {
        assert!(sequence(&"x".repeat(COPY_MAX), Between::Nothing).is_some());
        assert!(sequence(&"x".repeat(COPY_MAX + 1), Between::Nothing).is_none());
    }

    #[test]
    fn multiplexers_are_known_by_their_variables() {
        assert_eq!(Between::of(true, "screen-256color"), Between::Tmux);
        assert_eq!(Between::of(false, "screen"), Between::Screen);
        assert_eq!(Between::of(false, "xterm-256color"), Between::Nothing);
    }
}
