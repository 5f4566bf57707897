//! Notifications of the desktop behind the operator's own terminal, across SSH: OSC 9 and OSC 777.

use crate::domain::text::clean;

use super::clipboard::{Between, wrapped};

/// The longest text, in characters: a desktop shows two or three lines.
const LONGEST: usize = 240;

/// Which sequence the terminal takes for a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// OSC 9, which began with iTerm2: kitty, WezTerm, Ghostty and others have it too.
    Nine,
    /// OSC 777, which began with rxvt-unicode: foot has it and no OSC 9.
    SevenSevenSeven,
}

impl Tongue {
    /// Judged by `TERM`; inside a multiplexer nobody knows what is behind it, and most terminals take OSC 9.
    #[must_use]
    pub fn of(term: &str) -> Self {
        if term.starts_with("foot") || term.starts_with("rxvt") {
            Self::SevenSevenSeven
        } else {
            Self::Nine
        }
    }
}

/// The bytes that notify. The text is neutralised here, too: nothing in it ends the sequence or begins another.
#[must_use]
pub fn sequence(text: &str, tongue: Tongue, between: Between) -> Vec<u8> {
    let text: String = clean(text).chars().take(LONGEST).collect();
    let osc = match tongue {
        Tongue::Nine => {
            // `9;4;…` would be a progress bar to some terminals.
            let text = text.replace(';', ",");
            format!("\x1b]9;noctop: {text}\x07")
        }
        Tongue::SevenSevenSeven => {
            let text = text.replace(';', ",");
            format!("\x1b]777;notify;noctop;{text}\x07")
        }
    };
    wrapped(&osc, between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_attacker_named_an_alarm_stays_inside_the_notification() {
        let hostile = "x\x07\x1b]52;c;AAAA\x07\u{9d}0;title\u{9c}";
        for tongue in [Tongue::Nine, Tongue::SevenSevenSeven] {
            let bytes = sequence(hostile, tongue, Between::Nothing);
            let text = String::from_utf8(bytes).unwrap();
            let inside = text
                .strip_prefix("\x1b]")
                .unwrap()
                .strip_suffix('\x07')
                .unwrap();
            assert!(!inside.chars().any(char::is_control), "{text:?}");
        }
    }

    #[test]
    fn each_terminal_is_spoken_to_in_its_own_tongue() {
        assert_eq!(
            sequence("a;b", Tongue::of("xterm-kitty"), Between::Nothing),
            b"\x1b]9;noctop: a,b\x07"
        );
        assert_eq!(
            sequence("a", Tongue::of("foot"), Between::Nothing),
            b"\x1b]777;notify;noctop;a\x07"
        );
        let tmux = sequence("a", Tongue::of("tmux-256color"), Between::Tmux);
        assert_eq!(tmux, b"\x1bPtmux;\x1b\x1b]9;noctop: a\x07\x1b\\");
    }
}
