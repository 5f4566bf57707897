//! What the terminal tells the loop, in plain words without any terminal library's types.

use std::time::Duration;

use crate::keymap::Chord;

/// Something that happened at the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermEvent {
    /// A key was pressed.
    Key(Chord),
    /// Text arrived that nobody typed: a bracketed paste, or text faster than hands. Never acts as keys.
    Paste(Paste),
    /// The mouse did something; only while it is captured.
    Mouse(Mouse),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The terminal window got (`true`) or lost the focus.
    Focus(bool),
    /// The terminal answered a question.
    Reply(Reply),
    /// The writer has room for a frame again, after a frame had been held back.
    Idle,
    /// Somebody outside asks the program to end or to stop for a while.
    Signal(Signal),
    /// The program runs again after it was stopped from outside: call `Terminal::resume`.
    Continued,
    /// There is no terminal any more (hang-up, closed output). Nothing can be drawn from here on.
    Closed(Closed),
}

/// Pasted text: no control characters but line breaks (`\n`) and tabs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paste {
    /// What was pasted.
    pub text: String,
    /// Whether the rest was cut off because it was too long.
    pub cut: bool,
}

/// What the mouse did, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub act: MouseAct,
    /// 0-based column.
    pub column: u16,
    /// 0-based row.
    pub row: u16,
    /// The modifiers held down.
    pub mods: crate::keymap::Mods,
}

/// A button of the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// The left one.
    Left,
    /// The middle one.
    Middle,
    /// The right one.
    Right,
}

/// What a mouse can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseAct {
    /// A button went down.
    Down(Button),
    /// A button came up.
    Up(Button),
    /// The mouse moved with a button down.
    Drag(Button),
    /// The mouse moved.
    Moved,
    /// The wheel turned away from the hand.
    ScrollUp,
    /// The wheel turned towards the hand.
    ScrollDown,
}

/// What the terminal answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It exists and answers (`DA1`). Asked last, so everything that was asked before is answered or never will be.
    Attributes,
    /// Whether it knows synchronized output.
    Synchronized(bool),
    /// It speaks the kitty keyboard protocol.
    Keyboard,
    /// Its text colour.
    Foreground(Rgb),
    /// Its background colour.
    Background(Rgb),
}

/// A colour, 8 bits a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// A signal that asks something of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `SIGINT` from outside; ctrl-c arrives as a key.
    Interrupt,
    /// `SIGTERM`.
    Terminate,
    /// `SIGHUP`: the terminal or the login session is gone.
    Hangup,
    /// `SIGTSTP` from outside; ctrl-z arrives as a key. Call `Terminal::suspend`.
    Stop,
}

impl Signal {
    /// The exit code that says which signal ended the program: 128 and its number, as shells have it.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        128 + match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
            Self::Stop => 20,
        }
    }
}

/// Which direction of the terminal broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Nothing can be read any more.
    Input,
    /// Nothing can be written any more.
    Output,
}

/// A moment on the input thread's own clock, which never goes back.
pub(super) type Moment = Duration;
