//! Keymaps: which presses mean which command, read from TOML files, as names with their places.
//!
//! A keymap file has a table per layer and binds sequences of chords to command lines:
//!
//! ```toml
//! description = "mine"
//!
//! [list]
//! "g g" = "row.first"        # a sequence; the same as  g = { g = "row.first" }
//! "3" = "pane.show 3"        # a command with its arguments
//! "ctrl-r" = false           # nothing, whatever the keymap below says
//! ```
//!
//! Every keymap stands on `default` unless it says `inherits = "other"` or `inherits = "none"`; its bindings replace
//! those below it chord by chord. This module knows no commands: names are resolved above, where
//! [`Keymap::unknown_commands`] turns the wrong ones into problems.
//!
//! ```text
//! lookup([List, Global], [g])    → Prefix [(g, row.first)]
//! lookup([List, Global], [g, g]) → Found row.first
//! ```

mod chord;
mod load;
mod trie;

use std::fmt;
use std::sync::Arc;

pub use chord::{BadChord, Chord, Key, Mods, parse_sequence, sequence};
pub use trie::{Continuation, Leads, Lookup};

use crate::domain::document::Library;
use crate::domain::problem::{Place, Problem};
use trie::Branch;

static SHIPPED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/keymaps");

/// The keymap that every other one stands on.
pub const DEFAULT: &str = "default";

/// The keymaps that ship with noctop.
#[must_use]
pub fn library() -> Library {
    Library::shipped("keymaps", &SHIPPED)
}

/// Where the keys go: bindings of a layer count while it is part of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Everywhere but while something is typed or a dialog is open.
    Global,
    /// Panes that show rows.
    List,
    /// The overview: what it has beside [`Layer::List`].
    Map,
    /// The log viewer: what it has beside [`Layer::Text`].
    Log,
    /// What a query found: what it has beside [`Layer::Text`].
    Query,
    /// Panes that show text and logs.
    Text,
    /// The details of a row, while they have the keys.
    Details,
    /// A line that is being typed.
    Input,
    /// A dialog.
    Dialog,
    /// The palette, help and other lists to choose from.
    Palette,
}

impl Layer {
    /// Every layer.
    pub const ALL: &'static [Self] = &[
        Self::Global,
        Self::List,
        Self::Map,
        Self::Log,
        Self::Query,
        Self::Text,
        Self::Details,
        Self::Input,
        Self::Dialog,
        Self::Palette,
    ];

    /// The name in keymap files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::List => "list",
            Self::Map => "map",
            Self::Log => "log",
            Self::Query => "query",
            Self::Text => "text",
            Self::Details => "details",
            Self::Input => "input",
            Self::Dialog => "dialog",
            Self::Palette => "palette",
        }
    }

    /// When its bindings count, as one sentence.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Global => "Everywhere but while something is typed or a dialog is open.",
            Self::List => "Panes that show rows.",
            Self::Map => "The overview: what it has beside what holds for rows.",
            Self::Log => "The log viewer: what it has beside what holds for text.",
            Self::Query => "The rows of a query: what they have beside what holds for text.",
            Self::Text => "Panes that show text and logs.",
            Self::Details => "The details of a row, while they have the keys.",
            Self::Input => "A line that is being typed.",
            Self::Dialog => "A dialog.",
            Self::Palette => "The palette, help and other lists to choose from.",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a sequence of chords means: a command line and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The command's name, `noun.verb`.
    pub command: Arc<str>,
    /// Its arguments as they were written; empty for none.
    pub args: Arc<str>,
    /// Where it was bound.
    pub place: Place,
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.command)?;
        if !self.args.is_empty() {
            write!(f, " {}", self.args)?;
        }
        Ok(())
    }
}

/// One binding with where it counts and what to press.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The layer it belongs to.
    pub layer: Layer,
    /// What to press.
    pub chords: Vec<Chord>,
    /// What it means.
    pub binding: Binding,
}

/// A whole keymap, merged and ready to look presses up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    /// Its name: that of its file.
    pub name: Arc<str>,
    /// One sentence about it.
    pub description: Arc<str>,
    layers: [Branch; Layer::ALL.len()],
    bound: Vec<Bound>,
}

impl Keymap {
    /// The keymap called `name`, and what was wrong with its files.
    ///
    /// Never fails: bindings that cannot be read are left out, and a name that does not exist means [`DEFAULT`].
    /// `asked_at` is where the name was written.
    #[must_use]
    pub fn load(library: &Library, name: &str, asked_at: &Place) -> (Self, Vec<Problem>) {
        load::keymap(library, name, asked_at)
    }

