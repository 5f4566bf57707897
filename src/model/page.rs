//! A page: a text of noctop's own, to be read, copied and saved.

use std::sync::Arc;

use super::{area, fit};

/// A text over the panes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What it is.
    pub title: Arc<str>,
    /// What is read, line by line.
    pub lines: Vec<Arc<str>>,
    /// What is copied and saved; none while it is still being made.
    pub whole: Option<Arc<str>>,
    /// What the file is called.
    pub file: Arc<str>,
    /// First line shown.
    pub scroll: usize,
}

impl Page {
    /// The lines as wide as the screen allows.
    #[must_use]
    pub fn laid(&self, width: u16) -> Vec<&str> {
        let lines = self.lines.iter();
        lines
            .flat_map(|line| {
                let mut pieces = fit::wrap(line, usize::from(width));
                if pieces.is_empty() {
                    pieces.push("");
                }
                pieces
            })
            .collect()
    }

    /// The last line that may be the first one shown, on a screen of this size.
    #[must_use]
    pub fn last(&self, (width, height): (u16, u16)) -> usize {
        let place = area::in_frame(area::text_frame(width, height));
        self.laid(place.width)
            .len()
            .saturating_sub(usize::from(place.height))
    }
}
