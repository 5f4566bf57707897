//! One press: a key with its modifiers, in the words of keymap files.

use std::fmt;
use std::ops::BitOr;
use std::str::FromStr;

use crate::domain::problem::nearest;

/// A key of the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A character, as typed: `G` rather than shift and `g`.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and tab, which terminals send as a key of its own.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
    /// A function key, 1 to 24.
    F(u8),
}

/// Keys that have a name, with the name that is written and those that are also read.
const NAMED: &[(Key, &str, &[&str])] = &[
    (Key::Char(' '), "space", &["spc"]),
    (Key::Enter, "enter", &["return", "ret"]),
    (Key::Esc, "esc", &["escape"]),
    (Key::Tab, "tab", &[]),
    (Key::BackTab, "shift-tab", &["backtab"]),
    (Key::Backspace, "backspace", &["bs"]),
    (Key::Delete, "delete", &["del"]),
    (Key::Insert, "insert", &["ins"]),
    (Key::Up, "up", &[]),
    (Key::Down, "down", &[]),
    (Key::Left, "left", &[]),
    (Key::Right, "right", &[]),
    (Key::PageUp, "pageup", &["page-up", "pgup"]),
    (Key::PageDown, "pagedown", &["page-down", "pgdn", "pgdown"]),
    (Key::Home, "home", &[]),
    (Key::End, "end", &[]),
];

/// The modifiers held down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mods(u8);

impl Mods {
    /// None.
    pub const NONE: Self = Self(0);
    /// Control.
    pub const CTRL: Self = Self(1);
    /// Alt, also called meta or option.
    pub const ALT: Self = Self(2);
    /// Shift; never with a character, which is already the shifted one.
    pub const SHIFT: Self = Self(4);

    /// Whether all of `other` are held.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitOr for Mods {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The modifiers by name, in the order in which they are written.
const MODS: [(Mods, &str); 3] = [
    (Mods::CTRL, "ctrl-"),
    (Mods::ALT, "alt-"),
    (Mods::SHIFT, "shift-"),
];

/// One press. Made by [`Chord::new`], which lets only forms through that a terminal can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    key: Key,
    mods: Mods,
}

impl Chord {
    /// The press of `key` with `mods`, in its one canonical form.
    ///
    /// Shift and a letter become the capital; shift and tab become [`Key::BackTab`]; letters with control are small
    /// because terminals send the same byte for both.
    #[must_use]
    pub fn new(key: Key, mods: Mods) -> Self {
        let (key, mods) = match key {
            Key::Char(c) if mods.has(Mods::CTRL) => {
                (Key::Char(c.to_ascii_lowercase()), mods.without(Mods::SHIFT))
            }
            Key::Char(c) if mods.has(Mods::SHIFT) => {
                let mut upper = c.to_uppercase();
                let one = match (upper.next(), upper.next()) {
                    (Some(one), None) => one,
                    _ => c,
                };
                (Key::Char(one), mods.without(Mods::SHIFT))
            }
            Key::Tab if mods.has(Mods::SHIFT) => (Key::BackTab, mods.without(Mods::SHIFT)),
            Key::BackTab => (Key::BackTab, mods.without(Mods::SHIFT)),
            key => (key, mods),
        };
        Self { key, mods }
    }

    /// The press of a character without modifiers.
    #[must_use]
    pub fn char(c: char) -> Self {
        Self::new(Key::Char(c), Mods::NONE)
    }

    /// The press of a key without modifiers.
    #[must_use]
    pub fn key_alone(key: Key) -> Self {
        Self::new(key, Mods::NONE)
    }

    /// The key.
    #[must_use]
    pub const fn key(self) -> Key {
        self.key
    }

    /// The modifiers.
    #[must_use]
    pub const fn mods(self) -> Mods {
        self.mods
    }

    /// The character that this press types into a line, if it types one.
    #[must_use]
    pub fn typed(self) -> Option<char> {
        match self.key {
            Key::Char(c) if self.mods == Mods::NONE => Some(c),
            _ => None,
        }
    }

    /// Whether this press may arrive although nobody pressed it: control keys are the prefixes of tmux and screen,
    /// and `A`–`D`, `F` and `H` are the tails of arrow, end and home keys that a slow line tore in two.
    /// Nothing that acts may be bound to such a chord.
    #[must_use]
    pub fn is_accidental(self) -> bool {
        self.mods.has(Mods::CTRL) || matches!(self.key, Key::Char('A'..='D' | 'F' | 'H'))
    }