    /// The shipped default keymap.
    #[must_use]
    pub fn shipped_default() -> Self {
        Self::load(&library(), DEFAULT, &Place::whole("keymaps")).0
    }

    fn new(name: &str, description: Arc<str>, layers: [Branch; Layer::ALL.len()]) -> Self {
        let mut bound = Vec::new();
        for (layer, branch) in Layer::ALL.iter().zip(&layers) {
            branch.collect(*layer, &mut Vec::new(), &mut bound);
        }
        // Shortest first: hints and help show the one that is quickest to press.
        bound.sort_by_key(|b| (b.chords.len(), sequence(&b.chords).chars().count()));
        Self {
            name: name.into(),
            description,
            layers,
            bound,
        }
    }

    /// What `chords` mean while `layers` have the keys, the innermost layer first.
    ///
    /// The first layer that knows the chords decides; a chord that a layer unbinds means nothing, also below it.
    #[must_use]
    pub fn lookup(&self, layers: &[Layer], chords: &[Chord]) -> Lookup<'_> {
        trie::lookup(
            layers.iter().map(|layer| &self.layers[*layer as usize]),
            chords,
        )
    }

    /// What to press for a command while `layers` have the keys, the shortest first. `command` is a name, which
    /// finds it with any arguments, or a name with arguments. Bindings that an inner layer hides are left out.
    #[must_use]
    pub fn chords_for(&self, layers: &[Layer], command: &str) -> Vec<&[Chord]> {
        self.bound
            .iter()
            .filter(|b| layers.contains(&b.layer))
            .filter(|b| {
                let wanted = command.strip_prefix(b.binding.command.as_ref());
                wanted.is_some_and(|args| {
                    args.is_empty() || args.strip_prefix(' ') == Some(b.binding.args.as_ref())
                })
            })
            .filter(|b| match self.lookup(layers, &b.chords) {
                Lookup::Found(found) => *found == b.binding,
                Lookup::Prefix(_) | Lookup::Nothing => false,
            })
            .map(|b| b.chords.as_slice())
            .collect()
    }

    /// Binds a sequence that means nothing in this layer yet; false where it is bound, or a shorter or longer one is that
    /// it cannot stand beside.
    #[must_use]
    pub fn bind(&mut self, layer: Layer, chords: &[Chord], binding: Binding) -> bool {
        let branch = &mut self.layers[layer as usize];
        if branch.insert(chords, Some(binding)).is_err() {
            return false;
        }
        let layers = std::mem::take(&mut self.layers);
        *self = Self::new(&self.name.clone(), Arc::clone(&self.description), layers);
        true
    }

    /// Every binding, the shortest first.
    #[must_use]
    pub fn bindings(&self) -> &[Bound] {
        &self.bound
    }

    /// Every command that is bound, with the place of its binding.
    pub fn names(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.bound
            .iter()
            .map(|b| (b.binding.command.as_ref(), &b.binding.place))
    }

    /// A problem for every binding whose command is not one of `known`.
    #[must_use]
    pub fn unknown_commands(&self, known: &[&str]) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self
            .names()
            .filter(|(name, _)| !known.contains(name))
            .map(|(name, place)| {
                Problem::new(place.clone(), format!("there is no command `{name}`"))
                    .suggesting(name, known.iter().copied())
            })
            .collect();
        problems.sort();
        problems
    }

    /// A problem for every binding of a command that acts, as `acts` tells, to a chord that may arrive although
    /// nobody pressed it; see [`Chord::is_accidental`].
    #[must_use]
    pub fn accidents(&self, acts: impl Fn(&str) -> bool) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self
            .bound
            .iter()
            .filter(|b| acts(&b.binding.command))
            .filter_map(|b| {
                let chord = b.chords.iter().find(|c| c.is_accidental())?;
                let message = format!(
                    "`{}` acts, and `{chord}` can arrive without being pressed (a tmux prefix, a torn arrow key)",
                    b.binding.command
                );
                Some(Problem::new(b.binding.place.clone(), message))
            })
            .collect();
        problems.sort();
        problems
    }
}

impl Default for Keymap {
    fn default() -> Self {
        Self::shipped_default()
    }
}

#[cfg(test)]
mod tests;
