//! Drawing: a pure function from the model to cells. The only user of the drawing library.
//!
//! ```text
//! header (2)   header.rs   scope, coverage, clock, who you are · counts, oldest, what changed
//! tabs (1)     tabs.rs     the panes and their counts
//! rule (1)     tabs.rs     filter, position, order
//! list         table.rs    visible rows only; empty.rs says why there are none; log.rs where it is a log
//!                          heat.rs where it is accounts and regions, query.rs where it is what a query found
//! details      detail.rs   the facts of one row
//! footer (1)   footer.rs   keys, input line, messages
//! the wall     wall.rs     in place of all of it
//! overlays     overlay.rs  help, palette, choices, raw JSON, a question
//! ```

mod detail;
mod digits;
mod empty;
mod footer;
mod form;
mod header;
mod heat;
mod log;
mod overlay;
mod paint;
pub mod picture;
mod query;
mod table;
mod tabs;
mod wall;

use ratatui::buffer::Buffer;

use crate::model::{Area, DetailsView, Hit, Model, area};
use crate::panes::Lists;
use crate::theme::Role;

use paint::Paint;

/// Where the terminal's cursor belongs, if it is to be seen: in a line that is being typed.
pub type CursorAt = Option<(u16, u16)>;

/// What was drawn, beside the cells.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// See [`CursorAt`].
    pub cursor: CursorAt,
    /// What leads to a page: the heading of the details to the item's, and a message that tells an address.
    pub links: Vec<Link>,
    /// What can be clicked, apart from rows, heads and tabs; what was drawn later lies above.
    pub hits: Vec<(Area, Hit)>,
}

/// A piece of a line that leads to a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it stands.
    pub area: Area,
    /// Its address.
    pub address: String,
}

/// Draws the whole screen.
pub fn draw(model: &Model, buffer: &mut Buffer) -> Drawn {
    let mut paint = Paint::new(buffer, &model.theme, model.session.ascii);
    let cursor = screen(model, &mut paint);
    let (mut links, hits) = paint.into_drawn();
    // What lies over a link hides it.
    if model.overlay.is_some() || !model.session.links {
        links.clear();
    }
    Drawn {
        cursor,
        links,
        hits,
    }
}

fn screen(model: &Model, paint: &mut Paint<'_>) -> CursorAt {
    let (width, height) = paint.size();
    paint.ground(Area::new(0, 0, width, height), Role::Screen);
    if width < area::SMALLEST.0 || height < area::SMALLEST.1 {
        let text = format!(
            "noctop needs {}x{}, this is {width}x{height}",
            area::SMALLEST.0,
            area::SMALLEST.1
        );
        paint.text(0, 0, &text, Role::Text, width);
        return None;
    }
    if let Some(shown) = &model.wall {
        wall::draw(model, shown, paint, Area::new(0, 0, width, height));
        return None;
    }
    let areas = area::arrange(width, height, model.details.view, model.zoomed);
    header::draw(model, paint, areas.header);
    tabs::draw(model, paint, areas.tabs);
    tabs::rule(model, paint, areas.rule);
    let mut typed = None;
    let whole = areas.whole_list();
    if model.pane().spec.lists == Lists::Logs {
        log::draw(model, paint, whole);
    } else if model.pane().spec.lists == Lists::Query {
        typed = query::draw(model, paint, whole);
    } else if model.pane().spec.lists == Lists::Accounts {
        heat::draw(model, paint, areas.heads, areas.list);
    } else if areas.list.height > 0 {
        table::draw(model, paint, areas.heads, areas.list);
    }
    if model.details.view != DetailsView::Closed {
        detail::draw(model, paint, areas.details_rule, areas.details);
    }
    if model.overlay.is_some() {
        paint.cover();
    }
    let cursor = footer::draw(model, paint, areas.footer).or(typed);
    match &model.overlay {
        Some(shown) => overlay::draw(model, shown, paint, Area::new(0, 0, width, height)),
        None => cursor,
    }
}