    /// As what this press arrives on most terminals, where that is another key.
    #[must_use]
    pub fn arrives_as(self) -> Option<Self> {
        if self.mods != Mods::CTRL {
            return None;
        }
        match self.key {
            Key::Char('i') => Some(Self::key_alone(Key::Tab)),
            Key::Char('m') => Some(Self::key_alone(Key::Enter)),
            Key::Char('[') => Some(Self::key_alone(Key::Esc)),
            Key::Char('h') => Some(Self::key_alone(Key::Backspace)),
            _ => None,
        }
    }

    /// The shortest way to show it, with arrows and `⏎` unless only ASCII can be shown.
    #[must_use]
    pub fn label(self, ascii: bool) -> String {
        let glyph = match self.key {
            Key::Enter => "⏎",
            Key::Up => "↑",
            Key::Down => "↓",
            Key::Left => "←",
            Key::Right => "→",
            Key::PageUp if self.mods == Mods::NONE => return "PgUp".to_owned(),
            Key::PageDown if self.mods == Mods::NONE => return "PgDn".to_owned(),
            _ => "",
        };
        if ascii || glyph.is_empty() || self.mods != Mods::NONE {
            self.to_string()
        } else {
            glyph.to_owned()
        }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (mods, name) in MODS {
            if self.mods.has(mods) {
                f.write_str(name)?;
            }
        }
        if let Some((_, name, _)) = NAMED.iter().find(|(key, ..)| *key == self.key) {
            return f.write_str(name);
        }
        match self.key {
            Key::Char(c) => write!(f, "{c}"),
            Key::F(n) => write!(f, "f{n}"),
            _ => Ok(()),
        }
    }
}

/// Why a chord could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadChord {
    /// What is wrong, as a sentence without its full stop.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl FromStr for Chord {
    type Err = BadChord;

    /// Reads `ctrl-d`, `alt-x`, `shift-tab`, `space`, `pageup`, `f5`, `G`, `-`. Names in any case; `c-`, `a-` and
    /// `s-` are read as the modifiers too.
    fn from_str(s: &str) -> Result<Self, BadChord> {
        let mut mods = Mods::NONE;
        let mut rest = s;
        'modifiers: loop {
            for (modifier, name) in MODS {
                for prefix in [name, &name[..1]] {
                    let head = rest.get(..prefix.len());
                    let tail = rest.get(prefix.len()..).unwrap_or("");
                    let tail = match (prefix.len(), tail.strip_prefix('-')) {
                        (1, Some(tail)) => tail,
                        (1, None) => continue,
                        _ => tail,
                    };
                    if head.is_some_and(|h| h.eq_ignore_ascii_case(prefix)) && !tail.is_empty() {
                        mods = mods | modifier;
                        rest = tail;
                        continue 'modifiers;
                    }
                }
            }
            break;
        }
        let key = key_named(rest).ok_or_else(|| {
            let names = NAMED.iter().map(|(_, name, _)| *name);
            let modifier = &s[..s.len() - rest.len()];
            BadChord {
                message: format!("there is no key `{rest}`"),
                suggestion: nearest(rest, names).map(|name| format!("{modifier}{name}")),
            }
        })?;
        Ok(Self::new(key, mods))
    }
}

fn key_named(name: &str) -> Option<Key> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control() && c != ' ').then_some(Key::Char(c));
    }
    let lower = name.to_ascii_lowercase();
    if let Some(number) = lower.strip_prefix('f')
        && let Ok(n @ 1..=24) = number.parse()
    {
        return Some(Key::F(n));
    }
    NAMED
        .iter()
        .find(|(_, canonical, others)| *canonical == lower || others.contains(&lower.as_str()))
        .map(|(key, ..)| *key)
}

/// Reads a sequence of chords, written with spaces between them: `g g`.
///
/// # Errors
/// The first chord that is none, or an empty sequence.
pub fn parse_sequence(text: &str) -> Result<Vec<Chord>, BadChord> {
    let chords: Vec<Chord> = text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    if chords.is_empty() {
        return Err(BadChord {
            message: "here a key is missing".to_owned(),
            suggestion: text.contains(' ').then(|| "space".to_owned()),
        });
    }
    Ok(chords)
}

