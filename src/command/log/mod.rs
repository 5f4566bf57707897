//! Logs: opened from a row or by name, then read.
//!
//! ```text
//! l    ─► aim (crate::logs::aim) ─► Effect::SightLogs ─► one: read it; several: a short list; none: what was tried
//! tail ─► names and patterns     ─► Effect::ReadLogs
//! ```

mod open;
mod read;

use crate::model::Model;
use crate::model::logs::Viewer;
use crate::panes::Lists;

pub use open::sighted;
pub(super) use open::{begin, enter, leave, of_group, of_row, tail};
pub(super) use read::{
    bars, bookmark, copy, floor, follow, live, newer, next_bookmark, next_error, next_match, older,
    only, pattern, pretty, previous_error, previous_match, range, save, search, shift_left,
    shift_right, step_out, time, unfold, wrap,
};
pub use read::{submit, typed};

/// Whether the pane that is shown is a log.
#[must_use]
pub fn is_shown(model: &Model) -> bool {
    model.pane().spec.lists == Lists::Logs
}

/// The viewer, while its pane is shown.
#[must_use]
pub fn viewer(model: &mut Model) -> Option<&mut Viewer> {
    if !is_shown(model) {
        return None;
    }
    model.logs.viewer.as_deref_mut()
}
