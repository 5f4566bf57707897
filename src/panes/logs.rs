//! Logs: lines of log groups. They are no items: the pane has a viewer instead of rows.

use super::{Lists, PaneSpec, Place};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "logs",
    title: "Logs",
    short: "Log",
    place: Place::Tab,
    lists: Lists::Logs,
    sources: &[],
    columns: &[],
    order: &[],
    order_name: "by time",
    calm: "No log is open. The key for logs on a row looks for those of its resource; `:tail NAME` reads any group.",
};
