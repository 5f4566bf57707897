//! What can happen to the console.

use std::sync::Arc;

use crate::domain::{Batch, Roster};
use crate::keymap::Chord;
use crate::model::{Hit, Outcome};
use crate::theme::Theme;

/// A message. Past participles: it has happened.
#[derive(Debug)]
pub enum Msg {
    /// A key went down.
    Pressed(Chord),
    /// Text came in at once, by bracketed paste or faster than hands can type. It never acts.
    Pasted(String),
    /// The mouse wheel turned.
    Wheeled {
        /// Column.
        x: u16,
        /// Row.
        y: u16,
        /// By so many notches, down counted positive.
        notches: i16,
    },
    /// The left mouse button went down.
    Clicked {
        /// Column.
        x: u16,
        /// Row.
        y: u16,
        /// What the frame that was on the screen had there to be clicked, if anything.
        on: Option<Hit>,
    },
    /// The screen has another size.
    Resized {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// A feed answered.
    Arrived(Box<Batch>),
    /// The fleet's accounts are known, or known better.
    Learned(Box<Roster>),
    /// An effect has an outcome.
    Finished(Outcome),
    /// Theme and configuration were read again.
    Reloaded {
        /// The theme as it is now.
        theme: Box<Theme>,
        /// What is wrong in the files.
        problems: Vec<Arc<str>>,
    },
    /// Every theme was read, because one is to be chosen.
    Themes {
        /// The themes, as the terminal can show them.
        themes: Vec<Theme>,
        /// The one that was asked for by name; empty: they are offered.
        wanted: Arc<str>,
    },
    /// A frame with everything so far has been handed to the terminal.
    Drawn,
    /// A deadline has come.
    Tick,
}