/// A sequence as it is written in keymap files.
#[must_use]
pub fn sequence(chords: &[Chord]) -> String {
    let words: Vec<String> = chords.iter().map(ToString::to_string).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chord(text: &str) -> Chord {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e:?}"))
    }

    #[test]
    fn reads_every_way_to_write_a_chord() {
        for (text, key, mods) in [
            ("j", Key::Char('j'), Mods::NONE),
            ("G", Key::Char('G'), Mods::NONE),
            ("shift-g", Key::Char('G'), Mods::NONE),
            ("-", Key::Char('-'), Mods::NONE),
            ("ctrl--", Key::Char('-'), Mods::CTRL),
            ("ctrl-D", Key::Char('d'), Mods::CTRL),
            ("C-a-x", Key::Char('x'), Mods::CTRL | Mods::ALT),
            ("Ctrl-Alt-Delete", Key::Delete, Mods::CTRL | Mods::ALT),
            ("shift-tab", Key::BackTab, Mods::NONE),
            ("backtab", Key::BackTab, Mods::NONE),
            ("PgDn", Key::PageDown, Mods::NONE),
            ("page-up", Key::PageUp, Mods::NONE),
            ("shift-up", Key::Up, Mods::SHIFT),
            ("F12", Key::F(12), Mods::NONE),
            ("f", Key::Char('f'), Mods::NONE),
            ("é", Key::Char('é'), Mods::NONE),
            ("space", Key::Char(' '), Mods::NONE),
        ] {
            let read = chord(text);
            assert_eq!((read.key(), read.mods()), (key, mods), "{text}");
        }
    }

    #[test]
    fn says_what_a_wrong_chord_was_meant_to_be() {
        let bad = "ctrl-spcae".parse::<Chord>().unwrap_err();
        assert_eq!(bad.message, "there is no key `spcae`");
        assert_eq!(bad.suggestion.as_deref(), Some("ctrl-space"));
        for wrong in ["", "ctrl-", "c-", "f25", "f0", "hyper-x", "gg", "\u{7}"] {
            assert!(wrong.parse::<Chord>().is_err(), "{wrong}");
        }
        assert!(parse_sequence("  ").is_err());
        assert_eq!(parse_sequence("g  g").map(|s| s.len()), Ok(2));
    }

    #[test]
    fn chords_that_nobody_may_have_pressed_are_known() {
        for accidental in [
            "ctrl-b",
            "ctrl-a",
            "A",
            "B",
            "C",
            "D",
            "F",
            "H",
            "ctrl-alt-x",
        ] {
            assert!(chord(accidental).is_accidental(), "{accidental}");
        }
        for meant in ["a", "E", "G", "esc", "up", "alt-a", "U"] {
            assert!(!chord(meant).is_accidental(), "{meant}");
        }
        assert_eq!(chord("ctrl-i").arrives_as(), Some(chord("tab")));
        assert_eq!(chord("ctrl-d").arrives_as(), None);
    }

    #[test]
    fn only_plain_characters_are_typed() {
        assert_eq!(chord("space").typed(), Some(' '));
        assert_eq!(chord("alt-a").typed(), None);
        assert_eq!(chord("enter").typed(), None);
    }

    fn any_chord() -> impl Strategy<Value = Chord> {
        let key = prop_oneof![
            proptest::char::any()
                .prop_filter("typed", |c| !c.is_control() && !c.is_whitespace())
                .prop_map(Key::Char),
            (1u8..=24).prop_map(Key::F),
            proptest::sample::select(NAMED).prop_map(|(key, ..)| key),
        ];
        (key, 0u8..8).prop_map(|(key, mods)| Chord::new(key, Mods(mods)))
    }

    proptest! {
        #[test]
        fn a_chord_that_was_written_reads_back_the_same(chord in any_chord()) {
            prop_assert_eq!(chord.to_string().parse(), Ok(chord));
        }

        #[test]
        fn a_sequence_that_was_written_reads_back_the_same(
            chords in proptest::collection::vec(any_chord(), 1..4)
        ) {
            prop_assert_eq!(parse_sequence(&sequence(&chords)), Ok(chords));
        }
    }
}
