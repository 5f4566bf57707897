//! The overview: accounts and regions as a map of what is open. It has a view of its own instead of columns.

use super::{Lists, PaneSpec, Place};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "overview",
    title: "Overview",
    short: "Ovr",
    place: Place::Palette,
    lists: Lists::Accounts,
    sources: &[],
    columns: &[],
    order: &[],
    order_name: "worst first",
    calm: "No account is known yet.",
};
