//! Query: what Logs Insights found. Rows of a query are no items: the pane has a table of its own.

use super::{Lists, PaneSpec, Place};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "insights",
    title: "Query",
    short: "Qry",
    place: Place::Palette,
    lists: Lists::Query,
    sources: &[],
    columns: &[],
    order: &[],
    order_name: "as asked",
    calm: "Nothing has been asked yet.",
};
