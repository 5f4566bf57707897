//! Themes: what each role looks like, read from TOML files, as plain data without a terminal library.
//!
//! A theme file names a palette and styles *scopes*, dotted names of which the roles are the leaves:
//!
//! ```toml
//! description = "for rooms with the lights off"
//! inherits = "default"
//!
//! [palette]
//! ember = "#e06c50"
//!
//! [roles]
//! "severity.critical" = { fg = "ember", bold = true }
//! "text.dim" = "bright-black"           # a colour alone is the colour of the letters
//! ```
//!
//! A role takes the style of its own name, else of the nearest prefix along the dots, first in the theme with what
//! it inherits, then in the theme `default`. Files in `themes/` ship with noctop; the operator's own come from the
//! configuration folder. A mistake in a theme is reported and the rest of the theme still counts.

mod depth;
mod load;
mod role;
mod style;

use std::sync::Arc;

pub use depth::{ColourEnv, Depth, Ground, contrast};
pub use role::Role;
pub use style::{ANSI_NAMES, Colour, Style};

use crate::domain::document::Library;
use crate::domain::problem::{Place, Problem};

static SHIPPED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/themes");

/// The theme that paints with the terminal's own colours, and the one that everything falls back to.
pub const DEFAULT: &str = "default";

/// The theme without colours; where none can be shown it paints what other themes tell by colour alone.
pub const MONO: &str = "mono";

/// The themes that ship with noctop.
#[must_use]
pub fn library() -> Library {
    Library::shipped("themes", &SHIPPED)
}

/// What every role looks like on this terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its name: that of its file.
    pub name: Arc<str>,
    /// One sentence about it.
    pub description: Arc<str>,
    styles: Vec<Style>,
}

impl Theme {
    /// The theme called `name` as far as `depth` can show it, and what was wrong with its files.
    ///
    /// Never fails: what cannot be read is taken from [`DEFAULT`]. `asked_at` is where the name was written, for
    /// the problem that it does not exist.
    #[must_use]
    pub fn load(
        library: &Library,
        name: &str,
        asked_at: &Place,
        depth: Depth,
    ) -> (Self, Vec<Problem>) {
        load::theme(library, name, asked_at, depth)
    }

    /// The shipped default theme.
    #[must_use]
    pub fn shipped_default(depth: Depth) -> Self {
        Self::load(&library(), DEFAULT, &Place::whole("themes"), depth).0
    }

    /// How a role is painted.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

impl Default for Theme {
    fn default() -> Self {
        Self::shipped_default(Depth::Ansi16)
    }
}

#[cfg(test)]
mod tests;
